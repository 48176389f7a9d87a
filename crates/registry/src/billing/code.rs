//! Codes that are money: they are shown to nobody who looks at the program itself.

use std::fmt;

use serde::Deserialize;
use store::{FromVal, Val};

/// A code that is worth money. What a log or an error shows of it is that there is one; who may read that of a voucher is
/// for [`shown`](super::voucher::shown) to say.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*****")
    }
}

impl Code {
    /// The code itself.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Code {
    fn from(code: &str) -> Code {
        Code(code.to_owned())
    }
}

impl From<Code> for Val {
    fn from(code: Code) -> Val {
        Val::Text(code.0)
    }
}

impl FromVal for Code {
    const WANTED: &'static str = "text";

    fn from_val(value: &Val) -> Option<Code> {
        String::from_val(value).map(Code)
    }
}

#[test]
fn nothing_shows_a_code() {
    let voucher = super::voucher::Voucher { code: "4711-0815".into(), ..Default::default() };
    let means = super::topup::Means::Voucher("4711-0815".into());
    let request = super::topup::Request { subscriber_id: crate::id::SubscriberId(1), means, token: None };
    for shown in [format!("{voucher:?}"), format!("{request:?}")] {
        assert!(!shown.contains("4711") && shown.contains("*****"), "{shown}");
    }
}
