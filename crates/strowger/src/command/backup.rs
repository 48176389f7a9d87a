//! `strowger backup`: a copy of the database, and of the keys without which parts of it can't be read.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::cli::BackupArgs;
use crate::context::Context;
use crate::output;

pub(super) async fn run(context: &Context, args: &BackupArgs) -> anyhow::Result<()> {
    let folder = &args.folder;
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("{}: a backup goes into a folder that does not exist yet", folder.display()))?;
    let copied = copy(context, folder).await;
    if copied.is_err() {
        // What is there is no backup, and would stand in the way of the next try.
        std::fs::remove_dir_all(folder).ok();
    }
    let file = copied?;
    let size = std::fs::metadata(&file).map(|meta| meta.len()).unwrap_or(0);
    context.output.done(
        &serde_json::json!({ "database": file, "bytes": size }),
        &format!("{} ({size} bytes) and the keys are in {}", file.display(), folder.display()),
    )
}

/// Copies database and keys; returns the database's file.
async fn copy(context: &Context, folder: &Path) -> anyhow::Result<PathBuf> {
    let bar = output::progress(None, "database");
    let file = if context.db.is_postgres() {
        let file = folder.join("strowger.dump");
        dump(context.config.database_url.reveal(), &file).await?;
        file
    } else {
        let file = folder.join("strowger.db");
        context.db.backup(&file).await?;
        file
    };
    bar.finish_and_clear();
    let keys = &context.config.keys_file;
    if keys.exists() {
        std::fs::copy(keys, folder.join("keys")).with_context(|| format!("{}", keys.display()))?;
    } else {
        output::note("there are no keys yet; the first `strowger serve` makes them");
    }
    Ok(file)
}

/// PostgreSQL is dumped by its own tool. The password travels in the environment, where other users can't see it.
async fn dump(url: &str, file: &Path) -> anyhow::Result<()> {
    let (url, password) = without_password(url);
    let mut command = tokio::process::Command::new("pg_dump");
    command.arg("--format=custom").arg("--file").arg(file).arg("--dbname").arg(url).stdin(Stdio::null());
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    let status = command.status().await.context("pg_dump (Debian package postgresql-client) can't be started")?;
    if !status.success() {
        bail!("pg_dump ended with {status}");
    }
    Ok(())
}

fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let Some((user, host)) = rest.rsplit_once('@') else { return (url.to_owned(), None) };
    match user.split_once(':') {
        Some((user, password)) => (format!("{scheme}://{user}@{host}"), Some(percent_decoded(password))),
        None => (url.to_owned(), None),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
