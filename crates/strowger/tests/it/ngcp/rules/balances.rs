//! Money in time: networks, packages, vouchers, top-ups, balances and their intervals, on a clock that requests set.

use serde_json::{Value, json};

use super::{commit, delete, post, set, with, without};
use crate::ngcp::client::{Answer, Door, JSON, REPRESENTATION};
use crate::ngcp::world::{Customer, Reseller, World};

/// A door at which it is that time.
struct At<'a>(&'a Door, &'a str);

impl At<'_> {
    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let patch = ("Content-Type", "application/json-patch+json");
        let kind = if method == "PATCH" { patch } else { JSON };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.0.send(method, path, &[kind, ("X-Fake-Clienttime", self.1)], body).await
    }

    async fn make(&self, collection: &str, body: &Value) -> i64 {
        self.send("POST", &format!("/api/{collection}/"), body).await.is(201).id()
    }

    async fn item(&self, path: &str) -> Value {
        self.send("GET", &format!("/api/{path}"), &Value::Null).await.is(200).json
    }

    /// Start, stop, cash and top-ups of each interval of a customer.
    async fn intervals(&self, customer: i64) -> Vec<Value> {
        let path = format!("/api/balanceintervals/{customer}/?rows=100");
        let answer = self.send("GET", &path, &Value::Null).await.is(200);
        let found = answer.embedded();
        assert_eq!(answer.json["total_count"], json!(found.len()), "{answer:?}");
        found.iter().map(|i| json!([i["start"], i["stop"], i["cash_balance"], i["topup_count"]])).collect()
    }

    async fn balance(&self, customer: i64) -> Value {
        self.item(&format!("customerbalances/{customer}")).await["cash_balance"].clone()
    }

    async fn top_up(&self, subscriber: i64, cents: i64) -> Answer {
        self.send("POST", "/api/topupcash/", &json!({ "subscriber_id": subscriber, "amount": cents })).await
    }
}

pub(super) fn package(reseller: &Reseller, name: &str, more: &Value) -> Value {
    let package = json!({
        "name": name, "description": "x", "reseller_id": reseller.id, "balance_interval_value": 1,
        "balance_interval_unit": "month", "balance_interval_start_mode": "1st", "carry_over_mode": "carry_over",
        "initial_profiles": [{ "profile_id": reseller.profile_id, "network_id": null }],
    });
    with(&package, more)
}

async fn customer_at(at: &At<'_>, billing: &Value) -> Customer {
    let contact_id = at.make("customercontacts", &json!({ "email": "who@example.org" })).await;
    let body = json!({ "status": "active", "contact_id": contact_id, "type": "sipaccount" });
    Customer { id: at.make("customers", &with(&body, billing)).await, contact_id }
}

async fn of_networks(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let blocks = json!([{ "ip": "10.1.2.3", "mask": 16 }, { "ip": "2001:db8::1" }]);
    let office = json!({ "name": "office", "description": "x", "reseller_id": one.id, "blocks": blocks });
    let made =
        one.door.send("POST", "/api/billingnetworks/", &[JSON, REPRESENTATION], office.to_string()).await.is(201);
    let kept = json!([{ "ip": "10.1.0.0", "mask": 16 }, { "ip": "2001:db8::1", "mask": null }]);
    assert_eq!(made.json["blocks"], kept);
    let id = made.id();
    let own = format!("billingnetworks/{id}");
    let overlap = json!([{ "ip": "10.0.0.0", "mask": 8 }, { "ip": "10.9.0.1", "mask": null }]);
    commit(
        &one.door,
        vec![
            post("billingnetworks/", office.clone(), "Billing network 'office' already exists."),
            post("billingnetworks/", with(&office, &json!({ "name": "x", "blocks": overlap })), "…overlap…"),
            post(
                "billingnetworks/",
                with(&office, &json!({ "name": "x", "blocks": [{ "ip": "10.0.0" }] })),
                "…Invalid IP address…",
            ),
            post("billingnetworks/", without(&office, "name"), "Validation failed. field='name'…"),
            set(&own, "blocks", json!([]), "…Blocks field is required…"),
        ],
    )
    .await;
    two.door.get(&format!("/api/{own}")).await.refuses(404, "Entity 'billingnetwork' not found.");
    for (ip, found) in [("10.1.200.1", 1), ("::ffff:10.1.0.0", 1), ("2001:db8::1", 1), ("10.2.0.0", 0), ("nobody", 0)] {
        let list = one.door.list(&format!("billingnetworks/?ip={ip}")).await;
        assert_eq!(list.len(), found, "{ip}");
    }
    assert_eq!(two.door.list("billingnetworks/?ip=10.1.200.1").await.len(), 0);
    one.door.set(&format!("/api/{own}"), "name", "plant").await.is(204);
    assert_eq!(one.door.list("billingnetworks/?name=pl*").await.len(), 1);

    // Customers are mapped with it, and only with those of their own reseller.
    let contact = one.door.create("customercontacts", &json!({ "email": "a@example.org" })).await;
    let mapping = |network: i64| {
        json!({
            "status": "active", "contact_id": contact, "type": "sipaccount",
            "billing_profiles": [{ "profile_id": one.profile_id }, { "profile_id": one.profile_id, "network_id": network }],
        })
    };
    let foreign = two.door.create("billingnetworks", &with(&office, &json!({ "reseller_id": two.id }))).await;
    commit(&one.door, vec![post("customers/", mapping(foreign), "Invalid 'network_id'…")]).await;
    let customer = one.door.create("customers", &mapping(id)).await;
    let shown = one.door.item(&format!("/api/customers/{customer}")).await;
    assert_eq!(shown["all_billing_profiles"][1]["network_id"], json!(id), "{shown}");
    assert_eq!(shown["billing_profile_id"], json!(one.profile_id));
    commit(&one.door, vec![delete(&own, "Cannot terminate a billing network…").status(423)]).await;
    two.door.delete(&format!("/api/billingnetworks/{foreign}")).await.is(204);
    two.door.get(&format!("/api/billingnetworks/{foreign}")).await.is(404);
    two.door.create("billingnetworks", &with(&office, &json!({ "reseller_id": two.id }))).await;
}

async fn of_packages(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let good = package(&one, "gold", &json!({ "initial_balance": 500 }));
    let id = one.door.create("profilepackages", &good).await;
    let own = format!("profilepackages/{id}");
    let other = |more: Value| with(&package(&one, "other", &json!({})), &more);
    let office = json!({ "name": "office", "description": "x", "blocks": [{ "ip": "10.0.0.1" }] });
    let network = one.door.create("billingnetworks", &office).await;
    let profiles = |profile: i64| json!([{ "profile_id": profile, "network_id": null }]);
    let post = |more: Value, message: &str| post("profilepackages/", other(more), message);
    commit(
        &one.door,
        vec![
            post(json!({ "name": "gold" }), "Profile package 'gold' already exists."),
            post(json!({ "initial_profiles": profiles(two.profile_id) }), "Invalid 'profile_id'…"),
            post(json!({ "initial_profiles": [] }), "…initial_profiles…"),
            post(
                json!({ "initial_profiles": [{ "profile_id": one.profile_id, "network_id": 999_999 }] }),
                "…without a billing network…",
            ),
            post(
                json!({ "initial_profiles": [{ "profile_id": one.profile_id }, { "profile_id": one.profile_id }] }),
                "…field='initial_profiles', input='[{…at most one billing profile can be without a billing network'",
            ),
            post(
                json!({ "topup_profiles": [
                    { "profile_id": one.profile_id, "network_id": network },
                    { "profile_id": one.profile_id, "network_id": network },
                ] }),
                "…field='topup_profiles', input='[{…can have one billing profile only'",
            ),
            post(json!({ "carry_over_mode": "carry_over_timely" }), "…timely_duration_value…"),
            post(json!({ "timely_duration_value": 3 }), "…timely_duration_unit…"),
            post(json!({ "underrun_lock_threshold": 100 }), "…underrun_lock_threshold…"),
            post(json!({ "underrun_profile_threshold": 100 }), "…underrun_profile_threshold…"),
            post(json!({ "balance_interval_start_mode": "2nd" }), "…is not a valid value…"),
            post(json!({ "balance_interval_value": 0 }), "…balance_interval_value…"),
        ],
    )
    .await;
    two.door.get(&format!("/api/{own}")).await.refuses(404, "Entity 'profilepackage' not found.");
    let profile = format!("billingprofiles/{}", one.profile_id);
    commit(&one.door, vec![delete(&profile, "Cannot terminate a billing profile…")]).await;
    let counted = one.door.list("billingprofiles/?package_cnt=1").await;
    assert_eq!(counted[0]["package_cnt"], json!(1), "{counted:?}");

    let at = At(&one.door, "2024-05-10 12:00:00");
    let customer =
        customer_at(&at, &json!({ "billing_profile_definition": "package", "profile_package_id": id })).await;
    let shown = at.item(&format!("customers/{}", customer.id)).await;
    assert_eq!((&shown["profile_package_id"], &shown["billing_profile_id"]), (&json!(id), &json!(one.profile_id)));
    assert_eq!(at.balance(customer.id).await, json!(5));
    assert_eq!(one.door.item(&format!("/api/{own}")).await["contract_cnt"], json!(1));
    assert_eq!(one.door.list(&format!("customers/?profile_package_id={id}")).await.len(), 1);
    commit(
        &one.door,
        vec![
            set(&own, "balance_interval_unit", "day", "…balance_interval_unit…"),
            delete(&own, "Cannot terminate a profile package…").status(423),
            set(&format!("customers/{}", customer.id), "profile_package_id", 999_999, "Invalid 'profile_package_id'…"),
        ],
    )
    .await;
    one.door.set(&format!("/api/{own}"), "carry_over_mode", "discard").await.is(204);
    // What is not about the package leaves it alone; a profile takes its place.
    let path = format!("/api/customers/{}", customer.id);
    one.door.set(&path, "external_id", "x").await.is(204);
    assert_eq!(one.door.item(&path).await["profile_package_id"], json!(id));
    one.door.set(&path, "profile_package_id", Value::Null).await.is(204);
    assert_eq!(one.door.item(&path).await["profile_package_id"], Value::Null);
    one.door.delete(&format!("/api/{own}")).await.is(204);
    one.door.get(&format!("/api/{own}")).await.is(404);
}

async fn of_vouchers(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let stranger = world.customer(&one).await;
    let stranger = world.subscriber(&one, &stranger, &json!({})).await;
    let voucher = json!({
        "reseller_id": one.id, "code": "secret-4711", "amount": 1_050, "valid_until": "2099-01-01 00:00:00",
        "customer_id": customer.id,
    });
    let id = one.door.create("vouchers", &voucher).await;
    let own = format!("vouchers/{id}");
    let foreign = world.customer(&two).await.id;
    let bad = |more: Value| with(&with(&voucher, &json!({ "code": "x" })), &more);
    commit(
        &one.door,
        vec![
            post("vouchers/", voucher.clone(), "Voucher with this code already exists."),
            post("vouchers/", without(&voucher, "code"), "…field='code'…"),
            post("vouchers/", bad(json!({ "customer_id": foreign })), "Invalid 'customer_id'"),
            post("vouchers/", bad(json!({ "package_id": 999_999 })), "Invalid 'package_id'"),
            post("vouchers/", bad(json!({ "amount": -1 })), "…field='amount'…"),
        ],
    )
    .await;
    two.door.get(&format!("/api/{own}")).await.refuses(404, "Entity 'voucher' not found.");
    assert_eq!(one.door.item(&format!("/api/{own}")).await["code"], json!("secret-4711"));
    // Whoever is not shown what concerns billing can change a voucher, but not read its code.
    world.staff("blind", "reseller", one.id, &json!({ "billing_data": false })).await;
    let blind = world.door.login("blind", crate::ngcp::world::PASSWORD);
    let shown = blind.get(&format!("/api/{own}")).await.is(200);
    assert!(!shown.text.contains("secret-4711"), "{shown:?}");
    blind.set(&format!("/api/{own}"), "amount", 1_150).await.is(204);
    // A code finds its voucher, for whoever is shown codes.
    for (code, found) in [("secret-4711", 1), ("secret-471", 0), ("secret*", 0), ("$not_null", 0)] {
        assert_eq!(one.door.list(&format!("vouchers/?code={code}")).await.len(), found, "{code}");
        assert_eq!(two.door.list(&format!("vouchers/?code={code}")).await.len(), 0, "{code}");
        let refused = "Codes of vouchers are not shown to this login.";
        blind.get(&format!("/api/vouchers/?code={code}")).await.refuses(403, refused);
    }

    // Two at once: one gets it.
    let body = json!({ "subscriber_id": subscriber.id, "code": "secret-4711" });
    let refused = "Invalid voucher code, already used or invalid for customer.";
    let other = with(&body, &json!({ "subscriber_id": stranger.id }));
    one.door.post("/api/topupvouchers/", &other).await.refuses(422, refused);
    let (a, b) = tokio::join!(one.door.post("/api/topupvouchers/", &body), one.door.post("/api/topupvouchers/", &body));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422], "{a:?} {b:?}");
    let balance = one.door.item(&format!("/api/customerbalances/{}", customer.id)).await;
    assert_eq!(balance["cash_balance"], json!(11.5));
    let logged = one.door.list("topuplogs/?type=voucher&order_by=id").await;
    let outcomes: Vec<_> = logged.iter().map(|entry| (entry["outcome"].clone(), entry["amount"].clone())).collect();
    let failed = (json!("failed"), Value::Null);
    assert_eq!(outcomes, [failed.clone(), (json!("ok"), json!(11.5)), failed], "{logged:?}");
    assert!(!one.door.get("/api/topuplogs/").await.text.contains("secret-4711"));
    let used = one.door.item(&format!("/api/{own}")).await;
    assert_eq!(used["used_by_subscriber_id"], json!(subscriber.id));
    commit(
        &one.door,
        vec![
            set(&own, "amount", 1, "Voucher has already been used and cannot be changed."),
            delete(&own, "Voucher has already been used and cannot be deleted.").status(423),
            post("topupvouchers/", with(&body, &json!({ "subscriber_id": 999_999 })), "Unknown subscriber_id."),
        ],
    )
    .await;

    // A file of vouchers, all or nothing; those that have been used stay when others take their places.
    let csv = [("Content-Type", "text/csv")];
    let path = "/api/vouchers/?purge_existing=true";
    one.door.send("POST", path, &csv, "a,100,2099-01-01\nb,200,2099-01-01 12:00:00,,\n").await.is(201);
    assert_eq!(one.door.list("vouchers/").await.len(), 3);
    one.door.send("POST", path, &csv, "code,valid_until,amount\nc,2099-01-01,300\n").await.is(201);
    assert_eq!(one.door.list("vouchers/").await.len(), 2);
    let broken = one.door.send("POST", path, &csv, "d,100,2099-01-01\nsecret-4711,1,2099-01-01\n").await;
    broken.refuses(422, "line 2: the code exists already");
    assert_eq!(one.door.list("vouchers/").await.len(), 2);
    let expired = json!({ "code": "old", "amount": 1, "valid_until": "2001-01-01 00:00:00" });
    let expired = one.door.create("vouchers", &expired).await;
    let old = with(&body, &json!({ "code": "old" }));
    one.door.post("/api/topupvouchers/", &old).await.refuses(422, "Invalid voucher code, no longer valid.");
    one.door.delete(&format!("/api/vouchers/{expired}")).await.is(204);
}

async fn of_topups(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let underrun = one.door.create("billingprofiles", &json!({ "name": "poor", "handle": "poor" })).await;
    let more = json!({
        "service_charge": 50, "topup_lock_level": 0, "underrun_lock_threshold": 100, "underrun_lock_level": 2,
        "underrun_profile_threshold": 100, "underrun_profiles": [{ "profile_id": underrun }],
        "topup_profiles": [{ "profile_id": one.profile_id }],
    });
    let id = one.door.create("profilepackages", &package(&one, "prepaid", &more)).await;
    let cash = json!({ "subscriber_id": subscriber.id, "amount": 1_000, "package_id": id, "request_token": "r 1" });
    one.door.post("/api/topupcash/", &cash).await.is(204);
    // The same request again is the same top-up.
    one.door.post("/api/topupcash/", &cash).await.is(204);
    let balance = format!("/api/customerbalances/{}", customer.id);
    assert_eq!(one.door.item(&balance).await["cash_balance"], json!(9.5));
    let logged = one.door.list("topuplogs/?request_token=r*").await;
    assert_eq!(logged.len(), 1, "{logged:?}");
    let entry = &logged[0];
    for (field, wanted) in [
        ("type", json!("cash")),
        ("outcome", json!("ok")),
        ("amount", json!(10)),
        ("cash_balance_before", json!(0)),
        ("cash_balance_after", json!(9.5)),
        ("package_before_id", Value::Null),
        ("package_after_id", json!(id)),
        ("contract_id", json!(customer.id)),
        ("username", json!("one_login")),
    ] {
        assert_eq!(entry[field], wanted, "{field} of {entry}");
    }
    commit(
        &one.door,
        vec![
            post("topupcash/", with(&cash, &json!({ "subscriber_id": 999_999 })), "Unknown subscriber_id."),
            post(
                "topupcash/",
                with(&cash, &json!({ "package_id": 999_999, "request_token": "r 2" })),
                "Unknown profile package ID.",
            ),
            post("topupcash/", without(&cash, "amount"), "…field='amount'…"),
        ],
    )
    .await;
    two.door.post("/api/topupcash/", &cash).await.refuses(422, "Unknown subscriber_id.");
    for nothing in ["package_id=NULL", "package_id=$null", "package_id=$not_null"] {
        assert_eq!(one.door.list(&format!("topuplogs/?{nothing}")).await.len(), 0, "{nothing}");
    }
    let failed = one.door.list("topuplogs/?outcome=failed").await;
    let messages: Vec<_> = failed.iter().map(|entry| entry["message"].clone()).collect();
    assert_eq!(messages, ["Unknown subscriber_id.", "Unknown profile package ID."], "{failed:?}");
    assert_eq!(two.door.list("topuplogs/").await.len(), 1);
    for (filter, found) in
        [("amount_above=10", 3), ("amount_above=10.01", 0), ("timestamp_to=2001-01-01", 0), ("package_id=999", 0)]
    {
        assert_eq!(one.door.list(&format!("topuplogs/?{filter}")).await.len(), found, "{filter}");
    }

    // Falling below the threshold locks and lets another profile hold; a top-up undoes both.
    let lock = async || one.door.item(&format!("/api/subscribers/{}", subscriber.id)).await["lock"].clone();
    let profile =
        async || one.door.item(&format!("/api/customers/{}", customer.id)).await["billing_profile_id"].clone();
    one.door.set(&balance, "cash_balance", 0.99).await.is(204);
    assert_eq!((lock().await, profile().await), (json!("2"), json!(underrun)));
    let set_balance = one.door.list("topuplogs/?type=set_balance").await;
    assert_eq!((set_balance[0]["amount"].clone(), set_balance[0]["lock_level_after"].clone()), (json!(0.99), json!(2)));
    let interval = &one.door.list(&format!("balanceintervals/{}/", customer.id)).await[0];
    assert!(interval["underrun_lock"].is_string() && interval["underrun_profiles"].is_string(), "{interval}");
    one.door.post("/api/topupcash/", &json!({ "subscriber_id": subscriber.id, "amount": 100 })).await.is(204);
    assert_eq!((lock().await, profile().await), (Value::Null, json!(one.profile_id)));
    assert_eq!(one.door.item(&balance).await["cash_balance"], json!(1.49));
    two.door.get(&balance).await.refuses(404, "Entity 'customerbalance' not found.");
    two.door.get(&format!("/api/balanceintervals/{}/", customer.id)).await.is(404);
}

async fn of_intervals(world: &World) {
    let one = world.reseller("one").await;
    let free = json!({ "name": "free", "handle": "free", "interval_free_cash": 310, "interval_free_time": 3_100 });
    let free = one.door.create("billingprofiles", &free).await;

    // Without a package: months, with what the profile gives; the first one in part.
    let at = At(&one.door, "2024-01-16 00:00:00");
    let plain = customer_at(&at, &json!({ "billing_profile_id": free })).await.id;
    assert_eq!(at.intervals(plain).await, [json!(["2024-01-01 00:00:00", "2024-01-31 23:59:59", 1.6, 0])]);
    assert_eq!(at.item(&format!("customerbalances/{plain}")).await["free_time_balance"], json!(1_600));
    let at = At(&one.door, "2024-03-01 00:00:00");
    let shown = at.intervals(plain).await;
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[2], json!(["2024-03-01 00:00:00", "2024-03-31 23:59:59", 3.1, 0]));
    // Looking has written nothing: it is shown the same by whoever looks from before.
    assert_eq!(At(&one.door, "2024-01-20 00:00:00").intervals(plain).await.len(), 1);

    // One who never had any money.
    let broke =
        customer_at(&At(&one.door, "2024-01-16 00:00:00"), &json!({ "billing_profile_id": one.profile_id })).await;
    assert_eq!(at.intervals(broke.id).await.len(), 3);

    // A package whose intervals begin with top-ups.
    let more =
        json!({ "balance_interval_start_mode": "topup", "initial_balance": 200, "notopup_discard_intervals": 2 });
    let topup = one.door.create("profilepackages", &package(&one, "topup", &more)).await;
    let start = At(&one.door, "2024-01-16 10:00:00");
    let payer = customer_at(&start, &json!({ "profile_package_id": topup })).await;
    let never = "9999-12-31 23:59:59";
    assert_eq!(start.intervals(payer.id).await, [json!(["2024-01-16 10:00:00", never, 2, 0])]);
    let subscriber = world.subscriber(&one, &payer, &json!({})).await.id;
    let at = At(&one.door, "2024-02-03 04:05:06");
    at.top_up(subscriber, 500).await.is(204);
    assert_eq!(
        at.intervals(payer.id).await,
        [json!(["2024-01-16 10:00:00", "2024-02-03 04:05:05", 2, 1]), json!(["2024-02-03 04:05:06", never, 7, 0]),]
    );
    let actual = at.item(&format!("balanceintervals/{}/2", payer.id)).await;
    assert_eq!(
        (&actual["is_actual"], &actual["notopup_discard_expiry"]),
        (&json!(true), &json!("2024-04-03 04:05:06"))
    );
    let own = format!("/api/balanceintervals/{}/2", payer.id);
    assert_eq!(actual["_links"]["self"]["href"], json!(own));
    assert_eq!(At(&one.door, "2024-04-03 04:05:05").balance(payer.id).await, json!(7));
    assert_eq!(At(&one.door, "2024-04-03 04:05:06").balance(payer.id).await, json!(0));

    // Another package from now on: the open interval ends where the new ones begin.
    let days = json!({
        "balance_interval_start_mode": "create", "balance_interval_value": 30, "balance_interval_unit": "day",
        "carry_over_mode": "discard",
    });
    let days = one.door.create("profilepackages", &package(&one, "days", &days)).await;
    let at = At(&one.door, "2024-02-10 00:00:00");
    let patch = json!([{ "op": "replace", "path": "/profile_package_id", "value": days }]);
    at.send("PATCH", &format!("/api/customers/{}", payer.id), &patch).await.is(204);
    let at = At(&one.door, "2024-03-20 00:00:00");
    assert_eq!(
        at.intervals(payer.id).await[1..],
        [
            json!(["2024-02-03 04:05:06", "2024-02-15 23:59:59", 0, 0]),
            json!(["2024-02-16 00:00:00", "2024-03-16 23:59:59", 0, 0]),
            json!(["2024-03-17 00:00:00", "2024-04-15 23:59:59", 0, 0]),
        ]
    );

    // The collection has the open interval of each, and pages fit together.
    let open = at.send("GET", "/api/balanceintervals/?rows=100", &Value::Null).await.is(200);
    assert_eq!(open.json["total_count"], json!(3));
    assert!(open.embedded().iter().all(|interval| interval["is_actual"] == json!(true)), "{open:?}");
    let path = format!("/api/balanceintervals/{}/", payer.id);
    let page = at.send("GET", &format!("{path}?page=2&rows=3"), &Value::Null).await.is(200);
    assert_eq!((page.ids(), page.json["total_count"].clone()), (vec![4], json!(4)));
    let newest = at.send("GET", &format!("{path}?rows=3&order_by=start&order_by_direction=desc"), &Value::Null).await;
    assert_eq!(newest.ids(), [4, 3, 2]);
    at.send("GET", &format!("{path}99"), &Value::Null).await.refuses(404, "Entity 'balanceinterval' not found.");
    at.send("GET", "/api/balanceintervals/x/", &Value::Null).await.refuses(400, "Invalid id in request URI");
    at.send("DELETE", &own, &Value::Null).await.refuses(404, "Path not found");
    let all = world.admin.list("balanceintervals/").await;
    assert_eq!(all.len(), 5, "resellers and their customers");
    for item in &all {
        let (one, link) = (format!("balanceintervals/{}/", item["contract_id"]), "ngcp:customerbalances");
        let customers = world.admin.get(&format!("/api/customers/{}", item["contract_id"])).await;
        for shown in [item, &world.admin.list(&one).await[0]] {
            match shown["_links"][link][0]["href"].as_str() {
                Some(href) => drop(world.admin.get(href).await.is(200)),
                None => assert_eq!(customers.status, 404, "a customer has one: {shown}"),
            }
        }
    }
}

store::on_both! {
    async fn of_networks_rules(database: TestDb) {
        let world = World::new(database).await;
        of_networks(&world).await;
        world.server.stop().await;
    }

    async fn of_packages_rules(database: TestDb) {
        let world = World::with(database, &[("STROWGER_NGCP_FAKE_CLIENTTIME", "true")]).await;
        of_packages(&world).await;
        world.server.stop().await;
    }

    async fn of_vouchers_rules(database: TestDb) {
        let world = World::new(database).await;
        of_vouchers(&world).await;
        world.server.stop().await;
    }

    async fn of_topups_rules(database: TestDb) {
        let world = World::new(database).await;
        of_topups(&world).await;
        world.server.stop().await;
    }

    async fn of_intervals_rules(database: TestDb) {
        let world = World::with(database, &[("STROWGER_NGCP_FAKE_CLIENTTIME", "true")]).await;
        of_intervals(&world).await;
        world.server.stop().await;
    }
}
