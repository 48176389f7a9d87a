//! Bans: who fails too often is kept out for a while, also with the right password; administrators see it and lift it.

use serde_json::json;

use crate::ngcp::client::Door;
use crate::ngcp::world::{PASSWORD, World};

/// So many failures are borne at most.
const PATIENCE: usize = 100;

/// Fails until it is banned.
async fn fail(door: &Door, path: &str) {
    for _ in 0..PATIENCE {
        let answer = door.get(path).await;
        if answer.status == 403 {
            answer.refuses(403, "Banned");
            return;
        }
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    panic!("not banned after {PATIENCE} failures");
}

store::on_both! {
    async fn who_fails_too_often_is_banned_for_a_while(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("banned").await;
        let customer = world.customer(&reseller).await;
        let subscriber = world.subscriber(&reseller, &customer, &json!({ "webusername": "unlucky" })).await;
        let name = format!("unlucky@{}", reseller.domain);
        let (contacts, own) = ("/api/customercontacts/".to_owned(), format!("/api/subscribers/{}", subscriber.id));
        for (door, user, path) in [(&world.door, "banned_login", &contacts), (&world.self_care, name.as_str(), &own)] {
            let body = json!({ "username": user, "password": PASSWORD });
            let jwt = door.post("/login_jwt", &body).await.is(200).json["jwt"].as_str().unwrap().to_owned();
            fail(&door.login(user, "wrong"), path).await;
            let right = door.login(user, PASSWORD);
            right.get(path).await.refuses(403, "Banned");
            door.post("/login_jwt", &body).await.refuses(403, "Banned");
            // A token can't be guessed; and others are as free as they were.
            door.bearer(&jwt).get(path).await.is(200);
            world.admin.get(&contacts).await.is(200);

            let bans = world.admin.list("bannedusers/").await;
            assert_eq!(bans.len(), 1, "{bans:?}");
            let shown = bans[0].to_string();
            assert!(shown.contains(user) && !shown.contains(PASSWORD), "{shown}");
            let ban = format!("/api/bannedusers/{}", bans[0]["id"]);
            world.admin.get(&ban).await.is(200);
            reseller.door.get("/api/bannedusers/").await.is(403);
            world.admin.delete(&ban).await.is(204);
            world.admin.get(&ban).await.is(404);
            assert!(world.admin.list("bannedusers/").await.is_empty());
            right.get(path).await.is(200);
        }
        // A user that does not exist is banned like any other, so that a ban tells nothing.
        fail(&world.door.login("nobody at all", "wrong"), &contacts).await;
        assert_eq!(world.admin.list("bannedusers/").await.len(), 1);
        assert!(world.admin.list("bannedips/").await.is_empty(), "a proxy on this machine stands for all its clients");
        world.server.stop().await;
    }
}
