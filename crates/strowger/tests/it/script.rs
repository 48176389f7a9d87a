//! Plugins of a test's own, written in `sh` as an operator would.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::site::Site;

/// A plugin; each call is written down.
#[derive(Debug)]
pub(crate) struct Script {
    path: PathBuf,
    calls: PathBuf,
}

impl Script {
    /// A plugin with one group, `1`, that orders as `order` says. There, `$folder` is the installation's folder and `$count`
    /// the value of `-c`; `wait_for FILE` waits until that file is in the folder.
    pub(crate) fn new(site: &Site, name: &str, order: &str) -> Script {
        Script::answering(site, name, "printf 'OK\\n1, Group One\\n'", order, "printf 'ERROR no list\\n'; exit 1")
    }

    /// A plugin with an answer for each action.
    pub(crate) fn answering(site: &Site, name: &str, groups: &str, order: &str, available: &str) -> Script {
        let (path, calls) = (site.path(name), site.path(&format!("{name}.calls")));
        let text = format!(
            "#!/bin/sh\nfolder={folder}\nprintf '%s|' \"$@\" >>{calls}; echo >>{calls}\n\
             wait_for() {{ i=0; while [ ! -e \"$folder/$1\" ]; do [ -d \"$folder\" ] && [ $i -lt 1200 ] || exit 9; \
             i=$((i+1)); sleep 0.05; done; }}\n\
             while [ $# -gt 0 ]; do case $1 in -a) action=$2;; -c) count=$2;; -g) group=$2;; -o) number=$2;; esac; shift 2; done\n\
             case $action in\nget_groups) {groups};;\nadd_numbers_from_group) {order}\n;;\n\
             get_available_numbers_from_group) {available};;\nesac\n",
            folder = site.folder().display(),
            calls = calls.display(),
        );
        std::fs::write(&path, text).unwrap();
        let script = Script { path, calls };
        script.mode(0o755);
        script
    }

    /// Sets the file's permissions.
    pub(crate) fn mode(&self, mode: u32) {
        std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its line of the vendors' file.
    pub(crate) fn line(&self, key: &str) -> String {
        format!("{key} = The {key}, {}, api.example.com, user, hunter22, sip.example.com:5060\n", self.path.display())
    }

    /// The arguments of each call that orders, in their order.
    pub(crate) fn orders(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.calls).unwrap_or_default();
        text.lines().filter(|line| line.contains("|add_numbers_from_group|")).map(str::to_owned).collect()
    }

    /// How often it was called for a list of free numbers.
    pub(crate) fn listed(&self) -> usize {
        let text = std::fs::read_to_string(&self.calls).unwrap_or_default();
        text.lines().filter(|line| line.contains("|get_available_numbers_from_group|")).count()
    }
}
