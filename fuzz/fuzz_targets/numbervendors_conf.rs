//! Any text can be read as a vendors' file; its vendors have what the format promises.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (vendors, errors) = carriers::read_vendors(text);
    assert!(vendors.len() + errors.len() <= text.lines().count());
    let keys: HashSet<&str> = vendors.iter().map(|vendor| vendor.key.as_str()).collect();
    assert_eq!(keys.len(), vendors.len());
    assert!(vendors.iter().all(|vendor| !vendor.method.is_empty()));
});
