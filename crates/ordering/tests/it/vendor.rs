//! A vendor that does as it is told, and keeps a ledger of what it has sold.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use carriers::{
    Capabilities, Carrier, CarrierError, ErrorClass, Group, Line, LineFault, Lookup, OrderOutcome, OrderRequest,
    Report, Run,
};
use e164::E164;
use tokio::sync::Semaphore;

/// What the vendor does with an order.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sells what it has of what was asked for.
    Sell,
    /// Sells, but no more than so many.
    Partly(u32),
    /// Sells so many more than were asked for.
    Extra(u32),
    /// Sells nothing and says so.
    Refuse(ErrorClass),
    /// Sells all, shows so many of the lines, and is cut off.
    Doubt(usize),
    /// Sells nothing and is cut off.
    DoubtUnsold,
    /// Sells other numbers than the one asked for.
    Another,
    /// Sells numbers that are too long for E.164, as it prints them.
    Overlong,
    /// Sells nothing, prints a word that is no number.
    Word,
    /// Sells, prints each number twice.
    Twice,
    /// Says yes, delivers nothing, and owes so many.
    Pending(u32),
    /// Waits before it sells, until it is let go.
    HoldThen(Box<Act>),
    /// Sells at once, but answers only when it is let go.
    ThenHold(Box<Act>),
    /// Takes so long.
    Slowly(Duration, Box<Act>),
}

/// What the vendor says when it is asked about an order.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// What the ledger has.
    Ledger,
    /// That it does not know.
    Unknown,
    /// What the ledger has, and that so many are still to come.
    Owing(u32),
}

/// What the vendor does when it is asked for free numbers.
#[derive(Clone, Debug)]
pub(crate) enum Shows {
    /// It lists them.
    Stock,
    /// It never answers.
    Nothing,
    /// It answers when it is let go.
    WhenLetGo,
    /// It fails.
    Failure,
}

#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) reference: String,
    pub(crate) digits: String,
}

#[derive(Debug)]
struct Inner {
    stock: BTreeMap<String, VecDeque<String>>,
    ledger: Vec<Sale>,
    script: VecDeque<Act>,
    otherwise: Act,
    says: Says,
    shows: Shows,
    takes_back: VecDeque<ErrorClass>,
    orders: Vec<OrderRequest>,
    lookups: Vec<String>,
    searches: usize,
    shown: usize,
    released: Vec<String>,
    running: usize,
    most_running: usize,
    begun: Vec<Instant>,
}

/// A vendor; clones are the same vendor.
#[derive(Clone, Debug)]
pub(crate) struct Vendor {
    inner: Arc<Mutex<Inner>>,
    gate: Arc<Semaphore>,
    lookup: bool,
}

impl Vendor {
    /// A vendor that can't be asked about an order.
    pub(crate) fn mute() -> Vendor {
        let inner = Inner {
            stock: BTreeMap::new(),
            ledger: Vec::new(),
            script: VecDeque::new(),
            otherwise: Act::Sell,
            says: Says::Ledger,
            shows: Shows::Stock,
            takes_back: VecDeque::new(),
            orders: Vec::new(),
            lookups: Vec::new(),
            searches: 0,
            shown: 0,
            released: Vec::new(),
            running: 0,
            most_running: 0,
            begun: Vec::new(),
        };
        Vendor { inner: Arc::new(Mutex::new(inner)), gate: Arc::new(Semaphore::new(0)), lookup: false }
    }

    /// A vendor that finds orders again by our reference.
    pub(crate) fn new() -> Vendor {
        Vendor { lookup: true, ..Vendor::mute() }
    }

    fn get(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    /// Adds `count` numbers from `first` on to a group.
    pub(crate) fn stock(self, group: &str, first: u64, count: u64) -> Vendor {
        self.add(group, first, count);
        self
    }

    pub(crate) fn add(&self, group: &str, first: u64, count: u64) {
        let numbers = (first..first + count).map(|n| n.to_string());
        self.get().stock.entry(group.to_owned()).or_default().extend(numbers);
    }

    /// What it does with the next orders, one after the other.
    pub(crate) fn next(&self, acts: impl IntoIterator<Item = Act>) {
        self.get().script.extend(acts);
    }

    /// What it does with every order for which nothing else is said.
    pub(crate) fn always(self, act: Act) -> Vendor {
        self.change_to(act);
        self
    }

    pub(crate) fn change_to(&self, act: Act) {
        self.get().otherwise = act;
    }

    pub(crate) fn says(&self, says: Says) {
        self.get().says = says;
    }

    pub(crate) fn shows(&self, shows: Shows) {
        self.get().shows = shows;
    }

    /// How it fails to take the next numbers back.
    pub(crate) fn refuses_back(&self, classes: impl IntoIterator<Item = ErrorClass>) {
        self.get().takes_back.extend(classes);
    }

    /// Lets one call go on that is held.
    pub(crate) fn let_go(&self) {
        self.gate.add_permits(1);
    }

    pub(crate) fn ledger(&self) -> Vec<Sale> {
        self.get().ledger.clone()
    }

    /// The numbers it has sold, sorted.
    pub(crate) fn sold(&self) -> Vec<String> {
        let mut sold: Vec<String> = self.get().ledger.iter().map(|sale| sale.digits.clone()).collect();
        sold.sort();
        sold
    }

    /// The quantities of the orders it was given.
    pub(crate) fn asked(&self) -> Vec<u32> {
        self.get().orders.iter().map(|order| order.quantity).collect()
    }

    pub(crate) fn orders(&self) -> Vec<OrderRequest> {
        self.get().orders.clone()
    }

    pub(crate) fn lookups(&self) -> usize {
        self.get().lookups.len()
    }

    pub(crate) fn searches(&self) -> usize {
        self.get().searches
    }

    /// How many searches it has answered.
    pub(crate) fn shown(&self) -> usize {
        self.get().shown
    }

    pub(crate) fn released(&self) -> Vec<String> {
        self.get().released.clone()
    }

    /// How many orders were under way at once at the most.
    pub(crate) fn most_running(&self) -> usize {
        self.get().most_running
    }

    /// When its orders began.
    pub(crate) fn begun(&self) -> Vec<Instant> {
        self.get().begun.clone()
    }

    /// Delivers so many numbers of a group for an order that it has accepted before.
    pub(crate) fn deliver(&self, reference: &str, group: &str, count: usize) {
        let mut inner = self.get();
        let stock = inner.stock.entry(group.to_owned()).or_default();
        let numbers: Vec<String> = stock.drain(..count).collect();
        let sale = |digits| Sale { reference: reference.to_owned(), digits };
        inner.ledger.extend(numbers.into_iter().map(sale));
    }

    async fn held(&self) {
        self.gate.acquire().await.expect("open").forget();
    }

    fn sell(&self, request: &OrderRequest, most: u32, other: bool) -> Vec<String> {
        let mut inner = self.get();
        let stock = inner.stock.entry(request.group.clone()).or_default();
        let mut sold = Vec::new();
        if let Some(number) = &request.number
            && !other
        {
            match stock.iter().position(|digits| digits == number.digits()) {
                Some(at) => sold.extend(stock.remove(at)),
                None => return sold,
            }
        }
        let wanted = |digits: &String| request.number.as_ref().is_none_or(|n| n.digits() != digits);
        while sold.len() < most as usize {
            match stock.iter().position(wanted) {
                Some(at) => sold.extend(stock.remove(at)),
                None => break,
            }
        }
        let reference = &request.reference;
        inner.ledger.extend(sold.iter().map(|d| Sale { reference: reference.clone(), digits: d.clone() }));
        sold
    }

    async fn perform(&self, act: Act, request: &OrderRequest) -> OrderOutcome {
        let n = request.quantity;
        match act {
            Act::Sell => delivered_or_none(&self.sell(request, n, false)),
            Act::Partly(most) => delivered_or_none(&self.sell(request, most.min(n), false)),
            Act::Extra(more) => delivered_or_none(&self.sell(request, n + more, false)),
            Act::Another => delivered_or_none(&self.sell(request, n, true)),
            Act::Refuse(class) => OrderOutcome::Refused { reason: "told to refuse".to_owned(), class },
            Act::Doubt(shown) => {
                let lines = lines(&self.sell(request, n, false)).into_iter().take(shown).collect();
                OrderOutcome::InDoubt { lines, reason: "cut off".to_owned() }
            }
            Act::DoubtUnsold => OrderOutcome::InDoubt { lines: Vec::new(), reason: "cut off".to_owned() },
            Act::Overlong => {
                // The ledger holds them as they are printed.
                let sold = self.sell(request, n, false);
                let long: Vec<String> = sold.iter().map(|digits| format!("{digits:0<16}")).collect();
                for sale in self.get().ledger.iter_mut().filter(|sale| sold.contains(&sale.digits)) {
                    sale.digits = format!("{:0<16}", sale.digits);
                }
                delivered(lines(&long), 0)
            }
            Act::Word => {
                let why = LineFault::NotE164("no digits".to_owned());
                delivered(vec![Line { text: "soon".to_owned(), number: Err(why) }], 0)
            }
            Act::Twice => {
                let sold = self.sell(request, n, false);
                let again = lines(&sold).into_iter().map(|l| Line { number: Err(LineFault::Duplicate), ..l });
                delivered(lines(&sold).into_iter().chain(again).collect(), 0)
            }
            Act::Pending(owed) => delivered(Vec::new(), owed),
            Act::HoldThen(act) => {
                self.held().await;
                Box::pin(self.perform(*act, request)).await
            }
            Act::ThenHold(act) => {
                let outcome = Box::pin(self.perform(*act, request)).await;
                self.held().await;
                outcome
            }
            Act::Slowly(time, act) => {
                tokio::time::sleep(time).await;
                Box::pin(self.perform(*act, request)).await
            }
        }
    }
}

/// Counts an order that is under way, however it ends.
struct Running(Vendor);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.get().running -= 1;
    }
}

fn lines(numbers: &[String]) -> Vec<Line> {
    let number = |text: &String| E164::parse(text).map_err(|error| LineFault::NotE164(error.to_string()));
    numbers.iter().map(|text| Line { text: text.clone(), number: number(text) }).collect()
}

fn delivered(lines: Vec<Line>, pending: u32) -> OrderOutcome {
    OrderOutcome::Delivered { lines, pending, note: "here you are".to_owned() }
}

fn delivered_or_none(sold: &[String]) -> OrderOutcome {
    if sold.is_empty() {
        OrderOutcome::Refused { reason: "sold out".to_owned(), class: ErrorClass::NoStock }
    } else {
        delivered(lines(sold), 0)
    }
}

#[async_trait]
impl Carrier for Vendor {
    fn capabilities(&self) -> Capabilities {
        Capabilities { lookup: self.lookup, release: true, ..Capabilities::default() }
    }

    async fn groups(&self) -> Result<Vec<Group>, CarrierError> {
        Ok(self.get().stock.keys().map(|id| Group { id: id.clone(), name: id.clone() }).collect())
    }

    async fn available(&self, group: &str, quantity: u32, _: Duration) -> Result<Vec<E164>, CarrierError> {
        self.get().searches += 1;
        let shows = self.get().shows.clone();
        match shows {
            Shows::Stock => {}
            Shows::Nothing => std::future::pending().await,
            Shows::WhenLetGo => self.held().await,
            Shows::Failure => return Err(CarrierError::new(ErrorClass::VendorDown, "told to fail")),
        }
        let mut inner = self.get();
        inner.shown += 1;
        let stock = inner.stock.entry(group.to_owned()).or_default();
        Ok(stock.iter().take(quantity as usize).map(|digits| E164::parse(digits).expect("a number")).collect())
    }

    async fn order(&self, request: &OrderRequest) -> Run {
        let act = {
            let mut inner = self.get();
            inner.orders.push(request.clone());
            inner.begun.push(Instant::now());
            inner.running += 1;
            inner.most_running = inner.most_running.max(inner.running);
            inner.script.pop_front().unwrap_or_else(|| inner.otherwise.clone())
        };
        let running = Running(self.clone());
        let outcome = self.perform(act, request).await;
        drop(running);
        Run { outcome, report: Report::default() }
    }

    async fn lookup(&self, reference: &str) -> Lookup {
        let mut inner = self.get();
        inner.lookups.push(reference.to_owned());
        let sold = |inner: &Inner| {
            let sales = inner.ledger.iter().filter(|sale| sale.reference == reference);
            lines(&sales.map(|sale| sale.digits.clone()).collect::<Vec<_>>())
        };
        match inner.says {
            Says::Unknown => Lookup::Unknown { reason: "told not to know".to_owned() },
            Says::Owing(pending) => Lookup::Found { lines: sold(&inner), pending },
            Says::Ledger => match sold(&inner) {
                lines if lines.is_empty() => Lookup::None,
                lines => Lookup::Found { lines, pending: 0 },
            },
        }
    }

    async fn release(&self, number: &E164) -> Result<(), CarrierError> {
        let mut inner = self.get();
        inner.released.push(number.digits().to_owned());
        match inner.takes_back.pop_front() {
            None => Ok(()),
            Some(class) => Err(CarrierError::new(class, "told to refuse")),
        }
    }
}
