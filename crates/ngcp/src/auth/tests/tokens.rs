//! Tokens, and passwords that are changed or forgotten.

use registry::auth_token::{self, Holder};
use registry::{Caller, login, subscriber};
use serde_json::{Value, json};

use super::{Doors, NOW, SIMPLE, ask, payload};
use crate::Realm;

store::on_both! {
    async fn tokens_of_administrators(db: TestDb) {
        let doors = Doors::open(&db).await;
        let id = doors.admin("jane.doe", json!({})).await;
        let answer = doors.log_in(Realm::Admin, json!({ "username": "jane.doe", "password": SIMPLE })).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["id"]), (200, &json!(id)));
        let jwt = body["jwt"].as_str().unwrap().to_owned();
        let said = payload(&jwt);
        assert_eq!((&said["id"], &said["username"], &said["exp"]), (&json!(id), &json!("jane.doe"), &body["expires"]));
        let own = format!("/api/admins/{id}");
        assert_eq!(doors.send(ask("GET", &own).bearer(&jwt).header("x-ngcp-admin-ui", "1")).await.status, 200);

        let renewed = doors.log_in(Realm::Admin, json!({ "jwt": jwt })).await.json();
        assert_eq!(renewed["id"], id);
        for (body, says) in [
            (json!({ "username": "jane.doe", "password": "wrong password" }), "403 User not found"),
            (json!({ "username": "nobody", "password": SIMPLE }), "403 User not found"),
            (json!({ "username": "jane.doe" }), "422 No username or password given"),
            (json!({ "username": "", "password": "" }), "422 No username or password given"),
            (json!([]), "422 No username or password given"),
            (json!({ "username": "jane.doe", "password": "a\u{7}" }), "422 'password' contains invalid characters"),
            (json!({ "username": "jane\0doe", "password": SIMPLE }), "403 User not found"),
            (json!({ "jwt": "a.b.c" }), "403 User not found"),
            (json!({ "token": "0123" }), "403 User not found"),
        ] {
            assert_eq!(doors.log_in(Realm::Admin, body.clone()).await.says(), says, "{body}");
        }
        let wrong_door = doors.send(ask("GET", "/api/subscribers/").bearer(&jwt).at(Realm::Subscriber)).await;
        assert_eq!(wrong_door.status, 401);
        assert_eq!(wrong_door.headers["www-authenticate"], "Bearer realm=\"api_subscriber_http\", error=\"invalid_token\"");

        let change = ask("POST", "/api/passwordchange/").bearer(&jwt);
        let short = doors.send(change.body(json!({ "new_password": "short" }))).await;
        assert_eq!(short.says(), "422 Validation failed. field='password', input='*****', errors='must have 8 to 1000 characters'");
        let change = ask("POST", "/api/passwordchange/").basic("jane.doe", SIMPLE);
        assert_eq!(doors.send(change.body(json!({ "new_password": "another password" }))).await.status, 204);
        assert_eq!(doors.send(ask("GET", &own).bearer(&jwt)).await.status, 401, "a new password ends tokens");
        assert_eq!(doors.send(ask("GET", &own).basic("jane.doe", SIMPLE)).await.status, 401);
        assert_eq!(doors.send(ask("GET", &own).basic("jane.doe", "another password")).await.status, 200);
        doors.clock.advance(web::TOKEN_LIFE * 1_000_000);
        let late = doors.send(ask("GET", &own).bearer(renewed["jwt"].as_str().unwrap())).await;
        assert_eq!(late.status, 401);
        for path in ["/ajax_logout"] {
            assert_eq!(doors.send(ask("GET", path)).await.status, 200);
            assert_eq!(doors.send(ask("POST", path)).await.status, 200);
        }
    }

    async fn subscribers_log_in_with_their_web_password(db: TestDb) {
        let doors = Doors::open(&db).await;
        let alice = doors.alice().await;
        let own = format!("/api/subscribers/{alice}");
        let get = |path: &str| ask("GET", path).at(Realm::Subscriber);
        for request in [
            get(&own).basic("alice@example.org", SIMPLE),
            get(&own).basic("alice", SIMPLE).header("host", "example.org:1444"),
            get(&own).basic("alice", SIMPLE).header("host", "EXAMPLE.ORG"),
        ] {
            assert_eq!(doors.send(request).await.status, 200);
        }
        for request in [
            get(&own).basic("alice@example.org", "secret-1"),
            get(&own).basic("alice@example.net", SIMPLE),
            get(&own).basic("alice", SIMPLE).header("host", "localhost"),
        ] {
            assert_eq!(doors.send(request).await.status, 401, "the SIP password and other domains do not count");
        }
        let body = doors.log_in(Realm::Subscriber, json!({ "username": "alice@example.org", "password": SIMPLE })).await.json();
        assert_eq!(body["subscriber_id"], alice);
        let jwt = body["jwt"].as_str().unwrap().to_owned();
        assert_eq!(payload(&jwt)["username"], "alice@example.org");
        let shown = doors.send(ask("GET", &own).boss()).await.json();
        assert_eq!((payload(&jwt)["subscriber_uuid"].as_str().unwrap().len(), &payload(&jwt)["subscriber_uuid"]), (36, &shown["uuid"]));
        assert_eq!(doors.send(get(&own).bearer(&jwt)).await.status, 200);
        assert_eq!(doors.send(ask("GET", &own).bearer(&jwt)).await.status, 401, "not on the other door");

        let token = ask("POST", "/api/authtokens/").at(Realm::Subscriber).bearer(&jwt);
        let token = doors.send(token.body(json!({ "type": "onetime" }))).await;
        assert_eq!(token.status, 201);
        let token = token.json()["token"].clone();
        assert_eq!(doors.log_in(Realm::Admin, json!({ "token": "x" })).await.says(), "403 User not found");
        assert_eq!(doors.log_in(Realm::Subscriber, json!({ "token": token })).await.json()["subscriber_id"], alice);
        assert_eq!(doors.log_in(Realm::Subscriber, json!({ "token": token })).await.says(), "403 User not found");

        let change = ask("POST", "/api/passwordchange/").at(Realm::Subscriber).basic("alice@example.org", SIMPLE);
        assert_eq!(doors.send(change.body(json!({ "new_password": "brand new" }))).await.status, 204);
        assert_eq!(doors.send(get(&own).bearer(&jwt)).await.status, 401);
        assert_eq!(doors.send(get(&own).basic("alice@example.org", "brand new")).await.status, 200);
        let who = doors.send(get("/api/userinfo/").basic("alice@example.org", "brand new")).await.json();
        assert_eq!((&who["username"], &who["role"]), (&json!("alice@example.org"), &json!("subscriber")));
        let lock = ask("PATCH", &own).boss().body(json!([{ "op": "replace", "path": "/status", "value": "locked" }]));
        assert_eq!(doors.send(lock).await.status, 204);
        assert_eq!(doors.send(get(&own).basic("alice@example.org", "brand new")).await.says(), "403 Forbidden");
        assert_eq!(doors.send(get(&own).basic("alice@example.org", "wrong")).await.status, 401, "only who knows it hears of it");
    }

    async fn a_forgotten_password(db: TestDb) {
        let doors = Doors::open(&db).await;
        let jane = doors.admin("jane.doe", json!({})).await;
        doors.alice().await;
        let reset = |body: Value| ask("POST", "/api/passwordreset/").body(body);
        for body in [
            json!({ "username": "jane.doe", "type": "administrator" }),
            json!({ "username": "nobody", "type": "administrator" }),
            json!({ "username": "no\0body", "type": "administrator" }),
            json!({ "username": "alice", "domain": "example.org", "type": "subscriber" }),
            json!({ "username": "alice", "domain": "example.net", "type": "subscriber" }),
        ] {
            let answer = doors.send(reset(body)).await;
            let expected = json!({ "success": 1, "message": "Please check your email for password reset instructions." });
            assert_eq!((answer.status, answer.json()), (200, expected));
        }
        assert_eq!(doors.send(reset(json!({}))).await.status, 422);
        assert_eq!(doors.send(reset(json!({ "username": "x", "type": "king" }))).await.status, 422);

        let own = login::load(&mut db.db.reader(), &[jane]).await.unwrap().pop().unwrap();
        let of_alice = subscriber::candidate(&mut db.db.reader(), "alice", "example.org").await.unwrap();
        let system = Caller::system("test");
        for (holder, realm, name) in [
            (Holder::login(&own), Realm::Admin, "jane.doe"),
            (Holder::subscriber(&of_alice), Realm::Subscriber, "alice@example.org"),
        ] {
            let token = registry::transaction!(db.db, |tx| auth_token::reset_for(tx, &system, NOW, &holder).await).unwrap();
            let recover = |token: &str| {
                ask("POST", "/api/passwordrecovery/").at(realm).body(json!({ "token": token, "new_password": "found again" }))
            };
            assert_eq!(doors.send(recover("0123")).await.says(), "403 Forbidden");
            let short = ask("POST", "/api/passwordrecovery/").body(json!({ "token": token, "new_password": "" }));
            assert_eq!(doors.send(short).await.status, 422);
            let done = doors.send(recover(&token)).await;
            assert_eq!((done.status, done.json()["message"].as_str()), (200, Some("Password reset successfully completed.")));
            assert_eq!(doors.send(recover(&token)).await.says(), "403 Forbidden", "good once");
            let in_again = doors.log_in(realm, json!({ "username": name, "password": "found again" })).await;
            assert_eq!(in_again.status, 200, "{name}");
        }
    }
}
