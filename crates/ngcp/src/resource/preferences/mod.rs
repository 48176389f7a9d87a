//! Preferences of subscribers, customers, domains and so on: one shape for every level.
//!
//! An item is a flat map of what is set on its level, and of nothing else: levels are not merged. Beyond storing: an
//! attribute must be one of the level, and shown to the caller, or it is passed over; its value must be of its type,
//! among its choices on that level, and at most 128 characters long; names must be those of records; a subscriberadmin
//! sets `cli` to a number of its customer only; `lock` locks the subscriber. `PUT` replaces all that the caller is
//! shown.

#[cfg(test)]
mod tests;
mod values;

use axum::http::{HeaderName, Method, header};
use registry::preference::attribute::{self, Attribute, Kind as Type};
use registry::preference::{self, Level, Value};
use registry::{Error, Role, listing};
use serde_json::Value as Json;

use crate::kernel::hal::{self, Paging};
use crate::kernel::list::Window;
use crate::kernel::{
    ADMIN, Behaviour, Call, Cx, EVERYONE, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Refusal, Reply, Resource,
    SELLERS, Verb,
};

/// Whoever cares for customers, and their own administrators.
pub(super) const CUSTOMERS: &[Role] =
    &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::SubscriberAdmin];

/// What the levels have in common.
const SHAPE: Resource = Resource {
    open: true,
    put_replaces: true,
    patch: PatchOps::All,
    lists_links: false,
    parameters: &[("preference", "The name of a document among the attributes: an item's GET answers with its bytes.")],
    ..Resource::DEFAULT
};

/// All that can be done with preferences, by the same roles.
const fn verbs(roles: &'static [Role]) -> [(Verb, &'static [Role]); 4] {
    [(Verb::List, roles), (Verb::Get, roles), (Verb::Replace, roles), (Verb::Modify, roles)]
}

/// The id of whoever has the preferences.
const fn owner(name: &'static str) -> Field {
    Field::new(name, Kind::Int).read_only().doc("Whose they are; the same as the id.")
}

const OF_SUBSCRIBERS: [(Verb, &[Role]); 4] = verbs(EVERYONE);
const OF_CUSTOMERS: [(Verb, &[Role]); 4] = verbs(CUSTOMERS);
const OF_SELLERS: [(Verb, &[Role]); 4] = verbs(SELLERS);
const OF_ADMINISTRATORS: [(Verb, &[Role]); 4] = verbs(ADMIN);

pub(super) static SUBSCRIBERPREFERENCES: Resource = Resource {
    name: "subscriberpreferences",
    singular: "subscriberpreference",
    title: "Subscriber preferences",
    doc: "What is set for a subscriber itself. PUT replaces all of it; attributes that are unknown, internal or of \
          another level are ignored, and so is null. A subscriber sees and sets only what is meant for it.",
    fields: &[Field::ID, owner("subscriber_id")],
    verbs: &OF_SUBSCRIBERS,
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::exact("contact_id", "contact_id")],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    journal: Some("subscriber_preferences"),
    source: Some(&registry::subscriber::SUBSCRIBERS),
    example: r#"{"block_in_clir": true, "block_in_list": ["4366412345", "431*"], "concurrent_max": 2}"#,
    behaviour: &Preferences { level: Level::Subscriber, name: "subscriberpreferences", owner: "subscriber_id" },
    ..SHAPE
};

pub(super) static CUSTOMERPREFERENCES: Resource = Resource {
    name: "customerpreferences",
    singular: "customerpreference",
    title: "Customer preferences",
    doc: "What is set for a customer, for all its subscribers. PUT replaces all of it.",
    fields: &[Field::ID, owner("customer_id")],
    verbs: &OF_CUSTOMERS,
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::exact("contact_id", "contact_id")],
    links: &[Link::to("customers", "/api/customers/{customer_id}")],
    journal: Some("customer_preferences"),
    source: Some(&registry::account::CUSTOMERS),
    example: r#"{"concurrent_max_total": 20, "block_out_list": ["43900*"]}"#,
    behaviour: &Preferences { level: Level::Customer, name: "customerpreferences", owner: "customer_id" },
    ..SHAPE
};

pub(super) static DOMAINPREFERENCES: Resource = Resource {
    name: "domainpreferences",
    singular: "domainpreference",
    title: "Domain preferences",
    doc: "What is set for a SIP domain, for all its subscribers. A new domain has the default of every enum. PUT \
          replaces all of it.",
    fields: &[Field::ID, owner("domain_id")],
    verbs: &OF_SELLERS,
    filters: &[Filter::exact("reseller_id", "reseller_id")],
    links: &[Link::to("domains", "/api/domains/{domain_id}")],
    source: Some(&registry::sip_domain::DOMAINS),
    example: r#"{"language": "de", "use_rtpproxy": "ice_strip_candidates"}"#,
    behaviour: &Preferences { level: Level::Domain, name: "domainpreferences", owner: "domain_id" },
    ..SHAPE
};

pub(super) static RESELLERPREFERENCES: Resource = Resource {
    name: "resellerpreferences",
    singular: "resellerpreference",
    title: "Reseller preferences",
    doc: "What is set for a reseller, for all its subscribers together. PUT replaces all of it.",
    fields: &[Field::ID, owner("reseller_id")],
    verbs: &OF_ADMINISTRATORS,
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    source: Some(&registry::account::RESELLERS),
    example: r#"{"concurrent_max_total": 500}"#,
    behaviour: &Preferences { level: Level::Reseller, name: "resellerpreferences", owner: "reseller_id" },
    ..SHAPE
};

pub(super) static PROFILEPREFERENCES: Resource = Resource {
    name: "profilepreferences",
    singular: "profilepreference",
    title: "Subscriber profile preferences",
    doc: "What is set for a subscriber profile, for all subscribers that have it. PUT replaces all of it.",
    fields: &[Field::ID, owner("profile_id")],
    verbs: &OF_SELLERS,
    links: &[Link::to("subscriberprofiles", "/api/subscriberprofiles/{profile_id}")],
    journal: Some("profile_preferences"),
    example: r#"{"dnd": false, "concurrent_max": 2}"#,
    behaviour: &Preferences { level: Level::Profile, name: "profilepreferences", owner: "profile_id" },
    ..SHAPE
};

pub(super) static PEERINGSERVERPREFERENCES: Resource = Resource {
    name: "peeringserverpreferences",
    singular: "peeringserverpreference",
    title: "Peering server preferences",
    doc: "What is set for a peering server. PUT replaces all of it.",
    fields: &[Field::ID, owner("peer_id")],
    verbs: &OF_ADMINISTRATORS,
    links: &[Link::to("peeringservers", "/api/peeringservers/{peer_id}")],
    example: r#"{"outbound_from_user": "npn", "concurrent_max": 30}"#,
    behaviour: &Preferences { level: Level::Peer, name: "peeringserverpreferences", owner: "peer_id" },
    ..SHAPE
};

/// The preferences of a level.
struct Preferences {
    level: Level,
    name: &'static str,
    /// The field with the owner's id.
    owner: &'static str,
}

impl Preferences {
    fn resource(&self) -> Option<&'static Resource> {
        super::find(self.name)
    }

    /// The bytes of a document.
    async fn document(&self, cx: &mut Cx<'_>, id: &str, attribute: &Attribute) -> Outcome<Option<Reply>> {
        let (Some(resource), Ok(id)) = (self.resource(), id.parse::<i64>()) else { return Ok(None) };
        let Some(source) = resource.source else { return Ok(None) };
        if !listing::shows(cx.tx, cx.caller, source, id).await? {
            return Ok(None);
        }
        let found = preference::get(cx.tx, cx.caller, self.level, &[id]).await?;
        let Some(Value::Blob(blob)) = found.get(&id).and_then(|values| values.get(attribute.name)) else {
            return Err(Refusal::no_entity("preference").into());
        };
        // A stored document is never shown as a page of ours.
        let reply = Reply::status(200)
            .header(header::CONTENT_TYPE, blob.content_type.clone())
            .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", attribute.name))
            .header(NO_SNIFFING, "nosniff")
            .body(blob.data.clone());
        Ok(Some(reply))
    }
}

const NO_SNIFFING: HeaderName = HeaderName::from_static("x-content-type-options");

#[async_trait::async_trait]
impl Behaviour for Preferences {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        if self.resource().is_none_or(|resource| resource.source.is_none()) {
            return Ok(Vec::new());
        }
        let mut found = preference::get(cx.tx, cx.caller, self.level, ids).await?;
        let item = |id: &i64| {
            let values = found.remove(id)?;
            let set = values.iter().map(|(attribute, value)| (attribute.name.to_owned(), value.to_json()));
            let mut item: Item = set.collect();
            item.insert("id".to_owned(), (*id).into());
            item.insert(self.owner.to_owned(), (*id).into());
            Some((*id, item))
        };
        Ok(ids.iter().filter_map(item).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let stored = preference::get(cx.tx, cx.caller, self.level, &[id]).await?.remove(&id).unwrap_or_default();
        let values = values::read(self.level, cx.caller.role, &new, &stored)?;
        Ok(preference::replace(cx.tx, cx.caller, cx.now, self.level, id, &values).await?)
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET {
            return Ok(None);
        }
        match (&call.id, cx.params.get("preference").and_then(attribute::find), self.resource()) {
            (Some(id), Some(attribute), _)
                if attribute.kind == Type::Blob
                    && attribute.is_on(self.level)
                    && attribute.is_shown_to(cx.caller.role) =>
            {
                self.document(cx, id, attribute).await
            }
            // Owners of the level can't be made yet: the collection is empty.
            (None, _, Some(resource)) if resource.source.is_none() => {
                let window = Window::of(cx.params)?;
                let path = format!("/api/{}/", resource.name);
                let others = cx.params.others();
                let total = (!cx.params.is_true("no_count")).then_some(0);
                let paging =
                    Paging { path: &path, page: window.page, rows: window.rows, others: &others, more: false, total };
                Ok(Some(hal::collection(call, resource.name, false, &paging, Vec::new(), cx.state.hal_shape)))
            }
            _ => Ok(None),
        }
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        let Error::Dangling { field, value } = error else { return None };
        let message = match *field {
            "cli" => "Only numbers that belong to the customer can be assigned as 'cli'".to_owned(),
            "ncos" | "adm_ncos" | "adm_cf_ncos" => format!("Unknown ncos_level '{value}'"),
            "ncos_set" | "adm_ncos_set" | "adm_cf_ncos_set" => format!("Unknown ncos_set '{value}'"),
            "cdr_export_sclidui_rwrs" => format!("Unknown rewrite_rule_set '{value}'"),
            other => format!("Unknown {other} '{value}'"),
        };
        Some(Refusal::new(422, message))
    }

    fn journal_content(&self, _resource: &Resource, record: &Json) -> Item {
        let mut content = record.as_object().cloned().unwrap_or_default();
        if let Some(id) = content.get("id").cloned() {
            content.insert(self.owner.to_owned(), id);
        }
        content
    }
}
