//! What a SIP account and its subscriber share.

use super::*;

store::on_both! {
    async fn an_account_is_a_subscriber_at_once(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        add_domain(&test, RESELLER, "a.example").await;
        let settings = Settings {
            first_name: " Mary Ann ".to_owned(),
            last_name: "Smith".to_owned(),
            email: Some("mary@example.com".to_owned()),
            timezone: Some("Europe/Amsterdam".to_owned()),
            caller_id: Some("31201234567".to_owned()),
            groups: ["free-pstn", "anonymous", "", "sms", "sms", "prepaid"].map(str::to_owned).to_vec(),
            quota: 20,
            call_limit: 3,
            answer_timeout: 25,
            quickdial_prefix: "31".to_owned(),
            region: "NH".to_owned(),
            acl: vec![
                Acl { ip: "192.0.2.77".to_owned(), mask: 24, tag: "office".to_owned() },
                Acl { ip: "198.51.100.1".to_owned(), mask: 32, tag: String::new() },
            ],
            properties: [("language", "nl"), ("web_password", "hush")]
                .map(|(name, value)| Named { name: name.to_owned(), value: value.to_owned() })
                .to_vec(),
            ..Settings::default()
        };
        let new = NewSipAccount { owner_id: Some(shop), settings: settings.clone(), ..of("a.example", "Mary") };
        let made = make(&test, &admin(), &new).await.expect("an account");
        assert_eq!(made, read(&test, made.id).await);
        assert_eq!((made.username.as_str(), made.domain.as_str(), made.owner_id, made.account_id), ("mary", "a.example", shop, RESELLER));
        let mut expected = Settings { first_name: "Mary Ann".to_owned(), ..settings };
        expected.groups = ["free-pstn", "sms", "anonymous"].map(str::to_owned).to_vec();
        expected.acl[0].ip = "192.0.2.0".to_owned();
        assert_eq!(made.settings, expected);
        assert_eq!(made.password.clear.as_deref(), Some("pa:ss wörd"));
        assert!(!format!("{made:?}").contains("hush") && !format!("{made:?}").contains("wörd"));

        let subscriber = seen(&test, made.id).await;
        assert_eq!(subscriber.details.display_name.as_deref(), Some("Mary Ann Smith"));
        assert_eq!(subscriber.details.email.as_deref(), Some("mary@example.com"));
        assert_eq!((subscriber.account_id, subscriber.domain_account_id), (shop, RESELLER));
        for (attribute, values) in [
            ("concurrent_max", vec!["3"]),
            ("cli", vec!["31201234567"]),
            ("clir", vec!["1"]),
            ("block_in_clir", vec![]),
            ("allowed_ips", vec!["192.0.2.0/24", "198.51.100.1"]),
        ] {
            assert_eq!(preferred(&test, made.id, attribute).await, values, "{attribute}");
        }
        // What is sent back changes nothing but the time.
        let again = change(&test, &admin(), made.id, &made.settings).await.expect("as it is");
        assert_eq!(SipAccount { modified_at: NOW, ..again.clone() }, made);
        assert_eq!(again.modified_at, NOW + 1);
        // A customer with a number of its own is changed elsewhere without one.
        transaction!(test.db, |tx| subscriber::update(tx, &admin(), NOW, &sealer(), made.id, &same(&seen(&test, made.id).await)).await)
            .expect("a subscriber without a number remains one");

        // Whoever is shown no passwords does not take one away by sending back what it is shown.
        let mut humble = admin();
        humble.rights.show_passwords = false;
        let shown = sip_account::get(&mut test.db.reader(), &humble, &sealer(), made.id).await.expect("seen");
        assert_eq!((&shown.password, shown.settings.properties.len()), (&sip_account::Password::default(), 1));
        change(&test, &humble, made.id, &shown.settings).await.expect("as it is shown");
        assert_eq!(SipAccount { modified_at: NOW, ..read(&test, made.id).await }, made);

        for secret in ["hush", "pa:ss"] {
            for sql in ["SELECT after FROM journal", "SELECT properties FROM sip_account_settings"] {
                let rows = test.db.reader().query(sql, args![]).await.expect("rows");
                let shown = |row: &store::Row| row.at::<serde_json::Value>(0).map(|json| json.to_string()).unwrap_or_default();
                assert!(rows.iter().all(|row| !shown(row).contains(secret)), "{secret}: {sql}");
            }
        }
    }

    async fn what_is_set_elsewhere_is_seen_here(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example").await;
        let mut wanted = new(shop, domain, "ada", "1001");
        wanted.details.display_name = Some("Ada King Lovelace".to_owned());
        let ada = add_subscriber(&test, &wanted).await;
        let account = read(&test, ada.id).await;
        assert_eq!((account.settings.first_name.as_str(), account.settings.last_name.as_str()), ("Ada", "King Lovelace"));
        assert_eq!(account.settings.answer_timeout, 35);
        for (name, value) in [
            ("concurrent_max", Value::Int(7)),
            ("cli", Value::Text("4311001".to_owned())),
            ("clir", Value::Flag(true)),
            ("block_in_clir", Value::Flag(true)),
            ("allowed_ips", Value::List(vec![Value::Text("10.0.0.0/8".to_owned()), Value::Text("2001:db8::/32".to_owned())])),
        ] {
            prefer(&test, ada.id, name, value).await;
        }
        let settings = read(&test, ada.id).await.settings;
        assert_eq!((settings.call_limit, settings.caller_id.as_deref()), (7, Some("4311001")));
        assert_eq!(settings.groups, ["anonymous", "anonymous-reject"]);
        assert_eq!(settings.acl, [Acl { ip: "10.0.0.0".to_owned(), mask: 8, tag: String::new() }]);
        let changed = Settings { acl: Vec::new(), call_limit: 0, groups: Vec::new(), ..settings };
        change(&test, &admin(), ada.id, &changed).await.expect("changed");
        assert_eq!(preferred(&test, ada.id, "allowed_ips").await, ["2001:db8::/32"], "what an ACL can't show stays");
        for attribute in ["concurrent_max", "clir", "block_in_clir"] {
            assert!(preferred(&test, ada.id, attribute).await.is_empty(), "{attribute}");
        }
        // A name that is set elsewhere takes the place of the two that were set here.
        let mut renamed = same(&seen(&test, ada.id).await);
        renamed.details.display_name = Some("Countess Lovelace".to_owned());
        transaction!(test.db, |tx| subscriber::update(tx, &admin(), NOW, &sealer(), ada.id, &renamed).await).expect("renamed");
        let settings = read(&test, ada.id).await.settings;
        assert_eq!((settings.first_name.as_str(), settings.last_name.as_str()), ("Countess", "Lovelace"));
        assert_eq!(found_by(&test, &admin(), vec![Condition::Is("first_name", "COUNT%".into())]).await, ["ada"]);
    }

    async fn accounts_are_found_by_what_is_known_of_them(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example").await;
        make_domain(&test, &admin(), &domain_of(shop, "b.example")).await.expect("a domain");
        let mut ada = new(shop, domain, "ada", "1001");
        ada.details.display_name = Some("Ada King Lovelace".to_owned());
        add_subscriber(&test, &ada).await;
        an_account(&test, "a.example", "alice").await;
        let mut bob = of("b.example", "bob");
        bob.settings = Settings { prepaid: true, email: Some("bob@example.com".to_owned()), ..Settings::default() };
        make(&test, &admin(), &bob).await.expect("made");
        let is = |name, value: &str| Condition::Is(name, value.into());
        for (conditions, expected) in [
            (vec![is("first_name", "ada")], vec!["ada"]),
            (vec![is("first_name", "a%")], vec!["ada", "alice"]),
            (vec![is("last_name", "smith")], vec!["alice"]),
            (vec![is("last_name", "%lovelace")], vec!["ada"]),
            (vec![is("first_name", "lovelace")], vec![]),
            (vec![Condition::Alike("username", "A%".to_owned())], vec!["ada", "alice"]),
            (vec![Condition::Alike("email", "%@EXAMPLE.com".to_owned())], vec!["bob"]),
            (vec![is("domain", "b.example")], vec!["bob"]),
            (vec![Condition::Is("prepaid", true.into())], vec!["bob"]),
            (vec![Condition::Is("prepaid", false.into())], vec!["ada", "alice"]),
            (vec![Condition::Is("account_id", shop.into())], vec!["ada", "bob"]),
            (vec![Condition::Is("domain_account_id", shop.into())], vec!["bob"]),
            (vec![Condition::Is("reseller_id", RESELLER.into())], vec!["ada", "alice", "bob"]),
        ] {
            assert_eq!(found_by(&test, &admin(), conditions.clone()).await, expected, "{conditions:?}");
        }
        let mut tx = test.db.reader();
        let addresses = [("bob", "B.example"), ("nobody", "b.example"), ("ADA", "a.example"), ("bob", "a.example"), ("bob", "b.example")]
            .map(|(username, domain)| (username.to_owned(), domain.to_owned()));
        let ids = sip_account::find_all(&mut tx, &admin(), &addresses).await.expect("found");
        let known: Vec<bool> = ids.iter().map(Option::is_some).collect();
        assert_eq!(known, [true, false, true, false, true]);
        assert_eq!(ids[0], ids[4]);
        let none = sip_account::find(&mut tx, &acting(customer(&test, "other").await, Role::Customer), "bob", "b.example").await;
        assert!(matches!(none, Err(Error::NotFound { kind: "SIP account", .. })), "{none:?}");
    }

    async fn digests_take_the_place_of_a_password(test: TestDb) {
        started(&test).await;
        add_domain(&test, RESELLER, "a.example").await;
        let clear = an_account(&test, "a.example", "alice").await;
        let (ha1, ha1b) = clear.password.digests.clone().expect("digests");
        let pair = SipPassword::of_digests(&format!("{ha1}:{ha1b}")).expect("digests");
        let set = async |id, password: &SipPassword| {
            let settings = read(&test, id).await.settings;
            let change = Change { owner_id: None, password: Some(password.clone()), settings };
            transaction!(test.db, |tx| sip_account::update(tx, &admin(), NOW, &sealer(), id, &change).await).expect("set")
        };
        let same = set(clear.id, &pair).await;
        assert_eq!(same.password.clear.as_deref(), Some("pa:ss wörd"), "it is the password that it has");
        let other = SipPassword::of_digests(&format!("{}:{}", "a".repeat(32), "B".repeat(32))).expect("digests");
        let after = set(clear.id, &other).await;
        assert_eq!((after.password.clear, after.password.digests), (None, Some(("a".repeat(32), "b".repeat(32)))));
        let sql = "SELECT ha1, ha1b, ha1_sha256, scram_sha1, scram_sha256 FROM subscribers WHERE id = $1";
        let row = test.db.reader().query_one(sql, args![clear.id]).await.expect("a row");
        let columns: Vec<bool> = (0..5).map(|n| row.at::<Option<String>>(n).expect("text").is_some()).collect();
        assert_eq!(columns, [true, true, false, false, false]);
        let settings = after.settings;
        assert_eq!(change(&test, &admin(), clear.id, &settings).await.expect("kept").password.clear, None);
        let back = set(clear.id, &SipPassword::new("another one").expect("a password")).await;
        assert_eq!(back.password.clear.as_deref(), Some("another one"));
        let new = make(&test, &admin(), &NewSipAccount { password: other, ..of("a.example", "bob") }).await.expect("made");
        assert_eq!(seen(&test, new.id).await.password(&sealer()).expect("opens"), None);
    }

    async fn wrong_values_are_named(test: TestDb) {
        started(&test).await;
        add_domain(&test, RESELLER, "a.example").await;
        let alice = an_account(&test, "a.example", "alice").await;
        let with = |edit: &dyn Fn(&mut Settings)| {
            let mut settings = alice.settings.clone();
            edit(&mut settings);
            settings
        };
        let property = |name: &str, value: &str| Named { name: name.to_owned(), value: value.to_owned() };
        let acl = |ip: &str, mask| Acl { ip: ip.to_owned(), mask, tag: String::new() };
        for (settings, expected) in [
            (with(&|s| s.first_name = "x".repeat(129)), "invalid first_name"),
            (with(&|s| s.first_name = "x".repeat(123)), "invalid last_name"),
            (with(&|s| s.email = Some("nobody".to_owned())), "invalid email"),
            (with(&|s| s.timezone = Some("Nowhere/City".to_owned())), "dangling timezone"),
            (with(&|s| s.quota = -1), "invalid quota"),
            (with(&|s| s.call_limit = -1), "invalid call_limit"),
            (with(&|s| s.answer_timeout = 901), "invalid answer_timeout"),
            (with(&|s| s.groups = vec!["a b".to_owned()]), "invalid groups"),
            (with(&|s| s.groups = (0..101).map(|n| format!("g{n}")).collect()), "invalid groups"),
            (with(&|s| s.acl = vec![acl("192.0.2.1", 33)]), "invalid acl"),
            (with(&|s| s.acl = vec![acl("2001:db8::1", 32)]), "invalid acl"),
            (with(&|s| s.acl = vec![acl("192.0.2.1", 24), acl("192.0.2.2", 24)]), "invalid acl"),
            (with(&|s| s.properties = vec![property("a", "1"), property("a", "2")]), "invalid properties"),
            (with(&|s| s.properties = vec![property("", "1")]), "invalid properties"),
            (with(&|s| s.answer_timeout = 0), "done"),
        ] {
            assert_eq!(why(change(&test, &admin(), alice.id, &settings).await), expected, "{settings:?}");
        }
        for (new, expected) in [
            (of("a.example", "alice"), "taken"),
            (of("a.example", "ALICE"), "taken"),
            (of("a.example", "a b"), "invalid username"),
            (of("b.example", "alice"), "dangling domain"),
        ] {
            assert_eq!(why(make(&test, &admin(), &new).await), expected, "{new:?}");
        }
    }

    async fn another_owner_gets_all_that_is_the_accounts(test: TestDb) {
        started(&test).await;
        let (shop, mill) = (sip_customer(&test, RESELLER, "shop").await, sip_customer(&test, RESELLER, "mill").await);
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let afar = sip_customer(&test, acme, "afar").await;
        let domain = add_domain(&test, RESELLER, "a.example").await;
        let mut ada = new(shop, domain, "ada", "1001");
        ada.aliases = vec![subscriber::Alias { split: crate::tests::subscribers::split("2002"), is_devid: false }];
        let ada = add_subscriber(&test, &ada).await;
        for (account, most) in [(shop, 5), (mill, 1)] {
            limit(&test, account, quota::Kind::Subscribers, most).await;
        }
        let account = read(&test, ada.id).await;
        assert_eq!(why(give_to(&test, &admin(), &account, afar).await), "invalid owner_id");
        let after = give_to(&test, &admin(), &account, mill).await.expect("given");
        assert_eq!(after.owner_id, mill);
        let subscriber = seen(&test, ada.id).await;
        assert_eq!(subscriber.alias_numbers.len(), 1);
        for digits in ["4311001", "4312002"] {
            let number = crate::tests::stored(&test, digits).await;
            assert_eq!((number.account_id, number.subscriber_id), (Some(mill), Some(ada.id)), "{digits}");
        }
        assert_eq!((used(&test, shop, quota::Kind::Subscribers).await, used(&test, mill, quota::Kind::Subscribers).await), (0, 1));
        let by = |column, id: AccountId| vec![Condition::Is(column, id.into())];
        assert_eq!(found_by(&test, &admin(), by("account_id", shop)).await, Vec::<String>::new());
        assert_eq!(found_by(&test, &admin(), by("account_id", mill)).await, ["ada"]);
        assert_eq!(seen_by(&test, &acting(mill, Role::Customer), &crate::number::NUMBERS_IN_USE).await.len(), 2);
        let bob = an_account(&test, "a.example", "bob").await;
        assert_eq!(why(give_to(&test, &admin(), &bob, mill).await), format!("{mill}: 1 of 1 subscribers"));
        make_domain(&test, &admin(), &domain_of(AccountId::OPERATOR, "platform.example")).await.expect("a domain");
        let carol = an_account(&test, "platform.example", "carol").await;
        let carol = give_to(&test, &admin(), &carol, afar).await.expect("of any reseller");
        assert_eq!((carol.owner_id, carol.reseller_id, carol.account_id), (afar, acme, AccountId::OPERATOR));
        assert_eq!(found_by(&test, &acting(acme, Role::Reseller), vec![]).await, ["carol"]);
    }
}
