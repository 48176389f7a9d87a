//! Number reservations: a free number held for a customer until a time.
//!
//! Beyond storing: only a free number is reserved, for an active customer (or a reseller's own contract) that the caller
//! sees, until a time in the future; reserving one's own number again renews it. A reservation ends when its time runs out,
//! when the number is bought, or when it is removed here; then it is seen no more.

use registry::id::ReservationId;
use registry::number;
use registry::reservation::{self, Reservation};
use serde_json::json;

use super::inventory::{self, buyer, digits, fields, rename, text, times};
use crate::kernel::{
    Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, SELLERS, Verb, time,
};

pub(super) static NUMBERRESERVATIONS: Resource = Resource {
    name: "numberreservations",
    singular: "numberreservation",
    title: "Number reservations",
    doc: "Free numbers that are held for a customer. Only that customer can get the number until the reservation ends. To \
          renew a reservation, post it again with a later time.",
    fields: &[
        Field::ID,
        Field::new("number", Kind::Text(1, 20))
            .required()
            .doc("The number: digits of E.164, with or without a plus sign."),
        Field::new("customer_id", Kind::PosInt)
            .required()
            .doc("For whom: a customer, or the contract of a reseller that buys for itself."),
        Field::new("until", Kind::Timestamp).required().doc("Until when it is held (UTC)."),
        Field::new("made_by", Kind::Text(0, 255)).read_only().doc("Who has made it."),
    ],
    verbs: &[(Verb::List, SELLERS), (Verb::Get, SELLERS), (Verb::Create, SELLERS), (Verb::Delete, SELLERS)],
    filters: &[
        Filter::exact("customer_id", "account_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("number", "digits"),
        Filter::before("until_before", "until").doc("Only those that end before this time."),
    ],
    links: &[Link::to("customers", "/api/customers/{customer_id}")],
    created: Created::Representation,
    source: Some(&reservation::RESERVATIONS),
    example: r#"{"number": "442079460000", "customer_id": 3, "until": "2030-01-31 12:00:00"}"#,
    behaviour: &Reservations,
    ..Resource::DEFAULT
};

struct Reservations;

fn item(reservation: &Reservation) -> Item {
    let mut item = fields(&json!(reservation));
    rename(&mut item, "digits", "number");
    rename(&mut item, "account_id", "customer_id");
    times(&mut item, &["until"]);
    item.remove("state");
    item
}

#[async_trait::async_trait]
impl Behaviour for Reservations {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok(reservation::load(cx.tx, ids).await?.iter().map(|found| (found.id.0, item(found))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let until = time::parse(text(&input, "until")).unwrap_or_default();
        let held = number::reserve(cx.tx, cx.caller, cx.now, &digits(&input)?, buyer(&input), until).await?;
        Ok(reservation::of_number(cx.tx, &held).await?.0)
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        reservation::cancel(cx.tx, cx.caller, cx.now, ReservationId(id)).await?;
        Ok(())
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        inventory::refusal(error)
    }
}
