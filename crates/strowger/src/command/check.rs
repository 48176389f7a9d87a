//! `strowger check`: validates everything without starting.

use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;

use anyhow::Context as _;
use registry::MIGRATIONS;
use serde::Serialize;

use crate::config::Sources;
use crate::output::{self, Output};
use crate::{context, vendors};

/// One finding.
#[derive(Debug, Serialize)]
struct Finding {
    subject: String,
    ok: bool,
    message: String,
}

/// Prints what it finds, and ends with code 1 if anything is wrong.
pub(super) async fn run(sources: Sources, output: Output) -> anyhow::Result<ExitCode> {
    let config = context::configuration(sources)?;
    if let Some(owner) = other_owner(&config) {
        return as_user(owner).await;
    }
    let mut findings = Vec::new();
    let mut add = |subject: &str, result: Result<String, String>| {
        let (ok, message) = match result {
            Ok(message) => (true, message),
            Err(message) => (false, message),
        };
        findings.push(Finding { subject: subject.to_owned(), ok, message });
    };
    add("configuration", Ok(format!("{} keys", config.entries().len())));

    let loaded = vendors::load(&config);
    let conf = config.numbervendors_conf.display().to_string();
    if config.numbervendors_conf.exists() {
        add(&conf, Ok(format!("{} vendors", loaded.lines.len())));
    } else {
        add(&conf, Ok("not there: no vendors".to_owned()));
    }
    for problem in &loaded.problems {
        add("vendors", Err(problem.clone()));
    }
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    let user = user.map_or_else(|| nix::unistd::geteuid().to_string(), |user| user.name);
    for line in &loaded.lines {
        let subject = format!("vendor {}", line.key);
        let result = carriers::check_executable(line)
            .map(|_| format!("{} can be executed by {user}", line.method))
            .map_err(|message| format!("{} can't be executed by {user}: {message}", line.method));
        add(&subject, result);
    }
    if let Some(path) = &config.numbervendors_toml {
        add(&path.display().to_string(), carriers::shipped::check_settings(path).map(|()| "read".to_owned()));
    }
    add("keys", keys(&config));
    add("certificate", certificate(&config));
    add("database", database(&config).await);

    let failed = findings.iter().any(|finding| !finding.ok);
    if output.json {
        output.value(&findings)?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok   " } else { "WRONG" };
            output::line(&format!("{mark}  {}: {}", finding.subject, finding.message));
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The user and group of the server, where root checks for another: the owner of the data folder.
fn other_owner(config: &crate::config::Config) -> Option<(u32, u32)> {
    let meta = std::fs::metadata(&config.data_dir).ok()?;
    (nix::unistd::geteuid().is_root() && meta.uid() != 0).then(|| (meta.uid(), meta.gid()))
}

/// Checks as that user does: what root can read and execute says nothing about the server.
async fn as_user((user, group): (u32, u32)) -> anyhow::Result<ExitCode> {
    let program = std::env::current_exe().context("own program")?;
    let mut command = tokio::process::Command::new(program);
    let status = command.args(std::env::args_os().skip(1)).uid(user).gid(group).status().await;
    let status = status.with_context(|| format!("checking as user {user}, who owns the data folder"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn keys(config: &crate::config::Config) -> Result<String, String> {
    let path = &config.keys_file;
    if !path.exists() {
        return Ok(format!("{}: made at the first start", path.display()));
    }
    web::KeySet::load(path).map(|keys| format!("{}: id {}", path.display(), keys.id())).map_err(|e| e.to_string())
}

fn certificate(config: &crate::config::Config) -> Result<String, String> {
    match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => web::Identity::from_files(certificate, key)
            .and_then(|identity| identity.server_config(false))
            .map(|_| certificate.display().to_string())
            .map_err(|error| error.to_string()),
        _ => Ok("self-signed, in the data folder".to_owned()),
    }
}

async fn database(config: &crate::config::Config) -> Result<String, String> {
    let path = config.data_dir.join("strowger.db");
    if config.database_url.is_empty() && !path.exists() {
        return Ok(format!("{}: made at the first start", path.display()));
    }
    let db = context::open(config).map_err(|error| format!("{error:#}"))?;
    let pending = store::pending(&db, MIGRATIONS).await.map_err(|error| error.to_string())?;
    Ok(match pending.len() {
        0 => "reachable, schema up to date".to_owned(),
        n => format!("reachable, {n} steps of the schema to come: `strowger migrate` or the next start applies them"),
    })
}
