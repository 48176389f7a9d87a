//! Where a path leads, and by which method.

use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse as _, Response};

use super::call::Reply;
use super::error::Refusal;
use super::resource::Resource;
use crate::resource;

/// Headers that replace the method of a request.
const OVERRIDES: [&str; 4] = ["x-http-method", "x-http-method-override", "x-method-override", "x-tunneled-method"];

/// The path with each run of slashes as one.
pub(super) fn collapsed(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !text.ends_with('/') {
            text.push(c);
        }
    }
    text
}

pub(super) fn method(method: &Method, headers: &HeaderMap) -> Method {
    let replaced = OVERRIDES.iter().find_map(|name| headers.get(*name)?.to_str().ok());
    replaced.and_then(|name| name.trim().to_ascii_uppercase().parse().ok()).unwrap_or_else(|| method.clone())
}

/// Where a path leads.
pub(super) enum Place<'a> {
    /// A collection without the slash at its end.
    Slash,
    /// The API itself.
    Root,
    /// A collection.
    Collection(&'static Resource),
    /// An item.
    Item(&'static Resource, &'a str),
    /// The journal of an item, and an entry of it.
    Journal(&'static Resource, &'a str, Option<&'a str>),
}

pub(super) fn place<'a>(segments: &[&'a str], path: &'a str) -> Result<Place<'a>, Refusal> {
    let name = |name: &str| resource::find(name).ok_or_else(Refusal::no_path);
    match segments {
        ["api"] => Ok(Place::Slash),
        ["api", ""] => Ok(Place::Root),
        ["api", of] => {
            let of = name(of)?;
            if of.single && of.public && !path.ends_with('/') { Ok(Place::Collection(of)) } else { Ok(Place::Slash) }
        }
        ["api", of, ""] => Ok(Place::Collection(name(of)?)),
        ["api", of, id] | ["api", of, id, ""] => Ok(Place::Item(name(of)?, id)),
        ["api", of, id, "journal", rest @ ..] => {
            let of = name(of)?;
            match rest {
                _ if of.journal.is_none() => Err(Refusal::no_path()),
                [] => Ok(Place::Slash),
                [""] => Ok(Place::Journal(of, id, None)),
                [entry] | [entry, ""] => Ok(Place::Journal(of, id, Some(entry))),
                _ => Err(Refusal::no_path()),
            }
        }
        ["api", of, id, within] | ["api", of, id, within, ""] if resource::find(of).is_some_and(|of| of.nested) => {
            let from =
                path.len() - path.strip_prefix("/api/").and_then(|path| path.strip_prefix(*of)).map_or(0, str::len);
            let ids = path.get(from + 1..from + 1 + id.len() + 1 + within.len());
            Ok(Place::Item(name(of)?, ids.ok_or_else(Refusal::no_path)?))
        }
        _ => Err(Refusal::no_path()),
    }
}

/// 301 to the same host.
pub(super) fn moved(headers: &HeaderMap, path: &str, query: Option<&str>) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let to = match host {
        Some(host) => format!("https://{host}{path}{query}"),
        None => format!("{path}{query}"),
    };
    Reply::status(301).header(header::LOCATION, to).into_response()
}
