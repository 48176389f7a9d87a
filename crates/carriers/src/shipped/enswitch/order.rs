//! Orders: buying numbers one by one, making sure of each, routing it at once, and finding all of them again.

use std::collections::HashSet;
use std::time::Duration;

use e164::E164;

use super::api::{Api, Fault, Owned};
use crate::fault;
use crate::shipped::output::{Answer, Failure};
use crate::shipped::session::Session;

/// How often free numbers are asked for: others buy from the same list.
const ROUNDS: u32 = 5;

/// How many more numbers are asked for than are to be bought.
const SPARE: u32 = 5;

/// How often it is looked whether a number was bought whose purchase gave no answer.
const CHECKS: u32 = 3;

/// How long the server gets to finish such a purchase.
const PAUSE: Duration = Duration::from_millis(500);

/// What became of the attempt to buy one number.
enum Attempt {
    Bought,
    /// This number can't be had; another may.
    Gone(String),
    /// No number can be had.
    Stop(String),
    Unknown(String),
}

/// What has been bought so far, and why there is no more.
#[derive(Default)]
struct Sale {
    bought: Vec<E164>,
    /// The words of the last refusal.
    refusal: Option<String>,
    /// A purchase whose outcome is not known, and why.
    doubt: Option<String>,
}

impl Sale {
    /// Takes in an attempt, and tells whether to go on.
    fn goes_on_after(&mut self, number: E164, attempt: Attempt) -> bool {
        match attempt {
            Attempt::Bought => self.bought.push(number),
            Attempt::Gone(words) => self.refusal = Some(words),
            Attempt::Stop(words) => {
                self.refusal = Some(words);
                return false;
            }
            Attempt::Unknown(words) => {
                self.doubt = Some(format!("{number}: {words}"));
                return false;
            }
        }
        true
    }
}

/// Buys the number of `-o` and as many others as `-c` says.
pub(super) async fn add(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let group = session.group()?;
    let destination = session.destination()?;
    let buyer = Buyer { session, api, destination };
    let mut sale = Sale::default();
    let mut goes_on = true;
    let chosen = session.chosen()?;
    if let Some(number) = &chosen {
        let attempt = buyer.buy(number, false).await;
        goes_on = sale.goes_on_after(number.clone(), attempt) && !sale.bought.is_empty();
    }
    if goes_on {
        buyer.buy_any(group, chosen, &mut sale).await;
    }
    buyer.answer(group, sale)
}

struct Buyer<'a, 's> {
    session: &'a Session<'s>,
    api: &'a Api,
    destination: &'a str,
}

impl Buyer<'_, '_> {
    async fn buy_any(&self, group: &str, chosen: Option<E164>, sale: &mut Sale) {
        let mut tried: HashSet<E164> = chosen.into_iter().collect();
        let wanted = self.session.arguments.count as usize;
        for _ in 0..ROUNDS {
            let missing = wanted.saturating_sub(sale.bought.len());
            if missing == 0 {
                return;
            }
            let ask = u32::try_from(missing + tried.len()).unwrap_or(u32::MAX);
            let ask = ask.saturating_add(SPARE);
            let candidates = match self.api.available(self.session, group, ask).await {
                Ok(numbers) => numbers,
                Err(fault) => {
                    sale.refusal = Some(fault.words().to_owned());
                    return;
                }
            };
            let mut fresh = candidates
                .into_iter()
                .filter(|number| !tried.contains(number))
                .take(missing + SPARE as usize)
                .peekable();
            if fresh.peek().is_none() {
                return;
            }
            let fresh: Vec<E164> = fresh.collect();
            for number in fresh {
                if sale.bought.len() == wanted {
                    return;
                }
                if !self.session.budget.lets_buy() {
                    sale.refusal = Some("the time was up".to_owned());
                    return;
                }
                tried.insert(number.clone());
                let attempt = self.buy(&number, true).await;
                if !sale.goes_on_after(number, attempt) {
                    return;
                }
            }
        }
    }

    /// Buys a number and routes it. `listed` tells that the server has just listed it as free, so that it was not ours before.
    async fn buy(&self, number: &E164, listed: bool) -> Attempt {
        let reference = self.session.reference.as_deref();
        fault::point("plugin.before-sale");
        let result = self.api.purchase(number, reference).await;
        fault::point("plugin.after-sale");
        match result {
            Ok(()) => {}
            Err(Fault::NotSent(words)) => return Attempt::Stop(words),
            Err(Fault::Refused { code, words }) => {
                return match code {
                    400 | 404 => Attempt::Gone(words),
                    _ => Attempt::Stop(words),
                };
            }
            Err(Fault::Lost(words)) => {
                if !self.was_bought(number, listed).await {
                    return Attempt::Unknown(words);
                }
                self.session.warn(&format!("{number} was bought, though: {words}"));
            }
        }
        route(self.session, self.api, number, self.destination).await;
        Attempt::Bought
    }

    /// Whether a purchase without an answer is known to have been carried out. Not finding the number proves nothing: the server may
    /// still be at it.
    async fn was_bought(&self, number: &E164, listed: bool) -> bool {
        let reference = self.session.reference.as_deref();
        for check in 0..CHECKS {
            if check > 0 {
                self.session.budget.pause(PAUSE).await;
            }
            if let Ok(owned) = self.api.owned(reference).await
                && owned.rows.iter().any(|row| row.number.as_ref() == Ok(number) && (listed || row.referenced))
            {
                return true;
            }
        }
        false
    }

    fn answer(&self, group: &str, sale: Sale) -> Result<Answer, Failure> {
        let wanted = self.session.arguments.count as usize;
        if sale.bought.is_empty() {
            return Err(match (sale.doubt, sale.refusal) {
                (Some(doubt), _) => Failure::InDoubt(doubt),
                (None, Some(refusal)) => Failure::Refused(refusal),
                (None, None) => Failure::Refused(format!("the vendor's group {group} has no free numbers")),
            });
        }
        if sale.bought.len() < wanted {
            let why = sale.doubt.as_deref().or(sale.refusal.as_deref());
            self.session.warn(&format!(
                "bought {} of {wanted} numbers: {}",
                sale.bought.len(),
                why.unwrap_or("the vendor has no more")
            ));
        }
        // Only a caller with a reference can ask again for the one in doubt.
        let note = match (&sale.doubt, &self.session.reference) {
            (Some(_), Some(_)) => "pending 1",
            _ => "",
        };
        let numbers = sale.bought.iter().map(|number| self.session.local(number));
        Ok(Answer::numbers(note, numbers.collect()))
    }
}

/// Sends the calls for a number that was bought to us. A failure is only warned of: the number was paid for.
async fn route(session: &Session<'_>, api: &Api, number: &E164, destination: &str) {
    let uri = format!("sip:{}@{destination}", session.local(number));
    let reference = session.reference.as_deref();
    let mut result = api.route(number, reference, &uri).await;
    if let Err(Fault::Lost(_) | Fault::NotSent(_)) = result {
        result = api.route(number, reference, &uri).await;
    }
    if let Err(fault) = result {
        session.warn(&format!("{number} was bought and is not routed: {}", fault.words()));
    }
}

/// Finds the numbers that were bought under our reference, and routes those that are not yet.
pub(super) async fn look_up(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let reference = session.order_reference()?;
    let destination = session.known_destination()?;
    let Owned { rows, filtered } = api.owned(Some(reference)).await?;
    let found = rows.iter().filter(|row| row.referenced);
    let numbers: Vec<String> = found
        .clone()
        .map(|row| match &row.number {
            Ok(number) => session.local(number),
            Err(_) => row.text.clone(),
        })
        .collect();
    if !filtered {
        let numbers = if numbers.is_empty() { "none".to_owned() } else { numbers.join(" ") };
        return Err(Failure::Refused(format!(
            "the vendor's server keeps no references, so a number that was bought and not yet described can't be told from others; described with {reference}: {numbers}"
        )));
    }
    if numbers.is_empty() {
        return Ok(Answer::numbers("none", numbers));
    }
    for row in found.filter(|row| !row.routed) {
        match (&row.number, destination) {
            (Ok(number), Some(destination)) => route(session, api, number, destination).await,
            _ => session.warn(&format!("{} was bought and is not routed: no destination is known here", row.text)),
        }
    }
    Ok(Answer::order(0, numbers))
}
