//! The patterns of fees: what a number must begin with to match one, and how much of it does.
//!
//! A regular expression is found anywhere in the number unless it is anchored, upper and lower case are different, and
//! classes such as `\d` are those of ASCII. There are no look-arounds and no back-references, so that every match takes
//! time in proportion to the number.

use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, Look};

use super::MatchMode;
use crate::pattern::{reason, weight};
use crate::{Error, Result};

/// Most characters of a lead.
pub(in crate::billing) const LONGEST_LEAD: usize = 20;
/// Bytes that a compiled expression may take.
const LARGEST: usize = 64 << 10;
/// Bytes that the automaton of an expression may take while it is built on the go.
const LARGEST_AUTOMATON: usize = 64 << 10;
/// About how many bytes all compiled expressions that are kept may take: some thousands of the usual ones.
const MOST_KEPT: u64 = 32 << 20;
/// About how many bytes an expression and a part of it take.
const OF_EXPRESSION: u64 = 4 << 10;
const OF_PART: u64 = 200;

/// The expressions that were used last.
static COMPILED: LazyLock<Cache<Box<str>, Arc<Compiled>, Weighed>> =
    LazyLock::new(|| Cache::with_weighter(2_000, MOST_KEPT, Weighed));

/// An expression and its parts.
struct Compiled {
    regex: Regex,
    parts: u64,
}

#[derive(Clone)]
struct Weighed;

impl Weighter<Box<str>, Arc<Compiled>> for Weighed {
    fn weight(&self, text: &Box<str>, compiled: &Arc<Compiled>) -> u64 {
        compiled.parts.saturating_mul(OF_PART).saturating_add(OF_EXPRESSION).saturating_add(text.len() as u64)
    }
}

/// What may still be tried for a call. Text that needs no compiling is not counted.
pub(in crate::billing) struct Effort(u64);

impl Effort {
    /// Parts of the expressions that are tried for one call, each with [`Effort::EACH`] beside: whatever they are, they are
    /// compiled within some tens of milliseconds.
    pub(in crate::billing) const MOST: u64 = 20_000;
    const EACH: u64 = 30;

    pub(in crate::billing) fn new() -> Effort {
        Effort(Effort::MOST)
    }

    fn spend(&mut self, parts: u64, number: &str) -> Result<()> {
        let left = self.0.checked_sub(parts.saturating_add(Effort::EACH));
        self.0 = left.ok_or_else(|| {
            Error::Conflict(format!(
                "more or larger regular expressions of fees would have to be tried for {number} than may be"
            ))
        })?;
        Ok(())
    }
}

/// Whether it has to be compiled to be found.
pub(in crate::billing) fn is_compiled(pattern: &str) -> bool {
    !matches!(pattern, "." | ".*") && Plain::of(pattern).is_none()
}

fn compile(text: &str) -> std::result::Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).size_limit(LARGEST).dfa_size_limit(LARGEST_AUTOMATON).build()
}

/// Refuses what is no regular expression, and one that is too large.
///
/// # Errors
/// [`Error::Invalid`] for the field.
pub(super) fn check(field: &'static str, text: &str) -> Result<()> {
    if Plain::of(text).is_some() {
        return Ok(());
    }
    compile(text)
        .map(drop)
        .map_err(|error| Error::invalid(field, format!("`{text}` is not a regular expression: {}", reason(&error))))
}

/// An expression that is nothing but text, perhaps anchored: most are.
struct Plain<'a> {
    text: &'a str,
    at_start: bool,
    at_end: bool,
}

impl<'a> Plain<'a> {
    fn of(pattern: &'a str) -> Option<Plain<'a>> {
        let (at_start, text) = pattern.strip_prefix('^').map_or((false, pattern), |rest| (true, rest));
        let (at_end, text) = text.strip_suffix('$').map_or((false, text), |rest| (true, rest));
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'-' | b'_' | b':' | b'#'));
        plain.then_some(Plain { text, at_start, at_end })
    }

    fn is_in(&self, number: &str) -> bool {
        match (self.at_start, self.at_end) {
            (true, true) => number == self.text,
            (true, false) => number.starts_with(self.text),
            (false, true) => number.ends_with(self.text),
            (false, false) => number.contains(self.text),
        }
    }
}

/// Bytes of the first part of the number that the expression matches; none: it matches nothing of it.
///
/// # Errors
/// [`Error::Conflict`] where it is no expression, and where it would be too much effort.
pub(in crate::billing) fn found(pattern: &str, number: &str, effort: &mut Effort) -> Result<Option<usize>> {
    if pattern == "." {
        return Ok(if number.is_empty() { None } else { Some(1) });
    }
    if pattern == ".*" {
        return Ok(Some(number.len()));
    }
    if let Some(plain) = Plain::of(pattern) {
        return Ok(plain.is_in(number).then_some(plain.text.len()));
    }
    let compiled = match COMPILED.get(pattern) {
        Some(compiled) => {
            effort.spend(compiled.parts, number)?;
            compiled
        }
        None => {
            let parts = weight(pattern);
            effort.spend(parts, number)?;
            let broken =
                |_| Error::Conflict(format!("a fee has the pattern `{pattern}`, which is no regular expression"));
            let compiled = Arc::new(Compiled { regex: compile(pattern).map_err(broken)?, parts });
            COMPILED.insert(pattern.into(), Arc::clone(&compiled));
            compiled
        }
    };
    Ok(compiled.regex.find(number.as_bytes()).map(|found| found.len()))
}

fn parse(pattern: &str) -> Option<Hir> {
    ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()
}

/// What every number that matches a destination begins with, at most [`LONGEST_LEAD`] characters of it.
pub(super) fn lead(mode: MatchMode, destination: &str) -> String {
    let whole = match mode {
        MatchMode::Prefix | MatchMode::ExactDestination => destination.to_owned(),
        MatchMode::RegexLongestPattern | MatchMode::RegexLongestMatch => beginning(destination),
    };
    whole.chars().take(LONGEST_LEAD).collect()
}

/// The text that whatever matches the expression begins with; empty where it may begin with anything.
fn beginning(pattern: &str) -> String {
    if let Some(Plain { text, at_start, .. }) = Plain::of(pattern) {
        return if at_start { text.to_owned() } else { String::new() };
    }
    let Some(hir) = parse(pattern) else { return String::new() };
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return String::new();
    }
    let literals = Extractor::new().kind(ExtractKind::Prefix).extract(&hir);
    let common = literals.longest_common_prefix().unwrap_or_default();
    match str::from_utf8(common) {
        Ok(text) => text.to_owned(),
        // Cut within a character.
        Err(error) => String::from_utf8_lossy(&common[..error.valid_up_to()]).into_owned(),
    }
}

/// Which of several fees is tried first: the lowest.
pub(super) fn precedence(mode: MatchMode, destination: &str, source: &str) -> i64 {
    let way = match mode {
        MatchMode::ExactDestination => 0,
        MatchMode::Prefix => 1,
        MatchMode::RegexLongestPattern => 2,
        MatchMode::RegexLongestMatch => 3,
    };
    let short = |text: &str| 255 - text.chars().take(255).count() as i64;
    way * 1_000_000 + short(destination) * 1_000 + short(source)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leads_are_what_an_anchored_pattern_begins_with() {
        let table = [
            ("^43[12]", "43"),
            ("^4366", "4366"),
            ("^(431|432)9", "43"),
            ("^43(1|66)4", "43"),
            ("^4(3|4)", "4"),
            ("^43|^49", "4"),
            ("^43|49", ""),
            ("43", ""),
            (".", ""),
            ("^", ""),
            ("^.*", ""),
            ("^43?1", "4"),
            ("^(43)?1", ""),
            ("^\\+43", "+43"),
            ("^(?i)ab", ""),
            ("(?m)^43", ""),
            ("^*43", ""),
            ("^43\\d+@example\\.org$", "43"),
            ("^1234567890123456789012345", "12345678901234567890"),
            ("^(", ""),
            ("^é1", "é1"),
            ("^[é]", ""),
        ];
        for (pattern, wanted) in table {
            assert_eq!(lead(MatchMode::RegexLongestPattern, pattern), wanted, "{pattern}");
        }
        assert_eq!(lead(MatchMode::Prefix, "43[12]"), "43[12]");
    }

    #[test]
    fn expressions_are_found_anywhere_unless_they_are_anchored() {
        let table = [
            (".", "431", Some(1)),
            (".", "", None),
            (".*", "", Some(0)),
            (".*", "431", Some(3)),
            ("31", "4311", Some(2)),
            ("^31", "4311", None),
            ("1$", "4311", Some(1)),
            ("^431$", "4311", None),
            ("^4311$", "4311", Some(4)),
            ("[13]+", "4311", Some(3)),
            ("^43\\d", "4311", Some(3)),
            ("^43\\d", "43é", None),
            ("ORG", "someone@example.org", None),
        ];
        for (pattern, number, wanted) in table {
            assert_eq!(
                found(pattern, number, &mut Effort::new()).expect("an expression"),
                wanted,
                "{pattern} in {number}"
            );
        }
    }

    #[test]
    fn what_does_not_compile_is_refused() {
        for pattern in ["(", "[4", "^(?!43)", "*", "a{1000}{1000}"] {
            let refused = check("destination", pattern);
            assert!(matches!(refused, Err(Error::Invalid { field: "destination", .. })), "{pattern}: {refused:?}");
        }
        assert!(matches!(found("(", "1", &mut Effort::new()), Err(Error::Conflict(_))));
    }

    proptest! {
        #[test]
        fn whatever_matches_begins_with_the_lead(
            pattern in "\\^?[1-3(|).?*+\\[\\]^$]{0,8}",
            number in "[1-3]{0,6}",
        ) {
            prop_assume!(check("destination", &pattern).is_ok());
            let is_found = found(&pattern, &number, &mut Effort::new()).expect("an expression").is_some();
            prop_assert!(!is_found || number.starts_with(&lead(MatchMode::RegexLongestMatch, &pattern)));
            // Plain text or not, it is what the expression says.
            prop_assert_eq!(is_found, compile(&pattern).expect("it compiles").is_match(number.as_bytes()));
        }
    }
}
