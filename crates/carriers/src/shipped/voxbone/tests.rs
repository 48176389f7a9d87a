//! The plugin `voxbone` against the simulator: what it prints, and what the vendor has sold.

use crate::shipped::simulator::{LostCheckout, VoxboneSimulator};
use crate::shipped::testing::{Plugin, Printed};

const REST: &str = "[vendor.test]\ncountries = [\"GBR\", \"BEL\"]\n";
const GLOBAL: &str = "[vendor.test]\ngeneration = \"global\"\n";
const ADD: &str = "-a add_numbers_from_group -g 7 -d sip.example.com:5060";
const URI: &str = "{E164}@sip.example.com:5060";
const LONDON: [&str; 4] = ["442071234561", "442071234562", "442071234563", "442071234564"];

async fn london() -> (String, VoxboneSimulator) {
    let (url, simulator) = VoxboneSimulator::start().await.unwrap();
    simulator.add_group(7, "GBR", "London", "20", &LONDON);
    (url, simulator)
}

fn rest(url: &str, arguments: &str) -> Plugin {
    Plugin::new("voxbone", url, arguments).settings(REST)
}

fn global(url: &str, arguments: &str) -> Plugin {
    Plugin::new("voxbone", url, arguments).settings(GLOBAL)
}

fn ok(out: &str) -> Printed {
    Printed { out: out.to_owned(), err: String::new(), code: 0 }
}

fn error(out: &str) -> Printed {
    Printed { out: format!("ERROR {out}\n"), err: String::new(), code: 1 }
}

/// Numbers, references and URIs of all that is sold.
fn sold(simulator: &VoxboneSimulator) -> Vec<(String, String, Option<String>)> {
    let ledger = simulator.ledger().into_iter();
    ledger.map(|sold| (sold.number, sold.reference, sold.uri)).collect()
}

fn routed(numbers: &[&str], reference: &str) -> Vec<(String, String, Option<String>)> {
    let row = |number: &&str| ((*number).to_owned(), reference.to_owned(), Some(URI.to_owned()));
    numbers.iter().map(row).collect()
}

#[tokio::test]
async fn lists_the_groups_of_the_countries() {
    let (url, simulator) = london().await;
    simulator.add_group(8, "BEL", "Brussels", "2", &[]);
    simulator.add_group(9, "USA", "New York", "212", &[]);
    assert_eq!(
        rest(&url, "-a get_groups").run().await,
        ok("OK\n7, GBR London 20 (GEOGRAPHIC)\n8, BEL Brussels 2 (GEOGRAPHIC)\n")
    );
    let unset = global(&url, "-a get_groups").run().await;
    assert!(unset.out.starts_with("ERROR set countries of [vendor.test] in numbervendors.toml"), "{}", unset.out);
    let none = Plugin::new("voxbone", &url, "-a get_groups").settings("[vendor.test]\ncountries = [\"FRA\"]\n");
    assert_eq!(none.run().await, error("Voxbone has no groups in FRA"));
}

#[tokio::test]
async fn single_numbers_are_listed_and_sold_by_global_only() {
    let (url, simulator) = london().await;
    let free = "-a get_available_numbers_from_group -g 7 -c 2";
    assert_eq!(global(&url, free).run().await, ok("OK\n442071234561\n442071234562\n"));
    assert_eq!(rest(&url, free).run().await, error("Voxbone's REST v3 does not list single numbers"));
    let chosen = format!("{ADD} -c 2 -o 442071234563");
    assert_eq!(rest(&url, &chosen).run().await, error("Voxbone's REST v3 does not sell chosen numbers"));
    assert_eq!(global(&url, &chosen).reference("r-1").run().await, ok("OK\n442071234563\n442071234561\n"));
    assert_eq!(sold(&simulator), routed(&["442071234563", "442071234561"], "r-1"));
    let gone = global(&url, &format!("{ADD} -o 442071234563"));
    assert_eq!(gone.run().await, error("Voxbone refused: number not available (HTTP status 400, error 404)"));
    assert_eq!(simulator.open_carts(), 0);
}

#[tokio::test]
async fn buys_and_routes_with_both_generations() {
    let (url, simulator) = london().await;
    let plan = "[dial_plan]\ncountry_code = \"44\"\nnational_prefix = \"0\"\ninternational_prefix = \"00\"\n";
    let plugin = rest(&url, &format!("{ADD} -c 2")).settings(plan);
    assert_eq!(plugin.reference("r-1").run().await, ok("OK\n02071234561\n02071234562\n"));
    let plugin = global(&url, &format!("{ADD} -c 2"));
    assert_eq!(plugin.reference("r-2").run().await, ok("OK\n442071234563\n442071234564\n"));
    let mut expected = routed(&LONDON[..2], "r-1");
    expected.extend(routed(&LONDON[2..], "r-2"));
    assert_eq!(sold(&simulator), expected);
    assert_eq!(simulator.open_carts(), 0);
}

#[tokio::test]
async fn an_order_is_placed_once_for_a_reference() {
    let (url, simulator) = london().await;
    let buy = || rest(&url, ADD).reference("r-1").run();
    assert_eq!(buy().await, ok("OK\n442071234561\n"));
    let again = buy().await;
    assert_eq!(again.out, "OK\n442071234561\n");
    assert_eq!(again.err, "order r-1 was placed before: nothing is ordered again\n");
    assert_eq!(simulator.checkouts(), 1);
}

#[tokio::test]
async fn what_is_not_in_stock_comes_later() {
    let (url, simulator) = london().await;
    let printed = rest(&url, &format!("{ADD} -c 6")).reference("r-1").run().await;
    assert_eq!(printed.out, format!("OK pending 2\n{}\n", LONDON.join("\n")));
    assert_eq!(printed.err, "some numbers are on back-order\n");
    simulator.fill_back_orders(&["442071234565"]);
    let look_up = |arguments: &str| {
        let arguments = format!("-a get_numbers_from_order {arguments}");
        rest(&url, &arguments).reference("r-1").run()
    };
    let printed = look_up("").await;
    assert_eq!(printed.out, format!("OK pending 1\n{}\n442071234565\n", LONDON.join("\n")));
    assert_eq!(printed.err, "1 numbers were bought and are not routed: no destination is known here\n");
    simulator.fill_back_orders(&["442071234566"]);
    let all = [&LONDON[..], &["442071234565", "442071234566"]].concat();
    assert_eq!(look_up("-d sip.example.com:5060").await, ok(&format!("OK complete\n{}\n", all.join("\n"))));
    assert_eq!(sold(&simulator), routed(&all, "r-1"));
    assert_eq!(simulator.checkouts(), 1);
}

#[tokio::test]
async fn an_order_without_any_stock_is_accepted_and_pending() {
    let (url, simulator) = VoxboneSimulator::start().await.unwrap();
    simulator.add_group(7, "GBR", "London", "20", &[]);
    let printed = rest(&url, &format!("{ADD} -c 3")).reference("r-1").run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("OK pending 3\n", 0));
}

#[tokio::test]
async fn a_lost_reply_to_the_checkout_is_looked_up() {
    let (url, simulator) = london().await;
    simulator.lose_checkout(LostCheckout::AfterSale);
    let printed = rest(&url, &format!("{ADD} -c 2")).reference("r-1").run().await;
    assert_eq!(printed.out, "OK\n442071234561\n442071234562\n");
    assert!(printed.err.starts_with("the order was placed, though: "), "{}", printed.err);
    assert_eq!(sold(&simulator), routed(&LONDON[..2], "r-1"));
    assert_eq!(simulator.checkouts(), 1);
}

#[tokio::test]
async fn a_checkout_of_which_nothing_can_be_found_leaves_the_order_in_doubt() {
    let (url, simulator) = london().await;
    simulator.lose_checkout(LostCheckout::AfterSale);
    simulator.hide_orders(true);
    let printed = rest(&url, ADD).reference("r-1").run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("", 1));
    assert!(printed.err.starts_with("in doubt: "), "{}", printed.err);
    assert_eq!(simulator.checkouts(), 1);
    simulator.hide_orders(false);
    let look_up = rest(&url, "-a get_numbers_from_order -d sip.example.com:5060");
    assert_eq!(look_up.reference("r-1").run().await, ok("OK complete\n442071234561\n"));
    assert_eq!(sold(&simulator), routed(&LONDON[..1], "r-1"));
}

#[tokio::test]
async fn a_checkout_that_was_never_carried_out_is_refused() {
    let (url, simulator) = london().await;
    simulator.lose_checkout(LostCheckout::BeforeSale);
    let printed = global(&url, ADD).run().await;
    assert!(printed.out.starts_with("ERROR the order was not placed: "), "{}", printed.out);
    assert_eq!(sold(&simulator), []);
    assert_eq!((simulator.open_carts(), simulator.checkouts()), (0, 0));
}

#[tokio::test]
async fn a_checkout_may_fail_with_status_200() {
    let (url, simulator) = london().await;
    simulator.refuse_checkouts("balance too low");
    assert_eq!(rest(&url, ADD).run().await, error("balance too low"));
    assert_eq!((simulator.open_carts(), simulator.checkouts()), (0, 1));
}

#[tokio::test]
async fn refusals_are_told_in_the_vendors_words() {
    let (url, simulator) = london().await;
    let wrong = rest(&url, "-a get_groups").password("wrong").run().await;
    assert_eq!(wrong, error("Voxbone refused the user or password: unknown user (HTTP status 401, error 0)"));
    let group = rest(&url, &ADD.replace("-g 7", "-g 99")).run().await;
    assert_eq!(group, error("Voxbone refused: invalid did group (HTTP status 400, error 403)"));
    let destination = rest(&url, &ADD.replace("sip.example.com:5060", "a@b"));
    assert_eq!(destination.run().await, error("the destination must be a host, optionally with a colon and a port"));
    assert_eq!((simulator.open_carts(), simulator.checkouts()), (0, 0));
    let nobody = rest("http://127.0.0.1:1", ADD).run().await;
    assert!(nobody.out.starts_with("ERROR can't reach 127.0.0.1: "), "{}", nobody.out);
}

#[tokio::test]
async fn throttled_reads_are_repeated() {
    let (url, simulator) = london().await;
    simulator.throttle(2);
    assert_eq!(rest(&url, ADD).run().await, ok("OK\n442071234561\n"));
    simulator.throttle(20);
    assert_eq!(rest(&url, ADD).run().await, error("Voxbone asks for fewer calls (HTTP status 509)"));
    assert_eq!(simulator.checkouts(), 1);
}

#[tokio::test]
async fn what_was_bought_is_told_though_it_can_not_be_used_yet() {
    let (url, simulator) = london().await;
    simulator.refuse_routing();
    simulator.require_addresses();
    let printed = global(&url, ADD).reference("r-1").run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("OK\n442071234561\n", 0));
    let order = printed.err.lines().nth(1).unwrap();
    assert!(
        printed.err.starts_with("bought and perhaps not routed: +442071234561: Voxbone refused: invalid voice URI"),
        "{}",
        printed.err
    );
    assert!(order.ends_with("stay blocked until an address is linked to them"), "{order}");
}

#[tokio::test]
async fn an_unknown_order_is_none_and_its_open_cart_is_thrown_away() {
    let (url, simulator) = london().await;
    let look_up = || rest(&url, "-a get_numbers_from_order").reference("r-1").run();
    assert_eq!(look_up().await, ok("OK none\n"));
    simulator.leave_cart("r-1");
    assert_eq!(simulator.open_carts(), 1);
    assert_eq!(look_up().await, ok("OK none\n"));
    assert_eq!(simulator.open_carts(), 0);
}

#[tokio::test]
async fn numbers_are_given_back() {
    let (url, simulator) = london().await;
    rest(&url, &format!("{ADD} -c 2")).run().await;
    let release = "-a release_number -o 442071234561";
    assert_eq!(rest(&url, release).run().await, ok("OK\n"));
    assert_eq!(rest(&url, release).run().await, error("Voxbone does not have +442071234561 as ours"));
    simulator.lock_cancellation();
    assert_eq!(
        rest(&url, "-a release_number -o 442071234562").run().await,
        error(
            "+442071234562 can't be given back before 01/01/2030: Voxbone refused: cancellation is not allowed yet (HTTP status 400, error 420)"
        )
    );
    assert_eq!(simulator.ledger().len(), 1);
}
