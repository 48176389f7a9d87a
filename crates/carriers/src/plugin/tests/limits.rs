//! Plugins that don't end, print without end, or leave processes behind.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Vendor, number, request, shown};
use crate::contract::{Carrier as _, LineFault, OrderOutcome};

/// Waits until there is text in a file that a script writes.
async fn appears(path: &Path) -> String {
    let begun = Instant::now();
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(begun.elapsed() < Duration::from_secs(20), "{} does not appear", path.display()),
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until a process is gone, or dead and only waiting to be reaped by whoever inherited it.
async fn dies(pid: &str) {
    let begun = Instant::now();
    let stat = format!("/proc/{}/stat", pid.trim());
    while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(begun.elapsed() < Duration::from_secs(20), "process {pid} is still alive");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_silent_plugin_is_killed_at_its_deadline() {
    let run = Vendor::with_short_deadline().order("exec sleep 600", 1).await;
    assert_eq!(shown(&run), "in doubt []: nothing was printed; the plugin was killed at its deadline");
    assert_eq!(run.report.warnings, ["the plugin was killed at its deadline"]);
}

#[tokio::test]
async fn the_whole_process_group_is_killed_at_the_deadline() {
    let vendor = Vendor::with_short_deadline();
    let run = vendor
        .order(
            "sleep 600 & echo $! > $dir/child; echo $$ > $dir/self; echo OK; echo 02071234567; printf 0207; sleep 600",
            2,
        )
        .await;
    assert_eq!(
        shown(&run),
        "in doubt [+442071234567 \"0207\" (cut off before the end of the line)]: printed OK, but the plugin was killed at its deadline"
    );
    dies(&vendor.read("child")).await;
    dies(&vendor.read("self")).await;
}

#[tokio::test]
async fn a_plugin_that_closes_its_output_and_goes_on_is_killed_at_its_deadline() {
    let run = Vendor::with_short_deadline().order("echo OK; echo 02071234567; exec >&- 2>&-; exec sleep 600", 1).await;
    assert_eq!(shown(&run), "in doubt [+442071234567]: printed OK, but the plugin was killed at its deadline");
}

#[tokio::test]
async fn a_process_left_behind_with_the_output_is_read_until_the_deadline() {
    let vendor = Vendor::with_short_deadline();
    let run = vendor
        .order("(echo 02079876543; exec sleep 600) & echo $! > $dir/child; echo OK; echo 02071234567 >&2", 1)
        .await;
    let OrderOutcome::InDoubt { reason, .. } = &run.outcome else { panic!("{run:?}") };
    assert!(
        reason.ends_with("a process left behind by the plugin held its output open until the deadline"),
        "{reason}"
    );
    assert_eq!((run.report.exit, run.report.stderr.as_str()), (Some(0), "02071234567"));
    dies(&vendor.read("child")).await;
}

#[tokio::test]
async fn a_process_left_behind_without_the_output_is_killed_and_delays_nothing() {
    let vendor = Vendor::new();
    let begun = Instant::now();
    let run =
        vendor.order("sleep 600 >/dev/null 2>/dev/null & echo $! > $dir/child; echo OK; echo 02071234567", 1).await;
    assert_eq!(shown(&run), "delivered [+442071234567] pending 0 note \"\"");
    dies(&vendor.read("child")).await;
    let run = vendor.order("sleep 600 >/dev/null & echo $! > $dir/child; echo OK; echo complaint >&2", 1).await;
    assert_eq!(shown(&run), "delivered [] pending 0 note \"\"");
    assert_eq!(run.report.stderr, "complaint");
    dies(&vendor.read("child")).await;
    assert!(begun.elapsed() < vendor.settings.deadline);
}

#[tokio::test]
async fn endless_output_is_cut_and_the_plugin_killed() {
    let vendor = Vendor::with(|settings| settings.max_output = 100);
    let run = vendor.order("echo $$ > $dir/self; echo OK; while :; do echo 02071234567; done", 2).await;
    let OrderOutcome::InDoubt { lines, reason } = &run.outcome else { panic!("{run:?}") };
    assert_eq!(reason, "printed OK, but the plugin was killed because it printed too much");
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[0].number, Ok(number("442071234567")));
    assert_eq!(lines[7].number, Err(LineFault::Duplicate));
    assert_eq!(lines[8].number, Err(LineFault::Truncated));
    assert!(run.report.warnings.contains(&"the plugin was killed because it printed too much".to_owned()));
    dies(&vendor.read("self")).await;
}

#[tokio::test]
async fn output_of_exactly_the_limit_is_fine() {
    let vendor = Vendor::with(|settings| settings.max_output = 15);
    assert_eq!(
        shown(&vendor.order("echo OK; echo 02071234567", 1).await),
        "delivered [+442071234567] pending 0 note \"\""
    );
}

#[tokio::test]
async fn stderr_is_bounded_and_never_blocks_the_plugin() {
    let run = Vendor::new().order("head -c 300000 /dev/zero | tr '\\0' x >&2; echo OK; echo 02071234567", 1).await;
    assert_eq!(shown(&run), "delivered [+442071234567] pending 0 note \"\"");
    assert_eq!(run.report.stderr.len(), 8 * 1024);
}

#[tokio::test]
async fn dropping_a_run_kills_the_whole_group() {
    let vendor = Vendor::new();
    let carrier = vendor.script("sleep 600 & echo $! > $dir/child; echo $$ > $dir/self; sleep 600");
    let running = tokio::spawn(async move { carrier.order(&request(1)).await });
    let (own, child) = (appears(&vendor.path("self")).await, appears(&vendor.path("child")).await);
    running.abort();
    dies(&own).await;
    dies(&child).await;
}
