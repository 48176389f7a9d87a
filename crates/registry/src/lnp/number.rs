//! Numbers that were ported, one by one.

use store::{Row, Tx, Val, args};

use super::carrier::Carrier;
use crate::caller::Caller;
use crate::id::{LnpCarrierId, LnpNumberId};
use crate::listing::{Column, Condition, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Most digits of a number, and most characters of a routing number and of a kind.
pub const LONGEST: usize = 31;

record! {
    /// A number that was ported.
    LnpNumber(LnpNumberId) in "lnp_numbers" called "lnp number" {
        /// Which generation of numbers it is one of; set where it is stored.
        generation: i64,
        /// The carrier that has it.
        carrier_id: LnpCarrierId,
        /// Its digits.
        number: String,
        /// The number that calls are to be sent to instead.
        routing_number: Option<String>,
        /// Which kind of number or porting it is.
        kind: Option<String>,
        /// Since when, in microseconds since 1970 UTC; none: ever since.
        start_at: Option<i64>,
        /// The first moment at which it does not hold any more; none: for ever.
        end_at: Option<i64>,
    }
}

/// The numbers that hold, also before and after their time.
pub static ALL: Source = Source {
    name: "lnp numbers",
    from: "lnp_numbers t",
    fixed: "t.generation = (SELECT generation FROM lnp_state WHERE id = 1)",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("carrier_id", "t.carrier_id"),
        Column::text("number", "t.number"),
        Column::text("routing_number", "t.routing_number"),
        Column::text("type", "t.kind"),
        Column::int("start", "t.start_at"),
        Column::int("end", "t.end_at"),
        Column::matching(
            "actual",
            "(t.start_at IS NULL OR t.start_at <= CAST(CAST(? AS TEXT) AS BIGINT)) \
             AND (t.end_at IS NULL OR t.end_at > CAST(CAST(? AS TEXT) AS BIGINT))",
        ),
        Column::matching(
            "past_or_future",
            "(t.start_at > CAST(CAST(? AS TEXT) AS BIGINT) OR t.end_at <= CAST(CAST(? AS TEXT) AS BIGINT))",
        ),
    ],
    tallies: &[],
};

statements! {
    HOLD_GENERATION = "SELECT generation FROM lnp_state WHERE id = 1 {wait}";
    GENERATION = "SELECT generation FROM lnp_state WHERE id = 1";
    SWITCH = "UPDATE lnp_state SET generation = $1 WHERE id = 1";
}

/// Only numbers whose time it is (or, false, is not) at that moment.
#[must_use]
pub fn actual(yes: bool, at: i64) -> Condition {
    Condition::Is(if yes { "actual" } else { "past_or_future" }, at.to_string().into())
}

/// Which generation of numbers holds; another one has taken its place if it is not the same later.
///
/// # Errors
/// Only those of the database.
pub async fn generation(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_one(GENERATION, args![]).await?.at(0)?)
}

/// As [`generation`], which stays the same until the transaction ends.
pub(super) async fn hold_generation(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_one(HOLD_GENERATION, args![]).await?.at(0)?)
}

/// A number of a generation, as far as it tells it from others.
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) carrier_id: LnpCarrierId,
    pub(super) start_at: Option<i64>,
}

/// Most numbers that [`known`] is asked for at a time.
pub(super) const AT_ONCE: usize = 200;

/// What a generation has of at most [`AT_ONCE`] numbers.
///
/// A join of the table with itself would be left to the planner's estimates, which are wrong while it is being filled.
pub(super) async fn known(tx: &mut Tx, generation: i64, numbers: &[&str]) -> Result<Vec<Known>> {
    let Some(last) = numbers.last() else { return Ok(Vec::new()) };
    let size = if numbers.len() == 1 { 1 } else { AT_ONCE };
    let places: Vec<String> = (2..size + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT id, number, carrier_id, start_at FROM lnp_numbers WHERE generation = $1 AND number IN ({})",
        places.join(", ")
    );
    let filled = numbers.iter().chain(std::iter::repeat(last)).take(size).map(|number| Val::from(*number));
    let values: Vec<Val> = std::iter::once(generation.into()).chain(filled).collect();
    let rows = tx.query(&sql, &values).await?;
    let read =
        |row: &Row| Ok(Known { id: row.at(0)?, number: row.at(1)?, carrier_id: row.at(2)?, start_at: row.at(3)? });
    rows.iter().map(read).collect()
}

/// Lets another generation hold.
pub(super) async fn switch(tx: &mut Tx, generation: i64) -> Result<()> {
    tx.execute(SWITCH, args![generation]).await?;
    Ok(())
}

/// Whether a text can be a ported number: digits.
#[must_use]
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[async_trait::async_trait]
impl Kept for LnpNumber {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "number";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_admin("keep ported numbers")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        self.generation = hold_generation(tx).await?;
        if before.is_some_and(|before| before.generation != self.generation) {
            return Err(Error::not_found("lnp number", self.id));
        }
        if !is_number(&self.number) {
            return Err(Error::invalid("number", format!("`{}` is not at most {LONGEST} digits", self.number)));
        }
        if let (Some(start), Some(end)) = (self.start_at, self.end_at)
            && end <= start
        {
            return Err(Error::invalid("end", "it must be after the start"));
        }
        record::named_by::<Carrier>(tx, caller, "carrier_id", self.carrier_id.0).await?;
        // While the generation is held nobody else adds to it.
        let known = known(tx, self.generation, &[&self.number]).await?;
        let same = |known: &Known| known.carrier_id == self.carrier_id && known.start_at == self.start_at;
        if known.iter().any(|known| known.id != self.id.0 && same(known)) {
            return Err(self.taken());
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        match hold_generation(tx).await? {
            holds if holds == self.generation => Ok(()),
            _ => Err(Error::not_found("lnp number", self.id)),
        }
    }
}
