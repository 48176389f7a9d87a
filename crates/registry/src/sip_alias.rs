//! SIP aliases: addresses that lead to a subscriber beside its own.
//!
//! The user name of an alias is no subscriber's of its domain, and no other alias' there. An alias goes with its target.
//!
//! Aliases and alias numbers are one thing where they can be:
//! - each alias number of a subscriber is shown as the alias `digits@domain` in the subscriber's domain, unless a
//!   subscriber or an alias has that address; such an alias does not count, and gives way to a subscriber of that name;
//! - an alias in its target's domain whose user name is an international number (7 to 15 digits that begin with a country
//!   code, with or without a plus sign) becomes an alias number of its target where that can have the number for nothing:
//!   one that is not on the books, or that the target's account or its reseller has without a subscriber. One that would
//!   have to be bought is not taken: the alias is then an address and nothing else. When the subscriber loses the number,
//!   by whatever door, the alias goes, and when the alias goes the number does.

mod kept;
mod number;

use store::{Row, Tx, args};

pub use kept::{Change, NewAlias, by_address, create, delete, get, update};
pub(crate) use number::follow;

use crate::caller::Caller;
use crate::id::{AccountId, DomainId, NumberId, SipAliasId, SubscriberId};
use crate::listing::{self, Column, Reach, Shared, Source};
use crate::quota::{self, At, Kind as Counted};
use crate::record::{self, Kept, Record, record};
use crate::statement::statements as declare;
use crate::{Error, Result, journal};

record! {
    /// An alias.
    SipAlias(SipAliasId) in "sip_aliases" called "SIP alias" {
        /// The domain of its address.
        domain_id: DomainId,
        /// Whose the domain is.
        account_id: AccountId,
        /// The reseller of its target.
        reseller_id: AccountId,
        /// The user name of its address.
        username: String,
        /// Where it leads.
        subscriber_id: SubscriberId,
        /// The account that it is assigned to.
        owner_id: AccountId,
        /// The alias number of its target that it stands for.
        number_id: Option<NumberId>,
        /// Whether it was made as an alias; otherwise it is only there for its number.
        entered: bool,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// An alias with the addresses in words.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasEntry {
    /// The alias.
    pub alias: SipAlias,
    /// Its domain.
    pub domain: String,
    /// The user name of its target.
    pub target_username: String,
    /// The domain of its target.
    pub target_domain: String,
}

/// All aliases.
pub static ALL: Source = Source {
    name: "SIP aliases",
    // Either engine leaves out those of the joined tables that a question does not touch.
    from: "sip_aliases t LEFT JOIN sip_domains d ON d.id = t.domain_id LEFT JOIN subscribers s ON s.id = t.subscriber_id \
        LEFT JOIN sip_domains e ON e.id = s.domain_id",
    fixed: "",
    reach: Reach { subscriber: Some("subscriber_id"), shared: Shared::WithOwner("owner_id"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("owner_id", "t.owner_id"),
        Column::int("domain_id", "t.domain_id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::text("username", "t.username"),
        Column::text("domain", "d.domain"),
        Column::text("target_username", "s.username"),
        Column::text("target_domain", "e.domain"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&ALL];

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, kept::STATEMENTS, number::STATEMENTS].into_iter().flatten()
}

declare! {
    AT = "SELECT id, entered FROM sip_aliases WHERE domain_id = $1 AND username = $2";
    OF_SUBSCRIBER = "SELECT id FROM sip_aliases WHERE subscriber_id = $1 ORDER BY id LIMIT 100 {wait}";
    IN_DOMAIN = "SELECT id FROM sip_aliases WHERE domain_id = $1 ORDER BY id LIMIT 100 {wait}";
    ANY_IN_DOMAIN = "SELECT id FROM sip_aliases WHERE domain_id = $1 AND entered LIMIT 1";
    HAND_OVER = "UPDATE sip_aliases SET owner_id = CASE WHEN owner_id = $1 THEN $2 ELSE owner_id END, reseller_id = $3 \
        WHERE subscriber_id = $4 RETURNING id";
    LOCK_OF_SUBSCRIBER = "SELECT id FROM sip_aliases WHERE subscriber_id = $1 ORDER BY id {wait}";
    HANDED_OVER = "SELECT account_id, COUNT(*) FROM sip_aliases WHERE subscriber_id = $1 AND owner_id = $2 AND entered \
        GROUP BY account_id ORDER BY account_id";
    MOVE_DOMAIN = "UPDATE sip_aliases SET account_id = $1 WHERE domain_id = $2";
    OWNERS = "SELECT owner_id, COUNT(*) FROM sip_aliases WHERE domain_id = $1 AND entered GROUP BY owner_id \
        ORDER BY owner_id";
}

/// Statements for several aliases at a time.
const ADDRESSES: &str = "SELECT t.id, d.domain, s.username, e.domain AS target_domain FROM sip_aliases t \
    JOIN sip_domains d ON d.id = t.domain_id JOIN subscribers s ON s.id = t.subscriber_id \
    JOIN sip_domains e ON e.id = s.domain_id WHERE t.id IN ({ids})";

#[async_trait::async_trait]
impl Kept for SipAlias {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "username";

    fn must_keep(caller: &Caller) -> Result<()> {
        crate::sip_account::must_act(caller)
    }
}

impl SipAlias {
    async fn give_back(&self, tx: &mut Tx) -> Result<()> {
        match self.entered {
            true => quota::give_back(tx, Counted::SipAliases, self.owner_id, Some(self.account_id), 1).await,
            false => Ok(()),
        }
    }
}

/// The aliases of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<AliasEntry>> {
    let aliases: Vec<SipAlias> = record::load(tx, ids).await?;
    let mut words = std::collections::HashMap::new();
    for row in listing::for_ids(tx, ADDRESSES, ids).await? {
        words.insert(row.at::<i64>(0)?, (row.at(1)?, row.at(2)?, row.at(3)?));
    }
    let entry = |alias: SipAlias| {
        let (domain, target_username, target_domain) = words.remove(&alias.id.0)?;
        Some(AliasEntry { alias, domain, target_username, target_domain })
    };
    Ok(aliases.into_iter().filter_map(entry).collect())
}

/// Removes the row of an alias.
async fn remove(tx: &mut Tx, alias: &SipAlias) -> Result<()> {
    record::remove(tx, alias).await?;
    alias.give_back(tx).await
}

/// Makes way for a new subscriber of that name: an alias that is only there for a number goes.
///
/// # Errors
/// [`Error::Taken`] where an alias has the name.
pub(crate) async fn make_way(tx: &mut Tx, domain: DomainId, username: &str) -> Result<()> {
    let Some(row) = tx.query_opt(AT, args![domain, username]).await? else { return Ok(()) };
    if row.at(1)? {
        return Err(Error::taken("subscriber", "username", username));
    }
    match record::load::<SipAlias>(tx, &[row.at(0)?]).await?.pop() {
        Some(alias) => remove(tx, &alias).await,
        None => Ok(()),
    }
}

/// Removes the aliases of a subscriber that ends.
pub(crate) async fn delete_of_subscriber(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    delete_all(tx, caller, now, OF_SUBSCRIBER, id.0).await
}

/// Removes the aliases in a domain that ends, wherever they lead.
pub(crate) async fn delete_of_domain(tx: &mut Tx, caller: &Caller, now: i64, id: DomainId) -> Result<()> {
    delete_all(tx, caller, now, IN_DOMAIN, id.0).await
}

async fn delete_all(tx: &mut Tx, caller: &Caller, now: i64, found_by: &str, of: i64) -> Result<()> {
    loop {
        let rows = tx.query(found_by, args![of]).await?;
        let ids = rows.iter().map(|row: &Row| Ok(row.at(0)?)).collect::<Result<Vec<i64>>>()?;
        if ids.is_empty() {
            return Ok(());
        }
        for alias in record::load::<SipAlias>(tx, &ids).await? {
            remove(tx, &alias).await?;
            if alias.entered {
                journal::record(tx, caller, now, Some(&alias), None).await?;
            }
        }
    }
}

/// Whether a domain has aliases that were made as such.
pub(crate) async fn are_in(tx: &mut Tx, domain: DomainId) -> Result<bool> {
    Ok(tx.query_opt(ANY_IN_DOMAIN, args![domain]).await?.is_some())
}

/// Follows a subscriber that has another owner: its aliases that were the old owner's are the new one's.
pub(crate) async fn hand_over(
    tx: &mut Tx,
    id: SubscriberId,
    before: (AccountId, AccountId),
    after: (AccountId, AccountId),
) -> Result<()> {
    tx.query(LOCK_OF_SUBSCRIBER, args![id]).await?;
    let mut moved: Vec<(AccountId, i64)> = Vec::new();
    for row in tx.query(HANDED_OVER, args![id, before.0]).await? {
        moved.push((row.at(0)?, row.at(1)?));
    }
    for row in tx.query(HAND_OVER, args![before.0, after.0, after.1, id]).await? {
        ALL.recount(tx, row.at(0)?, "reseller_id", before.1.0, after.1.0);
    }
    for (domain, n) in moved {
        let (was, is) = (At::of(before.0, Some(domain)), At::of(after.0, Some(domain)));
        quota::moved(tx, Counted::SipAliases, n, Some(was), Some(is)).await?;
    }
    Ok(())
}

/// Follows a domain, held, that has another account.
pub(crate) async fn move_domain(tx: &mut Tx, id: DomainId, before: AccountId, after: AccountId) -> Result<()> {
    tx.execute(MOVE_DOMAIN, args![after, id]).await?;
    for row in tx.query(OWNERS, args![id]).await? {
        let (owner, n): (AccountId, i64) = (row.at(0)?, row.at(1)?);
        let (was, is) = (At::of(owner, Some(before)), At::of(owner, Some(after)));
        quota::moved(tx, Counted::SipAliases, n, Some(was), Some(is)).await?;
    }
    Ok(())
}

/// What an alias is called in an error.
fn noun() -> &'static str {
    SipAlias::NOUN
}
