//! BIND, Knot and PowerDNS as secondaries: zones come, change and go there as they do here.

use std::path::PathBuf;
use std::time::Instant;

use registry::dns::RrType;
use store::Db;
use store::testing::{Engine, TestDb};

use super::daemon::{Daemon, dig, free_port, transfer};
use super::views::alone;
use super::{Registry, shown};
use crate::server::Server;
use crate::site::Site;

const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_SECRET: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

/// The tables that PowerDNS keeps zones in, as its package has them.
const SCHEMA: &str = include_str!("../dns_data/pdns.sqlite3.sql");

/// An installation whose server is a primary.
struct Primary {
    site: Site,
    registry: Registry,
    port: u16,
}

impl Primary {
    async fn new(database: TestDb, secondaries: &[u16]) -> Primary {
        let site = Site::ready(database).await;
        let port = free_port();
        let key = site.write("dns-keys", &format!("hmac-sha256:transfer.example:{SECRET} # between all of them\n"));
        let told: Vec<String> = secondaries.iter().map(|port| format!("127.0.0.1:{port}#transfer.example")).collect();
        let settings = shown("# strowger.toml")
            .replace("192.0.2.1:53", &format!("127.0.0.1:{port}"))
            .replace("/etc/strowger/dns-keys", key.to_str().unwrap())
            .replace("192.0.2.2#transfer.example 192.0.2.3#transfer.example", &told.join(" "));
        site.configure(&settings);
        if secondaries.is_empty() {
            site.configure("allow_transfer = \"#transfer.example\"\n");
        }
        site.ok("check").await;
        site.ok("dns nameservers ns1.example.net ns2.example.net").await;
        let registry = Registry::of(&site);
        Primary { site, registry, port }
    }

    async fn serve(&self) -> Server {
        self.site.serve().await
    }

    /// The configuration of the user guide for a secondary, with the addresses of this test.
    fn of_guide(&self, title: &str, port: u16, folder: &PathBuf) -> String {
        std::fs::create_dir_all(folder).unwrap();
        shown(title)
            .replace("192.0.2.1 port 53", &format!("127.0.0.1 port {}", self.port))
            .replace("192.0.2.1@53", &format!("127.0.0.1@{}", self.port))
            .replace("192.0.2.1:53", &format!("127.0.0.1:{}", self.port))
            .replace("port 53 { 192.0.2.2", &format!("port {port} {{ 127.0.0.1"))
            .replace("192.0.2.2@53", &format!("127.0.0.1@{port}"))
            .replace("192.0.2.1", "127.0.0.1")
            .replace("/var/cache/bind", &folder.display().to_string())
            .replace("/var/lib/knot", &folder.display().to_string())
            .replace("/var/lib/powerdns", &folder.display().to_string())
            .replace("SECRET", SECRET)
    }

    async fn bind(&self, port: u16) -> Daemon {
        let folder = self.site.path("bind");
        let alone = format!(
            "listen-on-v6 {{ none; }}; pid-file none; session-keyfile \"{0}/session.key\"; \
             managed-keys-directory \"{0}\"; dnssec-validation no; empty-zones-enable no;\n    recursion no;",
            folder.display()
        );
        let conf = self.of_guide("// named.conf", port, &folder).replace("recursion no;", &alone);
        let path = self.site.write("bind/named.conf", &format!("{conf}controls {{ }};\n"));
        Daemon::start(&folder, port, "named", &["-g", "-n", "1", "-c", path.to_str().unwrap()]).up().await
    }

    async fn knot(&self, port: u16) -> Daemon {
        let folder = self.site.path("knot");
        let alone = format!(
            "server:\n    rundir: {}\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n",
            folder.display()
        );
        let conf = self.of_guide("# knot.conf", port, &folder).replace("server:\n", &alone);
        // The test looks whether all of a zone is there.
        let conf = conf.replace("acl:\n", "acl:\n  - id: look\n    address: 127.0.0.1\n    action: transfer\n");
        let conf = conf.replace("acl: told", "acl: [told, look]");
        let conf = format!("log:\n  - target: stdout\n    any: info\n{conf}");
        let path = self.site.write("knot/knot.conf", &conf);
        Daemon::start(&folder, port, "knotd", &["-c", path.to_str().unwrap()]).up().await
    }

    async fn powerdns(&self, port: u16) -> Daemon {
        let folder = self.site.path("pdns");
        let mut conf = self.of_guide("# pdns.conf of a secondary", port, &folder);
        conf = conf.replace("local-address=192.0.2.2\nlocal-port=53\n", &alone(port, &folder));
        // Only so that a test need not wait for what it has answered before.
        conf.push_str("cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n");
        self.site.write("pdns/pdns.conf", &conf);
        let db = Db::sqlite(&folder.join("pdns.sqlite3"), 1).unwrap();
        let catalog = self.of_guide("-- the catalog, as PowerDNS keeps it", port, &folder);
        store::transaction!(db, store::Error, |tx| {
            tx.batch(SCHEMA).await?;
            tx.batch(&catalog).await
        })
        .unwrap();
        drop(db);
        Daemon::start(&folder, port, "pdns_server", &[&format!("--config-dir={}", folder.display())]).up().await
    }
}

/// Everything that a zone can come to at that secondary.
async fn follows(primary: &Primary, server: Server, secondary: Daemon) {
    let registry = &primary.registry;
    // What was there before it, more than fits into one message.
    secondary.answers("www.big.example.com", "A", &["192.0.2.1"]).await;
    let key = format!("hmac-sha256:transfer.example:{SECRET}");
    let here = transfer(primary.port, "big.example.com", &["-y", &key]).await;
    assert_eq!((here.len(), here.iter().map(String::len).sum::<usize>() > 2 * 65_536), (2_003 + 1, true));
    let there = transfer(secondary.port, "big.example.com", &[]).await;
    assert!(there == here, "{} records, not {}", there.len(), here.len());

    let begun = Instant::now();
    let zone = registry.zone("example.com").await;
    let www = registry.record(&zone, "www", RrType::A, "192.0.2.1").await;
    secondary.answers("www.example.com", "A", &["192.0.2.1"]).await;
    let made = begun.elapsed();
    secondary.answers("example.com", "NS", &["ns1.example.net.", "ns2.example.net."]).await;

    let begun = Instant::now();
    registry.change(&www, "192.0.2.2").await;
    secondary.answers("www.example.com", "A", &["192.0.2.2"]).await;
    let changed = begun.elapsed();

    for n in 3..8 {
        registry.change(&www, &format!("192.0.2.{n}")).await;
    }
    secondary.answers("www.example.com", "A", &["192.0.2.7"]).await;

    let (owner, naptr) =
        ("0.0.0.0.6.4.9.7.0.2.4.4.e164.arpa", "100 5 \"u\" \"E2U+sip\" \"!^.*$!sip:alice@example.com!\" .");
    registry.enum_number("4420", "442079460000", "sip:alice@example.com").await;
    secondary.answers(owner, "NAPTR", &[naptr]).await;

    // Gone, and there again: another zone, whose serial number is lower.
    let begun = Instant::now();
    registry.remove_zone(&zone).await;
    secondary.has_no_zone("example.com").await;
    let removed = begun.elapsed();
    let again = registry.zone("example.com").await;
    registry.record(&again, "new", RrType::A, "192.0.2.9").await;
    secondary.answers("new.example.com", "A", &["192.0.2.9"]).await;
    secondary.answers("www.example.com", "A", &[]).await;

    // What has changed while the primary was away is told when it is back.
    server.stop().await;
    registry.record(&again, "late", RrType::A, "192.0.2.10").await;
    let server = primary.serve().await;
    secondary.answers("late.example.com", "A", &["192.0.2.10"]).await;
    eprintln!("made {made:?}, changed {changed:?}, removed {removed:?}");
    server.stop().await;
}

async fn primary_of(database: TestDb) -> (Primary, Server, u16) {
    let port = free_port();
    let primary = Primary::new(database, &[port]).await;
    let server = primary.serve().await;
    let big = primary.registry.zone("big.example.com").await;
    let text = "x".repeat(60);
    let many = (0..2_000).map(|n| (format!("host{n:05}"), RrType::Txt, format!("{n:05} {text}")));
    primary.registry.records(&big, many).await;
    primary.registry.record(&big, "www", RrType::A, "192.0.2.1").await;
    (primary, server, port)
}

store::on_both! {
    async fn knot_follows(database: TestDb) {
        let (primary, server, port) = primary_of(database).await;
        let secondary = primary.knot(port).await;
        follows(&primary, server, secondary).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bind_follows() {
    let (primary, server, port) = primary_of(TestDb::new(Engine::Sqlite).await).await;
    let secondary = primary.bind(port).await;
    follows(&primary, server, secondary).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn powerdns_follows() {
    let (primary, server, port) = primary_of(TestDb::new(Engine::Sqlite).await).await;
    let secondary = primary.powerdns(port).await;
    follows(&primary, server, secondary).await;
}

#[tokio::test]
async fn who_has_no_right_key_gets_nothing() {
    let primary = Primary::new(TestDb::new(Engine::Sqlite).await, &[]).await;
    let server = primary.serve().await;
    let zone = primary.registry.zone("example.com").await;
    primary.registry.record(&zone, "www", RrType::A, "192.0.2.1").await;
    let key = |algorithm: &str, name: &str, secret: &str| format!("{algorithm}:{name}:{secret}");
    let right = key("hmac-sha256", "transfer.example", SECRET);
    assert_eq!(transfer(primary.port, "example.com", &["-y", &right]).await.len(), 4);
    let members = transfer(primary.port, "catalog.strowger", &["-y", &right]).await;
    assert!(members.iter().any(|line| line.ends_with(" IN PTR example.com.")), "{members:?}");
    for (wrong, why) in [
        (key("hmac-sha256", "transfer.example", OTHER_SECRET), "BADSIG"),
        (key("hmac-sha512", "transfer.example", SECRET), "BADKEY"),
        (key("hmac-sha256", "other.example", SECRET), "BADKEY"),
    ] {
        for question in ["AXFR", "SOA"] {
            let said = dig(primary.port, &["-y", &wrong, "example.com", question]).await;
            assert!(said.contains(why) && !said.contains("192.0.2.1"), "{wrong} {question}: {said}");
        }
    }
    assert!(transfer(primary.port, "example.com", &[]).await.is_empty());
    let unsigned = dig(primary.port, &["example.com", "SOA"]).await;
    assert!(unsigned.contains("status: REFUSED"), "{unsigned}");
    assert!(dig(primary.port, &["-y", &right, "www.example.com", "A"]).await.contains("status: REFUSED"));
    assert!(dig(primary.port, &["-y", &right, "example.net", "SOA"]).await.contains("status: NOTAUTH"));
    let log = server.log();
    assert!(!log.contains(SECRET) && !log.contains(OTHER_SECRET), "{log}");
    server.stop().await;
}
