//! What holds for all intervals: no gap, no overlap, sums conserved, and many steps are one.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::calendar::{Calendar, StartMode, Unit};
use super::super::terms::{CarryOver, Interval, Terms};
use super::examples::{at, offer};
use super::*;
use crate::clock::DAY;
use crate::tests::cases;

/// Something that happens so long after what happened before.
#[derive(Clone, Copy, Debug)]
enum Event {
    Look,
    Debit(i64),
    TopUp(i64),
    Set(i64),
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let zones =
        prop::sample::select(vec!["UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]);
    let created = at("2011-12-01")..at("2025-01-01");
    let calendar = (
        prop::sample::select(StartMode::ALL),
        1_i64..4,
        prop::sample::select(&[Unit::Hour, Unit::Day, Unit::Week, Unit::Month][..]),
        zones,
        created,
    )
        .prop_map(|(mode, value, unit, zone, created_at)| {
            let zone = TimeZone::get(zone).expect("a zone");
            Calendar { mode, value, unit, zone, created_at }
        });
    let rules = (
        prop::sample::select(CarryOver::ALL),
        prop::option::of(1_i64..4),
        prop::option::of(-1_000_000_i64..3_000_000),
        0_i64..2_000_000,
    );
    let offers = (0_u32..3_000, 0_i64..5_000, 0_u32..3_000, 1_i64..400);
    (calendar, rules, offers).prop_map(
        |(calendar, (carry_over, notopup, lock_below, held), (one, time, two, later))| {
            let second = (calendar.created_at + later * DAY, offer(&format!("{two}.125"), time / 2));
            Terms {
                timely: Some((2, Unit::Hour)),
                offers: vec![(0, offer(&format!("{one}.33333"), time)), second],
                calendar,
                carry_over,
                notopup,
                lock_below,
                profiles_below: None,
                package_id: None,
                held,
            }
        },
    )
}

fn any_event() -> impl Strategy<Value = (i64, Event)> {
    let amount = 0_i64..20_000_000;
    let event = prop_oneof![
        Just(Event::Look),
        amount.clone().prop_map(Event::Debit),
        amount.clone().prop_map(Event::TopUp),
        amount.prop_map(|to| Event::Set(to - 5_000_000)),
    ];
    (0_i64..(20 * DAY), event)
}

/// All that happens, one after the other.
fn run(terms: &Terms, events: &[(i64, Event)], looks: bool) -> (Vec<Interval>, Interval) {
    let mut now = terms.calendar.created_at;
    let mut open = first(terms, 0);
    let mut closed = Vec::new();
    for (after, event) in events {
        now += after;
        if !looks && matches!(event, Event::Look) {
            continue;
        }
        let caught = catch_up(open, terms, now);
        closed.extend(caught.closed);
        open = caught.open;
        match event {
            Event::Look => {}
            Event::Debit(amount) => open.debited += amount,
            Event::Set(cash) => open.set(*cash, 60),
            Event::TopUp(amount) => {
                let (ended, next) = top_up(open, terms, terms, now, *amount);
                closed.extend(ended);
                open = next;
            }
        }
    }
    let caught = catch_up(open, terms, now);
    closed.extend(caught.closed);
    (closed, caught.open)
}

#[test]
fn intervals_leave_no_gap_and_conserve_sums() {
    let strategy = (any_terms(), prop::collection::vec(any_event(), 0..25));
    cases(400)
        .run(&strategy, |(terms, events)| {
            let (closed, open) = run(&terms, &events, true);
            let now = terms.calendar.created_at + events.iter().map(|(after, _)| after).sum::<i64>();
            let all: Vec<&Interval> = closed.iter().chain([&open]).collect();
            prop_assert!(all[0].start <= terms.calendar.created_at);
            prop_assert!(open.start <= now && open.end.is_none_or(|end| now < end));
            for pair in all.windows(2) {
                prop_assert_eq!(pair[0].end, Some(pair[1].start));
                prop_assert!(pair[0].start < pair[1].start);
                prop_assert_eq!(pair[0].ordinal + pair[0].spans, pair[1].ordinal);
                prop_assert_eq!(pair[0].cash(), pair[1].opening);
            }
            let sum = |part: fn(&Interval) -> i64| all.iter().map(|interval| part(interval)).sum::<i64>();
            let paid: i64 = events.iter().map(|(_, e)| if let Event::TopUp(n) = e { *n } else { 0 }).sum();
            let taken: i64 = events.iter().map(|(_, e)| if let Event::Debit(n) = e { *n } else { 0 }).sum();
            prop_assert_eq!((sum(|i| i.topped_up), sum(|i| i.debited)), (paid, taken));
            let gained = sum(|i| i.granted + i.topped_up + i.adjusted);
            prop_assert_eq!(all[0].opening + gained - sum(|i| i.debited) - sum(|i| i.discarded), open.cash());
            prop_assert!(all.iter().all(|i| i.discarded >= 0 && i.granted >= 0 && i.free_time >= 0));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn free_cash_stays_as_far_as_it_is_held() {
    let strategy = (any_terms(), prop::collection::vec(any_event(), 0..25), -9_000_000_i64..9_000_000);
    cases(400)
        .run(&strategy, |(terms, events, begin)| {
            let mut events = events;
            events.insert(0, (0, Event::Set(begin)));
            let (closed, open) = run(&terms, &events, true);
            for pair in closed.iter().chain([open].iter()).collect::<Vec<_>>().windows(2) {
                let had = pair[0].cash() + pair[0].discarded;
                let free = (pair[0].granted - pair[0].debited).max(0);
                let own = had - free;
                let kept = (terms.held - own.max(0)).max(0);
                prop_assert!(pair[1].opening <= own + kept.min(free), "{pair:?}");
                // Own money may have been lost before it was taken.
                prop_assert!(pair[0].expired || pair[1].opening >= own.min(terms.held), "{pair:?}");
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn another_time_zone_leaves_no_short_rest() {
    let zones =
        || prop::sample::select(vec!["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Apia", "Africa/Lagos"]);
    let local = prop::sample::select(vec![StartMode::CreateTz, StartMode::FirstTz]);
    let unit = prop::sample::select(vec![Unit::Day, Unit::Week, Unit::Month]);
    let strategy = (any_terms(), local, unit, zones(), zones(), 0_i64..400, 1_i64..400);
    cases(400)
        .run(&strategy, |(mut terms, mode, unit, before, after, first_days, then_days)| {
            (terms.calendar.mode, terms.calendar.unit) = (mode, unit);
            // Samoa left out a day before that.
            terms.calendar.created_at = terms.calendar.created_at.max(at("2013-01-01"));
            terms.calendar.zone = TimeZone::get(before).expect("a zone");
            let change = terms.calendar.created_at + first_days * DAY;
            let open = catch_up(first(&terms, 0), &terms, change).open;
            let said = open.end;
            let zone = TimeZone::get(after).expect("a zone");
            terms.calendar.zone = zone.clone();
            let caught = catch_up(open, &terms, change + then_days * DAY);
            let all: Vec<&Interval> = caught.closed.iter().chain([&caught.open]).collect();
            prop_assert_eq!(all[0].end, said);
            let usual = terms.calendar.value
                * match unit {
                    Unit::Day => DAY,
                    Unit::Week => 7 * DAY,
                    _ => 28 * DAY,
                };
            for interval in &all[1..] {
                let end = interval.end.expect("an end");
                let length = end - interval.start;
                prop_assert!(2 * length + DAY / 8 >= usual, "{interval:?}");
                let midnight = zone.to_datetime(jiff::Timestamp::from_microsecond(end).expect("a time"));
                prop_assert!(
                    midnight.hour() <= 1 && (unit != Unit::Month || mode == StartMode::CreateTz || midnight.day() == 1)
                );
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn many_steps_are_one() {
    let strategy = (any_terms(), prop::collection::vec(any_event(), 0..25));
    cases(400)
        .run(&strategy, |(terms, events)| {
            let (one, many) = (run(&terms, &events, false), run(&terms, &events, true));
            // Where idle intervals have been passed over there are fewer of them, but the last is the same.
            if one.0.iter().chain(&many.0).all(|interval| interval.spans == 1) {
                prop_assert_eq!(one.0, many.0);
            }
            prop_assert_eq!(one.1, many.1);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_look_passes_over_idle_times() {
    let strategy = (any_terms(), prop::collection::vec(any_event(), 0..8), 0_i64..3_000);
    cases(300)
        .run(&strategy, |(terms, events, idle)| {
            let (_, open) = run(&terms, &events, true);
            let now = terms.calendar.created_at + events.iter().map(|(after, _)| after).sum::<i64>() + idle * DAY;
            prop_assert_eq!(open_at(open.clone(), &terms, now), catch_up(open, &terms, now).open);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
