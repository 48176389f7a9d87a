//! Money that must not go where it does not belong: bounds of balances, prepaid customers, sweeps past what is broken, and
//! terms that held when an interval ended.

use store::args;
use store::testing::TestDb;

use super::balances::{a_package, agree, give_profile, keep};
use super::{NOW, add_pool, admin, customer, money_of, priced, set_credit_limit, started};
use crate::account::{self, Status, credit};
use crate::billing::interval::{self, CarryOver};
use crate::billing::mapping::Assignment;
use crate::billing::package::Package;
use crate::billing::{profile, topup};
use crate::clock::DAY;
use crate::credit_hold::{self, CreditHold, Wanted};
use crate::id::AccountId;
use crate::{Error, Money, Result, charge, record, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

async fn write(test: &TestDb, sql: &str, id: AccountId) {
    transaction!(test.db, |tx| Ok(tx.execute(sql, args![id]).await?)).expect("written");
}

async fn held(test: &TestDb, account: AccountId, amount: Money, expires_at: Option<i64>) -> Result<CreditHold> {
    let wanted = Wanted {
        account_id: account,
        amount,
        reason: String::new(),
        reference: format!("call for {amount}"),
        expires_at,
    };
    transaction!(test.db, |tx| credit_hold::hold(tx, &admin(), NOW, &wanted).await)
}

async fn release(test: &TestDb, at: i64, hold: &CreditHold) {
    transaction!(test.db, |tx| credit_hold::release(tx, &admin(), at, hold.id).await).expect("released");
}

async fn set(test: &TestDb, id: AccountId, cash: Option<Money>, free_time: i64) -> Result<topup::TopupLog> {
    transaction!(test.db, |tx| topup::set_balance(tx, &admin(), NOW, id, cash, free_time).await)
}

fn is_invalid<T: std::fmt::Debug>(refused: &Result<T>, wanted: &str) {
    assert!(matches!(refused, Err(Error::Invalid { field, .. }) if *field == wanted), "{refused:?}");
}

store::on_both! {
    async fn money_stays_within_bounds(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let beyond = Money(Money::MOST.0 + 1);
        let pay = async |amount| transaction!(test.db, |tx| account::pay(tx, &admin(), NOW, shop, amount).await);
        let take = async |amount| {
            transaction!(test.db, |tx| credit::debit(tx, &admin(), NOW, shop, amount, None).await)
        };
        for amount in [beyond, Money(-beyond.0), Money(i64::MIN), Money(i64::MAX)] {
            is_invalid(&pay(amount).await, "amount");
            is_invalid(&set(&test, shop, Some(amount), 0).await, "cash_balance");
        }
        is_invalid(&take(beyond).await, "amount");
        is_invalid(&held(&test, shop, beyond, None).await, "amount");
        let refused = transaction!(test.db, |tx| account::set_credit_limit(tx, &admin(), NOW, shop, Some(beyond)).await);
        is_invalid(&refused, "credit_limit");
        assert_eq!(money_of(&test, shop).await, ("0.00".to_owned(), "0.00".to_owned()));

        write(&test, "UPDATE accounts SET balance = 1152921504606846976 WHERE id = $1", shop).await;
        is_invalid(&pay(Money(1)).await, "amount");
        take(Money(5)).await.expect("taken");
        pay(Money(5)).await.expect("as much as there may be");
        is_invalid(&pay(Money(1)).await, "amount");
        write(&test, "UPDATE accounts SET balance = -1152921504606846976 WHERE id = $1", shop).await;
        is_invalid(&take(Money(1)).await, "amount");
        write(&test, "UPDATE accounts SET balance = 0, held = 1152921504606846976 WHERE id = $1", shop).await;
        is_invalid(&held(&test, shop, Money(1), None).await, "amount");
        let kept = account::get(&mut test.db.reader(), &admin(), shop).await.expect("the account can be read");
        assert_eq!((kept.balance, kept.held), (Money::ZERO, Money::MOST_KEPT));
    }

    async fn what_is_broken_does_not_keep_the_others(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "100").await;
        let package = keep(&test, a_package(free)).await.expect("a package").id;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
            held(&test, id, Money(1_000_000), Some(NOW + 5)).await.expect("a hold");
            ids.push(id);
        }
        write(&test, "UPDATE accounts SET status = 'odd' WHERE id = $1", ids[0]).await;
        assert_eq!(credit_hold::expire_due(&test.db, &admin(), NOW + DAY).await.expect("swept"), 2);
        assert_eq!(interval::catch_up_due(&test.db, NOW + DAY).await.expect("swept"), 0, "holds have caught up");
        assert_eq!(interval::catch_up_due(&test.db, NOW + 2 * DAY).await.expect("swept"), 2);
        for id in &ids[1..] {
            assert_eq!(money_of(&test, *id).await, ("1.00".to_owned(), "0.00".to_owned()));
        }
        write(&test, "UPDATE accounts SET status = 'active' WHERE id = $1", ids[0]).await;
        assert_eq!(credit_hold::expire_due(&test.db, &admin(), NOW + DAY).await.expect("swept"), 1);
    }

    async fn who_pays_before_owes_nothing(test: TestDb) {
        started(&test).await;
        let spec = profile::Spec {
            handle: "before".to_owned(),
            name: "before".to_owned(),
            prepaid: true,
            ..profile::Spec::default()
        };
        let made = transaction!(test.db, |tx| profile::create(tx, &admin(), NOW, RESELLER, &spec).await);
        let prepaid = Assignment::Profile(made.expect("a profile").id);
        let pool = add_pool(&test, priced("london", "1.00")).await;
        let quote = async |id| charge::quote(&mut test.db.reader(), &admin(), NOW, id, &pool).await;
        let one = Money(1_000_000);
        let (after, before) = (customer(&test, "after").await, agree(&test, &prepaid).await.expect("a customer"));
        quote(after).await.expect("who pays afterwards has no limit");
        held(&test, after, one, None).await.expect("held");
        for limited in [true, false] {
            let refused = quote(before).await.map(drop);
            assert!(matches!(refused, Err(Error::NoCredit { .. })) == limited, "{refused:?}");
            let refused = held(&test, before, one, None).await.map(drop);
            assert!(matches!(refused, Err(Error::NoCredit { .. })) == limited, "{refused:?}");
            let taken = transaction!(test.db, |tx| credit::debit(tx, &admin(), NOW, before, one, None).await);
            assert!(matches!(taken, Err(Error::NoCredit { .. })) == limited, "{taken:?}");
            set_credit_limit(&test, before, "3.00").await;
        }
    }

    async fn free_cash_stays_free_when_only_time_is_set(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "100").await;
        let of = Package { carry_over_mode: CarryOver::CarryOver, initial_balance: 0, ..a_package(free) };
        let package = keep(&test, of).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        let entry = set(&test, id, None, 77).await.expect("set");
        assert_eq!((entry.amount, entry.cash_balance_before), (None, entry.cash_balance_after));
        let cash = entry.cash_balance_after.expect("cash");
        set(&test, id, Some(cash), 78).await.expect("the same cash");
        let shown = interval::current(&mut test.db.reader(), &[id.0], NOW).await.expect("shown");
        assert_eq!((shown[&id.0].cash, shown[&id.0].interval.free_time), (cash.0, 78));
        interval::catch_up_due(&test.db, NOW + DAY).await.expect("swept");
        assert_eq!(money_of(&test, id).await.0, "1.00", "what was free and not used is lost");
    }

    async fn intervals_end_by_what_held_then(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let package = keep(&test, a_package(free)).await.expect("a package");
        let id = agree(&test, &Assignment::Package(package.id)).await.expect("a customer");
        let hold = held(&test, id, Money(2_000_000), None).await.expect("held");
        release(&test, NOW + DAY, &hold).await;
        interval::catch_up_due(&test.db, NOW + DAY).await.expect("swept");
        assert_eq!(money_of(&test, id).await, ("2.00".to_owned(), "0.00".to_owned()), "it was held when the day ended");

        let kept = Package { carry_over_mode: CarryOver::CarryOver, ..package };
        transaction!(test.db, |tx| record::update(tx, &admin(), NOW + 2 * DAY, kept.clone()).await).expect("changed");
        for now in [NOW + 2 * DAY, NOW + 9 * DAY] {
            let shown = interval::current(&mut test.db.reader(), &[id.0], now).await.expect("shown");
            assert_eq!(shown[&id.0].cash, 0, "it was to be lost when the second day ended");
        }
        interval::catch_up_due(&test.db, NOW + 9 * DAY).await.expect("swept");
        assert_eq!(money_of(&test, id).await.0, "0.00", "whenever somebody looks");
        transaction!(test.db, |tx| account::pay(tx, &admin(), NOW + 9 * DAY, id, Money(7)).await).expect("paid");
        interval::catch_up_due(&test.db, NOW + 10 * DAY).await.expect("swept");
        assert_eq!(money_of(&test, id).await.0, "0.000007", "what came after the change stays");
        let left = test.db.reader().query("SELECT id FROM profile_package_changes", &[]).await.expect("changes");
        assert!(left.is_empty(), "all have been caught up with");
    }

    async fn a_change_waits_for_whom_it_was_not_followed_for(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let package = Package { initial_balance: 0, ..a_package(free) };
        let package = keep(&test, package).await.expect("a package");
        let mut ids = Vec::new();
        for _ in 0..3 {
            let id = agree(&test, &Assignment::Package(package.id)).await.expect("a customer");
            transaction!(test.db, |tx| account::pay(tx, &admin(), NOW, id, Money(2_000_000)).await).expect("paid");
            ids.push(id);
        }
        let changes = async || {
            test.db.reader().query("SELECT id FROM profile_package_changes", &[]).await.expect("changes").len()
        };
        let kept = Package { carry_over_mode: CarryOver::CarryOver, ..package };
        let changed = NOW + DAY + 3;
        transaction!(test.db, |tx| record::update(tx, &admin(), changed, kept.clone()).await).expect("changed");
        // One that has begun before the day ended, and comes to the package after it was changed.
        interval::catch_up_due(&test.db, NOW + DAY - 2).await.expect("swept");
        assert_eq!(changes().await, 1, "what is changed later is for a later sweep");
        write(&test, "UPDATE accounts SET status = 'odd' WHERE id = $1", ids[0]).await;
        for _ in 0..2 {
            interval::catch_up_due(&test.db, NOW + 2 * DAY).await.expect("swept");
            assert_eq!(changes().await, 1, "one of its accounts still needs it");
        }
        write(&test, "UPDATE accounts SET status = 'active' WHERE id = $1", ids[0]).await;
        interval::catch_up_due(&test.db, NOW + 2 * DAY).await.expect("swept");
        assert_eq!(changes().await, 0);
        for id in ids {
            assert_eq!(money_of(&test, id).await.0, "0.00", "the first day ended before the change");
        }
    }

    async fn of_many_changes_the_last_are_kept(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let package = keep(&test, a_package(free)).await.expect("a package");
        let count = async || {
            let sql = "SELECT COUNT(*) AS n FROM profile_package_changes";
            test.db.reader().query_one(sql, &[]).await.expect("a count").at::<i64>(0).expect("a number")
        };
        for (customers, wanted) in [(false, 0), (true, 100)] {
            if customers {
                agree(&test, &Assignment::Package(package.id)).await.expect("a customer");
            }
            transaction!(test.db, |tx| {
                for n in 1..=103 {
                    let changed = Package { underrun_lock_threshold: Some(n), underrun_lock_level: Some(1), ..package.clone() };
                    record::update(tx, &admin(), NOW, changed).await?;
                }
                Ok::<_, crate::Error>(())
            })
            .expect("changed");
            assert_eq!(count().await, wanted);
        }
    }

    async fn holds_end_with_their_customer(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let hold = held(&test, shop, Money(1), None).await.expect("a hold");
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, Status::Terminated).await).expect("ended");
        let hold: CreditHold = record::get(&mut test.db.reader(), &admin(), hold.id.0).await.expect("the hold");
        assert_eq!((hold.status, hold.amount), (credit_hold::Status::Released, Money::ZERO));
        assert_eq!(money_of(&test, shop).await, ("0.00".to_owned(), "0.00".to_owned()));
    }
}
