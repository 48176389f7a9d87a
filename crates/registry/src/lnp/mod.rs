//! Number portability: which carrier has a number, since when and until when.
//!
//! Numbers come one by one or, as the keepers of such lists give them out, by the million. Each belongs to a generation,
//! and one row says which generation holds; so the numbers of a file are staged beside those that hold and take their
//! place in one step. [`lookup`] costs the same at any size.

pub mod carrier;
pub mod file;
pub mod import;
pub mod intake;
pub mod number;
pub mod period;
mod publication;
mod removal;

use serde::Serialize;
use store::{Tx, args};

pub use self::publication::step;
pub use self::removal::{Place, Which, remove};
use crate::Result;
use crate::id::LnpCarrierId;
use crate::listing::Source;
use crate::statement::statements;

/// Where calls to a number go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ported {
    /// The number.
    pub number: String,
    /// The carrier's id.
    pub carrier_id: LnpCarrierId,
    /// The carrier's name.
    pub carrier: String,
    /// What is put before the number to reach the carrier.
    pub prefix: String,
    /// Whether the list is all that there is to say about numbers of the carrier.
    pub authoritative: bool,
    /// Whether calls to it are left as they are.
    pub skip_rewrite: bool,
    /// The number that calls are to be sent to instead.
    pub routing_number: Option<String>,
    /// Which kind of number or porting it is.
    pub kind: Option<String>,
    /// Since when, in microseconds since 1970 UTC; none: ever since.
    pub start_at: Option<i64>,
    /// The first moment at which it does not hold any more; none: for ever.
    pub end_at: Option<i64>,
}

statements! {
    LOOKUP = "SELECT n.number, n.routing_number, n.kind, n.start_at, n.end_at, n.carrier_id, c.name, c.prefix, \
        c.authoritative, c.skip_rewrite FROM lnp_numbers n JOIN lnp_carriers c ON c.id = n.carrier_id \
        WHERE n.generation = (SELECT generation FROM lnp_state WHERE id = 1) AND n.number = $1 \
        AND (n.start_at IS NULL OR n.start_at <= $2) AND (n.end_at IS NULL OR n.end_at > $2) \
        ORDER BY COALESCE(n.start_at, -1) DESC, n.carrier_id DESC LIMIT 1";
}

/// Every statement of the module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        STATEMENTS,
        carrier::STATEMENTS,
        import::STATEMENTS,
        number::STATEMENTS,
        publication::STATEMENTS,
        removal::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

/// The lists of carriers, numbers and imports.
pub(crate) const SOURCES: &[&Source] = &[&carrier::ALL, &number::ALL, &import::ALL];

/// Who has a number at a time. Of several that hold, the one that began last counts.
///
/// # Errors
/// Only those of the database.
pub async fn lookup(tx: &mut Tx, number: &str, at: i64) -> Result<Option<Ported>> {
    let Some(row) = tx.query_opt(LOOKUP, args![number, at]).await? else { return Ok(None) };
    Ok(Some(Ported {
        number: row.at(0)?,
        routing_number: row.at(1)?,
        kind: row.at(2)?,
        start_at: row.at(3)?,
        end_at: row.at(4)?,
        carrier_id: row.at(5)?,
        carrier: row.at(6)?,
        prefix: row.at(7)?,
        authoritative: row.at(8)?,
        skip_rewrite: row.at(9)?,
    }))
}
