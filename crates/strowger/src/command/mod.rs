//! The commands, a file for each family.

mod account;
mod alert;
mod backup;
mod check;
mod dns;
mod export;
mod import;
mod journal;
mod lnp;
mod number;
mod order;
mod pool;
mod serve;
mod user;
mod vendor;

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command, MigrateArgs, Paging};
use crate::config::Config;
use crate::context::{self, Context};
use crate::output::{self, Output};

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let output = Output { json: cli.global.json };
    let sources = |flags| cli.global.sources(flags);
    match cli.command {
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "strowger", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Reference { which } => {
            output::line(&if which == "enswitch" { enswitch::reference() } else { crate::config::reference() });
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(args) => serve::run(context::configuration(sources(args.flags()))?).await,
        Command::Check => check::run(sources(Vec::new()), output).await,
        Command::Migrate(args) => migrate(context::configuration(sources(Vec::new()))?, &args, output).await,
        command => {
            let config = context::configuration(sources(Vec::new()))?;
            log_warnings(&config);
            let context = Context::new(config, output).await?;
            dispatch(command, &context).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn dispatch(command: Command, context: &Context) -> anyhow::Result<()> {
    match command {
        Command::Pool(command) => pool::run(context, command).await,
        Command::Vendor(command) => vendor::run(context, command).await,
        Command::Number(command) => number::run(context, command).await,
        Command::Lnp(command) => lnp::run(context, command).await,
        Command::Dns(command) => dns::run(context, command).await,
        Command::Order(command) => order::run(context, command).await,
        Command::Account(command) => account::run(context, command).await,
        Command::User(command) => user::run(context, command).await,
        Command::Alert(command) => alert::run(context, command).await,
        Command::Journal(args) => journal::run(context, &args).await,
        Command::Import(args) => import::run(context, &args).await,
        Command::Export(args) => export::run(context, &args).await,
        Command::Backup(args) => backup::run(context, &args).await,
        Command::Completions { .. }
        | Command::Reference { .. }
        | Command::Serve(_)
        | Command::Check
        | Command::Migrate(_) => Ok(()),
    }
}

/// What goes wrong inside a command is said on standard error.
fn log_warnings(config: &Config) {
    let filter = if config.log.filter == "info" { "error" } else { &config.log.filter };
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_default();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}

async fn migrate(config: Config, args: &MigrateArgs, output: Output) -> anyhow::Result<ExitCode> {
    if args.dry_run {
        let pending = context::pending(context::open_existing(&config)?.as_ref()).await?;
        let sentence = if pending.is_empty() { "the schema is up to date".to_owned() } else { pending.join("\n") };
        output.done(&pending, &sentence)?;
        return Ok(ExitCode::SUCCESS);
    }
    let db = context::open(&config)?;
    let preparing = context::prepare(&config, &db, &registry::Clock::System);
    let prepared = output::during("bringing the schema up to date", preparing).await?;
    let applied = &prepared.applied;
    let sentence = if applied.is_empty() {
        "the schema is up to date".to_owned()
    } else {
        format!("applied {}", applied.join(", "))
    };
    output.done(applied, &sentence)?;
    announce(&prepared);
    Ok(ExitCode::SUCCESS)
}

/// Shows the administrator's password where it was generated; it can't be shown again.
pub(crate) fn announce(prepared: &context::Prepared) {
    if let Some(password) = &prepared.generated_password {
        output::note(&format!("The first administrator is `administrator` with the password {password}"));
        output::note("It is not shown again; `strowger user password administrator` sets another.");
    }
}

impl From<Paging> for registry::page::Page {
    fn from(paging: Paging) -> registry::page::Page {
        registry::page::Page { after: paging.after, limit: paging.limit }
    }
}

/// What a table shows for something that may not be there.
fn or_dash<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
