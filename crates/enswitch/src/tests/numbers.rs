//! Finding, buying, routing and giving back numbers of our own stock.

use registry::Money;
use registry::account;
use serde_json::json;

use super::door::{Door, NOW, system, texts};

store::on_both! {
    async fn what_can_be_bought(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |spec| spec.quarantine_days = 30).await;
        door.stock(pool.id, "442071234560", "442071234569").await;
        door.stock(pool.id, "33140000000", "33140000001").await;
        let (alice, bob) = (door.customer("alice").await, door.customer("bob").await);

        let list = async |rest: &str| door.get(&format!("numbers/available/list/?ingroup=1;{rest}")).await;
        assert_eq!(list("").await.data().as_array().unwrap().len(), 10, "ten by default");
        assert_eq!(list("count=1000").await.data().as_array().unwrap().len(), 12);
        assert_eq!(list("preferred=0033").await.data(), &texts(&["0033140000000", "0033140000001"]));
        assert_eq!(list("preferred=0033;e164=1").await.data(), &texts(&[]), "then it is not E.164");
        assert_eq!(list("preferred=3314;e164=1;count=1").await.data(), &texts(&["33140000000"]));
        assert_eq!(list("preferred=02071234565").await.data(), &texts(&["02071234565"]));
        assert_eq!(list("class=7").await.data(), &json!([]));
        assert_eq!(list("class=1;count=1").await.data(), &texts(&["0033140000000"]));
        let row = json!([{ "number": "02071234565", "source": "stock", "vendor": "" }]);
        assert_eq!(list("preferred=02071234565;detail=1").await.data(), &row);
        assert_eq!(door.get("numbers/available/list/?ingroup=99").await.says(), "404 ingroup");
        assert_eq!(list("customer=1").await.says(), "401", "only where a customer is given");
        let others = alice.call("numbers/available/list", &[("ingroup", "1"), ("customer", &bob.id())]).await;
        assert_eq!(others.says(), "404 customer");

        let get = async |number: &str| door.get(&format!("numbers/available/get/?number={number};port=0")).await;
        let row = get("02071234560").await;
        assert_eq!((&row.data()["number"], &row.data()["state"]), (&json!("02071234560"), &json!("available")));
        assert_eq!(get("02071239999").await.says(), "404 number");
        assert_eq!(get("02071239999").await.message(), "number 02071239999 not found", "in the form in which it came");
        assert_eq!(get("2071234560").await.says(), "400 number", "neither national nor international");
        assert!(get("2071234560").await.message().starts_with("`2071234560` is not a number"));
        assert_eq!(get("%2B442071234560").await.data()["number"], "02071234560", "a plus sign always means E.164");

        assert_eq!(alice.call("numbers/purchase", &[("number", "02071234560")]).await.says(), "204");
        assert_eq!(get("02071234560").await.says(), "400 number", "in use");
        assert_eq!(get("02071234560").await.message(), "number 02071234560 is in use");
        assert_eq!(alice.call("numbers/delete", &[("number", "02071234560")]).await.says(), "204");
        assert_eq!(get("02071234560").await.says(), "400 number", "in quarantine for others");
        let again = alice.call("numbers/available/get", &[("number", "02071234560")]).await;
        assert_eq!(again.data()["state"], "aging");
        let first = [("ingroup", "1"), ("count", "2"), ("detail", "1"), ("e164", "1")];
        assert_eq!(
            alice.call("numbers/available/list", &first).await.data(),
            &json!([
                { "number": "442071234560", "source": "quarantine", "vendor": "" },
                { "number": "33140000000", "source": "stock", "vendor": "" },
            ]),
            "what it had before comes first"
        );
        let reseller = door.reseller().await;
        let for_alice = [("ingroup", "1"), ("count", "1"), ("customer", &*alice.id())];
        assert_eq!(reseller.call("numbers/available/list", &for_alice).await.data(), &texts(&["02071234560"]));
        assert_eq!(bob.call("numbers/available/list", &first).await.column("source"), ["stock", "stock"]);
        assert_eq!(bob.call("numbers/purchase", &[("number", "02071234560")]).await.says(), "400 number");
        assert_eq!(alice.call("numbers/purchase", &[("number", "02071234560")]).await.says(), "204");
    }

    async fn buying(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door
            .pool("London", |spec| {
                spec.setup_price = Money(1_000_000);
                spec.monthly_price = Money(500_000);
            })
            .await;
        door.stock(pool.id, "442071234560", "442071234569").await;
        let (alice, bob, admin) = (door.customer("alice").await, door.customer("bob").await, door.admin().await);
        let number = ("number", "02071234561");
        let nothing = ("0.00".to_owned(), "0.00".to_owned());

        let quote = alice.call("numbers/quote", &[number]).await;
        let expected = json!({ "number": "02071234561", "source": "stock", "price": "1.50", "currency": "EUR" });
        assert_eq!(quote.data(), &expected);
        assert_eq!(alice.call("numbers/purchase", &[number, ("validation", "1")]).await.says(), "201");
        assert_eq!(door.money(alice.account).await, nothing);
        assert_eq!(alice.call("numbers/list", &[]).await.data(), &json!([]), "nothing was changed");

        let ours = [number, ("reference", "order 7")];
        let reply = alice.call("numbers/purchase", &ours).await;
        assert_eq!(reply.says(), "204");
        assert!(reply.body.get("data").is_none());
        assert_eq!(door.money(alice.account).await.0, "1.50");
        assert_eq!(alice.call("numbers/purchase", &ours).await.says(), "204", "with the same reference");
        assert_eq!(door.money(alice.account).await.0, "1.50", "it is charged once");
        for other in [&[number][..], &[number, ("reference", "order 8")], &[number, ("validation", "1")]] {
            assert_eq!(alice.call("numbers/purchase", other).await.says(), "400 number");
        }
        assert_eq!(bob.call("numbers/purchase", &ours).await.says(), "400 number", "another customer's reference");
        assert_eq!(bob.call("numbers/purchase", &[("number", "02071239999")]).await.says(), "404 number");
        assert_eq!(bob.call("numbers/quote", &[number]).await.says(), "400 number");
        assert_eq!(bob.call("numbers/quote", &[("number", "02071239999")]).await.says(), "404 number");
        assert_eq!(door.money(bob.account).await, nothing);

        // Whose account it is.
        let free = ("number", "02071234562");
        let for_bob = ("customer", &*bob.id());
        assert_eq!(alice.call("numbers/purchase", &[free, for_bob]).await.says(), "404 customer");
        assert_eq!(alice.call("numbers/quote", &[free, for_bob]).await.says(), "404 customer");
        assert_eq!(alice.call("numbers/purchase", &[free, ("customer", "0")]).await.says(), "404 customer");
        assert_eq!(admin.call("numbers/purchase", &[free]).await.says(), "400 customer", "the operator does not buy");
        assert_eq!(admin.call("numbers/purchase", &[free, ("customer", "99")]).await.says(), "404 customer");
        let reseller = door.reseller().await;
        assert_eq!(reseller.call("numbers/purchase", &[free, for_bob]).await.says(), "204");
        assert_eq!(admin.call("numbers/purchase", &[("number", "02071234563"), for_bob]).await.says(), "204");
        assert_eq!(bob.call("numbers/list", &[]).await.column("number"), texts(&["02071234562", "02071234563"]).as_array().unwrap().clone());

        // Credit.
        let caller = system();
        let limit = Some(Money(3_000_000));
        registry::transaction!(door.db, |tx| account::set_credit_limit(tx, &caller, NOW, bob.account, limit).await).unwrap();
        let last = ("number", "02071234564");
        assert_eq!(bob.call("numbers/quote", &[last]).await.says(), "403 customer");
        assert_eq!(bob.call("numbers/purchase", &[last, ("validation", "1")]).await.says(), "403 customer");
        assert_eq!(bob.call("numbers/purchase", &[last]).await.says(), "403 customer");
        assert_eq!(door.get("numbers/get/?number=02071234564").await.data()["state"], "available");
    }

    async fn routing_and_giving_back(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |_| {}).await;
        door.stock(pool.id, "442071234560", "442071234569").await;
        let (alice, bob) = (door.customer("alice").await, door.customer("bob").await);
        let number = ("number", "02071234567");
        assert_eq!(alice.call("numbers/update", &[number, ("description", "x")]).await.says(), "404 number", "not bought yet");
        assert_eq!(alice.call("numbers/purchase", &[number, ("reference", "r-1")]).await.says(), "204");

        let route = [
            number,
            ("dtype", "sip"),
            ("dnumber", "sip:02071234567@sip.example.com:5060"),
            ("description", "desk"),
            ("region", "London"),
            ("emergency_register", "0"),
        ];
        let mut trial = route.to_vec();
        trial.push(("validation", "1"));
        assert_eq!(alice.call("numbers/update", &trial).await.says(), "201");
        assert_eq!(alice.call("numbers/get", &[number]).await.data()["dtype"], "", "nothing was changed");
        let reply = alice.call("numbers/update", &route).await;
        assert_eq!(reply.says(), "204");
        let row = json!({
            "id": 8, "number": "02071234567", "ingroup": 1, "class": 1, "customer": alice.account, "state": "in_service",
            "region": "London", "alias": "", "description": "desk", "dtype": "sip",
            "dnumber": "sip:02071234567@sip.example.com:5060", "reference": "r-1", "blocked": 0,
        });
        assert_eq!(alice.call("numbers/get", &[number]).await.data(), &row);
        assert_eq!(alice.call("numbers/list", &[]).await.data(), &json!([row]));
        let plain = alice.call("numbers/get", &[("number", "442071234567"), ("e164", "1")]).await;
        assert_eq!(plain.data()["number"], "442071234567");

        for (fields, says) in [
            (&[("dtype", "sip")][..], "400 dnumber"),
            (&[("dnumber", "sip:a@b")], "400 dtype"),
            (&[("dtype", ""), ("dnumber", "sip:a@b")], "400 dtype"),
            (&[("dtype", "phone"), ("dnumber", "sip:a@b")], "400 dtype"),
            (&[("dtype", "sip"), ("dnumber", "http://b")], "400 dnumber"),
            (&[("dtype", "phone"), ("number", "7")], "400 number, 400 dtype"),
        ] {
            let mut all = vec![number];
            all.extend(fields);
            assert_eq!(alice.call("numbers/update", &all).await.says(), says, "{fields:?}");
        }
        assert_eq!(alice.call("numbers/update", &[number, ("dtype", "external"), ("dnumber", "sip:a@b")]).await.says(), "204");
        let row = alice.call("numbers/get", &[number]).await;
        assert_eq!((&row.data()["dtype"], &row.data()["dnumber"]), (&json!("sip"), &json!("sip:a@b")));
        assert_eq!(row.data()["description"], "desk", "what is not given stays");
        assert_eq!(alice.call("numbers/update", &[number, ("dtype", ""), ("description", "")]).await.says(), "204");
        let row = alice.call("numbers/get", &[number]).await;
        assert_eq!([&row.data()["dtype"], &row.data()["dnumber"], &row.data()["description"]], [&json!(""); 3]);

        // Others see nothing of it.
        for function in ["numbers/get", "numbers/update", "numbers/delete"] {
            assert_eq!(bob.call(function, &[number]).await.says(), "404 number", "{function}");
        }
        assert_eq!(door.get("numbers/get/?number=02071234567").await.says(), "404 number");
        assert_eq!(bob.call("numbers/list", &[("customer", &alice.id())]).await.says(), "404 customer");
        let reseller = door.reseller().await;
        assert_eq!(reseller.call("numbers/get", &[number]).await.data()["customer"], json!(alice.account));
        assert_eq!(reseller.call("numbers/list", &[("customer", &alice.id())]).await.column("number"), ["02071234567"]);
        assert_eq!(reseller.call("numbers/list", &[]).await.data(), &json!([]), "its own");

        // Free ones are seen by all.
        let free = door.get("numbers/get/?number=02071234568").await;
        assert_eq!((&free.data()["customer"], &free.data()["state"]), (&json!(0), &json!("available")));
        assert!(free.data().get("blocked_reason").is_none());

        assert_eq!(alice.call("numbers/delete", &[number]).await.says(), "204");
        assert_eq!(alice.call("numbers/delete", &[number]).await.says(), "404 number");
        let free = door.get("numbers/get/?number=02071234567").await;
        assert_eq!([&free.data()["customer"], &free.data()["reference"]], [&json!(0), &json!("")]);
    }
}
