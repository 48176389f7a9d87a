//! Pool mode: pools are kept at their minimum, link by link.

use carriers::ErrorClass;
use ordering::{Mode, Policy};
use registry::alert::Kind;
use registry::order::State;
use registry::page::Page;
use registry::pool::PoolSpec;
use registry::refill;

use crate::house::{House, SECOND, eventually};
use crate::vendor::{Act, Vendor};

store::on_both! {
    async fn a_pool_is_filled_and_refilled_after_a_purchase(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        house.has_free(&pool, 5).await;
        house.quiet().await;
        let (shop, caller) = house.customer("shop").await;

        server.ordering.purchase_any(&caller, shop, pool.id, None).await.expect("a number");
        eventually("a refill", async || house.digits().await.len() == 6).await;
        house.settle().await;
        assert_eq!(house.free(&pool).await, 5);
        assert_eq!(bell.asked(), [5, 1], "only what was missing was ordered");
        assert_eq!(bell.sold(), house.digits().await);
        let request = &bell.orders()[0];
        assert_eq!((request.group.as_str(), request.number.as_ref()), ("20", None));
        let refills = refill::of_pool(&mut house.test.db.reader(), pool.id, Page::default()).await.expect("refills");
        assert!(refills.iter().all(|r| r.state == refill::State::Filled), "{refills:?}");
        assert!(house.alerts().await.is_empty());
        server.stop().await;
    }

    async fn numbers_on_order_count(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        bell.next([Act::HoldThen(Box::new(Act::Sell))]);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("an order", async || bell.asked().len() == 1).await;
        // Nobody has answered yet, and the pool is looked at again.
        house.sql("UPDATE jobs SET run_after = 0 WHERE kind = 'sweep'").await;
        eventually("the sweep", async || house.states().await == [State::Sent]).await;
        house.change_pool(&pool, PoolSpec { minimum: 8, ..PoolSpec::from(&pool) }).await;
        server.ordering.wake();
        eventually("a second order", async || bell.asked().len() == 2).await;
        assert_eq!(bell.asked(), [5, 3], "the five on order are not ordered again");
        bell.let_go();
        house.has_free(&pool, 8).await;
        house.settle().await;
        assert_eq!(bell.asked(), [5, 3]);
        server.stop().await;
    }

    async fn links_are_asked_by_priority_one_first(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let (cheap, dear) = (Vendor::new().stock("20", 442_070_000_000, 50), Vendor::new().stock("20", 442_080_000_000, 50));
        house.vendor("cheap", &cheap, Policy::default()).await;
        house.vendor("dear", &dear, Policy::default()).await;
        let pool = house.pool("london", 4).await;
        house.link(&pool, "dear", "20", 2).await;
        house.link(&pool, "cheap", "20", 1).await;
        let server = house.server().await;
        house.has_free(&pool, 4).await;
        house.settle().await;
        assert_eq!((cheap.asked(), dear.asked()), (vec![4], vec![]));
        server.stop().await;
    }

    async fn a_refusal_goes_on_to_the_next_link(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let first = Vendor::new().always(Act::Refuse(ErrorClass::Other));
        let second = Vendor::new().stock("31", 442_080_000_000, 50);
        house.vendor("first", &first, Policy::default()).await;
        house.vendor("second", &second, Policy::default()).await;
        let pool = house.pool("london", 4).await;
        house.link(&pool, "first", "20", 1).await;
        house.link(&pool, "second", "31", 2).await;
        let server = house.server().await;
        house.has_free(&pool, 4).await;
        house.settle().await;
        assert_eq!((first.asked(), second.asked()), (vec![4], vec![4]));
        assert_eq!(house.states().await, [State::Refused, State::Fulfilled]);
        assert!(house.alerts().await.is_empty(), "the pool is full");
        server.stop().await;
    }

    async fn what_a_partial_delivery_leaves_comes_from_the_next_link(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let first = Vendor::new().stock("20", 442_070_000_000, 50).always(Act::Partly(3));
        let second = Vendor::new().stock("31", 442_080_000_000, 50);
        house.vendor("first", &first, Policy::default()).await;
        house.vendor("second", &second, Policy::default()).await;
        let pool = house.pool("london", 10).await;
        house.link(&pool, "first", "20", 1).await;
        house.link(&pool, "second", "31", 2).await;
        let server = house.server().await;
        house.has_free(&pool, 10).await;
        house.settle().await;
        assert_eq!((first.asked(), second.asked()), (vec![10], vec![7]));
        assert_eq!(house.states().await, [State::PartlyFulfilled, State::Fulfilled]);
        server.stop().await;
    }

    async fn an_exhausted_pool_raises_an_alert_and_tries_again_later(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 2);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::LowStock).await).await;
        house.settle().await;
        assert_eq!((bell.asked(), house.free(&pool).await), (vec![5], 2), "asked once, not again and again");
        let alert = house.alerts().await.remove(0);
        assert_eq!(alert.subject, format!("pool:{}", pool.id));
        assert!(alert.message.contains("2 free numbers of at least 5") && alert.message.contains("bell"), "{}", alert.message);
        let refills = refill::of_pool(&mut house.test.db.reader(), pool.id, Page::default()).await.expect("refills");
        assert_eq!(refills.iter().map(|r| r.state).collect::<Vec<_>>(), [refill::State::Exhausted]);

        house.later(59 * SECOND).await;
        assert_eq!(bell.asked(), [5], "not before its time");
        house.later(2 * SECOND).await;
        assert_eq!(bell.asked(), [5, 3], "then for what is still missing");

        bell.add("20", 442_071_000_000, 50);
        house.later(61 * SECOND).await;
        house.has_free(&pool, 5).await;
        house.settle().await;
        assert_eq!(bell.asked(), [5, 3, 3]);
        assert!(house.alerts().await.is_empty(), "the alert is gone with its cause");
        assert_eq!(bell.sold(), house.digits().await);
        server.stop().await;
    }

    async fn a_pool_that_nobody_is_linked_to_says_so(test: TestDb) {
        let house = House::new(test, Mode::Pool).await;
        house.pool("london", 5).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::LowStock).await).await;
        let message = house.alerts().await.remove(0).message;
        assert!(message.contains("no vendor is linked"), "{message}");
        server.stop().await;
    }

    async fn a_new_link_is_used_at_once(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::LowStock).await).await;
        house.link(&pool, "bell", "20", 1).await;
        house.has_free(&pool, 5).await;
        server.stop().await;
    }

    async fn large_orders_are_split(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let first = Vendor::new().stock("20", 442_070_000_000, 7);
        let second = Vendor::new().stock("31", 442_080_000_000, 50);
        house.vendor("first", &first, Policy { max_per_order: 3, ..Policy::default() }).await;
        house.vendor("second", &second, Policy { max_per_order: 10, ..Policy::default() }).await;
        let spec = PoolSpec { name: "london".to_owned(), minimum: 20, max_per_order: 4, ..PoolSpec::default() };
        let pool = house.pool_of(spec).await;
        house.link(&pool, "first", "20", 1).await;
        house.link(&pool, "second", "31", 2).await;
        let server = house.server().await;
        house.has_free(&pool, 20).await;
        house.settle().await;
        assert!(first.asked().iter().all(|n| *n <= 3), "{:?}", first.asked());
        assert!(second.asked().iter().all(|n| *n <= 4), "{:?}", second.asked());
        assert_eq!((first.sold().len(), second.sold().len()), (7, 13));
        server.stop().await;
    }

    async fn everything_that_a_vendor_prints_is_kept(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 9).stock("21", 442_071_000_000, 9);
        bell.next([Act::Extra(2), Act::Twice, Act::Overlong, Act::Word]);
        house.vendor("bell", &bell, Policy::default()).await;
        let pools = [("extra", 2, "20"), ("twice", 2, "21"), ("overlong", 1, "20"), ("word", 1, "21")];
        let server = house.server().await;
        for (orders, (name, minimum, group)) in pools.into_iter().enumerate() {
            let pool = house.pool(name, minimum).await;
            house.link(&pool, "bell", group, 1).await;
            server.ordering.wake();
            eventually(name, async || house.orders().await.len() > orders).await;
            house.quiet().await;
        }
        assert_eq!(bell.sold(), house.digits().await, "each number was paid for and is there, once");
        let blocked: Vec<_> = house.numbers().await.into_iter().filter(|n| n.blocked_reason.is_some()).collect();
        assert_eq!(blocked.len(), 1, "the overlong one can't be sold: {blocked:?}");
        let states = house.states().await;
        assert_eq!(&states[..2], [State::Fulfilled, State::Fulfilled]);
        assert_eq!(states[3], State::PartlyFulfilled, "a word is no delivery");
        let kinds: Vec<_> = house.alerts().await.iter().map(|a| a.kind).collect();
        assert!(kinds.contains(&Kind::UnusableNumber) && kinds.contains(&Kind::EmptyDelivery), "{kinds:?}");
        server.stop().await;
    }

    async fn numbers_that_we_have_are_not_taken_twice(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let first = Vendor::new().stock("20", 442_070_000_000, 4);
        let second = Vendor::new().stock("20", 442_070_000_000, 8);
        house.vendor("first", &first, Policy::default()).await;
        house.vendor("second", &second, Policy::default()).await;
        let pool = house.pool("london", 6).await;
        house.link(&pool, "first", "20", 1).await;
        let link = house.link(&pool, "second", "20", 2).await;
        let server = house.server().await;
        eventually("an order of the second", async || second.asked().len() == 1).await;
        house.settle().await;
        assert_eq!(house.free(&pool).await, 4, "what the second sold was ours before");
        let orders = house.orders().await;
        assert_eq!((orders[1].state, orders[1].delivered, orders[1].link_id), (State::PartlyFulfilled, 0, Some(link.id)));
        let kinds: Vec<_> = house.alerts().await.iter().map(|a| a.kind).collect();
        assert!(kinds.contains(&Kind::UnusableNumber) && kinds.contains(&Kind::LowStock), "{kinds:?}");
        server.stop().await;
    }

    async fn back_orders_count_until_they_come(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        bell.next([Act::Pending(5)]);
        bell.says(crate::vendor::Says::Owing(5));
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("acceptance", async || house.states().await == [State::Accepted]).await;
        house.later(60 * SECOND).await;
        house.later(600 * SECOND).await;
        assert!(bell.lookups() >= 2, "the vendor is asked how far it is");
        assert_eq!((bell.asked(), house.states().await), (vec![5], vec![State::Accepted]));

        // What it owed comes: three, and it owes two more; then the rest.
        let order = bell.orders().remove(0);
        bell.deliver(&order.reference, "20", 3);
        bell.says(crate::vendor::Says::Owing(2));
        house.later(3_600 * SECOND).await;
        assert_eq!((house.free(&pool).await, house.states().await), (3, vec![State::BackOrdered]));
        bell.deliver(&order.reference, "20", 2);
        bell.says(crate::vendor::Says::Ledger);
        house.later(3_600 * SECOND).await;
        assert_eq!((house.free(&pool).await, house.states().await), (5, vec![State::Fulfilled]));
        assert_eq!((bell.asked(), bell.sold()), (vec![5], house.digits().await));
        server.stop().await;
    }

    async fn off_means_off(test: TestDb) {
        let mut house = House::new(test, Mode::Off).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        house.settle().await;
        let (shop, caller) = house.customer("shop").await;
        let search = ordering::Search { pool: pool.id, class: None, prefix: String::new(), count: 10, account: Some(shop) };
        let found = server.ordering.search(Some(&caller), &search).await.expect("an answer");
        assert!(found.is_empty());
        let refused = server.ordering.purchase(&caller, shop, "442070000000", None).await;
        assert!(matches!(refused, Err(registry::Error::NotFound { .. })), "{refused:?}");
        house.settle().await;
        assert_eq!((bell.asked(), bell.searches(), house.orders().await.len()), (vec![], 0, 0));
        server.stop().await;
    }
}
