//! Prefix search among the free numbers of a pool: p50 and p99, beside the same statement through the bare driver.

use std::time::{Duration, Instant};

use registry::number;
use store::args;
use store::testing::Engine;

use crate::report::Report;
use crate::{Field, import, raw};

const ROUNDS: u32 = 4_000;
const SHOWN: u32 = 10;

pub(crate) async fn measure(field: &Field, size: u32, report: &mut Report) -> anyhow::Result<()> {
    let prefixes: Vec<String> = (0..ROUNDS)
        .map(|_| {
            let number = import::FIRST + rand::random_range(0..u64::from(size));
            number.to_string()[..8].to_owned()
        })
        .collect();
    let statement = &raw::statements(field.engine == Engine::Postgres)["registry::number::list::FREE"];
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let mut tx = field.test.db.reader();
    let sqlite = match field.engine {
        Engine::Sqlite => Some(raw::sqlite(&field.test.folder().join("strowger.db"))?),
        Engine::Postgres => None,
    };
    let mut postgres = match field.engine {
        Engine::Postgres => Some(raw::Postgres::connect(&field.test.url).await?),
        Engine::Sqlite => None,
    };
    for (round, prefix) in prefixes.iter().enumerate() {
        let end = format!("{}{}", &prefix[..7], char::from(prefix.as_bytes()[7] + 1));
        let args = args![field.pool, prefix, end, "", i64::from(SHOWN)];
        let mut counts = [0, 0];
        // Turn about: whoever comes first reads the pages from the file, for both.
        for side in [round % 2, (round + 1) % 2] {
            let started = Instant::now();
            counts[side] = if side == 0 {
                number::free(&mut tx, field.pool, None, prefix, "", SHOWN).await?.len()
            } else if let Some(sqlite) = &sqlite {
                raw::query_sqlite(sqlite, statement, args)?.len()
            } else if let Some(postgres) = &mut postgres {
                postgres.query(statement, args).await?.len()
            } else {
                0
            };
            let times = if side == 0 { &mut ours } else { &mut bare };
            times.push(started.elapsed());
        }
        anyhow::ensure!(counts[0] > 0, "nothing begins with {prefix}");
        anyhow::ensure!(counts[0] == counts[1], "the raw statement finds {} rows, not {}", counts[1], counts[0]);
    }
    report.time("search, p50", field.engine, size, percentile(&mut ours, 50), percentile(&mut bare, 50));
    report.time("search, p99", field.engine, size, percentile(&mut ours, 99), percentile(&mut bare, 99));
    Ok(())
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times.get(times.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
