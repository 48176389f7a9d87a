//! Numbers that are entered, given up and come back.

use store::testing::TestDb;

use crate::caller::Role;
use crate::id::{ClassId, OrderId, VendorId};
use crate::number::{self, AtVendor, Details, Origin, Range, State};
use crate::page::Page;
use crate::pool::Pool;
use crate::tests::{NOW, acting, add_pool, admin, customer, money_of, named, priced, run_of, started, stock, stored};
use crate::{Error, Result, alert, job, transaction};

async fn enter(test: &TestDb, pool: &Pool, range: Range) -> Result<u64> {
    transaction!(test.db, |tx| number::add_range(tx, &admin(), NOW, pool.id, None, &range).await)
}

fn range(start: &str, end: &str) -> Range {
    Range { start: start.to_owned(), end: end.to_owned(), ..Range::default() }
}

store::on_both! {
    async fn a_range_is_entered_whole_or_not_at_all(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        assert_eq!(enter(&test, &pool, range("+44 20 7123 4560", "442071234569")).await.expect("entered"), 10);
        assert_eq!(enter(&test, &pool, range("442071234570", "")).await.expect("one number"), 1);
        let overlapping = enter(&test, &pool, range("442071234500", "442071234560")).await;
        let Err(Error::Conflict(message)) = overlapping else { panic!("{overlapping:?}") };
        assert!(message.contains("442071234560"), "{message}");
        assert_eq!(number::count_free(&mut test.db.reader(), pool.id).await.expect("count"), 11);
        for (start, end) in [
            ("442071234569", "442071234560"),
            ("44207123456", "442071234569"),
            ("442071000000", "442072000000"),
            ("london", "442071234569"),
            ("442071234560", "0"),
        ] {
            let refused = enter(&test, &pool, range(start, end)).await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{start} to {end}: {refused:?}");
        }
        let alias = Range { alias: Some("1".to_owned()), ..range("442071234580", "442071234581") };
        let refused = enter(&test, &pool, alias).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "alias", .. })), "{refused:?}");
    }

    async fn a_range_may_be_an_accounts_at_once(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, priced("london", "2")).await;
        let shop = customer(&test, "shop").await;
        let owned = Range { account: Some(shop), ..range("442071234560", "442071234562") };
        assert_eq!(enter(&test, &pool, owned).await.expect("entered"), 3);
        assert_eq!(stored(&test, "442071234561").await.account_id, Some(shop));
        assert_eq!(money_of(&test, shop).await.0, "-6.00");
    }

    async fn a_deleted_number_may_be_entered_again(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        enter(&test, &pool, range("442071234560", "")).await.expect("entered");
        transaction!(test.db, |tx| number::delete(tx, &admin(), NOW, "442071234560").await).expect("deleted");
        enter(&test, &pool, range("442071234560", "")).await.expect("entered again");
        assert!(stored(&test, "442071234560").await.is_free());
    }

    async fn what_an_owner_wrote_does_not_come_back_with_the_number(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234560"]).await;
        let shop = customer(&test, "shop").await;
        let caller = acting(shop, Role::Customer);
        let details = Details {
            destination: Some("sip:desk@shop.example".to_owned()),
            description: Some("the vault".to_owned()),
            region: Some("cellar".to_owned()),
        };
        let origin = Origin {
            pool: pool.id,
            class: ClassId(1),
            vendor: VendorId(7),
            group: "london".to_owned(),
            order: OrderId(0),
        };
        let bought = transaction!(test.db, |tx| {
            number::sell(tx, &caller, NOW, "442071234560", shop, Some("ours")).await?;
            number::set_details(tx, &caller, NOW, "442071234560", &details).await?;
            number::delete(tx, &admin(), NOW, "442071234560").await?;
            number::take_in(tx, &admin(), NOW, "442071234560", &origin, None).await
        });
        bought.expect("bought again");
        let found = stored(&test, "442071234560").await;
        assert!(found.is_free());
        assert_eq!(
            (found.destination, found.description, found.region, found.reference),
            (None, None, None, None)
        );
    }

    async fn a_number_given_back_to_its_vendor_is_gone_or_kept_with_the_reason(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let numbers = run_of(442_071_234_560, 2);
        stock(&test, &pool, &numbers).await;
        let shop = customer(&test, "shop").await;
        let caller = acting(shop, Role::Customer);
        for digits in &numbers {
            transaction!(test.db, |tx| {
                number::sell(tx, &caller, NOW, digits, shop, None).await?;
                number::release(tx, &caller, NOW, digits, AtVendor::Disconnect).await
            })
            .expect("released");
            assert_eq!(stored(&test, digits).await.state, State::Released);
        }
        let waiting = job::depth(&mut test.db.reader()).await.expect("jobs");
        assert!(waiting.contains(&(job::Kind::Disconnect, 2)), "{waiting:?}");
        transaction!(test.db, |tx| {
            number::disconnected(tx, &admin(), NOW, &numbers[0], None).await?;
            number::disconnected(tx, &admin(), NOW, &numbers[1], Some("contract runs on")).await
        })
        .expect("answers");
        assert_eq!(stored(&test, &numbers[0]).await.state, State::Deleted);
        let kept = stored(&test, &numbers[1]).await;
        assert_eq!(kept.state, State::Available);
        assert!(kept.blocked_reason.expect("a reason").contains("contract runs on"));
        let alerts = alert::list(&mut test.db.reader(), &admin(), Page::default()).await.expect("alerts");
        assert_eq!(alerts.iter().map(|a| a.kind).collect::<Vec<_>>(), [alert::Kind::ReleaseFailed]);
        let again = transaction!(test.db, |tx| number::disconnected(tx, &admin(), NOW, &numbers[1], None).await);
        assert!(matches!(again, Err(Error::IllegalMove { .. })), "only what was released is taken back: {again:?}");
    }
}
