//! The registrar's location table: who is registered where, as Kamailio 5.6 writes it (`location`, version 9).
//!
//! The table is the registrar's own, in a database of its own, which calls are routed by: what is asked here goes by the
//! registrar's own indexes, is bounded, and is ended by the server where it takes too long. Nothing of how the database
//! is kept is changed. Contacts are read from it; permanent ones, or ones that somebody else keeps alive, are written to
//! it. A registrar that keeps contacts in memory (`db_mode` 1 or 2) sees what is
//! written when it starts; one that asks the database (`db_mode` 3) at once. Domains must be in the table (`use_domain`).

mod sql;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use store::{Db, Row, Tx, Val};

/// How long the registrar's database may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Connections to a PostgreSQL database.
const CONNECTIONS: usize = 4;
/// Cache of a SQLite database, in MiB.
const CACHE: u32 = 4;
/// Flag of a contact that is behind a NAT (`FLB_NATB`).
const NAT: i64 = 1 << 6;
/// Most subscribers that contacts are asked for at a time: so few that PostgreSQL looks each up, however many contacts
/// there are.
pub const MOST_NAMED: usize = 100;
/// Most contacts that are counted, or passed over before a page.
pub const MOST_COUNTED: i64 = 100_000;

/// Why the table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No table is configured.
    #[error("no registrar is configured")]
    NotConfigured,
    /// It can't be reached now, or did not answer in time.
    #[error("the registrar's database can't be reached: {0}")]
    Unavailable(String),
    /// It answered that it can't do that.
    #[error("the registrar's database failed: {0}")]
    Failed(store::Error),
    /// More subscribers were named than are looked at at a time.
    #[error("more than {MOST_NAMED} subscribers")]
    TooMany,
    /// So many contacts are not passed over before a page.
    #[error("more than {MOST_COUNTED} contacts before the page")]
    TooFar,
    /// A text is longer than the table's column.
    #[error("{field} has more than {most} characters")]
    TooLong {
        /// The column.
        field: &'static str,
        /// How many characters it holds.
        most: usize,
    },
}

/// The result of asking the registrar.
pub type Result<T> = std::result::Result<T, Error>;

/// Where a subscriber is registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// The registrar's name for it; another one after each change from here.
    pub ruid: String,
    /// The subscriber's user name.
    pub username: String,
    /// The subscriber's domain.
    pub domain: String,
    /// The SIP URI of the phone.
    pub contact: String,
    /// The SIP URI that its registration came from, where that is another.
    pub received: Option<String>,
    /// The proxies between the registrar and the phone.
    pub path: Option<String>,
    /// When it ends, in seconds since 1970 UTC; none: never.
    pub expires: Option<i64>,
    /// Which contact is to be tried first, in thousandths: 0 to 1000.
    pub q: i64,
    /// Whether the phone is behind a NAT.
    pub nat: bool,
    /// What the phone says that it is.
    pub user_agent: String,
    /// The socket of the registrar that the registration came in on.
    pub socket: Option<String>,
}

impl Contact {
    /// Refuses texts that the table's columns don't hold. SQLite would take them, and the registrar cut them.
    fn check(&self) -> Result<()> {
        let held: [(&'static str, usize, &str); 7] = [
            ("username", 64, &self.username),
            ("domain", 64, &self.domain),
            ("contact", 512, &self.contact),
            ("received", 128, self.received.as_deref().unwrap_or_default()),
            ("path", 512, self.path.as_deref().unwrap_or_default()),
            ("user_agent", 255, &self.user_agent),
            ("socket", 64, self.socket.as_deref().unwrap_or_default()),
        ];
        match held.into_iter().find(|(_, most, text)| text.chars().count() > *most) {
            Some((field, most, _)) => Err(Error::TooLong { field, most }),
            None => Ok(()),
        }
    }
}

/// Whether a text names a socket of the registrar as it writes them: `proto:ip:port`, with an IPv6 address in brackets.
#[must_use]
pub fn is_socket(text: &str) -> bool {
    let Some((proto, address)) = text.split_once(':') else { return false };
    let known = ["udp", "tcp", "tls", "sctp", "ws", "wss"].contains(&proto);
    known && address.parse::<SocketAddr>().is_ok_and(|address| address.port() > 0)
}

/// Whose contacts are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Everybody's.
    All,
    /// Those of these subscribers, by user name and domain.
    Subscribers(&'a [(String, String)]),
}

/// A page of contacts.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the order in which they were first registered.
    pub contacts: Vec<Contact>,
    /// Whether there are others after them.
    pub more: bool,
}

/// The location table of a registrar, if one is configured.
#[derive(Debug)]
pub struct Locations {
    place: Option<Place>,
    db: Mutex<Option<Db>>,
}

enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Sqlite(path) => path.fmt(f),
            // Its URL may hold a password.
            Place::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

impl Locations {
    /// The table at a `postgres://` URL or in a SQLite file; empty: none. Nothing is opened yet: the registrar may start
    /// later.
    #[must_use]
    pub fn at(url: &str) -> Locations {
        let place = match url {
            "" => None,
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Some(Place::Postgres(url.to_owned()))
            }
            path => Some(Place::Sqlite(Path::new(path.strip_prefix("sqlite://").unwrap_or(path)).to_owned())),
        };
        Locations { place, db: Mutex::default() }
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.place.is_some()
    }

    fn db(&self) -> Result<Db> {
        let mut opened = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = &*opened {
            return Ok(db.clone());
        }
        let made = match &self.place {
            None => return Err(Error::NotConfigured),
            Some(Place::Sqlite(path)) => Db::sqlite_of_another(path, CACHE),
            Some(Place::Postgres(url)) => Db::postgres_within(url, CONNECTIONS, DEADLINE),
        };
        let db = made.map_err(of_store)?;
        *opened = Some(db.clone());
        Ok(db)
    }

    /// A page of contacts that have not ended at `now`, in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Failed`], [`Error::TooMany`], [`Error::TooFar`].
    pub async fn page(&self, whose: Whose<'_>, now: i64, offset: i64, limit: i64) -> Result<Page> {
        let db = self.db()?;
        if offset > MOST_COUNTED {
            return match self.count(whose, now).await? {
                Some(_) => Ok(Page { contacts: Vec::new(), more: false }),
                None => Err(Error::TooFar),
            };
        }
        let (sql, values) = sql::page(&db, whose, now, offset, limit.saturating_add(1))?;
        in_time(async {
            let rows = db.reader().query(&sql, &values).await?;
            let mut contacts = rows.iter().map(contact).collect::<store::Result<Vec<_>>>()?;
            let more = contacts.len() as i64 > limit;
            contacts.truncate(usize::try_from(limit).unwrap_or_default());
            Ok(Page { contacts, more })
        })
        .await
    }

    /// How many contacts have not ended at `now`; none where there are more than [`MOST_COUNTED`].
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Failed`], [`Error::TooMany`].
    pub async fn count(&self, whose: Whose<'_>, now: i64) -> Result<Option<i64>> {
        let db = self.db()?;
        let (sql, values) = sql::count(&db, whose, now, MOST_COUNTED + 1)?;
        let counted: i64 = in_time(async { db.reader().query_one(&sql, &values).await?.at(0) }).await?;
        Ok(Some(counted).filter(|counted| *counted <= MOST_COUNTED))
    }

    /// The contact of that name, unless it has ended at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Failed`].
    pub async fn get(&self, ruid: &str, now: i64) -> Result<Option<Contact>> {
        let db = self.db()?;
        in_time(find(&mut db.reader(), &db, ruid, now)).await
    }

    /// Writes a contact under a new name, in the place of the one that had the old name, and tells the new one. None
    /// where there is no contact of the old name any more. The same phone of the same subscriber is not there twice.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::Unavailable`], [`Error::Failed`].
    pub async fn put(&self, old: Option<&str>, contact: &Contact, now: i64) -> Result<Option<String>> {
        let db = self.db()?;
        contact.check()?;
        let ruid = format!("strowger-{:016x}", rand::random::<u64>());
        in_time(async {
            let mut tx = db.begin().await?;
            if let Some(old) = old
                && tx.execute(sql::DELETE, store::args![old]).await? == 0
            {
                return Ok(None);
            }
            let same = store::args![contact.username.as_str(), contact.domain.as_str(), contact.contact.as_str()];
            tx.execute(sql::DELETE_SAME, same).await?;
            let text = |text: &Option<String>| Val::from(text.as_deref());
            let values = [
                ruid.as_str().into(),
                contact.username.as_str().into(),
                contact.domain.as_str().into(),
                contact.contact.as_str().into(),
                text(&contact.received),
                text(&contact.path),
                contact.expires.unwrap_or(0).into(),
                contact.q.into(),
                format!("{ruid}@strowger").into(),
                now.into(),
                (if contact.nat { NAT } else { 0 }).into(),
                contact.user_agent.as_str().into(),
                text(&contact.socket),
            ];
            tx.execute(&sql::insert(&db), &values).await?;
            tx.commit().await?;
            Ok(Some(ruid.clone()))
        })
        .await
    }

    /// Removes a contact; false where there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Failed`].
    pub async fn remove(&self, ruid: &str) -> Result<bool> {
        let db = self.db()?;
        in_time(async {
            let mut tx = db.begin().await?;
            let removed = tx.execute(sql::DELETE, store::args![ruid]).await?;
            tx.commit().await?;
            Ok(removed > 0)
        })
        .await
    }
}

async fn find(tx: &mut Tx, db: &Db, ruid: &str, now: i64) -> store::Result<Option<Contact>> {
    let (columns, running) = (sql::columns(db), sql::running(db, 2));
    let sql = format!("SELECT {columns} FROM location l WHERE l.ruid = $1 AND {running}");
    tx.query_opt(&sql, store::args![ruid, now]).await?.as_ref().map(contact).transpose()
}

/// A row of the columns.
fn contact(row: &Row) -> store::Result<Contact> {
    let expires: i64 = row.at(6)?;
    let cflags: i64 = row.at(8)?;
    Ok(Contact {
        ruid: row.at(0)?,
        username: row.at(1)?,
        domain: row.at::<Option<String>>(2)?.unwrap_or_default(),
        contact: row.at(3)?,
        received: row.at::<Option<String>>(4)?.filter(|text| !text.is_empty()),
        path: row.at::<Option<String>>(5)?.filter(|text| !text.is_empty()),
        expires: (expires != 0).then_some(expires),
        q: row.at::<i64>(7)?.clamp(0, 1_000),
        nat: cflags & NAT != 0,
        user_agent: row.at(9)?,
        socket: row.at::<Option<String>>(10)?.filter(|text| !text.is_empty()),
    })
}

/// Waits for the registrar's database, but not for long.
async fn in_time<T>(work: impl Future<Output = store::Result<T>>) -> Result<T> {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(done) => done.map_err(of_store),
        Err(_) => Err(Error::Unavailable(format!("no answer within {} s", DEADLINE.as_secs()))),
    }
}

fn of_store(error: store::Error) -> Error {
    match error {
        store::Error::Unavailable(why) | store::Error::TimedOut(why) | store::Error::Retry(why) => {
            Error::Unavailable(why)
        }
        other => Error::Failed(other),
    }
}
