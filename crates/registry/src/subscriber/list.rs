//! The list of subscribers.

use crate::listing::{Column, Reach, Shared, Source};

/// Compares a part of a name with a pattern: where the parts are not kept, with the display name as it would be cut.
macro_rules! names {
    ($column:literal, $part:literal) => {
        concat!(
            "CASE WHEN v.subscriber_id IS NOT NULL THEN ",
            $column,
            " LIKE LOWER(?) ESCAPE '\\' ELSE LOWER(t.display_name) LIKE LOWER(?) ESCAPE '\\' \
             OR LOWER(t.display_name) LIKE ",
            $part,
            " ESCAPE '\\' END"
        )
    };
}

/// Whether a preference that is true or false is true.
macro_rules! flag {
    ($attribute:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM preferences p WHERE p.level = 'subscriber' AND p.owner_id = t.id AND p.attribute = '",
            $attribute,
            "' AND p.value = CAST(? AS TEXT))"
        )
    };
}

/// Subscribers that are not terminated. A customer sees those that it owns, and those in its own domains. The patterns of
/// `first_name` and `last_name` are those of [`crate::listing::Condition::Alike`]; a number of 1 for `anonymous` and
/// `anonymous_reject` finds those that are in that group of SIP accounts.
pub static SUBSCRIBERS: Source = Source {
    name: "subscribers",
    // Either engine leaves out those of the joined tables that a question does not touch.
    from: "subscribers t LEFT JOIN sip_domains d ON d.id = t.domain_id AND d.status = 'active' \
        LEFT JOIN accounts a ON a.id = t.account_id LEFT JOIN sip_account_settings v ON v.subscriber_id = t.id",
    fixed: "t.status <> 'terminated'",
    reach: Reach { subscriber: Some("id"), shared: Shared::WithOwner("domain_account_id"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("domain_id", "t.domain_id"),
        Column::text("domain", "d.domain"),
        Column::int("contact_id", "a.contact_id"),
        Column::text("customer_external_id", "a.external_id"),
        Column::text("uuid", "t.uuid"),
        Column::text("username", "t.username"),
        Column::text("webusername", "t.webusername"),
        Column::text("display_name", "t.display_name"),
        Column::text("email", "t.email"),
        Column::text("external_id", "t.external_id"),
        Column::text("status", "t.status"),
        Column::int("lock_level", "t.lock_level"),
        Column::bool("administrative", "t.administrative"),
        Column::int("profile_set_id", "t.profile_set_id"),
        Column::int("profile_id", "t.profile_id"),
        Column::bool("is_pbx_pilot", "t.is_pbx_pilot"),
        Column::bool("is_pbx_group", "t.is_pbx_group"),
        Column::text("pbx_extension", "t.pbx_extension"),
        Column::text("primary_digits", "t.primary_digits"),
        Column::matching(
            "alias_number",
            "t.id IN (SELECT n.subscriber_id FROM numbers n WHERE n.digits = ? AND NOT n.is_primary)",
        ),
        Column::int("created_at", "t.created_at"),
        Column::int("modified_at", "t.modified_at"),
        Column::int("domain_account_id", "t.domain_account_id"),
        Column::bool("prepaid", "COALESCE(v.prepaid, FALSE)"),
        Column::matching("first_name", names!("LOWER(v.first_name)", "LOWER(?) || ' %'")),
        Column::matching("last_name", names!("LOWER(v.last_name)", "'% ' || LOWER(?)")),
        Column::matching("group", "t.id IN (SELECT g.subscriber_id FROM sip_account_groups g WHERE g.name = ?)"),
        Column::matching("anonymous", flag!("clir")),
        Column::matching("anonymous_reject", flag!("block_in_clir")),
    ],
    tallies: &["reseller_id", "account_id", "domain_id"],
};
