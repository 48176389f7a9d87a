//! Reads what a plugin printed for an order. Nothing that may have been paid for is dropped.

use e164::DialPlan;

use super::output::{Ended, Output, Verdict, readable};
use crate::contract::{ErrorClass, OrderOutcome};

/// How many of the lines after an error are repeated in warnings.
const SHOWN_AFTER_ERROR: usize = 5;

/// What an order's output and end mean, and what was odd about them.
///
/// `asked` is how many numbers were ordered; `plan` is the dial plan in which they are printed. The first line decides over the exit
/// code. An accepted order whose run did not end by itself is in doubt, for more may have been bought than was printed. Every line after
/// the first that is not blank is in the outcome exactly once, or in a warning if the first line was an error.
#[must_use]
pub fn parse_order(stdout: &[u8], ended: Ended, asked: u32, plan: &DialPlan) -> (OrderOutcome, Vec<String>) {
    let output = Output::split(stdout, ended);
    let mut warnings = Vec::new();
    if !ended.by_itself() {
        warnings.push(ended.to_string());
    }
    let outcome = match output.verdict() {
        Verdict::Missing(reason) => {
            return (OrderOutcome::InDoubt { lines: output.evidence(), reason }, warnings);
        }
        Verdict::Error(text) => {
            warn_after_error(&output, ended, &mut warnings);
            let reason = if text.is_empty() { "the vendor's plugin gave no reason".to_owned() } else { text };
            OrderOutcome::Refused { reason, class: ErrorClass::Other }
        }
        Verdict::Ok(note) => {
            let lines = output.numbers(plan);
            if lines.len() > asked as usize {
                warnings.push(format!("{} numbers were printed where {asked} were ordered", lines.len()));
            }
            if ended.by_itself() {
                if ended != Ended::Exited(0) {
                    warnings.push(format!("printed OK, but {ended}"));
                }
                OrderOutcome::Delivered { lines, pending: 0, note }
            } else {
                OrderOutcome::InDoubt { lines, reason: format!("printed OK, but {ended}") }
            }
        }
    };
    if output.unterminated {
        warnings.push("the last line has no newline".to_owned());
    }
    match output.blank_lines() {
        0 => {}
        count => warnings.push(format!("{count} blank lines were skipped")),
    }
    (outcome, warnings)
}

fn warn_after_error(output: &Output<'_>, ended: Ended, warnings: &mut Vec<String>) {
    if ended == Ended::Exited(0) {
        warnings.push(format!("printed ERROR, but {ended}"));
    }
    warnings.extend(output.data().take(SHOWN_AFTER_ERROR).map(|line| format!("after ERROR: {}", readable(line))));
    let more = output.data().skip(SHOWN_AFTER_ERROR).count();
    if more > 0 {
        warnings.push(format!("after ERROR: {more} more lines"));
    }
}

#[cfg(test)]
mod tests;
