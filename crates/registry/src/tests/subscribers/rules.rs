//! Who may do what with subscribers: locks, rights, the PBX, limits.

use super::*;

store::on_both! {
    async fn locks_follow_the_status_of_the_customer(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let mut first = new(shop, domain, "alice", "1");
        first.details.lock_level = Some(2);
        let alice = add_subscriber(&test, &first).await;
        let mut locked = new(shop, domain, "bob", "2");
        locked.details.status = subscriber::Status::Locked;
        let bob = add_subscriber(&test, &locked).await;
        let state = async |id| {
            let details = found(&test, id).await.expect("there").details;
            (details.status, details.lock_level)
        };
        assert_eq!(state(alice.id).await, (subscriber::Status::Active, Some(2)));
        assert_eq!(state(bob.id).await, (subscriber::Status::Locked, Some(4)));
        let set = async |status| {
            transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, status).await).expect("set");
        };
        set(Status::Locked).await;
        assert_eq!(state(alice.id).await, (subscriber::Status::Locked, Some(4)));
        let carol = create_as(&test, &admin(), &new(shop, domain, "carol", "3")).await.expect("made");
        assert_eq!(state(carol.id).await, (subscriber::Status::Locked, Some(4)), "as the others of the customer");
        set(Status::Active).await;
        assert_eq!(state(carol.id).await, (subscriber::Status::Active, None));
        assert_eq!(state(alice.id).await, (subscriber::Status::Active, None));
        assert_eq!(state(bob.id).await, (subscriber::Status::Active, None));
        set(Status::Terminated).await;
        assert!(found(&test, alice.id).await.is_none() && found(&test, bob.id).await.is_none());
        let refused = create_as(&test, &admin(), &new(shop, domain, "dave", "4")).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "customer_id", .. })), "{refused:?}");
    }

    async fn who_may_do_what(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = sip_customer(&test, acme, "shop").await;
        let domain = add_domain(&test, acme, "a.example.org").await;
        let foreign = add_domain(&test, RESELLER, "b.example.org").await;
        let alice = create_as(&test, &acting(acme, Role::Reseller), &new(shop, domain, "alice", "1")).await.expect("made");
        let elsewhere = create_as(&test, &acting(acme, Role::Reseller), &new(shop, foreign, "bob", "2")).await;
        assert!(matches!(elsewhere, Err(Error::Dangling { field: "domain", .. })), "{elsewhere:?}");
        let elsewhere = create_as(&test, &admin(), &new(shop, foreign, "bob", "2")).await;
        assert!(matches!(elsewhere, Err(Error::Invalid { field: "domain", .. })), "{elsewhere:?}");
        let rival = sip_customer(&test, acme, "rival").await;
        let bob = add_subscriber(&test, &new(rival, domain, "bob", "2")).await;

        let itself = Caller::subscriber(alice.id, "alice@a.example.org", shop, false);
        let head = Caller::subscriber(alice.id, "alice@a.example.org", shop, true);
        for caller in [&itself, &head] {
            assert_eq!(count(&test, &SUBSCRIBERS, caller, None).await, 1);
            assert_eq!(count(&test, &NUMBERS_IN_USE, caller, None).await, 1);
            let hidden = subscriber::get(&mut test.db.reader(), caller, bob.id).await;
            assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
            let refused = create_as(&test, caller, &new(shop, domain, "carol", "3")).await;
            assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
            let refused = end(&test, caller, alice.id).await;
            assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
            let mut own = same(&alice);
            own.details.display_name = Some("Alice".to_owned());
            update_as(&test, caller, alice.id, &own).await.expect("its own business");
        }
        let alice = found(&test, alice.id).await.expect("there");
        let mut lock = same(&alice);
        lock.details.lock_level = Some(1);
        let more = Change { aliases: vec![alias("55")], ..same(&alice) };
        for (caller, change) in [(&itself, &lock), (&head, &lock), (&itself, &more), (&head, &more)] {
            let refused = update_as(&test, caller, alice.id, change).await;
            assert!(matches!(refused, Err(Error::NotAllowed(_) | Error::Taken { .. })), "{caller:?} {refused:?}");
        }
    }

    async fn a_pbx_has_one_pilot_and_it_goes_last(test: TestDb) {
        started(&test).await;
        let shop = with_product(&test, RESELLER, "shop", "pbxaccount").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let make = async |name: &str, sn: Option<&str>, change: fn(&mut Details)| {
            let mut wanted = new(shop, domain, name, sn.unwrap_or_default());
            wanted.primary = sn.map(split);
            change(&mut wanted.details);
            create_as(&test, &admin(), &wanted).await
        };
        let refused = make("seat", Some("1"), |d| d.pbx.pbx_extension = Some("10".to_owned())).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "is_pbx_pilot", .. })), "{refused:?}");
        let refused = make("pilot", None, |d| d.pbx.is_pbx_pilot = true).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "primary_number", .. })), "{refused:?}");
        let pilot = make("pilot", Some("1"), |d| d.pbx.is_pbx_pilot = true).await.expect("a pilot");
        let refused = make("second", Some("2"), |d| d.pbx.is_pbx_pilot = true).await;
        assert!(matches!(refused, Err(Error::Taken { field: "is_pbx_pilot", .. })), "{refused:?}");
        let refused = make("seat", Some("2"), |_| {}).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "pbx_extension", .. })), "{refused:?}");
        let group = make("group", None, |d| {
            d.pbx.is_pbx_group = true;
            d.pbx.pbx_extension = Some("9".to_owned());
            d.pbx.pbx_hunt_policy = Some(subscriber::HuntPolicy::Serial);
        });
        let group = group.await.expect("a group");
        let mut seat = new(shop, domain, "seat", "2");
        seat.details.pbx.pbx_extension = Some("10".to_owned());
        seat.details.pbx.pbx_group_ids = vec![group.id];
        let seat = add_subscriber(&test, &seat).await;
        assert_eq!(found(&test, group.id).await.expect("there").details.pbx.pbx_groupmember_ids, [seat.id]);
        let directory = async || count(&test, &pbx_directory::ALL, &admin(), None).await;
        assert_eq!(directory().await, 2, "groups are not in it");
        let of_shop = Some(("account_id", shop.0));
        assert_eq!(count(&test, &pbx_directory::ALL, &acting(RESELLER, Role::Reseller), of_shop).await, 2);
        update_as(&test, &admin(), seat.id, &same(&seat)).await.expect("as it is");
        assert_eq!(directory().await, 2);
        let refused = make("third", Some("3"), |d| d.pbx.pbx_extension = Some("10".to_owned())).await;
        assert!(matches!(refused, Err(Error::Taken { field: "pbx_extension", .. })), "{refused:?}");
        let mut wrong = same(&seat);
        wrong.details.pbx.pbx_group_ids = vec![pilot.id];
        let refused = update_as(&test, &admin(), seat.id, &wrong).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "pbx_group_ids", .. })), "{refused:?}");
        let mut revoked = same(&pilot);
        revoked.details.pbx.is_pbx_pilot = false;
        let refused = update_as(&test, &admin(), pilot.id, &revoked).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "is_pbx_pilot", .. })), "{refused:?}");
        let refused = end(&test, &admin(), pilot.id).await;
        assert!(matches!(refused, Err(Error::InUse { kind: "pilot", .. })), "{refused:?}");

        end(&test, &acting(shop, Role::SubscriberAdmin), seat.id).await.expect("whoever administers the PBX may");
        let pilot = found(&test, pilot.id).await.expect("there");
        assert_eq!(pilot.alias_numbers[0].split.to_string(), "43-1-2", "the seat's number goes to the pilot");
        assert!(found(&test, group.id).await.expect("there").details.pbx.pbx_groupmember_ids.is_empty());
        assert_eq!(directory().await, 1);
        end(&test, &admin(), group.id).await.expect("terminated");
        end(&test, &admin(), pilot.id).await.expect("the pilot goes last");
        assert_eq!(directory().await, 0);
        assert_eq!(count(&test, &NUMBERS_IN_USE, &admin(), None).await, 0);
    }

    async fn a_customer_has_no_more_subscribers_than_it_may(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        transaction!(test.db, |tx| quota::set(tx, &admin(), NOW, shop, quota::Kind::Subscribers, Some(1)).await)
            .expect("a limit");
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1")).await;
        let refused = create_as(&test, &admin(), &new(shop, domain, "bob", "2")).await;
        assert!(matches!(refused, Err(Error::Quota { limit: 1, used: 1, .. })), "{refused:?}");
        end(&test, &admin(), alice.id).await.expect("terminated");
        add_subscriber(&test, &new(shop, domain, "bob", "2")).await;
    }

    async fn a_subscriber_is_a_customers_in_its_own_domain_or_its_resellers(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = with_product(&test, acme, "shop", "pbxaccount").await;
        let rival = with_product(&test, acme, "rival", "pbxaccount").await;
        let domain = add_domain(&test, acme, "a.example.org").await;
        let (own, foreign) =
            (add_domain(&test, shop, "shop.example.org").await, add_domain(&test, rival, "rival.example.org").await);
        for account in [acme, AccountId::OPERATOR] {
            let refused = create_as(&test, &admin(), &new(account, domain, "alice", "1")).await;
            assert!(matches!(refused, Err(Error::Dangling { field: "customer_id", .. })), "{account} {refused:?}");
        }
        let mut pilot = new(shop, domain, "pilot", "1");
        pilot.details.pbx.is_pbx_pilot = true;
        let pilot = add_subscriber(&test, &pilot).await.id;
        let head = Caller::subscriber(pilot, "pilot@a.example.org", shop, true);
        let seat = |domain: OfDomain, extension: &str| {
            let mut seat = New { domain, primary: None, ..new(shop, own, extension, "") };
            seat.details.pbx.pbx_extension = Some(extension.to_owned());
            seat
        };
        for (caller, visible) in [(&head, false), (&acting(acme, Role::Reseller), true), (&admin(), true)] {
            for of_rival in [OfDomain::Id(foreign), OfDomain::Name("rival.example.org".to_owned())] {
                let refused = create_as(&test, caller, &seat(of_rival, "10")).await;
                match &refused {
                    Err(Error::Dangling { field: "domain", .. }) if !visible => {}
                    Err(Error::Invalid { field: "domain", .. }) if visible => {}
                    _ => panic!("{caller:?} {refused:?}"),
                }
            }
        }
        for (caller, extension, fitting) in [(&head, "10", own), (&head, "11", domain), (&admin(), "12", own)] {
            create_as(&test, caller, &seat(OfDomain::Id(fitting), extension)).await.expect("made");
        }
    }
}
