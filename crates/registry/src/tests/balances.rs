//! Money in time: intervals of accounts in the registry, what moves their money, and what follows from that.

use store::args;
use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new};
use super::{NOW, add_pool, admin, customer, money_of, priced, run_of, started, stock};
use crate::account::papers::{self, Templates, Terms};
use crate::account::{self, Product, Status};
use crate::billing::interval::{self, CarryOver, StartMode, Unit};
use crate::billing::mapping::{self, Assignment};
use crate::billing::network::{self, Network};
use crate::billing::package::{self, Package, ProfileRef};
use crate::billing::topup::{self, Means, Request};
use crate::billing::voucher::Voucher;
use crate::billing::{Rate, profile};
use crate::clock::DAY;
use crate::id::{AccountId, ContactId, NetworkId, PackageId, ProfileId, SubscriberId};
use crate::ip_block::Block;
use crate::record::Stored;
use crate::{Error, Money, Result, number, record, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

pub(super) async fn give_profile(test: &TestDb, name: &str, free_cash: &str) -> ProfileId {
    let spec = profile::Spec {
        handle: name.to_owned(),
        name: name.to_owned(),
        interval_free_cash: Rate::parse("interval_free_cash", free_cash).expect("cents"),
        ..profile::Spec::default()
    };
    transaction!(test.db, |tx| profile::create(tx, &admin(), NOW, RESELLER, &spec).await).expect("a profile").id
}

pub(super) fn a_package(profile_id: ProfileId) -> Package {
    Package {
        reseller_id: RESELLER,
        name: "prepaid".to_owned(),
        description: "x".to_owned(),
        initial_balance: 500,
        balance_interval_unit: Unit::Day,
        balance_interval_start_mode: StartMode::Create,
        carry_over_mode: CarryOver::Discard,
        initial_profiles: Stored(vec![ProfileRef { profile_id, network_id: None }]),
        ..Package::default()
    }
}

pub(super) async fn keep(test: &TestDb, package: Package) -> Result<Package> {
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, package.clone()).await)
}

fn terms() -> Terms {
    Terms {
        contact_id: ContactId(1),
        status: Status::Active,
        external_id: None,
        max_subscribers: None,
        vat_rate: None,
        add_vat: false,
        templates: Templates::default(),
    }
}

pub(super) async fn agree(test: &TestDb, billing: &Assignment) -> Result<AccountId> {
    let made =
        transaction!(test.db, |tx| papers::create(tx, &admin(), NOW, Product::SipAccount, &terms(), billing).await);
    made.map(|papers| papers.account.id)
}

pub(super) async fn change(test: &TestDb, now: i64, id: AccountId, billing: &Assignment) {
    transaction!(test.db, |tx| {
        papers::update(tx, &admin(), now, id, Product::SipAccount, &terms(), Some(billing)).await
    })
    .expect("changed");
}

/// How many intervals of an account are stored, and whether the open one agrees with its balance.
async fn stored(test: &TestDb, account: AccountId) -> (i64, bool) {
    let mut tx = test.db.reader();
    let sql = "SELECT COUNT(*) AS n FROM balance_intervals WHERE account_id = $1";
    let count = tx.query_one(sql, args![account]).await.expect("a count").at(0).expect("a number");
    let sql = "SELECT opening + granted + topped_up + adjusted - debited - discarded AS cash FROM balance_intervals \
        WHERE account_id = $1 AND NOT closed";
    let cash = tx.query_opt(sql, args![account]).await.expect("an interval").map(|row| row.at::<i64>(0).expect("cash"));
    let balance = account::get(&mut tx, &admin(), account).await.expect("an account").balance;
    (count, cash.is_none_or(|cash| cash == balance.0))
}

pub(super) async fn a_subscriber(test: &TestDb, account: AccountId) -> SubscriberId {
    let domain = add_domain(test, RESELLER, &format!("of{account}.example.net")).await;
    add_subscriber(test, &new(account, domain, "alice", &format!("{}", 10_000 + account.0))).await.id
}

pub(super) fn a_voucher(code: &str) -> Voucher {
    Voucher { reseller_id: RESELLER, code: code.into(), amount: 100, valid_until: NOW + DAY, ..Voucher::default() }
}

pub(super) async fn give_voucher(test: &TestDb, code: &str) {
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, a_voucher(code)).await).expect("a voucher");
}

/// A request with the voucher 4711.
pub(super) fn with_voucher(subscriber_id: SubscriberId) -> Request {
    Request { subscriber_id, means: Means::Voucher("4711".into()), token: None }
}

store::on_both! {
    async fn whoever_has_no_money_has_no_rows(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let id = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
        let later = NOW + 100 * DAY;
        let shown = interval::current(&mut test.db.reader(), &[shop.0, id.0], later).await.expect("shown");
        assert_eq!((shown.len(), shown[&id.0].cash, shown[&id.0].interval.ordinal), (2, 0, 5));
        assert_eq!(interval::catch_up_due(&test.db, later).await.expect("nothing to do"), 0);
        assert_eq!((stored(&test, shop).await.0, stored(&test, id).await.0), (0, 0));
    }

    async fn purchases_are_debits_of_the_interval_they_fall_in(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, priced("london", "1.00")).await;
        stock(&test, &pool, &run_of(442_070_000_000, 3)).await;
        let shop = customer(&test, "shop").await;
        transaction!(test.db, |tx| account::pay(tx, &admin(), NOW, shop, Money(5_000_000)).await).expect("paid");
        let later = NOW + 40 * DAY;
        for (digits, now) in [("442070000000", NOW), ("442070000001", NOW), ("442070000002", later)] {
            transaction!(test.db, |tx| number::sell(tx, &admin(), now, digits, shop, None).await).expect("sold");
        }
        assert_eq!((money_of(&test, shop).await.0, stored(&test, shop).await), ("2.00".to_owned(), (3, true)));
        let (page, total) =
            interval::history(&mut test.db.reader(), shop, later, false, 0, 10).await.expect("a history");
        let debits: Vec<i64> = page.iter().map(|shown| shown.interval.debited).collect();
        assert_eq!((total, debits), (3, vec![2_000_000, 0, 1_000_000]));
    }

    async fn free_cash_comes_and_goes_with_the_worker(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "100").await;
        let mut of = a_package(free);
        of.carry_over_mode = CarryOver::CarryOver;
        let package = keep(&test, of).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        // 2026-05-28 20:26:40: of the first day there were 12,800 seconds left.
        assert_eq!(money_of(&test, id).await.0, "5.148148");
        let tomorrow = NOW + DAY;
        assert_eq!(interval::current(&mut test.db.reader(), &[id.0], tomorrow).await.expect("shown")[&id.0].cash, 6_000_000);
        assert_eq!(stored(&test, id).await, (1, true));
        interval::catch_up_due(&test.db, tomorrow).await.expect("a step");
        assert_eq!((money_of(&test, id).await.0, stored(&test, id).await), ("6.00".to_owned(), (2, true)));
        interval::catch_up_due(&test.db, tomorrow).await.expect("a step");
        assert_eq!(stored(&test, id).await, (2, true));
    }

    async fn a_package_is_left_and_taken(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let package = keep(&test, a_package(free)).await.expect("a package");
        let id = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
        change(&test, NOW, id, &Assignment::Package(package.id)).await;
        assert_eq!((money_of(&test, id).await.0, stored(&test, id).await.0), ("0.00".to_owned(), 1));
        let frozen = Package { balance_interval_value: 2, ..package.clone() };
        let refused = transaction!(test.db, |tx| record::update(tx, &admin(), NOW, frozen.clone()).await);
        assert!(matches!(refused, Err(Error::Invalid { field: "balance_interval_value", .. })), "{refused:?}");
        let refused = transaction!(test.db, |tx| package::terminate(tx, &admin(), NOW, package.id).await);
        assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
        change(&test, NOW + DAY, id, &Assignment::Profile(ProfileId(1))).await;
        transaction!(test.db, |tx| package::terminate(tx, &admin(), NOW, package.id).await).expect("terminated");
        let gone = agree(&test, &Assignment::Package(package.id)).await;
        assert!(matches!(gone, Err(Error::Dangling { field: "profile_package_id", .. })), "{gone:?}");
        keep(&test, a_package(free)).await.expect("the name is free again");
    }

    async fn amounts_of_packages_are_not_below_zero(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        for (field, package) in [
            ("initial_balance", Package { initial_balance: -1, ..a_package(free) }),
            ("service_charge", Package { service_charge: -1, ..a_package(free) }),
        ] {
            let refused = keep(&test, package).await;
            assert!(matches!(&refused, Err(Error::Invalid { field: of, .. }) if *of == field), "{refused:?}");
        }
        let id = agree(&test, &Assignment::Profile(free)).await.expect("a customer");
        let refused = transaction!(test.db, |tx| topup::set_balance(tx, &admin(), NOW, id, None, -1).await);
        assert!(matches!(refused, Err(Error::Invalid { field: "free_time_balance", .. })), "{refused:?}");
        // Who pays afterwards may owe something before it is too little.
        let owing = Package {
            underrun_lock_threshold: Some(-1_000),
            underrun_lock_level: Some(2),
            ..a_package(free)
        };
        keep(&test, owing).await.expect("a package");
    }

    async fn of_profiles_that_begin_together_each_has_its_own_network(test: TestDb) {
        started(&test).await;
        let (one, two) = (give_profile(&test, "one", "0").await, give_profile(&test, "two", "0").await);
        let network = Network {
            reseller_id: RESELLER,
            name: "office".to_owned(),
            blocks: Stored(vec![Block { ip: "10.0.0.0".to_owned(), mask: Some(8) }]),
            ..Network::default()
        };
        let network = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, network.clone()).await);
        let within = Some(network.expect("a network").id);
        let of = |profile_id, network_id| ProfileRef { profile_id, network_id };
        let base = Package { underrun_profile_threshold: Some(0), ..a_package(one) };
        let with = |field: &str, more: &[ProfileRef]| {
            let mut package = Package { underrun_profiles: Stored(vec![of(one, None)]), ..base.clone() };
            let list = match field {
                "initial_profiles" => &mut package.initial_profiles,
                "underrun_profiles" => &mut package.underrun_profiles,
                _ => &mut package.topup_profiles,
            };
            list.0 = more.to_vec();
            package
        };
        for field in ["initial_profiles", "underrun_profiles", "topup_profiles"] {
            for (more, wrong) in [
                (vec![of(one, None), of(two, None)], "at most one billing profile can be without"),
                (vec![of(one, None), of(one, within), of(two, within)], "can have one billing profile only"),
                (vec![of(one, None), of(one, None)], "at most one billing profile can be without"),
            ] {
                let refused = keep(&test, with(field, &more)).await;
                let fits = matches!(&refused, Err(Error::Invalid { field: of, message })
                    if *of == field && message.contains(wrong));
                assert!(fits, "{field}: {refused:?}");
            }
        }
        keep(&test, with("topup_profiles", &[of(two, within), of(one, None)])).await.expect("a package");
    }

    async fn debits_below_a_threshold_lock_and_map(test: TestDb) {
        started(&test).await;
        let (free, poor) = (give_profile(&test, "free", "0").await, give_profile(&test, "poor", "0").await);
        let mut of = a_package(free);
        (of.underrun_lock_threshold, of.underrun_lock_level) = (Some(450), Some(3));
        of.underrun_profile_threshold = Some(400);
        of.underrun_profiles = Stored(vec![ProfileRef { profile_id: poor, network_id: None }]);
        of.topup_lock_level = Some(0);
        of.topup_profiles = of.initial_profiles.clone();
        let package = keep(&test, of).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        let subscriber = a_subscriber(&test, id).await;
        let pool = add_pool(&test, priced("london", "0.60")).await;
        stock(&test, &pool, &run_of(442_070_000_000, 2)).await;
        let look = async || {
            let mut tx = test.db.reader();
            let level = crate::subscriber::get(&mut tx, &admin(), subscriber).await.expect("one").details.lock_level;
            let holding = mapping::holding(&mut tx, id, None, NOW).await.expect("a profile");
            (level, holding)
        };
        let sell = async |digits: &str| {
            transaction!(test.db, |tx| number::sell(tx, &admin(), NOW, digits, id, None).await).expect("sold");
        };
        sell("442070000000").await;
        assert_eq!(look().await, (Some(3), Some(free)));
        sell("442070000001").await;
        assert_eq!(look().await, (Some(3), Some(poor)));
        let request = Request {
            subscriber_id: subscriber,
            means: Means::Cash { amount: 1_000, package_id: None },
            token: Some("once".to_owned()),
        };
        for _ in 0..2 {
            let done = transaction!(test.db, |tx| topup::top_up(tx, &admin(), NOW, &request).await).expect("done");
            assert_eq!((done.outcome.as_str(), done.cash_balance_after), ("ok", Some(Money(13_800_000))));
        }
        assert_eq!((look().await, stored(&test, id).await.1), ((None, Some(free)), true));
    }

    async fn a_voucher_is_used_once_whoever_races(test: TestDb) {
        started(&test).await;
        let mut subscribers = Vec::new();
        for _ in 0..4 {
            let id = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
            subscribers.push(a_subscriber(&test, id).await);
        }
        give_voucher(&test, "4711").await;
        // As every door does: what is refused is written down, in the same transaction.
        let uses: Vec<_> = subscribers
            .iter()
            .map(|subscriber| {
                let (db, request) = (test.db.clone(), with_voucher(*subscriber));
                tokio::spawn(async move {
                    transaction!(db, |tx| match topup::check(tx, &admin(), NOW, &request).await {
                        Ok(checked) => topup::carry_out(tx, &admin(), NOW, &request, checked).await,
                        Err(Error::Invalid { message, .. }) => topup::failed(tx, &admin(), NOW, &request, &message).await,
                        Err(other) => Err(other),
                    })
                })
            })
            .collect();
        let mut outcomes = Vec::new();
        for result in uses {
            outcomes.push(result.await.expect("a user").expect("an entry").outcome);
        }
        outcomes.sort();
        assert_eq!(outcomes, ["failed", "failed", "failed", "ok"]);
        let mut balances = Vec::new();
        for row in test.db.reader().query("SELECT balance FROM accounts ORDER BY balance", &[]).await.expect("rows") {
            balances.push(row.at::<i64>(0).expect("micro-units"));
        }
        assert_eq!(balances.iter().sum::<i64>(), 1_000_000, "{balances:?}");
    }

    async fn what_is_refused_half_way_leaves_nothing(test: TestDb) {
        started(&test).await;
        let mut subscribers = Vec::new();
        for _ in 0..2 {
            let id = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
            subscribers.push((id, with_voucher(a_subscriber(&test, id).await)));
        }
        let (slow, fast) = (&subscribers[0], &subscribers[1]);
        give_voucher(&test, "4711").await;
        let refused = transaction!(test.db, |tx| {
            let late = topup::check(tx, &admin(), NOW, &slow.1).await?;
            topup::top_up(tx, &admin(), NOW, &fast.1).await?;
            topup::carry_out(tx, &admin(), NOW, &slow.1, late).await
        });
        assert!(matches!(refused, Err(Error::Invalid { field: "code", .. })), "{refused:?}");
        for (id, _) in &subscribers {
            assert_eq!(money_of(&test, *id).await.0, "0.00");
        }
        transaction!(test.db, |tx| topup::top_up(tx, &admin(), NOW, &fast.1).await).expect("it was not used");
    }

    async fn a_network_goes_before_no_network(test: TestDb) {
        started(&test).await;
        let (inside, outside) = (give_profile(&test, "inside", "0").await, give_profile(&test, "outside", "0").await);
        let network = Network {
            reseller_id: RESELLER,
            name: "office".to_owned(),
            blocks: Stored(vec![Block { ip: "10.0.0.0".to_owned(), mask: Some(8) }]),
            ..Network::default()
        };
        let network = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, network.clone()).await);
        let network = network.expect("a network").id;
        let entry = |profile_id, network_id: Option<NetworkId>| mapping::Interval {
            profile_id,
            network_id: network_id.map(|id| id.0),
            start: None,
            stop: None,
        };
        let schedule = Assignment::Schedule(vec![entry(outside, None), entry(inside, Some(network))]);
        let id = agree(&test, &schedule).await.expect("a customer");
        for (ip, wanted) in [(Some("10.1.2.3"), inside), (Some("11.1.2.3"), outside), (None, outside)] {
            let ip = ip.map(|ip| ip.parse().expect("an address"));
            let found = mapping::holding(&mut test.db.reader(), id, ip, NOW).await.expect("a profile");
            assert_eq!(found, Some(wanted), "{ip:?}");
        }
        let refused = transaction!(test.db, |tx| network::terminate(tx, &admin(), NOW, network).await);
        assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
        let unknown = Assignment::Schedule(vec![entry(outside, None), entry(inside, Some(NetworkId(999)))]);
        let refused = agree(&test, &unknown).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "network_id", .. })), "{refused:?}");
    }

    async fn what_is_held_is_not_lost(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        let package: PackageId = keep(&test, a_package(free)).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        let held = Money(2_000_000);
        transaction!(test.db, |tx| account::credit::hold(tx, &admin(), NOW, id, held).await).expect("held");
        interval::catch_up_due(&test.db, NOW + DAY).await.expect("a step");
        assert_eq!(money_of(&test, id).await, ("2.00".to_owned(), "2.00".to_owned()));
        let capture = transaction!(test.db, |tx| {
            account::credit::debit(tx, &admin(), NOW + DAY, id, held, Some(held)).await
        });
        capture.expect("captured");
        assert_eq!(money_of(&test, id).await, ("0.00".to_owned(), "0.00".to_owned()));
        assert!(stored(&test, id).await.1);
    }
}
