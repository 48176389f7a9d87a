//! Credits: limits that are shown as properties, and that parallel adds never pass.

use super::super::dns::a_zone;
use super::*;
use crate::dns::DnsZone;
use crate::property as properties;
use crate::quota::{self, Kind as Counted, WhenAbsent};
use crate::{record, setting};

async fn credit(test: &TestDb, id: AccountId, name: &str, value: &str) {
    let wanted = [property(name, value, "admin")];
    transaction!(test.db, |tx| properties::set(tx, &admin(), NOW, id, &wanted).await).expect("set");
}

async fn zone(test: &TestDb, account: AccountId, name: &str) -> Result<DnsZone> {
    let new = DnsZone { account_id: account, name: name.to_owned(), ..DnsZone::default() };
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, new.clone()).await)
}

store::on_both! {
    async fn a_credit_is_a_limit(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        a_zone(&test, shop, "a.example").await;
        credit(&test, acme, "dns_zone_credit", " 2 ").await;
        credit(&test, shop, "dns_zone_credit", "5").await;
        let of_acme = quota::get(&mut test.db.reader(), &admin(), acme, Counted::DnsZones).await.expect("a limit");
        assert_eq!(of_acme.map(|quota| (quota.most, quota.used)), Some((2, 1)));
        a_zone(&test, shop, "b.example").await;
        assert_eq!(why(zone(&test, shop, "c.example").await), format!("{acme}: 2 of 2 dns_zones"));
        credit(&test, acme, "dns_zone_credit", "").await;
        a_zone(&test, shop, "c.example").await;
        assert_eq!(quota::get(&mut test.db.reader(), &admin(), acme, Counted::DnsZones).await.expect("none"), None);
        credit(&test, shop, "dns_zone_credit", "0").await;
        assert_eq!(why(zone(&test, shop, "d.example").await), format!("{shop}: 3 of 0 dns_zones"));
        let shown = properties::of(&mut test.db.reader(), &of_customer(shop), shop).await.expect("properties");
        assert_eq!(shown.iter().map(|p| (p.name.as_str(), p.value.as_str())).collect::<Vec<_>>(), [("dns_zone_credit", "0")]);
        // Those that another dialect sets are shown too.
        transaction!(test.db, |tx| quota::set(tx, &admin(), NOW, shop, Counted::Subscribers, Some(4)).await).expect("set");
        let shown = properties::of(&mut test.db.reader(), &admin(), shop).await.expect("properties");
        assert_eq!(shown.iter().map(|p| (p.name.as_str(), p.value.as_str())).collect::<Vec<_>>(), [("dns_zone_credit", "0"), ("sip_credit", "4")]);
    }

    async fn without_a_credit_there_may_be_none(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        a_zone(&test, shop, "a.example").await;
        let mean = async |meaning| transaction!(test.db, |tx| setting::set_quota_when_absent(tx, meaning).await).expect("set");
        mean(WhenAbsent::Zero).await;
        assert_eq!(why(zone(&test, shop, "b.example").await), format!("{acme}: 1 of 0 dns_zones"));
        credit(&test, acme, "dns_zone_credit", "9").await;
        assert_eq!(why(zone(&test, shop, "b.example").await), format!("{shop}: 1 of 0 dns_zones"));
        credit(&test, shop, "dns_zone_credit", "2").await;
        assert_eq!(why(zone(&test, shop, "b.example").await), "done");
        assert_eq!(why(zone(&test, shop, "c.example").await), format!("{shop}: 2 of 2 dns_zones"));
        assert_eq!(why(zone(&test, AccountId::OPERATOR, "c.example").await), "done", "the operator has no limit");
        mean(WhenAbsent::None).await;
        credit(&test, shop, "dns_zone_credit", "").await;
        assert_eq!(why(zone(&test, shop, "d.example").await), "done");
    }

    async fn parallel_adds_never_pass_a_credit(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shops = [a_customer(&test, acme, "one").await, a_customer(&test, acme, "two").await];
        credit(&test, acme, "dns_zone_credit", "13").await;
        credit(&test, shops[0], "dns_zone_credit", "5").await;
        let adders: Vec<_> = (0..40)
            .map(|n| {
                let (db, account) = (test.db.clone(), shops[n % 2]);
                let new = DnsZone { account_id: account, name: format!("z{n}.example"), ..DnsZone::default() };
                tokio::spawn(async move {
                    let made = transaction!(db, |tx| record::create(tx, &reseller(acme), NOW, new.clone()).await);
                    match made {
                        Ok(_) => Some(account),
                        Err(Error::Quota { .. }) => None,
                        Err(other) => panic!("{other:?}"),
                    }
                })
            })
            .collect();
        // A limit that comes meanwhile counts what is there.
        credit(&test, shops[1], "dns_zone_credit", "11").await;
        let mut made = Vec::new();
        for adder in adders {
            made.extend(adder.await.expect("an adder"));
        }
        let of = |id: AccountId| made.iter().filter(|account| **account == id).count() as i64;
        assert_eq!((made.len(), of(shops[0]) <= 5, of(shops[1]) <= 11), (13, true, true));
        for id in [acme, shops[0], shops[1]] {
            let there = quota::get(&mut test.db.reader(), &admin(), id, Counted::DnsZones).await.expect("readable").expect("a limit");
            assert_eq!(there.used, if id == acme { 13 } else { of(id) }, "{id}");
        }
    }
}
