//! The log of top-ups: attempts that succeeded and that failed, and balances that were set.
//!
//! Our decision: the lock levels are those of the customer's first subscriber; a request that was refused for its form is
//! not in the log.

use registry::Money;
use registry::billing::topup::log::{ALL, TopupLog};
use registry::listing::Condition;
use registry::record;
use serde_json::Value;

use super::topups::money;
use crate::kernel::{
    Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Resource, SELLERS, Verb, record as records, time,
};

pub(super) static TOPUPLOGS: Resource = Resource {
    name: "topuplogs",
    singular: "topuplog",
    title: "Top-up log",
    doc: "Every attempt to top up a balance, those that failed too, and every balance that was set. Amounts are in units of \
          the currency.",
    fields: FIELDS,
    verbs: &[(Verb::List, SELLERS), (Verb::Get, SELLERS)],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("contract_id", "contract_id"),
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::exact("voucher_id", "voucher_id"),
        Filter::exact("package_id", "package_id").doc("The profile package before or after."),
        Filter::exact("type", "type"),
        Filter::exact("outcome", "outcome"),
        Filter::wildcard("request_token", "request_token"),
    ],
    parameters: &[
        ("timestamp_from", "From this time on."),
        ("timestamp_to", "Until this time."),
        ("amount_above", "So many units of the currency or more."),
        ("amount_below", "So many units of the currency or less."),
    ],
    links: &[
        Link::to("subscribers", "/api/subscribers/{subscriber_id}"),
        Link::to("customers", "/api/customers/{contract_id}"),
        Link::to("vouchers", "/api/vouchers/{voucher_id}"),
        Link::to("profilepackages", "/api/profilepackages/{package_after_id}"),
        Link::to("billingprofiles", "/api/billingprofiles/{profile_after_id}"),
    ],
    links_itself: true,
    source: Some(&ALL),
    behaviour: &Logs,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("username", Kind::Text(0, 255)).read_only().doc("Who did it."),
    Field::new("timestamp", Kind::Timestamp).read_only().doc("When."),
    Field::new("type", Kind::Enum(&["cash", "voucher", "set_balance"])).read_only().doc("What was done."),
    Field::new("outcome", Kind::Enum(&["ok", "failed"])).read_only().doc("How it ended."),
    Field::new("message", Kind::Text(0, 255)).read_only().doc("Why it failed."),
    Field::new("subscriber_id", Kind::PosInt).read_only().doc("The subscriber that was named."),
    Field::new("contract_id", Kind::PosInt).read_only().doc("The customer whose balance it is."),
    Field::new("amount", Kind::Float).read_only().doc("What was to be added or set."),
    Field::new("voucher_id", Kind::PosInt).read_only().doc("The voucher that was used."),
    Field::new("cash_balance_before", Kind::Float).read_only().doc("What there was before."),
    Field::new("cash_balance_after", Kind::Float).read_only().doc("What there was after."),
    Field::new("lock_level_before", Kind::Int).read_only().doc("How subscribers were locked before."),
    Field::new("lock_level_after", Kind::Int).read_only().doc("How subscribers were locked after."),
    Field::new("package_before_id", Kind::PosInt).read_only().doc("The profile package before."),
    Field::new("package_after_id", Kind::PosInt).read_only().doc("The profile package after."),
    Field::new("profile_before_id", Kind::PosInt).read_only().doc("The billing profile before."),
    Field::new("profile_after_id", Kind::PosInt).read_only().doc("The billing profile after."),
    Field::new("request_token", Kind::Text(0, 255)).read_only().doc("The client's name for the request."),
];

struct Logs;

fn item(entry: &TopupLog) -> Outcome<Item> {
    let json = serde_json::to_value(entry).map_err(|error| registry::Error::Internal(error.to_string()))?;
    let mut item = records::show(FIELDS, &json);
    item.insert("type".to_owned(), entry.kind.clone().into());
    item.insert("contract_id".to_owned(), entry.account_id.map_or(Value::Null, |id| id.0.into()));
    for (name, amount) in [
        ("amount", entry.amount),
        ("cash_balance_before", entry.cash_balance_before),
        ("cash_balance_after", entry.cash_balance_after),
    ] {
        item.insert(name.to_owned(), amount.map_or(Value::Null, money));
    }
    Ok(item)
}

#[async_trait::async_trait]
impl Behaviour for Logs {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = record::load::<TopupLog>(cx.tx, ids).await?;
        found.iter().map(|entry| Ok((entry.id.0, item(entry)?))).collect()
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        let at = || time::parse(value);
        let amount = || Money::parse("amount", value).ok().map(|money| money.0);
        let above = |column, from: Option<i64>| from.map(|n| Condition::Above(column, n.saturating_sub(1).into()));
        let below = |column, to: Option<i64>| to.map(|n| Condition::Below(column, n.saturating_add(1).into()));
        let condition = match name {
            "timestamp_from" => above("timestamp", at()),
            "timestamp_to" => below("timestamp", at()),
            "amount_above" => above("amount", amount()),
            "amount_below" => below("amount", amount()),
            _ => return None,
        };
        Some(condition.unwrap_or(Condition::Never))
    }
}
