//! Second factors: codes of six digits that follow from a secret and the time (RFC 6238), asked for beside a password.
//!
//! Whoever has it switched on gets a secret, for as long as no code has been shown: the same one for ten minutes, unless
//! the password has changed. The first right code closes it, and ends what was opened with the password alone. A code is
//! good for its half minute and those beside it, once. The secret is sealed; whoever has lost it needs somebody who may
//! take it away.

use serde::Serialize;
use store::{Tx, Val, args};
use totp_rs::{Builder, Secret, Totp};

use crate::caller::Caller;
use crate::clock::SECOND;
use crate::id::{LoginId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::seal::Sealer;
use crate::statement::statements;
use crate::{Error, Result};

/// Who it is that codes are made by, as programs that make them show it.
const ISSUER: &str = "Strowger";

/// How long a secret that no code was shown for is given out, in microseconds.
pub const OFFERED: i64 = 600 * SECOND;

/// Whose second factor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A login's.
    Login(LoginId),
    /// A subscriber's.
    Subscriber(SubscriberId),
}

statements! {
    INSERT = "INSERT INTO otp_secrets (login_id, subscriber_id, sealed, confirmed, last_step, created_at, \
        credential_version) VALUES ($1, $2, $3, false, 0, $4, $5) ON CONFLICT DO NOTHING";
    REPLACE = "UPDATE otp_secrets SET sealed = $1, created_at = $2, credential_version = $3 \
        WHERE id = $4 AND NOT confirmed";
    OF_LOGIN = "SELECT id, sealed, confirmed, last_step, created_at, credential_version FROM otp_secrets \
        WHERE login_id = $1 {wait}";
    OF_SUBSCRIBER = "SELECT id, sealed, confirmed, last_step, created_at, credential_version FROM otp_secrets \
        WHERE subscriber_id = $1 {wait}";
    VERSION_OF_LOGIN = "SELECT credential_version FROM logins WHERE id = $1";
    VERSION_OF_SUBSCRIBER = "SELECT credential_version FROM subscribers WHERE id = $1";
    USE = "UPDATE otp_secrets SET confirmed = true, last_step = $1 WHERE id = $2";
    FORGET_LOGIN = "DELETE FROM otp_secrets WHERE login_id = $1";
    FORGET_SUBSCRIBER = "DELETE FROM otp_secrets WHERE subscriber_id = $1";
    RENEW_LOGIN = "UPDATE logins SET credential_version = credential_version + 1 WHERE id = $1";
    RENEW_SUBSCRIBER = "UPDATE subscribers SET credential_version = credential_version + 1 WHERE id = $1";
}

impl Owner {
    fn id(self) -> i64 {
        match self {
            Owner::Login(id) => id.0,
            Owner::Subscriber(id) => id.0,
        }
    }

    fn context(self) -> String {
        match self {
            Owner::Login(id) => format!("second factor of login {id}"),
            Owner::Subscriber(id) => format!("second factor of subscriber {id}"),
        }
    }

    fn choose(self, login: &'static str, subscriber: &'static str) -> &'static str {
        match self {
            Owner::Login(_) => login,
            Owner::Subscriber(_) => subscriber,
        }
    }
}

/// A second factor as it is kept.
struct Kept {
    id: i64,
    sealed: Vec<u8>,
    confirmed: bool,
    last_step: i64,
    created_at: i64,
    /// That of the owner's credentials when it was made.
    credential_version: i64,
}

async fn version(tx: &mut Tx, owner: Owner) -> Result<i64> {
    let row = tx.query_opt(owner.choose(VERSION_OF_LOGIN, VERSION_OF_SUBSCRIBER), args![owner.id()]).await?;
    Ok(row.ok_or(Error::NotAuthenticated)?.at(0)?)
}

async fn kept(tx: &mut Tx, owner: Owner) -> Result<Option<Kept>> {
    let Some(row) = tx.query_opt(owner.choose(OF_LOGIN, OF_SUBSCRIBER), args![owner.id()]).await? else {
        return Ok(None);
    };
    Ok(Some(Kept {
        id: row.get("id")?,
        sealed: row.get("sealed")?,
        confirmed: row.get("confirmed")?,
        last_step: row.get("last_step")?,
        created_at: row.get("created_at")?,
        credential_version: row.get("credential_version")?,
    }))
}

fn codes(secret: &str, name: &str) -> Result<Totp> {
    let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("a second factor: {error}"));
    let secret = Secret::try_from_base32(secret).map_err(|error| failed(&error))?;
    let builder =
        Builder::new().with_secret(secret).with_issuer(Some(ISSUER)).with_account_name(name.replace(':', " "));
    builder.build().map_err(|error| failed(&error))
}

/// A secret on its way to whom it belongs to.
pub struct Offer {
    secret: String,
    name: String,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Offer({})", self.name)
    }
}

impl Offer {
    /// The secret in base32, as it is typed into a program that makes codes.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The same as a QR code of an `otpauth://` address, in PNG.
    ///
    /// # Errors
    /// [`Error::Internal`] where it can't be drawn.
    pub fn png(&self) -> Result<Vec<u8>> {
        // What the drawing refuses would have the secret in it.
        let failed = |_| Error::Internal("a QR code can't be drawn".to_owned());
        codes(&self.secret, &self.name)?.to_qr_png().map_err(failed)
    }
}

/// The secret of a second factor, made anew where there is none yet, where the one that was given out is older than
/// [`OFFERED`], and where the owner's credentials have changed since; none once a right code has been shown. `name` is
/// what programs that make codes show.
///
/// # Errors
/// Only those of the database and of sealing.
pub async fn offer(tx: &mut Tx, sealer: &Sealer, now: i64, owner: Owner, name: &str) -> Result<Option<Offer>> {
    let version = version(tx, owner).await?;
    let fresh = |kept: &Kept| {
        kept.credential_version == version && (now.saturating_sub(OFFERED)..=now).contains(&kept.created_at)
    };
    let found = match kept(tx, owner).await? {
        Some(found) if found.confirmed || fresh(&found) => found,
        found => {
            let secret = Secret::from(rand::random::<[u8; 20]>()).to_base32();
            let sealed = sealer.seal(&owner.context(), &secret)?;
            let (login, subscriber) = match owner {
                Owner::Login(id) => (id.into(), Val::Null),
                Owner::Subscriber(id) => (Val::Null, id.into()),
            };
            match found {
                Some(found) => tx.execute(REPLACE, args![sealed, now, version, found.id]).await?,
                None => tx.execute(INSERT, args![login, subscriber, sealed, now, version]).await?,
            };
            // That of somebody who was faster, where there was one.
            kept(tx, owner).await?.ok_or_else(|| Error::Internal("a second factor was lost".to_owned()))?
        }
    };
    if found.confirmed {
        return Ok(None);
    }
    let secret = sealer.open(&owner.context(), &found.sealed)?;
    Ok(Some(Offer { secret, name: name.to_owned() }))
}

/// What a code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is right, and was used up.
    Right,
    /// It would be right, but it or a later one was used before: nobody has guessed it.
    Used,
    /// It is wrong.
    Wrong,
}

/// Whether the code is right now, and then uses it up: neither it nor one before it is taken again. The first one ends
/// tokens that were issued for the password alone; it must be one of a secret that was given out since the owner's
/// credentials changed last.
///
/// # Errors
/// Only those of the database and of sealing.
pub async fn take(tx: &mut Tx, sealer: &Sealer, now: i64, owner: Owner, code: &str) -> Result<Taken> {
    let Some(found) = kept(tx, owner).await? else { return Ok(Taken::Wrong) };
    if !found.confirmed && found.credential_version != version(tx, owner).await? {
        return Ok(Taken::Wrong);
    }
    let secret = sealer.open(&owner.context(), &found.sealed)?;
    let seconds = u64::try_from(now.div_euclid(SECOND)).unwrap_or_default();
    let step = codes(&secret, "")?.check(code.trim(), seconds).and_then(|step| i64::try_from(step).ok());
    let step = match step {
        None => return Ok(Taken::Wrong),
        Some(step) if step <= found.last_step => return Ok(Taken::Used),
        Some(step) => step,
    };
    tx.execute(USE, args![step, found.id]).await?;
    if !found.confirmed {
        tx.execute(owner.choose(RENEW_LOGIN, RENEW_SUBSCRIBER), args![owner.id()]).await?;
        write(tx, &Caller::system("second factor"), now, Operation::Create, owner).await?;
    }
    Ok(Taken::Right)
}

/// Takes a second factor away: whoever it belongs to begins anew. Whether the caller may do that is for whoever asks to
/// find out. False where there was none.
///
/// # Errors
/// Those of the database.
pub async fn forget(tx: &mut Tx, caller: &Caller, now: i64, owner: Owner) -> Result<bool> {
    let there = tx.execute(owner.choose(FORGET_LOGIN, FORGET_SUBSCRIBER), args![owner.id()]).await? > 0;
    if there {
        write(tx, caller, now, Operation::Delete, owner).await?;
    }
    Ok(there)
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, operation: Operation, owner: Owner) -> Result<()> {
    let record: Option<&(dyn journal::erased::Json + Sync)> = Some(&owner);
    let (before, after) = if operation == Operation::Delete { (record, None) } else { (None, record) };
    let change = Change { kind: "otp_secrets", record_id: owner.id(), account: None, operation, before, after };
    journal::write(tx, caller, now, change).await
}

#[cfg(test)]
pub(crate) fn code_at(secret: &str, now: i64) -> String {
    let seconds = u64::try_from(now / SECOND).expect("after 1970");
    codes(secret, "").expect("a secret").generate(seconds).to_string()
}
