//! Vouchers: who sees their codes, and many at a time.

use store::testing::TestDb;

use super::access::{make, profile};
use super::balances::{
    a_package, a_subscriber, a_voucher, agree, change, give_profile, give_voucher, keep, with_voucher,
};
use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::{self, Kind, Status};
use crate::billing::mapping::Assignment;
use crate::billing::voucher::{self, Voucher};
use crate::billing::voucher_batch::{self, Entry};
use crate::billing::{package, topup};
use crate::caller::{Caller, Role};
use crate::clock::DAY;
use crate::id::{AccountId, PackageId, ProfileId, VoucherId};
use crate::login::{self, AclRole, Flags};
use crate::page::Page;
use crate::{Error, Result, journal, listing, record, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

/// The lines of a file, from 1.
fn file(codes: &[&str]) -> Vec<Entry> {
    let entry = |(line, code): (u64, &&str)| Entry { line, voucher: a_voucher(code) };
    (1..).zip(codes).map(entry).collect()
}

async fn take_in(test: &TestDb, entries: &[Entry], replacing: bool) -> Result<VoucherId> {
    let caller = admin();
    transaction!(test.db, |tx| voucher_batch::take_in(tx, &caller, NOW, RESELLER, entries, replacing).await)
}

async fn codes(test: &TestDb) -> Vec<String> {
    let mut tx = test.db.reader();
    let query = listing::Query { limit: 2_000, count: true, ..listing::Query::default() };
    let page = listing::page(&mut tx, &admin(), &voucher::ALL, &query).await.expect("a list");
    assert_eq!(page.total, Some(page.ids.len() as i64), "the tally is what there is");
    let shown = voucher::shown(&mut tx, &admin(), &page.ids).await.expect("vouchers");
    let mut codes: Vec<String> = shown.into_iter().map(|(_, code)| code.expect("a code")).collect();
    codes.sort();
    codes
}

fn message(refused: Result<VoucherId>) -> String {
    match refused {
        Err(Error::Invalid { field: "vouchers", message }) => message,
        other => panic!("{other:?}"),
    }
}

store::on_both! {
    async fn codes_are_shown_to_whoever_may_see_what_concerns_billing(test: TestDb) {
        started(&test).await;
        give_voucher(&test, "4711").await;
        let query = listing::Query { limit: 1, ..listing::Query::default() };
        let page = listing::page(&mut test.db.reader(), &admin(), &voucher::ALL, &query).await.expect("a list");
        let id = page.ids[0];
        let mut blind = profile("blind", AclRole::Reseller, RESELLER);
        blind.flags = Flags { billing_data: false, ..blind.flags };
        let blind = make(&test, &admin(), &blind).await.expect("a login");
        let seeing = profile("seeing", AclRole::Reseller, RESELLER);
        let seeing = make(&test, &admin(), &seeing).await.expect("a login");
        let by = |login: &login::Login| Caller::login(login.id, &login.username, RESELLER, Role::Reseller);
        for (caller, seen) in [
            (admin(), true),
            (by(&seeing), true),
            (by(&blind), false),
            (acting(RESELLER, Role::Reseller), false),
            (acting(RESELLER, Role::Care), false),
            (acting(customer(&test, "shop").await, Role::Customer), false),
        ] {
            let shown = voucher::shown(&mut test.db.reader(), &caller, &[id]).await.expect("a voucher");
            let code = shown[0].1.as_deref();
            assert_eq!(code, seen.then_some("4711"), "{}", caller.name);
            assert!(!serde_json::to_string(&shown[0].0).expect("json").contains("4711"));
        }
        // Whoever sends none leaves it as it is.
        let cheaper = Voucher { id: VoucherId(id), code: "".into(), amount: 1, ..a_voucher("x") };
        transaction!(test.db, |tx| record::update(tx, &by(&blind), NOW, cheaper.clone()).await).expect("changed");
        assert_eq!(codes(&test).await, ["4711"]);
    }

    async fn a_file_is_taken_in_as_a_whole_or_not_at_all(test: TestDb) {
        started(&test).await;
        let many: Vec<String> = (0..1_234).map(|n| format!("code {n:04}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        take_in(&test, &file(&many), false).await.expect("taken in");
        assert_eq!(codes(&test).await, many);
        let written = journal::list(&mut test.db.reader(), &admin(), Page::default()).await.expect("a journal");
        let written: Vec<_> = written.iter().filter(|entry| entry.kind.starts_with("voucher")).collect();
        assert_eq!((written.len(), written[0].record_id), (1, RESELLER.0), "one row for the file");
        assert!(!format!("{:?}", written[0].after).contains("code 0"), "{:?}", written[0]);

        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let foreign = add_account(&test, stranger, Kind::Customer, "foreign").await;
        let with = |more: fn(&mut Voucher)| {
            let mut entries = file(&["new 1", "new 2"]);
            more(&mut entries[1].voucher);
            entries
        };
        let mut to_foreign = file(&["new 1", "new 2"]);
        to_foreign[1].voucher.customer_id = Some(foreign);
        for (entries, wanted) in [
            (file(&["new 1", "code 0007"]), "line 2: the code exists already"),
            (file(&["new 1", "new 1"]), "line 2: the code exists already"),
            (with(|voucher| voucher.amount = -1), "line 2: "),
            (with(|voucher| voucher.code = "".into()), "line 2: "),
            (with(|voucher| voucher.package_id = Some(PackageId(77))), "line 2: "),
            (to_foreign, "line 2: "),
        ] {
            let refused = message(take_in(&test, &entries, false).await);
            assert!(refused.starts_with(wanted) && !refused.contains("code 0007"), "{refused}");
        }
        assert_eq!(codes(&test).await.len(), many.len(), "nothing of them is left");
    }

    async fn a_file_takes_the_place_of_what_has_not_been_used(test: TestDb) {
        started(&test).await;
        let id = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
        let request = with_voucher(a_subscriber(&test, id).await);
        take_in(&test, &file(&["4711", "a", "b"]), false).await.expect("taken in");
        transaction!(test.db, |tx| topup::top_up(tx, &admin(), NOW, &request).await).expect("used");
        let refused = message(take_in(&test, &file(&["a", "4711"]), true).await);
        assert_eq!(refused, "line 2: the code exists already", "what has been used stays");
        assert_eq!(codes(&test).await, ["4711", "a", "b"]);
        let first = take_in(&test, &file(&["a", "c"]), true).await.expect("taken in");
        assert_eq!(codes(&test).await, ["4711", "a", "b", "c"]);
        let purge = async || transaction!(test.db, |tx| voucher_batch::purge(tx, &admin(), NOW, RESELLER, first).await);
        assert!(!purge().await.expect("purged"), "no more are left");
        assert_eq!(codes(&test).await, ["4711", "a", "c"]);
    }

    async fn how_many_use_a_package_is_known_without_counting(test: TestDb) {
        started(&test).await;
        let id = keep(&test, a_package(give_profile(&test, "free", "0").await)).await.expect("a package").id;
        let other = package::Package { name: "other".to_owned(), ..a_package(ProfileId(1)) };
        let other = keep(&test, other).await.expect("a package").id;
        let usage = async || {
            let (customers, vouchers) = package::usage(&mut test.db.reader(), &[id.0, other.0]).await.expect("counts");
            [id.0, other.0].map(|id| (customers.get(&id).copied().unwrap_or(0), vouchers.get(&id).copied().unwrap_or(0)))
        };
        let one = agree(&test, &Assignment::Package(id)).await.expect("a customer");
        let two = agree(&test, &Assignment::Package(id)).await.expect("a customer");
        let entries: Vec<Entry> = file(&["a", "b", "c"])
            .into_iter()
            .map(|entry| Entry { voucher: Voucher { package_id: Some(id), ..entry.voucher }, ..entry })
            .collect();
        take_in(&test, &entries, false).await.expect("taken in");
        assert_eq!(usage().await, [(2, 3), (0, 0)]);
        change(&test, NOW + DAY, one, &Assignment::Package(other)).await;
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, two, Status::Terminated).await).expect("ended");
        take_in(&test, &file(&["a"]), true).await.expect("taken in");
        assert_eq!(usage().await, [(0, 2), (1, 0)]);
        change(&test, NOW + 2 * DAY, one, &Assignment::Profile(ProfileId(1))).await;
        assert_eq!(usage().await, [(0, 2), (0, 0)]);
    }

    async fn a_purge_passes_over_what_is_used(test: TestDb) {
        started(&test).await;
        let id = agree(&test, &Assignment::Profile(ProfileId(1))).await.expect("a customer");
        let request = with_voucher(a_subscriber(&test, id).await);
        transaction!(test.db, |tx| {
            for n in 0..1_003 {
                record::create(tx, &admin(), NOW, a_voucher(&format!("code {n}"))).await?;
            }
            Ok::<_, Error>(())
        })
        .expect("vouchers");
        give_voucher(&test, "4711").await;
        let purge = |db: store::Db| async move {
            while transaction!(db, |tx| voucher_batch::purge(tx, &admin(), NOW, RESELLER, VoucherId(i64::MAX)).await)? {}
            Ok::<_, Error>(())
        };
        let db = test.db.clone();
        let using = tokio::spawn(async move { transaction!(db, |tx| topup::top_up(tx, &admin(), NOW, &request).await) });
        let (first, second, used) = tokio::join!(purge(test.db.clone()), purge(test.db.clone()), using);
        first.expect("purged");
        second.expect("purged at the same time");
        let used = used.expect("a user").is_ok();
        let query = listing::Query { limit: 10, count: true, ..listing::Query::default() };
        let left = listing::page(&mut test.db.reader(), &admin(), &voucher::ALL, &query).await.expect("a list");
        assert_eq!((left.ids.len(), left.total), (usize::from(used), Some(i64::from(used))), "the used one is left");
    }

}
