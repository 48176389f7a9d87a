//! Rewriting of user-provided numbers: which number stands in for those that a subscriber's devices provide.
//!
//! What is here is kept for the SIP proxies. It ends with its subscriber.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId, UpnRewriteSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, Stored, record};
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
    OF_SUBSCRIBER = "SELECT id, reseller_id FROM upn_rewrite_sets WHERE subscriber_id = $1";
    DELETE_OF_SUBSCRIBER = "DELETE FROM upn_rewrite_sets WHERE subscriber_id = $1";
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
    for row in tx.query(OF_SUBSCRIBER, args![id]).await? {
        ALL.count(tx, row.at(0)?, &[("reseller_id", row.at(1)?)], -1);
    }
    tx.execute(DELETE_OF_SUBSCRIBER, args![id]).await?;
    Ok(())
}

#[async_trait::async_trait]
impl Kept for UpnRewriteSet {
    fn source() -> &'static Source {
        &ALL
    }

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep UPN rewrite sets")
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id)
    }

    fn tallied(&self) -> Vec<(&'static str, i64)> {
        vec![("reseller_id", self.reseller_id.0)]
    }

    fn taken(&self) -> Error {
        Error::taken("UPN rewrite set", "id", self.id)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let unknown = || Error::dangling("subscriber_id", self.subscriber_id);
        if before.is_some_and(|before| before.subscriber_id != self.subscriber_id) {
            return Err(Error::invalid("subscriber_id", "a UPN rewrite set stays with its subscriber"));
        }
        let subscriber = match subscriber::get(tx, caller, self.subscriber_id).await {
            Err(Error::NotFound { .. }) => return Err(unknown()),
            found => found?,
        };
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
