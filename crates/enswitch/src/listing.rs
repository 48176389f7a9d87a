//! The parameters that list functions share, applied to rows.

use std::cmp::Ordering;

use registry::number::{self, Filter, Number};
use registry::page::{MOST, Page};
use serde_json::{Value, json};
use store::Tx;

use crate::answer::Answer;
use crate::call::Call;
use crate::category::numbers::row;
use crate::error::Failure;
use crate::function::Outcome;

/// Most numbers that one call looks through.
const MOST_SEEN: usize = 100_000;
/// Most numbers that one call sorts.
const MOST_SORTED: usize = 10_000;

/// Which part of a list is wanted.
struct Part {
    offset: usize,
    /// At most [`MOST`].
    limit: usize,
}

fn part(call: &Call) -> Part {
    let whole = |name| call.integer(name).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let limit = match whole("limit") {
        0 => MOST as usize,
        limit => limit.min(MOST as usize),
    };
    Part { offset: whole("offset"), limit }
}

fn totals(call: &Call) -> bool {
    call.flag("count") || call.flag("pages")
}

fn counted(call: &Call, count: usize) -> Answer {
    Answer::Data(if call.flag("pages") {
        json!({ "count": count, "pages": count.div_ceil(part(call).limit) })
    } else {
        json!({ "count": count })
    })
}

/// Answers with rows that are all at hand: searched, sorted, cut.
pub(crate) fn answer(call: &Call, mut rows: Vec<Value>) -> Outcome {
    if let Some(text) = call.filled("search") {
        let text = text.to_lowercase();
        rows.retain(|row| {
            let mut cells = row.as_object().into_iter().flat_map(serde_json::Map::values);
            cells.any(|cell| cell.as_str().is_some_and(|cell| cell.to_lowercase().contains(&text)))
        });
    }
    Ok(arranged(call, rows))
}

/// Answers with rows that were searched already: sorted, cut, or counted.
pub(crate) fn arranged(call: &Call, mut rows: Vec<Value>) -> Answer {
    if totals(call) {
        return counted(call, rows.len());
    }
    let sort = call.function.list.map_or("id", |(columns, ..)| columns.first().copied().unwrap_or("id"));
    sort_by(&mut rows, call.filled("sort").unwrap_or(sort), call.flag("descending"));
    cut(call, rows)
}

fn sort_by(rows: &mut [Value], column: &str, descending: bool) {
    rows.sort_by(|a, b| {
        let order = match (&a[column], &b[column]) {
            (Value::Number(a), Value::Number(b)) => a.as_i64().cmp(&b.as_i64()),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        if descending { order.reverse() } else { order }
    });
}

fn cut(call: &Call, rows: Vec<Value>) -> Answer {
    let Part { offset, limit } = part(call);
    Answer::Data(rows.into_iter().skip(offset).take(limit).collect())
}

/// Answers with numbers, of which there may be millions: they are read page by page, and no further than bounds that
/// the caller is told of.
pub(crate) async fn numbers(
    call: &Call,
    tx: &mut Tx,
    filter: &Filter,
    keep: impl Fn(&Number) -> bool,
    after: i64,
) -> Outcome {
    let Part { offset, limit } = part(call);
    let sorted = call.flag("descending") || call.filled("sort").is_some_and(|column| column != "id");
    let (wanted, most) = match (totals(call), sorted) {
        (true, _) => (usize::MAX, usize::MAX),
        (false, true) => (usize::MAX, MOST_SORTED),
        (false, false) => (offset.saturating_add(limit), usize::MAX),
    };
    let mut rows = Vec::new();
    let (mut kept, mut seen) = (0, 0);
    let mut page = Page { after, limit: u32::try_from(wanted).unwrap_or(MOST).min(MOST) };
    while kept < wanted {
        let found = number::list(tx, call.caller()?, filter, page).await?;
        let Some(last) = found.last() else { break };
        page.after = last.id.0;
        seen += found.len();
        for number in found.iter().filter(|number| keep(number)) {
            kept += 1;
            if !totals(call) && (sorted || (kept > offset && kept <= wanted)) {
                rows.push(row(call, number));
            }
        }
        if kept > most {
            return Err(Failure::wrong(
                "sort",
                format!("more than {most} numbers would have to be sorted: narrow the search"),
            ));
        }
        if found.len() < page.limit as usize {
            break;
        }
        page.limit = MOST;
        if seen >= MOST_SEEN && kept < wanted {
            let message = format!(
                "more than {MOST_SEEN} numbers would have to be looked through: narrow the search, or go on with `after`"
            );
            return Err(Failure::wrong("search", message));
        }
    }
    if totals(call) {
        return Ok(counted(call, kept));
    }
    if sorted {
        sort_by(&mut rows, call.filled("sort").unwrap_or("id"), call.flag("descending"));
        return Ok(cut(call, rows));
    }
    Ok(Answer::Data(Value::Array(rows)))
}
