//! Inbound groups, number vendor groups, number classes.

use registry::vendor::{self, Listed};
use registry::{Money, pool};
use serde_json::json;

use super::door::{Door, NOW, system, texts};

async fn with_vendors(door: &Door) {
    let listed: Vec<Listed> = ["acme", "zeta"]
        .into_iter()
        .map(|name| Listed {
            name: name.to_owned(),
            display_name: name.to_uppercase(),
            method: "dummy".to_owned(),
            concurrency: 1,
        })
        .collect();
    let caller = system();
    registry::transaction!(door.db, |tx| vendor::sync(tx, &caller, NOW, &listed).await).unwrap();
}

store::on_both! {
    async fn ingroups(db: TestDb) {
        let door = Door::open(&db).await;
        let london = door
            .pool("London", |spec| {
                spec.description = "Numbers of London".to_owned();
                spec.area_code = "020".to_owned();
                spec.setup_price = Money(2_500_000);
                spec.minimum = 3;
            })
            .await;
        let leeds = door.pool("Leeds", |_| {}).await;
        door.stock(london.id, "442071234560", "442071234560").await;

        let reply = door.get("ingroups/list/").await;
        assert_eq!(reply.column("name"), ["Leeds", "London"], "by name");
        let shown = json!({
            "id": london.id, "name": "London", "description": "Numbers of London", "area_code": "020", "class": 1,
            "currency": "EUR", "setup_price": "2.50", "monthly_price": "0.00",
        });
        assert_eq!(reply.data()[1], shown);
        assert_eq!(door.get("ingroups/list/?spare=1").await.column("name"), ["London"]);
        assert_eq!(door.get("ingroups/list/?sort=id;descending=1").await.column("id"), [json!(leeds.id), json!(london.id)]);
        assert_eq!(door.get("ingroups/list/?search=oF+lon").await.column("name"), ["London"]);
        assert_eq!(door.get("ingroups/list/?limit=1;offset=1").await.column("name"), ["London"]);
        assert_eq!(door.get("ingroups/list/?count=1;spare=1").await.data(), &json!({ "count": 1 }));
        assert_eq!(door.get("ingroups/list/?pages=1;limit=1").await.data(), &json!({ "count": 2, "pages": 2 }));
        assert_eq!(door.get("ingroups/list/?sort=colour").await.says(), "400 sort");

        let id = london.id;
        assert_eq!(door.get(&format!("ingroups/get/?id={id}")).await.data(), &shown);
        assert_eq!(door.get("ingroups/get/?id=99").await.says(), "404 id");
        let admin = door.admin().await;
        assert_eq!(admin.call("ingroups/get", &[("id", &id.to_string())]).await.data()["minimum"], 3);

        let alice = door.customer("alice").await;
        let bob = door.customer("bob").await;
        assert_eq!(door.get("ingroups/list/?customer=1").await.says(), "401", "only where a customer is given");
        assert_eq!(alice.call("ingroups/list", &[("customer", &alice.id())]).await.says(), "200");
        assert_eq!(alice.call("ingroups/list", &[("customer", &bob.id())]).await.says(), "404 customer");

        // What a real-time server has is not only its stock.
        let by_alice = alice.call("ingroups/list", &[("spare", "1")]).await;
        assert_eq!(by_alice.column("name"), ["London"], "in pool mode it is");
    }

    async fn number_vendor_groups(db: TestDb) {
        let door = Door::open(&db).await;
        with_vendors(&door).await;
        let london = door.pool("London", |_| {}).await.id.to_string();
        door.pool("Leeds", |_| {}).await;
        let caller = system();
        let gold = registry::transaction!(door.db, |tx| pool::create_class(tx, &caller, NOW, "gold").await).unwrap();
        let admin = door.admin().await;

        let fields = [("class", "0"), ("ingroup", &*london), ("nvgroup", "g-1"), ("vendor", "acme")];
        let mut trial = fields.to_vec();
        trial.push(("validation", "1"));
        let reply = admin.call("ingroups/nvgroups/create", &trial).await;
        assert_eq!(reply.says(), "201");
        assert!(reply.body.get("data").is_none());
        assert_eq!(admin.call("ingroups/nvgroups/list", &[]).await.data(), &json!([]), "nothing was changed");

        let reply = admin.call("ingroups/nvgroups/create", &fields).await;
        let id = reply.data()["id"].to_string();
        let id = id.as_str();
        let row = json!({
            "id": reply.data()["id"], "ingroup": 1, "class": 1, "nvgroup": "g-1", "name": "", "vendor": "acme", "priority": 1
        });
        assert_eq!(admin.call("ingroups/nvgroups/get", &[("id", id)]).await.data(), &row);
        assert_eq!(admin.call("ingroups/nvgroups/create", &fields).await.says(), "400 nvgroup", "it is there already");
        assert_eq!(admin.call("ingroups/nvgroups/create", &trial).await.says(), "400 nvgroup", "and is found so before");

        for (field, value, says) in [
            ("ingroup", "99", "404 ingroup"),
            ("vendor", "nobody", "404 vendor"),
            ("class", "99", "400 class"),
            ("priority", "11", "400 priority"),
            ("nvgroup", "", "400 nvgroup"),
        ] {
            let mut wrong = fields.to_vec();
            wrong.push((field, value));
            assert_eq!(admin.call("ingroups/nvgroups/create", &wrong).await.says(), says);
        }
        assert_eq!(
            admin.call("ingroups/nvgroups/create", &[]).await.says(),
            "400 class, 400 ingroup, 400 nvgroup, 400 vendor"
        );

        let class = gold.id.to_string();
        let changes = [("id", id), ("priority", "3"), ("class", &*class), ("name", "Group One")];
        let mut trial = changes.to_vec();
        trial.push(("validation", "1"));
        assert_eq!(admin.call("ingroups/nvgroups/update", &trial).await.says(), "201");
        assert_eq!(admin.call("ingroups/nvgroups/get", &[("id", id)]).await.data(), &row, "nothing was changed");
        let reply = admin.call("ingroups/nvgroups/update", &changes).await;
        assert_eq!(reply.says(), "204");
        assert!(reply.body.get("data").is_none());
        let changed = admin.call("ingroups/nvgroups/get", &[("id", id)]).await;
        assert_eq!((&changed.data()["priority"], &changed.data()["class"]), (&json!(3), &json!(gold.id)));
        assert_eq!((&changed.data()["nvgroup"], &changed.data()["name"]), (&json!("g-1"), &json!("Group One")));
        assert_eq!(admin.call("ingroups/nvgroups/update", &[("id", id), ("vendor", "zeta")]).await.says(), "204");
        let changed = admin.call("ingroups/nvgroups/get", &[("id", id)]).await;
        assert_eq!((&changed.data()["vendor"], &changed.data()["name"]), (&json!("zeta"), &json!("")));
        assert_eq!(admin.call("ingroups/nvgroups/update", &[("id", "99")]).await.says(), "404 id");

        let other = [("class", "1"), ("ingroup", "2"), ("nvgroup", "g-2"), ("vendor", "acme"), ("priority", "1")];
        admin.call("ingroups/nvgroups/create", &other).await.data();
        let list = |fields: &'static [(&str, &str)]| {
            let admin = &admin;
            async move { admin.call("ingroups/nvgroups/list", fields).await }
        };
        assert_eq!(list(&[]).await.column("nvgroup"), ["g-1", "g-2"]);
        assert_eq!(list(&[("sort", "priority")]).await.column("nvgroup"), ["g-2", "g-1"]);
        assert_eq!(list(&[("ingroup", "2")]).await.column("nvgroup"), ["g-2"]);
        assert_eq!(list(&[("vendor", "zeta")]).await.column("nvgroup"), ["g-1"]);
        assert_eq!(list(&[("ingroup", "99")]).await.says(), "404 ingroup");

        let trial = [("id", id), ("validation", "1")];
        assert_eq!(admin.call("ingroups/nvgroups/delete", &trial).await.says(), "201");
        assert_eq!(list(&[("count", "1")]).await.data(), &json!({ "count": 2 }));
        assert_eq!(admin.call("ingroups/nvgroups/delete", &[("id", id)]).await.says(), "204");
        assert_eq!(admin.call("ingroups/nvgroups/delete", &[("id", id)]).await.says(), "404 id");
        assert_eq!(list(&[]).await.column("nvgroup"), ["g-2"]);

        let alice = door.customer("alice").await;
        let classes = alice.call("classes/list", &[]).await;
        assert_eq!(classes.data(), &json!([{ "id": 1, "name": "standard" }, { "id": gold.id, "name": "gold" }]));
        assert_eq!(alice.call("classes/list", &[("sort", "name")]).await.column("name"), texts(&["gold", "standard"]).as_array().unwrap().clone());
    }
}
