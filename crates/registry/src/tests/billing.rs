//! Billing: profiles and what keeps them, peak times, zones, fees one at a time and by the file, schedules.

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::{self, Kind, Status};
use crate::billing::fee::{self, Spec as Fee, Tariff, ZoneRef};
use crate::billing::fee_batch::{Entry, Loader};
use crate::billing::mapping::{self, Assignment, Interval};
use crate::billing::peak::{Peaks, Special, Weekly};
use crate::billing::profile::{self, Fraud, Profile, Spec};
use crate::billing::{Rate, zone};
use crate::caller::Role;
use crate::clock::DAY;
use crate::id::{AccountId, ProfileId, ZoneId};
use crate::listing::{self, Condition, Query, Source};
use crate::{Caller, Error, transaction};
use store::testing::TestDb;

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

fn spec(name: &str) -> Spec {
    Spec { handle: name.to_owned(), name: name.to_owned(), ..Spec::default() }
}

fn rate(text: &str) -> Rate {
    Rate::parse("rate", text).expect("a rate")
}

/// A fee of a cent a minute.
fn to(destination: &str) -> Fee {
    let tariff = Tariff { init_rate: rate("0.01"), init_interval: 60, follow_interval: 60, ..Tariff::default() };
    Fee { destination: destination.to_owned(), onpeak: tariff.clone(), offpeak: tariff, ..Fee::default() }
}

fn in_zone(zone: &str) -> ZoneRef {
    ZoneRef::Named { zone: zone.to_owned(), detail: None }
}

async fn made(test: &TestDb, reseller: AccountId, spec: &Spec) -> Result<Profile, Error> {
    let caller = admin();
    transaction!(test.db, |tx| profile::create(tx, &caller, NOW, reseller, spec).await)
}

async fn changed(test: &TestDb, id: ProfileId, reseller: AccountId, spec: &Spec) -> Result<Profile, Error> {
    let caller = admin();
    transaction!(test.db, |tx| profile::update(tx, &caller, NOW, id, reseller, spec).await)
}

async fn terminated(test: &TestDb, id: ProfileId) -> Result<(), Error> {
    let caller = admin();
    transaction!(test.db, |tx| profile::terminate(tx, &caller, NOW, id).await)
}

async fn assigned(test: &TestDb, at: i64, account: AccountId, how: Assignment, creating: bool) -> Result<(), Error> {
    let caller = admin();
    transaction!(test.db, |tx| mapping::assign(tx, &caller, at, account, &how, creating).await)
}

async fn fee_made(test: &TestDb, profile: ProfileId, zone: ZoneRef, spec: &Fee) -> Result<fee::Fee, Error> {
    let caller = admin();
    transaction!(test.db, |tx| fee::create(tx, &caller, NOW, profile, &zone, spec).await)
}

/// How many rows of a list have that value, as its tally says and as they are counted one by one.
async fn count(test: &TestDb, source: &Source, column: &'static str, value: i64) -> i64 {
    let mut tx = test.db.reader();
    let of = Condition::Is(column, value.into());
    let query = |conditions| Query { conditions, limit: 1_000, count: true, ..Query::default() };
    let tallied = listing::page(&mut tx, &admin(), source, &query(vec![of.clone()])).await.expect("a page");
    let all = query(vec![of, Condition::Above("id", 0.into())]);
    let counted = listing::page(&mut tx, &admin(), source, &all).await.expect("a page");
    assert_eq!(tallied.total, counted.total, "{} by {column} {value}", source.name);
    assert_eq!(tallied.ids, counted.ids);
    tallied.total.expect("counted")
}

store::on_both! {
    async fn the_first_start_makes_a_profile_that_costs_nothing(test: TestDb) {
        started(&test).await;
        let mut tx = test.db.reader();
        let found = profile::get(&mut tx, &admin(), ProfileId(1)).await.expect("a profile");
        assert_eq!((found.spec.handle.as_str(), found.reseller_id), ("default", RESELLER));
        assert_eq!(found.spec.name, "Default Billing Profile");
        let fee = fee::load(&mut tx, &[1]).await.expect("readable").remove(0);
        assert_eq!((fee.spec.source.as_str(), fee.spec.destination.as_str()), (".", ".*"));
        assert_eq!((fee.billing_zone_id, fee.spec.onpeak.init_interval), (ZoneId(1), 600));
        let current = mapping::current(&mut tx, &[0, 1], NOW).await.expect("readable");
        assert_eq!(current.into_iter().collect::<Vec<_>>(), [(1, ProfileId(1))]);
        assert_eq!(count(&test, &profile::ALL, "reseller_id", 1).await, 1);
        assert_eq!(count(&test, &fee::ALL, "billing_zone_id", 1).await, 1);
    }

    async fn names_and_handles_are_unique_among_a_resellers_living_profiles(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let first = made(&test, RESELLER, &spec("gold")).await.expect("a profile");
        let handle = Spec { name: "other".to_owned(), ..spec("gold") };
        for (twice, field) in [(spec("gold"), "name"), (handle, "handle")] {
            match made(&test, RESELLER, &twice).await {
                Err(Error::Taken { field: found, value, .. }) => assert_eq!((found, value.as_str()), (field, "1-gold")),
                other => panic!("{field}: {other:?}"),
            }
        }
        made(&test, acme, &spec("gold")).await.expect("another reseller's");
        let second = made(&test, RESELLER, &spec("silver")).await.expect("another profile");
        let renamed = changed(&test, second.id, RESELLER, &spec("gold")).await;
        assert!(matches!(renamed, Err(Error::Taken { field: "name", .. })), "{renamed:?}");
        terminated(&test, first.id).await.expect("terminated");
        changed(&test, second.id, RESELLER, &spec("gold")).await.expect("the name is free again");

        let gone = profile::get(&mut test.db.reader(), &admin(), first.id).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
        let late = changed(&test, first.id, RESELLER, &spec("bronze")).await;
        assert!(matches!(late, Err(Error::Terminated { .. })), "{late:?}");
        let moved = changed(&test, second.id, acme, &spec("gold")).await;
        assert!(matches!(moved, Err(Error::Invalid { field: "reseller_id", .. })), "{moved:?}");
        assert_eq!(count(&test, &profile::ALL, "reseller_id", 1).await, 2);
    }

    async fn a_profile_that_is_wrong_is_refused_with_its_field(test: TestDb) {
        started(&test).await;
        let fraud = |limit, lock, notify: Option<&str>| Fraud { limit, lock, notify: notify.map(str::to_owned) };
        let table = [
            ("name", Spec { name: "n".repeat(32), ..spec("a") }),
            ("handle", Spec { handle: "with space".to_owned(), ..spec("a") }),
            ("prepaid_library", Spec { prepaid_library: "other".to_owned(), ..spec("a") }),
            ("interval_free_cash", Spec { interval_free_cash: rate("-0.01"), ..spec("a") }),
            ("interval_free_time", Spec { interval_free_time: -1, ..spec("a") }),
            ("fraud_interval_limit", Spec { fraud_interval: fraud(Some(-1), None, None), ..spec("a") }),
            ("fraud_daily_lock", Spec { fraud_daily: fraud(None, Some(6), None), ..spec("a") }),
            ("fraud_daily_notify", Spec { fraud_daily: fraud(None, None, Some("a@b.example, nobody")), ..spec("a") }),
        ];
        for (field, wrong) in table {
            let refused = made(&test, RESELLER, &wrong).await;
            assert!(matches!(&refused, Err(Error::Invalid { field: found, .. }) if *found == field), "{field}: {refused:?}");
        }
        let nobodys = made(&test, AccountId(99), &spec("a")).await;
        assert!(matches!(nobodys, Err(Error::Dangling { field: "reseller_id", .. })), "{nobodys:?}");
        let shop = customer(&test, "shop").await;
        let customers = made(&test, shop, &spec("a")).await;
        assert!(matches!(customers, Err(Error::Dangling { field: "reseller_id", .. })), "{customers:?}");
    }

    async fn peak_times_do_not_overlap(test: TestDb) {
        started(&test).await;
        let hour = 3_600;
        let on = |weekday, from: i64, until: i64| Weekly { weekday, start: from * hour, stop: until * hour };
        let with = |weekly: &[Weekly], special: &[Special]| Spec {
            peaks: Peaks { weekly: weekly.to_vec(), special: special.to_vec() },
            ..spec("peaks")
        };
        let (feast, eve) = (Special { start: NOW, stop: NOW + DAY }, Special { start: NOW - DAY, stop: NOW + 1 });
        let table = [
            ("peaktime_weekdays", with(&[on(0, 8, 12), on(0, 11, 13)], &[])),
            ("peaktime_weekdays", with(&[on(7, 8, 12)], &[])),
            ("peaktime_weekdays", with(&[on(1, 12, 8)], &[])),
            ("peaktime_weekdays", with(&[on(1, 8, 25)], &[])),
            ("peaktime_special", with(&[], &[feast, eve])),
        ];
        for (field, wrong) in &table {
            let refused = made(&test, RESELLER, wrong).await;
            assert!(matches!(&refused, Err(Error::Invalid { field: found, .. }) if found == field), "{wrong:?}: {refused:?}");
        }
        let fine = with(&[on(0, 12, 14), on(0, 8, 12), on(1, 8, 12)], &[feast]);
        let id = made(&test, RESELLER, &fine).await.expect("a profile").id;
        let kept = profile::get(&mut test.db.reader(), &admin(), id).await.expect("a profile");
        assert_eq!(kept.spec, fine);
        let fewer = with(&[on(6, 0, 24)], &[]);
        changed(&test, id, RESELLER, &fewer).await.expect("replaced");
        assert_eq!(profile::get(&mut test.db.reader(), &admin(), id).await.expect("a profile").spec, fewer);
    }

    async fn a_profile_in_use_is_kept_and_its_intervals_are_frozen(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let id = made(&test, RESELLER, &spec("gold")).await.expect("a profile").id;
        let dearer = Spec { interval_charge: rate("9.99"), ..spec("gold") };
        changed(&test, id, RESELLER, &dearer).await.expect("nobody uses it");
        assigned(&test, NOW, shop, Assignment::Profile(id), true).await.expect("assigned");
        let frozen = changed(&test, id, RESELLER, &spec("gold")).await;
        assert!(matches!(frozen, Err(Error::Invalid { field: "interval_charge", .. })), "{frozen:?}");
        changed(&test, id, RESELLER, &Spec { name: "golden".to_owned(), ..dearer }).await.expect("the rest is not");
        let refused = terminated(&test, id).await;
        assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
        let usage = profile::usage(&mut test.db.reader(), &[id.0]).await.expect("readable");
        assert_eq!(usage[&id.0].accounts, 1);

        let caller = admin();
        transaction!(test.db, |tx| account::set_status(tx, &caller, NOW, shop, Status::Terminated).await)
            .expect("terminated");
        let usage = profile::usage(&mut test.db.reader(), &[id.0]).await.expect("readable");
        assert_eq!((usage[&id.0].accounts, usage[&id.0].any), (0, true));
        terminated(&test, id).await.expect("nobody uses it any more");
        let history = mapping::history(&mut test.db.reader(), &[shop.0]).await.expect("readable");
        assert!(history[&shop.0].iter().all(|mapping| mapping.profile_id != id), "{history:?}");
    }

    async fn zones_are_unique_and_take_their_fees_with_them(test: TestDb) {
        started(&test).await;
        let id = made(&test, RESELLER, &spec("gold")).await.expect("a profile").id;
        let caller = admin();
        let make = async |name: &str, detail: Option<&str>| {
            transaction!(test.db, |tx| zone::create(tx, &caller, NOW, id, name, detail).await)
        };
        let europe = make("Europe", None).await.expect("a zone");
        make("Europe", Some("mobile")).await.expect("another detail");
        for detail in [None, Some(""), Some("mobile")] {
            let twice = make("Europe", detail).await;
            assert!(matches!(twice, Err(Error::Taken { field: "zone", .. })), "{detail:?}: {twice:?}");
        }
        for destination in ["^49", "^43"] {
            let made = fee_made(&test, id, in_zone("Europe"), &to(destination)).await.expect("a fee");
            assert_eq!(made.billing_zone_id, europe.id, "the zone of that name is found");
        }
        let far = fee_made(&test, id, in_zone("Far"), &to("^81")).await.expect("a fee in a zone that it makes");
        assert_eq!(count(&test, &zone::ALL, "billing_profile_id", id.0).await, 3);
        let elsewhere = transaction!(test.db, |tx| {
            zone::update(tx, &caller, NOW, europe.id, ProfileId(1), "Europe", None).await
        });
        assert!(matches!(elsewhere, Err(Error::Invalid { field: "billing_profile_id", .. })), "{elsewhere:?}");
        transaction!(test.db, |tx| zone::delete(tx, &caller, NOW, europe.id).await).expect("removed");
        assert_eq!(count(&test, &fee::ALL, "billing_profile_id", id.0).await, 1);
        assert_eq!(count(&test, &fee::ALL, "billing_zone_id", europe.id.0).await, 0);
        assert_eq!(fee::get(&mut test.db.reader(), &caller, far.id).await.expect("kept"), far);
    }

    async fn a_profile_has_one_fee_for_a_match(test: TestDb) {
        started(&test).await;
        let id = made(&test, RESELLER, &spec("gold")).await.expect("a profile").id;
        let first = fee_made(&test, id, in_zone("Europe"), &to("^49")).await.expect("a fee");
        let twice = fee_made(&test, id, in_zone("Asia"), &to("^49")).await;
        assert!(matches!(twice, Err(Error::Taken { .. })), "{twice:?}");
        assert_eq!(count(&test, &zone::ALL, "billing_profile_id", id.0).await, 1, "its zone is not left behind");
        fee_made(&test, id, in_zone("Europe"), &Fee { direction: fee::Direction::In, ..to("^49") }).await.expect("in");
        let mode = Fee { match_mode: fee::MatchMode::Prefix, ..to("^49") };
        let second = fee_made(&test, id, in_zone("Europe"), &mode).await.expect("by prefix");

        let mut short = to("^43");
        short.offpeak.follow_interval = 0;
        let table = [
            ("offpeak_follow_interval", short),
            ("destination", to("")),
            ("source", Fee { source: "s".repeat(256), ..to("^43") }),
        ];
        for (field, wrong) in table {
            let refused = fee_made(&test, id, in_zone("Europe"), &wrong).await;
            assert!(matches!(&refused, Err(Error::Invalid { field: found, .. }) if *found == field), "{refused:?}");
        }
        let foreign = fee_made(&test, id, ZoneRef::Id(ZoneId(1)), &to("^43")).await;
        assert!(matches!(foreign, Err(Error::Dangling { field: "billing_zone_id", .. })), "{foreign:?}");
        let nowhere = fee_made(&test, ProfileId(99), in_zone("Europe"), &to("^43")).await;
        assert!(matches!(nowhere, Err(Error::Dangling { field: "billing_profile_id", .. })), "{nowhere:?}");

        let caller = admin();
        let same = transaction!(test.db, |tx| {
            fee::update(tx, &caller, NOW, second.id, id, &in_zone("Europe"), &to("^49")).await
        });
        assert!(matches!(same, Err(Error::Taken { .. })), "{same:?}");
        transaction!(test.db, |tx| {
            fee::update(tx, &caller, NOW, first.id, id, &in_zone("Asia"), &to("^81")).await
        })
        .expect("changed");
        assert_eq!(count(&test, &fee::ALL, "billing_zone_id", first.billing_zone_id.0).await, 2);
        transaction!(test.db, |tx| fee::delete(tx, &caller, NOW, first.id).await).expect("removed");
        assert_eq!(count(&test, &fee::ALL, "billing_profile_id", id.0).await, 2);
    }

    async fn a_file_of_fees_is_taken_in_as_a_whole_or_not_at_all(test: TestDb) {
        started(&test).await;
        let id = made(&test, RESELLER, &spec("gold")).await.expect("a profile").id;
        let caller = admin();
        let load = async |fees: &[(&str, Fee)], purge: bool| {
            transaction!(test.db, |tx| {
                let mut loader = Loader::begin(tx, &caller, id, purge).await?;
                for (n, (zone, spec)) in fees.iter().enumerate() {
                    let entry = Entry { line: n as u64 + 1, zone: in_zone(zone), spec: spec.clone() };
                    loader.add(tx, &caller, NOW, entry).await?;
                }
                loader.finish(tx, &caller, NOW).await
            })
        };
        let zones = ["Europe", "Asia", "Africa"];
        let many: Vec<_> = (0..101).map(|n| (zones[n % 3], to(&format!("^{n}")))).collect();
        assert_eq!(load(&many, false).await.expect("taken in"), 101);
        assert_eq!(count(&test, &fee::ALL, "billing_profile_id", id.0).await, 101);
        assert_eq!(count(&test, &zone::ALL, "billing_profile_id", id.0).await, 3);

        let mut wrong = to("^9999");
        wrong.onpeak.init_interval = 0;
        let table = [
            (vec![("Europe", to("^500")), ("Europe", to("^7"))], "line 2:"),
            (vec![("Europe", to("^500")), ("Asia", to("^501")), ("Asia", to("^500"))], "line 3:"),
            (vec![("Europe", wrong)], "line 1:"),
            (vec![("", to("^500"))], "line 1:"),
        ];
        for (fees, line) in table {
            match load(&fees, false).await {
                Err(Error::Invalid { field: "fees", message }) => assert!(message.starts_with(line), "{message}"),
                other => panic!("{line} {other:?}"),
            }
        }
        assert_eq!(count(&test, &fee::ALL, "billing_profile_id", id.0).await, 101, "nothing of them is left");
        assert_eq!(load(&[("Europe", to("^7"))], true).await.expect("taken in"), 1);
        assert_eq!(count(&test, &fee::ALL, "billing_profile_id", id.0).await, 1);
    }

    async fn a_schedule_begins_in_the_future(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let gold = made(&test, RESELLER, &spec("gold")).await.expect("a profile").id;
        let silver = made(&test, RESELLER, &spec("silver")).await.expect("a profile").id;
        let at = |profile_id, start, stop| Interval { profile_id, network_id: None, start, stop };
        let table = [
            (true, vec![], "An initial interval without"),
            (true, vec![at(gold, None, None), at(silver, None, None)], "An initial interval without"),
            (true, vec![at(gold, None, None), at(silver, Some(NOW), None)], "'start' timestamp (2026-05-28 20:26:40) is not in future."),
            (true, vec![at(gold, None, None), at(silver, None, Some(NOW))], "Interval with 'stop' timestamp ("),
            (
                false,
                vec![at(gold, Some(NOW + 2 * DAY), Some(NOW + DAY))],
                "'start' timestamp (2026-05-30 20:26:40) has to be before 'stop' timestamp (2026-05-29 20:26:40).",
            ),
            (false, vec![at(gold, None, None)], "Adding intervals without"),
        ];
        for (creating, intervals, text) in table {
            match assigned(&test, NOW, shop, Assignment::Schedule(intervals), creating).await {
                Err(Error::Invalid { field: "billing_profiles", message }) => {
                    assert!(message.starts_with(text), "{message}");
                }
                other => panic!("{text} {other:?}"),
            }
        }
        let first = vec![at(gold, None, None), at(silver, Some(NOW + DAY), Some(NOW + 2 * DAY))];
        assigned(&test, NOW, shop, Assignment::Schedule(first), true).await.expect("assigned");
        let holds = async |at: i64| {
            mapping::current(&mut test.db.reader(), &[shop.0], at).await.expect("readable").get(&shop.0).copied()
        };
        assert_eq!(holds(NOW).await, Some(gold));
        assert_eq!(holds(NOW + DAY).await, Some(silver));
        assert_eq!(holds(NOW + 2 * DAY).await, Some(gold), "what held before holds again");

        let later = vec![at(silver, Some(NOW + 5 * DAY), None)];
        assigned(&test, NOW + DAY + 1, shop, Assignment::Schedule(later), false).await.expect("assigned");
        let mut tx = test.db.reader();
        let starts = |mappings: &[mapping::Mapping]| mappings.iter().map(|m| m.start).collect::<Vec<_>>();
        let history = mapping::history(&mut tx, &[shop.0]).await.expect("readable");
        assert_eq!(starts(&history[&shop.0]), [None, Some(NOW + DAY), Some(NOW + 5 * DAY)], "what began is kept");
        let future = mapping::future(&mut tx, &[shop.0], NOW + 2 * DAY).await.expect("readable");
        assert_eq!(starts(&future[&shop.0]), [Some(NOW + 5 * DAY)]);
        assigned(&test, NOW + 3 * DAY, shop, Assignment::Profile(silver), false).await.expect("from now on");
        assert_eq!(holds(NOW + 3 * DAY).await, Some(silver));
        assigned(&test, NOW + 4 * DAY, shop, Assignment::Profile(silver), false).await.expect("as it is");
        assert_eq!(mapping::history(&mut tx, &[shop.0]).await.expect("readable")[&shop.0].len(), 4);
    }

    async fn a_profile_that_does_not_suit_is_not_assigned(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = customer(&test, "shop").await;
        let theirs = made(&test, acme, &spec("theirs")).await.expect("a profile").id;
        let prepaid = made(&test, RESELLER, &Spec { prepaid: true, ..spec("prepaid") }).await.expect("a profile").id;
        let gone = made(&test, RESELLER, &spec("gone")).await.expect("a profile").id;
        terminated(&test, gone).await.expect("terminated");
        let other = assigned(&test, NOW, shop, Assignment::Profile(theirs), true).await;
        assert!(matches!(&other, Err(Error::Invalid { field: "billing_profile_id", message }) if message.contains("(theirs)")), "{other:?}");
        let reseller = assigned(&test, NOW, acme, Assignment::Profile(prepaid), true).await;
        assert!(matches!(&reseller, Err(Error::Invalid { field: "billing_profile_id", .. })), "{reseller:?}");
        let late = assigned(&test, NOW, shop, Assignment::Profile(gone), true).await;
        assert!(matches!(late, Err(Error::Terminated { .. })), "{late:?}");
        let network = Interval { profile_id: prepaid, network_id: Some(1), start: Some(NOW + DAY), stop: None };
        let network = assigned(&test, NOW, shop, Assignment::Schedule(vec![network]), false).await;
        assert!(matches!(network, Err(Error::Dangling { field: "network_id", .. })), "{network:?}");
        let hidden = transaction!(test.db, |tx| {
            mapping::assign(tx, &acting(RESELLER, Role::Reseller), NOW, shop, &Assignment::Profile(theirs), true).await
        });
        assert!(matches!(hidden, Err(Error::Dangling { field: "billing_profile_id", .. })), "{hidden:?}");
    }

    async fn a_reseller_keeps_its_own_and_those_who_care_only_look(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let reseller = acting(acme, Role::Reseller);
        let create = async |caller: Caller, of: AccountId| {
            transaction!(test.db, |tx| profile::create(tx, &caller, NOW, of, &spec("gold")).await)
        };
        let own = create(reseller.clone(), acme).await.expect("its own");
        let other = create(reseller.clone(), RESELLER).await;
        assert!(matches!(other, Err(Error::Dangling { field: "reseller_id", .. })), "{other:?}");
        for role in [Role::CareAdmin, Role::Care, Role::Customer] {
            let refused = create(acting(acme, role), acme).await;
            assert!(matches!(refused, Err(Error::NotAllowed(_))), "{role}: {refused:?}");
        }
        let mut tx = test.db.reader();
        let hidden = profile::get(&mut tx, &reseller, ProfileId(1)).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        for caller in [reseller, acting(acme, Role::Care)] {
            let seen = listing::page(&mut tx, &caller, &profile::ALL, &Query { limit: 10, ..Query::default() }).await;
            assert_eq!(seen.expect("a page").ids, [own.id.0]);
        }
    }
}
