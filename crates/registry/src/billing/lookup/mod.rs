//! Which fee of a billing profile a call is billed by.
//!
//! Fees of the profile and the call's direction are tried in this order, and the first that matches counts: the
//! destination as it is, then the longest prefix, then regular expressions by the length of the expression (the longest
//! destination, then the longest source), then regular expressions by how much of the destination, then of the source
//! they match. Of what is equal in all of that, the fee with the longer destination counts, then the one with the longer
//! source, then the one that was made first. With a profile that ignores domains, what follows an `@` is left out of both
//! numbers.
//!
//! Every fee is kept with the text that a destination has to begin with (its lead), so that only those are read whose
//! lead the destination has, at most [`MOST`] of them, and of regular expressions as many as are compiled in a moment; a
//! call that would need more is an error, never a guess.

mod question;

use store::{Row, Tx, args};

use super::fee::pattern::{self, Effort};
use super::fee::{Direction, Fee, MatchMode, columns, fee};
use crate::id::ProfileId;
use crate::statement::statements;
use crate::turn::in_turn;
use crate::{Error, Result};

pub(crate) use question::zone_of;
pub use question::{Answer, NO_FEE, NO_PROFILE, Of, Question, answer};

/// Most fees that are tried for a call.
pub const MOST: i64 = 1_024;
/// Most fees with regular expressions that are tried on the thread of the request.
const FEW: usize = 4;
/// How many fees are read: seldom more than the first few have to be.
const ROUNDS: [i64; 3] = [4, 64, MOST];

/// A fee and the zone that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The fee.
    pub fee: Fee,
    /// The name of its zone.
    pub zone: String,
    /// What of the zone.
    pub detail: Option<String>,
}

/// The first fees with one lead.
macro_rules! arm {
    ($lead:literal) => {
        concat!(
            "SELECT candidate, turn FROM (SELECT id AS candidate, precedence AS turn FROM billing_fees WHERE profile_id = $1 \
             AND direction = $2 AND lead ",
            $lead,
            " ORDER BY precedence, id LIMIT $4) a"
        )
    };
}

/// The first fees with any of the leads.
macro_rules! arms {
    ($first:literal $(, $lead:literal)*) => { concat!(arm!($first) $(, " UNION ALL ", arm!($lead))*) };
}

/// The first fees of all, with their zones.
macro_rules! candidates {
    ($($lead:literal),*) => {
        concat!(
            "SELECT id, ", columns!(), ", zone, detail FROM (SELECT candidate, turn FROM (", arms!($($lead),*),
            ") b ORDER BY turn, candidate LIMIT $4) c JOIN billing_fees ON id = candidate \
             JOIN (SELECT id AS zone_key, zone, detail FROM billing_zones) z ON zone_key = zone_id \
             ORDER BY turn, candidate"
        )
    };
}

statements! {
    // One ordered piece of the index for each lead: what is read does not depend on how many fees there are.
    OF_NUMBER = candidates!("= $3", "= $5", "= $6", "= $7", "= $8", "= $9", "= $10", "= $11", "= $12", "= $13", "= $14",
        "= $15", "= $16", "= $17", "IS NULL");
    OF_ANY = candidates!("= $3", "= $5", "= $6", "= $7", "= $8", "= $9", "= $10", "= $11", "= $12", "= $13", "= $14",
        "= $15", "= $16", "= $17", "= $18", "= $19", "= $20", "= $21", "= $22", "= $23", "= $24", "IS NULL");
}

/// Most characters of a destination for [`OF_NUMBER`], which has fewer leads to look for: so many digits most numbers have.
const NUMBER: usize = 13;

/// The statements of these modules.
pub(super) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, question::STATEMENTS].into_iter().flatten()
}

/// The fee for calls from a source to a destination; none: the profile has no such fee.
///
/// # Errors
/// [`Error::Conflict`] where too many fees would have to be tried, and where one of them has a pattern that is none.
pub async fn find(
    tx: &mut Tx,
    profile: ProfileId,
    direction: Direction,
    source: &str,
    destination: &str,
) -> Result<Option<Priced>> {
    let leads = leads(destination);
    let (sql, last) = if destination.len() <= NUMBER { (OF_NUMBER, NUMBER) } else { (OF_ANY, pattern::LONGEST_LEAD) };
    for most in ROUNDS {
        let mut values = args![profile, direction, leads[0], most].to_vec();
        values.extend(leads[1..=last].iter().map(|lead| store::Val::from(*lead)));
        let rows = tx.query(sql, &values).await?;
        let whole = (rows.len() as i64) < most;
        let chosen = if is_long(&rows)? {
            let (source, destination) = (source.to_owned(), destination.to_owned());
            in_turn(move || choose(&rows, &source, &destination, whole).map(Option::<&Row>::cloned)).await??
        } else {
            choose(&rows, source, destination, whole)?.cloned()
        };
        if let Some(chosen) = chosen {
            return Ok(Some(priced(&chosen)?));
        }
        if whole {
            return Ok(None);
        }
    }
    Err(Error::Conflict(format!(
        "more than {MOST} fees of billing profile {profile} would have to be tried for {destination}"
    )))
}

/// What a destination begins with, from nothing to as much as a lead may have; the last is repeated.
fn leads(destination: &str) -> [&str; pattern::LONGEST_LEAD + 1] {
    let mut ends = destination.char_indices().map(|(at, _)| at).skip(1).chain([destination.len()]);
    let mut end = 0;
    std::array::from_fn(|n| {
        if n > 0 {
            end = ends.next().unwrap_or(end);
        }
        &destination[..end]
    })
}

/// Whether it may take long to choose one of the rows.
fn is_long(rows: &[Row]) -> Result<bool> {
    let mut compiled = 0;
    for row in rows {
        let (mode, source): (MatchMode, String) = (row.get("match_mode")?, row.get("source")?);
        let destination: String = row.get("destination")?;
        let of_destination = mode != MatchMode::ExactDestination && pattern::is_compiled(&destination);
        if mode != MatchMode::Prefix && (of_destination || pattern::is_compiled(&source)) {
            compiled += 1;
        }
    }
    Ok(compiled > FEW)
}

/// The row of the fee that counts, of rows in the order in which they are tried. `whole`: there are no others.
fn choose<'a>(rows: &'a [Row], source: &str, destination: &str, whole: bool) -> Result<Option<&'a Row>> {
    let mut best: Option<((usize, usize), &Row)> = None;
    let mut effort = Effort::new();
    for row in rows {
        let mode: MatchMode = row.get("match_mode")?;
        let (of_source, of_destination): (String, String) = (row.get("source")?, row.get("destination")?);
        let fits = match mode {
            MatchMode::Prefix => {
                destination.starts_with(&of_destination) && (of_source == "." || source.starts_with(&of_source))
            }
            MatchMode::ExactDestination => {
                destination == of_destination && pattern::found(&of_source, source, &mut effort)?.is_some()
            }
            MatchMode::RegexLongestPattern | MatchMode::RegexLongestMatch => {
                let in_destination = pattern::found(&of_destination, destination, &mut effort)?;
                let Some(in_destination) = in_destination else { continue };
                let Some(in_source) = pattern::found(&of_source, source, &mut effort)? else { continue };
                if mode == MatchMode::RegexLongestMatch {
                    let matched = (in_destination, in_source);
                    if best.is_none_or(|(most, _)| matched > most) {
                        best = Some((matched, row));
                    }
                    continue;
                }
                true
            }
        };
        if fits {
            return Ok(Some(row));
        }
    }
    Ok(best.filter(|_| whole).map(|(_, row)| row))
}

fn priced(row: &Row) -> Result<Priced> {
    let detail: String = row.get("detail")?;
    Ok(Priced { fee: fee(row)?, zone: row.get("zone")?, detail: Some(detail).filter(|detail| !detail.is_empty()) })
}

#[cfg(test)]
mod tests {
    #[test]
    fn leads_grow_by_a_character() {
        let leads = super::leads("4é1");
        assert_eq!(leads[..5], ["", "4", "4é", "4é1", "4é1"]);
        let leads = super::leads("123456789012345678901234");
        assert_eq!((leads[20], leads.len()), ("12345678901234567890", 21));
        assert_eq!(super::leads(""), [""; 21]);
    }
}
