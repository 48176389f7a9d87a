//! Tables as bodies and as answers: comma-separated values (RFC 4180).

use std::fmt::Display;

use axum::http::{Method, header};
use csv::{Position, ReaderBuilder, StringRecord, Trim};
use registry::Error;

use super::call::{Call, Reply};
use super::error::{Failure, Outcome, Refusal};
use super::resource::{Resource, Verb};

/// Their media type.
pub(crate) const CSV: &str = "text/csv";
/// A collection that takes tables.
pub(crate) const TAKES: &[(Verb, &str)] = &[(Verb::Create, CSV)];
/// A collection that is given out as a table too.
pub(crate) const GIVES: &[(Verb, &str)] = &[(Verb::List, CSV)];

/// Whether a table is sent, and is what the resource takes with that verb.
pub(crate) fn is_sent(call: &Call, resource: &Resource, verb: Verb) -> bool {
    resource.takes(verb, CSV) && call.media_type().as_deref() == Some(CSV)
}

/// Whether items are sent to a collection as a table.
pub(crate) fn is_posted(call: &Call) -> bool {
    call.id.is_none() && call.method == Method::POST && call.media_type().as_deref() == Some(CSV)
}

/// Whether a collection is asked for as a table.
pub(crate) fn is_wanted(call: &Call) -> bool {
    call.id.is_none() && call.method == Method::GET && call.preferred() == CSV
}

/// Reads a table: its lines may have any number of cells, which are trimmed.
pub(crate) fn reader(body: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(body)
}

/// In which line a row begins.
pub(crate) fn line(row: &StringRecord) -> u64 {
    row.position().map_or(0, Position::line)
}

/// What is wrong with a line.
pub(crate) fn wrong(line: u64, what: impl Display) -> Refusal {
    Refusal::new(422, format!("line {line}: {what}"))
}

/// A line that can't be read.
pub(crate) fn unreadable(error: &csv::Error) -> Refusal {
    wrong(error.position().map_or(0, Position::line), "it is not UTF-8")
}

/// A table that is being written.
pub(crate) struct Writer(csv::Writer<Vec<u8>>);

impl Writer {
    /// With a first line of names.
    ///
    /// # Errors
    /// Only where it can't be written.
    pub(crate) fn new<C: AsRef<[u8]>>(names: impl IntoIterator<Item = C>) -> Outcome<Writer> {
        let mut writer = Writer(csv::Writer::from_writer(Vec::new()));
        writer.row(names)?;
        Ok(writer)
    }

    /// One more line.
    ///
    /// # Errors
    /// Only where it can't be written.
    pub(crate) fn row<C: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = C>) -> Outcome<()> {
        self.0.write_record(cells).map_err(|error| Failure::from(Error::Internal(error.to_string())))
    }

    /// All of it, as the answer with a file of that name.
    ///
    /// # Errors
    /// Only where it can't be written.
    pub(crate) fn reply(self, filename: &str) -> Outcome<Reply> {
        let bytes = self.0.into_inner().map_err(|error| Error::Internal(error.to_string()))?;
        Ok(head(filename).body(bytes))
    }
}

/// The answer with a file of that name, whose body is to come.
pub(crate) fn head(filename: &str) -> Reply {
    Reply::status(200)
        .header(header::CONTENT_TYPE, "text/csv; charset=utf-8")
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename={filename}"))
}
