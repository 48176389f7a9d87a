//! Credentials and roles.

use registry::account::{self, Status};
use registry::login::{self, Credentials};
use serde_json::json;

use super::door::{Door, NOW, PASSWORD, system};
use crate::category::CATEGORIES;
use crate::function::Who;

store::on_both! {
    async fn logging_in(db: TestDb) {
        let door = Door::open(&db).await;
        let alice = door.customer("alice").await;
        let password = [("auth_username", "alice"), ("auth_password", PASSWORD)];
        let reply = door.post("user/login", &password).await;
        let data = reply.data();
        assert_eq!(data["username"], "alice");
        assert_eq!(data["customer"], json!(alice.account));
        assert_eq!(data["role"], "customer");
        assert!(data["id"].is_i64());
        assert!(data.get("auth_token").is_none());

        let reply = door.get("user/login/?auth_username=alice;auth_password=correct+horse;token=1").await;
        let data = reply.data();
        assert_eq!(data["auth_token_expiry"], 86_400);
        assert_eq!(data["auth_token_expires"], NOW / 1_000_000 + 86_400);
        let token = data["auth_token"].as_str().unwrap();
        assert_eq!(door.post("numbers/list", &[("auth_token", token)]).await.data(), &json!([]));
        let again = door.post("user/login", &[("auth_token", token), ("token", "1")]).await;
        assert_eq!(again.says(), "400 token", "a token does not bring another");
        assert_eq!(door.post("user/login", &[("auth_token", token)]).await.data()["username"], "alice");

        door.clock.advance(86_400_000_000);
        assert_eq!(door.post("numbers/list", &[("auth_token", token)]).await.says(), "401", "a day later");
    }

    async fn wrong_credentials_are_refused_everywhere(db: TestDb) {
        let door = Door::open(&db).await;
        let wrong: [&[(&str, &str)]; 6] = [
            &[("auth_username", "administrator"), ("auth_password", "wrong horse")],
            &[("auth_username", "nobody"), ("auth_password", PASSWORD)],
            &[("auth_username", "administrator")],
            &[("auth_password", PASSWORD)],
            &[("auth_token", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA")],
            &[("auth_username", ""), ("auth_password", "")],
        ];
        for fields in wrong {
            let reply = door.post("ingroups/list", fields).await;
            assert_eq!((reply.says().as_str(), reply.message()), ("401", "user name or password incorrect"), "{fields:?}");
            assert!(!reply.body.to_string().contains("horse"));
        }
        assert_eq!(door.post("ingroups/list", &[]).await.says(), "200");
        assert_eq!(door.post("ingroups/list", &[("auth_token", "")]).await.says(), "200", "an empty token is none");
    }

    async fn tokens_end_with_the_password_and_the_account(db: TestDb) {
        let door = Door::open(&db).await;
        let alice = door.customer("alice").await;
        assert_eq!(alice.call("numbers/list", &[]).await.says(), "200");
        let changed = Credentials::new("alice", "battery staple").unwrap();
        let caller = system();
        registry::transaction!(door.db, |tx| login::set_password(tx, &caller, NOW, &changed).await).unwrap();
        assert_eq!(alice.call("numbers/list", &[]).await.says(), "401");
        assert_eq!(alice.call("ingroups/list", &[]).await.says(), "401", "also where none is needed");

        let bob = door.customer("bob").await;
        assert_eq!(bob.call("numbers/list", &[]).await.says(), "200");
        let lock = |status| {
            let (door, caller, account) = (&door, &caller, bob.account);
            async move {
                registry::transaction!(door.db, |tx| account::set_status(tx, caller, NOW, account, status).await).unwrap();
            }
        };
        lock(Status::Locked).await;
        assert_eq!(bob.call("numbers/list", &[]).await.says(), "401");
        let password = [("auth_username", "bob"), ("auth_password", PASSWORD)];
        assert_eq!(door.post("user/login", &password).await.says(), "401");
    }

    async fn roles(db: TestDb) {
        let door = Door::open(&db).await;
        let (alice, reseller) = (door.customer("alice").await, door.reseller().await);
        for function in CATEGORIES.iter().flat_map(|category| category.functions) {
            let anonymous = door.post(function.path, &[]).await;
            match function.who {
                Who::Anyone => assert!(!anonymous.says().starts_with("401"), "{}", function.path),
                Who::LoggedIn => assert_eq!(anonymous.says(), "401", "{}", function.path),
                Who::System => {
                    assert_eq!(anonymous.says(), "401", "{}", function.path);
                    for guest in [&alice, &reseller] {
                        assert_eq!(guest.call(function.path, &[]).await.says(), "402", "{}", function.path);
                    }
                }
            }
        }
    }
}
