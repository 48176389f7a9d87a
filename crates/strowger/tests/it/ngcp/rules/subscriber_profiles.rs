//! Subscriber profiles, and the preferences of whoever has one.

use serde_json::{Value, json};

use super::{commit, delete, post, set, with, without};
use crate::ngcp::client::{Door, JSON, REPRESENTATION};
use crate::ngcp::world::{Subscriber, World};

async fn of_profiles(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let body = json!({ "name": "phones", "description": "Telephones" });
    let set_id = one.door.create("subscriberprofilesets", &body).await;
    let theirs = two.door.create("subscriberprofilesets", &body).await;
    let guest = json!({
        "profile_set_id": set_id, "name": "guest", "description": "Guests", "attributes": ["dnd", "language"],
    });
    let answer = one.door.send("POST", "/api/subscriberprofiles/", &[JSON, REPRESENTATION], guest.to_string()).await;
    let made = answer.is(201).json;
    let guest_id = made["id"].as_i64().unwrap();
    assert_eq!((&made["set_default"], &made["attributes"]), (&json!(true), &json!(["dnd", "language"])), "{made}");
    let staff = with(&guest, &json!({ "name": "staff", "attributes": ["dnd", "clir", "block_in_list"] }));
    let staff_id = one.door.create("subscriberprofiles", &staff).await;
    let (of_set, of_guest) = (format!("subscriberprofilesets/{set_id}"), format!("subscriberprofiles/{guest_id}"));
    let plan = world.plan(&one, &customer);
    commit(
        &world.admin,
        vec![
            post("subscriberprofilesets/", body.clone(), "Validation failed. field='reseller_id'…"),
            post("subscriberprofilesets/", with(&body, &json!({ "reseller_id": 999_999 })), "Invalid 'reseller_id'"),
            post(
                "subscriberprofilesets/",
                with(&body, &json!({ "reseller_id": one.id })),
                "Subscriber profile set 'phones' already exists for this reseller",
            ),
            set(&of_set, "reseller_id", two.id, "Changing the reseller ID is not allowed."),
            post("subscriberprofiles/", without(&guest, "profile_set_id"), "…field='profile_set_id'…"),
            post(
                "subscriberprofiles/",
                with(&guest, &json!({ "profile_set_id": 999_999 })),
                "Invalid 'profile_set_id'…",
            ),
            post("subscriberprofiles/", guest.clone(), "Subscriber profile 'guest' already exists…"),
            set(&of_guest, "attributes", json!(["dnd", "no_such"]), "Invalid attribute 'no_such'. Unknown attribute."),
            set(&of_guest, "profile_set_id", theirs, "Changing the profile set ID is not allowed."),
            post("subscribers/", with(&plan, &json!({ "profile_id": guest_id })), "Invalid profile_id parameter"),
            post("subscribers/", with(&plan, &json!({ "profile_set_id": theirs })), "Invalid profile_set_id parameter"),
            post(
                "subscribers/",
                with(&plan, &json!({ "profile_set_id": set_id, "profile_id": 999_999 })),
                "Invalid profile_id parameter",
            ),
        ],
    )
    .await;
    two.door.get(&format!("/api/{of_set}")).await.refuses(404, "Entity 'subscriberprofileset' not found.");
    two.door.get(&format!("/api/{of_guest}")).await.refuses(404, "Entity 'subscriberprofile' not found.");
    let of = async |query: &str| one.door.get(&format!("/api/subscriberprofiles/?{query}")).await.is(200).ids();
    assert_eq!(of(&format!("profile_set_id={set_id}")).await, [guest_id, staff_id]);
    assert_eq!(of("name=st*").await, [staff_id]);
    assert_eq!(one.door.get("/api/subscriberprofilesets/?name=phones").await.is(200).ids(), [set_id]);

    // Another default, and a subscriber that is given the set alone.
    one.door.set(&format!("/api/subscriberprofiles/{staff_id}"), "set_default", true).await.is(204);
    assert_eq!(one.door.item(&format!("/api/{of_guest}")).await["set_default"], json!(false));
    let alice = world.subscriber(&one, &customer, &json!({ "profile_set_id": set_id, "administrative": false })).await;
    let path = format!("/api/subscribers/{}", alice.id);
    let has = async || {
        let item = one.door.item(&path).await;
        (item["profile_set_id"].clone(), item["profile_id"].clone())
    };
    assert_eq!(has().await, (json!(set_id), json!(staff_id)));
    one.door.set(&path, "profile_id", guest_id).await.is(204);
    assert_eq!(has().await, (json!(set_id), json!(guest_id)));
    let expanded = one.door.item(&format!("{path}?expand=profile_id,profile_set_id")).await;
    assert_eq!(expanded["profile_id_expand"]["name"], json!("guest"));
    assert_eq!(expanded["profile_set_id_expand"]["name"], json!("phones"));
    assert_eq!(one.door.get(&format!("/api/subscribers/?profile_id={guest_id}")).await.is(200).ids(), [alice.id]);
    commit(
        &one.door,
        vec![
            delete(&of_guest, "Subscriber profile is still in use.").status(423),
            delete(&of_set, "Subscriber profile set is still in use.").status(423),
        ],
    )
    .await;
    bounded(world, &one.door, &alice, guest_id).await;

    // Who is free again sees all that is meant for it, and what nobody has can go.
    one.door.set(&path, "profile_set_id", Value::Null).await.is(204);
    assert_eq!(has().await, (Value::Null, Value::Null));
    let defs = alice.door.item("/api/subscriberpreferencedefs/").await;
    assert!(defs["clir"].is_object());
    one.door.delete(&format!("/api/{of_set}")).await.is(204);
    one.door.get(&format!("/api/{of_guest}")).await.refuses(404, "Entity 'subscriberprofile' not found.");
    let journal = one.door.item(&format!("/api/{of_guest}/journal/recent")).await;
    assert_eq!((&journal["operation"], &journal["content"]["name"]), (&json!("delete"), &json!("guest")));
}

/// A subscriber with a profile sees and sets what the profile names.
async fn bounded(world: &World, reseller: &Door, alice: &Subscriber, profile: i64) {
    let own = format!("/api/subscriberpreferences/{}", alice.id);
    let seen = async |door: &Door, path: &str| {
        let mut item = door.item(path).await;
        for name in ["_links", "id", "subscriber_id"] {
            item.as_object_mut().unwrap().remove(name);
        }
        item
    };
    reseller.put(&own, &json!({ "dnd": true, "clir": true, "language": "de", "gpp0": "x" })).await.is(204);
    assert_eq!(seen(&alice.door, &own).await, json!({ "dnd": true, "language": "de" }));
    let said = "The entity could not be processed: A pointer that references a non-existent value (pointer: /clir)";
    alice.door.put(&own, &json!({ "dnd": true, "clir": false })).await.refuses(422, said);
    alice.door.set(&own, "clir", false).await.refuses(422, said);
    let add = json!([{ "op": "add", "path": "/clir", "value": false }]);
    alice.door.patch(&own, &add).await.refuses(422, said);
    alice.door.put(&own, &json!({ "dnd": false })).await.is(204);
    assert_eq!(seen(reseller, &own).await, json!({ "dnd": false, "clir": true, "gpp0": "x" }), "the rest stays");
    let defs = alice.door.item("/api/subscriberpreferencedefs/").await;
    let mut names: Vec<&String> = defs.as_object().unwrap().keys().filter(|name| *name != "_links").collect();
    names.sort();
    assert_eq!(names, ["dnd", "language"]);

    // What makes a difference.
    let active = format!("/api/activesubscriberpreferences/{}", alice.id);
    assert_eq!(seen(reseller, &active).await, json!({ "clir": true, "gpp0": "x" }));
    assert_eq!(alice.door.list("activesubscriberpreferences/").await.len(), 1);
    reseller.put(&active, &json!({})).await.refuses(404, "Path not found");

    // Its own reading of the profile, and what is set for that.
    let read = alice.door.item(&format!("/api/subscriberprofiles/{profile}")).await;
    assert_eq!(read["attributes"], json!(["dnd", "language"]));
    assert_eq!(alice.door.delete(&format!("/api/subscriberprofiles/{profile}")).await.status, 403);
    let of_profile = format!("/api/profilepreferences/{profile}");
    let answer =
        reseller.send("PUT", &of_profile, &[JSON, REPRESENTATION], r#"{"concurrent_max": 2, "cli": "1"}"#).await;
    let item = answer.is(200).json;
    assert_eq!(
        (&item["concurrent_max"], &item["cli"], &item["profile_id"]),
        (&json!(2), &Value::Null, &json!(profile))
    );
    assert!(reseller.get("/api/profilepreferences/").await.is(200).ids().contains(&profile));
    let journal = world.admin.item(&format!("{of_profile}/journal/recent")).await;
    assert_eq!(journal["content"]["concurrent_max"], json!(2));
}

store::on_both! {
    async fn of_profiles_rules(database: TestDb) {
        let world = World::new(database).await;
        of_profiles(&world).await;
        world.server.stop().await;
    }
}
