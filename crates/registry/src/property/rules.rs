//! Who may change which property.

/// Only administrators.
const ADMIN: &str = "admin";
/// Administrators and the account's reseller.
const RESELLER: &str = "reseller";

/// Whether accounts below may have what a property gives, such as access to the telephone network: 1 on a customer only
/// where its reseller has it.
pub(super) const GRANTED: &[&str] = &["pstn_access", "prepaid_access", "prepaid_changes"];

/// Properties of administrators that resellers change for their customers, beside the credits.
const DELEGATED: &[&str] = &["pstn_access", "prepaid_access", "prepaid_changes", "pstn_changes"];

/// Further properties that are always administrators', whatever a client says.
const RESERVED: &[&str] = &["sms_access", "payment_processor_class", "support_order"];

/// How the caller stands to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// It runs the installation.
    Everything,
    /// It acts for the reseller of the account.
    Customers,
    /// It acts for the account, which is a reseller.
    OwnReseller,
    /// It acts for the account, or one above it, which is no reseller.
    Own,
}

fn is_credit(name: &str) -> bool {
    super::credit(name).is_some()
}

fn is(permission: &str, known: &str) -> bool {
    permission.trim().eq_ignore_ascii_case(known)
}

/// The permission that a property has, whatever was stored or sent with it.
pub(super) fn permission<'a>(name: &str, said: &'a str) -> &'a str {
    let admins = is_credit(name) || DELEGATED.contains(&name) || RESERVED.contains(&name);
    match name {
        _ if admins => ADMIN,
        "digest_settings_page" => RESELLER,
        _ => said,
    }
}

/// Whether the caller may change a property of that permission.
pub(super) fn may_change(over: Over, name: &str, permission: &str) -> bool {
    match over {
        Over::Everything => true,
        Over::Customers => !is(permission, ADMIN) || is_credit(name) || DELEGATED.contains(&name),
        Over::OwnReseller => !is(permission, ADMIN),
        Over::Own => !is(permission, ADMIN) && !is(permission, RESELLER),
    }
}

/// Whether a value stands for yes.
pub(super) fn is_yes(value: &str) -> bool {
    !matches!(value.trim(), "" | "0")
}

/// What the journal shows of a value: nothing of what may be a secret.
pub(super) fn for_journal<'a>(name: &str, value: &'a str) -> &'a str {
    let name = name.to_ascii_lowercase();
    let secret = ["password", "secret", "token", "private", "key"].iter().any(|word| name.contains(word));
    if secret && !value.is_empty() { "***" } else { value }
}
