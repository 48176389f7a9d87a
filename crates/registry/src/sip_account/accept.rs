//! Acceptance rules: when a SIP account takes calls, and whose. Rules that recur, and one that holds for a while.

use serde::{Deserialize, Serialize};
use store::Tx;

use super::must_act;
use super::read::must_be_seen;
use super::settings::check_group;
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::seal::Sealer;
use crate::service::{self, Service, Whose};
use crate::{Error, Result};

/// Most rules that recur.
pub const MOST_RULES: usize = 100;
/// Most groups of a rule.
pub const MOST_GROUPS_OF_RULE: usize = 50;
/// The longest time for which a rule may hold, in minutes: a year.
pub const LONGEST: i64 = 366 * 24 * 60;

const MINUTE: i64 = 60_000_000;

/// A rule that recurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// When it begins to hold on a day, `HH:MM` in the account's time zone.
    pub start: String,
    /// When it ends.
    pub stop: String,
    /// Whose calls are taken: groups of the phonebook, `everybody` or `nobody`.
    pub groups: Vec<String>,
    /// The days on which it holds, added up: 1 for Monday, 2 for Tuesday, to 64 for Sunday.
    pub days: i64,
}

/// A rule that holds for a while and takes the place of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Temporary {
    /// Whose calls are taken.
    pub groups: Vec<String>,
    /// For how many minutes from now.
    #[serde(skip)]
    pub minutes: i64,
    /// Until when, in microseconds since 1970 UTC; follows from the minutes.
    pub until: i64,
}

/// The acceptance rules of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptRules {
    /// Those that recur.
    pub persistent: Vec<Rule>,
    /// The one that holds now, if there is one.
    pub temporary: Option<Temporary>,
}

fn check_time(text: &str) -> Result<()> {
    let part = |text: &str, most| text.len() == 2 && text.parse::<u32>().is_ok_and(|value| value <= most);
    match text.split_once(':') {
        Some((hours, minutes)) if part(hours, 23) && part(minutes, 59) || text == "24:00" && part(minutes, 0) => Ok(()),
        _ => Err(Error::invalid("rules", format!("`{text}` is not a time of day such as 08:30"))),
    }
}

fn settle_groups(groups: &mut Vec<String>) -> Result<()> {
    groups.retain(|group| !group.trim().is_empty());
    if groups.len() > MOST_GROUPS_OF_RULE {
        return Err(Error::invalid("rules", format!("a rule has at most {MOST_GROUPS_OF_RULE} groups")));
    }
    groups.iter().try_for_each(|group| check_group(group))
}

impl Service for AcceptRules {
    const KIND: &'static str = "accept_rules";

    fn settle(&mut self, _owner: &Whose<'_>, _before: &Self, now: i64) -> Result<()> {
        if self.persistent.len() > MOST_RULES {
            return Err(Error::invalid("rules", format!("there are at most {MOST_RULES} rules")));
        }
        for rule in &mut self.persistent {
            check_time(&rule.start)?;
            check_time(&rule.stop)?;
            if !(1..=127).contains(&rule.days) {
                return Err(Error::invalid("rules", format!("{} is not a sum of days from 1 to 127", rule.days)));
            }
            settle_groups(&mut rule.groups)?;
        }
        if let Some(temporary) = &mut self.temporary {
            settle_groups(&mut temporary.groups)?;
            if !(0..=LONGEST).contains(&temporary.minutes) {
                return Err(Error::invalid("rules", format!("{} is not 0 to {LONGEST} minutes", temporary.minutes)));
            }
            temporary.until = now + temporary.minutes * MINUTE;
        }
        self.temporary = self.temporary.take().filter(|temporary| temporary.until > now);
        Ok(())
    }
}

/// The rules of an account; a rule for a while says how many minutes are left of it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, now: i64, sealer: &Sealer, id: SubscriberId) -> Result<AcceptRules> {
    must_be_seen(tx, caller, id).await?;
    let found = service::load::<AcceptRules>(tx, sealer, &[id.0]).await?.pop();
    let mut rules = found.map(|(_, rules)| rules).unwrap_or_default();
    rules.temporary = rules.temporary.filter(|temporary| temporary.until > now);
    if let Some(temporary) = &mut rules.temporary {
        temporary.minutes = (temporary.until - now + MINUTE - 1) / MINUTE;
    }
    Ok(rules)
}

/// Puts rules in the place of those that an account has.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`]; [`Error::Invalid`] for `rules` and `groups`.
pub async fn replace(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    rules: AcceptRules,
) -> Result<()> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    service::replace(tx, &caller.elevated(), now, sealer, id, rules).await
}
