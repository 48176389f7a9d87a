//! Lists of free numbers.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use store::args;
use store::testing::TestDb;

use crate::caller::Scope;
use crate::id::{AccountId, OrderId, PoolId};
use crate::number::list::filtered;
use crate::number::{self, Filter, State};
use crate::page::Page;
use crate::pool::Pool;
use crate::tests::plans::{migrated, plan};
use crate::tests::{NOW, add_pool, admin, cases, named, started, stock};
use crate::{Error, pool, transaction};

async fn walk(
    test: &TestDb,
    pool: &Pool,
    digits: &BTreeSet<String>,
    prefix: &str,
    page: u32,
) -> Result<(), TestCaseError> {
    transaction!(test.db, |tx| Ok(tx.execute("DELETE FROM numbers", args![]).await?)).expect("empty");
    let all: Vec<&String> = digits.iter().collect();
    stock(test, pool, &all).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let found = number::free(&mut test.db.reader(), pool.id, None, prefix, &after, page).await.expect("a page");
        prop_assert!(found.len() <= page as usize);
        let Some(last) = found.last() else { break };
        after.clone_from(&last.digits);
        seen.extend(found.into_iter().map(|n| n.digits));
    }
    let wanted: Vec<String> = digits.iter().filter(|d| d.starts_with(prefix)).cloned().collect();
    prop_assert_eq!(seen, wanted);
    Ok(())
}

store::on_both! {
    async fn pages_of_free_numbers_have_no_gap_and_no_duplicate(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let handle = tokio::runtime::Handle::current();
        let stocks = (prop::collection::btree_set("[1-9][089]{0,4}", 1..25), "[1-9]?[089]{0,2}", 1..6u32);
        let result = tokio::task::block_in_place(|| {
            cases(30).run(&stocks, |(digits, prefix, page)| {
                handle.block_on(walk(&test, &pool, &digits, &prefix, page))
            })
        });
        if let Err(failure) = result {
            panic!("{failure}");
        }
    }

    async fn free_numbers_are_found_by_class(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        stock(&test, &pool, &["442071234567", "442071234568"]).await;
        let gold = transaction!(test.db, |tx| pool::create_class(tx, &admin(), NOW, "gold").await).expect("a class").id;
        transaction!(test.db, |tx| {
            Ok(tx.execute("UPDATE numbers SET class_id = $1 WHERE digits = '442071234568'", args![gold]).await?)
        })
        .expect("changed");
        let mut tx = test.db.reader();
        let found = number::free(&mut tx, pool.id, Some(gold), "44", "", 10).await.expect("list");
        assert_eq!(found.iter().map(|n| n.digits.as_str()).collect::<Vec<_>>(), ["442071234568"]);
    }

    async fn a_prefix_is_digits(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let mut tx = test.db.reader();
        for prefix in ["+44", "4a", "44 ", "é", "44\u{ff}", &"4".repeat(33)] {
            let refused = number::free(&mut tx, pool.id, None, prefix, "", 10).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "prefix", .. })), "{prefix}: {refused:?}");
            let filter = Filter { prefix: prefix.to_owned(), ..Filter::default() };
            let refused = number::list(&mut tx, &admin(), &filter, Page::default()).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "prefix", .. })), "{prefix}: {refused:?}");
        }
    }
}

/// A filtered list is put together as text, so its forms are looked at one by one.
#[tokio::test]
async fn every_filter_reads_its_page_by_an_index() {
    let test = migrated().await;
    let none = Filter::default;
    for (filter, index) in [
        (none(), "INTEGER PRIMARY KEY (rowid>?)"),
        (Filter { account: Some(AccountId(5)), ..none() }, "numbers_account (account_id=? AND id>?)"),
        (Filter { pool: Some(PoolId(5)), ..none() }, "numbers_pool (pool_id=? AND id>?)"),
        (Filter { state: Some(State::Aging), ..none() }, "numbers_state (state=? AND id>?)"),
        (Filter { order: Some(OrderId(5)), ..none() }, "numbers_order (order_id=? AND rowid>?)"),
        (Filter { blocked: true, ..none() }, "numbers_blocked (id>?)"),
    ] {
        let (sql, _) = filtered(&filter, Scope::All, Page::default());
        let lines = plan(&test, &sql).await;
        assert!(lines.iter().any(|line| line.contains(index)), "{filter:?} does not use {index}: {lines:?}");
        assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{filter:?} sorts: {lines:?}");
    }
}
