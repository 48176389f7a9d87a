//! The written reference, made from the list of settings.

use std::fmt::Write as _;

use super::{CARRIER_KEYS, KEYS};

/// What stands before the tables.
const HEAD: &str = "\
# Configuration

Strowger needs no configuration. What is to differ from the defaults comes from, later ones first:

1. flags: `--data-dir`, `--database-url`, `--admin-listen`, `--number-vendors`, and `--set KEY=VALUE` for any key;
2. environment variables `STROWGER_…`;
3. one TOML file, named by `--config` or `STROWGER_CONFIG`.

A wrong key or value is an error that names the key, the file and the line, or the variable; every mistake is reported at
once. `strowger check` reads everything without starting. Durations are written as `250ms`, `50s`, `2m`, `1h`, `30d`.

```toml
number_vendors = \"pool\"

[system_dial_plan]
country_code = \"44\"
national_prefix = \"0\"
international_prefix = \"00\"

[carrier.wholesale]
grace = \"2h\"
numbers_per_day = 500
money_per_month = \"1000.00\"
```

A dotted key is a table in the file: `worker.poll` is `poll` under `[worker]`.

Flags are visible to every user of the machine in the list of processes: secrets (`database_url`, `admin_password`,
`dns.keys`) belong in the environment or in the file.

";

/// What stands before the table of a carrier's settings.
const CARRIERS: &str = "
In a table `[carrier.NAME]`, where NAME is the carrier's name in the vendors' file. The flag of a key is
`--set carrier.NAME.key=value`. Its variable is `STROWGER_CARRIER__NAME__KEY`: NAME exactly as in the vendors' file, KEY in
capitals, double underscores before and after the name, such as `STROWGER_CARRIER__wholesale__NUMBERS_PER_DAY=500`.

";

/// The reference of all settings as Markdown.
pub fn reference() -> String {
    let mut text = String::from(HEAD);
    text.push_str("| key | environment | kind | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for key in KEYS {
        let (kind, default) = (key.field.describe(), shown_default(key.default));
        let _ = writeln!(text, "| `{}` | `{}` | {kind} | {default} | {} |", key.name, key.environment, key.doc);
    }
    text.push_str(CARRIERS);
    text.push_str("| key | kind | default | meaning |\n| --- | --- | --- | --- |\n");
    for key in CARRIER_KEYS {
        let (kind, default) = (key.field.describe(), shown_default(key.default));
        let _ = writeln!(text, "| `{}` | {kind} | {default} | {} |", key.name, key.doc);
    }
    text
}

fn shown_default(default: &str) -> String {
    if default.is_empty() { String::new() } else { format!("`{default}`") }
}
