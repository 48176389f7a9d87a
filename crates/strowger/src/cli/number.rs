//! What `strowger number` understands.

use clap::{Args, Subcommand};

use super::Paging;

#[derive(Debug, Subcommand)]
pub(crate) enum NumberCommand {
    /// Lists numbers
    List(NumberFilter),
    /// Shows a number and its history
    Show { number: String },
    /// Searches a pool for numbers that may be bought; in real-time mode the vendors' too
    Search {
        pool: String,
        /// Digits that the number begins with
        #[arg(long, default_value = "")]
        prefix: String,
        #[arg(long, default_value_t = 10)]
        count: u32,
    },
    /// Enters a range of your own numbers into a pool
    Add {
        pool: String,
        start: String,
        end: Option<String>,
        #[arg(long)]
        class: Option<String>,
        #[arg(long)]
        region: Option<String>,
    },
    /// Buys a number for an account; with --pool any free one
    Buy {
        #[arg(required_unless_present = "pool")]
        number: Option<String>,
        /// Name or id of the account
        #[arg(long)]
        account: String,
        #[arg(long, conflicts_with = "number")]
        pool: Option<String>,
        /// Makes the call repeatable: the same account and reference never buys twice
        #[arg(long)]
        reference: Option<String>,
        /// Says what it would cost, and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Takes a number from its account
    Release { number: String },
    /// Holds a free number for an account
    Reserve {
        number: String,
        #[arg(long)]
        account: String,
        /// For how long
        #[arg(long = "for", default_value = "24h", value_name = "DURATION")]
        period: String,
    },
    /// Lists reservations, those that are over too
    Reservations {
        /// Only those for this account
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Keeps a number from being sold
    Block { number: String, reason: String },
    /// Lets a number be sold again
    Unblock { number: String },
    /// Takes a number off the books
    Delete { number: String },
}

#[derive(Args, Debug)]
pub(crate) struct NumberFilter {
    #[arg(long)]
    pub(crate) pool: Option<String>,
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// discovery, available, reserved, in_service, aging, port_in, port_out, released, deleted
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Id of the order that brought them
    #[arg(long)]
    pub(crate) order: Option<i64>,
    /// Only those that can't be sold
    #[arg(long)]
    pub(crate) blocked: bool,
    #[arg(long, default_value = "")]
    pub(crate) prefix: String,
    #[command(flatten)]
    pub(crate) paging: Paging,
}
