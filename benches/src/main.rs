//! `make bench`: claims, searches, imports, rewrites, zone transfers, SOAP and plugin runs, each beside the same work done raw in
//! the same run.
//!
//! Nothing here is a test: figures depend on the machine, ratios hardly.

mod api;
mod claim;
mod dns;
mod fees;
mod import;
mod lnp;
mod ngnpro;
mod plugin;
mod raw;
mod report;
mod rewrite;
mod search;
mod server;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use registry::account::{self, Kind, NewAccount};
use registry::id::{AccountId, PoolId};
use registry::login::Credentials;
use registry::pool::{self, PoolSpec};
use registry::{Caller, Clock, MIGRATIONS, Money, transaction};
use store::testing::{Engine, TestDb};

use crate::report::Report;

/// Measures the server against raw SQL and bare processes.
#[derive(Parser)]
struct Options {
    /// How many numbers the registry holds; several sizes are separated by commas
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000,10000000")]
    sizes: Vec<u32>,
    /// sqlite, postgres
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    engines: Vec<String>,
    /// rewrites, dns, ngnpro, numbers, lnp, fees
    #[arg(long, value_delimiter = ',', default_value = "rewrites,dns,ngnpro,numbers,lnp,fees")]
    parts: Vec<String>,
    /// The server's program; `make bench` builds it
    #[arg(long, default_value = "target/release/strowger")]
    program: PathBuf,
    /// Where the figures are written as JSON
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
}

impl Options {
    fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|name| name == part)
    }
}

/// How many buyers claim at once.
const BUYERS: usize = 32;

/// A registry to measure on.
struct Field {
    test: TestDb,
    engine: Engine,
    pool: PoolId,
    accounts: Vec<AccountId>,
    caller: Caller,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let program = options.program.canonicalize().context("the server's program: cargo build --release")?;
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut report = Report::default();
    for engine in &options.engines {
        let engine = match engine.as_str() {
            "sqlite" => Engine::Sqlite,
            "postgres" => Engine::Postgres,
            other => anyhow::bail!("`{other}` is not sqlite or postgres"),
        };
        if options.has("rewrites") {
            runtime.block_on(async { rewrite::measure(&prepare(engine).await?, &mut report).await })?;
        }
        if options.has("dns") {
            runtime.block_on(async { dns::measure(&prepare(engine).await?, &program, &mut report).await })?;
        }
        if options.has("ngnpro") {
            runtime.block_on(async { ngnpro::measure(&prepare(engine).await?, &program, &mut report).await })?;
        }
        for size in &options.sizes {
            report::say(&format!("{engine:?}, {size} numbers"));
            // The database of each part is gone before the next one fills up.
            if options.has("lnp") {
                runtime
                    .block_on(async { lnp::measure(&prepare(engine).await?, *size, &program, &mut report).await })?;
            }
            if options.has("fees") {
                runtime.block_on(async { fees::measure(&prepare(engine).await?, *size, &mut report).await })?;
            }
            if options.has("numbers") {
                runtime.block_on(measure(engine, *size, &program, &mut report))?;
            }
        }
    }
    if options.has("numbers") {
        runtime.block_on(plugin::measure(&mut report))?;
    }
    report.print();
    std::fs::write(&options.json, serde_json::to_string_pretty(&report)?)?;
    report::say(&format!("figures as JSON: {}", options.json.display()));
    Ok(())
}

async fn measure(engine: Engine, size: u32, program: &std::path::Path, report: &mut Report) -> anyhow::Result<()> {
    let field = prepare(engine).await?;
    import::measure(&field, size, program, report).await?;
    search::measure(&field, size, report).await?;
    claim::measure(&field, size, report).await?;
    let contacts = api::fill(&field, size).await?;
    server::measure(&field, size, contacts, program, report).await
}

/// A registry with a priced pool and an account for each buyer.
async fn prepare(engine: Engine) -> anyhow::Result<Field> {
    let test = TestDb::new(engine).await;
    let now = Clock::System.now();
    let caller = Caller::system("bench");
    store::migrate(&test.db, MIGRATIONS, now).await?;
    registry::bootstrap(&test.db, now, &Credentials::new("administrator", server::PASSWORD)?).await?;
    let spec =
        PoolSpec { name: "bench".to_owned(), minimum: 10, monthly_price: Money(1_000_000), ..PoolSpec::default() };
    let pool = transaction!(test.db, |tx| Ok(pool::create(tx, &caller, now, &spec).await?.id))?;
    let mut accounts = Vec::new();
    for n in 0..BUYERS {
        let new = NewAccount {
            parent_id: AccountId::DEFAULT_RESELLER,
            kind: Kind::Customer,
            name: format!("buyer {n}"),
            currency: "EUR".to_owned(),
            credit_limit: None,
        };
        accounts.push(transaction!(test.db, |tx| Ok(account::create(tx, &caller, now, &new).await?.id))?);
    }
    Ok(Field { test, engine, pool, accounts, caller })
}
