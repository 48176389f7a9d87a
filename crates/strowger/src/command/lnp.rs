//! `strowger lnp`: files of ported numbers, all of one or nothing, in bounded memory; and who has a number.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use registry::id::LnpImportId;
use registry::lnp::import::{BATCH, LnpImport, State};
use registry::lnp::intake::Intake;
use registry::lnp::{self, period};
use registry::{record, transaction};

use crate::cli::{LnpCommand, LnpImportArgs};
use crate::context::Context;
use crate::output;

/// Bytes of the file that are read at a time.
const PIECE: usize = 256 << 10;

pub(super) async fn run(context: &Context, command: LnpCommand) -> anyhow::Result<()> {
    match command {
        LnpCommand::Import(args) => import(context, &args).await,
        LnpCommand::Lookup { number, at } => lookup(context, &number, at.as_deref()).await,
    }
}

async fn lookup(context: &Context, number: &str, at: Option<&str>) -> anyhow::Result<()> {
    let at = match at {
        Some(text) => period::start(text).with_context(|| format!("--at {text}: no time like 2026-01-31"))?,
        None => context.now(),
    };
    let digits = match context.config.system_dial_plan.to_e164(number) {
        Ok(number) => number.digits().to_owned(),
        // A list may have what is no number of E.164.
        Err(_) if lnp::number::is_number(number) => number.to_owned(),
        Err(error) => return Err(error).with_context(|| format!("number `{number}`")),
    };
    match lnp::lookup(&mut context.db.reader(), &digits, at).await? {
        Some(found) => context.output.record(&found),
        None => bail!("{digits} is not ported"),
    }
}

async fn import(context: &Context, args: &LnpImportArgs) -> anyhow::Result<()> {
    let (clock, caller) = (registry::Clock::System, &context.caller);
    let mut intake = Intake::begin(&context.db, &clock, caller, args.purge_existing).await?;
    let id = intake.id();
    let failure = match stage(&mut intake, args).await {
        Ok(true) if !args.dry_run => {
            intake.publish().await?;
            return publish(context, id).await;
        }
        Ok(true) => None,
        Ok(false) => {
            let (bad, rows) = (intake.bad(), intake.rows());
            Some(anyhow::anyhow!("{bad} of {rows} lines are bad; nothing was imported"))
        }
        Err(error) => Some(error),
    };
    let why = failure.as_ref().map_or_else(|| "dry run".to_owned(), |error| format!("{error:#}"));
    intake.give_up(&why).await?;
    finish(context, id, "removing what was staged").await?;
    match failure {
        Some(error) => Err(error),
        None => context.output.done(&why, "all lines are good; nothing was imported (dry run)"),
    }
}

/// Reads the file: whether all of it is good.
async fn stage(intake: &mut Intake, args: &LnpImportArgs) -> anyhow::Result<bool> {
    let path = &args.file;
    let mut file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
    let bar = output::progress(Some(file.metadata()?.len()), "reading (bytes)");
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece).with_context(|| format!("{}", path.display()))?;
        if read == 0 {
            break;
        }
        intake.feed(&piece[..read]).await?;
        say(intake);
        bar.inc(read as u64);
    }
    let good = intake.finish().await?;
    say(intake);
    Ok(good)
}

fn say(intake: &mut Intake) {
    for complaint in intake.complaints() {
        output::note(&complaint.to_string());
    }
}

/// Lends the job that publishes the file a hand.
async fn publish(context: &Context, id: LnpImportId) -> anyhow::Result<()> {
    let staged = state(context, id).await?.staged;
    let bar = output::progress(u64::try_from(staged).ok(), "publishing");
    let done = loop {
        let found = state(context, id).await?;
        bar.set_position(u64::try_from(found.published).unwrap_or_default());
        match found.state {
            State::Publishing => step(context, id).await?,
            State::Done => break found,
            State::Staging | State::Failed => bail!("import {id} is {}: {}", found.state, found.message),
        };
    };
    bar.finish_and_clear();
    finish(context, id, "removing the numbers that were there").await?;
    context.output.done(&done, &format!("{} ported numbers imported", done.published))
}

/// Does what is left of the import; a server may be doing the same.
async fn finish(context: &Context, id: LnpImportId, what: &'static str) -> anyhow::Result<()> {
    let bar = output::progress(None, what);
    while !step(context, id).await? {
        bar.inc(BATCH as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

async fn step(context: &Context, id: LnpImportId) -> anyhow::Result<bool> {
    let now = context.now();
    Ok(transaction!(context.db, |tx| lnp::step(tx, now, id).await)?)
}

async fn state(context: &Context, id: LnpImportId) -> anyhow::Result<LnpImport> {
    Ok(record::get(&mut context.db.reader(), &context.caller, id.0).await?)
}
