//! Logins: the credentials of a person or program, held as Argon2id verifiers, and what they may do.

mod acl;
mod authority;
mod credentials;
mod manage;
mod own;

use serde::Serialize;
use store::{Row, Tx, args};

pub use acl::AclRole;
pub(crate) use authority::may_manage;
pub use authority::{LAST_ADMINISTRATOR, NOT_MASTER, NOT_THIS_ROLE, OTHERS_PASSWORD, OWN_LOGIN, OWN_PERMISSIONS};
pub use credentials::{Credentials, MAX_PASSWORD, MIN_ACCOUNT_PASSWORD, MIN_PASSWORD, Verifier};
pub(crate) use credentials::{argon2id, hex};
pub use manage::{Profile, create, delete, forget_second_factor, make, remove, set_password, update};
pub(crate) use own::{add, renew};

use crate::caller::{Caller, Rights, Role, Scope};
use crate::id::{AccountId, LoginId};
use crate::listing::{self, Column, Condition, Query, Reach, Source};
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Result};

/// What a login may do beside its role, and what is noted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// It may make administrators of every kind.
    pub system: bool,
    /// It may manage other logins.
    pub master: bool,
    /// It may look and change nothing.
    pub read_only: bool,
    /// Passwords of SIP accounts are shown to it.
    pub show_passwords: bool,
    /// Records of calls are shown to it.
    pub call_data: bool,
    /// What concerns billing is shown to it.
    pub billing_data: bool,
    /// It may have its password reset when it has forgotten it.
    pub can_reset_password: bool,
    /// A second factor is wanted.
    pub enable_2fa: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Flags {
            system: false,
            master: true,
            read_only: false,
            show_passwords: true,
            call_data: true,
            billing_data: true,
            can_reset_password: true,
            enable_2fa: false,
        }
    }
}

/// A login, without its verifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Login {
    /// The id.
    pub id: LoginId,
    /// The account it acts for.
    pub account_id: AccountId,
    /// The reseller it is shown with: its account's, or for a login of the operator the one it was made with.
    pub reseller_id: AccountId,
    /// Unique in the installation.
    pub username: String,
    /// Unique in the installation.
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
    /// What kind of administrator it is; none for customers.
    pub acl_role: Option<AclRole>,
    /// Whether it may log in.
    pub active: bool,
    /// What it may do beside.
    #[serde(flatten)]
    pub flags: Flags,
    /// Goes up with every change of the credentials.
    pub credential_version: i64,
}

/// What a check of credentials needs.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The login that claims to be calling.
    pub login: Login,
    /// The Argon2id verifier of its password.
    pub verifier: Verifier,
    /// It may not log in: it is not active, or its account or one above is locked. Nobody may hear of that before the
    /// password is found right.
    pub barred: bool,
}

macro_rules! columns {
    () => {
        "l.id, l.account_id, l.reseller_id, l.username, l.email, l.role, l.acl_role, l.active, l.system, l.master, \
         l.read_only, l.show_passwords, l.call_data, l.billing_data, l.can_reset_password, l.enable_2fa, \
         l.credential_version"
    };
}

macro_rules! locked {
    () => {
        "(SELECT COUNT(*) FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id \
         WHERE x.account_id = l.account_id AND a.status <> 'active') AS locked"
    };
}

statements! {
    BY_NAME = concat!("SELECT ", columns!(), ", ", locked!(), ", l.password_verifier FROM logins l \
        WHERE l.username = $1");
    BY_ID = concat!("SELECT ", columns!(), ", ", locked!(), " FROM logins l WHERE l.id = $1");
    BY_CERTIFICATE = concat!("SELECT ", columns!(), ", ", locked!(), " FROM client_certificates c \
        JOIN logins l ON l.id = c.login_id WHERE c.digest = $1 AND c.revoked_at IS NULL");
    LIST = concat!("SELECT ", columns!(), " FROM logins l WHERE l.id > $1 ORDER BY l.id LIMIT $2");
    ANY = "SELECT 1 FROM logins LIMIT 1";
    LOCK = "SELECT id FROM logins WHERE id = $1 {wait}";
    LOCK_ADMINS = "SELECT id, master, read_only FROM logins WHERE role = 'admin' AND active ORDER BY id {wait}";
    INSERT = "INSERT INTO logins (uuid, account_id, reseller_id, username, email, role, acl_role, active, system, master, \
        read_only, show_passwords, call_data, billing_data, can_reset_password, enable_2fa, password_verifier, \
        md5_verifier, sha1_verifier, credential_version, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
        $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1, $20, $20) RETURNING id";
    UPDATE = "UPDATE logins SET account_id = $1, reseller_id = $2, username = $3, email = $4, role = $5, acl_role = $6, \
        active = $7, system = $8, master = $9, read_only = $10, show_passwords = $11, call_data = $12, \
        billing_data = $13, can_reset_password = $14, enable_2fa = $15, modified_at = $16 WHERE id = $17";
    SET_PASSWORD = "UPDATE logins SET password_verifier = $1, md5_verifier = $2, sha1_verifier = $3, \
        credential_version = credential_version + 1, modified_at = $4 WHERE id = $5";
    FORGET_DIGESTS = "UPDATE logins SET md5_verifier = '', sha1_verifier = '' WHERE id = $1";
    RENAME = "UPDATE logins SET username = $1 WHERE id = $2";
    // Whoever sets another password does not seal it.
    FORGET_CLEAR = "UPDATE account_credentials SET password_sealed = NULL WHERE login_id = $1";
    DELETE_CREDENTIALS = "DELETE FROM account_credentials WHERE login_id = $1";
    DELETE_CERTIFICATES = "DELETE FROM client_certificates WHERE login_id = $1";
    DELETE_TOKENS = "DELETE FROM auth_tokens WHERE login_id = $1";
    DELETE = "DELETE FROM logins WHERE id = $1";
    TAKEN = "SELECT CASE username WHEN $1 THEN 'username' ELSE 'email' END AS field FROM logins \
        WHERE (username = $1 OR email = $2) AND id <> $3 ORDER BY 1 DESC LIMIT 1";
}

/// Statements for several logins at a time.
const MANY: &str = concat!("SELECT ", columns!(), " FROM logins l WHERE l.id IN ({ids})");

/// Administrators of every kind: all logins but those of customers.
pub static ADMINISTRATORS: Source = Source {
    name: "administrators",
    from: "logins t",
    fixed: "t.acl_role IS NOT NULL",
    reach: Reach { reseller: Some("account_id"), ..Reach::NOBODY },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("username", "t.username"),
        Column::text("email", "t.email"),
        Column::text("acl_role", "t.acl_role"),
        Column::bool("active", "t.active"),
    ],
    tallies: &["account_id", "reseller_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&ADMINISTRATORS];

fn login(row: &Row) -> Result<Login> {
    Ok(Login {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        reseller_id: row.get("reseller_id")?,
        username: row.get("username")?,
        email: row.get("email")?,
        role: row.get("role")?,
        acl_role: row.get("acl_role")?,
        active: row.get("active")?,
        flags: Flags {
            system: row.get("system")?,
            master: row.get("master")?,
            read_only: row.get("read_only")?,
            show_passwords: row.get("show_passwords")?,
            call_data: row.get("call_data")?,
            billing_data: row.get("billing_data")?,
            can_reset_password: row.get("can_reset_password")?,
            enable_2fa: row.get("enable_2fa")?,
        },
        credential_version: row.get("credential_version")?,
    })
}

/// A login and whether it may not log in.
fn checked(row: &Row) -> Result<(Login, bool)> {
    let found = login(row)?;
    let barred = !found.active || row.get::<i64>("locked")? > 0;
    Ok((found, barred))
}

/// What is needed to check the password of whoever claims to be that user, also where it is barred.
///
/// # Errors
/// Only those of the database.
pub async fn claimed(tx: &mut Tx, username: &str) -> Result<Option<Candidate>> {
    let Some(row) = tx.query_opt(BY_NAME, args![username]).await? else { return Ok(None) };
    let (login, barred) = checked(&row)?;
    Ok(Some(Candidate { login, verifier: Verifier::stored(row.get("password_verifier")?), barred }))
}

/// What is needed to check the password of whoever claims to be that user. Inactive logins, and those of accounts that
/// are locked or below a locked one, are not found.
///
/// # Errors
/// [`Error::NotAuthenticated`] where there is no such login.
pub async fn candidate(tx: &mut Tx, username: &str) -> Result<Candidate> {
    claimed(tx, username).await?.filter(|candidate| !candidate.barred).ok_or(Error::NotAuthenticated)
}

/// The login that a token names, if its credentials are still the ones of the token.
///
/// # Errors
/// [`Error::NotAuthenticated`].
pub async fn by_token(tx: &mut Tx, id: LoginId, credential_version: i64) -> Result<Login> {
    let row = tx.query_opt(BY_ID, args![id]).await?.ok_or(Error::NotAuthenticated)?;
    let (found, barred) = checked(&row)?;
    if !barred && found.credential_version == credential_version { Ok(found) } else { Err(Error::NotAuthenticated) }
}

/// The login that a client certificate was issued to, by the SHA-256 of the whole certificate as 64 hexadecimal digits,
/// if the certificate was not revoked.
///
/// # Errors
/// [`Error::NotAuthenticated`].
pub async fn by_certificate(tx: &mut Tx, digest: &str) -> Result<Login> {
    let row = tx.query_opt(BY_CERTIFICATE, args![digest]).await?.ok_or(Error::NotAuthenticated)?;
    let (found, barred) = checked(&row)?;
    if barred { Err(Error::NotAuthenticated) } else { Ok(found) }
}

impl Login {
    /// The caller that this login is, once its credentials have been checked.
    #[must_use]
    pub fn caller(&self) -> Caller {
        let mut caller = Caller::login(self.id, &self.username, self.account_id, self.role);
        if self.account_id != AccountId::OPERATOR {
            // Whoever was made by a reseller sees what is the reseller's, whatever its role.
            caller.scope = Scope::Subtree(self.account_id);
        }
        caller.rights = Rights {
            read_only: self.flags.read_only,
            master: self.flags.master,
            show_passwords: self.flags.show_passwords,
        };
        caller
    }

    fn count(&self, tx: &mut Tx, amount: i64) {
        if self.acl_role.is_some() {
            let values = [("account_id", self.account_id.0), ("reseller_id", self.reseller_id.0)];
            ADMINISTRATORS.count(tx, self.id.0, &values, amount);
        }
    }
}

/// What of [`ADMINISTRATORS`] the caller may see, beside its scope: who is not a master sees itself, who cares for
/// customers also those that it manages.
#[must_use]
pub fn narrowing(caller: &Caller) -> Vec<Condition> {
    let own = || vec![Condition::Is("id", caller.login.map_or(-1, |login| login.0).into())];
    match caller.role {
        Role::Admin | Role::Reseller if caller.rights.master => Vec::new(),
        role @ (Role::CareAdmin | Role::Care) if caller.rights.master => {
            let managed = AclRole::of(role).map_or(&[][..], AclRole::manages);
            vec![Condition::Among("acl_role", managed.iter().map(|role| (*role).into()).collect())]
        }
        _ => own(),
    }
}

/// The administrator of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: LoginId) -> Result<Login> {
    let mut conditions = vec![Condition::Is("id", id.into())];
    conditions.extend(narrowing(caller));
    let query = Query { conditions, limit: 1, ..Query::default() };
    let found = listing::page(tx, caller, &ADMINISTRATORS, &query).await?.ids;
    load(tx, &found).await?.pop().ok_or_else(|| Error::not_found("login", id))
}

/// The administrator of that user name, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn named(tx: &mut Tx, caller: &Caller, username: &str) -> Result<Login> {
    let not_found = || Error::not_found("login", username);
    let row = tx.query_opt(BY_NAME, args![username]).await?.ok_or_else(not_found)?;
    get(tx, caller, login(&row)?.id).await.map_err(|error| match error {
        Error::NotFound { .. } => not_found(),
        other => other,
    })
}

/// The logins of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Login>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(login).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |login| login.id.0))
}

/// All logins.
///
/// # Errors
/// [`Error::NotAllowed`] for whoever does not run the installation.
pub async fn list(tx: &mut Tx, caller: &Caller, page: Page) -> Result<Vec<Login>> {
    caller.must_be_admin("list logins")?;
    tx.query(LIST, args![page.after, page.limit()]).await?.iter().map(login).collect()
}

/// Whether there is any login yet: none before the first start.
pub(crate) async fn any(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_opt(ANY, args![]).await?.is_some())
}
