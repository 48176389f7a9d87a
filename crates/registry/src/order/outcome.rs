//! What a vendor delivered, recorded so that nothing it was paid for is lost.

use serde::Serialize;
use store::{Tx, args};

use super::{Order, State, lock, save};
use crate::alert::{self, Kind};
use crate::caller::Caller;
use crate::id::{NumberId, OrderId};
use crate::number::{self, Intake, Origin};
use crate::{Error, Result, charge, job, offer};

crate::statement::statements! {
    LINE = "INSERT INTO order_lines (order_id, text, outcome, reason, number_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    LINES = "SELECT text, outcome, reason, number_id, created_at FROM order_lines WHERE order_id = $1 ORDER BY id LIMIT 10000";
    LINE_KNOWN = "SELECT 1 FROM order_lines WHERE order_id = $1 AND text = $2 LIMIT 1";
    LINE_KNOWN_AS = "SELECT 1 FROM order_lines WHERE order_id = $1 AND text = $2 AND outcome = $3 LIMIT 1";
}

/// One thing that a vendor says it has delivered.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// As the vendor wrote it.
    pub text: String,
    /// Digits of E.164, or why they are not that.
    pub number: std::result::Result<String, String>,
    /// Whether the vendor wrote the same number twice.
    pub duplicate: bool,
}

/// How a call to a vendor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The vendor said yes.
    Accepted,
    /// The vendor said no, or was provably never called.
    Refused,
    /// Not known.
    InDoubt,
}

/// What a call to a vendor brought.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What it delivered.
    pub lines: Vec<Delivered>,
    /// How many numbers are still to come.
    pub pending: u32,
    /// How the call ended.
    pub ended: Ended,
    /// What the vendor said, or what went wrong.
    pub message: String,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// The number is free, or its buyer's.
    Added,
    /// The number is ours, but can't be sold.
    Blocked,
    /// The number was ours before.
    Owned,
    /// The vendor wrote it twice.
    Duplicate,
    /// It is not a number; kept for a person to read.
    Unreadable,
}

crate::text_enum!(LineOutcome, "outcome", {
    Added => "added", Blocked => "blocked", Owned => "owned", Duplicate => "duplicate", Unreadable => "unreadable"
});

/// A line as it is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// As the vendor wrote it.
    pub text: String,
    /// What became of it.
    pub outcome: LineOutcome,
    /// Why.
    pub reason: String,
    /// The number it became.
    pub number_id: Option<NumberId>,
    /// When it came.
    pub created_at: i64,
}

/// The lines that came with an order, at most ten thousand.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lines(tx: &mut Tx, caller: &Caller, id: OrderId) -> Result<Vec<Line>> {
    super::get(tx, caller, id).await?;
    let rows = tx.query(LINES, args![id]).await?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                text: row.get("text")?,
                outcome: row.get("outcome")?,
                reason: row.get("reason")?,
                number_id: row.get("number_id")?,
                created_at: row.get("created_at")?,
            })
        })
        .collect()
}

/// Records what a call brought. May come late, after the order was taken for lost, and more than once: what is delivered
/// is kept in any case, and an answer that says nothing new changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn record(tx: &mut Tx, caller: &Caller, now: i64, id: OrderId, delivery: &Delivery) -> Result<Order> {
    let before = lock(tx, id).await?;
    let mut after = before.clone();
    let mut taken = Taken::Known;
    for line in &delivery.lines {
        taken = taken.max(take_line(tx, caller, now, &mut after, line).await?);
    }
    after.pending = delivery.pending;
    after.message = delivery.message.clone();
    let next = match delivery.ended {
        Ended::InDoubt => State::InDoubt,
        Ended::Refused => State::Refused,
        Ended::Accepted if after.pending > 0 && after.delivered == 0 => State::Accepted,
        Ended::Accepted if after.pending > 0 => State::BackOrdered,
        Ended::Accepted if after.delivered >= after.quantity && wanted_came(tx, &after).await? => State::Fulfilled,
        Ended::Accepted => State::PartlyFulfilled,
    };
    if before.state.may_become(next) {
        after.state = next;
    } else {
        // It was settled otherwise in the meantime; what has come is kept, the state stands.
        after.pending = before.pending;
        let late = format!("; later the vendor's answer came: {}", delivery.message);
        after.message.clone_from(&before.message);
        if before.message != delivery.message && !before.message.ends_with(&late) {
            after.message.push_str(&late);
        }
    }
    after.message.truncate(floor_boundary(&after.message, 2_000));
    let same = |o: &Order| (o.state, o.pending, o.message.clone());
    if taken == Taken::Known && same(&before) == same(&after) {
        return Ok(before);
    }
    save(tx, caller, now, &before, &mut after).await?;
    consequences(tx, caller, now, &before, &after, taken).await?;
    Ok(after)
}

/// Whether the particular number that was ordered, if one was, has come with the order.
async fn wanted_came(tx: &mut Tx, order: &Order) -> Result<bool> {
    match &order.digits {
        Some(digits) => Ok(number::find(tx, digits).await?.is_some_and(|n| n.order_id == Some(order.id))),
        None => Ok(true),
    }
}

/// What a line was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    /// It was taken in before.
    Known,
    /// It is new.
    New,
    /// It is the number that a buyer waits for.
    HandedOver,
}

fn floor_boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Takes one line in.
async fn take_line(tx: &mut Tx, caller: &Caller, now: i64, order: &mut Order, line: &Delivered) -> Result<Taken> {
    let o = &*order;
    let origin =
        Origin { pool: o.pool_id, class: o.class_id, vendor: o.vendor_id, group: o.group_id.clone(), order: o.id };
    let mut taken = Taken::New;
    let (outcome, reason, number) = match &line.number {
        _ if line.duplicate => (LineOutcome::Duplicate, "the vendor wrote it twice".to_owned(), None),
        Ok(digits) => match number::take_in(tx, caller, now, digits, &origin, None).await? {
            Intake::Added(added) => {
                order.delivered += 1;
                let id = added.id;
                taken = hand_over_if_wanted(tx, caller, now, order, added).await?;
                (LineOutcome::Added, String::new(), Some(id))
            }
            Intake::Owned => match number::find(tx, digits).await? {
                Some(known) if known.order_id == Some(order.id) => {
                    if known.state != number::State::Available || known.blocked_reason.is_none() {
                        return Ok(Taken::Known);
                    }
                    // It came in doubt, cut off perhaps, and is confirmed now.
                    let id = known.id;
                    let free = number::confirm(tx, caller, now, digits).await?;
                    taken = hand_over_if_wanted(tx, caller, now, order, free).await?;
                    (LineOutcome::Added, "confirmed".to_owned(), Some(id))
                }
                known => (LineOutcome::Owned, "the number was ours before".to_owned(), known.map(|n| n.id)),
            },
        },
        Err(_) if tx.query_opt(LINE_KNOWN, args![order.id, &line.text]).await?.is_some() => return Ok(Taken::Known),
        Err(reason) => match plain_digits(&line.text) {
            // Paid for, and something that can be talked about with the vendor: ours, but not to be sold.
            Some(digits) => match number::take_in(tx, caller, now, &digits, &origin, Some(reason)).await? {
                Intake::Added(added) => {
                    order.delivered += 1;
                    (LineOutcome::Blocked, reason.clone(), Some(added.id))
                }
                Intake::Owned => (LineOutcome::Owned, reason.clone(), None),
            },
            None => (LineOutcome::Unreadable, reason.clone(), None),
        },
    };
    let repeated = matches!(outcome, LineOutcome::Duplicate | LineOutcome::Owned)
        && tx.query_opt(LINE_KNOWN_AS, args![order.id, &line.text, outcome]).await?.is_some();
    if repeated {
        return Ok(Taken::Known);
    }
    if outcome != LineOutcome::Added {
        let message = format!("`{}`: {outcome} {reason}", line.text);
        alert::raise(tx, now, Kind::UnusableNumber, &format!("order:{}", order.id), &message).await?;
    }
    tx.execute(LINE, args![order.id, &line.text, outcome, &reason, number, now]).await?;
    Ok(taken)
}

/// Gives a number that has come to the buyer that the order is for, if it is the one.
async fn hand_over_if_wanted(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    order: &Order,
    number: number::Number,
) -> Result<Taken> {
    match (&order.digits, order.account_id) {
        (Some(wanted), Some(buyer)) if *wanted == number.digits && !order.state.is_final() => {
            number::hand_over(tx, caller, now, number, order, buyer).await?;
            Ok(Taken::HandedOver)
        }
        _ => Ok(Taken::New),
    }
}

/// The digits of a line that has nothing but digits and the usual marks between them.
fn plain_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let only = text.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c));
    (only && (1..=32).contains(&digits.len())).then_some(digits)
}

/// What follows from an order's new state: alerts, the buyer's money, the next step of the refill, the next look at the
/// vendor.
async fn consequences(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: &Order,
    after: &Order,
    taken: Taken,
) -> Result<()> {
    let subject = format!("order:{}", after.id);
    if after.state == State::InDoubt {
        let message = format!("order {} ({}): {}", after.id, after.reference, after.message);
        alert::raise(tx, now, Kind::InDoubt, &subject, &message).await?;
    } else {
        alert::clear(tx, now, Kind::InDoubt, &subject).await?;
    }
    if after.state == State::PartlyFulfilled && after.delivered == 0 && before.state != after.state {
        let message = format!("order {}: the vendor said yes and delivered nothing", after.id);
        alert::raise(tx, now, Kind::EmptyDelivery, &subject, &message).await?;
    }
    if let Some(digits) = &after.digits {
        offer::forget(tx, digits).await?;
        if after.state.is_final() && taken != Taken::HandedOver {
            charge::let_go(tx, caller, now, after.id).await?;
        }
    }
    job::demand(tx, job::Kind::Refill, after.pool_id.0).await
}

/// Settles an order in doubt by what a person found out: the numbers that the vendor sold, or none.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`], [`Error::Conflict`] where it is not in doubt, [`Error::Invalid`] where
/// something is not a number of E.164.
pub async fn resolve(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: OrderId,
    numbers: &[String],
    note: &str,
) -> Result<Order> {
    caller.must_be_admin("resolve orders")?;
    let before = lock(tx, id).await?;
    if !matches!(before.state, State::InDoubt | State::Accepted | State::BackOrdered) {
        return Err(Error::Conflict(format!("order {id} is {}, there is nothing to resolve", before.state)));
    }
    let mut after = before.clone();
    let mut taken = Taken::Known;
    for text in numbers {
        let digits = number::digits(text)?;
        let line = Delivered { text: digits.clone(), number: Ok(digits), duplicate: false };
        taken = taken.max(take_line(tx, caller, now, &mut after, &line).await?);
    }
    after.state = State::Resolved;
    after.pending = 0;
    after.message = if note.is_empty() { format!("resolved by {}", caller.name) } else { note.to_owned() };
    save(tx, caller, now, &before, &mut after).await?;
    consequences(tx, caller, now, &before, &after, taken).await?;
    Ok(after)
}
