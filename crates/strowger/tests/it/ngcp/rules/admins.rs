//! Administrators: what they may be, and who may manage whom.

use serde_json::{Value, json};

use super::{breach, commit, set, with, without};
use crate::ngcp::client::REPRESENTATION;
use crate::ngcp::world::{PASSWORD, World};

store::on_both! {
    async fn of_administrators(database: TestDb) {
        let world = World::new(database).await;
        let (one, two) = (world.reseller("one").await, world.reseller("two").await);
        let new = json!({ "login": "somebody", "password": PASSWORD, "role": "reseller", "reseller_id": one.id });
        let own = format!("admins/{}", one.admin_id);
        commit(&world.admin, vec![
            breach("POST", "admins/", with(&new, &json!({ "login": "one_login" })), 422, "Admin with this login already exists"),
            breach("POST", "admins/", with(&new, &json!({ "email": "one_login@example.org" })), 422, "Admin with this email already exists"),
            breach("POST", "admins/", with(&new, &json!({ "login": "four" })), 422,
                "Validation failed. field='login', input='four', errors='Field must be at least 5 characters. You entered 4'"),
            breach("POST", "admins/", without(&new, "password"), 422, "Validation failed. field='password'…"),
            breach("POST", "admins/", with(&new, &json!({ "role": "king" })), 422, "Unknown role: king"),
            breach("POST", "admins/", with(&without(&new, "role"), &json!({ "lawful_intercept": true, "is_superuser": true })), 422, "…"),
            breach("DELETE", "admins/1", Value::Null, 403, "Cannot delete own user"),
            set("admins/1", "is_superuser", false, 403, "User cannot modify own permissions"),
breach("PUT", &own, with(&new, &json!({ "login": "one_login", "is_master": true })), 403, "Only own user can change password"),
        ]).await;

        // A master of a reseller makes logins of its own reseller, and none of a higher role.
        let door = &one.door;
        let body = with(&new, &json!({ "reseller_id": two.id }));
        let answer = door.send("POST", "/api/admins/", &[("Content-Type", "application/json"), REPRESENTATION], body.to_string()).await.is(201);
        assert_eq!((&answer.json["reseller_id"], &answer.json["role"]), (&json!(one.id), &json!("reseller")), "{answer:?}");
        assert_eq!(answer.json.get("password"), None);
        assert_eq!(answer.header("location"), Some(format!("/api/admins/{}", answer.id()).as_str()));
        let path = format!("/api/admins/{}", answer.id());
        let higher = with(&new, &json!({ "login": "higher", "role": "admin" }));
        door.post("/api/admins/", &higher).await.is(403);
        let higher = with(&without(&new, "role"), &json!({ "login": "higher", "is_superuser": "true" }));
        let answer = door.post("/api/admins/", &higher).await;
        assert!(answer.status == 403 || answer.status == 422, "{answer:?}");
        // Whoever is no master makes nobody.
        let plain = world.door.login("somebody", PASSWORD);
        assert_eq!(plain.list("admins/").await.len(), 1);
        plain.post("/api/admins/", &with(&new, &json!({ "login": "another" }))).await.is(403);
        plain.set(&path, "is_master", true).await.is(403);
        two.door.get(&path).await.refuses(404, "Entity 'admin' not found.");
        // Flags make roles, and come as texts as well.
        for (flags, role) in [
            (json!({ "is_superuser": true }), "admin"),
            (json!({ "is_superuser": "true", "is_ccare": "true" }), "ccareadmin"),
            (json!({ "is_ccare": true }), "ccare"),
            (json!({ "lawful_intercept": true }), "lintercept"),
            (json!({}), "reseller"),
        ] {
            let body = with(&without(&new, "role"), &with(&flags, &json!({ "login": format!("as_{role}") })));
            let id = world.admin.create("admins", &body).await;
            assert_eq!(world.admin.item(&format!("/api/admins/{id}")).await["role"], json!(role));
        }
        door.delete(&path).await.is(204);
        plain.get("/api/admins/").await.is(401);
        door.delete(&format!("/api/{own}")).await.refuses(403, "Cannot delete own user");
        world.server.stop().await;
    }
}
