//! `strowger number`: search, buy, release, block.

use anyhow::Context as _;
use ordering::{Ordering, Purchase, Search};
use registry::number::{self, Filter, Number, Range};
use registry::page::Page;
use registry::{account, clock, journal, pool, reservation, transaction};

use super::or_dash;
use crate::cli::{NumberCommand, NumberFilter};
use crate::context::{Context, settings};
use crate::output;

pub(super) async fn run(context: &Context, command: NumberCommand) -> anyhow::Result<()> {
    let (caller, now, out) = (&context.caller, context.now(), context.output);
    match command {
        NumberCommand::List(filter) => list(context, &filter).await,
        NumberCommand::Show { number } => show(context, &number).await,
        NumberCommand::Search { pool, prefix, count } => search(context, &pool, prefix, count).await,
        NumberCommand::Add { pool, start, end, class, region } => {
            let mut tx = context.db.reader();
            let pool = pool::find(&mut tx, &pool).await?;
            let class = match class {
                Some(text) => Some(pool::find_class(&mut tx, &text).await?),
                None => None,
            };
            let start = digits(context, &start)?;
            let end = end.map(|end| digits(context, &end)).transpose()?.unwrap_or_else(|| start.clone());
            let range = Range { start, end, region, ..Range::default() };
            let ordering = Ordering::new(context.db.clone(), context.clock.clone(), settings(&context.config));
            let adding = ordering.enter_range(caller, pool.id, class, &range);
            let count = output::during("entering the numbers", adding).await?;
            out.done(&count, &format!("{count} numbers entered into pool {}", pool.name))
        }
        NumberCommand::Buy { number, account, pool, reference, dry_run } => {
            let buyer = account::find(&mut context.db.reader(), caller, &account).await?.id;
            let ordering = context.ordering().await?;
            let reference = reference.as_deref();
            if let Some(pool) = pool {
                let pool = pool::find(&mut context.db.reader(), &pool).await?;
                if dry_run {
                    let (mut tx, now) = (context.db.reader(), context.clock.now());
                    let price = registry::charge::quote(&mut tx, caller, now, buyer, &pool).await?;
                    return out.done(&price, &format!("a number would cost {price} {}", pool.currency));
                }
                let buying = ordering.purchase_any(caller, buyer, pool.id, reference);
                let bought = output::during("buying", buying).await?;
                return out.done(&bought, &format!("+{} is account {buyer}'s", bought.digits));
            }
            let digits = digits(context, &number.unwrap_or_default())?;
            if dry_run {
                let quote = output::during("asking for the price", ordering.quote(caller, buyer, &digits)).await?;
                let sentence = format!("+{digits} would cost {} {}", quote.price, quote.currency);
                return out.done(&quote, &sentence);
            }
            let buying = ordering.purchase(caller, buyer, &digits, reference);
            match output::during("buying", buying).await? {
                Purchase::Done(number) => out.done(&number, &format!("+{digits} is account {buyer}'s")),
                Purchase::Open(order) => {
                    let sentence = format!("order {} is {}: `strowger order show {}`", order.id, order.state, order.id);
                    out.done(&order, &sentence)
                }
            }
        }
        NumberCommand::Release { number } => {
            let digits = digits(context, &number)?;
            let released = context.ordering().await?.release(caller, &digits).await?;
            said(context, &released)
        }
        NumberCommand::Reserve { number, account, period } => {
            let digits = digits(context, &number)?;
            let buyer = account::find(&mut context.db.reader(), caller, &account).await?.id;
            let span: jiff::SignedDuration = period.parse().with_context(|| format!("--for {period}"))?;
            let until = now.saturating_add(i64::try_from(span.as_micros())?);
            let held = transaction!(context.db, |tx| number::reserve(tx, caller, now, &digits, buyer, until).await)?;
            said(context, &held)
        }
        NumberCommand::Reservations { account, paging } => {
            let mut tx = context.db.reader();
            let account = match &account {
                Some(text) => Some(account::find(&mut tx, caller, text).await?.id),
                None => None,
            };
            let reservations = reservation::list(&mut tx, caller, account, paging.into()).await?;
            out.list(["id", "number", "account", "state", "until", "made by"], &reservations, |r| {
                [
                    r.id.to_string(),
                    format!("+{}", r.digits),
                    r.account_id.to_string(),
                    r.state.to_string(),
                    clock::rfc3339(r.until),
                    r.made_by.clone(),
                ]
            })
        }
        NumberCommand::Block { number, reason } => {
            let digits = digits(context, &number)?;
            let blocked = transaction!(context.db, |tx| number::block(tx, caller, now, &digits, &reason).await)?;
            said(context, &blocked)
        }
        NumberCommand::Unblock { number } => {
            let digits = digits(context, &number)?;
            let free = transaction!(context.db, |tx| number::unblock(tx, caller, now, &digits).await)?;
            said(context, &free)
        }
        NumberCommand::Delete { number } => {
            let digits = digits(context, &number)?;
            let gone = transaction!(context.db, |tx| number::delete(tx, caller, now, &digits).await)?;
            said(context, &gone)
        }
    }
}

/// The digits of a number written in the system dial plan or with a plus sign.
pub(super) fn digits(context: &Context, text: &str) -> anyhow::Result<String> {
    let number = context.config.system_dial_plan.to_e164(text).with_context(|| format!("number `{text}`"))?;
    Ok(number.digits().to_owned())
}

fn said(context: &Context, number: &Number) -> anyhow::Result<()> {
    let until = number.until.map(|until| format!(" until {}", clock::rfc3339(until))).unwrap_or_default();
    let blocked = number.blocked_reason.as_ref().map(|reason| format!(", blocked: {reason}")).unwrap_or_default();
    context.output.done(number, &format!("+{} is {}{until}{blocked}", number.digits, number.state))
}

async fn list(context: &Context, filter: &NumberFilter) -> anyhow::Result<()> {
    let mut tx = context.db.reader();
    let pool = match &filter.pool {
        Some(text) => Some(pool::find(&mut tx, text).await?.id),
        None => None,
    };
    let account = match &filter.account {
        Some(text) => Some(account::find(&mut tx, &context.caller, text).await?.id),
        None => None,
    };
    let wanted = Filter {
        account,
        pool,
        state: filter.state.as_deref().map(str::parse).transpose()?,
        order: filter.order.map(registry::id::OrderId),
        blocked: filter.blocked,
        prefix: filter.prefix.clone(),
    };
    let numbers = number::list(&mut tx, &context.caller, &wanted, filter.paging.into()).await?;
    let headings = ["id", "number", "state", "pool", "account", "vendor", "order", "until", "blocked"];
    context.output.list(headings, &numbers, |n| {
        [
            n.id.to_string(),
            format!("+{}", n.digits),
            n.state.to_string(),
            or_dash(n.pool_id),
            or_dash(n.account_id),
            or_dash(n.vendor_id),
            or_dash(n.order_id),
            or_dash(n.until.map(clock::rfc3339)),
            or_dash(n.blocked_reason.as_ref()),
        ]
    })
}

async fn show(context: &Context, text: &str) -> anyhow::Result<()> {
    let digits = digits(context, text)?;
    let mut tx = context.db.reader();
    let found = number::get(&mut tx, &context.caller, &digits).await?;
    context.output.record(&found)?;
    if !context.output.json {
        let entries = journal::of_record(&mut tx, &context.caller, "numbers", found.id.0, Page::default()).await?;
        output::line("");
        context.output.list(["at", "who", "state", "account"], &entries, |e| {
            let field = |name: &str| match e.after.as_ref().and_then(|after| after.get(name)) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(serde_json::Value::Null) | None => "-".to_owned(),
                Some(other) => other.to_string(),
            };
            [clock::rfc3339(e.at), e.who.clone(), field("state"), field("account_id")]
        })?;
    }
    Ok(())
}

async fn search(context: &Context, pool: &str, prefix: String, count: u32) -> anyhow::Result<()> {
    let pool = pool::find(&mut context.db.reader(), pool).await?.id;
    let ordering = context.ordering().await?;
    let search = Search { pool, class: None, prefix, count, account: None };
    let found = output::during("searching", ordering.search(Some(&context.caller), &search)).await?;
    context.output.list(["number", "where"], &found, |a| {
        let place = match &a.place {
            ordering::Place::Stock => "stock".to_owned(),
            ordering::Place::Quarantine => "quarantine".to_owned(),
            ordering::Place::Vendor { vendor, .. } => format!("vendor {vendor}"),
        };
        [format!("+{}", a.digits), place]
    })
}
