//! Speed dials: what the short codes `*0` to `*9` of a subscriber dial.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::{Service, Whose};
use crate::call_forward::destination;
use crate::id::SubscriberId;
use crate::seal::Sealer;
use crate::statement::statements;
use crate::{Error, Result, listing};

statements! {
    INSERT = "INSERT INTO speed_dials (subscriber_id, slot, position, destination) VALUES ($1, $2, $3, $4)";
    DELETE = "DELETE FROM speed_dials WHERE subscriber_id = $1";
}

const MANY: &str = "SELECT subscriber_id, slot, destination FROM speed_dials WHERE subscriber_id IN ({ids}) \
    ORDER BY subscriber_id, position";

/// What one short code dials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeedDial {
    /// `*0` to `*9`.
    pub slot: String,
    /// The SIP URI; as input also a number or a user part in the subscriber's domain.
    pub destination: String,
}

/// The speed dials of a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpeedDials {
    /// In the order in which they were given.
    pub speeddials: Vec<SpeedDial>,
}

#[async_trait::async_trait]
impl Service for SpeedDials {
    const KIND: &'static str = "speed_dials";

    fn settle(&mut self, owner: &Whose<'_>, _before: &Self, _now: i64) -> Result<()> {
        let mut seen = HashSet::new();
        for dial in &mut self.speeddials {
            let known =
                dial.slot.strip_prefix('*').is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit());
            if !known {
                return Err(Error::invalid("slot", format!("`{}` is not one of *0 to *9", dial.slot)));
            }
            if !seen.insert(dial.slot.clone()) {
                return Err(Error::Taken { kind: "speed dial", field: "slot", value: dial.slot.clone() });
            }
            dial.destination = destination::address(&dial.destination, &owner.0.domain)?;
            if dial.destination.chars().count() > 192 {
                return Err(Error::invalid("destination", "a destination has at most 192 characters"));
            }
        }
        Ok(())
    }

    async fn read(tx: &mut Tx, _sealer: &Sealer, ids: &[i64]) -> Result<HashMap<i64, Self>> {
        let mut found: HashMap<i64, SpeedDials> = HashMap::new();
        for row in listing::for_ids(tx, MANY, ids).await? {
            let dials = found.entry(row.at(0)?).or_default();
            let dial = SpeedDial { slot: row.at(1)?, destination: row.at(2)? };
            // A batch of ids is filled up with repetitions.
            if !dials.speeddials.contains(&dial) {
                dials.speeddials.push(dial);
            }
        }
        Ok(found)
    }

    async fn write(&self, tx: &mut Tx, _sealer: &Sealer, owner: &Whose<'_>) -> Result<()> {
        let id = owner.0.id;
        Self::forget(tx, id).await?;
        for (position, dial) in (0_i64..).zip(&self.speeddials) {
            tx.execute(INSERT, args![id, &dial.slot, position, &dial.destination]).await?;
        }
        Ok(())
    }

    async fn forget(tx: &mut Tx, id: SubscriberId) -> Result<()> {
        tx.execute(DELETE, args![id]).await?;
        Ok(())
    }
}
