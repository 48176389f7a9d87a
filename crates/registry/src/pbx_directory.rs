//! The directory of a PBX: whom the subscribers of a customer can reach by extension. Each of them sees all the others,
//! and nothing of them but names and numbers.

use crate::listing::{Column, Reach, Shared, Source};

/// The subscribers of all PBXs that are not terminated and no groups. Each is shown to whoever belongs to its account.
pub static ALL: Source = Source {
    name: "PBX directory",
    from: "subscribers t JOIN accounts a ON a.id = t.account_id",
    fixed: "t.status <> 'terminated' AND NOT t.is_pbx_group AND a.product = 'pbxaccount'",
    reach: Reach { shared: Shared::WithAccount, ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::text("username", "t.username"),
        Column::text("display_name", "t.display_name"),
        Column::text("pbx_extension", "t.pbx_extension"),
        Column::text("primary_digits", "t.primary_digits"),
    ],
    tallies: &["reseller_id", "account_id"],
};
