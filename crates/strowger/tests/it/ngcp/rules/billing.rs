//! Billing profiles, zones and fees, also from a table in CSV.

use serde_json::{Value, json};

use super::{commit, delete, post, set, with, without};
use crate::ngcp::world::World;

async fn of_billing(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let own = format!("billingprofiles/{}", one.profile_id);
    let spare = one.door.create("billingprofiles", &json!({ "name": "spare", "handle": "spare" })).await;
    let spare = format!("billingprofiles/{spare}");
    let zone = json!({ "billing_profile_id": one.profile_id, "zone": "Austria", "detail": "Wien" });
    let zone_id = one.door.create("billingzones", &zone).await;
    let fee = json!({
        "billing_profile_id": one.profile_id, "billing_zone_id": zone_id, "destination": "^431", "direction": "out",
        "onpeak_init_interval": 60, "onpeak_follow_interval": 60, "offpeak_init_interval": 60,
        "offpeak_follow_interval": 60,
    });
    let fee_id = one.door.create("billingfees", &fee).await;
    let id = one.id;
    let overlap = json!([
        { "weekday": 1, "start": "08:00", "stop": "12:00" }, { "weekday": 1, "start": "11:00", "stop": "13:00" },
    ]);
    let overlapping = json!({ "name": "x", "handle": "x", "reseller_id": id, "peaktime_weekdays": overlap });
    commit(
        &world.admin,
        vec![
            post(
                "billingprofiles/",
                json!({ "name": "x", "handle": "x", "reseller_id": 999_999 }),
                "Invalid reseller…",
            ),
            post("billingprofiles/", json!({ "name": "x", "handle": "x" }), "Validation failed. field='reseller_id'…"),
            post(
                "billingprofiles/",
                json!({ "name": "x", "handle": "one_profile", "reseller_id": id }),
                &format!("Reseller-Billing Profile handle '{id}-one_profile…"),
            ),
            post(
                "billingprofiles/",
                json!({ "name": "one profile", "handle": "x", "reseller_id": id }),
                &format!("Reseller-Billing Profile name combination '{id}-one profile…"),
            ),
            post("billingprofiles/", overlapping, "…overlap…"),
            set(&own, "reseller_id", two.id, "Changing the reseller ID is not allowed."),
            set(&own, "name", "spare", "Reseller-Billing Profile name combination…"),
            delete(&own, "…"),
            post("billingzones/", with(&zone, &json!({ "billing_profile_id": 999_999 })), "…billing_profile_id…"),
            post("billingzones/", zone.clone(), "…already exists…"),
            post("billingfees/", without(&fee, "billing_profile_id"), "…billing_profile_id…"),
            post(
                "billingfees/",
                with(&fee, &json!({ "billing_profile_id": 999_999 })),
                "Invalid 'billing_profile_id'…",
            ),
            post("billingfees/", with(&fee, &json!({ "billing_zone_id": 1 })), "Invalid 'billing_zone_id'…"),
            post(
                "billingfees/",
                without(&fee, "offpeak_init_interval"),
                "Validation failed. field='offpeak_init_interval', input='', errors='Offpeak init interval…",
            ),
            post("billingfees/", with(&fee, &json!({ "onpeak_init_interval": 0 })), "…field='onpeak_init_interval'…"),
            post("billingfees/", fee.clone(), "…already exists…"),
        ],
    )
    .await;
    one.door.post("/api/billingfees/", &with(&fee, &json!({ "billing_profile_id": two.profile_id }))).await.is(422);

    // A zone comes into being with a fee that names it.
    let named = with(
        &without(&fee, "billing_zone_id"),
        &json!({
            "billing_zone_zone": "Austria", "billing_zone_detail": "Graz", "destination": "^43316",
        }),
    );
    let graz = one.door.create("billingfees", &named).await;
    let again = with(&named, &json!({ "destination": "^433169" }));
    let again = one.door.create("billingfees", &again).await;
    let zone_of = async |fee: i64| one.door.item(&format!("/api/billingfees/{fee}")).await["billing_zone_id"].clone();
    assert_eq!(zone_of(graz).await, zone_of(again).await);
    assert_eq!(zone_of(fee_id).await, json!(zone_id));
    assert_eq!(one.door.list(&format!("billingzones/?billing_profile_id={}", one.profile_id)).await.len(), 2);

    // A zone takes its fees along.
    one.door.delete(&format!("/api/billingzones/{zone_id}")).await.is(204);
    one.door.get(&format!("/api/billingfees/{fee_id}")).await.refuses(404, "Entity 'billingfee' not found.");
    one.door.get(&format!("/api/billingfees/{graz}")).await.is(200);

    // A profile that is in use stays; another is terminated and seen no more.
    one.door.delete(&format!("/api/{spare}")).await.is(204);
    one.door.get(&format!("/api/{spare}")).await.refuses(404, "Entity 'billingprofile' not found.");
    one.door.create("billingprofiles", &json!({ "name": "spare", "handle": "spare" })).await;
    one.door.get(&format!("/api/customers/{}", customer.id)).await.is(200);
}

async fn of_fees_in_csv(world: &World) {
    let reseller = world.reseller("tables").await;
    let row = |destination: &str, rate: &str| {
        format!(".,{destination},out,Austria,All,{rate},60,{rate},60,{rate},60,{rate},60,0,regex_longest_pattern\n")
    };
    let path = format!("/api/billingfees/?billing_profile_id={}", reseller.profile_id);
    let csv = ("Content-Type", "text/csv");
    let table = row("^43", "1") + &row("^431", "2");
    let answer = reseller.door.send("POST", &path, &[csv], table.clone()).await.is(201);
    assert_eq!(answer.text, "");
    let listed = reseller.door.list(&path[5..]).await;
    let shown: Vec<(&Value, Option<f64>)> =
        listed.iter().map(|fee| (&fee["destination"], fee["onpeak_init_rate"].as_f64())).collect();
    assert_eq!(shown, [(&json!("^43"), Some(1.0)), (&json!("^431"), Some(2.0))], "{listed:?}");
    // Purged and written anew; a broken table changes nothing.
    let purge = format!("{path}&purge_existing=true");
    reseller.door.send("POST", &purge, &[csv], row("^49", "3")).await.is(201);
    assert_eq!(reseller.door.list(&path[5..]).await.len(), 1);
    let broken = row("^50", "4") + "this is no row\n";
    let answer = reseller.door.send("POST", &purge, &[csv], broken).await;
    assert!([400, 422].contains(&answer.status), "{answer:?}");
    let left = reseller.door.list(&path[5..]).await;
    assert_eq!((left.len(), &left[0]["destination"]), (1, &json!("^49")), "{left:?}");
    let missing = "/api/billingfees/?billing_profile_id=999999";
    assert_eq!(reseller.door.send("POST", missing, &[csv], table).await.status, 422);
}

store::on_both! {
    async fn of_billing_rules(database: TestDb) {
        let world = World::new(database).await;
        of_billing(&world).await;
        world.server.stop().await;
    }

    async fn of_fees_in_csv_rules(database: TestDb) {
        let world = World::new(database).await;
        of_fees_in_csv(&world).await;
        world.server.stop().await;
    }
}
