//! Resellers: contracts of the kind that have been given a name.
//!
//! Beyond storing: a contract is that of one reseller for good, and both have one id; names are unique, but a terminated
//! reseller gives its name up. The status is that of the contract too: subscribers of all its customers are locked and
//! unlocked with it; a terminated reseller takes its customers, subscribers, domains, logins, sets, levels and email
//! templates along and stays to be looked at, as does a time set that a peering group goes by. The default reseller is
//! never terminated. A new reseller gets copies of the email templates of the installation.

use registry::account::reseller::{self, CONTRACT_OF_CUSTOMER, Reseller};
use registry::account::status::DEFAULT_STAYS;
use registry::account::{RESELLERS as NAMED, papers};
use registry::id::AccountId;
use serde_json::Value;

use super::papers::word;
use crate::kernel::{ADMIN, Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, Verb};

pub(super) static RESELLERS: Resource = Resource {
    name: "resellers",
    singular: "reseller",
    title: "Resellers",
    doc: "Who sells to customers of its own. A reseller is not removed: its status is set to terminated, which ends all \
          that it has: its customers, domains and logins, its NCOS levels, its sets of sounds, rewrite rules, header \
          rules and times, its emergency mapping containers and its email templates. It begins with copies of the email \
          templates of the installation.",
    fields: &[
        Field::ID,
        Field::new("contract_id", Kind::PosInt)
            .required()
            .label("Contract")
            .doc("A contract of type reseller that has no name yet; it can't be changed."),
        Field::new("name", Kind::Text(0, 63)).required().doc("Unique over all resellers that are not terminated."),
        Field::new("status", Kind::Enum(&["active", "locked", "terminated"])).required().doc("Its status."),
    ],
    verbs: &[
        (Verb::List, ADMIN),
        (Verb::Get, ADMIN),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
    ],
    filters: &[
        Filter::wildcard("name", "name"),
        Filter::csv("status", "status").doc("One or several, with commas between them."),
    ],
    links: &[
        Link::to("contracts", "/api/contracts/{contract_id}"),
        Link::to("billingprofiles", "/api/billingprofiles/?reseller_id={id}"),
        Link::to("ncoslevels", "/api/ncoslevels/?reseller_id={id}"),
        Link::to("soundsets", "/api/soundsets/?reseller_id={id}"),
        Link::to("rewriterulesets", "/api/rewriterulesets/?reseller_id={id}"),
        Link::to("pbxdevices", "/api/pbxdevices/?reseller_id={id}"),
    ],
    journal: Some("resellers"),
    source: Some(&NAMED),
    example: r#"{"contract_id": 2, "name": "Example Telecom", "status": "active"}"#,
    behaviour: &Resellers,
    ..Resource::DEFAULT
};

struct Resellers;

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn contract(item: &Item) -> AccountId {
    AccountId(item.get("contract_id").and_then(Value::as_i64).unwrap_or_default())
}

#[async_trait::async_trait]
impl Behaviour for Resellers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = papers::load(cx.tx, cx.now, ids).await?;
        let item = |reseller: Reseller| match serde_json::to_value(&reseller) {
            Ok(Value::Object(fields)) => (reseller.id.0, fields),
            _ => (reseller.id.0, Item::new()),
        };
        Ok(found.iter().map(Reseller::from).map(item).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let (contract, name) = (contract(&input), text(&input, "name"));
        let made = reseller::create(cx.tx, cx.caller, cx.now, contract, name, word(&input, "status")?).await?;
        Ok(made.account.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let (contract, name) = (contract(&new), text(&new, "name"));
        reseller::update(cx.tx, cx.caller, cx.now, AccountId(id), contract, name, word(&new, "status")?).await?;
        Ok(())
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        use registry::Error::{Dangling, Invalid, NotAllowed, Taken};
        let text = match error {
            Taken { field: "contract_id", .. } => "Invalid 'contract_id', reseller with this contract already exists",
            Taken { field: "name", .. } => "Invalid 'name', reseller with this name already exists",
            Dangling { field: "contract_id", .. } => "Invalid 'contract_id'.",
            Invalid { field: "contract_id", message } if message == CONTRACT_OF_CUSTOMER => {
                "Invalid 'contract_id' linking to a customer contact"
            }
            NotAllowed(why) if why == DEFAULT_STAYS => {
                return Some(Refusal::new(403, "Cannot set reseller status to 'terminated' for reseller id '1'"));
            }
            _ => return None,
        };
        Some(Refusal::new(422, text))
    }
}
