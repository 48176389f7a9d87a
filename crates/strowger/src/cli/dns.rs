//! What `strowger dns` understands.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DnsCommand {
    /// Lists the zones that are served, DNS zones and ENUM ranges, by their names
    Zones {
        /// At most so many zones, up to 1000
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Zones after this name
        #[arg(long, default_value = "", value_name = "NAME")]
        after: String,
    },
    /// Shows the name servers of zones that have none of their own; given hosts, sets them, the primary first
    Nameservers { hosts: Vec<String> },
    /// Shows the servers behind the hosts of fancy records; given values, sets them
    Targets {
        /// mboxfw (e-mail aliases) or url (web redirections)
        kind: String,
        /// Of mboxfw mail servers, each `host` or `priority:host`; of url IPv4 and IPv6 addresses
        values: Vec<String>,
        /// Takes all of them away
        #[arg(long, conflicts_with = "values")]
        none: bool,
    },
    /// Tells the name servers once more that zones have changed
    Notify {
        #[arg(required_unless_present = "all")]
        zones: Vec<String>,
        /// Of all zones, and the catalog
        #[arg(long, conflicts_with = "zones")]
        all: bool,
    },
}
