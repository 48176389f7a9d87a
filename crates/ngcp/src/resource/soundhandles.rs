//! Sound groups and sound handles: which prompts there are. Both are fixed, and read only.

use axum::http::Method;
use registry::sound::handle;
use serde_json::{Value, json};

use super::soundsets::KEEPERS;
use crate::kernel::hal::{self, Links};
use crate::kernel::list::{Page, Window};
use crate::kernel::{Behaviour, Call, Cx, Field, Item, Kind, Outcome, Reply, Resource, Verb};

pub(super) static SOUNDGROUPS: Resource = Resource {
    name: "soundgroups",
    singular: "soundgroup",
    title: "Sound groups",
    doc: "The groups that sound handles are in.",
    fields: &[Field::ID, Field::new("name", Kind::Text(0, 63)).read_only().doc("Its name.")],
    verbs: &[(Verb::List, KEEPERS), (Verb::Get, KEEPERS)],
    parameters: &[("name", "Only the group of that name.")],
    behaviour: &Fixed(groups),
    ..Resource::DEFAULT
};

pub(super) static SOUNDHANDLES: Resource = Resource {
    name: "soundhandles",
    singular: "soundhandle",
    title: "Sound handles",
    doc: "The prompts that sound sets have recordings for. Those of the group custom_announcements can be named as the \
          announcement_id of call forwards to customhours.",
    fields: &[
        Field::ID,
        Field::new("name", Kind::Text(0, 63)).read_only().doc("What soundfiles names it by."),
        Field::new("group", Kind::Text(0, 63)).read_only().doc("The name of its sound group."),
    ],
    verbs: &[(Verb::List, KEEPERS), (Verb::Get, KEEPERS)],
    parameters: &[("group", "Only handles of that group."), ("name", "Only the handle of that name.")],
    behaviour: &Fixed(handles),
    ..Resource::DEFAULT
};

fn object(value: Value) -> Item {
    match value {
        Value::Object(fields) => fields,
        _ => Item::new(),
    }
}

/// A resource with all its items.
type Whole = (&'static Resource, Vec<(i64, Item)>);

fn groups() -> Whole {
    let item = |group: &handle::Group| (group.id, object(json!({ "id": group.id, "name": group.name })));
    (&SOUNDGROUPS, handle::groups().iter().map(item).collect())
}

fn handles() -> Whole {
    let item = |of: &handle::Handle| (of.id, object(json!({ "id": of.id, "name": of.name, "group": of.group })));
    (&SOUNDHANDLES, handle::handles().iter().map(item).collect())
}

/// A resource whose items are always the same, which its parameters filter by the field of their name.
struct Fixed(fn() -> Whole);

#[async_trait::async_trait]
impl Behaviour for Fixed {
    async fn load(&self, _cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok((self.0)().1.into_iter().filter(|(id, _)| ids.contains(id)).collect())
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET || call.id.is_some() {
            return Ok(None);
        }
        let (resource, mut all) = (self.0)();
        for (name, _) in resource.parameters {
            if let Some(wanted) = cx.params.get(name) {
                all.retain(|(_, item)| item.get(*name).and_then(Value::as_str) == Some(wanted));
            }
        }
        if cx.params.get("order_by_direction").is_some_and(|text| text.eq_ignore_ascii_case("desc")) {
            all.reverse();
        }
        let window = Window::of(cx.params)?;
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let (skip, most) = (usize::try_from(window.offset()), usize::try_from(window.rows));
        let page = all.into_iter().skip(skip.unwrap_or(usize::MAX)).take(most.unwrap_or(usize::MAX));
        let (role, shape) = (cx.caller.role, cx.state.hal_shape);
        let shown = |(id, item): (i64, Item)| {
            let links = Links::of(resource, id, &item, role);
            hal::item(resource, id, item, &links, shape)
        };
        Ok(Some(Page::of(cx.params, window, total, page.map(shown).collect()).reply(cx, call, resource)))
    }
}
