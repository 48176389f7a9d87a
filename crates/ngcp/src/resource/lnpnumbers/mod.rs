//! LNP numbers: which carrier a number has been ported to, and when; one at a time as JSON, or by the million as a file.
//!
//! Beyond storing: the carrier must be there; a carrier has a number once for each start; what ends does so after its
//! start. A file is taken in as a whole or not at all. Our own decisions: a line of a file that says again what is there
//! takes its place; `DELETE` of the collection must name numbers or a carrier; a file may be published while its sender
//! does not wait.

mod table;

use axum::http::{HeaderMap, Method, header};
use registry::id::{LnpCarrierId, LnpNumberId};
use registry::listing::Condition;
use registry::lnp::number::{self, LnpNumber};
use registry::lnp::{self, Place, Which, period};
use registry::{Caller, Error, record};
use serde_json::Value;
use store::Db;

use crate::kernel::call::named_first;
use crate::kernel::flow::{Flow, goes_on};
use crate::kernel::table as csv;
use crate::kernel::{ADMIN, Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Reply, Resource, Verb};

pub(super) static LNPNUMBERS: Resource = Resource {
    name: "lnpnumbers",
    singular: "lnpnumber",
    title: "LNP numbers",
    doc: "Numbers that were ported. Who has a number now: ?number=NUMBER&actual=1; of several that hold, the one that began \
          last counts. Many at a time: POST of text/csv, up to 2 GiB, with the columns carrier_name, carrier_prefix, number, \
          routing_number, start, end, authoritative, skip_rewrite, type in this order, or in that of a first line that names \
          them. Carriers that there are not are made. With ?purge_existing=true the file takes the place of all numbers at \
          once; else its lines join them, and take the place of those with the same number, carrier and start. Where a line \
          is wrong, nothing changes and the lines are named. With Prefer: respond-async, or where it takes longer than 45 \
          seconds, the answer is 202 and Location names the import (lnpimports). There is one import at a time: another is \
          423. GET with Accept: text/csv gives such a file. DELETE of the collection removes the numbers that number (also \
          43*), carrier_id and actual name, in batches; number or carrier_id must be there. Where that takes longer than 45 \
          seconds, or with Prefer: respond-async, the answer is 202 and the removal goes on.",
    fields: &[
        Field::ID,
        Field::new("carrier_id", Kind::PosInt).required().doc("The carrier that has it."),
        Field::new("number", Kind::Text(0, number::LONGEST)).required().doc("Its digits."),
        Field::new("routing_number", Kind::Text(0, number::LONGEST)).doc("The number that calls go to instead."),
        Field::new("start", Kind::Text(0, 19))
            .doc("Since when, YYYY-MM-DD with perhaps HH:MM:SS, in UTC; the day is shown. None: ever since."),
        Field::new("end", Kind::Text(0, 19)).doc("Until when; a day is the last one on which it holds. None: for ever."),
        Field::new("type", Kind::Text(0, number::LONGEST)).doc("Which kind of number it is."),
    ],
    verbs: &[
        (Verb::List, ADMIN),
        (Verb::Get, ADMIN),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
        (Verb::Delete, ADMIN),
        (Verb::Clear, ADMIN),
    ],
    filters: &[Filter::exact("carrier_id", "carrier_id"), Filter::wildcard("number", "number")],
    parameters: &[
        ("actual", "Only numbers that hold now (1), or that do not (0)."),
        ("purge_existing", "With POST of a file: it takes the place of all numbers."),
    ],
    links: &[Link::to("lnpcarriers", "/api/lnpcarriers/{carrier_id}")],
    wakes: true,
    takes: csv::TAKES,
    gives: csv::GIVES,
    source: Some(&number::ALL),
    example: r#"{"carrier_id": 1, "number": "431234567", "routing_number": "4399", "start": "2026-01-01", "end": null}"#,
    behaviour: &Numbers,
    ..Resource::DEFAULT
};

struct Numbers;

/// A truth value of a query.
fn truth(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn text(input: &Item, name: &str) -> Option<String> {
    input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn wire(number: &LnpNumber) -> Item {
    let item = [
        ("id", number.id.0.into()),
        ("carrier_id", number.carrier_id.0.into()),
        ("number", number.number.clone().into()),
        ("routing_number", number.routing_number.clone().into()),
        ("start", number.start_at.map(period::first_day).into()),
        ("end", number.end_at.map(period::last_day).into()),
        ("type", number.kind.clone().into()),
    ];
    item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a checked body says. What is shown of `before` and said again stays as exact as it is.
fn read(input: &Item, before: Option<&LnpNumber>) -> Outcome<LnpNumber> {
    let digits = text(input, "number").unwrap_or_default();
    if !number::is_number(&digits) {
        return Err(Refusal::invalid_field("number", &digits, "Number must be a valid E164 number").into());
    }
    let shown = before.map(wire);
    let moment = |name: &str, kept: Option<i64>, read: fn(&str) -> Option<i64>| -> Outcome<Option<i64>> {
        let Some(said) = text(input, name) else { return Ok(None) };
        if shown.as_ref().and_then(|shown| shown.get(name)).and_then(Value::as_str) == Some(said.as_str()) {
            return Ok(kept);
        }
        let wrong = || Refusal::invalid_field(name, &said, "Invalid date format, must be YYYY-MM-DD HH:MM:SS");
        Ok(Some(read(&said).ok_or_else(wrong)?))
    };
    Ok(LnpNumber {
        id: before.map_or(LnpNumberId(0), |before| before.id),
        generation: 0,
        carrier_id: LnpCarrierId(input.get("carrier_id").and_then(Value::as_i64).unwrap_or_default()),
        number: digits,
        routing_number: text(input, "routing_number"),
        kind: text(input, "type"),
        start_at: moment("start", before.and_then(|before| before.start_at), period::start)?,
        end_at: moment("end", before.and_then(|before| before.end_at), period::end)?,
    })
}

/// Removes what the query names. Once it has begun, it goes on to its end whether the sender waits for it or not.
async fn clear(flow: Flow<'_>) -> Outcome<Reply> {
    let wrong = |name: &str, value: &str| Refusal::new(422, format!("Invalid '{name}': '{value}'"));
    let carrier = flow.params.get("carrier_id").map(|text| text.parse::<i64>().map_err(|_| wrong("carrier_id", text)));
    let actual = flow.params.get("actual").map(|text| truth(text).ok_or_else(|| wrong("actual", text)));
    let which = Which {
        number: flow.params.get("number").map(str::to_owned),
        carrier_id: carrier.transpose()?.map(LnpCarrierId),
        actual: actual.transpose()?,
    };
    let (db, caller, now) = (flow.state.ordering.db().clone(), flow.caller.clone(), flow.now);
    let first = removed(&db, &caller, now, &which, &Place::default()).await?;
    let Some(mut place) = first else { return Ok(Reply::status(204)) };
    let rest = async move {
        while let Some(next) = removed(&db, &caller, now, &which, &place).await? {
            place = next;
        }
        Ok(())
    };
    let done = goes_on(flow.call, "removal of ported numbers", rest).await?;
    Ok(Reply::status(if done { 204 } else { 202 }))
}

/// Removes a batch, and tells where the next one begins.
async fn removed(db: &Db, caller: &Caller, now: i64, which: &Which, after: &Place) -> registry::Result<Option<Place>> {
    registry::transaction!(db, |tx| lnp::remove(tx, caller, now, which, after).await)
}

#[async_trait::async_trait]
impl Behaviour for Numbers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<LnpNumber> = record::load(cx.tx, ids).await?;
        Ok(found.iter().map(|number| (number.id.0, wire(number))).collect())
    }

    fn condition_at(&self, name: &str, value: &str, now: i64) -> Option<Condition> {
        match name {
            "actual" => Some(truth(value).map_or(Condition::Never, |yes| number::actual(yes, now))),
            _ => None,
        }
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let made = read(&input, None)?;
        Ok(record::create(cx.tx, cx.caller, cx.now, made).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let before: LnpNumber = record::get(cx.tx, cx.caller, id).await?;
        record::update(cx.tx, cx.caller, cx.now, read(&new, Some(&before))?).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        record::delete::<LnpNumber>(cx.tx, cx.caller, cx.now, id).await?;
        Ok(())
    }

    fn flows(&self, method: &Method, headers: &HeaderMap) -> bool {
        match *method {
            Method::DELETE => true,
            Method::POST => named_first(headers, &header::CONTENT_TYPE) == csv::CSV,
            Method::GET | Method::HEAD => named_first(headers, &header::ACCEPT) == csv::CSV,
            _ => false,
        }
    }

    async fn flow(&self, flow: Flow<'_>) -> Outcome<Reply> {
        match flow.call.method {
            Method::DELETE => clear(flow).await,
            Method::POST => table::take_in(flow).await,
            _ => table::give_out(flow).await,
        }
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Dangling { field: "carrier_id", .. } => Some(Refusal::new(422, "lnp carrier_id does not exist")),
            Error::Taken { kind: "lnp carrier", value, .. } => {
                Some(Refusal::new(422, format!("LNP carrier with name '{value}' already exists.")))
            }
            Error::Taken { value, .. } => {
                Some(Refusal::new(422, format!("LNP number '{value}' of this carrier with this start already exists.")))
            }
            Error::Conflict(message) => Some(Refusal::new(423, format!("{message}."))),
            _ => None,
        }
    }
}
