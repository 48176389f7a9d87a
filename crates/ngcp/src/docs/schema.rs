//! JSON Schemas of what is sent and of what is shown.
//!
//! What is sent is described as strictly as it is checked. What is shown is described by its types alone: old records may
//! hold what would not be taken today, and a role may not see every field.

use serde_json::{Map, Value, json};

use crate::kernel::{Field, Kind, Resource};

/// A body of `POST` and `PUT`.
pub(super) fn sent(resource: &Resource) -> Value {
    let mut schema =
        object(resource.fields.iter().filter(|field| field.writable), |field| one_sent(&field.kind, field.required));
    let required: Vec<&str> =
        resource.fields.iter().filter(|field| field.writable && field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// An item as it is shown.
pub(super) fn shown(resource: &Resource) -> Value {
    let readable = resource.fields.iter().filter(|field| field.readable && (resource.shows_id || field.name != "id"));
    let mut schema = object(readable, |field| one_shown(&field.kind));
    schema["properties"]["_links"] = json!({ "$ref": "#/components/schemas/links" });
    let has_id = resource.shows_id && !resource.single;
    if has_id {
        schema["properties"]["id"] = json!({ "type": "integer", "format": "int64", "description": "The id." });
    }
    schema["required"] = if has_id { json!(["_links", "id"]) } else { json!(["_links"]) };
    schema
}

/// A page of a collection.
pub(super) fn collection(resource: &Resource) -> Value {
    page_of(&format!("ngcp:{}", resource.name), &format!("#/components/schemas/{}", resource.name))
}

/// A page of whatever is called so.
pub(super) fn page_of(relation: &str, item: &str) -> Value {
    json!({
        "type": "object",
        "required": ["_links", "total_count"],
        "properties": {
            "_embedded": {
                "description": "Not there where the page is empty.",
                "type": "object",
                "required": [relation],
                "properties": { relation: { "type": "array", "minItems": 1, "items": { "$ref": item } } },
            },
            "_links": { "$ref": "#/components/schemas/links" },
            "total_count": {
                "type": ["integer", "null"],
                "minimum": 0,
                "description": "How many items there are on all pages; null with no_count.",
            },
        },
    })
}

fn object<'a>(fields: impl Iterator<Item = &'a Field>, schema: impl Fn(&Field) -> Value) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut of = schema(field);
        let mut doc = field.doc.to_owned();
        if let Some(roles) = field.seen_by {
            let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            doc.push_str(&format!(" Shown to {} only.", roles.join(", ")));
        }
        if !doc.is_empty() {
            of["description"] = doc.trim().into();
        }
        properties.insert(field.name.to_owned(), of);
    }
    json!({ "type": "object", "properties": properties })
}

/// What is taken as the value of a field; null empties a field that need not be there.
fn one_sent(kind: &Kind, required: bool) -> Value {
    let types = |name: &str| if required { json!(name) } else { json!([name, "null"]) };
    let text = |rules: Value| {
        let mut schema = json!({ "type": types("string") });
        if required {
            // Blanks around a text are cut off, and nothing is left of a blank one.
            schema["pattern"] = json!(r"\S");
            schema["minLength"] = json!(1);
        }
        if let (Value::Object(schema), Value::Object(rules)) = (&mut schema, rules) {
            schema.extend(rules);
        }
        schema
    };
    let choice = |name: &str, mut choices: Vec<Value>| {
        if !required {
            choices.push(Value::Null);
        }
        json!({ "type": types(name), "enum": choices })
    };
    match kind {
        Kind::Int => json!({ "type": types("integer"), "format": "int64" }),
        Kind::PosInt => json!({ "type": types("integer"), "format": "int64", "minimum": 1 }),
        Kind::IntRange(least, most) => json!({ "type": types("integer"), "minimum": least, "maximum": most }),
        Kind::Float => json!({ "type": types("number"), "format": "double" }),
        Kind::FloatRange(least, most) => json!({ "type": types("number"), "minimum": least, "maximum": most }),
        Kind::Bool => json!({ "type": types("boolean") }),
        Kind::Text(least, most) => text(lengths(*least, *most, required)),
        Kind::Secret(least, most) => {
            let mut rules = lengths(*least, *most, required);
            rules["format"] = json!("password");
            text(rules)
        }
        Kind::Enum(words) => choice("string", words.iter().map(|word| json!(word)).collect()),
        Kind::EnumInt(numbers) => choice("integer", numbers.iter().map(|number| json!(number)).collect()),
        Kind::Email => text(json!({ "format": "email", "maxLength": 255 })),
        Kind::Handle => text(json!({ "pattern": "^[A-Za-z0-9_]+$", "maxLength": 63 })),
        Kind::Username => {
            let part = r"[A-Za-z0-9_\-!~*'()&=+$,;?/%#]+";
            text(json!({ "pattern": format!(r"^{part}(\.{part})*$"), "maxLength": 127 }))
        }
        Kind::TimeZone => text(json!({ "examples": ["Europe/Vienna"] })),
        Kind::Timestamp => text(json!({
            "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
            "examples": ["2030-01-31 12:00:00"],
        })),
        Kind::Object(fields) => {
            let mut schema = object(fields.iter().filter(|f| f.writable), |f| one_sent(&f.kind, f.required));
            let needed: Vec<&str> = fields.iter().filter(|f| f.writable && f.required).map(|f| f.name).collect();
            if !needed.is_empty() {
                schema["required"] = json!(needed);
            }
            schema["type"] = types("object");
            schema
        }
        Kind::List(member) => json!({ "type": types("array"), "items": one_sent(member, true) }),
        Kind::Any => json!({}),
    }
}

fn lengths(least: usize, most: usize, required: bool) -> Value {
    let mut rules = json!({});
    if least.max(usize::from(required)) > 0 {
        rules["minLength"] = json!(least.max(usize::from(required)));
    }
    if most < usize::MAX {
        rules["maxLength"] = json!(most);
    }
    rules
}

/// The type of a value that is shown.
fn one_shown(kind: &Kind) -> Value {
    match kind {
        Kind::Int | Kind::PosInt | Kind::IntRange(..) | Kind::EnumInt(_) => json!({ "type": ["integer", "null"] }),
        Kind::Float | Kind::FloatRange(..) => json!({ "type": ["number", "null"] }),
        Kind::Bool => json!({ "type": ["boolean", "null"] }),
        Kind::Object(fields) => {
            let mut schema = object(fields.iter().filter(|field| field.readable), |field| one_shown(&field.kind));
            schema["type"] = json!(["object", "null"]);
            schema
        }
        Kind::List(member) => json!({ "type": ["array", "null"], "items": one_shown(member) }),
        Kind::Any => json!({}),
        Kind::Text(..)
        | Kind::Enum(_)
        | Kind::Email
        | Kind::Handle
        | Kind::Username
        | Kind::TimeZone
        | Kind::Secret(..)
        | Kind::Timestamp => json!({ "type": ["string", "null"] }),
    }
}
