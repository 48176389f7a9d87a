//! Numbers rewritten through a set of 1,000 rules, beside what a plain loop does: read the rules in their order through
//! the bare driver and try one after the other. The loop keeps its compiled patterns; reading them anew is what keeps it
//! right after a change, for which the registry reads one version.

use std::collections::HashMap;
use std::time::Instant;

use registry::id::{AccountId, RewriteSetId};
use registry::rewrite::{self, Rule, RuleSet, Variables, Way};
use registry::{Clock, record, transaction};
use store::testing::Engine;
use store::{Val, args};

use crate::api::cpu;
use crate::report::Report;
use crate::{Field, raw};

const RULES: i64 = 1_000;
const ROUNDS: usize = 2_000;

const READ: &str = "SELECT id, match_pattern, replace_pattern FROM rewrite_rules WHERE set_id = $1 AND direction = 'in' \
    AND field = 'caller' AND enabled ORDER BY priority, id";

pub(crate) async fn measure(field: &Field, report: &mut Report) -> anyhow::Result<()> {
    let set = prepare(field).await?;
    let mut loops = Loop::new(field, set).await?;
    // Each prefix has its rule; one number in ten finds none.
    let numbers: Vec<String> = (0..ROUNDS).map(|_| format!("00{:04}5550123", rand::random_range(1..1_100))).collect();
    let mut tx = field.test.db.reader();
    let (mut ours, mut bare) = (Side::default(), Side::default());
    for part in numbers.chunks(ROUNDS / 4) {
        let (begun, used) = (Instant::now(), cpu(std::process::id())?);
        let mut found = Vec::with_capacity(part.len());
        for number in part {
            let plan = rewrite::of_set(&mut tx, set).await?.ok_or_else(|| anyhow::anyhow!("the set is gone"))?;
            found.push(plan.apply(Way::CallerIn, &Variables::new(), &[number])?.remove(0).number);
        }
        ours.add(begun, cpu(std::process::id())? - used);
        let (begun, used) = (Instant::now(), cpu(std::process::id())?);
        for (number, ours) in part.iter().zip(found) {
            let bare = loops.rewritten(number).await?;
            anyhow::ensure!(bare == ours, "{number}: {bare} by the loop, {ours} by the registry");
        }
        bare.add(begun, cpu(std::process::id())? - used);
    }
    let engine = format!("{:?}", field.engine);
    let rate = |side: &Side| ROUNDS as f64 / side.seconds;
    report.rate("rewrite, 1000 rules", &engine, RULES as u32, rate(&ours), rate(&bare), "numbers/s");
    let each = |side: &Side| side.cpu * 1e6 / ROUNDS as f64;
    report.time("rewrite, 1000 rules, CPU", field.engine, RULES as u32, each(&ours), each(&bare));
    Ok(())
}

/// What one side has taken.
#[derive(Default)]
struct Side {
    seconds: f64,
    /// Seconds of CPU of this process: the whole of it on SQLite, without the database's own on PostgreSQL.
    cpu: f64,
}

impl Side {
    fn add(&mut self, begun: Instant, cpu: f64) {
        self.seconds += begun.elapsed().as_secs_f64();
        self.cpu += cpu;
    }
}

async fn prepare(field: &Field) -> anyhow::Result<RewriteSetId> {
    let (caller, now) = (&field.caller, Clock::System.now());
    let set = RuleSet { reseller_id: AccountId::DEFAULT_RESELLER, name: "bench".to_owned(), ..RuleSet::default() };
    let rule = |n: i64| Rule {
        match_pattern: format!(r"^00{n:04}(\d+)$"),
        replace_pattern: r"49\1".to_owned(),
        description: format!("prefix {n}"),
        ..Rule::default()
    };
    let rules: Vec<Rule> = (1..=RULES).map(rule).collect();
    Ok(transaction!(field.test.db, |tx| {
        let set = record::create(tx, caller, now, set.clone()).await?;
        rewrite::set_rules(tx, caller, now, set.id, rules.clone()).await?;
        Ok(set.id)
    })?)
}

/// The plain loop.
struct Loop {
    set: RewriteSetId,
    sqlite: Option<rusqlite::Connection>,
    postgres: Option<raw::Postgres>,
    compiled: HashMap<String, regex::Regex>,
}

impl Loop {
    async fn new(field: &Field, set: RewriteSetId) -> anyhow::Result<Loop> {
        let (sqlite, postgres) = match field.engine {
            Engine::Sqlite => (Some(raw::sqlite(&field.test.folder().join("strowger.db"))?), None),
            Engine::Postgres => (None, Some(raw::Postgres::connect(&field.test.url).await?)),
        };
        Ok(Loop { set, sqlite, postgres, compiled: HashMap::new() })
    }

    async fn rules(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        if let Some(sqlite) = &self.sqlite {
            let rows = raw::query_sqlite(sqlite, READ, args![self.set])?;
            let text = |value: &Val| if let Val::Text(text) = value { text.clone() } else { String::new() };
            return Ok(rows.iter().map(|row| (text(&row[1]), text(&row[2]))).collect());
        }
        let Some(postgres) = &mut self.postgres else { return Ok(Vec::new()) };
        let rows = postgres.query(READ, args![self.set]).await?;
        Ok(rows.iter().map(|row| (row.get(1), row.get(2))).collect())
    }

    async fn rewritten(&mut self, number: &str) -> anyhow::Result<String> {
        for (pattern, replacement) in self.rules().await? {
            if !self.compiled.contains_key(&pattern) {
                self.compiled.insert(pattern.clone(), regex::Regex::new(&pattern)?);
            }
            if let Some(found) = self.compiled[&pattern].captures(number) {
                return Ok(replacement.replace(r"\1", found.get(1).map_or("", |group| group.as_str())));
            }
        }
        Ok(number.to_owned())
    }
}
