//! Vouchers: codes that are worth money once.
//!
//! A code is unique for its reseller. A voucher for a customer is for nobody else; one with a package gives it to whoever
//! uses it. One that has been used stays as it is. Codes are money: they are in no journal and in no error.

use store::{Tx, args};

use super::code::Code;
use super::interval;
use super::package::rules::MOST_CENTS;
use crate::account::{self, Kind, Status};
use crate::caller::Caller;
use crate::id::{AccountId, PackageId, SubscriberId, VoucherId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, Record as _, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A voucher.
    Voucher(VoucherId) in "vouchers" called "voucher" {
        /// Whose it is.
        reseller_id: AccountId,
        /// What whoever uses it says.
        #[serde(skip_serializing)]
        code: Code,
        /// What it is worth, in cents.
        amount: i64,
        /// Until when it can be used.
        valid_until: i64,
        /// Whom it is for; none: any customer of the reseller.
        customer_id: Option<AccountId>,
        /// The profile package that it gives.
        package_id: Option<PackageId>,
        /// When it was made.
        created_at: i64,
        /// When it was used.
        used_at: Option<i64>,
        /// Who used it.
        used_by_subscriber_id: Option<SubscriberId>,
    }
}

statements! {
    BY_CODE = "SELECT id FROM vouchers WHERE reseller_id = $1 AND code = $2 {wait}";
    USE = "UPDATE vouchers SET used_at = $1, used_by_subscriber_id = $2 WHERE id = $3 AND used_at IS NULL";
    UNUSED = "SELECT id FROM vouchers WHERE reseller_id = $1 AND used_at IS NULL AND id > $2 ORDER BY id LIMIT $3 {wait}";
}

/// `{ids}` as for [`listing::for_ids`].
const REMOVE: &str = "DELETE FROM vouchers WHERE id IN ({ids})";
/// Vouchers that are removed at a time.
const BATCH: i64 = 500;

/// The vouchers of all resellers.
pub static ALL: Source = Source {
    name: "vouchers",
    from: "vouchers t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("customer_id", "t.customer_id"),
        Column::int("package_id", "t.package_id"),
        Column::int("amount", "t.amount"),
        Column::int("valid_until", "t.valid_until"),
        Column::int("created_at", "t.created_at"),
        Column::int("used_at", "t.used_at"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for Voucher {
    fn source() -> &'static Source {
        &ALL
    }

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep vouchers")
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.reseller_id)
    }

    fn tallied(&self) -> Vec<(&'static str, i64)> {
        vec![("reseller_id", self.reseller_id.0)]
    }

    fn taken(&self) -> Error {
        Error::taken("voucher", "code", "*****")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        record::check_reseller(tx, caller, self.reseller_id).await?;
        self.created_at = before.map_or(now, |before| before.created_at);
        (self.used_at, self.used_by_subscriber_id) = (None, None);
        if before.is_some_and(|before| before.used_at.is_some()) {
            return Err(Error::Conflict("a voucher that has been used can't be changed".to_owned()));
        }
        let characters = self.code.chars().count();
        if !(1..=128).contains(&characters) {
            return Err(Error::invalid("code", "must have 1 to 128 characters"));
        }
        if !(0..=MOST_CENTS).contains(&self.amount) {
            return Err(Error::invalid("amount", "the amount is below zero or too large"));
        }
        if let Some(id) = self.customer_id {
            let suits = match account::get(tx, caller, id).await {
                Ok(found) => found.kind == Kind::Customer && found.reseller_id == self.reseller_id,
                Err(Error::NotFound { .. }) => false,
                Err(error) => return Err(error),
            };
            if !suits {
                return Err(Error::dangling("customer_id", id));
            }
        }
        if let Some(id) = self.package_id {
            let suits = match record::get::<super::package::Package>(tx, caller, id.0).await {
                Ok(found) => found.reseller_id == self.reseller_id,
                Err(Error::NotFound { .. }) => false,
                Err(error) => return Err(error),
            };
            if !suits {
                return Err(Error::dangling("package_id", id));
            }
        }
        Ok(())
    }

    async fn going(&self, _tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        match self.used_at {
            None => Ok(()),
            Some(_) => Err(Error::InUse { kind: "voucher", key: self.id.to_string() }),
        }
    }
}

/// Removes all vouchers of a reseller that have not been used. One that is used or goes in this moment is passed over.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Dangling`] for `reseller_id`.
pub async fn purge(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<()> {
    Voucher::must_keep(caller)?;
    caller.must_write()?;
    record::check_reseller(tx, caller, reseller).await?;
    let mut after = -1_i64;
    loop {
        // Once they are held, nobody can use them any more.
        let rows = tx.query(UNUSED, args![reseller, after, BATCH]).await?;
        let ids = rows.iter().map(|row| Ok(row.at(0)?)).collect::<Result<Vec<i64>>>()?;
        let vouchers = record::load::<Voucher>(tx, &ids).await?;
        listing::for_ids(tx, REMOVE, &ids).await?;
        for voucher in &vouchers {
            ALL.count(tx, voucher.id(), &voucher.tallied(), -1);
            journal::record(tx, caller, now, Some(voucher), None).await?;
        }
        match ids.last() {
            Some(last) if ids.len() as i64 == BATCH => after = *last,
            _ => return Ok(()),
        }
    }
}

/// Why a code is refused, whatever is wrong with it.
pub const UNKNOWN: &str = "Invalid voucher code, already used or invalid for customer.";

/// The voucher of that code that an account can use now, held until the transaction ends.
///
/// # Errors
/// [`Error::Invalid`] for `code`, without it; [`Error::NotFound`] for the account.
pub(crate) async fn to_use(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, code: &str) -> Result<Voucher> {
    let refused = |message: &str| Err(Error::invalid("code", message));
    let found = account::get(tx, caller, account).await?;
    if found.status != Status::Active {
        return refused("The customer contract is not active.");
    }
    let Some(row) = tx.query_opt(BY_CODE, args![found.reseller_id, code]).await? else { return refused(UNKNOWN) };
    let Some(voucher) = record::load::<Voucher>(tx, &[row.at(0)?]).await?.pop() else { return refused(UNKNOWN) };
    if voucher.used_at.is_some() || voucher.customer_id.is_some_and(|id| id != account) {
        return refused(UNKNOWN);
    }
    if voucher.valid_until <= now {
        return refused("Invalid voucher code, no longer valid.");
    }
    if let Some(id) = voucher.package_id {
        interval::suiting(tx, caller, account, id).await?;
    }
    Ok(voucher)
}

/// Marks a voucher, held, as used.
pub(crate) async fn use_up(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    voucher: &Voucher,
    subscriber: SubscriberId,
) -> Result<()> {
    if tx.execute(USE, args![now, subscriber, voucher.id]).await? == 0 {
        return Err(Error::invalid("code", UNKNOWN));
    }
    let after = Voucher { used_at: Some(now), used_by_subscriber_id: Some(subscriber), ..voucher.clone() };
    journal::record(tx, caller, now, Some(voucher), Some(&after)).await
}
