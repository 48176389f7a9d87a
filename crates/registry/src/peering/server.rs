//! Servers of other carriers.

use std::net::IpAddr;

use store::{Tx, args};

use super::group;
use crate::caller::Caller;
use crate::id::{PeeringGroupId, PeeringServerId};
use crate::listing::{Column, Reach, Source};
use crate::preference::{self, Level};
use crate::record::{Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A server of another carrier.
    Server(PeeringServerId) in "peering_servers" called "peering server" {
        /// The group that it is in.
        group_id: PeeringGroupId,
        /// Its name, unique in the group.
        name: String,
        /// Its IPv4 or IPv6 address.
        ip: String,
        /// The host of its SIP URI, where that is not the address.
        host: Option<String>,
        /// Its port.
        port: i64 = 5060,
        /// 1 UDP, 2 TCP, 3 TLS.
        transport: i64 = 1,
        /// Its share of the calls of its group, 1 to 127.
        weight: i64 = 1,
        /// The SIP URI of a proxy before it.
        via_route: Option<String>,
        /// Whether it is asked if it is there.
        probe: bool,
        /// Whether it is used.
        enabled: bool = true,
        /// The site that calls leave from; none: any.
        site_id: Option<i64>,
    }
}

/// All servers.
pub static SERVERS: Source = Source {
    name: "peering servers",
    from: "peering_servers t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("group_id", "t.group_id"),
        Column::text("name", "t.name"),
        Column::text("ip", "t.ip"),
        Column::text("host", "t.host"),
        Column::int("port", "t.port"),
        Column::int("transport", "t.transport"),
        Column::int("weight", "t.weight"),
        Column::bool("probe", "t.probe"),
        Column::bool("enabled", "t.enabled"),
        Column::int("site_id", "t.site_id"),
    ],
    tallies: &["group_id"],
};

statements! {
    // Where a request from the address could be one of either group, as nothing tells them apart.
    SAME_ELSEWHERE = "SELECT s.id FROM peering_servers s JOIN peering_groups g ON g.id = s.group_id WHERE s.ip = $1 \
        AND s.port = $2 AND s.transport = $3 AND s.group_id <> $4 AND (NOT g.has_inbound_rules OR NOT $5) LIMIT 1";
    UNTOLD = "SELECT s.ip FROM peering_servers s JOIN peering_groups g ON g.id = s.group_id JOIN peering_servers o \
        ON o.ip = s.ip AND o.port = s.port AND o.transport = s.transport AND o.group_id <> s.group_id \
        WHERE s.group_id = $1 AND NOT g.has_inbound_rules LIMIT 1";
    ALONE = "SELECT id FROM peering_turns WHERE id = 1 {wait}";
    FULL = "SELECT id FROM peering_servers ORDER BY id LIMIT 1 OFFSET $1";
}

/// Most servers of all groups.
const MOST: i64 = 5_000;

/// Waits for whoever else settles which groups have which addresses, or adds to what there is of them. Groups are held
/// before.
pub(super) async fn alone(tx: &mut Tx) -> Result<()> {
    tx.query_opt(ALONE, args![]).await?;
    Ok(())
}

/// Refuses that a group is left without inbound rules while another group has the address of one of its servers.
pub(super) async fn must_be_told(tx: &mut Tx, group: PeeringGroupId) -> Result<()> {
    alone(tx).await?;
    match tx.query_opt(UNTOLD, args![group]).await? {
        None => Ok(()),
        Some(row) => {
            let ip: String = row.at(0)?;
            Err(Error::Conflict(format!("another group has a server at {ip}: inbound rules tell their calls apart")))
        }
    }
}

/// Refuses one more where there are as many as there may be; `full` finds the last of them by its place.
pub(super) async fn must_fit(tx: &mut Tx, full: &str, what: &str, most: i64) -> Result<()> {
    match tx.query_opt(full, args![most - 1]).await? {
        None => Ok(()),
        Some(_) => Err(Error::Conflict(format!("there are {most} {what} already, more are not kept"))),
    }
}

#[async_trait::async_trait]
impl Kept for Server {
    const LIST: &'static Source = &SERVERS;
    const PART_OF: Option<(&'static str, &'static str)> = Some(("peering_groups", "group_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_admin("keep peerings")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let named = self.name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c));
        if self.name.is_empty() || !named {
            return Err(Error::invalid("name", "Only letters, digits, blanks, - and _ allowed"));
        }
        let ip: IpAddr = self.ip.parse().map_err(|_| Error::invalid("ip", "Invalid IPv4 or IPv6 address"))?;
        self.ip = ip.to_string();
        for (field, value, least, most) in
            [("port", self.port, 1, 65_535), ("transport", self.transport, 1, 3), ("weight", self.weight, 1, 127)]
        {
            if !(least..=most).contains(&value) {
                return Err(Error::invalid(field, format!("Value must be between {least} and {most}")));
            }
        }
        let group = group::held(tx, caller, self.group_id).await?;
        alone(tx).await?;
        if before.is_none() {
            must_fit(tx, FULL, "peering servers", MOST).await?;
        }
        let same = args![self.ip.as_str(), self.port, self.transport, self.group_id, group.has_inbound_rules];
        if tx.query_opt(SAME_ELSEWHERE, same).await?.is_some() {
            return Err(Error::taken("peering server", "ip", &self.ip));
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        preference::delete_of(tx, Level::Peer, self.id.0).await
    }
}
