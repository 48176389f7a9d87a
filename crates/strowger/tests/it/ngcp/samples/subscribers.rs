//! A subscriber with its numbers, preferences and call forwards, and how all of it ends.

use serde_json::{Value, json};

use super::exchange::{Document, Exchange, Heading, ask, get, item, page, send, with_links};
use super::resources;

const PREFERENCES: &str = "/api/subscriberpreferences/{subscriber}";
const FORWARDS: &str = "/api/callforwards/{subscriber}";

const OF_SUBSCRIBER: &[(&str, &str)] = &[
    ("subscriberpreferences", PREFERENCES),
    ("voicemailsettings", "/api/voicemailsettings/{subscriber}"),
    ("reminders", "/api/reminders/?subscriber_id={subscriber}"),
    ("callforwards", FORWARDS),
    ("domains", "/api/domains/{domain}"),
    ("calls", "/api/calls/?subscriber_id={subscriber}"),
    ("subscriberregistrations", "/api/subscriberregistrations/?subscriber_id={subscriber}"),
    ("journal", "/api/subscribers/{subscriber}/journal/"),
    ("customers", "/api/customers/{customer}"),
];

fn fields() -> Value {
    json!({
        "administrative": false,
        "alias_numbers": [
            { "ac": "2", "cc": 43, "is_devid": false, "number_id": "{=second}", "sn": "1795422370" },
        ],
        "create_timestamp": "{moment}", "customer_id": "{customer}", "display_name": null,
        "domain": "sample.example.org", "domain_id": "{domain}", "email": null, "external_id": null,
        "id": "{subscriber}", "lock": null, "modify_timestamp": "{moment}", "password": "aB3!xxyyZZ9910",
        "primary_number": { "ac": "1", "cc": 43, "number_id": "{=first}", "sn": "1795422370" }, "profile_id": null,
        "profile_set_id": null, "status": "active", "timezone": null, "username": "sample", "uuid": "{uuid}",
        "webusername": "sample",
    })
}

fn preferences(fields: Value, heading: Heading) -> Document {
    let relations = [
        ("subscribers", "/api/subscribers/{subscriber}"),
        ("journal", "/api/subscriberpreferences/{subscriber}/journal/"),
    ];
    item("subscriberpreferences", "{subscriber}", &relations, fields, heading)
}

fn forwards(unconditional: Value) -> Document {
    let relations = [
        ("callforwards", FORWARDS),
        ("subscribers", "/api/subscribers/{subscriber}"),
        ("journal", "/api/callforwards/{subscriber}/journal/"),
    ];
    let fields = json!({ "cfb": {}, "cfna": {}, "cfo": {}, "cfr": {}, "cfs": {}, "cft": {}, "cfu": unconditional });
    item("callforwards", "{subscriber}", &relations, fields, Heading::Rels)
}

fn number(name: &str, area: &str, primary: bool) -> Value {
    let own = format!("/api/numbers/{{{name}}}");
    let relations = [("numbers", own.as_str()), ("subscribers", "/api/subscribers/{subscriber}")];
    let fields = json!({
        "ac": area, "cc": 43, "id": format!("{{{name}}}"), "is_devid": false, "is_primary": primary, "reseller_id": 1,
        "sn": "1795422370", "subscriber_id": "{subscriber}",
    });
    with_links("numbers", &own, &relations, fields)
}

pub(super) fn exchanges() -> Vec<Exchange> {
    let new = json!({
        "customer_id": "{customer}", "domain_id": "{domain}", "username": "sample", "password": "aB3!xxyyZZ9910",
        "webusername": "sample", "webpassword": "aB3!xxyyZZ9910", "status": "active",
        "primary_number": { "cc": 43, "ac": 1, "sn": 1_795_422_370 },
        "alias_numbers": [{ "cc": 43, "ac": 2, "sn": 1_795_422_370 }],
    });
    let at_first = json!({
        "ac": "1", "allowed_clis": ["4311795422370", "4321795422370"], "call_log_level": "notice", "cc": "43",
        "emergency_location_format": "cirpack", "id": "{subscriber}", "subscriber_id": "{subscriber}",
    });
    let then = json!({
        "block_out_mode": true, "cli": "4311795422370", "id": "{subscriber}", "lock": "2",
        "subscriber_id": "{subscriber}",
    });
    let voicebox = json!({
        "bnumber_set": null, "bnumbers": [], "bnumbers_is_regex": false, "bnumbers_mode": "whitelist",
        "destination_set": { "id": "{=set}", "name": "quickset_cfu", "own": 1, "subscriber_id": "{any}" },
        "destinations": [{ "announcement_id": null, "destination": "voicebox", "priority": 1, "timeout": 300 }],
        "source_set": null, "sources": [], "sources_is_regex": false, "sources_mode": "whitelist", "time_set": null,
        "times": [],
    });
    let set = json!({
        "destinations": [
            {
                "announcement_id": null, "destination": "sip:vmu4311795422370@voicebox.local", "priority": 1,
                "timeout": 300,
            },
        ],
        "id": "{set}", "name": "quickset_cfu", "subscriber_id": "{subscriber}", "usage_count": 1,
    });
    let of_set = [
        ("cfdestinationsets", "/api/cfdestinationsets/{set}"),
        ("journal", "/api/cfdestinationsets/{set}/journal/"),
        ("subscribers", "/api/subscribers/{subscriber}"),
    ];
    let mappings = json!({
        "cfb": [], "cfna": [], "cfo": [], "cfr": [], "cfs": [], "cft": [], "cft_ringtimeout": null,
        "cfu": [
            {
                "bnumberset": null, "bnumberset_id": null, "cfm_id": "{any}", "destinationset": "quickset_cfu",
                "destinationset_id": "{set}", "enabled": true, "sourceset": null, "sourceset_id": null, "timeset": null,
                "timeset_id": null, "use_redirection": false,
            },
        ],
        "id": "{subscriber}",
    });
    let of_mappings =
        [("subscribers", "/api/subscribers/{subscriber}"), ("journal", "/api/cfmappings/{subscriber}/journal/")];
    vec![
        send("POST", "/api/subscribers/", new.clone()).makes("subscriber"),
        get("/api/subscribers/{subscriber}").answers(item(
            "subscribers",
            "{subscriber}",
            OF_SUBSCRIBER,
            fields(),
            Heading::Asked,
        )),
        get("/api/subscribers/?customer_id={customer}").answers(page(
            "subscribers",
            "page=1&rows=10&customer_id={customer}",
            vec![with_links("subscribers", "/api/subscribers/{subscriber}", OF_SUBSCRIBER, fields())],
            json!(1),
            &[],
        )),
        send("POST", "/api/subscribers/", new).refused(422, "Subscriber already exists."),
        get(PREFERENCES).answers(preferences(at_first, Heading::Asked)),
        send("PUT", PREFERENCES, json!({ "block_out_mode": true, "lock": 2 })).done(),
        send("PATCH", PREFERENCES, json!([{ "op": "add", "path": "/cli", "value": "4311795422370" }]))
            .header("Prefer", "return=representation")
            .answered("Preference-Applied", "return=representation")
            .answers(preferences(then, Heading::Changed)),
        get(FORWARDS).answers(forwards(json!({}))),
        send(
            "PUT",
            FORWARDS,
            json!({ "cfu": { "destinations": [{ "destination": "voicebox", "priority": 1, "timeout": 300 }], "times": [] } }),
        )
        .done(),
        get(FORWARDS).answers(forwards(voicebox)),
        get("/api/cfdestinationsets/?subscriber_id={subscriber}").answers(page(
            "cfdestinationsets",
            "page=1&rows=10&subscriber_id={subscriber}",
            vec![with_links("cfdestinationsets", "/api/cfdestinationsets/{set}", &of_set, set)],
            json!(1),
            &[],
        )),
        get("/api/cfmappings/{subscriber}").answers(item(
            "cfmappings",
            "{subscriber}",
            &of_mappings,
            mappings,
            Heading::Asked,
        )),
        get("/api/numbers/?customer_id={customer}").answers(page(
            "numbers",
            "page=1&rows=10&customer_id={customer}",
            vec![number("first", "1", true), number("second", "2", false)],
            json!(2),
            &[],
        )),
    ]
}

/// The samples' goodbye: contact in use, subscriber, domain, customer.
pub(super) fn endings() -> Vec<Exchange> {
    vec![
        ask("DELETE", "/api/customercontacts/{ann}").refused(423, "Contact is still in use."),
        ask("DELETE", "/api/subscribers/{subscriber}").status(204).text(""),
        get("/api/subscribers/{subscriber}").refused(404, "Entity 'subscriber' not found."),
        ask("DELETE", "/api/domains/{domain}").status(204).text(""),
        send(
            "PATCH",
            "/api/customers/{customer}",
            json!([{ "op": "replace", "path": "/status", "value": "terminated" }]),
        )
        .done(),
        get("/api/customers/{customer}")
            .answers(resources::customer(json!({ "status": "terminated", "terminate_timestamp": "{time}" }))),
    ]
}
