//! Peering groups with their servers and rules.

use serde_json::{Value, json};

use super::{commit, delete, patch, post, put, set, with, without};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::world::World;

async fn of_peerings(world: &World) {
    let admin = &world.admin;
    let reseller = world.reseller("one").await;
    let customer = world.customer(&reseller).await;
    let contact = admin.create("systemcontacts", &json!({ "email": "carrier@example.org" })).await;
    let contract = json!({ "contact_id": contact, "type": "sippeering", "status": "active", "billing_profile_id": 1 });
    let contract_id = admin.create("contracts", &contract).await;
    let lines = admin.create("contracts", &with(&contract, &json!({ "type": "pstnpeering" }))).await;
    let trunk = json!({ "contract_id": lines, "name": "trunk", "description": "rented lines" });
    admin.create("peeringgroups", &trunk).await;
    let times = admin.create("timesets", &json!({ "reseller_id": 1, "name": "always", "times": [] })).await;

    let group = json!({ "contract_id": contract_id, "name": "wholesale", "description": "all", "time_set_id": times });
    let answer = admin.send("POST", "/api/peeringgroups/", &[JSON, REPRESENTATION], group.to_string()).await.is(201);
    let id = answer.id();
    let path = format!("peeringgroups/{id}");
    assert_eq!((&answer.json["priority"], &answer.json["has_inbound_rules"]), (&json!(1), &json!(false)), "{answer:?}");
    assert_eq!(
        answer.json["_links"]["ngcp:peeringservers"][0]["href"],
        json!(format!("/api/peeringservers/?group_id={id}"))
    );
    let second = admin.create("peeringgroups", &with(&group, &json!({ "name": "retail", "priority": 9 }))).await;
    assert_eq!(admin.list("peeringgroups/?name=whole*").await.len(), 1);
    assert_eq!(admin.list(&format!("peeringgroups/?contract_id={contract_id}")).await.len(), 2);
    let cleared = admin.set(&format!("/api/{path}"), "time_set_id", Value::Null).await;
    cleared.is(204);
    assert_eq!(admin.item(&format!("/api/{path}")).await["time_set_id"], Value::Null);
    admin.set(&format!("/api/{path}"), "time_set_id", times).await.is(204);

    let server = json!({ "group_id": id, "name": "gateway 1", "ip": "2001:DB8::0:1", "probe": true });
    let server_id = admin.create("peeringservers", &server).await;
    let server_path = format!("peeringservers/{server_id}");
    let shown = admin.item(&format!("/api/{server_path}")).await;
    for (field, value) in [
        ("ip", json!("2001:db8::1")),
        ("port", json!(5060)),
        ("transport", json!(1)),
        ("weight", json!(1)),
        ("enabled", json!(true)),
        ("probe", json!(true)),
        ("host", Value::Null),
        ("site_id", Value::Null),
    ] {
        assert_eq!(shown[field], value, "{field} of {shown}");
    }
    let rule = json!({ "group_id": id, "callee_prefix": "44", "description": "Britain" });
    let rule_id = admin.create("peeringrules", &rule).await;
    let inbound = json!({ "group_id": id, "priority": 1, "field": "ruri_domain", "pattern": "^sip\\." });
    let inbound_id = admin.create("peeringinboundrules", &inbound).await;
    assert_eq!(admin.item(&format!("/api/{path}")).await["has_inbound_rules"], json!(true));

    let in_use = "Validation failed. field='reject_";
    commit(
        admin,
        vec![
            post("peeringgroups/", group.clone(), "Peering group with this name already exists"),
            post(
                "peeringgroups/",
                with(&group, &json!({ "name": "x", "contract_id": customer.id })),
                "Invalid 'contract_id'…",
            ),
            post(
                "peeringgroups/",
                with(&group, &json!({ "name": "x", "contract_id": reseller.contract_id })),
                "Invalid 'contract_id'…",
            ),
            post(
                "peeringgroups/",
                with(&group, &json!({ "name": "x", "time_set_id": 9_999 })),
                "Invalid 'time_set_id'…",
            ),
            post("peeringgroups/", with(&group, &json!({ "priority": 10 })), "…field='priority'…between 1 and 9…"),
            post("peeringgroups/", without(&group, "name"), "…Name field is required…"),
            set(&path, "name", "retail", "Peering group with this name already exists"),
            patch(&path, json!([{ "op": "add", "path": "/name", "value": "x" }]), "Invalid PATCH op 'add'…")
                .status(400),
            delete(&format!("timesets/{times}"), "Time set is still in use.").status(423),
            post("peeringservers/", server.clone(), "Peering server with this name, or…"),
            post("peeringservers/", with(&server, &json!({ "name": "x" })), "Peering server with this name, or…"),
            post(
                "peeringservers/",
                with(&server, &json!({ "group_id": second })),
                "Peering server with this ip, port and transport already exists",
            ),
            post("peeringservers/", with(&server, &json!({ "name": "a/b" })), "…field='name', input='a/b'…"),
            post("peeringservers/", with(&server, &json!({ "ip": "gateway" })), "…field='ip', input='gateway'…"),
            post("peeringservers/", with(&server, &json!({ "port": 65_536 })), "…field='port'…"),
            post("peeringservers/", with(&server, &json!({ "transport": 4 })), "…'4' is not a valid value…"),
            post("peeringservers/", with(&server, &json!({ "group_id": 9_999 })), "Invalid 'group_id'…"),
            put(&server_path, with(&server, &json!({ "weight": 128 })), "…field='weight'…"),
            post("peeringrules/", rule.clone(), "Peering rule with this prefix…"),
            post(
                "peeringrules/",
                with(&rule, &json!({ "callee_pattern": "(" })),
                "…field='callee_pattern', input='('…",
            ),
            post("peeringrules/", with(&rule, &json!({ "callee_prefix": "+A" })), "…field='callee_prefix'…"),
            post("peeringrules/", without(&rule, "description"), "…Description field is required…"),
            post("peeringinboundrules/", inbound.clone(), "Peering inbound rule with this priority…"),
            post(
                "peeringinboundrules/",
                with(&inbound, &json!({ "field": "to_user" })),
                "…'to_user' is not a valid value…",
            ),
            post(
                "peeringinboundrules/",
                with(&inbound, &json!({ "priority": 2, "reject_code": 403 })),
                &format!("{in_use}reason', input='', errors='reject reason must be filled if reject code is filled'"),
            ),
            post(
                "peeringinboundrules/",
                with(&inbound, &json!({ "priority": 2, "reject_reason": "No" })),
                &format!("{in_use}code', input='', errors='reject code must be filled if reject reason is filled'"),
            ),
            post(
                "peeringinboundrules/",
                with(&inbound, &json!({ "priority": 2, "reject_code": 302 })),
                "…field='reject_code'…",
            ),
        ],
    )
    .await;

    // The same address in two groups needs rules in both.
    let told = with(&inbound, &json!({ "group_id": second }));
    admin.create("peeringinboundrules", &told).await;
    let shared = admin.create("peeringservers", &with(&server, &json!({ "group_id": second }))).await;
    assert_eq!(admin.list("peeringservers/?ip=2001:db8::1").await.len(), 2);
    // As long as both have it, both keep a rule.
    let told = format!("/api/peeringinboundrules/{inbound_id}");
    let untold = "another group has a server at 2001:db8::1: inbound rules tell their calls apart";
    admin.set(&told, "enabled", false).await.refuses(422, untold);
    admin.delete(&told).await.refuses(422, untold);
    admin.set(&format!("/api/peeringservers/{shared}"), "port", 5_070).await.is(204);
    admin.set(&told, "enabled", false).await.is(204);
    assert_eq!(admin.item(&format!("/api/{path}")).await["has_inbound_rules"], json!(false));

    // What is in a group goes with it, and groups with their contract.
    admin.delete(&format!("/api/{path}")).await.is(204);
    for gone in [&path, &server_path, &format!("peeringrules/{rule_id}"), &format!("peeringinboundrules/{inbound_id}")]
    {
        admin.get(&format!("/api/{gone}")).await.is(404);
    }
    assert_eq!(admin.list("peeringservers/").await.len(), 1);
    admin.set(&format!("/api/contracts/{contract_id}"), "status", "terminated").await.is(204);
    let left = admin.list("peeringgroups/").await;
    assert_eq!(left.iter().map(|group| &group["name"]).collect::<Vec<_>>(), ["trunk"], "of another contract");
    for resource in ["peeringservers/", "peeringinboundrules/"] {
        assert_eq!(admin.list(resource).await, [Value::Null; 0], "{resource}");
    }
    reseller.door.get("/api/peeringgroups/").await.is(403);
}

store::on_both! {
    async fn of_peering_rules(database: TestDb) {
        let world = World::new(database).await;
        of_peerings(&world).await;
        world.server.stop().await;
    }
}
