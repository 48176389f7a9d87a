//! Banned user names: those of which too many passwords were wrong, on either door.
//!
//! Beyond listing: as of [`bannedips`](super::bannedips). User names are counted whether they exist or not. Subscribers
//! are named `user@domain`. Who has a client certificate or a token is not kept out by a ban of its name.

use registry::Caller;
use registry::ban::{self, USERS};
use registry::listing::Condition;

use super::bannedips::fields;
use crate::kernel::{ADMIN, Behaviour, Cx, Field, Filter, Item, Kind, Outcome, Resource, Verb};

pub(super) static BANNEDUSERS: Resource = Resource {
    name: "bannedusers",
    singular: "banneduser",
    title: "Banned users",
    doc: "User names of which too many passwords were wrong: none is looked at for them until the ban ends or is lifted with \
          DELETE.",
    fields: FIELDS,
    verbs: &[(Verb::List, ADMIN), (Verb::Get, ADMIN), (Verb::Delete, ADMIN)],
    filters: &[Filter::wildcard("username", "subject"), Filter::exact("realm", "realm")],
    source: Some(&USERS),
    behaviour: &Users,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("username", Kind::Text(0, 255)).read_only().doc("The user name; of subscribers with the domain."),
    Field::new("realm", Kind::Enum(&["admin", "subscriber"])).read_only().doc("On which door."),
    Field::new("auth_count", Kind::Int).read_only().doc("Failures that brought the ban."),
    Field::new("last_auth", Kind::Timestamp).read_only().doc("The last of them."),
    Field::new("ban_end", Kind::Timestamp).read_only().doc("When the ban ends."),
];

struct Users;

#[async_trait::async_trait]
impl Behaviour for Users {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let bans = ban::load(cx.tx, ids).await?;
        Ok(bans
            .iter()
            .map(|ban| {
                let mut item = fields(ban, "username");
                item.insert("realm".to_owned(), ban.realm.as_str().into());
                (ban.id, item)
            })
            .collect())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(ban::lift(cx.tx, cx.caller, cx.now, ban::Kind::User, id).await?)
    }

    fn narrow(&self, _caller: &Caller, now: i64) -> Vec<Condition> {
        vec![ban::current(now)]
    }
}
