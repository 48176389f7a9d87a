//! Listing, looking up and giving back through a plugin.

use std::time::{Duration, Instant};

use super::{Vendor, number, shown};
use crate::contract::{Carrier as _, ErrorClass, Group, Lookup};

#[tokio::test]
async fn groups_are_listed() {
    let vendor = Vendor::new();
    let groups = vendor.script("echo OK; echo '20, London'; echo 'x1, Two, words'").groups().await.unwrap();
    assert_eq!(
        groups,
        [Group { id: "20".into(), name: "London".into() }, Group { id: "x1".into(), name: "Two, words".into() }]
    );
    let error = vendor.file("", 0o644).groups().await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotStarted);
}

#[tokio::test]
async fn free_numbers_are_listed_within_the_callers_deadline() {
    let vendor = Vendor::new();
    let carrier = vendor.script(
        "echo \"$@\" > $dir/arguments; echo OK; echo 02071234567; echo 02071234567; echo 00331; exec sleep 600",
    );
    let begun = Instant::now();
    let numbers = carrier.available("123", 10, Duration::from_secs(2)).await.unwrap();
    assert!(begun.elapsed() < vendor.settings.deadline);
    assert_eq!(numbers, [number("442071234567"), number("331")]);
    assert!(vendor.read("arguments").ends_with("-a get_available_numbers_from_group -g 123 -c 10\n"));
}

#[tokio::test]
async fn a_foreign_plugin_gets_the_three_actions_only() {
    let vendor = Vendor::new();
    let carrier = vendor.script("echo started > $dir/started; echo OK none");
    let capabilities = carrier.capabilities();
    assert!(!capabilities.lookup && !capabilities.release && !capabilities.back_orders && capabilities.specific_order);
    assert_eq!(
        carrier.lookup("r").await,
        Lookup::Unknown { reason: "this vendor's plugin can't be asked for an order".into() }
    );
    assert_eq!(carrier.release(&number("1")).await.unwrap_err().class, ErrorClass::Unsupported);
    assert!(!vendor.path("started").exists());
    assert_eq!(shown(&vendor.order("echo OK pending 2", 2).await), "delivered [] pending 0 note \"pending 2\"");
}

#[tokio::test]
async fn a_plugin_with_our_extension_is_asked_for_orders_and_takes_numbers_back() {
    let vendor = Vendor::with(|settings| settings.lookup = true);
    assert_eq!(
        shown(&vendor.order("echo OK pending 2; echo 02071234567", 3).await),
        "delivered [+442071234567] pending 2 note \"pending 2\""
    );
    let carrier =
        vendor.script("echo \"$STROWGER_ORDER_REFERENCE $@\" > $dir/arguments; echo OK complete; echo 02071234567");
    let Lookup::Found { lines, pending: 0 } = carrier.lookup("r-7").await else { panic!() };
    assert_eq!(lines[0].number, Ok(number("442071234567")));
    assert!(
        vendor.read("arguments").starts_with("r-7 -v test")
            && vendor.read("arguments").ends_with("-a get_numbers_from_order -d sip.example.com:5060\n")
    );
    assert_eq!(vendor.script("echo OK none").lookup("r-7").await, Lookup::None);
    let carrier = vendor.script("echo \"$STROWGER_ORDER_REFERENCE|$@\" > $dir/arguments; echo OK");
    carrier.release(&number("442071234567")).await.unwrap();
    assert!(
        vendor.read("arguments").starts_with("|-v test")
            && vendor.read("arguments").ends_with("-a release_number -o 02071234567\n")
    );
    let error = vendor.script("echo ERROR minimum term").release(&number("1")).await.unwrap_err();
    assert_eq!(error.to_string(), "minimum term");
}
