//! Fees as comma-separated values, in and out.
//!
//! The first line may name the columns. Without names, the columns stand in the dialect's order of files, or in the order
//! of the fields as they are given out; where `in` or `out` stands tells which.

use std::collections::BTreeMap;

use csv::StringRecord;
use registry::Error;
use registry::billing::fee::Fee;
use registry::billing::fee_batch::{Entry, Loader, MOST};
use registry::billing::{fee, zone};
use registry::id::ProfileId;
use registry::listing::{self, Condition, Query};
use serde_json::Value;

use super::{read, text, wire};
use crate::kernel::{Cx, Outcome, Refusal, table};

/// The columns of a file without names, as files of the dialect have them.
const ORDER_OF_FILES: &[&str] = &[
    "source",
    "destination",
    "direction",
    "billing_zone_zone",
    "billing_zone_detail",
    "onpeak_init_rate",
    "onpeak_init_interval",
    "onpeak_follow_rate",
    "onpeak_follow_interval",
    "offpeak_init_rate",
    "offpeak_init_interval",
    "offpeak_follow_rate",
    "offpeak_follow_interval",
    "use_free_time",
    "match_mode",
];

/// The columns of a file that is given out.
const ORDER_OF_FIELDS: &[&str] = &[
    "billing_zone_zone",
    "billing_zone_detail",
    "destination",
    "source",
    "direction",
    "match_mode",
    "onpeak_init_interval",
    "onpeak_follow_interval",
    "offpeak_init_interval",
    "offpeak_follow_interval",
    "onpeak_init_rate",
    "onpeak_follow_rate",
    "offpeak_init_rate",
    "offpeak_follow_rate",
    "onpeak_extra_rate",
    "offpeak_extra_rate",
    "onpeak_extra_second",
    "offpeak_extra_second",
    "onpeak_use_free_time",
    "offpeak_use_free_time",
    "aoc_pulse_amount_per_message",
];

/// Other names of columns.
const ALSO: &[(&str, &str)] = &[
    ("zone", "billing_zone_zone"),
    ("zone_detail", "billing_zone_detail"),
    ("billing_zone_id", "billing_zone_id"),
    ("use_free_time", "use_free_time"),
];

/// The rows of a page that is read for a file.
const ROWS: i64 = 1_000;

/// The columns that a line of names stands for; none where it is a line of values.
fn names(first: &StringRecord) -> Option<Result<Vec<&'static str>, Refusal>> {
    let known = |cell: &str| {
        let name = cell.to_ascii_lowercase();
        let own = ORDER_OF_FIELDS.iter().find(|known| **known == name).copied();
        own.or_else(|| ALSO.iter().find(|(also, _)| *also == name).map(|(_, name)| *name))
    };
    if !first.iter().any(|cell| known(cell) == Some("destination")) {
        return None;
    }
    let unknown = |cell: &str| table::wrong(1, format!("there is no column '{cell}'"));
    Some(first.iter().map(|cell| known(cell).ok_or_else(|| unknown(cell))).collect())
}

/// The columns of a line of values.
fn order(record: &StringRecord) -> &'static [&'static str] {
    let directs = |columns: &[&str]| {
        let place = columns.iter().position(|name| *name == "direction").unwrap_or_default();
        matches!(record.get(place), Some("in" | "out"))
    };
    if directs(ORDER_OF_FIELDS) && !directs(ORDER_OF_FILES) { ORDER_OF_FIELDS } else { ORDER_OF_FILES }
}

/// A line as a fee.
fn entry(record: &StringRecord, columns: &[&str]) -> Result<Entry, Refusal> {
    let line = table::line(record);
    if record.len() > columns.len() {
        let what = format!("{} columns are too many, at most {}", record.len(), columns.len());
        return Err(table::wrong(line, what));
    }
    let cell = |name: &str| {
        let place = columns.iter().position(|column| *column == name)?;
        record.get(place).filter(|cell| !cell.is_empty()).map(str::to_owned)
    };
    let (zone, spec) = read::fee(cell).map_err(|error| match error {
        Error::Dangling { .. } => table::wrong(line, "there is no zone"),
        error => table::wrong(line, error.public_message()),
    })?;
    Ok(Entry { line, zone, spec })
}

/// Takes a file in.
///
/// # Errors
/// 422 naming the line.
pub(super) async fn take_in(cx: &mut Cx<'_>, profile: ProfileId, body: &[u8]) -> Outcome<()> {
    let mut loader = Loader::begin(cx.tx, cx.caller, profile, cx.params.is_true("purge_existing")).await?;
    let mut reader = table::reader(body);
    let mut columns: Option<Vec<&'static str>> = None;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| table::unreadable(&error))? {
        let columns = match &columns {
            Some(columns) => columns,
            None => match names(&record) {
                Some(named) => {
                    columns = Some(named?);
                    continue;
                }
                None => columns.insert(order(&record).to_vec()),
            },
        };
        loader.add(cx.tx, cx.caller, cx.now, entry(&record, columns)?).await?;
    }
    loader.finish(cx.tx, cx.caller, cx.now).await?;
    Ok(())
}

/// All fees that the query asks for and the caller sees, as a file with a line of names.
///
/// # Errors
/// 422 where there are too many for one file.
pub(super) async fn give_out(cx: &mut Cx<'_>) -> Outcome<table::Writer> {
    let mut conditions = Vec::new();
    for column in ["billing_profile_id", "billing_zone_id"] {
        if let Some(id) = cx.params.get(column) {
            conditions.push(id.parse::<i64>().map_or(Condition::Never, |id| Condition::Is(column, id.into())));
        }
    }
    let mut writer = table::Writer::new(ORDER_OF_FIELDS)?;
    let mut zones = BTreeMap::new();
    let (mut last, mut written) = (0, 0);
    loop {
        let mut after = conditions.clone();
        after.push(Condition::Above("id", last.into()));
        let query = Query { conditions: after, limit: ROWS, ..Query::default() };
        let page = listing::page(cx.tx, cx.caller, &fee::ALL, &query).await?;
        let fees = fee::load(cx.tx, &page.ids).await?;
        let unknown: Vec<i64> =
            fees.iter().map(|fee| fee.billing_zone_id.0).filter(|id| !zones.contains_key(id)).collect();
        for zone in zone::load(cx.tx, &unknown).await? {
            zones.insert(zone.id.0, (zone.zone, zone.detail));
        }
        for fee in &fees {
            writer.row(row(fee, zones.get(&fee.billing_zone_id.0)))?;
        }
        written += fees.len() as u64;
        if written > MOST {
            return Err(Refusal::new(422, format!("There are more than {MOST} fees: ask for one profile")).into());
        }
        match page.ids.last() {
            Some(id) if page.more => last = *id,
            _ => return Ok(writer),
        }
    }
}

/// A fee in the order of the columns.
fn row(fee: &Fee, zone: Option<&(String, Option<String>)>) -> Vec<String> {
    let mut item = wire(fee);
    if let Some((zone, detail)) = zone {
        item.insert("billing_zone_zone".to_owned(), zone.clone().into());
        item.insert("billing_zone_detail".to_owned(), detail.clone().map_or(Value::Null, Value::String));
    }
    ORDER_OF_FIELDS.iter().map(|name| text(&item, name).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use registry::billing::fee::{MatchMode, ZoneRef};

    use super::*;

    /// What a line says, where the first one tells the columns.
    fn read(text: &str) -> Result<Entry, String> {
        let lines: Vec<_> = text.lines().map(|line| StringRecord::from_iter(line.split(';'))).collect();
        let read = match names(&lines[0]) {
            Some(columns) => columns.and_then(|columns| entry(&lines[1], &columns)),
            None => entry(&lines[0], order(&lines[0])),
        };
        read.map_err(|refusal| refusal.message)
    }

    #[test]
    fn columns_are_told_by_their_names_or_their_order() {
        let table = [
            ".;^1;out;far;;0.5;60;1;30;0.5;60;1;30;1;prefix",
            "far;;^1;.;out;prefix;60;30;60;30;0.5;1;0.5;1;;;;;1;1;",
            "Zone;destination;direction;match_mode;onpeak_init_rate;onpeak_follow_rate;offpeak_init_rate;\
             offpeak_follow_rate;onpeak_init_interval;onpeak_follow_interval;offpeak_init_interval;\
             offpeak_follow_interval;use_free_time\nfar;^1;out;prefix;0.5;1;0.5;1;60;30;60;30;true",
        ];
        for text in table {
            let Entry { zone, spec, .. } = read(text).expect(text);
            assert_eq!(zone, ZoneRef::Named { zone: "far".to_owned(), detail: None }, "{text}");
            assert_eq!((spec.destination.as_str(), spec.source.as_str()), ("^1", "."), "{text}");
            assert_eq!(spec.match_mode, MatchMode::Prefix, "{text}");
            assert_eq!(spec.onpeak, spec.offpeak, "{text}");
            let tariff = spec.onpeak;
            assert_eq!((tariff.init_rate.to_string().as_str(), tariff.init_interval), ("0.5", 60), "{text}");
            assert_eq!((tariff.follow_rate.to_string().as_str(), tariff.follow_interval), ("1", 30), "{text}");
            assert!(tariff.use_free_time, "{text}");
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        let table = [
            (".;^1;up;far;;1;60;1;60;1;60;1;60", "line 0: direction: `up` is not one of in, out"),
            (".;^1;out;far;;much;60;1;60;1;60;1;60", "line 0: onpeak_init_rate: `much` is not a number"),
            (".;^1;out;;;1;60;1;60;1;60;1;60", "line 0: there is no zone"),
            (".;^1;out;far;;1;60;1;60;1;60;1;60;0;prefix;x", "line 0: 16 columns are too many"),
            ("destination;colour\n^1;red", "line 1: there is no column 'colour'"),
        ];
        for (text, message) in table {
            let refused = read(text).expect_err(text);
            assert!(refused.starts_with(message), "{text}: {refused}");
        }
    }
}
