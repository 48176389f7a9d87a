//! Lists of numbers.

use serde_json::{Value, json};

use super::door::{Door, Reply};

fn numbers(list: &[&str]) -> Vec<Value> {
    list.iter().map(|number| json!(number)).collect()
}

store::on_both! {
    async fn a_customers_numbers(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |_| {}).await;
        door.stock(pool.id, "442071234560", "442071234569").await;
        let alice = door.customer("alice").await;
        // Bought from the last to the first.
        for (number, reference) in [("02071234565", "r-1"), ("02071234564", "r-2"), ("02071234563", "r-1")] {
            assert_eq!(alice.call("numbers/purchase", &[("number", number), ("reference", reference)]).await.says(), "204");
        }
        let list = async |fields: &[(&str, &str)]| alice.call("numbers/list", fields).await;
        let all = ["02071234563", "02071234564", "02071234565"];
        assert_eq!(list(&[]).await.column("number"), numbers(&all));
        assert_eq!(list(&[("limit", "2")]).await.column("number"), numbers(&all[..2]));
        assert_eq!(list(&[("limit", "2"), ("offset", "2")]).await.column("number"), numbers(&all[2..]));
        assert_eq!(list(&[("offset", "3")]).await.data(), &json!([]));
        assert_eq!(list(&[("descending", "1"), ("limit", "1")]).await.column("number"), numbers(&all[2..]));
        assert_eq!(list(&[("sort", "number"), ("offset", "1"), ("limit", "1")]).await.column("number"), numbers(&all[1..2]));
        assert_eq!(list(&[("search", "02071234564")]).await.column("number"), numbers(&all[1..2]));
        assert_eq!(list(&[("search", "020")]).await.column("number"), numbers(&all));
        assert_eq!(list(&[("search", "0033")]).await.data(), &json!([]));
        assert_eq!(list(&[("count", "1")]).await.data(), &json!({ "count": 3 }));
        assert_eq!(list(&[("pages", "1"), ("limit", "2")]).await.data(), &json!({ "count": 3, "pages": 2 }));
        let first = list(&[("limit", "1")]).await.data()[0]["id"].to_string();
        assert_eq!(list(&[("after", &first)]).await.column("number"), numbers(&all[1..]));

        assert_eq!(list(&[("reference", "r-1")]).await.column("number"), numbers(&[all[0], all[2]]));
        assert_eq!(list(&[("reference", "r-1"), ("offset", "1")]).await.column("number"), numbers(&all[2..]));
        assert_eq!(list(&[("reference", "r-1"), ("offset", "2")]).await.data(), &json!([]));
        assert_eq!(list(&[("reference", "r-1"), ("e164", "1"), ("limit", "1")]).await.column("number"), ["442071234563"]);
        assert_eq!(list(&[("reference", "r-9")]).await.data(), &json!([]));
        assert_eq!(list(&[("limit", "-1"), ("offset", "x"), ("sort", "colour")]).await.says(), "400 limit, 400 offset, 400 sort");
    }

    async fn long_lists(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |_| {}).await;
        door.stock(pool.id, "442070000000", "442070002499").await;
        let admin = door.admin().await;
        let list = async |fields: &[(&str, &str)]| admin.call("numbers/system/list", fields).await;
        let length = |reply: Reply| reply.data().as_array().unwrap().len();
        assert_eq!(length(list(&[]).await), 1_000, "never more at a time");
        assert_eq!(length(list(&[("limit", "5000")]).await), 1_000);
        assert_eq!(length(list(&[("offset", "2400")]).await), 100);
        assert_eq!(list(&[("count", "1")]).await.data()["count"], 2_500);
        assert_eq!(list(&[("offset", "1001"), ("limit", "1")]).await.column("number"), ["02070001001"]);
        assert_eq!(list(&[("descending", "1"), ("limit", "1")]).await.column("number"), ["02070002499"]);

        // Through all of it by what was seen last.
        let (mut after, mut seen) = (String::from("0"), 0);
        loop {
            let reply = list(&[("after", &after), ("limit", "700")]).await;
            let Some(last) = reply.data().as_array().unwrap().last() else { break };
            after = last["id"].to_string();
            seen += length(reply);
        }
        assert_eq!(seen, 2_500);
    }

    async fn what_would_take_too_long_is_refused(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |_| {}).await;
        door.stock(pool.id, "442070000000", "442070009999").await;
        door.stock(pool.id, "442070010000", "442070010000").await;
        let admin = door.admin().await;
        let list = async |fields: &[(&str, &str)]| admin.call("numbers/system/list", fields).await;
        assert_eq!(list(&[("sort", "number")]).await.says(), "400 sort");
        assert_eq!(list(&[("descending", "1")]).await.says(), "400 sort");
        let narrowed = list(&[("sort", "number"), ("descending", "1"), ("search", "0207000"), ("limit", "1")]).await;
        assert_eq!(narrowed.column("number"), ["02070009999"]);
        assert_eq!(list(&[("count", "1")]).await.data()["count"], 10_001);
    }
}
