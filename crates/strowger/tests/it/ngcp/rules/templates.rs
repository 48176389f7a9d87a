//! Templates of mails and invoices, brandings, and auto attendants.

use serde_json::{Value, json};

use super::{commit, delete, post, put, set, with, without};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::form::{FORM, PNG, form};
use crate::ngcp::world::World;

async fn of_templates(world: &World) {
    let (one, two) = (world.reseller("letters").await, world.reseller("mute").await);
    // What comes with the installation is for administrators.
    let factory = world.admin.list("emailtemplates/?reseller_id=$null").await;
    let names: Vec<&str> = factory.iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!(names.len(), 12, "{names:?}");
    assert!(names.contains(&"passreset_default_email") && names.contains(&"fax_notify_secret_update_default_email"));
    // A reseller begins with copies, which are its own.
    let copies = one.door.list("emailtemplates/").await;
    let copied: Vec<&str> = copies.iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!(copied, names);
    for (copy, of) in copies.iter().zip(&factory) {
        assert_eq!((&copy["subject"], &copy["body"]), (&of["subject"], &of["body"]));
    }
    let total = world.admin.get(&format!("/api/emailtemplates/?reseller_id={}", one.id)).await.is(200);
    assert_eq!(total.json["total_count"], 12);
    let first = format!("/api/emailtemplates/{}", factory[0]["id"]);
    world.admin.set(&first, "subject", "Your account").await.is(204);
    assert_eq!(world.admin.item(&first).await["subject"], "Your account");
    world.admin.delete(&first).await.refuses_with(403, "can't be removed");
    one.door.get(&first).await.refuses(404, "Entity 'emailtemplate' not found.");

    let mail = json!({
        "name": "welcome", "from_email": "a@example.org", "subject": "[% subscriber %]",
        "body": "Hello,\n[% IF url %][% url %][% END %]", "attachment_name": "[% invoice %].pdf",
    });
    let answer = one.door.send("POST", "/api/emailtemplates/", &[JSON, REPRESENTATION], mail.to_string()).await.is(201);
    let id = answer.id();
    for (name, value) in mail.as_object().unwrap() {
        assert_eq!(&answer.json[name], value, "{name}");
    }
    let path = format!("emailtemplates/{id}");
    assert_eq!(one.door.get("/api/emailtemplates/?name=wel*").await.ids(), [id]);
    let theirs = two.door.create("emailtemplates", &mail).await;
    two.door.get(&format!("/api/{path}")).await.refuses(404, "Entity 'emailtemplate' not found.");
    let invoice = json!({ "name": "plain", "type": "svg", "data": "<svg>[% x %]</svg>" });
    let invoice_id = one.door.create("invoicetemplates", &invoice).await;
    let shown = one.door.item(&format!("/api/invoicetemplates/{invoice_id}")).await;
    assert_eq!(
        (&shown["type"], &shown["category"], &shown["call_direction"], &shown["data"]),
        (&json!("svg"), &json!("customer"), &json!("out"), &json!("<svg>[% x %]</svg>")),
        "{shown}"
    );
    assert_eq!(one.door.get("/api/invoicetemplates/?type=svg").await.ids(), [invoice_id]);
    two.door
        .get(&format!("/api/invoicetemplates/{invoice_id}"))
        .await
        .refuses(404, "Entity 'invoicetemplate' not found.");
    commit(
        &one.door,
        vec![
            post(
                "emailtemplates/",
                mail.clone(),
                "Validation failed. field='name', input='welcome', errors='This name already exists'",
            ),
            post("emailtemplates/", with(&mail, &json!({ "from_email": "no" })), "…field='from_email'…"),
            post("emailtemplates/", without(&mail, "body"), "…field='body', input='', errors='Body field is required'"),
            put(&path, without(&mail, "subject"), "…field='subject'…"),
            post("invoicetemplates/", invoice.clone(), "…This name already exists'"),
            post("invoicetemplates/", with(&invoice, &json!({ "type": "pdf" })), "…'pdf' is not a valid value'"),
        ],
    )
    .await;
    let nobodys = world.admin.post("/api/emailtemplates/", &mail).await;
    nobodys.refuses_with(422, "field='reseller_id', input='', errors='Reseller field is required'");
    let missing = with(&mail, &json!({ "reseller_id": 999_999 }));
    world.admin.post("/api/emailtemplates/", &missing).await.refuses_with(422, "Invalid 'reseller_id'");

    // A new customer has those with the usual names where its body does not speak of them.
    let called = |name: &str| copies.iter().find(|item| item["name"] == name).expect("a copy")["id"].clone();
    let usual = with(&invoice, &json!({ "name": "invoice_default" }));
    let usual = one.door.create("invoicetemplates", &usual).await;
    let made = world.customer(&one).await;
    let customer = format!("customers/{}", made.id);
    let shown = one.door.item(&format!("/api/{customer}")).await;
    for (field, wanted) in [
        ("subscriber_email_template_id", called("subscriber_default_email")),
        ("passreset_email_template_id", called("passreset_default_email")),
        ("invoice_email_template_id", called("invoice_default_email")),
        ("invoice_template_id", json!(usual)),
    ] {
        assert_eq!(shown[field], wanted, "{field}");
    }
    let body = json!({
        "status": "active", "contact_id": made.contact_id, "billing_profile_id": one.profile_id, "type": "sipaccount",
        "subscriber_email_template_id": id, "passreset_email_template_id": null,
    });
    let other = format!("/api/customers/{}", one.door.create("customers", &body).await);
    let shown = one.door.item(&other).await;
    assert_eq!(shown["subscriber_email_template_id"], id);
    assert_eq!(shown["passreset_email_template_id"], Value::Null);
    assert_eq!(shown["invoice_email_template_id"], called("invoice_default_email"));
    // A change fills in nothing.
    one.door.set(&other, "invoice_email_template_id", Value::Null).await.is(204);
    one.door.set(&other, "external_id", "x").await.is(204);
    assert_eq!(one.door.item(&other).await["invoice_email_template_id"], Value::Null);
    one.door.set(&other, "status", "terminated").await.is(204);

    // Customers choose among those of their reseller, which then stay.
    commit(
        &one.door,
        vec![
            set(
                &customer,
                "passreset_email_template_id",
                theirs,
                &format!("'passreset_email_template_id' with value '{theirs}' does not belong to Reseller"),
            ),
            set(
                &customer,
                "subscriber_email_template_id",
                factory[0]["id"].clone(),
                "'subscriber_email_template_id' with value…",
            ),
            set(&customer, "invoice_template_id", 999_999, "'invoice_template_id' with value…"),
        ],
    )
    .await;
    let api = format!("/api/{customer}");
    for field in ["subscriber_email_template_id", "passreset_email_template_id", "invoice_email_template_id"] {
        one.door.set(&api, field, id).await.is(204);
    }
    one.door.set(&api, "invoice_template_id", invoice_id).await.is(204);
    let expand = "passreset_email_template_id,invoice_template_id";
    let shown = one.door.item(&format!("{api}?expand={expand}")).await;
    assert_eq!(
        (&shown["passreset_email_template_id_expand"]["name"], &shown["invoice_template_id_expand"]["name"]),
        (&json!("welcome"), &json!("plain")),
        "{shown}"
    );
    let links = shown["_links"]["ngcp:passresetemailtemplates"].clone();
    assert_eq!(links, json!([{ "href": format!("/api/emailtemplates/{id}") }]));
    let invoice_path = format!("invoicetemplates/{invoice_id}");
    commit(
        &one.door,
        vec![
            delete(&path, "Email template is still in use.").status(423),
            delete(&invoice_path, "Invoice template is still in use.").status(423),
        ],
    )
    .await;
    one.door.set(&api, "status", "terminated").await.is(204);
    one.door.delete(&format!("/api/{path}")).await.is(204);
    one.door.delete(&format!("/api/{invoice_path}")).await.is(204);
    one.door.get(&format!("/api/{path}")).await.is(404);
}

async fn of_brandings(world: &World) {
    let (one, two) = (world.reseller("pretty").await, world.reseller("bare").await);
    let customer = world.customer(&one).await;
    let chief = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let clerk = world.subscriber(&one, &customer, &json!({})).await;
    let stranger = world.subscriber(&two, &world.customer(&two).await, &json!({})).await;
    let page = "/api/resellerbrandings/?page=1&rows=20";
    // Self-care asks for it after each login, and takes none for an answer.
    assert_eq!(clerk.door.get(page).await.is(200).json["total_count"], 0);

    let branding = json!({ "css": "a { color: red }", "csc_color_primary": "#204060" });
    let body = form(&branding, "logo", "logo.png", PNG);
    let answer = one.door.send("POST", "/api/resellerbrandings/", &[FORM, REPRESENTATION], body).await.is(201);
    let id = answer.id();
    assert_eq!(
        (&answer.json["css"], &answer.json["logo_image_type"], &answer.json["csc_color_secondary"]),
        (&json!("a { color: red }"), &json!("image/png"), &Value::Null),
        "{answer:?}"
    );
    let path = format!("resellerbrandings/{id}");
    for door in [&clerk.door, &chief.door, &one.door, &world.admin] {
        assert_eq!(door.get(page).await.is(200).ids(), [id]);
        let logo = door.get(&format!("/api/resellerbrandinglogos/{id}")).await.is(200);
        assert_eq!((logo.header("content-type"), &logo.bytes[..]), (Some("image/png"), PNG));
        let logo = door.get(&format!("/api/resellerbrandinglogos/?subscriber_id={}", clerk.id)).await;
        assert_eq!(logo.is(200).bytes, PNG);
    }
    assert_eq!(clerk.door.get("/api/resellerbrandinglogos/").await.is(200).bytes, PNG);
    one.door.get("/api/resellerbrandinglogos/").await.refuses_with(422, "'subscriber_id' is required");
    for door in [&stranger.door, &two.door] {
        assert_eq!(door.get(page).await.is(200).json["total_count"], 0);
        door.get(&format!("/api/{path}")).await.is(404);
        door.get(&format!("/api/resellerbrandinglogos/{id}")).await.is(404);
        door.get(&format!("/api/resellerbrandinglogos/?subscriber_id={}", clerk.id)).await.is(404);
    }
    clerk.door.set(&format!("/api/{path}"), "css", "x").await.refuses(403, "Read-only resource for authenticated role");
    let taken = format!("Branding already exists for reseller '{}'", one.id);
    commit(
        &one.door,
        vec![
            post("resellerbrandings/", branding.clone(), &taken),
            set(&path, "csc_color_primary", "red; } x {", "…field='csc_color_primary'…it is no colour…"),
        ],
    )
    .await;
    let script = form(&branding, "logo", "logo.svg", b"<svg onload='x'/>");
    one.door.send("PUT", &format!("/api/{path}"), &[FORM], script).await.refuses_with(422, "neither PNG nor JPEG");
    // JSON alone changes the rest and keeps the logo; a form brings a new one.
    one.door.put(&format!("/api/{path}"), &json!({ "css": "" })).await.is(204);
    let item = one.door.item(&format!("/api/{path}")).await;
    assert_eq!((&item["css"], &item["logo_image_type"]), (&json!(""), &json!("image/png")), "{item}");
    let new = form(&json!({}), "logo", "logo.gif", b"GIF89a\x01");
    one.door.send("PUT", &format!("/api/{path}"), &[FORM], new).await.is(204);
    let logo = clerk.door.get("/api/resellerbrandinglogos/").await.is(200);
    assert_eq!(logo.header("content-type"), Some("image/gif"));
    one.door.delete(&format!("/api/{path}")).await.is(204);
    clerk.door.get("/api/resellerbrandinglogos/").await.is(404);
    let plain = one.door.create("resellerbrandings", &branding).await;
    one.door.get(&format!("/api/resellerbrandinglogos/{plain}")).await.is(404);
    let links = async || one.door.item(&format!("/api/resellerbrandings/{plain}")).await["_links"].clone();
    assert_eq!(links().await["ngcp:resellerbrandinglogos"], Value::Null, "there is none to follow it to");
}

async fn of_attendants(world: &World) {
    let (one, two) = (world.reseller("keys").await, world.reseller("locks").await);
    let customer = world.customer(&one).await;
    let clerk = world.subscriber(&one, &customer, &json!({})).await;
    let other = world.subscriber(&one, &customer, &json!({})).await;
    let path = format!("autoattendants/{}", clerk.id);
    let api = format!("/api/{path}");
    let empty = clerk.door.item(&api).await;
    assert_eq!(
        (&empty["slots"], &empty["subscriber_id"], &empty["id"]),
        (&json!([]), &json!(clerk.id), &json!(clerk.id))
    );
    let slot = |slot: &str, to: &str| json!({ "slot": slot, "destination": to });
    clerk
        .door
        .put(&api, &json!({ "slots": [slot("1", "4312345"), slot("default", "sip:desk@pbx.example")] }))
        .await
        .is(204);
    let at_home = slot("1", "sip:4312345@keys.example.net");
    assert_eq!(one.door.item(&api).await["slots"], json!([at_home, slot("default", "sip:desk@pbx.example")]));
    one.door.patch(&api, &json!([{ "op": "add", "path": "/slots/-", "value": slot("0", "bob") }])).await.is(204);
    let all = one.door.item(&api).await["slots"].clone();
    assert_eq!(all[0], slot("0", "sip:bob@keys.example.net"), "{all}");
    assert_eq!(one.door.get(&format!("/api/autoattendants/?subscriber_id={}", clerk.id)).await.ids(), [clerk.id]);
    commit(
        &one.door,
        vec![
            put(&path, json!({ "slots": [slot("1", "1"), slot("1", "2")] }), "Slot '1' must be unique."),
            put(&path, json!({ "slots": [slot("11", "1")] }), "…'11' is not a valid value'"),
            put(
                &path,
                json!({ "slots": [slot("1", "a@b@c")] }),
                "…Invalid destination, must be number, username or SIP URI'",
            ),
            put(&path, json!({ "slots": [{ "slot": "1" }] }), "…field='slots_0_destination'…"),
            put(&path, json!({}), "…Slots field is required'"),
        ],
    )
    .await;
    for door in [&two.door, &other.door] {
        door.get(&api).await.refuses(404, "Entity 'autoattendant' not found.");
        door.put(&api, &json!({ "slots": [] })).await.is(404);
    }
    let entry = one.door.item(&format!("{api}/journal/recent")).await;
    assert_eq!((&entry["operation"], &entry["content"]["slots"]), (&json!("update"), &all), "{entry}");
    clerk.door.put(&api, &json!({ "slots": [] })).await.is(204);
    assert_eq!(one.door.item(&api).await["slots"], json!([]));
    one.door.delete(&format!("/api/subscribers/{}", clerk.id)).await.is(204);
    one.door.get(&api).await.is(404);
}

store::on_both! {
    async fn of_templates_rules(database: TestDb) {
        let world = World::new(database).await;
        of_templates(&world).await;
        world.server.stop().await;
    }

    async fn of_brandings_rules(database: TestDb) {
        let world = World::new(database).await;
        of_brandings(&world).await;
        world.server.stop().await;
    }

    async fn of_attendants_rules(database: TestDb) {
        let world = World::new(database).await;
        of_attendants(&world).await;
        world.server.stop().await;
    }
}
