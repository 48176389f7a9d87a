//! The handbook's program: the whole life of a customer and a subscriber, in Perl, as a reseller and as an administrator.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::world::{PASSWORD, World};
use crate::site::SECRET;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ngcp_data/life_cycle.pl");
const NUMBER: &str = "10001";

/// The program at work.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    ids: BTreeMap<String, i64>,
}

impl Program {
    fn start(world: &World, user: &str, password: &str, more: &[String]) -> Program {
        let mut command = Command::new("perl");
        command
            .arg(PROGRAM)
            .args([world.door.host(), user, password])
            .args(more)
            .env("PERL_LWP_SSL_CA_FILE", world.site.data("tls-certificate.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Program { child, lines, ids: BTreeMap::new() }
    }

    /// Reads until it says that word.
    async fn says(&mut self, word: &str) {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            match line.split_once(' ') {
                Some((name, id)) => {
                    self.ids.insert(name.to_owned(), id.parse().unwrap());
                }
                None if line == word => return,
                None => panic!("{line}"),
            }
        }
        let mut error = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut self.child.stderr.take().unwrap(), &mut error).await.unwrap();
        panic!("the program ended before {word}: {error}");
    }

    fn id(&self, name: &str) -> i64 {
        self.ids[name]
    }

    /// Lets it go on to its end.
    async fn ends(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").await.unwrap();
        self.says("terminated").await;
        assert!(self.child.wait().await.unwrap().success());
    }
}

/// The numbers of a subscriber, as `cc ac sn`.
fn numbers(subscriber: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all = std::iter::once(&subscriber["primary_number"]).chain(subscriber["alias_numbers"].as_array().unwrap());
    all.map(|number| format!("{} {} {}", number["cc"], text(&number["ac"]), text(&number["sn"]))).collect()
}

/// What the program has made stands as it should, then it ends, and what it had is free again.
async fn lives_and_ends(world: &World, mut program: Program) {
    program.says("alive").await;
    let (customer, subscriber) = (program.id("customer"), program.id("subscriber"));
    let admin = &world.admin;

    let item = admin.item(&format!("/api/subscribers/{subscriber}")).await;
    let wanted = ["43 9876 10001", "43 9877 10001", "43 9878 10001", "1 5432 10001", "1 5433 10001"];
    assert_eq!(numbers(&item), wanted);
    assert_eq!(
        (&item["username"], &item["webusername"], &item["password"], &item["status"]),
        (&json!("test_10001"), &json!("test_10001"), &json!("secret subscriber pass"), &json!("active")),
    );
    let assigned = admin.list(&format!("numbers/?subscriber_id={subscriber}")).await;
    assert_eq!(assigned.len(), 5, "{assigned:?}");
    let forwards = admin.item(&format!("/api/callforwards/{subscriber}")).await;
    let destinations: Vec<_> = forwards["cfna"]["destinations"].as_array().unwrap().iter().collect();
    let timeouts: Vec<_> = destinations.iter().map(|destination| &destination["timeout"]).collect();
    assert_eq!(timeouts, [10, 300], "{forwards}");
    let simple: Vec<_> = destinations.iter().map(|destination| &destination["simple_destination"]).collect();
    assert_eq!(simple, ["4366610001", "4366710001"], "{forwards}");
    assert_eq!((&forwards["cfu"], &forwards["cfna"]["times"]), (&json!({}), &json!([])), "{forwards}");
    let preferences = admin.item(&format!("/api/subscriberpreferences/{subscriber}")).await;
    assert_eq!(preferences["block_in_clir"], json!(true), "{preferences}");
    assert_eq!(preferences["block_in_list"], json!(["4366412345", "431*"]), "{preferences}");
    assert_eq!(preferences["cc"], json!("43"), "{preferences}");
    assert_eq!(preferences.get("prepaid_library"), None, "it is none of a subscriber's preferences: {preferences}");

    program.ends().await;
    for of_subscriber in ["subscribers", "callforwards", "subscriberpreferences", "cfmappings"] {
        assert_eq!(admin.get(&format!("/api/{of_subscriber}/{subscriber}")).await.status, 404, "{of_subscriber}");
    }
    assert!(admin.list(&format!("numbers/?subscriber_id={subscriber}")).await.is_empty());
    assert!(admin.list(&format!("subscribers/?customer_id={customer}")).await.is_empty());
    let item = admin.item(&format!("/api/customers/{customer}")).await;
    assert_eq!(item["status"], "terminated", "{item}");
    assert!(item["terminate_timestamp"].is_string(), "{item}");
    // Only the terminated customer refers to the contact.
    admin.delete(&format!("/api/customercontacts/{}", program.id("contact"))).await.is(204);
}

store::on_both! {
    async fn the_handbooks_program_runs_as_reseller_and_as_administrator(database: TestDb) {
        let world = World::legacy(database).await;
        let reseller = world.reseller("alice").await;
        let profile = json!({ "name": "test", "handle": "my_test_profile" });
        reseller.door.create("billingprofiles", &profile).await;
        let login = format!("{}_login", reseller.name);
        let (domain, number) = (reseller.domain.clone(), NUMBER.to_owned());
        let program = Program::start(&world, &login, PASSWORD, &[domain.clone(), number.clone()]);
        lives_and_ends(&world, program).await;
        // Names and numbers of the first run are free again: the second has the same.
        let program = Program::start(&world, "administrator", SECRET, &[domain, number, reseller.id.to_string()]);
        lives_and_ends(&world, program).await;
        world.server.stop().await;
    }
}
