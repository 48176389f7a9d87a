//! PostgreSQL: a pool of connections, statements prepared once per connection.

use std::error::Error as StdError;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, config::TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::chain;
use crate::value::{storable, storable_json};
use crate::{Error, Result, Row, Val};

const WAIT: Duration = Duration::from_secs(10);

/// A pool of connections to a PostgreSQL server or to whichever of several is the writer.
#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Reads the URL (several hosts allowed; the one that takes writes is used). Nothing is connected yet. The server
    /// ends a statement that takes longer than `patience`, also when nobody waits for it any more.
    pub(crate) fn open(url: &str, size: usize, patience: Duration) -> Result<Postgres> {
        // The parser's own message may quote the URL and with it the password.
        let mut config = Config::from_str(url)
            .map_err(|_| Error::Unavailable("database URL: not a valid postgres:// URL".to_owned()))?;
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("strowger");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config.keepalives_idle(Duration::from_secs(30));
        let manager = Manager::from_config(config, tls(), ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let set = format!(
            "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = '60s'",
            patience.as_millis().max(1)
        );
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .post_create(Hook::async_fn(move |client, _| {
                let set = set.clone();
                Box::pin(async move { client.batch_execute(&set).await.map_err(deadpool_postgres::HookError::Backend) })
            }))
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Postgres { pool })
    }

    async fn client(&self) -> Result<Object> {
        self.pool.get().await.map_err(|error| Error::Unavailable(chain(&error)))
    }

    pub(crate) async fn begin(&self) -> Result<PostgresTx> {
        self.transaction("BEGIN").await
    }

    /// A transaction that sees the database as it was at its first statement.
    pub(crate) async fn snapshot(&self) -> Result<PostgresTx> {
        self.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    async fn transaction(&self, begin: &str) -> Result<PostgresTx> {
        let tx = PostgresTx { client: Some(self.client().await?) };
        tx.batch(begin.to_owned()).await?;
        Ok(tx)
    }

    pub(crate) async fn read(&self, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
        let mut attempt = 0;
        loop {
            let client = self.client().await?;
            match query(&client, sql, args).await {
                // A pooled connection may have died with the server it led to: one more try on a fresh one.
                Err(Error::Retry(reason)) if attempt < 3 => {
                    tracing::debug!(reason, "read retried");
                    attempt += 1;
                    drop(Object::take(client));
                }
                other => return other,
            }
        }
    }

    /// Checks that a statement is one that PostgreSQL understands on this schema.
    pub(crate) async fn prepare(&self, sql: &str) -> Result<()> {
        Ok(self.client().await?.prepare(sql).await.map(drop)?)
    }
}

fn tls() -> MakeRustlsConnect {
    let mut roots = rustls::RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

/// A transaction; dropped without a commit, its connection is closed, which rolls it back.
pub(crate) struct PostgresTx {
    client: Option<Object>,
}

impl PostgresTx {
    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(|| Error::Engine("transaction has ended".to_owned()))
    }

    pub(crate) async fn query(&self, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
        query(self.client()?, sql, args).await
    }

    pub(crate) async fn execute(&self, sql: &str, args: &[Val]) -> Result<u64> {
        let client = self.client()?;
        let statement = prepared(client, sql).await?;
        Ok(client.execute_raw(&statement, args).await?)
    }

    pub(crate) async fn batch(&self, sql: String) -> Result<()> {
        Ok(self.client()?.batch_execute(&sql).await?)
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let result = self.client()?.batch_execute("COMMIT").await;
        match result {
            Ok(()) => {
                // Back to the pool, whole.
                drop(self.client.take());
                Ok(())
            }
            Err(error) if error.as_db_error().is_none() => {
                Err(Error::Unavailable(format!("connection lost during commit: {}", chain(&error))))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Rolls back and gives the connection back to the pool.
    pub(crate) async fn rollback(mut self) {
        if let Some(client) = &self.client
            && client.batch_execute("ROLLBACK").await.is_ok()
        {
            drop(self.client.take());
        }
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

/// Most statements that a connection keeps prepared; then it begins anew.
const MOST_PREPARED: usize = 1_000;

/// The statement, prepared once. Statements that are put together at run time are many, so what is kept is bounded.
async fn prepared(client: &Object, sql: &str) -> Result<tokio_postgres::Statement> {
    if client.statement_cache.size() >= MOST_PREPARED {
        client.statement_cache.clear();
    }
    Ok(client.prepare_cached(sql).await?)
}

async fn query(client: &Object, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
    let statement = prepared(client, sql).await?;
    let columns: Arc<[String]> = statement.columns().iter().map(|c| c.name().to_owned()).collect();
    let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|a| a as &(dyn ToSql + Sync)).collect();
    let rows = client.query(&statement, &params).await?;
    rows.iter()
        .map(|row| {
            let values = (0..columns.len()).map(|i| value(row, i)).collect::<Result<_>>()?;
            Ok(Row { columns: columns.clone(), values })
        })
        .collect()
}

fn value(row: &tokio_postgres::Row, index: usize) -> Result<Val> {
    fn or_null<T, V: Into<Val>>(value: Option<T>, into: impl Fn(T) -> V) -> Val {
        value.map_or(Val::Null, |v| into(v).into())
    }
    let kind = row.columns()[index].type_();
    Ok(match *kind {
        Type::INT8 => or_null(row.try_get::<_, Option<i64>>(index)?, |v| v),
        Type::INT4 => or_null(row.try_get::<_, Option<i32>>(index)?, |v| v),
        Type::INT2 => or_null(row.try_get::<_, Option<i16>>(index)?, i32::from),
        Type::BOOL => or_null(row.try_get::<_, Option<bool>>(index)?, |v| v),
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR => {
            or_null(row.try_get::<_, Option<String>>(index)?, |v| v)
        }
        Type::BYTEA => or_null(row.try_get::<_, Option<Vec<u8>>>(index)?, |v| v),
        Type::JSON | Type::JSONB => or_null(row.try_get::<_, Option<serde_json::Value>>(index)?, |v| v),
        _ => return Err(Error::Engine(format!("column type {kind} is not one the schema uses"))),
    })
}

impl ToSql for Val {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, kind) {
            (Val::Null, _) => Ok(IsNull::Yes),
            (Val::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(kind, out),
            (Val::Int(n), &Type::INT2) => i16::try_from(*n)?.to_sql(kind, out),
            (Val::Int(n), &Type::BOOL) => (*n != 0).to_sql(kind, out),
            (Val::Int(n), &Type::TEXT) => n.to_string().to_sql(kind, out),
            (Val::Int(n), _) => n.to_sql(kind, out),
            (Val::Text(text), &Type::JSON | &Type::JSONB) => {
                storable_json(&serde_json::from_str(text)?).to_sql(kind, out)
            }
            (Val::Text(text), _) => storable(text).to_sql(kind, out),
            (Val::Bool(b), &Type::INT8) => i64::from(*b).to_sql(kind, out),
            (Val::Bool(b), _) => b.to_sql(kind, out),
            (Val::Bytes(bytes), _) => bytes.to_sql(kind, out),
            (Val::Json(json), _) => storable_json(json).to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::TEXT
                | Type::VARCHAR
                | Type::BYTEA
                | Type::JSON
                | Type::JSONB
        )
    }

    to_sql_checked!();
}
