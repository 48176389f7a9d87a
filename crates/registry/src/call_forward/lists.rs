//! The lists of sets, one for each kind.

use super::SetKind;
use crate::listing::{Column, Reach, Source};

macro_rules! source {
    ($(#[$meta:meta])* $name:ident, $list:literal, $kind:literal) => {
        $(#[$meta])*
        pub static $name: Source = Source {
            name: $list,
            from: "cf_sets t",
            fixed: concat!("t.kind = '", $kind, "'"),
            reach: Reach::SUBSCRIBER,
            columns: &[
                Column::int("id", "t.id"),
                Column::int("subscriber_id", "t.subscriber_id"),
                Column::int("account_id", "t.account_id"),
                Column::int("reseller_id", "t.reseller_id"),
                Column::text("name", "t.name"),
                Column::text("mode", "t.mode"),
                Column::bool("is_regex", "t.is_regex"),
            ],
            tallies: &["reseller_id", "account_id"],
        };
    };
}

source!(
    /// Sets of destinations.
    DESTINATION_SETS, "cf destination sets", "destination"
);
source!(
    /// Sets of times.
    TIME_SETS, "cf time sets", "time"
);
source!(
    /// Sets of callers.
    SOURCE_SETS, "cf source sets", "source"
);
source!(
    /// Sets of called numbers.
    BNUMBER_SETS, "cf bnumber sets", "bnumber"
);

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&DESTINATION_SETS, &TIME_SETS, &SOURCE_SETS, &BNUMBER_SETS];

impl SetKind {
    /// The list of the sets of this kind.
    #[must_use]
    pub fn source(self) -> &'static Source {
        match self {
            SetKind::Destination => &DESTINATION_SETS,
            SetKind::Time => &TIME_SETS,
            SetKind::Source => &SOURCE_SETS,
            SetKind::Bnumber => &BNUMBER_SETS,
        }
    }
}
