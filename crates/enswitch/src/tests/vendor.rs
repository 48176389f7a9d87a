//! A vendor that sells from a list, and the worker that calls it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use carriers::{
    Capabilities, Carrier, CarrierError, ErrorClass, Group, Line, Lookup, OrderOutcome, OrderRequest, Report, Run,
};
use e164::E164;
use ordering::{Entry, Mode, Policy, Settings, Worker};
use registry::pool::Pool;
use registry::vendor_link::{self, LinkSpec};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::door::{Door, NOW, system};

/// How the vendor takes orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Sells,
    Refuses,
    /// Sells, and its answer is lost.
    LosesAnswers,
}

/// A vendor.
pub(super) struct Shop {
    stock: Vec<E164>,
    mood: Mutex<Mood>,
    /// What it sold, by our reference.
    sold: Mutex<HashMap<String, E164>>,
    /// Calls of any kind.
    pub(super) calls: AtomicUsize,
}

impl Shop {
    pub(super) fn new(stock: &[&str]) -> Arc<Shop> {
        Arc::new(Shop {
            stock: stock.iter().map(|digits| E164::parse(digits).unwrap()).collect(),
            mood: Mutex::new(Mood::Sells),
            sold: Mutex::default(),
            calls: AtomicUsize::new(0),
        })
    }

    pub(super) fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(super) fn sold(&self) -> usize {
        self.sold.lock().unwrap().len()
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.load(Atomic::SeqCst)
    }

    fn called(&self) {
        self.calls.fetch_add(1, Atomic::SeqCst);
    }
}

fn line(number: &E164) -> Line {
    Line { text: number.digits().to_owned(), number: Ok(number.clone()) }
}

#[async_trait]
impl Carrier for Shop {
    fn capabilities(&self) -> Capabilities {
        Capabilities { list_numbers: true, specific_order: true, lookup: true, ..Capabilities::default() }
    }

    async fn groups(&self) -> Result<Vec<Group>, CarrierError> {
        self.called();
        Ok(vec![Group { id: "g".to_owned(), name: "Group".to_owned() }])
    }

    async fn available(&self, _: &str, quantity: u32, _: Duration) -> Result<Vec<E164>, CarrierError> {
        self.called();
        let sold = self.sold.lock().unwrap();
        let free = self.stock.iter().filter(|number| !sold.values().any(|sold| sold == *number));
        Ok(free.take(quantity as usize).cloned().collect())
    }

    async fn order(&self, request: &OrderRequest) -> Run {
        self.called();
        let mood = *self.mood.lock().unwrap();
        let number = request.number.clone().unwrap();
        if mood != Mood::Refuses {
            self.sold.lock().unwrap().insert(request.reference.clone(), number.clone());
        }
        let outcome = match mood {
            Mood::Sells => OrderOutcome::Delivered { lines: vec![line(&number)], pending: 0, note: String::new() },
            Mood::Refuses => {
                OrderOutcome::Refused { reason: "sold this minute".to_owned(), class: ErrorClass::NotAvailable }
            }
            Mood::LosesAnswers => OrderOutcome::InDoubt { lines: Vec::new(), reason: "no answer".to_owned() },
        };
        Run { outcome, report: Report::default() }
    }

    async fn lookup(&self, reference: &str) -> Lookup {
        self.called();
        match self.sold.lock().unwrap().get(reference) {
            Some(number) => Lookup::Found { lines: vec![line(number)], pending: 0 },
            None => Lookup::None,
        }
    }

    async fn release(&self, _: &E164) -> Result<(), CarrierError> {
        self.called();
        Ok(())
    }
}

/// Settings of real-time mode that don't keep a test waiting.
pub(super) fn realtime() -> Settings {
    Settings {
        mode: Mode::Realtime,
        purchase_wait: Duration::from_secs(20),
        poll: Duration::from_millis(20),
        ..Settings::default()
    }
}

/// Makes the shop the vendor `acme` of a pool.
pub(super) async fn supply(door: &Door, pool: &Pool, shop: &Arc<Shop>) {
    let entry = Entry {
        name: "acme".to_owned(),
        display_name: "Acme".to_owned(),
        method: "acme".to_owned(),
        carrier: Arc::clone(shop) as Arc<dyn Carrier>,
        policy: Policy { deadline: Duration::from_secs(5), ..Policy::default() },
    };
    door.ordering.install(vec![entry]).await.unwrap();
    let (vendor_id, _) = door.ordering.vendors().find("acme").unwrap();
    let spec = LinkSpec {
        pool_id: pool.id,
        vendor_id,
        group_id: "g".to_owned(),
        group_name: String::new(),
        class_id: None,
        priority: 1,
        setup_cost: None,
        monthly_cost: None,
        currency: None,
    };
    let caller = system();
    registry::transaction!(door.db, |tx| vendor_link::create(tx, &caller, NOW, &spec).await).unwrap();
}

/// A worker that ends with this value.
pub(super) struct AtWork {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl AtWork {
    pub(super) fn start(door: &Door) -> AtWork {
        let (stop, stopped) = watch::channel(false);
        let worker = Worker::new(door.ordering.clone());
        AtWork { stop, task: tokio::spawn(worker.run(stopped, Duration::from_secs(5))) }
    }

    pub(super) async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}
