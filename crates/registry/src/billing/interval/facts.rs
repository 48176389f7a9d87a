//! What is known of accounts that their money goes by.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use store::Tx;

use super::calendar::Calendar;
use super::catch_up::{self, CaughtUp, Underrun};
use super::row::{self, Open};
use super::terms::{CarryOver, Interval, Offer, Terms};
use crate::account::Status;
use crate::billing::mapping::{self, Mapping};
use crate::billing::package::Package;
use crate::id::{AccountId, PackageId};
use crate::record::{self, Stored};
use crate::{Error, Money, Result, listing};

/// What is known of one account.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Its reseller.
    pub(super) reseller_id: AccountId,
    /// Whether it has ended.
    pub(super) terminated: bool,
    /// What it has, in micro-units.
    pub(super) balance: i64,
    /// What its money goes by.
    pub(super) terms: Terms,
    /// What it went by, with the time until which it did: what has ended since somebody looked last may go by that.
    earlier: Vec<(i64, Terms)>,
    /// Its package.
    pub(super) package: Option<Package>,
    /// The interval that was open when somebody looked last.
    pub(super) open: Option<Open>,
}

impl Facts {
    /// The open interval as it was when somebody looked last, with what the account's row says that it has.
    fn opened(&self) -> Interval {
        let Some(kept) = &self.open else { return catch_up::first(&self.terms, self.balance) };
        let mut open = kept.interval.clone();
        open.adjusted = open.adjusted.saturating_add(self.balance.saturating_sub(open.cash()));
        open
    }

    /// The account's intervals, caught up with; one that has ended is left as it is.
    pub(super) fn caught_up(&self, now: i64) -> CaughtUp {
        let mut all = CaughtUp { closed: Vec::new(), open: self.opened(), underrun: Underrun::default() };
        for (until, terms) in self.until(now) {
            let caught = catch_up::catch_up(all.open, terms, until);
            all.closed.extend(caught.closed);
            (all.open, all.underrun) = (caught.open, all.underrun.and(caught.underrun));
        }
        all
    }

    /// The interval that is open, as [`Facts::caught_up`] has it.
    pub(super) fn open_at(&self, now: i64) -> Interval {
        self.until(now).fold(self.opened(), |open, (until, terms)| catch_up::open_at(open, terms, until))
    }

    /// By what to catch up until when.
    fn until(&self, now: i64) -> impl Iterator<Item = (i64, &Terms)> {
        let earlier = self.earlier.iter().map(move |(until, terms)| (now.min(*until), terms));
        earlier.chain([(now, &self.terms)]).filter(|_| !self.terminated)
    }
}

const ACCOUNTS: &str = "SELECT a.id, a.reseller_id, a.status, a.balance, a.held, a.created_at, a.profile_package_id, \
    c.timezone FROM accounts a LEFT JOIN contacts c ON c.id = a.contact_id WHERE a.id IN ({ids})";
const PROFILES: &str = "SELECT id, interval_free_cash, interval_free_time FROM billing_profiles WHERE id IN ({ids})";

/// The changes of packages whose accounts have not all been caught up with, the first one first.
const CHANGES: &str = "SELECT package_id, changed_at, package, after_account_id FROM profile_package_changes \
    WHERE package_id IN ({ids}) ORDER BY id";

/// A package as it was.
struct Before {
    until: i64,
    package: Package,
    /// Accounts up to this one have been caught up with since.
    after: AccountId,
}

async fn changes(tx: &mut Tx, packages: &[i64]) -> Result<BTreeMap<PackageId, Vec<Before>>> {
    let mut found: BTreeMap<PackageId, Vec<Before>> = BTreeMap::new();
    for row in listing::for_ids(tx, CHANGES, packages).await? {
        let Stored(package) = row.get("package")?;
        let before = Before { until: row.get("changed_at")?, package, after: row.get("after_account_id")? };
        found.entry(row.get("package_id")?).or_default().push(before);
    }
    Ok(found)
}

/// What mappings give, with the time from which on.
fn offers(mappings: &[Mapping], offers: &BTreeMap<i64, Offer>) -> Vec<(i64, Offer)> {
    let mut times: Vec<i64> = mappings.iter().flat_map(|m| [Some(m.effective_start()), m.stop]).flatten().collect();
    times.sort_unstable();
    times.dedup();
    let holding = |at: i64| {
        let holds =
            |m: &&Mapping| m.network_id.is_none() && m.effective_start() <= at && m.stop.is_none_or(|stop| stop > at);
        mappings.iter().rfind(holds).and_then(|m| offers.get(&m.profile_id.0)).copied().unwrap_or_default()
    };
    let mut found: Vec<(i64, Offer)> = times.into_iter().map(|at| (at, holding(at))).collect();
    found.dedup_by_key(|(_, offer)| *offer);
    found
}

fn terms(
    package: Option<&Package>,
    zone: Option<&str>,
    created_at: i64,
    held: i64,
    offers: Vec<(i64, Offer)>,
) -> Terms {
    let mut terms = Terms {
        calendar: Calendar::months(created_at),
        carry_over: CarryOver::CarryOver,
        timely: None,
        notopup: None,
        offers,
        lock_below: None,
        profiles_below: None,
        package_id: None,
        held,
    };
    if let Some(package) = package {
        let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        terms.calendar = Calendar {
            mode: package.balance_interval_start_mode,
            value: package.balance_interval_value,
            unit: package.balance_interval_unit,
            zone,
            created_at,
        };
        let micro = |cents: Option<i64>| cents.map(|cents| cents.saturating_mul(Money::CENT));
        terms.carry_over = package.carry_over_mode;
        terms.timely = package.timely_duration_value.zip(package.timely_duration_unit);
        terms.notopup = package.notopup_discard_intervals;
        terms.lock_below = micro(package.underrun_lock_threshold);
        terms.profiles_below = micro(package.underrun_profile_threshold);
        terms.package_id = Some(package.id);
    }
    terms
}

/// What is known of those accounts that are there.
pub(super) async fn many(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Facts>> {
    let rows = listing::for_ids(tx, ACCOUNTS, ids).await?;
    let mut package_ids: Vec<i64> = Vec::new();
    for row in &rows {
        package_ids.extend(row.get::<Option<i64>>("profile_package_id")?);
    }
    package_ids.sort_unstable();
    package_ids.dedup();
    let packages: BTreeMap<PackageId, Package> =
        record::load::<Package>(tx, &package_ids).await?.into_iter().map(|package| (package.id, package)).collect();
    let changes = changes(tx, &package_ids).await?;
    let mut mappings = mapping::since_interval(tx, ids).await?;
    let mut profile_ids: Vec<i64> = mappings.values().flatten().map(|mapping| mapping.profile_id.0).collect();
    profile_ids.sort_unstable();
    profile_ids.dedup();
    let mut profiles = BTreeMap::new();
    for row in listing::for_ids(tx, PROFILES, &profile_ids).await? {
        let id = row.get("id")?;
        let (free_cash, free_time) = (row.get("interval_free_cash")?, row.get("interval_free_time")?);
        profiles.insert(id, Offer { profile_id: Some(crate::id::ProfileId(id)), free_cash, free_time });
    }
    let mut open = row::open(tx, ids).await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        let id: i64 = row.get("id")?;
        let package = row.get::<Option<PackageId>>("profile_package_id")?.and_then(|id| packages.get(&id)).cloned();
        let zone: Option<String> = row.get("timezone")?;
        let given = offers(&mappings.remove(&id).unwrap_or_default(), &profiles);
        let (created_at, held) = (row.get("created_at")?, row.get("held")?);
        let terms = |package: Option<&Package>| self::terms(package, zone.as_deref(), created_at, held, given.clone());
        let changes = package.as_ref().and_then(|package| changes.get(&package.id)).into_iter().flatten();
        let facts = Facts {
            earlier: changes
                .filter(|before| before.after.0 < id)
                .map(|before| (before.until, terms(Some(&before.package))))
                .collect(),
            reseller_id: row.get("reseller_id")?,
            terminated: row.get::<Status>("status")? == Status::Terminated,
            balance: row.get("balance")?,
            terms: terms(package.as_ref()),
            package,
            open: open.remove(&id),
        };
        found.insert(id, facts);
    }
    Ok(found)
}

/// What is known of one account.
pub(super) async fn of(tx: &mut Tx, id: AccountId) -> Result<Facts> {
    many(tx, &[id.0]).await?.remove(&id.0).ok_or_else(|| Error::not_found("account", id))
}
