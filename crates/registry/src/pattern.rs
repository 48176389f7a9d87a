//! Regular expressions that people write: what is wrong with one, in one line, and how large it is.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Why an expression was not compiled.
pub(crate) fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        // The last line of what a syntax error says is the reason, the others draw the place.
        other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    }
}

/// How many parts an expression has once its repetitions are written out: characters, ranges of classes, groups. It is
/// known without compiling it. A part takes less than a hundred bytes when it is compiled, and less than a microsecond.
pub(crate) fn weight(expression: &str) -> u64 {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'^' | b'$');
    if expression.bytes().all(plain) {
        return expression.len() as u64;
    }
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(expression);
    // What can't be parsed is refused wherever it is compiled.
    parsed.map_or(expression.len() as u64, |parsed| parts(&parsed))
}

fn parts(of: &Hir) -> u64 {
    let sum = |several: &[Hir], beside: u64| {
        several.iter().fold(0, |sum: u64, one| sum.saturating_add(parts(one)).saturating_add(beside))
    };
    match of.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Bytes(class)) => (class.ranges().len() as u64).max(1),
        // A range beyond ASCII becomes several sequences of bytes.
        HirKind::Class(Class::Unicode(class)) => {
            (class.ranges().len() as u64).saturating_mul(if class.is_ascii() { 1 } else { 16 }).max(1)
        }
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min)).max(1);
            times.saturating_mul(parts(&repetition.sub).saturating_add(1))
        }
        HirKind::Capture(capture) => parts(&capture.sub).saturating_add(2),
        HirKind::Concat(several) => sum(several, 0),
        HirKind::Alternation(several) => sum(several, 1).saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use regex::bytes::{RegexBuilder, RegexSetBuilder};

    use super::*;

    #[test]
    fn repetitions_are_written_out() {
        for (expression, wanted) in [
            ("", 0),
            ("^4312$", 6),
            (r"^00(\d+)$", 8),
            (r"^\d{10}$", 22),
            (r"^\d{3,15}$", 32),
            (r"(?:\d{10}){10}", 210),
            ("(?:a|bc)", 6),
            ("(", 1),
            ("a{1000}{1000}{1000}{1000}{1000}{1000}{1000}{1000}", u64::MAX),
        ] {
            let found = weight(expression);
            assert!(found == wanted || (wanted == u64::MAX && found > 1 << 60), "{expression}: {found}");
        }
    }

    /// Whatever the expressions are, so many parts can be compiled together in so many bytes.
    #[test]
    fn parts_bound_what_is_compiled() {
        for expression in [
            "^4366",
            r"^(\+|00)43(\d{3,15})$",
            "(?:[0-9a-z]{1,10}[0-9]{1,10}){1,8}[x-z]{40}",
            "[acegikmoqsuwy13579]{40}",
            "(?:a?){200}",
            "(?:1|a|b|c|dd|ee|fg|gh|hi|[a-z]{10})*x",
            "((((((((a)b)c)d)e)f)g)h){20}",
            "(?u:.){50}",
            "(?i)(abcdefghijk){20}",
            "(?:(?:|)|a){300}",
            r"(?m)^\b.*$",
        ] {
            let parts = weight(expression);
            let limit = |parts: u64| usize::try_from(parts * 100).expect("a size") + (1 << 10);
            let one = RegexBuilder::new(expression).unicode(false).size_limit(limit(parts)).build();
            assert!(one.is_ok(), "{expression}: {parts}");
            let several = 5_000 / parts.max(1) + 1;
            let all = (0..several).map(|n| format!("{expression}{n}"));
            let parts: u64 = all.clone().map(|one| weight(&one)).sum();
            let set = RegexSetBuilder::new(all).unicode(false).size_limit(limit(parts)).build();
            assert!(set.is_ok(), "{several} times {expression}: {parts}");
        }
    }
}
