//! DNS zones: domains whose records are kept here.
//!
//! The serial number goes up with every change of the zone or of anything in it. A zone that has no name servers of its
//! own is served by those of the installation. Removing a zone removes its records.

use std::collections::{BTreeMap, BTreeSet};

use store::{Tx, args};

use super::fancy::{self, FancyRecord};
use super::record::DnsRecord;
use super::root::{self, Kind, Root, TTL};
use super::{change, name};
use crate::caller::Caller;
use crate::id::{AccountId, DnsZoneId};
use crate::listing::{self, Column, Reach, Source};
use crate::quota::{self, At, Kind as Counted};
use crate::record::{self, Kept, Record, Stored, record};
use crate::statement::statements;
use crate::{Error, Result, contact, property};

/// Seconds after which a secondary looks for changes (RFC 1912, 2.2).
pub const REFRESH: i64 = 14_400;
/// Seconds after which it looks again where it got no answer.
pub const RETRY: i64 = 3_600;
/// Seconds for which it serves what it has without an answer.
pub const EXPIRE: i64 = 2_419_200;
/// The property of a reseller that says who is responsible for zones of which nothing else is said.
pub const ADMIN_EMAIL: &str = "dns_admin_email";
/// Seconds for which it is remembered that there is no such name (RFC 2308).
pub const MINIMUM: i64 = 3_600;

record! {
    /// A DNS zone. A number of seconds that is 0 stands for the default.
    DnsZone(DnsZoneId) in "dns_zones" called "DNS zone" {
        /// Whose it is; 0: the operator's.
        account_id: AccountId,
        /// The nearest reseller at or above that account.
        reseller_id: AccountId,
        /// Its name, in lower case and without a dot at the end; it remains.
        name: String,
        /// The e-mail address of whoever is responsible; empty: of a new zone that of the reseller's property
        /// [`ADMIN_EMAIL`], else `hostmaster` at the zone.
        email: String,
        /// The same as the SOA record has it; follows from the address.
        rname: String,
        /// Its serial number, kept here.
        serial: i64 = 1,
        /// For how long its SOA and NS records may be kept, in seconds.
        ttl: i64 = TTL,
        /// See [`REFRESH`].
        refresh: i64 = REFRESH,
        /// See [`RETRY`].
        retry: i64 = RETRY,
        /// See [`EXPIRE`].
        expire: i64 = EXPIRE,
        /// See [`MINIMUM`].
        minimum: i64 = MINIMUM,
        /// Its name servers, the primary first; none: those of the installation.
        nameservers: Stored<Vec<String>>,
        /// A remark.
        info: String,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed itself, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// All DNS zones.
pub static ALL: Source = Source {
    name: "DNS zones",
    from: "dns_zones t",
    fixed: "",
    reach: Reach::ACCOUNT,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::text("info", "t.info"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

statements! {
    BY_NAME = "SELECT id FROM dns_zones WHERE name = $1";
    OF_ACCOUNT = "SELECT id FROM dns_zones WHERE account_id = $1 ORDER BY id LIMIT 100";
    BUMP = "UPDATE dns_zones SET serial = CASE WHEN serial >= 4294967295 THEN 1 ELSE serial + 1 END WHERE id = $1 \
        RETURNING name";
    MOVE_RECORDS = "UPDATE dns_records SET account_id = $1, reseller_id = $2 WHERE zone_id = $3 RETURNING id";
    MOVE_FANCY = "UPDATE dns_fancy_records SET account_id = $1, reseller_id = $2 WHERE zone_id = $3 RETURNING id";
    CLEAR_RECORDS = "DELETE FROM dns_records WHERE zone_id = $1 RETURNING id, zone_id, reseller_id";
    CLEAR_FANCY = "DELETE FROM dns_fancy_records WHERE zone_id = $1 RETURNING id, zone_id, reseller_id";
}

/// The zone of that name, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_name(tx: &mut Tx, caller: &Caller, name: &str) -> Result<DnsZone> {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let not_found = || Error::not_found(DnsZone::NOUN, &name);
    let row = tx.query_opt(BY_NAME, args![&name]).await?.ok_or_else(not_found)?;
    match record::get(tx, caller, row.at(0)?).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        other => other,
    }
}

/// Statements for several zones at a time.
const NAMES: &str = "SELECT id, name FROM dns_zones WHERE id IN ({ids})";

/// The names of those zones; for ids that records have given.
///
/// # Errors
/// Only those of the database.
pub async fn names(tx: &mut Tx, ids: &[DnsZoneId]) -> Result<BTreeMap<DnsZoneId, String>> {
    let ids: BTreeSet<i64> = ids.iter().map(|id| id.0).collect();
    let rows = listing::for_ids(tx, NAMES, &Vec::from_iter(ids)).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// Removes the zones of an account that ends.
pub(crate) async fn delete_of_account(tx: &mut Tx, now: i64, id: AccountId, caller: &Caller) -> Result<()> {
    record::delete_all::<DnsZone>(tx, &Caller::system(&caller.name), now, OF_ACCOUNT, id.0).await
}

/// Notes that something in the zone has changed.
pub(crate) async fn changed(tx: &mut Tx, id: DnsZoneId) -> Result<()> {
    let row = tx.query_one(BUMP, args![id]).await?;
    change::note(tx, &row.at::<String>(0)?).await
}

/// The responsible person as a name: what stands before the at sign is the first label (RFC 1035, 8).
fn rname(email: &str, zone: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or(("hostmaster", zone));
    format!("{}.{domain}.", local.replace('\\', "\\\\").replace('.', "\\."))
}

/// Whether it can be said who that is: names in DNS are ASCII here.
fn is_address(email: &str) -> bool {
    contact::is_email(email) && email.is_ascii()
}

impl DnsZone {
    fn root(&self) -> Root<'_> {
        Root {
            kind: Kind::Dns,
            zone_id: self.id.0,
            name: &self.name,
            account_id: self.account_id,
            ttl: self.ttl,
            nameservers: &self.nameservers.0,
        }
    }

    /// What is in the zone belongs to whom the zone belongs to.
    async fn move_contents(&self, tx: &mut Tx, before: &DnsZone) -> Result<()> {
        for (sql, list) in [(MOVE_RECORDS, DnsRecord::LIST), (MOVE_FANCY, FancyRecord::LIST)] {
            for row in tx.query(sql, args![self.account_id, self.reseller_id, self.id]).await? {
                list.recount(tx, row.at(0)?, "reseller_id", before.reseller_id.0, self.reseller_id.0);
            }
        }
        fancy::count_aliases(tx, self.id, Some(before.account_id), Some(self.account_id)).await
    }
}

#[async_trait::async_trait]
impl Kept for DnsZone {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        root::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        self.name = name::zone("name", &self.name)?;
        self.email = self.email.trim().to_owned();
        if !self.email.is_empty() && !is_address(&self.email) {
            return Err(Error::invalid("email", format!("`{}` is not an e-mail address", self.email)));
        }
        self.ttl = root::seconds("ttl", self.ttl, TTL)?;
        self.refresh = root::seconds("refresh", self.refresh, REFRESH)?;
        self.retry = root::seconds("retry", self.retry, RETRY)?;
        self.expire = root::seconds("expire", self.expire, EXPIRE)?;
        self.minimum = root::seconds("minimum", self.minimum, MINIMUM)?;
        self.nameservers.0 = root::nameservers(&self.nameservers.0)?;
        root::check_info(&self.info)?;
        let was = before.map(|before| (before.account_id, before.reseller_id));
        self.reseller_id = root::reseller_of(tx, caller, self.account_id, was).await?;
        self.modified_at = now;
        if before.is_none() && self.email.is_empty() {
            let of_reseller = property::value(tx, self.reseller_id, ADMIN_EMAIL).await?;
            self.email = of_reseller.filter(|email| is_address(email)).unwrap_or_default();
        }
        self.rname = rname(&self.email, &self.name);
        if !name::is_sendable(&self.rname) {
            return Err(Error::invalid("email", format!("`{}` can't be said in a SOA record", self.email)));
        }
        match before {
            None => {
                root::may_create(tx, caller).await?;
                root::must_not_lie_in_anothers(tx, caller, Kind::Dns, &self.name).await?;
                (self.serial, self.created_at) = (1, now);
            }
            Some(before) if before.name != self.name => {
                return Err(Error::invalid("name", "a zone keeps its name"));
            }
            Some(before) => (self.serial, self.created_at) = (root::next_serial(before.serial), before.created_at),
        }
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        self.root().publish(tx, before.is_none()).await?;
        if let Some(before) = before.filter(|before| before.account_id != self.account_id) {
            self.move_contents(tx, before).await?;
        }
        let was = before.map(|before| At::of(before.account_id, None));
        quota::moved(tx, Counted::DnsZones, 1, was, Some(At::of(self.account_id, None))).await
    }

    /// Its records go with it.
    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        fancy::count_aliases(tx, self.id, Some(self.account_id), None).await?;
        record::remove_where::<DnsRecord>(tx, CLEAR_RECORDS, self.id.0).await?;
        record::remove_where::<FancyRecord>(tx, CLEAR_FANCY, self.id.0).await?;
        quota::give_back(tx, Counted::DnsZones, self.account_id, None, 1).await?;
        self.root().withdraw(tx).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_responsible_person_is_a_name() {
        for (email, expected) in [
            ("", "hostmaster.example.com."),
            ("admin@example.net", "admin.example.net."),
            ("john.doe@example.net", "john\\.doe.example.net."),
        ] {
            assert_eq!(rname(email, "example.com"), expected, "{email}");
        }
    }
}
