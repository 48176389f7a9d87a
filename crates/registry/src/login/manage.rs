//! Making, changing and removing logins.

use store::{Tx, args};

use super::authority::{OTHERS_PASSWORD, OWN_LOGIN, OWN_PERMISSIONS, governs, must_manage, must_not_be_last, refused};
use super::credentials::check_username;
use super::{
    AclRole, BY_NAME, Credentials, DELETE, DELETE_CERTIFICATES, DELETE_CREDENTIALS, DELETE_TOKENS, FORGET_CLEAR,
    FORGET_DIGESTS, Flags, INSERT, LOCK, Login, SET_PASSWORD, TAKEN, UPDATE, add, get, login,
};
use crate::account::{self, Kind};
use crate::caller::{Caller, Role};
use crate::contact::is_email;
use crate::id::{AccountId, LoginId, uuid};
use crate::journal;
use crate::otp;
use crate::{Error, Result};

/// What an administrator's login is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// 1 to 100 of the characters `a-z A-Z 0-9 . _ - @ +`; unique in the installation.
    pub username: String,
    /// Unique in the installation.
    pub email: Option<String>,
    /// The reseller that it is shown with, and where its kind acts for a reseller the account that it acts for.
    pub reseller_id: AccountId,
    /// What kind of administrator it is.
    pub acl_role: AclRole,
    /// Whether it may log in.
    pub active: bool,
    /// What it may do beside.
    pub flags: Flags,
}

/// The account that such a login acts for, if the caller may use it and it suits; `confined`: it is a reseller's where its
/// kind leaves the choice.
async fn account_of(
    tx: &mut Tx,
    caller: &Caller,
    kind: AclRole,
    reseller: AccountId,
    confined: bool,
) -> Result<AccountId> {
    account::named_by(tx, caller, Kind::Reseller, "reseller_id", reseller).await?;
    Ok(match kind {
        AclRole::System | AclRole::Admin | AclRole::Intercept => AccountId::OPERATOR,
        AclRole::CareAdmin if !confined => AccountId::OPERATOR,
        AclRole::CareAdmin | AclRole::Reseller | AclRole::Care => reseller,
    })
}

/// Refuses a user name or address that is not one or that another login has.
async fn check_names(tx: &mut Tx, profile: &Profile, id: LoginId) -> Result<()> {
    check_username(&profile.username)?;
    if let Some(email) = profile.email.as_deref().filter(|email| !is_email(email)) {
        return Err(Error::invalid("email", format!("`{email}` is not an e-mail address")));
    }
    match tx.query_opt(TAKEN, args![&profile.username, profile.email.as_deref(), id]).await? {
        None => Ok(()),
        Some(row) if row.get::<String>("field")? == "username" => {
            Err(Error::taken("login", "username", &profile.username))
        }
        Some(_) => Err(Error::taken("login", "email", profile.email.as_deref().unwrap_or_default())),
    }
}

/// Makes an administrator's login. The credentials name the same user as the profile.
///
/// # Errors
/// [`Error::NotAllowed`] with [`NOT_MASTER`](super::NOT_MASTER) or [`NOT_THIS_ROLE`](super::NOT_THIS_ROLE), [`Error::Taken`], [`Error::Dangling`] for the reseller,
/// [`Error::Invalid`].
pub async fn make(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    profile: &Profile,
    credentials: &Credentials,
) -> Result<Login> {
    must_manage(tx, caller, profile.acl_role, &profile.flags).await?;
    // One made by a reseller cares for that reseller's customers only.
    let confined = caller.account != AccountId::OPERATOR;
    let account_id = account_of(tx, caller, profile.acl_role, profile.reseller_id, confined).await?;
    let new = Login {
        id: LoginId(0),
        account_id,
        reseller_id: profile.reseller_id,
        username: profile.username.clone(),
        email: profile.email.clone(),
        role: profile.acl_role.role(),
        acl_role: Some(profile.acl_role),
        active: profile.active,
        flags: profile.flags,
        credential_version: 1,
    };
    check_names(tx, profile, new.id).await?;
    insert(tx, caller, now, new, credentials).await
}

/// Makes a login of a role on an account, with everything that such a login may do.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Conflict`] where the user name is taken, [`Error::Invalid`] where the role does not
/// suit the account.
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account_id: AccountId,
    role: Role,
    credentials: &Credentials,
) -> Result<Login> {
    add(tx, caller, now, account_id, role, credentials).await.map_err(|error| match error {
        Error::Taken { value, .. } => Error::Conflict(format!("there is a login named `{value}` already")),
        other => other,
    })
}

pub(super) async fn insert(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    new: Login,
    credentials: &Credentials,
) -> Result<Login> {
    let (f, c) = (&new.flags, credentials);
    let values = args![
        uuid(),
        new.account_id,
        new.reseller_id,
        &new.username,
        new.email.as_deref(),
        new.role,
        new.acl_role,
        new.active,
        f.system,
        f.master,
        f.read_only,
        f.show_passwords,
        f.call_data,
        f.billing_data,
        f.can_reset_password,
        f.enable_2fa,
        &c.password,
        &c.md5,
        &c.sha1,
        now
    ];
    let id = match tx.query_one(INSERT, values).await {
        Ok(row) => row.at(0)?,
        Err(error) => return Err(clash(error, &new)),
    };
    let made = Login { id, ..new };
    made.count(tx, 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok(made)
}

/// Says which name another login has taken in the meantime.
pub(super) fn clash(error: store::Error, login: &Login) -> Error {
    match error {
        // The key is named after its column on both engines.
        store::Error::Unique(key) if key.contains("email") => {
            Error::taken("login", "email", login.email.as_deref().unwrap_or_default())
        }
        store::Error::Unique(_) => Error::taken("login", "username", &login.username),
        other => other.into(),
    }
}

/// What a login may do, apart from its names.
fn permissions(login: &Login) -> (AccountId, AccountId, Role, Option<AclRole>, bool, Flags) {
    let flags = Flags { enable_2fa: false, ..login.flags };
    (login.account_id, login.reseller_id, login.role, login.acl_role, login.active, flags)
}

/// Changes an administrator's login, and with credentials its password. With another user name and no password, clients
/// that send only a digest of user name and password can't log in until the password is set again.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] with [`OWN_PERMISSIONS`] or [`OTHERS_PASSWORD`]; [`Error::Conflict`] where
/// it [`LAST_ADMINISTRATOR`](super::LAST_ADMINISTRATOR); as [`make`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: LoginId,
    profile: &Profile,
    credentials: Option<&Credentials>,
) -> Result<Login> {
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    let own = caller.login == Some(id);
    if !own {
        must_manage(tx, caller, before.acl_role.unwrap_or(profile.acl_role), &before.flags).await?;
        must_manage(tx, caller, profile.acl_role, &profile.flags).await?;
        if credentials.is_some() && caller.login.is_some() {
            return Err(refused(OTHERS_PASSWORD));
        }
    }
    let moved = before.acl_role != Some(profile.acl_role) || before.reseller_id != profile.reseller_id;
    let account_id = match moved {
        true if own => return Err(refused(OWN_PERMISSIONS)),
        true => {
            let confined = [caller.account, before.account_id].iter().any(|account| *account != AccountId::OPERATOR);
            account_of(tx, caller, profile.acl_role, profile.reseller_id, confined).await?
        }
        false => before.account_id,
    };
    check_names(tx, profile, id).await?;
    let mut after = Login {
        account_id,
        reseller_id: profile.reseller_id,
        username: profile.username.clone(),
        email: profile.email.clone(),
        role: profile.acl_role.role(),
        acl_role: Some(profile.acl_role),
        active: profile.active,
        flags: profile.flags,
        ..before.clone()
    };
    if own && permissions(&before) != permissions(&after) {
        return Err(refused(OWN_PERMISSIONS));
    }
    let ends = before.role == Role::Admin && !(after.active && after.role == Role::Admin);
    if ends || (governs(&before) && !governs(&after)) {
        must_not_be_last(tx, &before).await?;
    }
    let f = &after.flags;
    let values = args![
        after.account_id,
        after.reseller_id,
        &after.username,
        after.email.as_deref(),
        after.role,
        after.acl_role,
        after.active,
        f.system,
        f.master,
        f.read_only,
        f.show_passwords,
        f.call_data,
        f.billing_data,
        f.can_reset_password,
        f.enable_2fa,
        now,
        id
    ];
    tx.execute(UPDATE, values).await.map_err(|error| clash(error, &after))?;
    if moved {
        tx.execute(DELETE_CREDENTIALS, args![id]).await?;
    }
    match credentials {
        Some(c) => {
            tx.execute(SET_PASSWORD, args![&c.password, &c.md5, &c.sha1, now, id]).await?;
            tx.execute(FORGET_CLEAR, args![id]).await?;
            after.credential_version += 1;
        }
        None if before.username != after.username => {
            tx.execute(FORGET_DIGESTS, args![id]).await?;
        }
        None => {}
    }
    if before.flags.enable_2fa && !after.flags.enable_2fa {
        // Switched on again, it begins with a new secret.
        otp::forget(tx, caller, now, otp::Owner::Login(id)).await?;
    }
    before.count(tx, -1);
    after.count(tx, 1);
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

async fn visible(tx: &mut Tx, caller: &Caller, username: &str) -> Result<Login> {
    let not_found = || Error::not_found("login", username);
    let row = tx.query_opt(BY_NAME, args![username]).await?.ok_or_else(not_found)?;
    let found = login(&row)?;
    caller.must_see(tx, found.account_id).await.map_err(|_| not_found())?;
    Ok(found)
}

/// Sets a new password for the login that the credentials name; tokens and remembered logins end.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`] for another's.
pub async fn set_password(tx: &mut Tx, caller: &Caller, now: i64, credentials: &Credentials) -> Result<Login> {
    let before = visible(tx, caller, &credentials.username).await?;
    if caller.login != Some(before.id) {
        caller.must_be_reseller("set others' passwords")?;
        match before.acl_role {
            Some(kind) => must_manage(tx, caller, kind, &before.flags).await?,
            None => caller.must_write()?,
        }
    }
    let c = credentials;
    tx.execute(SET_PASSWORD, args![&c.password, &c.md5, &c.sha1, now, before.id]).await?;
    tx.execute(FORGET_CLEAR, args![before.id]).await?;
    let after = Login { credential_version: before.credential_version + 1, ..before.clone() };
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Takes away the second factor of the login of that user name, for whoever has lost it: it begins anew with the next
/// secret. False where there was none.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`] as for [`set_password`].
pub async fn forget_second_factor(tx: &mut Tx, caller: &Caller, now: i64, username: &str) -> Result<bool> {
    let found = visible(tx, caller, username).await?;
    caller.must_be_reseller("take a second factor away")?;
    if let Some(kind) = found.acl_role {
        must_manage(tx, caller, kind, &found.flags).await?;
    }
    otp::forget(tx, caller, now, otp::Owner::Login(found.id)).await
}

/// Removes an administrator's login.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`] with [`OWN_LOGIN`], [`NOT_MASTER`](super::NOT_MASTER) or [`NOT_THIS_ROLE`](super::NOT_THIS_ROLE), [`Error::Conflict`]
/// where it [`LAST_ADMINISTRATOR`](super::LAST_ADMINISTRATOR).
pub async fn remove(tx: &mut Tx, caller: &Caller, now: i64, id: LoginId) -> Result<()> {
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    erase(tx, caller, now, &before).await
}

/// Removes the login of that user name.
///
/// # Errors
/// As [`remove`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, username: &str) -> Result<()> {
    caller.must_be_reseller("remove logins")?;
    let found = visible(tx, caller, username).await?;
    // Whoever has waited reads again: it may be gone.
    tx.query_opt(LOCK, args![found.id]).await?;
    let before = visible(tx, caller, username).await?;
    if before.id != found.id {
        return Err(Error::not_found("login", username));
    }
    erase(tx, caller, now, &before).await
}

async fn erase(tx: &mut Tx, caller: &Caller, now: i64, before: &Login) -> Result<()> {
    if caller.login == Some(before.id) {
        return Err(refused(OWN_LOGIN));
    }
    if let Some(kind) = before.acl_role {
        must_manage(tx, caller, kind, &before.flags).await?;
    }
    if before.role == Role::Admin {
        must_not_be_last(tx, before).await?;
    }
    otp::forget(tx, caller, now, otp::Owner::Login(before.id)).await?;
    for statement in [DELETE_CERTIFICATES, DELETE_TOKENS, DELETE_CREDENTIALS, DELETE] {
        tx.execute(statement, args![before.id]).await?;
    }
    before.count(tx, -1);
    journal::record(tx, caller, now, Some(before), None).await
}

impl journal::Recorded for Login {
    const KIND: &'static str = "logins";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}
