//! Passwords at both doors: whose they are, how they are changed, what they do not open.

use serde_json::{Value, json};

use crate::ngcp::client::{Answer, Door};
use crate::ngcp::world::{PASSWORD, World};

/// Another good password.
const OTHER: &str = "Another.one-1892?";

async fn opens(door: &Door, path: &str) -> u16 {
    door.get(path).await.status
}

async fn both_realms(world: &World) {
    let reseller = world.reseller("realms").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({ "webusername": "ada" })).await;
    let silent = json!({ "webusername": "silent", "webpassword": null });
    world.subscriber(&reseller, &customer, &silent).await;
    let own = format!("/api/subscribers/{}", subscriber.id);
    let (domain, host) = (&reseller.domain, ("Host", format!("{}:1443", reseller.domain)));
    let at = |user: &str, password: &str| world.self_care.login(user, password);
    for (door, status) in [
        (at(&format!("ada@{domain}"), PASSWORD), 200),
        (at(&format!("ada@{domain}"), "wrong"), 401),
        (at(&format!("ada@{domain}"), ""), 401),
        (at("ada@elsewhere.example.org", PASSWORD), 401),
        // Without a domain, it is that of the host.
        (at("ada", PASSWORD), 401),
        (at("ada", PASSWORD).with(host.0, &host.1), 200),
        (at("ada", PASSWORD).with(host.0, domain), 200),
        (at(&format!("silent@{domain}"), ""), 401),
        (at(&format!("silent@{domain}"), PASSWORD), 401),
        (at("realms_login", PASSWORD), 401),
        (world.door.login(&format!("ada@{domain}"), PASSWORD), 401),
        (world.door.login("realms_login", PASSWORD), 200),
        (world.door.login("realms_login", "wrong"), 401),
    ] {
        assert_eq!(opens(&door, &own).await, status, "{door:?}");
    }
    // Over HTTP/2 the host is found as well: a domain may be an address.
    let numeric = reseller.door.post("/api/domains/", &json!({ "domain": "127.0.0.1" })).await.is(201);
    let more = json!({ "domain": "127.0.0.1", "webusername": "eve" });
    let eve = world.subscriber(&reseller, &customer, &more).await;
    let door = at("eve", PASSWORD);
    let certificate = world.site.data("tls-certificate.pem");
    for door in [door.clone(), door.http2(&certificate)] {
        assert_eq!(opens(&door, &format!("/api/subscribers/{}", eve.id)).await, 200, "domain {}", numeric.id());
    }
    // Self-care replaces what it is never shown, and a patch of something else leaves it.
    let (before, after) = (at(&format!("ada@{domain}"), PASSWORD), at(&format!("ada@{domain}"), OTHER));
    before.set(&own, "webpassword", OTHER).await.is(204);
    world.admin.set(&own, "display_name", "Ada").await.is(204);
    assert_eq!((opens(&before, &own).await, opens(&after, &own).await), (401, 200));
    world.admin.delete(&own).await.is(204);
    assert_eq!(opens(&after, &own).await, 401);
}

/// What a role that is no role of this interface may do with its password.
async fn others(world: &World) {
    world.site.customer("retailer").await;
    let door = world.door.login("retailer", "retailer password");
    let answer = door.options("/api/").await;
    assert!(answer.status == 403 || answer.links().is_empty(), "{answer:?}");
    for path in ["/api/customers/", "/api/subscribers/", "/api/numbers/", "/api/admins/"] {
        door.get(path).await.refuses(403, "Invalid user");
    }
    let id = world.staff("sleeper", "reseller", 1, &json!({ "is_active": false })).await;
    let door = world.door.login("sleeper", PASSWORD);
    door.get("/api/customers/").await.refuses(403, "Forbidden");
    world.admin.set(&format!("/api/admins/{id}"), "is_active", true).await.is(204);
    door.get("/api/customers/").await.is(200);
    world.admin.set(&format!("/api/admins/{id}"), "is_active", false).await.is(204);
    door.get("/api/customers/").await.refuses(403, "Forbidden");
}

async fn change(door: &Door, password: &str) -> Answer {
    door.post("/api/passwordchange/", &json!({ "new_password": password })).await
}

async fn changes(world: &World) {
    let reseller = world.reseller("changes").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({ "webusername": "changer" })).await;
    let user = format!("changer@{}", reseller.domain);
    for (door, user, own) in [
        (&world.door, "changes_login", "/api/customers/".to_owned()),
        (&world.self_care, user.as_str(), format!("/api/subscribers/{}", subscriber.id)),
    ] {
        let login = json!({ "username": user, "password": PASSWORD });
        let jwt = door.post("/login_jwt", &login).await.is(200).json["jwt"].as_str().unwrap().to_owned();
        let (old, new) = (door.login(user, PASSWORD), door.login(user, OTHER));
        assert_eq!(opens(&old, &own).await, 200);
        change(&door.login(user, "wrong"), OTHER).await.is(401);
        // Of subscribers only something is asked, as platforminfo says.
        let least = json!(if user.contains('@') { "" } else { "short" });
        for weak in [json!(""), least, Value::Null] {
            let answer = old.post("/api/passwordchange/", &json!({ "new_password": weak })).await;
            answer.refuses_with(422, "Validation failed. field='");
            assert!(answer.message().contains("password'") && answer.message().contains("errors='"), "{answer:?}");
        }
        change(&old, OTHER).await.is(204);
        assert_eq!((opens(&old, &own).await, opens(&new, &own).await), (401, 200), "{user}");
        assert_eq!(opens(&door.bearer(&jwt), &own).await, 401, "a token ends with the password: {user}");
        // A token may change it as well.
        let login = json!({ "username": user, "password": OTHER });
        let jwt = door.post("/login_jwt", &login).await.is(200).json["jwt"].as_str().unwrap().to_owned();
        change(&door.bearer(&jwt), PASSWORD).await.is(204);
        assert_eq!((opens(&old, &own).await, opens(&new, &own).await), (200, 401), "{user}");
    }
}

async fn forgotten(world: &World) {
    let wanted = json!({
        "success": 1, "message": "Please check your email for password reset instructions.",
    });
    for (username, kind) in [("administrator", "administrator"), ("nobody", "administrator"), ("nobody", "subscriber")]
    {
        let body = json!({ "username": username, "domain": "example.org", "type": kind });
        assert_eq!(world.door.post("/api/passwordreset/", &body).await.is(200).json, wanted, "{username}");
    }
    world.door.post("/api/passwordreset/", &json!({ "type": "subscriber" })).await.is(422);
    let body = json!({ "new_password": OTHER, "token": "no such token" });
    for door in [&world.door, &world.self_care] {
        door.post("/api/passwordrecovery/", &body).await.refuses(403, "Forbidden");
    }
}

store::on_both! {
    async fn passwords(database: TestDb) {
        let world = World::new(database).await;
        both_realms(&world).await;
        others(&world).await;
        changes(&world).await;
        forgotten(&world).await;
        let log = world.server.log();
        assert!(!log.contains(PASSWORD) && !log.contains(OTHER), "{log}");
        world.server.stop().await;
    }
}
