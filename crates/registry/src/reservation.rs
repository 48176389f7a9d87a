//! Reservations: a free number held for an account until a time.

use serde::Serialize;
use store::{Row, Tx, args};

use crate::Result;
use crate::caller::Caller;
use crate::id::{AccountId, NumberId, ReservationId};
use crate::number::Number;
use crate::page::Page;
use crate::statement::statements;

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

statements! {
    END = "UPDATE number_reservations SET state = $1, modified_at = $2 WHERE number_id = $3 AND state = 'active'";
    INSERT = "INSERT INTO number_reservations (number_id, digits, account_id, made_by, state, until, created_at, \
        modified_at) VALUES ($1, $2, $3, $4, 'active', $5, $6, $6)";
    OF_ACCOUNT = "SELECT id, digits, account_id, made_by, state, until FROM number_reservations \
        WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    LIST = "SELECT id, digits, account_id, made_by, state, until FROM number_reservations \
        WHERE id > $1 ORDER BY id LIMIT $2";
}

pub(crate) async fn end(tx: &mut Tx, now: i64, number: NumberId, state: State) -> Result<()> {
    tx.execute(END, args![state, now, number]).await?;
    Ok(())
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
    tx.execute(INSERT, args![number.id, &number.digits, account, &caller.name, until, now]).await?;
    Ok(())
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
/// [`crate::Error::NotFound`] where the caller may not see the account; [`crate::Error::NotAllowed`] for all of them.
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
