//! The command line: what can be said to the program.

mod dns;
mod lnp;
mod number;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
pub(crate) use dns::DnsCommand;
pub(crate) use lnp::{LnpCommand, LnpImportArgs};
pub(crate) use number::{NumberCommand, NumberFilter};

use crate::config::Sources;

/// Telephony provisioning and numbering: stock that never runs out.
#[derive(Debug, Parser)]
#[command(name = "strowger", version, about, propagate_version = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// The TOML file [env: STROWGER_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets any key of the configuration, such as `worker.poll=500ms` or `carrier.NAME.rate=2`; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Database, keys and certificates [env: STROWGER_DATA_DIR]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// `postgres://…`; empty: SQLite in the data folder [env: STROWGER_DATABASE_URL]
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Prints JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl Global {
    /// Where the configuration comes from.
    pub(crate) fn sources(&self, mut flags: Vec<(String, String)>) -> Sources {
        let named = [("data_dir", &self.data_dir), ("database_url", &self.database_url)];
        flags.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
        flags.extend(self.set.iter().cloned());
        Sources { file: self.config.clone(), env: crate::config::environment(), flags }
    }
}

impl Cli {
    /// Threads of the runtime: the server has one for each core, a command gets by with two.
    pub(crate) fn threads(&self) -> usize {
        match self.command {
            Command::Serve(_) => std::thread::available_parallelism().map_or(2, usize::from).max(2),
            _ => 2,
        }
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the server in the foreground; SIGTERM drains and stops it, SIGHUP reads the vendors' file and the certificate again
    Serve(ServeArgs),
    /// Checks configuration, vendors, plugins, keys and database without starting
    Check,
    /// Brings the database's schema up to date, and makes the first administrator
    Migrate(MigrateArgs),
    /// Pools of numbers and their links to vendors
    #[command(subcommand)]
    Pool(PoolCommand),
    /// Vendors of the vendors' file
    #[command(subcommand)]
    Vendor(VendorCommand),
    /// Numbers: search, buy, release, block
    #[command(subcommand)]
    Number(NumberCommand),
    /// Ported numbers: read files of them, look one up
    #[command(subcommand)]
    Lnp(LnpCommand),
    /// Zones as name servers get them, and what the installation gives to them
    #[command(subcommand)]
    Dns(DnsCommand),
    /// Orders placed with vendors
    #[command(subcommand)]
    Order(OrderCommand),
    /// Resellers and customers
    #[command(subcommand)]
    Account(AccountCommand),
    /// Logins of people and programs
    #[command(subcommand)]
    User(UserCommand),
    /// Alerts: what a person should look at
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Every change: who, when, what
    Journal(JournalArgs),
    /// Reads numbers from a CSV file (columns number, class, description); all of them or none
    Import(ImportArgs),
    /// Writes numbers as CSV; with --json as JSON, one number a line
    Export(ExportArgs),
    /// Copies the database, and the keys, to a new folder while the server works
    Backup(BackupArgs),
    /// Prints the completions of a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Prints the configuration reference as Markdown
    #[command(hide = true)]
    Reference {
        /// Which reference
        #[arg(value_parser = ["configuration", "enswitch"])]
        which: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// HTTPS address and port [env: STROWGER_ADMIN_LISTEN] [default: 127.0.0.1:1443]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) admin_listen: Option<String>,
    /// off, pool or realtime [env: STROWGER_NUMBER_VENDORS] [default: pool]
    #[arg(long, value_name = "MODE")]
    pub(crate) number_vendors: Option<String>,
}

impl ServeArgs {
    pub(crate) fn flags(&self) -> Vec<(String, String)> {
        let named = [("admin_listen", &self.admin_listen), ("number_vendors", &self.number_vendors)];
        named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect()
    }
}

#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    /// Only says what is missing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What a pool can be given.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PoolSettings {
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// By which customers choose, such as 20 for London
    #[arg(long)]
    pub(crate) area_code: Option<String>,
    /// Name or id of the number class
    #[arg(long)]
    pub(crate) class: Option<String>,
    /// ISO 4217, such as EUR
    #[arg(long)]
    pub(crate) currency: Option<String>,
    /// Price of a number, once
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) setup_price: Option<String>,
    /// Price of a number, each month
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) monthly_price: Option<String>,
    /// Free numbers to keep at least
    #[arg(long)]
    pub(crate) minimum: Option<u32>,
    /// Free numbers to have at most after an order, even if all orders in doubt were delivered (0: no limit)
    #[arg(long)]
    pub(crate) maximum: Option<u32>,
    /// Days that a released number rests before it is sold again
    #[arg(long)]
    pub(crate) quarantine_days: Option<u32>,
    /// Most numbers in one order (0: no limit)
    #[arg(long)]
    pub(crate) max_per_order: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PoolCommand {
    /// Lists the pools
    List(Paging),
    /// Shows a pool, its links and its refills
    Show { pool: String },
    /// Makes a pool
    Add {
        name: String,
        #[command(flatten)]
        settings: PoolSettings,
    },
    /// Changes a pool
    Set {
        pool: String,
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        settings: PoolSettings,
    },
    /// Removes a pool without numbers
    Delete { pool: String },
    /// Links a pool to a vendor's group; without a group, asks the vendor for its groups and lets you choose
    Link(LinkArgs),
    /// Removes a link
    Unlink { link: i64 },
    /// Shows what would be ordered, from whom and at what price, without ordering
    Plan {
        pool: Option<String>,
        /// As if the pool had this minimum
        #[arg(long, requires = "pool")]
        minimum: Option<u32>,
    },
    /// Lists the number classes
    Classes,
    /// Makes a number class
    AddClass { name: String },
}

#[derive(Args, Debug)]
pub(crate) struct LinkArgs {
    /// Name or id of the pool
    pub(crate) pool: String,
    /// The vendor's key in the vendors' file
    pub(crate) vendor: String,
    /// The vendor's id of the group
    pub(crate) group: Option<String>,
    /// 1 to 10, 1 is asked first
    #[arg(long, default_value_t = 1)]
    pub(crate) priority: u32,
    /// Class that bought numbers get (the pool's if not given)
    #[arg(long)]
    pub(crate) class: Option<String>,
    /// What the vendor asks for a number, once
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) setup_cost: Option<String>,
    /// What the vendor asks for a number each month
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) monthly_cost: Option<String>,
    /// Currency of the costs (the pool's if not given)
    #[arg(long)]
    pub(crate) currency: Option<String>,
    /// Does not ask the vendor whether it has the group
    #[arg(long, requires = "group")]
    pub(crate) unchecked: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VendorCommand {
    /// Lists the vendors and how they do
    List,
    /// Asks a vendor for its groups
    Groups { vendor: String },
    /// Makes every running server read the vendors' file again
    Reload,
}

/// Which part of a list.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Paging {
    /// At most so many rows, up to 1000
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
    /// Rows after this id
    #[arg(long, default_value_t = -1, value_name = "ID", allow_negative_numbers = true)]
    pub(crate) after: i64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// Lists orders
    List {
        /// planned, sent, accepted, back_ordered, fulfilled, partly_fulfilled, refused, in_doubt, resolved, cancelled
        #[arg(long)]
        state: Option<String>,
        #[arg(long, conflicts_with = "state")]
        pool: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Shows an order and every line that the vendor printed
    Show {
        /// Id or reference
        order: String,
    },
    /// Settles an order in doubt by what you found out from the vendor
    Resolve {
        order: String,
        /// The numbers that the vendor sold
        #[arg(required_unless_present = "nothing")]
        numbers: Vec<String>,
        /// The vendor sold nothing
        #[arg(long, conflicts_with = "numbers")]
        nothing: bool,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Gives up an order that was not sent, or that will bring nothing more
    Cancel {
        order: String,
        #[arg(long, default_value = "cancelled by the operator")]
        note: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Lists accounts
    List(Paging),
    /// Shows an account
    Show { account: String },
    /// Makes an account
    Add {
        name: String,
        /// reseller, customer or peering
        #[arg(long, default_value = "customer")]
        kind: String,
        /// Name or id of the account above
        #[arg(long, default_value = "0")]
        parent: String,
        #[arg(long, default_value = "EUR")]
        currency: String,
        /// How far the balance may go below zero (not given: no limit)
        #[arg(long, value_name = "AMOUNT")]
        credit_limit: Option<String>,
    },
    /// Records a payment
    Pay {
        account: String,
        #[arg(allow_negative_numbers = true)]
        amount: String,
    },
    /// Sets the credit limit; `none` takes it away
    Limit { account: String, amount: String },
    /// Sets the status: active, locked or terminated
    Status { account: String, status: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Lists logins
    List(Paging),
    /// Makes a login; its password is read from standard input, or else generated and printed once
    Add {
        username: String,
        /// Name or id of the account it acts for
        #[arg(long)]
        account: String,
        /// admin, reseller, customer, ccareadmin, ccare or lintercept
        #[arg(long)]
        role: String,
        /// Reads the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Sets a new password, read from standard input, or else generated and printed once
    Password {
        username: String,
        /// Reads the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Prints a token with which a new password can be set once, within a day
    Reset {
        /// A login's user name, or a subscriber as user@domain
        username: String,
    },
    /// Takes away the second factor of whoever has lost it; a new one is set up with the next login
    ResetOtp {
        /// A login's user name, or a subscriber as user@domain
        username: String,
    },
    /// Removes a login
    Delete { username: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Lists the open alerts
    List(Paging),
    /// Closes an alert that was seen to
    Close { alert: i64 },
}

#[derive(Args, Debug)]
pub(crate) struct JournalArgs {
    /// A table such as numbers, orders, number_pools
    #[arg(long, requires = "id")]
    pub(crate) kind: Option<String>,
    /// The record's id
    #[arg(long, requires = "kind")]
    pub(crate) id: Option<i64>,
    #[command(flatten)]
    pub(crate) paging: Paging,
    /// The newest changes first
    #[arg(long, conflicts_with_all = ["kind", "after"])]
    pub(crate) newest: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The CSV file
    pub(crate) file: PathBuf,
    /// Name or id of the pool that gets the numbers
    #[arg(long)]
    pub(crate) pool: String,
    /// Only checks the file; nothing is published
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// Where to; standard output if not given
    pub(crate) file: Option<PathBuf>,
    /// Only this pool's numbers
    #[arg(long)]
    pub(crate) pool: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    /// A folder that does not exist yet
    pub(crate) folder: PathBuf,
}
