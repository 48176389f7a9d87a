//! Vouchers, one at a time as JSON or many as a file of comma-separated values.
//!
//! Beyond storing: a code is unique for its reseller; customer and profile package are the reseller's; a voucher that has
//! been used can't be changed or removed. Codes are shown to logins that may see what concerns billing, and are never in a
//! message. Our decision: a file is taken in as a whole or not at all, has at most 20000 lines, and with purge_existing takes
//! the place of the reseller's vouchers that have not been used.

mod table;

use axum::http::Method;
use registry::billing::voucher::{ALL, Voucher};
use registry::{Error, login, record};
use serde_json::Value;

use crate::kernel::{
    Behaviour, Call, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Reply, Resource, SELLERS,
    Verb, record as records,
};

pub(super) static VOUCHERS: Resource = Resource {
    name: "vouchers",
    singular: "voucher",
    title: "Vouchers",
    doc: "Codes that are worth money once. Many at a time: POST of text/csv with ?reseller_id=ID&purge_existing=true, with \
          a header line of field names, or without one in the order code, amount, valid_until, customer_id, package_id.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("customer_id", "customer_id"),
        Filter::exact("package_id", "package_id"),
    ],
    parameters: &[(
        "purge_existing",
        "With POST of text/csv: removes the reseller's vouchers that have not been used first.",
    )],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("customers", "/api/customers/{customer_id}"),
        Link::to("profilepackages", "/api/profilepackages/{package_id}"),
        Link::to("subscribers", "/api/subscribers/{used_by_subscriber_id}"),
    ],
    created: Created::Representation,
    links_itself: true,
    source: Some(&ALL),
    example: r#"{"reseller_id": 1, "code": "4711-0815", "amount": 1000, "valid_until": "2037-01-01 00:00:00"}"#,
    behaviour: &Vouchers,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("code", Kind::Secret(1, 128)).doc("What whoever uses it says, unique for the reseller; must be there."),
    Field::new("amount", Kind::IntRange(0, 1_000_000_000_000)).required().doc("What it is worth, in cents."),
    Field::new("valid_until", Kind::Timestamp).required().doc("Until when it can be used."),
    Field::new("customer_id", Kind::PosInt).doc("Whom it is for; null: any customer of the reseller."),
    Field::new("package_id", Kind::PosInt).doc("The profile package that it gives."),
    Field::new("used_at", Kind::Timestamp).read_only().doc("When it was used."),
    Field::new("used_by_subscriber_id", Kind::PosInt).read_only().doc("Who used it."),
];

const RECORDS: Records<Voucher> = Records::of(FIELDS);

struct Vouchers;

/// Whether codes are shown to the caller.
async fn sees_codes(cx: &mut Cx<'_>) -> Outcome<bool> {
    let Some(id) = cx.caller.login else { return Ok(true) };
    let found = login::load(cx.tx, &[id.0]).await?;
    Ok(found.first().is_some_and(|login| login.flags.billing_data))
}

#[async_trait::async_trait]
impl Behaviour for Vouchers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let codes = sees_codes(cx).await?;
        let found = record::load::<Voucher>(cx.tx, ids).await?;
        let item = |voucher: &Voucher| {
            let json = serde_json::to_value(voucher).map_err(|error| Error::Internal(error.to_string()))?;
            let mut item = records::show(FIELDS, &json);
            match codes {
                true => item.insert("code".to_owned(), voucher.code.0.clone().into()),
                false => item.remove("code"),
            };
            Ok((voucher.id.0, item))
        };
        found.iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        if input.get("code").is_none_or(Value::is_null) {
            return Err(Refusal::invalid_field("code", "", "Code field is required").into());
        }
        RECORDS.create(cx, input).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let mut after = records::read::<Voucher>(FIELDS, new)?;
        after.id = registry::id::VoucherId(id);
        if after.code.is_empty() {
            after.code = record::get::<Voucher>(cx.tx, cx.caller, id).await?.code;
        }
        record::update(cx.tx, cx.caller, cx.now, after).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        RECORDS.delete(cx, id).await
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let is_table = call.id.is_none() && call.method == Method::POST;
        if !is_table || call.media_type().as_deref() != Some("text/csv") {
            return Ok(None);
        }
        table::take_in(cx, &call.body).await?;
        Ok(Some(Reply::status(201)))
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { .. } => Some(Refusal::new(422, "Voucher with this code already exists.")),
            Error::Conflict(_) => Some(Refusal::new(422, "Voucher has already been used and cannot be changed.")),
            Error::InUse { .. } => Some(Refusal::new(423, "Voucher has already been used and cannot be deleted.")),
            _ => None,
        }
    }

    fn journal_content(&self, resource: &Resource, record: &Value) -> Item {
        RECORDS.journal_content(resource, record)
    }
}
