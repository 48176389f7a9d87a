//! Administrators: what they may be, and who may manage whom.

use serde_json::json;

use super::{commit, delete, post, put, set, with, without};
use crate::ngcp::client::REPRESENTATION;
use crate::ngcp::world::{PASSWORD, World};

async fn of_administrators(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let new = json!({ "login": "somebody", "password": PASSWORD, "role": "reseller", "reseller_id": one.id });
    let own = format!("admins/{}", one.admin_id);
    let both = json!({ "lawful_intercept": true, "is_superuser": true });
    let renewed = with(&new, &json!({ "login": "one_login", "is_master": true }));
    commit(
        &world.admin,
        vec![
            post("admins/", with(&new, &json!({ "login": "one_login" })), "Admin with this login already exists"),
            post(
                "admins/",
                with(&new, &json!({ "email": "one_login@example.org" })),
                "Admin with this email already exists",
            ),
            post(
                "admins/",
                with(&new, &json!({ "login": "four" })),
                "Validation failed. field='login', input='four', errors='Field must be at least 5 characters…",
            ),
            post("admins/", without(&new, "password"), "Validation failed. field='password'…"),
            post("admins/", with(&new, &json!({ "role": "king" })), "Unknown role: king"),
            post("admins/", with(&without(&new, "role"), &both), "…"),
            delete("admins/1", "Cannot delete own user").status(403),
            set("admins/1", "is_superuser", false, "User cannot modify own permissions").status(403),
            put(&own, renewed, "Only own user can change password").status(403),
        ],
    )
    .await;

    // A master of a reseller makes logins of its own reseller, and none of a higher role.
    let door = &one.door;
    let body = with(&new, &json!({ "reseller_id": two.id }));
    let answer = door
        .send("POST", "/api/admins/", &[("Content-Type", "application/json"), REPRESENTATION], body.to_string())
        .await
        .is(201);
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
}

store::on_both! {
    async fn of_administrators_rules(database: TestDb) {
        let world = World::new(database).await;
        of_administrators(&world).await;
        world.server.stop().await;
    }
}
