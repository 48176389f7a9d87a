//! Trusted sources: addresses from which calls of a subscriber are taken without a password.

use std::net::IpAddr;

use store::Tx;

use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId, TrustedSourceId};
use crate::listing::{Column, Reach, Source};
use crate::peering::compiled;
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::subscriber;
use crate::{Error, Result};

record! {
    /// An address that a subscriber is believed to call from.
    TrustedSource(TrustedSourceId) in "trusted_sources" called "trusted source" {
        /// The subscriber.
        subscriber_id: SubscriberId,
        /// The subscriber's account.
        account_id: AccountId,
        /// The account's reseller.
        reseller_id: AccountId,
        /// IPv4 or IPv6.
        src_ip: String,
        /// One of [`PROTOCOLS`].
        protocol: String,
        /// A regular expression that is found in the SIP URI of `From`; none: any.
        from_pattern: Option<String>,
    }
}

/// Over what a request may come.
pub const PROTOCOLS: &[&str] = &["UDP", "TCP", "TLS", "ANY"];

/// All trusted sources.
pub static ALL: Source = Source {
    name: "trusted sources",
    from: "trusted_sources t",
    fixed: "",
    reach: Reach::SUBSCRIBER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("src_ip", "t.src_ip"),
        Column::text("protocol", "t.protocol"),
        Column::text("from_pattern", "t.from_pattern"),
    ],
    tallies: &["reseller_id", "account_id", "subscriber_id"],
};

statements! {
    OF_SUBSCRIBER = "SELECT id FROM trusted_sources WHERE subscriber_id = $1 ORDER BY id LIMIT 100";
}

#[async_trait::async_trait]
impl Kept for TrustedSource {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "src_ip";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep trusted sources")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        let ip: IpAddr = self.src_ip.parse().map_err(|_| Error::invalid("src_ip", "Invalid IPv4 or IPv6 address"))?;
        self.src_ip = ip.to_string();
        if !PROTOCOLS.contains(&self.protocol.as_str()) {
            return Err(Error::invalid("protocol", format!("'{}' is not a valid value", self.protocol)));
        }
        if let Some(pattern) = &self.from_pattern {
            compiled("from_pattern", pattern)?;
        }
        let owner = subscriber::hold_named_by(tx, caller, "subscriber_id", self.subscriber_id).await?;
        (self.account_id, self.reseller_id) = (owner.account_id, owner.reseller_id);
        Ok(())
    }
}

/// Removes those of a subscriber that ends.
pub(crate) async fn delete_of_subscriber(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    record::delete_all::<TrustedSource>(tx, &Caller::system(&caller.name), now, OF_SUBSCRIBER, id.0).await
}
