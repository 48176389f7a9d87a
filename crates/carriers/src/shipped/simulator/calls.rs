//! The simulated calls, as Voxbone documents them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::state::{Cart, Did, Group, Item, Order, Shop};

/// The biggest quantity of one order.
const MOST_NUMBERS: u64 = 1000;

/// One authenticated call.
pub(super) struct Call<'a> {
    pub(super) is_global: bool,
    pub(super) method: &'a str,
    pub(super) path: Vec<&'a str>,
    pub(super) query: HashMap<String, String>,
    pub(super) body: Value,
}

/// An error of Voxbone's catalogue.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: u32,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: u32, message: &str) -> Self {
        Self { status, code, message: message.to_owned() }
    }
}

type Answer = Result<Value, Refusal>;

impl Call<'_> {
    fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether a row with this value passes the filter; without the filter all do.
    fn passes(&self, name: &str, value: &str) -> bool {
        self.asked(name).is_none_or(|asked| asked == value)
    }

    /// One page of rows.
    fn page(&self, list: &str, rows: Vec<Value>) -> Answer {
        let read = |name: &str| {
            let number = self.asked(name).and_then(|text| text.parse::<usize>().ok());
            number.ok_or_else(|| Refusal::new(400, 16, &format!("{name} is required")))
        };
        let (page, size) = (read("pageNumber")?, read("pageSize")?);
        if size > 5000 {
            return Err(Refusal::new(400, 12, "page size too big"));
        }
        let total = rows.len();
        let rows: Vec<Value> = rows.into_iter().skip(page * size).take(size).collect();
        if rows.is_empty() && page > 0 {
            return Err(Refusal::new(400, 13, "page overflow"));
        }
        Ok(json!({ list: rows, "resultCount": total }))
    }
}

pub(super) fn answer(shop: &mut Shop, call: &Call<'_>) -> Answer {
    match (call.method, &call.path[..]) {
        ("GET", ["inventory", "didgroup"]) => list_groups(shop, call),
        ("GET", ["inventory", "did"]) => list_dids(shop, call),
        ("PUT", ["ordering", "cart"]) => make_cart(shop, call),
        ("GET", ["ordering", "cart"]) => list_carts(shop, call),
        ("DELETE", ["ordering", "cart", id]) => {
            let id = cart_id(shop, id)?;
            shop.carts.remove(&id);
            Ok(json!({ "status": "SUCCESS" }))
        }
        ("POST", ["ordering", "cart", id, "product"]) => {
            let id = cart_id(shop, id)?;
            fill_cart(shop, call, id)
        }
        ("GET", ["ordering", "cart", id, "checkout"]) => {
            let id = cart_id(shop, id)?;
            check_out(shop, id)
        }
        ("GET", ["ordering", "order"]) => list_orders(shop, call),
        ("POST", ["ordering", "cancel"]) => cancel(shop, call),
        ("GET", ["configuration", "voiceuri"]) => {
            let rows = shop.voice_uris.iter();
            let rows = rows.filter(|(_, uri)| call.passes("uri", uri));
            let row = |(id, uri): &(u64, String)| json!({ "voiceUriId": id, "voiceUriProtocol": "SIP", "uri": uri });
            call.page("voiceUris", rows.map(row).collect())
        }
        ("PUT", ["configuration", "voiceuri"]) => make_voice_uri(shop, call),
        ("POST", ["configuration", "configuration"]) if !call.is_global => configure(shop, call),
        ("POST", ["configuration", "bulk"]) if call.is_global => configure(shop, call),
        _ => Err(Refusal::new(404, 15, "not found")),
    }
}

fn list_groups(shop: &Shop, call: &Call<'_>) -> Answer {
    let quantity = call.asked("quantity").and_then(|text| text.parse().ok());
    let passes = |group: &&Group| {
        call.passes("countryCodeA3", &group.country) && call.passes("didGroupIds", &group.id.to_string())
    };
    let row = |group: &Group| {
        let shown = if call.is_global { quantity.unwrap_or(0) } else { 0 };
        let numbers = group.stock.iter().take(shown);
        let numbers: Vec<Value> = numbers.map(|number| json!({ "phoneNumber": format!("+{number}") })).collect();
        json!({
            "didGroupId": group.id, "countryCodeA3": group.country, "stateId": null, "didType": "GEOGRAPHIC", "cityName": group.city,
            "areaCode": group.area, "rateCenter": null, "stock": group.stock.len(), "setup100": 100, "monthly100": 200,
            "available": true, "regulationRequirement": null, "features": [], "phoneNumbers": numbers,
        })
    };
    call.page("didGroups", shop.groups.iter().filter(passes).map(row).collect())
}

fn list_dids(shop: &Shop, call: &Call<'_>) -> Answer {
    let passes = |did: &&Did| {
        call.passes("orderReference", &did.order)
            && call.passes("e164Pattern", &format!("+{}", did.number))
            && (call.asked("needAddressLink") != Some("true") || did.needs_address)
    };
    let row = |did: &Did| {
        json!({
            "didId": did.id, "e164": format!("+{}", did.number), "type": "GEOGRAPHIC", "voiceUriId": did.voice_uri,
            "orderReference": did.order, "didGroupId": did.group, "regulationAddressId": null, "cancellationAvailable": "01/01/2030",
        })
    };
    call.page("dids", shop.dids.iter().filter(passes).map(row).collect())
}

fn make_cart(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let reference = call.body["customerReference"].as_str().unwrap_or_default();
    if reference.len() > 255 {
        return Err(Refusal::new(400, 416, "reference too long"));
    }
    let id = shop.open_cart(reference);
    Ok(json!({ "cart": { "cartIdentifier": id, "customerReference": reference, "orderProducts": null } }))
}

fn list_carts(shop: &Shop, call: &Call<'_>) -> Answer {
    let carts = shop.carts.iter();
    let carts = carts.filter(|(_, cart)| call.passes("reference", &cart.reference));
    let row = |(id, cart): (&u64, &Cart)| json!({ "cartIdentifier": id, "customerReference": cart.reference });
    call.page("carts", carts.map(row).collect())
}

fn cart_id(shop: &Shop, text: &str) -> Result<u64, Refusal> {
    let id = text.parse().ok().filter(|id| shop.carts.contains_key(id));
    id.ok_or_else(|| Refusal::new(400, 400, "invalid cart"))
}

fn fill_cart(shop: &mut Shop, call: &Call<'_>, cart: u64) -> Answer {
    let item = if let Some(numbers) = call.body["phoneNumbers"].as_array().filter(|_| call.is_global) {
        let digits = numbers.iter().filter_map(|number| number["phoneNumber"].as_str());
        let digits: Vec<String> = digits.map(|n| n.trim_start_matches('+').to_owned()).collect();
        let free = |number: &String| shop.groups.iter().any(|group| group.stock.contains(number));
        if digits.is_empty() || !digits.iter().all(free) {
            return Err(Refusal::new(400, 404, "number not available"));
        }
        Item::Chosen(digits)
    } else {
        let wanted = &call.body["didCartItem"];
        let group = wanted["didGroupId"].as_u64().unwrap_or(0);
        if !shop.groups.iter().any(|known| known.id == group) {
            return Err(Refusal::new(400, 403, "invalid did group"));
        }
        match wanted["quantity"].as_u64().unwrap_or(0) {
            quantity @ 1..=MOST_NUMBERS => Item::Quantity { group, quantity: usize::try_from(quantity).unwrap_or(0) },
            _ => return Err(Refusal::new(400, 405, "invalid quantity")),
        }
    };
    if let Some(cart) = shop.carts.get_mut(&cart) {
        cart.item = Some(item);
    }
    Ok(json!({ "status": "SUCCESS" }))
}

fn check_out(shop: &mut Shop, cart: u64) -> Answer {
    shop.checkouts += 1;
    let failed = |message: &str| {
        let product = json!({ "productType": "DID", "status": "ERROR", "orderReference": null, "message": message });
        Ok(json!({ "status": "ERROR", "productCheckoutList": [product] }))
    };
    if let Some(message) = &shop.checkout_refusal {
        return failed(message);
    }
    let Some(Cart { reference, item: Some(item) }) = shop.carts.remove(&cart) else {
        return Err(Refusal::new(400, 401, "no product"));
    };
    let Some(order) = shop.place(reference, item) else {
        return failed("not available any more");
    };
    let whole = shop.orders.last().is_some_and(|order| order.delivered == order.quantity);
    let (status, message) = if whole { ("SUCCESS", None) } else { ("PARTIAL", Some("some numbers are on back-order")) };
    let product = json!({ "productType": "DID", "status": status, "orderReference": order, "message": message });
    Ok(json!({ "status": status, "productCheckoutList": [product] }))
}

fn list_orders(shop: &Shop, call: &Call<'_>) -> Answer {
    let passes = |order: &&Order| {
        !shop.hides_orders && call.passes("reference", &order.reference) && call.passes("status", order.status())
    };
    let row = |order: &Order| {
        json!({
            "orderId": order.id, "reference": order.reference, "status": order.status(), "customerReference": order.customer_reference,
            "didGroups": [{ "didGroupId": order.group, "quantity": order.quantity }],
        })
    };
    call.page("orders", shop.orders.iter().filter(passes).map(row).collect())
}

fn cancel(shop: &mut Shop, call: &Call<'_>) -> Answer {
    if shop.locks_cancellation {
        return Err(Refusal::new(400, 420, "cancellation is not allowed yet"));
    }
    let ids = did_ids(call);
    let before = shop.dids.len();
    shop.dids.retain(|did| !ids.contains(&did.id));
    match before - shop.dids.len() {
        0 => Err(Refusal::new(400, 414, "not your number")),
        count => Ok(json!({ "numberCancelled": count })),
    }
}

fn did_ids(call: &Call<'_>) -> Vec<u64> {
    let ids = call.body["didIds"].as_array();
    ids.into_iter().flatten().filter_map(Value::as_u64).collect()
}

fn make_voice_uri(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let uri = call.body["voiceUri"]["uri"].as_str().unwrap_or_default();
    if !uri.contains('@') {
        return Err(Refusal::new(400, 332, "invalid URI"));
    }
    if shop.voice_uris.iter().any(|(_, known)| known == uri) {
        return Err(Refusal::new(400, 326, "duplicate voice URI"));
    }
    let id = shop.next_id();
    shop.voice_uris.push((id, uri.to_owned()));
    Ok(json!({ "voiceUri": { "voiceUriId": id, "voiceUriProtocol": "SIP", "uri": uri } }))
}

fn configure(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let voice_uri = call.body["voiceUriId"].as_u64();
    if shop.refuses_routing || !shop.voice_uris.iter().any(|(id, _)| Some(*id) == voice_uri) {
        return Err(Refusal::new(400, 301, "invalid voice URI"));
    }
    let ids = did_ids(call);
    let mut updated = Vec::new();
    for did in shop.dids.iter_mut().filter(|did| ids.contains(&did.id)) {
        did.voice_uri = voice_uri;
        updated.push(json!({ "didId": did.id, "status": "SUCCESS" }));
    }
    if call.is_global {
        Ok(json!({ "didConfigurations": updated }))
    } else {
        Ok(json!({ "messages": [{ "configOption": "VOICE_URI", "numberUpdated": updated.len() }] }))
    }
}
