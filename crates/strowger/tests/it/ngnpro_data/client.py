"""A client made from the WSDL by zeep: adds, finds, changes and removes, and reads faults."""

import sys

from zeep import Client
from zeep.exceptions import Fault

url, username, password = sys.argv[1:]
client = Client(url + "wsdl")
headers = {"auth": {"username": username, "password": password, "admin": True, "impersonate": 0}}
enum = client.bind("NGNPro", "EnumPort")
dns = client.bind("NGNPro", "DnsPort")


def call(port, operation, *parameters):
    return port[operation](*parameters, _soapheaders=headers)


def refused(port, operation, *parameters):
    try:
        call(port, operation, *parameters)
    except Fault as fault:
        return fault.detail.findtext("exception/errorcode")
    raise AssertionError(operation + " was not refused")


number = {"number": "31201234567", "tld": "e164.arpa"}
made = call(enum, "addRange", {"id": {"prefix": "3120", "tld": "e164.arpa"}, "minDigits": 8, "maxDigits": 12})
assert made.serial == 1 and made.nameservers == [], made
assert refused(enum, "getNumber", number) == "3002"
mappings = {"item": [{"type": "sip", "mapto": "alice@example.com"}, {"type": "mailto", "mapto": "alice@example.com"}]}
call(enum, "addNumber", {"id": number, "mappings": mappings})
found = call(enum, "getNumbers", {"filter": {"mapto": "alice@example.com"}, "range": {"start": 0, "count": 5}})
assert found.total == 1 and [m.type for m in found.numbers[0].mappings] == ["sip", "mailto"], found
call(enum, "deleteNumber", number)
call(enum, "deleteRange", {"prefix": "3120", "tld": "e164.arpa"})

hosts = {"item": ["ns1.example.net", "ns2.example.net"]}
made = call(dns, "addZone", {"name": "example.com", "nameservers": hosts})
assert made.nameservers == ["ns1.example.net", "ns2.example.net"], made
assert refused(dns, "addZone", {"name": "example.com"}) == "7001"
record = call(dns, "addRecord", {"zone": "example.com", "name": "www", "type": "A", "value": "192.0.2.1"})
assert record.name == "www.example.com" and record.ttl == 3600, record
assert call(dns, "getRecord", record.id).value == "192.0.2.1"
assert call(dns, "getZones", {}).zones[0].serial == 2
call(dns, "deleteZone", "example.com")
assert refused(dns, "getZone", "example.com") == "7000"
customers = client.bind("NGNPro", "CustomerPort")
sip = client.bind("NGNPro", "SipPort")
made = call(customers, "addAccount", {"username": "zeep", "password": "sesame", "organization": "Zeep"})
assert made.id == made.reseller and made.resellerActive is True, made
call(customers, "setProperties", made.id, {"item": [{"name": "sip_credit", "value": "1"}]})
assert [p.name for p in call(customers, "getProperties", made.id)] == ["sip_credit"]
assert call(customers, "getCustomers", {"filter": {"username": "ze%"}}).accounts[0].password == "sesame"
call(sip, "addDomain", {"domain": "zeep.example", "customer": made.id, "reseller": made.id})


def account(username):
    return {"id": {"username": username, "domain": "zeep.example"}, "password": "sesame", "groups": {"item": ["vip"]}}


assert call(sip, "addAccount", account("alice")).groups == ["vip"]
assert refused(sip, "addAccount", account("bob")) == "9003"
assert call(sip, "getPrepaidStatus", {"item": [account("alice")["id"]]})[0].balance == 0
call(sip, "deleteAccount", account("alice")["id"])
call(sip, "deleteDomain", "zeep.example")
call(customers, "deleteAccount", made.id)
print("done")
