//! Secretaries: who takes the calls of a subscriber instead of it.

use serde::{Deserialize, Serialize};

use super::{Service, Whose};
use crate::call_forward::destination;
use crate::{Error, Result};

/// Most secretaries of a subscriber.
const MOST: usize = 50;

/// The secretaries of a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secretary {
    /// Whether calls go to the secretaries.
    pub active: bool,
    /// SIP URIs; as input also numbers or user parts in the subscriber's domain.
    pub numbers: Vec<String>,
}

impl Service for Secretary {
    const KIND: &'static str = "manager_secretaries";

    fn settle(&mut self, owner: &Whose<'_>, _before: &Self, _now: i64) -> Result<()> {
        if self.numbers.len() > MOST {
            return Err(Error::invalid("numbers", format!("there are more than {MOST}")));
        }
        if self.active && self.numbers.is_empty() {
            return Err(Error::invalid("numbers", "calls that go to secretaries need one"));
        }
        for number in &mut self.numbers {
            *number = destination::address(number, &owner.0.domain)?;
        }
        Ok(())
    }
}
