//! What would be ordered, without ordering.

use ordering::{Mode, Plan, Policy, plan};
use registry::Money;
use registry::pool::{Pool, PoolSpec};
use store::args;

use crate::house::{House, SECOND, eventually, money};
use crate::vendor::{Act, Vendor};

const TABLES: [&str; 17] = [
    "accounts",
    "alerts",
    "charges",
    "jobs",
    "journal",
    "number_offers",
    "number_pools",
    "number_reservations",
    "numbers",
    "order_lines",
    "orders",
    "refills",
    "vendor_links",
    "vendor_slots",
    "vendors",
    "servers",
    "settings",
];

/// Every row of the registry.
pub(crate) async fn contents(house: &House) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        let rows = house.test.db.reader().query(&format!("SELECT * FROM {table}"), args![]).await.expect("rows");
        all.extend(rows.iter().map(|row| format!("{table} {row:?}")));
    }
    all.sort();
    all
}

async fn planned(house: &House, pool: &Pool) -> Plan {
    let ordering = house.ordering().await;
    let before = contents(house).await;
    let pool = registry::pool::get(&mut house.test.db.reader(), pool.id).await.expect("a pool");
    let plan = plan(&ordering, &mut house.test.db.reader(), &pool, None).await.expect("a plan");
    assert_eq!(contents(house).await, before, "a plan changes nothing");
    plan
}

fn steps(plan: &Plan) -> Vec<(&str, u32, Option<Money>)> {
    plan.steps.iter().map(|s| (s.vendor.as_str(), s.quantity, s.cost)).collect()
}

store::on_both! {
    async fn a_plan_says_from_whom_how_many_for_how_much_and_why(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let names = ["capped", "split", "broken", "rest"];
        let vendors: Vec<_> = names.iter().map(|_| Vendor::new()).collect();
        let policies = [
            Policy { numbers_per_day: Some(4), ..Policy::default() },
            Policy { max_per_order: 3, numbers_per_day: Some(10), ..Policy::default() },
            Policy::default(),
            Policy::default(),
        ];
        let spec = PoolSpec { name: "london".to_owned(), minimum: 20, ..PoolSpec::default() };
        let pool = house.pool_of(spec).await;
        let costs = [Some("0.10"), Some("0.25"), Some("0.50"), None];
        for (n, ((name, vendor), policy)) in names.iter().zip(&vendors).zip(policies).enumerate() {
            house.vendor(name, vendor, policy).await;
            house.link_at(&pool, name, "20", n as u32 + 1, costs[n]).await;
        }
        let until = house.now() + SECOND;
        house.sql(&format!("UPDATE vendors SET failures = 5, open_until = {until} WHERE name = 'broken'")).await;

        let plan = planned(&house, &pool).await;
        assert_eq!((plan.minimum, plan.free, plan.on_order, plan.exposed, plan.missing), (20, 0, 0, 0, 20));
        assert_eq!(
            steps(&plan),
            [
                ("capped", 4, Some(money("0.40"))),
                ("split", 10, Some(money("2.50"))),
                ("broken", 0, Some(Money::ZERO)),
                ("rest", 6, None)
            ]
        );
        let why: Vec<_> = plan.steps.iter().map(|s| s.because.clone().unwrap_or_default()).collect();
        assert!(why[0].contains("at most 4 numbers") && plan.steps[0].capped, "{why:?}");
        assert_eq!(plan.steps[1].per_order, 3);
        assert!(why[2].contains("5 times in a row"), "{why:?}");
        assert_eq!(why[3], "");
        assert_eq!(plan.total(), [("EUR".to_owned(), None)], "a price that is not known makes the sum unknown");
        for vendor in &vendors {
            assert!(vendor.asked().is_empty() && vendor.searches() == 0);
        }

        // What is planned is what happens.
        for (n, vendor) in (0..).zip(&vendors) {
            vendor.add("20", 442_070_000_000 + 1_000 * n, 50);
        }
        let server = house.server().await;
        house.has_free(&pool, 20).await;
        house.settle().await;
        let sold: Vec<_> = vendors.iter().map(|v| v.sold().len()).collect();
        assert_eq!(sold, [4, 10, 0, 6]);
        let mut asked = vendors[1].asked();
        asked.sort_unstable();
        assert_eq!(asked, [1, 3, 3, 3], "the orders of one step run side by side, in no order");
        let plan = planned(&house, &pool).await;
        assert!(plan.is_satisfied() && plan.steps.iter().all(|s| s.quantity == 0), "{plan:?}");
        server.stop().await;
    }

    async fn a_plan_adds_up_what_it_costs(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::new();
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 7).await;
        house.link_at(&pool, "bell", "20", 1, Some("0.30")).await;
        assert_eq!(planned(&house, &pool).await.total(), [("EUR".to_owned(), Some(money("2.10")))]);
    }

    async fn a_plan_knows_what_is_on_order_in_doubt_and_put_off(test: TestDb) {
        let mut house = House::new(test, Mode::Pool).await;
        let bell = Vendor::mute().stock("20", 442_070_000_000, 50);
        bell.next([Act::Partly(2), Act::Doubt(1)]);
        house.vendor("bell", &bell, Policy::default()).await;
        let pool = house.pool("london", 5).await;
        house.link(&pool, "bell", "20", 1).await;
        let server = house.server().await;
        eventually("an alert", async || !house.alerts().await.is_empty()).await;
        house.quiet().await;
        let plan = planned(&house, &pool).await;
        assert_eq!((plan.free, plan.missing, plan.not_before), (2, 3, house.now() + 60 * SECOND));

        house.later(61 * SECOND).await;
        let plan = planned(&house, &pool).await;
        assert_eq!((plan.free, plan.on_order, plan.exposed, plan.missing), (3, 2, 0, 0));
        server.stop().await;
        house.clock.advance(3_600 * SECOND);
        let plan = planned(&house, &pool).await;
        assert_eq!((plan.free, plan.on_order, plan.exposed, plan.missing), (3, 0, 2, 2));
        let why = plan.steps[0].because.clone().unwrap_or_default();
        assert!(plan.steps[0].quantity == 0 && why.contains("order resolve"), "{why}");
    }
}
