//! `strowger export`: numbers as CSV or as lines of JSON, page by page.

use std::io::{BufWriter, Write};

use anyhow::Context as _;
use registry::id::PoolId;
use registry::number::{self, Filter, Number};
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
    let mut sheet = if context.output.json { Sheet::Json(BufWriter::new(sink)) } else { Sheet::csv(sink)? };
    let count = write(context, pool, &mut sheet).await?;
    if args.file.is_some() {
        output::note(&format!("{count} numbers written"));
    }
    Ok(())
}

/// What numbers are written on.
enum Sheet {
    Csv(Box<csv::Writer<Box<dyn Write>>>),
    Json(BufWriter<Box<dyn Write>>),
}

impl Sheet {
    fn csv(sink: Box<dyn Write>) -> anyhow::Result<Sheet> {
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
        Ok(Sheet::Csv(Box::new(csv)))
    }

    fn write(&mut self, n: &Number) -> anyhow::Result<()> {
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        match self {
            Sheet::Csv(csv) => csv.write_record([
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
            ])?,
            Sheet::Json(lines) => {
                serde_json::to_writer(&mut *lines, n)?;
                lines.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Sheet::Csv(csv) => csv.flush(),
            Sheet::Json(lines) => lines.flush(),
        }
    }
}

async fn write(context: &Context, pool: Option<PoolId>, sheet: &mut Sheet) -> anyhow::Result<u64> {
    let bar = output::progress(None, "numbers");
    let filter = Filter { pool, ..Filter::default() };
    let mut page = Page::first(MOST);
    let mut count = 0;
    loop {
        let numbers = number::list(&mut context.db.reader(), &context.caller, &filter, page).await?;
        let Some(last) = numbers.last() else { break };
        page.after = last.id.0;
        for n in &numbers {
            sheet.write(n)?;
        }
        count += numbers.len() as u64;
        bar.set_position(count);
    }
    sheet.flush()?;
    bar.finish_and_clear();
    Ok(count)
}
