//! What can be said about ported numbers.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum LnpCommand {
    /// Reads ported numbers from a CSV file (carrier_name, carrier_prefix, number, routing_number, start, end,
    /// authoritative, skip_rewrite, type); all of them or none
    Import(LnpImportArgs),
    /// Shows which carrier has a number
    Lookup {
        number: String,
        /// When, such as 2026-01-31 or 2026-01-31T12:00:00 in UTC; now, if it is not given
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct LnpImportArgs {
    /// The CSV file
    pub(crate) file: PathBuf,
    /// The numbers of the file take the place of all others, at once
    #[arg(long)]
    pub(crate) purge_existing: bool,
    /// Only checks the file; nothing is published
    #[arg(long)]
    pub(crate) dry_run: bool,
}
