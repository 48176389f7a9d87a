//! What changes of a customer, and by whom.

use super::*;
use crate::id::ContactId;
use crate::journal;
use crate::page::Page;

async fn contact_of(test: &TestDb, id: AccountId) -> Option<ContactId> {
    account::papers::load(&mut test.db.reader(), NOW, &[id.0]).await.expect("papers")[0].contact_id
}

store::on_both! {
    async fn what_is_sent_back_unchanged_is_nobodys_fault(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let mut rich = echo(&get(&test, &admin(), shop).await.expect("read"));
        rich.balance = Some(Money(5_123_456));
        rich.credit = Some(Money(7_000_000));
        rich.details.company_code = "c-7".to_owned();
        rich.reseller_active = Some(false);
        rich.impersonate_id = Some(acme);
        rich.properties = Some(vec![
            property("sip_credit", "5", "admin"),
            property("payment_processor_class", "x", "admin"),
            property("digest_settings_page", "1", "reseller"),
            property("auth_token", "t", "customer"),
        ]);
        update(&test, &admin(), shop, &rich).await.expect("changed");
        for caller in [admin(), acting_for(shop), acting_for(acme), reseller(acme), of_customer(shop)] {
            let read = get(&test, &caller, shop).await.expect("read");
            let mut same = echo(&read);
            let after = update(&test, &caller, shop, &same).await.expect("nothing changes");
            assert_eq!((&after.contact, &after.details), (&read.contact, &read.details), "{caller:?}");
            assert_eq!((after.balance, after.credit, &after.properties), (read.balance, read.credit, &read.properties));
            // Fields that a client leaves out stay; so does the end of an amount that it can't hold.
            (same.impersonate_id, same.reseller_active, same.properties) = (None, None, None);
            (same.balance, same.credit) = (Some(Money(5_123_460)), None);
            let after = update(&test, &caller, shop, &same).await.expect("nothing changes");
            assert_eq!((after.details, after.balance, after.properties), (read.details, read.balance, read.properties));
        }
        for caller in [admin(), reseller(acme)] {
            let same = echo(&get(&test, &caller, acme).await.expect("read"));
            assert_eq!(why(update(&test, &caller, acme, &same).await), "done", "{caller:?}");
        }
    }

    async fn fields_are_changed_by_whoever_may(test: TestDb) {
        started(&test).await;
        let (acme, mill) = (a_reseller(&test, "acme").await, a_reseller(&test, "mill").await);
        let shop = a_customer(&test, acme, "shop").await;
        type Edit = fn(&mut Sheet);
        let edits: [(&str, Edit, [&str; 5]); 7] = [
            // By an administrator, as the reseller, as the customer, by the reseller, by the customer.
            ("name", |s| s.contact.lastname = text("Jones"), ["done"; 5]),
            ("web", |s| s.details.web = "www".to_owned(), ["done"; 5]),
            ("code", |s| s.details.company_code = "x".to_owned(), ["done", "not allowed", "not allowed", "not allowed", "not allowed"]),
            ("credit", |s| s.credit = Some(Money(9_000_000)), ["done", "not allowed", "not allowed", "not allowed", "not allowed"]),
            ("impersonate", |s| s.impersonate_id = s.reseller_id, ["done", "done", "not allowed", "done", "not allowed"]),
            ("another's", |s| s.impersonate_id = Some(AccountId(1)), ["dangling impersonate", "dangling impersonate", "not allowed", "dangling impersonate", "not allowed"]),
            ("reseller", |s| s.reseller_id = Some(AccountId(1)), ["invalid reseller"; 5]),
        ];
        let first = echo(&get(&test, &admin(), shop).await.expect("read"));
        for (what, edit, expected) in edits {
            let callers = [admin(), acting_for(acme), acting_for(shop), reseller(acme), of_customer(shop)];
            for (caller, expected) in callers.iter().zip(expected) {
                update(&test, &admin(), shop, &first).await.expect("as it was");
                let mut changed = first.clone();
                edit(&mut changed);
                assert_eq!(why(update(&test, caller, shop, &changed).await), expected, "{what} {caller:?}");
            }
        }
        for stranger in [reseller(mill), of_customer(mill), acting_for(mill)] {
            assert_eq!(why(update(&test, &stranger, shop, &first).await), "not found");
            assert_eq!(why(get(&test, &stranger, shop).await), "not found");
        }
        assert_eq!(why(update(&test, &of_customer(shop), acme, &first).await), "not found");
        assert_eq!(why(get(&test, &admin(), AccountId(0)).await), "not found");
        let mut reader = reseller(acme);
        reader.rights.read_only = true;
        assert_eq!(why(update(&test, &reader, shop, &first).await), "not allowed");
    }

    async fn a_balance_is_booked_by_administrators_only(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let mut changed = echo(&get(&test, &admin(), shop).await.expect("read"));
        changed.balance = Some(Money(10_000_000));
        let kept = update(&test, &reseller(acme), shop, &changed).await.expect("it may have moved meanwhile");
        assert_eq!(kept.balance, Money::ZERO);
        let booked = update(&test, &admin(), shop, &changed).await.expect("booked");
        assert_eq!(booked.balance, Money(10_000_000));
        changed.balance = Some(Money(-2_500_000));
        assert_eq!(update(&test, &admin(), shop, &changed).await.expect("booked").balance, Money(-2_500_000));
        let mut tx = test.db.reader();
        let told = journal::of_record(&mut tx, &admin(), "accounts", shop.0, Page::default()).await.expect("journal");
        let after = |n: usize| told[n].after.as_ref().expect("a record")["balance"].clone();
        let (before_last, last) = (after(told.len() - 2), after(told.len() - 1));
        assert_eq!((before_last, last), ("10.00".into(), "-2.50".into()));
    }

    async fn a_shared_contact_is_copied_before_it_changes(test: TestDb) {
        started(&test).await;
        let (one, two) = (a_customer(&test, DEFAULT, "one").await, a_customer(&test, DEFAULT, "two").await);
        let shared = contact_of(&test, one).await.expect("a contact");
        let set = |id: AccountId, contact: ContactId| {
            let test = &test;
            async move {
                transaction!(test.db, |tx| account::papers::give_contact(tx, &admin(), NOW, id, contact).await)
            }
        };
        set(two, shared).await.expect("shared");
        transaction!(test.db, |tx| {
            let there = contact::load(tx, &[shared.0]).await?.remove(0);
            let details = contact::Details { iban: text("NL1"), gpp3: text("kept"), ..there.details };
            contact::update(tx, &admin(), NOW, shared, there.reseller_id, &details).await
        })
        .expect("a contact with more");
        let mut changed = echo(&get(&test, &admin(), two).await.expect("read"));
        changed.contact = contact::Details { lastname: text("Jones"), iban: None, gpp3: None, ..changed.contact };
        let after = update(&test, &admin(), two, &changed).await.expect("changed");
        assert_eq!((after.contact.lastname.as_deref(), after.contact.gpp3.as_deref()), (Some("Jones"), Some("kept")));
        assert_ne!(contact_of(&test, two).await, Some(shared));
        let other = get(&test, &admin(), one).await.expect("read");
        assert_eq!(other.contact.lastname.as_deref(), Some("Smith"), "whoever shared it is who it was");
        // Alone with it, it is changed in its place; an account that has none gets one.
        changed.contact.lastname = text("Smythe");
        let own = contact_of(&test, two).await;
        update(&test, &admin(), two, &changed).await.expect("changed");
        assert_eq!(contact_of(&test, two).await, own);
        let bare = add_account(&test, DEFAULT, Kind::Customer, "bare").await;
        let mut named = echo(&get(&test, &admin(), bare).await.expect("read"));
        named.contact.lastname = text("Bare");
        update(&test, &of_customer(bare), bare, &named).await.expect("changed");
        assert!(contact_of(&test, bare).await.is_some());
        // The contact of a reseller is a system contact, and its own to change.
        let mut named = echo(&get(&test, &admin(), DEFAULT).await.expect("read"));
        named.contact.company = text("The first");
        let named = update(&test, &reseller(DEFAULT), DEFAULT, &named).await.expect("changed");
        assert_eq!(named.contact.company.as_deref(), Some("The first"));
        assert_eq!(contact_of(&test, DEFAULT).await, Some(ContactId(2)));
    }

    async fn countries_are_those_that_clients_know(test: TestDb) {
        started(&test).await;
        let shop = a_customer(&test, DEFAULT, "shop").await;
        for (given, shown, kept) in [
            ("UK", "UK", Some("GB")),
            ("GB", "UK", Some("GB")),
            ("nl", "NL", Some("NL")),
            ("N/A", "N/A", None),
            ("YU", "YU", None),
            ("", "", None),
        ] {
            let mut changed = echo(&get(&test, &admin(), shop).await.expect("read"));
            changed.details.country = given.to_owned();
            let after = update(&test, &of_customer(shop), shop, &changed).await.expect("changed");
            assert_eq!((after.details.country.as_str(), after.contact.country.as_deref()), (shown, kept), "{given}");
        }
    }
}
