//! Numbers of subscribers: which ones a subscriber may get, and what becomes of them when it lets them go.
//!
//! A subscriber gets
//! - digits that are not on the books: a number of our own without a pool, which leaves the books with the subscriber;
//! - what could be sold to its account, which must be active: it is sold, with the price and the refill of its pool, and
//!   released afterwards, into the quarantine of its pool;
//! - what its account, or the reseller above, has in service without a subscriber: that account has it again afterwards.
//!
//! Whoever acts for a subscriber only brings no new numbers: it picks from what its account has.

use serde::{Deserialize, Serialize};
use store::{Row, Tx, args};

use super::sale::{may_buy, must_be_for, rest, serve};
use super::{Number, Split, State, columns, lock, number, reseller_of, save, write};
use crate::account;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, NumberId, SubscriberId};
use crate::journal::Operation;
use crate::listing::{self, Column, Reach, Source};
use crate::{Error, Result, sip_alias};

/// A number that a subscriber has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The number's id.
    pub id: NumberId,
    /// All its digits.
    pub digits: String,
    /// As it was given.
    #[serde(flatten)]
    pub split: Split,
    /// Whose it is.
    pub subscriber_id: SubscriberId,
    /// Whether it is the one that its subscriber calls from.
    pub is_primary: bool,
    /// Whether it stands for a device of its subscriber.
    pub is_devid: bool,
    /// The account of the subscriber.
    pub account_id: AccountId,
    /// The nearest reseller at or above that account.
    pub reseller_id: AccountId,
}

/// Who gets a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) subscriber: SubscriberId,
    pub(crate) account: AccountId,
    pub(crate) reseller: AccountId,
}

/// A number that a subscriber is to have, and as what.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) split: Split,
    pub(crate) primary: bool,
    pub(crate) devid: bool,
}

macro_rules! line_columns {
    () => {
        "id, digits, country_code, area_code, subscriber_number, subscriber_id, is_primary, is_devid, account_id, \
         reseller_id"
    };
}

crate::statement::statements! {
    LOCK_IF_THERE = concat!("SELECT ", columns!(), " FROM numbers WHERE digits = $1 {wait}");
    INSERT_OWN = concat!("INSERT INTO numbers (digits, state, account_id, reseller_id, subscriber_id, is_primary, is_devid, \
        country_code, area_code, subscriber_number, created_at, modified_at) \
        VALUES ($1, 'in_service', $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT (digits) DO NOTHING \
        RETURNING ", columns!());
    STATUS = "SELECT status FROM accounts WHERE id = $1";
}

/// Statements for several ids at a time.
const MANY: &str =
    concat!("SELECT ", line_columns!(), " FROM numbers WHERE id IN ({ids}) AND subscriber_id IS NOT NULL");
const OF_MANY: &str = concat!("SELECT ", line_columns!(), " FROM numbers WHERE subscriber_id IN ({ids})");

/// Numbers that subscribers have.
pub static NUMBERS_IN_USE: Source = Source {
    name: "numbers in use",
    from: "numbers t",
    fixed: "t.subscriber_id IS NOT NULL",
    reach: Reach::SUBSCRIBER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::text("cc", "t.country_code"),
        Column::text("ac", "t.area_code"),
        Column::text("sn", "t.subscriber_number"),
        Column::bool("is_primary", "t.is_primary"),
        Column::bool("is_devid", "t.is_devid"),
        Column::text("type", "CASE WHEN t.is_primary THEN 'primary' ELSE 'alias' END"),
    ],
    tallies: &["reseller_id", "account_id"],
};

fn line(row: &Row) -> Result<Line> {
    let part = |index| Ok::<_, Error>(row.at::<Option<String>>(index)?.unwrap_or_default());
    Ok(Line {
        id: row.at(0)?,
        digits: row.at(1)?,
        split: Split { cc: part(2)?, ac: part(3)?, sn: part(4)? },
        subscriber_id: row.at(5)?,
        is_primary: row.at(6)?,
        is_devid: row.at(7)?,
        account_id: row.at(8)?,
        reseller_id: row.at(9)?,
    })
}

/// The numbers of those ids that subscribers have, in the order of the ids; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Line>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(line).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |line| line.id.0))
}

/// The numbers that those subscribers have, by id.
pub(crate) async fn of_subscribers(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Line>> {
    let mut found = listing::for_ids(tx, OF_MANY, ids).await?.iter().map(line).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|line| line.id);
    found.dedup_by_key(|line| line.id);
    Ok(found)
}

/// Counts a changed number into and out of the list of those in use.
pub(super) async fn count(tx: &mut Tx, before: &Number, after: &Number) -> Result<()> {
    if (before.subscriber_id, before.account_id) == (after.subscriber_id, after.account_id) {
        return Ok(());
    }
    for (number, amount) in [(before, -1), (after, 1)] {
        if let (Some(_), Some(account)) = (number.subscriber_id, number.account_id) {
            let reseller = reseller_of(tx, account).await?.unwrap_or(account);
            let values = [("reseller_id", reseller.0), ("account_id", account.0)];
            NUMBERS_IN_USE.count(tx, number.id.0, &values, amount);
        }
    }
    Ok(())
}

impl Number {
    fn hold(&mut self, holder: &Holder, wanted: &Wanted) {
        self.subscriber_id = Some(holder.subscriber);
        self.is_primary = wanted.primary;
        self.is_devid = wanted.devid;
        self.country_code = Some(wanted.split.cc.clone());
        self.area_code = Some(wanted.split.ac.clone());
        self.subscriber_number = Some(wanted.split.sn.clone());
    }

    fn let_go(&mut self) {
        self.subscriber_id = None;
        self.is_primary = false;
        self.is_devid = false;
        self.home_account_id = None;
    }

    /// Whether it would be the same number to its subscriber.
    fn is_held_as(&self, other: &Number) -> bool {
        let held = |n: &Number| {
            let split = (n.country_code.clone(), n.area_code.clone(), n.subscriber_number.clone());
            (n.subscriber_id, n.is_primary, n.is_devid, split)
        };
        held(self) == held(other)
    }
}

/// Gives a number to a subscriber, or makes the one that it has an alias or the primary one.
///
/// # Errors
/// [`Error::Taken`] with the number as it was given, [`Error::NotAllowed`] where the caller brings no new numbers,
/// [`Error::Invalid`] for `account` where the number would be bought and the account is not active, [`Error::NoCredit`].
pub(crate) async fn attach(tx: &mut Tx, caller: &Caller, now: i64, holder: &Holder, wanted: &Wanted) -> Result<Number> {
    let digits = wanted.split.digits();
    let there = tx.query_opt(LOCK_IF_THERE, args![&digits]).await?.as_ref().map(number).transpose()?;
    let before = match there {
        Some(number) => number,
        None => match enter(tx, caller, now, holder, wanted, &digits).await? {
            Some(number) => return Ok(number),
            // Somebody else has entered it in this moment.
            None => lock(tx, &digits).await?,
        },
    };
    let taken = || Error::taken("number", "digits", &wanted.split);
    let mut after = before.clone();
    after.hold(holder, wanted);
    match before.state {
        State::InService if before.subscriber_id == Some(holder.subscriber) => {
            if after.is_held_as(&before) {
                return Ok(before);
            }
        }
        State::InService => {
            let at_home = before.account_id == Some(holder.account)
                || (before.account_id == Some(holder.reseller) && may_bring(caller));
            if before.subscriber_id.is_some() || !at_home {
                return Err(taken());
            }
            after.assign(Some(holder.account));
            after.home_account_id = before.account_id;
        }
        State::Available | State::Reserved | State::Aging => {
            if !may_bring(caller) {
                return Err(taken());
            }
            match must_be_for(tx, Some(caller), Some(holder.account), &before).await {
                Err(Error::Conflict(_) | Error::NotFound { .. }) => return Err(taken()),
                other => other?,
            }
            may_buy(tx, caller, holder.account).await?;
            after.become_state(State::InService)?;
            after.assign(Some(holder.account));
            return serve(tx, caller, now, &before, after, holder.account).await;
        }
        State::Deleted | State::Discovery => {
            must_enter(caller, &wanted.split)?;
            after.become_state(State::InService)?;
            after.assign(Some(holder.account));
            (after.pool_id, after.class_id, after.vendor_id, after.order_id) = (None, None, None, None);
            (after.blocked_reason, after.alias) = (None, None);
        }
        State::PortIn | State::PortOut | State::Released => return Err(taken()),
    }
    save(tx, caller, now, &before, &mut after).await?;
    Ok(after)
}

/// Whether the caller may have numbers bought for a subscriber's account, or taken from its reseller.
fn may_bring(caller: &Caller) -> bool {
    !matches!(caller.role, Role::SubscriberAdmin | Role::Subscriber | Role::Intercept)
}

/// Refuses whoever may not enter numbers that are not on the books.
fn must_enter(caller: &Caller, split: &Split) -> Result<()> {
    match caller.role {
        Role::Admin | Role::Reseller | Role::CareAdmin | Role::Care => Ok(()),
        _ => Err(Error::taken("number", "digits", split)),
    }
}

/// Enters a number of our own; none where it is there.
async fn enter(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    holder: &Holder,
    wanted: &Wanted,
    digits: &str,
) -> Result<Option<Number>> {
    must_enter(caller, &wanted.split)?;
    let Split { cc, ac, sn } = &wanted.split;
    let Holder { subscriber, account, reseller } = *holder;
    let values = args![digits, account, reseller, subscriber, wanted.primary, wanted.devid, cc, ac, sn, now];
    let Some(row) = tx.query_opt(INSERT_OWN, values).await? else { return Ok(None) };
    let made = number(&row)?;
    NUMBERS_IN_USE.count(tx, made.id.0, &[("reseller_id", reseller.0), ("account_id", account.0)], 1);
    sip_alias::follow(tx, now, None, &made).await?;
    write(tx, caller, now, Operation::Create, None, &made).await?;
    Ok(Some(made))
}

/// Takes a number from its subscriber: it goes back to the account that had it before, or where there is none, into its
/// pool or off the books.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn detach(tx: &mut Tx, caller: &Caller, now: i64, digits: &str) -> Result<()> {
    let before = lock(tx, digits).await?;
    let mut after = before.clone();
    after.let_go();
    let home = match before.home_account_id {
        Some(home) if is_terminated(tx, home).await? => None,
        home => home,
    };
    match (home, before.pool_id, before.vendor_id) {
        (Some(home), ..) => after.assign(Some(home)),
        (None, None, None) => {
            after.become_state(State::Deleted)?;
            after.assign(None);
        }
        (None, ..) => {
            rest(tx, now, &mut after).await?;
            after.assign(None);
        }
    }
    save(tx, caller, now, &before, &mut after).await
}

async fn is_terminated(tx: &mut Tx, account: AccountId) -> Result<bool> {
    let status: Option<account::Status> =
        tx.query_opt(STATUS, args![account]).await?.map(|row| row.at(0)).transpose()?;
    Ok(status == Some(account::Status::Terminated))
}

/// Moves a number with its subscriber to another account.
pub(crate) async fn move_with(tx: &mut Tx, caller: &Caller, now: i64, digits: &str, to: AccountId) -> Result<()> {
    let before = lock(tx, digits).await?;
    let mut after = before.clone();
    after.assign(Some(to));
    save(tx, caller, now, &before, &mut after).await
}

/// Moves a number from one subscriber to another, as an alias.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn pass(tx: &mut Tx, caller: &Caller, now: i64, digits: &str, to: &Holder, devid: bool) -> Result<()> {
    let before = lock(tx, digits).await?;
    let mut after = before.clone();
    after.subscriber_id = Some(to.subscriber);
    after.is_primary = false;
    after.is_devid = devid;
    after.assign(Some(to.account));
    save(tx, caller, now, &before, &mut after).await
}
