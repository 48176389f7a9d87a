//! Greetings of voice boxes: taken in as forms, given out as what is known of them or as the sound itself.

use serde_json::{Value, json};

use super::{commit, post};
use crate::ngcp::client::REPRESENTATION;
use crate::ngcp::form::{FORM, form, wav};
use crate::ngcp::world::World;

const SOUND: (&str, &str) = ("Accept", "audio/x-wav");

async fn of_greetings(world: &World) {
    let (one, two) = (world.reseller("voices").await, world.reseller("mute").await);
    let customer = world.customer(&one).await;
    let chief = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let clerk = world.subscriber(&one, &customer, &json!({})).await;
    let of = |id: i64, dir: &str| json!({ "subscriber_id": id, "dir": dir });
    let upload = |json: &Value, file: &[u8]| form(json, "greetingfile", "hello.wav", file);
    let collection = "/api/voicemailgreetings/";

    let headers = [FORM, REPRESENTATION];
    let answer = clerk.door.send("POST", collection, &headers, upload(&of(clerk.id, "busy"), &wav())).await.is(201);
    let busy = answer.id();
    for (field, value) in [
        ("id", json!(busy)),
        ("subscriber_id", json!(clerk.id)),
        ("dir", json!("busy")),
        ("format", json!("wav")),
        ("size", json!(wav().len())),
    ] {
        assert_eq!(answer.json[field], value, "{}", answer.json);
    }
    let mp3 = b"ID3\x04\x00";
    let away = one.door.send("POST", collection, &[FORM], upload(&of(clerk.id, "unavail"), mp3)).await.is(201).id();
    let of_chief = chief.door.send("POST", collection, &[FORM], upload(&of(chief.id, "busy"), &wav())).await.is(201);
    let of_chief = of_chief.id();

    for (door, body, status, message) in [
        (&clerk.door, upload(&of(clerk.id, "busy"), &wav()), 422, "The subscriber already has a greeting for 'busy'."),
        (&clerk.door, upload(&of(chief.id, "unavail"), &wav()), 422, "Invalid 'subscriber_id', does not exist."),
        (&two.door, upload(&of(chief.id, "unavail"), &wav()), 422, "Invalid 'subscriber_id', does not exist."),
        (&chief.door, upload(&of(chief.id, "hold"), &wav()), 422, "field='dir'"),
        (&chief.door, upload(&json!({ "dir": "unavail" }), &wav()), 422, "field='subscriber_id'"),
        (&chief.door, upload(&of(chief.id, "unavail"), b"no sound"), 422, "field='greetingfile'"),
        (&chief.door, upload(&of(chief.id, "unavail"), b"no sound"), 422, "neither WAV nor MP3 nor Ogg"),
        (
            &chief.door,
            upload(&of(chief.id, "unavail"), &[wav(), vec![0; 11 << 20]].concat()),
            422,
            "at most 10485760 bytes",
        ),
        (&chief.door, b"no parts".to_vec(), 400, "not a well-formed 'multipart/form-data' document"),
    ] {
        door.send("POST", collection, &[FORM], body).await.refuses_with(status, message);
    }
    let without = "…field='greetingfile', input='', errors='Greetingfile field is required'";
    commit(&chief.door, vec![post("voicemailgreetings/", of(chief.id, "unavail"), without)]).await;

    // What is known of it, and the sound itself.
    let path = |id: i64| format!("{collection}{id}");
    let shown = clerk.door.get(&path(busy)).await.is(200);
    assert_eq!((&shown.json["dir"], &shown.json["subscriber_id"]), (&json!("busy"), &json!(clerk.id)));
    let link = &shown.json["_links"]["ngcp:subscribers"][0]["href"];
    assert_eq!(link, &json!(format!("/api/subscribers/{}", clerk.id)), "{}", shown.json);
    for (id, asked, kind, name, data) in [
        (busy, "", "audio/x-wav", "greeting-busy.wav", &wav()[..]),
        (busy, "?format=wav", "audio/x-wav", "greeting-busy.wav", &wav()),
        (away, "", "audio/mpeg", "greeting-unavail.mp3", mp3),
    ] {
        let played = clerk.door.send("GET", &format!("{}{asked}", path(id)), &[SOUND], "").await.is(200);
        assert_eq!((played.header("content-type"), &played.bytes[..]), (Some(kind), data));
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(played.header("content-disposition"), Some(disposition.as_str()));
    }
    assert_eq!(one.door.get(&format!("{}?format=mp3", path(away))).await.is(200).bytes, mp3);
    one.door.get(&format!("{}?format=ogg", path(away))).await.refuses_with(422, "stored as mp3");
    one.door.get(&format!("{}?format=midi", path(away))).await.refuses_with(422, "Invalid 'format'");
    for (door, id) in [(&clerk.door, of_chief), (&two.door, busy)] {
        for headers in [&[][..], &[SOUND]] {
            let answer = door.send("GET", &path(id), headers, "").await;
            answer.refuses(404, "Entity 'voicemailgreeting' not found.");
        }
        door.delete(&path(id)).await.refuses(404, "Entity 'voicemailgreeting' not found.");
    }

    let ids = async |query: &str| one.door.get(&format!("{collection}?{query}")).await.is(200).ids();
    assert_eq!(ids("order_by=id").await, [busy, away, of_chief]);
    assert_eq!(ids(&format!("subscriber_id={}", clerk.id)).await, [busy, away]);
    assert_eq!(ids("type=busy").await, [busy, of_chief]);
    assert_eq!(clerk.door.get(collection).await.is(200).ids(), [busy, away]);

    // A new recording takes the place of the old one; none keeps it; what is no recording changes nothing.
    let whole = of(clerk.id, "busy");
    clerk.door.send("PUT", &path(busy), &[FORM], upload(&whole, b"no sound")).await.refuses_with(422, "greetingfile");
    clerk.door.put(&path(busy), &whole).await.is(204);
    assert_eq!(clerk.door.send("GET", &path(busy), &[SOUND], "").await.is(200).bytes, wav());
    let answer = chief.door.send("PUT", &path(busy), &headers, upload(&whole, mp3)).await.is(200);
    assert_eq!((&answer.json["format"], &answer.json["size"]), (&json!("mp3"), &json!(5)));
    assert_eq!(clerk.door.send("GET", &path(busy), &[SOUND], "").await.is(200).bytes, mp3);
    clerk.door.put(&path(busy), &of(clerk.id, "unavail")).await.refuses_with(422, "already has a greeting");
    clerk.door.set(&path(busy), "dir", "unavail").await.refuses(404, "Path not found");

    clerk.door.delete(&path(busy)).await.is(204);
    clerk.door.get(&path(busy)).await.is(404);
    one.door.delete(&format!("/api/subscribers/{}", clerk.id)).await.is(204);
    assert_eq!(ids("order_by=id").await, [of_chief], "they go with the subscriber");
}

store::on_both! {
    async fn greetings_are_recorded_and_played(database: TestDb) {
        let world = World::new(database).await;
        of_greetings(&world).await;
        world.server.stop().await;
    }
}
