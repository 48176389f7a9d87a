//! `strowger order`.

use serde_json::json;

use crate::script::Script;
use crate::site::{Site, text};

store::on_both! {
    async fn an_order_in_doubt_is_resolved_by_what_a_person_found_out(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "odd", "exit 0");
        site.vendors(&script.line("odd"));
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london odd 1 --setup-cost 0.5").await;
        let server = site.serve().await;
        let order = site.order_in("in_doubt").await;
        server.stop().await;
        let reference = text(&order, "reference");
        assert_eq!(json!([order["quantity"], order["delivered"], order["setup_cost"]]), json!([2, 0, "0.50"]));
        assert_eq!(site.alerts().await, [("in_doubt".to_owned(), "order:1".to_owned())]);
        let shown = site.ok(&format!("order show {reference}")).await;
        assert!(shown.contains(&format!("reference     {reference}\n")) && shown.contains("state         in_doubt\n"), "{shown}");
        assert!(site.ok("order list").await.contains("in_doubt"));

        assert_eq!(site.fails("order resolve 1 abc").await, "error: number `abc`: 'a' is not a digit\n");
        assert_eq!(site.fails("order cancel 1").await, "error: order 1 can't go from in_doubt to cancelled\n");
        assert_eq!(
            site.ok(["order", "resolve", &reference, "+442079460001", "442079460002", "--note", "told by telephone"]).await,
            "order 1 is resolved with 2 numbers\n"
        );
        assert_eq!(site.alerts().await, []);
        assert_eq!(site.digits("--order 1 --state available").await, ["442079460001", "442079460002"]);
        let after = site.json("order show 1").await;
        assert_eq!(json!([after["state"], after["message"], after["delivered"]]), json!(["resolved", "told by telephone", 2]));
        let lines: Vec<_> = after["lines"].as_array().unwrap().iter().map(|l| json!([l["text"], l["outcome"]])).collect();
        assert_eq!(lines, [json!(["442079460001", "added"]), json!(["442079460002", "added"])]);
        assert_eq!(
            site.fails("order resolve 1 --nothing").await,
            "error: order 1 is resolved, there is nothing to resolve\n"
        );
        assert_eq!(script.orders().len(), 1);
    }

    async fn an_order_that_bought_nothing_is_resolved_so(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "odd", "[ -e $folder/good ] || exit 0; echo OK; echo 442079460009");
        site.vendors(&script.line("odd"));
        site.ok("pool add london --minimum 1").await;
        site.ok("pool link london odd 1").await;
        let server = site.serve().await;
        site.order_in("in_doubt").await;
        site.write("good", "");
        assert_eq!(site.ok("order resolve 1 --nothing").await, "order 1 is resolved with 0 numbers\n");
        // What the pool still lacks is ordered again.
        site.has_free("london", 1).await;
        site.order_in("fulfilled").await;
        server.stop().await;
        assert_eq!(site.orders().await, [("resolved".to_owned(), 1, 0), ("fulfilled".to_owned(), 1, 1)]);
    }

    async fn a_planned_order_can_be_cancelled(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "slow", "wait_for go; echo ERROR; exit 1");
        site.vendors(&script.line("slow"));
        site.configure("[carrier.slow]\nconcurrency = 1\n");
        site.ok("pool add london --minimum 2 --max-per-order 1").await;
        site.ok("pool link london slow 1").await;
        let server = site.serve().await;
        site.order_in("sent").await;
        let planned = site.order_in("planned").await;
        let id = planned["id"].as_i64().unwrap();
        assert_eq!(site.ok(&format!("order cancel {id} --note enough")).await, format!("order {id} is cancelled\n"));
        assert_eq!(site.json(&format!("order show {id}")).await["message"], "enough");
        let sent = site.order_in("sent").await["id"].as_i64().unwrap();
        assert_eq!(
            site.fails(&format!("order cancel {sent}")).await,
            format!("error: order {sent} can't go from sent to cancelled\n")
        );
        site.write("go", "");
        site.order_in("refused").await;
        server.stop().await;
    }

    async fn what_is_no_order_is_said(database: TestDb) {
        let site = Site::ready(database).await;
        for (words, why) in [
            ("order show 1", "order 1 not found"),
            ("order show strowger-1", "order strowger-1 not found"),
            ("order resolve 1 --nothing", "order 1 not found"),
            ("order cancel 1", "order 1 not found"),
            ("order list --pool nowhere", "pool nowhere not found"),
            ("order list --state sold", "state: `sold` is not one of planned, sent, accepted, back_ordered, fulfilled, partly_fulfilled, refused, in_doubt, resolved, cancelled"),
        ] {
            assert_eq!(site.fails(words).await, format!("error: {why}\n"), "{words}");
        }
        assert_eq!(site.json("order list").await, json!([]));
        assert_eq!(site.run("order resolve 1").await.code, Some(2));
    }
}
