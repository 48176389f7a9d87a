//! What only looks leaves nothing behind.

use store::{Db, args};

use crate::site::Site;

/// The tables of the database that belong to nobody but this test.
async fn tables(db: &Db) -> i64 {
    let sql = if db.is_postgres() {
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()"
    } else {
        "SELECT COUNT(*) FROM sqlite_master"
    };
    db.reader().query_one(sql, args![]).await.unwrap().at(0).unwrap()
}

/// The files of the data folder with their bytes, sorted by name; without those of SQLite, which writes its journal back
/// whenever it likes.
fn files(site: &Site) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(site.path("data"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .filter(|(name, _)| !name.starts_with("strowger.db"))
        .collect();
    files.sort();
    files
}

store::on_both! {
    async fn looking_at_what_is_not_there_makes_nothing(database: TestDb) {
        let db = database.db.clone();
        let site = Site::new(database);
        assert_eq!(site.run("check").await.code, Some(0));
        let steps = site.list("migrate --dry-run").await;
        assert_eq!(steps[0], "0001_accounts");
        for command in ["pool list", "vendor list", "vendor reload", "journal", "export", "number show +442079460000"] {
            let why = site.fails(command).await;
            assert!(why.starts_with("error: the database is not ready: "), "{command}: {why}");
        }
        assert_eq!(site.fails(["backup", site.path("copy").to_str().unwrap()]).await, site.fails("pool list").await);
        assert!(!site.path("data").exists() && !site.path("copy").exists());
        assert_eq!(tables(&db).await, 0);
        // Then the folder is there and the file is not.
        site.vendors("");
        assert_eq!(site.run("check").await.code, Some(0));
        site.ok("migrate --dry-run").await;
        site.fails("pool list").await;
        assert_eq!(files(&site).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["numbervendors.conf"]);
        assert!(!site.data("strowger.db").exists());
        assert_eq!(tables(&db).await, 0);
    }

    async fn looking_at_what_is_there_changes_nothing(database: TestDb) {
        let site = Site::new(database);
        site.serve().await.stop().await;
        let journal = site.json("journal --limit 1000").await;
        let before = files(&site);
        assert_eq!(site.ok("migrate --dry-run").await, "the schema is up to date\n");
        assert_eq!(site.run("check").await.code, Some(0));
        assert_eq!(files(&site), before);
        assert_eq!(site.json("journal --limit 1000").await, journal);
    }

    async fn the_keys_are_held_against_the_database(database: TestDb) {
        let site = Site::new(database);
        site.serve().await.stop().await;
        let keys = std::fs::read(site.data("keys")).unwrap();
        let other = site.another().await;
        other.serve().await.stop().await;
        assert!(site.ok("check").await.contains("ok     keys of the database: "));

        std::fs::copy(other.data("keys"), site.data("keys")).unwrap();
        let said = site.run("check").await;
        assert_eq!(said.code, Some(1), "{said:?}");
        let wrong: Vec<&str> = said.stdout.lines().filter(|line| line.starts_with("WRONG  ")).collect();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("keys of the database: ") && wrong[0].contains("copy the keys file"), "{wrong:?}");
        std::fs::write(site.data("keys"), keys).unwrap();
        site.serve().await.stop().await;
    }

    async fn a_check_before_the_first_server_does_not_choose_the_keys(database: TestDb) {
        let site = Site::ready(database).await;
        let other = site.another().await;
        other.serve().await.stop().await;
        std::fs::copy(other.data("keys"), site.data("keys")).unwrap();
        site.ok("check").await;
        // The first server may have others.
        std::fs::remove_file(site.data("keys")).unwrap();
        site.serve().await.stop().await;
        site.ok("check").await;
    }
}
