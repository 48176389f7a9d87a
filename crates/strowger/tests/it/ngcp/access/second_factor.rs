//! Second factors: whoever has one needs a code beside the password, on both doors, and nobody guesses it.

use serde_json::json;
use totp_rs::{Builder, Secret};

use crate::ngcp::client::Door;
use crate::ngcp::world::{PASSWORD, World};

/// What a program makes of a secret, so many seconds from now.
fn code(secret: &str, later: u64) -> String {
    let codes = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    let seconds = u64::try_from(registry::Clock::System.now() / 1_000_000).unwrap();
    codes.generate(seconds + later).to_string()
}

/// Sets the second factor of a user up, as front ends do, and logs in with it. `path` is what that user may read.
async fn set_up(door: &Door, username: &str, path: &str) {
    let right = door.login(username, PASSWORD);
    let login = json!({ "username": username, "password": PASSWORD });
    let with = |code: &str| json!({ "username": username, "password": PASSWORD, "otp": code });
    door.post("/login_jwt", &login).await.refuses(403, "Invalid OTP");
    right.get(path).await.refuses(403, "Invalid OTP");
    door.login(username, "wrong").get("/api/otpsecret/").await.is(401);
    door.post("/login_jwt", &with("123456")).await.refuses(403, "Invalid OTP");

    let picture = right.send("GET", "/api/otpsecret/", &[("Accept", "image/png")], "").await.is(200);
    assert_eq!(picture.header("content-type"), Some("image/png"));
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    let answer = right.send("GET", "/api/otpsecret/", &[("Accept", "text/plain")], "").await.is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let secret = answer.text;
    assert_eq!(right.get("/api/otpsecret/").await.is(200).text, secret, "until it is used");

    let wrong = if code(&secret, 0) == "000000" { "000001" } else { "000000" };
    right.with("X-OTP", wrong).get(path).await.refuses(403, "Invalid OTP");
    let first = code(&secret, 0);
    let token = door.post("/login_jwt", &with(&first)).await.is(200).json["jwt"].as_str().unwrap().to_owned();
    door.bearer(&token).get(path).await.is(200);
    door.post("/login_jwt", &with(&first)).await.refuses(403, "Invalid OTP");
    right.with("X-OTP", &first).get(path).await.refuses(403, "Invalid OTP");
    right.get("/api/otpsecret/").await.refuses(400, "The second factor is set up already.");
    let last = code(&secret, 30);
    right.with("X-OTP", &last).get(path).await.is(200);
    // Sent again it is no guess: it does not bring a ban, however often.
    for _ in 0..12 {
        right.with("X-OTP", &last).get(path).await.refuses(403, "Invalid OTP");
    }
}

store::on_both! {
    async fn whoever_has_one_needs_its_code(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("factored").await;
        let customer = world.customer(&reseller).await;
        let subscriber = world.subscriber(&reseller, &customer, &json!({ "webusername": "careful" })).await;
        let name = format!("careful@{}", reseller.domain);
        let own = format!("/api/subscribers/{}", subscriber.id);

        // An administrator's is a flag of its login.
        reseller.door.get("/api/otpsecret/").await.refuses(400, "No second factor is switched on for this user.");
        let login = format!("/api/admins/{}", reseller.admin_id);
        let old = json!({ "username": "factored_login", "password": PASSWORD });
        let old = world.door.post("/login_jwt", &old).await.is(200).json["jwt"].as_str().unwrap().to_owned();
        world.admin.set(&login, "enable_2fa", true).await.is(204);
        world.door.bearer(&old).get("/api/domains/").await.is(200);
        set_up(&world.door, "factored_login", "/api/domains/").await;
        world.door.bearer(&old).get("/api/domains/").await.is(401);

        // A subscriber's is a preference.
        let preferences = format!("/api/subscriberpreferences/{}", subscriber.id);
        let on = json!([{ "op": "add", "path": "/enable_2fa", "value": true }]);
        world.admin.patch(&preferences, &on).await.is(204);
        set_up(&world.self_care, &name, &own).await;

        // Guesses are failures like those of a password, which the right password does not make forgotten.
        let guess = world.door.login("factored_login", PASSWORD).with("X-OTP", "000000");
        let mut refused = 0;
        while guess.get("/api/domains/").await.message() != "Banned" {
            refused += 1;
            assert!(refused < 100, "not banned after {refused} guesses");
        }
        let ban = &world.admin.list("bannedusers/?username=factored_login").await[0]["id"];
        world.admin.delete(&format!("/api/bannedusers/{ban}")).await.is(204);

        // Who has lost it gets a new one from whoever manages it, or from the command line.
        let right = world.door.login("factored_login", PASSWORD);
        world.admin.set(&login, "enable_2fa", false).await.is(204);
        right.get("/api/domains/").await.is(200);
        world.admin.set(&login, "enable_2fa", true).await.is(204);
        right.get("/api/otpsecret/").await.is(200);
        let said = world.site.ok(&format!("user reset-otp {name}")).await;
        assert_eq!(said, format!("`{name}` has no second factor any more and sets up a new one with the next login\n"));
        set_up(&world.self_care, &name, &own).await;
        let off = json!([{ "op": "replace", "path": "/enable_2fa", "value": false }]);
        world.admin.patch(&preferences, &off).await.is(204);
        world.self_care.login(&name, PASSWORD).get(&own).await.is(200);
        world.admin.set(&preferences, "enable_2fa", true).await.is(204);
        set_up(&world.self_care, &name, &own).await;
        world.server.stop().await;
    }
}
