//! The life cycle against a simple model: random calls, and what may come of them.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use store::args;
use store::testing::TestDb;

use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::clock::DAY;
use crate::id::{AccountId, ClassId, OrderId, VendorId};
use crate::journal;
use crate::number::{self, AtVendor, Intake, Origin, State};
use crate::page::Page;
use crate::pool::{Pool, PoolSpec};
use crate::tests::{NOW, acting, add_account, add_pool, admin, cases, named, started, stored};
use crate::{Error, Result, transaction};

/// Who asks on behalf of an account.
#[derive(Clone, Copy, Debug)]
enum By {
    Itself,
    Reseller,
    Admin,
}

/// Accounts are counted: 0 and 1 belong to the reseller that asks, 2 to another.
#[derive(Clone, Debug)]
enum Step {
    Sell { who: usize, by: By, reference: Option<u8> },
    Reserve { who: usize, by: By, days: i64 },
    Release { who: usize, by: By, at_vendor: AtVendor },
    Wait { days: i64 },
    Block,
    Unblock,
    Delete,
    TakenBack { refused: bool },
    BuyAgain,
}

fn step() -> impl Strategy<Value = Step> {
    let by = || prop_oneof![3 => Just(By::Itself), 1 => Just(By::Reseller), 1 => Just(By::Admin)];
    let who = || 0..3usize;
    prop_oneof![
        5 => (who(), by(), prop::option::of(0..2u8))
            .prop_map(|(who, by, reference)| Step::Sell { who, by, reference }),
        4 => (who(), by(), 1..5i64).prop_map(|(who, by, days)| Step::Reserve { who, by, days }),
        5 => (who(), by(), prop::bool::weighted(0.2)).prop_map(|(who, by, back)| Step::Release {
            who,
            by,
            at_vendor: if back { AtVendor::Disconnect } else { AtVendor::Keep },
        }),
        3 => (1..5i64).prop_map(|days| Step::Wait { days }),
        1 => Just(Step::Block),
        1 => Just(Step::Unblock),
        1 => Just(Step::Delete),
        2 => any::<bool>().prop_map(|refused| Step::TakenBack { refused }),
        2 => Just(Step::BuyAgain),
    ]
}

/// What a number should be like.
#[derive(Debug)]
struct Model {
    now: i64,
    /// Days of quarantine; none without a pool.
    quarantine: i64,
    state: State,
    owner: Option<usize>,
    previous: Option<usize>,
    until: Option<i64>,
    blocked: bool,
    reference: Option<u8>,
}

impl Model {
    fn leave(&mut self, state: State) {
        self.previous = self.owner.take().or(self.previous);
        self.state = state;
        self.until = None;
    }

    fn give(&mut self, state: State, who: usize) {
        if self.owner != Some(who) {
            self.leave(state);
        }
        (self.state, self.owner, self.until) = (state, Some(who), None);
    }

    /// Does what the step should do; false where it should be refused.
    fn apply(&mut self, step: &Step) -> bool {
        let below = |who: usize| who < 2;
        let may_act_for = |by: By, who: usize| !matches!(by, By::Reseller) || below(who);
        match *step {
            Step::Sell { who, by, reference } => {
                if !may_act_for(by, who) {
                    return false;
                }
                if self.state == State::InService && self.owner == Some(who) {
                    return reference.is_some() && reference == self.reference;
                }
                let returns = |previous: usize| match by {
                    By::Itself | By::Admin => previous == who,
                    By::Reseller => previous == who || below(previous),
                };
                let sold = !self.blocked
                    && match self.state {
                        State::Available => true,
                        State::Reserved => self.owner == Some(who),
                        State::Aging => self.previous.is_some_and(returns),
                        _ => false,
                    };
                if sold {
                    self.give(State::InService, who);
                    self.reference = reference;
                }
                sold
            }
            Step::Reserve { who, by, days } => {
                let free = self.state == State::Available && !self.blocked;
                let own = self.state == State::Reserved && self.owner == Some(who);
                let held = may_act_for(by, who) && (free || own);
                if held {
                    self.give(State::Reserved, who);
                    self.until = Some(self.now + days * DAY);
                }
                held
            }
            Step::Release { who, by, at_vendor } => {
                let Some(owner) = self.owner else { return false };
                let sees = match by {
                    By::Itself => owner == who,
                    By::Reseller => below(owner),
                    By::Admin => true,
                };
                if !sees {
                    return false;
                }
                match (self.state, at_vendor) {
                    (State::Reserved, _) => self.leave(State::Available),
                    (_, AtVendor::Disconnect) => self.leave(State::Released),
                    _ if self.quarantine > 0 => {
                        self.leave(State::Aging);
                        self.until = Some(self.now + self.quarantine * DAY);
                    }
                    _ => self.leave(State::Available),
                }
                self.reference = None;
                true
            }
            Step::Wait { days } => {
                self.now += days * DAY;
                if self.until.is_some_and(|until| until <= self.now) {
                    self.leave(State::Available);
                }
                true
            }
            Step::Block => {
                self.blocked = true;
                true
            }
            Step::Unblock => {
                self.blocked = false;
                true
            }
            Step::Delete => {
                let there = self.state != State::Deleted;
                if there {
                    self.leave(State::Deleted);
                }
                there
            }
            Step::TakenBack { refused } => {
                let expected = self.state == State::Released;
                if expected && refused {
                    self.leave(State::Available);
                    self.blocked = true;
                } else if expected {
                    self.leave(State::Deleted);
                }
                expected
            }
            Step::BuyAgain => {
                let gone = self.state == State::Deleted;
                if gone {
                    self.leave(State::Available);
                    (self.blocked, self.reference) = (false, None);
                }
                gone
            }
        }
    }
}

struct World {
    test: TestDb,
    accounts: [AccountId; 3],
    reseller: AccountId,
    resting: Pool,
    brisk: Pool,
}

impl World {
    async fn new(test: TestDb) -> World {
        started(&test).await;
        let reseller = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let mut accounts = Vec::new();
        for (name, parent) in [("shop", reseller), ("bakery", reseller), ("mill", AccountId::DEFAULT_RESELLER)] {
            accounts.push(add_account(&test, parent, Kind::Customer, name).await);
        }
        let accounts = accounts.try_into().expect("three");
        let resting = add_pool(&test, PoolSpec { quarantine_days: 3, ..named("resting") }).await;
        let brisk = add_pool(&test, PoolSpec { quarantine_days: 0, ..named("brisk") }).await;
        World { test, accounts, reseller, resting, brisk }
    }

    fn caller(&self, by: By, who: usize) -> Caller {
        match by {
            By::Itself => acting(self.accounts[who], Role::Customer),
            By::Reseller => acting(self.reseller, Role::Reseller),
            By::Admin => admin(),
        }
    }

    fn origin(&self, pool: &Pool) -> Origin {
        let group = "london".to_owned();
        Origin { pool: pool.id, class: ClassId(1), vendor: VendorId(7), group, order: OrderId(0) }
    }

    async fn perform(&self, digits: &str, pool: &Pool, now: i64, step: &Step) -> Result<()> {
        let db = &self.test.db;
        match *step {
            Step::Sell { who, by, reference } => {
                let (caller, buyer) = (self.caller(by, who), self.accounts[who]);
                let reference = reference.map(|n| format!("ref-{n}"));
                transaction!(db, |tx| {
                    number::sell(tx, &caller, now, digits, buyer, reference.as_deref()).await.map(drop)
                })
            }
            Step::Reserve { who, by, days } => {
                let (caller, account) = (self.caller(by, who), self.accounts[who]);
                transaction!(db, |tx| {
                    number::reserve(tx, &caller, now, digits, account, now + days * DAY).await.map(drop)
                })
            }
            Step::Release { who, by, at_vendor } => {
                let caller = self.caller(by, who);
                transaction!(db, |tx| number::release(tx, &caller, now, digits, at_vendor).await.map(drop))
            }
            Step::Wait { .. } => {
                transaction!(db, |tx| number::expire_due(tx, &admin(), now, 100).await.map(drop))
            }
            Step::Block => transaction!(db, |tx| number::block(tx, &admin(), now, digits, "papers").await.map(drop)),
            Step::Unblock => transaction!(db, |tx| number::unblock(tx, &admin(), now, digits).await.map(drop)),
            Step::Delete => transaction!(db, |tx| number::delete(tx, &admin(), now, digits).await.map(drop)),
            Step::TakenBack { refused } => {
                let why = refused.then_some("still billed");
                transaction!(db, |tx| number::disconnected(tx, &admin(), now, digits, why).await.map(drop))
            }
            Step::BuyAgain => {
                let origin = self.origin(pool);
                transaction!(db, |tx| {
                    match number::take_in(tx, &admin(), now, digits, &origin, None).await? {
                        Intake::Added(_) => Ok(()),
                        Intake::Owned => Err(Error::Conflict("ours before".to_owned())),
                    }
                })
            }
        }
    }

    /// Lives one number's life and compares each day of it with the model.
    async fn live(&self, digits: &str, pool: Option<&Pool>, steps: &[Step]) -> std::result::Result<(), TestCaseError> {
        let origin = self.origin(&self.resting);
        let bought_for = pool.unwrap_or(&self.resting);
        transaction!(self.test.db, |tx| {
            number::take_in(tx, &admin(), NOW, digits, &origin, None).await?;
            let pool = pool.map(|pool| pool.id);
            tx.execute("UPDATE numbers SET pool_id = $1 WHERE digits = $2", args![pool, digits]).await?;
            Ok(())
        })
        .expect("a number");
        let mut model = Model {
            now: NOW,
            quarantine: pool.map_or(0, |pool| i64::from(pool.quarantine_days)),
            state: State::Available,
            owner: None,
            previous: None,
            until: None,
            blocked: false,
            reference: None,
        };
        for (at, step) in steps.iter().enumerate() {
            let accepted = model.apply(step);
            let result = self.perform(digits, bought_for, model.now, step).await;
            prop_assert_eq!(result.is_ok(), accepted, "step {} {:?}: {:?}, model {:?}", at, step, result, model);
            if let Err(error) = &result {
                prop_assert!(!error.is_incident(), "step {} {:?}: {:?}", at, step, error);
            }
            if matches!(step, Step::BuyAgain) && accepted {
                model.quarantine = i64::from(bought_for.quarantine_days);
            }
            let found = stored(&self.test, digits).await;
            let account = |who: Option<usize>| who.map(|who| self.accounts[who]);
            prop_assert_eq!(found.state, model.state, "step {} {:?}", at, step);
            prop_assert_eq!(found.account_id, account(model.owner), "step {} {:?}", at, step);
            prop_assert_eq!(found.previous_account_id, account(model.previous), "step {} {:?}", at, step);
            prop_assert_eq!(found.until, model.until, "step {} {:?}", at, step);
            prop_assert_eq!(found.blocked_reason.is_some(), model.blocked, "step {} {:?}", at, step);
            let holds = matches!(found.state, State::Reserved | State::Aging);
            prop_assert_eq!(found.until.is_some(), holds, "step {} {:?}", at, step);
        }
        self.moves_were_legal(digits).await
    }

    async fn moves_were_legal(&self, digits: &str) -> std::result::Result<(), TestCaseError> {
        let id = stored(&self.test, digits).await.id;
        let mut tx = self.test.db.reader();
        let entries =
            journal::of_record(&mut tx, &admin(), "numbers", id.0, Page::first(1_000)).await.expect("journal");
        for entry in entries {
            let state = |record: &Option<serde_json::Value>| -> Option<State> {
                record.as_ref().map(|r| r["state"].as_str().expect("a state").parse().expect("a state"))
            };
            if let (Some(from), Some(to)) = (state(&entry.before), state(&entry.after))
                && from != to
            {
                prop_assert!(from.may_become(to), "{} went from {} to {}", digits, from, to);
            }
        }
        Ok(())
    }
}

store::on_both! {
    async fn a_number_never_makes_a_move_that_is_not_in_the_table(test: TestDb) {
        let world = World::new(test).await;
        let handle = tokio::runtime::Handle::current();
        let digits = std::sync::atomic::AtomicU64::new(442_070_000_000);
        let lives = (0..3usize, prop::collection::vec(step(), 1..25));
        let result = tokio::task::block_in_place(|| {
            cases(40).run(&lives, |(kind, steps)| {
                let digits = digits.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
                let pool = [None, Some(&world.brisk), Some(&world.resting)][kind];
                handle.block_on(world.live(&digits, pool, &steps))
            })
        });
        if let Err(failure) = result {
            panic!("{failure}");
        }
    }

    async fn a_released_number_rests_for_the_days_of_its_pool(test: TestDb) {
        let world = World::new(test).await;
        let (db, owner) = (&world.test.db, world.accounts[0]);
        let caller = acting(owner, Role::Customer);
        crate::tests::stock(&world.test, &world.resting, &["442071234567"]).await;
        crate::tests::stock(&world.test, &world.brisk, &["442071234568"]).await;
        for digits in ["442071234567", "442071234568"] {
            transaction!(db, |tx| number::sell(tx, &caller, NOW, digits, owner, None).await).expect("sold");
            transaction!(db, |tx| number::release(tx, &caller, NOW, digits, AtVendor::Keep).await).expect("released");
        }
        let free = async |pool: &Pool| {
            let found = number::free(&mut db.reader(), pool.id, None, "", "", 10).await.expect("free numbers");
            found.into_iter().map(|n| n.digits).collect::<Vec<_>>()
        };
        assert_eq!(free(&world.brisk).await, ["442071234568"], "a pool with 0 days sells it again at once");
        assert!(free(&world.resting).await.is_empty());

        let expire = async |now: i64| {
            transaction!(db, |tx| number::expire_due(tx, &admin(), now, 10).await).expect("expiry")
        };
        assert_eq!(expire(NOW + 3 * DAY - 1).await, 0);
        assert!(free(&world.resting).await.is_empty(), "a microsecond before the end it still rests");
        assert_eq!(expire(NOW + 3 * DAY).await, 1);
        assert_eq!(free(&world.resting).await, ["442071234567"]);
    }

    async fn a_number_without_a_pool_does_not_rest(test: TestDb) {
        let world = World::new(test).await;
        let (db, owner) = (&world.test.db, world.accounts[0]);
        let caller = acting(owner, Role::Customer);
        crate::tests::stock(&world.test, &world.resting, &["442071234567"]).await;
        transaction!(db, |tx| {
            tx.execute("UPDATE numbers SET pool_id = NULL", args![]).await?;
            number::sell(tx, &caller, NOW, "442071234567", owner, None).await?;
            number::release(tx, &caller, NOW, "442071234567", AtVendor::Keep).await
        })
        .expect("sold and released");
        assert!(stored(&world.test, "442071234567").await.is_free());
    }
}
