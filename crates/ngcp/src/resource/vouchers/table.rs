//! Vouchers as comma-separated values.

use std::time::Duration;

use axum::body::to_bytes;
use csv::StringRecord;
use registry::billing::voucher::Voucher;
use registry::billing::voucher_batch::{self, Entry, MOST};
use registry::id::{AccountId, PackageId, VoucherId};
use registry::{Caller, Role};
use store::Db;

use crate::kernel::flow::{Flow, goes_on};
use crate::kernel::table as csv_table;
use crate::kernel::{LARGEST_TABLE, Outcome, Refusal, Reply, time};

/// The columns of a file without names.
const COLUMNS: &[&str] = &["code", "amount", "valid_until", "customer_id", "package_id"];
/// Most time for a file to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Takes in a file for the reseller that the query names, or the caller's own. What it takes the place of goes after it, to
/// the end, whether the sender waits for it or not.
pub(super) async fn take_in(flow: Flow<'_>) -> Outcome<Reply> {
    let named = flow.params.get("reseller_id").and_then(|id| id.parse().ok()).map(AccountId);
    let reseller = match flow.caller.role {
        Role::Admin => named.ok_or_else(|| Refusal::new(422, "Missing parameter 'reseller_id'."))?,
        _ => flow.caller.account,
    };
    let purge = flow.params.is_true("purge_existing");
    let late = |_| Refusal::new(408, "The body did not go on.");
    let body = tokio::time::timeout(ARRIVAL, to_bytes(flow.body, LARGEST_TABLE)).await.map_err(late)?;
    let broken = |_| Refusal::new(413, format!("The body did not arrive whole, or is larger than {LARGEST_TABLE} bytes."));
    let entries = entries(&body.map_err(broken)?)?;
    let (db, caller, now) = (flow.state.ordering.db().clone(), flow.caller.clone(), flow.now);
    let first = registry::transaction!(db, |tx| {
        voucher_batch::take_in(tx, &caller, now, reseller, &entries, purge).await
    })?;
    if !purge {
        return Ok(Reply::status(201));
    }
    let rest = async move { clear(&db, &caller, now, reseller, first).await };
    let done = goes_on(flow.call, "removal of vouchers", rest).await?;
    Ok(Reply::status(if done { 201 } else { 202 }))
}

/// Removes what has not been used of the vouchers before one.
async fn clear(db: &Db, caller: &Caller, now: i64, reseller: AccountId, below: VoucherId) -> registry::Result<()> {
    let next = || async {
        registry::transaction!(db, |tx| voucher_batch::purge(tx, caller, now, reseller, below).await)
    };
    while next().await? {}
    Ok(())
}

/// Reads a file; its first line may name the columns.
fn entries(body: &[u8]) -> Result<Vec<Entry>, Refusal> {
    let mut columns: Vec<String> = COLUMNS.iter().map(|&name| name.to_owned()).collect();
    let mut entries = Vec::new();
    for (n, row) in csv_table::reader(body).records().enumerate() {
        let row = row.map_err(|error| csv_table::unreadable(&error))?;
        let line = csv_table::line(&row);
        if n == 0 && row.iter().any(|cell| cell == "valid_until") {
            if let Some(unknown) = row.iter().find(|cell| !COLUMNS.contains(cell)) {
                return Err(csv_table::wrong(line, format!("there is no column '{unknown}'")));
            }
            columns = row.iter().map(str::to_owned).collect();
            continue;
        }
        if entries.len() == MOST {
            return Err(csv_table::wrong(line, format!("a file has at most {MOST} lines")));
        }
        let voucher = read(&row, &columns).map_err(|what| csv_table::wrong(line, what))?;
        entries.push(Entry { line, voucher });
    }
    Ok(entries)
}

fn read(row: &StringRecord, columns: &[String]) -> Result<Voucher, String> {
    if row.len() > columns.len() {
        return Err(format!("{} columns are too many, at most {}", row.len(), columns.len()));
    }
    let cell = |name: &str| {
        let place = columns.iter().position(|column| column == name)?;
        row.get(place).filter(|cell| !cell.is_empty())
    };
    let number = |name: &str| match cell(name) {
        Some(text) => text.parse::<i64>().map(Some).map_err(|_| format!("{name} is no integer")),
        None => Ok(None),
    };
    let missing = |name: &str| format!("{name} is missing");
    Ok(Voucher {
        code: cell("code").ok_or_else(|| missing("code"))?.into(),
        amount: number("amount")?.ok_or_else(|| missing("amount"))?,
        valid_until: cell("valid_until").and_then(time::parse).ok_or_else(|| missing("valid_until"))?,
        customer_id: number("customer_id")?.map(AccountId),
        package_id: number("package_id")?.map(PackageId),
        ..Voucher::default()
    })
}
