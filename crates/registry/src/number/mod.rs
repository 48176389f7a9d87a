//! Numbers: what we own, who has it, and in which state it is.

mod intake;
mod line;
mod list;
mod sale;
mod split;
mod state;
mod stock;

use serde::Serialize;
use store::{Row, Tx, Val, args};

pub use intake::{Intake, MOST_AT_ONCE, Origin, Range, add_range, take_in};
pub(crate) use line::{Holder, Wanted, attach, detach, move_with, of_subscribers, pass};
pub use line::{Line, NUMBERS_IN_USE, load};
pub use list::{Filter, by_reference, count_free, count_free_up_to, find, free, list, previously_owned};
pub(crate) use sale::hand_over;
pub use sale::{
    AtVendor, Details, Sale, claim_any, expire_due, may_buy, release, reserve, sell, sellable, set_details,
};
pub use split::Split;
pub use state::{MOVES, State};
pub(crate) use stock::confirm;
pub use stock::{block, delete, disconnected, unblock};

use crate::caller::{Caller, Role};
use crate::id::{AccountId, ClassId, NumberId, OrderId, PoolId, SubscriberId, VendorId};
use crate::journal::{self, Change, Operation};
use crate::{Error, Result, sip_alias};

pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, intake::STATEMENTS, line::STATEMENTS, list::STATEMENTS, sale::STATEMENTS].into_iter().flatten()
}

/// A number.
#[derive(Clone, Debug, Serialize)]
pub struct Number {
    /// The id.
    pub id: NumberId,
    /// Digits of E.164 without a plus sign.
    pub digits: String,
    /// Where it stands.
    pub state: State,
    /// The pool it is sold from.
    pub pool_id: Option<PoolId>,
    /// Its class.
    pub class_id: Option<ClassId>,
    /// The vendor it was bought from.
    pub vendor_id: Option<VendorId>,
    /// The order it came with.
    pub order_id: Option<OrderId>,
    /// Who has it, or holds it.
    pub account_id: Option<AccountId>,
    /// Where calls go: a SIP URI.
    pub destination: Option<String>,
    /// Who had it before.
    pub previous_account_id: Option<AccountId>,
    /// Who has reserved it, newest first.
    pub reserve_history: Vec<i64>,
    /// End of the reservation or of the quarantine, in microseconds since 1970 UTC.
    pub until: Option<i64>,
    /// Why it is owned but can't be sold.
    pub blocked_reason: Option<String>,
    /// The buyer's own reference.
    pub reference: Option<String>,
    /// The digits that the carrier sends where they are others.
    pub alias: Option<String>,
    /// Free text.
    pub region: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// When it came to us.
    pub created_at: i64,
    /// When it was last changed.
    pub modified_at: i64,
    /// The subscriber whose number it is.
    pub subscriber_id: Option<SubscriberId>,
    /// Whether it is the one that its subscriber calls from.
    pub is_primary: bool,
    /// Whether it stands for a device of its subscriber.
    pub is_devid: bool,
    /// The account that has it in service again once no subscriber has it; none: it came with its subscriber and goes
    /// with it.
    pub home_account_id: Option<AccountId>,
    /// Country code, as a subscriber's number was given.
    pub country_code: Option<String>,
    /// Area code, as a subscriber's number was given.
    pub area_code: Option<String>,
    /// The rest of the number, as a subscriber's number was given.
    pub subscriber_number: Option<String>,
}

/// The columns that make a [`Number`].
macro_rules! columns {
    () => {
        "id, digits, state, pool_id, class_id, vendor_id, order_id, account_id, destination, previous_account_id, \
         reserve_history, until, blocked_reason, reference, alias, region, description, created_at, modified_at, \
         subscriber_id, is_primary, is_devid, home_account_id, country_code, area_code, subscriber_number"
    };
}
pub(crate) use columns;

/// The lists of this module.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&NUMBERS_IN_USE];

crate::statement::statements! {
    BY_DIGITS = concat!("SELECT ", columns!(), " FROM numbers WHERE digits = $1");
    BY_ID = concat!("SELECT ", columns!(), " FROM numbers WHERE id = $1");
    LOCK_BY_DIGITS = concat!("SELECT ", columns!(), " FROM numbers WHERE digits = $1 {wait}");
    SAVE = "UPDATE numbers SET state = $1, pool_id = $2, class_id = $3, account_id = $4, reseller_id = $5, \
        destination = $6, previous_account_id = $7, reserve_history = $8, until = $9, blocked_reason = $10, \
        reference = $11, alias = $12, region = $13, description = $14, modified_at = $15, vendor_id = $16, \
        order_id = $17, subscriber_id = $18, is_primary = $19, is_devid = $20, home_account_id = $21, country_code = $22, \
        area_code = $23, subscriber_number = $24 WHERE id = $25";
    RESELLER_OF = "SELECT reseller_id FROM accounts WHERE id = $1";
}

/// A row of [`columns!`], by position: pages of numbers are read all day long.
fn number(row: &Row) -> Result<Number> {
    let history: Option<serde_json::Value> = row.at(10)?;
    Ok(Number {
        id: row.at(0)?,
        digits: row.at(1)?,
        state: row.at(2)?,
        pool_id: row.at(3)?,
        class_id: row.at(4)?,
        vendor_id: row.at(5)?,
        order_id: row.at(6)?,
        account_id: row.at(7)?,
        destination: row.at(8)?,
        previous_account_id: row.at(9)?,
        reserve_history: history.and_then(|h| serde_json::from_value(h).ok()).unwrap_or_default(),
        until: row.at(11)?,
        blocked_reason: row.at(12)?,
        reference: row.at(13)?,
        alias: row.at(14)?,
        region: row.at(15)?,
        description: row.at(16)?,
        created_at: row.at(17)?,
        modified_at: row.at(18)?,
        subscriber_id: row.at(19)?,
        is_primary: row.at(20)?,
        is_devid: row.at(21)?,
        home_account_id: row.at(22)?,
        country_code: row.at(23)?,
        area_code: row.at(24)?,
        subscriber_number: row.at(25)?,
    })
}

impl Number {
    /// Free means available and not blocked.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.state == State::Available && self.blocked_reason.is_none()
    }

    /// Moves the number on, if the table of moves allows it and no subscriber has it.
    fn become_state(&mut self, to: State) -> Result<()> {
        if self.subscriber_id.is_some() && to != State::InService {
            return Err(Error::InUse { kind: "number", key: self.digits.clone() });
        }
        if !self.state.may_become(to) {
            return Err(Error::IllegalMove { digits: self.digits.clone(), from: self.state, to });
        }
        self.state = to;
        if !matches!(to, State::Reserved | State::Aging) {
            self.until = None;
        }
        Ok(())
    }

    /// Gives the number to an account or to nobody, and remembers who had it.
    fn assign(&mut self, account: Option<AccountId>) {
        if self.account_id != account {
            if self.account_id.is_some() {
                self.previous_account_id = self.account_id;
                // What the owner before has set is no business of the next one.
                self.destination = None;
                self.reference = None;
                self.description = None;
            }
            self.account_id = account;
        }
    }
}

/// The number of that id, whoever has it; for the system's own work.
///
/// # Errors
/// Only those of the database.
pub async fn by_id(tx: &mut Tx, id: NumberId) -> Result<Option<Number>> {
    tx.query_opt(BY_ID, args![id]).await?.as_ref().map(number).transpose()
}

/// The number, locked for the rest of the transaction.
async fn lock(tx: &mut Tx, digits: &str) -> Result<Number> {
    let row = tx.query_opt(LOCK_BY_DIGITS, args![digits]).await?;
    row.as_ref().map(number).transpose()?.ok_or_else(|| Error::not_found("number", digits))
}

/// The number, if the caller may see it: its own, those of accounts below, and the free ones.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, digits: &str) -> Result<Number> {
    let row = tx.query_opt(BY_DIGITS, args![digits]).await?;
    let found = row.as_ref().map(number).transpose()?.ok_or_else(|| Error::not_found("number", digits))?;
    let visible = found.is_free()
        || match found.account_id {
            Some(account) => caller.sees(tx, account).await?,
            None => caller.role == Role::Admin || for_previous_owner(tx, caller, &found).await?,
        };
    if visible { Ok(found) } else { Err(Error::not_found("number", digits)) }
}

/// The number, if it is free: what anyone may see.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get_public(tx: &mut Tx, digits: &str) -> Result<Number> {
    find(tx, digits).await?.filter(Number::is_free).ok_or_else(|| Error::not_found("number", digits))
}

/// Whether a number in quarantine may go to this caller all the same: to the previous owner or its reseller.
async fn for_previous_owner(tx: &mut Tx, caller: &Caller, number: &Number) -> Result<bool> {
    match number.previous_account_id {
        Some(previous) if number.state == State::Aging => {
            if caller.account == previous {
                return Ok(true);
            }
            Ok(reseller_of(tx, previous).await? == Some(caller.account))
        }
        _ => Ok(false),
    }
}

async fn reseller_of(tx: &mut Tx, account: AccountId) -> Result<Option<AccountId>> {
    Ok(tx.query_opt(RESELLER_OF, args![account]).await?.map(|row| row.at(0)).transpose()?)
}

/// Writes a changed number and the journal.
async fn save(tx: &mut Tx, caller: &Caller, now: i64, before: &Number, after: &mut Number) -> Result<()> {
    let reseller = match after.account_id {
        Some(account) => reseller_of(tx, account).await?,
        None => None,
    };
    after.modified_at = now;
    let n = &*after;
    let history = (!n.reserve_history.is_empty()).then(|| serde_json::json!(n.reserve_history));
    let values = args![
        n.state,
        n.pool_id,
        n.class_id,
        n.account_id,
        reseller,
        n.destination.as_deref(),
        n.previous_account_id,
        history.map_or(Val::Null, Val::Json),
        n.until,
        n.blocked_reason.as_deref(),
        n.reference.as_deref(),
        n.alias.as_deref(),
        n.region.as_deref(),
        n.description.as_deref(),
        now,
        n.vendor_id,
        n.order_id,
        n.subscriber_id,
        n.is_primary,
        n.is_devid,
        n.home_account_id,
        n.country_code.as_deref(),
        n.area_code.as_deref(),
        n.subscriber_number.as_deref(),
        n.id
    ];
    tx.execute(SAVE, values).await?;
    line::count(tx, before, after).await?;
    sip_alias::follow(tx, now, Some(before), after).await?;
    write(tx, caller, now, Operation::Update, Some(before), after).await
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    operation: Operation,
    before: Option<&Number>,
    after: &Number,
) -> Result<()> {
    let change = Change {
        kind: "numbers",
        record_id: after.id.0,
        account: after.account_id.or(before.and_then(|b| b.account_id)),
        operation,
        before: before.map(|b| b as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}

/// Reads the digits of a number from a caller who writes E.164 with or without a plus sign.
///
/// # Errors
/// [`Error::Invalid`] naming what is wrong.
pub fn digits(text: &str) -> Result<String> {
    match e164::E164::parse(text) {
        Ok(number) => Ok(number.digits().to_owned()),
        Err(error) => Err(Error::invalid("number", error.to_string())),
    }
}

#[cfg(test)]
mod tests;
