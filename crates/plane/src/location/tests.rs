//! The table as Kamailio 5.6 makes it, on both engines.

use store::args;
use store::testing::TestDb;

use super::*;

const NOW: i64 = 1_780_000_000;

/// As `usrloc-create.sql` of Kamailio has it.
async fn table(test: &TestDb) {
    let (pk, time) = match test.db.is_postgres() {
        true => ("SERIAL PRIMARY KEY NOT NULL", "TIMESTAMP WITHOUT TIME ZONE"),
        false => ("INTEGER PRIMARY KEY NOT NULL", "TIMESTAMP"),
    };
    let sql = format!(
        "CREATE TABLE location (id {pk}, ruid VARCHAR(64) DEFAULT '' NOT NULL, username VARCHAR(64) DEFAULT '' NOT NULL, \
         domain VARCHAR(64) DEFAULT NULL, contact VARCHAR(512) DEFAULT '' NOT NULL, received VARCHAR(128) DEFAULT NULL, \
         path VARCHAR(512) DEFAULT NULL, expires {time} DEFAULT '2030-05-28 21:32:15' NOT NULL, q REAL DEFAULT 1.0 NOT NULL, \
         callid VARCHAR(255) DEFAULT 'Default-Call-ID' NOT NULL, cseq INTEGER DEFAULT 1 NOT NULL, \
         last_modified {time} DEFAULT '2000-01-01 00:00:01' NOT NULL, flags INTEGER DEFAULT 0 NOT NULL, \
         cflags INTEGER DEFAULT 0 NOT NULL, user_agent VARCHAR(255) DEFAULT '' NOT NULL, socket VARCHAR(64) DEFAULT NULL, \
         methods INTEGER DEFAULT NULL, instance VARCHAR(255) DEFAULT NULL, reg_id INTEGER DEFAULT 0 NOT NULL, \
         server_id INTEGER DEFAULT 0 NOT NULL, connection_id INTEGER DEFAULT 0 NOT NULL, \
         keepalive INTEGER DEFAULT 0 NOT NULL, partition INTEGER DEFAULT 0 NOT NULL, \
         CONSTRAINT location_ruid_idx UNIQUE (ruid));
         CREATE INDEX location_account_contact_idx ON location (username, domain, contact);
         CREATE INDEX location_expires_idx ON location (expires);
         CREATE INDEX location_connection_idx ON location (server_id, connection_id);"
    );
    store::transaction!(test.db, store::Error, |tx| tx.batch(&sql).await).expect("a table");
}

fn locations(test: &TestDb) -> Locations {
    match test.url.as_str() {
        "" => Locations::at(&test.folder().join("strowger.db").to_string_lossy()),
        url => Locations::at(url),
    }
}

fn phone(username: &str, domain: &str, expires: Option<i64>) -> Contact {
    Contact {
        ruid: String::new(),
        username: username.to_owned(),
        domain: domain.to_owned(),
        contact: format!("sip:{username}@192.0.2.7:5062"),
        received: Some("sip:198.51.100.1:40000".to_owned()),
        path: None,
        expires,
        q: 500,
        nat: true,
        user_agent: "Telephone 1.0".to_owned(),
        socket: Some("udp:192.0.2.1:5060".to_owned()),
    }
}

store::on_both! {
    async fn contacts_are_written_and_read(test: TestDb) {
        table(&test).await;
        let locations = locations(&test);
        let alice = phone("alice", "one.example", None);
        let bob = phone("bob", "one.example", Some(NOW + 60));
        let mut ruids = Vec::new();
        for contact in [&alice, &bob, &phone("alice", "two.example", Some(NOW + 3600)), &phone("eve", "two.example", Some(NOW - 1))] {
            ruids.push(locations.put(None, contact, NOW).await.expect("written").expect("a name"));
        }
        let found = locations.get(&ruids[0], NOW).await.expect("read").expect("a contact");
        assert_eq!(found, Contact { ruid: ruids[0].clone(), ..alice.clone() });
        assert_eq!(locations.get(&ruids[1], NOW + 59).await.expect("read").expect("a contact").expires, Some(NOW + 60));
        assert_eq!(locations.get(&ruids[1], NOW + 60).await.expect("read"), None);
        assert_eq!(locations.get("nobody", NOW).await.expect("read"), None);
        let pairs = |names: &[(&str, &str)]| -> Vec<(String, String)> {
            names.iter().map(|(name, domain)| ((*name).to_owned(), (*domain).to_owned())).collect()
        };
        let names = |page: Page| (page.contacts.iter().map(|c| c.username.clone()).collect::<Vec<_>>().join(" "), page.more);
        let of = async |whose: Whose<'_>, offset: i64, limit: i64| names(locations.page(whose, NOW, offset, limit).await.expect("a page"));
        let count = async |whose: Whose<'_>| locations.count(whose, NOW).await.expect("counted");
        let some = pairs(&[("alice", "two.example"), ("bob", "one.example"), ("bob", "two.example")]);
        assert_eq!(of(Whose::All, 0, 3).await, ("alice bob alice".to_owned(), false));
        assert_eq!(of(Whose::All, 0, 2).await, ("alice bob".to_owned(), true));
        assert_eq!(of(Whose::All, 2, 10).await, ("alice".to_owned(), false));
        assert_eq!(of(Whose::All, 3, 10).await, (String::new(), false));
        assert_eq!(of(Whose::Subscribers(&some), 0, 10).await, ("bob alice".to_owned(), false));
        assert_eq!(of(Whose::Subscribers(&some), 0, 1).await, ("bob".to_owned(), true));
        assert_eq!(of(Whose::Subscribers(&[]), 0, 10).await, (String::new(), false));
        assert_eq!((count(Whose::All).await, count(Whose::Subscribers(&some)).await), (Some(3), Some(2)));
        assert_eq!(count(Whose::Subscribers(&[])).await, Some(0));
        let too_many = vec![("x".to_owned(), "y".to_owned()); MOST_NAMED + 1];
        assert!(matches!(locations.page(Whose::Subscribers(&too_many), NOW, 0, 1).await, Err(Error::TooMany)));
        assert_eq!(of(Whose::All, MOST_COUNTED + 1, 1).await, (String::new(), false));

        // A change gives it another name; what is gone can't be changed.
        let changed = Contact { q: 1_000, nat: false, received: None, expires: Some(NOW + 5), ..alice };
        let renamed = locations.put(Some(&ruids[0]), &changed, NOW).await.expect("written").expect("a name");
        assert_ne!(renamed, ruids[0]);
        assert_eq!(locations.get(&renamed, NOW).await.expect("read"), Some(Contact { ruid: renamed.clone(), ..changed.clone() }));
        assert_eq!(locations.put(Some(&ruids[0]), &changed, NOW).await.expect("asked"), None);
        assert_eq!(count(Whose::All).await, Some(3));
        assert!(locations.remove(&renamed).await.expect("removed"));
        assert!(!locations.remove(&renamed).await.expect("asked"));
    }

    async fn texts_that_the_columns_do_not_hold(test: TestDb) {
        table(&test).await;
        let locations = locations(&test);
        let alice = phone("alice", "one.example", None);
        // Characters, not bytes.
        let fits = Contact {
            username: "é".repeat(64),
            contact: format!("sip:{}", "a".repeat(508)),
            received: Some("r".repeat(128)),
            path: Some("p".repeat(512)),
            socket: Some("s".repeat(64)),
            user_agent: "ü".repeat(255),
            domain: "d".repeat(64),
            ..alice.clone()
        };
        locations.put(None, &fits, NOW).await.expect("written").expect("a name");
        let long = |most: usize| "x".repeat(most + 1);
        for (field, most, contact) in [
            ("username", 64, Contact { username: long(64), ..alice.clone() }),
            ("domain", 64, Contact { domain: long(64), ..alice.clone() }),
            ("contact", 512, Contact { contact: long(512), ..alice.clone() }),
            ("received", 128, Contact { received: Some(long(128)), ..alice.clone() }),
            ("path", 512, Contact { path: Some(long(512)), ..alice.clone() }),
            ("user_agent", 255, Contact { user_agent: long(255), ..alice.clone() }),
            ("socket", 64, Contact { socket: Some(long(64)), ..alice.clone() }),
        ] {
            let refused = locations.put(None, &contact, NOW).await.expect_err(field).to_string();
            assert_eq!(refused, format!("{field} has more than {most} characters"));
        }
        assert_eq!(locations.count(Whose::All, NOW).await.expect("counted"), Some(1));
    }

    async fn what_is_asked_goes_by_the_registrars_indexes(test: TestDb) {
        table(&test).await;
        // A contact each of more subscribers than are counted, in ten domains.
        let time = if test.db.is_postgres() { "TIMESTAMP '2026-05-28 20:26:40' + n * INTERVAL '1 second'" } else { "2461189 + n" };
        let fill = format!(
            "INSERT INTO location (ruid, username, domain, contact, expires) WITH RECURSIVE numbers (n) AS \
             (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n <= {MOST_COUNTED}) SELECT 'uloc-' || n, 'user' || n, \
             'domain' || (n % 10) || '.example', 'sip:a@192.0.2.7', {time} FROM numbers; ANALYZE location;"
        );
        store::transaction!(test.db, store::Error, |tx| tx.batch(&fill).await).expect("filled");
        let plan = async |(sql, values): (String, Vec<Val>)| -> String {
            let (explain, column) = if test.db.is_postgres() { ("EXPLAIN", 0) } else { ("EXPLAIN QUERY PLAN", 3) };
            let rows = test.db.reader().query(&format!("{explain} {sql}"), &values).await.expect("a plan");
            rows.iter().map(|row| row.at::<String>(column).expect("a line")).collect::<Vec<_>>().join("\n")
        };
        for size in [1, 10, MOST_NAMED] {
            let pairs: Vec<_> = (1..=size).map(|n| (format!("user{n}"), format!("domain{}.example", n % 10))).collect();
            let whose = Whose::Subscribers(&pairs);
            for asked in [sql::page(&test.db, whose, NOW, 0, 11), sql::count(&test.db, whose, NOW, 1_000)] {
                let plan = plan(asked.expect("a statement")).await;
                assert!(plan.contains("location_account_contact_idx"), "{size}:\n{plan}");
                assert!(!plan.contains("Seq Scan on location") && !plan.contains("SCAN l"), "{size}:\n{plan}");
            }
        }
        // A page of all of them is read in their order, and counting goes by when they end.
        let page = plan(sql::page(&test.db, Whose::All, NOW, 0, 11).expect("a statement")).await;
        assert!(page.contains("location_pkey") || page == "SCAN l", "{page}");
        let none_left = NOW + 10_000_000;
        let count = plan(sql::count(&test.db, Whose::All, none_left, 1_000).expect("a statement")).await;
        assert!(count.contains("location_expires_idx"), "{count}");

        let locations = locations(&test);
        assert_eq!(locations.count(Whose::All, NOW).await.expect("counted"), None);
        let last = locations.page(Whose::All, NOW, MOST_COUNTED, 1).await.expect("a page");
        assert_eq!((last.contacts.len(), last.more), (1, false));
        assert!(matches!(locations.page(Whose::All, NOW, MOST_COUNTED + 1, 1).await, Err(Error::TooFar)));
    }

    async fn what_the_registrar_writes_itself(test: TestDb) {
        table(&test).await;
        let sql = match test.db.is_postgres() {
            true => "INSERT INTO location (ruid, username, domain, contact, expires, q, cflags) VALUES \
                ('uloc-1', 'alice', 'one.example', 'sip:a@192.0.2.7', TIMESTAMP '2026-05-28 20:26:40' + INTERVAL '1 hour', -1, $1)",
            false => "INSERT INTO location (ruid, username, domain, contact, expires, q, cflags) VALUES \
                ('uloc-1', 'alice', 'one.example', 'sip:a@192.0.2.7', julianday('2026-05-28 21:26:40'), -1, $1)",
        };
        store::transaction!(test.db, store::Error, |tx| tx.execute(sql, args![0_i64]).await).expect("a row");
        let found = locations(&test).get("uloc-1", NOW).await.expect("read").expect("a contact");
        assert_eq!((found.expires, found.q, found.nat), (Some(NOW + 3_600), 0, false));
        assert_eq!((found.received, found.path, found.socket, found.user_agent.as_str()), (None, None, None, ""));
    }
}

#[tokio::test]
async fn what_is_not_there() {
    assert!(matches!(Locations::at("").get("x", NOW).await, Err(Error::NotConfigured)));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("location.db");
    let missing = Locations::at(&path.to_string_lossy());
    assert!(matches!(missing.get("x", NOW).await, Err(Error::Unavailable(_))));
    assert!(!path.exists(), "looking for it has made it");
    let nowhere = Locations::at("postgres://kam:secret@127.0.0.1:1/kam");
    let refused = nowhere.get("x", NOW).await.expect_err("nobody listens there").to_string();
    assert!(matches!(nowhere.get("x", NOW).await, Err(Error::Unavailable(_))));
    assert!(!refused.contains("secret") && !format!("{nowhere:?}").contains("secret"), "{refused}");
}
