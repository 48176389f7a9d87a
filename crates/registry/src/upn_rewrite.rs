//! Rewriting of user-provided numbers: which number stands in for those that a subscriber's devices provide.
//!
//! What is here is kept for the SIP proxies. It ends with its subscriber.

use serde::{Deserialize, Serialize};
use store::Tx;

use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId, UpnRewriteSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, Stored, record};
use crate::rewrite::{Fault, fault};
use crate::statement::statements;
use crate::{Error, Result, subscriber};

/// Numbers that are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpnSource {
    /// A regular expression that matches them.
    pub pattern: String,
}

record! {
    /// A number that stands in for others.
    UpnRewriteSet(UpnRewriteSetId) in "upn_rewrite_sets" called "UPN rewrite set" {
        /// The subscriber whose devices provide the others.
        subscriber_id: SubscriberId,
        /// The subscriber's account.
        #[serde(skip_deserializing)]
        account_id: AccountId,
        /// The subscriber's reseller.
        #[serde(skip_deserializing)]
        reseller_id: AccountId,
        /// The number that stands in.
        new_cli: String,
        /// The others.
        upn_rewrite_sources: Stored<Vec<UpnSource>>,
    }
}

statements! {
    CLEAR = "DELETE FROM upn_rewrite_sets WHERE subscriber_id = $1 RETURNING id, reseller_id";
}

/// The sets of all subscribers.
pub static ALL: Source = Source {
    name: "UPN rewrite sets",
    from: "upn_rewrite_sets t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::text("new_cli", "t.new_cli"),
    ],
    tallies: &["reseller_id"],
};

/// Removes what a subscriber that ends has.
pub(crate) async fn delete_of_subscriber(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    record::remove_where::<UpnRewriteSet>(tx, CLEAR, id.0).await?;
    Ok(())
}

#[async_trait::async_trait]
impl Kept for UpnRewriteSet {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep UPN rewrite sets")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.subscriber_id != self.subscriber_id) {
            return Err(Error::invalid("subscriber_id", "a UPN rewrite set stays with its subscriber"));
        }
        let subscriber = subscriber::hold_named_by(tx, caller, "subscriber_id", self.subscriber_id).await?;
        (self.account_id, self.reseller_id) = (subscriber.account_id, subscriber.reseller_id);
        for source in &self.upn_rewrite_sources.0 {
            // The proxies may know what is not known here.
            if let Some(Fault::Broken(why)) = fault(&source.pattern) {
                return Err(Error::invalid("upn_rewrite_sources", why));
            }
        }
        Ok(())
    }
}
