//! Orders in doubt: never repeated, supply for a grace period, settled by the vendor or a person.

use ordering::{Mode, Policy};
use registry::alert::Kind;
use registry::order::State;
use store::testing::TestDb;

use crate::house::{HOUR, House, SECOND, eventually};
use crate::vendor::{Act, Says, Vendor};

/// A pool of five with two vendors, the first of which leaves its first order in doubt.
async fn doubtful(test: TestDb, first: Vendor, policy: Policy) -> (House, registry::pool::Pool, Vendor) {
    let mut house = House::new(test, Mode::Pool).await;
    let second = Vendor::new().stock("31", 442_080_000_000, 50);
    house.vendor("first", &first, policy.clone()).await;
    house.vendor("second", &second, policy).await;
    let pool = house.pool("london", 5).await;
    house.link(&pool, "first", "20", 1).await;
    house.link(&pool, "second", "31", 2).await;
    (house, pool, second)
}

store::on_both! {
    async fn nothing_is_ordered_again_within_the_grace_period(test: TestDb) {
        let first = Vendor::mute().stock("20", 442_070_000_000, 50).always(Act::Doubt(2));
        let (house, pool, second) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.later(HOUR - SECOND).await;
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![]));
        assert_eq!(house.free(&pool).await, 2, "the lines that were seen are ours");
        let alerts = house.alerts().await;
        assert_eq!(alerts.iter().map(|a| a.kind).collect::<Vec<_>>(), [Kind::InDoubt]);
        let order = house.orders().await.remove(0);
        assert!(alerts[0].message.contains(&order.reference), "{}", alerts[0].message);

        house.later(2 * SECOND).await;
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![3]), "then the next link gets what is missing");
        assert!(house.has_alert(Kind::InDoubt).await, "and a person should still look");

        // The person finds out that all five were sold.
        house.resolve(order.id, &first.sold()).await.expect("resolved");
        house.settle().await;
        assert!(house.alerts().await.is_empty());
        assert_eq!((house.order(order.id).await.state, house.free(&pool).await), (State::Resolved, 8));
        let mut sold = [first.sold(), second.sold()].concat();
        sold.sort();
        assert_eq!(sold, house.digits().await);
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![3]));
        server.stop().await;
    }

    async fn a_doubt_resolved_as_nothing_is_ordered_again(test: TestDb) {
        let first = Vendor::mute().stock("20", 442_070_000_000, 50);
        first.next([Act::DoubtUnsold]);
        let (house, pool, second) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.settle().await;
        let order = house.orders().await.remove(0);
        house.resolve(order.id, &[]).await.expect("resolved");
        server.ordering.wake();
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![5]), "by the next link: the first has failed this refill");
        assert!(house.alerts().await.is_empty());
        let again = house.resolve(order.id, &[]).await;
        assert!(matches!(again, Err(registry::Error::Conflict(_))), "{again:?}");
        server.stop().await;
    }

    async fn the_exposure_cap_stops_orders_past_the_grace_period(test: TestDb) {
        let first = Vendor::mute().always(Act::DoubtUnsold);
        let (house, _, second) = doubtful(test, first.clone(), Policy { exposure_cap: 4, ..Policy::default() }).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.later(HOUR + SECOND).await;
        eventually("an alert", async || house.has_alert(Kind::LowStock).await).await;
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![]), "five in doubt are more than four");
        let alerts = house.alerts().await;
        let low = alerts.iter().find(|a| a.kind == Kind::LowStock).expect("an alert");
        assert!(low.message.contains("exposure cap is 4"), "{}", low.message);
        server.stop().await;
    }

    async fn the_maximum_counts_what_is_in_doubt(test: TestDb) {
        let first = Vendor::mute().always(Act::DoubtUnsold);
        let (house, pool, second) = doubtful(test, first.clone(), Policy::default()).await;
        house.change_pool(&pool, registry::pool::PoolSpec { maximum: 7, ..(&pool).into() }).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.later(HOUR + SECOND).await;
        house.has_free(&pool, 2).await;
        house.settle().await;
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![2]), "five may come yet, seven are the most");
        server.stop().await;
    }

    async fn a_lookup_that_finds_the_order_settles_it(test: TestDb) {
        let first = Vendor::new().stock("20", 442_070_000_000, 50).always(Act::Doubt(1));
        let (house, pool, second) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.later(54 * SECOND).await;
        assert_eq!(first.lookups(), 0, "whatever the call started may still be running");
        house.later(2 * SECOND).await;
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!(house.states().await, [State::Fulfilled]);
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![]));
        assert_eq!(first.sold(), house.digits().await);
        assert!(house.alerts().await.is_empty());
        server.stop().await;
    }

    async fn a_lookup_that_knows_nothing_of_it_refuses_it(test: TestDb) {
        let first = Vendor::new().always(Act::DoubtUnsold);
        let (house, pool, second) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.later(56 * SECOND).await;
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!(house.states().await, [State::Refused, State::Fulfilled]);
        assert_eq!((first.asked(), second.asked()), (vec![5], vec![5]));
        assert!(house.alerts().await.is_empty());
        server.stop().await;
    }

    async fn a_lookup_without_an_answer_is_asked_again(test: TestDb) {
        let first = Vendor::new().stock("20", 442_070_000_000, 50).always(Act::Doubt(0));
        first.says(Says::Unknown);
        let (house, pool, _) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        house.later(56 * SECOND).await;
        assert_eq!((first.lookups(), house.states().await), (1, vec![State::InDoubt]));
        first.says(Says::Ledger);
        house.later(60 * SECOND).await;
        assert_eq!((first.lookups(), house.states().await), (2, vec![State::Fulfilled]));
        assert_eq!(house.free(&pool).await, 5);
        server.stop().await;
    }

    async fn an_order_that_a_crash_cut_off_is_in_doubt(test: TestDb) {
        let first = Vendor::new().stock("20", 442_070_000_000, 50);
        first.next([Act::ThenHold(Box::new(Act::Sell))]);
        let (house, pool, second) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("a sale", async || first.sold().len() == 5).await;
        server.crash().await;
        assert_eq!(house.states().await, [State::Sent]);
        house.expire_all_leases().await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        assert!(house.has_alert(Kind::InDoubt).await);
        house.settle().await;
        assert_eq!((first.asked(), second.asked(), first.lookups()), (vec![5], vec![], 0));
        house.later(56 * SECOND).await;
        assert_eq!((house.states().await, house.free(&pool).await), (vec![State::Fulfilled], 5));
        assert_eq!(first.sold(), house.digits().await);
        server.stop().await;
    }

    async fn an_order_that_was_cut_off_is_in_doubt_also_when_its_vendor_is_gone(test: TestDb) {
        let first = Vendor::new().stock("20", 442_070_000_000, 50);
        first.next([Act::ThenHold(Box::new(Act::Sell))]);
        let (mut house, _, second) = doubtful(test, first.clone(), Policy::default()).await;
        let server = house.server().await;
        eventually("a sale", async || first.sold().len() == 5).await;
        server.crash().await;
        house.forget_vendor("first");
        house.expire_all_leases().await;
        let server = house.server().await;
        eventually("doubt", async || house.states().await == [State::InDoubt]).await;
        assert!(house.has_alert(Kind::InDoubt).await);
        house.settle().await;
        assert!(second.asked().is_empty());
        server.stop().await;
    }
}
