//! Fancy records: what is more than a record of DNS, and kept with the zone all the same.
//!
//! `MBOXFW` is an e-mail alias: mail to a name at the zone goes on to an address. `URL` sends whoever asks for a host by
//! HTTP to another place. Both need servers of their own: their hosts get the records of [`super::defaults::set_targets`],
//! where there are some and the host has no such records of its own.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::record::{check_room, zone_of};
use super::root::{self, TTL};
use super::zone;
use super::{name, uri};
use crate::caller::Caller;
use crate::id::{AccountId, DnsZoneId, FancyRecordId};
use crate::listing::{Column, Reach, Shared, Source};
use crate::quota::{self, At, Kind as Counted};
use crate::record::{Kept, record};
use crate::statement::statements;
use crate::{Error, Result, contact};

/// The type of a fancy record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FancyKind {
    /// An e-mail alias.
    #[default]
    Mboxfw,
    /// A web redirection.
    Url,
}

crate::text_enum!(FancyKind, "type", { Mboxfw => "MBOXFW", Url => "URL" });

record! {
    /// A fancy record.
    FancyRecord(FancyRecordId) in "dns_fancy_records" called "DNS record" {
        /// The zone; it remains.
        zone_id: DnsZoneId,
        /// Whose the zone is.
        account_id: AccountId,
        /// The zone's reseller.
        reseller_id: AccountId,
        /// The customer that it is assigned to, who sees it too.
        owner_id: Option<AccountId>,
        /// Its type; it remains.
        kind: FancyKind,
        /// Of an alias `local@host`, given also as `local` alone; of a redirection the host, given also relative to the
        /// zone.
        name: String,
        /// The host; follows from the name.
        dns_name: String,
        /// An e-mail address, a URL.
        value: String,
        /// For how long its host's records may be kept, in seconds; 0 stands for the default.
        ttl: i64 = TTL,
        /// Kept as it is given.
        priority: Option<i64>,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// The fancy records of all zones.
pub static ALL: Source = Source {
    name: "DNS fancy records",
    from: "dns_fancy_records t JOIN dns_zones z ON z.id = t.zone_id",
    fixed: "",
    reach: Reach { shared: Shared::WithOwner("owner_id"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("zone_id", "t.zone_id"),
        Column::text("zone", "z.name"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("owner_id", "t.owner_id"),
        Column::text("name", "t.name"),
        Column::text("type", "t.kind"),
        Column::text("value", "t.value"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id", "zone_id"],
};

statements! {
    ALIASES = "SELECT owner_id, COUNT(*) AS n FROM dns_fancy_records WHERE zone_id = $1 AND kind = 'MBOXFW' \
        GROUP BY owner_id ORDER BY owner_id";
    REDIRECTED = "SELECT 1 FROM dns_fancy_records WHERE name = $1 AND kind = 'URL' AND zone_id = $2 AND id <> $3";
}

/// Counts all aliases of a zone, which was of the one account and is of the other, if any.
pub(super) async fn count_aliases(
    tx: &mut Tx,
    zone: DnsZoneId,
    was: Option<AccountId>,
    is: Option<AccountId>,
) -> Result<()> {
    for row in tx.query(ALIASES, args![zone]).await? {
        let (owner, n): (Option<AccountId>, i64) = (row.get("owner_id")?, row.get("n")?);
        let at = |account: AccountId| At::of(owner.unwrap_or(account), Some(account));
        quota::moved(tx, Counted::EmailAliases, n, was.map(at), is.map(at)).await?;
    }
    Ok(())
}

impl FancyRecord {
    /// Whom it counts at, if it is an alias.
    fn counted(&self) -> Option<At> {
        let at = || At::of(self.owner_id.unwrap_or(self.account_id), Some(self.account_id));
        (self.kind == FancyKind::Mboxfw).then(at)
    }

    fn settle_alias(&mut self, zone: &str) -> Result<()> {
        let name = self.name.trim().to_ascii_lowercase();
        let (local, host) = name.split_once('@').unwrap_or((&name, ""));
        self.dns_name = name::within(zone, host)?;
        self.name = format!("{local}@{}", self.dns_name);
        self.value = self.value.trim().to_owned();
        for (field, address) in [("name", &self.name), ("value", &self.value)] {
            if !contact::is_email(address) {
                return Err(Error::invalid(field, format!("`{address}` is not an e-mail address")));
            }
        }
        Ok(())
    }

    async fn settle_redirection(&mut self, tx: &mut Tx, zone: &str) -> Result<()> {
        self.dns_name = name::within(zone, &self.name)?;
        self.name.clone_from(&self.dns_name);
        self.value = self.value.trim().to_owned();
        let is_web = uri::scheme(&self.value).is_some_and(|scheme| ["http", "https"].contains(&scheme.as_str()));
        if !is_web || !uri::is_uri(&self.value) || !self.value.contains("://") {
            return Err(Error::invalid("value", format!("`{}` is not a URL of the web", self.value)));
        }
        if tx.query_opt(REDIRECTED, args![&self.name, self.zone_id, self.id]).await?.is_some() {
            return Err(Error::taken("DNS record", "name", format!("{} URL", self.name)));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for FancyRecord {
    const LIST: &'static Source = &ALL;
    const PART_OF: Option<(&'static str, &'static str)> = Some(("dns_zones", "zone_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        root::must_keep(caller)
    }

    fn taken(&self) -> Error {
        Error::taken("DNS record", "value", format!("{} {} {}", self.name, self.kind, self.value))
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| (before.zone_id, before.kind) != (self.zone_id, self.kind)) {
            return Err(Error::invalid("type", "a record keeps its zone and its type"));
        }
        let zone = zone_of(tx, caller, self.zone_id, before.is_some()).await?;
        (self.account_id, self.reseller_id) = (zone.account_id, zone.reseller_id);
        root::check_owner(tx, caller, self.owner_id, before.and_then(|before| before.owner_id)).await?;
        match self.kind {
            FancyKind::Mboxfw => self.settle_alias(&zone.name)?,
            FancyKind::Url => self.settle_redirection(tx, &zone.name).await?,
        }
        self.ttl = root::seconds("ttl", self.ttl, TTL)?;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        if before.is_none() {
            root::may_create(tx, caller).await?;
            check_room(tx, &ALL, self.zone_id).await?;
        }
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        zone::changed(tx, self.zone_id).await?;
        let was = before.and_then(FancyRecord::counted);
        quota::moved(tx, Counted::EmailAliases, 1, was, self.counted()).await
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        zone_of(tx, caller, self.zone_id, true).await?;
        zone::changed(tx, self.zone_id).await?;
        quota::moved(tx, Counted::EmailAliases, 1, self.counted(), None).await
    }
}
