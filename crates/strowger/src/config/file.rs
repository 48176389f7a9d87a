//! The TOML file: every value with its line, every mistake reported.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::carrier::{NO_NAME, is_name};
use super::error::Origin;
use super::field::{Key, Raw};
use super::load::Loading;
use super::near::hint;
use super::{CARRIER_KEYS, KEYS};

/// The table of the carriers' tables.
const CARRIER: &str = "carrier";

/// Puts the settings of the text, which is the file at `path`, into the configuration being loaded.
pub(super) fn read(path: &Path, text: &str, loading: &mut Loading) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut file = File { path, lines: line_starts(text), loading };
    for error in errors {
        let line = error.span().map_or(0, |span| file.line(&span));
        file.loading.mistakes.in_file(path, line, "", one_line(error.message()));
    }
    file.table("", table.get_ref());
    loading.mistakes.sort_by_line();
}

struct File<'a> {
    path: &'a Path,
    lines: Vec<usize>,
    loading: &'a mut Loading,
}

impl File<'_> {
    /// Line of a span, from 1.
    fn line(&self, span: &Range<usize>) -> usize {
        self.lines.partition_point(|start| *start <= span.start)
    }

    fn mistake(&mut self, line: usize, key: &str, message: impl Into<String>) {
        self.loading.mistakes.in_file(self.path, line, key, message);
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let line = self.line(&key.span());
            let name = format!("{prefix}{}", printable(key.get_ref()));
            if let Some(key) = KEYS.iter().find(|key| key.name == name) {
                let line = self.line(&value.span());
                let origin = Origin::File(self.path.to_owned(), line);
                self.loading.set(key, &raw(value.get_ref()), origin);
            } else if name == CARRIER {
                self.carriers(line, value.get_ref());
            } else if KEYS.iter().any(|key| key.name.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'))) {
                match value.get_ref() {
                    DeValue::Table(inner) => self.table(&format!("{name}."), inner),
                    _ => self.mistake(line, &name, format!("is a table: write [{name}]")),
                }
            } else {
                let names = KEYS.iter().map(|key| key.name).chain([CARRIER]);
                self.mistake(line, &name, format!("is not a setting{}", hint(&name, names)));
            }
            if self.loading.mistakes.full() {
                return;
            }
        }
    }

    fn carriers(&mut self, line: usize, value: &DeValue<'_>) {
        let DeValue::Table(carriers) = value else {
            return self.mistake(line, CARRIER, "is a table for each carrier: write [carrier.NAME]");
        };
        for (carrier, settings) in carriers {
            let line = self.line(&carrier.span());
            let name = carrier.get_ref().as_ref();
            let shown = format!("{CARRIER}.{}", printable(name));
            if !is_name(name) {
                self.mistake(line, &shown, NO_NAME);
                continue;
            }
            match settings.get_ref() {
                DeValue::Table(settings) => self.carrier(name, &shown, settings),
                _ => self.mistake(line, &shown, format!("is a table: write [{shown}]")),
            }
        }
    }

    fn carrier(&mut self, name: &str, shown: &str, table: &DeTable<'_>) {
        let mut settings = self.loading.config.carrier(name);
        for (key, value) in table {
            let line = self.line(&key.span());
            let full = format!("{shown}.{}", printable(key.get_ref()));
            match find(CARRIER_KEYS, key.get_ref()) {
                Some(key) => {
                    if let Err(message) = key.field.set(&mut settings, &raw(value.get_ref())) {
                        let line = self.line(&value.span());
                        self.mistake(line, &full, message);
                    }
                }
                None => {
                    let names = CARRIER_KEYS.iter().map(|key| key.name);
                    self.mistake(line, &full, format!("is not a setting of a carrier{}", hint(key.get_ref(), names)));
                }
            }
            if self.loading.mistakes.full() {
                return;
            }
        }
        self.loading.config.carriers.insert(name.to_owned(), settings);
    }
}

fn find<T>(keys: &'static [Key<T>], name: &str) -> Option<&'static Key<T>> {
    keys.iter().find(|key| key.name == name)
}

fn raw<'a>(value: &'a DeValue<'_>) -> Raw<'a> {
    match value {
        DeValue::String(text) => Raw::Text(text),
        DeValue::Integer(number) => Raw::Integer(i128::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Float(number) => Raw::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Array(_) => Raw::Other("a list"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

/// A name from the file as it can stand in a message: bounded, on one line.
fn printable(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_debug).collect()
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

/// Offsets at which lines start.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect()
}
