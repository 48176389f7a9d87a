//! What a subscriber sets for its services: speed dials, voicemail, reminders, faxes, secretaries, call control.

use serde_json::{Value, json};

use super::{commit, patch, post, put, set, with, without};
use crate::ngcp::world::World;

async fn of_services(world: &World) {
    let reseller = world.reseller("served").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let (id, door) = (subscriber.id, &reseller.door);
    let path = |resource: &str| format!("{resource}/{id}");
    let reminder = json!({ "subscriber_id": id, "time": "07:30", "recur": "weekdays" });
    let reminder_id = door.create("reminders", &reminder).await;
    let dial = |slot: &str, to: &str| json!({ "slot": slot, "destination": to });
    let dials = |all: Value| json!({ "speeddials": all });
    let voicemail = json!({ "pin": "4711", "email": "me@example.org", "attach": true, "delete": true });
    let fax = json!({ "active": true, "destinations": [{ "destination": "nobody", "incoming": true }] });
    commit(
        door,
        vec![
            post("reminders/", reminder.clone(), "Reminder already exists for this subscriber"),
            post("reminders/", with(&reminder, &json!({ "subscriber_id": 999_999 })), "Invalid 'subscriber_id'…"),
            post("reminders/", with(&reminder, &json!({ "time": "7 o'clock" })), "…field='time', input='7 o'clock'…"),
            post("reminders/", with(&reminder, &json!({ "time": "24:00" })), "…must be HH:MM…"),
            post("reminders/", with(&reminder, &json!({ "recur": "yearly" })), "…'yearly' is not a valid value…"),
            post("reminders/", without(&reminder, "recur"), "…Recur field is required…"),
            put(&path("speeddials"), dials(json!([dial("*1", "1"), dial("*1", "2")])), "Slot '*1' must be unique."),
            put(&path("speeddials"), dials(json!([dial("1", "1")])), "Slot invalid."),
            put(&path("speeddials"), dials(json!([dial("*10", "1")])), "Slot invalid."),
            put(&path("speeddials"), dials(json!([dial("*1", "a b")])), "…neither a number nor a SIP URI…"),
            put(&path("voicemailsettings"), without(&voicemail, "pin"), "…field='pin'…"),
            put(
                &path("voicemailsettings"),
                with(&voicemail, &json!({ "attach": false })),
                "…field='attach', input='false', errors='Must be set if delete is set'",
            ),
            put(
                &path("voicemailsettings"),
                with(&voicemail, &json!({ "sms_number": "0123" })),
                "…field='sms_number', input='0123'…",
            ),
            set(&path("voicemailsettings"), "sms_number", "0123", "…field='sms_number', input='0123'…"),
            put(&path("voicemailsettings"), with(&voicemail, &json!({ "email": "me" })), "…field='email'…"),
            set(&path("voicemailsettings"), "pin", "123", "…field='pin', input='*****'…"),
            put(&path("faxserversettings"), fax, "…neither an e-mail address nor a number…"),
            put(
                &path("mailtofaxsettings"),
                json!({ "secret_renew_notify": [{ "destination": "me" }] }),
                "…field='secret_renew_notify…",
            ),
            put(&path("managersecretary"), json!({ "active": true, "numbers": [] }), "…field='numbers'…"),
            put(
                &path("ccmapentries"),
                json!({ "mappings": [{ "auth_key": "a" }, { "auth_key": "a" }] }),
                "…field='auth_key', input='', errors='a key is there twice'",
            ),
            put(
                &path("ccmapentries"),
                json!({ "mappings": [{ "auth_key": "k".repeat(256) }] }),
                "…field='mappings_0_auth_key', input='*****'…",
            ),
            put(&path("ccmapentries"), json!({ "mappings": "key" }), "…field='mappings', input='*****'…"),
            patch(
                &path("speeddials"),
                json!([{ "op": "remove", "path": "/speeddials/3" }]),
                "The entity could not be processed…",
            ),
        ],
    )
    .await;

    // Each collection finds what is a subscriber's.
    world.subscriber(&reseller, &customer, &json!({})).await;
    for collection in "speeddials voicemailsettings faxserversettings mailtofaxsettings managersecretary ccmapentries \
        callforwards cfmappings autoattendants"
        .split_whitespace()
    {
        let found = door.get(&format!("/api/{collection}/?subscriber_id={id}")).await.is(200);
        assert_eq!((&found.json["total_count"], found.embedded().len()), (&json!(1), 1), "{collection}: {found:?}");
        for none in ["999999", "x"] {
            let found = door.get(&format!("/api/{collection}/?subscriber_id={none}")).await.is(200);
            assert_eq!(found.json["total_count"], 0, "{collection}: {none}");
        }
    }

    // Speed dials become URIs in the subscriber's domain, and are patched member by member.
    let domain = door.item(&format!("/api/subscribers/{id}")).await["domain"].as_str().unwrap().to_owned();
    let three = dials(json!([dial("*3", "4366610001"), dial("*1", "sip:a@b.example"), dial("*2", "bob")]));
    door.put(&format!("/api/{}", path("speeddials")), &three).await.is(204);
    let shown = door.item(&format!("/api/{}", path("speeddials"))).await["speeddials"].clone();
    let expected = json!([
        dial("*3", &format!("sip:4366610001@{domain}")),
        dial("*1", "sip:a@b.example"),
        dial("*2", &format!("sip:bob@{domain}")),
    ]);
    assert_eq!(shown, expected);
    let more = json!([{ "op": "add", "path": "/speeddials/-", "value": dial("*0", "1") }]);
    door.patch(&format!("/api/{}", path("speeddials")), &more).await.is(204);
    assert_eq!(door.item(&format!("/api/{}", path("speeddials"))).await["speeddials"][3]["slot"], "*0");
    door.put(&format!("/api/{}", path("speeddials")), &json!({})).await.is(204);
    assert_eq!(door.item(&format!("/api/{}", path("speeddials"))).await["speeddials"], json!([]));

    // A mailbox that nobody has set up has a PIN; the journal has none.
    let first = door.item(&format!("/api/{}", path("voicemailsettings"))).await;
    let pin = first["pin"].as_str().unwrap();
    assert!(pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit()), "{first}");
    door.set(&format!("/api/{}", path("voicemailsettings")), "email", "a@example.org").await.is(204);
    let second = door.item(&format!("/api/{}", path("voicemailsettings"))).await;
    assert_eq!((&second["pin"], &second["email"]), (&first["pin"], &json!("a@example.org")));
    door.put(&format!("/api/{}", path("voicemailsettings")), &voicemail).await.is(204);
    let entries = door.list(&format!("voicemailsettings/{id}/journal/")).await;
    assert_eq!(entries.len(), 2, "{entries:?}");
    let recent = door.get(&format!("/api/voicemailsettings/{id}/journal/recent")).await.is(200);
    assert!(recent.text.contains("***") && !recent.text.contains("4711"), "{}", recent.text);

    // A password of faxes is kept by who leaves it out, and never shown.
    let fax = json!({ "active": true, "password": "s3cret", "destinations": [{ "destination": "fax@example.org" }] });
    door.put(&format!("/api/{}", path("faxserversettings")), &fax).await.is(204);
    let shown = door.item(&format!("/api/{}", path("faxserversettings"))).await;
    assert!(shown.get("password").is_none(), "{shown}");
    assert_eq!(shown["destinations"][0]["filetype"], "TIFF");
    door.set(&format!("/api/{}", path("faxserversettings")), "name", "Ltd").await.is(204);
    let mail = json!({ "active": true, "secret_key": "k1", "secret_key_renew": "daily" });
    door.put(&format!("/api/{}", path("mailtofaxsettings")), &mail).await.is(204);
    let shown = door.item(&format!("/api/{}", path("mailtofaxsettings"))).await;
    assert_eq!((&shown["secret_key"], &shown["secret_key_renew"]), (&json!("k1"), &json!("daily")));
    assert!(shown["last_secret_key_modify"].is_string(), "{shown}");

    let secretaries = json!({ "active": true, "numbers": ["4366610002"] });
    door.put(&format!("/api/{}", path("managersecretary")), &secretaries).await.is(204);
    let shown = door.item(&format!("/api/{}", path("managersecretary"))).await;
    assert_eq!(shown["numbers"], json!([format!("sip:4366610002@{domain}")]));
    door.put(&format!("/api/{}", path("ccmapentries")), &json!({ "mappings": [{ "auth_key": "a" }] })).await.is(204);
    assert_eq!(door.item(&format!("/api/{}", path("ccmapentries"))).await["mappings"][0]["auth_key"], "a");
    door.delete(&format!("/api/{}", path("ccmapentries"))).await.is(204);
    assert_eq!(door.item(&format!("/api/{}", path("ccmapentries"))).await["mappings"], json!([]));

    let shown = door.item(&format!("/api/reminders/{reminder_id}")).await;
    assert_eq!((&shown["time"], &shown["active"]), (&json!("07:30:00"), &json!(true)));
    assert_eq!(door.list(&format!("reminders/?subscriber_id={id}")).await.len(), 1);

    // All of it goes with the subscriber.
    door.delete(&format!("/api/subscribers/{id}")).await.is(204);
    door.get(&format!("/api/reminders/{reminder_id}")).await.refuses(404, "Entity 'reminder' not found.");
    door.get(&format!("/api/{}", path("speeddials"))).await.is(404);
    assert_eq!(world.admin.list(&format!("reminders/?subscriber_id={id}")).await.len(), 0);
}

store::on_both! {
    async fn services_are_set_by_their_rules(database: TestDb) {
        let world = World::new(database).await;
        of_services(&world).await;
        world.server.stop().await;
    }
}
