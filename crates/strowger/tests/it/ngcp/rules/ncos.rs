//! NCOS levels with their patterns and carriers, the preferences that name records, and attributes that are added.

use serde_json::{Value, json};

use super::{commit, delete, post, put, set, with, without};
use crate::ngcp::client::{Door, JSON, REPRESENTATION};
use crate::ngcp::world::World;

async fn of_levels(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let level = json!({ "level": "national", "mode": "whitelist" });
    let level_id = one.door.create("ncoslevels", &level).await;
    let their_level = two.door.create("ncoslevels", &level).await;
    let times = json!({ "name": "office", "times": [{ "start": "2026-01-05 09:00:00" }] });
    let their_times = two.door.create("timesets", &times).await;
    let carrier = json!({ "name": "carrier", "prefix": "D001" });
    let carrier_id = world.admin.create("lnpcarriers", &carrier).await;
    let pattern = json!({ "ncos_level_id": level_id, "pattern": "^43", "description": "inland" });
    let pattern_id = one.door.create("ncospatterns", &pattern).await;
    let named = json!({ "ncos_level_id": level_id, "carrier_id": carrier_id });
    let named_id = one.door.create("ncoslnpcarriers", &named).await;
    let of_carrier = json!({ "ncos_lnp_id": named_id, "pattern": "^4366" });
    let of_carrier_id = one.door.create("ncoslnppatterns", &of_carrier).await;
    let path = format!("ncoslevels/{level_id}");
    commit(
        &one.door,
        vec![
            post("ncoslevels/", level.clone(), "NCOS level already exists for this reseller"),
            post(
                "ncoslevels/",
                without(&level, "level"),
                "…field='level', input='', errors='Level Name field is required'",
            ),
            post("ncoslevels/", with(&level, &json!({ "mode": "x" })), "…field='mode'…is not a valid value'"),
            set(&path, "time_set_id", their_times, "Invalid 'time_set_id'"),
            post("ncospatterns/", pattern.clone(), "NCOS pattern already exists for this level"),
            post(
                "ncospatterns/",
                with(&pattern, &json!({ "pattern": "^(43" })),
                "…field='pattern'…regular expression…",
            ),
            post("ncospatterns/", with(&pattern, &json!({ "ncos_level_id": their_level })), "Invalid 'ncos_level_id'"),
            set(&format!("ncospatterns/{pattern_id}"), "ncos_level_id", their_level, "Invalid 'ncos_level_id'"),
            post("ncoslnpcarriers/", named.clone(), "LNP carrier already exists for this NCOS level"),
            post("ncoslnpcarriers/", with(&named, &json!({ "carrier_id": 999_999 })), "Invalid 'carrier_id'"),
            post("ncoslnpcarriers/", with(&named, &json!({ "ncos_level_id": their_level })), "Invalid 'ncos_level_id'"),
            post("ncoslnppatterns/", of_carrier.clone(), "LNP pattern already exists for this NCOS carrier"),
            post("ncoslnppatterns/", with(&of_carrier, &json!({ "pattern": "[" })), "…field='pattern'…"),
            post("ncoslnppatterns/", with(&of_carrier, &json!({ "ncos_lnp_id": 999_999 })), "Invalid 'ncos_lnp_id'"),
        ],
    )
    .await;
    let moved = json!([{ "op": "replace", "path": "/reseller_id", "value": two.id }]);
    world.admin.patch(&format!("/api/{path}"), &moved).await.refuses(422, "Changing the reseller ID is not allowed.");
    for (item, singular) in [
        (path.clone(), "ncoslevel"),
        (format!("ncospatterns/{pattern_id}"), "ncospattern"),
        (format!("ncoslnpcarriers/{named_id}"), "ncoslnpcarrier"),
        (format!("ncoslnppatterns/{of_carrier_id}"), "ncoslnppattern"),
    ] {
        two.door.get(&format!("/api/{item}")).await.refuses(404, &format!("Entity '{singular}' not found."));
        one.door.set(&format!("/api/{item}"), "description", "changed").await.is(204);
        let whole = one.door.item(&format!("/api/{item}")).await;
        assert_eq!(whole["description"], json!("changed"));
        let again = one.door.send("PUT", &format!("/api/{item}"), &[JSON, REPRESENTATION], whole.to_string()).await;
        assert_eq!(again.is(200).json, whole, "what was read can be written");
    }
    for (query, ids) in [
        (format!("ncoslevels/?level=nat*&reseller_id={}", one.id), vec![level_id]),
        (format!("ncospatterns/?ncos_level_id={level_id}"), vec![pattern_id]),
        (format!("ncoslnpcarriers/?carrier_id={carrier_id}"), vec![named_id]),
        (format!("ncoslnppatterns/?ncos_lnp_id={named_id}&pattern=^4366"), vec![of_carrier_id]),
        ("ncospatterns/?pattern=^44".to_owned(), vec![]),
    ] {
        assert_eq!(one.door.get(&format!("/api/{query}")).await.is(200).ids(), ids, "{query}");
    }
    let answer = world.admin.delete(&format!("/api/lnpcarriers/{carrier_id}")).await;
    assert!(answer.status >= 400, "a level names it: {answer:?}");
    one.door.delete(&format!("/api/{path}")).await.is(204);
    for gone in [format!("ncospatterns/{pattern_id}"), format!("ncoslnppatterns/{of_carrier_id}")] {
        assert_eq!(one.door.get(&format!("/api/{gone}")).await.status, 404, "{gone}");
    }
    world.admin.delete(&format!("/api/lnpcarriers/{carrier_id}")).await.is(204);
}

async fn of_names(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let alice = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let level = async |door: &Door, name: &str, exposed: bool| {
        let body = json!({ "level": name, "mode": "blacklist", "expose_to_customer": exposed });
        door.create("ncoslevels", &body).await
    };
    let plain = level(&one.door, "plain", false).await;
    let shown = level(&one.door, "shown", true).await;
    level(&two.door, "theirs", true).await;
    assert_eq!(alice.door.get("/api/ncoslevels/").await.is(200).ids(), [shown]);
    alice.door.get(&format!("/api/ncoslevels/{plain}")).await.refuses(404, "Entity 'ncoslevel' not found.");
    alice.door.get(&format!("/api/ncoslevels/{shown}")).await.is(200);

    let own = format!("subscriberpreferences/{}", alice.id);
    let rewrite = json!({ "name": "rewrite", "description": "numbers" });
    let rewrite_id = one.door.create("rewriterulesets", &rewrite).await;
    let sound_id = one.door.create("soundsets", &json!({ "name": "voices", "description": "prompts" })).await;
    let header_id = one.door.create("headerrulesets", &json!({ "name": "headers", "description": "headers" })).await;
    let container_id = one.door.create("emergencymappingcontainers", &json!({ "name": "codes" })).await;
    let names = json!({
        "ncos": "plain", "adm_ncos": "shown", "adm_cf_ncos": "plain", "rewrite_rule_set": "rewrite",
        "sound_set": "voices", "contract_sound_set": "voices", "header_rule_set": "headers",
        "emergency_mapping_container": "codes",
    });
    let unknown = |attribute: &str, kind: &str| put(&own, json!({ attribute: "x" }), &format!("Unknown {kind} 'x'"));
    commit(
        &one.door,
        vec![
            put(&own, json!({ "ncos": "theirs" }), "Unknown ncos_level 'theirs'"),
            unknown("adm_cf_ncos", "ncos_level"),
            unknown("ncos_set", "ncos_set"),
            unknown("rewrite_rule_set", "rewrite_rule_set"),
            unknown("header_rule_set", "header_rule_set"),
            unknown("sound_set", "sound_set"),
            unknown("contract_sound_set", "contract_sound_set"),
            unknown("emergency_mapping_container", "emergency_mapping_container"),
        ],
    )
    .await;
    let path = format!("/api/{own}");
    one.door.put(&path, &names).await.is(204);
    let read = one.door.item(&path).await;
    for (name, value) in names.as_object().unwrap() {
        assert_eq!(&read[name], value, "{read}");
    }
    commit(
        &one.door,
        vec![
            delete(&format!("ncoslevels/{plain}"), "…still in use…").status(423),
            delete(&format!("rewriterulesets/{rewrite_id}"), "…still in use…").status(423),
            delete(&format!("headerrulesets/{header_id}"), "…still in use…").status(423),
            delete(&format!("soundsets/{sound_id}"), "…still in use…").status(423),
        ],
    )
    .await;
    one.door.set(&format!("/api/ncoslevels/{plain}"), "level", "renamed").await.is(204);
    assert_eq!(one.door.item(&path).await["ncos"], json!("renamed"));
    assert_eq!(alice.door.item(&path).await["ncos"], json!("renamed"), "what is set is shown");
    alice.door.set(&path, "ncos", "shown").await.is(204);
    alice.door.set(&path, "ncos", "renamed").await.refuses(422, "Unknown ncos_level 'renamed'");
    one.door.put(&path, &json!({})).await.is(204);
    for gone in
        [format!("ncoslevels/{plain}"), format!("rewriterulesets/{rewrite_id}"), format!("soundsets/{sound_id}")]
    {
        one.door.delete(&format!("/api/{gone}")).await.is(204);
    }
    one.door.put(&path, &json!({ "emergency_mapping_container": "codes" })).await.is(204);
    let container = format!("emergencymappingcontainers/{container_id}");
    commit(&one.door, vec![delete(&container, "…still in use…").status(423)]).await;
}

/// A peering server names what reseller 1 has, and its preferences go with it.
async fn of_peers(world: &World) {
    let (admin, one) = (&world.admin, world.reseller("one").await);
    let contact = admin.create("systemcontacts", &json!({ "email": "carrier@example.org" })).await;
    let contract = json!({ "contact_id": contact, "type": "sippeering", "status": "active", "billing_profile_id": 1 });
    let contract = admin.create("contracts", &contract).await;
    let group = json!({ "contract_id": contract, "name": "wholesale", "description": "all" });
    let group = admin.create("peeringgroups", &group).await;
    let server = json!({ "group_id": group, "name": "gateway", "ip": "192.0.2.1" });
    let server = admin.create("peeringservers", &server).await;
    admin.create("rewriterulesets", &json!({ "name": "operators", "reseller_id": 1 })).await;
    one.door.create("rewriterulesets", &json!({ "name": "resellers" })).await;
    let path = format!("peeringserverpreferences/{server}");
    commit(
        admin,
        vec![
            put(&path, json!({ "rewrite_rule_set": "resellers" }), "Unknown rewrite_rule_set 'resellers'"),
            put(&path, json!({ "outbound_from_user": "x" }), "Invalid enum value in preference 'outbound_from_user'"),
        ],
    )
    .await;
    let wanted = json!({ "rewrite_rule_set": "operators", "outbound_from_user": "npn", "clir": true });
    let answer = admin.send("PUT", &format!("/api/{path}"), &[JSON, REPRESENTATION], wanted.to_string()).await;
    let item = answer.is(200).json;
    assert_eq!((&item["peer_id"], &item["rewrite_rule_set"]), (&json!(server), &json!("operators")), "{item}");
    assert_eq!((&item["outbound_from_user"], &item["clir"]), (&json!("npn"), &Value::Null), "{item}");
    assert_eq!(admin.get("/api/peeringserverpreferences/").await.is(200).ids(), [server]);
    admin.delete(&format!("/api/peeringservers/{server}")).await.is(204);
    let gone = admin.get(&format!("/api/{path}")).await;
    gone.refuses(404, "Entity 'peeringserverpreference' not found.");
}

async fn of_added_attributes(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let volume = json!({
        "attribute": "ring_volume", "label": "Volume", "description": "How loud it rings", "data_type": "enum",
        "max_occur": 1, "fielddev_pref": true,
        "enum": [{ "label": "Low", "value": "1", "default_val": true }, { "label": "High", "value": "9" }],
    });
    let id = one.door.create("preferencesmetaentries", &volume).await;
    let path = format!("preferencesmetaentries/{id}");
    let read = one.door.item(&format!("/api/{path}")).await;
    assert_eq!(read["enum"][1], json!({ "label": "High", "value": "9", "default_val": false }), "{read}");
    commit(
        &two.door,
        vec![
            post("preferencesmetaentries/", volume.clone(), "Preference attribute 'ring_volume' already exists"),
            post(
                "preferencesmetaentries/",
                with(&volume, &json!({ "attribute": "dnd" })),
                "Preference attribute 'dnd' already exists",
            ),
            post("preferencesmetaentries/", with(&volume, &json!({ "attribute": "a b" })), "…field='attribute'…"),
            post("preferencesmetaentries/", with(&volume, &json!({ "attribute": "x", "enum": [] })), "…field='enum'…"),
            post(
                "preferencesmetaentries/",
                with(&volume, &json!({ "attribute": "x", "fielddev_pref": false })),
                "…field='dev_pref'…",
            ),
        ],
    )
    .await;
    one.door.set(&format!("/api/{path}"), "attribute", "other").await.refuses_with(422, "keeps its name");
    one.door.set(&format!("/api/{path}"), "label", "Loudness").await.is(204);
    two.door.get(&format!("/api/{path}")).await.refuses(404, "Entity 'preferencesmetaentry' not found.");
    let defs = one.door.item("/api/pbxfielddevicepreferencedefs/").await;
    let of = &defs["ring_volume"];
    assert_eq!((&of["label"], &of["dynamic"], &of["data_type"]), (&json!("Loudness"), &json!(1), &json!("enum")));
    assert_eq!(of["enum_values"].as_array().map(Vec::len), Some(2));
    for (door, document) in [(&two.door, "pbxfielddevicepreferencedefs"), (&one.door, "pbxdevicepreferencedefs")] {
        assert_eq!(door.item(&format!("/api/{document}/")).await["ring_volume"], Value::Null, "{document}");
    }
    assert_eq!(one.door.get("/api/preferencesmetaentries/?attribute=ring*").await.is(200).ids(), [id]);
    one.door.delete(&format!("/api/{path}")).await.is(204);
}

store::on_both! {
    async fn of_levels_rules(database: TestDb) {
        let world = World::new(database).await;
        of_levels(&world).await;
        world.server.stop().await;
    }

    async fn of_names_rules(database: TestDb) {
        let world = World::new(database).await;
        of_names(&world).await;
        world.server.stop().await;
    }

    async fn of_peers_rules(database: TestDb) {
        let world = World::new(database).await;
        of_peers(&world).await;
        world.server.stop().await;
    }

    async fn of_added_attributes_rules(database: TestDb) {
        let world = World::new(database).await;
        of_added_attributes(&world).await;
        world.server.stop().await;
    }
}
