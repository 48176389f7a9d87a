//! Whose a domain, range, zone, peer or carrier is, where a client names a customer and a reseller, one of them, or nobody.

use store::Tx;

use crate::account;
use crate::caller::{Caller, Role, Scope};
use crate::id::AccountId;
use crate::{Error, Result};

/// Stands for nobody: neither a customer nor a reseller is named.
const NOBODY: AccountId = AccountId(0);

/// Whose a new record is to be: the customer's that is named, else the reseller's, else the caller's own. What an
/// administrator adds for nobody is the operator's. Whether the account may be named is checked where the record is made.
///
/// # Errors
/// [`Error::Dangling`] for `account_id`; [`Error::Invalid`] for `reseller_id` where the customer is of another one.
pub async fn owner_of_new(tx: &mut Tx, caller: &Caller, customer: AccountId, reseller: AccountId) -> Result<AccountId> {
    match (customer, reseller) {
        (NOBODY, NOBODY) if caller.role == Role::Admin && caller.scope == Scope::All => Ok(AccountId::OPERATOR),
        (NOBODY, NOBODY) => Ok(caller.account),
        (NOBODY, reseller) => Ok(reseller),
        (customer, NOBODY) => Ok(customer),
        (customer, reseller) => {
            let found = account::get(tx, caller, customer).await;
            let found = found.map_err(|error| error.or_dangling("account_id", customer))?;
            if found.reseller_id != reseller {
                let message = format!("customer {customer} is of reseller {}, not of {reseller}", found.reseller_id);
                return Err(Error::invalid("reseller_id", message));
            }
            Ok(found.id)
        }
    }
}

/// Whose a record is to be from now on: where nobody is named, it stays whose it is.
///
/// # Errors
/// As [`owner_of_new`].
pub async fn owner_after(
    tx: &mut Tx,
    caller: &Caller,
    before: AccountId,
    customer: AccountId,
    reseller: AccountId,
) -> Result<AccountId> {
    if (customer, reseller) == (NOBODY, NOBODY) || customer == before {
        return Ok(before);
    }
    owner_of_new(tx, caller, customer, reseller).await
}
