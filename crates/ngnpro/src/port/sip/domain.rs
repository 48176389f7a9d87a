//! Domains.

use registry::listing;
use registry::sip_domain::{self, Change, DOMAINS, NewDomain, Tls};

use crate::operation::{Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::when;
use crate::soap::wire;

wire! {
    /// A SIP domain.
    SipDomain {
        /// Its name.
        domain as "domain": String,
        /// The customer whose it is; 0: the platform's.
        customer as "customer": i64,
        /// That customer's reseller.
        reseller as "reseller": i64,
        /// The certificate of its TLS connections, in PEM.
        certificate as "certificate": Option<String>,
        /// The key of the certificate, in PEM; empty: none any more.
        private_key as "private_key": Option<String>,
        /// The address of connections that the certificate is for; empty: any.
        match_ip_address as "match_ip_address": Option<String>,
        /// The name that connections ask for; empty: the domain's.
        match_sip_domain as "match_sip_domain": Option<String>,
        /// Whether the other side's certificate is verified.
        verify_cert as "verify_cert": Option<bool>,
        /// Whether the other side must have a certificate.
        require_cert as "require_cert": Option<bool>,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which domains are wanted.
    SipDomainFilter {
        /// A name, with wildcards.
        domain as "domain": String,
        /// Of that customer.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Domains.
    SipDomainQuery(SipDomainFilter) -> SipDomainList { domains as "domains": SipDomain } by { "changeDate" as "modified_at", "domain" as "domain" }
}

impl SipDomain {
    fn tls(&self, before: Tls) -> Tls {
        Tls {
            certificate: self.certificate.clone().unwrap_or(before.certificate),
            match_ip_address: self.match_ip_address.clone().unwrap_or(before.match_ip_address),
            match_sip_domain: self.match_sip_domain.clone().unwrap_or(before.match_sip_domain),
            verify_cert: self.verify_cert.unwrap_or(before.verify_cert),
            require_cert: self.require_cert.unwrap_or(before.require_cert),
        }
    }

    /// The domain as the caller may see it.
    fn of(cx: &Cx<'_>, domain: sip_domain::SipDomain) -> Outcome<SipDomain> {
        let private_key = domain.private_key(cx.caller, cx.sealer)?.unwrap_or_default();
        Ok(SipDomain {
            domain: domain.domain,
            customer: domain.account_id.0,
            reseller: domain.reseller_id.0,
            certificate: Some(domain.tls.certificate),
            private_key: Some(private_key),
            match_ip_address: Some(domain.tls.match_ip_address),
            match_sip_domain: Some(domain.tls.match_sip_domain),
            verify_cert: Some(domain.tls.verify_cert),
            require_cert: Some(domain.tls.require_cert),
            change_date: when(domain.modified_at),
        })
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, given: SipDomain) -> Outcome<SipDomain> {
    let account_id = cx.owner_of_new(given.customer, given.reseller).await?;
    let tls = given.tls(Tls::default());
    let new = NewDomain { account_id, domain: given.domain, tls, private_key: given.private_key };
    let made = sip_domain::add(cx.tx, cx.caller, cx.now, cx.sealer, &new).await?;
    SipDomain::of(cx, made)
}

pub(super) async fn update(cx: &mut Cx<'_>, given: SipDomain) -> Outcome<()> {
    let before = sip_domain::named(cx.tx, cx.caller, &given.domain).await?;
    let account_id = Some(cx.owner_after(before.account_id, given.customer, given.reseller).await?);
    let change = Change { account_id, tls: given.tls(before.tls), private_key: given.private_key };
    sip_domain::change(cx.tx, cx.caller, cx.now, cx.sealer, before.id, &change).await?;
    Ok(())
}

pub(super) async fn delete(cx: &mut Cx<'_>, name: String) -> Outcome<()> {
    let found = sip_domain::named(cx.tx, cx.caller, &name).await?;
    sip_domain::remove(cx.tx, cx.caller, cx.now, found.id).await
}

pub(super) async fn list(cx: &mut Cx<'_>, query: SipDomainQuery) -> Outcome<SipDomainList> {
    let filters = Filters::default()
        .name("domain", &query.filter.domain)
        .id("account_id", query.filter.customer)
        .id("reseller_id", query.filter.reseller);
    let found = listing::page(cx.tx, cx.caller, &DOMAINS, &query.of(filters)).await?;
    let domains = sip_domain::load(cx.tx, &found.ids).await?;
    let domains = domains.into_iter().map(|domain| SipDomain::of(cx, domain)).collect::<Outcome<_>>()?;
    Ok(SipDomainList { total: found.total.unwrap_or(0), domains })
}
