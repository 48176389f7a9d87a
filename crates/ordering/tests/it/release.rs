//! Numbers that come back: kept, or given back to their vendor.

use carriers::ErrorClass;
use ordering::{Mode, Policy, Release};
use registry::alert::Kind;
use registry::number::State;
use registry::pool::PoolSpec;
use store::testing::TestDb;

use crate::house::{HOUR, House, Server, eventually};
use crate::vendor::Vendor;

const DAY: i64 = 24 * HOUR;

/// A customer with a number that came from a vendor.
async fn sold(
    test: TestDb,
    bell: &Vendor,
    release: Release,
    quarantine_days: u32,
) -> (House, Server, registry::Caller, String) {
    let mut house = House::new(test, Mode::Pool).await;
    bell.add("20", 442_070_000_000, 10);
    house.vendor("bell", bell, Policy { release, ..Policy::default() }).await;
    let spec = PoolSpec { name: "london".to_owned(), minimum: 1, quarantine_days, ..PoolSpec::default() };
    let pool = house.pool_of(spec).await;
    house.link(&pool, "bell", "20", 1).await;
    let server = house.server().await;
    house.has_free(&pool, 1).await;
    let (shop, caller) = house.customer("shop").await;
    let bought = server.ordering.purchase_any(&caller, shop, pool.id, None).await.expect("a number");
    house.quiet().await;
    (house, server, caller, bought.digits)
}

store::on_both! {
    async fn a_number_that_is_kept_ages_and_is_free_again(test: TestDb) {
        let bell = Vendor::new();
        let (house, server, caller, digits) = sold(test, &bell, Release::Keep, 30).await;
        let released = server.ordering.release(&caller, &digits).await.expect("released");
        assert_eq!((released.state, released.account_id), (State::Aging, None));
        house.later(30 * DAY - HOUR).await;
        assert_eq!(house.number(&digits).await.expect("a number").state, State::Aging);
        house.later(HOUR).await;
        assert_eq!(house.number(&digits).await.expect("a number").state, State::Available);
        assert!(bell.released().is_empty());
        server.stop().await;
    }

    async fn a_number_without_quarantine_is_free_at_once(test: TestDb) {
        let bell = Vendor::new();
        let (_house, server, caller, digits) = sold(test, &bell, Release::Keep, 0).await;
        assert_eq!(server.ordering.release(&caller, &digits).await.expect("released").state, State::Available);
        server.stop().await;
    }

    async fn a_number_is_given_back(test: TestDb) {
        let bell = Vendor::new();
        let (house, server, caller, digits) = sold(test, &bell, Release::Disconnect, 30).await;
        server.ordering.release(&caller, &digits).await.expect("released");
        eventually("the end", async || house.number(&digits).await.expect("a number").state == State::Deleted).await;
        house.settle().await;
        assert_eq!(bell.released(), [digits]);
        assert!(house.alerts().await.is_empty());
        server.stop().await;
    }

    async fn a_vendor_that_does_not_take_it_back(test: TestDb) {
        let bell = Vendor::new();
        bell.refuses_back([ErrorClass::MinTerm]);
        let (house, server, caller, digits) = sold(test, &bell, Release::Disconnect, 0).await;
        server.ordering.release(&caller, &digits).await.expect("released");
        eventually("an alert", async || house.has_alert(Kind::ReleaseFailed).await).await;
        house.settle().await;
        let number = house.number(&digits).await.expect("a number");
        let why = number.blocked_reason.expect("a reason");
        assert_eq!((number.state, why.contains("told to refuse")), (State::Available, true), "ours, paid for, not to be sold");
        assert_eq!(bell.released(), [digits], "asked once");
        server.stop().await;
    }

    async fn a_vendor_that_can_not_be_reached_is_asked_again(test: TestDb) {
        let bell = Vendor::new();
        bell.refuses_back([ErrorClass::VendorDown, ErrorClass::Throttled]);
        let (house, server, caller, digits) = sold(test, &bell, Release::Disconnect, 0).await;
        server.ordering.release(&caller, &digits).await.expect("released");
        for times in 1..=3 {
            eventually("a call", async || bell.released().len() == times).await;
            house.settle().await;
        }
        eventually("the end", async || house.number(&digits).await.expect("a number").state == State::Deleted).await;
        assert_eq!(bell.released().len(), 3);
        server.stop().await;
    }

    async fn a_stranger_releases_nothing(test: TestDb) {
        let bell = Vendor::new();
        let (house, server, _, digits) = sold(test, &bell, Release::Disconnect, 0).await;
        let (_, stranger) = house.customer("stranger").await;
        let refused = server.ordering.release(&stranger, &digits).await;
        assert!(matches!(refused, Err(registry::Error::NotFound { .. })), "{refused:?}");
        assert!(bell.released().is_empty());
        server.stop().await;
    }
}
