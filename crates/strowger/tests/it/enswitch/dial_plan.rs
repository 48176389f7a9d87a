//! Numbers cross between systems with different dial plans.

use serde_json::json;

use super::{Trade, available, numbers};
use crate::script::Script;

const BRITAIN: &str =
    "[system_dial_plan]\ncountry_code = \"44\"\nnational_prefix = \"0\"\ninternational_prefix = \"00\"\n";
const AMERICA: &str = "[system_dial_plan]\ncountry_code = \"1\"\ninternational_prefix = \"011\"\n";

store::on_both! {
    async fn each_system_writes_numbers_its_own_way(database: TestDb) {
        let trade = Trade::with_plan(database, 4, AMERICA).await;
        let retailer = &trade.retailer;
        retailer.configure(BRITAIN);
        let mut server = retailer.serve().await;
        retailer.ok("pool add london --minimum 2").await;
        retailer.ok("pool link london wholesale 1").await;
        retailer.has_free("london", 2).await;
        assert_eq!(trade.agree().await, ["442079460000", "442079460001"]);
        let sold = trade.sold().await;
        assert_eq!(sold["442079460000"]["destination"], "sip:02079460000@sip.retail.example:5060");

        let api = retailer.api(&mut server).await;
        assert_eq!(available(&api, 5).await, ["02079460000", "02079460001"]);
        let e164 = api.ok("numbers/available/list", &[("ingroup", "1"), ("e164", "1")]).await;
        assert_eq!(numbers(&e164), ["442079460000", "442079460001"]);
        retailer.customer("alice").await;
        let alice = api.customer("alice");
        let wrong = alice.call("numbers/purchase", &[("number", "442079460000")]).await;
        assert_eq!((wrong.code.as_str(), wrong.key.as_str()), ("400", "number"), "{wrong:?}");
        assert!(wrong.message.contains("442079460000"), "{wrong:?}");
        alice.ok("numbers/purchase", &[("number", "02079460000")]).await;
        alice.ok("numbers/purchase", &[("number", "442079460001"), ("e164", "1")]).await;
        let mine = alice.ok("numbers/list", &[]).await;
        assert_eq!(json!([mine[0]["number"], mine[1]["number"]]), json!(["02079460000", "02079460001"]));

        // The wholesaler's own door speaks its own plan.
        let mut seller = trade.wholesaler.serve().await;
        let api = trade.wholesaler.api(&mut seller).await;
        retailer.has_free("london", 2).await;
        let mine = api.customer("retail").ok("numbers/list", &[]).await;
        assert_eq!(mine[0]["number"], "011442079460000");
        trade.agree().await;
        server.stop().await;
    }

    async fn plugins_of_others_print_and_get_the_system_s_own_form(database: TestDb) {
        let site = crate::site::Site::ready(database).await;
        site.set("number_vendors = \"realtime\"\n");
        site.configure(BRITAIN);
        let order = "printf 'OK\\n%s\\n' \"$number\"";
        let script = Script::answering(&site, "own", "printf 'OK\\n1, One\\n'", order, "printf 'OK\\n02079460007\\n0033170010000\\n'");
        site.vendors(&script.line("own"));
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london own 1").await;
        site.customer("alice").await;
        let mut server = site.serve().await;
        let alice = site.api(&mut server).await.customer("alice");
        assert_eq!(available(&alice, 10).await, ["02079460007", "0033170010000"]);
        alice.ok("numbers/purchase", &[("number", "02079460007")]).await;
        alice.ok("numbers/purchase", &[("number", "0033170010000")]).await;
        let orders = script.orders();
        assert!(orders[0].ends_with("|-g|1|-d|sip.example.com:5060|-c|1|-o|02079460007|"), "{orders:?}");
        assert!(orders[1].ends_with("|-c|1|-o|0033170010000|"), "{orders:?}");
        assert_eq!(site.digits("--account alice").await, ["33170010000", "442079460007"]);
        server.stop().await;
    }
}
