//! Orders as whoever calls the registry sees them.

mod buyer;
mod lines;
mod states;
mod supply;

use store::testing::TestDb;

use super::{Delivered, Delivery, Ended, Line, Order, State, Wanted};
use crate::alert::{self, Alert};
use crate::id::OrderId;
use crate::order;
use crate::page::Page;
use crate::pool::{Pool, PoolSpec};
use crate::tests::{NOW, add_pool, admin, started};
use crate::vendor::{self, Listed};
use crate::vendor_link::{self, Link, LinkSpec};
use crate::{Result, transaction};

/// How long an order in doubt counts as supply.
const GRACE: i64 = 3_600_000_000;

/// A pool with one way to buy for it.
struct Shop {
    test: TestDb,
    pool: Pool,
    link: Link,
}

impl Shop {
    async fn new(test: TestDb) -> Shop {
        started(&test).await;
        let spec =
            PoolSpec { name: "london".to_owned(), setup_price: "2".parse().expect("a price"), ..PoolSpec::default() };
        let pool = add_pool(&test, spec).await;
        let listed = Listed {
            name: "acme".to_owned(),
            display_name: "Acme".to_owned(),
            method: "/usr/local/bin/plugin".to_owned(),
            concurrency: 1,
        };
        let link = transaction!(test.db, |tx| {
            let vendor = vendor::sync(tx, &admin(), NOW, std::slice::from_ref(&listed)).await?[0].id;
            let spec = LinkSpec {
                pool_id: pool.id,
                vendor_id: vendor,
                group_id: "20".to_owned(),
                group_name: "London".to_owned(),
                class_id: None,
                priority: 1,
                setup_cost: Some("0.25".parse()?),
                monthly_cost: Some("0.50".parse()?),
                currency: None,
            };
            vendor_link::create(tx, &admin(), NOW, &spec).await
        })
        .expect("a link");
        Shop { test, pool, link }
    }

    async fn try_plan(&self, at: i64, quantity: u32, wanted: Option<Wanted<'_>>) -> Result<Order> {
        transaction!(self.test.db, |tx| {
            order::plan(tx, &admin(), at, &self.pool, &self.link, None, quantity, wanted).await
        })
    }

    async fn planned(&self, quantity: u32) -> OrderId {
        self.try_plan(NOW, quantity, None).await.expect("planned").id
    }

    async fn send(&self, id: OrderId) -> order::Sending {
        transaction!(self.test.db, |tx| order::send(tx, &admin(), NOW, id, GRACE).await).expect("an answer")
    }

    async fn sent(&self, quantity: u32) -> OrderId {
        let id = self.planned(quantity).await;
        assert!(matches!(self.send(id).await, order::Sending::Call(_)));
        id
    }

    async fn record(&self, id: OrderId, delivery: &Delivery) -> Order {
        transaction!(self.test.db, |tx| order::record(tx, &admin(), NOW, id, delivery).await).expect("recorded")
    }

    async fn resolve(&self, id: OrderId, numbers: &[&str]) -> Result<Order> {
        let numbers: Vec<String> = numbers.iter().map(|n| (*n).to_owned()).collect();
        transaction!(self.test.db, |tx| order::resolve(tx, &admin(), NOW, id, &numbers, "asked them").await)
    }

    async fn cancel(&self, id: OrderId) -> Result<Order> {
        transaction!(self.test.db, |tx| order::cancel(tx, &admin(), NOW, id, "not needed").await)
    }

    async fn get(&self, id: OrderId) -> Order {
        order::get(&mut self.test.db.reader(), &admin(), id).await.expect("an order")
    }

    async fn lines(&self, id: OrderId) -> Vec<Line> {
        order::lines(&mut self.test.db.reader(), &admin(), id).await.expect("lines")
    }

    async fn alerts(&self) -> Vec<Alert> {
        alert::list(&mut self.test.db.reader(), &admin(), Page::default()).await.expect("alerts")
    }

    /// An order for two numbers that has come to that state, with one number delivered where the state says so.
    async fn in_state(&self, state: State, first: &str) -> OrderId {
        let id = self.planned(2).await;
        let second = (first.parse::<u64>().expect("digits") + 1).to_string();
        if !matches!(state, State::Planned | State::Cancelled) {
            self.send(id).await;
        }
        match state {
            State::Planned | State::Sent => {}
            State::Accepted => drop(self.record(id, &accepted(&[], 2)).await),
            State::BackOrdered => drop(self.record(id, &accepted(&[first], 1)).await),
            State::Fulfilled => drop(self.record(id, &accepted(&[first, &second], 0)).await),
            State::PartlyFulfilled => drop(self.record(id, &accepted(&[first], 0)).await),
            State::Refused => drop(self.record(id, &ended(Ended::Refused)).await),
            State::InDoubt => drop(self.record(id, &ended(Ended::InDoubt)).await),
            State::Resolved => {
                self.record(id, &ended(Ended::InDoubt)).await;
                self.resolve(id, &[]).await.expect("resolved");
            }
            State::Cancelled => drop(self.cancel(id).await.expect("cancelled")),
        }
        assert_eq!(self.get(id).await.state, state);
        id
    }
}

/// What a plugin's lines become on their way to the registry.
fn delivered(lines: &[&str]) -> Vec<Delivered> {
    let mut seen = Vec::new();
    lines
        .iter()
        .map(|text| {
            let number = e164::E164::parse(text).map(|n| n.digits().to_owned()).map_err(|e| e.to_string());
            let duplicate = number.as_ref().is_ok_and(|digits| seen.contains(digits));
            seen.extend(number.iter().cloned());
            Delivered { text: (*text).to_owned(), number, duplicate }
        })
        .collect()
}

fn accepted(lines: &[&str], pending: u32) -> Delivery {
    Delivery { lines: delivered(lines), pending, ended: Ended::Accepted, message: "welcome".to_owned() }
}

fn ended(ended: Ended) -> Delivery {
    Delivery { lines: Vec::new(), pending: 0, ended, message: "that is all".to_owned() }
}
