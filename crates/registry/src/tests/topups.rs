//! Requests to top up that come again: what was done is not done again, and its token stands for nothing else.

use store::testing::TestDb;

use super::balances::{a_package, agree, give_profile, keep};
use super::subscribers::{add_domain, add_subscriber, new};
use super::{NOW, admin, money_of, started};
use crate::account::{self, Status};
use crate::billing::mapping::Assignment;
use crate::billing::package::Package;
use crate::billing::topup::{self, Means, Request};
use crate::billing::voucher::Voucher;
use crate::clock::DAY;
use crate::id::{AccountId, ProfileId};
use crate::{Error, record, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

/// As every door does: what is refused is written down, in the same transaction. How it ended, and why.
async fn ask(test: &TestDb, request: &Request) -> (String, Option<String>) {
    let entry = transaction!(test.db, |tx| match topup::check(tx, &admin(), NOW, request).await {
        Ok(checked) => topup::carry_out(tx, &admin(), NOW, request, checked).await,
        Err(Error::Invalid { field, message }) => {
            topup::failed(tx, &admin(), NOW, request, &format!("{field}: {message}")).await
        }
        Err(other) => Err(other),
    });
    let entry = entry.expect("an entry");
    (entry.outcome, entry.message)
}

async fn logged(test: &TestDb) -> i64 {
    let mut tx = test.db.reader();
    tx.query_one("SELECT COUNT(*) AS n FROM topup_logs", &[]).await.expect("a count").at(0).expect("a number")
}

store::on_both! {
    async fn a_token_stands_for_one_request(test: TestDb) {
        started(&test).await;
        let rich = give_profile(&test, "rich", "0").await;
        let named = |name: &str| Package { name: name.to_owned(), initial_balance: 0, ..a_package(rich) };
        let gold = keep(&test, named("gold")).await.expect("a package").id;
        let silver = keep(&test, named("silver")).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(gold)).await.expect("a customer");
        let domain = add_domain(&test, RESELLER, "example.net").await;
        let alice = add_subscriber(&test, &new(id, domain, "alice", "43100")).await.id;
        let bob = add_subscriber(&test, &new(id, domain, "bob", "43101")).await.id;
        let stranger = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
        let carol = add_subscriber(&test, &new(stranger, domain, "carol", "43102")).await.id;
        for code in ["4711", "4712"] {
            let voucher = Voucher {
                reseller_id: RESELLER, code: code.into(), amount: 100, valid_until: NOW + DAY, ..Voucher::default()
            };
            transaction!(test.db, |tx| record::create(tx, &admin(), NOW, voucher.clone()).await).expect("a voucher");
        }
        let request = |subscriber_id, means: &Means, token: &str| {
            Request { subscriber_id, means: means.clone(), token: Some(token.to_owned()) }
        };
        let cash = |amount, package_id| Means::Cash { amount, package_id };
        let code = |code: &str| Means::Voucher(code.into());
        let refused = |of: &str| {
            (of.to_owned(), Some("request_token: another top-up of the customer has been done with it".to_owned()))
        };
        // The customer's package is gold already, so that the last two would have done the same.
        let firsts = [("a", cash(100, None)), ("b", code("4711")), ("c", cash(100, Some(gold))), ("d", cash(0, None))];
        for (token, means) in &firsts {
            assert_eq!(ask(&test, &request(alice, means, token)).await.0, "ok", "{token}");
        }
        let (money, entries) = (money_of(&test, id).await, logged(&test).await);
        assert_eq!((money.0.as_str(), entries), ("3.00", 4));
        // One that has been done stays so whatever has come of the customer.
        let lock = async |status| {
            transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, id, status).await).expect("set");
        };
        lock(Status::Locked).await;
        for (token, means) in &firsts {
            assert_eq!(ask(&test, &request(alice, means, token)).await.0, "ok", "{token} again");
        }
        assert_eq!((money_of(&test, id).await, logged(&test).await), (money.clone(), entries));
        lock(Status::Active).await;

        let others = [
            ("a", bob, cash(100, None)),
            ("a", alice, cash(101, None)),
            ("a", alice, cash(100, Some(gold))),
            ("a", alice, code("4712")),
            ("b", alice, code("4712")),
            ("b", alice, code("unknown")),
            ("b", alice, cash(100, None)),
            ("b", bob, code("4711")),
            ("c", alice, cash(100, None)),
            ("c", alice, cash(100, Some(silver))),
            ("d", alice, cash(1, None)),
        ];
        for (n, (token, subscriber, means)) in others.iter().enumerate() {
            let answer = ask(&test, &request(*subscriber, means, token)).await;
            assert_eq!(answer, refused("failed"), "{token} with {means:?}");
            assert_eq!(logged(&test).await, entries + n as i64 + 1, "each attempt is in the log");
        }
        assert_eq!(money_of(&test, id).await, money);
        // Nothing was used up, a failed attempt takes no token, and other customers have their own.
        assert_eq!(ask(&test, &request(alice, &code("unknown"), "e")).await.0, "failed");
        assert_eq!(ask(&test, &request(alice, &code("4712"), "e")).await.0, "ok");
        assert_eq!(ask(&test, &request(carol, &cash(7, None), "a")).await.0, "ok");
        assert_eq!((money_of(&test, id).await.0, money_of(&test, stranger).await.0), ("4.00".into(), "0.07".into()));
    }
}
