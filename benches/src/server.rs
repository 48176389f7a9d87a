//! The server itself on a registry of that size: start-up time, requests a second over HTTPS, memory.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::Field;
use crate::import::{command, memory_mib};
use crate::report::Report;

/// The administrator's password.
pub(crate) const PASSWORD: &str = "bench password";
const REQUESTS: u32 = 2_000;
const CLIENTS: u32 = 8;

pub(crate) async fn measure(
    field: &Field,
    size: u32,
    contacts: u32,
    program: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let started = Instant::now();
    let mut command = command(field, program);
    command
        .env("STROWGER_ADMIN_LISTEN", format!("127.0.0.1:{port}"))
        .env("STROWGER_SUBSCRIBER_LISTEN", "127.0.0.1:0")
        .env("STROWGER_NGNPRO_LISTEN", "127.0.0.1:0");
    command.env("STROWGER_NUMBER_VENDORS", "off");
    let mut child = command.arg("serve").spawn().context("server")?;
    let result = drive(field, (size, contacts), port, started, child.id(), report).await;
    child.kill().ok();
    child.wait().ok();
    result
}

async fn drive(
    field: &Field,
    (size, contacts): (u32, u32),
    port: u16,
    started: Instant,
    pid: u32,
    report: &mut Report,
) -> anyhow::Result<()> {
    // The certificate is self-signed and made by the child; this client talks to loopback only.
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    let base = format!("https://127.0.0.1:{port}");
    loop {
        if client.get(format!("{base}/healthz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        anyhow::ensure!(started.elapsed() < Duration::from_secs(30), "the server does not start");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    report.plain("start-up", field.engine, size, started.elapsed().as_secs_f64() * 1e3, "ms");
    if let Some(memory) = memory_mib(pid, "VmRSS") {
        report.plain("server, idle memory", field.engine, size, memory, "MiB");
    }
    let begun = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let (client, url) = (client.clone(), format!("{base}/api/json/numbers/available/list/"));
        let pool = field.pool.to_string();
        clients.push(tokio::spawn(async move {
            for _ in 0..REQUESTS / CLIENTS {
                let form = [
                    ("auth_username", "administrator"),
                    ("auth_password", PASSWORD),
                    ("ingroup", pool.as_str()),
                    ("count", "100"),
                ];
                let answer = client.post(&url).form(&form).send().await?.text().await?;
                anyhow::ensure!(answer.contains("\"200\""), "{answer}");
            }
            Ok(())
        }));
    }
    for client in clients {
        client.await??;
    }
    let rate = f64::from(REQUESTS) / begun.elapsed().as_secs_f64();
    report.plain("HTTPS, list of 100 free numbers", field.engine, size, rate, "requests/s");
    crate::api::drive(field, contacts, &base, pid, report).await?;
    if let Some(memory) = memory_mib(pid, "VmHWM") {
        report.plain("server, highest memory", field.engine, size, memory, "MiB");
    }
    Ok(())
}
