//! Worked examples and properties of rating.

use proptest::prelude::*;

use super::*;
use crate::billing::Rate;
use crate::billing::peak::{Special, Weekly};

/// Monday, 2 March 2026, 00:00 UTC.
const MONDAY: i64 = 1_772_409_600 * SECOND;
const HOUR: i64 = 3_600 * SECOND;

fn rate(text: &str) -> Rate {
    Rate::parse("rate", text).expect("a rate")
}

fn tariff(init: (&str, i64), follow: (&str, i64)) -> Tariff {
    Tariff {
        init_rate: rate(init.0),
        init_interval: init.1,
        follow_rate: rate(follow.0),
        follow_interval: follow.1,
        ..Tariff::default()
    }
}

fn calendar(weekly: &[(i64, i64, i64)], special: &[(i64, i64)], zone: &str) -> Calendar {
    let weekly =
        weekly.iter().map(|&(weekday, start, stop)| Weekly { weekday, start: start * 3_600, stop: stop * 3_600 });
    let special = special.iter().map(|&(start, stop)| Special { start, stop });
    let times = Peaks { weekly: weekly.collect(), special: special.collect() };
    Calendar::new(&times, TimeZone::get(zone).expect("a zone"))
}

/// Cents to four places, billed seconds, increments, free microseconds.
fn said(cost: Cost) -> (i64, i64, i64, i64) {
    (cost.amount.0, cost.billed, cost.increments, cost.free_time_used)
}

#[test]
fn calls_within_one_tariff() {
    let flat = calendar(&[], &[], "UTC");
    let by_minute = tariff(("0.05", 60), ("0.05", 60));
    let by_second = tariff(("0.1", 30), ("0.2", 1));
    let free = Tariff { use_free_time: true, ..by_minute.clone() };
    let s = SECOND;
    let table = [
        // (tariff, seconds, free seconds) -> micro-units, billed, increments, free used
        (&by_minute, 0, 0, (0, 0, 0, 0)),
        (&by_minute, 1, 0, (30_000, 60, 1, 0)),
        (&by_minute, 60 * s, 0, (30_000, 60, 1, 0)),
        (&by_minute, 60 * s + 1, 0, (60_000, 120, 2, 0)),
        (&by_minute, 61 * s, 0, (60_000, 120, 2, 0)),
        (&by_minute, 61 * s, 3_600 * s, (60_000, 120, 2, 0)),
        (&by_second, 29 * s, 0, (30_000, 30, 1, 0)),
        (&by_second, 45 * s, 0, (30_000 + 15 * 2_000, 45, 16, 0)),
        (&by_second, 86_400 * s, 0, (30_000 + 86_370 * 2_000, 86_400, 86_371, 0)),
        // A minute and a half of the two minutes are free.
        (&free, 61 * s, 90 * s, (15_000, 120, 2, 90 * s)),
        (&free, 61 * s, 3_600 * s, (0, 120, 2, 120 * s)),
    ];
    for (tariff, duration, free, wanted) in table {
        let cost = cost(tariff, tariff, &flat, MONDAY, duration, free).expect("a cost");
        assert_eq!(said(cost), wanted, "{tariff:?} {duration}");
    }
}

#[test]
fn each_increment_is_billed_by_what_holds_when_it_begins() {
    let (peak, off) = (tariff(("1", 60), ("1", 60)), tariff(("0.1", 60), ("0.1", 60)));
    // Off-peak on Mondays until 8 and from 20.
    let times = calendar(&[(0, 0, 8), (0, 20, 24)], &[], "UTC");
    let minutes = |start: i64, minutes: i64| {
        let cost = cost(&peak, &off, &times, start, minutes * 60 * SECOND, 0).expect("a cost");
        cost.amount.0 / 600_000
    };
    assert_eq!(minutes(MONDAY + 8 * HOUR, 10), 10, "all of it peak");
    // Five begin off-peak (half a cent in all), five in the peak.
    let crossing = cost(&peak, &off, &times, MONDAY + 8 * HOUR - 300 * SECOND, 600 * SECOND, 0).expect("a cost");
    assert_eq!(said(crossing), (5 * 60_000 + 5 * 600_000, 600, 10, 0));
    // The fifth increment begins 10 seconds before 8 and is off-peak as a whole.
    let crossing = cost(&peak, &off, &times, MONDAY + 8 * HOUR - 250 * SECOND, 600 * SECOND, 0).expect("a cost");
    assert_eq!(said(crossing), (5 * 60_000 + 5 * 600_000, 600, 10, 0));
    // From Sunday (peak) over midnight into Monday, and from Monday evening into Tuesday (peak).
    let over = cost(&peak, &off, &times, MONDAY - 120 * SECOND, 240 * SECOND, 0).expect("a cost");
    assert_eq!(said(over), (2 * 600_000 + 2 * 60_000, 240, 4, 0));
    let over = cost(&peak, &off, &times, MONDAY + 24 * HOUR - 120 * SECOND, 240 * SECOND, 0).expect("a cost");
    assert_eq!(said(over), (2 * 60_000 + 2 * 600_000, 240, 4, 0));
    // A whole week of minutes: 12 hours of Monday are off-peak.
    let week = cost(&peak, &off, &times, MONDAY, 7 * DAY, 0).expect("a cost");
    assert_eq!(said(week), (720 * 60_000 + (7 * 1_440 - 720) * 600_000, 7 * 86_400, 7 * 1_440, 0));
    assert_eq!(said(cost(&peak, &off, &calendar(&[], &[], "UTC"), MONDAY, SECOND, 0).expect("peak")).0, 600_000);
}

#[test]
fn special_times_and_zones() {
    let holiday = calendar(&[], &[(MONDAY, MONDAY + DAY), (MONDAY + 2 * DAY, MONDAY + 3 * DAY)], "Europe/Vienna");
    for (at, wanted) in [(-1, false), (0, true), (DAY - 1, true), (DAY, false), (2 * DAY, true), (3 * DAY, false)] {
        assert_eq!(holiday.is_off_peak(MONDAY + at), wanted, "{at}");
    }
    // Monday 0:00 to 8:00 in Vienna is Sunday 23:00 to Monday 7:00 UTC in winter.
    let vienna = calendar(&[(0, 0, 8)], &[], "Europe/Vienna");
    for (hours, wanted) in [(-2, false), (-1, true), (6, true), (7, false)] {
        assert_eq!(vienna.is_off_peak(MONDAY + hours * HOUR), wanted, "{hours}");
    }
    // Clocks go forward on Sunday, 29 March 2026, at 1:00 UTC: 2:30 to 4:00 is 3:00 to 4:00, one hour.
    let sunday = MONDAY + 27 * DAY;
    let (peak, off) = (tariff(("0", 1), ("0", 1)), tariff(("1", 1), ("1", 1)));
    let night = calendar(&[(6, 2, 4)], &[], "Europe/Vienna");
    let spring = cost(&peak, &off, &night, sunday, 6 * HOUR, 0).expect("a cost");
    assert_eq!(spring.amount.0, 3_600 * 10_000, "2 to 4 has one hour");
    // And back on Sunday, 25 October: 2 to 4 has three hours.
    let autumn = cost(&peak, &off, &night, sunday + 210 * DAY - HOUR, 7 * HOUR, 0).expect("a cost");
    assert_eq!(autumn.amount.0, 3 * 3_600 * 10_000);
}

#[test]
fn the_extra_rate_is_due_once() {
    let flat = calendar(&[(0, 0, 8)], &[], "UTC");
    let extra = |text: &str, second| Tariff {
        extra_rate: rate(text),
        extra_second: Some(second),
        ..tariff(("0", 60), ("0", 60))
    };
    let (peak, off) = (extra("5", 120), extra("7", 30));
    let at = |start: i64, seconds: i64| cost(&peak, &off, &flat, start, seconds * SECOND, 0).expect("a cost");
    let ten = MONDAY + 10 * HOUR;
    assert_eq!((at(ten, 119).amount.0, at(ten, 119).extra), (0, false));
    assert_eq!((at(ten, 120).amount.0, at(ten, 120).extra), (50_000, true));
    assert_eq!(at(ten, 0).amount.0, 0);
    assert_eq!(at(MONDAY, 30).amount.0, 70_000);
    // Reached off-peak after 30 seconds: the one of the peak at 120 is not due as well.
    assert_eq!(at(MONDAY + 8 * HOUR - 60 * SECOND, 200).amount.0, 70_000);
    // The 30th second is in the peak already: only that of the peak is due.
    assert_eq!(at(MONDAY + 8 * HOUR - 20 * SECOND, 200).amount.0, 50_000);
}

#[test]
fn amounts_are_rounded_once_and_half_to_even() {
    let flat = calendar(&[], &[], "UTC");
    let one = |text: &str, seconds: i64| {
        let tariff = tariff((text, 1), (text, 1));
        cost(&tariff, &tariff, &flat, MONDAY, seconds * SECOND, 0).map(|cost| cost.amount.0)
    };
    let table = [
        ("0.00005", 1, 0),
        ("0.00015", 1, 2),
        ("0.00025", 1, 2),
        ("0.000050000000000001", 1, 1),
        // Rounded at the end, not each: 3 × half a micro-unit.
        ("0.00005", 3, 2),
        ("0.00003333333333", 3, 1),
        ("-0.00005", 1, 0),
        ("-0.00015", 1, -2),
    ];
    for (text, seconds, wanted) in table {
        assert_eq!(one(text, seconds).expect("a cost"), wanted, "{text} × {seconds}");
    }
    for text in ["79228162514264337593543950335", "1000000000000000"] {
        assert!(matches!(one(text, 86_400), Err(Error::Invalid { field: "duration", .. })), "{text}");
    }
    let tariff = tariff(("1", 1), ("1", 1));
    for duration in [-1, LONGEST + 1] {
        assert!(cost(&tariff, &tariff, &flat, MONDAY, duration, 0).is_err());
    }
}

#[test]
fn a_year_through_a_thousand_periods_is_reckoned_in_a_moment() {
    let hours = 3_600 / 6;
    let weekly = (0..1_000).map(|n| (n % 7, n / 7)).map(|(weekday, place)| Weekly {
        weekday,
        start: place * hours,
        stop: place * hours + hours / 2,
    });
    let special = (0..1_000).map(|n| Special { start: MONDAY + n * HOUR, stop: MONDAY + n * HOUR + HOUR / 3 });
    let times = Peaks { weekly: weekly.collect(), special: special.collect() };
    assert!(times.check().is_ok());
    let calendar = Calendar::new(&times, TimeZone::get("Europe/Vienna").expect("a zone"));
    let (peak, off) = (tariff(("1", 1), ("1", 1)), tariff(("0.5", 1), ("0.5", 1)));
    let begun = std::time::Instant::now();
    let year = cost(&peak, &off, &calendar, MONDAY, LONGEST, 0).expect("a cost");
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(year.increments, LONGEST / SECOND);
}

/// The same, an increment at a time, in whole thousandths of a cent.
fn by_hand(peak: &Tariff, off: &Tariff, times: &Calendar, start: i64, duration: i64, free: i64) -> (i64, i64) {
    let thousandths = |rate: Rate| (rate.exact().0 * 10_i128.pow(3 - rate.exact().1)) as i64;
    let (mut sum, mut billed, mut left) = (0, 0, free);
    while billed < duration {
        let tariff = if times.is_off_peak(start + billed) { off } else { peak };
        let (rate, interval) = match billed {
            0 => (tariff.init_rate, tariff.init_interval),
            _ => (tariff.follow_rate, tariff.follow_interval),
        };
        let used = if tariff.use_free_time { left.min(interval * SECOND) } else { 0 };
        left -= used;
        sum += thousandths(rate) * ((interval * SECOND - used) / SECOND);
        billed += interval * SECOND;
    }
    (sum * 10, free - left)
}

fn any_tariff() -> impl Strategy<Value = Tariff> {
    let part = || (0_i64..5_000, 1_i64..200);
    (part(), part(), any::<bool>()).prop_map(|(init, follow, use_free_time)| {
        let text = |thousandths: i64| format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        Tariff { use_free_time, ..tariff((&text(init.0), init.1), (&text(follow.0), follow.1)) }
    })
}

proptest! {
    #[test]
    fn it_is_the_sum_of_its_increments(
        peak in any_tariff(),
        off in any_tariff(),
        weekly in proptest::collection::vec((0_i64..7, 0_i64..12, 12_i64..24), 0..4),
        zone in proptest::sample::select(vec!["UTC", "Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe"]),
        start in 0_i64..400 * 86_400,
        duration in 0_i64..100_000,
        free in 0_i64..2_000,
    ) {
        let times = calendar(&weekly, &[(MONDAY + DAY, MONDAY + DAY + 1_234 * SECOND)], zone);
        let (start, duration, free) = (MONDAY + start * SECOND, duration * SECOND, free * SECOND);
        let cost = cost(&peak, &off, &times, start, duration, free).expect("a cost");
        prop_assert_eq!((cost.amount.0, cost.free_time_used), by_hand(&peak, &off, &times, start, duration, free));
        prop_assert!(cost.billed * SECOND >= duration);
    }

    #[test]
    fn nothing_changes_within_a_stretch(
        weekly in proptest::collection::vec((0_i64..7, 0_i64..12, 12_i64..24), 0..4),
        at in 0_i64..400 * 86_400,
        part in 0.0_f64..1.0,
    ) {
        let times = calendar(&weekly, &[(MONDAY + DAY, MONDAY + DAY + 1_234 * SECOND)], "Europe/Vienna");
        let at = MONDAY + at * SECOND;
        let (off, until) = times.stretch(at, &mut Clocks::default());
        prop_assert!(until > at);
        let within = at + ((until.min(at + 400 * DAY) - at - 1) as f64 * part) as i64;
        prop_assert_eq!(times.is_off_peak(within), off);
    }
}
