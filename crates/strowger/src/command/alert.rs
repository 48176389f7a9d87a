//! `strowger alert`: what a person should look at.

use registry::{alert, clock, transaction};

use crate::cli::AlertCommand;
use crate::context::Context;

pub(super) async fn run(context: &Context, command: AlertCommand) -> anyhow::Result<()> {
    let (caller, now, out) = (&context.caller, context.now(), context.output);
    match command {
        AlertCommand::List(paging) => {
            let alerts = alert::list(&mut context.db.reader(), caller, paging.into()).await?;
            out.list(["id", "since", "kind", "about", "message"], &alerts, |a| {
                [
                    a.id.to_string(),
                    clock::rfc3339(a.created_at),
                    a.kind.to_string(),
                    a.subject.clone(),
                    a.message.clone(),
                ]
            })
        }
        AlertCommand::Close { alert } => {
            transaction!(context.db, |tx| alert::close(tx, caller, now, alert).await)?;
            out.done(&alert, &format!("alert {alert} closed"))
        }
    }
}
