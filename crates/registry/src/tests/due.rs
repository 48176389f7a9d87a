//! Money that comes and goes by itself once what it goes by has changed: packages, profiles, deadlines, time zones.

use store::args;
use store::testing::TestDb;

use super::balances::{a_package, agree, change, give_profile, keep};
use super::subscribers::{add_domain, add_subscriber, new};
use super::{NOW, add_pool, admin, money_of, priced, run_of, started, stock};
use crate::account::{self, credit};
use crate::billing::interval::{self, CarryOver, StartMode, Unit};
use crate::billing::mapping::Assignment;
use crate::billing::package::Package;
use crate::billing::{Rate, profile};
use crate::clock::DAY;
use crate::contact::{self, Details};
use crate::id::{AccountId, ContactId, ProfileId};
use crate::{Error, Money, Result, charge, number, record, subscriber, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

async fn put(test: &TestDb, package: &Package) {
    transaction!(test.db, |tx| record::update(tx, &admin(), NOW, package.clone()).await).expect("a package");
}

async fn sweep(test: &TestDb, now: i64) -> usize {
    interval::catch_up_due(&test.db, now).await.expect("a sweep")
}

/// When the open interval of an account is due.
async fn due(test: &TestDb, account: AccountId) -> Option<i64> {
    let sql = "SELECT due_at FROM balance_intervals WHERE account_id = $1 AND NOT closed";
    test.db.reader().query_one(sql, args![account]).await.expect("an interval").at(0).expect("a time")
}

/// A customer whose interval is open, without money.
async fn idle(test: &TestDb, profile: ProfileId) -> AccountId {
    let id = agree(test, &Assignment::Profile(profile)).await.expect("a customer");
    transaction!(test.db, |tx| account::pay(tx, &admin(), NOW, id, Money(1_000_000)).await).expect("paid");
    transaction!(test.db, |tx| credit::debit(tx, &admin(), NOW, id, Money(1_000_000), None).await).expect("taken");
    assert_eq!(due(test, id).await, None);
    id
}

/// A profile that is paid before.
async fn prepaid(test: &TestDb, free_cash: &str) -> ProfileId {
    let spec = profile::Spec {
        handle: "before".to_owned(),
        name: "before".to_owned(),
        prepaid: true,
        interval_free_cash: Rate::parse("interval_free_cash", free_cash).expect("cents"),
        ..profile::Spec::default()
    };
    transaction!(test.db, |tx| profile::create(tx, &admin(), NOW, RESELLER, &spec).await).expect("a profile").id
}

store::on_both! {
    async fn a_package_that_gets_a_deadline_lets_money_lapse(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let patient = Package {
            balance_interval_start_mode: StartMode::Topup,
            carry_over_mode: CarryOver::CarryOver,
            underrun_lock_threshold: Some(100),
            underrun_lock_level: Some(3),
            ..a_package(free)
        };
        let other = keep(&test, Package { name: "other".to_owned(), ..patient.clone() }).await.expect("a package");
        let package = keep(&test, patient).await.expect("a package");
        let domain = add_domain(&test, RESELLER, "example.net").await;
        let mut ids = Vec::new();
        for (of, number) in [(package.id, "43100"), (package.id, "43101"), (other.id, "43102")] {
            let id = agree(&test, &Assignment::Package(of)).await.expect("a customer");
            ids.push((id, add_subscriber(&test, &new(id, domain, &format!("u{number}"), number)).await.id));
            assert_eq!(due(&test, id).await, None);
        }
        put(&test, &Package { notopup_discard_intervals: Some(1), ..package.clone() }).await;
        put(&test, &Package { notopup_discard_intervals: Some(2), ..package.clone() }).await;
        assert_eq!(sweep(&test, NOW).await, 2, "the customers of that package, once");
        assert_eq!(sweep(&test, NOW).await, 0);
        let mut dues = Vec::new();
        for (id, _) in &ids {
            dues.push(due(&test, *id).await);
        }
        assert_eq!(dues, [Some(NOW + 2 * DAY), Some(NOW + 2 * DAY), None]);
        sweep(&test, NOW + 2 * DAY).await;
        for ((id, phone), (cash, level)) in ids.iter().zip([("0.00", Some(3)), ("0.00", Some(3)), ("5.00", None)]) {
            assert_eq!(money_of(&test, *id).await.0, cash);
            let found = subscriber::get(&mut test.db.reader(), &admin(), *phone).await.expect("a subscriber");
            assert_eq!(found.details.lock_level, level);
        }
    }

    async fn a_shorter_deadline_that_has_passed_counts_at_once(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let package = Package {
            balance_interval_start_mode: StartMode::Topup,
            carry_over_mode: CarryOver::CarryOver,
            notopup_discard_intervals: Some(30),
            ..a_package(free)
        };
        let package = keep(&test, package).await.expect("a package");
        let id = agree(&test, &Assignment::Package(package.id)).await.expect("a customer");
        put(&test, &Package { name: "called otherwise".to_owned(), ..package.clone() }).await;
        assert_eq!(sweep(&test, NOW + 3 * DAY).await, 0, "nothing that money goes by");
        let timely = Package {
            carry_over_mode: CarryOver::CarryOverTimely,
            timely_duration_value: Some(6),
            timely_duration_unit: Some(Unit::Hour),
            ..package
        };
        put(&test, &timely).await;
        assert_eq!(sweep(&test, NOW + 3 * DAY).await, 1);
        assert_eq!((money_of(&test, id).await.0, due(&test, id).await), ("0.00".to_owned(), None));
    }

    async fn a_new_profile_gives_what_it_gives(test: TestDb) {
        started(&test).await;
        let generous = prepaid(&test, "500").await;
        let pool = add_pool(&test, priced("london", "1.00")).await;
        stock(&test, &pool, &run_of(442_070_000_000, 1)).await;
        let id = idle(&test, ProfileId(1)).await;
        change(&test, NOW, id, &Assignment::Profile(generous)).await;
        let quote = async |now: i64| charge::quote(&mut test.db.reader(), &admin(), now, id, &pool).await.map(drop);
        let refused = quote(NOW).await;
        assert!(matches!(refused, Err(Error::NoCredit { .. })), "{refused:?}");
        let later = NOW + 40 * DAY;
        quote(later).await.expect("what has come since can be spent");
        let sold: Result<_> = transaction!(test.db, |tx| {
            number::sell(tx, &admin(), later, "442070000000", id, None).await.map(drop)
        });
        sold.expect("as the quote said");
        assert_eq!(money_of(&test, id).await.0, "4.00");

        let other = idle(&test, ProfileId(1)).await;
        change(&test, NOW, other, &Assignment::Profile(generous)).await;
        sweep(&test, later).await;
        assert_eq!(money_of(&test, other).await.0, "5.00");
    }

    async fn another_zone_of_the_contact_moves_later_intervals(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "100").await;
        let zoned = async |zone: &str| {
            let details = Details {
                email: "alice@example.org".to_owned(),
                timezone: Some(zone.to_owned()),
                ..Details::default()
            };
            transaction!(test.db, |tx| {
                contact::update(tx, &admin(), NOW, ContactId(1), Some(RESELLER), &details).await.map(drop)
            })
            .expect("a contact");
        };
        zoned("Asia/Kathmandu").await;
        let package = Package {
            balance_interval_unit: Unit::Month,
            balance_interval_start_mode: StartMode::FirstTz,
            ..a_package(free)
        };
        let package = keep(&test, package).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        zoned("America/New_York").await;
        sweep(&test, NOW + 100 * DAY).await;
        let history = interval::history(&mut test.db.reader(), id, NOW + 100 * DAY, false, 0, 10).await;
        let shown = |at: Option<i64>| {
            let at = jiff::Timestamp::from_microsecond(at.expect("an end")).expect("a time");
            at.strftime("%m-%d %H:%M").to_string()
        };
        let ends: Vec<String> = history.expect("a history").0.iter().map(|each| shown(each.interval.end)).collect();
        assert_eq!(ends, ["05-31 18:15", "07-01 04:00", "08-01 04:00", "09-01 04:00", "10-01 04:00"][..ends.len()]);
        assert!(ends.len() >= 4, "{ends:?}");
    }

    async fn what_changes_nothing_writes_nothing(test: TestDb) {
        started(&test).await;
        let id = idle(&test, ProfileId(1)).await;
        let version = async || {
            // SQLite does not tell who has written a row.
            if test.url.is_empty() {
                return String::new();
            }
            let sql = "SELECT CAST(xmin AS TEXT) FROM balance_intervals WHERE account_id = $1";
            test.db.reader().query_one(sql, args![id]).await.expect("an interval").at(0).expect("a number")
        };
        let before = version().await;
        for n in 0..2 {
            transaction!(test.db, |tx| credit::hold(tx, &admin(), NOW + n, id, Money(5)).await).expect("held");
            transaction!(test.db, |tx| credit::let_go(tx, &admin(), NOW + n, id, Money(5)).await).expect("let go");
        }
        assert_eq!(version().await, before);
        transaction!(test.db, |tx| credit::debit(tx, &admin(), NOW, id, Money(5), None).await).expect("taken");
        assert_eq!(version().await == before, before.is_empty());
    }
}
