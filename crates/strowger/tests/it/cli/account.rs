//! `strowger account`.

use serde_json::json;

use crate::site::Site;

store::on_both! {
    async fn accounts_form_a_tree_and_have_money(database: TestDb) {
        let site = Site::ready(database).await;
        assert_eq!(site.ok("account add alice").await, "account 2 `alice` made\n");
        assert_eq!(site.ok(["account", "add", "north & sons", "--kind", "reseller", "--currency", "GBP"]).await, "account 3 `north & sons` made\n");
        assert_eq!(site.ok(["account", "add", "bob", "--parent", "north & sons", "--credit-limit", "5"]).await, "account 4 `bob` made\n");
        assert_eq!(
            site.ok("account pay bob 3.50").await,
            "account 4 `bob`: balance 3.50 EUR, held 0.00, credit limit 5.00\n"
        );
        assert_eq!(
            site.ok(["account", "pay", "bob", "-1.25"]).await,
            "account 4 `bob`: balance 2.25 EUR, held 0.00, credit limit 5.00\n"
        );
        assert_eq!(
            site.ok("account limit bob 10").await,
            "account 4 `bob`: balance 2.25 EUR, held 0.00, credit limit 10.00\n"
        );
        assert_eq!(
            site.ok("account limit bob none").await,
            "account 4 `bob`: balance 2.25 EUR, held 0.00, credit limit -\n"
        );
        assert_eq!(site.ok("account status bob locked").await, "account 4 `bob` is locked\n");
        let rows: Vec<_> = site
            .list("account list")
            .await
            .iter()
            .map(|a| json!([a["id"], a["name"], a["kind"], a["parent_id"], a["reseller_id"], a["status"], a["currency"]]))
            .collect();
        assert_eq!(
            rows,
            [
                json!([0, "operator", "operator", null, 0, "active", "EUR"]),
                json!([1, "default", "reseller", 0, 1, "active", "EUR"]),
                json!([2, "alice", "customer", 1, 1, "active", "EUR"]),
                json!([3, "north & sons", "reseller", 0, 3, "active", "GBP"]),
                json!([4, "bob", "customer", 3, 3, "locked", "EUR"]),
            ]
        );
        let page = site.list("account list --limit 2 --after 1").await;
        assert_eq!(page.iter().map(|a| a["id"].clone()).collect::<Vec<_>>(), [json!(2), json!(3)]);
        let shown = site.ok("account show 4").await;
        assert!(shown.contains("\nbalance       2.25\n") || shown.starts_with("balance       2.25\n"), "{shown}");
    }

    async fn what_an_account_cannot_be_is_said(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("account add alice").await;
        for (words, why) in [
            ("account show nobody", "account nobody not found"),
            ("account show 77", "account 77 not found"),
            ("account add alice", "account 1 has an account named `alice` already"),
            ("account add 7", "name: `7` must have 1 to 200 characters and not be a number"),
            ("account add bob --kind king", "kind: `king` is not one of operator, reseller, customer, peering"),
            ("account add bob --kind operator", "kind: there is one operator"),
            ("account add bob --parent nobody", "account nobody not found"),
            ("account add bob --credit-limit much", "credit_limit: `much` is not an amount with up to six decimal places"),
            ("account add bob --currency pounds", "currency: `pounds` is not a three-letter code of ISO 4217"),
            ("account pay alice 1.0000001", "amount: `1.0000001` is not an amount with up to six decimal places"),
            ("account limit alice much", "amount: `much` is not an amount with up to six decimal places"),
            ("account status alice asleep", "status: `asleep` is not one of pending, active, locked, terminated"),
        ] {
            assert_eq!(site.fails(words).await, format!("error: {why}\n"), "{words}");
        }
        assert_eq!(site.list("account list").await.len(), 3);
    }
}
