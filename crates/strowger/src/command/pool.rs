//! `strowger pool`: pools, their links to vendors, and what would be ordered for them.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::bail;
use carriers::Group;
use ordering::{Ordering, Plan, plan};
use registry::id::LinkId;
use registry::page::Page;
use registry::pool::{self, Pool, PoolSpec};
use registry::vendor_link::{self, Link, LinkSpec};
use registry::{Money, clock, number, refill, transaction, vendor};
use serde::Serialize;

use super::or_dash;
use crate::cli::{LinkArgs, PoolCommand, PoolSettings};
use crate::context::Context;
use crate::output;

/// A pool with what belongs to it.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    pool: Pool,
    free: i64,
    links: Vec<Link>,
    refills: Vec<refill::Refill>,
}

pub(super) async fn run(context: &Context, command: PoolCommand) -> anyhow::Result<()> {
    let (caller, now, out) = (&context.caller, context.now(), context.output);
    match command {
        PoolCommand::List(paging) => {
            let pools = pool::list(&mut context.db.reader(), paging.into()).await?;
            let headings =
                ["id", "name", "area code", "minimum", "maximum", "setup", "monthly", "currency", "quarantine days"];
            out.list(headings, &pools, |p| {
                [
                    p.id.to_string(),
                    p.name.clone(),
                    p.area_code.clone(),
                    p.minimum.to_string(),
                    p.maximum.to_string(),
                    p.setup_price.to_string(),
                    p.monthly_price.to_string(),
                    p.currency.clone(),
                    p.quarantine_days.to_string(),
                ]
            })
        }
        PoolCommand::Show { pool } => show(context, &pool).await,
        PoolCommand::Add { name, settings } => {
            let spec = with(context, PoolSpec { name, ..PoolSpec::default() }, &settings).await?;
            let made = transaction!(context.db, |tx| pool::create(tx, caller, now, &spec).await)?;
            out.done(&made, &format!("pool {} `{}` made", made.id, made.name))
        }
        PoolCommand::Set { pool, name, settings } => {
            let before = pool::find(&mut context.db.reader(), &pool).await?;
            let mut spec = with(context, PoolSpec::from(&before), &settings).await?;
            if let Some(name) = name {
                spec.name = name;
            }
            let after = transaction!(context.db, |tx| pool::update(tx, caller, now, before.id, &spec).await)?;
            out.done(&after, &format!("pool {} `{}` changed", after.id, after.name))
        }
        PoolCommand::Delete { pool } => {
            let found = pool::find(&mut context.db.reader(), &pool).await?;
            transaction!(context.db, |tx| pool::delete(tx, caller, now, found.id).await)?;
            out.done(&found, &format!("pool {} `{}` removed", found.id, found.name))
        }
        PoolCommand::Link(args) => link(context, &args).await,
        PoolCommand::Unlink { link } => {
            transaction!(context.db, |tx| vendor_link::delete(tx, caller, now, LinkId(link)).await)?;
            out.done(&link, &format!("link {link} removed"))
        }
        PoolCommand::Plan { pool, minimum } => plans(context, pool.as_deref(), minimum).await,
        PoolCommand::Classes => {
            let classes = pool::classes(&mut context.db.reader()).await?;
            out.list(["id", "name"], &classes, |c| [c.id.to_string(), c.name.clone()])
        }
        PoolCommand::AddClass { name } => {
            let made = transaction!(context.db, |tx| pool::create_class(tx, caller, now, &name).await)?;
            out.done(&made, &format!("number class {} `{}` made", made.id, made.name))
        }
    }
}

/// A specification with what the command line sets.
async fn with(context: &Context, mut spec: PoolSpec, settings: &PoolSettings) -> anyhow::Result<PoolSpec> {
    let s = settings;
    if let Some(class) = &s.class {
        spec.class_id = Some(pool::find_class(&mut context.db.reader(), class).await?);
    }
    for (given, slot) in [
        (&s.description, &mut spec.description),
        (&s.area_code, &mut spec.area_code),
        (&s.currency, &mut spec.currency),
    ] {
        if let Some(text) = given {
            slot.clone_from(text);
        }
    }
    for (field, given, slot) in [
        ("setup_price", &s.setup_price, &mut spec.setup_price),
        ("monthly_price", &s.monthly_price, &mut spec.monthly_price),
    ] {
        if let Some(text) = given {
            *slot = Money::parse(field, text)?;
        }
    }
    for (given, slot) in [
        (s.minimum, &mut spec.minimum),
        (s.maximum, &mut spec.maximum),
        (s.quarantine_days, &mut spec.quarantine_days),
        (s.max_per_order, &mut spec.max_per_order),
    ] {
        if let Some(count) = given {
            *slot = count;
        }
    }
    Ok(spec)
}

async fn show(context: &Context, text: &str) -> anyhow::Result<()> {
    let (out, mut tx) = (context.output, context.db.reader());
    let pool = pool::find(&mut tx, text).await?;
    let free = number::count_free(&mut tx, pool.id).await?;
    let links = vendor_link::of_pool(&mut tx, pool.id).await?;
    let refills = refill::of_pool(&mut tx, pool.id, Page::default()).await?;
    if out.json {
        return out.value(&Whole { pool, free, links, refills });
    }
    out.record(&pool)?;
    output::line(&format!("free now: {free}\n\nlinks"));
    out.list(["id", "priority", "vendor", "group", "name", "setup", "monthly", "currency"], &links, |l| {
        [
            l.id.to_string(),
            l.priority.to_string(),
            l.vendor.clone(),
            l.group_id.clone(),
            l.group_name.clone(),
            or_dash(l.setup_cost),
            or_dash(l.monthly_cost),
            l.currency.clone(),
        ]
    })?;
    output::line("\nrefills");
    out.list(["id", "at", "wanted", "state", "message"], &refills, |r| {
        [r.id.to_string(), clock::rfc3339(r.created_at), r.wanted.to_string(), r.state.to_string(), r.message.clone()]
    })
}

async fn link(context: &Context, args: &LinkArgs) -> anyhow::Result<()> {
    let (caller, now) = (&context.caller, context.now());
    let ordering = context.ordering().await?;
    let mut tx = context.db.reader();
    let pool = pool::find(&mut tx, &args.pool).await?;
    let vendor = vendor::find(&mut tx, &args.vendor).await?;
    let group = match (&args.group, args.unchecked) {
        (Some(id), true) => Group { id: id.clone(), name: String::new() },
        (wanted, _) => choose(wanted.as_deref(), &args.vendor, groups(&ordering, &args.vendor).await?)?,
    };
    let class_id = match &args.class {
        Some(text) => Some(pool::find_class(&mut tx, text).await?),
        None => None,
    };
    let cost = |field, text: &Option<String>| text.as_deref().map(|text| Money::parse(field, text)).transpose();
    let spec = LinkSpec {
        pool_id: pool.id,
        vendor_id: vendor.id,
        group_id: group.id,
        group_name: group.name,
        class_id,
        priority: args.priority,
        setup_cost: cost("setup_cost", &args.setup_cost)?,
        monthly_cost: cost("monthly_cost", &args.monthly_cost)?,
        currency: args.currency.clone(),
    };
    let made = transaction!(context.db, |tx| vendor_link::create(tx, caller, now, &spec).await)?;
    let sentence = format!(
        "link {}: pool {} is refilled from {} group {} `{}`, priority {}",
        made.id, pool.name, made.vendor, made.group_id, made.group_name, made.priority
    );
    context.output.done(&made, &sentence)
}

/// Asks a vendor for its groups.
pub(super) async fn groups(ordering: &Ordering, vendor: &str) -> anyhow::Result<Vec<Group>> {
    let Some((_, entry)) = ordering.vendors().find(vendor) else {
        bail!("the vendors' file names no vendor `{vendor}`");
    };
    let asking = output::during(format!("asking vendor {vendor} for its groups"), entry.carrier.groups());
    asking.await.map_err(|error| anyhow::anyhow!("vendor {vendor}: {error}"))
}

/// The group that was asked for, or the one that is chosen on the terminal.
fn choose(wanted: Option<&str>, vendor: &str, groups: Vec<Group>) -> anyhow::Result<Group> {
    let find = |id: &str| groups.iter().find(|group| group.id == id).cloned();
    if let Some(id) = wanted {
        let known: Vec<&str> = groups.iter().take(20).map(|group| group.id.as_str()).collect();
        return find(id).ok_or_else(|| {
            anyhow::anyhow!(
                "vendor {vendor} has no group `{id}`; it has {} (--unchecked links it all the same)",
                known.join(", ")
            )
        });
    }
    for group in &groups {
        output::note(&format!("{:>12}  {}", group.id, group.name));
    }
    if !std::io::stdin().is_terminal() {
        bail!("name one of vendor {vendor}'s groups");
    }
    output::note("Which group? ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    find(answer.trim()).ok_or_else(|| anyhow::anyhow!("vendor {vendor} has no group `{}`", answer.trim()))
}

async fn plans(context: &Context, wanted: Option<&str>, minimum: Option<u32>) -> anyhow::Result<()> {
    let ordering = context.ordering().await?;
    let mut tx = context.db.reader();
    let pools = match wanted {
        Some(text) => {
            let mut pool = pool::find(&mut tx, text).await?;
            pool.minimum = minimum.unwrap_or(pool.minimum);
            vec![pool]
        }
        None => pool::list(&mut tx, Page::first(registry::page::MOST)).await?,
    };
    let mut all = Vec::new();
    for pool in pools.iter().filter(|pool| wanted.is_some() || pool.minimum > 0) {
        let current = refill::current(&mut tx, pool.id).await?;
        all.push(plan(&ordering, &mut tx, pool, current.map(|r| r.id)).await?);
    }
    if context.output.json {
        return context.output.value(&all);
    }
    for plan in &all {
        describe(context, plan)?;
    }
    Ok(())
}

fn describe(context: &Context, plan: &Plan) -> anyhow::Result<()> {
    output::line(&format!(
        "pool {}: minimum {}, free {}, on order {}, in doubt past grace {}: {} to order",
        plan.pool, plan.minimum, plan.free, plan.on_order, plan.exposed, plan.missing
    ));
    if plan.not_before > 0 {
        output::line(&format!(
            "the last refill found no vendor; the next try is at {}",
            clock::rfc3339(plan.not_before)
        ));
    }
    if plan.steps.is_empty() {
        output::line("no vendor is linked to it: `strowger pool link`");
        return Ok(());
    }
    context.output.list(
        ["priority", "vendor", "group", "quantity", "cost", "currency", "remark"],
        &plan.steps,
        |s| {
            [
                s.priority.to_string(),
                s.vendor.clone(),
                s.group_id.clone(),
                s.quantity.to_string(),
                or_dash(s.cost),
                s.currency.clone(),
                s.because.clone().unwrap_or_default(),
            ]
        },
    )?;
    for (currency, total) in plan.total() {
        output::line(&format!("together {} {currency}", or_dash(total)));
    }
    Ok(())
}
