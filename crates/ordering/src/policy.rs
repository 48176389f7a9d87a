//! How a vendor is treated: its limits, its caps, what happens to numbers that come back.

use std::time::Duration;

use registry::Money;
use registry::clock::day_and_month;
use registry::id::VendorId;
use registry::vendor_link::Link;
use store::Tx;

/// What happens at the vendor when a number is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Release {
    /// It stays ours.
    #[default]
    Keep,
    /// It is given back.
    Disconnect,
}

/// How a vendor is treated: `[carrier.NAME]` of the configuration.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What happens at the vendor when a number is released.
    pub release: Release,
    /// How long a call may take.
    pub deadline: Duration,
    /// How many calls may run at once, over all servers.
    pub concurrency: u32,
    /// The least time between calls, over all servers.
    pub interval: Duration,
    /// How long an order in doubt counts as supply on the way.
    pub grace: Duration,
    /// Most numbers of a pool that may be in doubt past their grace while this vendor is still ordered from.
    pub exposure_cap: u32,
    /// Most numbers in one order; 0: no limit.
    pub max_per_order: u32,
    /// Most numbers ordered in a UTC day.
    pub numbers_per_day: Option<u32>,
    /// Most numbers ordered in a UTC month.
    pub numbers_per_month: Option<u32>,
    /// Most money spent in a UTC day.
    pub money_per_day: Option<Money>,
    /// Most money spent in a UTC month.
    pub money_per_month: Option<Money>,
    /// Failures in a row after which the vendor is left alone; 0: never.
    pub breaker_failures: u32,
    /// For how long it is left alone.
    pub breaker_pause: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            release: Release::Keep,
            deadline: Duration::from_secs(50),
            concurrency: 4,
            interval: Duration::ZERO,
            grace: Duration::from_secs(3_600),
            exposure_cap: 100,
            max_per_order: 0,
            numbers_per_day: None,
            numbers_per_month: None,
            money_per_day: None,
            money_per_month: None,
            breaker_failures: 5,
            breaker_pause: Duration::from_secs(60),
        }
    }
}

/// How much may still be bought from a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// So many numbers.
    pub(crate) numbers: u32,
    /// Why not more.
    pub(crate) because: Option<String>,
}

impl Policy {
    pub(crate) fn has_caps(&self) -> bool {
        self.numbers_per_day.is_some()
            || self.numbers_per_month.is_some()
            || self.money_per_day.is_some()
            || self.money_per_month.is_some()
    }

    /// How many of `wanted` numbers the spend caps let through. The vendor's row is locked by the caller where that
    /// matters.
    pub(crate) async fn allowance(
        &self,
        tx: &mut Tx,
        now: i64,
        vendor: VendorId,
        link: &Link,
        wanted: u32,
    ) -> registry::Result<Allowance> {
        let mut allowance = Allowance { numbers: wanted, because: None };
        if !self.has_caps() {
            return Ok(allowance);
        }
        let (day, month) = day_and_month(now);
        let periods = [
            (day, self.numbers_per_day, self.money_per_day, "today"),
            (month, self.numbers_per_month, self.money_per_month, "this month"),
        ];
        for (since, numbers, money, when) in periods {
            if numbers.is_none() && money.is_none() {
                continue;
            }
            let (bought, paid) = registry::order::spent(tx, vendor, since).await?;
            if let Some(cap) = numbers {
                allowance.limit(cap.saturating_sub(bought), || {
                    format!("{bought} of at most {cap} numbers were ordered {when}")
                });
            }
            if let Some(cap) = money {
                match link.cost() {
                    None => allowance.limit(0, || {
                        format!("there is a cap on money {when}, and the link does not say what a number costs")
                    }),
                    Some(Money::ZERO) => {}
                    Some(cost) => {
                        let left = (cap.0 - paid.0).max(0) / cost.0.max(1);
                        allowance.limit(u32::try_from(left).unwrap_or(u32::MAX), || {
                            format!("{paid} of at most {cap} {} was spent {when}", link.currency)
                        });
                    }
                }
            }
        }
        Ok(allowance)
    }
}

impl Allowance {
    fn limit(&mut self, most: u32, because: impl FnOnce() -> String) {
        if most < self.numbers {
            self.numbers = most;
            self.because = Some(because());
        }
    }
}
