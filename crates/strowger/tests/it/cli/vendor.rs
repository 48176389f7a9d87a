//! `strowger vendor` and `strowger alert`.

use serde_json::json;

use crate::script::Script;
use crate::site::{Site, text};
use crate::stock::Stock;

store::on_both! {
    async fn vendors_are_listed_as_the_file_and_the_calls_have_them(database: TestDb) {
        let site = Site::ready(database).await;
        assert_eq!(site.json("vendor list").await, json!([]));
        assert_eq!(site.fails("vendor groups one").await, "error: the vendors' file names no vendor `one`\n");
        let stock = Stock::new(&site, "stock", "7", 442_079_460_000, 1);
        // As Enswitch's own file may be: comments, an empty host, no spaces, spaces inside the name.
        site.vendors(&format!(
            "# Vendor = Name, Method, Host, User, Password, Destination\n\n{}vox=Vox Bone Ltd,/opt/enswitch/current/sbin/numbervendors/voxbone,,user,hunter22,sip.example.com\n",
            stock.line("one")
        ));
        let rows: Vec<_> = site
            .list("vendor list")
            .await
            .iter()
            .map(|v| json!([v["name"], v["display_name"], v["method"], v["active"]]))
            .collect();
        assert_eq!(
            rows,
            [
                json!(["one", "The one", "dummy", true]),
                json!(["vox", "Vox Bone Ltd", "/opt/enswitch/current/sbin/numbervendors/voxbone", true]),
            ]
        );
        let table = site.ok("vendor list").await;
        assert!(table.contains("┆ asked │") && !table.contains("hunter22"), "{table}");
        let groups = site.ok("vendor groups one").await;
        assert!(groups.contains("│ 7     ┆ Group 7 │"), "{groups}");
        let why = site.fails("vendor groups vox").await;
        assert!(why.starts_with("error: vendor vox: ") && !why.contains("hunter22"), "{why}");
    }

    async fn bad_lines_are_warned_of_and_left_out(database: TestDb) {
        let site = Site::ready(database).await;
        let stock = Stock::new(&site, "stock", "7", 442_079_460_000, 1);
        site.vendors(&format!("two = Two, dummy, hunter22\n{0}{0}", stock.line("one")));
        let said = site.run("vendor list --json").await;
        assert_eq!(said.code, Some(0));
        let rows: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(rows.as_array().unwrap().iter().map(|v| text(v, "name")).collect::<Vec<_>>(), ["one"]);
        let file = site.data("numbervendors.conf");
        assert!(said.stderr.contains(&format!("warning: {}:1: ", file.display())), "{said:?}");
        assert!(said.stderr.contains(&format!("warning: {}:3: ", file.display())), "{said:?}");
        assert!(!said.stderr.contains("hunter22"), "{said:?}");
    }

    async fn a_vendor_that_fails_is_left_alone_and_says_so(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "down", "echo nonsense; exit 1");
        site.vendors(&script.line("down"));
        site.configure("[carrier.down]\nbreaker_failures = 1\nbreaker_pause = \"1h\"\n");
        site.ok("pool add london --minimum 1").await;
        site.ok("pool link london down 1").await;
        let server = site.serve().await;
        site.order_in("in_doubt").await;
        crate::patience::until("the vendor is left alone", async || {
            site.ok("vendor list").await.contains("left alone until ").then_some(())
        })
        .await;
        let alerts = site.alerts().await;
        assert!(alerts.contains(&("vendor_down".to_owned(), "vendor:1".to_owned())), "{alerts:?}");
        assert!(alerts.contains(&("in_doubt".to_owned(), "order:1".to_owned())), "{alerts:?}");
        server.stop().await;
        let table = site.ok("alert list").await;
        assert!(table.contains("vendor down failed 1 times in a row"), "{table}");
        let id = site.list("alert list").await[0]["id"].as_i64().unwrap();
        assert_eq!(site.ok(&format!("alert close {id}")).await, format!("alert {id} closed\n"));
        assert_eq!(site.fails(&format!("alert close {id}")).await, format!("error: alert {id} not found\n"));
    }
}
