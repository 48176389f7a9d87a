//! `expand`: the records that ids in an item stand for, put beside them.

use std::collections::{BTreeMap, HashMap};

use registry::Role;
use registry::caller::Scope;
use registry::listing::{self, Condition, Query};
use serde_json::Value;
use store::Val;

use super::call::Cx;
use super::error::{Outcome, Refusal};
use super::resource::{Item, Resource, STAFF, Verb};

/// Fields that can be expanded, with the resource that their ids are of.
const FIELDS: &[(&str, &str)] = &[
    ("billing_profile_id", "billingprofiles"),
    ("billing_zone_id", "billingzones"),
    ("carrier_id", "lnpcarriers"),
    ("contact_id", "customercontacts"),
    ("contract_id", "contracts"),
    ("customer_id", "customers"),
    ("domain_id", "domains"),
    ("emergency_container_id", "emergencymappingcontainers"),
    ("group_id", "peeringgroups"),
    ("invoice_email_template_id", "emailtemplates"),
    ("invoice_template_id", "invoicetemplates"),
    ("passreset_email_template_id", "emailtemplates"),
    ("subscriber_email_template_id", "emailtemplates"),
    ("ncos_level_id", "ncoslevels"),
    ("package_id", "profilepackages"),
    ("profile_id", "subscriberprofiles"),
    ("profile_package_id", "profilepackages"),
    ("profile_set_id", "subscriberprofilesets"),
    ("reseller_id", "resellers"),
    ("rwr_set_id", "rewriterulesets"),
    ("subscriber_id", "subscribers"),
    ("time_set_id", "timesets"),
];
/// How deep a name may descend.
const DEEPEST: usize = 4;
/// Most names in one query.
const MOST: usize = 40;

/// The names asked for, as a tree.
#[derive(Default)]
struct Tree(BTreeMap<String, Tree>);

impl Tree {
    fn parse(text: &str) -> Tree {
        let mut root = Tree::default();
        for path in text.split(',').map(str::trim).filter(|path| !path.is_empty()).take(MOST) {
            let mut place = &mut root;
            for name in path.split('.').take(DEEPEST) {
                place = place.0.entry(name.to_owned()).or_default();
            }
        }
        root
    }
}

/// Puts what the query asks for beside the ids of the items.
///
/// # Errors
/// 409 where a name can't be expanded and `soft_expand` does not say that this is well.
pub(crate) async fn items(cx: &mut Cx<'_>, resource: &Resource, items: &mut [(i64, Item)]) -> Outcome<()> {
    let Some(text) = cx.params.get("expand").map(str::to_owned) else { return Ok(()) };
    if !STAFF.contains(&cx.caller.role) {
        return Ok(());
    }
    let mut tree = Tree::parse(&text);
    if tree.0.remove("all").is_some() {
        let all = FIELDS.iter().filter(|(name, _)| resource.field(name).is_some());
        tree.0.extend(all.map(|(name, _)| ((*name).to_owned(), Tree::default())));
    }
    let soft = cx.params.is_true("soft_expand");
    let mut bare: Vec<&mut Item> = items.iter_mut().map(|(_, item)| item).collect();
    level(cx, &tree, &mut bare, soft, Some(resource)).await
}

fn level<'a>(
    cx: &'a mut Cx<'_>,
    tree: &'a Tree,
    items: &'a mut [&mut Item],
    soft: bool,
    resource: Option<&'a Resource>,
) -> std::pin::Pin<Box<dyn Future<Output = Outcome<()>> + Send + 'a>> {
    Box::pin(async move {
        for (name, below) in &tree.0 {
            let of = FIELDS.iter().find(|(field, _)| field == name).map(|(_, of)| crate::resource::find(of));
            let declared = resource.is_none_or(|resource| resource.field(name).is_some());
            let of = match of.filter(|_| declared) {
                Some(Some(of)) => of,
                // A field of items that there are none of yet.
                Some(None) => continue,
                None if soft => continue,
                None => return Err(Refusal::new(409, "Provided expand fields are invalid").into()),
            };
            let mut ids: Vec<i64> = items.iter().filter_map(|item| item.get(name)).flat_map(ids_of).collect();
            ids.sort_unstable();
            ids.dedup();
            let ids = shown(cx, of, ids).await?;
            let mut loaded = of.behaviour.load(cx, &ids).await?;
            let mut members: Vec<&mut Item> = loaded.iter_mut().map(|(_, item)| item).collect();
            level(cx, below, &mut members, soft, Some(of)).await?;
            let role = cx.caller.role;
            let by_id: HashMap<i64, Value> =
                loaded.into_iter().map(|(id, item)| (id, Value::Object(super::hal::visible(of, item, role)))).collect();
            for item in items.iter_mut() {
                let expanded = match item.get(name) {
                    Some(Value::Array(ids)) => Some(ids.iter().map(|id| member(&by_id, id)).collect()),
                    Some(id) => Some(member(&by_id, id)).filter(|value| !value.is_null()),
                    None => None,
                };
                if let Some(expanded) = expanded {
                    item.insert(format!("{name}_expand"), expanded);
                }
            }
        }
        Ok(())
    })
}

/// Those of the ids whose items the caller could ask for. A reseller sees who it is.
async fn shown(cx: &mut Cx<'_>, of: &Resource, ids: Vec<i64>) -> Outcome<Vec<i64>> {
    if matches!(cx.caller.scope, Scope::All) && cx.caller.role == Role::Admin {
        return Ok(ids);
    }
    if !of.roles(Verb::Get).is_some_and(|roles| roles.contains(&cx.caller.role)) {
        let own = |id: &i64| of.name == "resellers" && *id == cx.caller.account.0;
        return Ok(ids.into_iter().filter(own).collect());
    }
    let Some(source) = of.source else { return Ok(Vec::new()) };
    let mut seen = Vec::new();
    for some in ids.chunks(listing::MOST_VALUES) {
        let among = Condition::Among("id", some.iter().map(|id| Val::Int(*id)).collect());
        let mut conditions = vec![among];
        conditions.extend(of.behaviour.narrow(cx.caller, cx.now));
        let query = Query { conditions, limit: some.len() as i64, ..Query::default() };
        seen.extend(listing::page(cx.tx, cx.caller, source, &query).await?.ids);
    }
    Ok(seen)
}

fn ids_of(value: &Value) -> Vec<i64> {
    match value {
        Value::Array(members) => members.iter().filter_map(Value::as_i64).collect(),
        one => one.as_i64().into_iter().collect(),
    }
}

fn member(by_id: &HashMap<i64, Value>, id: &Value) -> Value {
    id.as_i64().and_then(|id| by_id.get(&id)).cloned().unwrap_or(Value::Null)
}
