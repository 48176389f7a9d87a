//! Brings a database's schema to the newest version, step by numbered step.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{Db, Error, Result, args};

/// One numbered step of the schema. Statements end with a semicolon at the end of a line.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Consecutive from 1.
    pub version: u32,
    /// What the step is about.
    pub name: &'static str,
    /// The statements, with the tokens `{pk}` and `{json}`.
    pub sql: &'static str,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, \
    checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";
const SQLITE_HAS_TABLE: &str = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'";
const POSTGRES_HAS_TABLE: &str = "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL";
const APPLIED: &str = "SELECT version, checksum FROM schema_migrations ORDER BY version";
const RECORD: &str = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";

/// Applies what is missing and returns the names of the steps applied. Several servers may call this at once.
///
/// # Errors
/// [`Error::Schema`] where the database is newer than the program or a step that was applied has changed since.
pub async fn migrate(db: &Db, migrations: &[Migration], now: i64) -> Result<Vec<&'static str>> {
    let mut attempt = 0;
    loop {
        match step(db, migrations, now).await {
            // Another server created the table or applied the step in this moment.
            Err(Error::Unique(_) | Error::Retry(_)) if attempt < 20 => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            other => return other,
        }
    }
}

/// What a schema lacks, without changing it.
///
/// # Errors
/// As [`migrate`].
pub async fn pending(db: &Db, migrations: &[Migration]) -> Result<Vec<&'static str>> {
    let mut reader = db.reader();
    let begun = if db.is_postgres() { POSTGRES_HAS_TABLE } else { SQLITE_HAS_TABLE };
    let applied = match reader.query_opt(begun, args![]).await? {
        Some(_) => applied(&mut reader, migrations).await?,
        None => 0,
    };
    Ok(migrations[applied..].iter().map(|m| m.name).collect())
}

async fn step(db: &Db, migrations: &[Migration], now: i64) -> Result<Vec<&'static str>> {
    let mut tx = db.begin().await?;
    tx.batch(TABLE).await?;
    if db.is_postgres() {
        tx.batch("LOCK TABLE schema_migrations IN EXCLUSIVE MODE").await?;
    }
    let done = applied(&mut tx, migrations).await?;
    let mut names = Vec::new();
    for migration in &migrations[done..] {
        tx.batch(migration.sql).await?;
        let version = i64::from(migration.version);
        tx.execute(RECORD, args![version, migration.name, checksum(migration.sql), now]).await?;
        names.push(migration.name);
    }
    tx.commit().await?;
    Ok(names)
}

async fn applied(tx: &mut crate::Tx, migrations: &[Migration]) -> Result<usize> {
    let rows = tx.query(APPLIED, args![]).await?;
    if rows.len() > migrations.len() {
        return Err(Error::Schema(format!(
            "the database is at version {}, this program knows only {}: use a newer program",
            rows.len(),
            migrations.len()
        )));
    }
    for (row, migration) in rows.iter().zip(migrations) {
        let (version, sum): (i64, String) = (row.at(0)?, row.at(1)?);
        if version != i64::from(migration.version) || sum != checksum(migration.sql) {
            return Err(Error::Schema(format!(
                "step {version} ({}) was applied with another text than this program has",
                migration.name
            )));
        }
    }
    Ok(rows.len())
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
