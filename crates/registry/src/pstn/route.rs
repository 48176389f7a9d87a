//! Routes: which carrier a call leaves by.
//!
//! Of the routes that are for a number and for whoever calls, those with the longest prefix come first, and among them
//! those with the least priority.

use store::Tx;

use super::carrier::Carrier;
use super::{check_digits, check_int, check_text, may_keep, must_keep};
use crate::caller::Caller;
use crate::id::{AccountId, PstnCarrierId, PstnRouteId};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::{Error, Result};

/// Most routes that are made, changed or removed at a time.
pub const MOST_AT_ONCE: usize = 1_000;
/// The greatest priority.
const LAST: i64 = 1_000_000;

record! {
    /// A route.
    Route(PstnRouteId) in "pstn_routes" called "route" {
        /// The carrier.
        carrier_id: PstnCarrierId,
        /// The carrier's reseller.
        reseller_id: AccountId,
        /// What a number begins with that it is for; empty: any.
        prefix: String,
        /// Whose calls it is for; empty: anybody's.
        originator: String,
        /// The least is tried first.
        priority: i64,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// A route with its carrier's name.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteEntry {
    /// The route.
    pub route: Route,
    /// The name of its carrier.
    pub carrier: String,
}

/// All routes.
pub static ROUTES: Source = Source {
    name: "PSTN routes",
    from: "pstn_routes t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("carrier_id", "t.carrier_id"),
        Column::text("prefix", "t.prefix"),
        Column::text("originator", "t.originator"),
        Column::int("priority", "t.priority"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

/// For several routes at a time.
const CARRIER_NAMES: &str =
    "SELECT t.id, c.name FROM pstn_routes t JOIN pstn_carriers c ON c.id = t.carrier_id WHERE t.id IN ({ids})";

/// The routes of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load_routes(tx: &mut Tx, ids: &[i64]) -> Result<Vec<RouteEntry>> {
    let routes: Vec<Route> = record::load(tx, ids).await?;
    let mut names = std::collections::HashMap::new();
    for row in listing::for_ids(tx, CARRIER_NAMES, ids).await? {
        names.insert(row.at::<i64>(0)?, row.at::<String>(1)?);
    }
    let entry = |route: Route| Some(RouteEntry { carrier: names.remove(&route.id.0)?, route });
    Ok(routes.into_iter().filter_map(entry).collect())
}

/// Refuses more routes than may be given at a time.
///
/// # Errors
/// [`Error::Invalid`] for `routes`.
pub fn check_count(count: usize) -> Result<()> {
    if count > MOST_AT_ONCE {
        return Err(Error::invalid("routes", format!("there are more than {MOST_AT_ONCE} routes")));
    }
    Ok(())
}

/// Makes routes, all of them or none.
///
/// # Errors
/// [`Error::Taken`] where a carrier has one for the prefix and the originator; [`Error::Dangling`] for `carrier_id`;
/// [`Error::Invalid`]; [`Error::NotAllowed`].
pub async fn add(tx: &mut Tx, caller: &Caller, now: i64, routes: Vec<Route>) -> Result<Vec<Route>> {
    check_count(routes.len())?;
    let mut made = Vec::with_capacity(routes.len());
    for route in routes {
        made.push(record::create(tx, caller, now, route).await?);
    }
    Ok(made)
}

/// Puts routes in the place of those with their ids, all of them or none.
///
/// # Errors
/// [`Error::NotFound`]; as [`add`].
pub async fn update(tx: &mut Tx, caller: &Caller, now: i64, routes: Vec<Route>) -> Result<()> {
    check_count(routes.len())?;
    for route in routes {
        record::update(tx, caller, now, route).await?;
    }
    Ok(())
}

/// Removes routes, all of them or none.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub async fn remove(tx: &mut Tx, caller: &Caller, now: i64, ids: &[PstnRouteId]) -> Result<()> {
    check_count(ids.len())?;
    for id in ids {
        record::delete::<Route>(tx, caller, now, id.0).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl Kept for Route {
    const LIST: &'static Source = &ROUTES;
    const UNIQUE: &'static str = "prefix";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("pstn_carriers", "carrier_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        may_keep(tx, caller).await?;
        (self.prefix, self.originator) = (self.prefix.trim().to_owned(), self.originator.trim().to_owned());
        check_digits("prefix", &self.prefix)?;
        check_text("originator", &self.originator)?;
        check_int("priority", self.priority, LAST)?;
        self.reseller_id =
            record::keep_named_by::<Carrier>(tx, caller, "carrier_id", self.carrier_id.0).await?.reseller_id;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        may_keep(tx, caller).await
    }
}
