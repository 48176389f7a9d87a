//! An installation: a data folder, a database, a configuration, and the program to work with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use store::testing::{Engine, TestDb};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::api::Api;
use crate::patience::until;
use crate::server::Server;

/// The administrator's password.
pub(crate) const SECRET: &str = "a secret of the operator";

/// The configuration that tests begin with: nothing waits longer than a test wants to, and nothing is cut off on a busy
/// machine.
const QUICK: &str = "admin_listen = \"127.0.0.1:0\"\nsubscriber_listen = \"127.0.0.1:0\"\nngnpro_listen = \"127.0.0.1:0\"\n\
    [worker]\npoll = \"100ms\"\nlease = \"2s\"\n\
    [refill]\nretry_after = \"300ms\"\n\
    [realtime]\ndeadline = \"30s\"\n";

/// An installation; all of it goes away with this value.
#[derive(Debug)]
pub(crate) struct Site {
    database: TestDb,
    folder: tempfile::TempDir,
    servers: AtomicU32,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The words of a command line: a text that is split at spaces, or a list.
pub(crate) trait Words {
    fn words(&self) -> Vec<&str>;
}

impl Words for &str {
    fn words(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl Words for &String {
    fn words(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl<const N: usize> Words for [&str; N] {
    fn words(&self) -> Vec<&str> {
        self.to_vec()
    }
}

impl Words for Vec<&str> {
    fn words(&self) -> Vec<&str> {
        self.clone()
    }
}

impl Site {
    /// An installation whose first server has not been started yet; the data folder is not there.
    pub(crate) fn new(database: TestDb) -> Site {
        let site = Site { database, folder: tempfile::tempdir().unwrap(), servers: AtomicU32::new(0) };
        site.write("strowger.toml", QUICK);
        site
    }

    /// An installation that is ready for commands.
    pub(crate) async fn ready(database: TestDb) -> Site {
        let site = Site::new(database);
        site.ok("migrate").await;
        site
    }

    /// Another installation on the same engine that is ready for commands.
    pub(crate) async fn another(&self) -> Site {
        Site::ready(TestDb::new(self.engine()).await).await
    }

    pub(crate) fn engine(&self) -> Engine {
        if self.is_postgres() { Engine::Postgres } else { Engine::Sqlite }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        !self.database.url.is_empty()
    }

    /// What servers need as `STROWGER_DATABASE_URL`.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    /// A file or folder of this installation.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in its data folder.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.path("data").join(name)
    }

    /// Writes a file of this installation, and makes its folder if need be.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Adds tables to the configuration file.
    pub(crate) fn configure(&self, text: &str) {
        let before = std::fs::read_to_string(self.path("strowger.toml")).unwrap();
        self.write("strowger.toml", &format!("{before}{text}"));
    }

    /// Sets keys that stand before the first table of the configuration file.
    pub(crate) fn set(&self, text: &str) {
        let before = std::fs::read_to_string(self.path("strowger.toml")).unwrap();
        self.write("strowger.toml", &format!("{text}{before}"));
    }

    /// Writes the vendors' file.
    pub(crate) fn vendors(&self, text: &str) {
        self.write("data/numbervendors.conf", text);
    }

    /// The program with the environment of this installation and no other.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("STROWGER_CONFIG", self.path("strowger.toml"))
            .env("STROWGER_DATA_DIR", self.path("data"))
            .env("STROWGER_DATABASE_URL", self.database_url())
            .env("STROWGER_ADMIN_PASSWORD", SECRET)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts a server and waits until it listens.
    pub(crate) async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    /// Starts a server with more in its environment and waits until it listens.
    pub(crate) async fn serve_with(&self, environment: &[(&str, &str)]) -> Server {
        let mut server = self.spawn("serve", environment);
        server.url().await;
        server
    }

    /// Starts a server.
    pub(crate) fn spawn(&self, words: impl Words, environment: &[(&str, &str)]) -> Server {
        let log = self.path(&format!("server-{}.log", self.servers.fetch_add(1, Ordering::Relaxed)));
        let mut command = self.program();
        command
            .args(words.words())
            .envs(environment.iter().copied())
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap());
        Server::new(command.spawn().unwrap(), log)
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, words: impl Words) -> Said {
        finish(self.program().args(words.words())).await
    }

    /// Runs a command that reads `input`.
    pub(crate) async fn fed(&self, input: &str, words: impl Words) -> Said {
        let mut command = self.program();
        command.args(words.words()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        said(child.wait_with_output().await.unwrap())
    }

    /// Runs a command that succeeds, and returns its result.
    pub(crate) async fn ok(&self, words: impl Words) -> String {
        let said = self.run(words.words()).await;
        assert_eq!(said.code, Some(0), "{:?}: {said:#?}", words.words());
        said.stdout
    }

    /// Runs a command that fails, and returns what it says about that; it has no result.
    pub(crate) async fn fails(&self, words: impl Words) -> String {
        let said = self.run(words.words()).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{:?}: {said:#?}", words.words());
        said.stderr
    }

    /// Runs a command that succeeds and prints JSON.
    pub(crate) async fn json(&self, words: impl Words) -> Value {
        let mut words = words.words();
        words.push("--json");
        let said = finish(self.program().args(&words)).await;
        assert_eq!(said.code, Some(0), "{words:?}: {said:#?}");
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}: {said:#?}"))
    }

    /// Runs a command that succeeds and prints a JSON list.
    pub(crate) async fn list(&self, words: impl Words) -> Vec<Value> {
        match self.json(words).await {
            Value::Array(rows) => rows,
            other => panic!("not a list: {other}"),
        }
    }

    /// The numbers that are on the books, sorted.
    pub(crate) async fn digits(&self, filter: &str) -> Vec<String> {
        let rows = self.list(&format!("number list --limit 1000 {filter}")).await;
        let mut digits: Vec<String> = rows.iter().map(|row| text(row, "digits")).collect();
        digits.sort();
        digits
    }

    /// How many numbers of a pool may be sold now.
    pub(crate) async fn free(&self, pool: &str) -> i64 {
        self.json(&format!("pool show {pool}")).await["free"].as_i64().unwrap()
    }

    /// Waits until a pool has so many free numbers.
    pub(crate) async fn has_free(&self, pool: &str, count: i64) {
        until(&format!("pool {pool} has {count} free numbers"), async || {
            (self.free(pool).await == count).then_some(())
        })
        .await;
    }

    /// The orders, each as its state and how many numbers were ordered and delivered.
    pub(crate) async fn orders(&self) -> Vec<(String, i64, i64)> {
        let rows = self.list("order list --limit 1000").await;
        let count = |row: &Value, name: &str| row[name].as_i64().unwrap();
        rows.iter().map(|row| (text(row, "state"), count(row, "quantity"), count(row, "delivered"))).collect()
    }

    /// Waits for an order in that state and returns it.
    pub(crate) async fn order_in(&self, state: &str) -> Value {
        until(&format!("an order is {state}"), async || {
            self.list(&format!("order list --state {state}")).await.into_iter().next()
        })
        .await
    }

    /// Whether no order waits for anything.
    pub(crate) async fn is_quiet(&self) -> bool {
        const ENDED: [&str; 5] = ["fulfilled", "partly_fulfilled", "refused", "resolved", "cancelled"];
        self.orders().await.iter().all(|(state, ..)| ENDED.contains(&state.as_str()))
    }

    /// The open alerts, each as its kind and subject.
    pub(crate) async fn alerts(&self) -> Vec<(String, String)> {
        let rows = self.list("alert list").await;
        rows.iter().map(|row| (text(row, "kind"), text(row, "subject"))).collect()
    }

    /// Makes a customer with a login of the same name, whose password is its name and ` password`.
    pub(crate) async fn customer(&self, name: &str) {
        self.ok(&format!("account add {name} --credit-limit 1000")).await;
        let said = self
            .fed(
                &format!("{name} password"),
                &format!("user add {name} --account {name} --role customer --password-stdin"),
            )
            .await;
        assert_eq!(said.code, Some(0), "{said:#?}");
    }

    /// The HTTPS door of a server of this installation.
    pub(crate) async fn api(&self, server: &mut Server) -> Api {
        Api::new(server.url().await, &self.data("tls-certificate.pem"))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A field of a record that is text.
pub(crate) fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {row}")).to_owned()
}

async fn finish(command: &mut Command) -> Said {
    said(command.output().await.unwrap())
}

fn said(output: std::process::Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Drop for Site {
    /// Plugins outlive a server that was killed; theirs are the processes whose command line names this folder.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for number in 0..self.servers.load(Ordering::Relaxed) {
                let path = self.path(&format!("server-{number}.log"));
                let log = std::fs::read_to_string(&path).unwrap_or_default();
                eprintln!("== {}\n{log}", path.display());
            }
        }
        let folder = self.folder.path().to_str().unwrap().as_bytes();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if line.windows(folder.len()).any(|part| part == folder) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}
