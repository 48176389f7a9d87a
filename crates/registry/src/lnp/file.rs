//! Files of ported numbers: comma-separated values, read as they come in.
//!
//! A line has, in this order: carrier_name, carrier_prefix, number, routing_number, start, end, authoritative,
//! skip_rewrite, type. What stands at the end may be left out. A first line that names columns gives them another order.

use csv_core::ReadRecordResult;

use super::carrier::{self, Named};
use super::{number, period};

/// The columns in the order of a file that does not name them.
pub const COLUMNS: [&str; 9] = [
    "carrier_name",
    "carrier_prefix",
    "number",
    "routing_number",
    "start",
    "end",
    "authoritative",
    "skip_rewrite",
    "type",
];
/// Shorter names of columns.
const ALSO: [(&str, &str); 2] = [("carrier", "carrier_name"), ("prefix", "carrier_prefix")];

/// Most bytes of a line.
const LONGEST_LINE: usize = 4 << 10;

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The carrier.
    pub carrier: Named,
    /// The digits.
    pub number: String,
    /// The number that calls are to be sent to instead.
    pub routing_number: Option<String>,
    /// Which kind of number or porting it is.
    pub kind: Option<String>,
    /// Since when, in microseconds since 1970 UTC.
    pub start_at: Option<i64>,
    /// The first moment at which it does not hold any more.
    pub end_at: Option<i64>,
}

/// A line and where it stands, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub number: u64,
    /// What it says, or what is wrong with it.
    pub row: Result<Row, String>,
}

/// Why a file can't be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Unreadable {
    /// Where it stands.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Reads a file piece by piece.
#[derive(Debug)]
pub struct Reader {
    csv: csv_core::Reader,
    /// The cells of the line that is being read, one after the other, and where each ends.
    text: Vec<u8>,
    ends: [usize; COLUMNS.len() + 1],
    text_len: usize,
    ends_len: usize,
    last: u8,
    /// At which place of a line each of [`COLUMNS`] stands; none: there has been no line yet.
    places: Option<[Option<usize>; COLUMNS.len()]>,
}

impl Default for Reader {
    fn default() -> Self {
        Reader {
            csv: csv_core::ReaderBuilder::new().build(),
            text: vec![0; LONGEST_LINE],
            ends: [0; COLUMNS.len() + 1],
            text_len: 0,
            ends_len: 0,
            last: b'\n',
            places: None,
        }
    }
}

impl Reader {
    /// The next line of a piece, of which what has been read is cut off; none: the next piece is needed.
    ///
    /// # Errors
    /// [`Unreadable`] where a line is too long or the first one names columns that there are not.
    pub fn next(&mut self, piece: &mut &[u8]) -> Result<Option<Line>, Unreadable> {
        if self.places.is_none() && *piece == b"\xEF\xBB\xBF" {
            // A byte order mark that comes alone would be taken for the end.
            *piece = &[];
        }
        while !piece.is_empty() {
            if let Some(line) = self.read(piece)? {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// The line that the file ends with, if no end of a line follows it.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn last(&mut self) -> Result<Option<Line>, Unreadable> {
        self.read(&mut &[][..])
    }

    fn read(&mut self, piece: &mut &[u8]) -> Result<Option<Line>, Unreadable> {
        let (text, ends) = (&mut self.text[self.text_len..], &mut self.ends[self.ends_len..]);
        let (result, read, written, ended) = self.csv.read_record(piece, text, ends);
        self.text_len += written;
        self.ends_len += ended;
        if let Some(last) = piece[..read].last() {
            self.last = *last;
        }
        *piece = &piece[read..];
        match result {
            ReadRecordResult::Record => {
                let line = self.line();
                (self.text_len, self.ends_len) = (0, 0);
                line
            }
            ReadRecordResult::OutputFull => Err(self.unreadable(format!("it is longer than {LONGEST_LINE} bytes"))),
            ReadRecordResult::OutputEndsFull => {
                Err(self.unreadable(format!("it has more than {} columns", COLUMNS.len())))
            }
            ReadRecordResult::InputEmpty | ReadRecordResult::End => Ok(None),
        }
    }

    fn unreadable(&self, message: String) -> Unreadable {
        Unreadable { line: self.csv.line(), message }
    }

    /// The line that has been read; none where it names the columns.
    fn line(&mut self) -> Result<Option<Line>, Unreadable> {
        let ends = self.ends;
        let read = &self.text[..self.text_len];
        let inside = read.iter().filter(|byte| **byte == b'\n').count() as u64;
        let number = self.csv.line().saturating_sub(inside + u64::from(self.last == b'\n')).max(1);
        let cell = |place: usize| -> &[u8] {
            let begin = place.checked_sub(1).map_or(0, |before| ends[before]);
            if place < self.ends_len { read[begin..ends[place]].trim_ascii() } else { b"" }
        };
        let places = match self.places {
            Some(places) => places,
            None => {
                let cells: Vec<String> = (0..self.ends_len)
                    .map(|place| String::from_utf8_lossy(cell(place)).trim_start_matches('\u{FEFF}').to_lowercase())
                    .collect();
                match named(&cells) {
                    Some(named) => {
                        let named = named.map_err(|message| Unreadable { line: number, message })?;
                        self.places = Some(named);
                        return Ok(None);
                    }
                    None => *self.places.insert(std::array::from_fn(Some)),
                }
            }
        };
        if self.ends_len > COLUMNS.len() {
            let message = format!("it has more than {} columns", COLUMNS.len());
            return Ok(Some(Line { number, row: Err(message) }));
        }
        let row = row(|column| places[column].map_or(&b""[..], &cell));
        Ok(Some(Line { number, row }))
    }
}

/// The places of the columns where a line names them.
fn named(cells: &[String]) -> Option<Result<[Option<usize>; COLUMNS.len()], String>> {
    if !cells.iter().any(|cell| cell == "number") {
        return None;
    }
    let mut places = [None; COLUMNS.len()];
    for (place, cell) in cells.iter().enumerate() {
        let name = ALSO.iter().find(|(also, _)| also == cell).map_or(cell.as_str(), |(_, name)| name);
        match COLUMNS.iter().position(|column| *column == name) {
            Some(column) => places[column] = Some(place),
            None => return Some(Err(format!("there is no column `{}`", cell.escape_debug()))),
        }
    }
    Some(Ok(places))
}

/// What the cells of a line say.
fn row<'a>(cell: impl Fn(usize) -> &'a [u8]) -> Result<Row, String> {
    let text = |column: usize| -> Result<Option<&str>, String> {
        let cell = std::str::from_utf8(cell(column)).map_err(|_| "it is not UTF-8 text".to_owned())?;
        // Only the first cell of a file can begin with a byte order mark.
        let cell = cell.trim_start_matches('\u{FEFF}');
        Ok(Some(cell).filter(|cell| !cell.is_empty()))
    };
    let short = |column: usize, longest: usize| -> Result<Option<String>, String> {
        match text(column)? {
            Some(cell) if cell.chars().count() > longest => {
                Err(format!("{} has more than {longest} characters", COLUMNS[column]))
            }
            cell => Ok(cell.map(str::to_owned)),
        }
    };
    let flag = |column: usize| -> Result<Option<bool>, String> {
        match text(column)? {
            None => Ok(None),
            Some("1" | "true") => Ok(Some(true)),
            Some("0" | "false") => Ok(Some(false)),
            Some(other) => Err(format!("{} `{}` is neither 0 nor 1", COLUMNS[column], other.escape_debug())),
        }
    };
    let moment = |column: usize, read: fn(&str) -> Option<i64>| -> Result<Option<i64>, String> {
        let Some(cell) = text(column)? else { return Ok(None) };
        let wrong = || {
            format!("{} `{}` is no time like 2026-01-31 or 2026-01-31 12:00:00", COLUMNS[column], cell.escape_debug())
        };
        read(cell).map(Some).ok_or_else(wrong)
    };
    let carrier = Named {
        name: short(0, carrier::LONGEST)?.ok_or("there is no carrier_name")?,
        prefix: short(1, carrier::LONGEST)?,
        authoritative: flag(6)?,
        skip_rewrite: flag(7)?,
    };
    let digits = text(2)?.unwrap_or_default();
    if !number::is_number(digits) {
        return Err(format!("number `{}` is not 1 to {} digits", digits.escape_debug(), number::LONGEST));
    }
    let (start_at, end_at) = (moment(4, period::start)?, moment(5, period::end)?);
    if let (Some(start), Some(end)) = (start_at, end_at)
        && end <= start
    {
        return Err("the end is not after the start".to_owned());
    }
    Ok(Row {
        carrier,
        number: digits.to_owned(),
        routing_number: short(3, number::LONGEST)?,
        kind: short(8, number::LONGEST)?,
        start_at,
        end_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file in pieces of that many bytes.
    fn lines(text: &[u8], piece: usize) -> Result<Vec<Line>, Unreadable> {
        let (mut reader, mut lines) = (Reader::default(), Vec::new());
        for mut piece in text.chunks(piece) {
            while let Some(line) = reader.next(&mut piece)? {
                lines.push(line);
            }
        }
        lines.extend(reader.last()?);
        Ok(lines)
    }

    #[test]
    fn files_are_read_in_pieces_of_any_size() {
        let rows = [
            "Alpha,D1,4310,4399,2026-01-01,2026-01-31,1,0,mobile",
            "\"Beta, \"\"the\"\" second\",,4311",
            "",
            "Alpha,D1,4312,,,,,,",
        ];
        for (ends, bom) in [("\n", ""), ("\r\n", ""), ("\n", "\u{FEFF}")] {
            let text = format!("{bom}{}", rows.join(ends));
            let whole = lines(text.as_bytes(), usize::MAX).unwrap();
            let at: Vec<u64> = whole.iter().map(|line| line.number).collect();
            assert_eq!(at, [1, 2, 4], "{text:?}");
            let first = whole[0].row.as_ref().unwrap();
            assert_eq!((first.carrier.name.as_str(), first.number.as_str()), ("Alpha", "4310"));
            assert_eq!(first.carrier.authoritative, Some(true));
            assert_eq!(first.end_at, period::start("2026-02-01"));
            assert_eq!(first.kind.as_deref(), Some("mobile"));
            let second = whole[1].row.as_ref().unwrap();
            assert_eq!((second.carrier.name.as_str(), &second.carrier.prefix), ("Beta, \"the\" second", &None));
            for piece in 1..20 {
                assert_eq!(lines(text.as_bytes(), piece).unwrap(), whole, "{text:?} in pieces of {piece}");
                let closed = format!("{text}{ends}");
                assert_eq!(lines(closed.as_bytes(), piece).unwrap(), whole, "{closed:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_first_line_may_name_the_columns() {
        let text = "Number,carrier,type\n4310,Alpha,fixed\n";
        let read = lines(text.as_bytes(), 7).unwrap();
        assert_eq!(read.len(), 1);
        let row = read[0].row.as_ref().unwrap();
        assert_eq!(
            (row.number.as_str(), row.carrier.name.as_str(), row.kind.as_deref()),
            ("4310", "Alpha", Some("fixed"))
        );
        assert_eq!(read[0].number, 2);
        let wrong = lines(b"number,colour\n4310,red\n", 100).unwrap_err();
        assert_eq!(wrong.to_string(), "line 1: there is no column `colour`");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let long = "x".repeat(32);
        for (line, message) in [
            (",D1,4310".to_owned(), "there is no carrier_name"),
            ("Alpha,D1".to_owned(), "number `` is not 1 to 31 digits"),
            ("Alpha,D1,+4310".to_owned(), "number `+4310` is not 1 to 31 digits"),
            (format!("{long},D1,4310"), "carrier_name has more than 31 characters"),
            (format!("Alpha,D1,4310,{long}"), "routing_number has more than 31 characters"),
            ("Alpha,D1,4310,,soon".to_owned(), "start `soon` is no time like 2026-01-31 or 2026-01-31 12:00:00"),
            ("Alpha,D1,4310,,2026-02-01,2026-01-31".to_owned(), "the end is not after the start"),
            ("Alpha,D1,4310,,,,yes".to_owned(), "authoritative `yes` is neither 0 nor 1"),
            ("Alpha,D1,4310,,,,,,a,b".to_owned(), "it has more than 9 columns"),
        ] {
            assert_eq!(lines(line.as_bytes(), 9).unwrap()[0].row, Err(message.to_owned()), "{line}");
        }
        assert_eq!(lines(b"Alpha,\xff,4310\n", 9).unwrap()[0].row, Err("it is not UTF-8 text".to_owned()));
        let endless = "9".repeat(LONGEST_LINE + 1);
        assert!(lines(endless.as_bytes(), 1_000).unwrap_err().message.starts_with("it is longer than"));
        assert!(lines(b"a,b,c,d,e,f,g,h,i,j,k,l\n", 100).unwrap_err().message.starts_with("it has more than"));
    }
}
