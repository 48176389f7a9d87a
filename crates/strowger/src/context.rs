//! What every command needs: the configuration, the database, who is asking.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use ordering::{Mode, Ordering, Settings};
use registry::login::Credentials;
use registry::{Caller, Clock, MIGRATIONS};
use store::Db;

use crate::config::{Config, NumberVendors, Sources};
use crate::output::Output;

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) caller: Caller,
    pub(crate) output: Output,
}

/// Reads the configuration; every mistake is named.
pub(crate) fn configuration(sources: Sources) -> anyhow::Result<Config> {
    Config::load(sources).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("  {error}")).collect();
        anyhow::anyhow!("the configuration is wrong:\n{}", lines.join("\n"))
    })
}

/// Opens the database that the configuration names; makes the data folder and the SQLite file if need be.
pub(crate) fn open(config: &Config) -> anyhow::Result<Db> {
    let folder = &config.data_dir;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("data folder {}", folder.display()))?;
    connect(config)
}

/// Opens the database that is there already; none where the SQLite file was not made yet.
pub(crate) fn open_existing(config: &Config) -> anyhow::Result<Option<Db>> {
    let made = || std::fs::metadata(sqlite_file(config)).is_ok_and(|meta| meta.len() > 0);
    if config.database_url.is_empty() && !made() {
        return Ok(None);
    }
    connect(config).map(Some)
}

/// The file of the SQLite database.
pub(crate) fn sqlite_file(config: &Config) -> PathBuf {
    config.data_dir.join("strowger.db")
}

fn connect(config: &Config) -> anyhow::Result<Db> {
    Ok(if config.database_url.is_empty() {
        Db::sqlite(&sqlite_file(config), config.database.cache_mib)?
    } else {
        Db::postgres(config.database_url.reveal(), config.database.pool as usize)?
    })
}

/// The schema's steps that the database lacks: all of them where there is none yet. Nothing is changed.
pub(crate) async fn pending(db: Option<&Db>) -> store::Result<Vec<&'static str>> {
    match db {
        Some(db) => store::pending(db, MIGRATIONS).await,
        None => Ok(MIGRATIONS.iter().map(|step| step.name).collect()),
    }
}

impl Context {
    /// For a command: the database must be there, its schema up to date.
    pub(crate) async fn new(config: Config, output: Output) -> anyhow::Result<Context> {
        const NOT_READY: &str =
            "the database is not ready: `strowger migrate` or the first `strowger serve` makes it so";
        let Some(db) = open_existing(&config)? else { bail!(NOT_READY) };
        if !pending(Some(&db)).await?.is_empty() || registry::is_empty(&db).await? {
            bail!(NOT_READY);
        }
        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
        let name = user.map_or_else(|| nix::unistd::getuid().to_string(), |user| user.name);
        Ok(Context { config, db, clock: Clock::System, caller: Caller::system(&format!("cli:{name}")), output })
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The ordering, without vendors.
    pub(crate) fn ordering_alone(&self) -> Ordering {
        Ordering::new(self.db.clone(), self.clock.clone(), settings(&self.config))
    }

    /// The ordering, with the vendors of the file. The servers may see another file than this command, so it retires none.
    pub(crate) async fn ordering(&self) -> anyhow::Result<Ordering> {
        let ordering = self.ordering_alone();
        let loaded = crate::vendors::load(&self.config);
        for problem in loaded.problems.iter().chain(&loaded.remarks) {
            crate::output::note(&format!("warning: {problem}"));
        }
        ordering.introduce(loaded.entries).await?;
        Ok(ordering)
    }
}

/// How the ordering behaves by this configuration.
pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        mode: match config.number_vendors {
            NumberVendors::Off => Mode::Off,
            NumberVendors::Pool => Mode::Pool,
            NumberVendors::Realtime => Mode::Realtime,
        },
        realtime_deadline: config.realtime.deadline,
        purchase_wait: config.purchase.wait,
        refill_retry_after: config.refill.retry_after,
        lease: config.worker.lease,
        poll: config.worker.poll,
        concurrency: config.worker.concurrency as usize,
        ends_intervals: !config.ngcp_fake_clienttime,
    }
}

/// What the first start made.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Names of the schema's steps that were applied.
    pub(crate) applied: Vec<&'static str>,
    /// The administrator's password where it was generated: it is shown now or never.
    pub(crate) generated_password: Option<String>,
}

/// Brings the schema up to date and makes the first rows.
pub(crate) async fn prepare(config: &Config, db: &Db, clock: &Clock) -> anyhow::Result<Prepared> {
    let applied = store::migrate(db, MIGRATIONS, clock.now()).await?;
    if !registry::is_empty(db).await? {
        return Ok(Prepared { applied, generated_password: None });
    }
    let given = config.admin_password.reveal().to_owned();
    let generated = given.is_empty().then(random_password);
    let password = generated.clone().unwrap_or(given);
    let credentials = tokio::task::spawn_blocking(move || Credentials::new("administrator", &password))
        .await?
        .context("STROWGER_ADMIN_PASSWORD")?;
    let first = registry::bootstrap(db, clock.now(), &credentials).await?;
    Ok(Prepared { applied, generated_password: generated.filter(|_| first) })
}

/// A password of 20 characters that are not mistaken for one another.
pub(crate) fn random_password() -> String {
    const CHARACTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
    (0..20).map(|_| char::from(CHARACTERS[rand::random_range(0..CHARACTERS.len())])).collect()
}
