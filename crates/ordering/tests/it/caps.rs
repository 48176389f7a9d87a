//! Spend caps: how many numbers, and how much money, a vendor may be given in a UTC day and month.

use ordering::{Mode, Policy};
use registry::alert::Kind;
use registry::pool::PoolSpec;
use store::testing::TestDb;

use crate::house::{HOUR, House, SECOND, eventually, money};
use crate::vendor::{Act, Vendor};

const DAY: i64 = 24 * HOUR;

/// A pool that wants 20 numbers of a vendor that asks 0.50 for each, as far as it says so.
async fn capped(test: TestDb, policy: Policy, cost: Option<&str>) -> (House, registry::pool::Pool, Vendor) {
    let mut house = House::new(test, Mode::Pool).await;
    let bell = Vendor::new().stock("20", 442_070_000_000, 500);
    house.vendor("bell", &bell, policy).await;
    let pool = house.pool("london", 20).await;
    house.link_at(&pool, "bell", "20", 1, cost).await;
    (house, pool, bell)
}

store::on_both! {
    async fn numbers_a_day(test: TestDb) {
        let policy = Policy { numbers_per_day: Some(8), ..Policy::default() };
        let (house, pool, bell) = capped(test, policy, None).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::SpendCap).await).await;
        house.settle().await;
        assert_eq!((bell.asked(), house.free(&pool).await), (vec![8], 8));
        let alerts = house.alerts().await;
        let alert = alerts.iter().find(|a| a.kind == Kind::SpendCap).expect("an alert");
        assert!(alert.message.contains("8 of at most 8 numbers were ordered today"), "{}", alert.message);

        // It is noon: eleven hours later it is still the same day.
        house.later(12 * HOUR - SECOND).await;
        assert_eq!(bell.asked(), [8]);
        house.later(61 * SECOND).await;
        assert_eq!(bell.asked(), [8, 8], "the next day");
        house.later(DAY).await;
        house.has_free(&pool, 20).await;
        house.settle().await;
        assert_eq!(bell.asked(), [8, 8, 4]);
        assert!(house.alerts().await.is_empty(), "a full pool needs no alert");
        server.stop().await;
    }

    async fn numbers_a_month(test: TestDb) {
        let policy = Policy { numbers_per_month: Some(8), ..Policy::default() };
        let (house, pool, bell) = capped(test, policy, None).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::SpendCap).await).await;
        // From the fifteenth to the thirtieth.
        house.later(15 * DAY).await;
        assert_eq!(bell.asked(), [8]);
        house.later(DAY).await;
        assert_eq!((bell.asked(), house.free(&pool).await), (vec![8, 8], 16), "the next month");
        server.stop().await;
    }

    async fn money_a_day(test: TestDb) {
        let policy = Policy { money_per_day: Some(money("2.60")), ..Policy::default() };
        let (house, _, bell) = capped(test, policy, Some("0.50")).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::SpendCap).await).await;
        house.settle().await;
        assert_eq!(bell.asked(), [5], "five cost 2.50");
        house.later(DAY).await;
        assert_eq!(bell.asked(), [5, 5]);
        server.stop().await;
    }

    async fn money_a_month(test: TestDb) {
        let policy = Policy { money_per_month: Some(money("3")), money_per_day: Some(money("2")), ..Policy::default() };
        let (house, _, bell) = capped(test, policy, Some("0.50")).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::SpendCap).await).await;
        house.later(DAY).await;
        house.later(DAY).await;
        assert_eq!(bell.asked(), [4, 2], "four a day, six a month");
        server.stop().await;
    }

    async fn what_has_no_known_price_is_not_bought_under_a_cap_on_money(test: TestDb) {
        let policy = Policy { money_per_month: Some(money("1000")), ..Policy::default() };
        let (house, _, bell) = capped(test, policy, None).await;
        let server = house.server().await;
        eventually("an alert", async || house.has_alert(Kind::SpendCap).await).await;
        house.settle().await;
        assert!(bell.asked().is_empty());
        let alerts = house.alerts().await;
        assert!(alerts.iter().all(|a| a.message.contains("does not say what a number costs")), "{alerts:?}");
        server.stop().await;
    }

    async fn what_came_unasked_counts(test: TestDb) {
        let policy = Policy { numbers_per_day: Some(25), ..Policy::default() };
        let (house, pool, bell) = capped(test, policy, None).await;
        bell.next([Act::Extra(5)]);
        let server = house.server().await;
        house.has_free(&pool, 25).await;
        house.change_pool(&pool, PoolSpec { minimum: 30, ..(&pool).into() }).await;
        server.ordering.wake();
        eventually("an alert", async || house.has_alert(Kind::SpendCap).await).await;
        assert_eq!(bell.asked(), [20], "25 were paid for");
        server.stop().await;
    }

    async fn the_next_link_is_asked_for_what_a_cap_leaves(test: TestDb) {
        let policy = Policy { numbers_per_day: Some(8), ..Policy::default() };
        let (mut house, pool, bell) = capped(test, policy, None).await;
        let other = Vendor::new().stock("31", 442_080_000_000, 50);
        house.vendor("other", &other, Policy::default()).await;
        house.link(&pool, "other", "31", 2).await;
        let server = house.server().await;
        house.has_free(&pool, 20).await;
        house.settle().await;
        assert_eq!((bell.asked(), other.asked()), (vec![8], vec![12]));
        server.stop().await;
    }

    async fn pools_that_share_a_vendor_never_exceed_its_cap_together(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let (bell, post) = (Vendor::new(), Vendor::new());
        let cap = Policy { numbers_per_day: Some(50), money_per_day: Some(money("20")), ..Policy::default() };
        house.vendor("bell", &bell, cap.clone()).await;
        house.vendor("post", &post, cap).await;
        for n in 0..8 {
            let spec = PoolSpec { name: format!("pool {n}"), minimum: 20, max_per_order: 3, ..PoolSpec::default() };
            let pool = house.pool_of(spec).await;
            for (vendor, priority) in [("bell", 1 + n % 2), ("post", 2 - n % 2)] {
                house.link_at(&pool, vendor, &format!("g{n}"), priority as u32, Some("0.50")).await;
            }
            bell.add(&format!("g{n}"), 442_070_000_000 + 1_000 * n, 100);
            post.add(&format!("g{n}"), 442_080_000_000 + 1_000 * n, 100);
        }
        let servers = [house.server().await, house.server().await, house.server().await];
        eventually("alerts of all pools", async || {
            house.alerts().await.iter().filter(|a| a.kind == Kind::SpendCap).count() == 8
        })
        .await;
        house.settle().await;
        assert_eq!((bell.sold().len(), post.sold().len()), (40, 40), "forty cost 20.00");
        let mut sold = [bell.sold(), post.sold()].concat();
        sold.sort();
        assert_eq!(sold, house.digits().await);
        for server in servers {
            server.stop().await;
        }
    }
}
