//! Billing zones: destinations of a billing profile that are priced and shown alike.
//!
//! Beyond storing: a zone is one of a living profile; zone and detail are unique in it; a zone with fees stays in its
//! profile, and takes its fees with it when it is removed.

use registry::Error;
use registry::billing::zone;
use registry::id::{ProfileId, ZoneId};
use serde_json::{Value, json};

use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, SELLERS, Verb};

pub(super) static BILLINGZONES: Resource = Resource {
    name: "billingzones",
    singular: "billingzone",
    title: "Billing zones",
    doc: "Destinations of a billing profile that are priced and shown alike. Removing a zone removes its fees.",
    fields: &[
        Field::ID,
        Field::new("billing_profile_id", Kind::PosInt).required().doc("The billing profile that it is a zone of."),
        Field::new("zone", Kind::Text(0, 127)).required().doc("Its name."),
        Field::new("detail", Kind::Text(0, 127)).doc("What of it; zone and detail are unique in the profile."),
    ],
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("billing_profile_id", "billing_profile_id"), Filter::wildcard("zone", "zone")],
    links: &[
        Link::to("billingfees", "/api/billingfees/?billing_zone_id={id}"),
        Link::to("billingprofiles", "/api/billingprofiles/{billing_profile_id}"),
    ],
    journal: Some("billing_zones"),
    source: Some(&zone::ALL),
    example: r#"{"billing_profile_id": 1, "zone": "Europe", "detail": "mobile"}"#,
    behaviour: &Zones,
    ..Resource::DEFAULT
};

struct Zones;

/// The profile, the zone and its detail in a checked body.
fn read(input: &Item) -> (ProfileId, &str, Option<&str>) {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let profile = input.get("billing_profile_id").and_then(Value::as_i64).unwrap_or_default();
    (ProfileId(profile), text("zone").unwrap_or_default(), text("detail"))
}

#[async_trait::async_trait]
impl Behaviour for Zones {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = zone::load(cx.tx, ids).await?;
        let item = |zone: &zone::Zone| (zone.id.0, self.journal_content(&BILLINGZONES, &json!(zone)));
        Ok(found.iter().map(item).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let (profile, zone, detail) = read(&input);
        Ok(zone::create(cx.tx, cx.caller, cx.now, profile, zone, detail).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let (profile, zone, detail) = read(&new);
        zone::update(cx.tx, cx.caller, cx.now, ZoneId(id), profile, zone, detail).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(zone::delete(cx.tx, cx.caller, cx.now, ZoneId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Dangling { field: "billing_profile_id", .. } => {
                Some(Refusal::new(422, "Invalid 'billing_profile_id'."))
            }
            Error::Taken { value, .. } => Some(Refusal::new(422, format!("Billing zone '{value}' already exists."))),
            _ => None,
        }
    }
}
