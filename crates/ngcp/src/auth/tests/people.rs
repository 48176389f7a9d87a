//! Administrators, and what front ends ask for about them and the platform.

use serde_json::{Value, json};

use super::{Ask, Doors, SIMPLE, ask};

store::on_both! {
    async fn administrators_through_the_api(db: TestDb) {
        let doors = Doors::open(&db).await;
        let list = doors.send(ask("GET", "/api/admins/?rows=2").boss()).await.json();
        let first = &list["_embedded"]["ngcp:admins"][0];
        for (field, value) in [
            ("id", json!(1)), ("login", json!("administrator")), ("role", json!("admin")), ("reseller_id", json!(1)),
            ("is_system", json!(true)), ("is_superuser", json!(true)), ("is_master", json!(true)), ("email", Value::Null),
            ("is_active", json!(true)), ("auth_mode", json!("local")), ("lawful_intercept", json!(false)),
        ] {
            assert_eq!(first[field], value, "{field}");
        }
        assert!(first.get("password").is_none());
        let post = |body: Value| ask("POST", "/api/admins/").boss().header("prefer", "return=representation").body(body);
        for (body, role) in [
            (json!({ "login": "flags.none" }), "reseller"),
            (json!({ "login": "flags.super", "is_superuser": "true" }), "admin"),
            (json!({ "login": "flags.care", "is_ccare": 1 }), "ccare"),
            (json!({ "login": "flags.caring", "is_ccare": true, "is_superuser": true }), "ccareadmin"),
            (json!({ "login": "flags.listener", "lawful_intercept": true }), "lintercept"),
            (json!({ "login": "flags.system", "role": "system" }), "system"),
        ] {
            let mut body = body;
            body["password"] = SIMPLE.into();
            let made = doors.send(post(body)).await;
            assert_eq!((made.status, &made.json()["role"]), (201, &json!(role)));
        }
        for (body, says) in [
            (json!({ "login": "flags.none", "password": SIMPLE }), "422 Admin with this login already exists"),
            (json!({ "login": "some.one", "password": SIMPLE, "role": "king" }), "422 Unknown role: king"),
            (json!({ "login": "some.one" }), "422 Validation failed. field='password', input='', errors='Password field is required'"),
            (json!({ "login": "abc", "password": SIMPLE }),
                "422 Validation failed. field='login', input='abc', errors='Field must be at least 5 characters. You entered 3'"),
            (json!({ "login": "some.one", "password": SIMPLE, "lawful_intercept": true, "is_superuser": true }),
                "422 Validation failed. field='lawful_intercept', input='1', errors='Cannot be combined with other privileges'"),
        ] {
            assert_eq!(doors.send(post(body)).await.says(), says);
        }
        let as_plain = |request: Ask| request.basic("flags.none", SIMPLE);
        let lone = doors.send(as_plain(ask("GET", "/api/admins/?page=1&rows=5"))).await.json();
        assert_eq!(lone["total_count"], 1, "who is not a master sees itself");
        let own = lone["_embedded"]["ngcp:admins"][0]["id"].clone();
        assert_eq!(lone["_links"]["self"]["href"], "/api/admins/?page=1&rows=5");
        assert_eq!(doors.send(as_plain(ask("GET", "/api/admins/1"))).await.says(), "404 Entity 'admin' not found.");
        let body = json!({ "login": "some.one", "password": SIMPLE });
        let refused = doors.send(as_plain(ask("POST", "/api/admins/").body(body))).await;
        assert_eq!(refused.says(), "403 Cannot create admin without master permissions");
        let patch = |field: &str, value: Value| json!([{ "op": "replace", "path": format!("/{field}"), "value": value }]);
        let path = format!("/api/admins/{own}");
        for (request, says) in [
            (as_plain(ask("PATCH", &path)).body(patch("is_superuser", json!(true))), "403 User cannot modify own permissions"),
            (as_plain(ask("DELETE", &path)), "403 Cannot delete own user"),
            (as_plain(ask("PUT", "/api/admins/1")).body(json!({})), "404 Entity 'admin' not found."),
            (ask("PATCH", &path).boss().body(patch("password", json!("another password"))), "403 Only own user can change password"),
            (as_plain(ask("PATCH", &path)).body(patch("password", json!(SIMPLE))), "204"),
            (ask("PATCH", &path).boss().body(json!([{ "op": "replace", "path": "/login", "value": "flags.super" }])),
                "422 Admin with this login already exists"),
            (ask("PATCH", &path).boss().body(patch("is_superuser", json!(true))), "204"),
            (as_plain(ask("GET", &path)), "200"),
            (ask("PATCH", &path).boss().body(patch("is_active", json!(false))), "204"),
            (as_plain(ask("GET", &path)), "403 Forbidden"),
            (ask("DELETE", &path).boss(), "204"),
            (ask("DELETE", "/api/admins/1").boss(), "403 Cannot delete own user"),
        ] {
            assert_eq!(doors.send(request).await.says(), says);
        }
        let filtered = doors.send(ask("GET", "/api/admins/?login=flags.c*").boss()).await.json();
        assert_eq!(filtered["total_count"], 2);
    }

    async fn what_front_ends_ask_for(db: TestDb) {
        let doors = Doors::open(&db).await;
        for path in ["/api/platforminfo", "/api/platforminfo/"] {
            let open = doors.send(ask("GET", path)).await.json();
            assert!(open["security"]["password"]["min_length"].is_i64() && open.get("type").is_none());
        }
        let info = doors.send(ask("GET", "/api/platforminfo/").boss()).await.json();
        assert_eq!((&info["type"], info["licenses"].is_array()), (&json!("spce"), true));
        let all = doors.send(ask("GET", "/api/capabilities/?page=1&rows=1000").boss()).await.json();
        assert_eq!(all["total_count"], 5);
        let fax = doors.send(ask("GET", "/api/capabilities/?name=faxserver").boss()).await.json();
        assert_eq!(fax["_embedded"]["ngcp:capabilities"][0]["enabled"], 0);
        assert_eq!(doors.send(ask("GET", "/api/capabilities/3").boss()).await.json()["name"], "faxserver");
        assert_eq!(doors.send(ask("GET", "/api/capabilities/4").boss()).await.status, 404);
        let who = doors.send(ask("GET", "/api/userinfo/").boss()).await.json();
        let admins = &who["permissions"]["entity"]["admins"];
        assert_eq!((&admins["$p"]["delete"], &admins["columns"]["password"]["$p"]["read"]), (&json!(true), &json!(false)));
        assert!(who["permissions"]["entity"].get("nosuch").is_none());
    }
}
