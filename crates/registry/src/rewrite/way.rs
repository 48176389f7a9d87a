//! Which number is rewritten, and on which way.

use serde::{Deserialize, Serialize};

use crate::id::RewriteSetId;

/// Where a number comes from or goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It comes in from a device or peer.
    #[default]
    In,
    /// It goes out to a device or peer.
    Out,
    /// It is looked up among ported numbers.
    Lnp,
}

crate::text_enum!(Direction, "direction", { In => "in", Out => "out", Lnp => "lnp" });

/// Whose number it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// That of whoever calls.
    #[default]
    Caller,
    /// That of whoever is called.
    Callee,
}

crate::text_enum!(Party, "field", { Caller => "caller", Callee => "callee" });

/// Whose number on which way: the rules of one are tried together. In JSON it has the name of the number that its rules
/// have in a dial plan, such as `caller_in_dpid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Way {
    /// The caller's number, coming in.
    #[serde(rename = "caller_in_dpid", alias = "caller_in")]
    CallerIn,
    /// The called number, coming in.
    #[serde(rename = "callee_in_dpid", alias = "callee_in")]
    CalleeIn,
    /// The caller's number, going out.
    #[serde(rename = "caller_out_dpid", alias = "caller_out")]
    CallerOut,
    /// The called number, going out.
    #[serde(rename = "callee_out_dpid", alias = "callee_out")]
    CalleeOut,
    /// The caller's number, looked up.
    #[serde(rename = "caller_lnp_dpid", alias = "caller_lnp")]
    CallerLnp,
    /// The called number, looked up.
    #[serde(rename = "callee_lnp_dpid", alias = "callee_lnp")]
    CalleeLnp,
}

crate::text_enum!(Way, "direction", {
    CallerIn => "caller_in", CalleeIn => "callee_in", CallerOut => "caller_out", CalleeOut => "callee_out",
    CallerLnp => "caller_lnp", CalleeLnp => "callee_lnp",
});

impl Way {
    /// How many there are.
    pub(super) const COUNT: usize = 6;

    /// The way of a party's number in a direction.
    #[must_use]
    pub fn of(party: Party, direction: Direction) -> Way {
        match (party, direction) {
            (Party::Caller, Direction::In) => Way::CallerIn,
            (Party::Callee, Direction::In) => Way::CalleeIn,
            (Party::Caller, Direction::Out) => Way::CallerOut,
            (Party::Callee, Direction::Out) => Way::CalleeOut,
            (Party::Caller, Direction::Lnp) => Way::CallerLnp,
            (Party::Callee, Direction::Lnp) => Way::CalleeLnp,
        }
    }

    /// The number (`dpid`) under which a dial plan holds a set's rules of this way: six for each set, from 1 on, which
    /// follow from the set's id and so never change.
    #[must_use]
    pub fn dial_plan(self, set: RewriteSetId) -> i64 {
        set.0.saturating_sub(1).saturating_mul(6).saturating_add(self as i64).saturating_add(1)
    }
}
