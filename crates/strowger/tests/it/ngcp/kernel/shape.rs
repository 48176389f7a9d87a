//! The shape of documents: HAL in both ages, media types, records put beside their ids.

use serde_json::{Value, json};

use super::contact;
use crate::ngcp::client::Door;
use crate::ngcp::world::World;

const HAL: &str = "application/hal+json; profile=\"http://purl.org/sipwise/ngcp-api/\"; charset=utf-8";

/// How members of relations are written: a relation of an item, and one and two items of a collection.
async fn kinds(door: &Door) -> [(bool, bool); 3] {
    let item = door.item("/api/contracts/1").await;
    let page = |rows: usize| async move {
        let answer = door.get(&format!("/api/customercontacts/?rows={rows}")).await.is(200);
        let member = |part: &str| answer.json[part]["ngcp:customercontacts"].is_array();
        for single in ["self", "curies", "profile", "next"] {
            assert!(answer.json["_links"][single].is_object(), "{single}: {answer:?}");
        }
        (member("_embedded"), member("_links"))
    };
    for single in ["self", "curies", "profile", "collection"] {
        assert!(item["_links"][single].is_object(), "{single}: {item}");
    }
    let relations: Vec<&Value> =
        ["ngcp:systemcontacts", "ngcp:journal", "ngcp:billingprofiles"].map(|rel| &item["_links"][rel]).to_vec();
    let arrays = relations.iter().filter(|relation| relation.is_array()).count();
    assert!(arrays == 0 || arrays == 3, "{item}");
    [(arrays == 3, arrays == 3), page(1).await, page(2).await]
}

async fn three_contacts(world: &World) {
    for name in ["one", "two", "three"] {
        contact(world, &format!("{name}@example.org")).await;
    }
}

async fn media_types(world: &World) {
    let path = contact(world, "types@example.org").await;
    for (accept, wanted) in [
        ("application/json", "application/json"),
        ("application/hal+json", HAL),
        ("*/*", HAL),
        ("text/html", HAL),
        ("application/json, text/plain, */*", HAL),
    ] {
        for path in [path.as_str(), "/api/customercontacts/"] {
            let answer = world.admin.send("GET", path, &[("Accept", accept)], "").await.is(200);
            assert_eq!(answer.header("content-type"), Some(wanted), "{path} for {accept}");
            assert!(answer.json.is_object(), "{answer:?}");
        }
    }
    let answer = world.admin.get(&path).await;
    assert_eq!(answer.header("content-type"), Some(HAL));
}

async fn expansions(world: &World) {
    let reseller = world.reseller("expands").await;
    let customer = world.customer(&reseller).await;
    let path = format!("/api/customers/{}", customer.id);
    let contact = {
        let mut contact = world.admin.item(&format!("/api/customercontacts/{}", customer.contact_id)).await;
        contact.as_object_mut().unwrap().remove("_links");
        contact
    };
    for door in [&world.admin, &reseller.door] {
        let item = door.item(&format!("{path}?expand=contact_id")).await;
        assert_eq!(item["contact_id_expand"], contact, "{item}");
        assert_eq!(item["contact_id"], json!(customer.contact_id));
        assert_eq!(item.get("billing_profile_id_expand"), None, "{item}");
        let item = door.item(&format!("{path}?expand=contact_id,billing_profile_id")).await;
        assert_eq!(item["billing_profile_id_expand"]["id"], json!(reseller.profile_id), "{item}");
    }
    let item = world.admin.item(&format!("{path}?expand=contact_id.reseller_id")).await;
    assert_eq!(item["contact_id_expand"]["reseller_id_expand"]["name"], json!("expands"), "{item}");
    let item = world.admin.item(&format!("{path}?expand=all")).await;
    assert_eq!(
        (&item["contact_id_expand"], &item["billing_profile_id_expand"]["handle"]),
        (&contact, &json!("expands_profile"))
    );
    for bad in ["nosuch", "status", "contact_id,nosuch", "contact_id.nosuch"] {
        world.admin.get(&format!("{path}?expand={bad}")).await.refuses(409, "Provided expand fields are invalid");
        world.admin.get(&format!("{path}?expand={bad}&soft_expand=1")).await.is(200);
        let list = format!("/api/customers/?expand={bad}&soft_expand=1");
        world.admin.get(&list).await.is(200);
    }
    let list = world.admin.list("customers/?expand=contact_id,billing_profile_id&soft_expand=1").await;
    assert!(list.iter().all(|item| item["contact_id_expand"]["id"] == item["contact_id"]), "{list:?}");
    let subscriber = world.subscriber(&reseller, &customer, &json!({})).await;
    let item =
        world.admin.item(&format!("/api/subscribers/{}?expand=customer_id,domain_id,profile_id", subscriber.id)).await;
    let shown = [&item["customer_id_expand"]["id"], &item["domain_id_expand"]["domain"]];
    assert_eq!(shown, [&json!(customer.id), &json!(reseller.domain)], "{item}");
    assert_eq!(item.get("profile_id_expand"), None, "nothing stands beside null: {item}");
    // Subscribers see nothing of what stands behind an id.
    let item = subscriber.door.item(&format!("/api/subscribers/{}?expand=customer_id,domain_id", subscriber.id)).await;
    assert_eq!(item.get("customer_id_expand"), None, "{item}");
}

store::on_both! {
    async fn relations_are_arrays_unless_clients_are_old(database: TestDb) {
        let world = World::new(database).await;
        three_contacts(&world).await;
        assert_eq!(kinds(&world.admin).await, [(true, true); 3]);
        media_types(&world).await;
        expansions(&world).await;
        let site = world.site;
        world.server.stop().await;
        let mut server = site.serve_with(&[("STROWGER_NGCP_HAL_SHAPE", "legacy")]).await;
        let door = Door::new(&server.url().await, &site.data("tls-certificate.pem"));
        let admin = door.login("administrator", crate::site::SECRET);
        assert_eq!(kinds(&admin).await, [(false, false), (false, false), (true, true)]);
        server.stop().await;
    }
}
