//! The test vendor: a stock file of the shipped plugin `dummy`, and the ledger of what it has sold.

use std::path::PathBuf;

use crate::site::Site;

/// A vendor with numbers in its groups.
#[derive(Debug)]
pub(crate) struct Stock {
    path: PathBuf,
}

/// A sale in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sale {
    pub(crate) group: String,
    pub(crate) number: String,
    pub(crate) destination: String,
    pub(crate) reference: String,
}

impl Stock {
    /// A stock of `count` numbers from `first` on in one group.
    pub(crate) fn new(site: &Site, name: &str, group: &str, first: u64, count: u64) -> Stock {
        let numbers: String = (first..first + count).map(|number| format!("{group} {number}\n")).collect();
        let path = site.write(name, &format!("# group {group} = Group {group}\n{numbers}"));
        Stock { path }
    }

    /// Its line of the vendors' file.
    pub(crate) fn line(&self, key: &str) -> String {
        format!("{key} = The {key}, dummy, {}, user, password, sip.example.com:5060\n", self.path.display())
    }

    /// Adds numbers.
    pub(crate) fn add(&self, group: &str, first: u64, count: u64) {
        let before = std::fs::read_to_string(&self.path).unwrap();
        let more: String = (first..first + count).map(|number| format!("{group} {number}\n")).collect();
        std::fs::write(&self.path, before + &more).unwrap();
    }

    /// The file whose lock the plugin holds while it works.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.path.with_file_name(format!("{}.lock", self.path.file_name().unwrap().to_str().unwrap()))
    }

    /// Every sale that was not taken back, in their order.
    pub(crate) fn sales(&self) -> Vec<Sale> {
        let ledger = self.path.with_file_name(format!("{}.ledger", self.path.file_name().unwrap().to_str().unwrap()));
        let text = std::fs::read_to_string(ledger).unwrap_or_default();
        let mut sales: Vec<Sale> = Vec::new();
        for line in text.lines() {
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["released", number] => sales.retain(|sale| sale.number != number),
                [group, number, destination, reference] => sales.push(Sale {
                    group: group.to_owned(),
                    number: number.to_owned(),
                    destination: destination.to_owned(),
                    reference: reference.to_owned(),
                }),
                _ => panic!("{line:?} in the ledger"),
            }
        }
        sales
    }

    /// The numbers it has sold, sorted; one that was sold twice stands there twice.
    pub(crate) fn sold(&self) -> Vec<String> {
        let mut numbers: Vec<String> = self.sales().into_iter().map(|sale| sale.number).collect();
        numbers.sort();
        numbers
    }

    /// The numbers it has sold under a reference.
    pub(crate) fn sold_under(&self, reference: &str) -> Vec<String> {
        self.sales().into_iter().filter(|sale| sale.reference == reference).map(|sale| sale.number).collect()
    }
}
