//! Finding the name that was probably meant.

/// Longest name that is compared, so that the cost stays small whatever was typed.
const LONGEST: usize = 64;

/// The candidate that `typed` is probably a slip of: few letters away, or the same last part under another table.
pub(super) fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if typed.len() > LONGEST {
        return None;
    }
    let wanted = typed.to_ascii_lowercase();
    let by_letters = candidates
        .clone()
        .map(|name| (distance(&wanted, &name.to_ascii_lowercase()), name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= 1 + name.len() / 8);
    let by_last_part = || candidates.clone().find(|name| last(name) == last(&wanted));
    by_letters.map(|(_, name)| name).or_else(by_last_part)
}

/// `; did you mean NAME?`, or nothing.
pub(super) fn hint<'a>(typed: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> String {
    nearest(typed, candidates).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Letters to insert, delete or replace to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn prefers_the_slip_and_then_the_last_part() {
        let names = ["worker.lease", "worker.poll", "log.format"];
        assert_eq!(nearest("worker.leese", names.into_iter()), Some("worker.lease"));
        assert_eq!(nearest("poll", names.into_iter()), Some("worker.poll"));
        assert_eq!(nearest("something", names.into_iter()), None);
        assert_eq!(nearest(&"x".repeat(1_000), names.into_iter()), None);
    }
}
