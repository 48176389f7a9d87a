//! DnsPort: zones, their records, and what is more than a record: e-mail aliases and web redirections.

use registry::Error;
use std::collections::BTreeMap;

use registry::dns::{DnsRecord, DnsZone, FancyKind, FancyRecord, RrType, zone};
use registry::id::DnsZoneId;
use registry::record::{self, Stored};

use crate::operation::{Cx, Outcome, port};
use crate::query::{Filters, list};
use crate::shown::{owner, page, when};
use crate::soap::wire;

wire! {
    /// A zone.
    WireZone as "DnsZone" {
        /// Its name.
        name as "name": String,
        /// The e-mail address of whoever is responsible; empty: of a new zone what the reseller's property dns_admin_email
        /// says, else hostmaster at the zone.
        email as "email": Option<String>,
        /// Its serial number; kept by the server.
        serial as "serial": i64,
        /// Seconds for which its SOA and NS records may be kept; 0: 3600.
        ttl as "ttl": Option<i64>,
        /// Seconds after which a secondary looks for changes; 0: 14400.
        refresh as "refresh": Option<i64>,
        /// Seconds after which it looks again where it got no answer; 0: 3600.
        retry as "retry": Option<i64>,
        /// Seconds for which it serves what it has without an answer; 0: 2419200.
        expire as "expire": Option<i64>,
        /// Seconds for which it is remembered that there is no such name; 0: 3600.
        minimum as "minimum": Option<i64>,
        /// Its name servers, the primary first; none: those of the installation.
        nameservers as "nameservers": Option<Vec<String>>,
        /// A remark.
        info as "info": Option<String>,
        /// The customer whose it is; 0: the platform's.
        customer as "customer": i64,
        /// That customer's reseller.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which zones are wanted.
    DnsZoneFilter {
        /// A name, with wildcards.
        name as "name": String,
        /// A remark, with wildcards.
        info as "info": String,
        /// Of that customer.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Zones.
    DnsZoneQuery(DnsZoneFilter) -> DnsZoneList { zones as "zones": WireZone } by { "changeDate" as "modified_at", "name" as "name" }
}

wire! {
    /// Which records are wanted.
    DnsRecordFilter {
        /// The one of that id.
        id as "id": i64,
        /// A zone, with wildcards.
        zone as "zone": String,
        /// A name, with wildcards.
        name as "name": String,
        /// A type, with wildcards.
        kind as "type": String,
        /// A value, with wildcards.
        value as "value": String,
        /// Assigned to that customer.
        owner as "owner": i64,
        /// Of zones of that customer.
        customer as "customer": i64,
        /// Of zones of that reseller.
        reseller as "reseller": i64,
    }
}

/// A sort of record in zones: its type on the wire and what is done with it. Both sorts have the same fields; they differ in
/// what these mean.
macro_rules! sort_of_record {
    (
        $module:ident, $record:ident, $kind:ident by $read:path;
        $(#[doc = $doc:literal])* $wire:ident as $known:literal;
        $name_doc:literal, $kind_doc:literal, $value_doc:literal, $ttl_doc:literal, $priority_doc:literal;
        $query:ident; $(#[doc = $list_doc:literal])* $list:ident
    ) => {
        wire! {
            $(#[doc = $doc])*
            $wire as $known {
                /// Its id, given by the server.
                id as "id": i64,
                /// The zone that it is in.
                zone as "zone": String,
                #[doc = $name_doc]
                name as "name": String,
                #[doc = $kind_doc]
                kind as "type": String,
                #[doc = $value_doc]
                value as "value": String,
                #[doc = $ttl_doc]
                ttl as "ttl": i64,
                #[doc = $priority_doc]
                priority as "priority": Option<i64>,
                /// The customer that it is assigned to; 0: none.
                owner as "owner": Option<i64>,
                /// The customer of its zone.
                customer as "customer": i64,
                /// The reseller of its zone.
                reseller as "reseller": i64,
                /// When it was changed; kept by the server.
                change_date as "changeDate": String,
            }
        }

        list! {
            $(#[doc = $list_doc])*
            $query(DnsRecordFilter) -> $list { records as "records": $wire }
            by { "changeDate" as "modified_at", "type" as "type", "name" as "name" }
        }

        mod $module {
            use super::*;

            impl $wire {
                fn of(record: $record, zones: &BTreeMap<DnsZoneId, String>) -> $wire {
                    $wire {
                        id: record.id.0,
                        zone: zones.get(&record.zone_id).cloned().unwrap_or_default(),
                        name: record.name,
                        kind: record.$kind.to_string(),
                        value: record.value,
                        ttl: record.ttl,
                        priority: Some(record.priority.unwrap_or(0)),
                        owner: Some(record.owner_id.map_or(0, |id| id.0)),
                        customer: record.account_id.0,
                        reseller: record.reseller_id.0,
                        change_date: when(record.modified_at),
                    }
                }

                fn over(self, before: $record) -> Outcome<$record> {
                    Ok($record {
                        name: self.name,
                        $kind: $read(&self.kind)?,
                        value: self.value,
                        ttl: self.ttl,
                        priority: self.priority,
                        owner_id: self.owner.map_or(before.owner_id, owner),
                        ..before
                    })
                }
            }

            pub(super) async fn add(cx: &mut Cx<'_>, given: $wire) -> Outcome<$wire> {
                let zone_id = zone::by_name(cx.tx, cx.caller, &given.zone).await?.id;
                let made = given.over($record { zone_id, ..$record::default() })?;
                let made = record::create(cx.tx, cx.caller, cx.now, made).await?;
                Ok($wire::of(made, &zone::names(cx.tx, &[zone_id]).await?))
            }

            pub(super) async fn update(cx: &mut Cx<'_>, given: $wire) -> Outcome<()> {
                let before: $record = record::get(cx.tx, cx.caller, given.id).await?;
                record::update(cx.tx, cx.caller, cx.now, given.over(before)?).await?;
                Ok(())
            }

            pub(super) async fn delete(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
                record::delete::<$record>(cx.tx, cx.caller, cx.now, id).await?;
                Ok(())
            }

            pub(super) async fn get(cx: &mut Cx<'_>, id: i64) -> Outcome<$wire> {
                let found: $record = record::get(cx.tx, cx.caller, id).await?;
                let zones = zone::names(cx.tx, &[found.zone_id]).await?;
                Ok($wire::of(found, &zones))
            }

            pub(super) async fn list(cx: &mut Cx<'_>, query: $query) -> Outcome<$list> {
                let (records, total) = page::<$record>(cx, &query.of(filters(&query.filter))).await?;
                let ids: Vec<DnsZoneId> = records.iter().map(|record| record.zone_id).collect();
                let zones = zone::names(cx.tx, &ids).await?;
                let records = records.into_iter().map(|record| $wire::of(record, &zones)).collect();
                Ok($list { total, records })
            }
        }
    };
}

sort_of_record! {
    plain, DnsRecord, rr_type by rr_type;
    /// A record of a zone.
    WireRecord as "DnsRecord";
    " Its name, in whole or relative to the zone; empty: the zone itself.",
    " Its type: A, AAAA, CNAME, MX, SRV, NS, NAPTR, PTR, TXT or LOC.",
    " Its value; of SRV weight, port and target, of NAPTR all six fields.",
    " Seconds for which it may be kept; 0: 3600.",
    " Of MX and SRV; of NAPTR the preference.";
    DnsRecordQuery;
    /// Records.
    DnsRecordList
}

sort_of_record! {
    fancy, FancyRecord, kind by fancy_kind;
    /// An e-mail alias or a web redirection.
    DnsFancyRecord as "DnsFancyRecord";
    " Of an alias the address, of a redirection the host; in whole or relative to the zone.",
    " MBOXFW for an alias, URL for a redirection.",
    " Where mail goes, or the URL.",
    " Seconds for which the records of the host may be kept; 0: 3600.",
    " Kept as it is given.";
    DnsFancyRecordQuery;
    /// Fancy records.
    DnsFancyRecordList
}

port! {
    /// Zones of DNS, their records, e-mail aliases and web redirections.
    DNS = "Dns" {
        /// Adds a zone.
        write addZone(zone as "zone": WireZone) -> WireZone = add_zone;
        /// Changes a zone; what is not given stays.
        write updateZone(zone as "zone": WireZone) = update_zone;
        /// Removes a zone with its records.
        write deleteZone(zone as "zone": String) = delete_zone;
        /// A zone.
        read getZone(zone as "zone": String) -> WireZone = get_zone;
        /// Zones.
        read getZones(query as "query": DnsZoneQuery) -> DnsZoneList = get_zones;
        /// Adds a record.
        write addRecord(record as "record": WireRecord) -> WireRecord = plain::add;
        /// Changes a record.
        write updateRecord(record as "record": WireRecord) = plain::update;
        /// Removes a record.
        write deleteRecord(id as "recordId": i64) = plain::delete;
        /// A record.
        read getRecord(id as "recordId": i64) -> WireRecord = plain::get;
        /// Records.
        read getRecords(query as "query": DnsRecordQuery) -> DnsRecordList = plain::list;
        /// Adds an e-mail alias or a web redirection.
        write addFancyRecord(record as "record": DnsFancyRecord) -> DnsFancyRecord = fancy::add;
        /// Changes an e-mail alias or a web redirection.
        write updateFancyRecord(record as "record": DnsFancyRecord) = fancy::update;
        /// Removes an e-mail alias or a web redirection.
        write deleteFancyRecord(id as "recordId": i64) = fancy::delete;
        /// An e-mail alias or a web redirection.
        read getFancyRecord(id as "recordId": i64) -> DnsFancyRecord = fancy::get;
        /// E-mail aliases and web redirections.
        read getFancyRecords(query as "query": DnsFancyRecordQuery) -> DnsFancyRecordList = fancy::list;
    }
}

impl From<DnsZone> for WireZone {
    fn from(zone: DnsZone) -> WireZone {
        WireZone {
            name: zone.name,
            email: Some(zone.email),
            serial: zone.serial,
            ttl: Some(zone.ttl),
            refresh: Some(zone.refresh),
            retry: Some(zone.retry),
            expire: Some(zone.expire),
            minimum: Some(zone.minimum),
            nameservers: Some(zone.nameservers.0),
            info: Some(zone.info),
            customer: zone.account_id.0,
            reseller: zone.reseller_id.0,
            change_date: when(zone.modified_at),
        }
    }
}

impl WireZone {
    /// The zone with what is given here in the place of what was there.
    fn over(self, before: DnsZone) -> DnsZone {
        DnsZone {
            email: self.email.unwrap_or(before.email),
            ttl: self.ttl.unwrap_or(before.ttl),
            refresh: self.refresh.unwrap_or(before.refresh),
            retry: self.retry.unwrap_or(before.retry),
            expire: self.expire.unwrap_or(before.expire),
            minimum: self.minimum.unwrap_or(before.minimum),
            nameservers: self.nameservers.map_or(before.nameservers, Stored),
            info: self.info.unwrap_or(before.info),
            ..before
        }
    }
}

async fn add_zone(cx: &mut Cx<'_>, given: WireZone) -> Outcome<WireZone> {
    let account_id = cx.owner_of_new(given.customer, given.reseller).await?;
    let name = given.name.clone();
    let made = given.over(DnsZone { account_id, name, ..DnsZone::default() });
    Ok(record::create(cx.tx, cx.caller, cx.now, made).await?.into())
}

async fn update_zone(cx: &mut Cx<'_>, given: WireZone) -> Outcome<()> {
    let before = zone::by_name(cx.tx, cx.caller, &given.name).await?;
    let account_id = cx.owner_after(before.account_id, given.customer, given.reseller).await?;
    let after = DnsZone { account_id, ..given.over(before) };
    record::update(cx.tx, cx.caller, cx.now, after).await?;
    Ok(())
}

async fn delete_zone(cx: &mut Cx<'_>, name: String) -> Outcome<()> {
    let found = zone::by_name(cx.tx, cx.caller, &name).await?;
    record::delete::<DnsZone>(cx.tx, cx.caller, cx.now, found.id.0).await?;
    Ok(())
}

async fn get_zone(cx: &mut Cx<'_>, name: String) -> Outcome<WireZone> {
    Ok(zone::by_name(cx.tx, cx.caller, &name).await?.into())
}

async fn get_zones(cx: &mut Cx<'_>, query: DnsZoneQuery) -> Outcome<DnsZoneList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .name("name", &filter.name)
        .text("info", &filter.info)
        .id("account_id", filter.customer)
        .id("reseller_id", filter.reseller);
    let (zones, total) = page::<DnsZone>(cx, &query.of(filters)).await?;
    Ok(DnsZoneList { total, zones: zones.into_iter().map(WireZone::from).collect() })
}

fn rr_type(name: &str) -> Outcome<RrType> {
    let named = name.trim().to_ascii_uppercase();
    named.parse().map_err(|_| {
        let all: Vec<String> = RrType::ALL.iter().map(ToString::to_string).collect();
        Error::invalid("type", format!("`{name}` is not one of {}", all.join(", ")))
    })
}

fn fancy_kind(name: &str) -> Outcome<FancyKind> {
    let named = name.trim().to_ascii_uppercase();
    named.parse().map_err(|_| Error::invalid("type", format!("`{name}` is neither MBOXFW nor URL")))
}

/// The filters of records of both sorts.
fn filters(filter: &DnsRecordFilter) -> Filters {
    Filters::default()
        .id("id", filter.id)
        .name("zone", &filter.zone)
        .name("name", &filter.name)
        .text("type", &filter.kind.to_ascii_uppercase())
        .text("value", &filter.value)
        .id("owner_id", filter.owner)
        .id("account_id", filter.customer)
        .id("reseller_id", filter.reseller)
}
