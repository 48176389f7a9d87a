//! DnsPort: zones, their records, and what is more than a record: e-mail aliases and web redirections.

use registry::Error;
use registry::dns::{DnsRecord, DnsZone, FancyKind, FancyRecord, RrType, zone};
use registry::id::DnsZoneId;
use registry::record::{self, Stored};

use crate::operation::{Cx, Outcome, port};
use crate::query::{Filters, OrderBy, Range};
use crate::shown::{owner, owner_after, owner_of_new, page, when};
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

wire! {
    /// A list of zones that is wanted.
    DnsZoneQuery {
        /// Which ones.
        filter as "filter": DnsZoneFilter,
        /// In which order: by changeDate or name.
        order as "orderBy": OrderBy,
        /// Which part of the list.
        range as "range": Range,
    }
}

wire! {
    /// Zones.
    DnsZoneList {
        /// How many there are on all pages.
        total as "total": i64,
        /// Those of this page.
        zones as "zones": Vec<WireZone>,
    }
}

wire! {
    /// A record of a zone.
    WireRecord as "DnsRecord" {
        /// Its id, given by the server.
        id as "id": i64,
        /// The zone that it is in.
        zone as "zone": String,
        /// Its name, in whole or relative to the zone; empty: the zone itself.
        name as "name": String,
        /// Its type: A, AAAA, CNAME, MX, SRV, NS, NAPTR, PTR, TXT or LOC.
        rr_type as "type": String,
        /// Its value; of SRV weight, port and target, of NAPTR all six fields.
        value as "value": String,
        /// Seconds for which it may be kept; 0: 3600.
        ttl as "ttl": i64,
        /// Of MX and SRV; of NAPTR the preference.
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

wire! {
    /// An e-mail alias or a web redirection.
    DnsFancyRecord {
        /// Its id, given by the server.
        id as "id": i64,
        /// The zone that it is in.
        zone as "zone": String,
        /// Of an alias the address, of a redirection the host; in whole or relative to the zone.
        name as "name": String,
        /// MBOXFW for an alias, URL for a redirection.
        kind as "type": String,
        /// Where mail goes, or the URL.
        value as "value": String,
        /// Seconds for which the records of the host may be kept; 0: 3600.
        ttl as "ttl": i64,
        /// Kept as it is given.
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

wire! {
    /// A list of records that is wanted.
    DnsRecordQuery {
        /// Which ones.
        filter as "filter": DnsRecordFilter,
        /// In which order: by changeDate, type or name.
        order as "orderBy": OrderBy,
        /// Which part of the list.
        range as "range": Range,
    }
}

wire! {
    /// A list of fancy records that is wanted.
    DnsFancyRecordQuery {
        /// Which ones.
        filter as "filter": DnsRecordFilter,
        /// In which order: by changeDate, type or name.
        order as "orderBy": OrderBy,
        /// Which part of the list.
        range as "range": Range,
    }
}

wire! {
    /// Records.
    DnsRecordList {
        /// How many there are on all pages.
        total as "total": i64,
        /// Those of this page.
        records as "records": Vec<WireRecord>,
    }
}

wire! {
    /// Fancy records.
    DnsFancyRecordList {
        /// How many there are on all pages.
        total as "total": i64,
        /// Those of this page.
        records as "records": Vec<DnsFancyRecord>,
    }
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
        write addRecord(record as "record": WireRecord) -> WireRecord = add_record;
        /// Changes a record.
        write updateRecord(record as "record": WireRecord) = update_record;
        /// Removes a record.
        write deleteRecord(id as "recordId": i64) = delete_record;
        /// A record.
        read getRecord(id as "recordId": i64) -> WireRecord = get_record;
        /// Records.
        read getRecords(query as "query": DnsRecordQuery) -> DnsRecordList = get_records;
        /// Adds an e-mail alias or a web redirection.
        write addFancyRecord(record as "record": DnsFancyRecord) -> DnsFancyRecord = add_fancy_record;
        /// Changes an e-mail alias or a web redirection.
        write updateFancyRecord(record as "record": DnsFancyRecord) = update_fancy_record;
        /// Removes an e-mail alias or a web redirection.
        write deleteFancyRecord(id as "recordId": i64) = delete_fancy_record;
        /// An e-mail alias or a web redirection.
        read getFancyRecord(id as "recordId": i64) -> DnsFancyRecord = get_fancy_record;
        /// E-mail aliases and web redirections.
        read getFancyRecords(query as "query": DnsFancyRecordQuery) -> DnsFancyRecordList = get_fancy_records;
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
    let account_id = owner_of_new(cx, given.customer, given.reseller).await?;
    let name = given.name.clone();
    let made = given.over(DnsZone { account_id, name, ..DnsZone::default() });
    Ok(record::create(cx.tx, cx.caller, cx.now, made).await?.into())
}

async fn update_zone(cx: &mut Cx<'_>, given: WireZone) -> Outcome<()> {
    let before = zone::by_name(cx.tx, cx.caller, &given.name).await?;
    let account_id = owner_after(cx, before.account_id, given.customer, given.reseller).await?;
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
    let orders = [("changeDate", "modified_at"), ("name", "name")];
    let (zones, total) = page::<DnsZone>(cx, &filters.query(&query.order, &query.range, &orders)).await?;
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

/// The zone that a record names: the caller's own ones only.
async fn zone_named(cx: &mut Cx<'_>, name: &str) -> Outcome<DnsZoneId> {
    Ok(zone::by_name(cx.tx, cx.caller, name).await?.id)
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

const ORDERS: &[(&str, &str)] = &[("changeDate", "modified_at"), ("type", "type"), ("name", "name")];

impl WireRecord {
    fn of(record: DnsRecord, zone: &str) -> WireRecord {
        WireRecord {
            id: record.id.0,
            zone: zone.to_owned(),
            name: record.name,
            rr_type: record.rr_type.to_string(),
            value: record.value,
            ttl: record.ttl,
            priority: Some(record.priority.unwrap_or(0)),
            owner: Some(record.owner_id.map_or(0, |id| id.0)),
            customer: record.account_id.0,
            reseller: record.reseller_id.0,
            change_date: when(record.modified_at),
        }
    }

    fn over(self, before: DnsRecord) -> Outcome<DnsRecord> {
        Ok(DnsRecord {
            name: self.name,
            rr_type: rr_type(&self.rr_type)?,
            value: self.value,
            ttl: self.ttl,
            priority: self.priority,
            owner_id: self.owner.map_or(before.owner_id, owner),
            ..before
        })
    }
}

async fn add_record(cx: &mut Cx<'_>, given: WireRecord) -> Outcome<WireRecord> {
    let zone_id = zone_named(cx, &given.zone).await?;
    let made = given.over(DnsRecord { zone_id, ..DnsRecord::default() })?;
    let made = record::create(cx.tx, cx.caller, cx.now, made).await?;
    shown_record(cx, made).await
}

async fn update_record(cx: &mut Cx<'_>, given: WireRecord) -> Outcome<()> {
    let before: DnsRecord = record::get(cx.tx, cx.caller, given.id).await?;
    record::update(cx.tx, cx.caller, cx.now, given.over(before)?).await?;
    Ok(())
}

async fn delete_record(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
    record::delete::<DnsRecord>(cx.tx, cx.caller, cx.now, id).await?;
    Ok(())
}

async fn get_record(cx: &mut Cx<'_>, id: i64) -> Outcome<WireRecord> {
    let found = record::get(cx.tx, cx.caller, id).await?;
    shown_record(cx, found).await
}

async fn shown_record(cx: &mut Cx<'_>, record: DnsRecord) -> Outcome<WireRecord> {
    let names = zone::names(cx.tx, &[record.zone_id]).await?;
    let zone = names.get(&record.zone_id).cloned().unwrap_or_default();
    Ok(WireRecord::of(record, &zone))
}

async fn get_records(cx: &mut Cx<'_>, query: DnsRecordQuery) -> Outcome<DnsRecordList> {
    let asked = filters(&query.filter).query(&query.order, &query.range, ORDERS);
    let (records, total) = page::<DnsRecord>(cx, &asked).await?;
    let zones: Vec<DnsZoneId> = records.iter().map(|record| record.zone_id).collect();
    let names = zone::names(cx.tx, &zones).await?;
    let shown = |record: DnsRecord| {
        let zone = names.get(&record.zone_id).map_or("", String::as_str);
        WireRecord::of(record, zone)
    };
    Ok(DnsRecordList { total, records: records.into_iter().map(shown).collect() })
}

impl DnsFancyRecord {
    fn of(record: FancyRecord, zone: &str) -> DnsFancyRecord {
        DnsFancyRecord {
            id: record.id.0,
            zone: zone.to_owned(),
            name: record.name,
            kind: record.kind.to_string(),
            value: record.value,
            ttl: record.ttl,
            priority: Some(record.priority.unwrap_or(0)),
            owner: Some(record.owner_id.map_or(0, |id| id.0)),
            customer: record.account_id.0,
            reseller: record.reseller_id.0,
            change_date: when(record.modified_at),
        }
    }

    fn over(self, before: FancyRecord) -> Outcome<FancyRecord> {
        Ok(FancyRecord {
            kind: fancy_kind(&self.kind)?,
            name: self.name,
            value: self.value,
            ttl: self.ttl,
            priority: self.priority,
            owner_id: self.owner.map_or(before.owner_id, owner),
            ..before
        })
    }
}

async fn add_fancy_record(cx: &mut Cx<'_>, given: DnsFancyRecord) -> Outcome<DnsFancyRecord> {
    let zone_id = zone_named(cx, &given.zone).await?;
    let made = given.over(FancyRecord { zone_id, ..FancyRecord::default() })?;
    let made = record::create(cx.tx, cx.caller, cx.now, made).await?;
    shown_fancy(cx, made).await
}

async fn update_fancy_record(cx: &mut Cx<'_>, given: DnsFancyRecord) -> Outcome<()> {
    let before: FancyRecord = record::get(cx.tx, cx.caller, given.id).await?;
    record::update(cx.tx, cx.caller, cx.now, given.over(before)?).await?;
    Ok(())
}

async fn delete_fancy_record(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
    record::delete::<FancyRecord>(cx.tx, cx.caller, cx.now, id).await?;
    Ok(())
}

async fn get_fancy_record(cx: &mut Cx<'_>, id: i64) -> Outcome<DnsFancyRecord> {
    let found = record::get(cx.tx, cx.caller, id).await?;
    shown_fancy(cx, found).await
}

async fn shown_fancy(cx: &mut Cx<'_>, record: FancyRecord) -> Outcome<DnsFancyRecord> {
    let names = zone::names(cx.tx, &[record.zone_id]).await?;
    let zone = names.get(&record.zone_id).cloned().unwrap_or_default();
    Ok(DnsFancyRecord::of(record, &zone))
}

async fn get_fancy_records(cx: &mut Cx<'_>, query: DnsFancyRecordQuery) -> Outcome<DnsFancyRecordList> {
    let asked = filters(&query.filter).query(&query.order, &query.range, ORDERS);
    let (records, total) = page::<FancyRecord>(cx, &asked).await?;
    let zones: Vec<DnsZoneId> = records.iter().map(|record| record.zone_id).collect();
    let names = zone::names(cx.tx, &zones).await?;
    let shown = |record: FancyRecord| {
        let zone = names.get(&record.zone_id).map_or("", String::as_str);
        DnsFancyRecord::of(record, zone)
    };
    Ok(DnsFancyRecordList { total, records: records.into_iter().map(shown).collect() })
}
