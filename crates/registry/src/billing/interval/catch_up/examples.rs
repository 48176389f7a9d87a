//! Worked examples: what was reckoned by hand for every way to begin intervals and to carry money over.

use jiff::tz::TimeZone;

use super::super::calendar::{Calendar, StartMode, Unit};
use super::super::terms::{CarryOver, Interval, Offer, Terms};
use super::*;
use crate::billing::Rate;

pub(super) fn at(text: &str) -> i64 {
    let text = if text.len() > 10 { text.replace(' ', "T") } else { format!("{text}T00:00:00") };
    format!("{text}Z").parse::<jiff::Timestamp>().expect("a time").as_microsecond()
}

fn shown(at: i64) -> String {
    jiff::Timestamp::from_microsecond(at).expect("a time").strftime("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn offer(cents: &str, seconds: i64) -> Offer {
    Offer { profile_id: None, free_cash: Rate::parse("free_cash", cents).expect("cents"), free_time: seconds }
}

pub(super) fn terms(mode: StartMode, carry_over: CarryOver, created: &str) -> Terms {
    let calendar = Calendar { mode, value: 1, unit: Unit::Month, zone: TimeZone::UTC, created_at: at(created) };
    let offers = vec![(0, offer("100", 600))];
    Terms {
        calendar,
        carry_over,
        timely: (carry_over == CarryOver::CarryOverTimely).then_some((10, Unit::Day)),
        notopup: None,
        offers,
        lock_below: None,
        profiles_below: None,
        package_id: None,
        held: 0,
    }
}

/// Start, opening, what was given and what was left of each interval, in cents.
fn history(closed: &[Interval], open: &Interval) -> Vec<(String, i64, i64, i64)> {
    let each = closed.iter().chain([open]);
    each.map(|i| (shown(i.start), i.opening / 10_000, i.granted / 10_000, i.cash() / 10_000)).collect()
}

fn row(start: &str, opening: i64, granted: i64, left: i64) -> (String, i64, i64, i64) {
    (start.to_owned(), opening, granted, left)
}

#[test]
fn a_half_is_rounded_to_even_once() {
    for (dividend, divisor, wanted) in
        [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 3, 0), (2, 3, 1), (-1, 3, 0), (6, 3, 2)]
    {
        assert_eq!(half_even(dividend, divisor), wanted, "{dividend}/{divisor}");
    }
    // A third of a cent for half of the time: 1,666.6… micro-units.
    assert_eq!(given(&offer("0.3333333333333333333333333333", 3), 1, 2), (1_667, 2));
    // 0.00005 cents are half a micro-unit; three of them one and a half.
    assert_eq!((given(&offer("0.00005", 1), 1, 1).0, given(&offer("0.00015", 1), 1, 1).0), (0, 2));
    assert_eq!(given(&offer("100", 600), 17, 31), (548_387, 329));
}

#[test]
fn months_carry_over_and_lose_what_was_given() {
    let terms = terms(StartMode::First, CarryOver::CarryOver, "2023-12-16");
    // Sixteen of 31 days: 51.6129… of 100 cents.
    let first = first(&terms, 0);
    assert_eq!((first.granted, first.free_time), (516_129, 310));
    let mut open = first;
    open.topped_up += 5_000_000;
    open.debited += 200_000;
    let caught = catch_up(open, &terms, at("2024-03-10"));
    assert_eq!(
        history(&caught.closed, &caught.open),
        [
            row("2023-12-01 00:00", 0, 51, 500),
            row("2024-01-01 00:00", 500, 100, 500),
            row("2024-02-01 00:00", 500, 100, 500),
            row("2024-03-01 00:00", 500, 100, 600),
        ]
    );
    assert_eq!(caught.open.free_time, 600);
    // What is owed is not paid by what is given.
    let mut open = caught.open;
    open.debited += 7_000_000;
    let caught = catch_up(open, &terms, at("2024-04-01"));
    assert_eq!(history(&caught.closed, &caught.open)[1], row("2024-04-01 00:00", -100, 100, 0));
    let caught = catch_up(caught.open, &terms, at("2024-05-01"));
    assert_eq!(caught.open.opening, -1_000_000);
}

#[test]
fn what_is_left_stays_only_with_a_topup_in_time() {
    let terms = terms(StartMode::Create, CarryOver::CarryOverTimely, "2024-01-31");
    for (topup, left) in [("2024-02-18 23:59:59", 0), ("2024-02-19", 500), ("2024-02-28 23:59:59", 500)] {
        let first = first(&terms, 0);
        assert_eq!(first.end.map(shown).as_deref(), Some("2024-02-29 00:00"));
        let (closed, open) = top_up(first, &terms, &terms, at(topup), 5_000_000);
        assert_eq!(closed, None);
        let caught = catch_up(open, &terms, at("2024-03-01"));
        assert_eq!(caught.open.opening / 10_000, left, "{topup}");
        // The next interval has no top-up.
        let caught = catch_up(caught.open, &terms, at("2024-04-01"));
        assert_eq!((shown(caught.open.start).as_str(), caught.open.opening), ("2024-03-31 00:00", 0));
    }
}

#[test]
fn what_is_left_is_discarded_but_for_what_is_held_or_owed() {
    let with = |held: i64, debited: i64| {
        let terms = Terms { held, ..terms(StartMode::First, CarryOver::Discard, "2024-01-01") };
        let mut open = first(&terms, 0);
        open.topped_up += 5_000_000;
        open.debited += debited;
        catch_up(open, &terms, at("2024-02-01")).open.opening
    };
    assert_eq!(with(0, 0), 0);
    assert_eq!(with(700_000, 0), 700_000);
    assert_eq!(with(0, 9_000_000), -3_000_000);
    assert_eq!(with(700_000, 9_000_000), -3_000_000);
}

#[test]
fn free_cash_pays_no_debt() {
    // Own money, what was given, what is held: what is left when it is carried over, and when it is discarded.
    for (own, free, held, carried, discarded) in [
        (-10_000_000, 5_000_000, 0, -10_000_000, -10_000_000),
        (-10_000_000, 5_000_000, 1, -9_999_999, -9_999_999),
        (-10_000_000, 5_000_000, 9_000_000, -5_000_000, -5_000_000),
        (3_000_000, 2_000_000, 0, 3_000_000, 0),
        (3_000_000, 2_000_000, 1_000_000, 3_000_000, 1_000_000),
        (3_000_000, 2_000_000, 4_000_000, 4_000_000, 4_000_000),
        (3_000_000, 2_000_000, 9_000_000, 5_000_000, 5_000_000),
    ] {
        for (mode, wanted) in [(CarryOver::CarryOver, carried), (CarryOver::Discard, discarded)] {
            let mut terms = Terms { held, ..terms(StartMode::First, mode, "2024-01-01") };
            terms.offers = vec![(0, offer(&(free / 10_000).to_string(), 0))];
            let next = catch_up(first(&terms, own), &terms, at("2024-02-01")).open;
            assert_eq!(next.opening, wanted, "{own} {free} {held} {mode:?}");
        }
    }
}

#[test]
fn free_cash_is_lost_once() {
    let mut terms = terms(StartMode::Topup, CarryOver::CarryOver, "2024-01-05");
    terms.notopup = Some(1);
    let lapsed = catch_up(first(&terms, 2_000_000), &terms, at("2024-03-01")).open;
    assert_eq!((lapsed.cash(), lapsed.unused()), (0, 0));
    // Another package comes with no such deadline: what is lost is not lost again.
    let patient = Terms { notopup: None, ..terms.clone() };
    let (_, open) = top_up(lapsed, &terms, &patient, at("2024-03-02"), 5_000_000);
    assert_eq!(open.opening, 0);
}

#[test]
fn another_time_zone_moves_what_comes_after_the_open_interval() {
    let ends = |mode, unit, value, zones: [&str; 2], created: &str| {
        let mut terms = terms(mode, CarryOver::CarryOver, created);
        (terms.calendar.unit, terms.calendar.value) = (unit, value);
        terms.calendar.zone = TimeZone::get(zones[0]).expect("a zone");
        let open = catch_up(first(&terms, 0), &terms, at(created)).open;
        let end = open.end.expect("an end");
        terms.calendar.zone = TimeZone::get(zones[1]).expect("a zone");
        let second = catch_up(open, &terms, end);
        assert_eq!(second.closed.len(), 1);
        let end = second.open.end.expect("an end");
        let third = catch_up(second.open.clone(), &terms, end);
        let all = [&second.closed[0], &second.open, &third.open];
        all.map(|interval| interval.end.map(shown).unwrap_or_default())
    };
    let (nepal, york, samoa, pago) = ("Asia/Kathmandu", "America/New_York", "Pacific/Apia", "Pacific/Pago_Pago");
    for (mode, unit, value, zones, created, wanted) in [
        (
            StartMode::FirstTz,
            Unit::Month,
            1,
            [nepal, york],
            "2024-11-10",
            ["2024-11-30 18:15", "2025-01-01 05:00", "2025-02-01 05:00"],
        ),
        (
            StartMode::FirstTz,
            Unit::Month,
            1,
            [york, nepal],
            "2024-11-10",
            ["2024-12-01 05:00", "2024-12-31 18:15", "2025-01-31 18:15"],
        ),
        // Noon and noon: the same time of day, another date.
        (
            StartMode::FirstTz,
            Unit::Month,
            3,
            [samoa, pago],
            "2024-11-10",
            ["2025-01-31 11:00", "2025-05-01 11:00", "2025-08-01 11:00"],
        ),
        // The same hours from each other whatever the date: the anchor alone tells.
        (
            StartMode::FirstTz,
            Unit::Month,
            1,
            ["UTC", "Africa/Lagos"],
            "2024-11-10",
            ["2024-12-01 00:00", "2024-12-31 23:00", "2025-01-31 23:00"],
        ),
        // Made on the 10th there, on the 9th here.
        (
            StartMode::CreateTz,
            Unit::Month,
            1,
            [nepal, york],
            "2024-11-10 02:00:00",
            ["2024-12-09 18:15", "2025-01-09 05:00", "2025-02-09 05:00"],
        ),
        (
            StartMode::CreateTz,
            Unit::Day,
            1,
            [nepal, york],
            "2024-11-10 12:00:00",
            ["2024-11-10 18:15", "2024-11-12 05:00", "2024-11-13 05:00"],
        ),
        (
            StartMode::CreateTz,
            Unit::Hour,
            1,
            [nepal, york],
            "2024-11-10 12:30:00",
            ["2024-11-10 13:30", "2024-11-10 14:30", "2024-11-10 15:30"],
        ),
    ] {
        assert_eq!(ends(mode, unit, value, zones, created), wanted, "{mode:?} {unit:?} {zones:?}");
    }
}

#[test]
fn a_topup_begins_an_interval() {
    let mut by_topup = terms(StartMode::Topup, CarryOver::CarryOver, "2024-01-05 10:00:00");
    by_topup.notopup = Some(2);
    let open = first(&by_topup, 2_000_000);
    assert_eq!((open.end, open.cash()), (None, 3_000_000));
    let caught = catch_up(open, &by_topup, at("2024-02-01"));
    assert!(caught.closed.is_empty());
    let (closed, open) = top_up(caught.open, &by_topup, &by_topup, at("2024-02-10 08:30:00"), 5_000_000);
    let closed = closed.expect("an interval that has ended");
    assert_eq!((closed.topups, closed.end, closed.cash()), (1, Some(at("2024-02-10 08:30:00")), 2_000_000));
    assert_eq!((open.opening, open.cash(), open.end), (2_000_000, 8_000_000, None));
    // Two intervals later nothing of it is left.
    assert_eq!(open.due(&by_topup).map(shown).as_deref(), Some("2024-04-10 08:30"));
    let still = catch_up(open.clone(), &by_topup, at("2024-04-10 08:29:59"));
    assert_eq!(still.open, open);
    let lost = catch_up(open, &by_topup, at("2024-04-10 08:30:00")).open;
    assert_eq!((lost.cash(), lost.discarded, lost.due(&by_topup)), (0, 8_000_000, None));
}

#[test]
fn a_first_topup_begins_intervals_that_follow_each_other() {
    let terms = terms(StartMode::TopupInterval, CarryOver::CarryOver, "2024-01-05 10:00:00");
    let (closed, open) = top_up(first(&terms, 0), &terms, &terms, at("2024-01-31 13:00:00"), 5_000_000);
    assert_eq!(closed.map(|closed| shown(closed.start)).as_deref(), Some("2024-01-05 10:00"));
    assert_eq!(open.end.map(shown).as_deref(), Some("2024-02-29 13:00"));
    let (closed, open) = top_up(open, &terms, &terms, at("2024-02-10"), 1_000_000);
    assert_eq!((closed, open.topups), (None, 1));
    let caught = catch_up(open, &terms, at("2024-04-01"));
    assert_eq!(
        history(&caught.closed, &caught.open),
        [
            row("2024-01-31 13:00", 0, 100, 600),
            row("2024-02-29 13:00", 600, 100, 600),
            row("2024-03-31 13:00", 600, 100, 700),
        ]
    );
}

#[test]
fn nothing_is_left_after_so_many_intervals_without_a_topup() {
    let mut terms = terms(StartMode::First, CarryOver::CarryOver, "2024-01-01");
    terms.notopup = Some(1);
    let (_, open) = top_up(first(&terms, 0), &terms, &terms, at("2024-01-20"), 5_000_000);
    let caught = catch_up(open, &terms, at("2024-03-01"));
    assert_eq!(
        history(&caught.closed, &caught.open),
        [
            row("2024-01-01 00:00", 0, 100, 500),
            row("2024-02-01 00:00", 500, 100, 0),
            row("2024-03-01 00:00", 0, 100, 100),
        ]
    );
}

#[test]
fn an_underrun_is_seen_once() {
    let mut terms = terms(StartMode::First, CarryOver::Discard, "2024-01-01");
    (terms.lock_below, terms.profiles_below) = (Some(2_000_000), Some(500_000));
    let mut open = first(&terms, 0);
    open.topped_up += 5_000_000;
    let caught = catch_up(open, &terms, at("2024-02-01"));
    assert_eq!(caught.underrun, Underrun { lock: true, profiles: false });
    assert_eq!(catch_up(caught.open, &terms, at("2024-03-01")).underrun, Underrun::default());
}

#[test]
fn another_package_measures_the_open_interval_anew() {
    let old = terms(StartMode::First, CarryOver::CarryOver, "2014-01-07 12:00:00");
    let mut new = terms(StartMode::Create, CarryOver::CarryOver, "2014-01-07 12:00:00");
    (new.calendar.value, new.calendar.unit) = (30, Unit::Day);
    let mut open = catch_up(first(&old, 0), &old, at("2014-03-01 13:00:00")).open;
    realign(&mut open, &old, &new, at("2014-03-01 13:00:00"));
    // Six of 31 days: 19.354838… cents and 116.1 seconds.
    assert_eq!((open.granted, open.free_time), (193_548, 116));
    let caught = catch_up(open, &new, at("2014-04-06 00:00:00"));
    let starts: Vec<String> = caught.closed.iter().chain([&caught.open]).map(|i| shown(i.start)).collect();
    assert_eq!(starts, ["2014-03-01 00:00", "2014-03-07 00:00", "2014-04-06 00:00"]);
    let mut open = caught.open;
    let by_topup = terms(StartMode::Topup, CarryOver::CarryOver, "2014-01-07 12:00:00");
    realign(&mut open, &new, &by_topup, at("2014-04-10"));
    assert_eq!(open.end, None);
}

#[test]
fn long_idle_times_are_passed_over() {
    let mut terms = terms(StartMode::Create, CarryOver::CarryOver, "2024-01-01");
    terms.calendar.unit = Unit::Minute;
    let now = at("2027-01-01 00:00:30");
    let caught = catch_up(first(&terms, 5_000_000), &terms, now);
    assert!(caught.closed.len() <= MOST, "{}", caught.closed.len());
    let minutes = (now - at("2024-01-01")) / 60_000_000;
    assert_eq!((caught.open.ordinal, caught.open.cash()), (minutes + 1, 6_000_000));
    assert_eq!(shown(caught.open.start), "2027-01-01 00:00");
}
