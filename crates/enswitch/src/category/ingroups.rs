//! `ingroups/…`: inbound groups, which are the registry's pools.

use ordering::Mode;
use registry::id::PoolId;
use registry::page::{MOST, Page};
use registry::pool::{self, Pool};
use registry::{Result, number, vendor_link};
use serde_json::{Value, json};
use store::Tx;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;
use crate::function::{Function, ID, Kind, Outcome, Who, optional, required};
use crate::listing;

/// Most groups that are read for one answer.
const MOST_GROUPS: usize = 10_000;

const ROW: &str = "`{id, name, description, area_code, class, currency, setup_price, monthly_price}`; for administrators \
     also `minimum`, `maximum`, `quarantine_days` and `max_per_order`. Prices are decimal text";

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("ingroups/list", Who::Anyone, "The inbound groups, from which numbers are bought.", ROW, |call| {
        Box::pin(list(call))
    })
    .parameters(&[
        optional(
            "spare",
            Kind::Flag,
            "1: only groups from which a number can be bought: with free numbers or, in real-time mode and for callers who \
             are logged in, with a vendor that may have some.",
        ),
        optional("customer", ID, "Only checked: whoever gives it must be logged in and see that customer."),
    ])
    .ignored(&["callerid", "callerid_location", "ported", "signup"])
    .list(&["name", "description", "id"], Kind::Text(200), "Text in the name, the description or the area code."),
    Function::new("ingroups/get", Who::Anyone, "One inbound group.", ROW, |call| Box::pin(get(call)))
        .parameters(&[required("id", ID, "The inbound group.")]),
];

async fn list(call: &Call) -> Outcome {
    let mut tx = call.db().reader();
    call.named_customer(&mut tx).await?;
    let mut rows = Vec::new();
    let mut page = Page::first(MOST);
    loop {
        let pools = pool::list(&mut tx, page).await?;
        for pool in &pools {
            if !call.flag("spare") || has_spare(call, &mut tx, pool).await? {
                rows.push(row(call, pool));
            }
        }
        match pools.last() {
            Some(last) if pools.len() == MOST as usize => page.after = last.id.0,
            _ => return listing::answer(call, rows),
        }
        if rows.len() > MOST_GROUPS {
            return Err(Failure::wrong("search", format!("there are more than {MOST_GROUPS} groups")));
        }
    }
}

async fn has_spare(call: &Call, tx: &mut Tx, pool: &Pool) -> Result<bool> {
    if number::count_free_up_to(tx, pool.id, 1).await? > 0 {
        return Ok(true);
    }
    let vendors_are_asked = call.ordering().settings().mode == Mode::Realtime && call.anyone().is_some();
    Ok(vendors_are_asked && pool.minimum > 0 && !vendor_link::of_pool(tx, pool.id).await?.is_empty())
}

async fn get(call: &Call) -> Outcome {
    let id = call.id("id")?;
    let found = pool::get(&mut call.db().reader(), PoolId(id)).await?;
    Ok(Answer::Data(row(call, &found)))
}

fn row(call: &Call, pool: &Pool) -> Value {
    let mut row = json!({
        "id": pool.id,
        "name": pool.name,
        "description": pool.description,
        "area_code": pool.area_code,
        "class": pool.class_id,
        "currency": pool.currency,
        "setup_price": pool.setup_price,
        "monthly_price": pool.monthly_price,
    });
    if call.is_admin() {
        row["minimum"] = json!(pool.minimum);
        row["maximum"] = json!(pool.maximum);
        row["quarantine_days"] = json!(pool.quarantine_days);
        row["max_per_order"] = json!(pool.max_per_order);
    }
    row
}
