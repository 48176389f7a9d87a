//! A name server as a process of its own, and questions to it.

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::patience::until;

/// A name server; killed with this value.
pub(super) struct Daemon {
    child: Child,
    log: PathBuf,
    pub(super) port: u16,
}

/// A port that is free for both UDP and TCP.
pub(super) fn free_port() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Daemon {
    /// Starts a program in that folder.
    pub(super) fn start(folder: &Path, port: u16, program: &str, words: &[&str]) -> Daemon {
        let log = folder.join(format!("{program}.log"));
        let file = std::fs::File::create(&log).unwrap();
        // Daemons are in Debian's folders for the administrator.
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
        let child = Command::new(program)
            .args(words)
            .env("PATH", path)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; `make test` installs it"));
        Daemon { child, log, port }
    }

    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    /// Waits until it answers at all.
    pub(super) async fn up(mut self) -> Daemon {
        until("the name server answers", async || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the name server ended with {status}:\n{}", self.log());
            }
            let said = dig(self.port, &["+norecurse", "version.bind", "CH", "TXT"]).await;
            said.contains("status: ").then_some(())
        })
        .await;
        self
    }

    /// The answers to a question, in dig's short form, sorted.
    pub(super) async fn ask(&self, name: &str, rr_type: &str) -> Vec<String> {
        short(self.port, name, rr_type).await
    }

    /// Waits for that answer.
    pub(super) async fn answers(&self, name: &str, rr_type: &str, expected: &[&str]) {
        let mut last = Vec::new();
        let found = crate::patience::within(std::time::Duration::from_secs(60), async || {
            last = self.ask(name, rr_type).await;
            (last == expected).then_some(())
        });
        if found.await.is_none() {
            panic!("{name} {rr_type}: {last:?}, not {expected:?}\n{}", self.log());
        }
    }

    /// Waits until it says that it has no such zone.
    pub(super) async fn has_no_zone(&self, name: &str) {
        until(&format!("{name} is gone"), async || {
            let said = dig(self.port, &["+norecurse", name, "SOA"]).await;
            ["REFUSED", "NOTAUTH"].iter().any(|code| said.contains(&format!("status: {code}"))).then_some(())
        })
        .await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.log());
        }
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// What dig prints.
pub(super) async fn dig(port: u16, words: &[&str]) -> String {
    let port = port.to_string();
    let common = ["@127.0.0.1", "-p", &port, "+time=2", "+tries=2"];
    let output = Command::new("dig").args(common).args(words).stdin(Stdio::null()).output().await;
    let output = output.unwrap_or_else(|error| panic!("dig: {error}; `make test` installs it"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn short(port: u16, name: &str, rr_type: &str) -> Vec<String> {
    let said = dig(port, &["+short", "+norecurse", name, rr_type]).await;
    let mut lines: Vec<String> = said.lines().filter(|line| !line.starts_with(';')).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// All records of a zone, each as dig prints it in one form, sorted; with these words about who asks.
pub(super) async fn transfer(port: u16, zone: &str, words: &[&str]) -> Vec<String> {
    let said = dig(port, &[&["+noall", "+answer", "+onesoa", "+time=20", zone, "AXFR"], words].concat()).await;
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> =
        said.lines().filter(|line| !line.starts_with(';') && !line.is_empty()).map(line).collect();
    lines.sort();
    lines
}
