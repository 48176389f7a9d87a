//! Queries of list calls: filters, order and range, and what lists answer with.

use registry::listing::{Condition, Query};
use store::Val;

use crate::soap::wire;

/// Most rows that one call answers with; clients ask for up to 5,000.
const MOST_ROWS: i64 = 10_000;

wire! {
    /// What a list is ordered by.
    OrderBy {
        /// The attribute; one that the list can't be ordered by counts as none.
        attribute as "attribute": String,
        /// ASC or DESC.
        direction as "direction": String,
    }
}

wire! {
    /// Which rows of a list are wanted.
    Range {
        /// How many are left out.
        start as "start": i64,
        /// How many are wanted; 0: as many as one call answers with.
        count as "count": i64,
    }
}

impl Range {
    /// How many rows are left out, and how many are wanted at most.
    pub(crate) fn bounds(&self) -> (i64, i64) {
        let count = if self.count > 0 { self.count.min(MOST_ROWS) } else { MOST_ROWS };
        (self.start.max(0), count)
    }
}

/// A pattern of this dialect as the registry has it: a backslash is one.
pub(crate) fn escaped(pattern: &str) -> String {
    pattern.replace('\\', "\\\\")
}

/// The conditions that a filter makes. Empty text and zero mean that there is none.
#[derive(Debug, Default)]
pub(crate) struct Filters(Vec<Condition>);

impl Filters {
    /// Text with `%` and `_` as wildcards, whatever the case; without them the text itself.
    pub(crate) fn text(mut self, column: &'static str, pattern: &str) -> Filters {
        if !pattern.is_empty() {
            self.0.push(Condition::Alike(column, escaped(pattern)));
        }
        self
    }

    /// As [`Filters::text`], for columns that are kept in lower case: the text itself and what begins so are found by the
    /// index.
    pub(crate) fn name(mut self, column: &'static str, pattern: &str) -> Filters {
        let pattern = pattern.trim().to_lowercase();
        let begins = pattern.strip_suffix('%').unwrap_or(&pattern);
        match begins.contains(['%', '_', '\\', '*']) {
            _ if pattern.is_empty() => self,
            true => self.text(column, &pattern),
            false if begins.len() == pattern.len() => self.and(Condition::Is(column, Val::from(pattern))),
            false if begins.is_empty() => self,
            false => {
                self.0.push(Condition::Like(column, format!("{begins}*")));
                self
            }
        }
    }

    /// A user name: those that other doors have made may have capitals, and are found as they are written or in lower case.
    pub(crate) fn username(self, column: &'static str, pattern: &str) -> Filters {
        let pattern = pattern.trim();
        match pattern {
            "" => self,
            _ if pattern.contains(['%', '_', '\\']) => self.text(column, pattern),
            _ => self.and(Condition::Among(column, vec![Val::from(pattern), Val::from(pattern.to_lowercase())])),
        }
    }

    /// As [`Filters::text`], where one condition asks for the text itself and another one for a pattern.
    pub(crate) fn matching(self, column: &'static str, like: &'static str, pattern: &str) -> Filters {
        match pattern {
            "" => self,
            _ if pattern.contains(['%', '_']) => self.pattern(like, pattern),
            _ => self.and(Condition::Is(column, Val::from(pattern))),
        }
    }

    /// As [`Filters::text`], for a condition of the list's own that is given the pattern.
    pub(crate) fn pattern(self, column: &'static str, pattern: &str) -> Filters {
        if pattern.is_empty() { self } else { self.and(Condition::Is(column, Val::from(escaped(pattern)))) }
    }

    /// An id.
    pub(crate) fn id(mut self, column: &'static str, id: i64) -> Filters {
        if id != 0 {
            self.0.push(Condition::Is(column, Val::Int(id)));
        }
        self
    }

    /// Any other condition.
    pub(crate) fn and(mut self, condition: Condition) -> Filters {
        self.0.push(condition);
        self
    }

    /// The query with an order and a range. `orders` says by which column rows are ordered for an attribute.
    pub(crate) fn query(self, order: &OrderBy, range: &Range, orders: &[(&str, &'static str)]) -> Query {
        let by = orders.iter().find(|(attribute, _)| *attribute == order.attribute).map(|(_, column)| *column);
        let (offset, limit) = range.bounds();
        Query {
            conditions: self.0,
            order: by,
            descending: by.is_some() && order.direction.eq_ignore_ascii_case("DESC"),
            offset,
            limit,
            count: true,
        }
    }
}

/// Declares a list: the query for it with its filter, what it is answered with, and by which columns it is ordered for an
/// attribute.
macro_rules! list {
    (
        $(#[doc = $doc:literal])*
        $query:ident($filter:ty) -> $list:ident { $items:ident as $wire:literal: $type:ty }
        by { $first:literal as $column:literal $(, $attribute:literal as $other:literal)* $(,)? }
    ) => {
        wire! {
            /// Which rows of a list are wanted, in which order, and which part of them.
            $query {
                /// Which ones.
                filter as "filter": $filter,
                #[doc = concat!("In which order: by ", $first $(, ", ", $attribute)*, ".")]
                order as "orderBy": $crate::query::OrderBy,
                /// Which part of the list.
                range as "range": $crate::query::Range,
            }
        }

        wire! {
            $(#[doc = $doc])*
            $list {
                /// How many there are on all pages.
                total as "total": i64,
                /// Those of this page.
                $items as $wire: Vec<$type>,
            }
        }

        impl $query {
            /// The registry's query for those that meet these conditions.
            fn of(&self, filters: Filters) -> registry::listing::Query {
                filters.query(&self.order, &self.range, &[($first, $column) $(, ($attribute, $other))*])
            }
        }
    };
}

pub(crate) use list;
