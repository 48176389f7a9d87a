//! Aliases that are alias numbers of their subscribers.

use e164::{E164, is_country_code};
use store::{Row, Tx, args};

use super::{ALL, SipAlias};
use crate::Result;
use crate::id::{AccountId, DomainId, SubscriberId};
use crate::number::{self, Number, Split, State};
use crate::quota::{self, Kind as Counted};
use crate::record;
use crate::statement::statements;
use crate::subscriber::Subscriber;

statements! {
    WHERE = "SELECT domain_id, domain_account_id, account_id, reseller_id FROM subscribers WHERE id = $1 \
        AND status <> 'terminated'";
    STAND_FOR = "UPDATE sip_aliases SET number_id = $1 WHERE domain_id = $2 AND username IN ($3, $4) \
        AND subscriber_id = $5 AND number_id IS NULL AND entered";
    IS_SUBSCRIBER = "SELECT id FROM subscribers WHERE domain_id = $1 AND username = $2 AND status <> 'terminated'";
    SHOW = "INSERT INTO sip_aliases (domain_id, account_id, reseller_id, username, subscriber_id, owner_id, number_id, \
        entered, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, $8, $8) \
        ON CONFLICT DO NOTHING RETURNING id";
    WITHDRAW = "DELETE FROM sip_aliases WHERE number_id = $1 RETURNING id, account_id, reseller_id, owner_id, entered";
}

/// Follows a number that has become or ceased to be an alias of a subscriber.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn follow(tx: &mut Tx, now: i64, before: Option<&Number>, after: &Number) -> Result<()> {
    let alias_of = |number: &Number| number.subscriber_id.filter(|_| !number.is_primary);
    let (was, is) = (before.and_then(alias_of), alias_of(after));
    if was == is {
        return Ok(());
    }
    if was.is_some() {
        for row in tx.query(WITHDRAW, args![after.id]).await? {
            withdrawn(tx, &row).await?;
        }
    }
    match is {
        Some(subscriber) => show(tx, now, subscriber, after).await,
        None => Ok(()),
    }
}

async fn withdrawn(tx: &mut Tx, row: &Row) -> Result<()> {
    ALL.count(tx, row.get("id")?, &[("reseller_id", row.get("reseller_id")?)], -1);
    if row.get("entered")? {
        let (owner, also): (AccountId, AccountId) = (row.get("owner_id")?, row.get("account_id")?);
        quota::give_back(tx, Counted::SipAliases, owner, Some(also), 1).await?;
    }
    Ok(())
}

/// Lets the alias of that address stand for the number, or shows it as one where the address is nobody's.
async fn show(tx: &mut Tx, now: i64, subscriber: SubscriberId, number: &Number) -> Result<()> {
    let Some(row) = tx.query_opt(WHERE, args![subscriber]).await? else { return Ok(()) };
    let (domain, account): (DomainId, AccountId) = (row.at(0)?, row.at(1)?);
    let (owner, reseller): (AccountId, AccountId) = (row.at(2)?, row.at(3)?);
    let digits = &number.digits;
    let with_plus = format!("+{digits}");
    if tx.execute(STAND_FOR, args![number.id, domain, digits, with_plus, subscriber]).await? > 0
        || tx.query_opt(IS_SUBSCRIBER, args![domain, digits]).await?.is_some()
    {
        return Ok(());
    }
    let values = args![domain, account, reseller, digits, subscriber, owner, number.id, now];
    if let Some(row) = tx.query_opt(SHOW, values).await? {
        ALL.count(tx, row.at(0)?, &[("reseller_id", reseller.0)], 1);
    }
    Ok(())
}

/// The international number that a user name is.
pub(super) fn of_username(username: &str) -> Option<Split> {
    let digits = username.strip_prefix('+').unwrap_or(username);
    if digits.len() < 7 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = E164::parse(digits).ok()?.digits().to_owned();
    let at = (1..=3).find(|length| is_country_code(&digits[..*length]))?;
    Some(Split { cc: digits[..at].to_owned(), ac: String::new(), sn: digits[at..].to_owned() })
}

/// Whether a subscriber can have a number for nothing.
pub(super) async fn is_free_of_charge(tx: &mut Tx, subscriber: &Subscriber, split: &Split) -> Result<bool> {
    let Some(found) = number::find(tx, &split.digits()).await? else { return Ok(true) };
    Ok(match found.state {
        State::Deleted | State::Discovery => true,
        State::InService => {
            let owner = found.account_id;
            found.subscriber_id.is_none()
                && (owner == Some(subscriber.account_id) || owner == Some(subscriber.reseller_id))
        }
        State::Available | State::Reserved | State::Aging | State::PortIn | State::PortOut | State::Released => false,
    })
}

/// The alias as it is now.
pub(super) async fn reread(tx: &mut Tx, alias: &SipAlias) -> Result<SipAlias> {
    Ok(record::load::<SipAlias>(tx, &[alias.id.0]).await?.pop().unwrap_or_else(|| alias.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_that_are_numbers() {
        for (username, expected) in [
            ("31201234567", Some("31--201234567")),
            ("+31201234567", Some("31--201234567")),
            ("12125551234", Some("1--2125551234")),
            ("353123456", Some("353--123456")),
            ("312012", None),
            ("alice", None),
            ("3120123456a", None),
            ("0031201234567", None),
            ("2101234567", None),
            ("3120123456789012", None),
            ("+", None),
        ] {
            assert_eq!(of_username(username).map(|split| split.to_string()).as_deref(), expected, "{username}");
        }
    }
}
