//! What name servers are given: the zones by their names and the records of each, read page by page.
//!
//! A zone is an ENUM range or a DNS zone; its records are those of DNS, the NAPTR records of ENUM mappings, and what the
//! hosts of fancy records get. The same stands in the views `domains` and `records`. Pages are read one after the other:
//! whoever needs a whole zone as it was at one moment reads its serial number before and after, and again where it has
//! changed.

use store::{Row, Tx, args};

use super::root::Kind;
use crate::Result;
use crate::statement::statements;

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id for name servers.
    pub id: i64,
    /// Its name, in lower case and without a dot at the end.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its serial number.
    pub serial: i64,
    zone_id: i64,
}

/// A resource record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRecord {
    /// Its owner's name, in lower case and without a dot at the end.
    pub name: String,
    /// The name of its type.
    pub rr_type: String,
    /// Seconds.
    pub ttl: i64,
    /// Its data as a zone file has it; names end with a dot. LOC is read by [`super::loc::Loc`].
    pub rdata: String,
}

/// Where a page of records ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    part: Part,
    after: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// SOA and NS.
    #[default]
    Head,
    /// What is in the zone.
    Body,
    /// What the hosts of fancy records get.
    Fancy,
}

/// Hosts of fancy records on a page for each record that there may be; each has a few.
const FANCY_SHARE: i64 = 16;

macro_rules! zones {
    ($condition:literal) => {
        concat!(
            "SELECT n.id, n.name, n.kind, n.zone_id, COALESCE(z.serial, r.serial) AS serial FROM served_zones n \
             LEFT JOIN dns_zones z ON z.id = n.zone_id AND n.kind = 'dns' \
             LEFT JOIN enum_ranges r ON r.id = n.zone_id AND n.kind = 'enum' WHERE ",
            $condition
        )
    };
}

statements! {
    ZONES = zones!("n.name > $1 ORDER BY n.name LIMIT $2");
    ZONE = zones!("n.name = $1");
    HEAD = "SELECT id, name, type, ttl, content, prio FROM records WHERE name = $1 AND type IN ('SOA', 'NS') \
        AND domain_id = $2 ORDER BY CASE type WHEN 'SOA' THEN 0 ELSE 1 END, id";
    RECORDS = "SELECT id, name, rr_type AS type, ttl, rdata AS content, priority AS prio FROM dns_records \
        WHERE zone_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    MAPPINGS = "SELECT id, dns_name AS name, 'NAPTR' AS type, ttl, rdata AS content, 0 AS prio FROM enum_mappings \
        WHERE range_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    FANCY = "SELECT f.id, f.dns_name AS name, t.rr_type AS type, f.ttl, t.rdata AS content, t.priority AS prio FROM \
        (SELECT id, dns_name, kind, ttl, zone_id FROM dns_fancy_records WHERE zone_id = $1 AND id > $2 ORDER BY id LIMIT $3) f \
        LEFT JOIN dns_fancy_targets t ON t.kind = f.kind \
        AND NOT EXISTS (SELECT 1 FROM dns_fancy_records e WHERE e.dns_name = f.dns_name AND e.kind = f.kind \
            AND e.id < f.id AND e.zone_id = f.zone_id) \
        AND NOT EXISTS (SELECT 1 FROM dns_records o WHERE o.name = f.dns_name AND o.rr_type IN (t.rr_type, 'CNAME') \
            AND o.zone_id = f.zone_id) ORDER BY f.id, t.position";
}

fn zone_of(row: &Row) -> Result<Zone> {
    Ok(Zone {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        zone_id: row.get("zone_id")?,
        serial: row.get("serial")?,
    })
}

/// The zones whose names come after that one, in the order of their names, at most so many.
///
/// # Errors
/// Only those of the database.
pub async fn zones(tx: &mut Tx, after: &str, most: i64) -> Result<Vec<Zone>> {
    tx.query(ZONES, args![after, most]).await?.iter().map(zone_of).collect()
}

/// The zone of that name.
///
/// # Errors
/// Only those of the database.
pub async fn zone(tx: &mut Tx, name: &str) -> Result<Option<Zone>> {
    tx.query_opt(ZONE, args![name]).await?.as_ref().map(zone_of).transpose()
}

/// The SOA record and then the NS records of a zone itself; nothing where there is no such zone any more.
///
/// # Errors
/// Only those of the database.
pub async fn head(tx: &mut Tx, zone: &Zone) -> Result<Vec<ResourceRecord>> {
    tx.query(HEAD, args![&zone.name, zone.id]).await?.iter().map(resource_record).collect()
}

/// The records of a zone from a cursor on, the SOA record first of all, about so many; with the cursor of the next page,
/// where there is one.
///
/// # Errors
/// Only those of the database.
pub async fn records(
    tx: &mut Tx,
    zone: &Zone,
    from: Cursor,
    most: i64,
) -> Result<(Vec<ResourceRecord>, Option<Cursor>)> {
    let (sql, limit) = match (from.part, zone.kind) {
        (Part::Head, _) => return Ok((head(tx, zone).await?, Some(Cursor { part: Part::Body, after: 0 }))),
        (Part::Body, Kind::Dns) => (RECORDS, most),
        (Part::Body, Kind::Enum) => (MAPPINGS, most),
        (Part::Fancy, _) => (FANCY, (most / FANCY_SHARE).max(1)),
    };
    let rows = tx.query(sql, args![zone.zone_id, from.after, limit]).await?;
    let next = match (rows.last(), from.part, zone.kind) {
        (Some(last), part, _) => Some(Cursor { part, after: last.get("id")? }),
        (None, Part::Body, Kind::Dns) => Some(Cursor { part: Part::Fancy, after: 0 }),
        (None, ..) => None,
    };
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        // A host of fancy records that gets nothing has no type.
        if row.get::<Option<String>>("type")?.is_none() {
            continue;
        }
        let record = resource_record(row)?;
        // Those of the zone itself have come first.
        if record.rr_type != "NS" || record.name != zone.name {
            records.push(record);
        }
    }
    Ok((records, next))
}

fn resource_record(row: &Row) -> Result<ResourceRecord> {
    let (rr_type, content): (String, String) = (row.get("type")?, row.get("content")?);
    let rdata = match rr_type.as_str() {
        "MX" | "SRV" => format!("{} {content}", row.get::<Option<i64>>("prio")?.unwrap_or(0)),
        _ => content,
    };
    Ok(ResourceRecord { name: row.get("name")?, rr_type, ttl: row.get("ttl")?, rdata })
}
