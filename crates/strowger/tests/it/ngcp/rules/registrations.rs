//! Registrations of subscribers, in a location table as the registrar makes it.

use serde_json::{Value, json};
use store::testing::{Engine, TestDb};

use super::{commit, post, with, without};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::world::World;
use crate::registrar::{registers, registrar};

async fn of_registrations(world: &World, registrar: &TestDb) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let chief = world.subscriber(&one, &customer, &json!({ "username": "chief", "administrative": true })).await;
    let clerk = world.subscriber(&one, &customer, &json!({ "username": "clerk" })).await;
    let theirs = world.subscriber(&two, &world.customer(&two).await, &json!({ "username": "clerk" })).await;
    registers(registrar, "uloc-1", "clerk", &one.domain).await;
    registers(registrar, "uloc-2", "clerk", &two.domain).await;
    registers(registrar, "uloc-3", "nobody", &one.domain).await;

    let new = json!({ "subscriber_id": chief.id, "contact": "sip:phone@192.0.2.5:5062", "expires": 0, "q": 0.5, "nat": true });
    let answer = one.door.post("/api/subscriberregistrations/", &new).await.is(201);
    let made = answer.header("location").unwrap().to_owned();
    let shown = one.door.item(&made).await;
    for (field, value) in [
        ("subscriber_id", json!(chief.id)),
        ("contact", json!("sip:phone@192.0.2.5:5062")),
        ("expires", json!(0)),
        ("q", json!(0.5)),
        ("nat", json!(true)),
        ("path", Value::Null),
        ("user_agent", Value::Null),
    ] {
        assert_eq!(shown[field], value, "{field} of {shown}");
    }
    assert_eq!(shown["id"], json!(made.rsplit('/').next().unwrap()));
    assert_eq!(shown["_links"]["ngcp:subscribers"][0]["href"], json!(format!("/api/subscribers/{}", chief.id)));

    // Everybody sees those of the subscribers that it sees.
    let of = |items: Vec<Value>| {
        let mut ids: Vec<i64> = items.iter().map(|item| item["subscriber_id"].as_i64().unwrap()).collect();
        ids.sort_unstable();
        ids
    };
    for (door, owners) in [
        (&world.admin, vec![chief.id, clerk.id, theirs.id]),
        (&one.door, vec![chief.id, clerk.id]),
        (&two.door, vec![theirs.id]),
        (&chief.door, vec![chief.id, clerk.id]),
        (&clerk.door, vec![clerk.id]),
    ] {
        assert_eq!(of(door.list("subscriberregistrations/").await), owners);
        assert_eq!(
            door.get("/api/subscriberregistrations/uloc-2").await.status,
            if owners.contains(&theirs.id) { 200 } else { 404 }
        );
    }
    assert_eq!(of(one.door.list(&format!("subscriberregistrations/?subscriber_id={}", clerk.id)).await), [clerk.id]);
    assert_eq!(of(one.door.list(&format!("subscriberregistrations/?subscriber_id={}", theirs.id)).await), [0; 0]);
    world
        .admin
        .get("/api/subscriberregistrations/uloc-3")
        .await
        .refuses(404, "Entity 'subscriberregistration' not found.");
    let page = world.admin.get("/api/subscriberregistrations/?page=2&rows=1").await.is(200);
    assert_eq!(
        (page.embedded().len(), &page.json["_links"]["prev"]["href"]),
        (1, &json!("/api/subscriberregistrations/?page=1&rows=1"))
    );

    let path = made.trim_start_matches("/api/").to_owned();
    commit(
        &one.door,
        vec![
            post("subscriberregistrations/", without(&new, "expires"), "…Expires field is required…"),
            post(
                "subscriberregistrations/",
                with(&new, &json!({ "expires": "yesterday" })),
                "…field='expires', input='yesterday'…",
            ),
            post(
                "subscriberregistrations/",
                with(&new, &json!({ "expires": "2001-01-01 00:00:00" })),
                "…field='expires'…",
            ),
            post("subscriberregistrations/", with(&new, &json!({ "expires": -5 })), "…field='expires', input='-5'…"),
            post(
                "subscriberregistrations/",
                with(&new, &json!({ "contact": "phone" })),
                "…field='contact', input='phone'…",
            ),
            post("subscriberregistrations/", with(&new, &json!({ "q": 2 })), "…field='q'…between 0 and 1…"),
            post(
                "subscriberregistrations/",
                with(&new, &json!({ "subscriber_id": theirs.id })),
                "Invalid 'subscriber_id'.",
            ),
            super::set(&path, "subscriber_id", clerk.id, "Changing the subscriber is not allowed."),
            super::patch(&path, json!({}), "Body for PATCH must be an array.").status(400),
        ],
    )
    .await;

    // Where calls are really sent to is not for subscribers to say.
    let way = json!({ "received": "sip:198.51.100.7:5060", "socket": "udp:192.0.2.1:5060" });
    let bad =
        |name: &str, value: &str| post("subscriberregistrations/", with(&new, &json!({ name: value })), "…Must be …");
    commit(
        &one.door,
        vec![bad("received", "198.51.100.7"), bad("socket", "192.0.2.1:5060"), bad("socket", "udp:proxy:5060")],
    )
    .await;
    let desk = with(&new, &json!({ "contact": "sip:desk@192.0.2.6" }));
    for (door, wanted) in
        [(&chief.door, [Value::Null, Value::Null]), (&one.door, [way["received"].clone(), way["socket"].clone()])]
    {
        let answer = door.post("/api/subscriberregistrations/", &with(&desk, &way)).await.is(201);
        let shown = one.door.item(answer.header("location").unwrap()).await;
        assert_eq!([shown["received"].clone(), shown["socket"].clone()], wanted, "{shown}");
    }
    let kept = one.door.list(&format!("subscriberregistrations/?subscriber_id={}", chief.id)).await;
    let kept = kept.iter().find(|item| item["contact"] == json!("sip:desk@192.0.2.6")).unwrap();
    let other = json!({ "received": "sip:203.0.113.9", "socket": "tcp:203.0.113.9:5060" });
    let own = format!("/api/subscriberregistrations/{}", kept["id"].as_str().unwrap());
    let answer = chief.door.send("PUT", &own, &[JSON, REPRESENTATION], with(&desk, &other).to_string()).await.is(200);
    assert_eq!(
        (&answer.json["received"], &answer.json["socket"]),
        (&way["received"], &way["socket"]),
        "what is there stays"
    );
    let path_of = answer.json["_links"]["self"]["href"].as_str().unwrap().to_owned();
    one.door.delete(&path_of).await.is(204);

    // A change gives it another id.
    let changed = with(&new, &json!({ "expires": 3_600, "q": 1, "user_agent": "desk" }));
    let answer = one.door.send("PUT", &made, &[JSON, REPRESENTATION], changed.to_string()).await.is(200);
    let moved = answer.json["_links"]["self"]["href"].as_str().unwrap().to_owned();
    assert_ne!(moved, made);
    assert_eq!((&answer.json["user_agent"], &answer.json["q"]), (&json!("desk"), &json!(1.0)));
    assert!(answer.json["expires"].as_str().is_some_and(|at| at.len() == 19), "{answer:?}");
    one.door.get(&made).await.is(404);
    let answer = chief.door.set(&moved, "nat", false).await.is(204);
    let moved = answer.header("location").unwrap().to_owned();
    let shown = chief.door.item(&moved).await;
    assert_eq!((&shown["nat"], &shown["user_agent"]), (&json!(false), &json!("desk")), "{shown}");
    clerk.door.delete(&moved).await.is(404);
    // The same phone is not there twice.
    one.door.post("/api/subscriberregistrations/", &new).await.is(201);
    let found = one.door.list(&format!("subscriberregistrations/?subscriber_id={}", chief.id)).await;
    assert_eq!(found.len(), 1, "{found:?}");
    one.door.get(&moved).await.is(404);
    clerk.door.delete("/api/subscriberregistrations/uloc-1").await.is(204);
    one.door.delete("/api/subscriberregistrations/uloc-2").await.is(404);
    assert_eq!(of(one.door.list("subscriberregistrations/").await), [chief.id]);
}

/// What is another's is neither listed nor counted, found, changed or removed.
async fn whose_registrations(world: &World, registrar: &TestDb) {
    let resellers = [world.reseller("one").await, world.reseller("two").await];
    let mut doors = Vec::new();
    let mut all = Vec::new();
    for (index, reseller) in resellers.iter().enumerate() {
        let mut of_reseller = Vec::new();
        for shop in ["a", "b"] {
            let customer = world.customer(reseller).await;
            let mut of_customer = Vec::new();
            for (name, administrative) in [("chief", true), ("clerk", false)] {
                let username = format!("{name}-{shop}");
                let more = json!({ "username": username, "administrative": administrative });
                let subscriber = world.subscriber(reseller, &customer, &more).await;
                let mut own = Vec::new();
                for phone in ["desk", "mobile"] {
                    let ruid = format!("uloc-{index}-{username}-{phone}");
                    registers(registrar, &ruid, &username, &reseller.domain).await;
                    own.push(ruid);
                }
                of_customer.extend(own.clone());
                // The chief sees those of its customer.
                doors.push((subscriber.door, own, administrative.then_some(subscriber.id)));
            }
            let chief = doors.iter_mut().rev().find(|(_, _, chief)| chief.is_some()).unwrap();
            chief.1.clone_from(&of_customer);
            of_reseller.extend(of_customer);
        }
        // Who is in the domain without being a subscriber is nobody's.
        registers(registrar, &format!("uloc-{index}-ghost"), "ghost", &reseller.domain).await;
        all.extend(of_reseller.clone());
        doors.push((reseller.door.clone(), of_reseller, None));
    }
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    for (door, own, _) in &doors {
        // Page by page, each with the count of all of them.
        let mut found = Vec::new();
        for page in 1..=own.len().div_ceil(3) {
            let shown = door.get(&format!("/api/subscriberregistrations/?page={page}&rows=3")).await.is(200);
            assert_eq!(shown.json["total_count"], own.len(), "{shown:?}");
            let more = page * 3 < own.len();
            assert_eq!(shown.json["_links"]["next"].is_object(), more, "{page} of {shown:?}");
            found.extend(shown.embedded().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(sorted(found), sorted(own.clone()));
        let beyond = door.get("/api/subscriberregistrations/?page=20000&rows=10").await.is(200);
        assert_eq!((&beyond.json["total_count"], beyond.embedded().len()), (&json!(own.len()), 0));
        let uncounted = door.get("/api/subscriberregistrations/?no_count=1&rows=1").await.is(200);
        assert_eq!((&uncounted.json["total_count"], uncounted.embedded().len()), (&Value::Null, 1));
        assert_eq!(uncounted.json["_links"]["next"].is_object(), own.len() > 1);
        for other in all.iter().filter(|id| !own.contains(id)) {
            let path = format!("/api/subscriberregistrations/{other}");
            for answer in [
                door.get(&path).await,
                door.set(&path, "nat", true).await,
                door.put(&path, &json!({})).await,
                door.delete(&path).await,
            ] {
                answer.refuses(404, "Entity 'subscriberregistration' not found.");
            }
        }
    }
    for (door, own, chief) in &doors {
        if let Some(id) = chief {
            for (other, sees, _) in &doors {
                let path = format!("/api/subscriberregistrations/?subscriber_id={id}");
                let shown = other.get(&path).await.is(200);
                let wanted = if sees.contains(&own[0]) { 2 } else { 0 };
                assert_eq!((&shown.json["total_count"], shown.embedded().len()), (&json!(wanted), wanted));
            }
            let mine = format!("/api/subscriberregistrations/{}", own[0]);
            door.delete(&mine).await.is(204);
        }
    }
    let left = world.admin.list("subscriberregistrations/").await;
    assert_eq!(left.len(), all.len() - 4, "all that nobody removed is there");
}

/// Texts that the registrar's columns don't hold, which one engine would take and the other not.
async fn of_long_texts(world: &World) {
    let reseller = world.reseller("one").await;
    let customer = world.customer(&reseller).await;
    let most = world.subscriber(&reseller, &customer, &json!({ "username": "u".repeat(64) })).await;
    let long = world.subscriber(&reseller, &customer, &json!({ "username": "u".repeat(65) })).await;
    let new = json!({ "subscriber_id": most.id, "contact": "sip:phone@192.0.2.5", "expires": 0, "q": 1 });
    let of_long = with(&new, &json!({ "subscriber_id": long.id }));
    let words = "Validation failed. field='username', input='', errors='The registrar takes at most 64 characters'";
    reseller.door.post("/api/subscriberregistrations/", &of_long).await.refuses(422, words);
    for (field, value) in [
        ("contact", format!("sip:{}@192.0.2.5", "a".repeat(512))),
        ("received", format!("sip:{}@192.0.2.5", "a".repeat(128))),
        ("socket", format!("udp:[{}1]:5060", "0:".repeat(40))),
        ("user_agent", "u".repeat(256)),
    ] {
        let answer = reseller.door.post("/api/subscriberregistrations/", &with(&new, &json!({ field: value }))).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(answer.text.contains(&format!("field='{field}'")), "{answer:?}");
    }
    reseller.door.post("/api/subscriberregistrations/", &new).await.is(201);
    assert_eq!(reseller.door.list("subscriberregistrations/").await.len(), 1);
}

/// Without a registrar there are none, and none can be made; one that can't be reached is unavailable.
async fn without_a_registrar(world: &World) {
    let reseller = world.reseller("one").await;
    let subscriber = world.subscriber(&reseller, &world.customer(&reseller).await, &json!({})).await;
    let new = json!({ "subscriber_id": subscriber.id, "contact": "sip:phone@192.0.2.5", "expires": 0, "q": 1 });
    assert_eq!(world.admin.list("subscriberregistrations/").await, [Value::Null; 0]);
    let words = "No registrar is configured: registrations can't be written.";
    world.admin.post("/api/subscriberregistrations/", &new).await.refuses(422, words);
    world
        .admin
        .get("/api/subscriberregistrations/uloc-1")
        .await
        .refuses(404, "Entity 'subscriberregistration' not found.");
}

store::on_both! {
    async fn of_registration_rules(database: TestDb) {
        let (registrar, url) = registrar(&database).await;
        let world = World::with(database, &[("STROWGER_REGISTRAR_DATABASE_URL", &url)]).await;
        of_registrations(&world, &registrar).await;
        world.server.stop().await;
    }

    async fn whose_registrations_are_seen(database: TestDb) {
        let (registrar, url) = registrar(&database).await;
        let world = World::with(database, &[("STROWGER_REGISTRAR_DATABASE_URL", &url)]).await;
        whose_registrations(&world, &registrar).await;
        world.server.stop().await;
    }

    async fn texts_that_the_registrar_does_not_hold(database: TestDb) {
        let (_registrar, url) = registrar(&database).await;
        let world = World::with(database, &[("STROWGER_REGISTRAR_DATABASE_URL", &url)]).await;
        of_long_texts(&world).await;
        world.server.stop().await;
    }

    async fn of_no_registrar(database: TestDb) {
        let world = World::new(database).await;
        without_a_registrar(&world).await;
        world.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registrar_that_is_away_is_unavailable() {
    let nowhere = [("STROWGER_REGISTRAR_DATABASE_URL", "/nonexistent/location.db")];
    let world = World::with(TestDb::new(Engine::Sqlite).await, &nowhere).await;
    assert_eq!(world.admin.get("/api/subscriberregistrations/").await.status, 503);
    world.server.stop().await;
}
