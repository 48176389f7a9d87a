//! Which kinds of administrators there are and which of them may manage which.

use serde::Serialize;

use crate::caller::Role;

/// What kind of administrator a login is, as administrators call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AclRole {
    /// Runs the installation, and may make every other kind.
    System,
    /// Runs the installation.
    Admin,
    /// Acts for a reseller.
    Reseller,
    /// Cares for customers, and manages those who do.
    #[serde(rename = "ccareadmin")]
    CareAdmin,
    /// Cares for customers.
    #[serde(rename = "ccare")]
    Care,
    /// Lawful interception.
    #[serde(rename = "lintercept")]
    Intercept,
}

crate::text_enum!(AclRole, "role", {
    System => "system", Admin => "admin", Reseller => "reseller", CareAdmin => "ccareadmin", Care => "ccare",
    Intercept => "lintercept",
});

impl AclRole {
    /// The role that such a login calls with.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            AclRole::System | AclRole::Admin => Role::Admin,
            AclRole::Reseller => Role::Reseller,
            AclRole::CareAdmin => Role::CareAdmin,
            AclRole::Care => Role::Care,
            AclRole::Intercept => Role::Intercept,
        }
    }

    /// The kind of administrator that a role makes; none for customers and subscribers.
    #[must_use]
    pub fn of(role: Role) -> Option<AclRole> {
        Some(match role {
            Role::Admin => AclRole::Admin,
            Role::Reseller => AclRole::Reseller,
            Role::CareAdmin => AclRole::CareAdmin,
            Role::Care => AclRole::Care,
            Role::Intercept => AclRole::Intercept,
            Role::Customer | Role::SubscriberAdmin | Role::Subscriber => return None,
        })
    }

    /// The kinds that a master of this kind may make, change and remove.
    #[must_use]
    pub fn manages(self) -> &'static [AclRole] {
        use AclRole::{Admin, Care, CareAdmin, Reseller};
        match self {
            AclRole::System => AclRole::ALL,
            Admin => &[Admin, Reseller, CareAdmin, Care],
            Reseller => &[Reseller, CareAdmin, Care],
            CareAdmin => &[CareAdmin, Care],
            Care => &[Care],
            AclRole::Intercept => &[],
        }
    }
}
