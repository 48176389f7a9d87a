//! Emergency mappings: what an emergency code becomes, one at a time as JSON or many as a file of comma-separated values.
//!
//! Beyond storing: a code is once in its container, and the container one that the caller sees. A file is one of a
//! reseller, makes the containers that it names, and is taken in as a whole or not at all. The form of codes and the size
//! of a file are our decision.

use std::collections::HashMap;

use registry::emergency::{self, Container, Entry, MAPPINGS, MOST, Mapping};
use registry::id::AccountId;
use registry::listing::{self, Condition, Query};
use registry::{Error, Role, record};

use crate::kernel::{
    Behaviour, Call, Created, Cx, Field, Filter, Kind, Link, Outcome, Records, Refusal, Reply, Resource, SELLERS, Verb,
    table,
};

pub(super) static EMERGENCYMAPPINGS: Resource = Resource {
    name: "emergencymappings",
    singular: "emergencymapping",
    title: "Emergency mappings",
    doc: "What the code of an emergency call becomes: the prefix, the code and the suffix. Many at a time: POST of text/csv \
          with ?reseller_id=ID&purge_existing=true, each line with the columns name (of the container, which is made where \
          it is missing), code, prefix and suffix. GET with Accept: text/csv gives such a file.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("emergency_container_id", "emergency_container_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("code", "code"),
        Filter::wildcard("prefix", "prefix"),
        Filter::wildcard("suffix", "suffix"),
    ],
    parameters: &[("purge_existing", "With POST of text/csv: removes all mappings of the reseller first.")],
    links: &[Link::to("emergencymappingcontainers", "/api/emergencymappingcontainers/{emergency_container_id}")],
    created: Created::Representation,
    takes: table::TAKES,
    gives: table::GIVES,
    links_itself: true,
    source: Some(&MAPPINGS),
    example: r#"{"emergency_container_id": 1, "code": "144", "prefix": "0431", "suffix": "00"}"#,
    behaviour: &Mappings,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("emergency_container_id", Kind::PosInt).required().doc("The container that it is in."),
    Field::new("code", Kind::Text(1, 32)).required().doc("The code that is dialled: digits, *, # and +."),
    Field::new("prefix", Kind::Text(1, 32)).doc("What is put before the code."),
    Field::new("suffix", Kind::Text(1, 32)).doc("What is put after the code."),
];

/// The columns of a file, in their order.
const COLUMNS: [&str; 4] = ["name", "code", "prefix", "suffix"];
/// The rows of a page that is read for a file.
const ROWS: i64 = 1_000;

const RECORDS: Records<Mapping> = Records::of(FIELDS).words(words);

struct Mappings;

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => {
            Some(Refusal::new(422, format!("Emergency mapping code '{value}' already exists in this container.")))
        }
        Error::Dangling { field: "emergency_container_id", .. } => {
            Some(Refusal::new(422, "Invalid 'emergency_container_id'."))
        }
        Error::Dangling { field: "reseller_id", .. } => Some(Refusal::new(422, "Invalid 'reseller_id'.")),
        Error::Invalid { field: "mappings", message } => Some(Refusal::new(422, message.clone())),
        _ => None,
    }
}

#[async_trait::async_trait]
impl Behaviour for Mappings {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if table::is_posted(call) {
            let reseller = reseller(cx)?;
            let entries = read(&call.body)?;
            let purge = cx.params.is_true("purge_existing");
            emergency::take_in(cx.tx, cx.caller, cx.now, reseller, &entries, purge).await?;
            return Ok(Some(Reply::status(201)));
        }
        if table::is_wanted(call) {
            return Ok(Some(written(cx).await?.reply("emergency_mappings.csv")?));
        }
        Ok(None)
    }
}

/// The reseller that a file is of: a reseller's own, or the one that the query names.
fn reseller(cx: &Cx<'_>) -> Result<AccountId, Refusal> {
    if cx.caller.role == Role::Reseller {
        return Ok(cx.caller.account);
    }
    match cx.params.get("reseller_id").map(str::parse) {
        Some(Ok(id)) => Ok(AccountId(id)),
        Some(Err(_)) => Err(Refusal::new(422, "Invalid 'reseller_id'.")),
        None => Err(Refusal::new(422, "Missing parameter 'reseller_id'.")),
    }
}

/// The lines of a file; a first line with the names of the columns is passed over.
///
/// # Errors
/// 422 naming the line.
fn read(body: &[u8]) -> Result<Vec<Entry>, Refusal> {
    let mut reader = table::reader(body);
    let mut entries = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut first = true;
    loop {
        let more = reader.read_record(&mut record).map_err(|error| table::unreadable(&error))?;
        if !more {
            return Ok(entries);
        }
        let line = table::line(&record);
        let names = record.iter().zip(COLUMNS).all(|(cell, name)| cell.eq_ignore_ascii_case(name));
        if std::mem::take(&mut first) && names {
            continue;
        }
        if !(2..=COLUMNS.len()).contains(&record.len()) {
            let what = format!("{} columns, where 2 to {} are wanted", record.len(), COLUMNS.len());
            return Err(table::wrong(line, what));
        }
        if entries.len() == MOST {
            return Err(table::wrong(line, format!("there are more than {MOST} mappings")));
        }
        let cell = |n: usize| record.get(n).filter(|cell| !cell.is_empty()).map(str::to_owned);
        entries.push(Entry {
            line,
            container: cell(0).unwrap_or_default(),
            code: cell(1).unwrap_or_default(),
            prefix: cell(2),
            suffix: cell(3),
        });
    }
}

/// All mappings that the query asks for and the caller sees, as a file with a line of names.
///
/// # Errors
/// 422 where there are too many for one file.
async fn written(cx: &mut Cx<'_>) -> Outcome<table::Writer> {
    let conditions: Vec<Condition> = ["reseller_id", "emergency_container_id"]
        .into_iter()
        .filter_map(|column| Some((column, cx.params.get(column)?)))
        .map(|(column, id)| id.parse::<i64>().map_or(Condition::Never, |id| Condition::Is(column, id.into())))
        .collect();
    let mut writer = table::Writer::new(COLUMNS)?;
    let mut names: HashMap<i64, String> = HashMap::new();
    let (mut last, mut written) = (0, 0);
    loop {
        let mut after = conditions.clone();
        after.push(Condition::Above("id", last.into()));
        let query = Query { conditions: after, limit: ROWS, ..Query::default() };
        let page = listing::page(cx.tx, cx.caller, &MAPPINGS, &query).await?;
        let mappings: Vec<Mapping> = record::load(cx.tx, &page.ids).await?;
        let mut unknown: Vec<i64> = mappings.iter().map(|mapping| mapping.emergency_container_id.0).collect();
        unknown.retain(|id| !names.contains_key(id));
        for container in record::load::<Container>(cx.tx, &unknown).await? {
            names.insert(container.id.0, container.name);
        }
        for mapping in &mappings {
            let name = names.get(&mapping.emergency_container_id.0).map_or("", String::as_str);
            let [prefix, suffix] = [&mapping.prefix, &mapping.suffix].map(|part| part.as_deref().unwrap_or_default());
            writer.row([name, &mapping.code, prefix, suffix])?;
        }
        written += mappings.len();
        if written > MOST {
            let message = format!("There are more than {MOST} mappings: ask for one container");
            return Err(Refusal::new(422, message).into());
        }
        match page.ids.last() {
            Some(id) if page.more => last = *id,
            _ => return Ok(writer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_and_without_names() {
        let entry = |line: u64, code: &str, prefix: Option<&str>, suffix: Option<&str>| Entry {
            line,
            container: "Graz".to_owned(),
            code: code.to_owned(),
            prefix: prefix.map(str::to_owned),
            suffix: suffix.map(str::to_owned),
        };
        for (text, entries) in [
            ("", vec![]),
            ("name,code,prefix,suffix\nGraz,144,0316,00\n", vec![entry(2, "144", Some("0316"), Some("00"))]),
            ("Graz,144,0316\nGraz , 133\n", vec![entry(1, "144", Some("0316"), None), entry(2, "133", None, None)]),
            ("\u{FEFF}Graz,144,,9", vec![entry(1, "144", None, Some("9"))]),
        ] {
            assert_eq!(read(text.as_bytes()).expect(text), entries, "{text}");
        }
        for (bytes, message) in [
            (&b"Graz,144\nGraz\n"[..], "line 2: 1 columns, where 2 to 4 are wanted"),
            (b"a,b,c,d,e\n", "line 1: 5 columns, where 2 to 4 are wanted"),
            (b"Graz,\xFF\n", "line 1: it is not UTF-8"),
        ] {
            assert_eq!(read(bytes).expect_err(message).message, message);
        }
    }
}
