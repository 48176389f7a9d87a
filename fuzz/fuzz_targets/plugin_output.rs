//! Whatever a plugin prints and however it ends, reading it never panics and loses no line.

#![no_main]

use carriers::OrderOutcome;
use carriers::plugin::{Ended, parse_order};
use e164::DialPlan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, i32, u32, &[u8])| {
    let (end, code, asked, stdout) = input;
    let ended = match end % 6 {
        0 => Ended::Exited(code),
        1 => Ended::Signalled(code),
        2 => Ended::Deadline,
        3 => Ended::LeftOpen,
        4 => Ended::Overflow,
        _ => Ended::Lost,
    };
    let plan = DialPlan::new("44", "0", "00").expect("a valid plan");
    let (outcome, _) = parse_order(stdout, ended, asked, &plan);
    let accepted = stdout.starts_with(b"OK\n") || stdout.starts_with(b"OK ");
    match outcome {
        OrderOutcome::Refused { .. } => assert!(stdout.starts_with(b"ERROR")),
        OrderOutcome::Delivered { lines, .. } | OrderOutcome::InDoubt { lines, .. } if accepted => {
            let after = stdout.split(|&byte| byte == b'\n').skip(1);
            let printed = after.filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
            if stdout.contains(&b'\n') {
                assert_eq!(lines.len(), printed);
            }
        }
        OrderOutcome::Delivered { .. } | OrderOutcome::InDoubt { .. } => {}
    }
});
