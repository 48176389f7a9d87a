//! Reads a fee from named texts: the fields of a body, or the cells of a line.

use registry::billing::Rate;
use registry::billing::fee::{Direction, MatchMode, Spec, Tariff, ZoneRef};
use registry::id::ZoneId;
use registry::{Error, Result};

/// The zone and what the fee is to say. `text` gives what a field says, if anything.
///
/// # Errors
/// [`Error::Invalid`] naming the field, [`Error::Dangling`] for `billing_zone_id` where no zone is named.
pub(super) fn fee(text: impl Fn(&str) -> Option<String>) -> Result<(ZoneRef, Spec)> {
    let zone = match (text("billing_zone_zone"), text("billing_zone_id")) {
        (Some(zone), _) => ZoneRef::Named { zone, detail: text("billing_zone_detail") },
        (None, Some(id)) => ZoneRef::Id(ZoneId(int("billing_zone_id", &id)?)),
        (None, None) => return Err(Error::dangling("billing_zone_id", "")),
    };
    let rate = |name: &'static str| text(name).map_or(Ok(Rate::default()), |rate| Rate::parse(name, &rate));
    let free = |name: &'static str| match text("use_free_time").or_else(|| text(name)) {
        Some(flag) => truth(name, &flag),
        None => Ok(false),
    };
    let seconds = |name: &'static str| text(name).map(|seconds| int(name, &seconds)).transpose();
    let direction = text("direction").ok_or_else(|| Error::invalid("direction", "it is missing"))?;
    let spec = Spec {
        source: text("source").unwrap_or_else(|| ".".to_owned()),
        destination: text("destination").unwrap_or_default(),
        direction: direction.parse::<Direction>()?,
        match_mode: text("match_mode").map_or(Ok(MatchMode::default()), |mode| mode.parse())?,
        onpeak: Tariff {
            init_rate: rate("onpeak_init_rate")?,
            init_interval: seconds("onpeak_init_interval")?.unwrap_or_default(),
            follow_rate: rate("onpeak_follow_rate")?,
            follow_interval: seconds("onpeak_follow_interval")?.unwrap_or_default(),
            extra_rate: rate("onpeak_extra_rate")?,
            extra_second: seconds("onpeak_extra_second")?,
            use_free_time: free("onpeak_use_free_time")?,
        },
        offpeak: Tariff {
            init_rate: rate("offpeak_init_rate")?,
            init_interval: seconds("offpeak_init_interval")?.unwrap_or_default(),
            follow_rate: rate("offpeak_follow_rate")?,
            follow_interval: seconds("offpeak_follow_interval")?.unwrap_or_default(),
            extra_rate: rate("offpeak_extra_rate")?,
            extra_second: seconds("offpeak_extra_second")?,
            use_free_time: free("offpeak_use_free_time")?,
        },
        aoc_pulse_amount_per_message: rate("aoc_pulse_amount_per_message")?,
    };
    Ok((zone, spec))
}

fn int(name: &'static str, text: &str) -> Result<i64> {
    text.trim().parse().map_err(|_| Error::invalid(name, format!("`{text}` is not an integer")))
}

fn truth(name: &'static str, text: &str) -> Result<bool> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Error::invalid(name, format!("`{text}` is neither 0 nor 1"))),
    }
}
