//! Contracts: the papers of resellers and peerings.
//!
//! Beyond storing: the contact is a system contact; what has been agreed to stays; peerings and resellers are not billed
//! by prepaid profiles, and peerings have no subscribers. What is billed in the past is not changed. The status is that of
//! the reseller too: subscribers are locked and unlocked with it; a terminated contract takes everything below along and
//! is seen no more; that of the default reseller is never terminated.

use registry::account::CONTRACTS as RUNNING;
use serde_json::Value;

use super::papers::{self, INTERVAL};
use crate::kernel::{ADMIN, Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, Verb};

pub(super) static CONTRACTS: Resource = Resource {
    name: "contracts",
    singular: "contract",
    title: "Contracts",
    doc: "What resellers and peerings have agreed to. A contract of type reseller becomes a reseller when it is given a \
          name. Terminated contracts are not shown.",
    fields: &[
        Field::ID,
        Field::new("contact_id", Kind::PosInt).required().label("Contact id").doc("A system contact."),
        Field::new("type", Kind::Enum(&["sippeering", "pstnpeering", "reseller"]))
            .required()
            .doc("What it is a contract of; it can't be changed."),
        Field::new("status", Kind::Enum(&["pending", "active", "locked", "terminated"]))
            .required()
            .doc("Its status, and that of the reseller."),
        Field::new("external_id", Kind::Text(0, 255)).doc("A key in another system."),
        Field::new("max_subscribers", Kind::PosInt).doc("Most subscribers of a reseller; null: no limit."),
        Field::new("billing_profile_id", Kind::PosInt).doc("The billing profile that holds now."),
        Field::new(papers::DEFINITION, Kind::Enum(&["id", "profiles"]))
            .doc("Whether billing_profile_id or billing_profiles is meant."),
        Field::new("billing_profiles", Kind::List(&Kind::Object(INTERVAL)))
            .doc("Billing profiles to come, at most 100."),
        Field::new("all_billing_profiles", Kind::List(&Kind::Object(INTERVAL)))
            .read_only()
            .doc("The billing profiles, past and to come; of more than 250 those that begin last."),
    ],
    verbs: &[
        (Verb::List, ADMIN),
        (Verb::Get, ADMIN),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
    ],
    filters: &[
        Filter::exact("contact_id", "contact_id"),
        Filter::csv("status", "status").doc("One or several, with commas between them."),
        Filter::exact("external_id", "external_id"),
        Filter::exact("type", "type"),
    ],
    links: &[
        Link::to("systemcontacts", "/api/systemcontacts/{contact_id}"),
        Link::to("billingprofiles", "/api/billingprofiles/{all_billing_profiles.profile_id}"),
        Link::to("balanceintervals", "/api/balanceintervals/{id}"),
    ],
    journal: Some("accounts"),
    created: Created::Representation,
    source: Some(&RUNNING),
    example: r#"{"type": "reseller", "contact_id": 2, "billing_profile_id": 1, "status": "active"}"#,
    behaviour: &Contracts,
    ..Resource::DEFAULT
};

struct Contracts;

fn item(record: &Value, now: i64) -> Item {
    papers::item(record, now, false)
}

#[async_trait::async_trait]
impl Behaviour for Contracts {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        papers::load(cx, ids, item).await
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        papers::create(cx, &input).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        papers::replace(cx, id, old, &new).await
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        match error {
            registry::Error::Invalid { field: "max_subscribers", .. } => {
                Some(Refusal::new(422, "Peering contract should not have 'max_subscribers' defined."))
            }
            other => papers::refusal(other),
        }
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        papers::journal_content(record, item)
    }
}
