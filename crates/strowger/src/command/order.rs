//! `strowger order`: what was ordered from vendors, and how doubts are settled.

use registry::id::OrderId;
use registry::order::{self, Filter, Order};
use registry::{clock, pool, transaction};
use serde::Serialize;

use super::number::digits;
use super::or_dash;
use crate::cli::OrderCommand;
use crate::context::Context;
use crate::output;

/// An order with the lines that came with it.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    order: Order,
    lines: Vec<order::Line>,
}

pub(super) async fn run(context: &Context, command: OrderCommand) -> anyhow::Result<()> {
    let (caller, now, out) = (&context.caller, context.now(), context.output);
    match command {
        OrderCommand::List { state, pool, paging } => {
            let mut tx = context.db.reader();
            let filter = match (state, pool) {
                (Some(state), _) => Filter::State(state.parse()?),
                (None, Some(pool)) => Filter::Pool(pool::find(&mut tx, &pool).await?.id),
                (None, None) => Filter::All,
            };
            let orders = order::list(&mut tx, caller, filter, paging.into()).await?;
            let headings =
                ["id", "at", "pool", "vendor", "group", "state", "ordered", "delivered", "to come", "message"];
            out.list(headings, &orders, |o| {
                [
                    o.id.to_string(),
                    clock::rfc3339(o.created_at),
                    o.pool_id.to_string(),
                    o.vendor_id.to_string(),
                    o.group_id.clone(),
                    o.state.to_string(),
                    o.quantity.to_string(),
                    o.delivered.to_string(),
                    o.pending.to_string(),
                    o.message.clone(),
                ]
            })
        }
        OrderCommand::Show { order } => {
            let mut tx = context.db.reader();
            let order = order::find(&mut tx, caller, &order).await?;
            let lines = order::lines(&mut tx, caller, order.id).await?;
            if out.json {
                return out.value(&Whole { order, lines });
            }
            out.record(&order)?;
            output::line("");
            out.list(["line", "outcome", "reason", "number"], &lines, |l| {
                [l.text.clone(), l.outcome.to_string(), l.reason.clone(), or_dash(l.number_id)]
            })
        }
        OrderCommand::Resolve { order, numbers, nothing: _, note } => {
            let id = find(context, &order).await?;
            let numbers = numbers.iter().map(|text| digits(context, text)).collect::<anyhow::Result<Vec<String>>>()?;
            let after = transaction!(context.db, |tx| order::resolve(tx, caller, now, id, &numbers, &note).await)?;
            out.done(&after, &format!("order {id} is resolved with {} numbers", after.delivered))
        }
        OrderCommand::Cancel { order, note } => {
            let id = find(context, &order).await?;
            let after = transaction!(context.db, |tx| order::cancel(tx, caller, now, id, &note).await)?;
            out.done(&after, &format!("order {id} is cancelled"))
        }
    }
}

async fn find(context: &Context, order: &str) -> anyhow::Result<OrderId> {
    Ok(order::find(&mut context.db.reader(), &context.caller, order).await?.id)
}
