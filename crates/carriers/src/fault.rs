//! Points at which a test may kill or hold a process. Without the feature `fault-points` they do nothing and cost nothing.

/// A named point. The process kills itself here when `STROWGER_FAULT` is `name`, and waits here when `STROWGER_FAULT_HOLD` is
/// `name:path`, until there is a file at that path.
#[cfg(feature = "fault-points")]
pub fn point(name: &str) {
    if let Ok(hold) = std::env::var("STROWGER_FAULT_HOLD")
        && let Some((held, path)) = hold.split_once(':')
        && held == name
    {
        while !std::path::Path::new(path).exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
    if std::env::var("STROWGER_FAULT").is_ok_and(|fault| fault == name) {
        let _ = nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::Signal::SIGKILL);
    }
}

/// A named point at which nothing happens: fault points are not compiled in.
#[cfg(not(feature = "fault-points"))]
#[inline(always)]
pub fn point(_name: &str) {}

#[cfg(test)]
#[cfg(feature = "fault-points")]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};

    /// What the process does that the tests below start; without a fault it only passes by.
    #[test]
    fn passes_a_point() {
        super::point("test.point");
        assert_ne!(std::env::var("STROWGER_FAULT").as_deref(), Ok("test.point"), "this process should be dead");
    }

    fn process(name: &str, value: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "fault::tests::passes_a_point"]);
        command.env_remove("STROWGER_FAULT").env_remove("STROWGER_FAULT_HOLD");
        command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    #[test]
    fn kills_at_the_named_point_only() {
        let end = |name: &str| process("STROWGER_FAULT", name).status().unwrap();
        assert_eq!(end("test.point").signal(), Some(9));
        assert!(end("test.other").success());
    }

    #[test]
    fn holds_until_the_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("go");
        let hold = |name: &str| process("STROWGER_FAULT_HOLD", &format!("{name}:{}", path.display()));
        assert!(hold("test.other").status().unwrap().success());
        let mut held = hold("test.point").spawn().unwrap();
        assert!(held.try_wait().unwrap().is_none());
        std::fs::write(&path, "").unwrap();
        assert!(held.wait().unwrap().success());
    }
}
