//! Carriers of calls to the telephone network.

use registry::pstn;
use registry::record;

use crate::operation::{Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::{page, when};
use crate::soap::wire;

wire! {
    /// A carrier.
    Carrier {
        /// Its id, given by the server.
        id as "id": i64,
        /// Its name.
        name as "name": Option<String>,
        /// The reseller whose it is; 0 of a new one: the caller's own, or the platform.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which carriers are wanted.
    CarrierFilter {
        /// The one of that id.
        id as "id": i64,
        /// A name, with wildcards.
        name as "name": String,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Carriers.
    CarrierQuery(CarrierFilter) -> CarrierList { carriers as "carriers": Carrier } by { "changeDate" as "modified_at", "name" as "name" }
}

impl From<pstn::Carrier> for Carrier {
    fn from(carrier: pstn::Carrier) -> Carrier {
        Carrier {
            id: carrier.id.0,
            name: Some(carrier.name),
            reseller: carrier.reseller_id.0,
            change_date: when(carrier.modified_at),
        }
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, given: Carrier) -> Outcome<Carrier> {
    let reseller_id = cx.owner_of_new(0, given.reseller).await?;
    let name = given.name.unwrap_or_default();
    let new = pstn::Carrier { reseller_id, name, ..pstn::Carrier::default() };
    Ok(record::create(cx.tx, cx.caller, cx.now, new).await?.into())
}

pub(super) async fn update(cx: &mut Cx<'_>, given: Carrier) -> Outcome<()> {
    let before: pstn::Carrier = record::get(cx.tx, cx.caller, given.id).await?;
    let reseller_id = cx.owner_after(before.reseller_id, 0, given.reseller).await?;
    let after = pstn::Carrier { reseller_id, name: given.name.unwrap_or(before.name), ..before };
    record::update(cx.tx, cx.caller, cx.now, after).await?;
    Ok(())
}

pub(super) async fn delete(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
    record::delete::<pstn::Carrier>(cx.tx, cx.caller, cx.now, id).await?;
    Ok(())
}

pub(super) async fn list(cx: &mut Cx<'_>, query: CarrierQuery) -> Outcome<CarrierList> {
    let filters = Filters::default()
        .id("id", query.filter.id)
        .text("name", &query.filter.name)
        .id("reseller_id", query.filter.reseller);
    let (carriers, total) = page::<pstn::Carrier>(cx, &query.of(filters)).await?;
    Ok(CarrierList { total, carriers: carriers.into_iter().map(Carrier::from).collect() })
}
