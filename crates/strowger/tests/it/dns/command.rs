//! `strowger dns`.

use serde_json::json;

use super::Registry;
use crate::site::Site;

store::on_both! {
    async fn the_installation_gives_servers_to_zones(database: TestDb) {
        let site = Site::ready(database).await;
        let registry = Registry::of(&site);
        assert_eq!(site.json("dns nameservers").await, json!(["localhost"]));
        registry.zone("example.com").await;
        assert_eq!(site.json("dns zones").await, json!([{ "name": "example.com", "kind": "dns", "serial": 1 }]));
        let said = site.ok("dns nameservers NS1.example.net ns2.example.net.").await;
        assert_eq!(said, "name servers set; the zones that have them have changed\n");
        assert_eq!(site.ok("dns nameservers ns1.example.net ns2.example.net").await, "they were set already\n");
        assert_eq!(site.json("dns nameservers").await, json!(["ns1.example.net", "ns2.example.net"]));
        registry.enum_number("4420", "442079460000", "sip:alice@example.com").await;
        let zones = json!([
            { "name": "0.2.4.4.e164.arpa", "kind": "enum", "serial": 2 },
            { "name": "example.com", "kind": "dns", "serial": 2 },
        ]);
        assert_eq!(site.json("dns zones").await, zones);
        assert_eq!(site.json("dns zones --limit 1").await, json!([zones[0]]));
        assert_eq!(site.json("dns zones --after 0.2.4.4.E164.arpa.").await, json!([zones[1]]));
        assert!(site.fails("dns nameservers ns_1").await.contains("`ns_1` is not the name of a host"));

        assert_eq!(site.json("dns targets mboxfw").await, json!([]));
        site.ok("dns targets mboxfw 10:mx1.example.net mx2.example.net").await;
        site.ok("dns targets url 192.0.2.80 2001:db8::80").await;
        assert_eq!(site.json("dns targets mboxfw").await, json!([
            { "type": "MX", "value": "mx1.example.net", "priority": 10 },
            { "type": "MX", "value": "mx2.example.net", "priority": 0 },
        ]));
        assert_eq!(site.json("dns targets url").await, json!([
            { "type": "A", "value": "192.0.2.80", "priority": 0 },
            { "type": "AAAA", "value": "2001:db8::80", "priority": 0 },
        ]));
        site.ok("dns targets url --none").await;
        assert_eq!(site.json("dns targets url").await, json!([]));
        for (words, expected) in [
            ("dns targets fax mx1.example.net", "`FAX` is not one of MBOXFW, URL"),
            ("dns targets mboxfw x:mx1.example.net", "`x:mx1.example.net` is not written [priority:]host"),
            ("dns targets url www.example.net", "`www.example.net` is not an IPv4 address"),
            ("dns notify example.org", "zone example.org not found"),
        ] {
            let said = site.fails(words).await;
            assert!(said.contains(expected), "{words}: {said}");
        }
        assert_eq!(site.ok("dns notify example.com").await, "the servers tell the name servers\n");
        assert_eq!(site.ok("dns notify --all").await, "the servers tell the name servers\n");
    }
}
