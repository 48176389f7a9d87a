//! Paths and methods: slashes, redirections, what there is not, overridden methods, `HEAD` and `OPTIONS`.

use serde_json::{Value, json};

use super::contact;
use crate::ngcp::client::{Answer, PATCH, REPRESENTATION};
use crate::ngcp::world::World;

const NO_PATH: &str = "Path not found";

async fn slashes(world: &World) {
    let path = contact(world, "slash@example.org").await;
    let id = path.rsplit('/').next().unwrap();
    let wanted = world.admin.item(&path).await;
    for other in
        [format!("/{path}"), format!("//api///customercontacts//{id}"), format!("{path}/"), format!("/{path}//")]
    {
        assert_eq!(world.admin.item(&other).await, wanted, "{other}");
    }
    let list = world.admin.get("//api//customercontacts//?rows=5").await.is(200);
    assert_eq!(list.json["_links"]["self"]["href"], "/api/customercontacts/?page=1&rows=5");
}

async fn redirections(world: &World) {
    let url = world.door.url();
    let certificate = world.site.data("tls-certificate.pem");
    for (door, version) in [(world.admin.clone(), "1.1"), (world.admin.http2(&certificate), "2")] {
        for (method, path, to) in [
            ("GET", "/api/customercontacts", "/api/customercontacts/"),
            ("GET", "/api/customercontacts?rows=1&email=a*", "/api/customercontacts/?rows=1&email=a*"),
            ("POST", "/api/callforwards", "/api/callforwards/"),
            ("GET", "/api", "/api/"),
        ] {
            let answer = door.send(method, path, &[], "").await.is(301);
            assert_eq!(answer.header("location"), Some(format!("{url}{to}").as_str()), "{path} over HTTP/{version}");
        }
    }
}

async fn what_there_is_not(world: &World) {
    for (method, path) in [
        ("GET", "/api/nosuch/"),
        ("GET", "/api/nosuch/1"),
        ("POST", "/api/nosuch/"),
        ("GET", "/api/customercontacts/1/nosuch/"),
        ("GET", "/api/billingfees/1/journal/"),
        ("PUT", "/api/customercontacts/"),
        ("PATCH", "/api/customercontacts/"),
        ("DELETE", "/api/customercontacts/"),
        ("POST", "/api/customercontacts/1"),
        ("DELETE", "/api/customers/1"),
        ("DELETE", "/api/resellers/1"),
        ("PUT", "/api/domains/1"),
        ("POST", "/api/numbers/"),
        ("POST", "/api/customercontacts/1/journal/"),
    ] {
        // Nobody needs to log in to be told so.
        for door in [&world.door, &world.admin] {
            door.send(method, path, &[], "").await.refuses(404, NO_PATH);
        }
    }
    for id in ["abc", "1a", "-1", "0x1", "1.0"] {
        world.admin.get(&format!("/api/customercontacts/{id}")).await.refuses(400, "Invalid id in request URI");
    }
    for id in ["999999999", "9223372036854775807", "99999999999999999999999"] {
        let answer = world.admin.get(&format!("/api/customercontacts/{id}")).await;
        assert!([400, 404].contains(&answer.status), "{answer:?}");
    }
}

async fn overridden_methods(world: &World) {
    let path = contact(world, "override@example.org").await;
    for (n, (base, header)) in [
        ("DELETE", "x-tunneled-method"),
        ("POST", "X-HTTP-Method"),
        ("GET", "X-HTTP-Method-Override"),
        ("PUT", "X-METHOD-OVERRIDE"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("name {n}");
        let body = json!([{ "op": "replace", "path": "/firstname", "value": name }]).to_string();
        let answer = world.admin.send(base, &path, &[(header, "PATCH"), PATCH, REPRESENTATION], body).await.is(200);
        assert_eq!(answer.json["firstname"], json!(name), "{base} with {header}");
    }
    world.admin.send("POST", &path, &[("X-HTTP-Method", "delete")], "").await.is(204);
    world.admin.get(&path).await.is(404);
}

fn methods(answer: &Answer) -> Vec<&str> {
    let methods: Vec<&str> = answer.json["methods"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
    assert_eq!(answer.header("allow"), Some(methods.join(", ").as_str()), "{answer:?}");
    assert!(answer.text.ends_with('\n'), "{answer:?}");
    methods
}

async fn options(world: &World) {
    for (path, wanted, accept) in [
        (
            "/api/customercontacts/",
            vec!["GET", "POST", "OPTIONS", "HEAD"],
            ("accept-post", "application/hal+json; profile=http://purl.org/sipwise/ngcp-api/#rel-customercontacts"),
        ),
        (
            "/api/numbers/",
            vec!["GET", "OPTIONS", "HEAD"],
            ("accept-post", "application/hal+json; profile=http://purl.org/sipwise/ngcp-api/#rel-numbers"),
        ),
        (
            "/api/customercontacts/987654321",
            vec!["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"],
            ("accept-patch", "application/json-patch+json"),
        ),
        (
            "/api/customers/987654321",
            vec!["GET", "PUT", "PATCH", "OPTIONS", "HEAD"],
            ("accept-patch", "application/json-patch+json"),
        ),
        ("/api/domains/987654321", vec!["GET", "DELETE", "OPTIONS", "HEAD"], ("allow", "GET, DELETE, OPTIONS, HEAD")),
        ("/api/customercontacts/1/journal/", vec!["GET", "OPTIONS", "HEAD"], ("allow", "GET, OPTIONS, HEAD")),
    ] {
        world.door.options(path).await.is(401);
        let answer = world.admin.options(path).await.is(200);
        assert_eq!(methods(&answer), wanted, "{path}");
        assert_eq!(answer.header(accept.0), Some(accept.1), "{path}");
    }
    let answer = world.admin.options("/api/domains/1").await;
    assert_eq!(answer.header("accept-patch"), None, "{answer:?}");
    for path in ["/api/", "/api/?whatever=1", "//api//"] {
        let answer = world.admin.options(path).await.is(200);
        assert_eq!(methods(&answer), ["GET", "OPTIONS", "HEAD"], "{path}");
        let wanted = "</api/customers/>; rel=\"collection http://purl.org/sipwise/ngcp-api/#rel-customers\"";
        assert!(answer.links().contains(&wanted), "{answer:?}");
        world.admin.get(path).await.is(200);
        world.admin.send("HEAD", path, &[], "").await.is(200);
    }
}

async fn heads(world: &World) {
    let path = contact(world, "head@example.org").await;
    for path in [path.as_str(), "/api/customercontacts/?rows=2"] {
        let (get, head) = (world.admin.get(path).await, world.admin.send("HEAD", path, &[], "").await);
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!((head.links(), head.header("content-type")), (get.links(), get.header("content-type")), "{path}");
    }
    assert_eq!(world.admin.send("HEAD", "/api/customercontacts/987654321", &[], "").await.status, 404);
    let wanted = "</api/customercontacts/>; rel=collection";
    assert!(world.admin.get(&path).await.links().contains(&wanted));
}

async fn nobody(world: &World) {
    let wrong = world.door.login("nobody", "at all");
    for door in [&world.door, &wrong] {
        for (method, path) in
            [("GET", "/api/customercontacts/"), ("POST", "/api/customercontacts/"), ("GET", "/api/customers/1")]
        {
            let answer = door.send(method, path, &[], "{broken").await.is(401);
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"api_admin_http\""), "{answer:?}");
            assert_eq!(answer.header("content-type"), Some("text/plain"), "{answer:?}");
            assert_eq!((&answer.json, answer.text.trim_end()), (&Value::Null, "Authorization required."), "{answer:?}");
        }
    }
    let answer = world.self_care.get("/api/subscribers/").await.is(401);
    assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"api_subscriber_http\""), "{answer:?}");
}

store::on_both! {
    async fn paths_and_methods(database: TestDb) {
        let world = World::new(database).await;
        slashes(&world).await;
        redirections(&world).await;
        what_there_is_not(&world).await;
        overridden_methods(&world).await;
        options(&world).await;
        heads(&world).await;
        nobody(&world).await;
        world.server.stop().await;
    }
}
