//! Ends plugins whose server has died without a word: killed, out of memory, its container gone.
//!
//! The reaper is a process of its own at the other end of a pipe. The server tells it which process groups are running;
//! when the pipe closes, it kills those that are left, so that no plugin buys anything after its order was looked up.

use std::collections::HashSet;
use std::io::{self, BufRead as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Mutex, OnceLock};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The name under which the reaper is started, in place of a plugin's.
pub const NAME: &str = "reaper";

static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();

/// Starts the reaper for this process: the program is one that calls [`run`] when `STROWGER_PLUGIN` is [`NAME`]. Without it,
/// plugins of a killed server run on until they end by themselves.
///
/// # Errors
/// The program can't be started.
pub fn start(program: &Path) -> io::Result<()> {
    let mut command = Command::new(program);
    command.env_clear().env("STROWGER_PLUGIN", NAME).current_dir("/").process_group(0);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(pipe) = child.stdin.take() {
        PIPE.set(Mutex::new(pipe)).map_err(|_| io::Error::other("the reaper is started already"))?;
    }
    Ok(())
}

/// The reaper itself: reads `+GROUP` and `-GROUP` lines until the pipe closes, then kills what is left.
#[must_use]
pub fn run() -> ExitCode {
    let mut groups = HashSet::new();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match (line.get(..1), line.get(1..).and_then(|group| group.parse::<i32>().ok())) {
            (Some("+"), Some(group)) => groups.insert(group),
            (Some("-"), Some(group)) => groups.remove(&group),
            _ => false,
        };
    }
    for group in groups {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    ExitCode::SUCCESS
}

/// Tells the reaper that a group runs.
pub(super) fn watch(group: Pid) {
    tell('+', group);
}

/// Tells the reaper that a group is gone.
pub(super) fn forget(group: Pid) {
    tell('-', group);
}

fn tell(sign: char, group: Pid) {
    let Some(pipe) = PIPE.get() else { return };
    let mut pipe = pipe.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Err(error) = pipe.write_all(format!("{sign}{group}\n").as_bytes()) {
        tracing::error!(%error, "the reaper is gone: plugins would outlive this server if it were killed");
    }
}
