//! Orders: a cart, the checkout that spends, and finding out what became of it.

use std::time::Duration;

use e164::E164;
use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Api, Did, Fault, Order, Repeat, text};
use super::{free_numbers, routing};
use crate::fault;
use crate::shipped::output::{Answer, Failure};
use crate::shipped::session::Session;
use crate::shipped::settings::Generation;

/// How often a list is looked at again when what was bought is not in it yet.
const CHECKS: u32 = 3;

/// How long Voxbone gets before it is looked at again.
const PAUSE: Duration = Duration::from_millis(500);

/// An order of ours, by Voxbone's references.
struct Placed {
    references: Vec<String>,
    /// How many numbers were ordered, where it is known.
    quantity: Option<u32>,
    /// No more numbers will come.
    finished: bool,
    /// Numbers that are not there yet can only come later.
    partial: bool,
}

impl Placed {
    /// What Voxbone lists; nothing if there is no order. `asked` is how many were ordered, where that is known here.
    fn of(orders: &[Order], asked: Option<u32>) -> Option<Self> {
        let open = orders.iter().filter(|order| !order.is_canceled());
        let told = open.clone().map(|order| order.quantity).sum();
        (!orders.is_empty()).then(|| Self {
            references: orders.iter().map(|order| order.reference.clone()).collect(),
            quantity: asked.or(told),
            finished: open.into_iter().all(|order| order.status == "FULFILLED"),
            partial: true,
        })
    }
}

/// Buys `-c` numbers of a group; with Global v1 the one of `-o` among them.
pub(super) async fn add(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let group = session.group()?;
    let destination = session.destination()?;
    let quantity = session.arguments.count;
    if let Some(reference) = &session.reference {
        let before = api.orders(reference).await?;
        if before.iter().any(|order| !order.is_canceled()) {
            session.warn(&format!("order {reference} was placed before: nothing is ordered again"));
            let voice_uri = routing::voice_uri(api, destination).await.ok();
            if let Some(placed) = Placed::of(&before, Some(quantity)) {
                let (pending, numbers) = deliver(session, api, &placed, voice_uri).await;
                return Ok(Answer::bought(pending, numbers));
            }
        }
        if !before.is_empty() {
            return Err(Failure::Refused(format!("Voxbone has cancelled order {reference} before")));
        }
        for cart in api.carts(reference).await? {
            api.discard(&cart).await?;
        }
    }
    let item = cart_item(session, api, group, quantity).await?;
    // Before any money is spent, so that a wrong destination costs nothing.
    let voice_uri = routing::voice_uri(api, destination).await?;
    let reference = session.reference.clone().unwrap_or_else(|| format!("strowger-{:016x}", rand::random::<u64>()));
    let cart = fill_cart(session, api, &reference, item).await?;
    if !session.budget.lets_buy() {
        discard(session, api, &cart).await;
        return Err(Failure::Refused("the time was up before the checkout".to_owned()));
    }
    let placed = check_out(session, api, &cart, &reference, quantity).await?;
    let (pending, numbers) = deliver(session, api, &placed, Some(voice_uri)).await;
    Ok(Answer::bought(pending, numbers))
}

/// What goes into the cart: a quantity of a group, or chosen numbers.
async fn cart_item(session: &Session<'_>, api: &Api, group: &str, quantity: u32) -> Result<Value, Failure> {
    let Some(chosen) = session.chosen()? else {
        let group = group.parse().map_or_else(|_| json!(group), |id: u64| json!(id));
        return Ok(json!({ "didCartItem": { "didGroupId": group, "quantity": quantity } }));
    };
    if api.generation() == Generation::Rest {
        return Err(Failure::Refused("Voxbone's REST v3 does not sell chosen numbers".to_owned()));
    }
    let mut numbers = vec![chosen];
    if quantity > 1 {
        let free = free_numbers(session, api, group, quantity).await?;
        numbers.extend(free.into_iter().filter(|number| *number != numbers[0]).collect::<Vec<_>>());
        numbers.truncate(quantity as usize);
    }
    let numbers: Vec<Value> = numbers.iter().map(|number| json!({ "phoneNumber": number.to_string() })).collect();
    Ok(json!({ "phoneNumbers": numbers }))
}

/// Makes a cart with one product and gives its id. Nothing is bought by that, so every failure is a refusal.
async fn fill_cart(session: &Session<'_>, api: &Api, reference: &str, mut item: Value) -> Result<String, Failure> {
    let body = json!({ "customerReference": reference, "description": "Strowger" });
    let made = api.send(Method::PUT, "ordering/cart", &body, Repeat::Never).await?;
    let id = made.pointer("/cart/cartIdentifier").cloned();
    let id = id.ok_or_else(|| Failure::Refused("Voxbone made a cart without an id".to_owned()))?;
    let cart = text(&id).unwrap_or_default();
    if cart.is_empty() || !cart.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Failure::Refused("Voxbone made a cart with an odd id".to_owned()));
    }
    item["cartIdentifier"] = id;
    let path = format!("ordering/cart/{cart}/product");
    let added = api.send(Method::POST, &path, &item, Repeat::Never).await;
    let refusal = match added {
        Ok(answer) => match status(&answer).as_str() {
            "SUCCESS" => return Ok(cart),
            other => said(&answer).unwrap_or_else(|| format!("Voxbone put it in the cart with status {other:?}")),
        },
        Err(fault) => fault.words().to_owned(),
    };
    discard(session, api, &cart).await;
    Err(Failure::Refused(refusal))
}

async fn discard(session: &Session<'_>, api: &Api, cart: &str) {
    if let Err(fault) = api.discard(cart).await {
        session.warn(&format!("cart {cart} stays open: {}", fault.words()));
    }
}

/// Spends the money, once.
async fn check_out(
    session: &Session<'_>,
    api: &Api,
    cart: &str,
    reference: &str,
    quantity: u32,
) -> Result<Placed, Failure> {
    fault::point("plugin.before-sale");
    let result = api.check_out(cart).await;
    fault::point("plugin.after-sale");
    match result {
        Err(Fault::Lost(words)) => settle(session, api, cart, reference, quantity, words).await,
        Err(fault) => {
            discard(session, api, cart).await;
            Err(fault.into())
        }
        Ok(answer) => {
            let products = answer.get("productCheckoutList").and_then(Value::as_array);
            let products = products.map_or(&[][..], Vec::as_slice);
            let references: Vec<String> =
                products.iter().filter_map(|product| product.get("orderReference").and_then(text)).collect();
            let whole = status(&answer);
            let all = products.iter().map(status).chain([whole.clone()]);
            let statuses: Vec<String> = all.collect();
            let words = said(&answer)
                .or_else(|| products.iter().find_map(said))
                .unwrap_or_else(|| format!("Voxbone's checkout ended with status {whole:?}"));
            if references.is_empty() {
                if whole == "ERROR" {
                    discard(session, api, cart).await;
                    return Err(Failure::Refused(words));
                }
                return settle(session, api, cart, reference, quantity, words).await;
            }
            if statuses.iter().any(|status| status != "SUCCESS") {
                session.warn(&words);
            }
            Ok(Placed {
                references,
                quantity: Some(quantity),
                finished: false,
                partial: statuses.contains(&"PARTIAL".to_owned()),
            })
        }
    }
}

/// Finds out what became of a checkout that gave no answer. Only a cart that could still be thrown away was provably not checked out.
async fn settle(
    session: &Session<'_>,
    api: &Api,
    cart: &str,
    reference: &str,
    quantity: u32,
    words: String,
) -> Result<Placed, Failure> {
    let mut discarded = false;
    for check in 0..CHECKS {
        if check > 0 && !discarded {
            api.budget().pause(PAUSE).await;
        }
        match api.orders(reference).await {
            Ok(orders) => {
                if let Some(placed) = Placed::of(&orders, Some(quantity)) {
                    session.warn(&format!("the order was placed, though: {words}"));
                    return Ok(placed);
                }
                if discarded {
                    return Err(Failure::Refused(format!("the order was not placed: {words}")));
                }
            }
            Err(fault) => session.warn(fault.words()),
        }
        if !discarded
            && let Ok(open) = api.carts(reference).await
            && open.iter().any(|other| other == cart)
        {
            discarded = api.discard(cart).await.is_ok();
        }
    }
    Err(Failure::InDoubt(words))
}

/// How many numbers of an order are still to come, and those that are there, which are routed.
async fn deliver(session: &Session<'_>, api: &Api, placed: &Placed, voice_uri: Option<Value>) -> (u32, Vec<String>) {
    let (dids, complete) = list(session, api, placed).await;
    let unrouted: Vec<Did> = dids.iter().filter(|did| !did.routed).cloned().collect();
    match &voice_uri {
        _ if unrouted.is_empty() => {}
        Some(voice_uri) => routing::apply(session, api, &unrouted, voice_uri).await,
        None => session
            .warn(&format!("{} numbers were bought and are not routed: no destination is known here", unrouted.len())),
    }
    for reference in &placed.references {
        match api.dids_without_address(reference).await {
            Ok(0) => {}
            Ok(count) => session
                .warn(&format!("{count} numbers of order {reference} stay blocked until an address is linked to them")),
            Err(fault) => session.warn(fault.words()),
        }
    }
    let there = u32::try_from(dids.len()).unwrap_or(u32::MAX);
    let pending = match (complete && placed.finished, placed.quantity) {
        (true, _) => 0,
        (false, Some(quantity)) => quantity.saturating_sub(there),
        // It is not known how many were ordered, but more may come.
        (false, None) => 1,
    };
    let pending = if complete { pending } else { pending.max(1) };
    (pending, dids.iter().map(|did| shown(session, did)).collect())
}

/// The numbers of an order, and whether all that are there could be listed.
async fn list(session: &Session<'_>, api: &Api, placed: &Placed) -> (Vec<Did>, bool) {
    let wanted = placed.quantity.unwrap_or(0) as usize;
    let mut dids: Vec<Did> = Vec::new();
    let mut complete = false;
    for check in 0..CHECKS {
        if check > 0 {
            api.budget().pause(PAUSE).await;
        }
        let mut listed = Vec::new();
        complete = true;
        for reference in &placed.references {
            match api.dids(reference).await {
                Ok(more) => listed.extend(more),
                Err(fault) => {
                    complete = false;
                    session.warn(fault.words());
                }
            }
        }
        if listed.len() >= dids.len() {
            dids = listed;
        }
        if complete && (placed.partial || placed.finished || dids.len() >= wanted) {
            break;
        }
    }
    (dids, complete)
}

/// A number as users of this system see it; what is none is shown as Voxbone writes it, for it was paid for.
fn shown(session: &Session<'_>, did: &Did) -> String {
    match E164::parse(&did.written) {
        Ok(number) => session.local(&number),
        Err(_) => did.written.clone(),
    }
}

/// Finds the numbers of an order of ours, and routes those that are not yet.
pub(super) async fn look_up(session: &Session<'_>, api: &Api) -> Result<Answer, Failure> {
    let reference = session.order_reference()?;
    let mut orders = api.orders(reference).await?;
    if orders.is_empty() {
        // A cart that is still open could yet be checked out by a call on its way; without it nothing can.
        let carts = api.carts(reference).await?;
        for cart in &carts {
            api.discard(cart).await?;
        }
        if !carts.is_empty() {
            orders = api.orders(reference).await?;
        }
    }
    let voice_uri = match session.known_destination()? {
        Some(destination) if !orders.is_empty() => {
            let voice_uri = routing::voice_uri(api, destination).await;
            if let Err(fault) = &voice_uri {
                session.warn(fault.words());
            }
            voice_uri.ok()
        }
        _ => None,
    };
    let Some(placed) = Placed::of(&orders, None) else {
        return Ok(Answer::numbers("none", Vec::new()));
    };
    let (pending, numbers) = deliver(session, api, &placed, voice_uri).await;
    Ok(Answer::order(pending, numbers))
}

fn status(answer: &Value) -> String {
    answer.get("status").and_then(text).unwrap_or_default()
}

fn said(answer: &Value) -> Option<String> {
    answer.get("message").and_then(text)
}
