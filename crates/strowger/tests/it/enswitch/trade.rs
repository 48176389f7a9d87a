//! Pool mode: sell, refill, run dry, fail over.

use serde_json::json;

use super::{Trade, available};
use crate::patience::until;
use crate::site::text;
use crate::stock::Stock;

store::on_both! {
    async fn a_pool_refills_itself_and_fails_over_when_the_wholesaler_runs_dry(database: TestDb) {
        let trade = Trade::new(database, 8).await;
        let retailer = &trade.retailer;
        let spare = Stock::new(retailer, "spare", "7", 442_079_469_000, 20);
        trade.vendors(&spare.line("spare"));
        let mut server = retailer.serve().await;
        retailer.ok("pool add london --area-code 20 --setup-price 1 --monthly-price 2.5").await;
        let groups = retailer.list("vendor groups wholesale").await;
        assert_eq!(groups, [json!({"id": "1", "name": "london"})]);
        retailer.ok("pool link london wholesale 1 --priority 1 --monthly-cost 0.5").await;
        retailer.ok("pool link london spare 7 --priority 2 --monthly-cost 0.8").await;
        retailer.customer("alice").await;
        retailer.ok("pool set london --minimum 5").await;
        retailer.has_free("london", 5).await;
        assert_eq!(trade.agree().await.len(), 5);

        // A customer buys at the retailer's door; the pool fills itself up behind it.
        let api = retailer.api(&mut server).await;
        let alice = api.customer("alice");
        let offered = available(&api, 3).await;
        assert_eq!(offered, ["442079460000", "442079460001", "442079460002"]);
        let number = offered[0].as_str();
        let quote = alice.ok("numbers/quote", &[("number", number)]).await;
        assert_eq!(quote, json!({"number": number, "source": "stock", "price": "3.50", "currency": "EUR"}));
        assert_eq!(api.call("numbers/purchase", &[("number", number)]).await.code, "401");
        alice.ok("numbers/purchase", &[("number", number), ("reference", "first")]).await;
        alice.ok("numbers/purchase", &[("number", number), ("reference", "first")]).await;
        let uri = format!("sip:{number}@pbx.alice.example");
        alice.ok("numbers/update", &[("number", number), ("dtype", "sip"), ("dnumber", &uri)]).await;
        let mine = alice.ok("numbers/list", &[]).await;
        assert_eq!(json!([mine[0]["number"], mine[0]["dnumber"], mine[0]["state"]]), json!([number, uri, "in_service"]));
        assert_eq!(mine.as_array().unwrap().len(), 1);
        assert_eq!(retailer.json("account show alice").await["balance"], "-3.50");
        retailer.has_free("london", 5).await;
        assert_eq!(trade.agree().await.len(), 6);
        assert!(spare.sold().is_empty());

        // More customers come; the wholesaler runs dry, and the next vendor steps in.
        for _ in 0..5 {
            let number = available(&alice, 1).await.remove(0);
            alice.ok("numbers/purchase", &[("number", &number)]).await;
            retailer.has_free("london", 5).await;
        }
        assert_eq!(trade.agree().await.len(), 8);
        assert_eq!(trade.wholesaler.free("london").await, 0);
        assert_eq!(spare.sold().len(), 3);
        let mut all = trade.agree().await;
        all.extend(spare.sold());
        assert_eq!(retailer.digits("").await, all);
        assert_eq!(trade.wholesaler.json("account show retail").await["balance"], "-4.80");
        assert!(retailer.alerts().await.is_empty(), "{:?}", retailer.alerts().await);

        // New stock at the wholesaler, and it is the first choice again.
        trade.wholesaler.ok("number add london 442079460100 442079460104").await;
        let number = available(&alice, 1).await.remove(0);
        alice.ok("numbers/purchase", &[("number", &number)]).await;
        until("the wholesaler has sold again", async || (trade.sold().await.len() == 9).then_some(())).await;
        retailer.has_free("london", 5).await;
        assert_eq!(trade.agree().await.len(), 9);
        server.stop().await;
    }

    async fn a_wholesaler_that_refuses_or_is_away_costs_nothing(database: TestDb) {
        let trade = Trade::new(database, 5).await;
        let retailer = &trade.retailer;
        retailer.configure("[carrier.wholesale]\nbreaker_failures = 1000\n");
        retailer.ok("pool add london").await;
        retailer.ok("pool link london wholesale 1").await;
        trade.wholesaler.ok("account limit retail 0.70").await;
        let server = retailer.serve().await;
        retailer.ok("pool set london --minimum 2").await;
        // The wholesaler's credit is enough for one number.
        retailer.has_free("london", 1).await;
        let message = until("the refusal is told", async || {
            let refused = retailer.list("order list --state refused").await;
            refused.first().map(|order| text(order, "message"))
        })
        .await;
        assert!(message.contains("credit") && message.contains("(403"), "{message}");
        until("the alert", async || retailer.alerts().await.contains(&("low_stock".to_owned(), "pool:1".to_owned())).then_some(())).await;
        trade.wholesaler.ok("account limit retail none").await;
        retailer.has_free("london", 2).await;
        until("the alert is over", async || retailer.alerts().await.is_empty().then_some(())).await;
        assert_eq!(trade.agree().await.len(), 2);

        // A login that is taken away is refused, too.
        let said = trade.wholesaler.fed("another password", "user password retail --password-stdin").await;
        assert_eq!(said.code, Some(0));
        let why = retailer.fails("vendor groups wholesale").await;
        assert!(why.contains("the vendor refused the user or password") && !why.contains("retail password"), "{why}");
        // One that is away was provably not asked.
        trade.seller.signal(nix::sys::signal::Signal::SIGTERM);
        until("the wholesaler is away", async || {
            let why = retailer.fails("vendor groups wholesale").await;
            why.contains("can't reach 127.0.0.1").then_some(())
        })
        .await;
        retailer.ok("pool set london --minimum 3").await;
        until("an order is refused because of it", async || {
            let refused = retailer.list("order list --state refused").await;
            refused.iter().any(|order| text(order, "message").contains("can't reach 127.0.0.1")).then_some(())
        })
        .await;
        until("all orders have ended", async || retailer.is_quiet().await.then_some(())).await;
        assert_eq!(retailer.free("london").await, 2);
        server.stop().await;
    }
}
