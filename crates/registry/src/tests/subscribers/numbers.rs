//! Where the numbers of subscribers come from, where they go, and what follows them.

use super::*;

store::on_both! {
    async fn a_number_comes_from_where_it_may_and_goes_back_there(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let rival = sip_customer(&test, RESELLER, "rival").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let pool = add_pool(&test, PoolSpec { quarantine_days: 30, ..priced("vienna", "2.5") }).await;
        stock(&test, &pool, &["4311", "4312", "4313", "4314"]).await;
        for (digits, owner) in [("4312", shop), ("4313", RESELLER), ("4314", rival)] {
            transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, digits, owner, None).await).expect("sold");
        }
        let before = money_of(&test, shop).await;
        let mut wanted = new(shop, domain, "alice", "1");
        wanted.aliases = vec![alias("2"), alias("3"), alias("99999999999999999999999999")];
        let alice = add_subscriber(&test, &wanted).await;
        assert_ne!(money_of(&test, shop).await, before, "the number of the pool has its price");
        for digits in ["4311", "4312", "4313", "43199999999999999999999999999"] {
            let number = stored(&test, digits).await;
            let state = (number.state, number.account_id, number.subscriber_id);
            assert_eq!(state, (State::InService, Some(shop), Some(alice.id)), "{digits}");
        }
        assert_eq!(count(&test, &NUMBERS_IN_USE, &admin(), Some(("account_id", shop.0))).await, 4);
        let mut taken = new(shop, domain, "bob", "4");
        taken.aliases = vec![alias("2"), alias("77")];
        let refused = create_as(&test, &admin(), &taken).await;
        let Err(Error::Taken { field: "digits", value, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(value, "43-1-4,43-1-2");
        let held = transaction!(test.db, |tx| {
            number::release(tx, &admin(), NOW, "4312", number::AtVendor::Keep).await
        });
        assert!(matches!(held, Err(Error::InUse { kind: "number", .. })), "{held:?}");

        end(&test, &admin(), alice.id).await.expect("terminated");
        for (digits, state, owner) in [
            ("4311", State::Aging, None),
            ("4312", State::InService, Some(shop)),
            ("4313", State::InService, Some(RESELLER)),
            ("43199999999999999999999999999", State::Deleted, None),
        ] {
            let number = stored(&test, digits).await;
            assert_eq!((number.state, number.account_id, number.subscriber_id), (state, owner, None), "{digits}");
        }
        assert_eq!(count(&test, &NUMBERS_IN_USE, &admin(), None).await, 0);
        // What is in quarantine goes to who had it, what left the books comes back.
        let mut again = new(shop, domain, "alice", "1");
        again.aliases = vec![alias("99999999999999999999999999")];
        add_subscriber(&test, &again).await;
    }

    async fn of_many_at_once_one_gets_the_name_or_number(test: TestDb) {
        started(&test).await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let mut makers = Vec::new();
        for n in 0..6 {
            let shop = sip_customer(&test, RESELLER, &format!("shop {n}")).await;
            // Half of them want the same user name, the other half the same number.
            let wanted = if n % 2 == 0 {
                New { details: Details::default(), ..new(shop, domain, "alice", &format!("10{n}")) }
            } else {
                new(shop, domain, &format!("user{n}"), "2000")
            };
            let db = test.db.clone();
            makers.push(tokio::spawn(async move {
                transaction!(db, |tx| subscriber::create(tx, &admin(), NOW, &sealer(), &wanted).await)
            }));
        }
        let (mut made, mut taken) = (Vec::new(), Vec::new());
        for maker in makers {
            match maker.await.expect("a maker") {
                Ok(subscriber) => made.push(subscriber.username),
                Err(Error::Taken { field, .. }) => taken.push(field),
                Err(other) => panic!("{other:?}"),
            }
        }
        taken.sort_unstable();
        assert_eq!((made.len(), taken), (2, vec!["digits", "digits", "username", "username"]), "{made:?}");
        assert_eq!(count(&test, &SUBSCRIBERS, &admin(), None).await, 2);
    }

    async fn numbers_change_places_and_preferences_follow(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let mut wanted = new(shop, domain, "alice", "1");
        wanted.aliases = vec![alias("2"), alias("3")];
        let made = add_subscriber(&test, &wanted).await;
        transaction!(test.db, |tx| preference::set_system(tx, Level::Subscriber, made.id.0, "cli", &["4311"]).await)
            .expect("set");
        // The second becomes the primary one, the third goes, a fourth comes.
        let change = Change {
            primary: Some(Split { cc: "4".to_owned(), ac: "31".to_owned(), sn: "2".to_owned() }),
            aliases: vec![alias("1"), alias("4")],
            ..same(&made)
        };
        update_as(&test, &admin(), made.id, &change).await.expect("changed");
        let after = found(&test, made.id).await.expect("there");
        assert_eq!(after.primary_number.expect("one").split.to_string(), "4-31-2");
        let aliases: Vec<_> = after.alias_numbers.iter().map(|held| held.split.to_string()).collect();
        assert_eq!(aliases, ["43-1-1", "43-1-4"]);
        for (attribute, values) in
            [("cc", vec!["4"]), ("ac", vec!["31"]), ("cli", vec!["4312"]), ("allowed_clis", vec!["4311", "4312", "4314"])]
        {
            assert_eq!(preferred(&test, made.id, attribute).await, values, "{attribute}");
        }
        assert_eq!(stored(&test, "4313").await.state, State::Deleted);
        let query = Query {
            conditions: vec![Condition::Like("primary_digits", "4312*".to_owned())],
            limit: 5,
            ..Query::default()
        };
        let page = listing::page(&mut test.db.reader(), &admin(), &SUBSCRIBERS, &query).await.expect("a page");
        assert_eq!(page.ids, [made.id.0]);
    }

    async fn an_alias_moves_to_another_subscriber(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let mut wanted = new(shop, domain, "alice", "1");
        wanted.aliases = vec![alias("2")];
        let alice = add_subscriber(&test, &wanted).await;
        let bob = add_subscriber(&test, &new(shop, domain, "bob", "3")).await;
        let ids = (alice.primary_number.expect("one").number_id, alice.alias_numbers[0].number_id);
        let move_to = async |caller: Caller, number, to| {
            transaction!(test.db, |tx| subscriber::reassign(tx, &caller, NOW, number, to, false, true).await)
        };
        let primary = move_to(admin(), ids.0, bob.id).await;
        let Err(Error::InUse { key, .. }) = primary else { panic!("{primary:?}") };
        assert_eq!(key, alice.id.to_string());
        let nobody = move_to(admin(), ids.1, SubscriberId(999)).await;
        assert!(matches!(nobody, Err(Error::Dangling { field: "subscriber_id", .. })), "{nobody:?}");
        let rival = sip_customer(&test, RESELLER, "rival").await;
        let hidden = move_to(acting(rival, Role::SubscriberAdmin), ids.1, bob.id).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        let moved = move_to(acting(shop, Role::SubscriberAdmin), ids.1, bob.id).await.expect("moved");
        assert_eq!((moved.subscriber_id, moved.is_primary), (bob.id, false));
        assert_eq!(preferred(&test, alice.id, "allowed_clis").await, ["4311"]);
        assert_eq!(preferred(&test, bob.id, "allowed_clis").await, ["4313", "4312"]);
        assert_eq!(found(&test, bob.id).await.expect("there").alias_numbers.len(), 1);
    }

    async fn a_locked_customer_buys_no_numbers(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let pool = add_pool(&test, PoolSpec { quarantine_days: 30, ..priced("vienna", "2.5") }).await;
        stock(&test, &pool, &["4312", "4313", "4314"]).await;
        transaction!(test.db, |tx| {
            number::reserve(tx, &admin(), NOW, "4313", shop, NOW + 1).await?;
            number::sell(tx, &admin(), NOW, "4314", shop, None).await?;
            number::release(tx, &admin(), NOW, "4314", number::AtVendor::Keep).await
        })
        .expect("one free, one reserved, one in quarantine");
        let mut wanted = new(shop, domain, "alice", "1");
        wanted.aliases = vec![alias("9")];
        let alice = add_subscriber(&test, &wanted).await;
        let bob = add_subscriber(&test, &new(shop, domain, "bob", "8")).await;
        let set = async |status| {
            transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, status).await).expect("set");
        };
        set(Status::Locked).await;
        let before = money_of(&test, shop).await;
        let alice = found(&test, alice.id).await.expect("there");
        for (sn, state) in [("2", State::Available), ("3", State::Reserved), ("4", State::Aging)] {
            let more = Change { aliases: vec![alias("9"), alias(sn)], ..same(&alice) };
            let refused = update_as(&test, &admin(), alice.id, &more).await;
            let Err(Error::Invalid { field: "account", message }) = refused else { panic!("{refused:?}") };
            assert_eq!(message, format!("account {shop} is locked"));
            assert_eq!(stored(&test, &format!("431{sn}")).await.state, state);
        }
        assert_eq!(money_of(&test, shop).await, before);
        let id = alice.alias_numbers[0].number_id;
        let moved = transaction!(test.db, |tx| subscriber::reassign(tx, &admin(), NOW, id, bob.id, false, true).await);
        assert_eq!(moved.expect("what it has may move").subscriber_id, bob.id);
        set(Status::Active).await;
        let alice = found(&test, alice.id).await.expect("there");
        let more = Change { aliases: vec![alias("2"), alias("3"), alias("4")], ..same(&alice) };
        update_as(&test, &admin(), alice.id, &more).await.expect("bought");
        assert_ne!(money_of(&test, shop).await, before);
    }
}
