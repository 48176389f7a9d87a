//! Carriers that numbers are ported to, and the numbers, one by one and as files.

use serde_json::{Value, json};

use super::{commit, delete, patch, post, put, set, with, without};
use crate::ngcp::client::{Answer, Door};
use crate::ngcp::world::World;
use crate::patience::until;
use crate::site::SECRET;

const CSV: (&str, &str) = ("Content-Type", "text/csv");

async fn upload(door: &Door, query: &str, headers: &[(&str, &str)], text: &str) -> Answer {
    let headers = [&[CSV][..], headers].concat();
    door.send("POST", &format!("/api/lnpnumbers/{query}"), &headers, text).await
}

/// The file that the API gives out.
async fn download(door: &Door, query: &str) -> String {
    let answer = door.send("GET", &format!("/api/lnpnumbers/{query}"), &[("Accept", "text/csv")], "").await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=lnp_list.csv"));
    answer.text
}

async fn numbers(door: &Door, query: &str) -> Vec<String> {
    let found = door.list(&format!("lnpnumbers/{query}")).await;
    found.iter().map(|number| number["number"].as_str().unwrap().to_owned()).collect()
}

async fn of_carriers_and_numbers(world: &World) {
    let admin = &world.admin;
    let reseller = world.reseller("one").await;
    let carrier = json!({ "name": "Alpha", "prefix": "D1", "authoritative": true });
    let alpha = admin.create("lnpcarriers", &carrier).await;
    let beta = admin.create("lnpcarriers", &json!({ "name": "Beta", "prefix": "D1" })).await;
    let shown = admin.item(&format!("/api/lnpcarriers/{beta}")).await;
    assert_eq!(json!([shown["authoritative"], shown["skip_rewrite"]]), json!([false, false]));
    assert_eq!(reseller.door.list("lnpcarriers/?name=Al*").await.len(), 1);
    reseller.door.post("/api/lnpcarriers/", &carrier).await.refuses(403, "Read-only resource for authenticated role");
    reseller.door.get("/api/lnpnumbers/").await.refuses(403, "Invalid user");
    reseller.door.delete("/api/lnpnumbers/?number=431").await.refuses(403, "Invalid user");
    reseller.door.get("/api/lnpimports/").await.refuses(403, "Invalid user");
    let body = json!({
        "carrier_id": alpha, "number": "431234567", "routing_number": "4399", "start": "2026-01-01 06:30:00",
        "end": "2098-12-31", "type": "mobile",
    });
    let id = admin.create("lnpnumbers", &body).await;
    let path = format!("lnpnumbers/{id}");
    let item = admin.get(&format!("/api/{path}?expand=carrier_id")).await.is(200).json;
    assert_eq!(
        json!([item["carrier_id"], item["number"], item["routing_number"], item["start"], item["end"], item["type"]]),
        json!([alpha, "431234567", "4399", "2026-01-01", "2098-12-31", "mobile"])
    );
    assert_eq!(item["carrier_id_expand"]["name"], "Alpha");
    let own = format!("lnpcarriers/{alpha}");
    commit(
        admin,
        vec![
            post("lnpcarriers/", carrier.clone(), "LNP carrier with name 'Alpha' already exists."),
            post("lnpcarriers/", without(&carrier, "prefix"), "…field='prefix'…Prefix field is required…"),
            post("lnpcarriers/", with(&carrier, &json!({ "name": "x".repeat(32) })), "…field='name'…"),
            set(&own, "name", "Beta", "LNP carrier with name 'Beta' already exists."),
            delete(&own, "Failed to delete lnp carrier.").status(500),
            post("lnpnumbers/", body.clone(), "LNP number '431234567' of this carrier with this start already exists."),
            post("lnpnumbers/", with(&body, &json!({ "carrier_id": 999_999 })), "lnp carrier_id does not exist"),
            post("lnpnumbers/", without(&body, "carrier_id"), "…field='carrier_id'…"),
            post(
                "lnpnumbers/",
                with(&body, &json!({ "number": "+431" })),
                "Validation failed. field='number', input='+431', errors='Number must be a valid E164 number'",
            ),
            post("lnpnumbers/", without(&body, "number"), "…field='number'…"),
            post("lnpnumbers/", with(&body, &json!({ "start": "soon" })), "…field='start', input='soon'…"),
            put(&path, with(&body, &json!({ "end": "2025-01-01" })), "…field='end'…"),
            set(&path, "carrier_id", 999_999, "lnp carrier_id does not exist"),
            patch(&path, json!([{ "op": "remove", "path": "/type" }]), "Invalid PATCH op 'remove'…").status(400),
            delete("lnpnumbers/", "…field='number'…"),
            delete("lnpnumbers/?number=*1", "…field='number'…"),
            delete("lnpnumbers/?number=1&actual=perhaps", "Invalid 'actual': 'perhaps'"),
        ],
    )
    .await;

    // What was exact stays so when what is shown of it is sent back.
    admin.set(&format!("/api/{path}"), "type", "fixed").await.is(204);
    let row = "Alpha,D1,431234567,4399,2026-01-01 06:30:00,2098-12-31,1,0,fixed\n";
    assert_eq!(download(admin, "?number=431234567").await, row);
    admin.set(&format!("/api/{path}"), "end", Value::Null).await.is(204);
    assert_eq!(admin.item(&format!("/api/{path}")).await["end"], Value::Null);

    // Ported again later; who has it now, and who had or will have it.
    let later = with(&body, &json!({ "carrier_id": beta, "start": "2090-01-01", "end": null }));
    admin.create("lnpnumbers", &later).await;
    let carriers = async |query: &str| -> Vec<Value> {
        let found = admin.list(&format!("lnpnumbers/?number=431234567{query}")).await;
        found.iter().map(|number| number["carrier_id"].clone()).collect()
    };
    assert_eq!(carriers("&actual=1").await, [alpha]);
    assert_eq!(carriers("&actual=0").await, [beta]);
    assert_eq!(carriers("").await, [alpha, beta]);
    assert_eq!(numbers(admin, &format!("?carrier_id={beta}")).await.len(), 1);
    assert_eq!(numbers(admin, "?number=4312*").await.len(), 2);
    assert!(numbers(admin, "?number=43124*").await.is_empty());

    admin.delete("/api/lnpnumbers/?number=431234567&actual=0").await.is(204);
    assert_eq!(carriers("").await, [alpha]);
    admin.delete(&format!("/api/{path}")).await.is(204);
    admin.get(&format!("/api/{path}")).await.refuses(404, "Entity 'lnpnumber' not found.");
    admin.delete(&format!("/api/lnpcarriers/{alpha}")).await.is(204);
    let options = admin.options("/api/lnpnumbers/").await.is(200);
    assert_eq!(options.header("allow"), Some("GET, POST, DELETE, OPTIONS, HEAD"));
}

async fn of_files(world: World) {
    let admin = world.admin.clone();
    let alpha = admin.create("lnpcarriers", &json!({ "name": "Alpha", "prefix": "D1" })).await;
    let old = admin.create("lnpnumbers", &json!({ "carrier_id": alpha, "number": "4399" })).await;
    let file = "Alpha,D1,43100,4311,2026-01-01,2030-12-31,0,0,mobile\nBeta,D2,43101,,,,1,1,\n";
    let answer = upload(&admin, "", &[], file).await.is(201);
    assert_eq!(answer.text, "");
    let import = admin.item(answer.header("location").unwrap()).await;
    assert_eq!(json!([import["state"], import["staged"], import["published"]]), json!(["done", 2, 2]));
    assert_eq!(numbers(&admin, "").await, ["4399", "43100", "43101"]);
    let beta = &admin.list("lnpcarriers/?name=Beta").await[0];
    assert_eq!(json!([beta["prefix"], beta["authoritative"], beta["skip_rewrite"]]), json!(["D2", true, true]));
    assert_eq!(download(&admin, "?number=431*").await, file);

    // In place of all others; what is given out can be taken in.
    upload(&admin, "?purge_existing=true", &[], file).await.is(201);
    assert_eq!(numbers(&admin, "").await, ["43100", "43101"]);
    admin.get(&format!("/api/lnpnumbers/{old}")).await.refuses(404, "Entity 'lnpnumber' not found.");
    assert_eq!(download(&admin, "").await, file);
    let page = admin.get("/api/lnpnumbers/?rows=1&page=2").await.is(200);
    assert_eq!(page.json["total_count"], 2);

    // Of a bad file there is nothing, and each bad line is named.
    for (text, message) in [
        ("Alpha,D1,43200\nGamma,D3\n", "line 2: number `` is not 1 to 31 digits"),
        ("Alpha,D7,43200\n", "line 1: the prefix of carrier `Alpha` is `D1`"),
        ("number,colour\n", "line 1: there is no column `colour`"),
        ("", "line 1: there is no row in the file"),
    ] {
        upload(&admin, "?purge_existing=true", &[], text).await.refuses(422, message);
        assert_eq!(numbers(&admin, "").await, ["43100", "43101"]);
        assert_eq!(admin.list("lnpcarriers/").await.len(), 2);
    }
    let failed = admin.list("lnpimports/?state=failed").await;
    assert_eq!(
        (failed.len(), failed[1]["message"].as_str()),
        (4, Some("line 1: the prefix of carrier `Alpha` is `D1`"))
    );

    // Whoever does not wait is told where to look. The server is killed, and the next one goes on.
    let many: String = (0..12_000).map(|n| format!("Gamma,D3,{}\n", 4_500_000 + n)).collect();
    let answer = upload(&admin, "", &[("Prefer", "respond-async")], &many).await.is(202);
    let location = answer.header("location").unwrap().to_owned();
    world.server.kill_group().await;
    let mut server = world.site.serve().await;
    let admin = Door::new(&server.url().await, &world.site.data("tls-certificate.pem")).login("administrator", SECRET);
    until("the import is done", async || {
        let import = admin.item(&location).await;
        (import["state"] == "done" && import["published"] == 12_000).then_some(())
    })
    .await;
    assert_eq!(numbers(&admin, "?number=4511999").await, ["4511999"]);
    let count =
        async |query: &str| admin.get(&format!("/api/lnpnumbers/{query}")).await.is(200).json["total_count"].clone();
    assert_eq!(count("").await, 12_002);
    assert_eq!(download(&admin, "?number=45*").await.lines().count(), 12_000);
    let gamma = admin.list("lnpcarriers/?name=Gamma").await[0]["id"].clone();
    admin.delete(&format!("/api/lnpnumbers/?carrier_id={gamma}")).await.is(204);
    assert_eq!((count("").await, count(&format!("?carrier_id={gamma}")).await), (json!(2), json!(0)));

    // A removal goes on to its end when whoever asked for it hangs up, or does not want to wait.
    for hangs_up in [true, false] {
        upload(&admin, "", &[], &many).await.is(201);
        let path = format!("/api/lnpnumbers/?carrier_id={gamma}");
        if hangs_up {
            let (door, path) = (admin.clone(), path.clone());
            let asking = tokio::spawn(async move { door.delete(&path).await });
            until("the removal has begun", async || (count("?number=45*").await != 12_000).then_some(())).await;
            asking.abort();
        } else {
            admin.send("DELETE", &path, &[("Prefer", "respond-async")], "").await.is(202);
        }
        until("all are removed", async || (count("").await == 2).then_some(())).await;
    }
    server.stop().await;
}

store::on_both! {
    async fn of_lnp_rules(database: TestDb) {
        let world = World::new(database).await;
        of_carriers_and_numbers(&world).await;
        world.server.stop().await;
    }

    async fn of_lnp_files_rules(database: TestDb) {
        of_files(World::new(database).await).await;
    }
}
