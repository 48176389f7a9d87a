//! What DNS zones and ENUM ranges have in common: whose they may be, who keeps them, and how they come to be served.

use store::{Tx, args};

use super::{catalog, change, name};
use crate::account::{self, Kind as AccountKind};
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::statement::statements;
use crate::{Error, Result, customer};

/// What is served under a zone's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A DNS zone with its records.
    Dns,
    /// An ENUM range with its numbers.
    Enum,
}

crate::text_enum!(Kind, "kind", { Dns => "dns", Enum => "enum" });

/// Most name servers of a zone: as many as there are of the root.
pub const MOST_NAMESERVERS: usize = 13;

/// The time for which an answer may be kept where nothing else is said, in seconds.
pub const TTL: i64 = 3_600;

/// A zone as name servers know it.
pub(crate) struct Root<'a> {
    pub(crate) kind: Kind,
    /// The zone in dns_zones or the range in enum_ranges.
    pub(crate) zone_id: i64,
    pub(crate) name: &'a str,
    pub(crate) account_id: AccountId,
    pub(crate) ttl: i64,
    pub(crate) nameservers: &'a [String],
}

statements! {
    INSERT = "INSERT INTO served_zones (id, name, kind, zone_id, account_id, ttl, own_nameservers) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    UPDATE = "UPDATE served_zones SET account_id = $1, ttl = $2, own_nameservers = $3 WHERE id = $4";
    DELETE = "DELETE FROM served_zones WHERE id = $1";
    BY_NAME = "SELECT account_id FROM served_zones WHERE name = $1";
    ADD_NAMESERVER = "INSERT INTO zone_nameservers (served_zone_id, position, host) VALUES ($1, $2, $3)";
    CLEAR_NAMESERVERS = "DELETE FROM zone_nameservers WHERE served_zone_id = $1";
}

/// Refuses whoever may not keep zones or ranges, or what is in them.
pub(crate) fn must_keep(caller: &Caller) -> Result<()> {
    match caller.role {
        Role::Admin | Role::Reseller | Role::Customer => caller.must_write(),
        _ => {
            Err(Error::NotAllowed("only administrators, resellers and customers may keep zones and ranges".to_owned()))
        }
    }
}

/// Refuses whoever may not make records at the moment.
pub(crate) async fn may_create(tx: &mut Tx, caller: &Caller) -> Result<()> {
    must_keep(caller)?;
    customer::may_create_records(tx, caller).await
}

/// The reseller of the account that a zone or range is to be of; `before` is whose it was.
///
/// # Errors
/// [`Error::Dangling`] for `account_id`.
pub(crate) async fn reseller_of(
    tx: &mut Tx,
    caller: &Caller,
    id: AccountId,
    before: Option<(AccountId, AccountId)>,
) -> Result<AccountId> {
    if let Some((_, reseller)) = before.filter(|(account, _)| *account == id) {
        return Ok(reseller);
    }
    Ok(named(tx, caller, "account_id", id, true).await?.reseller_id)
}

/// Refuses an owner that there is not; one that was there before may remain.
///
/// # Errors
/// [`Error::Dangling`] for `owner_id`.
pub(crate) async fn check_owner(
    tx: &mut Tx,
    caller: &Caller,
    owner: Option<AccountId>,
    before: Option<AccountId>,
) -> Result<()> {
    if let Some(id) = owner.filter(|_| owner != before) {
        named(tx, caller, "owner_id", id, false).await?;
    }
    Ok(())
}

async fn named(
    tx: &mut Tx,
    caller: &Caller,
    field: &'static str,
    id: AccountId,
    operator: bool,
) -> Result<account::Account> {
    let found = account::get(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))?;
    match found.kind {
        AccountKind::Operator if operator => Ok(found),
        AccountKind::Reseller | AccountKind::Customer => account::named_by(tx, caller, found.kind, field, id).await,
        _ => Err(Error::dangling(field, id)),
    }
}

/// Refuses a zone that would take away a part of somebody else's: one below a zone that the caller may not see. An ENUM
/// range may lie in a zone of the operator's, as all ranges lie below one domain. What stands above a zone loses nothing by
/// being made later.
///
/// # Errors
/// [`Error::NotAllowed`].
pub(crate) async fn must_not_lie_in_anothers(tx: &mut Tx, caller: &Caller, kind: Kind, zone: &str) -> Result<()> {
    for above in name::above(zone) {
        let Some(row) = tx.query_opt(BY_NAME, args![above]).await? else { continue };
        let account: AccountId = row.at(0)?;
        let is_open = account == AccountId::OPERATOR && kind == Kind::Enum;
        if is_open || caller.sees(tx, account).await? {
            return Ok(());
        }
        return Err(Error::NotAllowed(format!("{zone} lies in {above}, which is somebody else's")));
    }
    Ok(())
}

/// Name servers as they are stored, each once.
///
/// # Errors
/// [`Error::Invalid`] for `nameservers`.
pub(crate) fn nameservers(hosts: &[String]) -> Result<Vec<String>> {
    let mut settled: Vec<String> = Vec::new();
    for host in hosts.iter().filter(|host| !host.trim().is_empty()) {
        let host = name::host("nameservers", host)?;
        if !settled.contains(&host) {
            settled.push(host);
        }
    }
    if settled.len() > MOST_NAMESERVERS {
        return Err(Error::invalid("nameservers", format!("a zone has at most {MOST_NAMESERVERS} name servers")));
    }
    Ok(settled)
}

/// A number of seconds; 0 stands for the default.
///
/// # Errors
/// [`Error::Invalid`] for the field where it is none of RFC 2181, 8.
pub(crate) fn seconds(field: &'static str, value: i64, default: i64) -> Result<i64> {
    match value {
        0 => Ok(default),
        1..=0x7fff_ffff => Ok(value),
        _ => Err(Error::invalid(field, format!("{value} is not a number of seconds from 0 to 2147483647"))),
    }
}

/// Refuses a remark that is too long.
///
/// # Errors
/// [`Error::Invalid`] for `info`.
pub(crate) fn check_info(info: &str) -> Result<()> {
    if info.len() > 1_000 { Err(Error::invalid("info", "a remark has at most 1000 bytes")) } else { Ok(()) }
}

/// What it is to whoever sees a record but not the zone that it is in.
pub(crate) fn not_keeper(error: Error) -> Error {
    match error {
        Error::NotFound { .. } | Error::Dangling { .. } => {
            Error::NotAllowed("only who keeps the zone or range may change what is in it".to_owned())
        }
        other => other,
    }
}

impl Root<'_> {
    fn id(&self) -> i64 {
        self.zone_id * 2 + i64::from(self.kind == Kind::Enum)
    }

    /// Lets name servers know the zone: a new one, or one that has changed.
    ///
    /// # Errors
    /// [`Error::Taken`] where a zone or range has the name.
    pub(crate) async fn publish(&self, tx: &mut Tx, new: bool) -> Result<()> {
        let own = !self.nameservers.is_empty();
        if new {
            let values = args![self.id(), self.name, self.kind, self.zone_id, self.account_id, self.ttl, own];
            tx.execute(INSERT, values).await.map_err(|error| match error {
                store::Error::Unique(_) => Error::taken("zone", "name", self.name),
                other => other.into(),
            })?;
            catalog::changed(tx);
        } else {
            tx.execute(UPDATE, args![self.account_id, self.ttl, own, self.id()]).await?;
            tx.execute(CLEAR_NAMESERVERS, args![self.id()]).await?;
        }
        for (position, host) in (0_i64..).zip(self.nameservers) {
            tx.execute(ADD_NAMESERVER, args![self.id(), position, host]).await?;
        }
        change::note(tx, self.name).await
    }

    /// Takes the zone away from name servers.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn withdraw(&self, tx: &mut Tx) -> Result<()> {
        tx.execute(CLEAR_NAMESERVERS, args![self.id()]).await?;
        tx.execute(DELETE, args![self.id()]).await?;
        catalog::changed(tx);
        change::forget(tx, self.name).await
    }
}

/// The serial number after another one (RFC 1982); 0 is left out, as some take it for none.
#[must_use]
pub(crate) fn next_serial(serial: i64) -> i64 {
    if serial >= i64::from(u32::MAX) { 1 } else { serial + 1 }
}
