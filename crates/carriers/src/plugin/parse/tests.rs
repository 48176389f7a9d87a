//! One test for each rule of reading an order's output, and properties that hold for any output.

use super::*;
use crate::contract::{Line, LineFault};
use e164::E164;
use proptest::prelude::*;

const OK: Ended = Ended::Exited(0);

fn britain() -> DialPlan {
    DialPlan::new("44", "0", "00").unwrap()
}

fn parse(stdout: &str, ended: Ended, asked: u32) -> (OrderOutcome, Vec<String>) {
    parse_order(stdout.as_bytes(), ended, asked, &britain())
}

fn good(text: &str) -> Line {
    Line { text: text.into(), number: Ok(britain().to_e164(text).unwrap()) }
}

fn bad(text: &str, fault: LineFault) -> Line {
    Line { text: text.into(), number: Err(fault) }
}

fn delivered(lines: impl Into<Vec<Line>>) -> OrderOutcome {
    OrderOutcome::Delivered { lines: lines.into(), pending: 0, note: String::new() }
}

fn refused(reason: &str) -> OrderOutcome {
    OrderOutcome::Refused { reason: reason.into(), class: ErrorClass::Other }
}

fn in_doubt(lines: impl Into<Vec<Line>>, reason: &str) -> OrderOutcome {
    OrderOutcome::InDoubt { lines: lines.into(), reason: reason.into() }
}

#[test]
fn delivers_what_was_printed() {
    let (outcome, warnings) = parse("OK\n02071234567\n00 1 212 555 1212\n", OK, 2);
    assert_eq!(outcome, delivered([good("02071234567"), good("0012125551212").with_text("00 1 212 555 1212")]));
    assert_eq!(warnings, [""; 0]);
}

impl Line {
    fn with_text(self, text: &str) -> Self {
        Self { text: text.into(), ..self }
    }
}

#[test]
fn the_text_after_ok_is_kept_and_never_interpreted() {
    let (outcome, _) = parse("OK pending 3\n02071234567\n", OK, 4);
    assert_eq!(
        outcome,
        OrderOutcome::Delivered { lines: vec![good("02071234567")], pending: 0, note: "pending 3".into() }
    );
}

#[test]
fn fewer_lines_are_as_they_are() {
    assert_eq!(parse("OK\n02071234567\n", OK, 3), (delivered([good("02071234567")]), vec![]));
    assert_eq!(parse("OK\n", OK, 3), (delivered([]), vec![]));
}

#[test]
fn every_extra_line_is_kept() {
    let (outcome, warnings) = parse("OK\n02071234567\n02071234568\n", OK, 1);
    assert_eq!(outcome, delivered([good("02071234567"), good("02071234568")]));
    assert_eq!(warnings, ["2 numbers were printed where 1 were ordered"]);
}

#[test]
fn the_second_of_two_equal_numbers_is_a_duplicate() {
    let (outcome, _) = parse("OK\n02071234567\n+442071234567\n", OK, 2);
    assert_eq!(outcome, delivered([good("02071234567"), bad("+442071234567", LineFault::Duplicate)]));
}

#[test]
fn what_is_no_number_is_kept_with_the_reason() {
    let (outcome, _) = parse_order(b"OK\nTBD\n2071234567\n020\xff1\n", OK, 3, &britain());
    let OrderOutcome::Delivered { lines, .. } = outcome else { panic!("{outcome:?}") };
    let shown: Vec<String> =
        lines.iter().map(|line| format!("{}: {}", line.text, line.number.as_ref().unwrap_err())).collect();
    assert_eq!(
        shown,
        [
            "TBD: not a telephone number: 'T' is not a digit",
            "2071234567: not a telephone number: starts neither with the international prefix \"00\" nor with the national prefix \"0\"",
            "020\u{fffd}1: not UTF-8 text",
        ]
    );
}

#[test]
fn a_missing_last_newline_is_forgiven_only_at_a_good_end() {
    let warning = "the last line has no newline";
    assert_eq!(parse("OK\n02071234567", OK, 1), (delivered([good("02071234567")]), vec![warning.into()]));
    let (outcome, warnings) = parse("OK\n02071234568\n0207123", Ended::Exited(3), 2);
    assert_eq!(outcome, delivered([good("02071234568"), bad("0207123", LineFault::Truncated)]));
    assert_eq!(warnings, ["printed OK, but the plugin ended with exit code 3", warning]);
    assert_eq!(parse("OK", OK, 1), (delivered([]), vec![warning.into()]));
    assert_eq!(parse("ERROR no", OK, 1).0, refused("no"));
}

#[test]
fn carriage_returns_and_blank_lines_are_tolerated() {
    let (outcome, warnings) = parse("OK\r\n\r\n02071234567\r\n \n", OK, 1);
    assert_eq!(outcome, delivered([good("02071234567")]));
    assert_eq!(warnings, ["2 blank lines were skipped"]);
}

#[test]
fn an_error_refuses_whatever_the_exit_code() {
    assert_eq!(
        parse("ERROR Username or password incorrect\n", Ended::Exited(1), 1),
        (refused("Username or password incorrect"), vec![])
    );
    assert_eq!(parse("ERROR\n", Ended::Exited(1), 1).0, refused("the vendor's plugin gave no reason"));
    let (outcome, warnings) = parse("ERROR no\n", OK, 1);
    assert_eq!(outcome, refused("no"));
    assert_eq!(warnings, ["printed ERROR, but the plugin ended with exit code 0"]);
    let (outcome, warnings) = parse("ERROR no\n", Ended::Deadline, 1);
    assert_eq!(outcome, refused("no"));
    assert_eq!(warnings, ["the plugin was killed at its deadline"]);
}

#[test]
fn lines_after_an_error_are_shown_in_warnings() {
    let (outcome, warnings) = parse("ERROR no\na\nb\nc\nd\ne\nf\ng\n", Ended::Exited(1), 1);
    assert_eq!(outcome, refused("no"));
    assert_eq!(warnings[0], "after ERROR: a");
    assert_eq!(warnings[5], "after ERROR: 2 more lines");
    assert_eq!(warnings.len(), 6);
}

#[test]
fn the_exit_code_does_not_undo_a_delivery() {
    let (outcome, warnings) = parse("OK\n02071234567\n", Ended::Exited(9), 1);
    assert_eq!(outcome, delivered([good("02071234567")]));
    assert_eq!(warnings, ["printed OK, but the plugin ended with exit code 9"]);
}

#[test]
fn without_a_first_line_the_order_is_in_doubt() {
    assert_eq!(parse("", OK, 1).0, in_doubt([], "nothing was printed; the plugin ended with exit code 0"));
    assert_eq!(
        parse("", Ended::Deadline, 1).0,
        in_doubt([], "nothing was printed; the plugin was killed at its deadline")
    );
    assert_eq!(
        parse("02071234567\n", OK, 1).0,
        in_doubt(
            [bad("02071234567", LineFault::Unproven)],
            "the first line, \"02071234567\", is neither OK nor ERROR; the plugin ended with exit code 0"
        )
    );
    for first in ["ok", "OKAY", "ERRORS", " OK", "\tOK", "OK\tfine", "\u{feff}OK", ""] {
        let (outcome, _) = parse(&format!("{first}\n02071234567\n"), OK, 1);
        let OrderOutcome::InDoubt { lines, .. } = outcome else { panic!("{first:?}: {outcome:?}") };
        assert_eq!(lines.last(), Some(&bad("02071234567", LineFault::Unproven)), "{first:?}");
    }
    for (text, ended) in
        [("OK", Ended::Signalled(9)), ("ERROR", Ended::Exited(1)), ("ERR", OK), ("OK", Ended::Deadline)]
    {
        assert!(matches!(parse(text, ended, 1).0, OrderOutcome::InDoubt { .. }), "{text} {ended:?}");
    }
}

#[test]
fn an_accepted_order_that_did_not_end_by_itself_is_in_doubt() {
    for ended in [Ended::Deadline, Ended::Overflow, Ended::Signalled(11), Ended::LeftOpen, Ended::Lost] {
        let (outcome, _) = parse("OK\n02071234567\n0207", ended, 3);
        let lines = [good("02071234567"), bad("0207", LineFault::Truncated)];
        assert_eq!(outcome, in_doubt(lines, &format!("printed OK, but {ended}")));
    }
}

#[test]
fn texts_are_bounded_and_printable() {
    let (outcome, _) = parse(&format!("ERROR a\x1b[2J{}\n", "x".repeat(5000)), Ended::Exited(1), 1);
    let OrderOutcome::Refused { reason, .. } = outcome else { panic!("{outcome:?}") };
    assert!(reason.starts_with("a\u{fffd}[2Jxxx"));
    assert_eq!(reason.chars().count(), 200);
    assert_eq!(parse_order(b"ERROR caf\xe9\n", Ended::Exited(1), 1, &britain()).0, refused("caf\u{fffd}"));
}

fn any_end() -> impl Strategy<Value = Ended> {
    prop_oneof![
        Just(Ended::Exited(0)),
        (1..256).prop_map(Ended::Exited),
        (1..65).prop_map(Ended::Signalled),
        Just(Ended::Deadline),
        Just(Ended::LeftOpen),
        Just(Ended::Overflow),
        Just(Ended::Lost),
    ]
}

proptest! {
    #[test]
    fn never_panics_and_stays_bounded(stdout in proptest::collection::vec(any::<u8>(), 0..400), ended in any_end(), asked in any::<u32>()) {
        let (outcome, warnings) = parse_order(&stdout, ended, asked, &britain());
        let printed = stdout.split(|&byte| byte == b'\n').count();
        let lines = match outcome {
            OrderOutcome::Refused { reason, .. } => { prop_assert!(reason.chars().count() <= 200); vec![] }
            OrderOutcome::Delivered { lines, .. } | OrderOutcome::InDoubt { lines, .. } => lines,
        };
        prop_assert!(lines.len() <= printed);
        prop_assert!(lines.iter().all(|line| line.text.chars().count() <= 200));
        prop_assert!(warnings.len() <= SHOWN_AFTER_ERROR + 4);
    }

    #[test]
    fn every_line_after_ok_is_in_the_result_once(
        lines in proptest::collection::vec("(0[1-9][0-9]{2,8}|[a-z]{1,4}|\\+44[1-9]{3,4})", 0..12),
        ended in any_end(), asked in 1u32..12, newline in any::<bool>(),
    ) {
        let mut stdout = format!("OK\n{}", lines.join("\n"));
        if newline && !lines.is_empty() { stdout.push('\n'); }
        let (outcome, _) = parse(&stdout, ended, asked);
        prop_assert_eq!(matches!(outcome, OrderOutcome::Delivered { .. }), ended.by_itself());
        let (OrderOutcome::Delivered { lines: read, .. } | OrderOutcome::InDoubt { lines: read, .. }) = outcome else { panic!("refused") };
        prop_assert_eq!(read.iter().map(|line| line.text.clone()).collect::<Vec<_>>(), lines);
        let numbers: Vec<&E164> = read.iter().filter_map(|line| line.number.as_ref().ok()).collect();
        let different: std::collections::HashSet<&E164> = numbers.iter().copied().collect();
        prop_assert_eq!(numbers.len(), different.len());
    }

    #[test]
    fn nothing_is_refused_without_an_error_line(stdout in "(OK|ERROR|E|O|\n| |[0-9]{3}){0,6}", ended in any_end()) {
        if let (OrderOutcome::Refused { .. }, _) = parse(&stdout, ended, 1) {
            prop_assert!(stdout.starts_with("ERROR"));
        }
    }
}
