//! DnsPort: zones, records and fancy records.

use super::door::Door;

const ZONE: &str = "<zone><name>Example.com</name><email>admin@example.net</email><ttl xsi:type=\"xsd:int\">0</ttl>\
    <nameservers xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"xsd:string[2]\" SOAP-ENC:offset=\"[0]\">\
    <item xsi:type=\"xsd:string\">ns1.example.net</item><item xsi:type=\"xsd:string\">ns2.example.net</item></nameservers></zone>";

fn record(name: &str, rr_type: &str, value: &str) -> String {
    format!(
        "<record><zone>example.com</zone><name>{name}</name><type>{rr_type}</type><value>{value}</value>\
         <ttl xsi:type=\"xsd:string\">300</ttl><priority xsi:type=\"xsd:int\">10</priority></record>"
    )
}

store::on_both! {
    async fn a_zone_is_kept_with_its_records(database: TestDb) {
        let door = Door::new(database).await;
        let made = door.ok("Dns", "addZone", ZONE).await;
        assert_eq!((made.one("name"), made.one("ttl"), made.one("serial")), ("example.com".into(), "3600".into(), "1".into()));
        assert_eq!(made.all("nameservers/item"), ["ns1.example.net", "ns2.example.net"]);
        assert_eq!(door.fails("Dns", "addZone", ZONE).await.0, "7001");
        for (name, rr_type, value, whole) in [
            ("", "MX", "mail.example.com", "example.com"),
            ("www", "A", "192.0.2.1", "www.example.com"),
            ("_sip._udp.example.com", "SRV", "0 5060 sip.example.com", "_sip._udp.example.com"),
            ("txt", "TXT", "a &lt;b&gt; &quot;c&quot;", "txt.example.com"),
        ] {
            let made = door.ok("Dns", "addRecord", &record(name, rr_type, value)).await;
            assert_eq!((made.one("name"), made.one("zone")), (whole.to_owned(), "example.com".to_owned()));
            assert_eq!(door.fails("Dns", "addRecord", &record(name, rr_type, value)).await.0, "7003");
        }
        assert_eq!(door.ok("Dns", "getZone", "<zone>example.com</zone>").await.one("serial"), "5");
        for (rr_type, value, field) in [("A", "192.0.2.256", "value"), ("CNAME", "example.net", "type"), ("HINFO", "a", "type")] {
            let (code, said) = door.fails("Dns", "addRecord", &record("", rr_type, value)).await;
            assert_eq!(code, "9002", "{said}");
            assert!(said.starts_with(&format!("{field}: ")), "{said}");
        }
        let found = door.ok("Dns", "getRecords", "<query><filter><type>A</type><name>www%</name></filter></query>").await;
        assert_eq!((found.one("total"), found.one("records/item/value")), ("1".into(), "192.0.2.1".into()));
        let id = found.one("records/item/id");
        let changed = record("www.example.com", "A", "192.0.2.2").replace("<record>", &format!("<record><id>{id}</id>"));
        door.ok("Dns", "updateRecord", &changed).await;
        let asked = format!("<recordId xsi:type=\"xsd:string\">{id}</recordId>");
        assert_eq!(door.ok("Dns", "getRecord", &asked).await.one("value"), "192.0.2.2");
        door.ok("Dns", "deleteRecord", &asked).await;
        assert_eq!(door.fails("Dns", "getRecord", &asked).await.0, "7002");
        // A serial number that a client gives back, zero among others, changes nothing.
        door.ok("Dns", "updateZone", "<zone><name>example.com</name><serial>0</serial><info>x</info></zone>").await;
        let zone = door.ok("Dns", "getZone", "<zone>example.com</zone>").await;
        assert_eq!((zone.one("serial"), zone.all("nameservers/item").len()), ("8".into(), 2));
        door.ok("Dns", "deleteZone", "<zone>example.com</zone>").await;
        assert_eq!(door.fails("Dns", "getZone", "<zone>example.com</zone>").await.0, "7000");
        assert_eq!(door.ok("Dns", "getRecords", "<query/>").await.one("total"), "0");
        door.server.stop().await;
    }

    async fn a_zone_has_aliases_and_redirections(database: TestDb) {
        let door = Door::new(database).await;
        door.ok("Dns", "addZone", ZONE).await;
        let made = door.ok("Dns", "addFancyRecord", &record("info@example.com", "MBOXFW", "boss@example.org")).await;
        assert_eq!((made.one("name"), made.one("type")), ("info@example.com".into(), "MBOXFW".into()));
        door.ok("Dns", "addFancyRecord", &record("shop", "URL", "https://shop.example.org/")).await;
        let found = door.ok("Dns", "getFancyRecords", "<query><filter><type>URL</type></filter></query>").await;
        assert_eq!(found.all("records/item/name"), ["shop.example.com"]);
        for (rr_type, value) in [("MBOXFW", "no address"), ("URL", "ftp://example.org"), ("A", "192.0.2.1")] {
            assert_eq!(door.fails("Dns", "addFancyRecord", &record("x", rr_type, value)).await.0, "9002", "{rr_type}");
        }
        let id = format!("<recordId>{}</recordId>", made.one("id"));
        door.ok("Dns", "deleteFancyRecord", &id).await;
        assert_eq!(door.fails("Dns", "deleteFancyRecord", &id).await.0, "7002");
        door.server.stop().await;
    }
}
