//! Ported numbers: who has one when, files of them, and that nothing of a file is seen before all of it is good.

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, admin, started};
use crate::caller::Role;
use crate::clock::{Clock, DAY};
use crate::id::{AccountId, LnpCarrierId, LnpImportId};
use crate::listing::{self, Condition, Query};
use crate::lnp::carrier::{self, Carrier};
use crate::lnp::import::{self, BATCH, LnpImport, State};
use crate::lnp::intake::Intake;
use crate::lnp::number::{self, LnpNumber};
use crate::lnp::{self, Place, Which};
use crate::{Error, Result, job, record, transaction};

async fn add_carrier(test: &TestDb, name: &str) -> LnpCarrierId {
    let made = Carrier { name: name.to_owned(), prefix: "D1".to_owned(), ..Carrier::default() };
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, made.clone()).await).expect("a carrier").id
}

async fn add(test: &TestDb, number: LnpNumber) -> Result<LnpNumber> {
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, number.clone()).await)
}

fn ported(carrier_id: LnpCarrierId, number: &str) -> LnpNumber {
    LnpNumber { carrier_id, number: number.to_owned(), ..LnpNumber::default() }
}

/// The carrier that a number has at a time.
async fn carrier_of(test: &TestDb, number: &str, at: i64) -> Option<String> {
    lnp::lookup(&mut test.db.reader(), number, at).await.expect("looked up").map(|ported| ported.carrier)
}

/// How many numbers the list counts, and how many it shows.
async fn listed(test: &TestDb, conditions: Vec<Condition>) -> (i64, usize) {
    let query = Query { conditions, limit: 100_000, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), &admin(), &number::ALL, &query).await.expect("a page");
    (page.total.expect("a count"), page.ids.len())
}

/// Lines of a file with so many numbers of a carrier.
fn lines(carrier: &str, first: u64, count: u64) -> String {
    (first..first + count).map(|number| format!("{carrier},D9,{number}\n")).collect()
}

async fn take_in(test: &TestDb, text: &str, purge: bool) -> Intake {
    let mut intake = Intake::begin(&test.db, &Clock::fixed(NOW), &admin(), purge).await.expect("begun");
    for piece in text.as_bytes().chunks(4_000) {
        intake.feed(piece).await.expect("fed");
    }
    intake
}

async fn step(test: &TestDb, id: LnpImportId) -> bool {
    transaction!(test.db, |tx| lnp::step(tx, NOW, id).await).expect("a step")
}

async fn imported(test: &TestDb, text: &str, purge: bool) -> LnpImportId {
    let mut intake = take_in(test, text, purge).await;
    assert!(intake.finish().await.expect("read"), "{:?}", intake.complaints());
    let id = intake.publish().await.expect("handed over");
    while !step(test, id).await {}
    id
}

async fn state(test: &TestDb, id: LnpImportId) -> (State, i64, i64) {
    let found: LnpImport = record::get(&mut test.db.reader(), &admin(), id.0).await.expect("an import");
    (found.state, found.staged, found.published)
}

async fn stored(test: &TestDb, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    test.db.reader().query_one(&sql, args![]).await.expect("a count").at(0).expect("a count")
}

async fn carriers(test: &TestDb) -> usize {
    let query = Query { limit: 100, ..Query::default() };
    listing::page(&mut test.db.reader(), &admin(), &carrier::ALL, &query).await.expect("a page").ids.len()
}

store::on_both! {
    async fn of_several_periods_the_one_that_began_last_counts(test: TestDb) {
        started(&test).await;
        let (one, two) = (add_carrier(&test, "one").await, add_carrier(&test, "two").await);
        let from = |start_at, end_at, carrier| LnpNumber { start_at, end_at, ..ported(carrier, "4312345") };
        add(&test, from(None, None, one)).await.expect("since ever");
        add(&test, from(Some(NOW), Some(NOW + DAY), two)).await.expect("a day");
        for (at, carrier) in [(NOW - 1, "one"), (NOW, "two"), (NOW + DAY - 1, "two"), (NOW + DAY, "one")] {
            assert_eq!(carrier_of(&test, "4312345", at).await.as_deref(), Some(carrier), "{at}");
        }
        assert_eq!(carrier_of(&test, "431234", NOW).await, None);
        assert_eq!(carrier_of(&test, "43123456", NOW).await, None);
        assert_eq!(listed(&test, vec![]).await, (2, 2));
        let now = |yes, at| vec![number::actual(yes, at)];
        assert_eq!((listed(&test, now(true, NOW)).await, listed(&test, now(false, NOW)).await), ((2, 2), (0, 0)));
        assert_eq!((listed(&test, now(true, NOW - 1)).await, listed(&test, now(false, NOW - 1)).await), ((1, 1), (1, 1)));
        // The same again, but for another start.
        assert!(matches!(add(&test, from(None, None, one)).await, Err(Error::Taken { .. })));
        add(&test, from(Some(5), None, one)).await.expect("another start");
    }

    async fn what_is_no_ported_number_is_refused(test: TestDb) {
        started(&test).await;
        let one = add_carrier(&test, "one").await;
        let good = ported(one, "4312345");
        for (wrong, field) in [
            (LnpNumber { number: "+4312345".to_owned(), ..good.clone() }, "number"),
            (LnpNumber { number: "4".repeat(32), ..good.clone() }, "number"),
            (LnpNumber { start_at: Some(5), end_at: Some(5), ..good.clone() }, "end"),
        ] {
            assert!(matches!(add(&test, wrong.clone()).await, Err(Error::Invalid { field: of, .. }) if of == field), "{wrong:?}");
        }
        let nobody = ported(LnpCarrierId(99), "4312345");
        assert!(matches!(add(&test, nobody).await, Err(Error::Dangling { field: "carrier_id", .. })));
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let by_reseller = transaction!(test.db, |tx| record::create(tx, &reseller, NOW, good.clone()).await);
        assert!(matches!(by_reseller, Err(Error::NotAllowed(_))));
        let kept = add(&test, good).await.expect("a number");
        let removed = transaction!(test.db, |tx| record::delete::<Carrier>(tx, &admin(), NOW, one.0).await);
        assert!(matches!(removed, Err(Error::InUse { .. })), "{removed:?}");
        transaction!(test.db, |tx| record::delete::<LnpNumber>(tx, &admin(), NOW, kept.id.0).await).expect("removed");
        transaction!(test.db, |tx| record::delete::<Carrier>(tx, &admin(), NOW, one.0).await).expect("removed");
        assert_eq!((listed(&test, vec![]).await, carriers(&test).await), ((0, 0), 0));
    }

    async fn a_file_takes_the_place_of_all_numbers_at_once(test: TestDb) {
        started(&test).await;
        let old = add_carrier(&test, "old").await;
        for n in 0..3 {
            add(&test, ported(old, &format!("4390{n}"))).await.expect("a number");
        }
        let count = BATCH as u64 + 10;
        let mut intake = take_in(&test, &lines("new", 43_100_000, count), true).await;
        assert!(intake.finish().await.expect("read"));
        // Staged, and nothing to be seen of it: neither numbers nor the carrier.
        assert_eq!((carrier_of(&test, "43100000", NOW).await, carriers(&test).await), (None, 1));
        assert_eq!(listed(&test, vec![]).await, (3, 3));
        assert_eq!(state(&test, intake.id()).await, (State::Staging, count as i64, 0));
        let id = intake.publish().await.expect("handed over");
        let waiting = transaction!(test.db, |tx| job::claim(tx, 1_000_000).await).expect("a claim").expect("a job");
        assert_eq!((waiting.kind, waiting.subject), (job::Kind::LnpImport, id.0));
        assert_eq!(carrier_of(&test, "43900", NOW).await.as_deref(), Some("old"));

        assert!(!step(&test, id).await);
        assert_eq!(state(&test, id).await, (State::Done, count as i64, count as i64));
        assert_eq!(carrier_of(&test, "43100000", NOW).await.as_deref(), Some("new"));
        assert_eq!(carrier_of(&test, "43900", NOW).await, None);
        assert_eq!(listed(&test, vec![]).await, (count as i64, count as usize));
        assert_eq!(stored(&test, "lnp_numbers").await, count as i64 + 3, "the old ones are still to be removed");
        // A number by hand joins those that hold.
        add(&test, ported(old, "4391")).await.expect("a number");
        while !step(&test, id).await {}
        assert!(step(&test, id).await, "one step more does no harm");
        assert_eq!(stored(&test, "lnp_numbers").await, count as i64 + 1);
        assert_eq!(listed(&test, vec![]).await, (count as i64 + 1, count as usize + 1));
        assert_eq!(carrier_of(&test, "4391", NOW).await.as_deref(), Some("old"));

        // And the next file does the same to this one.
        let next = imported(&test, "new,D9,4377\n", true).await;
        assert_eq!(state(&test, next).await, (State::Done, 1, 1));
        assert_eq!((stored(&test, "lnp_numbers").await, listed(&test, vec![]).await), (1, (1, 1)));
    }

    async fn a_file_joins_what_is_there(test: TestDb) {
        started(&test).await;
        let old = add_carrier(&test, "old").await;
        add(&test, LnpNumber { routing_number: Some("1".to_owned()), ..ported(old, "43100000") }).await.expect("one");
        add(&test, ported(old, "43900")).await.expect("another");
        let count = BATCH as u64 + 10;
        // The first says again, with more, what is there.
        let text = format!("old,D1,43100000,2\n{}", lines("new", 43_200_000, count));
        let id = imported(&test, &text, false).await;
        let all = count as i64 + 1;
        assert_eq!(state(&test, id).await, (State::Done, all, all));
        assert_eq!(listed(&test, vec![]).await, (all + 1, count as usize + 2));
        assert_eq!(stored(&test, "lnp_numbers").await, all + 1);
        let found = lnp::lookup(&mut test.db.reader(), "43100000", NOW).await.expect("looked up").expect("a carrier");
        assert_eq!((found.carrier.as_str(), found.routing_number.as_deref()), ("old", Some("2")));
        assert_eq!(carrier_of(&test, "43900", NOW).await.as_deref(), Some("old"));
        // The same file again changes nothing.
        imported(&test, &text, false).await;
        assert_eq!((listed(&test, vec![]).await, carriers(&test).await), ((all + 1, count as usize + 2), 2));
        assert_eq!(stored(&test, "tallies WHERE list = 'lnp numbers' AND key <> 0 AND n <> 0").await, 0);
    }

    async fn of_a_bad_file_nothing_remains(test: TestDb) {
        started(&test).await;
        add_carrier(&test, "old").await;
        let text = "old,D1,4310\nnew,D9,4311\nnew,D9,4311\nold,D2,4312\n\nold,D1,x\nold,D1,4310,,2026-01-01\nold,,4310\n";
        let mut intake = take_in(&test, text, true).await;
        assert!(!intake.finish().await.expect("read"));
        assert_eq!((intake.rows(), intake.bad()), (7, 4));
        let mut complaints: Vec<String> = intake.complaints().iter().map(ToString::to_string).collect();
        complaints.sort_unstable();
        let twice = "the number, its carrier and its start are in the file twice";
        assert_eq!(
            complaints,
            [
                format!("line 3: {twice}"),
                "line 4: the prefix of carrier `old` is `D1`".to_owned(),
                "line 6: number `x` is not 1 to 31 digits".to_owned(),
                format!("line 8: {twice}"),
            ]
        );
        let id = intake.id();
        intake.give_up("four bad rows").await.expect("given up");
        assert_eq!(state(&test, id).await.0, State::Failed);
        while !step(&test, id).await {}
        assert_eq!((stored(&test, "lnp_numbers").await, stored(&test, "lnp_carriers").await), (0, 1));
        assert_eq!((listed(&test, vec![]).await, stored(&test, "tallies WHERE list = 'lnp numbers'").await), ((0, 0), 0));
        // Lines that stand twice are found across batches too, and a file without rows does not purge.
        let text = format!("{}old,D1,4310\n", "old,D1,4310\n".to_owned() + &lines("new", 43_100_000, BATCH as u64));
        let mut intake = take_in(&test, &text, false).await;
        assert!(!intake.finish().await.expect("read"));
        assert_eq!(intake.complaints().iter().map(|c| c.line).collect::<Vec<_>>(), [BATCH as u64 + 2]);
        intake.give_up("twice").await.expect("given up");
        let mut intake = take_in(&test, "carrier,number\n", true).await;
        assert!(!intake.finish().await.expect("read"));
        assert_eq!(intake.complaints()[0].to_string(), "line 1: there is no row in the file");
    }

    async fn there_is_one_import_at_a_time_until_its_stager_is_gone(test: TestDb) {
        started(&test).await;
        let mut first = take_in(&test, "new,D9,4311\n", true).await;
        let begin = async || Intake::begin(&test.db, &Clock::fixed(NOW), &admin(), false).await;
        let second = begin().await;
        assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
        let mut tx = test.db.begin().await.expect("a transaction");
        tx.execute("UPDATE lnp_imports SET seen_at = seen_at - $1", args![import::PATIENCE + 1]).await.expect("longer ago");
        tx.commit().await.expect("committed");
        let id = first.id();
        let second = begin().await.expect("the first is given up");
        assert_eq!(state(&test, id).await.0, State::Failed);
        assert!(matches!(first.finish().await, Err(Error::Conflict(_))));
        second.give_up("enough").await.expect("given up");
        // What has been handed over is published whoever is gone.
        let mut third = take_in(&test, "new,D9,4311\n", false).await;
        assert!(third.finish().await.expect("read"));
        let third = third.publish().await.expect("handed over");
        transaction!(test.db, |tx| import::give_up_abandoned(tx, NOW + DAY).await).expect("looked at");
        while !step(&test, third).await {}
        assert_eq!(carrier_of(&test, "4311", NOW).await.as_deref(), Some("new"));
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let refused = Intake::begin(&test.db, &Clock::fixed(NOW), &reseller, false).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))));
    }

    async fn a_carrier_of_a_file_that_has_been_made_meanwhile_is_named(test: TestDb) {
        started(&test).await;
        let mut intake = take_in(&test, "new,D9,4311\n", true).await;
        assert!(intake.finish().await.expect("read"));
        let made = Carrier { name: "new".to_owned(), ..Carrier::default() };
        let taken = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, made.clone()).await);
        assert!(matches!(taken, Err(Error::Taken { .. })), "{taken:?}");
        let id = intake.publish().await.expect("handed over");
        while !step(&test, id).await {}
        assert_eq!(carriers(&test).await, 1);
    }

    async fn many_numbers_are_removed_in_batches(test: TestDb) {
        started(&test).await;
        imported(&test, &(lines("one", 43_100_000, 4_500) + &lines("two", 43_200_000, 10) + "two,D9,4310000\n"), true).await;
        let remove = async |which: Which| {
            let mut place = Some(Place::default());
            let mut batches = 0;
            while let Some(after) = place {
                let done = transaction!(test.db, |tx| lnp::remove(tx, &admin(), NOW, &which, &after).await);
                place = done.expect("removed");
                batches += 1;
            }
            batches
        };
        let number = |text: &str| Some(text.to_owned());
        let two = lnp::lookup(&mut test.db.reader(), "4310000", NOW).await.expect("looked up").expect("two").carrier_id;
        assert_eq!(remove(Which { number: number("4310*"), actual: Some(false), ..Which::default() }).await, 3);
        assert_eq!(listed(&test, vec![]).await, (4_511, 4_511));
        assert_eq!(remove(Which { number: number("4310*"), carrier_id: Some(two), ..Which::default() }).await, 3);
        assert_eq!(listed(&test, vec![]).await, (4_510, 4_510));
        assert_eq!(remove(Which { number: number("431*"), ..Which::default() }).await, 3);
        assert_eq!(listed(&test, vec![]).await, (10, 10));
        assert_eq!(remove(Which { number: number("43200000"), actual: Some(true), ..Which::default() }).await, 1);
        assert_eq!(remove(Which { carrier_id: Some(two), ..Which::default() }).await, 1);
        assert_eq!((listed(&test, vec![]).await, stored(&test, "lnp_numbers").await), ((0, 0), 0));
        assert_eq!(stored(&test, "journal WHERE kind = 'lnp_numbers'").await, 1 + 3 + 1 + 1);

        // What has taken the place of all others since a removal began is not removed by it.
        imported(&test, &lines("one", 43_300_000, 2_500), true).await;
        let which = Which { number: number("43*"), ..Which::default() };
        let begun = transaction!(test.db, |tx| lnp::remove(tx, &admin(), NOW, &which, &Place::default()).await);
        let place = begun.expect("removed").expect("more to remove");
        imported(&test, &lines("one", 43_400_000, 3), true).await;
        let done = transaction!(test.db, |tx| lnp::remove(tx, &admin(), NOW, &which, &place).await);
        assert!(done.expect("nothing removed").is_none());
        assert_eq!(listed(&test, vec![]).await, (3, 3));
        for wrong in ["", "43x", "*43"] {
            let which = Which { number: number(wrong), ..Which::default() };
            let refused = transaction!(test.db, |tx| lnp::remove(tx, &admin(), NOW, &which, &Place::default()).await);
            assert!(matches!(refused, Err(Error::Invalid { field: "number", .. })), "{wrong}: {refused:?}");
        }
    }
}

/// However many numbers there are, whoever asks for one of them reads its part of an index.
#[tokio::test]
async fn numbers_are_found_by_their_index() {
    let test = super::plans::migrated().await;
    let number = || Condition::Is("number", "4312345".into());
    let carrier = || Condition::Is("carrier_id", 1i64.into());
    for (conditions, index) in [
        (vec![], "lnp_numbers_generation (generation=?)"),
        (vec![number()], "lnp_numbers_number (generation=? AND number=?)"),
        (vec![number(), number::actual(true, NOW)], "lnp_numbers_number (generation=? AND number=?)"),
        (vec![number(), carrier()], "lnp_numbers_number (generation=? AND number=?)"),
        (
            vec![Condition::Like("number", "43*".to_owned())],
            "lnp_numbers_number (generation=? AND number>? AND number<?)",
        ),
        (vec![carrier()], "lnp_numbers_carrier (carrier_id=? AND generation=?)"),
    ] {
        let (sql, _) = number::ALL.statement(&conditions, None, false).expect("a statement");
        let lines = super::plans::plan(&test, &format!("{sql} LIMIT 10")).await;
        assert!(lines.iter().any(|line| line.contains(index)), "{conditions:?}: {lines:#?}");
    }
    for (name, index) in [
        ("registry::lnp::LOOKUP", "lnp_numbers_number (generation=? AND number=?)"),
        ("registry::lnp::removal::BETWEEN", "lnp_numbers_number (generation=? AND number>? AND number<?)"),
        ("registry::lnp::removal::OF_CARRIER", "lnp_numbers_carrier (carrier_id=? AND generation=? AND id>?)"),
    ] {
        let (_, sql) = crate::statements().into_iter().find(|(known, _)| *known == name).expect("a statement");
        let lines = super::plans::plan(&test, sql).await;
        assert!(lines.iter().any(|line| line.contains(index)), "{name}: {lines:#?}");
    }
}
