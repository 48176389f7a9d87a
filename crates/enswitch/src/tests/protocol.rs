//! The form of requests and answers.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use super::door::{Door, PASSWORD, texts};

store::on_both! {
    async fn the_envelope(db: TestDb) {
        let door = Door::open(&db).await;
        let reply = door.get("numbers/nothing/").await;
        let response = json!({ "code": "404", "key": "", "message": "there is no function `numbers/nothing`" });
        assert_eq!(reply.body, json!({ "responses": [response] }), "and no data");
        assert_eq!(reply.status, StatusCode::OK);
        let bare = Request::get("/api/json").body(Body::empty()).unwrap();
        assert_eq!(door.send(bare).await.says(), "404");

        let reply = door.get("ingroups/list/").await;
        let response = json!({ "code": "200", "key": "", "message": "OK" });
        assert_eq!(reply.body, json!({ "responses": [response], "data": [] }));
    }

    async fn ways_to_call(db: TestDb) {
        let door = Door::open(&db).await;
        let pool = door.pool("London", |_| {}).await;
        door.stock(pool.id, "442071234560", "442071234569").await;
        let two = texts(&["02071234560", "02071234561"]);

        assert_eq!(door.get("numbers/available/list/?ingroup=1;count=2").await.data(), &two, "semicolons");
        assert_eq!(door.get("numbers/available/list?ingroup=1&count=2").await.data(), &two, "no last slash");
        assert_eq!(door.post("numbers/available/list", &[("ingroup", "1"), ("count", "2")]).await.data(), &two);
        let json = Request::post("/api/json/numbers/available/list/?count=3")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(r#"{"ingroup": 1, "count": "2", "detail": false}"#));
        assert_eq!(door.send(json.unwrap()).await.data(), &two, "the body counts over the query");
        let plain = Request::post("/api/json/numbers/available/list").body(Body::from("ingroup=1&count=2"));
        assert_eq!(door.send(plain.unwrap()).await.data(), &two, "a form without its type");
        let unknown = door.get("numbers/available/list/?ingroup=1&count=2&colour=red&ported=x").await;
        assert_eq!(unknown.data(), &two, "unknown parameters are ignored");

        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let request = Request::builder().method(method).uri("/api/json/ingroups/list/").body(Body::empty());
            assert_eq!(door.send(request.unwrap()).await.says(), "400");
        }
    }

    async fn several_wrong_parameters_are_all_named(db: TestDb) {
        let door = Door::open(&db).await;
        let reply = door.get("numbers/available/list/?count=1001;class=x;preferred=7;detail=yes").await;
        assert_eq!(reply.says(), "400 ingroup, 400 class, 400 count, 400 preferred, 400 detail");
        assert_eq!(reply.status, StatusCode::OK);
        let messages: Vec<_> =
            reply.body["responses"].as_array().unwrap().iter().map(|r| r["message"].as_str().unwrap()).collect();
        assert_eq!(messages[0], "is missing");
        assert_eq!(messages[1], "`x` is not an integer");
        assert_eq!(messages[2], "`1001` is not 1 to 1000");
        assert_eq!(messages[4], "`yes` is neither 0 nor 1");
        assert!(reply.body.get("data").is_none());
    }

    async fn bounds(db: TestDb) {
        let door = Door::open(&db).await;
        let many: Vec<String> = (0..65).map(|n| format!("p{n}=1")).collect();
        assert_eq!(door.get(&format!("ingroups/list/?{}", many.join(";"))).await.says(), "400");
        assert_eq!(door.get(&format!("ingroups/list/?{}", many[1..].join(";"))).await.says(), "200");
        let long = "x".repeat(10_001);
        assert_eq!(door.post("ingroups/list", &[("colour", &long)]).await.says(), "400 colour");
        assert_eq!(door.post("ingroups/list", &[("colour", &long[1..])]).await.says(), "200");
        assert_eq!(door.post("ingroups/list", &[("search", "a\0b")]).await.says(), "400 search");

        let huge = Request::post("/api/json/ingroups/list/").body(Body::from(vec![b'x'; 2 << 20])).unwrap();
        let reply = door.send(huge).await;
        assert_eq!((reply.says().as_str(), reply.message()), ("400", "the request is too large"));
        let announced = Request::post("/api/json/ingroups/list/").header("content-length", 5 << 20);
        assert_eq!(door.send(announced.body(Body::empty()).unwrap()).await.says(), "400");
    }

    async fn an_incident_tells_nothing(db: TestDb) {
        let door = Door::open(&db).await;
        registry::transaction!(door.db, |tx| Ok(tx.batch("ALTER TABLE number_classes RENAME TO gone").await?)).unwrap();
        let fields = [("auth_username", "administrator"), ("auth_password", PASSWORD)];
        let reply = door.post("classes/list", &fields).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!((reply.says().as_str(), reply.message()), ("500", "internal error"));
    }
}
