//! Which of the platform's larger features are there. None of those that the web front ends ask for is, yet; nothing is
//! stored.

use axum::http::Method;
use registry::Role;
use serde_json::{Value, json};

use crate::kernel::hal::{self, Links, Paging};
use crate::kernel::list::Window;
use crate::kernel::{Behaviour, Call, Cx, EVERYONE, Field, Item, Kind, Outcome, Reply, Resource, Verb};

pub(super) static CAPABILITIES: Resource = Resource {
    name: "capabilities",
    singular: "capability",
    title: "Capabilities",
    doc: "Features by name, and whether they are enabled.",
    fields: FIELDS,
    verbs: &[(Verb::List, EVERYONE), (Verb::Get, EVERYONE)],
    parameters: &[("name", "Only the feature of that name.")],
    behaviour: &Capabilities,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("name", Kind::Text(0, 31)).read_only().doc("The feature."),
    Field::new("enabled", Kind::Int).read_only().doc("1 where it is enabled, else 0."),
];

/// Ids and names that clients know.
const FEATURES: [(i64, &str); 5] = [(1, "cloudpbx"), (2, "sms"), (3, "faxserver"), (5, "fileshare"), (6, "mobilepush")];

struct Capabilities;

fn item(id: i64, name: &str) -> Item {
    match json!({ "id": id, "name": name, "enabled": 0 }) {
        Value::Object(fields) => fields,
        _ => Item::new(),
    }
}

fn shown(id: i64, item: Item, role: Role, shape: crate::HalShape) -> Value {
    let links = Links::of(&CAPABILITIES, id, &item, role);
    hal::item(&CAPABILITIES, id, item, &links, shape)
}

#[async_trait::async_trait]
impl Behaviour for Capabilities {
    async fn load(&self, _cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = FEATURES.iter().filter(|(id, _)| ids.contains(id));
        Ok(found.map(|(id, name)| (*id, item(*id, name))).collect())
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET || call.id.is_some() {
            return Ok(None);
        }
        let window = Window::of(cx.params)?;
        let wanted = |name: &str| cx.params.get("name").is_none_or(|asked| asked == name);
        let all: Vec<_> = FEATURES.iter().filter(|(_, name)| wanted(name)).collect();
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let (skip, most) = (usize::try_from(window.offset()), usize::try_from(window.rows));
        let page = all.into_iter().skip(skip.unwrap_or(usize::MAX)).take(most.unwrap_or(usize::MAX));
        let (role, shape) = (cx.caller.role, cx.state.hal_shape);
        let items = page.map(|(id, name)| shown(*id, item(*id, name), role, shape)).collect();
        let others = cx.params.others();
        let paging = Paging {
            path: "/api/capabilities/",
            page: window.page,
            rows: window.rows,
            others: &others,
            more: window.offset().saturating_add(window.rows) < total,
            total: (!cx.params.is_true("no_count")).then_some(total),
        };
        Ok(Some(hal::collection(call, CAPABILITIES.name, CAPABILITIES.lists_links, &paging, items, shape)))
    }
}
