//! What the operator has from the start, and a reseller's billing profiles, domains and customers.

use serde_json::{Value, json};

use super::exchange::{Document, Exchange, Heading, get, item, page, send, with_links};
use super::first_steps::contact;

fn profile() -> (Vec<(&'static str, &'static str)>, Value) {
    let relations = vec![
        ("billingfees", "/api/billingfees/?billing_profile_id={profile}"),
        ("billingzones", "/api/billingzones/?billing_profile_id={profile}"),
        ("journal", "/api/billingprofiles/{profile}/journal/"),
    ];
    let fields = json!({
        "advice_of_charge": false, "currency": null, "fraud_daily_limit": null, "fraud_daily_lock": null,
        "fraud_daily_notify": null, "fraud_interval_limit": null, "fraud_interval_lock": null,
        "fraud_interval_notify": null, "fraud_use_reseller_rates": false, "handle": "sample", "id": "{profile}",
        "ignore_domain": false, "interval_charge": 0, "interval_free_cash": 0, "interval_free_time": 0, "name": "sample",
        "peaktime_special": [], "peaktime_weekdays": [], "prepaid": false, "prepaid_library": "libswrate",
        "reseller_id": 1, "status": "active",
    });
    (relations, fields)
}

const OF_CUSTOMER: &[(&str, &str)] = &[
    ("customercontacts", "/api/customercontacts/{ann}"),
    ("customerpreferences", "/api/customerpreferences/{customer}"),
    ("customerfraudpreferences", "/api/customerfraudpreferences/{customer}"),
    ("billingprofiles", "/api/billingprofiles/{profile}"),
    ("customerbalances", "/api/customerbalances/{customer}"),
    ("balanceintervals", "/api/balanceintervals/{customer}"),
    ("calls", "/api/calls/?customer_id={customer}"),
    ("journal", "/api/customers/{customer}/journal/"),
];

fn customer_fields() -> Value {
    json!({
        "activate_timestamp": null, "add_vat": false,
        "all_billing_profiles": [
            {
                "effective_start_time": "1970-01-01 00:00:00", "network_id": null, "profile_id": "{profile}",
                "start": null, "stop": null,
            },
        ],
        "billing_profile_definition": "id", "billing_profile_id": "{profile}", "billing_profiles": [],
        "contact_id": "{ann}", "create_timestamp": "{time}", "external_id": "ext7", "id": "{customer}",
        "invoice_email_template_id": null, "invoice_template_id": null, "max_subscribers": null,
        "modify_timestamp": "{time}", "passreset_email_template_id": null, "profile_package_id": null,
        "status": "active", "subscriber_email_template_id": null, "terminate_timestamp": null, "type": "sipaccount",
        "vat_rate": 0,
    })
}

/// The customer of the samples; `more` goes over what it was at first.
pub(super) fn customer(more: Value) -> Document {
    let mut fields = customer_fields();
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    item("customers", "{customer}", OF_CUSTOMER, fields, Heading::Asked)
}

/// A page of two rows with the only item there is.
fn only(resource: &'static str, id: &str, relations: &[(&str, &str)], fields: Value) -> Exchange {
    let one = with_links(resource, &format!("/api/{resource}/{id}"), relations, fields);
    get(&format!("/api/{resource}/?rows=2")).answers(page(resource, "page=1&rows=2", vec![one], json!(1), &[]))
}

fn from_the_start() -> Vec<Exchange> {
    let reseller = json!({ "contract_id": 1, "id": 1, "name": "default", "status": "active" });
    let of_reseller = [
        ("billingprofiles", "/api/billingprofiles/?reseller_id=1"),
        ("contracts", "/api/contracts/1"),
        ("journal", "/api/resellers/1/journal/"),
        ("ncoslevels", "/api/ncoslevels/?reseller_id=1"),
        ("pbxdevices", "/api/pbxdevices/?reseller_id=1"),
        ("rewriterulesets", "/api/rewriterulesets/?reseller_id=1"),
        ("soundsets", "/api/soundsets/?reseller_id=1"),
    ];
    let contract = json!({
        "all_billing_profiles": [
            { "effective_start_time": "1970-01-01 00:00:00", "profile_id": 1, "start": null, "stop": null },
        ],
        "billing_profile_definition": "id", "billing_profile_id": 1, "billing_profiles": [], "contact_id": 2,
        "external_id": null, "id": 1, "max_subscribers": null, "status": "active", "type": "reseller",
    });
    let of_contract = [
        ("balanceintervals", "/api/balanceintervals/1"),
        ("billingprofiles", "/api/billingprofiles/1"),
        ("journal", "/api/contracts/1/journal/"),
        ("systemcontacts", "/api/systemcontacts/2"),
    ];
    let system = contact("2", json!({ "id": 2, "email": "default-system@default.invalid" }));
    let admin = json!({
        "auth_mode": "local", "billing_data": true, "call_data": true, "can_reset_password": true, "email": null,
        "enable_2fa": false, "id": 1, "is_active": true, "is_ccare": false, "is_master": true, "is_superuser": true,
        "is_system": true, "lawful_intercept": false, "login": "administrator", "read_only": false, "reseller_id": 1,
        "role": "admin", "show_passwords": true,
    });
    let zone = json!({ "billing_profile_id": 1, "detail": "All Destinations", "id": 1, "zone": "Free Default Zone" });
    let of_zone = [
        ("billingfees", "/api/billingfees/?billing_zone_id=1"),
        ("billingprofiles", "/api/billingprofiles/1"),
        ("journal", "/api/billingzones/1/journal/"),
    ];
    let fee = json!({
        "aoc_pulse_amount_per_message": 0, "billing_profile_id": 1, "billing_zone_id": 1, "destination": ".*",
        "direction": "out", "id": 1, "match_mode": "regex_longest_pattern", "offpeak_extra_rate": 0,
        "offpeak_extra_second": null, "offpeak_follow_interval": 600, "offpeak_follow_rate": 0,
        "offpeak_init_interval": 600, "offpeak_init_rate": 0, "offpeak_use_free_time": false, "onpeak_extra_rate": 0,
        "onpeak_extra_second": null, "onpeak_follow_interval": 600, "onpeak_follow_rate": 0,
        "onpeak_init_interval": 600, "onpeak_init_rate": 0, "onpeak_use_free_time": false, "source": ".",
    });
    let of_fee = [("billingprofiles", "/api/billingprofiles/1"), ("billingzones", "/api/billingzones/1")];
    vec![
        only("resellers", "1", &of_reseller, reseller),
        only("contracts", "1", &of_contract, contract),
        only("systemcontacts", "2", &[("journal", "/api/systemcontacts/2/journal/")], system),
        only("admins", "1", &[("admins", "/api/admins/1"), ("resellers", "/api/resellers/1")], admin),
        only("billingzones", "1", &of_zone, zone),
        only("billingfees", "1", &of_fee, fee),
        only("admincerts", "1", &[("admincerts", "/api/admincerts/1")], json!({ "has_certificate": 0 })),
    ]
}

pub(super) fn exchanges() -> Vec<Exchange> {
    let (of_profile, profile) = profile();
    let new_profile = json!({ "name": "sample", "handle": "sample", "reseller_id": 1 });
    let domain = json!({ "domain": "sample.example.org", "id": "{domain}", "reseller_id": 1 });
    let new_domain = json!({ "domain": "sample.example.org", "reseller_id": 1 });
    let of_domain =
        [("domainpreferences", "/api/domainpreferences/{domain}"), ("journal", "/api/domains/{domain}/journal/")];
    let new_customer = |contact: Value, kind: &str| {
        json!({
            "status": "active", "contact_id": contact, "billing_profile_id": "{profile}", "type": kind,
            "max_subscribers": null, "external_id": "ext7",
        })
    };
    let mut all = from_the_start();
    all.extend([
        send("POST", "/api/billingprofiles/", new_profile.clone()).makes("profile"),
        get("/api/billingprofiles/{profile}").answers(item(
            "billingprofiles",
            "{profile}",
            &of_profile,
            profile,
            Heading::Asked,
        )),
        send("POST", "/api/billingprofiles/", new_profile)
            .refused(422, "Reseller-Billing Profile name combination '1-sample{...}"),
        send("POST", "/api/domains/", new_domain.clone()).makes("domain"),
        get("/api/domains/{domain}").answers(item("domains", "{domain}", &of_domain, domain, Heading::Asked)),
        send("POST", "/api/domains/", new_domain).refused(422, "Domain 'sample.example.org' already exists."),
        send("POST", "/api/customers/", new_customer(json!("{ann}"), "sipaccount")).makes("customer"),
        get("/api/customers/{customer}").answers(customer(json!({}))),
        get("/api/customers/?external_id=ext7").answers(page(
            "customers",
            "page=1&rows=10&external_id=ext7",
            vec![with_links("customers", "/api/customers/{customer}", OF_CUSTOMER, customer_fields())],
            json!(1),
            &[],
        )),
        send("POST", "/api/customers/", new_customer(json!(999_999), "sipaccount"))
            .refused(422, "Invalid 'contact_id'"),
        send("POST", "/api/customers/", new_customer(json!("{ann}"), "bogus"))
            .refused(422, "Validation failed. field='type', input='bogus', errors=''bogus' is not a valid value'"),
        send("POST", "/api/resellers/", json!({ "contract_id": 1, "name": "x", "status": "active" }))
            .refused(422, "Invalid 'contract_id', reseller with this contract already exists"),
    ]);
    all.extend(
        ["products", "cdrs", "phonebookentries", "applyrewrites"]
            .map(|name| get(&format!("/api/{name}/?rows=2")).refused(404, "Path not found")),
    );
    all
}
