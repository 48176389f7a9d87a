//! SIP domains: what stands behind the `@` of subscribers' addresses.
//!
//! Beyond storing: a domain is there once on the platform; a new one gets the domain's default of every preference that
//! has one; removing it terminates its subscribers, whose numbers are freed, and its name may be used again.

use registry::Error;
use registry::id::{AccountId, DomainId};
use registry::sip_domain::{self, SipDomain};
use serde_json::{Value, json};

use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, SELLERS, STAFF, Verb};

pub(super) static DOMAINS: Resource = Resource {
    name: "domains",
    singular: "domain",
    title: "Domains",
    doc: "SIP domains. Each is there once on the platform and belongs to a reseller. A new one gets the defaults of the \
          domain's preferences. Removing one terminates its subscribers. A domain can't be renamed.",
    fields: FIELDS,
    verbs: &[(Verb::List, STAFF), (Verb::Create, SELLERS), (Verb::Get, SELLERS), (Verb::Delete, SELLERS)],
    filters: &[Filter::wildcard("domain", "domain"), Filter::exact("reseller_id", "reseller_id")],
    links: &[Link::to("domainpreferences", "/api/domainpreferences/{id}")],
    journal: Some("sip_domains"),
    source: Some(&sip_domain::DOMAINS),
    example: r#"{"domain": "voice.example.org", "reseller_id": 1}"#,
    behaviour: &Domains,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::RESELLER,
    Field::ID,
    Field::new("domain", Kind::Text(1, 190))
        .required()
        .label("SIP Domain")
        .doc("The name, or an IP address; kept in lower case."),
];

struct Domains;

#[async_trait::async_trait]
impl Behaviour for Domains {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let domains = sip_domain::load(cx.tx, ids).await?;
        Ok(domains.iter().map(|domain| (domain.id.0, fields(domain))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let owner = input.get("reseller_id").and_then(Value::as_i64).unwrap_or_default();
        let name = input.get("domain").and_then(Value::as_str).unwrap_or_default();
        Ok(sip_domain::create(cx.tx, cx.caller, cx.now, AccountId(owner), name).await?.id.0)
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(sip_domain::delete(cx.tx, cx.caller, cx.now, DomainId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        let message = match error {
            Error::Taken { value, .. } => format!("Domain '{value}' already exists."),
            Error::Dangling { field: "reseller_id", .. } => "Invalid 'reseller_id', doesn't exist.".to_owned(),
            _ => return None,
        };
        Some(Refusal::new(422, message))
    }
}

fn fields(domain: &SipDomain) -> Item {
    let item = json!({ "id": domain.id, "domain": domain.domain, "reseller_id": domain.reseller_id });
    item.as_object().cloned().unwrap_or_default()
}
