//! A registrar's location table, as Kamailio makes it.

use store::args;
use store::testing::{Engine, TestDb};

/// An empty location table in a database of its own, on the same engine as the other, and where a server finds it.
pub(crate) async fn registrar(beside: &TestDb) -> (TestDb, String) {
    let engine = if beside.url.is_empty() { Engine::Sqlite } else { Engine::Postgres };
    let test = TestDb::new(engine).await;
    let (pk, time) = match engine {
        Engine::Postgres => ("SERIAL PRIMARY KEY NOT NULL", "TIMESTAMP WITHOUT TIME ZONE"),
        Engine::Sqlite => ("INTEGER PRIMARY KEY NOT NULL", "TIMESTAMP"),
    };
    let sql = format!(
        "CREATE TABLE location (id {pk}, ruid VARCHAR(64) DEFAULT '' NOT NULL, username VARCHAR(64) DEFAULT '' NOT NULL, \
         domain VARCHAR(64) DEFAULT NULL, contact VARCHAR(512) DEFAULT '' NOT NULL, received VARCHAR(128) DEFAULT NULL, \
         path VARCHAR(512) DEFAULT NULL, expires {time} DEFAULT '2030-05-28 21:32:15' NOT NULL, q REAL DEFAULT 1.0 NOT NULL, \
         callid VARCHAR(255) DEFAULT 'Default-Call-ID' NOT NULL, cseq INTEGER DEFAULT 1 NOT NULL, \
         last_modified {time} DEFAULT '2000-01-01 00:00:01' NOT NULL, flags INTEGER DEFAULT 0 NOT NULL, \
         cflags INTEGER DEFAULT 0 NOT NULL, user_agent VARCHAR(255) DEFAULT '' NOT NULL, socket VARCHAR(64) DEFAULT NULL, \
         methods INTEGER DEFAULT NULL, instance VARCHAR(255) DEFAULT NULL, reg_id INTEGER DEFAULT 0 NOT NULL, \
         server_id INTEGER DEFAULT 0 NOT NULL, connection_id INTEGER DEFAULT 0 NOT NULL, \
         keepalive INTEGER DEFAULT 0 NOT NULL, partition INTEGER DEFAULT 0 NOT NULL, \
         CONSTRAINT location_ruid_idx UNIQUE (ruid))"
    );
    store::transaction!(test.db, store::Error, |tx| tx.batch(&sql).await).unwrap();
    let url = match engine {
        Engine::Postgres => test.url.clone(),
        Engine::Sqlite => test.folder().join("strowger.db").to_string_lossy().into_owned(),
    };
    (test, url)
}

/// A phone that has registered itself, for an hour.
pub(crate) async fn registers(registrar: &TestDb, ruid: &str, username: &str, domain: &str) {
    let expires = match registrar.db.is_postgres() {
        true => "(clock_timestamp() AT TIME ZONE 'UTC') + INTERVAL '1 hour'",
        false => "julianday('now') + 1.0 / 24",
    };
    let sql = format!(
        "INSERT INTO location (ruid, username, domain, contact, expires, user_agent) VALUES ($1, $2, $3, \
         'sip:a@192.0.2.9', {expires}, 'Telephone')"
    );
    store::transaction!(registrar.db, store::Error, |tx| tx.execute(&sql, args![ruid, username, domain]).await)
        .unwrap();
}
