//! Emergency mappings and provisioning templates: whose they are, what is there once, files as a whole or not at all.

use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::emergency::{self, CONTAINERS, Container, Entry, MAPPINGS, Mapping};
use crate::id::{AccountId, EmergencyContainerId};
use crate::listing::{self, Query};
use crate::provisioning_template::Template;
use crate::record::{self, Kept};
use crate::{Error, Result, transaction};

async fn add<R: Kept>(test: &TestDb, caller: &Caller, record: &R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, record.clone()).await)
}

fn container(reseller: AccountId, name: &str) -> Container {
    Container { reseller_id: reseller, name: name.to_owned(), ..Container::default() }
}

fn mapping(container: EmergencyContainerId, code: &str) -> Mapping {
    Mapping { emergency_container_id: container, code: code.to_owned(), ..Mapping::default() }
}

fn entry(line: u64, container: &str, code: &str) -> Entry {
    Entry {
        line,
        container: container.to_owned(),
        code: code.to_owned(),
        prefix: Some("0316".to_owned()),
        suffix: None,
    }
}

async fn count(test: &TestDb, caller: &Caller, source: &'static listing::Source) -> i64 {
    let query = Query { limit: 1, count: true, ..Query::default() };
    listing::page(&mut test.db.reader(), caller, source, &query).await.expect("a page").total.expect("a total")
}

async fn take_in(test: &TestDb, caller: &Caller, to: AccountId, entries: &[Entry], purge: bool) -> Result<usize> {
    transaction!(test.db, |tx| emergency::take_in(tx, caller, NOW, to, entries, purge).await)
}

store::on_both! {
    async fn a_code_is_once_in_a_container_and_goes_with_it(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (boss, own) = (admin(), acting(acme, Role::Reseller));
        let graz = add(&test, &own, &container(acme, "Graz")).await.expect("a container");
        let twice = add(&test, &own, &container(acme, "Graz")).await;
        assert!(matches!(twice, Err(Error::Taken { field: "name", .. })), "{twice:?}");
        add(&test, &boss, &container(AccountId::DEFAULT_RESELLER, "Graz")).await.expect("another reseller's");
        let foreign = add(&test, &own, &container(AccountId::DEFAULT_RESELLER, "Linz")).await;
        assert!(matches!(foreign, Err(Error::Dangling { field: "reseller_id", .. })), "{foreign:?}");

        let made = add(&test, &own, &mapping(graz.id, "144")).await.expect("a mapping");
        assert_eq!(made.reseller_id, acme);
        let twice = add(&test, &own, &mapping(graz.id, "144")).await;
        assert!(matches!(twice, Err(Error::Taken { field: "code", .. })), "{twice:?}");
        let other = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let hidden = add(&test, &other, &mapping(graz.id, "133")).await;
        assert!(matches!(hidden, Err(Error::Dangling { field: "emergency_container_id", .. })), "{hidden:?}");
        for wrong in ["", "14a", "144 ", &"1".repeat(33)] {
            let refused = add(&test, &own, &mapping(graz.id, wrong)).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "code", .. })), "{wrong}: {refused:?}");
        }
        assert_eq!((count(&test, &own, &MAPPINGS).await, count(&test, &other, &MAPPINGS).await), (1, 0));
        transaction!(test.db, |tx| record::delete::<Container>(tx, &own, NOW, graz.id.0).await).expect("removed");
        assert_eq!((count(&test, &boss, &MAPPINGS).await, count(&test, &boss, &CONTAINERS).await), (0, 1));
    }

    async fn a_file_is_taken_in_as_a_whole_or_not_at_all(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let own = acting(acme, Role::Reseller);
        let file = [entry(1, "Graz", "144"), entry(2, "Linz", "144"), entry(3, "Graz", "133")];
        assert_eq!(take_in(&test, &own, acme, &file, false).await.expect("taken in"), 3);
        assert_eq!((count(&test, &own, &MAPPINGS).await, count(&test, &own, &CONTAINERS).await), (3, 2));
        for (entries, why) in [
            (vec![entry(1, "Wien", "1"), entry(2, "Graz", "144")], "line 2: emergency mapping: code `144` exists already"),
            (vec![entry(1, "Wien", "1"), entry(2, "Wien", "1")], "line 2: emergency mapping: code `1` exists already"),
            (vec![entry(7, "Wien", "x")], "line 7: code: `x` must be 1 to 32 digits, *, # or +"),
            (vec![entry(8, "", "1")], "line 8: name: a container has a name of 1 to 255 characters"),
        ] {
            match take_in(&test, &own, acme, &entries, false).await {
                Err(Error::Invalid { field: "mappings", message }) => assert_eq!(message, why),
                other => panic!("{why}: {other:?}"),
            }
        }
        assert_eq!((count(&test, &own, &MAPPINGS).await, count(&test, &own, &CONTAINERS).await), (3, 2), "nothing is left");
        take_in(&test, &own, acme, &[entry(1, "Wien", "144")], true).await.expect("in the place of all");
        assert_eq!((count(&test, &own, &MAPPINGS).await, count(&test, &own, &CONTAINERS).await), (1, 3));
        let other = take_in(&test, &own, AccountId::DEFAULT_RESELLER, &file, false).await;
        assert!(matches!(other, Err(Error::Dangling { field: "reseller_id", .. })), "{other:?}");
        let nobody = take_in(&test, &acting(acme, Role::Customer), acme, &file, false).await;
        assert!(matches!(nobody, Err(Error::NotAllowed(_))), "{nobody:?}");
    }

    async fn a_template_is_named_once_for_its_reseller_and_once_for_the_operator(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (boss, own) = (admin(), acting(acme, Role::Reseller));
        let of = |reseller_id: Option<AccountId>, yaml: &str| Template {
            reseller_id,
            name: "home".to_owned(),
            description: "a home".to_owned(),
            yaml: yaml.to_owned(),
            ..Template::default()
        };
        let good = "fields: []\nsubscriber: {}\n";
        for reseller in [None, Some(acme), Some(AccountId::DEFAULT_RESELLER)] {
            let made = add(&test, &boss, &of(reseller, good)).await.expect("a template");
            assert_eq!((made.create_timestamp, made.modify_timestamp), (NOW, NOW));
            let twice = add(&test, &boss, &of(reseller, good)).await;
            assert!(matches!(twice, Err(Error::Taken { field: "name", .. })), "{reseller:?}: {twice:?}");
        }
        assert_eq!(count(&test, &own, Template::LIST).await, 1, "its own alone");
        for (template, field) in [(of(Some(acme), "a: b"), "yaml"), (Template { lang: "c".to_owned(), ..of(None, good) }, "lang")] {
            match add(&test, &boss, &template).await {
                Err(Error::Invalid { field: wrong, .. }) => assert_eq!(wrong, field),
                other => panic!("{other:?}"),
            }
        }
        let shared = add(&test, &own, &of(None, good)).await;
        assert!(shared.is_err(), "a reseller makes none of the operator's: {shared:?}");
    }
}
