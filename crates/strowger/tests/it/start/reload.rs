//! The vendors' file is read again without a restart.

use nix::sys::signal::Signal;

use crate::patience::until;
use crate::site::{Site, text};
use crate::stock::Stock;

store::on_both! {
    async fn sighup_and_vendor_reload_pick_up_a_new_vendor(database: TestDb) {
        let site = Site::ready(database).await;
        let one = Stock::new(&site, "one", "1", 442_079_460_000, 9);
        let two = Stock::new(&site, "two", "2", 442_079_460_100, 9);
        let server = site.serve().await;
        assert!(site.list("vendor list").await.is_empty());

        site.vendors(&one.line("one"));
        server.signal(Signal::SIGHUP);
        server.says("vendors' file read vendors=1").await;
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london one 1").await;
        site.has_free("london", 2).await;

        let second = site.serve().await;
        site.vendors(&(one.line("one") + &two.line("two")));
        assert_eq!(site.ok("vendor reload").await, "2 server(s) have read 2 vendors\n");
        second.stop().await;
        site.ok("pool link london two 2 --priority 1").await;
        site.ok("pool add paris --minimum 3").await;
        site.ok("pool link paris two 2").await;
        site.has_free("paris", 3).await;

        // A vendor that is gone from the file is kept and not asked.
        site.vendors(&two.line("two"));
        assert_eq!(site.ok("vendor reload").await, "1 server(s) have read 1 vendors\n");
        let vendors = site.list("vendor list").await;
        let active: Vec<_> = vendors.iter().map(|v| (text(v, "name"), v["active"].as_bool().unwrap())).collect();
        assert_eq!(active, [("one".to_owned(), false), ("two".to_owned(), true)]);
        site.ok("pool set london --minimum 4").await;
        site.has_free("london", 4).await;
        assert_eq!((one.sold().len(), two.sold().len()), (2, 5));
        server.stop().await;
        assert_eq!(
            site.ok("vendor reload").await,
            "no server is running; the next one starts with the file's 1 vendors\n"
        );
    }

    async fn a_bad_file_is_not_handed_out(database: TestDb) {
        let site = Site::ready(database).await;
        let stock = Stock::new(&site, "stock", "1", 442_079_460_000, 9);
        site.vendors(&stock.line("one"));
        let server = site.serve().await;
        site.vendors(&format!("{}two = Two, dummy, host, hunter22\n", stock.line("one")));
        let why = site.fails("vendor reload").await;
        assert!(why.starts_with("error: the vendors' file is not good, the servers keep what they have:\n"), "{why}");
        assert!(why.contains("numbervendors.conf:2: ") && !why.contains("hunter22"), "{why}");
        // A server that reads it all the same says what is wrong with it and keeps the vendors that it has.
        server.signal(Signal::SIGHUP);
        server.says("numbervendors.conf:2: ").await;
        assert!(!server.log().contains("hunter22"), "{}", server.log());
        site.ok("pool add london --minimum 1").await;
        site.ok("pool link london one 1").await;
        site.has_free("london", 1).await;
        until("the order has ended", async || site.is_quiet().await.then_some(())).await;
    }
}
