//! Many at once: of things that there may be once, one is made; of things that there may be so many of, no more are.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::client::Door;
use super::world::World;

/// So many try at once.
const RIVALS: usize = 20;

/// What became of it: how many were made, and the refusals of the others.
async fn race(door: &Door, collection: &str, bodies: Vec<Value>) -> (usize, Vec<(u16, String)>) {
    let mut tasks = JoinSet::new();
    for body in bodies {
        let (door, path) = (door.clone(), format!("/api/{collection}/"));
        tasks.spawn(async move { door.post(&path, &body).await });
    }
    let answers = tasks.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status != 201);
    (made, refused.map(|answer| (answer.status, answer.message().to_owned())).collect())
}

/// One is made, and the others are told why theirs were not.
async fn one_wins(door: &Door, collection: &str, bodies: Vec<Value>, message: &str) {
    let (made, refused) = race(door, collection, bodies).await;
    assert_eq!((made, refused.len()), (1, RIVALS - 1), "{collection}: {refused:?}");
    for (status, words) in refused {
        assert!(status == 422 && words.contains(message), "{collection}: {status} {words}");
    }
}

fn each(body: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..RIVALS).map(body).collect()
}

async fn names(world: &World) {
    let reseller = world.reseller("racing").await;
    let door = &reseller.door;
    let domain = json!({ "domain": "race.example.org" });
    one_wins(door, "domains", each(|_| domain.clone()), "Domain 'race.example.org' already exists.").await;
    let profile = |n: usize| json!({ "name": format!("race {n}"), "handle": "race" });
    one_wins(door, "billingprofiles", each(profile), "Reseller-Billing Profile handle").await;
    let profile = |n: usize| json!({ "name": "race", "handle": format!("race_{n}") });
    one_wins(door, "billingprofiles", each(profile), "Reseller-Billing Profile name combination").await;
    let login = |n: usize| {
        json!({
            "login": "racing_one", "password": super::world::PASSWORD, "role": "reseller", "reseller_id": reseller.id,
            "email": format!("race{n}@example.org"),
        })
    };
    one_wins(&world.admin, "admins", each(login), "Admin with this login already exists").await;

    let mut contracts = Vec::new();
    for _ in 0..RIVALS {
        let contract = json!({
            "contact_id": reseller.system_contact_id, "type": "reseller", "status": "active", "billing_profile_id": 1,
        });
        contracts.push(world.admin.create("contracts", &contract).await);
    }
    let named = |n: usize| json!({ "contract_id": contracts[n], "name": "Race", "status": "active" });
    let message = "Invalid 'name', reseller with this name already exists";
    one_wins(&world.admin, "resellers", each(named), message).await;
    let of_one = |n: usize| json!({ "contract_id": contracts[0], "name": format!("Race {n}"), "status": "active" });
    let (made, refused) = race(&world.admin, "resellers", each(of_one)).await;
    // The first contract may have won the race before.
    assert!(made <= 1 && refused.iter().all(|(status, _)| *status == 422), "{made} made, {refused:?}");
}

async fn subscribers(world: &World) {
    let (one, two) = (world.reseller("fast").await, world.reseller("faster").await);
    let (ones, twos) = (world.customer(&one).await, world.customer(&two).await);
    let plan = |n: usize| if n.is_multiple_of(2) { world.plan(&one, &ones) } else { world.plan(&two, &twos) };
    // The same number, as the first or as another one, of two resellers.
    let number = json!({ "cc": 44, "ac": "20", "sn": "79460000" });
    let numbered = each(|n| {
        let mut body = plan(n);
        let field = if n.is_multiple_of(3) { "primary_number" } else { "alias_numbers" };
        body[field] = if n.is_multiple_of(3) { number.clone() } else { json!([number]) };
        body
    });
    one_wins(&world.admin, "subscribers", numbered, "Number '44-20-79460000' already exists.").await;
    let numbers = world.admin.list("numbers/?cc=44&ac=20&sn=79460000").await;
    assert_eq!(numbers.len(), 1, "{numbers:?}");
    let named = |field: &'static str| {
        let (one, ones) = (&one, &ones);
        each(move |_| {
            let mut body = world.plan(one, ones);
            body[field] = json!("same");
            body
        })
    };
    one_wins(&world.admin, "subscribers", named("username"), "Subscriber already exists.").await;
    one_wins(&world.admin, "subscribers", named("webusername"), "Webusername-Domain combination").await;
    let total =
        world.admin.get(&format!("/api/subscribers/?customer_id={}", ones.id)).await.json["total_count"].clone();
    let listed = world.admin.list(&format!("subscribers/?customer_id={}", ones.id)).await.len();
    assert_eq!(total, json!(listed));
}

async fn limits(world: &World) {
    const MOST: usize = 7;
    let reseller = world.reseller("limited").await;
    let customer = world.customer(&reseller).await;
    let path = format!("/api/customers/{}", customer.id);
    reseller.door.set(&path, "max_subscribers", MOST).await.is(204);
    let (made, refused) = race(&reseller.door, "subscribers", each(|_| world.plan(&reseller, &customer))).await;
    let reached = (403, "Maximum number of customer subscribers reached.".to_owned());
    assert_eq!((made, refused), (MOST, vec![reached.clone(); RIVALS - MOST]));
    let subscribers = reseller.door.list(&format!("subscribers/?customer_id={}", customer.id)).await;
    assert_eq!(subscribers.len(), MOST);
    // Whoever goes makes room for one.
    reseller.door.delete(&format!("/api/subscribers/{}", subscribers[0]["id"])).await.is(204);
    let (made, refused) = race(&reseller.door, "subscribers", each(|_| world.plan(&reseller, &customer))).await;
    assert_eq!((made, refused), (1, vec![reached; RIVALS - 1]));
}

async fn changes(world: &World) {
    let reseller = world.reseller("changed").await;
    let customer = world.customer(&reseller).await;
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let path = format!("/api/subscribers/{}", subscriber.id);
    let mut tasks = JoinSet::new();
    for n in 0..RIVALS {
        let (door, path) = (reseller.door.clone(), path.clone());
        let number = json!({ "cc": 44, "ac": "20", "sn": (7_000_000 + n).to_string() });
        let body = json!([{ "op": "add", "path": "/alias_numbers", "value": number, "mode": "append" }]);
        tasks.spawn(async move { door.patch(&path, &body).await.status });
    }
    let statuses = tasks.join_all().await;
    assert!(statuses.iter().all(|status| *status == 204), "{statuses:?}");
    let item = reseller.door.item(&path).await;
    assert_eq!(item["alias_numbers"].as_array().unwrap().len(), RIVALS, "no change is lost: {item}");
    // Terminations at once: it ends once.
    let mut tasks = JoinSet::new();
    for _ in 0..RIVALS {
        let (door, path) = (reseller.door.clone(), path.clone());
        tasks.spawn(async move { door.delete(&path).await.status });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (204, &[404; RIVALS - 1][..]));
}

store::on_both! {
    async fn of_many_at_once_no_more_are_made_than_there_may_be(database: TestDb) {
        let world = World::new(database).await;
        names(&world).await;
        subscribers(&world).await;
        limits(&world).await;
        changes(&world).await;
        world.server.stop().await;
    }
}
