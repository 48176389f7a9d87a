//! SQLite: one writer, a few readers.
//!
//! A short statement runs where it is asked for, as waking another thread would cost more than the statement itself. What
//! may take long runs on the database's own threads: waiting for another process's lock, the commit that waits for the
//! disk, and reads that turn out to be long.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, ToSql};
use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::value::{storable, storable_json};
use crate::{Error, Result, Row, Val};

type Work<C> = Box<dyn FnOnce(&C) + Send>;
type Guard = OwnedMutexGuard<()>;

/// An open SQLite database.
#[derive(Clone)]
pub(crate) struct Sqlite {
    /// The connection that writes. Whoever holds `write_lock` has it for the length of a transaction.
    writer: Arc<Mutex<Connection>>,
    write_lock: Arc<tokio::sync::Mutex<()>>,
    write_thread: mpsc::Sender<Work<Mutex<Connection>>>,
    quick_readers: Arc<[QuickReader]>,
    read_threads: mpsc::Sender<Work<Connection>>,
    path: Arc<PathBuf>,
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// Ours: it is made where it is missing, and set up as we want it.
    Own,
    /// Another program's: what lasts in the file is for that one to decide.
    Foreign,
}

/// Readers for short statements, and threads for long ones.
const READERS: usize = 2;
const STATEMENTS: usize = 256;
/// Cache of a snapshot's connection, which reads everything once.
const SNAPSHOT_CACHE_KIB: u32 = 256;
const BUSY: Duration = Duration::from_secs(10);
/// A read that takes longer is begun again on a thread of its own.
const QUICK: Duration = Duration::from_millis(2);
/// After so many steps of SQLite's machine a read looks at the time.
const STEPS: i32 = 1_000;

impl Sqlite {
    /// Opens the file, creating it if need be where it is our own. `cache_mib` is shared out among the connections.
    pub(crate) fn open(path: &Path, cache_mib: u32, file: File) -> Result<Sqlite> {
        let cache_kib = cache_mib.max(1) * 1024 / (2 * READERS as u32 + 1);
        let connect = |write| connect(path, cache_kib, file, write);
        let writer = Arc::new(Mutex::new(connect(true)?));
        let (write_thread, queue) = mpsc::channel();
        spawn("sqlite-writer", queue, vec![writer.clone()])?;
        let quick = (0..READERS).map(|_| QuickReader::new(connect(false)?));
        let quick_readers = quick.collect::<Result<_>>()?;
        let (read_threads, queue) = mpsc::channel();
        let readers = (0..READERS).map(|_| connect(false)).collect::<Result<_>>()?;
        spawn("sqlite-reader", queue, readers)?;
        let path = Arc::new(path.to_owned());
        Ok(Sqlite { writer, write_lock: Arc::default(), write_thread, quick_readers, read_threads, path })
    }

    /// Waits for the one writer and begins a transaction there.
    pub(crate) async fn begin(&self) -> Result<SqliteTx> {
        let guard = self.write_lock.clone().lock_owned().await;
        // The value exists before BEGIN is sent: a caller that goes away in between still rolls back.
        let tx = SqliteTx { db: self.clone(), guard: Some(guard) };
        tx.slow(|c| c.execute_batch("BEGIN IMMEDIATE").map_err(Error::from)).await?;
        Ok(tx)
    }

    /// Reads outside a transaction, on any reader.
    pub(crate) async fn read(&self, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
        for reader in self.quick_readers.iter() {
            if let Some(result) = reader.try_read(sql, args) {
                match result {
                    Err(Interrupted::Long) => break,
                    Err(Interrupted::Failed(error)) => return Err(error),
                    Ok(rows) => return Ok(rows),
                }
            }
        }
        let (sql, args) = (sql.to_owned(), args.to_vec());
        self.slow_read(move |c| Ok(query(c, &sql, &args)?)).await
    }

    /// A connection of its own that sees the database as it is now.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        let path = self.path.clone();
        let connection = blocking(move || {
            let connection = connect(&path, SNAPSHOT_CACHE_KIB, File::Foreign, false)?;
            // The moment is that of the first read.
            connection.execute_batch("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")?;
            Ok(connection)
        })
        .await?;
        Ok(Snapshot(Arc::new(Mutex::new(connection))))
    }

    /// Copies the database to a new file while others go on working.
    pub(crate) async fn backup(&self, to: &Path) -> Result<()> {
        let to = to.to_string_lossy().into_owned();
        self.slow_read(move |c| {
            // It writes another file, which a connection that may only query would refuse.
            c.pragma_update(None, "query_only", false)?;
            let copied = c.execute("VACUUM INTO ?1", [to]);
            c.pragma_update(None, "query_only", true)?;
            Ok(copied.map(drop)?)
        })
        .await
    }

    /// Checks that a statement is one that SQLite understands on this schema.
    pub(crate) async fn prepare(&self, sql: String) -> Result<()> {
        self.slow_read(move |c| Ok(c.prepare(&sql).map(drop)?)).await
    }

    async fn slow_read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        call(&self.read_threads, work).await
    }
}

/// A connection for reads that are over soon.
struct QuickReader {
    connection: Mutex<Connection>,
    /// Until when a read may go on, in microseconds after `epoch`.
    until: Arc<AtomicU64>,
    epoch: Instant,
}

/// Why a quick read brought no rows.
enum Interrupted {
    Long,
    Failed(Error),
}

impl QuickReader {
    fn new(mut connection: Connection) -> Result<QuickReader> {
        let (epoch, until) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let limit = until.clone();
        connection.progress_handler(STEPS, Some(move || micros(epoch.elapsed()) > limit.load(Ordering::Relaxed)))?;
        Ok(QuickReader { connection: Mutex::new(connection), until, epoch })
    }

    /// `None` where another read is going on here.
    fn try_read(&self, sql: &str, args: &[Val]) -> Option<std::result::Result<Vec<Row>, Interrupted>> {
        let connection = self.connection.try_lock().ok()?;
        self.until.store(micros(self.epoch.elapsed() + QUICK), Ordering::Relaxed);
        Some(query(&connection, sql, args).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => Interrupted::Long,
            _ => Interrupted::Failed(error.into()),
        }))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A write transaction; dropped without a commit, it rolls back.
pub(crate) struct SqliteTx {
    db: Sqlite,
    guard: Option<Guard>,
}

impl SqliteTx {
    /// Runs work on the writer's own thread.
    async fn slow<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        call(&self.db.write_thread, move |connection: &Mutex<Connection>| work(&lock(connection))).await
    }

    pub(crate) fn query(&self, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
        Ok(query(&lock(&self.db.writer), sql, args)?)
    }

    pub(crate) fn execute(&self, sql: &str, args: &[Val]) -> Result<u64> {
        Ok(execute(&lock(&self.db.writer), sql, args)?)
    }

    pub(crate) async fn execute_long(&self, sql: String, args: Vec<Val>) -> Result<u64> {
        self.slow(move |c| Ok(execute(c, &sql, &args)?)).await
    }

    pub(crate) async fn batch(&self, sql: String) -> Result<()> {
        self.slow(move |c| Ok(c.execute_batch(&sql)?)).await
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        self.slow(|c| c.execute_batch("COMMIT").map_err(Error::from)).await?;
        self.guard = None;
        Ok(())
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            // The same queue, so it comes after whatever this transaction has sent; the next writer waits for it.
            let rollback = move |connection: &Mutex<Connection>| {
                let c = lock(connection);
                if !c.is_autocommit()
                    && let Err(error) = c.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "rollback failed");
                }
                drop(guard);
            };
            self.db.write_thread.send(Box::new(rollback)).ok();
        }
    }
}

/// Reads of one moment; over when it is dropped.
pub(crate) struct Snapshot(Arc<Mutex<Connection>>);

impl Snapshot {
    pub(crate) async fn query(&self, sql: &str, args: &[Val]) -> Result<Vec<Row>> {
        let (connection, sql, args) = (self.0.clone(), sql.to_owned(), args.to_vec());
        blocking(move || Ok(query(&lock(&connection), &sql, &args)?)).await
    }
}

/// Waits for work on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| Err(Error::Unavailable(format!("database thread ended: {error}"))))
}

fn lock(connection: &Mutex<Connection>) -> std::sync::MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path, cache_kib: u32, file: File, write: bool) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, file == File::Own);
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // rusqlite clears the bindings of a cached statement, which makes SQLite plan range queries anew on each use
    // unless the planner is told not to look at bound values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if file == File::Own {
        connection.pragma_update(None, "journal_mode", "WAL")?;
    }
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
fn spawn<C: Send + 'static, H>(name: &str, queue: mpsc::Receiver<Work<C>>, connections: Vec<H>) -> Result<()>
where
    H: std::borrow::Borrow<C> + Send + 'static,
{
    let queue = Arc::new(Mutex::new(queue));
    for connection in connections {
        let queue = queue.clone();
        let body = move || {
            loop {
                let Ok(waiting) = queue.lock() else { return };
                let Ok(work) = waiting.recv() else { return };
                drop(waiting);
                work(connection.borrow());
            }
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| Error::Unavailable(format!("thread {name}: {error}")))?;
    }
    Ok(())
}

async fn call<C, T: Send + 'static>(
    queue: &mpsc::Sender<Work<C>>,
    work: impl FnOnce(&C) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, wait) = oneshot::channel();
    let work: Work<C> = Box::new(move |connection| {
        answer.send(work(connection)).ok();
    });
    queue.send(work).map_err(|_| Error::Unavailable("database thread ended".to_owned()))?;
    wait.await.map_err(|_| Error::Unavailable("database thread ended".to_owned()))?
}

fn execute(connection: &Connection, sql: &str, args: &[Val]) -> rusqlite::Result<u64> {
    Ok(connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(args))? as u64)
}

fn query(connection: &Connection, sql: &str, args: &[Val]) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = columns(&statement);
    let mut rows = statement.query(rusqlite::params_from_iter(args))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns.len()).map(|i| Ok(value(row.get_ref(i)?))).collect::<rusqlite::Result<_>>()?;
        found.push(Row { columns: columns.clone(), values });
    }
    Ok(found)
}

fn columns(statement: &Statement<'_>) -> Arc<[String]> {
    statement.column_names().map(str::to_owned).collect()
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
            Val::Text(text) => match storable(text) {
                Cow::Borrowed(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
                Cow::Owned(text) => ToSqlOutput::Owned(Value::Text(text)),
            },
            Val::Bool(b) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*b))),
            Val::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Val::Json(json) => ToSqlOutput::Owned(Value::Text(storable_json(json).to_string())),
        })
    }
}
