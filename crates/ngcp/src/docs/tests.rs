//! What the documentation promises of every resource, and that its documents hang together.

use std::collections::BTreeSet;

use registry::id::{AccountId, LoginId};
use registry::{Caller, Role};
use serde_json::Value;

use super::{openapi, overview, page, words, yaml};
use crate::kernel::{Field, Resource, Verb, validate};
use crate::resource::ALL;

fn admin() -> Caller {
    Caller::login(LoginId(1), "administrator", AccountId::OPERATOR, Role::Admin)
}

/// Names that say all that is to be said.
fn is_evident(name: &str) -> bool {
    matches!(name, "id" | "name" | "email" | "status" | "description" | "username" | "role") || name.ends_with("_id")
}

fn undocumented(fields: &'static [Field], of: &str, found: &mut Vec<String>) {
    for field in fields {
        if field.doc.is_empty() && !is_evident(field.name) {
            found.push(format!("{of}.{}", field.name));
        }
        undocumented(words::inner(&field.kind).unwrap_or_default(), &format!("{of}.{}", field.name), found);
    }
}

#[test]
fn every_resource_says_what_it_is_and_what_its_fields_mean() {
    let mut found = Vec::new();
    for resource in ALL {
        let name = resource.name;
        for (what, text) in [("title", resource.title), ("doc", resource.doc), ("singular", resource.singular)] {
            if text.is_empty() {
                found.push(format!("{name} has no {what}"));
            }
        }
        undocumented(resource.fields, name, &mut found);
        found.extend(
            resource.verbs.iter().filter(|(_, roles)| roles.is_empty()).map(|(verb, _)| format!("{name} {verb:?}")),
        );
        for filter in resource.filters {
            let known =
                resource.source.is_none_or(|source| source.column(filter.column).is_some() || filter.column == "id");
            if !known {
                found.push(format!("{name} filters by {}, which its list does not have", filter.column));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_resource_that_is_written_has_an_example_that_it_takes() {
    let mut found = Vec::new();
    let read_only = |resource: &Resource| !words::is_written(resource);
    for resource in ALL.iter().filter(|resource| !read_only(resource)) {
        match words::example(resource) {
            Some(Value::Object(body)) => {
                if let Err(refusal) = validate::check(resource, &admin(), &body) {
                    found.push(format!("{}: {}", resource.name, refusal.message));
                }
            }
            _ => found.push(format!("{} has no object as its example", resource.name)),
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// All `$ref`s and all `operationId`s of a document.
fn collect(value: &Value, references: &mut BTreeSet<String>, operations: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("$ref", Value::String(text)) => drop(references.insert(text.clone())),
                    ("operationId", Value::String(text)) => operations.push(text.clone()),
                    _ => collect(value, references, operations),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| collect(member, references, operations)),
        _ => {}
    }
}

#[test]
fn the_openapi_document_hangs_together() {
    let document: Value = serde_json::from_str(openapi::json()).expect("JSON");
    let (mut references, mut operations) = (BTreeSet::new(), Vec::new());
    collect(&document, &mut references, &mut operations);
    for reference in &references {
        let pointer = reference.strip_prefix('#').expect("a reference inside the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let distinct: BTreeSet<&String> = operations.iter().collect();
    assert_eq!(distinct.len(), operations.len(), "operations have names of their own");
    for resource in ALL {
        for (verb, _) in resource.verbs {
            let item = if words::of_item(*verb) { "{id}" } else { "" };
            let path = &document["paths"][format!("/api/{}/{item}", resource.name)];
            let operation = &path[words::method(*verb).to_ascii_lowercase()];
            assert!(operation.is_object(), "{verb:?} of {}", resource.name);
            let responses = operation["responses"].as_object().expect("responses");
            let succeeds = responses.keys().any(|status| status.starts_with('2'));
            assert!(succeeds && responses.contains_key("401") && responses.contains_key("403"), "{responses:?}");
            if matches!(verb, Verb::Create | Verb::Replace | Verb::Modify) {
                assert!(operation["requestBody"]["content"].is_object(), "{verb:?} of {}", resource.name);
            }
        }
    }
}

#[test]
fn the_page_has_an_anchor_for_what_a_role_sees_and_nothing_for_what_it_does_not() {
    for role in [Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::SubscriberAdmin, Role::Subscriber] {
        let html = page::of(role, "localhost:1443");
        let map = overview::of(role);
        for resource in ALL {
            let anchored = html.contains(&format!("<h2 id=\"{}\">", resource.name));
            assert_eq!(anchored, resource.is_for(role), "{} for {role:?}", resource.name);
            assert_eq!(map.get(resource.name).is_some(), resource.is_for(role), "{} for {role:?}", resource.name);
        }
        assert!(html.contains("<h2 id=\"auth\">"));
    }
}

#[test]
fn the_page_loads_nothing_and_believes_no_host() {
    let html = page::of(Role::Admin, "evil\"><script>alert(1)</script>");
    assert!(!html.contains("<script") && !html.contains("evil"));
    for loading in ["src=", "@import", "url(", "<link rel=\"stylesheet\""] {
        assert!(!html.contains(loading), "{loading}");
    }
    let opened = html.matches("<section>").count();
    assert_eq!(opened, html.matches("</section>").count());
}

#[test]
fn yaml_says_what_json_says() {
    let value = serde_json::json!({ "a": [1, { "b": "x: y", "c": [] }, [true, null]], "d": {}, "e": { "f": 1.5 } });
    let text = "\"a\":\n  - 1\n  -\n    \"b\": \"x: y\"\n    \"c\": []\n  -\n    - true\n    - null\n\"d\": {}\n\"e\":\n  \"f\": 1.5\n";
    assert_eq!(yaml::written(&value), text);
}
