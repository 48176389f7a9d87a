//! The OpenAPI document and the server agree: schemathesis invents requests from the one and looks at the answers of the
//! other.

use std::path::PathBuf;

use serde_json::json;

use super::tool::run;
use super::world::World;
use crate::site::SECRET;

/// How long it may try, in seconds.
const LIMIT: &str = "60";
/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// What would lock the tester out: its own password.
const LEFT_OUT: &str = "passwordchange";

/// Where the test command installs it.
fn program() -> PathBuf {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    root.join("target/it/schemathesis/bin/schemathesis")
}

store::on_both! {
    async fn the_server_does_as_its_document_says(database: TestDb) {
        // Pools that are made up run dry at once, and stay so.
        let world = World::with(database, &[("STROWGER_REFILL_RETRY_AFTER", "1h")]).await;
        let reseller = world.reseller("documented").await;
        let customer = world.customer(&reseller).await;
        world.subscriber(&reseller, &customer, &json!({ "administrative": true })).await;
        world.site.ok("pool add london --area-code 20 --setup-price 0.1 --monthly-price 0.5").await;
        world.site.ok("number add london 442079460000 442079460009").await;
        let document = world.admin.get("/api/?openapi=json").await.is(200).text;
        let file = world.site.write("openapi.json", &document);
        let certificate = world.site.data("tls-certificate.pem");
        let login = format!("administrator:{SECRET}");
        let words = [
            "run", "--url", world.door.url(), "--auth", &login, "--tls-verify", certificate.to_str().unwrap(),
            "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-time", LIMIT, "--max-examples", "15",
            "--generation-deterministic", "--continue-on-failure", "--no-color", "--suppress-health-check", "all",
            "--warnings", "off", "--exclude-path-regex", LEFT_OUT, file.to_str().unwrap(),
        ];
        run(world.site.folder(), program().to_str().unwrap(), &words).await;
        world.server.stop().await;
    }
}
