//! Telephone numbers in E.164 form and the dial plans that people write them in.
//!
//! Pure: no input, no output, no metadata that may be old. A number is checked by its structure only.

mod dial_plan;
mod number;

pub use dial_plan::{DialPlan, DialPlanError};
pub use number::{E164, MAX_DIGITS, NotE164};
