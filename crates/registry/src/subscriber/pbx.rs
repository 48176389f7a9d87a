//! What a subscriber is to the PBX of its customer: pilot, seat or group.
//!
//! The first subscriber of a PBX is its pilot, there is one, and it goes last. Every other subscriber has an extension
//! that is unique in the PBX. Groups ring their members.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::Subscriber;
use crate::id::{AccountId, SubscriberId};
use crate::listing;
use crate::{Error, Result};

/// The product of an account that has a PBX.
pub(super) const PRODUCT: &str = "pbxaccount";

/// In which order a group rings its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HuntPolicy {
    /// One after the other.
    Serial,
    /// All at once.
    Parallel,
    /// One after the other, in any order.
    Random,
    /// One after the other, beginning with the next at each call.
    Circular,
}

crate::text_enum!(HuntPolicy, "pbx_hunt_policy", {
    Serial => "serial", Parallel => "parallel", Random => "random", Circular => "circular",
});

/// How the calls to members that did not answer are ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelMode {
    /// With BYE.
    Bye,
    /// With CANCEL.
    Cancel,
}

crate::text_enum!(CancelMode, "pbx_hunt_cancel_mode", { Bye => "bye", Cancel => "cancel" });

/// What a subscriber is to the PBX of its customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pbx {
    /// Whether it is the pilot.
    pub is_pbx_pilot: bool,
    /// Whether it is a group.
    pub is_pbx_group: bool,
    /// Its extension.
    pub pbx_extension: Option<String>,
    /// In which order a group rings its members.
    pub pbx_hunt_policy: Option<HuntPolicy>,
    /// How many seconds each of them rings.
    pub pbx_hunt_timeout: Option<i64>,
    /// How a call to a member is ended that another one has answered.
    pub pbx_hunt_cancel_mode: Option<CancelMode>,
    /// The groups that it is a member of, in its own order.
    pub pbx_group_ids: Vec<SubscriberId>,
    /// The members of a group, in their order.
    pub pbx_groupmember_ids: Vec<SubscriberId>,
}

crate::statement::statements! {
    PILOT = "SELECT id FROM subscribers WHERE account_id = $1 AND is_pbx_pilot AND status <> 'terminated'";
    OTHERS = "SELECT 1 FROM subscribers WHERE account_id = $1 AND id <> $2 AND status <> 'terminated' LIMIT 1";
    EXTENSION = "SELECT id FROM subscribers WHERE account_id = $1 AND pbx_extension = $2 AND status <> 'terminated'";
    IN_PBX = "SELECT is_pbx_group FROM subscribers WHERE id = $1 AND account_id = $2 AND status <> 'terminated'";
    LEAVE = "DELETE FROM pbx_group_members WHERE member_id = $1";
    EMPTY = "DELETE FROM pbx_group_members WHERE group_id = $1";
    REMOVE = "DELETE FROM pbx_group_members WHERE group_id = $1 AND member_id = $2";
    JOIN = "INSERT INTO pbx_group_members (group_id, member_id, member_position, group_position) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (group_id, member_id) DO UPDATE SET group_position = excluded.group_position";
    ADMIT = "INSERT INTO pbx_group_members (group_id, member_id, member_position, group_position) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (group_id, member_id) DO UPDATE SET member_position = excluded.member_position";
}

/// For several subscribers at a time.
const GROUPS: &str = "SELECT member_id, group_id FROM pbx_group_members WHERE member_id IN ({ids}) \
    ORDER BY group_position, group_id";
const MEMBERS: &str = "SELECT group_id, member_id FROM pbx_group_members WHERE group_id IN ({ids}) \
    ORDER BY member_position, member_id";

/// Where one joins the other side's order: at its end.
const LAST: i64 = 1_000_000;

impl Pbx {
    pub(super) fn check(&self) -> Result<()> {
        if let Some(extension) = &self.pbx_extension
            && (extension.is_empty()
                || extension.len() > 31
                || !extension.bytes().all(|b| b.is_ascii_digit() || b"*#".contains(&b)))
        {
            return Err(Error::invalid("pbx_extension", format!("`{extension}` must be 1 to 31 digits")));
        }
        if let Some(seconds) = self.pbx_hunt_timeout
            && !(1..=3_600).contains(&seconds)
        {
            return Err(Error::invalid("pbx_hunt_timeout", format!("{seconds} is not 1 to 3600 seconds")));
        }
        Ok(())
    }

    /// Leaves nothing of a PBX with a subscriber of another kind of account, and nothing of groups with one that is none.
    pub(super) fn settle(&mut self, of_pbx: bool) {
        if !of_pbx {
            *self = Pbx::default();
        } else if !self.is_pbx_group {
            (self.pbx_hunt_policy, self.pbx_hunt_timeout, self.pbx_hunt_cancel_mode) = (None, None, None);
            self.pbx_groupmember_ids.clear();
        }
    }
}

/// The pilot of an account.
pub(super) async fn pilot(tx: &mut Tx, account: AccountId) -> Result<Option<SubscriberId>> {
    Ok(tx.query_opt(PILOT, args![account]).await?.map(|row| row.at(0)).transpose()?)
}

/// Refuses a subscriber that does not fit into its PBX; `id` is none for a new one.
pub(super) async fn check_place(
    tx: &mut Tx,
    account: AccountId,
    id: Option<SubscriberId>,
    before: Option<&Pbx>,
    after: &Pbx,
) -> Result<()> {
    let pilot = pilot(tx, account).await?;
    let was_pilot = before.is_some_and(|before| before.is_pbx_pilot);
    match (pilot, after.is_pbx_pilot) {
        (_, false) if was_pilot => return Err(Error::invalid("is_pbx_pilot", "a pilot stays one")),
        (Some(other), true) if Some(other) != id => {
            return Err(Error::taken("subscriber", "is_pbx_pilot", account));
        }
        (None, false) => return Err(Error::dangling("is_pbx_pilot", account)),
        (_, false) if after.pbx_extension.is_none() => {
            return Err(Error::invalid("pbx_extension", "whoever is not the pilot needs one"));
        }
        _ => {}
    }
    if let Some(extension) = &after.pbx_extension {
        let other = tx.query_opt(EXTENSION, args![account, extension]).await?;
        let other: Option<SubscriberId> = other.map(|row| row.at(0)).transpose()?;
        if other.is_some_and(|other| Some(other) != id) {
            return Err(Error::taken("subscriber", "pbx_extension", extension));
        }
    }
    for group in &after.pbx_group_ids {
        let row = tx.query_opt(IN_PBX, args![*group, account]).await?;
        if Some(*group) == id || row.map(|row| row.at(0)).transpose()? != Some(true) {
            return Err(Error::dangling("pbx_group_ids", group));
        }
    }
    for member in &after.pbx_groupmember_ids {
        if Some(*member) == id || tx.query_opt(IN_PBX, args![*member, account]).await?.is_none() {
            return Err(Error::dangling("pbx_groupmember_ids", member));
        }
    }
    Ok(())
}

/// Whether the account has subscribers beside that one.
pub(super) async fn has_others(tx: &mut Tx, account: AccountId, id: SubscriberId) -> Result<bool> {
    Ok(tx.query_opt(OTHERS, args![account, id]).await?.is_some())
}

/// Writes which groups a subscriber is in, and who is in it.
pub(super) async fn save_groups(tx: &mut Tx, id: SubscriberId, before: Option<&Pbx>, after: &Pbx) -> Result<()> {
    let none = Pbx::default();
    let before = before.unwrap_or(&none);
    if before.pbx_group_ids != after.pbx_group_ids {
        for group in before.pbx_group_ids.iter().filter(|group| !after.pbx_group_ids.contains(group)) {
            tx.execute(REMOVE, args![*group, id]).await?;
        }
        for (position, group) in (0..).zip(&after.pbx_group_ids) {
            tx.execute(JOIN, args![*group, id, LAST, position]).await?;
        }
    }
    if before.pbx_groupmember_ids != after.pbx_groupmember_ids {
        for member in before.pbx_groupmember_ids.iter().filter(|id| !after.pbx_groupmember_ids.contains(id)) {
            tx.execute(REMOVE, args![id, *member]).await?;
        }
        for (position, member) in (0..).zip(&after.pbx_groupmember_ids) {
            tx.execute(ADMIT, args![id, *member, position, LAST]).await?;
        }
    }
    Ok(())
}

/// Takes a subscriber out of its groups, and everybody out of it.
pub(super) async fn leave(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    tx.execute(LEAVE, args![id]).await?;
    tx.execute(EMPTY, args![id]).await?;
    Ok(())
}

/// Adds their groups and members to subscribers.
pub(super) async fn complete(tx: &mut Tx, found: &mut [Subscriber]) -> Result<()> {
    let ids: Vec<i64> = found.iter().filter(|s| s.of_pbx).map(|s| s.id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    for (sql, groups) in [(GROUPS, true), (MEMBERS, false)] {
        for row in listing::for_ids(tx, sql, &ids).await? {
            let (of, other): (SubscriberId, SubscriberId) = (row.at(0)?, row.at(1)?);
            let Some(subscriber) = found.iter_mut().find(|subscriber| subscriber.id == of) else { continue };
            let pbx = &mut subscriber.details.pbx;
            let list = if groups { &mut pbx.pbx_group_ids } else { &mut pbx.pbx_groupmember_ids };
            if !list.contains(&other) {
                list.push(other);
            }
        }
    }
    Ok(())
}
