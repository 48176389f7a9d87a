//! Carriers of calls to the telephone network.

use store::{Tx, args};

use super::{check_name, keep_reseller, may_keep, must_keep};
use crate::caller::Caller;
use crate::id::{AccountId, PstnCarrierId};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, Record, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A carrier.
    Carrier(PstnCarrierId) in "pstn_carriers" called "carrier" {
        /// Whose it is; 0: the operator's.
        reseller_id: AccountId,
        /// Its name, unique for the reseller.
        name: String,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// All carriers.
pub static CARRIERS: Source = Source {
    name: "PSTN carriers",
    from: "pstn_carriers t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

statements! {
    IS_USED = "SELECT g.id FROM pstn_gateways g WHERE g.carrier_id = $1 \
        UNION ALL SELECT r.id FROM pstn_routes r WHERE r.carrier_id = $1 LIMIT 1";
}

#[async_trait::async_trait]
impl Kept for Carrier {
    const LIST: &'static Source = &CARRIERS;

    fn must_keep(caller: &Caller) -> Result<()> {
        must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        may_keep(tx, caller).await?;
        check_name(&mut self.name)?;
        if before.is_none_or(|before| before.reseller_id != self.reseller_id) {
            keep_reseller(tx, caller, self.reseller_id).await?;
            if before.is_some() && tx.query_opt(IS_USED, args![self.id]).await?.is_some() {
                return Err(Error::InUse { kind: Self::NOUN, key: self.id.to_string() });
            }
        }
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        may_keep(tx, caller).await
    }
}
