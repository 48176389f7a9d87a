//! RatingPort: by which profiles of a rating engine calls are rated.

use registry::rating_profile::{self, RatingProfile};

use crate::operation::{Cx, Outcome, port};
use crate::soap::wire;

wire! {
    /// The profiles of an entity.
    RatingEntityProfiles {
        /// subscriber://user@domain, domain://domain or gateway://host.
        entity as "entity": String,
        /// The profile of weekdays.
        weekday as "profileWeekday": String,
        /// The one that is looked into where that has no price.
        weekday_alt as "profileWeekdayAlt": String,
        /// The profile of weekends.
        weekend as "profileWeekend": String,
        /// The one that is looked into where that has no price.
        weekend_alt as "profileWeekendAlt": String,
        /// By whose clock days begin; empty: the engine's.
        timezone as "timezone": String,
    }
}

port! {
    /// By which profiles of a rating engine calls are rated.
    RATING = "Rating" {
        /// Puts these profiles in the place of those that the entity has.
        write setEntityProfiles(profiles as "profiles": RatingEntityProfiles) = set;
        /// Removes the profiles of an entity.
        write deleteEntityProfiles(entity as "entity": String) = delete;
        /// The profiles of an entity.
        read getEntityProfiles(entity as "entity": String) -> RatingEntityProfiles = get;
    }
}

async fn set(cx: &mut Cx<'_>, given: RatingEntityProfiles) -> Outcome<()> {
    let wanted = RatingProfile {
        entity: given.entity,
        weekday: given.weekday,
        weekday_alt: given.weekday_alt,
        weekend: given.weekend,
        weekend_alt: given.weekend_alt,
        timezone: given.timezone,
        ..RatingProfile::default()
    };
    rating_profile::set(cx.tx, cx.caller, cx.now, wanted).await?;
    Ok(())
}

async fn delete(cx: &mut Cx<'_>, entity: String) -> Outcome<()> {
    rating_profile::delete(cx.tx, cx.caller, cx.now, &entity).await
}

async fn get(cx: &mut Cx<'_>, entity: String) -> Outcome<RatingEntityProfiles> {
    let found = rating_profile::get(cx.tx, cx.caller, &entity).await?;
    Ok(RatingEntityProfiles {
        entity: found.entity,
        weekday: found.weekday,
        weekday_alt: found.weekday_alt,
        weekend: found.weekend,
        weekend_alt: found.weekend_alt,
        timezone: found.timezone,
    })
}
