//! Quotas: a limit on how many records of a kind an account and all below it may have.
//!
//! A record counts at its owner, at its domain's account and at every account above either, each once. Counters exist
//! only where there is a limit, so that accounts without limits don't wait for each other; they are locked from the root
//! to the leaf. **A take comes after the row that it counts has been inserted**: the row keeps its owner and its domain
//! from being counted until it is committed, and the count of a new limit waits for it.
//! Where an account has no limit there is none; [`WhenAbsent::Zero`] makes that a limit of 0 for resellers and customers.

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Row, Tx, args};

use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, account, listing, setting};

/// What can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Subscribers that are not terminated.
    Subscribers,
    /// ENUM ranges.
    EnumRanges,
    /// ENUM numbers.
    EnumNumbers,
    /// DNS zones.
    DnsZones,
    /// E-mail aliases: fancy DNS records of type MBOXFW.
    EmailAliases,
    /// SIP aliases, without those that only stand for a number.
    SipAliases,
}

crate::text_enum!(Kind, "kind", {
    Subscribers => "subscribers", EnumRanges => "enum_ranges", EnumNumbers => "enum_numbers", DnsZones => "dns_zones",
    EmailAliases => "email_aliases", SipAliases => "sip_aliases",
});

impl Kind {
    /// The property that shows the limit: the name of the credit.
    #[must_use]
    pub fn credit(self) -> &'static str {
        match self {
            Kind::Subscribers => "sip_credit",
            Kind::SipAliases => "sip_alias_credit",
            Kind::EnumRanges => "enum_range_credit",
            Kind::EnumNumbers => "enum_number_credit",
            Kind::DnsZones => "dns_zone_credit",
            Kind::EmailAliases => "email_credit",
        }
    }
}

/// What it means that a reseller or customer has no limit. It is one setting for the whole installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenAbsent {
    /// There is no limit.
    #[default]
    None,
    /// The limit is 0. The operator has none all the same.
    Zero,
}

crate::text_enum!(WhenAbsent, "when_absent", { None => "none", Zero => "0" });

/// A limit and how far it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Whose limit it is.
    pub account_id: AccountId,
    /// What is limited.
    pub kind: Kind,
    /// How many there may be.
    pub most: i64,
    /// How many there are; more than there may be where the limit came later.
    pub used: i64,
}

statements! {
    ONE = "SELECT account_id, most, used FROM quotas WHERE account_id = $1 AND kind = $2";
    CONCERNED = "SELECT account_id, most, used FROM quotas WHERE kind = $1 AND account_id IN \
        (SELECT ancestor_id FROM account_ancestors WHERE account_id IN ($2, $3)) ORDER BY account_id {wait}";
    LOCK = "SELECT account_id FROM quotas WHERE kind = $1 AND account_id IN \
        (SELECT ancestor_id FROM account_ancestors WHERE account_id IN ($2, $3, $4, $5)) ORDER BY account_id {wait}";
    WITHOUT = "SELECT a.id FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id \
        WHERE x.account_id IN ($1, $2) AND a.kind IN ('reseller', 'customer') AND NOT EXISTS (SELECT 1 FROM quotas q \
        WHERE q.account_id = a.id AND q.kind = $3) AND a.id NOT IN \
        (SELECT ancestor_id FROM account_ancestors WHERE account_id IN ($4, $5)) ORDER BY a.id LIMIT 1";
    ADD = "UPDATE quotas SET used = used + $1 WHERE account_id = $2 AND kind = $3";
    SET_MOST = "UPDATE quotas SET most = $1 WHERE account_id = $2 AND kind = $3";
    INSERT = "INSERT INTO quotas (account_id, kind, most, used) VALUES ($1, $2, $3, $4)";
    DELETE = "DELETE FROM quotas WHERE account_id = $1 AND kind = $2";
    LOCK_DOMAINS = "SELECT id FROM sip_domains WHERE account_id IN \
        (SELECT account_id FROM account_ancestors WHERE ancestor_id = $1) AND status = 'active' ORDER BY id {wait}";
    LOCK_ACCOUNTS = "SELECT id FROM accounts WHERE id IN \
        (SELECT account_id FROM account_ancestors WHERE ancestor_id = $1) ORDER BY id {wait}";
    SUBSCRIBERS = "SELECT COUNT(*) FROM (SELECT s.id FROM account_ancestors b JOIN subscribers s \
        ON s.account_id = b.account_id WHERE b.ancestor_id = $1 AND s.status <> 'terminated' \
        UNION SELECT s.id FROM account_ancestors b JOIN sip_domains d ON d.account_id = b.account_id \
        JOIN subscribers s ON s.domain_id = d.id WHERE b.ancestor_id = $1 AND d.status = 'active' \
        AND s.status <> 'terminated') x";
    ENUM_RANGES = "SELECT COUNT(*) FROM account_ancestors b JOIN enum_ranges r ON r.account_id = b.account_id \
        WHERE b.ancestor_id = $1";
    ENUM_NUMBERS = "SELECT COUNT(*) FROM (SELECT n.id FROM account_ancestors b JOIN enum_numbers n \
        ON n.account_id = b.account_id WHERE b.ancestor_id = $1 \
        UNION SELECT n.id FROM account_ancestors b JOIN enum_numbers n ON n.owner_id = b.account_id \
        WHERE b.ancestor_id = $1) x";
    DNS_ZONES = "SELECT COUNT(*) FROM account_ancestors b JOIN dns_zones z ON z.account_id = b.account_id \
        WHERE b.ancestor_id = $1";
    EMAIL_ALIASES = "SELECT COUNT(*) FROM (SELECT f.id FROM account_ancestors b JOIN dns_fancy_records f \
        ON f.account_id = b.account_id WHERE b.ancestor_id = $1 AND f.kind = 'MBOXFW' \
        UNION SELECT f.id FROM account_ancestors b JOIN dns_fancy_records f ON f.owner_id = b.account_id \
        WHERE b.ancestor_id = $1 AND f.kind = 'MBOXFW') x";
    SIP_ALIASES = "SELECT COUNT(*) FROM (SELECT f.id FROM account_ancestors b JOIN sip_aliases f \
        ON f.account_id = b.account_id WHERE b.ancestor_id = $1 AND f.entered \
        UNION SELECT f.id FROM account_ancestors b JOIN sip_aliases f ON f.owner_id = b.account_id \
        WHERE b.ancestor_id = $1 AND f.entered) x";
}

const LIMITS: &str = "SELECT account_id, kind, most FROM quotas WHERE account_id IN ({ids})";

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter()
}

/// The limit of an account that the caller may see, if it has one.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: AccountId, kind: Kind) -> Result<Option<Quota>> {
    caller.must_see(tx, id).await?;
    one(tx, id, kind).await
}

async fn one(tx: &mut Tx, account_id: AccountId, kind: Kind) -> Result<Option<Quota>> {
    let row = tx.query_opt(ONE, args![account_id, kind]).await?;
    row.map(|row| Ok(Quota { account_id, kind, most: row.get("most")?, used: row.get("used")? })).transpose()
}

/// Sets or lifts (none) the limit of an account. What is there already stays, even where it is more.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for the caller's own account and for whoever does not care for customers;
/// [`Error::Invalid`] for a limit below zero.
pub async fn set(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    kind: Kind,
    most: Option<i64>,
) -> Result<Option<Quota>> {
    caller.must_care("set limits")?;
    if caller.account == id && caller.role != Role::Admin {
        return Err(Error::NotAllowed(format!("only who stands above account {id} may set its limits")));
    }
    if account::get(tx, caller, id).await?.kind != account::Kind::Customer {
        caller.must_be_reseller("set the limits of resellers")?;
    }
    if let Some(most) = most.filter(|most| *most < 0) {
        return Err(Error::invalid("most", format!("{most} is below zero")));
    }
    change(tx, caller, now, id, kind, most).await
}

/// As [`set`], for whoever has checked the right to it.
pub(crate) async fn change(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    kind: Kind,
    most: Option<i64>,
) -> Result<Option<Quota>> {
    let before = one(tx, id, kind).await?;
    put(tx, id, kind, most).await?;
    let after = one(tx, id, kind).await?;
    let operation = match (&before, &after) {
        (None, None) => return Ok(None),
        (None, Some(_)) => Operation::Create,
        (Some(_), Some(_)) => Operation::Update,
        (Some(_), None) => Operation::Delete,
    };
    let change = Change {
        kind: "quotas",
        record_id: id.0,
        account: Some(id),
        operation,
        before: before.as_ref().map(|before| before as _),
        after: after.as_ref().map(|after| after as _),
    };
    journal::write(tx, caller, now, change).await?;
    Ok(after)
}

/// As [`set`], for whoever has checked the right to it and writes it down itself.
pub(crate) async fn put(tx: &mut Tx, id: AccountId, kind: Kind, most: Option<i64>) -> Result<()> {
    let Some(most) = most else {
        tx.execute(DELETE, args![id, kind]).await?;
        return Ok(());
    };
    if tx.execute(SET_MOST, args![most, id, kind]).await? > 0 {
        return Ok(());
    }
    // Waits for those who are adding records here, and lets nobody add any until the count is there: every such record
    // refers to its owner, and to the account of what it is in or to that itself.
    tx.query(LOCK_ACCOUNTS, args![id]).await?;
    if kind == Kind::Subscribers {
        tx.query(LOCK_DOMAINS, args![id]).await?;
    }
    let used = count(tx, id, kind).await?;
    tx.execute(INSERT, args![id, kind, most, used]).await?;
    Ok(())
}

/// How many there are, by the records themselves.
async fn count(tx: &mut Tx, id: AccountId, kind: Kind) -> Result<i64> {
    let count = match kind {
        Kind::Subscribers => SUBSCRIBERS,
        Kind::EnumRanges => ENUM_RANGES,
        Kind::EnumNumbers => ENUM_NUMBERS,
        Kind::DnsZones => DNS_ZONES,
        Kind::EmailAliases => EMAIL_ALIASES,
        Kind::SipAliases => {
            tx.query(LOCK_DOMAINS, args![id]).await?;
            SIP_ALIASES
        }
    };
    Ok(tx.query_one(count, args![id]).await?.at(0)?)
}

/// The limits of those accounts.
pub(crate) async fn limits(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Vec<(Kind, i64)>>> {
    let mut found: BTreeMap<i64, Vec<(Kind, i64)>> = BTreeMap::new();
    for row in listing::for_ids(tx, LIMITS, ids).await? {
        let limits = found.entry(row.at(0)?).or_default();
        let limit = (row.at(1)?, row.at(2)?);
        if !limits.contains(&limit) {
            limits.push(limit);
        }
    }
    Ok(found)
}

/// Where records count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    owner: AccountId,
    also: AccountId,
}

impl At {
    /// At their owner, and at the account of the domain, range or zone that they are in.
    pub(crate) fn of(owner: AccountId, also: Option<AccountId>) -> At {
        At { owner, also: also.unwrap_or(owner) }
    }
}

/// Counts records that count somewhere else than before, or that are new or no more there. Where they count before and
/// after nothing changes, whatever the limit there is.
///
/// # Errors
/// As [`take`].
pub(crate) async fn moved(tx: &mut Tx, kind: Kind, n: i64, from: Option<At>, to: Option<At>) -> Result<()> {
    if from == to {
        return Ok(());
    }
    if let (Some(from), Some(to)) = (from, to) {
        // All at once and from the root to the leaf, so that two that move opposite ways don't wait for each other.
        tx.query(LOCK, args![kind, from.owner, from.also, to.owner, to.also]).await?;
    }
    let was = concerned(tx, kind, from).await?;
    let is = concerned(tx, kind, to).await?;
    if let Some(to) = to {
        must_have_limits(tx, kind, n, from, to).await?;
    }
    let on_one_side =
        |quota: &&Quota, others: &[Quota]| others.iter().all(|other| other.account_id != quota.account_id);
    for quota in is.iter().filter(|quota| on_one_side(quota, &was)) {
        if quota.used + n > quota.most {
            let account = quota.account_id.0;
            return Err(Error::Quota { kind: kind.as_str(), account, limit: quota.most, used: quota.used });
        }
    }
    for quota in was.iter().filter(|quota| on_one_side(quota, &is)) {
        tx.execute(ADD, args![-n, quota.account_id, kind]).await?;
    }
    for quota in is.iter().filter(|quota| on_one_side(quota, &was)) {
        tx.execute(ADD, args![n, quota.account_id, kind]).await?;
    }
    Ok(())
}

/// The limits that records there count against, from the root on, held until the transaction ends.
async fn concerned(tx: &mut Tx, kind: Kind, at: Option<At>) -> Result<Vec<Quota>> {
    let Some(at) = at else { return Ok(Vec::new()) };
    let rows = tx.query(CONCERNED, args![kind, at.owner, at.also]).await?;
    let quota = |row: &Row| {
        Ok(Quota { account_id: row.get("account_id")?, kind, most: row.get("most")?, used: row.get("used")? })
    };
    rows.iter().map(quota).collect()
}

/// Refuses records at an account that has no limit, where that is a limit of 0, and at which they did not count before.
async fn must_have_limits(tx: &mut Tx, kind: Kind, n: i64, from: Option<At>, to: At) -> Result<()> {
    if setting::quota_when_absent(tx).await? != WhenAbsent::Zero {
        return Ok(());
    }
    // The operator needs no limit: above it there is nobody to leave out.
    let from = from.unwrap_or(At::of(AccountId::OPERATOR, None));
    match tx.query_opt(WITHOUT, args![to.owner, to.also, kind, from.owner, from.also]).await? {
        Some(row) => {
            let account: AccountId = row.at(0)?;
            // The rows that are being counted are there already.
            let used = (count(tx, account, kind).await? - n).max(0);
            Err(Error::Quota { kind: kind.as_str(), account: account.0, limit: 0, used })
        }
        None => Ok(()),
    }
}

/// Counts records that an owner has got; `also` is the account of their domain.
///
/// # Errors
/// [`Error::Quota`] for the first account, from the root on, whose limit they would pass.
pub(crate) async fn take(tx: &mut Tx, kind: Kind, owner: AccountId, also: Option<AccountId>, n: i64) -> Result<()> {
    moved(tx, kind, n, None, Some(At::of(owner, also))).await
}

/// Counts out records that an owner has no more; `also` is the account of their domain.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn give_back(
    tx: &mut Tx,
    kind: Kind,
    owner: AccountId,
    also: Option<AccountId>,
    n: i64,
) -> Result<()> {
    moved(tx, kind, n, Some(At::of(owner, also)), None).await
}
