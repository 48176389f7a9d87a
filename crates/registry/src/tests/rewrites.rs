//! Rewrite rules, header rules and UPN rewrites: priorities, names, what a change does at once, what goes with what.

use std::collections::BTreeSet;

use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::header_rule::{self, Action, ActionType, Condition, Expression};
use crate::id::{AccountId, HeaderRuleId, HeaderRuleSetId, RewriteSetId, SubscriberId};
use crate::listing::{self, Query, Source};
use crate::preference::{self, Level, attribute};
use crate::record::{self, Kept, Stored};
use crate::rewrite::{self, Direction, MOST_RULES, Party, Rule, RuleSet, Way};
use crate::upn_rewrite::{self, UpnRewriteSet, UpnSource};
use crate::{Error, Result, subscriber, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

async fn add<R: Kept>(test: &TestDb, caller: &Caller, record: R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, record.clone()).await)
}

async fn change<R: Kept>(test: &TestDb, caller: &Caller, record: R) -> Result<R> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW, record.clone()).await)
}

async fn remove<R: Kept>(test: &TestDb, caller: &Caller, id: i64) -> Result<R> {
    transaction!(test.db, |tx| record::delete(tx, caller, NOW, id).await)
}

/// How many of a list there are, as they are counted and as they are there.
async fn count(test: &TestDb, caller: &Caller, source: &'static Source) -> usize {
    let query = Query { limit: 10_000, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), caller, source, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64), "{}", source.name);
    page.ids.len()
}

fn set(reseller: AccountId, name: &str) -> RuleSet {
    RuleSet { reseller_id: reseller, name: name.to_owned(), ..RuleSet::default() }
}

fn rule(set: RewriteSetId, pattern: &str, replacement: &str) -> Rule {
    Rule {
        set_id: set,
        match_pattern: pattern.to_owned(),
        replace_pattern: replacement.to_owned(),
        description: "of a test".to_owned(),
        ..Rule::default()
    }
}

async fn rewritten(test: &TestDb, set: RewriteSetId, number: &str) -> String {
    let plan = rewrite::of_set(&mut test.db.reader(), set).await.expect("readable").expect("a set");
    plan.apply(Way::CallerIn, &rewrite::Variables::new(), &[number]).expect("rewritten").remove(0).number
}

fn refused_for<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result {
        Err(Error::Invalid { field, .. } | Error::Dangling { field, .. } | Error::Taken { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

store::on_both! {
    async fn sets_and_rules_keep_to_their_reseller(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (here, there) = (acting(RESELLER, Role::Reseller), acting(acme, Role::Reseller));
        let own = add(&test, &here, set(RESELLER, "own")).await.expect("a set");
        let theirs = add(&test, &there, set(acme, "theirs")).await.expect("a set");
        assert_eq!(refused_for(add(&test, &there, set(acme, "own")).await), "name", "unique on the platform");
        assert_eq!(refused_for(add(&test, &there, set(RESELLER, "x")).await), "reseller_id");
        let moved = change(&test, &admin(), RuleSet { reseller_id: acme, ..own.clone() }).await;
        assert!(matches!(moved, Err(Error::Conflict(_))), "{moved:?}");
        let customer = sip_customer(&test, RESELLER, "shop").await;
        let refused = add(&test, &acting(customer, Role::SubscriberAdmin), set(RESELLER, "y")).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        assert_eq!(refused_for(add(&test, &here, rule(theirs.id, "^1$", "2")).await), "set_id");
        let hidden = remove::<RuleSet>(&test, &here, theirs.id.0).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");

        let mut priorities = Vec::new();
        for (direction, field, priority) in [
            (Direction::In, Party::Caller, None),
            (Direction::In, Party::Caller, None),
            (Direction::In, Party::Callee, None),
            (Direction::In, Party::Caller, Some(40)),
            (Direction::In, Party::Caller, None),
            (Direction::Lnp, Party::Caller, None),
        ] {
            let made = Rule { direction, field, priority, ..rule(own.id, "^1$", "2") };
            priorities.push(add(&test, &here, made).await.expect("a rule").priority.expect("a priority"));
        }
        assert_eq!(priorities, [1, 2, 1, 40, 41, 1]);
        assert_eq!((count(&test, &here, &rewrite::RULES).await, count(&test, &there, &rewrite::RULES).await), (6, 0));

        let several = vec![rule(own.id, "^1$", "2"), Rule { priority: Some(7), ..rule(own.id, "^2$", "3") }, rule(
            own.id,
            "^3$",
            "4",
        )];
        let made = transaction!(test.db, |tx| {
            rewrite::set_rules(tx, &here, NOW, own.id, several.clone()).await
        });
        let made: Vec<_> = made.expect("rules").iter().map(|rule| (rule.priority, rule.reseller_id)).collect();
        assert_eq!(made, [(Some(1), RESELLER), (Some(7), RESELLER), (Some(8), RESELLER)]);
        assert_eq!(count(&test, &here, &rewrite::RULES).await, 3);
        let many: Vec<Rule> = (0..=MOST_RULES).map(|_| rule(own.id, "^1$", "2")).collect();
        let refused = transaction!(test.db, |tx| rewrite::set_rules(tx, &here, NOW, own.id, many.clone()).await);
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        let full = many[1..].to_vec();
        transaction!(test.db, |tx| rewrite::set_rules(tx, &here, NOW, own.id, full.clone()).await).expect("as many");
        let refused = add(&test, &here, rule(own.id, "^1$", "2")).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        remove::<RuleSet>(&test, &here, own.id.0).await.expect("it goes with its rules");
        assert_eq!(count(&test, &admin(), &rewrite::RULES).await, 0);
        assert_eq!(count(&test, &admin(), &rewrite::SETS).await, 1);
    }

    async fn patterns_of_a_way_are_bounded_together(test: TestDb) {
        started(&test).await;
        let caller = admin();
        let id = add(&test, &caller, set(RESELLER, "large")).await.expect("a set").id;
        let large = || rule(id, "(?:[0-9a-z]{1,10}[0-9]{1,10}){1,8}[x-z]{40}", "1");
        let several: Vec<Rule> = (0..100).map(|_| large()).collect();
        let put = async |rules: Vec<Rule>| {
            transaction!(test.db, |tx| rewrite::set_rules(tx, &caller, NOW, id, rules.clone()).await)
        };
        put(several.clone()).await.expect("fewer than 50 000 parts");
        assert_eq!(refused_for(put([several.clone(), several].concat()).await), "match_pattern");
        put((0..102).map(|_| large()).collect()).await.expect("just fewer");
        assert_eq!(refused_for(add(&test, &caller, large()).await), "match_pattern");
        let mut other = add(&test, &caller, Rule { field: Party::Callee, ..large() }).await.expect("another way");
        other.field = Party::Caller;
        assert_eq!(refused_for(change(&test, &caller, other.clone()).await), "match_pattern");
        let mut small = add(&test, &caller, rule(id, r"^\d{3}$", "1")).await.expect("a rule");
        small.description = "changed".to_owned();
        let mut small = change(&test, &caller, small).await.expect("what was there may stay");
        small.match_pattern = other.match_pattern;
        assert_eq!(refused_for(change(&test, &caller, small).await), "match_pattern");
        assert_eq!(rewritten(&test, id, "123").await, "1");
    }

    async fn a_change_of_rules_shows_at_once(test: TestDb) {
        started(&test).await;
        let caller = admin();
        let one = add(&test, &caller, set(RESELLER, "one")).await.expect("a set").id;
        let two = add(&test, &caller, set(RESELLER, "two")).await.expect("a set").id;
        assert_eq!(rewritten(&test, one, "001").await, "001");
        let mut made = add(&test, &caller, rule(one, r"^00(\d+)$", r"\1")).await.expect("a rule");
        assert_eq!(rewritten(&test, one, "001").await, "1");
        made.replace_pattern = r"+\1".to_owned();
        let mut made = change(&test, &caller, made).await.expect("changed");
        assert_eq!(rewritten(&test, one, "001").await, "+1");
        made.set_id = two;
        let made = change(&test, &caller, made).await.expect("moved");
        assert_eq!((rewritten(&test, one, "001").await, rewritten(&test, two, "001").await), ("001".into(), "+1".into()));
        change(&test, &caller, RuleSet { id: two, ..set(RESELLER, "renamed") }).await.expect("renamed");
        assert_eq!(rewritten(&test, two, "001").await, "+1");
        let several = vec![rule(two, "^001$", "x")];
        transaction!(test.db, |tx| rewrite::set_rules(tx, &caller, NOW, two, several.clone()).await).expect("replaced");
        assert_eq!(rewritten(&test, two, "001").await, "x");
        let gone = remove::<Rule>(&test, &caller, made.id.0).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
        let undone: Result<()> = transaction!(test.db, |tx| {
            rewrite::set_rules(tx, &caller, NOW, two, Vec::new()).await?;
            let plan = rewrite::of_set(tx, two).await?.expect("a set");
            assert_eq!(plan.apply(Way::CallerIn, &rewrite::Variables::new(), &["001"])?[0].number, "001");
            Err(Error::Conflict("undone".to_owned()))
        });
        assert!(undone.is_err());
        assert_eq!(rewritten(&test, two, "001").await, "x", "what was undone is not remembered");
        remove::<RuleSet>(&test, &caller, two.0).await.expect("removed");
        assert!(rewrite::of_set(&mut test.db.reader(), two).await.expect("readable").is_none());
    }

    async fn a_subscriber_has_its_own_set_or_its_domains(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await;
        let mut sets = Vec::new();
        for (level, owner) in [(Level::Domain, domain.0), (Level::Subscriber, alice.id.0)] {
            assert_eq!(rewrite::set_of(&mut test.db.reader(), &alice).await.expect("readable"), sets.last().copied());
            let made = add(&test, &admin(), set(RESELLER, level.as_str())).await.expect("a set").id;
            let id = made.0.to_string();
            transaction!(test.db, |tx| {
                preference::set_system(tx, level, owner, "rewrite_rule_set", &[&id]).await?;
                preference::set_system(tx, level, owner, "outbound_from_user", &[level.as_str()]).await
            })
            .expect("set");
            sets.push(made);
        }
        assert_eq!(rewrite::set_of(&mut test.db.reader(), &alice).await.expect("readable"), sets.last().copied());
        let named = remove::<RuleSet>(&test, &admin(), sets[0].0).await;
        assert!(matches!(named, Err(Error::InUse { .. })), "{named:?}");

        let names = BTreeSet::from(["caller_cc", "callee_ac", "caller_outbound_from_user", "caller_alias_list", "cc", "caller_x"]);
        let known = rewrite::variables_of(&mut test.db.reader(), &alice, &names).await.expect("readable");
        let of = |name: &str| known.get(name).cloned().unwrap_or_default();
        assert_eq!((of("caller_cc"), of("callee_ac")), (vec!["43".to_owned()], vec!["1".to_owned()]));
        assert_eq!(of("caller_outbound_from_user"), ["subscriber"]);
        assert_eq!(of("caller_alias_list"), ["4311001"]);
        assert!(of("cc").is_empty() && of("caller_x").is_empty());
        transaction!(test.db, |tx| subscriber::terminate(tx, &admin(), NOW, alice.id).await).expect("terminated");
        remove::<RuleSet>(&test, &admin(), sets[1].0).await.expect("nobody names it");
    }

    async fn header_rules_go_with_their_set(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (here, there) = (acting(RESELLER, Role::Reseller), acting(acme, Role::Reseller));
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await.id;
        let of = |reseller, name: &str, subscriber_id| header_rule::RuleSet {
            reseller_id: reseller,
            name: name.to_owned(),
            subscriber_id,
            ..header_rule::RuleSet::default()
        };
        let own = add(&test, &here, of(RESELLER, "own", Some(alice))).await.expect("a set").id;
        assert_eq!(refused_for(add(&test, &here, of(RESELLER, "own", None)).await), "name");
        let other = add(&test, &there, of(acme, "own", None)).await.expect("names are a reseller's own").id;
        assert_eq!(refused_for(add(&test, &there, of(acme, "x", Some(alice))).await), "subscriber_id");
        assert_eq!(refused_for(add(&test, &admin(), of(acme, "x", Some(alice))).await), "subscriber_id");

        let rule = |set_id: HeaderRuleSetId| header_rule::Rule { set_id, name: "r".to_owned(), ..Default::default() };
        assert_eq!(refused_for(add(&test, &here, rule(other)).await), "set_id");
        let made = add(&test, &here, rule(own)).await.expect("a rule");
        assert_eq!(made.priority, Some(1));
        assert_eq!(add(&test, &here, rule(own)).await.expect("a rule").priority, Some(2));
        assert_eq!(refused_for(change(&test, &admin(), header_rule::Rule { set_id: other, ..made.clone() }).await), "set_id");

        let rewrites = add(&test, &here, set(RESELLER, "rewrites")).await.expect("a set").id;
        let foreign = add(&test, &there, set(acme, "foreign")).await.expect("a set").id;
        let condition = |rule_id: HeaderRuleId, set: Option<RewriteSetId>, way| Condition {
            rule_id,
            match_name: "From".to_owned(),
            expression: Expression::Regexp,
            value_list: Stored(vec![r"^(?!00)\d".to_owned()]),
            rwr_set_id: set,
            rwr_dp: way,
            ..Condition::default()
        };
        let way = Some(Way::CalleeIn);
        assert_eq!(refused_for(add(&test, &there, condition(made.id, None, None)).await), "rule_id");
        assert_eq!(refused_for(add(&test, &here, condition(made.id, Some(rewrites), None)).await), "rwr_dp");
        assert_eq!(refused_for(add(&test, &here, condition(made.id, Some(foreign), way)).await), "rwr_set_id");
        assert_eq!(refused_for(add(&test, &admin(), condition(made.id, Some(foreign), way)).await), "rwr_set_id");
        let broken = Condition { value_list: Stored(vec!["(".to_owned()]), ..condition(made.id, None, None) };
        assert_eq!(refused_for(add(&test, &here, broken).await), "values");
        let kept = add(&test, &here, condition(made.id, Some(rewrites), way)).await.expect("a condition");
        assert_eq!(kept.rwr_dp_id, Some((rewrites.0 - 1) * 6 + 2));
        let action = |action_type, value: Option<&str>| Action {
            rule_id: made.id,
            header: "P-Asserted-Identity".to_owned(),
            action_type,
            value: value.map(str::to_owned),
            ..Action::default()
        };
        assert_eq!(refused_for(add(&test, &here, action(ActionType::Set, None)).await), "value");
        add(&test, &here, action(ActionType::Remove, None)).await.expect("an action");
        let last = add(&test, &here, action(ActionType::Set, Some("x"))).await.expect("an action");
        assert_eq!(last.priority, Some(2));
        let used = remove::<RuleSet>(&test, &here, rewrites.0).await;
        assert!(matches!(used, Err(Error::InUse { .. })), "{used:?}");

        let counts = async || {
            let lists = [&header_rule::SETS, &header_rule::RULES, &header_rule::CONDITIONS, &header_rule::ACTIONS];
            let mut all = Vec::new();
            for list in lists {
                all.push(count(&test, &here, list).await);
            }
            all
        };
        assert_eq!(counts().await, [1, 2, 1, 2]);
        remove::<header_rule::Rule>(&test, &here, made.id.0).await.expect("a rule goes with what is its own");
        assert_eq!(counts().await, [1, 1, 0, 0]);
        let again = add(&test, &here, rule(own)).await.expect("a rule");
        add(&test, &here, condition(again.id, None, None)).await.expect("a condition");
        add(&test, &here, Action { rule_id: again.id, ..action(ActionType::Remove, None) }).await.expect("an action");
        remove::<header_rule::RuleSet>(&test, &here, own.0).await.expect("so does a set");
        assert_eq!(counts().await, [0, 0, 0, 0]);
        remove::<RuleSet>(&test, &here, rewrites.0).await.expect("nothing names it any more");
    }

    async fn header_rules_of_a_subscribers_own_end_with_it(test: TestDb) {
        started(&test).await;
        let here = acting(RESELLER, Role::Reseller);
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await.id;
        let of = |subscriber_id| header_rule::RuleSet {
            reseller_id: RESELLER, name: "own".to_owned(), subscriber_id, ..Default::default()
        };
        let own = add(&test, &here, of(Some(alice))).await.expect("a set").id;
        let rule = header_rule::Rule { set_id: own, name: "r".to_owned(), ..Default::default() };
        let rule = add(&test, &here, rule).await.expect("a rule").id;
        let action = Action { rule_id: rule, action_type: ActionType::Remove, ..Action::default() };
        add(&test, &here, action).await.expect("an action");
        let names = [("header_rule_set", "own")].map(|(name, text)| (attribute::find(name).expect("known"), text.into()));
        let values = names.into_iter().collect();
        transaction!(test.db, |tx| preference::replace(tx, &here, NOW, Level::Subscriber, alice.0, &values).await)
            .expect("named");
        transaction!(test.db, |tx| subscriber::terminate(tx, &here, NOW, alice).await).expect("terminated");
        for list in [&header_rule::SETS, &header_rule::RULES, &header_rule::ACTIONS] {
            assert_eq!(count(&test, &here, list).await, 0, "{}", list.name);
        }
        add(&test, &here, of(None)).await.expect("the name is free");
    }

    async fn upn_rewrites_end_with_their_subscriber(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let here = acting(RESELLER, Role::Reseller);
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1001")).await.id;
        let bob = add_subscriber(&test, &new(shop, domain, "bob", "1002")).await.id;
        let of = |subscriber_id: SubscriberId, pattern: &str| UpnRewriteSet {
            subscriber_id,
            new_cli: "4311001".to_owned(),
            upn_rewrite_sources: Stored(vec![UpnSource { pattern: pattern.to_owned() }]),
            ..UpnRewriteSet::default()
        };
        assert_eq!(refused_for(add(&test, &acting(acme, Role::Reseller), of(alice, "^0$")).await), "subscriber_id");
        assert_eq!(refused_for(add(&test, &here, of(alice, "(")).await), "upn_rewrite_sources");
        let made = add(&test, &here, of(alice, "^0$")).await.expect("a set");
        assert_eq!((made.account_id, made.reseller_id), (shop, RESELLER));
        add(&test, &here, of(bob, "^(?!4)")).await.expect("the proxies know look-around");
        let moved = change(&test, &here, UpnRewriteSet { subscriber_id: bob, ..made.clone() }).await;
        assert_eq!(refused_for(moved), "subscriber_id");
        transaction!(test.db, |tx| subscriber::terminate(tx, &admin(), NOW, alice).await).expect("terminated");
        assert_eq!(count(&test, &here, &upn_rewrite::ALL).await, 1);
        let gone = remove::<UpnRewriteSet>(&test, &here, made.id.0).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    }
}
