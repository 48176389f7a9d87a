//! Whatever a plugin prints, nothing that was paid for is lost.

use serde_json::{Value, json};
use store::testing::TestDb;

use crate::patience::until;
use crate::script::Script;
use crate::site::{Site, text};
use crate::stock::Stock;

/// A pool with this minimum that is refilled by one plugin, which has been asked once.
async fn asked(database: TestDb, minimum: u32, order: &str) -> (Site, Script) {
    let site = Site::ready(database).await;
    let script = Script::new(&site, "plugin", order);
    site.vendors(&script.line("mine"));
    site.ok(&format!("pool add london --minimum {minimum}")).await;
    site.ok("pool link london mine 1").await;
    let server = site.serve_with(&[("STROWGER_REFILL_RETRY_AFTER", "1h")]).await;
    until("the order has an outcome", async || {
        let orders = site.orders().await;
        orders.first().filter(|(state, ..)| state != "planned" && state != "sent").map(drop)
    })
    .await;
    server.stop().await;
    (site, script)
}

/// The lines of an order, each with what became of it and why.
async fn lines(site: &Site, order: &str) -> Vec<Value> {
    let order = site.json(&format!("order show {order}")).await;
    order["lines"].as_array().unwrap().iter().map(|l| json!([l["text"], l["outcome"], l["reason"]])).collect()
}

store::on_both! {
    async fn the_arguments_are_those_of_the_protocol(database: TestDb) {
        let (site, script) = asked(database, 2, "printf 'OK fine\\n442079460001\\n442079460002\\n'").await;
        assert_eq!(
            script.orders(),
            ["-v|mine|-n|The mine|-h|api.example.com|-u|user|-p|hunter22|-a|add_numbers_from_group|-g|1|-d|sip.example.com:5060|-c|2|"]
        );
        assert_eq!(site.orders().await, [("fulfilled".to_owned(), 2, 2)]);
        let number = site.json("number show 442079460001").await;
        assert_eq!(json!([number["vendor_id"], number["order_id"], number["state"]]), json!([1, 1, "available"]));
    }

    async fn extra_numbers_are_kept(database: TestDb) {
        let (site, _) = asked(database, 1, "printf 'OK\\n442079460001\\n442079460002\\n442079460003\\n'").await;
        assert_eq!(site.free("london").await, 3);
        assert_eq!(site.orders().await, [("fulfilled".to_owned(), 1, 3)]);
    }

    async fn what_cannot_be_sold_is_blocked_and_shown(database: TestDb) {
        let print = "printf 'OK\\n442079460001\\n442079460001\\n0442079\\nsee you\\n\\377\\n442079460002\\n442079460009'";
        let (site, _) = asked(database, 2, print).await;
        assert_eq!(site.digits("--state available").await, ["0442079", "442079460001", "442079460002", "442079460009"]);
        assert_eq!(site.digits("--blocked").await, ["0442079"]);
        assert_eq!(site.free("london").await, 3);
        let lines = lines(&site, "1").await;
        let outcomes: Vec<Value> = lines.iter().map(|line| json!([line[0], line[1]])).collect();
        assert_eq!(
            outcomes,
            [
                json!(["442079460001", "added"]),
                json!(["442079460001", "duplicate"]),
                json!(["0442079", "blocked"]),
                json!(["see you", "unreadable"]),
                json!(["\u{fffd}", "unreadable"]),
                json!(["442079460002", "added"]),
                json!(["442079460009", "added"]),
            ]
        );
        assert!(lines[2][2].as_str().unwrap().contains('0'), "{lines:?}");
        let blocked = site.json("number list --blocked").await;
        assert!(!text(&blocked[0], "blocked_reason").is_empty(), "{blocked}");
        let table = site.ok("number list --blocked").await;
        assert!(table.contains(&text(&blocked[0], "blocked_reason")), "{table}");
        let alerts = site.list("alert list").await;
        assert!(alerts.iter().any(|alert| alert["kind"] == "unusable_number" && alert["subject"] == "order:1"), "{alerts:?}");
        let shown = site.ok("order show 1").await;
        assert!(shown.contains("see you") && shown.contains("unreadable"), "{shown}");
    }

    async fn numbers_that_we_own_already_stay_as_they_are(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add paris").await;
        site.ok("number add paris 442079460001").await;
        site.ok("account add alice").await;
        site.ok("number buy 442079460001 --account alice").await;
        let script = Script::new(&site, "plugin", "printf 'OK\\n442079460001\\n'");
        site.vendors(&script.line("mine"));
        site.ok("pool add london").await;
        site.ok("pool link london mine 1").await;
        site.ok("pool set london --minimum 1").await;
        let before = site.json("number show 442079460001").await;
        let server = site.serve().await;
        site.order_in("partly_fulfilled").await;
        server.stop().await;
        assert_eq!(before, site.json("number show 442079460001").await);
        assert_eq!(lines(&site, "1").await, [json!(["442079460001", "owned", "the number was ours before"])]);
    }

    async fn an_error_leads_to_the_next_link_by_priority(database: TestDb) {
        let site = Site::ready(database).await;
        let print = ["printf 'ERROR sold out\\n'; exit 1", "printf 'ERROR\\n442079460001\\n'; exit 0", "kill -9 $$"];
        let scripts: Vec<Script> =
            print.iter().enumerate().map(|(n, print)| Script::new(&site, &format!("plugin{n}"), print)).collect();
        let stock = Stock::new(&site, "stock", "7", 442_079_461_000, 9);
        let mut file = stock.line("last");
        for (number, script) in scripts.iter().take(2).enumerate() {
            file += &script.line(&format!("v{number}"));
        }
        file += &format!("gone = Gone, {}, , , , \n", site.path("gone").display());
        site.vendors(&file);
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london last 7 --priority 10").await;
        site.ok("pool link london v1 1 --priority 2").await;
        site.ok("pool link london v0 1 --priority 1").await;
        site.ok("pool link london gone 1 --priority 3 --unchecked").await;
        let server = site.serve().await;
        site.has_free("london", 2).await;
        until("all orders have ended", async || site.is_quiet().await.then_some(())).await;
        server.stop().await;
        let orders = site.list("order list").await;
        let shown: Vec<Value> = orders.iter().map(|o| json!([o["state"], o["message"], o["delivered"]])).collect();
        assert_eq!(shown[0], json!(["refused", "sold out", 0]));
        assert_eq!(json!([shown[1][0], shown[1][2]]), json!(["refused", 0]));
        assert_eq!(shown[2][0], "refused");
        assert!(shown[2][1].as_str().unwrap().contains("could not be started"), "{shown:?}");
        assert_eq!(json!([shown[3][0], shown[3][2]]), json!(["fulfilled", 2]));
        assert_eq!(shown.len(), 4);
        assert_eq!(site.digits("").await, stock.sold());
    }

    async fn a_partial_delivery_is_kept_and_the_rest_comes_from_the_next_link(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "plugin", "printf 'OK\\n442079460001\\n'");
        let stock = Stock::new(&site, "stock", "7", 442_079_461_000, 9);
        site.vendors(&(script.line("first") + &stock.line("second")));
        site.ok("pool add london --minimum 3").await;
        site.ok("pool link london first 1 --priority 1").await;
        site.ok("pool link london second 7 --priority 2").await;
        let server = site.serve().await;
        site.has_free("london", 3).await;
        until("all orders have ended", async || site.is_quiet().await.then_some(())).await;
        server.stop().await;
        assert_eq!(site.orders().await, [("partly_fulfilled".to_owned(), 3, 1), ("fulfilled".to_owned(), 2, 2)]);
        assert_eq!(script.orders().len(), 1);
    }

    async fn the_first_line_decides_over_the_exit_code(database: TestDb) {
        let (site, _) = asked(database, 1, "printf 'OK\\r\\n442079460001\\r\\n'; echo odd >&2; exit 3").await;
        assert_eq!(site.orders().await, [("fulfilled".to_owned(), 1, 1)]);
        let log = std::fs::read_to_string(site.path("server-0.log")).unwrap();
        assert!(log.contains("odd answer from a vendor") && log.contains("exit=Some(3)"), "{log}");
        assert!(log.contains("stderr=\"odd"), "{log}");
        assert!(!log.contains("hunter22"), "{log}");
    }

    async fn without_a_first_line_an_order_is_in_doubt(database: TestDb) {
        let (site, script) = asked(database, 1, "printf '442079460001\\n'").await;
        assert_eq!(site.orders().await, [("in_doubt".to_owned(), 1, 0)]);
        // It may be any digits: they are there to be read, and not to be sold.
        assert!(site.digits("").await.is_empty());
        let line = &site.json("order show 1").await["lines"][0];
        assert_eq!(json!([line["text"], line["outcome"]]), json!(["without OK: 442079460001", "unreadable"]));
        assert_eq!(script.orders().len(), 1);
        let plan = site.ok("pool plan").await;
        assert!(plan.starts_with("pool london: minimum 1, free 0, on order 1, in doubt past grace 0: 0 to order\n"), "{plan}");
        assert!(plan.contains("an order there is in doubt"), "{plan}");
    }

    async fn a_yes_without_numbers_raises_an_alert(database: TestDb) {
        let (site, _) = asked(database, 1, "echo OK thanks").await;
        assert_eq!(site.orders().await, [("partly_fulfilled".to_owned(), 1, 0)]);
        assert!(site.alerts().await.contains(&("empty_delivery".to_owned(), "order:1".to_owned())));
    }

    async fn a_foreign_plugin_s_text_after_ok_means_nothing(database: TestDb) {
        let (site, _) = asked(database, 2, "printf 'OK pending 1\\n442079460001\\n'").await;
        assert_eq!(site.orders().await[0], ("partly_fulfilled".to_owned(), 2, 1));
        assert_eq!(site.json("order show 1").await["message"], "pending 1");
    }
}
