//! What a resource declares of its query parameters and of its relations to others.

use registry::Role;

/// A query parameter that filters a collection.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The parameter.
    pub(crate) name: &'static str,
    /// The column of the source.
    pub(crate) column: &'static str,
    /// How they are compared.
    pub(crate) how: How,
    /// What it does, where the name does not say it.
    pub(crate) doc: &'static str,
}

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The value itself.
    Exact,
    /// A pattern with `*`.
    Wildcard,
    /// Any of the values between commas.
    Csv,
    /// None of the values between commas.
    NotCsv,
    /// A truth value.
    Boolean,
    /// A time that must be later.
    After,
    /// A time that must be earlier.
    Before,
}

macro_rules! filters {
    ($($(#[$meta:meta])* $name:ident => $how:ident;)*) => {$(
        $(#[$meta])*
        pub(crate) const fn $name(name: &'static str, column: &'static str) -> Filter {
            Filter { name, column, how: How::$how, doc: "" }
        }
    )*};
}

impl Filter {
    filters! {
        /// The value itself.
        exact => Exact;
        /// A pattern with `*`.
        wildcard => Wildcard;
        /// Any of the values between commas.
        csv => Csv;
        /// None of the values between commas.
        not_csv => NotCsv;
        /// A truth value.
        boolean => Boolean;
        /// A time that must be later.
        after => After;
        /// A time that must be earlier.
        before => Before;
    }

    /// What it does.
    pub(crate) const fn doc(self, doc: &'static str) -> Filter {
        Filter { doc, ..self }
    }
}

/// A relation of an item.
#[derive(Debug)]
pub(crate) struct Link {
    /// The relation without `ngcp:`.
    pub(crate) rel: &'static str,
    /// Where it leads; `{field}` stands for a field of the item. A field that is null or not there makes no link, one
    /// that is an array a link for each member; `{field.member}` takes a member of each.
    pub(crate) href: &'static str,
    /// A field that has to hold something other than false for there to be a link at all.
    pub(crate) when: Option<&'static str>,
    /// Which roles see it; none: all.
    pub(crate) seen_by: Option<&'static [Role]>,
}

impl Link {
    /// A relation.
    pub(crate) const fn to(rel: &'static str, href: &'static str) -> Link {
        Link { rel, href, when: None, seen_by: None }
    }

    /// The field that has to hold something other than false.
    pub(crate) const fn when(self, field: &'static str) -> Link {
        Link { when: Some(field), ..self }
    }

    /// Which roles see it.
    pub(crate) const fn seen_by(self, roles: &'static [Role]) -> Link {
        Link { seen_by: Some(roles), ..self }
    }
}
