//! Rewrite rules and what they make of numbers, header rules, UPN rewrites.

use serde_json::{Value, json};

use super::{Breach, commit, delete, post, put, set, with, without};
use crate::ngcp::client::{JSON, REPRESENTATION};
use crate::ngcp::world::World;

fn rule(set: i64, pattern: &str, replacement: &str) -> Value {
    json!({
        "set_id": set, "match_pattern": pattern, "replace_pattern": replacement, "description": "of a test",
        "direction": "in", "field": "callee",
    })
}

fn complains(path: &str, body: Value, field: &str, why: &str) -> Breach {
    post(path, body, &format!("Validation failed. field='{field}', input='…', errors='{why}'"))
}

async fn of_rewrite_rules(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let inline = json!([
        without(&rule(0, "^00([1-9]\\d+)$", "\\1"), "set_id"),
        with(&without(&rule(0, "^0([1-9]\\d+)$", "${caller_cc}\\1"), "set_id"), &json!({ "priority": 9 })),
    ]);
    let body = json!({ "name": "e164 of one", "description": "Austria", "rewriterules": inline });
    let answer =
        one.door.send("POST", "/api/rewriterulesets/", &[JSON, REPRESENTATION], body.to_string()).await.is(201);
    let made = &answer.json;
    let id = answer.id();
    assert_eq!((&made["reseller_id"], &made["name"]), (&json!(one.id), &json!("e164 of one")));
    let base = (id - 1) * 6;
    for (n, way) in (1..).zip(["caller_in", "callee_in", "caller_out", "callee_out", "caller_lnp", "callee_lnp"]) {
        assert_eq!(made[format!("{way}_dpid")], json!(base + n));
    }
    let rules = made["rewriterules"].as_array().unwrap();
    let priorities: Vec<_> = rules.iter().map(|rule| rule["priority"].clone()).collect();
    assert_eq!((priorities, &rules[0]["enabled"]), (vec![json!(1), json!(9)], &json!(true)));

    // A set is replaced with or without its rules: those that are the same stay what they are.
    let path = format!("/api/rewriterulesets/{id}");
    one.door.set(&path, "description", "Vienna").await.is(204);
    one.door.put(&path, &json!({ "name": "e164 of one" })).await.is(204);
    let item = one.door.item(&path).await;
    assert_eq!((&item["description"], &item["rewriterules"]), (&json!("Vienna"), &made["rewriterules"]));
    one.door.put(&path, &json!({ "name": "e164 of one", "rewriterules": inline })).await.is(204);
    let renewed = one.door.item(&path).await["rewriterules"].clone();
    assert_ne!(renewed[0]["id"], made["rewriterules"][0]["id"], "what is sent without a priority is new");
    let other = post(
        "rewriterulesets/",
        json!({ "name": "x", "rewriterules": [without(&rule(0, "^(", "1"), "set_id")] }),
        "Validation failed. field='match_pattern'…",
    );

    let inline = without(&rule(0, "(?:[0-9a-z]{1,10}[0-9]{1,10}){1,8}[x-z]{40}", "1"), "set_id");
    let large = json!({ "name": "large", "rewriterules": vec![inline; 200] });
    let own = rule(id, "^1$", "2");
    let rule_id = one.door.create("rewriterules", &own).await;
    let rule_path = format!("rewriterules/{rule_id}");
    assert_eq!(one.door.item(&format!("/api/{rule_path}")).await["priority"], json!(10));
    one.door.set(&format!("/api/{rule_path}"), "match_pattern", "^$avp(s:caller_cc)(.+)$").await.is(204);
    assert_eq!(one.door.item(&format!("/api/{rule_path}")).await["match_pattern"], json!("^${caller_cc}(.+)$"));
    let theirs = two.door.create("rewriterulesets", &json!({ "name": "theirs" })).await;
    let bad = |pattern: &str, replacement: &str| rule(id, pattern, replacement);
    let (rules, in_match, in_replace) = ("rewriterules/", "match_pattern", "replace_pattern");
    commit(
        &one.door,
        vec![
            other,
            post("rewriterulesets/", json!({ "name": "theirs" }), "Ruleset with this 'name' already exists."),
            post("rewriterulesets/", json!({ "name": "n".repeat(33) }), "…Field should not exceed 32 characters…"),
            post("rewriterulesets/", json!({}), "…Name field is required…"),
            complains(rules, bad("^1$", "1 2"), in_replace, "Spaces are not allowed in replacement pattern"),
            complains(rules, bad("^1$", "1$"), in_replace, "Cannot end with \"$\""),
            complains(rules, bad("^1$", "\\1"), in_match, "Match pattern and Replace Pattern do not work together."),
            complains(rules, bad("^1$", "\\x"), in_replace, "Ambiguous escape of non special characters"),
            complains(
                rules,
                bad("@{a}@{b}", "1"),
                in_match,
                "Cannot use more than one array variable in match pattern",
            ),
            complains(rules, bad("^1$", "@{a}"), in_replace, "Cannot use array variable in replacement pattern"),
            complains(rules, bad("^(?=1)", "1"), in_match, "Look-around is not supported…"),
            post("rewriterulesets/", large, "…are too large together…"),
            complains(rules, bad("^(1$", "1"), in_match, "Must be a valid regular expression: unclosed group"),
            post(rules, without(&own, "description"), "…Description field is required…"),
            post(rules, with(&own, &json!({ "direction": "up" })), "…field='direction', input='up'…"),
            post(rules, with(&own, &json!({ "set_id": theirs })), "Invalid 'set_id'"),
            put(&rule_path, without(&own, "field"), "…Field field is required…"),
            set(&rule_path, "replace_pattern", "\\2", "…Match pattern and Replace Pattern do not work together.…"),
            delete(&format!("rewriterulesets/{theirs}"), "Entity 'rewriteruleset' not found.").status(404),
        ],
    )
    .await;
    let moved = world.admin.set(&path, "reseller_id", two.id).await;
    moved.refuses(422, "Changing the reseller ID is not allowed.");
    two.door.get(&format!("/api/{rule_path}")).await.refuses(404, "Entity 'rewriterule' not found.");
    assert_eq!(one.door.list(&format!("rewriterules/?set_id={id}&field=callee&direction=in")).await.len(), 3);
    assert_eq!(one.door.list("rewriterules/?description=of*&field=caller").await.len(), 0);
    assert_eq!(world.admin.list("rewriterulesets/?name=e164*").await.len(), 1);
    one.door.delete(&format!("/api/{rule_path}")).await.is(204);
    one.door.delete(&path).await.is(204);
    assert_eq!(one.door.list("rewriterules/").await.len(), 0);
}

async fn of_rewrites(world: &World) {
    let (one, two) = (world.reseller("applied").await, world.reseller("elsewhere").await);
    let customer = world.customer(&one).await;
    let more = json!({ "administrative": true });
    let chief = world.subscriber(&one, &customer, &more).await;
    let clerk = world.subscriber(&one, &customer, &json!({})).await;
    let rules = json!([
        without(&rule(0, "^00([1-9]\\d+)$", "\\1"), "set_id"),
        without(&rule(0, "^0([1-9]\\d+)$", "${caller_cc}\\1"), "set_id"),
        without(&rule(0, "^@{caller_alias_list}$", "me"), "set_id"),
    ]);
    let set_id = one.door.create("rewriterulesets", &json!({ "name": "applied", "rewriterules": rules })).await;
    let ask = json!({ "subscriber_id": clerk.id, "direction": "callee_in", "numbers": ["0044207946", "01234", "x"] });
    let asked = async |door: &crate::ngcp::client::Door, body: &Value| {
        door.post("/api/applyrewrites/", body).await.is(200).json["result"].clone()
    };
    assert_eq!(asked(&one.door, &ask).await, ask["numbers"], "there are no rules yet");
    let domain = format!("/api/domainpreferences/{}", one.domain_id);
    let named = json!([{ "op": "add", "path": "/rewrite_rule_set", "value": "applied" }]);
    one.door.patch(&domain, &named).await.is(204);
    let wanted = json!(["44207946", "431234", "x"]);
    for door in [&world.admin, &one.door, &chief.door, &clerk.door] {
        assert_eq!(asked(door, &ask).await, wanted);
    }
    let single = json!({ "direction": "callee_in", "number": "01234" });
    assert_eq!(asked(&clerk.door, &single).await, json!("431234"), "a subscriber asks for itself");
    assert_eq!(asked(&clerk.door, &with(&single, &json!({ "subscriber_id": chief.id }))).await, json!("431234"));
    assert_eq!(asked(&one.door, &with(&ask, &json!({ "direction": "caller_in" }))).await, ask["numbers"]);

    // A set of its own goes before that of the domain, and a change shows at once.
    let own = json!([without(&rule(0, "^x$", "y"), "set_id")]);
    let own_id = one.door.create("rewriterulesets", &json!({ "name": "own", "rewriterules": own })).await;
    let preferences = format!("/api/subscriberpreferences/{}", clerk.id);
    one.door.patch(&preferences, &json!([{ "op": "add", "path": "/rewrite_rule_set", "value": "own" }])).await.is(204);
    assert_eq!(asked(&one.door, &ask).await, json!(["0044207946", "01234", "y"]));
    one.door.create("rewriterules", &rule(own_id, "^01(\\d+)$", "one\\1")).await;
    assert_eq!(asked(&one.door, &ask).await, json!(["0044207946", "one234", "y"]));
    one.door.delete(&format!("/api/rewriterulesets/{own_id}")).await.refuses(423, "Rewrite rule set is still in use.");
    one.door.patch(&preferences, &json!([{ "op": "remove", "path": "/rewrite_rule_set" }])).await.is(204);
    one.door.delete(&format!("/api/rewriterulesets/{own_id}")).await.is(204);

    // Any set can be tried with any variables.
    let dry = json!({
        "rewrite_rule_set_id": set_id, "direction": "callee_in", "numbers": ["01234", "77", "x"],
        "variables": { "caller_cc": "49", "caller_alias_list": ["66", "77"] },
    });
    let rules = one.door.list(&format!("rewriterules/?set_id={set_id}")).await;
    let id = |n: usize| rules[n]["id"].clone();
    let wanted = json!([
        { "number": "01234", "result": "491234", "rule_id": id(1) },
        { "number": "77", "result": "me", "rule_id": id(2) },
        { "number": "x", "result": "x", "rule_id": null },
    ]);
    assert_eq!(asked(&one.door, &dry).await, wanted);
    let path = "applyrewrites/";
    commit(
        &two.door,
        vec![
            post(path, ask.clone(), "Invalid 'subscriber_id'"),
            post(path, dry.clone(), "Invalid 'rewrite_rule_set_id'"),
            post(path, without(&ask, "subscriber_id"), "…Subscriber id field is required…"),
            post(path, with(&ask, &json!({ "direction": "in" })), "…field='direction', input='in'…"),
        ],
    )
    .await;
    commit(
        &one.door,
        vec![
            post(path, without(&ask, "numbers"), "…Numbers field is required…"),
            post(path, with(&ask, &json!({ "numbers": vec!["1"; 101] })), "…At most 100 numbers are taken…"),
            post(path, with(&ask, &json!({ "numbers": ["1".repeat(65)] })), "…Field should not exceed 64 characters…"),
        ],
    )
    .await;
    commit(&chief.door, vec![post(path, dry, "Invalid 'rewrite_rule_set_id'")]).await;
}

async fn of_header_rules(world: &World) {
    let (one, two) = (world.reseller("headers").await, world.reseller("feet").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let rewrites = one.door.create("rewriterulesets", &json!({ "name": "of headers" })).await;
    let foreign = two.door.create("rewriterulesets", &json!({ "name": "of feet" })).await;
    let body = json!({ "name": "privacy", "subscriber_id": subscriber.id });
    let set_id = one.door.create("headerrulesets", &body).await;
    let rule = json!({ "set_id": set_id, "name": "hide", "direction": "outbound" });
    let rule_id = one.door.create("headerrules", &rule).await;
    let item = one.door.item(&format!("/api/headerrules/{rule_id}")).await;
    assert_eq!((&item["priority"], &item["enabled"], &item["stopper"]), (&json!(1), &json!(true), &json!(false)));
    let condition = json!({
        "rule_id": rule_id, "match_type": "header", "match_part": "username", "match_name": "From",
        "expression": "regexp", "expression_negation": true, "value_type": "input", "values": ["^43", "^49"],
        "rwr_set_id": rewrites, "rwr_dp": "caller_in",
    });
    let condition_id = one.door.create("headerruleconditions", &condition).await;
    let path = format!("/api/headerruleconditions/{condition_id}?expand=rwr_set_id");
    let item = one.door.item(&path).await;
    assert_eq!((&item["values"], &item["rwr_dp"]), (&json!(["^43", "^49"]), &json!("caller_in_dpid")));
    assert_eq!(item["rwr_dp_id"], json!((rewrites - 1) * 6 + 1));
    assert_eq!(item["rwr_set_id_expand"]["name"], json!("of headers"));
    let action = json!({
        "rule_id": rule_id, "header": "From", "header_part": "domain", "action_type": "set", "value_part": "full",
        "value": "example.org",
    });
    let action_id = one.door.create("headerruleactions", &action).await;
    let (set_path, rule_path) = (format!("headerrulesets/{set_id}"), format!("headerrules/{rule_id}"));
    let (conditions, actions) = ("headerruleconditions/", "headerruleactions/");
    commit(
        &one.door,
        vec![
            post("headerrulesets/", body.clone(), "Header rule set with this 'name' already exists for this reseller."),
            post("headerrulesets/", json!({ "name": "x", "subscriber_id": 999_999 }), "Invalid 'subscriber_id'"),
            post("headerrules/", with(&rule, &json!({ "set_id": 999_999 })), "Invalid 'set_id'"),
            post("headerrules/", with(&rule, &json!({ "direction": "sideways" })), "…field='direction'…"),
            post(conditions, with(&condition, &json!({ "rule_id": 999_999 })), "Invalid 'rule_id'"),
            post(conditions, with(&condition, &json!({ "values": ["("] })), "…field='values'…unclosed group'"),
            post(conditions, with(&condition, &json!({ "rwr_set_id": foreign })), "Invalid 'rwr_set_id'"),
            post(conditions, without(&condition, "rwr_dp"), "…field='rwr_dp'…"),
            post(conditions, with(&condition, &json!({ "match_type": "body" })), "…field='match_type', input='body'…"),
            post(actions, without(&action, "value"), "…Value field is required…"),
            post(actions, with(&action, &json!({ "action_type": "wipe" })), "…field='action_type', input='wipe'…"),
            delete(&format!("rewriterulesets/{rewrites}"), "Rewrite rule set is still in use.").status(423),
        ],
    )
    .await;
    for path in [set_path.clone(), rule_path.clone(), format!("headerruleactions/{action_id}")] {
        two.door.get(&format!("/api/{path}")).await.refuses_with(404, "not found");
    }
    for list in [
        format!("headerrulesets/?subscriber_id={}", subscriber.id),
        format!("headerrules/?set_id={set_id}&direction=outbound"),
        format!("headerruleconditions/?rule_id={rule_id}&expression_negation=1"),
        format!("headerruleactions/?rule_id={rule_id}&header=Fr*"),
    ] {
        assert_eq!(one.door.list(&list).await.len(), 1, "{list}");
    }
    let patch = json!([{ "op": "add", "path": "/values", "value": "^44", "mode": "append" }]);
    one.door.patch(&format!("/api/headerruleconditions/{condition_id}"), &patch).await.is(204);
    assert_eq!(one.door.item(&path).await["values"], json!(["^43", "^49", "^44"]));
    one.door.set(&format!("/api/headerruleactions/{action_id}"), "action_type", "remove").await.is(204);

    let preferences = format!("/api/subscriberpreferences/{}", subscriber.id);
    let named = json!([{ "op": "add", "path": "/header_rule_set", "value": "privacy" }]);
    one.door.patch(&preferences, &named).await.is(204);
    one.door.delete(&format!("/api/{set_path}")).await.refuses(423, "Header rule set is still in use.");
    let moved = one.door.set(&format!("/api/{set_path}"), "subscriber_id", Value::Null).await;
    moved.refuses(423, "Header rule set is still in use.");
    one.door.patch(&preferences, &json!([{ "op": "remove", "path": "/header_rule_set" }])).await.is(204);
    one.door.delete(&format!("/api/{set_path}")).await.is(204);
    for list in ["headerrules/", "headerruleconditions/", "headerruleactions/"] {
        assert_eq!(one.door.list(list).await.len(), 0, "{list}");
    }
    one.door.delete(&format!("/api/rewriterulesets/{rewrites}")).await.is(204);
}

async fn of_upn_rewrites(world: &World) {
    let (one, two) = (world.reseller("upn").await, world.reseller("npn").await);
    let customer = world.customer(&one).await;
    let subscriber = world.subscriber(&one, &customer, &json!({})).await;
    let body =
        json!({ "subscriber_id": subscriber.id, "new_cli": "4311", "upn_rewrite_sources": [{ "pattern": "^0$" }] });
    let id = one.door.create("upnrewritesets", &body).await;
    let path = format!("/api/upnrewritesets/{id}");
    let more =
        json!([{ "op": "add", "path": "/upn_rewrite_sources", "value": { "pattern": "^1$" }, "mode": "append" }]);
    one.door.patch(&path, &more).await.is(204);
    let item = one.door.item(&path).await;
    assert_eq!(item["upn_rewrite_sources"], json!([{ "pattern": "^0$" }, { "pattern": "^1$" }]));
    commit(
        &one.door,
        vec![
            post("upnrewritesets/", without(&body, "new_cli"), "…New cli field is required…"),
            post("upnrewritesets/", with(&body, &json!({ "subscriber_id": 999_999 })), "Invalid 'subscriber_id'"),
            post(
                "upnrewritesets/",
                with(&body, &json!({ "upn_rewrite_sources": [{ "pattern": "(" }] })),
                "…field='upn_rewrite_sources'…unclosed group'",
            ),
        ],
    )
    .await;
    two.door.get(&path).await.refuses(404, "Entity 'upnrewriteset' not found.");
    assert_eq!(one.door.list(&format!("upnrewritesets/?subscriber_id={}", subscriber.id)).await.len(), 1);
    one.door.delete(&format!("/api/subscribers/{}", subscriber.id)).await.is(204);
    one.door.get(&path).await.refuses(404, "Entity 'upnrewriteset' not found.");
}

store::on_both! {
    async fn rewrites_of_numbers_and_headers(database: TestDb) {
        let world = World::new(database).await;
        of_rewrite_rules(&world).await;
        of_rewrites(&world).await;
        of_header_rules(&world).await;
        of_upn_rewrites(&world).await;
        world.server.stop().await;
    }
}
