//! Profile packages: what a customer's money does over time, sold as one.
//!
//! A name is unique among a reseller's packages that are not terminated. Its profiles are the reseller's, reckon in one
//! currency, and one of the first has no network; of those that begin together each is for another network. While customers use it, its intervals stay as they are and it can't be
//! terminated; a terminated one is seen no more. Amounts are cents.

pub(crate) mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::interval::{self, CarryOver, StartMode, Unit};
use super::voucher;
use crate::caller::Caller;
use crate::id::{AccountId, NetworkId, PackageId, ProfileId};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, Stored, record};
use crate::statement::statements;
use crate::{Error, Result, tally};

/// A profile of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProfileRef {
    /// The profile.
    pub profile_id: ProfileId,
    /// The network it is for; none: all.
    pub network_id: Option<NetworkId>,
}

record! {
    /// A package.
    Package(PackageId) in "profile_packages" called "profile package" {
        /// Whose it is.
        reseller_id: AccountId,
        /// Its name.
        name: String,
        /// What it is.
        description: String,
        /// What a new customer has, in cents.
        initial_balance: i64,
        /// What is kept of each top-up, in cents.
        service_charge: i64,
        /// How many units an interval lasts.
        balance_interval_value: i64 = 1,
        /// What intervals are measured in.
        balance_interval_unit: Unit,
        /// Where intervals begin.
        balance_interval_start_mode: StartMode,
        /// After so many intervals without a top-up what is left is lost.
        notopup_discard_intervals: Option<i64>,
        /// What becomes of what is left at the end of an interval.
        carry_over_mode: CarryOver,
        /// How many units before the end of an interval a top-up comes in time.
        timely_duration_value: Option<i64>,
        /// What that is measured in.
        timely_duration_unit: Option<Unit>,
        /// Below so many cents subscribers are locked.
        underrun_lock_threshold: Option<i64>,
        /// How they are locked then: 0 to 5.
        underrun_lock_level: Option<i64>,
        /// Below so many cents other profiles hold.
        underrun_profile_threshold: Option<i64>,
        /// How subscribers are locked with a top-up: 0 unlocks them.
        topup_lock_level: Option<i64>,
        /// What holds from the beginning.
        initial_profiles: Stored<Vec<ProfileRef>>,
        /// What holds when there is too little.
        underrun_profiles: Stored<Vec<ProfileRef>>,
        /// What holds with a top-up.
        topup_profiles: Stored<Vec<ProfileRef>>,
        /// It is there no more.
        terminated: bool,
    }
}

statements! {
    CUSTOMER = "SELECT 1 FROM accounts WHERE profile_package_id = $1 AND status <> 'terminated' LIMIT 1";
    PACKAGE_OF = "SELECT profile_package_id FROM accounts WHERE id = $1 AND status <> 'terminated'";
    VOUCHER = "SELECT 1 FROM vouchers WHERE package_id = $1 AND used_at IS NULL LIMIT 1";
    INSERT_PROFILE = "INSERT INTO profile_package_profiles (package_id, profile_id, network_id) VALUES ($1, $2, $3)";
    DELETE_PROFILES = "DELETE FROM profile_package_profiles WHERE package_id = $1";
    OF_PROFILE = "SELECT 1 FROM profile_package_profiles x JOIN profile_packages p ON p.id = x.package_id \
        WHERE x.profile_id = $1 AND NOT p.terminated LIMIT 1";
}

/// The tally of the customers of packages that are not terminated.
const CUSTOMERS: &str = "customers of profile packages";
const PACKAGES: &str = "SELECT x.profile_id AS id, COUNT(DISTINCT x.package_id) AS n FROM profile_package_profiles x \
    JOIN profile_packages p ON p.id = x.package_id WHERE x.profile_id IN ({ids}) AND NOT p.terminated \
    GROUP BY x.profile_id";

/// The packages that are not terminated.
pub static ALL: Source = Source {
    name: "profile packages",
    from: "profile_packages t",
    fixed: "NOT t.terminated",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::matching(
            "profile",
            "EXISTS (SELECT 1 FROM profile_package_profiles x JOIN billing_profiles p ON p.id = x.profile_id \
             WHERE x.package_id = t.id AND p.name = ?)",
        ),
        Column::matching(
            "network",
            "EXISTS (SELECT 1 FROM profile_package_profiles x JOIN billing_networks n ON n.id = x.network_id \
             WHERE x.package_id = t.id AND n.name = ?)",
        ),
    ],
    tallies: &["reseller_id"],
};

async fn counts(tx: &mut Tx, sql: &str, ids: &[i64]) -> Result<BTreeMap<i64, i64>> {
    let rows = listing::for_ids(tx, sql, ids).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("n")?))).collect()
}

/// How many customers that are not terminated use each of those packages, and how many vouchers give it.
///
/// # Errors
/// Only those of the database.
pub async fn usage(tx: &mut Tx, ids: &[i64]) -> Result<(BTreeMap<i64, i64>, BTreeMap<i64, i64>)> {
    Ok((tally::totals(tx, CUSTOMERS, ids).await?, voucher::ALL.totals(tx, "package_id", ids).await?))
}

/// Counts the account out of the package that it has, unless it is terminated, as it is to have another or to end; and into
/// that other one.
pub(crate) async fn count_customer(tx: &mut Tx, account: AccountId, next: Option<PackageId>) -> Result<()> {
    let Some(row) = tx.query_opt(PACKAGE_OF, args![account]).await? else { return Ok(()) };
    for (package, amount) in [(row.at::<Option<PackageId>>(0)?, -1), (next, 1)] {
        if let Some(id) = package {
            tally::add(tx, CUSTOMERS, id.0, account.0, amount);
        }
    }
    Ok(())
}

/// How many packages name each of those billing profiles.
///
/// # Errors
/// Only those of the database.
pub async fn of_profiles(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, i64>> {
    counts(tx, PACKAGES, ids).await
}

/// Whether a package that is not terminated names the billing profile.
pub(crate) async fn names_profile(tx: &mut Tx, id: ProfileId) -> Result<bool> {
    Ok(tx.query_opt(OF_PROFILE, args![id]).await?.is_some())
}

impl Package {
    /// All profiles that it names.
    pub fn profiles(&self) -> impl Iterator<Item = &ProfileRef> {
        self.initial_profiles.0.iter().chain(&self.underrun_profiles.0).chain(&self.topup_profiles.0)
    }
}

#[async_trait::async_trait]
impl Kept for Package {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep profile packages")
    }

    fn is_listed(&self) -> bool {
        !self.terminated
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if self.terminated {
            return Ok(());
        }
        match before {
            None => record::check_reseller(tx, caller, self.reseller_id).await?,
            Some(before) if before.reseller_id != self.reseller_id => {
                return Err(Error::invalid("reseller_id", "Changing the reseller ID is not allowed."));
            }
            Some(before) => {
                let used = tx.query_opt(CUSTOMER, args![self.id]).await?.is_some();
                if used && let Some(field) = rules::changed_interval(before, self) {
                    let message = "it can't be changed while contracts use the profile package";
                    return Err(Error::invalid(field, message));
                }
            }
        }
        rules::check(self)?;
        rules::check_profiles(tx, self).await
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        if let Some(before) = before
            && rules::says_else(before, self)
            && tx.query_opt(CUSTOMER, args![self.id]).await?.is_some()
        {
            interval::package_changed(tx, now, before).await?;
        }
        tx.execute(DELETE_PROFILES, args![self.id]).await?;
        for ProfileRef { profile_id, network_id } in self.profiles() {
            tx.execute(INSERT_PROFILE, args![self.id, *profile_id, *network_id]).await?;
        }
        Ok(())
    }
}

/// Ends a package: it is seen no more, and its name is free again.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`], [`Error::InUse`] where customers use it or vouchers that were not used give
/// it.
pub async fn terminate(tx: &mut Tx, caller: &Caller, now: i64, id: PackageId) -> Result<()> {
    let package = record::hold::<Package>(tx, caller, id.0).await?;
    for used in [CUSTOMER, VOUCHER] {
        if tx.query_opt(used, args![id]).await?.is_some() {
            return Err(Error::InUse { kind: "profile package", key: id.to_string() });
        }
    }
    record::update(tx, caller, now, Package { terminated: true, ..package }).await?;
    Ok(())
}
