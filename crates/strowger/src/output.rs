//! What the commands print: tables for people, JSON for programs, errors with their causes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is the command line's voice")]

use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use serde::Serialize;

/// Prints an error with its causes; the program then ends with code 1.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

/// Tells a person something that is not the command's result.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// Prints a line of a result.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// A list: a table with these headings, or JSON of the records themselves.
    pub(crate) fn list<T: Serialize, const N: usize>(
        self,
        headings: [&str; N],
        records: &[T],
        row: impl Fn(&T) -> [String; N],
    ) -> anyhow::Result<()> {
        if self.json {
            return self.value(&records);
        }
        if records.is_empty() {
            note("none");
            return Ok(());
        }
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(headings);
        if std::io::stdout().is_terminal() {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        table.add_rows(records.iter().map(&row));
        println!("{table}");
        Ok(())
    }

    /// One record: its fields line by line, or JSON.
    pub(crate) fn record<T: Serialize>(self, record: &T) -> anyhow::Result<()> {
        let value = serde_json::to_value(record)?;
        match value {
            serde_json::Value::Object(fields) if !self.json => {
                let width = fields.keys().map(String::len).max().unwrap_or(0);
                for (name, value) in &fields {
                    let text = match (name.as_str(), value) {
                        (_, serde_json::Value::Null) => "-".to_owned(),
                        (_, serde_json::Value::String(text)) => text.clone(),
                        (name, serde_json::Value::Number(n)) if is_time(name) => {
                            n.as_i64().filter(|at| *at > 0).map_or_else(|| "-".to_owned(), registry::clock::rfc3339)
                        }
                        (_, other) => other.to_string(),
                    };
                    println!("{name:width$}  {text}");
                }
                Ok(())
            }
            value => self.value(&value),
        }
    }

    /// Anything, as JSON.
    pub(crate) fn value<T: Serialize>(self, value: &T) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string_pretty(value)?);
        Ok(())
    }

    /// A sentence for people; programs get the record.
    pub(crate) fn done<T: Serialize>(self, record: &T, sentence: &str) -> anyhow::Result<()> {
        if self.json {
            self.value(record)
        } else {
            println!("{sentence}");
            Ok(())
        }
    }
}

fn is_time(name: &str) -> bool {
    name.ends_with("_at") || matches!(name, "until" | "grace_until" | "refill_not_before" | "open_until")
}

/// A progress bar on the terminal; none where standard error is not one.
pub(crate) fn progress(length: Option<u64>, what: &'static str) -> ProgressBar {
    let template = match length {
        Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
        None => "{msg} {spinner} {human_pos} {per_sec}",
    };
    bar(length, template, what.into())
}

/// Does something that may take a while; meanwhile the terminal says what it is.
pub(crate) async fn during<T>(what: impl Into<Cow<'static, str>>, work: impl Future<Output = T>) -> T {
    let _bar = bar(None, "{msg} {spinner} {elapsed}", what.into());
    work.await
}

/// Clears itself away when it is dropped.
fn bar(length: Option<u64>, template: &str, what: Cow<'static, str>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()).with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
