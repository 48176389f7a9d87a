//! What keeps a customer from being removed, and what is left of one that was.

use store::args;

use super::super::dns::a_zone;
use super::super::subscribers::{add_domain, add_subscriber, new};
use super::*;
use crate::dns::{DnsRecord, RrType};
use crate::enum_::EnumRange;
use crate::record;

store::on_both! {
    async fn what_refers_to_a_customer_keeps_it(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let refused = async |id: AccountId| match delete(&test, &admin(), id).await {
            Err(Error::InUse { kind: "customer", key }) => key,
            other => format!("{other:?}"),
        };
        assert_eq!(refused(acme).await, format!("{acme}, which customer {shop} refers to,"));
        let zone = a_zone(&test, shop, "example.com").await;
        assert_eq!(refused(shop).await, format!("{shop}, which DNS zone example.com refers to,"));
        let other = a_customer(&test, acme, "other").await;
        let name = DnsRecord {
            zone_id: zone.id,
            owner_id: Some(other),
            name: "www".to_owned(),
            rr_type: RrType::A,
            value: "192.0.2.1".to_owned(),
            ..DnsRecord::default()
        };
        let made = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, name.clone()).await).expect("a record");
        assert_eq!(refused(other).await, format!("{other}, which DNS record www.example.com refers to,"));
        transaction!(test.db, |tx| record::delete::<DnsRecord>(tx, &admin(), NOW, made.id.0).await).expect("removed");
        transaction!(test.db, |tx| record::delete::<crate::dns::DnsZone>(tx, &admin(), NOW, zone.id.0).await).expect("removed");
        let range = EnumRange { account_id: shop, prefix: "3120".to_owned(), tld: "e164.arpa".to_owned(), ..Default::default() };
        let range = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, range.clone()).await).expect("a range");
        assert_eq!(refused(shop).await, format!("{shop}, which ENUM range 3120 refers to,"));
        transaction!(test.db, |tx| record::delete::<EnumRange>(tx, &admin(), NOW, range.id.0).await).expect("removed");
        let domain = add_domain(&test, acme, "acme.example").await;
        let subscriber = add_subscriber(&test, &new(shop, domain, "ann", "100")).await;
        assert_eq!(refused(shop).await, format!("{shop}, which SIP account ann refers to,"));
        transaction!(test.db, |tx| crate::subscriber::terminate(tx, &admin(), NOW, subscriber.id).await).expect("ended");
        let own = add_domain(&test, shop, "shop.example").await;
        assert_eq!(refused(shop).await, format!("{shop}, which SIP domain shop.example refers to,"));
        transaction!(test.db, |tx| crate::sip_domain::delete(tx, &admin(), NOW, own).await).expect("removed");
        let mut desk = echo(&get(&test, &admin(), other).await.expect("read"));
        desk.impersonate_id = Some(shop);
        update(&test, &admin(), other, &desk).await.expect("changed");
        assert_eq!(refused(shop).await, format!("{shop}, which customer {other} refers to,"));
        delete(&test, &admin(), other).await.expect("removed");
        delete(&test, &admin(), shop).await.expect("removed");
        transaction!(test.db, |tx| crate::sip_domain::delete(tx, &admin(), NOW, domain).await).expect("removed");
        delete(&test, &admin(), acme).await.expect("removed");
        assert_eq!(why(delete(&test, &admin(), acme).await), "not found");
        assert_eq!(listed(&test, &customer::ALL).await, [1], "the tallies are what the rows say");
        assert_eq!(listed(&test, &customer::RESELLERS).await, [1]);
    }

    async fn customers_are_removed_by_whoever_may(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let mill = a_reseller(&test, "mill").await;
        type Of = fn(AccountId, AccountId, AccountId) -> Caller;
        let callers: [(Of, &str); 7] = [
            (|_, _, _| admin(), "done"),
            (|_, _, id| acting_for(id), "done"),
            (|acme, _, _| acting_for(acme), "done"),
            (|acme, _, _| reseller(acme), "done"),
            (|_, mill, _| reseller(mill), "not found"),
            (|_, _, id| of_customer(id), "not allowed"),
            (|acme, _, _| acting(acme, Role::Care), "not allowed"),
        ];
        for (n, (caller, expected)) in callers.iter().enumerate() {
            let id = a_customer(&test, acme, &format!("shop{n}")).await;
            assert_eq!(why(delete(&test, &caller(acme, mill, id), id).await), *expected, "{n}");
        }
        assert_eq!(why(delete(&test, &reseller(mill), mill).await), "not allowed");
        assert_eq!(why(delete(&test, &acting_for(mill), mill).await), "done");
        assert_eq!(why(delete(&test, &admin(), DEFAULT).await), "not allowed");
        assert_eq!(why(delete(&test, &admin(), AccountId(0)).await), "not found");
    }

    async fn nothing_is_left_of_who_was_removed(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let mut new = sheet(Some(acme), "Shop");
        new.properties = Some(vec![property("x", "1", "customer")]);
        let shop = create(&test, &admin(), &new, "shop").await.expect("a customer");
        delete(&test, &admin(), shop.id).await.expect("removed");
        assert_eq!(why(get(&test, &admin(), shop.id).await), "not found");
        for table in ["account_details", "account_credentials", "account_properties"] {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE account_id = $1");
            let row = test.db.reader().query_one(&sql, args![shop.id]).await.expect("counted");
            assert_eq!(row.at::<i64>(0).expect("a number"), 0, "{table}");
        }
        assert!(contact::load(&mut test.db.reader(), &[shop.contact_id.expect("a contact").0]).await.expect("read").is_empty());
        // Its user name is free, and that of a reseller which another dialect ends.
        a_customer(&test, acme, "shop").await;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, acme, account::Status::Terminated).await).expect("ended");
        let again = a_reseller(&test, "acme").await;
        a_customer(&test, again, "shop").await;
    }
}
