//! The balance of prepaid accounts.

use registry::sip_account::balance::{self, Credit};

use super::SipId;
use crate::operation::{Cx, Outcome};
use crate::shown::{double, money, when};
use crate::soap::{Double, wire};

wire! {
    /// A voucher.
    PrepaidCard {
        /// Its id; 0: whichever has the number.
        id as "id": i64,
        /// Its code.
        number as "number": String,
    }
}

wire! {
    /// What a prepaid account has.
    PrepaidStatus {
        /// What is left.
        balance as "balance": Double,
    }
}

wire! {
    /// What has happened to a balance.
    CreditHistoryEntry {
        /// When.
        date as "date": String,
        /// What was done.
        action as "action": String,
        /// What it was for.
        description as "description": String,
        /// What was added; below zero: taken.
        value as "value": Double,
        /// What there was then.
        balance as "balance": Double,
        /// The call that was paid.
        session as "session": String,
    }
}

wire! {
    /// The history of a balance, the newest first.
    CreditHistory {
        /// What has happened.
        entries as "entries": Vec<CreditHistoryEntry>,
    }
}

impl From<Credit> for CreditHistoryEntry {
    fn from(credit: Credit) -> CreditHistoryEntry {
        CreditHistoryEntry {
            date: when(credit.at),
            action: credit.action,
            description: credit.description,
            value: double(credit.value),
            balance: double(credit.balance),
            session: credit.session,
        }
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, id: SipId, value: Double, description: String) -> Outcome<()> {
    let value = money("value", value)?;
    let found = id.found(cx).await?;
    balance::add(cx.tx, cx.caller, cx.now, found, value, &description).await?;
    Ok(())
}

pub(super) async fn redeem(cx: &mut Cx<'_>, id: SipId, card: PrepaidCard) -> Outcome<()> {
    let found = id.found(cx).await?;
    balance::redeem(cx.tx, cx.caller, cx.now, found, card.id, card.number.trim()).await?;
    Ok(())
}

/// One for each that is asked for: clients go by the place.
pub(super) async fn status(cx: &mut Cx<'_>, ids: Vec<SipId>) -> Outcome<Vec<PrepaidStatus>> {
    let addresses: Vec<(String, String)> = ids.iter().map(SipId::address).collect();
    let balances = balance::of_all(cx.tx, cx.caller, &addresses).await?;
    Ok(balances.into_iter().map(|known| PrepaidStatus { balance: double(known.unwrap_or_default()) }).collect())
}

pub(super) async fn history(cx: &mut Cx<'_>, id: SipId, count: i64) -> Outcome<CreditHistory> {
    let found = id.found(cx).await?;
    let count = if count > 0 { count } else { balance::MOST_CREDITS };
    let credits = balance::credits(cx.tx, cx.caller, found, count).await?;
    Ok(CreditHistory { entries: credits.into_iter().map(CreditHistoryEntry::from).collect() })
}
