//! What the simulated vendor has and has sold.

use std::collections::{BTreeMap, VecDeque};

use super::{LostCheckout, Sold};

/// A group of numbers sold alike.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: u64,
    pub(super) country: String,
    pub(super) city: String,
    pub(super) area: String,
    pub(super) stock: VecDeque<String>,
}

/// What a cart holds.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Quantity { group: u64, quantity: usize },
    Chosen(Vec<String>),
}

#[derive(Debug)]
pub(super) struct Cart {
    pub(super) reference: String,
    pub(super) item: Option<Item>,
}

#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: u64,
    /// Ours, as the vendor.
    pub(super) reference: String,
    pub(super) customer_reference: String,
    pub(super) group: u64,
    pub(super) quantity: usize,
    pub(super) delivered: usize,
}

impl Order {
    pub(super) fn status(&self) -> &'static str {
        if self.delivered < self.quantity { "CONFIRMED" } else { "FULFILLED" }
    }
}

#[derive(Debug)]
pub(super) struct Did {
    pub(super) id: u64,
    pub(super) number: String,
    pub(super) group: u64,
    pub(super) order: String,
    pub(super) customer_reference: String,
    pub(super) voice_uri: Option<u64>,
    pub(super) needs_address: bool,
}

/// The whole state, and what is to go wrong.
#[derive(Debug, Default)]
pub(super) struct Shop {
    pub(super) groups: Vec<Group>,
    pub(super) carts: BTreeMap<u64, Cart>,
    pub(super) orders: Vec<Order>,
    pub(super) dids: Vec<Did>,
    /// Ids and URIs.
    pub(super) voice_uris: Vec<(u64, String)>,
    pub(super) checkouts: u32,
    pub(super) throttled: u32,
    pub(super) lost_checkout: Option<LostCheckout>,
    pub(super) hides_orders: bool,
    pub(super) checkout_refusal: Option<String>,
    pub(super) refuses_routing: bool,
    pub(super) locks_cancellation: bool,
    pub(super) needs_address: bool,
    last_id: u64,
}

impl Shop {
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn add_group(&mut self, id: u64, country: &str, city: &str, area: &str, stock: VecDeque<String>) {
        self.groups.push(Group {
            id,
            country: country.to_owned(),
            city: city.to_owned(),
            area: area.to_owned(),
            stock,
        });
    }

    /// Opens an empty cart and gives its id.
    pub(super) fn open_cart(&mut self, reference: &str) -> u64 {
        let id = self.next_id();
        let cart = Cart { reference: reference.to_owned(), item: None };
        self.carts.insert(id, cart);
        id
    }

    /// Places an order; what is not in stock stays on it as a back-order. Gives the vendor's reference.
    pub(super) fn place(&mut self, customer_reference: String, item: Item) -> Option<String> {
        let id = self.next_id();
        let reference = format!("50898DS{id}");
        let (group, quantity, numbers) = match item {
            Item::Quantity { group, quantity } => {
                let stock = &mut self.groups.iter_mut().find(|g| g.id == group)?.stock;
                let there = quantity.min(stock.len());
                (group, quantity, stock.drain(..there).collect::<Vec<_>>())
            }
            Item::Chosen(numbers) => {
                let first = numbers.first()?;
                let group = self.groups.iter().find(|g| g.stock.contains(first))?.id;
                for group in &mut self.groups {
                    group.stock.retain(|number| !numbers.contains(number));
                }
                (group, numbers.len(), numbers)
            }
        };
        self.orders.push(Order { id, reference: reference.clone(), customer_reference, group, quantity, delivered: 0 });
        let place = self.orders.len() - 1;
        for number in numbers {
            self.deliver(place, number);
        }
        Some(reference)
    }

    fn deliver(&mut self, order: usize, number: String) {
        let id = self.next_id();
        let needs_address = self.needs_address;
        let Some(order) = self.orders.get_mut(order) else {
            return;
        };
        order.delivered += 1;
        self.dids.push(Did {
            id,
            number,
            group: order.group,
            order: order.reference.clone(),
            customer_reference: order.customer_reference.clone(),
            voice_uri: None,
            needs_address,
        });
    }

    pub(super) fn fill_back_order(&mut self, number: &str) {
        let open = self.orders.iter().position(|order| order.delivered < order.quantity);
        if let Some(order) = open {
            self.deliver(order, number.to_owned());
        }
    }

    pub(super) fn ledger(&self) -> Vec<Sold> {
        let uri_of = |id: u64| {
            let found = self.voice_uris.iter().find(|(other, _)| *other == id);
            found.map(|(_, uri)| uri.clone())
        };
        let sold = self.dids.iter().map(|did| Sold {
            number: did.number.clone(),
            group: did.group,
            reference: did.customer_reference.clone(),
            uri: did.voice_uri.and_then(uri_of),
        });
        sold.collect()
    }
}
