//! The life cycle of a number: one table of legal moves.

use serde::{Deserialize, Serialize};

/// Where a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Offered by a carrier, not ours.
    Discovery,
    /// Ours, and free unless it is blocked.
    Available,
    /// Held for an account until a time, not routed.
    Reserved,
    /// An account's, routed.
    InService,
    /// Given back not long ago: in quarantine.
    Aging,
    /// Being ported to us.
    PortIn,
    /// Being ported away.
    PortOut,
    /// On its way back to the vendor.
    Released,
    /// No longer ours.
    Deleted,
}

crate::text_enum!(State, "state", {
    Discovery => "discovery", Available => "available", Reserved => "reserved", InService => "in_service",
    Aging => "aging", PortIn => "port_in", PortOut => "port_out", Released => "released", Deleted => "deleted",
});

use State::{Aging, Available, Deleted, Discovery, InService, PortIn, PortOut, Released, Reserved};

/// From where to where a number may go. What is not here is refused.
pub const MOVES: &[(State, &[State])] = &[
    (Discovery, &[Available, Reserved, InService, Deleted]),
    (Available, &[Reserved, InService, Aging, PortOut, Released, Deleted]),
    (Reserved, &[Reserved, Available, InService, Aging, Released, Deleted]),
    (InService, &[InService, Reserved, Available, Aging, PortOut, Released, Deleted]),
    (Aging, &[Available, InService, Released, Deleted]),
    (PortIn, &[InService, Available, Deleted]),
    (PortOut, &[InService, Released, Deleted]),
    (Released, &[Available, Deleted]),
    // A number that was ours once may be bought or ported in again.
    (Deleted, &[Available, Reserved, InService, PortIn]),
];

impl State {
    /// Whether a number may go from here to there.
    #[must_use]
    pub fn may_become(self, to: State) -> bool {
        MOVES.iter().any(|(from, targets)| *from == self && targets.contains(&to))
    }

    /// Whether the number is ours, so that a vendor can't sell it to us again.
    #[must_use]
    pub fn is_owned(self) -> bool {
        !matches!(self, Discovery | Deleted)
    }
}
