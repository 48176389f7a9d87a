//! Country codes, of geographic areas and of what is in none, as libphonenumber's metadata has them.

use std::collections::HashSet;
use std::sync::LazyLock;

use rlibphonenumber::PHONE_NUMBER_UTIL;

static COUNTRY_CODES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let util = &PHONE_NUMBER_UTIL;
    let everywhere = util.get_supported_calling_codes().chain(util.get_supported_global_network_calling_codes());
    everywhere.map(|code| code.to_string()).collect()
});

/// Whether the digits are those of a country code, no more and no less. The answer is as old as the metadata that the
/// program was built with.
#[must_use]
pub fn is_country_code(digits: &str) -> bool {
    COUNTRY_CODES.contains(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_codes_are_known() {
        for digits in ["1", "7", "31", "44", "49", "353", "800", "882", "883", "998"] {
            assert!(is_country_code(digits), "{digits}");
        }
        for digits in ["", "0", "3", "35", "3120", "1212", "+31", "031"] {
            assert!(!is_country_code(digits), "{digits}");
        }
    }
}
