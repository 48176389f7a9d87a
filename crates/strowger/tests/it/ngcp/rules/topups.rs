//! Top-ups whose tokens come again, customers that have too little from the beginning, and the free time of a customer.

use serde_json::{Value, json};

use super::balances::package;
use super::{commit, post, with, without};
use crate::ngcp::world::World;

async fn of_tokens(world: &World) {
    let one = world.reseller("one").await;
    let customer = world.customer(&one).await;
    let first = world.subscriber(&one, &customer, &json!({})).await.id;
    let second = world.subscriber(&one, &customer, &json!({})).await.id;
    for code in ["secret-1", "secret-2"] {
        let voucher = json!({ "code": code, "amount": 100, "valid_until": "2099-01-01 00:00:00" });
        one.door.create("vouchers", &voucher).await;
    }
    let gold = one.door.create("profilepackages", &package(&one, "gold", &json!({}))).await;
    let cash = json!({ "subscriber_id": first, "amount": 1_000, "request_token": "r 1" });
    let voucher = json!({ "subscriber_id": first, "code": "secret-1", "request_token": "r 2" });
    for _ in 0..2 {
        one.door.post("/api/topupcash/", &cash).await.is(204);
        one.door.post("/api/topupvouchers/", &voucher).await.is(204);
    }
    let taken = |token: &str| {
        format!(
            "Validation failed. field='request_token', input='{token}', errors='another top-up of the customer has been \
             done with it'"
        )
    };
    let (of_cash, of_voucher) = (taken("r 1"), taken("r 2"));
    commit(
        &one.door,
        vec![
            post("topupcash/", with(&cash, &json!({ "amount": 1_001 })), &of_cash),
            post("topupcash/", with(&cash, &json!({ "package_id": gold })), &of_cash),
            post("topupcash/", with(&cash, &json!({ "subscriber_id": second })), &of_cash),
            post("topupvouchers/", with(&voucher, &json!({ "request_token": "r 1" })), &of_cash),
            post("topupvouchers/", with(&voucher, &json!({ "code": "secret-2" })), &of_voucher),
            post("topupcash/", with(&cash, &json!({ "request_token": "r 2" })), &of_voucher),
        ],
    )
    .await;
    let logged = one.door.list("topuplogs/?order_by=id&rows=100").await;
    let shown = |entry: &Value| json!([entry["type"], entry["outcome"], entry["request_token"], entry["message"]]);
    let failed = |kind: &str, token: &str| json!([kind, "failed", token, taken(token)]);
    let wanted = [
        json!(["cash", "ok", "r 1", null]),
        json!(["voucher", "ok", "r 2", null]),
        failed("cash", "r 1"),
        failed("cash", "r 1"),
        failed("cash", "r 1"),
        failed("voucher", "r 1"),
        failed("voucher", "r 2"),
        failed("cash", "r 2"),
    ];
    assert_eq!(logged.iter().map(shown).collect::<Vec<_>>(), wanted);
    let balance = format!("/api/customerbalances/{}", customer.id);
    assert_eq!(one.door.item(&balance).await["cash_balance"], json!(11));
    one.door
        .post("/api/topupvouchers/", &with(&voucher, &json!({ "code": "secret-2", "request_token": "r 3" })))
        .await
        .is(204);
    let unknown = with(&voucher, &json!({ "code": "secret-3", "request_token": "r 4" }));
    one.door.post("/api/topupvouchers/", &unknown).await.is(422);
    assert!(!one.door.get("/api/topuplogs/?rows=100").await.text.contains("secret"), "codes are in no log");

    // Refusals of a balance tell what was sent.
    let too_much = "Validation failed. field='cash_balance', input='10000000001'…";
    commit(&one.door, vec![super::set(&balance[5..], "cash_balance", 10_000_000_001_i64, too_much)]).await;
}

async fn of_the_beginning(world: &World) {
    let one = world.reseller("one").await;
    let poor = one.door.create("billingprofiles", &json!({ "name": "poor", "handle": "poor" })).await;
    let more = json!({
        "initial_balance": 100, "underrun_lock_threshold": 200, "underrun_lock_level": 2, "topup_lock_level": 0,
        "underrun_profile_threshold": 200, "underrun_profiles": [{ "profile_id": poor }],
        "topup_profiles": [{ "profile_id": one.profile_id }],
    });
    let id = one.door.create("profilepackages", &package(&one, "prepaid", &more)).await;
    let contact_id = one.door.create("customercontacts", &json!({ "email": "who@example.org" })).await;
    let body = json!({ "status": "active", "contact_id": contact_id, "type": "sipaccount" });
    let of_package = with(&body, &json!({ "billing_profile_definition": "package", "profile_package_id": id }));
    let customer = one.door.create("customers", &of_package).await;
    let customer = crate::ngcp::world::Customer { id: customer, contact_id };
    let item = async |path: String| one.door.item(&format!("/api/{path}")).await;
    let profile = async || item(format!("customers/{}", customer.id)).await["billing_profile_id"].clone();
    assert_eq!(profile().await, json!(poor));
    let interval = item(format!("balanceintervals/{}/1", customer.id)).await;
    assert!(interval["underrun_lock"].is_string() && interval["underrun_profiles"].is_string(), "{interval}");
    let phone = world.subscriber(&one, &customer, &json!({})).await.id;
    let lock = async || item(format!("subscribers/{phone}")).await["lock"].clone();
    assert_eq!(lock().await, json!("2"));
    let journal = one.door.list(&format!("subscribers/{phone}/journal/")).await;
    assert_eq!(journal.len(), 1, "made as it is: {journal:?}");
    one.door.post("/api/topupcash/", &json!({ "subscriber_id": phone, "amount": 500 })).await.is(204);
    assert_eq!((lock().await, profile().await), (Value::Null, json!(one.profile_id)));
    let later = world.subscriber(&one, &customer, &json!({})).await.id;
    assert_eq!(item(format!("subscribers/{later}")).await["lock"], Value::Null);

    // A package that wants more than there is locks as soon as it is there.
    let strict = with(&more, &json!({ "underrun_lock_threshold": 1_000 }));
    let strict = one.door.create("profilepackages", &package(&one, "strict", &strict)).await;
    let path = format!("/api/customers/{}", customer.id);
    one.door.set(&path, "profile_package_id", strict).await.is(204);
    assert_eq!((lock().await, profile().await), (json!("2"), json!(one.profile_id)));
}

async fn of_free_time(world: &World) {
    let one = world.reseller("one").await;
    let free = json!({ "name": "free", "handle": "free", "interval_free_time": 86_400 });
    let free = one.door.create("billingprofiles", &free).await;
    let zone = json!({ "billing_profile_id": free, "zone": "Austria", "detail": "All" });
    let zone = one.door.create("billingzones", &zone).await;
    let rates = json!({
        "onpeak_init_rate": 1, "onpeak_init_interval": 60, "onpeak_follow_rate": 1, "onpeak_follow_interval": 60,
        "offpeak_init_rate": 1, "offpeak_init_interval": 60, "offpeak_follow_rate": 1, "offpeak_follow_interval": 60,
        "onpeak_use_free_time": true, "offpeak_use_free_time": true,
    });
    let fee = json!({
        "billing_profile_id": free, "billing_zone_id": zone, "source": ".", "destination": "43", "direction": "out",
        "match_mode": "prefix",
    });
    one.door.create("billingfees", &with(&fee, &rates)).await;
    let contact_id = one.door.create("customercontacts", &json!({ "email": "who@example.org" })).await;
    let body = json!({
        "status": "active", "contact_id": contact_id, "type": "sipaccount", "billing_profile_id": free,
    });
    let customer = one.door.create("customers", &body).await;
    let balance = format!("/api/customerbalances/{customer}");
    one.door.set(&balance, "free_time_balance", 90).await.is(204);
    let call = json!({ "customer_id": customer, "source": "43111", "destination": "4366", "direction": "out", "duration": 120 });
    let of_profile = with(&without(&call, "customer_id"), &json!({ "billing_profile_id": free }));
    for (body, used, cost) in [
        (call.clone(), 90.0, 30.0),
        (with(&call, &json!({ "free_time": null })), 90.0, 30.0),
        (with(&call, &json!({ "free_time": 0 })), 0.0, 120.0),
        (with(&call, &json!({ "free_time": 60 })), 60.0, 60.0),
        (of_profile, 0.0, 120.0),
        (call.clone(), 90.0, 30.0),
    ] {
        let answer = one.door.post("/api/feelookups/", &body).await.is(200).json;
        assert_eq!((answer["free_time_used"].as_f64(), answer["cost"].as_f64()), (Some(used), Some(cost)), "{body}");
    }
    let shown = one.door.item(&balance).await;
    assert_eq!((&shown["free_time_balance"], &shown["free_time_spent"]), (&json!(90), &json!(0)), "nothing is used up");
}

store::on_both! {
    async fn of_tokens_rules(database: TestDb) {
        let world = World::new(database).await;
        of_tokens(&world).await;
        world.server.stop().await;
    }

    async fn of_the_beginning_rules(database: TestDb) {
        let world = World::new(database).await;
        of_the_beginning(&world).await;
        world.server.stop().await;
    }

    async fn of_free_time_rules(database: TestDb) {
        let world = World::new(database).await;
        of_free_time(&world).await;
        world.server.stop().await;
    }
}
