//! Rows a second of `strowger import`, the command itself on a CSV file, with its memory.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use store::testing::Engine;

use crate::Field;
use crate::report::Report;

/// The first number of the field.
pub(crate) const FIRST: u64 = 44_200_000_000;

pub(crate) async fn measure(field: &Field, size: u32, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("numbers.csv");
    let mut csv = std::io::BufWriter::new(std::fs::File::create(&file)?);
    writeln!(csv, "number")?;
    for n in 0..u64::from(size) {
        writeln!(csv, "+{}", FIRST + n)?;
    }
    csv.flush()?;
    let started = Instant::now();
    let mut command = command(field, program);
    let child = command.arg("import").arg(&file).args(["--pool", "bench"]).spawn()?;
    let peak = peak_of(child).await?;
    let seconds = started.elapsed().as_secs_f64();
    report.plain("import", field.engine, size, f64::from(size) / seconds, "rows/s");
    report.plain("import, memory", field.engine, size, peak, "MiB");
    if field.engine == Engine::Postgres {
        let analyze = crate::raw::Postgres::connect(&field.test.url).await?;
        analyze.batch("ANALYZE").await?;
    }
    Ok(())
}

/// Waits for a command to end well; the most memory that it had, in MiB.
pub(crate) async fn peak_of(mut child: std::process::Child) -> anyhow::Result<f64> {
    tokio::task::spawn_blocking(move || -> anyhow::Result<f64> {
        let mut peak = 0.0f64;
        loop {
            if let Some(memory) = memory_mib(child.id(), "VmHWM") {
                peak = peak.max(memory);
            }
            if let Some(status) = child.try_wait()? {
                anyhow::ensure!(status.success(), "import ended with {status}");
                return Ok(peak);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    })
    .await?
}

/// The server's program on this registry.
pub(crate) fn command(field: &Field, program: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("STROWGER_DATA_DIR", field.test.folder()).env("STROWGER_DATABASE_URL", &field.test.url);
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command
}

/// A figure of /proc/PID/status in MiB.
pub(crate) fn memory_mib(pid: u32, field: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
