//! What is done here shows at the door of NGCP's clients, and what is done there shows here.

use serde_json::{Value, json};

use super::customers::{PASSWORD, account, properties, property};
use super::door::{Answer, Door, admin, who};
use crate::ngcp::client::{Door as Rest, id_of};
use crate::site::SECRET;

/// A server by both doors, with a reseller `north`, its customer `anna`, and that one's domain with an account `alice`.
struct House {
    door: Door,
    /// The other door, without credentials and with the administrator's.
    rest: Rest,
    admin: Rest,
    north: i64,
    anna: i64,
}

const ALICE: &str = "<sipId><username>alice</username><domain>anna.example</domain></sipId>";
/// Long enough for NGCP's clients.
const STRONG: &str = "Step.by.step-1891!";

impl House {
    async fn new(database: store::testing::TestDb) -> House {
        let mut door = Door::new(database).await;
        let rest = Rest::new(&door.server.url().await, &door.site.data("tls-certificate.pem"));
        let admin = rest.login("administrator", SECRET);
        let add = async |reseller: i64, name: &str| -> i64 {
            let made = door.ok("Customer", "addAccount", &account(0, reseller, name, PASSWORD)).await;
            made.one("id").parse().unwrap()
        };
        let north = add(0, "north").await;
        let anna = add(north, "anna").await;
        let domain = format!("<domain><domain>anna.example</domain><customer>{anna}</customer></domain>");
        door.ok("Sip", "addDomain", &domain).await;
        let alice = "<account><id><username>alice</username><domain>anna.example</domain></id><password>sesame1</password>\
            <firstName>Alice</firstName><lastName>Smith</lastName><email>alice@example.org</email>\
            <groups><item>blocked</item></groups></account>";
        door.ok("Sip", "addAccount", alice).await;
        House { door, rest, admin, north, anna }
    }

    /// The subscriber of that name, by the other door.
    async fn subscriber(&self, username: &str) -> Value {
        let mut found = self.admin.list(&format!("subscribers/?username={username}")).await;
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    async fn alice(&self, operation: &str, more: &str) -> Answer {
        self.door.ok("Sip", operation, &format!("{ALICE}{more}")).await
    }

    /// The user names of aliases of alice.
    async fn aliases(&self) -> Vec<String> {
        let query = "<query><filter><targetUsername>alice</targetUsername></filter></query>";
        self.door.ok("Sip", "getAliases", query).await.all("aliases/item/id/username")
    }

    /// The alias numbers of alice, by the other door.
    async fn numbers(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let all = self.subscriber("alice").await["alias_numbers"].as_array().unwrap().clone();
        all.iter().map(|number| ["cc", "ac", "sn"].map(|part| text(&number[part])).concat()).collect()
    }
}

store::on_both! {
    async fn an_account_is_a_subscriber_at_once(database: TestDb) {
        let house = House::new(database).await;
        let shown = house.subscriber("alice").await;
        for (field, expected) in [
            ("display_name", json!("Alice Smith")), ("email", json!("alice@example.org")), ("status", json!("locked")),
            ("lock", json!("4")), ("domain", json!("anna.example")), ("customer_id", json!(house.anna)),
        ] {
            assert_eq!(shown[field], expected, "{field} of {shown}");
        }
        let item = format!("/api/subscribers/{}", id_of(&shown));
        assert_eq!(house.admin.item(&item).await["password"], json!("sesame1"));
        house.alice("removeFromGroup", "<group>blocked</group>").await;
        let shown = house.admin.item(&item).await;
        assert_eq!((&shown["status"], &shown["lock"]), (&json!("active"), &Value::Null), "{shown}");
        // And back.
        let number = json!({ "cc": 43, "ac": "1", "sn": "5550000" });
        house.admin.set(&item, "primary_number", number).await.is(204);
        house.admin.set(&item, "status", "locked").await.is(204);
        assert_eq!(house.door.ok("Sip", "getGroups", ALICE).await.all("item"), ["blocked"]);
        house.admin.set(&item, "status", "active").await.is(204);
        assert!(house.door.ok("Sip", "getGroups", ALICE).await.all("item").is_empty());
        house.admin.set(&item, "display_name", "Bob von Jones").await.is(204);
        let shown = house.door.ok("Sip", "getAccount", ALICE).await;
        assert_eq!((shown.one("firstName"), shown.one("lastName")), ("Bob".into(), "von Jones".into()));
        house.admin.delete(&item).await.is(204);
        assert_eq!(house.door.fails("Sip", "getAccount", ALICE).await.0, "1010");
        house.door.server.stop().await;
    }

    async fn a_user_name_with_capitals_is_found(database: TestDb) {
        let house = House::new(database).await;
        let carol = json!({
            "customer_id": house.anna, "domain": "anna.example", "username": "Carol.Smith", "password": STRONG,
            "primary_number": { "cc": 43, "ac": "1", "sn": "5550000" },
        });
        house.admin.create("subscribers", &carol).await;
        for pattern in ["Carol.Smith", "CAROL%", "%smith"] {
            let query = format!("<query><filter><username>{pattern}</username></filter></query>");
            let found = house.door.ok("Sip", "getAccounts", &query).await;
            assert_eq!((found.one("total"), found.all("accounts/item/id/username").len()), ("1".into(), 1), "{pattern}");
            let shown = found.one("accounts/item/id/username");
            let id = format!("<sipId><username>{shown}</username><domain>anna.example</domain></sipId>");
            house.door.ok("Sip", "getAccount", &id).await;
        }
        house.door.server.stop().await;
    }

    async fn a_voucher_is_worth_something_here_too(database: TestDb) {
        let house = House::new(database).await;
        let voucher = json!({ "reseller_id": 1, "code": "4711-4711", "amount": 1_050, "valid_until": "2099-01-01 00:00:00" });
        let resellers = house.admin.list("resellers/").await;
        let north = resellers.iter().find(|reseller| reseller["contract_id"] == json!(house.north)).unwrap();
        let mut new = voucher.clone();
        new["reseller_id"] = json!(id_of(north));
        house.admin.create("vouchers", &new).await;
        house.alice("addToGroup", "<group>prepaid</group>").await;
        let card = |number: &str| format!("{ALICE}<card><id>0</id><number>{number}</number></card>");
        assert_eq!(house.door.fails("Sip", "addBalanceFromVoucher", &card("4712")).await.0, "9002");
        house.alice("addBalanceFromVoucher", "<card><number>4711-4711</number></card>").await;
        assert_eq!(house.door.fails("Sip", "addBalanceFromVoucher", &card("4711-4711")).await.0, "9002");
        let history = house.alice("getCreditHistory", "<count>5</count>").await;
        assert_eq!((history.one("entries/item/value"), history.one("entries/item/balance")), ("10.5".into(), "10.5".into()));
        house.door.server.stop().await;
    }

    async fn a_call_forward_is_a_diversion(database: TestDb) {
        let house = House::new(database).await;
        let forwards = format!("/api/callforwards/{}", id_of(&house.subscriber("alice").await));
        let to = |destination: &str| json!({ "destinations": [{ "destination": destination }] });
        let body = json!({ "cfu": to("voicebox"), "cfb": to("sip:bob@example.org") });
        house.admin.put(&forwards, &body).await.is(204);
        let shown = house.door.ok("Sip", "getCallDiversions", ALICE).await;
        assert_eq!((shown.one("FUNC"), shown.one("FBUS")), ("<voice-mailbox>".into(), "sip:bob@example.org".into()));
        assert!(shown.all("FNOA").is_empty());
        house.alice("setCallDiversions", "<diversions><FNOA>sip:carol@example.org</FNOA></diversions>").await;
        let shown = house.admin.item(&forwards).await;
        assert_eq!(shown["cft"]["destinations"][0]["destination"], json!("sip:carol@example.org"), "{shown}");
        assert_eq!(shown["cft"]["ringtimeout"], json!(35), "{shown}");
        for gone in ["cfu", "cfb"] {
            assert!(shown[gone]["destinations"].as_array().is_none_or(Vec::is_empty), "{shown}");
        }
        house.door.server.stop().await;
    }

    async fn an_alias_is_an_alias_number(database: TestDb) {
        let house = House::new(database).await;
        let item = format!("/api/subscribers/{}", id_of(&house.subscriber("alice").await));
        let number = |sn: &str| json!({ "cc": 43, "ac": "1", "sn": sn });
        house.admin.set(&item, "primary_number", number("5550000")).await.is(204);
        house.admin.set(&item, "alias_numbers", json!([number("5550001"), number("5550002")])).await.is(204);
        assert_eq!(house.aliases().await, ["4315550001", "4315550002"]);
        house.admin.set(&item, "alias_numbers", json!([number("5550001")])).await.is(204);
        assert_eq!(house.aliases().await, ["4315550001"]);
        // An international number becomes an alias number, any other name an address and nothing else.
        let address = |name: &str| format!("<id><username>{name}</username><domain>anna.example</domain></id>");
        let target = ALICE.replace("sipId", "target");
        for name in ["+4315550003", "info"] {
            house.door.ok("Sip", "addAlias", &format!("<alias>{}{target}</alias>", address(name))).await;
        }
        assert_eq!(house.aliases().await, ["4315550001", "+4315550003", "info"]);
        assert_eq!(house.numbers().await, ["4315550001", "4315550003"]);
        house.door.ok("Sip", "deleteAlias", &address("+4315550003")).await;
        house.door.ok("Sip", "deleteAlias", &address("4315550001")).await;
        assert_eq!((house.numbers().await.len(), house.aliases().await), (0, vec!["info".to_owned()]));
        house.door.server.stop().await;
    }

    async fn customers_are_the_same_by_both_doors(database: TestDb) {
        let house = House::new(database).await;
        let (north, anna) = (house.north, house.anna);
        let shown = house.admin.item(&format!("/api/customers/{anna}")).await;
        assert_eq!((&shown["status"], &shown["type"]), (&json!("active"), &json!("sipaccount")), "{shown}");
        let contact = house.admin.item(&format!("/api/customercontacts/{}", shown["contact_id"])).await;
        assert_eq!((&contact["email"], &contact["company"]), (&json!("alice@example.com"), &json!("anna Ltd")));
        let contract = house.admin.item(&format!("/api/contracts/{north}")).await;
        assert_eq!((&contract["status"], &contract["type"]), (&json!("active"), &json!("reseller")), "{contract}");
        let resellers = house.admin.list("resellers/").await;
        let reseller = resellers.iter().find(|reseller| reseller["contract_id"] == json!(north)).unwrap();
        assert_eq!(reseller["name"], json!("north Ltd"));
        // The reseller's credentials are good for both doors; a customer's are not for the other one.
        let own = house.rest.login("north", "abc234");
        let ids = async |door: &Rest| door.list("customers/").await.iter().map(id_of).collect::<Vec<_>>();
        assert_eq!(ids(&own).await, [anna]);
        let refused = house.rest.login("anna", "abc234").get("/api/customers/").await;
        assert!(matches!(refused.status, 401 | 403), "{refused:?}");

        // What is made there is here, with no user name until it is given one.
        let contact = own.create("customercontacts", &json!({ "email": "carl@example.org", "firstname": "Carl" })).await;
        let profile = house.admin.item(&format!("/api/customers/{anna}")).await["billing_profile_id"].clone();
        let body = json!({ "status": "active", "contact_id": contact, "billing_profile_id": profile, "type": "sipaccount" });
        let carl = own.create("customers", &body).await;
        let query = format!("<query><filter><customer>{carl}</customer></filter></query>");
        for caller in [admin(0), admin(north), who("north", "abc234", false, 0)] {
            let found = house.door.call("Customer", "getCustomers", &query, &caller).await;
            assert_eq!((found.one("total"), found.one("accounts/item/firstName")), ("1".into(), "Carl".into()));
            assert_eq!(found.one("accounts/item/reseller"), north.to_string());
            assert_eq!(found.one("accounts/item/username"), "");
        }
        let other = house.door.call("Customer", "getCustomers", &query, &who("anna", "abc234", false, 0)).await;
        assert_eq!(other.one("total"), "0");
        let named = format!("<account><id>{carl}</id><username>carl</username>{PASSWORD}</account>");
        house.door.ok("Customer", "updateAccount", &named).await;
        let seen = house.door.call("Customer", "getCustomers", "<query/>", &who("carl", "abc234", false, 0)).await;
        assert_eq!(seen.all("accounts/item/id"), [carl.to_string()]);

        // A login that is made there is good here too: for what it is for, and while it is active.
        let login = json!({
            "login": "clerk", "password": STRONG, "role": "reseller", "reseller_id": id_of(reseller), "is_active": true,
            "email": "clerk@example.org",
        });
        let clerk = house.admin.create("admins", &login).await;
        let as_clerk = who("clerk", STRONG, false, 0);
        let seen = house.door.call("Customer", "getCustomers", "<query/>", &as_clerk).await;
        assert_eq!(seen.one("total"), "3", "{}", seen.body);
        house.admin.set(&format!("/api/admins/{clerk}"), "is_active", false).await.is(204);
        assert_eq!(house.door.call("Customer", "getCustomers", "<query/>", &as_clerk).await.code(), "9000");

        // Who goes by one door has gone by the other, with the credentials.
        house.admin.set(&format!("/api/customers/{carl}"), "status", "terminated").await.is(204);
        assert_eq!(house.door.fails("Customer", "getAccount", &format!("<id>{carl}</id>")).await.0, "5000");
        let refused = house.door.call("Customer", "getCustomers", "<query/>", &who("carl", "abc234", false, 0)).await;
        assert_eq!(refused.code(), "9000");
        house.door.ok("Sip", "deleteAccount", ALICE).await;
        house.door.ok("Sip", "deleteDomain", "<domain>anna.example</domain>").await;
        house.door.ok("Customer", "deleteAccount", &format!("<id>{anna}</id>")).await;
        for gone in [anna, carl] {
            assert_eq!(house.admin.item(&format!("/api/customers/{gone}")).await["status"], json!("terminated"));
        }
        house.door.server.stop().await;
    }

    async fn a_credit_holds_by_both_doors(database: TestDb) {
        let house = House::new(database).await;
        let set = |value: &str| format!("<customer>{}</customer>{}", house.anna, properties(&property("sip_credit", value, "admin")));
        let new = |name: &str, sn: i64| {
            json!({
                "customer_id": house.anna, "domain": "anna.example", "username": name, "password": STRONG,
                "primary_number": { "cc": 43, "ac": "1", "sn": sn },
            })
        };
        house.door.ok("Customer", "setProperties", &set("2")).await;
        house.admin.create("subscribers", &new("bob", 5_551_001)).await;
        let refused = house.admin.post("/api/subscribers/", &new("carol", 5_551_002)).await;
        refused.refuses(403, "Maximum number of customer subscribers reached.");
        assert_eq!(house.admin.list("subscribers/?username=carol").await.len(), 0);
        let carol = "<account><id><username>carol</username><domain>anna.example</domain></id><password>sesame1</password></account>";
        let (code, said) = house.door.fails("Sip", "addAccount", carol).await;
        assert_eq!((&*code, said), ("9003", format!("sip_credit of customer {} is used up: it is 2, and there are 2", house.anna)));
        // The number that was asked for is nobody's.
        house.door.ok("Customer", "setProperties", &set("3")).await;
        house.admin.create("subscribers", &new("carol", 5_551_002)).await;
        house.door.server.stop().await;
    }
}
