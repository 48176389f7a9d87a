//! Time sets, trusted sources, locations of customers and location mappings of subscribers.

use serde_json::{Value, json};

use super::{commit, patch, post, set, with, without};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::form::{FORM, form};
use crate::ngcp::world::World;

const CALENDAR: (&str, &str) = ("Content-Type", "text/calendar");
const AS_CALENDAR: (&str, &str) = ("Accept", "text/calendar");

async fn of_time_sets(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let period = json!({
        "start": "2026-01-05 09:00:00", "end": "2026-01-05 17:00:00", "freq": "WEEKLY", "byday": "mo, tu", "comment": "x",
    });
    let set_of = json!({ "reseller_id": one.id, "name": "office hours", "times": [period] });
    let id = world.admin.create("timesets", &set_of).await;
    let path = format!("timesets/{id}");
    let shown = one.door.item(&format!("/api/{path}")).await;
    assert_eq!(
        (&shown["times"][0]["byday"], &shown["times"][0]["freq"]),
        (&json!("MO,TU"), &json!("weekly")),
        "{shown}"
    );
    assert_eq!(shown["times"][0]["until"], Value::Null);
    let of = |more: Value| with(&set_of, &json!({ "name": "x", "times": [with(&period, &more)] }));
    commit(
        &one.door,
        vec![
            post("timesets/", set_of.clone(), "Timeset 'office hours' already exists."),
            post(
                "timesets/",
                of(json!({ "freq": "often" })),
                "…field='times'…period 1: freq: 'often' is not a valid value'",
            ),
            post("timesets/", of(json!({ "byhour": "24" })), "…period 1: byhour: '24' is not 0 to 23'"),
            post("timesets/", of(json!({ "count": 0 })), "…field='times_0_count'…"),
            post("timesets/", of(json!({ "start": "soon" })), "…start: 'soon' is not a time…"),
            post("timesets/", of(json!({ "start": null })), "…field='times_0_start'…"),
            post("timesets/", without(&set_of, "name"), "…Name field is required…"),
            patch(
                &path,
                json!([{ "op": "replace", "path": "/times/0/end", "value": "2026-01-05 08:00:00" }]),
                "…end: must be after start'",
            ),
        ],
    )
    .await;
    world
        .admin
        .post("/api/timesets/", &with(&set_of, &json!({ "reseller_id": 9_999 })))
        .await
        .refuses_with(422, "reseller_id");
    two.door.get(&format!("/api/{path}")).await.refuses(404, "Entity 'timeset' not found.");
    two.door.create("timesets", &set_of).await;
    assert_eq!(one.door.list("timesets/?name=office*").await.len(), 1);

    // As a calendar, and back.
    let calendar = one.door.send("GET", &format!("/api/{path}"), &[AS_CALENDAR], "").await.is(200);
    assert_eq!(calendar.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert!(calendar.text.contains("RRULE:FREQ=WEEKLY;BYDAY=MO,TU\r\n"), "{calendar:?}");
    two.door.send("GET", &format!("/api/{path}"), &[AS_CALENDAR], "").await.refuses(404, "Entity 'timeset' not found.");
    let again =
        one.door.send("POST", "/api/timesets/?name=again", &[CALENDAR], calendar.text.clone()).await.is(201).id();
    let again = format!("/api/timesets/{again}");
    let copy = one.door.item(&again).await;
    assert_eq!(
        (&copy["name"], &copy["times"], &copy["reseller_id"]),
        (&json!("again"), &shown["times"], &json!(one.id))
    );
    one.door
        .send("POST", "/api/timesets/", &[CALENDAR], calendar.text.clone())
        .await
        .refuses(422, "Timeset 'office hours' already exists.");
    let other = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261224T180000\r\nDURATION:PT6H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    one.door.send("PUT", &again, &[CALENDAR], other).await.is(204);
    let copy = one.door.item(&again).await;
    assert_eq!((&copy["name"], &copy["times"][0]["end"]), (&json!("again"), &json!("2026-12-25 00:00:00")), "{copy}");
    one.door.send("PUT", &again, &[CALENDAR], "nonsense").await.refuses_with(422, "Invalid calendar: ");
    one.door.send("PUT", &again, &[CALENDAR], "").await.refuses(400, "This request is missing a message body.");
    two.door.send("PUT", &again, &[CALENDAR], other).await.refuses(404, "Entity 'timeset' not found.");
    world
        .admin
        .send("POST", "/api/timesets/?name=x", &[CALENDAR], other)
        .await
        .refuses_with(422, "field='reseller_id'");

    let parts = format!(
        "--X\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{{\"name\": \"sent\"}}\r\n--X\r\nContent-Disposition: \
         form-data; name=\"calendarfile\"; filename=\"x.ics\"\r\nContent-Type: text/calendar\r\n\r\n{other}\r\n--X--\r\n"
    );
    let multipart = ("Content-Type", "multipart/form-data; boundary=X");
    let sent = one.door.send("POST", "/api/timesets/", &[multipart], parts).await.is(201).id();
    let sent = one.door.item(&format!("/api/timesets/{sent}")).await;
    assert_eq!((&sent["name"], &sent["times"]), (&json!("sent"), &copy["times"]));
    let nested = "BEGIN:A\r\n".repeat(100_000);
    let deep = "its components lie within each other more than 4 deep";
    one.door.send("PUT", &again, &[CALENDAR], nested.clone()).await.refuses(422, &format!("Invalid calendar: {deep}"));
    let sent_as_form = form(&json!({ "name": "deep" }), "calendarfile", "x.ics", nested.as_bytes());
    one.door
        .send("POST", "/api/timesets/", &[FORM], sent_as_form)
        .await
        .refuses(422, &format!("Validation failed. field='calendarfile', input='', errors='{deep}'"));
    one.door.set(&again, "times", json!([])).await.is(204);
    one.door.delete(&again).await.is(204);
    one.door.get(&again).await.is(404);
}

/// What is set for a location of a customer is reached by the customer's preferences.
async fn of_preferences(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let chief = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let (neighbour, stranger) = (world.customer(&one).await, world.customer(&two).await);
    let place = |customer: i64| {
        let blocks = json!([{ "ip": "192.0.2.0", "mask": 24 }]);
        json!({ "contract_id": customer, "name": "office", "description": "Vienna", "blocks": blocks })
    };
    let office = one.door.create("customerlocations", &place(customer.id)).await;
    let next_door = one.door.create("customerlocations", &place(neighbour.id)).await;
    let far_away = two.door.create("customerlocations", &place(stranger.id)).await;
    let whole = format!("/api/customerpreferences/{}", customer.id);
    let of = |location: &str| format!("{whole}?location_id={location}");
    let path = of(&office.to_string());
    let put =
        json!({ "concurrent_max": 3, "emergency_prefix": "w", "prepaid_library": "libswrate", "block_in_clir": true });
    let answer = one.door.send("PUT", &path, &[JSON, REPRESENTATION], put.to_string()).await.is(200);
    assert_eq!(
        (&answer.json["concurrent_max"], &answer.json["block_in_clir"]),
        (&json!(3), &Value::Null),
        "{answer:?}"
    );
    one.door.put(&whole, &json!({ "concurrent_max": 9, "block_in_clir": true })).await.is(204);
    one.door.patch(&path, &json!([{ "op": "remove", "path": "/emergency_prefix" }])).await.is(204);
    one.door.patch(&path, &json!([{ "op": "add", "path": "/concurrent_max_out", "value": 1 }])).await.is(204);
    let shown = one.door.item(&path).await;
    assert_eq!(
        (
            &shown["id"],
            &shown["customer_id"],
            &shown["concurrent_max"],
            &shown["concurrent_max_out"],
            &shown["emergency_prefix"]
        ),
        (&json!(customer.id), &json!(customer.id), &json!(3), &json!(1), &Value::Null),
        "{shown}"
    );
    let shown = one.door.item(&whole).await;
    assert_eq!((&shown["concurrent_max"], &shown["concurrent_max_out"]), (&json!(9), &Value::Null), "{shown}");
    assert_eq!(one.door.item(&of("")).await["concurrent_max"], 9, "no location is named");

    // A location of another customer, or of another reseller's, or none at all.
    for wrong in [next_door.to_string(), far_away.to_string(), "999999".to_owned(), "x".to_owned()] {
        let refused = format!("Invalid 'location_id', the customer has no location '{wrong}'.");
        let path = of(&wrong);
        one.door.get(&path).await.refuses(422, &refused);
        one.door.put(&path, &put).await.refuses(422, &refused);
        one.door
            .patch(&path, &json!([{ "op": "add", "path": "/concurrent_max", "value": 1 }]))
            .await
            .refuses(422, &refused);
    }
    let unknown = json!({ "emergency_mapping_container": "Graz" });
    one.door.put(&path, &unknown).await.refuses(422, "Unknown emergency_mapping_container 'Graz'");
    two.door.get(&path).await.refuses(404, "Entity 'customerpreference' not found.");
    chief.door.get(&path).await.is(200);

    // The collection has the customer of the location only.
    let list = async |location: &str| one.door.list(&format!("customerpreferences/?location_id={location}")).await;
    let found = list(&office.to_string()).await;
    assert_eq!((found.len(), &found[0]["id"], &found[0]["concurrent_max"]), (1, &json!(customer.id), &json!(3)));
    for none in [far_away.to_string(), "999999".to_owned(), "x".to_owned()] {
        assert_eq!(list(&none).await.len(), 0, "{none}");
    }
    assert_eq!(list("").await.len(), 2);
    one.door.delete(&format!("/api/customerlocations/{office}")).await.is(204);
    one.door.get(&path).await.is(422);
}

async fn of_places(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let alice = world.subscriber(&one, &customer, &json!({})).await;
    let stranger = world.customer(&two).await;
    let door = &one.door;

    let trusted = json!({ "subscriber_id": alice.id, "src_ip": "2001:DB8::0:1", "protocol": "UDP" });
    let trusted_id = door.create("trustedsources", &trusted).await;
    let trusted_path = format!("trustedsources/{trusted_id}");
    let shown = door.item(&format!("/api/{trusted_path}")).await;
    assert_eq!((&shown["src_ip"], &shown["from_pattern"]), (&json!("2001:db8::1"), &Value::Null), "{shown}");
    assert_eq!(door.list(&format!("trustedsources/?subscriber_id={}", alice.id)).await.len(), 1);

    let place = json!({
        "contract_id": customer.id, "name": "office", "description": "Vienna", "blocks": [{ "ip": "192.0.2.0", "mask": 24 }],
    });
    let place_id = door.create("customerlocations", &place).await;
    let place_path = format!("customerlocations/{place_id}");
    let of = |blocks: Value| with(&place, &json!({ "name": "x", "blocks": blocks }));

    let mapping = json!({ "subscriber_id": alice.id, "location": "sip:phone@192.0.2.5", "external_id": "e1" });
    let mapping_id = door.create("subscriberlocationmappings", &mapping).await;
    let mapping_path = format!("subscriberlocationmappings/{mapping_id}");
    assert_eq!(door.item(&format!("/api/{mapping_path}")).await["mode"], json!("replace"));

    commit(
        door,
        vec![
            post(
                "trustedsources/",
                with(&trusted, &json!({ "src_ip": "192.0.2.0/24" })),
                "…field='src_ip', input='192.0.2.0/24'…",
            ),
            post("trustedsources/", with(&trusted, &json!({ "protocol": "SCTP" })), "…'SCTP' is not a valid value…"),
            post("trustedsources/", with(&trusted, &json!({ "from_pattern": "(" })), "…field='from_pattern'…"),
            post("trustedsources/", with(&trusted, &json!({ "subscriber_id": 9_999 })), "Invalid 'subscriber_id'…"),
            post("trustedsources/", without(&trusted, "src_ip"), "…Source IP field is required…"),
            post("customerlocations/", place.clone(), "Location with name 'office' already exists for this customer"),
            post("customerlocations/", with(&place, &json!({ "contract_id": stranger.id })), "Invalid 'contract_id'…"),
            post("customerlocations/", of(json!([{ "ip": "::", "mask": 129 }])), "…field='blocks_0_mask'…"),
            post("customerlocations/", of(json!([{ "ip": "x" }])), "…field='blocks'…Invalid IP address in block 'x''"),
            post(
                "customerlocations/",
                of(json!([{ "ip": "10.0.0.0", "mask": 8 }, { "ip": "10.1.0.0", "mask": 16 }])),
                "…field='blocks'…Blocks '10.0.0.0/8' and '10.1.0.0/16' overlap'",
            ),
            post(
                "customerlocations/",
                of(json!([{ "ip": "10.0.0.0", "mask": 8 }, { "ip": "::ffff:10.0.0.0", "mask": 104 }])),
                "…field='blocks'…overlap'",
            ),
            patch(
                &place_path,
                json!([{ "op": "add", "path": "/blocks/-", "value": { "ip": "192.0.2.7" } }]),
                "…Blocks '192.0.2.0/24' and '192.0.2.7/32' overlap'",
            ),
            post("subscriberlocationmappings/", without(&mapping, "location"), "…field='location'…"),
            post("subscriberlocationmappings/", with(&mapping, &json!({ "location": "phone" })), "…Must be a SIP URI'"),
            post("subscriberlocationmappings/", with(&mapping, &json!({ "mode": "x" })), "…'x' is not a valid value…"),
            set(&mapping_path, "caller_pattern", "[", "…field='caller_pattern'…"),
        ],
    )
    .await;
    for path in [&trusted_path, &place_path, &mapping_path] {
        two.door.get(&format!("/api/{path}")).await.refuses_with(404, "not found");
        two.door.delete(&format!("/api/{path}")).await.refuses_with(404, "not found");
    }
    two.door.post("/api/trustedsources/", &trusted).await.refuses_with(422, "subscriber_id");
    let with_more = json!([{ "op": "add", "path": "/blocks/-", "value": { "ip": "2001:db8::9", "mask": 48 } }]);
    door.patch(&format!("/api/{place_path}"), &with_more).await.is(204);
    for (address, count) in [("192.0.2.9", 1), ("192.0.3.9", 0), ("2001:db8::7", 1), ("x", 0)] {
        assert_eq!(door.list(&format!("customerlocations/?ip={address}")).await.len(), count, "{address}");
        assert_eq!(two.door.list(&format!("customerlocations/?ip={address}")).await.len(), 0, "{address}");
    }
    assert_eq!(door.list(&format!("customerlocations/?customer_id={}", customer.id)).await.len(), 1);
    let journal = door.list(&format!("trustedsources/{trusted_id}/journal/")).await;
    assert_eq!(journal.len(), 1, "{journal:?}");
    door.set(&format!("/api/{trusted_path}"), "protocol", "ANY").await.is(204);
    door.set(&format!("/api/{mapping_path}"), "mode", "block").await.is(204);
    door.delete(&format!("/api/{place_path}")).await.is(204);
    door.get(&format!("/api/{place_path}")).await.refuses(404, "Entity 'customerlocation' not found.");

    // They go with their subscriber.
    door.delete(&format!("/api/subscribers/{}", alice.id)).await.is(204);
    for resource in ["trustedsources/", "subscriberlocationmappings/"] {
        assert_eq!(world.admin.list(resource).await, [Value::Null; 0], "{resource}");
    }
    let journal = world.admin.list(&format!("trustedsources/{trusted_id}/journal/")).await;
    assert_eq!(journal.last().map(|entry| &entry["operation"]), Some(&json!("delete")), "{journal:?}");
}

store::on_both! {
    async fn of_time_set_rules(database: TestDb) {
        let world = World::new(database).await;
        of_time_sets(&world).await;
        world.server.stop().await;
    }

    async fn of_location_preferences(database: TestDb) {
        let world = World::new(database).await;
        of_preferences(&world).await;
        world.server.stop().await;
    }

    async fn of_place_rules(database: TestDb) {
        let world = World::new(database).await;
        of_places(&world).await;
        world.server.stop().await;
    }
}
