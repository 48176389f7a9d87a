//! A plugin that runs for too long, prints too much, or is gone.

use std::time::Duration;

use store::testing::TestDb;

use crate::patience::{until, within};
use crate::script::Script;
use crate::site::Site;
use crate::stock::Stock;

/// Whether a process runs; one that is dead and not yet waited for does not.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

/// Whether a plugin of this installation runs that orders.
fn is_called(site: &Site) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains("add_numbers_from_group") && line.contains(site.folder().to_str().unwrap())
    })
}

async fn linked(database: TestDb, order: &str, settings: &str) -> (Site, Script) {
    let site = Site::ready(database).await;
    let script = Script::new(&site, "plugin", order);
    site.vendors(&script.line("mine"));
    site.configure(&format!("[carrier.mine]\n{settings}"));
    site.ok("pool add london --minimum 2").await;
    site.ok("pool link london mine 1").await;
    (site, script)
}

store::on_both! {
    async fn one_that_exceeds_its_deadline_is_killed_with_its_children(database: TestDb) {
        let order = "sleep 1000 & echo $! >$folder/child; echo $$ >$folder/parent; printf 'OK\\n442079460001\\n'; wait";
        let (site, script) = linked(database, order, "deadline = \"3s\"\n").await;
        let server = site.serve().await;
        let order = site.order_in("in_doubt").await;
        // What it had printed by then is kept.
        assert_eq!(order["delivered"], 1);
        assert_eq!(site.digits("--state available").await, ["442079460001"]);
        for name in ["parent", "child"] {
            let pid = std::fs::read_to_string(site.path(name)).unwrap();
            until("the process is gone", async || (!runs(&pid)).then_some(())).await;
        }
        server.stop().await;
        assert_eq!(script.orders().len(), 1);
    }

    async fn one_that_prints_without_end_is_stopped(database: TestDb) {
        let (site, _) = linked(database, "printf 'OK\\n442079460001\\n'; yes and more", "").await;
        let server = site.serve().await;
        let order = site.order_in("in_doubt").await;
        assert_eq!(order["delivered"], 1);
        assert_eq!(site.free("london").await, 1);
        server.stop().await;
    }

    async fn one_that_has_sold_when_its_server_is_killed_leaves_its_order_in_doubt(database: TestDb) {
        let order = "echo 442079460001 >>$folder/ledger; wait_for go; printf 'OK\\n442079460001\\n'";
        let (site, script) = linked(database, order, "").await;
        let server = site.serve().await;
        until("the vendor has sold", async || site.path("ledger").exists().then_some(())).await;
        server.kill_group().await;
        until("the plugin has ended with its server", async || (!is_called(&site)).then_some(())).await;
        let server = site.serve().await;
        let order = site.order_in("in_doubt").await;
        // A person asks the vendor.
        assert_eq!(order["message"], "the server that called the vendor ended before it had an answer");
        assert_eq!(site.free("london").await, 0);
        let ledger = std::fs::read_to_string(site.path("ledger")).unwrap();
        site.ok(&format!("order resolve 1 {ledger}")).await;
        assert_eq!(site.digits("--order 1").await, ["442079460001"]);
        assert_eq!(script.orders().len(), 1);
        server.stop().await;
    }

    async fn one_that_has_not_sold_when_its_server_is_killed_sells_nothing_more(database: TestDb) {
        let site = Site::ready(database).await;
        let stock = Stock::new(&site, "stock", "1", 442_079_460_000, 9);
        site.vendors(&stock.line("one"));
        site.configure("[carrier.one]\ndeadline = \"2s\"\n");
        site.ok("pool add london --minimum 3").await;
        site.ok("pool link london one 1").await;
        // The vendor hangs before it sells.
        let lock = std::fs::File::create(stock.lock_file()).unwrap();
        lock.lock().unwrap();
        let server = site.serve().await;
        site.order_in("sent").await;
        server.kill_group().await;
        let server = site.serve().await;
        site.order_in("in_doubt").await;
        until("the plugin has ended with its server", async || (!is_called(&site)).then_some(())).await;
        drop(lock);
        // By then it is looked up, found to have sold nothing, and ordered once more.
        site.has_free("london", 3).await;
        until("all orders have ended", async || site.is_quiet().await.then_some(())).await;
        assert_eq!(site.digits("").await, stock.sold());
        assert_eq!(site.orders().await, [("refused".to_owned(), 3, 0), ("fulfilled".to_owned(), 3, 3)]);
        server.stop().await;
    }

    async fn a_vendor_s_concurrency_and_rate_hold_over_two_servers(database: TestDb) {
        let order = "n=$(ls $folder/run 2>/dev/null | wc -l); echo $n >>$folder/seen; mkdir -p $folder/run; : >$folder/run/$$; \
                     i=0; while [ $i -lt 4 ]; do sleep 0.05; i=$((i+1)); done; rm $folder/run/$$; printf 'OK\\n44207946%s\\n' \"$(printf %06d $$)\"";
        let (site, script) = linked(database, order, "concurrency = 1\nrate = 20\n").await;
        site.ok("pool set london --minimum 6 --max-per-order 1").await;
        let (a, b) = (site.serve().await, site.serve().await);
        site.has_free("london", 6).await;
        let seen = std::fs::read_to_string(site.path("seen")).unwrap();
        assert!(seen.lines().all(|line| line == "0"), "{seen:?}");
        assert_eq!(script.orders().len(), 6);
        a.stop().await;
        b.stop().await;
    }

    async fn caps_stop_a_runaway(database: TestDb) {
        let site = Site::ready(database).await;
        let stock = Stock::new(&site, "stock", "1", 442_079_460_000, 50);
        site.vendors(&stock.line("one"));
        site.configure("[carrier.one]\nnumbers_per_day = 5\n");
        site.ok("pool add london --minimum 20").await;
        site.ok("pool link london one 1").await;
        let server = site.serve().await;
        until("the cap is told", async || {
            site.alerts().await.contains(&("spend_cap".to_owned(), "pool:1".to_owned())).then_some(())
        })
        .await;
        // More refills come and buy nothing more.
        let more = within(Duration::from_secs(1), async || (stock.sold().len() > 5).then_some(())).await;
        assert_eq!((more, stock.sold().len(), site.free("london").await), (None, 5, 5));
        server.stop().await;
    }
}
