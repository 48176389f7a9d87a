//! What the installation gives to zones: the name servers of those that have none of their own, and the records of hosts
//! of fancy records.

use store::{Tx, args};

use super::change::{self, note_where};
use super::fancy::FancyKind;
use super::rdata::{self, RrType};
use super::root;
use crate::caller::Caller;
use crate::statement::statements;
use crate::{Error, Result};

/// A record that the hosts of fancy records of a kind get: an address of a server that redirects, a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// MX for aliases, A and AAAA for redirections.
    pub rr_type: RrType,
    /// A host, an address.
    pub value: String,
    /// Of MX.
    pub priority: i64,
}

/// Most targets of a kind.
pub const MOST_TARGETS: usize = 16;

macro_rules! bump {
    ($table:literal, $kind:literal, $condition:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET serial = CASE WHEN serial >= 4294967295 THEN 1 ELSE serial + 1 END WHERE id IN \
             (SELECT n.zone_id FROM served_zones n WHERE n.kind = '",
            $kind,
            "' AND ",
            $condition,
            ")"
        )
    };
}

statements! {
    NAMESERVERS = "SELECT host FROM default_nameservers ORDER BY position";
    CLEAR_NAMESERVERS = "DELETE FROM default_nameservers";
    ADD_NAMESERVER = "INSERT INTO default_nameservers (position, host) VALUES ($1, $2)";
    BUMP_ZONES = bump!("dns_zones", "dns", "NOT n.own_nameservers");
    BUMP_RANGES = bump!("enum_ranges", "enum", "NOT n.own_nameservers");
    NOTE_ALL = note_where!("NOT n.own_nameservers");
    TARGETS = "SELECT rr_type, rdata, priority FROM dns_fancy_targets WHERE kind = $1 ORDER BY position";
    CLEAR_TARGETS = "DELETE FROM dns_fancy_targets WHERE kind = $1";
    ADD_TARGET = "INSERT INTO dns_fancy_targets (kind, position, rr_type, rdata, priority) VALUES ($1, $2, $3, $4, $5)";
    BUMP_FANCY = bump!("dns_zones", "dns", "EXISTS (SELECT 1 FROM dns_fancy_records f WHERE f.zone_id = n.zone_id)");
    NOTE_FANCY = note_where!("n.kind = 'dns' AND EXISTS (SELECT 1 FROM dns_fancy_records f WHERE f.zone_id = n.zone_id)");
}

/// The name servers of zones that have none of their own, the primary first. `localhost` where none were ever set.
///
/// # Errors
/// Only those of the database.
pub async fn nameservers(tx: &mut Tx) -> Result<Vec<String>> {
    tx.query(NAMESERVERS, args![]).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// Sets the name servers of zones that have none of their own; the zones change with them. False where they are those
/// already.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Invalid`] for `nameservers`, of which there must be one.
pub async fn set_nameservers(tx: &mut Tx, caller: &Caller, hosts: &[String]) -> Result<bool> {
    caller.must_be_admin("set name servers")?;
    caller.must_write()?;
    let hosts = root::nameservers(hosts)?;
    if hosts.is_empty() {
        return Err(Error::invalid("nameservers", "there must be a name server"));
    }
    if nameservers(tx).await? == hosts {
        return Ok(false);
    }
    tx.execute(CLEAR_NAMESERVERS, args![]).await?;
    for (position, host) in (0_i64..).zip(&hosts) {
        tx.execute(ADD_NAMESERVER, args![position, host]).await?;
    }
    for sql in [BUMP_ZONES, BUMP_RANGES, NOTE_ALL] {
        tx.execute_long(sql, args![]).await?;
    }
    tx.signal_at_commit(change::SIGNAL);
    Ok(true)
}

/// The records that the hosts of fancy records of a kind get.
///
/// # Errors
/// Only those of the database.
pub async fn targets(tx: &mut Tx, kind: FancyKind) -> Result<Vec<Target>> {
    let rows = tx.query(TARGETS, args![kind]).await?;
    rows.iter()
        .map(|row| {
            let rdata: String = row.get("rdata")?;
            let value = rdata.trim_end_matches('.').to_owned();
            Ok(Target { rr_type: row.get("rr_type")?, value, priority: row.get("priority")? })
        })
        .collect()
}

/// Sets the records that the hosts of fancy records of a kind get; zones that have some change with them. False where
/// they are those already.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Invalid`].
pub async fn set_targets(tx: &mut Tx, caller: &Caller, kind: FancyKind, wanted: &[Target]) -> Result<bool> {
    caller.must_be_admin("set the servers of fancy records")?;
    caller.must_write()?;
    if wanted.len() > MOST_TARGETS {
        return Err(Error::invalid("value", format!("there are at most {MOST_TARGETS} servers of a kind")));
    }
    let mut settled = Vec::new();
    for target in wanted {
        let suits = match kind {
            FancyKind::Mboxfw => target.rr_type == RrType::Mx,
            FancyKind::Url => matches!(target.rr_type, RrType::A | RrType::Aaaa),
        };
        if !suits {
            return Err(Error::invalid("type", format!("the hosts of {kind} records have no {}", target.rr_type)));
        }
        settled.push(rdata::read(target.rr_type, &target.value, Some(target.priority))?);
    }
    let after: Vec<Target> = wanted
        .iter()
        .zip(&settled)
        .map(|(target, read)| Target {
            rr_type: target.rr_type,
            value: read.value.clone(),
            priority: read.priority.unwrap_or(0),
        })
        .collect();
    if targets(tx, kind).await? == after {
        return Ok(false);
    }
    tx.execute(CLEAR_TARGETS, args![kind]).await?;
    for (position, (target, read)) in (0_i64..).zip(after.iter().zip(&settled)) {
        tx.execute(ADD_TARGET, args![kind, position, target.rr_type, &read.rdata, target.priority]).await?;
    }
    for sql in [BUMP_FANCY, NOTE_FANCY] {
        tx.execute_long(sql, args![]).await?;
    }
    tx.signal_at_commit(change::SIGNAL);
    Ok(true)
}
