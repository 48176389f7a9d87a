//! Subscribers that get another owner.

use store::{Tx, args};

use super::{Subscriber, get};
use crate::account::Account;
use crate::caller::Caller;
use crate::journal;
use crate::listing::Source;
use crate::number;
use crate::quota::{self, At, Kind as Counted};
use crate::statement::statements;
use crate::{
    Error, Result, location_mapping, phonebook, rating_profile, reminder, trusted_source, upn_rewrite,
    voicemail_greeting,
};

macro_rules! hand_over {
    ($table:literal) => {
        concat!("UPDATE ", $table, " SET account_id = $1, reseller_id = $2 WHERE subscriber_id = $3 RETURNING id")
    };
}

statements! {
    SET = "UPDATE subscribers SET account_id = $1, reseller_id = $2, profile_set_id = $3, profile_id = $4, \
        modified_at = $5 WHERE id = $6";
    TRUSTED_SOURCES = hand_over!("trusted_sources");
    LOCATION_MAPPINGS = hand_over!("subscriber_location_mappings");
    REMINDERS = hand_over!("reminders");
    PHONEBOOK = hand_over!("subscriber_phonebook_entries");
    GREETINGS = hand_over!("voicemail_greetings");
    UPN_REWRITE_SETS = hand_over!("upn_rewrite_sets");
    RATING_PROFILES = hand_over!("rating_profiles");
    HEADER_RULES = "SELECT id FROM header_rule_sets WHERE subscriber_id = $1 LIMIT 1";
    NAMES_RECORDS = "SELECT attribute FROM preferences WHERE level = 'subscriber' AND owner_id = $1 \
        AND record_id IS NOT NULL LIMIT 1";
}

/// What a subscriber has that says whose it is, with the list that shows it.
const BELONGINGS: [(&str, &Source); 7] = [
    (TRUSTED_SOURCES, &trusted_source::ALL),
    (LOCATION_MAPPINGS, &location_mapping::ALL),
    (REMINDERS, &reminder::ALL),
    (PHONEBOOK, &phonebook::SUBSCRIBERS),
    (GREETINGS, &voicemail_greeting::ALL),
    (UPN_REWRITE_SETS, &upn_rewrite::ALL),
    (RATING_PROFILES, &rating_profile::ALL),
];

/// Gives a subscriber, which is held, to another account, which is kept; that the caller may do so has been looked at.
///
/// # Errors
/// [`Error::Conflict`] for what stands in a PBX, and for one that has something of its reseller's where that is another;
/// [`Error::Quota`].
pub(crate) async fn hand_over(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: &Subscriber,
    to: &Account,
) -> Result<Subscriber> {
    let id = before.id;
    if before.of_pbx || to.product == Some(crate::account::Product::PbxAccount) {
        return Err(Error::Conflict("a subscriber of a PBX stays with its customer".to_owned()));
    }
    let stays = before.reseller_id == to.reseller_id;
    if !stays {
        let header_rules = tx.query_opt(HEADER_RULES, args![id]).await?.is_some();
        if header_rules || tx.query_opt(NAMES_RECORDS, args![id]).await?.is_some() {
            return Err(Error::Conflict("the subscriber uses something of its reseller's".to_owned()));
        }
    }
    let details = &before.details;
    let (set, profile) = if stays { (details.profile_set_id, details.profile_id) } else { (None, None) };
    tx.execute(SET, args![to.id, to.reseller_id, set, profile, now, id]).await?;
    for (sql, list) in BELONGINGS {
        for row in tx.query(sql, args![to.id, to.reseller_id, id]).await? {
            for column in list.tallies {
                match *column {
                    "account_id" => list.recount(tx, row.at(0)?, column, before.account_id.0, to.id.0),
                    "reseller_id" => list.recount(tx, row.at(0)?, column, before.reseller_id.0, to.reseller_id.0),
                    _ => {}
                }
            }
        }
    }
    for held in before.primary_number.iter().chain(&before.alias_numbers) {
        number::move_with(tx, caller, now, &held.split.digits(), to.id).await?;
    }
    let domain = Some(before.domain_account_id);
    let (was, is) = (At::of(before.account_id, domain), At::of(to.id, domain));
    quota::moved(tx, Counted::Subscribers, 1, Some(was), Some(is)).await?;
    let after = get(tx, &Caller::system(&caller.name), id).await?;
    before.count(tx, -1);
    after.count(tx, 1);
    journal::record(tx, caller, now, Some(before), Some(&after)).await?;
    Ok(after)
}
