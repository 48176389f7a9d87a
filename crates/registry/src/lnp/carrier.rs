//! Carriers that numbers are ported to.

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{LnpCarrierId, LnpImportId};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, record};
use crate::statement::statements;
use crate::{Error, Result, ncos};

/// Most characters of a name and of a prefix.
pub const LONGEST: usize = 31;

record! {
    /// A carrier.
    Carrier(LnpCarrierId) in "lnp_carriers" called "lnp carrier" {
        /// Its name, unique.
        name: String,
        /// What is put before a number to reach it.
        prefix: String,
        /// Whether the list is all that there is to say about its numbers.
        authoritative: bool,
        /// Whether calls to it are left as they are.
        skip_rewrite: bool,
        /// The import that brings it along and has not been published; none: it is there for all to see.
        import_id: Option<LnpImportId>,
    }
}

/// The carriers that are there for all to see.
pub static ALL: Source = Source {
    name: "lnp carriers",
    from: "lnp_carriers t",
    fixed: "t.import_id IS NULL",
    reach: Reach::EVERYBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::text("name", "t.name"),
        Column::text("prefix", "t.prefix"),
        Column::bool("authoritative", "t.authoritative"),
        Column::bool("skip_rewrite", "t.skip_rewrite"),
    ],
    tallies: &[],
};

statements! {
    NAMED = "SELECT id, prefix, authoritative, skip_rewrite FROM lnp_carriers WHERE name = $1 AND import_id IS NULL";
    STAGED = "SELECT id, prefix, authoritative, skip_rewrite FROM lnp_carriers WHERE name = $1 AND import_id = $2";
    STAGE = "INSERT INTO lnp_carriers (name, prefix, authoritative, skip_rewrite, import_id) VALUES ($1, $2, $3, $4, $5) \
        RETURNING id";
    COMING = "SELECT 1 FROM lnp_carriers WHERE name = $1 AND import_id IS NOT NULL LIMIT 1";
    TAKEN = "SELECT s.name FROM lnp_carriers s JOIN lnp_carriers c ON c.name = s.name AND c.import_id IS NULL \
        WHERE s.import_id = $1 LIMIT 1";
    PUBLISH = "UPDATE lnp_carriers SET import_id = NULL WHERE import_id = $1 RETURNING id";
    FORGET = "DELETE FROM lnp_carriers WHERE import_id = $1";
}

#[async_trait::async_trait]
impl Kept for Carrier {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_admin("keep LNP carriers")
    }

    async fn settle(&mut self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let renamed = before.is_none_or(|before| before.name != self.name);
        if renamed && tx.query_opt(COMING, args![&self.name]).await?.is_some() {
            return Err(self.taken());
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        if ncos::names_carrier(tx, self.id.0).await? {
            return Err(Error::InUse { kind: "lnp carrier", key: self.id.to_string() });
        }
        Ok(())
    }
}

/// A carrier as a row of a file names it. What the row leaves open is as the carrier has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its prefix.
    pub prefix: Option<String>,
    /// Whether the list is all that there is to say about its numbers.
    pub authoritative: Option<bool>,
    /// Whether calls to it are left as they are.
    pub skip_rewrite: Option<bool>,
}

/// The carrier that a row of an import names; where there is none of that name, it is made and comes into sight when
/// the import is published.
///
/// # Errors
/// [`Error::Invalid`] where the carrier of that name is another than the row says.
pub(super) async fn staged(tx: &mut Tx, import: LnpImportId, named: &Named) -> Result<LnpCarrierId> {
    let known = match tx.query_opt(NAMED, args![&named.name]).await? {
        Some(row) => Some(row),
        None => tx.query_opt(STAGED, args![&named.name, import]).await?,
    };
    let Some(row) = known else {
        let prefix = named.prefix.as_deref().unwrap_or_default();
        let (authoritative, skip) = (named.authoritative.unwrap_or_default(), named.skip_rewrite.unwrap_or_default());
        return Ok(tx.query_one(STAGE, args![&named.name, prefix, authoritative, skip, import]).await?.at(0)?);
    };
    let (prefix, authoritative, skip): (String, bool, bool) = (row.at(1)?, row.at(2)?, row.at(3)?);
    let other = |what: &str, has: &str| {
        Err(Error::invalid("carrier_name", format!("the {what} of carrier `{}` is `{has}`", named.name)))
    };
    if named.prefix.as_ref().is_some_and(|said| *said != prefix) {
        return other("prefix", &prefix);
    }
    let flag = |on: bool| if on { "1" } else { "0" };
    if named.authoritative.is_some_and(|said| said != authoritative) {
        return other("flag authoritative", flag(authoritative));
    }
    if named.skip_rewrite.is_some_and(|said| said != skip) {
        return other("flag skip_rewrite", flag(skip));
    }
    Ok(row.at(0)?)
}

/// Brings the carriers of an import into sight.
///
/// # Errors
/// [`Error::Taken`] where another one has a name meanwhile.
pub(super) async fn publish(tx: &mut Tx, import: LnpImportId) -> Result<()> {
    if let Some(row) = tx.query_opt(TAKEN, args![import]).await? {
        return Err(Error::taken("lnp carrier", "name", row.at::<String>(0)?));
    }
    for row in tx.query(PUBLISH, args![import]).await? {
        ALL.count(tx, row.at(0)?, &[], 1);
    }
    Ok(())
}

/// Forgets the carriers of an import that failed, once its numbers are gone.
pub(super) async fn forget(tx: &mut Tx, import: LnpImportId) -> Result<()> {
    tx.execute(FORGET, args![import]).await?;
    Ok(())
}
