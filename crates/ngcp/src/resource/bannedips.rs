//! Banned addresses: those from which too many passwords were wrong.
//!
//! Beyond listing: `DELETE` lifts a ban and forgets the failures that brought it. A ban ends by itself, so that only those
//! are listed that still hold. Of IPv6 the network of 64 bits is banned; loopback addresses never are. Client certificates
//! and tokens are accepted from a banned address.

use registry::Caller;
use registry::ban::{self, ADDRESSES, Ban};
use registry::listing::Condition;
use serde_json::{Value, json};

use crate::kernel::{ADMIN, Behaviour, Cx, Field, Filter, Item, Kind, Outcome, Resource, Verb, time};

pub(super) static BANNEDIPS: Resource = Resource {
    name: "bannedips",
    singular: "bannedip",
    title: "Banned addresses",
    doc: "Addresses from which too many passwords were wrong: none is looked at from there until the ban ends or is lifted \
          with DELETE.",
    fields: FIELDS,
    verbs: &[(Verb::List, ADMIN), (Verb::Get, ADMIN), (Verb::Delete, ADMIN)],
    filters: &[Filter::wildcard("ip", "subject")],
    source: Some(&ADDRESSES),
    behaviour: &Addresses,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("ip", Kind::Text(0, 64)).read_only().doc("The address, or the network."),
    Field::new("auth_count", Kind::Int).read_only().doc("Failures that brought the ban."),
    Field::new("last_auth", Kind::Timestamp).read_only().doc("The last of them."),
    Field::new("ban_end", Kind::Timestamp).read_only().doc("When the ban ends."),
];

struct Addresses;

/// What is shown of a ban beside its subject.
pub(super) fn fields(ban: &Ban, subject: &str) -> Item {
    let item = json!({
        "id": ban.id,
        subject: ban.subject,
        "auth_count": ban.failures,
        "last_auth": time::show(ban.failed_at),
        "ban_end": time::show(ban.ends_at),
    });
    match item {
        Value::Object(fields) => fields,
        _ => Item::new(),
    }
}

#[async_trait::async_trait]
impl Behaviour for Addresses {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok(ban::load(cx.tx, ids).await?.iter().map(|ban| (ban.id, fields(ban, "ip"))).collect())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(ban::lift(cx.tx, cx.caller, cx.now, ban::Kind::Address, id).await?)
    }

    fn narrow(&self, _caller: &Caller, now: i64) -> Vec<Condition> {
        vec![ban::current(now)]
    }
}
