//! Credit that is held for calls and whatever else is paid afterwards. Our own: the dialect has no such collection.
//!
//! Beyond storing: what is held can't be spent otherwise, holds at the same time never go beyond the credit limit, the
//! same hold again is the one that there is, and a hold ends once.

use registry::credit_hold::{self, CreditHold, Status, Wanted};
use registry::id::{AccountId, CreditHoldId};
use registry::{Error, Money, record};
use serde_json::{Value, json};

use super::feelookups::cents;
use crate::kernel::{
    Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, SELLERS, Verb, time,
};

pub(super) static CREDITHOLDS: Resource = Resource {
    name: "creditholds",
    singular: "credithold",
    title: "Credit holds",
    doc: "Money of a customer that is held for something under way, such as a call. POST holds it, if the balance, the \
          credit limit (none for who pays afterwards, 0 for a customer with a prepaid billing profile, unless it has one of \
          its own) and what is held already allow it; the same reference with the same amount again answers with the \
          hold that there is. Set the status to captured, with an amount of at most what is held, to take it (the rest is \
          free again), or to released to give it back; holds of a customer that is terminated are released. A hold that is not ended until expires_at is given back by the \
          server. What was captured counts for the customer's fraud limits.",
    fields: &[
        Field::ID,
        Field::new("customer_id", Kind::PosInt).required().doc("Whose money. It can't be changed."),
        Field::new("amount", Kind::Float).required().doc(
            "Cents, with up to four decimal places: what is held, then what was captured, or 0 once it was given back.",
        ),
        Field::new("reference", Kind::Text(1, 255))
            .required()
            .doc("What you call it, unique for the customer. It can't be changed."),
        Field::new("reason", Kind::Text(0, 255)).doc("What for. It can't be changed."),
        Field::new("expires_at", Kind::Timestamp)
            .doc("When it is given back by itself; null: never. It can't be changed."),
        Field::new("status", Kind::Enum(&["held", "captured", "released", "expired"]))
            .doc("How far it has come. A new one is held; only the server lets one expire."),
        Field::new("held_amount", Kind::Float).read_only().doc("Cents that were held at first."),
        Field::new("currency", Kind::Text(3, 3)).read_only().doc("The currency of the customer's account."),
        Field::new("reseller_id", Kind::Int).read_only().doc("The customer's reseller."),
        Field::new("created_at", Kind::Timestamp).read_only().doc("When it was made."),
        Field::new("ended_at", Kind::Timestamp).read_only().doc("When it was captured, released or expired."),
    ],
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
    ],
    filters: &[
        Filter::exact("customer_id", "customer_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("status", "status"),
        Filter::wildcard("reference", "reference"),
    ],
    links: &[
        Link::to("customers", "/api/customers/{customer_id}"),
        Link::to("customerbalances", "/api/customerbalances/{customer_id}"),
    ],
    journal: Some("credit_holds"),
    created: Created::Representation,
    source: Some(&credit_hold::ALL),
    example: r#"{"customer_id": 3, "amount": 100, "reference": "call 4711", "reason": "call to 4366412345",
        "expires_at": "2099-01-01 00:00:00"}"#,
    behaviour: &CreditHolds,
    ..Resource::DEFAULT
};

struct CreditHolds;

/// The registry's record of a hold as an item.
fn item(record: &Value) -> Item {
    let money =
        |name: &str| record[name].as_str().and_then(|text| text.parse::<Money>().ok()).map_or(Value::Null, cents);
    let at = |name: &str| record[name].as_i64().map_or(Value::Null, |at| time::show(at).into());
    let fields = [
        ("id", record["id"].clone()),
        ("customer_id", record["account_id"].clone()),
        ("reseller_id", record["reseller_id"].clone()),
        ("amount", money("amount")),
        ("held_amount", money("held_amount")),
        ("currency", record["currency"].clone()),
        ("reference", record["reference"].clone()),
        ("reason", record["reason"].clone()),
        ("status", record["status"].clone()),
        ("expires_at", at("expires_at")),
        ("created_at", at("created_at")),
        ("ended_at", at("ended_at")),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a checked body asks for.
fn wanted(input: &Item) -> Outcome<Wanted> {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let sent = input.get("amount").map(Value::to_string).unwrap_or_default();
    let places = || Error::invalid("amount", "Value must have at most four decimal places");
    // Hundredths with six places, of which the last two must be nothing.
    let amount = Money::parse("amount", &sent).map_err(|_| places())?.0;
    if amount % 100 != 0 {
        return Err(places().into());
    }
    Ok(Wanted {
        account_id: AccountId(input.get("customer_id").and_then(Value::as_i64).unwrap_or_default()),
        amount: Money(amount / 100),
        reason: text("reason").unwrap_or_default().to_owned(),
        reference: text("reference").unwrap_or_default().to_owned(),
        expires_at: text("expires_at").and_then(time::parse),
    })
}

#[async_trait::async_trait]
impl Behaviour for CreditHolds {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<CreditHold> = record::load(cx.tx, ids).await?;
        Ok(found.iter().map(|hold| (hold.id.0, item(&json!(hold)))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        Ok(credit_hold::hold(cx.tx, cx.caller, cx.now, &wanted(&input)?).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        let status: Status = new.get("status").and_then(Value::as_str).unwrap_or("held").parse()?;
        if status == Status::Expired && old.get("status").is_none_or(|status| status != "expired") {
            return Err(Refusal::invalid_field("status", "expired", "Only the server lets a hold expire").into());
        }
        let Wanted { account_id, amount, reason, reference, expires_at } = wanted(&new)?;
        let after = CreditHold {
            id: CreditHoldId(id),
            status,
            account_id,
            amount,
            reason,
            reference,
            expires_at,
            ..CreditHold::default()
        };
        credit_hold::change(cx.tx, cx.caller, cx.now, after).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Dangling { field: "customer_id", .. } => Some(Refusal::new(422, "Invalid 'customer_id'.")),
            Error::Taken { value, .. } => {
                let message = format!("Credit hold with reference '{value}' already exists with another amount.");
                Some(Refusal::new(422, message))
            }
            _ => None,
        }
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        item(record)
    }
}
