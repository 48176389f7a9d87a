//! The figures: a table for people, JSON for programs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is the benchmark's voice")]

use comfy_table::presets::UTF8_FULL_CONDENSED;
use serde::Serialize;
use store::testing::Engine;

/// Every figure of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

#[derive(Debug, Serialize)]
struct Figure {
    what: &'static str,
    engine: String,
    numbers: u32,
    value: f64,
    unit: &'static str,
    /// The same work done raw in the same run.
    raw: Option<f64>,
    /// How many times the raw work's cost ours has.
    ratio: Option<f64>,
}

/// Tells how far the run is.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

impl Report {
    /// A figure that stands alone.
    pub(crate) fn plain(&mut self, what: &'static str, engine: Engine, numbers: u32, value: f64, unit: &'static str) {
        self.push(Figure { what, engine: format!("{engine:?}"), numbers, value, unit, raw: None, ratio: None });
    }

    /// Work a second, beside the raw work: the ratio says how many times as much ours costs.
    pub(crate) fn rate(
        &mut self,
        what: &'static str,
        engine: &str,
        numbers: u32,
        value: f64,
        raw: f64,
        unit: &'static str,
    ) {
        let ratio = Some(raw / value);
        self.push(Figure { what, engine: engine.to_owned(), numbers, value, unit, raw: Some(raw), ratio });
    }

    /// Time for one piece of work, beside the raw work.
    pub(crate) fn time(&mut self, what: &'static str, engine: Engine, numbers: u32, value: f64, raw: f64) {
        let ratio = Some(value / raw);
        let engine = format!("{engine:?}");
        self.push(Figure { what, engine, numbers, value, unit: "µs", raw: Some(raw), ratio });
    }

    fn push(&mut self, figure: Figure) {
        let raw = figure.raw.map(|raw| format!(", raw {raw:.1}")).unwrap_or_default();
        let ratio = figure.ratio.map(|ratio| format!(", ratio {ratio:.2}")).unwrap_or_default();
        say(&format!("  {}: {} {}{raw}{ratio}", figure.what, shown(figure.value), figure.unit));
        self.figures.push(figure);
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let mut table = comfy_table::Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["measured", "engine", "numbers", "value", "unit", "raw", "ratio"]);
        let or_dash = |value: Option<f64>, places: usize| value.map_or("-".to_owned(), |v| format!("{v:.places$}"));
        for f in &self.figures {
            table.add_row([
                f.what.to_owned(),
                f.engine.clone(),
                f.numbers.to_string(),
                shown(f.value),
                f.unit.to_owned(),
                or_dash(f.raw, 1),
                or_dash(f.ratio, 2),
            ]);
        }
        println!("{table}");
    }
}

/// Small values with more places.
fn shown(value: f64) -> String {
    if value < 10.0 { format!("{value:.3}") } else { format!("{value:.1}") }
}
