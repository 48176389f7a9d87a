//! The rules of a set, compiled: what they make of numbers. Kept between calls until the set's rules change.
//!
//! All patterns of a way without variables are looked for at once, and only the first that matches is looked at again for
//! what its groups have matched: the time hardly grows with the number of rules. Those with variables are compiled for
//! each call. A rule whose variables have no values is passed over. Numbers with other characters than those of ASCII
//! match nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regex::bytes::{Regex, RegexSet, RegexSetBuilder};
use store::{Tx, args};

use super::pattern::{self, Piece};
use super::{Rule, Way, of_sets};
use crate::Result;
use crate::id::{RewriteRuleId, RewriteSetId};
use crate::statement::statements;

/// The values of variables by their names.
pub type Variables = BTreeMap<String, Vec<String>>;

statements! {
    VERSION = "SELECT version FROM rewrite_rule_sets WHERE id = $1";
}

/// Most rules in all plans that are kept; a plan without rules counts as one.
const MOST_KEPT: usize = 10_000;

/// The plans that are kept, the last used at the end.
static KEPT: Mutex<Vec<(Key, Arc<Plan>)>> = Mutex::new(Vec::new());

/// A set and its version. Versions are random, so that the sets of two databases differ.
type Key = (RewriteSetId, i64);

/// The rules of a set as they are now; none where there is no such set.
///
/// # Errors
/// Only those of the database.
pub async fn of_set(tx: &mut Tx, set: RewriteSetId) -> Result<Option<Arc<Plan>>> {
    let Some(row) = tx.query_opt(VERSION, args![set]).await? else { return Ok(None) };
    let key = (set, row.at(0)?);
    if let Some(plan) = kept(key) {
        return Ok(Some(plan));
    }
    let rules = of_sets(tx, &[set.0]).await?.remove(&set).unwrap_or_default();
    let plan = Arc::new(Plan::new(&rules));
    keep(key, &plan);
    Ok(Some(plan))
}

fn kept(key: Key) -> Option<Arc<Plan>> {
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let at = all.iter().position(|(of, _)| *of == key)?;
    let used = all.remove(at);
    let plan = used.1.clone();
    all.push(used);
    Some(plan)
}

fn keep(key: Key, plan: &Arc<Plan>) {
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|((set, _), _)| *set != key.0);
    all.push((key, plan.clone()));
    let mut room = MOST_KEPT;
    let first = all.iter().rposition(|(_, plan)| {
        let size = plan.size();
        let fits = size <= room;
        room = room.saturating_sub(size);
        !fits
    });
    // The newest is kept, whatever its size.
    if let Some(first) = first {
        let last = all.len() - 1;
        all.drain(..(first + 1).min(last));
    }
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
    /// All of them as one; none where that would be too large.
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
        Plan { rules: ways, sets: Default::default() }
    }

    fn size(&self) -> usize {
        self.rules.values().map(Vec::len).sum::<usize>().max(1)
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
    #[must_use]
    pub fn apply<N: AsRef<str>>(&self, way: Way, variables: &Variables, numbers: &[N]) -> Vec<Applied> {
        let lines = self.rules.get(&way).map(Vec::as_slice).unwrap_or_default();
        let fixed = self.sets[way as usize].get_or_init(|| Fixed::new(lines));
        let values = |name: &str| variables.get(name).cloned();
        let compiled =
            |line: &Line| pattern::fill(&line.pattern, &values).and_then(|filled| pattern::compile(&filled).ok());
        // Compiled for this call when the first number comes to them.
        let others: Vec<OnceLock<Option<Regex>>> = fixed.others.iter().map(|_| OnceLock::new()).collect();
        let other = |n: usize| others[n].get_or_init(|| compiled(&lines[fixed.others[n]])).as_ref();
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
                        (line, line.regex.get_or_init(|| pattern::compile(&line.pattern).ok()).as_ref())
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
        each.map(|number| one(number).unwrap_or_else(|| Applied { number: number.to_owned(), rule: None })).collect()
    }
}

impl Fixed {
    fn new(lines: &[Line]) -> Fixed {
        let varies = |line: &Line| pattern::variables(&line.pattern).next().is_some();
        let (others, fixed): (Vec<usize>, Vec<usize>) = (0..lines.len()).partition(|n| varies(&lines[*n]));
        let patterns = fixed.iter().map(|n| lines[*n].pattern.as_str());
        match RegexSetBuilder::new(patterns).unicode(false).build() {
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
        let applied = plan.apply(Way::CallerIn, variables, &[number]).remove(0);
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
        assert_eq!(plan.apply(Way::CalleeIn, &known(), &["001"])[0].rule, Some(RewriteRuleId(8)));
        assert_eq!(plan.apply(Way::CallerOut, &known(), &["001"])[0].rule, Some(RewriteRuleId(7)));
        assert_eq!(plan.apply(Way::CalleeLnp, &known(), &["001"])[0].rule, None);
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
    fn as_many_plans_are_kept_as_there_is_room_for() {
        let of = |n: i64| (RewriteSetId(-n), 1);
        let large: Vec<Rule> = (0..1000).map(|n| rule(n, "^1$", "2")).collect();
        for n in 1..=20 {
            keep(of(n), &Arc::new(Plan::new(&large)));
        }
        assert!(kept(of(20)).is_some() && kept(of(11)).is_some() && kept(of(10)).is_none());
        keep(of(21), &Arc::new(Plan::new(&large)));
        assert!(kept(of(11)).is_some(), "used last");
        assert!(kept(of(12)).is_none());
        keep((RewriteSetId(-20), 2), &Arc::new(Plan::new(&[])));
        assert!(kept(of(20)).is_none(), "only the last version is kept");
    }
}
