//! What name servers are given, and how they are told of changes.

use super::*;

store::on_both! {
    async fn fancy_records_have_hosts_and_targets(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test, AccountId::DEFAULT_RESELLER, "example.com").await;
        for (kind, name, value, expected) in [
            (FancyKind::Mboxfw, "Info", "a@example.org", Some("info@example.com")),
            (FancyKind::Mboxfw, "info@example.com", "b@example.org", Some("info@example.com")),
            (FancyKind::Mboxfw, "info@sub.example.com", "b@example.org", Some("info@sub.example.com")),
            (FancyKind::Mboxfw, "info@example.net.", "b@example.org", None),
            (FancyKind::Mboxfw, "", "b@example.org", None),
            (FancyKind::Mboxfw, "sales", "nobody", None),
            (FancyKind::Mboxfw, "info", "a@example.org", None),
            (FancyKind::Url, "www", "https://example.org/a?b=c", Some("www.example.com")),
            (FancyKind::Url, "www", "https://example.org/other", None),
            (FancyKind::Url, "", "http://example.org", Some("example.com")),
            (FancyKind::Url, "a", "ftp://example.org", None),
            (FancyKind::Url, "a", "example.org", None),
        ] {
            let made = make(&test, &admin(), fancy_in(&zone, kind, name, value)).await;
            assert_eq!(made.ok().map(|made| made.name).as_deref(), expected, "{kind} {name} {value}");
        }
        assert_eq!(all_served(&test, "example.com", 5).await.len(), 2, "nobody serves them yet");

        let mail = |value: &str, priority| Target { rr_type: RrType::Mx, value: value.to_owned(), priority };
        let web = Target { rr_type: RrType::A, value: "192.0.2.80".to_owned(), priority: 0 };
        let set = |kind, targets: Vec<Target>| {
            let db = test.db.clone();
            async move { transaction!(db, |tx| defaults::set_targets(tx, &admin(), kind, &targets).await) }
        };
        assert_eq!(why(set(FancyKind::Mboxfw, vec![web.clone()]).await), "invalid type");
        let reached = serial(&test, zone.id).await;
        assert!(set(FancyKind::Mboxfw, vec![mail("mx1.example.org", 10), mail("mx2.example.org", 20)]).await.expect("set"));
        assert!(!set(FancyKind::Mboxfw, vec![mail("mx1.example.org", 10), mail("mx2.example.org", 20)]).await.expect("same"));
        assert!(set(FancyKind::Url, vec![web]).await.expect("set"));
        assert_eq!(serial(&test, zone.id).await, reached + 2);
        let all = all_served(&test, "example.com", 5).await;
        let mut found = lines(&all[2..]);
        found.sort();
        assert_eq!(found, [
            "example.com A 192.0.2.80",
            "example.com MX 10 mx1.example.org.",
            "example.com MX 20 mx2.example.org.",
            "sub.example.com MX 10 mx1.example.org.",
            "sub.example.com MX 20 mx2.example.org.",
            "www.example.com A 192.0.2.80",
        ]);
        assert_eq!(compared(all), all_viewed(&test, "example.com").await);
        // What is kept as a record comes first.
        let own = DnsRecord { priority: Some(5), ..in_zone(&zone, "", RrType::Mx, "mail.example.com") };
        make(&test, &admin(), own).await.expect("a record");
        let all = all_served(&test, "example.com", 5).await;
        let mx: Vec<String> = lines(&all).into_iter().filter(|line| line.starts_with("example.com MX")).collect();
        assert_eq!(mx, ["example.com MX 5 mail.example.com."]);
        assert_eq!(compared(all), all_viewed(&test, "example.com").await);
    }

    async fn name_servers_are_given_all_of_it_page_by_page(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test, AccountId::OPERATOR, "example.com").await;
        let below = a_zone(&test, AccountId::OPERATOR, "sub.example.com").await;
        for n in 0..25 {
            a_record(&test, &zone, &format!("host{n}"), RrType::A, &format!("192.0.2.{n}")).await;
        }
        a_record(&test, &zone, "", RrType::Mx, "mail.example.com").await;
        a_record(&test, &zone, "_sip._udp", RrType::Srv, "0 5060 sip.example.com").await;
        a_record(&test, &zone, "", RrType::Txt, "some \"text\"").await;
        a_record(&test, &below, "host", RrType::A, "192.0.2.1").await;
        let whole = all_served(&test, "example.com", 1_000).await;
        assert_eq!(whole.len(), 2 + 28);
        assert_eq!(lines(&whole)[..2], [
            "example.com SOA localhost. hostmaster.example.com. 29 14400 3600 2419200 3600".to_owned(),
            "example.com NS localhost.".to_owned(),
        ]);
        for size in [1, 7, 28] {
            assert_eq!(all_served(&test, "example.com", size).await, whole, "pages of {size}");
        }
        assert_eq!(compared(whole), all_viewed(&test, "example.com").await);
        let mut tx = test.db.reader();
        let (mut names, mut after) = (Vec::new(), String::new());
        while let Some(zone) = served::zones(&mut tx, &after, 1).await.expect("zones").pop() {
            after.clone_from(&zone.name);
            names.push((zone.name, zone.serial));
        }
        assert_eq!(names, [("example.com".to_owned(), 29), ("sub.example.com".to_owned(), 2)]);
    }

    async fn zones_without_name_servers_have_those_of_the_installation(test: TestDb) {
        started(&test).await;
        let plain = a_zone(&test, AccountId::OPERATOR, "example.com").await;
        let own = DnsZone { nameservers: Stored(vec!["ns.example.net".to_owned()]), ..of(AccountId::OPERATOR, "example.net") };
        let own = make(&test, &admin(), own).await.expect("a zone");
        take_all(&test).await;
        let set = |caller: Caller, hosts: Vec<String>| {
            let db = test.db.clone();
            async move { transaction!(db, |tx| defaults::set_nameservers(tx, &caller, &hosts).await) }
        };
        let hosts = vec!["ns2.example.org".to_owned(), "NS1.example.org".to_owned()];
        assert!(set(admin(), hosts.clone()).await.expect("set"));
        assert!(!set(admin(), hosts.clone()).await.expect("the same"));
        assert_eq!(why(set(admin(), Vec::new()).await), "invalid nameservers");
        assert_eq!(why(set(acting(AccountId::DEFAULT_RESELLER, Role::Reseller), hosts).await), "not allowed");
        let found = lines(&all_served(&test, "example.com", 10).await);
        assert_eq!(found[0], "example.com SOA ns2.example.org. hostmaster.example.com. 2 14400 3600 2419200 3600");
        assert_eq!(found[1..], ["example.com NS ns2.example.org.", "example.com NS ns1.example.org."]);
        assert_eq!((serial(&test, plain.id).await, serial(&test, own.id).await), (2, 1));
        assert_eq!(take_all(&test).await, ["example.com"]);
        assert_eq!(compared(all_served(&test, "example.com", 10).await), all_viewed(&test, "example.com").await);
    }

    async fn changes_are_claimed_until_name_servers_know(test: TestDb) {
        const HOUR: i64 = 3_600_000_000;
        started(&test).await;
        let zone = a_zone(&test, AccountId::OPERATOR, "example.com").await;
        a_record(&test, &zone, "www", RrType::A, "192.0.2.1").await;
        let claim = |lease| {
            let db = test.db.clone();
            async move { transaction!(db, |tx| change::claim(tx, lease, 10).await).expect("claimed") }
        };
        let first = claim(HOUR).await.pop().expect("a change");
        assert_eq!(first.name, "example.com");
        assert!(claim(HOUR).await.is_empty(), "somebody has it");
        // A change meanwhile makes it claimable, and the first claim ends nothing.
        a_record(&test, &zone, "www", RrType::A, "192.0.2.2").await;
        assert!(!transaction!(test.db, |tx| change::done(tx, &first).await).expect("answered"));
        let second = claim(0).await.pop().expect("a change");
        assert!(transaction!(test.db, |tx| change::again(tx, &second, HOUR).await).expect("answered"));
        assert!(claim(HOUR).await.is_empty(), "it is put off");
        remove::<DnsZone>(&test, &admin(), zone.id.0).await.expect("removed");
        assert!(claim(0).await.is_empty(), "a zone that is no more has no changes");
        assert!(!transaction!(test.db, |tx| change::done(tx, &second).await).expect("answered"));
    }
}
