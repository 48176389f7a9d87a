//! Every method of every resource as every role: what is not for a role is refused, what is not there is not found.

use std::collections::BTreeSet;

use super::named;
use super::people::{People, Viewer};
use super::table::{COLLECTION, ITEM, PUBLIC, Rule, TABLE};
use crate::ngcp::client::Answer;
use crate::ngcp::world::World;

/// The id of nothing.
const NOTHING: &str = "987654321";

pub(super) async fn every_resource_is_in_the_table(world: &World, people: &People, complaints: &mut Vec<String>) {
    let known: BTreeSet<String> = TABLE.iter().map(|rule| rule.name.to_owned()).collect();
    let answer = world.admin.options("/api/").await.is(200);
    let found = named(&answer.links());
    let forgotten: Vec<_> = found.difference(&known).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}: say in the table who may use them and who sees their rows");
    for viewer in &people.viewers {
        let answer = viewer.door.options("/api/").await.is(200);
        let wanted: BTreeSet<String> =
            TABLE.iter().filter(|rule| rule.is_for(viewer.role)).map(|rule| rule.name.to_owned()).collect();
        let found = named(&answer.links());
        if found != wanted {
            let (more, less) = (found.difference(&wanted), wanted.difference(&found));
            let (more, less): (Vec<_>, Vec<_>) = (more.collect(), less.collect());
            complaints.push(format!("{}: OPTIONS /api/: {more:?} too many, {less:?} missing", viewer.name));
        }
    }
}

pub(super) async fn every_verb_of_every_role(people: &People, complaints: &mut Vec<String>) {
    for viewer in &people.viewers {
        for rule in TABLE {
            offered(viewer, rule, complaints).await;
            for (of_item, method, roles) in methods(rule) {
                let path =
                    if of_item { format!("/api/{}/{NOTHING}", rule.name) } else { format!("/api/{}/", rule.name) };
                let answer = ask(viewer, method, &path).await;
                if let Some(why) = wrong(viewer, rule, method, roles, &answer) {
                    complaints
                        .push(format!("{}: {method} {path}: {why}: {} {}", viewer.name, answer.status, answer.text));
                }
            }
        }
    }
}

fn methods(rule: &Rule) -> impl Iterator<Item = (bool, &'static str, &'static str)> {
    let collection = COLLECTION.into_iter().zip(rule.collection).map(|(method, roles)| (false, method, roles));
    let item = ITEM.into_iter().zip(rule.item).map(|(method, roles)| (true, method, roles));
    collection.chain(item)
}

/// What `OPTIONS` offers is what the table has.
async fn offered(viewer: &Viewer, rule: &Rule, complaints: &mut Vec<String>) {
    for of_item in [false, true] {
        let path = if of_item { format!("/api/{}/{NOTHING}", rule.name) } else { format!("/api/{}/", rule.name) };
        let answer = viewer.door.options(&path).await;
        if !rule.is_for(viewer.role) {
            if answer.status != 403 || answer.message() != "Invalid user" {
                complaints.push(format!("{}: OPTIONS {path}: {} {}", viewer.name, answer.status, answer.text));
            }
            continue;
        }
        let wanted = rule.methods(of_item, viewer.role).join(", ");
        if answer.status != 200 || answer.header("allow") != Some(wanted.as_str()) {
            complaints.push(format!("{}: OPTIONS {path}: {wanted} wanted: {answer:?}", viewer.name));
        }
    }
}

async fn ask(viewer: &Viewer, method: &str, path: &str) -> Answer {
    let json = ("Content-Type", "application/json");
    let (headers, body): (&[(&str, &str)], &str) = match method {
        "POST" | "PUT" => (&[json], "{}"),
        "PATCH" => (&[("Content-Type", "application/json-patch+json")], "[]"),
        _ => (&[], ""),
    };
    viewer.door.send(method, path, headers, body).await
}

/// What is wrong with an answer; none: nothing.
fn wrong(viewer: &Viewer, rule: &Rule, method: &str, roles: &str, answer: &Answer) -> Option<&'static str> {
    let (status, message) = (answer.status, answer.message());
    if roles.is_empty() {
        return ((status, message) != (404, "Path not found")).then_some("nobody may");
    }
    let public = PUBLIC.contains(&rule.name);
    if viewer.read_only && method != "GET" && rule.name != "admincerts" && !public {
        let wanted = (403, "Invalid HTTP method for read-only user");
        return ((status, message) != wanted).then_some("it may only read");
    }
    if roles.contains(viewer.role) {
        let refused = matches!(status, 401 | 405) || message == "Path not found" || message == "Invalid user";
        return (refused || status >= 500).then_some("it may");
    }
    let known = ["Invalid user", "Read-only resource for authenticated role"].contains(&message);
    (status != 403 || !known).then_some("it may not")
}
