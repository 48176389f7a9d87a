//! Time sets as calendars (RFC 5545): each period is an event.
//!
//! Times are taken as they are written, whatever zone stands with them: a period has the local time of what it applies to.

use std::collections::BTreeMap;

use icalendar::{Calendar, Component as _, Event, Property, parser};
use registry::time_set::{Period, TimeSet, time_of};

/// Largest calendar in bytes.
const LARGEST: usize = 1 << 20;
/// How deep components may lie within each other: an alarm of an event of a calendar, and one more.
const DEEPEST: usize = 4;
/// What an event may not have, as a period has no place for it.
const UNSUPPORTED: [&str; 4] = ["EXDATE", "RDATE", "EXRULE", "RECURRENCE-ID"];

/// A time of a period as RFC 5545 writes it, without a zone.
fn stamp(time: &str) -> String {
    time.replace(['-', ':'], "").replace(' ', "T")
}

/// The calendar of a time set.
pub(super) fn write(set: &TimeSet) -> String {
    let mut calendar = Calendar::new();
    calendar.name(&set.name);
    for (number, period) in (1..).zip(&set.times.0) {
        let mut event = Event::new();
        event.uid(&format!("timeset-{}-{number}", set.id));
        event.add_property("DTSTAMP", format!("{}Z", stamp(&period.start)));
        event.add_property("DTSTART", stamp(&period.start));
        if let Some(end) = &period.end {
            event.add_property("DTEND", stamp(end));
        }
        if let Some(rule) = period.rule() {
            event.add_property("RRULE", rule);
        }
        if let Some(comment) = &period.comment {
            event.summary(comment);
        }
        calendar.push(event.done());
    }
    calendar.to_string()
}

/// What an event or a calendar says of itself, by names in upper case.
type Properties = BTreeMap<String, String>;

/// The name and the periods of a calendar.
///
/// Lines are read one by one: the parser for whole calendars goes as deep as the text wants it to.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<(Option<String>, Vec<Period>), String> {
    if text.len() > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    // What the parser quotes is the text that was sent.
    let malformed = || "it is not well-formed".to_owned();
    let unfolded = parser::unfold(text);
    let (mut calendar, mut event, mut periods) = (Properties::new(), Properties::new(), Vec::new());
    let mut open: Vec<&str> = Vec::new();
    for line in unfolded.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(component) = after(line, "BEGIN:") {
            if open.len() == DEEPEST {
                return Err(format!("its components lie within each other more than {DEEPEST} deep"));
            }
            open.push(component);
            if is_event(&open) {
                event.clear();
            }
        } else if let Some(component) = after(line, "END:") {
            if open.last().is_none_or(|last| !last.eq_ignore_ascii_case(component)) {
                return Err(malformed());
            }
            if is_event(&open) {
                periods.push(period(&event)?);
            }
            open.pop();
        } else {
            let property: Property = line.parse().map_err(|_| malformed())?;
            let of = match open.as_slice() {
                [] => return Err(malformed()),
                _ if is_event(&open) => &mut event,
                [_] => &mut calendar,
                _ => continue,
            };
            of.insert(property.key().to_ascii_uppercase(), property.value().to_owned());
        }
    }
    if !open.is_empty() {
        return Err(malformed());
    }
    if periods.is_empty() {
        return Err("it has no VEVENT".to_owned());
    }
    Ok((["NAME", "X-WR-CALNAME"].into_iter().find_map(|name| calendar.remove(name)), periods))
}

/// The rest of a line that begins so.
fn after<'a>(line: &'a str, beginning: &str) -> Option<&'a str> {
    let (first, rest) = line.trim().split_at_checked(beginning.len())?;
    first.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// Whether the innermost of these components is an event of a calendar, or one by itself.
fn is_event(open: &[&str]) -> bool {
    let is = |component: &str, name: &str| component.eq_ignore_ascii_case(name);
    match open {
        [event] => is(event, "VEVENT"),
        [calendar, event] => is(calendar, "VCALENDAR") && is(event, "VEVENT"),
        _ => false,
    }
}

fn period(event: &Properties) -> Result<Period, String> {
    let said = |name: &str| event.get(name).map(String::as_str);
    if let Some(name) = UNSUPPORTED.into_iter().find(|name| event.contains_key(*name)) {
        return Err(format!("{name} is not supported"));
    }
    let time = |name: &str| {
        let value = said(name);
        value.map(|value| time_of(value).ok_or_else(|| format!("{name} is not a time"))).transpose()
    };
    let start = time("DTSTART")?.ok_or("an event has no DTSTART")?;
    let end = match (time("DTEND")?, said("DURATION")) {
        (Some(end), _) => Some(end),
        (None, Some(length)) => Some(later(&start, length).ok_or("DURATION is not a duration")?),
        (None, None) => None,
    };
    let comment = said("SUMMARY").or_else(|| said("COMMENT")).map(str::to_owned);
    let mut period = Period { start, end, comment, ..Period::default() };
    if let Some(rule) = said("RRULE") {
        period.set_rule(rule).map_err(|wrong| format!("RRULE: {wrong}"))?;
    }
    Ok(period)
}

/// The time that is so much later, where the duration is written as RFC 5545 writes it.
fn later(start: &str, length: &str) -> Option<String> {
    let start = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", start).ok()?;
    let length: jiff::Span = length.trim().parse().ok()?;
    Some(start.checked_add(length).ok()?.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use registry::id::{AccountId, TimeSetId};
    use registry::record::Stored;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut recurring = Period {
            start: "2026-01-05 09:00:00".to_owned(),
            end: Some("2026-01-05 17:00:00".to_owned()),
            comment: Some("workdays; 9, to 5\nor so".to_owned()),
            ..Period::default()
        };
        recurring.set_rule("FREQ=WEEKLY;UNTIL=20270105T090000Z;INTERVAL=2;BYDAY=MO,TU").expect("a rule");
        let once = Period { start: "2026-12-24 00:00:00".to_owned(), ..Period::default() };
        let times = Stored(vec![recurring, once]);
        let set = TimeSet { id: TimeSetId(7), reseller_id: AccountId(1), name: "office, hours".to_owned(), times };
        let text = write(&set);
        assert!(text.contains("DTSTART:20260105T090000\r\n"), "{text}");
        assert_eq!(write(&set), text);
        let (name, periods) = read(&text).expect("a calendar");
        assert_eq!((name.as_deref(), &periods), (Some("office, hours"), &set.times.0), "{text}");
    }

    #[test]
    fn events_of_other_programs() {
        let event = |lines: &str| {
            format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n")
        };
        let zoned = event(
            "UID:1\r\nDTSTART;TZID=Europe/Vienna:20260105T090000\r\nDURATION:PT8H30M\r\n\
             RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=MO\r\nSUMMARY:folded \r\n line\r\n",
        );
        let (name, periods) = read(&zoned).expect("a calendar");
        assert_eq!((name, periods.len()), (None, 1));
        assert_eq!(periods[0].end.as_deref(), Some("2026-01-05 17:30:00"));
        assert_eq!(periods[0].comment.as_deref(), Some("folded line"));
        assert_eq!(periods[0].rule().as_deref(), Some("FREQ=WEEKLY;BYDAY=MO"));
        let all_day = event("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n");
        assert_eq!(read(&all_day).expect("a calendar").1[0].end.as_deref(), Some("2026-12-27 00:00:00"));
        let with_alarm = event("DTSTART:20261224T000000\r\nBEGIN:VALARM\r\nDTSTART:never\r\nEND:VALARM\r\n");
        assert_eq!(read(&with_alarm).expect("a calendar").1[0].start, "2026-12-24 00:00:00");
        for (text, wrong) in [
            ("nonsense".to_owned(), "it "),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_owned(), "it has no VEVENT"),
            ("BEGIN:VCALENDAR\r\nEND:VEVENT\r\n".to_owned(), "it is not well-formed"),
            ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n".to_owned(), "it is not well-formed"),
            ("BEGIN:A\r\n".repeat(100_000), "its components lie within each other more than 4 deep"),
            ("BEGIN:A\nX;Y=\"\nEND:A\n\":z\nEND:A\r\n".repeat(100), "it is not well-formed"),
            ("\r\n".repeat(600_000), "it is larger than 1048576 bytes"),
            (event("SUMMARY:x\r\n"), "an event has no DTSTART"),
            (event("DTSTART:tomorrow\r\n"), "DTSTART is not a time"),
            (event("DTSTART:20261224T000000\r\nEXDATE:20261224T000000\r\n"), "EXDATE is not supported"),
            (event("DTSTART:20261224T000000\r\nRRULE:FREQ=DAILY;BYEASTER=1\r\n"), "RRULE: 'BYEASTER=1'"),
            (event("DTSTART:20261224T000000\r\nDURATION:long\r\n"), "DURATION is not a duration"),
        ] {
            let said = read(&text).expect_err(&text);
            assert!(said.starts_with(wrong), "{said}");
        }
    }
}
