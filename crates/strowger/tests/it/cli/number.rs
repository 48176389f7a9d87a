//! `strowger number`.

use serde_json::json;
use store::testing::TestDb;

use crate::site::{Site, text};

async fn site(database: TestDb) -> Site {
    let site = Site::ready(database).await;
    site.ok("pool add london --setup-price 1 --monthly-price 2.5 --quarantine-days 2").await;
    site.ok("number add london 442079460000 442079460009").await;
    site.ok("account add alice").await;
    site.ok("account add bob --credit-limit 5").await;
    site
}

store::on_both! {
    async fn numbers_are_bought_once_and_charged_once(database: TestDb) {
        let site = site(database).await;
        assert_eq!(site.ok("number buy 442079460000 --account bob --dry-run").await, "+442079460000 would cost 3.50 EUR\n");
        assert_eq!(site.json("account show bob").await["balance"], "0.00");
        for _ in 0..2 {
            assert_eq!(site.ok("number buy +442079460000 --account bob --reference r1").await, "+442079460000 is account 3's\n");
        }
        assert_eq!(site.json("account show bob").await["balance"], "-3.50");
        assert_eq!(
            site.fails("number buy 442079460001 --account bob").await,
            "error: credit of account 3 does not suffice: 3.50 EUR needed, 1.50 EUR left\n"
        );
        let taken = site.fails("number buy 442079460000 --account alice").await;
        assert!(taken.starts_with("error: number 442079460000 ") && taken.contains("in use"), "{taken}");
        assert_eq!(site.ok("number buy --pool london --account alice --dry-run").await, "a number would cost 3.50 EUR\n");
        let first = site.json("number buy --pool london --account alice --reference any").await;
        let again = site.json("number buy --pool london --account alice --reference any").await;
        assert_eq!(text(&first, "digits"), text(&again, "digits"));
        assert_eq!(site.json("account show alice").await["balance"], "-3.50");
        assert_eq!(site.digits("--account alice").await.len(), 1);
        assert_eq!(site.free("london").await, 8);
    }

    async fn a_released_number_rests(database: TestDb) {
        let site = site(database).await;
        site.ok("number buy 442079460000 --account alice").await;
        let said = site.ok("number release 442079460000").await;
        assert!(said.starts_with("+442079460000 is aging until 20") && said.ends_with("Z\n"), "{said}");
        assert_eq!(site.free("london").await, 9);
        assert_eq!(site.fails("number release 442079460000").await, "error: number 442079460000 not found\n");
        assert_eq!(site.ok("number buy 442079460000 --account alice").await, "+442079460000 is account 2's\n");
        let history = site.ok("number show 442079460000").await;
        let states: Vec<&str> = ["in_service", "aging"].into_iter().filter(|state| history.contains(state)).collect();
        assert_eq!(states.len(), 2, "{history}");
        assert!(history.contains("cli:"), "{history}");
        let line = history.lines().find(|line| line.starts_with("created_at")).unwrap();
        assert!(line.ends_with('Z') && line.contains('T'), "{line}");
        // Without quarantine it is free at once.
        site.ok("pool set london --quarantine-days 0").await;
        assert_eq!(site.ok("number release 442079460000").await, "+442079460000 is available\n");
    }

    async fn numbers_are_reserved_blocked_and_taken_off_the_books(database: TestDb) {
        let site = site(database).await;
        let said = site.ok("number reserve 442079460005 --account alice --for 2h").await;
        assert!(said.starts_with("+442079460005 is reserved until "), "{said}");
        assert_eq!(site.ok("number buy 442079460005 --account alice").await, "+442079460005 is account 2's\n");

        assert_eq!(
            site.ok(["number", "block", "442079460006", "papers missing"]).await,
            "+442079460006 is available, blocked: papers missing\n"
        );
        assert_eq!(site.digits("--blocked").await, ["442079460006"]);
        assert_eq!(
            site.fails("number buy 442079460006 --account bob").await,
            "error: number 442079460006 can't be sold: papers missing\n"
        );
        let found = site.list("number search london --count 20").await;
        assert_eq!(found.len(), 8);
        assert!(found.iter().all(|row| row["source"] == "stock" && row["digits"] != "442079460006"), "{found:?}");
        assert_eq!(site.ok("number unblock 442079460006").await, "+442079460006 is available\n");
        assert_eq!(site.ok("number delete 442079460006").await, "+442079460006 is deleted\n");
        assert_eq!(site.free("london").await, 8);
        site.ok("number add london 442079460006").await;
        assert_eq!(site.free("london").await, 9);
    }

    async fn lists_are_filtered_and_paged(database: TestDb) {
        let site = site(database).await;
        site.ok("pool add paris").await;
        site.ok("number add paris 33170010000 33170010001 --region Paris").await;
        site.ok("number buy 442079460003 --account alice").await;
        assert_eq!(site.digits("--pool paris").await, ["33170010000", "33170010001"]);
        assert_eq!(site.digits("--state in_service").await, ["442079460003"]);
        assert_eq!(site.digits("--account alice").await, ["442079460003"]);
        assert_eq!(site.digits("--prefix 3317001000").await.len(), 2);
        let mut seen = Vec::new();
        let mut after = -1;
        loop {
            let page = site.list(&format!("number list --limit 5 --after {after}")).await;
            let Some(last) = page.last() else { break };
            after = last["id"].as_i64().unwrap();
            seen.extend(page.iter().map(|row| text(row, "digits")));
        }
        seen.sort();
        assert_eq!(seen, site.digits("").await);
        assert_eq!(seen.len(), 12);
        assert_eq!(site.json("number show 33170010001").await["region"], "Paris");
        let found = site.ok("number search london --prefix 44207946000 --count 1").await;
        assert!(found.contains("│ +442079460000 ┆ stock │"), "{found}");
    }

    async fn what_cannot_be_done_with_a_number_is_said(database: TestDb) {
        let site = site(database).await;
        for (words, why) in [
            ("number add london 442079460019 442079460010", "end: 442079460019 to 442079460010 is not a range of 1 to 1000000 numbers of one length"),
            ("number add london 442079460000", "number 442079460000 is there already"),
            ("number add london abc", "number `abc`: 'a' is not a digit"),
            ("number add nowhere 442079460019", "pool nowhere not found"),
            ("number add london 442079460019 --class gold", "class: there is no number class `gold`"),
            ("number list --state sold", "state: `sold` is not one of discovery, available, reserved, in_service, aging, port_in, port_out, released, deleted"),
            ("number list --prefix 4x", "prefix: `4x` is not digits"),
            ("number list --account nobody", "account nobody not found"),
            ("number list --pool nowhere", "pool nowhere not found"),
            ("number show 99", "number 99 not found"),
            ("number buy 449 --account bob", "number 449 not found"),
            ("number buy 442079460000 --account nobody", "account nobody not found"),
            ("number buy --pool nowhere --account bob", "pool nowhere not found"),
            ("number search nowhere", "pool nowhere not found"),
            ("number release 442079460000", "number 442079460000 not found"),
            ("number delete 449", "number 449 not found"),
            ("number unblock 449", "number 449 not found"),
        ] {
            assert_eq!(site.fails(words).await, format!("error: {why}\n"), "{words}");
        }
        let why = site.fails("number reserve 442079460001 --account bob --for yesterday").await;
        assert!(why.starts_with("error: --for yesterday: "), "{why}");
        assert_eq!(site.fails(["number", "block", "442079460001", ""]).await, "error: reason: a number is blocked for a reason\n");
        assert_eq!(site.free("london").await, 10);
    }

    async fn numbers_are_written_in_the_system_s_dial_plan(database: TestDb) {
        let site = site(database).await;
        site.configure("[system_dial_plan]\ncountry_code = \"44\"\nnational_prefix = \"0\"\ninternational_prefix = \"00\"\n");
        for text in ["02079460001", "00442079460001", "+442079460001"] {
            assert_eq!(site.json(["number", "show", text]).await["digits"], json!("442079460001"));
        }
        let why = site.fails("number show 442079460001").await;
        assert!(why.starts_with("error: number `442079460001`: "), "{why}");
    }
}
