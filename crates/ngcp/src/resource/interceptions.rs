//! Lawful interception: numbers whose calls are delivered to an authority.
//!
//! Beyond storing: the number is one that a subscriber has; a number has one interception for each `liid`; hosts and ports
//! are such; the content (X3) has a place where it goes. The password is sealed. Administrators and logins for
//! interception alone see them, and one that is removed stays on the books without being shown.
//!
//! Decided here: an interception is for the subscriber who has the number when it is ordered. It stays when that one ends,
//! does not pass to whoever has the number afterwards, and ends with the reseller.

use registry::id::InterceptionId;
use registry::interception::{self, ALL, Interception};
use registry::{Error, Role, record};
use serde_json::json;

use crate::kernel::record::{read, show};
use crate::kernel::{Behaviour, Created, Cx, Field, Filter, Item, Kind, Outcome, Refusal, Resource, Verb};

/// Administrators, and logins for interception.
const LISTENERS: &[Role] = &[Role::Admin, Role::Intercept];

pub(super) static INTERCEPTIONS: Resource = Resource {
    name: "interceptions",
    singular: "interception",
    title: "Interceptions",
    doc: "Numbers whose calls are delivered to an authority: the signalling to the X2 host, the content to the X3 host where \
          x3_required says so. Administrators and logins with lawful_intercept see them, nobody else. An interception is for \
          the subscriber who has the number when it is ordered. The password is shown to logins with show_passwords, and is \
          in no journal; a change that leaves it out keeps it. There is no part yet that delivers anything.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, LISTENERS),
        (Verb::Get, LISTENERS),
        (Verb::Create, LISTENERS),
        (Verb::Replace, LISTENERS),
        (Verb::Modify, LISTENERS),
        (Verb::Delete, LISTENERS),
    ],
    filters: &[Filter::exact("liid", "liid"), Filter::exact("number", "number")],
    created: Created::Representation,
    source: Some(&ALL),
    example: r#"{"liid": "4711", "number": "43199900001", "x2_host": "192.0.2.1", "x2_port": 8090}"#,
    behaviour: &Interceptions,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("liid", Kind::Text(1, 63))
        .required()
        .label("LIID")
        .doc("What the authority calls it, once for a number."),
    Field::new("number", Kind::Text(1, 63)).required().doc("The number of a subscriber, as E.164 without a plus sign."),
    Field::new("x2_host", Kind::Text(1, 253)).required().doc("Where the signalling goes: an address or a name."),
    Field::new("x2_port", Kind::IntRange(1, 65_535)).required().doc("The port there."),
    Field::new("x2_user", Kind::Text(0, 127)).doc("Who logs in there."),
    Field::new(PASSWORD, Kind::Secret(0, 127)).doc("What that one logs in with."),
    Field::new("x3_required", Kind::Bool).doc("The content is delivered too; then x3_host and x3_port must be there."),
    Field::new("x3_host", Kind::Text(0, 253)).doc("Where the content goes: an address or a name."),
    Field::new("x3_port", Kind::IntRange(1, 65_535)).doc("The port there."),
];

const PASSWORD: &str = "x2_password";

/// The password that a body has; empty: it is to go.
fn password(input: &Item) -> Option<String> {
    input.get(PASSWORD).map(|value| value.as_str().unwrap_or_default().to_owned())
}

struct Interceptions;

#[async_trait::async_trait]
impl Behaviour for Interceptions {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<Interception> = record::load(cx.tx, ids).await?;
        let item = |interception: &Interception| {
            let json = serde_json::to_value(interception).map_err(|error| Error::Internal(error.to_string()))?;
            let mut item = show(FIELDS, &json);
            item.remove(PASSWORD);
            if cx.caller.rights.show_passwords {
                item.insert(PASSWORD.to_owned(), json!(interception.password(&cx.state.sealer)?));
            }
            Ok((interception.id.0, item))
        };
        found.iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let (password, made) = (password(&input), read(FIELDS, input)?);
        let made = interception::create(cx.tx, cx.caller, cx.now, &cx.state.sealer, made, password.as_deref()).await?;
        Ok(made.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let password = password(&new);
        let after = Interception { id: InterceptionId(id), ..read(FIELDS, new)? };
        interception::update(cx.tx, cx.caller, cx.now, &cx.state.sealer, after, password.as_deref()).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(interception::delete(cx.tx, cx.caller, cx.now, InterceptionId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Dangling { field: "number", value } => {
                Some(Refusal::invalid_field("number", value, "Number does not exist: no subscriber has it"))
            }
            Error::Taken { value, .. } => {
                Some(Refusal::new(422, format!("The number already has an interception with liid '{value}'.")))
            }
            _ => None,
        }
    }
}
