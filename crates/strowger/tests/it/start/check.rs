//! `strowger check`: what is wrong is said before anything starts.

use serde_json::Value;
use store::testing::{Engine, TestDb};

use crate::script::Script;
use crate::site::Site;
use crate::stock::Stock;

async fn site() -> Site {
    Site::new(TestDb::new(Engine::Sqlite).await)
}

store::on_both! {
    async fn a_good_set_up_is_good(database: TestDb) {
        let site = Site::new(database);
        let stock = Stock::new(&site, "stock", "1", 442_079_460_000, 1);
        site.vendors(&format!("# comment\n{}", stock.line("one")));
        site.configure("[carrier.one]\nrelease = \"disconnect\"\ndeadline = \"10s\"\n");
        let before = site.run("check").await;
        assert_eq!(before.code, Some(0), "{before:?}");
        assert_eq!(before.stderr, "");
        site.serve().await.stop().await;
        let after = site.run("check").await;
        assert_eq!(after.code, Some(0), "{after:?}");
        assert!(after.stdout.lines().all(|line| line.starts_with("ok     ")), "{}", after.stdout);
        assert!(after.stdout.contains("vendor one: dummy can be executed by "), "{}", after.stdout);
        assert!(after.stdout.contains("database: reachable, schema up to date\n"), "{}", after.stdout);
        let findings = site.list("check").await;
        assert_eq!(findings.len(), after.stdout.lines().count());
        assert!(findings.iter().all(|finding| finding["ok"] == true));
    }
}

#[tokio::test]
async fn it_makes_nothing() {
    let site = site().await;
    assert_eq!(site.run("check").await.code, Some(0));
    assert!(!site.path("data").exists());
}

#[tokio::test]
async fn wrong_keys_are_named_with_file_and_line() {
    let site = site().await;
    site.write(
        "strowger.toml",
        "number_vendors = \"pol\"\n\n[worker]\npol = \"1s\"\nlease = \"soon\"\n[carrier.one]\nrelease = \"burn\"\n",
    );
    let file = site.path("strowger.toml");
    let why = site.fails("check").await;
    assert!(why.starts_with("error: the configuration is wrong:\n"), "{why}");
    for mistake in [
        "1: number_vendors: \"pol\" is not one of off, pool, realtime",
        "4: worker.pol: ",
        "5: worker.lease: \"soon\"",
        "7: carrier.one.release: \"burn\"",
    ] {
        assert!(why.contains(&format!("  {}:{mistake}", file.display())), "{mistake} is not in\n{why}");
    }
    assert!(why.contains("`worker.poll`") || why.contains("worker.poll?") || why.contains("\"poll\""), "{why}");
    // Every command says the same.
    assert_eq!(site.fails("pool list").await, why);
}

#[tokio::test]
async fn wrong_variables_and_flags_are_named() {
    let site = site().await;
    let mut command = site.program();
    command
        .args(["check", "--set", "worker.poll=often"])
        .env("STROWGER_NUMBER_VENDOR", "off")
        .env("STROWGER_LOG_FORMAT", "xml");
    let output = command.output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.contains("STROWGER_NUMBER_VENDOR") && why.contains("STROWGER_NUMBER_VENDORS"), "{why}");
    assert!(why.contains("STROWGER_LOG_FORMAT: \"xml\" is not one of text, json"), "{why}");
    assert!(why.contains("worker.poll") && why.contains("often"), "{why}");
}

#[tokio::test]
async fn a_plugin_that_cannot_be_executed_is_named() {
    let site = site().await;
    let script = Script::new(&site, "plugin", "echo OK");
    script.mode(0o644);
    site.vendors(&format!(
        "{}gone = Gone, /nowhere/plugin, , u, hunter22, d\nodd = Odd, plugin, , u, hunter22, d\n",
        script.line("mine")
    ));
    let said = site.run("check").await;
    assert_eq!(said.code, Some(1));
    let wrong: Vec<&str> = said.stdout.lines().filter(|line| line.starts_with("WRONG  ")).collect();
    assert_eq!(wrong.len(), 3, "{}", said.stdout);
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let has = |parts: &[&str]| {
        assert!(wrong.iter().any(|line| parts.iter().all(|p| line.contains(p))), "{parts:?}: {wrong:#?}")
    };
    has(&["vendor mine", &script.path().display().to_string(), &format!("can't be executed by {user}")]);
    has(&["vendor gone", "/nowhere/plugin", "No such file"]);
    has(&["numbervendors.conf:3", "neither an absolute path nor one of enswitch, voxbone, dummy"]);
    assert!(!said.stdout.contains("hunter22"));
    let said = site.run("check --json").await;
    let findings: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, findings.iter().filter(|finding| finding["ok"] == false).count()), (Some(1), 3));
}

#[tokio::test]
async fn settings_that_do_not_fit_are_named() {
    let site = site().await;
    let script = Script::new(&site, "plugin", "echo OK");
    site.vendors(&script.line("mine"));
    site.configure("[carrier.mine]\nrelease = \"disconnect\"\n[carrier.nobody]\n");
    let said = site.run("check").await;
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("[carrier.mine]: release = disconnect needs a plugin that can give numbers back"),
        "{said:?}"
    );
    assert!(said.stdout.contains("[carrier.nobody]: ") && said.stdout.contains("names no such vendor"), "{said:?}");
}

#[tokio::test]
async fn other_files_are_looked_at_too() {
    let site = site().await;
    site.write("data/keys", "sealing = 12\n");
    site.write("data/numbervendors.toml", "[vendor.one]\nca_fil = \"x\"\n");
    site.configure("[tls]\ncertificate = \"/nowhere/certificate.pem\"\nkey = \"/nowhere/key.pem\"\n");
    let said = site.run("check").await;
    assert_eq!(said.code, Some(1));
    let wrong: Vec<&str> = said.stdout.lines().filter(|line| line.starts_with("WRONG  ")).collect();
    assert!(wrong.iter().any(|line| line.contains("keys: ") && line.contains("line 1")), "{}", said.stdout);
    assert!(wrong.iter().any(|line| line.contains("/nowhere/certificate.pem")), "{}", said.stdout);
    assert!(wrong.iter().any(|line| line.contains("numbervendors.toml:2: unknown field `ca_fil`")), "{}", said.stdout);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_found() {
    let site = site().await;
    let said =
        site.run(["check", "--database-url", "postgres://strowger:hunter22@127.0.0.1:1/strowger", "--json"]).await;
    assert_eq!(said.code, Some(1));
    let findings: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    let database = findings.iter().find(|finding| finding["subject"] == "database").unwrap();
    assert_eq!(database["ok"], false);
    assert!(!said.stdout.contains("hunter22") && !said.stderr.contains("hunter22"), "{said:?}");
}
