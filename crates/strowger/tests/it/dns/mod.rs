//! Name servers: PowerDNS over the database, and BIND, Knot and PowerDNS as secondaries, as `docs/dns.md` sets them up.

mod command;
mod daemon;
mod secondaries;
mod views;

use registry::dns::{DnsRecord, DnsZone, RrType};
use registry::enum_::{EnumNumber, EnumRange, Mapping, number};
use registry::id::AccountId;
use registry::{Caller, record, transaction};
use store::Db;

use crate::site::Site;

const NOW: i64 = 1_780_000_000_000_000;

/// The registry of an installation, as another server on the same database has it.
struct Registry {
    db: Db,
    caller: Caller,
}

impl Registry {
    fn of(site: &Site) -> Registry {
        let db = if site.is_postgres() {
            Db::postgres(site.database_url(), 4)
        } else {
            Db::sqlite(&site.data("strowger.db"), 4)
        };
        Registry { db: db.unwrap(), caller: Caller::system("test") }
    }

    async fn zone(&self, name: &str) -> DnsZone {
        let new = DnsZone { account_id: AccountId::OPERATOR, name: name.to_owned(), ..DnsZone::default() };
        transaction!(self.db, |tx| record::create(tx, &self.caller, NOW, new.clone()).await).unwrap()
    }

    async fn remove_zone(&self, zone: &DnsZone) {
        transaction!(self.db, |tx| record::delete::<DnsZone>(tx, &self.caller, NOW, zone.id.0).await).unwrap();
    }

    async fn record(&self, zone: &DnsZone, name: &str, rr_type: RrType, value: &str) -> DnsRecord {
        self.records(zone, [(name.to_owned(), rr_type, value.to_owned())]).await.remove(0)
    }

    async fn records(&self, zone: &DnsZone, all: impl IntoIterator<Item = (String, RrType, String)>) -> Vec<DnsRecord> {
        let all: Vec<_> = all.into_iter().collect();
        transaction!(self.db, |tx| {
            let mut made = Vec::new();
            for (name, rr_type, value) in &all {
                let (name, value, rr_type) = (name.clone(), value.clone(), *rr_type);
                let new = DnsRecord { zone_id: zone.id, name, rr_type, value, ..DnsRecord::default() };
                made.push(record::create(tx, &self.caller, NOW, new).await?);
            }
            Ok(made)
        })
        .unwrap()
    }

    async fn change(&self, record: &DnsRecord, value: &str) {
        let changed = DnsRecord { value: value.to_owned(), ..record.clone() };
        transaction!(self.db, |tx| record::update(tx, &self.caller, NOW, changed.clone()).await).unwrap();
    }

    /// A range with its zone, and a number in it that is mapped to a SIP URI.
    async fn enum_number(&self, prefix: &str, digits: &str, uri: &str) {
        let range = EnumRange { prefix: prefix.to_owned(), tld: "e164.arpa".to_owned(), ..EnumRange::default() };
        let number = EnumNumber { number: digits.to_owned(), tld: "e164.arpa".to_owned(), ..EnumNumber::default() };
        let mapping = Mapping { service: "sip".to_owned(), mapto: uri.to_owned(), ..Mapping::default() };
        transaction!(self.db, |tx| {
            record::create(tx, &self.caller, NOW, range.clone()).await?;
            number::create(tx, &self.caller, NOW, number.clone(), vec![mapping.clone()]).await
        })
        .unwrap();
    }
}

/// What the user guide shows under a title: the block that begins with that line, without it.
fn shown(title: &str) -> String {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dns.md")).unwrap();
    let block = guide.split("```").find(|block| block.lines().nth(1) == Some(title));
    let lines = block.unwrap_or_else(|| panic!("docs/dns.md has no block {title}")).lines().skip(2);
    lines.map(|line| format!("{line}\n")).collect()
}
