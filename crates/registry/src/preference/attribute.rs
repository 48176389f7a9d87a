//! The attributes: what may be set, on which levels, with which values.
//!
//! They are data (`data/preferences.tsv`, `data/preference_choices.tsv`), read once. A line of the first names an
//! attribute: name, type (`bool`, `int`, `str`, `enum`, `blob`), how many values (1, or 0 for a list), the letters of
//! its levels, flags (`c` exposed to subscriberadmins, `s` exposed to subscribers, `r` read-only, `n` refers to a
//! record by its name, `x` secret, `i` internal), the code of its group, label, description. A line of the second has
//! the legal values of an enum on some levels, `*` before the default, `~` for "nothing set", a label after `=`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::caller::Role;
use crate::preference::Level;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// An integer.
    Int,
    /// Text.
    Text,
    /// One of its choices.
    Choice,
    /// A document with its content type.
    Blob,
}

/// An attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its name, unique.
    pub name: &'static str,
    /// What it holds, or what each member of its list holds.
    pub kind: Kind,
    /// Whether it is a list.
    pub list: bool,
    /// Which part of the whole it belongs to.
    pub group: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Set by the system, never by a caller, and not seen by any.
    pub internal: bool,
    /// Its value is the name of another record.
    pub named: bool,
    /// Offered to be looked at only.
    pub read_only: bool,
    /// Its value is kept out of the journal.
    pub secret: bool,
    exposed: Exposed,
    levels: &'static str,
    choices: Vec<(&'static str, Vec<Choice>)>,
}

/// One legal value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value; none stands for "nothing is set here".
    pub value: Option<&'static str>,
    /// What people call it.
    pub label: &'static str,
    /// Whether it is what holds where nothing else is set.
    pub default: bool,
}

/// Which of the subscribers' own logins an attribute is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exposed {
    Nobody,
    Administrators,
    Everyone,
}

impl Attribute {
    /// Whether it may be set on a level.
    #[must_use]
    pub fn is_on(&self, level: Level) -> bool {
        self.levels.contains(level.letter())
    }

    /// Whether callers of a role see and set it.
    #[must_use]
    pub fn is_shown_to(&self, role: Role) -> bool {
        let wanted = match role {
            Role::Admin | Role::Reseller | Role::CareAdmin | Role::Care => Exposed::Nobody,
            Role::Customer | Role::SubscriberAdmin => Exposed::Administrators,
            Role::Subscriber => Exposed::Everyone,
            Role::Intercept => return false,
        };
        !self.internal && self.exposed >= wanted
    }

    /// The legal values of an enum on a level; empty where it is not an enum or not on that level.
    #[must_use]
    pub fn choices(&self, level: Level) -> &[Choice] {
        let of_level = self.choices.iter().find(|(levels, _)| levels.contains(level.letter()));
        of_level.map_or(&[], |(_, choices)| choices)
    }

    /// What an enum is on a level where nothing is set.
    #[must_use]
    pub fn default_on(&self, level: Level) -> Option<&'static str> {
        self.choices(level).iter().find(|choice| choice.default).and_then(|choice| choice.value)
    }
}

static ATTRIBUTES: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    let mut choices: HashMap<&str, Vec<(&'static str, Vec<Choice>)>> = HashMap::new();
    for (name, levels, of_levels) in rows(include_str!("../../data/preference_choices.tsv")).filter_map(choices_of) {
        choices.entry(name).or_default().push((levels, of_levels));
    }
    let mut all: Vec<Attribute> = rows(include_str!("../../data/preferences.tsv")).filter_map(attribute).collect();
    for attribute in &mut all {
        attribute.choices = choices.remove(attribute.name).unwrap_or_default();
    }
    all.sort_by_key(|attribute| attribute.name);
    all
});

/// Every attribute, by name.
pub fn all() -> &'static [Attribute] {
    &ATTRIBUTES
}

/// The attribute of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Attribute> {
    let found = ATTRIBUTES.binary_search_by(|attribute| attribute.name.cmp(name)).ok()?;
    ATTRIBUTES.get(found)
}

/// The attributes of a level that callers of a role see, by name.
pub fn shown(level: Level, role: Role) -> impl Iterator<Item = &'static Attribute> {
    all().iter().filter(move |attribute| attribute.is_on(level) && attribute.is_shown_to(role))
}

/// The cells of each line that holds data.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn attribute(cells: Vec<&'static str>) -> Option<Attribute> {
    let &[name, kind, most, levels, flags, group, label, description] = &cells[..] else { return None };
    Some(Attribute {
        name,
        kind: match kind {
            "bool" => Kind::Flag,
            "int" => Kind::Int,
            "str" => Kind::Text,
            "enum" => Kind::Choice,
            "blob" => Kind::Blob,
            _ => return None,
        },
        list: most == "0",
        group: group_of(group)?,
        label,
        description,
        internal: flags.contains('i'),
        named: flags.contains('n'),
        read_only: flags.contains('r'),
        secret: flags.contains('x'),
        exposed: match (flags.contains('c'), flags.contains('s')) {
            (_, true) => Exposed::Everyone,
            (true, false) => Exposed::Administrators,
            (false, false) => Exposed::Nobody,
        },
        levels,
        choices: Vec::new(),
    })
}

/// The groups, each with its code in the table.
const GROUPS: [(&str, &str); 18] = [
    ("block", "Call Blockings"),
    ("access", "Access Restrictions"),
    ("number", "Number Manipulations"),
    ("media", "NAT and Media Flow Control"),
    ("auth", "Remote Authentication"),
    ("timer", "Session Timers"),
    ("internal", "Internals"),
    ("pbx", "Cloud PBX"),
    ("xmpp", "XMPP Settings"),
    ("app", "Applications"),
    ("device", "CPBX Device Administration"),
    ("firmware", "CPBX Device Firmware Settings"),
    ("ims", "IMS Application Server"),
    ("code", "SIP Response Codes"),
    ("codec", "Media Codec Transcoding Options"),
    ("cdr", "CDR/EDR Export Settings"),
    ("lnp", "Number Portability"),
    ("forward", "Call Forwards"),
];

fn group_of(code: &str) -> Option<&'static str> {
    GROUPS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

fn choices_of(cells: Vec<&'static str>) -> Option<(&'static str, &'static str, Vec<Choice>)> {
    let &[name, levels, values] = &cells[..] else { return None };
    Some((name, levels, values.split('|').map(choice).collect()))
}

fn choice(text: &'static str) -> Choice {
    let (text, default) = text.strip_prefix('*').map_or((text, false), |rest| (rest, true));
    let (value, label) = text.split_once('=').unwrap_or((text, text));
    Choice { value: (value != "~").then_some(value), label, default }
}
