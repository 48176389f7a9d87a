//! `strowger user`: logins of people and programs. Passwords never stand on the command line.

use std::io::Read as _;

use anyhow::Context as _;
use registry::login::{self, Credentials};
use registry::{account, transaction};

use crate::cli::UserCommand;
use crate::context::{Context, random_password};
use crate::output;

pub(super) async fn run(context: &Context, command: UserCommand) -> anyhow::Result<()> {
    let (caller, now, out) = (&context.caller, context.now(), context.output);
    match command {
        UserCommand::List(paging) => {
            let logins = login::list(&mut context.db.reader(), caller, paging.into()).await?;
            out.list(["id", "username", "role", "account", "active"], &logins, |l| {
                [
                    l.id.to_string(),
                    l.username.clone(),
                    l.role.to_string(),
                    l.account_id.to_string(),
                    l.active.to_string(),
                ]
            })
        }
        UserCommand::Add { username, account, role, password_stdin } => {
            let role = role.parse()?;
            let account = account::find(&mut context.db.reader(), caller, &account).await?;
            let (credentials, generated) = credentials(&username, password_stdin).await?;
            let made = transaction!(context.db, |tx| {
                login::create(tx, caller, now, account.id, role, &credentials).await
            })?;
            out.done(&made, &format!("login `{username}` made for account {} `{}`", account.id, account.name))?;
            show_once(generated);
            Ok(())
        }
        UserCommand::Password { username, password_stdin } => {
            let (credentials, generated) = credentials(&username, password_stdin).await?;
            let after = transaction!(context.db, |tx| login::set_password(tx, caller, now, &credentials).await)?;
            out.done(&after, &format!("login `{username}` has a new password"))?;
            show_once(generated);
            Ok(())
        }
        UserCommand::Delete { username } => {
            transaction!(context.db, |tx| login::delete(tx, caller, now, &username).await)?;
            out.done(&username, &format!("login `{username}` removed"))
        }
    }
}

async fn credentials(username: &str, from_stdin: bool) -> anyhow::Result<(Credentials, Option<String>)> {
    let generated = (!from_stdin).then(random_password);
    let password = match &generated {
        Some(password) => password.clone(),
        None => {
            let mut text = String::new();
            std::io::stdin().take(10_000).read_to_string(&mut text).context("password from standard input")?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    let username = username.to_owned();
    let credentials = tokio::task::spawn_blocking(move || Credentials::new(&username, &password)).await??;
    Ok((credentials, generated))
}

fn show_once(generated: Option<String>) {
    if let Some(password) = generated {
        output::note(&format!("its password is {password} and is not shown again"));
    }
}
