//! Lines that a vendor printed: whatever was paid for is kept.

use super::{Delivered, Delivery, Ended, Shop, accepted};
use crate::caller::Role;
use crate::order::{LineOutcome, State};
use crate::tests::{NOW, acting, admin, customer, stored};
use crate::{alert, number, order, transaction};

store::on_both! {
    async fn a_number_that_came_cut_off_is_free_once_it_is_confirmed(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.sent(1).await;
        let cut = Delivered {
            text: "442071234560".to_owned(),
            number: Err("cut off before the end of the line".to_owned()),
            duplicate: false,
        };
        let doubt = Delivery { lines: vec![cut], pending: 0, ended: Ended::InDoubt, message: "killed".to_owned() };
        assert_eq!(shop.record(id, &doubt).await.state, State::InDoubt);
        let free = async || number::count_free(&mut shop.test.db.reader(), shop.pool.id).await.expect("a count");
        assert_eq!(free().await, 0);
        let numbers = ["442071234560".to_owned()];
        let order = transaction!(shop.test.db, |tx| order::resolve(tx, &admin(), NOW, id, &numbers, "").await)
            .expect("resolved");
        assert_eq!((order.state, order.delivered, free().await), (State::Resolved, 1, 1));
    }

    async fn more_than_was_ordered_is_kept(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.sent(1).await;
        let order = shop.record(id, &accepted(&["442071234560", "442071234561", "442071234562"], 0)).await;
        assert_eq!((order.state, order.delivered), (State::Fulfilled, 3));
        assert_eq!(number::count_free(&mut shop.test.db.reader(), shop.pool.id).await.expect("a count"), 3);
        assert!(shop.alerts().await.is_empty());
    }

    async fn a_number_that_was_printed_twice_is_kept_once(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.sent(2).await;
        let order = shop.record(id, &accepted(&["442071234560", "+44 20 7123 4560"], 0)).await;
        assert_eq!((order.state, order.delivered), (State::PartlyFulfilled, 1));
        let lines = shop.lines(id).await;
        let outcomes: Vec<_> = lines.iter().map(|l| (l.text.as_str(), l.outcome)).collect();
        assert_eq!(
            outcomes,
            [("442071234560", LineOutcome::Added), ("+44 20 7123 4560", LineOutcome::Duplicate)]
        );
        assert_eq!(shop.alerts().await[0].kind, alert::Kind::UnusableNumber);
    }

    async fn a_number_that_we_own_already_is_noted_and_left_alone(test: TestDb) {
        let shop = Shop::new(test).await;
        let first = shop.sent(1).await;
        shop.record(first, &accepted(&["442071234560"], 0)).await;
        let mill = customer(&shop.test, "mill").await;
        let caller = acting(mill, Role::Customer);
        transaction!(shop.test.db, |tx| number::sell(tx, &caller, NOW, "442071234560", mill, None).await)
            .expect("sold");
        let before = stored(&shop.test, "442071234560").await;
        let second = shop.sent(1).await;
        let order = shop.record(second, &accepted(&["442071234560"], 0)).await;
        assert_eq!((order.state, order.delivered), (State::PartlyFulfilled, 0));
        let line = &shop.lines(second).await[0];
        assert_eq!((line.outcome, line.number_id), (LineOutcome::Owned, Some(before.id)));
        let after = stored(&shop.test, "442071234560").await;
        assert_eq!(format!("{after:?}"), format!("{before:?}"));
    }

    async fn what_is_not_a_number_of_e164_is_kept_blocked_or_as_text(test: TestDb) {
        let shop = Shop::new(test).await;
        let id = shop.sent(4).await;
        let lines = ["02071234567", "1234567890123456", "call +44 20 for more", "", "442071234560", "4420\x00712"];
        let order = shop.record(id, &accepted(&lines, 0)).await;
        assert_eq!((order.state, order.delivered), (State::PartlyFulfilled, 3));
        let kept = shop.lines(id).await;
        let outcomes: Vec<_> = kept.iter().map(|l| l.outcome).collect();
        use LineOutcome::{Added, Blocked, Unreadable};
        assert_eq!(outcomes, [Blocked, Blocked, Unreadable, Unreadable, Added, Unreadable]);
        assert_eq!(kept[2].text, "call +44 20 for more");
        for digits in ["02071234567", "1234567890123456"] {
            let found = stored(&shop.test, digits).await;
            assert!(!found.is_free());
            let reason = found.blocked_reason.expect("a reason");
            assert!(!reason.is_empty());
            let unblocked = transaction!(shop.test.db, |tx| number::unblock(tx, &admin(), NOW, digits).await);
            assert!(unblocked.is_err(), "it can't be called, so it can't be sold");
        }
        assert_eq!(number::count_free(&mut shop.test.db.reader(), shop.pool.id).await.expect("a count"), 1);
        let alerts = shop.alerts().await;
        assert_eq!((alerts.len(), alerts[0].kind), (1, alert::Kind::UnusableNumber));
    }
}
