//! What protects a vendor: the circuit breaker, the number of calls at once, the time between calls.

use std::time::Duration;

use carriers::ErrorClass;
use ordering::{Mode, Policy};
use registry::alert::Kind;
use registry::order::State;

use crate::house::{House, SECOND, eventually};
use crate::vendor::{Act, Vendor};

store::on_both! {
    async fn a_vendor_that_fails_again_and_again_is_left_alone_for_a_while(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        house.settings.concurrency = 1;
        let bell = Vendor::new().always(Act::Refuse(ErrorClass::VendorDown));
        let other = Vendor::new();
        let policy = Policy { breaker_failures: 3, breaker_pause: Duration::from_secs(120), ..Policy::default() };
        house.vendor("bell", &bell, policy).await;
        house.vendor("other", &other, Policy::default()).await;
        let mut pools = Vec::new();
        for n in 0..6 {
            let pool = house.pool(&format!("pool {n}"), 2).await;
            house.link(&pool, "bell", "20", 1).await;
            house.link(&pool, "other", &format!("g{n}"), 2).await;
            other.add(&format!("g{n}"), 442_080_000_000 + 1_000 * n, 50);
            pools.push(pool);
        }
        let server = house.server().await;
        for pool in &pools {
            house.has_free(pool, 2).await;
        }
        house.settle().await;
        assert_eq!(bell.asked().len(), 3, "then it is not called any more");
        let states = house.states().await;
        let count = |state| states.iter().filter(|s| **s == state).count();
        assert_eq!((count(State::Refused), count(State::Fulfilled)), (3, 6));
        assert_eq!(count(State::Cancelled) + 9, states.len(), "what was planned is given up: {states:?}");
        assert!(house.has_alert(Kind::VendorDown).await);

        // After the pause it may try once more, and once only.
        let (shop, _) = house.customer("shop").await;
        house.clock.advance(121 * SECOND);
        house.use_up(pools[0].id, shop, 1).await;
        house.settle().await;
        house.has_free(&pools[0], 2).await;
        house.use_up(pools[1].id, shop, 1).await;
        house.settle().await;
        house.has_free(&pools[1], 2).await;
        assert_eq!(bell.asked().len(), 4);
        // It has recovered.
        bell.change_to(Act::Sell);
        bell.add("20", 442_070_000_000, 50);
        house.clock.advance(121 * SECOND);
        house.use_up(pools[2].id, shop, 1).await;
        house.settle().await;
        house.has_free(&pools[2], 2).await;
        assert_eq!(bell.sold().len(), 1);
        assert!(!house.has_alert(Kind::VendorDown).await, "the breaker is closed");
        server.stop().await;
    }

    async fn orders_planned_before_the_breaker_opened_go_to_the_next_link(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().always(Act::Refuse(ErrorClass::NotStarted));
        bell.next([Act::HoldThen(Box::new(Act::Refuse(ErrorClass::NotStarted)))]);
        let other = Vendor::new();
        let policy = Policy { breaker_failures: 1, concurrency: 1, ..Policy::default() };
        house.vendor("bell", &bell, policy).await;
        house.vendor("other", &other, Policy::default()).await;
        let mut pools = Vec::new();
        for n in 0..3 {
            let pool = house.pool(&format!("pool {n}"), 2).await;
            house.link(&pool, "bell", "20", 1).await;
            house.link(&pool, "other", &format!("g{n}"), 2).await;
            other.add(&format!("g{n}"), 442_080_000_000 + 1_000 * n, 50);
            pools.push(pool);
        }
        let server = house.server().await;
        eventually("three orders", async || house.orders().await.len() == 3).await;
        eventually("a call", async || bell.asked().len() == 1).await;
        bell.let_go();
        for pool in &pools {
            house.has_free(pool, 2).await;
        }
        assert_eq!(bell.asked().len(), 1);
        let states = house.states().await;
        let count = |state| states.iter().filter(|s| **s == state).count();
        assert_eq!((count(State::Refused), count(State::Cancelled), count(State::Fulfilled)), (1, 2, 3));
        server.stop().await;
    }

    async fn a_plain_refusal_is_no_failure(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().always(Act::Refuse(ErrorClass::NoStock));
        house.vendor("bell", &bell, Policy { breaker_failures: 1, ..Policy::default() }).await;
        let pool = house.pool("london", 2).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::LowStock).await).await;
        assert!(!house.has_alert(Kind::VendorDown).await);
        server.stop().await;
    }

    async fn calls_at_once_are_limited_over_all_servers(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().always(Act::Slowly(Duration::from_millis(20), Box::new(Act::Sell)));
        house.vendor("bell", &bell, Policy { concurrency: 2, ..Policy::default() }).await;
        for n in 0..12 {
            let pool = house.pool(&format!("pool {n}"), 1).await;
            house.link(&pool, "bell", &format!("g{n}"), 1).await;
            bell.add(&format!("g{n}"), 442_070_000_000 + 1_000 * n, 50);
        }
        let servers = [house.server().await, house.server().await];
        eventually("twelve numbers", async || house.digits().await.len() == 12).await;
        assert_eq!((bell.asked().len(), bell.most_running()), (12, 2));
        for server in servers {
            server.stop().await;
        }
    }

    async fn calls_keep_their_distance_over_all_servers(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new();
        let interval = Duration::from_millis(100);
        house.vendor("bell", &bell, Policy { interval, ..Policy::default() }).await;
        for n in 0..8 {
            let pool = house.pool(&format!("pool {n}"), 1).await;
            house.link(&pool, "bell", &format!("g{n}"), 1).await;
            bell.add(&format!("g{n}"), 442_070_000_000 + 1_000 * n, 50);
        }
        let servers = [house.server().await, house.server().await];
        eventually("eight numbers", async || house.digits().await.len() == 8).await;
        let begun = bell.begun();
        let whole = *begun.iter().max().expect("a call") - *begun.iter().min().expect("a call");
        // The permits are apart by the interval; the calls may begin a little later than their permits.
        assert!(whole >= interval * 7 - Duration::from_millis(90), "eight calls within {whole:?}");
        for server in servers {
            server.stop().await;
        }
    }

    async fn a_permit_is_given_back_whatever_becomes_of_the_order(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::mute().stock("20", 442_070_000_000, 50);
        bell.next([Act::Sell, Act::Refuse(ErrorClass::NoStock), Act::DoubtUnsold]);
        house.vendor("bell", &bell, Policy { concurrency: 1, ..Policy::default() }).await;
        let server = house.server().await;
        for n in 1..=4 {
            let pool = house.pool(&format!("pool {n}"), 1).await;
            house.link(&pool, "bell", "20", 1).await;
            server.ordering.wake();
            eventually("the next call", async || bell.asked().len() == n).await;
        }
        house.quiet().await;
        assert_eq!(house.states().await, [State::Fulfilled, State::Refused, State::InDoubt, State::Fulfilled]);
        server.stop().await;
    }
}
