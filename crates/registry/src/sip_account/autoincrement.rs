//! User names that the server makes up: numbers, counted in each domain.

use store::{Tx, args};

use crate::id::DomainId;
use crate::statement::statements;
use crate::{Error, Result};

/// The first of them.
const FIRST: i64 = 10_000;

statements! {
    NEXT = "INSERT INTO sip_account_counters (domain_id, next) VALUES ($1, $2) \
        ON CONFLICT (domain_id) DO UPDATE SET next = sip_account_counters.next + $3 RETURNING next";
    USED = "SELECT id FROM subscribers WHERE domain_id = $1 AND username = $2 AND status <> 'terminated' \
        UNION ALL SELECT id FROM sip_aliases WHERE domain_id = $1 AND username = $2";
}

/// The next user name of a domain that nobody has. Whoever asks at the same time waits and gets another.
///
/// # Errors
/// [`Error::Conflict`] where none is found.
pub(super) async fn next(tx: &mut Tx, domain: DomainId) -> Result<String> {
    let mut step = 1;
    for _ in 0..40 {
        let next: i64 = tx.query_one(NEXT, args![domain, FIRST, step]).await?.at(0)?;
        let username = next.to_string();
        if tx.query_opt(USED, args![domain, &username]).await?.is_none() {
            return Ok(username);
        }
        // Past those that were given by hand, however many there are.
        step *= 2;
    }
    Err(Error::Conflict("no user name is free in the domain".to_owned()))
}
