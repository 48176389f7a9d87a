//! A stock of numbers in a file, and the ledger of its sales beside it.
//!
//! The ledger decides: a number whose last line there is a sale is sold, whether or not it still stands in the stock, so that a crash
//! between the two files sells nothing twice. All of it happens under a lock on a third file.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use e164::E164;

use crate::fault;
use crate::shipped::session::Budget;

/// How long to wait before the lock is tried again.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

const LARGEST: u64 = 256 * 1024 * 1024;

/// The first word of a ledger line that is no sale.
const RELEASED: &str = "released";

/// What stands in the ledger for something that was not given.
const NOTHING: &str = "-";

/// What went wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum StockError {
    /// Before anything was sold or taken back.
    Before(String),
    /// When it may already have been.
    After(String),
}

struct Sale {
    group: String,
    number: E164,
    reference: String,
}

/// A stock and its ledger, locked while this lives.
pub(super) struct Stock {
    path: PathBuf,
    lines: Vec<String>,
    /// Group and number of each line that holds a number, in the order of the file.
    numbers: Vec<(String, E164)>,
    /// Ids and names, in the order of the file.
    groups: Vec<(String, String)>,
    /// The sales that were not taken back, in their order.
    sold: Vec<Sale>,
    _lock: File,
}

impl Stock {
    /// Locks and reads the stock.
    pub(super) async fn open(path: &Path, budget: &Budget) -> Result<Self, StockError> {
        let before = |what: &Path, error: io::Error| StockError::Before(format!("{}: {error}", what.display()));
        // A wrong path must not leave a lock file somewhere.
        File::open(path).map_err(|error| before(path, error))?;
        let lock_path = beside(path, ".lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|error| before(&lock_path, error))?;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if budget.lets_buy() => {
                    budget.pause(LOCK_PAUSE).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(StockError::Before("the stock stayed locked".to_owned()));
                }
                Err(TryLockError::Error(error)) => return Err(before(&lock_path, error)),
            }
        }
        let text = read(path).map_err(|error| before(path, error))?;
        let ledger_path = beside(path, ".ledger");
        let ledger = match read(&ledger_path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            result => result.map_err(|error| before(&ledger_path, error))?,
        };
        let mut stock = Self {
            path: path.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            numbers: Vec::new(),
            groups: Vec::new(),
            sold: Vec::new(),
            _lock: lock,
        };
        stock.read_lines()?;
        stock.read_ledger(&ledger, &ledger_path)?;
        Ok(stock)
    }

    fn read_lines(&mut self) -> Result<(), StockError> {
        let mut names: HashMap<&str, &str> = HashMap::new();
        let mut groups: Vec<&str> = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix('#') {
                if let Some((group, name)) = read_name(comment) {
                    names.insert(group, name);
                    groups.push(group);
                }
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let (group, number) = match words[..] {
                [] => continue,
                [group, number] => (group, E164::parse(number)),
                _ => return Err(self.wrong_line(index, "must be GROUP NUMBER")),
            };
            let number = number.map_err(|error| self.wrong_line(index, &error.to_string()))?;
            self.numbers.push((group.to_owned(), number));
            groups.push(group);
        }
        for group in groups {
            if !self.groups.iter().any(|(known, _)| known == group) {
                let name = names.get(group).copied().unwrap_or(group);
                self.groups.push((group.to_owned(), name.to_owned()));
            }
        }
        Ok(())
    }

    fn wrong_line(&self, index: usize, what: &str) -> StockError {
        StockError::Before(format!("{}:{}: {what}", self.path.display(), index + 1))
    }

    fn read_ledger(&mut self, text: &str, path: &Path) -> Result<(), StockError> {
        // The last line counts only with its newline: what a crash cut off was never told to anybody as sold.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for (index, line) in whole.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let parsed = match words[..] {
                [] => continue,
                [RELEASED, number] => E164::parse(number).map(|number| {
                    self.sold.retain(|sale| sale.number != number);
                }),
                [group, number, _, reference] => E164::parse(number).map(|number| {
                    self.sold.push(Sale { group: group.to_owned(), number, reference: reference.to_owned() });
                }),
                _ => {
                    let message = format!("{}:{}: is no sale and no release", path.display(), index + 1);
                    return Err(StockError::Before(message));
                }
            };
            parsed.map_err(|error| StockError::Before(format!("{}:{}: {error}", path.display(), index + 1)))?;
        }
        Ok(())
    }

    pub(super) fn groups(&self) -> Vec<(String, String)> {
        self.groups.clone()
    }

    pub(super) fn is_sold(&self, number: &E164) -> bool {
        self.sold.iter().any(|sale| sale.number == *number)
    }

    /// The free numbers of a group, each once, in the order of the file.
    pub(super) fn free(&self, group: &str) -> Vec<E164> {
        let sold: HashSet<&E164> = self.sold.iter().map(|sale| &sale.number).collect();
        let mut seen = HashSet::new();
        self.numbers
            .iter()
            .filter(|(of, number)| of == group && !sold.contains(number) && seen.insert(number))
            .map(|(_, number)| number.clone())
            .collect()
    }

    /// The numbers that were sold under a reference and not taken back.
    pub(super) fn bought(&self, reference: &str) -> Vec<E164> {
        let mine = self.sold.iter().filter(|sale| sale.reference == reference);
        mine.map(|sale| sale.number.clone()).collect()
    }

    /// Sells numbers, all of them or none.
    pub(super) fn sell(
        &mut self,
        group: &str,
        numbers: &[E164],
        destination: Option<&str>,
        reference: Option<&str>,
    ) -> Result<(), StockError> {
        let (destination, reference) = (destination.unwrap_or(NOTHING), reference.unwrap_or(NOTHING));
        let lines: String =
            numbers.iter().map(|number| format!("{group} {} {destination} {reference}\n", number.digits())).collect();
        fault::point("plugin.before-sale");
        self.append_to_ledger(&lines)?;
        self.lines.retain(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            !matches!(words[..], [_, number] if E164::parse(number).is_ok_and(|n| numbers.contains(&n)))
        });
        let written = self.rewrite();
        fault::point("plugin.after-sale");
        written.map_err(|error| StockError::After(format!("{}: {error}", self.path.display())))
    }

    /// Puts a number back into the group that it was sold from.
    pub(super) fn take_back(&mut self, number: &E164) -> Result<(), StockError> {
        let Some(sale) = self.sold.iter().find(|sale| sale.number == *number) else {
            return Ok(());
        };
        // As long as the ledger says nothing, the number counts as sold: a crash in between undoes the release.
        if !self.numbers.iter().any(|(_, other)| other == number) {
            self.lines.push(format!("{} {}", sale.group, number.digits()));
            self.rewrite().map_err(|error| StockError::Before(format!("{}: {error}", self.path.display())))?;
        }
        self.append_to_ledger(&format!("{RELEASED} {}\n", number.digits()))
    }

    fn append_to_ledger(&self, lines: &str) -> Result<(), StockError> {
        let path = beside(&self.path, ".ledger");
        let before = |error: io::Error| StockError::Before(format!("{}: {error}", path.display()));
        let after = |error: io::Error| StockError::After(format!("{}: {error}", path.display()));
        let mut ledger = OpenOptions::new().create(true).append(true).open(&path).map_err(before)?;
        // What a crash cut off was never told to anybody as sold.
        let whole = read(&path).map_err(before)?.rfind('\n').map_or(0, |end| end as u64 + 1);
        ledger.set_len(whole).map_err(before)?;
        ledger.write_all(lines.as_bytes()).map_err(after)?;
        ledger.sync_all().map_err(after)?;
        sync_folder(&path).map_err(after)
    }

    fn rewrite(&self) -> io::Result<()> {
        let new = beside(&self.path, ".new");
        let mut file = File::create(&new)?;
        for line in &self.lines {
            writeln!(file, "{line}")?;
        }
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        sync_folder(&self.path)
    }
}

/// The name of a group in a comment `group ID = Name`.
fn read_name(comment: &str) -> Option<(&str, &str)> {
    let (group, name) = comment.trim().strip_prefix("group ")?.split_once('=')?;
    let (group, name) = (group.trim(), name.trim());
    (!group.is_empty() && !group.contains(char::is_whitespace) && !name.is_empty()).then_some((group, name))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(ending);
    name.into()
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
