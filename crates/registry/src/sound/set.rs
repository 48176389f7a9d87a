//! Sound sets: whose they are, who may change them, and which set is behind which.

use store::{Tx, args};

use super::file::SoundFile;
use crate::account::{self, Kind};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, SoundSetId};
use crate::journal;
use crate::listing::{self, Column, Reach, Shared, Source};
use crate::preference::named;
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A set of prompts.
    SoundSet(SoundSetId) in "sound_sets" called "sound set" {
        /// The reseller whose it is, or whose customer's.
        reseller_id: AccountId,
        /// The customer whose own it is.
        account_id: Option<AccountId>,
        /// Its name, unique among the reseller's own or the customer's.
        name: String,
        /// What it is for.
        description: String,
        /// It is the one that the customer's subscribers hear who have chosen none: one for each customer.
        contract_default: bool,
        /// The reseller's customers may look at it and use it.
        expose_to_customer: bool,
        /// The set behind it.
        parent_id: Option<SoundSetId>,
    }
}

/// All sound sets.
pub static ALL: Source = Source {
    name: "sound sets",
    from: "sound_sets t",
    fixed: "",
    reach: Reach { shared: Shared::Exposed("expose_to_customer"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
        Column::bool("contract_default", "t.contract_default"),
        Column::bool("expose_to_customer", "t.expose_to_customer"),
        Column::int("parent_id", "t.parent_id"),
    ],
    tallies: &["reseller_id"],
};

/// Most sets of a customer, and most of a reseller's own.
pub const MOST_SETS: i64 = 100;
/// Most sets behind a set.
pub(super) const MOST_PARENTS: usize = 20;

statements! {
    PARENT = "SELECT parent_id FROM sound_sets WHERE id = $1 {wait}";
    DEFAULTS = "SELECT id FROM sound_sets WHERE account_id = $1 AND contract_default AND id <> $2 ORDER BY id";
    NO_DEFAULT = "UPDATE sound_sets SET contract_default = FALSE WHERE id = $1";
    EXPOSE_FILES = "UPDATE sound_files SET exposed = $1 WHERE set_id = $2";
    FILES = "SELECT id FROM sound_files WHERE set_id = $1 ORDER BY id";
    COUNT_OF_RESELLER = "SELECT COUNT(*) AS n FROM sound_sets WHERE reseller_id = $1 AND account_id IS NULL";
    COUNT_OF_CUSTOMER = "SELECT COUNT(*) AS n FROM sound_sets WHERE account_id = $1";
    OF_CUSTOMER = "SELECT id FROM sound_sets WHERE account_id = $1 ORDER BY id LIMIT 100";
    UNLINK = "UPDATE sound_sets SET parent_id = NULL WHERE account_id = $1";
    UNNAME = "DELETE FROM preferences WHERE attribute = 'contract_sound_set' \
        AND record_id IN (SELECT id FROM sound_sets WHERE account_id = $1)";
}

/// Statement for several sets at a time.
const NAMED: &str = "SELECT id, name FROM sound_sets WHERE id IN ({ids})";

/// Whether the caller acts for a customer.
fn is_served(caller: &Caller) -> bool {
    matches!(caller.role, Role::Customer | Role::SubscriberAdmin)
}

/// Refuses those who keep no sound sets.
pub(super) fn must_keep(caller: &Caller) -> Result<()> {
    if is_served(caller) { caller.must_write() } else { caller.must_be_reseller("keep sound sets") }
}

/// Removes the sets of a customer that ends.
pub(crate) async fn delete_of_customer(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId) -> Result<()> {
    tx.execute(UNLINK, args![account]).await?;
    tx.execute(UNNAME, args![account]).await?;
    record::delete_all::<SoundSet>(tx, &Caller::system(&caller.name), now, OF_CUSTOMER, account.0).await
}

/// The set of that id, held until the transaction ends, if the caller may change what is in it.
///
/// # Errors
/// [`Error::Dangling`] for `set_id`, [`Error::NotAllowed`].
pub(super) async fn to_change(tx: &mut Tx, caller: &Caller, id: SoundSetId) -> Result<SoundSet> {
    let found: SoundSet = record::hold_named_by(tx, caller, "set_id", id.0).await?;
    found.must_be_own(caller)?;
    Ok(found)
}

/// The names of those of the sets that the caller sees, with their ids.
///
/// # Errors
/// Only those of the database.
pub async fn names(tx: &mut Tx, caller: &Caller, ids: &[i64]) -> Result<Vec<(i64, String)>> {
    let seen = listing::seen(tx, caller, &ALL, ids).await?;
    let rows = listing::for_ids(tx, NAMED, &seen).await?;
    rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}

impl SoundSet {
    /// Refuses customers where the set is shown to them and is not theirs.
    fn must_be_own(&self, caller: &Caller) -> Result<()> {
        if is_served(caller) && self.account_id != Some(caller.account) {
            return Err(Error::NotAllowed("this sound set is the reseller's".to_owned()));
        }
        Ok(())
    }

    /// Settles whose a new set is: the caller's own where that acts for a customer.
    async fn settle_owner(&mut self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        if is_served(caller) {
            self.account_id = Some(caller.account);
            self.reseller_id = AccountId::OPERATOR;
        }
        account::hold(tx, self.account_id.unwrap_or(self.reseller_id)).await?;
        let Some(id) = self.account_id else {
            return match self.reseller_id {
                AccountId::OPERATOR => Err(Error::invalid("reseller_id", "Reseller field is required")),
                id => record::check_reseller(tx, caller, id).await,
            };
        };
        let found = account::named_by(tx, caller, Kind::Customer, "account_id", id).await?;
        let fits = self.reseller_id == AccountId::OPERATOR || self.reseller_id == found.reseller_id;
        if !fits {
            return Err(Error::dangling("account_id", id));
        }
        self.reseller_id = found.reseller_id;
        Ok(())
    }

    /// Refuses one more set where its owner, held, has as many as it may have.
    async fn check_room(&self, tx: &mut Tx) -> Result<()> {
        let (statement, owner, field) = match self.account_id {
            Some(id) => (COUNT_OF_CUSTOMER, id, "account_id"),
            None => (COUNT_OF_RESELLER, self.reseller_id, "reseller_id"),
        };
        if tx.query_one(statement, args![owner]).await?.at::<i64>(0)? >= MOST_SETS {
            return Err(Error::invalid(field, format!("there are {MOST_SETS} sound sets already, more are not kept")));
        }
        Ok(())
    }

    /// Refuses a parent that the caller does not see, that is somebody else's, or that this set is itself behind.
    async fn check_parent(&self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        let Some(id) = self.parent_id else { return Ok(()) };
        let parent: SoundSet = record::named_by(tx, caller, "parent_id", id.0).await?;
        let fits = parent.account_id.is_none() || parent.account_id == self.account_id;
        if parent.reseller_id != self.reseller_id || !fits {
            return Err(Error::dangling("parent_id", id));
        }
        let mut behind = Some(id);
        for _ in 0..=MOST_PARENTS {
            let Some(id) = behind else { return Ok(()) };
            if id == self.id {
                return Err(Error::invalid("parent_id", "a sound set can't be behind itself"));
            }
            behind = tx.query_opt(PARENT, args![id]).await?.map(|row| row.at(0)).transpose()?.flatten();
        }
        Err(Error::invalid("parent_id", format!("there are more than {MOST_PARENTS} sets behind it")))
    }

    /// Makes other sets of the customer be the default no more.
    async fn be_default(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        let Some(account) = self.account_id else {
            return Err(Error::invalid("contract_default", "only a customer's own set can be its default"));
        };
        account::hold(tx, account).await?;
        let rows = tx.query(DEFAULTS, args![account, self.id]).await?;
        let ids: Vec<i64> = rows.iter().map(|row| Ok(row.at(0)?)).collect::<Result<_>>()?;
        for before in record::load::<SoundSet>(tx, &ids).await? {
            tx.execute(NO_DEFAULT, args![before.id]).await?;
            let after = SoundSet { contract_default: false, ..before.clone() };
            journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for SoundSet {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => {
                self.settle_owner(tx, caller).await?;
                self.check_room(tx).await?;
            }
            Some(before) => {
                before.must_be_own(caller)?;
                for (field, stays) in [
                    ("reseller_id", self.reseller_id == before.reseller_id),
                    ("account_id", self.account_id == before.account_id),
                ] {
                    if !stays {
                        return Err(Error::invalid(field, "a sound set stays with whom it was made for"));
                    }
                }
            }
        }
        if self.expose_to_customer && self.account_id.is_some() {
            return Err(Error::invalid("expose_to_customer", "a customer's own set is nobody else's"));
        }
        if before.is_none_or(|before| before.parent_id != self.parent_id) {
            self.check_parent(tx, caller).await?;
        }
        if self.contract_default { self.be_default(tx, caller, now).await } else { Ok(()) }
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.expose_to_customer != self.expose_to_customer) {
            tx.execute(EXPOSE_FILES, args![self.expose_to_customer, self.id]).await?;
        }
        Ok(())
    }

    /// Its files go with it.
    async fn going(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        self.must_be_own(caller)?;
        named::must_be_unnamed(tx, named::Of::SoundSets, self.id.0).await?;
        for row in tx.query(FILES, args![self.id]).await? {
            record::delete::<SoundFile>(tx, caller, now, row.at(0)?).await?;
        }
        Ok(())
    }
}
