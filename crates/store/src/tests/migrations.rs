//! The schema's steps.

use super::{number, run};
use crate::{Error, Migration, args, migrate, pending};

const FIRST: Migration =
    Migration { version: 1, name: "things", sql: "CREATE TABLE things (id {pk}, name {key} NOT NULL, data {json});" };
const SECOND: Migration = Migration { version: 2, name: "index", sql: "CREATE INDEX things_name ON things (name);" };

crate::on_both! {
    async fn steps_are_applied_once_and_in_their_order(test: TestDb) {
        assert_eq!(pending(&test.db, &[FIRST, SECOND]).await.expect("readable"), ["things", "index"]);
        assert_eq!(migrate(&test.db, &[FIRST], 1).await.expect("applied"), ["things"]);
        assert_eq!(pending(&test.db, &[FIRST, SECOND]).await.expect("readable"), ["index"]);
        assert_eq!(migrate(&test.db, &[FIRST, SECOND], 2).await.expect("applied"), ["index"]);
        assert!(migrate(&test.db, &[FIRST, SECOND], 3).await.expect("nothing to do").is_empty());
        assert_eq!(number(&test, "SELECT MAX(applied_at) FROM schema_migrations", args![]).await, 2);
    }

    async fn looking_for_what_is_missing_changes_nothing(test: TestDb) {
        pending(&test.db, &[FIRST]).await.expect("readable");
        assert!(test.db.prepare("SELECT version FROM schema_migrations").await.is_err(), "no table was made");
    }

    async fn a_step_that_has_changed_is_refused(test: TestDb) {
        migrate(&test.db, &[FIRST, SECOND], 1).await.expect("applied");
        let changed = Migration { sql: "CREATE TABLE things (id {pk}, name TEXT);", ..FIRST };
        for result in [
            migrate(&test.db, &[changed, SECOND], 2).await.map(drop),
            pending(&test.db, &[changed, SECOND]).await.map(drop),
        ] {
            let Err(Error::Schema(message)) = result else { panic!("{result:?}") };
            assert!(message.contains("things"), "{message}");
        }
    }

    async fn a_newer_database_is_refused(test: TestDb) {
        migrate(&test.db, &[FIRST, SECOND], 1).await.expect("applied");
        let result = migrate(&test.db, &[FIRST], 2).await;
        let Err(Error::Schema(message)) = result else { panic!("{result:?}") };
        assert!(message.contains("newer"), "{message}");
    }

    async fn steps_that_fail_leave_nothing(test: TestDb) {
        let wrong = Migration { version: 2, name: "wrong", sql: "CREATE INDEX wrong ON nothing (name);" };
        let result = migrate(&test.db, &[FIRST, wrong], 1).await;
        assert!(matches!(&result, Err(Error::Engine(_))), "{result:?}");
        assert_eq!(migrate(&test.db, &[FIRST, SECOND], 2).await.expect("applied"), ["things", "index"]);
    }

    async fn tokens_become_what_the_engine_has(test: TestDb) {
        migrate(&test.db, &[FIRST], 1).await.expect("applied");
        run(&test, "INSERT INTO things (name, data) VALUES ('a', '[1]'), ('B', NULL);").await;
        let mut reader = test.db.reader();
        let names: Vec<String> = reader
            .query("SELECT name FROM things ORDER BY name", args![])
            .await
            .expect("rows")
            .iter()
            .map(|row| row.at(0).expect("a name"))
            .collect();
        assert_eq!(names, ["B", "a"], "keys are ordered by their bytes");
        let now = number(&test, "SELECT {now}", args![]).await;
        assert!(now > 1_700_000_000_000_000, "{now} is not microseconds since 1970");
        let mut tx = test.db.begin().await.expect("a transaction");
        for lock in ["{lock}", "{wait}", "{share}"] {
            let found = tx.query(&format!("SELECT id FROM things ORDER BY id LIMIT 1 {lock}"), args![]).await;
            assert_eq!(found.expect("a row").len(), 1);
        }
    }

    async fn a_statement_that_the_engine_does_not_understand_is_refused(test: TestDb) {
        migrate(&test.db, &[FIRST], 1).await.expect("applied");
        test.db.prepare("SELECT name FROM things WHERE id = $1 {wait}").await.expect("understood");
        for wrong in ["SELECT nothing FROM things", "SELEC 1", "SELECT name FROM nothing"] {
            assert!(test.db.prepare(wrong).await.is_err(), "{wrong}");
        }
    }
}

#[test]
fn only_tokens_are_translated() {
    use crate::translate;
    assert_eq!(translate("SELECT '{}' {lock}", false), "SELECT '{}' ");
    assert_eq!(translate("SELECT '{}' {lock}", true), "SELECT '{}' FOR UPDATE SKIP LOCKED");
    assert_eq!(translate("a {wait} b {json} {key}", true), "a FOR UPDATE b JSONB TEXT COLLATE \"C\"");
    assert_eq!(translate("a {wait} b {json} {key}", false), "a  b TEXT TEXT");
    assert!(matches!(translate("SELECT 1", true), std::borrow::Cow::Borrowed(_)));
}
