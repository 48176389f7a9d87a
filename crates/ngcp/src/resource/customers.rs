//! Customers: who uses what a reseller sells.
//!
//! Beyond storing: the contact is one of customers, and its reseller is the customer's for good; what has been agreed to
//! stays; the billing profiles are the reseller's, and what is billed in the past is not changed; a new subscriber is
//! refused once there are as many as there may be. Subscribers are locked and unlocked with their customer; a terminated
//! customer takes them along, stays to be looked at and can't be changed any more. A profile package is one of the
//! reseller's: a new customer begins with its balance and its profiles. Templates that the body of a `POST` leaves
//! out are those of the reseller with the usual names; that of the invoice is `invoice_default`, which is our choice. A
//! subscriber that administers its customer sees that customer.

use registry::Role;
use registry::account::CUSTOMERS as ALL;
use serde_json::Value;

use super::papers::{self, INTERVAL};
use crate::kernel::{
    Behaviour, Call, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Reply, Resource, STAFF, Verb,
};

pub(super) static CUSTOMERS: Resource = Resource {
    name: "customers",
    singular: "customer",
    title: "Customers",
    doc: "Who uses what a reseller sells. A customer belongs to the reseller of its contact. It is not removed: its status \
          is set to terminated, which terminates its subscribers.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, STAFF),
        (Verb::Get, &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::SubscriberAdmin]),
        (Verb::Create, STAFF),
        (Verb::Replace, STAFF),
        (Verb::Modify, STAFF),
    ],
    filters: &[
        Filter::exact("type", "type"),
        Filter::csv("status", "status").doc("One or several, with commas between them."),
        Filter::not_csv("not_status", "status").doc("Other than these, with commas between them."),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("external_id", "external_id"),
        Filter::exact("contact_id", "contact_id"),
        Filter::exact("profile_package_id", "profile_package_id"),
        Filter::after("create_timestamp_gt", "create_timestamp"),
        Filter::before("create_timestamp_lt", "create_timestamp"),
        Filter::after("activate_timestamp_gt", "activate_timestamp"),
        Filter::before("activate_timestamp_lt", "activate_timestamp"),
        Filter::after("modify_timestamp_gt", "modify_timestamp"),
        Filter::before("modify_timestamp_lt", "modify_timestamp"),
        Filter::after("terminate_timestamp_gt", "terminate_timestamp"),
        Filter::before("terminate_timestamp_lt", "terminate_timestamp"),
    ],
    links: &[
        Link::to("customercontacts", "/api/customercontacts/{contact_id}").seen_by(STAFF),
        Link::to("customerpreferences", "/api/customerpreferences/{id}"),
        Link::to("customerfraudpreferences", "/api/customerfraudpreferences/{id}").seen_by(STAFF),
        Link::to("billingprofiles", "/api/billingprofiles/{all_billing_profiles.profile_id}").seen_by(STAFF),
        Link::to("billingnetworks", "/api/billingnetworks/{all_billing_profiles.network_id}").seen_by(STAFF),
        Link::to("profilepackages", "/api/profilepackages/{profile_package_id}").seen_by(STAFF),
        Link::to("customerbalances", "/api/customerbalances/{id}").seen_by(STAFF),
        Link::to("balanceintervals", "/api/balanceintervals/{id}").seen_by(STAFF),
        Link::to("invoicetemplates", "/api/invoicetemplates/{invoice_template_id}").seen_by(STAFF),
        Link::to("subscriberemailtemplates", "/api/emailtemplates/{subscriber_email_template_id}").seen_by(STAFF),
        Link::to("passresetemailtemplates", "/api/emailtemplates/{passreset_email_template_id}").seen_by(STAFF),
        Link::to("invoiceemailtemplates", "/api/emailtemplates/{invoice_email_template_id}").seen_by(STAFF),
        Link::to("calls", "/api/calls/?customer_id={id}").seen_by(STAFF),
    ],
    journal: Some("accounts"),
    source: Some(&ALL),
    example: r#"{"type": "sipaccount", "contact_id": 1, "billing_profile_id": 1, "status": "active"}"#,
    behaviour: &Customers,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("contact_id", Kind::PosInt).required().label("Contact id").doc("A customer contact."),
    Field::new("type", Kind::Enum(&["sipaccount", "pbxaccount"]))
        .required()
        .doc("Separate subscribers or a cloud PBX; it can't be changed."),
    Field::new("status", Kind::Enum(&["pending", "active", "locked", "terminated"])).required().doc("Its status."),
    Field::new("external_id", Kind::Text(0, 255)).doc("A key in another system."),
    Field::new("max_subscribers", Kind::PosInt).doc("Most subscribers; null: no limit."),
    Field::new("billing_profile_id", Kind::PosInt).doc("The billing profile that holds now."),
    Field::new("profile_package_id", Kind::PosInt).doc("The profile package that its money goes by."),
    Field::new(papers::DEFINITION, Kind::Enum(&["id", "profiles", "package"]))
        .doc("Whether billing_profile_id, billing_profiles or profile_package_id is meant."),
    Field::new("billing_profiles", Kind::List(&Kind::Object(INTERVAL))).doc("Billing profiles to come, at most 100."),
    Field::new("all_billing_profiles", Kind::List(&Kind::Object(INTERVAL)))
        .read_only()
        .doc("The billing profiles, past and to come; of more than 250 those that begin last."),
    Field::new("vat_rate", Kind::FloatRange(0.0, 100.0)).doc("Value added tax in per cent."),
    Field::new("add_vat", Kind::Bool).doc("Whether the tax is added to prices."),
    Field::new("subscriber_email_template_id", Kind::PosInt)
        .doc("Template of the mail to a new subscriber; left out of a POST: subscriber_default_email."),
    Field::new("passreset_email_template_id", Kind::PosInt)
        .doc("Template of the mail for a forgotten password; left out of a POST: passreset_default_email."),
    Field::new("invoice_email_template_id", Kind::PosInt)
        .doc("Template of the mail with an invoice; left out of a POST: invoice_default_email."),
    Field::new("invoice_template_id", Kind::PosInt)
        .doc("Template of the invoice; left out of a POST: invoice_default."),
    Field::new("create_timestamp", Kind::Timestamp).read_only().doc("When it was made."),
    Field::new("activate_timestamp", Kind::Timestamp).read_only().doc("When it became active after pending."),
    Field::new("modify_timestamp", Kind::Timestamp).read_only().doc("When it was changed last."),
    Field::new("terminate_timestamp", Kind::Timestamp).read_only().doc("When it was terminated."),
];

struct Customers;

fn item(record: &Value, now: i64) -> Item {
    let mut item = papers::item(record, now, true);
    for name in [
        "subscriber_email_template_id",
        "passreset_email_template_id",
        "invoice_email_template_id",
        "invoice_template_id",
        "add_vat",
    ] {
        item.insert(name.to_owned(), record[name].clone());
    }
    for (name, at) in [
        ("create_timestamp", "created_at"),
        ("activate_timestamp", "activated_at"),
        ("modify_timestamp", "modified_at"),
        ("terminate_timestamp", "terminated_at"),
    ] {
        item.insert(name.to_owned(), papers::shown(&record[at]));
    }
    let rate = record["vat_rate"].as_str().unwrap_or("0");
    item.insert("vat_rate".to_owned(), serde_json::from_str(rate).unwrap_or_default());
    item.insert("profile_package_id".to_owned(), record["profile_package_id"].clone());
    item
}

#[async_trait::async_trait]
impl Behaviour for Customers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        papers::load(cx, ids, item).await
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        papers::create(cx, &input).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        papers::replace(cx, id, old, &new).await
    }

    /// Whoever administers a customer is told that another is not its own, rather than that there is none.
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let own = cx.caller.account.to_string();
        match &call.id {
            Some(id) if cx.caller.role == Role::SubscriberAdmin && *id != own => {
                Err(Refusal::new(403, "Invalid customer id").into())
            }
            _ => Ok(None),
        }
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        papers::refusal(error)
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        papers::journal_content(record, item)
    }
}
