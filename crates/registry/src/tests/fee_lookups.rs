//! Fees found for calls: the order of the ways of matching, the bound, and what a customer's call costs.

use std::fmt::Write as _;

use rand::rngs::SmallRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use regex::Regex;
use store::args;
use store::testing::TestDb;

use super::balances::agree;
use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::Kind;
use crate::billing::fee::{self, Direction, MatchMode, Spec, Tariff, ZoneRef};
use crate::billing::fee_batch::{Entry, Loader};
use crate::billing::lookup::{self, Answer, Of, Question};
use crate::billing::mapping::{self, Assignment};
use crate::billing::peak::{Peaks, Weekly};
use crate::billing::topup;
use crate::billing::{Rate, profile};
use crate::caller::Role;
use crate::clock::DAY;
use crate::id::{AccountId, ProfileId, SubscriberId};
use crate::{Caller, Error, Money, transaction};

fn fee(mode: MatchMode, source: &str, destination: &str) -> Spec {
    let tariff = Tariff { init_interval: 60, follow_interval: 60, ..Tariff::default() };
    Spec {
        source: source.to_owned(),
        destination: destination.to_owned(),
        match_mode: mode,
        onpeak: tariff.clone(),
        offpeak: tariff,
        ..Spec::default()
    }
}

async fn profile(test: &TestDb, spec: profile::Spec) -> ProfileId {
    let caller = admin();
    let made = transaction!(test.db, |tx| profile::create(tx, &caller, NOW, AccountId::DEFAULT_RESELLER, &spec).await);
    made.expect("a profile").id
}

fn named(name: &str) -> profile::Spec {
    profile::Spec { handle: name.to_owned(), name: name.to_owned(), ..profile::Spec::default() }
}

async fn fill(test: &TestDb, profile: ProfileId, fees: &[Spec]) {
    let caller = admin();
    transaction!(test.db, |tx| {
        let mut loader = Loader::begin(tx, &caller, profile, false).await?;
        for (line, spec) in fees.iter().enumerate() {
            let zone = ZoneRef::Named { zone: "Everywhere".to_owned(), detail: Some("All".to_owned()) };
            let entry = Entry { line: line as u64 + 1, zone, spec: spec.clone() };
            loader.add(tx, &caller, NOW, entry).await?;
        }
        loader.finish(tx, &caller, NOW).await
    })
    .expect("fees");
}

/// The source and destination of the fee that is found.
async fn found(test: &TestDb, profile: ProfileId, source: &str, destination: &str) -> Option<(String, String)> {
    let found = lookup::find(&mut test.db.reader(), profile, Direction::Out, source, destination).await;
    found.expect("a look-up").map(|priced| (priced.fee.spec.source, priced.fee.spec.destination))
}

/// What the fees say by the plain words of the rules, each tried.
fn tried<'a>(fees: &'a [Spec], source: &str, destination: &str) -> Option<&'a Spec> {
    let matched = |pattern: &str, number: &str| {
        Regex::new(pattern).expect("an expression").find(number).map(|found| found.as_str().len())
    };
    let rank = |spec: &Spec| -> Option<(i64, usize, usize)> {
        let (of_destination, of_source) = (&spec.destination, &spec.source);
        match spec.match_mode {
            MatchMode::ExactDestination => {
                (destination == of_destination).then_some(())?;
                matched(of_source, source)?;
                Some((4, of_destination.len(), of_source.len()))
            }
            MatchMode::Prefix => {
                let fits = destination.starts_with(of_destination.as_str())
                    && (of_source == "." || source.starts_with(of_source.as_str()));
                fits.then_some((3, of_destination.len(), of_source.len()))
            }
            MatchMode::RegexLongestPattern => {
                matched(of_destination, destination)?;
                matched(of_source, source)?;
                Some((2, of_destination.len(), of_source.len()))
            }
            MatchMode::RegexLongestMatch => {
                Some((1, matched(of_destination, destination)?, matched(of_source, source)?))
            }
        }
    };
    let ranked = fees.iter().filter_map(|spec| Some((rank(spec)?, spec)));
    let best = ranked.clone().map(|(rank, _)| rank).max()?;
    // Of those that match as much, the one with the longest pattern, then the first, counts.
    ranked.filter(|(rank, _)| *rank == best).map(|(_, spec)| spec).reduce(|first, next| {
        let length = |spec: &Spec| (spec.destination.len(), spec.source.len());
        if length(next) > length(first) { next } else { first }
    })
}

fn pattern(random: &mut SmallRng) -> String {
    let mut text = String::new();
    if random.random_bool(0.8) {
        text.push('^');
    }
    for _ in 0..random.random_range(0..5) {
        match random.random_range(0..9) {
            0 => text.push_str("[12]"),
            1 => text.push_str("(1|2)"),
            2 => text.push_str("3?"),
            3 => text.push('.'),
            n => write!(text, "{}", n % 3 + 1).expect("text"),
        }
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

fn digits(random: &mut SmallRng, least: usize) -> String {
    let count = random.random_range(least..7);
    (0..count).map(|_| char::from(b'1' + (random.next_u32() % 3) as u8)).collect()
}

fn question(of: Of, destination: &str) -> Question<'_> {
    Question {
        of,
        source: "4312345",
        destination,
        direction: Direction::Out,
        at: NOW,
        ip: None,
        duration: None,
        free_time: None,
    }
}

async fn asked(test: &TestDb, caller: &Caller, question: &Question<'_>) -> Result<Answer, Error> {
    lookup::answer(&mut test.db.reader(), caller, NOW, question).await
}

store::on_both! {
    async fn the_ways_of_matching_come_in_order(test: TestDb) {
        started(&test).await;
        let profile = profile(&test, named("ordered")).await;
        let (exact, prefix) = (MatchMode::ExactDestination, MatchMode::Prefix);
        let (by_pattern, by_match) = (MatchMode::RegexLongestPattern, MatchMode::RegexLongestMatch);
        fill(&test, profile, &[
            fee(by_match, ".", "^4[0-9]*"),
            fee(by_match, ".", "^49"),
            fee(by_match, "^7", "^49"),
            fee(by_pattern, ".", "."),
            fee(by_pattern, ".", "^43[0-9]"),
            fee(by_pattern, "^431", "^43[0-9]"),
            fee(by_pattern, ".", "^431"),
            fee(prefix, ".", "4366"),
            fee(prefix, ".", "43664"),
            fee(prefix, "431", "43664"),
            fee(exact, ".", "4366412345"),
            fee(exact, "^5", "436641"),
            fee(by_pattern, ".", "sip\\.example\\.org$"),
        ]).await;
        let table = [
            ("431999", "4366412345", Some((".", "4366412345"))),
            ("431999", "43664123456", Some(("431", "43664"))),
            ("439999", "43664123456", Some((".", "43664"))),
            ("439999", "436641", Some((".", "43664"))),
            ("539999", "436641", Some(("^5", "436641"))),
            ("431999", "43669", Some((".", "4366"))),
            // The longest expression, then the longest source; the shorter destination comes after both.
            ("431999", "43123", Some(("^431", "^43[0-9]"))),
            ("439999", "43123", Some((".", "^43[0-9]"))),
            ("439999", "someone@sip.example.org", Some((".", "sip\\.example\\.org$"))),
            // The dot by pattern comes before any that goes by how much matches.
            ("439999", "491234", Some((".", "."))),
            ("", "491234", None),
        ];
        for (source, destination, wanted) in table {
            let wanted = wanted.map(|(source, destination)| (source.to_owned(), destination.to_owned()));
            assert_eq!(found(&test, profile, source, destination).await, wanted, "{source} to {destination}");
        }
        let incoming = lookup::find(&mut test.db.reader(), profile, Direction::In, "1", "4366412345").await;
        assert_eq!(incoming.expect("a look-up"), None);
        transaction!(test.db, |tx| {
            Ok::<_, Error>(tx.execute("DELETE FROM billing_fees WHERE destination = '.'", args![]).await?)
        }).expect("removed");
        assert_eq!(found(&test, profile, "79", "491234").await, Some((".".to_owned(), "^4[0-9]*".to_owned())));
    }

    async fn whatever_the_fees_are_the_rules_find_the_same(test: TestDb) {
        started(&test).await;
        let mut random = SmallRng::seed_from_u64(1891);
        for round in 0..12 {
            let profile = profile(&test, named(&format!("random{round}"))).await;
            let mut fees: Vec<Spec> = Vec::new();
            for _ in 0..60 {
                let mode = MatchMode::ALL[random.random_range(0..MatchMode::ALL.len())];
                let regular = !matches!(mode, MatchMode::Prefix | MatchMode::ExactDestination);
                let destination = if regular { pattern(&mut random) } else { digits(&mut random, 1) };
                let source = match random.random_range(0..3) {
                    0 if mode != MatchMode::Prefix => pattern(&mut random),
                    1 => digits(&mut random, 1),
                    _ => ".".to_owned(),
                };
                let new = fee(mode, &source, &destination);
                let same = |old: &Spec| (&old.source, &old.destination, old.match_mode) == (&source, &destination, mode);
                if !fees.iter().any(same) {
                    fees.push(new);
                }
            }
            fill(&test, profile, &fees).await;
            if round % 3 == 0 {
                // As they are before their leads have been worked out.
                transaction!(test.db, |tx| {
                    let sql = "UPDATE billing_fees SET lead = NULL WHERE profile_id = $1 AND match_mode LIKE 'regex%'";
                    Ok::<_, Error>(tx.execute(sql, args![profile]).await?)
                }).expect("without leads");
            }
            for _ in 0..40 {
                let (source, destination) = (digits(&mut random, 0), digits(&mut random, 0));
                let wanted = tried(&fees, &source, &destination).map(|s| (s.source.clone(), s.destination.clone()));
                let found = found(&test, profile, &source, &destination).await;
                assert_eq!(found, wanted, "{source} to {destination} among {fees:#?}");
            }
        }
        let before = {
            let row = test.db.reader().query_one("SELECT COUNT(*) FROM billing_fees WHERE lead IS NULL", args![]).await;
            row.expect("a count").at::<i64>(0).expect("a number")
        };
        assert!(before > 0);
        let mut derived = 0;
        loop {
            let some = transaction!(test.db, |tx| fee::derive_leads(tx, 50).await).expect("leads");
            derived += some;
            if some < 50 { break; }
        }
        assert_eq!(derived as i64, before);
    }

    async fn too_many_fees_to_try_are_an_error(test: TestDb) {
        started(&test).await;
        let profile = profile(&test, named("vague")).await;
        let vague = |count: usize| -> Vec<Spec> {
            (0..count).map(|n| fee(MatchMode::RegexLongestPattern, ".", &format!("{n:04}$"))).collect()
        };
        fill(&test, profile, &vague(1_023)).await;
        assert_eq!(found(&test, profile, "1", "430017").await, Some((".".to_owned(), "0017$".to_owned())));
        assert_eq!(found(&test, profile, "1", "439999").await, None);
        fill(&test, profile, &[fee(MatchMode::RegexLongestPattern, ".", "8888$")]).await;
        let refused = lookup::find(&mut test.db.reader(), profile, Direction::Out, "1", "439999").await;
        let Err(Error::Conflict(message)) = refused else { panic!("{refused:?}") };
        assert!(message.contains("1024") && message.contains("439999"), "{message}");
        // What is tried before the bound counts all the same.
        fill(&test, profile, &[fee(MatchMode::Prefix, ".", "4399")]).await;
        assert_eq!(found(&test, profile, "1", "439999").await, Some((".".to_owned(), "4399".to_owned())));
    }

    async fn expressions_are_tried_as_far_as_they_take_no_time(test: TestDb) {
        started(&test).await;
        let usual = profile(&test, named("usual")).await;
        let each = |n: usize| fee(MatchMode::RegexLongestPattern, ".", &format!("^(43|0){n:04}[0-9]{{3,7}}$"));
        fill(&test, usual, &(0..300).map(each).collect::<Vec<_>>()).await;
        let last = Some((".".to_owned(), "^(43|0)0299[0-9]{3,7}$".to_owned()));
        assert_eq!(found(&test, usual, "1", "430299123").await, last);
        assert_eq!(found(&test, usual, "1", "430300123").await, None);

        let large = profile(&test, named("large")).await;
        let each = |n: usize| fee(MatchMode::RegexLongestPattern, ".", &format!("{n:02}([0-9a-z]{{1,10}}[0-9]{{1,10}}){{1,8}}[x-z]{{40}}"));
        fill(&test, large, &(0..60).map(each).collect::<Vec<_>>()).await;
        let refused = lookup::find(&mut test.db.reader(), large, Direction::Out, "1", "430300123").await;
        let Err(Error::Conflict(message)) = refused else { panic!("{refused:?}") };
        assert!(message.contains("430300123"), "{message}");
        let first = format!("00123{}", "x".repeat(40));
        assert!(found(&test, large, "1", &first).await.is_some(), "what is tried before the bound counts");
    }

    async fn a_call_of_a_customer_has_the_profile_of_its_time(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let night = Weekly { weekday: 3, start: 0, stop: 86_400 };
        let times = Peaks { weekly: vec![night], special: Vec::new() };
        let old = profile(&test, profile::Spec { peaks: times, ignore_domain: true, ..named("old") }).await;
        let new = profile(&test, named("new")).await;
        let cents = |text: &str| Tariff {
            init_rate: Rate::parse("rate", text).expect("a rate"),
            follow_rate: Rate::parse("rate", text).expect("a rate"),
            init_interval: 60,
            follow_interval: 60,
            ..Tariff::default()
        };
        let spec = Spec { onpeak: cents("1"), offpeak: cents("0.5"), ..fee(MatchMode::RegexLongestPattern, ".", "^43\\d+$") };
        fill(&test, old, std::slice::from_ref(&spec)).await;
        let caller = admin();
        for (profile, at, creating) in [(old, NOW - 100, true), (new, NOW + 1_000_000, false)] {
            let assignment = Assignment::Profile(profile);
            transaction!(test.db, |tx| mapping::assign(tx, &caller, at, shop, &assignment, creating).await).expect("assigned");
        }
        let of = Of::Customer(shop);
        // NOW is a Thursday, 2026-05-28 20:26:40 UTC.
        let call = Question { duration: Some(61_000_000), ..question(of, "436641@example.org") };
        let answer = asked(&test, &caller, &call).await.expect("an answer");
        assert_eq!((answer.billing_profile_id, answer.customer_id, answer.is_off_peak), (old, Some(shop), true));
        assert_eq!((&*answer.priced.zone, answer.priced.detail.as_deref(), &*answer.time_zone), ("Everywhere", Some("All"), "UTC"));
        let cost = answer.cost.expect("a cost");
        assert_eq!((cost.amount, cost.billed, cost.increments), (Money(600_000), 120, 2));
        let later = Question { at: NOW + 2_000_000, ..question(of, "436641") };
        let refused = asked(&test, &caller, &later).await;
        assert!(matches!(&refused, Err(Error::NotFound { key, .. }) if key == "436641"), "{refused:?}");

        // Who is elsewhere sees nothing of it.
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        for of in [of, Of::Profile(old), Of::Subscriber(SubscriberId(99))] {
            let refused = asked(&test, &acting(other, Role::Reseller), &question(of, "436641")).await;
            assert!(matches!(refused, Err(Error::Dangling { .. })), "{refused:?}");
        }
        let refused = asked(&test, &acting(shop, Role::Customer), &question(of, "436641")).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
    }

    async fn a_customer_has_the_free_time_that_is_left(test: TestDb) {
        started(&test).await;
        let free = profile(&test, profile::Spec { interval_free_time: 3_600, ..named("free") }).await;
        let tariff = |init_rate: &str, use_free_time| Tariff {
            init_rate: Rate::parse("rate", init_rate).expect("a rate"),
            follow_rate: Rate::parse("rate", init_rate).expect("a rate"),
            init_interval: 60,
            follow_interval: 60,
            use_free_time,
            ..Tariff::default()
        };
        let spec = |destination: &str, use_free_time| Spec {
            onpeak: tariff("1", use_free_time),
            offpeak: tariff("1", use_free_time),
            ..fee(MatchMode::Prefix, ".", destination)
        };
        fill(&test, free, &[spec("43", true), spec("44", false)]).await;
        let shop = agree(&test, &Assignment::Profile(free)).await.expect("a customer");
        transaction!(test.db, |tx| topup::set_balance(tx, &admin(), NOW, shop, None, 90).await).expect("set");
        let (customer, own) = (Of::Customer(shop), Of::Profile(free));
        for (of, destination, free_time, used, cents) in [
            (customer, "431", None, 90, 30),
            (customer, "431", Some(30_000_000), 30, 90),
            (customer, "431", Some(0), 0, 120),
            (customer, "441", None, 0, 120),
            (own, "431", None, 0, 120),
            (own, "431", Some(30_000_000), 30, 90),
        ] {
            let call = Question { duration: Some(120_000_000), free_time, ..question(of, destination) };
            let cost = asked(&test, &admin(), &call).await.expect("an answer").cost.expect("a cost");
            let wanted = (used * 1_000_000, Money(cents * 10_000));
            assert_eq!((cost.free_time_used, cost.amount), wanted, "{of:?} {destination} {free_time:?}");
        }
        // It is the free time of now that counts, whenever the call is, and it stays.
        let call = Question { at: NOW + 40 * DAY, duration: Some(120_000_000), ..question(customer, "431") };
        for _ in 0..2 {
            let cost = asked(&test, &admin(), &call).await.expect("an answer").cost.expect("a cost");
            assert_eq!(cost.free_time_used, 90_000_000);
        }
    }

    async fn patterns_that_do_not_compile_are_refused(test: TestDb) {
        started(&test).await;
        let caller = admin();
        let zone = ZoneRef::Named { zone: "x".to_owned(), detail: None };
        for (mode, source, destination, field) in [
            (MatchMode::RegexLongestPattern, ".", "^43(", "destination"),
            (MatchMode::RegexLongestMatch, "[", "^43", "source"),
            (MatchMode::ExactDestination, "(?=1)", "43(", "source"),
        ] {
            let spec = fee(mode, source, destination);
            let refused = transaction!(test.db, |tx| fee::create(tx, &caller, NOW, ProfileId(1), &zone, &spec).await);
            assert!(matches!(&refused, Err(Error::Invalid { field: of, .. }) if *of == field), "{refused:?}");
        }
        let spec = fee(MatchMode::Prefix, "(", "43(");
        transaction!(test.db, |tx| fee::create(tx, &caller, NOW, ProfileId(1), &zone, &spec).await).expect("no pattern");
    }
}
