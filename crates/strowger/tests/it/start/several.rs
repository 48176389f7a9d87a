//! Several servers on one database.

use crate::patience::until;
use crate::site::{SECRET, Site};
use crate::stock::Stock;

store::on_both! {
    async fn two_servers_share_the_work_and_the_tokens(database: TestDb) {
        let site = Site::ready(database).await;
        let stock = Stock::new(&site, "stock", "7", 442_079_460_000, 60);
        site.vendors(&stock.line("one"));
        let (mut a, mut b) = (site.serve().await, site.serve().await);
        site.ok("pool add london --minimum 5 --max-per-order 3").await;
        site.ok("pool link london one 7").await;
        site.has_free("london", 5).await;
        site.customer("alice").await;
        let (api_a, api_b) = (site.api(&mut a).await, site.api(&mut b).await);
        assert_ne!(api_a.url(), api_b.url());

        let login = api_a.login("administrator", SECRET).ok("user/login", &[("token", "1")]).await;
        let token = login["auth_token"].as_str().unwrap();
        assert_eq!(api_b.call("user/login", &[("auth_token", token)]).await.code, "200");

        // Customers buy at both doors at once.
        let mut buyers = tokio::task::JoinSet::new();
        for api in [&api_a, &api_b] {
            let api = api.customer("alice");
            buyers.spawn(async move {
                let mut bought = 0;
                while bought < 8 {
                    let free = api.ok("numbers/available/list", &[("ingroup", "1")]).await;
                    for number in free.as_array().unwrap() {
                        let answer = api.call("numbers/purchase", &[("number", number.as_str().unwrap())]).await;
                        bought += usize::from(answer.code == "204");
                    }
                }
                bought
            });
        }
        let sold: usize = buyers.join_all().await.into_iter().sum();
        site.has_free("london", 5).await;
        until("all orders have ended", async || site.is_quiet().await.then_some(())).await;
        assert_eq!(site.digits("--state in_service").await.len(), sold);
        assert_eq!(site.digits("").await, stock.sold());
        assert_eq!(stock.sold().len(), sold + 5);
        a.stop().await;
        b.stop().await;
    }

    async fn a_server_with_other_keys_is_refused(database: TestDb) {
        let site = Site::new(database);
        let first = site.serve().await;
        let other = site.path("other-keys");
        let server = site.spawn(["serve", "--set", &format!("keys_file={}", other.display())], &[]);
        assert_eq!(server.end().await.code(), Some(1));
        let log = std::fs::read_to_string(site.path("server-1.log")).unwrap();
        assert!(log.contains("error: this server's keys have id "), "{log}");
        assert!(log.contains("copy the keys file of another server of this database"), "{log}");
        first.stop().await;
    }
}
