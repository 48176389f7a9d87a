//! The documentation at `/api/`: for people, for programs, and for whoever asks, only what the asker may use.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::ngcp::client::Door;
use crate::ngcp::world::World;

/// The resources that `OPTIONS` names.
async fn names(door: &Door) -> BTreeSet<String> {
    let answer = door.options("/api/").await.is(200);
    answer.links().iter().map(|link| link.split('/').nth(2).unwrap().to_owned()).collect()
}

async fn for_people(door: &Door) {
    let answer = door.get("/api/").await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let page = &answer.text;
    assert!(page.contains("id=\"auth\""), "the handbook points at #auth");
    for name in names(door).await {
        assert!(page.contains(&format!("id=\"{name}\"")), "{name} is not explained");
    }
    for outside in ["src=\"http", "src='http", "<script", "@import", "<link rel=\"stylesheet\" href=\"http"] {
        assert!(!page.contains(outside), "the page loads from elsewhere: {outside}");
    }
    let other = door.get("/api/?oldapidoc=1").await.is(200);
    assert_eq!(other.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.links().iter().any(|link| link.contains("rel=\"service-desc\"")), "{:?}", answer.links());
}

async fn for_programs(door: &Door) {
    let answer = door.send("GET", "/api/", &[("Accept", "application/json")], "").await.is(200);
    let overview = answer.json.as_object().unwrap();
    let named: BTreeSet<String> = overview.keys().cloned().collect();
    assert_eq!(named, names(door).await);
    for (name, entry) in overview {
        for key in ["actions", "item_actions", "fields", "sorting_cols", "query_params"] {
            assert!(entry[key].is_array() || entry[key].is_object(), "{key} of {name}: {entry}");
        }
    }
    let json = door.get("/api/?openapi=json").await.is(200);
    assert_eq!(door.get("/api/?swagger=json").await.is(200).json, json.json);
    assert!(json.json["openapi"].as_str().unwrap().starts_with("3.1"));
    let yaml = door.get("/api/?swagger=yml").await.is(200);
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    assert!(yaml.text.contains("/api/customercontacts/"));
}

/// The document has the paths of all resources, and what is offered there.
async fn for_tools(world: &World) {
    let document = world.admin.item("/api/?openapi=json").await;
    for name in names(&world.admin).await {
        for (path, real) in [
            (format!("/api/{name}/"), format!("/api/{name}/")),
            (format!("/api/{name}/{{id}}"), format!("/api/{name}/1")),
        ] {
            let offered = world.admin.options(&real).await.json["methods"].clone();
            let described = &document["paths"][&path];
            if described.is_null() {
                // Where an item has nothing but OPTIONS there is no item.
                assert_eq!(offered, json!(["OPTIONS"]), "{path}");
                continue;
            }
            let methods: BTreeSet<String> = described
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| *key != "parameters")
                .map(|method| method.to_uppercase())
                .collect();
            let wanted: BTreeSet<String> =
                offered.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect();
            assert_eq!(methods, wanted, "{path}");
        }
    }
}

/// What the document says of other media types than JSON is so, and there are no more than it says.
async fn in_other_media(world: &World) {
    let document = world.admin.item("/api/?openapi=json").await;
    let mut complaints = Vec::new();
    for name in names(&world.admin).await {
        let path = format!("/api/{name}/");
        let described = &document["paths"][&path];
        for media_type in ["text/csv", "text/calendar"] {
            let taken = &described["post"]["requestBody"]["content"];
            if taken.is_object() {
                let status = world.admin.send("POST", &path, &[("Content-Type", media_type)], "x").await.status;
                if taken.get(media_type).is_some() != (status == 422) {
                    complaints.push(format!("POST {path} of {media_type} is {status}, {taken}"));
                }
            }
            let given = &described["get"]["responses"]["200"]["content"];
            if given.is_object() {
                let answer = world.admin.send("GET", &path, &[("Accept", media_type)], "").await;
                let is = answer.header("content-type").is_some_and(|of| of.starts_with(media_type));
                if given.get(media_type).is_some() != is {
                    complaints.push(format!("GET {path} as {media_type} is {answer:?}, {given}"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

store::on_both! {
    async fn the_documentation_is_that_of_this_server(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("readers").await;
        for door in [&world.admin, &reseller.door] {
            for_people(door).await;
            for_programs(door).await;
        }
        for_tools(&world).await;
        in_other_media(&world).await;
        world.door.get("/api/").await.is(401);
        world.server.stop().await;
    }
}
