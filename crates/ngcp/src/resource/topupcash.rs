//! Top-ups in cash.
//!
//! Beyond storing: the amount, less the package's service charge, is added to the customer's balance, a package that is
//! named becomes the customer's, its topup profiles and lock level are set; each attempt is in the log of top-ups, refused
//! ones too. Our decision: with a request_token a request is done once for a customer, and the same again is answered as the
//! first without being done or logged again, while another subscriber, amount or package with that token is refused; an
//! amount of whole cents below zero is refused.

use registry::billing::topup::Means;
use registry::id::PackageId;
use serde_json::Value;

use super::topups;
use crate::kernel::{Behaviour, Call, Cx, Field, Item, Kind, Outcome, Reply, Resource, SELLERS, Verb};

pub(super) static TOPUPCASH: Resource = Resource {
    name: "topupcash",
    singular: "topupcash",
    title: "Top-ups in cash",
    doc: "Adds money to the balance of a subscriber's customer. It is answered with 204 and no body; what was done is in \
          topuplogs.",
    fields: &[
        topups::SUBSCRIBER,
        Field::new("amount", Kind::IntRange(0, 1_000_000_000_000)).required().doc("What is added, in cents."),
        Field::new("package_id", Kind::PosInt).doc("A profile package that becomes the customer's."),
        topups::TOKEN,
    ],
    verbs: &[(Verb::Create, SELLERS)],
    example: r#"{"subscriber_id": 1, "amount": 1000, "request_token": "receipt 4711"}"#,
    behaviour: &Cash,
    ..Resource::DEFAULT
};

struct Cash;

fn means(input: &Item) -> Means {
    let number = |name: &str| input.get(name).and_then(Value::as_i64);
    Means::Cash { amount: number("amount").unwrap_or_default(), package_id: number("package_id").map(PackageId) }
}

#[async_trait::async_trait]
impl Behaviour for Cash {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        topups::answer(cx, call, &TOPUPCASH, means).await
    }
}
