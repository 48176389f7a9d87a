//! The login of an account that is its own user name and password.

use store::{Tx, args};

use super::authority::must_manage;
use super::manage::{clash, insert};
use super::{AclRole, Credentials, Flags, LOCK, Login, RENAME, SET_PASSWORD, any, load};
use crate::account::{self, Kind, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, LoginId};
use crate::journal;
use crate::{Error, Result};

/// Makes a login of a role on an account, with everything that such a login may do.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Taken`] for `username`, [`Error::Conflict`] where the account is terminated,
/// [`Error::Invalid`] where the role does not suit it.
pub(crate) async fn add(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account_id: AccountId,
    role: Role,
    credentials: &Credentials,
) -> Result<Login> {
    let acl_role = AclRole::of(role);
    // The first one of all must be able to make every other.
    let flags = Flags { system: role == Role::Admin && !any(tx).await?, ..Flags::default() };
    match acl_role {
        Some(kind) => must_manage(tx, caller, kind, &flags).await?,
        None => caller.must_be_reseller("make logins")?,
    }
    let account = account::get(tx, caller, account_id).await?;
    if account.status == Status::Terminated {
        return Err(Error::Conflict(format!("account {account_id} is terminated")));
    }
    let fits = match role {
        Role::Admin | Role::Intercept => account.kind == Kind::Operator,
        Role::CareAdmin => matches!(account.kind, Kind::Operator | Kind::Reseller),
        Role::Reseller | Role::Care => account.kind == Kind::Reseller,
        Role::Customer => account.kind == Kind::Customer,
        // Subscribers log in with their own records.
        Role::SubscriberAdmin | Role::Subscriber => false,
    };
    if !fits {
        let message = format!("`{role}` does not suit account {account_id}, which is a {}", account.kind);
        return Err(Error::invalid("role", message));
    }
    let reseller_id = if account.kind == Kind::Operator { AccountId::DEFAULT_RESELLER } else { account.reseller_id };
    let new = Login {
        id: LoginId(0),
        account_id,
        reseller_id,
        username: credentials.username.clone(),
        email: None,
        role,
        acl_role,
        active: true,
        flags,
        credential_version: 1,
    };
    insert(tx, caller, now, new, credentials).await
}

/// Gives a login another user name and password, for whoever has checked the right to it; tokens and remembered logins end.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Taken`] for `username`.
pub(crate) async fn renew(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: LoginId,
    credentials: &Credentials,
) -> Result<Login> {
    tx.query_opt(LOCK, args![id]).await?;
    let before = load(tx, &[id.0]).await?.pop().ok_or_else(|| Error::not_found("login", id))?;
    let c = credentials;
    let after =
        Login { username: c.username.clone(), credential_version: before.credential_version + 1, ..before.clone() };
    if before.username != after.username {
        tx.execute(RENAME, args![&c.username, id]).await.map_err(|error| clash(error, &after))?;
    }
    tx.execute(SET_PASSWORD, args![&c.password, &c.md5, &c.sha1, now, id]).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}
