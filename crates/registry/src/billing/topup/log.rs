//! The log of top-ups: every attempt, those that failed too, and every balance that was set.

use store::Tx;

use crate::caller::Caller;
use crate::id::{AccountId, PackageId, ProfileId, SubscriberId, TopupLogId, VoucherId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::{Money, Result};

record! {
    /// An entry.
    TopupLog(TopupLogId) in "topup_logs" called "topup log" {
        /// The reseller, where it is known.
        reseller_id: Option<AccountId>,
        /// Whose balance it is about, where that is known.
        account_id: Option<AccountId>,
        /// The subscriber that was named.
        subscriber_id: Option<SubscriberId>,
        /// Who did it.
        username: String,
        /// When.
        timestamp: i64,
        /// cash, voucher or set_balance.
        kind: String,
        /// ok or failed.
        outcome: String,
        /// Why it failed.
        message: Option<String>,
        /// What was to be added or set.
        amount: Option<Money>,
        /// The voucher that was used.
        voucher_id: Option<VoucherId>,
        /// What there was before.
        cash_balance_before: Option<Money>,
        /// What there was after.
        cash_balance_after: Option<Money>,
        /// How the account's first subscriber was locked before.
        lock_level_before: Option<i64>,
        /// How it was locked after.
        lock_level_after: Option<i64>,
        /// The profile package before.
        package_before_id: Option<PackageId>,
        /// The profile package after.
        package_after_id: Option<PackageId>,
        /// The billing profile before.
        profile_before_id: Option<ProfileId>,
        /// The billing profile after.
        profile_after_id: Option<ProfileId>,
        /// What the client called the request.
        request_token: Option<String>,
        /// The profile package that the request named itself.
        requested_package_id: Option<PackageId>,
    }
}

/// The entries of all resellers.
pub static ALL: Source = Source {
    name: "topup logs",
    from: "topup_logs t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("contract_id", "t.account_id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::int("voucher_id", "t.voucher_id"),
        Column::matching("package_id", "? IN (CAST(t.package_before_id AS TEXT), CAST(t.package_after_id AS TEXT))"),
        Column::int("timestamp", "t.timestamp"),
        Column::int("amount", "t.amount"),
        Column::text("type", "t.kind"),
        Column::text("outcome", "t.outcome"),
        Column::text("request_token", "t.request_token"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for TopupLog {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "request_token";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("top up")
    }
}

/// Writes an entry.
pub(super) async fn write(tx: &mut Tx, caller: &Caller, now: i64, entry: TopupLog) -> Result<TopupLog> {
    record::create(tx, caller, now, entry).await
}
