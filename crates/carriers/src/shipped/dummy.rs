//! The plugin `dummy`: a skeleton to write your own plugin after, and a vendor for tests whose stock is a file.
//!
//! A plugin is a program in any language. It is called with the flags `-v -n -h -u -p -a -g -d -c -o`, each followed by its value, does
//! what the action after `-a` says, prints its answer, and ends within 50 seconds. What each action must do is said at each function
//! below; the rules that hold for all of them:
//!
//! - The first line is `OK` if the action succeeded and `ERROR` if nothing was bought; a space and a text for people may follow.
//! - The other lines are data. Every line ends with a newline. Nothing else may be printed; remarks go to standard error.
//! - Numbers are printed as users of this system write them, and `-o` holds one in that form: convert from and to your vendor's form.
//! - If you can't tell whether something was bought, print no first line: the caller then finds out, and does not buy again.
//!
//! The stock is the file that `-h` names, or `stock_file` in `numbervendors.toml`. Its lines are `GROUP NUMBER`, numbers as E.164 digits,
//! and `# group GROUP = Name`. What was sold stands in a ledger beside it.

mod stock;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::arguments::Action;
use super::output::{Answer, Failure};
use super::session::Session;
use stock::{Stock, StockError};

impl From<StockError> for Failure {
    fn from(error: StockError) -> Self {
        match error {
            StockError::Before(text) => Self::Refused(text),
            StockError::After(text) => Self::InDoubt(text),
        }
    }
}

pub(super) async fn act(session: &Session<'_>) -> Result<Answer, Failure> {
    // A plugin for a real vendor would log in here, with `-u` and `-p` at the host of `-h`.
    let vendor = &session.settings.vendor;
    let named = session.arguments.host.as_deref().map(Path::new);
    let path = vendor.stock_file.as_deref().or(named);
    let path = path.filter(|path| path.is_absolute()).ok_or_else(|| {
        Failure::Refused(
            "no stock: set the Host field of numbervendors.conf, or stock_file of the vendor in numbervendors.toml, to the absolute path of a stock file"
                .to_owned(),
        )
    })?;
    let mut stock = Stock::open(path, &session.budget).await?;
    match session.arguments.action {
        Action::Groups => groups(&stock),
        Action::Available => available(session, &stock),
        Action::Add => add(session, &mut stock),
        Action::Lookup => look_up(session, &stock),
        Action::Release => release(session, &mut stock),
    }
}

/// `get_groups`: all groups of the vendor, one a line as `id, Name`. An id must never change. No groups are an error.
fn groups(stock: &Stock) -> Result<Answer, Failure> {
    let groups = stock.groups();
    if groups.is_empty() {
        return Err(Failure::Refused("the stock has no groups".to_owned()));
    }
    Ok(Answer::Groups(groups))
}

/// `get_available_numbers_from_group`: up to `-c` numbers that are free in the group `-g`. Buys nothing.
fn available(session: &Session<'_>, stock: &Stock) -> Result<Answer, Failure> {
    let free = stock.free(session.group()?);
    let shown = free.iter().take(session.arguments.count as usize);
    let numbers = shown.map(|number| session.local(number)).collect();
    Ok(Answer::numbers("", numbers))
}

/// `add_numbers_from_group`: buys `-c` numbers from the group `-g` and has their calls sent to `-d`. With `-o`, that number must be among
/// them, and it is an error if it is not free. Fewer numbers than asked are no error; no number at all is.
fn add(session: &Session<'_>, stock: &mut Stock) -> Result<Answer, Failure> {
    let group = session.group()?;
    let chosen = session.chosen()?;
    let mut free = stock.free(group);
    if let Some(number) = &chosen {
        let place = free.iter().position(|other| other == number);
        let place =
            place.ok_or_else(|| Failure::Refused(format!("{} is not free in group {group}", session.local(number))))?;
        free.swap(0, place);
    }
    free.truncate(session.arguments.count as usize);
    if free.is_empty() {
        return Err(Failure::Refused(format!("group {group} has no free numbers")));
    }
    let destination = session.known_destination()?;
    // From here on numbers may be bought, so an error must not say that none were.
    stock.sell(group, &free, destination, session.reference.as_deref())?;
    let numbers = free.iter().map(|number| session.local(number));
    Ok(Answer::numbers("", numbers.collect()))
}

/// `get_numbers_from_order`, an extension: what was bought under the reference in the environment variable `STROWGER_ORDER_REFERENCE`.
/// `OK none` says that provably nothing was, `OK complete` that these numbers were, `OK pending N` that N more are still to come.
fn look_up(session: &Session<'_>, stock: &Stock) -> Result<Answer, Failure> {
    let bought = stock.bought(session.order_reference()?);
    if bought.is_empty() {
        return Ok(Answer::numbers("none", Vec::new()));
    }
    let numbers = bought.iter().map(|number| session.local(number));
    Ok(Answer::order(0, numbers.collect()))
}

/// `release_number`, an extension: gives the number `-o` back to the vendor.
fn release(session: &Session<'_>, stock: &mut Stock) -> Result<Answer, Failure> {
    let number = session.number()?;
    if !stock.is_sold(&number) {
        return Err(Failure::Refused(format!("{} was not bought here", session.local(&number))));
    }
    stock.take_back(&number)?;
    Ok(Answer::Done)
}
