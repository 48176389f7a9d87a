//! Reads what a plugin printed for the actions that buy nothing.

use std::collections::HashSet;

use e164::{DialPlan, E164};

use super::output::{Ended, Output, Verdict, readable};
use crate::contract::{CarrierError, ErrorClass, Group, Lookup};

/// The vendor's groups, each once.
///
/// # Errors
/// The vendor refused, the run failed, or there is no group: the protocol has it that no groups are an error.
pub(crate) fn parse_groups(stdout: &[u8], ended: Ended) -> Result<Vec<Group>, CarrierError> {
    let output = Output::split(stdout, ended);
    accepted(&output, ended)?;
    if !ended.by_itself() {
        return Err(failed(ended));
    }
    let mut seen = HashSet::new();
    let complete = output.data().count() - usize::from(output.data_cut_off());
    let groups: Vec<Group> =
        output.data().take(complete).filter_map(read_group).filter(|group| seen.insert(group.id.clone())).collect();
    if groups.is_empty() {
        return Err(CarrierError::new(ErrorClass::Protocol, "the plugin printed OK but no group"));
    }
    Ok(groups)
}

/// A line `id, Name`; where there is no comma the group is called by its id.
fn read_group(line: &[u8]) -> Option<Group> {
    let mut parts = line.splitn(2, |&byte| byte == b',');
    let id = readable(parts.next()?);
    let name = parts.next().map(readable).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    (!id.is_empty()).then_some(Group { id, name })
}

/// The numbers that a vendor has free, each once, `most` at the most. Lines that are no number are dropped. A run that was killed
/// at its deadline still counts for what it had printed.
///
/// # Errors
/// The vendor refused, or the run failed before there was a number.
pub(crate) fn parse_available(
    stdout: &[u8],
    ended: Ended,
    most: u32,
    plan: &DialPlan,
) -> Result<Vec<E164>, CarrierError> {
    let output = Output::split(stdout, ended);
    accepted(&output, ended)?;
    let numbers: Vec<E164> =
        output.numbers(plan).into_iter().filter_map(|line| line.number.ok()).take(most as usize).collect();
    if numbers.is_empty() && !ended.by_itself() {
        return Err(failed(ended));
    }
    Ok(numbers)
}

/// What became of an order. Only a run that ended well by itself is believed.
pub(crate) fn parse_lookup(stdout: &[u8], ended: Ended, plan: &DialPlan) -> Lookup {
    let output = Output::split(stdout, ended);
    let unknown = |reason: String| Lookup::Unknown { reason };
    let note = match output.verdict() {
        Verdict::Missing(reason) => return unknown(reason),
        Verdict::Error(text) => return unknown(format!("the vendor's plugin says: {text}")),
        Verdict::Ok(_) if ended != Ended::Exited(0) => {
            return unknown(format!("printed OK, but {ended}"));
        }
        Verdict::Ok(note) => note,
    };
    let lines = output.numbers(plan);
    match (note.as_str(), pending(&note)) {
        ("none", _) if lines.is_empty() => Lookup::None,
        ("complete", _) => Lookup::Found { lines, pending: 0 },
        (_, Some(pending)) => Lookup::Found { lines, pending },
        _ => unknown(format!("\"OK {note}\" with {} numbers is no answer to the question for an order", lines.len())),
    }
}

/// How many numbers the text after `OK` says are still to come.
pub(crate) fn pending(note: &str) -> Option<u32> {
    note.strip_prefix("pending ")?.parse().ok()
}

/// Whether something was done that has no further answer.
///
/// # Errors
/// The vendor refused, or it can't be told whether it was done.
pub(crate) fn parse_done(stdout: &[u8], ended: Ended) -> Result<(), CarrierError> {
    match Output::split(stdout, ended).verdict() {
        Verdict::Ok(_) => Ok(()),
        Verdict::Error(text) => Err(refused(text)),
        Verdict::Missing(reason) => Err(CarrierError::new(ErrorClass::Ambiguous, reason)),
    }
}

fn accepted(output: &Output<'_>, ended: Ended) -> Result<(), CarrierError> {
    match output.verdict() {
        Verdict::Ok(_) => Ok(()),
        Verdict::Error(text) => Err(refused(text)),
        Verdict::Missing(_) if !ended.by_itself() => Err(failed(ended)),
        Verdict::Missing(reason) => Err(CarrierError::new(ErrorClass::Protocol, reason)),
    }
}

fn refused(text: String) -> CarrierError {
    let message = if text.is_empty() { "the vendor's plugin gave no reason".to_owned() } else { text };
    CarrierError::new(ErrorClass::Other, message)
}

fn failed(ended: Ended) -> CarrierError {
    let class = match ended {
        Ended::Deadline | Ended::LeftOpen => ErrorClass::VendorDown,
        _ => ErrorClass::Protocol,
    };
    CarrierError::new(class, ended.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::LineFault;
    use proptest::prelude::*;

    const OK: Ended = Ended::Exited(0);

    fn group(id: &str, name: &str) -> Group {
        Group { id: id.into(), name: name.into() }
    }

    fn digits(numbers: &[E164]) -> Vec<&str> {
        numbers.iter().map(E164::digits).collect()
    }

    #[test]
    fn groups_are_read() {
        let printed = b"OK\nid1, Group 1\r\nid2,Group, with comma\n\nid3\nid1, again\n, nameless\n";
        assert_eq!(
            parse_groups(printed, OK).unwrap(),
            [group("id1", "Group 1"), group("id2", "Group, with comma"), group("id3", "id3")]
        );
        assert_eq!(parse_groups(b"OK\nid1, G\nid2, Gr", Ended::Exited(1)).unwrap(), [group("id1", "G")]);
    }

    #[test]
    fn no_groups_are_an_error() {
        let error = |stdout: &[u8], ended| parse_groups(stdout, ended).unwrap_err();
        assert_eq!(error(b"OK\n", OK), CarrierError::new(ErrorClass::Protocol, "the plugin printed OK but no group"));
        assert_eq!(
            error(b"ERROR Login failed\n", Ended::Exited(1)),
            CarrierError::new(ErrorClass::Other, "Login failed")
        );
        assert_eq!(error(b"id1, Group\n", OK).class, ErrorClass::Protocol);
        assert_eq!(error(b"OK\nid1, Group 1\n", Ended::Deadline).class, ErrorClass::VendorDown);
        assert_eq!(error(b"OK\nid1, Group 1\n", Ended::Overflow).class, ErrorClass::Protocol);
    }

    #[test]
    fn free_numbers_are_read_without_bad_lines_and_duplicates() {
        let plan = DialPlan::new("44", "0", "00").unwrap();
        let printed = b"OK\n02071234567\nnonsense\n02071234567\n\xff\n02079876543\n02079876544\n";
        assert_eq!(digits(&parse_available(printed, OK, 2, &plan).unwrap()), ["442071234567", "442079876543"]);
        assert_eq!(
            digits(&parse_available(b"OK\n02071234567\n0207", Ended::Deadline, 9, &plan).unwrap()),
            ["442071234567"]
        );
        assert_eq!(parse_available(b"OK\n", OK, 9, &plan), Ok(vec![]));
        assert_eq!(parse_available(b"OK\n", Ended::Deadline, 9, &plan).unwrap_err().class, ErrorClass::VendorDown);
        assert_eq!(parse_available(b"ERROR none\n", OK, 9, &plan), Err(CarrierError::new(ErrorClass::Other, "none")));
    }

    #[test]
    fn an_order_is_found_again() {
        let plan = DialPlan::default();
        let lookup = |text: &str, ended| parse_lookup(text.as_bytes(), ended, &plan);
        assert_eq!(lookup("OK none\n", OK), Lookup::None);
        let Lookup::Found { lines, pending: 3 } = lookup("OK pending 3\n442071234567\n442071234567\n", OK) else {
            panic!()
        };
        assert_eq!(lines[1].number, Err(LineFault::Duplicate));
        assert!(matches!(lookup("OK complete\n442071234567\n", OK), Lookup::Found { pending: 0, .. }));
        assert_eq!(lookup("OK complete\n", OK), Lookup::Found { lines: vec![], pending: 0 });
    }

    #[test]
    fn any_other_answer_about_an_order_is_unknown() {
        let plan = DialPlan::default();
        for (text, ended) in [
            ("OK none\n", Ended::Exited(1)),
            ("OK none\n", Ended::Deadline),
            ("OK none\n442071234567\n", OK),
            ("OK\n", OK),
            ("OK pending\n", OK),
            ("OK pending -1\n", OK),
            ("OK pending many\n", OK),
            ("ERROR no\n", Ended::Exited(1)),
            ("", OK),
            ("none\n", OK),
        ] {
            let answer = parse_lookup(text.as_bytes(), ended, &plan);
            assert!(matches!(answer, Lookup::Unknown { .. }), "{text:?} {ended:?}: {answer:?}");
        }
    }

    #[test]
    fn done_or_refused_or_not_known() {
        assert_eq!(parse_done(b"OK\n", OK), Ok(()));
        assert_eq!(
            parse_done(b"ERROR\n", OK),
            Err(CarrierError::new(ErrorClass::Other, "the vendor's plugin gave no reason"))
        );
        assert_eq!(parse_done(b"", Ended::Deadline).unwrap_err().class, ErrorClass::Ambiguous);
    }

    proptest! {
        #[test]
        fn never_panics(stdout in proptest::collection::vec(any::<u8>(), 0..300), ok in any::<bool>(), code in 0..3) {
            let stdout = if ok { [b"OK\n".as_slice(), &stdout].concat() } else { stdout };
            let plan = DialPlan::default();
            for ended in [Ended::Exited(code), Ended::Deadline] {
                let _ = parse_groups(&stdout, ended);
                let _ = parse_available(&stdout, ended, 5, &plan);
                let _ = parse_lookup(&stdout, ended, &plan);
                let _ = parse_done(&stdout, ended);
            }
        }
    }
}
