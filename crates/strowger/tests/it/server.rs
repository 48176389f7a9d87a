//! A running server: a process of its own in a process group of its own, killed when the test ends.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::Child;

use crate::patience::until;

/// What the server says as soon as it listens.
const LISTENS: &str = " listens on ";
/// What it says of the door of subscribers.
const SUBSCRIBERS: &str = "subscribers find it on ";

/// What it says of the door of NGNPro's clients.
const NGNPRO: &str = "NGNPro's clients find it on ";

/// A server that was started.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pid: Pid,
    log: PathBuf,
}

impl Server {
    pub(crate) fn new(child: Child, log: PathBuf) -> Server {
        let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap());
        Server { child, pid, log }
    }

    /// All that it has said so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    /// Waits until it listens, and tells where.
    pub(crate) async fn url(&mut self) -> String {
        self.told(LISTENS).await
    }

    /// Where subscribers find it.
    pub(crate) async fn subscriber_url(&mut self) -> String {
        self.told(SUBSCRIBERS).await
    }

    /// Where NGNPro's clients find it: ends with a slash.
    pub(crate) async fn ngnpro_url(&mut self) -> String {
        format!("{}/", self.told(NGNPRO).await)
    }

    async fn told(&mut self, words: &str) -> String {
        until("the server listens", async || {
            let log = self.log();
            if let Some((_, rest)) = log.split_once(words) {
                return rest.split_once('\n').map(|(url, _)| url.to_owned());
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{log}");
            }
            None
        })
        .await
    }

    /// Waits until it has said something.
    pub(crate) async fn says(&self, text: &str) {
        until(&format!("the server says {text:?}"), async || self.log().contains(text).then_some(())).await;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid, signal).unwrap();
    }

    /// Kills it and whatever is in its process group, at once.
    pub(crate) async fn kill_group(mut self) {
        killpg(self.pid, Signal::SIGKILL).unwrap();
        self.child.wait().await.unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> ExitStatus {
        until("the server ends", async || self.child.try_wait().unwrap()).await
    }

    /// Waits until it has killed itself.
    pub(crate) async fn dies(self) {
        let log = self.log.clone();
        let status = self.end().await;
        let log = std::fs::read_to_string(log).unwrap();
        assert_eq!(status.signal(), Some(9), "{status}:\n{log}");
    }

    /// Asks it to stop as a service manager does, and checks that it ends well.
    pub(crate) async fn stop(self) {
        let log = self.log.clone();
        self.signal(Signal::SIGTERM);
        let status = self.end().await;
        assert_eq!(status.code(), Some(0), "{}", std::fs::read_to_string(log).unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody has waited for it yet, so the id is still its own.
        if self.child.id().is_some() {
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
    }
}
