//! What every kind of record has: whoever may only read changes none, and removals come to an end.

use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::billing::network::Network;
use crate::billing::package::Package;
use crate::billing::voucher::Voucher;
use crate::branding::Branding;
use crate::caller::{Caller, Rights, Role};
use crate::id::AccountId;
use crate::record::{self, Kept};
use crate::template::email::EmailTemplate;
use crate::template::invoice::InvoiceTemplate;
use crate::time_set::TimeSet;
use crate::{Error, ncos, rewrite, transaction};

async fn refuses<R: Kept>(test: &TestDb, caller: &Caller) {
    let outcomes = [
        transaction!(test.db, |tx| record::create(tx, caller, NOW, R::default()).await.map(drop)),
        transaction!(test.db, |tx| record::update(tx, caller, NOW, R::default()).await.map(drop)),
        transaction!(test.db, |tx| record::delete::<R>(tx, caller, NOW, 1).await.map(drop)),
    ];
    for outcome in outcomes {
        match outcome {
            Err(Error::NotAllowed(message)) => assert_eq!(message, "this login may only read", "{}", R::NOUN),
            other => panic!("{}: {other:?}", R::NOUN),
        }
    }
}

store::on_both! {
    async fn whoever_may_only_read_changes_none(test: TestDb) {
        started(&test).await;
        let mut caller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        caller.rights = Rights { read_only: true, ..Rights::default() };
        refuses::<Voucher>(&test, &caller).await;
        refuses::<Package>(&test, &caller).await;
        refuses::<Network>(&test, &caller).await;
        refuses::<rewrite::RuleSet>(&test, &caller).await;
        refuses::<ncos::Level>(&test, &caller).await;
        refuses::<EmailTemplate>(&test, &caller).await;
        refuses::<InvoiceTemplate>(&test, &caller).await;
        refuses::<Branding>(&test, &caller).await;
        refuses::<TimeSet>(&test, &caller).await;
    }

    async fn a_removal_ends_where_nothing_can_be_removed(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let theirs = TimeSet { reseller_id: acme, name: "holidays".to_owned(), ..TimeSet::default() };
        transaction!(test.db, |tx| record::create(tx, &admin(), NOW, theirs.clone()).await).expect("a time set");
        let stranger = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let found = "SELECT id FROM time_sets WHERE reseller_id = $1";
        let mut left = Vec::new();
        for caller in [stranger, admin()] {
            transaction!(test.db, |tx| record::delete_all::<TimeSet>(tx, &caller, NOW, found, acme.0).await).expect("ends");
            let rows = test.db.reader().query(found, store::args![acme]).await.expect("rows");
            left.push(rows.len());
        }
        assert_eq!(left, [1, 0], "it is not the other's to remove");
    }
}
