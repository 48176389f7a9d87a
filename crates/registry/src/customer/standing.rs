//! How a caller stands to customers, and what it may make.

use store::{Tx, args};

use super::{ALL, NOUN};
use crate::caller::{Caller, Rights, Role, Scope};
use crate::id::AccountId;
use crate::property::{Over, Target};
use crate::statement::statements;
use crate::{Error, Result, account, listing, login};

statements! {
    IDLE = "SELECT d.account_id FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id AND a.kind = 'reseller' \
        JOIN account_details d ON d.account_id = a.id WHERE x.account_id = $1 AND NOT d.reseller_active \
        ORDER BY x.distance LIMIT 1";
}

/// With whose rights a caller comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It runs the installation.
    Operator,
    /// It acts for a reseller.
    Reseller(AccountId),
    /// It acts for a customer.
    Customer(AccountId),
}

impl Standing {
    /// That of a caller who may have to do with customers in this way.
    pub(super) async fn of(tx: &mut Tx, caller: &Caller) -> Result<Standing> {
        match listing::acting(tx, caller).await? {
            Role::Admin => Ok(Standing::Operator),
            Role::Reseller => Ok(Standing::Reseller(caller.account)),
            Role::Customer => Ok(Standing::Customer(caller.account)),
            _ => Err(Error::NotAllowed("customers are kept by administrators, resellers and themselves".to_owned())),
        }
    }

    /// How it stands to an account that it sees.
    pub(super) fn over(self, account: AccountId, reseller: AccountId) -> Over {
        match self {
            Standing::Operator => Over::Everything,
            Standing::Reseller(own) if own == account => Over::OwnReseller,
            // Below a reseller that the caller stands above, it is that reseller's word that counts as well.
            Standing::Reseller(_) => Over::Customers,
            Standing::Customer(_) if account == reseller => Over::OwnReseller,
            Standing::Customer(_) => Over::Own,
        }
    }
}

/// Refuses a customer that the caller does not see.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn must_see(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<()> {
    if listing::shows(tx, caller, &ALL, id.0).await? { Ok(()) } else { Err(Error::not_found(NOUN, id)) }
}

/// The account and how the caller stands to it; held until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub(crate) async fn target(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<Target> {
    account::hold(tx, id).await?;
    must_see(tx, caller, id).await?;
    let standing = Standing::of(tx, caller).await?;
    let reseller = account::get(tx, &as_operator(caller), id).await?.reseller_id;
    Ok(Target { account: id, reseller, over: standing.over(id, reseller) })
}

/// The same person with every right, for what follows from what it has a right to.
pub(super) fn as_operator(caller: &Caller) -> Caller {
    Caller {
        account: AccountId::OPERATOR,
        role: Role::Admin,
        rights: Rights { master: true, ..caller.rights },
        scope: Scope::All,
        ..caller.clone()
    }
}

/// Refuses whoever may add no customers, before anything is made for one: with a customer comes a login, which is for
/// masters to make.
///
/// # Errors
/// [`Error::NotAllowed`].
pub async fn may_add(tx: &mut Tx, caller: &Caller) -> Result<()> {
    caller.must_write()?;
    if let Standing::Customer(_) = Standing::of(tx, caller).await? {
        return Err(Error::NotAllowed("customers make no customers".to_owned()));
    }
    if caller.rights.master { Ok(()) } else { Err(Error::NotAllowed(login::NOT_MASTER.to_owned())) }
}

/// Refuses whoever may not make records at the moment: those of a reseller, or below one, that is not active.
///
/// # Errors
/// [`Error::NotAllowed`].
pub async fn may_create_records(tx: &mut Tx, caller: &Caller) -> Result<()> {
    let account = match caller.scope {
        Scope::All => return Ok(()),
        Scope::Subtree(root) => root,
        Scope::Subscriber(_) => caller.account,
    };
    match tx.query_opt(IDLE, args![account]).await? {
        Some(row) => {
            let reseller: AccountId = row.at(0)?;
            Err(Error::NotAllowed(format!("the reseller {reseller} is not active: it makes no records")))
        }
        None => Ok(()),
    }
}
