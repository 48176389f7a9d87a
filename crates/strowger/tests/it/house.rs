//! The house as it is meant to be: which crate may know which, how files are named and how long they are, what statements
//! may use, and that the written references are fresh. What fails here is mended in the file that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Below whom each crate of the house may stand, itself left out.
const ARROWS: &[(&str, &[&str])] = &[
    ("e164", &[]),
    ("store", &[]),
    ("registry", &["store", "e164"]),
    ("carriers", &["e164"]),
    ("ordering", &["registry", "carriers", "store", "e164"]),
    ("plane", &["registry", "store"]),
    ("web", &["registry", "store"]),
    ("enswitch", &["web", "ordering", "registry", "store", "e164"]),
    ("ngcp", &["web", "ordering", "plane", "registry", "store"]),
    ("ngnpro", &["web", "plane", "registry", "store"]),
    ("strowger", &["enswitch", "ngcp", "ngnpro", "web", "plane", "ordering", "carriers", "registry", "store", "e164"]),
];

/// The crates that know a database driver.
const DRIVERS: [&str; 5] = ["rusqlite", "libsqlite3-sys", "tokio-postgres", "postgres", "deadpool-postgres"];

/// Longest file, in lines.
const LONGEST: usize = 500;

/// Names that say nothing of what is in a module.
const NAMELESS: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn manifest(folder: &Path) -> toml::Table {
    std::fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap()
}

/// What a crate depends on, by kind of dependency.
fn dependencies(folder: &Path, kind: &str) -> Vec<String> {
    let manifest = manifest(folder);
    manifest.get(kind).and_then(toml::Value::as_table).map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn crates() -> BTreeMap<String, PathBuf> {
    let folders = std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    folders
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| (manifest(&folder)["package"]["name"].as_str().unwrap().to_owned(), folder))
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn arrows_point_down() {
    let crates = crates();
    for (name, folder) in &crates {
        let allowed = ARROWS.iter().find(|(known, _)| known == name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("crate {name} is not in ARROWS: whom may it know?"));
        for kind in ["dependencies", "build-dependencies"] {
            for other in dependencies(folder, kind).iter().filter(|other| crates.contains_key(*other)) {
                assert!(allowed.contains(&other.as_str()), "{name} must not know {other}");
            }
        }
        // Tests may look further, but not from below at a face or at the program.
        for other in dependencies(folder, "dev-dependencies").iter().filter(|other| crates.contains_key(*other)) {
            let looks_down =
                allowed.contains(&other.as_str()) || other == name || name == "enswitch" && other == "carriers";
            assert!(looks_down, "the tests of {name} must not know {other}");
        }
    }
    for (name, _) in ARROWS {
        assert!(crates.contains_key(*name), "crate {name} is gone: take it out of ARROWS");
    }
}

#[test]
fn only_the_store_names_a_driver() {
    for (name, folder) in crates().iter().filter(|(name, _)| *name != "store") {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for other in dependencies(folder, kind) {
                assert!(!DRIVERS.contains(&other.as_str()), "{name} must not name the driver {other}");
            }
        }
        for file in sources(&folder.join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            for driver in ["rusqlite::", "tokio_postgres::", "deadpool_postgres::"] {
                assert!(!text.contains(driver), "{} names {driver}", file.display());
            }
        }
    }
}

#[test]
fn files_are_short_and_named_for_what_is_in_them() {
    for folder in crates().values() {
        for file in sources(&folder.join("src")).into_iter().chain(sources_of_tests(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            let lines = text.lines().count();
            assert!(lines <= LONGEST, "{} has {lines} lines, more than {LONGEST}: split it by idea", file.display());
            assert!(text.starts_with("//!"), "{} does not begin by saying what it is for", file.display());
            for part in file.strip_prefix(folder).unwrap().iter() {
                let part = part.to_str().unwrap().trim_end_matches(".rs");
                assert!(!NAMELESS.contains(&part), "{}: `{part}` says nothing of what is in it", file.display());
            }
        }
    }
}

fn sources_of_tests(folder: &Path) -> Vec<PathBuf> {
    let tests = folder.join("tests");
    if tests.exists() { sources(&tests) } else { Vec::new() }
}

#[test]
fn the_written_references_are_fresh() {
    for (which, file) in [("configuration", "docs/configuration.md"), ("enswitch", "docs/enswitch-api.md")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_strowger"))
            .args(["reference", which])
            .env_clear()
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let written = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(
            written == String::from_utf8(output.stdout).unwrap(),
            "{file} is not fresh: `make docs` writes it again"
        );
    }
}

#[test]
fn statements_are_portable() {
    let statements = registry::statements();
    assert!(statements.len() > 100, "only {} statements", statements.len());
    for (name, sql) in statements {
        portable(name, sql);
    }
    for migration in registry::MIGRATIONS {
        portable(migration.name, migration.sql);
    }
}

fn portable(name: &str, sql: &str) {
    let code: String =
        sql.lines().map(|line| line.split("--").next().unwrap()).collect::<Vec<_>>().join("\n").to_uppercase();
    for engine_s_own in [
        "NOW()",
        "::",
        "ILIKE",
        "CURRENT_TIMESTAMP",
        "AUTOINCREMENT",
        "BIGSERIAL",
        " SERIAL PRIMARY",
        "RETURNING *",
        "SELECT *",
    ] {
        assert!(!code.contains(engine_s_own), "{name} has {engine_s_own}: {sql}");
    }
    for word in code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        assert!(!["LIKE", "GLOB", "TRIGGER"].contains(&word), "{name} has {word}: {sql}");
    }
}
