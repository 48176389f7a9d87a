//! What contracts and customers have in common: their terms, what they are billed by, and how both are shown.

use registry::account::papers::{
    CONTACT_OF_ANOTHER, CONTACT_OF_CUSTOMERS, CONTACT_OF_SYSTEM, Papers, Templates, Terms,
};
use registry::account::status::DEFAULT_STAYS;
use registry::account::{Kind as AccountKind, Product, papers};
use registry::billing::mapping::{Assignment, Interval};
use registry::id::{AccountId, ContactId, PackageId, ProfileId};
use registry::template;
use serde_json::{Value, json};

use crate::kernel::{Cx, Field, Item, Kind, Outcome, Refusal, time};

/// Which of the fields says what the account is billed by.
pub(super) const DEFINITION: &str = "billing_profile_definition";

/// The field with the profile package.
const PACKAGE: &str = "profile_package_id";

/// An entry of a schedule as it is written.
pub(super) const INTERVAL: &[Field] = &[
    Field::new("profile_id", Kind::PosInt).required().doc("The billing profile."),
    Field::new("network_id", Kind::PosInt).doc("The billing network that it is for; null: all."),
    Field::new("start", Kind::Timestamp).doc("From when, in the future; null: from the beginning."),
    Field::new("stop", Kind::Timestamp).doc("Until when; null: until further notice."),
];

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(Value::as_i64)
}

/// A field that the checks have found to be one of its words.
pub(super) fn word<T: std::str::FromStr<Err = registry::Error>>(item: &Item, name: &str) -> Outcome<T> {
    Ok(item.get(name).and_then(Value::as_str).unwrap_or_default().parse()?)
}

/// The terms in a checked body.
fn terms(item: &Item) -> Outcome<Terms> {
    Ok(Terms {
        contact_id: ContactId(number(item, "contact_id").unwrap_or_default()),
        status: word(item, "status")?,
        external_id: text(item, "external_id"),
        max_subscribers: number(item, "max_subscribers"),
        vat_rate: item.get("vat_rate").filter(|rate| !rate.is_null()).map(Value::to_string),
        add_vat: item.get("add_vat").and_then(Value::as_bool).unwrap_or_default(),
        templates: Templates {
            subscriber_email_template_id: number(item, "subscriber_email_template_id"),
            passreset_email_template_id: number(item, "passreset_email_template_id"),
            invoice_email_template_id: number(item, "invoice_email_template_id"),
            invoice_template_id: number(item, "invoice_template_id"),
        },
    })
}

fn intervals(item: &Item) -> Vec<Interval> {
    let entries = item.get("billing_profiles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let at = |entry: &Value, name: &str| entry[name].as_str().and_then(time::parse);
    entries
        .iter()
        .map(|entry| Interval {
            profile_id: ProfileId(entry["profile_id"].as_i64().unwrap_or_default()),
            network_id: entry["network_id"].as_i64(),
            start: at(entry, "start"),
            stop: at(entry, "stop"),
        })
        .collect()
}

fn profile(item: &Item) -> Outcome<Assignment> {
    let undefined = || Refusal::new(422, "Invalid 'billing_profile_id', not defined.");
    Ok(Assignment::Profile(ProfileId(number(item, "billing_profile_id").ok_or_else(undefined)?)))
}

fn package(item: &Item) -> Outcome<Assignment> {
    let undefined = || Refusal::new(422, "Invalid 'profile_package_id', not defined.");
    Ok(Assignment::Package(PackageId(number(item, PACKAGE).ok_or_else(undefined)?)))
}

/// What a new account is billed by.
fn first_billing(item: &Item) -> Outcome<Assignment> {
    let given = |name: &str| item.get(name).is_some_and(|value| !value.is_null());
    match text(item, DEFINITION).as_deref() {
        Some("profiles") => Ok(Assignment::Schedule(intervals(item))),
        Some("package") => package(item),
        None if given("billing_profile_id") => profile(item),
        None if given("billing_profiles") => Ok(Assignment::Schedule(intervals(item))),
        None if given(PACKAGE) => package(item),
        _ => profile(item),
    }
}

/// What an account is to be billed by from now on, where a change says so: by the definition if it is another than the
/// one that is always shown, else by the field that differs.
fn next_billing(old: &Item, new: &Item) -> Outcome<Option<Assignment>> {
    match text(new, DEFINITION).as_deref() {
        Some("profiles") => return Ok(Some(Assignment::Schedule(intervals(new)))),
        Some("package") => return package(new).map(Some),
        _ => {}
    }
    let packages = (number(old, PACKAGE), number(new, PACKAGE));
    if packages.0 != packages.1 && packages.1.is_some() {
        return package(new).map(Some);
    }
    if packages.0 != packages.1 {
        return profile(new).map(Some);
    }
    if number(old, "billing_profile_id") != number(new, "billing_profile_id") {
        return profile(new).map(Some);
    }
    if intervals(old) != intervals(new) {
        return Ok(Some(Assignment::Schedule(intervals(new))));
    }
    Ok(None)
}

/// Gives a new customer its reseller's usual templates for those that the body does not speak of.
async fn fill_templates(cx: &mut Cx<'_>, input: &Item, terms: &mut Terms) -> Outcome<()> {
    let Templates {
        subscriber_email_template_id,
        passreset_email_template_id,
        invoice_email_template_id,
        invoice_template_id,
    } = template::defaults(cx.tx, cx.caller, terms.contact_id).await?;
    let templates = &mut terms.templates;
    for (name, field, usual) in [
        ("subscriber_email_template_id", &mut templates.subscriber_email_template_id, subscriber_email_template_id),
        ("passreset_email_template_id", &mut templates.passreset_email_template_id, passreset_email_template_id),
        ("invoice_email_template_id", &mut templates.invoice_email_template_id, invoice_email_template_id),
        ("invoice_template_id", &mut templates.invoice_template_id, invoice_template_id),
    ] {
        if !input.contains_key(name) {
            *field = usual;
        }
    }
    Ok(())
}

pub(super) async fn create(cx: &mut Cx<'_>, input: &Item) -> Outcome<i64> {
    let (mut terms, billing) = (terms(input)?, first_billing(input)?);
    let product: Product = word(input, "type")?;
    if product.kind() == AccountKind::Customer {
        fill_templates(cx, input, &mut terms).await?;
    }
    let made = papers::create(cx.tx, cx.caller, cx.now, product, &terms, &billing).await?;
    Ok(made.account.id.0)
}

pub(super) async fn replace(cx: &mut Cx<'_>, id: i64, old: &Item, new: &Item) -> Outcome<()> {
    let (terms, billing) = (terms(new)?, next_billing(old, new)?);
    let product: Product = word(new, "type")?;
    papers::update(cx.tx, cx.caller, cx.now, AccountId(id), product, &terms, billing.as_ref()).await?;
    Ok(())
}

/// The items of those ids, each shown by `show`.
pub(super) async fn load(cx: &mut Cx<'_>, ids: &[i64], show: fn(&Value, i64) -> Item) -> Outcome<Vec<(i64, Item)>> {
    let found = papers::load(cx.tx, cx.now, ids).await?;
    let item = |papers: &Papers| {
        let record = serde_json::to_value(papers).map_err(|error| registry::Error::Internal(error.to_string()))?;
        Ok((papers.account.id.0, show(&record, cx.now)))
    };
    found.iter().map(item).collect()
}

/// As [`load`], of a record in the journal: as it was when the change was made.
pub(super) fn journal_content(record: &Value, show: fn(&Value, i64) -> Item) -> Item {
    show(record, record["modified_at"].as_i64().unwrap_or_default())
}

/// A time of a record as items have it.
pub(super) fn shown(at: &Value) -> Value {
    at.as_i64().map_or(Value::Null, |at| time::show(at).into())
}

/// The fields that both have, from a record of the registry; `networks` where entries of a schedule have one.
pub(super) fn item(record: &Value, now: i64, networks: bool) -> Item {
    let mappings = record["mappings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = |mapping: &Value| {
        let mut entry = json!({
            "effective_start_time": time::show(mapping["start"].as_i64().unwrap_or_default()),
            "profile_id": mapping["profile_id"],
            "start": shown(&mapping["start"]),
            "stop": shown(&mapping["stop"]),
        });
        if networks {
            entry["network_id"] = mapping["network_id"].clone();
        }
        entry
    };
    let future = mappings.iter().filter(|mapping| mapping["start"].as_i64().is_some_and(|start| start > now));
    let mut item = Item::new();
    for (name, value) in [
        ("id", record["id"].clone()),
        ("contact_id", record["contact_id"].clone()),
        ("type", record["product"].clone()),
        ("status", record["status"].clone()),
        ("external_id", record["external_id"].clone()),
        ("max_subscribers", record["max_subscribers"].clone()),
        ("billing_profile_id", record["billing_profile_id"].clone()),
        (DEFINITION, "id".into()),
        ("billing_profiles", future.map(entry).collect()),
        ("all_billing_profiles", mappings.iter().map(entry).collect()),
    ] {
        item.insert(name.to_owned(), value);
    }
    item
}

/// How both word the registry's refusals.
pub(super) fn refusal(error: &registry::Error) -> Option<Refusal> {
    use registry::Error::{Dangling, Invalid, NotAllowed, Terminated};
    let text = match error {
        Invalid { field: "contact_id", message } => match message.as_str() {
            CONTACT_OF_SYSTEM => {
                "The contact_id is not a valid ngcp:customercontacts item, but an ngcp:systemcontacts item".to_owned()
            }
            CONTACT_OF_CUSTOMERS => {
                "The contact_id is not a valid ngcp:systemcontacts item, but an ngcp:customercontacts item".to_owned()
            }
            CONTACT_OF_ANOTHER => "Invalid 'contact_id', reseller doesn't match billing profile reseller".to_owned(),
            _ => return None,
        },
        Dangling { field: field @ ("profile_package_id" | "network_id"), value } => {
            format!("Invalid '{field}' ({value}).")
        }
        Dangling { field: "billing_profile_id", value } => format!("Invalid 'billing_profile_id' ({value})."),
        Terminated { kind: "billing profile", key } => {
            format!("Invalid 'billing_profile_id' ({key}), already terminated.")
        }
        Invalid { field: "billing_profile_id" | "billing_profiles" | "profile_package_id", message } => message.clone(),
        Dangling { field, value } if field.ends_with("template_id") => {
            format!("'{field}' with value '{value}' does not belong to Reseller")
        }
        Invalid { field: "type", .. } => "Changing the type is not allowed.".to_owned(),
        NotAllowed(why) if why == DEFAULT_STAYS => {
            return Some(Refusal::new(403, "Cannot set contract status to 'terminated' for contract id '1'"));
        }
        _ => return None,
    };
    Some(Refusal::new(422, text))
}
