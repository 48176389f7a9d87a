//! Logins: the credentials of a person or program, held as Argon2id verifiers.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use md5::Digest;
use serde::Serialize;
use store::{Row, Tx, args};

use crate::account::{self, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, LoginId, uuid};
use crate::journal::{self, Change, Operation};
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Result};

/// Shortest password that is accepted.
pub const MIN_PASSWORD: usize = 8;

/// A login, without its verifiers.
#[derive(Clone, Debug, Serialize)]
pub struct Login {
    /// The id.
    pub id: LoginId,
    /// The account it acts for.
    pub account_id: AccountId,
    /// Unique in the installation.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// Whether it may log in.
    pub active: bool,
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
}

/// An Argon2id verifier; it is never shown.
#[derive(Clone)]
pub struct Verifier(String);

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Verifier {
    /// Whether the password is the one that the verifier was made of. Takes some 50 ms of CPU on purpose.
    #[must_use]
    pub fn verify(&self, password: &str) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

/// Verifiers of a new password, made outside any transaction because that takes a while.
#[derive(Clone)]
pub struct Credentials {
    username: String,
    password: String,
    md5: String,
    sha1: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.username)
    }
}

impl Credentials {
    /// Makes the verifiers; takes some 150 ms of CPU on purpose.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the user name is not one or the password is too short.
    pub fn new(username: &str, password: &str) -> Result<Credentials> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
        if username.is_empty() || username.len() > 100 || !username.chars().all(fits) {
            let message = format!("`{username}` must have 1 to 100 of the characters a-z A-Z 0-9 . _ - @ +");
            return Err(Error::invalid("username", message));
        }
        if password.chars().count() < MIN_PASSWORD || password.len() > 1_000 {
            return Err(Error::invalid("password", format!("must have {MIN_PASSWORD} to 1000 characters")));
        }
        let pair = format!("{username}:{password}");
        Ok(Credentials {
            username: username.to_owned(),
            password: argon2id(password)?,
            md5: argon2id(&hex(&md5::Md5::digest(&pair)))?,
            sha1: argon2id(&hex(&sha1::Sha1::digest(&pair)))?,
        })
    }
}

#[cfg(test)]
impl Credentials {
    /// Verifiers that are good enough for a test and made in no time.
    pub(crate) fn weak(username: &str, password: &str) -> Credentials {
        let params = argon2::Params::new(8, 1, 1, None).expect("parameters");
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let hash = |secret: &str| argon2.hash_password(secret.as_bytes()).expect("a hash").to_string();
        Credentials {
            username: username.to_owned(),
            password: hash(password),
            md5: hash("md5 of it"),
            sha1: hash("sha1 of it"),
        }
    }
}

fn argon2id(secret: &str) -> Result<String> {
    Argon2::default()
        .hash_password(secret.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Internal(format!("argon2: {error}")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

statements! {
    INSERT = "INSERT INTO logins (uuid, account_id, username, role, active, password_verifier, md5_verifier, \
        sha1_verifier, credential_version, created_at, modified_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) RETURNING id";
    BY_NAME = "SELECT id, account_id, username, role, active, credential_version, password_verifier \
        FROM logins WHERE username = $1";
    BY_ID = "SELECT l.id, l.account_id, l.username, l.role, l.active, l.credential_version, a.status \
        FROM logins l JOIN accounts a ON a.id = l.account_id WHERE l.id = $1";
    LIST = "SELECT id, account_id, username, role, active, credential_version FROM logins WHERE id > $1 \
        ORDER BY id LIMIT $2";
    SET_PASSWORD = "UPDATE logins SET password_verifier = $1, md5_verifier = $2, sha1_verifier = $3, \
        credential_version = credential_version + 1, modified_at = $4 WHERE id = $5";
    DELETE = "DELETE FROM logins WHERE id = $1";
    ANY = "SELECT 1 FROM logins LIMIT 1";
    OTHER_ADMIN = "SELECT 1 FROM logins WHERE role = 'admin' AND active AND id <> $1 LIMIT 1";
    LOCKED_ABOVE = "SELECT 1 FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id \
        WHERE x.account_id = $1 AND a.status <> 'active' LIMIT 1";
}

fn login(row: &Row) -> Result<Login> {
    Ok(Login {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        username: row.get("username")?,
        role: row.get("role")?,
        active: row.get("active")?,
        credential_version: row.get("credential_version")?,
    })
}

/// What is needed to check the password of whoever claims to be that user. Inactive logins, and those of accounts that
/// are locked or below a locked one, are not found.
///
/// # Errors
/// [`Error::NotAuthenticated`] where there is no such login.
pub async fn candidate(tx: &mut Tx, username: &str) -> Result<Candidate> {
    let row = tx.query_opt(BY_NAME, args![username]).await?.ok_or(Error::NotAuthenticated)?;
    let found = login(&row)?;
    if !found.active || tx.query_opt(LOCKED_ABOVE, args![found.account_id]).await?.is_some() {
        return Err(Error::NotAuthenticated);
    }
    Ok(Candidate { login: found, verifier: Verifier(row.get("password_verifier")?) })
}

/// The login that a token names, if its credentials are still the ones of the token.
///
/// # Errors
/// [`Error::NotAuthenticated`].
pub async fn by_token(tx: &mut Tx, id: LoginId, credential_version: i64) -> Result<Login> {
    let row = tx.query_opt(BY_ID, args![id]).await?.ok_or(Error::NotAuthenticated)?;
    let found = login(&row)?;
    let locked = tx.query_opt(LOCKED_ABOVE, args![found.account_id]).await?.is_some();
    if found.active && !locked && found.credential_version == credential_version {
        Ok(found)
    } else {
        Err(Error::NotAuthenticated)
    }
}

impl Login {
    /// The caller that this login is, once its credentials have been checked.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller::login(self.id, &self.username, self.account_id, self.role)
    }
}

/// Makes a login on an account.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Conflict`] where the user name is taken.
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account_id: AccountId,
    role: Role,
    credentials: &Credentials,
) -> Result<Login> {
    match role {
        Role::Admin => caller.must_be_admin("make administrators")?,
        Role::Reseller | Role::Customer => caller.must_be_reseller("make logins")?,
    }
    let account = account::get(tx, caller, account_id).await?;
    if account.status == Status::Terminated {
        return Err(Error::Conflict(format!("account {account_id} is terminated")));
    }
    let fits = match role {
        Role::Admin => account.kind == account::Kind::Operator,
        Role::Reseller => account.kind == account::Kind::Reseller,
        Role::Customer => account.kind == account::Kind::Customer,
    };
    if !fits {
        let message = format!("`{role}` does not suit account {account_id}, which is a {}", account.kind);
        return Err(Error::invalid("role", message));
    }
    let c = credentials;
    let values = args![uuid(), account_id, &c.username, role, true, &c.password, &c.md5, &c.sha1, now];
    let id = match tx.query_one(INSERT, values).await {
        Ok(row) => row.at(0)?,
        Err(store::Error::Unique(_)) => {
            return Err(Error::Conflict(format!("there is a login named `{}` already", c.username)));
        }
        Err(error) => return Err(error.into()),
    };
    let made = Login { id, account_id, username: c.username.clone(), role, active: true, credential_version: 1 };
    write(tx, caller, now, Operation::Create, None, Some(&made)).await?;
    Ok(made)
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    operation: Operation,
    before: Option<&Login>,
    after: Option<&Login>,
) -> Result<()> {
    let Some(record) = after.or(before) else { return Ok(()) };
    let change = Change {
        kind: "logins",
        record_id: record.id.0,
        account: Some(record.account_id),
        operation,
        before: before.map(|b| b as _),
        after: after.map(|a| a as _),
    };
    journal::write(tx, caller, now, change).await
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
/// [`Error::NotFound`].
pub async fn set_password(tx: &mut Tx, caller: &Caller, now: i64, credentials: &Credentials) -> Result<Login> {
    let before = visible(tx, caller, &credentials.username).await?;
    if caller.login != Some(before.id) {
        caller.must_be_reseller("set others' passwords")?;
    }
    let c = credentials;
    tx.execute(SET_PASSWORD, args![&c.password, &c.md5, &c.sha1, now, before.id]).await?;
    let after = visible(tx, caller, &c.username).await?;
    write(tx, caller, now, Operation::Update, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Removes a login.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`] for customers, [`Error::Conflict`] for the caller's own and for the last
/// administrator's.
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, username: &str) -> Result<()> {
    caller.must_be_reseller("remove logins")?;
    let before = visible(tx, caller, username).await?;
    if caller.login == Some(before.id) {
        return Err(Error::Conflict("a login can't remove itself".to_owned()));
    }
    if before.role == Role::Admin && tx.query_opt(OTHER_ADMIN, args![before.id]).await?.is_none() {
        return Err(Error::Conflict(format!("`{username}` is the last administrator")));
    }
    tx.execute(DELETE, args![before.id]).await?;
    write(tx, caller, now, Operation::Delete, Some(&before), None).await
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
