//! Client certificates of logins: which certificate stands for whom.
//!
//! A certificate is known by the SHA-256 of its whole DER form and by nothing else; a login has one that is good, and a
//! new one revokes it.

use serde::Serialize;
use store::{Tx, args};

use crate::caller::Caller;
use crate::id::LoginId;
use crate::journal::{self, Change, Operation};
use crate::listing;
use crate::login::{self, NOT_MASTER, NOT_THIS_ROLE};
use crate::statement::statements;
use crate::{Error, Result};

/// A certificate that was issued to a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientCertificate {
    /// The id.
    pub id: i64,
    /// Whom it stands for.
    pub login_id: LoginId,
    /// The serial number inside the certificate.
    pub serial: i64,
    /// SHA-256 of the whole certificate in DER, as 64 hexadecimal digits.
    pub digest: String,
    /// Since when, in microseconds since 1970 UTC.
    pub created_at: i64,
}

statements! {
    GOOD = "SELECT id, login_id, serial, digest, created_at FROM client_certificates \
        WHERE login_id = $1 AND revoked_at IS NULL {wait}";
    INSERT = "INSERT INTO client_certificates (login_id, serial, digest, created_at) VALUES ($1, $2, $3, $4) \
        RETURNING id";
    REVOKE = "UPDATE client_certificates SET revoked_at = $1 WHERE id = $2";
    LOCK = "SELECT id FROM logins WHERE id = $1 {wait}";
}

/// Which of several logins have a good certificate.
const HOLDERS: &str = "SELECT login_id FROM client_certificates WHERE login_id IN ({ids}) AND revoked_at IS NULL";

pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter()
}

/// The lists of this module: certificates are shown with the administrators that hold them.
pub(crate) const SOURCES: &[&listing::Source] = &[];

/// A serial number that no other certificate has: milliseconds since 1970 and chance.
#[must_use]
pub fn serial(now: i64) -> i64 {
    (now.div_euclid(1_000) << 20) | i64::from(rand::random_range(0..1 << 20))
}

/// Which of those logins have a certificate that is good.
///
/// # Errors
/// Only those of the database.
pub async fn holders(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    listing::for_ids(tx, HOLDERS, ids).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}

async fn good(tx: &mut Tx, login: LoginId) -> Result<Option<ClientCertificate>> {
    let row = tx.query_opt(GOOD, args![login]).await?;
    row.map(|row| {
        Ok(ClientCertificate {
            id: row.get("id")?,
            login_id: row.get("login_id")?,
            serial: row.get("serial")?,
            digest: row.get("digest")?,
            created_at: row.get("created_at")?,
        })
    })
    .transpose()
}

/// Everybody may have a certificate, also who may only read; a master gives them to those whom it manages.
async fn may_issue(tx: &mut Tx, caller: &Caller, login: LoginId) -> Result<Caller> {
    let found = login::get(tx, caller, login).await?;
    if caller.login == Some(login) {
        let mut writer = caller.clone();
        writer.rights.read_only = false;
        return Ok(writer);
    }
    if !caller.rights.master {
        return Err(Error::NotAllowed(NOT_MASTER.to_owned()));
    }
    match (caller.login, found.acl_role) {
        (None, _) => Ok(caller.clone()),
        (Some(_), Some(kind)) if login::may_manage(tx, caller, kind, &found.flags).await? => Ok(caller.clone()),
        _ => Err(Error::NotAllowed(NOT_THIS_ROLE.to_owned())),
    }
}

/// Notes that a certificate was issued to a login, and revokes the one that it has.
///
/// # Errors
/// [`Error::NotFound`] for the login, [`Error::NotAllowed`] with [`NOT_MASTER`] or [`NOT_THIS_ROLE`] for another's.
pub async fn issue(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    login: LoginId,
    serial: i64,
    digest: &str,
) -> Result<ClientCertificate> {
    let caller = may_issue(tx, caller, login).await?;
    // Two that are issued at the same time come one after the other, and none to a login that is gone.
    tx.query_opt(LOCK, args![login]).await?.ok_or_else(|| Error::not_found("login", login))?;
    if let Some(old) = good(tx, login).await? {
        end(tx, &caller, now, &old).await?;
    }
    let id = tx.query_one(INSERT, args![login, serial, digest, now]).await?.at(0)?;
    let made = ClientCertificate { id, login_id: login, serial, digest: digest.to_owned(), created_at: now };
    write(tx, &caller, now, Operation::Create, &made).await?;
    Ok(made)
}

/// Revokes the certificate of a login.
///
/// # Errors
/// As [`issue`]; [`Error::NotFound`] where it has none.
pub async fn revoke(tx: &mut Tx, caller: &Caller, now: i64, login: LoginId) -> Result<()> {
    let caller = may_issue(tx, caller, login).await?;
    let old = good(tx, login).await?.ok_or_else(|| Error::not_found("client certificate", login))?;
    end(tx, &caller, now, &old).await
}

async fn end(tx: &mut Tx, caller: &Caller, now: i64, old: &ClientCertificate) -> Result<()> {
    tx.execute(REVOKE, args![now, old.id]).await?;
    write(tx, caller, now, Operation::Delete, old).await
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, operation: Operation, record: &ClientCertificate) -> Result<()> {
    let (before, after) = match operation {
        Operation::Delete => (Some(record as _), None),
        Operation::Create | Operation::Update => (None, Some(record as _)),
    };
    let account = Some(caller.account);
    let change = Change { kind: "client_certificates", record_id: record.id, account, operation, before, after };
    journal::write(tx, caller, now, change).await
}
