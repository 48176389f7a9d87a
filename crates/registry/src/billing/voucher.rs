//! Vouchers: codes that are worth money once.
//!
//! A code is unique for its reseller. A voucher for a customer is for nobody else; one with a package gives it to whoever
//! uses it. One that has been used stays as it is. Codes are money: they are in no journal and in no error, and are shown
//! to nobody but logins that may see what concerns billing.

use std::collections::BTreeSet;

use store::{Tx, args};

use super::code::Code;
use super::interval;
use super::package::rules::MOST_CENTS;
use crate::account::{self, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, PackageId, SubscriberId, VoucherId};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result, journal, login};

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
}

/// Those of some accounts that are customers. `{ids}` as for [`listing::for_ids`].
const CUSTOMERS: &str = "SELECT id, reseller_id FROM accounts WHERE id IN ({ids}) AND kind = 'customer'";
/// Those of some packages that there are; they are not terminated before the transaction ends.
const PACKAGES: &str = "SELECT id, reseller_id FROM profile_packages WHERE id IN ({ids}) AND NOT terminated {share}";

/// The vouchers of all resellers.
pub static ALL: Source = Source {
    name: "vouchers",
    from: "vouchers t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::matching("code", "t.code = ?"),
        Column::int("customer_id", "t.customer_id"),
        Column::int("package_id", "t.package_id"),
        Column::int("amount", "t.amount"),
        Column::int("valid_until", "t.valid_until"),
        Column::int("created_at", "t.created_at"),
        Column::int("used_at", "t.used_at"),
    ],
    tallies: &["reseller_id", "package_id"],
};

/// What vouchers of a reseller may name.
#[derive(Debug, Default)]
pub(super) struct Suiting {
    customers: BTreeSet<i64>,
    packages: BTreeSet<i64>,
}

impl Suiting {
    /// What there is of what some vouchers of a reseller name.
    pub(super) async fn of(tx: &mut Tx, reseller: AccountId, vouchers: &[Voucher]) -> Result<Suiting> {
        let customers = vouchers.iter().filter_map(|voucher| voucher.customer_id).map(|id| id.0).collect();
        let packages = vouchers.iter().filter_map(|voucher| voucher.package_id).map(|id| id.0).collect();
        Ok(Suiting {
            customers: of_reseller(tx, CUSTOMERS, reseller, customers).await?,
            packages: of_reseller(tx, PACKAGES, reseller, packages).await?,
        })
    }

    /// Refuses what is not the reseller's.
    pub(super) fn check(&self, voucher: &Voucher) -> Result<()> {
        if let Some(id) = voucher.customer_id.filter(|id| !self.customers.contains(&id.0)) {
            return Err(Error::dangling("customer_id", id));
        }
        if let Some(id) = voucher.package_id.filter(|id| !self.packages.contains(&id.0)) {
            return Err(Error::dangling("package_id", id));
        }
        Ok(())
    }
}

/// Those of the ids that the statement finds with that reseller.
async fn of_reseller(tx: &mut Tx, sql: &str, reseller: AccountId, ids: BTreeSet<i64>) -> Result<BTreeSet<i64>> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut found = BTreeSet::new();
    for row in listing::for_ids(tx, sql, &ids).await? {
        if row.at::<AccountId>(1)? == reseller {
            found.insert(row.at(0)?);
        }
    }
    Ok(found)
}

impl Voucher {
    /// Refuses a code or an amount that no voucher has.
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=128).contains(&self.code.as_str().chars().count()) {
            return Err(Error::invalid("code", "must have 1 to 128 characters"));
        }
        if !(0..=MOST_CENTS).contains(&self.amount) {
            return Err(Error::invalid("amount", "the amount is below zero or too large"));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for Voucher {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "code";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep vouchers")
    }

    fn taken(&self) -> Error {
        Error::taken("voucher", "code", "*****")
    }

    /// Without a code it keeps the one that it has.
    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        record::check_reseller(tx, caller, self.reseller_id).await?;
        self.created_at = before.map_or(now, |before| before.created_at);
        (self.used_at, self.used_by_subscriber_id) = (None, None);
        if let Some(before) = before {
            if before.used_at.is_some() {
                return Err(Error::Conflict("a voucher that has been used can't be changed".to_owned()));
            }
            if self.code.as_str().is_empty() {
                self.code = before.code.clone();
            }
        }
        self.check()?;
        Suiting::of(tx, self.reseller_id, std::slice::from_ref(self)).await?.check(self)
    }

    async fn going(&self, _tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        match self.used_at {
            None => Ok(()),
            Some(_) => Err(Error::InUse { kind: "voucher", key: self.id.to_string() }),
        }
    }
}

/// Whether codes are shown to the caller: to logins that may see what concerns billing, and to the installation itself.
///
/// # Errors
/// Only those of the database.
pub async fn sees_codes(tx: &mut Tx, caller: &Caller) -> Result<bool> {
    match (caller.role, caller.login) {
        (Role::Admin | Role::Reseller, Some(id)) => {
            Ok(login::load(tx, &[id.0]).await?.first().is_some_and(|login| login.flags.billing_data))
        }
        (Role::Admin | Role::Reseller, None) => Ok(true),
        _ => Ok(false),
    }
}

/// The vouchers of those ids that are there, in their order, with their codes where those are shown to the caller; for
/// ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn shown(tx: &mut Tx, caller: &Caller, ids: &[i64]) -> Result<Vec<(Voucher, Option<String>)>> {
    let sees_codes = sees_codes(tx, caller).await?;
    let found = record::load::<Voucher>(tx, ids).await?.into_iter();
    let with_code = |voucher: Voucher| {
        let code = sees_codes.then(|| voucher.code.as_str().to_owned());
        (voucher, code)
    };
    Ok(found.map(with_code).collect())
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
