//! Subscriber profiles: their set's default, who has them, and what they let people see and set.

use serde_json::{Value as Json, json};
use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sealer, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, ProfileSetId, SubscriberId};
use crate::listing;
use crate::page::Page;
use crate::preference::{self, Level, Value, Values, attribute};
use crate::record::{self, Kept, Stored};
use crate::subscriber::{self, Change, Details, WebChange};
use crate::subscriber_profile::{MOST, PROFILES, Profile, ProfileSet};
use crate::{Error, Result, journal, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

async fn make<R: Kept>(test: &TestDb, caller: &Caller, record: R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, record.clone()).await)
}

async fn change<R: Kept>(test: &TestDb, caller: &Caller, record: R) -> Result<R> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW, record.clone()).await)
}

async fn remove<R: Kept>(test: &TestDb, id: i64) -> Result<R> {
    let caller = admin();
    transaction!(test.db, |tx| record::delete::<R>(tx, &caller, NOW, id).await)
}

fn set(name: &str, reseller_id: AccountId) -> ProfileSet {
    ProfileSet { reseller_id, name: name.to_owned(), description: "a set".to_owned(), ..ProfileSet::default() }
}

fn profile(set: &ProfileSet, name: &str, attributes: &[&str]) -> Profile {
    Profile {
        profile_set_id: set.id,
        name: name.to_owned(),
        description: "a profile".to_owned(),
        attributes: Stored(attributes.iter().map(|name| (*name).to_owned()).collect()),
        ..Profile::default()
    }
}

async fn defaults(test: &TestDb, set: ProfileSetId) -> Vec<(String, bool)> {
    let rows = test
        .db
        .reader()
        .query(
            "SELECT name, set_default FROM subscriber_profiles WHERE profile_set_id = $1 \
        ORDER BY id",
            store::args![set],
        )
        .await;
    rows.expect("readable").iter().map(|row| (row.at(0).expect("a name"), row.at(1).expect("a flag"))).collect()
}

/// A subscriber that has a set and a profile, or the refusal.
async fn subscriber_with(test: &TestDb, details: Details, name: &str, sn: &str) -> Result<subscriber::Subscriber> {
    let shop = test.db.reader().query_one("SELECT id FROM accounts WHERE name = 'shop'", &[]).await?.at(0)?;
    let domain = test.db.reader().query_one("SELECT id FROM sip_domains", &[]).await?.at(0)?;
    let mut wanted = new(shop, domain, name, sn);
    wanted.details = Details { webusername: Some(name.to_owned()), ..details };
    let caller = admin();
    transaction!(test.db, |tx| subscriber::create(tx, &caller, NOW, &sealer(), &wanted).await)
}

async fn rechosen(
    test: &TestDb,
    id: SubscriberId,
    set: Option<i64>,
    profile: Option<i64>,
) -> Result<(Option<i64>, Option<i64>)> {
    let before = subscriber::get(&mut test.db.reader(), &admin(), id).await?;
    let change = Change {
        details: Details { profile_set_id: set, profile_id: profile, ..before.details.clone() },
        primary: before.primary_number.as_ref().map(|held| held.split.clone()),
        aliases: Vec::new(),
        password: None,
        web_password: WebChange::Keep,
        allow_primary: true,
    };
    let caller = admin();
    transaction!(test.db, |tx| subscriber::update(tx, &caller, NOW, &sealer(), id, &change).await)?;
    let after = subscriber::get(&mut test.db.reader(), &admin(), id).await?;
    Ok((after.details.profile_set_id, after.details.profile_id))
}

fn refused<T: std::fmt::Debug>(outcome: Result<T>, field: &str) {
    match outcome {
        Err(Error::Dangling { field: of, .. } | Error::Invalid { field: of, .. } | Error::Taken { field: of, .. }) => {
            assert_eq!(of, field);
        }
        other => panic!("{field}: {other:?}"),
    }
}

async fn seen(test: &TestDb, caller: &Caller, owner: SubscriberId) -> Json {
    let found = preference::get(&mut test.db.reader(), caller, Level::Subscriber, &[owner.0]).await.expect("readable");
    found[&owner.0].iter().map(|(attribute, value)| (attribute.name.to_owned(), value.to_json())).collect()
}

async fn put(test: &TestDb, caller: &Caller, owner: SubscriberId, pairs: &[(&str, Value)]) -> Result<()> {
    let values: Values =
        pairs.iter().map(|(name, value)| (attribute::find(name).expect("known"), value.clone())).collect();
    transaction!(test.db, |tx| preference::replace(tx, caller, NOW, Level::Subscriber, owner.0, &values).await)
}

store::on_both! {
    async fn a_set_with_profiles_has_one_default(test: TestDb) {
        started(&test).await;
        let reseller = acting(RESELLER, Role::Reseller);
        let of = make(&test, &reseller, set("phones", RESELLER)).await.expect("a set");
        refused(make(&test, &reseller, set("phones", RESELLER)).await, "name");
        let one = make(&test, &reseller, profile(&of, "one", &["dnd", "cfu", "dnd"])).await.expect("a profile");
        assert_eq!((one.reseller_id, one.set_default, &one.attributes.0[..]), (RESELLER, true, &["dnd".to_owned(), "cfu".to_owned()][..]));
        let two = make(&test, &reseller, profile(&of, "two", &[])).await.expect("a profile");
        assert!(!two.set_default);
        let two = change(&test, &reseller, Profile { set_default: true, ..two }).await.expect("changed");
        assert_eq!(defaults(&test, of.id).await, [("one".to_owned(), false), ("two".to_owned(), true)]);
        let two = change(&test, &reseller, Profile { set_default: false, ..two }).await.expect("changed");
        assert!(two.set_default, "there is always one");
        let entries = journal::of_record(&mut test.db.reader(), &admin(), "subscriber_profiles", one.id.0, Page::default()).await;
        assert_eq!(entries.expect("entries").len(), 2, "that it is the default no more is written down");
        refused(make(&test, &reseller, profile(&of, "two", &[])).await, "name");
        refused(make(&test, &reseller, profile(&of, "x", &["no_such_thing"])).await, "attributes");
        refused(make(&test, &reseller, profile(&of, "x", &["prepaid_library"])).await, "attributes");
        refused(make(&test, &reseller, profile(&set("", RESELLER), "x", &[])).await, "profile_set_id");
        let other = make(&test, &reseller, set("others", RESELLER)).await.expect("a set");
        refused(change(&test, &reseller, Profile { profile_set_id: other.id, ..one }).await, "profile_set_id");
        remove::<Profile>(&test, two.id.0).await.expect("removed");
        assert_eq!(defaults(&test, of.id).await, [("one".to_owned(), true)]);
        remove::<ProfileSet>(&test, of.id.0).await.expect("removed with its profile");
        let query = listing::Query { limit: 10, count: true, ..listing::Query::default() };
        let left = listing::page(&mut test.db.reader(), &admin(), &PROFILES, &query).await.expect("a page");
        assert_eq!((left.ids.len(), left.total), (0, Some(0)));
    }

    async fn a_set_has_so_many_profiles(test: TestDb) {
        started(&test).await;
        let of = make(&test, &admin(), set("phones", RESELLER)).await.expect("a set");
        let first = make(&test, &admin(), profile(&of, "first", &[])).await.expect("a profile");
        transaction!(test.db, |tx| {
            for n in 1..MOST {
                record::insert(tx, Profile { name: format!("more {n}"), set_default: false, ..first.clone() }).await?;
            }
            Ok::<_, Error>(())
        })
        .expect("filled");
        let more = make(&test, &admin(), profile(&of, "last", &[])).await;
        assert!(matches!(more, Err(Error::Conflict(_))), "{more:?}");
        change(&test, &admin(), Profile { name: "renamed".to_owned(), ..first }).await.expect("what is there is changed");
    }

    async fn sets_are_their_resellers(test: TestDb) {
        started(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let other = acting(stranger, Role::Reseller);
        let of = make(&test, &admin(), set("phones", RESELLER)).await.expect("a set");
        let own = make(&test, &admin(), profile(&of, "one", &[])).await.expect("a profile");
        let mut tx = test.db.reader();
        assert!(matches!(record::get::<ProfileSet>(&mut tx, &other, of.id.0).await, Err(Error::NotFound { .. })));
        assert!(matches!(record::get::<Profile>(&mut tx, &other, own.id.0).await, Err(Error::NotFound { .. })));
        refused(make(&test, &other, profile(&of, "two", &[])).await, "profile_set_id");
        refused(change(&test, &admin(), ProfileSet { reseller_id: stranger, ..of.clone() }).await, "reseller_id");
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let theirs = sip_customer(&test, stranger, "theirs").await;
        for (customer, sees) in [(shop, true), (theirs, false)] {
            let caller = Caller::subscriber(SubscriberId(1), "alice", customer, false);
            let found = record::get::<Profile>(&mut tx, &caller, own.id.0).await;
            assert_eq!(found.is_ok(), sees, "{found:?}");
            let refused = make(&test, &caller, profile(&of, "x", &[])).await;
            assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        }
    }

    async fn a_subscriber_has_a_profile_of_its_set(test: TestDb) {
        started(&test).await;
        sip_customer(&test, RESELLER, "shop").await;
        add_domain(&test, RESELLER, "a.example.org").await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let (of, empty) = (set("phones", RESELLER), set("empty", RESELLER));
        let (of, empty) = (make(&test, &admin(), of).await.expect("a set"), make(&test, &admin(), empty).await.expect("a set"));
        let theirs = make(&test, &admin(), set("phones", stranger)).await.expect("a set");
        let one = make(&test, &admin(), profile(&of, "one", &[])).await.expect("a profile").id.0;
        let two = make(&test, &admin(), profile(&of, "two", &[])).await.expect("a profile").id.0;
        let choice = |set: Option<i64>, profile| Details { profile_set_id: set, profile_id: profile, ..Details::default() };
        for (set, profile, field) in [
            (None, Some(one), "profile_id"),
            (Some(theirs.id.0), None, "profile_set_id"),
            (Some(9_999), None, "profile_set_id"),
            (Some(empty.id.0), Some(one), "profile_id"),
        ] {
            refused(subscriber_with(&test, choice(set, profile), "nobody", "9").await, field);
        }
        let made = subscriber_with(&test, choice(Some(of.id.0), None), "alice", "1").await.expect("a subscriber");
        let (id, has) = (made.id, (made.details.profile_set_id, made.details.profile_id));
        assert_eq!(has, (Some(of.id.0), Some(one)), "the default of the set");
        let (set, none) = (Some(of.id.0), Some(empty.id.0));
        assert_eq!(rechosen(&test, id, set, Some(two)).await.expect("changed"), (set, Some(two)));
        assert_eq!(rechosen(&test, id, set, Some(two)).await.expect("the same"), (set, Some(two)));
        refused(rechosen(&test, id, set, Some(9_999)).await, "profile_id");
        for outcome in [remove::<Profile>(&test, two).await.map(drop), remove::<ProfileSet>(&test, of.id.0).await.map(drop)] {
            assert!(matches!(outcome, Err(Error::InUse { .. })), "{outcome:?}");
        }
        assert_eq!(rechosen(&test, id, none, Some(two)).await.expect("changed"), (none, None), "an empty set has none");
        assert_eq!(rechosen(&test, id, set, None).await.expect("changed"), (set, Some(one)));
        assert_eq!(rechosen(&test, id, None, Some(one)).await.expect("changed"), (None, None));
        remove::<ProfileSet>(&test, of.id.0).await.expect("nobody has it now");
        let boss = Caller::subscriber(id, "alice", made.account_id, true);
        let refused = transaction!(test.db, |tx| {
            let before = subscriber::get(tx, &boss, id).await?;
            let details = Details { profile_set_id: none, ..before.details.clone() };
            let primary = before.primary_number.as_ref().map(|held| held.split.clone());
            let change = Change { details, primary, aliases: Vec::new(), password: None, web_password: WebChange::Keep, allow_primary: true };
            subscriber::update(tx, &boss, NOW, &sealer(), id, &change).await
        });
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
    }

    async fn a_profile_bounds_what_people_see_and_set(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let free = add_subscriber(&test, &new(shop, domain, "bob", "2")).await.id;
        let of = make(&test, &admin(), set("phones", RESELLER)).await.expect("a set");
        let own = make(&test, &admin(), profile(&of, "one", &["dnd", "adm_block_in_mode"])).await.expect("a profile");
        let details = Details { profile_set_id: Some(of.id.0), ..Details::default() };
        let alice = subscriber_with(&test, details, "alice", "1").await.expect("a subscriber").id;
        let all = [("dnd", Value::Flag(true)), ("clir", Value::Flag(true)), ("adm_block_in_mode", Value::Flag(true))];
        put(&test, &admin(), alice, &all).await.expect("staff is not bound");
        let (herself, boss) = (Caller::subscriber(alice, "alice", shop, false), Caller::subscriber(free, "bob", shop, true));
        for caller in [&herself, &boss] {
            assert_eq!(seen(&test, caller, alice).await, json!({ "dnd": true }));
            refused(put(&test, caller, alice, &[("clir", Value::Flag(false))]).await, "clir");
            put(&test, caller, alice, &[("dnd", Value::Flag(true)), ("adm_block_in_mode", Value::Flag(false))]).await.expect("set");
        }
        put(&test, &herself, alice, &[]).await.expect("emptied");
        assert_eq!(seen(&test, &admin(), alice).await["clir"], json!(true), "what she is not shown stays");
        assert_eq!(seen(&test, &admin(), alice).await["dnd"], Json::Null);
        put(&test, &boss, free, &[("clir", Value::Flag(true))]).await.expect("without a profile all is free");
        let mut tx = test.db.reader();
        let names = |all: Vec<&'static preference::Attribute>| all.iter().map(|of| of.name).collect::<Vec<_>>();
        assert_eq!(names(preference::shown(&mut tx, &herself, Level::Subscriber).await.expect("readable")), ["dnd"]);
        assert!(preference::shown(&mut tx, &boss, Level::Subscriber).await.expect("readable").len() > 20);

        let values: Values = [(attribute::find("concurrent_max").expect("known"), Value::Int(2))].into_iter().collect();
        let (reseller, stranger) = (acting(RESELLER, Role::Reseller), acting(AccountId(77), Role::Reseller));
        transaction!(test.db, |tx| preference::replace(tx, &reseller, NOW, Level::Profile, own.id.0, &values).await).expect("set");
        let refused = transaction!(test.db, |tx| preference::replace(tx, &stranger, NOW, Level::Profile, own.id.0, &values).await);
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
        let found = preference::get(&mut tx, &admin(), Level::Profile, &[own.id.0]).await.expect("readable");
        assert_eq!(found[&own.id.0].get("concurrent_max"), Some(&Value::Int(2)));
    }
}
