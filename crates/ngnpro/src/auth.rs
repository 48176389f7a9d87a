//! Who calls: the `auth` element of the header.
//!
//! An administrator's login with `admin` sees everything, or with `impersonate` what the account of that id sees, which it
//! may still manage. Without `admin` the credentials are those of a customer or reseller, which may have been given the
//! rights of its reseller.

use std::net::IpAddr;

use registry::ban::{Attempt, Realm};
use registry::id::AccountId;
use registry::{Caller, Error, Role, customer};
use web::{Denied, Factor};

use crate::Ngnpro;
use crate::soap::Fault;
use crate::soap::envelope::Auth;

/// The caller with those credentials, who calls from that address.
///
/// # Errors
/// Where nobody has them, or the account that is impersonated is not there.
pub(crate) async fn caller(state: &Ngnpro, auth: &Auth, address: IpAddr) -> Result<Caller, Fault> {
    let attempt = Attempt { realm: Realm::Admin, username: &auth.username, address };
    let factor = Factor::Code { sealer: &state.sealer, code: None };
    let login = match state.authenticator.login(&attempt, &auth.password, factor).await {
        Ok(login) => login,
        Err(Denied::Failed(error)) => return Err(error.into()),
        Err(Denied::Banned) => {
            return Err(Fault::not_authenticated("too many wrong passwords: none is looked at for a while"));
        }
        Err(Denied::Unknown | Denied::Barred | Denied::Code) => return Err(Error::NotAuthenticated.into()),
    };
    let mut tx = state.db.reader();
    let caller = customer::caller_of(&mut tx, &login).await?;
    match (auth.admin, caller.role) {
        (true, Role::Admin) => Ok(customer::impersonating(&mut tx, &caller, AccountId(auth.impersonate)).await?),
        (false, Role::Reseller | Role::Customer) => Ok(caller),
        (true, _) => Err(Fault::not_authenticated("these are not an administrator's credentials: admin is true")),
        (false, _) => Err(Fault::not_authenticated("these are not a customer's credentials: admin is false")),
    }
}
