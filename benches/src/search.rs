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
    // Each round does both, so that both meet the same machine.
    let mut tx = field.test.db.reader();
    let sqlite = match field.engine {
        Engine::Sqlite => Some(raw::sqlite(&field.test.folder().join("strowger.db"))?),
        Engine::Postgres => None,
    };
    let mut postgres = match field.engine {
        Engine::Postgres => Some(raw::Postgres::connect(&field.test.url).await?),
        Engine::Sqlite => None,
    };
    for prefix in &prefixes {
        let started = Instant::now();
        let found = number::free(&mut tx, field.pool, None, prefix, "", SHOWN).await?;
        ours.push(started.elapsed());
        anyhow::ensure!(!found.is_empty(), "nothing begins with {prefix}");
        let end = format!("{}{}", &prefix[..7], char::from(prefix.as_bytes()[7] + 1));
        let args = args![field.pool, prefix, end, "", i64::from(SHOWN)];
        let started = Instant::now();
        let count = if let Some(sqlite) = &sqlite {
            raw::query_sqlite(sqlite, statement, args)?.len()
        } else if let Some(postgres) = &mut postgres {
            postgres.query(statement, args).await?.len()
        } else {
            0
        };
        bare.push(started.elapsed());
        anyhow::ensure!(count == found.len(), "the raw statement finds {count} rows, not {}", found.len());
    }
    report.time("search, p50", field.engine, size, percentile(&mut ours, 50), percentile(&mut bare, 50));
    report.time("search, p99", field.engine, size, percentile(&mut ours, 99), percentile(&mut bare, 99));
    Ok(())
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times.get(times.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
