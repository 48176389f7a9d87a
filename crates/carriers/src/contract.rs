//! What the rest of the system asks of a carrier, and the words in which it answers.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use e164::E164;
use serde::{Deserialize, Serialize};

/// What a carrier can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Lists its number groups.
    pub list_groups: bool,
    /// Lists single numbers that are free.
    pub list_numbers: bool,
    /// Sells one particular number.
    pub specific_order: bool,
    /// Sells a quantity of its own choice.
    pub quantity_order: bool,
    /// Takes orders that it delivers later.
    pub back_orders: bool,
    /// Finds an order again by our reference.
    pub lookup: bool,
    /// Takes a number back.
    pub release: bool,
    /// Lists the numbers that we own there.
    pub owned: bool,
    /// Names a price before the order.
    pub quote: bool,
    /// Holds a number for a while without selling it.
    pub hold: bool,
    /// Sends calls to a destination of our choice.
    pub route: bool,
    /// Numbers can't be given back before a minimum term.
    pub minimum_term: bool,
}

/// A set of numbers that a vendor sells alike, typically an area code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The vendor's own name for it, which never changes.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// One thing that the vendor says it has delivered: as it was printed, and as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was printed: at most 200 characters, unreadable bytes and control characters replaced.
    pub text: String,
    /// The number that it means, or why it can't be used.
    pub number: Result<E164, LineFault>,
}

/// Why a line that was delivered can't be used as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// It is no number after the conversion from the dial plan; the text says why.
    NotE164(String),
    /// It has bytes that are not UTF-8.
    NotUtf8,
    /// It ends without a newline and the run was killed or failed, so there may have been more of it.
    Truncated,
    /// The number was already delivered by an earlier line of the same run.
    Duplicate,
    /// Nothing before it said that anything was bought, so it may be any digits.
    Unproven,
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotE164(why) => write!(f, "not a telephone number: {why}"),
            Self::NotUtf8 => f.write_str("not UTF-8 text"),
            Self::Truncated => f.write_str("cut off before the end of the line"),
            Self::Duplicate => f.write_str("the same number was delivered twice"),
            Self::Unproven => f.write_str("printed without OK before it"),
        }
    }
}

/// One call to one vendor that buys numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Our own reference of the order, under which the vendor may be asked for it again.
    pub reference: String,
    /// The vendor's group to buy from.
    pub group: String,
    /// How many numbers, one or more.
    pub quantity: u32,
    /// A number that must be among them.
    pub number: Option<E164>,
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderOutcome {
    /// Nothing was bought, for certain: the call never started, or the vendor refused.
    Refused {
        /// The vendor's words, or ours.
        reason: String,
        /// What kind of refusal.
        class: ErrorClass,
    },
    /// The vendor accepted. There may be fewer or more lines than were asked for; each of them was paid for.
    Delivered {
        /// What was delivered.
        lines: Vec<Line>,
        /// How many numbers are still to come, as a back-order.
        pending: u32,
        /// What the vendor said beside it.
        note: String,
    },
    /// It can't be told whether, or how much, was bought. Never to be repeated blindly.
    InDoubt {
        /// What was seen of a delivery before the doubt arose.
        lines: Vec<Line>,
        /// Why there is doubt.
        reason: String,
    },
}

/// An order's outcome, with an account of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How the order ended.
    pub outcome: OrderOutcome,
    /// How the call went.
    pub report: Report,
}

/// An account of a call for the log and the operator. Passwords are taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The exit code; none when the process was killed or never started.
    pub exit: Option<i32>,
    /// What the process wrote to stderr, at most 8 KiB.
    pub stderr: String,
    /// How long the call took.
    pub duration: Duration,
    /// What was odd without changing the outcome.
    pub warnings: Vec<String>,
}

/// What a vendor says about an order when it is asked by our reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The vendor doesn't know the reference: nothing was bought, for certain.
    None,
    /// The vendor knows the order.
    Found {
        /// What has been delivered so far.
        lines: Vec<Line>,
        /// How many numbers are still to come.
        pending: u32,
    },
    /// The vendor gave no usable answer.
    Unknown {
        /// Why not.
        reason: String,
    },
}

/// Kinds of failure that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// User, password or rights were refused.
    Auth,
    /// Too many calls; try later.
    Throttled,
    /// The number asked for can't be had.
    NotAvailable,
    /// The group has no free numbers.
    NoStock,
    /// Our balance at the vendor is too low.
    InsufficientFunds,
    /// The vendor wants papers or an address first.
    KycRequired,
    /// The vendor doesn't know the group.
    InvalidGroup,
    /// The number can't be given back yet.
    MinTerm,
    /// The order was already placed.
    Duplicate,
    /// The outcome is not known.
    Ambiguous,
    /// The vendor can't be reached or doesn't answer in time.
    VendorDown,
    /// The answer breaks the protocol.
    Protocol,
    /// The plugin could not be started.
    NotStarted,
    /// The carrier has no such function.
    Unsupported,
    /// Anything else; the message says what.
    Other,
}

impl ErrorClass {
    /// The name under which this class is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Throttled => "throttled",
            Self::NotAvailable => "not_available",
            Self::NoStock => "no_stock",
            Self::InsufficientFunds => "insufficient_funds",
            Self::KycRequired => "kyc_required",
            Self::InvalidGroup => "invalid_group",
            Self::MinTerm => "min_term",
            Self::Duplicate => "duplicate",
            Self::Ambiguous => "ambiguous",
            Self::VendorDown => "vendor_down",
            Self::Protocol => "protocol",
            Self::NotStarted => "not_started",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a carrier could not do what it was asked, for calls that buy nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CarrierError {
    /// What kind of failure.
    pub class: ErrorClass,
    /// What to tell the operator.
    pub message: String,
}

impl CarrierError {
    /// An error of the class `class` that says `message`.
    #[must_use]
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }
}

/// Whoever numbers are bought from.
///
/// Every call ends by itself within the carrier's deadline. Dropping a call before that kills what it has started; an order that is
/// dropped is in doubt.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// What this carrier can do.
    fn capabilities(&self) -> Capabilities;

    /// All number groups of the vendor, at least one.
    async fn groups(&self) -> Result<Vec<Group>, CarrierError>;

    /// Up to `quantity` different numbers that the vendor has free in `group`, within `deadline`.
    async fn available(&self, group: &str, quantity: u32, deadline: Duration) -> Result<Vec<E164>, CarrierError>;

    /// Buys numbers. Spends money: never to be called twice for one order.
    async fn order(&self, request: &OrderRequest) -> Run;

    /// Asks what became of the order with our reference. Buys nothing; may be repeated.
    async fn lookup(&self, reference: &str) -> Lookup;

    /// Gives a number back to the vendor.
    async fn release(&self, number: &E164) -> Result<(), CarrierError>;
}
