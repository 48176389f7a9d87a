//! Ported numbers: rows a second of `strowger lnp import`, the command itself on a CSV file that takes the place of all
//! numbers, with its memory; and look-ups a second among them, with their CPU, beside the same statement through the bare
//! driver.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use registry::Clock;
use registry::lnp;
use store::args;
use store::testing::Engine;

use crate::api::{Database, cpu};
use crate::report::Report;
use crate::{Field, import, raw};

/// The first number that is ported.
const FIRST: u64 = 43_100_000_000;
const CARRIERS: u64 = 50;
const LOOKUPS: u32 = 20_000;
/// Look-ups in a row on one side, before it is the other's turn.
const TURN: usize = 500;

pub(crate) async fn measure(field: &Field, size: u32, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    load(field, size, program, report).await?;
    look_up(field, size, report).await
}

async fn load(field: &Field, size: u32, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ported.csv");
    let mut csv = std::io::BufWriter::new(std::fs::File::create(&file)?);
    for n in 0..u64::from(size) {
        let carrier = n % CARRIERS;
        writeln!(csv, "Carrier {carrier},D{carrier:03},{},43199,2020-01-01,,0,0,mobile", FIRST + n)?;
    }
    csv.flush()?;
    let started = Instant::now();
    let mut command = import::command(field, program);
    let child = command.args(["lnp", "import", "--purge-existing"]).arg(&file).spawn()?;
    let peak = import::peak_of(child).await?;
    let seconds = started.elapsed().as_secs_f64();
    report.plain("LNP import", field.engine, size, f64::from(size) / seconds, "rows/s");
    report.plain("LNP import, memory", field.engine, size, peak, "MiB");
    if field.engine == Engine::Postgres {
        raw::Postgres::connect(&field.test.url).await?.batch("ANALYZE lnp_numbers").await?;
    }
    Ok(())
}

/// One side's time, CPU of this process, and CPU of the database, in seconds.
#[derive(Default)]
struct Cost {
    time: f64,
    own: f64,
    database: f64,
}

async fn look_up(field: &Field, size: u32, report: &mut Report) -> anyhow::Result<()> {
    let number = |_| (FIRST + rand::random_range(0..u64::from(size))).to_string();
    let numbers: Vec<String> = (0..LOOKUPS).map(number).collect();
    let statement = &raw::statements(field.engine == Engine::Postgres)["registry::lnp::LOOKUP"];
    let database = Database::find(field).await?;
    let mut tx = field.test.db.reader();
    let sqlite = match field.engine {
        Engine::Sqlite => Some(raw::sqlite(&field.test.folder().join("strowger.db"))?),
        Engine::Postgres => None,
    };
    let mut postgres = match field.engine {
        Engine::Postgres => Some(raw::Postgres::connect(&field.test.url).await?),
        Engine::Sqlite => None,
    };
    let now = Clock::System.now();
    let mut costs = [Cost::default(), Cost::default()];
    for (turn, some) in numbers.chunks(TURN).enumerate() {
        // Turn about: whoever comes first reads the pages from the file, for both.
        for side in [turn % 2, (turn + 1) % 2] {
            let (own, of_database, started) = (cpu(std::process::id())?, database.cpu()?, Instant::now());
            for number in some {
                let found = if side == 0 {
                    lnp::lookup(&mut tx, number, now).await?.is_some()
                } else if let Some(sqlite) = &sqlite {
                    raw::query_sqlite(sqlite, statement, args![number, now])?.len() == 1
                } else if let Some(postgres) = &mut postgres {
                    postgres.query(statement, args![number, now]).await?.len() == 1
                } else {
                    false
                };
                anyhow::ensure!(found, "{number} is not found");
            }
            let cost = &mut costs[side];
            cost.time += started.elapsed().as_secs_f64();
            cost.own += cpu(std::process::id())? - own;
            cost.database += database.cpu()? - of_database;
        }
    }
    let [ours, bare] = costs;
    let each = f64::from(LOOKUPS);
    let engine = format!("{:?}", field.engine);
    report.rate("LNP look-up", &engine, size, each / ours.time, each / bare.time, "look-ups/s");
    let micros = |seconds: f64| seconds * 1e6 / each;
    report.time("LNP look-up, CPU", field.engine, size, micros(ours.own), micros(bare.own));
    if field.engine == Engine::Postgres {
        let (ours, bare) = (micros(ours.database), micros(bare.database));
        report.time("LNP look-up, CPU of the database", field.engine, size, ours, bare);
    }
    Ok(())
}
