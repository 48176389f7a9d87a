//! Properties: who may change which, and what is kept of them.

use super::*;
use crate::property as properties;

async fn set(test: &TestDb, caller: &Caller, id: AccountId, wanted: &[Property]) -> Result<()> {
    transaction!(test.db, |tx| properties::set(tx, caller, NOW, id, wanted).await)
}

async fn value(test: &TestDb, id: AccountId, name: &str) -> Option<String> {
    let found = properties::of(&mut test.db.reader(), &admin(), id).await.expect("properties");
    found.into_iter().find(|property| property.name == name).map(|property| property.value)
}

async fn of(test: &TestDb, id: AccountId, name: &str) -> Property {
    let found = properties::of(&mut test.db.reader(), &admin(), id).await.expect("properties");
    found.into_iter().find(|property| property.name == name).expect("the property")
}

store::on_both! {
    /// Caller by permission by whose it is; each changes the value and sends back what is there.
    async fn the_matrix_of_permissions(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        const NAMES: [(&str, &str); 7] = [
            ("free", "customer"),
            ("of_reseller", "reseller"),
            ("of_admin", "admin"),
            ("sip_credit", "admin"),
            ("pstn_changes", "admin"),
            ("sms_access", "admin"),
            ("digest_settings_page", "reseller"),
        ];
        // free, of_reseller, of_admin, sip_credit, pstn_changes, sms_access, digest_settings_page
        for (caller, id, may) in [
            (admin(), shop, [true; 7]),
            (admin(), acme, [true; 7]),
            (acting_for(acme), shop, [true, true, false, true, true, false, true]),
            (acting_for(acme), acme, [true, true, false, false, false, false, true]),
            (acting_for(shop), shop, [true, false, false, false, false, false, false]),
            (reseller(acme), shop, [true, true, false, true, true, false, true]),
            (reseller(acme), acme, [true, true, false, false, false, false, true]),
            (of_customer(shop), shop, [true, false, false, false, false, false, false]),
        ] {
            for ((name, permission), may) in NAMES.into_iter().zip(may) {
                set(&test, &admin(), id, &[property(name, "1", permission)]).await.expect("set");
                let told = format!("{caller:?} {id} {name}");
                // Unchanged, in whatever else it may be dressed.
                for same in ["admin", "reseller", "customer", ""] {
                    assert_eq!(why(set(&test, &caller, id, &[property(name, "1", same)]).await), "done", "{told}");
                }
                assert_eq!(value(&test, id, name).await.as_deref(), Some("1"), "{told}");
                set(&test, &admin(), id, &[property(name, "1", permission)]).await.expect("set");
                let changed = set(&test, &caller, id, &[property(name, "2", permission)]).await;
                assert_eq!(why(changed), if may { "done" } else { "not allowed" }, "{told}");
                assert_eq!(value(&test, id, name).await.as_deref(), Some(if may { "2" } else { "1" }), "{told}");
                assert_eq!(of(&test, id, name).await.permission, permission, "{told}");
                set(&test, &admin(), id, &[property(name, "1", permission)]).await.expect("set");
                let cleared = set(&test, &caller, id, &[property(name, "", permission)]).await;
                assert_eq!(why(cleared), if may { "done" } else { "not allowed" }, "{told}");
                // A new one is no other way to it.
                set(&test, &admin(), id, &[property(name, "", permission)]).await.expect("cleared");
                assert_eq!(why(set(&test, &caller, id, &[property(name, "", permission)]).await), "done", "{told}");
                let new = set(&test, &caller, id, &[property(name, "1", permission)]).await;
                assert_eq!(why(new), if may { "done" } else { "not allowed" }, "{told}");
                if !may && !name.starts_with("of_") {
                    let disguised = set(&test, &caller, id, &[property(name, "1", "customer")]).await;
                    assert_eq!(why(disguised), "not allowed", "{told}");
                }
            }
        }
        for stranger in [reseller(DEFAULT), of_customer(acme), acting(acme, Role::Care)] {
            let refused = why(set(&test, &stranger, shop, &[property("free", "9", "customer")]).await);
            let expected = if stranger.role == Role::Reseller { "not found" } else { "not allowed" };
            // A customer's caller of the reseller's account is one above the shop.
            assert_eq!(refused, if stranger.role == Role::Customer { "done" } else { expected }, "{stranger:?}");
        }
        assert_eq!(why(set(&test, &of_customer(shop), acme, &[]).await), "not found");
    }

    async fn setting_merges_and_an_update_replaces(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let names = async || -> Vec<(String, String)> {
            let found = properties::of(&mut test.db.reader(), &admin(), shop).await.expect("properties");
            found.into_iter().map(|property| (property.name, property.value)).collect()
        };
        let told = |all: &[(&str, &str)]| all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        let first = [property("a", "1", "customer"), property("b", "2", "admin"), property("email_credit", "3", "admin")];
        set(&test, &admin(), shop, &first).await.expect("set");
        set(&test, &admin(), shop, &[property("c", "4", "customer"), property("c", "5", "customer")]).await.expect("set");
        assert_eq!(names().await, told(&[("a", "1"), ("b", "2"), ("c", "5"), ("email_credit", "3")]));
        let mut replaced = echo(&get(&test, &admin(), shop).await.expect("read"));
        replaced.properties = Some(vec![property("d", "6", "customer")]);
        // What a customer may not change stays, named or not.
        update(&test, &of_customer(shop), shop, &replaced).await.expect("changed");
        assert_eq!(names().await, told(&[("b", "2"), ("d", "6"), ("email_credit", "3")]));
        update(&test, &reseller(acme), shop, &replaced).await.expect("changed");
        assert_eq!(names().await, told(&[("b", "2"), ("d", "6")]));
        update(&test, &admin(), shop, &replaced).await.expect("changed");
        assert_eq!(names().await, told(&[("d", "6")]));
        let told = of(&test, shop, "d").await;
        assert_eq!((told.category.as_str(), told.permission.as_str()), ("web", "customer"));
    }

    async fn a_customer_gets_what_its_reseller_has(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        for (name, wrong) in [("pstn_access", "invalid pstn_access"), ("prepaid_access", "invalid prepaid_access"), ("prepaid_changes", "invalid prepaid_changes")] {
            for caller in [admin(), reseller(acme)] {
                set(&test, &admin(), acme, &[property(name, "0", "admin")]).await.expect("set");
                set(&test, &admin(), shop, &[property(name, "", "admin")]).await.expect("set");
                assert_eq!(why(set(&test, &caller, shop, &[property(name, "1", "admin")]).await), wrong);
                assert_eq!(why(set(&test, &caller, shop, &[property(name, "0", "admin")]).await), "done");
                set(&test, &admin(), acme, &[property(name, "1", "admin")]).await.expect("set");
                assert_eq!(why(set(&test, &caller, shop, &[property(name, "1", "admin")]).await), "done");
                // It may be sent back when the reseller has it no more.
                set(&test, &admin(), acme, &[property(name, "", "admin")]).await.expect("set");
                assert_eq!(why(set(&test, &caller, shop, &[property(name, "1", "admin")]).await), "done");
                let is_set = async |id| properties::is_set(&mut test.db.reader(), id, name).await.expect("read");
                assert_eq!((is_set(acme).await, is_set(shop).await), (false, true));
            }
        }
    }

    async fn properties_are_bounded(test: TestDb) {
        started(&test).await;
        let shop = a_customer(&test, DEFAULT, "shop").await;
        let customer = of_customer(shop);
        for (wrong, expected) in [
            (property("", "1", ""), "invalid properties"),
            (property(&"n".repeat(101), "1", ""), "invalid properties"),
            (property("a\nb", "1", ""), "invalid properties"),
            (property("a", &"v".repeat(8_001), ""), "invalid properties"),
            (property("a", "\u{1}", ""), "invalid properties"),
            (property("a", "1", &"p".repeat(101)), "invalid properties"),
            (property("key", "-----BEGIN KEY-----\r\nx\r\n", "customer"), "done"),
        ] {
            assert_eq!(why(set(&test, &customer, shop, std::slice::from_ref(&wrong)).await), expected, "{wrong:?}");
        }
        let many: Vec<Property> = (0..properties::MOST).map(|n| property(&format!("p{n}"), "1", "customer")).collect();
        assert_eq!(why(set(&test, &customer, shop, &many).await), "invalid properties");
        assert_eq!(why(set(&test, &customer, shop, &many[1..]).await), "done");
    }
}
