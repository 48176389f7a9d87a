//! Collections: pages and the links between them, counts, order, filters.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::ngcp::client::Answer;
use crate::ngcp::world::World;

const COLLECTION: &str = "/api/customercontacts/";

/// Twelve contacts beside the one that is there from the start.
async fn contacts(world: &World) -> Vec<i64> {
    let mut ids = vec![1];
    for n in 0..12 {
        let city = if n % 3 == 0 { Value::Null } else { json!(format!("City {}", n % 4)) };
        let body = json!({
            "email": format!("{}{n:02}@lists.example.org", if n % 2 == 0 { "even" } else { "odd" }), "reseller_id": 1,
            "city": city, "firstname": if n == 5 { "a*b_c%d" } else { "plain" },
        });
        ids.push(world.admin.create("customercontacts", &body).await);
    }
    ids
}

fn link<'a>(answer: &'a Answer, rel: &str) -> Option<&'a str> {
    answer.json["_links"][rel]["href"].as_str()
}

async fn page(world: &World, query: &str) -> Answer {
    world.admin.get(&format!("{COLLECTION}?{query}")).await.is(200)
}

async fn pages(world: &World, ids: &[i64]) {
    for (query, wanted, own, next, prev) in [
        ("", &ids[..10], "page=1&rows=10", Some("page=2&rows=10"), None),
        ("page=2", &ids[10..], "page=2&rows=10", None, Some("page=1&rows=10")),
        ("page=1&rows=5", &ids[..5], "page=1&rows=5", Some("page=2&rows=5"), None),
        ("rows=5&page=2", &ids[5..10], "page=2&rows=5", Some("page=3&rows=5"), Some("page=1&rows=5")),
        ("page=3&rows=5", &ids[10..], "page=3&rows=5", None, Some("page=2&rows=5")),
        ("rows=13", ids, "page=1&rows=13", None, None),
        ("rows=10000", ids, "page=1&rows=10000", None, None),
        ("page=3", &[], "page=3&rows=10", None, Some("page=2&rows=10")),
        ("nosuch=1&rows=20&x=y", ids, "page=1&rows=20&nosuch=1&x=y", None, None),
        (
            "page=2&order_by=id&rows=12",
            &ids[12..],
            "page=2&rows=12&order_by=id",
            None,
            Some("page=1&rows=12&order_by=id"),
        ),
    ] {
        let answer = page(world, query).await;
        assert_eq!(answer.ids(), wanted, "{query}");
        assert_eq!(answer.json["total_count"], json!(13), "{query}");
        let hrefs = [("self", Some(own)), ("next", next), ("prev", prev)];
        for (rel, query) in hrefs {
            let wanted = query.map(|query| format!("{COLLECTION}?{query}"));
            assert_eq!(link(&answer, rel), wanted.as_deref(), "{rel} of {query:?}");
        }
        let bare = wanted.is_empty();
        assert_eq!(answer.json.get("_embedded").is_none(), bare, "{query}");
        assert_eq!(answer.json["_links"].get("ngcp:customercontacts").is_none(), bare, "{query}");
    }
    for query in ["page=0", "rows=0", "rows=0&page=0", "page=-1", "rows=-5", "rows=many"] {
        let message = "Query parameters 'page' and 'rows', when specified, must be greater than 0.";
        world.admin.get(&format!("{COLLECTION}?{query}")).await.refuses(400, message);
    }
    // Deep and huge pages end, and say the truth.
    let answer = page(world, "page=9223372036854775807&rows=9223372036854775807").await;
    assert_eq!((answer.ids(), &answer.json["total_count"]), (vec![], &json!(13)));

    // Who does not want a count still learns whether there is more.
    for (query, count, more) in
        [("rows=5&no_count=1", 5, true), ("rows=13&no_count=true", 13, false), ("rows=5&page=3&no_count=1", 3, false)]
    {
        let answer = page(world, query).await;
        assert_eq!((answer.ids().len(), &answer.json["total_count"]), (count, &Value::Null), "{query}");
        assert_eq!(link(&answer, "next").is_some(), more, "{query}");
    }
    let answer = page(world, "no_count=0").await;
    assert_eq!(answer.json["total_count"], json!(13));
}

async fn order(world: &World, ids: &[i64]) {
    let reversed: Vec<i64> = ids.iter().rev().copied().collect();
    assert_eq!(page(world, "rows=50&order_by_direction=desc&order_by=id").await.ids(), reversed);
    assert_eq!(page(world, "rows=50&order_by=nosuch&order_by_direction=up").await.ids(), ids);
    let emails = |answer: &Answer| -> Vec<String> {
        answer.embedded().iter().map(|item| item["email"].as_str().unwrap().to_owned()).collect()
    };
    let by_email = emails(&page(world, "rows=50&order_by=email").await);
    let mut sorted = by_email.clone();
    sorted.sort();
    assert_eq!(by_email, sorted);
    let falling = emails(&page(world, "rows=50&order_by=email&order_by_direction=desc").await);
    assert_eq!(falling, sorted.iter().rev().cloned().collect::<Vec<_>>());
    // Pages of an order are parts of the whole, whichever field it is.
    let item = world.admin.item(&format!("{COLLECTION}1")).await;
    for field in item.as_object().unwrap().keys().filter(|name| *name != "_links") {
        let whole = page(world, &format!("rows=50&order_by={field}")).await.ids();
        assert_eq!(whole.iter().collect::<BTreeSet<_>>(), ids.iter().collect::<BTreeSet<_>>(), "{field}");
        let mut parts = Vec::new();
        for number in 1..=3 {
            parts.extend(page(world, &format!("rows=5&page={number}&order_by={field}")).await.ids());
        }
        assert_eq!(parts, whole, "{field}");
    }
}

async fn filters(world: &World) {
    for (query, wanted) in [
        ("email=even00@lists.example.org", 1),
        ("email=even", 0),
        ("email=even*", 6),
        ("email=*@lists.example.org", 12),
        ("email=*dd0*", 5),
        ("email=*", 13),
        ("email=%25", 0),
        ("email=even__@lists.example.org", 0),
        ("email=even*&reseller_id=1", 6),
        ("email=even*&reseller_id=2", 0),
        ("reseller_id=1", 13),
        ("reseller_id=one", 0),
        ("reseller_id=99999999999999999999", 0),
        ("reseller_id=$null", 0),
        ("reseller_id=$not_null", 13),
        ("email=$null", 0),
        ("email=$not_null", 13),
        ("firstname=plain", 13),
        ("email='%20OR%201=1", 0),
        ("email=%00", 0),
    ] {
        let answer = page(world, &format!("{query}&rows=50")).await;
        assert_eq!(answer.ids().len(), wanted, "{query}");
        assert_eq!(answer.json["total_count"], json!(wanted), "{query}");
    }
    let answer = page(world, "email=even*&rows=4&page=2").await;
    assert_eq!(answer.ids().len(), 2);
    assert_eq!(link(&answer, "prev"), Some("/api/customercontacts/?page=1&rows=4&email=even*"));
}

/// Filters of other kinds: lists, truth values, times, null.
async fn other_filters(world: &World) {
    let reseller = world.reseller("filters").await;
    let (one, two) = (world.customer(&reseller).await, world.customer(&reseller).await);
    let door = &reseller.door;
    door.set(&format!("/api/customers/{}", two.id), "external_id", "crm 2").await.is(204);
    let chief =
        world.subscriber(&reseller, &one, &json!({ "administrative": true, "display_name": "The Chief" })).await;
    let clerk = world.subscriber(&reseller, &two, &json!({ "external_id": "crm 3" })).await;
    door.set(&format!("/api/customers/{}", two.id), "status", "locked").await.is(204);
    let (ones, twos) = (vec![one.id], vec![two.id]);
    let (both, none) = (vec![one.id, two.id], Vec::new());
    for (query, wanted) in [
        ("status=active", &ones),
        ("status=active,locked,pending", &both),
        ("status=locked,%20terminated", &twos),
        ("status=terminated", &none),
        ("not_status=locked", &ones),
        ("not_status=terminated,pending", &both),
        ("external_id=$null", &ones),
        ("external_id=$not_null", &twos),
        ("external_id=crm%202", &twos),
        ("type=sipaccount", &both),
        ("type=pbxaccount", &none),
        ("create_timestamp_gt=2020-01-01%2000:00:00", &both),
        ("create_timestamp_gt=2020-01-01T00:00:00&create_timestamp_lt=2021-01-01", &none),
        ("create_timestamp_lt=2020-01-01%2000:00:00", &none),
        ("create_timestamp_gt=yesterday", &none),
    ] {
        assert_eq!(&door.get(&format!("/api/customers/?{query}")).await.is(200).ids(), wanted, "{query}");
    }
    let contact = format!("/api/customers/?contact_id={}", one.contact_id);
    assert_eq!(door.get(&contact).await.ids(), ones);

    let clerks = door.item(&format!("/api/subscribers/{}", clerk.id)).await;
    let (username, number) = (clerks["username"].as_str().unwrap(), &clerks["primary_number"]);
    let digits = format!("{}{}{}", number["cc"], number["ac"].as_str().unwrap(), number["sn"].as_str().unwrap());
    for (query, wanted) in [
        ("is_admin=1".to_owned(), vec![chief.id]),
        ("is_admin=true".to_owned(), vec![chief.id]),
        ("is_admin=0".to_owned(), vec![clerk.id]),
        ("is_admin=false".to_owned(), vec![clerk.id]),
        (format!("username={username}"), vec![clerk.id]),
        ("username=user*".to_owned(), vec![chief.id, clerk.id]),
        (format!("webusername={}", clerks["webusername"].as_str().unwrap()), vec![clerk.id]),
        (format!("domain={}", reseller.domain), vec![chief.id, clerk.id]),
        (format!("customer_id={}", one.id), vec![chief.id]),
        ("customer_external_id=crm%202".to_owned(), vec![clerk.id]),
        ("subscriber_external_id=crm%203".to_owned(), vec![clerk.id]),
        ("display_name=The*".to_owned(), vec![chief.id]),
        (format!("primary_number={digits}"), vec![clerk.id]),
        (format!("primary_number={}*", &digits[..digits.len() - 2]), vec![chief.id, clerk.id]),
        (format!("reseller_id={}", reseller.id), vec![chief.id, clerk.id]),
        (format!("contact_id={}", two.contact_id), vec![clerk.id]),
        (format!("customer_id={}&is_admin=1", two.id), vec![]),
    ] {
        assert_eq!(door.get(&format!("/api/subscribers/?{query}")).await.is(200).ids(), wanted, "{query}");
    }
}

store::on_both! {
    async fn collections(database: TestDb) {
        let world = World::new(database).await;
        let ids = contacts(&world).await;
        pages(&world, &ids).await;
        order(&world, &ids).await;
        filters(&world).await;
        other_filters(&world).await;
        world.server.stop().await;
    }
}
