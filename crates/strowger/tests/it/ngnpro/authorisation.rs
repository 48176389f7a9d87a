//! Who may do what to whose records: a table of callers, of owners, and of what can be done to each kind of record.

mod acts;
mod kinds;
mod reach;

use kinds::KINDS;
use store::testing::TestDb;

use super::customers::{PASSWORD, account, properties, property};
use super::door::{Answer, Door, Who, admin, who};
use crate::site::SECRET;

/// Whose records there are: the platform's, two resellers', and those of their customers. `help` has the rights of
/// its reseller.
const OWNERS: [&str; 6] = ["platform", "north", "anna", "bert", "south", "sven"];

/// Who calls, and whether it keeps the records of each owner.
const CALLERS: [(&str, [bool; 6]); 8] = [
    ("administrator", [true; 6]),
    ("administrator as north", [false, true, true, true, false, false]),
    ("north", [false, true, true, true, false, false]),
    ("help", [false, true, true, true, false, false]),
    ("administrator as anna", [false, false, true, false, false, false]),
    ("anna", [false, false, true, false, false, false]),
    ("south", [false, false, false, false, true, true]),
    ("sven", [false, false, false, false, false, true]),
];

/// A server with a record of every kind for every owner.
struct Estate {
    door: Door,
    ids: Vec<(&'static str, String)>,
    /// The ids of those records.
    records: Vec<Vec<String>>,
}

impl Estate {
    async fn new(database: TestDb) -> Estate {
        let door = Door::new(database).await;
        let mut ids: Vec<(&str, String)> = vec![("platform", "0".to_owned())];
        let above =
            [("north", ""), ("south", ""), ("anna", "north"), ("bert", "north"), ("help", "north"), ("sven", "south")];
        for (name, reseller) in above {
            let reseller = ids.iter().find(|(known, _)| *known == reseller).map_or(0, |(_, id)| id.parse().unwrap());
            let made = door.ok("Customer", "addAccount", &account(0, reseller, name, PASSWORD)).await;
            let access = properties(&property("pstn_access", "1", "admin"));
            door.ok("Customer", "setProperties", &format!("<customer>{}</customer>{access}", made.one("id"))).await;
            ids.push((name, made.one("id")));
        }
        let mut estate = Estate { door, ids, records: vec![Vec::new(); OWNERS.len()] };
        let right = format!(
            "<account><id>{}</id><impersonate>{}</impersonate></account>",
            estate.id("help"),
            estate.id("north")
        );
        estate.door.ok("Customer", "updateAccount", &right).await;
        let admin = &CALLERS[0];
        for owner in 0..OWNERS.len() {
            for kind in &KINDS {
                let id = match kind.is_had_by(owner) {
                    true => estate.call(admin, kind.port, kind.add, owner, "", "").await.all("id").join(""),
                    false => String::new(),
                };
                estate.records[owner].push(id);
                if kind.add.0 == "addAccount" && kind.port == "Sip" {
                    let bare = kind.add.1.replace("{w}", "bare");
                    estate.call(admin, kind.port, (kind.add.0, &bare), owner, "", "").await;
                }
            }
        }
        estate
    }

    fn id(&self, name: &str) -> &str {
        &self.ids.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn who(&self, caller: &str) -> Who {
        match caller.split_once(" as ") {
            _ if caller == "administrator" => admin(0),
            Some((_, name)) => admin(self.id(name).parse().unwrap()),
            None => who(caller, "abc234", false, 0),
        }
    }

    /// Calls an operation on a record of an owner: on the first one, or on one with a name of its own.
    async fn call(
        &self,
        caller: &(&str, [bool; 6]),
        port: &str,
        (operation, parameters): (&str, &str),
        owner: usize,
        new: &str,
        id: &str,
    ) -> Answer {
        let first = new.is_empty();
        let mut words = parameters.to_owned();
        for (kind, id) in KINDS.iter().zip(&self.records[owner]).filter(|(kind, _)| !kind.list.0.is_empty()) {
            words = words.replace(&format!("{{{}}}", kind.list.0), id);
        }
        let words = words
            .replace("{w}{o}.example", if first { "{o}.example" } else { "{w}{o}.example" })
            .replace("{o}", OWNERS[owner])
            .replace("{n}", &owner.to_string())
            .replace("{c}", self.id(OWNERS[owner]))
            .replace("{w}", if first { "old" } else { new })
            .replace("{b}", if first { "old" } else { "bare" })
            .replace("{d}", new.trim_start_matches("new"))
            .replace("{id}", id);
        self.door.call(port, operation, &words, &self.who(caller.0)).await
    }

    /// All that an administrator sees.
    async fn all(&self) -> Vec<String> {
        let mut seen = vec![self.door.ok("Customer", "getCustomers", "<query/>").await.body];
        for kind in &KINDS {
            if !kind.list.0.is_empty() {
                seen.push(self.door.ok(kind.port, kind.list.0, "<query/>").await.body);
                continue;
            }
            for owner in 0..OWNERS.len() {
                for name in ["", "new"] {
                    seen.push(self.call(&CALLERS[0], kind.port, kind.get, owner, name, "").await.body);
                }
            }
        }
        seen
    }
}

/// The code of a fault, or `ok`.
fn code(answer: &Answer) -> String {
    if answer.status() == 200 { "ok".to_owned() } else { answer.code() }
}

/// An answer without what every change changes.
fn still(body: &str) -> String {
    let mut rest = body.to_owned();
    for name in ["serial", "changeDate"] {
        let (open, close) = (format!("<{name} "), format!("</{name}>"));
        rest = rest.split(&open).map(|part| part.split_once(&close).map_or(part, |(_, after)| after)).collect();
    }
    rest
}

fn is_customer(caller: &str) -> bool {
    matches!(caller, "anna" | "sven")
}

store::on_both! {
    async fn what_callers_do_not_see_is_not_there_and_stays_as_it_is(database: TestDb) {
        let estate = Estate::new(database).await;
        let before = estate.all().await;
        let mut wrong = Vec::new();
        for caller in &CALLERS {
            for owner in (0..OWNERS.len()).filter(|owner| !caller.1[*owner]) {
                for (n, kind) in KINDS.iter().enumerate().filter(|(_, kind)| kind.is_had_by(owner)) {
                    let id = &estate.records[owner][n];
                    let acts = [
                        (kind.get, "", kind.missing), (kind.change, "", kind.missing), (kind.delete, "", kind.missing),
                        (kind.add, "new77", kind.foreign),
                    ];
                    for (act, new, expected) in acts {
                        // Who leaves out the customer adds to its own.
                        if act.0.is_empty() || (OWNERS[owner] == "platform" && kind.of_account && !new.is_empty()) {
                            continue;
                        }
                        let found = code(&estate.call(caller, kind.port, act, owner, new, id).await);
                        let by_role = is_customer(caller.0) && !kind.customers && act.0 != kind.get.0 && found == "9001";
                        if found != expected && !by_role {
                            wrong.push(format!("{} {} of {}: {found}, not {expected}", caller.0, act.0, OWNERS[owner]));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for (before, after) in before.iter().zip(estate.all().await) {
            assert_eq!(*before, after);
        }
        estate.door.server.stop().await;
    }

    async fn what_callers_keep_is_added_read_changed_and_removed(database: TestDb) {
        let estate = Estate::new(database).await;
        let before = estate.all().await;
        let mut wrong = Vec::new();
        for (k, caller) in CALLERS.iter().enumerate() {
            let new = format!("new{}", 70 + k);
            for owner in (0..OWNERS.len()).filter(|owner| caller.1[*owner]) {
                for (n, kind) in KINDS.iter().enumerate().filter(|(_, kind)| kind.is_had_by(owner)) {
                    let keeps = kind.customers || !is_customer(caller.0);
                    let expected = if keeps { "ok" } else { "9001" };
                    let added = estate.call(caller, kind.port, kind.add, owner, &new, "").await;
                    let mut found = vec![(kind.add.0, code(&added), expected)];
                    // Who may add none is refused on the one that is there.
                    let (name, id) = match keeps && added.status() == 200 {
                        true => (&*new, added.all("id").join("")),
                        false => ("", estate.records[owner][n].clone()),
                    };
                    for (act, expected) in [(kind.get, "ok"), (kind.change, expected), (kind.delete, expected)] {
                        if !act.0.is_empty() {
                            let answer = estate.call(caller, kind.port, act, owner, name, &id).await;
                            found.push((act.0, code(&answer), expected));
                        }
                    }
                    let differ = found.into_iter().filter(|(_, found, expected)| found != expected);
                    wrong.extend(differ.map(|(act, found, expected)| {
                        format!("{} {act} of {}: {found}, not {expected}", caller.0, OWNERS[owner])
                    }));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        // What was refused has changed nothing, and what was added is gone; but zones and ranges count their changes.
        for (before, after) in before.iter().zip(estate.all().await) {
            assert_eq!(still(before), still(&after));
        }
        estate.door.server.stop().await;
    }

    async fn lists_show_what_callers_keep(database: TestDb) {
        let estate = Estate::new(database).await;
        let mut wrong = Vec::new();
        for caller in &CALLERS {
            let seen = |owner: usize| caller.1[owner];
            for kind in KINDS.iter().filter(|kind| !kind.list.0.is_empty()) {
                // Customers know nothing of carriers and what is theirs.
                let is_blind = kind.is_of_resellers() && caller.0.ends_with("anna");
                let of = |owner: usize| if seen(owner) && kind.is_had_by(owner) && !is_blind { kind.list.1 } else { 0 };
                let all: usize = (0..OWNERS.len()).map(of).sum();
                let mut asked = vec![(String::new(), all)];
                let field = if kind.is_of_resellers() { "reseller" } else { "customer" };
                asked.extend((1..OWNERS.len()).map(|o| (format!("<{field}>{}</{field}>", estate.id(OWNERS[o])), of(o))));
                for (filter, expected) in asked {
                    let query = format!("<query><filter>{filter}</filter></query>");
                    let answer = estate.door.call(kind.port, kind.list.0, &query, &estate.who(caller.0)).await;
                    let total = if answer.status() == 200 { answer.one("total") } else { answer.code() };
                    if total != expected.to_string() {
                        wrong.push(format!("{} {} {filter}: {total}, not {expected}", caller.0, kind.list.0));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        estate.door.server.stop().await;
    }

    async fn customers_are_kept_by_those_above_them(database: TestDb) {
        let estate = Estate::new(database).await;
        let id = |name: &str| estate.id(name).to_owned();
        let (north, anna, bert, sven) = (id("north"), id("anna"), id("bert"), id("sven"));
        let update = |id: &str, more: &str| format!("<account><id>{id}</id>{more}</account>");
        let credit = |id: &str| {
            format!("<customer>{id}</customer>{}", properties(&property("sip_credit", "1{k}", "admin")))
        };
        let named = |id: &str| format!("<id>{id}</id>");
        let new = |reseller: &str| account(0, reseller.parse().unwrap(), &format!("of{reseller}by{{k}}"), PASSWORD);
        // The codes are those of the callers in their order.
        let table = [
            ("getAccount", named(&north), "ok ok ok ok 5000 5000 5000 5000"),
            ("getAccount", named(&anna), "ok ok ok ok ok ok 5000 5000"),
            ("getAccount", named(&sven), "ok 5000 5000 5000 5000 5000 ok ok"),
            ("getAccount", named("0"), "5000 5000 5000 5000 5000 5000 5000 5000"),
            ("getProperties", format!("<customer>{anna}</customer>"), "ok ok ok ok ok ok 5000 5000"),
            ("updateAccount", update(&anna, "<city>c{k}</city>"), "ok ok ok ok ok ok 5000 5000"),
            ("updateAccount", update(&north, "<city>c{k}</city>"), "ok ok ok ok 5000 5000 5000 5000"),
            // A balance changes as calls are made: whoever does not set it may send the one that it has read.
            ("updateAccount", update(&anna, "<balance>1{k}</balance>"), "ok ok ok ok ok ok 5000 5000"),
            ("updateAccount", update(&anna, "<credit>1{k}</credit>"), "ok 9001 9001 9001 9001 9001 5000 5000"),
            ("updateAccount", update(&anna, "<companyCode>1{k}</companyCode>"), "ok 9001 9001 9001 9001 9001 5000 5000"),
            ("updateAccount", update(&bert, &format!("<impersonate>{north}</impersonate>")), "ok ok ok ok 5000 5000 5000 5000"),
            ("updateAccount", update(&anna, &format!("<impersonate>{north}</impersonate>")), ". . . . 9001 9001 5000 5000"),
            ("updateAccount", update(&north, "<resellerActive>0</resellerActive>"), ". 9001 9001 9001 5000 5000 5000 5000"),
            ("setProperties", credit(&anna), "ok ok ok ok 9001 9001 5000 5000"),
            ("setProperties", credit(&north), "ok 9001 9001 9001 5000 5000 5000 5000"),
            ("addAccount", new(&north), "ok ok ok ok 9001 9001 9001 9001"),
            ("addAccount", new("0"), "ok ok ok ok 9001 9001 ok 9001"),
            ("deleteAccount", named(&anna), "9004 9004 9004 9004 9004 9001 5000 5000"),
            ("deleteAccount", named(&north), "9004 9004 9001 9001 5000 5000 5000 5000"),
            ("deleteAccount", named(&sven), "9004 5000 5000 5000 5000 5000 9004 9001"),
        ];
        let mut wrong = Vec::new();
        for (operation, parameters, codes) in table {
            for ((k, caller), expected) in CALLERS.iter().enumerate().zip(codes.split(' ')).filter(|(_, code)| *code != ".") {
                let words = parameters.replace("{k}", &k.to_string());
                let before = estate.door.ok("Customer", "getCustomers", "<query/>").await.body;
                let answer = estate.door.call("Customer", operation, &words, &estate.who(caller.0)).await;
                if code(&answer) != expected {
                    wrong.push(format!("{} {operation} {words}: {}, not {expected}", caller.0, code(&answer)));
                }
                if expected != "ok" {
                    assert_eq!(before, estate.door.ok("Customer", "getCustomers", "<query/>").await.body, "{words}");
                }
            }
        }
        let status = ["ok", "ok", "9001", "9001", "ok", "9001", "9001", "9001"];
        for (caller, expected) in CALLERS.iter().zip(status) {
            let answer = estate.door.call("Network", "getStatus", "", &estate.who(caller.0)).await;
            assert_eq!(code(&answer), expected, "{}", caller.0);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let shown = estate.door.ok("Customer", "getAccount", &named(&anna)).await;
        assert_eq!(shown.one("balance"), "10", "the administrator's");
        // Prices of the platform's gateways are the platform's.
        let prices = "<profiles><entity>gateway://192.0.2.1</entity><profileWeekday>1</profileWeekday></profiles>";
        for caller in CALLERS.iter().rev() {
            let answer = estate.door.call("Rating", "setEntityProfiles", prices, &estate.who(caller.0)).await;
            assert_eq!(code(&answer), if caller.0 == "administrator" { "ok" } else { "9001" }, "{}", caller.0);
        }
        // Whoever has been given rights does not give them away or give them up.
        let given = update(&id("help"), "<impersonate>0</impersonate>");
        assert_eq!(estate.door.call("Customer", "updateAccount", &given, &estate.who("help")).await.code(), "9001");
        // A reseller makes customers of its own, whatever it leaves out.
        let made = estate.door.call("Customer", "addAccount", &account(0, 0, "unnamed", PASSWORD), &estate.who("south")).await;
        assert_eq!(made.one("reseller"), id("south"));
        estate.door.server.stop().await;
    }

    async fn whoever_shows_no_credentials_does_nothing(database: TestDb) {
        let estate = Estate::new(database).await;
        let before = estate.all().await;
        let strangers = [
            who("administrator", SECRET, false, 0), who("administrator", SECRET, false, 1),
            who("north", "abc234", true, 0), who("anna", "abc234", true, estate.id("north").parse().unwrap()),
            who("nobody", "abc234", false, 0),
        ];
        for who in &strangers {
            for kind in &KINDS {
                for act in [kind.add, kind.get, kind.change, kind.delete, (kind.list.0, "<query/>")] {
                    if !act.0.is_empty() {
                        let words = act.1.replace("{o}", "north").replace("{w}", "old").replace("{b}", "old");
                        assert_eq!(estate.door.call(kind.port, act.0, &words, who).await.code(), "9000", "{}", act.0);
                    }
                }
            }
            for (port, operation) in [("Customer", "getCustomers"), ("Network", "getStatus"), ("Network", "getStatistics")] {
                assert_eq!(estate.door.call(port, operation, "<query/>", who).await.code(), "9000", "{operation}");
            }
        }
        let wrong = who("north", "abc235", false, 0);
        assert_eq!(estate.door.call("Customer", "getCustomers", "<query/>", &wrong).await.code(), "9000");
        // Impersonating is the administrator's: what a customer says of it means nothing.
        let posing = who("anna", "abc234", false, estate.id("north").parse().unwrap());
        assert_eq!(estate.door.call("Customer", "getCustomers", "<query/>", &posing).await.one("total"), "1");
        for (before, after) in before.iter().zip(estate.all().await) {
            assert_eq!(*before, after);
        }
        estate.door.server.stop().await;
    }
}
