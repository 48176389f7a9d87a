//! The numbers of a subscriber as a whole: what it gets, what it lets go, and what follows from that for its
//! preferences.
//!
//! A seat of a PBX lets its numbers go to the pilot. The preferences `cc` and `ac` are those of the primary number, `cli`
//! follows it while it has not been set to another, and `allowed_clis` has every number of the subscriber unless one was
//! taken out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::{Subscriber, get, lock, pbx};
use crate::call_forward;
use crate::caller::{Caller, Role};
use crate::id::{NumberId, SubscriberId};
use crate::journal;
use crate::number::{self, Line, Split, Wanted};
use crate::preference::{self, Level};
use crate::statement::statements;
use crate::{Error, Result};

/// A number beside the primary one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The number.
    #[serde(flatten)]
    pub split: Split,
    /// Whether it stands for a device.
    pub is_devid: bool,
}

const LEVEL: Level = Level::Subscriber;

/// The most aliases that a subscriber is given at once.
const MOST_ALIASES: usize = 1_000;

statements! {
    SET_PRIMARY = "UPDATE subscribers SET primary_digits = $1, modified_at = $2 WHERE id = $3";
    TOUCH = "UPDATE subscribers SET modified_at = $1 WHERE id = $2";
}

/// The numbers that a subscriber is to have; aliases first.
pub(super) struct Numbers(Vec<Wanted>);

impl Numbers {
    /// Refuses what is no number, a number that is there twice, and more aliases than are given at once, unless there were
    /// as many before.
    pub(super) fn new(primary: Option<&Split>, aliases: &[Alias], before: usize) -> Result<Numbers> {
        let most = MOST_ALIASES.max(before);
        if aliases.len() > most {
            let message = format!("should not have more than {most} members and has {}", aliases.len());
            return Err(Error::invalid("alias_numbers", message));
        }
        let mut all: Vec<Wanted> = Vec::with_capacity(aliases.len() + 1);
        for alias in aliases {
            all.push(Wanted { split: alias.split.clone(), primary: false, devid: alias.is_devid });
        }
        if let Some(split) = primary {
            all.push(Wanted { split: split.clone(), primary: true, devid: false });
        }
        let mut seen = BTreeSet::new();
        for wanted in &all {
            wanted.split.check()?;
            if !seen.insert(wanted.split.digits()) {
                return Err(Error::taken("number", "digits", &wanted.split));
            }
        }
        Ok(Numbers(all))
    }

    /// As a subscriber has them.
    pub(super) fn of(subscriber: &Subscriber) -> Numbers {
        let aliases = subscriber.alias_numbers.iter();
        let mut all: Vec<Wanted> =
            aliases.map(|held| Wanted { split: held.split.clone(), primary: false, devid: held.is_devid }).collect();
        let primary = subscriber.primary_number.as_ref();
        all.extend(primary.map(|held| Wanted { split: held.split.clone(), primary: true, devid: false }));
        Numbers(all)
    }

    fn primary(&self) -> Option<&Split> {
        self.0.iter().find(|wanted| wanted.primary).map(|wanted| &wanted.split)
    }

    fn digits(&self) -> Vec<String> {
        // The primary number is the first that others are shown.
        let primary = self.0.iter().filter(|wanted| wanted.primary);
        primary.chain(self.0.iter().filter(|wanted| !wanted.primary)).map(|wanted| wanted.split.digits()).collect()
    }

    /// Whether they are those that the subscriber has, in whatever order.
    pub(super) fn are_those_of(&self, subscriber: &Subscriber) -> bool {
        let keys = |numbers: &Numbers| -> BTreeSet<(Split, bool, bool)> {
            numbers.0.iter().map(|wanted| (wanted.split.clone(), wanted.primary, wanted.devid)).collect()
        };
        keys(self) == keys(&Numbers::of(subscriber))
    }
}

/// Gives a subscriber the numbers that it is to have, and takes from it those that it has and is not to have.
///
/// # Errors
/// [`Error::Taken`] naming every number that it can't have.
pub(super) async fn give(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    subscriber: &Subscriber,
    wanted: &Numbers,
) -> Result<()> {
    let holder = subscriber.holder();
    let kept = wanted.digits();
    let before = Numbers::of(subscriber);
    let gone: Vec<String> = before.digits().into_iter().filter(|digits| !kept.contains(digits)).collect();
    let_go(tx, caller, now, subscriber, &gone).await?;
    let mut taken: Vec<String> = Vec::new();
    // Aliases come first, so that the old primary number has become one before there is another; where there is none, the
    // primary number comes first.
    let mut in_turn: Vec<&Wanted> = wanted.0.iter().collect();
    if before.primary().is_none() {
        in_turn.sort_by_key(|wanted| !wanted.primary);
    }
    for wanted in in_turn {
        match number::attach(tx, caller, now, &holder, wanted).await {
            Ok(_) => {}
            Err(Error::Taken { value, .. }) => taken.push(value),
            Err(other) => return Err(other),
        }
    }
    if taken.is_empty() { Ok(()) } else { Err(Error::taken("number", "digits", taken.join(","))) }
}

/// Takes numbers from a subscriber: those of a seat go to its pilot.
pub(super) async fn let_go(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    subscriber: &Subscriber,
    digits: &[String],
) -> Result<()> {
    if digits.is_empty() {
        return Ok(());
    }
    let seat = subscriber.of_pbx && !subscriber.details.pbx.is_pbx_pilot;
    let pilot = if seat { pbx::pilot(tx, subscriber.account_id).await? } else { None };
    for digits in digits {
        match pilot {
            Some(pilot) => {
                let to = number::Holder { subscriber: pilot, ..subscriber.holder() };
                number::pass(tx, caller, now, digits, &to, false).await?;
            }
            None => number::detach(tx, caller, now, digits).await?,
        }
    }
    Ok(())
}

/// Takes all its numbers from a subscriber that ends.
pub(super) async fn let_all_go(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    subscriber: &Subscriber,
    to_pilot: bool,
) -> Result<()> {
    let digits = Numbers::of(subscriber).digits();
    if to_pilot {
        return let_go(tx, caller, now, subscriber, &digits).await;
    }
    for digits in &digits {
        number::detach(tx, caller, now, digits).await?;
    }
    Ok(())
}

/// Brings the preferences that depend on numbers up to date; `before` is none for a new subscriber.
pub(super) async fn prefer(
    tx: &mut Tx,
    id: SubscriberId,
    before: Option<&Numbers>,
    after: &Numbers,
    allow_primary: bool,
) -> Result<()> {
    prefer_primary(tx, id, before.and_then(Numbers::primary), after.primary()).await?;
    let old = before.map(Numbers::digits).unwrap_or_default();
    let new = after.digits();
    let hidden = after.primary().map(Split::digits).filter(|_| !allow_primary);
    let was_allowed = match before {
        Some(_) => preference::texts(tx, LEVEL, id.0, "allowed_clis").await?,
        None => Vec::new(),
    };
    let stays = |digits: &&String| !old.contains(digits) || new.contains(digits);
    let mut allowed: Vec<String> = was_allowed.iter().filter(stays).cloned().collect();
    for digits in new.iter().filter(|digits| !old.contains(digits) && Some(*digits) != hidden.as_ref()) {
        if !allowed.contains(digits) {
            allowed.push(digits.clone());
        }
    }
    if allowed != was_allowed {
        preference::set_system(tx, LEVEL, id.0, "allowed_clis", &allowed).await?;
    }
    Ok(())
}

/// Brings the preferences that depend on the primary number up to date.
async fn prefer_primary(tx: &mut Tx, id: SubscriberId, old: Option<&Split>, new: Option<&Split>) -> Result<()> {
    if old == new {
        return Ok(());
    }
    let part = |part: fn(&Split) -> &String| new.map(part).filter(|text| !text.is_empty());
    preference::set_system(tx, LEVEL, id.0, "cc", part(|split| &split.cc).as_slice()).await?;
    preference::set_system(tx, LEVEL, id.0, "ac", part(|split| &split.ac).as_slice()).await?;
    let Some(old) = old else { return Ok(()) };
    if preference::texts(tx, LEVEL, id.0, "cli").await? == [old.digits()] {
        let digits = new.map(Split::digits);
        preference::set_system(tx, LEVEL, id.0, "cli", digits.as_slice()).await?;
    }
    Ok(())
}

/// Writes the primary number with the subscriber, where it has changed; the call forwards that go by it follow.
pub(super) async fn note_primary(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    subscriber: &Subscriber,
    after: &Numbers,
) -> Result<()> {
    let digits = after.primary().map(Split::digits);
    if subscriber.primary_number.as_ref().map(|held| held.split.digits()) != digits {
        tx.execute(SET_PRIMARY, args![digits, now, subscriber.id]).await?;
        call_forward::renumber(tx, caller, now, subscriber.id).await?;
    }
    Ok(())
}

/// Gives a subscriber, which is held, one more alias.
///
/// # Errors
/// As [`give`].
pub(crate) async fn take_alias(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, split: Split) -> Result<()> {
    let before = get(tx, caller, id).await?;
    let wanted = Wanted { split, primary: false, devid: false };
    number::attach(tx, caller, now, &before.holder(), &wanted).await?;
    note_aliases(tx, caller, now, &before).await
}

/// Takes an alias from a subscriber, which is held.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn drop_alias(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    number: NumberId,
) -> Result<()> {
    let before = get(tx, caller, id).await?;
    let Some(held) = before.alias_numbers.iter().find(|held| held.number_id == number) else { return Ok(()) };
    let_go(tx, caller, now, &before, &[held.split.digits()]).await?;
    note_aliases(tx, caller, now, &before).await
}

/// Writes down that a subscriber has got or lost an alias.
async fn note_aliases(tx: &mut Tx, caller: &Caller, now: i64, before: &Subscriber) -> Result<()> {
    tx.execute(TOUCH, args![now, before.id]).await?;
    let after = get(tx, caller, before.id).await?;
    prefer(tx, before.id, Some(&Numbers::of(before)), &Numbers::of(&after), true).await?;
    journal::record(tx, caller, now, Some(before), Some(&after)).await
}

/// Moves a number to another subscriber of the same reseller (and, where the caller acts for a customer, of that
/// customer), as an alias; or says whether it stands for a device.
///
/// # Errors
/// [`Error::NotFound`] for the number, [`Error::Dangling`] for `subscriber_id`, [`Error::InUse`] with the subscriber
/// whose primary number it is, [`Error::NotAllowed`].
pub async fn reassign(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: NumberId,
    to: SubscriberId,
    is_devid: bool,
    allow: bool,
) -> Result<Line> {
    caller.must_write()?;
    let not_found = || Error::not_found("number", id);
    if matches!(caller.role, Role::Subscriber | Role::Intercept) {
        return Err(Error::NotAllowed("move numbers".to_owned()));
    }
    let line = number::load(tx, &[id.0]).await?.pop().ok_or_else(not_found)?;
    let from = lock(tx, caller, line.subscriber_id).await.map_err(|_| not_found())?;
    if line.subscriber_id == to {
        let wanted = Wanted { split: line.split, primary: line.is_primary, devid: is_devid };
        number::attach(tx, caller, now, &from.holder(), &wanted).await?;
        return number::load(tx, &[id.0]).await?.pop().ok_or_else(not_found);
    }
    if line.is_primary {
        return Err(Error::InUse { kind: "primary number", key: line.subscriber_id.to_string() });
    }
    let target = match lock(tx, caller, to).await {
        Ok(target) if target.reseller_id == from.reseller_id => target,
        Ok(_) => return Err(Error::dangling("subscriber_id", to)),
        Err(error) => return Err(error.or_dangling("subscriber_id", to)),
    };
    number::pass(tx, caller, now, &line.digits, &target.holder(), is_devid).await?;
    for (before, allow) in [(from, false), (target, allow)] {
        tx.execute(TOUCH, args![now, before.id]).await?;
        let after = get(tx, caller, before.id).await?;
        let (old, new) = (Numbers::of(&before), Numbers::of(&after));
        if allow || new.0.len() < old.0.len() {
            prefer(tx, before.id, Some(&old), &new, true).await?;
        }
        journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    }
    number::load(tx, &[id.0]).await?.pop().ok_or_else(not_found)
}
