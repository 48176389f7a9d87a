//! What a reseller that ends takes along, and what stays of it.

use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sip_customer};
use super::{NOW, add_account, admin, started};
use crate::account::{self, Kind, Status};
use crate::branding::{self, Branding};
use crate::emergency::{self, Container, Mapping};
use crate::header_rule;
use crate::id::AccountId;
use crate::listing::{self, Condition, Query, Source};
use crate::location::{self, Location};
use crate::ncos::{self, Level, Pattern};
use crate::peering::Group;
use crate::preference::{self, Level as Of, Value, Values, attribute};
use crate::provisioning_template::{self, Template};
use crate::record::{self, Kept, Stored};
use crate::rewrite::{self, Rule, RuleSet, Way};
use crate::sound::{self, SoundSet};
use crate::subscriber_profile::{self, Profile, ProfileSet};
use crate::template::{EmailTemplate, InvoiceTemplate, email, invoice};
use crate::time_set::{self, TimeSet};
use crate::{Error, transaction};

async fn make<R: Kept>(test: &TestDb, record: R) -> R {
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, record.clone()).await).expect("made")
}

/// The rows of a list, whose tally is right: all of them, and those of one reseller.
async fn rows(test: &TestDb, source: &'static Source, reseller: AccountId) -> (usize, usize) {
    let mut found = [0, 0];
    for (n, conditions) in found.iter_mut().zip([Vec::new(), vec![Condition::Is("reseller_id", reseller.0.into())]]) {
        let query = Query { conditions, limit: 100, count: true, ..Query::default() };
        let page = listing::page(&mut test.db.reader(), &admin(), source, &query).await.expect("a page");
        assert_eq!(page.total, Some(page.ids.len() as i64), "{}", source.name);
        *n = page.ids.len();
    }
    (found[0], found[1])
}

async fn name(test: &TestDb, level: Of, owner: i64, pairs: &[(&str, &str)]) {
    let values: Values =
        pairs.iter().map(|(name, text)| (attribute::find(name).expect("known"), Value::from(*text))).collect();
    transaction!(test.db, |tx| preference::replace(tx, &admin(), NOW, level, owner, &values).await).expect("set");
}

/// One of each kind, and what is in it, the names beginning with a word of the reseller's.
async fn furnish(test: &TestDb, reseller_id: AccountId, word: &str) -> TimeSet {
    let times = |name: &str| TimeSet { reseller_id, name: name.to_owned(), ..TimeSet::default() };
    let (office, night) = (make(test, times("office")).await, make(test, times("night")).await);
    let level = Level { reseller_id, level: "national".to_owned(), time_set_id: Some(office.id), ..Level::default() };
    let level = make(test, level).await;
    make(test, Pattern { ncos_level_id: level.id, pattern: "^43".to_owned(), ..Pattern::default() }).await;
    let sounds = |name: &str| SoundSet { reseller_id, name: name.to_owned(), ..SoundSet::default() };
    let behind = make(test, sounds("behind")).await;
    make(test, SoundSet { parent_id: Some(behind.id), ..sounds("front") }).await;
    let rewrites = make(test, RuleSet { reseller_id, name: format!("{word} numbers"), ..RuleSet::default() }).await;
    let rule = Rule {
        set_id: rewrites.id,
        match_pattern: "^0".to_owned(),
        replace_pattern: "43".to_owned(),
        description: "of a test".to_owned(),
        ..Rule::default()
    };
    make(test, rule).await;
    let headers = header_rule::RuleSet { reseller_id, name: "headers".to_owned(), ..Default::default() };
    let headers = make(test, headers).await;
    let rule = make(test, header_rule::Rule { set_id: headers.id, name: "r".to_owned(), ..Default::default() }).await;
    let condition = header_rule::Condition {
        rule_id: rule.id,
        match_name: "From".to_owned(),
        value_list: Stored(vec!["x".to_owned()]),
        rwr_set_id: Some(rewrites.id),
        rwr_dp: Some(Way::CalleeIn),
        ..Default::default()
    };
    make(test, condition).await;
    let container = make(test, Container { reseller_id, name: "Graz".to_owned(), ..Container::default() }).await;
    make(test, Mapping { emergency_container_id: container.id, code: "144".to_owned(), ..Mapping::default() }).await;
    let mail = EmailTemplate {
        reseller_id: Some(reseller_id),
        name: "welcome".to_owned(),
        from_email: "a@example.org".to_owned(),
        subject: "x".to_owned(),
        body: "x".to_owned(),
        ..EmailTemplate::default()
    };
    make(test, mail).await;
    let invoice = InvoiceTemplate { reseller_id, name: "plain".to_owned(), ..InvoiceTemplate::default() };
    make(test, invoice).await;
    let template = Template {
        reseller_id: Some(reseller_id),
        name: "phones".to_owned(),
        yaml: r#"{"fields": [], "contract": {}}"#.to_owned(),
        ..Template::default()
    };
    make(test, template).await;
    make(test, Branding { reseller_id, ..Branding::default() }).await;
    let phones = make(test, ProfileSet { reseller_id, name: "phones".to_owned(), ..ProfileSet::default() }).await;
    let desk = Profile { profile_set_id: phones.id, name: "desk".to_owned(), ..Profile::default() };
    let desk = make(test, desk).await;
    name(test, Of::Profile, desk.id.0, &[("ncos", "national"), ("sound_set", "front")]).await;
    night
}

store::on_both! {
    async fn a_reseller_takes_its_sets_along(test: TestDb) {
        started(&test).await;
        let own = AccountId::DEFAULT_RESELLER;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let carrier = add_account(&test, AccountId::OPERATOR, Kind::Peering, "carrier").await;
        furnish(&test, own, "own").await;
        let night = furnish(&test, acme, "acme").await;
        let group = Group {
            contract_id: carrier,
            name: "at night".to_owned(),
            time_set_id: Some(night.id),
            ..Group::default()
        };
        let group = make(&test, group).await;
        let shop = sip_customer(&test, acme, "shop").await;
        let domain = add_domain(&test, acme, "acme.example").await;
        let ann = add_subscriber(&test, &new(shop, domain, "ann", "100")).await.id;
        let all = [
            ("ncos", "national"), ("rewrite_rule_set", "acme numbers"), ("header_rule_set", "headers"),
            ("sound_set", "front"), ("emergency_mapping_container", "Graz"),
        ];
        name(&test, Of::Subscriber, ann.0, &all).await;
        name(&test, Of::Domain, domain.0, &all).await;
        name(&test, Of::Customer, shop.0, &[("ncos", "national"), ("emergency_mapping_container", "Graz")]).await;
        let office = Location { contract_id: shop, name: "office".to_owned(), ..Location::default() };
        let office = make(&test, office).await;
        name(&test, Of::Location, office.id.0, &[("emergency_mapping_container", "Graz")]).await;

        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, acme, Status::Terminated).await)
            .expect("terminated");
        for (source, stay) in [
            (&ncos::LEVELS, 1), (&ncos::PATTERNS, 1), (&sound::set::ALL, 2), (&rewrite::SETS, 1), (&rewrite::RULES, 1),
            (&header_rule::SETS, 1), (&header_rule::RULES, 1), (&header_rule::CONDITIONS, 1),
            (&emergency::CONTAINERS, 1), (&emergency::MAPPINGS, 1), (&email::ALL, 13),
            (&invoice::ALL, 1), (&provisioning_template::ALL, 1), (&branding::ALL, 1), (&subscriber_profile::SETS, 1),
            (&subscriber_profile::PROFILES, 1), (&location::ALL, 0),
        ] {
            assert_eq!(rows(&test, source, acme).await, (stay, 0), "{}", source.name);
        }
        // What a peering still goes by stays.
        assert_eq!(rows(&test, &time_set::ALL, acme).await, (3, 1));
        let kept = record::get::<Group>(&mut test.db.reader(), &admin(), group.id.0).await.expect("a group");
        assert_eq!(kept.time_set_id, Some(night.id));
        record::get::<TimeSet>(&mut test.db.reader(), &admin(), night.id.0).await.expect("still there");
    }

    async fn the_preferences_of_a_customer_end_with_it(test: TestDb) {
        started(&test).await;
        let own = AccountId::DEFAULT_RESELLER;
        let level = Level { reseller_id: own, level: "national".to_owned(), ..Level::default() };
        let level = make(&test, level).await.id;
        let shop = sip_customer(&test, own, "shop").await;
        name(&test, Of::Customer, shop.0, &[("ncos", "national")]).await;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, Status::Terminated).await).expect("ended");
        let values = [(attribute::find("ncos").expect("known"), Value::from("national"))].into_iter().collect();
        let again = transaction!(test.db, |tx| preference::replace(tx, &admin(), NOW, Of::Customer, shop.0, &values).await);
        assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
        transaction!(test.db, |tx| record::delete::<Level>(tx, &admin(), NOW, level.0).await).expect("nobody names it");
    }
}
