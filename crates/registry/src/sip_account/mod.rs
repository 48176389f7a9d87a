//! SIP accounts: subscribers as NGNPro knows them.
//!
//! A SIP account is a subscriber, and is seen through every door. Its owner is the subscriber's account; its customer is
//! whose domain it is in. What both know is kept once:
//!
//! | SIP account | subscriber |
//! | --- | --- |
//! | first and last name | the display name: both with a blank between them. Set elsewhere, it is cut at its first blank |
//! | e-mail, time zone | e-mail, time zone |
//! | group `blocked` | the status locked, with the global lock |
//! | group `anonymous` | preference `clir` |
//! | group `anonymous-reject` | preference `block_in_clir` |
//! | group `prepaid` | nothing: it mirrors that the account is prepaid |
//! | caller id | preference `cli` |
//! | call limit | preference `concurrent_max`; 0: not set |
//! | ACL | the IPv4 addresses and nets of preference `allowed_ips`; what they are called is kept beside |
//! | answer timeout | the ring timeout of the forward of calls that nobody answers, where there is one; else kept beside |
//! | rejected callers | preference `block_in_list`, while `block_in_mode` does not make it a list of those who may call |
//! | barred prefixes | the patterns of preference `block_out_list` that end with their only `*`, likewise |
//! | diversions FUNC, FBUS, FNOA, FNOL, FUNV | call forwards `cfu`, `cfb`, `cft`, `cfna`, `cfr` |
//! | `<voice-mailbox>` | the destination `voicebox` |
//! | phonebook | the subscriber's phonebook, with a group for each number |
//! | voicemail account | the voicemail settings: there is one once they have been set |
//!
//! All other groups, quota, quick-dial prefix, region, properties, acceptance rules and the balance of prepaid accounts are
//! kept here. They go with the subscriber.
//!
//! Who keeps the domain makes and removes accounts in it; who keeps the domain or owns the account changes it. An owner is
//! of the domain's reseller, except in the operator's domains.

pub mod accept;
mod autoincrement;
pub mod balance;
pub mod contact;
mod create;
pub mod diversion;
mod find;
pub mod group;
mod kept;
mod mapped;
mod read;
pub mod reject;
pub mod rights;
mod settings;
mod update;
pub mod voicemail;

use store::{Tx, args};

pub use create::{AUTOINCREMENT, NewSipAccount, create};
pub use find::{find, find_all};
pub(crate) use kept::rename;
pub use read::{get, load};
pub(crate) use rights::{must_act, not_keeper};
pub use settings::{
    ANSWER_TIMEOUT, Acl, LONGEST_NAME, LONGEST_TIMEOUT, MOST_ACL, MOST_GROUPS, MOST_PROPERTIES, Named, Settings,
};
pub use update::{Change, delete, update};

use crate::id::{AccountId, SubscriberId};
use crate::statement::statements as declare;
use crate::{Result, rating_profile};

/// What a SIP account is called in an error.
pub const NOUN: &str = "SIP account";

/// A SIP account.
#[derive(Clone, Debug, PartialEq)]
pub struct SipAccount {
    /// The subscriber's id.
    pub id: SubscriberId,
    /// Unique in the domain.
    pub username: String,
    /// Its domain.
    pub domain: String,
    /// Its owner: the subscriber's account.
    pub owner_id: AccountId,
    /// Whose the domain is.
    pub account_id: AccountId,
    /// The nearest reseller at or above its owner.
    pub reseller_id: AccountId,
    /// What can be changed of it.
    pub settings: Settings,
    /// What it logs in with.
    pub password: Password,
    /// When it was made, in microseconds since 1970 UTC.
    pub created_at: i64,
    /// When it was last changed.
    pub modified_at: i64,
}

/// What a SIP account logs in with. Its `Debug` output does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password {
    /// The password, where it is known.
    pub clear: Option<String>,
    /// What MD5 makes of `user:domain:password` and of `user@domain:domain:password`, in hexadecimal digits.
    pub digests: Option<(String, String)>,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

declare! {
    FORGET_SETTINGS = "DELETE FROM sip_account_settings WHERE subscriber_id = $1";
    FORGET_GROUPS = "DELETE FROM sip_account_groups WHERE subscriber_id = $1";
    FORGET_BALANCE = "DELETE FROM sip_account_balances WHERE subscriber_id = $1";
}

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        STATEMENTS,
        autoincrement::STATEMENTS,
        balance::STATEMENTS,
        contact::STATEMENTS,
        kept::STATEMENTS,
        update::STATEMENTS,
        voicemail::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

/// Removes what a subscriber that ends has as a SIP account; what has happened to its balance is kept.
pub(crate) async fn forget(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    for statement in [FORGET_SETTINGS, FORGET_GROUPS, FORGET_BALANCE] {
        tx.execute(statement, args![id]).await?;
    }
    rating_profile::delete_of_subscriber(tx, id).await
}
