//! The registry's own statements, issued through the bare drivers with the same pragmas and the same durability.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::config::DbConfig;
use store::Val;
use tokio_postgres::types::ToSql;

/// The registry's statements by name, as the engine wants them.
pub(crate) fn statements(postgres: bool) -> HashMap<&'static str, String> {
    registry::statements().into_iter().map(|(name, sql)| (name, store::translate(sql, postgres).into_owned())).collect()
}

/// A bare SQLite connection with the server's pragmas.
pub(crate) fn sqlite(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("temp_store", "MEMORY")] {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -5461)?;
    Ok(connection)
}

/// Runs a statement and counts its rows, reading every column as the registry does.
pub(crate) fn query_sqlite(
    connection: &rusqlite::Connection,
    sql: &str,
    args: &[Val],
) -> rusqlite::Result<Vec<Vec<Val>>> {
    let mut statement = connection.prepare_cached(sql)?;
    let width = statement.column_count();
    if width == 0 {
        statement.execute(rusqlite::params_from_iter(args))?;
        return Ok(Vec::new());
    }
    let mut rows = statement.query(rusqlite::params_from_iter(args))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let read = |i| -> rusqlite::Result<Val> {
            Ok(match row.get_ref(i)? {
                rusqlite::types::ValueRef::Integer(n) => Val::Int(n),
                rusqlite::types::ValueRef::Text(text) => Val::Text(String::from_utf8_lossy(text).into_owned()),
                _ => Val::Null,
            })
        };
        found.push((0..width).map(read).collect::<Result<_, _>>()?);
    }
    Ok(found)
}

/// A bare PostgreSQL connection and its prepared statements.
pub(crate) struct Postgres {
    client: tokio_postgres::Client,
    prepared: HashMap<String, tokio_postgres::Statement>,
}

impl Postgres {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Postgres> {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(Postgres { client, prepared: HashMap::new() })
    }

    pub(crate) async fn batch(&self, sql: &str) -> anyhow::Result<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(crate) async fn query(&mut self, sql: &str, args: &[Val]) -> anyhow::Result<Vec<tokio_postgres::Row>> {
        if !self.prepared.contains_key(sql) {
            let statement = self.client.prepare(sql).await?;
            self.prepared.insert(sql.to_owned(), statement);
        }
        let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|a| a as &(dyn ToSql + Sync)).collect();
        Ok(self.client.query(&self.prepared[sql], &params).await?)
    }
}
