//! ENUM ranges: numbers with a prefix in common, and the zone that they are in.
//!
//! A range in another one takes the numbers that begin with its prefix away from it, so it can't be made while there are
//! such numbers. The serial number of its zone goes up with every change of the range or of a number in it.

use e164::{E164, MAX_DIGITS, is_country_code};
use store::{Tx, args};

use super::naptr::dns_name;
use super::number::{self, EnumNumber};
use crate::caller::{Caller, Role};
use crate::dns::root::{self, Kind, Root};
use crate::dns::{TTL, change, name};
use crate::id::{AccountId, EnumRangeId};
use crate::listing::{Column, Reach, Source};
use crate::quota::{self, At, Kind as Counted};
use crate::record::{self, Kept, Record, Stored, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A range of ENUM numbers.
    EnumRange(EnumRangeId) in "enum_ranges" called "ENUM range" {
        /// Whose it is; 0: the operator's.
        account_id: AccountId,
        /// The nearest reseller at or above that account.
        reseller_id: AccountId,
        /// What its numbers begin with: digits of E.164 without a plus sign; it remains.
        prefix: String,
        /// The domain that its zone is below; it remains.
        tld: String,
        /// The name of its zone; follows from the prefix.
        zone: String,
        /// The zone's serial number, kept here.
        serial: i64 = 1,
        /// For how long the zone's SOA and NS records may be kept, in seconds; 0 stands for the default.
        ttl: i64 = TTL,
        /// Fewest digits of a number, the prefix among them; 0: any.
        min_digits: i64,
        /// Most digits of a number; 0: any.
        max_digits: i64,
        /// Most numbers; 0: any.
        size: i64,
        /// How many numbers there are; kept here.
        used: i64,
        /// The zone's name servers, the primary first; none: those of the installation.
        nameservers: Stored<Vec<String>>,
        /// A remark.
        info: String,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed itself, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// All ENUM ranges.
pub static ALL: Source = Source {
    name: "ENUM ranges",
    from: "enum_ranges t",
    fixed: "",
    reach: Reach::ACCOUNT,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("prefix", "t.prefix"),
        Column::text("tld", "t.tld"),
        Column::text("info", "t.info"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

macro_rules! change {
    ($what:literal, $condition:literal) => {
        concat!(
            "UPDATE enum_ranges SET ",
            $what,
            "serial = CASE WHEN serial >= 4294967295 THEN 1 ELSE serial + 1 END WHERE id = $1",
            $condition,
            " RETURNING zone"
        )
    };
}

statements! {
    BY_PREFIX = "SELECT id FROM enum_ranges WHERE prefix = $1 AND tld = $2";
    LONGEST = "SELECT id FROM enum_ranges WHERE prefix IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
        AND tld = $16 ORDER BY LENGTH(prefix) DESC LIMIT 1";
    OF_ACCOUNT = "SELECT id FROM enum_ranges WHERE account_id = $1 ORDER BY id LIMIT 100";
    NUMBERS_OF_ACCOUNT = "SELECT id FROM enum_numbers WHERE account_id = $1 ORDER BY id LIMIT 100";
    LOCK = "SELECT id FROM enum_ranges WHERE id = $1 {wait}";
    TAKE = change!("used = used + 1, ", " AND (size = 0 OR used < size)");
    GIVE_BACK = change!("used = used - 1, ", "");
    BUMP = change!("", "");
    BEGINS_SO = "SELECT 1 FROM enum_numbers WHERE range_id = $1 AND number >= $2 AND number < $3 LIMIT 1";
    MOVE_NUMBERS = "UPDATE enum_numbers SET account_id = $1, reseller_id = $2 WHERE range_id = $3 RETURNING id";
    OWNERS = "SELECT owner_id, COUNT(*) AS n FROM enum_numbers WHERE range_id = $1 GROUP BY owner_id ORDER BY owner_id";
}

/// The range with that prefix below a domain, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_prefix(tx: &mut Tx, caller: &Caller, prefix: &str, tld: &str) -> Result<EnumRange> {
    let not_found = || Error::not_found(EnumRange::NOUN, format!("{prefix} {tld}"));
    let (Ok(digits), Ok(domain)) = (E164::parse(prefix), name::host("tld", tld)) else { return Err(not_found()) };
    let row = tx.query_opt(BY_PREFIX, args![digits.digits(), domain]).await?.ok_or_else(not_found)?;
    match record::get(tx, caller, row.at(0)?).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        other => other,
    }
}

/// Removes the ranges of an account that ends, with their numbers.
pub(crate) async fn delete_of_account(tx: &mut Tx, now: i64, id: AccountId, caller: &Caller) -> Result<()> {
    let system = Caller::system(&caller.name);
    loop {
        let rows = tx.query(NUMBERS_OF_ACCOUNT, args![id]).await?;
        if rows.is_empty() {
            return record::delete_all::<EnumRange>(tx, &system, now, OF_ACCOUNT, id.0).await;
        }
        for row in &rows {
            match number::delete(tx, &system, now, row.at(0)?).await {
                // Somebody else has removed it meanwhile.
                Err(Error::NotFound { .. }) => {}
                other => other.map(drop)?,
            }
        }
    }
}

/// Waits for whoever is changing the range or what is in it.
pub(super) async fn lock(tx: &mut Tx, id: EnumRangeId) -> Result<()> {
    tx.query_opt(LOCK, args![id]).await?;
    Ok(())
}

/// The range with the longest prefix of those digits, whoever has it, held until the transaction ends.
pub(super) async fn held_for(tx: &mut Tx, digits: &str, tld: &str) -> Result<Option<EnumRangeId>> {
    let mut values = number::prefixes(digits);
    values.push(tld.into());
    let mut held = None;
    loop {
        let found = tx.query_opt(LONGEST, &values).await?.map(|row| row.at(0)).transpose()?;
        // A range with a longer prefix may have come, or this one may have gone, before the lock was there.
        if found == held {
            return Ok(found);
        }
        if let Some(id) = found {
            lock(tx, id).await?;
        }
        held = found;
    }
}

async fn note(tx: &mut Tx, row: &store::Row) -> Result<()> {
    change::note(tx, &row.at::<String>(0)?).await
}

/// Notes that something in the range has changed.
pub(super) async fn changed(tx: &mut Tx, id: EnumRangeId) -> Result<()> {
    let row = tx.query_one(BUMP, args![id]).await?;
    note(tx, &row).await
}

/// Counts one number more, for whoever holds the range.
///
/// # Errors
/// [`Error::Conflict`] where the range is full.
pub(super) async fn take(tx: &mut Tx, id: EnumRangeId) -> Result<()> {
    let Some(row) = tx.query_opt(TAKE, args![id]).await? else {
        let full = record::load::<EnumRange>(tx, &[id.0]).await?.pop().unwrap_or_default();
        return Err(Error::Conflict(format!(
            "the range {} {} may have {} numbers and has {}",
            full.prefix, full.tld, full.size, full.used
        )));
    };
    note(tx, &row).await
}

/// Counts one number less.
pub(super) async fn give_back(tx: &mut Tx, id: EnumRangeId) -> Result<()> {
    let row = tx.query_one(GIVE_BACK, args![id]).await?;
    note(tx, &row).await
}

impl EnumRange {
    fn root(&self) -> Root<'_> {
        Root {
            kind: Kind::Enum,
            zone_id: self.id.0,
            name: &self.zone,
            account_id: self.account_id,
            ttl: self.ttl,
            nameservers: &self.nameservers.0,
        }
    }

    fn check_bounds(&self) -> Result<()> {
        for (field, value) in [("min_digits", self.min_digits), ("max_digits", self.max_digits)] {
            if !(0..=MAX_DIGITS as i64).contains(&value) {
                return Err(Error::invalid(field, format!("a number has from 1 to {MAX_DIGITS} digits")));
            }
        }
        let least = self.min_digits.max(self.prefix.len() as i64);
        if self.max_digits != 0 && self.max_digits < least {
            return Err(Error::invalid(
                "max_digits",
                format!("no number has from {least} to {} digits", self.max_digits),
            ));
        }
        if self.size < 0 {
            return Err(Error::invalid("size", format!("{} is below zero", self.size)));
        }
        Ok(())
    }

    /// A prefix that is a country code is for those who run the installation; so are the numbers of others.
    async fn check_place(&self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        if caller.role != Role::Admin && is_country_code(&self.prefix) {
            return Err(Error::NotAllowed(format!(
                "only an administrator may have the range of the country code {}",
                self.prefix
            )));
        }
        root::must_not_lie_in_anothers(tx, caller, Kind::Enum, &self.zone).await?;
        if tx.query_opt(BY_PREFIX, args![&self.prefix, &self.tld]).await?.is_some() {
            return Err(self.taken());
        }
        let Some(outer) = held_for(tx, &self.prefix, &self.tld).await? else { return Ok(()) };
        let end = format!("{}\u{10FFFF}", self.prefix);
        if tx.query_opt(BEGINS_SO, args![outer, &self.prefix, end]).await?.is_some() {
            return Err(Error::Conflict(format!("another range has numbers that begin with {}", self.prefix)));
        }
        Ok(())
    }

    /// The numbers of a range belong to whom the range belongs to.
    async fn move_numbers(&self, tx: &mut Tx, before: &EnumRange) -> Result<()> {
        for row in tx.query(MOVE_NUMBERS, args![self.account_id, self.reseller_id, self.id]).await? {
            EnumNumber::LIST.recount(tx, row.at(0)?, "reseller_id", before.reseller_id.0, self.reseller_id.0);
        }
        for row in tx.query(OWNERS, args![self.id]).await? {
            let (owner, n): (Option<AccountId>, i64) = (row.get("owner_id")?, row.get("n")?);
            let (was, is) = (before.account_id, self.account_id);
            let (was, is) = (At::of(owner.unwrap_or(was), Some(was)), At::of(owner.unwrap_or(is), Some(is)));
            quota::moved(tx, Counted::EnumNumbers, n, Some(was), Some(is)).await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for EnumRange {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "prefix";

    fn must_keep(caller: &Caller) -> Result<()> {
        root::must_keep(caller)
    }

    fn taken(&self) -> Error {
        Error::taken(Self::NOUN, "prefix", format!("{} {}", self.prefix, self.tld))
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        let prefix = E164::parse(&self.prefix).map_err(|why| Error::invalid("prefix", why.to_string()))?;
        self.prefix = prefix.digits().to_owned();
        self.tld = name::host("tld", &self.tld)?;
        self.zone = name::zone("tld", &dns_name(&self.prefix, &self.tld))?;
        // The SOA record names whoever is responsible below it.
        if !name::is_sendable(&format!("hostmaster.{}.", self.zone)) {
            return Err(Error::invalid("tld", format!("`{}` is too long for a zone below it", self.tld)));
        }
        self.check_bounds()?;
        self.ttl = root::seconds("ttl", self.ttl, TTL)?;
        self.nameservers.0 = root::nameservers(&self.nameservers.0)?;
        root::check_info(&self.info)?;
        let was = before.map(|before| (before.account_id, before.reseller_id));
        self.reseller_id = root::reseller_of(tx, caller, self.account_id, was).await?;
        self.modified_at = now;
        match before {
            None => {
                root::may_create(tx, caller).await?;
                self.check_place(tx, caller).await?;
                (self.serial, self.used, self.created_at) = (1, 0, now);
            }
            Some(before) if before.zone != self.zone => {
                return Err(Error::invalid("prefix", "a range keeps its prefix"));
            }
            Some(before) => {
                (self.serial, self.used) = (root::next_serial(before.serial), before.used);
                self.created_at = before.created_at;
                if self.size != 0 && self.size < self.used && self.size != before.size {
                    return Err(Error::invalid("size", format!("the range has {} numbers already", self.used)));
                }
            }
        }
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        self.root().publish(tx, before.is_none()).await?;
        if let Some(before) = before.filter(|before| before.account_id != self.account_id) {
            self.move_numbers(tx, before).await?;
        }
        let was = before.map(|before| At::of(before.account_id, None));
        quota::moved(tx, Counted::EnumRanges, 1, was, Some(At::of(self.account_id, None))).await
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        if self.used > 0 {
            return Err(Error::InUse { kind: Self::NOUN, key: format!("{} {}", self.prefix, self.tld) });
        }
        quota::give_back(tx, Counted::EnumRanges, self.account_id, None, 1).await?;
        self.root().withdraw(tx).await
    }
}
