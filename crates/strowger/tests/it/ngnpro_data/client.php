<?php
// A client made from the WSDL by PHP's SoapClient: adds, finds, changes and removes, and reads faults.

[, $url, $username, $password] = $argv;
ini_set('soap.wsdl_cache_enabled', '0');
$auth = new SoapHeader('urn:AGProjects:NGNPro', 'auth', [
    'username' => $username, 'password' => $password, 'admin' => true, 'impersonate' => 0,
]);

function port(string $url, string $name, SoapHeader $auth): SoapClient
{
    $client = new SoapClient($url . 'wsdl/' . $name);
    $client->__setSoapHeaders($auth);
    return $client;
}

function check(bool $holds, mixed $shown): void
{
    if (!$holds) {
        var_dump($shown);
        exit(1);
    }
}

function refused(SoapClient $port, string $operation, mixed ...$parameters): int
{
    try {
        $port->$operation(...$parameters);
    } catch (SoapFault $fault) {
        return $fault->detail->exception->errorcode;
    }
    return 0;
}

$enum = port($url, 'enum', $auth);
$made = $enum->addRange(['id' => ['prefix' => '3130', 'tld' => 'e164.arpa'], 'nameservers' => ['ns1.example.net']]);
check($made->serial === 1 && $made->nameservers === ['ns1.example.net'], $made);
$number = ['number' => '31301234567', 'tld' => 'e164.arpa'];
check(refused($enum, 'getNumber', $number) === 3002, 'getNumber');
$made = $enum->addNumber(['id' => $number, 'mappings' => [['type' => 'sip', 'mapto' => 'bob@example.com']]]);
check($made->mappings[0]->mapto === 'sip:bob@example.com', $made);
$found = $enum->getNumbers(['filter' => ['type' => 'sip'], 'range' => ['start' => 0, 'count' => 5]]);
check($found->total === 1 && count($found->numbers) === 1, $found);
$enum->deleteNumber($number);
$enum->deleteRange(['prefix' => '3130', 'tld' => 'e164.arpa']);
check($enum->getRanges([])->ranges === [], 'ranges');

$dns = port($url, 'dns', $auth);
$dns->addZone(['name' => 'example.org', 'nameservers' => ['ns1.example.net', 'ns2.example.net']]);
check(refused($dns, 'addZone', ['name' => 'example.org']) === 7001, 'addZone');
$record = $dns->addRecord(['zone' => 'example.org', 'name' => '', 'type' => 'MX', 'value' => 'mail.example.org', 'priority' => 5]);
check($record->name === 'example.org' && $record->priority === 5, $record);
check(count($dns->getZone('example.org')->nameservers) === 2, 'nameservers');
$dns->deleteZone('example.org');
check(refused($dns, 'getZone', 'example.org') === 7000, 'getZone');
$customers = port($url, 'customer', $auth);
$made = $customers->addAccount(['username' => 'php', 'password' => 'sesame', 'organization' => 'PHP']);
check($made->id === $made->reseller && $made->resellerActive === true && $made->balance === 0.0, $made);
$customers->setProperties($made->id, [['name' => 'sip_credit', 'value' => '1']]);
check($customers->getProperties($made->id)[0]->value === '1', 'properties');
$sip = port($url, 'sip', $auth);
$sip->addDomain(['domain' => 'php.example', 'customer' => $made->id, 'reseller' => $made->id]);
$alice = ['username' => 'alice', 'domain' => 'php.example'];
$account = $sip->addAccount(['id' => $alice, 'password' => 'sesame', 'groups' => ['vip']]);
check($account->groups === ['vip'] && $account->prepaid === false, $account);
$bob = ['id' => ['username' => 'bob', 'domain' => 'php.example'], 'password' => 'sesame'];
check(refused($sip, 'addAccount', $bob) === 9003, 'credit');
$sip->setCallDiversions($alice, ['FUNC' => '<voice-mailbox>']);
check($sip->getCallDiversions($alice)->FUNC === '<voice-mailbox>', 'diversions');
$sip->deleteAccount($alice);
$sip->deleteDomain('php.example');
$customers->deleteAccount($made->id);
echo "done\n";
