//! Who is asking, what that caller may do, and what it may see.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::id::{AccountId, LoginId};
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
}

crate::text_enum!(Role, "role", { Admin => "admin", Reseller => "reseller", Customer => "customer" });

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
            scope: Scope::All,
        }
    }

    /// A person or program that has logged in.
    #[must_use]
    pub fn login(id: LoginId, name: &str, account: AccountId, role: Role) -> Caller {
        let scope = match role {
            Role::Admin => Scope::All,
            Role::Reseller | Role::Customer => Scope::Subtree(account),
        };
        Caller { name: name.to_owned(), login: Some(id), account, role, scope }
    }

    /// Refuses whoever does not run the installation.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] saying what was to be done.
    pub fn must_be_admin(&self, to: &str) -> Result<()> {
        match self.role {
            Role::Admin => Ok(()),
            Role::Reseller | Role::Customer => Err(Error::NotAllowed(format!("only an administrator may {to}"))),
        }
    }

    /// Refuses customers.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] saying what was to be done.
    pub fn must_be_reseller(&self, to: &str) -> Result<()> {
        match self.role {
            Role::Admin | Role::Reseller => Ok(()),
            Role::Customer => Err(Error::NotAllowed(format!("only a reseller or administrator may {to}"))),
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
