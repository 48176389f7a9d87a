//! Stopping: what is under way is finished first.

use nix::sys::signal::Signal;
use store::testing::TestDb;

use crate::patience::until;
use crate::script::Script;
use crate::site::Site;

store::on_both! {
    async fn sigterm_waits_for_a_call_to_a_vendor(database: TestDb) {
        let site = Site::ready(database).await;
        let script = Script::new(&site, "slow", "wait_for go; printf 'OK\\n442079460001\\n442079460002\\n'");
        site.vendors(&script.line("slow"));
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london slow 1").await;
        let server = site.serve().await;
        until("the vendor is called", async || (!script.orders().is_empty()).then_some(())).await;
        server.signal(Signal::SIGTERM);
        server.says("stopping").await;
        assert_eq!(site.orders().await, [("sent".to_owned(), 2, 0)]);
        site.write("go", "");
        assert_eq!(server.end().await.code(), Some(0));
        assert_eq!(site.orders().await, [("fulfilled".to_owned(), 2, 2)]);
        assert_eq!(site.digits("--state available").await, ["442079460001", "442079460002"]);
        assert_eq!(script.orders().len(), 1);
    }
}

#[tokio::test]
async fn sigint_stops_too() {
    let site = Site::new(TestDb::new(store::testing::Engine::Sqlite).await);
    let server = site.serve().await;
    server.signal(Signal::SIGINT);
    assert_eq!(server.end().await.code(), Some(0));
}
