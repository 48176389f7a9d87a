//! One call of a shipped plugin: what it was asked, its settings, its time, and where it tells the operator what is odd.

use std::cell::RefCell;
use std::io::Write;
use std::time::Duration;

use e164::E164;
use tokio::time::Instant;

use super::arguments::Arguments;
use super::output::{Failure, one_line};
use super::settings::Settings;

/// The most that one call to a vendor may take.
const LONGEST_CALL: Duration = Duration::from_secs(20);

/// The time that a plugin has. Some of it is kept back for printing, because what was bought must be told before the caller kills the plugin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    whole: Duration,
    ends: Instant,
}

impl Budget {
    fn new(deadline: Duration) -> Self {
        let whole = deadline - deadline / 16;
        Self { whole, ends: Instant::now() + whole }
    }

    pub(super) fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// How long the next call may take: half of what is left, so that there is always time to find out what became of it.
    pub(super) fn for_call(&self) -> Duration {
        LONGEST_CALL.min(self.left() / 2)
    }

    /// Whether there is time to buy something, to make sure of it and to route it.
    pub(super) fn lets_buy(&self) -> bool {
        self.left() > self.whole / 4
    }

    /// Waits, but not longer than half of what is left.
    pub(super) async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration.min(self.left() / 2)).await;
    }
}

/// One call of a plugin.
pub(super) struct Session<'a> {
    pub(super) arguments: Arguments,
    pub(super) settings: Settings,
    /// The caller's reference for the order.
    pub(super) reference: Option<String>,
    pub(super) budget: Budget,
    notes: RefCell<&'a mut dyn Write>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        arguments: Arguments,
        settings: Settings,
        reference: Option<String>,
        deadline: Duration,
        notes: &'a mut dyn Write,
    ) -> Self {
        Self { arguments, settings, reference, budget: Budget::new(deadline), notes: RefCell::new(notes) }
    }

    pub(super) fn into_notes(self) -> &'a mut dyn Write {
        self.notes.into_inner()
    }

    /// Tells the operator something that is no part of the answer.
    pub(super) fn warn(&self, text: &str) {
        let text = one_line(&self.arguments.password.redact(text));
        let _ = writeln!(self.notes.borrow_mut(), "{text}");
    }

    /// The group of `-g`.
    pub(super) fn group(&self) -> Result<&str, Failure> {
        self.arguments.group.as_deref().ok_or_else(|| Failure::Refused("-g is missing: the vendor's group".to_owned()))
    }

    /// The one number of `-o`, where there is one.
    pub(super) fn chosen(&self) -> Result<Option<E164>, Failure> {
        let Some(text) = &self.arguments.number else {
            return Ok(None);
        };
        let number = self.settings.dial_plan.to_e164(text).map_err(|error| {
            Failure::Refused(format!("the number after -o is none in this system's dial plan: {error}"))
        })?;
        Ok(Some(number))
    }

    /// The one number of `-o`, which must be there.
    pub(super) fn number(&self) -> Result<E164, Failure> {
        self.chosen()?.ok_or_else(|| Failure::Refused("-o is missing: the number".to_owned()))
    }

    /// The reference of the order that is asked for.
    pub(super) fn order_reference(&self) -> Result<&str, Failure> {
        self.reference.as_deref().ok_or_else(|| {
            Failure::Refused("STROWGER_ORDER_REFERENCE is missing: the reference of the order".to_owned())
        })
    }

    /// Where the vendor is to send the calls, if that is known.
    pub(super) fn known_destination(&self) -> Result<Option<&str>, Failure> {
        let vendor = &self.settings.vendor;
        let Some(text) = self.arguments.destination.as_deref().or(vendor.destination.as_deref()) else {
            return Ok(None);
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if text.bytes().all(plain) {
            Ok(Some(text))
        } else {
            Err(Failure::Refused("the destination must be a host, optionally with a colon and a port".to_owned()))
        }
    }

    /// Where the vendor is to send the calls.
    pub(super) fn destination(&self) -> Result<&str, Failure> {
        self.known_destination()?
            .ok_or_else(|| Failure::Refused("-d is missing: where the vendor sends the calls".to_owned()))
    }

    /// A number as users of this system see it.
    pub(super) fn local(&self, number: &E164) -> String {
        self.settings.dial_plan.to_local(number)
    }
}
