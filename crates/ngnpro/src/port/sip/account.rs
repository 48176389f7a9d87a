//! Accounts and their groups.

use registry::sip_account::{self, AUTOINCREMENT, Acl, Change, NewSipAccount, Settings, group};
use registry::subscriber::{SUBSCRIBERS, SipPassword};
use registry::{Error, listing, transaction};

use super::SipId;
use crate::operation::{Call, Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::{owner, when};
use crate::soap::{Fault, wire};

wire! {
    /// Addresses from which requests of an account are accepted.
    SipAcl {
        /// An IPv4 address.
        ip as "ip": String,
        /// Bits of it that count.
        mask as "mask": i64,
        /// What they are called.
        tag as "tag": String,
    }
}

wire! {
    /// What is kept with an account under a name.
    SipProperty {
        /// The name.
        name as "name": String,
        /// The value.
        value as "value": String,
    }
}

wire! {
    /// A SIP account. What is not given stays as it is.
    WireAccount as "SipAccount" {
        /// Its address.
        id as "id": SipId,
        /// Its password, or the digests of user:domain:password and user@domain:domain:password with a colon between them;
        /// empty: the one that it has.
        password as "password": String,
        /// The digest of user:domain:password; follows from the password.
        ha1 as "ha1": Option<String>,
        /// First name.
        first_name as "firstName": Option<String>,
        /// Last name.
        last_name as "lastName": Option<String>,
        /// E-mail address.
        email as "email": Option<String>,
        /// Time zone, such as Europe/Amsterdam.
        timezone as "timezone": Option<String>,
        /// The number that it calls the telephone network with.
        rpid as "rpid": Option<String>,
        /// The customer that owns it; 0 of a new one: the customer of the domain.
        owner as "owner": Option<i64>,
        /// The customer of its domain.
        customer as "customer": i64,
        /// Its reseller.
        reseller as "reseller": i64,
        /// The groups that it is in: its rights.
        groups as "groups": Option<Vec<String>>,
        /// Whether it calls only for money that it has.
        prepaid as "prepaid": Option<bool>,
        /// What calls to the telephone network may cost in a month; 0: no limit.
        quota as "quota": Option<i64>,
        /// Most calls at a time; 0: no limit of its own.
        call_limit as "callLimit": Option<i64>,
        /// Seconds until a call is diverted that nobody answers; 0: 35.
        timeout as "timeout": Option<i64>,
        /// What is put before numbers for quick dial.
        quickdial_prefix as "quickdialPrefix": Option<String>,
        /// Code of the region for emergency calls.
        region as "region": Option<String>,
        /// From where requests are accepted; none: from everywhere.
        acl as "acl": Option<Vec<SipAcl>>,
        /// Whatever else is known of it.
        properties as "properties": Option<Vec<SipProperty>>,
        /// When it was made; kept by the server.
        create_date as "createDate": String,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which accounts are wanted; text with wildcards.
    SipFilter {
        /// A user name.
        username as "username": String,
        /// A domain.
        domain as "domain": String,
        /// A first name.
        first_name as "firstName": String,
        /// A last name.
        last_name as "lastName": String,
        /// An e-mail address.
        email as "email": String,
        /// Owned by that customer.
        owner as "owner": i64,
        /// In domains of that customer.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
        /// In all of these groups.
        groups as "groups": Vec<String>,
    }
}

list! {
    /// Accounts.
    SipQuery(SipFilter) -> SipAccountList { accounts as "accounts": WireAccount } by { "changeDate" as "modified_at", "username" as "username", "domain" as "domain" }
}

impl From<sip_account::SipAccount> for WireAccount {
    fn from(account: sip_account::SipAccount) -> WireAccount {
        let sip_account::SipAccount { settings, password, .. } = account;
        let pair = password.digests.as_ref().map(|(ha1, ha1b)| format!("{ha1}:{ha1b}"));
        let acl = |acl: Acl| SipAcl { ip: acl.ip, mask: acl.mask, tag: acl.tag };
        let property = |named: sip_account::Named| SipProperty { name: named.name, value: named.value };
        WireAccount {
            id: SipId::new(&account.username, &account.domain),
            password: password.clear.or(pair).unwrap_or_default(),
            ha1: password.digests.map(|(ha1, _)| ha1),
            first_name: Some(settings.first_name),
            last_name: Some(settings.last_name),
            email: Some(settings.email.unwrap_or_default()),
            timezone: Some(settings.timezone.unwrap_or_default()),
            rpid: Some(settings.caller_id.unwrap_or_default()),
            owner: Some(account.owner_id.0),
            customer: account.account_id.0,
            reseller: account.reseller_id.0,
            groups: Some(settings.groups),
            prepaid: Some(settings.prepaid),
            quota: Some(settings.quota),
            call_limit: Some(settings.call_limit),
            timeout: Some(settings.answer_timeout),
            quickdial_prefix: Some(settings.quickdial_prefix),
            region: Some(settings.region),
            acl: Some(settings.acl.into_iter().map(acl).collect()),
            properties: Some(settings.properties.into_iter().map(property).collect()),
            create_date: when(account.created_at),
            change_date: when(account.modified_at),
        }
    }
}

impl WireAccount {
    /// The settings with what is given here in the place of what was there.
    fn over(&self, before: Settings) -> Settings {
        let text = |given: &Option<String>, before: Option<String>| given.clone().or(before);
        let or = |given: &Option<String>, before: String| given.clone().unwrap_or(before);
        let acl = |acl: &SipAcl| Acl { ip: acl.ip.clone(), mask: acl.mask, tag: acl.tag.clone() };
        let named = |p: &SipProperty| sip_account::Named { name: p.name.clone(), value: p.value.clone() };
        let said = self.groups.as_ref().map(|groups| groups.iter().any(|group| group == "prepaid"));
        Settings {
            first_name: or(&self.first_name, before.first_name),
            last_name: or(&self.last_name, before.last_name),
            email: text(&self.email, before.email),
            timezone: text(&self.timezone, before.timezone),
            caller_id: text(&self.rpid, before.caller_id),
            groups: self.groups.clone().unwrap_or(before.groups),
            prepaid: self.prepaid.or(said).unwrap_or(before.prepaid),
            quota: self.quota.unwrap_or(before.quota),
            call_limit: self.call_limit.unwrap_or(before.call_limit),
            answer_timeout: self.timeout.unwrap_or(before.answer_timeout),
            quickdial_prefix: or(&self.quickdial_prefix, before.quickdial_prefix),
            region: or(&self.region, before.region),
            acl: self.acl.as_ref().map_or(before.acl, |given| given.iter().map(acl).collect()),
            properties: self.properties.as_ref().map_or(before.properties, |given| given.iter().map(named).collect()),
        }
    }
}

/// Makes the verifiers of a password where that does not hold anybody up.
async fn verifiers(text: String) -> Outcome<SipPassword> {
    if let Some(digests) = SipPassword::of_digests(&text) {
        return Ok(digests);
    }
    let made = tokio::task::spawn_blocking(move || SipPassword::new(&text)).await;
    made.map_err(|_| Error::Internal("the verifiers of a password were not made".to_owned()))?
}

pub(super) async fn add(call: &Call<'_>, mut given: WireAccount) -> Result<WireAccount, Fault> {
    let (username, domain) = given.id.address();
    // Clients make names and addresses of a user name that there is not yet.
    for made in [&mut given.first_name, &mut given.last_name, &mut given.email] {
        made.take_if(|text| text.contains(AUTOINCREMENT));
    }
    let new = NewSipAccount {
        username,
        domain,
        owner_id: owner(given.owner.unwrap_or(0)),
        password: verifiers(given.password.clone()).await?,
        settings: given.over(Settings::default()),
    };
    let sealer = &call.state.sealer;
    transaction!(call.state.db, |tx| {
        let cx = call.within(tx);
        sip_account::create(cx.tx, cx.caller, cx.now, sealer, &new).await.map(WireAccount::from)
    })
    .map_err(Fault::from)
}

pub(super) async fn update(call: &Call<'_>, given: WireAccount) -> Result<(), Fault> {
    let password = match given.password.as_str() {
        "" => None,
        text => Some(verifiers(text.to_owned()).await?),
    };
    let sealer = &call.state.sealer;
    transaction!(call.state.db, |tx| {
        let mut cx = call.within(tx);
        let id = given.id.found(&mut cx).await?;
        let before = sip_account::get(cx.tx, cx.caller, sealer, id).await?;
        // What is shown for a password that is not known in clear comes back as it is.
        let same = before.password.digests.as_ref().is_some_and(|(a, b)| given.password == format!("{a}:{b}"));
        let change = Change {
            owner_id: owner(given.owner.unwrap_or(0)),
            password: password.clone().filter(|_| !same && before.password.clear.as_ref() != Some(&given.password)),
            settings: given.over(before.settings),
        };
        sip_account::update(cx.tx, cx.caller, cx.now, sealer, id, &change).await.map(|_| ())
    })
    .map_err(Fault::from)
}

pub(super) async fn delete(cx: &mut Cx<'_>, id: SipId) -> Outcome<()> {
    let found = id.found(cx).await?;
    sip_account::delete(cx.tx, cx.caller, cx.now, found).await
}

pub(super) async fn get(cx: &mut Cx<'_>, id: SipId) -> Outcome<WireAccount> {
    let found = id.found(cx).await?;
    Ok(sip_account::get(cx.tx, cx.caller, cx.sealer, found).await?.into())
}

pub(super) async fn list(cx: &mut Cx<'_>, query: SipQuery) -> Outcome<SipAccountList> {
    let filter = &query.filter;
    let mut filters = Filters::default()
        .username("username", &filter.username)
        .name("domain", &filter.domain)
        .pattern("first_name", &filter.first_name)
        .pattern("last_name", &filter.last_name)
        .text("email", &filter.email)
        .id("account_id", filter.owner)
        .id("domain_account_id", filter.customer)
        .id("reseller_id", filter.reseller);
    for name in filter.groups.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        filters = filters.and(group::members(name));
    }
    let query = query.of(filters);
    let found = listing::page(cx.tx, cx.caller, &SUBSCRIBERS, &query).await?;
    let accounts = sip_account::load(cx.tx, cx.caller, cx.sealer, &found.ids).await?;
    let accounts = accounts.into_iter().map(WireAccount::from).collect();
    Ok(SipAccountList { total: found.total.unwrap_or(0), accounts })
}

pub(super) async fn add_to_group(cx: &mut Cx<'_>, id: SipId, name: String) -> Outcome<()> {
    let found = id.found(cx).await?;
    group::add(cx.tx, cx.caller, cx.now, cx.sealer, found, &name).await
}

pub(super) async fn remove_from_group(cx: &mut Cx<'_>, id: SipId, name: String) -> Outcome<()> {
    let found = id.found(cx).await?;
    group::remove(cx.tx, cx.caller, cx.now, cx.sealer, found, &name).await
}

pub(super) async fn groups(cx: &mut Cx<'_>, id: SipId) -> Outcome<Vec<String>> {
    let found = id.found(cx).await?;
    Ok(sip_account::get(cx.tx, cx.caller, cx.sealer, found).await?.settings.groups)
}
