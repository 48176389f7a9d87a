//! `strowger import`: millions of numbers from a CSV file, all of them or none, in bounded memory.

mod rows;

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use registry::id::{ClassId, ImportId};
use registry::import::{self, BATCH, StagedRow, State};
use registry::{pool, transaction};
use rows::Rows;
use serde::Deserialize;

use crate::cli::ImportArgs;
use crate::context::Context;
use crate::output;

/// A row of the file.
#[derive(Debug, Deserialize)]
struct Row {
    number: String,
    class: Option<String>,
    description: Option<String>,
}

/// What is being imported, and what was found wrong with it.
struct Import<'a> {
    context: &'a Context,
    id: ImportId,
    pool: pool::Pool,
    classes: HashMap<String, ClassId>,
    /// Rows of the file.
    rows: u64,
    bad: u64,
}

pub(super) async fn run(context: &Context, args: &ImportArgs) -> anyhow::Result<()> {
    let (caller, now) = (&context.caller, context.now());
    let pool = pool::find(&mut context.db.reader(), &args.pool).await?;
    let id = transaction!(context.db, |tx| import::begin(tx, caller, now, pool.id).await)?;
    let mut import = Import { context, id, pool, classes: HashMap::new(), rows: 0, bad: 0 };
    let result = match import.stage(args).await {
        Ok(()) => import.check().await,
        Err(error) => Err(error),
    };
    let failure = match result {
        Ok(()) if import.bad == 0 && !args.dry_run => return import.publish().await,
        Ok(()) if import.bad == 0 => None,
        Ok(()) => Some(anyhow::anyhow!("{} of {} rows are bad; nothing was imported", import.bad, import.rows)),
        Err(error) => Some(error),
    };
    let why = failure.as_ref().map_or_else(|| "dry run".to_owned(), |error| format!("{error:#}"));
    transaction!(context.db, |tx| import::fail(tx, now, id, &why).await)?;
    import.finish(None).await?;
    match failure {
        Some(error) => Err(error),
        None => context.output.done(&why, "all rows are good; nothing was imported (dry run)"),
    }
}

impl Import<'_> {
    fn reject(&mut self, line: u64, message: &str) {
        self.bad += 1;
        output::note(&format!("line {line}: {message}"));
    }

    /// Reads the file and stages its good rows in short transactions.
    async fn stage(&mut self, args: &ImportArgs) -> anyhow::Result<()> {
        let path = &args.file;
        let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
        let bar = output::progress(Some(file.metadata()?.len()), "reading (bytes)");
        let (mut rows, names) = Rows::new(file)?;
        if !names.iter().any(|name| name == "number") {
            bail!(
                "{}: the first line must name the columns: number, and perhaps class and description",
                path.display()
            );
        }
        let mut batch = Vec::with_capacity(BATCH);
        while let Some((line, row)) = rows.next()? {
            self.rows += 1;
            let row = match row {
                Ok(record) => self.row(line, &record, &names).await?,
                Err(message) => Err(message),
            };
            match row {
                Ok(row) => batch.push(row),
                Err(message) => self.reject(line, &message),
            }
            if batch.len() == BATCH {
                self.stage_batch(&mut batch).await?;
                bar.set_position(rows.bytes());
            }
        }
        self.stage_batch(&mut batch).await?;
        bar.finish_and_clear();
        Ok(())
    }

    async fn row(
        &mut self,
        line: u64,
        record: &csv::StringRecord,
        headers: &csv::StringRecord,
    ) -> anyhow::Result<Result<StagedRow, String>> {
        let row: Row = match record.deserialize(Some(headers)) {
            Ok(row) => row,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let number = match self.context.config.system_dial_plan.to_e164(&row.number) {
            Ok(number) => number,
            Err(error) => return Ok(Err(format!("`{}`: {error}", row.number.escape_debug()))),
        };
        let class = match row.class.filter(|class| !class.is_empty()) {
            None => self.pool.class_id,
            Some(name) => match self.class(&name).await? {
                Some(class) => class,
                None => return Ok(Err(format!("there is no number class `{name}`"))),
            },
        };
        let description = row.description.filter(|text| !text.is_empty());
        if description.as_ref().is_some_and(|text| text.chars().count() > 1_000) {
            return Ok(Err("the description has more than 1000 characters".to_owned()));
        }
        let line = i64::try_from(line)?;
        Ok(Ok(StagedRow { line, digits: number.digits().to_owned(), class, description }))
    }

    async fn class(&mut self, name: &str) -> anyhow::Result<Option<ClassId>> {
        if let Some(class) = self.classes.get(name) {
            return Ok(Some(*class));
        }
        match pool::find_class(&mut self.context.db.reader(), name).await {
            Ok(class) => {
                self.classes.insert(name.to_owned(), class);
                Ok(Some(class))
            }
            Err(registry::Error::Invalid { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn stage_batch(&mut self, batch: &mut Vec<StagedRow>) -> anyhow::Result<()> {
        let (now, id) = (self.context.now(), self.id);
        let rows = std::mem::take(batch);
        let twice = transaction!(self.context.db, |tx| import::stage(tx, now, id, &rows).await)?;
        for line in &twice {
            self.reject(u64::try_from(*line)?, "the number is in the file twice");
        }
        Ok(())
    }

    /// Holds the staged rows against the registry.
    async fn check(&mut self) -> anyhow::Result<()> {
        let bar = output::progress(Some(self.rows), "checking");
        let mut after = String::new();
        loop {
            let (end, taken) = import::check(&mut self.context.db.reader(), self.id, &after).await?;
            for (line, digits) in taken {
                self.reject(u64::try_from(line)?, &format!("number {digits} is there already"));
            }
            let Some(end) = end else { break };
            after = end;
            bar.inc(BATCH as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Hands the rows over to the job that publishes them, and lends it a hand.
    async fn publish(&self) -> anyhow::Result<()> {
        let (caller, now, id) = (&self.context.caller, self.context.now(), self.id);
        transaction!(self.context.db, |tx| import::commit(tx, caller, now, id).await)?;
        self.finish(Some(output::progress(Some(self.rows), "publishing"))).await?;
        let done = import::get(&mut self.context.db.reader(), id).await?;
        if done.state != State::Done {
            bail!("import {id} is {}: {}", done.state, done.message);
        }
        let sentence = format!("{} numbers imported into pool {}", done.published, self.pool.name);
        self.context.output.done(&done, &sentence)
    }

    /// Does what is left of the import step by step; a server may be doing the same.
    async fn finish(&self, bar: Option<ProgressBar>) -> anyhow::Result<()> {
        loop {
            let (now, id) = (self.context.now(), self.id);
            if transaction!(self.context.db, |tx| import::step(tx, now, id).await)? {
                return Ok(());
            }
            if let Some(bar) = &bar {
                bar.inc(BATCH as u64);
            }
        }
    }
}
