//! ENUM: which range a number is in, how many it takes, what its mappings become, and who keeps them.

use std::collections::BTreeSet;

use store::args;
use store::testing::TestDb;

use super::dns::{a_zone, acting_for, all_served, all_viewed, limit, lines, seen_by, why};
use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::Kind as AccountKind;
use crate::caller::{Caller, Role};
use crate::enum_::{EnumEntry, EnumNumber, EnumRange, Mapping, number, range};
use crate::id::{AccountId, EnumMappingId};
use crate::listing::{self, Condition, Query};
use crate::quota::{self, Kind};
use crate::record;
use crate::{Result, transaction};

fn of(account: AccountId, prefix: &str) -> EnumRange {
    EnumRange { account_id: account, prefix: prefix.to_owned(), tld: "e164.arpa".to_owned(), ..EnumRange::default() }
}

async fn make_range(test: &TestDb, caller: &Caller, new: EnumRange) -> Result<EnumRange> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, new.clone()).await)
}

async fn a_range(test: &TestDb, new: EnumRange) -> EnumRange {
    make_range(test, &admin(), new.clone()).await.unwrap_or_else(|error| panic!("{new:?}: {error}"))
}

async fn change_range(test: &TestDb, caller: &Caller, new: &EnumRange) -> Result<EnumRange> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW, new.clone()).await)
}

async fn reread(test: &TestDb, range: &EnumRange) -> EnumRange {
    record::get(&mut test.db.reader(), &admin(), range.id.0).await.expect("a range")
}

fn numbered(digits: &str) -> EnumNumber {
    EnumNumber { number: digits.to_owned(), tld: "e164.arpa".to_owned(), ..EnumNumber::default() }
}

fn to(service: &str, mapto: &str) -> Mapping {
    Mapping { service: service.to_owned(), mapto: mapto.to_owned(), ..Mapping::default() }
}

async fn make(test: &TestDb, caller: &Caller, new: EnumNumber, mappings: &[Mapping]) -> Result<EnumEntry> {
    transaction!(test.db, |tx| number::create(tx, caller, NOW, new.clone(), mappings.to_vec()).await)
}

async fn a_number(test: &TestDb, digits: &str) -> EnumEntry {
    let made = make(test, &admin(), numbered(digits), &[to("sip", &format!("{digits}@example.com"))]).await;
    made.unwrap_or_else(|error| panic!("{digits}: {error}"))
}

async fn change(test: &TestDb, caller: &Caller, number: &EnumNumber, mappings: &[Mapping]) -> Result<EnumEntry> {
    transaction!(test.db, |tx| number::update(tx, caller, NOW + 1, number.clone(), mappings.to_vec()).await)
}

async fn remove(test: &TestDb, caller: &Caller, number: &EnumNumber) -> Result<EnumEntry> {
    transaction!(test.db, |tx| number::delete(tx, caller, NOW, number.id).await)
}

async fn found_by(test: &TestDb, conditions: Vec<Condition>) -> Vec<String> {
    let mut tx = test.db.reader();
    let query = Query { conditions, limit: 100, ..Query::default() };
    let ids = listing::page(&mut tx, &admin(), &number::ALL, &query).await.expect("a page").ids;
    number::load(&mut tx, &ids).await.expect("numbers").into_iter().map(|entry| entry.number.number).collect()
}

store::on_both! {
    async fn zones_and_ranges_end_with_their_account(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let range = EnumRange { account_id: shop, prefix: "3120".to_owned(), tld: "e164.arpa".to_owned(), ..EnumRange::default() };
        transaction!(test.db, |tx| record::create(tx, &admin(), NOW, range.clone()).await).expect("a range");
        let new = EnumNumber { number: "31201234567".to_owned(), tld: "e164.arpa".to_owned(), ..EnumNumber::default() };
        transaction!(test.db, |tx| number::create(tx, &admin(), NOW, new.clone(), vec![]).await).expect("a number");
        a_zone(&test, shop, "example.com").await;
        for kind in [Kind::EnumNumbers, Kind::EnumRanges, Kind::DnsZones] {
            limit(&test, AccountId::DEFAULT_RESELLER, kind, 5).await;
        }
        let ended = crate::account::Status::Terminated;
        transaction!(test.db, |tx| crate::account::set_status(tx, &admin(), NOW, shop, ended).await).expect("terminated");
        assert!(crate::dns::served::zones(&mut test.db.reader(), "", 10).await.expect("zones").is_empty());
        for kind in [Kind::EnumNumbers, Kind::EnumRanges, Kind::DnsZones] {
            let quota = quota::get(&mut test.db.reader(), &admin(), AccountId::DEFAULT_RESELLER, kind).await;
            assert_eq!(quota.expect("readable").expect("a limit").used, 0, "{kind}");
        }
    }

    async fn a_range_is_a_prefix_with_bounds(test: TestDb) {
        started(&test).await;
        let made = a_range(&test, EnumRange { tld: "E164.Arpa.".to_owned(), ..of(AccountId::OPERATOR, "+3120") }).await;
        assert_eq!((made.prefix.as_str(), made.zone.as_str(), made.serial, made.ttl), ("3120", "0.2.1.3.e164.arpa", 1, 3_600));
        let with = |edit: &dyn Fn(&mut EnumRange)| {
            let mut new = of(AccountId::OPERATOR, "3130");
            edit(&mut new);
            new
        };
        for (new, expected) in [
            (with(&|r| r.prefix = "3120".to_owned()), "taken"),
            (with(&|r| r.prefix = String::new()), "invalid prefix"),
            (with(&|r| r.prefix = "020".to_owned()), "invalid prefix"),
            (with(&|r| r.prefix = "31a".to_owned()), "invalid prefix"),
            (with(&|r| r.tld = "e164 arpa".to_owned()), "invalid tld"),
            (with(&|r| r.min_digits = 16), "invalid min_digits"),
            (with(&|r| (r.min_digits, r.max_digits) = (11, 10)), "invalid max_digits"),
            (with(&|r| r.max_digits = 3), "invalid max_digits"),
            (with(&|r| r.size = -1), "invalid size"),
            (with(&|r| r.account_id = AccountId(4_711)), "dangling account_id"),
            (with(&|r| r.tld = "e164.example.com".to_owned()), "done"),
        ] {
            assert_eq!(why(make_range(&test, &admin(), new.clone()).await), expected, "{new:?}");
        }
        assert_eq!(why(change_range(&test, &admin(), &EnumRange { prefix: "3121".to_owned(), ..made.clone() }).await), "invalid prefix");
        let changed = EnumRange { info: "Amsterdam".to_owned(), serial: 0, used: 7, ..made.clone() };
        let changed = change_range(&test, &admin(), &changed).await.expect("changed");
        assert_eq!((changed.serial, changed.used), (2, 0), "these are kept here");
        let found = range::by_prefix(&mut test.db.reader(), &admin(), "3120", "e164.arpa").await.expect("found");
        assert_eq!(found, changed);
        // A name is served once.
        a_zone(&test, AccountId::OPERATOR, "0.4.1.3.e164.arpa").await;
        assert_eq!(why(make_range(&test, &admin(), of(AccountId::OPERATOR, "3140")).await), "taken");
    }

    async fn country_codes_are_for_administrators(test: TestDb) {
        started(&test).await;
        let reseller = AccountId::DEFAULT_RESELLER;
        for (caller, prefix, expected) in [
            (acting(reseller, Role::Reseller), "31", "not allowed"),
            (acting(reseller, Role::Reseller), "353", "not allowed"),
            (acting(reseller, Role::Reseller), "1", "not allowed"),
            (acting(reseller, Role::Reseller), "883", "not allowed"),
            (acting(reseller, Role::Reseller), "3110", "done"),
            (acting_for(reseller), "31", "done"),
            (admin(), "49", "done"),
        ] {
            assert_eq!(why(make_range(&test, &caller, of(reseller, prefix)).await), expected, "{caller:?} {prefix}");
        }
    }

    async fn a_number_is_in_the_longest_range(test: TestDb) {
        started(&test).await;
        let wide = a_range(&test, EnumRange { min_digits: 4, ..of(AccountId::OPERATOR, "31") }).await;
        let near = a_range(&test, EnumRange { min_digits: 11, max_digits: 11, ..of(AccountId::DEFAULT_RESELLER, "3120") }).await;
        for (digits, range, dns_name) in [
            ("31301234567", &wide, "7.6.5.4.3.2.1.0.3.1.3.e164.arpa"),
            ("+31201234567", &near, "7.6.5.4.3.2.1.0.2.1.3.e164.arpa"),
            ("312*", &wide, "*.2.1.3.e164.arpa"),
            ("3120*", &near, "*.0.2.1.3.e164.arpa"),
        ] {
            let made = a_number(&test, digits).await.number;
            let expected = (range.id, range.account_id, range.reseller_id, dns_name);
            assert_eq!((made.range_id, made.account_id, made.reseller_id, made.dns_name.as_str()), expected, "{digits}");
        }
        for (digits, expected) in [
            ("31201234567", "taken"),
            ("3120123456", "invalid number"),
            ("312012345678", "invalid number"),
            ("313", "invalid number"),
            ("4420", "invalid number"),
            ("", "invalid number"),
            ("*", "invalid number"),
            ("3130a", "invalid number"),
            ("3130*1", "invalid number"),
            ("3130123456789012", "invalid number"),
        ] {
            assert_eq!(why(make(&test, &admin(), numbered(digits), &[]).await), expected, "{digits}");
        }
        let elsewhere = EnumNumber { tld: "e164.example.com".to_owned(), ..numbered("31201234568") };
        assert_eq!(why(make(&test, &admin(), elsewhere, &[]).await), "invalid number");
        assert_eq!((reread(&test, &wide).await.used, reread(&test, &near).await.used), (2, 2));

        // A range takes no numbers away from another one, and what is in it keeps it.
        assert_eq!(why(make_range(&test, &admin(), of(AccountId::OPERATOR, "3130")).await), "conflict");
        a_range(&test, of(AccountId::OPERATOR, "3140")).await;
        let gone = transaction!(test.db, |tx| record::delete::<EnumRange>(tx, &admin(), NOW, near.id.0).await);
        assert_eq!(why(gone), "in use");
        let entry = number::by_number(&mut test.db.reader(), &admin(), "+31201234567", "E164.arpa").await.expect("found");
        for digits in [entry.number.number.as_str(), "3120*"] {
            let entry = number::by_number(&mut test.db.reader(), &admin(), digits, "e164.arpa").await.expect("found");
            remove(&test, &admin(), &entry.number).await.expect("removed");
        }
        assert_eq!(why(number::by_number(&mut test.db.reader(), &admin(), "31201234567", "e164.arpa").await), "not found");
        assert_eq!(why(remove(&test, &admin(), &entry.number).await), "not found");
        transaction!(test.db, |tx| record::delete::<EnumRange>(tx, &admin(), NOW, near.id.0).await).expect("removed");
        assert_eq!(a_number(&test, "31201234567").await.number.range_id, wide.id);
    }

    async fn a_range_takes_so_many_and_no_more(test: TestDb) {
        started(&test).await;
        let range = a_range(&test, EnumRange { size: 5, ..of(AccountId::OPERATOR, "3120") }).await;
        let adding: Vec<_> = (0..20)
            .map(|n| {
                let (db, new) = (test.db.clone(), numbered(&format!("3120{n:03}")));
                tokio::spawn(async move {
                    transaction!(db, |tx| number::create(tx, &admin(), NOW, new.clone(), vec![to("sip", "a@b.c")]).await)
                })
            })
            .collect();
        let mut outcomes = Vec::new();
        for task in adding {
            outcomes.push(why(task.await.expect("it ran")));
        }
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "done").count(), 5, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "conflict").count(), 15, "{outcomes:?}");
        let now = reread(&test, &range).await;
        assert_eq!((now.used, now.serial), (5, 6));
        assert_eq!(seen_by(&test, &admin(), &number::ALL).await.len(), 5);
        assert_eq!(why(change_range(&test, &admin(), &EnumRange { size: 4, ..now.clone() }).await), "invalid size");
        change_range(&test, &admin(), &EnumRange { size: 6, ..now }).await.expect("more room");
        a_number(&test, "3120999").await;
        assert_eq!(why(make(&test, &admin(), numbered("3120998"), &[]).await), "conflict");
    }

    async fn mappings_keep_their_ids(test: TestDb) {
        started(&test).await;
        let range = a_range(&test, of(AccountId::OPERATOR, "3120")).await;
        let bare = Mapping { priority: 0, ttl: 0, ..to("SIP", "alice@example.com") };
        let entry = make(&test, &admin(), numbered("31201"), &[bare, to("tel", "+31201")]).await.expect("made");
        let [sip, tel] = &entry.mappings[..] else { panic!("{entry:?}") };
        assert!(sip.id != EnumMappingId(0) && sip.id < tel.id);
        assert_eq!((sip.service.as_str(), sip.mapto.as_str(), sip.priority, sip.ttl), ("sip", "sip:alice@example.com", 5, 3_600));
        assert_eq!(number::get(&mut test.db.reader(), &admin(), entry.number.id).await.expect("it"), entry);

        // One is changed, one goes, one comes with an id that is none of this number's, one twice with the same id.
        let other = a_number(&test, "31202").await;
        let wanted = [
            Mapping { priority: 7, ..sip.clone() },
            Mapping { id: other.mappings[0].id, ..to("mailto", "alice@example.com") },
            Mapping { id: sip.id, ..to("sip", "bob@example.com") },
        ];
        let info = EnumNumber { info: "Alice".to_owned(), ..entry.number.clone() };
        let after = change(&test, &admin(), &info, &wanted).await.expect("changed");
        assert_eq!(after.mappings[0], wanted[0]);
        let ids: BTreeSet<_> = after.mappings.iter().map(|mapping| mapping.id).collect();
        assert_eq!(ids.len(), 3);
        assert!(!ids.contains(&tel.id) && !ids.contains(&other.mappings[0].id), "{ids:?}");
        assert_eq!(number::get(&mut test.db.reader(), &admin(), entry.number.id).await.expect("it").mappings, after.mappings);
        assert_eq!(number::get(&mut test.db.reader(), &admin(), other.number.id).await.expect("it"), other);
        assert_eq!(reread(&test, &range).await.serial, 4, "two numbers made, one changed");

        for (mappings, expected) in [
            (vec![to("sip", "alice smith")], "invalid mapto"),
            (vec![to("telepathy", "alice")], "invalid type"),
            (vec![to("sip", "a@b.c"), to("sip", "sip:a@b.c")], "taken"),
            (vec![Mapping { ttl: -1, ..to("sip", "a@b.c") }], "invalid ttl"),
            (vec![Mapping { priority: 65_536, ..to("sip", "a@b.c") }], "invalid priority"),
            ((0..51).map(|n| to("sip", &format!("a{n}@b.c"))).collect(), "invalid mappings"),
            (vec![], "done"),
        ] {
            assert_eq!(why(change(&test, &admin(), &info, &mappings).await), expected, "{mappings:?}");
        }
        let renamed = EnumNumber { number: "31203".to_owned(), ..entry.number.clone() };
        assert_eq!(why(change(&test, &admin(), &renamed, &[]).await), "invalid number");
        let journal = crate::journal::of_record(&mut test.db.reader(), &admin(), "enum_numbers", entry.number.id.0, crate::page::Page::default()).await;
        let journal = journal.expect("the journal");
        let sip_of = |entry: &crate::journal::Entry| entry.after.as_ref().map(|after| after["mappings"][0]["mapto"].clone());
        assert_eq!(journal.len(), 3);
        assert_eq!(sip_of(&journal[0]), Some("sip:alice@example.com".into()));
    }

    async fn numbers_are_found_by_what_they_are_mapped_to(test: TestDb) {
        started(&test).await;
        a_range(&test, of(AccountId::OPERATOR, "3120")).await;
        make(&test, &admin(), numbered("31201"), &[to("sip", "Alice@example.com"), to("tel", "+31209")]).await.expect("made");
        make(&test, &admin(), numbered("31202"), &[to("web:http", "example.com/bob")]).await.expect("made");
        make(&test, &admin(), numbered("31203"), &[to("mailto", "alice@example.com")]).await.expect("made");
        let is = |name, value: &str| Condition::Is(name, value.into());
        for (conditions, expected) in [
            (vec![is("mapto", "alice@EXAMPLE.com")], vec!["31201", "31203"]),
            (vec![is("mapto", "sip:alice@example.com")], vec!["31201"]),
            (vec![is("type", "sip"), is("mapto", "alice@example.com")], vec!["31201"]),
            (vec![is("type", "Web:HTTP")], vec!["31202"]),
            (vec![is("type_like", "%:http")], vec!["31202"]),
            (vec![is("mapto", "example.com/bob")], vec!["31202"]),
            (vec![is("mapto_like", "ALICE%")], vec!["31201", "31203"]),
            (vec![is("mapto_like", "mailto:%")], vec!["31203"]),
            (vec![is("mapto", "nobody@example.com")], vec![]),
            (vec![Condition::Alike("number", "3120_".to_owned())], vec!["31201", "31202", "31203"]),
            (vec![Condition::Like("number", "31201*".to_owned())], vec!["31201"]),
        ] {
            assert_eq!(found_by(&test, conditions.clone()).await, expected, "{conditions:?}");
        }
    }

    async fn numbers_are_served_in_the_zone_of_their_range(test: TestDb) {
        started(&test).await;
        a_range(&test, of(AccountId::OPERATOR, "31")).await;
        a_range(&test, of(AccountId::OPERATOR, "3120")).await;
        make(&test, &admin(), numbered("31201"), &[to("sip", "a!b@example.com"), Mapping { ttl: 60, priority: 9, ..to("tel", "+31201") }]).await.expect("made");
        make(&test, &admin(), numbered("3120*"), &[to("sip", "\\1@example.com")]).await.expect("made");
        a_number(&test, "3130").await;
        let served = all_served(&test, "0.2.1.3.e164.arpa", 2).await;
        assert_eq!(lines(&served), [
            "0.2.1.3.e164.arpa SOA localhost. hostmaster.0.2.1.3.e164.arpa. 3 14400 3600 2419200 3600",
            "0.2.1.3.e164.arpa NS localhost.",
            "1.0.2.1.3.e164.arpa NAPTR 100 5 \"u\" \"E2U+sip\" \"!^.*$!sip:a\\\\!b@example.com!\" .",
            "1.0.2.1.3.e164.arpa NAPTR 100 9 \"u\" \"E2U+tel\" \"!^.*$!tel:+31201!\" .",
            "*.0.2.1.3.e164.arpa NAPTR 100 5 \"u\" \"E2U+sip\" \"!^(.*)$!sip:\\\\1@example.com!\" .",
        ]);
        let compared: BTreeSet<_> = served.into_iter().map(|r| (r.name, r.rr_type, r.ttl, r.rdata)).collect();
        assert_eq!(compared, all_viewed(&test, "0.2.1.3.e164.arpa").await);
        let wide = all_served(&test, "1.3.e164.arpa", 100).await;
        assert_eq!(wide.len(), 3);
        // As PowerDNS asks.
        let rows = test.db.reader().query(
            "SELECT content, ttl, prio, type, domain_id, disabled, name, auth FROM records WHERE disabled = (1 = 0) \
             AND type = $1 AND name = $2",
            args!["NAPTR", "1.0.2.1.3.e164.arpa"],
        ).await.expect("rows");
        assert_eq!(rows.len(), 2);
        assert!(rows[0].get::<bool>("auth").expect("a boolean"));
        for view in ["comments", "domainmetadata", "cryptokeys", "tsigkeys", "supermasters"] {
            let rows = test.db.reader().query(&format!("SELECT * FROM {view}"), args![]).await.expect(view);
            assert!(rows.is_empty(), "{view}");
        }
    }

    async fn whose_a_range_is_says_who_keeps_its_numbers(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        let shop = add_account(&test, acme, AccountKind::Customer, "shop").await;
        let mill = add_account(&test, acme, AccountKind::Customer, "mill").await;
        for (account, prefix) in [(AccountId::OPERATOR, "3110"), (acme, "3120"), (shop, "3130")] {
            a_range(&test, of(account, prefix)).await;
        }
        let mut made = Vec::new();
        for digits in ["31101", "31201", "31301"] {
            let owned = EnumNumber { owner_id: Some(mill), ..numbered(digits) };
            made.push(make(&test, &admin(), owned, &[to("sip", "a@b.c")]).await.expect("made"));
        }
        let ids: Vec<i64> = made.iter().map(|entry| entry.number.id.0).collect();
        for (caller, sees, keeps) in [
            (admin(), &ids[..], [true, true, true]),
            (acting_for(acme), &ids[1..], [false, true, true]),
            (acting(acme, Role::Reseller), &ids[1..], [false, true, true]),
            (acting(shop, Role::Customer), &ids[2..], [false, false, true]),
            (acting(mill, Role::Customer), &ids[..], [false; 3]),
            (acting_for(mill), &ids[..], [false; 3]),
            (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), &[], [false; 3]),
        ] {
            assert_eq!(seen_by(&test, &caller, &number::ALL).await, sees, "{caller:?}");
            for (entry, keeps) in made.iter().zip(keeps) {
                let refused = if sees.contains(&entry.number.id.0) { "not allowed" } else { "not found" };
                let changed = why(change(&test, &caller, &entry.number, &entry.mappings).await);
                assert_eq!(changed, if keeps { "done" } else { refused }, "{caller:?} {}", entry.number.number);
                if !keeps {
                    assert_eq!(why(remove(&test, &caller, &entry.number).await), refused, "{caller:?}");
                }
                let added = make(&test, &caller, numbered(&format!("{}9", entry.number.number)), &[]).await;
                if let Ok(added) = &added {
                    remove(&test, &caller, &added.number).await.expect("removed by whoever made it");
                }
                assert_eq!(why(added), if keeps { "done" } else { "invalid number" }, "{caller:?} {}", entry.number.number);
            }
        }
        // Nobody takes a part of another's range.
        for (caller, account, prefix, expected) in [
            (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), AccountId::DEFAULT_RESELLER, "31202", "not allowed"),
            (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), AccountId::DEFAULT_RESELLER, "31102", "done"),
            (acting(shop, Role::Customer), shop, "31202", "not allowed"),
            (acting(shop, Role::Customer), shop, "31302", "done"),
            (acting(shop, Role::SubscriberAdmin), shop, "3150", "not allowed"),
        ] {
            assert_eq!(why(make_range(&test, &caller, of(account, prefix)).await), expected, "{caller:?} {prefix}");
        }
    }

    async fn limits_hold_for_ranges_and_numbers(test: TestDb) {
        started(&test).await;
        let (shop, mill) = (customer(&test, "shop").await, customer(&test, "mill").await);
        let range = a_range(&test, of(shop, "3120")).await;
        let first = make(&test, &admin(), EnumNumber { owner_id: Some(mill), ..numbered("31201") }, &[]).await.expect("made");
        for (account, kind, most) in [
            (shop, Kind::EnumRanges, 1), (mill, Kind::EnumRanges, 1), (shop, Kind::EnumNumbers, 3), (mill, Kind::EnumNumbers, 1),
        ] {
            limit(&test, account, kind, most).await;
        }
        let used = || async {
            let mut found = Vec::new();
            for (account, kind) in [(shop, Kind::EnumRanges), (mill, Kind::EnumRanges), (shop, Kind::EnumNumbers), (mill, Kind::EnumNumbers)] {
                found.push(quota::get(&mut test.db.reader(), &admin(), account, kind).await.expect("it").expect("it").used);
            }
            found
        };
        assert_eq!(used().await, [1, 0, 1, 1], "a new limit finds what is there");
        assert_eq!(why(make_range(&test, &admin(), of(shop, "3130")).await), format!("{shop}: 1 of 1 enum_ranges"));
        let owned = |digits| EnumNumber { owner_id: Some(mill), ..numbered(digits) };
        assert_eq!(why(make(&test, &admin(), owned("31202"), &[]).await), format!("{mill}: 1 of 1 enum_numbers"));
        let second = make(&test, &admin(), numbered("31202"), &[]).await.expect("made").number;
        assert_eq!(used().await, [1, 0, 2, 1]);
        assert_eq!(why(change(&test, &admin(), &EnumNumber { owner_id: Some(mill), ..second.clone() }, &[]).await), format!("{mill}: 1 of 1 enum_numbers"));
        change(&test, &admin(), &EnumNumber { owner_id: None, ..first.number.clone() }, &[]).await.expect("given up");
        assert_eq!(used().await, [1, 0, 2, 0]);
        change(&test, &admin(), &EnumNumber { owner_id: Some(mill), ..second.clone() }, &[]).await.expect("room");
        // The range goes to the other account: there are two numbers in it, of which one may be.
        let moved = EnumRange { account_id: mill, ..reread(&test, &range).await };
        assert_eq!(why(change_range(&test, &admin(), &moved).await), format!("{mill}: 1 of 1 enum_numbers"));
        limit(&test, mill, Kind::EnumNumbers, 2).await;
        change_range(&test, &admin(), &moved).await.expect("moved");
        assert_eq!(used().await, [0, 1, 0, 2]);
        assert_eq!(seen_by(&test, &acting(mill, Role::Customer), &number::ALL).await.len(), 2);
        remove(&test, &admin(), &second).await.expect("removed");
        assert_eq!(used().await, [0, 1, 0, 1]);
    }
}
