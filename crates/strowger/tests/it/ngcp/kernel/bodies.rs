//! Bodies: in which order they are checked and in which words refused, what is done with what is sent, and what `Prefer`
//! changes in the answer.

use serde_json::{Value, json};

use super::contact;
use crate::ngcp::client::{JSON, PATCH};
use crate::ngcp::form::FORM;
use crate::ngcp::world::World;

const LINK: (&str, &str) = ("Link", "</api/resellers/1>; rel=\"ngcp:resellers\"");
const LINK_REFUSED: &str =
    "The request must not contain 'Link' headers. Instead assert relationships in the entity body.";
const MISSING: &str = "This request is missing a message body.";
const MALFORMED: &str = "The entity is not a well-formed 'application/json' document. ";
const NO_TYPE: &str = "Unsupported media type 'undefined', accepting application/json only.";
const NO_CONTACT: &str = "Entity 'customercontact' not found.";
const COLLECTION: &str = "/api/customercontacts/";

/// Headers and a body, and the status and the message that they bring.
type Step = (&'static [(&'static str, &'static str)], &'static str, u16, &'static str);

/// What is wrong with a request, each with all that is checked later wrong as well.
const STEPS: &[Step] = &[
    (&[LINK], "", 400, LINK_REFUSED),
    (&[], "", 415, NO_TYPE),
    (
        &[("Content-Type", "text/plain")],
        "",
        415,
        "Unsupported media type 'text/plain', accepting application/json only.",
    ),
    (&[JSON], "", 400, MISSING),
    (&[JSON], " \n", 400, MISSING),
    (&[JSON], "{broken", 400, MALFORMED),
    (&[JSON], "{\"email\":\"a@example.org\",\"email\":\"b@example.org\"}", 400, MALFORMED),
    (&[JSON], "[]", 400, MALFORMED),
    (&[JSON], "{\"email\":\"\\ud800\"}", 400, MALFORMED),
    (
        &[JSON],
        "{\"reseller_id\":1}",
        422,
        "Validation failed. field='email', input='', errors='Email field is required'",
    ),
    (&[JSON], "{\"email\":\"a@example.org\",\"reseller_id\":987654321}", 422, "Invalid 'reseller_id'"),
];

async fn order(world: &World) {
    let path = contact(world, "order@example.org").await;
    for (headers, body, status, message) in STEPS {
        world.door.send("POST", COLLECTION, headers, *body).await.is(401);
        for (method, path) in [("POST", COLLECTION), ("PUT", path.as_str())] {
            let answer = world.admin.send(method, path, headers, *body).await;
            answer.refuses_with(*status, message);
            if *message != MALFORMED {
                answer.refuses(*status, message);
            }
        }
        // PUT looks for the item before it looks at anything else.
        world.admin.send("PUT", "/api/customercontacts/987654321", headers, *body).await.refuses(404, NO_CONTACT);
    }
    // PATCH looks at what is sent before it looks for the item.
    let nothing = "Unsupported media type 'undefined', accepting application/json-patch+json only.";
    let other = "Unsupported media type 'application/json', accepting application/json-patch+json only.";
    for path in [path.as_str(), "/api/customercontacts/987654321"] {
        world.admin.send("PATCH", path, &[LINK], "").await.refuses(400, LINK_REFUSED);
        world.admin.send("PATCH", path, &[], "").await.refuses(415, nothing);
        world.admin.send("PATCH", path, &[JSON], "[]").await.refuses(415, other);
        world.admin.send("PATCH", path, &[PATCH], "").await.refuses(400, MISSING);
        world.admin.send("PATCH", path, &[PATCH], "[broken").await.refuses_with(400, "is not a well-formed");
        world.admin.send("PATCH", path, &[PATCH], "{}").await.refuses(400, "Body for PATCH must be an array.");
    }
    world.admin.set("/api/customercontacts/987654321", "firstname", "x").await.refuses(404, NO_CONTACT);
    // Parameters of the type do no harm, nor does another case.
    for media_type in ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"] {
        let body = json!({ "email": "charset@example.org", "reseller_id": 1 }).to_string();
        world.admin.send("POST", COLLECTION, &[("Content-Type", media_type)], body).await.is(201);
    }
}

async fn excesses(world: &World) {
    let path = contact(world, "excess@example.org").await;
    let deep = format!("{{\"email\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"email\":\"{}\"}}", "a".repeat(8 << 20));
    // Over HTTP/2 an answer may come before all of the question.
    let door = world.admin.http2(&world.site.data("tls-certificate.pem"));
    for (method, path, media_type) in [("POST", COLLECTION, JSON), ("PUT", &path, JSON), ("PATCH", &path, PATCH)] {
        world.admin.send(method, path, &[media_type], deep.clone()).await.refuses_with(400, "is not a well-formed");
        let answer = door.send(method, path, &[media_type], huge.clone()).await;
        assert_eq!(answer.status, 413, "{method} {path}: {}", &answer.text[..answer.text.len().min(200)]);
        assert_eq!(answer.json["code"], json!(413));
    }
    // More than others may send is for those who may send a form or a table there, and for nobody who only reads.
    let large = vec![b'x'; 3 << 19];
    let table = ("Content-Type", "text/csv");
    for (method, path, media_type, status) in [
        ("GET", "/api/soundfiles/", FORM, 413),
        ("GET", "/api/soundfiles/1", FORM, 413),
        ("PATCH", "/api/soundfiles/1", FORM, 413),
        ("POST", COLLECTION, FORM, 413),
        ("GET", "/api/billingfees/", table, 413),
        ("POST", COLLECTION, table, 413),
        ("POST", "/api/soundfiles/", FORM, 400),
        ("POST", "/api/billingfees/", table, 422),
    ] {
        let answer = door.send(method, path, &[media_type], large.clone()).await;
        assert_eq!(answer.status, status, "{method} {path} {media_type:?}: {answer:?}");
    }
    let long = format!("{COLLECTION}?email={}", "a".repeat(20_000));
    let answer = world.admin.get(&long).await;
    assert!(matches!(answer.status, 200 | 414 | 431), "{}", answer.status);
    world.admin.get(&path).await.is(200);
}

async fn tidying(world: &World) {
    let sent = json!({
        "email": "  tidy@example.org ", "reseller_id": "1", "firstname": " Ada ", "lastname": "", "gpp0": 17,
        "nosuch": { "a": [1] }, "id": 4711, "_links": { "self": { "href": "/" } },
    });
    let id = world.admin.create("customercontacts", &sent).await;
    let path = format!("/api/customercontacts/{id}");
    let item = world.admin.item(&path).await;
    let fields = ["id", "email", "reseller_id", "firstname", "lastname", "gpp0", "gpp1"].map(|name| item[name].clone());
    let wanted = json!([id, "tidy@example.org", 1, "Ada", null, "17", null]);
    assert_eq!(Value::from(fields.to_vec()), wanted);
    assert_eq!(item.get("nosuch"), None);

    // What is left out keeps its value; what must be there must be there.
    world.admin.put(&path, &json!({ "email": "tidy@example.org", "reseller_id": 1, "city": "Wien" })).await.is(204);
    let item = world.admin.item(&path).await;
    assert_eq!((&item["firstname"], &item["city"]), (&json!("Ada"), &json!("Wien")), "{item}");
    world.admin.put(&path, &json!({ "reseller_id": 1 })).await.refuses_with(422, "field='email'");
    world.admin.put(&path, &json!({ "email": "t@example.org", "reseller_id": 1, "city": null })).await.is(204);
    assert_eq!(world.admin.item(&path).await["city"], json!(null));
    // What was read may be sent back.
    let item = world.admin.item(&path).await;
    world.admin.put(&path, &item).await.is(204);
    assert_eq!(world.admin.item(&path).await, item);
}

async fn preferences(world: &World) {
    let path = contact(world, "prefer@example.org").await;
    let body = json!({ "email": "prefer@example.org", "reseller_id": 1 }).to_string();
    let patch = json!([{ "op": "replace", "path": "/city", "value": "Graz" }]).to_string();
    for (prefer, shown) in [
        ("return=minimal", false),
        ("", false),
        ("return=everything", false),
        ("return=representation", true),
        ("respond-async, return=representation", true),
    ] {
        for (method, media_type, body) in [("PUT", JSON, &body), ("PATCH", PATCH, &patch)] {
            let answer = world.admin.send(method, &path, &[media_type, ("Prefer", prefer)], body.clone()).await;
            let applied = if shown { "return=representation" } else { "return=minimal" };
            assert_eq!(answer.header("preference-applied"), Some(applied), "{answer:?}");
            if shown {
                let item = world.admin.item(&path).await;
                assert_eq!((answer.status, &answer.json), (200, &item), "{answer:?}");
                assert_eq!(answer.links().len(), world.admin.get(&path).await.links().len(), "{answer:?}");
            } else {
                assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{answer:?}");
            }
        }
    }
    // What is made is shown by the younger resources alone, and only to who asks; where it is, is always told.
    let door = world.admin.with("Prefer", "return=representation");
    let answer = door.post(COLLECTION, &json!({ "email": "new@example.org", "reseller_id": 1 })).await.is(201);
    assert_eq!((answer.text.as_str(), answer.header("location").map(|l| l.starts_with(COLLECTION))), ("", Some(true)));
    let contract = json!({ "contact_id": 2, "type": "reseller", "status": "active", "billing_profile_id": 1 });
    let answer = door.post("/api/contracts/", &contract).await.is(201);
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("/api/contracts/{}", answer.id()));
    assert_eq!(answer.json, world.admin.item(location).await);
    let answer = world.admin.post("/api/contracts/", &contract).await.is(201);
    assert_eq!(answer.text, "");
    world.admin.delete(&path).await.is(204);
    world.admin.delete(&path).await.refuses(404, NO_CONTACT);
}

store::on_both! {
    async fn bodies_are_checked_in_order_and_in_these_words(database: TestDb) {
        let world = World::new(database).await;
        order(&world).await;
        excesses(&world).await;
        tidying(&world).await;
        preferences(&world).await;
        world.server.stop().await;
    }
}
