//! Making SIP accounts.

use store::Tx;

use super::kept;
use super::rights::{self, PREPAID_CHANGES, PSTN_ACCESS, permits};
use super::settings::Settings;
use super::update::put_preferences;
use super::{NOUN, SipAccount, autoincrement, load};
use crate::account::{self, Kind, Status};
use crate::caller::{Caller, Role};
use crate::dns::root;
use crate::id::AccountId;
use crate::seal::Sealer;
use crate::sip_domain::{self, SipDomain};
use crate::subscriber::{self, Details, New, OfDomain, SipPassword};
use crate::{Error, Result, listing};

/// Stands for a user name that the server makes up.
pub const AUTOINCREMENT: &str = "<autoincrement>";

/// What is needed for a new SIP account.
#[derive(Clone, Debug)]
pub struct NewSipAccount {
    /// Unique in the domain, or [`AUTOINCREMENT`].
    pub username: String,
    /// A domain that the caller keeps.
    pub domain: String,
    /// Its owner; none: whose the domain is.
    pub owner_id: Option<AccountId>,
    /// What it logs in with.
    pub password: SipPassword,
    /// All else.
    pub settings: Settings,
}

/// The account that is to own a SIP account in a domain.
///
/// # Errors
/// [`Error::Dangling`] and [`Error::Invalid`] for `owner_id`.
pub(super) async fn owner(
    tx: &mut Tx,
    caller: &Caller,
    domain: &SipDomain,
    wanted: Option<AccountId>,
) -> Result<AccountId> {
    let id = wanted.unwrap_or(domain.account_id);
    if id == domain.account_id {
        return Ok(id);
    }
    let found = account::get(tx, caller, id).await.map_err(|error| error.or_dangling("owner_id", id))?;
    if !matches!(found.kind, Kind::Reseller | Kind::Customer) || found.status == Status::Terminated {
        return Err(Error::dangling("owner_id", id));
    }
    if domain.reseller_id != AccountId::OPERATOR && domain.reseller_id != found.reseller_id {
        return Err(Error::invalid("owner_id", format!("account {id} is of another reseller than {}", domain.domain)));
    }
    Ok(id)
}

/// Refuses what properties don't permit. Who may not say whether an account is prepaid makes prepaid ones, and makes one
/// prepaid by letting it call the telephone network.
///
/// # Errors
/// [`Error::NotAllowed`].
pub(super) async fn permit(
    tx: &mut Tx,
    caller: &Caller,
    domain: &SipDomain,
    settings: &mut Settings,
    before: Option<&Settings>,
) -> Result<()> {
    let refused = |what: &str, property: &str| {
        Err(Error::NotAllowed(format!("{what} in {} needs the property {property}", domain.domain)))
    };
    // What its reseller or the platform has shut, a customer does not open.
    let is_customer = listing::acting(tx, caller).await? == Role::Customer;
    let was = |group: &str| before.is_some_and(|before| before.is_in(group));
    if let Some(group) = ["blocked", "quota"].into_iter().find(|group| was(group) != settings.is_in(group))
        && is_customer
    {
        return Err(Error::NotAllowed(format!("customers change nothing about the group {group}")));
    }
    let gets_pstn = settings.is_in("free-pstn") && !before.is_some_and(|before| before.is_in("free-pstn"));
    if gets_pstn && !permits(tx, caller, domain, PSTN_ACCESS).await? {
        return refused("the group free-pstn", PSTN_ACCESS);
    }
    let changes = before.is_some_and(|before| before.prepaid != settings.prepaid);
    let must_be_prepaid = before.is_none() || gets_pstn;
    if !changes && (settings.prepaid || !must_be_prepaid) || permits(tx, caller, domain, PREPAID_CHANGES).await? {
        return Ok(());
    }
    if !must_be_prepaid {
        return refused("a change of whether an account is prepaid", PREPAID_CHANGES);
    }
    settings.prepaid = true;
    settings.settle_groups()
}

/// Makes a SIP account.
///
/// # Errors
/// - [`Error::NotAllowed`];
/// - [`Error::Dangling`] for `domain`, `owner_id` and `timezone`;
/// - [`Error::Invalid`] for wrong values, and for a password of digests where the server makes up the user name;
/// - [`Error::Taken`] for `username` where an account or an alias has it;
/// - [`Error::Quota`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    new: &NewSipAccount,
) -> Result<SipAccount> {
    rights::must_act(caller)?;
    root::may_create(tx, caller).await?;
    let mut settings = new.settings.clone();
    settings.settle(None)?;
    let domain = sip_domain::named(tx, caller, &new.domain).await;
    let domain = domain.map_err(|error| error.or_dangling("domain", &new.domain))?;
    let owner = owner(tx, caller, &domain, new.owner_id).await?;
    permit(tx, caller, &domain, &mut settings, None).await?;
    let username = if new.username == AUTOINCREMENT {
        if new.password.reveal().is_none() {
            return Err(Error::invalid("password", "digests are of a user name, so that there must be one"));
        }
        autoincrement::next(tx, domain.id).await?
    } else {
        new.username.trim().to_ascii_lowercase()
    };
    let status = if settings.is_in("blocked") { subscriber::Status::Locked } else { subscriber::Status::Active };
    let wanted = New {
        account_id: owner,
        domain: OfDomain::Id(domain.id),
        username: username.clone(),
        details: Details {
            status,
            display_name: settings.display_name(),
            email: settings.email.clone(),
            timezone: settings.timezone.clone(),
            ..Details::default()
        },
        primary: None,
        aliases: Vec::new(),
        password: new.password.clone(),
        web_password: None,
        allow_primary: true,
    };
    let address = format!("{username}@{}", domain.domain);
    let made = subscriber::create_in(tx, caller, now, sealer, &wanted, domain).await.map_err(|error| match error {
        Error::Taken { field: "username" | "webusername", .. } => Error::taken(NOUN, "username", address),
        other => other,
    })?;
    kept::write(tx, sealer, made.id, &settings.kept(), None).await?;
    kept::note(tx, caller, now, &made, None, &settings.kept()).await?;
    put_preferences(tx, caller, now, made.id, &Settings::default(), &settings).await?;
    let made = load(tx, caller, sealer, &[made.id.0]).await?.pop();
    made.ok_or_else(|| Error::Internal("a SIP account was lost".to_owned()))
}
