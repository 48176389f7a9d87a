//! Finding SIP accounts by their addresses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use store::{Tx, Val};

use super::NOUN;
use crate::caller::Caller;
use crate::id::{DomainId, SubscriberId};
use crate::listing::{self, MOST_VALUES};
use crate::subscriber::SUBSCRIBERS;
use crate::{Error, Result, sip_domain};

/// The SIP account of an address, if the caller may see it. Names are in lower case, unless another door has made one that
/// is not: that is found as it is written.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, caller: &Caller, username: &str, domain: &str) -> Result<SubscriberId> {
    let address = (username.to_owned(), domain.to_owned());
    let found = find_all(tx, caller, std::slice::from_ref(&address)).await?.pop().flatten();
    found.ok_or_else(|| Error::not_found(NOUN, format!("{username}@{domain}")))
}

/// The SIP accounts of addresses, user name and domain, in their order; none for those that the caller does not see.
///
/// # Errors
/// Only those of the database.
pub async fn find_all(
    tx: &mut Tx,
    caller: &Caller,
    addresses: &[(String, String)],
) -> Result<Vec<Option<SubscriberId>>> {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (username, domain) in addresses {
        let names = wanted.entry(domain.trim().to_ascii_lowercase()).or_default();
        names.extend([username.clone(), username.to_ascii_lowercase()]);
    }
    let mut found: HashMap<String, HashMap<String, i64>> = HashMap::new();
    for (domain, names) in wanted {
        let Some(id) = sip_domain::by_name(tx, &domain).await?.map(|domain| domain.id) else { continue };
        let names: Vec<String> = names.into_iter().collect();
        let mut ids = HashMap::new();
        for some in names.chunks(MOST_VALUES) {
            ids.extend(of_names(tx, id, some).await?);
        }
        found.insert(domain, ids);
    }
    let ids: BTreeSet<i64> = found.values().flat_map(HashMap::values).copied().collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let seen: BTreeSet<i64> = listing::seen(tx, caller, &SUBSCRIBERS, &ids).await?.into_iter().collect();
    let of = |(username, domain): &(String, String)| {
        let names = found.get(&domain.trim().to_ascii_lowercase())?;
        let id = names.get(username).or_else(|| names.get(&username.to_ascii_lowercase()))?;
        seen.contains(id).then_some(SubscriberId(*id))
    };
    Ok(addresses.iter().map(of).collect())
}

async fn of_names(tx: &mut Tx, domain: DomainId, names: &[String]) -> Result<Vec<(String, i64)>> {
    // Filled up with repetitions, so that there are few different statements.
    let size = [1, 2, 10, MOST_VALUES].into_iter().find(|size| *size >= names.len()).unwrap_or(MOST_VALUES);
    let Some(last) = names.last() else { return Ok(Vec::new()) };
    let places: Vec<String> = (2..size + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT username, id FROM subscribers WHERE domain_id = $1 AND username IN ({}) AND status <> 'terminated'",
        places.join(", ")
    );
    let filled = names.iter().chain(std::iter::repeat(last)).take(size).map(|name| Val::from(name.as_str()));
    let values: Vec<Val> = std::iter::once(Val::from(domain)).chain(filled).collect();
    tx.query(&sql, &values).await?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}
