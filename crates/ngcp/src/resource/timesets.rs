//! Time sets: named sets of times that recur, also as calendars.
//!
//! Beyond storing: the name is unique for the reseller; every part of a period is checked, and whether they go together
//! as RFC 5545 wants; a set that others refer to stays. Our decisions: periods are in the local time of whatever they are
//! asked for; what a calendar says that a period can't (exceptions, further dates) is refused rather than left out.

mod calendar;

use axum::http::{HeaderName, Method, header};
use registry::time_set::{self, Period, TimeSet};
use registry::{Error, listing, record};
use serde_json::{Value, json};

use crate::kernel::{
    Behaviour, Call, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Records, Refusal, Reply,
    Resource, SELLERS, Verb, hal, validate,
};

pub(super) static TIMESETS: Resource = Resource {
    name: "timesets",
    singular: "timeset",
    title: "Time sets",
    doc: "Named sets of times that recur, as RFC 5545 describes recurrences, in the local time of whatever they apply to. \
          POST and PUT also take text/calendar: name and reseller_id come from the query then (the name else from the \
          calendar), and each VEVENT is a period; or multipart/form-data with the fields in the part json and the calendar in \
          the part calendarfile. GET of an item with Accept: text/calendar answers with a calendar. \
          Exceptions (EXDATE) and further dates (RDATE) are not supported and refused.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::wildcard("name", "name")],
    takes: &[(Verb::Create, CALENDAR), (Verb::Replace, CALENDAR)],
    gives: &[(Verb::Get, CALENDAR)],
    upload: Some("calendarfile"),
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&time_set::ALL),
    example: r#"{"reseller_id": 1, "name": "office hours", "times": [{"start": "2026-01-05 09:00:00",
    "end": "2026-01-05 17:00:00", "freq": "weekly", "byday": "MO,TU,WE,TH,FR", "comment": "workdays"}]}"#,
    behaviour: &TimeSets(Records::of(FIELDS).words(words)),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("times", Kind::List(&Kind::Object(PERIOD_FIELDS))).doc("The periods, at most 500."),
];

/// A period: RFC 5545 §3.3.10 with names in lower case.
const PERIOD_FIELDS: &[Field] = &[
    Field::new("start", Kind::Text(1, 19)).required().doc("Its first beginning, YYYY-MM-DD HH:MM:SS."),
    Field::new("end", Kind::Text(1, 19)).doc(
        "The end of its first occurrence, YYYY-MM-DD HH:MM:SS. None: it lasts to the end of the second, minute, hour or day \
         if it recurs, else for ever.",
    ),
    Field::new("freq", Kind::Text(1, 10)).doc("secondly, minutely, hourly, daily, weekly, monthly or yearly; none: once."),
    Field::new("until", Kind::Text(1, 19)).doc("The last moment at which it may begin, YYYY-MM-DD HH:MM:SS."),
    Field::new("count", Kind::IntRange(1, 10_000)).doc("How often it occurs."),
    Field::new("interval", Kind::IntRange(1, 1_000)).doc("It recurs in every so many seconds, minutes … years."),
    Field::new("bysecond", Kind::Text(1, 255)).doc("Seconds, 0 to 59, with commas."),
    Field::new("byminute", Kind::Text(1, 255)).doc("Minutes, 0 to 59, with commas."),
    Field::new("byhour", Kind::Text(1, 255)).doc("Hours, 0 to 23, with commas."),
    Field::new("byday", Kind::Text(1, 255)).doc("Days of the week, MO to SU, with commas; 1MO, -1SU: the so many-th."),
    Field::new("bymonthday", Kind::Text(1, 255)).doc("Days of the month, 1 to 31 or -31 to -1, with commas."),
    Field::new("byyearday", Kind::Text(1, 255)).doc("Days of the year, 1 to 366 or -366 to -1, with commas."),
    Field::new("byweekno", Kind::Text(1, 255)).doc("Weeks of the year, 1 to 53 or -53 to -1, with commas; yearly only."),
    Field::new("bymonth", Kind::Text(1, 255)).doc("Months, 1 to 12, with commas."),
    Field::new("bysetpos", Kind::Text(1, 255)).doc("Which of the occurrences in a day, week, month or year, with commas."),
    Field::new("comment", Kind::Text(1, 255)).doc("Whatever there is to say of it."),
];

const CALENDAR: &str = "text/calendar";

/// As records, and as calendars.
struct TimeSets(Records<TimeSet>);

impl TimeSets {
    /// The body of a request whose body is a calendar, as one in JSON would be. What was there before fills what is not
    /// said.
    fn body(&self, cx: &Cx<'_>, call: &Call, old: &Item) -> Outcome<Item> {
        let (name, times) = periods(&call.body, None)?;
        let mut body = Item::new();
        let named = cx.params.get("name").map(str::to_owned).or(name);
        let named = named.map(Value::from).or_else(|| old.get("name").cloned());
        let reseller = cx.params.get("reseller_id").map(Value::from).or_else(|| old.get("reseller_id").cloned());
        body.insert("name".to_owned(), named.unwrap_or_default());
        body.insert("reseller_id".to_owned(), reseller.unwrap_or_default());
        body.insert("times".to_owned(), json!(times));
        Ok(validate::check(&TIMESETS, cx.caller, &body)?)
    }

    async fn shown(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<TimeSet> {
        match record::get::<TimeSet>(cx.tx, cx.caller, id).await {
            Err(Error::NotFound { .. }) => Err(Refusal::no_entity(TIMESETS.singular).into()),
            found => Ok(found?),
        }
    }
}

/// The name and the periods of a calendar, which was sent as the part of a form of that name.
fn periods(bytes: &[u8], part: Option<&str>) -> Outcome<(Option<String>, Vec<Period>)> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new(400, "The calendar is not UTF-8."))?;
    if text.trim().is_empty() {
        return Err(Refusal::new(400, "This request is missing a message body.").into());
    }
    Ok(calendar::read(text).map_err(|wrong| match part {
        Some(part) => Refusal::invalid_field(part, "", &wrong),
        None => Refusal::new(422, format!("Invalid calendar: {wrong}")),
    })?)
}

/// The fields with the periods of the calendar that came beside them.
fn uploaded(cx: &Cx<'_>, mut input: Item) -> Outcome<Item> {
    if let Some(file) = cx.upload {
        input.insert("times".to_owned(), json!(periods(&file.data, TIMESETS.upload)?.1));
    }
    Ok(input)
}

#[async_trait::async_trait]
impl Behaviour for TimeSets {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&self.0)
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let input = uploaded(cx, input)?;
        self.0.create(cx, input).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        let new = uploaded(cx, new)?;
        self.0.replace(cx, id, old, new).await
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let id = call.id.as_deref().and_then(|id| id.parse::<i64>().ok());
        let accepts = call.preferred() == CALENDAR;
        let sends = call.media_type().as_deref() == Some(CALENDAR);
        match (&call.method, id) {
            (&Method::GET, Some(id)) if accepts => {
                let found = self.shown(cx, id).await?;
                let reply = Reply::status(200)
                    .header(header::CONTENT_TYPE, "text/calendar; charset=utf-8")
                    .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"timeset_{id}.ics\""));
                Ok(Some(reply.body(calendar::write(&found))))
            }
            (&Method::POST, None) if sends => {
                let input = self.body(cx, call, &Item::new())?;
                let id = self.create(cx, input).await?;
                Ok(Some(Reply::status(201).header(header::LOCATION, hal::item_path(&TIMESETS, id))))
            }
            (&Method::PUT, Some(id)) if sends => {
                listing::hold(cx.tx, &time_set::ALL, id).await?;
                let old = self.shown(cx, id).await?;
                let old = json!(old).as_object().cloned().unwrap_or_default();
                let input = self.body(cx, call, &old)?;
                self.replace(cx, id, &old, input).await?;
                let applied = HeaderName::from_static("preference-applied");
                Ok(Some(Reply::status(204).header(applied, "return=minimal")))
            }
            _ => Ok(None),
        }
    }
}

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => Some(Refusal::new(422, format!("Timeset '{value}' already exists."))),
        _ => None,
    }
}
