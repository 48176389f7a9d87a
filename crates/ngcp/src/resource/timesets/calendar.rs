//! Time sets as calendars (RFC 5545): each period is an event.
//!
//! Times are taken as they are written, whatever zone stands with them: a period has the local time of what it applies to.

use icalendar::{Calendar, Component as _, Event, parser};
use registry::time_set::{Period, TimeSet, time_of};

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

/// The name and the periods of a calendar.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<(Option<String>, Vec<Period>), String> {
    let unfolded = parser::unfold(text);
    // What the parser quotes is the text that was sent.
    let components = parser::read_calendar(&unfolded).map_err(|_| "it is not well-formed".to_owned())?;
    let calendar = Calendar::from(components);
    let name = calendar.get_name().map(str::to_owned);
    let periods: Vec<Period> = calendar.events().map(period).collect::<Result<_, _>>()?;
    if periods.is_empty() {
        return Err("it has no VEVENT".to_owned());
    }
    Ok((name, periods))
}

fn period(event: &Event) -> Result<Period, String> {
    let has = |name: &&&str| event.properties().contains_key(**name) || event.multi_properties().contains_key(**name);
    if let Some(name) = UNSUPPORTED.iter().find(has) {
        return Err(format!("{name} is not supported"));
    }
    let time = |name: &str| {
        let value = event.property_value(name);
        value.map(|value| time_of(value).ok_or_else(|| format!("{name} is not a time"))).transpose()
    };
    let start = time("DTSTART")?.ok_or("an event has no DTSTART")?;
    let end = match (time("DTEND")?, event.property_value("DURATION")) {
        (Some(end), _) => Some(end),
        (None, Some(length)) => Some(later(&start, length).ok_or("DURATION is not a duration")?),
        (None, None) => None,
    };
    let comment = event.get_summary().or_else(|| event.property_value("COMMENT")).map(str::to_owned);
    let mut period = Period { start, end, comment, ..Period::default() };
    if let Some(rule) = event.property_value("RRULE") {
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
        for (text, wrong) in [
            ("nonsense".to_owned(), "it "),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_owned(), "it has no VEVENT"),
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
