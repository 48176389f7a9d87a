//! How declarations are put into words: kinds of fields, filters, verbs, and what is answered.

use registry::listing::Holds;
use serde_json::Value;

use crate::kernel::filter::How;
use crate::kernel::{Created, Field, Filter, Kind, Resource, Verb};

/// The HTTP method of a verb.
pub(super) fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::List | Verb::Get => "GET",
        Verb::Create => "POST",
        Verb::Replace => "PUT",
        Verb::Modify => "PATCH",
        Verb::Delete | Verb::Clear => "DELETE",
    }
}

/// Whether a verb is one of an item rather than of the collection.
pub(super) fn of_item(verb: Verb) -> bool {
    !matches!(verb, Verb::List | Verb::Create | Verb::Clear)
}

/// What a verb does to a resource, in a line.
pub(super) fn summary(resource: &Resource, verb: Verb) -> String {
    let one = resource.singular;
    match verb {
        Verb::List if resource.single => format!("Shows {}", name(resource)),
        Verb::List => format!("Lists {}", name(resource)),
        Verb::Get => format!("Shows one {one}"),
        Verb::Create if resource.single => format!("Posts to {}", name(resource)),
        Verb::Create => format!("Makes a {one}"),
        Verb::Replace => format!("Replaces a {one}"),
        Verb::Modify => format!("Changes a {one} with a JSON Patch"),
        Verb::Delete => format!("Removes a {one}"),
        Verb::Clear => format!("Removes {} that the query names", name(resource)),
    }
}

/// The title in the middle of a sentence.
fn name(resource: &Resource) -> String {
    let mut characters = resource.title.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), characters.as_str())
        }
        _ => resource.title.to_owned(),
    }
}

/// What goes well answers with.
pub(super) struct Success {
    /// The HTTP status.
    pub(super) status: u16,
    /// The media type of the body; none: there is no body.
    pub(super) media_type: Option<&'static str>,
    /// What it is.
    pub(super) doc: &'static str,
}

const HAL: &str = "application/hal+json";
const JSON: &str = "application/json";

const fn success(status: u16, media_type: Option<&'static str>, doc: &'static str) -> Success {
    Success { status, media_type, doc }
}

/// What `POST` answers with. Resources that answer in their own way are named here.
pub(super) fn created(resource: &Resource) -> Vec<Success> {
    match resource.name {
        "admincerts" => vec![success(201, Some("application/zip"), "An archive with the certificate and its key.")],
        "applyrewrites" | "feelookups" => vec![success(200, Some(JSON), "What comes out; nothing is kept.")],
        "authtokens" => vec![success(201, Some(JSON), "The token.")],
        "topupcash" | "topupvouchers" => vec![success(204, None, "The balance has been topped up.")],
        "passwordchange" => vec![success(204, None, "The password has been changed.")],
        "passwordreset" | "passwordrecovery" => vec![success(200, Some(JSON), "What happens now.")],
        "numberorders" => vec![
            success(201, Some(HAL), "What was bought; Location names the order, if there is one."),
            success(200, Some(HAL), "With dry_run=1: what it would cost."),
        ],
        "vouchers" => vec![
            success(201, None, "It is made, and Location says where; or all of the file holds."),
            success(202, None, "All of the file holds; the removal of what it takes the place of goes on."),
        ],
        "lnpnumbers" => vec![
            success(201, None, "It is made, or all of the file holds; Location says where to look."),
            success(202, None, "The file is good and is being published; Location names the import."),
        ],
        _ if resource.created == Created::Representation => {
            // The body is there or not: what a schema can't say.
            vec![success(201, None, "It is made; Location says where. The body is the item, if Prefer asks for it.")]
        }
        _ => vec![success(201, None, "It is made; Location says where.")],
    }
}

/// The media types that stand there for a verb.
pub(super) fn media(declared: &'static [(Verb, &'static str)], verb: Verb) -> impl Iterator<Item = &'static str> {
    declared.iter().filter(move |(of, _)| *of == verb).map(|(_, media_type)| *media_type)
}

/// What a field holds.
pub(super) fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Int => "integer".to_owned(),
        Kind::PosInt => "integer above 0".to_owned(),
        Kind::IntRange(least, most) => format!("integer from {least} to {most}"),
        Kind::Float => "number".to_owned(),
        Kind::FloatRange(least, most) => format!("number from {least} to {most}"),
        Kind::Bool => "true or false".to_owned(),
        Kind::Text(least, most) => format!("text{}", length(*least, *most)),
        Kind::Enum(words) => format!("one of {}", words.join(", ")),
        Kind::EnumInt(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            format!("one of {}", numbers.join(", "))
        }
        Kind::Email => "e-mail address".to_owned(),
        Kind::Handle => "letters, digits and _, at most 63".to_owned(),
        Kind::Username => "user name of a SIP URI, at most 127 characters".to_owned(),
        Kind::TimeZone => "name of a time zone".to_owned(),
        Kind::Secret(least, most) => format!("secret{}", length(*least, *most)),
        Kind::Timestamp => "time, YYYY-MM-DD HH:MM:SS in UTC".to_owned(),
        Kind::Object(_) => "object".to_owned(),
        Kind::List(member) => format!("list: {}", self::kind(member)),
        Kind::Any => "any JSON".to_owned(),
    }
}

fn length(least: usize, most: usize) -> String {
    match (least, most) {
        (0, usize::MAX) => String::new(),
        (0, most) => format!(" of at most {most} characters"),
        (least, usize::MAX) => format!(" of at least {least} characters"),
        (least, most) if least == most => format!(" of {least} characters"),
        (least, most) => format!(" of {least} to {most} characters"),
    }
}

/// The fields of the objects that a field holds, if it holds any.
pub(super) fn inner(kind: &Kind) -> Option<&'static [Field]> {
    match kind {
        Kind::Object(fields) => Some(fields),
        Kind::List(member) => inner(member),
        _ => None,
    }
}

/// What a filter does.
pub(super) fn filter(filter: &Filter) -> String {
    let how = match filter.how {
        How::Exact => "Only items with this value.",
        How::Wildcard => "Only items with this value; * stands for any text.",
        How::Csv => "Only items with one of these values, with commas between them.",
        How::NotCsv => "Only items with none of these values, with commas between them.",
        How::Boolean => "Only items for which this is true (1) or not (0).",
        How::After => "Only items later than this time.",
        How::Before => "Only items earlier than this time.",
    };
    if filter.doc.is_empty() { how.to_owned() } else { filter.doc.to_owned() }
}

/// What the column holds that a filter looks at.
pub(super) fn holds(resource: &Resource, filter: &Filter) -> Holds {
    resource.source.and_then(|source| source.column(filter.column)).map_or(Holds::Text, |column| column.holds)
}

/// What a collection can be ordered by.
pub(super) fn orders(resource: &Resource) -> Vec<&'static str> {
    let Some(source) = resource.source else { return Vec::new() };
    let columns = source.columns.iter().map(|column| column.name);
    let filters =
        resource.filters.iter().filter(|filter| source.column(filter.column).is_some()).map(|filter| filter.name);
    let mut names: Vec<_> = ["id"].into_iter().chain(columns).chain(filters).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The declared example of a body.
pub(super) fn example(resource: &Resource) -> Option<Value> {
    serde_json::from_str(resource.example).ok()
}

/// Whether any body can be sent.
pub(super) fn is_written(resource: &Resource) -> bool {
    [Verb::Create, Verb::Replace, Verb::Modify].into_iter().any(|verb| resource.roles(verb).is_some())
}
