//! Where phones are, as the registrar's table says.

use super::customers::{PASSWORD, account};
use super::door::{Answer, Door, who};
use crate::registrar::{registers, registrar};

fn asked(names: &[&str]) -> String {
    let item = |name: &&str| format!("<item><username>{name}</username><domain>example.com</domain></item>");
    format!("<sipIds>{}</sipIds>", names.iter().map(item).collect::<String>())
}

/// How many phones there are at each place of an answer.
fn counts(answer: &Answer) -> Vec<usize> {
    let document = roxmltree::Document::parse(&answer.body).unwrap();
    let lists = document.descendants().filter(|node| node.has_tag_name("locations"));
    lists.map(|list| list.children().filter(|child| child.has_tag_name("item")).count()).collect()
}

store::on_both! {
    async fn phones_are_found_at_the_place_they_are_asked_for(database: TestDb) {
        let (registrar, url) = registrar(&database).await;
        let door = Door::with(database, &[("STROWGER_REGISTRAR_DATABASE_URL", &url)]).await;
        let customer = door.ok("Customer", "addAccount", &account(0, 0, "shop", PASSWORD)).await.one("id");
        let domain = format!("<domain><domain>example.com</domain><customer>{customer}</customer></domain>");
        door.ok("Sip", "addDomain", &domain).await;
        for name in ["alice", "bob"] {
            let id = format!("<id><username>{name}</username><domain>example.com</domain></id>");
            door.ok("Sip", "addAccount", &format!("<account>{id}<password>sesame1</password></account>")).await;
        }
        door.ok("Customer", "addAccount", &account(0, 0, "mill", PASSWORD)).await;
        for (ruid, name) in [("u1", "alice"), ("u2", "alice"), ("u3", "nobody")] {
            registers(&registrar, ruid, name, "example.com").await;
        }
        let everyone = asked(&["bob", "ALICE", "nobody", "alice"]);
        let found = door.ok("Sip", "getSipDeviceLocations", &everyone).await;
        assert_eq!(counts(&found), [0, 2, 0, 2], "{}", found.body);
        let first = |field: &str| found.all(&format!("item/locations/item/{field}")).remove(0);
        for (field, expected) in [
            ("address", "192.0.2.9"), ("port", "5060"), ("publicAddress", "192.0.2.9"), ("userAgent", "Telephone"), ("transport", "udp"),
        ] {
            assert_eq!(first(field), expected, "{field}");
        }
        let left: i64 = first("expires").parse().unwrap();
        assert!((3_000..=3_601).contains(&left), "{left}");
        // Of accounts that a caller does not keep there is nothing.
        for (name, expected) in [("shop", [0, 2, 0, 2]), ("mill", [0; 4])] {
            let seen = door.call("Sip", "getSipDeviceLocations", &everyone, &who(name, "abc234", false, 0)).await;
            assert_eq!(counts(&seen), expected, "{name}");
        }
        let many = vec!["alice"; 1_001];
        assert_eq!(door.fails("Sip", "getSipDeviceLocations", &asked(&many)).await.0, "9002");
        door.server.stop().await;
    }

    async fn a_registrar_that_is_away_is_unavailable(database: TestDb) {
        let nowhere = [("STROWGER_REGISTRAR_DATABASE_URL", "/nonexistent/location.db")];
        let door = Door::with(database, &nowhere).await;
        door.ok("Sip", "addDomain", "<domain><domain>example.com</domain></domain>").await;
        let id = "<id><username>alice</username><domain>example.com</domain></id>";
        door.ok("Sip", "addAccount", &format!("<account>{id}<password>sesame1</password></account>")).await;
        let (code, said) = door.fails("Sip", "getSipDeviceLocations", &asked(&["alice"])).await;
        assert_eq!(code, "9009", "{said}");
        assert_eq!(counts(&door.ok("Sip", "getSipDeviceLocations", &asked(&["nobody"])).await), [0]);
        door.server.stop().await;
    }
}
