//! A plugin's standard output, taken apart: its first line, the lines after it, and how the run ended.

use std::fmt;

use crate::contract::{Line, LineFault};
use e164::{DialPlan, E164};
use std::collections::HashSet;

/// The most characters of a printed line that are kept for people to read.
const LONGEST_TEXT: usize = 200;

/// How a run that was started came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// Killed at its deadline.
    Deadline,
    /// The plugin ended by itself, but a process that it left behind held its output open until the deadline and was killed.
    LeftOpen,
    /// Killed because it printed too much.
    Overflow,
    /// Its output or its end could not be observed.
    Lost,
}

impl Ended {
    /// Whether the plugin said all that it had to say.
    pub(crate) fn by_itself(self) -> bool {
        matches!(self, Self::Exited(_))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "the plugin ended with exit code {code}"),
            Self::Signalled(signal) => write!(f, "the plugin was ended by signal {signal}"),
            Self::Deadline => f.write_str("the plugin was killed at its deadline"),
            Self::LeftOpen => {
                f.write_str("a process left behind by the plugin held its output open until the deadline")
            }
            Self::Overflow => f.write_str("the plugin was killed because it printed too much"),
            Self::Lost => f.write_str("the plugin's output could not be read to its end"),
        }
    }
}

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// `OK`, with the text after it.
    Ok(String),
    /// `ERROR`, with the text after it.
    Error(String),
    /// Neither; the text says what was there instead.
    Missing(String),
}

/// The output of a run, split into lines.
pub(crate) struct Output<'a> {
    lines: Vec<&'a [u8]>,
    /// The last line has no newline.
    pub(crate) unterminated: bool,
    ended: Ended,
}

impl<'a> Output<'a> {
    pub(crate) fn split(stdout: &'a [u8], ended: Ended) -> Self {
        let unterminated = stdout.last().is_some_and(|&byte| byte != b'\n');
        let mut lines: Vec<&[u8]> = stdout.split(|&byte| byte == b'\n').collect();
        if !unterminated {
            lines.pop();
        }
        for line in &mut lines {
            *line = line.strip_suffix(b"\r").unwrap_or(line);
        }
        Self { lines, unterminated, ended }
    }

    /// Whether the last line may be less than the plugin meant to print.
    fn cut_off(&self) -> bool {
        self.unterminated && self.ended != Ended::Exited(0)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let Some(first) = self.lines.first() else {
            return Verdict::Missing(format!("nothing was printed; {}", self.ended));
        };
        if self.lines.len() == 1 && self.cut_off() {
            return Verdict::Missing(format!("the first line, {:?}, is cut off; {}", readable(first), self.ended));
        }
        if let Some(text) = after_word(first, b"OK") {
            Verdict::Ok(readable(text))
        } else if let Some(text) = after_word(first, b"ERROR") {
            Verdict::Error(readable(text))
        } else {
            Verdict::Missing(format!("the first line, {:?}, is neither OK nor ERROR; {}", readable(first), self.ended))
        }
    }

    /// The lines that follow the first one, as they were printed, without blank ones.
    pub(crate) fn data(&self) -> impl Iterator<Item = &'a [u8]> {
        self.lines.iter().skip(1).copied().filter(|line| !is_blank(line))
    }

    /// Whether the last of the data lines may be less than the plugin meant to print.
    pub(crate) fn data_cut_off(&self) -> bool {
        self.cut_off() && self.lines.len() > 1 && self.lines.last().is_some_and(|line| !is_blank(line))
    }

    pub(crate) fn blank_lines(&self) -> usize {
        self.lines.iter().skip(1).filter(|line| is_blank(line)).count()
    }

    /// The data lines, read as numbers.
    pub(crate) fn numbers(&self, plan: &DialPlan) -> Vec<Line> {
        read_numbers(self.data(), self.data_cut_off(), plan)
    }

    /// Every line, the first one too: what there is to see of a run without a verdict. Digits among them may mean anything.
    pub(crate) fn evidence(&self) -> Vec<Line> {
        let seen = self.lines.iter().filter(|line| !is_blank(line));
        seen.map(|line| Line { text: readable(line), number: Err(LineFault::Unproven) }).collect()
    }
}

fn read_numbers<'a>(lines: impl Iterator<Item = &'a [u8]>, last_cut_off: bool, plan: &DialPlan) -> Vec<Line> {
    let mut seen: HashSet<E164> = HashSet::new();
    let mut read: Vec<Line> = lines
        .map(|line| {
            let number = read_number(line, plan)
                .and_then(|number| if seen.insert(number.clone()) { Ok(number) } else { Err(LineFault::Duplicate) });
            Line { text: readable(line), number }
        })
        .collect();
    if last_cut_off && let Some(last) = read.last_mut() {
        last.number = Err(LineFault::Truncated);
    }
    read
}

fn read_number(line: &[u8], plan: &DialPlan) -> Result<E164, LineFault> {
    let text = std::str::from_utf8(line).map_err(|_| LineFault::NotUtf8)?;
    plan.to_e164(text).map_err(|why| LineFault::NotE164(why.to_string()))
}

/// What follows `word` and a space; nothing where `word` stands alone.
fn after_word<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(word)? {
        [] => Some(b""),
        [b' ', text @ ..] => Some(text),
        _ => None,
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Text for people: bounded, with unreadable bytes and control characters replaced.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(LONGEST_TEXT * 4)];
    let text = String::from_utf8_lossy(start);
    text.trim()
        .chars()
        .take(LONGEST_TEXT)
        .map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character })
        .collect()
}
