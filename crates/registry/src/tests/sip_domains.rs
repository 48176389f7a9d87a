//! SIP domains: once on the platform, seen by their reseller, gone with their subscribers.

use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::{Kind, Status};
use crate::caller::Role;
use crate::id::AccountId;
use crate::listing::{self, Condition, Query};
use crate::preference::{self, Level};
use crate::sip_domain::{self, DOMAINS};
use crate::{Caller, Error, account, subscriber, transaction};

async fn listed(test: &TestDb, caller: &Caller) -> (Vec<i64>, Option<i64>) {
    let query = Query { limit: 10, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), caller, &DOMAINS, &query).await.expect("a page");
    (page.ids, page.total)
}

store::on_both! {
    async fn a_domain_is_there_once_and_its_resellers_own(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        let make = async |caller: Caller, owner, name: &str| {
            transaction!(test.db, |tx| sip_domain::create(tx, &caller, NOW, owner, name).await)
        };
        let made = make(acting(acme, Role::Reseller), acme, " Voice.Example.ORG").await.expect("a domain");
        assert_eq!((made.domain.as_str(), made.reseller_id), ("voice.example.org", acme));
        let twice = make(acting(other, Role::Reseller), other, "voice.example.org").await;
        assert!(matches!(twice, Err(Error::Taken { field: "domain", .. })), "{twice:?}");
        let foreign = make(acting(acme, Role::Reseller), other, "x.example.org").await;
        assert!(matches!(foreign, Err(Error::Dangling { field: "reseller_id", .. })), "{foreign:?}");
        for wrong in ["", "a b", "a@b", "a\u{0}b"] {
            let refused = make(admin(), acme, wrong).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "domain", .. })), "{wrong:?}: {refused:?}");
        }
        let customer = sip_customer(&test, acme, "shop").await;
        let refused = make(acting(customer, Role::Customer), customer, "y.example.org").await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");

        let set = preference::all_of(&mut test.db.reader(), Level::Domain, &[made.id.0]).await.expect("preferences");
        assert_eq!(set[&made.id.0].get("language").expect("a default"), &"en".into());

        assert_eq!(listed(&test, &admin()).await, (vec![made.id.0], Some(1)));
        assert_eq!(listed(&test, &acting(acme, Role::Reseller)).await, (vec![made.id.0], Some(1)));
        assert_eq!(listed(&test, &acting(other, Role::Reseller)).await, (vec![], Some(0)));
        let hidden = sip_domain::get(&mut test.db.reader(), &acting(other, Role::Reseller), made.id).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
    }

    async fn with_a_domain_its_subscribers_end_and_its_name_is_free(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, AccountId::DEFAULT_RESELLER, "shop").await;
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "a.example.org").await;
        let kept = add_domain(&test, AccountId::DEFAULT_RESELLER, "b.example.org").await;
        let gone = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await;
        let stays = add_subscriber(&test, &new(shop, kept, "alice", "1002")).await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let delete = async |caller: Caller| {
            transaction!(test.db, |tx| sip_domain::delete(tx, &caller, NOW, domain).await)
        };
        let hidden = delete(acting(stranger, Role::Reseller)).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        delete(admin()).await.expect("deleted");
        let found = subscriber::load(&mut test.db.reader(), &[gone.id.0, stays.id.0]).await.expect("readable");
        assert_eq!(found.iter().map(|s| s.id).collect::<Vec<_>>(), [stays.id]);
        assert_eq!(listed(&test, &admin()).await, (vec![kept.0], Some(1)));
        let again = add_domain(&test, AccountId::DEFAULT_RESELLER, "a.example.org").await;
        add_subscriber(&test, &new(shop, again, "alice", "1001")).await;
    }

    async fn domains_end_with_their_reseller(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = sip_customer(&test, acme, "shop").await;
        let domain = add_domain(&test, acme, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, acme, Status::Terminated).await)
            .expect("terminated");
        assert_eq!(listed(&test, &admin()).await, (vec![], Some(0)));
        assert!(subscriber::load(&mut test.db.reader(), &[alice.id.0]).await.expect("readable").is_empty());
        let query = Query { conditions: vec![Condition::Is("domain_id", domain.into())], limit: 1, count: true, ..Query::default() };
        let page = listing::page(&mut test.db.reader(), &admin(), &subscriber::SUBSCRIBERS, &query).await.expect("a page");
        assert_eq!(page.total, Some(0));
    }
}
