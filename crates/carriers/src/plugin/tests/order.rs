//! An order given to a plugin that ends in time: what is told to it, and what becomes of what it prints.

use super::{Vendor, number, request, shown};
use crate::contract::{Carrier as _, ErrorClass, OrderOutcome, OrderRequest};
use crate::plugin::PluginCarrier;

#[tokio::test]
async fn a_plugin_that_cannot_be_executed_is_refused() {
    let vendor = Vendor::new();
    let path = vendor.path("plugin").display().to_string();
    let why = async |carrier: PluginCarrier| {
        let run = carrier.order(&request(1)).await;
        assert_eq!(run.report.exit, None);
        shown(&run).replace(&path, "PLUGIN")
    };
    let missing =
        "refused not_started: PLUGIN could not be started: the file or the interpreter that it names is not there";
    assert_eq!(why(vendor.carrier()).await, missing);
    assert_eq!(why(vendor.file("#!/no/such/interpreter\n", 0o755)).await, missing);
    assert_eq!(
        why(vendor.file("#!/bin/sh\necho OK\n", 0o644)).await,
        "refused not_started: PLUGIN could not be started: Permission denied (os error 13)"
    );
    assert_eq!(
        why(vendor.file("echo OK\n", 0o755)).await,
        "refused not_started: PLUGIN could not be started: it is neither a program nor a script that begins with #!"
    );
    let unspeakable = OrderRequest { group: "1\0".into(), ..request(1) };
    let run = vendor.script("echo OK").order(&unspeakable).await;
    assert!(matches!(run.outcome, OrderOutcome::Refused { class: ErrorClass::NotStarted, .. }), "{run:?}");
}

#[tokio::test]
async fn an_order_for_nothing_starts_nothing() {
    let vendor = Vendor::new();
    let run = vendor.order("echo started > $dir/started; echo OK", 0).await;
    assert_eq!(shown(&run), "refused not_started: an order needs a quantity of one or more");
    assert!(!vendor.path("started").exists());
}

#[tokio::test]
async fn arguments_and_environment_are_exactly_those_of_the_protocol() {
    let mut vendor = Vendor::with(|settings| settings.plugins_toml = Some("/etc/x/numbervendors.toml".into()));
    vendor.host = "";
    let script = "printf '%s|' \"$@\" > $dir/arguments; env | grep -v -e '^PWD=' -e '^_=' -e '^SHLVL=' -e '^OLDPWD=' -e '^TZ=' | sort > $dir/environment; pwd > $dir/cwd
        cat > $dir/stdin; echo OK; echo 02071234567";
    let wanted = OrderRequest { number: Some(number("442071234567")), ..request(2) };
    let run = vendor.script(script).order(&wanted).await;
    assert_eq!(shown(&run), "delivered [+442071234567] pending 0 note \"\"");
    assert_eq!(run.report.exit, Some(0));
    assert_eq!(run.report.warnings, [""; 0]);
    assert_eq!(
        vendor.read("arguments"),
        "-v|test|-n|Test Vendor|-u|user|-p|hunter22|-a|add_numbers_from_group|-g|123|-d|sip.example.com:5060|-c|2|-o|02071234567|"
    );
    let path = std::env::var("PATH").unwrap();
    assert_eq!(
        vendor.read("environment"),
        format!(
            "LANG=C.UTF-8\nPATH={path}\nSTROWGER_NUMBERVENDORS_TOML=/etc/x/numbervendors.toml\nSTROWGER_ORDER_REFERENCE=strowger-00000012\n"
        )
    );
    assert_eq!((vendor.read("cwd"), vendor.read("stdin")), ("/\n".into(), String::new()));
}

#[tokio::test]
async fn a_number_that_was_ordered_and_not_delivered_is_remarked() {
    let wanted = OrderRequest { number: Some(number("442071234567")), ..request(1) };
    let run = Vendor::new().script("echo OK; echo 02079876543").order(&wanted).await;
    assert_eq!(shown(&run), "delivered [+442079876543] pending 0 note \"\"");
    assert_eq!(run.report.warnings, ["+442071234567 was ordered and is not among the numbers that were printed"]);
}

#[tokio::test]
async fn an_error_refuses_in_the_vendors_words() {
    let run = Vendor::new().order("echo ERROR Username or password incorrect; exit 1", 1).await;
    assert_eq!(shown(&run), "refused other: Username or password incorrect");
    assert_eq!((run.report.exit, run.report.warnings), (Some(1), vec![]));
}

#[tokio::test]
async fn faulty_lines_are_kept_beside_good_ones() {
    let run = Vendor::new().order("printf 'OK\\n02071234567\\n02071234567\\nsoon\\n\\377\\n020'; exit 4", 5).await;
    assert_eq!(
        shown(&run),
        "delivered [+442071234567 \"02071234567\" (the same number was delivered twice) \"soon\" (not a telephone number: 's' is not a digit) \
         \"\u{fffd}\" (not UTF-8 text) \"020\" (cut off before the end of the line)] pending 0 note \"\""
    );
    assert_eq!(run.report.exit, Some(4));
}

#[tokio::test]
async fn a_started_run_without_a_first_line_is_in_doubt() {
    let vendor = Vendor::new();
    assert_eq!(
        shown(&vendor.order("exit 0", 1).await),
        "in doubt []: nothing was printed; the plugin ended with exit code 0"
    );
    assert_eq!(
        shown(&vendor.order("exit 7", 1).await),
        "in doubt []: nothing was printed; the plugin ended with exit code 7"
    );
    assert_eq!(
        shown(&vendor.order("kill -SEGV $$", 1).await),
        "in doubt []: nothing was printed; the plugin was ended by signal 11"
    );
    assert_eq!(
        shown(&vendor.order("echo 02071234567", 1).await),
        "in doubt [\"02071234567\" (printed without OK before it)]: the first line, \"02071234567\", is neither OK nor ERROR; the plugin ended with exit code 0"
    );
}

#[tokio::test]
async fn a_plugin_that_dies_after_ok_leaves_the_order_in_doubt_with_its_lines() {
    let run = Vendor::new().order("echo OK; echo 02071234567; kill -KILL $$", 2).await;
    assert_eq!(shown(&run), "in doubt [+442071234567]: printed OK, but the plugin was ended by signal 9");
    assert_eq!(run.report.exit, None);
}

#[tokio::test]
async fn the_password_appears_nowhere() {
    let vendor = Vendor::new();
    let run = vendor
        .order("echo login with hunter22 >&2; echo ERROR hunter22 is wrong; echo really hunter22; exit 0", 1)
        .await;
    assert!(run.report.stderr.contains("login with ***"), "{run:?}");
    assert!(!format!("{run:?}").contains("hunter22"), "{run:?}");
    let run = vendor.order("echo OK; echo https://user:hunter22@example.com/", 1).await;
    assert!(!format!("{run:?}").contains("hunter22"), "{run:?}");
    let run = vendor.order("echo OK; printf hunter22; exit 1", 1).await;
    assert!(!format!("{run:?}").contains("hunter22"), "{run:?}");
    let run = vendor.order("echo hunter22", 1).await;
    assert!(!format!("{run:?}").contains("hunter22"), "{run:?}");
    let error = vendor.script("echo ERROR hunter22 is wrong").groups().await.unwrap_err();
    assert_eq!(error.to_string(), "*** is wrong");
    let carrier = vendor.carrier();
    assert!(!format!("{carrier:?}").contains("hunter22"));
}
