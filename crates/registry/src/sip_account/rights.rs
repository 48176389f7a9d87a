//! Who keeps SIP domains and accounts, and which of them may reach the telephone network.
//!
//! What a property permits, the installation's administrator may do everywhere. All others need the property at the
//! account that the domain is of, at its reseller, and at the account that they act for.

use store::Tx;

use crate::account::{self, Account, Kind};
use crate::caller::{Caller, Role, Scope};
use crate::id::AccountId;
use crate::sip_domain::SipDomain;
use crate::{Error, Result, property};

/// Property that permits SIP accounts to call the telephone network.
pub const PSTN_ACCESS: &str = "pstn_access";
/// Property that permits to say whether an account is prepaid.
pub const PREPAID_CHANGES: &str = "prepaid_changes";

/// Refuses whoever may not keep SIP domains, or what is in them.
pub(crate) fn must_act(caller: &Caller) -> Result<()> {
    match caller.role {
        Role::Admin | Role::Reseller | Role::Customer => caller.must_write(),
        _ => Err(Error::NotAllowed(
            "only administrators, resellers and customers may keep SIP domains and what is in them".to_owned(),
        )),
    }
}

/// What it is to whoever sees something in a domain that it does not keep.
pub(crate) fn not_keeper() -> Error {
    Error::NotAllowed("only who keeps the SIP domain may do this".to_owned())
}

/// The account that a field names, kept as it is until the transaction ends: the operator's, a reseller's or a customer's.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub(crate) async fn keep_account(tx: &mut Tx, caller: &Caller, field: &'static str, id: AccountId) -> Result<Account> {
    let found = account::get(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))?;
    match found.kind {
        Kind::Peering => Err(Error::dangling(field, id)),
        kind => account::named_by(tx, caller, kind, field, id).await,
    }
}

/// Whether the caller runs the installation, and acts for nobody else.
pub(crate) fn runs_all(caller: &Caller) -> bool {
    (caller.role, caller.scope) == (Role::Admin, Scope::All)
}

/// Whether a property permits the caller something in a domain.
///
/// # Errors
/// Only those of the database.
pub async fn permits(tx: &mut Tx, caller: &Caller, domain: &SipDomain, name: &str) -> Result<bool> {
    if runs_all(caller) {
        return Ok(true);
    }
    let mut accounts = vec![domain.account_id, domain.reseller_id, caller.account];
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts.into_iter().filter(|account| *account != AccountId::OPERATOR) {
        if !property::is_set(tx, account, name).await? {
            return Ok(false);
        }
    }
    Ok(true)
}
