//! The rows of a CSV file with the number of the line that each begins on, whichever way its lines end.

use std::io::{BufRead, BufReader, Read};

use csv::{ByteRecord, StringRecord};

/// A reader of rows.
pub(super) struct Rows<R: Read> {
    csv: csv::Reader<Unix<R>>,
    columns: usize,
    record: ByteRecord,
}

/// A row, or what is wrong with it.
pub(super) type Row = Result<StringRecord, String>;

impl<R: Read> Rows<R> {
    /// Reads the first line, which names the columns.
    pub(super) fn new(file: R) -> anyhow::Result<(Rows<R>, StringRecord)> {
        // Lengths are compared here, where a message can be made for people.
        let mut csv =
            csv::ReaderBuilder::new().flexible(true).comment(Some(b'#')).from_reader(Unix::new(BufReader::new(file)));
        let mut names = csv.headers()?.clone();
        names.trim();
        Ok((Rows { csv, columns: names.len(), record: ByteRecord::new() }, names))
    }

    /// The next row with its line.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<(u64, Row)>> {
        if !self.csv.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        // Where the row begins is told by where it ends: before it there may be comments and empty lines.
        let inside: usize = self.record.iter().map(|field| field.iter().filter(|&&byte| byte == b'\n').count()).sum();
        let line = self.csv.position().line().saturating_sub(inside as u64 + 1);
        self.record.trim();
        let row = match StringRecord::from_byte_record(self.record.clone()) {
            Err(_) => Err("it is not UTF-8 text".to_owned()),
            Ok(row) if row.len() != self.columns => {
                Err(format!("it has {} columns, the first line names {}", row.len(), self.columns))
            }
            Ok(row) => Ok(row),
        };
        Ok(Some((line, row)))
    }

    /// How many bytes have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.csv.position().byte()
    }
}

/// A text whose every line ends with a line feed: carriage returns before one are left out, and one is added at the end.
struct Unix<R> {
    text: BufReader<R>,
    last: u8,
    /// A carriage return that waits to be told whether a line feed follows.
    held: bool,
}

impl<R: Read> Unix<R> {
    fn new(text: BufReader<R>) -> Unix<R> {
        Unix { text, last: b'\n', held: false }
    }
}

impl<R: Read> Read for Unix<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        while written + 1 < out.len() {
            let Some(&byte) = self.text.fill_buf()?.first() else {
                if self.last != b'\n' {
                    (self.last, self.held) = (b'\n', false);
                    out[written] = b'\n';
                    written += 1;
                }
                break;
            };
            self.text.consume(1);
            if std::mem::take(&mut self.held) && byte != b'\n' {
                out[written] = b'\r';
                written += 1;
            }
            self.last = byte;
            if byte == b'\r' {
                self.held = true;
                continue;
            }
            out[written] = byte;
            written += 1;
            if self.text.buffer().is_empty() {
                break;
            }
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(u64, Result<Vec<String>, String>)> {
        let (mut rows, _) = Rows::new(text).unwrap();
        let mut all = Vec::new();
        while let Some((line, row)) = rows.next().unwrap() {
            all.push((line, row.map(|row| row.iter().map(str::to_owned).collect())));
        }
        all
    }

    #[test]
    fn lines_are_counted_whichever_way_they_end() {
        let text = "number,description\n1,one\n# comment\n\n2,\"two\nlines\"\n3,three\n";
        for (ends, whole) in [("\n", true), ("\r\n", true), ("\n", false), ("\r\n", false)] {
            let mut text = text.replace('\n', ends);
            if !whole {
                text.truncate(text.len() - ends.len());
            }
            let lines: Vec<u64> = rows(text.as_bytes()).into_iter().map(|(line, _)| line).collect();
            assert_eq!(lines, [2, 5, 7], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_row_is_said() {
        let text = b"\xef\xbb\xbfnumber , class\r\n 1 , a\r\n2\n3,b,c\n\xff,d\n\"4\r5\",e\r";
        let row = |fields: [&str; 2]| Ok(fields.map(str::to_owned).to_vec());
        assert_eq!(
            rows(text),
            [
                (2, row(["1", "a"])),
                (3, Err("it has 1 columns, the first line names 2".to_owned())),
                (4, Err("it has 3 columns, the first line names 2".to_owned())),
                (5, Err("it is not UTF-8 text".to_owned())),
                (6, row(["4\r5", "e"])),
            ]
        );
        let (_, names) = Rows::new(&text[..]).unwrap();
        assert_eq!(names, StringRecord::from(vec!["number", "class"]));
    }
}
