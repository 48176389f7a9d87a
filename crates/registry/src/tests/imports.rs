//! Imports: all of a file or nothing of it.

use store::args;
use store::testing::TestDb;

use super::{NOW, add_pool, admin, named, started, stock, stored};
use crate::clock::DAY;
use crate::id::ImportId;
use crate::import::{self, BATCH, StagedRow, State};
use crate::job;
use crate::pool::{Pool, STANDARD_CLASS};
use crate::{Error, number, transaction};

/// Rows of a file whose first line is its header.
fn rows(first: u64, count: u64) -> Vec<StagedRow> {
    (0..count)
        .map(|n| StagedRow {
            line: i64::try_from(n).expect("a line") + 2,
            digits: (first + n).to_string(),
            class: STANDARD_CLASS,
            description: (n % 2 == 0).then(|| format!("row {n}")),
        })
        .collect()
}

async fn begin(test: &TestDb, pool: &Pool) -> ImportId {
    transaction!(test.db, |tx| import::begin(tx, &admin(), NOW, pool.id).await).expect("an import")
}

/// Stages rows batch by batch and returns the lines that stand in the file twice.
async fn stage(test: &TestDb, id: ImportId, rows: &[StagedRow]) -> Vec<i64> {
    let mut twice = Vec::new();
    for batch in rows.chunks(BATCH) {
        twice.extend(transaction!(test.db, |tx| import::stage(tx, NOW, id, batch).await).expect("staged"));
    }
    twice
}

/// Checks all rows and returns the lines whose number is ours already.
async fn check(test: &TestDb, id: ImportId) -> Vec<(i64, String)> {
    let (mut after, mut taken) = (String::new(), Vec::new());
    loop {
        let mut tx = test.db.reader();
        let (end, found) = import::check(&mut tx, id, &after).await.expect("checked");
        taken.extend(found);
        match end {
            Some(end) => after = end,
            None => return taken,
        }
    }
}

async fn step(test: &TestDb, id: ImportId) -> bool {
    transaction!(test.db, |tx| import::step(tx, NOW, id).await).expect("a step")
}

async fn free(test: &TestDb, pool: &Pool) -> i64 {
    number::count_free(&mut test.db.reader(), pool.id).await.expect("a count")
}

async fn staged_rows(test: &TestDb) -> i64 {
    test.db
        .reader()
        .query_one("SELECT COUNT(*) FROM import_rows", args![])
        .await
        .expect("a count")
        .at(0)
        .expect("a count")
}

store::on_both! {
    async fn an_import_whose_importer_is_gone_is_given_up_after_a_day(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let id = begin(&test, &pool).await;
        stage(&test, id, &rows(442_079_460_000, 3)).await;
        for (later, state) in [(DAY, State::Staging), (DAY + 1, State::Failed)] {
            transaction!(test.db, |tx| import::give_up_abandoned(tx, NOW + later).await).expect("looked at");
            assert_eq!(import::get(&mut test.db.reader(), id).await.expect("import").state, state);
        }
        while !step(&test, id).await {}
        assert_eq!((staged_rows(&test).await, free(&test, &pool).await), (0, 0));
    }

    async fn five_thousand_good_rows_are_visible_after_they_are_published(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let id = begin(&test, &pool).await;
        assert!(stage(&test, id, &rows(442_070_000_000, 5_000)).await.is_empty());
        assert!(check(&test, id).await.is_empty());
        assert_eq!(free(&test, &pool).await, 0, "staged rows are not for sale");
        transaction!(test.db, |tx| import::commit(tx, &admin(), NOW, id).await).expect("handed over");
        assert_eq!(free(&test, &pool).await, 0);
        let waiting = transaction!(test.db, |tx| job::claim(tx, 1_000_000).await).expect("a claim").expect("a job");
        assert_eq!((waiting.kind, waiting.subject), (job::Kind::Publish, id.0));

        assert!(!step(&test, id).await);
        let found = import::get(&mut test.db.reader(), id).await.expect("an import");
        assert_eq!((found.state, found.staged, found.published), (State::Publishing, 5_000, 2_000));
        // The server may stop here; whichever claims the job next goes on.
        while !step(&test, id).await {}
        let found = import::get(&mut test.db.reader(), id).await.expect("an import");
        assert_eq!((found.state, found.published), (State::Done, 5_000));
        assert_eq!(free(&test, &pool).await, 5_000);
        assert!(step(&test, id).await, "one step more does no harm");
        assert_eq!(free(&test, &pool).await, 5_000);
        assert_eq!(staged_rows(&test).await, 0);
        let last = stored(&test, "442070004998").await;
        assert_eq!((last.pool_id, last.description.as_deref()), (Some(pool.id), Some("row 4998")));
    }

    async fn bad_lines_are_named_and_a_failed_import_leaves_nothing(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442070000002", "442070002900"]).await;
        let id = begin(&test, &pool).await;
        let mut file = rows(442_070_000_000, 3_000);
        file.push(StagedRow { line: 3_002, ..file[7].clone() });
        file.push(StagedRow { line: 3_003, ..file[8].clone() });
        assert_eq!(stage(&test, id, &file).await, [3_002, 3_003]);
        let taken = check(&test, id).await;
        assert_eq!(taken, [(4, "442070000002".to_owned()), (2_902, "442070002900".to_owned())]);
        transaction!(test.db, |tx| import::fail(tx, NOW, id, "4 bad lines").await).expect("given up");
        while !step(&test, id).await {}
        let found = import::get(&mut test.db.reader(), id).await.expect("an import");
        assert_eq!((found.state, found.published, found.message.as_str()), (State::Failed, 0, "4 bad lines"));
        assert_eq!(free(&test, &pool).await, 2, "only what was there before");
        assert_eq!(staged_rows(&test).await, 0);
        for again in [
            transaction!(test.db, |tx| import::commit(tx, &admin(), NOW, id).await),
            transaction!(test.db, |tx| import::fail(tx, NOW, id, "again").await),
            transaction!(test.db, |tx| import::stage(tx, NOW, id, &rows(442_080_000_000, 1)).await).map(drop),
        ] {
            assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
        }
        assert_eq!(staged_rows(&test).await, 0);
    }

    async fn lines_that_stand_twice_in_one_batch_are_named(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let id = begin(&test, &pool).await;
        let mut file = rows(442_070_000_000, 3);
        file.push(StagedRow { line: 5, ..file[0].clone() });
        assert_eq!(stage(&test, id, &file).await, [5]);
        assert_eq!(import::get(&mut test.db.reader(), id).await.expect("an import").staged, 3);
    }

    async fn a_number_that_was_ours_once_may_be_imported(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442070000000"]).await;
        transaction!(test.db, |tx| number::delete(tx, &admin(), NOW, "442070000000").await).expect("deleted");
        let id = begin(&test, &pool).await;
        stage(&test, id, &rows(442_070_000_000, 1)).await;
        assert!(check(&test, id).await.is_empty());
        transaction!(test.db, |tx| import::commit(tx, &admin(), NOW, id).await).expect("handed over");
        while !step(&test, id).await {}
        assert!(stored(&test, "442070000000").await.is_free());
    }
}
