//! Records of DNS zones.

use store::{Tx, args};

use super::name;
use super::rdata::{self, RrType};
use super::root::{self, TTL};
use super::zone::{self, DnsZone};
use crate::caller::Caller;
use crate::id::{AccountId, DnsRecordId, DnsZoneId};
use crate::listing::{Column, Reach, Shared, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A record of a DNS zone.
    DnsRecord(DnsRecordId) in "dns_records" called "DNS record" {
        /// The zone; it remains.
        zone_id: DnsZoneId,
        /// Whose the zone is.
        account_id: AccountId,
        /// The zone's reseller.
        reseller_id: AccountId,
        /// The customer that it is assigned to, who sees it too.
        owner_id: Option<AccountId>,
        /// The whole name, in lower case and without a dot at the end; given, it may be relative to the zone.
        name: String,
        /// Its type.
        rr_type: RrType,
        /// Its value; of SRV weight, port and target, of NAPTR all six fields.
        value: String,
        /// The value as a zone file has it, without the priority of MX and SRV; follows from the value.
        rdata: String,
        /// For how long it may be kept, in seconds; 0 stands for the default.
        ttl: i64 = TTL,
        /// Of MX and SRV; of NAPTR the preference, in the place of that in the value.
        priority: Option<i64>,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// Most records of a zone.
pub const MOST: i64 = 200_000;

/// The records of all zones.
pub static ALL: Source = Source {
    name: "DNS records",
    from: "dns_records t JOIN dns_zones z ON z.id = t.zone_id",
    fixed: "",
    reach: Reach { shared: Shared::WithOwner("owner_id"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("zone_id", "t.zone_id"),
        Column::text("zone", "z.name"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("owner_id", "t.owner_id"),
        Column::text("name", "t.name"),
        Column::text("type", "t.rr_type"),
        Column::text("value", "t.value"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id", "zone_id"],
};

statements! {
    BESIDE = "SELECT rr_type FROM dns_records WHERE name = $1 AND zone_id = $2 AND id <> $3 LIMIT 1";
    ALIAS = "SELECT rr_type FROM dns_records WHERE name = $1 AND rr_type = 'CNAME' AND zone_id = $2 AND id <> $3";
    SAME = "SELECT 1 FROM dns_records WHERE name = $1 AND rr_type = $2 AND rdata = $3 AND zone_id = $4";
}

/// The zone of something that is to be in it, held until the transaction ends. Whoever only sees what is in it may not
/// change that (`there`: it is there already).
pub(super) async fn zone_of(tx: &mut Tx, caller: &Caller, id: DnsZoneId, there: bool) -> Result<DnsZone> {
    let found: Result<DnsZone> = record::hold_named_by(tx, caller, "zone_id", id.0).await;
    found.map_err(|error| if there { root::not_keeper(error) } else { error })
}

/// Refuses one more where a zone has as many as it may have.
pub(super) async fn check_room(tx: &mut Tx, list: &Source, zone: DnsZoneId) -> Result<()> {
    let totals = list.totals(tx, "zone_id", &[zone.0]).await?;
    if totals.get(&zone.0).is_some_and(|total| *total >= MOST) {
        return Err(Error::Conflict(format!("a zone has at most {MOST} records")));
    }
    Ok(())
}

impl DnsRecord {
    /// A name with a CNAME record has no other (RFC 1034, 3.6.2), and the zone's own name always has others.
    async fn check_alone(&self, tx: &mut Tx, zone: &DnsZone) -> Result<()> {
        let alias = self.rr_type == RrType::Cname;
        if alias && self.name == zone.name {
            return Err(Error::invalid("type", "the zone itself can't have a CNAME record"));
        }
        let sql = if alias { BESIDE } else { ALIAS };
        let beside = tx.query_opt(sql, args![&self.name, self.zone_id, self.id]).await?;
        let Some(row) = beside else { return Ok(()) };
        let (name, other): (_, String) = (&self.name, row.at(0)?);
        if alias && other == "CNAME" && self.exists(tx).await? {
            return Err(self.taken());
        }
        Err(Error::Conflict(match alias {
            true => format!("{name} has a record of type {other}: a CNAME record must be the only one of its name"),
            false => format!("{name} has a CNAME record, which must be the only one of its name"),
        }))
    }

    async fn exists(&self, tx: &mut Tx) -> Result<bool> {
        Ok(tx.query_opt(SAME, args![&self.name, self.rr_type, &self.rdata, self.zone_id]).await?.is_some())
    }
}

#[async_trait::async_trait]
impl Kept for DnsRecord {
    const LIST: &'static Source = &ALL;
    const PART_OF: Option<(&'static str, &'static str)> = Some(("dns_zones", "zone_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        root::must_keep(caller)
    }

    fn taken(&self) -> Error {
        Error::taken("DNS record", "value", format!("{} {} {}", self.name, self.rr_type, self.value))
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.zone_id != self.zone_id) {
            return Err(Error::invalid("zone_id", "a record remains in its zone"));
        }
        let zone = zone_of(tx, caller, self.zone_id, before.is_some()).await?;
        (self.account_id, self.reseller_id) = (zone.account_id, zone.reseller_id);
        root::check_owner(tx, caller, self.owner_id, before.and_then(|before| before.owner_id)).await?;
        self.name = name::within(&zone.name, &self.name)?;
        let read = rdata::read(self.rr_type, &self.value, self.priority)?;
        (self.value, self.rdata, self.priority) = (read.value, read.rdata, read.priority);
        self.ttl = root::seconds("ttl", self.ttl, TTL)?;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        if before.is_none() {
            root::may_create(tx, caller).await?;
            check_room(tx, &ALL, self.zone_id).await?;
        }
        self.check_alone(tx, &zone).await
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        zone::changed(tx, self.zone_id).await
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        zone_of(tx, caller, self.zone_id, true).await?;
        zone::changed(tx, self.zone_id).await
    }
}
