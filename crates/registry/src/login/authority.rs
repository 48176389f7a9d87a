//! Who may manage which logins.

use store::{Tx, args};

use super::{AclRole, Flags, LOCK_ADMINS, Login, load};
use crate::caller::{Caller, Role};
use crate::id::LoginId;
use crate::{Error, Result};

/// Why a login that is not a master is refused.
pub const NOT_MASTER: &str = "only a master may manage logins";
/// Why a login is refused whose kind does not manage the kind of the other.
pub const NOT_THIS_ROLE: &str = "this kind of login is not managed by the caller's";
/// Why a login is refused that would change what it may do itself.
pub const OWN_PERMISSIONS: &str = "a login can't change its own permissions";
/// Why a login is refused that would change another's password.
pub const OTHERS_PASSWORD: &str = "a login can only change its own password";
/// Why a login is refused that would remove itself.
pub const OWN_LOGIN: &str = "a login can't remove itself";
/// What is said of the last administrator where it was to be removed or to lose its role: somebody must be able to log in.
pub const LAST_ADMINISTRATOR: &str = "is the last administrator";

pub(super) fn refused(why: &str) -> Error {
    Error::NotAllowed(why.to_owned())
}

/// Which kind of administrator the caller counts as; none for callers that manage nothing.
async fn rank(tx: &mut Tx, caller: &Caller) -> Result<Option<AclRole>> {
    let Some(id) = caller.login else {
        return Ok((caller.role == Role::Admin).then_some(AclRole::System));
    };
    let own = load(tx, &[id.0]).await?.pop();
    match own {
        Some(own) if own.role == caller.role && own.flags.system => Ok(Some(AclRole::System)),
        _ => Ok(AclRole::of(caller.role)),
    }
}

/// Whether the caller may manage logins of that kind and with those flags.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn may_manage(tx: &mut Tx, caller: &Caller, kind: AclRole, flags: &Flags) -> Result<bool> {
    match must_manage(tx, caller, kind, flags).await {
        Ok(()) => Ok(true),
        Err(Error::NotAllowed(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Refuses whoever may not manage logins of that kind.
pub(super) async fn must_manage(tx: &mut Tx, caller: &Caller, kind: AclRole, flags: &Flags) -> Result<()> {
    let rank = rank(tx, caller).await?.ok_or_else(|| refused(NOT_THIS_ROLE))?;
    if !caller.rights.master {
        return Err(refused(NOT_MASTER));
    }
    let system = flags.system && rank != AclRole::System;
    if system || !rank.manages().contains(&kind) { Err(refused(NOT_THIS_ROLE)) } else { Ok(()) }
}

/// Whether it is an administrator that can make and change others.
pub(super) fn governs(login: &Login) -> bool {
    login.role == Role::Admin && login.active && login.flags.master && !login.flags.read_only
}

/// Refuses to let an administrator go where no other one is left that can make and change logins. Those that are left
/// stay as they are until the transaction ends.
pub(super) async fn must_not_be_last(tx: &mut Tx, login: &Login) -> Result<()> {
    for row in tx.query(LOCK_ADMINS, args![]).await? {
        let id: LoginId = row.get("id")?;
        if id != login.id && row.get("master")? && !row.get::<bool>("read_only")? {
            return Ok(());
        }
    }
    Err(Error::Conflict(format!("`{}` {LAST_ADMINISTRATOR}", login.username)))
}
