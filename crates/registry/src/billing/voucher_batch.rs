//! Many vouchers at a time: a file of them is taken in as a whole or not at all, and those that have not been used go a
//! batch after the other, each in a transaction of its own.
//!
//! What was done is one row in the journal for each transaction, under the reseller. An error names the line that it was
//! found on, and never a code.

use serde::Serialize;
use store::{Row, Tx, Val, args};

use super::voucher::{ALL, Suiting, Voucher};
use crate::caller::Caller;
use crate::id::{AccountId, PackageId, VoucherId};
use crate::journal::{self, Change, Operation};
use crate::record::{self, Kept};
use crate::statement::statements;
use crate::{Error, Result, listing};

/// The most vouchers of one file.
pub const MOST: usize = 20_000;
/// Vouchers that are removed in one transaction.
const BATCH: i64 = 1_000;
/// Codes that are looked for by one statement.
const CODES: usize = 100;

statements! {
    UNUSED = "SELECT id FROM vouchers WHERE reseller_id = $1 AND used_at IS NULL AND id < $2 ORDER BY id LIMIT $3 {wait}";
}

/// `{ids}` as for [`listing::for_ids`].
const REMOVE: &str = "DELETE FROM vouchers WHERE id IN ({ids}) RETURNING id, package_id";
const REMOVE_CODES: &str = "DELETE FROM vouchers WHERE reseller_id = $1 AND used_at IS NULL AND code IN ({codes}) \
    RETURNING id, package_id";

/// A voucher and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line of the file, from 1.
    pub line: u64,
    /// What it says; whose it is does not matter.
    pub voucher: Voucher,
}

#[derive(Debug, Serialize)]
struct Done {
    reseller_id: AccountId,
    added: usize,
    removed: usize,
}

impl Done {
    async fn write(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        let change = Change {
            kind: "voucher_batches",
            record_id: self.reseller_id.0,
            account: Some(self.reseller_id),
            operation: Operation::Update,
            before: None,
            after: Some(self),
        };
        journal::write(tx, caller, now, change).await
    }
}

/// The same error, saying where it was found.
fn at_line(line: u64, error: Error) -> Error {
    match error {
        Error::Invalid { .. } | Error::Dangling { .. } => Error::invalid("vouchers", format!("line {line}: {error}")),
        other => other,
    }
}

/// Takes in a file of vouchers for a reseller, as a whole or not at all. With `replacing` vouchers with the same codes that
/// have not been used make room for them; what else is to go is for [`purge`], with the id that is answered: that of the
/// first of the new ones, or one that no voucher has.
///
/// # Errors
/// [`Error::Dangling`] for `reseller_id`, [`Error::NotAllowed`], [`Error::Invalid`] for `vouchers`, naming the line.
pub async fn take_in(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    reseller: AccountId,
    entries: &[Entry],
    replacing: bool,
) -> Result<VoucherId> {
    must_keep(tx, caller, reseller).await?;
    if entries.len() > MOST {
        return Err(Error::invalid("vouchers", format!("a file has at most {MOST} vouchers")));
    }
    let made = |entry: &Entry| Voucher {
        reseller_id: reseller,
        created_at: now,
        used_at: None,
        used_by_subscriber_id: None,
        ..entry.voucher.clone()
    };
    let vouchers: Vec<Voucher> = entries.iter().map(made).collect();
    check(tx, reseller, entries, &vouchers).await?;
    let removed = if replacing { remove_codes(tx, reseller, &vouchers).await? } else { 0 };
    let lost = |n: usize| {
        let line = entries.get(n).map_or(0, |entry| entry.line);
        Error::invalid("vouchers", format!("line {line}: the code exists already"))
    };
    let ids = record::insert_all(tx, &vouchers, lost).await?;
    Done { reseller_id: reseller, added: ids.len(), removed }.write(tx, caller, now).await?;
    Ok(VoucherId(ids.into_iter().min().unwrap_or(i64::MAX)))
}

/// Removes the next vouchers of a reseller that have not been used and whose ids are below that one. Whether there may be
/// more; one that is used or goes in this moment is passed over.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Dangling`] for `reseller_id`.
pub async fn purge(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId, below: VoucherId) -> Result<bool> {
    must_keep(tx, caller, reseller).await?;
    // Once they are held, nobody can use them any more.
    let rows = tx.query(UNUSED, args![reseller, below, BATCH]).await?;
    let ids = rows.iter().map(|row| Ok(row.at(0)?)).collect::<Result<Vec<i64>>>()?;
    let rows = listing::for_ids(tx, REMOVE, &ids).await?;
    let removed = count_out(tx, reseller, &rows)?;
    if removed > 0 {
        Done { reseller_id: reseller, added: 0, removed }.write(tx, caller, now).await?;
    }
    Ok(ids.len() as i64 == BATCH)
}

async fn must_keep(tx: &mut Tx, caller: &Caller, reseller: AccountId) -> Result<()> {
    Voucher::must_keep(caller)?;
    caller.must_write()?;
    record::check_reseller(tx, caller, reseller).await
}

async fn check(tx: &mut Tx, reseller: AccountId, entries: &[Entry], vouchers: &[Voucher]) -> Result<()> {
    let suiting = Suiting::of(tx, reseller, vouchers).await?;
    for (Entry { line, .. }, voucher) in entries.iter().zip(vouchers) {
        voucher.check().and_then(|()| suiting.check(voucher)).map_err(|error| at_line(*line, error))?;
    }
    Ok(())
}

async fn remove_codes(tx: &mut Tx, reseller: AccountId, vouchers: &[Voucher]) -> Result<usize> {
    let mut removed = 0;
    for some in vouchers.chunks(CODES) {
        let places: Vec<String> = (2..some.len() + 2).map(|n| format!("${n}")).collect();
        let codes = some.iter().map(|voucher| Val::from(voucher.code.clone()));
        let values: Vec<Val> = std::iter::once(reseller.into()).chain(codes).collect();
        let rows = tx.query(&REMOVE_CODES.replace("{codes}", &places.join(", ")), &values).await?;
        removed += count_out(tx, reseller, &rows)?;
    }
    Ok(removed)
}

/// Counts vouchers of a reseller out that are gone.
fn count_out(tx: &mut Tx, reseller: AccountId, rows: &[Row]) -> Result<usize> {
    for row in rows {
        let (id, package): (i64, Option<PackageId>) = (row.at(0)?, row.at(1)?);
        let package = package.map(|id| ("package_id", id.0));
        let values: Vec<_> = [("reseller_id", reseller.0)].into_iter().chain(package).collect();
        ALL.count(tx, id, &values, -1);
    }
    Ok(rows.len())
}
