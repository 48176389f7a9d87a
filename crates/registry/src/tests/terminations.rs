//! What is named while it ends: either it has been named and stays, or it has ended and can't be named.

use store::testing::TestDb;

use super::balances::{a_package, a_voucher, agree, give_profile, keep};
use super::races::{ROUNDS, counted, together};
use super::{NOW, add_account, admin, started};
use crate::account::{self, Kind};
use crate::billing::mapping::{self, Assignment, Interval};
use crate::billing::network::{self, Network};
use crate::billing::package::{self, Package, ProfileRef};
use crate::billing::voucher::Voucher;
use crate::billing::{interval, profile};
use crate::clock::DAY;
use crate::id::{AccountId, NetworkId, ProfileId};
use crate::ip_block::Block;
use crate::peering::{Group, Server};
use crate::record::Stored;
use crate::{Error, Result, header_rule, record, transaction};

/// One of the two is done, and the other is refused.
fn either(results: &[Result<()>]) {
    let done = results.iter().filter(|result| result.is_ok()).count();
    let refused = |result: &&Result<()>| {
        let refusals = matches!(
            result,
            Err(Error::InUse { .. } | Error::Dangling { .. } | Error::Terminated { .. } | Error::Taken { .. })
        );
        refusals
    };
    assert_eq!((done, results.iter().filter(refused).count()), (1, 1), "{results:?}");
}

async fn give_network(test: &TestDb, name: &str) -> NetworkId {
    let network = Network {
        reseller_id: AccountId::DEFAULT_RESELLER,
        name: name.to_owned(),
        blocks: Stored(vec![Block { ip: "10.0.0.0".to_owned(), mask: Some(8) }]),
        ..Network::default()
    };
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, network.clone()).await).expect("a network").id
}

/// Runs both at the same time.
async fn at_once(
    one: impl Future<Output = Result<()>> + Send + 'static,
    other: impl Future<Output = Result<()>> + Send + 'static,
) {
    let all: Vec<std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>> = vec![Box::pin(one), Box::pin(other)];
    either(&together(all).await);
}

store::on_both! {
    async fn a_network_is_mapped_or_ends(test: TestDb) {
        started(&test).await;
        for round in 0..ROUNDS {
            let id = give_network(&test, &format!("office {round}")).await;
            let account = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
            let within =
                Interval { profile_id: ProfileId(1), network_id: Some(id.0), start: Some(NOW + DAY), stop: None };
            let schedule = Assignment::Schedule(vec![within]);
            let (one, two) = (test.db.clone(), test.db.clone());
            at_once(
                async move {
                    transaction!(one, |tx| {
                        account::hold(tx, account).await?;
                        mapping::assign(tx, &admin(), NOW, account, &schedule, false).await
                    })
                },
                async move { transaction!(two, |tx| network::terminate(tx, &admin(), NOW, id).await) },
            )
            .await;
        }
    }

    async fn a_package_is_given_or_ends(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        for round in 0..2 * ROUNDS {
            let id = keep(&test, Package { name: format!("package {round}"), ..a_package(free) }).await.expect("one").id;
            let account = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
            let (one, two) = (test.db.clone(), test.db.clone());
            let voucher = Voucher { package_id: Some(id), ..a_voucher(&format!("code {round}")) };
            at_once(
                async move {
                    transaction!(one, |tx| match round % 2 {
                        0 => interval::agree(tx, &admin(), NOW, account, &Assignment::Package(id), false).await,
                        _ => record::create(tx, &admin(), NOW, voucher.clone()).await.map(drop),
                    })
                },
                async move { transaction!(two, |tx| package::terminate(tx, &admin(), NOW, id).await) },
            )
            .await;
        }
    }

    async fn what_a_package_names_is_named_or_ends(test: TestDb) {
        started(&test).await;
        let free = give_profile(&test, "free", "0").await;
        for round in 0..2 * ROUNDS {
            let profile_id = give_profile(&test, &format!("profile_{round}"), "0").await;
            let network_id = give_network(&test, &format!("office {round}")).await;
            let mut package = Package { name: format!("package {round}"), ..a_package(free) };
            package.initial_profiles.0.push(ProfileRef { profile_id, network_id: Some(network_id) });
            let (one, two) = (test.db.clone(), test.db.clone());
            at_once(
                async move { transaction!(one, |tx| record::create(tx, &admin(), NOW, package.clone()).await.map(drop)) },
                async move {
                    transaction!(two, |tx| match round % 2 {
                        0 => profile::terminate(tx, &admin(), NOW, profile_id).await,
                        _ => network::terminate(tx, &admin(), NOW, network_id).await,
                    })
                },
            )
            .await;
        }
    }

    async fn what_is_in_a_set_of_header_rules_ends_with_it(test: TestDb) {
        started(&test).await;
        for round in 0..2 * ROUNDS {
            let set = header_rule::RuleSet {
                reseller_id: AccountId::DEFAULT_RESELLER,
                name: format!("set {round}"),
                ..Default::default()
            };
            let set = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, set.clone()).await).expect("a set");
            let rule = header_rule::Rule { set_id: set.id, name: "r".to_owned(), ..Default::default() };
            let rule = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, rule.clone()).await).expect("a rule");
            let all = (0..4).map(|n| {
                let (db, action_type) = (test.db.clone(), header_rule::ActionType::Remove);
                let action = header_rule::Action { rule_id: rule.id, action_type, ..Default::default() };
                async move {
                    transaction!(db, |tx| match n {
                        0 => record::delete::<header_rule::RuleSet>(tx, &admin(), NOW, set.id.0).await.map(drop),
                        _ => record::create(tx, &admin(), NOW, action.clone()).await.map(drop),
                    })
                }
            });
            let results = together(all.collect()).await;
            assert!(results[0].is_ok(), "{results:?}");
            for result in results {
                assert!(matches!(result, Ok(()) | Err(Error::Dangling { field: "rule_id", .. })), "{result:?}");
            }
        }
        for list in [&header_rule::SETS, &header_rule::RULES, &header_rule::ACTIONS] {
            assert_eq!(counted(&test, list).await, 0);
        }
    }

    async fn one_of_two_peerings_without_rules_has_an_address(test: TestDb) {
        started(&test).await;
        let carrier = add_account(&test, AccountId::OPERATOR, Kind::Peering, "carrier").await;
        let mut groups = Vec::new();
        for name in ["one", "two"] {
            let group = Group { contract_id: carrier, name: name.to_owned(), ..Group::default() };
            let made = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, group.clone()).await);
            groups.push(made.expect("a group").id);
        }
        for round in 0..ROUNDS {
            let add = |group_id| {
                let (db, ip) = (test.db.clone(), format!("192.0.2.{round}"));
                let server = Server { group_id, name: format!("gateway {round}"), ip, ..Server::default() };
                async move { transaction!(db, |tx| record::create(tx, &admin(), NOW, server.clone()).await.map(drop)) }
            };
            at_once(add(groups[0]), add(groups[1])).await;
        }
    }
}
