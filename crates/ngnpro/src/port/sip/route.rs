//! Routes: which carrier a call leaves by.

use registry::id::{PstnCarrierId, PstnRouteId};
use registry::pstn::{self, ROUTES, RouteEntry};
use registry::{listing, record};

use crate::operation::{Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::when;
use crate::soap::wire;

wire! {
    /// A route. What is not given stays as it is.
    Route {
        /// Its id, given by the server.
        id as "id": i64,
        /// Its carrier.
        carrier_id as "carrier_id": Option<i64>,
        /// What numbers begin with, 00 before the country code; empty: any. The longest is chosen.
        prefix as "prefix": Option<String>,
        /// Whose calls it is for; empty: anybody's.
        originator as "originator": Option<String>,
        /// The least is tried first.
        priority as "priority": Option<i64>,
        /// The name of its carrier.
        carrier as "carrier": String,
        /// The carrier's reseller.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which routes are wanted.
    RouteFilter {
        /// The one of that id.
        id as "id": i64,
        /// What numbers begin with, with wildcards.
        prefix as "prefix": String,
        /// Of that carrier.
        carrier_id as "carrier_id": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Routes.
    RouteQuery(RouteFilter) -> RouteList { routes as "routes": Route } by { "changeDate" as "modified_at", "prefix" as "prefix", "priority" as "priority" }
}

impl From<RouteEntry> for Route {
    fn from(RouteEntry { route, carrier }: RouteEntry) -> Route {
        Route {
            id: route.id.0,
            carrier_id: Some(route.carrier_id.0),
            prefix: Some(route.prefix),
            originator: Some(route.originator),
            priority: Some(route.priority),
            carrier,
            reseller: route.reseller_id.0,
            change_date: when(route.modified_at),
        }
    }
}

impl Route {
    fn over(self, before: pstn::Route) -> pstn::Route {
        pstn::Route {
            carrier_id: self.carrier_id.map_or(before.carrier_id, PstnCarrierId),
            prefix: self.prefix.unwrap_or(before.prefix),
            originator: self.originator.unwrap_or(before.originator),
            priority: self.priority.unwrap_or(before.priority),
            ..before
        }
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, given: Vec<Route>) -> Outcome<()> {
    let new = given.into_iter().map(|route| route.over(pstn::Route::default())).collect();
    pstn::add(cx.tx, cx.caller, cx.now, new).await?;
    Ok(())
}

pub(super) async fn update(cx: &mut Cx<'_>, given: Vec<Route>) -> Outcome<()> {
    pstn::check_count(given.len())?;
    let mut after = Vec::with_capacity(given.len());
    for route in given {
        let before = record::get(cx.tx, cx.caller, route.id).await?;
        after.push(route.over(before));
    }
    pstn::update(cx.tx, cx.caller, cx.now, after).await
}

pub(super) async fn delete(cx: &mut Cx<'_>, given: Vec<Route>) -> Outcome<()> {
    let ids: Vec<PstnRouteId> = given.iter().map(|route| PstnRouteId(route.id)).collect();
    pstn::remove(cx.tx, cx.caller, cx.now, &ids).await
}

pub(super) async fn list(cx: &mut Cx<'_>, query: RouteQuery) -> Outcome<RouteList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .id("id", filter.id)
        .name("prefix", &filter.prefix)
        .id("carrier_id", filter.carrier_id)
        .id("reseller_id", filter.reseller);
    let found = listing::page(cx.tx, cx.caller, &ROUTES, &query.of(filters)).await?;
    let routes = pstn::load_routes(cx.tx, &found.ids).await?.into_iter().map(Route::from).collect();
    Ok(RouteList { total: found.total.unwrap_or(0), routes })
}
