//! A registry with vendors, and as many servers on it as a test wants.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordering::{Entry, Mode, Ordering, Policy, Settings, Worker};
use registry::account::{self, Account, Kind, NewAccount};
use registry::alert::{self, Alert};
use registry::id::{AccountId, LoginId, OrderId, PoolId};
use registry::login::Credentials;
use registry::number::{self, Number};
use registry::order::{self, Order, State};
use registry::page::Page;
use registry::pool::{self, Pool, PoolSpec};
use registry::vendor;
use registry::vendor_link::{self, Link, LinkSpec};
use registry::{Caller, Clock, MIGRATIONS, Money, Result, Role, transaction};
use store::testing::TestDb;
use store::{Db, args};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::vendor::Vendor;

/// Noon of a day in the middle of a month.
pub(crate) const NOON: i64 = 1_781_524_800_000_000;
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// Waits for something that happens by itself, but not for ever.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut happened: impl FnMut() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !happened().await {
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(PAUSE).await;
    }
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// A server: an ordering with its own connections, and a worker.
pub(crate) struct Server {
    pub(crate) ordering: Ordering,
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Server {
    /// Tells the worker to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.send(true).expect("it runs");
        self.worker.await.expect("it ends well");
    }

    /// Ends the worker as a crash would: whatever it does is dropped where it is.
    pub(crate) async fn crash(self) {
        self.worker.abort();
        self.worker.await.expect_err("it was running");
    }
}

pub(crate) struct House {
    pub(crate) test: TestDb,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    /// How long servers wait for what is under way when they stop.
    pub(crate) drain: Duration,
    entries: Vec<Entry>,
}

impl House {
    /// A registry after its first start, at noon.
    pub(crate) async fn new(test: TestDb, mode: Mode) -> House {
        store::migrate(&test.db, MIGRATIONS, NOON).await.expect("migrations apply");
        let credentials = Credentials::new("administrator", "correct horse").expect("credentials");
        assert!(registry::bootstrap(&test.db, NOON, &credentials).await.expect("first rows"));
        let settings = Settings {
            mode,
            realtime_deadline: Duration::from_secs(5),
            purchase_wait: Duration::from_secs(20),
            lease: Duration::from_secs(60),
            poll: Duration::from_millis(20),
            ..Settings::default()
        };
        House { test, clock: Clock::fixed(NOON), settings, drain: Duration::from_secs(20), entries: Vec::new() }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Names a vendor in the vendors' file.
    pub(crate) async fn vendor(&mut self, name: &str, vendor: &Vendor, policy: Policy) {
        self.entries.retain(|entry| entry.name != name);
        self.entries.push(Entry {
            name: name.to_owned(),
            display_name: name.to_owned(),
            method: "scripted".to_owned(),
            carrier: Arc::new(vendor.clone()),
            policy,
        });
        // Links need the vendors' ids.
        self.ordering().await;
    }

    /// Takes a vendor out of the vendors' file.
    pub(crate) fn forget_vendor(&mut self, name: &str) {
        self.entries.retain(|entry| entry.name != name);
    }

    /// An ordering with connections of its own, as a server has.
    pub(crate) async fn ordering(&self) -> Ordering {
        let db = match self.test.url.as_str() {
            "" => Db::sqlite(&self.test.folder().join("strowger.db"), 4).expect("a file"),
            url => Db::postgres(url, 8).expect("a URL"),
        };
        let ordering = Ordering::new(db, self.clock.clone(), self.settings);
        ordering.install(self.entries.clone()).await.expect("vendors");
        ordering
    }

    pub(crate) async fn server(&self) -> Server {
        let ordering = self.ordering().await;
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn(Worker::new(ordering.clone()).run(stopped, self.drain));
        Server { ordering, stop, worker }
    }

    pub(crate) async fn pool(&self, name: &str, minimum: u32) -> Pool {
        self.pool_of(PoolSpec { name: name.to_owned(), minimum, ..PoolSpec::default() }).await
    }

    pub(crate) async fn pool_of(&self, spec: PoolSpec) -> Pool {
        let (caller, now) = (admin(), self.now());
        transaction!(self.test.db, |tx| pool::create(tx, &caller, now, &spec).await).expect("a pool")
    }

    pub(crate) async fn change_pool(&self, pool: &Pool, spec: PoolSpec) {
        let (caller, now, id) = (admin(), self.now(), pool.id);
        transaction!(self.test.db, |tx| pool::update(tx, &caller, now, id, &spec).await).expect("changed");
    }

    /// Links a pool to a vendor's group that costs nothing known.
    pub(crate) async fn link(&self, pool: &Pool, vendor: &str, group: &str, priority: u32) -> Link {
        self.link_at(pool, vendor, group, priority, None).await
    }

    pub(crate) async fn link_at(
        &self,
        pool: &Pool,
        name: &str,
        group: &str,
        priority: u32,
        cost: Option<&str>,
    ) -> Link {
        let (caller, now) = (admin(), self.now());
        let vendor_id = vendor::find(&mut self.test.db.reader(), name).await.expect("a vendor").id;
        let spec = LinkSpec {
            pool_id: pool.id,
            vendor_id,
            group_id: group.to_owned(),
            group_name: group.to_owned(),
            class_id: None,
            priority,
            setup_cost: cost.map(money),
            monthly_cost: None,
            currency: None,
        };
        transaction!(self.test.db, |tx| vendor_link::create(tx, &caller, now, &spec).await).expect("a link")
    }

    /// A customer that may owe a hundred.
    pub(crate) async fn customer(&self, name: &str) -> (AccountId, Caller) {
        let (caller, now) = (admin(), self.now());
        let new = NewAccount {
            parent_id: AccountId::DEFAULT_RESELLER,
            kind: Kind::Customer,
            name: name.to_owned(),
            currency: "EUR".to_owned(),
            credit_limit: Some(money("100")),
        };
        let id = transaction!(self.test.db, |tx| Ok(account::create(tx, &caller, now, &new).await?.id));
        let id = id.expect("an account");
        (id, Caller::login(LoginId(1_000 + id.0), name, id, Role::Customer))
    }

    /// Balance and held money.
    pub(crate) async fn money_of(&self, id: AccountId) -> (String, String) {
        let found: Account = account::get(&mut self.test.db.reader(), &admin(), id).await.expect("an account");
        (found.balance.to_string(), found.held.to_string())
    }

    /// Sells so many free numbers of a pool to the operator's own use.
    pub(crate) async fn use_up(&self, pool: PoolId, buyer: AccountId, count: usize) {
        let (caller, now) = (admin(), self.now());
        for _ in 0..count {
            transaction!(self.test.db, |tx| number::claim_any(tx, &caller, now, pool, buyer, None).await)
                .expect("a free number");
        }
    }

    pub(crate) async fn free(&self, pool: &Pool) -> usize {
        let free = number::count_free(&mut self.test.db.reader(), pool.id).await.expect("a count");
        usize::try_from(free).expect("a count")
    }

    pub(crate) async fn has_free(&self, pool: &Pool, count: usize) {
        eventually(&format!("{count} free numbers in {}", pool.name), async || self.free(pool).await == count).await;
    }

    /// All numbers that are ours.
    pub(crate) async fn numbers(&self) -> Vec<Number> {
        let filter = number::Filter::default();
        let page = Page::first(registry::page::MOST);
        let all = number::list(&mut self.test.db.reader(), &admin(), &filter, page).await.expect("numbers");
        all.into_iter().filter(|n| n.state.is_owned()).collect()
    }

    /// The digits of all numbers that are ours, sorted.
    pub(crate) async fn digits(&self) -> Vec<String> {
        let mut digits: Vec<String> = self.numbers().await.into_iter().map(|n| n.digits).collect();
        digits.sort();
        digits
    }

    pub(crate) async fn number(&self, digits: &str) -> Option<Number> {
        number::find(&mut self.test.db.reader(), digits).await.expect("readable")
    }

    pub(crate) async fn orders(&self) -> Vec<Order> {
        let page = Page::first(registry::page::MOST);
        order::list(&mut self.test.db.reader(), &admin(), order::Filter::All, page).await.expect("orders")
    }

    /// States of all orders, oldest first.
    pub(crate) async fn states(&self) -> Vec<State> {
        self.orders().await.iter().map(|o| o.state).collect()
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        order::get(&mut self.test.db.reader(), &admin(), id).await.expect("an order")
    }

    pub(crate) async fn alerts(&self) -> Vec<Alert> {
        alert::list(&mut self.test.db.reader(), &admin(), Page::first(registry::page::MOST)).await.expect("alerts")
    }

    pub(crate) async fn has_alert(&self, kind: alert::Kind) -> bool {
        self.alerts().await.iter().any(|a| a.kind == kind)
    }

    /// Settles an order in doubt as a person would who has asked the vendor.
    pub(crate) async fn resolve(&self, id: OrderId, numbers: &[String]) -> Result<Order> {
        let (caller, now) = (admin(), self.now());
        transaction!(self.test.db, |tx| order::resolve(tx, &caller, now, id, numbers, "asked them").await)
    }

    pub(crate) async fn sql(&self, text: &str) {
        transaction!(self.test.db, |tx| Ok(tx.execute(text, args![]).await?)).expect("executed");
    }

    /// Makes everything due that waits for a time.
    pub(crate) async fn hurry(&self) {
        self.sql("UPDATE jobs SET run_after = 0").await;
    }

    /// Lets time pass, and whatever was to happen by then happen.
    pub(crate) async fn later(&self, time: i64) {
        self.quiet().await;
        self.clock.advance(time);
        self.hurry().await;
        self.quiet().await;
    }

    /// Ends the leases of orders, as if their server had been silent for too long.
    pub(crate) async fn expire_leases(&self) {
        self.sql("UPDATE jobs SET leased_until = 1 WHERE kind = 'order' AND leased_until > 1").await;
    }

    /// Ends all leases, as happens some time after a crash.
    pub(crate) async fn expire_all_leases(&self) {
        self.sql("UPDATE jobs SET leased_until = 1 WHERE leased_until > 1").await;
        self.sql("UPDATE vendor_slots SET leased_until = 0").await;
    }

    /// Waits until nothing is due and nothing is under way.
    pub(crate) async fn quiet(&self) {
        let due = "SELECT COUNT(*) FROM jobs WHERE run_after <= {now} OR leased_until >= {now}";
        eventually("quiet", async || {
            let row = self.test.db.reader().query_one(due, args![]).await.expect("a count");
            row.at::<i64>(0).expect("a count") == 0
        })
        .await;
    }

    /// As [`House::settle`], while calls are under way.
    pub(crate) async fn settle_but_for_calls(&self) {
        self.sql("UPDATE jobs SET run_after = 0 WHERE waiting").await;
        let due = "SELECT COUNT(*) FROM jobs WHERE kind <> 'order' AND (run_after <= {now} OR leased_until >= {now})";
        eventually("quiet", async || {
            let row = self.test.db.reader().query_one(due, args![]).await.expect("a count");
            row.at::<i64>(0).expect("a count") == 0
        })
        .await;
    }

    /// Looks again and again at everything, to see that nothing more happens.
    pub(crate) async fn settle(&self) {
        self.quiet().await;
        self.hurry().await;
        self.quiet().await;
    }
}

/// Whoever runs the installation.
pub(crate) fn admin() -> Caller {
    Caller::system("test")
}
