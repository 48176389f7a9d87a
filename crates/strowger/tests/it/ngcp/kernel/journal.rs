//! The journal of an item: every change with who made it, also after the item is gone.

use serde_json::{Value, json};

use super::contact;
use crate::ngcp::world::{PASSWORD, World};

fn operations(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["operation"].as_str().unwrap()).collect()
}

store::on_both! {
    async fn every_change_is_in_the_journal(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("journals").await;
        let path = contact(&world, "first@example.org").await;
        let id = path.rsplit('/').next().unwrap();
        let journal = format!("{path}/journal/");
        world.admin.set(&path, "city", "Wien").await.is(204);
        world.admin.set(&path, "email", "nowhere").await.is(422);
        let item = world.admin.item(&path).await;
        assert_eq!(item["_links"]["ngcp:journal"], json!([{ "href": journal }]));
        world.admin.delete(&path).await.is(204);
        world.admin.get(&path).await.is(404);

        let answer = world.admin.get(&journal).await.is(200);
        assert_eq!(answer.json["total_count"], json!(3), "{answer:?}");
        let entries = answer.json["_embedded"]["ngcp:journal"].as_array().unwrap().clone();
        assert_eq!(answer.json["_links"]["self"]["href"], json!(format!("{journal}?page=1&rows=10")));
        let mut sorted = operations(&entries);
        sorted.sort_unstable();
        assert_eq!(sorted, ["create", "delete", "update"]);
        for entry in &entries {
            assert_eq!(entry.get("content").unwrap_or(&Value::Null), &Value::Null, "{entry}");
            assert_eq!(entry["username"], "administrator", "{entry}");
            assert_eq!(entry["_links"]["collection"]["href"], json!(journal), "{entry}");
            assert_eq!(entry["_links"]["ngcp:customercontacts"], json!([{ "href": path }]), "{entry}");
            let at = entry["timestamp"].as_str().unwrap();
            assert_eq!((at.len(), &at[10..11]), (19, " "), "{entry}");
        }
        for (query, wanted) in [
            ("operation=create", 1),
            ("operation=update", 1),
            ("operation=nosuch", 0),
            ("username=administrator", 3),
            ("username=somebody", 0),
            ("from=2020-01-01%2000:00:00", 3),
            ("to=2020-01-01%2000:00:00", 0),
            ("rows=2&page=2", 1),
        ] {
            assert_eq!(world.admin.get(&format!("{journal}?{query}")).await.is(200).embedded().len(), wanted, "{query}");
        }

        let update = entries.iter().find(|entry| entry["operation"] == "update").unwrap();
        let entry = world.admin.item(&format!("{journal}{}", update["id"])).await;
        let mut content = item.clone();
        content.as_object_mut().unwrap().remove("_links");
        assert_eq!(entry["content"], content, "{entry}");
        let of = entry["resource_id"].as_i64().map(|n| n.to_string());
        assert_eq!((entry["resource_name"].as_str(), of.as_deref()), (Some("customercontacts"), Some(id)), "{entry}");
        let recent = world.admin.item(&format!("{journal}recent")).await;
        assert_eq!(recent["operation"], "delete", "{recent}");

        world.admin.get(&format!("{journal}987654321")).await.refuses(404, "Entity 'journal' not found.");
        world.admin.get(&format!("{journal}abc")).await.refuses(400, "Invalid id in request URI");
        // The journal of what is not theirs says nothing to resellers, nor does it of what they can't see.
        for path in [format!("{journal}{}", update["id"]), format!("{journal}recent")] {
            reseller.door.get(&path).await.refuses(404, "Entity 'journal' not found.");
        }
        let answer = reseller.door.get(&journal).await;
        assert!(answer.status == 404 || answer.json["total_count"] == json!(0), "{answer:?}");
        world.server.stop().await;
    }

    async fn journals_hold_no_secrets(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("secrets").await;
        let customer = world.customer(&reseller).await;
        let secret = "Not.for.the-journal-1!";
        let subscriber = world.subscriber(&reseller, &customer, &json!({ "password": secret })).await;
        let path = format!("/api/subscribers/{}", subscriber.id);
        world.admin.set(&path, "display_name", "Ada").await.is(204);
        for entry in [format!("{path}/journal/recent"), format!("{path}/journal/")] {
            let text = world.admin.get(&entry).await.is(200).text;
            assert!(!text.contains(secret) && !text.contains(PASSWORD), "{text}");
        }
        let entry = world.admin.item(&format!("{path}/journal/recent")).await;
        assert_eq!(entry["content"]["display_name"], "Ada", "{entry}");
        let log = world.server.log();
        assert!(!log.contains(secret) && !log.contains(PASSWORD), "{log}");
        world.server.stop().await;
    }
}
