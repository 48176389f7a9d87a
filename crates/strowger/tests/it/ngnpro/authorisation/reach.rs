//! What is done to accounts and to routes, by whoever keeps them and by whoever does not.

use super::acts::{ACTS, ELSEWHERE};
use super::kinds::{KINDS, Kind};
use super::{CALLERS, Estate, OWNERS, code, is_customer, still};

fn account_of(owner: &str) -> String {
    format!("<username>old</username><domain>{owner}.example</domain>")
}

store::on_both! {
    async fn every_operation_is_in_a_table(database: TestDb) {
        let estate = Estate::new(database).await;
        let wsdl = estate.door.raw(b"GET /wsdl HTTP/1.0\r\n\r\n").await.body;
        let document = roxmltree::Document::parse(&wsdl).unwrap();
        let mut missing = Vec::new();
        let ports = document.descendants().filter(|node| node.has_tag_name(("http://schemas.xmlsoap.org/wsdl/", "portType")));
        for (port, operation) in ports.flat_map(|port| port.children().map(move |operation| (port, operation))) {
            let Some(operation) = operation.attribute("name") else { continue };
            let port = port.attribute("name").unwrap().trim_end_matches("PortType");
            let of_kind = |kind: &Kind| {
                kind.port == port
                    && [kind.add.0, kind.get.0, kind.change.0, kind.delete.0, kind.list.0].contains(&operation)
            };
            let is_act = ACTS.iter().any(|act| (act.port, act.operation) == (port, operation));
            if !KINDS.iter().any(of_kind) && !is_act && !ELSEWHERE.contains(&(port, operation)) && port != "Network" {
                missing.push(format!("{port}.{operation}"));
            }
        }
        assert!(missing.is_empty() && wsdl.contains("getMediaSessions"), "{missing:?}");
        estate.door.server.stop().await;
    }

    async fn accounts_are_used_by_whoever_keeps_them(database: TestDb) {
        let estate = Estate::new(database).await;
        for owner in OWNERS {
            let account = account_of(owner);
            estate.door.ok("Sip", "addToGroup", &format!("<sipId>{account}</sipId><group>prepaid</group>")).await;
            estate.door.ok("Sip", "addBalance", &format!("<sipId>{account}</sipId><value>5</value>")).await;
        }
        let before = estate.all().await;
        let mut wrong = Vec::new();
        for caller in &CALLERS {
            for (owner, keeps) in OWNERS.iter().zip(caller.1) {
                for act in &ACTS {
                    let words = format!("<sipId>{}</sipId>{}", account_of(owner), act.more);
                    let answer = estate.door.call(act.port, act.operation, &words, &estate.who(caller.0)).await;
                    let expected = match keeps {
                        true if is_customer(caller.0) && !act.customers => "9001",
                        true => act.code,
                        false => "1010",
                    };
                    let found = code(&answer);
                    // Whose it is not for learns nothing of the account.
                    let by_role = is_customer(caller.0) && !act.customers && found == "9001";
                    if found != expected && !by_role {
                        wrong.push(format!("{} {} of {owner}: {found}, not {expected}", caller.0, act.operation));
                    }
                }
            }
            let all: String = OWNERS.iter().map(|owner| format!("<item>{}</item>", account_of(owner))).collect();
            let asked = format!("<sipIds>{all}</sipIds>");
            let answer = estate.door.call("Sip", "getPrepaidStatus", &asked, &estate.who(caller.0)).await;
            let expected = caller.1.map(|keeps| if keeps { "5" } else { "0" });
            if answer.all("item/balance") != expected {
                wrong.push(format!("{} getPrepaidStatus: {}", caller.0, answer.body));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for (before, after) in before.iter().zip(estate.all().await) {
            assert_eq!(still(before), still(&after));
        }
        estate.door.server.stop().await;
    }

    async fn routes_are_kept_by_resellers(database: TestDb) {
        let estate = Estate::new(database).await;
        let carriers = KINDS.iter().position(|kind| kind.list.0 == "getCarriers").unwrap();
        let mut wrong = Vec::new();
        for (k, caller) in CALLERS.iter().enumerate() {
            let mut seen = 0;
            for (owner, keeps) in ["platform", "north", "south"].iter().zip([caller.1[0], caller.1[1], caller.1[4]]) {
                let place = OWNERS.iter().position(|name| name == owner).unwrap();
                let carrier = &estate.records[place][carriers];
                let is_kept = keeps && !is_customer(caller.0);
                let expected: &[&str] = if is_kept { &["ok"] } else { &["9001", "9008"] };
                let route = |id: &str, more: &str| format!("<routes><item><id>{id}</id>{more}</item></routes>");
                let new = route("", &format!("<carrier_id>{carrier}</carrier_id><prefix>00{k}</prefix>"));
                let added = estate.door.call("Sip", "addRoutes", &new, &estate.who(caller.0)).await;
                let mut found = vec![("addRoutes", code(&added))];
                if code(&added) != "ok" {
                    estate.door.ok("Sip", "addRoutes", &new).await;
                }
                let query = format!("<query><filter><carrier_id>{carrier}</carrier_id></filter></query>");
                let id = estate.door.ok("Sip", "getRoutes", &query).await.one("routes/item/id");
                let listed = estate.door.call("Sip", "getRoutes", &query, &estate.who(caller.0)).await;
                seen += if code(&listed) == "ok" { listed.all("routes/item/id").len() } else { 0 };
                for (operation, more) in [("updateRoutes", "<priority>7</priority>"), ("deleteRoutes", "")] {
                    let answer = estate.door.call("Sip", operation, &route(&id, more), &estate.who(caller.0)).await;
                    found.push((operation, code(&answer)));
                }
                if !is_kept {
                    assert_eq!(estate.door.ok("Sip", "getRoutes", &query).await.all("routes/item/priority"), ["0"]);
                    estate.door.ok("Sip", "deleteRoutes", &route(&id, "")).await;
                }
                assert_eq!(estate.door.ok("Sip", "getRoutes", &query).await.one("total"), "0", "{} {owner}", caller.0);
                let differ = found.iter().filter(|(_, found)| !expected.contains(&&**found));
                wrong.extend(differ.map(|(act, found)| format!("{} {act} of {owner}: {found}", caller.0)));
            }
            let sees = if is_customer(caller.0) { 0 } else { [0, 1, 4].iter().filter(|n| caller.1[**n]).count() };
            if seen != sees {
                wrong.push(format!("{} getRoutes: {seen}, not {sees}", caller.0));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        estate.door.server.stop().await;
    }
}
