//! Handles: which prompts there are, in groups. What plays prompts asks for them by these names.
//!
//! The sizes of the groups, and the names of most handles, are those that clients of such platforms know; the others are
//! named here.

use std::sync::LazyLock;

/// A group of handles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Counted from 1.
    pub id: i64,
    /// Its name.
    pub name: &'static str,
}

/// A handle: the name of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The id, which never changes.
    pub id: i64,
    /// The group that it is in.
    pub group: &'static str,
    /// Its name, unique among all groups.
    pub name: &'static str,
}

/// The group whose prompts call forwards may play.
const ANNOUNCEMENTS: &str = "custom_announcements";

static HANDLES: LazyLock<Vec<Handle>> = LazyLock::new(|| {
    let rows = include_str!("../../data/sound_handles.tsv").lines().filter(|line| !line.starts_with('#'));
    let handle = |row: &'static str| {
        let mut fields = row.split('\t');
        Some(Handle { id: fields.next()?.parse().ok()?, group: fields.next()?, name: fields.next()? })
    };
    rows.filter_map(handle).collect()
});

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let mut names: Vec<&str> = HANDLES.iter().map(|handle| handle.group).collect();
    names.dedup();
    (1..).zip(names).map(|(id, name)| Group { id, name }).collect()
});

/// Every handle, by id.
#[must_use]
pub fn handles() -> &'static [Handle] {
    &HANDLES
}

/// Every group, by id.
#[must_use]
pub fn groups() -> &'static [Group] {
    &GROUPS
}

/// The handle of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Handle> {
    HANDLES.iter().find(|handle| handle.name == name)
}

/// Whether that is the id of a handle that call forwards may name.
#[must_use]
pub fn is_announcement(id: i64) -> bool {
    HANDLES.iter().any(|handle| handle.id == id && handle.group == ANNOUNCEMENTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_sizes_that_clients_know() {
        let sizes: Vec<(&str, usize)> = groups()
            .iter()
            .map(|group| (group.name, handles().iter().filter(|handle| handle.group == group.name).count()))
            .collect();
        let known = [
            ("early_rejects", 23),
            ("pbx", 33),
            ("calling_card", 15),
            ("music_on_hold", 1),
            ("mobile_push", 1),
            ("voucher_recharge", 5),
            ("play_balance", 4),
            ("digits", 38),
            ("conference", 10),
            ("malicious_call_identification", 1),
            ("custom_announcements", 10),
            ("recent_calls", 5),
            ("early_media", 5),
        ];
        assert_eq!(sizes, known);
    }

    #[test]
    fn handles_are_counted_without_gaps_and_named_once() {
        for (handle, id) in handles().iter().zip(1..) {
            assert_eq!(handle.id, id);
            assert_eq!(find(handle.name), Some(handle), "{} is there twice", handle.name);
        }
        assert_eq!(handles().len(), 151);
        let announcements: Vec<&str> =
            handles().iter().filter(|handle| is_announcement(handle.id)).map(|handle| handle.name).collect();
        assert_eq!((announcements.len(), announcements[0]), (10, "custom_announcement_0"));
        assert!(!is_announcement(0) && !is_announcement(152));
    }
}
