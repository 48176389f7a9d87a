//! When periods hold: worked examples, and what is refused.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Period, holds_at};

fn period(start: &str, end: &str, rule: &str) -> Period {
    let end = (!end.is_empty()).then(|| end.to_owned());
    let mut period = Period { start: start.to_owned(), end, ..Period::default() };
    period.set_rule(rule).expect("a rule");
    period.settle().unwrap_or_else(|wrong| panic!("{start} {rule}: {wrong}"));
    period
}

fn at(local: &str, zone: &TimeZone) -> i64 {
    let local: DateTime = local.parse().expect("a time");
    zone.to_timestamp(local).expect("a moment").as_microsecond()
}

#[test]
fn periods_hold_as_the_clock_on_the_wall_says() {
    let vienna = TimeZone::get("Europe/Vienna").expect("a zone");
    let office = period("2026-01-05 09:00:00", "2026-01-05 17:00:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR");
    let first_sunday = period("2020-01-31 22:00:00", "2020-02-01 02:00:00", "FREQ=MONTHLY;BYDAY=1SU");
    let christmas = period("2000-12-25 00:00:00", "2000-12-26 00:00:00", "FREQ=YEARLY");
    let month_end = period("2026-01-31 00:00:00", "", "FREQ=MONTHLY;BYMONTHDAY=-1");
    let leap = period("2024-02-29 10:00:00", "2024-02-29 11:00:00", "FREQ=YEARLY");
    let three = period("2026-03-02 08:00:00", "2026-03-02 09:00:00", "FREQ=DAILY;COUNT=3");
    let odd_weeks = period("2026-01-05 00:00:00", "2026-01-10 00:00:00", "FREQ=WEEKLY;INTERVAL=2");
    let until = period("2026-01-01 12:00:00", "2026-01-01 13:00:00", "FREQ=DAILY;UNTIL=20260110T120000Z");
    let minutes = period("2001-01-01 00:00:00", "2001-01-01 00:01:00", "FREQ=MINUTELY;INTERVAL=10");
    let hours = period("2001-01-01 00:30:00", "", "FREQ=HOURLY;INTERVAL=2");
    let last_workday =
        period("2026-01-01 09:00:00", "2026-01-01 10:00:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1");
    let once = period("2026-06-01 00:00:00", "2026-07-01 00:00:00", "");
    let ever = period("2026-06-01 00:00:00", "", "");
    for (period, local, holds) in [
        (&office, "2026-07-01T09:00:00", true),
        (&office, "2026-07-01T16:59:59", true),
        (&office, "2026-07-01T17:00:00", false),
        (&office, "2026-07-04T12:00:00", false),
        (&office, "2026-01-02T12:00:00", false),
        (&office, "2099-07-01T12:00:00", true),
        (&first_sunday, "2026-03-01T23:00:00", true),
        (&first_sunday, "2026-03-02T01:59:59", true),
        (&first_sunday, "2026-03-02T02:00:00", false),
        (&first_sunday, "2026-03-08T23:00:00", false),
        (&christmas, "2026-12-25T18:00:00", true),
        (&christmas, "2026-12-26T00:00:00", false),
        (&month_end, "2026-02-28T13:00:00", true),
        (&month_end, "2026-03-28T13:00:00", false),
        (&leap, "2028-02-29T10:30:00", true),
        (&leap, "2027-02-28T10:30:00", false),
        (&three, "2026-03-04T08:30:00", true),
        (&three, "2026-03-05T08:30:00", false),
        (&odd_weeks, "2026-01-21T12:00:00", true),
        (&odd_weeks, "2026-01-14T12:00:00", false),
        (&until, "2026-01-10T12:30:00", true),
        (&until, "2026-01-11T12:30:00", false),
        (&minutes, "2026-05-05T05:50:30", true),
        (&minutes, "2026-05-05T05:51:00", false),
        (&hours, "2026-05-05T06:30:00", true),
        (&hours, "2026-05-05T07:00:00", false),
        (&hours, "2026-05-05T07:30:00", false),
        (&last_workday, "2026-05-29T09:30:00", true),
        (&last_workday, "2026-05-28T09:30:00", false),
        (&once, "2026-06-15T00:00:00", true),
        (&once, "2026-07-01T00:00:00", false),
        (&ever, "2050-01-01T00:00:00", true),
        (&ever, "2026-05-31T23:59:59", false),
    ] {
        let moment = at(local, &vienna);
        assert_eq!(holds_at(std::slice::from_ref(period), moment, &vienna), holds, "{local} {period:?}");
    }
    // The same moment is another time elsewhere.
    let moment = at("2026-07-01T09:30:00", &vienna);
    assert!(!holds_at(&[office], moment, &TimeZone::UTC));
    assert!(!holds_at(&[], moment, &vienna));
}

#[test]
fn rules_that_never_come_or_come_without_end_are_soon_done_with() {
    let zone = TimeZone::UTC;
    let began = std::time::Instant::now();
    for rule in [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY",
        "FREQ=MONTHLY;BYSECOND=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3;BYHOUR=1,2,3",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;COUNT=10000",
    ] {
        let period = period("1970-01-01 00:00:00", "1970-01-01 00:00:01", rule);
        let _ = holds_at(&[period], at("2099-07-01T12:00:00", &zone), &zone);
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn what_is_wrong_is_named() {
    let good =
        || Period { start: "2026-01-05 09:00:00".to_owned(), freq: Some("WEEKLY".to_owned()), ..Period::default() };
    let text = |text: &str| Some(text.to_owned());
    for (mut wrong, message) in [
        (Period { start: "yesterday".to_owned(), ..good() }, "start: 'yesterday' is not a time YYYY-MM-DD HH:MM:SS"),
        (Period { start: "2026-02-30 00:00:00".to_owned(), ..good() }, "start: "),
        (Period { end: text("2026-01-05 09:00:00"), ..good() }, "end: must be after start"),
        (Period { freq: text("fortnightly"), ..good() }, "freq: 'fortnightly' is not a valid value"),
        (Period { freq: None, byday: text("MO"), ..good() }, "freq: must be there"),
        (Period { count: Some(0), ..good() }, "count: must be between 1 and 10000"),
        (Period { interval: Some(-1), ..good() }, "interval: must be between 1 and 1000"),
        (Period { byhour: text("8,24"), ..good() }, "byhour: '24' is not 0 to 23"),
        (Period { byminute: text("-1"), ..good() }, "byminute: '-1'"),
        (Period { bysecond: text("x"), ..good() }, "bysecond: 'x'"),
        (Period { bymonthday: text("0"), ..good() }, "bymonthday: '0' is not 1 to 31 or -31 to -1"),
        (Period { byyearday: text("367"), ..good() }, "byyearday: "),
        (Period { byweekno: text("54"), ..good() }, "byweekno: "),
        (Period { bymonth: text("13"), ..good() }, "bymonth: "),
        (Period { byday: text("MO,XX"), ..good() }, "byday: 'XX' is not a day"),
        (Period { byday: text("99MO"), ..good() }, "byday: '99MO'"),
        (Period { byweekno: text("1"), ..good() }, ""),
        (Period { until: text("2025-01-05 09:00:00"), ..good() }, ""),
        (Period { comment: Some("x".repeat(256)), ..good() }, "comment: "),
    ] {
        let said = wrong.settle().expect_err(&format!("{wrong:?}"));
        assert!(said.starts_with(message), "{said}");
    }
    let mut fine = Period { byday: text(" mo, -1fr "), bymonth: text("1, 12"), freq: text("Yearly"), ..good() };
    fine.settle().expect("a period");
    assert_eq!((fine.byday.as_deref(), fine.bymonth.as_deref()), (Some("MO,-1FR"), Some("1,12")));
    assert_eq!(fine.rule().as_deref(), Some("FREQ=YEARLY;BYMONTH=1,12;BYDAY=MO,-1FR"));
}
