//! `strowger user`: logins of people and programs. Passwords never stand on the command line.

use std::io::Read as _;

use anyhow::Context as _;
use registry::auth_token::{self, Holder};
use registry::login::{self, Credentials};
use registry::{account, otp, subscriber, transaction};

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
        UserCommand::Reset { username } => {
            let token = transaction!(context.db, |tx| {
                let holder = match login::named(tx, caller, &username).await {
                    Ok(login) => Holder::login(&login),
                    Err(registry::Error::NotFound { .. }) => Holder::subscriber(&subscriber_of(tx, &username).await?),
                    Err(other) => return Err(other),
                };
                auth_token::reset_for(tx, caller, now, &holder).await
            })?;
            let told = format!("a new password for `{username}` can be set once, within a day, with the token {token}");
            out.done(&serde_json::json!({ "username": username, "token": token }), &told)
        }
        UserCommand::ResetOtp { username } => {
            let there = transaction!(context.db, |tx| {
                match login::forget_second_factor(tx, caller, now, &username).await {
                    Err(registry::Error::NotFound { .. }) => {
                        let owner = otp::Owner::Subscriber(subscriber_of(tx, &username).await?.subscriber_id);
                        otp::forget(tx, caller, now, owner).await
                    }
                    done => done,
                }
            })?;
            let told = match there {
                true => format!("`{username}` has no second factor any more and sets up a new one with the next login"),
                false => format!("`{username}` had no second factor"),
            };
            out.done(&serde_json::json!({ "username": username, "forgotten": there }), &told)
        }
        UserCommand::Delete { username } => {
            transaction!(context.db, |tx| login::delete(tx, caller, now, &username).await)?;
            out.done(&username, &format!("login `{username}` removed"))
        }
    }
}

/// The subscriber that logs in as `user@domain`.
async fn subscriber_of(tx: &mut store::Tx, name: &str) -> registry::Result<subscriber::Candidate> {
    let not_found = || registry::Error::not_found("login", name);
    let (user, domain) = name.split_once('@').ok_or_else(not_found)?;
    match subscriber::candidate(tx, user, domain).await {
        Err(registry::Error::NotAuthenticated) => Err(not_found()),
        found => found,
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
