//! Top-ups with vouchers.
//!
//! Beyond storing: a voucher is used once, until its time, by its customer if it has one; its amount, less the package's
//! service charge, is added to the customer's balance, and its package becomes the customer's. Each attempt is in the log of
//! top-ups, refused ones too, without the code. Our decision: with a request_token a request is done once for a customer,
//! and the same again is answered as the first, while another subscriber or code with that token is refused.

use registry::billing::topup::Means;
use serde_json::Value;

use super::topups;
use crate::kernel::{Behaviour, Call, Cx, Field, Item, Kind, Outcome, Reply, Resource, SELLERS, Verb};

pub(super) static TOPUPVOUCHERS: Resource = Resource {
    name: "topupvouchers",
    singular: "topupvoucher",
    title: "Top-ups with vouchers",
    doc: "Adds what a voucher is worth to the balance of a subscriber's customer. It is answered with 204 and no body; \
          what was done is in topuplogs.",
    fields: &[
        topups::SUBSCRIBER,
        Field::new("code", Kind::Secret(1, 128)).required().doc("The code of the voucher."),
        topups::TOKEN,
    ],
    verbs: &[(Verb::Create, SELLERS)],
    example: r#"{"subscriber_id": 1, "code": "4711-0815"}"#,
    behaviour: &Vouchers,
    ..Resource::DEFAULT
};

struct Vouchers;

fn means(input: &Item) -> Means {
    Means::Voucher(input.get("code").and_then(Value::as_str).unwrap_or_default().into())
}

#[async_trait::async_trait]
impl Behaviour for Vouchers {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        topups::answer(cx, call, &TOPUPVOUCHERS, means).await
    }
}
