//! Throw-away databases on both engines, for tests and benchmarks.

use crate::{Db, Result};

/// Where the tests' private PostgreSQL listens: a URL without a database name, set by the test command.
pub const POSTGRES: &str = "STROWGER_TEST_POSTGRES";

/// Which engine a throw-away database is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a folder of its own.
    Sqlite,
    /// A database of its own on the test command's server.
    Postgres,
}

/// An empty database that goes away with this value.
#[derive(Debug)]
pub struct TestDb {
    /// The open database.
    pub db: Db,
    /// What a server needs as `STROWGER_DATABASE_URL`: empty for SQLite in [`TestDb::folder`].
    pub url: String,
    folder: tempfile::TempDir,
    drop_url: Option<(String, String)>,
}

impl TestDb {
    /// Makes an empty database.
    ///
    /// # Panics
    /// Where the test command has not started PostgreSQL or the database can't be made.
    pub async fn new(engine: Engine) -> TestDb {
        let folder = tempfile::tempdir().expect("a temporary folder");
        match engine {
            Engine::Sqlite => {
                let db = Db::sqlite(&folder.path().join("strowger.db"), 16).expect("a SQLite file");
                TestDb { db, url: String::new(), folder, drop_url: None }
            }
            Engine::Postgres => {
                let server = std::env::var(POSTGRES)
                    .unwrap_or_else(|_| panic!("{POSTGRES} is not set: run the tests with `make test`"));
                let name = format!("t_{:016x}", rand::random::<u64>());
                administer(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"))
                    .await
                    .expect("a PostgreSQL database");
                let url = format!("{server}/{name}");
                let db = Db::postgres(&url, 8).expect("a PostgreSQL pool");
                TestDb { db, url, folder, drop_url: Some((server, name)) }
            }
        }
    }

    /// The folder that holds the SQLite file, and is empty for PostgreSQL.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some((server, name)) = self.drop_url.take() {
            let drop = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                if let Ok(runtime) = runtime {
                    runtime.block_on(administer(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).ok();
                }
            };
            std::thread::spawn(drop).join().ok();
        }
    }
}

async fn administer(server: &str, sql: &str) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(&format!("{server}/postgres"), tokio_postgres::NoTls).await?;
    let task = tokio::spawn(connection);
    let result = client.batch_execute(sql).await;
    drop(client);
    task.abort();
    Ok(result?)
}

/// Makes of `async fn name(db: TestDb) { … }` one test on each engine: `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: TestDb) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($db: $crate::testing::TestDb) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::testing::TestDb::new($crate::testing::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($crate::testing::TestDb::new($crate::testing::Engine::Postgres).await).await;
            }
        }
    )*};
}
