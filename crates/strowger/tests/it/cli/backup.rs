//! `strowger backup`: a copy that can be opened, made while a server works.

use std::os::unix::fs::PermissionsExt as _;

use store::testing::TestDb;

use crate::site::Site;

store::on_both! {
    async fn a_backup_is_a_whole_installation(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london").await;
        site.ok("number add london 442079460000 442079460099").await;
        let server = site.serve().await;
        let folder = site.path("backup");
        let said = site.ok(["backup", folder.to_str().unwrap()]).await;
        server.stop().await;
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read(folder.join("keys")).unwrap(), std::fs::read(site.data("keys")).unwrap());
        assert_eq!(folder.join("keys").metadata().unwrap().permissions().mode() & 0o777, 0o600);

        let file = folder.join(if site.is_postgres() { "strowger.dump" } else { "strowger.db" });
        assert!(said.starts_with(&format!("{} (", file.display())), "{said}");
        let target = TestDb::new(site.engine()).await;
        if site.is_postgres() {
            let status = tokio::process::Command::new("pg_restore")
                .args(["--exit-on-error", "--no-owner", "--dbname", &target.url])
                .arg(&file)
                .status()
                .await
                .unwrap();
            assert!(status.success());
        }
        let restored = Site::new(target);
        std::fs::rename(&folder, restored.path("data")).unwrap();
        assert_eq!(restored.free("london").await, 100);
        assert_eq!(restored.json("journal --limit 1000").await, site.json("journal --limit 1000").await);
        // It starts with the keys that it was made with.
        restored.serve().await.stop().await;
    }

    async fn a_backup_overwrites_nothing(database: TestDb) {
        let site = Site::ready(database).await;
        let folder = site.path("backup");
        let said = site.run(["backup", folder.to_str().unwrap(), "--json"]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.stderr.contains("there are no keys yet"), "{said:?}");
        let record: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert!(record["bytes"].as_u64().unwrap() > 0);
        let why = site.fails(["backup", folder.to_str().unwrap()]).await;
        assert!(why.starts_with(&format!("error: {}: a backup goes into a folder that does not exist yet", folder.display())), "{why}");
    }
}

#[tokio::test]
async fn a_backup_that_failed_leaves_no_folder() {
    let site = Site::ready(TestDb::new(store::testing::Engine::Postgres).await).await;
    let folder = site.path("backup");
    let mut command = site.program();
    let output = command.env("PATH", site.folder()).args(["backup", folder.to_str().unwrap()]).output().await.unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(why.contains("pg_dump (Debian package postgresql-client) can't be started"), "{why}");
    assert!(!folder.exists());
}
