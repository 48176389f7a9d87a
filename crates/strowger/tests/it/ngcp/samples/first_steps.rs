//! The first steps of a client: paths, contacts, pages, changes and the journal.

use serde_json::{Value, json};

use super::exchange::{Document, Exchange, Heading, ask, get, item, page, send, with_links};

const CONTACTS: &str = "/api/customercontacts/";
const MALFORMED: &str = "The entity is not a well-formed 'application/json' document. Malformed JSON: {...}";

/// The fields of a contact that has these.
pub(super) fn contact(id: &str, more: Value) -> Value {
    let mut fields = json!({
        "bankname": null, "bic": null, "city": null, "company": null, "comregnum": null, "country": null, "email": null,
        "faxnumber": null, "firstname": null, "gpp0": null, "gpp1": null, "gpp2": null, "gpp3": null, "gpp4": null,
        "gpp5": null, "gpp6": null, "gpp7": null, "gpp8": null, "gpp9": null, "iban": null, "id": id, "lastname": null,
        "mobilenumber": null, "phonenumber": null, "postcode": null, "street": null, "timezone": null, "vatnum": null,
    });
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

fn known(id: &str, fields: &Value, heading: Heading) -> Document {
    let journal = format!("{CONTACTS}{id}/journal/");
    item("customercontacts", id, &[("journal", &journal)], fields.clone(), heading)
}

fn listed(id: &str, fields: &Value) -> Value {
    let journal = format!("{CONTACTS}{id}/journal/");
    with_links("customercontacts", &format!("{CONTACTS}{id}"), &[("journal", &journal)], fields.clone())
}

pub(super) fn exchanges() -> Vec<Exchange> {
    let default = contact("1", json!({ "id": 1, "email": "default-customer@default.invalid", "reseller_id": 1 }));
    let ann = contact(
        "{ann}",
        json!({ "email": "ann@example.org", "firstname": "Ann", "lastname": "Bee", "reseller_id": 1 }),
    );
    let zed = contact(
        "{ann}",
        json!({ "email": "zed@example.org", "firstname": "Zed", "lastname": "Bee", "reseller_id": 1 }),
    );
    let pat = contact(
        "{ann}",
        json!({ "email": "zed@example.org", "firstname": "Pat", "lastname": "Bee", "reseller_id": 1 }),
    );
    let eve = contact("{eve}", json!({ "email": "eve@example.org", "reseller_id": 1 }));
    let own = "/api/customercontacts/{ann}";
    let every = || vec![listed("1", &default), listed("{ann}", &ann), listed("{eve}", &eve)];
    let new = json!({ "email": "zed@example.org", "firstname": "Zed", "reseller_id": 1 });
    let nowhere = "Query parameters 'page' and 'rows', when specified, must be greater than 0.";
    vec![
        ask("GET", "/api/customercontacts/?rows=1")
            .anonymous()
            .status(401)
            .answered("WWW-Authenticate", "Basic realm=\"api_admin_http\"")
            .text("Authorization required."),
        Exchange { answer: Some(json!({ "methods": ["GET", "POST", "OPTIONS", "HEAD"] })), ..ask("OPTIONS", CONTACTS) }
            .answered("Allow", "GET, POST, OPTIONS, HEAD")
            .answered("Content-Type", "application/json")
            .answered(
                "Accept-Post",
                "application/hal+json; profile=http://purl.org/sipwise/ngcp-api/#rel-customercontacts",
            ),
        Exchange {
            links: Some(vec![
                "</api/customercontacts/1>; rel=\"http://purl.org/sipwise/ngcp-api/#rel-customercontacts\"".to_owned(),
                "<http://purl.org/sipwise/ngcp-api/>; rel=profile".to_owned(),
                "</api/customercontacts/?page=1&rows=10>; rel=self".to_owned(),
            ]),
            ..ask("HEAD", CONTACTS).answered("Content-Type", "application/json").text("")
        },
        get("/api/nosuch/").refused(404, "Path not found"),
        send(
            "POST",
            CONTACTS,
            json!({ "email": "ann@example.org", "firstname": "Ann", "lastname": "Bee", "reseller_id": 1 }),
        )
        .makes("ann"),
        send("POST", CONTACTS, json!({ "email": "not-an-email", "reseller_id": 1 })).refused(
            422,
            "Validation failed. field='email', input='not-an-email', \
             errors='Email should be of the format someuser@example.com'",
        ),
        send("POST", CONTACTS, json!({ "reseller_id": 1 }))
            .refused(422, "Validation failed. field='email', input='', errors='Email field is required'"),
        send("POST", CONTACTS, json!({ "email": "x@example.org", "reseller_id": 999 }))
            .refused(422, "Invalid 'reseller_id'"),
        ask("POST", CONTACTS).raw("{broken").refused(400, MALFORMED),
        send("POST", CONTACTS, json!({ "email": "x@example.org", "reseller_id": 1 }))
            .media_type("text/plain")
            .refused(415, "Unsupported media type 'text/plain', accepting application/json only."),
        send("POST", CONTACTS, json!({ "email": "eve@example.org", "reseller_id": 1 }))
            .header("Prefer", "return=representation")
            .makes("eve"),
        get(own).answers(known("{ann}", &ann, Heading::Asked)),
        get("/api/customercontacts/999999").refused(404, "Entity 'customercontact' not found."),
        get("/api/customercontacts/abc").refused(400, "Invalid id in request URI"),
        get("/api/customercontacts/?rows=1").answers(page(
            "customercontacts",
            "page=1&rows=1",
            vec![listed("1", &default)],
            json!(3),
            &[("next", "page=2&rows=1")],
        )),
        get("/api/customercontacts/?page=2&rows=1").answers(page(
            "customercontacts",
            "page=2&rows=1",
            vec![listed("{ann}", &ann)],
            json!(3),
            &[("next", "page=3&rows=1"), ("prev", "page=1&rows=1")],
        )),
        get("/api/customercontacts/?rows=0").refused(400, nowhere),
        get("/api/customercontacts/?page=0").refused(400, nowhere),
        get("/api/customercontacts/?page=99").answers(page(
            "customercontacts",
            "page=99&rows=10",
            Vec::new(),
            json!(3),
            &[("prev", "page=98&rows=10")],
        )),
        get("/api/customercontacts/?email=ann@ex*").answers(page(
            "customercontacts",
            "page=1&rows=10&email=ann@ex*",
            vec![listed("{ann}", &ann)],
            json!(1),
            &[],
        )),
        get("/api/customercontacts/?order_by=email&order_by_direction=desc&rows=2").answers(page(
            "customercontacts",
            "page=1&rows=2&order_by=email&order_by_direction=desc",
            vec![listed("{eve}", &eve), listed("1", &default)],
            json!(3),
            &[("next", "page=2&rows=2&order_by=email&order_by_direction=desc")],
        )),
        get("/api/customercontacts/?nosuch=1").answers(page(
            "customercontacts",
            "page=1&rows=10&nosuch=1",
            every(),
            json!(3),
            &[],
        )),
        send("PUT", own, new.clone()).done(),
        send("PUT", own, new)
            .header("Prefer", "return=representation")
            .answered("Preference-Applied", "return=representation")
            .answers(known("{ann}", &zed, Heading::Changed)),
        send("PATCH", own, json!([{ "op": "replace", "path": "/firstname", "value": "Pat" }]))
            .header("Prefer", "return=representation")
            .answered("Preference-Applied", "return=representation")
            .answers(known("{ann}", &pat, Heading::Changed)),
        send("PATCH", own, json!([{ "op": "replace", "path": "/nosuch", "value": 1 }])).refused(
            422,
            "The entity could not be processed: A pointer that references a non-existent value (pointer: /nosuch)",
        ),
        send("PATCH", own, json!([{ "op": "bogus" }]))
            .refused(400, "Invalid PATCH op 'bogus', must be one of 'copy', 'replace'"),
        send("PATCH", own, json!([]))
            .media_type("application/json")
            .refused(415, "Unsupported media type 'application/json', accepting application/json-patch+json only."),
    ]
}
