//! Mappings of ENUM numbers to URIs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{Row, Tx, args};

use super::naptr::{Naptr, Service};
use super::number::EnumNumber;
use crate::dns::{TTL, root};
use crate::id::EnumMappingId;
use crate::statement::statements;
use crate::{Error, Result, listing};

/// The priority of a mapping where nothing else is said.
pub const PRIORITY: i64 = 5;

/// Most mappings of a number.
pub const MOST: usize = 50;

/// A URI that a number is mapped to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// The id, which it keeps; 0: it is new.
    pub id: EnumMappingId,
    /// The name of its service; see [`super::naptr::SERVICES`].
    #[serde(rename = "type")]
    pub service: String,
    /// The URI; given, it may lack its scheme.
    pub mapto: String,
    /// The preference of its record, the lowest first; 0 stands for the default.
    pub priority: i64,
    /// For how long its record may be kept, in seconds; 0 stands for the default.
    pub ttl: i64,
}

impl Default for Mapping {
    fn default() -> Mapping {
        Mapping { id: EnumMappingId(0), service: "sip".to_owned(), mapto: String::new(), priority: PRIORITY, ttl: TTL }
    }
}

statements! {
    INSERT = "INSERT INTO enum_mappings (number_id, range_id, service, mapto, mapto_key, target_key, priority, ttl, \
        dns_name, rdata) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id";
    UPDATE = "UPDATE enum_mappings SET service = $1, mapto = $2, mapto_key = $3, target_key = $4, priority = $5, ttl = $6, \
        rdata = $7 WHERE id = $8";
    DELETE = "DELETE FROM enum_mappings WHERE id = $1";
    CLEAR = "DELETE FROM enum_mappings WHERE number_id = $1";
}

/// Statements for several numbers at a time.
const OF_NUMBERS: &str =
    "SELECT id, number_id, service, mapto, priority, ttl FROM enum_mappings WHERE number_id IN ({ids}) ORDER BY id";

fn mapping(row: &Row) -> Result<Mapping> {
    Ok(Mapping {
        id: row.get("id")?,
        service: row.get("service")?,
        mapto: row.get("mapto")?,
        priority: row.get("priority")?,
        ttl: row.get("ttl")?,
    })
}

/// The mappings of those numbers, by the number's id.
pub(crate) async fn load(tx: &mut Tx, numbers: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    let mut found: BTreeMap<i64, Vec<Mapping>> = BTreeMap::new();
    let mut rows: Vec<(i64, Mapping)> = Vec::new();
    for row in listing::for_ids(tx, OF_NUMBERS, numbers).await? {
        rows.push((row.get("number_id")?, mapping(&row)?));
    }
    for (number, mapping) in rows {
        found.entry(number).or_default().push(mapping);
    }
    Ok(found)
}

impl Mapping {
    /// Brings it into the form that is stored, and makes its record.
    fn settle(&mut self, number: &EnumNumber) -> Result<Naptr> {
        let service = Service::named(&self.service)?;
        service.name.clone_into(&mut self.service);
        self.mapto = service.uri(&self.mapto, number.number.ends_with('*'))?;
        self.ttl = root::seconds("ttl", self.ttl, TTL)?;
        if self.priority == 0 {
            self.priority = PRIORITY;
        }
        Naptr::of(&number.number, &number.tld, service, &self.mapto, self.priority)
    }

    /// What it is found by: the URI, and the URI without its scheme.
    fn keys(&self) -> (String, String) {
        let uri = self.mapto.to_lowercase();
        let target = uri.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches('/').to_owned();
        (uri, target)
    }
}

/// Puts mappings in the place of those that a number has. Those with an id of the number's keep it, all others are new.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::Taken`] where two are the same.
pub(crate) async fn replace(
    tx: &mut Tx,
    number: &EnumNumber,
    before: &[Mapping],
    mut wanted: Vec<Mapping>,
) -> Result<Vec<Mapping>> {
    if wanted.len() > MOST {
        return Err(Error::invalid("mappings", format!("a number has at most {MOST} mappings")));
    }
    let mut left: Vec<EnumMappingId> = before.iter().map(|mapping| mapping.id).collect();
    let mut records = Vec::with_capacity(wanted.len());
    for at in 0..wanted.len() {
        records.push(wanted[at].settle(number)?);
        let (earlier, this) = (&wanted[..at], &wanted[at]);
        if earlier.iter().any(|other| (&other.service, &other.mapto) == (&this.service, &this.mapto)) {
            return Err(Error::taken("mapping", "mapto", format!("{} {}", this.service, this.mapto)));
        }
        match left.iter().position(|id| *id == this.id) {
            Some(place) => drop(left.remove(place)),
            None => wanted[at].id = EnumMappingId(0),
        }
    }
    for id in left {
        tx.execute(DELETE, args![id]).await?;
    }
    for (mapping, record) in wanted.iter_mut().zip(&records) {
        let (uri, target) = mapping.keys();
        let (m, rdata) = (&*mapping, record.rdata());
        if m.id == EnumMappingId(0) {
            let values = args![
                number.id,
                number.range_id,
                &m.service,
                &m.mapto,
                uri,
                target,
                m.priority,
                m.ttl,
                &record.owner,
                rdata
            ];
            mapping.id = tx.query_one(INSERT, values).await?.at(0)?;
        } else if !before.contains(m) {
            tx.execute(UPDATE, args![&m.service, &m.mapto, uri, target, m.priority, m.ttl, rdata, m.id]).await?;
        }
    }
    Ok(wanted)
}

/// Removes the mappings of a number.
pub(crate) async fn clear(tx: &mut Tx, number: &EnumNumber) -> Result<()> {
    tx.execute(CLEAR, args![number.id]).await?;
    Ok(())
}
