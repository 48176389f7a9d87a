//! Money: what a sale takes, and what a credit limit allows.

use super::{
    NOW, acting, add_pool, admin, customer, money_of, named, priced, run_of, set_credit_limit, started, stock, stored,
};
use crate::caller::Role;
use crate::journal;
use crate::page::Page;
use crate::pool::PoolSpec;
use crate::{Error, Money, account, charge, number, transaction};

store::on_both! {
    async fn a_sale_beyond_the_credit_limit_leaves_everything_as_it_was(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, PoolSpec { monthly_price: Money(500_000), ..priced("london", "1.00") }).await;
        stock(&test, &pool, &["442071234567", "442071234568"]).await;
        let shop = customer(&test, "shop").await;
        let caller = acting(shop, Role::Customer);
        set_credit_limit(&test, shop, "2.00").await;
        transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234567", shop, None).await).expect("1.50");
        let before = journal::newest(&mut test.db.reader(), &admin(), 1).await.expect("journal")[0].id;
        let refused = transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234568", shop, None).await);
        let Err(Error::NoCredit { account, needed, left, currency }) = refused else { panic!("{refused:?}") };
        assert_eq!((account, needed, left, currency.as_str()), (shop.0, Money(1_500_000), Money(500_000), "EUR"));
        assert!(stored(&test, "442071234568").await.is_free());
        assert_eq!(money_of(&test, shop).await, ("-1.50".to_owned(), "0.00".to_owned()));
        let after = journal::newest(&mut test.db.reader(), &admin(), 1).await.expect("journal")[0].id;
        assert_eq!(before, after, "nothing happened, nothing is written down");

        transaction!(test.db, |tx| account::pay(tx, &admin(), NOW, shop, Money(1_000_000)).await).expect("paid");
        transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "442071234568", shop, None).await).expect("sold");
        assert_eq!(money_of(&test, shop).await.0, "-2.00");
    }

    async fn buyers_at_once_do_not_overrun_a_limit(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, priced("london", "1.00")).await;
        stock(&test, &pool, &run_of(442_070_000_000, 8)).await;
        let shop = customer(&test, "shop").await;
        set_credit_limit(&test, shop, "3.99").await;
        let purchases: Vec<_> = (0..8)
            .map(|_| {
                let (db, pool) = (test.db.clone(), pool.id);
                tokio::spawn(async move {
                    let caller = acting(shop, Role::Customer);
                    transaction!(db, |tx| number::claim_any(tx, &caller, NOW, pool, shop, None).await).map(drop)
                })
            })
            .collect();
        let mut sold = 0;
        for purchase in purchases {
            match purchase.await.expect("a buyer") {
                Ok(()) => sold += 1,
                Err(Error::NoCredit { .. }) => {}
                // The numbers of the others may all be held by purchases that end without credit.
                Err(Error::Conflict(message)) => assert!(message.contains("no free number"), "{message}"),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(sold, 3);
        assert_eq!(money_of(&test, shop).await.0, "-3.00");
        assert_eq!(number::count_free(&mut test.db.reader(), pool.id).await.expect("count"), 5);
    }

    async fn a_pool_sells_in_its_own_currency(test: TestDb) {
        started(&test).await;
        let dollars = add_pool(&test, PoolSpec { currency: "USD".to_owned(), ..priced("new york", "1.00") }).await;
        let gifts = add_pool(&test, PoolSpec { currency: "USD".to_owned(), ..named("gifts") }).await;
        stock(&test, &dollars, &["12125551212"]).await;
        stock(&test, &gifts, &["12125551213"]).await;
        let shop = customer(&test, "shop").await;
        let caller = acting(shop, Role::Customer);
        let refused = transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "12125551212", shop, None).await);
        let Err(Error::Conflict(message)) = refused else { panic!("{refused:?}") };
        assert!(message.contains("USD") && message.contains("EUR"), "{message}");
        let quoted = charge::quote(&mut test.db.reader(), &caller, NOW, shop, &dollars).await;
        assert!(matches!(quoted, Err(Error::Conflict(_))), "{quoted:?}");
        assert!(stored(&test, "12125551212").await.is_free());
        transaction!(test.db, |tx| number::sell(tx, &caller, NOW, "12125551213", shop, None).await)
            .expect("what costs nothing has no currency");
    }

    async fn a_quote_changes_nothing(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, priced("london", "1.25")).await;
        stock(&test, &pool, &["442071234567"]).await;
        let (shop, mill) = (customer(&test, "shop").await, customer(&test, "mill").await);
        let caller = acting(shop, Role::Customer);
        let newest = async || journal::list(&mut test.db.reader(), &admin(), Page::first(1_000)).await.expect("journal").len();
        let before = newest().await;
        let quoted = charge::quote(&mut test.db.reader(), &caller, NOW, shop, &pool).await.expect("a price");
        assert_eq!(quoted.to_string(), "1.25");
        assert_eq!(money_of(&test, shop).await, ("0.00".to_owned(), "0.00".to_owned()));
        assert_eq!(newest().await, before);
        set_credit_limit(&test, shop, "1.249999").await;
        let quoted = charge::quote(&mut test.db.reader(), &caller, NOW, shop, &pool).await;
        assert!(matches!(quoted, Err(Error::NoCredit { .. })), "{quoted:?}");
        let hidden = charge::quote(&mut test.db.reader(), &caller, NOW, mill, &pool).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
    }
}
