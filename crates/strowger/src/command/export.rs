//! `strowger export`: numbers as CSV, page by page.

use std::io::Write;

use anyhow::Context as _;
use registry::id::PoolId;
use registry::number::{self, Filter};
use registry::page::{MOST, Page};
use registry::pool;

use crate::cli::ExportArgs;
use crate::context::Context;
use crate::output;

pub(super) async fn run(context: &Context, args: &ExportArgs) -> anyhow::Result<()> {
    let pool = match &args.pool {
        Some(text) => Some(pool::find(&mut context.db.reader(), text).await?.id),
        None => None,
    };
    let sink: Box<dyn Write> = match &args.file {
        Some(path) => Box::new(std::fs::File::create(path).with_context(|| format!("{}", path.display()))?),
        None => Box::new(std::io::stdout()),
    };
    let count = write(context, pool, sink).await?;
    if args.file.is_some() {
        output::note(&format!("{count} numbers written"));
    }
    Ok(())
}

async fn write(context: &Context, pool: Option<PoolId>, sink: Box<dyn Write>) -> anyhow::Result<u64> {
    let mut csv = csv::Writer::from_writer(sink);
    let columns = [
        "number",
        "state",
        "pool",
        "class",
        "account",
        "vendor",
        "order",
        "destination",
        "blocked_reason",
        "description",
    ];
    csv.write_record(columns)?;
    let bar = output::progress(None, "numbers");
    let filter = Filter { pool, ..Filter::default() };
    let mut page = Page::first(MOST);
    let mut count = 0;
    loop {
        let numbers = number::list(&mut context.db.reader(), &context.caller, &filter, page).await?;
        let Some(last) = numbers.last() else { break };
        page.after = last.id.0;
        for n in &numbers {
            let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
            csv.write_record([
                format!("+{}", n.digits),
                n.state.to_string(),
                id(n.pool_id.map(|i| i.0)),
                id(n.class_id.map(|i| i.0)),
                id(n.account_id.map(|i| i.0)),
                id(n.vendor_id.map(|i| i.0)),
                id(n.order_id.map(|i| i.0)),
                n.destination.clone().unwrap_or_default(),
                n.blocked_reason.clone().unwrap_or_default(),
                n.description.clone().unwrap_or_default(),
            ])?;
        }
        count += numbers.len() as u64;
        bar.set_position(count);
    }
    csv.flush()?;
    bar.finish_and_clear();
    Ok(count)
}
