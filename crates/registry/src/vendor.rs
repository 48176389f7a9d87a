//! Vendors: the file names them, the database remembers how they behave, for all servers together.

use serde::Serialize;
use store::{Row, Tx, args};

use crate::alert::{self, Kind};
use crate::caller::Caller;
use crate::id::VendorId;
use crate::journal::{self, Change, Operation};
use crate::listing::{self, Column, Reach, Source};
use crate::statement::statements;
use crate::{Error, Result};

/// Most vendors of an installation.
pub const MOST: u32 = 1_000;

/// A vendor. Its credentials stay in the vendors' file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vendor {
    /// The id.
    pub id: VendorId,
    /// The key in the vendors' file.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// The plugin.
    pub method: String,
    /// Whether the file names it.
    pub active: bool,
    /// Failures in a row.
    pub failures: i64,
    /// No call before this time, in microseconds since 1970 UTC; 0: calls may be made.
    pub open_until: i64,
}

/// A vendor as the file has it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The key.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// The plugin.
    pub method: String,
    /// How many calls may run at once.
    pub concurrency: u32,
}

/// All vendors, also those that the file no longer names.
pub static VENDORS: Source = Source {
    name: "vendors",
    from: "vendors t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::text("name", "t.name"),
        Column::text("display_name", "t.display_name"),
        Column::bool("active", "t.active"),
        Column::int("failures", "t.failures"),
    ],
    tallies: &[],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&VENDORS];

macro_rules! columns {
    () => {
        "id, name, display_name, method, active, failures, open_until"
    };
}

/// A statement for several vendors at a time.
const MANY: &str = concat!(
    "SELECT ",
    columns!(),
    ", (SELECT COUNT(*) FROM vendor_slots s WHERE s.vendor_id = vendors.id) AS slots, (SELECT COUNT(*) FROM \
     vendor_slots s WHERE s.vendor_id = vendors.id AND s.leased_until >= {now}) AS busy FROM vendors WHERE id IN ({ids})"
);

statements! {
    INSERT = concat!("INSERT INTO vendors (name, display_name, method, active, failures, open_until, next_call_at, \
        created_at, modified_at) VALUES ($1, $2, $3, true, 0, 0, 0, $4, $4) ON CONFLICT (name) DO NOTHING RETURNING ",
        columns!());
    UPDATE = concat!("UPDATE vendors SET display_name = $1, method = $2, active = true, modified_at = $3 \
        WHERE name = $4 RETURNING ", columns!());
    RETIRE = "UPDATE vendors SET active = false, modified_at = $1 WHERE id = $2";
    LIST = concat!("SELECT ", columns!(), " FROM vendors ORDER BY id LIMIT 1000");
    BY_ID = concat!("SELECT ", columns!(), " FROM vendors WHERE id = $1");
    BY_NAME = concat!("SELECT ", columns!(), " FROM vendors WHERE name = $1");
    LOCK = "SELECT id, next_call_at FROM vendors WHERE id = $1 {wait}";
    NEXT_CALL = "UPDATE vendors SET next_call_at = $1 WHERE id = $2";
    ADD_SLOT = "INSERT INTO vendor_slots (vendor_id, slot, leased_until, token) VALUES ($1, $2, 0, {now}) \
        ON CONFLICT (vendor_id, slot) DO NOTHING";
    DROP_SLOTS = "DELETE FROM vendor_slots WHERE vendor_id = $1 AND slot >= $2";
    TAKE_SLOT = "UPDATE vendor_slots SET leased_until = {now} + $1, token = token + 1 WHERE vendor_id = $2 AND slot = \
        (SELECT slot FROM vendor_slots WHERE vendor_id = $2 AND leased_until < {now} ORDER BY slot LIMIT 1 {lock}) \
        RETURNING slot, token";
    FREE_SLOT = "UPDATE vendor_slots SET leased_until = 0 WHERE vendor_id = $1 AND slot = $2 AND token = $3";
    SUCCESS = "UPDATE vendors SET failures = 0, open_until = 0 WHERE id = $1 AND (failures > 0 OR open_until > 0)";
    FAILURE = "UPDATE vendors SET failures = failures + 1 WHERE id = $1 RETURNING failures";
    OPEN = "UPDATE vendors SET open_until = $1 WHERE id = $2";
}

fn vendor(row: &Row) -> Result<Vendor> {
    Ok(Vendor {
        id: row.get("id")?,
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        method: row.get("method")?,
        active: row.get("active")?,
        failures: row.get("failures")?,
        open_until: row.get("open_until")?,
    })
}

/// Makes the vendors those of the file; what the file no longer names is kept, but not asked.
///
/// # Errors
/// [`Error::Invalid`] where the file names too many.
pub async fn sync(tx: &mut Tx, caller: &Caller, now: i64, listed: &[Listed]) -> Result<Vec<Vendor>> {
    let known = list(tx).await?;
    for line in at_most(listed)? {
        update(tx, caller, now, known.iter().find(|v| v.name == line.name), line).await?;
    }
    for gone in known.iter().filter(|v| v.active && !listed.iter().any(|l| l.name == v.name)) {
        tx.execute(RETIRE, args![now, gone.id]).await?;
        write(tx, caller, now, Some(gone), &Vendor { active: false, ..gone.clone() }).await?;
    }
    list(tx).await
}

/// Makes the vendors known that are not yet, and changes none that is: for whoever looks at a file of its own.
///
/// # Errors
/// As [`sync`].
pub async fn introduce(tx: &mut Tx, caller: &Caller, now: i64, listed: &[Listed]) -> Result<Vec<Vendor>> {
    let known = list(tx).await?;
    for line in at_most(listed)?.iter().filter(|line| !known.iter().any(|v| v.name == line.name)) {
        update(tx, caller, now, None, line).await?;
    }
    list(tx).await
}

fn at_most(listed: &[Listed]) -> Result<&[Listed]> {
    if listed.len() > MOST as usize {
        return Err(Error::invalid("vendors", format!("{} vendors are more than {MOST}", listed.len())));
    }
    Ok(listed)
}

async fn update(tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Vendor>, line: &Listed) -> Result<()> {
    let inserted = tx.query_opt(INSERT, args![&line.name, &line.display_name, &line.method, now]).await?;
    let after = match &inserted {
        Some(row) => vendor(row)?,
        None => vendor(&tx.query_one(UPDATE, args![&line.display_name, &line.method, now, &line.name]).await?)?,
    };
    if inserted.is_some() {
        VENDORS.count(tx, after.id.0, &[], 1);
    }
    for slot in 0..line.concurrency.max(1) {
        tx.execute(ADD_SLOT, args![after.id, slot]).await?;
    }
    tx.execute(DROP_SLOTS, args![after.id, line.concurrency.max(1)]).await?;
    if before.is_none_or(|b| b.display_name != after.display_name || b.method != after.method || !b.active) {
        write(tx, caller, now, before, &after).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Vendor>, after: &Vendor) -> Result<()> {
    let change = Change {
        kind: "vendors",
        record_id: after.id.0,
        account: None,
        operation: if before.is_some() { Operation::Update } else { Operation::Create },
        before: before.map(|b| b as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}

/// All vendors, also those that the file no longer names.
///
/// # Errors
/// Only those of the database.
pub async fn list(tx: &mut Tx) -> Result<Vec<Vendor>> {
    tx.query(LIST, args![]).await?.iter().map(vendor).collect()
}

/// A vendor and its calls.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The vendor.
    pub vendor: Vendor,
    /// How many calls may run at once.
    pub slots: u32,
    /// How many are running.
    pub busy: u32,
}

fn condition(row: &Row) -> Result<Condition> {
    Ok(Condition { vendor: vendor(row)?, slots: row.get("slots")?, busy: row.get("busy")? })
}

/// The vendors of those ids, in their order, with their calls; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Condition>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(condition).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |condition| condition.vendor.id.0))
}

/// The vendor of that id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, id: VendorId) -> Result<Vendor> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    row.as_ref().map(vendor).transpose()?.ok_or_else(|| Error::not_found("vendor", id))
}

/// The vendor of that key.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, name: &str) -> Result<Vendor> {
    let row = tx.query_opt(BY_NAME, args![name]).await?;
    row.as_ref().map(vendor).transpose()?.ok_or_else(|| Error::not_found("vendor", name))
}

/// Locks a vendor for the rest of the transaction: what is counted of it does not change meanwhile.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(tx: &mut Tx, id: VendorId) -> Result<()> {
    tx.query_opt(LOCK, args![id]).await?.map(drop).ok_or_else(|| Error::not_found("vendor", id))
}

/// The right to make one call to a vendor now.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    vendor: VendorId,
    slot: i64,
    token: i64,
}

/// Whether a call may be made now.
#[derive(Clone, Copy, Debug)]
pub enum Admission {
    /// Yes: with this permit, to be given back afterwards.
    Granted(Permit),
    /// Not yet: in so many microseconds.
    Wait(i64),
}

/// Asks for the right to call a vendor: within its concurrency, and with `interval` microseconds between calls (0: no
/// rate limit). The permit ends by itself after `lease` microseconds, in case its holder dies.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn admit(tx: &mut Tx, id: VendorId, interval: i64, lease: i64) -> Result<Admission> {
    const BUSY: i64 = 200_000;
    let row = tx.query_opt(LOCK, args![id]).await?.ok_or_else(|| Error::not_found("vendor", id))?;
    let wall = crate::job::now(tx).await?;
    let next: i64 = row.at(1)?;
    if interval > 0 && next > wall {
        return Ok(Admission::Wait(next - wall));
    }
    let Some(row) = tx.query_opt(TAKE_SLOT, args![lease, id]).await? else { return Ok(Admission::Wait(BUSY)) };
    if interval > 0 {
        tx.execute(NEXT_CALL, args![wall + interval, id]).await?;
    }
    Ok(Admission::Granted(Permit { vendor: id, slot: row.at(0)?, token: row.at(1)? }))
}

/// Gives a permit back.
///
/// # Errors
/// Only those of the database.
pub async fn leave(tx: &mut Tx, permit: &Permit) -> Result<()> {
    tx.execute(FREE_SLOT, args![permit.vendor, permit.slot, permit.token]).await?;
    Ok(())
}

/// Records that a call went well: the circuit breaker closes.
///
/// # Errors
/// Only those of the database.
pub async fn succeeded(tx: &mut Tx, now: i64, id: VendorId) -> Result<()> {
    if tx.execute(SUCCESS, args![id]).await? > 0 {
        alert::clear(tx, now, Kind::VendorDown, &format!("vendor:{id}")).await?;
    }
    Ok(())
}

/// Records that a call failed; after `most` in a row the vendor is left alone for `pause` microseconds.
///
/// # Errors
/// Only those of the database.
pub async fn failed(tx: &mut Tx, now: i64, id: VendorId, most: u32, pause: i64, why: &str) -> Result<()> {
    let Some(row) = tx.query_opt(FAILURE, args![id]).await? else { return Ok(()) };
    let failures: i64 = row.at(0)?;
    if most > 0 && failures >= i64::from(most) {
        tx.execute(OPEN, args![now + pause, id]).await?;
        let name = get(tx, id).await?.name;
        let message = format!("vendor {name} failed {failures} times in a row and is left alone for a while: {why}");
        alert::raise(tx, now, Kind::VendorDown, &format!("vendor:{id}"), &message).await?;
    }
    Ok(())
}

impl Vendor {
    /// Whether it may be asked at that time.
    #[must_use]
    pub fn may_be_asked(&self, now: i64) -> bool {
        self.active && self.open_until <= now
    }
}
