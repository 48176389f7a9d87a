//! The parts of the OpenAPI document that operations share: errors, links, patches, parameters, ways to log in.

use serde_json::{Value, json};

use super::schema::page_of;

/// The shared schemas.
pub(super) fn schemas() -> Value {
    json!({
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": { "type": "integer", "description": "The HTTP status." },
                "message": { "type": "string", "description": "What is wrong. Programs may match on it." },
            },
        },
        "link": {
            "type": "object",
            "required": ["href"],
            "properties": {
                "href": { "type": "string" },
                "name": { "type": "string" },
                "templated": { "type": "boolean" },
            },
        },
        "links": {
            "description": "Relations (HAL). Those that begin with ngcp: are arrays, in the legacy shape bare objects where \
                            they have one member.",
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    { "$ref": "#/components/schemas/link" },
                    { "type": "array", "items": { "$ref": "#/components/schemas/link" } },
                ],
            },
        },
        "methods": {
            "type": "object",
            "required": ["methods"],
            "properties": { "methods": { "type": "array", "items": { "type": "string" } } },
        },
        "patch": {
            "description": "A JSON Patch (RFC 6902) with the operations that the resource allows.",
            "type": "array",
            "maxItems": 1000,
            "items": { "oneOf": [{ "$ref": "#/components/schemas/replace" }, { "$ref": "#/components/schemas/copy" }] },
        },
        "patch_all": {
            "description": "A JSON Patch (RFC 6902) with two extensions: add with mode append puts a value, or each member of \
                            an array, at the end of a list; remove with a value takes the members out that are like it, or \
                            only that of an index counted from the end.",
            "type": "array",
            "maxItems": 1000,
            "items": {
                "oneOf": [
                    { "$ref": "#/components/schemas/replace" },
                    { "$ref": "#/components/schemas/copy" },
                    { "$ref": "#/components/schemas/add" },
                    { "$ref": "#/components/schemas/remove" },
                ],
            },
        },
        "replace": operation("replace", &[("path", pointer()), ("value", json!({}))], &[]),
        "copy": operation("copy", &[("from", pointer()), ("path", pointer())], &[]),
        "add": operation("add", &[("path", pointer()), ("value", json!({}))], &[("mode", json!({ "const": "append" }))]),
        "remove": operation(
            "remove",
            &[("path", pointer())],
            &[("value", json!({})), ("index", json!({ "type": "integer", "minimum": 0 }))],
        ),
        "journal": {
            "type": "object",
            "required": ["_links", "id", "operation", "resource_name", "resource_id", "timestamp", "username"],
            "properties": {
                "_links": { "$ref": "#/components/schemas/links" },
                "id": { "type": "integer" },
                "operation": { "enum": ["create", "update", "delete"] },
                "resource_name": { "type": "string" },
                "resource_id": { "type": "integer" },
                "timestamp": { "type": "string" },
                "username": { "type": "string" },
                "content": {
                    "type": ["object", "null"],
                    "description": "The item as it was after the change, or before it was removed; not in the list.",
                },
            },
        },
        "journal_page": page_of("ngcp:journal", "#/components/schemas/journal"),
    })
}

fn pointer() -> Value {
    json!({ "type": "string", "pattern": "^(/.*)?$", "description": "A JSON Pointer (RFC 6901)." })
}

fn operation(name: &str, needed: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let mut properties = json!({ "op": { "const": name } });
    for (key, schema) in needed.iter().chain(optional) {
        properties[*key] = schema.clone();
    }
    let required: Vec<&str> = ["op"].into_iter().chain(needed.iter().map(|(key, _)| *key)).collect();
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

/// What refusals there are, with what they mean.
pub(super) const REFUSALS: &[(u16, &str)] = &[
    (400, "The request is malformed: its path, its query, its headers, or a body that is not JSON."),
    (401, "Whoever asks has not logged in."),
    (403, "The caller may not do this: its role, its rights, a ban, or a limit that has been reached."),
    (404, "There is no such path or item, or not for the caller."),
    (409, "A name in expand can't be expanded."),
    (413, "The body is larger than 1 MiB, or a table larger than 32 MiB."),
    (415, "The body is of another media type than the one that is taken."),
    (422, "The body is well formed, but a field is wrong, refers to what is not there, or contradicts what is there."),
    (423, "Others refer to the item: it can't be removed."),
    (500, "A fault of the server; the log knows more."),
    (503, "The database can't be reached now, or the request took too long. The body is empty."),
];

/// The shared answers.
pub(super) fn responses() -> Value {
    let mut responses = json!({
        "methods": {
            "description": "The methods that the caller may use here, also in the header Allow.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/methods" } } },
        },
    });
    for (status, doc) in REFUSALS {
        let mut response = json!({ "description": doc });
        match status {
            503 => {}
            401 => response["content"] = json!({ "text/plain": { "schema": { "type": "string" } } }),
            _ => {
                let error = json!({ "schema": { "$ref": "#/components/schemas/error" } });
                response["content"] = json!({ "application/json": error });
            }
        }
        responses[status.to_string()] = response;
    }
    responses
}

/// The shared parameters.
pub(super) fn parameters() -> Value {
    let query = |name: &str, doc: &str, schema: Value| json!({ "name": name, "in": "query", "description": doc, "schema": schema });
    let flag = || json!({ "enum": ["0", "1", "false", "true"] });
    json!({
        "id": {
            "name": "id", "in": "path", "required": true, "description": "The id of the item.",
            "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        },
        "entry": {
            "name": "entry", "in": "path", "required": true, "description": "The id of an entry, or recent: the newest one.",
            "schema": { "anyOf": [{ "type": "integer", "format": "int64", "minimum": 0 }, { "const": "recent" }] },
        },
        "page": query("page", "Which page, from 1.", json!({ "type": "integer", "minimum": 1, "default": 1 })),
        "rows": query(
            "rows",
            "Items of a page. Whoever asks for more than 20000 gets pages of 20000.",
            json!({ "type": "integer", "minimum": 1, "default": 10 }),
        ),
        "order_by_direction": query(
            "order_by_direction",
            "From the least to the greatest, or the other way round.",
            json!({ "enum": ["asc", "desc"], "default": "asc" }),
        ),
        "no_count": query("no_count", "Items are not counted: total_count is null.", flag()),
        "expand": query(
            "expand",
            "Fields with ids, with commas between them, or all: the items that they stand for are put beside them as \
             FIELD_expand. A dot descends.",
            json!({ "type": "string", "examples": ["all", "contact_id"] }),
        ),
        "soft_expand": query("soft_expand", "Names in expand that can't be expanded are passed over.", flag()),
        "prefer": {
            "name": "Prefer", "in": "header", "description": "Whether the answer has the changed item.",
            "schema": { "enum": ["return=minimal", "return=representation"], "default": "return=minimal" },
        },
        "operation": query(
            "operation",
            "Only changes of this kind.",
            json!({ "enum": ["create", "update", "delete"] }),
        ),
        "username": query("username", "Only changes by this user.", json!({ "type": "string" })),
        "from": query("from", "Not before this time.", json!({ "type": "string" })),
        "to": query("to", "Not after this time.", json!({ "type": "string" })),
    })
}

/// How one logs in.
pub(super) fn security() -> Value {
    json!({
        "basic": { "type": "http", "scheme": "basic", "description": "User name and password." },
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token from POST /login_jwt, which lies beside /api/.",
        },
    })
}
