//! All numbers, for administrators.

use serde_json::json;

use super::door::Door;

store::on_both! {
    async fn ranges(db: TestDb) {
        let door = Door::open(&db).await;
        door.pool("London", |spec| spec.setup_price = registry::Money(1_000_000)).await;
        let alice = door.customer("alice").await;
        let admin = door.admin().await;
        let create = async |fields: &[(&str, &str)]| {
            let mut all = vec![("class", "1"), ("ingroup", "1")];
            all.extend(fields);
            admin.call("numbers/system/create", &all).await
        };
        let count = async || admin.call("numbers/system/list", &[("count", "1")]).await.data()["count"].clone();

        let range = [("start", "02071234560"), ("end", "02071234564"), ("region", "City")];
        let mut trial = range.to_vec();
        trial.push(("validation", "1"));
        assert_eq!(create(&trial).await.says(), "201");
        assert_eq!(count().await, 0, "nothing was changed");
        assert_eq!(create(&range).await.data(), &json!({ "count": 5 }));
        assert_eq!(create(&trial).await.says(), "400 start", "they are there already");
        assert_eq!(create(&[("start", "02071234565"), ("alias", "5555")]).await.data(), &json!({ "count": 1 }));
        let row = admin.call("numbers/system/get", &[("number", "02071234565")]).await;
        assert_eq!((&row.data()["alias"], &row.data()["customer"]), (&json!("5555"), &json!(0)));

        for (fields, says) in [
            (&[][..], "400 start"),
            (&[("start", "02071234570"), ("end", "02071234569")], "400 end"),
            (&[("start", "02071234570"), ("end", "02071234579"), ("alias", "1")], "400 alias"),
            (&[("start", "00331400000"), ("end", "00339900000000")], "400 end"),
            (&[("start", "02071234570"), ("ingroup", "99")], "404 ingroup"),
            (&[("start", "02071234570"), ("class", "99")], "400 class"),
            (&[("start", "02071234570"), ("stype", "callerid")], "400 stype"),
            (&[("start", "02071234570"), ("customer", "99")], "404 customer"),
            (&[("start", "x"), ("end", "y")], "400 start, 400 end"),
        ] {
            assert_eq!(create(fields).await.says(), says, "{fields:?}");
        }
        let for_alice = [("start", "02071234570"), ("end", "02071234571"), ("customer", &*alice.id())];
        assert_eq!(create(&for_alice).await.says(), "400 charge_customer");
        let mut charged = for_alice.to_vec();
        charged.push(("charge_customer", "1"));
        assert_eq!(create(&charged).await.data(), &json!({ "count": 2 }));
        assert_eq!(door.money(alice.account).await.0, "2.00");
        assert_eq!(alice.call("numbers/list", &[]).await.column("number"), ["02071234570", "02071234571"]);
        assert_eq!(create(&[("start", "02071234580"), ("customer", "0")]).await.data(), &json!({ "count": 1 }));

        let list = async |fields: &[(&str, &str)]| admin.call("numbers/system/list", fields).await;
        assert_eq!(count().await, 9);
        assert_eq!(list(&[("assigned", "1")]).await.column("number"), ["02071234570", "02071234571"]);
        assert_eq!(list(&[("assigned", "0"), ("count", "1")]).await.data()["count"], 7);
        assert_eq!(list(&[("customer", &alice.id()), ("limit", "1")]).await.column("number"), ["02071234570"]);
        assert_eq!(list(&[("search", "0207123458")]).await.column("number"), ["02071234580"]);
        assert_eq!(list(&[("class", "2")]).await.data(), &json!([]));
        assert_eq!(list(&[("ingroup", "99")]).await.says(), "404 ingroup");
    }

    async fn single_numbers(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |_| {}).await;
        door.stock(pool.id, "442071234560", "442071234569").await;
        let (alice, admin) = (door.customer("alice").await, door.admin().await);
        let number = ("number", "02071234560");
        let update = async |fields: &[(&str, &str)]| {
            let mut all = vec![number];
            all.extend(fields);
            admin.call("numbers/system/update", &all).await.says()
        };
        assert_eq!(update(&[("region", "City")]).await, "400 region", "while nobody has it");
        assert_eq!(update(&[("blocked", "being tested"), ("validation", "1")]).await, "201");
        assert_eq!(door.get("numbers/get/?number=02071234560").await.says(), "200", "nothing was changed");
        assert_eq!(update(&[("blocked", "being tested")]).await, "204");
        let row = admin.call("numbers/system/get", &[number]).await;
        assert_eq!((&row.data()["blocked"], &row.data()["blocked_reason"]), (&json!(1), &json!("being tested")));
        assert_eq!(door.get("numbers/get/?number=02071234560").await.says(), "404 number");
        let refused = alice.call("numbers/purchase", &[number]).await;
        assert_eq!(refused.says(), "400 number");
        assert_eq!(alice.call("numbers/available/get", &[number]).await.says(), "400 number");
        assert_eq!(update(&[("blocked", "")]).await, "204");
        assert_eq!(alice.call("numbers/purchase", &[number]).await.says(), "204");

        assert_eq!(update(&[("region", "City"), ("class", "1"), ("customer", &alice.id()), ("alias", "")]).await, "204");
        assert_eq!(alice.call("numbers/get", &[number]).await.data()["region"], "City");
        for (name, value) in [("class", "2"), ("customer", "0"), ("alias", "5")] {
            assert_eq!(update(&[(name, value)]).await, format!("400 {name}"), "it would change");
        }
        assert_eq!(admin.call("numbers/system/get", &[("number", "02079999999")]).await.says(), "404 number");
        assert_eq!(admin.call("numbers/system/update", &[("number", "02079999999")]).await.says(), "404 number");

        let delete = async |fields: &[(&str, &str)]| admin.call("numbers/system/delete", fields).await.says();
        assert_eq!(delete(&[number, ("validation", "1")]).await, "201");
        assert_eq!(alice.call("numbers/get", &[number]).await.says(), "200", "nothing was changed");
        assert_eq!(delete(&[number]).await, "204");
        assert_eq!(alice.call("numbers/get", &[number]).await.says(), "404 number");
        assert_eq!(admin.call("numbers/system/get", &[number]).await.data()["state"], "deleted");
        assert_eq!(delete(&[number]).await, "400 number", "it is deleted");
        assert_eq!(door.get("numbers/available/get/?number=02071234560").await.says(), "404 number");
        assert_eq!(alice.call("numbers/quote", &[number]).await.says(), "404 number");
    }
}
