//! Phonebooks of resellers, customers and subscribers, entry by entry and as CSV.

use serde_json::json;

use super::{commit, post, set, without};
use crate::ngcp::world::World;

async fn of_phonebooks(world: &World) {
    let (one, two) = (world.reseller("bookish").await, world.reseller("other").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let csv = ("Content-Type", "text/csv");
    for (resource, field, owner) in [
        ("resellerphonebookentries", "reseller_id", one.id),
        ("customerphonebookentries", "customer_id", customer.id),
        ("subscriberphonebookentries", "subscriber_id", subscriber.id),
    ] {
        let entry = json!({ field: owner, "name": "Support", "number": "43123" });
        let id = one.door.create(resource, &entry).await;
        let path = format!("{resource}/{id}");
        let collection = format!("{resource}/");
        let mut nobody = entry.clone();
        nobody[field] = json!(999_999);
        let mut odd = entry.clone();
        odd["number"] = json!("no number");
        commit(
            &world.admin,
            vec![
                post(&collection, entry.clone(), "Phonebook entry '43123' already exists."),
                post(&collection, without(&entry, "name"), "…Name field is required…"),
                post(&collection, without(&entry, field), &format!("…field='{field}'…")),
                post(&collection, nobody, &format!("Invalid '{field}…")),
                post(&collection, odd, "…field='number'…"),
                set(&path, "name", "", "…field='name'…"),
            ],
        )
        .await;
        two.door.get(&format!("/api/{path}")).await.is(404);
        assert_eq!(two.door.list(&collection).await.len(), 0, "{resource}");
        one.door.set(&format!("/api/{path}"), "name", "Help").await.is(204);
        assert_eq!(one.door.list(&format!("{collection}?name=He*")).await.len(), 1);

        // Whose book it is is looked at first, also of a file without entries.
        for (door, of) in [(&one.door, 999_999), (&two.door, owner)] {
            let foreign = format!("/api/{collection}?{field}={of}&purge_existing=true");
            let refused = format!("Invalid '{field}' ({of}), does not exist.");
            door.send("POST", &foreign, &[csv], String::new()).await.refuses(422, &refused);
        }

        // A file adds and renames; with purge_existing it is the book. What is wrong changes nothing.
        let take_in = format!("/api/{collection}?{field}={owner}");
        one.door.send("POST", &take_in, &[csv], "name,number\nDesk,43123\nMum,43125\n".to_owned()).await.is(201);
        let names = async || {
            let listed = one.door.list(&format!("{collection}?{field}={owner}&order_by=number")).await;
            listed.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names().await, ["Desk", "Mum"], "{resource}");
        let purge = format!("{take_in}&purge_existing=true");
        let answer = one.door.send("POST", &purge, &[csv], "Dad,43126\nNo,no number\n".to_owned()).await;
        answer.refuses_with(422, "line 2: ");
        assert_eq!(names().await, ["Desk", "Mum"], "{resource}");
        one.door.send("POST", &purge, &[csv], "Dad,43126,\n".to_owned()).await.is(201);
        assert_eq!(names().await, ["Dad"], "{resource}");
        let whole = one.door.send("GET", &take_in, &[("Accept", "text/csv")], String::new()).await.is(200);
        assert!(whole.text.contains("Dad,43126"), "{}", whole.text);
        let id = one.door.list(&collection).await[0]["id"].as_i64().unwrap();
        one.door.delete(&format!("/api/{resource}/{id}")).await.is(204);
        assert_eq!(one.door.list(&collection).await.len(), 0);
    }
    // A file of more entries than are removed at a time, twice: nothing of the first is left.
    let many = |name: &str| (0..1_100).map(|n| format!("{name},4399{n}\n")).collect::<String>();
    let whole = format!("/api/customerphonebookentries/?customer_id={}", customer.id);
    one.door.send("POST", &whole, &[csv], many("first")).await.is(201);
    one.door.send("POST", &whole, &[csv], many("second")).await.is(201);
    assert_eq!(one.door.get(&whole).await.is(200).json["total_count"], 1_100);
    assert_eq!(one.door.get(&format!("{whole}&name=second")).await.is(200).json["total_count"], 1_100);
    let purge = format!("{whole}&purge_existing=true");
    one.door.send("POST", &purge, &[csv], "a,1\nb,2\nc,1\n".to_owned()).await.is(201);
    let left = one.door.list(&format!("{}&order_by=number", &whole[5..])).await;
    let names: Vec<_> = left.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["c", "b"]);
    world.admin.send("POST", "/api/resellerphonebookentries/", &[csv], "a,1\n".to_owned()).await.is(422);

    // A book has an end.
    let full = (0..10_000).map(|n| format!("n,43{n}\n")).collect::<String>();
    one.door.send("POST", &purge, &[csv], full).await.is(201);
    let too_many = "a phonebook has at most 10000 entries";
    one.door.send("POST", &whole, &[csv], "one more,44\n".to_owned()).await.refuses(422, too_many);
    let one_more = json!({ "customer_id": customer.id, "name": "one more", "number": "44" });
    one.door.post("/api/customerphonebookentries/", &one_more).await.refuses(422, too_many);
    one.door.send("POST", &whole, &[csv], "renamed,431\n".to_owned()).await.is(201);
    one.door.send("POST", &purge, &[csv], String::new()).await.is(201);
    assert_eq!(one.door.get(&whole).await.is(200).json["total_count"], 0);
}

store::on_both! {
    async fn phonebooks_hold_each_number_once(database: TestDb) {
        let world = World::new(database).await;
        of_phonebooks(&world).await;
        world.server.stop().await;
    }
}
