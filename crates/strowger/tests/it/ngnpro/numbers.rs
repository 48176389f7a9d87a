//! EnumPort: ranges, numbers and mappings.

use super::door::Door;

const RANGE: &str = "<range><id><prefix>3120</prefix><tld>e164.arpa</tld></id><minDigits>8</minDigits>\
    <maxDigits>11</maxDigits><size xsi:type=\"xsd:string\">2</size><info>Amsterdam</info></range>";

fn number(digits: &str, mappings: &str) -> String {
    format!(
        "<number><id><number>{digits}</number><tld/></id><owner xsi:type=\"xsd:int\">0</owner>\
         <mappings xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"Struct[1]\" SOAP-ENC:offset=\"[0]\">{mappings}</mappings>\
         </number>"
    )
}

const SIP: &str = "<item><type>sip</type><mapto>sip:alice@example.com</mapto><priority>0</priority><ttl>0</ttl></item>";

fn id(digits: &str) -> String {
    format!("<enumId><number>{digits}</number><tld>e164.arpa</tld></enumId>")
}

store::on_both! {
    async fn numbers_are_in_ranges(database: TestDb) {
        let door = Door::new(database).await;
        let made = door.ok("Enum", "addRange", RANGE).await;
        assert_eq!((made.one("id/prefix"), made.one("ttl"), made.one("serial")), ("3120".into(), "3600".into(), "1".into()));
        assert_eq!(door.fails("Enum", "addRange", RANGE).await.0, "3001");
        assert_eq!(door.fails("Enum", "getNumber", &id("31201234567")).await.0, "3002");
        let made = door.ok("Enum", "addNumber", &number("31201234567", SIP)).await;
        assert_eq!((made.one("mappings/item/priority"), made.one("mappings/item/ttl")), ("5".into(), "3600".into()));
        assert_eq!(door.fails("Enum", "addNumber", &number("31201234567", SIP)).await.0, "3003");
        for (digits, why) in [("312", "no range of e164.arpa has a prefix of 312"), ("312012", "from 8 to 11 digits")] {
            let (code, said) = door.fails("Enum", "addNumber", &number(digits, SIP)).await;
            assert_eq!(code, "9002", "{said}");
            assert!(said.starts_with("number: ") && said.contains(why), "{said}");
        }
        door.ok("Enum", "addNumber", &number("31207654321", "")).await;
        let (code, said) = door.fails("Enum", "addNumber", &number("31207654322", "")).await;
        assert_eq!((&*code, &*said), ("9005", "the range 3120 e164.arpa may have 2 numbers and has 2"));
        assert_eq!(door.ok("Enum", "getRanges", "<query/>").await.all("ranges/item/used"), ["2"]);
        assert_eq!(door.fails("Enum", "deleteRange", "<range><prefix>3120</prefix></range>").await.0, "9004");
        for digits in ["31201234567", "31207654321"] {
            door.ok("Enum", "deleteNumber", &id(digits)).await;
        }
        door.ok("Enum", "deleteRange", "<range><prefix>3120</prefix></range>").await;
        assert_eq!(door.ok("Enum", "getRanges", "<query/>").await.one("total"), "0");
        assert_eq!(door.fails("Enum", "deleteRange", "<range><prefix>3120</prefix></range>").await.0, "3000");
        door.server.stop().await;
    }

    async fn mappings_are_replaced_and_keep_their_ids(database: TestDb) {
        let door = Door::new(database).await;
        door.ok("Enum", "addRange", RANGE).await;
        let made = door.ok("Enum", "addNumber", &number("31201234567", SIP)).await;
        let first = made.one("mappings/item/id");
        let kept = format!("<item><id>{first}</id><type>sip</type><mapto>sip:bob@example.com</mapto></item>");
        let mail = "<item><id>0</id><type>mailto</type><mapto>bob@example.com</mapto><priority>7</priority></item>";
        door.ok("Enum", "updateNumber", &number("31201234567", &format!("{kept}{mail}"))).await;
        let found = door.ok("Enum", "getNumber", &id("31201234567")).await;
        assert_eq!(found.all("mappings/item/mapto"), ["sip:bob@example.com", "mailto:bob@example.com"]);
        assert_eq!(found.all("mappings/item/id")[0], first);
        // What says nothing of mappings leaves them, as null does in PHP and lists do that zeep has not understood.
        for nothing in ["", "<mappings/>"] {
            let update = format!("<number><id><number>31201234567</number></id><info>x</info>{nothing}</number>");
            door.ok("Enum", "updateNumber", &update).await;
            assert_eq!(door.ok("Enum", "getNumber", &id("31201234567")).await.all("mappings/item/id").len(), 2);
        }
        let (code, said) = door.fails("Enum", "updateNumber", &number("31201234567", "<item><type>sip</type></item>")).await;
        assert_eq!(code, "9002");
        assert!(said.starts_with("mapto: "), "{said}");
        door.server.stop().await;
    }

    async fn numbers_are_found_by_what_they_are_mapped_to(database: TestDb) {
        let door = Door::new(database).await;
        door.ok("Enum", "addRange", &RANGE.replace("\">2<", "\">0<")).await;
        door.ok("Enum", "addNumber", &number("31201234567", SIP)).await;
        door.ok("Enum", "addNumber", &number("31201234568", &SIP.replace("alice", "bob"))).await;
        let found = async |filter: &str, more: &str| {
            let query = format!("<query><filter>{filter}</filter>{more}</query>");
            let found = door.ok("Enum", "getNumbers", &query).await;
            (found.one("total"), found.all("numbers/item/id/number"))
        };
        let both = ["31201234567".to_owned(), "31201234568".to_owned()];
        for filter in [
            "", "<type>sip</type>", "<number>3120%</number>", "<mapto>%example.com</mapto>", "<number>3120123456_</number>",
            "<owner xsi:type=\"xsd:int\">0</owner><customer>0</customer>",
        ] {
            assert_eq!(found(filter, "").await, ("2".to_owned(), both.to_vec()), "{filter}");
        }
        for filter in [
            "<mapto>alice@example.com</mapto>", "<mapto>sip:alice@example.com</mapto><type>sip</type>",
            "<mapto>ALICE@%</mapto>", "<number>+31201234567</number>",
        ] {
            assert_eq!(found(filter, "").await, ("1".to_owned(), both[..1].to_vec()), "{filter}");
        }
        assert_eq!(found("<mapto>nobody@example.com</mapto>", "").await, ("0".to_owned(), vec![]));
        let last = "<orderBy><attribute>number</attribute><direction>DESC</direction></orderBy>\
            <range><start>0</start><count>1</count></range>";
        assert_eq!(found("", last).await, ("2".to_owned(), both[1..].to_vec()));
        let unknown = "<orderBy><attribute>colour</attribute><direction>DESC</direction></orderBy>";
        assert_eq!(found("", unknown).await.0, "2");
        door.server.stop().await;
    }
}
