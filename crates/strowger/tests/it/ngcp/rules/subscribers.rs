//! Domains, subscribers and their numbers.

use serde_json::{Value, json};

use super::{commit, post, set, with, without};
use crate::ngcp::world::World;

async fn of_subscribers(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let (customer, other) = (world.customer(&one).await, world.customer(&one).await);
    let number = json!({ "cc": 43, "ac": "1", "sn": "777" });
    let more = json!({ "username": "ada", "webusername": "ada", "primary_number": number });
    let subscriber = world.subscriber(&one, &customer, &more).await;
    let own = format!("subscribers/{}", subscriber.id);
    let new = || world.plan(&one, &customer);
    commit(
        &one.door,
        vec![
            post("domains/", json!({ "domain": two.domain }), &format!("Domain '{}' already exists.", two.domain)),
            post(
                "subscribers/",
                with(&new(), &json!({ "domain": "nosuch.example.org" })),
                "Invalid 'domain', doesn't exist.",
            ),
            post("subscribers/", with(&new(), &json!({ "domain": two.domain })), "Invalid 'domain', doesn't…"),
            post("subscribers/", without(&new(), "domain"), "…omain…"),
            post(
                "subscribers/",
                with(&new(), &json!({ "customer_id": 999_999 })),
                "Invalid 'customer_id', doesn't exist.",
            ),
            post(
                "subscribers/",
                without(&new(), "primary_number"),
                "A primary_number is required for the SIP subscriber.",
            ),
            post("subscribers/", with(&new(), &json!({ "username": "ada" })), "Subscriber already exists."),
            post(
                "subscribers/",
                with(&new(), &json!({ "webusername": "ada" })),
                &format!("Webusername-Domain combination 'ada-{}' already exists.", one.domain),
            ),
            post(
                "subscribers/",
                with(&new(), &json!({ "primary_number": number })),
                "Number '43-1-777' already exists.",
            ),
            post(
                "subscribers/",
                with(&new(), &json!({ "alias_numbers": [number] })),
                "Number '43-1-777' already exists.",
            ),
            post(
                "subscribers/",
                with(&new(), &json!({ "primary_number": "4317778" })),
                "Invalid primary_number parameter, must be a hash.",
            ),
            post(
                "subscribers/",
                with(&new(), &json!({ "alias_numbers": { "cc": 1 } })),
                "Invalid alias_number parameter, must be an array.",
            ),
            post(
                "subscribers/",
                with(&new(), &json!({ "alias_numbers": ["431"] })),
                "Invalid alias_number…must be an array of the hashes.",
            ),
            post("subscribers/", with(&new(), &json!({ "timezone": "Mars/Base" })), "…imezone…"),
            post("subscribers/", with(&new(), &json!({ "profile_set_id": 999 })), "Invalid profile_set_id parameter"),
            post("subscribers/", with(&new(), &json!({ "email": "nowhere" })), "Validation failed. field='email'…"),
            set(&own, "customer_id", other.id, "customer_id can't be changed."),
            set(&own, "username", "eve", "Subscriber with this username does not exist in the domain."),
            set(&own, "primary_number", Value::Null, "A primary_number is required for the SIP subscriber."),
            set(&own, "password", Value::Null, "Validation failed. field='password'…"),
            set(&own, "lock", 6, "Validation failed. field='lock'…"),
        ],
    )
    .await;
    let foreign = with(&world.plan(&two, &customer), &json!({ "domain": two.domain }));
    world
        .admin
        .post("/api/subscribers/", &foreign)
        .await
        .refuses(422, "Invalid 'domain', doesn't belong to the same reseller as subscriber's customer.");

    // What S and SA may: their own, and the administrator its customer's.
    let clerk = world.subscriber(&one, &customer, &json!({})).await;
    let chief = world.subscriber(&one, &customer, &json!({ "administrative": true })).await;
    let path = format!("/api/subscribers/{}", clerk.id);
    let item = clerk.door.item(&path).await;
    assert_eq!(item.get("password"), None, "{item}");
    assert_eq!(item.get("uuid"), None, "{item}");
    clerk.door.post("/api/subscribers/", &new()).await.is(403);
    chief.door.get(&path).await.is(200);
    chief.door.post("/api/subscribers/", &new()).await.refuses(403, "Read-only resource for authenticated role");
    chief.door.get(&format!("/api/customers/{}", customer.id)).await.is(200);
    chief.door.get(&format!("/api/customers/{}", other.id)).await.refuses(403, "Invalid customer id");
    // Passwords are shown to who may see them, and to nobody else.
    world.staff("blind_one", "reseller", one.id, &json!({ "show_passwords": false, "is_master": false })).await;
    let blind = world.door.login("blind_one", crate::ngcp::world::PASSWORD);
    assert_eq!(blind.item(&path).await.get("password"), None);
    let expanded = blind.get("/api/numbers/?expand=subscriber_id").await.is(200);
    assert!(expanded.text.contains("subscriber_id_expand"), "{expanded:?}");
    assert!(!expanded.text.contains(crate::ngcp::world::PASSWORD), "{expanded:?}");
    assert_eq!(one.door.item(&path).await["password"], json!(crate::ngcp::world::PASSWORD));
}

async fn of_numbers(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let (customer, foreign) = (world.customer(&one).await, world.customer(&two).await);
    let aliases = json!([{ "cc": 44, "ac": "20", "sn": "79460001" }]);
    let from = world.subscriber(&one, &customer, &json!({ "alias_numbers": aliases })).await;
    let to = world.subscriber(&one, &customer, &json!({})).await;
    let stranger = world.subscriber(&two, &foreign, &json!({})).await;
    let door = &one.door;
    let id_of = async |kind: &str| {
        let list = door.list(&format!("numbers/?subscriber_id={}&type={kind}", from.id)).await;
        assert_eq!(list.len(), 1, "{list:?}");
        list[0]["id"].as_i64().unwrap()
    };
    let (primary, alias) = (id_of("primary").await, id_of("alias").await);
    let (first, second) = (format!("numbers/{primary}"), format!("numbers/{alias}"));
    commit(
        door,
        vec![
            set(
                &second,
                "cc",
                49,
                "Field 'cc' is not allowed to be updated via this API endpoint, use /api/subscriber/$id instead.",
            ),
            set(
                &second,
                "sn",
                "1",
                "Field 'sn' is not allowed to be updated via this API endpoint, use /api/subscriber/$id instead.",
            ),
            set(
                &first,
                "subscriber_id",
                to.id,
                &format!("Cannot reassign primary number, already at subscriber {}", from.id),
            ),
            set(&second, "subscriber_id", 999_999, "Invalid 'subscriber_id', does not exist."),
            set(&second, "subscriber_id", stranger.id, "Invalid 'subscriber_id'…"),
        ],
    )
    .await;
    door.set(&format!("/api/{second}"), "subscriber_id", to.id).await.is(204);
    assert_eq!(door.item(&format!("/api/{second}")).await["subscriber_id"], json!(to.id));
    let aliases = |item: &Value| item["alias_numbers"].as_array().unwrap().len();
    let (gave, took) = (
        door.item(&format!("/api/subscribers/{}", from.id)).await,
        door.item(&format!("/api/subscribers/{}", to.id)).await,
    );
    assert_eq!((aliases(&gave), aliases(&took)), (0, 1));
    // The number goes with its subscriber, and is anybody's again.
    door.delete(&format!("/api/subscribers/{}", to.id)).await.is(204);
    door.get(&format!("/api/{second}")).await.refuses(404, "Entity 'number' not found.");
    let aliases = json!([{ "cc": 44, "ac": "20", "sn": "79460001" }]);
    world.subscriber(&two, &foreign, &json!({ "alias_numbers": aliases })).await;
}

async fn numbers_come_from_the_stock_and_go_back_to_it(world: &World) {
    let reseller = world.reseller("stocked").await;
    let customer = world.customer(&reseller).await;
    world.site.ok("pool add london --area-code 20 --quarantine-days 30").await;
    world.site.ok("number add london 442079460010 442079460012").await;
    let state = async |digits: &str| {
        let rows = world.site.list("number list --limit 1000").await;
        let row = rows.iter().find(|row| row["digits"] == digits).unwrap_or_else(|| panic!("{digits} of {rows:?}"));
        row["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("442079460010").await, "available");
    let more = json!({ "primary_number": { "cc": 44, "ac": "20", "sn": "79460010" } });
    let subscriber = world.subscriber(&reseller, &customer, &more).await;
    assert_eq!(state("442079460010").await, "in_service");
    assert_eq!(world.site.free("london").await, 2);
    reseller.door.delete(&format!("/api/subscribers/{}", subscriber.id)).await.is(204);
    assert_eq!((state("442079460010").await.as_str(), world.site.free("london").await), ("aging", 2));
}

store::on_both! {
    async fn of_subscribers_rules(database: TestDb) {
        let world = World::new(database).await;
        of_subscribers(&world).await;
        world.server.stop().await;
    }

    async fn of_numbers_rules(database: TestDb) {
        let world = World::new(database).await;
        of_numbers(&world).await;
        world.server.stop().await;
    }

    async fn numbers_come_from_the_stock_and_go_back_to_it_rules(database: TestDb) {
        let world = World::new(database).await;
        numbers_come_from_the_stock_and_go_back_to_it(&world).await;
        world.server.stop().await;
    }
}
