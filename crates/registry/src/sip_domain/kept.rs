//! Domains as those keep them who say more of them than a name.
//!
//! A domain is the operator's, a reseller's or a customer's. An administrator may give it to another account: of the same
//! reseller or to the operator at any time, to another reseller while no subscriber in it is of a reseller besides that
//! one. Subscribers keep their owner.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::{DOMAINS, SipDomain, get, hold, insert, normal, note};
use crate::caller::{Caller, Role, Scope};
use crate::dns::root;
use crate::id::{AccountId, DomainId};
use crate::journal;
use crate::preference::{self, Level};
use crate::quota::{self, At, Kind as Counted};
use crate::seal::{Sealed, Sealer};
use crate::sip_account::rights;
use crate::statement::statements;
use crate::{Error, Result, rating_profile, sip_alias};

/// What the TLS connections of a domain need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tls {
    /// The certificate that is shown, in PEM with those that it is issued by; empty: none of its own.
    pub certificate: String,
    /// The address of connections that this is for; empty: any.
    pub match_ip_address: String,
    /// The name that connections ask for (RFC 6066, 3); empty: the domain's.
    pub match_sip_domain: String,
    /// Whether the other side's certificate is verified.
    pub verify_cert: bool,
    /// Whether the other side must have one.
    pub require_cert: bool,
}

/// What is needed for a new domain.
#[derive(Clone, Debug)]
pub struct NewDomain {
    /// Whose it is; 0: the operator's.
    pub account_id: AccountId,
    /// Its name.
    pub domain: String,
    /// What its TLS connections need.
    pub tls: Tls,
    /// The private key of the certificate, in PEM.
    pub private_key: Option<String>,
}

/// A change of a domain.
#[derive(Clone, Debug)]
pub struct Change {
    /// Whose it is; none: it stays.
    pub account_id: Option<AccountId>,
    /// What its TLS connections need.
    pub tls: Tls,
    /// The private key of the certificate, in PEM; empty: none any more; none: it stays.
    pub private_key: Option<String>,
}

/// Most bytes of a certificate or key.
const LONGEST: usize = 1 << 16;

statements! {
    SET = "UPDATE sip_domains SET account_id = $1, reseller_id = $2, certificate = $3, match_ip_address = $4, \
        match_sip_domain = $5, verify_cert = $6, require_cert = $7, private_key = $8, modified_at = $9 WHERE id = $10";
    ANY_SUBSCRIBER = "SELECT id FROM subscribers WHERE domain_id = $1 AND status <> 'terminated' LIMIT 1";
    OF_OTHERS = "SELECT id FROM subscribers WHERE domain_id = $1 AND status <> 'terminated' AND reseller_id <> $2 LIMIT 1";
    MOVE_SUBSCRIBERS = "UPDATE subscribers SET domain_account_id = $1 WHERE domain_id = $2 AND status <> 'terminated'";
    OWNERS = "SELECT account_id, COUNT(*) FROM subscribers WHERE domain_id = $1 AND status <> 'terminated' \
        GROUP BY account_id ORDER BY account_id";
    END = "UPDATE sip_domains SET status = 'terminated', modified_at = $1 WHERE id = $2";
}

/// What a domain's private key is sealed for.
pub(super) fn sealing_context(id: DomainId) -> String {
    format!("private key of SIP domain {id}")
}

/// Refuses what is not in PEM (RFC 7468).
fn check_pem(field: &'static str, text: &str, label: &str) -> Result<()> {
    let text = text.trim();
    let begins = text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split_once("-----"));
    let fits = begins.is_some_and(|(known, _)| known.ends_with(label)) && text.ends_with("-----");
    if text.is_empty() || fits && text.len() <= LONGEST {
        Ok(())
    } else {
        Err(Error::invalid(field, format!("is not a {} in PEM", label.to_lowercase())))
    }
}

impl Tls {
    fn check(&self, private_key: Option<&str>) -> Result<()> {
        check_pem("certificate", &self.certificate, "CERTIFICATE")?;
        check_pem("private_key", private_key.unwrap_or_default(), "PRIVATE KEY")?;
        for (field, text) in
            [("match_ip_address", &self.match_ip_address), ("match_sip_domain", &self.match_sip_domain)]
        {
            if text.chars().count() > 255 || text.chars().any(char::is_control) {
                return Err(Error::invalid(field, "has more than 255 characters"));
            }
        }
        Ok(())
    }
}

fn sealed(sealer: &Sealer, id: DomainId, private_key: &str) -> Result<Sealed> {
    let key = Some(private_key.trim()).filter(|key| !key.is_empty());
    Sealed::new(sealer, &sealing_context(id), key)
}

/// Makes a domain for an account; a customer may make its own.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Invalid`]; [`Error::Taken`] where the platform has it; [`Error::Dangling`] for
/// `account_id`.
pub async fn add(tx: &mut Tx, caller: &Caller, now: i64, sealer: &Sealer, new: &NewDomain) -> Result<SipDomain> {
    rights::must_act(caller)?;
    root::may_create(tx, caller).await?;
    let name = normal(&new.domain)?;
    new.tls.check(new.private_key.as_deref())?;
    let account = rights::keep_account(tx, caller, "account_id", new.account_id).await?;
    let mut made = insert(tx, now, account.id, account.reseller_id, name).await?;
    made.tls = new.tls.clone();
    made.private_key = sealed(sealer, made.id, new.private_key.as_deref().unwrap_or_default())?;
    save(tx, now, &made).await?;
    note(tx, caller, now, &made).await?;
    Ok(made)
}

async fn save(tx: &mut Tx, now: i64, domain: &SipDomain) -> Result<()> {
    let SipDomain { id, account_id, reseller_id, tls, private_key, .. } = domain;
    let values = args![
        *account_id,
        *reseller_id,
        &tls.certificate,
        &tls.match_ip_address,
        &tls.match_sip_domain,
        tls.verify_cert,
        tls.require_cert,
        private_key.clone(),
        now,
        *id
    ];
    tx.execute(SET, values).await?;
    Ok(())
}

/// Changes a domain. Its name stays what it is.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`], also for another account by whoever is no administrator; [`Error::Invalid`];
/// [`Error::Dangling`] for `account_id`; [`Error::Conflict`] where subscribers in it are of another reseller;
/// [`Error::Quota`].
pub async fn change(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: DomainId,
    change: &Change,
) -> Result<SipDomain> {
    rights::must_act(caller)?;
    change.tls.check(change.private_key.as_deref())?;
    let seen = get(tx, caller, id).await?;
    let to = match change.account_id.filter(|to| *to != seen.account_id) {
        Some(_) if (caller.role, caller.scope) != (Role::Admin, Scope::All) => {
            return Err(Error::NotAllowed("only an administrator may give a domain to another account".to_owned()));
        }
        Some(to) => Some(rights::keep_account(tx, caller, "account_id", to).await?),
        None => None,
    };
    hold(tx, id).await?;
    let before = get(tx, caller, id).await?;
    let mut after = SipDomain { tls: change.tls.clone(), modified_at: now, ..before.clone() };
    // Whoever is not shown the key sends nothing back for it.
    if let Some(key) = change.private_key.as_ref().filter(|key| caller.rights.show_passwords || !key.is_empty()) {
        after.private_key = sealed(sealer, id, key)?;
    }
    if let Some(to) = to {
        (after.account_id, after.reseller_id) = (to.id, to.reseller_id);
        move_all(tx, &before, &after).await?;
    }
    save(tx, now, &after).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// What is in a domain follows it to another account.
async fn move_all(tx: &mut Tx, before: &SipDomain, after: &SipDomain) -> Result<()> {
    let (id, was, is) = (before.id, before.account_id, after.account_id);
    if after.reseller_id != AccountId::OPERATOR
        && tx.query_opt(OF_OTHERS, args![id, after.reseller_id]).await?.is_some()
    {
        return Err(Error::Conflict(format!("{} has SIP accounts of another reseller", before.domain)));
    }
    tx.execute(MOVE_SUBSCRIBERS, args![is, id]).await?;
    for row in tx.query(OWNERS, args![id]).await? {
        let (owner, n): (AccountId, i64) = (row.at(0)?, row.at(1)?);
        let (was, is) = (At::of(owner, Some(was)), At::of(owner, Some(is)));
        quota::moved(tx, Counted::Subscribers, n, Some(was), Some(is)).await?;
    }
    sip_alias::move_domain(tx, id, was, is).await?;
    rating_profile::move_domain(tx, id, before.reseller_id, (is, after.reseller_id)).await?;
    DOMAINS.recount(tx, id.0, "reseller_id", before.reseller_id.0, after.reseller_id.0);
    Ok(())
}

/// Removes a domain that nothing is in.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`], [`Error::InUse`] while there are SIP accounts or aliases in it.
pub async fn remove(tx: &mut Tx, caller: &Caller, now: i64, id: DomainId) -> Result<()> {
    rights::must_act(caller)?;
    get(tx, caller, id).await?;
    hold(tx, id).await?;
    let domain = get(tx, caller, id).await?;
    if tx.query_opt(ANY_SUBSCRIBER, args![id]).await?.is_some() || sip_alias::are_in(tx, id).await? {
        return Err(Error::InUse { kind: "domain", key: domain.domain });
    }
    rating_profile::delete_of_domain(tx, id).await?;
    preference::delete_of(tx, Level::Domain, id.0).await?;
    tx.execute(END, args![now, id]).await?;
    domain.count(tx, -1);
    journal::record(tx, caller, now, Some(&domain), None).await
}
