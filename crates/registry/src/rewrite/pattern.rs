//! What a rule matches and what it puts in its place, as texts that people write, and checked.
//!
//! Patterns are regular expressions of the PCRE kind without look-around and back-references, which would make the time
//! that a match takes depend on the number; classes such as `\d` mean ASCII. `${name}` stands for a variable, `@{name}`
//! for any value of one that has several. A replacement is the whole new number: `\1` to `\9` are what the groups have
//! matched, `\0` is the whole match, and what the pattern does not cover is not kept.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::plan::Variables;
use crate::{Error, Result};

/// Most bytes of a compiled pattern.
const LARGEST: usize = 1 << 16;
/// Most parts of all patterns of a way together: so many are compiled as one set, and none of them takes a number long.
pub(super) const MOST_PARTS: u64 = 50_000;
/// Most bytes of a pattern that is filled with values, or of several; [`MOST_PARTS`] are never as many.
pub(super) const LARGEST_FILLED: usize = 1 << 23;

/// Variables, with a name that begins with a letter: `${2}` is a repetition.
static VARIABLE: LazyLock<regex::Regex> = LazyLock::new(|| fixed(r"([$@])\{([A-Za-z_][A-Za-z0-9_]*)\}"));
/// Variables as the proxies' configuration names them: one value, then all values.
static AVP: LazyLock<regex::Regex> = LazyLock::new(|| fixed(r"\$avp\(s:([A-Za-z_][A-Za-z0-9_]*)\)"));
static AVPS: LazyLock<regex::Regex> = LazyLock::new(|| fixed(r"\$\(avp\(s:([A-Za-z_][A-Za-z0-9_]*)\)\[[+*]\]\)"));

fn fixed(pattern: &str) -> regex::Regex {
    regex::Regex::new(pattern).expect("a pattern of our own")
}

/// What is wrong with a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It means something elsewhere, but is not understood here.
    Unsupported(&'static str),
    /// It means nothing.
    Broken(String),
}

/// What is wrong with a regular expression, if anything is.
#[must_use]
pub fn fault(pattern: &str) -> Option<Fault> {
    compile(pattern).err()
}

/// The parts of a pattern, with a single character for each variable.
pub(super) fn weight(pattern: &str) -> u64 {
    crate::pattern::weight(&fill(pattern, &sample).unwrap_or_default())
}

fn sample(_: &str) -> Option<Vec<String>> {
    Some(vec!["0".to_owned()])
}

/// Refuses a way whose patterns have so many parts together.
pub(super) fn check_way(parts: u64) -> Result<()> {
    if parts <= MOST_PARTS {
        return Ok(());
    }
    let why = "Match patterns of one direction and field are too large together, use simpler or fewer ones";
    Err(Error::invalid("match_pattern", why))
}

/// Without an automaton that grows with the numbers: most patterns are tried on one number only.
fn builder(pattern: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(false).size_limit(LARGEST).dfa_size_limit(0);
    builder
}

/// A compiled pattern whose variables have their values.
pub(super) fn compile_filled(pattern: &str) -> Option<Regex> {
    builder(pattern).size_limit(LARGEST_FILLED).build().ok()
}

/// A compiled pattern.
pub(super) fn compile(pattern: &str) -> std::result::Result<Regex, Fault> {
    builder(pattern).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Fault::Broken("Match pattern is too large".to_owned()),
        other => {
            let reason = crate::pattern::reason(&other);
            if reason.starts_with("look-around") {
                Fault::Unsupported(
                    "Look-around is not supported in match pattern, use a rule with a lower priority value",
                )
            } else if reason.starts_with("backreferences") {
                Fault::Unsupported("Back-references are not supported in match pattern")
            } else if reason.starts_with("unrecognized escape") {
                Fault::Broken("Ambiguous escape of non special characters".to_owned())
            } else {
                Fault::Broken(format!("Must be a valid regular expression: {reason}"))
            }
        }
    })
}

/// The variables of the proxies' configuration in the form that people write.
pub(super) fn normal(text: &str) -> String {
    let all = AVPS.replace_all(text, "@{$1}");
    AVP.replace_all(&all, "$${$1}").into_owned()
}

/// Refuses a pattern and a replacement that mean nothing, or nothing together.
pub(super) fn check(pattern: &str, replacement: &str) -> Result<()> {
    let mut lists = variables(pattern).filter(|(all, _)| *all);
    if lists.next().is_some() && lists.next().is_some() {
        return Err(Error::invalid("match_pattern", "Cannot use more than one array variable in match pattern"));
    }
    let filled = fill(pattern, &sample).unwrap_or_default();
    let regex = compile(&filled).map_err(|fault| match fault {
        Fault::Unsupported(why) => Error::invalid("match_pattern", why),
        Fault::Broken(why) => Error::invalid("match_pattern", why),
    })?;
    let pieces = parse(replacement).map_err(|why| Error::invalid("replace_pattern", why))?;
    let groups = regex.captures_len();
    if pieces.iter().any(|piece| matches!(piece, Piece::Group(n) if *n >= groups)) {
        return Err(Error::invalid("match_pattern", "Match pattern and Replace Pattern do not work together."));
    }
    Ok(())
}

/// The names of the variables in a text, each with whether it stands for all of its values.
pub(super) fn variables(text: &str) -> impl Iterator<Item = (bool, &str)> {
    VARIABLE.captures_iter(text).filter(move |found| !is_escaped(text, found.get_match().start())).map(|found| {
        let (_, [sign, name]) = found.extract();
        (sign == "@", name)
    })
}

/// Whether the character at that place is taken as it is.
fn is_escaped(text: &str, at: usize) -> bool {
    text.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The pattern with the values of its variables; none where one of them has no value.
pub(super) fn fill<'a>(pattern: &'a str, values: &dyn Fn(&str) -> Option<Vec<String>>) -> Option<Cow<'a, str>> {
    if variables(pattern).next().is_none() {
        return Some(Cow::Borrowed(pattern));
    }
    let mut filled = String::new();
    let mut end = 0;
    for found in VARIABLE.captures_iter(pattern) {
        let whole = found.get_match();
        if is_escaped(pattern, whole.start()) {
            continue;
        }
        let (_, [sign, name]) = found.extract();
        let values = values(name).filter(|values| !values.is_empty())?;
        filled.push_str(&pattern[end..whole.start()]);
        let wanted = if sign == "@" { &values[..] } else { &values[..1] };
        let each: Vec<String> = wanted.iter().map(|value| regex::escape(value)).collect();
        filled.push_str(&format!("(?:{})", each.join("|")));
        end = whole.end();
    }
    filled.push_str(&pattern[end..]);
    Some(Cow::Owned(filled))
}

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Itself.
    Text(String),
    /// What a group has matched.
    Group(usize),
    /// The value of a variable.
    Variable(String),
}

/// The parts of a replacement.
pub(super) fn parse(replacement: &str) -> std::result::Result<Vec<Piece>, &'static str> {
    if replacement.chars().any(char::is_whitespace) {
        return Err("Spaces are not allowed in replacement pattern");
    }
    if replacement.ends_with('$') {
        return Err("Cannot end with \"$\"");
    }
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some(c) = rest.chars().next() {
        let piece = if c == '\\' {
            let next = rest[1..].chars().next();
            rest = &rest[1 + next.map_or(0, char::len_utf8)..];
            match next {
                Some(digit) if digit.is_ascii_digit() => Piece::Group(usize::from(digit as u8 - b'0')),
                Some(sign) if sign.is_ascii_punctuation() => {
                    text.push(sign);
                    continue;
                }
                _ => return Err("Ambiguous escape of non special characters"),
            }
        } else if let Some(found) = VARIABLE.captures(rest).filter(|found| found.get_match().start() == 0) {
            let (whole, [sign, name]) = found.extract();
            if sign == "@" {
                return Err("Cannot use array variable in replacement pattern");
            }
            rest = &rest[whole.len()..];
            Piece::Variable(name.to_owned())
        } else {
            if c == '$' && rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
                return Err("Use \\1 for what a group has matched, not $1");
            }
            text.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(piece);
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// The new form of a number that the pattern matches; none where a variable has no value.
pub(super) fn expand(pieces: &[Piece], found: &regex::bytes::Captures<'_>, variables: &Variables) -> Option<String> {
    let mut number = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => number.push_str(text),
            Piece::Group(n) => {
                number.push_str(&found.get(*n).map_or(Cow::Borrowed(""), |m| String::from_utf8_lossy(m.as_bytes())));
            }
            Piece::Variable(name) => number.push_str(variables.get(name)?.first()?),
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_wrongly_is_refused_in_these_words() {
        let table = [
            (r"^0(\d+)$", r"43 \1", "replace_pattern: Spaces are not allowed in replacement pattern"),
            (r"^0(\d+)$", "43$", "replace_pattern: Cannot end with \"$\""),
            (r"^0(\d+)$", r"\2", "match_pattern: Match pattern and Replace Pattern do not work together."),
            (r"^0(\d+)$", r"\d", "replace_pattern: Ambiguous escape of non special characters"),
            (r"^0(\d+)$", "4\\", "replace_pattern: Ambiguous escape of non special characters"),
            (r"^\y$", "1", "match_pattern: Ambiguous escape of non special characters"),
            ("^@{a}@{b}$", "1", "match_pattern: Cannot use more than one array variable in match pattern"),
            ("^0$", "@{a}", "replace_pattern: Cannot use array variable in replacement pattern"),
            ("^0$", "$1", r"replace_pattern: Use \1 for what a group has matched, not $1"),
            ("^(0$", "1", "match_pattern: Must be a valid regular expression: unclosed group"),
            (
                "^(?!00)0",
                "1",
                "match_pattern: Look-around is not supported in match pattern, use a rule with a lower priority value",
            ),
            (r"^(\d)\1$", "1", "match_pattern: Back-references are not supported in match pattern"),
            (r"(\d{100}){1000}", "1", "match_pattern: Match pattern is too large"),
        ];
        for (pattern, replacement, wanted) in table {
            let refused = check(pattern, replacement).map_err(|error| error.to_string());
            assert_eq!(refused, Err(wanted.to_owned()), "{pattern} {replacement}");
        }
        for (pattern, replacement) in [
            (r"^00([1-9]\d+)$", r"\1"),
            (r"^\+?(\d+)$", r"${caller_cc}\1"),
            ("^${caller_ac}@{caller_alias_list}(.+)$", r"\+\1\\\$x"),
            (r"^\$1", r"\0"),
            ("^a{2}$", "x@y"),
        ] {
            assert!(check(pattern, replacement).is_ok(), "{pattern} {replacement}");
        }
    }

    #[test]
    fn variables_of_the_proxies_become_those_that_people_write() {
        assert_eq!(normal(r"^$avp(s:caller_cc)(\d+)$"), r"^${caller_cc}(\d+)$");
        assert_eq!(normal("^$(avp(s:caller_alias_list)[+])$"), "^@{caller_alias_list}$");
        assert_eq!(normal(r"^00(\d+)$"), r"^00(\d+)$");
    }

    #[test]
    fn a_pattern_is_filled_with_what_is_known() {
        let values = |name: &str| match name {
            "cc" => Some(vec!["+43".to_owned(), "49".to_owned()]),
            "none" => Some(Vec::new()),
            _ => None,
        };
        assert_eq!(fill("^${cc}1$", &values).as_deref(), Some(r"^(?:\+43)1$"));
        assert_eq!(fill("^@{cc}1$", &values).as_deref(), Some(r"^(?:\+43|49)1$"));
        assert_eq!(fill(r"^\${cc}1$", &values).as_deref(), Some(r"^\${cc}1$"));
        assert_eq!(fill("^${none}", &values), None);
        assert_eq!(fill("^${other}", &values), None);
    }
}
