//! The plugin `dummy`: what it prints, and what its files hold.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::shipped::testing::{Plugin, Printed};

const STOCK: &str =
    "# the test stock\n# group 123 = London, 020\n\n123 442071234567\n123 442079876543\n5 12125551212\n";
const DIAL_PLAN: &str = "[dial_plan]\ncountry_code = \"44\"\nnational_prefix = \"0\"\ninternational_prefix = \"00\"\n";

struct Shop {
    _folder: TempDir,
    stock: PathBuf,
}

impl Shop {
    fn new(stock: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stock");
        std::fs::write(&path, stock).unwrap();
        Self { _folder: folder, stock: path }
    }

    fn call(&self, arguments: &str) -> Plugin {
        Plugin::new("dummy", self.stock.to_str().unwrap(), arguments)
    }

    fn ledger_path(&self) -> PathBuf {
        self.stock.with_extension("ledger")
    }

    fn ledger(&self) -> String {
        read(&self.ledger_path())
    }

    fn stock(&self) -> String {
        read(&self.stock)
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn ok(out: &str) -> Printed {
    Printed { out: out.to_owned(), err: String::new(), code: 0 }
}

const ADD: &str = "-a add_numbers_from_group -g 123 -d sip.example.com:5060";

#[tokio::test]
async fn lists_groups_and_free_numbers() {
    let shop = Shop::new(STOCK);
    assert_eq!(shop.call("-a get_groups").run().await, ok("OK\n123, London, 020\n5, 5\n"));
    let free = "-a get_available_numbers_from_group -g 123";
    assert_eq!(shop.call(free).run().await, ok("OK\n442071234567\n"));
    assert_eq!(
        shop.call(&format!("{free} -c 9")).settings(DIAL_PLAN).run().await,
        ok("OK\n02071234567\n02079876543\n")
    );
    assert!(!shop.ledger_path().exists());
}

#[tokio::test]
async fn sells_and_writes_it_down() {
    let shop = Shop::new(STOCK);
    let printed = shop.call(ADD).reference("r-1").settings(DIAL_PLAN);
    assert_eq!(printed.run().await, ok("OK\n02071234567\n"));
    assert_eq!(shop.ledger(), "123 442071234567 sip.example.com:5060 r-1\n");
    assert_eq!(shop.stock(), STOCK.replace("123 442071234567\n", ""), "comments and other groups stay");
    let rest = shop.call(&format!("{ADD} -c 5"));
    assert_eq!(rest.run().await, ok("OK\n442079876543\n"));
    assert!(shop.ledger().ends_with("123 442079876543 sip.example.com:5060 -\n"));
    let none = shop.call(ADD).run().await;
    assert_eq!((none.out.as_str(), none.code), ("ERROR group 123 has no free numbers\n", 1));
}

#[tokio::test]
async fn a_chosen_number_comes_first_or_not_at_all() {
    let shop = Shop::new(STOCK);
    let chosen = format!("{ADD} -c 2 -o 02079876543");
    assert_eq!(shop.call(&chosen).settings(DIAL_PLAN).run().await, ok("OK\n02079876543\n02071234567\n"));
    let again = shop.call(&chosen).settings(DIAL_PLAN).run().await;
    assert_eq!(again.out, "ERROR 02079876543 is not free in group 123\n");
    let wrong = shop.call(&format!("{ADD} -o 2079876543")).settings(DIAL_PLAN);
    let printed = wrong.run().await;
    assert!(
        printed.out.starts_with("ERROR the number after -o is none in this system's dial plan: "),
        "{}",
        printed.out
    );
}

#[tokio::test]
async fn orders_are_found_again_and_numbers_are_given_back() {
    let shop = Shop::new(STOCK);
    let look_up = || shop.call("-a get_numbers_from_order").reference("r-1").run();
    assert_eq!(look_up().await, ok("OK none\n"));
    shop.call(&format!("{ADD} -c 2")).reference("r-1").run().await;
    assert_eq!(look_up().await, ok("OK complete\n442071234567\n442079876543\n"));
    let release = "-a release_number -o 442071234567";
    assert_eq!(shop.call(release).run().await, ok("OK\n"));
    assert_eq!(look_up().await, ok("OK complete\n442079876543\n"));
    assert!(shop.ledger().ends_with("released 442071234567\n"));
    let again = shop.call(release).run().await;
    assert_eq!(again.out, "ERROR 442071234567 was not bought here\n");
    let sold_again = shop.call(ADD).reference("r-2").run().await;
    assert_eq!(sold_again, ok("OK\n442071234567\n"));
}

#[tokio::test]
async fn a_crash_between_the_files_sells_nothing_twice() {
    let shop = Shop::new(STOCK);
    let ledger = "123 442071234567 sip.example.com r-1\n123 4420798765";
    std::fs::write(shop.ledger_path(), ledger).unwrap();
    assert_eq!(shop.call(&format!("{ADD} -c 5")).reference("r-2").run().await, ok("OK\n442079876543\n"));
    assert_eq!(shop.ledger(), "123 442071234567 sip.example.com r-1\n123 442079876543 sip.example.com:5060 r-2\n");
}

#[test]
fn buyers_at_the_same_time_get_different_numbers() {
    let numbers: Vec<String> = (0..40).map(|n| format!("44207123{n:04}")).collect();
    let stock: String = numbers.iter().map(|n| format!("123 {n}\n")).collect();
    let shop = Shop::new(&stock);
    let mut sold: Vec<String> = std::thread::scope(|scope| {
        let buyers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(shop.call(&format!("{ADD} -c 5")).run()).out
                })
            })
            .collect();
        let outputs = buyers.into_iter().map(|buyer| buyer.join().unwrap());
        outputs.flat_map(|out| out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect()
    });
    sold.sort();
    assert_eq!(sold, numbers);
    assert_eq!(shop.stock(), "");
}

#[tokio::test]
async fn says_what_is_missing() {
    let plugin = Plugin::new("dummy", "api.example.com", "-a get_groups");
    let printed = plugin.run().await;
    assert!(printed.out.starts_with("ERROR no stock: set the Host"), "{}", printed.out);
    let nowhere = Plugin::new("dummy", "/nowhere/stock", "-a get_groups").run().await;
    assert!(nowhere.out.starts_with("ERROR /nowhere/stock: "), "{}", nowhere.out);
    let shop = Shop::new("123 4420\n\nnonsense\n");
    let printed = shop.call("-a get_groups").run().await;
    assert!(printed.out.ends_with("stock:3: must be GROUP NUMBER\n"), "{}", printed.out);
    let shop = Shop::new("# nothing\n");
    assert_eq!(shop.call("-a get_groups").run().await.out, "ERROR the stock has no groups\n");
    let printed = shop.call("-a add_numbers_from_group").run().await;
    assert_eq!(printed.out, "ERROR -g is missing: the vendor's group\n");
    let printed = shop.call("-a get_numbers_from_order").run().await;
    assert_eq!(printed.out, "ERROR STROWGER_ORDER_REFERENCE is missing: the reference of the order\n");
}

#[tokio::test]
async fn the_stock_may_be_named_in_the_settings() {
    let shop = Shop::new(STOCK);
    let settings = format!("[vendor.test]\nstock_file = {:?}\n", shop.stock);
    let plugin = Plugin::new("dummy", "", "-a get_groups").settings(&settings);
    assert_eq!(plugin.run().await, ok("OK\n123, London, 020\n5, 5\n"));
}
