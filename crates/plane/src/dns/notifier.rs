//! Tells secondaries of changes: claims them, sends notices, and comes back where nobody answered.
//!
//! Several servers may do so side by side, as each change is claimed by lease. A secondary that has not answered is not
//! waited for next time, so that changes reach the others soon; it is told again later, and when it answers it is waited for
//! as before.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::base::iana::Rcode;
use domain::rdata::tsig::Time48;
use registry::dns::catalog;
use registry::dns::change::{self, Change};
use registry::{Result, transaction};
use store::Db;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Name;
use super::notice::{Answer, IMPATIENCE, Notice, PATIENCE};
use super::setting::{Secondary, Settings};

/// How often changes of other servers are looked for.
const POLL: Duration = Duration::from_millis(500);
/// How long a claimed change stays with its server, in microseconds: longer than telling everybody takes.
const LEASE: i64 = 30_000_000;
/// Most changes that are told at a time, and how many are claimed at least while there is so much to tell.
const MOST: usize = 128;
const BATCH: usize = 32;
/// After how long a change is told again to who has not answered: shortest and longest, in microseconds.
const AGAIN: (i64, i64) = (2_000_000, 120_000_000);
/// How old a change may be when it is told again, in microseconds; later a secondary finds it out by itself.
const TOO_OLD: i64 = 3_600_000_000;

/// Tells secondaries of changes.
#[derive(Debug)]
pub struct Notifier {
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    db: Db,
    settings: Arc<Settings>,
    /// Which of the secondaries have not answered the last time.
    silent: Vec<AtomicBool>,
}

/// Whether a change is that of the catalog, the change, and after how many microseconds it is to be told again, if at all.
type Told = (bool, Change, Option<i64>);

impl Notifier {
    /// Tells the secondaries of the settings; none where there are none, and changes wait for a server that has some.
    #[must_use]
    pub fn new(db: Db, settings: Arc<Settings>) -> Option<Notifier> {
        if settings.secondaries.is_empty() {
            return None;
        }
        let silent = settings.secondaries.iter().map(|_| AtomicBool::new(false)).collect();
        Some(Notifier { desk: Arc::new(Desk { db, settings, silent }) })
    }

    /// Goes on until `stop` is true. What was claimed then, another server or the next start tells.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.desk.follow() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

impl Desk {
    async fn follow(self: Arc<Self>) {
        let signal = self.db.signal(change::SIGNAL);
        let mut telling = JoinSet::new();
        loop {
            let woken = signal.notified();
            let room = MOST - telling.len();
            if room >= BATCH {
                match self.claim(room).await {
                    Ok(claimed) => {
                        for (is_catalog, change) in claimed {
                            let desk = self.clone();
                            telling.spawn(async move {
                                let wait = desk.tell(&change, is_catalog).await;
                                (is_catalog, change, wait)
                            });
                        }
                    }
                    Err(error) => tracing::warn!(%error, "changes of DNS zones not read"),
                }
            }
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(POLL) => {}
                Some(first) = telling.join_next() => {
                    let mut told: Vec<Told> = first.into_iter().collect();
                    while let Some(next) = telling.try_join_next() {
                        told.extend(next);
                    }
                    if let Err(error) = self.end(&told).await {
                        tracing::warn!(%error, "changes of DNS zones not ended; they are told again");
                    }
                }
            }
        }
    }

    /// Takes changes, each with whether it is that of the catalog.
    async fn claim(&self, most: usize) -> Result<Vec<(bool, Change)>> {
        if !change::waiting(&mut self.db.reader()).await? {
            return Ok(Vec::new());
        }
        transaction!(self.db, |tx| {
            let of_catalog = catalog::claim(tx, LEASE).await?.map(|change| (true, change));
            let of_zones = change::claim(tx, LEASE, most as i64).await?.into_iter().map(|change| (false, change));
            Ok(of_catalog.into_iter().chain(of_zones).collect())
        })
    }

    async fn end(&self, told: &[Told]) -> Result<()> {
        transaction!(self.db, |tx| {
            for (is_catalog, change, wait) in told {
                match (is_catalog, wait) {
                    (true, None) => catalog::done(tx, change).await?,
                    (true, Some(wait)) => catalog::again(tx, change, *wait).await?,
                    (false, None) => change::done(tx, change).await?,
                    (false, Some(wait)) => change::again(tx, change, *wait).await?,
                };
            }
            Ok(())
        })
    }

    /// Tells all secondaries of a change; gives back after how many microseconds that is to be done again, if at all.
    async fn tell(self: &Arc<Self>, change: &Change, is_catalog: bool) -> Option<i64> {
        let name = if is_catalog { &self.settings.catalog } else { &change.name };
        if name.is_empty() {
            return None;
        }
        let Ok(zone) = format!("{name}.").parse::<Name>() else {
            tracing::error!(name, "the name of a DNS zone can't be sent");
            return None;
        };
        let mut notices = JoinSet::new();
        for at in 0..self.settings.secondaries.len() {
            let (desk, zone) = (self.clone(), zone.clone());
            notices.spawn(async move { desk.notify(at, &zone).await });
        }
        let mut answered = true;
        while let Some(outcome) = notices.join_next().await {
            answered &= outcome.unwrap_or(false);
        }
        if answered {
            return None;
        }
        if change.age >= TOO_OLD {
            tracing::warn!(zone = name, "a change of a DNS zone was not told to every secondary");
            return None;
        }
        Some((change.age / 2).clamp(AGAIN.0, AGAIN.1))
    }

    /// Tells one secondary; false where it has not answered.
    async fn notify(&self, at: usize, zone: &Name) -> bool {
        let (secondary, silent) = (&self.settings.secondaries[at], &self.silent[at]);
        let key = secondary.key.as_ref().and_then(|name| self.settings.keys.get(name));
        let patience = if silent.load(Ordering::Relaxed) { IMPATIENCE } else { PATIENCE };
        let answered = match Notice::new(zone, key, rand::random(), Time48::now()) {
            Ok(notice) => notice.send(self.from(secondary), secondary.address, patience).await,
            Err(error) => Err(std::io::Error::other(error.to_string())),
        };
        match answered {
            Ok(Some(answer)) => {
                let Answer { rcode, error } = answer;
                if silent.swap(false, Ordering::Relaxed) {
                    tracing::info!(%secondary, "a DNS secondary answers again");
                }
                // One that has not heard of a new zone yet says that it isn't authoritative.
                match (rcode, error) {
                    (Rcode::NOERROR, _) | (Rcode::NOTAUTH, None) => {
                        tracing::debug!(%secondary, %zone, %rcode, "DNS secondary told");
                    }
                    (_, Some(error)) => {
                        tracing::warn!(%secondary, %zone, %error, "a DNS secondary does not take the signature of a notice");
                    }
                    _ => tracing::warn!(%secondary, %zone, %rcode, "a DNS secondary does not take a notice"),
                }
                // One that has failed may not fail the next time.
                rcode != Rcode::SERVFAIL
            }
            other => {
                if !silent.swap(true, Ordering::Relaxed) {
                    let error = other.err().map(|error| error.to_string()).unwrap_or_default();
                    tracing::warn!(%secondary, error, "a DNS secondary does not answer");
                }
                false
            }
        }
    }

    /// Where notices come from: where the primary listens, as secondaries look at that.
    fn from(&self, secondary: &Secondary) -> IpAddr {
        let to: SocketAddr = secondary.address;
        match self.settings.listen.map(|listen| listen.ip()) {
            Some(ip) if !ip.is_unspecified() && ip.is_ipv4() == to.is_ipv4() => ip,
            _ if to.is_ipv4() => Ipv4Addr::UNSPECIFIED.into(),
            _ => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}
