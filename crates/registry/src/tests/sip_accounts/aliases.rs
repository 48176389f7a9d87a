//! Aliases: whose address is whose, and which of them are numbers.

use super::*;
use crate::id::SipAliasId;
use crate::number::State;
use crate::sip_alias::{self, AliasEntry, NewAlias};
use crate::subscriber::Alias;
use crate::tests::subscribers::split;
use crate::tests::{add_pool, named, stock, stored};

fn leading(target: SubscriberId, username: &str, domain: &str) -> NewAlias {
    NewAlias { username: username.to_owned(), domain: domain.to_owned(), target, owner_id: None }
}

async fn add(test: &TestDb, caller: &Caller, new: &NewAlias) -> Result<AliasEntry> {
    transaction!(test.db, |tx| sip_alias::create(tx, caller, NOW, new).await)
}

async fn redirect(
    test: &TestDb,
    caller: &Caller,
    id: SipAliasId,
    target: SubscriberId,
    owner: Option<AccountId>,
) -> Result<AliasEntry> {
    let change = sip_alias::Change { target, owner_id: owner };
    transaction!(test.db, |tx| sip_alias::update(tx, caller, NOW + 1, id, &change).await)
}

async fn drop_it(test: &TestDb, caller: &Caller, id: SipAliasId) -> Result<()> {
    transaction!(test.db, |tx| sip_alias::delete(tx, caller, NOW + 2, id).await)
}

/// Every alias that is seen, as `address > target`.
async fn all(test: &TestDb, caller: &Caller, conditions: Vec<Condition>) -> Vec<String> {
    let mut tx = test.db.reader();
    let query = Query { conditions, order: Some("username"), limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut tx, caller, &sip_alias::ALL, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64), "the tally is what there is");
    let found = sip_alias::load(&mut tx, &page.ids).await.expect("aliases");
    assert_eq!(found.len(), page.ids.len());
    let line = |entry: AliasEntry| {
        format!("{}@{} > {}@{}", entry.alias.username, entry.domain, entry.target_username, entry.target_domain)
    };
    found.into_iter().map(line).collect()
}

async fn numbers(test: &TestDb, id: SubscriberId) -> Vec<String> {
    seen(test, id).await.alias_numbers.iter().map(|held| held.split.to_string()).collect()
}

/// What another door makes of a subscriber's alias numbers.
async fn renumber(test: &TestDb, id: SubscriberId, aliases: &[&str]) -> Result<()> {
    let mut change = same(&seen(test, id).await);
    change.aliases = aliases.iter().map(|sn| Alias { split: split(sn), is_devid: false }).collect();
    transaction!(test.db, |tx| subscriber::update(tx, &admin(), NOW, &sealer(), id, &change).await)
}

store::on_both! {
    async fn an_address_is_one_accounts_or_one_aliases(test: TestDb) {
        started(&test).await;
        add_domain(&test, RESELLER, "a.example").await;
        add_domain(&test, RESELLER, "b.example").await;
        let alice = an_account(&test, "a.example", "alice").await.id;
        let bob = an_account(&test, "a.example", "bob").await.id;
        let made = add(&test, &admin(), &leading(alice, "Sales", "A.example")).await.expect("an alias");
        assert_eq!((made.alias.username.as_str(), made.alias.owner_id, made.alias.number_id), ("sales", RESELLER, None));
        for (new, expected) in [
            (leading(bob, "sales", "a.example"), "taken"),
            (leading(bob, "alice", "a.example"), "taken"),
            (leading(bob, "alice", "b.example"), "done"),
            (leading(bob, "a b", "a.example"), "invalid username"),
            (leading(bob, "info", "c.example"), "dangling domain"),
            (leading(SubscriberId(4_711), "info", "a.example"), "dangling target"),
            (NewAlias { owner_id: Some(AccountId(4_711)), ..leading(bob, "info", "a.example") }, "dangling owner_id"),
        ] {
            assert_eq!(why(add(&test, &admin(), &new).await), expected, "{new:?}");
        }
        assert_eq!(why(make(&test, &admin(), &of("a.example", "sales")).await), "taken");
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = sip_domain::named(&mut test.db.reader(), &admin(), "a.example").await.expect("a domain").id;
        let elsewhere = transaction!(test.db, |tx| {
            subscriber::create(tx, &admin(), NOW, &sealer(), &new(shop, domain, "sales", "1")).await
        });
        assert!(matches!(elsewhere, Err(Error::Taken { field: "username", .. })), "{elsewhere:?}");
        assert_eq!(all(&test, &admin(), vec![]).await, ["alice@b.example > bob@a.example", "sales@a.example > alice@a.example"]);
        redirect(&test, &admin(), made.alias.id, bob, None).await.expect("changed");
        let of_bob = vec![Condition::Alike("target_username", "B%".to_owned()), Condition::Is("target_domain", "a.example".into())];
        assert_eq!(all(&test, &admin(), of_bob).await.len(), 2);
        let in_a = vec![Condition::Is("domain", "a.example".into()), Condition::Is("username", "sales".into())];
        assert_eq!(all(&test, &admin(), in_a).await, ["sales@a.example > bob@a.example"]);
        let found = sip_alias::by_address(&mut test.db.reader(), &admin(), "SALES", "a.example").await.expect("found");
        drop_it(&test, &admin(), found.alias.id).await.expect("removed");
        assert_eq!(why(drop_it(&test, &admin(), found.alias.id).await), "not found");
        make(&test, &admin(), &of("a.example", "sales")).await.expect("the name is free");
        remove(&test, &admin(), bob).await.expect("removed");
        assert!(all(&test, &admin(), vec![]).await.is_empty(), "they go with their target");
    }

    async fn of_those_who_take_an_address_at_once_one_has_it(test: TestDb) {
        started(&test).await;
        add_domain(&test, RESELLER, "a.example").await;
        let alice = an_account(&test, "a.example", "alice").await.id;
        for round in 0..6 {
            let name = format!("name{round}");
            let taking: Vec<_> = (0..6)
                .map(|n| {
                    let (db, name) = (test.db.clone(), name.clone());
                    tokio::spawn(async move {
                        transaction!(db, |tx| match n % 2 {
                            0 => sip_alias::create(tx, &admin(), NOW, &leading(alice, &name, "a.example")).await.map(drop),
                            _ => sip_account::create(tx, &admin(), NOW, &sealer(), &of("a.example", &name)).await.map(drop),
                        })
                    })
                })
                .collect();
            let mut done = Vec::new();
            for task in taking {
                done.push(why(task.await.expect("it ran")));
            }
            assert_eq!(done.iter().filter(|outcome| *outcome == "done").count(), 1, "{done:?}");
            assert!(done.iter().all(|outcome| ["done", "taken"].contains(&outcome.as_str())), "{done:?}");
        }
    }

    async fn alias_numbers_and_aliases_are_one_thing(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example").await;
        add_domain(&test, RESELLER, "b.example").await;
        let ada = add_subscriber(&test, &new(shop, domain, "ada", "1001")).await.id;
        let bob = add_subscriber(&test, &new(shop, domain, "bob", "1002")).await.id;
        limit(&test, shop, quota::Kind::SipAliases, 2).await;
        // From there to here: they don't count, as nobody has made them as aliases.
        renumber(&test, ada, &["2001", "2002", "2003"]).await.expect("numbers");
        let expected = ["4312001", "4312002", "4312003"].map(|digits| format!("{digits}@a.example > ada@a.example"));
        assert_eq!(all(&test, &admin(), vec![]).await, expected);
        assert_eq!(used(&test, shop, quota::Kind::SipAliases).await, 0);
        // A subscriber of that name takes the address.
        an_account(&test, "a.example", "4312003").await;
        renumber(&test, ada, &["2002", "2003"]).await.expect("numbers");
        assert_eq!(all(&test, &admin(), vec![]).await, ["4312002@a.example > ada@a.example"]);
        // From here to there.
        let made = add(&test, &admin(), &leading(ada, "+31201234567", "a.example")).await.expect("an alias");
        assert!(made.alias.number_id.is_some());
        assert_eq!(numbers(&test, ada).await, ["43-1-2002", "43-1-2003", "31--201234567"]);
        assert!(preferred(&test, ada, "allowed_clis").await.contains(&"31201234567".to_owned()));
        assert_eq!(used(&test, shop, quota::Kind::SipAliases).await, 1);
        // Two numbers that can't be had: another's, and one for the wrong domain.
        let anothers = add(&test, &admin(), &leading(ada, "4311002", "a.example")).await.expect("an alias");
        let in_b = add(&test, &acting(RESELLER, Role::Reseller), &leading(ada, "31209999999", "b.example")).await;
        assert_eq!(why(in_b), format!("{shop}: 2 of 2 sip_aliases"));
        assert_eq!((anothers.alias.number_id, numbers(&test, ada).await.len()), (None, 3));
        drop_it(&test, &admin(), anothers.alias.id).await.expect("removed");
        let in_b = add(&test, &admin(), &leading(ada, "31209999999", "b.example")).await.expect("an alias");
        assert_eq!(in_b.alias.number_id, None);
        drop_it(&test, &admin(), in_b.alias.id).await.expect("removed");
        // The number goes with the alias to another target.
        let moved = redirect(&test, &admin(), made.alias.id, bob, None).await.expect("changed");
        assert!(moved.alias.number_id.is_some());
        assert_eq!((numbers(&test, ada).await.len(), numbers(&test, bob).await), (2, vec!["31--201234567".to_owned()]));
        // What another door takes away is away.
        renumber(&test, bob, &[]).await.expect("numbers");
        assert_eq!(why(sip_alias::get(&mut test.db.reader(), &admin(), made.alias.id).await), "not found");
        assert_eq!(used(&test, shop, quota::Kind::SipAliases).await, 0);
        assert_eq!(stored(&test, "31201234567").await.state, State::Deleted);
        // An alias that was only there for its number becomes one.
        let entered = add(&test, &admin(), &leading(ada, "4312002", "a.example")).await.expect("an alias");
        assert!(entered.alias.entered && entered.alias.number_id.is_some());
        assert_eq!(used(&test, shop, quota::Kind::SipAliases).await, 1);
        drop_it(&test, &admin(), entered.alias.id).await.expect("removed");
        assert_eq!(numbers(&test, ada).await, ["43-1-2003"]);
        assert_eq!(used(&test, shop, quota::Kind::SipAliases).await, 0);
    }

    async fn no_number_is_bought_for_an_alias(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example").await;
        let ada = add_subscriber(&test, &new(shop, domain, "ada", "1001")).await.id;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442079460001", "442079460002"]).await;
        let shops = transaction!(test.db, |tx| crate::number::sell(tx, &admin(), NOW, "442079460002", shop, None).await);
        shops.expect("sold");
        let free = add(&test, &admin(), &leading(ada, "442079460001", "a.example")).await.expect("an alias");
        assert_eq!((free.alias.number_id, stored(&test, "442079460001").await.state), (None, State::Available));
        let own = add(&test, &admin(), &leading(ada, "442079460002", "a.example")).await.expect("an alias");
        assert!(own.alias.number_id.is_some());
        drop_it(&test, &admin(), own.alias.id).await.expect("removed");
        let number = stored(&test, "442079460002").await;
        assert_eq!((number.state, number.account_id, number.subscriber_id), (State::InService, Some(shop), None));
    }

    async fn aliases_count_and_are_seen_by_domain_and_owner(test: TestDb) {
        started(&test).await;
        let (shop, mill) = (sip_customer(&test, RESELLER, "shop").await, sip_customer(&test, RESELLER, "mill").await);
        make_domain(&test, &admin(), &domain_of(shop, "shop.example")).await.expect("a domain");
        add_domain(&test, RESELLER, "a.example").await;
        let target = an_account(&test, "shop.example", "target").await.id;
        let owned = NewAlias { owner_id: Some(mill), ..leading(target, "one", "shop.example") };
        let made = add(&test, &admin(), &owned).await.expect("made");
        add(&test, &admin(), &leading(target, "two", "a.example")).await.expect("made");
        for (account, most) in [(shop, 2), (mill, 1), (RESELLER, 10)] {
            limit(&test, account, quota::Kind::SipAliases, most).await;
        }
        let counts = async || {
            let mut counts = Vec::new();
            for account in [shop, mill, RESELLER] {
                counts.push(used(&test, account, quota::Kind::SipAliases).await);
            }
            counts
        };
        assert_eq!(counts().await, [2, 1, 2], "a new limit finds what is there");
        assert_eq!(all(&test, &acting(shop, Role::Customer), vec![]).await.len(), 2);
        assert_eq!(all(&test, &acting(mill, Role::Customer), vec![]).await, ["one@shop.example > target@shop.example"]);
        assert_eq!(why(drop_it(&test, &acting(mill, Role::Customer), made.alias.id).await), "not allowed");
        assert_eq!(why(redirect(&test, &acting(mill, Role::Customer), made.alias.id, target, None).await), "not allowed");
        assert_eq!(why(redirect(&test, &acting(shop, Role::Customer), made.alias.id, target, Some(RESELLER)).await), "dangling owner_id");
        redirect(&test, &admin(), made.alias.id, target, Some(shop)).await.expect("changed");
        assert_eq!(counts().await, [2, 0, 2]);
        assert_eq!(why(add(&test, &acting(shop, Role::Customer), &leading(target, "three", "shop.example")).await), format!("{shop}: 2 of 2 sip_aliases"));
        assert_eq!(why(add(&test, &acting(mill, Role::Customer), &leading(target, "three", "shop.example")).await), "dangling domain");
        let domain = sip_domain::named(&mut test.db.reader(), &admin(), "shop.example").await.expect("a domain");
        move_domain(&test, &admin(), &domain, mill).await.expect("moved");
        assert_eq!(counts().await, [2, 1, 2]);
        let owner = read(&test, target).await;
        give_to(&test, &admin(), &owner, RESELLER).await.expect("given");
        assert_eq!(counts().await, [0, 1, 2], "those that were the old owner's are the new one's");
    }

    async fn parallel_aliases_never_pass_a_limit(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        add_domain(&test, RESELLER, "a.example").await;
        make_domain(&test, &admin(), &domain_of(shop, "b.example")).await.expect("a domain");
        let owned = NewSipAccount { owner_id: Some(shop), ..of("a.example", "target") };
        let target = make(&test, &admin(), &owned).await.expect("made").id;
        limit(&test, shop, quota::Kind::SipAliases, 5).await;
        let adding: Vec<_> = (0..16)
            .map(|n| {
                let db = test.db.clone();
                let new = leading(target, &format!("alias{n}"), ["a.example", "b.example"][n % 2]);
                tokio::spawn(async move { transaction!(db, |tx| sip_alias::create(tx, &admin(), NOW, &new).await) })
            })
            .collect();
        let mut done = 0;
        for task in adding {
            done += i32::from(why(task.await.expect("it ran")) == "done");
        }
        assert_eq!(done, 5);
        assert_eq!(all(&test, &admin(), vec![]).await.len(), 5);
    }
}
