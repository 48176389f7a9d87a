//! The first start makes all that is needed; the ones after it change nothing.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use store::testing::TestDb;

use crate::site::{SECRET, Site};

fn mode(path: &std::path::Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// What a generated password looks like in what the program says.
fn generated(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("The first administrator is `administrator` with the password ")?;
    rest.lines().next().map(str::to_owned)
}

async fn records(site: &Site) -> BTreeMap<&'static str, serde_json::Value> {
    let mut records = BTreeMap::new();
    for words in ["account list", "user list", "pool list", "pool classes", "vendor list", "journal"] {
        records.insert(words, site.json(words).await);
    }
    records
}

store::on_both! {
    async fn makes_folder_keys_certificate_administrator_and_reseller(database: TestDb) {
        let site = Site::new(database);
        let mut server = site.serve().await;
        assert_eq!(mode(&site.path("data")), 0o700);
        assert_eq!(mode(&site.data("keys")), 0o600);
        assert_eq!(mode(&site.data("tls-key.pem")), 0o600);
        let log = server.log();
        assert!(!log.contains(SECRET), "{log}");
        assert_eq!(generated(&log), None);

        let accounts = site.list("account list").await;
        let shown: Vec<_> =
            accounts.iter().map(|a| json!([a["id"], a["name"], a["kind"], a["parent_id"]])).collect();
        assert_eq!(shown, [json!([0, "operator", "operator", null]), json!([1, "default", "reseller", 0])]);

        let api = site.api(&mut server).await;
        let login = api.login("administrator", SECRET).ok("user/login", &[]).await;
        assert_eq!(login["username"], "administrator", "{login}");
        assert_eq!(api.login("administrator", "another secret").call("user/login", &[]).await.code, "401");
        server.stop().await;
    }

    async fn a_generated_password_is_printed_once_and_works(database: TestDb) {
        let site = Site::new(database);
        let without = [("STROWGER_ADMIN_PASSWORD", "")];
        let mut server = site.serve_with(&without).await;
        let password = generated(&server.log()).unwrap();
        assert_eq!(password.len(), 20);
        let api = site.api(&mut server).await;
        assert_eq!(api.login("administrator", &password).call("user/login", &[]).await.code, "200");
        server.stop().await;

        let server = site.serve_with(&without).await;
        let log = server.log();
        assert!(generated(&log).is_none() && !log.contains(&password), "{log}");
        server.stop().await;
        let journal = site.json("journal --limit 1000").await.to_string();
        assert!(!journal.contains(&password) && !journal.contains("argon2"), "{journal}");
    }

    async fn the_second_start_changes_nothing(database: TestDb) {
        let site = Site::new(database);
        site.serve().await.stop().await;
        let files = ["keys", "tls-key.pem", "tls-certificate.pem"].map(|name| std::fs::read(site.data(name)).unwrap());
        let before = records(&site).await;
        // Another password in the environment is only for a first start.
        let mut server = site.serve_with(&[("STROWGER_ADMIN_PASSWORD", "a later secret")]).await;
        let api = site.api(&mut server).await;
        assert_eq!(api.login("administrator", "a later secret").call("user/login", &[]).await.code, "401");
        assert_eq!(api.login("administrator", SECRET).call("user/login", &[]).await.code, "200");
        server.stop().await;
        assert_eq!(files, ["keys", "tls-key.pem", "tls-certificate.pem"].map(|name| std::fs::read(site.data(name)).unwrap()));
        assert_eq!(before, records(&site).await);
    }

    async fn commands_wait_for_the_first_start(database: TestDb) {
        let site = Site::new(database);
        let not_ready = "error: the database is not ready: `strowger migrate` or the first `strowger serve` makes it so\n";
        assert_eq!(site.fails("pool list").await, not_ready);
        let missing = site.ok("migrate --dry-run").await;
        assert!(missing.contains("0001_accounts"), "{missing}");
        assert_eq!(site.fails("pool list").await, not_ready);
        let applied = site.list("migrate").await;
        assert_eq!(applied[0], "0001_accounts");
        assert_eq!(site.ok("migrate").await, "the schema is up to date\n");
        assert_eq!(site.json("migrate").await, json!([]));
        assert_eq!(site.list("pool list").await, [] as [serde_json::Value; 0]);
    }

    async fn health_and_metrics_are_open_to_all(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london --minimum 1").await;
        let mut server = site.serve().await;
        let api = site.api(&mut server).await;
        assert_eq!(api.get("/healthz").await, (200, "ok".to_owned()));
        api.ok("ingroups/list", &[]).await;
        let metrics = crate::patience::until("the alert is counted", async || {
            let (status, metrics) = api.get("/metrics").await;
            assert_eq!(status, 200);
            metrics.contains("strowger_alerts_open{kind=\"low_stock\"} 1").then_some(metrics)
        })
        .await;
        assert!(metrics.contains("strowger_jobs{kind=\"sweep\"} 1"), "{metrics}");
        let requests = metrics.lines().find(|line| line.contains("face=\"enswitch\"")).unwrap();
        assert!(requests.contains("method=\"POST\"") && requests.contains("status=\"200\""), "{requests}");
        assert_eq!(api.get("/nowhere").await.0, 404);
    }
}

#[tokio::test]
async fn a_weak_first_password_is_refused() {
    let site = Site::new(TestDb::new(store::testing::Engine::Sqlite).await);
    let server = site.spawn("serve", &[("STROWGER_ADMIN_PASSWORD", "short")]);
    let log = site.path("server-0.log");
    assert_eq!(server.end().await.code(), Some(1));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("STROWGER_ADMIN_PASSWORD") && !log.contains("short"), "{log}");
}

#[tokio::test]
async fn a_bad_connection_is_named_without_its_password() {
    let site = Site::new(TestDb::new(store::testing::Engine::Sqlite).await);
    let said = site.run(["pool", "list", "--database-url", "postgres://strowger:hunter22@127.0.0.1:1/strowger"]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.starts_with("error: "), "{said:?}");
    assert!(!said.stderr.contains("hunter22"), "{said:?}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let site = Site::new(TestDb::new(store::testing::Engine::Sqlite).await);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let server = site.spawn(["serve", "--admin-listen", &address], &[]);
    assert_eq!(server.end().await.code(), Some(1));
    let log = std::fs::read_to_string(site.path("server-0.log")).unwrap();
    assert!(log.contains(&format!("error: admin_listen {address}")), "{log}");
}
