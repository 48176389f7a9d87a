//! Emergency mappings, also from a table in CSV, and provisioning templates.

use serde_json::json;

use super::{commit, patch, post, put, set, with, without};
use crate::ngcp::client::REPRESENTATION;
use crate::ngcp::world::World;

async fn of_mappings(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let graz = one.door.create("emergencymappingcontainers", &json!({ "name": "Graz" })).await;
    let path = format!("/api/emergencymappingcontainers/{graz}");
    let linz = one.door.create("emergencymappingcontainers", &json!({ "name": "Linz" })).await;
    let mapping = json!({ "emergency_container_id": graz, "code": "144", "prefix": "0316", "suffix": "00" });
    let id = one.door.create("emergencymappings", &mapping).await;
    let own = format!("emergencymappings/{id}");
    let shown = one.door.item(&format!("/api/{own}")).await;
    assert_eq!((&shown["code"], &shown["prefix"], &shown["suffix"]), (&json!("144"), &json!("0316"), &json!("00")));
    let taken = "Emergency mapping container with name 'Graz' already exists for this reseller";
    commit(
        &world.admin,
        vec![
            post("emergencymappingcontainers/", json!({ "name": "Graz", "reseller_id": one.id }), taken),
            post("emergencymappingcontainers/", json!({ "name": "x" }), "…field='reseller_id'…"),
            post(
                "emergencymappingcontainers/",
                json!({ "name": "x", "reseller_id": 999_999 }),
                "Invalid 'reseller_id'…",
            ),
            post("emergencymappingcontainers/", json!({ "reseller_id": one.id }), "…field='name'…"),
            set(&format!("emergencymappingcontainers/{linz}"), "name", "Graz", taken),
            set(&format!("emergencymappingcontainers/{linz}"), "reseller_id", two.id, "…field='reseller_id'…"),
            post(
                "emergencymappings/",
                mapping.clone(),
                "Emergency mapping code '144' already exists in this container.",
            ),
            post("emergencymappings/", without(&mapping, "code"), "…field='code'…"),
            post("emergencymappings/", with(&mapping, &json!({ "code": "14a" })), "…field='code', input='14a'…"),
            post("emergencymappings/", with(&mapping, &json!({ "prefix": "a b" })), "…field='prefix', input='a b'…"),
            post(
                "emergencymappings/",
                with(&mapping, &json!({ "emergency_container_id": 999_999 })),
                "Invalid 'emergency_container_id'.",
            ),
            put(&own, json!({ "code": "133" }), "…field='emergency_container_id'…"),
            patch(&own, json!([{ "op": "add", "path": "/code", "value": "1" }]), "Invalid PATCH op…").status(400),
        ],
    )
    .await;
    two.door.post("/api/emergencymappings/", &mapping).await.refuses(422, "Invalid 'emergency_container_id'.");
    for hidden in [&path, &format!("/api/{own}")] {
        assert_eq!(two.door.get(hidden).await.status, 404);
        assert_eq!(two.door.delete(hidden).await.status, 404);
    }
    one.door.put(&format!("/api/{own}"), &json!({ "emergency_container_id": graz, "code": "133" })).await.is(204);
    let changed = one.door.set(&format!("/api/{own}"), "suffix", "1").await.is(204);
    assert_eq!(changed.text, "");
    let shown = one.door.item(&format!("/api/{own}")).await;
    assert_eq!((&shown["code"], &shown["prefix"], &shown["suffix"]), (&json!("133"), &json!("0316"), &json!("1")));
    assert_eq!(one.door.list("emergencymappings/?code=13*").await.len(), 1);
    assert_eq!(one.door.list(&format!("emergencymappings/?emergency_container_id={linz}")).await.len(), 0);
    let preferences = format!("/api/domainpreferences/{}", one.domain_id);
    let named = json!([{ "op": "add", "path": "/emergency_mapping_container", "value": "Graz" }]);
    one.door.patch(&preferences, &named).await.is(204);
    one.door.delete(&path).await.refuses(423, "Emergency mapping container is still in use.");
    one.door.set(&path, "name", "Graz and around").await.is(204);
    assert_eq!(one.door.item(&preferences).await["emergency_mapping_container"], json!("Graz and around"));
    one.door.patch(&preferences, &json!([{ "op": "remove", "path": "/emergency_mapping_container" }])).await.is(204);
    one.door.delete(&path).await.is(204);
    assert_eq!(one.door.get(&format!("/api/{own}")).await.status, 404, "a container takes its mappings along");
}

async fn of_tables(world: &World) {
    let reseller = world.reseller("tables").await;
    let csv = ("Content-Type", "text/csv");
    let table = "name,code,prefix,suffix\nGraz,144,0316,00\nGraz,133,,\nLinz,144,0732,\n";
    reseller.door.send("POST", "/api/emergencymappings/", &[csv], table).await.is(201);
    let given = reseller.door.send("GET", "/api/emergencymappings/", &[("Accept", "text/csv")], "").await.is(200);
    assert_eq!(given.text, table);
    let mut containers = reseller.door.list("emergencymappingcontainers/").await;
    containers.sort_by_key(|container| container["name"].to_string());
    assert_eq!(containers.iter().map(|one| &one["name"]).collect::<Vec<_>>(), [&json!("Graz"), &json!("Linz")]);
    let again = reseller.door.send("POST", "/api/emergencymappings/", &[csv], table).await;
    again.refuses(422, "line 2: emergency mapping: code `144` exists already");
    let purge = "/api/emergencymappings/?purge_existing=1";
    reseller.door.send("POST", purge, &[csv], "Wien,144\nWien,x\n").await.refuses_with(422, "line 2: code: `x`");
    assert_eq!(reseller.door.list("emergencymappings/").await.len(), 3, "nothing was changed");
    reseller.door.send("POST", purge, &[csv], "Wien,144\n").await.is(201);
    assert_eq!(reseller.door.list("emergencymappings/").await.len(), 1);

    let path = "/api/emergencymappings/";
    world.admin.send("POST", path, &[csv], table).await.refuses(422, "Missing parameter 'reseller_id'.");
    let missing = format!("{path}?reseller_id=999999");
    world.admin.send("POST", &missing, &[csv], table).await.refuses(422, "Invalid 'reseller_id'.");
    world.admin.send("POST", &format!("{path}?reseller_id=1"), &[csv], table).await.is(201);
    assert_eq!(world.admin.list("emergencymappings/").await.len(), 4);
    assert_eq!(world.admin.list("emergencymappings/?reseller_id=1").await.len(), 3);
}

async fn of_templates(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let template = json!({
        "name": "home", "description": "A home", "lang": "js",
        "yaml": "fields:\n  - name: first_name\nsubscriber:\n  username_code: first_name\n",
    });
    let posted = one.door.send(
        "POST",
        "/api/provisioningtemplates/",
        &[("Content-Type", "application/json"), REPRESENTATION],
        template.to_string(),
    );
    let posted = posted.await.is(201);
    assert_eq!((&posted.json["reseller_id"], &posted.json["name"]), (&json!(one.id), &json!("home")));
    let path = format!("provisioningtemplates/{}", posted.id());
    let shared = with(&template, &json!({ "reseller_id": null }));
    let shared = format!("/api/provisioningtemplates/{}", world.admin.create("provisioningtemplates", &shared).await);
    assert_eq!(one.door.get(&shared).await.status, 404, "the operator's own");
    commit(
        &one.door,
        vec![
            post("provisioningtemplates/", template.clone(), "Provisioning template 'home' already exists."),
            post(
                "provisioningtemplates/",
                with(&template, &json!({ "yaml": "a: [" })),
                "…field='yaml', input='a: [', errors='it can't be read…",
            ),
            post("provisioningtemplates/", with(&template, &json!({ "yaml": "{}" })), "…it needs `fields`…"),
            post("provisioningtemplates/", with(&template, &json!({ "lang": "c" })), "…field='lang'…"),
            post("provisioningtemplates/", without(&template, "description"), "…field='description'…"),
            set(&path, "yaml", "fields: []", "…beside `fields` it makes nothing…"),
        ],
    )
    .await;
    let json = r#"{"fields": [], "contract": {"status": "active"}}"#;
    one.door.set(&format!("/api/{path}"), "yaml", json).await.is(204);
    assert_eq!(one.door.item(&format!("/api/{path}")).await["yaml"], json!(json));
    assert_eq!(one.door.list("provisioningtemplates/?name=ho*").await.len(), 1);
    assert_eq!(two.door.get(&format!("/api/{path}")).await.status, 404);
    one.door.delete(&format!("/api/{path}")).await.is(204);
    assert_eq!(world.admin.list("provisioningtemplates/").await.len(), 1);
}

store::on_both! {
    async fn of_emergency_mappings_rules(database: TestDb) {
        let world = World::new(database).await;
        of_mappings(&world).await;
        world.server.stop().await;
    }

    async fn of_tables_of_emergency_mappings_rules(database: TestDb) {
        let world = World::new(database).await;
        of_tables(&world).await;
        world.server.stop().await;
    }

    async fn of_provisioning_templates_rules(database: TestDb) {
        let world = World::new(database).await;
        of_templates(&world).await;
        world.server.stop().await;
    }
}
