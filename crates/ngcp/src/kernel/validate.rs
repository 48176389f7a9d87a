//! Checks a body against the declared fields, and brings its values into one form.
//!
//! Texts are trimmed, an empty text is null, numbers may come as texts and texts as numbers. Fields that are not
//! declared, and those that can't be written, are dropped.

use registry::caller::Scope;
use registry::contact::is_email;
use registry::{Caller, Role};
use serde_json::{Number, Value};

use super::error::{Refusal, capital};
use super::resource::{Field, Item, Kind, Resource};

/// The most members of a list.
const MOST_MEMBERS: usize = 1000;

/// The most characters of a value that a message repeats.
const MOST_SHOWN: usize = 200;

/// What did not pass: the field, what was sent and why.
struct Complaint {
    field: String,
    input: String,
    errors: Vec<String>,
}

/// The checked fields of a body.
///
/// # Errors
/// 422 naming every field that did not pass.
pub(crate) fn check(resource: &Resource, caller: &Caller, body: &Item) -> Result<Item, Refusal> {
    checked(resource, caller, body, &|field, _| field.is_required(caller.role))
}

/// As [`check`], for an item with a patch applied: secrets, which are not shown, need not be in it.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_patched(resource: &Resource, caller: &Caller, body: &Item) -> Result<Item, Refusal> {
    checked(resource, caller, body, &|field, sent| field.is_required(caller.role) && (sent || !field.is_secret()))
}

/// Whether a field that has no value, or was (`true`) sent without one, has to have one.
type Needed<'a> = &'a dyn Fn(&Field, bool) -> bool;

fn checked(resource: &Resource, caller: &Caller, body: &Item, needed: Needed<'_>) -> Result<Item, Refusal> {
    let mut complaints = Vec::new();
    let mut body = body.clone();
    // Whoever acts for one reseller puts everything under that one.
    let own = matches!(caller.role, Role::Reseller | Role::CareAdmin | Role::Care) && caller.scope != Scope::All;
    if let Some(field) = resource.fields.iter().find(|field| own && field.of_reseller) {
        body.insert(field.name.to_owned(), caller.account.0.into());
    }
    let mut checked = object(resource.fields, &body, "", needed, &mut complaints);
    if resource.open {
        let rest = body.into_iter().filter(|(name, _)| resource.field(name).is_none() && name != "_links");
        checked.extend(rest);
    }
    match &complaints[..] {
        [] => Ok(checked),
        some => {
            let each: Vec<String> = some
                .iter()
                .map(|c| format!("field='{}', input='{}', errors='{}'", c.field, c.input, c.errors.join(",")))
                .collect();
            Err(Refusal::new(422, format!("Validation failed. {}", each.join("; "))))
        }
    }
}

/// Checks an object against its fields; `prefix` is what stands before their names in a message.
fn object(fields: &[Field], body: &Item, prefix: &str, needed: Needed<'_>, complaints: &mut Vec<Complaint>) -> Item {
    let mut checked = Item::new();
    for field in fields.iter().filter(|field| field.writable) {
        let name = format!("{prefix}{}", field.name);
        let sent = body.get(field.name);
        let value = sent.map(tidy).unwrap_or(Value::Null);
        if value.is_null() {
            if needed(field, sent.is_some()) {
                let label = if field.label.is_empty() { capital(field.name) } else { field.label.to_owned() };
                complaints.push(Complaint {
                    field: name,
                    input: String::new(),
                    errors: vec![format!("{label} field is required")],
                });
            } else if sent.is_some() {
                let empty = if matches!(field.kind, Kind::Bool) { Value::Bool(false) } else { Value::Null };
                checked.insert(field.name.to_owned(), empty);
            }
            continue;
        }
        if let Some(value) = one(&field.kind, &value, &name, complaints) {
            checked.insert(field.name.to_owned(), value);
        }
    }
    checked
}

/// A text without blanks around it; null where nothing is left.
fn tidy(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(text) => Value::String(text.trim().to_owned()),
        other => other.clone(),
    }
}

/// Checks one value; none where it did not pass.
fn one(kind: &Kind, value: &Value, name: &str, complaints: &mut Vec<Complaint>) -> Option<Value> {
    let told = if kind.holds_secret() { &Value::from("*****") } else { value };
    match kind {
        Kind::Any => Some(value.clone()),
        Kind::Object(fields) => match value {
            Value::Object(body) => {
                Some(Value::Object(object(fields, body, &format!("{name}_"), &|field, _| field.required, complaints)))
            }
            _ => complain(complaints, name, told, "Value must be an object"),
        },
        Kind::List(member) => match value {
            Value::Array(members) if members.len() > MOST_MEMBERS => {
                let entered = members.len();
                let error = format!("Field should not have more than {MOST_MEMBERS} members. You entered {entered}");
                complain(complaints, name, told, &error)
            }
            Value::Array(members) => {
                let each = members.iter().enumerate();
                let checked: Vec<_> =
                    each.map(|(n, value)| one(member, &tidy(value), &format!("{name}_{n}"), complaints)).collect();
                checked.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
            }
            _ => complain(complaints, name, told, "Value must be an array"),
        },
        Kind::Secret(min, max) => match text(value) {
            Some(secret) => match length(&secret, *min, *max) {
                None => Some(Value::String(secret)),
                Some(error) => complain(complaints, name, told, &error),
            },
            None => complain(complaints, name, told, "Please enter a password in this field"),
        },
        plain => match scalar(plain, value) {
            Ok(value) => Some(value),
            Err(errors) => {
                complaints.push(Complaint { field: name.to_owned(), input: shown(value), errors });
                None
            }
        },
    }
}

fn complain(complaints: &mut Vec<Complaint>, name: &str, value: &Value, error: &str) -> Option<Value> {
    complaints.push(Complaint { field: name.to_owned(), input: shown(value), errors: vec![error.to_owned()] });
    None
}

fn scalar(kind: &Kind, value: &Value) -> Result<Value, Vec<String>> {
    let wrong = |message: &str| Err(vec![message.to_owned()]);
    match kind {
        Kind::Int => integer(value).map_or_else(|| wrong("Value must be an integer"), |n| Ok(n.into())),
        Kind::PosInt => match integer(value) {
            Some(n) if n > 0 => Ok(n.into()),
            Some(_) => wrong("Value must be a positive integer"),
            None => Err(vec!["Value must be an integer".to_owned(), "Value must be a positive integer".to_owned()]),
        },
        Kind::IntRange(least, most) => match integer(value) {
            Some(n) if (*least..=*most).contains(&n) => Ok(n.into()),
            Some(_) => wrong(&format!("Value must be between {least} and {most}")),
            None => wrong("Value must be an integer"),
        },
        Kind::EnumInt(allowed) => match integer(value) {
            Some(n) if allowed.contains(&n) => Ok(n.into()),
            _ => wrong(&format!("'{}' is not a valid value", shown(value))),
        },
        Kind::Float => float(value).map_or_else(|| wrong("Value must be a real number"), Ok),
        Kind::FloatRange(least, most) => match float(value) {
            Some(n) if n.as_f64().is_some_and(|n| (*least..=*most).contains(&n)) => Ok(n),
            Some(_) => wrong(&format!("Value must be between {least} and {most}")),
            None => wrong("Value must be a real number"),
        },
        Kind::Bool => {
            truth(value).map_or_else(|| wrong(&format!("'{}' is not a valid value", shown(value))), |b| Ok(b.into()))
        }
        _ => {
            let Some(text) = text(value) else { return wrong(&format!("'{}' is not a valid value", shown(value))) };
            match of_text(kind, &text) {
                Ok(()) => Ok(Value::String(normal(kind, text))),
                Err(error) => Err(vec![error]),
            }
        }
    }
}

fn of_text(kind: &Kind, text: &str) -> Result<(), String> {
    let fits = |fits: bool, message: &str| if fits { Ok(()) } else { Err(message.to_owned()) };
    match kind {
        Kind::Text(min, max) => length(text, *min, *max).map_or(Ok(()), Err),
        Kind::Enum(allowed) => fits(allowed.contains(&text), &format!("'{}' is not a valid value", cut(text))),
        Kind::Email => {
            length(text, 0, 255).map_or(Ok(()), Err)?;
            fits(is_email(text), "Email should be of the format someuser@example.com")
        }
        Kind::Handle => {
            let handle = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            fits(handle, "Only lower-case, upper-case, digits and _ allowed")?;
            length(text, 0, 63).map_or(Ok(()), Err)
        }
        Kind::Username => username(text),
        Kind::TimeZone => fits(jiff::tz::TimeZone::get(text).is_ok(), &format!("'{}' is not a valid value", cut(text))),
        Kind::Timestamp => fits(super::time::parse(text).is_some(), "Invalid date format, must be YYYY-MM-DD HH:MM:SS"),
        _ => Ok(()),
    }
}

fn normal(kind: &Kind, text: String) -> String {
    match kind {
        Kind::Timestamp => super::time::parse(&text).map(super::time::show).unwrap_or(text),
        _ => text,
    }
}

/// RFC 3261 `user`, as NGCP narrows it.
fn username(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_whitespace) {
        return Err("Cannot contain spaces.".to_owned());
    }
    if text.starts_with('.') || text.ends_with('.') || text.contains("..") {
        return Err("Invalid identifier (dots not allowed at this position).".to_owned());
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/%#".contains(c)) {
        return Err("Contains invalid symbols.".to_owned());
    }
    length(text, 0, 127).map_or(Ok(()), Err)
}

fn length(text: &str, min: usize, max: usize) -> Option<String> {
    let entered = text.chars().count();
    if entered > max {
        Some(format!("Field should not exceed {max} characters. You entered {entered}"))
    } else if entered < min {
        Some(format!("Field must be at least {min} characters. You entered {entered}"))
    } else {
        None
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => {
            n.as_i64().or_else(|| n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn float(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => match text.parse::<i64>() {
            Ok(n) => Some(n.into()),
            Err(_) => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
        },
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(n) if n.as_i64() == Some(0) => Some(false),
        Value::Number(n) if n.as_i64() == Some(1) => Some(true),
        Value::String(text) => match text.as_str() {
            "0" | "false" => Some(false),
            "1" | "true" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(truth) => Some(if *truth { "1" } else { "0" }.to_owned()),
        _ => None,
    }
}

/// A value as a message repeats it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        Value::Null => String::new(),
        other => cut(&other.to_string()),
    }
}

/// The beginning of a text that is too long for a message.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
