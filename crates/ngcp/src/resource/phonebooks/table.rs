//! A phonebook as comma-separated values: name, number and, in the book of a subscriber, whether it is shared.

use registry::listing::{self, Condition, Query};
use registry::phonebook::{Entry, MOST, Row};
use registry::record;

use crate::kernel::table as csv;
use crate::kernel::{Cx, Outcome, Refusal};

/// Reads a file; its first line may be `name,number,shared`.
///
/// # Errors
/// 422 naming the line.
pub(super) fn rows(body: &[u8]) -> Result<Vec<Row>, Refusal> {
    let mut reader = csv::reader(body);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv::unreadable(&error))?;
        let line = csv::line(&record);
        let (name, number) = (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default());
        if rows.is_empty() && (name, number) == ("name", "number") {
            continue;
        }
        let shared = match record.get(2).unwrap_or_default() {
            "" | "0" | "false" => false,
            "1" | "true" => true,
            other => return Err(csv::wrong(line, format!("shared is 0 or 1, not '{other}'"))),
        };
        if record.len() > 3 {
            return Err(csv::wrong(line, format!("{} columns are too many, at most 3", record.len())));
        }
        rows.push(Row { line, name: name.to_owned(), number: number.to_owned(), shared });
        if rows.len() > MOST {
            return Err(Refusal::new(422, format!("There are more than {MOST} entries in the file")));
        }
    }
    Ok(rows)
}

/// The entries of the book that the query names, or of all that the caller sees; with a line of names.
///
/// # Errors
/// Only those of the database.
pub(super) async fn give_out<E: Entry>(cx: &mut Cx<'_>) -> Outcome<csv::Writer> {
    let of_owner = cx.params.get(E::OWNER).map(|id| match id.parse::<i64>() {
        Ok(id) => Condition::Is(E::OWNER, id.into()),
        Err(_) => Condition::Never,
    });
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
    let query = Query { conditions: of_owner.into_iter().collect(), limit, ..Query::default() };
    let page = listing::page(cx.tx, cx.caller, E::LIST, &query).await?;
    if page.more {
        return Err(Refusal::new(422, format!("There are more than {MOST} entries: ask for one book")).into());
    }
    let entries: Vec<E> = record::load(cx.tx, &page.ids).await?;
    let with_shared = E::OWNER == "subscriber_id";
    let names: &[&str] = if with_shared { &["name", "number", "shared"] } else { &["name", "number"] };
    let mut writer = csv::Writer::new(names)?;
    for entry in &entries {
        let (name, number, shared) = entry.parts();
        let shared = if shared { "1" } else { "0" };
        let values = [name, number, shared];
        writer.row(&values[..names.len()])?;
    }
    Ok(writer)
}
