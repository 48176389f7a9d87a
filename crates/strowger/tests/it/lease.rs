//! A server that loses its lease in the middle of a call: what the vendor says late is kept, and nothing is ordered again.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;
use tokio::time::timeout;

use crate::patience::{until, within};
use crate::script::Script;
use crate::server::Server;
use crate::site::Site;

const LONGER_THAN_THE_LEASE: Duration = Duration::from_secs(6);

/// Pauses a server whose call is under way, until the other one has found the order in doubt.
///
/// A server may be paused while it holds a lock of the database, which others wait for. It is then let go on and paused again,
/// so that the test meets what is usual.
async fn take_over(site: &Site, paused: &Server) {
    until("the other server has taken over", async || {
        paused.signal(Signal::SIGSTOP);
        let found = within(LONGER_THAN_THE_LEASE, async || {
            let said = site.run("order list --state in_doubt --json").await;
            said.stdout.contains("\"in_doubt\"").then_some(())
        })
        .await;
        let nothing_is_held = timeout(LONGER_THAN_THE_LEASE, site.run("pool set london --description paused")).await;
        let done = found.filter(|()| nothing_is_held.is_ok());
        if done.is_none() {
            paused.signal(Signal::SIGCONT);
        }
        done
    })
    .await;
}

store::on_both! {
    async fn a_late_answer_is_kept_and_nothing_is_ordered_again(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "slow", "wait_for go; printf 'OK\\n442079460001\\n442079460002\\n'; : >$folder/told");
        site.vendors(&script.line("slow"));
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london slow 1").await;
        let lease = [("STROWGER_WORKER_LEASE", "1s")];
        let a = site.serve_with(&lease).await;
        until("the vendor is called", async || (!script.orders().is_empty()).then_some(())).await;
        let b = site.serve_with(&lease).await;

        take_over(&site, &a).await;
        assert_eq!(site.alerts().await, [("in_doubt".to_owned(), "order:1".to_owned())]);
        assert_eq!(site.free("london").await, 0);
        assert_eq!(script.orders().len(), 1);

        site.write("go", "");
        until("the vendor has answered", async || site.path("told").exists().then_some(())).await;
        assert_eq!(site.free("london").await, 0);
        a.signal(Signal::SIGCONT);
        site.has_free("london", 2).await;
        let order = site.order_in("fulfilled").await;
        assert_eq!(json!([order["id"], order["delivered"], order["quantity"]]), json!([1, 2, 2]));
        assert_eq!(site.digits("").await, ["442079460001", "442079460002"]);
        assert_eq!(site.alerts().await, []);
        a.stop().await;
        b.stop().await;
        assert_eq!(site.orders().await.len(), 1);
        assert_eq!(script.orders().len(), 1);
    }

    async fn a_late_answer_after_it_was_resolved_is_kept_too(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "slow", "wait_for go; printf 'OK\\n442079460001\\n'; : >$folder/told");
        site.vendors(&script.line("slow"));
        site.ok("pool add london --minimum 1").await;
        site.ok("pool link london slow 1").await;
        let lease = [("STROWGER_WORKER_LEASE", "1s")];
        let a = site.serve_with(&lease).await;
        until("the vendor is called", async || (!script.orders().is_empty()).then_some(())).await;
        let b = site.serve_with(&lease).await;
        take_over(&site, &a).await;
        // The operator believes that nothing was bought, and takes what is missing off the plan.
        b.stop().await;
        site.ok("pool set london --minimum 0").await;
        site.ok("order resolve 1 --nothing").await;
        site.write("go", "");
        until("the vendor has answered", async || site.path("told").exists().then_some(())).await;
        a.signal(Signal::SIGCONT);
        site.has_free("london", 1).await;
        a.stop().await;
        let order = site.json("order show 1").await;
        assert_eq!(json!([order["state"], order["delivered"]]), json!(["resolved", 1]));
        assert_eq!(order["lines"][0]["outcome"], "added");
        assert!(order["message"].as_str().unwrap().contains("later the vendor's answer came"), "{order}");
    }
}
