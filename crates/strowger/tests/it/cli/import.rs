//! `strowger import`: all rows or none, and every bad one named by its line.

use std::fmt::Write as _;

use serde_json::json;
use store::testing::TestDb;

use crate::site::{Said, Site};

async fn site(database: TestDb) -> Site {
    let site = Site::ready(database).await;
    site.ok("pool add london").await;
    site.ok("pool add-class gold").await;
    site
}

async fn import(site: &Site, text: &str, more: &[&str]) -> Said {
    let path = site.write("numbers.csv", text);
    let words: Vec<&str> = [&["import", path.to_str().unwrap(), "--pool", "london"], more].concat();
    site.run(words).await
}

store::on_both! {
    async fn good_files_of_every_kind_are_imported(database: TestDb) {
        let site = site(database).await;
        let said = import(&site, "number,class,description\r\n442079460000,gold,\"one, \"\"quoted\"\"\"\r\n+44 20 7946 0001,,\r\n", &[]).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "2 numbers imported into pool london\n"), "{said:?}");
        let said = import(&site, "# from the carrier\n number , note \n\n442079460002, ignored\n# end\n442079460003,", &["--json"]).await;
        let record: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(json!([record["state"], record["published"]]), json!(["done", 2]), "{said:?}");
        let said = import(&site, "\u{feff}number\n", &[]).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "0 numbers imported into pool london\n"), "{said:?}");
        let rows: Vec<_> = site
            .list("number list")
            .await
            .iter()
            .map(|n| json!([n["digits"], n["state"], n["class_id"], n["description"]]))
            .collect();
        assert_eq!(
            rows,
            [
                json!(["442079460000", "available", 2, "one, \"quoted\""]),
                json!(["442079460001", "available", 1, null]),
                json!(["442079460002", "available", 1, null]),
                json!(["442079460003", "available", 1, null]),
            ]
        );
        let journal = site.list("journal --newest --limit 20").await;
        assert!(journal.iter().any(|e| e["kind"] == "imports"), "{journal:?}");
    }

    async fn every_bad_line_is_named_and_nothing_becomes_visible(database: TestDb) {
        let site = site(database).await;
        site.ok("number add london 442079460000").await;
        for ends in ["\n", "\r\n"] {
            let text = [
                "number,class,description",
                "442079460001,gold,good",
                "abc,,",
                "# a comment",
                "442079460002,silver,",
                "442079460003,gold",
                "",
                "442079460001,,",
                "442079460000,,",
                "\"4420\n79460004\",,",
                "1234567890123456,,",
                "442079460005,,good",
                "",
            ];
            let said = import(&site, &text.join(ends), &[]).await;
            assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{said:?}");
            let mut lines: Vec<&str> = said.stderr.lines().collect();
            assert_eq!(lines.pop(), Some("error: 7 of 9 rows are bad; nothing was imported"), "{said:#?}");
            lines.sort_by_key(|line| line.split([' ', ':']).nth(1).unwrap().parse::<u32>().unwrap());
            let expected = [
                "line 3: `abc`: 'a' is not a digit",
                "line 5: there is no number class `silver`",
                "line 6: it has 2 columns, the first line names 3",
                "line 8: the number is in the file twice",
                "line 9: number 442079460000 is there already",
                "line 10: `4420\\n79460004`: ",
                "line 12: `1234567890123456`: ",
            ];
            assert_eq!(lines.len(), expected.len(), "{said:#?}");
            for (line, expected) in lines.iter().zip(expected) {
                assert!(line.starts_with(expected), "{expected}\n{said:#?}");
            }
            assert_eq!(site.digits("").await, ["442079460000"]);
            assert_eq!(site.free("london").await, 1);
        }
        // The same numbers may come again in a file that is good.
        let said = import(&site, "number\n442079460001\n442079460005\n", &[]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(site.free("london").await, 3);
    }

    async fn a_dry_run_checks_and_leaves_nothing(database: TestDb) {
        let site = site(database).await;
        let said = import(&site, "number\n442079460001\n", &["--dry-run"]).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "all rows are good; nothing was imported (dry run)\n"), "{said:?}");
        let said = import(&site, "number\n442079460001\nx\n", &["--dry-run"]).await;
        assert_eq!((said.code, said.stderr.as_str()), (Some(1), "line 3: `x`: 'x' is not a digit\nerror: 1 of 2 rows are bad; nothing was imported\n"));
        assert!(site.digits("").await.is_empty());
        let said = import(&site, "digits\n442079460001\n", &[]).await;
        assert_eq!(said.code, Some(1));
        assert!(said.stderr.ends_with("numbers.csv: the first line must name the columns: number, and perhaps class and description\n"), "{said:?}");
        assert!(site.fails("import /nowhere/numbers.csv --pool london").await.starts_with("error: /nowhere/numbers.csv: "));
        assert_eq!(site.fails("import /nowhere/numbers.csv --pool nowhere").await, "error: pool nowhere not found\n");
    }

    async fn twenty_thousand_rows_come_in_while_a_server_sells(database: TestDb) {
        let site = site(database).await;
        site.ok("number add london 442079460000 442079460009").await;
        site.customer("alice").await;
        let mut server = site.serve().await;
        let api = site.api(&mut server).await.customer("alice");
        let mut text = "number,class\n".to_owned();
        for number in 0..20_000 {
            writeln!(text, "{},{}", 44_208_000_000u64 + number, ["", "gold"][number as usize % 2]).unwrap();
        }
        let selling = async {
            for number in 0..10 {
                api.ok("numbers/purchase", &[("number", &format!("44207946000{number}"))]).await;
            }
        };
        let (said, ()) = tokio::join!(import(&site, &text, &[]), selling);
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "20000 numbers imported into pool london\n"), "{said:?}");
        assert_eq!(site.digits("--account alice").await.len(), 10);
        assert_eq!(site.free("london").await, 20_000);
        assert_eq!(site.digits("--prefix 442080199").await.len(), 100);
        let again = import(&site, &text, &[]).await;
        assert_eq!(again.code, Some(1));
        assert!(again.stderr.ends_with("error: 20000 of 20000 rows are bad; nothing was imported\n"), "{}", again.stderr.len());
        assert_eq!(again.stderr.lines().count(), 20_001);
        server.stop().await;
    }

    async fn numbers_are_read_in_the_system_s_dial_plan(database: TestDb) {
        let site = site(database).await;
        site.configure("[system_dial_plan]\ncountry_code = \"44\"\nnational_prefix = \"0\"\ninternational_prefix = \"00\"\n");
        let said = import(&site, "number\n02079460000\n0033170010000\n", &[]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(site.digits("").await, ["33170010000", "442079460000"]);
        let said = import(&site, "number\n442079460001\n", &[]).await;
        assert!(said.stderr.starts_with("line 2: `442079460001`: "), "{said:?}");
    }
}
