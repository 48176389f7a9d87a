//! Settings of a single carrier from the environment and the command line.

use serde_json::Value;
use store::testing::{Engine, TestDb};

use crate::script::Script;
use crate::site::Site;

#[tokio::test]
async fn variables_and_flags_reach_the_carrier() {
    let site = Site::new(TestDb::new(Engine::Sqlite).await);
    let script = Script::new(&site, "plugin", "echo OK");
    site.vendors(&script.line("Number_Vendor"));
    let needs = "[carrier.Number_Vendor]: release = disconnect needs a plugin that can give numbers back";
    let check = async |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = site.program();
        let output = command.arg("check").args(arguments).envs(environment.iter().copied()).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    assert!(!check(&[], &[]).await.contains(needs));
    let variable = [("STROWGER_CARRIER__Number_Vendor__RELEASE", "disconnect")];
    assert!(check(&[], &variable).await.contains(needs));
    assert!(check(&["--set", "carrier.Number_Vendor.release=disconnect"], &[]).await.contains(needs));
    // Flags come after variables, variables after the file.
    assert!(!check(&["--set", "carrier.Number_Vendor.release=keep"], &variable).await.contains(needs));
    site.configure("[carrier.Number_Vendor]\nrelease = \"disconnect\"\n");
    assert!(check(&[], &[]).await.contains(needs));
    let variable = [("STROWGER_CARRIER__Number_Vendor__LOOKUP", "true")];
    assert!(!check(&[], &variable).await.contains(needs));

    let wrong =
        [("STROWGER_CARRIER__Number_Vendor__DEADLINE", "soon"), ("STROWGER_CARRIER__Number_Vendor__RELASE", "x")];
    let said = check(&["--set", "carrier.Number_Vendor.rate=fast"], &wrong).await;
    for mistake in [
        "STROWGER_CARRIER__Number_Vendor__DEADLINE: \"soon\" is not a duration",
        "STROWGER_CARRIER__Number_Vendor__RELASE: RELASE is not a setting of a carrier; did you mean RELEASE?",
        "command line: carrier.Number_Vendor.rate: \"fast\" is not a number",
    ] {
        assert!(said.contains(mistake), "{mistake} is not in\n{said}");
    }
}

#[tokio::test]
async fn a_plugin_that_cannot_be_executed_is_named_once() {
    let site = Site::new(TestDb::new(Engine::Sqlite).await);
    let script = Script::new(&site, "plugin", "echo OK");
    script.mode(0o644);
    site.vendors(&script.line("mine"));
    let said = site.run("check --json").await;
    let findings: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    let finding = findings.iter().find(|finding| finding["subject"] == "vendor mine").unwrap();
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    assert_eq!(finding["message"], format!("{} can't be executed by {user}", script.path().display()));
}
