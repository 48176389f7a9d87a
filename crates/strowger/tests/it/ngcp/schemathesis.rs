//! The OpenAPI document and the server agree: schemathesis invents requests from the one and looks at the answers of the
//! other, as an administrator and as a reseller, and leaves no operation out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::client::Door;
use super::world::{PASSWORD, World};
use crate::site::SECRET;
use crate::tool::run;

/// How many seconds the deep round goes on.
const DEPTH: &str = "60";
/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// What would lock the tester out: its own password.
const LEFT_OUT: &str = "passwordchange";
/// Methods that follow from the others; another test compares them with the document.
const DERIVED: [&str; 2] = ["HEAD", "OPTIONS"];

/// Where the test command installs it.
fn program() -> PathBuf {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    root.join("target/it/schemathesis/bin/schemathesis")
}

/// An operation: method and path, as the document has them.
type Operation = (String, String);

/// The operations of the document that are tried.
fn documented(document: &Value) -> BTreeSet<Operation> {
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let names = methods.as_object().unwrap().keys().filter(|key| *key != "parameters");
        operations.extend(names.map(|name| (name.to_uppercase(), path.clone())));
    }
    operations.retain(|(method, path)| !DERIVED.contains(&method.as_str()) && !path.contains(LEFT_OUT));
    operations
}

/// Whether a path is one of a template.
fn fits(path: &str, template: &str) -> bool {
    let (path, template): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
    path.len() == template.len()
        && path.iter().zip(&template).all(|(part, of)| part == of || (of.starts_with('{') && !part.is_empty()))
}

/// The operations that the requests of a round have reached: those that the server answered as such.
fn reached(har: &Value, operations: &BTreeSet<Operation>) -> BTreeSet<Operation> {
    let mut found = BTreeSet::new();
    for entry in har["log"]["entries"].as_array().unwrap() {
        let status = entry["response"]["status"].as_u64().unwrap_or_default();
        let body = entry["response"]["content"]["text"].as_str().unwrap_or_default();
        if matches!(status, 0 | 301 | 401) || body.contains("Path not found") {
            continue;
        }
        let url = entry["request"]["url"].as_str().unwrap();
        let path = url.splitn(4, '/').nth(3).map(|rest| format!("/{}", rest.split('?').next().unwrap())).unwrap();
        let method = entry["request"]["method"].as_str().unwrap();
        // The most exact template is meant: one without an id where there is one.
        let exact = (method.to_owned(), path.clone());
        match operations.get(&exact) {
            Some(_) => drop(found.insert(exact)),
            None => found.extend(operations.iter().filter(|(m, of)| m == method && fits(&path, of)).cloned()),
        }
    }
    found
}

struct Tester<'a> {
    world: &'a World,
    operations: BTreeSet<Operation>,
}

impl Tester<'_> {
    /// Tries operations as somebody, and tells which were reached.
    async fn round(&self, login: &str, words: &[&str]) -> BTreeSet<Operation> {
        let site = &self.world.site;
        let har = site.write("report.har", "");
        let certificate = site.data("tls-certificate.pem");
        let document = site.folder().join("openapi.json");
        let mut all = vec![
            "run",
            "--url",
            self.world.door.url(),
            "--auth",
            login,
            "--tls-verify",
            certificate.to_str().unwrap(),
            "--checks",
            CHECKS,
            "--generation-deterministic",
            "--continue-on-failure",
            "--no-color",
            "--suppress-health-check",
            "all",
            "--warnings",
            "off",
            "--exclude-path-regex",
            LEFT_OUT,
            "--report",
            "har",
            "--report-har-path",
            har.to_str().unwrap(),
        ];
        for method in DERIVED {
            all.extend(["--exclude-method", method]);
        }
        all.extend(words);
        all.push(document.to_str().unwrap());
        run(site.folder(), program().to_str().unwrap(), &all).await;
        let text = std::fs::read_to_string(&har).unwrap();
        reached(&serde_json::from_str(&text).unwrap(), &self.operations)
    }

    /// Tries every operation as somebody, once.
    async fn every(&self, door: &Door, login: &str) {
        let reached = self.round(login, &["--phases", "fuzzing", "--max-examples", "1"]).await;
        let missed: Vec<_> = self.operations.difference(&reached).collect();
        assert!(missed.is_empty(), "{login}: {} operations were never reached: {missed:?}", missed.len());
        door.get("/api/domains/").await.is(200);
    }
}

store::on_both! {
    async fn the_server_does_as_its_document_says(database: TestDb) {
        // Pools that are made up run dry at once, and stay so.
        let world = World::with(database, &[("STROWGER_REFILL_RETRY_AFTER", "1h")]).await;
        let reseller = world.reseller("documented").await;
        let customer = world.customer(&reseller).await;
        world.subscriber(&reseller, &customer, &json!({ "administrative": true })).await;
        world.site.ok("pool add london --area-code 20 --setup-price 0.1 --monthly-price 0.5").await;
        world.site.ok("number add london 442079460000 442079460009").await;
        let document = world.admin.get("/api/?openapi=json").await.is(200);
        world.site.write("openapi.json", &document.text);
        let tester = Tester { world: &world, operations: documented(&document.json) };

        tester.every(&reseller.door, &format!("documented_login:{PASSWORD}")).await;
        let administrator = format!("administrator:{SECRET}");
        tester.every(&world.admin, &administrator).await;
        let deeper = ["--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--max-time", DEPTH];
        tester.round(&administrator, &deeper).await;
        world.server.stop().await;
    }
}
