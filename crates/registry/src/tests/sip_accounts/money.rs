//! The balance of prepaid accounts.

use super::*;
use crate::Money;
use crate::sip_account::balance::{self, Credit};
use crate::tests::balances::give_voucher;

async fn add(test: &TestDb, caller: &Caller, id: SubscriberId, value: &str) -> Result<Credit> {
    let value = value.parse::<Money>().expect("an amount");
    transaction!(test.db, |tx| balance::add(tx, caller, NOW, id, value, "CC transaction 7").await)
}

store::on_both! {
    async fn money_comes_and_goes_with_its_history(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        make_domain(&test, &admin(), &domain_of(shop, "a.example")).await.expect("a domain");
        let mut new = of("a.example", "alice");
        new.settings.prepaid = true;
        let alice = make(&test, &admin(), &new).await.expect("made").id;
        let bob = an_account(&test, "a.example", "bob").await.id;
        for (caller, id, value, expected) in [
            (admin(), alice, "10", "done"),
            (acting(RESELLER, Role::Reseller), alice, "2.5", "done"),
            (acting_for(RESELLER), alice, "-0.000001", "done"),
            (admin(), alice, "-12.5", "invalid value"),
            (admin(), bob, "1", "conflict"),
            (acting(shop, Role::Customer), alice, "1", "not allowed"),
            (acting(add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await, Role::Reseller), alice, "1", "not found"),
            (admin(), alice, "10000000001", "invalid value"),
        ] {
            assert_eq!(why(add(&test, &caller, id, value).await), expected, "{caller:?} {value}");
        }
        let mut tx = test.db.reader();
        let credits = balance::credits(&mut tx, &admin(), alice, 2).await.expect("entries");
        let lines: Vec<_> = credits.iter().map(|c| (c.action.as_str(), c.value.to_string(), c.balance.to_string())).collect();
        assert_eq!(lines, [
            ("Reduce balance", "-0.000001".to_owned(), "12.499999".to_owned()),
            ("Add balance", "2.50".to_owned(), "12.50".to_owned()),
        ]);
        assert_eq!(credits[0].description, "CC transaction 7");
        let addresses = ["bob", "nobody", "alice", "alice"].map(|name| (name.to_owned(), "a.example".to_owned()));
        let found = balance::of_all(&mut tx, &admin(), &addresses).await.expect("balances");
        let shown: Vec<_> = found.iter().map(|money| money.map(|money| money.to_string())).collect();
        assert_eq!(shown, [Some("0.00".to_owned()), None, Some("12.499999".to_owned()), Some("12.499999".to_owned())]);
        remove(&test, &admin(), alice).await.expect("removed");
        let rows = test.db.reader().query("SELECT id FROM sip_account_credits", args![]).await.expect("rows");
        assert_eq!(rows.len(), 3, "what has happened is kept");
    }

    async fn a_voucher_is_worth_something_once(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        make_domain(&test, &admin(), &domain_of(shop, "a.example")).await.expect("a domain");
        let mut new = of("a.example", "alice");
        new.settings.prepaid = true;
        let alice = make(&test, &admin(), &new).await.expect("made").id;
        give_voucher(&test, "4711").await;
        let own = acting(shop, Role::Customer);
        let redeem = async |card, code: &str| {
            transaction!(test.db, |tx| balance::redeem(tx, &own, NOW, alice, card, code).await)
        };
        assert_eq!(why(redeem(99, "4711").await), "invalid code");
        assert_eq!(why(redeem(0, "4712").await), "invalid code");
        let credit = redeem(0, "4711").await.expect("money");
        assert_eq!((credit.value.to_string(), credit.balance.to_string()), ("1.00".to_owned(), "1.00".to_owned()));
        assert_eq!(why(redeem(0, "4711").await), "invalid code");
    }
}
