//! PowerDNS over the database: a change is answered at once.

use registry::dns::{DnsZone, RrType};
use registry::{record, transaction};

use super::daemon::{Daemon, free_port};
use super::{NOW, Registry, shown};
use crate::site::Site;

/// The configuration of the user guide, with what a test needs beside it.
async fn powerdns(site: &Site) -> Daemon {
    let port = free_port();
    let (mut conf, of_database) = if site.is_postgres() {
        let registry = Registry::of(site);
        let role = format!("pdns_{port}");
        let grants = shown("-- a user for PowerDNS").replace(" pdns", &format!(" {role}"));
        transaction!(registry.db, |tx| Ok(tx.batch(&grants).await?)).unwrap();
        let (host, name) = site.database_url().rsplit_once('/').unwrap();
        let server_port = host.rsplit_once(':').unwrap().1.to_owned();
        let conf = shown("# pdns.conf on PostgreSQL")
            .replace("192.0.2.10", "127.0.0.1")
            .replace("5432", &server_port)
            .replace("dbname=strowger", &format!("dbname={name}"))
            .replace("user=pdns", &format!("user={role}"));
        (conf, role)
    } else {
        let path = site.data("strowger.db").display().to_string();
        let conf = shown("# pdns.conf on SQLite").replace("/var/lib/strowger/strowger.db", &path);
        (conf.replace("setuid=strowger\nsetgid=strowger\n", ""), path)
    };
    assert!(conf.contains(&of_database), "{conf}");
    let folder = site.path("pdns");
    conf.push_str(&alone(port, &folder));
    site.write("pdns/pdns.conf", &conf);
    Daemon::start(&folder, port, "pdns_server", &[&format!("--config-dir={}", folder.display())]).up().await
}

/// What PowerDNS needs to run beside others, in the foreground, without a service manager.
pub(super) fn alone(port: u16, folder: &std::path::Path) -> String {
    format!(
        "daemon=no\nguardian=no\nlocal-address=127.0.0.1\nlocal-port={port}\nsocket-dir={}\nwrite-pid=no\n\
         disable-syslog=yes\nsecurity-poll-suffix=\nreceiver-threads=1\ndistributor-threads=1\nloglevel=5\n",
        folder.display()
    )
}

store::on_both! {
    async fn powerdns_answers_what_is_in_the_database(database: TestDb) {
        let site = Site::ready(database).await;
        let registry = Registry::of(&site);
        site.ok("dns nameservers ns1.example.net ns2.example.net").await;
        site.ok("dns targets mboxfw 10:mx1.example.net").await;
        let zone = registry.zone("example.com").await;
        for (name, rr_type, value) in [
            ("www", RrType::A, "192.0.2.1"),
            ("www", RrType::Aaaa, "2001:db8::1"),
            ("alias", RrType::Cname, "www.example.com"),
            ("_sip._udp", RrType::Srv, "0 5060 sip.example.com"),
            ("*.wild", RrType::Txt, "any \"thing\""),
            ("here", RrType::Loc, "52 N 4 E 0m"),
        ] {
            registry.record(&zone, name, rr_type, value).await;
        }
        registry.enum_number("4420", "442079460000", "sip:alice@example.com").await;
        let server = powerdns(&site).await;
        let soa = "ns1.example.net. hostmaster.example.com. 7 14400 3600 2419200 3600";
        for (name, rr_type, expected) in [
            ("example.com", "SOA", vec![soa]),
            ("example.com", "NS", vec!["ns1.example.net.", "ns2.example.net."]),
            ("www.example.com", "A", vec!["192.0.2.1"]),
            ("www.example.com", "AAAA", vec!["2001:db8::1"]),
            ("alias.example.com", "A", vec!["192.0.2.1", "www.example.com."]),
            ("_sip._udp.example.com", "SRV", vec!["0 0 5060 sip.example.com."]),
            ("a.wild.example.com", "TXT", vec!["\"any \\\"thing\\\"\""]),
            ("here.example.com", "LOC", vec!["52 0 0.000 N 4 0 0.000 E 0.00m 1m 10000m 10m"]),
            (
                "0.0.0.0.6.4.9.7.0.2.4.4.e164.arpa",
                "NAPTR",
                vec!["100 5 \"u\" \"E2U+sip\" \"!^.*$!sip:alice@example.com!\" ."],
            ),
        ] {
            assert_eq!(server.ask(name, rr_type).await, expected, "{name} {rr_type}\n{}", server.log());
        }

        // A change is there with the next question.
        let new = registry.record(&zone, "new", RrType::A, "192.0.2.7").await;
        assert_eq!(server.ask("new.example.com", "A").await, ["192.0.2.7"]);
        registry.change(&new, "192.0.2.8").await;
        assert_eq!(server.ask("new.example.com", "A").await, ["192.0.2.8"]);
        registry.zone("example.org").await;
        assert_eq!(server.ask("example.org", "NS").await, ["ns1.example.net.", "ns2.example.net."]);
        let own = DnsZone { nameservers: record::Stored(vec!["ns.example.org".to_owned()]), ..zone.clone() };
        transaction!(registry.db, |tx| record::update(tx, &registry.caller, NOW, own.clone()).await).unwrap();
        assert_eq!(server.ask("example.com", "NS").await, ["ns.example.org."]);
        registry.remove_zone(&zone).await;
        server.has_no_zone("example.com").await;
        assert_eq!(server.ask("example.org", "NS").await.len(), 2);
    }
}
