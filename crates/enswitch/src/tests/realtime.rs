//! Numbers that are still a vendor's: found, bought, refused, left open.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use registry::Money;
use serde_json::json;

use super::door::{Door, Guest, Reply, texts};
use super::vendor::{AtWork, Mood, Shop, realtime, supply};

const OFFERED: [&str; 3] = ["442079990001", "442079990002", "442079990003"];

async fn shown(guest: &Guest<'_>) -> Reply {
    guest.call("numbers/available/list", &[("ingroup", "1"), ("detail", "1")]).await
}

async fn pool_with(door: &Door) -> registry::pool::Pool {
    door.pool("London", |spec| {
        spec.minimum = 3;
        spec.setup_price = Money(2_000_000);
    })
    .await
}

store::on_both! {
    async fn a_vendors_number_is_found_and_bought(db: TestDb) {
        let door = Door::open_with(&db, realtime()).await;
        let pool = pool_with(&door).await;
        door.stock(pool.id, "442071234560", "442071234560").await;
        let shop = Shop::new(&OFFERED);
        supply(&door, &pool, &shop).await;
        let (alice, bob, admin) = (door.customer("alice").await, door.customer("bob").await, door.admin().await);

        let number = ("number", "02079990001");
        assert_eq!(alice.call("numbers/available/get", &[number]).await.says(), "404 number", "nobody has offered it yet");
        assert_eq!(door.get("numbers/available/list/?ingroup=1").await.data(), &texts(&["02071234560"]));
        assert_eq!(door.get("ingroups/list/?spare=1").await.column("name"), ["London"]);
        assert_eq!(shop.calls(), 0, "nobody who is not logged in makes us call a vendor");

        let rows = json!([
            { "number": "02071234560", "source": "stock", "vendor": "" },
            { "number": "02079990001", "source": "vendor", "vendor": "" },
            { "number": "02079990002", "source": "vendor", "vendor": "" },
        ]);
        assert_eq!(shown(&alice).await.data(), &rows, "up to the minimum");
        assert_eq!(shown(&admin).await.column("vendor"), ["", "acme", "acme"], "whose they are is not for customers");

        // It is offered now, to whoever is logged in.
        let row = alice.call("numbers/available/get", &[number]).await;
        assert_eq!([&row.data()["number"], &row.data()["state"]], [&json!("02079990001"), &json!("discovery")]);
        assert_eq!(door.get("numbers/available/get/?number=02079990001").await.says(), "404 number");
        let quote = alice.call("numbers/quote", &[number]).await;
        let expected = json!({ "number": "02079990001", "source": "vendor", "price": "2.00", "currency": "EUR" });
        assert_eq!(quote.data(), &expected);
        let before = shop.calls();
        assert_eq!(alice.call("numbers/purchase", &[number, ("validation", "1")]).await.says(), "201");
        assert_eq!((shop.calls(), door.money(alice.account).await.1.as_str()), (before, "0.00"));

        let work = AtWork::start(&door);
        let bought = [number, ("reference", "r-1")];
        assert_eq!(alice.call("numbers/purchase", &bought).await.says(), "204");
        assert_eq!(shop.sold(), 1);
        assert_eq!(door.money(alice.account).await, ("2.00".to_owned(), "0.00".to_owned()));
        let row = alice.call("numbers/get", &[number]).await;
        assert_eq!([&row.data()["state"], &row.data()["customer"]], [&json!("in_service"), &json!(alice.account)]);
        assert_eq!(bob.call("numbers/purchase", &[number]).await.says(), "400 number", "in use");
        assert_eq!(shop.sold(), 1);

        // Out of stock, with a vendor that may have some.
        assert_eq!(bob.call("numbers/purchase", &[("number", "02071234560")]).await.says(), "204");
        assert_eq!(bob.call("ingroups/list", &[("spare", "1")]).await.column("name"), ["London"]);
        assert_eq!(door.get("ingroups/list/?spare=1").await.data(), &json!([]));
        work.end().await;
    }

    async fn a_purchase_from_a_vendor_may_be_repeated_by_reference(db: TestDb) {
        let door = Door::open_with(&db, realtime()).await;
        let pool = pool_with(&door).await;
        let shop = Shop::new(&OFFERED);
        supply(&door, &pool, &shop).await;
        let alice = door.customer("alice").await;
        shown(&alice).await.data();
        let work = AtWork::start(&door);
        let bought = [("number", "02079990001"), ("reference", "r-1")];
        for _ in 0..2 {
            assert_eq!(alice.call("numbers/purchase", &bought).await.says(), "204");
        }
        assert_eq!((shop.sold(), door.money(alice.account).await.0.as_str()), (1, "2.00"));
        let found = alice.call("numbers/list", &[("reference", "r-1")]).await;
        assert_eq!(found.column("number"), ["02079990001"]);
        work.end().await;
    }

    async fn a_refusal_is_an_error_and_costs_nothing(db: TestDb) {
        let door = Door::open_with(&db, realtime()).await;
        let pool = pool_with(&door).await;
        let shop = Shop::new(&OFFERED);
        supply(&door, &pool, &shop).await;
        let alice = door.customer("alice").await;
        shown(&alice).await.data();
        shop.becomes(Mood::Refuses);
        let work = AtWork::start(&door);
        let reply = alice.call("numbers/purchase", &[("number", "02079990002")]).await;
        assert_eq!(reply.says(), "400 number");
        assert_eq!(reply.message(), "the vendor refused: sold this minute");
        assert_eq!(door.money(alice.account).await, ("0.00".to_owned(), "0.00".to_owned()));
        assert_eq!(alice.call("numbers/list", &[]).await.data(), &json!([]), "never another number");

        // A vendor that is left alone after failures sells nothing for a while.
        registry::transaction!(door.db, |tx| {
            Ok(tx.execute("UPDATE vendors SET open_until = 9000000000000000", &[]).await?)
        })
        .unwrap();
        let reply = alice.call("numbers/purchase", &[("number", "02079990001")]).await;
        assert_eq!((reply.says().as_str(), reply.status), ("503", StatusCode::OK));
        work.end().await;
    }

    async fn an_open_order_says_where_to_look(db: TestDb) {
        let door = Door::open_with(&db, realtime()).await;
        let pool = pool_with(&door).await;
        let shop = Shop::new(&OFFERED);
        supply(&door, &pool, &shop).await;
        let (alice, bob) = (door.customer("alice").await, door.customer("bob").await);
        shown(&alice).await.data();
        shop.becomes(Mood::LosesAnswers);
        let work = AtWork::start(&door);
        let reply = alice.call("numbers/purchase", &[("number", "02079990003"), ("reference", "r-3")]).await;
        assert_eq!(reply.says(), "202");
        let data = reply.body["data"].clone();
        let (order, reference) = (data["order"].to_string(), data["reference"].as_str().unwrap().to_owned());
        assert_eq!(data["state"], "in_doubt");
        assert_eq!(reply.message(), format!("order {order} ({reference}) is open: look at orders/get"));

        for key in [("id", &*order), ("reference", &*reference)] {
            let row = alice.call("orders/get", &[key]).await;
            let row = row.data();
            assert_eq!([&row["order"], &row["reference"], &row["state"]], [&data["order"], &data["reference"], &data["state"]]);
            assert_eq!([&row["number"], &row["final"]], [&json!("02079990003"), &json!(0)]);
            assert_eq!(row["customer"], json!(alice.account));
            assert_eq!(bob.call("orders/get", &[key]).await.says(), "404 id");
        }
        assert_eq!(alice.call("orders/get", &[]).await.says(), "400 id");
        assert_eq!(alice.call("orders/get", &[("reference", "77")]).await.says(), "404 id");
        assert_eq!(door.money(alice.account).await, ("0.00".to_owned(), "2.00".to_owned()), "held");

        // Buying it again finds the same order.
        let again = alice.call("numbers/purchase", &[("number", "02079990003"), ("reference", "r-3")]).await;
        assert_eq!((again.says().as_str(), &again.body["data"]["order"]), ("202", &data["order"]));
        let late = bob.call("numbers/purchase", &[("number", "02079990003")]).await;
        assert_eq!(late.says(), "404 number", "another buyer is too late: it is no longer offered");

        settle(&door, &alice, &order).await;
        let row = alice.call("numbers/get", &[("number", "02079990003")]).await;
        assert_eq!(row.data()["customer"], json!(alice.account));
        assert_eq!((shop.sold(), door.money(alice.account).await), (1, ("2.00".to_owned(), "0.00".to_owned())));
        work.end().await;
    }
}

/// Lets the time pass after which the vendor's own listing is believed, and waits for what it says.
async fn settle(door: &Door, guest: &Guest<'_>, order: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    door.clock.advance(3_600_000_000);
    loop {
        registry::transaction!(door.db, |tx| {
            Ok(tx.execute("UPDATE jobs SET run_after = 0 WHERE kind = 'order'", &[]).await?)
        })
        .unwrap();
        door.ordering.wake();
        let row = guest.call("orders/get", &[("id", order)]).await;
        if row.data()["final"] == 1 {
            assert_eq!(row.data()["state"], "fulfilled");
            return;
        }
        assert!(Instant::now() < deadline, "the order was not settled: {row:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
