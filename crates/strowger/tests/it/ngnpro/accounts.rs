//! SipPort: domains, accounts, aliases and what callers meet.

use super::customers::{PASSWORD, account, properties, property};
use super::door::{Answer, Door, admin, who};

fn sip(username: &str) -> String {
    format!("<sipId><username>{username}</username><domain>example.com</domain></sipId>")
}

fn sip_account(username: &str, more: &str) -> String {
    format!(
        "<account xsi:type=\"ns4:SipAccount\"><id><username>{username}</username><domain>example.com</domain></id>\
         <firstName>Alice</firstName><lastName>Smith</lastName><email>{username}@example.com</email>\
         <timezone>Europe/Amsterdam</timezone><acl xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"xsd:anyType[0]\"/>\
         <callLimit xsi:type=\"xsd:int\">0</callLimit>{more}</account>"
    )
}

const DOMAIN: &str = "<domain><domain>Example.com</domain><customer>0</customer><reseller>0</reseller></domain>";
const SECRET_PASSWORD: &str = "<password>sesame</password>";

fn list(items: &[&str]) -> String {
    items.iter().map(|item| format!("<item xsi:type=\"xsd:string\">{item}</item>")).collect()
}

/// A domain with an account `alice` in it.
async fn started(database: store::testing::TestDb) -> Door {
    let door = Door::new(database).await;
    door.ok("Sip", "addDomain", DOMAIN).await;
    door.ok("Sip", "addAccount", &sip_account("alice", SECRET_PASSWORD)).await;
    door
}

fn is(answer: &Answer, fields: &[(&str, &str)]) {
    for (field, expected) in fields {
        assert_eq!(answer.one(field), *expected, "{field} in {}", answer.body);
    }
}

store::on_both! {
    async fn an_account_is_a_subscriber(database: TestDb) {
        let door = started(database).await;
        let shown = door.ok("Sip", "getAccount", &sip("ALICE")).await;
        is(&shown, &[
            ("id/username", "alice"), ("id/domain", "example.com"), ("password", "sesame"), ("firstName", "Alice"),
            ("timeout", "35"), ("prepaid", "false"), ("quota", "0"), ("timezone", "Europe/Amsterdam"), ("customer", "0"),
        ]);
        assert_eq!(shown.one("ha1").len(), 32);
        assert_eq!(door.fails("Sip", "addAccount", &sip_account("alice", SECRET_PASSWORD)).await.0, "1011");
        assert_eq!(door.fails("Sip", "getAccount", &sip("bob")).await.0, "1010");
        assert_eq!(door.fails("Sip", "addDomain", DOMAIN).await.0, "1001");
        assert_eq!(door.fails("Sip", "deleteDomain", "<domain>example.com</domain>").await.0, "9004");
        assert_eq!(door.fails("Sip", "deleteDomain", "<domain>example.net</domain>").await.0, "1000");
        let changed = sip_account("alice", "<rpid>31201234567</rpid><quota>10</quota><timeout>20</timeout>\
            <groups xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"xsd:string[3]\" SOAP-ENC:offset=\"[0]\">\
            <item>free-pstn</item><item>blocked</item><item>vip</item></groups><answerTimeout xsi:type=\"xsd:int\">0</answerTimeout>");
        door.ok("Sip", "updateAccount", &changed).await;
        let shown = door.ok("Sip", "getAccount", &sip("alice")).await;
        is(&shown, &[("rpid", "31201234567"), ("quota", "10"), ("timeout", "20"), ("password", "sesame")]);
        assert_eq!(shown.all("groups/item"), ["free-pstn", "vip", "blocked"]);
        // What phones log in with may be digests.
        let digests = format!("{}:{}", "a".repeat(32), "b".repeat(32));
        door.ok("Sip", "addAccount", &sip_account("bob", &format!("<password>{digests}</password>"))).await;
        let shown = door.ok("Sip", "getAccount", &sip("bob")).await;
        is(&shown, &[("password", &digests), ("ha1", &"a".repeat(32))]);
        let made = door.ok("Sip", "addAccount", &sip_account("&lt;autoincrement&gt;", SECRET_PASSWORD)).await;
        assert!(!made.one("id/username").contains('<'), "{}", made.body);
        let total = door.ok("Sip", "getAccounts", "<query><filter><groups><item></item></groups></filter></query>").await;
        assert_eq!(total.one("total"), "3");
        for (filter, found) in [
            ("<groups><item>blocked</item></groups>", "1"), ("<username>al%</username>", "1"), ("<lastName>sm%</lastName>", "3"),
            ("<email>bob@example.com</email><domain>example.com</domain>", "1"), ("<owner>99</owner>", "0"),
        ] {
            let answer = door.ok("Sip", "getAccounts", &format!("<query><filter>{filter}</filter></query>")).await;
            assert_eq!(answer.one("total"), found, "{filter}");
        }
        door.ok("Sip", "deleteAccount", &sip("bob")).await;
        assert_eq!(door.fails("Sip", "deleteAccount", &sip("bob")).await.0, "1010");
        door.server.stop().await;
    }

    async fn groups_are_joined_and_left(database: TestDb) {
        let door = started(database).await;
        let group = |name: &str| format!("{}<group>{name}</group>", sip("alice"));
        for name in ["quota", "blocked", "anonymous"] {
            assert_eq!(door.fails("Sip", "removeFromGroup", &group(name)).await.0, "1031");
            door.ok("Sip", "addToGroup", &group(name)).await;
            assert_eq!(door.fails("Sip", "addToGroup", &group(name)).await.0, "1030");
        }
        assert_eq!(door.ok("Sip", "getGroups", &sip("alice")).await.all("item"), ["quota", "blocked", "anonymous"]);
        door.ok("Sip", "removeFromGroup", &group("blocked")).await;
        assert_eq!(door.ok("Sip", "getGroups", &sip("alice")).await.all("item"), ["quota", "anonymous"]);
        door.server.stop().await;
    }

    async fn aliases_lead_to_accounts(database: TestDb) {
        let door = started(database).await;
        let alias = |name: &str, target: &str| {
            format!(
                "<alias><id><username>{name}</username><domain>example.com</domain></id>\
                 <target><username>{target}</username><domain>example.com</domain></target></alias>"
            )
        };
        let id = |name: &str| format!("<id><username>{name}</username><domain>example.com</domain></id>");
        door.ok("Sip", "addAlias", &alias("info", "alice")).await;
        assert_eq!(door.fails("Sip", "addAlias", &alias("info", "alice")).await.0, "1021");
        assert_eq!(door.fails("Sip", "addAlias", &alias("alice", "alice")).await.0, "1021");
        assert_eq!(door.fails("Sip", "addAccount", &sip_account("info", SECRET_PASSWORD)).await.0, "1011");
        assert_eq!(door.fails("Sip", "addAlias", &alias("x", "nobody")).await.0, "1010");
        is(&door.ok("Sip", "getAlias", &id("info")).await, &[("target/username", "alice")]);
        door.ok("Sip", "addAccount", &sip_account("bob", SECRET_PASSWORD)).await;
        door.ok("Sip", "updateAlias", &alias("info", "bob")).await;
        let found = door.ok("Sip", "getAliases", "<query><filter><targetUsername>bob</targetUsername></filter></query>").await;
        assert_eq!((found.one("total"), found.one("aliases/item/id/username")), ("1".into(), "info".into()));
        door.ok("Sip", "deleteAccount", &sip("bob")).await;
        assert_eq!(door.fails("Sip", "getAlias", &id("info")).await.0, "1020");
        door.server.stop().await;
    }

    async fn a_balance_has_a_history(database: TestDb) {
        let door = started(database).await;
        let add = |value: &str| format!("{}<value xsi:type=\"xsd:float\">{value}</value><description>Refund 1 with 2</description>", sip("alice"));
        assert_eq!(door.fails("Sip", "addBalance", &add("5")).await.0, "9005");
        door.ok("Sip", "addToGroup", &format!("{}<group>prepaid</group>", sip("alice"))).await;
        door.ok("Sip", "addBalance", &add("12.5")).await;
        door.ok("Sip", "addBalance", &add("-2.25")).await;
        assert_eq!(door.fails("Sip", "addBalance", &add("-20")).await.0, "9002");
        let history = door.ok("Sip", "getCreditHistory", &format!("{}<count>50</count>", sip("alice"))).await;
        assert_eq!(history.all("entries/item/value"), ["-2.25", "12.5"]);
        assert_eq!(history.all("entries/item/balance"), ["10.25", "12.5"]);
        let asked = "<sipIds><item><username>nobody</username><domain>example.com</domain></item>\
            <item><username>alice</username><domain>example.com</domain></item></sipIds>";
        assert_eq!(door.ok("Sip", "getPrepaidStatus", asked).await.all("item/balance"), ["0", "10.25"]);
        door.server.stop().await;
    }

    async fn what_callers_meet_is_set(database: TestDb) {
        let door = started(database).await;
        let alice = sip("alice");
        let set = async |operation: &str, words: &str| door.ok("Sip", operation, &format!("{alice}{words}")).await;
        set("setRejectMembers", &format!("<members>{}</members>", list(&["sip:bob@example.com"]))).await;
        assert_eq!(door.ok("Sip", "getRejectMembers", &alice).await.all("item"), ["sip:bob@example.com"]);
        set("setBarringPrefixes", &format!("<prefixes>{}</prefixes>", list(&["0900", "0906"]))).await;
        assert_eq!(door.ok("Sip", "getBarringPrefixes", &alice).await.all("item"), ["0900", "0906"]);
        for (name, group) in [("Carol", "friends"), ("Dave", "")] {
            let entry = format!("<entry><uri>sip:{name}@example.net</uri><name>{name}</name><group>{group}</group></entry>");
            set("addPhonebookEntry", &entry).await;
        }
        let found = set("getPhonebookEntries", "<match><name>Car%</name></match><range><start>0</start><count>10</count></range>").await;
        assert_eq!(found.all("entries/item/uri"), ["sip:Carol@example.net"]);
        let rules = format!(
            "<rules><persistent><item><start>08:00</start><stop>18:00</stop><groups>{}</groups><days>31</days></item></persistent>\
             <temporary><groups>{}</groups><duration>60</duration></temporary></rules>",
            list(&["friends"]), list(&["nobody"])
        );
        set("setAcceptRules", &rules).await;
        let shown = door.ok("Sip", "getAcceptRules", &alice).await;
        is(&shown, &[("rules/persistent/item/days", "31"), ("rules/temporary/duration", "60"), ("nonEmptyGroups/item", "friends")]);
        let entry = |uri: &str, name: &str| format!("<entry><uri>{uri}</uri><name>{name}</name><group>family</group></entry>");
        set("updatePhonebookEntry", &entry("sip:Carol@example.net", "Caroline")).await;
        let found = set("getPhonebookEntries", "<match><group>family</group></match>").await;
        assert_eq!(found.all("entries/item/name"), ["Caroline"]);
        let nobody = entry("sip:nobody@example.net", "Nobody");
        assert_eq!(door.fails("Sip", "updatePhonebookEntry", &format!("{alice}{nobody}")).await.0, "9008");
        set("deletePhonebookEntry", "<uri>sip:Carol@example.net</uri>").await;
        assert_eq!(set("getPhonebookEntries", "<match/>").await.all("entries/item/name"), ["Dave"]);
        set("setCallDiversions", "<diversions><FUNC>&lt;voice-mailbox&gt;</FUNC><FBUS>sip:bob@example.com</FBUS></diversions>").await;
        is(&door.ok("Sip", "getCallDiversions", &alice).await, &[("FUNC", "<voice-mailbox>"), ("FBUS", "sip:bob@example.com")]);
        set("setCallDiversions", "<diversions><nocondition>empty</nocondition></diversions>").await;
        assert!(door.ok("Sip", "getCallDiversions", &alice).await.all("FUNC").is_empty());
        let calls = set("getCalls", "<query><placed><limit>5</limit></placed></query>").await;
        assert!(calls.body.contains("<placed xsi:type=\"SOAP-ENC:Array\" SOAP-ENC:arrayType=\"ngnpro:Call[0]\">"));
        assert_eq!(set("getCallStatistics", "<query/>").await.one("placed/calls"), "0");
        let devices = door.ok("Sip", "getSipDeviceLocations", &alice.replace("sipId>", "item>").replacen("<item>", "<sipIds><item>", 1).replace("</item>", "</item></sipIds>")).await;
        assert!(devices.body.contains("SOAP-ENC:arrayType=\"ngnpro:DeviceLocation[0]\""), "{}", devices.body);
        for (operation, words) in [("getSipTrace", "<filter/>"), ("getMediaSummary", ""), ("getMediaSessions", "")] {
            assert_eq!(door.ok("Sip", operation, words).await.one(""), "[]", "{operation}");
        }
        assert_eq!(door.fails("Sip", "getMediaTrace", "<filter><callId>1</callId></filter>").await.0, "1060");
        door.server.stop().await;
    }

    async fn mailboxes_prices_and_the_network(database: TestDb) {
        let door = started(database).await;
        let alice = sip("alice");
        let refused = door.fails("Voicemail", "getAccount", &alice).await;
        assert_eq!(refused, ("2000".into(), "voicemail account alice@example.com not found".into()));
        let mailbox = |more: &str| format!("<account>{alice}<name>Alice</name>{more}</account>");
        let made = door.ok("Voicemail", "addAccount", &mailbox("<password>1234</password><email>a@example.com</email>")).await;
        is(&made, &[("password", "1234"), ("options/delete", "false"), ("sipId/username", "alice")]);
        assert_eq!(door.fails("Voicemail", "addAccount", &mailbox("<password>1234</password>")).await.0, "2001");
        door.ok("Voicemail", "updateAccount", &mailbox("<options><delete xsi:type=\"xsd:int\">1</delete></options>")).await;
        let shown = door.ok("Voicemail", "getAccount", &alice).await;
        is(&shown, &[("password", "1234"), ("options/delete", "true"), ("email", "a@example.com")]);
        assert_eq!(door.fails("Voicemail", "updateAccount", &mailbox("<password>12</password>")).await.0, "9002");
        assert_eq!(door.fails("Voicemail", "setAnnouncement", &format!("{alice}<message>no sound</message>")).await.0, "9002");
        door.ok("Voicemail", "deleteAccount", &alice).await;
        assert_eq!(door.fails("Voicemail", "getAccount", &alice).await.0, "2000");

        let entity = "<entity>subscriber://alice@example.com</entity>";
        assert_eq!(door.fails("Rating", "getEntityProfiles", entity).await.0, "4001");
        let profiles = format!("<profiles>{entity}<profileWeekday>442</profileWeekday><timezone>Europe/Amsterdam</timezone></profiles>");
        door.ok("Rating", "setEntityProfiles", &profiles).await;
        door.ok("Rating", "setEntityProfiles", &profiles.replace("442", "443")).await;
        is(&door.ok("Rating", "getEntityProfiles", entity).await, &[("profileWeekday", "443"), ("profileWeekend", "")]);
        assert_eq!(door.fails("Rating", "setEntityProfiles", &profiles.replace("subscriber", "person")).await.0, "9002");
        door.ok("Rating", "deleteEntityProfiles", entity).await;
        assert_eq!(door.fails("Rating", "deleteEntityProfiles", entity).await.0, "4001");
        door.ok("Rating", "setEntityProfiles", &profiles).await;
        door.ok("Sip", "deleteAccount", &alice).await;
        assert_eq!(door.fails("Rating", "getEntityProfiles", entity).await.0, "4001");

        let status: serde_json::Value = serde_json::from_str(&door.ok("Network", "getStatus", "").await.one("")).unwrap();
        let roles: Vec<_> = status.as_object().unwrap().values().map(|server| &server["roles"][0]).collect();
        assert_eq!(roles, ["provisioning_server"], "{status}");
        assert_eq!(door.ok("Network", "getStatistics", "").await.one(""), "{\"summary\":{}}");
        door.server.stop().await;
    }

    async fn ways_to_the_telephone_network(database: TestDb) {
        let door = Door::new(database).await;
        let carrier = door.ok("Sip", "addCarrier", "<carrier><name>Wholesale</name></carrier>").await.one("id");
        let gateway = format!("<gateway><name>gw1</name><carrier_id>{carrier}</carrier_id><transport>udp</transport><ip>192.0.2.1</ip></gateway>");
        let gateway = door.ok("Sip", "addGateway", &gateway).await;
        is(&gateway, &[("port", "5060"), ("carrier", "Wholesale")]);
        let rule = format!("<rule><gateway_id>{}</gateway_id><prefix>0031</prefix><strip>2</strip><prepend>+</prepend></rule>", gateway.one("id"));
        let rule = door.ok("Sip", "addGatewayRule", &rule).await;
        is(&rule, &[("gateway", "gw1"), ("carrier", "Wholesale")]);
        let routes = format!("<routes><item><carrier_id>{carrier}</carrier_id><prefix></prefix></item>\
            <item><carrier_id>{carrier}</carrier_id><prefix>0031</prefix><priority>1</priority></item></routes>");
        door.ok("Sip", "addRoutes", &routes).await;
        let found = door.ok("Sip", "getRoutes", "<query><filter><prefix>00%</prefix></filter></query>").await;
        assert_eq!(found.all("routes/item/prefix"), ["0031"]);
        let id = found.one("routes/item/id");
        let change = |id: &str, prefix: &str| format!("<item><id>{id}</id><prefix>{prefix}</prefix></item>");
        let update = format!("<routes>{}{}</routes>", change(&id, "0032"), change("999999", "0033"));
        assert_eq!(door.fails("Sip", "updateRoutes", &update).await.0, "9008", "all of them or none");
        assert_eq!(door.ok("Sip", "getRoutes", "<query><filter><prefix>0031</prefix></filter></query>").await.one("total"), "1");
        door.ok("Sip", "updateRoutes", &format!("<routes>{}</routes>", change(&id, "0032"))).await;
        let found = door.ok("Sip", "getRoutes", "<query><filter><prefix>0032</prefix></filter></query>").await;
        is(&found, &[("routes/item/id", &id), ("routes/item/priority", "1"), ("routes/item/carrier", "Wholesale")]);
        let named = |more: &str| format!("<gateway><id>{}</id>{more}</gateway>", gateway.one("id"));
        door.ok("Sip", "updateGateway", &named("<port>5080</port><transport>tls</transport>")).await;
        assert_eq!(door.fails("Sip", "updateGateway", &named("<transport>pigeon</transport>")).await.0, "9002");
        let found = door.ok("Sip", "getGateways", &format!("<query><filter><carrier_id>{carrier}</carrier_id></filter></query>")).await;
        is(&found, &[("total", "1"), ("gateways/item/name", "gw1"), ("gateways/item/port", "5080"), ("gateways/item/transport", "tls")]);
        door.ok("Sip", "updateGatewayRule", &format!("<rule><id>{}</id><minLength>9</minLength></rule>", rule.one("id"))).await;
        let found = door.ok("Sip", "getGatewayRules", &format!("<query><filter><carrier_id>{carrier}</carrier_id></filter></query>")).await;
        is(&found, &[("gateway_rules/item/minLength", "9"), ("gateway_rules/item/prefix", "0031"), ("gateway_rules/item/strip", "2")]);
        assert_eq!(door.fails("Sip", "deleteCarrier", &format!("<id>{carrier}</id>")).await.0, "9004");
        assert_eq!(door.fails("Sip", "deleteGateway", &format!("<id>{}</id>", gateway.one("id"))).await.0, "9004");
        assert_eq!(door.ok("Sip", "getGatewayRules", "<query/>").await.all("gateway_rules/item/prefix"), ["0031"]);
        door.ok("Sip", "deleteGatewayRule", &format!("<id>{}</id>", rule.one("id"))).await;
        door.ok("Sip", "deleteGateway", &format!("<id>{}</id>", gateway.one("id"))).await;
        let all = door.ok("Sip", "getRoutes", "<query/>").await.all("routes/item/id");
        let all: String = all.iter().map(|id| format!("<item><id>{id}</id></item>")).collect();
        door.ok("Sip", "deleteRoutes", &format!("<routes>{all}</routes>")).await;
        door.ok("Sip", "deleteCarrier", &format!("<id>{carrier}</id>")).await;

        let peer = "<peer><ip>192.0.2.7</ip><description>A peer</description><msteams xsi:type=\"xsd:boolean\">false</msteams></peer>";
        is(&door.ok("Sip", "addTrustedPeer", peer).await, &[("enumLookup", "true"), ("transit", "false"), ("blocked", "0")]);
        let changed = "<peer><ip>192.0.2.7</ip><blocked xsi:type=\"xsd:int\">1</blocked></peer>";
        door.ok("Sip", "updateTrustedPeer", changed).await;
        for (filter, total) in [("<msteams>false</msteams><blocked>1</blocked>", "1"), ("<msteams>1</msteams>", "0"), ("<blocked>0</blocked>", "0")] {
            let found = door.ok("Sip", "getTrustedPeers", &format!("<query><filter>{filter}</filter></query>")).await;
            assert_eq!(found.one("total"), total, "{filter}");
        }
        door.ok("Sip", "deleteTrustedPeer", "<ip>192.0.2.7</ip>").await;
        door.server.stop().await;
    }

    async fn the_telephone_network_is_for_those_who_may(database: TestDb) {
        let door = Door::new(database).await;
        let reseller = door.ok("Customer", "addAccount", &account(0, 0, "reseller", PASSWORD)).await.one("id");
        let own = who("reseller", "abc234", false, 0);
        let call = async |operation: &str, words: &str| door.call("Sip", operation, words, &own).await;
        assert_eq!(call("addDomain", DOMAIN).await.status(), 200);
        let pstn = "<groups><item>free-pstn</item></groups>";
        let refused = call("addAccount", &sip_account("alice", &format!("{SECRET_PASSWORD}{pstn}"))).await.fault();
        assert_eq!(refused.0, "9001");
        assert!(refused.1.contains("pstn_access"), "{}", refused.1);
        assert_eq!(call("addCarrier", "<carrier><name>x</name></carrier>").await.code(), "9001");
        let grant = format!("<customer>{reseller}</customer>{}", properties(&property("pstn_access", "1", "admin")));
        assert_eq!(door.call("Customer", "setProperties", &grant, &own).await.code(), "9001");
        door.ok("Customer", "setProperties", &grant).await;
        let made = call("addAccount", &sip_account("alice", &format!("{SECRET_PASSWORD}{pstn}<prepaid>0</prepaid>"))).await;
        is(&made, &[("prepaid", "true"), ("reseller", &reseller), ("owner", &reseller)]);
        assert_eq!(call("updateAccount", &sip_account("alice", "<prepaid>0</prepaid>")).await.code(), "9001");
        assert_eq!(call("addCarrier", "<carrier><name>x</name></carrier>").await.one("reseller"), reseller);
        // A customer has it only where its reseller has.
        let customer = door.call("Customer", "addAccount", &account(0, 0, "customer", PASSWORD), &own).await.one("id");
        let changes = |who: &str, value: &str| format!("<customer>{who}</customer>{}", properties(&property("prepaid_changes", value, "admin")));
        assert_eq!(door.call("Customer", "setProperties", &changes(&customer, "1"), &own).await.code(), "9002");
        door.ok("Customer", "setProperties", &changes(&reseller, "1")).await;
        assert_eq!(door.call("Customer", "setProperties", &changes(&customer, "1"), &own).await.status(), 200);
        assert_eq!(call("updateAccount", &sip_account("alice", "<prepaid>0</prepaid>")).await.status(), 200);
        // What an administrator sees for the reseller is what the reseller sees.
        let seen = door.call("Sip", "getAccounts", "<query/>", &admin(reseller.parse().unwrap())).await;
        assert_eq!(seen.one("total"), "1");
        door.server.stop().await;
    }
}
