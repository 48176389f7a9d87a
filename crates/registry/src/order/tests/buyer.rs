//! Orders for a particular number and its buyer: who gets what, and what is paid.

use store::args;
use store::testing::{Engine, TestDb};

use super::{Shop, accepted, ended};
use crate::caller::Role;
use crate::id::{AccountId, OrderId};
use crate::number::State as NumberState;
use crate::order::{self, Ended, Filter, State, Wanted};
use crate::page::Page;
use crate::tests::{NOW, acting, admin, customer, eventually, money_of, set_credit_limit, stored};
use crate::{Error, journal, offer, transaction};

const DIGITS: &str = "442071234567";
const NOTHING: (&str, &str) = ("0.00", "0.00");
const HELD: (&str, &str) = ("0.00", "2.00");
const PAID: (&str, &str) = ("-2.00", "0.00");

/// A shop, a buyer, and the order for its number, sent.
async fn bought(test: TestDb) -> (Shop, AccountId, OrderId) {
    let shop = Shop::new(test).await;
    let buyer = customer(&shop.test, "buyer").await;
    let id = shop.try_plan(NOW, 1, Some(Wanted { digits: DIGITS, buyer })).await.expect("planned").id;
    shop.send(id).await;
    (shop, buyer, id)
}

async fn pays(shop: &Shop, buyer: AccountId, expected: (&str, &str)) {
    let (balance, held) = money_of(&shop.test, buyer).await;
    assert_eq!((balance.as_str(), held.as_str()), expected, "balance and held");
}

store::on_both! {
    async fn the_number_goes_to_its_buyer_who_pays_for_it(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        pays(&shop, buyer, HELD).await;
        let order = shop.record(id, &accepted(&[DIGITS], 0)).await;
        assert_eq!(order.state, State::Fulfilled);
        let number = stored(&shop.test, DIGITS).await;
        assert_eq!((number.state, number.account_id), (NumberState::InService, Some(buyer)));
        pays(&shop, buyer, PAID).await;
        shop.record(id, &accepted(&[DIGITS], 0)).await;
        pays(&shop, buyer, PAID).await;
    }

    async fn a_number_on_back_order_is_paid_when_it_comes(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        shop.record(id, &accepted(&[], 1)).await;
        pays(&shop, buyer, HELD).await;
        shop.record(id, &accepted(&[DIGITS], 0)).await;
        assert_eq!(stored(&shop.test, DIGITS).await.account_id, Some(buyer));
        pays(&shop, buyer, PAID).await;
    }

    async fn another_number_is_kept_free_and_the_buyer_pays_nothing(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        let order = shop.record(id, &accepted(&["442079999999"], 0)).await;
        assert_eq!((order.state, order.delivered), (State::PartlyFulfilled, 1), "it is not what was ordered");
        assert!(stored(&shop.test, "442079999999").await.is_free());
        pays(&shop, buyer, NOTHING).await;
    }

    async fn the_number_and_others_are_kept(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        let order = shop.record(id, &accepted(&["442079999999", DIGITS], 0)).await;
        assert_eq!(order.state, State::Fulfilled);
        assert!(stored(&shop.test, "442079999999").await.is_free());
        assert_eq!(stored(&shop.test, DIGITS).await.account_id, Some(buyer));
        pays(&shop, buyer, PAID).await;
    }

    async fn a_refusal_gives_the_money_back(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        shop.record(id, &ended(Ended::Refused)).await;
        pays(&shop, buyer, NOTHING).await;
    }

    async fn money_stays_held_while_the_order_is_in_doubt(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        shop.record(id, &ended(Ended::InDoubt)).await;
        pays(&shop, buyer, HELD).await;
        shop.resolve(id, &[DIGITS]).await.expect("resolved");
        assert_eq!(stored(&shop.test, DIGITS).await.account_id, Some(buyer));
        pays(&shop, buyer, PAID).await;
    }

    async fn a_number_that_comes_after_the_money_was_given_back_is_free(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        shop.record(id, &ended(Ended::InDoubt)).await;
        shop.resolve(id, &[]).await.expect("nothing was sold");
        pays(&shop, buyer, NOTHING).await;
        shop.record(id, &accepted(&[DIGITS], 0)).await;
        assert!(stored(&shop.test, DIGITS).await.is_free());
        pays(&shop, buyer, NOTHING).await;
    }

    async fn cancelling_gives_the_money_back(test: TestDb) {
        let shop = Shop::new(test).await;
        let buyer = customer(&shop.test, "buyer").await;
        let id = shop.try_plan(NOW, 1, Some(Wanted { digits: DIGITS, buyer })).await.expect("planned").id;
        shop.cancel(id).await.expect("cancelled");
        pays(&shop, buyer, NOTHING).await;
    }

    async fn held_money_counts_against_the_credit_limit(test: TestDb) {
        let shop = Shop::new(test).await;
        let buyer = customer(&shop.test, "buyer").await;
        set_credit_limit(&shop.test, buyer, "3.99").await;
        let first = shop.try_plan(NOW, 1, Some(Wanted { digits: DIGITS, buyer })).await.expect("planned").id;
        let second = shop.try_plan(NOW, 1, Some(Wanted { digits: "442071234568", buyer })).await;
        assert!(matches!(second, Err(Error::NoCredit { .. })), "{second:?}");
        let orders = order::list(&mut shop.test.db.reader(), &admin(), Filter::All, Page::default()).await.expect("list");
        assert_eq!(orders.len(), 1, "what can't be paid is not written down");
        shop.cancel(first).await.expect("cancelled");
        shop.try_plan(NOW, 1, Some(Wanted { digits: "442071234568", buyer })).await.expect("planned");
        pays(&shop, buyer, HELD).await;
    }

    async fn a_number_is_bought_from_its_vendor_once_at_a_time(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        let other = customer(&shop.test, "other").await;
        let again = async || shop.try_plan(NOW, 1, Some(Wanted { digits: DIGITS, buyer: other })).await;
        let refused = again().await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "while it is sent: {refused:?}");
        let found = order::open_for(&mut shop.test.db.reader(), DIGITS, buyer).await.expect("an answer");
        assert_eq!(found, Some(id));
        let found = order::open_for(&mut shop.test.db.reader(), DIGITS, other).await.expect("an answer");
        assert_eq!(found, None);
        shop.record(id, &accepted(&[], 1)).await;
        let refused = again().await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "while it is still to come: {refused:?}");
        let shown = transaction!(shop.test.db, |tx| {
            offer::remember(tx, NOW, DIGITS, shop.link.id, shop.pool.id).await
        });
        assert!(!shown.expect("an answer"), "and it is not offered to others");
        shop.record(id, &ended(Ended::InDoubt)).await;
        let refused = again().await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "while it is in doubt: {refused:?}");
        shop.resolve(id, &[]).await.expect("nothing was sold");
        again().await.expect("now it may be bought");
        pays(&shop, buyer, NOTHING).await;
        pays(&shop, other, HELD).await;
    }

    async fn what_became_of_held_money_is_written_down(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        shop.record(id, &accepted(&[DIGITS], 0)).await;
        let other = shop.try_plan(NOW, 1, Some(Wanted { digits: "442071234568", buyer })).await.expect("planned").id;
        shop.cancel(other).await.expect("cancelled");
        let mut tx = shop.test.db.reader();
        let mut told = Vec::new();
        for entry in journal::list(&mut tx, &admin(), Page::first(1_000)).await.expect("the journal") {
            if entry.kind == "charges" {
                let state = |record: Option<serde_json::Value>| record.map(|r| r["state"].clone());
                told.push((entry.record_id, state(entry.before), state(entry.after)));
            }
        }
        let [held, captured, released] = ["held", "captured", "released"].map(|s| Some(serde_json::Value::from(s)));
        let expected = [
            (1, None, held.clone()),
            (1, held.clone(), captured),
            (2, None, held.clone()),
            (2, held, released),
        ];
        assert_eq!(told, expected);
    }

    async fn a_buyer_sees_its_own_orders(test: TestDb) {
        let (shop, buyer, id) = bought(test).await;
        let refill = shop.planned(5).await;
        let other = customer(&shop.test, "other").await;
        let mut tx = shop.test.db.reader();
        let (mine, theirs) = (acting(buyer, Role::Customer), acting(other, Role::Customer));
        assert_eq!(order::get(&mut tx, &mine, id).await.expect("its own").id, id);
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        assert_eq!(order::get(&mut tx, &reseller, id).await.expect("its customer's").id, id);
        for (caller, id) in [(&theirs, id), (&mine, refill), (&reseller, refill)] {
            let hidden = order::get(&mut tx, caller, id).await;
            assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
            let hidden = order::lines(&mut tx, caller, id).await;
            assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        }
        let listed = order::list(&mut tx, &mine, Filter::All, Page::default()).await.expect("a list");
        assert_eq!(listed.iter().map(|o| o.id).collect::<Vec<_>>(), [id]);
        assert!(order::list(&mut tx, &theirs, Filter::All, Page::default()).await.expect("a list").is_empty());
        let refused = order::list(&mut tx, &mine, Filter::State(State::Sent), Page::default()).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
    }
}

/// On SQLite there is one writer, so this can't happen there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_buyers_in_the_same_moment_one_orders_the_number() {
    let shop = std::sync::Arc::new(Shop::new(TestDb::new(Engine::Postgres).await).await);
    let (first, second) = (customer(&shop.test, "first").await, customer(&shop.test, "second").await);
    let mut tx = shop.test.db.begin().await.expect("a transaction");
    let wanted = Some(Wanted { digits: DIGITS, buyer: first });
    order::plan(&mut tx, &admin(), NOW, &shop.pool, &shop.link, None, 1, wanted).await.expect("planned");
    let late = {
        let shop = shop.clone();
        tokio::spawn(async move { shop.try_plan(NOW, 1, Some(Wanted { digits: DIGITS, buyer: second })).await })
    };
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("waiting for the first", || async {
        let row = shop.test.db.reader().query_one(waiting, args![]).await.expect("a count");
        row.at::<i64>(0).expect("a count") == 1
    })
    .await;
    tx.commit().await.expect("ordered");
    let refused = late.await.expect("a task");
    assert!(matches!(&refused, Err(Error::Conflict(message)) if message.contains(DIGITS)), "{refused:?}");
    pays(&shop, second, NOTHING).await;
}
