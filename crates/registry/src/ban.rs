//! Failed logins, counted for each user name and each address, and the bans that follow from too many.
//!
//! Bans are in the database, so that they hold on every server. Only passwords are counted and refused: tokens and
//! client certificates can't be guessed. User names are counted whether they exist or not, so that a ban does not tell.
//! Loopback addresses are never banned: a proxy on the same machine stands for all its clients.

use std::net::IpAddr;

use serde::Serialize;
use store::{Tx, args};

use crate::caller::Caller;
use crate::clock::SECOND;
use crate::journal::{self, Change, Operation};
use crate::listing::{self, Column, Condition, Reach, Source};
use crate::statement::statements;
use crate::{Error, Result};

/// So many failures of one user name bring a ban.
pub const USER_FAILURES: i64 = 10;
/// So many failures from one address bring a ban.
pub const ADDRESS_FAILURES: i64 = 50;
/// Failures are counted together for so long after the first, in microseconds: ten minutes.
pub const WINDOW: i64 = 600 * SECOND;
/// A ban lasts so long, in microseconds: ten minutes.
pub const DURATION: i64 = 600 * SECOND;

/// What is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A user name.
    User,
    /// An IP address; of IPv6 the network of 64 bits.
    Address,
}

crate::text_enum!(Kind, "kind", { User => "user", Address => "address" });

/// Whose user names are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Realm {
    /// Logins.
    Admin,
    /// Subscribers, as `user@domain`.
    Subscriber,
}

crate::text_enum!(Realm, "realm", { Admin => "admin", Subscriber => "subscriber" });

/// An attempt to log in with a password.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Whose user name it is.
    pub realm: Realm,
    /// The user name as it was sent.
    pub username: &'a str,
    /// Where it comes from.
    pub address: IpAddr,
}

impl Attempt<'_> {
    /// The user name as its failures are counted.
    #[must_use]
    pub fn subject(&self) -> String {
        name(self)
    }
}

/// What is known of an attempt before the password is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The user name or the address is banned.
    pub banned: bool,
    /// There were failures of this user name, which a success makes forgotten.
    pub failures: bool,
}

/// A ban that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ban {
    /// The id.
    pub id: i64,
    /// What is banned.
    pub kind: Kind,
    /// The realm of a user name; empty for addresses.
    pub realm: String,
    /// The user name or address.
    pub subject: String,
    /// Failures that brought it.
    pub failures: i64,
    /// The last of them, in microseconds since 1970 UTC.
    pub failed_at: i64,
    /// When the ban ends, in microseconds since 1970 UTC.
    pub ends_at: i64,
}

statements! {
    STANDING = "SELECT kind, banned FROM bans WHERE ends_at > $1 AND ((kind = 'user' AND realm = $2 AND subject = $3) \
        OR (kind = 'address' AND realm = '' AND subject = $4))";
    COUNT = "INSERT INTO bans (kind, realm, subject, failures, failed_at, banned, ends_at) \
        VALUES ($1, $2, $3, 1, $4, false, $5) ON CONFLICT (kind, realm, subject) DO UPDATE SET \
        failures = CASE WHEN bans.ends_at <= excluded.failed_at THEN 1 ELSE bans.failures + 1 END, \
        banned = CASE WHEN bans.ends_at <= excluded.failed_at THEN false ELSE bans.banned END, \
        ends_at = CASE WHEN bans.ends_at <= excluded.failed_at THEN excluded.ends_at ELSE bans.ends_at END, \
        failed_at = excluded.failed_at \
        RETURNING id, kind, realm, subject, failures, failed_at, banned, ends_at";
    BEGIN = "UPDATE bans SET banned = true, ends_at = $1 WHERE id = $2";
    OVER = "DELETE FROM bans WHERE ends_at <= $1";
    FORGET = "DELETE FROM bans WHERE kind = 'user' AND realm = $1 AND subject = $2 AND NOT banned";
    BY_ID = "SELECT id, kind, realm, subject, failures, failed_at, banned, ends_at FROM bans \
        WHERE id = $1 AND banned AND ends_at > $2";
    LIFT = "DELETE FROM bans WHERE id = $1";
}

/// Statements for several bans at a time.
const MANY: &str =
    "SELECT id, kind, realm, subject, failures, failed_at, banned, ends_at FROM bans WHERE id IN ({ids}) AND banned";

pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter()
}

const COLUMNS: &[Column] = &[
    Column::int("id", "t.id"),
    Column::text("subject", "t.subject"),
    Column::text("realm", "t.realm"),
    Column::int("ends_at", "t.ends_at"),
];

/// Banned user names; to be asked together with [`current`].
pub static USERS: Source = Source {
    name: "banned users",
    from: "bans t",
    fixed: "t.banned AND t.kind = 'user'",
    reach: Reach::NOBODY,
    columns: COLUMNS,
    tallies: &[],
};

/// Banned addresses; to be asked together with [`current`].
pub static ADDRESSES: Source = Source {
    name: "banned addresses",
    from: "bans t",
    fixed: "t.banned AND t.kind = 'address'",
    reach: Reach::NOBODY,
    columns: COLUMNS,
    tallies: &[],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&USERS, &ADDRESSES];

/// Which of the bans still hold.
#[must_use]
pub fn current(now: i64) -> Condition {
    Condition::Above("ends_at", now.into())
}

/// Longest user name that is counted as it is, in bytes; of longer ones the beginning counts.
const LONGEST: usize = 255;

fn name(attempt: &Attempt<'_>) -> String {
    let end = (0..=LONGEST.min(attempt.username.len())).rev().find(|end| attempt.username.is_char_boundary(*end));
    attempt.username[..end.unwrap_or(0)].replace('\0', "")
}

/// An address as it is counted; none where it is never banned.
fn network(address: IpAddr) -> Option<String> {
    let address = address.to_canonical();
    match address {
        _ if address.is_loopback() => None,
        IpAddr::V4(v4) => Some(v4.to_string()),
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & (u128::MAX << 64);
            Some(format!("{}/64", std::net::Ipv6Addr::from(network)))
        }
    }
}

/// What is known of an attempt before the password is looked at.
///
/// # Errors
/// Only those of the database.
pub async fn standing(tx: &mut Tx, now: i64, attempt: &Attempt<'_>) -> Result<Standing> {
    let address = network(attempt.address).unwrap_or_default();
    let mut standing = Standing::default();
    for row in tx.query(STANDING, args![now, attempt.realm, name(attempt), address]).await? {
        standing.banned |= row.get::<bool>("banned")?;
        standing.failures |= row.get::<Kind>("kind")? == Kind::User;
    }
    Ok(standing)
}

/// Counts a failure; too many become a ban, which is journalled.
///
/// # Errors
/// Only those of the database.
pub async fn failed(tx: &mut Tx, now: i64, attempt: &Attempt<'_>) -> Result<()> {
    tx.execute(OVER, args![now]).await?;
    count(tx, now, Kind::User, attempt.realm.as_str(), &name(attempt), USER_FAILURES).await?;
    match network(attempt.address) {
        Some(address) => count(tx, now, Kind::Address, "", &address, ADDRESS_FAILURES).await,
        None => Ok(()),
    }
}

async fn count(tx: &mut Tx, now: i64, kind: Kind, realm: &str, subject: &str, most: i64) -> Result<()> {
    let row = tx.query_one(COUNT, args![kind, realm, subject, now, now + WINDOW]).await?;
    let counted = ban(&row)?;
    if counted.failures < most || row.get("banned")? {
        return Ok(());
    }
    let begun = Ban { ends_at: now + DURATION, ..counted };
    tx.execute(BEGIN, args![begun.ends_at, begun.id]).await?;
    tracing::warn!(kind = kind.as_str(), realm, "too many failed logins: banned for a while");
    write(tx, &Caller::system("failed logins"), now, Operation::Create, &begun).await
}

/// Forgets the failures of a user name that has now shown the right password.
///
/// # Errors
/// Only those of the database.
pub async fn succeeded(tx: &mut Tx, attempt: &Attempt<'_>) -> Result<()> {
    tx.execute(FORGET, args![attempt.realm, name(attempt)]).await?;
    Ok(())
}

/// The bans of those ids, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Ban>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(ban).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |ban| ban.id))
}

/// Lifts a ban, and forgets the failures that brought it.
///
/// # Errors
/// [`Error::NotAllowed`] for whoever does not run the installation, [`Error::NotFound`].
pub async fn lift(tx: &mut Tx, caller: &Caller, now: i64, kind: Kind, id: i64) -> Result<()> {
    caller.must_be_admin("lift bans")?;
    let not_found = || Error::not_found("ban", id);
    let row = tx.query_opt(BY_ID, args![id, now]).await?.ok_or_else(not_found)?;
    let found = ban(&row)?;
    if found.kind != kind {
        return Err(not_found());
    }
    tx.execute(LIFT, args![id]).await?;
    write(tx, caller, now, Operation::Delete, &found).await
}

fn ban(row: &store::Row) -> Result<Ban> {
    Ok(Ban {
        id: row.get("id")?,
        kind: row.get("kind")?,
        realm: row.get("realm")?,
        subject: row.get("subject")?,
        failures: row.get("failures")?,
        failed_at: row.get("failed_at")?,
        ends_at: row.get("ends_at")?,
    })
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, operation: Operation, record: &Ban) -> Result<()> {
    let (before, after) = match operation {
        Operation::Delete => (Some(record as _), None),
        Operation::Create | Operation::Update => (None, Some(record as _)),
    };
    let change = Change { kind: "bans", record_id: record.id, account: None, operation, before, after };
    journal::write(tx, caller, now, change).await
}
