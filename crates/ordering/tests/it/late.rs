//! Servers that lose their lease, are held up, or are told to stop while a vendor is being called.

use std::time::{Duration, Instant};

use carriers::ErrorClass;
use ordering::{Mode, Policy, Purchase, Settings};
use registry::alert::Kind;
use registry::order::State;
use store::args;

use crate::house::{House, SECOND, eventually};
use crate::vendor::{Act, Shows, Vendor};

/// A server whose only place is taken by a call that hangs, and another one that has taken the order over.
async fn taken_over(house: &mut House, bell: &Vendor) -> (crate::house::Server, crate::house::Server) {
    let settings = house.settings;
    house.settings = Settings { concurrency: 1, ..settings };
    let slow = house.server().await;
    eventually("a call", async || bell.asked().len() == 1).await;
    house.settings = settings;
    let quick = house.server().await;
    house.expire_leases().await;
    eventually("doubt", async || house.states().await == [State::InDoubt]).await;
    assert!(house.has_alert(Kind::InDoubt).await);
    (slow, quick)
}

store::on_both! {
    async fn a_late_answer_is_kept_and_nothing_is_ordered_again(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::mute().stock("20", 442_070_000_000, 50);
        bell.next([Act::HoldThen(Box::new(Act::Sell))]);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let (slow, quick) = taken_over(&mut house, &bell).await;
        house.settle_but_for_calls().await;
        assert_eq!(bell.asked(), [5]);

        bell.let_go();
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!(house.states().await, [State::Fulfilled]);
        assert!(house.alerts().await.is_empty());
        assert_eq!((bell.asked(), bell.sold()), (vec![5], house.digits().await));
        slow.stop().await;
        quick.stop().await;
    }

    async fn an_answer_after_the_doubt_was_settled_is_kept_too(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::mute().stock("20", 442_070_000_000, 50);
        bell.next([Act::HoldThen(Box::new(Act::Sell))]);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let (slow, quick) = taken_over(&mut house, &bell).await;
        let id = house.orders().await[0].id;
        house.resolve(id, &[]).await.expect("resolved");
        bell.let_go();
        house.has_free(&pool, 5).await;
        house.settle().await;
        let order = house.order(id).await;
        assert_eq!((order.state, order.delivered), (State::Resolved, 5));
        assert!(order.message.contains("later the vendor's answer came"), "{}", order.message);
        assert!(bell.sold().iter().all(|digits| bell.ledger().iter().filter(|s| s.digits == *digits).count() == 1));
        assert_eq!(bell.sold(), house.digits().await);
        slow.stop().await;
        quick.stop().await;
    }

    async fn a_late_refusal_ends_the_doubt(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::mute();
        bell.next([Act::HoldThen(Box::new(Act::Refuse(ErrorClass::NoStock)))]);
        let other = Vendor::new().stock("20", 442_080_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        house.vendor("other", &other, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        house.link(&pool, "other", "20", 2).await;
        let (slow, quick) = taken_over(&mut house, &bell).await;
        bell.let_go();
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!(house.states().await, [State::Refused, State::Fulfilled]);
        assert!(house.alerts().await.is_empty());
        slow.stop().await;
        quick.stop().await;
    }

    async fn a_server_that_was_held_up_does_not_call(test: TestDb) {
        if !test.db.is_postgres() {
            // SQLite has one writer: nobody can hold a server up between those two steps.
            return;
        }
        let mut house = House::new(test, Mode::Realtime).await;
        house.settings.purchase_wait = Duration::ZERO;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let (shop, caller) = house.customer("shop").await;
        let ordering = house.ordering().await;
        let search =
            ordering::Search { pool: pool.id, class: None, prefix: String::new(), count: 1, account: Some(shop) };
        ordering.search(Some(&caller), &search).await.expect("offers");
        let open = ordering.purchase(&caller, shop, "442070000000", None).await.expect("an order");
        let Purchase::Open(order) = open else { panic!("{open:?}") };

        // The order's row is locked, so the mark "sent" comes late.
        let mut lock = house.test.db.begin().await.expect("a transaction");
        lock.query("SELECT id FROM orders WHERE id = $1 {wait}", args![order.id]).await.expect("locked");
        let server = house.server().await;
        let admitted = "SELECT COUNT(*) FROM vendor_slots WHERE leased_until > {now}";
        eventually("admission", async || {
            house.test.db.reader().query_one(admitted, args![]).await.expect("a row").at::<i64>(0).expect("a count") == 1
        })
        .await;
        let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        eventually("a wait", async || {
            house.test.db.reader().query_one(waits, args![]).await.expect("a row").at::<i64>(0).expect("a count") >= 1
        })
        .await;
        house.clock.advance(3 * SECOND);
        lock.commit().await.expect("unlocked");
        eventually("an end", async || house.order(order.id).await.state == State::Refused).await;
        house.quiet().await;
        assert!(bell.asked().is_empty(), "somebody may have been told already that nothing was bought");
        server.stop().await;
    }

    async fn a_server_stops_while_vendors_are_slow(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        house.settings.concurrency = 1;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        bell.next([Act::ThenHold(Box::new(Act::Sell))]);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("a sale", async || bell.sold().len() == 5).await;
        // More work is waiting for the one place.
        house.pool("paris", 5).await;
        let begun = Instant::now();
        let stopping = tokio::spawn(server.stop());
        bell.let_go();
        stopping.await.expect("it stops");
        assert!(begun.elapsed() < Duration::from_secs(5), "it waits for what is under way, not for the whole drain");
        assert_eq!(house.states().await, [State::Fulfilled], "what was under way is recorded");
        assert_eq!(bell.sold(), house.digits().await);
        assert!(house.alerts().await.is_empty(), "nothing new was begun");
    }

    async fn a_server_that_waits_for_slow_vendors_hears_that_it_is_to_stop(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        house.settings.concurrency = 1;
        house.drain = Duration::from_millis(50);
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        bell.next([Act::ThenHold(Box::new(Act::Sell))]);
        bell.shows(Shows::Nothing);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("a sale", async || bell.sold().len() == 5).await;
        tokio::time::timeout(Duration::from_secs(10), server.stop()).await.expect("it does not wait for the vendor");
        assert_eq!(house.states().await, [State::Sent], "whoever looks next finds it in doubt");
    }
}
