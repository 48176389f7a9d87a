//! The OpenAPI 3.1 document, made once for a process: every path and method, with all that can be answered.

use std::sync::LazyLock;

use registry::Role;
use registry::listing::Holds;
use serde_json::{Map, Value, json};

use super::{components, schema, words, yaml};
use crate::kernel::filter::How;
use crate::kernel::{Created, Filter, PatchOps, Resource, Verb};
use crate::resource::ALL;

static JSON: LazyLock<String> = LazyLock::new(|| format!("{}\n", document()));
static YAML: LazyLock<String> = LazyLock::new(|| yaml::written(&document()));

/// The document as JSON.
pub(super) fn json() -> &'static str {
    &JSON
}

/// The document as YAML.
pub(super) fn yaml() -> &'static str {
    &YAML
}

const ABOUT: &str = "Accounts, numbers and subscribers of this server, as clients of the NGCP API expect them. Answers are \
    HAL; numbers may be sent as texts and truth values as 0 and 1; fields that are not declared are dropped, and query \
    parameters that are not known are ignored. A path without the slash at its end is answered with 301 to the one with it.";

/// The whole document.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = components::schemas();
    paths.insert("/api/".to_owned(), root());
    for resource in ALL {
        let name = resource.name;
        paths.insert(format!("/api/{name}/"), collection(resource));
        if has_items(resource) {
            paths.insert(format!("/api/{name}/{{id}}"), item(resource));
        }
        if resource.nested {
            paths.insert(format!("/api/{name}/{{id}}/{{entry}}"), within(resource));
        }
        if resource.journal.is_some() {
            paths.insert(format!("/api/{name}/{{id}}/journal/"), journal(resource, false));
            paths.insert(format!("/api/{name}/{{id}}/journal/{{entry}}"), journal(resource, true));
        }
        schemas[name] = schema::shown(resource);
        if !resource.single && resource.roles(Verb::List).is_some() {
            schemas[format!("{name}_page")] = schema::collection(resource);
        }
        if words::is_written(resource) {
            schemas[format!("{name}_sent")] = schema::sent(resource);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Strowger", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "servers": [{ "url": "/" }],
        "security": [{ "basic": [] }, { "bearer": [] }],
        "tags": ALL.iter().map(|of| json!({ "name": of.name, "description": of.doc })).collect::<Value>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": components::responses(),
            "parameters": components::parameters(),
            "securitySchemes": components::security(),
        },
    })
}

fn has_items(resource: &Resource) -> bool {
    resource.verbs.iter().any(|(verb, _)| words::of_item(*verb))
}

fn reference(of: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{of}/{name}") })
}

fn parameters(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| reference("parameters", name)).collect()
}

/// The refusals of those statuses.
fn refusals(statuses: &[u16]) -> Map<String, Value> {
    statuses.iter().map(|status| (status.to_string(), reference("responses", &status.to_string()))).collect()
}

fn content(media_types: &[&str], schema: &Value) -> Value {
    media_types.iter().map(|of| ((*of).to_owned(), json!({ "schema": schema }))).collect::<Map<_, _>>().into()
}

fn hal(schema: &Value) -> Value {
    content(&["application/hal+json", "application/json"], schema)
}

/// Adds the other media types of a verb: texts, and what has no schema.
fn also(content: &mut Value, declared: &'static [(Verb, &'static str)], verb: Verb) {
    for media_type in words::media(declared, verb) {
        let is_text = media_type.starts_with("text/");
        content[media_type] = if is_text { json!({ "schema": { "type": "string" } }) } else { json!({}) };
    }
}

fn roles(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    format!("Roles: {}.", names.join(", "))
}

/// `OPTIONS` and `HEAD` of a path, which has `GET` or not.
fn with_methods(mut path: Map<String, Value>, id: &str, tag: &str) -> Value {
    let mut options = Map::new();
    options.insert("200".to_owned(), reference("responses", "methods"));
    options.extend(refusals(&[400, 401, 403, 404, 500, 503]));
    let operation = |summary: &str, id: String, responses: Map<String, Value>| json!({ "operationId": id, "summary": summary, "tags": [tag], "responses": responses });
    if let Some(get) = path.get("get") {
        let mut responses = Map::new();
        responses.insert("200".to_owned(), json!({ "description": "The headers of GET." }));
        for (status, response) in
            get["responses"].as_object().into_iter().flatten().filter(|(status, _)| *status != "200")
        {
            responses.insert(status.clone(), response.clone());
        }
        let mut head = operation("GET without the body", format!("head_{id}"), responses);
        for name in ["parameters", "security"] {
            if let Some(value) = get.get(name) {
                head[name] = value.clone();
            }
        }
        path.insert("head".to_owned(), head);
    }
    path.insert("options".to_owned(), operation("Which methods there are", format!("options_{id}"), options));
    Value::Object(path)
}

fn root() -> Value {
    let mut responses = Map::new();
    let mut documents = content(&["text/html"], &json!({ "type": "string" }));
    documents["application/yaml"] = json!({});
    documents["application/json"] = json!({ "schema": { "type": "object" } });
    responses.insert("200".to_owned(), json!({ "description": "The documentation.", "content": documents }));
    responses.extend(refusals(&[400, 401, 403, 500, 503]));
    let choice = |name: &str, doc: &str, values: &[&str]| json!({ "name": name, "in": "query", "description": doc, "schema": { "enum": values } });
    let get = json!({
        "operationId": "documentation",
        "summary": "This documentation: for people, or with Accept: application/json an overview for programs",
        "parameters": [
            choice("openapi", "This document.", &["json", "yml"]),
            choice("swagger", "The same, under its older name.", &["json", "yml"]),
            choice("oldapidoc", "The page for people, whatever Accept says.", &["1"]),
        ],
        "responses": responses,
    });
    let mut path = with_methods(Map::from_iter([("get".to_owned(), get)]), "documentation", "documentation");
    for method in ["head", "options"] {
        if let Some(operation) = path[method].as_object_mut() {
            operation.remove("tags");
        }
    }
    path
}

/// An operation with what all of them have.
fn operation(resource: &Resource, verb: Verb, parameters: Vec<Value>, responses: Map<String, Value>) -> Value {
    let id = match verb {
        Verb::List => "list",
        Verb::Get => "get",
        Verb::Create => "create",
        Verb::Replace => "replace",
        Verb::Modify => "modify",
        Verb::Delete => "delete",
        Verb::Clear => "clear",
    };
    let mut operation = json!({
        "operationId": format!("{id}_{}", resource.name),
        "summary": words::summary(resource, verb),
        "description": roles(resource.roles(verb).unwrap_or_default()),
        "tags": [resource.name],
        "responses": responses,
    });
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if resource.public {
        operation["security"] = json!([{}, { "basic": [] }, { "bearer": [] }]);
    }
    operation
}

/// The resource's own query parameters.
fn own(resource: &Resource, verb: Verb) -> Vec<Value> {
    let query = |name: &str, doc: &str, schema: Value| json!({ "name": name, "in": "query", "description": doc, "schema": schema });
    // What is declared elsewhere too has its words there.
    let elsewhere = |name: &str| name == "expand" || resource.filters.iter().any(|filter| filter.name == name);
    let others = resource.parameters.iter().filter(|(name, _)| !elsewhere(name));
    let mut parameters: Vec<Value> = others.map(|(name, doc)| query(name, doc, json!({ "type": "string" }))).collect();
    if matches!(verb, Verb::List | Verb::Clear) {
        let filters = resource.filters.iter();
        parameters.extend(filters.map(|filter| query(filter.name, &words::filter(filter), filtered(resource, filter))));
        let orders = words::orders(resource);
        if verb == Verb::List && !orders.is_empty() {
            parameters.push(query(
                "order_by",
                "What items are ordered by; their id, where it is not given.",
                json!({ "enum": orders }),
            ));
        }
    }
    parameters
}

fn filtered(resource: &Resource, filter: &Filter) -> Value {
    let or_null = |schema: Value| json!({ "anyOf": [schema, { "enum": ["$null", "$not_null"] }] });
    match (filter.how, words::holds(resource, filter)) {
        (How::Boolean, _) | (How::Exact, Holds::Bool) => json!({ "enum": ["0", "1", "false", "true"] }),
        (How::Exact, Holds::Int) => or_null(json!({ "type": "integer", "format": "int64" })),
        (How::After | How::Before, _) => json!({ "type": "string", "examples": ["2030-01-31 12:00:00"] }),
        _ => json!({ "type": "string" }),
    }
}

fn collection(resource: &Resource) -> Value {
    let name = resource.name;
    let mut path = Map::new();
    if resource.roles(Verb::List).is_some() {
        let schema = if resource.single { name.to_owned() } else { format!("{name}_page") };
        let mut shown = hal(&reference("schemas", &schema));
        if resource.single {
            shown = content(&["application/hal+json", "application/json"], &json!({ "type": "object" }));
        }
        also(&mut shown, resource.gives, Verb::List);
        let mut responses = refusals(&[400, 401, 403, 404, 409, 422, 500, 503]);
        responses.insert("200".to_owned(), json!({ "description": "A page of the collection.", "content": shown }));
        let mut all = own(resource, Verb::List);
        if !resource.single {
            all.extend(parameters(&["page", "rows", "order_by_direction", "no_count", "expand", "soft_expand"]));
        }
        path.insert("get".to_owned(), operation(resource, Verb::List, all, responses));
    }
    if resource.roles(Verb::Create).is_some() {
        let mut responses = refusals(&[400, 401, 403, 404, 413, 415, 422, 423, 500, 503]);
        for success in words::created(resource) {
            let mut response = json!({ "description": success.doc });
            match success.media_type {
                Some("application/zip") => response["content"] = json!({ "application/zip": {} }),
                Some("application/hal+json") => response["content"] = hal(&json!({ "type": "object" })),
                Some(media_type) => response["content"] = content(&[media_type], &json!({ "type": "object" })),
                None => {}
            }
            if success.status == 201 {
                response["headers"] = json!({ "Location": {
                    "description": "The path of what was made.", "schema": { "type": "string" },
                } });
            }
            responses.insert(success.status.to_string(), response);
        }
        let mut all = own(resource, Verb::Create);
        if resource.created == Created::Representation {
            all.extend(parameters(&["prefer"]));
        }
        let mut post = operation(resource, Verb::Create, all, responses);
        post["requestBody"] = body(resource, Verb::Create);
        path.insert("post".to_owned(), post);
    }
    if resource.roles(Verb::Clear).is_some() {
        let mut responses = refusals(&[400, 401, 403, 404, 422, 423, 500, 503]);
        responses.insert("204".to_owned(), json!({ "description": "They are removed." }));
        responses.insert("202".to_owned(), json!({ "description": "The removal goes on." }));
        path.insert("delete".to_owned(), operation(resource, Verb::Clear, own(resource, Verb::Clear), responses));
    }
    with_methods(path, name, name)
}

/// The body of `POST` or `PUT`.
fn body(resource: &Resource, verb: Verb) -> Value {
    let mut json = json!({ "schema": reference("schemas", &format!("{}_sent", resource.name)) });
    if let Some(example) = words::example(resource) {
        json["example"] = example;
    }
    let mut content = json!({ "application/json": json });
    also(&mut content, resource.takes, verb);
    if let Some(file) = resource.upload {
        let parts = json!({ "json": reference("schemas", &format!("{}_sent", resource.name)), file: { "type": "string", "format": "binary" } });
        content["multipart/form-data"] = json!({ "schema": { "type": "object", "properties": parts } });
    }
    json!({ "required": true, "content": content })
}

/// A member of what an item with members shows.
fn within(resource: &Resource) -> Value {
    let mut responses = refusals(&[400, 401, 403, 404, 409, 500, 503]);
    let shown = hal(&reference("schemas", resource.name));
    responses.insert("200".to_owned(), json!({ "description": "One of the members.", "content": shown }));
    let mut get = operation(resource, Verb::Get, own(resource, Verb::Get), responses);
    get["operationId"] = json!(format!("get_one_of_{}", resource.name));
    let path =
        Map::from_iter([("parameters".to_owned(), parameters(&["id", "entry"]).into()), ("get".to_owned(), get)]);
    with_methods(path, &format!("{}_members", resource.name), resource.name)
}

fn item(resource: &Resource) -> Value {
    let shown = || {
        let schema = if resource.nested { format!("{}_page", resource.name) } else { resource.name.to_owned() };
        hal(&reference("schemas", &schema))
    };
    let mut path = Map::from_iter([("parameters".to_owned(), parameters(&["id"]).into())]);
    if resource.roles(Verb::Get).is_some() {
        let mut responses = refusals(&[400, 401, 403, 404, 409, 500, 503]);
        if !resource.parameters.is_empty() {
            responses.extend(refusals(&[422]));
        }
        let mut content = shown();
        also(&mut content, resource.gives, Verb::Get);
        responses.insert("200".to_owned(), json!({ "description": "The item.", "content": content }));
        let mut all = own(resource, Verb::Get);
        all.extend(parameters(&["expand", "soft_expand"]));
        path.insert("get".to_owned(), operation(resource, Verb::Get, all, responses));
    }
    for verb in [Verb::Replace, Verb::Modify] {
        if resource.roles(verb).is_none() {
            continue;
        }
        let mut responses = refusals(&[400, 401, 403, 404, 413, 415, 422, 423, 500, 503]);
        responses.insert(
            "200".to_owned(),
            json!({ "description": "The changed item, if Prefer asks for it.", "content": shown() }),
        );
        responses.insert("204".to_owned(), json!({ "description": "It is changed." }));
        let mut all = own(resource, verb);
        all.extend(parameters(&["prefer"]));
        let mut changing = operation(resource, verb, all, responses);
        changing["requestBody"] = if verb == Verb::Replace {
            body(resource, verb)
        } else {
            let patch = if resource.patch == PatchOps::All { "patch_all" } else { "patch" };
            let content = content(&["application/json-patch+json"], &reference("schemas", patch));
            json!({ "required": true, "content": content })
        };
        path.insert(words::method(verb).to_ascii_lowercase(), changing);
    }
    if resource.roles(Verb::Delete).is_some() {
        let mut responses = refusals(&[400, 401, 403, 404, 422, 423, 500, 503]);
        responses.insert("204".to_owned(), json!({ "description": "It is removed." }));
        path.insert("delete".to_owned(), operation(resource, Verb::Delete, own(resource, Verb::Delete), responses));
    }
    with_methods(path, &format!("{}_item", resource.name), resource.name)
}

fn journal(resource: &Resource, entry: bool) -> Value {
    let (schema, doc) =
        if entry { ("journal", "One change of the item.") } else { ("journal_page", "The changes of the item.") };
    let mut responses = refusals(&[400, 401, 403, 404, 500, 503]);
    responses.insert("200".to_owned(), json!({ "description": doc, "content": hal(&reference("schemas", schema)) }));
    let id = if entry { "journal_entry" } else { "journal" };
    let mut get = json!({
        "operationId": format!("{id}_{}", resource.name),
        "summary": if entry { "Shows one change" } else { "Lists the changes of an item, oldest first" },
        "tags": [resource.name],
        "responses": responses,
    });
    if !entry {
        get["parameters"] = parameters(&["operation", "username", "from", "to", "page", "rows", "no_count"]).into();
    }
    let of_path = if entry { parameters(&["id", "entry"]) } else { parameters(&["id"]) };
    let path = Map::from_iter([("parameters".to_owned(), of_path.into()), ("get".to_owned(), get)]);
    with_methods(path, &format!("{}_{id}", resource.name), resource.name)
}
