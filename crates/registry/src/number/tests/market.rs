//! Buyers: who gets a number, and how often.

use std::collections::BTreeSet;

use store::testing::TestDb;

use crate::account::{self, Kind};
use crate::caller::Role;
use crate::clock::{DAY, SECOND};
use crate::id::AccountId;
use crate::number::{self, AtVendor, Details, State};
use crate::page::Page;
use crate::pool::PoolSpec;
use crate::reservation;
use crate::tests::{
    NOW, acting, add_account, add_pool, admin, customer, money_of, named, priced, run_of, started, stock, stored,
};
use crate::{Error, transaction};

const BUYERS: usize = 32;
const NUMBERS: u64 = 20;

async fn buyers(test: &TestDb) -> Vec<AccountId> {
    let mut buyers = Vec::new();
    for n in 0..BUYERS {
        buyers.push(customer(test, &format!("buyer {n}")).await);
    }
    buyers
}

store::on_both! {
    async fn of_32_buyers_20_get_one_of_20_numbers_each(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, PoolSpec { minimum: 5, ..priced("london", "1.50") }).await;
        stock(&test, &pool, &run_of(442_070_000_000, NUMBERS)).await;
        let purchases: Vec<_> = buyers(&test)
            .await
            .into_iter()
            .map(|buyer| {
                let (db, pool) = (test.db.clone(), pool.id);
                tokio::spawn(async move {
                    let caller = acting(buyer, Role::Customer);
                    transaction!(db, |tx| number::claim_any(tx, &caller, NOW, pool, buyer, None).await)
                        .map(|sale| (sale.number.digits, buyer))
                })
            })
            .collect();
        let mut sold = Vec::new();
        for purchase in purchases {
            match purchase.await.expect("a buyer") {
                Ok(bought) => sold.push(bought),
                Err(Error::Conflict(message)) => assert!(message.contains("no free number"), "{message}"),
                Err(other) => panic!("{other:?}"),
            }
        }
        let different: BTreeSet<_> = sold.iter().map(|(digits, _)| digits.clone()).collect();
        assert_eq!((sold.len(), different.len()), (20, 20));
        for (digits, buyer) in &sold {
            assert_eq!(stored(&test, digits).await.account_id, Some(*buyer));
            assert_eq!(money_of(&test, *buyer).await, ("-1.50".to_owned(), "0.00".to_owned()));
        }
    }

    async fn of_32_buyers_who_all_ask_for_the_same_numbers_20_get_one(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let numbers = run_of(442_070_000_000, NUMBERS);
        stock(&test, &pool, &numbers).await;
        let purchases: Vec<_> = buyers(&test)
            .await
            .into_iter()
            .map(|buyer| {
                let (db, numbers) = (test.db.clone(), numbers.clone());
                tokio::spawn(async move {
                    let caller = acting(buyer, Role::Customer);
                    for digits in numbers {
                        match transaction!(db, |tx| number::sell(tx, &caller, NOW, &digits, buyer, None).await) {
                            Ok(sale) => return Some(sale.number.digits),
                            Err(Error::Conflict(_)) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                    None
                })
            })
            .collect();
        let mut sold = Vec::new();
        for purchase in purchases {
            sold.extend(purchase.await.expect("a buyer"));
        }
        sold.sort();
        assert_eq!(sold, numbers);
    }

    async fn a_purchase_repeated_under_its_reference_is_charged_once(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, priced("london", "1.50")).await;
        stock(&test, &pool, &["442071234567"]).await;
        let (shop, other) = (customer(&test, "shop").await, customer(&test, "other").await);
        let caller = acting(shop, Role::Customer);
        let buy = async |buyer: AccountId, reference: Option<&str>| {
            let caller = acting(buyer, Role::Customer);
            transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234567", buyer, reference).await)
        };
        assert!(!buy(shop, Some("order 7")).await.expect("sold").repeated);
        let again = buy(shop, Some("order 7")).await.expect("the same purchase");
        assert!(again.repeated);
        assert_eq!(again.number.account_id, Some(shop));
        for (buyer, reference) in [(shop, None), (shop, Some("order 8")), (other, Some("order 7"))] {
            let refused = buy(buyer, reference).await;
            assert!(matches!(refused, Err(Error::Conflict(_))), "{buyer} {reference:?}: {refused:?}");
        }
        assert_eq!(money_of(&test, shop).await.0, "-1.50");
        assert_eq!(money_of(&test, other).await.0, "0.00");
        let mut tx = test.db.reader();
        let found = number::by_reference(&mut tx, &caller, shop, "order 7").await.expect("numbers");
        assert_eq!(found.iter().map(|n| n.digits.as_str()).collect::<Vec<_>>(), ["442071234567"]);
    }

    async fn a_number_in_quarantine_goes_back_to_its_previous_owner_or_its_reseller_only(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, PoolSpec { quarantine_days: 30, ..named("london") }).await;
        stock(&test, &pool, &["442071234567", "442071234568"]).await;
        let reseller = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, reseller, Kind::Customer, "shop").await;
        let bakery = add_account(&test, reseller, Kind::Customer, "bakery").await;
        let mill = customer(&test, "mill").await;
        let caller = acting(shop, Role::Customer);
        for digits in ["442071234567", "442071234568"] {
            transaction!(test.db, |tx| {
                number::sell(tx, &caller, NOW, digits, shop, None).await?;
                number::release(tx, &caller, NOW, digits, AtVendor::Keep).await
            })
            .expect("sold and released");
        }
        let before = number::previously_owned(&mut test.db.reader(), pool.id, shop, None, "", 10).await.expect("numbers");
        assert_eq!(before.len(), 2);
        let stranger = |account| acting(account, Role::Customer);
        for (who, buyer) in [(stranger(mill), mill), (stranger(bakery), bakery)] {
            let refused =
                transaction!(test.db, |tx| number::sell(tx, &who, NOW, "442071234567", buyer, None).await);
            assert!(matches!(refused, Err(Error::Conflict(_))), "{who:?}: {refused:?}");
        }
        let sale = transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234567", shop, None).await);
        assert_eq!(sale.expect("its own number").number.state, State::InService);
        let reseller_login = acting(reseller, Role::Reseller);
        let sale =
            transaction!(test.db, |tx| number::sell(tx, &reseller_login, NOW, "442071234568", bakery, None).await);
        assert_eq!(sale.expect("its customer's number").number.account_id, Some(bakery));
    }

    async fn a_reservation_holds_until_its_time_and_no_longer(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234567"]).await;
        let (shop, mill) = (customer(&test, "shop").await, customer(&test, "mill").await);
        let (shopper, miller) = (acting(shop, Role::Customer), acting(mill, Role::Customer));
        let past = transaction!(test.db, |tx| {
            number::reserve(tx, &shopper, NOW, "442071234567", shop, NOW).await
        });
        assert!(matches!(past, Err(Error::Invalid { field: "until", .. })), "{past:?}");
        let until = NOW + 60 * SECOND;
        transaction!(test.db, |tx| number::reserve(tx, &shopper, NOW, "442071234567", shop, until).await)
            .expect("reserved");
        let refused = transaction!(test.db, |tx| number::sell(tx, &miller, NOW, "442071234567", mill, None).await);
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        for (now, ended) in [(until - 1, 0), (until, 1), (until, 0)] {
            let found = transaction!(test.db, |tx| number::expire_due(tx, &admin(), now, 10).await).expect("expiry");
            assert_eq!(found, ended, "at {now}");
        }
        transaction!(test.db, |tx| number::sell(tx, &miller, until, "442071234567", mill, None).await)
            .expect("free again");
        let kept = reservation::list(&mut test.db.reader(), &shopper, Some(shop), Page::default()).await.expect("list");
        assert_eq!(kept.iter().map(|r| r.state).collect::<Vec<_>>(), [reservation::State::Expired]);
    }

    async fn a_blocked_number_is_neither_listed_nor_sold_nor_reserved(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234567", "442071234568"]).await;
        let shop = customer(&test, "shop").await;
        let caller = acting(shop, Role::Customer);
        transaction!(test.db, |tx| {
            number::reserve(tx, &caller, NOW, "442071234568", shop, NOW + DAY).await?;
            number::block(tx, &admin(), NOW, "442071234567", "papers missing").await?;
            number::block(tx, &admin(), NOW, "442071234568", "papers missing").await
        })
        .expect("blocked");
        let mut tx = test.db.reader();
        assert!(number::free(&mut tx, pool.id, None, "", "", 10).await.expect("list").is_empty());
        assert_eq!(number::count_free(&mut tx, pool.id).await.expect("count"), 0);
        assert_eq!(number::count_free_up_to(&mut tx, pool.id, 5).await.expect("count"), 0);
        for digits in ["442071234567", "442071234568"] {
            let refused = transaction!(test.db, |tx| number::sell(tx, &caller, NOW, digits, shop, None).await);
            let Err(Error::Conflict(message)) = refused else { panic!("{digits}: {refused:?}") };
            assert!(message.contains("papers missing"), "{message}");
        }
        let refused = transaction!(test.db, |tx| {
            number::reserve(tx, &caller, NOW, "442071234567", shop, NOW + DAY).await
        });
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        let refused = transaction!(test.db, |tx| number::claim_any(tx, &caller, NOW, pool.id, shop, None).await);
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        transaction!(test.db, |tx| number::unblock(tx, &admin(), NOW, "442071234567").await).expect("unblocked");
        transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234567", shop, None).await).expect("sold");
    }

    async fn only_a_buyer_says_where_calls_go_and_nothing_of_it_stays(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234567"]).await;
        let (alice, bob) = (customer(&test, "alice").await, customer(&test, "bob").await);
        let caller = acting(alice, Role::Customer);
        let until = NOW + DAY;
        transaction!(test.db, |tx| number::reserve(tx, &caller, NOW, "442071234567", alice, until).await).expect("held");
        let to = Details { destination: Some("sip:alice@example.com".to_owned()), ..Details::default() };
        let early = transaction!(test.db, |tx| number::set_details(tx, &caller, NOW, "442071234567", &to).await);
        assert!(matches!(early, Err(Error::Conflict(_))), "{early:?}");
        transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234567", alice, None).await).expect("sold");
        transaction!(test.db, |tx| number::set_details(tx, &caller, NOW, "442071234567", &to).await).expect("set");
        transaction!(test.db, |tx| number::release(tx, &caller, NOW, "442071234567", AtVendor::Keep).await)
            .expect("released");
        let sold = transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, "442071234567", bob, None).await)
            .expect("sold again");
        assert_eq!((sold.number.destination, sold.number.reference), (None, None));
    }

    async fn the_operator_buys_nothing_from_itself(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234567"]).await;
        let operator = AccountId::OPERATOR;
        let refused = transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, "442071234567", operator, None).await);
        assert!(matches!(refused, Err(Error::Invalid { field: "account", .. })), "{refused:?}");
    }

    async fn an_account_that_is_locked_buys_nothing(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234567"]).await;
        let shop = customer(&test, "shop").await;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, account::Status::Locked).await)
            .expect("locked");
        let refused = transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, "442071234567", shop, None).await);
        assert!(matches!(refused, Err(Error::Invalid { field: "account", .. })), "{refused:?}");
    }
}
