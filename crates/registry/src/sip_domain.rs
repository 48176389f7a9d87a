//! SIP domains: what stands behind the `@` of subscribers' addresses.
//!
//! A domain belongs to an account, mostly a reseller's, and there is each of them once on the platform. A new one gets the
//! domain's default of every preference that has one. Removing it terminates its subscribers; the name may be used again.
//! [`add`], [`change`] and [`remove`] are for those who say more of a domain: whose it is, and what its TLS connections need.
//! [`create`] and [`delete`] are for those who don't.

mod kept;

use serde::{Deserialize, Serialize};
use store::{Row, Tx, args};

use crate::account::{self, Kind, Status};
use crate::caller::Caller;
use crate::id::{AccountId, DomainId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::preference::{self, Level};
use crate::seal::{Sealed, Sealer};
use crate::statement::statements as declare;
use crate::{Error, Result, customer, rating_profile, sip_alias, subscriber};

pub use kept::{Change, NewDomain, Tls, add, change, remove};

/// A SIP domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipDomain {
    /// The id.
    pub id: DomainId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The nearest reseller at or above that account.
    pub reseller_id: AccountId,
    /// Its name, in lower case.
    pub domain: String,
    /// What its TLS connections need.
    #[serde(flatten)]
    pub tls: Tls,
    /// When it was changed, in microseconds since 1970 UTC.
    pub modified_at: i64,
    #[serde(skip)]
    private_key: Sealed,
}

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, account_id, reseller_id, domain, certificate, match_ip_address, match_sip_domain, verify_cert, \
             require_cert, modified_at, private_key FROM sip_domains WHERE ",
            $where,
            " AND status = 'active'"
        )
    };
}

declare! {
    INSERT = "INSERT INTO sip_domains (account_id, reseller_id, domain, status, created_at, modified_at) \
        VALUES ($1, $2, $3, 'active', $4, $4) RETURNING id";
    BY_ID = select!("id = $1");
    BY_NAME = select!("domain = $1");
    LOCK = "SELECT id FROM sip_domains WHERE id = $1 {wait}";
    TERMINATE = "UPDATE sip_domains SET status = 'terminated', modified_at = $1 WHERE id = $2";
    OF_ACCOUNT = "SELECT d.id FROM account_ancestors b JOIN sip_domains d ON d.account_id = b.account_id \
        WHERE b.ancestor_id = $1 AND d.status = 'active' ORDER BY d.id";
}

/// Statements for several domains at a time.
const MANY: &str = select!("id IN ({ids})");

/// SIP domains.
pub static DOMAINS: Source = Source {
    name: "SIP domains",
    from: "sip_domains t",
    fixed: "t.status = 'active'",
    reach: Reach::ACCOUNT,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::text("domain", "t.domain"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&DOMAINS];

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, kept::STATEMENTS].into_iter().flatten()
}

fn of_row(row: &Row) -> Result<SipDomain> {
    Ok(SipDomain {
        id: row.at(0)?,
        account_id: row.at(1)?,
        reseller_id: row.at(2)?,
        domain: row.at(3)?,
        tls: Tls {
            certificate: row.at(4)?,
            match_ip_address: row.at(5)?,
            match_sip_domain: row.at(6)?,
            verify_cert: row.at(7)?,
            require_cert: row.at(8)?,
        },
        modified_at: row.at(9)?,
        private_key: row.at(10)?,
    })
}

/// The domains of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<SipDomain>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(of_row).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |domain| domain.id.0))
}

/// The domain of that id, whoever has it.
pub(crate) async fn by_id(tx: &mut Tx, id: DomainId) -> Result<Option<SipDomain>> {
    tx.query_opt(BY_ID, args![id]).await?.as_ref().map(of_row).transpose()
}

/// The domain of that name, whoever has it.
pub(crate) async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<SipDomain>> {
    tx.query_opt(BY_NAME, args![name.to_ascii_lowercase()]).await?.as_ref().map(of_row).transpose()
}

/// The domain of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: DomainId) -> Result<SipDomain> {
    let not_found = || Error::not_found("domain", id);
    let found = by_id(tx, id).await?.ok_or_else(not_found)?;
    if caller.sees(tx, found.account_id).await? { Ok(found) } else { Err(not_found()) }
}

/// The domain of that name, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn named(tx: &mut Tx, caller: &Caller, name: &str) -> Result<SipDomain> {
    let not_found = || Error::not_found("domain", name);
    let found = by_name(tx, name.trim()).await?.ok_or_else(not_found)?;
    if caller.sees(tx, found.account_id).await? { Ok(found) } else { Err(not_found()) }
}

/// As [`named`], for a field that names a domain in which something is to be made: with the account kept that it is of,
/// which comes before any domain is held.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub(crate) async fn kept_by(tx: &mut Tx, caller: &Caller, field: &'static str, name: &str) -> Result<SipDomain> {
    let found = named(tx, caller, name).await.map_err(|error| error.or_dangling(field, name))?;
    account::keep(tx, found.account_id).await?;
    Ok(found)
}

/// The domain, held until the transaction ends: nobody makes a subscriber or an alias in it meanwhile.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn hold(tx: &mut Tx, id: DomainId) -> Result<SipDomain> {
    tx.query_opt(LOCK, args![id]).await?;
    by_id(tx, id).await?.ok_or_else(|| Error::not_found("domain", id))
}

/// As [`hold`], for what has been said of the domain before it was held.
///
/// # Errors
/// [`Error::Conflict`] where it has another account by now.
pub(crate) async fn hold_as(tx: &mut Tx, seen: &SipDomain) -> Result<SipDomain> {
    let held = hold(tx, seen.id).await?;
    match held.account_id == seen.account_id {
        true => Ok(held),
        false => Err(Error::Conflict(format!("{} has another owner since a moment ago", held.domain))),
    }
}

/// Brings a name into the form that is stored.
fn normal(name: &str) -> Result<String> {
    let name = name.trim().to_ascii_lowercase();
    // A host name, an IPv4 address, or an IPv6 address in brackets.
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if name.is_empty() || name.len() > 190 || !name.chars().all(fits) {
        return Err(Error::invalid("domain", format!("`{name}` is not a domain")));
    }
    Ok(name)
}

/// Makes a domain for an account.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Invalid`] for the name, [`Error::Taken`] where the platform has it,
/// [`Error::Dangling`] for `reseller_id` where there is no such account or it can't have domains.
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, owner: AccountId, name: &str) -> Result<SipDomain> {
    caller.must_be_reseller("make domains")?;
    customer::may_create_records(tx, caller).await?;
    let domain = normal(name)?;
    let account = match account::get(tx, caller, owner).await {
        Ok(found) if matches!(found.kind, Kind::Reseller | Kind::Customer) && found.status != Status::Terminated => {
            found
        }
        Ok(_) => return Err(Error::dangling("reseller_id", owner)),
        Err(error) => return Err(error.or_dangling("reseller_id", owner)),
    };
    let made = insert(tx, now, owner, account.reseller_id, domain).await?;
    note(tx, caller, now, &made).await?;
    Ok(made)
}

/// Writes the row of a new domain.
async fn insert(tx: &mut Tx, now: i64, owner: AccountId, reseller: AccountId, domain: String) -> Result<SipDomain> {
    let taken = || Error::taken("domain", "domain", &domain);
    if by_name(tx, &domain).await?.is_some() {
        return Err(taken());
    }
    let id = match tx.query_one(INSERT, args![owner, reseller, &domain, now]).await {
        Ok(row) => row.at(0)?,
        Err(store::Error::Unique(_)) => return Err(taken()),
        Err(other) => return Err(other.into()),
    };
    let (tls, private_key) = (Tls::default(), Sealed::default());
    Ok(SipDomain { id, account_id: owner, reseller_id: reseller, domain, tls, modified_at: now, private_key })
}

/// Counts a new domain, writes it down and gives it its defaults.
async fn note(tx: &mut Tx, caller: &Caller, now: i64, made: &SipDomain) -> Result<()> {
    made.count(tx, 1);
    journal::record(tx, caller, now, None, Some(made)).await?;
    preference::domain_defaults(tx, caller, now, made.id).await
}

/// Removes a domain: its subscribers are terminated, its preferences go.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: DomainId) -> Result<()> {
    caller.must_be_reseller("remove domains")?;
    caller.must_write()?;
    // Waits for subscribers that are being made in it, and keeps others from being made.
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    end(tx, caller, now, &before).await
}

async fn end(tx: &mut Tx, caller: &Caller, now: i64, domain: &SipDomain) -> Result<()> {
    subscriber::terminate_of_domain(tx, caller, now, domain.id).await?;
    sip_alias::delete_of_domain(tx, caller, now, domain.id).await?;
    rating_profile::delete_of_domain(tx, domain.id).await?;
    preference::delete_of(tx, Level::Domain, domain.id.0).await?;
    tx.execute(TERMINATE, args![now, domain.id]).await?;
    domain.count(tx, -1);
    journal::record(tx, caller, now, Some(domain), None).await
}

/// Removes every domain of an account and of the accounts below; for a reseller or customer that ends.
///
/// # Errors
/// Only those of the database.
pub async fn delete_of_account(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId) -> Result<()> {
    for row in tx.query(OF_ACCOUNT, args![account]).await? {
        let id: DomainId = row.at(0)?;
        tx.query_opt(LOCK, args![id]).await?;
        if let Some(domain) = by_id(tx, id).await? {
            end(tx, caller, now, &domain).await?;
        }
    }
    Ok(())
}

impl SipDomain {
    /// The private key of its certificate in PEM, where it has one and the caller is shown such things.
    ///
    /// # Errors
    /// [`Error::Internal`] where it was sealed with another key.
    pub fn private_key(&self, caller: &Caller, sealer: &Sealer) -> Result<Option<String>> {
        if !caller.rights.show_passwords {
            return Ok(None);
        }
        self.private_key.open(sealer, &kept::sealing_context(self.id))
    }

    fn count(&self, tx: &mut Tx, amount: i64) {
        DOMAINS.count(tx, self.id.0, &[("reseller_id", self.reseller_id.0)], amount);
    }
}

impl journal::Recorded for SipDomain {
    const KIND: &'static str = "sip_domains";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}
