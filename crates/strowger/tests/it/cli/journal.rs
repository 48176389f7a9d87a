//! `strowger journal`: who changed what.

use serde_json::{Value, json};

use crate::site::{SECRET, Site};

store::on_both! {
    async fn every_change_is_there_with_who_and_what(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london --minimum 0").await;
        site.ok("pool set london --area-code 20").await;
        site.ok("number add london 442079460000 442079460001").await;
        site.customer("alice").await;
        let mut server = site.serve().await;
        let api = site.api(&mut server).await;
        api.customer("alice").ok("numbers/purchase", &[("number", "442079460000")]).await;
        site.ok("number release 442079460000").await;
        server.stop().await;

        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
        let by_me = format!("cli:{user}");
        let of = async |kind: &str, id: &str| site.list(&format!("journal --kind {kind} --id {id}")).await;
        let pool = of("number_pools", "1").await;
        let shown: Vec<Value> = pool.iter().map(|e| json!([e["who"], e["operation"], e["before"]["area_code"], e["after"]["area_code"]])).collect();
        assert_eq!(shown, [json!([by_me, "create", null, ""]), json!([by_me, "update", "", "20"])]);
        let number = site.json("number show 442079460000").await["id"].to_string();
        let moves: Vec<Value> = of("numbers", &number)
            .await
            .iter()
            .map(|e| json!([e["who"], e["before"]["state"], e["after"]["state"], e["after"]["account_id"]]))
            .collect();
        assert_eq!(moves.len(), 2, "{moves:?}");
        assert_eq!(json!([moves[0][1], moves[0][2], moves[0][3]]), json!(["available", "in_service", 2]));
        assert!(moves[0][0].as_str().unwrap().contains("alice"), "{moves:?}");
        assert_eq!(moves[1], json!([by_me, "in_service", "available", null]));

        let text = site.ok("journal --kind number_pools --id 1").await;
        assert!(text.contains("area_code: \"\" → \"20\""), "{text}");
        let newest = site.list("journal --newest --limit 1").await;
        assert_eq!(newest[0]["record_id"].to_string(), number);
        let all = site.list("journal --limit 1000").await;
        assert!(all.iter().all(|e| e["at"].as_i64().unwrap() > 0 && !e["who"].as_str().unwrap().is_empty()));
        let first = all[0]["id"].as_i64().unwrap();
        assert_eq!(site.list(&format!("journal --limit 2 --after {first}")).await, all[1..3]);
        let whole = json!(all).to_string();
        for secret in ["alice password", SECRET, "argon2"] {
            assert!(!whole.contains(secret), "{secret} is in the journal");
        }
    }
}
