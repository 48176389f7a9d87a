//! Real time: buying a number that is still a vendor's.

use std::time::Duration;

use carriers::ErrorClass;
use ordering::{Mode, Ordering, Policy, Purchase, Search, Source};
use registry::id::AccountId;
use registry::number::{self, Number};
use registry::order::{Order, State};
use registry::pool::{Pool, PoolSpec};
use registry::{Caller, Error};
use store::testing::TestDb;

use crate::house::{House, SECOND, Server, eventually, money};
use crate::vendor::{Act, Vendor};

const DIGITS: &str = "442070000003";

/// A pool that sells for 2.00, a vendor with ten numbers in it, and a customer who has been shown all of them.
struct Market {
    house: House,
    server: Server,
    pool: Pool,
    shop: AccountId,
    caller: Caller,
}

async fn market(test: TestDb, bell: &Vendor, policy: Policy, purchase_wait: Duration) -> Market {
    let mut house = House::new(test, Mode::Realtime).await;
    house.settings.purchase_wait = purchase_wait;
    bell.add("20", 442_070_000_000, 10);
    house.vendor("bell", bell, policy).await;
    let spec = PoolSpec { name: "london".to_owned(), minimum: 10, setup_price: money("2"), ..PoolSpec::default() };
    let pool = house.pool_of(spec).await;
    house.link(&pool, "bell", "20", 1).await;
    let server = house.server().await;
    let (shop, caller) = house.customer("shop").await;
    show(&server.ordering, &caller, shop, &pool).await;
    Market { house, server, pool, shop, caller }
}

async fn show(ordering: &Ordering, caller: &Caller, account: AccountId, pool: &Pool) {
    let search = Search { pool: pool.id, class: None, prefix: String::new(), count: 10, account: Some(account) };
    let found = ordering.search(Some(caller), &search).await.expect("an answer");
    assert!(found.iter().any(|a| a.digits == DIGITS), "{found:?}");
}

impl Market {
    async fn buy(&self, reference: Option<&str>) -> registry::Result<Purchase> {
        self.server.ordering.purchase(&self.caller, self.shop, DIGITS, reference).await
    }

    async fn money(&self) -> (String, String) {
        self.house.money_of(self.shop).await
    }

    async fn owner(&self) -> Option<AccountId> {
        self.house.number(DIGITS).await.and_then(|n| n.account_id)
    }
}

fn done(bought: registry::Result<Purchase>) -> Number {
    match bought {
        Ok(Purchase::Done(number)) => number,
        other => panic!("{other:?}"),
    }
}

fn open(bought: registry::Result<Purchase>) -> Order {
    match bought {
        Ok(Purchase::Open(order)) => order,
        other => panic!("{other:?}"),
    }
}

fn pair(balance: &str, held: &str) -> (String, String) {
    (balance.to_owned(), held.to_owned())
}

const LONG: Duration = Duration::from_secs(20);

store::on_both! {
    async fn exactly_the_offered_number_is_ordered(test: TestDb) {
        let bell = Vendor::new();
        let market = market(test, &bell, Policy::default(), LONG).await;
        let bought = done(market.buy(None).await);
        assert_eq!((bought.digits.as_str(), bought.state, bought.account_id), (DIGITS, number::State::InService, Some(market.shop)));
        let request = bell.orders().remove(0);
        assert_eq!(request.number.map(|n| n.digits().to_owned()).as_deref(), Some(DIGITS));
        assert_eq!((request.quantity, request.group.as_str()), (1, "20"));
        assert_eq!(market.money().await, pair("-2.00", "0.00"));
        assert_eq!((bell.sold(), market.house.digits().await), (vec![DIGITS.to_owned()], vec![DIGITS.to_owned()]));
        let again = market.buy(None).await;
        assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
        market.server.stop().await;
    }

    async fn a_purchase_may_be_repeated_under_its_reference(test: TestDb) {
        let bell = Vendor::new();
        let market = market(test, &bell, Policy::default(), LONG).await;
        let first = done(market.buy(Some("basket 7")).await);
        let second = done(market.buy(Some("basket 7")).await);
        assert_eq!((first.id, first.reference.as_deref()), (second.id, Some("basket 7")));
        assert_eq!((bell.asked(), market.money().await), (vec![1], pair("-2.00", "0.00")));
        let other = market.buy(Some("basket 8")).await;
        assert!(matches!(other, Err(Error::Conflict(_))), "{other:?}");
        market.server.stop().await;
    }

    async fn a_purchase_of_any_number_may_be_repeated_too(test: TestDb) {
        let house = House::new(test, Mode::Off).await;
        let spec = PoolSpec { name: "london".to_owned(), setup_price: money("2"), ..PoolSpec::default() };
        let pool = house.pool_of(spec).await;
        let range = number::Range { start: "442090000000".to_owned(), end: "442090000009".to_owned(), ..number::Range::default() };
        let (system, now) = (crate::house::admin(), house.now());
        registry::transaction!(house.test.db, |tx| number::add_range(tx, &system, now, pool.id, None, &range).await).expect("stock");
        let (shop, caller) = house.customer("shop").await;
        let ordering = house.ordering().await;
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let (ordering, caller, pool) = (ordering.clone(), caller.clone(), pool.id);
                tokio::spawn(async move { ordering.purchase_any(&caller, shop, pool, Some("basket 7")).await })
            })
            .collect();
        let mut bought = Vec::new();
        for call in calls {
            bought.push(call.await.expect("a call").expect("a number").digits);
        }
        bought.dedup();
        assert_eq!((bought.len(), house.money_of(shop).await), (1, pair("-2.00", "0.00")));
        let other = ordering.purchase_any(&caller, shop, pool.id, Some("basket 8")).await.expect("a number");
        assert_ne!(other.digits, bought[0]);
    }

    async fn a_refusal_is_an_error_and_costs_nothing(test: TestDb) {
        let bell = Vendor::new().always(Act::Refuse(ErrorClass::NotAvailable));
        let market = market(test, &bell, Policy::default(), LONG).await;
        let refused = market.buy(None).await;
        let Err(Error::VendorRefused(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("told to refuse"), "{why}");
        assert_eq!(market.money().await, pair("0.00", "0.00"));
        assert!(market.house.digits().await.is_empty(), "never another number");
        let again = market.buy(None).await;
        assert!(matches!(again, Err(Error::NotFound { .. })), "the offer is gone: {again:?}");
        assert_eq!(bell.asked(), [1]);
        market.server.stop().await;
    }

    async fn another_number_is_not_what_was_bought(test: TestDb) {
        let bell = Vendor::new().always(Act::Another);
        let market = market(test, &bell, Policy::default(), LONG).await;
        let refused = market.buy(None).await;
        assert!(matches!(refused, Err(Error::VendorRefused(_))), "{refused:?}");
        assert_eq!(market.money().await, pair("0.00", "0.00"));
        assert_eq!(bell.sold(), market.house.digits().await, "but it was paid for");
        assert_eq!(market.house.free(&market.pool).await, 1, "and may be sold");
        assert_eq!(market.owner().await, None);
        market.server.stop().await;
    }

    async fn doubt_keeps_the_money_held_until_it_is_settled(test: TestDb) {
        let bell = Vendor::new().always(Act::Doubt(0));
        let market = market(test, &bell, Policy::default(), LONG).await;
        let order = open(market.buy(Some("basket 7")).await);
        assert_eq!((order.state, order.account_id), (State::InDoubt, Some(market.shop)));
        assert_eq!((market.money().await, market.owner().await), (pair("0.00", "2.00"), None));
        let again = open(market.buy(Some("basket 7")).await);
        assert_eq!((again.id, market.money().await), (order.id, pair("0.00", "2.00")), "the same order, no more money");
        let seen = registry::order::find(&mut market.house.test.db.reader(), &market.caller, &order.reference).await;
        assert_eq!(seen.expect("the buyer sees it").id, order.id);

        market.house.later(56 * SECOND).await;
        assert_eq!(market.house.order(order.id).await.state, State::Fulfilled);
        assert_eq!((market.money().await, market.owner().await), (pair("-2.00", "0.00"), Some(market.shop)));
        assert_eq!(done(market.buy(Some("basket 7")).await).digits, DIGITS, "and the buyer may ask again");
        assert_eq!((bell.asked(), bell.sold()), (vec![1], market.house.digits().await));
        market.server.stop().await;
    }

    async fn doubt_that_ends_in_nothing_gives_the_money_back(test: TestDb) {
        let bell = Vendor::new().always(Act::DoubtUnsold);
        let market = market(test, &bell, Policy::default(), LONG).await;
        let order = open(market.buy(None).await);
        market.house.later(56 * SECOND).await;
        assert_eq!(market.house.order(order.id).await.state, State::Refused);
        assert_eq!((market.money().await, market.owner().await), (pair("0.00", "0.00"), None));
        assert!(market.house.alerts().await.is_empty());
        market.server.stop().await;
    }

    async fn doubt_resolved_by_a_person_gives_the_number_to_its_buyer(test: TestDb) {
        let bell = Vendor::mute().always(Act::Doubt(0));
        let market = market(test, &bell, Policy::default(), LONG).await;
        let order = open(market.buy(None).await);
        market.house.settle().await;
        market.house.resolve(order.id, &bell.sold()).await.expect("resolved");
        assert_eq!((market.money().await, market.owner().await), (pair("-2.00", "0.00"), Some(market.shop)));
        market.server.stop().await;
    }

    async fn a_buyer_waits_no_longer_than_its_limit(test: TestDb) {
        let bell = Vendor::new().always(Act::ThenHold(Box::new(Act::Sell)));
        let market = market(test, &bell, Policy::default(), Duration::from_millis(50)).await;
        let order = open(market.buy(None).await);
        assert!(!order.state.is_final(), "{}", order.state);
        eventually("a sale", async || bell.sold().len() == 1).await;
        assert_eq!(market.money().await, pair("0.00", "2.00"));
        bell.let_go();
        eventually("the number", async || market.owner().await == Some(market.shop)).await;
        market.house.quiet().await;
        assert_eq!((market.money().await, market.house.states().await), (pair("-2.00", "0.00"), vec![State::Fulfilled]));
        market.server.stop().await;
    }

    async fn a_buyer_who_goes_away_still_gets_what_was_ordered(test: TestDb) {
        let bell = Vendor::new().always(Act::ThenHold(Box::new(Act::Sell)));
        let market = market(test, &bell, Policy::default(), LONG).await;
        let (ordering, caller, shop) = (market.server.ordering.clone(), market.caller.clone(), market.shop);
        let call = tokio::spawn(async move { ordering.purchase(&caller, shop, DIGITS, Some("basket 7")).await });
        eventually("a sale", async || bell.sold().len() == 1).await;
        call.abort();
        assert!(call.await.expect_err("it was waiting").is_cancelled());
        bell.let_go();
        eventually("the number", async || market.owner().await == Some(market.shop)).await;
        assert_eq!(done(market.buy(Some("basket 7")).await).digits, DIGITS);
        assert_eq!((market.money().await, bell.asked()), (pair("-2.00", "0.00"), vec![1]));
        market.server.stop().await;
    }

    async fn two_buyers_at_once_and_one_gets_it(test: TestDb) {
        let bell = Vendor::new().always(Act::Slowly(Duration::from_millis(30), Box::new(Act::Sell)));
        let market = market(test, &bell, Policy::default(), LONG).await;
        let second = market.house.server().await;
        let mut buyers = Vec::new();
        for n in 0..6 {
            let (account, caller) = market.house.customer(&format!("buyer {n}")).await;
            let ordering = if n % 2 == 0 { &market.server.ordering } else { &second.ordering }.clone();
            let call = tokio::spawn(async move { ordering.purchase(&caller, account, DIGITS, None).await });
            buyers.push((account, call));
        }
        let mut winners = Vec::new();
        for (account, call) in buyers {
            match call.await.expect("a call") {
                Ok(Purchase::Done(number)) => {
                    assert_eq!((number.account_id, market.house.money_of(account).await), (Some(account), pair("-2.00", "0.00")));
                    winners.push(account);
                }
                Err(Error::Conflict(_) | Error::NotFound { .. }) => {
                    assert_eq!(market.house.money_of(account).await, pair("0.00", "0.00"));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((winners.len(), bell.asked(), bell.sold()), (1, vec![1], vec![DIGITS.to_owned()]));
        second.stop().await;
        market.server.stop().await;
    }

    async fn the_same_buyer_twice_at_once_buys_once(test: TestDb) {
        let bell = Vendor::new().always(Act::ThenHold(Box::new(Act::Sell)));
        let market = market(test, &bell, Policy::default(), LONG).await;
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let (ordering, caller, shop) = (market.server.ordering.clone(), market.caller.clone(), market.shop);
                tokio::spawn(async move { ordering.purchase(&caller, shop, DIGITS, Some("basket 7")).await })
            })
            .collect();
        eventually("a sale", async || bell.sold().len() == 1).await;
        bell.let_go();
        for call in calls {
            assert_eq!(done(call.await.expect("a call")).digits, DIGITS);
        }
        assert_eq!((bell.asked(), market.money().await), (vec![1], pair("-2.00", "0.00")));
        market.server.stop().await;
    }

    async fn caps_and_pauses_stop_a_purchase(test: TestDb) {
        let bell = Vendor::new();
        let policy = Policy { numbers_per_day: Some(0), ..Policy::default() };
        let market = market(test, &bell, policy, LONG).await;
        let refused = market.buy(None).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        market.house.sql("UPDATE vendors SET open_until = 9000000000000000").await;
        let refused = market.buy(None).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert!(market.house.orders().await.is_empty() && bell.asked().is_empty());
        market.server.stop().await;
    }

    async fn who_can_not_pay_orders_nothing(test: TestDb) {
        let bell = Vendor::new();
        let market = market(test, &bell, Policy::default(), LONG).await;
        let (system, now, shop) = (crate::house::admin(), market.house.now(), market.shop);
        registry::transaction!(market.house.test.db, |tx| {
            registry::account::set_credit_limit(tx, &system, now, shop, Some(money("1"))).await
        })
        .expect("a limit");
        let refused = market.buy(None).await;
        assert!(matches!(refused, Err(Error::NoCredit { .. })), "{refused:?}");
        assert!(market.house.orders().await.is_empty() && bell.asked().is_empty());
        market.server.stop().await;
    }

    async fn only_what_was_offered_can_be_ordered(test: TestDb) {
        let bell = Vendor::new();
        let market = market(test, &bell, Policy::default(), LONG).await;
        let unknown = market.server.ordering.purchase(&market.caller, market.shop, "442079999999", None).await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
        market.house.clock.advance(901 * SECOND);
        let stale = market.buy(None).await;
        assert!(matches!(stale, Err(Error::NotFound { .. })), "{stale:?}");
        let (stranger, _) = market.house.customer("stranger").await;
        let not_its_own = market.server.ordering.purchase(&market.caller, stranger, DIGITS, None).await;
        assert!(matches!(not_its_own, Err(Error::NotFound { kind: "account", .. })), "{not_its_own:?}");
        assert!(bell.asked().is_empty());
        market.server.stop().await;
    }

    async fn a_quote_changes_nothing(test: TestDb) {
        let bell = Vendor::new();
        let market = market(test, &bell, Policy::default(), LONG).await;
        market.house.quiet().await;
        let before = crate::plan::contents(&market.house).await;
        let searches = bell.searches();
        let quote = market.server.ordering.quote(&market.caller, market.shop, DIGITS).await.expect("a quote");
        assert_eq!((quote.source, quote.price, quote.currency.as_str()), (Source::Vendor, money("2"), "EUR"));
        let unknown = market.server.ordering.quote(&market.caller, market.shop, "442079999999").await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
        assert_eq!(crate::plan::contents(&market.house).await, before);
        assert_eq!((bell.searches(), bell.asked().len()), (searches, 0));
        done(market.buy(None).await);
        let taken = market.server.ordering.quote(&market.caller, market.shop, DIGITS).await;
        assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
        market.server.stop().await;
    }
}
