//! Trusted peers, and where calls leave for the telephone network.

use store::args;
use store::testing::TestDb;

use super::dns::{acting_for, seen_by, why};
use super::subscribers::sealer;
use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::{self, Kind};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, PstnCarrierId, PstnRouteId};
use crate::pstn::{self, CARRIERS, Carrier, GATEWAY_RULES, GATEWAYS, Gateway, GatewayRule, ROUTES, Route};
use crate::record::{self, Kept};
use crate::trusted_peer::{self, TrustedPeer};
use crate::{Result, transaction};

async fn make<R: Kept>(test: &TestDb, caller: &Caller, new: R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, new.clone()).await)
}

async fn change<R: Kept>(test: &TestDb, caller: &Caller, new: &R) -> Result<R> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW + 1, new.clone()).await)
}

async fn remove<R: Kept>(test: &TestDb, caller: &Caller, id: i64) -> Result<R> {
    transaction!(test.db, |tx| record::delete::<R>(tx, caller, NOW, id).await)
}

/// A reseller that may reach the telephone network.
async fn reseller(test: &TestDb, name: &str) -> AccountId {
    let id = add_account(test, AccountId::OPERATOR, Kind::Reseller, name).await;
    const INSERT: &str = "INSERT INTO account_properties (account_id, name, value, category, permission) \
        VALUES ($1, 'pstn_access', '1', 'sip', 'admin')";
    transaction!(test.db, |tx| Ok(tx.execute(INSERT, args![id]).await?)).expect("a property");
    id
}

fn carrier(reseller: AccountId, name: &str) -> Carrier {
    Carrier { reseller_id: reseller, name: name.to_owned(), ..Carrier::default() }
}

fn gateway(carrier: PstnCarrierId, name: &str) -> Gateway {
    Gateway { carrier_id: carrier, name: name.to_owned(), ip: "192.0.2.1".to_owned(), ..Gateway::default() }
}

fn route(carrier: PstnCarrierId, prefix: &str, originator: &str, priority: i64) -> Route {
    let (prefix, originator) = (prefix.to_owned(), originator.to_owned());
    Route { carrier_id: carrier, prefix, originator, priority, ..Route::default() }
}

fn peer(account: AccountId, ip: &str) -> TrustedPeer {
    TrustedPeer { account_id: account, ip: ip.to_owned(), ..TrustedPeer::default() }
}

store::on_both! {
    async fn who_keeps_peers_and_carriers(test: TestDb) {
        started(&test).await;
        let acme = reseller(&test, "acme").await;
        let without = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "without").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let other = customer(&test, "other").await;
        for (n, (caller, account, peers, carriers)) in [
            (admin(), AccountId::OPERATOR, "done", "done"),
            (admin(), acme, "done", "done"),
            (admin(), shop, "done", "dangling reseller_id"),
            (acting(acme, Role::Reseller), acme, "done", "done"),
            (acting(acme, Role::Reseller), shop, "done", "dangling reseller_id"),
            (acting(acme, Role::Reseller), other, "dangling account_id", "dangling reseller_id"),
            (acting(acme, Role::Reseller), AccountId::OPERATOR, "dangling account_id", "dangling reseller_id"),
            (acting_for(acme), acme, "done", "done"),
            (acting(without, Role::Reseller), without, "not allowed", "not allowed"),
            (acting(shop, Role::Customer), shop, "not allowed", "not allowed"),
        ].into_iter().enumerate() {
            let made = make(&test, &caller, peer(account, &format!("192.0.2.{n}"))).await;
            assert_eq!(why(made), peers, "{caller:?} {account}");
            assert_eq!(why(make(&test, &caller, carrier(account, &format!("carrier {n}"))).await), carriers, "{caller:?} {account}");
        }
        assert_eq!(seen_by(&test, &acting(acme, Role::Reseller), &trusted_peer::ALL).await.len(), 5);
        assert_eq!(seen_by(&test, &acting(shop, Role::Customer), &trusted_peer::ALL).await.len(), 2);
        assert_eq!(seen_by(&test, &acting(acme, Role::Reseller), &CARRIERS).await.len(), 3);
        assert_eq!(seen_by(&test, &acting(without, Role::Reseller), &CARRIERS).await.len(), 0);
        assert_eq!(seen_by(&test, &acting(shop, Role::Customer), &CARRIERS).await.len(), 0);
    }

    async fn a_peer_is_an_address_once(test: TestDb) {
        started(&test).await;
        let acme = reseller(&test, "acme").await;
        let mut wanted = TrustedPeer { owner_id: Some(acme), prefix: "00".to_owned(), ..peer(acme, "2001:DB8::1") };
        wanted.set_token(&admin(), &sealer(), "hush").expect("a token");
        let made = make(&test, &admin(), wanted).await.expect("a peer");
        assert_eq!((made.ip.as_str(), made.enum_lookup, made.transit, made.reseller_id), ("2001:db8::1", true, false, acme));
        let found = trusted_peer::by_ip(&mut test.db.reader(), &admin(), "2001:db8:0::1").await.expect("found");
        assert_eq!(found.token(&admin(), &sealer()).expect("opens").as_deref(), Some("hush"));
        assert!(!format!("{found:?}").contains("hush"));
        let (mut humble, mut again) = (admin(), found.clone());
        humble.rights.show_passwords = false;
        assert_eq!(again.token(&humble, &sealer()).expect("hidden"), None);
        again.set_token(&humble, &sealer(), "").expect("what it is shown");
        assert_eq!(again.token(&admin(), &sealer()).expect("opens").as_deref(), Some("hush"), "it stays");
        for (new, expected) in [
            (peer(acme, "2001:db8::1"), "taken"),
            (peer(acme, "Gateway.example.org"), "done"),
            (peer(acme, "a b"), "invalid ip"),
            (TrustedPeer { prefix: "x".to_owned(), ..peer(acme, "192.0.2.1") }, "invalid prefix"),
            (TrustedPeer { strip: -1, ..peer(acme, "192.0.2.1") }, "invalid strip"),
            (TrustedPeer { owner_id: Some(AccountId(4_711)), ..peer(acme, "192.0.2.1") }, "dangling owner_id"),
            (TrustedPeer { description: "x".repeat(256), ..peer(acme, "192.0.2.1") }, "invalid description"),
        ] {
            assert_eq!(why(make(&test, &admin(), new.clone()).await), expected, "{new:?}");
        }
        let renamed = TrustedPeer { ip: "192.0.2.9".to_owned(), ..found.clone() };
        assert_eq!(why(change(&test, &admin(), &renamed).await), "invalid ip");
        let moved = change(&test, &admin(), &TrustedPeer { account_id: AccountId::DEFAULT_RESELLER, blocked: 2, ..found }).await.expect("moved");
        assert_eq!((moved.reseller_id, moved.blocked), (AccountId::DEFAULT_RESELLER, 2));
        assert_eq!(seen_by(&test, &acting(acme, Role::Reseller), &trusted_peer::ALL).await.len(), 1);
        let ended = account::Status::Terminated;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, acme, ended).await).expect("terminated");
        assert_eq!(seen_by(&test, &admin(), &trusted_peer::ALL).await, [moved.id.0], "those of a reseller end with it");
        let rows = test.db.reader().query("SELECT after FROM journal WHERE kind = 'trusted_peers'", args![]).await.expect("rows");
        assert!(rows.iter().all(|row| !row.at::<Option<serde_json::Value>>(0).expect("json").unwrap_or_default().to_string().contains("hush")));
    }

    async fn carriers_go_last(test: TestDb) {
        started(&test).await;
        let (acme, beta) = (reseller(&test, "acme").await, reseller(&test, "beta").await);
        let made = make(&test, &admin(), carrier(acme, " Carrier ")).await.expect("a carrier");
        assert_eq!(made.name, "Carrier");
        assert_eq!(why(make(&test, &admin(), carrier(acme, "Carrier")).await), "taken");
        let other = make(&test, &admin(), carrier(beta, "Carrier")).await.expect("a carrier");
        let gw = make(&test, &admin(), gateway(made.id, "gw")).await.expect("a gateway");
        assert_eq!((gw.transport.as_str(), gw.port, gw.reseller_id), ("udp", 5_060, acme));
        for (new, expected) in [
            (gateway(made.id, "gw"), "taken"),
            (gateway(other.id, "gw"), "done"),
            (gateway(PstnCarrierId(4_711), "gw"), "dangling carrier_id"),
            (Gateway { transport: "smoke".to_owned(), ..gateway(made.id, "b") }, "invalid transport"),
            (Gateway { port: 65_536, ..gateway(made.id, "b") }, "invalid port"),
            (Gateway { ip: "a b".to_owned(), ..gateway(made.id, "b") }, "invalid ip"),
            (gateway(made.id, " "), "invalid name"),
        ] {
            assert_eq!(why(make(&test, &admin(), new.clone()).await), expected, "{new:?}");
        }
        assert_eq!(why(make(&test, &acting(acme, Role::Reseller), gateway(other.id, "mine")).await), "dangling carrier_id");
        let rule = GatewayRule { gateway_id: gw.id, prefix: "0031".to_owned(), strip: 4, prepend: "0".to_owned(), ..GatewayRule::default() };
        let rule = make(&test, &admin(), rule).await.expect("a rule");
        let entry = pstn::load_rules(&mut test.db.reader(), &[rule.id.0]).await.expect("rules").pop().expect("a rule");
        assert_eq!((entry.gateway.as_str(), entry.carrier.as_str(), entry.carrier_id), ("gw", "Carrier", made.id));
        assert_eq!(why(change(&test, &admin(), &GatewayRule { max_length: 3, min_length: 5, ..rule.clone() }).await), "invalid max_length");
        let elsewhere = Gateway { carrier_id: other.id, name: "moved".to_owned(), ..gw.clone() };
        assert_eq!(why(change(&test, &admin(), &elsewhere).await), "in use", "its rules are of the reseller");
        assert_eq!(why(change(&test, &admin(), &Carrier { reseller_id: beta, name: "Another".to_owned(), ..made.clone() }).await), "in use");
        assert_eq!(why(remove::<Carrier>(&test, &admin(), made.id.0).await), "in use");
        assert_eq!(why(remove::<Gateway>(&test, &admin(), gw.id.0).await), "in use");
        remove::<GatewayRule>(&test, &admin(), rule.id.0).await.expect("removed");
        let moved = change(&test, &admin(), &elsewhere).await.expect("moved");
        assert_eq!(moved.reseller_id, beta);
        assert_eq!(seen_by(&test, &acting(beta, Role::Reseller), &GATEWAYS).await.len(), 2);
        remove::<Carrier>(&test, &admin(), made.id.0).await.expect("removed");
        let ended = account::Status::Terminated;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, beta, ended).await).expect("terminated");
        for list in [&CARRIERS, &GATEWAYS, &GATEWAY_RULES, &ROUTES] {
            assert_eq!(seen_by(&test, &admin(), list).await, Vec::<i64>::new(), "{}", list.name);
        }
    }

    async fn routes_are_kept_all_or_none(test: TestDb) {
        started(&test).await;
        let acme = reseller(&test, "acme").await;
        let [one, two, three] = ["one", "two", "three"].map(|name| carrier(acme, name));
        let mut ids = Vec::new();
        for new in [one, two, three] {
            ids.push(make(&test, &admin(), new).await.expect("a carrier").id);
        }
        let wanted = vec![
            route(ids[0], "", "", 5),
            route(ids[1], "", "", 1),
            route(ids[0], "0031", "", 9),
            route(ids[1], "003120", "peer", 1),
            route(ids[2], "003120", "", 2),
        ];
        let caller = acting(acme, Role::Reseller);
        let made = transaction!(test.db, |tx| pstn::add(tx, &caller, NOW, wanted.clone()).await).expect("routes");
        // All or none.
        let again = transaction!(test.db, |tx| {
            pstn::add(tx, &caller, NOW, vec![route(ids[0], "0044", "", 1), route(ids[0], "0031", "", 1)]).await
        });
        assert_eq!(why(again), "taken");
        assert_eq!(seen_by(&test, &caller, &ROUTES).await.len(), 5);
        let changed: Vec<Route> = made.iter().map(|route| Route { priority: 3, ..route.clone() }).collect();
        transaction!(test.db, |tx| pstn::update(tx, &caller, NOW, changed.clone()).await).expect("changed");
        let entries = pstn::load_routes(&mut test.db.reader(), &seen_by(&test, &caller, &ROUTES).await).await.expect("routes");
        assert!(entries.iter().all(|entry| entry.route.priority == 3));
        assert_eq!(entries[0].carrier, "one");
        let gone: Vec<PstnRouteId> = made[..2].iter().map(|route| route.id).chain([PstnRouteId(4_711)]).collect();
        assert_eq!(why(transaction!(test.db, |tx| pstn::remove(tx, &caller, NOW, &gone).await)), "not found");
        transaction!(test.db, |tx| pstn::remove(tx, &caller, NOW, &gone[..2]).await).expect("removed");
        assert_eq!(seen_by(&test, &caller, &ROUTES).await.len(), 3);
        for (new, expected) in [
            (route(ids[0], "00x", "", 1), "invalid prefix"),
            (route(ids[0], "00", "", -1), "invalid priority"),
            (route(PstnCarrierId(4_711), "00", "", 1), "dangling carrier_id"),
        ] {
            assert_eq!(why(make(&test, &caller, new.clone()).await), expected, "{new:?}");
        }
    }
}
