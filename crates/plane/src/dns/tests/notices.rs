//! Who is told of what, and when.

use std::time::{Duration, Instant};

use domain::base::iana::{Opcode, Rcode};
use domain::base::{Message, MessageBuilder};
use domain::rdata::tsig::Time48;
use domain::tsig::ServerTransaction;
use registry::dns::{RrType, catalog, change};
use registry::transaction;
use store::Db;
use store::testing::TestDb;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::{SECRET, a_record, a_zone, key, notify, remove_zone, settings, started};

const PATIENCE: Duration = Duration::from_secs(20);

/// A secondary that waits for notices.
struct Listener(UdpSocket);

impl Listener {
    async fn new() -> Listener {
        Listener(UdpSocket::bind("127.0.0.1:0").await.expect("a socket"))
    }

    fn address(&self) -> String {
        self.0.local_addr().expect("an address").to_string()
    }

    /// The next notice, which is answered with that code, or not at all.
    async fn next(&self, answer: Option<Rcode>) -> String {
        self.next_within(answer, PATIENCE).await.expect("a notice")
    }

    async fn next_within(&self, answer: Option<Rcode>, patience: Duration) -> Option<String> {
        let mut buffer = [0; 4_096];
        let received = timeout(patience, self.0.recv_from(&mut buffer)).await.ok()?;
        let (length, from) = received.expect("received");
        let mut message = Message::from_octets(buffer[..length].to_vec()).expect("a message");
        assert_eq!(message.header().opcode(), Opcode::NOTIFY);
        let signer = ServerTransaction::request(&key(&format!("k:{SECRET}")), &mut message, Time48::now());
        let signer = signer.expect("not signed or rightly signed");
        if let Some(rcode) = answer {
            let builder = MessageBuilder::new_vec().start_answer(&message, rcode).expect("an answer");
            let mut builder = builder.additional();
            if let Some(signer) = signer {
                signer.answer(&mut builder, Time48::now()).expect("signed");
            }
            self.0.send_to(&builder.finish(), from).await.expect("sent");
        }
        Some(message.sole_question().expect("a question").qname().to_string())
    }

    /// The next notices up to one of that name.
    async fn up_to(&self, name: &str) {
        while self.next(Some(Rcode::NOERROR)).await != name {}
    }
}

/// Waits until there is nothing to tell any more.
async fn all_told(db: &Db) {
    let told = async {
        loop {
            let mut tx = db.reader();
            let left = tx.query_one("SELECT COUNT(*) FROM dns_changes", &[]).await.expect("a count").at::<i64>(0);
            let catalog = tx.query_one("SELECT serial - told FROM dns_catalog", &[]).await.expect("a row").at::<i64>(0);
            if (left.expect("a count"), catalog.expect("a difference")) == (0, 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, told).await.expect("told");
}

store::on_both! {
    async fn a_secondary_is_told_at_once(test: TestDb) {
        started(&test).await;
        let (plain, keyed) = (Listener::new().await, Listener::new().await);
        let told = format!("{} {}#k", plain.address(), keyed.address());
        let _stop = notify(&test.db, settings(&format!("k:{SECRET}"), &told, ""));
        for listener in [&plain, &keyed] {
            assert_eq!(listener.next(Some(Rcode::NOERROR)).await, "catalog.strowger", "at the start");
        }
        all_told(&test.db).await;
        let zone = a_zone(&test.db, "example.com").await;
        for listener in [&plain, &keyed] {
            let mut names = [listener.next(Some(Rcode::NOERROR)).await, listener.next(Some(Rcode::NOTAUTH)).await];
            names.sort();
            assert_eq!(names, ["catalog.strowger", "example.com"]);
        }
        all_told(&test.db).await;
        let begun = Instant::now();
        a_record(&test.db, zone.id, "www", RrType::A, "192.0.2.1").await;
        assert_eq!(plain.next(Some(Rcode::NOERROR)).await, "example.com");
        assert_eq!(keyed.next(Some(Rcode::REFUSED)).await, "example.com");
        // By the signal, or by looking again, which is done often.
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        all_told(&test.db).await;
        remove_zone(&test.db, zone.id).await;
        for listener in [&plain, &keyed] {
            assert_eq!(listener.next(Some(Rcode::NOERROR)).await, "catalog.strowger", "which says that it is gone");
        }
        all_told(&test.db).await;
    }

    async fn a_secondary_that_sleeps_is_told_later_and_holds_nobody_up(test: TestDb) {
        started(&test).await;
        let (awake, asleep) = (Listener::new().await, Listener::new().await);
        let _stop = notify(&test.db, settings("", &format!("{} {}", awake.address(), asleep.address()), ""));
        assert_eq!(awake.next(Some(Rcode::NOERROR)).await, "catalog.strowger");
        for _ in 0..3 {
            assert_eq!(asleep.next(None).await, "catalog.strowger", "three times");
        }
        let zone = a_zone(&test.db, "example.com").await;
        awake.up_to("example.com").await;
        for n in 0..5 {
            a_record(&test.db, zone.id, "www", RrType::A, &format!("192.0.2.{n}")).await;
            awake.up_to("example.com").await;
        }
        // It wakes up: everything is told again after a while.
        let stopped = tokio::spawn(async move { loop { awake.next(Some(Rcode::NOERROR)).await; } });
        asleep.up_to("example.com").await;
        let answering = tokio::spawn(async move { loop { asleep.next(Some(Rcode::NOERROR)).await; } });
        all_told(&test.db).await;
        stopped.abort();
        answering.abort();
    }

    async fn a_change_is_told_once_by_many_servers(test: TestDb) {
        started(&test).await;
        let listener = Listener::new().await;
        let told = transaction!(test.db, |tx| catalog::claim(tx, 0).await).expect("claimed").expect("a change");
        transaction!(test.db, |tx| catalog::done(tx, &told).await).expect("ended");
        let _stops: Vec<_> = (0..4).map(|_| notify(&test.db, settings("", &listener.address(), ""))).collect();
        let zone = a_zone(&test.db, "example.com").await;
        let mut names = [listener.next(Some(Rcode::NOERROR)).await, listener.next(Some(Rcode::NOERROR)).await];
        names.sort();
        assert_eq!(names, ["catalog.strowger", "example.com"]);
        all_told(&test.db).await;
        a_record(&test.db, zone.id, "www", RrType::A, "192.0.2.1").await;
        assert_eq!(listener.next(Some(Rcode::NOERROR)).await, "example.com");
        all_told(&test.db).await;
        assert!(listener.next_within(None, Duration::from_millis(300)).await.is_none());
    }
}

#[tokio::test]
async fn without_a_catalog_its_change_is_no_news() {
    let test = TestDb::new(store::testing::Engine::Sqlite).await;
    started(&test).await;
    let listener = Listener::new().await;
    let settings = settings("", &listener.address(), "");
    assert!(super::Notifier::new(test.db.clone(), super::Settings::default().into()).is_none());
    let _stop = notify(&test.db, super::Settings { catalog: String::new(), ..settings });
    a_zone(&test.db, "example.com").await;
    assert_eq!(listener.next(Some(Rcode::NOERROR)).await, "example.com");
    all_told(&test.db).await;
    let again = transaction!(test.db, |tx| change::tell_again(tx, &super::caller(), Some("example.com")).await);
    again.expect("noted");
    assert_eq!(listener.next(Some(Rcode::NOERROR)).await, "example.com");
}
