//! What goes over the wire: what is read with lenience, what is refused at a bounded cost, and how answers look.

use store::Db;

use super::door::{Answer, Door, Who, admin, envelope, who};
use crate::tool::curl;

const RANGE: &str = "<range><id><prefix>3120</prefix><tld>e164.arpa</tld></id></range>";

/// The whole of an answer that is no fault.
fn is_answer(answer: &Answer) {
    assert_eq!(answer.status(), 200, "{}", answer.body);
    let length: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, answer.body.len());
    assert_eq!(answer.header("transfer-encoding"), None);
    assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
}

store::on_both! {
    async fn answers_are_written_as_clients_can_read_them(database: TestDb) {
        let door = Door::new(database).await;
        let empty = door.ok("Enum", "getRanges", "<query/>").await;
        is_answer(&empty);
        assert!(empty.head.starts_with("HTTP/1.0 200"), "{}", empty.head);
        let array = "<ranges xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"ngnpro:EnumRange[0]\"></ranges>";
        assert!(empty.body.contains(array), "{}", empty.body);
        door.ok("Enum", "addRange", RANGE).await;
        let one = door.ok("Enum", "getRanges", "<query/>").await;
        for part in [
            "<answer:getRangesResponse xmlns:answer=\"urn:AGProjects:NGNPro:Enum\"",
            "<total xsi:type=\"xsd:integer\">1</total>",
            "SOAP-ENC:arrayType=\"ngnpro:EnumRange[1]\"><item xsi:type=\"ngnpro:EnumRange\"><id xsi:type=\"ngnpro:EnumRangeId\">",
            "<nameservers xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"xsd:string[0]\"></nameservers>",
            "<info xsi:type=\"xsd:string\"></info>",
        ] {
            assert!(one.body.contains(part), "{part} in {}", one.body);
        }
        let document = roxmltree::Document::parse(&one.body).unwrap();
        let body = document.descendants().find(|node| node.has_tag_name("getRangesResponse")).unwrap();
        assert_eq!(body.children().filter(roxmltree::Node::is_element).count(), 1, "one child, which clients unwrap");
        for node in body.descendants().filter(roxmltree::Node::is_element).skip(1) {
            let kind = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "type"));
            assert!(kind.is_some(), "{} has no type", node.tag_name().name());
            assert_eq!(node.attribute(("http://schemas.xmlsoap.org/soap/encoding/", "offset")), None);
        }
        // What returns nothing has no child.
        let nothing = door.ok("Enum", "deleteRange", "<range><prefix>3120</prefix></range>").await;
        assert!(nothing.body.contains("SOAP-ENV:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"></answer:deleteRangeResponse>"));
        door.server.stop().await;
    }

    async fn a_failure_of_the_server_says_no_more_than_that(database: TestDb) {
        let door = Door::new(database).await;
        door.ok("Dns", "addZone", "<zone><name>example.org</name></zone>").await;
        let db = match door.site.is_postgres() {
            true => Db::postgres(door.site.database_url(), 1),
            false => Db::sqlite(&door.site.data("strowger.db"), 1),
        };
        let db = db.unwrap();
        let lost = "ALTER TABLE dns_zones RENAME TO dns_zones_gone";
        store::transaction!(db, store::Error, |tx| tx.batch(lost).await).unwrap();
        let (code, said) = door.fails("Dns", "getZones", "<query/>").await;
        assert_eq!(code, "9010");
        assert!(!said.contains("dns_zones"), "{said}");
        door.server.stop().await;
    }

    async fn requests_are_read_whatever_client_wrote_them(database: TestDb) {
        let door = Door::new(database).await;
        let add = |prefix: &str, range: &str| {
            format!("<range xsi:type=\"ns4:EnumRange\"><id><prefix>{prefix}</prefix><tld>e164.arpa</tld></id>{range}</range>")
        };
        for (prefix, range) in [
            ("3120", "<size xsi:type=\"xsd:string\">5</size>"),
            ("3121", "<size xsi:type=\"xsd:float\">5</size><info/>"),
            ("3122", "<size>5</size><info xsi:nil=\"true\"/><ttl/>"),
            ("3123", "<unknown><deep>x</deep></unknown><size> 5 </size><serial>0</serial><changeDate>now</changeDate>"),
            ("3124", "<nameservers xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"xsd:anyType[0]\"/><size>5.0</size>"),
            ("3125", "<nameservers><anything>ns1.example.net</anything></nameservers><size><![CDATA[5]]></size>"),
            ("3127", "<nameservers>\r\n  <item>ns1.example.net</item>\r\n</nameservers>\n<size>\n  5\n</size>"),
            ("3128", "<nameservers>\n</nameservers><size>5</size><serial>\n</serial>"),
            ("3126", "<size>&#53;</size><info>&lt;&amp;&#x20AC;&quot;</info>"),
        ] {
            door.ok("Enum", "addRange", &add(prefix, range)).await;
            let query = format!("<query><filter><prefix>{prefix}</prefix></filter></query>");
            assert_eq!(door.ok("Enum", "getRanges", &query).await.one("ranges/item/size"), "5", "{range}");
        }
        let found = door.ok("Enum", "getRanges", "<query><filter><prefix>3126</prefix></filter></query>").await;
        assert_eq!(found.one("ranges/item/info"), "<&€\"");
        // The order of elements is any; an array with one empty item filters nothing; ids come as text.
        let reversed = "<query><range><count xsi:type=\"xsd:string\">2</count><start>1</start></range>\
            <filter><customer xsi:type=\"xsd:string\">0</customer><tld/></filter></query>";
        let found = door.ok("Enum", "getRanges", reversed).await;
        assert_eq!((found.one("total"), found.all("ranges/item/id/prefix").len()), ("9".into(), 2));
        // Prefixes are whatever the message declares, and `auth` may be in the namespace of the types.
        let other = envelope("Enum", "getRanges", "<query/>", &admin(0))
            .replace("xmlns:ns4=\"urn:AGProjects:NGNPro\"", "xmlns:a=\"urn:AGProjects:NGNPro\"")
            .replace("ns5", "ns4")
            .replace("SOAP-ENV", "soapenv")
            .replace("<auth>", "<a:auth soapenv:mustUnderstand=\"0\" soapenv:actor=\"0\">")
            .replace("</auth>", "</a:auth>");
        assert_eq!(door.post(&other).await.one("total"), "9");
        // References of SOAP's encoding are followed.
        let referring = envelope("Enum", "getRanges", "<query href=\"#q\"/>", &admin(0)).replace(
            "</SOAP-ENV:Body>",
            "<ns4:EnumRangeQuery id=\"q\"><filter><prefix>3120</prefix></filter></ns4:EnumRangeQuery></SOAP-ENV:Body>",
        );
        assert_eq!(door.post(&referring).await.one("total"), "1");
        door.server.stop().await;
    }

    async fn http_is_spoken_old_and_new(database: TestDb) {
        let mut door = Door::new(database).await;
        let document = envelope("Enum", "getRanges", "<query/>", &admin(0));
        for (path, more) in [("/", ""), ("/ngnpro/", "SOAPAction: whatever\r\n"), ("", "")] {
            let (path, length) = (if path.is_empty() { "/anything" } else { path }, document.len());
            let request = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n{document}"
            );
            is_answer(&door.raw(request.as_bytes()).await);
        }
        let got = door.raw(b"GET /wsdl HTTP/1.0\r\nHost: sip.example.com:9200\r\n\r\n").await;
        is_answer(&got);
        assert!(got.body.contains("<soap:address location=\"http://sip.example.com:9200/\"/>"), "{}", got.body);
        let got = door.raw(b"GET /wsdl/enum HTTP/1.0\r\nHost: x\r\n\r\n").await;
        assert!(got.body.contains("name=\"EnumPort\"") && !got.body.contains("CustomerPort"));
        assert_eq!(door.raw(b"GET /soap-encoding.xsd HTTP/1.0\r\n\r\n").await.status(), 200);
        assert!(door.raw(b"GET / HTTP/1.0\r\n\r\n").await.body.contains("<code>getRanges</code>"));
        assert_eq!(door.raw(b"GET /nothing HTTP/1.0\r\n\r\n").await.status(), 404);
        // Over HTTPS it is at a path of the administrators' door, and old clients negotiate their version.
        let (url, certificate) = (door.server.url().await, door.site.data("tls-certificate.pem"));
        let (certificate, call) = (certificate.to_str().unwrap(), door.site.write("call.xml", &document));
        let call = format!("@{}", call.display());
        for path in ["/ngnpro", "/ngnpro/"] {
            let words = ["--http1.0", "--cacert", certificate, "--data-binary", &call, &format!("{url}{path}")];
            let (status, body) = curl(door.site.folder(), &words).await;
            assert_eq!(status, 200, "{path} {body}");
        }
        let (status, body) = curl(door.site.folder(), &["--cacert", certificate, &format!("{url}/ngnpro/wsdl")]).await;
        assert!(status == 200 && body.contains(&format!("location=\"{url}/ngnpro/\"")), "{body}");
        assert_eq!(door.raw(b"PUT / HTTP/1.0\r\n\r\n").await.status(), 405);
        door.server.stop().await;
    }

    async fn what_is_no_request_is_refused(database: TestDb) {
        let door = Door::new(database).await;
        let good = envelope("Enum", "getRanges", "<query/>", &admin(0));
        let deep = envelope("Enum", "getRanges", &format!("{}{}", "<a>".repeat(60), "</a>".repeat(60)), &admin(0));
        let many = envelope("Enum", "getRanges", &"<a/>".repeat(250_000), &admin(0));
        let bomb = good.replace(
            "?>\n",
            "?>\n<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>",
        );
        let outside = good.replace("?>\n", "?>\n<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>");
        for (document, why) in [
            ("", "ends before its root element"),
            ("no xml", "text outside"),
            ("<a>", "ends before its root element"),
            ("<a></b>", "not well formed"),
            ("<a/>", "not a SOAP envelope"),
            (&*good.replace("<query/>", "&nbsp;"), "entity `nbsp` is not known"),
            (&*bomb, "document type"),
            (&*outside, "document type"),
            (&*deep, "nested deeper"),
            (&*many, "elements"),
            (&*good.replace("<ns5:getRanges><query/></ns5:getRanges>", ""), "body has no operation"),
        ] {
            let (code, said) = door.post(document).await.fault();
            assert_eq!(code, "9006", "{said}");
            assert!(said.contains(why), "{said}");
        }
        let newer = good.replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");
        let refused = door.post(&newer).await;
        assert_eq!(refused.code(), "9006");
        assert!(refused.body.contains("<faultcode>SOAP-ENV:VersionMismatch</faultcode>"), "{}", refused.body);
        let latin = good.replace("<query/>", "<query>\u{e9}</query>");
        let bytes: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let mut request = format!("POST / HTTP/1.0\r\nContent-Length: {}\r\n\r\n", bytes.len()).into_bytes();
        request.extend(bytes);
        assert_eq!(door.raw(&request).await.fault(), ("9006".into(), "the document is not UTF-8".into()));
        let large = format!("POST / HTTP/1.0\r\nContent-Length: {}\r\n\r\n", 64 << 20);
        assert_eq!(door.raw(large.as_bytes()).await.code(), "9006");
        for (port, operation) in [("Enum", "getZones"), ("Nothing", "getRanges"), ("Dns", "addAccount")] {
            assert_eq!(door.fails(port, operation, "<query/>").await.0, "9007", "{port} {operation}");
        }
        let wrong = door.fails("Enum", "getRanges", "<query><range><start>many</start></range></query>").await;
        assert_eq!(wrong, ("9002".into(), "query.range.start: `many` is not an integer".into()));
        door.server.stop().await;
    }

    async fn the_header_says_who_calls(database: TestDb) {
        let door = Door::new(database).await;
        for (who, said) in [
            (who("administrator", "wrong", true, 0), "user name or password incorrect"),
            (who("nobody", "wrong", true, 0), "user name or password incorrect"),
            (who("administrator", crate::site::SECRET, false, 0), "admin is false"),
        ] {
            let fault = door.call("Enum", "getRanges", "<query/>", &who).await.fault();
            assert_eq!(fault.0, "9000");
            assert!(fault.1.contains(said), "{}", fault.1);
        }
        assert_eq!(door.call("Enum", "getRanges", "<query/>", &admin(99)).await.code(), "5000");
        assert_eq!(door.call("Enum", "getRanges", "<query/>", &admin(1)).await.status(), 200);
        let without = envelope("Enum", "getRanges", "<query/>", &Who(String::new()));
        assert_eq!(door.post(&without).await.fault(), ("9000".into(), "the header has no auth element".into()));
        assert!(!door.server.log().contains(crate::site::SECRET));
        door.server.stop().await;
    }
}
