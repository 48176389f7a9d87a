//! Whether a level admits a call.

use std::collections::HashMap;

use regex::bytes::RegexSet;
use regex::bytes::RegexSetBuilder;
use store::{Tx, args};

use super::{Level, Mode};
use crate::id::NcosLevelId;
use crate::record;
use crate::statement::statements;
use crate::{Error, Result};

/// Most bytes of memory that the compiled patterns of a level, or of a carrier in it, may take.
const MOST_COMPILED: usize = 1 << 26;

statements! {
    PATTERNS = "SELECT pattern FROM ncos_patterns WHERE ncos_level_id = $1";
    CARRIER = "SELECT c.carrier_id, p.pattern FROM ncos_lnp_carriers c \
        LEFT JOIN ncos_lnp_patterns p ON p.ncos_lnp_id = c.id WHERE c.ncos_level_id = $1 AND c.carrier_id = $2";
}

/// What of a call a level looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call<'a> {
    /// The number that is called, as the dial plan of the platform has it.
    pub number: &'a str,
    /// The carrier that the number is ported to.
    pub carrier: Option<i64>,
    /// Whether it lies in the caller's own area code.
    pub own_area: bool,
    /// Whether it is in the caller's own PBX.
    pub own_pbx: bool,
}

/// A level, ready to be asked about calls at the times at which it holds.
#[derive(Clone, Debug)]
pub struct Screen {
    mode: Mode,
    own_area: bool,
    own_pbx: bool,
    patterns: RegexSet,
    /// The carriers with their patterns; without any, all that is ported to the carrier is meant.
    carriers: HashMap<i64, Option<RegexSet>>,
}

impl Screen {
    /// Of a level, its patterns, and its carriers with theirs.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `pattern` where one is no regular expression, or where they are too many together.
    pub fn new(level: &Level, patterns: &[String], carriers: &HashMap<i64, Vec<String>>) -> Result<Screen> {
        let of_carrier = |(id, patterns): (&i64, &Vec<String>)| {
            let set = if patterns.is_empty() { None } else { Some(compile(patterns)?) };
            Ok((*id, set))
        };
        Ok(Screen {
            mode: level.mode,
            own_area: level.local_ac,
            own_pbx: level.intra_pbx,
            patterns: compile(patterns)?,
            carriers: carriers.iter().map(of_carrier).collect::<Result<_>>()?,
        })
    }

    /// Whether the level admits the call.
    #[must_use]
    pub fn admits(&self, call: &Call<'_>) -> bool {
        self.names(call) == (self.mode == Mode::Whitelist)
    }

    /// Whether the level names the call.
    fn names(&self, call: &Call<'_>) -> bool {
        let number = call.number.as_bytes();
        let carrier = call.carrier.and_then(|carrier| self.carriers.get(&carrier));
        (self.own_area && call.own_area)
            || (self.own_pbx && call.own_pbx)
            || self.patterns.is_match(number)
            || carrier.is_some_and(|patterns| patterns.as_ref().is_none_or(|set| set.is_match(number)))
    }
}

fn compile(patterns: &[String]) -> Result<RegexSet> {
    let set = RegexSetBuilder::new(patterns).unicode(false).size_limit(MOST_COMPILED).build();
    set.map_err(|error| Error::invalid("pattern", format!("is no regular expression: {error}")))
}

/// The level of that id, ready to be asked about calls to numbers that are ported to that carrier, or to none; none where
/// there is no such level. However many carriers it names, there are the patterns of the level and of one of them, which
/// take at most `MOST_COMPILED` bytes each.
///
/// # Errors
/// As [`Screen::new`].
pub async fn screen(tx: &mut Tx, id: NcosLevelId, carrier: Option<i64>) -> Result<Option<Screen>> {
    let Some(level) = record::load::<Level>(tx, &[id.0]).await?.pop() else { return Ok(None) };
    let rows = tx.query(PATTERNS, args![id]).await?;
    let patterns = rows.iter().map(|row| Ok(row.at(0)?)).collect::<Result<Vec<String>>>()?;
    let mut carriers: HashMap<i64, Vec<String>> = HashMap::new();
    for row in tx.query(CARRIER, args![id, carrier]).await? {
        let pattern: Option<String> = row.at(1)?;
        carriers.entry(row.at(0)?).or_default().extend(pattern);
    }
    Screen::new(&level, &patterns, &carriers).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(mode: Mode) -> Level {
        Level { mode, local_ac: true, intra_pbx: true, ..Level::default() }
    }

    #[test]
    fn what_a_level_names_is_admitted_or_refused() {
        let patterns = ["^43".to_owned(), r"^49\d{3}$".to_owned()];
        let carriers = HashMap::from([(7, Vec::new()), (8, vec!["^4477".to_owned()])]);
        let to = |number| Call { number, ..Call::default() };
        let table = [
            (to("4311001"), true),
            (to("49123"), true),
            (to("491234"), false),
            (to("0043"), false),
            (to(""), false),
            (Call { carrier: Some(7), ..to("33123") }, true),
            (Call { carrier: Some(8), ..to("33123") }, false),
            (Call { carrier: Some(8), ..to("447700") }, true),
            (Call { carrier: Some(9), ..to("447700") }, false),
            (Call { own_area: true, ..to("33123") }, true),
            (Call { own_pbx: true, ..to("33123") }, true),
        ];
        let white = Screen::new(&level(Mode::Whitelist), &patterns, &carriers).expect("a level");
        let black = Screen::new(&level(Mode::Blacklist), &patterns, &carriers).expect("a level");
        for (call, named) in table {
            assert_eq!(white.admits(&call), named, "{call:?}");
            assert_eq!(black.admits(&call), !named, "{call:?}");
        }
    }

    #[test]
    fn own_area_and_own_pbx_count_only_where_the_level_says_so() {
        let plain = Level { mode: Mode::Whitelist, ..Level::default() };
        let screen = Screen::new(&plain, &[], &HashMap::new()).expect("a level");
        let call = Call { number: "1", carrier: None, own_area: true, own_pbx: true };
        assert!(!screen.admits(&call), "an empty whitelist admits nothing");
        let plain = Level { mode: Mode::Blacklist, ..Level::default() };
        let screen = Screen::new(&plain, &[], &HashMap::new()).expect("a level");
        assert!(screen.admits(&call), "an empty blacklist refuses nothing");
    }
}
