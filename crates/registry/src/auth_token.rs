//! Tokens that stand for a password for a while: to log in with once or until they end, and to set a new password that
//! was forgotten. Only their digests are stored, and a change of the owner's password ends them.
//!
//! There is no mail from here. Who asks for a new password through a dialect only leaves a note, in the journal and in
//! the log; whoever runs the installation makes a token with [`reset_for`] and hands it over.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::{Tx, Val, args};

use crate::caller::Caller;
use crate::clock::SECOND;
use crate::id::LoginId;
use crate::journal::{self, Change, Operation};
use crate::login::{Login, hex};
use crate::statement::statements;
use crate::subscriber;
use crate::{Error, Result};

/// Longest life of a token to log in with, in seconds: thirty days.
pub const LONGEST: i64 = 30 * 86_400;
/// Life of a token to log in with where nothing else is asked for, in seconds: five minutes.
pub const SHORT: i64 = 300;
/// Life of a token to set a new password with, in seconds: a day.
pub const RESET: i64 = 86_400;
/// Asking again for a new password is not noted for so long, in seconds: an hour.
pub const ASK_AGAIN: i64 = 3_600;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To log in once.
    Once,
    /// To log in until it ends.
    Repeated,
    /// To set a new password, once.
    Reset,
    /// Not a token: somebody has asked for a new password.
    Asked,
}

crate::text_enum!(Kind, "kind", { Once => "once", Repeated => "repeated", Reset => "reset", Asked => "asked" });

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A login.
    Login(LoginId),
    /// A subscriber, by its uuid.
    Subscriber(String),
}

/// Whom a token stands for, and its credential version when the token was made: where it is another now, the token does
/// not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whom it stands for.
    pub owner: Owner,
    /// The credential version.
    pub credential_version: i64,
}

impl Holder {
    /// A login as it is now.
    #[must_use]
    pub fn login(login: &Login) -> Holder {
        Holder { owner: Owner::Login(login.id), credential_version: login.credential_version }
    }

    /// A subscriber as it is now.
    #[must_use]
    pub fn subscriber(found: &subscriber::Candidate) -> Holder {
        Holder { owner: Owner::Subscriber(found.uuid.clone()), credential_version: found.credential_version }
    }

    fn columns(&self) -> (Val, Val) {
        match &self.owner {
            Owner::Login(id) => ((*id).into(), Val::Null),
            Owner::Subscriber(uuid) => (Val::Null, uuid.as_str().into()),
        }
    }
}

statements! {
    INSERT = "INSERT INTO auth_tokens (kind, digest, login_id, subscriber_uuid, credential_version, created_at, ends_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING RETURNING id";
    BY_DIGEST = "SELECT id, kind, login_id, subscriber_uuid, credential_version FROM auth_tokens \
        WHERE digest = $1 AND ends_at > $2 {wait}";
    DELETE = "DELETE FROM auth_tokens WHERE id = $1";
    OVER = "DELETE FROM auth_tokens WHERE ends_at <= $1";
}

pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter()
}

fn digest(token: &str) -> String {
    hex(&Sha256::digest(token))
}

async fn insert(tx: &mut Tx, now: i64, kind: Kind, digest: &str, holder: &Holder, life: i64) -> Result<Option<i64>> {
    tx.execute(OVER, args![now]).await?;
    let (login, subscriber) = holder.columns();
    let ends_at = now + life.clamp(1, LONGEST) * SECOND;
    let values = args![kind, digest, login, subscriber, holder.credential_version, now, ends_at];
    Ok(tx.query_opt(INSERT, values).await?.map(|row| row.at(0)).transpose()?)
}

async fn new(tx: &mut Tx, now: i64, kind: Kind, holder: &Holder, life: i64) -> Result<(i64, String)> {
    let token = format!("{:032x}", rand::random::<u128>());
    match insert(tx, now, kind, &digest(&token), holder, life).await? {
        Some(id) => Ok((id, token)),
        None => Err(Error::Internal("the same random token twice".to_owned())),
    }
}

/// Makes a token with which its holder can log in, once or until it ends; `life` in seconds, at most [`LONGEST`].
///
/// # Errors
/// [`Error::NotAllowed`] for whoever may only read.
pub async fn issue(tx: &mut Tx, caller: &Caller, now: i64, holder: &Holder, once: bool, life: i64) -> Result<String> {
    let kind = if once { Kind::Once } else { Kind::Repeated };
    let (id, token) = new(tx, now, kind, holder, life).await?;
    write(tx, caller, now, id, kind, holder).await?;
    Ok(token)
}

/// Makes a token with which a new password can be set for its holder, once and within a day; to be handed over by
/// whoever runs the installation.
///
/// # Errors
/// [`Error::NotAllowed`] for others.
pub async fn reset_for(tx: &mut Tx, caller: &Caller, now: i64, holder: &Holder) -> Result<String> {
    caller.must_be_admin("make tokens for new passwords")?;
    let (id, token) = new(tx, now, Kind::Reset, holder, RESET).await?;
    write(tx, caller, now, id, Kind::Reset, holder).await?;
    Ok(token)
}

/// Notes that somebody has asked for a new password, at most once an hour for each holder. Says whether it was noted.
///
/// # Errors
/// Only those of the database.
pub async fn ask(tx: &mut Tx, now: i64, holder: &Holder) -> Result<bool> {
    let subject = digest(&format!("asked {:?}", holder.owner));
    let Some(id) = insert(tx, now, Kind::Asked, &subject, holder, ASK_AGAIN).await? else { return Ok(false) };
    tracing::warn!(owner = ?holder.owner, "a new password was asked for: an administrator can make a token for it");
    write(tx, &Caller::system("password reset"), now, id, Kind::Asked, holder).await?;
    Ok(true)
}

/// Whom a token stands for that is used to log in (`reset` false) or to set a new password; one that is good for once is
/// used up.
///
/// # Errors
/// [`Error::NotAuthenticated`] where it is none, has ended, or is for something else.
pub async fn redeem(tx: &mut Tx, now: i64, token: &str, reset: bool) -> Result<Holder> {
    let row = tx.query_opt(BY_DIGEST, args![digest(token), now]).await?.ok_or(Error::NotAuthenticated)?;
    let kind: Kind = row.get("kind")?;
    let fits = if reset { kind == Kind::Reset } else { matches!(kind, Kind::Once | Kind::Repeated) };
    if !fits {
        return Err(Error::NotAuthenticated);
    }
    if kind != Kind::Repeated {
        tx.execute(DELETE, args![row.get::<i64>("id")?]).await?;
    }
    let login: Option<LoginId> = row.get("login_id")?;
    let subscriber: Option<String> = row.get("subscriber_uuid")?;
    let owner = match (login, subscriber) {
        (Some(id), _) => Owner::Login(id),
        (None, Some(uuid)) => Owner::Subscriber(uuid),
        (None, None) => return Err(Error::NotAuthenticated),
    };
    Ok(Holder { owner, credential_version: row.get("credential_version")? })
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, id: i64, kind: Kind, holder: &Holder) -> Result<()> {
    let after = serde_json::json!({ "id": id, "kind": kind, "owner": holder.owner });
    let change = Change {
        kind: "auth_tokens",
        record_id: id,
        account: Some(caller.account),
        operation: Operation::Create,
        before: None,
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await
}
