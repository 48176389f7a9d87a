//! Accounts and pools: names, scopes, what keeps them from being removed.

use super::{NOW, acting, add_account, add_pool, admin, customer, named, started, stock};
use crate::account::{self, Kind, NewAccount, Status};
use crate::caller::Role;
use crate::id::AccountId;
use crate::import::{self, StagedRow};
use crate::pool::{self, PoolSpec, STANDARD_CLASS};
use crate::vendor::{self, Listed};
use crate::vendor_link::{self, LinkSpec};
use crate::{Error, Money, offer, transaction};

store::on_both! {
    async fn a_name_is_looked_for_among_the_accounts_that_the_caller_sees(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let ours = add_account(&test, acme, Kind::Customer, "shop").await;
        let theirs = customer(&test, "shop").await;
        let mut tx = test.db.reader();
        let reseller = acting(acme, Role::Reseller);
        assert_eq!(account::find(&mut tx, &reseller, "shop").await.expect("its own").id, ours);
        assert_eq!(account::find(&mut tx, &reseller, &ours.to_string()).await.expect("by id").id, ours);
        let hidden = account::find(&mut tx, &reseller, "default").await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        let hidden = account::find(&mut tx, &reseller, &theirs.to_string()).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        let two = account::find(&mut tx, &admin(), "shop").await;
        assert!(matches!(two, Err(Error::Conflict(_))), "{two:?}");
    }

    async fn an_account_needs_a_name_of_its_own_and_a_right_to_make_it(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let make = async |caller: crate::Caller, parent_id, kind, name: &str, currency: &str| {
            let new = NewAccount {
                parent_id,
                kind,
                name: name.to_owned(),
                currency: currency.to_owned(),
                credit_limit: None,
            };
            transaction!(test.db, |tx| account::create(tx, &caller, NOW, &new).await)
        };
        let reseller = acting(acme, Role::Reseller);
        let twice = make(reseller.clone(), acme, Kind::Customer, "shop", "EUR").await;
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
        for (name, currency) in [("", "EUR"), ("12", "EUR"), ("mill", "euro"), ("mill", "eur")] {
            let refused = make(reseller.clone(), acme, Kind::Customer, name, currency).await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{name} {currency}: {refused:?}");
        }
        let above = make(reseller.clone(), acme, Kind::Reseller, "mill", "EUR").await;
        assert!(matches!(above, Err(Error::NotAllowed(_))), "{above:?}");
        let elsewhere = make(reseller, AccountId::DEFAULT_RESELLER, Kind::Customer, "mill", "EUR").await;
        assert!(matches!(elsewhere, Err(Error::NotFound { .. })), "{elsewhere:?}");
        let customer = make(acting(shop, Role::Customer), shop, Kind::Customer, "mill", "EUR").await;
        assert!(matches!(customer, Err(Error::NotAllowed(_))), "{customer:?}");
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, Status::Terminated).await)
            .expect("terminated");
        let back = transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, Status::Active).await);
        assert!(matches!(back, Err(Error::Terminated { .. })), "{back:?}");
    }

    async fn nobody_pays_itself(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let reseller = acting(acme, Role::Reseller);
        let ten = Money(10_000_000);
        transaction!(test.db, |tx| account::pay(tx, &reseller, NOW, shop, ten).await).expect("paid");
        let itself = transaction!(test.db, |tx| account::pay(tx, &reseller, NOW, acme, ten).await);
        assert!(matches!(itself, Err(Error::NotAllowed(_))), "{itself:?}");
        let limit = transaction!(test.db, |tx| account::set_credit_limit(tx, &reseller, NOW, acme, None).await);
        assert!(matches!(limit, Err(Error::NotAllowed(_))), "{limit:?}");
        let below = transaction!(test.db, |tx| {
            account::set_credit_limit(tx, &reseller, NOW, shop, Some(Money(-1))).await
        });
        assert!(matches!(below, Err(Error::Invalid { field: "credit_limit", .. })), "{below:?}");
    }

    async fn a_pool_is_checked_and_its_name_is_unique(test: TestDb) {
        started(&test).await;
        add_pool(&test, named("london")).await;
        let make = async |spec: PoolSpec| transaction!(test.db, |tx| pool::create(tx, &admin(), NOW, &spec).await);
        let twice = make(named("london")).await;
        assert!(matches!(twice, Err(Error::Taken { field: "name", .. })), "{twice:?}");
        for wrong in [
            PoolSpec { area_code: "020x".to_owned(), ..named("a") },
            PoolSpec { setup_price: Money(-1), ..named("a") },
            PoolSpec { minimum: 5, maximum: 4, ..named("a") },
            PoolSpec { minimum: pool::MOST + 1, ..named("a") },
            PoolSpec { quarantine_days: 4_000, ..named("a") },
            PoolSpec { currency: "€".to_owned(), ..named("a") },
            PoolSpec { class_id: Some(crate::id::ClassId(99)), ..named("a") },
            named("7"),
        ] {
            let refused = make(wrong.clone()).await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{wrong:?}: {refused:?}");
        }
    }

    async fn a_pool_is_removed_with_what_hangs_on_it_unless_it_is_in_use(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let listed = Listed {
            name: "acme".to_owned(),
            display_name: "Acme".to_owned(),
            method: "/bin/true".to_owned(),
            concurrency: 1,
        };
        let vendor = transaction!(test.db, |tx| vendor::sync(tx, &admin(), NOW, std::slice::from_ref(&listed)).await)
            .expect("a vendor")[0]
            .id;
        let link = LinkSpec {
            pool_id: pool.id,
            vendor_id: vendor,
            group_id: "g".to_owned(),
            group_name: "G".to_owned(),
            class_id: None,
            priority: 1,
            setup_cost: None,
            monthly_cost: None,
            currency: None,
        };
        let row = StagedRow { line: 1, digits: "442071234567".to_owned(), class: STANDARD_CLASS, description: None };
        let import = transaction!(test.db, |tx| {
            let link = vendor_link::create(tx, &admin(), NOW, &link).await?;
            offer::remember(tx, NOW, "442079999999", link.id, pool.id).await?;
            let import = import::begin(tx, &admin(), NOW, pool.id).await?;
            import::stage(tx, NOW, import, std::slice::from_ref(&row)).await?;
            Ok(import)
        })
        .expect("things that hang on the pool");
        let delete = async || transaction!(test.db, |tx| pool::delete(tx, &admin(), NOW, pool.id).await);
        let busy = delete().await;
        assert!(matches!(busy, Err(Error::Conflict(_))), "an import is under way: {busy:?}");
        transaction!(test.db, |tx| import::fail(tx, NOW, import, "given up").await).expect("given up");
        while !transaction!(test.db, |tx| import::step(tx, NOW, import).await).expect("cleared") {}
        delete().await.expect("removed");
        let gone = pool::get(&mut test.db.reader(), pool.id).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");

        let used = add_pool(&test, named("paris")).await;
        stock(&test, &used, &["33140000000"]).await;
        let busy = transaction!(test.db, |tx| pool::delete(tx, &admin(), NOW, used.id).await);
        assert!(matches!(busy, Err(Error::Conflict(_))), "{busy:?}");
    }
}
