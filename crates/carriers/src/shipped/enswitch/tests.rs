//! The plugin `enswitch` against a small server: what it prints, and what the vendor has sold.

use std::time::Duration;

use super::fake::{Fake, Lost, Row};
use crate::shipped::testing::{Plugin, Printed};

const ADD: &str = "-a add_numbers_from_group -g 123 -d sip.example.com:5060";
const LONDON: [&str; 4] = ["442071234561", "442071234562", "442071234563", "442071234564"];
const DIAL_PLAN: &str = "[dial_plan]\ncountry_code = \"44\"\nnational_prefix = \"0\"\ninternational_prefix = \"00\"\n";

impl Fake {
    fn call(&self, arguments: &str) -> Plugin {
        Plugin::new("enswitch", &self.url, arguments)
    }

    fn sold(&self) -> Vec<String> {
        let shop = self.shop();
        shop.sold.iter().map(|row| row.number.clone()).collect()
    }
}

fn ok(out: &str) -> Printed {
    Printed { out: out.to_owned(), err: String::new(), code: 0 }
}

fn error(out: &str) -> Printed {
    Printed { out: format!("ERROR {out}\n"), err: String::new(), code: 1 }
}

fn row(number: &str, reference: &str) -> Row {
    Row {
        number: number.to_owned(),
        reference: reference.to_owned(),
        description: reference.to_owned(),
        dtype: "sip".to_owned(),
        dnumber: format!("sip:{number}@sip.example.com:5060"),
    }
}

#[tokio::test]
async fn lists_groups_and_free_numbers() {
    let fake = Fake::start(&LONDON).await;
    assert_eq!(fake.call("-a get_groups").run().await, ok("OK\n123, London\nx, Else\n"));
    let free = fake.call("-a get_available_numbers_from_group -g 123 -c 2");
    assert_eq!(free.settings(DIAL_PLAN).run().await, ok("OK\n02071234561\n02071234562\n"));
    let other = fake.call("-a get_available_numbers_from_group -g 9");
    assert_eq!(other.run().await, error("the vendor has no such thing: Not found (404)"));
    let empty = Fake::start(&[]).await;
    assert_eq!(empty.call("-a get_groups").run().await, error("the vendor has no group with free numbers"));
}

#[tokio::test]
async fn buys_describes_and_routes() {
    let fake = Fake::start(&LONDON).await;
    let plugin = fake.call(&format!("{ADD} -c 2")).reference("r-1");
    assert_eq!(plugin.run().await, ok("OK\n442071234561\n442071234562\n"));
    assert_eq!(fake.shop().sold, [row("442071234561", "r-1"), row("442071234562", "r-1")]);
    let plugin = fake.call(ADD).settings(DIAL_PLAN);
    assert_eq!(plugin.run().await, ok("OK\n02071234563\n"));
    assert_eq!(fake.shop().sold[2].dnumber, "sip:02071234563@sip.example.com:5060");
}

#[tokio::test]
async fn a_server_that_does_not_convert_is_spoken_to_in_its_own_dial_plan() {
    let fake = Fake::start(&["2125551212", "011442071234567"]).await;
    fake.shop().is_foreign = true;
    let settings = format!(
        "{DIAL_PLAN}[vendor.test]\ndial_plan = {{ country_code = \"1\", international_prefix = \"011\" }}\ndtype = \"external\"\n"
    );
    let plugin = fake.call(&format!("{ADD} -c 2"));
    assert_eq!(plugin.reference("r-1").settings(&settings).run().await, ok("OK\n0012125551212\n02071234567\n"));
    let shop = fake.shop();
    assert_eq!(shop.sold[1].number, "011442071234567");
    assert_eq!(shop.sold[1].dnumber, "sip:02071234567@sip.example.com:5060");
    assert_eq!(shop.sold[1].dtype, "external");
}

#[tokio::test]
async fn a_chosen_number_is_bought_first_or_it_is_an_error() {
    let fake = Fake::start(&LONDON).await;
    let chosen = format!("{ADD} -c 2 -o 02071234563");
    assert_eq!(fake.call(&chosen).settings(DIAL_PLAN).run().await, ok("OK\n02071234563\n02071234561\n"));
    assert_eq!(fake.call(&chosen).settings(DIAL_PLAN).run().await, error("the vendor refused: Number in use (400)"));
    assert_eq!(fake.sold(), ["442071234563", "442071234561"]);
}

#[tokio::test]
async fn who_loses_the_race_for_a_number_takes_another() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().taken = LONDON[..2].iter().map(|&n| n.to_owned()).collect();
    assert_eq!(fake.call(&format!("{ADD} -c 2")).run().await, ok("OK\n442071234563\n442071234564\n"));
    let fake = Fake::start(&LONDON).await;
    fake.shop().taken = LONDON.iter().map(|&n| n.to_owned()).collect();
    assert_eq!(fake.call(ADD).run().await, error("the vendor refused: Number in use (400)"));
}

#[tokio::test]
async fn fewer_than_asked_is_told_and_none_is_an_error() {
    let fake = Fake::start(&LONDON).await;
    let printed = fake.call(&format!("{ADD} -c 9")).run().await;
    assert_eq!(printed.out, format!("OK\n{}\n", LONDON.join("\n")));
    assert_eq!(printed.err, "bought 4 of 9 numbers: the vendor has no more\n");
    assert_eq!(fake.call(ADD).run().await, error("the vendor's group 123 has no free numbers"));
}

#[tokio::test]
async fn a_policy_refusal_stops_the_order() {
    for (code, words) in [
        (401, "the vendor refused the user or password: Login failed for *** (401)"),
        (402, "the vendor's account has no right to do this: Not your role (402)"),
        (403, "the vendor's rate plan does not allow this: Limit reached (403)"),
    ] {
        let fake = Fake::start(&LONDON).await;
        fake.shop().http_codes = code == 403;
        fake.shop().refusals = LONDON.iter().map(|&n| (n.to_owned(), code)).collect();
        assert_eq!(fake.call(&format!("{ADD} -c 2")).run().await, error(words));
        assert_eq!(fake.count("numbers/purchase"), 1);
    }
    let fake = Fake::start(&LONDON).await;
    fake.shop().refusals.insert(LONDON[1].to_owned(), 403);
    let printed = fake.call(&format!("{ADD} -c 3")).run().await;
    assert_eq!(printed.out, "OK\n442071234561\n");
    assert_eq!(printed.err, "bought 1 of 3 numbers: the vendor's rate plan does not allow this: Limit reached (403)\n");
}

#[tokio::test]
async fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let fake = Fake::start(&LONDON).await;
    let printed = fake.call(ADD).password("Login").run().await;
    assert_eq!(printed, error("the vendor refused the user or password: *** failed for testpassword (401)"));
}

#[tokio::test]
async fn a_lost_reply_to_a_purchase_is_settled_by_looking() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().lost.insert(LONDON[0].to_owned(), Lost::AfterSale);
    let plugin = fake.call(&format!("{ADD} -c 2")).reference("r-1");
    let printed = plugin.run().await;
    assert_eq!(printed.out, "OK\n442071234561\n442071234562\n");
    assert!(printed.err.starts_with("+442071234561 was bought, though: "), "{}", printed.err);
    assert_eq!(fake.shop().sold, [row("442071234561", "r-1"), row("442071234562", "r-1")]);
    assert_eq!(fake.count("numbers/purchase"), 2);
}

#[tokio::test]
async fn a_purchase_that_can_not_be_settled_leaves_the_order_in_doubt() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().lost.insert(LONDON[0].to_owned(), Lost::BeforeSale);
    let printed = fake.call(ADD).reference("r-1").run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("", 1));
    assert!(printed.err.starts_with("in doubt: +442071234561: "), "{}", printed.err);
    assert_eq!(fake.count("numbers/purchase"), 1);
}

#[tokio::test]
async fn what_is_certain_is_told_beside_what_is_not() {
    for (reference, first) in [(Some("r-1"), "OK pending 1"), (None, "OK")] {
        let fake = Fake::start(&LONDON).await;
        fake.shop().lost.insert(LONDON[1].to_owned(), Lost::BeforeSale);
        let mut plugin = fake.call(&format!("{ADD} -c 3"));
        if let Some(reference) = reference {
            plugin = plugin.reference(reference);
        }
        let printed = plugin.run().await;
        assert_eq!(printed.out, format!("{first}\n442071234561\n"));
        assert!(printed.err.starts_with("bought 1 of 3 numbers: +442071234562: "), "{}", printed.err);
        assert_eq!(fake.sold(), ["442071234561"]);
    }
}

#[tokio::test]
async fn a_chosen_number_that_was_ours_before_proves_nothing() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().is_foreign = true;
    fake.shop().lost.insert(LONDON[0].to_owned(), Lost::AfterSale);
    let chosen = fake.call(&format!("{ADD} -o 442071234561"));
    let printed = chosen.reference("r-1").run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("", 1));
}

#[tokio::test]
async fn a_number_that_is_not_routed_is_still_told() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().failing_updates = 1;
    assert_eq!(fake.call(ADD).run().await, ok("OK\n442071234561\n"));
    fake.shop().failing_updates = 2;
    let printed = fake.call(ADD).reference("r-1").run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("OK\n442071234562\n", 0));
    assert!(printed.err.starts_with("+442071234562 was bought and is not routed: "), "{}", printed.err);
    let look_up = fake.call("-a get_numbers_from_order -d sip.example.com:5060").reference("r-1");
    assert_eq!(look_up.run().await, ok("OK complete\n442071234562\n"));
    assert_eq!(fake.shop().sold[1], row("442071234562", "r-1"));
}

#[tokio::test]
async fn orders_are_found_again_by_their_reference() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().page = 1;
    let look_up = || fake.call("-a get_numbers_from_order").reference("r-1");
    assert_eq!(look_up().run().await, ok("OK none\n"));
    fake.call(ADD).reference("r-0").run().await;
    fake.call(&format!("{ADD} -c 3")).reference("r-1").run().await;
    assert_eq!(look_up().settings(DIAL_PLAN).run().await, ok("OK complete\n02071234562\n02071234563\n02071234564\n"));
}

#[tokio::test]
async fn a_server_without_references_can_not_prove_that_nothing_was_bought() {
    let fake = Fake::start(&LONDON).await;
    fake.shop().is_foreign = true;
    fake.call(ADD).reference("r-0").run().await;
    let look_up = |reference| fake.call("-a get_numbers_from_order").reference(reference).run();
    let unknown = look_up("r-1").await;
    assert!(
        unknown.out.starts_with("ERROR the vendor's server keeps no references")
            && unknown.out.ends_with("described with r-1: none\n"),
        "{}",
        unknown.out
    );
    fake.call(ADD).reference("r-1").run().await;
    let found = look_up("r-1").await;
    assert!(found.out.ends_with("described with r-1: 442071234562\n"), "{}", found.out);
}

#[tokio::test]
async fn numbers_are_given_back() {
    let fake = Fake::start(&LONDON).await;
    fake.call(&format!("{ADD} -c 2")).run().await;
    let release = "-a release_number -o 442071234561";
    assert_eq!(fake.call(release).run().await, ok("OK\n"));
    assert_eq!(fake.call(release).run().await, error("the vendor has no such thing: Not found (404)"));
    fake.shop().lost_deletes = 1;
    let other = fake.call("-a release_number -o 442071234562");
    assert_eq!(other.run().await, ok("OK\n"));
    fake.shop().lost_deletes = 2;
    let printed = fake.call(release).run().await;
    assert_eq!((printed.out.as_str(), printed.code), ("", 1));
}

#[tokio::test]
async fn a_server_that_is_not_there_or_not_enswitch_is_told() {
    let nobody = Plugin::new("enswitch", "http://127.0.0.1:1", ADD).run().await;
    assert!(nobody.out.starts_with("ERROR can't reach 127.0.0.1: "), "{}", nobody.out);
    let fake = Fake::start(&LONDON).await;
    let elsewhere = Plugin::new("enswitch", &format!("{}/local", fake.url), ADD);
    assert_eq!(
        elsewhere.run().await,
        error("127.0.0.1 answered with HTTP status 404: is numbers/available/list there?")
    );
    let no_host = Plugin::new("enswitch", "", ADD).run().await;
    assert_eq!(no_host, error("-h is missing: the host of the vendor's server"));
    let no_destination = fake.call("-a add_numbers_from_group -g 123").run().await;
    assert_eq!(no_destination, error("-d is missing: where the vendor sends the calls"));
}

#[tokio::test]
async fn a_server_that_never_answers_ends_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let plugin = Plugin::new("enswitch", &url, ADD).deadline(Duration::from_millis(400));
    let printed = plugin.run().await;
    assert!(printed.out.starts_with("ERROR 127.0.0.1 gave no answer: "), "{}", printed.out);
}
