//! Numbers sold a second to 32 buyers at once, beside the same statements through the bare drivers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use registry::id::AccountId;
use registry::{Clock, number, transaction};
use store::testing::Engine;
use store::{Val, args};

use crate::report::Report;
use crate::{BUYERS, Field, raw};

/// How long each side sells.
const LENGTH: Duration = Duration::from_secs(5);
/// At most so many a side, so that the smallest registry does not run dry.
const MOST: usize = 4_000;

pub(crate) async fn measure(field: &Field, size: u32, report: &mut Report) -> anyhow::Result<()> {
    // Turn about, so that both sides meet the same machine.
    let (mut ours, mut bare) = ((0, 0.0), (0, 0.0));
    for _ in 0..2 {
        add(&mut ours, registry_side(field).await?);
        add(&mut bare, raw_side(field).await?);
    }
    let rate = |(sold, seconds): (usize, f64)| sold as f64 / seconds;
    report.rate("claim, 32 buyers", &format!("{:?}", field.engine), size, rate(ours), rate(bare), "sold/s");
    check(field, ours.0 + bare.0).await
}

fn add(sum: &mut (usize, f64), part: (usize, f64)) {
    sum.0 += part.0;
    sum.1 += part.1;
}

/// Every number sold must be one account's, once.
async fn check(field: &Field, sold: usize) -> anyhow::Result<()> {
    let mut tx = field.test.db.reader();
    let row = tx.query_one("SELECT COUNT(*) FROM numbers WHERE state = 'in_service'", args![]).await?;
    let in_service: i64 = row.at(0)?;
    let row = tx.query_one("SELECT COUNT(*) FROM charges", args![]).await?;
    let charged: i64 = row.at(0)?;
    anyhow::ensure!(
        in_service == sold as i64 && charged == sold as i64,
        "{sold} sold, {in_service} in service, {charged} charged"
    );
    Ok(())
}

async fn registry_side(field: &Field) -> anyhow::Result<(usize, f64)> {
    let started = Instant::now();
    let mut buyers = Vec::new();
    for n in 0..BUYERS {
        let (db, caller, pool, buyer) = (field.test.db.clone(), field.caller.clone(), field.pool, field.accounts[n]);
        buyers.push(tokio::spawn(async move {
            let mut sold = 0;
            while started.elapsed() < LENGTH && sold < MOST / 2 / BUYERS {
                let now = Clock::System.now();
                transaction!(db, |tx| number::claim_any(tx, &caller, now, pool, buyer, None).await)?;
                sold += 1;
            }
            registry::Result::Ok(sold)
        }));
    }
    let mut sold = 0;
    for buyer in buyers {
        sold += buyer.await??;
    }
    Ok((sold, started.elapsed().as_secs_f64()))
}

/// The statements of a claim with their parameters, as the registry issues them; `number` is what CLAIM found.
fn steps(buyer: AccountId, pool: i64, now: i64, id: i64, digits: &str) -> Vec<(&'static str, Vec<Val>)> {
    let none = Val::Null;
    let before = serde_json::json!({ "id": id, "digits": digits, "state": "available", "pool_id": pool, "class_id": 1,
        "vendor_id": null, "order_id": null, "account_id": null, "destination": null, "previous_account_id": null,
        "reserve_history": [], "until": null, "blocked_reason": null, "reference": null, "alias": null, "region": null,
        "description": null, "created_at": now, "modified_at": now });
    let mut after = before.clone();
    after["state"] = "in_service".into();
    after["account_id"] = buyer.0.into();
    let journal = |kind: &str, record: i64, operation: &str, before: Val, after: Val| {
        let written = args![now, "bench", none.clone(), buyer, operation, kind, record, before, after];
        ("registry::journal::WRITE", written.to_vec())
    };
    let charge =
        serde_json::json!({ "amount": "1.00", "currency": "EUR", "state": "captured", "reason": "number of pool" });
    let reason = format!("number {digits} of pool bench");
    vec![
        ("registry::number::RESELLER_OF", args![buyer].to_vec()),
        (
            "registry::number::SAVE",
            args![
                "in_service",
                pool,
                1i64,
                buyer,
                1i64,
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                now,
                none.clone(),
                none.clone(),
                none.clone(),
                false,
                false,
                none.clone(),
                none.clone(),
                none.clone(),
                none.clone(),
                id
            ]
            .to_vec(),
        ),
        journal("numbers", id, "update", Val::Json(before), Val::Json(after)),
        ("registry::pool::BY_ID", args![pool].to_vec()),
        ("registry::account::BY_ID", args![buyer].to_vec()),
        ("registry::account::credit::TAKE", args![1_000_000i64, now, buyer].to_vec()),
        (
            "registry::charge::INSERT",
            args![buyer, 1_000_000i64, "EUR", "captured", &reason, digits, none.clone(), now].to_vec(),
        ),
        journal("charges", id, "create", none.clone(), Val::Json(charge)),
        ("registry::job::WALL", Vec::new()),
        ("registry::job::WAITING", args!["refill", pool, i64::MAX / 2].to_vec()),
    ]
}

async fn raw_side(field: &Field) -> anyhow::Result<(usize, f64)> {
    let statements = Arc::new(raw::statements(field.engine == Engine::Postgres));
    let started = Instant::now();
    let sold = match field.engine {
        Engine::Sqlite => {
            let connection = Arc::new(Mutex::new(raw::sqlite(&field.test.folder().join("strowger.db"))?));
            let pool = field.pool.0;
            let threads: Vec<_> = (0..BUYERS)
                .map(|n| {
                    let (connection, statements, buyer) = (connection.clone(), statements.clone(), field.accounts[n]);
                    std::thread::spawn(move || sqlite_buyer(&connection, &statements, buyer, pool, started))
                })
                .collect();
            let mut sold = 0;
            for thread in threads {
                sold += thread.join().map_err(|_| anyhow::anyhow!("a buyer's thread ended"))??;
            }
            sold
        }
        Engine::Postgres => {
            let mut tasks = Vec::new();
            for n in 0..BUYERS {
                let (statements, buyer, pool) = (statements.clone(), field.accounts[n], field.pool.0);
                let connection = raw::Postgres::connect(&field.test.url).await?;
                tasks.push(tokio::spawn(postgres_buyer(connection, statements, buyer, pool, started)));
            }
            let mut sold = 0;
            for task in tasks {
                sold += task.await??;
            }
            sold
        }
    };
    Ok((sold, started.elapsed().as_secs_f64()))
}

type Statements = HashMap<&'static str, String>;

fn sqlite_buyer(
    connection: &Mutex<rusqlite::Connection>,
    statements: &Statements,
    buyer: AccountId,
    pool: i64,
    started: Instant,
) -> anyhow::Result<usize> {
    let mut sold = 0;
    while started.elapsed() < LENGTH && sold < MOST / 2 / BUYERS {
        let connection = connection.lock().map_err(|_| anyhow::anyhow!("a buyer's thread ended"))?;
        let now = Clock::System.now();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        raw::query_sqlite(&connection, &statements["registry::account::BY_ID"], args![buyer])?;
        let found = raw::query_sqlite(&connection, &statements["registry::number::sale::CLAIM"], args![pool])?;
        let (Some(Val::Int(id)), Some(Val::Text(digits))) = (found[0].first(), found[0].get(1)) else {
            anyhow::bail!("the pool ran dry");
        };
        for (name, args) in steps(buyer, pool, now, *id, digits) {
            raw::query_sqlite(&connection, &statements[name], &args)?;
        }
        connection.execute_batch("COMMIT")?;
        sold += 1;
    }
    Ok(sold)
}

async fn postgres_buyer(
    mut connection: raw::Postgres,
    statements: Arc<Statements>,
    buyer: AccountId,
    pool: i64,
    started: Instant,
) -> anyhow::Result<usize> {
    let mut sold = 0;
    while started.elapsed() < LENGTH && sold < MOST / 2 / BUYERS {
        let now = Clock::System.now();
        connection.batch("BEGIN").await?;
        connection.query(&statements["registry::account::BY_ID"], args![buyer]).await?;
        let found = connection.query(&statements["registry::number::sale::CLAIM"], args![pool]).await?;
        anyhow::ensure!(!found.is_empty(), "the pool ran dry");
        let (id, digits): (i64, String) = (found[0].get(0), found[0].get(1));
        for (name, args) in steps(buyer, pool, now, id, &digits) {
            connection.query(&statements[name], &args).await?;
        }
        connection.batch("COMMIT").await?;
        sold += 1;
    }
    Ok(sold)
}
