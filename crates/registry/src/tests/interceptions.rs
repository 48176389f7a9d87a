//! Interceptions: who may know of them, what they are for, and what is left of one that has ended.

use store::args;
use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sealer, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::{self, Kind, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, SubscriberId};
use crate::interception::{self, ALL, Interception};
use crate::listing::{self, Condition, Query};
use crate::{Error, Result, journal, page::Page, record, subscriber, transaction};

const SECRET: &str = "let me listen";

/// An interception of the number +43 1 and so on.
fn of(sn: &str, liid: &str) -> Interception {
    Interception {
        number: format!("431{sn}"),
        liid: liid.to_owned(),
        x2_host: "li.example.org".to_owned(),
        x2_port: 8090,
        x2_user: Some("probe".to_owned()),
        ..Interception::default()
    }
}

async fn order(test: &TestDb, caller: &Caller, wanted: Interception) -> Result<Interception> {
    let secret = Some(SECRET);
    transaction!(test.db, |tx| interception::create(tx, caller, NOW, &sealer(), wanted.clone(), secret).await)
}

async fn change(test: &TestDb, caller: &Caller, wanted: Interception, password: Option<&str>) -> Result<Interception> {
    transaction!(test.db, |tx| interception::update(tx, caller, NOW, &sealer(), wanted.clone(), password).await)
}

async fn end(test: &TestDb, caller: &Caller, of: &Interception) -> Result<()> {
    transaction!(test.db, |tx| interception::delete(tx, caller, NOW, of.id).await)
}

async fn seen(test: &TestDb, caller: &Caller, conditions: &[Condition]) -> Vec<i64> {
    let query = Query { conditions: conditions.to_vec(), limit: 100, count: true, ..Query::default() };
    let found = listing::page(&mut test.db.reader(), caller, &ALL, &query).await.expect("a list");
    assert_eq!(found.total, Some(found.ids.len() as i64));
    found.ids
}

/// The kind of an error and its field.
fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Dangling { field, .. }) => format!("dangling {field}"),
        Err(Error::Invalid { field, .. }) => format!("invalid {field}"),
        Err(Error::Taken { field, .. }) => format!("taken {field}"),
        Err(Error::NotAllowed(_)) => "not allowed".to_owned(),
        Err(Error::NotFound { kind, .. }) => format!("no {kind}"),
        other => format!("{other:?}"),
    }
}

async fn acme(test: &TestDb) -> (AccountId, SubscriberId) {
    started(test).await;
    let acme = add_account(test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
    let shop = sip_customer(test, acme, "shop").await;
    let domain = add_domain(test, acme, "acme.example").await;
    let ann = add_subscriber(test, &new(shop, domain, "ann", "100")).await.id;
    (acme, ann)
}

store::on_both! {
    async fn only_those_who_listen_know_of_interceptions(test: TestDb) {
        let (acme, ann) = acme(&test).await;
        let listener = acting(AccountId::OPERATOR, Role::Intercept);
        let made = order(&test, &listener, of("100", "4711")).await.expect("ordered");
        assert_eq!((made.subscriber_id, made.reseller_id), (ann, acme));
        for caller in [&listener, &admin()] {
            assert_eq!(seen(&test, caller, &[]).await, [made.id.0]);
        }
        for caller in [
            acting(AccountId::OPERATOR, Role::CareAdmin),
            acting(acme, Role::Reseller),
            acting(acme, Role::Care),
            acting(acme, Role::Customer),
            Caller::subscriber(ann, "ann", acme, true),
            Caller::subscriber(ann, "ann", acme, false),
        ] {
            assert_eq!(seen(&test, &caller, &[]).await, [0; 0], "{caller:?}");
            let got = record::get::<Interception>(&mut test.db.reader(), &caller, made.id.0).await;
            assert_eq!(told(got), "no interception");
            assert_eq!(told(order(&test, &caller, of("100", "4712")).await), "not allowed");
            assert_eq!(told(change(&test, &caller, made.clone(), None).await), "not allowed");
            assert_eq!(told(end(&test, &caller, &made).await), "not allowed");
        }
        let reseller = acting(acme, Role::Reseller);
        let newest = journal::newest_of_record(&mut test.db.reader(), &reseller, "interceptions", made.id.0).await;
        assert!(newest.expect("an answer").is_none(), "nor do they see that there was a change");
        let reader = Caller { rights: crate::caller::Rights { read_only: true, ..Default::default() }, ..admin() };
        assert_eq!(told(order(&test, &reader, of("100", "4713")).await), "not allowed");
    }

    async fn the_password_is_sealed_and_told_by_nothing_else(test: TestDb) {
        acme(&test).await;
        let made = order(&test, &admin(), of("100", "4711")).await.expect("ordered");
        let kept = async || record::get::<Interception>(&mut test.db.reader(), &admin(), made.id.0).await.expect("kept");
        assert_eq!(kept().await.password(&sealer()).expect("opens").as_deref(), Some(SECRET));
        let bytes = test.db.reader().query_one("SELECT x2_password FROM interceptions", args![]).await.expect("a row");
        let bytes: Vec<u8> = bytes.at(0).expect("bytes");
        assert!(!bytes.windows(6).any(|part| part == b"listen"));

        let moved = Interception { x2_host: "2001:db8::1".to_owned(), ..kept().await };
        change(&test, &admin(), moved.clone(), None).await.expect("changed");
        assert_eq!(kept().await.password(&sealer()).expect("opens").as_deref(), Some(SECRET), "it stays");
        change(&test, &admin(), moved.clone(), Some("another")).await.expect("changed");
        assert_eq!(kept().await.password(&sealer()).expect("opens").as_deref(), Some("another"));
        assert!(!format!("{:?}", kept().await).contains("another"));
        change(&test, &admin(), moved, Some("")).await.expect("changed");
        assert_eq!(kept().await.password(&sealer()).expect("opens"), None);

        let told = journal::of_record(&mut test.db.reader(), &admin(), "interceptions", made.id.0, Page::default()).await;
        let told = format!("{:?}", told.expect("the journal"));
        assert!(told.contains("2001:db8::1"), "{told}");
        for secret in [SECRET, "another", "x2_password", "***"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }

    async fn what_cant_be_delivered_is_refused(test: TestDb) {
        acme(&test).await;
        let good = of("100", "4711");
        let made = order(&test, &admin(), good.clone()).await.expect("ordered");
        let host = |host: &str| Some(host.to_owned());
        let x3 = Interception { x3_required: true, x3_host: host("192.0.2.1"), x3_port: Some(9), ..good.clone() };
        for (wanted, error) in [
            (good.clone(), "taken liid"),
            (of("101", "4712"), "dangling number"),
            (Interception { x2_host: "not a host".to_owned(), ..good.clone() }, "invalid x2_host"),
            (Interception { x2_port: 65_536, ..good.clone() }, "invalid x2_port"),
            (Interception { x3_host: None, ..x3.clone() }, "invalid x3_host"),
            (Interception { x3_port: None, ..x3.clone() }, "invalid x3_port"),
            (Interception { x3_host: host("a..b"), x3_required: false, ..x3.clone() }, "invalid x3_host"),
            (Interception { x3_port: Some(0), x3_required: false, ..x3.clone() }, "invalid x3_port"),
        ] {
            assert_eq!(told(order(&test, &admin(), wanted.clone()).await), error);
            if error != "taken liid" {
                let wanted = Interception { id: made.id, ..wanted };
                assert_eq!(told(change(&test, &admin(), wanted, None).await), error);
            }
        }
        let second = order(&test, &admin(), Interception { liid: "4712".to_owned(), ..x3 }).await.expect("ordered");
        let is = |name: &'static str, value: &str| [Condition::Is(name, value.into())];
        assert_eq!(seen(&test, &admin(), &is("liid", "4712")).await, [second.id.0]);
        assert_eq!(seen(&test, &admin(), &is("number", "431100")).await, [made.id.0, second.id.0]);
    }

    async fn an_interception_is_of_a_subscriber_and_stays_on_the_books(test: TestDb) {
        let (acme, ann) = acme(&test).await;
        let made = order(&test, &admin(), of("100", "4711")).await.expect("ordered");
        transaction!(test.db, |tx| subscriber::terminate(tx, &admin(), NOW, ann).await).expect("terminated");
        let renamed = Interception { x2_user: None, ..made.clone() };
        let still = change(&test, &admin(), renamed, None).await.expect("changed, whoever has the number now");
        assert_eq!(still.subscriber_id, ann);
        assert_eq!(told(order(&test, &admin(), of("100", "4712")).await), "dangling number");

        end(&test, &admin(), &made).await.expect("ended");
        assert_eq!(seen(&test, &admin(), &[]).await, [0; 0]);
        assert_eq!(told(end(&test, &admin(), &made).await), "no interception");
        assert_eq!(told(change(&test, &admin(), made.clone(), None).await), "no interception");
        let row = test.db.reader().query_one("SELECT deleted_at, x2_password FROM interceptions", args![]).await;
        let row = row.expect("it is still there");
        assert_eq!((row.at(0).expect("a time"), row.at(1).expect("nothing")), (NOW, None::<Vec<u8>>));
        let told = journal::of_record(&mut test.db.reader(), &admin(), "interceptions", made.id.0, Page::default()).await;
        let told: Vec<_> = told.expect("the journal").iter().map(|entry| entry.operation.as_str()).collect();
        assert_eq!(told, ["create", "update", "delete"]);

        let shop = sip_customer(&test, acme, "another shop").await;
        let domain = add_domain(&test, acme, "second.example").await;
        add_subscriber(&test, &new(shop, domain, "bob", "100")).await;
        order(&test, &admin(), of("100", "4711")).await.expect("the same again, of somebody else");
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, acme, Status::Terminated).await).expect("ended");
        assert_eq!(seen(&test, &admin(), &[]).await, [0; 0], "they end with the reseller");
    }
}
