//! Groups of peering servers.

use store::{Tx, args};

use super::rule::{InboundRule, Rule};
use super::server::{self, Server};
use crate::account::{self, Kind};
use crate::caller::Caller;
use crate::id::{AccountId, PeeringGroupId, TimeSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::time_set::TimeSet;
use crate::{Error, Result};

record! {
    /// A group of servers that calls leave to by the same rules.
    Group(PeeringGroupId) in "peering_groups" called "peering group" {
        /// The account of the peering that it is of.
        contract_id: AccountId,
        /// Its name, unique.
        name: String,
        /// 1 comes first, 9 last.
        priority: i64 = 1,
        /// Whatever there is to say of it.
        description: Option<String>,
        /// When calls may leave by it; none: always.
        time_set_id: Option<TimeSetId>,
        /// Whether it has an inbound rule that is enabled; follows from those.
        has_inbound_rules: bool,
    }
}

/// Most groups of all peerings.
const MOST: i64 = 1_000;

/// All groups.
pub static GROUPS: Source = Source {
    name: "peering groups",
    from: "peering_groups t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("contract_id", "t.contract_id"),
        Column::text("name", "t.name"),
        Column::int("priority", "t.priority"),
        Column::text("description", "t.description"),
        Column::int("time_set_id", "t.time_set_id"),
        Column::bool("has_inbound_rules", "t.has_inbound_rules"),
    ],
    tallies: &["contract_id"],
};

statements! {
    FULL = "SELECT id FROM peering_groups ORDER BY id LIMIT 1 OFFSET $1";
    OF_ACCOUNT = "SELECT id FROM peering_groups WHERE contract_id = $1 ORDER BY id LIMIT 100";
    // Of what is in a group.
    SERVERS_OF = "SELECT id FROM peering_servers WHERE group_id = $1 ORDER BY id LIMIT 100";
    HOLD_OF_ACCOUNT = "SELECT id FROM peering_groups WHERE contract_id = $1 ORDER BY id {wait}";
    RULES_OF = "SELECT id FROM peering_rules WHERE group_id = $1 ORDER BY id LIMIT 100";
    INBOUND_RULES_OF = "SELECT id FROM peering_inbound_rules WHERE group_id = $1 ORDER BY id LIMIT 100";
}

#[async_trait::async_trait]
impl Kept for Group {
    const LIST: &'static Source = &GROUPS;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_admin("keep peerings")?;
        caller.must_write()
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.contract_id)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        self.has_inbound_rules = before.is_some_and(|before| before.has_inbound_rules);
        if !(1..=9).contains(&self.priority) {
            return Err(Error::invalid("priority", "Value must be between 1 and 9"));
        }
        account::named_by(tx, caller, Kind::Peering, "contract_id", self.contract_id).await?;
        if let Some(time_set) = self.time_set_id {
            record::named_by::<TimeSet>(tx, caller, "time_set_id", time_set.0).await?;
        }
        if before.is_none() {
            server::alone(tx).await?;
            server::must_fit(tx, FULL, "peering groups", MOST).await?;
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        record::delete_all::<Server>(tx, caller, now, SERVERS_OF, self.id.0).await?;
        record::delete_all::<Rule>(tx, caller, now, RULES_OF, self.id.0).await?;
        record::delete_all::<InboundRule>(tx, caller, now, INBOUND_RULES_OF, self.id.0).await
    }
}

/// Removes the groups of an account that ends.
pub(crate) async fn delete_of_account(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId) -> Result<()> {
    tx.query(HOLD_OF_ACCOUNT, args![account]).await?;
    record::delete_all::<Group>(tx, &Caller::system(&caller.name), now, OF_ACCOUNT, account.0).await
}

/// Holds the group that something is put in or taken from.
pub(super) async fn held(tx: &mut Tx, caller: &Caller, id: PeeringGroupId) -> Result<Group> {
    record::hold_named_by(tx, caller, "group_id", id.0).await
}
