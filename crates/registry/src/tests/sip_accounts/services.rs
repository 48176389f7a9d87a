//! Phonebook, rejections, acceptance, diversions, voicemail.

use std::collections::BTreeMap;

use super::*;
use crate::call_forward::{Destination, Trigger, simple};
use crate::phonebook::{self, SubscriberEntry};
use crate::record;
use crate::service::{self, Voicemail};
use crate::sip_account::accept::{self, AcceptRules, Rule, Temporary};
use crate::sip_account::contact::{self, Contact};
use crate::sip_account::diversion::{self, Condition as On, VOICEMAIL};
use crate::sip_account::{reject, voicemail};

const MINUTE: i64 = 60_000_000;

fn contact(uri: &str, name: &str, group: &str) -> Contact {
    Contact { uri: uri.to_owned(), name: name.to_owned(), group: group.to_owned() }
}

async fn alice(test: &TestDb) -> SubscriberId {
    add_domain(test, RESELLER, "a.example").await;
    an_account(test, "a.example", "alice").await.id
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

store::on_both! {
    async fn there_is_one_phonebook(test: TestDb) {
        started(&test).await;
        let id = alice(&test).await;
        let add = async |c: Contact| transaction!(test.db, |tx| contact::add(tx, &admin(), NOW, id, &c).await);
        add(contact("sip:bob@b.example", "Bob", "friends")).await.expect("added");
        add(contact("sip:carol@b.example", "", "")).await.expect("added");
        assert_eq!(why(add(contact("sip:bob@b.example", "Bobby", "")).await), "taken");
        assert_eq!(why(add(contact("sip:a b", "Ab", "")).await), "invalid number");
        // As another door has it, where there are no groups.
        let query = Query { limit: 10, ..Query::default() };
        let ids = listing::page(&mut test.db.reader(), &admin(), &phonebook::SUBSCRIBERS, &query).await.expect("ids").ids;
        let entries: Vec<SubscriberEntry> = record::load(&mut test.db.reader(), &ids).await.expect("entries");
        let bob = entries.iter().find(|entry| entry.name == "Bob").expect("Bob");
        let renamed = SubscriberEntry { name: "Robert".to_owned(), shared: true, group_name: None, ..bob.clone() };
        transaction!(test.db, |tx| record::update(tx, &admin(), NOW, renamed.clone()).await).expect("renamed");
        let list = async |patterns: Contact| contact::list(&mut test.db.reader(), &admin(), id, &patterns, 0, 10).await.expect("contacts");
        let everybody = [contact("sip:bob@b.example", "Robert", "friends"), contact("sip:carol@b.example", "sip:carol@b.example", "")];
        assert_eq!(list(Contact::default()).await, everybody);
        assert_eq!(list(contact("%CAROL%", "", "")).await, everybody[1..]);
        assert_eq!(list(contact("", "rob%", "friends")).await, everybody[..1]);
        assert_eq!(list(contact("", "", "family")).await, []);
        transaction!(test.db, |tx| contact::update(tx, &admin(), NOW, id, &contact("sip:bob@b.example", "Bob", "family")).await).expect("changed");
        assert_eq!(contact::groups(&mut test.db.reader(), &admin(), id).await.expect("groups"), ["family"]);
        let entry: SubscriberEntry = record::get(&mut test.db.reader(), &admin(), bob.id.0).await.expect("an entry");
        assert!(entry.shared && entry.name == "Bob");
        let delete = async |uri: &str| transaction!(test.db, |tx| contact::delete(tx, &admin(), NOW, id, uri).await);
        delete("sip:bob@b.example").await.expect("removed");
        assert_eq!(why(delete("sip:bob@b.example").await), "not found");
        let hidden = contact::list(&mut test.db.reader(), &acting(customer(&test, "other").await, Role::Customer), id, &Contact::default(), 0, 10).await;
        assert_eq!(why(hidden), "not found");
    }

    async fn rejections_are_block_lists(test: TestDb) {
        started(&test).await;
        let id = alice(&test).await;
        let reject = async |members: &[&str]| transaction!(test.db, |tx| reject::set_members(tx, &admin(), NOW, id, &texts(members)).await);
        let bar = async |prefixes: &[&str]| transaction!(test.db, |tx| reject::set_prefixes(tx, &admin(), NOW, id, &texts(prefixes)).await);
        let rejected = async || reject::members(&mut test.db.reader(), &admin(), id).await.expect("members");
        let barred = async || reject::prefixes(&mut test.db.reader(), &admin(), id).await.expect("prefixes");
        reject(&["sip:bob@b.example", "sip:carol@b.example", "sip:bob@b.example"]).await.expect("set");
        assert_eq!(preferred(&test, id, "block_in_list").await, ["bob@b.example", "carol@b.example"]);
        assert_eq!(rejected().await, ["sip:bob@b.example", "sip:carol@b.example"]);
        reject(&[]).await.expect("set");
        assert!(rejected().await.is_empty() && preferred(&test, id, "block_in_list").await.is_empty());
        prefer(&test, id, "block_out_list", Value::List(["0049*", "0043?1*", "alice"].map(Value::from).to_vec())).await;
        assert_eq!(barred().await, ["0049"]);
        bar(&["00900", "001"]).await.expect("set");
        assert_eq!(preferred(&test, id, "block_out_list").await, ["0043?1*", "alice", "00900*", "001*"], "what is no prefix stays");
        // A list of those who alone may call rejects nobody by name.
        prefer(&test, id, "block_in_list", Value::List(vec!["bob".into()])).await;
        prefer(&test, id, "block_in_mode", Value::Flag(true)).await;
        assert!(rejected().await.is_empty());
        reject(&[]).await.expect("nothing to do");
        assert_eq!(preferred(&test, id, "block_in_mode").await, ["1"]);
        reject(&["sip:eve@b.example"]).await.expect("set");
        assert_eq!((preferred(&test, id, "block_in_list").await, preferred(&test, id, "block_in_mode").await), (texts(&["eve@b.example"]), vec![]));
        assert_eq!(why(reject(&["sip:"]).await), "invalid members");
        assert_eq!(why(bar(&["00*"]).await), "invalid prefixes");
        let many: Vec<String> = (0..1_001).map(|n| format!("sip:u{n}@b.example")).collect();
        let refused = transaction!(test.db, |tx| reject::set_members(tx, &admin(), NOW, id, &many).await);
        assert_eq!(why(refused), "invalid block_in_list");
    }

    async fn acceptance_holds_for_a_while_or_recurs(test: TestDb) {
        started(&test).await;
        let id = alice(&test).await;
        let rule = |start: &str, days| Rule { start: start.to_owned(), stop: "24:00".to_owned(), groups: texts(&["friends"]), days };
        let set = async |rules: AcceptRules| transaction!(test.db, |tx| accept::replace(tx, &admin(), NOW, &sealer(), id, rules.clone()).await);
        let get = async |now| accept::get(&mut test.db.reader(), &admin(), now, &sealer(), id).await.expect("rules");
        assert_eq!(get(NOW).await, AcceptRules::default());
        let temporary = Temporary { groups: texts(&["nobody"]), minutes: 90, until: 0 };
        let rules = AcceptRules { persistent: vec![rule("08:30", 31)], temporary: Some(temporary) };
        set(rules.clone()).await.expect("set");
        let now = get(NOW + 30 * MINUTE + 1).await;
        assert_eq!(now.persistent, rules.persistent);
        assert_eq!(now.temporary.expect("it holds").minutes, 60);
        assert_eq!(get(NOW + 90 * MINUTE).await.temporary, None);
        for wrong in [rule("8:30", 31), rule("24:30", 31), rule("08:30", 0), rule("08:30", 128)] {
            assert_eq!(why(set(AcceptRules { persistent: vec![wrong.clone()], temporary: None }).await), "invalid rules", "{wrong:?}");
        }
        let stays = AcceptRules { persistent: Vec::new(), temporary: Some(Temporary::default()) };
        set(stays).await.expect("set");
        assert_eq!(get(NOW).await, AcceptRules::default(), "no minutes are no rule");
    }

    async fn diversions_are_call_forwards(test: TestDb) {
        started(&test).await;
        let id = alice(&test).await;
        let set = async |all: &[(On, &str)]| {
            let wanted: BTreeMap<On, String> = all.iter().map(|(on, to)| (*on, (*to).to_owned())).collect();
            transaction!(test.db, |tx| diversion::replace(tx, &admin(), NOW, &sealer(), id, &wanted).await)
        };
        let get = async || diversion::get(&mut test.db.reader(), &admin(), id).await.expect("diversions");
        let all = [
            (On::Always, "sip:bob@b.example"),
            (On::NotOnline, VOICEMAIL),
            (On::Busy, VOICEMAIL),
            (On::NoAnswer, "sip:carol@b.example"),
            (On::Unavailable, "sip:dave@b.example"),
        ];
        set(&all).await.expect("set");
        assert_eq!(get().await.into_iter().collect::<Vec<_>>(), all.map(|(on, to)| (on, to.to_owned())));
        let forwards = simple::get(&mut test.db.reader(), &admin(), id).await.expect("forwards");
        assert_eq!(forwards.ring_timeout, Some(35));
        let to = |trigger| forwards.forwards[&trigger].destinations[0].destination.clone();
        assert_eq!((to(Trigger::Cfu).as_str(), to(Trigger::Cfr).as_str()), ("sip:bob@b.example", "sip:dave@b.example"));
        assert!(to(Trigger::Cfb).starts_with("sip:vmb") && to(Trigger::Cfna).ends_with("@voicebox.local"));
        // The time until nobody has answered is one.
        let settings = Settings { answer_timeout: 50, ..read(&test, id).await.settings };
        change(&test, &admin(), id, &settings).await.expect("changed");
        assert_eq!(simple::get(&mut test.db.reader(), &admin(), id).await.expect("forwards").ring_timeout, Some(50));
        // What another door has set further stays as long as its first destination does.
        let destination = |to: &str, priority| Destination { destination: to.to_owned(), timeout: 20, priority, announcement_id: None };
        let specs = [(Trigger::Cfu, vec![destination("bob@b.example", 1), destination("eve@b.example", 2)]), (Trigger::Cfs, vec![destination("sms@b.example", 1)])]
            .map(|(trigger, destinations)| (trigger, simple::ForwardSpec { destinations, ..Default::default() }));
        transaction!(test.db, |tx| simple::replace(tx, &admin(), NOW, id, &BTreeMap::from(specs.clone()), None).await).expect("set");
        assert_eq!(get().await.into_iter().collect::<Vec<_>>(), [(On::Always, "sip:bob@b.example".to_owned())]);
        set(&[(On::Always, "sip:bob@b.example"), (On::Busy, "sip:x@b.example")]).await.expect("set");
        let forwards = simple::get(&mut test.db.reader(), &admin(), id).await.expect("forwards").forwards;
        assert_eq!(forwards[&Trigger::Cfu].destinations.len(), 2);
        set(&[]).await.expect("set");
        let forwards = simple::get(&mut test.db.reader(), &admin(), id).await.expect("forwards").forwards;
        assert_eq!(forwards.keys().collect::<Vec<_>>(), [&Trigger::Cfs], "it is no diversion");
        assert_eq!(why(set(&[(On::Busy, "sip:a b@c")]).await), "invalid destination");
        assert_eq!(read(&test, id).await.settings.answer_timeout, 50);
    }

    async fn a_voicemail_account_is_there_once_it_is_made(test: TestDb) {
        started(&test).await;
        let id = alice(&test).await;
        let wanted = |pin: Option<&str>, delete| voicemail::Wanted { pin: pin.map(str::to_owned), email: Some("a@b.example".to_owned()), delete };
        let get = async || voicemail::get(&mut test.db.reader(), &admin(), &sealer(), id).await;
        let missing = get().await;
        assert!(matches!(missing, Err(Error::NotFound { kind: "voicemail account", .. })), "{missing:?}");
        let change = async |w: voicemail::Wanted| transaction!(test.db, |tx| voicemail::update(tx, &admin(), NOW, &sealer(), id, &w).await);
        let make = async |w: voicemail::Wanted| transaction!(test.db, |tx| voicemail::create(tx, &admin(), NOW, &sealer(), id, &w).await);
        assert_eq!(why(change(wanted(None, false)).await), "not found");
        make(wanted(Some("1234"), true)).await.expect("made");
        assert_eq!(why(make(wanted(None, false)).await), "taken");
        let made = get().await.expect("an account");
        assert_eq!((made.name.as_str(), made.mailbox.len(), made.settings.pin.as_str()), ("Alice Smith", 36, "1234"));
        assert!(made.settings.delete && made.settings.attach);
        change(wanted(None, false)).await.expect("changed");
        let seen = service::load::<Voicemail>(&mut test.db.reader(), &sealer(), &[id.0]).await.expect("settings");
        assert_eq!((seen[0].1.pin.as_str(), seen[0].1.delete, seen[0].1.email.as_deref()), ("1234", false, Some("a@b.example")));
        assert_eq!(why(change(wanted(Some("12"), false)).await), "invalid pin");
        let delete = async || transaction!(test.db, |tx| voicemail::delete(tx, &admin(), NOW, &sealer(), id).await);
        delete().await.expect("removed");
        assert_eq!(why(delete().await), "not found");
    }
}
