//! The members of sets, as they are stored and read.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use store::{Row, Tx, args};

use super::{Destination, Owner, Period, SetKind, Trigger};
use crate::id::ForwardSetId;
use crate::listing;
use crate::statement::statements;
use crate::{Error, Result};

/// Whether the members of a set are those that count or those that don't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only the members.
    #[default]
    Whitelist,
    /// All but the members.
    Blacklist,
}

crate::text_enum!(Mode, "mode", { Whitelist => "whitelist", Blacklist => "blacklist" });

/// Callers or called numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patterns {
    /// Whether they count or all others.
    pub mode: Mode,
    /// Whether they are regular expressions; else `*` and `?` stand for any text and any character.
    pub is_regex: bool,
    /// The patterns.
    pub patterns: Vec<String>,
}

/// What is in a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Destinations, in order.
    Destinations(Vec<Destination>),
    /// Periods.
    Times(Vec<Period>),
    /// Callers.
    Sources(Patterns),
    /// Called numbers.
    Bnumbers(Patterns),
}

statements! {
    ADD_DESTINATION = "INSERT INTO cf_destinations (set_id, position, destination, timeout, priority, announcement_id) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    ADD_PERIOD = "INSERT INTO cf_periods (set_id, position, year, month, mday, wday, hour, minute) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    ADD_PATTERN = "INSERT INTO cf_patterns (set_id, position, pattern) VALUES ($1, $2, $3)";
    CLEAR_DESTINATIONS = "DELETE FROM cf_destinations WHERE set_id = $1";
    CLEAR_PERIODS = "DELETE FROM cf_periods WHERE set_id = $1";
    CLEAR_PATTERNS = "DELETE FROM cf_patterns WHERE set_id = $1";
}

/// Most members of a set.
const MOST: usize = 1_000;

/// Statements for several sets at a time.
const DESTINATIONS: &str = "SELECT set_id, destination, timeout, priority, announcement_id FROM cf_destinations \
    WHERE set_id IN ({ids}) ORDER BY set_id, position";
const PERIODS: &str = "SELECT set_id, year, month, mday, wday, hour, minute FROM cf_periods \
    WHERE set_id IN ({ids}) ORDER BY set_id, position";
const PATTERNS: &str = "SELECT set_id, pattern FROM cf_patterns WHERE set_id IN ({ids}) ORDER BY set_id, position";

impl Content {
    /// The kind of set that holds this.
    #[must_use]
    pub fn kind(&self) -> SetKind {
        match self {
            Content::Destinations(_) => SetKind::Destination,
            Content::Times(_) => SetKind::Time,
            Content::Sources(_) => SetKind::Source,
            Content::Bnumbers(_) => SetKind::Bnumber,
        }
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members() == 0
    }

    pub(super) fn patterns(&self) -> Option<&Patterns> {
        match self {
            Content::Sources(patterns) | Content::Bnumbers(patterns) => Some(patterns),
            Content::Destinations(_) | Content::Times(_) => None,
        }
    }

    /// How many destinations, periods or patterns there are.
    #[must_use]
    pub fn members(&self) -> usize {
        match self {
            Content::Destinations(all) => all.len(),
            Content::Times(all) => all.len(),
            Content::Sources(all) | Content::Bnumbers(all) => all.patterns.len(),
        }
    }

    /// As it is stored, of a set that is for that trigger alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] and [`Error::Dangling`] naming the field of a member.
    pub(super) fn resolved(&self, owner: &Owner, trigger: Option<Trigger>) -> Result<Content> {
        let field = match self {
            Content::Destinations(_) => "destinations",
            Content::Times(_) => "times",
            Content::Sources(_) => "sources",
            Content::Bnumbers(_) => "bnumbers",
        };
        let members = self.members();
        if members > MOST {
            return Err(Error::invalid(field, format!("a set has at most {MOST} members, not {members}")));
        }
        match self {
            Content::Destinations(all) => {
                Ok(Content::Destinations(all.iter().map(|d| d.resolved(owner, trigger)).collect::<Result<_>>()?))
            }
            Content::Times(all) => {
                all.iter().try_for_each(Period::check)?;
                Ok(self.clone())
            }
            Content::Sources(all) => check("source", all).map(|()| self.clone()),
            Content::Bnumbers(all) => check("bnumber", all).map(|()| self.clone()),
        }
    }

    /// Takes all members of this kind out of the set.
    pub(super) async fn clear(&self, tx: &mut Tx, id: ForwardSetId) -> Result<()> {
        let clear = match self {
            Content::Destinations(_) => CLEAR_DESTINATIONS,
            Content::Times(_) => CLEAR_PERIODS,
            Content::Sources(_) | Content::Bnumbers(_) => CLEAR_PATTERNS,
        };
        tx.execute(clear, args![id]).await?;
        Ok(())
    }

    /// Makes these the members of the set.
    pub(super) async fn store(&self, tx: &mut Tx, id: ForwardSetId) -> Result<()> {
        self.clear(tx, id).await?;
        match self {
            Content::Destinations(all) => {
                for (at, d) in (0_i64..).zip(all) {
                    let values = args![id, at, &d.destination, d.timeout, d.priority, d.announcement_id];
                    tx.execute(ADD_DESTINATION, values).await?;
                }
            }
            Content::Times(all) => {
                for (at, p) in (0_i64..).zip(all) {
                    let [year, month, mday] = [&p.year, &p.month, &p.mday].map(Option::as_deref);
                    let [wday, hour, minute] = [&p.wday, &p.hour, &p.minute].map(Option::as_deref);
                    tx.execute(ADD_PERIOD, args![id, at, year, month, mday, wday, hour, minute]).await?;
                }
            }
            Content::Sources(all) | Content::Bnumbers(all) => {
                for (at, pattern) in (0_i64..).zip(&all.patterns) {
                    tx.execute(ADD_PATTERN, args![id, at, pattern]).await?;
                }
            }
        }
        Ok(())
    }
}

fn check(field: &'static str, all: &Patterns) -> Result<()> {
    match all.patterns.iter().find(|pattern| pattern.trim().is_empty() || pattern.len() > 255) {
        Some(wrong) => Err(Error::invalid(field, format!("`{wrong}` is not between 1 and 255 characters long"))),
        None => Ok(()),
    }
}

/// Members of sets that are being read.
pub(super) struct Members {
    destinations: HashMap<i64, Vec<Destination>>,
    periods: HashMap<i64, Vec<Period>>,
    patterns: HashMap<i64, Vec<String>>,
}

async fn grouped<T>(
    tx: &mut Tx,
    sql: &str,
    ids: &[i64],
    read: impl Fn(&Row) -> Result<T>,
) -> Result<HashMap<i64, Vec<T>>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in listing::for_ids(tx, sql, ids).await? {
        groups.entry(row.get("set_id")?).or_default().push(read(&row)?);
    }
    Ok(groups)
}

impl Members {
    /// The members of sets, of which the kinds are known.
    pub(super) async fn of(tx: &mut Tx, sets: &[(i64, SetKind)]) -> Result<Members> {
        let ids = |wanted: &[SetKind]| -> Vec<i64> {
            sets.iter().filter(|(_, kind)| wanted.contains(kind)).map(|(id, _)| *id).collect()
        };
        let destination = |row: &Row| {
            Ok(Destination {
                destination: row.get("destination")?,
                timeout: row.get("timeout")?,
                priority: row.get("priority")?,
                announcement_id: row.get("announcement_id")?,
            })
        };
        let period = |row: &Row| {
            Ok(Period {
                year: row.get("year")?,
                month: row.get("month")?,
                mday: row.get("mday")?,
                wday: row.get("wday")?,
                hour: row.get("hour")?,
                minute: row.get("minute")?,
            })
        };
        let patterns = ids(&[SetKind::Source, SetKind::Bnumber]);
        Ok(Members {
            destinations: grouped(tx, DESTINATIONS, &ids(&[SetKind::Destination]), destination).await?,
            periods: grouped(tx, PERIODS, &ids(&[SetKind::Time]), period).await?,
            patterns: grouped(tx, PATTERNS, &patterns, |row| Ok(row.get("pattern")?)).await?,
        })
    }

    /// Takes out what is in one set.
    pub(super) fn take(&mut self, id: i64, kind: SetKind, mode: Option<Mode>, is_regex: bool) -> Content {
        let mut patterns = || Patterns {
            mode: mode.unwrap_or_default(),
            is_regex,
            patterns: self.patterns.remove(&id).unwrap_or_default(),
        };
        match kind {
            SetKind::Source => Content::Sources(patterns()),
            SetKind::Bnumber => Content::Bnumbers(patterns()),
            SetKind::Destination => Content::Destinations(self.destinations.remove(&id).unwrap_or_default()),
            SetKind::Time => Content::Times(self.periods.remove(&id).unwrap_or_default()),
        }
    }
}
