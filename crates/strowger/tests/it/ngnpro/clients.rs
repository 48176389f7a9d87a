//! Clients that know nothing but the WSDL: zeep and PHP's SoapClient. They do their work, and say `done`.

use super::door::Door;
use crate::site::SECRET;
use crate::tool::run;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/it/zeep/bin/python");
const ZEEP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ngnpro_data/client.py");
const PHP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ngnpro_data/client.php");

store::on_both! {
    async fn clients_are_made_from_the_wsdl(database: TestDb) {
        let door = Door::new(database).await;
        for (program, script) in [(PYTHON, ZEEP), ("php", PHP)] {
            assert_eq!(run(door.site.folder(), program, &[script, &door.url, "administrator", SECRET]).await, "done\n", "{script}");
        }
        door.server.stop().await;
    }
}
