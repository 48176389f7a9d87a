//! Amounts of money as text.

use proptest::prelude::*;

use crate::money::currency;
use crate::{Error, Money};

#[test]
fn amounts_are_written_with_two_to_six_places() {
    for (micro, text) in [
        (0, "0.00"),
        (1, "0.000001"),
        (-1, "-0.000001"),
        (1_500_000, "1.50"),
        (-12_345_678, "-12.345678"),
        (1_230_000, "1.23"),
        (1_234_500, "1.2345"),
        (i64::MAX, "9223372036854.775807"),
        (i64::MIN, "-9223372036854.775808"),
    ] {
        assert_eq!(Money(micro).to_string(), text);
        assert_eq!(Money::parse("price", text).expect(text), Money(micro));
        assert_eq!(serde_json::to_string(&Money(micro)).expect("json"), format!("\"{text}\""));
    }
}

#[test]
fn amounts_are_read_with_at_most_six_places() {
    for (text, micro) in [
        ("1", 1_000_000),
        (" 1.5 ", 1_500_000),
        ("0.000001", 1),
        ("-3", -3_000_000),
        ("1.0000000", 1_000_000),
        ("+2", 2_000_000),
    ] {
        assert_eq!(Money::parse("price", text).expect(text), Money(micro));
    }
    for text in [
        "",
        "1,5",
        "0.0000001",
        "1.0000001",
        "1e3",
        "€1",
        "NaN",
        "1.2.3",
        "9223372036854.775808",
        "99999999999999999999",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
        "999999999999999999999999999999999999",
    ] {
        match Money::parse("price", text) {
            Err(Error::Invalid { field: "price", message }) => {
                assert!(message.contains(&format!("`{text}`")), "{message} does not name {text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn sums_stay_within_what_can_be_counted() {
    assert_eq!(Money(i64::MAX).plus(Money(1)), Money(i64::MAX));
    assert_eq!(Money(i64::MAX / 2).times(3), Money(i64::MAX));
    assert_eq!(Money(2).times(3).plus(Money(-1)), Money(5));
}

#[test]
fn a_currency_is_three_capital_letters() {
    assert_eq!(currency("EUR").expect("a code"), "EUR");
    for text in ["eur", "EU", "EURO", "E1R", "", "ÉUR"] {
        assert!(matches!(currency(text), Err(Error::Invalid { field: "currency", .. })), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_amount_is_read_as_it_is_written(micro: i64) {
        let text = Money(micro).to_string();
        prop_assert_eq!(text.parse::<Money>().expect("an amount"), Money(micro));
        let places = text.split('.').nth(1).map_or(0, str::len);
        prop_assert!((2..=6).contains(&places), "{}", text);
        let json = serde_json::to_string(&Money(micro)).expect("json");
        prop_assert_eq!(serde_json::from_str::<Money>(&json).expect("an amount"), Money(micro));
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC*|[-+]?[0-9]{0,40}(\\.[0-9]{0,40})?") {
        if let Ok(amount) = Money::parse("price", &text) {
            prop_assert_eq!(amount.to_string().parse::<Money>().expect("an amount"), amount);
        }
    }
}
