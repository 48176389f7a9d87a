//! Patches: which are well-formed, in which words others are refused, and what the dialect adds to RFC 6902.

use serde_json::{Value, json};

use super::contact;
use crate::ngcp::client::{PATCH, REPRESENTATION};
use crate::ngcp::world::World;

const NOWHERE: &str = "The entity could not be processed: A pointer that references a non-existent value (pointer: ";

async fn forms(world: &World) {
    let path = contact(world, "forms@example.org").await;
    for (body, message) in [
        (json!({}), "Body for PATCH must be an array."),
        (json!("replace"), "Body for PATCH must be an array."),
        (json!([1]), "Array in body of PATCH must only contain hashes."),
        (json!([[]]), "Array in body of PATCH must only contain hashes."),
        (json!([{}]), "PATCH element must have an 'op' field."),
        (
            json!([{ "op": "add", "path": "/city", "value": 1 }]),
            "Invalid PATCH op 'add', must be one of 'copy', 'replace'",
        ),
        (json!([{ "op": "remove", "path": "/city" }]), "Invalid PATCH op 'remove', must be one of 'copy', 'replace'"),
        (
            json!([{ "op": "test", "path": "/city", "value": 1 }]),
            "Invalid PATCH op 'test', must be one of 'copy', 'replace'",
        ),
        (
            json!([{ "op": "move", "from": "/a", "path": "/b" }]),
            "Invalid PATCH op 'move', must be one of 'copy', 'replace'",
        ),
        (
            json!([{ "op": "replace", "path": "/city", "value": 1, "mode": "append" }]),
            "Invalid PATCH key 'mode' for op 'replace', must be one of op, path, value",
        ),
        (json!([{ "op": "replace" }]), "Missing PATCH keys 'path', 'value' for op 'replace'"),
        (json!([{ "op": "replace", "path": "/city" }]), "Missing PATCH keys 'value' for op 'replace'"),
        (json!([{ "op": "copy", "path": "/city" }]), "Missing PATCH keys 'from' for op 'copy'"),
    ] {
        world.admin.patch(&path, &body).await.refuses(400, message);
    }
    for (body, pointer) in [
        (json!([{ "op": "replace", "path": "/nosuch", "value": 1 }]), "/nosuch"),
        (json!([{ "op": "replace", "path": "/city/1", "value": 1 }]), "/city/1"),
        (json!([{ "op": "copy", "from": "/nosuch", "path": "/city" }]), "/nosuch"),
    ] {
        world.admin.patch(&path, &body).await.refuses(422, &format!("{NOWHERE}{pointer})"));
    }
    // A first good operation does not save a second that is not.
    let mixed = json!([
        { "op": "replace", "path": "/city", "value": "Linz" }, { "op": "replace", "path": "/nosuch", "value": 1 },
    ]);
    world.admin.patch(&path, &mixed).await.is(422);
    assert_eq!(world.admin.item(&path).await["city"], Value::Null);
}

async fn meanings(world: &World) {
    let path = contact(world, "meanings@example.org").await;
    let body = json!([
        { "op": "replace", "path": "/city", "value": "Linz" },
        { "op": "copy", "from": "/city", "path": "/street" },
        { "op": "replace", "path": "%2Fcompany", "value": "Strowger %" },
        { "op": "replace", "path": "/id", "value": 4711 },
    ]);
    let item = world.admin.send("PATCH", &path, &[PATCH, REPRESENTATION], body.to_string()).await.is(200).json;
    let shown = ["city", "street", "company"].map(|name| item[name].as_str().unwrap().to_owned());
    assert_eq!(shown, ["Linz", "Linz", "Strowger %"]);
    assert_eq!(item, world.admin.item(&path).await, "what can't be written is not");
    world.admin.set(&path, "city", Value::Null).await.is(204);
    assert_eq!(world.admin.item(&path).await["city"], Value::Null);
    world.admin.set(&path, "email", Value::Null).await.refuses_with(422, "errors='Email field is required'");
    world.admin.set(&path, "email", "nowhere").await.refuses_with(422, "field='email', input='nowhere'");
    world.admin.patch(&path, &json!([])).await.is(204);
}

/// The area codes of a subscriber's aliases.
async fn aliases(world: &World, path: &str) -> Vec<String> {
    let item = world.admin.item(path).await;
    item["alias_numbers"].as_array().unwrap().iter().map(|n| n["ac"].as_str().unwrap().to_owned()).collect()
}

async fn extensions(world: &World) {
    let reseller = world.reseller("patches").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let path = format!("/api/subscribers/{}", subscriber.id);
    let number = |area: u64| json!({ "cc": 44, "ac": area, "sn": 946_000 + area });
    let add = |value: Value| json!([{ "op": "add", "path": "/alias_numbers", "value": value, "mode": "append" }]);
    let remove = |value: Value| json!([{ "op": "remove", "path": "/alias_numbers", "value": value }]);
    for (body, wanted) in [
        (add(number(20)), vec!["20"]),
        (add(json!([number(21), number(22)])), vec!["20", "21", "22"]),
        (json!([{ "op": "add", "path": "/alias_numbers/-", "value": number(23) }]), vec!["20", "21", "22", "23"]),
        (json!([{ "op": "remove", "path": "/alias_numbers/0" }]), vec!["21", "22", "23"]),
        (remove(json!({ "ac": "22" })), vec!["21", "23"]),
        (add(json!([number(24), number(25), number(26)])), vec!["21", "23", "24", "25", "26"]),
        (remove(json!([{ "ac": "24" }, { "ac": "26" }])), vec!["21", "23", "25"]),
        // The last of all that match, and the last but two.
        (json!([{ "op": "remove", "path": "/alias_numbers", "value": { "cc": 44 }, "index": 0 }]), vec!["21", "23"]),
        (json!([{ "op": "remove", "path": "/alias_numbers", "value": { "cc": 44 }, "index": 1 }]), vec!["23"]),
        // Extensions are applied after all else: the list is replaced first.
        (
            json!([
                { "op": "add", "path": "/alias_numbers", "value": number(28), "mode": "append" },
                { "op": "replace", "path": "/alias_numbers", "value": [number(27)] },
            ]),
            vec!["27", "28"],
        ),
    ] {
        world.admin.patch(&path, &body).await.is(204);
        assert_eq!(aliases(world, &path).await, wanted, "{body}");
    }
    let beyond = json!([{ "op": "remove", "path": "/alias_numbers", "value": { "cc": 44 }, "index": 2 }]);
    world.admin.patch(&path, &beyond).await.refuses_with(422, "delete index 2 out of bounds");
    let key = json!([{ "op": "add", "path": "/alias_numbers", "value": [], "place": 1 }]);
    world.admin.patch(&path, &key).await.refuses_with(400, "Invalid PATCH key 'place' for op 'add'");
    let op = json!([{ "op": "test", "path": "/alias_numbers", "value": [] }]);
    let wanted = "Invalid PATCH op 'test', must be one of 'add', 'copy', 'remove', 'replace'";
    world.admin.patch(&path, &op).await.refuses(400, wanted);

    let path = format!("/api/subscriberpreferences/{}", subscriber.id);
    let block = json!([{ "op": "add", "path": "/block_in_list", "value": "4311*", "mode": "append" }]);
    world.admin.patch(&path, &block).await.is(204);
    world.admin.patch(&path, &json!([{ "op": "add", "path": "/dnd", "value": true }])).await.is(204);
    let item = world.admin.item(&path).await;
    assert_eq!((&item["block_in_list"], &item["dnd"]), (&json!(["4311*"]), &json!(true)), "{item}");
    world.admin.patch(&path, &json!([{ "op": "remove", "path": "/dnd" }])).await.is(204);
    for body in
        [json!([{ "op": "remove", "path": "/dnd" }]), json!([{ "op": "replace", "path": "/dnd", "value": true }])]
    {
        world.admin.patch(&path, &body).await.refuses(422, &format!("{NOWHERE}/dnd)"));
    }
}

store::on_both! {
    async fn patches(database: TestDb) {
        let world = World::new(database).await;
        forms(&world).await;
        meanings(&world).await;
        extensions(&world).await;
        world.server.stop().await;
    }
}
