//! Location mappings: which of a subscriber's phones rings, by who calls and what is called.

use store::Tx;

use crate::caller::Caller;
use crate::id::{AccountId, LocationMappingId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::peering::compiled;
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::subscriber;
use crate::{Error, Result};

record! {
    /// What becomes of calls to a subscriber that fit.
    LocationMapping(LocationMappingId) in "subscriber_location_mappings" called "location mapping" {
        /// The subscriber.
        subscriber_id: SubscriberId,
        /// The subscriber's account.
        account_id: AccountId,
        /// The account's reseller.
        reseller_id: AccountId,
        /// The SIP URI of a phone.
        location: Option<String>,
        /// A regular expression that is found in the caller; none: any.
        caller_pattern: Option<String>,
        /// A regular expression that is found in what is called; none: any.
        callee_pattern: Option<String>,
        /// One of [`MODES`].
        mode: String = "replace".to_owned(),
        /// The user that is called at the phone; none: as it was called.
        to_username: Option<String>,
        /// What somebody else calls it.
        external_id: Option<String>,
        /// Whether it is used.
        enabled: bool = true,
    }
}

/// What may become of a call: the phone rings beside those that are registered, instead of them, or where none is; the call
/// goes to the phone's URI; or it is refused.
pub const MODES: &[&str] = &["add", "replace", "offline", "forward", "block"];

/// All location mappings.
pub static ALL: Source = Source {
    name: "location mappings",
    from: "subscriber_location_mappings t",
    fixed: "",
    reach: Reach::SUBSCRIBER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("location", "t.location"),
        Column::text("mode", "t.mode"),
        Column::text("external_id", "t.external_id"),
        Column::bool("enabled", "t.enabled"),
    ],
    tallies: &["reseller_id", "account_id", "subscriber_id"],
};

statements! {
    OF_SUBSCRIBER = "SELECT id FROM subscriber_location_mappings WHERE subscriber_id = $1 ORDER BY id LIMIT 100";
}

#[async_trait::async_trait]
impl Kept for LocationMapping {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "subscriber_id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep location mappings")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        if !MODES.contains(&self.mode.as_str()) {
            return Err(Error::invalid("mode", format!("'{}' is not a valid value", self.mode)));
        }
        match &self.location {
            None if self.mode != "block" => return Err(Error::invalid("location", "Location field is required")),
            Some(location) if !is_sip_uri(location) => return Err(Error::invalid("location", "Must be a SIP URI")),
            _ => {}
        }
        for (field, pattern) in [("caller_pattern", &self.caller_pattern), ("callee_pattern", &self.callee_pattern)] {
            if let Some(pattern) = pattern {
                compiled(field, pattern)?;
            }
        }
        let owner = subscriber::hold_named_by(tx, caller, "subscriber_id", self.subscriber_id).await?;
        (self.account_id, self.reseller_id) = (owner.account_id, owner.reseller_id);
        Ok(())
    }
}

/// Whether a text is a SIP URI that a call can be sent to.
#[must_use]
pub fn is_sip_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let scheme = scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips");
    let host_is_there = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    scheme && host_is_there && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"'\\^`{|}".contains(c))
}

/// Removes those of a subscriber that ends.
pub(crate) async fn delete_of_subscriber(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    record::delete_all::<LocationMapping>(tx, &Caller::system(&caller.name), now, OF_SUBSCRIBER, id.0).await
}
