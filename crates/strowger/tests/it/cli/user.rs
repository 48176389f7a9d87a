//! `strowger user`: passwords come from standard input, and go nowhere.

use serde_json::json;

use crate::site::Site;

store::on_both! {
    async fn logins_are_made_and_their_passwords_told_to_nobody(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("account add alice").await;
        let secret = "a very private thing";
        let said = site.fed(&format!("{secret}\n"), "user add alice --account alice --role customer --password-stdin").await;
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (Some(0), "login `alice` made for account 2 `alice`\n", ""));

        let said = site.run("user add robot --account alice --role customer --json").await;
        let (_, rest) = said.stderr.split_once("its password is ").unwrap();
        let (generated, _) = rest.split_once(" and is not shown again\n").unwrap();
        assert_eq!(generated.len(), 20);
        assert!(!said.stdout.contains(generated), "{said:?}");

        let mut server = site.serve().await;
        let api = site.api(&mut server).await;
        assert_eq!(api.login("alice", secret).call("user/login", &[]).await.code, "200");
        assert_eq!(api.login("robot", generated).call("user/login", &[]).await.code, "200");

        // A new password ends what the old one has opened.
        let token = api.login("alice", secret).ok("user/login", &[("token", "1")]).await;
        let token = token["auth_token"].as_str().unwrap();
        assert_eq!(api.call("numbers/list", &[("auth_token", token)]).await.code, "200");
        let said = site.fed("another private thing\r\n", "user password alice --password-stdin").await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "login `alice` has a new password\n"));
        assert_eq!(api.call("numbers/list", &[("auth_token", token)]).await.code, "401");
        assert_eq!(api.login("alice", secret).call("user/login", &[]).await.code, "401");
        assert_eq!(api.login("alice", "another private thing").call("user/login", &[]).await.code, "200");

        assert_eq!(site.ok("user delete robot").await, "login `robot` removed\n");
        assert_eq!(api.login("robot", generated).call("user/login", &[]).await.code, "401");
        let shown = [site.ok("user list").await, site.json("user list").await.to_string(), site.json("journal --limit 1000").await.to_string(), server.log()];
        for secret in [secret, "another private thing", generated, "argon2"] {
            for text in &shown {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
        let rows: Vec<_> = site.list("user list").await.iter().map(|l| json!([l["username"], l["role"], l["account_id"]])).collect();
        assert_eq!(rows, [json!(["administrator", "admin", 0]), json!(["alice", "customer", 2])]);
    }

    async fn what_a_login_cannot_be_is_said(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("account add alice").await;
        for (words, why) in [
            ("user add administrator --account default --role reseller", "there is a login named `administrator` already"),
            ("user add a --account nobody --role customer", "account nobody not found"),
            ("user add a --account alice --role king", "role: `king` is not one of admin, reseller, customer, ccareadmin, ccare, lintercept, subscriberadmin, subscriber"),
            ("user add a%b --account alice --role customer", "username: `a%b` must have 1 to 100 of the characters a-z A-Z 0-9 . _ - @ +"),
            ("user password nobody", "login nobody not found"),
            ("user delete nobody", "login nobody not found"),
            ("user reset nobody", "login nobody not found"),
            ("user reset nobody@example.org", "login nobody@example.org not found"),
            ("user delete administrator", "`administrator` is the last administrator"),
        ] {
            assert_eq!(site.fails(words).await, format!("error: {why}\n"), "{words}");
        }
        let why = site.fails("user add a --account alice --role admin").await;
        assert!(why.starts_with("error: role: "), "{why}");
        let said = site.fed("short\n", "user add a --account alice --role customer --password-stdin").await;
        assert_eq!((said.code, said.stderr.as_str()), (Some(1), "error: password: must have 8 to 1000 characters\n"));
        site.ok("user add second --account 0 --role admin").await;
        site.ok("user delete administrator").await;
        assert_eq!(site.list("user list").await.len(), 1);
    }
}
