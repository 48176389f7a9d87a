//! `strowger number reservations`, and numbers as lines of JSON.

use serde_json::Value;

use crate::site::{Site, text};

store::on_both! {
    async fn reservations_are_listed_for_all_or_for_one_account(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london").await;
        site.ok("number add london 442079460000 442079460009").await;
        site.ok("account add acme").await;
        site.ok("account add other").await;
        assert!(site.list("number reservations").await.is_empty());
        site.ok("number reserve 442079460001 --account acme").await;
        site.ok("number reserve 442079460002 --account other --for 2h").await;
        let digits = |rows: Vec<Value>| rows.iter().map(|row| text(row, "digits")).collect::<Vec<_>>();
        assert_eq!(digits(site.list("number reservations").await), ["442079460001", "442079460002"]);
        assert_eq!(digits(site.list("number reservations --account other").await), ["442079460002"]);
        assert_eq!(digits(site.list("number reservations --limit 1").await), ["442079460001"]);
        site.ok("number buy 442079460001 --account acme").await;
        let table = site.ok("number reservations --account acme").await;
        assert!(table.contains("+442079460001") && table.contains("┆ taken "), "{table}");
        assert_eq!(site.fails("number reservations --account nobody").await, "error: account nobody not found\n");
    }

    async fn an_export_as_json_has_a_number_a_line(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london").await;
        site.ok("number add london 442079460000 442079461199").await;
        let lines = site.ok("export --json").await;
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 1_200);
        assert_eq!(rows[..1_000], site.list("number list --limit 1000").await);
        assert_eq!((text(&rows[1_199], "digits"), text(&rows[0], "state")), ("442079461199".to_owned(), "available".to_owned()));
        let file = site.path("numbers.json");
        site.ok(["export", file.to_str().unwrap(), "--json"]).await;
        assert_eq!(std::fs::read_to_string(file).unwrap(), lines);
    }
}
