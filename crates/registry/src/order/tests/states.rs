//! States of an order: what an answer, a person or a restart makes of each.

use super::{GRACE, Shop, accepted, delivered, ended};
use crate::caller::Role;
use crate::id::{AccountId, OrderId};
use crate::order::{self, Delivery, Ended, Filter, Order, Sending, State};
use crate::page::Page;
use crate::tests::{NOW, acting, admin, stored};
use crate::{Error, Result, alert, journal, transaction};

store::on_both! {
    async fn every_answer_in_every_state(test: TestDb) {
        use State::{
            Accepted, BackOrdered, Cancelled, Fulfilled, InDoubt, PartlyFulfilled, Planned, Refused, Resolved, Sent,
        };
        let shop = Shop::new(test).await;
        // Of two numbers: what becomes of the order when the answer is yes with one number, no, and not known.
        let table = [
            (Planned, [Planned, Refused, Planned]),
            (Sent, [PartlyFulfilled, Refused, InDoubt]),
            (Accepted, [PartlyFulfilled, Accepted, InDoubt]),
            (BackOrdered, [Fulfilled, BackOrdered, InDoubt]),
            (Fulfilled, [Fulfilled; 3]),
            (PartlyFulfilled, [PartlyFulfilled; 3]),
            (Refused, [Refused; 3]),
            (InDoubt, [PartlyFulfilled, Refused, InDoubt]),
            (Resolved, [Resolved; 3]),
            (Cancelled, [Cancelled; 3]),
        ];
        assert_eq!(table.map(|(state, _)| state), State::ALL);
        let mut first = 442_070_000_000u64;
        for (state, expected) in table {
            for (answer, expected) in [Ended::Accepted, Ended::Refused, Ended::InDoubt].into_iter().zip(expected) {
                first += 10;
                let id = shop.in_state(state, &first.to_string()).await;
                let before = shop.get(id).await;
                let number = (first + 5).to_string();
                let lines = delivered(&[&number]);
                let delivery = Delivery { lines, ..ended(answer) };
                let after = shop.record(id, &delivery).await;
                assert_eq!(after.state, expected, "{answer:?} in {state}");
                assert_eq!(after.delivered, before.delivered + 1, "{answer:?} in {state}");
                assert!(after.message.contains("that is all"), "{answer:?} in {state}: {}", after.message);
                let kept = stored(&shop.test, &number).await;
                assert!(kept.is_free() && kept.order_id == Some(id), "{answer:?} in {state}: {kept:?}");
            }
        }
    }

    async fn a_delivery_is_whole_in_part_or_still_to_come(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.sent(3).await;
        let order = shop.record(id, &accepted(&["442071234560"], 2)).await;
        assert_eq!((order.state, order.delivered, order.pending), (State::BackOrdered, 1, 2));
        let order = shop.record(id, &accepted(&["442071234560", "442071234561"], 1)).await;
        assert_eq!((order.state, order.delivered, order.pending), (State::BackOrdered, 2, 1));
        let order = shop.record(id, &accepted(&["442071234562"], 0)).await;
        assert_eq!((order.state, order.delivered, order.pending), (State::Fulfilled, 3, 0));

        let id = shop.sent(3).await;
        let order = shop.record(id, &accepted(&[], 3)).await;
        assert_eq!((order.state, order.pending), (State::Accepted, 3));
        let order = shop.record(id, &accepted(&["442071234570"], 0)).await;
        assert_eq!((order.state, order.delivered), (State::PartlyFulfilled, 1));

        let id = shop.sent(1).await;
        let order = shop.record(id, &accepted(&[], 0)).await;
        assert_eq!((order.state, order.delivered), (State::PartlyFulfilled, 0));
        let alerts = shop.alerts().await;
        assert_eq!(alerts.iter().map(|a| a.kind).collect::<Vec<_>>(), [alert::Kind::EmptyDelivery]);
    }

    async fn an_order_is_sent_once_and_found_sent_it_is_in_doubt(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.planned(1).await;
        let Sending::Call(order) = shop.send(id).await else { panic!("not to be called") };
        assert_eq!((order.state, order.token, order.sent_at), (State::Sent, 1, Some(NOW)));
        assert_eq!(order.grace_until, Some(NOW + GRACE));
        assert!(order.reference.starts_with("strowger-"));
        let Sending::InDoubt(order) = shop.send(id).await else { panic!("called again") };
        assert_eq!(order.state, State::InDoubt);
        let alerts = shop.alerts().await;
        assert_eq!(alerts[0].subject, format!("order:{id}"));
        assert!(alerts[0].message.contains(&order.reference));
        assert!(matches!(shop.send(id).await, Sending::Follow(_)));
        shop.resolve(id, &[]).await.expect("resolved");
        assert!(matches!(shop.send(id).await, Sending::Nothing(_)));
        assert!(shop.alerts().await.is_empty(), "what is settled needs no look");
        let unknown = transaction!(shop.test.db, |tx| order::send(tx, &admin(), NOW, OrderId(999), 0).await);
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    }

    async fn of_several_workers_one_calls_the_vendor(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.planned(1).await;
        let workers: Vec<_> = (0..6)
            .map(|_| {
                let db = shop.test.db.clone();
                tokio::spawn(async move {
                    let sending: Result<Sending> =
                        transaction!(db, |tx| order::send(tx, &admin(), NOW, id, 0).await);
                    matches!(sending.expect("an answer"), Sending::Call(_))
                })
            })
            .collect();
        let mut calls = 0;
        for worker in workers {
            calls += usize::from(worker.await.expect("a worker"));
        }
        assert_eq!(calls, 1);
    }

    async fn what_is_recorded_twice_changes_nothing(test: TestDb) {
        let shop = Shop::new(test).await;
        let ours = shop.sent(1).await;
        shop.record(ours, &accepted(&["442071230000"], 0)).await;
        let answers = [
            accepted(&["442071234560", "442071234560", "442071230000", "0123", "call us", "442071234561"], 0),
            accepted(&["442071234570"], 1),
            accepted(&[], 2),
            ended(Ended::Refused),
            ended(Ended::InDoubt),
        ];
        for answer in answers {
            let id = shop.sent(2).await;
            let first = shop.record(id, &answer).await;
            let lines = shop.lines(id).await.len();
            let written = journal_length(&shop).await;
            for _ in 0..2 {
                let again = shop.record(id, &answer).await;
                assert_eq!(seen(&again), seen(&first), "{answer:?}");
                assert_eq!(seen(&shop.get(id).await), seen(&first), "{answer:?}");
            }
            assert_eq!(shop.lines(id).await.len(), lines, "{answer:?}");
            assert_eq!(journal_length(&shop).await, written, "{answer:?}");
        }
    }

    async fn a_late_answer_is_kept_whatever_became_of_the_order(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.in_state(State::Resolved, "442071234560").await;
        let late = accepted(&["442071234560", "442071234561"], 0);
        let order = shop.record(id, &late).await;
        assert_eq!((order.state, order.delivered), (State::Resolved, 2));
        assert!(order.message.contains("asked them") && order.message.contains("later"), "{}", order.message);
        for digits in ["442071234560", "442071234561"] {
            assert!(stored(&shop.test, digits).await.is_free());
        }
        let again = shop.record(id, &late).await;
        assert_eq!(seen(&again), seen(&order));
        let long = Delivery { message: "é".repeat(3_000), ..ended(Ended::Refused) };
        let order = shop.record(id, &long).await;
        assert!(order.message.len() <= 2_000);
    }

    async fn a_person_settles_what_is_in_doubt(test: TestDb) {
        let shop = Shop::new(test).await;
        for state in [State::InDoubt, State::Accepted] {
            let base = if state == State::InDoubt { "44207123456" } else { "44207123457" };
            let id = shop.in_state(state, "442079999999").await;
            let wrong = shop.resolve(id, &["not a number"]).await;
            assert!(matches!(wrong, Err(Error::Invalid { .. })), "{wrong:?}");
            let (first, second) = (format!("+{base}0"), format!("{base}1"));
            let order = shop.resolve(id, &[&first, &second, &second]).await.expect("resolved");
            assert_eq!((order.state, order.delivered, order.pending), (State::Resolved, 2, 0));
            assert_eq!(order.message, "asked them");
            assert!(stored(&shop.test, &second).await.is_free());
            let again = shop.resolve(id, &[]).await;
            assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
        }
        let id = shop.in_state(State::BackOrdered, "442078888888").await;
        let order = shop.resolve(id, &[]).await.expect("nothing more comes");
        assert_eq!((order.state, order.delivered, order.pending), (State::Resolved, 1, 0));
        let id = shop.in_state(State::InDoubt, "442077777777").await;
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let refused = transaction!(shop.test.db, |tx| order::resolve(tx, &reseller, NOW, id, &[], "").await);
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
    }

    async fn only_what_is_not_being_called_can_be_cancelled_or_resolved(test: TestDb) {
        let shop = Shop::new(test).await;
        let mut first = 442_070_000_000u64;
        for &state in State::ALL {
            first += 10;
            let id = shop.in_state(state, &first.to_string()).await;
            let cancelled = shop.cancel(id).await;
            // Cancelling what is cancelled already is not an error.
            let may = matches!(state, State::Planned | State::Accepted | State::BackOrdered | State::Cancelled);
            match cancelled {
                Ok(order) => assert!(may && order.state == State::Cancelled && order.pending == 0, "{state}"),
                Err(error) => assert!(!may && matches!(error, Error::Conflict(_)), "{state}: {error:?}"),
            }
            first += 10;
            let id = shop.in_state(state, &first.to_string()).await;
            let resolved = shop.resolve(id, &[]).await;
            let may = matches!(state, State::InDoubt | State::Accepted | State::BackOrdered);
            assert_eq!(resolved.is_ok(), may, "{state}: {resolved:?}");
        }
    }

    async fn orders_are_found_by_id_reference_state_and_pool(test: TestDb) {
        let shop = Shop::new(test).await;
        let planned = shop.planned(1).await;
        let sent = shop.sent(1).await;
        let mut tx = shop.test.db.reader();
        let reference = shop.get(sent).await.reference;
        assert_eq!(order::find(&mut tx, &admin(), &reference).await.expect("by reference").id, sent);
        assert_eq!(order::find(&mut tx, &admin(), &planned.to_string()).await.expect("by id").id, planned);
        let unknown = order::find(&mut tx, &admin(), "strowger-0").await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
        let pool = shop.pool.id;
        for (filter, expected) in [
            (Filter::All, vec![planned, sent]),
            (Filter::State(State::Sent), vec![sent]),
            (Filter::Pool(pool), vec![planned, sent]),
        ] {
            let found = order::list(&mut tx, &admin(), filter, Page::default()).await.expect("a list");
            assert_eq!(found.iter().map(|o| o.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        let open = order::open_by_state(&mut tx).await.expect("counts");
        assert_eq!(open.iter().map(|(_, count)| count).sum::<i64>(), 2);
    }
}

/// What a user sees of an order.
fn seen(order: &Order) -> (State, u32, u32, String, i64) {
    (order.state, order.delivered, order.pending, order.message.clone(), order.modified_at)
}

async fn journal_length(shop: &Shop) -> usize {
    journal::list(&mut shop.test.db.reader(), &admin(), Page::first(1_000)).await.expect("the journal").len()
}
