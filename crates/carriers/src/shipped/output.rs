//! What a plugin prints: the first line `OK` or `ERROR`, then the data, each line with its newline.

use std::io::{self, Write};

use crate::fault;
use crate::secret::Secret;

/// The most characters of a text for people in one line.
const LONGEST_TEXT: usize = 300;

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Group ids and names.
    Groups(Vec<(String, String)>),
    /// Numbers as the system's users see them, and the text after `OK`.
    Numbers { note: String, numbers: Vec<String> },
    /// Done, and nothing to tell.
    Done,
}

impl Answer {
    pub(super) fn numbers(note: impl Into<String>, numbers: Vec<String>) -> Self {
        Self::Numbers { note: note.into(), numbers }
    }

    /// The answer to an order of which `pending` numbers are still to come.
    pub(super) fn bought(pending: u32, numbers: Vec<String>) -> Self {
        match pending {
            0 => Self::numbers("", numbers),
            pending => Self::numbers(format!("pending {pending}"), numbers),
        }
    }

    /// The answer to the question for an order; `pending` numbers are still to come.
    pub(super) fn order(pending: u32, numbers: Vec<String>) -> Self {
        match pending {
            0 => Self::numbers("complete", numbers),
            pending => Self::numbers(format!("pending {pending}"), numbers),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nothing was bought or changed: printed as `ERROR`.
    Refused(String),
    /// It can't be told whether something was: no first line is printed.
    InDoubt(String),
}

impl Failure {
    pub(super) fn redacted(self, secret: &Secret) -> Self {
        match self {
            Self::Refused(text) => Self::Refused(secret.redact(&text)),
            Self::InDoubt(text) => Self::InDoubt(secret.redact(&text)),
        }
    }
}

/// A text from elsewhere, fit to stand in one line.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TEXT).collect();
    line.trim().to_owned()
}

/// Prints the outcome and gives the exit code. Numbers that can't be printed to `out` are printed to `err`, for they were paid for.
pub(super) fn print(result: Result<Answer, Failure>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let (first, lines, code) = match result {
        Ok(Answer::Groups(groups)) => {
            let lines = groups.iter().map(|(id, name)| format!("{}, {}", one_line(id), one_line(name)));
            ("OK".to_owned(), lines.collect(), 0)
        }
        Ok(Answer::Numbers { note, numbers }) => (format!("OK {note}").trim_end().to_owned(), numbers, 0),
        Ok(Answer::Done) => ("OK".to_owned(), Vec::new(), 0),
        Err(Failure::Refused(text)) => {
            let first = format!("ERROR {}", one_line(&text)).trim_end().to_owned();
            (first, Vec::new(), 1)
        }
        Err(Failure::InDoubt(text)) => {
            let _ = writeln!(err, "in doubt: {}", one_line(&text));
            return 1;
        }
    };
    match print_lines(&first, &lines, out) {
        Ok(()) => code,
        Err(error) => {
            let _ = writeln!(err, "can't print the answer: {error}; it was: {first}");
            for line in &lines {
                let _ = writeln!(err, "{line}");
            }
            1
        }
    }
}

fn print_lines(first: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{first}")?;
    out.flush()?;
    fault::point("plugin.after-first-line");
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    fault::point("plugin.after-lines");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(result: Result<Answer, Failure>) -> (String, String, u8) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = print(result, &mut out, &mut err);
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
    }

    #[test]
    fn answers_and_errors() {
        let groups = vec![("1".into(), "Lon\ndon".into())];
        assert_eq!(printed(Ok(Answer::Groups(groups))), ("OK\n1, Lon don\n".into(), String::new(), 0));
        assert_eq!(printed(Ok(Answer::order(2, vec!["020".into()]))).0, "OK pending 2\n020\n");
        assert_eq!(printed(Ok(Answer::numbers("", vec![]))).0, "OK\n");
        assert_eq!(printed(Ok(Answer::Done)).0, "OK\n");
        assert_eq!(printed(Err(Failure::Refused("no\nstock".into()))), ("ERROR no stock\n".into(), String::new(), 1));
        assert_eq!(printed(Err(Failure::Refused(String::new()))).0, "ERROR\n");
    }

    #[test]
    fn doubt_prints_no_first_line() {
        let (out, err, code) = printed(Err(Failure::InDoubt("reply lost".into())));
        assert_eq!((out.as_str(), err.as_str(), code), ("", "in doubt: reply lost\n", 1));
    }

    #[test]
    fn what_was_bought_is_told_even_when_nobody_listens() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut err = Vec::new();
        let code = print(Ok(Answer::numbers("", vec!["442071234567".into()])), &mut Closed, &mut err);
        assert_eq!(code, 1);
        assert!(String::from_utf8(err).unwrap().ends_with("\n442071234567\n"));
    }
}
