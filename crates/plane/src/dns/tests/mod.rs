//! The primary and the notifier over real sockets, with a client that reads what comes back as a secondary does.

mod client;
mod notices;
mod packing;
mod transfers;

use std::sync::Arc;

use domain::tsig::Key;
use registry::dns::{DnsRecord, DnsZone, RrType};
use registry::id::{AccountId, DnsZoneId};
use registry::login::Credentials;
use registry::{Caller, MIGRATIONS, record, transaction};
use store::Db;
use store::testing::TestDb;
use tokio::sync::watch;

use super::setting::{Keys, Settings, rules, secondaries};
use super::{Notifier, Primary};

const NOW: i64 = 1_780_000_000_000_000;
const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_SECRET: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

/// A registry with its first rows.
async fn started(test: &TestDb) {
    store::migrate(&test.db, MIGRATIONS, NOW).await.expect("a schema");
    let administrator = Credentials::new("administrator", "a password").expect("credentials");
    registry::bootstrap(&test.db, NOW, &administrator).await.expect("first rows");
}

fn caller() -> Caller {
    Caller::system("test")
}

async fn a_zone(db: &Db, name: &str) -> DnsZone {
    let new = DnsZone { account_id: AccountId::OPERATOR, name: name.to_owned(), ..DnsZone::default() };
    transaction!(db, |tx| record::create(tx, &caller(), NOW, new.clone()).await).expect("a zone")
}

async fn a_record(db: &Db, zone: DnsZoneId, name: &str, rr_type: RrType, value: &str) {
    records(db, zone, [(name.to_owned(), rr_type, value.to_owned())]).await;
}

async fn records(db: &Db, zone_id: DnsZoneId, all: impl IntoIterator<Item = (String, RrType, String)>) {
    let all: Vec<_> = all.into_iter().collect();
    transaction!(db, |tx| {
        for (name, rr_type, value) in &all {
            let (name, value, rr_type) = (name.clone(), value.clone(), *rr_type);
            let new = DnsRecord { zone_id, name, rr_type, value, ..DnsRecord::default() };
            record::create(tx, &caller(), NOW, new).await?;
        }
        Ok(())
    })
    .expect("records");
}

async fn remove_zone(db: &Db, id: DnsZoneId) {
    transaction!(db, |tx| record::delete::<DnsZone>(tx, &caller(), NOW, id.0).await).expect("removed");
}

fn settings(keys: &str, told: &str, allowed: &str) -> Settings {
    Settings {
        listen: Some("127.0.0.1:0".parse().expect("an address")),
        catalog: "catalog.strowger".to_owned(),
        keys: Keys::read(keys).expect("keys"),
        secondaries: secondaries(told).expect("secondaries"),
        rules: rules(allowed).expect("rules"),
        transfers: 2,
    }
}

fn key(text: &str) -> Arc<Key> {
    let keys = Keys::read(text).expect("a key");
    keys.store().values().next().expect("a key").clone()
}

/// A server that stops with this value.
struct Running {
    address: std::net::SocketAddr,
    _stop: watch::Sender<bool>,
}

async fn serve(db: &Db, settings: Settings) -> Running {
    settings.check().expect("settings");
    let primary = Primary::bind(db.clone(), Arc::new(settings)).await.expect("sockets").expect("a primary");
    let (address, (stop, stopped)) = (primary.address().expect("an address"), watch::channel(false));
    tokio::spawn(primary.run(stopped));
    Running { address, _stop: stop }
}

fn notify(db: &Db, settings: Settings) -> watch::Sender<bool> {
    let notifier = Notifier::new(db.clone(), Arc::new(settings)).expect("secondaries");
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(notifier.run(stopped));
    stop
}
