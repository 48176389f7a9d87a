//! Telephone numbers in E.164 form and the dial plans that people write them in.
//!
//! Pure: no input, no output. A number is checked by its structure only, never by metadata that may be old; only country
//! codes are taken from there.

mod country_code;
mod dial_plan;
mod number;

pub use country_code::is_country_code;
pub use dial_plan::{DialPlan, DialPlanError};
pub use number::{E164, MAX_DIGITS, NotE164};
