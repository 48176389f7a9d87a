//! Two servers on one database, and many buyers.

use std::time::{Duration, Instant};

use ordering::{Mode, Policy, plan};
use registry::Error;
use registry::pool::PoolSpec;

use crate::house::{House, eventually};
use crate::vendor::{Act, Vendor};

store::on_both! {
    async fn two_servers_never_order_the_same_twice(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let (bell, post) = (Vendor::new().stock("20", 442_070_000_000, 30), Vendor::new().stock("31", 442_080_000_000, 100));
        house.vendor("bell", &bell, Policy { max_per_order: 4, ..Policy::default() }).await;
        house.vendor("post", &post, Policy::default()).await;
        let spec = PoolSpec { name: "london".to_owned(), minimum: 20, max_per_order: 6, ..PoolSpec::default() };
        let pool = house.pool_of(spec).await;
        house.link(&pool, "bell", "20", 1).await;
        house.link(&pool, "post", "31", 2).await;
        let servers = [house.server().await, house.server().await];
        house.has_free(&pool, 20).await;
        let (shop, caller) = house.customer("shop").await;

        let buyers: Vec<_> = (0..40)
            .map(|n| {
                let (ordering, caller, pool) = (servers[n % 2].ordering.clone(), caller.clone(), pool.id);
                tokio::spawn(async move {
                    loop {
                        match ordering.purchase_any(&caller, shop, pool, None).await {
                            Ok(number) => return number.digits,
                            // Sold out for the moment.
                            Err(Error::Conflict(_)) => tokio::task::yield_now().await,
                            Err(error) => panic!("{error}"),
                        }
                    }
                })
            })
            .collect();
        let mut bought = Vec::new();
        for buyer in buyers {
            bought.push(buyer.await.expect("a number"));
        }
        bought.sort();
        bought.dedup();
        assert_eq!(bought.len(), 40, "nobody bought what another has");

        house.settle().await;
        house.has_free(&pool, 20).await;
        house.settle().await;
        let mut sold = [bell.sold(), post.sold()].concat();
        sold.sort();
        assert_eq!(sold.len(), 60, "bell sold {}, post {}", bell.sold().len(), post.sold().len());
        assert_eq!(sold, house.digits().await, "what the vendors sold is what we have");
        assert!(house.alerts().await.is_empty());
        for server in servers {
            server.stop().await;
        }
    }

    async fn deliveries_that_come_while_the_pool_is_looked_at_are_not_ordered_again(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new().stock("20", 442_070_000_000, 400);
        house.vendor("bell", &bell, Policy { max_per_order: 1, concurrency: 8, ..Policy::default() }).await;
        let pool = house.pool("london", 60).await;
        house.link(&pool, "bell", "20", 1).await;
        let servers = [house.server().await, house.server().await];
        eventually("sixty numbers", async || {
            // The pool is looked at all the time.
            house.sql("UPDATE jobs SET run_after = 0 WHERE kind = 'sweep'").await;
            house.free(&pool).await >= 60
        })
        .await;
        house.settle().await;
        assert_eq!((bell.sold().len(), house.free(&pool).await), (60, 60));
        for server in servers {
            server.stop().await;
        }
    }

    async fn a_plan_never_misses_what_is_just_being_delivered(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        house.settings.concurrency = 64;
        let bell = Vendor::new().stock("20", 442_070_000_000, 400).always(Act::HoldThen(Box::new(Act::Sell)));
        house.vendor("bell", &bell, Policy { max_per_order: 1, concurrency: 64, ..Policy::default() }).await;
        let pool = house.pool("london", 40).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("forty calls", async || bell.asked().len() == 40).await;
        (0..40).for_each(|_| bell.let_go());
        let mut looks = 0;
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            assert!(Instant::now() < deadline, "not delivered in time");
            let plan = plan(&server.ordering, &mut house.test.db.reader(), &pool, None).await.expect("a plan");
            assert_eq!(plan.missing, 0, "{plan:?}");
            looks += 1;
            if plan.on_order == 0 && plan.free == 40 {
                break;
            }
        }
        assert!(looks > 1, "it was looked at while numbers came");
        server.stop().await;
    }
}
