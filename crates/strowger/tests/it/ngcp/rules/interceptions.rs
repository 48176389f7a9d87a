//! Interceptions: ordered for numbers that there are, seen by those who listen, and by nobody else.

use serde_json::{Value, json};

use super::{commit, post, put, set, with, without};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::world::{PASSWORD, World};

async fn of_interceptions(world: &World) {
    let reseller = world.reseller("tapped").await;
    let customer = world.customer(&reseller).await;
    let number = json!({ "cc": 43, "ac": 1, "sn": 4_711_001 });
    let subscriber = world.subscriber(&reseller, &customer, &json!({ "primary_number": number })).await;
    world.staff("listener", "lintercept", reseller.id, &json!({})).await;
    let ear = world.door.login("listener", PASSWORD);
    let body = json!({
        "liid": 815, "number": "4314711001", "x2_host": "192.0.2.1", "x2_port": 8090, "x2_user": "probe",
        "x2_password": "s3cret of X2", "x3_required": false,
    });
    let content = with(&body, &json!({ "liid": 816, "x3_required": true, "x3_host": "li.example.org", "x3_port": 9 }));

    let answer = ear.send("POST", "/api/interceptions/", &[JSON, REPRESENTATION], body.to_string()).await.is(201);
    let id = answer.id();
    for (field, value) in [
        ("id", json!(id)),
        ("liid", json!("815")),
        ("number", json!("4314711001")),
        ("x2_host", json!("192.0.2.1")),
        ("x2_port", json!(8090)),
        ("x2_user", json!("probe")),
        ("x2_password", json!("s3cret of X2")),
        ("x3_required", json!(false)),
        ("x3_host", Value::Null),
        ("x3_port", Value::Null),
    ] {
        assert_eq!(answer.json[field], value, "{field}: {}", answer.json);
    }
    for field in ["uuid", "subscriber_id", "reseller_id", "deleted_at"] {
        assert!(answer.json.get(field).is_none(), "{field}: {}", answer.json);
    }
    let second = world.admin.create("interceptions", &content).await;
    let path = format!("interceptions/{id}");
    commit(
        &ear,
        vec![
            post("interceptions/", body.clone(), "The number already has an interception with liid '815'."),
            set(&path, "liid", "816", "The number already has an interception with liid '816'."),
            post(
                "interceptions/",
                with(&body, &json!({ "number": "431471100" })),
                "…field='number', input='431471100', errors='Number does not exist: no subscriber has it'",
            ),
            set(&path, "number", "+4314711001", "…Number does not exist…"),
            post("interceptions/", without(&body, "liid"), "…LIID field is required…"),
            post("interceptions/", without(&body, "x2_host"), "…field='x2_host'…"),
            put(&path, without(&body, "x2_port"), "…field='x2_port'…"),
            put(&path, with(&body, &json!({ "x2_port": 70_000 })), "…field='x2_port', input='70000'…"),
            set(&path, "x2_host", "no host", "…field='x2_host', input=…Must be the name or the address of a host…"),
            set(&path, "x3_required", true, "…field='x3_host'…Must be set if x3_required is set…"),
            post("interceptions/", without(&content, "x3_port"), "…field='x3_port'…Must be set if x3_required is set…"),
        ],
    )
    .await;

    // Filters and orders.
    let ids = async |query: &str| ear.get(&format!("/api/interceptions/?{query}")).await.is(200).ids();
    assert_eq!(ids("number=4314711001").await, [id, second]);
    assert_eq!(ids("liid=816").await, [second]);
    assert_eq!(ids("order_by=liid&order_by_direction=desc").await, [second, id]);
    assert_eq!(ids("liid=8").await, [0; 0]);

    // What is left out stays; null takes the password away.
    let item = format!("/api/{path}");
    ear.put(&item, &without(&body, "x2_password")).await.is(204);
    ear.set(&item, "x2_user", "other").await.is(204);
    let shown = ear.item(&item).await;
    assert_eq!((&shown["x2_user"], &shown["x2_password"]), (&json!("other"), &json!("s3cret of X2")));
    world.staff("blind", "admin", reseller.id, &json!({ "show_passwords": false })).await;
    let blind = world.door.login("blind", PASSWORD);
    let shown = blind.item(&item).await;
    assert!(shown.get("x2_password").is_none(), "{shown}");
    blind.set(&item, "x3_port", 10).await.is(204);
    assert_eq!(ear.item(&item).await["x2_password"], "s3cret of X2");
    blind.set(&item, "x2_password", "another").await.is(204);
    assert_eq!(ear.item(&item).await["x2_password"], "another");
    ear.put(&item, &with(&body, &json!({ "x2_password": null }))).await.is(204);
    assert_eq!(ear.item(&item).await["x2_password"], Value::Null);

    // Nobody else sees them, or that there were changes; and whoever is intercepted can go as everybody.
    let carer = world.staff("carer", "ccareadmin", reseller.id, &json!({})).await;
    assert!(carer > 0);
    for door in [&reseller.door, &world.door.login("carer", PASSWORD)] {
        for path in ["/api/interceptions/", &item, &format!("{item}/journal/")] {
            let answer = door.get(path).await;
            assert!(matches!(answer.status, 403 | 404) && !answer.text.contains("4314711001"), "{answer:?}");
        }
        door.post("/api/interceptions/", &body).await.refuses(403, "Invalid user");
    }
    subscriber.door.get(&item).await.refuses(403, "Invalid user");
    reseller.door.delete(&format!("/api/subscribers/{}", subscriber.id)).await.is(204);
    assert_eq!(ids("number=4314711001").await, [id, second]);
    ear.set(&item, "x2_port", 8091).await.is(204);

    ear.delete(&item).await.is(204);
    ear.get(&item).await.refuses(404, "Entity 'interception' not found.");
    ear.delete(&item).await.is(404);
    assert_eq!(world.admin.get("/api/interceptions/").await.is(200).ids(), [second]);
}

store::on_both! {
    async fn interceptions_are_for_those_who_listen(database: TestDb) {
        let world = World::new(database).await;
        of_interceptions(&world).await;
        world.server.stop().await;
    }
}
