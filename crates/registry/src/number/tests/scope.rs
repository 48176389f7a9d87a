//! Who sees which numbers.

use store::testing::TestDb;

use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::number::{self, AtVendor, Details, Filter, State};
use crate::page::Page;
use crate::pool::PoolSpec;
use crate::tests::{NOW, acting, add_account, add_pool, admin, named, started, stock, stored};
use crate::{Error, transaction};

async fn seen(test: &TestDb, caller: &Caller) -> Vec<String> {
    let mut seen = Vec::new();
    for digits in ["442071234561", "442071234562", "442071234563", "442071234564", "442071234565"] {
        match number::get(&mut test.db.reader(), caller, digits).await {
            Ok(found) => seen.push(found.digits[11..].to_owned()),
            Err(Error::NotFound { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    seen
}

async fn listed(test: &TestDb, caller: &Caller, filter: &Filter) -> Vec<String> {
    let found = number::list(&mut test.db.reader(), caller, filter, Page::default()).await.expect("a list");
    found.into_iter().map(|n| n.digits[11..].to_owned()).collect()
}

store::on_both! {
    async fn a_caller_sees_its_own_numbers_and_free_ones_and_no_others(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, PoolSpec { quarantine_days: 30, ..named("london") }).await;
        // 1 is the shop's, 2 its branch's, 3 the mill's, 4 free, 5 was the shop's.
        stock(&test, &pool, &["442071234561", "442071234562", "442071234563", "442071234564", "442071234565"]).await;
        let reseller = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, reseller, Kind::Customer, "shop").await;
        let branch = add_account(&test, shop, Kind::Customer, "branch").await;
        let mill = add_account(&test, AccountId::DEFAULT_RESELLER, Kind::Customer, "mill").await;
        for (digits, buyer) in
            [("442071234561", shop), ("442071234562", branch), ("442071234563", mill), ("442071234565", shop)]
        {
            transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, digits, buyer, None).await).expect("sold");
        }
        transaction!(test.db, |tx| number::release(tx, &admin(), NOW, "442071234565", AtVendor::Keep).await)
            .expect("released");

        let [shopper, clerk, miller] = [shop, branch, mill].map(|account| acting(account, Role::Customer));
        assert_eq!(seen(&test, &shopper).await, ["1", "2", "4", "5"]);
        assert_eq!(seen(&test, &clerk).await, ["2", "4"]);
        assert_eq!(seen(&test, &miller).await, ["3", "4"]);
        assert_eq!(seen(&test, &acting(reseller, Role::Reseller)).await, ["1", "2", "4", "5"]);
        assert_eq!(seen(&test, &admin()).await, ["1", "2", "3", "4", "5"]);

        let all = Filter::default();
        assert_eq!(listed(&test, &shopper, &all).await, ["1", "2"]);
        assert_eq!(listed(&test, &clerk, &all).await, ["2"]);
        assert_eq!(listed(&test, &acting(reseller, Role::Reseller), &all).await, ["1", "2"]);
        assert_eq!(listed(&test, &admin(), &all).await, ["1", "2", "3", "4", "5"]);
        let aging = Filter { state: Some(State::Aging), ..Filter::default() };
        assert_eq!(listed(&test, &admin(), &aging).await, ["5"]);
        let of_mill = Filter { account: Some(mill), ..Filter::default() };
        let hidden = number::list(&mut test.db.reader(), &shopper, &of_mill, Page::default()).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
    }

    async fn a_caller_changes_no_number_of_others(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234561"]).await;
        let shop = add_account(&test, AccountId::DEFAULT_RESELLER, Kind::Customer, "shop").await;
        let mill = add_account(&test, AccountId::DEFAULT_RESELLER, Kind::Customer, "mill").await;
        let (shopper, miller) = (acting(shop, Role::Customer), acting(mill, Role::Customer));
        transaction!(test.db, |tx| number::sell(tx, &shopper, NOW, "442071234561", shop, None).await).expect("sold");
        let details = Details { destination: Some("sip:mill@example.com".to_owned()), ..Details::default() };
        let changed =
            transaction!(test.db, |tx| number::set_details(tx, &miller, NOW, "442071234561", &details).await);
        assert!(matches!(changed, Err(Error::NotFound { .. })), "{changed:?}");
        let released =
            transaction!(test.db, |tx| number::release(tx, &miller, NOW, "442071234561", AtVendor::Keep).await);
        assert!(matches!(released, Err(Error::NotFound { .. })), "{released:?}");
        let bought = transaction!(test.db, |tx| number::claim_any(tx, &miller, NOW, pool.id, shop, None).await);
        assert!(matches!(bought, Err(Error::NotFound { .. })), "buying for another account: {bought:?}");
        let blocked = transaction!(test.db, |tx| number::block(tx, &shopper, NOW, "442071234561", "mine").await);
        assert!(matches!(blocked, Err(Error::NotAllowed(_))), "{blocked:?}");
        let deleted = transaction!(test.db, |tx| number::delete(tx, &shopper, NOW, "442071234561").await);
        assert!(matches!(deleted, Err(Error::NotAllowed(_))), "{deleted:?}");
        assert_eq!(stored(&test, "442071234561").await.account_id, Some(shop));
    }

    async fn details_are_checked(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234561"]).await;
        let shop = add_account(&test, AccountId::DEFAULT_RESELLER, Kind::Customer, "shop").await;
        let caller = acting(shop, Role::Customer);
        let set = async |details: Details| {
            transaction!(test.db, |tx| number::set_details(tx, &caller, NOW, "442071234561", &details).await)
        };
        transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234561", shop, None).await).expect("sold");
        for wrong in ["mill@example.com", "sip:", "http://example.com", "sip:a b", "sip:<a>", "sip:é"] {
            let refused = set(Details { destination: Some(wrong.to_owned()), ..Details::default() }).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "destination", .. })), "{wrong}: {refused:?}");
        }
        let long = set(Details { description: Some("é".repeat(1_001)), ..Details::default() }).await;
        assert!(matches!(long, Err(Error::Invalid { field: "description", .. })), "{long:?}");
        let kept = set(Details {
            destination: Some("sip:442071234561@sip.example.com:5060".to_owned()),
            description: Some("front\0desk".to_owned()),
            ..Details::default()
        })
        .await
        .expect("set");
        assert_eq!(kept.destination.as_deref(), Some("sip:442071234561@sip.example.com:5060"));
        assert_eq!(stored(&test, "442071234561").await.description.as_deref(), Some("frontdesk"));
        set(Details { destination: Some(String::new()), ..Details::default() }).await.expect("cleared");
        assert_eq!(stored(&test, "442071234561").await.destination, None);
    }
}
