//! What kinds of settings there are: how each is read, checked, shown and put into its place.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;
use tracing_subscriber::EnvFilter;

use super::Secret;
use super::amount::{duration, money, show_duration};

/// The place of a setting in the typed configuration.
pub type Place<T, V> = fn(&mut T) -> &mut V;

/// One setting.
#[derive(Debug)]
pub struct Key<T: 'static> {
    /// Dotted path in the TOML file, and name for `--set`.
    pub name: &'static str,
    /// Its environment variable; empty for settings of single carriers, whose variables name the carrier too.
    pub environment: &'static str,
    /// Kind and place.
    pub field: Field<T>,
    /// The default, as it would be written in the file (without quotes).
    pub default: &'static str,
    /// One line for the reference.
    pub doc: &'static str,
}

/// Kind and place of a setting.
#[derive(Debug)]
pub enum Field<T: 'static> {
    /// A path that must be there.
    Path(Place<T, PathBuf>),
    /// A path whose default is this file in the data folder.
    DataFile(Place<T, PathBuf>, &'static str),
    /// A path that may be left out.
    OptionalPath(Place<T, Option<PathBuf>>),
    /// Any text.
    Text(Place<T, String>),
    /// Text that may be left out.
    OptionalText(Place<T, Option<String>>),
    /// Log filter directives.
    Filter(Place<T, String>),
    /// Text that is never shown.
    Secret(Place<T, Secret>),
    /// A database URL, never shown because it may hold a password.
    DatabaseUrl(Place<T, Secret>),
    /// Address and port.
    Listen(Place<T, SocketAddr>),
    /// Address and port that may be left out.
    OptionalListen(Place<T, Option<SocketAddr>>),
    /// A duration between the two.
    Duration(Place<T, Duration>, Duration, Duration),
    /// A whole number between the two.
    Count(Place<T, u32>, u32, u32),
    /// A whole number that may be left out.
    OptionalCount(Place<T, Option<u32>>),
    /// A number, 0 or more, with decimals.
    Rate(Place<T, f64>),
    /// An amount of money that may be left out.
    OptionalMoney(Place<T, Option<Decimal>>),
    /// Yes or no.
    Flag(Place<T, bool>),
    /// One of a few words.
    Choice(Choice<T>),
}

/// A setting that is one of a few words.
#[derive(Debug)]
pub struct Choice<T: 'static> {
    /// The words.
    pub words: &'static [&'static str],
    /// Puts the word into its place; false if it is none of them.
    pub set: fn(&mut T, &str) -> bool,
    /// The word that is set.
    pub get: fn(&T) -> &'static str,
}

/// A value as it was written.
pub(super) enum Raw<'a> {
    /// In the environment or on the command line, where everything is text.
    Outside(&'a str),
    /// A TOML string.
    Text(&'a str),
    /// A TOML integer; absent if it does not fit.
    Integer(Option<i128>),
    /// A TOML float.
    Float(f64),
    /// A TOML boolean.
    Boolean(bool),
    /// Another TOML type, by its name.
    Other(&'static str),
}

impl Raw<'_> {
    /// That the value is not what was wanted, quoting it.
    fn is_not(&self, wanted: &str) -> String {
        match self {
            Self::Outside(text) | Self::Text(text) => format!("{} is not {wanted}", quoted(text)),
            Self::Integer(Some(number)) => format!("{number} is not {wanted}"),
            Self::Float(number) => format!("{number} is not {wanted}"),
            Self::Boolean(value) => format!("{value} is not {wanted}"),
            Self::Integer(None) | Self::Other(_) => self.is_no_text(wanted),
        }
    }

    /// That the value is not even of the wanted type, without quoting it: it may be a secret without its quotes.
    fn is_no_text(&self, wanted: &str) -> String {
        let name = match self {
            Self::Outside(_) | Self::Text(_) => "text",
            Self::Integer(Some(_)) => "a whole number",
            Self::Integer(None) => "a number beyond all bounds",
            Self::Float(_) => "a number with decimals",
            Self::Boolean(_) => "true or false",
            Self::Other(name) => name,
        };
        format!("is {name}, not {wanted}")
    }

    fn text(&self, wanted: &str) -> Result<&str, String> {
        match self {
            Self::Outside(text) | Self::Text(text) if text.contains('\0') => Err("has a NUL character".to_owned()),
            Self::Outside(text) | Self::Text(text) => Ok(text),
            other => Err(other.is_no_text(wanted)),
        }
    }

    fn count(&self, least: u32, most: u32) -> Result<u32, String> {
        let number = match self {
            Self::Integer(number) => *number,
            Self::Outside(text) => text.parse().ok(),
            _ => None,
        };
        let fits = number.and_then(|number| u32::try_from(number).ok());
        fits.filter(|count| (least..=most).contains(count))
            .ok_or_else(|| self.is_not(&format!("a whole number from {least} to {most}")))
    }
}

/// A value for an error message: bounded, on one line.
fn quoted(text: &str) -> String {
    let head: String = text.chars().take(60).collect();
    let more = if head.len() < text.len() { "…" } else { "" };
    format!("{head:?}{more}")
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl<T> Field<T> {
    /// Whether empty text is a value of this kind (an empty variable then empties the setting instead of being ignored).
    pub(super) fn may_be_empty(&self) -> bool {
        matches!(
            self,
            Self::DataFile(..)
                | Self::OptionalPath(_)
                | Self::Text(_)
                | Self::OptionalText(_)
                | Self::Secret(_)
                | Self::DatabaseUrl(_)
                | Self::OptionalListen(_)
        )
    }

    /// Reads the value and puts it into its place.
    ///
    /// # Errors
    /// What is wrong with the value, in words; the value of a secret is not among them.
    pub(super) fn set(&self, target: &mut T, raw: &Raw<'_>) -> Result<(), String> {
        match self {
            Self::Path(place) => match raw.text("a path in quotes")? {
                "" => return Err("must not be empty".to_owned()),
                path => *place(target) = path.into(),
            },
            Self::DataFile(place, _) => *place(target) = raw.text("a path in quotes")?.into(),
            Self::OptionalPath(place) => *place(target) = non_empty(raw.text("a path in quotes")?).map(PathBuf::from),
            Self::Text(place) => *place(target) = raw.text("text in quotes")?.to_owned(),
            Self::OptionalText(place) => *place(target) = non_empty(raw.text("text in quotes")?),
            Self::Filter(place) => {
                let text = raw.text("text in quotes")?;
                EnvFilter::builder()
                    .parse(text)
                    .map_err(|_| raw.is_not("a log filter, such as info,ordering=debug"))?;
                *place(target) = text.to_owned();
            }
            Self::Secret(place) => *place(target) = Secret::new(raw.text("text in quotes")?),
            Self::DatabaseUrl(place) => {
                let url = raw.text("text in quotes")?;
                if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                    return Err("is neither empty (SQLite in the data folder) nor postgres://…".to_owned());
                }
                *place(target) = Secret::new(url);
            }
            Self::Listen(place) => {
                let wanted = "an address with a port, such as 127.0.0.1:1443 or [::1]:1443";
                *place(target) = raw.text(wanted)?.parse().map_err(|_| raw.is_not(wanted))?;
            }
            Self::OptionalListen(place) => {
                let wanted = "an address with a port, such as 192.0.2.1:53 or [::1]:53";
                let text = non_empty(raw.text(wanted)?);
                *place(target) = text.map(|text| text.parse()).transpose().map_err(|_| raw.is_not(wanted))?;
            }
            Self::Duration(place, least, most) => {
                let value = match raw {
                    Raw::Outside(text) | Raw::Text(text) => duration(text),
                    Raw::Integer(seconds) => {
                        seconds.and_then(|seconds| u32::try_from(seconds).ok()).map(|s| Duration::from_secs(s.into()))
                    }
                    _ => None,
                };
                let wanted = "a duration such as 250ms, 50s, 2m or 1h";
                let value = value.ok_or_else(|| raw.is_not(wanted))?;
                if value < *least || value > *most {
                    let (value, least, most) = (show_duration(value), show_duration(*least), show_duration(*most));
                    return Err(format!("{value} is not between {least} and {most}"));
                }
                *place(target) = value;
            }
            Self::Count(place, least, most) => *place(target) = raw.count(*least, *most)?,
            Self::OptionalCount(place) => *place(target) = Some(raw.count(0, u32::MAX)?),
            Self::Rate(place) => {
                let value = match raw {
                    Raw::Float(value) => Some(*value),
                    #[expect(clippy::cast_precision_loss, reason = "a rate is a measure, not a count")]
                    Raw::Integer(value) => value.map(|value| value as f64),
                    Raw::Outside(text) => text.parse().ok(),
                    _ => None,
                };
                let fits = value.filter(|value| value.is_finite() && *value >= 0.0);
                *place(target) = fits.ok_or_else(|| raw.is_not("a number, 0 or more"))?;
            }
            Self::OptionalMoney(place) => {
                let value = match raw {
                    Raw::Outside(text) | Raw::Text(text) => money(text),
                    Raw::Integer(Some(value)) => money(&value.to_string()),
                    _ => None,
                };
                let value = value.ok_or_else(|| raw.is_not("an amount in quotes, such as \"12.50\""))?;
                *place(target) = Some(value);
            }
            Self::Flag(place) => {
                *place(target) = match raw {
                    Raw::Boolean(value) => *value,
                    Raw::Outside("true") => true,
                    Raw::Outside("false") => false,
                    _ => return Err(raw.is_not("true or false")),
                }
            }
            Self::Choice(choice) => {
                let wanted = format!("one of {}", choice.words.join(", "));
                if !(choice.set)(target, raw.text(&wanted)?) {
                    return Err(raw.is_not(&wanted));
                }
            }
        }
        Ok(())
    }

    /// The value as it would be written; secrets as `***`. (Places are reached through `&mut`, nothing is changed.)
    pub(super) fn show(&self, source: &mut T) -> String {
        fn optional(value: Option<&impl Display>) -> String {
            value.map_or_else(String::new, ToString::to_string)
        }
        match self {
            Self::Path(place) | Self::DataFile(place, _) => place(source).display().to_string(),
            Self::OptionalPath(place) => optional(place(source).as_ref().map(|path| path.display()).as_ref()),
            Self::Text(place) | Self::Filter(place) => place(source).clone(),
            Self::OptionalText(place) => optional(place(source).as_ref()),
            Self::Secret(place) | Self::DatabaseUrl(place) => place(source).to_string(),
            Self::Listen(place) => place(source).to_string(),
            Self::OptionalListen(place) => optional(place(source).as_ref()),
            Self::Duration(place, ..) => show_duration(*place(source)),
            Self::Count(place, ..) => place(source).to_string(),
            Self::OptionalCount(place) => optional(place(source).as_ref()),
            Self::Rate(place) => place(source).to_string(),
            Self::OptionalMoney(place) => optional(place(source).as_ref()),
            Self::Flag(place) => place(source).to_string(),
            Self::Choice(choice) => (choice.get)(source).to_owned(),
        }
    }

    /// The kind, for the reference.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Path(_) | Self::DataFile(..) | Self::OptionalPath(_) => "path".to_owned(),
            Self::Text(_) | Self::OptionalText(_) | Self::Filter(_) => "text".to_owned(),
            Self::Secret(_) | Self::DatabaseUrl(_) => "text, secret".to_owned(),
            Self::Listen(_) | Self::OptionalListen(_) => "address:port".to_owned(),
            Self::Duration(_, least, most) => {
                format!("duration, {} to {}", show_duration(*least), show_duration(*most))
            }
            Self::Count(_, least, u32::MAX) => format!("whole number, {least} or more"),
            Self::Count(_, least, most) => format!("whole number, {least} to {most}"),
            Self::OptionalCount(_) => "whole number".to_owned(),
            Self::Rate(_) => "number".to_owned(),
            Self::OptionalMoney(_) => "amount, as text".to_owned(),
            Self::Flag(_) => "true or false".to_owned(),
            Self::Choice(choice) => choice.words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        }
    }
}
