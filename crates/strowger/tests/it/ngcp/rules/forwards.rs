//! Call forwards, their sets and mappings, and preferences.

use serde_json::{Value, json};

use super::{commit, post, put, set, with};
use crate::ngcp::world::World;

async fn of_call_forwards(world: &World) {
    let reseller = world.reseller("forwards").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let (id, door) = (subscriber.id, &reseller.door);
    let forwards = format!("callforwards/{id}");
    let mappings = format!("cfmappings/{id}");
    let to = |destination: &str, timeout: Value| json!({ "destinations": [{ "destination": destination, "timeout": timeout }] });
    let set_of = |name: &str, more: Value| with(&json!({ "name": name, "subscriber_id": id }), &more);
    let destinations = json!({ "destinations": [{ "destination": "4312345" }] });
    let destination_set = door.create("cfdestinationsets", &set_of("d", destinations.clone())).await;
    let time_set =
        door.create("cftimesets", &set_of("t", json!({ "times": [{ "hour": "8-17", "wday": "2-6" }] }))).await;
    let source_set = door
        .create("cfsourcesets", &set_of("s", json!({ "mode": "whitelist", "sources": [{ "source": "43*" }] })))
        .await;
    let number_set = door
        .create("cfbnumbersets", &set_of("b", json!({ "mode": "blacklist", "bnumbers": [{ "bnumber": "431" }] })))
        .await;
    let empty = json!({ "cfu": [], "cfb": [], "cft": [], "cfna": [], "cfs": [], "cfr": [], "cfo": [] });
    let mapped = |more: Value| with(&empty, &more);
    commit(
        door,
        vec![
            put(&forwards, json!({ "cfu": to("4366610001", json!("long")) }), "Invalid timeout in 'cfu'…"),
            put(&forwards, json!({ "cft": to("4366610001", json!(10)) }), "…field='cft_ringtimeout'…"),
            post(
                "cfdestinationsets/",
                set_of("d", destinations.clone()),
                "a destination set with this name already exists…",
            ),
            post("cftimesets/", set_of("t", json!({ "times": [] })), "a time set with this name already exists…"),
            post(
                "cfsourcesets/",
                set_of("s", json!({ "mode": "whitelist", "sources": [] })),
                "a source set with this name already exists…",
            ),
            post(
                "cfbnumbersets/",
                set_of("b", json!({ "mode": "whitelist", "bnumbers": [] })),
                "a bnumber set with this name already exists…",
            ),
            post(
                "cfdestinationsets/",
                json!({ "name": "x", "subscriber_id": 999_999, "destinations": [] }),
                "Invalid 'subscriber_id'…",
            ),
            post("cfsourcesets/", set_of("x", json!({ "sources": [] })), "Validation failed. field='mode'…"),
            post(
                "cfsourcesets/",
                set_of("x", json!({ "mode": "greylist", "sources": [] })),
                "Validation failed. field='mode'…",
            ),
            put(&mappings, json!({ "cfu": "no" }), "Invalid field 'cf…'. Must be an array."),
            put(
                &mappings,
                mapped(json!({ "cfu": [{}] })),
                "Missing field 'destinationset' or 'destinationset_id' in 'cfu'.",
            ),
            put(
                &mappings,
                mapped(json!({ "cfu": [{ "destinationset": "nosuch" }] })),
                "Invalid 'destinationset'. Could not be found.",
            ),
            put(&mappings, mapped(json!({ "cft": [{ "destinationset": "d" }] })), "…cft_ringtimeout…"),
        ],
    )
    .await;
    let answer = door.put(&format!("/api/{mappings}"), &json!({ "cfu": "no" })).await;
    answer.refuses_with(422, "Must be an array.");

    // All in one: two mappings, which are no simple forward any more.
    let two = mapped(json!({
        "cfu": [
            { "destinationset_id": destination_set, "timeset_id": time_set, "sourceset": "s", "bnumberset_id": number_set },
            { "destinationset": "d", "enabled": false },
        ],
        "cft": [{ "destinationset": "d" }], "cft_ringtimeout": 20,
    }));
    door.put(&format!("/api/{mappings}"), &two).await.is(204);
    let item = door.item(&format!("/api/{mappings}")).await;
    let shown = &item["cfu"][0];
    assert_eq!(
        (&shown["destinationset"], &shown["timeset"], &shown["sourceset_id"], &shown["bnumberset"]),
        (&json!("d"), &json!("t"), &json!(source_set), &json!("b")),
        "{item}"
    );
    assert_eq!((&item["cfu"][1]["enabled"], &item["cft_ringtimeout"]), (&json!(false), &json!(20)), "{item}");
    let body = json!({ "cfu": to("4366610001", json!(10)) });
    door.put(&format!("/api/{forwards}"), &body).await.refuses_with(422, "Not a simple cf. Multiple ");
    assert_eq!(door.item(&format!("/api/cfdestinationsets/{destination_set}")).await["usage_count"], json!(3));
    // A set may go with its mappings, or leave them.
    door.delete(&format!("/api/cftimesets/{time_set}?unassign_first=1")).await.is(204);
    assert_eq!(door.item(&format!("/api/{mappings}")).await["cfu"][0]["timeset"], Value::Null);
    door.delete(&format!("/api/cfdestinationsets/{destination_set}")).await.is(204);
    let item = door.item(&format!("/api/{mappings}")).await;
    assert_eq!((&item["cfu"], &item["cft"]), (&json!([]), &json!([])), "{item}");
    door.delete(&format!("/api/{forwards}")).await.is(204);

    // Keywords and addresses, as they are shown in both resources; and PUT replaces all.
    let body = json!({ "cfb": to("voicebox", json!(300)), "cfna": to("ada@elsewhere.example.org", json!(20)) });
    door.put(&format!("/api/{forwards}"), &body).await.is(204);
    let item = door.item(&format!("/api/{forwards}")).await;
    assert_eq!(item["cfb"]["destinations"][0]["destination"], "voicebox", "{item}");
    let away = &item["cfna"]["destinations"][0];
    assert_eq!(
        (&away["destination"], &away["simple_destination"]),
        (&json!("sip:ada@elsewhere.example.org"), &json!("ada@elsewhere.example.org"))
    );
    let sets = door.list(&format!("cfdestinationsets/?subscriber_id={id}&name=quickset_cfb")).await;
    let stored = sets[0]["destinations"][0]["destination"].as_str().unwrap();
    assert!(stored.starts_with("sip:vmb43") && stored.ends_with("@voicebox.local"), "{stored}");
    // Its own subscriber sets it as well, and nothing of another's.
    subscriber.door.set(&format!("/api/{forwards}"), "cfu", to("4366610001", json!(10))).await.is(204);
    let item = subscriber.door.item(&format!("/api/{forwards}")).await;
    assert_eq!(item["cfb"]["destinations"][0]["destination"], "voicebox", "{item}");
    let cfu = json!({ "cfu": to("4366610001", json!(10)) });
    door.put(&format!("/api/{forwards}"), &cfu).await.is(204);
    assert_eq!(door.item(&format!("/api/{forwards}")).await["cfb"], json!({}));
}

async fn of_preferences(world: &World) {
    let reseller = world.reseller("prefers").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let door = &reseller.door;
    let own = format!("subscriberpreferences/{}", subscriber.id);
    let long = "x".repeat(129);
    commit(
        door,
        vec![
            put(&own, json!({ "dnd": [true] }), "Invalid data type 'ARRAY' for preference 'dnd', expected flat value"),
            put(
                &own,
                json!({ "block_in_list": "431" }),
                "Invalid data type '' for preference 'block_in_list', expected ARRAY",
            ),
            put(
                &own,
                json!({ "concurrent_max": "many" }),
                "Invalid data type for element in preference 'concurrent_max', expected 'int'",
            ),
            put(
                &own,
                json!({ "dnd": "perhaps" }),
                "Invalid data type for element in preference 'dnd', expected 'boolean'",
            ),
            put(&own, json!({ "language": "tlh" }), "Invalid enum value in preference 'language'"),
            put(&own, json!({ "display_name": long }), "…referenc…exceeds maximum length of 128 characters"),
            put(&own, json!({ "rewrite_rule_set": "nosuch" }), "Unknown rewrite_rule_set 'nosuch'"),
            put(&own, json!({ "ncos": "nosuch" }), "Unknown ncos_level 'nosuch'"),
            put(&own, json!({ "sound_set": "nosuch" }), "Unknown sound_set 'nosuch'"),
            put(&own, json!({ "allowed_clis": ["431", "431"] }), "Duplicate allowed_clis value: 431"),
            put(&own, json!({ "allowed_ips": ["999.1.1.1"] }), "…"),
            set(
                &own,
                "dnd",
                true,
                "The entity could not be processed: A pointer that references a non-existent value (pointer: /dnd)",
            ),
        ],
    )
    .await;
    let path = format!("/api/{own}");
    door.put(&path, &json!({ "display_name": long }))
        .await
        .refuses_with(422, "'display_name' exceeds maximum length of 128 characters");
    // What is not known, internal or of another level is left aside; null is as if it were not there.
    let body = json!({
        "nosuch": 1, "account_id": 7, "cfu": 3, "prepaid_library": "libswrate", "dnd": true, "concurrent_max": "3",
        "block_in_list": ["431*"], "user_cli": null, "allowed_ips": ["192.0.2.7", "192.0.2.64/28"], "language": "de",
    });
    door.put(&path, &body).await.is(204);
    let mut item = door.item(&path).await;
    item.as_object_mut().unwrap().remove("_links");
    let wanted = json!({
        "id": subscriber.id, "subscriber_id": subscriber.id, "dnd": true, "concurrent_max": 3,
        "block_in_list": ["431*"], "allowed_ips": item["allowed_ips"], "language": "de",
    });
    assert_eq!(item, wanted);
    assert_eq!(item["allowed_ips"].as_array().unwrap().len(), 2);
    // What a subscriber is not meant to see it neither sees nor sets.
    world.admin.patch(&path, &json!([{ "op": "add", "path": "/adm_block_in_list", "value": ["44*"] }])).await.is(204);
    let item = subscriber.door.item(&path).await;
    assert_eq!((item.get("adm_block_in_list"), &item["dnd"]), (None, &json!(true)), "{item}");
    let definitions = subscriber.door.item("/api/subscriberpreferencedefs/").await;
    assert_eq!(definitions.get("adm_block_in_list"), None);
    let definitions = world.admin.item("/api/subscriberpreferencedefs/").await;
    let list = &definitions["adm_block_in_list"];
    assert_eq!((&list["data_type"], &list["max_occur"]), (&json!("string"), &json!(0)), "{list}");
    let values = &definitions["language"]["enum_values"];
    assert!(values.as_array().unwrap().iter().any(|value| value["value"] == "de"), "{values}");

    // A new domain has the defaults of all that can be chosen.
    let item = door.item(&format!("/api/domainpreferences/{}", reseller.domain_id)).await;
    for (name, value) in [("language", "en"), ("use_rtpproxy", "ice_strip_candidates"), ("outbound_from_user", "upn")] {
        assert_eq!(item[name], json!(value), "{name}");
    }
}

store::on_both! {
    async fn of_call_forwards_rules(database: TestDb) {
        let world = World::new(database).await;
        of_call_forwards(&world).await;
        world.server.stop().await;
    }

    async fn of_preferences_rules(database: TestDb) {
        let world = World::new(database).await;
        of_preferences(&world).await;
        world.server.stop().await;
    }
}
