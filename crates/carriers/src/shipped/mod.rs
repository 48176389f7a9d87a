//! The plugins that are shipped: programs of their own, started under their own names, that speak the plugin protocol of the number vendors.
//!
//! They need nothing but their arguments and one optional file, so that they serve on a foreign Enswitch machine too. What a vendor was paid
//! for is always printed; where it can't be told whether something was bought, no first line is printed, so that the caller keeps the
//! order in doubt.

mod arguments;
mod dummy;
mod enswitch;
mod http;
mod output;
mod session;
mod settings;
#[cfg(any(test, feature = "simulator"))]
mod simulator;
#[cfg(test)]
mod testing;
mod voxbone;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use arguments::Arguments;
use output::{Failure, print};
use session::Session;
use settings::Settings;
#[cfg(any(test, feature = "simulator"))]
pub use simulator::{LostCheckout, Sold, VoxboneSimulator};

pub use settings::check_settings;

/// The names under which the shipped plugins are started.
pub const NAMES: [&str; 3] = ["enswitch", "voxbone", "dummy"];

/// How long a plugin may run before it stops itself.
const DEADLINE: Duration = Duration::from_secs(50);

/// Runs the plugin `name` with its arguments (without the program's own name) and gives its exit code: 0 after `OK`, else 1.
///
/// Stops itself after 50 seconds; `STROWGER_PLUGIN_DEADLINE_SECONDS` may shorten that.
#[must_use]
pub fn run(name: &str, args: Vec<OsString>) -> ExitCode {
    crate::fault::point("plugin.started");
    let environment = Environment::of_process();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::Refused(format!("can't start: {error}"));
            return ExitCode::from(print(Err(failure), &mut io::stdout(), &mut io::stderr()));
        }
    };
    let deadline = environment.deadline;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let code = runtime.block_on(async {
        let work = act(name, args, environment, &mut out, &mut err);
        tokio::time::timeout(deadline, work).await
    });
    // A name lookup that hangs must not keep the process alive.
    runtime.shutdown_background();
    ExitCode::from(code.unwrap_or_else(|_| {
        let _ = writeln!(io::stderr(), "stopped after {} seconds", deadline.as_secs_f64());
        1
    }))
}

/// What a plugin takes from its environment.
#[derive(Debug)]
struct Environment {
    /// The caller's own reference for the order, `STROWGER_ORDER_REFERENCE`.
    reference: Option<OsString>,
    /// Where the plugins' own file is, `STROWGER_NUMBERVENDORS_TOML`.
    settings: Option<OsString>,
    /// The dial plan of the server that started the plugin, `STROWGER_PLUGIN_DIAL_PLAN`: three prefixes with commas between.
    dial_plan: Option<OsString>,
    deadline: Duration,
}

impl Environment {
    fn of_process() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let deadline = variable("STROWGER_PLUGIN_DEADLINE_SECONDS")
            .and_then(|text| text.to_str()?.parse().ok())
            .map_or(DEADLINE, Duration::from_secs);
        Self {
            reference: variable("STROWGER_ORDER_REFERENCE"),
            settings: variable("STROWGER_NUMBERVENDORS_TOML"),
            dial_plan: variable("STROWGER_PLUGIN_DIAL_PLAN"),
            deadline: deadline.min(DEADLINE),
        }
    }
}

/// Does what the arguments say, prints the answer to `out` and anything for the operator to `err`, and gives the exit code.
async fn act(
    name: &str,
    words: Vec<OsString>,
    environment: Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let session = match open(words, environment, err) {
        Ok(session) => session,
        Err((message, err)) => return print(Err(Failure::Refused(message)), out, err),
    };
    let result = match name {
        "enswitch" => enswitch::act(&session).await,
        "voxbone" => voxbone::act(&session).await,
        "dummy" => dummy::act(&session).await,
        other => Err(Failure::Refused(format!("there is no shipped plugin {other:?}, only {}", NAMES.join(", ")))),
    };
    let result = result.map_err(|failure| failure.redacted(&session.arguments.password));
    print(result, out, session.into_notes())
}

fn open<'a>(
    words: Vec<OsString>,
    environment: Environment,
    err: &'a mut dyn Write,
) -> Result<Session<'a>, (String, &'a mut dyn Write)> {
    let read = || -> Result<_, String> {
        let arguments = Arguments::read(words)?;
        let mut settings = Settings::find(environment.settings.as_deref(), &arguments.vendor)?;
        if let Some(plan) = environment.dial_plan {
            settings.dial_plan = settings::read_dial_plan(&plan)?;
        }
        let reference = environment.reference.map(arguments::read_reference).transpose()?;
        Ok((arguments, settings, reference))
    };
    match read() {
        Ok((arguments, settings, reference)) => {
            Ok(Session::new(arguments, settings, reference, environment.deadline, err))
        }
        Err(message) => Err((message, err)),
    }
}
