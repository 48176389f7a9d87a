//! What a person at a terminal sees while something takes its time.

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use nix::pty::{Winsize, openpty};
use store::testing::{Engine, TestDb};

use crate::patience::until;
use crate::script::Script;
use crate::site::Site;

/// The screen of a terminal: all that was written to it.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// A terminal's screen, and the end of it that a program writes to.
fn terminal() -> (Screen, Stdio) {
    let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    let pair = openpty(Some(&size), None).unwrap();
    let (screen, mut master) = (Screen::default(), File::from(pair.master));
    let shown = screen.clone();
    // Ends when no program has the terminal any more.
    std::thread::spawn(move || {
        let mut bytes = [0; 4_096];
        while let Ok(count) = master.read(&mut bytes)
            && count > 0
        {
            shown.0.lock().unwrap().extend_from_slice(&bytes[..count]);
        }
    });
    (screen, Stdio::from(pair.slave))
}

#[tokio::test]
async fn a_vendor_that_takes_its_time_is_waited_for_visibly() {
    let site = Site::ready(TestDb::new(Engine::Sqlite).await).await;
    let groups = "wait_for go; printf 'OK\\n1, Group One\\n'";
    let script = Script::answering(&site, "slow", groups, "echo OK", "printf 'ERROR no list\\n'; exit 1");
    site.vendors(&script.line("slow"));
    site.ok("pool add london").await;
    for words in [&["vendor", "groups", "slow"][..], &["pool", "link", "london", "slow", "1"]] {
        let (screen, stderr) = terminal();
        let mut command = site.program();
        command.args(words).env("TERM", "xterm").stdout(Stdio::piped()).stderr(stderr);
        let child = command.spawn().unwrap();
        drop(command);
        until("the terminal says what is going on", async || {
            screen.text().contains("asking vendor slow for its groups").then_some(())
        })
        .await;
        site.write("go", "");
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{}", screen.text());
        let result = String::from_utf8(output.stdout).unwrap();
        assert!(result.contains("Group One") && !result.contains("asking"), "{result}");
        std::fs::remove_file(site.path("go")).unwrap();
    }
}

#[tokio::test]
async fn nothing_moves_where_there_is_no_terminal() {
    let site = Site::ready(TestDb::new(Engine::Sqlite).await).await;
    let script = Script::new(&site, "quick", "echo OK");
    site.vendors(&script.line("quick"));
    for words in ["vendor groups quick", "vendor reload", "migrate", "check"] {
        let said = site.run(words).await;
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{words}: {said:?}");
    }
}
