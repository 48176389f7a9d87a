//! The four kinds of sets that call forwards are made of: destinations, times, callers, called numbers.
//!
//! Beyond storing: a set belongs to a subscriber of the caller's reach (a subscriber's own, if it does not say whose);
//! its name is unique for the subscriber and kind; keywords and numbers become SIP URIs; fields of times are values or
//! ranges of their kind; a set that goes takes the mappings that use it along, unless `unassign_first` makes them
//! forget it (destinations always take them along). Announcements are unknown until there are sound sets.

pub(super) mod content;

use std::collections::HashMap;

use registry::call_forward::set::{self, ForwardSet, SetSpec};
use registry::call_forward::{self, Content, SetKind, period};
use registry::caller::Scope;
use registry::id::{ForwardSetId, SubscriberId};
use registry::{Error, Role};
use serde_json::Value;

use super::passwordchange;
use crate::kernel::{STAFF, 
    Behaviour, Created, Cx, EVERYONE, Failure, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Refusal, Resource,
    Verb,
};

const VERBS: &[(Verb, &[Role])] = &[
    (Verb::List, EVERYONE),
    (Verb::Get, EVERYONE),
    (Verb::Create, EVERYONE),
    (Verb::Replace, EVERYONE),
    (Verb::Modify, EVERYONE),
    (Verb::Delete, EVERYONE),
];
const FILTERS: &[Filter] = &[Filter::exact("subscriber_id", "subscriber_id"), Filter::wildcard("name", "name")];
const LINKS: &[Link] = &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")];
const UNASSIGN: (&str, &str) =
    ("unassign_first", "On DELETE: mappings that use the set forget it (1) instead of going with it (0, the default).");
const SELF_CARE: &[Role] = &[Role::SubscriberAdmin, Role::Subscriber];

const SUBSCRIBER: Field = Field::new("subscriber_id", Kind::PosInt).required_of(STAFF).label("Subscriber").doc(
    "The subscriber it belongs to. Required of staff; a subscriber's own is taken where an administrative one does not \
         name another of its customer, and always for any other.",
);
const NAME: Field = Field::new("name", Kind::Text(1, 255)).required().doc("Unique for the subscriber.");
const OWN: Field = Field::new("own", Kind::Bool).read_only().seen_by(SELF_CARE).doc("Whether it is the caller's own.");
const USAGE: Field = Field::new("usage_count", Kind::Int).read_only().doc("How many mappings use it.");
const MODE: Field = Field::new("mode", Kind::Enum(&["whitelist", "blacklist"]))
    .required()
    .doc("Whether only the members count or all others.");
const IS_REGEX: Field =
    Field::new("is_regex", Kind::Bool).doc("Whether members are regular expressions; else * and ? are wildcards.");

/// The fields of a destination.
pub(super) const DESTINATION: &[Field] = &[
    Field::new("destination", Kind::Text(1, 1023)).required().doc(
        "A number, a SIP URI, or one of voicebox, fax2mail, conference, callingcard, callthrough, autoattendant, \
         officehours, customhours, managersecretary.",
    ),
    Field::new("timeout", Kind::Any).doc("Seconds for which it rings (300)."),
    Field::new("priority", Kind::Any).doc("The least is tried first (1)."),
    Field::new("announcement_id", Kind::Any).doc("Announcement, with customhours only."),
    Field::new("simple_destination", Kind::Text(0, 1023)).read_only().doc("What a person would dial."),
];

/// The fields of a period.
pub(super) const PERIOD: &[Field] = &[
    Field::new("year", Kind::Text(0, 9)).doc("Year or range, such as 2026-2030; null: any."),
    Field::new("month", Kind::Text(0, 9)).doc("Month or range, 1 to 12; null: any."),
    Field::new("mday", Kind::Text(0, 9)).doc("Day of the month or range, 1 to 31; null: any."),
    Field::new("wday", Kind::Text(0, 9)).doc("Day of the week or range, 1 (Sunday) to 7; null: any."),
    Field::new("hour", Kind::Text(0, 9)).doc("Hour or range, 0 to 23; null: any."),
    Field::new("minute", Kind::Text(0, 9)).doc("Minute or range, 0 to 59; null: any."),
];

/// The field of a caller.
pub(super) const SOURCE: &[Field] =
    &[Field::new("source", Kind::Text(1, 255)).required().doc("A number or pattern, such as 43*.")];

/// The field of a called number.
pub(super) const BNUMBER: &[Field] =
    &[Field::new("bnumber", Kind::Text(1, 255)).required().doc("A number or pattern, such as 43*.")];

pub(super) static CFDESTINATIONSETS: Resource = Resource {
    name: "cfdestinationsets",
    singular: "cfdestinationset",
    title: "Call forward destination sets",
    doc: "Where calls of a subscriber are forwarded to: destinations that are tried by priority. Mappings use a set by \
          its name or id; when it is removed, they go with it.",
    fields: &[
        Field::ID,
        NAME,
        SUBSCRIBER,
        Field::new("destinations", Kind::List(&Kind::Object(DESTINATION))).doc("Where calls go."),
        OWN,
        USAGE,
    ],
    verbs: VERBS,
    filters: FILTERS,
    links: LINKS,
    journal: Some("cf_destination_sets"),
    created: Created::Representation,
    links_itself: true,
    source: Some(&call_forward::DESTINATION_SETS),
    example: r#"{"name": "mobile, then voicebox", "subscriber_id": 5, "destinations": [
    {"destination": "4366610001", "timeout": 20, "priority": 1},
    {"destination": "voicebox", "timeout": 300, "priority": 2}]}"#,
    behaviour: &Sets(SetKind::Destination),
    ..Resource::DEFAULT
};

pub(super) static CFTIMESETS: Resource = Resource {
    name: "cftimesets",
    singular: "cftimeset",
    title: "Call forward time sets",
    doc: "When calls of a subscriber are forwarded. A time is in the set if all fields of one of its periods hold it. \
          Times are UTC unless the query names a zone: then days of the week, hours and minutes are converted by the \
          offset that the zone has now; years, months and days of the month stay as they are.",
    fields: &[
        Field::ID,
        NAME,
        SUBSCRIBER,
        Field::new("times", Kind::List(&Kind::Object(PERIOD))).doc("The periods."),
        OWN,
        USAGE,
    ],
    verbs: VERBS,
    filters: FILTERS,
    parameters: &[
        ("tz", "The time zone in which times are sent and shown, such as Europe/Vienna."),
        ("use_owner_tz", "As tz, with the zone of the subscriber, its customer or its reseller (1)."),
        UNASSIGN,
    ],
    links: LINKS,
    journal: Some("cf_time_sets"),
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&call_forward::TIME_SETS),
    example: r#"{"name": "office hours", "subscriber_id": 5, "times": [{"wday": "2-6", "hour": "9-16"}]}"#,
    behaviour: &Sets(SetKind::Time),
    ..Resource::DEFAULT
};

pub(super) static CFSOURCESETS: Resource = Resource {
    name: "cfsourcesets",
    singular: "cfsourceset",
    title: "Call forward source sets",
    doc: "Whose calls to a subscriber are forwarded: callers that count (whitelist) or don't (blacklist).",
    fields: &[
        Field::ID,
        NAME,
        SUBSCRIBER,
        MODE,
        IS_REGEX,
        Field::new("sources", Kind::List(&Kind::Object(SOURCE))).doc("The callers."),
        OWN,
        USAGE,
    ],
    verbs: VERBS,
    filters: FILTERS,
    parameters: &[UNASSIGN],
    links: LINKS,
    journal: Some("cf_source_sets"),
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&call_forward::SOURCE_SETS),
    example: r#"{"name": "family", "subscriber_id": 5, "mode": "whitelist", "sources": [{"source": "4366610*"}]}"#,
    behaviour: &Sets(SetKind::Source),
    ..Resource::DEFAULT
};

pub(super) static CFBNUMBERSETS: Resource = Resource {
    name: "cfbnumbersets",
    singular: "cfbnumberset",
    title: "Call forward B-number sets",
    doc: "Calls to which numbers of a subscriber are forwarded: numbers that count (whitelist) or don't (blacklist).",
    fields: &[
        Field::ID,
        NAME,
        SUBSCRIBER,
        MODE,
        IS_REGEX,
        Field::new("bnumbers", Kind::List(&Kind::Object(BNUMBER))).doc("The called numbers."),
        OWN,
        USAGE,
    ],
    verbs: VERBS,
    filters: FILTERS,
    parameters: &[UNASSIGN],
    links: LINKS,
    journal: Some("cf_bnumber_sets"),
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&call_forward::BNUMBER_SETS),
    example: r#"{"name": "hotline", "subscriber_id": 5, "mode": "whitelist", "bnumbers": [{"bnumber": "431800*"}]}"#,
    behaviour: &Sets(SetKind::Bnumber),
    ..Resource::DEFAULT
};

/// The registry's record of a set as JSON.
pub(super) fn record(set: &ForwardSet) -> Outcome<Value> {
    serde_json::to_value(set).map_err(|error| Failure::from(Error::Internal(error.to_string())))
}

/// The subscriber that calls, if it is one.
async fn own_subscriber(cx: &mut Cx<'_>) -> Outcome<Option<SubscriberId>> {
    match (cx.caller.scope, cx.caller.role) {
        (Scope::Subscriber(id), _) => Ok(Some(id)),
        (_, Role::SubscriberAdmin) => Ok(Some(passwordchange::calling(cx).await?.subscriber_id)),
        _ => Ok(None),
    }
}

/// How many minutes the times of each subscriber's sets are to be shown ahead of UTC; one entry for each id.
async fn ahead(cx: &mut Cx<'_>, subscribers: &[i64]) -> Outcome<Vec<i64>> {
    let of = |zone: &str, now| {
        let invalid = |_| Refusal::new(422, "Query parameter 'tz' value is not valid");
        period::ahead(zone, now).map_err(invalid)
    };
    if let Some(zone) = cx.params.get("tz").filter(|zone| !zone.is_empty()) {
        let minutes = of(zone, cx.now)?;
        return Ok(vec![minutes; subscribers.len()]);
    }
    if !cx.params.is_true("use_owner_tz") {
        return Ok(vec![0; subscribers.len()]);
    }
    let zones: HashMap<i64, String> = call_forward::zones(cx.tx, subscribers).await?;
    let minutes = subscribers.iter().map(|id| zones.get(id).map_or(Ok(0), |zone| of(zone, cx.now)));
    Ok(minutes.collect::<Result<_, _>>()?)
}

/// Sets of one kind.
struct Sets(SetKind);

impl Sets {
    /// The set that a checked body describes.
    async fn spec(&self, cx: &mut Cx<'_>, body: &Item) -> Outcome<SetSpec> {
        let sent = body.get("subscriber_id").and_then(Value::as_i64).map(SubscriberId);
        let required = || Refusal::invalid_field("subscriber_id", "", "Subscriber field is required");
        let subscriber_id = match sent.filter(|_| cx.caller.role != Role::Subscriber) {
            Some(sent) => sent,
            None => own_subscriber(cx).await?.ok_or_else(required)?,
        };
        let content = match content::read(self.0, body)? {
            Content::Times(times) => {
                let minutes = ahead(cx, &[subscriber_id.0]).await?;
                Content::Times(period::shifted(&times, -minutes.first().copied().unwrap_or(0)))
            }
            other => other,
        };
        let name = content::text(body.get("name")).unwrap_or_default();
        Ok(SetSpec { subscriber_id, name, content })
    }
}

#[async_trait::async_trait]
impl Behaviour for Sets {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let mut sets = set::load(cx.tx, ids).await?;
        if self.0 == SetKind::Time {
            let owners: Vec<i64> = sets.iter().map(|set| set.subscriber_id.0).collect();
            for (set, minutes) in sets.iter_mut().zip(ahead(cx, &owners).await?) {
                if let Content::Times(times) = &mut set.content {
                    *times = period::shifted(times, minutes);
                }
            }
        }
        let own = own_subscriber(cx).await?;
        let item = |set: &ForwardSet| {
            let mut item = content::item(self.0, &record(set)?);
            item.insert("own".to_owned(), (own == Some(set.subscriber_id)).into());
            Ok((set.id.0, item))
        };
        sets.iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let spec = self.spec(cx, &input).await?;
        Ok(set::create(cx.tx, cx.caller, cx.now, &spec).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let spec = self.spec(cx, &new).await?;
        set::update(cx.tx, cx.caller, cx.now, ForwardSetId(id), &spec).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        let unassign = cx.params.is_true("unassign_first");
        Ok(set::delete(cx.tx, cx.caller, cx.now, self.0, ForwardSetId(id), unassign).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        refusal(error)
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        content::item(self.0, record)
    }
}

/// How the dialect words what is wrong with a set or with members of one.
pub(super) fn refusal(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { kind, field: "name", .. } => {
            Some(Refusal::new(422, format!("a {kind} with this name already exists")))
        }
        Error::Dangling { field: "subscriber_id", .. } => Some(Refusal::new(422, "Invalid 'subscriber_id'.")),
        Error::Dangling { field: "announcement_id", value } => {
            Some(Refusal::new(422, format!("Unknown announcement_id '{value}'")))
        }
        _ => None,
    }
}
