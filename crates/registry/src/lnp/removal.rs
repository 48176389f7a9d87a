//! Removes many ported numbers, in short transactions.

use serde::Serialize;
use store::{Row, Tx, args};

use super::number::{ALL, hold_generation, is_number};
use crate::caller::Caller;
use crate::id::LnpCarrierId;
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, listing};

/// Numbers that are looked at in one transaction.
const BATCH: i64 = 2_000;

/// Which numbers are meant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Which {
    /// The digits, with a `*` at the end also all that begin so.
    pub number: Option<String>,
    /// Only those of that carrier.
    pub carrier_id: Option<LnpCarrierId>,
    /// Only those whose time it is, or is not.
    pub actual: Option<bool>,
}

/// How far a removal has come.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Which generation of numbers it is about; none: the one that holds when it begins.
    generation: Option<i64>,
    number: String,
    id: i64,
}

statements! {
    BETWEEN = "SELECT id, number, carrier_id, start_at, end_at FROM lnp_numbers WHERE generation = $1 AND number >= $2 \
        AND (number > $2 OR id > $3) AND number < $4 ORDER BY number, id LIMIT $5";
    OF_CARRIER = "SELECT id, number, carrier_id, start_at, end_at FROM lnp_numbers WHERE carrier_id = $1 \
        AND generation = $2 AND id > $3 ORDER BY id LIMIT $4";
}

/// `{ids}` as for [`listing::for_ids`].
const REMOVE: &str = "DELETE FROM lnp_numbers WHERE id IN ({ids}) RETURNING id";

/// What the journal says of a batch.
#[derive(Debug, Serialize)]
struct Removed<'a> {
    removed: usize,
    #[serde(flatten)]
    which: &'a Which,
}

impl Which {
    /// The numbers from the first on to before the second; none: all.
    fn range(&self) -> Result<Option<(String, String)>> {
        let Some(pattern) = self.number.as_deref() else { return Ok(None) };
        let (digits, after) = match pattern.strip_suffix('*') {
            Some(beginning) => (beginning, ':'),
            None => (pattern, '!'),
        };
        // Numbers are digits, which come between these two characters.
        if is_number(digits) || pattern == "*" {
            Ok(Some((digits.to_owned(), format!("{digits}{after}"))))
        } else {
            Err(Error::invalid("number", "it must be digits, with perhaps a * after them"))
        }
    }

    fn covers(&self, row: &Row, now: i64) -> Result<bool> {
        let (carrier, start, end): (LnpCarrierId, Option<i64>, Option<i64>) = (row.at(2)?, row.at(3)?, row.at(4)?);
        let holds = start.is_none_or(|start| start <= now) && end.is_none_or(|end| end > now);
        let fits = self.carrier_id.is_none_or(|wanted| wanted == carrier);
        Ok(fits && self.actual.is_none_or(|wanted| wanted == holds))
    }
}

/// Removes the next of the numbers that are meant, after the place where the batch before ended; none is left where
/// there is no place any more. Numbers that have taken the place of all others since it began are not meant.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Invalid`] for `number` where neither a number nor a carrier says which.
pub async fn remove(tx: &mut Tx, caller: &Caller, now: i64, which: &Which, after: &Place) -> Result<Option<Place>> {
    caller.must_be_admin("remove ported numbers")?;
    caller.must_write()?;
    let generation = hold_generation(tx).await?;
    if after.generation.is_some_and(|begun| begun != generation) {
        return Ok(None);
    }
    let rows = match (which.range()?, which.carrier_id) {
        (Some((first, end)), _) => {
            let from = if after.number.is_empty() { &first } else { &after.number };
            tx.query(BETWEEN, args![generation, from, after.id, end, BATCH]).await?
        }
        (None, Some(carrier)) => tx.query(OF_CARRIER, args![carrier, generation, after.id, BATCH]).await?,
        (None, None) => return Err(Error::invalid("number", "it must say which numbers are to be removed")),
    };
    let mut ids = Vec::new();
    for row in &rows {
        if which.covers(row, now)? {
            ids.push(row.at(0)?);
        }
    }
    for row in listing::for_ids(tx, REMOVE, &ids).await? {
        ALL.count(tx, row.at(0)?, &[], -1);
    }
    if let Some(first) = ids.first() {
        let before = Removed { removed: ids.len(), which };
        let operation = Operation::Delete;
        let change = Change {
            kind: "lnp_numbers",
            record_id: *first,
            account: None,
            operation,
            before: Some(&before),
            after: None,
        };
        journal::write(tx, caller, now, change).await?;
    }
    match rows.last() {
        Some(last) if rows.len() as i64 == BATCH => {
            Ok(Some(Place { generation: Some(generation), number: last.at(1)?, id: last.at(0)? }))
        }
        _ => Ok(None),
    }
}
