//! Settings of single carriers outside the file: variables and flags that name the carrier and the key.

use super::CARRIER_KEYS;
use super::error::Origin;
use super::field::Raw;
use super::load::Loading;
use super::near::hint;

/// What the variables of carriers' settings start with; `NAME__KEY` follows.
pub(super) const VARIABLES: &str = "STROWGER_CARRIER__";
/// What the flags of carriers' settings start with; `NAME.key` follows.
pub(super) const FLAGS: &str = "carrier.";
/// Longest name of a carrier, in characters.
const LONGEST: usize = 64;

/// Whether a carrier may have this name; what one may be is said by [`NO_NAME`].
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= LONGEST && !name.chars().any(char::is_control)
}

/// What is wrong where [`is_name`] says no.
pub(super) const NO_NAME: &str = "is not a carrier's name: 1 to 64 characters";

impl Loading {
    /// Reads `STROWGER_CARRIER__NAME__KEY`.
    pub(super) fn carrier_variable(&mut self, variable: &str, value: &str) {
        let origin = Origin::Environment(variable.to_owned());
        let Some((name, key)) = variable.strip_prefix(VARIABLES).and_then(|rest| rest.rsplit_once("__")) else {
            return self.mistakes.add(origin, "", format!("is not a setting: write {VARIABLES}NAME__KEY"));
        };
        let keys = CARRIER_KEYS.iter().map(|known| (known, known.name.to_uppercase()));
        match keys.clone().find(|(_, capitals)| capitals == key) {
            Some((known, _)) if value.is_empty() && !known.field.may_be_empty() => {}
            Some((known, _)) => self.carrier(name, known.name, value, origin, ""),
            None => {
                let names: Vec<String> = keys.map(|(_, capitals)| capitals).collect();
                let hint = hint(key, names.iter().map(String::as_str));
                self.mistakes.add(origin, "", format!("{key} is not a setting of a carrier{hint}"));
            }
        }
    }

    /// Reads `carrier.NAME.key=value`; a name may have dots, a key has none.
    pub(super) fn carrier_flag(&mut self, flag: &str, value: &str) {
        match flag.strip_prefix(FLAGS).and_then(|rest| rest.rsplit_once('.')) {
            Some((name, key)) => self.carrier(name, key, value, Origin::Flag, flag),
            None => self.mistakes.add(Origin::Flag, flag, format!("is not a setting: write {FLAGS}NAME.KEY=VALUE")),
        }
    }

    fn carrier(&mut self, name: &str, key: &str, value: &str, origin: Origin, shown: &str) {
        if !is_name(name) {
            return self.mistakes.add(origin, shown, NO_NAME);
        }
        let Some(known) = CARRIER_KEYS.iter().find(|known| known.name == key) else {
            let hint = hint(key, CARRIER_KEYS.iter().map(|known| known.name));
            return self.mistakes.add(origin, shown, format!("is not a setting of a carrier{hint}"));
        };
        let mut settings = self.config.carrier(name);
        match known.field.set(&mut settings, &Raw::Outside(value)) {
            Ok(()) => drop(self.config.carriers.insert(name.to_owned(), settings)),
            Err(message) => self.mistakes.add(origin, shown, message),
        }
    }
}
