//! Real-time mode: vendors are asked while a customer looks, and a number is ordered when it is bought.

use serde_json::{Value, json};

use super::{Trade, available};
use crate::patience::until;
use crate::script::Script;
use crate::site::{SECRET, Site, text};

async fn detailed(api: &crate::api::Api) -> Vec<Value> {
    let data = api.ok("numbers/available/list", &[("ingroup", "1"), ("detail", "1"), ("count", "50")]).await;
    data.as_array().unwrap().iter().map(|row| json!([row["number"], row["source"], row["vendor"]])).collect()
}

store::on_both! {
    async fn what_the_wholesaler_has_is_shown_and_exactly_it_is_bought(database: TestDb) {
        let trade = Trade::new(database, 30).await;
        let retailer = &trade.retailer;
        retailer.set("number_vendors = \"realtime\"\n");
        let mut server = retailer.serve().await;
        retailer.ok("pool add london --minimum 4 --setup-price 1 --monthly-price 2.5").await;
        retailer.ok("pool link london wholesale 1").await;
        retailer.ok("number add london 442079461000").await;
        retailer.customer("alice").await;
        retailer.customer("bob").await;
        let api = retailer.api(&mut server).await;
        let (alice, bob) = (api.customer("alice"), api.customer("bob"));

        // Nobody who is not logged in makes us call a vendor.
        assert_eq!(available(&api, 10).await, ["442079461000"]);
        assert_eq!(
            detailed(&api.login("administrator", SECRET)).await,
            [
                json!(["442079461000", "stock", ""]),
                json!(["442079460000", "vendor", "wholesale"]),
                json!(["442079460001", "vendor", "wholesale"]),
                json!(["442079460002", "vendor", "wholesale"]),
            ]
        );
        assert_eq!(detailed(&alice).await[1], json!(["442079460000", "vendor", ""]));
        assert!(trade.sold().await.is_empty());
        assert_eq!(
            alice.ok("numbers/quote", &[("number", "442079460001")]).await,
            json!({"number": "442079460001", "source": "vendor", "price": "3.50", "currency": "EUR"})
        );

        alice.ok("numbers/purchase", &[("number", "442079460001"), ("reference", "one")]).await;
        assert_eq!(trade.agree().await, ["442079460001"]);
        let number = retailer.json("number show 442079460001").await;
        assert_eq!(json!([number["state"], number["reference"]]), json!(["in_service", "one"]));
        assert_eq!(retailer.json("account show alice").await["balance"], "-3.50");
        alice.ok("numbers/purchase", &[("number", "442079460001"), ("reference", "one")]).await;
        assert_eq!(retailer.json("account show alice").await["balance"], "-3.50");
        let taken = bob.call("numbers/purchase", &[("number", "442079460001")]).await;
        assert_eq!((taken.code.as_str(), taken.key.as_str()), ("400", "number"), "{taken:?}");
        // What nobody has offered can't be bought.
        assert_eq!(bob.call("numbers/purchase", &[("number", "442079460020")]).await.code, "404");

        // Somebody else is faster at the wholesaler: a refusal, no other number, and no money.
        trade.wholesaler.ok("number buy 442079460002 --account default").await;
        let refused = alice.call("numbers/purchase", &[("number", "442079460002")]).await;
        assert_eq!((refused.code.as_str(), refused.key.as_str()), ("400", "number"), "{refused:?}");
        let account = retailer.json("account show alice").await;
        assert_eq!(json!([account["balance"], account["held"]]), json!(["-3.50", "0.00"]));
        assert_eq!(trade.agree().await, ["442079460001"]);
        // The pool is not filled up.
        assert_eq!(retailer.free("london").await, 1);

        server.stop().await;

        // A wholesaler that hangs does not make the caller wait.
        let mut server = retailer.serve_with(&[("STROWGER_REALTIME_DEADLINE", "500ms")]).await;
        let bob = retailer.api(&mut server).await.customer("bob");
        trade.seller.signal(nix::sys::signal::Signal::SIGSTOP);
        assert_eq!(available(&bob, 10).await, ["442079461000"]);
        trade.seller.signal(nix::sys::signal::Signal::SIGCONT);
        server.stop().await;
    }

    async fn a_purchase_that_takes_long_is_open_and_can_be_looked_up(database: TestDb) {
        let site = Site::ready(database).await;
        site.set("number_vendors = \"realtime\"\n");
        site.configure("[purchase]\nwait = \"300ms\"\n");
        let order = "case $number in 442079460001) wait_for go; printf 'OK\\n%s\\n' \"$number\";; *) exit 0;; esac";
        let list = "printf 'OK\\n442079460001\\n442079460002\\n'";
        let script = Script::answering(&site, "slow", "printf 'OK\\n1, One\\n'", order, list);
        site.vendors(&script.line("slow"));
        site.ok("pool add london --minimum 5 --setup-price 1").await;
        site.ok("pool link london slow 1").await;
        site.customer("alice").await;
        let mut server = site.serve().await;
        let api = site.api(&mut server).await;
        assert!(available(&api, 10).await.is_empty());
        assert_eq!(script.listed(), 0);
        let alice = api.customer("alice");
        assert_eq!(available(&alice, 10).await, ["442079460001", "442079460002"]);

        let open = alice.call("numbers/purchase", &[("number", "442079460001"), ("reference", "a")]).await;
        assert_eq!((open.code.as_str(), open.data["state"].as_str()), ("202", Some("sent")), "{open:?}");
        assert!(open.message.contains("orders/get"), "{open:?}");
        let reference = text(&open.data, "reference");
        // The same call again does not order again.
        let again = alice.call("numbers/purchase", &[("number", "442079460001"), ("reference", "a")]).await;
        assert_eq!((again.code.as_str(), text(&again.data, "reference")), ("202", reference.clone()));
        assert_eq!(site.json("account show alice").await["held"], "1.00");
        site.write("go", "");
        until("the order ends", async || {
            let order = alice.ok("orders/get", &[("reference", &reference)]).await;
            (order["final"] == 1).then(|| assert_eq!(order["state"], "fulfilled"))
        })
        .await;
        alice.ok("numbers/purchase", &[("number", "442079460001"), ("reference", "a")]).await;
        assert_eq!(site.digits("--account alice").await, ["442079460001"]);
        assert_eq!(script.orders().len(), 1);

        // In doubt: the money is held until a person has found out.
        let open = alice.call("numbers/purchase", &[("number", "442079460002")]).await;
        assert_eq!(open.code, "202", "{open:?}");
        let order = site.order_in("in_doubt").await;
        let account = site.json("account show alice").await;
        assert_eq!(json!([account["balance"], account["held"]]), json!(["-1.00", "1.00"]));
        site.ok(&format!("order resolve {} 442079460002", text(&order, "reference"))).await;
        let account = site.json("account show alice").await;
        assert_eq!(json!([account["balance"], account["held"]]), json!(["-2.00", "0.00"]));
        assert_eq!(site.digits("--account alice").await, ["442079460001", "442079460002"]);
        server.stop().await;
    }

    async fn a_released_number_is_for_its_old_owner_alone(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london --quarantine-days 30").await;
        site.ok("number add london 442079460000 442079460001").await;
        site.customer("alice").await;
        site.customer("bob").await;
        let mut server = site.serve().await;
        let api = site.api(&mut server).await;
        let (alice, bob) = (api.customer("alice"), api.customer("bob"));
        alice.ok("numbers/purchase", &[("number", "442079460000")]).await;
        assert_eq!(bob.call("numbers/delete", &[("number", "442079460000")]).await.code, "404");
        alice.ok("numbers/delete", &[("number", "442079460000")]).await;
        assert_eq!(available(&bob, 10).await, ["442079460001"]);
        assert_eq!(available(&alice, 10).await, ["442079460000", "442079460001"]);
        let refused = bob.call("numbers/purchase", &[("number", "442079460000")]).await;
        assert!(matches!(refused.code.as_str(), "400" | "404"), "{refused:?}");
        alice.ok("numbers/purchase", &[("number", "442079460000")]).await;
        site.ok("number reserve 442079460001 --account alice").await;
        let refused = bob.call("numbers/purchase", &[("number", "442079460001")]).await;
        assert_eq!((refused.code.as_str(), refused.key.as_str()), ("400", "number"), "{refused:?}");
        alice.ok("numbers/purchase", &[("number", "442079460001")]).await;
        server.stop().await;
    }
}
