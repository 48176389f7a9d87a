//! Subscribers: SIP accounts in a domain, with what they log in with, their numbers and what they may do.
//!
//! A subscriber belongs to the account of a customer, and its domain to that customer's reseller. Its user name is unique
//! in its domain while it is not terminated, and so is the name that it logs in to the web with. A terminated subscriber
//! stays on the books for what was called, without credentials, preferences, call forwards and numbers.

mod create;
pub mod digest;
mod hand_over;
mod list;
mod locks;
mod login;
mod numbers;
mod pbx;
mod rules;
mod terminate;
mod update;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use store::{Row, Tx, args};

pub(crate) use create::create_in;
pub use create::{New, OfDomain, create, may_create};
pub use digest::{SipPassword, WebPassword};
pub(crate) use hand_over::hand_over;
pub use list::SUBSCRIBERS;
pub(crate) use locks::{Why, lock_all};
pub use login::{Candidate, by_uuid, candidate};
pub use numbers::{Alias, reassign};
pub(crate) use numbers::{drop_alias, take_alias};
pub use pbx::{CancelMode, HuntPolicy, Pbx};
pub use rules::Details;
pub(crate) use rules::check_username;
pub(crate) use terminate::terminate_of_domain;
pub use terminate::{lock_of_account, terminate, terminate_of_account};
pub use update::{Change, WebChange, set_web_password, update};

use crate::caller::{Caller, Scope};
use crate::id::{AccountId, DomainId, NumberId, SubscriberId};
use crate::journal;
use crate::listing::{self, Source};
use crate::number::{self, Line, Split};
use crate::seal::{Sealed, Sealer};
use crate::statement::statements as declare;
use crate::{Error, Result, pbx_directory};

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        STATEMENTS,
        create::STATEMENTS,
        hand_over::STATEMENTS,
        locks::STATEMENTS,
        login::STATEMENTS,
        numbers::STATEMENTS,
        pbx::STATEMENTS,
        terminate::STATEMENTS,
        update::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

/// Whether a subscriber may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It may.
    #[default]
    Active,
    /// Not for now.
    Locked,
    /// Never again.
    Terminated,
}

crate::text_enum!(Status, "status", { Active => "active", Locked => "locked", Terminated => "terminated" });

/// A number of a subscriber, as it is shown with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The number's id.
    pub number_id: NumberId,
    /// As it was given.
    #[serde(flatten)]
    pub split: Split,
    /// Whether it stands for a device.
    pub is_devid: bool,
}

/// A subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// The id.
    pub id: SubscriberId,
    /// 32 random hexadecimal digits.
    pub uuid: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// The nearest reseller at or above that account.
    pub reseller_id: AccountId,
    /// Its domain's id.
    pub domain_id: DomainId,
    /// Its domain.
    pub domain: String,
    /// Whose its domain is.
    pub domain_account_id: AccountId,
    /// Unique in the domain.
    pub username: String,
    /// What can be changed of it.
    #[serde(flatten)]
    pub details: Details,
    /// Whether its account is that of a PBX.
    pub of_pbx: bool,
    /// The number that it calls from.
    pub primary_number: Option<Held>,
    /// Its other numbers.
    pub alias_numbers: Vec<Held>,
    /// When it was made, in microseconds since 1970 UTC.
    pub created_at: i64,
    /// When it was last changed.
    pub modified_at: i64,
    #[serde(skip)]
    sealed: Sealed,
    #[serde(skip)]
    verifiers: Verifiers,
}

/// What MD5 makes of the password, as [`digest::Digests`] has it.
#[derive(Clone, Default, PartialEq, Eq)]
struct Verifiers {
    ha1: Option<String>,
    ha1b: Option<String>,
}

impl std::fmt::Debug for Verifiers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

macro_rules! columns {
    () => {
        "s.id, s.uuid, s.account_id, s.reseller_id, s.domain_id, d.domain, s.username, s.status, s.lock_level, \
         s.administrative, s.webusername, s.display_name, s.email, s.timezone, s.external_id, s.profile_set_id, \
         s.profile_id, s.is_pbx_pilot, s.is_pbx_group, s.pbx_extension, s.pbx_hunt_policy, s.pbx_hunt_timeout, \
         s.pbx_hunt_cancel_mode, s.created_at, s.modified_at, s.password_sealed, a.product, \
         s.domain_account_id, s.ha1, s.ha1b \
         FROM subscribers s JOIN sip_domains d ON d.id = s.domain_id JOIN accounts a ON a.id = s.account_id"
    };
}

declare! {
    BY_ID = concat!("SELECT ", columns!(), " WHERE s.id = $1 AND s.status <> 'terminated'");
    LOCK = "SELECT id FROM subscribers WHERE id = $1 {wait}";
}

/// Statements for several subscribers at a time.
const MANY: &str = concat!("SELECT ", columns!(), " WHERE s.id IN ({ids}) AND s.status <> 'terminated'");

/// What they are called, without all else.
const ADDRESSES: &str = "SELECT s.id, s.username, d.domain FROM subscribers s JOIN sip_domains d ON d.id = s.domain_id \
    WHERE s.id IN ({ids}) AND s.status <> 'terminated'";

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&SUBSCRIBERS];

/// A row of [`columns!`], by position, without what other tables hold.
fn subscriber(row: &Row) -> Result<Subscriber> {
    let product: Option<String> = row.at(26)?;
    Ok(Subscriber {
        id: row.at(0)?,
        uuid: row.at(1)?,
        account_id: row.at(2)?,
        reseller_id: row.at(3)?,
        domain_id: row.at(4)?,
        domain: row.at(5)?,
        domain_account_id: row.at(27)?,
        username: row.at(6)?,
        details: Details {
            status: row.at(7)?,
            lock_level: row.at::<Option<i64>>(8)?.filter(|level| *level > 0),
            administrative: row.at(9)?,
            webusername: row.at(10)?,
            display_name: row.at(11)?,
            email: row.at(12)?,
            timezone: row.at(13)?,
            external_id: row.at(14)?,
            profile_set_id: row.at(15)?,
            profile_id: row.at(16)?,
            pbx: Pbx {
                is_pbx_pilot: row.at(17)?,
                is_pbx_group: row.at(18)?,
                pbx_extension: row.at(19)?,
                pbx_hunt_policy: row.at(20)?,
                pbx_hunt_timeout: row.at(21)?,
                pbx_hunt_cancel_mode: row.at(22)?,
                pbx_group_ids: Vec::new(),
                pbx_groupmember_ids: Vec::new(),
            },
        },
        of_pbx: product.as_deref() == Some(pbx::PRODUCT),
        primary_number: None,
        alias_numbers: Vec::new(),
        created_at: row.at(23)?,
        modified_at: row.at(24)?,
        sealed: row.at(25)?,
        verifiers: Verifiers { ha1: row.at(28)?, ha1b: row.at(29)? },
    })
}

impl Subscriber {
    /// Its SIP password; none where it has only digests.
    ///
    /// # Errors
    /// [`Error::Internal`] where it was sealed with another key.
    pub fn password(&self, sealer: &Sealer) -> Result<Option<String>> {
        self.sealed.open(sealer, &sealing_context(&self.uuid))
    }

    /// What MD5 makes of `user:realm:password` and of `user@realm:realm:password`, in hexadecimal digits: as good as the
    /// password to whoever wants to register.
    #[must_use]
    pub fn digests(&self) -> Option<(&str, &str)> {
        Some((self.verifiers.ha1.as_deref()?, self.verifiers.ha1b.as_deref()?))
    }

    fn count(&self, tx: &mut Tx, amount: i64) {
        let values =
            [("reseller_id", self.reseller_id.0), ("account_id", self.account_id.0), ("domain_id", self.domain_id.0)];
        SUBSCRIBERS.count(tx, self.id.0, &values, amount);
        if self.of_pbx && !self.details.pbx.is_pbx_group {
            pbx_directory::ALL.count(tx, self.id.0, &values, amount);
        }
    }

    fn holder(&self) -> number::Holder {
        number::Holder { subscriber: self.id, account: self.account_id, reseller: self.reseller_id }
    }

    /// Takes up its numbers.
    fn take_up(&mut self, lines: &[Line]) {
        let held = |line: &Line| Held { number_id: line.id, split: line.split.clone(), is_devid: line.is_devid };
        self.primary_number = lines.iter().find(|line| line.is_primary).map(held);
        self.alias_numbers = lines.iter().filter(|line| !line.is_primary).map(held).collect();
    }
}

/// What a subscriber's SIP password is sealed for.
fn sealing_context(uuid: &str) -> String {
    format!("SIP password of subscriber {uuid}")
}

/// Adds what other tables hold of these subscribers.
async fn complete(tx: &mut Tx, found: &mut [Subscriber]) -> Result<()> {
    let ids: Vec<i64> = found.iter().map(|subscriber| subscriber.id.0).collect();
    let mut lines: HashMap<SubscriberId, Vec<Line>> = HashMap::new();
    for line in number::of_subscribers(tx, &ids).await? {
        lines.entry(line.subscriber_id).or_default().push(line);
    }
    for subscriber in found.iter_mut() {
        subscriber.take_up(&lines.remove(&subscriber.id).unwrap_or_default());
    }
    pbx::complete(tx, found).await
}

/// The subscribers of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Subscriber>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(subscriber).collect::<Result<Vec<_>>>()?;
    let mut found = listing::in_order(ids, rows, |subscriber| subscriber.id.0);
    complete(tx, &mut found).await?;
    Ok(found)
}

/// The ids, user names and domains of those that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn addresses(tx: &mut Tx, ids: &[i64]) -> Result<Vec<(i64, String, String)>> {
    let rows = listing::for_ids(tx, ADDRESSES, ids).await?;
    let found = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?, row.at(2)?))).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, found, |(id, _, _)| *id))
}

/// The subscriber of that id, if the caller may see it. Terminated ones are seen by nobody.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Subscriber> {
    let not_found = || Error::not_found("subscriber", id);
    let row = tx.query_opt(BY_ID, args![id]).await?.ok_or_else(not_found)?;
    let mut found = [subscriber(&row)?];
    let visible = match caller.scope {
        Scope::Subscriber(own) => own == id,
        _ => caller.sees(tx, found[0].account_id).await?,
    };
    if !visible {
        return Err(not_found());
    }
    complete(tx, &mut found).await?;
    let [found] = found;
    Ok(found)
}

/// As [`get`], for a field that names the subscriber.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub async fn named_by(tx: &mut Tx, caller: &Caller, field: &'static str, id: SubscriberId) -> Result<Subscriber> {
    get(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))
}

/// As [`named_by`], held so that it does not end before the transaction does.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub(crate) async fn hold_named_by(
    tx: &mut Tx,
    caller: &Caller,
    field: &'static str,
    id: SubscriberId,
) -> Result<Subscriber> {
    lock(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))
}

/// As [`get`], for a change: others wait until it is done.
pub(crate) async fn lock(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Subscriber> {
    tx.query_opt(LOCK, args![id]).await?;
    get(tx, caller, id).await
}

impl journal::Recorded for Subscriber {
    const KIND: &'static str = "subscribers";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}
