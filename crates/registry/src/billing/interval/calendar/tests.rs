//! Where intervals begin, reckoned by hand.

use super::*;

/// A way to count, a zone, when the account was made, and where the first five intervals begin.
type Row = (StartMode, i64, Unit, &'static str, &'static str, [&'static str; 5]);

fn at(text: &str) -> i64 {
    let text = if text.len() > 10 { text.replace(' ', "T") } else { format!("{text}T00:00:00") };
    format!("{text}Z").parse::<Timestamp>().expect("a time").as_microsecond()
}

fn shown(at: i64) -> String {
    let at = Timestamp::from_microsecond(at).expect("a time");
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn calendar(mode: StartMode, value: i64, unit: Unit, zone: &str, created: &str) -> Calendar {
    Calendar { mode, value, unit, zone: TimeZone::get(zone).expect("a zone"), created_at: at(created) }
}

fn starts(calendar: &Calendar, anchor: i64) -> Vec<String> {
    (0..5).map(|step| shown(calendar.boundary(anchor, step))).collect()
}

#[test]
fn regular_intervals_keep_the_day_that_they_began_on() {
    use StartMode::{Create, CreateTz, First, FirstTz, TopupInterval};
    let table: &[Row] = &[
        // The end of a month is followed by ends of months, also over a leap day.
        (
            Create,
            1,
            Unit::Month,
            "UTC",
            "2024-01-31 13:00:00",
            [
                "2024-01-31 00:00:00",
                "2024-02-29 00:00:00",
                "2024-03-31 00:00:00",
                "2024-04-30 00:00:00",
                "2024-05-31 00:00:00",
            ],
        ),
        (
            Create,
            1,
            Unit::Month,
            "UTC",
            "2025-01-30 13:00:00",
            [
                "2025-01-30 00:00:00",
                "2025-02-28 00:00:00",
                "2025-03-30 00:00:00",
                "2025-04-30 00:00:00",
                "2025-05-30 00:00:00",
            ],
        ),
        (
            Create,
            1,
            Unit::Month,
            "UTC",
            "2025-02-28 13:00:00",
            [
                "2025-02-28 00:00:00",
                "2025-03-31 00:00:00",
                "2025-04-30 00:00:00",
                "2025-05-31 00:00:00",
                "2025-06-30 00:00:00",
            ],
        ),
        (
            Create,
            30,
            Unit::Day,
            "UTC",
            "2014-01-07 12:00:00",
            [
                "2014-01-07 00:00:00",
                "2014-02-06 00:00:00",
                "2014-03-08 00:00:00",
                "2014-04-07 00:00:00",
                "2014-05-07 00:00:00",
            ],
        ),
        (
            Create,
            2,
            Unit::Week,
            "UTC",
            "2014-01-07 12:00:00",
            [
                "2014-01-07 00:00:00",
                "2014-01-21 00:00:00",
                "2014-02-04 00:00:00",
                "2014-02-18 00:00:00",
                "2014-03-04 00:00:00",
            ],
        ),
        (
            Create,
            90,
            Unit::Minute,
            "UTC",
            "2014-01-07 12:00:30",
            [
                "2014-01-07 12:00:00",
                "2014-01-07 13:30:00",
                "2014-01-07 15:00:00",
                "2014-01-07 16:30:00",
                "2014-01-07 18:00:00",
            ],
        ),
        (
            First,
            1,
            Unit::Month,
            "UTC",
            "2023-11-15 12:00:00",
            [
                "2023-11-01 00:00:00",
                "2023-12-01 00:00:00",
                "2024-01-01 00:00:00",
                "2024-02-01 00:00:00",
                "2024-03-01 00:00:00",
            ],
        ),
        // Midnight in Vienna before and after the clocks are turned; it is the next day there already.
        (
            FirstTz,
            1,
            Unit::Month,
            "Europe/Vienna",
            "2025-01-31 23:30:00",
            [
                "2025-01-31 23:00:00",
                "2025-02-28 23:00:00",
                "2025-03-31 22:00:00",
                "2025-04-30 22:00:00",
                "2025-05-31 22:00:00",
            ],
        ),
        (
            CreateTz,
            1,
            Unit::Day,
            "Europe/Vienna",
            "2025-03-28 12:00:00",
            [
                "2025-03-27 23:00:00",
                "2025-03-28 23:00:00",
                "2025-03-29 23:00:00",
                "2025-03-30 22:00:00",
                "2025-03-31 22:00:00",
            ],
        ),
        (
            TopupInterval,
            1,
            Unit::Month,
            "UTC",
            "2024-01-31 13:15:00",
            [
                "2024-01-31 13:15:00",
                "2024-02-29 13:15:00",
                "2024-03-31 13:15:00",
                "2024-04-30 13:15:00",
                "2024-05-31 13:15:00",
            ],
        ),
    ];
    for (mode, value, unit, zone, created, wanted) in table {
        let calendar = calendar(*mode, *value, *unit, zone, created);
        assert_eq!(starts(&calendar, calendar.first_start()), wanted, "{mode} {value} {unit} {zone} {created}");
    }
}

#[test]
fn a_day_that_a_zone_has_left_out_is_none() {
    let apia = calendar(StartMode::CreateTz, 1, Unit::Day, "Pacific/Apia", "2011-12-28 12:00:00");
    let anchor = apia.first_start();
    let (mut at, mut step) = (anchor, 0);
    for _ in 0..6 {
        step = apia.step_after(anchor, step + 1, at);
        assert!(apia.boundary(anchor, step) > at);
        at = apia.boundary(anchor, step);
    }
}

#[test]
fn rules_that_begin_to_hold_end_the_open_interval_on_their_day() {
    use StartMode::{Create, First, Topup};
    for (mode, unit, created, now, wanted) in [
        (Create, Unit::Day, "2014-01-07 12:00:00", "2014-03-01 13:00:00", Some("2014-03-07 00:00:00")),
        (Create, Unit::Month, "2014-01-07 12:00:00", "2014-03-07 00:00:00", Some("2014-04-07 00:00:00")),
        (Create, Unit::Month, "2014-01-31 12:00:00", "2014-02-01 13:00:00", Some("2014-02-28 00:00:00")),
        (Create, Unit::Hour, "2014-01-07 12:00:30", "2014-03-01 13:20:00", Some("2014-03-01 14:00:00")),
        (First, Unit::Day, "2014-01-07 12:00:00", "2014-12-01 13:00:00", Some("2015-01-01 00:00:00")),
        (Topup, Unit::Day, "2014-01-07 12:00:00", "2014-12-01 13:00:00", None),
    ] {
        let found = calendar(mode, 1, unit, "UTC", created).next_start(at(now)).map(shown);
        assert_eq!(found.as_deref(), wanted, "{mode} {unit} {created} {now}");
    }
}

#[test]
fn steps_are_found_from_either_side() {
    let months = calendar(StartMode::Create, 1, Unit::Month, "UTC", "2024-01-31 13:00:00");
    let anchor = months.first_start();
    for (now, wanted) in [("2024-01-31", 0), ("2024-02-28", 0), ("2024-02-29", 1), ("2054-02-28", 361)] {
        assert_eq!(months.step_before(anchor, 0, at(now)), wanted, "{now}");
    }
    assert_eq!(shown(months.before(at("2024-03-31"), 1, Unit::Month)), "2024-02-29 00:00:00");
    assert_eq!(shown(months.before(at("2024-03-31"), 3, Unit::Day)), "2024-03-28 00:00:00");
}
