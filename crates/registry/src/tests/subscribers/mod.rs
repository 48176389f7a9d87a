//! Subscribers: their names, numbers, passwords, and what is left when they end.

mod numbers;
mod rules;

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, add_pool, admin, money_of, priced, started, stock, stored};
use crate::account::{self, Kind, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, DomainId, SubscriberId};
use crate::listing::{self, Condition, Query};
use crate::number::{self, NUMBERS_IN_USE, Split, State};
use crate::page::Page;
use crate::pool::PoolSpec;
use crate::preference::{self, Level};
use crate::seal::Sealer;
use crate::subscriber::{
    self, Alias, Change, Details, New, OfDomain, SUBSCRIBERS, SipPassword, Subscriber, WebChange, WebPassword,
};
use crate::{Error, Result, journal, pbx_directory, quota, sip_domain, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

pub(super) fn sealer() -> Sealer {
    Sealer::new(&[3; 32])
}

async fn with_product(test: &TestDb, parent: AccountId, name: &str, product: &str) -> AccountId {
    let id = add_account(test, parent, Kind::Customer, name).await;
    transaction!(test.db, |tx| {
        Ok(tx.execute("UPDATE accounts SET product = $1 WHERE id = $2", args![product, id]).await?)
    })
    .expect("a product");
    id
}

pub(super) async fn sip_customer(test: &TestDb, parent: AccountId, name: &str) -> AccountId {
    with_product(test, parent, name, "sipaccount").await
}

pub(super) async fn add_domain(test: &TestDb, owner: AccountId, name: &str) -> DomainId {
    transaction!(test.db, |tx| Ok(sip_domain::create(tx, &admin(), NOW, owner, name).await?.id)).expect("a domain")
}

pub(super) fn split(sn: &str) -> Split {
    Split { cc: "43".to_owned(), ac: "1".to_owned(), sn: sn.to_owned() }
}

fn alias(sn: &str) -> Alias {
    Alias { split: split(sn), is_devid: false }
}

/// A subscriber of that name with the number +43 1 and so on.
pub(super) fn new(account: AccountId, domain: DomainId, name: &str, sn: &str) -> New {
    New {
        account_id: account,
        domain: OfDomain::Id(domain),
        username: name.to_owned(),
        details: Details { webusername: Some(name.to_owned()), ..Details::default() },
        primary: Some(split(sn)),
        aliases: Vec::new(),
        password: SipPassword::new("pa:ss wörd").expect("a password"),
        web_password: None,
        allow_primary: true,
    }
}

async fn create_as(test: &TestDb, caller: &Caller, new: &New) -> Result<Subscriber> {
    transaction!(test.db, |tx| subscriber::create(tx, caller, NOW, &sealer(), new).await)
}

pub(super) async fn add_subscriber(test: &TestDb, new: &New) -> Subscriber {
    create_as(test, &admin(), new).await.expect("a subscriber")
}

/// A change to nothing: what a client sends back as it has read it.
pub(super) fn same(subscriber: &Subscriber) -> Change {
    Change {
        details: subscriber.details.clone(),
        primary: subscriber.primary_number.as_ref().map(|held| held.split.clone()),
        aliases: subscriber
            .alias_numbers
            .iter()
            .map(|held| Alias { split: held.split.clone(), is_devid: held.is_devid })
            .collect(),
        password: Some(SipPassword::new("pa:ss wörd").expect("a password")),
        web_password: WebChange::Keep,
        allow_primary: true,
    }
}

async fn update_as(test: &TestDb, caller: &Caller, id: SubscriberId, change: &Change) -> Result<()> {
    transaction!(test.db, |tx| subscriber::update(tx, caller, NOW + 1, &sealer(), id, change).await)
}

async fn end(test: &TestDb, caller: &Caller, id: SubscriberId) -> Result<()> {
    transaction!(test.db, |tx| subscriber::terminate(tx, caller, NOW + 2, id).await)
}

async fn found(test: &TestDb, id: SubscriberId) -> Option<Subscriber> {
    subscriber::load(&mut test.db.reader(), &[id.0]).await.expect("readable").pop()
}

async fn preferred(test: &TestDb, id: SubscriberId, attribute: &str) -> Vec<String> {
    preference::texts(&mut test.db.reader(), Level::Subscriber, id.0, attribute).await.expect("readable")
}

async fn count(
    test: &TestDb,
    source: &'static listing::Source,
    caller: &Caller,
    by: Option<(&'static str, i64)>,
) -> i64 {
    let conditions = by.map(|(column, id)| Condition::Is(column, id.into())).into_iter().collect();
    let query = Query { conditions, limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), caller, source, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64), "the tally is what there is");
    page.ids.len() as i64
}

store::on_both! {
    async fn a_subscriber_comes_out_as_it_was_made(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let web = WebPassword::new("let me in").expect("a password");
        let wanted = New {
            domain: OfDomain::Name("A.example.org".to_owned()),
            aliases: vec![alias("2002"), Alias { split: Split { ac: String::new(), ..split("3003") }, is_devid: true }],
            web_password: Some(web),
            ..new(shop, domain, "alice", "1001")
        };
        let made = add_subscriber(&test, &wanted).await;
        let read = found(&test, made.id).await.expect("a subscriber");
        assert_eq!(read, made);
        assert_eq!((read.domain.as_str(), read.reseller_id, read.uuid.len()), ("a.example.org", RESELLER, 32));
        let primary = read.primary_number.expect("a number");
        assert_eq!((primary.split.to_string().as_str(), primary.is_devid), ("43-1-1001", false));
        let aliases: Vec<_> = read.alias_numbers.iter().map(|a| (a.split.to_string(), a.is_devid)).collect();
        assert_eq!(aliases, [("43-1-2002".to_owned(), false), ("43--3003".to_owned(), true)]);
        assert_eq!(made.password(&sealer()).expect("opens").as_deref(), Some("pa:ss wörd"));
        for (attribute, values) in [
            ("cc", vec!["43"]),
            ("ac", vec!["1"]),
            ("allowed_clis", vec!["4311001", "4312002", "433003"]),
            ("call_log_level", vec!["notice"]),
            ("emergency_location_format", vec!["cirpack"]),
            ("cli", vec![]),
        ] {
            assert_eq!(preferred(&test, made.id, attribute).await, values, "{attribute}");
        }

        let mut tx = test.db.reader();
        let candidate = subscriber::candidate(&mut tx, "alice", "A.example.org").await.expect("a candidate");
        assert!(candidate.verifier.verify("let me in") && !candidate.verifier.verify("pa:ss wörd") && !candidate.barred);
        assert_eq!((candidate.subscriber_id, candidate.uuid.as_str()), (made.id, made.uuid.as_str()));
        assert!(subscriber::by_uuid(&mut tx, &made.uuid, candidate.credential_version).await.is_ok());
        assert!(subscriber::by_uuid(&mut tx, &made.uuid, candidate.credential_version + 1).await.is_err());

        let entries = journal::of_record(&mut tx, &admin(), "subscribers", made.id.0, Page::default()).await.expect("read");
        let written = serde_json::to_string(&entries).expect("json");
        assert!(written.contains("\"username\":\"alice\"") && written.contains("\"sn\":\"1001\""), "{written}");
        for secret in ["pa:ss", "let me in", "argon2", "ha1", "scram", "sealed"] {
            assert!(!written.contains(secret), "{secret}: {written}");
        }
        let row = tx.query_one("SELECT ha1, scram_sha256 FROM subscribers WHERE id = $1", args![made.id]).await.expect("row");
        assert_eq!(row.at::<String>(0).expect("ha1"), "0134af6ca23e6a90b201a3b859066be3");
    }

    async fn names_are_unique_in_a_domain_among_the_living(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let other = add_domain(&test, RESELLER, "b.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await;
        let twice = create_as(&test, &admin(), &new(shop, domain, "alice", "1002")).await;
        assert!(matches!(twice, Err(Error::Taken { field: "username", .. })), "{twice:?}");
        let mut web = new(shop, domain, "bob", "1002");
        web.details.webusername = Some("alice".to_owned());
        let twice = create_as(&test, &admin(), &web).await;
        let Err(Error::Taken { field: "webusername", value, .. }) = twice else { panic!("{twice:?}") };
        assert_eq!(value, "alice@a.example.org");
        add_subscriber(&test, &new(shop, other, "alice", "1002")).await;
        end(&test, &admin(), alice.id).await.expect("terminated");
        add_subscriber(&test, &new(shop, domain, "alice", "1001")).await;
        for (field, wrong) in [
            ("username", New { username: "a b".to_owned(), ..new(shop, domain, "x", "5") }),
            ("primary_number", New { primary: None, ..new(shop, domain, "x", "5") }),
            ("cc", New { primary: Some(Split { cc: "012".to_owned(), ..split("5") }), ..new(shop, domain, "x", "5") }),
            ("sn", New { primary: Some(split("5a")), ..new(shop, domain, "x", "5") }),
            ("sn", New { primary: Some(split("")), ..new(shop, domain, "x", "5") }),
        ] {
            let refused = create_as(&test, &admin(), &wrong).await;
            assert!(matches!(&refused, Err(Error::Invalid { field: f, .. }) if *f == field), "{field}: {refused:?}");
        }
        assert_eq!(count(&test, &SUBSCRIBERS, &admin(), Some(("domain_id", domain.0))).await, 1);
        assert_eq!(count(&test, &SUBSCRIBERS, &admin(), None).await, 2);
    }

    async fn what_is_sent_back_changes_nothing(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let mut wanted = new(shop, domain, "alice", "1001");
        wanted.aliases = vec![alias("2002")];
        let made = add_subscriber(&test, &wanted).await;
        let row = async || {
            let sql = "SELECT credential_version, ha1, scram_sha1, password_sealed FROM subscribers WHERE id = $1";
            let row = test.db.reader().query_one(sql, args![made.id]).await.expect("a row");
            (row.at::<i64>(0), row.at::<String>(1), row.at::<String>(2), row.at::<Vec<u8>>(3))
        };
        let before = row().await;
        update_as(&test, &admin(), made.id, &same(&made)).await.expect("harmless");
        assert_eq!(format!("{:?}", row().await), format!("{before:?}"));
        let mut after = found(&test, made.id).await.expect("there");
        after.modified_at = NOW;
        assert_eq!(after, made);
        assert_eq!(stored(&test, "4312002").await.modified_at, NOW);
    }

    async fn nothing_to_log_in_with_is_left_of_a_terminated_one(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let made = add_subscriber(&test, &new(shop, domain, "alice", "1")).await;
        let mut change = same(&made);
        change.details.status = subscriber::Status::Terminated;
        update_as(&test, &admin(), made.id, &change).await.expect("terminated");
        let again = end(&test, &admin(), made.id).await;
        assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
        let sql = "SELECT status, password_sealed, ha1, ha1b, ha1_sha256, ha1b_sha256, scram_sha1, scram_sha256, \
            web_verifier, primary_digits FROM subscribers WHERE id = $1";
        let row = test.db.reader().query_one(sql, args![made.id]).await.expect("the row stays");
        assert_eq!(row.at::<String>(0).expect("status"), "terminated");
        assert!(row.at::<Option<Vec<u8>>>(1).expect("sealed").is_none());
        for column in 2..10 {
            assert_eq!(row.at::<Option<String>>(column).expect("a column"), None, "column {column}");
        }
        assert!(preferred(&test, made.id, "cc").await.is_empty());
        let known = subscriber::candidate(&mut test.db.reader(), "alice", "a.example.org").await;
        assert!(matches!(known, Err(Error::NotAuthenticated)), "{known:?}");
    }
}
