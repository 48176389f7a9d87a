//! Reading a number in any dial plan never panics, and what a checked plan writes reads back as the same number.

#![no_main]

use e164::{DialPlan, E164};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, String, String, String)| {
    let (country_code, national_prefix, international_prefix, text) = input;
    let plan = DialPlan { country_code, national_prefix, international_prefix };
    let numbers = [plan.to_e164(&text), E164::parse(&text)];
    if plan.validate().is_ok() {
        for number in numbers.into_iter().flatten() {
            assert_eq!(plan.to_e164(&plan.to_local(&number)), Ok(number));
        }
    }
});
