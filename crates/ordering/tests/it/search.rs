//! Real time: a search is filled up from the vendors, under one deadline.

use std::time::Duration;

use carriers::ErrorClass;
use ordering::{Available, Mode, Place, Policy, Search};
use registry::id::AccountId;
use registry::pool::{Pool, PoolSpec};

use crate::house::{HOUR, House, SECOND, admin, eventually};
use crate::vendor::{Act, Shows, Vendor};

fn wanted(pool: &Pool, count: u32, account: AccountId) -> Search {
    Search { pool: pool.id, class: None, prefix: String::new(), count, account: Some(account) }
}

fn digits(found: &[Available]) -> Vec<&str> {
    found.iter().map(|a| a.digits.as_str()).collect()
}

fn vendors(found: &[Available]) -> Vec<&str> {
    let vendor = |a: &'_ Available| matches!(a.place, Place::Vendor { .. });
    found
        .iter()
        .filter(|a| vendor(a))
        .map(|a| match &a.place {
            Place::Vendor { vendor, .. } => vendor.as_str(),
            _ => "",
        })
        .collect()
}

async fn own_stock(house: &House, pool: &Pool, first: u64, last: u64) {
    let (caller, now, pool) = (admin(), house.now(), pool.id);
    let range = registry::number::Range {
        start: first.to_string(),
        end: last.to_string(),
        ..registry::number::Range::default()
    };
    registry::transaction!(house.test.db, |tx| {
        registry::number::add_range(tx, &caller, now, pool, None, &range).await
    })
    .expect("stock");
}

store::on_both! {
    async fn a_list_is_filled_up_to_ten_or_the_minimum(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let (small, large) = (house.pool("small", 4).await, house.pool("large", 30).await);
        house.link(&small, "bell", "20", 1).await;
        house.link(&large, "bell", "20", 1).await;
        let ordering = house.ordering().await;
        let (shop, caller) = house.customer("shop").await;
        let search = async |pool: &Pool, count| {
            ordering.search(Some(&caller), &wanted(pool, count, shop)).await.expect("an answer")
        };
        assert_eq!(search(&small, 100).await.len(), 4);
        let found = search(&large, 100).await;
        assert_eq!((found.len(), vendors(&found)), (10, vec!["bell"; 10]));
        assert_eq!(search(&large, 3).await.len(), 3);

        // Our own come first, and are enough where there are enough of them.
        own_stock(&house, &small, 442_090_000_000, 442_090_000_002).await;
        let found = search(&small, 100).await;
        let ours = ["442090000000", "442090000001", "442090000002"];
        assert_eq!((&digits(&found)[..3], found[..3].iter().all(|a| a.place == Place::Stock)), (&ours[..], true));
        assert_eq!((found.len(), vendors(&found)), (4, vec!["bell"]));
        own_stock(&house, &small, 442_090_000_003, 442_090_000_003).await;
        let searches = bell.searches();
        assert_eq!(search(&small, 100).await.len(), 4);
        assert_eq!(bell.searches(), searches, "nobody needs to be asked");
        assert!(house.orders().await.is_empty() && bell.sold().is_empty(), "a search orders nothing");
    }

    async fn a_vendor_that_hangs_does_not_hold_up_the_answer(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        house.settings.realtime_deadline = Duration::from_millis(600);
        let (slow, quick) = (Vendor::new().stock("20", 442_070_000_000, 50), Vendor::new().stock("31", 442_080_000_000, 50));
        slow.shows(Shows::WhenLetGo);
        house.vendor("slow", &slow, Policy { concurrency: 1, ..Policy::default() }).await;
        house.vendor("quick", &quick, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "slow", "20", 1).await;
        house.link(&pool, "quick", "31", 2).await;
        let ordering = house.ordering().await;
        let (shop, caller) = house.customer("shop").await;
        let found = ordering.search(Some(&caller), &wanted(&pool, 10, shop)).await.expect("an answer");
        assert_eq!(vendors(&found), ["quick"; 5]);
        assert_eq!((slow.searches(), slow.shown()), (1, 0), "the answer came before the slow vendor's");
        // Its one place is free again although it never answered.
        slow.shows(Shows::Stock);
        eventually("room for another call", async || {
            let found = ordering.search(Some(&caller), &wanted(&pool, 10, shop)).await.expect("an answer");
            vendors(&found) == ["slow"; 5]
        })
        .await;
    }

    async fn vendors_that_fail_or_are_left_alone_are_passed_over(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        let (bad, good) = (Vendor::new(), Vendor::new().stock("31", 442_080_000_000, 50));
        bad.shows(Shows::Failure);
        house.vendor("bad", &bad, Policy::default()).await;
        house.vendor("good", &good, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bad", "20", 1).await;
        house.link(&pool, "good", "31", 2).await;
        let ordering = house.ordering().await;
        let (shop, caller) = house.customer("shop").await;
        let search = wanted(&pool, 10, shop);
        assert_eq!(ordering.search(Some(&caller), &search).await.expect("an answer").len(), 5);
        assert_eq!(bad.searches(), 1);
        house.sql(&format!("UPDATE vendors SET open_until = {} WHERE name = 'bad'", house.now() + SECOND)).await;
        assert_eq!(ordering.search(Some(&caller), &search).await.expect("an answer").len(), 5);
        assert_eq!(bad.searches(), 1);
    }

    async fn nobody_who_is_not_logged_in_makes_us_call_vendors(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        own_stock(&house, &pool, 442_090_000_000, 442_090_000_000).await;
        let ordering = house.ordering().await;
        let (shop, _) = house.customer("shop").await;
        let found = ordering.search(None, &wanted(&pool, 10, shop)).await.expect("an answer");
        assert_eq!((digits(&found), bell.searches()), (vec!["442090000000"], 0));
    }

    async fn a_number_is_offered_once_and_never_when_it_is_ours(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        let (bell, post) = (Vendor::new().stock("20", 442_070_000_000, 4), Vendor::new().stock("31", 442_070_000_002, 4));
        house.vendor("bell", &bell, Policy::default()).await;
        house.vendor("post", &post, Policy::default()).await;
        let pool = house.pool("london", 10).await;
        house.link(&pool, "post", "31", 2).await;
        house.link(&pool, "bell", "20", 1).await;
        let other = house.pool("other", 0).await;
        own_stock(&house, &other, 442_070_000_001, 442_070_000_001).await;
        let ordering = house.ordering().await;
        let (shop, caller) = house.customer("shop").await;
        let found = ordering.search(Some(&caller), &wanted(&pool, 10, shop)).await.expect("an answer");
        let expected = ["442070000000", "442070000002", "442070000003", "442070000004", "442070000005"];
        assert_eq!(digits(&found), expected, "each once, and not the one that is ours");
        assert_eq!(vendors(&found), ["bell", "bell", "bell", "post", "post"], "the first link keeps what both have");

        let prefixed = Search { prefix: "442070000005".to_owned(), ..wanted(&pool, 10, shop) };
        let found = ordering.search(Some(&caller), &prefixed).await.expect("an answer");
        assert_eq!(digits(&found), ["442070000005"]);
    }

    async fn a_number_that_is_being_bought_is_not_offered(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        house.settings.purchase_wait = Duration::ZERO;
        let bell = Vendor::new().stock("20", 442_070_000_000, 3);
        bell.next([Act::Pending(1)]);
        bell.says(crate::vendor::Says::Owing(1));
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 10).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        let (shop, caller) = house.customer("shop").await;
        let search = async || {
            let found = server.ordering.search(Some(&caller), &wanted(&pool, 10, shop)).await.expect("an answer");
            found.into_iter().map(|a| a.digits).collect::<Vec<_>>()
        };
        assert_eq!(search().await.len(), 3);
        let open = server.ordering.purchase(&caller, shop, "442070000001", None).await.expect("an order");
        assert!(matches!(open, ordering::Purchase::Open(_)), "{open:?}");
        assert_eq!(search().await, ["442070000000", "442070000002"]);
        eventually("acceptance", async || house.states().await == [registry::order::State::Accepted]).await;
        assert_eq!(search().await, ["442070000000", "442070000002"], "the vendor has accepted it, it has not come");
        server.stop().await;
    }

    async fn what_an_account_had_before_comes_first(test: TestDb) {
        let mut house = House::new(test, Mode::Realtime).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let spec = PoolSpec { name: "london".to_owned(), minimum: 3, quarantine_days: 30, ..PoolSpec::default() };
        let pool = house.pool_of(spec).await;
        house.link(&pool, "bell", "20", 1).await;
        own_stock(&house, &pool, 442_090_000_000, 442_090_000_001).await;
        let ordering = house.ordering().await;
        let (shop, caller) = house.customer("shop").await;
        let (stranger, other) = house.customer("stranger").await;
        ordering.purchase(&caller, shop, "442090000001", None).await.expect("bought");
        ordering.release(&caller, "442090000001").await.expect("released");
        let found = ordering.search(Some(&caller), &wanted(&pool, 10, shop)).await.expect("an answer");
        assert_eq!(digits(&found)[..2], ["442090000001", "442090000000"]);
        assert_eq!((&found[0].place, &found[1].place), (&Place::Quarantine, &Place::Stock));
        let found = ordering.search(Some(&other), &wanted(&pool, 10, stranger)).await.expect("an answer");
        assert!(!digits(&found).contains(&"442090000001"));
        house.clock.advance(HOUR);
        ordering.purchase(&caller, shop, "442090000001", None).await.expect("it may come back");
    }

    async fn in_pool_mode_no_vendor_is_asked(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().always(Act::Refuse(ErrorClass::NoStock)).stock("20", 442_070_000_000, 50);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let ordering = house.ordering().await;
        let (shop, caller) = house.customer("shop").await;
        let found = ordering.search(Some(&caller), &wanted(&pool, 10, shop)).await.expect("an answer");
        assert_eq!((found.len(), bell.searches()), (0, 0));
    }
}
