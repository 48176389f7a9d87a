//! ENUM numbers: numbers with what they are mapped to.
//!
//! A number is in the range of its domain that has the longest prefix of it, and is whose that range is. An asterisk behind
//! the digits makes it stand for all numbers that begin so and are not there themselves.

use e164::{E164, MAX_DIGITS};
use serde::Serialize;
use store::{Tx, Val, args};

use super::mapping::{self, Mapping};
use super::naptr::dns_name;
use super::range::{self, EnumRange};
use crate::caller::Caller;
use crate::dns::{name, root};
use crate::id::{AccountId, EnumNumberId, EnumRangeId};
use crate::journal::{self, Recorded};
use crate::listing::{Column, Reach, Shared, Source};
use crate::quota::{self, At, Kind as Counted};
use crate::record::{self, Kept, Record, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A number.
    EnumNumber(EnumNumberId) in "enum_numbers" called "ENUM number" {
        /// The range that it is in; follows from the number.
        range_id: EnumRangeId,
        /// Whose the range is.
        account_id: AccountId,
        /// The range's reseller.
        reseller_id: AccountId,
        /// The customer that it is assigned to, who sees it too.
        owner_id: Option<AccountId>,
        /// Digits of E.164 without a plus sign, with an asterisk behind them for all that begin so; it remains.
        number: String,
        /// The domain that it is below; it remains.
        tld: String,
        /// Its name in DNS; follows from the number.
        dns_name: String,
        /// A remark.
        info: String,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// A number and what it is mapped to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnumEntry {
    /// The number.
    #[serde(flatten)]
    pub number: EnumNumber,
    /// Its mappings, each with its id.
    pub mappings: Vec<Mapping>,
}

/// All ENUM numbers. Of the mappings, `mapto` is asked for with or without its scheme; the patterns of `type_like` and
/// `mapto_like` are those of [`crate::listing::Condition::Alike`].
pub static ALL: Source = Source {
    name: "ENUM numbers",
    from: "enum_numbers t",
    fixed: "",
    reach: Reach { shared: Shared::WithOwner("owner_id"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("range_id", "t.range_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("owner_id", "t.owner_id"),
        Column::text("number", "t.number"),
        Column::text("tld", "t.tld"),
        Column::text("info", "t.info"),
        Column::int("modified_at", "t.modified_at"),
        Column::matching(
            "type",
            "EXISTS (SELECT 1 FROM enum_mappings m WHERE m.number_id = t.id AND m.service = LOWER(?))",
        ),
        Column::matching(
            "type_like",
            "EXISTS (SELECT 1 FROM enum_mappings m WHERE m.number_id = t.id AND m.service LIKE LOWER(?) ESCAPE '\\')",
        ),
        Column::matching(
            "mapto",
            "t.id IN (SELECT m.number_id FROM enum_mappings m WHERE m.mapto_key = LOWER(?) \
             UNION SELECT m.number_id FROM enum_mappings m WHERE m.target_key = LOWER(?))",
        ),
        Column::matching(
            "mapto_like",
            "EXISTS (SELECT 1 FROM enum_mappings m WHERE m.number_id = t.id AND (m.mapto_key LIKE LOWER(?) ESCAPE '\\' \
             OR m.target_key LIKE LOWER(?) ESCAPE '\\'))",
        ),
    ],
    tallies: &["reseller_id", "range_id"],
};

statements! {
    BY_NUMBER = "SELECT id FROM enum_numbers WHERE number = $1 AND tld = $2";
    UPDATE = "UPDATE enum_numbers SET owner_id = $1, info = $2, modified_at = $3 WHERE id = $4";
}

/// The numbers of those ids that are there with their mappings, in their order; for ids that a [`crate::listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<EnumEntry>> {
    let numbers: Vec<EnumNumber> = record::load(tx, ids).await?;
    let mut mappings = mapping::load(tx, ids).await?;
    let entry = |number: EnumNumber| EnumEntry { mappings: mappings.remove(&number.id.0).unwrap_or_default(), number };
    Ok(numbers.into_iter().map(entry).collect())
}

/// The number of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: EnumNumberId) -> Result<EnumEntry> {
    let number: EnumNumber = record::get(tx, caller, id.0).await?;
    with_mappings(tx, number).await
}

/// The number with those digits below a domain, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_number(tx: &mut Tx, caller: &Caller, number: &str, tld: &str) -> Result<EnumEntry> {
    let not_found = || Error::not_found(EnumNumber::NOUN, format!("{number} {tld}"));
    let (Ok(digits), Ok(domain)) = (digits(number), name::host("tld", tld)) else { return Err(not_found()) };
    let row = tx.query_opt(BY_NUMBER, args![digits, domain]).await?.ok_or_else(not_found)?;
    match get(tx, caller, row.at(0)?).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        other => other,
    }
}

async fn with_mappings(tx: &mut Tx, number: EnumNumber) -> Result<EnumEntry> {
    let mappings = mapping::load(tx, &[number.id.0]).await?.remove(&number.id.0).unwrap_or_default();
    Ok(EnumEntry { number, mappings })
}

/// A number as it is stored.
fn digits(text: &str) -> Result<String> {
    let text = text.trim();
    let (beginning, star) = text.strip_suffix('*').map_or((text, ""), |beginning| (beginning, "*"));
    let number = E164::parse(beginning).map_err(|why| Error::invalid("number", format!("`{text}`: {why}")))?;
    Ok(format!("{}{star}", number.digits()))
}

/// Makes a number with its mappings in the range that it falls into.
///
/// # Errors
/// [`Error::Invalid`] for `number` where there is no range for it, and for what is wrong with a mapping;
/// [`Error::Taken`]; [`Error::Conflict`] where the range is full; [`Error::Quota`]; [`Error::NotAllowed`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut number: EnumNumber,
    mappings: Vec<Mapping>,
) -> Result<EnumEntry> {
    EnumNumber::must_keep(caller)?;
    number.settle(tx, caller, now, None).await?;
    let number = record::insert(tx, number).await?;
    number.stored(tx, caller, now, None).await?;
    let mappings = mapping::replace(tx, &number, &[], mappings).await?;
    let made = EnumEntry { number, mappings };
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok(made)
}

/// Changes the owner and the remark of a number and replaces its mappings, which keep the ids that are given.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut number: EnumNumber,
    mappings: Vec<Mapping>,
) -> Result<EnumEntry> {
    EnumNumber::must_keep(caller)?;
    let before = hold(tx, caller, number.id).await?;
    number.settle(tx, caller, now, Some(&before.number)).await?;
    tx.execute(UPDATE, args![number.owner_id, &number.info, now, number.id]).await?;
    let mappings = mapping::replace(tx, &number, &before.mappings, mappings).await?;
    number.stored(tx, caller, now, Some(&before.number)).await?;
    let after = EnumEntry { number, mappings };
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Removes a number with its mappings.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: EnumNumberId) -> Result<EnumEntry> {
    EnumNumber::must_keep(caller)?;
    let before = hold(tx, caller, id).await?;
    before.number.going(tx, caller, now).await?;
    record::remove(tx, &before.number).await?;
    journal::record(tx, caller, now, Some(&before), None).await?;
    Ok(before)
}

/// The number, held with its range until the transaction ends.
async fn hold(tx: &mut Tx, caller: &Caller, id: EnumNumberId) -> Result<EnumEntry> {
    let Some(number) = record::load::<EnumNumber>(tx, &[id.0]).await?.pop() else {
        return Err(Error::not_found(EnumNumber::NOUN, id));
    };
    range::lock(tx, number.range_id).await?;
    let number = record::hold(tx, caller, id.0).await?;
    with_mappings(tx, number).await
}

impl EnumNumber {
    /// Finds the range that it falls into, and holds it.
    async fn find_range(&self, tx: &mut Tx, caller: &Caller) -> Result<EnumRange> {
        let none = || Error::invalid("number", format!("no range of {} has a prefix of {}", self.tld, self.number));
        let range = range::held_for(tx, self.number.trim_end_matches('*'), &self.tld).await?.ok_or_else(none)?;
        match record::get::<EnumRange>(tx, caller, range.0).await {
            Err(Error::NotFound { .. }) => Err(none()),
            other => other,
        }
    }

    fn check_length(&self, range: &EnumRange) -> Result<()> {
        let length = self.number.trim_end_matches('*').len();
        let wild = self.number.ends_with('*');
        let most = if range.max_digits == 0 { MAX_DIGITS as i64 } else { range.max_digits };
        // What stands for many may be shorter than any of them.
        let least = if wild { 0 } else { range.min_digits };
        if (least..=most).contains(&(length as i64)) {
            return Ok(());
        }
        Err(Error::invalid(
            "number",
            format!("numbers of the range {} have from {} to {most} digits", range.prefix, range.min_digits.max(1)),
        ))
    }

    fn counted(&self) -> AccountId {
        self.owner_id.unwrap_or(self.account_id)
    }
}

#[async_trait::async_trait]
impl Kept for EnumNumber {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "number";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("enum_ranges", "range_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        root::must_keep(caller)
    }

    fn taken(&self) -> Error {
        Error::taken(Self::NOUN, "number", format!("{} {}", self.number, self.tld))
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        self.number = digits(&self.number)?;
        self.tld = name::host("tld", &self.tld)?;
        root::check_info(&self.info)?;
        let range = match before {
            None => {
                root::may_create(tx, caller).await?;
                let range = self.find_range(tx, caller).await?;
                self.check_length(&range)?;
                range
            }
            Some(before) if (&before.number, &before.tld) != (&self.number, &self.tld) => {
                return Err(Error::invalid("number", "a number remains what it is"));
            }
            Some(before) => record::get(tx, caller, before.range_id.0).await.map_err(root::not_keeper)?,
        };
        (self.range_id, self.account_id, self.reseller_id) = (range.id, range.account_id, range.reseller_id);
        self.dns_name = dns_name(&self.number, &self.tld);
        root::check_owner(tx, caller, self.owner_id, before.and_then(|before| before.owner_id)).await?;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => range::take(tx, self.range_id).await?,
            Some(_) => range::changed(tx, self.range_id).await?,
        }
        let at = |number: &EnumNumber| At::of(number.counted(), Some(self.account_id));
        quota::moved(tx, Counted::EnumNumbers, 1, before.map(at), Some(at(self))).await
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        record::get::<EnumRange>(tx, caller, self.range_id.0).await.map_err(root::not_keeper)?;
        mapping::clear(tx, self).await?;
        range::give_back(tx, self.range_id).await?;
        quota::give_back(tx, Counted::EnumNumbers, self.counted(), Some(self.account_id), 1).await
    }
}

impl Recorded for EnumEntry {
    const KIND: &'static str = EnumNumber::TABLE;

    fn record_id(&self) -> i64 {
        self.number.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.number.account_id)
    }
}

/// The prefixes that a number has, filled up to as many as a statement asks for.
pub(super) fn prefixes(digits: &str) -> Vec<Val> {
    (1..=MAX_DIGITS).map(|length| Val::from(&digits[..length.min(digits.len())])).collect()
}
