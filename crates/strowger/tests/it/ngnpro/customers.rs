//! CustomerPort: customers and resellers, their credentials, credits and properties.

use super::door::{Answer, Door, Who, admin, who};

/// A customer as CDRTool writes one, of that reseller (0: none).
pub(crate) fn account(id: i64, reseller: i64, username: &str, more: &str) -> String {
    format!(
        "<account xsi:type=\"ns4:CustomerAccount\"><id xsi:type=\"xsd:int\">{id}</id>\
         <reseller xsi:type=\"xsd:int\">{reseller}</reseller><impersonate xsi:type=\"xsd:int\">0</impersonate>\
         <username xsi:type=\"xsd:string\">{username}</username><firstName>Alice</firstName><lastName>Liddell</lastName>\
         <organization>{username} Ltd</organization><email>alice@example.com</email><tel>+19999999999</tel>\
         <address>Unknown</address><postcode>Unknown</postcode><city>Unknown</city><state>N/A</state><country>UK</country>\
         <timezone>Europe/Amsterdam</timezone><language>en</language><billingAddress>One\r\nTwo</billingAddress>\
         <changeDate/>{more}</account>"
    )
}

pub(crate) const PASSWORD: &str = "<password xsi:type=\"xsd:string\">abc234</password>";

fn id(id: &str) -> String {
    format!("<id xsi:type=\"xsd:int\">{id}</id>")
}

pub(crate) fn property(name: &str, value: &str, permission: &str) -> String {
    format!(
        "<item><name xsi:type=\"xsd:string\">{name}</name><value xsi:type=\"xsd:string\">{value}</value>\
         <category xsi:type=\"xsd:string\">web</category><permission xsi:type=\"xsd:string\">{permission}</permission></item>"
    )
}

pub(crate) fn properties(items: &str) -> String {
    format!(
        "<properties xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"Struct[1]\" SOAP-ENC:offset=\"[0]\">{items}</properties>"
    )
}

/// A reseller and a customer of it, with their ids.
async fn pair(door: &Door) -> (String, String) {
    let reseller = door.ok("Customer", "addAccount", &account(0, 0, "reseller", PASSWORD)).await.one("id");
    let customer = account(0, reseller.parse().unwrap(), "customer", PASSWORD);
    let customer = door.ok("Customer", "addAccount", &customer).await.one("id");
    (reseller, customer)
}

fn own(username: &str) -> Who {
    who(username, "abc234", false, 0)
}

fn value(answer: &Answer, name: &str) -> Option<String> {
    let at = answer.all("item/name").iter().position(|known| known == name)?;
    answer.all("item/value").get(at).cloned()
}

store::on_both! {
    async fn an_account_is_what_was_written(database: TestDb) {
        let door = Door::new(database).await;
        let (reseller, customer) = pair(&door).await;
        let shown = door.ok("Customer", "getAccount", &id(&customer)).await;
        for (field, expected) in [
            ("reseller", &*reseller), ("username", "customer"), ("password", "abc234"), ("firstName", "Alice"),
            ("organization", "customer Ltd"), ("country", "UK"), ("state", "N/A"), ("timezone", "Europe/Amsterdam"),
            ("balance", "0"), ("credit", "0"), ("resellerActive", "true"), ("impersonate", "0"),
        ] {
            assert_eq!(shown.one(field), expected, "{field}");
        }
        assert_eq!(shown.one("billingAddress").lines().collect::<Vec<_>>(), ["One", "Two"]);
        assert_eq!(shown.one("changeDate").len(), "2026-01-01 00:00:00".len());
        assert_eq!(door.ok("Customer", "getAccount", &id(&reseller)).await.one("reseller"), reseller);
        assert_eq!(door.fails("Customer", "addAccount", &account(0, 0, "customer", PASSWORD)).await.0, "5001");
        assert_eq!(door.fails("Customer", "getAccount", &id("999")).await.0, "5000");
        let (code, said) = door.fails("Customer", "addAccount", &account(0, 999, "other", PASSWORD)).await;
        assert_eq!((&*code, &*said), ("9008", "reseller: 999 does not exist"));
        let (code, said) = door.fails("Customer", "addAccount", &account(0, 0, "other", "<password>abc</password>")).await;
        assert_eq!(code, "9002");
        assert!(said.starts_with("password: ") && !said.contains("abc"), "{said}");
        // What is not given stays; an empty element empties; an empty password is the one that there is.
        let update = format!("<account>{}<lastName>Pleasance</lastName><web/><tel/><password/></account>", id(&customer));
        door.ok("Customer", "updateAccount", &update).await;
        let shown = door.ok("Customer", "getAccount", &id(&customer)).await;
        for (field, expected) in [("firstName", "Alice"), ("lastName", "Pleasance"), ("tel", ""), ("password", "abc234")] {
            assert_eq!(shown.one(field), expected, "{field}");
        }
        let money = format!("<account>{}<balance xsi:type=\"xsd:float\">12.5</balance><credit>100</credit></account>", id(&customer));
        door.ok("Customer", "updateAccount", &money).await;
        let shown = door.ok("Customer", "getAccount", &id(&customer)).await;
        assert_eq!((shown.one("balance"), shown.one("credit")), ("12.5".into(), "100".into()));
        door.server.stop().await;
    }

    async fn lists_are_filtered_and_cut(database: TestDb) {
        let door = Door::new(database).await;
        let (reseller, customer) = pair(&door).await;
        let found = async |operation: &str, filter: &str, who: &Who| {
            let query = format!("<query><filter>{filter}</filter><range><start>0</start><count>20</count></range></query>");
            let answer = door.call("Customer", operation, &query, who).await;
            assert_eq!(answer.status(), 200, "{}", answer.body);
            (answer.one("total"), answer.all("accounts/item/id"))
        };
        let one = |id: &String| ("1".to_owned(), vec![id.clone()]);
        for filter in [
            "<username>cust%</username>", "<username>CUSTOMER</username><customer xsi:type=\"xsd:int\">0</customer>",
            "<organization>customer%</organization><only_resellers></only_resellers>",
            &format!("<customer>{customer}</customer>"), &format!("<reseller>{reseller}</reseller><username>customer</username>"),
        ] {
            assert_eq!(found("getCustomers", filter, &admin(0)).await, one(&customer), "{filter}");
        }
        let filter = "<username>re%</username><only_resellers>1</only_resellers>";
        assert_eq!(found("getCustomers", filter, &admin(0)).await, one(&reseller));
        assert_eq!(found("getResellers", "<username>re%</username>", &admin(0)).await, one(&reseller));
        // Whoever is named comes, reseller or not; the administrator acts for the reseller when it asks for a customer.
        let named = format!("<customer>{customer}</customer>");
        let helper = admin(reseller.parse().unwrap());
        assert_eq!(found("getResellers", &named, &helper).await, one(&customer));
        assert_eq!(found("getCustomers", "", &own("reseller")).await.0, "2");
        assert_eq!(found("getCustomers", "", &own("customer")).await, one(&customer));
        let ordered = "<query><orderBy><attribute>customer</attribute><direction>DESC</direction></orderBy>\
            <range><start>0</start><count>1</count></range></query>";
        let answer = door.ok("Customer", "getCustomers", ordered).await;
        assert_eq!((answer.one("total"), answer.all("accounts/item/id")), ("3".into(), vec![customer.clone()]));
        assert!(answer.body.contains("<properties xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"ngnpro:CustomerProperty[0]\">"));
        door.server.stop().await;
    }

    async fn properties_are_merged_or_replaced(database: TestDb) {
        let door = Door::new(database).await;
        let (reseller, customer) = pair(&door).await;
        let customer_is = format!("<customer>{customer}</customer>");
        let set = |items: &str| format!("{customer_is}{}", properties(items));
        door.ok("Customer", "setProperties", &set(&property("sip_credit", "3", "admin"))).await;
        door.ok("Customer", "setProperties", &set(&property("last_domain", "example.com", "customer"))).await;
        let shown = door.ok("Customer", "getProperties", &customer_is).await;
        assert_eq!(value(&shown, "sip_credit").as_deref(), Some("3"));
        assert_eq!(value(&shown, "last_domain").as_deref(), Some("example.com"));
        assert!(shown.body.contains("<result xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"ngnpro:CustomerProperty[2]\">"));
        // Reseller: its customers' credits, never its own; the customer: its own, but no credit; unchanged is no change.
        let own_credit = format!("<customer>{reseller}</customer>{}", properties(&property("sip_credit", "9", "admin")));
        for (who, words, refused) in [
            (own("reseller"), set(&property("sip_credit", "4", "admin")), false),
            (own("reseller"), own_credit, true),
            (own("customer"), set(&property("sip_credit", "5", "admin")), true),
            (own("customer"), set(&property("sip_credit", "4", "admin")), false),
            (own("customer"), set(&property("last_domain", "example.net", "customer")), false),
            (own("customer"), set(&property("digest_settings_page", "1", "reseller")), true),
        ] {
            let answer = door.call("Customer", "setProperties", &words, &who).await;
            assert_eq!(answer.status(), if refused { 500 } else { 200 }, "{words} {}", answer.body);
            if refused {
                assert_eq!(answer.code(), "9001");
            }
        }
        let whole = format!("<account>{}{}</account>", id(&customer), properties(&property("colour", "red", "customer")));
        door.ok("Customer", "updateAccount", &whole).await;
        let shown = door.ok("Customer", "getProperties", &customer_is).await;
        assert_eq!(shown.all("item/name"), ["colour"]);
        let (code, said) = door.fails("Customer", "setProperties", &set(&property("sip_credit", "many", "admin"))).await;
        assert_eq!((&*code, &*said), ("9002", "sip_credit: `many` is not a number of records"));
        door.server.stop().await;
    }

    async fn a_credit_that_is_used_up_is_named(database: TestDb) {
        let door = Door::new(database).await;
        let (reseller, customer) = pair(&door).await;
        let set = format!("<customer>{reseller}</customer>{}", properties(&property("dns_admin_email", "dns@example.net", "customer")));
        door.ok("Customer", "setProperties", &set).await;
        let set = format!("<customer>{customer}</customer>{}", properties(&property("dns_zone_credit", "1", "admin")));
        door.ok("Customer", "setProperties", &set).await;
        let zone = |name: &str| format!("<zone><name>{name}</name><customer>{customer}</customer><reseller>{reseller}</reseller></zone>");
        assert_eq!(door.ok("Dns", "addZone", &zone("a.example")).await.one("email"), "dns@example.net");
        for who in [admin(0), own("reseller"), admin(reseller.parse().unwrap())] {
            let refused = door.call("Dns", "addZone", &zone("b.example"), &who).await.fault();
            let said = format!("dns_zone_credit of customer {customer} is used up: it is 1, and there are 1");
            assert_eq!(refused, ("9003".to_owned(), said));
        }
        let (code, said) = door.fails("Customer", "deleteAccount", &id(&customer)).await;
        assert_eq!(code, "9004");
        assert!(said.contains("DNS zone a.example"), "{said}");
        door.ok("Dns", "deleteZone", "<zone>a.example</zone>").await;
        // The administrator acts for the customer that it removes.
        let removed = door.call("Customer", "deleteAccount", &id(&customer), &admin(customer.parse().unwrap())).await;
        assert_eq!(removed.status(), 200, "{}", removed.body);
        assert_eq!(door.fails("Customer", "getAccount", &id(&customer)).await.0, "5000");
        assert_eq!(door.call("Customer", "getAccount", &id(&customer), &own("customer")).await.code(), "9000");
        door.server.stop().await;
    }

    async fn credentials_come_with_the_rights_that_they_were_given(database: TestDb) {
        let door = Door::new(database).await;
        let (reseller, customer) = pair(&door).await;
        let seen = async |who: &Who| door.call("Customer", "getCustomers", "<query/>", who).await.one("total");
        assert_eq!(seen(&own("customer")).await, "1");
        let give = format!("<account>{}<impersonate>{reseller}</impersonate></account>", id(&customer));
        let refused = door.call("Customer", "updateAccount", &give, &own("customer")).await;
        assert_eq!(refused.code(), "9001", "{}", refused.body);
        door.ok("Customer", "updateAccount", &give).await;
        assert_eq!(seen(&own("customer")).await, "2");
        let idle = format!("<account>{}<resellerActive xsi:type=\"xsd:int\">0</resellerActive></account>", id(&reseller));
        assert_eq!(door.call("Customer", "updateAccount", &idle, &own("reseller")).await.code(), "9001");
        door.ok("Customer", "updateAccount", &idle).await;
        let refused = door.call("Dns", "addZone", "<zone><name>a.example</name></zone>", &own("reseller")).await.fault();
        assert_eq!(refused, ("9001".into(), format!("not allowed: the reseller {reseller} is not active: it makes no records")));
        let new = door.call("Customer", "addAccount", &account(0, 0, "more", PASSWORD), &own("reseller")).await;
        assert_eq!(new.code(), "9001");
        door.server.stop().await;
    }
}
