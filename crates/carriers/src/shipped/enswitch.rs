//! The plugin `enswitch`: buys numbers from a server that speaks the Enswitch JSON API, ours among them.
//!
//! Numbers travel as E.164 digits: `e164=1` asks the server for that. Where the vendor's settings name its dial plan, the server is one
//! that does not convert, and the plugin does. Orders carry the caller's reference, by which a server of ours finds them again; on others
//! it stands in the numbers' description.

mod api;
#[cfg(test)]
mod fake;
mod order;
#[cfg(test)]
mod tests;

use super::arguments::Action;
use super::output::{Answer, Failure};
use super::session::Session;
use api::{Api, Fault};

pub(super) async fn act(session: &Session<'_>) -> Result<Answer, Failure> {
    let api = Api::new(session)?;
    match session.arguments.action {
        Action::Groups => groups(&api).await,
        Action::Available => available(session, &api).await,
        Action::Add => order::add(session, &api).await,
        Action::Lookup => order::look_up(session, &api).await,
        Action::Release => release(session, &api).await,
    }
}

async fn groups(api: &Api) -> Result<Answer, Failure> {
    let groups = api.groups().await?;
    if groups.is_empty() {
        return Err(Failure::Refused("the vendor has no group with free numbers".to_owned()));
    }
    Ok(Answer::Groups(groups))
}

async fn available(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let count = session.arguments.count;
    let numbers = api.available(session, session.group()?, count).await?;
    let local = numbers.iter().take(count as usize);
    Ok(Answer::numbers("", local.map(|number| session.local(number)).collect()))
}

async fn release(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let number = session.number()?;
    match api.delete(&number).await {
        Ok(()) => Ok(Answer::Done),
        Err(Fault::Lost(first)) => match api.delete(&number).await {
            // The vendor no longer knows it as ours: the first call was carried out.
            Ok(()) | Err(Fault::Refused { code: 404, .. }) => Ok(Answer::Done),
            Err(_) => Err(Failure::InDoubt(first)),
        },
        Err(fault) => Err(fault.into()),
    }
}
