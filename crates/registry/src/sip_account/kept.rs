//! What of the settings of a SIP account is kept beside the subscriber.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use store::{Tx, Val, args};

use super::settings::Named;
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::journal::{self, Change, Operation};
use crate::record::Stored;
use crate::seal::{Sealed, Sealer};
use crate::statement::statements;
use crate::subscriber::Subscriber;
use crate::{Result, listing};

/// The property that is kept sealed.
pub(super) const WEB_PASSWORD: &str = "web_password";

/// What of the settings is kept here. In the journal it has the names of the properties only.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Kept {
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) prepaid: bool,
    pub(super) quota: i64,
    pub(super) quickdial_prefix: String,
    pub(super) region: String,
    pub(super) answer_timeout: i64,
    pub(super) acl_tags: BTreeMap<String, String>,
    #[serde(serialize_with = "names_only")]
    pub(super) properties: Vec<Named>,
    #[serde(skip)]
    pub(super) web_password: Option<String>,
    pub(super) groups: Vec<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("prepaid", &self.prepaid).field("groups", &self.groups).finish_non_exhaustive()
    }
}

fn names_only<S: serde::Serializer>(properties: &[Named], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(properties.iter().map(|property| &property.name))
}

/// What the web password of an account is sealed for.
fn sealing_context(id: i64) -> String {
    format!("web password of SIP account {id}")
}

statements! {
    SET = "INSERT INTO sip_account_settings (subscriber_id, first_name, last_name, prepaid, quota, quickdial_prefix, \
        region, answer_timeout, acl_tags, properties, web_password) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT (subscriber_id) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, \
        prepaid = excluded.prepaid, quota = excluded.quota, quickdial_prefix = excluded.quickdial_prefix, \
        region = excluded.region, answer_timeout = excluded.answer_timeout, acl_tags = excluded.acl_tags, \
        properties = excluded.properties, web_password = excluded.web_password";
    LEAVE = "DELETE FROM sip_account_groups WHERE subscriber_id = $1";
    JOIN = "INSERT INTO sip_account_groups (subscriber_id, name, position) VALUES ($1, $2, $3)";
    RENAME = "UPDATE sip_account_settings SET first_name = $1, last_name = $2 WHERE subscriber_id = $3";
}

/// For several subscribers at a time.
const MANY: &str = "SELECT subscriber_id, first_name, last_name, prepaid, quota, quickdial_prefix, region, answer_timeout, \
    acl_tags, properties, web_password FROM sip_account_settings WHERE subscriber_id IN ({ids})";
const GROUPS: &str = "SELECT subscriber_id, name FROM sip_account_groups WHERE subscriber_id IN ({ids}) \
    ORDER BY subscriber_id, position";

/// A display name in two parts.
pub(super) fn cut(display_name: &str) -> (String, String) {
    let (first, last) = display_name.trim().split_once(' ').unwrap_or((display_name.trim(), ""));
    (first.to_owned(), last.trim().to_owned())
}

/// What is kept of those subscribers, by id; nothing of who has set nothing.
pub(super) async fn read(tx: &mut Tx, sealer: &Sealer, ids: &[i64]) -> Result<HashMap<i64, Kept>> {
    let mut found = HashMap::new();
    for row in listing::for_ids(tx, MANY, ids).await? {
        let id: i64 = row.get("subscriber_id")?;
        let kept = Kept {
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            prepaid: row.get("prepaid")?,
            quota: row.get("quota")?,
            quickdial_prefix: row.get("quickdial_prefix")?,
            region: row.get("region")?,
            answer_timeout: row.get("answer_timeout")?,
            acl_tags: row.get::<Stored<_>>("acl_tags")?.0,
            properties: row.get::<Stored<_>>("properties")?.0,
            web_password: row.get::<Sealed>("web_password")?.open(sealer, &sealing_context(id))?,
            groups: Vec::new(),
        };
        found.insert(id, kept);
    }
    for row in listing::for_ids(tx, GROUPS, ids).await? {
        let name: String = row.at(1)?;
        if let Some(kept) = found.get_mut(&row.at::<i64>(0)?)
            && !kept.groups.contains(&name)
        {
            kept.groups.push(name);
        }
    }
    Ok(found)
}

/// Writes what is kept of a subscriber.
pub(super) async fn write(
    tx: &mut Tx,
    sealer: &Sealer,
    id: SubscriberId,
    kept: &Kept,
    before: Option<&Kept>,
) -> Result<()> {
    let values = args![
        id,
        &kept.first_name,
        &kept.last_name,
        kept.prepaid,
        kept.quota,
        &kept.quickdial_prefix,
        &kept.region,
        kept.answer_timeout,
        Val::from(Stored(kept.acl_tags.clone())),
        Val::from(Stored(kept.properties.clone())),
        Sealed::new(sealer, &sealing_context(id.0), kept.web_password.as_deref())?
    ];
    tx.execute(SET, values).await?;
    let groups: &[String] = before.map_or(&[], |before| &before.groups);
    if groups == kept.groups {
        return Ok(());
    }
    if !groups.is_empty() {
        tx.execute(LEAVE, args![id]).await?;
    }
    for (position, name) in (0_i64..).zip(&kept.groups) {
        tx.execute(JOIN, args![id, name, position]).await?;
    }
    Ok(())
}

/// Follows a display name that was set elsewhere.
pub(crate) async fn rename(tx: &mut Tx, id: SubscriberId, display_name: Option<&str>) -> Result<()> {
    let (first, last) = cut(display_name.unwrap_or_default());
    tx.execute(RENAME, args![first, last, id]).await?;
    Ok(())
}

/// Writes down what has become of what is kept of a subscriber.
pub(super) async fn note(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    subscriber: &Subscriber,
    before: Option<&Kept>,
    after: &Kept,
) -> Result<()> {
    let change = Change {
        kind: "sip_account_settings",
        record_id: subscriber.id.0,
        account: Some(subscriber.account_id),
        operation: if before.is_some() { Operation::Update } else { Operation::Create },
        before: before.map(|before| before as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}
