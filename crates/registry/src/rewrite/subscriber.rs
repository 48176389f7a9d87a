//! The rules of a subscriber, and what its variables stand for.

use std::collections::BTreeSet;

use store::Tx;

use super::Variables;
use crate::Result;
use crate::id::RewriteSetId;
use crate::preference::{self, Level};
use crate::subscriber::{Held, Subscriber};

/// The preference that names a set.
const NAMED_BY: &str = "rewrite_rule_set";

/// Most variables that values are looked for.
const MOST_VARIABLES: usize = 50;

/// The set that applies to a subscriber: its own, else its domain's.
///
/// # Errors
/// Only those of the database.
pub async fn set_of(tx: &mut Tx, subscriber: &Subscriber) -> Result<Option<RewriteSetId>> {
    let id = texts(tx, subscriber, NAMED_BY).await?.first().and_then(|id| id.parse().ok());
    Ok(id.map(RewriteSetId))
}

/// The values of variables for a subscriber: `caller_` or `callee_` with the name of a preference is what is set for the
/// subscriber, else for its domain; `alias_list` stands for all of its numbers, and `cc` and `ac` for those of its primary
/// number where nothing is set. Others have none.
///
/// # Errors
/// Only those of the database.
pub async fn variables_of(tx: &mut Tx, subscriber: &Subscriber, names: &BTreeSet<&str>) -> Result<Variables> {
    let mut found = Variables::new();
    for name in names.iter().take(MOST_VARIABLES) {
        let Some(of) = name.strip_prefix("caller_").or_else(|| name.strip_prefix("callee_")) else { continue };
        let primary = subscriber.primary_number.as_ref().map(|held| &held.split);
        let values = match of {
            "alias_list" => {
                let digits = |held: &Held| format!("{}{}{}", held.split.cc, held.split.ac, held.split.sn);
                subscriber.primary_number.iter().chain(&subscriber.alias_numbers).map(digits).collect()
            }
            of => {
                let mut values = texts(tx, subscriber, of).await?;
                if values.is_empty() {
                    values.extend(match of {
                        "cc" => primary.map(|split| split.cc.clone()),
                        "ac" => primary.map(|split| split.ac.clone()),
                        _ => None,
                    });
                }
                values
            }
        };
        found.insert((*name).to_owned(), values);
    }
    Ok(found)
}

/// What is set of a preference for a subscriber, else for its domain.
async fn texts(tx: &mut Tx, subscriber: &Subscriber, attribute: &str) -> Result<Vec<String>> {
    let own = preference::texts(tx, Level::Subscriber, subscriber.id.0, attribute).await?;
    if own.is_empty() { preference::texts(tx, Level::Domain, subscriber.domain_id.0, attribute).await } else { Ok(own) }
}
