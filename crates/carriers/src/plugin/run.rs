//! Runs one plugin: in its own process group, with a clean environment, a deadline and bounded output. Nothing it starts outlives the run.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout, timeout_at};

use super::output::Ended;
use super::reaper;

/// How much of stderr is kept. The rest is read and dropped, so that the plugin never waits for a reader.
const STDERR_KEPT: usize = 8 * 1024;

/// How long a killed group may take to let go of its pipes and to be gone.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// How often an executable that someone still has open for writing is tried, and how long between.
const BUSY_TRIES: u32 = 5;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// A run that is to be.
pub(crate) struct Launch<'a> {
    pub(crate) program: &'a Path,
    /// The name under which the program sees itself started, where it isn't its path.
    pub(crate) own_name: Option<&'static str>,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
    pub(crate) deadline: Duration,
    /// The most bytes that it may print.
    pub(crate) max_output: usize,
}

/// A run that was started.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) ended: Ended,
    /// The exit code, if it ended by itself.
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) duration: Duration,
}

/// Why a run provably never started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotStarted(pub(crate) String);

/// Runs a plugin to its end, which comes soon after the deadline at the latest. Dropping the future kills the whole process group.
///
/// # Errors
/// The program was certainly not executed.
pub(crate) async fn run(launch: &Launch<'_>) -> Result<Finished, NotStarted> {
    let begun = Instant::now();
    let until = tokio::time::Instant::now() + launch.deadline;
    let mut child = match start(launch).await {
        Ok(child) => child,
        Err(error) if proves_no_start(&error) => {
            return Err(NotStarted(format!("{} could not be started: {}", launch.program.display(), said(&error))));
        }
        Err(error) => {
            let stderr = format!("the start failed in a way that does not exclude that it ran: {error}");
            return Ok(Finished {
                ended: Ended::Lost,
                exit: None,
                stdout: Vec::new(),
                stderr,
                duration: begun.elapsed(),
            });
        }
    };
    let mut group = Group::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut printed = Vec::new();
    let mut complained = Vec::new();

    let (ended, exit) = {
        let mut draining = std::pin::pin!(drain(stderr, &mut complained));
        let mut watching =
            std::pin::pin!(watch(&mut child, stdout, &mut group, until, launch.max_output, &mut printed));
        let mut drained = false;
        let end = loop {
            tokio::select! {
                end = &mut watching => break end,
                () = &mut draining, if !drained => drained = true,
            }
        };
        if !drained {
            let _ = timeout(AFTER_KILL, draining).await;
        }
        end
    };
    let stderr = stderr_text(&complained);
    Ok(Finished { ended, exit, stdout: printed, stderr, duration: begun.elapsed() })
}

/// The process group of a run. It is killed once: when the run is over, or when the run is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        if let Some(leader) = leader {
            reaper::watch(leader);
        }
        Self(leader)
    }

    fn kill(&mut self) {
        if let Some(leader) = self.0.take() {
            let _ = killpg(leader, Signal::SIGKILL);
            reaper::forget(leader);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn start(launch: &Launch<'_>) -> io::Result<Child> {
    let mut command = Command::new(launch.program);
    if let Some(name) = launch.own_name {
        command.arg0(name);
    }
    command
        .args(&launch.arguments)
        .env_clear()
        .envs(launch.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut tries = 1;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                tries += 1;
                sleep(BUSY_PAUSE).await;
            }
            result => return result,
        }
    }
}

/// Whether an error of the start can only come from before the program ran. Others may come from after it, while its pipes were being
/// registered.
fn proves_no_start(error: &io::Error) -> bool {
    const BEFORE: [Errno; 14] = [
        Errno::ENOENT,
        Errno::EACCES,
        Errno::EPERM,
        Errno::ENOEXEC,
        Errno::ENOTDIR,
        Errno::EISDIR,
        Errno::ELOOP,
        Errno::ENAMETOOLONG,
        Errno::E2BIG,
        Errno::ETXTBSY,
        Errno::ELIBBAD,
        Errno::EAGAIN,
        Errno::EMFILE,
        Errno::ENFILE,
    ];
    match error.raw_os_error() {
        Some(code) => BEFORE.contains(&Errno::from_raw(code)),
        None => error.kind() == io::ErrorKind::InvalidInput,
    }
}

fn said(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT) => "the file or the interpreter that it names is not there".to_owned(),
        Some(Errno::ENOEXEC) => "it is neither a program nor a script that begins with #!".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads the output to its end and waits for the plugin, then kills whatever is left of its group.
async fn watch(
    child: &mut Child,
    mut stdout: Option<impl AsyncRead + Unpin>,
    group: &mut Group,
    until: tokio::time::Instant,
    max_output: usize,
    printed: &mut Vec<u8>,
) -> (Ended, Option<i32>) {
    let read = match &mut stdout {
        Some(stdout) => timeout_at(until, read_bounded(stdout, max_output, printed)).await,
        None => Ok(Ok(Read::ToTheEnd)),
    };
    let end = match read {
        Ok(Ok(Read::ToTheEnd)) => match timeout_at(until, child.wait()).await {
            Ok(Ok(status)) => own_end(status),
            Ok(Err(_)) => (Ended::Lost, None),
            Err(_) => (Ended::Deadline, None),
        },
        Ok(Ok(Read::TooMuch)) => (Ended::Overflow, None),
        Ok(Err(_)) => (Ended::Lost, None),
        Err(_) => match child.try_wait() {
            Ok(Some(status)) => (Ended::LeftOpen, status.code()),
            _ => (Ended::Deadline, None),
        },
    };
    group.kill();
    if matches!(end.0, Ended::Deadline | Ended::LeftOpen)
        && let Some(stdout) = &mut stdout
    {
        let _ = timeout(AFTER_KILL, read_bounded(stdout, max_output, printed)).await;
    }
    let _ = timeout(AFTER_KILL, child.wait()).await;
    end
}

fn own_end(status: ExitStatus) -> (Ended, Option<i32>) {
    match (status.code(), status.signal()) {
        (Some(code), _) => (Ended::Exited(code), Some(code)),
        (None, Some(signal)) => (Ended::Signalled(signal), None),
        (None, None) => (Ended::Lost, None),
    }
}

enum Read {
    ToTheEnd,
    TooMuch,
}

/// Appends to `into` until the end, and no more than `most` bytes in all. What was read stays there when the future is dropped.
async fn read_bounded(from: &mut (impl AsyncRead + Unpin), most: usize, into: &mut Vec<u8>) -> io::Result<Read> {
    let mut chunk = [0; 4096];
    loop {
        match from.read(&mut chunk).await? {
            0 => return Ok(Read::ToTheEnd),
            count => {
                let room = most.saturating_sub(into.len());
                into.extend_from_slice(&chunk[..count.min(room)]);
                if count > room {
                    return Ok(Read::TooMuch);
                }
            }
        }
    }
}

async fn drain(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let room = STDERR_KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..count.min(room)]);
    }
}

/// Text for people: line breaks stay, other control characters are replaced.
fn stderr_text(bytes: &[u8]) -> String {
    let keep = |character: char| character == '\n' || character == '\t' || !character.is_control();
    String::from_utf8_lossy(bytes)
        .trim_end()
        .chars()
        .map(|character| if keep(character) { character } else { char::REPLACEMENT_CHARACTER })
        .collect()
}
