//! Vouchers as comma-separated values.

use csv::StringRecord;
use registry::billing::voucher::{self, Voucher};
use registry::id::{AccountId, PackageId};
use registry::{Error, Role, record};

use crate::kernel::{Cx, Failure, Outcome, Refusal, time};

/// The columns of a file without names.
const COLUMNS: &[&str] = &["code", "amount", "valid_until", "customer_id", "package_id"];
/// Most lines of a file.
const MOST: usize = 20_000;

/// Takes in a file for the reseller that the query names, or the caller's own.
pub(super) async fn take_in(cx: &mut Cx<'_>, body: &[u8]) -> Outcome<()> {
    let named = cx.params.get("reseller_id").and_then(|id| id.parse().ok()).map(AccountId);
    let reseller = match cx.caller.role {
        Role::Admin => named.ok_or_else(|| Refusal::new(422, "Missing parameter 'reseller_id'."))?,
        _ => cx.caller.account,
    };
    if cx.params.is_true("purge_existing") {
        voucher::purge(cx.tx, cx.caller, cx.now, reseller).await?;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(body);
    let mut columns: Vec<String> = COLUMNS.iter().map(|&name| name.to_owned()).collect();
    for (n, row) in reader.records().enumerate() {
        let wrong = |what: String| Refusal::new(422, format!("line {}: {what}", n + 1));
        let row = row.map_err(|error| wrong(error.to_string()))?;
        if n == 0 && row.iter().any(|cell| cell == "valid_until") {
            if let Some(unknown) = row.iter().find(|cell| !COLUMNS.contains(cell)) {
                return Err(wrong(format!("there is no column '{unknown}'")).into());
            }
            columns = row.iter().map(str::to_owned).collect();
            continue;
        }
        if n > MOST {
            return Err(wrong(format!("a file has at most {MOST} lines")).into());
        }
        let voucher = read(&row, &columns, reseller).map_err(wrong)?;
        record::create(cx.tx, cx.caller, cx.now, voucher).await.map_err(|error| match error {
            Error::Taken { .. } => wrong("the code exists already".to_owned()).into(),
            error @ (Error::Invalid { .. } | Error::Dangling { .. }) => wrong(error.to_string()).into(),
            error => Failure::Registry(error),
        })?;
    }
    Ok(())
}

fn read(row: &StringRecord, columns: &[String], reseller: AccountId) -> Result<Voucher, String> {
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
        reseller_id: reseller,
        code: cell("code").ok_or_else(|| missing("code"))?.into(),
        amount: number("amount")?.ok_or_else(|| missing("amount"))?,
        valid_until: cell("valid_until").and_then(time::parse).ok_or_else(|| missing("valid_until"))?,
        customer_id: number("customer_id")?.map(AccountId),
        package_id: number("package_id")?.map(PackageId),
        ..Voucher::default()
    })
}
