//! Preferences of subscribers, customers, domains and so on: one shape for every level.
//!
//! An item is a flat map of what is set on its level, and of nothing else: levels are not merged. Beyond storing: an
//! attribute must be one of the level, and shown to the caller, or it is passed over; its value must be of its type,
//! among its choices on that level, and at most 128 characters long; names must be those of records of the owner's reseller,
//! are shown as they are now, and keep the record from being removed (our decision); the attributes `…ncos_set` name nothing
//! that there is; what is outside of a subscriber's profile is refused for whoever is bound by it; a subscriberadmin sets `cli`
//! to a number of its customer only; `lock` locks the subscriber. `PUT` replaces all that the caller is shown. What is set for a
//! location of a customer is reached by the customer, with the location in the query; what names no location of it is 422 (our
//! decision).

#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use axum::http::{HeaderName, Method, header};
use registry::listing::Condition;
use registry::location::Location;
use registry::preference::attribute::{self, Attribute, Kind as Type};
use registry::preference::{self, Level, OUTSIDE_PROFILE, Value, Values};
use registry::{Error, Role, listing, record};
use serde_json::Value as Json;

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
    gives: &[(Verb::Get, "application/octet-stream")],
    ..Resource::DEFAULT
};

/// All that can be done with preferences, by the same roles.
const fn verbs(roles: &'static [Role]) -> [(Verb, &'static [Role]); 4] {
    [(Verb::List, roles), (Verb::Get, roles), (Verb::Replace, roles), (Verb::Modify, roles)]
}

/// The parameter that names a location of a customer.
const LOCATION: &str = "location_id";

/// The id of whoever has the preferences.
const fn owner(name: &'static str) -> Field {
    Field::new(name, Kind::Int).read_only().doc("Whose they are; the same as the id.")
}

const OF_CONTACT: &[Filter] = &[Filter::exact("reseller_id", "reseller_id"), Filter::exact("contact_id", "contact_id")];
const OF_SUBSCRIBERS: [(Verb, &[Role]); 4] = verbs(EVERYONE);
const OF_CUSTOMERS: [(Verb, &[Role]); 4] = verbs(CUSTOMERS);
const OF_SELLERS: [(Verb, &[Role]); 4] = verbs(SELLERS);
const OF_ADMINISTRATORS: [(Verb, &[Role]); 4] = verbs(ADMIN);

/// Declares the preferences of each kind of owner: `name`, `singular`, the field with the owner's id and the collection of
/// owners.
macro_rules! preferences {
    ($($(#[$meta:meta])* $resource:ident = $name:literal, $singular:literal of $owner:literal in $owners:literal {
        title: $title:literal,
        doc: $doc:literal,
        level: $level:ident,
        source: $source:expr,
        verbs: $verbs:expr,
        $($field:ident: $value:expr,)*
    })*) => {$(
        $(#[$meta])*
        pub(super) static $resource: Resource = Resource {
            name: $name,
            singular: $singular,
            title: $title,
            doc: $doc,
            fields: &[Field::ID, owner($owner)],
            verbs: $verbs,
            links: &[Link::to($owners, concat!("/api/", $owners, "/{", $owner, "}"))],
            source: Some($source),
            behaviour: &Preferences { level: Level::$level, resource: &$resource, owner: $owner },
            $($field: $value,)*
            ..SHAPE
        };
    )*};
}

preferences! {
    SUBSCRIBERPREFERENCES = "subscriberpreferences", "subscriberpreference" of "subscriber_id" in "subscribers" {
        title: "Subscriber preferences",
        doc: "What is set for a subscriber itself. PUT replaces all of it; attributes that are unknown, internal or of \
              another level are ignored, and so is null. A subscriber sees and sets only what is meant for it and, with a \
              profile, only the attributes of the profile.",
        level: Subscriber,
        source: &registry::subscriber::SUBSCRIBERS,
        verbs: &OF_SUBSCRIBERS,
        filters: OF_CONTACT,
        journal: Some("subscriber_preferences"),
        example: r#"{"block_in_clir": true, "block_in_list": ["4366412345", "431*"], "concurrent_max": 2}"#,
    }
    ACTIVESUBSCRIBERPREFERENCES =
        "activesubscriberpreferences", "activesubscriberpreference" of "subscriber_id" in "subscribers"
    {
        title: "Active subscriber preferences",
        doc: "As subscriberpreferences, to be looked at only, and without what makes no difference: false, empty lists, and \
              enums at the default of their level.",
        level: Subscriber,
        source: &registry::subscriber::SUBSCRIBERS,
        verbs: &[(Verb::List, EVERYONE), (Verb::Get, EVERYONE)],
        filters: OF_CONTACT,
    }
    CUSTOMERPREFERENCES = "customerpreferences", "customerpreference" of "customer_id" in "customers" {
        title: "Customer preferences",
        doc: "What is set for a customer, for all its subscribers; with location_id what is set for one of its locations, \
              which has attributes of its own. PUT replaces all of it.",
        level: Customer,
        source: &registry::account::CUSTOMERS,
        verbs: &OF_CUSTOMERS,
        filters: OF_CONTACT,
        parameters: &[(
            LOCATION,
            "One of the customer's locations (customerlocations), whose preferences GET, PUT and PATCH then are about; the \
             collection has only its customer. Their changes are not in the journal of the customer.",
        )],
        gives: &[],
        journal: Some("customer_preferences"),
        example: r#"{"concurrent_max_total": 20, "block_out_list": ["43900*"]}"#,
    }
    DOMAINPREFERENCES = "domainpreferences", "domainpreference" of "domain_id" in "domains" {
        title: "Domain preferences",
        doc: "What is set for a SIP domain, for all its subscribers. A new domain has the default of every enum. PUT \
              replaces all of it.",
        level: Domain,
        source: &registry::sip_domain::DOMAINS,
        verbs: &OF_SELLERS,
        filters: &[Filter::exact("reseller_id", "reseller_id")],
        example: r#"{"language": "de", "use_rtpproxy": "ice_strip_candidates"}"#,
    }
    RESELLERPREFERENCES = "resellerpreferences", "resellerpreference" of "reseller_id" in "resellers" {
        title: "Reseller preferences",
        doc: "What is set for a reseller, for all its subscribers together. PUT replaces all of it.",
        level: Reseller,
        source: &registry::account::RESELLERS,
        verbs: &OF_ADMINISTRATORS,
        example: r#"{"concurrent_max_total": 500}"#,
    }
    PROFILEPREFERENCES = "profilepreferences", "profilepreference" of "profile_id" in "subscriberprofiles" {
        title: "Subscriber profile preferences",
        doc: "What is set for a subscriber profile, for all subscribers that have it. PUT replaces all of it.",
        level: Profile,
        source: &registry::subscriber_profile::PROFILES,
        verbs: &OF_SELLERS,
        journal: Some("profile_preferences"),
        example: r#"{"dnd": false, "concurrent_max": 2}"#,
    }
    PEERINGSERVERPREFERENCES =
        "peeringserverpreferences", "peeringserverpreference" of "peer_id" in "peeringservers"
    {
        title: "Peering server preferences",
        doc: "What is set for a peering server. Records that it names, such as a rewrite rule set, are those of reseller 1. \
              PUT replaces all of it.",
        level: Peer,
        source: &registry::peering::SERVERS,
        verbs: &OF_ADMINISTRATORS,
        example: r#"{"outbound_from_user": "npn", "concurrent_max": 30}"#,
    }
}

/// The preferences of a level.
struct Preferences {
    level: Level,
    resource: &'static Resource,
    /// The field with the owner's id.
    owner: &'static str,
}

impl Preferences {
    /// The location that the query names.
    async fn location(&self, cx: &mut Cx<'_>) -> Outcome<Option<Location>> {
        let named = cx.params.get(LOCATION).map(str::trim).filter(|id| self.level == Level::Customer && !id.is_empty());
        let Some(id) = named else { return Ok(None) };
        let wrong = || Error::dangling(LOCATION, id);
        let id = id.parse().map_err(|_| wrong())?;
        Ok(Some(record::named_by(cx.tx, cx.caller, LOCATION, id).await?))
    }

    /// The level and the owner that the query makes of an item's id: the item's own, or a location of it.
    async fn owner(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<(Level, i64)> {
        match self.location(cx).await? {
            None => Ok((self.level, id)),
            Some(location) if location.contract_id.0 == id => Ok((Level::Location, location.id.0)),
            Some(location) => Err(Error::dangling(LOCATION, location.id).into()),
        }
    }

    /// What is set for those items.
    async fn values(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<BTreeMap<i64, Values>> {
        // The collection of a location has only its customer.
        let [id] = ids else { return Ok(preference::get(cx.tx, cx.caller, self.level, ids).await?) };
        let (level, owner) = self.owner(cx, *id).await?;
        let found = preference::get(cx.tx, cx.caller, level, &[owner]).await?;
        Ok(found.into_values().map(|values| (*id, values)).collect())
    }

    /// The bytes of a document.
    async fn document(&self, cx: &mut Cx<'_>, id: &str, attribute: &Attribute) -> Outcome<Option<Reply>> {
        let (Some(source), Ok(id)) = (self.resource.source, id.parse::<i64>()) else { return Ok(None) };
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
        let mut found = self.values(cx, ids).await?;
        let item = |id: &i64| {
            let mut values = found.remove(id)?;
            if std::ptr::eq(self.resource, &ACTIVESUBSCRIBERPREFERENCES) {
                values = values.active(self.level);
            }
            let set = values.iter().map(|(attribute, value)| (attribute.name.to_owned(), value.to_json()));
            let mut item: Item = set.collect();
            item.insert("id".to_owned(), (*id).into());
            item.insert(self.owner.to_owned(), (*id).into());
            Some((*id, item))
        };
        Ok(ids.iter().filter_map(item).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let (level, owner) = self.owner(cx, id).await?;
        let stored = preference::get(cx.tx, cx.caller, level, &[owner]).await?.remove(&owner).unwrap_or_default();
        let values = values::read(level, cx.caller.role, &new, &stored)?;
        Ok(preference::replace(cx.tx, cx.caller, cx.now, level, owner, &values).await?)
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        let asked = name == LOCATION && self.level == Level::Customer && !value.trim().is_empty();
        let id = || value.trim().parse::<i64>().ok();
        asked.then(|| id().map_or(Condition::Never, |id| Condition::Is("location", id.to_string().into())))
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET {
            return Ok(None);
        }
        match (&call.id, cx.params.get("preference").and_then(attribute::find)) {
            (Some(id), Some(attribute))
                if attribute.kind == Type::Blob
                    && attribute.is_on(self.level)
                    && attribute.is_shown_to(cx.caller.role) =>
            {
                self.document(cx, id, attribute).await
            }
            _ => Ok(None),
        }
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        let (field, value) = match error {
            Error::Dangling { field, value } => (*field, value),
            Error::Invalid { field, message } if message == OUTSIDE_PROFILE => {
                let message = format!(
                    "The entity could not be processed: A pointer that references a non-existent value (pointer: /{field})"
                );
                return Some(Refusal::new(422, message));
            }
            _ => return None,
        };
        let message = match field {
            LOCATION => format!("Invalid 'location_id', the customer has no location '{value}'."),
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
