//! `strowger pool`.

use serde_json::json;

use crate::site::{Site, text};
use crate::stock::Stock;

store::on_both! {
    async fn pools_are_made_shown_changed_and_removed(database: TestDb) {
        let site = Site::ready(database).await;
        assert_eq!(
            site.ok("pool add london --area-code 20 --setup-price 1 --monthly-price 2.5 --minimum 3 --maximum 9 --quarantine-days 30").await,
            "pool 1 `london` made\n"
        );
        assert_eq!(site.ok(["pool", "set", "london", "--name", "Greater London", "--currency", "GBP"]).await, "pool 1 `Greater London` changed\n");
        let pool = site.json("pool show 1").await;
        let shown = ["name", "area_code", "setup_price", "monthly_price", "currency", "minimum", "maximum", "quarantine_days", "free"];
        assert_eq!(
            shown.map(|field| pool[field].clone()).to_vec(),
            [json!("Greater London"), json!("20"), json!("1.00"), json!("2.50"), json!("GBP"), json!(3), json!(9), json!(30), json!(0)]
        );
        assert_eq!(pool["links"], json!([]));
        let table = site.ok("pool list").await;
        assert!(table.contains("│ 1  ┆ Greater London ┆ 20        ┆ 3       ┆ 9       ┆ 1.00  ┆ 2.50    ┆ GBP      ┆ 30              │"), "{table}");
        assert_eq!(site.list("pool list").await.len(), 1);
        let shown = site.ok(["pool", "show", "Greater London"]).await;
        assert!(shown.contains("\nname               Greater London\n") && shown.contains("\nfree now: 0\n"), "{shown}");
        assert_eq!(site.ok(["pool", "delete", "Greater London"]).await, "pool 1 `Greater London` removed\n");
        assert_eq!(site.json("pool list").await, json!([]));
        let said = site.run("pool list").await;
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (Some(0), "", "none\n"));
    }

    async fn what_a_pool_cannot_be_is_said(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london").await;
        for (words, why) in [
            ("pool add london", "number pool: name `london` exists already"),
            ("pool add 12", "name: `12` must have 1 to 200 characters and not be a number"),
            ("pool add x --minimum 3 --maximum 2", "maximum: 2 is less than the minimum, 3"),
            ("pool add x --setup-price 1.1234567", "setup_price: `1.1234567` is not an amount with up to six decimal places"),
            ("pool add x --monthly-price cheap", "monthly_price: `cheap` is not an amount with up to six decimal places"),
            ("pool add x --currency euro", "currency: `euro` is not a three-letter code of ISO 4217"),
            ("pool add x --class gold", "class: there is no number class `gold`"),
            ("pool add x --area-code 2a", "area_code: `2a` is not at most 15 digits"),
            ("pool add x --quarantine-days 9999", "quarantine_days: 9999 is more than 3650"),
            ("pool show nowhere", "pool nowhere not found"),
            ("pool show 9", "pool 9 not found"),
            ("pool set nowhere --minimum 1", "pool nowhere not found"),
            ("pool delete nowhere", "pool nowhere not found"),
            ("pool plan nowhere", "pool nowhere not found"),
            ("pool link nowhere one 1", "pool nowhere not found"),
            ("pool link london nobody 1", "vendor nobody not found"),
            ("pool unlink 9", "vendor link 9 not found"),
            ("pool add-class 7", "name: `7` must have 1 to 100 characters and not be a number"),
            ("pool add-class standard", "there is a number class named `standard` already"),
        ] {
            assert_eq!(site.fails(words).await, format!("error: {why}\n"), "{words}");
        }
        assert_eq!(site.list("pool list").await.len(), 1);
        site.ok("number add london 442079460000").await;
        assert_eq!(site.fails("pool delete london").await, "error: pool london has numbers\n");
    }

    async fn links_are_chosen_from_the_vendor_s_own_groups(database: TestDb) {
        let site = Site::ready(database).await;
        let stock = Stock::new(&site, "stock", "7", 442_079_460_000, 9);
        stock.add("8", 442_079_461_000, 1);
        site.vendors(&stock.line("one"));
        site.ok("pool add london").await;
        assert_eq!(site.list("vendor groups one").await, [json!({"id": "7", "name": "Group 7"}), json!({"id": "8", "name": "8"})]);
        assert_eq!(
            site.ok("pool link london one 7 --priority 2 --setup-cost 0.1 --monthly-cost 0.25").await,
            "link 1: pool london is refilled from one group 7 `Group 7`, priority 2\n"
        );
        for (words, why) in [
            ("pool link london one 9", "vendor one has no group `9`; it has 7, 8 (--unchecked links it all the same)"),
            ("pool link london one 8 --priority 11", "priority: 11 is not 1 to 10"),
            ("pool link london one 8 --setup-cost x", "setup_cost: `x` is not an amount with up to six decimal places"),
            ("pool link london one 8 --class gold", "class: there is no number class `gold`"),
        ] {
            assert_eq!(site.fails(words).await, format!("error: {why}\n"), "{words}");
        }
        let twice = site.fails("pool link london one 7").await;
        assert_eq!(twice, "error: the pool is linked to group `7` of this vendor already\n");
        // Without a terminal nobody can choose; the groups are shown.
        let said = site.run("pool link london one").await;
        assert_eq!(said.code, Some(1));
        assert_eq!(said.stderr, "           7  Group 7\n           8  8\nerror: name one of vendor one's groups\n");
        site.ok("pool link london one 9 --unchecked --priority 1").await;
        let links: Vec<_> = site.json("pool show london").await["links"]
            .as_array()
            .unwrap()
            .iter()
            .map(|link| (text(link, "group_id"), link["priority"].as_i64().unwrap(), link["monthly_cost"].clone()))
            .collect();
        assert_eq!(links, [("9".to_owned(), 1, json!(null)), ("7".to_owned(), 2, json!("0.25"))]);
        let link = site.json("pool show london").await["links"][0]["id"].clone();
        assert_eq!(site.ok(&format!("pool unlink {link}")).await, format!("link {link} removed\n"));
        assert_eq!(site.json("pool show london").await["links"].as_array().unwrap().len(), 1);
    }

    async fn a_plan_says_what_would_be_ordered_and_orders_nothing(database: TestDb) {
        let site = Site::ready(database).await;
        let one = Stock::new(&site, "one", "1", 442_079_460_000, 9);
        let two = Stock::new(&site, "two", "2", 442_079_461_000, 9);
        site.vendors(&(one.line("one") + &two.line("two")));
        site.configure("[carrier.one]\nnumbers_per_day = 3\n");
        site.ok("pool add london --minimum 6").await;
        assert_eq!(
            site.ok("pool plan").await,
            "pool london: minimum 6, free 0, on order 0, in doubt past grace 0: 6 to order\n\
             no vendor is linked to it: `strowger pool link`\n"
        );
        site.ok("pool link london one 1 --setup-cost 1 --monthly-cost 0.5").await;
        site.ok("pool link london two 2 --priority 2 --setup-cost 1 --monthly-cost 1 --currency USD").await;
        let before = site.json("journal --limit 1000").await;
        let plan = site.ok("pool plan london").await;
        assert!(plan.contains("3 of") || plan.contains("0 of at most 3 numbers were ordered today"), "{plan}");
        assert!(plan.ends_with("together 4.50 EUR\ntogether 6.00 USD\n"), "{plan}");
        let plans = site.list("pool plan london --minimum 4").await;
        let steps: Vec<_> = plans[0]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| json!([step["vendor"], step["quantity"], step["cost"], step["capped"]]))
            .collect();
        assert_eq!(steps, [json!(["one", 3, "4.50", true]), json!(["two", 1, "2.00", false])]);
        assert_eq!(before, site.json("journal --limit 1000").await);
        assert!(one.sold().is_empty() && two.sold().is_empty() && site.orders().await.is_empty());
        assert_eq!(site.json("pool show london").await["minimum"], 6);
    }
}
