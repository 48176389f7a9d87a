//! Clients of other languages: they do their work, and say `done`.

use super::world::World;
use crate::site::SECRET;
use crate::tool::{curl, run};

const PHP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ngcp_data/client.php");
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ngcp_data/client.py");

store::on_both! {
    async fn clients_of_other_languages(database: TestDb) {
        let world = World::new(database).await;
        let certificate = world.site.data("tls-certificate.pem");
        let certificate = certificate.to_str().unwrap();
        let url = world.door.url();
        for (program, script) in [("php", PHP), ("python3", PYTHON)] {
            let words = [script, url, certificate, "administrator", SECRET];
            assert_eq!(run(world.site.folder(), program, &words).await, "done\n", "{script}");
        }
        // curl speaks both versions, and follows the missing slash.
        let login = format!("administrator:{SECRET}");
        let path = format!("{url}/api/customercontacts?rows=1");
        for version in ["--http1.1", "--http2"] {
            let words = [version, "--cacert", certificate, "--user", &login, "--location", "--location-trusted", &path];
            let (status, body) = curl(world.site.folder(), &words).await;
            assert_eq!(status, 200, "{version}: {body}");
            assert!(body.contains("\"total_count\":1"), "{version}: {body}");
        }
        world.server.stop().await;
    }
}
