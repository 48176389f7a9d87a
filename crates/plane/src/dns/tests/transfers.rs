//! What secondaries get, and what others don't.

use domain::base::Rtype;
use domain::base::iana::{Rcode, TsigRcode};
use registry::dns::{DnsZone, RrType};
use registry::{record, transaction};
use store::testing::TestDb;

use super::client::{Answered, Question, ask};
use super::{NOW, OTHER_SECRET, SECRET, a_record, a_zone, caller, key, records, remove_zone, serve, settings, started};
use crate::dns::Settings;

fn sorted(mut records: Vec<String>) -> Vec<String> {
    records.sort();
    records
}

store::on_both! {
    async fn a_zone_is_sent_whole_in_messages_that_fit(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test.db, "example.com").await;
        let text = "x".repeat(60);
        let many = (0..2_500).map(|n| (format!("host{n:05}"), RrType::Txt, format!("{n:05} {text}")));
        records(&test.db, zone.id, many).await;
        a_record(&test.db, zone.id, "", RrType::Mx, "mail.example.com").await;
        a_record(&test.db, zone.id, "", RrType::Loc, "52 N 4 E 0m").await;
        let key = key(&format!("hmac-sha512:k:{SECRET}"));
        let server = serve(&test.db, settings(&format!("hmac-sha512:k:{SECRET}"), "", "127.0.0.1")).await;
        for signed in [false, true] {
            let mut question = ask("example.com", Rtype::AXFR);
            if signed {
                question = question.signed(&key);
            }
            question.edns = signed.then_some(0);
            let answered = question.over_tcp(server.address).await;
            assert_eq!((answered.rcode, answered.authoritative, answered.edns), (Rcode::NOERROR, true, question.edns));
            assert!(answered.lengths.len() > 5 && answered.lengths.iter().all(|length| *length <= 32_768), "{:?}", answered.lengths);
            assert!(answered.lengths.iter().sum::<usize>() > 2 * 65_536);
            let found = &answered.records;
            assert_eq!(found.len(), 2 + 2_502 + 1);
            assert_eq!(found[0], found[found.len() - 1]);
            assert!(found[0].starts_with("example.com SOA localhost. hostmaster.example.com. 2503 "), "{}", found[0]);
            assert_eq!(found[1], "example.com NS localhost.");
            for n in [0, 1_234, 2_499] {
                assert!(found.contains(&format!("host{n:05}.example.com TXT \"{n:05} {text}\"")), "{n}");
            }
            assert!(found.contains(&"example.com MX 0 mail.example.com.".to_owned()));
            assert!(found.iter().any(|line| line.starts_with("example.com LOC \\# 16 ")), "LOC");
        }
    }

    async fn a_transfer_is_of_one_moment(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test.db, "example.com").await;
        // More than the sockets between the two hold, so that it is still being sent when it is read.
        let text = "x".repeat(1_900);
        let many = |range: std::ops::Range<u32>| {
            let text = &text;
            range.map(move |n| (format!("host{n}"), RrType::Txt, format!("{n} {text}")))
        };
        records(&test.db, zone.id, many(0..4_000)).await;
        let server = serve(&test.db, settings("", "", "127.0.0.1")).await;
        let mut asked = ask("example.com", Rtype::AXFR).send(server.address).await;
        assert!(asked.message().await, "there is more");
        records(&test.db, zone.id, many(4_000..4_010)).await;
        remove_zone(&test.db, zone.id).await;
        let answered = asked.rest().await;
        let found = &answered.records;
        assert_eq!((found.len(), &found[0]), (4_003, &found[found.len() - 1]));
        assert!(found[0].contains(" 4001 14400 "), "{}", found[0]);
        let gone = ask("example.com", Rtype::AXFR).over_tcp(server.address).await;
        assert_eq!((gone.rcode, gone.records), (Rcode::NOTAUTH, Vec::new()));
    }

    async fn changes_are_answered_with_the_zone_or_that_there_are_none(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test.db, "example.com").await;
        a_record(&test.db, zone.id, "www", RrType::A, "192.0.2.1").await;
        let server = serve(&test.db, settings("", "", "127.0.0.1")).await;
        let soa = ask("example.com", Rtype::SOA).over_udp(server.address).await;
        assert_eq!((soa.rcode, soa.authoritative, soa.records.len()), (Rcode::NOERROR, true, 1));
        assert_eq!(ask("example.com", Rtype::SOA).over_tcp(server.address).await.records, soa.records);
        // 2 is there. What is behind 2^31 before is newer (RFC 1982).
        for (since, whole) in [(1, true), (0, true), (2, false), (3, false), (4_294_967_295, true)] {
            let question = Question { since: Some(since), ..ask("example.com", Rtype::IXFR) };
            let answered = question.over_tcp(server.address).await;
            assert_eq!(answered.records.len(), if whole { 4 } else { 1 }, "{since}: {answered:?}");
            assert_eq!(answered.records[0], soa.records[0]);
            // Over UDP it is told to come back.
            assert_eq!(question.over_udp(server.address).await.records, soa.records, "{since}");
        }
        let without = ask("example.com", Rtype::IXFR).over_tcp(server.address).await;
        assert_eq!(without.rcode, Rcode::FORMERR);
    }

    async fn the_catalog_has_every_zone_and_knows_who_is_new(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test.db, "example.com").await;
        a_zone(&test.db, "example.net").await;
        let server = serve(&test.db, settings("", "", "127.0.0.1")).await;
        let catalog = async || ask("catalog.strowger", Rtype::AXFR).over_tcp(server.address).await.records;
        let first = catalog().await;
        let (id, soa) = (zone.id.0 * 2, first[0].clone());
        assert!(soa.starts_with("catalog.strowger SOA invalid. invalid. "), "{soa}");
        assert_eq!(sorted(first.clone()), sorted(vec![
            soa.clone(),
            "catalog.strowger NS invalid.".to_owned(),
            "version.catalog.strowger TXT \"2\"".to_owned(),
            format!("z{id}.zones.catalog.strowger PTR example.com."),
            format!("z{}.zones.catalog.strowger PTR example.net.", id + 2),
            soa,
        ]));
        assert_eq!(ask("catalog.strowger", Rtype::SOA).over_udp(server.address).await.records[0], first[0]);
        remove_zone(&test.db, zone.id).await;
        a_zone(&test.db, "example.com").await;
        let second = catalog().await;
        assert_ne!(second[0], first[0]);
        assert!(second.contains(&format!("z{}.zones.catalog.strowger PTR example.com.", id + 4)), "{second:?}");
        assert_eq!(second.len(), first.len());
        let without = serve(&test.db, Settings { catalog: String::new(), ..settings("", "", "127.0.0.1") }).await;
        assert_eq!(ask("catalog.strowger", Rtype::AXFR).over_tcp(without.address).await.rcode, Rcode::NOTAUTH);
    }
}

#[tokio::test]
async fn only_who_may_gets_answers() {
    let test = TestDb::new(store::testing::Engine::Sqlite).await;
    started(&test).await;
    let zone = a_zone(&test.db, "example.com").await;
    a_record(&test.db, zone.id, "www", RrType::A, "192.0.2.1").await;
    let keys = format!("k:{SECRET} hmac-sha384:other:{SECRET}");
    let server = serve(&test.db, settings(&keys, "127.0.0.1:5300#k", "")).await;
    let (right, other) = (key(&format!("k:{SECRET}")), key(&format!("hmac-sha384:other:{SECRET}")));
    let said = |answered: Answered| (answered.rcode, answered.error, answered.records.len());
    for rtype in [Rtype::AXFR, Rtype::SOA] {
        let records = if rtype == Rtype::AXFR { 4 } else { 1 };
        let question = ask("example.com", rtype);
        for (question, expected) in [
            (question.clone(), (Rcode::REFUSED, None, 0)),
            (question.clone().signed(&right), (Rcode::NOERROR, Some(TsigRcode::NOERROR), records)),
            // Known, but not for this address.
            (question.clone().signed(&other), (Rcode::REFUSED, Some(TsigRcode::NOERROR), 0)),
            (question.clone().signed(&key(&format!("k:{OTHER_SECRET}"))), (Rcode::NOTAUTH, Some(TsigRcode::BADSIG), 0)),
            (question.clone().signed(&key(&format!("x:{SECRET}"))), (Rcode::NOTAUTH, Some(TsigRcode::BADKEY), 0)),
            // Another algorithm is another key.
            (
                question.clone().signed(&key(&format!("hmac-sha512:k:{SECRET}"))),
                (Rcode::NOTAUTH, Some(TsigRcode::BADKEY), 0),
            ),
        ] {
            assert_eq!(said(question.over_tcp(server.address).await), expected, "{rtype}");
            if rtype == Rtype::SOA {
                assert_eq!(said(question.over_udp(server.address).await), expected, "over UDP");
            }
        }
    }
    for (zone, rtype, rcode) in [
        ("example.com", Rtype::A, Rcode::REFUSED),
        ("example.com", Rtype::NS, Rcode::REFUSED),
        ("www.example.com", Rtype::AXFR, Rcode::NOTAUTH),
        ("example.net", Rtype::AXFR, Rcode::NOTAUTH),
        ("example.net", Rtype::SOA, Rcode::NOTAUTH),
        ("EXAMPLE.com", Rtype::SOA, Rcode::NOERROR),
    ] {
        for edns in [None, Some(0)] {
            let question = Question { edns, ..ask(zone, rtype).signed(&right) };
            let answered = question.over_tcp(server.address).await;
            let expected = (rcode, rcode == Rcode::NOERROR, edns);
            assert_eq!((answered.rcode, answered.authoritative, answered.edns), expected, "{zone} {rtype}");
        }
    }
    let unsigned = Question { edns: Some(0), ..ask("example.com", Rtype::SOA) }.over_udp(server.address).await;
    assert_eq!(said(unsigned), (Rcode::REFUSED, None, 0));
    let over_udp = ask("example.com", Rtype::AXFR).signed(&right).over_udp(server.address).await;
    assert_eq!(said(over_udp), (Rcode::REFUSED, Some(TsigRcode::NOERROR), 0));
    let newer = Question { edns: Some(1), ..ask("example.com", Rtype::AXFR).signed(&right) };
    let answered = newer.over_tcp(server.address).await;
    // The rest of BADVERS stands in the OPT record.
    assert_eq!((answered.rcode, answered.edns, answered.records.len()), (Rcode::NOERROR, Some(0), 0));
}

#[tokio::test]
async fn a_connection_has_many_requests_and_ends_with_nonsense() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let test = TestDb::new(store::testing::Engine::Sqlite).await;
    started(&test).await;
    a_zone(&test.db, "example.com").await;
    let server = serve(&test.db, settings("", "", "127.0.0.1")).await;
    let mut stream = tokio::net::TcpStream::connect(server.address).await.expect("a connection");
    let query = b"\x47\x11\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\xfc\x00\x01";
    for _ in 0..3 {
        stream.write_u16(query.len() as u16).await.expect("sent");
        stream.write_all(query).await.expect("sent");
        let length = stream.read_u16().await.expect("an answer");
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!((&answer[..2], answer[7]), (&query[..2], 3), "SOA, NS, SOA");
    }
    for nonsense in [&b"\x00\x03abc"[..], b"\xff\xff\x00", b"\x00\x0c\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00"]
    {
        let mut stream = tokio::net::TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(nonsense).await.expect("sent");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
        assert!(rest.is_empty(), "{nonsense:?}: {rest:?}");
    }
    // NOTIFY is for secondaries, two questions for nobody.
    for (change, at, rcode) in [(0x20_u8, 2, 4), (2, 5, 1)] {
        let mut other = query.to_vec();
        other[at] = change;
        stream.write_u16(other.len() as u16).await.expect("sent");
        stream.write_all(&other).await.expect("sent");
        let length = stream.read_u16().await.expect("an answer");
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(answer[3] & 15, rcode, "{answer:?}");
    }
}

#[tokio::test]
async fn transfers_wait_for_their_turn() {
    let test = TestDb::new(store::testing::Engine::Sqlite).await;
    started(&test).await;
    let large = a_zone(&test.db, "large.example").await;
    a_zone(&test.db, "small.example").await;
    // More than the sockets between the two hold, so that a transfer goes on for as long as nobody reads it.
    let text = "x".repeat(1_900);
    records(&test.db, large.id, (0..4_000).map(|n| (format!("host{n}"), RrType::Txt, format!("{n} {text}")))).await;
    let server = serve(&test.db, settings("", "", "127.0.0.1")).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut asked = ask("large.example", Rtype::AXFR).send(server.address).await;
        assert!(asked.message().await, "there is more");
        held.push(asked);
    }
    let small = ask("small.example", Rtype::AXFR);
    assert_eq!(small.over_tcp(server.address).await.rcode, Rcode::SERVFAIL, "no turn in time");
    let waiting = small.send(server.address).await;
    for asked in held {
        assert_eq!(asked.rest().await.records.len(), 4_003);
    }
    let answered = waiting.rest().await;
    assert_eq!((answered.rcode, answered.records.len()), (Rcode::NOERROR, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_zone_is_sent() {
    let test = TestDb::new(store::testing::Engine::Sqlite).await;
    started(&test).await;
    a_zone(&test.db, "zone1.example").await;
    let server = serve(&test.db, settings("", "", "127.0.0.1")).await;
    let update = transaction!(test.db, |tx| {
        let zone: DnsZone = registry::dns::zone::by_name(tx, &caller(), "zone1.example").await?;
        record::update(tx, &caller(), NOW, DnsZone { ttl: 77, ..zone }).await
    });
    update.expect("changed");
    let answered = ask("zone1.example", Rtype::AXFR).over_tcp(server.address).await;
    assert!(answered.records[0].contains(" 2 14400 "), "{answered:?}");
}
