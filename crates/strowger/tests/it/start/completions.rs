//! Help, completions and references need no configuration and no database.

use std::process::Command;

fn program(words: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_strowger")).args(words).env_clear().output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn shells_can_complete() {
    for (shell, sign) in
        [("bash", "complete -F _strowger"), ("zsh", "#compdef strowger"), ("fish", "complete -c strowger")]
    {
        let (code, script, errors) = program(&["completions", shell]);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{shell}");
        assert!(script.contains(sign) && script.contains("quarantine-days"), "{shell}: {script}");
    }
}

#[test]
fn help_names_every_command() {
    let (code, help, _) = program(&["--help"]);
    assert_eq!(code, Some(0));
    for command in [
        "serve",
        "check",
        "migrate",
        "pool",
        "vendor",
        "number",
        "order",
        "account",
        "user",
        "alert",
        "journal",
        "import",
        "export",
        "backup",
        "completions",
    ] {
        let shown = help.lines().any(|line| line.trim_start().starts_with(&format!("{command} ")));
        assert!(shown, "{command} is not in\n{help}");
    }
    assert!(!help.contains("reference"), "{help}");
    assert_eq!(program(&["--version"]).1, format!("strowger {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn no_password_can_be_given_on_the_command_line() {
    for words in [["user", "add", "--help"], ["user", "password", "--help"]] {
        let (_, help, _) = program(&words);
        assert!(help.contains("--password-stdin") && !help.contains("--password "), "{help}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_code_2() {
    for words in [
        &["sell"][..],
        &["pool", "show"],
        &["pool", "list", "--colour", "red"],
        &["number", "buy"],
        &["check", "--set", "x"],
    ] {
        let (code, output, errors) = program(words);
        assert_eq!((code, output.as_str()), (Some(2), ""), "{words:?}");
        assert!(errors.starts_with("error: ") && errors.contains("--help"), "{words:?}: {errors}");
    }
}

#[test]
fn started_under_a_plugin_s_name_it_is_that_plugin() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["enswitch", "voxbone", "dummy"] {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_strowger"), &path).unwrap();
        let output = Command::new(&path).args(["-v", "x"]).env_clear().output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("ERROR ") && said.ends_with('\n'), "{name}: {said:?}");
    }
}
