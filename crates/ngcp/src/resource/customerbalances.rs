//! The balances of customers: cash and free time now.
//!
//! Beyond storing: the balance is that of the customer's open interval, caught up with; setting it is in the log of
//! top-ups, and may lock subscribers or let other profiles hold as its package says. Our decision: what is set is not lost
//! at the end of the interval as unused free cash would be; a balance that is sent as it is stays what it was.

use registry::billing::interval;
use registry::billing::topup;
use registry::id::AccountId;
use registry::{Error, Money, account};
use serde_json::Value;

use super::topups::money;
use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, SELLERS, STAFF, Verb};

pub(super) static CUSTOMERBALANCES: Resource = Resource {
    name: "customerbalances",
    singular: "customerbalance",
    title: "Customer balances",
    doc: "The cash and free time that a customer has now; the id is that of the customer. Amounts are in units of the \
          currency, times in seconds.",
    fields: &[
        Field::ID,
        Field::new("cash_balance", Kind::Float)
            .required()
            .doc("What the customer has; below zero: owes. At most ten thousand million either way can be set."),
        Field::new("cash_debit", Kind::Float).read_only().doc("What was taken in this balance interval."),
        Field::new("free_time_balance", Kind::IntRange(0, 1_000_000_000)).doc("Free seconds that are left."),
        Field::new("free_time_spent", Kind::Int).read_only().doc("Free seconds used in this balance interval."),
    ],
    verbs: &[(Verb::List, STAFF), (Verb::Get, STAFF), (Verb::Replace, SELLERS), (Verb::Modify, SELLERS)],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::exact("contact_id", "contact_id")],
    links: &[Link::to("customers", "/api/customers/{id}"), Link::to("balanceintervals", "/api/balanceintervals/{id}")],
    links_itself: true,
    source: Some(&account::CUSTOMERS),
    example: r#"{"cash_balance": 12.5, "free_time_balance": 600}"#,
    behaviour: &Balances,
    ..Resource::DEFAULT
};

struct Balances;

#[async_trait::async_trait]
impl Behaviour for Balances {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let mut found = interval::current(cx.tx, ids, cx.now).await?;
        let item = |id: &i64| {
            let shown = found.remove(id)?;
            let fields = [
                ("id", (*id).into()),
                ("cash_balance", money(Money(shown.cash))),
                ("cash_debit", money(Money(shown.interval.debited))),
                ("free_time_balance", shown.interval.free_time.into()),
                ("free_time_spent", shown.interval.free_time_spent.into()),
            ];
            Some((*id, fields.map(|(name, value): (&str, Value)| (name.to_owned(), value)).into_iter().collect()))
        };
        Ok(ids.iter().filter_map(item).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        let sent = new.get("cash_balance").filter(|sent| Some(*sent) != old.get("cash_balance"));
        let cash = sent.map(|sent| Money::parse("cash_balance", &sent.to_string())).transpose()?;
        let free_time = new.get("free_time_balance").or_else(|| old.get("free_time_balance"));
        let free_time = free_time.and_then(Value::as_i64).unwrap_or_default();
        let set = topup::set_balance(cx.tx, cx.caller, cx.now, AccountId(id), cash, free_time).await;
        set.map(drop).map_err(|error| match (error, sent) {
            (Error::Invalid { message, .. }, Some(sent)) => {
                Refusal::invalid_field("cash_balance", &sent.to_string(), &message).into()
            }
            (error, _) => error.into(),
        })
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Terminated { .. } => {
                Some(Refusal::new(422, "Customer is already terminated and cannot be changed."))
            }
            _ => None,
        }
    }
}
