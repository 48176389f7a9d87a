//! `strowger account`: resellers and customers.

use registry::account::{self, Account, NewAccount};
use registry::{Money, transaction};

use super::or_dash;
use crate::cli::AccountCommand;
use crate::context::Context;

pub(super) async fn run(context: &Context, command: AccountCommand) -> anyhow::Result<()> {
    let (caller, now, out) = (&context.caller, context.now(), context.output);
    match command {
        AccountCommand::List(paging) => {
            let accounts = account::list(&mut context.db.reader(), caller, paging.into()).await?;
            let headings =
                ["id", "name", "kind", "parent", "reseller", "status", "balance", "held", "credit limit", "currency"];
            out.list(headings, &accounts, |a| {
                [
                    a.id.to_string(),
                    a.name.clone(),
                    a.kind.to_string(),
                    or_dash(a.parent_id),
                    a.reseller_id.to_string(),
                    a.status.to_string(),
                    a.balance.to_string(),
                    a.held.to_string(),
                    or_dash(a.credit_limit),
                    a.currency.clone(),
                ]
            })
        }
        AccountCommand::Show { account } => {
            out.record(&account::find(&mut context.db.reader(), caller, &account).await?)
        }
        AccountCommand::Add { name, kind, parent, currency, credit_limit } => {
            let parent = account::find(&mut context.db.reader(), caller, &parent).await?;
            let new = NewAccount {
                parent_id: parent.id,
                kind: kind.parse()?,
                name,
                currency,
                credit_limit: credit_limit.as_deref().map(|text| Money::parse("credit_limit", text)).transpose()?,
            };
            let made = transaction!(context.db, |tx| account::create(tx, caller, now, &new).await)?;
            out.done(&made, &format!("account {} `{}` made", made.id, made.name))
        }
        AccountCommand::Pay { account, amount } => {
            let amount = Money::parse("amount", &amount)?;
            let id = account::find(&mut context.db.reader(), caller, &account).await?.id;
            let after = transaction!(context.db, |tx| account::pay(tx, caller, now, id, amount).await)?;
            out.done(&after, &balance(&after))
        }
        AccountCommand::Limit { account, amount } => {
            let limit = if amount == "none" { None } else { Some(Money::parse("amount", &amount)?) };
            let id = account::find(&mut context.db.reader(), caller, &account).await?.id;
            let after = transaction!(context.db, |tx| account::set_credit_limit(tx, caller, now, id, limit).await)?;
            out.done(&after, &balance(&after))
        }
        AccountCommand::Status { account, status } => {
            let status = status.parse()?;
            let id = account::find(&mut context.db.reader(), caller, &account).await?.id;
            let after = transaction!(context.db, |tx| account::set_status(tx, caller, now, id, status).await)?;
            out.done(&after, &format!("account {} `{}` is {}", after.id, after.name, after.status))
        }
    }
}

fn balance(account: &Account) -> String {
    format!(
        "account {} `{}`: balance {} {}, held {}, credit limit {}",
        account.id,
        account.name,
        account.balance,
        account.currency,
        account.held,
        or_dash(account.credit_limit)
    )
}
