//! Who is asking, what that caller may do, and what it may see.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::id::{AccountId, LoginId, SubscriberId};
use crate::statement::statements;
use crate::{Error, Result};

/// What a login is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the installation: everything.
    Admin,
    /// Acts for a reseller's account and everything below it.
    Reseller,
    /// Acts for a customer's account and everything below it.
    Customer,
    /// Cares for the customers of all resellers: what has to do with them, nothing else.
    CareAdmin,
    /// Cares for the customers of one reseller.
    Care,
    /// Lawful interception, and nothing else.
    Intercept,
    /// A subscriber who administers the account of its customer.
    SubscriberAdmin,
    /// A subscriber: its own record.
    Subscriber,
}

crate::text_enum!(Role, "role", {
    Admin => "admin", Reseller => "reseller", Customer => "customer", CareAdmin => "ccareadmin", Care => "ccare",
    Intercept => "lintercept", SubscriberAdmin => "subscriberadmin", Subscriber => "subscriber",
});

/// What a login may do or not do beside its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rights {
    /// It may look and change nothing.
    pub read_only: bool,
    /// It may manage other logins.
    pub master: bool,
    /// Passwords of SIP accounts are shown to it.
    pub show_passwords: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Rights { read_only: false, master: true, show_passwords: true }
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Written into the journal.
    pub name: String,
    /// The login, where there is one.
    pub login: Option<LoginId>,
    /// The account that the caller acts for.
    pub account: AccountId,
    /// What it may do.
    pub role: Role,
    /// What it may do beside.
    pub rights: Rights,
    /// What it may see.
    pub scope: Scope,
}

/// Which rows a caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// The account's own and those of every account below it.
    Subtree(AccountId),
    /// One subscriber's own.
    Subscriber(SubscriberId),
}

statements! {
    IS_BELOW = "SELECT 1 FROM account_ancestors WHERE account_id = $1 AND ancestor_id = $2";
}

impl Caller {
    /// The installation itself: its workers, its first start.
    #[must_use]
    pub fn system(name: &str) -> Caller {
        Caller {
            name: name.to_owned(),
            login: None,
            account: AccountId::OPERATOR,
            role: Role::Admin,
            rights: Rights::default(),
            scope: Scope::All,
        }
    }

    /// A person or program that has logged in.
    #[must_use]
    pub fn login(id: LoginId, name: &str, account: AccountId, role: Role) -> Caller {
        let scope = match role {
            Role::Admin | Role::CareAdmin => Scope::All,
            _ => Scope::Subtree(account),
        };
        Caller { name: name.to_owned(), login: Some(id), account, role, rights: Rights::default(), scope }
    }

    /// A subscriber that has logged in, on the account that it belongs to; `administrative` as an administrator of that
    /// account.
    #[must_use]
    pub fn subscriber(id: SubscriberId, name: &str, account: AccountId, administrative: bool) -> Caller {
        let (role, scope) = if administrative {
            (Role::SubscriberAdmin, Scope::Subtree(account))
        } else {
            (Role::Subscriber, Scope::Subscriber(id))
        };
        let rights = Rights { read_only: false, master: false, show_passwords: false };
        Caller { name: name.to_owned(), login: None, account, role, rights, scope }
    }

    /// The same caller with the rights of the installation: for what follows from what it may do.
    pub(crate) fn elevated(&self) -> Caller {
        Caller { account: AccountId::OPERATOR, role: Role::Admin, scope: Scope::All, ..self.clone() }
    }

    /// Refuses whoever may only look.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn must_write(&self) -> Result<()> {
        if self.rights.read_only { Err(Error::NotAllowed("this login may only read".to_owned())) } else { Ok(()) }
    }

    /// Refuses whoever does not run the installation.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] saying what was to be done.
    pub fn must_be_admin(&self, to: &str) -> Result<()> {
        match self.role {
            Role::Admin => Ok(()),
            _ => Err(Error::NotAllowed(format!("only an administrator may {to}"))),
        }
    }

    /// Refuses customers.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] saying what was to be done.
    pub fn must_be_reseller(&self, to: &str) -> Result<()> {
        match self.role {
            Role::Admin | Role::Reseller => Ok(()),
            _ => Err(Error::NotAllowed(format!("only a reseller or administrator may {to}"))),
        }
    }

    /// Refuses whoever has nothing to do with the care for customers.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] saying what was to be done.
    pub fn must_care(&self, to: &str) -> Result<()> {
        match self.role {
            Role::Admin | Role::Reseller | Role::CareAdmin | Role::Care => self.must_write(),
            _ => Err(Error::NotAllowed(format!("only those who care for customers may {to}"))),
        }
    }

    /// Whether the account lies in what the caller may see.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sees(&self, tx: &mut Tx, account: AccountId) -> Result<bool> {
        match self.scope {
            Scope::All => Ok(true),
            Scope::Subtree(root) if root == account => Ok(true),
            Scope::Subscriber(_) => Ok(self.account == account),
            Scope::Subtree(root) => Ok(tx.query_opt(IS_BELOW, args![account, root]).await?.is_some()),
        }
    }

    /// As [`Caller::sees`], as a refusal that does not tell whether the account exists.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the caller may not see the account.
    pub async fn must_see(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        if self.sees(tx, account).await? { Ok(()) } else { Err(Error::not_found("account", account)) }
    }
}
