//! Tokens: `/login_jwt` at both doors, what is in a token and what it opens, one-time tokens.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::ngcp::client::Door;
use crate::ngcp::world::{PASSWORD, World};
use crate::site::SECRET;

/// What a token says of itself.
fn parts(jwt: &str) -> (Value, Value) {
    let mut parts = jwt.split('.').map(|part| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

async fn jwt(door: &Door, body: &Value) -> (String, Value) {
    let answer = door.post("/login_jwt", body).await.is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    (answer.json["jwt"].as_str().unwrap().to_owned(), answer.json)
}

async fn of_administrators(world: &World) -> String {
    let login = json!({ "username": "administrator", "password": SECRET });
    let (token, answer) = jwt(&world.door, &login).await;
    assert_eq!(answer["id"], json!(1));
    let (header, payload) = parts(&token);
    assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
    assert_eq!((&payload["id"], &payload["username"]), (&json!(1), &json!("administrator")));
    assert!(payload["exp"].is_i64());
    let door = world.door.bearer(&token);
    assert_eq!(door.item("/api/admins/1").await["login"], "administrator");
    door.with("X-NGCP-Admin-UI", "1").get("/api/admins/1").await.is(200);
    // It is renewed for itself, and is good at its own door only.
    let (renewed, _) = jwt(&world.door, &json!({ "jwt": token })).await;
    world.door.bearer(&renewed).get("/api/admins/1").await.is(200);
    world.self_care.bearer(&token).get("/api/subscribers/").await.is(401);
    world.self_care.post("/login_jwt", &json!({ "jwt": token })).await.is(403);
    let broken = format!("{}x", &token[..token.len() - 2]);
    let unsigned = {
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let header = engine.encode(json!({ "alg": "none", "typ": "JWT" }).to_string());
        format!("{header}.{}.", token.split('.').nth(1).unwrap())
    };
    for bad in [broken.as_str(), unsigned.as_str(), "x", "a.b.c"] {
        world.door.bearer(bad).get("/api/admins/1").await.is(401);
        world.door.post("/login_jwt", &json!({ "jwt": bad })).await.is(403);
    }
    for door in [&world.door, &world.self_care] {
        for method in ["GET", "POST"] {
            door.send(method, "/ajax_logout", &[], "").await.is(200);
        }
    }
    token
}

async fn refusals(world: &World) {
    for door in [&world.door, &world.self_care] {
        for body in [json!({}), json!({ "username": "administrator" }), json!({ "password": "x" }), json!([])] {
            door.post("/login_jwt", &body).await.refuses(422, "No username or password given");
        }
        let body = json!({ "username": "administrator", "password": "a\u{0}b" });
        door.post("/login_jwt", &body).await.refuses(422, "'password' contains invalid characters");
        let body = json!({ "username": "nobody@example.org", "password": "wrong" });
        door.post("/login_jwt", &body).await.refuses(403, "User not found");
        let body = json!({ "username": "administrator", "password": "wrong" });
        door.post("/login_jwt", &body).await.refuses(403, "User not found");
    }
    world.staff("dormant", "reseller", 1, &json!({ "is_active": false })).await;
    let body = json!({ "username": "dormant", "password": PASSWORD });
    world.door.post("/login_jwt", &body).await.refuses(403, "Forbidden!");
}

async fn of_subscribers(world: &World, administrators: &str) {
    let reseller = world.reseller("tokens").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({ "webusername": "bearer" })).await;
    let path = format!("/api/subscribers/{}", subscriber.id);
    let uuid = world.admin.item(&path).await["uuid"].clone();
    let name = format!("bearer@{}", reseller.domain);
    let (token, answer) = jwt(&world.self_care, &json!({ "username": name, "password": PASSWORD })).await;
    assert_eq!(answer["subscriber_id"], json!(subscriber.id));
    let (_, payload) = parts(&token);
    assert_eq!(payload["subscriber_uuid"], uuid, "{payload}");
    assert!(payload["exp"].is_i64() && payload["username"].is_string(), "{payload}");
    let door = world.self_care.bearer(&token);
    door.get(&path).await.is(200);
    world.door.bearer(&token).get("/api/customers/").await.is(401);
    let host = world.self_care.with("Host", &reseller.domain);
    jwt(&host, &json!({ "username": "bearer", "password": PASSWORD })).await;
    world.door.post("/login_jwt", &json!({ "username": name, "password": PASSWORD })).await.is(403);

    for (door, at) in [(&door, &world.self_care), (&world.door.bearer(administrators), &world.door)] {
        let token = |kind: &str| {
            let body = json!({ "type": kind, "expires": 60 });
            async move { door.post("/api/authtokens/", &body).await.is(201).json["token"].as_str().unwrap().to_owned() }
        };
        let once = token("onetime").await;
        jwt(at, &json!({ "token": once })).await;
        at.post("/login_jwt", &json!({ "token": once })).await.is(403);
        let lasting = token("expires").await;
        jwt(at, &json!({ "token": lasting })).await;
        jwt(at, &json!({ "token": lasting })).await;
        at.post("/login_jwt", &json!({ "token": "nothing" })).await.is(403);
        let answer = door.post("/api/authtokens/", &json!({ "type": "forever" })).await;
        answer.refuses_with(422, "is not a valid value");
    }
    world.admin.delete(&path).await.is(204);
    door.get(&path).await.is(401);
}

store::on_both! {
    async fn tokens(database: TestDb) {
        let world = World::new(database).await;
        let token = of_administrators(&world).await;
        refusals(&world).await;
        of_subscribers(&world, &token).await;
        let log = world.server.log();
        assert!(!log.contains(&token), "{log}");
        world.server.stop().await;
    }
}
