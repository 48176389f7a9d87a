//! Ranges of our own numbers, short and long.

use ordering::Mode;
use registry::Error;
use registry::number::{self, Range};
use registry::pool::PoolSpec;

use crate::house::{House, admin};

fn range(start: &str, end: &str) -> Range {
    Range { start: start.to_owned(), end: end.to_owned(), ..Range::default() }
}

store::on_both! {
    async fn a_long_range_is_entered_whole_or_not_at_all(test: TestDb) {
        let house = House::new(test, Mode::Off).await;
        let pool = house.pool_of(PoolSpec { name: "london".to_owned(), ..PoolSpec::default() }).await;
        let ordering = house.ordering().await;
        let free = async || number::count_free(&mut house.test.db.reader(), pool.id).await.expect("a count");
        let entered = ordering.enter_range(&admin(), pool.id, None, &range("442090000000", "442090012344")).await;
        assert_eq!((entered.expect("entered"), free().await), (12_345, 12_345));
        let again = ordering.enter_range(&admin(), pool.id, None, &range("442090012340", "442090030000")).await;
        assert!(
            matches!(&again, Err(Error::Conflict(why)) if why.contains("442090012340")),
            "{again:?}"
        );
        assert_eq!(free().await, 12_345);
        let region = Range { region: Some("London".to_owned()), ..range("442090020000", "442090040000") };
        let refused = ordering.enter_range(&admin(), pool.id, None, &region).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "region", .. })), "{refused:?}");
    }
}
