//! Lists of ids: what a caller may see of a table, filtered, ordered, counted and cut into pages.
//!
//! A [`Source`] says once what of a table may be listed, how its rows belong to accounts and what may be filtered and
//! ordered by. The condition of the caller's scope is added here, so that a face can't forget it. Without a filter or
//! with one equality that the source keeps a tally of, any page and the exact count cost the same at any size; other
//! filters cost what the database needs to find and count what matches.

mod batch;
mod page;

use std::collections::BTreeMap;

pub(crate) use batch::{for_ids, for_ids_at, in_order};
#[cfg(test)]
pub(crate) use page::exposed;
pub(crate) use page::{STATEMENTS, acting};
pub use page::{hold, page, seen, shows};
use store::{Tx, Val};

use crate::{Error, Result, Role, tally};

/// What of a table may be listed.
#[derive(Debug)]
pub struct Source {
    /// The list's name, under which its rows are counted.
    pub name: &'static str,
    /// What it is read from; the table with the ids is `t`.
    pub from: &'static str,
    /// Which of its rows are in the list at all, such as `t.status <> 'terminated'`; empty: all.
    pub fixed: &'static str,
    /// How rows belong to those who may see them.
    pub reach: Reach,
    /// What may be filtered and ordered by.
    pub columns: &'static [Column],
    /// Columns with integers for whose values rows are counted; that of `reach.reseller` should be among them.
    pub tallies: &'static [&'static str],
}

/// The columns by which a row belongs to a reseller, to an account and to a subscriber. Where there is none, callers
/// of that kind see nothing.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Name of the column with the reseller's id.
    pub reseller: Option<&'static str>,
    /// Name of the column with the account's id.
    pub account: Option<&'static str>,
    /// Name of the column with the subscriber's id.
    pub subscriber: Option<&'static str>,
    /// With whom rows are shared beside.
    pub shared: Shared,
    /// The roles that may know of the list at all, where those are not all that may see such rows.
    pub only: Option<&'static [Role]>,
}

/// With whom rows are shared beside those whom they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// With nobody.
    No,
    /// With whoever may look at the list at all.
    WithAll,
    /// With every subscriber of the row's account.
    WithAccount,
    /// With the customers and subscribers of the row's reseller where the column of that name is true.
    Exposed(&'static str),
    /// With the customer that the column of that name names, and with the customers above that one.
    WithOwner(&'static str),
}

impl Reach {
    /// For administrators only.
    pub const NOBODY: Reach = Reach { reseller: None, account: None, subscriber: None, shared: Shared::No, only: None };
    /// For whoever may look at the list at all.
    pub const EVERYBODY: Reach = Reach { shared: Shared::WithAll, ..Reach::NOBODY };
    /// For administrators and the row's reseller.
    pub const RESELLER: Reach = Reach { reseller: Some("reseller_id"), ..Reach::NOBODY };
    /// For administrators, the row's reseller, and the account in `account_id`.
    pub const ACCOUNT: Reach = Reach { account: Some("account_id"), ..Reach::RESELLER };
    /// For administrators, the row's reseller, the account in `account_id` and the subscriber in `subscriber_id`.
    pub const SUBSCRIBER: Reach = Reach { subscriber: Some("subscriber_id"), ..Reach::ACCOUNT };
}

/// A column that may be filtered and ordered by.
#[derive(Debug)]
pub struct Column {
    /// Its name in the registry.
    pub name: &'static str,
    /// Its SQL, such as `t.name`.
    pub sql: &'static str,
    /// What it holds.
    pub holds: Holds,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Integers, also times.
    Int,
    /// Text.
    Text,
    /// Booleans.
    Bool,
    /// Nothing: its SQL is a condition with a `?` for an integer or text, which only [`Condition::Is`] asks.
    Match,
}

impl Column {
    /// Integers.
    pub const fn int(name: &'static str, sql: &'static str) -> Column {
        Column { name, sql, holds: Holds::Int }
    }
    /// Text.
    pub const fn text(name: &'static str, sql: &'static str) -> Column {
        Column { name, sql, holds: Holds::Text }
    }
    /// Booleans.
    pub const fn bool(name: &'static str, sql: &'static str) -> Column {
        Column { name, sql, holds: Holds::Bool }
    }
    /// A condition with a `?` in it.
    pub const fn matching(name: &'static str, sql: &'static str) -> Column {
        Column { name, sql, holds: Holds::Match }
    }
}

/// Most values in a [`Condition::Among`] or [`Condition::NotAmong`]; further ones are left out.
pub const MOST_VALUES: usize = 100;

/// One condition on a column of the source.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The value itself.
    Is(&'static str, Val),
    /// Any of the values.
    Among(&'static str, Vec<Val>),
    /// None of the values.
    NotAmong(&'static str, Vec<Val>),
    /// A pattern in which `*` stands for any text and a backslash takes the next character as it is. Text only. A
    /// pattern with its one star at the end looks at the part of the index that begins so.
    Like(&'static str, String),
    /// A pattern in which `%` stands for any text, `_` for any character and a backslash takes the next character as it
    /// is, whatever the case. Text only; no index helps.
    Alike(&'static str, String),
    /// Greater than the value.
    Above(&'static str, Val),
    /// Less than the value.
    Below(&'static str, Val),
    /// No value (or, false, any value).
    Null(&'static str, bool),
    /// Nothing: the value that was asked for can't be there.
    Never,
}

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// All of which must hold.
    pub conditions: Vec<Condition>,
    /// The column to order by; none or `id`: by id.
    pub order: Option<&'static str>,
    /// From the greatest to the least.
    pub descending: bool,
    /// Rows to leave out at the start.
    pub offset: i64,
    /// Most rows.
    pub limit: i64,
    /// Whether rows are counted.
    pub count: bool,
}

/// A page of ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The ids, in order.
    pub ids: Vec<i64>,
    /// How many rows there are on all pages, where that was asked for.
    pub total: Option<i64>,
    /// Whether there are rows after this page.
    pub more: bool,
}

/// Conditions as SQL with their parameters.
struct Where {
    sql: String,
    values: Vec<Val>,
}

impl Where {
    /// Adds a condition; `?` stands for the value.
    fn and(&mut self, condition: &str, value: impl Into<Val>) {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.raw(&condition.replace('?', &place));
    }

    fn raw(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }
}

impl Source {
    /// The column of that name, if the list has it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of the table, such as `account_id`, that is shown by a name of the list's, such as `customer_id`.
    pub(crate) fn column_of_row(&self, name: &str) -> Option<&'static str> {
        self.column(name)?.sql.rsplit('.').next()
    }

    fn sql(&self, name: &str) -> Result<&'static str> {
        match self.column(name) {
            Some(column) => Ok(column.sql),
            None if name == "id" => Ok("t.id"),
            None => Err(Error::Internal(format!("list {} has no column {name}", self.name))),
        }
    }

    /// Counts a row in (1) or out (-1), with the values of its tallied columns.
    pub(crate) fn count(&self, tx: &mut Tx, id: i64, values: &[(&str, i64)], amount: i64) {
        tally::add(tx, self.name, 0, id, amount);
        for column in self.tallies {
            if let Some((_, value)) = values.iter().find(|(name, _)| name == column) {
                tally::add(tx, column_list(self, column), *value, id, amount);
            }
        }
    }

    /// Counts a row that has another value in a tallied column than before.
    pub(crate) fn recount(&self, tx: &mut Tx, id: i64, column: &'static str, before: i64, after: i64) {
        for (value, amount) in [(before, -1), (after, 1)] {
            tally::add(tx, column_list(self, column), value, id, amount);
        }
    }

    /// How many rows there are for each of those values of a column that the list keeps tallies of.
    pub(crate) async fn totals(&self, tx: &mut Tx, column: &'static str, values: &[i64]) -> Result<BTreeMap<i64, i64>> {
        tally::totals(tx, column_list(self, column), values).await
    }

    /// The statement of the whole list.
    #[cfg(test)]
    pub(crate) fn statement(
        &self,
        conditions: &[Condition],
        order: Option<&str>,
        descending: bool,
    ) -> Result<(String, Vec<Val>)> {
        let mut filter = Where { sql: String::new(), values: Vec::new() };
        self.conditions(&mut filter, conditions)?;
        let sql = format!("SELECT t.id FROM {}{}{}", self.from, filter.sql, self.order(order, descending)?);
        Ok((sql, filter.values))
    }

    fn order(&self, order: Option<&str>, descending: bool) -> Result<String> {
        let direction = if descending { "DESC" } else { "ASC" };
        let nulls = if descending { "LAST" } else { "FIRST" };
        match order.filter(|name| *name != "id") {
            None => Ok(format!(" ORDER BY t.id {direction}")),
            Some(name) => Ok(format!(" ORDER BY {} {direction} NULLS {nulls}, t.id {direction}", self.sql(name)?)),
        }
    }

    fn conditions(&self, filter: &mut Where, conditions: &[Condition]) -> Result<()> {
        if !self.fixed.is_empty() {
            filter.raw(self.fixed);
        }
        for condition in conditions {
            match condition {
                Condition::Is(name, value) if self.column(name).is_some_and(|column| column.holds == Holds::Match) => {
                    filter.and(self.sql(name)?, value.clone());
                }
                Condition::Is(name, value) => filter.and(&format!("{} = ?", self.sql(name)?), value.clone()),
                Condition::Above(name, value) => filter.and(&format!("{} > ?", self.sql(name)?), value.clone()),
                Condition::Below(name, value) => filter.and(&format!("{} < ?", self.sql(name)?), value.clone()),
                Condition::Null(name, true) => filter.raw(&format!("{} IS NULL", self.sql(name)?)),
                Condition::Null(name, false) => filter.raw(&format!("{} IS NOT NULL", self.sql(name)?)),
                Condition::Never => filter.raw("1 = 0"),
                Condition::Among(name, values) => self.among(filter, name, "IN", values)?,
                Condition::NotAmong(name, values) => self.among(filter, name, "NOT IN", values)?,
                Condition::Like(name, pattern) => like(filter, self.sql(name)?, pattern),
                Condition::Alike(name, pattern) => {
                    let sql = format!("LOWER({}) LIKE LOWER(?) ESCAPE '\\'", self.sql(name)?);
                    filter.and(&sql, pattern.as_str());
                }
            }
        }
        Ok(())
    }

    fn among(&self, filter: &mut Where, name: &str, word: &str, values: &[Val]) -> Result<()> {
        // Filled up with repetitions, so that there are few different statements.
        let n = values.len().min(MOST_VALUES);
        let size = [1, 10, MOST_VALUES].into_iter().find(|size| *size >= n).unwrap_or(MOST_VALUES);
        let filled = values.iter().take(n).chain(values.last().into_iter().cycle()).take(size);
        let first = filter.values.len();
        filter.values.extend(filled.cloned());
        let places: Vec<String> = (first + 1..=filter.values.len()).map(|n| format!("${n}")).collect();
        if values.is_empty() {
            filter.raw(if word == "IN" { "1 = 0" } else { "1 = 1" });
        } else {
            filter.raw(&format!("{} {word} ({})", self.sql(name)?, places.join(", ")));
        }
        Ok(())
    }
}

/// The name under which the rows of a column's values are counted.
fn column_list(source: &Source, column: &'static str) -> &'static str {
    // Lists and their columns are few and fixed: the names are made once.
    static NAMES: std::sync::Mutex<Vec<(&str, &str, &str)>> = std::sync::Mutex::new(Vec::new());
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, _, name)) = names.iter().find(|(list, of, _)| *list == source.name && *of == column) {
        return name;
    }
    let name: &'static str = Box::leak(format!("{} by {column}", source.name).into_boxed_str());
    names.push((source.name, column, name));
    name
}

fn like(filter: &mut Where, column: &str, pattern: &str) {
    let mut literal = String::new();
    let mut sql = String::new();
    let mut stars = 0;
    let mut last_is_star = false;
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        last_is_star = c == '*';
        let c = if c == '\\' { characters.next().unwrap_or('\\') } else { c };
        if last_is_star {
            stars += 1;
            sql.push('%');
            continue;
        }
        literal.push(c);
        if matches!(c, '%' | '_' | '\\') {
            sql.push('\\');
        }
        sql.push(c);
    }
    match (stars, last_is_star) {
        (0, _) => filter.and(&format!("{column} = ?"), literal),
        (1, true) if !literal.is_empty() => {
            // The greatest character that both engines order last, so that the range ends after all that begin so.
            let end = format!("{literal}\u{10FFFF}");
            filter.and(&format!("{column} >= ?"), literal);
            filter.and(&format!("{column} < ?"), end);
        }
        _ => filter.and(&format!("LOWER({column}) LIKE LOWER(?) ESCAPE '\\'"), sql),
    }
}
