//! Vendors that fail in every way, servers that lose their leases: at the end everything that was sold is in the registry,
//! once.

use std::time::{Duration, Instant};

use carriers::ErrorClass;
use ordering::{Mode, Policy};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use registry::order::State;
use registry::pool::PoolSpec;
use store::testing::TestDb;

use crate::house::{HOUR, House, SECOND, eventually};
use crate::vendor::{Act, Vendor};

/// Orders that each run is to see at least.
const ORDERS: usize = 30;

fn any_act(random: &mut StdRng) -> Act {
    let act = match random.random_range(0..9) {
        0 | 1 => Act::Sell,
        2 => Act::Partly(1),
        3 => Act::Extra(random.random_range(1..3)),
        4 => Act::Refuse(if random.random() { ErrorClass::NoStock } else { ErrorClass::VendorDown }),
        5 => Act::Doubt(random.random_range(0..3)),
        6 => Act::DoubtUnsold,
        7 => Act::Word,
        _ => Act::Twice,
    };
    if random.random() { Act::Slowly(Duration::from_millis(random.random_range(1..15)), Box::new(act)) } else { act }
}

/// Settles every order in doubt as a person would who reads the vendors' ledgers.
async fn resolve_all(house: &House, vendors: &[Vendor]) {
    for order in house.orders().await {
        if order.state == State::InDoubt {
            let sold: Vec<String> = vendors
                .iter()
                .flat_map(Vendor::ledger)
                .filter(|sale| sale.reference == order.reference)
                .map(|sale| sale.digits)
                .collect();
            match house.resolve(order.id, &sold).await {
                // A late answer may have settled it just now.
                Ok(_) | Err(registry::Error::Conflict(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn run(test: TestDb, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut house = House::new(test, Mode::Pool).await;
    let vendors = [Vendor::new(), Vendor::mute(), Vendor::new()];
    for (n, vendor) in vendors.iter().enumerate() {
        let first = 442_070_000_000 + 1_000_000 * n as u64;
        vendor.add("20", first, 400);
        vendor.next((0..2 * ORDERS).map(|_| any_act(&mut random)));
        let policy = Policy { breaker_failures: 4, breaker_pause: Duration::from_secs(30), ..Policy::default() };
        house.vendor(&format!("vendor {n}"), vendor, policy).await;
    }
    let spec = PoolSpec { name: "london".to_owned(), minimum: 8, max_per_order: 3, ..PoolSpec::default() };
    let pool = house.pool_of(spec).await;
    for n in 0..vendors.len() {
        house.link(&pool, &format!("vendor {n}"), "20", n as u32 + 1).await;
    }
    let (shop, caller) = house.customer("shop").await;
    let mut servers = vec![house.server().await, house.server().await];
    let asked = || vendors.iter().map(|v| v.asked().len()).sum::<usize>();
    let deadline = Instant::now() + Duration::from_secs(30);
    while asked() < ORDERS {
        assert!(Instant::now() < deadline, "{} orders in time with seed {seed}", asked());
        match random.random_range(0..12) {
            0..4 => {
                servers[0].ordering.purchase_any(&caller, shop, pool.id, None).await.ok();
            }
            4..6 => house.expire_all_leases().await,
            6..8 => house.hurry().await,
            8 => house.clock.advance(61 * SECOND),
            9 => resolve_all(&house, &vendors).await,
            10 => {
                let server = servers.swap_remove(random.random_range(0..servers.len()));
                server.crash().await;
                servers.push(house.server().await);
            }
            _ => house.clock.advance(HOUR / 4),
        }
        // The next trouble comes in the middle of something, or after it.
        let pause = Duration::from_millis(random.random_range(0..40));
        tokio::time::timeout(pause, house.quiet()).await.ok();
    }

    // What a crash cut off is found by whoever looks next.
    house.expire_all_leases().await;
    for server in &servers {
        server.ordering.wake();
    }
    eventually("an end of all calls", async || {
        house.sql("UPDATE jobs SET run_after = 0 WHERE kind = 'order' AND waiting").await;
        resolve_all(&house, &vendors).await;
        house.states().await.iter().all(|state| state.is_final())
    })
    .await;
    house.quiet().await;
    for server in servers {
        server.stop().await;
    }
    resolve_all(&house, &vendors).await;
    let mut sold: Vec<String> = vendors.iter().flat_map(Vendor::sold).collect();
    sold.sort();
    assert_eq!(sold, house.digits().await, "with seed {seed}");
    let mut references: Vec<_> = vendors.iter().flat_map(|v| v.orders()).map(|o| o.reference).collect();
    references.sort();
    let calls = references.len();
    references.dedup();
    assert_eq!(references.len(), calls, "no order was called twice, with seed {seed}");
}

store::on_both! {
    async fn nothing_that_was_sold_is_lost(test: TestDb) {
        run(test, 1).await;
    }

    async fn nothing_that_was_sold_is_lost_in_another_order(test: TestDb) {
        run(test, 2).await;
    }

    async fn nothing_that_was_sold_is_lost_in_any_order(test: TestDb) {
        run(test, rand::random()).await;
    }
}
