//! Limits: where a record counts, what a new limit finds, and that parallel takers never pass one.

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::Kind as AccountKind;
use crate::caller::Role;
use crate::id::AccountId;
use crate::quota::{self, Kind, Quota};
use crate::{Error, Result, transaction};

async fn limit(test: &TestDb, account: AccountId, most: Option<i64>) -> Option<Quota> {
    transaction!(test.db, |tx| quota::set(tx, &admin(), NOW, account, Kind::Subscribers, most).await).expect("a limit")
}

async fn take(test: &TestDb, owner: AccountId, also: Option<AccountId>, n: i64) -> Result<()> {
    transaction!(test.db, |tx| quota::take(tx, Kind::Subscribers, owner, also, n).await)
}

async fn used(test: &TestDb, account: AccountId) -> Option<(i64, i64)> {
    let found = quota::get(&mut test.db.reader(), &admin(), account, Kind::Subscribers).await.expect("readable");
    found.map(|quota| (quota.used, quota.most))
}

/// A domain of an account.
async fn domain(test: &TestDb, account: AccountId, name: &str) -> i64 {
    const INSERT: &str = "INSERT INTO sip_domains (account_id, reseller_id, domain, status, created_at, modified_at) \
        VALUES ($1, $1, $2, 'active', 0, 0) RETURNING id";
    transaction!(test.db, |tx| Ok(tx.query_one(INSERT, args![account, name]).await?.at(0)?)).expect("a domain")
}

/// A row of a subscriber, as bare as can be.
async fn subscriber(test: &TestDb, account: AccountId, domain: i64, name: &str, status: &str) {
    const INSERT: &str = "INSERT INTO subscribers (uuid, account_id, reseller_id, domain_id, username, status, \
        administrative, is_pbx_pilot, is_pbx_group, credential_version, created_at, modified_at) \
        VALUES ($1, $2, 1, $3, $4, $5, FALSE, FALSE, FALSE, 1, 0, 0)";
    transaction!(test.db, |tx| Ok(tx.execute(INSERT, args![name, account, domain, name, status]).await?))
        .expect("a subscriber");
}

store::on_both! {
    async fn a_record_counts_at_its_owner_its_domain_and_all_above_once(test: TestDb) {
        started(&test).await;
        let reseller = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        let shop = add_account(&test, reseller, AccountKind::Customer, "shop").await;
        let mill = add_account(&test, reseller, AccountKind::Customer, "mill").await;
        let other = customer(&test, "other").await;
        for account in [AccountId::OPERATOR, reseller, shop, mill, other] {
            limit(&test, account, Some(10)).await;
        }
        take(&test, shop, Some(mill), 2).await.expect("room");
        take(&test, other, None, 3).await.expect("room");
        for (account, expected) in [(AccountId::OPERATOR, 5), (reseller, 2), (shop, 2), (mill, 2), (other, 3)] {
            assert_eq!(used(&test, account).await, Some((expected, 10)), "account {account}");
        }
        transaction!(test.db, |tx| quota::give_back(tx, Kind::Subscribers, shop, Some(mill), 1).await).expect("back");
        assert_eq!((used(&test, reseller).await, used(&test, mill).await), (Some((1, 10)), Some((1, 10))));
        assert_eq!(used(&test, AccountId::DEFAULT_RESELLER).await, None, "no counter without a limit");
    }

    async fn a_refusal_names_whose_limit_it_is(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        limit(&test, AccountId::DEFAULT_RESELLER, Some(3)).await;
        limit(&test, shop, Some(5)).await;
        take(&test, shop, None, 2).await.expect("room");
        let refused = take(&test, shop, None, 2).await;
        assert!(
            matches!(refused, Err(Error::Quota { kind: "subscribers", account: 1, limit: 3, used: 2 })),
            "{refused:?}"
        );
        assert_eq!(used(&test, shop).await, Some((2, 5)), "nothing is left of what was refused");
        limit(&test, AccountId::DEFAULT_RESELLER, None).await;
        take(&test, shop, None, 2).await.expect("room");
        limit(&test, shop, Some(1)).await;
        let over = take(&test, shop, None, 1).await;
        assert!(matches!(over, Err(Error::Quota { limit: 1, used: 4, .. })), "{over:?}");
    }

    async fn a_new_limit_counts_what_is_there(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let branch = add_account(&test, shop, AccountKind::Customer, "branch").await;
        let other = customer(&test, "other").await;
        let (general, own) = (domain(&test, AccountId(1), "a.example").await, domain(&test, shop, "b.example").await);
        for (account, domain, name, status) in [
            (shop, general, "one", "active"),
            (branch, own, "two", "locked"),
            (branch, general, "three", "terminated"),
            (other, own, "four", "active"),
            (other, general, "five", "active"),
        ] {
            subscriber(&test, account, domain, name, status).await;
        }
        for (account, expected) in [(shop, 3), (branch, 1), (other, 2), (AccountId::DEFAULT_RESELLER, 4)] {
            let set = limit(&test, account, Some(100)).await.expect("a limit");
            assert_eq!(set.used, expected, "account {account}");
        }
    }

    async fn limits_are_set_from_above(test: TestDb) {
        started(&test).await;
        let reseller = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        let shop = add_account(&test, reseller, AccountKind::Customer, "shop").await;
        let other = customer(&test, "other").await;
        let set = async |caller: crate::Caller, account, most| {
            transaction!(test.db, |tx| quota::set(tx, &caller, NOW, account, Kind::Subscribers, Some(most)).await)
        };
        set(acting(reseller, Role::Reseller), shop, 5).await.expect("below it");
        let itself = set(acting(reseller, Role::Reseller), reseller, 5).await;
        assert!(matches!(itself, Err(Error::NotAllowed(_))), "{itself:?}");
        let itself = set(acting(shop, Role::Customer), shop, 50).await;
        assert!(matches!(itself, Err(Error::NotAllowed(_))), "{itself:?}");
        let hidden = set(acting(reseller, Role::Reseller), other, 5).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        let below = set(admin(), shop, -1).await;
        assert!(matches!(below, Err(Error::Invalid { .. })), "{below:?}");
    }

    async fn parallel_takers_never_pass_a_limit(test: TestDb) {
        started(&test).await;
        let shops = [customer(&test, "shop").await, customer(&test, "mill").await];
        limit(&test, AccountId::DEFAULT_RESELLER, Some(10)).await;
        limit(&test, shops[0], Some(7)).await;
        limit(&test, shops[1], Some(7)).await;
        let takers: Vec<_> = (0..24)
            .map(|n| {
                let (db, owner, also) = (test.db.clone(), shops[n % 2], shops[(n + 1) % 2]);
                let also = (n % 3 == 0).then_some(also);
                tokio::spawn(async move {
                    let taken = transaction!(db, |tx| quota::take(tx, Kind::Subscribers, owner, also, 1).await);
                    match taken {
                        Ok(()) => 1,
                        Err(Error::Quota { .. }) => 0,
                        Err(error) => panic!("{error:?}"),
                    }
                })
            })
            .collect();
        let mut taken = 0;
        for taker in takers {
            taken += taker.await.expect("a taker");
        }
        let (used, _) = used(&test, AccountId::DEFAULT_RESELLER).await.expect("a counter");
        assert_eq!(used, taken);
        assert!((7..=10).contains(&taken), "{taken}");
        let shops = (self::used(&test, shops[0]).await, self::used(&test, shops[1]).await);
        assert!(matches!(shops, (Some((a, 7)), Some((b, 7))) if a <= 7 && b <= 7), "{shops:?}");
    }
}
