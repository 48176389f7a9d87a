//! `strowger check`: validates everything without starting.

use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;

use anyhow::Context as _;
use registry::setting;
use serde::Serialize;
use store::Db;
use web::{Identity, KeySet};

use crate::config::{Config, Sources};
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
    for problem in loaded.problems.iter().chain(&loaded.remarks) {
        add("vendors", Err(problem.clone()));
    }
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    let user = user.map_or_else(|| nix::unistd::geteuid().to_string(), |user| user.name);
    for line in &loaded.lines {
        let subject = format!("vendor {}", line.key);
        let result = carriers::check_executable(line)
            .map(|_| format!("{} can be executed by {user}", line.method))
            .map_err(|message| not_executable(&message, &subject, &user));
        add(&subject, result);
    }
    if let Some(path) = &config.numbervendors_toml {
        add(&path.display().to_string(), carriers::shipped::check_settings(path).map(|()| "read".to_owned()));
    }
    let keys = keys(&config);
    let id = keys.as_ref().ok().and_then(|keys| keys.as_ref()).map(KeySet::id);
    add(
        "keys",
        keys.map(|_| match &id {
            Some(id) => format!("{}: id {id}", config.keys_file.display()),
            None => format!("{}: made at the first start", config.keys_file.display()),
        }),
    );
    add("certificate", certificate(&config));
    if config.dns.listen.is_some() {
        let told = config.dns_settings().map(|dns| format!("{} secondaries", dns.secondaries.len()));
        add("name servers", told);
    }
    let (database, agreement) = output::during("asking the database", database(&config, id.as_deref())).await;
    add("database", database);
    if let Some(agreement) = agreement {
        add("keys of the database", agreement);
    }

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
fn other_owner(config: &Config) -> Option<(u32, u32)> {
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

/// The message about a plugin without the vendor, who is the finding's subject, and with the user by name.
fn not_executable(message: &str, subject: &str, user: &str) -> String {
    let message = message.strip_prefix(subject).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
    match message.strip_suffix("by this user") {
        Some(start) => format!("{start}by {user}"),
        None => format!("{message} (looked at as {user})"),
    }
}

/// The keys, if they were made already.
fn keys(config: &Config) -> Result<Option<KeySet>, String> {
    let path = &config.keys_file;
    path.exists().then(|| KeySet::load(path)).transpose().map_err(|error| error.to_string())
}

fn certificate(config: &Config) -> Result<String, String> {
    let (found, place) = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => {
            (Identity::from_files(certificate, key).map(Some), certificate.display().to_string())
        }
        _ => (Identity::found_in(&config.data_dir), "self-signed, in the data folder".to_owned()),
    };
    match found.and_then(|found| found.map(|identity| identity.server_config(false)).transpose()) {
        Ok(Some(_)) => Ok(place),
        Ok(None) => Ok(format!("{place}: made at the next start")),
        Err(error) => Err(error.to_string()),
    }
}

type Verdict = Result<String, String>;

/// Whether the database can be used, and whether these keys are its own where both are there.
async fn database(config: &Config, keys: Option<&str>) -> (Verdict, Option<Verdict>) {
    let db = match context::open_existing(config) {
        Ok(Some(db)) => db,
        Ok(None) => {
            return (Ok(format!("{}: made at the first start", context::sqlite_file(config).display())), None);
        }
        Err(error) => return (Err(format!("{error:#}")), None),
    };
    match context::pending(Some(&db)).await.map(|steps| steps.len()) {
        Err(error) => (Err(error.to_string()), None),
        Ok(0) => {
            let agreement = match keys {
                Some(id) => Some(agreement(&db, id).await),
                None => None,
            };
            (Ok("reachable, schema up to date".to_owned()), agreement)
        }
        Ok(steps) => {
            let still = "steps of the schema to come: `strowger migrate` or the next start applies them";
            (Ok(format!("reachable, {steps} {still}")), None)
        }
    }
}

/// Asks as a start does, in a transaction that is given up: nothing is written.
async fn agreement(db: &Db, id: &str) -> Verdict {
    let mut tx = db.begin().await.map_err(|error| error.to_string())?;
    let agreed = setting::agree_on_keys(&mut tx, id).await;
    drop(tx);
    agreed.map(|()| "the database accepts them".to_owned()).map_err(|error| error.to_string())
}
