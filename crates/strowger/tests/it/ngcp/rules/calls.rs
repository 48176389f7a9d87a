//! What calls cost, credit that is held for them, fraud limits, events of subscribers.

use serde_json::{Value, json};

use super::{commit, patch, post, put, set, with, without};
use crate::ngcp::client::id_of;
use crate::ngcp::world::World;

fn fee(profile: i64, mode: &str, destination: &str, cents: f64) -> Value {
    json!({
        "billing_profile_id": profile, "billing_zone_zone": "Austria", "billing_zone_detail": "Wien",
        "destination": destination, "direction": "out", "match_mode": mode,
        "onpeak_init_rate": cents, "onpeak_init_interval": 60, "onpeak_follow_rate": cents,
        "onpeak_follow_interval": 30, "offpeak_init_rate": cents / 2.0, "offpeak_init_interval": 60,
        "offpeak_follow_rate": cents / 2.0, "offpeak_follow_interval": 30,
    })
}

async fn of_look_ups(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let profile = one.profile_id;
    for (mode, destination, cents) in [
        ("regex_longest_pattern", "^43", 1.0),
        ("regex_longest_pattern", "^431[0-9]+$", 2.0),
        ("prefix", "4366", 3.0),
        ("exact_destination", "43669", 4.0),
    ] {
        one.door.create("billingfees", &fee(profile, mode, destination, cents)).await;
    }
    let off_peak = json!([{
        "op": "replace", "path": "/peaktime_weekdays", "value": [{ "weekday": 0, "start": "00:00:00", "stop": "08:00:00" }],
    }]);
    one.door.patch(&format!("/api/billingprofiles/{profile}"), &off_peak).await.is(204);
    let call = json!({
        "billing_profile_id": profile, "source": "43111", "destination": "4311234", "direction": "out",
        "time": "2026-03-02 07:59:00", "duration": 90,
    });
    // The first minute is off-peak, the half minute after it is not.
    let answer = one.door.post("/api/feelookups/", &call).await.is(200).json;
    let wanted = json!({
        "zone": "Austria", "zone_detail": "Wien", "fee_destination": "^431[0-9]+$", "peak": "offpeak",
        "time_zone": "UTC", "init_rate": 1, "init_interval": 60, "follow_interval": 30, "cost": 120.0,
        "billed_seconds": 90, "increments": 2, "match_mode": "regex_longest_pattern", "customer_id": null,
        "billing_profile_id": profile, "time": "2026-03-02 07:59:00", "free_time_used": 0.0, "extra_charged": false,
    });
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&answer[name], value, "{name} of {answer}");
    }
    for (whose, id) in [("customer_id", customer.id), ("subscriber_id", subscriber.id)] {
        let mut call = with(&without(&call, "billing_profile_id"), &json!({ "destination": "43669" }));
        call[whose] = json!(id);
        let answer = one.door.post("/api/feelookups/", &call).await.is(200).json;
        assert_eq!((&answer["match_mode"], &answer["customer_id"]), (&json!("exact_destination"), &json!(customer.id)));
    }
    let bare = one.door.post("/api/feelookups/", &without(&call, "duration")).await.is(200).json;
    assert_eq!(bare.get("cost"), None, "{bare}");

    let whose = "Exactly one of 'billing_profile_id', 'customer_id' and 'subscriber_id' must be given.";
    let instead = |fields: Value| with(&without(&call, "billing_profile_id"), &fields);
    commit(
        &one.door,
        vec![
            post("feelookups/", without(&call, "source"), "…field='source'…"),
            post("feelookups/", with(&call, &json!({ "direction": "up" })), "…field='direction'…"),
            post("feelookups/", with(&call, &json!({ "ip": "here" })), "…field='ip', input='here'…"),
            post("feelookups/", with(&call, &json!({ "duration": -1 })), "…field='duration'…"),
            post("feelookups/", with(&call, &json!({ "duration": 31_622_401 })), "…366 days…"),
            post("feelookups/", with(&call, &json!({ "customer_id": customer.id })), whose),
            post("feelookups/", instead(json!({})), whose),
            post(
                "feelookups/",
                instead(json!({ "billing_profile_id": two.profile_id })),
                "Invalid 'billing_profile_id'",
            ),
            post("feelookups/", instead(json!({ "customer_id": 1 })), "Invalid 'customer_id'"),
            post("feelookups/", instead(json!({ "subscriber_id": 987_654 })), "Invalid 'subscriber_id'"),
            post(
                "feelookups/",
                with(&call, &json!({ "destination": "99" })),
                "No billing fee matches destination '99'.",
            ),
            post(
                "billingfees/",
                fee(profile, "regex_longest_match", "^43(", 1.0),
                "…field='destination'…regular expression…",
            ),
        ],
    )
    .await;
    two.door.post("/api/feelookups/", &instead(json!({ "customer_id": customer.id }))).await.is(422);
    let broken = ".,^44(,out,UK,All,1,60,1,60,1,60,1,60,0,regex_longest_pattern\n";
    let path = format!("/api/billingfees/?billing_profile_id={profile}");
    let answer = one.door.send("POST", &path, &[("Content-Type", "text/csv")], broken).await.is(422);
    assert!(answer.message().starts_with("line 1: "), "{answer:?}");
}

async fn of_credit_holds(world: &World) {
    let (one, two) = (world.reseller("lender").await, world.reseller("other").await);
    let customer = world.customer(&one).await;
    let hold = json!({
        "customer_id": customer.id, "amount": 150.5, "reference": "call 1", "reason": "a call",
        "expires_at": "2099-01-01 00:00:00",
    });
    let id = one.door.create("creditholds", &hold).await;
    assert_eq!(one.door.create("creditholds", &hold).await, id, "the same again");
    let path = format!("creditholds/{id}");
    let item = one.door.item(&format!("/api/{path}")).await;
    for (name, value) in [
        ("status", json!("held")),
        ("amount", json!(150.5)),
        ("held_amount", json!(150.5)),
        ("reseller_id", json!(one.id)),
        ("expires_at", json!("2099-01-01 00:00:00")),
        ("ended_at", json!(null)),
    ] {
        assert_eq!(item[name], value, "{name} of {item}");
    }
    commit(
        &one.door,
        vec![
            post(
                "creditholds/",
                with(&hold, &json!({ "amount": 1 })),
                "Credit hold with reference 'call 1' already exists…",
            ),
            post("creditholds/", with(&hold, &json!({ "amount": 0, "reference": "x" })), "…field='amount'…"),
            post("creditholds/", with(&hold, &json!({ "amount": 0.00001, "reference": "x" })), "…four decimal places…"),
            post("creditholds/", without(&hold, "reference"), "…field='reference'…"),
            post(
                "creditholds/",
                with(&hold, &json!({ "customer_id": one.id, "reference": "x" })),
                "Invalid 'customer_id'.",
            ),
            post(
                "creditholds/",
                with(&hold, &json!({ "expires_at": "2020-01-01 00:00:00", "reference": "x" })),
                "…field='expires_at'…",
            ),
            set(&path, "amount", 1, "…field='amount'…"),
            set(&path, "reference", "call 2", "…field='reference'…"),
            set(&path, "expires_at", "2098-01-01 00:00:00", "…field='expires_at'…"),
            set(&path, "status", "expired", "…field='status'…"),
            put(&path, with(&hold, &json!({ "status": "captured", "amount": 151 })), "…field='amount'…"),
            post("creditholds/", with(&hold, &json!({ "customer_id": 987_654 })), "Invalid 'customer_id'."),
        ],
    )
    .await;
    two.door.get(&format!("/api/{path}")).await.refuses(404, "Entity 'credithold' not found.");
    two.door.post("/api/creditholds/", &hold).await.refuses(422, "Invalid 'customer_id'.");

    let captured = json!([
        { "op": "replace", "path": "/status", "value": "captured" }, { "op": "replace", "path": "/amount", "value": 100 },
    ]);
    one.door.patch(&format!("/api/{path}"), &captured).await.is(204);
    let item = one.door.item(&format!("/api/{path}")).await;
    assert_eq!(
        (&item["status"], &item["amount"], &item["held_amount"]),
        (&json!("captured"), &json!(100.0), &json!(150.5))
    );
    assert_ne!(item["ended_at"], json!(null));
    let ended = "Credit hold is already terminated and cannot be changed.";
    commit(&one.door, vec![set(&path, "status", "released", ended)]).await;
    let balance = one.door.item(&format!("/api/customerbalances/{}", customer.id)).await;
    assert_eq!(balance["cash_balance"].as_f64(), Some(-1.0), "{balance}");

    let other = one.door.create("creditholds", &with(&hold, &json!({ "reference": "call 2" }))).await;
    let released = with(&hold, &json!({ "reference": "call 2", "status": "released" }));
    one.door.put(&format!("/api/creditholds/{other}"), &released).await.is(204);
    assert_eq!(one.door.item(&format!("/api/creditholds/{other}")).await["amount"], json!(0.0));
    let ids = async |query: &str| -> Vec<i64> {
        let query = format!("creditholds/?customer_id={}&{query}", customer.id);
        one.door.list(&query).await.iter().map(id_of).collect()
    };
    assert_eq!(ids("status=captured").await, [id]);
    assert_eq!(ids("reference=call*").await, [id, other]);
    assert_eq!(ids("status=held").await, [0; 0]);
    let journal = one.door.list(&format!("{path}/journal/")).await;
    assert_eq!(journal.len(), 2, "{journal:?}");

    // Nobody holds more than there is.
    world.site.ok(&format!("account limit {} 1.50", customer.id)).await;
    let much = with(&hold, &json!({ "amount": 51, "reference": "call 3" }));
    let refused = one.door.post("/api/creditholds/", &much).await.is(422);
    assert!(refused.message().contains("credit of account"), "{refused:?}");
    one.door.create("creditholds", &with(&much, &json!({ "amount": 50 }))).await;
}

async fn of_fraud(world: &World) {
    let (one, two) = (world.reseller("watchful").await, world.reseller("careless").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let limits = json!([
        { "op": "replace", "path": "/fraud_daily_limit", "value": 500 },
        { "op": "replace", "path": "/fraud_daily_lock", "value": 2 },
        { "op": "replace", "path": "/fraud_daily_notify", "value": "noc@example.org" },
    ]);
    one.door.patch(&format!("/api/billingprofiles/{}", one.profile_id), &limits).await.is(204);
    let path = format!("customerfraudpreferences/{}", customer.id);
    let item = one.door.item(&format!("/api/{path}")).await;
    assert_eq!((&item["fraud_daily_limit"], &item["current_fraud_daily_limit"]), (&json!(null), &json!(500)));
    assert_eq!(item["current_fraud_daily_notify"], json!("noc@example.org"));
    let own = json!({ "fraud_daily_limit": 100, "fraud_daily_notify": "a@example.org,b@example.org" });
    one.door.put(&format!("/api/{path}"), &own).await.is(204);
    let item = one.door.item(&format!("/api/{path}")).await;
    assert_eq!((&item["fraud_daily_limit"], &item["fraud_daily_lock"]), (&json!(100), &json!(null)));
    commit(
        &one.door,
        vec![
            put(&path, json!({ "fraud_daily_lock": 6 }), "…field='fraud_daily_lock'…"),
            put(&path, json!({ "fraud_interval_limit": -1 }), "…field='fraud_interval_limit'…"),
            put(&path, json!({ "fraud_interval_notify": "nobody" }), "…field='fraud_interval_notify'…"),
            patch(&path, json!([{ "op": "replace", "path": "/nothing", "value": 1 }]), "…").status(422),
        ],
    )
    .await;
    two.door.get(&format!("/api/{path}")).await.refuses(404, "Entity 'customerfraudpreference' not found.");

    let spend = async |cents: i64, reference: &str| {
        let hold = json!({ "customer_id": customer.id, "amount": cents, "reference": reference });
        let hold = one.door.create("creditholds", &hold).await;
        let captured = json!([{ "op": "replace", "path": "/status", "value": "captured" }]);
        one.door.patch(&format!("/api/creditholds/{hold}"), &captured).await.is(204);
    };
    let list = format!("customerfraudevents/?contract_id={}", customer.id);
    spend(100, "a").await;
    assert_eq!(one.door.list(&list).await.len(), 0);
    spend(50, "b").await;
    let events = one.door.list(&list).await;
    assert_eq!(events.len(), 1, "{events:?}");
    for (name, value) in [
        ("interval", json!("day")),
        ("type", json!("account_limit")),
        ("interval_cost", json!(150.0)),
        ("interval_limit", json!(100)),
        ("interval_lock", json!(2)),
        ("notify_status", json!("new")),
        ("reseller_id", json!(one.id)),
    ] {
        assert_eq!(events[0][name], value, "{name} of {}", events[0]);
    }
    let locked = one.door.item(&format!("/api/subscribers/{}", subscriber.id)).await;
    assert_eq!(locked["lock"], json!("2"), "{locked}");
    let event = format!("customerfraudevents/{}", id_of(&events[0]));
    commit(&one.door, vec![set(&event, "notify_status", "told", "…field='notify_status'…")]).await;
    let told = json!([{ "op": "replace", "path": "/notify_status", "value": "notified" }]);
    one.door.patch(&format!("/api/{event}"), &told).await.is(204);
    let item = one.door.item(&format!("/api/{event}")).await;
    assert_eq!(item["notify_status"], json!("notified"));
    assert_ne!(item["notified_at"], json!(null));
    for (query, wanted) in
        [("notify_status=new", 0), ("notify_status=notified", 1), ("interval=month", 0), ("interval=day", 1)]
    {
        assert_eq!(one.door.list(&format!("{list}&{query}")).await.len(), wanted, "{query}");
    }
    two.door.get(&format!("/api/{event}")).await.refuses(404, "Entity 'customerfraudevent' not found.");
    one.door.delete(&format!("/api/{path}")).await.is(204);
    assert_eq!(one.door.item(&format!("/api/{path}")).await["fraud_daily_limit"], json!(null));
    assert_eq!(one.door.list(&format!("{path}/journal/")).await.len(), 2);
    assert_eq!(one.door.list("customerzonecosts/").await, Vec::<Value>::new());
}

async fn of_events(world: &World) {
    let (one, two) = (world.reseller("eventful").await, world.reseller("quiet").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let set_id = one.door.create("subscriberprofilesets", &json!({ "name": "s", "description": "s" })).await;
    let mut profiles = Vec::new();
    for name in ["basic", "more"] {
        let body = json!({ "profile_set_id": set_id, "name": name, "description": name, "attributes": [] });
        profiles.push(one.door.create("subscriberprofiles", &body).await);
    }
    for (of_set, profile) in
        [(json!(set_id), json!(profiles[0])), (json!(set_id), json!(profiles[1])), (json!(null), json!(null))]
    {
        let change = json!([
            { "op": "replace", "path": "/profile_set_id", "value": of_set },
            { "op": "replace", "path": "/profile_id", "value": profile },
        ]);
        one.door.patch(&format!("/api/subscribers/{}", subscriber.id), &change).await.is(204);
    }
    let list = format!("events/?subscriber_id={}", subscriber.id);
    let events = one.door.list(&list).await;
    let said: Vec<_> =
        events.iter().map(|e| (e["type"].as_str().unwrap(), &e["old_status"], &e["new_status"])).collect();
    let (basic, more, none) = (json!(profiles[0].to_string()), json!(profiles[1].to_string()), json!(null));
    assert_eq!(
        said,
        [("start_profile", &none, &basic), ("update_profile", &basic, &more), ("end_profile", &more, &none)]
    );
    for (query, wanted) in [
        ("type=update_profile", 1),
        ("type=start_ivr", 0),
        ("timestamp_from=2020-01-01 00:00:00", 3),
        ("timestamp_to=2020-01-01 00:00:00", 0),
        ("timestamp_from=never", 0),
    ] {
        assert_eq!(one.door.list(&format!("{list}&{}", query.replace(' ', "%20"))).await.len(), wanted, "{query}");
    }
    assert_eq!(two.door.list("events/").await, Vec::<Value>::new());
    let path = format!("/api/events/{}", id_of(&events[0]));
    two.door.get(&path).await.refuses(404, "Entity 'event' not found.");
    one.door.get(&path).await.is(200);
}

store::on_both! {
    async fn of_look_ups_rules(database: TestDb) {
        let world = World::new(database).await;
        of_look_ups(&world).await;
        world.server.stop().await;
    }

    async fn of_credit_holds_rules(database: TestDb) {
        let world = World::new(database).await;
        of_credit_holds(&world).await;
        world.server.stop().await;
    }

    async fn of_fraud_rules(database: TestDb) {
        let world = World::new(database).await;
        of_fraud(&world).await;
        world.server.stop().await;
    }

    async fn of_events_rules(database: TestDb) {
        let world = World::new(database).await;
        of_events(&world).await;
        world.server.stop().await;
    }
}
