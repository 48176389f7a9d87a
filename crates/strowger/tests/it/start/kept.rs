//! A vendors' file with a mistake, or one that is gone, takes no vendor out of use.

use nix::sys::signal::Signal;

use crate::patience::until;
use crate::site::{Site, text};
use crate::stock::Stock;

/// The vendors in use.
async fn active(site: &Site) -> Vec<String> {
    // The list is asked for from a place without a vendors' file, which changes nothing.
    let vendors = site.list(["vendor", "list", "--set", "numbervendors_conf=/nowhere/numbervendors.conf"]).await;
    vendors.iter().filter(|v| v["active"] == true).map(|v| text(v, "name")).collect()
}

fn two_vendors(site: &Site) -> (Stock, Stock) {
    let one = Stock::new(site, "one", "1", 442_079_460_000, 9);
    let two = Stock::new(site, "two", "2", 442_079_460_100, 9);
    site.vendors(&(one.line("one") + &two.line("two")));
    (one, two)
}

store::on_both! {
    async fn a_command_elsewhere_retires_nobody(database: TestDb) {
        let site = Site::ready(database).await;
        let (one, two) = two_vendors(&site);
        let server = site.serve().await;
        site.ok("pool add london").await;
        site.ok("pool link london one 1 --unchecked").await;
        let file = site.write("elsewhere.conf", &two.line("two"));
        let elsewhere = format!("numbervendors_conf={}", file.display());
        for words in ["vendor list", "vendor groups two", "pool plan", "number search london"] {
            let mut words: Vec<&str> = words.split(' ').collect();
            words.extend(["--set", elsewhere.as_str()]);
            site.ok(words).await;
        }
        assert_eq!(active(&site).await, ["one", "two"]);
        site.ok("pool set london --minimum 2").await;
        site.has_free("london", 2).await;
        assert_eq!(one.sold().len(), 2);
        server.stop().await;
    }

    async fn a_wrong_line_keeps_what_is_installed(database: TestDb) {
        let site = Site::ready(database).await;
        let (one, two) = two_vendors(&site);
        let server = site.serve().await;
        let good = site.write("good.conf", &(one.line("one") + &two.line("two")));
        site.vendors(&format!("{}two = Two, dummy, hunter22\n", one.line("one")));
        server.signal(Signal::SIGHUP);
        server.says("the vendors stay as they were").await;
        assert_eq!(active(&site).await, ["one", "two"]);
        // Whoever asks the servers to read it hears of it, also where another file looks good.
        let said = site.run(["vendor", "reload", "--set", &format!("numbervendors_conf={}", good.display())]).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{said:?}");
        assert!(said.stderr.starts_with("error: 1 of 1 server(s) keep the vendors that they had:\n"), "{said:?}");
        assert!(said.stderr.contains("numbervendors.conf:2: ") && !said.stderr.contains("hunter22"), "{said:?}");
        assert_eq!(active(&site).await, ["one", "two"]);
        site.ok("pool add london --minimum 2").await;
        site.ok(["pool", "link", "london", "two", "2", "--set", &format!("numbervendors_conf={}", good.display())]).await;
        site.has_free("london", 2).await;
        site.vendors(&one.line("one"));
        assert_eq!(site.ok("vendor reload").await, "1 server(s) have read 1 vendors\n");
        assert_eq!(active(&site).await, ["one"]);
        server.stop().await;
    }

    async fn a_file_that_is_gone_keeps_what_is_installed_and_an_empty_one_does_not(database: TestDb) {
        let site = Site::ready(database).await;
        two_vendors(&site);
        let server = site.serve().await;
        let file = site.data("numbervendors.conf");
        std::fs::remove_file(&file).unwrap();
        server.signal(Signal::SIGHUP);
        server.says("not there any more, but 2 vendors are in use").await;
        assert!(site.fails("vendor reload").await.contains("not there any more"));
        // A folder can't be read as a file.
        std::fs::create_dir(&file).unwrap();
        server.signal(Signal::SIGHUP);
        server.says("Is a directory").await;
        assert!(site.fails("vendor reload").await.contains("Is a directory"));
        assert_eq!(active(&site).await, ["one", "two"]);
        std::fs::remove_dir(&file).unwrap();
        server.stop().await;

        let server = site.serve().await;
        server.says("not there any more").await;
        assert_eq!(active(&site).await, ["one", "two"]);
        site.vendors("# nobody\n");
        server.signal(Signal::SIGHUP);
        until("nobody is left", async || active(&site).await.is_empty().then_some(())).await;
        server.stop().await;
    }

    async fn a_start_with_a_mistake_uses_the_good_lines_and_retires_nobody(database: TestDb) {
        let site = Site::ready(database).await;
        let (one, _) = two_vendors(&site);
        site.serve().await.stop().await;
        let three = Stock::new(&site, "three", "3", 442_079_460_200, 9);
        site.vendors(&format!("{}{}two = Two, dummy, hunter22\n", one.line("one"), three.line("three")));
        let server = site.serve().await;
        server.says("numbervendors.conf:3: ").await;
        assert_eq!(active(&site).await, ["one", "two", "three"]);
        site.ok("pool add london --minimum 2").await;
        site.ok("pool link london three 3").await;
        site.has_free("london", 2).await;
        assert_eq!(three.sold().len(), 2);
        server.stop().await;
    }

    async fn a_reload_without_a_server_makes_the_vendors_those_of_the_file(database: TestDb) {
        let site = Site::ready(database).await;
        let (one, _) = two_vendors(&site);
        let sentence = |count| format!("no server is running; the next one starts with the file's {count} vendors\n");
        assert_eq!(site.ok("vendor reload").await, sentence(2));
        assert_eq!(active(&site).await, ["one", "two"]);
        std::fs::remove_file(site.data("numbervendors.conf")).unwrap();
        assert!(site.fails("vendor reload").await.contains("not there any more"));
        site.vendors(&format!("{}two = Two, dummy, hunter22\n", one.line("one")));
        site.fails("vendor reload").await;
        assert_eq!(active(&site).await, ["one", "two"]);
        site.vendors(&one.line("one"));
        assert_eq!(site.ok("vendor reload").await, sentence(1));
        assert_eq!(active(&site).await, ["one"]);
    }
}
