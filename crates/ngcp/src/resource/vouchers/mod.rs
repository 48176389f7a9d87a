//! Vouchers, one at a time as JSON or many as a file of comma-separated values.
//!
//! Beyond storing: a code is unique for its reseller; customer and profile package are the reseller's; a voucher that has
//! been used can't be changed or removed. Codes are shown to logins that may see what concerns billing, which alone can look
//! for one, and are never in a message. Our decision: a file is taken in as a whole or not at all and has at most 20000
//! lines; with purge_existing the reseller's other vouchers that have not been used go once it has been taken in.

mod table;

use axum::http::{HeaderMap, Method, header};
use registry::Error;
use registry::billing::voucher::{self, ALL, Voucher};
use registry::listing::Condition;
use serde_json::Value;

use crate::kernel::call::named_first;
use crate::kernel::flow::Flow;
use crate::kernel::table as csv;
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
    parameters: &[
        ("code", "The voucher with exactly that code; refused to logins that codes are not shown to."),
        ("purge_existing", "With POST of text/csv: the reseller's other vouchers that have not been used are removed."),
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("customers", "/api/customers/{customer_id}"),
        Link::to("profilepackages", "/api/profilepackages/{package_id}"),
        Link::to("subscribers", "/api/subscribers/{used_by_subscriber_id}"),
    ],
    created: Created::Representation,
    links_itself: true,
    takes: csv::TAKES,
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

#[async_trait::async_trait]
impl Behaviour for Vouchers {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let item = |(voucher, code): (Voucher, Option<String>)| {
            let json = serde_json::to_value(&voucher).map_err(|error| Error::Internal(error.to_string()))?;
            let mut item = records::show(FIELDS, &json);
            match code {
                Some(code) => item.insert("code".to_owned(), code.into()),
                None => item.remove("code"),
            };
            Ok((voucher.id.0, item))
        };
        voucher::shown(cx.tx, cx.caller, ids).await?.into_iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        if input.get("code").is_none_or(Value::is_null) {
            return Err(Refusal::invalid_field("code", "", "Code field is required").into());
        }
        RECORDS.create(cx, input).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        RECORDS.replace(cx, id, old, new).await
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        (name == "code").then(|| Condition::Is("code", value.into()))
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let asks = call.id.is_none() && call.method == Method::GET && cx.params.get("code").is_some();
        if asks && !voucher::sees_codes(cx.tx, cx.caller).await? {
            return Err(Refusal::new(403, "Codes of vouchers are not shown to this login.").into());
        }
        Ok(None)
    }

    fn flows(&self, method: &Method, headers: &HeaderMap) -> bool {
        *method == Method::POST && named_first(headers, &header::CONTENT_TYPE) == csv::CSV
    }

    async fn flow(&self, flow: Flow<'_>) -> Outcome<Reply> {
        table::take_in(flow).await
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Invalid { field: "vouchers", message } => Some(Refusal::new(422, message.clone())),
            Error::Taken { .. } => Some(Refusal::new(422, "Voucher with this code already exists.")),
            Error::Conflict(_) => Some(Refusal::new(422, "Voucher has already been used and cannot be changed.")),
            Error::InUse { .. } => Some(Refusal::new(423, "Voucher has already been used and cannot be deleted.")),
            _ => None,
        }
    }
}
