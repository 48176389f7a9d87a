//! The overview for programs: for each resource that a role sees its actions, fields, orders and query parameters.

use registry::Role;
use serde_json::{Map, Value, json};

use super::words;
use crate::kernel::Resource;
use crate::resource::ALL;

/// The overview for a role.
pub(super) fn of(role: Role) -> Value {
    let visible = ALL.iter().filter(|resource| resource.is_for(role));
    visible.map(|resource| (resource.name.to_owned(), one(resource, role))).collect::<Map<_, _>>().into()
}

fn one(resource: &Resource, role: Role) -> Value {
    let has_items = resource.verbs.iter().any(|(verb, _)| words::of_item(*verb));
    let fields = resource.fields.iter().filter(|field| field.seen_by.is_none_or(|roles| roles.contains(&role)));
    let fields: Vec<Value> = fields
        .map(|field| {
            json!({
                "name": field.name,
                "description": field.doc,
                "types": [words::kind(&field.kind)],
                "required": field.required || field.required_of.is_some(),
                "readonly": !field.writable,
            })
        })
        .collect();
    let filters = resource.filters.iter().map(|filter| (filter.name, words::filter(filter)));
    let others = resource.parameters.iter().map(|(name, doc)| (*name, (*doc).to_owned()));
    let parameters = filters.chain(others).map(|(name, doc)| json!({ "param": name, "description": doc }));
    json!({
        "actions": resource.methods(false, Some(role)),
        "item_actions": if has_items { resource.methods(true, Some(role)) } else { Vec::new() },
        "fields": fields,
        "sorting_cols": words::orders(resource),
        "query_params": parameters.collect::<Vec<_>>(),
    })
}
