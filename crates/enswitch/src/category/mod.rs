//! The functions, by category.

mod available;
mod classes;
mod ingroups;
pub(crate) mod numbers;
mod nvgroups;
mod orders;
mod system;
mod user;

use crate::function::Function;

/// A table of functions.
pub(crate) struct Category {
    pub(crate) title: &'static str,
    pub(crate) functions: &'static [Function],
}

/// Every category, in the order of the documentation.
pub(crate) const CATEGORIES: &[Category] = &[
    Category { title: "Logging in", functions: user::FUNCTIONS },
    Category { title: "Inbound groups", functions: ingroups::FUNCTIONS },
    Category { title: "Number vendor groups", functions: nvgroups::FUNCTIONS },
    Category { title: "Number classes", functions: classes::FUNCTIONS },
    Category { title: "Numbers that can be bought", functions: available::FUNCTIONS },
    Category { title: "A customer's numbers", functions: numbers::FUNCTIONS },
    Category { title: "All numbers", functions: system::FUNCTIONS },
    Category { title: "Orders", functions: orders::FUNCTIONS },
];

/// The function of that path.
pub(crate) fn find(path: &str) -> Option<&'static Function> {
    CATEGORIES.iter().flat_map(|category| category.functions).find(|function| function.path == path)
}
