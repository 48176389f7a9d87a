//! The catalog of zones, and what name servers are told of.

use store::testing::TestDb;

use super::dns::{a_zone, why};
use super::{NOW, acting, admin, started};
use crate::caller::Role;
use crate::dns::{DnsRecord, DnsZone, RrType, catalog, change};
use crate::id::AccountId;
use crate::record::{self, Kept};
use crate::{Result, transaction};

const HOUR: i64 = 3_600_000_000;

async fn serial(test: &TestDb) -> i64 {
    catalog::serial(&mut test.db.reader()).await.expect("a serial number")
}

async fn waiting(test: &TestDb) -> bool {
    change::waiting(&mut test.db.reader()).await.expect("an answer")
}

async fn claim(test: &TestDb, lease: i64) -> Option<change::Change> {
    transaction!(test.db, |tx| catalog::claim(tx, lease).await).expect("claimed")
}

async fn remove<R: Kept>(test: &TestDb, id: i64) {
    transaction!(test.db, |tx| record::delete::<R>(tx, &admin(), NOW, id).await).expect("removed");
}

async fn tell_again(test: &TestDb, name: Option<&str>) -> Result<()> {
    transaction!(test.db, |tx| change::tell_again(tx, &admin(), name).await)
}

/// Ends all changes of zones there are, and names them.
async fn take_all(test: &TestDb) -> Vec<String> {
    let mut names = Vec::new();
    for claimed in transaction!(test.db, |tx| change::claim(tx, HOUR, 100).await).expect("claimed") {
        assert!(claimed.age >= 0, "{claimed:?}");
        assert!(transaction!(test.db, |tx| change::done(tx, &claimed).await).expect("answered"));
        names.push(claimed.name);
    }
    names.sort();
    names
}

store::on_both! {
    async fn the_catalog_changes_when_zones_come_and_go(test: TestDb) {
        started(&test).await;
        let before = serial(&test).await;
        let zone = a_zone(&test, AccountId::OPERATOR, "example.com").await;
        let other = a_zone(&test, AccountId::OPERATOR, "example.net").await;
        assert_eq!(serial(&test).await, before + 2);
        let taken = transaction!(test.db, |tx| {
            record::create(tx, &admin(), NOW, DnsZone { name: "example.net".to_owned(), ..DnsZone::default() }).await
        });
        assert_eq!(why(taken), "taken");
        let new = DnsRecord { zone_id: zone.id, rr_type: RrType::A, value: "192.0.2.1".to_owned(), ..DnsRecord::default() };
        transaction!(test.db, |tx| record::create(tx, &admin(), NOW, new.clone()).await).expect("a record");
        assert_eq!(serial(&test).await, before + 2, "only coming and going counts");
        // Both at once.
        transaction!(test.db, |tx| {
            record::delete::<DnsZone>(tx, &admin(), NOW, other.id.0).await?;
            record::create(tx, &admin(), NOW, DnsZone { name: "example.org".to_owned(), ..DnsZone::default() }).await
        })
        .expect("done");
        assert_eq!(serial(&test).await, before + 3);
        remove::<DnsZone>(&test, zone.id.0).await;
        assert_eq!(serial(&test).await, before + 4);
        let mut tx = test.db.begin().await.expect("a transaction");
        tx.execute("UPDATE dns_catalog SET serial = 4294967295", &[]).await.expect("set");
        tx.commit().await.expect("committed");
        a_zone(&test, AccountId::OPERATOR, "example.com").await;
        assert_eq!(serial(&test).await, 1);
    }

    async fn a_change_of_the_catalog_is_claimed_until_name_servers_know(test: TestDb) {
        started(&test).await;
        assert!(waiting(&test).await, "nobody has been told of any catalog yet");
        let first = claim(&test, HOUR).await.expect("a change");
        assert!(!waiting(&test).await && claim(&test, HOUR).await.is_none(), "somebody has it");
        let zone = a_zone(&test, AccountId::OPERATOR, "example.com").await;
        assert!(waiting(&test).await);
        assert!(!transaction!(test.db, |tx| catalog::done(tx, &first).await).expect("answered"));
        let second = claim(&test, 0).await.expect("a change");
        assert_eq!(second.name, "");
        assert!(second.token > first.token, "{second:?}");
        assert!((0..60_000_000).contains(&second.age), "{second:?}");
        assert!(transaction!(test.db, |tx| catalog::again(tx, &second, HOUR).await).expect("answered"));
        assert!(claim(&test, HOUR).await.is_none(), "it is put off");
        remove::<DnsZone>(&test, zone.id.0).await;
        let last = claim(&test, HOUR).await.expect("a change");
        assert!(transaction!(test.db, |tx| catalog::done(tx, &last).await).expect("answered"));
        assert!(claim(&test, HOUR).await.is_none());
        assert!(!waiting(&test).await);
    }

    async fn name_servers_are_told_again_when_it_is_asked_for(test: TestDb) {
        started(&test).await;
        for name in ["example.com", "example.net"] {
            a_zone(&test, AccountId::OPERATOR, name).await;
        }
        take_all(&test).await;
        let told = claim(&test, HOUR).await.expect("a change");
        assert!(transaction!(test.db, |tx| catalog::done(tx, &told).await).expect("answered"));
        let signal = test.db.signal(change::SIGNAL);
        signal.notified().await;
        assert!(!waiting(&test).await);
        tell_again(&test, Some("Example.NET.")).await.expect("noted");
        signal.notified().await;
        assert!(waiting(&test).await);
        assert_eq!(take_all(&test).await, ["example.net"]);
        assert!(claim(&test, HOUR).await.is_none());
        tell_again(&test, None).await.expect("noted");
        assert_eq!(take_all(&test).await, ["example.com", "example.net"]);
        assert!(claim(&test, HOUR).await.expect("a change").token > told.token);
        assert_eq!(why(tell_again(&test, Some("example.org")).await), "not found");
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        assert_eq!(why(transaction!(test.db, |tx| change::tell_again(tx, &reseller, None).await)), "not allowed");
    }
}
