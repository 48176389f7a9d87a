//! Lists of the inventory: who sees which pools, vendors, links, orders and reservations, and how many there are.

use store::testing::TestDb;
use store::{Tx, Val};

use super::{
    NOW, acting, add_account, add_pool, admin, customer, named, priced, run_of, set_credit_limit, started, stock,
};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::clock::{DAY, SECOND};
use crate::id::{AccountId, PoolId, ReservationId};
use crate::listing::{self, Condition, Listing, Query, Source};
use crate::number::{self, AtVendor};
use crate::order::{self, Wanted};
use crate::pool::{self, PoolSpec};
use crate::reservation;
use crate::vendor::{self, Admission, Listed};
use crate::vendor_link::{self, Link, LinkSpec};
use crate::{Error, Result, transaction};

async fn list(tx: &mut Tx, caller: &Caller, source: &Source, conditions: Vec<Condition>) -> Listing {
    let query = Query { conditions, limit: 10, count: true, ..Query::default() };
    let page = listing::page(tx, caller, source, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64), "the count of {} is that of its rows", source.name);
    page
}

async fn vendors(test: &TestDb, names: &[&str]) -> Vec<vendor::Vendor> {
    let listed: Vec<_> = names
        .iter()
        .map(|name| Listed { name: (*name).into(), display_name: (*name).into(), method: "/p".into(), concurrency: 2 })
        .collect();
    transaction!(test.db, |tx| vendor::sync(tx, &admin(), NOW, &listed).await).expect("vendors")
}

async fn link(test: &TestDb, pool: PoolId, vendor: crate::id::VendorId) -> Link {
    let spec = LinkSpec {
        pool_id: pool,
        vendor_id: vendor,
        group_id: "london".to_owned(),
        group_name: "London".to_owned(),
        class_id: None,
        priority: 1,
        setup_cost: None,
        monthly_cost: None,
        currency: None,
    };
    transaction!(test.db, |tx| vendor_link::create(tx, &admin(), NOW, &spec).await).expect("a link")
}

store::on_both! {
    async fn pools_are_listed_with_what_is_free_and_every_seller_sees_them(test: TestDb) {
        started(&test).await;
        let london = add_pool(&test, named("london")).await;
        let paris = add_pool(&test, named("paris")).await;
        let gone = add_pool(&test, named("gone")).await;
        stock(&test, &london, &run_of(442_071_000_000, 3)).await;
        let shop = customer(&test, "shop").await;
        transaction!(test.db, |tx| {
            number::sell(tx, &admin(), NOW, "442071000001", shop, None).await?;
            pool::delete(tx, &admin(), NOW, gone.id).await
        })
        .expect("changes");

        let mut tx = test.db.reader();
        let seller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let viewer = pool::viewer(&seller).expect("sellers see pools");
        for caller in [&admin(), &viewer] {
            assert_eq!(list(&mut tx, caller, &pool::POOLS, vec![]).await.ids, [london.id.0, paris.id.0]);
        }
        assert!(list(&mut tx, &seller, &pool::POOLS, vec![]).await.ids.is_empty(), "no row of it is a reseller's own");
        let refused = pool::viewer(&acting(shop, Role::SubscriberAdmin));
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        let loaded = pool::load(&mut tx, &[paris.id.0, 99, london.id.0]).await.expect("pools");
        let shown: Vec<_> = loaded.iter().map(|stock| (stock.pool.name.as_str(), stock.free)).collect();
        assert_eq!(shown, [("paris", 0), ("london", 2)], "in the order asked for");
    }

    async fn a_quote_is_for_so_many_numbers_as_there_are_and_can_be_paid(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, PoolSpec { monthly_price: "1".parse().expect("a price"), ..priced("london", "2.50") }).await;
        stock(&test, &pool, &run_of(442_071_000_000, 3)).await;
        let shop = customer(&test, "shop").await;
        let quote = async |quantity| pool::quote(&mut test.db.reader(), &admin(), NOW, pool.id, shop, quantity).await;
        assert_eq!(quote(1).await.expect("a price").to_string(), "3.50");
        assert_eq!(quote(3).await.expect("a price").to_string(), "10.50");
        let too_many = quote(4).await;
        assert!(matches!(too_many, Err(Error::Conflict(_))), "{too_many:?}");
        set_credit_limit(&test, shop, "10").await;
        assert!(quote(2).await.is_ok());
        let too_dear = quote(3).await;
        assert!(matches!(too_dear, Err(Error::NoCredit { .. })), "{too_dear:?}");
    }

    async fn vendors_and_links_are_the_administrators(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let all = vendors(&test, &["acme", "bell"]).await;
        vendors(&test, &["acme", "bell"]).await;
        let made = link(&test, pool.id, all[0].id).await;
        let removed = link(&test, pool.id, all[1].id).await;
        transaction!(test.db, |tx| vendor_link::delete(tx, &admin(), NOW, removed.id).await).expect("removed");
        let permit = transaction!(test.db, |tx| vendor::admit(tx, all[1].id, 0, 3_600 * SECOND).await).expect("an answer");
        assert!(matches!(permit, Admission::Granted(_)));

        let mut tx = test.db.reader();
        let seller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        for source in [&vendor::VENDORS, &vendor_link::LINKS] {
            assert!(list(&mut tx, &seller, source, vec![]).await.ids.is_empty(), "{}", source.name);
        }
        assert_eq!(list(&mut tx, &admin(), &vendor::VENDORS, vec![]).await.ids, [all[0].id.0, all[1].id.0]);
        let of_pool = vec![Condition::Is("pool_id", Val::Int(pool.id.0))];
        assert_eq!(list(&mut tx, &admin(), &vendor_link::LINKS, of_pool).await.ids, [made.id.0]);
        let loaded = vendor::load(&mut tx, &[all[0].id.0, all[1].id.0]).await.expect("vendors");
        assert_eq!(loaded.iter().map(|c| (c.slots, c.busy)).collect::<Vec<_>>(), [(2, 0), (2, 1)]);
        assert_eq!(vendor_link::load(&mut tx, &[made.id.0]).await.expect("links"), [made]);
    }

    async fn orders_are_their_buyers_and_its_resellers(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let vendor = vendors(&test, &["acme"]).await[0].id;
        let link = link(&test, pool.id, vendor).await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        let shop = customer(&test, "shop").await;
        let stranger = add_account(&test, other, Kind::Customer, "stranger").await;
        let plan = async |buyer: Option<AccountId>, digits: &str| -> Result<i64> {
            transaction!(test.db, |tx| {
                let wanted = buyer.map(|buyer| Wanted { digits, buyer });
                Ok(order::plan(tx, &admin(), NOW, &pool, &link, None, 1, wanted).await?.id.0)
            })
        };
        let refill = plan(None, "").await.expect("an order");
        let own = plan(Some(shop), "442071000000").await.expect("an order");
        let others = plan(Some(stranger), "442071000001").await.expect("an order");

        let mut tx = test.db.reader();
        let seller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let rival = acting(other, Role::Reseller);
        assert_eq!(list(&mut tx, &admin(), &order::ORDERS, vec![]).await.ids, [refill, own, others]);
        assert_eq!(list(&mut tx, &seller, &order::ORDERS, vec![]).await.ids, [own]);
        assert_eq!(list(&mut tx, &rival, &order::ORDERS, vec![]).await.ids, [others]);
        let of_pool = || vec![Condition::Is("pool_id", Val::Int(pool.id.0))];
        assert_eq!(list(&mut tx, &admin(), &order::ORDERS, of_pool()).await.ids, [refill, own, others]);
        assert_eq!(list(&mut tx, &rival, &order::ORDERS, of_pool()).await.ids, [others]);
        assert!(!listing::shows(&mut tx, &seller, &order::ORDERS, others).await.expect("an answer"));
        let loaded = order::load(&mut tx, &[others, own]).await.expect("orders");
        assert_eq!(loaded.iter().map(|order| order.account_id).collect::<Vec<_>>(), [Some(stranger), Some(shop)]);
    }

    async fn reservations_are_listed_while_they_hold(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &run_of(442_071_000_000, 4)).await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        let shop = customer(&test, "shop").await;
        let stranger = add_account(&test, other, Kind::Customer, "stranger").await;
        let reserve = async |digits: &str, account: AccountId, until: i64| {
            transaction!(test.db, |tx| {
                let number = number::reserve(tx, &admin(), NOW, digits, account, until).await?;
                Ok(reservation::of_number(tx, &number).await?.0)
            })
            .expect("a reservation")
        };
        let renewed = reserve("442071000000", shop, NOW + DAY).await;
        let kept = reserve("442071000000", shop, NOW + 2 * DAY).await;
        assert_ne!(renewed, kept);
        let others = reserve("442071000001", stranger, NOW + DAY).await;
        reserve("442071000002", shop, NOW + SECOND).await;
        reserve("442071000003", shop, NOW + DAY).await;
        transaction!(test.db, |tx| {
            number::expire_due(tx, &admin(), NOW + 2 * SECOND, 10).await?;
            number::release(tx, &admin(), NOW, "442071000003", AtVendor::Keep).await
        })
        .expect("ended");

        let mut tx = test.db.reader();
        let seller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        assert_eq!(list(&mut tx, &admin(), &reservation::RESERVATIONS, vec![]).await.ids, [kept, others]);
        assert_eq!(list(&mut tx, &seller, &reservation::RESERVATIONS, vec![]).await.ids, [kept]);
        let of_shop = vec![Condition::Is("account_id", Val::Int(shop.0))];
        assert_eq!(list(&mut tx, &admin(), &reservation::RESERVATIONS, of_shop).await.ids, [kept]);
        assert!(!listing::shows(&mut tx, &seller, &reservation::RESERVATIONS, others).await.expect("an answer"));
        let foreign = transaction!(test.db, |tx| reservation::cancel(tx, &seller, NOW, ReservationId(others)).await);
        assert!(matches!(foreign, Err(Error::NotFound { .. })), "{foreign:?}");
        let loaded = reservation::load(&mut tx, &[renewed, kept]).await.expect("reservations");
        assert_eq!(loaded.iter().map(|r| (r.id.0, r.until)).collect::<Vec<_>>(), [(kept, NOW + 2 * DAY)]);
        drop(tx);
        let cancel = async || transaction!(test.db, |tx| reservation::cancel(tx, &seller, NOW, ReservationId(kept)).await);
        assert!(cancel().await.expect("lifted").is_free());
        transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, "442071000000", shop, None).await).expect("sold");
        let late = cancel().await;
        assert!(matches!(late, Err(Error::NotFound { .. })), "it does not take a number that was sold: {late:?}");
    }
}
