//! Where calls leave for the telephone network: carriers with their gateways, what these do to numbers, and routes that
//! choose a carrier by the number that is called.
//!
//! All of it is a reseller's or the operator's. It is kept by administrators, and by resellers that are active and have the
//! property `pstn_access`. Numbers are in the form `00` and country code.

mod carrier;
mod gateway;
mod gateway_rule;
mod route;

use store::Tx;

pub use carrier::{CARRIERS, Carrier};
pub use gateway::{GATEWAYS, Gateway, GatewayEntry, PORT, TRANSPORTS, load_gateways};
pub use gateway_rule::{GATEWAY_RULES, GatewayRule, GatewayRuleEntry, load_rules};
pub use route::{MOST_AT_ONCE, ROUTES, Route, RouteEntry, add, check_count, load_routes, remove, update};

use crate::account::Kind;
use crate::caller::Caller;
use crate::dns::root;
use crate::id::AccountId;
use crate::listing::Source;
use crate::sip_account::rights::{self, PSTN_ACCESS};
use crate::statement::statements as declare;
use crate::{Error, Result, property, record};

/// Most digits of a number, `00` included.
pub const LONGEST_NUMBER: i64 = 32;

/// The lists of these modules.
pub(crate) const SOURCES: &[&Source] = &[&CARRIERS, &GATEWAYS, &GATEWAY_RULES, &ROUTES];

declare! {
    RULES_OF = "SELECT r.id FROM pstn_gateway_rules r WHERE r.reseller_id = $1 ORDER BY r.id LIMIT 100";
    GATEWAYS_OF = "SELECT g.id FROM pstn_gateways g WHERE g.reseller_id = $1 ORDER BY g.id LIMIT 100";
    ROUTES_OF = "SELECT r.id FROM pstn_routes r WHERE r.reseller_id = $1 ORDER BY r.id LIMIT 100";
    CARRIERS_OF = "SELECT c.id FROM pstn_carriers c WHERE c.reseller_id = $1 ORDER BY c.id LIMIT 100";
}

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, carrier::STATEMENTS, gateway::STATEMENTS].into_iter().flatten()
}

/// Refuses whoever may not keep carriers and peers at all.
pub(crate) fn must_keep(caller: &Caller) -> Result<()> {
    caller.must_be_reseller("keep trusted peers, carriers, gateways and routes")?;
    caller.must_write()
}

/// Refuses resellers that are not active or may not reach the telephone network.
pub(crate) async fn may_keep(tx: &mut Tx, caller: &Caller) -> Result<()> {
    root::may_create(tx, caller).await?;
    if rights::runs_all(caller) || property::is_set(tx, caller.account, PSTN_ACCESS).await? {
        return Ok(());
    }
    Err(Error::NotAllowed(format!("account {} needs the property {PSTN_ACCESS}", caller.account)))
}

/// The reseller, or the operator, that a field names.
async fn keep_reseller(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<()> {
    match rights::keep_account(tx, caller, "reseller_id", id).await?.kind {
        Kind::Operator | Kind::Reseller => Ok(()),
        _ => Err(Error::dangling("reseller_id", id)),
    }
}

/// Refuses a text that is too long.
pub(crate) fn check_text(field: &'static str, text: &str) -> Result<()> {
    if text.chars().count() > 255 || text.chars().any(char::is_control) {
        return Err(Error::invalid(field, "has more than 255 characters"));
    }
    Ok(())
}

/// Refuses a name that is none.
fn check_name(text: &mut String) -> Result<()> {
    *text = text.trim().to_owned();
    if text.is_empty() {
        return Err(Error::invalid("name", "must not be empty"));
    }
    check_text("name", text)
}

/// Refuses what is neither digits nor nothing.
pub(crate) fn check_digits(field: &'static str, text: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_digit() || "+*#".contains(c);
    if text.len() as i64 > LONGEST_NUMBER || !text.chars().all(fits) {
        return Err(Error::invalid(field, format!("`{text}` is not 0 to {LONGEST_NUMBER} digits")));
    }
    Ok(())
}

/// Refuses a number out of its range.
pub(crate) fn check_int(field: &'static str, value: i64, most: i64) -> Result<()> {
    if (0..=most).contains(&value) { Ok(()) } else { Err(Error::invalid(field, format!("{value} is not 0 to {most}"))) }
}

/// Removes what a reseller that ends has here.
pub(crate) async fn delete_of_reseller(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId) -> Result<()> {
    let system = &caller.elevated();
    record::delete_all::<GatewayRule>(tx, system, now, RULES_OF, id.0).await?;
    record::delete_all::<Gateway>(tx, system, now, GATEWAYS_OF, id.0).await?;
    record::delete_all::<Route>(tx, system, now, ROUTES_OF, id.0).await?;
    record::delete_all::<Carrier>(tx, system, now, CARRIERS_OF, id.0).await
}
