//! Domains, subscribers and numbers through HTTP, beside what NGCP answered to the same requests.

mod house;

use serde_json::{Value, json};

use house::House;

fn alice(customer: i64) -> Value {
    json!({
        "customer_id": customer, "domain": "a.example.org", "username": "alice", "password": "aB3!xxyyZZ9910",
        "status": "active", "webpassword": null, "external_id": null,
        "primary_number": { "cc": 43, "ac": 1, "sn": 1_795_422 },
        "alias_numbers": [{ "cc": "43", "ac": "2", "sn": "1795422" }],
    })
}

fn with(mut body: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

store::on_both! {
    async fn a_subscriber_looks_as_it_does_at_ngcp(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        let domain = house.domain("a.example.org").await;
        let shown = house.get(&format!("/api/domains/{domain}")).await;
        assert_eq!(keys(&shown), ["_links", "domain", "id", "reseller_id"]);
        assert_eq!(
            keys(&shown["_links"]),
            ["collection", "curies", "ngcp:domainpreferences", "ngcp:journal", "profile", "self"]
        );

        let id = house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let shown = house.get(&format!("/api/subscribers/{id}")).await;
        assert_eq!(
            keys(&shown),
            [
                "_links", "administrative", "alias_numbers", "create_timestamp", "customer_id", "display_name", "domain",
                "domain_id", "email", "external_id", "id", "lock", "modify_timestamp", "password", "primary_number",
                "profile_id", "profile_set_id", "status", "timezone", "username", "uuid", "webusername",
            ]
        );
        assert_eq!(
            keys(&shown["_links"]),
            [
                "collection", "curies", "ngcp:callforwards", "ngcp:calls", "ngcp:customers", "ngcp:domains",
                "ngcp:journal", "ngcp:reminders", "ngcp:subscriberpreferences", "ngcp:subscriberregistrations",
                "ngcp:voicemailsettings", "profile", "self",
            ]
        );
        let numbers = house.get(&format!("/api/numbers/?customer_id={customer}")).await;
        let lines = &numbers["_embedded"]["ngcp:numbers"];
        assert_eq!(numbers["total_count"], 2);
        assert_eq!(
            keys(&lines[0]),
            ["_links", "ac", "cc", "id", "is_devid", "is_primary", "reseller_id", "sn", "subscriber_id"]
        );
        assert_eq!(
            keys(&lines[0]["_links"]),
            ["collection", "curies", "ngcp:numbers", "ngcp:subscribers", "profile", "self"]
        );
        let id_of = |primary: bool| {
            let line = lines.as_array().unwrap().iter().find(|line| line["is_primary"] == primary).unwrap();
            line["id"].clone()
        };
        let wanted = json!({
            "administrative": false, "customer_id": customer, "domain": "a.example.org", "domain_id": domain, "id": id,
            "display_name": null, "email": null, "external_id": null, "lock": null, "password": "aB3!xxyyZZ9910",
            "create_timestamp": "2026-05-28T20:26:40+00:00", "modify_timestamp": "2026-05-28T20:26:40+00:00",
            "primary_number": { "ac": "1", "cc": 43, "number_id": id_of(true), "sn": "1795422" },
            "alias_numbers": [{ "ac": "2", "cc": 43, "is_devid": false, "number_id": id_of(false), "sn": "1795422" }],
            "profile_id": null, "profile_set_id": null, "status": "active", "timezone": null, "username": "alice",
            "webusername": "alice", "uuid": shown["uuid"], "_links": shown["_links"],
        });
        assert_eq!(shown, wanted);
        assert_eq!(shown["uuid"].as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        let preferences = house.get(&format!("/api/subscriberpreferences/{id}")).await;
        let wanted = json!({
            "ac": "1", "cc": "43", "allowed_clis": ["4311795422", "4321795422"], "call_log_level": "notice",
            "emergency_location_format": "cirpack", "id": id, "subscriber_id": id, "_links": preferences["_links"],
        });
        assert_eq!(preferences, wanted);
        let journal = house.get(&format!("/api/subscribers/{id}/journal/recent")).await;
        assert_eq!(journal["content"]["primary_number"]["sn"], "1795422");
        assert!(journal["content"].get("password").is_none_or(Value::is_null), "{journal}");
    }

    async fn refusals_have_the_words_that_clients_know(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        let pbx = house.customer("office", "pbxaccount").await;
        house.domain("a.example.org").await;
        house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let bob = with(alice(customer), json!({ "username": "bob", "primary_number": { "cc": 43, "sn": 7 } }));
        let seat = with(bob.clone(), json!({ "customer_id": pbx, "alias_numbers": [] }));
        let cases = [
            ("/api/domains/", json!({ "domain": "A.example.org", "reseller_id": 1 }), "Domain 'a.example.org' already exists."),
            ("/api/domains/", json!({ "domain": "b.example.org", "reseller_id": 99 }), "Invalid 'reseller_id', doesn't exist."),
            ("/api/subscribers/", alice(customer), "Subscriber already exists."),
            ("/api/subscribers/", bob.clone(), "Number '43-2-1795422' already exists."),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "primary_number": { "cc": 43, "ac": 1, "sn": 1_795_422 } })),
                "Numbers '43-1-1795422', '43-2-1795422' already exist.",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "alias_numbers": [], "webusername": "alice" })),
                "Webusername-Domain combination 'alice-a.example.org' already exists.",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "primary_number": null })),
                "A primary_number is required for the SIP subscriber.",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "primary_number": "4317" })),
                "Invalid primary_number parameter, must be a hash.",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "alias_numbers": { "cc": 43 } })),
                "Invalid alias_number parameter, must be an array.",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "alias_numbers": ["431"] })),
                "Invalid alias_number parameter, must be an array of the hashes.",
            ),
            ("/api/subscribers/", with(bob.clone(), json!({ "domain": "no.example.org" })), "Invalid 'domain', doesn't exist."),
            ("/api/subscribers/", with(bob.clone(), json!({ "customer_id": 999 })), "Invalid 'customer_id', doesn't exist."),
            ("/api/subscribers/", with(bob.clone(), json!({ "timezone": "Mars/Olympus" })), "Invalid timezone name: Mars/Olympus"),
            ("/api/subscribers/", with(bob.clone(), json!({ "profile_set_id": 3 })), "Invalid profile_set_id parameter"),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "username": "b ob" })),
                "Validation failed. field='username', input='b ob', errors='Cannot contain spaces.'",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "password": null })),
                "Validation failed. field='password', input='', errors='SIP Password field is required'",
            ),
            (
                "/api/subscribers/",
                with(bob.clone(), json!({ "status": "asleep" })),
                "Validation failed. field='status', input='asleep', errors=''asleep' is not a valid value'",
            ),
            ("/api/subscribers/", seat.clone(), "Customer has no pbx pilot subscriber yet and is_pbx_pilot is not set."),
            (
                "/api/subscribers/",
                with(seat, json!({ "is_pbx_pilot": true, "primary_number": null })),
                "A primary_number is required for the PBX pilot subscriber.",
            ),
        ];
        for (path, body, message) in cases {
            let answer = house.call("POST", path, body).await;
            assert_eq!((answer.status, answer.message()), (422, message));
        }
        let listed = house.get("/api/subscribers/").await;
        assert_eq!(listed["total_count"], 1, "nothing is left of what was refused");
    }

    async fn what_was_read_can_be_sent_back(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        house.domain("a.example.org").await;
        let id = house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let path = format!("/api/subscribers/{id}");
        let shown = house.get(&path).await;
        let answer = house.call("PUT", &path, shown.clone()).await;
        assert_eq!((answer.status, house.get(&path).await), (204, shown.clone()));

        let mut more = shown.clone();
        more.as_object_mut().unwrap().remove("_links");
        more["alias_numbers"].as_array_mut().unwrap().push(json!({ "cc": 43, "ac": 9876, "sn": 20001 }));
        more["lock"] = json!("3");
        assert_eq!(house.call("PUT", &path, more.clone()).await.status, 204);
        let after = house.get(&path).await;
        assert_eq!((after["alias_numbers"].as_array().unwrap().len(), &after["lock"]), (2, &json!("3")));
        for (change, message) in [
            (json!({ "customer_id": customer + 1 }), "customer_id can't be changed."),
            (json!({ "username": "bob" }), "Subscriber with this username does not exist in the domain."),
            (json!({ "primary_number": null }), "A primary_number is required for the SIP subscriber."),
            (
                json!({ "password": null }),
                "Validation failed. field='password', input='', errors='SIP Password field is required'",
            ),
        ] {
            let answer = house.call("PUT", &path, with(shown.clone(), change)).await;
            assert_eq!((answer.status, answer.message()), (422, message));
        }
        let patch = json!([
            { "op": "remove", "path": "/alias_numbers", "value": { "sn": "20001" } },
            { "op": "replace", "path": "/display_name", "value": "Alice" },
            { "op": "replace", "path": "/status", "value": "locked" },
        ]);
        let answer = house.call("PATCH", &path, patch).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
        let after = house.get(&path).await;
        assert_eq!(after["alias_numbers"].as_array().unwrap().len(), 1);
        assert_eq!((&after["display_name"], &after["status"], &after["lock"]), (&json!("Alice"), &json!("locked"), &json!("4")));

        assert_eq!(house.call("DELETE", &path, Value::Null).await.status, 204);
        for gone in [&path, &format!("/api/subscriberpreferences/{id}"), &format!("/api/callforwards/{id}")] {
            assert_eq!(house.call("GET", gone, Value::Null).await.status, 404, "{gone}");
        }
        assert_eq!(house.call("GET", &path, Value::Null).await.message(), "Entity 'subscriber' not found.");
        let numbers = house.get("/api/numbers/").await;
        assert_eq!((&numbers["total_count"], numbers.get("_embedded")), (&json!(0), None));
        house.call("POST", "/api/subscribers/", alice(customer)).await.id();
    }

    async fn lists_are_filtered(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        house.domain("a.example.org").await;
        let first = house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let bob = json!({
            "username": "bob", "administrative": true, "display_name": "Bob B", "external_id": "x1",
            "primary_number": { "cc": 43, "ac": "", "sn": "7" }, "alias_numbers": [{ "cc": 43, "sn": 8 }, { "cc": 43, "sn": 88 }],
        });
        let second = house.call("POST", "/api/subscribers/", with(alice(customer), bob)).await.id();
        for (query, ids) in [
            ("", vec![first, second]),
            ("username=ali*", vec![first]),
            ("webusername=bob", vec![second]),
            ("domain=a.example.org", vec![first, second]),
            ("customer_id=0", vec![]),
            ("reseller_id=1", vec![first, second]),
            ("is_admin=1", vec![second]),
            ("subscriber_external_id=x1", vec![second]),
            ("subscriber_external_id=$null", vec![first]),
            ("primary_number=4311*", vec![first]),
            ("primary_number=437", vec![second]),
            ("alias=438", vec![second]),
            ("alias_number=43", vec![]),
            ("alias_number=4321795422", vec![first]),
            ("display_name=*B", vec![second]),
            ("create_timestamp_gt=2026-01-01", vec![first, second]),
            ("modify_timestamp_lt=2026-01-01", vec![]),
            ("order_by=username&order_by_direction=desc", vec![second, first]),
            ("nonsense=1", vec![first, second]),
        ] {
            let found = house.get(&format!("/api/subscribers/?{query}")).await;
            let none = Vec::new();
            let rows = found["_embedded"]["ngcp:subscribers"].as_array().unwrap_or(&none);
            let shown: Vec<_> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
            assert_eq!((shown, found["total_count"].as_u64().unwrap()), (ids.clone(), ids.len() as u64), "{query}");
        }
        for (query, count) in
            [("type=alias", 3), ("type=primary", 2), ("sn=88", 1), ("ac=1&cc=43", 1), (&*format!("subscriber_id={second}"), 3)]
        {
            assert_eq!(house.get(&format!("/api/numbers/?{query}")).await["total_count"], count, "{query}");
        }
    }

    async fn an_alias_moves_and_a_primary_number_stays(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        house.domain("a.example.org").await;
        let from = house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let bob = json!({ "username": "bob", "primary_number": { "cc": 43, "sn": "7" }, "alias_numbers": null });
        let to = house.call("POST", "/api/subscribers/", with(alice(customer), bob)).await.id();
        let shown = house.get(&format!("/api/subscribers/{from}")).await;
        let path = |number: &Value| format!("/api/numbers/{}", number["number_id"]);
        let (primary, alias) = (path(&shown["primary_number"]), path(&shown["alias_numbers"][0]));
        let patch = |to: i64| json!([{ "op": "replace", "path": "/subscriber_id", "value": to }]);
        let answer = house.call("PATCH", &primary, patch(to)).await;
        assert_eq!(answer.message(), format!("Cannot reassign primary number, already at subscriber {from}"));
        let answer = house.call("PATCH", &alias, patch(999)).await;
        assert_eq!((answer.status, answer.message()), (422, "Invalid 'subscriber_id', does not exist."));
        let answer = house.call("PUT", &alias, with(house.get(&alias).await, json!({ "sn": "5" }))).await;
        let words = "Field 'sn' is not allowed to be updated via this API endpoint, use /api/subscriber/$id instead.";
        assert_eq!((answer.status, answer.message()), (422, words));
        let same = house.get(&alias).await;
        assert_eq!(house.call("PUT", &alias, same).await.status, 204);
        assert_eq!(house.call("PATCH", &alias, patch(to)).await.status, 204);
        let moved = house.get(&format!("/api/subscribers/{to}")).await;
        assert_eq!(moved["alias_numbers"][0]["sn"], "1795422");
        let preferences = house.get(&format!("/api/subscriberpreferences/{to}")).await;
        assert_eq!(preferences["allowed_clis"], json!(["437", "4321795422"]));
    }

    async fn on_its_own_door_a_subscriber_sees_itself(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("office", "pbxaccount").await;
        let other = house.customer("shop", "sipaccount").await;
        house.domain("a.example.org").await;
        let pilot = json!({ "is_pbx_pilot": true, "administrative": true, "webpassword": "let me in" });
        let pilot = house.call("POST", "/api/subscribers/", with(alice(customer), pilot)).await.id();
        let stranger = json!({ "username": "bob", "primary_number": { "cc": 43, "sn": "7" }, "alias_numbers": [] });
        let stranger = house.call("POST", "/api/subscribers/", with(alice(other), stranger)).await.id();
        let boss = ("alice@a.example.org", "let me in");
        let ask = async |who, method, path: &str, body: Value| {
            house.ask(&house.subscriber, who, method, path, (!body.is_null()).then_some(&body)).await
        };
        let seat = json!({
            "username": "seat", "domain": "a.example.org", "password": "aB3!xxyyZZ9910", "webpassword": "let me in too",
            "pbx_extension": "10",
        });
        let seat = ask(boss, "POST", "/api/subscribers/", seat).await.id();
        let listed = ask(boss, "GET", "/api/subscribers/", Value::Null).await.body;
        assert_eq!(listed["total_count"], 2);
        assert_eq!(ask(boss, "GET", &format!("/api/subscribers/{stranger}"), Value::Null).await.status, 404);
        let shown = ask(boss, "GET", &format!("/api/subscribers/{seat}"), Value::Null).await.body;
        assert_eq!((&shown["pbx_extension"], &shown["is_pbx_pilot"]), (&json!("10"), &json!(false)));
        for hidden in ["password", "uuid"] {
            assert_eq!(shown.get(hidden), None, "{hidden}");
        }
        let new = json!({ "alias_numbers": [{ "cc": 43, "sn": 12345 }] });
        let answer = ask(boss, "PUT", &format!("/api/subscribers/{seat}"), with(shown.clone(), new)).await;
        assert_eq!((answer.status, answer.message()), (422, "Number '43--12345' already exists."));
        let alias = house.get(&format!("/api/subscribers/{pilot}")).await["alias_numbers"][0]["number_id"].clone();
        let patch = json!([{ "op": "replace", "path": "/subscriber_id", "value": seat }]);
        assert_eq!(ask(boss, "PATCH", &format!("/api/numbers/{alias}"), patch).await.status, 204);
        let answer = ask(boss, "DELETE", &format!("/api/subscribers/{pilot}"), Value::Null).await;
        let words = "Cannot terminate pilot subscriber when other subscribers exists";
        assert_eq!((answer.status, answer.message()), (403, words));

        let itself = ("seat@a.example.org", "let me in too");
        assert_eq!(ask(itself, "GET", "/api/subscribers/", Value::Null).await.body["total_count"], 1);
        let answer = ask(itself, "DELETE", &format!("/api/subscribers/{seat}"), Value::Null).await;
        assert_eq!((answer.status, answer.message()), (403, "Read-only resource for authenticated role"));
        let name = json!([{ "op": "replace", "path": "/display_name", "value": "Seat" }]);
        assert_eq!(ask(itself, "PATCH", &format!("/api/subscribers/{seat}"), name).await.status, 204);
        let lock = json!([{ "op": "replace", "path": "/lock", "value": 0 }, { "op": "replace", "path": "/external_id", "value": "x" }]);
        assert_eq!(ask(itself, "PATCH", &format!("/api/subscribers/{seat}"), lock).await.status, 403);
        assert_eq!(ask(boss, "DELETE", &format!("/api/subscribers/{seat}"), Value::Null).await.status, 204);
        let left = house.get(&format!("/api/subscribers/{pilot}")).await;
        assert_eq!(left["alias_numbers"][0]["number_id"], alias, "the numbers of a seat go to the pilot");
    }

    async fn lists_have_an_end_and_so_have_messages(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        house.domain("a.example.org").await;
        let id = house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let shown = house.get(&format!("/api/subscribers/{id}")).await;
        let ids = |count: i64| json!((1..=count).collect::<Vec<_>>());
        let aliases = |count: i64| json!((1..=count).map(|sn| json!({ "cc": 43, "sn": sn })).collect::<Vec<_>>());
        let (numbers, many) = (ids(1001).to_string(), aliases(1001).to_string());
        let cut = |text: &str| format!("{}…", &text[..200]);
        let too_many = "Field should not have more than 1000 members. You entered 1001";
        let aliases_too_many = "Field should not have more than 1000 members and has 1001";
        let refused = |field: &str, input: &str, error: &str| {
            format!("Validation failed. field='{field}', input='{input}', errors='{error}'")
        };
        let long = "b ".repeat(300);
        let status = "s".repeat(300);
        for (change, message) in [
            (json!({ "pbx_group_ids": ids(1001) }), refused("pbx_group_ids", &cut(&numbers), too_many)),
            (json!({ "pbx_groupmember_ids": ids(1001) }), refused("pbx_groupmember_ids", &cut(&numbers), too_many)),
            (json!({ "alias_numbers": aliases(1001) }), refused("alias_numbers", &cut(&many), aliases_too_many)),
            (json!({ "username": long }), refused("username", &cut(&long), "Cannot contain spaces.")),
            (
                json!({ "status": status }),
                refused("status", &cut(&status), &format!("'{}' is not a valid value", cut(&status))),
            ),
        ] {
            let bob = with(alice(customer), json!({ "username": "bob" }));
            let posted = house.call("POST", "/api/subscribers/", with(bob, change.clone())).await;
            let put = house.call("PUT", &format!("/api/subscribers/{id}"), with(shown.clone(), change)).await;
            assert_eq!((posted.status, posted.message()), (422, &*message));
            assert_eq!((put.status, put.message()), (422, &*message));
        }
        let (group_ids, alias_numbers) = (ids(1000), aliases(1000));
        let most = json!({ "pbx_group_ids": group_ids, "alias_numbers": alias_numbers });
        let answer = house.call("PUT", &format!("/api/subscribers/{id}"), with(shown, most)).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    async fn an_answer_has_so_many_expanded_members_and_no_more(test: TestDb) {
        let house = House::open(test).await;
        let customer = house.customer("shop", "sipaccount").await;
        house.domain("a.example.org").await;
        let id = house.call("POST", "/api/subscribers/", alice(customer)).await.id();
        let sources: Vec<_> = (0..500).map(|n| json!({ "source": format!("43{n}") })).collect();
        let many = json!({ "name": "many", "subscriber_id": id, "mode": "whitelist", "sources": sources });
        house.call("POST", "/api/cfsourcesets/", many).await.id();
        let one = json!({ "name": "one", "subscriber_id": id, "destinations": [{ "destination": "voicebox" }] });
        house.call("POST", "/api/cfdestinationsets/", one).await.id();
        let path = format!("/api/cfmappings/{id}");
        for (mappings, status) in [(19, 200), (20, 422)] {
            let cfu = vec![json!({ "destinationset": "one", "sourceset": "many" }); mappings];
            let body = json!({ "cfu": cfu, "cfb": [], "cft": [], "cfna": [], "cfs": [], "cfr": [], "cfo": [] });
            assert_eq!(house.call("PUT", &path, body).await.status, 204);
            for path in [format!("{path}?expand=all"), "/api/cfmappings/?expand=all".to_owned()] {
                let answer = house.call("GET", &path, Value::Null).await;
                assert_eq!(answer.status, status, "{path}");
                if status == 422 {
                    assert_eq!(answer.message(), "Too many members to expand, ask for fewer mappings.");
                } else if path.contains(&id.to_string()) {
                    assert_eq!(answer.body["cfu"][18]["sourceset_id_expand"]["sources"][499]["source"], "43499");
                }
            }
            assert_eq!(house.get(&path).await["cfu"].as_array().map(Vec::len), Some(mappings));
        }
    }
}
