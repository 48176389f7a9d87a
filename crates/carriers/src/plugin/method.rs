//! Which program a vendor's method means, and whether it can be executed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use crate::conf::VendorLine;
use crate::shipped::NAMES;

/// The folder name in the paths of Enswitch's own plugins.
const SHIPPED_FOLDER: &str = "numbervendors";

/// The program that a vendor's method means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The file that is executed.
    pub program: PathBuf,
    /// The name under which this program itself is started as a plugin; none for a plugin of its own.
    pub shipped: Option<&'static str>,
}

/// Finds the program: a shipped plugin by its bare name, or by a path as Enswitch has it that is not there; else the file at the path.
///
/// # Errors
/// The method is neither; the text says what it may be.
pub(crate) fn resolve(line: &VendorLine) -> Result<Resolved, String> {
    let path = Path::new(&line.method);
    let shipped = NAMES.into_iter().find(|name| path.file_name() == Some(OsStr::new(name)));
    let shipped = shipped.filter(|name| {
        let folder = path.parent().and_then(Path::file_name);
        line.method == *name || (folder == Some(OsStr::new(SHIPPED_FOLDER)) && path.symlink_metadata().is_err())
    });
    if shipped.is_some() {
        return Ok(Resolved { program: own_program(), shipped });
    }
    if !path.is_absolute() {
        return Err(format!(
            "vendor {}: method {:?} is neither an absolute path nor one of {}",
            line.key,
            line.method,
            NAMES.join(", ")
        ));
    }
    Ok(Resolved { program: path.to_owned(), shipped: None })
}

/// This program's file. After an upgrade has replaced the file, the kernel's link still leads to the running one.
#[must_use]
pub fn own_program() -> PathBuf {
    std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Finds a vendor's plugin and checks that the user of this process can execute it.
///
/// # Errors
/// A text for the operator that names the vendor, the file, and what is wrong with it: not there, not a file, not executable, its interpreter
/// not there.
pub fn check_executable(line: &VendorLine) -> Result<Resolved, String> {
    let resolved = resolve(line)?;
    let path = &resolved.program;
    let complain = |what: String| Err(format!("vendor {}: {} {what}", line.key, path.display()));
    match path.metadata() {
        Err(error) => return complain(format!("can't be reached: {error}")),
        Ok(metadata) if !metadata.is_file() => return complain("is not a file".to_owned()),
        Ok(_) => {}
    }
    if access(path, AccessFlags::X_OK).is_err() {
        return complain("can't be executed by this user".to_owned());
    }
    match interpreter(path) {
        Some(interpreter) if access(&interpreter, AccessFlags::X_OK).is_err() => complain(format!(
            "names the interpreter {}, which is not there or can't be executed",
            interpreter.display()
        )),
        _ => Ok(resolved),
    }
}

/// The interpreter that a script names in its first line, where the file can be read and is a script.
fn interpreter(path: &Path) -> Option<PathBuf> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(256).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let words = std::str::from_utf8(line).ok()?;
    words.split_ascii_whitespace().next().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::read_vendors;
    use std::os::unix::fs::PermissionsExt as _;

    fn vendor(method: &str) -> VendorLine {
        let (mut vendors, errors) = read_vendors(&format!("v = V, {method}, h, u, p, d"));
        assert_eq!(errors, []);
        vendors.remove(0)
    }

    fn file(folder: &Path, name: &str, content: &str, mode: u32) -> String {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn shipped_plugins_are_this_program() {
        for (method, name) in [
            ("enswitch", "enswitch"),
            ("voxbone", "voxbone"),
            ("/opt/enswitch/current/sbin/numbervendors/dummy", "dummy"),
            ("/opt/enswitch/current/bin/numbervendors/enswitch", "enswitch"),
        ] {
            let resolved = check_executable(&vendor(method)).unwrap();
            assert_eq!(
                resolved,
                Resolved { program: std::env::current_exe().unwrap(), shipped: Some(name) },
                "{method}"
            );
        }
    }

    #[test]
    fn a_file_that_is_there_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "numbervendors/dummy", "#!/bin/sh\n", 0o755);
        assert_eq!(check_executable(&vendor(&path)).unwrap(), Resolved { program: path.into(), shipped: None });
    }

    #[test]
    fn what_cannot_be_executed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let why =
            |method: &str| check_executable(&vendor(method)).unwrap_err().replace(folder.path().to_str().unwrap(), "");
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        assert_eq!(
            why("relative/plugin"),
            "vendor v: method \"relative/plugin\" is neither an absolute path nor one of enswitch, voxbone, dummy"
        );
        assert_eq!(why(&at("missing")), "vendor v: /missing can't be reached: No such file or directory (os error 2)");
        assert_eq!(why(&at("")), "vendor v: / is not a file");
        assert_eq!(
            why(&file(folder.path(), "plain", "#!/bin/sh\n", 0o644)),
            "vendor v: /plain can't be executed by this user"
        );
        assert_eq!(
            why(&file(folder.path(), "script", "#! /no/such/perl -w\n", 0o755)),
            "vendor v: /script names the interpreter /no/such/perl, which is not there or can't be executed"
        );
        assert!(check_executable(&vendor(&file(folder.path(), "good", "#!/bin/sh -e\n", 0o755))).is_ok());
    }
}
