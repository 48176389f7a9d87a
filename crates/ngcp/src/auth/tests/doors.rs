//! Who is let in by what, and with which words others are kept out.

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use registry::ban;
use serde_json::json;
use web::ClientCertificate;

use super::{Ask, Doors, NOW, PASSWORD, SIMPLE, ask, certificate_in, members};
use crate::Realm;

store::on_both! {
    async fn each_door_asks_for_its_own_password(db: TestDb) {
        let doors = Doors::open(&db).await;
        for (realm, name) in [(Realm::Admin, "api_admin_http"), (Realm::Subscriber, "api_subscriber_http")] {
            for request in [
                ask("GET", "/api/customercontacts/"),
                ask("GET", "/api/customercontacts/").basic("administrator", "wrong"),
                ask("GET", "/api/customercontacts/").basic("", PASSWORD),
                ask("GET", "/api/customercontacts/").header("authorization", "Basic ???"),
                ask("GET", "/api/customercontacts/").header("authorization", "Digest x"),
            ] {
                let answer = doors.send(request.at(realm)).await;
                assert_eq!(answer.status, 401);
                assert_eq!(answer.headers["www-authenticate"], format!("Basic realm=\"{name}\""));
                assert_eq!(answer.headers["content-type"], "text/plain");
                assert_eq!(answer.body, b"Authorization required.");
            }
        }
        assert_eq!(doors.send(ask("GET", "/api/customercontacts/").boss()).await.status, 200);
        let elsewhere = doors.send(ask("GET", "/api/subscribers/").boss().at(Realm::Subscriber)).await;
        assert_eq!(elsewhere.status, 401, "administrators are unknown on the subscribers' door");
    }

    async fn certificates_decide_first(db: TestDb) {
        let doors = Doors::open(&db).await;
        let jane = doors.admin("jane.doe", json!({ "read_only": true })).await;
        let issue = |request: Ask| request.body(json!({}));
        let first = doors.send(issue(ask("POST", "/api/admincerts/").basic("jane.doe", SIMPLE))).await;
        assert_eq!((first.status, &first.headers["content-type"]), (201, &"application/zip".parse().unwrap()));
        let der = certificate_in(&first.body);
        let serial = first.headers["content-disposition"].to_str().unwrap();
        let serial = serial.strip_prefix("attachment; filename=NGCP-API-client-certificate-").unwrap();
        let serial = serial.strip_suffix(".zip").unwrap();
        assert!(serial.parse::<i64>().is_ok());
        let names = members(&first.body).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let name = |end: &str| format!("NGCP-API-client-certificate-{serial}.{end}");
        assert_eq!(names, ["README.txt".to_owned(), name("pem"), name("p12")]);
        let (_, p12) = members(&first.body).pop().unwrap();
        let store = KeyStore::from_pkcs12(&p12, "sipwise", Pkcs12ImportPolicy::Strict).unwrap();
        assert_eq!(store.private_key_chain().unwrap().1.certs()[0].as_der(), der);
        let list = || ask("GET", "/api/admincerts/");
        assert_eq!(doors.send(list().certificate(&der)).await.json()["total_count"], 1, "it sees what jane sees");
        let held = doors.send(ask("GET", &format!("/api/admincerts/{jane}")).certificate(&der)).await.json();
        assert_eq!(held["has_certificate"], 1);
        let write = ask("POST", "/api/authtokens/").certificate(&der).body(json!({ "type": "onetime" }));
        assert_eq!(doors.send(write).await.says(), "403 Invalid HTTP method for read-only user");

        let second = doors.send(issue(ask("POST", "/api/admincerts/").certificate(&der))).await;
        assert_eq!(second.status, 201);
        assert_eq!(doors.send(list().certificate(&der)).await.says(), "403 Invalid user", "a new one revokes the old");
        assert_eq!(doors.send(list().certificate(&der).boss()).await.says(), "403 Invalid user", "a password is not looked at");
        let der = certificate_in(&second.body);
        assert_eq!(doors.send(list().certificate(&der)).await.status, 200);

        let same_name = ClientCertificate::new(crate::auth::CERTIFICATE_NAME, 1, NOW).unwrap().certificate;
        assert_eq!(doors.send(list().certificate(&same_name)).await.says(), "403 Invalid user", "a name alone is nothing");
        let stranger = ClientCertificate::new("stranger", 1, NOW).unwrap().certificate;
        assert_eq!(doors.send(list().certificate(&stranger)).await.says(), "403 Invalid client certificate DN 'CN=stranger'");
        let for_jane = ask("POST", "/api/admincerts/").boss().body(json!({ "login": "jane.doe" }));
        assert_eq!(doors.send(for_jane).await.status, 201);
        let nobody = ask("POST", "/api/admincerts/").boss().body(json!({ "login": "nobody" }));
        assert_eq!(doors.send(nobody).await.says(), "422 Invalid login, administrator does not exist");
        let spy = ask("POST", "/api/admincerts/").basic("jane.doe", SIMPLE).body(json!({ "login": "administrator" }));
        assert_eq!(doors.send(spy).await.says(), "422 Invalid login, administrator does not exist");
        let revoke = format!("/api/admincerts/{jane}");
        assert_eq!(doors.send(ask("DELETE", &revoke).boss()).await.status, 204);
        assert_eq!(doors.send(ask("DELETE", &revoke).boss()).await.status, 404);
    }

    async fn who_guesses_is_banned(db: TestDb) {
        let doors = Doors::open(&db).await;
        doors.admin("jane.doe", json!({})).await;
        let get = |password: &str| ask("GET", "/api/admins/").basic("jane.doe", password);
        assert_eq!(doors.send(get(SIMPLE)).await.status, 200);
        for _ in 0..ban::USER_FAILURES {
            assert_eq!(doors.send(get("wrong").from("192.0.2.7:5")).await.status, 401);
        }
        assert_eq!(doors.send(get("wrong")).await.says(), "403 Banned");
        assert_eq!(doors.send(get(SIMPLE)).await.says(), "403 Banned", "also what was found right a moment ago");
        let body = json!({ "username": "jane.doe", "password": SIMPLE });
        assert_eq!(doors.log_in(Realm::Admin, body).await.says(), "403 Banned");

        let banned = doors.send(ask("GET", "/api/bannedusers/").boss()).await.json();
        assert_eq!(banned["total_count"], 1);
        let item = &banned["_embedded"]["ngcp:bannedusers"][0];
        assert_eq!((&item["username"], &item["realm"], &item["auth_count"]), (&json!("jane.doe"), &json!("admin"), &json!(10)));
        let path = format!("/api/bannedusers/{}", item["id"]);
        assert_eq!(doors.send(ask("GET", &path).boss()).await.status, 200);
        assert_eq!(doors.send(ask("DELETE", &path).boss()).await.status, 204);
        assert_eq!(doors.send(ask("GET", &path).boss()).await.status, 404);
        assert_eq!(doors.send(get(SIMPLE)).await.status, 200);

        for n in 0..ban::ADDRESS_FAILURES {
            doors.send(ask("GET", "/api/admins/").basic(&format!("user{n}"), "wrong").from("192.0.2.8:5")).await;
        }
        assert_eq!(doors.send(get(SIMPLE).from("192.0.2.8:6")).await.says(), "403 Banned");
        assert_eq!(doors.send(get(SIMPLE).from("192.0.2.9:6")).await.status, 200);
        let ips = doors.send(ask("GET", "/api/bannedips/?ip=192.0.2.*").boss()).await.json();
        assert_eq!(ips["_embedded"]["ngcp:bannedips"][0]["ip"], "192.0.2.8");
        doors.clock.advance(ban::DURATION);
        assert_eq!(doors.send(ask("GET", "/api/bannedips/").boss()).await.json()["total_count"], 0, "it ends by itself");
        assert_eq!(doors.send(get(SIMPLE).from("192.0.2.8:6")).await.status, 200);
    }

    async fn a_ban_of_a_subscriber_holds_however_its_domain_is_written(db: TestDb) {
        let doors = Doors::open(&db).await;
        let own = format!("/api/subscribers/{}", doors.alice().await);
        let get = |name: &str, password: &str| ask("GET", &own).at(Realm::Subscriber).basic(name, password);
        let spellings = ["alice@example.org", "alice@EXAMPLE.org", "alice@Example.Org", "alice@example.ORG"];
        for n in 0..ban::USER_FAILURES {
            let name = spellings[usize::try_from(n).unwrap() % spellings.len()];
            let answer = match n % 2 {
                0 => doors.send(get(name, "wrong")).await.status,
                _ => doors.log_in(Realm::Subscriber, json!({ "username": name, "password": "wrong" })).await.status,
            };
            assert_eq!(answer, [401, 403][usize::try_from(n).unwrap() % 2], "{name}");
        }
        for name in spellings {
            assert_eq!(doors.send(get(name, SIMPLE)).await.says(), "403 Banned", "{name}");
            let body = json!({ "username": name, "password": SIMPLE });
            assert_eq!(doors.log_in(Realm::Subscriber, body).await.says(), "403 Banned", "{name}");
        }
    }
}
