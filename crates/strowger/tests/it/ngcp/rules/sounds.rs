//! Sound sets, their files and recordings, and the announcements of call forwards.

use serde_json::{Value, json};

use super::{commit, delete, post, put, set, with};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::form::{FORM, form, wav};
use crate::ngcp::world::World;

async fn of_handles(world: &World) {
    let reseller = world.reseller("handles").await;
    let all = reseller.door.get("/api/soundhandles/?rows=500").await.is(200);
    assert_eq!((all.json["total_count"].as_i64(), all.ids().len()), (Some(151), 151));
    assert_eq!(world.admin.get("/api/soundgroups/").await.is(200).json["total_count"], 13);
    let custom = reseller.door.list("soundhandles/?group=custom_announcements").await;
    assert_eq!((custom.len(), &custom[9]["name"]), (10, &json!("custom_announcement_9")));
    let page = reseller.door.get("/api/soundhandles/?group=digits&page=2&rows=30").await.is(200);
    assert_eq!((page.embedded().len(), &page.json["total_count"]), (8, &json!(38)));
    let item = reseller.door.item(&format!("/api/soundhandles/{}", custom[0]["id"])).await;
    assert_eq!((&item["name"], &item["group"]), (&json!("custom_announcement_0"), &json!("custom_announcements")));
    reseller.door.get("/api/soundhandles/152").await.refuses(404, "Entity 'soundhandle' not found.");
    assert_eq!(reseller.door.item("/api/soundgroups/1").await["name"], "early_rejects");

    // Call forwards to customhours play one of them.
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let to = |destination: &str, id: &Value| json!({ "destinations": [{ "destination": destination, "announcement_id": id }] });
    let forwards = format!("/api/callforwards/{}", subscriber.id);
    let id = &custom[3]["id"];
    reseller.door.put(&forwards, &json!({ "cfu": to("customhours", id) })).await.is(204);
    let shown = reseller.door.item(&forwards).await;
    assert_eq!(&shown["cfu"]["destinations"][0]["announcement_id"], id, "{shown}");
    for (destination, id) in [("customhours", json!(1)), ("officehours", id.clone())] {
        let answer = reseller.door.put(&forwards, &json!({ "cfu": to(destination, &id) })).await;
        answer.refuses_with(422, "Unknown announcement_id");
    }
    let named = with(&to("customhours", id), &json!({ "name": "closed", "subscriber_id": subscriber.id }));
    let stored = reseller.door.create("cfdestinationsets", &named).await;
    let stored = reseller.door.item(&format!("/api/cfdestinationsets/{stored}")).await;
    assert_eq!(&stored["destinations"][0]["announcement_id"], id);
}

async fn of_sets(world: &World) {
    let (one, two) = (world.reseller("sounds").await, world.reseller("silence").await);
    let customer = world.customer(&one).await;
    let chief = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let other = world.customer(&two).await;
    let base = one.door.create("soundsets", &json!({ "name": "base", "expose_to_customer": true })).await;
    let path = format!("soundsets/{base}");
    let item = one.door.item(&format!("/api/{path}")).await;
    assert_eq!(
        (&item["reseller_id"], &item["customer_id"], &item["expose_to_customer"], &item["parent_name"]),
        (&json!(one.id), &Value::Null, &json!(true), &Value::Null),
        "{item}"
    );
    let body = json!({ "name": "own", "contract_id": customer.id, "parent_id": base, "contract_default": true });
    let answer = one.door.send("POST", "/api/soundsets/", &[JSON, REPRESENTATION], body.to_string()).await.is(201);
    let own = answer.id();
    assert_eq!(
        (&answer.json["customer_id"], &answer.json["parent_name"], &answer.json["contract_default"]),
        (&json!(customer.id), &json!("base"), &json!(true))
    );
    assert_eq!(one.door.get(&format!("/api/soundsets/?customer_id={}", customer.id)).await.ids(), [own]);
    assert_eq!(one.door.get("/api/soundsets/?name=ba*").await.ids(), [base]);
    commit(
        &one.door,
        vec![
            post("soundsets/", json!({ "name": "base" }), "Sound set 'base' already exists."),
            post("soundsets/", json!({ "name": " " }), "…field='name', input='', errors='Name field is required'"),
            post("soundsets/", json!({ "name": "x", "customer_id": other.id }), "Invalid 'customer_id'"),
            post("soundsets/", json!({ "name": "x", "parent_id": 999_999 }), "Invalid 'parent_id'"),
            post("soundsets/", json!({ "name": "x", "contract_default": true }), "…field='contract_default'…"),
            post(
                "soundsets/",
                json!({ "name": "x", "copy_from_default": true, "language": "en" }),
                "Can't copy factory prompts: this server has none…",
            ),
            set(&path, "parent_id", own, "Invalid 'parent_id'"),
            set(&path, "parent_id", base, "…a sound set can't be behind itself…"),
            set(&path, "customer_id", customer.id, "…field='customer_id'…"),
            delete(&path, "Sound set is still in use.").status(423),
        ],
    )
    .await;
    let nobodys = json!({ "name": "x" });
    let wanted = "Validation failed. field='reseller_id', input='', errors='Reseller field is required'";
    world.admin.post("/api/soundsets/", &nobodys).await.refuses(422, wanted);
    // The panel's words that only tell how to copy are taken where nothing is copied.
    let quiet = json!({ "name": "quiet", "copy_from_default": false, "language": "en", "loopplay": false });
    let quiet = one.door.create("soundsets", &quiet).await;
    two.door.get(&format!("/api/{path}")).await.refuses(404, "Entity 'soundset' not found.");

    // Whoever administers the customer looks at what is exposed, and keeps its own.
    assert_eq!(chief.door.get("/api/soundsets/?rows=10").await.ids(), [base, own]);
    let mine = chief.door.create("soundsets", &json!({ "name": "mine", "parent_id": base })).await;
    assert_eq!(chief.door.item(&format!("/api/soundsets/{mine}")).await["customer_id"], customer.id);
    chief.door.set(&format!("/api/{path}"), "name", "x").await.refuses_with(403, "the reseller's");
    chief.door.delete(&format!("/api/{path}")).await.refuses_with(403, "the reseller's");
    chief.door.delete(&format!("/api/soundsets/{quiet}")).await.is(404);
    // A parent that is not for it has no name for it.
    let below = json!({ "name": "below", "customer_id": customer.id, "parent_id": quiet });
    let below = format!("/api/soundsets/{}", one.door.create("soundsets", &below).await);
    for (door, name) in [(&one.door, json!("quiet")), (&chief.door, Value::Null)] {
        let shown = door.item(&below).await;
        assert_eq!((&shown["parent_id"], &shown["parent_name"]), (&json!(quiet), &name), "{shown}");
    }
    chief.door.set(&below, "description", "ours").await.is(204);
    assert_eq!(one.door.item(&below).await["parent_name"], "quiet");
    one.door.delete(&below).await.is(204);
    // A new default takes the place of the old one.
    chief.door.set(&format!("/api/soundsets/{mine}"), "contract_default", true).await.is(204);
    assert_eq!(one.door.item(&format!("/api/soundsets/{own}")).await["contract_default"], false);
    let journal = one.door.list(&format!("soundsets/{mine}/journal/")).await;
    let operations: Vec<&Value> = journal.iter().map(|entry| &entry["operation"]).collect();
    assert_eq!(operations, [&json!("create"), &json!("update")]);

    // A set that preferences name stays until they name it no more.
    let preferences = format!("/api/subscriberpreferences/{}", chief.id);
    one.door.patch(&preferences, &json!([{ "op": "add", "path": "/sound_set", "value": "quiet" }])).await.is(204);
    assert_eq!(one.door.item(&preferences).await["sound_set"], "quiet");
    one.door.delete(&format!("/api/soundsets/{quiet}")).await.refuses(423, "Sound set is still in use.");
    one.door.patch(&preferences, &json!([{ "op": "remove", "path": "/sound_set" }])).await.is(204);
    one.door.delete(&format!("/api/soundsets/{quiet}")).await.is(204);
    for id in [own, mine, base] {
        one.door.delete(&format!("/api/soundsets/{id}")).await.is(204);
    }
}

async fn of_files(world: &World) {
    let (one, two) = (world.reseller("tapes").await, world.reseller("deaf").await);
    let customer = world.customer(&one).await;
    let chief = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let back = one.door.create("soundsets", &json!({ "name": "back", "expose_to_customer": true })).await;
    let front = json!({ "name": "front", "customer_id": customer.id, "parent_id": back });
    let front = one.door.create("soundsets", &front).await;
    let of = |set: i64, handle: &str| json!({ "set_id": set, "handle": handle });
    let upload = |json: &Value, file: &[u8]| form(json, "soundfile", "C:\\tapes\\wait \u{1f3b5}.wav", file);

    let headers = [FORM, REPRESENTATION];
    let busy = with(&of(back, "music_on_hold"), &json!({ "loopplay": true }));
    let answer = one.door.send("POST", "/api/soundfiles/", &headers, upload(&busy, &wav())).await.is(201);
    let id = answer.id();
    assert_eq!(
        (&answer.json["filename"], &answer.json["format"], &answer.json["size"], &answer.json["loopplay"]),
        (&json!("wait \u{1f3b5}.wav"), &json!("wav"), &json!(wav().len()), &json!(true)),
        "{answer:?}"
    );
    assert_eq!(one.door.get(&format!("/api/soundfiles/?set_id={back}&handle=music*")).await.ids(), [id]);
    let recordings = format!("/api/soundfilerecordings/{id}");
    let played = chief.door.get(&recordings).await.is(200);
    assert_eq!((played.header("content-type"), &played.bytes), (Some("audio/x-wav"), &wav()));
    assert_eq!(played.header("content-disposition"), Some("attachment; filename=\"wait__.wav\""));
    one.door.get(&format!("{recordings}?format=wav")).await.is(200);
    one.door.get(&format!("{recordings}?format=mp3")).await.refuses_with(422, "stored as wav");
    one.door.get(&format!("{recordings}?format=midi")).await.refuses_with(422, "Invalid 'format'");
    two.door.get(&recordings).await.is(404);
    two.door.get(&format!("/api/soundfiles/{id}")).await.refuses(404, "Entity 'soundfile' not found.");

    for (body, status, message) in [
        (upload(&of(back, "busy"), b"not a sound"), 422, "neither WAV nor MP3 nor Ogg"),
        (upload(&of(back, "music_on_hold"), &wav()), 422, "already has a file for handle 'music_on_hold'"),
        (upload(&of(back, "nothing"), &wav()), 422, "Invalid handle 'nothing', does not exist."),
        (upload(&of(999_999, "busy"), &wav()), 422, "Invalid 'set_id'"),
        (upload(&json!({ "handle": "busy" }), &wav()), 422, "field='set_id'"),
        (upload(&of(back, "busy"), &[wav(), vec![0; 11 << 20]].concat()), 422, "at most 10485760 bytes"),
        (b"no parts".to_vec(), 400, "not a well-formed 'multipart/form-data' document"),
    ] {
        one.door.send("POST", "/api/soundfiles/", &[FORM], body).await.refuses_with(status, message);
    }
    commit(
        &one.door,
        vec![
            post("soundfiles/", of(back, "busy"), "…field='soundfile', input='', errors='Soundfile field is required'"),
            put(&format!("soundfiles/{id}"), of(back, "nothing"), "Invalid handle 'nothing', does not exist."),
        ],
    )
    .await;
    one.door.send("POST", "/api/soundsets/", &[FORM], upload(&json!({}), &wav())).await.refuses_with(415, "multipart");

    // The customer's own set plays what is behind it, until it has a recording of its own.
    let silent = with(&of(front, "busy"), &json!({ "use_parent": true }));
    let silent = chief.door.create("soundfiles", &silent).await;
    one.door.get(&format!("/api/soundfilerecordings/{silent}")).await.is(404);
    let own = with(&of(front, "music_on_hold"), &json!({ "use_parent": true }));
    let own = chief.door.create("soundfiles", &own).await;
    for (file, heard) in [(id, true), (own, true), (silent, false)] {
        let shown = one.door.item(&format!("/api/soundfiles/{file}")).await;
        let link = &shown["_links"]["ngcp:soundfilerecordings"][0]["href"];
        let wanted = if heard { json!(format!("/api/soundfilerecordings/{file}")) } else { Value::Null };
        assert_eq!((&shown["has_recording"], link), (&json!(heard), &wanted), "{shown}");
    }
    assert_eq!(chief.door.get(&format!("/api/soundfilerecordings/{own}")).await.is(200).bytes, wav());
    let now = with(&of(front, "music_on_hold"), &json!({ "use_parent": false, "filename": "ours" }));
    let mp3 = b"ID3\x04\x00";
    let path = format!("/api/soundfiles/{own}");
    chief.door.send("PUT", &path, &[FORM], upload(&now, mp3)).await.is(204);
    let played = chief.door.get(&format!("/api/soundfilerecordings/{own}")).await.is(200);
    assert_eq!((played.header("content-type"), &played.bytes[..]), (Some("audio/mpeg"), &mp3[..]));
    let item = chief.door.item(&path).await;
    assert_eq!((&item["filename"], &item["format"], &item["size"]), (&json!("ours"), &json!("mp3"), &json!(5)));
    // A change without a recording keeps it.
    chief.door.set(&path, "loopplay", true).await.is(204);
    chief.door.put(&path, &of(front, "music_on_hold")).await.is(204);
    assert_eq!(chief.door.get(&format!("/api/soundfilerecordings/{own}")).await.is(200).bytes, mp3);
    // What is the reseller's is played, and not changed.
    let taken = upload(&of(back, "busy"), &wav());
    chief.door.send("POST", "/api/soundfiles/", &[FORM], taken).await.refuses_with(403, "the reseller's");
    chief.door.delete(&format!("/api/soundfiles/{id}")).await.refuses_with(403, "the reseller's");
    chief.door.delete(&path).await.is(204);
    chief.door.get(&path).await.is(404);
    one.door.delete(&format!("/api/soundsets/{front}")).await.is(204);
    one.door.delete(&format!("/api/soundsets/{back}")).await.is(204);
    one.door.get(&recordings).await.refuses(404, "Entity 'soundfilerecording' not found.");
}

store::on_both! {
    async fn of_handles_rules(database: TestDb) {
        let world = World::new(database).await;
        of_handles(&world).await;
        world.server.stop().await;
    }

    async fn of_sets_rules(database: TestDb) {
        let world = World::new(database).await;
        of_sets(&world).await;
        world.server.stop().await;
    }

    async fn of_files_rules(database: TestDb) {
        let world = World::new(database).await;
        of_files(&world).await;
        world.server.stop().await;
    }
}
