//! Rating profiles: by which prices of a rating engine the calls of a subscriber, a domain or a gateway are rated.
//!
//! They are names that the engine knows; what calls cost here says [`crate::billing`]. Administrators and resellers set
//! them, customers see their own. They go with the subscriber or domain.

use jiff::tz::TimeZone;
use store::{Tx, args};

use crate::caller::Caller;
use crate::dns::name;
use crate::id::{AccountId, DomainId, RatingProfileId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, Record, record};
use crate::statement::statements;
use crate::{Error, Result, account, sip_account, sip_domain, subscriber};

record! {
    /// The profiles of an entity.
    RatingProfile(RatingProfileId) in "rating_profiles" called "rating profile" {
        /// `subscriber://user@domain`, `domain://domain` or `gateway://host`; it remains.
        entity: String,
        /// The subscriber that it is.
        subscriber_id: Option<SubscriberId>,
        /// The domain that it is.
        domain_id: Option<DomainId>,
        /// Whose the entity is; a gateway is the operator's.
        account_id: AccountId,
        /// The nearest reseller at or above that account.
        reseller_id: AccountId,
        /// The profile of weekdays.
        weekday: String,
        /// The one that is looked into where that has no price.
        weekday_alt: String,
        /// The profile of weekends.
        weekend: String,
        /// The one that is looked into where that has no price.
        weekend_alt: String,
        /// By whose clock days begin; empty: the engine's.
        timezone: String,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// All rating profiles.
pub static ALL: Source = Source {
    name: "rating profiles",
    from: "rating_profiles t",
    fixed: "",
    reach: Reach::ACCOUNT,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("entity", "t.entity"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

statements! {
    BY_ENTITY = "SELECT id FROM rating_profiles WHERE entity = $1";
    OF_SUBSCRIBER = "DELETE FROM rating_profiles WHERE subscriber_id = $1 RETURNING id, reseller_id";
    MOVE_DOMAIN = "UPDATE rating_profiles SET account_id = $1, reseller_id = $2 WHERE domain_id = $3 RETURNING id";
    OF_DOMAIN = "DELETE FROM rating_profiles WHERE domain_id = $1 RETURNING id, reseller_id";
}

/// The profiles of an entity, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, entity: &str) -> Result<RatingProfile> {
    let entity = entity.trim().to_ascii_lowercase();
    let not_found = || Error::not_found(RatingProfile::NOUN, &entity);
    let row = tx.query_opt(BY_ENTITY, args![&entity]).await?.ok_or_else(not_found)?;
    match record::get(tx, caller, row.at(0)?).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        other => other,
    }
}

/// Puts these profiles in the place of those that the entity has, if it has any.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::NotFound`] for the subscriber or domain; [`Error::Invalid`].
pub async fn set(tx: &mut Tx, caller: &Caller, now: i64, wanted: RatingProfile) -> Result<RatingProfile> {
    RatingProfile::must_keep(caller)?;
    match get(tx, caller, &wanted.entity).await {
        Ok(before) => record::update(tx, caller, now, RatingProfile { id: before.id, ..wanted }).await,
        Err(Error::NotFound { .. }) => record::create(tx, caller, now, wanted).await,
        Err(error) => Err(error),
    }
}

/// Removes the profiles of an entity.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, entity: &str) -> Result<()> {
    RatingProfile::must_keep(caller)?;
    let found = get(tx, caller, entity).await?;
    record::delete::<RatingProfile>(tx, caller, now, found.id.0).await?;
    Ok(())
}

/// Removes the profiles of a subscriber that ends.
pub(crate) async fn delete_of_subscriber(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    record::remove_where::<RatingProfile>(tx, OF_SUBSCRIBER, id.0).await.map(|_| ())
}

/// Follows a domain, which was that reseller's, to another account with its reseller.
pub(crate) async fn move_domain(
    tx: &mut Tx,
    id: DomainId,
    before: AccountId,
    after: (AccountId, AccountId),
) -> Result<()> {
    for row in tx.query(MOVE_DOMAIN, args![after.0, after.1, id]).await? {
        ALL.recount(tx, row.at(0)?, "reseller_id", before.0, after.1.0);
    }
    Ok(())
}

/// Removes the profiles of a domain that ends.
pub(crate) async fn delete_of_domain(tx: &mut Tx, id: DomainId) -> Result<()> {
    record::remove_where::<RatingProfile>(tx, OF_DOMAIN, id.0).await.map(|_| ())
}

impl RatingProfile {
    /// Finds what the entity is.
    async fn resolve(&mut self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        let wrong = || {
            let why = "is none of subscriber://user@domain, domain://domain and gateway://host";
            Error::invalid("entity", format!("`{}` {why}", self.entity))
        };
        match self.entity.split_once("://").ok_or_else(wrong)? {
            ("subscriber", address) => {
                let (username, domain) = address.split_once('@').ok_or_else(wrong)?;
                let id = sip_account::find(tx, caller, username, domain).await?;
                let owner = subscriber::hold_named_by(tx, &caller.elevated(), "entity", id).await?;
                self.subscriber_id = Some(id);
                (self.account_id, self.reseller_id) = (owner.account_id, owner.reseller_id);
            }
            ("domain", domain) => {
                let seen = sip_domain::named(tx, caller, domain).await?;
                let domain = sip_domain::hold(tx, seen.id).await?;
                self.domain_id = Some(domain.id);
                (self.account_id, self.reseller_id) = (domain.account_id, domain.reseller_id);
            }
            ("gateway", host) => {
                caller.must_be_admin("set the prices of gateways")?;
                if host.parse::<std::net::IpAddr>().is_err() {
                    name::host("entity", host)?;
                }
                let operator = account::get(tx, &caller.elevated(), AccountId::OPERATOR).await?;
                (self.account_id, self.reseller_id) = (operator.id, operator.reseller_id);
            }
            _ => return Err(wrong()),
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for RatingProfile {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "entity";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("set rating profiles")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        self.entity = self.entity.trim().to_ascii_lowercase();
        for (field, text) in [
            ("weekday", &mut self.weekday),
            ("weekday_alt", &mut self.weekday_alt),
            ("weekend", &mut self.weekend),
            ("weekend_alt", &mut self.weekend_alt),
            ("timezone", &mut self.timezone),
        ] {
            *text = text.trim().to_owned();
            if text.chars().count() > 64 || text.chars().any(char::is_control) {
                return Err(Error::invalid(field, "must have at most 64 characters that can be typed"));
            }
        }
        if !self.timezone.is_empty() && TimeZone::get(&self.timezone).is_err() {
            return Err(Error::invalid("timezone", format!("`{}` is not a time zone", self.timezone)));
        }
        self.resolve(tx, caller).await?;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }
}
