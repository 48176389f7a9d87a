//! The user name and password of a customer: a login as any other, with the password sealed beside it, so that it can be
//! handed to whoever cares for the customer. A reseller's is an administrator of that reseller to NGCP's clients, who may
//! change or remove it; a password that they set is not known here until it is set here again.

use store::{Tx, args};

use super::standing::{as_operator, must_see};
use super::{Customer, is_own_login, read};
use crate::caller::{Caller, Role, Scope};
use crate::id::AccountId;
use crate::login::{self, Credentials, Login, MIN_ACCOUNT_PASSWORD};
use crate::seal::Sealer;
use crate::statement::statements;
use crate::{Error, Result};

statements! {
    PUT = "INSERT INTO account_credentials (account_id, login_id, password_sealed) VALUES ($1, $2, $3) \
        ON CONFLICT (account_id) DO UPDATE SET login_id = excluded.login_id, password_sealed = excluded.password_sealed";
    IMPERSONATED = "SELECT d.impersonate_id, a.reseller_id, o.kind, o.reseller_id AS others, o.status \
        FROM account_details d JOIN accounts a ON a.id = d.account_id JOIN accounts o ON o.id = d.impersonate_id \
        WHERE d.account_id = $1";
}

/// A password in clear, on its way to somebody who may have it.
#[derive(Clone, PartialEq, Eq)]
pub struct Clear(String);

impl std::fmt::Debug for Clear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Clear {
    pub(super) fn new(text: String) -> Clear {
        Clear(text)
    }

    /// The password.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A user name and password with their verifiers, made outside any transaction because that takes a while.
#[derive(Clone, Debug)]
pub struct Access {
    credentials: Credentials,
    password: Clear,
}

impl Access {
    /// Makes the verifiers; takes some 150 ms of CPU on purpose. The user name is brought into lower case.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `username`, and for `password` where that has fewer than [`MIN_ACCOUNT_PASSWORD`]
    /// characters.
    pub fn new(username: &str, password: &str) -> Result<Access> {
        let username = username.trim().to_ascii_lowercase();
        let credentials = Credentials::of_at_least(MIN_ACCOUNT_PASSWORD, &username, password)?;
        Ok(Access { credentials, password: Clear(password.to_owned()) })
    }

    /// The user name.
    #[must_use]
    pub fn username(&self) -> &str {
        self.credentials.username()
    }

    #[cfg(test)]
    pub(crate) fn weak(username: &str, password: &str) -> Access {
        Access { credentials: Credentials::weak(username, password), password: Clear(password.to_owned()) }
    }
}

/// What the password of an account is sealed for.
pub(super) fn context(id: AccountId) -> String {
    format!("password of account {id}")
}

/// Refuses whoever may not set this customer's credentials. Its own login may; all others make logins (masters), and are
/// administrators or above it: what another login of the same account is not handed it does not replace.
///
/// # Errors
/// [`Error::NotAllowed`].
pub(super) fn must_set(caller: &Caller, of: &Customer) -> Result<()> {
    let refused = |why: &str| Err(Error::NotAllowed(why.to_owned()));
    match caller.role {
        _ if is_own_login(caller, of) => Ok(()),
        _ if !caller.rights.master => refused(login::NOT_MASTER),
        Role::Admin => Ok(()),
        _ if of.id == caller.account => refused("an account's user name and password are its own login's to change"),
        _ => Ok(()),
    }
}

/// The user name and password that an update must be given as [`Access`]; none where it changes neither. What a client
/// leaves empty is what there is.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for a password by whoever may not set it, right or wrong as it may be;
/// [`Error::Invalid`] for `password` where there is another user name and no password is known.
pub async fn to_make(
    tx: &mut Tx,
    caller: &Caller,
    sealer: &Sealer,
    id: AccountId,
    username: &str,
    password: &str,
) -> Result<Option<(String, Clear)>> {
    caller.must_write()?;
    must_see(tx, caller, id).await?;
    let Some(there) = read(tx, &[id.0]).await?.pop() else { return Ok(None) };
    if !password.is_empty() {
        must_set(caller, &there)?;
    }
    let username = match (username.trim().to_ascii_lowercase(), &there.username) {
        (given, Some(known)) if given.is_empty() => known.clone(),
        // Whoever has no user name and gets none has no use for a password.
        (given, None) if given.is_empty() => return Ok(None),
        (given, _) => given,
    };
    let known = there.clear(sealer)?;
    let same_name = there.username.as_ref() == Some(&username);
    Ok(match (password, known) {
        ("", _) if same_name => None,
        ("", Some(known)) => Some((username, known)),
        ("", None) => return Err(Error::invalid("password", "another user name needs the password with it")),
        (given, Some(known)) if same_name && known.reveal() == given => None,
        (given, _) => Some((username, Clear(given.to_owned()))),
    })
}

/// Gives a customer the user name and password.
pub(super) async fn put(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    of: &Customer,
    access: &Access,
) -> Result<()> {
    let caller = &as_operator(caller);
    let role = if of.is_reseller() { Role::Reseller } else { Role::Customer };
    let login = match of.login_id {
        Some(login) => login::renew(tx, caller, now, login, &access.credentials).await?,
        None => login::add(tx, caller, now, of.id, role, &access.credentials).await?,
    };
    let sealed = sealer.seal(&context(of.id), access.password.reveal())?;
    tx.execute(PUT, args![of.id, login.id, sealed]).await?;
    Ok(())
}

/// The account with whose rights whoever logs in for this one comes, and its kind.
async fn rights_of(tx: &mut Tx, id: AccountId) -> Result<Option<(AccountId, crate::account::Kind)>> {
    let Some(row) = tx.query_opt(IMPERSONATED, args![id]).await? else { return Ok(None) };
    let (reseller, others): (AccountId, AccountId) = (row.get("reseller_id")?, row.get("others")?);
    let runs = row.get::<crate::account::Status>("status")? == crate::account::Status::Active;
    if reseller != others || !runs {
        return Ok(None);
    }
    Ok(Some((row.get("impersonate_id")?, row.get("kind")?)))
}

/// The caller that a login of a customer or reseller is, once its credentials have been checked: with the rights of the
/// account that its account names for that (see [`super::Details::impersonate_id`]), otherwise with its own.
///
/// # Errors
/// Only those of the database.
pub async fn caller_of(tx: &mut Tx, login: &Login) -> Result<Caller> {
    let mut caller = login.caller();
    if !matches!(login.role, Role::Reseller | Role::Customer) {
        return Ok(caller);
    }
    if let Some((account, kind)) = rights_of(tx, login.account_id).await? {
        caller.role = if kind == crate::account::Kind::Reseller { Role::Reseller } else { Role::Customer };
        caller.account = account;
        caller.scope = Scope::Subtree(account);
    }
    Ok(caller)
}

/// The administrator, acting for a customer or reseller; 0: for nobody.
///
/// # Errors
/// [`Error::NotAllowed`] for others, [`Error::NotFound`].
pub async fn impersonating(tx: &mut Tx, administrator: &Caller, id: AccountId) -> Result<Caller> {
    administrator.must_be_admin("act for others")?;
    if id == AccountId::OPERATOR {
        return Ok(administrator.clone());
    }
    must_see(tx, administrator, id).await?;
    let account = rights_of(tx, id).await?.map_or(id, |(account, _)| account);
    Ok(Caller { account, scope: Scope::Subtree(account), ..administrator.clone() })
}
