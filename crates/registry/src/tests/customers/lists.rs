//! Lists of customers: who sees whom, what they are found by, and that a long page is whole.

use super::*;
use crate::listing::{Condition, Query};

async fn list(test: &TestDb, caller: &Caller, query: &Query) -> (Vec<String>, i64) {
    let page = customer::list(&mut test.db.reader(), caller, &sealer(), query).await.expect("a page");
    let names = page.customers.into_iter().map(|customer| customer.username.unwrap_or_default()).collect();
    (names, page.total.expect("a total"))
}

fn query(conditions: Vec<Condition>) -> Query {
    Query { conditions, limit: 100, count: true, ..Query::default() }
}

store::on_both! {
    async fn each_sees_its_own(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let (shop, _) = (a_customer(&test, acme, "shop").await, a_customer(&test, DEFAULT, "other").await);
        let bare = add_account(&test, acme, Kind::Customer, "bare").await;
        add_account(&test, AccountId::OPERATOR, Kind::Peering, "carrier").await;
        for (caller, expected) in [
            (admin(), vec!["", "acme", "shop", "other", ""]),
            (acting_for(acme), vec!["acme", "shop", ""]),
            (reseller(acme), vec!["acme", "shop", ""]),
            (of_customer(shop), vec!["shop"]),
            (acting_for(shop), vec!["shop"]),
            (of_customer(bare), vec![""]),
        ] {
            let (names, total) = list(&test, &caller, &query(Vec::new())).await;
            assert_eq!((names.iter().map(String::as_str).collect::<Vec<_>>(), total), (expected.clone(), expected.len() as i64), "{caller:?}");
        }
        let resellers = async |caller: &Caller, conditions: Vec<Condition>| {
            let page = customer::list_resellers(&mut test.db.reader(), caller, &sealer(), &query(conditions)).await.expect("a page");
            (page.customers.iter().map(|customer| customer.id.0).collect::<Vec<_>>(), page.total)
        };
        assert_eq!(resellers(&admin(), Vec::new()).await, (vec![1, acme.0], Some(2)));
        assert_eq!(resellers(&reseller(acme), Vec::new()).await, (vec![acme.0], Some(1)));
        assert_eq!(resellers(&of_customer(shop), Vec::new()).await, (vec![], Some(0)));
        // Whoever is asked for by id is told, reseller or not.
        let own = vec![Condition::Is("id", shop.into())];
        assert_eq!(resellers(&of_customer(shop), own.clone()).await, (vec![shop.0], Some(1)));
        assert_eq!(resellers(&admin(), own).await, (vec![shop.0], Some(1)));
        assert_eq!(resellers(&of_customer(shop), vec![Condition::Is("id", acme.into())]).await, (vec![], Some(0)));
    }

    async fn customers_are_found_by_what_is_known_of_them(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        for (n, (first, company, country)) in [("Ann", "Shop", "UK"), ("Bob", "Shop", "NL"), ("Cid", "Mill", "N/A")].into_iter().enumerate() {
            let mut new = sheet(Some(acme), company);
            new.contact.firstname = text(first);
            new.contact.city = text(&format!("City {n}"));
            new.details.web = format!("www{n}.example.com");
            new.details.country = country.to_owned();
            create(&test, &admin(), &new, &first.to_lowercase()).await.expect("a customer");
        }
        let like = |column, pattern: &str| Condition::Alike(column, pattern.to_owned());
        for (condition, expected) in [
            (Condition::Is("username", "bob".into()), vec!["bob"]),
            (like("username", "_O%"), vec!["bob"]),
            (like("firstname", "ann"), vec!["acme", "ann"]),
            (like("lastname", "smith"), vec!["acme", "ann", "bob", "cid"]),
            (like("company", "sh%"), vec!["ann", "bob"]),
            (like("phonenumber", "+1999%"), vec!["acme", "ann", "bob", "cid"]),
            (like("email", "ann@%"), vec!["acme", "ann", "bob", "cid"]),
            (like("web", "www1.%"), vec!["bob"]),
            (like("city", "city 2"), vec!["cid"]),
            (like("country", "UK"), vec!["acme", "ann"]),
            (Condition::Is("country", "N/A".into()), vec!["cid"]),
            (Condition::Is("id", acme.into()), vec!["acme"]),
        ] {
            let (names, total) = list(&test, &reseller(acme), &query(vec![condition.clone()])).await;
            assert_eq!((names, total), (expected.iter().map(ToString::to_string).collect(), expected.len() as i64), "{condition:?}");
        }
        let of_acme = || vec![Condition::Is("reseller_id", acme.into()), like("company", "%")];
        for (order, descending, expected) in [
            ("username", true, ["cid", "bob", "ann", "acme"]),
            ("company", false, ["cid", "ann", "bob", "acme"]),
            ("modified_at", true, ["cid", "bob", "ann", "acme"]),
            ("firstname", false, ["acme", "ann", "bob", "cid"]),
        ] {
            let asked = Query { order: Some(order), descending, ..query(of_acme()) };
            assert_eq!(list(&test, &admin(), &asked).await.0, expected, "{order}");
        }
    }

    async fn a_long_page_is_whole(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let ids: Vec<i64> = transaction!(test.db, |tx| {
            let mut ids = Vec::new();
            for n in 0..1_203 {
                let new = account::NewAccount {
                    parent_id: acme,
                    kind: Kind::Customer,
                    name: format!("shop {n}"),
                    currency: "EUR".to_owned(),
                    credit_limit: None,
                };
                ids.push(account::create(tx, &admin(), NOW, &new).await?.id.0);
            }
            Ok(ids)
        })
        .expect("accounts");
        for n in [0, 600, 1_202] {
            let set = [property("sip_credit", &n.to_string(), "admin"), property("x", &n.to_string(), "customer")];
            transaction!(test.db, |tx| crate::property::set(tx, &admin(), NOW, AccountId(ids[n]), &set).await).expect("set");
        }
        let asked = Query { limit: 5_000, ..query(Vec::new()) };
        let page = customer::list(&mut test.db.reader(), &reseller(acme), &sealer(), &asked).await.expect("a page");
        assert_eq!(page.total, Some(1_204));
        assert_eq!(page.customers.iter().map(|customer| customer.id.0).collect::<Vec<_>>(), [&[acme.0][..], &ids].concat());
        let with: Vec<_> = page.customers.iter().filter(|customer| !customer.properties.is_empty()).collect();
        let told: Vec<_> = with.iter().map(|c| (c.id.0, c.properties.iter().map(|p| p.value.clone()).collect::<Vec<_>>())).collect();
        let expected: Vec<_> = [0, 600, 1_202].map(|n: usize| (ids[n], vec![n.to_string(); 2])).to_vec();
        assert_eq!(told, expected);
    }
}
