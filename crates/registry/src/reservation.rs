//! Reservations: a free number held for an account until a time.

use serde::Serialize;
use store::{Row, Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, NumberId, ReservationId};
use crate::listing::{self, Column, Reach, Source};
use crate::number::{self, AtVendor, Number};
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Result};

/// What became of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds.
    Active,
    /// The number was bought.
    Taken,
    /// Its time ran out.
    Expired,
    /// It was given up.
    Cancelled,
}

crate::text_enum!(State, "state", {
    Active => "active", Taken => "taken", Expired => "expired", Cancelled => "cancelled"
});

/// A reservation.
#[derive(Clone, Debug, Serialize)]
pub struct Reservation {
    /// The id.
    pub id: ReservationId,
    /// The number held.
    pub digits: String,
    /// For whom.
    pub account_id: AccountId,
    /// By whom.
    pub made_by: String,
    /// What became of it.
    pub state: State,
    /// Until when it holds, in microseconds since 1970 UTC.
    pub until: i64,
}

/// Reservations that hold.
pub static RESERVATIONS: Source = Source {
    name: "reservations",
    from: "number_reservations t",
    fixed: "t.state = 'active'",
    reach: Reach::ACCOUNT,
    columns: &[
        Column::int("id", "t.id"),
        Column::text("digits", "t.digits"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("made_by", "t.made_by"),
        Column::int("until", "t.until"),
        Column::int("created_at", "t.created_at"),
    ],
    tallies: &["reseller_id", "account_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&RESERVATIONS];

macro_rules! columns {
    () => {
        "id, digits, account_id, made_by, state, until"
    };
}

statements! {
    END = "UPDATE number_reservations SET state = $1, modified_at = $2 WHERE number_id = $3 AND state = 'active' \
        RETURNING id, account_id, reseller_id";
    INSERT = "INSERT INTO number_reservations (number_id, digits, account_id, reseller_id, made_by, state, until, \
        created_at, modified_at) VALUES ($1, $2, $3, (SELECT reseller_id FROM accounts WHERE id = $3), $4, 'active', \
        $5, $6, $6) RETURNING id, account_id, reseller_id";
    OF_ACCOUNT = concat!("SELECT ", columns!(), " FROM number_reservations \
        WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    LIST = concat!("SELECT ", columns!(), " FROM number_reservations WHERE id > $1 ORDER BY id LIMIT $2");
    // The number before its reservation, as a sale does.
    LOCK_NUMBER = "SELECT n.id FROM numbers n WHERE n.id = (SELECT r.number_id FROM number_reservations r \
        WHERE r.id = $1) {wait}";
    BY_ID = concat!("SELECT ", columns!(), " FROM number_reservations WHERE id = $1 AND state = 'active'");
    ACTIVE = "SELECT id FROM number_reservations WHERE number_id = $1 AND state = 'active'";
}

/// A statement for several reservations at a time.
const MANY: &str = concat!("SELECT ", columns!(), " FROM number_reservations WHERE id IN ({ids}) AND state = 'active'");

/// Counts the rows in (1) or out (-1).
fn count(tx: &mut Tx, rows: &[Row], amount: i64) -> Result<()> {
    for row in rows {
        let account: i64 = row.get("account_id")?;
        let reseller: Option<i64> = row.get("reseller_id")?;
        let values: Vec<_> =
            reseller.map(|reseller| ("reseller_id", reseller)).into_iter().chain([("account_id", account)]).collect();
        RESERVATIONS.count(tx, row.get("id")?, &values, amount);
    }
    Ok(())
}

pub(crate) async fn end(tx: &mut Tx, now: i64, number: NumberId, state: State) -> Result<()> {
    let ended = tx.query(END, args![state, now, number]).await?;
    count(tx, &ended, -1)
}

pub(crate) async fn make(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    number: &Number,
    account: AccountId,
    until: i64,
) -> Result<()> {
    // Renewing one's own reservation ends the one before.
    end(tx, now, number.id, State::Cancelled).await?;
    let made = tx.query(INSERT, args![number.id, &number.digits, account, &caller.name, until, now]).await?;
    count(tx, &made, 1)
}

/// Gives a reservation up: its number is free again.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::NotFound`] where it does not hold any more or the caller may not see its account.
pub async fn cancel(tx: &mut Tx, caller: &Caller, now: i64, id: ReservationId) -> Result<Number> {
    caller.must_be_reseller("lift reservations")?;
    let not_found = || Error::not_found("reservation", id);
    tx.query_opt(LOCK_NUMBER, args![id]).await?;
    let held = tx.query_opt(BY_ID, args![id]).await?.as_ref().map(reservation).transpose()?.ok_or_else(not_found)?;
    caller.must_see(tx, held.account_id).await.map_err(|_| not_found())?;
    number::release(tx, caller, now, &held.digits, AtVendor::Keep).await
}

fn reservation(row: &Row) -> Result<Reservation> {
    Ok(Reservation {
        id: row.get("id")?,
        digits: row.get("digits")?,
        account_id: row.get("account_id")?,
        made_by: row.get("made_by")?,
        state: row.get("state")?,
        until: row.get("until")?,
    })
}

/// Reservations of an account, or all of them, by id.
///
/// # Errors
/// [`Error::NotFound`] where the caller may not see the account; [`Error::NotAllowed`] for all of them.
pub async fn list(tx: &mut Tx, caller: &Caller, account: Option<AccountId>, page: Page) -> Result<Vec<Reservation>> {
    let rows = match account {
        Some(account) => {
            caller.must_see(tx, account).await?;
            tx.query(OF_ACCOUNT, args![account, page.after, page.limit()]).await?
        }
        None => {
            caller.must_be_admin("list all reservations")?;
            tx.query(LIST, args![page.after, page.limit()]).await?
        }
    };
    rows.iter().map(reservation).collect()
}

/// The reservations of those ids that hold, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Reservation>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(reservation).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |reservation| reservation.id.0))
}

/// The reservation that holds a number, for whoever has just made it.
///
/// # Errors
/// [`Error::NotFound`] where nothing holds it.
pub async fn of_number(tx: &mut Tx, number: &Number) -> Result<ReservationId> {
    let row =
        tx.query_opt(ACTIVE, args![number.id]).await?.ok_or_else(|| Error::not_found("reservation", &number.digits))?;
    Ok(row.at(0)?)
}
