//! SQLite: one writer thread, a few reader threads, statements sent to them as closures.

use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, ToSql};
use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::{Error, Result, Row, Val};

type Work = Box<dyn FnOnce(&Connection) + Send>;
type Guard = OwnedMutexGuard<()>;

/// An open SQLite database.
#[derive(Clone)]
pub(crate) struct Sqlite {
    writer: mpsc::Sender<Work>,
    readers: mpsc::Sender<Work>,
    write_lock: Arc<tokio::sync::Mutex<()>>,
}

const READERS: usize = 2;
const STATEMENTS: usize = 256;
const BUSY: Duration = Duration::from_secs(10);

impl Sqlite {
    /// Opens the file, creating it if need be. `cache_mib` is shared out among the connections.
    pub(crate) fn open(path: &Path, cache_mib: u32) -> Result<Sqlite> {
        let cache_kib = cache_mib.max(1) * 1024 / (READERS as u32 + 1);
        let writer = spawn("sqlite-writer", vec![connect(path, cache_kib, true)?])?;
        let readers = (0..READERS).map(|_| connect(path, cache_kib, false)).collect::<Result<_>>()?;
        Ok(Sqlite { writer, readers: spawn("sqlite-reader", readers)?, write_lock: Arc::default() })
    }

    /// Waits for the one writer and begins a transaction there.
    pub(crate) async fn begin(&self) -> Result<SqliteTx> {
        let guard = self.write_lock.clone().lock_owned().await;
        // The value exists before BEGIN is sent: a caller that goes away in between still rolls back.
        let tx = SqliteTx { db: self.clone(), guard: Some(guard) };
        tx.run(|c| c.execute_batch("BEGIN IMMEDIATE").map_err(Error::from)).await?;
        Ok(tx)
    }

    /// Reads outside a transaction, on any reader.
    pub(crate) async fn read(&self, sql: String, args: Vec<Val>) -> Result<Vec<Row>> {
        call(&self.readers, move |c| query(c, &sql, &args)).await
    }

    /// Copies the database to a new file while others go on working.
    pub(crate) async fn backup(&self, to: &Path) -> Result<()> {
        let to = to.to_string_lossy().into_owned();
        call(&self.readers, move |c| Ok(c.execute("VACUUM INTO ?1", [to]).map(drop)?)).await
    }
}

/// A write transaction; dropped without a commit, it rolls back.
pub(crate) struct SqliteTx {
    db: Sqlite,
    guard: Option<Guard>,
}

impl SqliteTx {
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        call(&self.db.writer, work).await
    }

    pub(crate) async fn query(&self, sql: String, args: Vec<Val>) -> Result<Vec<Row>> {
        self.run(move |c| query(c, &sql, &args)).await
    }

    pub(crate) async fn execute(&self, sql: String, args: Vec<Val>) -> Result<u64> {
        self.run(move |c| Ok(c.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(&args))? as u64)).await
    }

    pub(crate) async fn batch(&self, sql: String) -> Result<()> {
        self.run(move |c| Ok(c.execute_batch(&sql)?)).await
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        self.run(|c| c.execute_batch("COMMIT").map_err(Error::from)).await?;
        self.guard = None;
        Ok(())
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            // The same queue, so it comes after whatever this transaction has sent; the next writer waits for it.
            let rollback = move |c: &Connection| {
                if !c.is_autocommit()
                    && let Err(error) = c.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "rollback failed");
                }
                drop(guard);
            };
            self.db.writer.send(Box::new(rollback)).ok();
        }
    }
}

fn connect(path: &Path, cache_kib: u32, write: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // rusqlite clears the bindings of a cached statement, which makes SQLite plan range queries anew on each use
    // unless the planner is told not to look at bound values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    if !write {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// Starts a thread for each connection; all of them take work from one queue.
fn spawn(name: &str, connections: Vec<Connection>) -> Result<mpsc::Sender<Work>> {
    let (sender, receiver) = mpsc::channel::<Work>();
    let receiver = Arc::new(Mutex::new(receiver));
    for connection in connections {
        let receiver = receiver.clone();
        let body = move || {
            loop {
                let Ok(queue) = receiver.lock() else { return };
                let Ok(work) = queue.recv() else { return };
                drop(queue);
                work(&connection);
            }
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| Error::Unavailable(format!("thread {name}: {error}")))?;
    }
    Ok(sender)
}

async fn call<T: Send + 'static>(
    queue: &mpsc::Sender<Work>,
    work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, wait) = oneshot::channel();
    let work: Work = Box::new(move |connection| {
        answer.send(work(connection)).ok();
    });
    queue.send(work).map_err(|_| Error::Unavailable("database thread ended".to_owned()))?;
    wait.await.map_err(|_| Error::Unavailable("database thread ended".to_owned()))?
}

fn query(connection: &Connection, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = columns(&statement);
    let mut rows = statement.query(rusqlite::params_from_iter(args))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns.len()).map(|i| Ok(value(row.get_ref(i)?))).collect::<Result<_>>()?;
        found.push(Row { columns: columns.clone(), values });
    }
    Ok(found)
}

fn columns(statement: &Statement<'_>) -> Arc<[String]> {
    statement.column_names().into_iter().map(str::to_owned).collect()
}

fn value(value: ValueRef<'_>) -> Val {
    match value {
        ValueRef::Null => Val::Null,
        ValueRef::Integer(n) => Val::Int(n),
        ValueRef::Real(f) => Val::Text(f.to_string()),
        ValueRef::Text(text) => Val::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Val::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Val::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Val::Int(n) => ToSqlOutput::Borrowed(ValueRef::Integer(*n)),
            Val::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Val::Bool(b) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*b))),
            Val::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Val::Json(json) => ToSqlOutput::Owned(rusqlite::types::Value::Text(json.to_string())),
        })
    }
}

/// Checks that a statement is one that SQLite understands on this schema.
pub(crate) async fn prepare(db: &Sqlite, sql: String) -> Result<()> {
    call(&db.readers, move |c| Ok(c.prepare(&sql).map(drop)?)).await
}
