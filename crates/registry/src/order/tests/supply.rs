//! What is on its way to a pool, and what has been spent.

use super::{GRACE, Shop, accepted, ended};
use crate::clock::{DAY, day_and_month};
use crate::order::{self, Ended, State, Supply, Wanted};
use crate::tests::{NOW, admin, customer};
use crate::{Money, refill, transaction};

async fn supply(shop: &Shop, now: i64) -> (u32, u32) {
    let Supply { on_order, exposed } =
        order::supply(&mut shop.test.db.reader(), shop.pool.id, now).await.expect("a sum");
    (on_order, exposed)
}

store::on_both! {
    async fn what_is_ordered_counts_until_it_has_come(test: TestDb) {
        let shop = Shop::new(test).await;
        assert_eq!(supply(&shop, NOW).await, (0, 0));
        shop.planned(3).await;
        assert_eq!(supply(&shop, NOW).await, (3, 0));
        let id = shop.sent(10).await;
        assert_eq!(supply(&shop, NOW).await, (13, 0));
        shop.record(id, &accepted(&["442071234560", "442071234561"], 5)).await;
        assert_eq!(supply(&shop, NOW).await, (8, 0), "what the vendor says is still to come");
        shop.record(id, &accepted(&["442071234562"], 0)).await;
        assert_eq!(supply(&shop, NOW).await, (3, 0));
    }

    async fn an_order_in_doubt_is_supply_for_its_grace_and_exposure_after_it(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.sent(5).await;
        shop.record(id, &ended(Ended::InDoubt)).await;
        assert_eq!(supply(&shop, NOW + GRACE - 1).await, (5, 0));
        assert_eq!(supply(&shop, NOW + GRACE).await, (0, 5));
        let mut tx = shop.test.db.reader();
        let next = order::next_grace_end(&mut tx, shop.pool.id, NOW).await.expect("a time");
        assert_eq!(next, Some(NOW + GRACE));
        assert_eq!(order::next_grace_end(&mut tx, shop.pool.id, NOW + GRACE).await.expect("none"), None);
        assert_eq!(order::doubtful_links(&mut tx, shop.pool.id).await.expect("links"), [shop.link.id]);
        shop.resolve(id, &["442071234560"]).await.expect("resolved");
        assert_eq!(supply(&shop, NOW).await, (0, 0));
        assert!(order::doubtful_links(&mut tx, shop.pool.id).await.expect("links").is_empty());
    }

    async fn an_order_for_a_buyer_is_no_supply_of_the_pool(test: TestDb) {
        let shop = Shop::new(test).await;
        let buyer = customer(&shop.test, "buyer").await;
        let id = shop.try_plan(NOW, 1, Some(Wanted { digits: "442071234567", buyer })).await.expect("planned").id;
        assert_eq!(supply(&shop, NOW).await, (0, 0));
        shop.send(id).await;
        shop.record(id, &ended(Ended::InDoubt)).await;
        assert_eq!(supply(&shop, NOW).await, (0, 0));
        assert_eq!(supply(&shop, NOW + GRACE).await, (0, 0));
    }

    async fn spending_is_summed_by_day_and_month(test: TestDb) {
        let shop = Shop::new(test).await;
        let (day, month) = day_and_month(NOW);
        assert!(month < day - DAY, "the test's day is not the first of its month");
        let plan = async |at: i64, quantity: u32| shop.try_plan(at, quantity, None).await.expect("planned").id;
        plan(month - 1, 100).await;
        plan(month, 10).await;
        plan(day - 1, 20).await;
        plan(day, 3).await;
        let refused = plan(NOW, 50).await;
        let cancelled = plan(NOW, 60).await;
        let doubtful = plan(NOW, 1).await;
        shop.cancel(cancelled).await.expect("cancelled");
        for (id, how) in [(refused, Ended::Refused), (doubtful, Ended::InDoubt)] {
            shop.send(id).await;
            shop.record(id, &ended(how)).await;
        }
        let mut tx = shop.test.db.reader();
        let spent = async |tx: &mut store::Tx, since| order::spent(tx, shop.link.vendor_id, since).await.expect("a sum");
        // 0.25 once and 0.50 a month for each number.
        assert_eq!(spent(&mut tx, day).await, (4, Money(3_000_000)));
        assert_eq!(spent(&mut tx, month).await, (34, Money(25_500_000)));
        assert_eq!(spent(&mut tx, day + DAY).await, (0, Money::ZERO));
    }

    async fn a_refill_goes_on_from_links_that_did_not_deliver(test: TestDb) {
        let shop = Shop::new(test).await;
        let (pool, link) = (&shop.pool, &shop.link);
        let refill = transaction!(shop.test.db, |tx| refill::open(tx, &admin(), NOW, pool.id, 5).await).expect("opened");
        let current = refill::current(&mut shop.test.db.reader(), pool.id).await.expect("read").expect("open");
        assert_eq!((current.id, current.wanted), (refill.id, 5));
        let twice = transaction!(shop.test.db, |tx| refill::open(tx, &admin(), NOW, pool.id, 5).await);
        assert!(twice.is_err(), "one refill of a pool at a time");
        let id = transaction!(shop.test.db, |tx| {
            order::plan(tx, &admin(), NOW, pool, link, Some(refill.id), 5, None).await
        })
        .expect("planned")
        .id;
        let spent = async || refill::spent_links(&mut shop.test.db.reader(), refill.id).await.expect("links");
        shop.send(id).await;
        assert!(spent().await.is_empty());
        let order = shop.record(id, &accepted(&["442071234560"], 0)).await;
        assert_eq!(order.state, State::PartlyFulfilled);
        assert_eq!(spent().await, [link.id]);
        transaction!(shop.test.db, |tx| {
            refill::close(tx, &admin(), NOW, &refill, refill::State::Exhausted, "4 are missing").await
        })
        .expect("closed");
        assert!(refill::current(&mut shop.test.db.reader(), pool.id).await.expect("read").is_none());
        let kept = refill::of_pool(&mut shop.test.db.reader(), pool.id, crate::page::Page::default()).await.expect("list");
        assert_eq!((kept[0].state, kept[0].message.as_str()), (refill::State::Exhausted, "4 are missing"));
    }
}
