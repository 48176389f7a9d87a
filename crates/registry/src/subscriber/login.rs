//! Subscribers that log in to the web.

use store::{Row, Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId};
use crate::login::Verifier;
use crate::statement::statements;
use crate::{Error, Result};

/// What a check of a subscriber's web password needs.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The subscriber that claims to be calling.
    pub subscriber_id: SubscriberId,
    /// The account that it belongs to.
    pub account_id: AccountId,
    /// Whether it administers that account.
    pub administrative: bool,
    /// 32 hexadecimal digits, which its tokens carry.
    pub uuid: String,
    /// `name@domain`, as the journal has it.
    pub name: String,
    /// Goes up with every change of what it logs in with.
    pub credential_version: i64,
    /// Whether a code is wanted beside the password: whether `enable_2fa` is set among its preferences, those of its
    /// profile or those of its domain, any of which is enough.
    pub second_factor: bool,
    /// The Argon2id verifier of its web password.
    pub verifier: Verifier,
    /// It may not log in: it is not active, or its account or one above is not. Nobody may hear of that before the
    /// password is found right.
    pub barred: bool,
}

macro_rules! select {
    () => {
        "SELECT s.id, s.account_id, s.administrative, s.uuid, s.webusername, d.domain, s.credential_version, \
         s.web_verifier, s.status, (SELECT COUNT(*) FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id \
         WHERE x.account_id = s.account_id AND a.status <> 'active') AS locked, \
         (SELECT COUNT(*) FROM preferences p WHERE p.level = 'subscriber' AND p.owner_id = s.id \
         AND p.attribute = 'enable_2fa' AND p.position = 0 AND p.value = '1') + \
         (SELECT COUNT(*) FROM preferences p WHERE p.level = 'profile' AND p.owner_id = s.profile_id \
         AND p.attribute = 'enable_2fa' AND p.position = 0 AND p.value = '1') + \
         (SELECT COUNT(*) FROM preferences p WHERE p.level = 'domain' AND p.owner_id = s.domain_id \
         AND p.attribute = 'enable_2fa' AND p.position = 0 AND p.value = '1') AS second_factors \
         FROM subscribers s JOIN sip_domains d ON d.id = s.domain_id"
    };
}

statements! {
    BY_NAME = concat!(select!(), " WHERE d.domain = $1 AND d.status = 'active' AND s.webusername = $2 \
        AND s.status <> 'terminated'");
    BY_UUID = concat!(select!(), " WHERE s.uuid = $1 AND s.status <> 'terminated'");
}

fn of_row(row: &Row) -> Result<Candidate> {
    let status: super::Status = row.get("status")?;
    let (name, domain): (Option<String>, String) = (row.get("webusername")?, row.get("domain")?);
    // A subscriber without a web password has a verifier that no password passes.
    let verifier: Option<String> = row.get("web_verifier")?;
    Ok(Candidate {
        subscriber_id: row.get("id")?,
        account_id: row.get("account_id")?,
        administrative: row.get("administrative")?,
        uuid: row.get("uuid")?,
        name: format!("{}@{domain}", name.unwrap_or_default()),
        credential_version: row.get("credential_version")?,
        second_factor: row.get::<i64>("second_factors")? > 0,
        verifier: Verifier::stored(verifier.unwrap_or_default()),
        barred: status != super::Status::Active || row.get::<i64>("locked")? > 0,
    })
}

/// What is needed to check the web password of whoever claims to be that user of the domain.
///
/// # Errors
/// [`Error::NotAuthenticated`] where there is no such subscriber.
pub async fn candidate(tx: &mut Tx, username: &str, domain: &str) -> Result<Candidate> {
    let domain = domain.to_ascii_lowercase();
    let row = tx.query_opt(BY_NAME, args![domain, username]).await?;
    of_row(&row.ok_or(Error::NotAuthenticated)?)
}

/// The subscriber that a token names, if what it logs in with is still what it was when the token was made.
///
/// # Errors
/// [`Error::NotAuthenticated`].
pub async fn by_uuid(tx: &mut Tx, uuid: &str, credential_version: i64) -> Result<Candidate> {
    // Dialects write it with dashes.
    let row = tx.query_opt(BY_UUID, args![uuid.replace('-', "")]).await?;
    let found = of_row(&row.ok_or(Error::NotAuthenticated)?)?;
    if found.barred || found.credential_version != credential_version {
        return Err(Error::NotAuthenticated);
    }
    Ok(found)
}

impl Candidate {
    /// The caller that this subscriber is, once its password has been checked.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller::subscriber(self.subscriber_id, &self.name, self.account_id, self.administrative)
    }
}
