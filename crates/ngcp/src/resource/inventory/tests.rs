//! The number inventory through HTTP: pools, orders, reservations, and who may do what with them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ordering::{Ordering, Settings};
use registry::account::{self, Kind, NewAccount};
use registry::id::{AccountId, PoolId};
use registry::login::{self, Credentials};
use registry::number::{self, Range};
use registry::seal::Sealer;
use registry::vendor::{self, Listed};
use registry::{Caller, Clock, MIGRATIONS, Money, Role};
use serde_json::{Value, json};
use store::testing::TestDb;
use tower::ServiceExt as _;
use web::{Authenticator, KeySet, Tokens, VerifiedCache};

use crate::{HalShape, Ngcp, Realm};

const NOW: i64 = 1_780_000_000_000_000;
const PASSWORD: &str = "correct horse";

/// A server with a pool of five numbers, a vendor, and two resellers with a customer each.
struct House {
    router: Router,
    shop: i64,
    stranger: i64,
}

fn range(start: &str, end: &str) -> Range {
    Range { start: start.to_owned(), end: end.to_owned(), alias: None, region: None, account: None }
}

struct Answer {
    status: u16,
    location: String,
    body: Value,
}

impl Answer {
    fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

impl House {
    async fn open(test: &TestDb) -> House {
        store::migrate(&test.db, MIGRATIONS, NOW).await.unwrap();
        registry::bootstrap(&test.db, NOW, &Credentials::new("administrator", PASSWORD).unwrap()).await.unwrap();
        let clock = Clock::fixed(NOW);
        let keys = KeySet::generate().unwrap();
        let state = Ngcp {
            ordering: Ordering::new(test.db.clone(), clock.clone(), Settings::default()),
            authenticator: Authenticator::new(test.db.clone(), clock, VerifiedCache::new(), Tokens::new(&keys.token)),
            sealer: Arc::new(Sealer::new(&[7; 32])),
            hal_shape: HalShape::Modern,
            client_time: false,
            locations: Arc::new(plane::location::Locations::at("")),
        };
        let caller = Caller::system("test");
        let account = |parent_id, kind, name: &str, limit: Option<Money>| NewAccount {
            parent_id,
            kind,
            name: name.to_owned(),
            currency: "EUR".to_owned(),
            credit_limit: limit,
        };
        let listed =
            Listed { name: "acme".into(), display_name: "Acme".into(), method: "/secret".into(), concurrency: 2 };
        let seller = Credentials::new("seller", PASSWORD).unwrap();
        let limit = Some("20".parse::<Money>().unwrap());
        let (shop, stranger) = registry::transaction!(test.db, |tx| {
            let reseller = AccountId::DEFAULT_RESELLER;
            let shop = account::create(tx, &caller, NOW, &account(reseller, Kind::Customer, "shop", limit)).await?.id;
            let other = account(AccountId::OPERATOR, Kind::Reseller, "other", None);
            let other = account::create(tx, &caller, NOW, &other).await?.id;
            let stranger =
                account::create(tx, &caller, NOW, &account(other, Kind::Customer, "stranger", None)).await?.id;
            login::create(tx, &caller, NOW, reseller, Role::Reseller, &seller).await?;
            vendor::sync(tx, &caller, NOW, std::slice::from_ref(&listed)).await?;
            Ok((shop.0, stranger.0))
        })
        .unwrap();
        let house = House { router: crate::router(state, Realm::Admin), shop, stranger };
        let pool = json!({ "name": "London", "setup_price": 2.5, "monthly_price": "1.00001" });
        assert_eq!(house.admin("POST", "/api/numberpools/", pool).await.location, "/api/numberpools/1");
        registry::transaction!(test.db, |tx| {
            number::add_range(tx, &caller, NOW, PoolId(1), None, &range("442079460000", "442079460004")).await
        })
        .unwrap();
        house
    }

    async fn ask(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let media = if method == "PATCH" { "application/json-patch+json" } else { "application/json" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Basic {}", STANDARD.encode(format!("{who}:{PASSWORD}"))))
            .header("content-type", media)
            .header("prefer", "return=representation")
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location").map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, location, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> Answer {
        self.ask("administrator", method, path, body).await
    }

    async fn seller(&self, method: &str, path: &str, body: Value) -> Answer {
        self.ask("seller", method, path, body).await
    }

    async fn free(&self) -> i64 {
        self.seller("GET", "/api/numberpools/1", Value::Null).await.body["free"].as_i64().unwrap()
    }
}

store::on_both! {
    async fn administrators_keep_pools_and_resellers_look_at_them(test: TestDb) {
        let house = House::open(&test).await;
        for who in ["administrator", "seller"] {
            let page = house.ask(who, "GET", "/api/numberpools/?order_by=name", Value::Null).await.body;
            assert_eq!(page["total_count"], 1);
            let pool = &page["_embedded"]["ngcp:numberpools"][0];
            assert_eq!((&pool["setup_price"], &pool["monthly_price"], &pool["free"]), (&json!(2.5), &json!(1.00001), &json!(5)));
            assert_eq!(pool.get("refill_not_before").is_some(), who == "administrator");
            let item = house.ask(who, "GET", "/api/numberpools/1", Value::Null).await.body;
            assert_eq!(&item, pool, "an item is the same alone and in its collection");
            assert_eq!(house.ask(who, "GET", "/api/numberpools/9", Value::Null).await.status, 404);
        }
        let patch = json!([{ "op": "replace", "path": "/quarantine_days", "value": 30 }]);
        assert_eq!(house.seller("PATCH", "/api/numberpools/1", patch.clone()).await.status, 403);
        let changed = house.admin("PATCH", "/api/numberpools/1", patch).await.body;
        assert_eq!((&changed["quarantine_days"], &changed["monthly_price"]), (&json!(30), &json!(1.00001)));
        let journal = house.admin("GET", "/api/numberpools/1/journal/recent", Value::Null).await.body;
        assert_eq!(journal["content"]["setup_price"], json!(2.5));
        for (body, words) in [
            (json!({ "name": "London" }), "already"),
            (json!({ "name": "12" }), "field='name'"),
            (json!({ "name": "x", "setup_price": 0.000_000_1 }), "field='setup_price'"),
            (json!({ "name": "x", "minimum": 3, "maximum": 2 }), "field='maximum'"),
            (json!({ "name": "x", "class_id": 99 }), "field='class_id'"),
        ] {
            let refused = house.admin("POST", "/api/numberpools/", body).await;
            assert!(refused.status == 422 && refused.message().contains(words), "{}", refused.body);
        }
        assert_eq!(house.admin("DELETE", "/api/numberpools/1", Value::Null).await.status, 422, "it has numbers");
        let paris = house.admin("POST", "/api/numberpools/", json!({ "name": "Paris" })).await.location;
        assert_eq!(house.admin("DELETE", &paris, Value::Null).await.status, 204);
        assert_eq!(house.admin("GET", "/api/numberpools/", Value::Null).await.body["total_count"], 1);
    }

    async fn vendors_and_their_groups_are_for_administrators(test: TestDb) {
        let house = House::open(&test).await;
        let vendor = house.admin("GET", "/api/numbervendors/1", Value::Null).await.body;
        assert_eq!((&vendor["name"], &vendor["breaker"], &vendor["slots"]), (&json!("acme"), &json!("closed"), &json!(2)));
        assert!(!vendor.to_string().contains("secret"));
        let group = json!({ "pool_id": 1, "vendor_id": 1, "group_id": "london", "monthly_cost": 0.4 });
        let made = house.admin("POST", "/api/numbervendorgroups/", group.clone()).await;
        assert_eq!((made.status, made.location.as_str()), (201, "/api/numbervendorgroups/1"));
        assert_eq!((&made.body["priority"], &made.body["currency"], &made.body["vendor_name"]), (&json!(1), &json!("EUR"), &json!("acme")));
        let put = json!({ "pool_id": 1, "vendor_id": 1, "group_id": "london", "priority": 3 });
        let changed = house.admin("PUT", "/api/numbervendorgroups/1", put).await.body;
        assert_eq!((&changed["priority"], &changed["monthly_cost"]), (&json!(3), &json!(0.4)), "what is left out is kept");
        for (field, value) in [("pool_id", 9), ("vendor_id", 9), ("priority", 11), ("class_id", 99)] {
            let mut wrong = group.clone();
            wrong["group_id"] = json!("other");
            wrong[field] = json!(value);
            let refused = house.admin("POST", "/api/numbervendorgroups/", wrong).await;
            let named = refused.message().contains(&format!("field='{field}'"));
            assert!(refused.status == 422 && named, "{field}: {}", refused.body);
        }
        for path in ["/api/numbervendors/", "/api/numbervendorgroups/", "/api/numbervendorgroups/1"] {
            assert_eq!(house.seller("GET", path, Value::Null).await.status, 403, "{path}");
        }
        assert_eq!(house.admin("DELETE", "/api/numbervendorgroups/1", Value::Null).await.status, 204);
        assert_eq!(house.admin("GET", "/api/numbervendorgroups/1", Value::Null).await.status, 404);
    }

    async fn numbers_are_quoted_and_bought_from_stock(test: TestDb) {
        let house = House::open(&test).await;
        let order = |body: Value| house.seller("POST", "/api/numberorders/", body);
        let two = json!({ "customer_id": house.shop, "pool_id": 1, "quantity": 2 });
        let quote = house.seller("POST", "/api/numberorders/?dry_run=1", two.clone()).await;
        assert_eq!((quote.status, &quote.body["price"], &quote.body["numbers"]), (200, &json!(7.00002), &json!([])));
        assert_eq!(house.free().await, 5, "a quote changes nothing");
        let bought = order(two).await;
        assert_eq!((bought.status, &bought.body["price"], &bought.body["source"]), (201, &json!(7.00002), &json!("stock")));
        assert_eq!(bought.body["numbers"], json!(["442079460000", "442079460001"]));
        assert_eq!(house.free().await, 3);

        let named = json!({ "customer_id": house.shop, "number": "+442079460004", "reference": "r1" });
        assert_eq!(order(named.clone()).await.body["price"], json!(3.50001));
        let again = order(named).await;
        assert_eq!((again.status, &again.body["price"]), (201, &json!(0.0)), "a repeated purchase costs nothing");
        for (body, words) in [
            (json!({ "pool_id": 1, "quantity": 3 }), "pool 1"),
            (json!({ "pool_id": 1, "quantity": 101 }), "between 1 and 100"),
            (json!({ "pool_id": 9 }), "field='pool_id'"),
            (json!({}), "field='pool_id'"),
            (json!({ "number": "442079460004" }), "in use"),
            (json!({ "number": "442079460099" }), "field='number'"),
            (json!({ "number": "442079460002", "quantity": 2 }), "field='quantity'"),
            (json!({ "pool_id": 1, "quantity": 2, "reference": "r" }), "field='reference'"),
            (json!({ "customer_id": house.stranger, "pool_id": 1 }), "field='customer_id'"),
        ] {
            let mut whole = json!({ "customer_id": house.shop });
            whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            let refused = order(whole).await;
            assert!(refused.status == 422 && refused.message().contains(words), "{words}: {}", refused.body);
        }
        assert_eq!(house.free().await, 2, "all of it or nothing");
        let dear = json!({ "name": "Gold", "setup_price": 11 });
        house.admin("POST", "/api/numberpools/", dear).await;
        registry::transaction!(test.db, |tx| {
            let one = range("442079470000", "442079470000");
            number::add_range(tx, &Caller::system("test"), NOW, PoolId(2), None, &one).await
        })
        .unwrap();
        for path in ["/api/numberorders/", "/api/numberorders/?dry_run=1"] {
            let refused = house.seller("POST", path, json!({ "customer_id": house.shop, "pool_id": 2 })).await;
            assert!(refused.status == 422 && refused.message().contains("credit"), "{path}: {}", refused.body);
        }
        let orders = house.seller("GET", "/api/numberorders/", Value::Null).await;
        assert_eq!((orders.status, &orders.body["total_count"]), (200, &json!(0)), "no vendor was needed");
    }

    async fn reservations_hold_until_they_are_lifted(test: TestDb) {
        let house = House::open(&test).await;
        let body = |customer: i64, until: &str| json!({ "number": "442079460003", "customer_id": customer, "until": until });
        let post = |body: Value| house.seller("POST", "/api/numberreservations/", body);
        let made = post(body(house.shop, "2030-01-31 12:00:00")).await;
        assert_eq!((made.status, made.location.as_str()), (201, "/api/numberreservations/1"));
        assert_eq!(made.body["until"], "2030-01-31 12:00:00");
        for (body, words) in [
            (body(house.shop, "2020-01-31 12:00:00"), "field='until'"),
            (body(house.stranger, "2030-01-31 12:00:00"), "field='customer_id'"),
        ] {
            let refused = post(body).await;
            assert!(refused.status == 422 && refused.message().contains(words), "{}", refused.body);
        }
        let theirs = house.admin("POST", "/api/numberreservations/", body(house.stranger, "2030-01-31 12:00:00")).await;
        assert_eq!(theirs.status, 422, "it is held for another: {}", theirs.body);
        let other = json!({ "number": "442079460002", "customer_id": house.stranger, "until": "2030-01-31 12:00:00" });
        assert_eq!(house.admin("POST", "/api/numberreservations/", other).await.status, 201);
        assert_eq!(house.seller("GET", "/api/numberreservations/", Value::Null).await.body["total_count"], 1);
        assert_eq!(house.admin("GET", "/api/numberreservations/?number=44207*", Value::Null).await.body["total_count"], 2);
        assert_eq!(house.seller("GET", "/api/numberreservations/2", Value::Null).await.status, 404);
        assert_eq!(house.seller("DELETE", "/api/numberreservations/2", Value::Null).await.status, 404);
        assert_eq!(house.seller("DELETE", "/api/numberreservations/1", Value::Null).await.status, 204);
        assert_eq!(house.seller("GET", "/api/numberreservations/1", Value::Null).await.status, 404);
        assert_eq!(house.free().await, 4);
    }
}
