//! Fees that were written before leads were kept get theirs, a batch at a time.

use store::{Tx, args};

use super::{MatchMode, pattern};
use crate::Result;
use crate::id::FeeId;
use crate::statement::statements;

statements! {
    WITHOUT = "SELECT id, match_mode, destination FROM billing_fees WHERE lead IS NULL ORDER BY id LIMIT $1";
    SET = "UPDATE billing_fees SET lead = $1 WHERE id = $2 AND destination = $3";
}

/// Works out the leads of so many fees that have none, and tells how many there were. Look-ups find such fees all the
/// same, only slower.
///
/// # Errors
/// Only those of the database.
pub async fn derive(tx: &mut Tx, most: u32) -> Result<usize> {
    let rows = tx.query(WITHOUT, args![i64::from(most)]).await?;
    for row in &rows {
        let (id, mode, destination): (FeeId, MatchMode, String) = (row.at(0)?, row.at(1)?, row.at(2)?);
        tx.execute(SET, args![pattern::lead(mode, &destination), id, destination]).await?;
    }
    Ok(rows.len())
}
