//! Client certificates: one is asked for, comes as a zip, opens the door to curl, and is good until the next.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::ngcp::client::Door;
use crate::ngcp::world::{PASSWORD, World};
use crate::tool::{curl, run};

const UNZIP: &str =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); z.extractall(sys.argv[2]); print('\\n'.join(z.namelist()))";

/// Asks for a certificate, unpacks it, and tells where its PEM and P12 files are.
async fn certificate(world: &World, door: &Door, body: &serde_json::Value, name: &str) -> (PathBuf, PathBuf) {
    let answer = door.post("/api/admincerts/", body).await.is(201);
    assert_eq!(answer.header("content-type"), Some("application/zip"), "{answer:?}");
    let disposition = answer.header("content-disposition").unwrap();
    let serial = disposition
        .strip_prefix("attachment; filename=NGCP-API-client-certificate-")
        .and_then(|rest| rest.strip_suffix(".zip"))
        .unwrap_or_else(|| panic!("{disposition}"));
    assert!(serial.bytes().all(|b| b.is_ascii_digit()), "{disposition}");
    let (zip, folder) = (world.site.path(&format!("{name}.zip")), world.site.path(name));
    std::fs::write(&zip, &answer.bytes).unwrap();
    let words = ["-c", UNZIP, zip.to_str().unwrap(), folder.to_str().unwrap()];
    let listed = run(world.site.folder(), "python3", &words).await;
    let mut members: Vec<&str> = listed.lines().collect();
    members.sort_unstable();
    let file = |ending: &str| format!("NGCP-API-client-certificate-{serial}.{ending}");
    assert_eq!(members, [file("p12"), file("pem"), "README.txt".to_owned()]);
    (folder.join(file("pem")), folder.join(file("p12")))
}

/// What curl gets with a certificate and no other credentials.
async fn shown(world: &World, pem: &Path, path: &str) -> (u16, String) {
    let url = format!("{}{path}", world.door.url());
    let ca = world.site.data("tls-certificate.pem");
    let words = ["--cacert", ca.to_str().unwrap(), "--cert", pem.to_str().unwrap(), &url];
    curl(world.site.folder(), &words).await
}

/// A certificate that this server has not issued.
async fn forged(world: &World, subject: &str, name: &str) -> PathBuf {
    let pem = world.site.path(name);
    let file = pem.to_str().unwrap();
    let words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        subject,
        "-keyout",
        file,
        "-out",
        &format!("{file}.crt"),
    ];
    run(world.site.folder(), "openssl", &words).await;
    let both = format!(
        "{}{}",
        std::fs::read_to_string(&pem).unwrap(),
        std::fs::read_to_string(format!("{file}.crt")).unwrap()
    );
    std::fs::write(&pem, both).unwrap();
    pem
}

store::on_both! {
    async fn certificates_open_the_door_until_the_next(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("certified").await;
        let (door, id) = (&reseller.door, reseller.admin_id);
        let state = async || world.admin.item(&format!("/api/admincerts/{id}")).await["has_certificate"].as_i64();
        assert_eq!(state().await, Some(0));
        let (first, p12) = certificate(&world, door, &json!({}), "first").await;
        assert_eq!(state().await, Some(1));
        let inside = ["pkcs12", "-in", p12.to_str().unwrap(), "-passin", "pass:sipwise", "-nodes"];
        let inside = run(world.site.folder(), "openssl", &inside).await;
        assert!(inside.contains("BEGIN CERTIFICATE") && inside.contains("PRIVATE KEY"), "{inside}");
        let subject = ["x509", "-in", first.to_str().unwrap(), "-noout", "-subject", "-nameopt", "RFC2253"];
        let subject = run(world.site.folder(), "openssl", &subject).await;
        assert_eq!(subject.trim(), "subject=CN=Sipwise NGCP API client certificate");

        // With it, somebody is who asked for it, at the door of administrators.
        let (status, body) = shown(&world, &first, "/api/customercontacts/").await;
        assert_eq!(status, 200, "{body}");
        let (status, body) = shown(&world, &first, "/api/resellers/").await;
        assert_eq!((status, body.trim()), (403, "{\"code\":403,\"message\":\"Invalid user\"}"));
        let (second, _) = certificate(&world, &world.admin, &json!({ "login": "certified_login" }), "second").await;
        let refused = (403, "{\"code\":403,\"message\":\"Invalid user\"}\n".to_owned());
        assert_eq!(shown(&world, &first, "/api/customercontacts/").await, refused, "a new one revokes the old");
        assert_eq!(shown(&world, &second, "/api/customercontacts/").await.0, 200);

        // Forgeries, the name of ours or another's.
        let ours = forged(&world, "/CN=Sipwise NGCP API client certificate", "ours.pem").await;
        assert_eq!(shown(&world, &ours, "/api/customercontacts/").await, refused);
        let theirs = forged(&world, "/CN=administrator", "theirs.pem").await;
        let (status, body) = shown(&world, &theirs, "/api/customercontacts/").await;
        assert_eq!((status, body.contains("Invalid client certificate DN 'CN=administrator'")), (403, true), "{body}");

        // Whose it may be.
        let unknown = json!({ "login": "nobody at all" });
        let message = "Invalid login, administrator does not exist";
        world.admin.post("/api/admincerts/", &unknown).await.refuses(422, message);
        let answer = door.post("/api/admincerts/", &json!({ "login": "administrator" })).await;
        assert!([403, 422].contains(&answer.status), "{answer:?}");
        world.staff("lookers", "admin", 1, &json!({ "read_only": true })).await;
        let looker = world.door.login("lookers", PASSWORD);
        let (pem, _) = certificate(&world, &looker, &json!({}), "third").await;
        assert_eq!(shown(&world, &pem, "/api/resellers/").await.0, 200);

        world.admin.set(&format!("/api/admins/{id}"), "is_active", false).await.is(204);
        assert_eq!(shown(&world, &second, "/api/customercontacts/").await, refused);
        world.admin.set(&format!("/api/admins/{id}"), "is_active", true).await.is(204);
        assert_eq!(shown(&world, &second, "/api/customercontacts/").await.0, 200);
        door.delete(&format!("/api/admincerts/{id}")).await.is(204);
        assert_eq!(shown(&world, &second, "/api/customercontacts/").await, refused);
        assert_eq!(state().await, Some(0));
        world.server.stop().await;
    }
}
