//! Two resellers, three customers and six subscribers, and somebody of each role to look at them.

use serde_json::json;

use crate::ngcp::client::Door;
use crate::ngcp::world::{Customer, PASSWORD, Reseller, Subscriber, World};

/// Whoever looks.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) name: &'static str,
    /// The letter of its role in the table.
    pub(super) role: char,
    pub(super) door: Door,
    pub(super) read_only: bool,
    /// Its own login, and whether it manages others.
    pub(super) login: Option<i64>,
    pub(super) master: bool,
    /// Whose rows it sees; none: all.
    pub(super) reseller: Option<i64>,
    pub(super) customer: Option<i64>,
    pub(super) subscriber: Option<i64>,
}

/// A customer with an administrating subscriber and another.
#[derive(Clone, Debug)]
pub(super) struct House {
    pub(super) reseller: Reseller,
    pub(super) customer: Customer,
    pub(super) chief: Subscriber,
    pub(super) clerk: Subscriber,
}

pub(super) struct People {
    pub(super) viewers: Vec<Viewer>,
    pub(super) houses: Vec<House>,
    /// Logins beside those of the viewers, with their resellers.
    pub(super) admin: Door,
}

impl People {
    pub(super) async fn new(world: &World) -> People {
        let (one, two) = (world.reseller("north").await, world.reseller("south").await);
        let mut houses = Vec::new();
        for reseller in [&one, &one, &two] {
            let customer = world.customer(reseller).await;
            let chief = world.subscriber(reseller, &customer, &json!({ "administrative": true })).await;
            let clerk = world.subscriber(reseller, &customer, &json!({})).await;
            houses.push(House { reseller: reseller.clone(), customer, chief, clerk });
        }
        let mut viewers = vec![viewer("administrator", 'A', world.admin.clone(), Some(1), true)];
        for (name, role, letter, more) in [
            ("reader", "admin", 'A', json!({ "read_only": true, "is_master": true })),
            ("carer", "ccareadmin", 'K', json!({})),
            ("north_carer", "ccare", 'C', json!({})),
            ("listener", "lintercept", 'L', json!({})),
        ] {
            let id = world.staff(name, role, one.id, &more).await;
            viewers.push(Viewer {
                read_only: name == "reader",
                reseller: (letter == 'C').then_some(one.id),
                ..viewer(name, letter, world.door.login(name, PASSWORD), Some(id), name == "reader")
            });
        }
        for (name, reseller) in [("north", &one), ("south", &two)] {
            let own = viewer(name, 'R', reseller.door.clone(), Some(reseller.admin_id), true);
            viewers.push(Viewer { reseller: Some(reseller.id), ..own });
        }
        for (name, house, chief) in [
            ("chief 1", 0, true),
            ("clerk 1", 0, false),
            ("chief 2", 1, true),
            ("clerk 2", 1, false),
            ("clerk 3", 2, false),
        ] {
            let house = &houses[house];
            let subscriber = if chief { &house.chief } else { &house.clerk };
            viewers.push(Viewer {
                reseller: Some(house.reseller.id),
                customer: Some(house.customer.id),
                subscriber: (!chief).then_some(subscriber.id),
                ..viewer(name, if chief { 'M' } else { 'S' }, subscriber.door.clone(), None, false)
            });
        }
        People { viewers, houses, admin: world.admin.clone() }
    }
}

fn viewer(name: &'static str, role: char, door: Door, login: Option<i64>, master: bool) -> Viewer {
    let nobody = None;
    Viewer { name, role, door, read_only: false, login, master, reseller: nobody, customer: nobody, subscriber: nobody }
}
