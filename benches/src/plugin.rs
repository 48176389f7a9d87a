//! Plugin runs a second, beside bare fork and exec of the same plugin.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use carriers::{Carrier as _, OrderOutcome, OrderRequest, PluginCarrier, PluginSettings, read_vendors};

use crate::report::Report;

const RUNS: u32 = 500;

pub(crate) async fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let plugin = folder.path().join("plugin");
    std::fs::write(&plugin, "#!/bin/sh\nprintf 'OK\\n442071234567\\n'\n")?;
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755))?;
    let (lines, errors) =
        read_vendors(&format!("bench = Bench, {}, host, user, password, sip.example.com\n", plugin.display()));
    anyhow::ensure!(errors.is_empty(), "{errors:?}");
    let line = lines.into_iter().next().ok_or_else(|| anyhow::anyhow!("no vendor"))?;
    let carrier = PluginCarrier::new(line, PluginSettings::default())?;
    let request =
        OrderRequest { reference: "strowger-bench".to_owned(), group: "1".to_owned(), quantity: 1, number: None };
    let (mut ours, mut bare) = (0.0, 0.0);
    for _ in 0..RUNS {
        let started = Instant::now();
        let run = carrier.order(&request).await;
        ours += started.elapsed().as_secs_f64();
        anyhow::ensure!(matches!(run.outcome, OrderOutcome::Delivered { .. }), "{run:?}");
        let program = plugin.clone();
        let started = Instant::now();
        let output = tokio::task::spawn_blocking(move || {
            std::process::Command::new(program)
                .args(["-v", "bench", "-n", "Bench", "-h", "host", "-u", "user", "-p", "password"])
                .args(["-a", "add_numbers_from_group", "-g", "1", "-d", "sip.example.com", "-c", "1"])
                .stdin(std::process::Stdio::null())
                .output()
        })
        .await??;
        bare += started.elapsed().as_secs_f64();
        anyhow::ensure!(output.status.success(), "the plugin failed");
    }
    let runs = f64::from(RUNS);
    report.rate("plugin run", "-", 0, runs / ours, runs / bare, "runs/s");
    Ok(())
}
