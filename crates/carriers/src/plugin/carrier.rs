//! A vendor whose numbers are bought through a plugin.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use e164::{DialPlan, E164};

use super::answer;
use super::arguments::{Action, arguments, environment};
use super::method::{Resolved, resolve};
use super::parse::parse_order;
use super::run::{Finished, Launch, NotStarted, run};
use crate::conf::VendorLine;
use crate::contract::{
    Capabilities, Carrier, CarrierError, ErrorClass, Group, Line, LineFault, Lookup, OrderOutcome, OrderRequest,
    Report, Run,
};
use crate::secret::Secret;

/// How plugins are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSettings {
    /// How long a run may take before its whole process group is killed.
    pub deadline: Duration,
    /// The most bytes that a run may print.
    pub max_output: usize,
    /// The system's dial plan, in which numbers travel to and from plugins.
    pub dial_plan: DialPlan,
    /// Whether a plugin of the operator's own speaks our extension: `OK pending N`, `get_numbers_from_order`, `release_number`.
    pub lookup: bool,
    /// The shipped plugins' own file, if it is not at its usual place.
    pub plugins_toml: Option<PathBuf>,
}

impl Default for PluginSettings {
    /// 50 seconds, 1 MiB, plain E.164, no extension.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(50),
            max_output: 1024 * 1024,
            dial_plan: DialPlan::default(),
            lookup: false,
            plugins_toml: None,
        }
    }
}

/// A carrier that is a line of the vendors' file.
#[derive(Debug)]
pub struct PluginCarrier {
    line: VendorLine,
    settings: PluginSettings,
    plugin: Resolved,
    /// The plugin speaks our extension.
    extended: bool,
}

impl PluginCarrier {
    /// A carrier for one vendor. The plugin need not be there yet: until it is, orders are refused as not started.
    ///
    /// # Errors
    /// The method is neither an absolute path nor a shipped plugin, or the dial plan is wrong.
    pub fn new(line: VendorLine, settings: PluginSettings) -> Result<Self, CarrierError> {
        let plugin = resolve(&line).map_err(|message| CarrierError::new(ErrorClass::NotStarted, message))?;
        settings.dial_plan.validate().map_err(|error| CarrierError::new(ErrorClass::Other, error.to_string()))?;
        let extended = settings.lookup || plugin.shipped.is_some();
        Ok(Self { line, settings, plugin, extended })
    }

    async fn run(&self, action: Action<'_>, deadline: Duration) -> Result<Finished, NotStarted> {
        let result = run(&Launch {
            program: &self.plugin.program,
            own_name: self.plugin.shipped,
            arguments: arguments(&self.line, action),
            environment: environment(action, self.plugin.shipped, &self.settings),
            deadline,
            max_output: self.settings.max_output,
        })
        .await;
        let (vendor, action) = (&self.line.key, action.name());
        match &result {
            Ok(finished) => {
                let milliseconds = finished.duration.as_millis();
                tracing::debug!(vendor, action, milliseconds, "vendor {vendor}, {action}: {}", finished.ended);
            }
            Err(NotStarted(reason)) => {
                tracing::warn!(vendor, action, "vendor {vendor}, {action}: {reason}")
            }
        }
        result
    }

    /// Runs an action that buys nothing and reads its output.
    async fn ask<T>(
        &self,
        action: Action<'_>,
        deadline: Duration,
        read: impl FnOnce(&Finished) -> Result<T, CarrierError>,
    ) -> Result<T, CarrierError> {
        let result = match self.run(action, deadline).await {
            Ok(finished) => read(&finished),
            Err(NotStarted(reason)) => Err(CarrierError::new(ErrorClass::NotStarted, reason)),
        };
        result.map_err(|error| CarrierError { message: self.line.password.redact(&error.message), ..error })
    }

    fn order_run(&self, request: &OrderRequest, result: Result<Finished, NotStarted>) -> Run {
        let finished = match result {
            Ok(finished) => finished,
            Err(NotStarted(reason)) => return refused(ErrorClass::NotStarted, reason),
        };
        let (mut outcome, mut warnings) =
            parse_order(&finished.stdout, finished.ended, request.quantity, &self.settings.dial_plan);
        if let OrderOutcome::Delivered { note, pending, .. } = &mut outcome
            && self.extended
        {
            *pending = answer::pending(note).unwrap_or(0);
        }
        if let OrderOutcome::Delivered { lines, .. } | OrderOutcome::InDoubt { lines, .. } = &outcome
            && let Some(wanted) = &request.number
            && !lines.iter().any(|line| line.number.as_ref() == Ok(wanted))
        {
            warnings.push(format!("{wanted} was ordered and is not among the numbers that were printed"));
        }
        let secret = &self.line.password;
        redact(&mut outcome, secret);
        for warning in &mut warnings {
            *warning = secret.redact(warning);
            tracing::warn!(
                vendor = self.line.key,
                reference = request.reference,
                "vendor {}, order {}: {warning}",
                self.line.key,
                request.reference
            );
        }
        let report = Report {
            exit: finished.exit,
            stderr: secret.redact(&finished.stderr),
            duration: finished.duration,
            warnings,
        };
        Run { outcome, report }
    }
}

fn refused(class: ErrorClass, reason: String) -> Run {
    Run { outcome: OrderOutcome::Refused { reason, class }, report: Report::default() }
}

/// Takes the password out of everything that is shown. A line that is a number stays as it was printed.
fn redact(outcome: &mut OrderOutcome, secret: &Secret) {
    let lines = match outcome {
        OrderOutcome::Refused { reason, .. } => {
            *reason = secret.redact(reason);
            return;
        }
        OrderOutcome::Delivered { lines, note: text, .. } | OrderOutcome::InDoubt { lines, reason: text } => {
            *text = secret.redact(text);
            lines
        }
    };
    redact_lines(lines, secret);
}

fn redact_lines(lines: &mut [Line], secret: &Secret) {
    for line in lines {
        // Digits are the evidence itself, whatever the password is.
        let evidence = line.text.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c));
        let bad = matches!(
            line.number,
            Err(LineFault::NotE164(_) | LineFault::NotUtf8 | LineFault::Truncated | LineFault::Unproven)
        );
        if bad && !evidence {
            line.text = secret.redact(&line.text);
        }
    }
}

#[async_trait]
impl Carrier for PluginCarrier {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            list_groups: true,
            list_numbers: true,
            specific_order: true,
            quantity_order: true,
            route: true,
            back_orders: self.extended,
            lookup: self.extended,
            release: self.extended,
            ..Capabilities::default()
        }
    }

    async fn groups(&self) -> Result<Vec<Group>, CarrierError> {
        self.ask(Action::Groups, self.settings.deadline, |finished| {
            answer::parse_groups(&finished.stdout, finished.ended)
        })
        .await
    }

    async fn available(&self, group: &str, quantity: u32, deadline: Duration) -> Result<Vec<E164>, CarrierError> {
        if quantity == 0 {
            return Ok(Vec::new());
        }
        let read = |finished: &Finished| {
            answer::parse_available(&finished.stdout, finished.ended, quantity, &self.settings.dial_plan)
        };
        self.ask(Action::Available { group, count: quantity }, deadline.min(self.settings.deadline), read).await
    }

    async fn order(&self, request: &OrderRequest) -> Run {
        if request.quantity == 0 {
            return refused(ErrorClass::NotStarted, "an order needs a quantity of one or more".to_owned());
        }
        let number = request.number.as_ref().map(|number| self.settings.dial_plan.to_local(number));
        let action = Action::Add {
            group: &request.group,
            destination: &self.line.destination,
            count: request.quantity,
            number: number.as_deref(),
            reference: &request.reference,
        };
        self.order_run(request, self.run(action, self.settings.deadline).await)
    }

    async fn lookup(&self, reference: &str) -> Lookup {
        if !self.extended {
            return Lookup::Unknown { reason: "this vendor's plugin can't be asked for an order".to_owned() };
        }
        let lookup = match self
            .run(Action::Lookup { reference, destination: &self.line.destination }, self.settings.deadline)
            .await
        {
            Ok(finished) => answer::parse_lookup(&finished.stdout, finished.ended, &self.settings.dial_plan),
            Err(NotStarted(reason)) => Lookup::Unknown { reason },
        };
        let secret = &self.line.password;
        match lookup {
            Lookup::None => Lookup::None,
            Lookup::Unknown { reason } => Lookup::Unknown { reason: secret.redact(&reason) },
            Lookup::Found { mut lines, pending } => {
                redact_lines(&mut lines, secret);
                Lookup::Found { lines, pending }
            }
        }
    }

    async fn release(&self, number: &E164) -> Result<(), CarrierError> {
        if !self.extended {
            return Err(CarrierError::new(ErrorClass::Unsupported, "this vendor's plugin can't give numbers back"));
        }
        let number = self.settings.dial_plan.to_local(number);
        let read = |finished: &Finished| answer::parse_done(&finished.stdout, finished.ended);
        self.ask(Action::Release { number: &number }, self.settings.deadline, read).await
    }
}
