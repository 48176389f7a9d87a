//! The plugin `voxbone`: buys numbers from Voxbone through REST v3 or Global v1.
//!
//! Voxbone sells a quantity from a group (`didGroupId`) and tells the numbers after the checkout; with Global v1 numbers can be chosen. What is
//! not in stock becomes a back-order: the order is accepted and its numbers come later. The interface knows no idempotency, so each order
//! carries the caller's reference as `customerReference`, and everything that gave no answer is looked up by it, never repeated.

mod api;
mod order;
mod routing;
#[cfg(test)]
mod tests;

use e164::E164;

use super::arguments::Action;
use super::output::{Answer, Failure};
use super::session::Session;
use super::settings::Generation;
use api::{Api, Fault, text};

/// Errors that say that a number can't be given back yet.
const NOT_YET: [u32; 2] = [420, 421];

pub(super) async fn act(session: &Session<'_>) -> Result<Answer, Failure> {
    let api = Api::new(session)?;
    match session.arguments.action {
        Action::Groups => groups(session, &api).await,
        Action::Available => available(session, &api).await,
        Action::Add => order::add(session, &api).await,
        Action::Lookup => order::look_up(session, &api).await,
        Action::Release => release(session, &api).await,
    }
}

async fn groups(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let countries = session.settings.vendor.countries();
    if countries.is_empty() {
        return Err(Failure::Refused(format!(
            "set countries of [vendor.{}] in numbervendors.toml, such as [\"GBR\"]: Voxbone lists groups by country",
            session.arguments.vendor
        )));
    }
    let mut groups = Vec::new();
    for country in countries {
        let query = [("countryCodeA3", country.clone())];
        for row in api.pages("inventory/didgroup", &query, "didGroups").await? {
            if let Some(id) = row.get("didGroupId").and_then(text) {
                let field = |name: &str| row.get(name).and_then(text).unwrap_or_default();
                let kind = match field("didType") {
                    kind if kind.is_empty() => kind,
                    kind => format!("({kind})"),
                };
                let words = [country.clone(), field("cityName"), field("areaCode"), kind];
                let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
                groups.push((id, words.join(" ")));
            }
        }
    }
    if groups.is_empty() {
        return Err(Failure::Refused(format!("Voxbone has no groups in {}", countries.join(", "))));
    }
    Ok(Answer::Groups(groups))
}

async fn available(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let group = session.group()?;
    if api.generation() == Generation::Rest {
        return Err(Failure::Refused("Voxbone's REST v3 does not list single numbers".to_owned()));
    }
    let count = session.arguments.count;
    let numbers = free_numbers(session, api, group, count).await?;
    let local = numbers.iter().map(|number| session.local(number));
    Ok(Answer::numbers("", local.collect()))
}

/// Up to `count` numbers that a group has free, each once; Global v1 only.
async fn free_numbers(session: &Session<'_>, api: &Api, group: &str, count: u32) -> Result<Vec<E164>, Fault> {
    let mut query = vec![("didGroupIds", group.to_owned()), ("quantity", count.to_string())];
    let countries = session.settings.vendor.countries();
    let mut rows = Vec::new();
    if countries.is_empty() {
        rows = api.pages("inventory/didgroup", &query, "didGroups").await?;
    }
    for country in countries {
        query.push(("countryCodeA3", country.clone()));
        rows = api.pages("inventory/didgroup", &query, "didGroups").await?;
        query.pop();
        if !rows.is_empty() {
            break;
        }
    }
    let mut numbers: Vec<E164> = Vec::new();
    for row in rows.iter().filter(|row| row.get("didGroupId").and_then(text).as_deref() == Some(group)) {
        let listed = row.get("phoneNumbers").and_then(|list| list.as_array());
        for written in listed.into_iter().flatten() {
            let written = written.get("phoneNumber").and_then(text).unwrap_or_default();
            match E164::parse(&written) {
                Ok(number) if !numbers.contains(&number) => numbers.push(number),
                Ok(_) => {}
                Err(error) => session.warn(&format!("Voxbone offers {written:?}: {error}")),
            }
        }
    }
    numbers.truncate(count as usize);
    Ok(numbers)
}

async fn release(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let number = session.number()?;
    let Some(did) = api.did_of(&number).await? else {
        return Err(Failure::Refused(format!("Voxbone does not have {number} as ours")));
    };
    match api.cancel(&did.id).await {
        Ok(()) => Ok(Answer::Done),
        Err(Fault::Refused { code, words, .. }) if code.is_some_and(|c| NOT_YET.contains(&c)) => {
            let when = did.cancellable_from.map_or_else(|| "yet".to_owned(), |date| format!("before {date}"));
            Err(Failure::Refused(format!("{number} can't be given back {when}: {words}")))
        }
        Err(Fault::Lost(words)) => match api.did_of(&number).await {
            Ok(None) => Ok(Answer::Done),
            _ => Err(Failure::InDoubt(words)),
        },
        Err(fault) => Err(fault.into()),
    }
}
