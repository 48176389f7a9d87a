//! Making a subscriber.

use store::{Row, Tx, args};

use super::numbers::{self, Alias, Numbers};
use super::rules::{check_username, may_make};
use super::{Details, SipPassword, Status, Subscriber, WebPassword, digest, get, locks, pbx, sealing_context};
use crate::account::{self, Kind};
use crate::billing::interval;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, DomainId, PackageId, SubscriberId, uuid};
use crate::journal;
use crate::number::Split;
use crate::preference::{self, Level};
use crate::seal::Sealer;
use crate::sip_domain::{self, SipDomain};
use crate::statement::statements;
use crate::{Error, Result, quota, sip_alias, subscriber_profile};

/// In which domain a subscriber is made.
#[derive(Clone, Debug)]
pub enum OfDomain {
    /// The domain of that id.
    Id(DomainId),
    /// The domain of that name.
    Name(String),
}

/// What is needed for a new subscriber.
#[derive(Clone, Debug)]
pub struct New {
    /// The customer whose it is.
    pub account_id: AccountId,
    /// Its domain, which must be the customer's own or its reseller's.
    pub domain: OfDomain,
    /// Unique in the domain.
    pub username: String,
    /// What can be changed later on.
    pub details: Details,
    /// The number that it calls from.
    pub primary: Option<Split>,
    /// Its other numbers.
    pub aliases: Vec<Alias>,
    /// Its SIP password.
    pub password: SipPassword,
    /// Its web password; none: it does not log in to the web.
    pub web_password: Option<WebPassword>,
    /// Whether it may show its primary number to those it calls (the preference `allowed_clis`).
    pub allow_primary: bool,
}

statements! {
    KIND = "SELECT kind FROM accounts WHERE id = $1";
    SHARED_ACCOUNT = "SELECT id, kind, status, product, reseller_id, profile_package_id FROM accounts \
        WHERE id = $1 {share}";
    ACCOUNT = "SELECT id, kind, status, product, reseller_id, profile_package_id FROM accounts WHERE id = $1 {wait}";
    TAKEN = "SELECT username FROM subscribers WHERE domain_id = $1 AND username = $2 AND status <> 'terminated'";
    WEB_TAKEN = "SELECT id FROM subscribers WHERE domain_id = $1 AND webusername = $2 AND status <> 'terminated'";
    INSERT = "INSERT INTO subscribers (uuid, account_id, reseller_id, domain_id, username, status, lock_level, administrative, \
        webusername, display_name, email, timezone, external_id, profile_set_id, profile_id, is_pbx_pilot, \
        is_pbx_group, pbx_extension, pbx_hunt_policy, pbx_hunt_timeout, pbx_hunt_cancel_mode, primary_digits, \
        password_sealed, ha1, ha1b, ha1_sha256, ha1b_sha256, scram_sha1, scram_sha256, web_verifier, credential_version, \
        created_at, modified_at, domain_account_id) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
        $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, 1, $31, $31, $32) RETURNING id";
    DOMAIN_LIVES = "SELECT account_id FROM sip_domains WHERE id = $1 AND status = 'active'";
}

/// The account of a subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct Customer {
    pub(super) id: AccountId,
    pub(super) reseller: AccountId,
    pub(super) of_pbx: bool,
    /// Whether the account is locked.
    pub(super) locked: bool,
    /// Whether its subscribers are telephones that need a number.
    pub(super) needs_numbers: bool,
    /// Whether its money goes by a profile package.
    has_package: bool,
}

/// The account, if subscribers may be made for it now; it stays as it is until the end of the transaction.
async fn customer(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<Customer> {
    let missing = || Error::dangling("customer_id", id);
    let row = tx.query_opt(ACCOUNT, args![id]).await?.ok_or_else(missing)?;
    let (kind, status): (Kind, account::Status) = (row.get("kind")?, row.get("status")?);
    let fits = kind == Kind::Customer && status != account::Status::Terminated;
    if !fits || !caller.sees(tx, id).await? {
        return Err(missing());
    }
    of_row(&row)
}

/// Refuses an account for which the caller can't make subscribers now, before the costly verifiers of their passwords are
/// made; [`create`] does so again.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Dangling`] and [`Error::Invalid`] for `customer_id`, as [`create`].
pub async fn may_create(tx: &mut Tx, caller: &Caller, account: AccountId) -> Result<()> {
    let customer = customer(tx, caller, account).await?;
    may_make(caller, customer.of_pbx)
}

fn of_row(row: &Row) -> Result<Customer> {
    let product: Option<String> = row.get("product")?;
    Ok(Customer {
        id: row.get("id")?,
        reseller: row.get("reseller_id")?,
        locked: row.get::<account::Status>("status")? == account::Status::Locked,
        of_pbx: product.as_deref() == Some(pbx::PRODUCT),
        needs_numbers: product.as_deref() == Some("sipaccount"),
        has_package: row.get::<Option<PackageId>>("profile_package_id")?.is_some(),
    })
}

/// The account of a subscriber that there is.
pub(super) async fn customer_of(tx: &mut Tx, subscriber: &Subscriber) -> Result<Customer> {
    of_row(&tx.query_one(ACCOUNT, args![subscriber.account_id]).await?)
}

/// Refuses a subscriber without a number where one is needed: one that was made without may remain so.
pub(super) fn check_primary(
    customer: &Customer,
    before: Option<&Subscriber>,
    is_pilot: bool,
    primary: Option<&Split>,
) -> Result<()> {
    if primary.is_none() && is_pilot {
        return Err(Error::invalid("primary_number", "the pilot of a PBX needs one"));
    }
    let had_one = before.is_none_or(|before| before.primary_number.is_some());
    if primary.is_none() && customer.needs_numbers && had_one {
        return Err(Error::invalid("primary_number", "a SIP account needs one"));
    }
    Ok(())
}

async fn domain(tx: &mut Tx, caller: &Caller, wanted: &OfDomain, customer: &Customer) -> Result<SipDomain> {
    let found = match wanted {
        OfDomain::Id(id) => sip_domain::by_id(tx, *id).await?,
        OfDomain::Name(name) => sip_domain::by_name(tx, name).await?,
    };
    let missing = || match wanted {
        OfDomain::Id(id) => Error::dangling("domain", id),
        OfDomain::Name(name) => Error::dangling("domain", name),
    };
    let found = found.ok_or_else(missing)?;
    if [customer.id, customer.reseller].contains(&found.account_id) {
        return Ok(found);
    }
    if !caller.sees(tx, found.account_id).await? {
        return Err(missing());
    }
    let whose = if found.reseller_id == customer.reseller { "customer" } else { "reseller than the customer" };
    Err(Error::invalid("domain", format!("{} is of another {whose}", found.domain)))
}

/// Refuses names that another subscriber of the domain has.
pub(super) async fn check_names(
    tx: &mut Tx,
    domain: &SipDomain,
    new_username: Option<&str>,
    webusername: Option<&str>,
    own: Option<SubscriberId>,
) -> Result<()> {
    if let Some(username) = new_username
        && tx.query_opt(TAKEN, args![domain.id, username]).await?.is_some()
    {
        return Err(Error::taken("subscriber", "username", username));
    }
    if let Some(name) = webusername
        && let Some(row) = tx.query_opt(WEB_TAKEN, args![domain.id, name]).await?
        && Some(row.at::<SubscriberId>(0)?) != own
    {
        return Err(Error::taken("subscriber", "webusername", format!("{name}@{}", domain.domain)));
    }
    Ok(())
}

/// The refusal that a violated key stands for: somebody else was faster.
pub(super) fn taken(error: store::Error, username: &str, details: &Details, domain: &str) -> Error {
    let store::Error::Unique(key) = &error else { return error.into() };
    if key.contains("webusername") {
        let name = details.webusername.as_deref().unwrap_or_default();
        Error::taken("subscriber", "webusername", format!("{name}@{domain}"))
    } else if key.contains("extension") {
        Error::taken("subscriber", "pbx_extension", details.pbx.pbx_extension.as_deref().unwrap_or_default())
    } else if key.contains("pilot") || key.ends_with("account_id") {
        Error::taken("subscriber", "is_pbx_pilot", username)
    } else if key.contains("username") {
        Error::taken("subscriber", "username", username)
    } else {
        error.into()
    }
}

/// Makes a subscriber and gives it its numbers.
///
/// # Errors
/// - [`Error::NotAllowed`];
/// - [`Error::Dangling`] for `customer_id`, `domain`, `profile_set_id`, `profile_id`, `pbx_group_ids`, and for `is_pbx_pilot`
///   where the PBX has no pilot yet;
/// - [`Error::Invalid`] for wrong values and for a domain of another reseller or customer (`domain`);
/// - [`Error::Taken`] for `username`, `webusername` (as `name@domain`), `pbx_extension`, `is_pbx_pilot` and for numbers
///   (`digits`, as they were given, with commas between them);
/// - [`Error::Quota`], [`Error::NoCredit`].
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, sealer: &Sealer, new: &New) -> Result<Subscriber> {
    let customer = customer(tx, caller, new.account_id).await?;
    may_make(caller, customer.of_pbx)?;
    crate::customer::may_create_records(tx, caller).await?;
    make(tx, caller, now, sealer, new, customer, None).await
}

/// As [`create`], in a domain and for an account of any kind; that the caller may do so has been looked at. A customer that
/// has no PBX needs no number here.
///
/// # Errors
/// As [`create`].
pub(crate) async fn create_in(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    new: &New,
    domain: SipDomain,
) -> Result<Subscriber> {
    let id = new.account_id;
    let missing = || Error::dangling("owner_id", id);
    // Whoever has something shared must not want it alone afterwards, so this is looked at before.
    let lock = match tx.query_opt(KIND, args![id]).await?.ok_or_else(missing)?.at(0)? {
        Kind::Customer => ACCOUNT,
        Kind::Operator | Kind::Reseller => SHARED_ACCOUNT,
        Kind::Peering => return Err(missing()),
    };
    let row = tx.query_opt(lock, args![id]).await?.ok_or_else(missing)?;
    if row.get::<account::Status>("status")? == account::Status::Terminated {
        return Err(missing());
    }
    let customer = Customer { needs_numbers: false, ..of_row(&row)? };
    make(tx, &caller.elevated(), now, sealer, new, customer, Some(domain)).await
}

async fn make(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    new: &New,
    customer: Customer,
    given: Option<SipDomain>,
) -> Result<Subscriber> {
    check_username(&new.username)?;
    let mut details = new.details.clone();
    // Who is given no other name logs in with the one that it has.
    details.webusername.get_or_insert_with(|| new.username.clone());
    details.check()?;
    if customer.locked {
        // As all others of the customer are, until it is unlocked.
        details.status = Status::Locked;
    }
    details.settle_lock(None);
    details.pbx.settle(customer.of_pbx);
    if matches!(caller.role, Role::Customer | Role::SubscriberAdmin) {
        // Who administers a customer gives its subscribers no more than the pilot was given.
        details.profile_set_id = subscriber_profile::of_pilot(tx, customer.id).await?;
    }
    details.settle_profile(tx, customer.reseller, None).await?;
    if new.details.status == Status::Terminated {
        return Err(Error::invalid("status", "a new subscriber is not terminated"));
    }
    let own_level = details.lock_level.unwrap_or_default();
    if customer.has_package
        && details.status == Status::Active
        && let Some(level) = interval::lock_in_force(tx, caller, now, customer.id).await?
    {
        details.lock_level = details.lock_level.max(Some(level));
    }
    check_primary(&customer, None, details.pbx.is_pbx_pilot, new.primary.as_ref())?;
    let wanted = Numbers::new(new.primary.as_ref(), &new.aliases, 0)?;
    let domain = match given {
        Some(domain) => domain,
        None => domain(tx, caller, &new.domain, &customer).await?,
    };
    check_names(tx, &domain, Some(&new.username), details.webusername.as_deref(), None).await?;
    if customer.of_pbx {
        pbx::check_place(tx, customer.id, None, None, &details.pbx).await?;
    }
    let id = insert(tx, now, sealer, new, &details, &customer, &domain).await?;
    if details.lock_level.unwrap_or_default() > own_level {
        locks::note_underrun(tx, id, own_level).await?;
    }
    quota::take(tx, quota::Kind::Subscribers, customer.id, Some(domain.account_id), 1).await?;
    match tx.query_opt(DOMAIN_LIVES, args![domain.id]).await? {
        None => return Err(Error::dangling("domain", &domain.domain)),
        Some(row) if row.at::<AccountId>(0)? != domain.account_id => {
            return Err(Error::Conflict(format!("{} has another owner since a moment ago", domain.domain)));
        }
        Some(_) => {}
    }
    // Whoever makes an alias holds the domain, so that this sees it or it sees the subscriber.
    sip_alias::make_way(tx, domain.id, &new.username).await?;
    pbx::save_groups(tx, id, None, &details.pbx).await?;
    let bare = get(tx, &Caller::system(&caller.name), id).await?;
    bare.count(tx, 1);
    numbers::give(tx, caller, now, &bare, &wanted).await?;
    preference::set_system(tx, Level::Subscriber, id.0, "call_log_level", &["notice"]).await?;
    preference::set_system(tx, Level::Subscriber, id.0, "emergency_location_format", &["cirpack"]).await?;
    numbers::prefer(tx, id, None, &wanted, new.allow_primary).await?;
    let made = get(tx, &Caller::system(&caller.name), id).await?;
    crate::event::note(tx, now, None, Some(&made)).await?;
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok(made)
}

async fn insert(
    tx: &mut Tx,
    now: i64,
    sealer: &Sealer,
    new: &New,
    details: &Details,
    customer: &Customer,
    domain: &SipDomain,
) -> Result<SubscriberId> {
    let uuid = uuid();
    let password = &new.password;
    let sealed = password.reveal().map(|text| sealer.seal(&sealing_context(&uuid), text)).transpose()?;
    let digests = digest::Digests::new(&new.username, &domain.domain, password);
    let d = details;
    let values = args![
        &uuid,
        customer.id,
        customer.reseller,
        domain.id,
        &new.username,
        d.status,
        d.lock_level,
        d.administrative,
        d.webusername.as_deref(),
        d.display_name.as_deref(),
        d.email.as_deref(),
        d.timezone.as_deref(),
        d.external_id.as_deref(),
        d.profile_set_id,
        d.profile_id,
        d.pbx.is_pbx_pilot,
        d.pbx.is_pbx_group,
        d.pbx.pbx_extension.as_deref(),
        d.pbx.pbx_hunt_policy,
        d.pbx.pbx_hunt_timeout,
        d.pbx.pbx_hunt_cancel_mode,
        new.primary.as_ref().map(Split::digits),
        sealed,
        digests.ha1,
        digests.ha1b,
        digests.ha1_sha256,
        digests.ha1b_sha256,
        password.scram_sha1.as_deref(),
        password.scram_sha256.as_deref(),
        new.web_password.as_ref().map(|web| web.0.as_str()),
        now,
        domain.account_id
    ];
    match tx.query_one(INSERT, values).await {
        Ok(row) => Ok(row.at(0)?),
        Err(error) => Err(taken(error, &new.username, details, &domain.domain)),
    }
}
