//! Programs of others that tests work with: curl, openssl, PHP, Python.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

/// Runs a program in a folder, and returns what it printed.
///
/// # Panics
/// When it is not there or does not succeed.
pub(crate) async fn run(folder: &Path, program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).current_dir(folder).stdin(Stdio::null()).output().await;
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}: run the tests with `make test`"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program} {words:?}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// What curl got: the status and the body.
pub(crate) async fn curl(folder: &Path, words: &[&str]) -> (u16, String) {
    let mut all =
        vec!["--silent", "--show-error", "--noproxy", "*", "--max-time", "60", "--write-out", "\n%{http_code}"];
    all.extend(words);
    let said = run(folder, "curl", &all).await;
    let (body, status) = said.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}
