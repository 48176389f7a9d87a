//! Who the caller is and what it may do with which resource, from the same declarations that requests are checked
//! against. Nothing is stored.

use axum::http::{Method, header};
use registry::Role;
use serde_json::{Map, Value, json};

use super::ALL;
use crate::kernel::{Behaviour, Call, Cx, Field, Outcome, Reply, Resource, Verb};

pub(super) static USERINFO: Resource = Resource {
    name: "userinfo",
    singular: "userinfo",
    title: "Who I am",
    doc: "The caller's name and role, and what it may do with each resource and see of its fields.",
    verbs: &[(Verb::List, ANYBODY)],
    single: true,
    behaviour: &UserInfo,
    ..Resource::DEFAULT
};

/// Whoever can log in.
pub(super) const ANYBODY: &[Role] = &[
    Role::Admin,
    Role::Reseller,
    Role::CareAdmin,
    Role::Care,
    Role::Intercept,
    Role::SubscriberAdmin,
    Role::Subscriber,
];

struct UserInfo;

/// What a role may do with a resource.
fn permissions(resource: &Resource, role: Role, read_only: bool) -> Value {
    let may = |verbs: &[Verb]| {
        let has = |verb: &Verb| resource.roles(*verb).is_some_and(|roles| roles.contains(&role));
        let reads = verbs.iter().all(|verb| matches!(verb, Verb::List | Verb::Get));
        verbs.iter().any(has) && (reads || !read_only)
    };
    let (create, update) = (may(&[Verb::Create]), may(&[Verb::Replace, Verb::Modify]));
    let seen = |field: &&Field| field.seen_by.is_none_or(|roles| roles.contains(&role));
    let columns: Map<String, Value> = resource
        .fields
        .iter()
        .filter(seen)
        .map(|field| {
            let rights = json!({
                "create": create && field.writable,
                "read": field.readable,
                "update": update && field.writable,
            });
            (field.name.to_owned(), json!({ "$p": rights }))
        })
        .collect();
    json!({
        "$p": {
            "create": create,
            "read": may(&[Verb::List, Verb::Get]),
            "update": update,
            "delete": may(&[Verb::Delete]),
        },
        "columns": columns,
    })
}

#[async_trait::async_trait]
impl Behaviour for UserInfo {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET || call.id.is_some() {
            return Ok(None);
        }
        let (role, read_only) = (cx.caller.role, cx.caller.rights.read_only);
        let entities: Map<String, Value> = ALL
            .iter()
            .filter(|resource| resource.is_for(role))
            .map(|resource| (resource.name.to_owned(), permissions(resource, role, read_only)))
            .collect();
        let document = json!({
            "username": cx.caller.name,
            "role": role.as_str(),
            "permissions": { "entity": entities },
        });
        let reply = Reply::status(200).header(header::CONTENT_TYPE, "application/json");
        Ok(Some(reply.body(format!("{document}\n"))))
    }
}
