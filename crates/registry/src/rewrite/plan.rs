//! The rules of a set, compiled: what they make of numbers. Kept between calls until the set's rules change.
//!
//! All patterns of a way without variables are looked for at once, and only the first that matches is looked at again for
//! what its groups have matched: the time hardly grows with the number of rules. Those with variables are compiled for
//! each call, as long as they are not too large with the values. A rule whose variables have no values is passed over. Numbers with other characters than those of ASCII
//! match nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use regex::bytes::{Regex, RegexSet, RegexSetBuilder};
use store::{Tx, args};

use super::pattern::{self, Piece};
use super::{Rule, Way, of_sets};
use crate::id::{RewriteRuleId, RewriteSetId};
use crate::statement::statements;
use crate::turn::in_turn;
use crate::{Error, Result};

/// The values of variables by their names.
pub type Variables = BTreeMap<String, Vec<String>>;

statements! {
    VERSION = "SELECT version FROM rewrite_rule_sets WHERE id = $1";
}

/// Most numbers that are rewritten at once by [`apply`].
pub const MOST_NUMBERS: usize = 100;
/// About how many bytes all plans that are kept may take.
const MOST_KEPT: u64 = 64 << 20;
/// About how many bytes a plan, a rule of it and a part of a pattern take when all of them have been needed.
const OF_PLAN: u64 = 16 << 10;
const OF_RULE: u64 = 8 << 10;
const OF_PART: u64 = 200;

/// Plans with the versions of their sets, which are random, so that the sets of two databases differ.
type Kept = Cache<RewriteSetId, (i64, Arc<Plan>), Weighed>;

static KEPT: LazyLock<Kept> = LazyLock::new(|| {
    // In one piece, so that the largest plan has room in it.
    let options = OptionsBuilder::new().shards(1).estimated_items_capacity(1_000).weight_capacity(MOST_KEPT).build();
    let options = options.expect("capacities");
    Cache::with_options(options, Weighed, DefaultHashBuilder::default(), DefaultLifecycle::default())
});

#[derive(Clone)]
struct Weighed;

impl Weighter<RewriteSetId, (i64, Arc<Plan>)> for Weighed {
    fn weight(&self, _: &RewriteSetId, (_, plan): &(i64, Arc<Plan>)) -> u64 {
        plan.size
    }
}

/// The rules of a set as they are now; none where there is no such set.
///
/// # Errors
/// Only those of the database.
pub async fn of_set(tx: &mut Tx, set: RewriteSetId) -> Result<Option<Arc<Plan>>> {
    let Some(row) = tx.query_opt(VERSION, args![set]).await? else { return Ok(None) };
    let version: i64 = row.at(0)?;
    if let Some((_, plan)) = KEPT.get(&set).filter(|(of, _)| *of == version) {
        return Ok(Some(plan));
    }
    let rules = of_sets(tx, &[set.0]).await?.remove(&set).unwrap_or_default();
    let plan = Arc::new(in_turn(move || Plan::new(&rules)).await?);
    KEPT.insert(set, (version, plan.clone()));
    Ok(Some(plan))
}

/// What the rules of a way make of each number, as [`Plan::apply`], away from the threads that requests wait for.
///
/// # Errors
/// As [`Plan::apply`]; [`Error::Invalid`] for more than [`MOST_NUMBERS`].
pub async fn apply(plan: Arc<Plan>, way: Way, variables: Variables, numbers: Vec<String>) -> Result<Vec<Applied>> {
    if numbers.len() > MOST_NUMBERS {
        return Err(Error::invalid("numbers", format!("must be at most {MOST_NUMBERS}")));
    }
    in_turn(move || plan.apply(way, &variables, &numbers)).await?
}

/// What has become of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The number; the same where no rule matches.
    pub number: String,
    /// The rule that matched.
    pub rule: Option<RewriteRuleId>,
}

/// The rules of a set, compiled as far as they have been needed.
#[derive(Debug)]
pub struct Plan {
    rules: BTreeMap<Way, Vec<Line>>,
    sets: [OnceLock<Fixed>; Way::COUNT],
    /// About how many bytes it takes at most.
    size: u64,
}

/// A rule.
#[derive(Debug)]
struct Line {
    id: RewriteRuleId,
    pattern: String,
    replacement: Vec<Piece>,
    regex: OnceLock<Option<Regex>>,
}

/// The patterns of a way that have no variables.
#[derive(Debug)]
struct Fixed {
    /// All of them as one; none where that would be too large, as rules are that were not checked when they were made.
    set: Option<RegexSet>,
    /// Which line each of the set's patterns is of.
    lines: Vec<usize>,
    /// The lines to be tried one at a time.
    others: Vec<usize>,
}

impl Plan {
    /// A plan of these rules, given in the order in which they are tried.
    #[must_use]
    pub fn new(rules: &[Rule]) -> Plan {
        let mut ways: BTreeMap<Way, Vec<Line>> = BTreeMap::new();
        for rule in rules.iter().filter(|rule| rule.enabled) {
            let Ok(replacement) = pattern::parse(&rule.replace_pattern) else { continue };
            let (pattern, regex) = (rule.match_pattern.clone(), OnceLock::new());
            ways.entry(rule.way()).or_default().push(Line { id: rule.id, pattern, replacement, regex });
        }
        let lines = ways.values().flatten();
        let of = |line: &Line| OF_RULE.saturating_add(OF_PART.saturating_mul(pattern::weight(&line.pattern)));
        let size = lines.fold(OF_PLAN, |sum, line| sum.saturating_add(of(line)));
        Plan { rules: ways, sets: Default::default(), size }
    }

    /// The names of the variables that the rules of a way use.
    #[must_use]
    pub fn variables(&self, way: Way) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for line in self.rules.get(&way).into_iter().flatten() {
            names.extend(pattern::variables(&line.pattern).map(|(_, name)| name));
            names.extend(line.replacement.iter().filter_map(|piece| match piece {
                Piece::Variable(name) => Some(name.as_str()),
                _ => None,
            }));
        }
        names
    }

    /// What the rules of a way make of each number.
    ///
    /// # Errors
    /// [`Error::Conflict`] where patterns are too large with the values of their variables.
    pub fn apply<N: AsRef<str>>(&self, way: Way, variables: &Variables, numbers: &[N]) -> Result<Vec<Applied>> {
        let lines = self.rules.get(&way).map(Vec::as_slice).unwrap_or_default();
        let fixed = self.sets[way as usize].get_or_init(|| Fixed::new(lines));
        let mut others = Vec::with_capacity(fixed.others.len());
        let mut parts: u64 = 0;
        for line in fixed.others.iter().map(|n| &lines[*n]) {
            let filled = if line.varies() { line.fill(variables) } else { None };
            parts = parts.saturating_add(filled.as_deref().map_or(0, crate::pattern::weight));
            if parts > pattern::MOST_PARTS {
                let why = "the match patterns are too large with the values of their variables";
                return Err(Error::Conflict(why.to_owned()));
            }
            others.push((filled, OnceLock::new()));
        }
        // Compiled when the first number comes to them; only those without variables are kept for other calls.
        let other = |n: usize| {
            let line = &lines[fixed.others[n]];
            let (filled, regex) = &others[n];
            if line.varies() {
                regex.get_or_init(|| filled.as_deref().and_then(pattern::compile_filled)).as_ref()
            } else {
                line.compiled()
            }
        };
        let one = |number: &str| {
            let text = number.as_bytes();
            if !text.is_ascii() {
                return None;
            }
            let hits = fixed.set.as_ref().map(|set| set.matches(text));
            let mut hits = hits.iter().flatten().map(|n| fixed.lines[n]).peekable();
            let mut rest = (0..fixed.others.len()).peekable();
            loop {
                let (hit, next) = (hits.peek().copied(), rest.peek().copied());
                let (line, regex) = match (hit, next) {
                    (None, None) => return None,
                    (hit, Some(n)) if hit.is_none_or(|hit| fixed.others[n] < hit) => {
                        rest.next();
                        (&lines[fixed.others[n]], other(n))
                    }
                    (Some(hit), _) => {
                        hits.next();
                        let line = &lines[hit];
                        (line, line.compiled())
                    }
                    (None, Some(_)) => return None,
                };
                let found = regex.and_then(|regex| regex.captures(text));
                let number = found.and_then(|found| pattern::expand(&line.replacement, &found, variables));
                if let Some(number) = number {
                    return Some(Applied { number, rule: Some(line.id) });
                }
            }
        };
        let each = numbers.iter().map(AsRef::as_ref);
        let applied =
            each.map(|number| one(number).unwrap_or_else(|| Applied { number: number.to_owned(), rule: None }));
        Ok(applied.collect())
    }
}

impl Line {
    fn varies(&self) -> bool {
        pattern::variables(&self.pattern).next().is_some()
    }

    /// The pattern with those values; none where one is not there.
    fn fill(&self, variables: &Variables) -> Option<String> {
        pattern::fill(&self.pattern, &|name| variables.get(name).cloned()).map(Cow::into_owned)
    }

    /// The pattern as it is.
    fn compiled(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| pattern::compile(&self.pattern).ok()).as_ref()
    }
}

impl Fixed {
    fn new(lines: &[Line]) -> Fixed {
        let (others, fixed): (Vec<usize>, Vec<usize>) = (0..lines.len()).partition(|n| lines[*n].varies());
        let patterns = fixed.iter().map(|n| lines[*n].pattern.as_str());
        match RegexSetBuilder::new(patterns).unicode(false).size_limit(pattern::LARGEST_FILLED).build() {
            Ok(set) => Fixed { set: Some(set), lines: fixed, others },
            Err(_) => Fixed { set: None, lines: Vec::new(), others: (0..lines.len()).collect() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, Party};
    use super::*;

    fn rule(id: i64, pattern: &str, replacement: &str) -> Rule {
        Rule {
            id: RewriteRuleId(id),
            match_pattern: pattern.to_owned(),
            replace_pattern: replacement.to_owned(),
            ..Rule::default()
        }
    }

    fn rewritten(plan: &Plan, variables: &Variables, number: &str) -> (String, Option<i64>) {
        let applied = plan.apply(Way::CallerIn, variables, &[number]).expect("rewritten").remove(0);
        (applied.number, applied.rule.map(|id| id.0))
    }

    fn known() -> Variables {
        let of = |name: &str, values: &[&str]| (name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
        Variables::from([of("caller_cc", &["43"]), of("caller_ac", &["1"]), of("aliases", &["4311", "4312"])])
    }

    #[test]
    fn the_first_rule_that_matches_ends_it() {
        let mut off = rule(9, "^00", "never");
        off.enabled = false;
        let callee = Rule { field: Party::Callee, ..rule(8, "^00", "other-party") };
        let out = Rule { direction: Direction::Out, ..rule(7, "^00", "other-way") };
        let rules = [
            off,
            callee,
            out,
            rule(1, r"^(?:00|\+)([1-9]\d+)$", r"\1"),
            rule(2, r"^0([1-9]\d+)$", r"${caller_cc}\1"),
            rule(3, "^@{aliases}(.*)$", r"alias\1"),
            rule(4, r"^([1-9]\d+)$", r"${caller_cc}${caller_ac}\1"),
            rule(5, "^x${nobody_knows}$", "never"),
            rule(6, "^y(.)", r"${nobody_knows}\1"),
            rule(10, "^(y)(z)?", r"[\2\1]"),
        ];
        let plan = Plan::new(&rules);
        let table = [
            ("0044207946", "44207946", Some(1)),
            ("+44207946", "44207946", Some(1)),
            ("0664123", "43664123", Some(2)),
            ("431277", "alias77", Some(3)),
            ("4321", "4314321", Some(4)),
            ("000", "000", None),
            ("", "", None),
            ("x", "x", None),
            ("yz and more", "[zy]", Some(10)),
            ("y", "[y]", Some(10)),
            ("004420é", "004420é", None),
        ];
        for (number, wanted, by) in table {
            assert_eq!(rewritten(&plan, &known(), number), (wanted.to_owned(), by), "{number}");
        }
        assert_eq!(rewritten(&plan, &Variables::new(), "0664123"), ("0664123".to_owned(), None));
        assert_eq!(plan.apply(Way::CalleeIn, &known(), &["001"]).expect("rewritten")[0].rule, Some(RewriteRuleId(8)));
        assert_eq!(plan.apply(Way::CallerOut, &known(), &["001"]).expect("rewritten")[0].rule, Some(RewriteRuleId(7)));
        assert_eq!(plan.apply(Way::CalleeLnp, &known(), &["001"]).expect("rewritten")[0].rule, None);
        let used: Vec<_> = plan.variables(Way::CallerIn).into_iter().collect();
        assert_eq!(used, ["aliases", "caller_ac", "caller_cc", "nobody_knows"]);
    }

    /// A way with more rules than fit into one set says the same as one rule after the other.
    #[test]
    fn many_and_large_rules_are_tried_in_order() {
        for pad in ["", r"(?:\d{90}x)?"] {
            let one = |n: i64| rule(n, &format!(r"^{n}{pad}(\d{{3}})\d*$"), &format!(r"{n}-\1"));
            let rules: Vec<Rule> = (1..=1000).map(one).collect();
            let plan = Plan::new(&rules);
            for number in ["1234", "999123", "10001", "17771234567", "0"] {
                let alone = rules.iter().find_map(|rule| {
                    let regex = pattern::compile(&rule.match_pattern).expect("a pattern");
                    regex.is_match(number.as_bytes()).then_some(rule.id.0)
                });
                assert_eq!(rewritten(&plan, &Variables::new(), number).1, alone, "{number} {pad}");
            }
        }
    }

    #[test]
    fn values_that_are_too_many_are_refused() {
        let plan = Plan::new(&[rule(1, "^@{aliases}$", "me"), rule(2, "^1", "one")]);
        let numbers = |most: usize| {
            let each = (0..most).map(|n| format!("4311{n:06}")).collect();
            Variables::from([("aliases".to_owned(), each)])
        };
        let found = rewritten(&plan, &numbers(4_000), "4311003999");
        assert_eq!(found, ("me".to_owned(), Some(1)), "as many as a customer may have");
        let refused = plan.apply(Way::CallerIn, &numbers(5_000), &["1"]);
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }

    #[test]
    fn as_many_plans_are_kept_as_there_is_room_for() {
        let of = |n: i64| RewriteSetId(-n);
        let kept = |n: i64| KEPT.get(&of(n)).is_some();
        let large: Vec<Rule> = (0..1000).map(|n| rule(n, &format!(r"^00{n}(\d+)$"), "2")).collect();
        for n in 1..=20 {
            KEPT.insert(of(n), (1, Arc::new(Plan::new(&large))));
            assert!(kept(n), "{n}");
        }
        let count = (1..=20).filter(|n| kept(*n)).count();
        assert!((3..10).contains(&count), "{count}");
        assert!(KEPT.weight() <= MOST_KEPT);
        let largest: Vec<Rule> = (0..1000).map(|n| Rule { field: Party::Callee, ..rule(n, r"^\d{22}$", "") }).collect();
        KEPT.insert(of(21), (1, Arc::new(Plan::new(&largest))));
        assert!(kept(21));
    }
}
