//! Lawful interception: whose calls are delivered to an authority, and where to.
//!
//! Administrators and logins for interception know of them, and nobody else: not the number's reseller, nor by a change
//! that the journal has. An interception is for the subscriber who has the number when it is ordered, and does not pass
//! to whoever has the number afterwards. It stays on the books when it ends, without its password.

use std::net::IpAddr;

use store::{Tx, args};

use crate::caller::{Caller, Role};
use crate::id::{self, AccountId, InterceptionId, SubscriberId};
use crate::journal;
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::seal::{Sealed, Sealer};
use crate::statement::statements;
use crate::{Error, Result};

/// Who may know of interceptions.
const LISTENERS: &[Role] = &[Role::Admin, Role::Intercept];

record! {
    /// An interception.
    Interception(InterceptionId) in "interceptions" called "interception" {
        /// 32 random hexadecimal digits.
        uuid: String,
        /// Whose calls are delivered.
        subscriber_id: SubscriberId,
        /// That subscriber's reseller.
        reseller_id: AccountId,
        /// The number that was ordered: digits of E.164 without a plus sign.
        number: String,
        /// What the authority calls it; once for a number.
        liid: String,
        /// Where the signalling goes: a name or an address.
        x2_host: String,
        /// The port there.
        x2_port: i64,
        /// Who logs in there.
        x2_user: Option<String>,
        /// What that one logs in with.
        #[serde(skip)]
        x2_password: Sealed,
        /// Whether the content is delivered too.
        x3_required: bool,
        /// Where the content goes: a name or an address.
        x3_host: Option<String>,
        /// The port there.
        x3_port: Option<i64>,
        /// When it ended, in microseconds since 1970 UTC.
        deleted_at: Option<i64>,
    }
}

/// The interceptions that have not ended.
pub static ALL: Source = Source {
    name: "interceptions",
    from: "interceptions t",
    fixed: "t.deleted_at IS NULL",
    reach: Reach { only: Some(LISTENERS), ..Reach::NOBODY },
    columns: &[
        Column::int("id", "t.id"),
        Column::text("number", "t.number"),
        Column::text("liid", "t.liid"),
        Column::text("x2_host", "t.x2_host"),
        Column::bool("x3_required", "t.x3_required"),
    ],
    tallies: &[],
};

statements! {
    HOLDER = "SELECT s.id, s.reseller_id FROM numbers n JOIN subscribers s ON s.id = n.subscriber_id WHERE n.digits = $1";
    END = "UPDATE interceptions SET deleted_at = $1, x2_password = NULL WHERE id = $2";
    OF_RESELLER = "SELECT id FROM interceptions WHERE reseller_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT 100";
}

impl Interception {
    /// What its password is sealed for.
    fn sealing_context(&self) -> String {
        format!("X2 password of interception {}", self.uuid)
    }

    /// What logs in where the signalling goes.
    ///
    /// # Errors
    /// [`Error::Internal`] where it was sealed with another key.
    pub fn password(&self, sealer: &Sealer) -> Result<Option<String>> {
        self.x2_password.open(sealer, &self.sealing_context())
    }

    fn seal(&mut self, sealer: &Sealer, password: Option<&str>) -> Result<()> {
        let password = password.filter(|password| !password.is_empty());
        self.x2_password = Sealed::new(sealer, &self.sealing_context(), password)?;
        Ok(())
    }
}

/// Orders an interception, with the password of its X2 user if that has one.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Dangling`] for a `number` that no subscriber has, [`Error::Taken`] for `liid`,
/// [`Error::Invalid`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    mut interception: Interception,
    password: Option<&str>,
) -> Result<Interception> {
    interception.uuid = id::uuid();
    interception.deleted_at = None;
    interception.seal(sealer, password)?;
    record::create(tx, caller, now, interception).await
}

/// Changes an interception. No password: it stays; an empty one: there is none any more.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    mut interception: Interception,
    password: Option<&str>,
) -> Result<Interception> {
    Interception::must_keep(caller)?;
    let before: Interception = record::hold(tx, caller, interception.id.0).await?;
    interception.uuid.clone_from(&before.uuid);
    match password {
        Some(_) => interception.seal(sealer, password)?,
        None => interception.x2_password = before.x2_password,
    }
    record::update(tx, caller, now, interception).await
}

/// Ends an interception.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: InterceptionId) -> Result<()> {
    Interception::must_keep(caller)?;
    let before: Interception = record::hold(tx, caller, id.0).await?;
    tx.execute(END, args![now, id]).await?;
    ALL.count(tx, id.0, &[], -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

/// Ends the interceptions of a reseller that ends.
pub(crate) async fn end_of_reseller(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<()> {
    loop {
        let rows = tx.query(OF_RESELLER, args![reseller]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            match delete(tx, caller, now, row.at(0)?).await {
                // Somebody else has ended it in this moment.
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
    }
}

/// Whether a text is an address or the name of a host.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let fits = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    // What ends in digits alone would be an address, and is none.
    let last = text.rsplit('.').next().unwrap_or_default();
    let named = text.len() <= 253 && text.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit());
    named || text.parse::<IpAddr>().is_ok()
}

/// Refuses what nothing can be delivered to; the place must be there where it is needed.
fn check_place(fields: [&'static str; 2], host: Option<&str>, port: Option<i64>, needed: bool) -> Result<()> {
    for (field, is_there) in fields.into_iter().zip([host.is_some(), port.is_some()]) {
        if needed && !is_there {
            return Err(Error::invalid(field, "Must be set if x3_required is set"));
        }
    }
    if host.is_some_and(|host| !is_host(host)) {
        return Err(Error::invalid(fields[0], "Must be the name or the address of a host"));
    }
    if port.is_some_and(|port| !(1..=65_535).contains(&port)) {
        return Err(Error::invalid(fields[1], "Value must be between 1 and 65535"));
    }
    Ok(())
}

#[async_trait::async_trait]
impl Kept for Interception {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "liid";

    fn must_keep(caller: &Caller) -> Result<()> {
        if LISTENERS.contains(&caller.role) {
            caller.must_write()
        } else {
            Err(Error::NotAllowed("only those who run the installation, or intercept, may do so".to_owned()))
        }
    }

    /// The operator's, so that no reseller finds it in the journal.
    fn account(&self) -> Option<AccountId> {
        None
    }

    fn is_listed(&self) -> bool {
        self.deleted_at.is_none()
    }

    async fn settle(&mut self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        check_place(["x2_host", "x2_port"], Some(&self.x2_host), Some(self.x2_port), false)?;
        check_place(["x3_host", "x3_port"], self.x3_host.as_deref(), self.x3_port, self.x3_required)?;
        (self.subscriber_id, self.reseller_id) = match before.filter(|before| before.number == self.number) {
            Some(before) => (before.subscriber_id, before.reseller_id),
            None => {
                let row = tx.query_opt(HOLDER, args![&self.number]).await?;
                let row = row.ok_or_else(|| Error::dangling("number", &self.number))?;
                (row.at(0)?, row.at(1)?)
            }
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for text in ["li.example.org", "localhost", "192.0.2.1", "2001:db8::1", "a-1.example", "4you.example"] {
            assert!(is_host(text), "{text}");
        }
        for text in
            ["", "li example", "-a.example", "a..b", "a.example.", "192.0.2.256", "1.2.3", "a:1", "a/b", "ä.example"]
        {
            assert!(!is_host(text), "{text}");
        }
    }
}
