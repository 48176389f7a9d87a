//! Values on their way into the database and out again.

use serde_json::json;

use super::{execute, number, run};
use crate::{Error, Val, args};

const TABLE: &str = "CREATE TABLE kinds (id {pk}, n BIGINT, t TEXT, b BOOLEAN, y BYTEA, j {json});";
const INSERT: &str = "INSERT INTO kinds (n, t, b, y, j) VALUES ($1, $2, $3, $4, $5)";
const SELECT: &str = "SELECT n, t, b, y, j FROM kinds ORDER BY id DESC LIMIT 1";

crate::on_both! {
    async fn values_come_back_as_they_went_in(test: TestDb) {
        run(&test, TABLE).await;
        let data = json!({ "list": [1, "é", null], "empty": {} });
        for n in [0, 1, -1, i64::MAX, i64::MIN] {
            execute(&test, INSERT, args![n, "Straße \u{1f4de} ' \"", n == 0, vec![0u8, 255, 39], data.clone()])
                .await
                .expect("stored");
            let row = test.db.reader().query_one(SELECT, args![]).await.expect("a row");
            assert_eq!(row.get::<i64>("n").expect("n"), n);
            assert_eq!(row.get::<String>("t").expect("t"), "Straße \u{1f4de} ' \"");
            assert_eq!(row.get::<bool>("b").expect("b"), n == 0);
            assert_eq!(row.get::<Vec<u8>>("y").expect("y"), [0, 255, 39]);
            assert_eq!(row.get::<serde_json::Value>("j").expect("j"), data);
        }
    }

    async fn nothing_comes_back_as_nothing(test: TestDb) {
        run(&test, TABLE).await;
        execute(&test, INSERT, args![Val::Null, None::<String>, None::<bool>, None::<Vec<u8>>, Val::Null]).await.expect("stored");
        let row = test.db.reader().query_one(SELECT, args![]).await.expect("a row");
        assert_eq!(row.get::<Option<i64>>("n").expect("n"), None);
        assert_eq!(row.get::<Option<String>>("t").expect("t"), None);
        assert_eq!(row.get::<Option<bool>>("b").expect("b"), None);
        assert_eq!(row.get::<Option<serde_json::Value>>("j").expect("j"), None);
        let wrong = row.get::<i64>("n").expect_err("there is no integer").to_string();
        assert!(wrong.contains("column n") && wrong.contains("null"), "{wrong}");
        let wrong = row.get::<i64>("m").expect_err("there is no such column").to_string();
        assert!(wrong.contains("column m"), "{wrong}");
    }

    async fn nul_is_left_out_of_text_on_both_engines(test: TestDb) {
        run(&test, TABLE).await;
        let data = json!({ "na\0me": ["a\0b", { "deep": "\0" }] });
        execute(&test, INSERT, args![1i64, "a\0b\0", true, vec![0u8], data]).await.expect("stored");
        let row = test.db.reader().query_one(SELECT, args![]).await.expect("a row");
        assert_eq!(row.get::<String>("t").expect("t"), "ab");
        assert_eq!(row.get::<serde_json::Value>("j").expect("j"), json!({ "name": ["ab", { "deep": "" }] }));
        assert_eq!(row.get::<Vec<u8>>("y").expect("y"), [0]);
        assert_eq!(number(&test, "SELECT COUNT(*) FROM kinds WHERE t = $1", args!["a\0b"]).await, 1);
    }

    async fn keys_that_refuse_a_row_are_named(test: TestDb) {
        run(
            &test,
            "CREATE TABLE above (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE); \
             CREATE TABLE below (id BIGINT PRIMARY KEY, above_id BIGINT NOT NULL REFERENCES above (id)); \
             INSERT INTO above VALUES (1, 'one'); INSERT INTO below VALUES (1, 1);",
        )
        .await;
        let twice = execute(&test, "INSERT INTO above VALUES ($1, $2)", args![2i64, "one"]).await;
        assert!(matches!(&twice, Err(Error::Unique(key)) if key.contains("name")), "{twice:?}");
        let twice = execute(&test, "INSERT INTO above VALUES ($1, $2)", args![1i64, "two"]).await;
        assert!(matches!(&twice, Err(Error::Unique(_))), "{twice:?}");
        let orphan = execute(&test, "INSERT INTO below VALUES ($1, $2)", args![2i64, 9i64]).await;
        assert!(matches!(&orphan, Err(Error::ForeignKey(_))), "{orphan:?}");
        let used = execute(&test, "DELETE FROM above WHERE id = $1", args![1i64]).await;
        assert!(matches!(&used, Err(Error::ForeignKey(_))), "{used:?}");
        let none = test.db.reader().query_one("SELECT id FROM above WHERE id = $1", args![7i64]).await;
        assert!(matches!(&none, Err(Error::NoRow)), "{none:?}");
    }

    async fn a_statement_that_changes_many_rows_says_how_many(test: TestDb) {
        run(&test, TABLE).await;
        for n in 0..5i64 {
            execute(&test, "INSERT INTO kinds (n) VALUES ($1)", args![n]).await.expect("stored");
        }
        let mut tx = test.db.begin().await.expect("a transaction");
        assert_eq!(tx.execute("UPDATE kinds SET b = true WHERE n >= $1", args![3i64]).await.expect("changed"), 2);
        assert_eq!(tx.execute_long("UPDATE kinds SET b = false", args![]).await.expect("changed"), 5);
        let rows = tx.query("DELETE FROM kinds WHERE n < $1 RETURNING n", args![2i64]).await.expect("removed");
        assert_eq!(rows.len(), 2);
        tx.commit().await.expect("a commit");
        assert_eq!(number(&test, "SELECT COUNT(*) FROM kinds", args![]).await, 3);
    }
}
