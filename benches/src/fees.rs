//! Fees found for calls among up to a million in one billing profile: exact destinations, prefixes, and patterns that have
//! to be compiled; beside the plainest SQL that finds a prefix, through the bare driver.
//!
//! The plain statement knows neither patterns nor sources, nor reads the zone; beside the patterns it is asked for a
//! prefix, as a floor. Its own way with patterns would be to try all of them.

use std::fmt::Write as _;
use std::time::Instant;

use registry::billing::fee::{Direction, MatchMode, Spec, Tariff, ZoneRef};
use registry::billing::fee_batch::{self, Entry, Loader};
use registry::billing::{lookup, profile};
use registry::id::{AccountId, ProfileId};
use registry::{Clock, transaction};
use store::Val;
use store::testing::Engine;

use crate::api::{Database, cpu};
use crate::report::Report;
use crate::{Field, raw};

/// Most fees that are looked among.
const MOST: u32 = 1_000_000;
const ROUNDS: usize = 8_000;
/// A destination has at most so many beginnings here.
const BEGINNINGS: usize = 13;

/// What is looked up: what its figures are called, and the first digit of its numbers.
const MIXES: [(&str, &str, char); 3] = [
    ("fee by exact destination", "fee by exact destination, CPU", '1'),
    ("fee by prefix", "fee by prefix, CPU", '2'),
    ("fee by pattern", "fee by pattern, CPU", '3'),
];

pub(crate) async fn measure(field: &Field, size: u32, report: &mut Report) -> anyhow::Result<()> {
    if !(4..=MOST).contains(&size) {
        return Ok(());
    }
    let profile = fill(field, size).await?;
    let database = Database::find(field).await?;
    let mut plain = Plain::new(field, profile).await?;
    let engine = format!("{:?}", field.engine);
    for (what, what_of_cpu, digit) in MIXES {
        let numbers: Vec<String> = (0..ROUNDS).map(|_| number(digit, rand::random_range(0..size / 4))).collect();
        let mut tx = field.test.db.reader();
        let mut sides = [(0.0, 0.0), (0.0, 0.0)];
        for part in numbers.chunks(ROUNDS / 8) {
            for (side, of) in sides.iter_mut().enumerate() {
                let (begun, used) = (Instant::now(), cpu(std::process::id())? + database.cpu()?);
                for number in part {
                    if side == 0 {
                        let found = lookup::find(&mut tx, profile, Direction::Out, "4312345", number).await?;
                        anyhow::ensure!(found.is_some(), "no fee for {number}");
                    } else {
                        plain.find(number).await?;
                    }
                }
                of.0 += begun.elapsed().as_secs_f64();
                of.1 += cpu(std::process::id())? + database.cpu()? - used;
            }
        }
        let rate = |side: usize| ROUNDS as f64 / sides[side].0;
        report.rate(what, &engine, size, rate(0), rate(1), "look-ups/s");
        let used = |side: usize| sides[side].1 * 1e6 / ROUNDS as f64;
        report.time(what_of_cpu, field.engine, size, used(0), used(1));
    }
    Ok(())
}

/// A number that a fee of the mix matches.
fn number(digit: char, n: u32) -> String {
    match digit {
        '1' => format!("1{n:07}"),
        _ => format!("{digit}{n:07}{:04}", rand::random_range(0..10_000)),
    }
}

/// A quarter of the fees are exact destinations, a quarter prefixes, and half of them patterns, two for each lead.
fn fee(n: u32) -> (MatchMode, String) {
    let one = n / 4;
    match n % 4 {
        0 => (MatchMode::ExactDestination, format!("1{one:07}")),
        1 => (MatchMode::Prefix, format!("2{one:07}")),
        2 => (MatchMode::RegexLongestPattern, format!("^3{one:07}[0-4][0-9]+$")),
        _ => (MatchMode::RegexLongestPattern, format!("^3{one:07}[5-9][0-9]+$")),
    }
}

async fn fill(field: &Field, size: u32) -> anyhow::Result<ProfileId> {
    let (caller, now) = (&field.caller, Clock::System.now());
    let spec = profile::Spec { handle: "bench".to_owned(), name: "bench".to_owned(), ..profile::Spec::default() };
    let made = transaction!(field.test.db, |tx| {
        profile::create(tx, caller, now, AccountId::DEFAULT_RESELLER, &spec).await
    })?;
    let tariff = Tariff { init_interval: 60, follow_interval: 60, ..Tariff::default() };
    let most = u32::try_from(fee_batch::MOST)?;
    for first in (0..size).step_by(most as usize) {
        transaction!(field.test.db, |tx| {
            let mut loader = Loader::begin(tx, caller, made.id, false).await?;
            for n in first..size.min(first + most) {
                let (match_mode, destination) = fee(n);
                let zone = ZoneRef::Named { zone: "Everywhere".to_owned(), detail: None };
                let spec = Spec {
                    match_mode,
                    destination,
                    onpeak: tariff.clone(),
                    offpeak: tariff.clone(),
                    ..Spec::default()
                };
                loader.add(tx, caller, now, Entry { line: u64::from(n) + 1, zone, spec }).await?;
            }
            loader.finish(tx, caller, now).await
        })?;
    }
    if field.engine == Engine::Postgres {
        raw::Postgres::connect(&field.test.url).await?.batch("ANALYZE billing_fees").await?;
    }
    Ok(made.id)
}

/// The plain statement, on a connection of its own.
struct Plain {
    sql: String,
    profile: ProfileId,
    sqlite: Option<rusqlite::Connection>,
    postgres: Option<raw::Postgres>,
}

impl Plain {
    async fn new(field: &Field, profile: ProfileId) -> anyhow::Result<Plain> {
        // SQLite would take the index that the registry looks in, and read every fee of the profile.
        let index = if field.engine == Engine::Sqlite { "INDEXED BY billing_fees_match" } else { "" };
        let mut sql = format!("SELECT * FROM billing_fees {index} WHERE profile_id = $1 AND destination IN (");
        for n in 0..BEGINNINGS {
            write!(sql, "{}${}", if n == 0 { "" } else { ", " }, n + 2)?;
        }
        sql.push_str(") AND direction = 'out' ORDER BY LENGTH(destination) DESC LIMIT 1");
        let (sqlite, postgres) = match field.engine {
            Engine::Sqlite => (Some(raw::sqlite(&field.test.folder().join("strowger.db"))?), None),
            Engine::Postgres => (None, Some(raw::Postgres::connect(&field.test.url).await?)),
        };
        Ok(Plain { sql, profile, sqlite, postgres })
    }

    async fn find(&mut self, number: &str) -> anyhow::Result<()> {
        // Patterns begin with `^`: the prefix with the same digits is looked up in their place.
        let number = number.strip_prefix('3').map_or_else(|| number.to_owned(), |rest| format!("2{rest}"));
        let mut values = vec![Val::from(self.profile)];
        values.extend((0..BEGINNINGS).map(|n| Val::from(&number[..n.min(number.len())])));
        let found = match (&self.sqlite, &mut self.postgres) {
            (Some(sqlite), _) => raw::query_sqlite(sqlite, &self.sql, &values)?.len(),
            (None, Some(postgres)) => postgres.query(&self.sql, &values).await?.len(),
            (None, None) => 0,
        };
        anyhow::ensure!(found == 1, "the plain statement finds {found} fees for {number}");
        Ok(())
    }
}
