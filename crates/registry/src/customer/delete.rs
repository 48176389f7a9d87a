//! Removing a customer or reseller that nothing refers to any more.

use store::{Tx, args};

use super::standing::{Standing, as_operator, must_see};
use super::{NOUN, read};
use crate::account::{self, Status};
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::statement::statements;
use crate::{Error, Result, contact, property};

statements! {
    CHILDREN = "SELECT id FROM accounts WHERE parent_id = $1 AND status <> 'terminated' LIMIT 1";
    DOMAINS = "SELECT domain FROM sip_domains WHERE account_id = $1 AND status = 'active' LIMIT 1";
    SUBSCRIBERS = "SELECT username FROM subscribers WHERE account_id = $1 AND status <> 'terminated' LIMIT 1";
    NUMBERS = "SELECT digits FROM numbers WHERE account_id = $1 AND state IN ('in_service', 'reserved') LIMIT 1";
    RANGES = "SELECT prefix FROM enum_ranges WHERE account_id = $1 LIMIT 1";
    ENUM_NUMBERS = "SELECT number FROM enum_numbers WHERE owner_id = $1 LIMIT 1";
    ZONES = "SELECT name FROM dns_zones WHERE account_id = $1 LIMIT 1";
    RECORDS = "SELECT name FROM dns_records WHERE owner_id = $1 LIMIT 1";
    ALIASES = "SELECT username FROM sip_aliases WHERE owner_id = $1 LIMIT 1";
    PEERS = "SELECT ip FROM trusted_peers WHERE account_id = $1 LIMIT 1";
    PEERS_OWNED = "SELECT ip FROM trusted_peers WHERE owner_id = $1 LIMIT 1";
    CARRIERS = "SELECT name FROM pstn_carriers WHERE reseller_id = $1 LIMIT 1";
    FANCY_RECORDS = "SELECT name FROM dns_fancy_records WHERE owner_id = $1 LIMIT 1";
    IMPERSONATING = "SELECT account_id FROM account_details WHERE impersonate_id = $1 AND account_id <> $2 LIMIT 1";
    FORGET = "DELETE FROM account_details WHERE account_id = $1";
    OTHERS = "UPDATE account_details SET impersonate_id = NULL WHERE impersonate_id = $1";
}

/// What may refer to a customer, each with the statement that finds one by the customer's id.
const REFERENCES: &[(&str, &str)] = &[
    ("customer", CHILDREN),
    ("SIP domain", DOMAINS),
    ("SIP account", SUBSCRIBERS),
    ("SIP alias", ALIASES),
    ("trusted peer", PEERS),
    ("trusted peer", PEERS_OWNED),
    ("carrier", CARRIERS),
    ("telephone number", NUMBERS),
    ("ENUM range", RANGES),
    ("ENUM number", ENUM_NUMBERS),
    ("DNS zone", ZONES),
    ("DNS record", RECORDS),
    ("fancy DNS record", FANCY_RECORDS),
];

/// Removes a customer, or a reseller without customers: the account is terminated, and its user name is free again.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for customers, for a reseller's own account and for the default reseller;
/// [`Error::InUse`] naming what refers to it.
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId) -> Result<()> {
    caller.must_write()?;
    account::hold(tx, id).await?;
    must_see(tx, caller, id).await?;
    let may = match Standing::of(tx, caller).await? {
        // Whoever administers may remove the very account that it acts for.
        _ if caller.role == Role::Admin => true,
        Standing::Reseller(own) => own != id,
        Standing::Operator | Standing::Customer(_) => false,
    };
    if !may {
        return Err(Error::NotAllowed(format!("the caller does not remove customer {id}")));
    }
    let operator = &as_operator(caller);
    let before = read(tx, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))?;
    if before.login_id.is_some() && before.login_id == caller.login {
        return Err(Error::NotAllowed("nobody removes itself".to_owned()));
    }
    must_be_free(tx, id).await?;
    account::set_status(tx, operator, now, id, Status::Terminated).await?;
    if let Some(contact) = before.contact_id.filter(|_| before.details.own_contact) {
        match contact::delete(tx, operator, now, contact).await {
            // Somebody else has come to share it.
            Ok(()) | Err(Error::InUse { .. } | Error::NotFound { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

async fn must_be_free(tx: &mut Tx, id: AccountId) -> Result<()> {
    let in_use = |what: String| Err(Error::InUse { kind: NOUN, key: format!("{id}, which {what} refers to,") });
    for (noun, found_by) in REFERENCES {
        if let Some(row) = tx.query_opt(found_by, args![id]).await? {
            let key = row.at::<String>(0).or_else(|_| row.at::<i64>(0).map(|id| id.to_string()))?;
            return in_use(format!("{noun} {key}"));
        }
    }
    match tx.query_opt(IMPERSONATING, args![id, id]).await? {
        Some(row) => in_use(format!("customer {}", row.at::<AccountId>(0)?)),
        None => Ok(()),
    }
}

/// Removes what is known of an account that has ended.
pub(crate) async fn forget(tx: &mut Tx, id: AccountId) -> Result<()> {
    property::remove_all(tx, id).await?;
    tx.execute(OTHERS, args![id]).await?;
    tx.execute(FORGET, args![id]).await?;
    Ok(())
}
