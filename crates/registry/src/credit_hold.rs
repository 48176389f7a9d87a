//! Credit holds: money of a customer that is kept for something that is under way, such as a call, until it is taken or
//! let go.
//!
//! What is held counts as spent when something else is to be paid, so that holds at the same time never take an account
//! beyond its credit limit. A hold has a reference that is unique for the account: who asks for the same hold again gets
//! the one that there is. It ends once: captured (all of it or a part, the rest is free again), released, or expired.

use serde::{Deserialize, Serialize};
use store::{Db, Tx, args};

use crate::account::{self, Kind, credit};
use crate::caller::Caller;
use crate::id::{AccountId, CreditHoldId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Money, Result, fraud};

/// How far a hold has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The money is held.
    #[default]
    Held,
    /// It was taken.
    Captured,
    /// It was given back.
    Released,
    /// It was given back because nobody had said anything in time.
    Expired,
}

crate::text_enum!(Status, "status", {
    Held => "held", Captured => "captured", Released => "released", Expired => "expired"
});

record! {
    /// A hold.
    CreditHold(CreditHoldId) in "credit_holds" called "credit hold" {
        /// Whose money.
        account_id: AccountId,
        /// The nearest reseller at or above.
        reseller_id: AccountId,
        /// How far it has come.
        status: Status,
        /// What was held at first.
        held_amount: Money,
        /// What is held, or was captured; nothing once it was given back.
        amount: Money,
        /// The account's currency.
        currency: String,
        /// What for.
        reason: String,
        /// What the holder calls it; unique for the account.
        reference: String,
        /// When it ends by itself; none: never.
        expires_at: Option<i64>,
        /// When it was made.
        created_at: i64,
        /// When it ended.
        ended_at: Option<i64>,
    }
}

/// A hold that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose money: a customer's.
    pub account_id: AccountId,
    /// How much, above zero.
    pub amount: Money,
    /// What for, at most 255 characters.
    pub reason: String,
    /// What the holder calls it, 1 to 255 characters.
    pub reference: String,
    /// When it ends by itself; none: never.
    pub expires_at: Option<i64>,
}

statements! {
    BY_REFERENCE = "SELECT id FROM credit_holds WHERE account_id = $1 AND reference = $2";
    DUE = "SELECT id, expires_at FROM credit_holds WHERE status = 'held' AND expires_at IS NOT NULL AND expires_at <= $1 \
        AND expires_at >= $2 AND (expires_at > $2 OR id > $3) ORDER BY expires_at, id LIMIT $4";
    OF_ACCOUNT = "SELECT id FROM credit_holds WHERE account_id = $1 AND status = 'held' AND id > $2 ORDER BY id LIMIT $3";
}

/// Holds that are looked at at a time.
const BATCH: i64 = 500;

/// The holds of all customers.
pub static ALL: Source = Source {
    name: "credit holds",
    from: "credit_holds t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("customer_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("status", "t.status"),
        Column::text("reference", "t.reference"),
        Column::int("expires_at", "t.expires_at"),
    ],
    tallies: &["reseller_id", "customer_id"],
};

impl CreditHold {
    /// Makes of a new hold what is kept, and holds the money.
    async fn begin(&mut self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        if self.amount <= Money::ZERO {
            return Err(Error::invalid("amount", format!("{} is not above zero", self.amount)));
        }
        let count = |text: &str| text.chars().count();
        if !(1..=255).contains(&count(&self.reference)) {
            return Err(Error::invalid("reference", "it has 1 to 255 characters"));
        }
        if count(&self.reason) > 255 {
            return Err(Error::invalid("reason", "it has at most 255 characters"));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("expires_at", "it is not in the future"));
        }
        let account = account::get(tx, caller, self.account_id).await?;
        credit::hold(tx, caller, now, account.id, self.amount).await?;
        self.reseller_id = account.reseller_id;
        self.currency = account.currency;
        self.status = Status::Held;
        self.held_amount = self.amount;
        self.created_at = now;
        self.ended_at = None;
        Ok(())
    }

    /// Ends a hold as its new status says.
    async fn end(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: &CreditHold) -> Result<()> {
        let (status, amount) = (self.status, self.amount);
        // A dialect may not say more of a time.
        let seconds = |at: i64| at.div_euclid(1_000_000);
        for (field, same) in [
            ("customer_id", self.account_id == before.account_id),
            ("reason", self.reason == before.reason),
            ("reference", self.reference == before.reference),
            ("expires_at", self.expires_at.map(seconds) == before.expires_at.map(seconds)),
        ] {
            if !same {
                return Err(Error::invalid(field, "it can't be changed"));
            }
        }
        *self = before.clone();
        if before.status != Status::Held {
            let same = status == before.status && (status != Status::Captured || amount == before.amount);
            let ended = || Error::Terminated { kind: "credit hold", key: before.id.to_string() };
            return if same { Ok(()) } else { Err(ended()) };
        }
        match status {
            Status::Held if amount == before.amount => return Ok(()),
            Status::Held => return Err(Error::invalid("amount", "it changes only when the hold is captured")),
            Status::Captured => {
                if before.expires_at.is_some_and(|at| at <= now) {
                    return Err(Error::Conflict(format!("credit hold {} has expired", before.id)));
                }
                if amount <= Money::ZERO || amount > before.amount {
                    let held = before.amount;
                    return Err(Error::invalid("amount", format!("{amount} is not above zero and at most {held}")));
                }
                credit::debit(tx, caller, now, before.account_id, amount, Some(before.amount)).await?;
                fraud::note_cost(tx, caller, now, before.account_id, amount).await?;
                self.amount = amount;
            }
            Status::Released | Status::Expired => {
                credit::let_go(tx, caller, now, before.account_id, before.amount).await?;
                self.amount = Money::ZERO;
            }
        }
        self.status = status;
        self.ended_at = Some(now);
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for CreditHold {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "reference";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("hold credit")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => self.begin(tx, caller, now).await,
            Some(before) => self.end(tx, caller, now, before).await,
        }
    }
}

/// Holds money of a customer. The same hold again, whatever has become of it, is the one that there is.
///
/// # Errors
/// [`Error::Dangling`] for `customer_id`, [`Error::Invalid`], [`Error::Taken`] where the reference is that of another hold,
/// [`Error::NoCredit`], [`Error::NotAllowed`].
pub async fn hold(tx: &mut Tx, caller: &Caller, now: i64, wanted: &Wanted) -> Result<CreditHold> {
    CreditHold::must_keep(caller)?;
    // One at a time for each account, so that the same hold is not made twice.
    credit::lock(tx, wanted.account_id).await?;
    account::named_by(tx, caller, Kind::Customer, "customer_id", wanted.account_id).await?;
    let row = tx.query_opt(BY_REFERENCE, args![wanted.account_id, &wanted.reference]).await?;
    if let Some(row) = row {
        let found: CreditHold = record::get(tx, caller, row.at(0)?).await?;
        return if found.held_amount == wanted.amount { Ok(found) } else { Err(found.taken()) };
    }
    let Wanted { account_id, amount, reason, reference, expires_at } = wanted.clone();
    let new = CreditHold { account_id, amount, reason, reference, expires_at, ..CreditHold::default() };
    record::create(tx, caller, now, new).await
}

/// Puts a hold in the place of the one with its id: ends it, as its status says.
///
/// # Errors
/// As [`capture`].
pub async fn change(tx: &mut Tx, caller: &Caller, now: i64, after: CreditHold) -> Result<CreditHold> {
    lock(tx, caller, after.id).await?;
    record::update(tx, caller, now, after).await
}

/// Holds the hold: its account first, as whoever holds credit or terminates the account does.
async fn lock(tx: &mut Tx, caller: &Caller, id: CreditHoldId) -> Result<CreditHold> {
    CreditHold::must_keep(caller)?;
    let found: CreditHold = record::get(tx, caller, id.0).await?;
    credit::lock(tx, found.account_id).await?;
    record::hold(tx, caller, id.0).await
}

async fn ended(tx: &mut Tx, caller: &Caller, now: i64, id: CreditHoldId, end: Status) -> Result<CreditHold> {
    let before = lock(tx, caller, id).await?;
    record::update(tx, caller, now, CreditHold { status: end, ..before }).await
}

/// Takes what was held, or a part of it; the rest is free again. It counts as the customer's cost of the day and month.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] for an amount that was not held, [`Error::Terminated`] where the hold has ended
/// otherwise, [`Error::Conflict`] after its time, [`Error::NotAllowed`].
pub async fn capture(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: CreditHoldId,
    amount: Option<Money>,
) -> Result<CreditHold> {
    let before = lock(tx, caller, id).await?;
    let amount = amount.unwrap_or(before.amount);
    record::update(tx, caller, now, CreditHold { status: Status::Captured, amount, ..before }).await
}

/// Gives back what was held.
///
/// # Errors
/// As [`capture`].
pub async fn release(tx: &mut Tx, caller: &Caller, now: i64, id: CreditHoldId) -> Result<CreditHold> {
    ended(tx, caller, now, id, Status::Released).await
}

/// Gives back what is held in holds whose time is over, each by itself: one that fails is logged, and the others go on.
/// Tells how many were ended.
///
/// # Errors
/// Only that the database can't be reached or read.
pub async fn expire_due(db: &Db, caller: &Caller, now: i64) -> Result<usize> {
    let (mut from, mut after, mut count) = (i64::MIN, 0_i64, 0);
    loop {
        let due = db.reader().query(DUE, args![now, from, after, BATCH]).await?;
        for row in &due {
            (after, from) = (row.at(0)?, row.at(1)?);
            let id = CreditHoldId(after);
            match crate::transaction!(db, |tx| ended(tx, caller, now, id, Status::Expired).await) {
                Ok(_) => count += 1,
                // Somebody else has ended it in this moment.
                Err(Error::Terminated { .. } | Error::NotFound { .. }) => {}
                Err(error @ Error::Store(store::Error::Unavailable(_))) => return Err(error),
                Err(error) => tracing::error!(%error, hold = %id, "a credit hold did not expire"),
            }
        }
        if due.is_empty() {
            return Ok(count);
        }
    }
}

/// Gives back what is held of an account that ends.
pub(crate) async fn release_of_account(tx: &mut Tx, system: &Caller, now: i64, account: AccountId) -> Result<()> {
    let mut after = 0_i64;
    loop {
        let rows = tx.query(OF_ACCOUNT, args![account, after, BATCH]).await?;
        for row in &rows {
            after = row.at(0)?;
            match ended(tx, system, now, CreditHoldId(after), Status::Released).await {
                // It has ended otherwise in this moment.
                Ok(_) | Err(Error::Terminated { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
