//! The statements on the table, which has a different notion of time on each engine: SQLite counts Julian days, PostgreSQL
//! has time stamps without a zone, which are UTC where the registrar runs in UTC.

use store::{Db, Val};

use super::{Error, MOST_NAMED, Result, Whose};

/// 1970 on PostgreSQL.
const EPOCH: &str = "TIMESTAMP '1970-01-01 00:00:00'";

/// Removes a contact.
pub(super) const DELETE: &str = "DELETE FROM location WHERE ruid = $1";

/// Removes what a subscriber has registered for the same phone.
pub(super) const DELETE_SAME: &str = "DELETE FROM location WHERE username = $1 AND domain = $2 AND contact = $3";

/// The column's time in seconds since 1970.
fn seconds(db: &Db) -> &'static str {
    if db.is_postgres() {
        "CAST(EXTRACT(EPOCH FROM l.expires) AS BIGINT)"
    } else {
        "CAST(ROUND((l.expires - 2440587.5) * 86400) AS INTEGER)"
    }
}

/// The columns of a contact, in its order.
pub(super) fn columns(db: &Db) -> String {
    let seconds = seconds(db);
    let whole = if db.is_postgres() { "BIGINT" } else { "INTEGER" };
    format!(
        "l.ruid, l.username, l.domain, l.contact, l.received, l.path, {seconds}, CAST(ROUND(l.q * 1000) AS {whole}), \
         CAST(l.cflags AS {whole}), l.user_agent, l.socket"
    )
}

/// That a contact has not ended at the time in that parameter; 0 is never. The column is compared as it is stored, which
/// is what its index is of. On SQLite half a second goes for what is lost between seconds and days.
pub(super) fn running(db: &Db, place: usize) -> String {
    if db.is_postgres() {
        format!("(l.expires = {EPOCH} OR l.expires > {EPOCH} + CAST(${place} AS BIGINT) * INTERVAL '1 second')")
    } else {
        let day = |seconds: &str| format!("({seconds} + 0.5) / 86400 + 2440587.5");
        format!("(l.expires < {} OR l.expires >= {})", day("0"), day(&format!("CAST(${place} AS REAL)")))
    }
}

/// The condition on whose contacts are wanted, and that they have not ended.
fn condition(db: &Db, whose: Whose<'_>, now: i64) -> Result<(String, Vec<Val>)> {
    let mut values = Vec::new();
    let condition = match whose {
        Whose::All => String::new(),
        Whose::Subscribers([]) => "1 = 0 AND ".to_owned(),
        Whose::Subscribers(subscribers) => {
            let filled = filled(subscribers)?;
            let place = |n: usize| format!("(${}, ${})", 2 * n + 1, 2 * n + 2);
            let places: Vec<String> = (0..filled.len()).map(place).collect();
            for (username, domain) in filled {
                values.extend([Val::from(username.as_str()), Val::from(domain.as_str())]);
            }
            // The rows of a list of pairs, as SQLite has no list of rows beside VALUES.
            format!("(l.username, l.domain) IN (VALUES {}) AND ", places.join(", "))
        }
    };
    values.push(now.into());
    let running = running(db, values.len());
    Ok((format!("{condition}{running}"), values))
}

/// The statement of a page, in the order in which contacts were first registered.
pub(super) fn page(db: &Db, whose: Whose<'_>, now: i64, offset: i64, limit: i64) -> Result<(String, Vec<Val>)> {
    let (condition, mut values) = condition(db, whose, now)?;
    let (columns, place) = (columns(db), values.len());
    values.extend([limit.into(), offset.into()]);
    let (limit, offset) = (place + 1, place + 2);
    let rows = format!("SELECT {columns} FROM location l WHERE {condition}");
    Ok((format!("{rows} ORDER BY l.id LIMIT ${limit} OFFSET ${offset}"), values))
}

/// The statement that counts, but not beyond `most`.
pub(super) fn count(db: &Db, whose: Whose<'_>, now: i64, most: i64) -> Result<(String, Vec<Val>)> {
    let (condition, mut values) = condition(db, whose, now)?;
    values.push(most.into());
    let place = values.len();
    Ok((format!("SELECT COUNT(*) FROM (SELECT 1 FROM location l WHERE {condition} LIMIT ${place}) counted"), values))
}

/// Filled up with repetitions, so that there are few different statements.
fn filled<T>(members: &[T]) -> Result<Vec<&T>> {
    let size = [1, 10, MOST_NAMED].into_iter().find(|size| *size >= members.len()).ok_or(Error::TooMany)?;
    Ok(members.iter().chain(members.last().into_iter().cycle()).take(size).collect())
}

/// Writes a contact: its name, the subscriber's user name and domain, contact, received, path, end in seconds since 1970,
/// q in thousandths, the call that registered it, the time, flags, user agent, socket.
pub(super) fn insert(db: &Db) -> String {
    let time = |place: u8| match db.is_postgres() {
        true => format!("{EPOCH} + CAST(${place} AS BIGINT) * INTERVAL '1 second'"),
        false => format!("CAST(${place} AS REAL) / 86400 + 2440587.5"),
    };
    format!(
        "INSERT INTO location (ruid, username, domain, contact, received, path, expires, q, callid, cseq, last_modified, \
         flags, cflags, user_agent, socket, methods, instance, reg_id, server_id, connection_id, keepalive, partition) \
         VALUES ($1, $2, $3, $4, $5, $6, {}, CAST($8 AS BIGINT) / 1000.0, $9, 1, {}, 0, $11, $12, $13, NULL, NULL, 0, 0, 0, \
         0, 0)",
        time(7),
        time(10)
    )
}
