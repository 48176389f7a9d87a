//! SIP accounts: what they and subscribers share, who keeps them, their money, and what hangs on them.

mod aliases;
mod doors;
mod money;
mod services;

use store::args;
use store::testing::TestDb;

use super::dns::{acting_for, limit, seen_by, why};
use super::subscribers::{add_domain, add_subscriber, new, same, sealer, sip_customer};
use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::{self, Kind};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, SubscriberId};
use crate::listing::{self, Condition, Query};
use crate::preference::{self, Level, Value};
use crate::rating_profile::RatingProfile;
use crate::sip_account::{
    self, AUTOINCREMENT, Acl, Change, Named, NewSipAccount, Settings, SipAccount, accept, balance, contact, group,
};
use crate::sip_domain::{self, NewDomain, SipDomain, Tls};
use crate::subscriber::{self, SUBSCRIBERS, SipPassword, Subscriber};
use crate::{Error, MIGRATIONS, Result, quota, rating_profile, sip_alias, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQA=\n-----END PRIVATE KEY-----";

/// Gives an account a property that says yes.
async fn permit(test: &TestDb, account: AccountId, name: &str) {
    const INSERT: &str = "INSERT INTO account_properties (account_id, name, value, category, permission) \
        VALUES ($1, $2, '1', 'sip', 'admin')";
    transaction!(test.db, |tx| Ok(tx.execute(INSERT, args![account, name]).await?)).expect("a property");
}

fn of(domain: &str, username: &str) -> NewSipAccount {
    NewSipAccount {
        username: username.to_owned(),
        domain: domain.to_owned(),
        owner_id: None,
        password: SipPassword::new("pa:ss wörd").expect("a password"),
        settings: Settings { first_name: "Alice".to_owned(), last_name: "Smith".to_owned(), ..Settings::default() },
    }
}

async fn make(test: &TestDb, caller: &Caller, new: &NewSipAccount) -> Result<SipAccount> {
    transaction!(test.db, |tx| sip_account::create(tx, caller, NOW, &sealer(), new).await)
}

/// A SIP account in a domain, of whoever has the domain.
async fn an_account(test: &TestDb, domain: &str, username: &str) -> SipAccount {
    let made = make(test, &admin(), &of(domain, username)).await;
    made.unwrap_or_else(|error| panic!("{username}@{domain}: {error}"))
}

async fn change(test: &TestDb, caller: &Caller, id: SubscriberId, settings: &Settings) -> Result<SipAccount> {
    let change = Change { owner_id: None, password: None, settings: settings.clone() };
    transaction!(test.db, |tx| sip_account::update(tx, caller, NOW + 1, &sealer(), id, &change).await)
}

async fn give_to(test: &TestDb, caller: &Caller, account: &SipAccount, owner: AccountId) -> Result<SipAccount> {
    let change = Change { owner_id: Some(owner), password: None, settings: account.settings.clone() };
    transaction!(test.db, |tx| sip_account::update(tx, caller, NOW + 1, &sealer(), account.id, &change).await)
}

async fn remove(test: &TestDb, caller: &Caller, id: SubscriberId) -> Result<()> {
    transaction!(test.db, |tx| sip_account::delete(tx, caller, NOW + 2, id).await)
}

async fn read(test: &TestDb, id: SubscriberId) -> SipAccount {
    sip_account::get(&mut test.db.reader(), &admin(), &sealer(), id).await.expect("a SIP account")
}

async fn seen(test: &TestDb, id: SubscriberId) -> Subscriber {
    subscriber::get(&mut test.db.reader(), &admin(), id).await.expect("a subscriber")
}

async fn preferred(test: &TestDb, id: SubscriberId, attribute: &str) -> Vec<String> {
    preference::texts(&mut test.db.reader(), Level::Subscriber, id.0, attribute).await.expect("readable")
}

/// Sets a preference as another door does.
async fn prefer(test: &TestDb, id: SubscriberId, name: &str, value: Value) {
    transaction!(test.db, |tx| {
        let mut values = preference::all_of(tx, Level::Subscriber, &[id.0]).await?.remove(&id.0).expect("values");
        values.set(preference::attribute::find(name).expect("an attribute"), value.clone());
        preference::replace(tx, &admin(), NOW, Level::Subscriber, id.0, &values).await
    })
    .expect("a preference");
}

async fn found_by(test: &TestDb, caller: &Caller, conditions: Vec<Condition>) -> Vec<String> {
    let mut tx = test.db.reader();
    let query = Query { conditions, order: Some("username"), limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut tx, caller, &SUBSCRIBERS, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64));
    let accounts = sip_account::load(&mut tx, caller, &sealer(), &page.ids).await.expect("accounts");
    accounts.into_iter().map(|account| account.username).collect()
}

fn domain_of(account: AccountId, name: &str) -> NewDomain {
    NewDomain { account_id: account, domain: name.to_owned(), tls: Tls::default(), private_key: None }
}

async fn make_domain(test: &TestDb, caller: &Caller, new: &NewDomain) -> Result<SipDomain> {
    transaction!(test.db, |tx| sip_domain::add(tx, caller, NOW, &sealer(), new).await)
}

async fn move_domain(test: &TestDb, caller: &Caller, domain: &SipDomain, to: AccountId) -> Result<SipDomain> {
    let change = sip_domain::Change { account_id: Some(to), tls: domain.tls.clone(), private_key: None };
    transaction!(test.db, |tx| sip_domain::change(tx, caller, NOW + 1, &sealer(), domain.id, &change).await)
}

async fn used(test: &TestDb, account: AccountId, kind: quota::Kind) -> i64 {
    quota::get(&mut test.db.reader(), &admin(), account, kind).await.expect("readable").expect("a limit").used
}

store::on_both! {
    async fn a_domain_is_the_operators_a_resellers_or_a_customers(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = sip_customer(&test, acme, "shop").await;
        let other = customer(&test, "other").await;
        for (caller, account, name, expected) in [
            (admin(), AccountId::OPERATOR, "platform.example.org", "done"),
            (admin(), acme, "Acme.example.org", "done"),
            (acting(acme, Role::Reseller), shop, "shop.example.org", "done"),
            (acting(acme, Role::Reseller), acme, "shop.example.org", "taken"),
            (acting(acme, Role::Reseller), other, "b.example.org", "dangling account_id"),
            (acting(acme, Role::Reseller), AccountId::OPERATOR, "b.example.org", "dangling account_id"),
            (acting(shop, Role::Customer), shop, "own.example.org", "done"),
            (acting(shop, Role::Customer), acme, "b.example.org", "dangling account_id"),
            (acting(shop, Role::SubscriberAdmin), shop, "b.example.org", "not allowed"),
            (acting_for(shop), shop, "for.example.org", "done"),
            (admin(), acme, "a b", "invalid domain"),
        ] {
            assert_eq!(why(make_domain(&test, &caller, &domain_of(account, name)).await), expected, "{caller:?} {name}");
        }
        let names = async |caller: Caller| {
            let ids = seen_by(&test, &caller, &sip_domain::DOMAINS).await;
            let found = sip_domain::load(&mut test.db.reader(), &ids).await.expect("domains");
            found.into_iter().map(|domain| domain.domain).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(acting(shop, Role::Customer)).await, "shop.example.org own.example.org for.example.org");
        assert_eq!(
            names(acting(acme, Role::Reseller)).await,
            "acme.example.org shop.example.org own.example.org for.example.org"
        );
        assert_eq!(names(acting(other, Role::Customer)).await, "");
    }

    async fn what_tls_needs_is_kept_and_the_key_is_not_in_the_clear(test: TestDb) {
        started(&test).await;
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----".to_owned();
        let tls = Tls { certificate, verify_cert: true, match_ip_address: "192.0.2.1".to_owned(), ..Tls::default() };
        let new = NewDomain { tls: tls.clone(), private_key: Some(KEY.to_owned()), ..domain_of(RESELLER, "a.example.org") };
        let made = make_domain(&test, &admin(), &new).await.expect("a domain");
        let again = sip_domain::named(&mut test.db.reader(), &admin(), "A.example.org").await.expect("a domain");
        assert_eq!((again.id, &again.tls, again.modified_at), (made.id, &tls, NOW));
        assert_eq!(again.private_key(&admin(), &sealer()).expect("opens").as_deref(), Some(KEY));
        let altered_by = async |caller: &Caller, tls: Tls, private_key: Option<&str>| {
            let change = sip_domain::Change { account_id: None, tls, private_key: private_key.map(str::to_owned) };
            transaction!(test.db, |tx| sip_domain::change(tx, caller, NOW + 1, &sealer(), made.id, &change).await)
        };
        let operator = admin();
        let alter = async |tls: Tls, private_key: Option<&str>| altered_by(&operator, tls, private_key).await;
        let mut humble = admin();
        humble.rights.show_passwords = false;
        let after = altered_by(&humble, tls.clone(), Some("")).await.expect("changed");
        assert_eq!(after.private_key(&humble, &sealer()).expect("hidden"), None);
        assert_eq!(after.private_key(&admin(), &sealer()).expect("opens").as_deref(), Some(KEY), "what it is not shown stays");
        let after = alter(Tls { require_cert: true, ..tls.clone() }, None).await.expect("changed");
        assert_eq!(after.private_key(&admin(), &sealer()).expect("opens").as_deref(), Some(KEY), "it stays");
        let after = alter(tls.clone(), Some("")).await.expect("changed");
        assert_eq!(after.private_key(&admin(), &sealer()).expect("opens"), None);
        assert_eq!(why(alter(Tls { certificate: "MIIB".to_owned(), ..tls.clone() }, None).await), "invalid certificate");
        assert_eq!(why(alter(tls, Some("secret")).await), "invalid private_key");
        let rows = test.db.reader().query("SELECT after FROM journal WHERE kind = 'sip_domains'", args![]).await.expect("rows");
        assert!(rows.iter().all(|row| !row.at::<serde_json::Value>(0).expect("json").to_string().contains("PRIVATE")));
    }

    async fn a_domain_that_moves_takes_its_counts_along(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let mill = sip_customer(&test, RESELLER, "mill").await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let domain = make_domain(&test, &admin(), &domain_of(RESELLER, "a.example.org")).await.expect("a domain");
        let alice = an_account(&test, "a.example.org", "alice").await;
        let prices = |caller: Caller, entity: &'static str| {
            let wanted = RatingProfile { entity: entity.to_owned(), weekday: "1".to_owned(), ..RatingProfile::default() };
            let db = test.db.clone();
            async move { transaction!(db, |tx| rating_profile::set(tx, &caller, NOW, wanted.clone()).await) }
        };
        for entity in ["domain://a.example.org", "subscriber://alice@a.example.org"] {
            prices(admin(), entity).await.expect("prices");
        }
        assert_eq!((alice.owner_id, alice.account_id, alice.reseller_id), (RESELLER, RESELLER, RESELLER));
        let owned = NewSipAccount { owner_id: Some(mill), ..of("a.example.org", "bob") };
        make(&test, &admin(), &owned).await.expect("an account");
        limit(&test, shop, quota::Kind::Subscribers, 2).await;
        limit(&test, mill, quota::Kind::Subscribers, 5).await;
        assert_eq!(why(move_domain(&test, &acting(RESELLER, Role::Reseller), &domain, shop).await), "not allowed");
        move_domain(&test, &admin(), &domain, shop).await.expect("moved");
        let alice = read(&test, alice.id).await;
        assert_eq!((alice.owner_id, alice.account_id), (RESELLER, shop), "it keeps its owner");
        assert_eq!((used(&test, shop, quota::Kind::Subscribers).await, used(&test, mill, quota::Kind::Subscribers).await), (2, 1));
        assert_eq!(found_by(&test, &acting(shop, Role::Customer), vec![]).await, ["alice", "bob"]);
        assert_eq!(found_by(&test, &acting(mill, Role::Customer), vec![]).await, ["bob"]);
        assert_eq!(why(make(&test, &admin(), &of("a.example.org", "carol")).await), format!("{shop}: 2 of 2 subscribers"));
        assert_eq!(why(move_domain(&test, &admin(), &domain, acme).await), "conflict");
        // Where it counts before and after, a limit that is reached or passed is no matter.
        for account in [shop, RESELLER] {
            transaction!(test.db, |tx| quota::put(tx, account, quota::Kind::Subscribers, Some(0)).await).expect("a limit");
        }
        let counted = async |account: AccountId| used(&test, account, quota::Kind::Subscribers).await;
        let before = (counted(shop).await, counted(RESELLER).await);
        give_to(&test, &admin(), &alice, shop).await.expect("given");
        give_to(&test, &admin(), &alice, RESELLER).await.expect("and back");
        assert_eq!((counted(shop).await, counted(RESELLER).await), before);
        transaction!(test.db, |tx| quota::put(tx, RESELLER, quota::Kind::Subscribers, None).await).expect("no limit");
        transaction!(test.db, |tx| quota::put(tx, shop, quota::Kind::Subscribers, Some(2)).await).expect("as it was");
        // What it costs follows whose it is.
        let of_domain = rating_profile::get(&mut test.db.reader(), &acting(shop, Role::Customer), "domain://a.example.org").await;
        assert_eq!(of_domain.expect("seen").account_id, shop);
        give_to(&test, &admin(), &alice, mill).await.expect("given");
        let of_alice = rating_profile::get(&mut test.db.reader(), &acting(mill, Role::Customer), "subscriber://alice@a.example.org").await;
        assert_eq!(of_alice.expect("seen").account_id, mill);
        move_domain(&test, &admin(), &domain, AccountId::OPERATOR).await.expect("moved");
        assert_eq!(used(&test, shop, quota::Kind::Subscribers).await, 0);

        let gone = transaction!(test.db, |tx| sip_domain::remove(tx, &admin(), NOW, domain.id).await);
        assert_eq!(why(gone), "in use");
        for username in ["alice", "bob"] {
            let id = sip_account::find(&mut test.db.reader(), &admin(), username, "a.example.org").await.expect("there");
            remove(&test, &admin(), id).await.expect("removed");
        }
        transaction!(test.db, |tx| sip_domain::remove(tx, &admin(), NOW, domain.id).await).expect("removed");
        let named = sip_domain::named(&mut test.db.reader(), &admin(), "a.example.org").await;
        assert_eq!(why(named), "not found");
    }

    async fn domains_end_with_their_customer(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        make_domain(&test, &admin(), &domain_of(shop, "a.example.org")).await.expect("a domain");
        let mut alice = of("a.example.org", "alice");
        alice.settings.groups.push("sms".to_owned());
        alice.settings.prepaid = true;
        let alice = make(&test, &admin(), &alice).await.expect("made");
        transaction!(test.db, |tx| {
            let rule = accept::Temporary { minutes: 5, ..Default::default() };
            let rules = accept::AcceptRules { temporary: Some(rule), ..Default::default() };
            accept::replace(tx, &admin(), NOW, &sealer(), alice.id, rules).await?;
            let contact = contact::Contact { uri: "sip:bob@b.example".to_owned(), ..Default::default() };
            contact::add(tx, &admin(), NOW, alice.id, &contact).await?;
            balance::add(tx, &admin(), NOW, alice.id, crate::Money(5), "").await?;
            let alias = sip_alias::NewAlias { username: "a".to_owned(), domain: "a.example.org".to_owned(), target: alice.id, owner_id: None };
            sip_alias::create(tx, &admin(), NOW, &alias).await
        })
        .expect("belongings");
        let ended = account::Status::Terminated;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, ended).await).expect("terminated");
        assert_eq!(why(sip_domain::named(&mut test.db.reader(), &admin(), "a.example.org").await), "not found");
        assert_eq!(why(sip_account::get(&mut test.db.reader(), &admin(), &sealer(), alice.id).await), "not found");
        for table in [
            "sip_account_settings", "sip_account_groups", "sip_account_balances", "sip_aliases",
            "subscriber_services", "subscriber_phonebook_entries",
        ] {
            let rows = test.db.reader().query(&format!("SELECT * FROM {table}"), args![]).await.expect("rows");
            assert!(rows.is_empty(), "{table}");
        }
        assert_eq!(seen_by(&test, &admin(), &sip_alias::ALL).await, Vec::<i64>::new());
    }

    async fn who_keeps_and_who_owns_an_account(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (shop, mill) = (sip_customer(&test, acme, "shop").await, sip_customer(&test, acme, "mill").await);
        let other = sip_customer(&test, RESELLER, "other").await;
        for account in [acme, shop, mill] {
            for name in ["prepaid_changes", "pstn_access"] {
                permit(&test, account, name).await;
            }
        }
        for (account, name) in
            [(AccountId::OPERATOR, "platform.example"), (acme, "acme.example"), (shop, "shop.example")]
        {
            make_domain(&test, &admin(), &domain_of(account, name)).await.expect("a domain");
        }
        // Who may make an account in which domain, and give it to whom.
        for (caller, domain, owner, expected) in [
            (acting(acme, Role::Reseller), "platform.example", None, "dangling domain"),
            (acting(acme, Role::Reseller), "acme.example", None, "done"),
            (acting(acme, Role::Reseller), "shop.example", Some(mill), "done"),
            (acting(acme, Role::Reseller), "acme.example", Some(other), "dangling owner_id"),
            (admin(), "acme.example", Some(other), "invalid owner_id"),
            (admin(), "platform.example", Some(other), "done"),
            (admin(), "platform.example", None, "done"),
            (acting_for(acme), "acme.example", Some(shop), "done"),
            (acting(shop, Role::Customer), "shop.example", None, "done"),
            (acting(shop, Role::Customer), "acme.example", None, "dangling domain"),
            (acting(shop, Role::Customer), "shop.example", Some(mill), "dangling owner_id"),
            (acting(shop, Role::SubscriberAdmin), "shop.example", None, "not allowed"),
        ] {
            let new = NewSipAccount { owner_id: owner, ..of(domain, AUTOINCREMENT) };
            assert_eq!(why(make(&test, &caller, &new).await), expected, "{caller:?} {domain} {owner:?}");
        }
        // Who may change and remove what.
        let in_acme = make(&test, &admin(), &NewSipAccount { owner_id: Some(shop), ..of("acme.example", "one") }).await.expect("made");
        let in_shop = make(&test, &admin(), &NewSipAccount { owner_id: Some(mill), ..of("shop.example", "two") }).await.expect("made");
        // What others have shut, a customer does not open.
        let owner = acting(shop, Role::Customer);
        for group in ["blocked", "quota"] {
            let open = read(&test, in_acme.id).await.settings;
            let mut shut = open.clone();
            shut.groups.push(group.to_owned());
            assert_eq!(why(change(&test, &owner, in_acme.id, &shut).await), "not allowed", "{group}");
            change(&test, &acting(acme, Role::Reseller), in_acme.id, &shut).await.expect("shut");
            assert_eq!(why(change(&test, &owner, in_acme.id, &open).await), "not allowed", "{group}");
            assert_eq!(why(change(&test, &owner, in_acme.id, &shut).await), "done", "{group}");
            change(&test, &acting_for(acme), in_acme.id, &open).await.expect("opened");
        }
        for (caller, account, changes, gives, removes) in [
            (acting(shop, Role::Customer), &in_acme, "done", "not allowed", "not allowed"),
            (acting(mill, Role::Customer), &in_acme, "not found", "not found", "not found"),
            (acting(mill, Role::Customer), &in_shop, "done", "not allowed", "not allowed"),
            (acting(other, Role::Customer), &in_shop, "not found", "not found", "not found"),
            (acting(RESELLER, Role::Reseller), &in_shop, "not found", "not found", "not found"),
            (acting(shop, Role::Customer), &in_shop, "done", "dangling owner_id", "done"),
            (acting(acme, Role::Reseller), &in_acme, "done", "done", "done"),
        ] {
            assert_eq!(why(change(&test, &caller, account.id, &account.settings).await), changes, "{caller:?}");
            let to = if account.owner_id == shop { mill } else { acme };
            assert_eq!(why(give_to(&test, &caller, account, to).await), gives, "{caller:?}");
            assert_eq!(why(remove(&test, &caller, account.id).await), removes, "{caller:?}");
        }
    }

    async fn the_telephone_network_and_credit_need_properties(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = sip_customer(&test, acme, "shop").await;
        make_domain(&test, &admin(), &domain_of(acme, "acme.example")).await.expect("a domain");
        make_domain(&test, &admin(), &domain_of(shop, "shop.example")).await.expect("a domain");
        let (reseller, own) = (acting(acme, Role::Reseller), acting(shop, Role::Customer));
        let wanting = |domain: &str, groups: &[&str]| {
            let groups = groups.iter().map(|group| (*group).to_owned()).collect();
            let mut new = of(domain, AUTOINCREMENT);
            new.settings.groups = groups;
            new
        };
        let pstn = |domain| wanting(domain, &["free-pstn"]);
        assert_eq!(why(make(&test, &reseller, &pstn("acme.example")).await), "not allowed");
        let made = make(&test, &reseller, &wanting("acme.example", &["sms"])).await.expect("made");
        assert!(made.settings.prepaid, "who may not say so makes prepaid accounts");
        assert_eq!(made.settings.groups, ["sms", "prepaid"]);
        assert!(!make(&test, &admin(), &pstn("acme.example")).await.expect("made").settings.prepaid, "administrators may");
        permit(&test, acme, "pstn_access").await;
        let made = make(&test, &reseller, &pstn("acme.example")).await.expect("made");
        assert!(made.settings.prepaid);
        assert_eq!(why(make(&test, &own, &pstn("shop.example")).await), "not allowed", "the customer lacks it");
        assert_eq!(why(make(&test, &reseller, &pstn("shop.example")).await), "not allowed", "so does its domain");
        permit(&test, shop, "pstn_access").await;
        make(&test, &own, &pstn("shop.example")).await.expect("made");

        let postpaid = Settings { prepaid: false, ..made.settings.clone() };
        assert_eq!(why(change(&test, &reseller, made.id, &postpaid).await), "not allowed");
        change(&test, &reseller, made.id, &made.settings).await.expect("as it is");
        change(&test, &admin(), made.id, &postpaid).await.expect("changed");
        let plain = an_account(&test, "acme.example", "plain").await;
        let mut with_pstn = plain.settings.clone();
        with_pstn.groups.push("free-pstn".to_owned());
        let after = change(&test, &reseller, plain.id, &with_pstn).await.expect("changed");
        assert!(after.settings.prepaid, "who gets to the telephone network pays before");
        permit(&test, acme, "prepaid_changes").await;
        let after = change(&test, &reseller, made.id, &Settings { prepaid: true, ..postpaid.clone() }).await.expect("changed");
        assert!(after.settings.prepaid);
        change(&test, &reseller, made.id, &postpaid).await.expect("changed");
        let kept = group::add;
        let joined = transaction!(test.db, |tx| kept(tx, &own, NOW, &sealer(), made.id, "free-pstn").await);
        assert_eq!(why(joined), "not found", "it is not the customer's");
    }

    async fn groups_are_joined_and_left_one_at_a_time(test: TestDb) {
        started(&test).await;
        add_domain(&test, RESELLER, "a.example").await;
        let id = an_account(&test, "a.example", "alice").await.id;
        let join = async |name: &str| transaction!(test.db, |tx| group::add(tx, &admin(), NOW, &sealer(), id, name).await);
        let leave = async |name: &str| transaction!(test.db, |tx| group::remove(tx, &admin(), NOW, &sealer(), id, name).await);
        for name in ["quota", "blocked", "anonymous", "anonymous-reject", "prepaid", "sms"] {
            let missing = leave(name).await;
            assert!(matches!(&missing, Err(Error::NotFound { kind: "group", .. })), "{name} {missing:?}");
            join(name).await.expect("joined");
            let twice = join(name).await;
            assert!(matches!(&twice, Err(Error::Taken { kind: "group", .. })), "{name} {twice:?}");
            let found = found_by(&test, &admin(), vec![group::members(name)]).await;
            assert_eq!(found, ["alice"], "{name}");
        }
        let account = read(&test, id).await;
        assert_eq!(account.settings.groups, ["quota", "sms", "blocked", "prepaid", "anonymous", "anonymous-reject"]);
        assert_eq!(change(&test, &admin(), id, &account.settings).await.expect("as it is").settings, account.settings);
        assert_eq!(seen(&test, id).await.details.status, subscriber::Status::Locked);
        for name in ["blocked", "anonymous", "quota", "prepaid"] {
            leave(name).await.expect("left");
            assert!(found_by(&test, &admin(), vec![group::members(name)]).await.is_empty(), "{name}");
        }
        let subscriber = seen(&test, id).await;
        assert_eq!((subscriber.details.status, subscriber.details.lock_level), (subscriber::Status::Active, None));
        assert_eq!(why(join("a b").await), "invalid groups");
        // Whoever asks at the same time gets an answer each.
        let mut joining = Vec::new();
        for _ in 0..4 {
            let db = test.db.clone();
            joining.push(tokio::spawn(async move {
                transaction!(db, |tx| group::add(tx, &admin(), NOW, &sealer(), id, "quota").await)
            }));
        }
        let mut done = 0;
        for task in joining {
            done += i32::from(task.await.expect("it ran").is_ok());
        }
        assert_eq!(done, 1);
    }

    async fn the_server_makes_up_user_names(test: TestDb) {
        started(&test).await;
        add_domain(&test, RESELLER, "a.example").await;
        add_domain(&test, RESELLER, "b.example").await;
        for username in ["10001", "10002"] {
            an_account(&test, "a.example", username).await;
        }
        let mut making = Vec::new();
        for _ in 0..8 {
            let db = test.db.clone();
            making.push(tokio::spawn(async move {
                let new = of("a.example", AUTOINCREMENT);
                transaction!(db, |tx| sip_account::create(tx, &admin(), NOW, &sealer(), &new).await)
            }));
        }
        let mut names = std::collections::BTreeSet::new();
        for task in making {
            names.insert(task.await.expect("it ran").expect("an account").username);
        }
        assert_eq!(names.len(), 8, "{names:?}");
        assert!(names.iter().all(|name| name.parse::<i64>().is_ok_and(|n| n >= 10_000)), "{names:?}");
        assert_eq!(an_account(&test, "b.example", AUTOINCREMENT).await.username, "10000");
        let digests = SipPassword::of_digests(&format!("{}:{}", "0".repeat(32), "1".repeat(32))).expect("digests");
        let refused = make(&test, &admin(), &NewSipAccount { password: digests, ..of("b.example", AUTOINCREMENT) }).await;
        assert_eq!(why(refused), "invalid password");
    }

    async fn subscribers_of_before_are_sip_accounts(test: TestDb) {
        // As the schema was without SIP accounts, with an alias number of each of two subscribers.
        let before = MIGRATIONS.iter().position(|step| step.name == "0026_sip_accounts").expect("the step");
        store::migrate(&test.db, &MIGRATIONS[..before], NOW).await.expect("migrations apply");
        const ROWS: [&str; 5] = [
            "INSERT INTO accounts (id, uuid, reseller_id, kind, name, status, currency, balance, held, created_at, modified_at) \
             VALUES (0, 'a', 0, 'operator', 'operator', 'active', 'EUR', 0, 0, 0, 0)",
            "INSERT INTO accounts (id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, created_at, \
             modified_at) VALUES (1, 'b', 0, 1, 'reseller', 'default', 'active', 'EUR', 0, 0, 0, 0)",
            "INSERT INTO sip_domains (id, account_id, reseller_id, domain, status, created_at, modified_at) \
             VALUES (7, 1, 1, 'a.example', 'active', 0, 0)",
            "INSERT INTO subscribers (id, uuid, account_id, reseller_id, domain_id, username, status, administrative, \
             is_pbx_pilot, is_pbx_group, credential_version, created_at, modified_at) VALUES \
             (8, 'c', 1, 1, 7, 'alice', 'active', FALSE, FALSE, FALSE, 1, 0, 0), \
             (9, 'd', 1, 1, 7, '31202', 'active', FALSE, FALSE, FALSE, 1, 0, 0)",
            "INSERT INTO numbers (id, digits, state, account_id, reseller_id, subscriber_id, is_primary, created_at, modified_at) \
             VALUES (1, '31200', 'in_service', 1, 1, 8, TRUE, 0, 0), (2, '31201', 'in_service', 1, 1, 8, FALSE, 0, 5), \
             (3, '31202', 'in_service', 1, 1, 9, FALSE, 0, 0)",
        ];
        transaction!(test.db, |tx| {
            for sql in ROWS {
                tx.execute(sql, args![]).await?;
            }
            Ok(())
        })
        .expect("rows");
        store::migrate(&test.db, MIGRATIONS, NOW).await.expect("the rest applies");
        let ids = seen_by(&test, &admin(), &sip_alias::ALL).await;
        assert_eq!(seen_by(&test, &acting(RESELLER, Role::Reseller), &sip_alias::ALL).await, ids);
        let aliases = sip_alias::load(&mut test.db.reader(), &ids).await.expect("aliases");
        let [alias] = &aliases[..] else { panic!("{aliases:?}") };
        assert_eq!((alias.alias.username.as_str(), alias.target_username.as_str(), alias.alias.modified_at), ("31201", "alice", 5));
        assert!(!alias.alias.entered);
        assert_eq!(seen(&test, SubscriberId(8)).await.domain_account_id, RESELLER);
    }
}
