//! Contracts, customers and resellers: what they demand, what follows from their status, and the lists that show them.

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::papers::{
    self, CONTACT_OF_ANOTHER, CONTACT_OF_CUSTOMERS, CONTACT_OF_SYSTEM, Papers, Templates, Terms,
};
use crate::account::reseller::{self, CONTRACT_OF_CUSTOMER};
use crate::account::status::DEFAULT_STAYS;
use crate::account::{self, CONTRACTS, CUSTOMERS, Kind, Product, RESELLERS, Status};
use crate::billing::mapping::Assignment;
use crate::billing::profile;
use crate::caller::Role;
use crate::id::{AccountId, ContactId, ProfileId};
use crate::listing::{self, Condition, Query, Source};
use crate::login::{self, Credentials};
use crate::page::Page;
use crate::{Caller, Error, MIGRATIONS, Result, contact, journal, transaction};

/// The contact of the first start that customers of the default reseller can have.
const OF_CUSTOMERS: ContactId = ContactId(1);
/// The system contact of the first start.
const OF_SYSTEM: ContactId = ContactId(2);

fn terms(contact_id: ContactId) -> Terms {
    Terms {
        contact_id,
        status: Status::Active,
        external_id: None,
        max_subscribers: None,
        vat_rate: None,
        add_vat: false,
        templates: Templates::default(),
    }
}

async fn make(test: &TestDb, caller: &Caller, product: Product, terms: &Terms) -> Result<Papers> {
    let billing = Assignment::Profile(ProfileId(1));
    transaction!(test.db, |tx| papers::create(tx, caller, NOW, product, terms, &billing).await)
}

async fn change(test: &TestDb, caller: &Caller, now: i64, papers: &Papers, terms: &Terms) -> Result<Papers> {
    let (id, product) = (papers.account.id, papers.account.product.expect("a product"));
    transaction!(test.db, |tx| papers::update(tx, caller, now, id, product, terms, None).await)
}

async fn name(test: &TestDb, contract: AccountId, name: &str, status: Status) -> Result<Papers> {
    transaction!(test.db, |tx| reseller::create(tx, &admin(), NOW, contract, name, status).await)
}

/// A reseller that has been named.
async fn acme(test: &TestDb) -> AccountId {
    let contract = make(test, &admin(), Product::Reseller, &terms(OF_SYSTEM)).await.expect("a contract");
    name(test, contract.account.id, "acme", Status::Active).await.expect("a reseller").account.id
}

async fn contact_of(test: &TestDb, reseller: AccountId) -> ContactId {
    let details = contact::Details { email: "who@acme.example".to_owned(), ..contact::Details::default() };
    transaction!(test.db, |tx| contact::create(tx, &admin(), NOW, Some(reseller), &details).await)
        .expect("a contact")
        .id
}

async fn profile_of(test: &TestDb, reseller: AccountId) -> ProfileId {
    let spec = profile::Spec { handle: "own".to_owned(), name: "Own".to_owned(), ..profile::Spec::default() };
    transaction!(test.db, |tx| profile::create(tx, &admin(), NOW, reseller, &spec).await).expect("a profile").id
}

/// What a list shows, after its own count and a count of the rows have been found to agree.
async fn listed(test: &TestDb, caller: &Caller, source: &Source, conditions: &[Condition]) -> Vec<i64> {
    let query = Query { conditions: conditions.to_vec(), limit: 100, count: true, ..Query::default() };
    let mut tx = test.db.reader();
    let counted = listing::page(&mut tx, caller, source, &query).await.expect("a page");
    // Any column that no tally helps with.
    let column = source.columns.iter().map(|column| column.name).find(|name| *name != "id");
    let plain = Query { order: column, count: false, ..query };
    let found = listing::page(&mut tx, caller, source, &plain).await.expect("a page").ids;
    assert_eq!(counted.total, Some(found.len() as i64), "{} {conditions:?}", source.name);
    let mut found = found;
    found.sort_unstable();
    assert_eq!(counted.ids, found, "{} {conditions:?}", source.name);
    counted.ids
}

async fn status_of(test: &TestDb, id: AccountId) -> Status {
    account::get(&mut test.db.reader(), &admin(), id).await.expect("an account").status
}

store::on_both! {
    async fn a_customer_belongs_to_the_reseller_of_its_contact(test: TestDb) {
        started(&test).await;
        let made = make(&test, &admin(), Product::PbxAccount, &terms(OF_CUSTOMERS)).await.expect("a customer");
        assert_eq!(made.account.parent_id, Some(AccountId::DEFAULT_RESELLER));
        assert_eq!((made.account.kind, made.account.product), (Kind::Customer, Some(Product::PbxAccount)));
        assert_eq!(made.account.name, made.account.uuid);
        assert_eq!(made.billing_profile_id, Some(ProfileId(1)));
        assert_eq!((made.created_at, made.activated_at, made.terminated_at), (NOW, None, None));
        let contract = make(&test, &admin(), Product::SipPeering, &terms(OF_SYSTEM)).await.expect("a peering");
        assert_eq!((contract.account.parent_id, contract.account.kind), (Some(AccountId::OPERATOR), Kind::Peering));
        let (mut tx, id) = (test.db.reader(), made.account.id.0);
        let told = journal::of_record(&mut tx, &admin(), "accounts", id, Page::default()).await.expect("the journal");
        let first = told[0].after.as_ref().expect("a record");
        assert_eq!((&first["contact_id"], &first["product"]), (&1.into(), &"pbxaccount".into()));
        assert_eq!(first["billing_profile_id"], 1);
    }

    async fn papers_that_do_not_suit_are_refused(test: TestDb) {
        started(&test).await;
        let acme = acme(&test).await;
        let theirs = contact_of(&test, acme).await;
        let good = terms(OF_CUSTOMERS);
        let rate = |rate: &str| Terms { vat_rate: Some(rate.to_owned()), ..good.clone() };
        let template = Templates { invoice_template_id: Some(3), ..Templates::default() };
        for (product, terms, expected) in [
            (Product::SipAccount, terms(ContactId(99)), "Dangling contact_id"),
            (Product::SipAccount, terms(OF_SYSTEM), CONTACT_OF_SYSTEM),
            (Product::Reseller, good.clone(), CONTACT_OF_CUSTOMERS),
            (Product::SipAccount, terms(theirs), "The reseller of the contact doesn't match"),
            (Product::SipAccount, rate("100.1"), "100.1"),
            (Product::SipAccount, rate("much"), "much"),
            (Product::SipAccount, Terms { max_subscribers: Some(-1), ..good.clone() }, "max_subscribers"),
            (Product::SipPeering, Terms { max_subscribers: Some(1), ..terms(OF_SYSTEM) }, "max_subscribers"),
            (Product::SipAccount, Terms { templates: template, ..good.clone() }, "Dangling invoice_template_id"),
            (Product::SipAccount, Terms { status: Status::Terminated, ..good.clone() }, "status"),
        ] {
            let refused = make(&test, &admin(), product, &terms).await.expect_err("refused");
            let told = match &refused {
                Error::Dangling { field, .. } => format!("Dangling {field}"),
                other => other.to_string(),
            };
            assert!(told.contains(expected), "{expected}: {refused:?}");
        }
        let customer = make(&test, &admin(), Product::SipAccount, &good).await.expect("a customer");
        let moved = change(&test, &admin(), NOW, &customer, &terms(theirs)).await;
        assert!(matches!(&moved, Err(Error::Invalid { field: "contact_id", message }) if message == CONTACT_OF_ANOTHER));
        let other = transaction!(test.db, |tx| {
            papers::update(tx, &admin(), NOW, customer.account.id, Product::PbxAccount, &good, None).await
        });
        assert!(matches!(other, Err(Error::Invalid { field: "type", .. })), "{other:?}");
    }

    async fn each_keeps_what_it_has_a_right_to(test: TestDb) {
        started(&test).await;
        let acme = acme(&test).await;
        let theirs = terms(contact_of(&test, acme).await);
        let billing = Assignment::Profile(profile_of(&test, acme).await);
        let create = async |caller: Caller, terms: Terms| {
            let made = papers::create;
            transaction!(test.db, |tx| made(tx, &caller, NOW, Product::SipAccount, &terms, &billing).await)
        };
        let made = create(acting(acme, Role::Care), theirs.clone()).await.expect("a customer");
        let hidden = create(acting(acme, Role::Reseller), terms(OF_CUSTOMERS)).await;
        assert!(matches!(hidden, Err(Error::Dangling { field: "contact_id", .. })), "{hidden:?}");
        let itself = create(acting(made.account.id, Role::Customer), theirs.clone()).await;
        assert!(matches!(itself, Err(Error::NotAllowed(_))), "{itself:?}");
        let contract = make(&test, &acting(acme, Role::Reseller), Product::Reseller, &terms(OF_SYSTEM)).await;
        assert!(matches!(contract, Err(Error::NotAllowed(_))), "{contract:?}");
        let stranger = change(&test, &acting(AccountId::DEFAULT_RESELLER, Role::Reseller), NOW, &made, &theirs).await;
        assert!(matches!(stranger, Err(Error::NotFound { .. })), "{stranger:?}");
        let careless = acting(AccountId::OPERATOR, Role::CareAdmin);
        change(&test, &careless, NOW, &made, &Terms { status: Status::Locked, ..theirs }).await.expect("cared for");
        let above = transaction!(test.db, |tx| account::set_status(tx, &careless, NOW, acme, Status::Locked).await);
        assert!(matches!(above, Err(Error::NotAllowed(_))), "{above:?}");
    }

    async fn a_contract_is_a_reseller_once_it_is_named(test: TestDb) {
        started(&test).await;
        let contract = make(&test, &admin(), Product::Reseller, &terms(OF_SYSTEM)).await.expect("a contract").account.id;
        assert_eq!(listed(&test, &admin(), &RESELLERS, &[]).await, [1]);
        assert_eq!(listed(&test, &admin(), &CONTRACTS, &[]).await, [1, contract.0]);
        let shop = customer(&test, "shop").await;
        let twice = name(&test, AccountId::DEFAULT_RESELLER, "x", Status::Active).await;
        assert!(matches!(twice, Err(Error::Taken { field: "contract_id", .. })), "{twice:?}");
        let taken = name(&test, contract, "default", Status::Active).await;
        assert!(matches!(taken, Err(Error::Taken { field: "name", .. })), "{taken:?}");
        let missing = name(&test, AccountId(99), "acme", Status::Active).await;
        assert!(matches!(missing, Err(Error::Dangling { field: "contract_id", .. })), "{missing:?}");
        let wrong = name(&test, shop, "acme", Status::Active).await;
        assert!(matches!(&wrong, Err(Error::Invalid { message, .. }) if message == CONTRACT_OF_CUSTOMER), "{wrong:?}");
        let made = name(&test, contract, "acme", Status::Locked).await.expect("a reseller");
        assert_eq!((made.account.name.as_str(), made.account.status), ("acme", Status::Locked));
        assert_eq!(listed(&test, &admin(), &RESELLERS, &[]).await, [1, contract.0]);
        let mut tx = test.db.reader();
        let told = journal::of_record(&mut tx, &admin(), "resellers", contract.0, Page::default()).await.expect("journal");
        let after = serde_json::json!({ "id": contract, "contract_id": contract, "name": "acme", "status": "locked" });
        assert_eq!((told.len(), told[0].operation, &told[0].after), (1, journal::Operation::Create, &Some(after)));
    }

    async fn a_terminated_reseller_gives_its_name_up(test: TestDb) {
        started(&test).await;
        let first = acme(&test).await;
        let end = async |id| {
            transaction!(test.db, |tx| reseller::update(tx, &admin(), NOW, id, id, "acme", Status::Terminated).await)
        };
        end(first).await.expect("terminated");
        let again = end(first).await;
        assert!(matches!(again, Err(Error::Terminated { kind: "reseller", .. })), "{again:?}");
        let second = acme(&test).await;
        let old = account::get(&mut test.db.reader(), &admin(), first).await.expect("the first");
        assert_eq!(old.name, format!("old_{first}_acme"));
        let third = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "mill").await;
        let rename = async |contract| {
            transaction!(test.db, |tx| {
                reseller::update(tx, &admin(), NOW, third, contract, "acme", Status::Active).await
            })
        };
        let taken = rename(third).await;
        assert!(matches!(taken, Err(Error::Taken { field: "name", .. })), "{taken:?}");
        end(second).await.expect("terminated");
        let other = rename(AccountId::DEFAULT_RESELLER).await;
        assert!(matches!(other, Err(Error::Taken { field: "contract_id", .. })), "{other:?}");
        let none = rename(AccountId(99)).await;
        assert!(matches!(none, Err(Error::Dangling { field: "contract_id", .. })), "{none:?}");
        rename(third).await.expect("free");
        assert_eq!(listed(&test, &admin(), &RESELLERS, &[]).await, [1, first.0, second.0, third.0]);
        assert_eq!(listed(&test, &admin(), &CONTRACTS, &[]).await, [1, third.0]);
    }

    async fn whoever_is_terminated_takes_along_what_is_below(test: TestDb) {
        started(&test).await;
        let acme = acme(&test).await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let branch = add_account(&test, shop, Kind::Customer, "branch").await;
        let other = customer(&test, "stranger").await;
        let credentials = Credentials::weak("jane", "whatever it is");
        transaction!(test.db, |tx| login::create(tx, &admin(), NOW, acme, Role::Reseller, &credentials).await)
            .expect("a login");
        let status = async |id, status| {
            transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW + 5, id, status).await)
        };
        status(acme, Status::Terminated).await.expect("terminated");
        for id in [acme, shop, branch] {
            assert_eq!(status_of(&test, id).await, Status::Terminated, "account {id}");
        }
        assert_eq!(status_of(&test, other).await, Status::Active);
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &[]).await, [shop.0, branch.0, other.0]);
        let gone = login::candidate(&mut test.db.reader(), "jane").await;
        assert!(matches!(gone, Err(Error::NotAuthenticated)), "{gone:?}");
        let logins = login::list(&mut test.db.reader(), &admin(), Page::default()).await.expect("logins");
        assert_eq!(logins.len(), 1, "{logins:?}");
        let back = status(shop, Status::Active).await;
        assert!(matches!(back, Err(Error::Terminated { .. })), "{back:?}");
        let default = status(AccountId::DEFAULT_RESELLER, Status::Terminated).await;
        assert!(matches!(&default, Err(Error::NotAllowed(why)) if why == DEFAULT_STAYS), "{default:?}");
        let refused = transaction!(test.db, |tx| {
            let new = account::NewAccount {
                parent_id: shop,
                kind: Kind::Customer,
                name: "late".to_owned(),
                currency: "EUR".to_owned(),
                credit_limit: None,
            };
            account::create(tx, &admin(), NOW, &new).await
        });
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }

    async fn times_tell_when_a_customer_began_and_ended(test: TestDb) {
        started(&test).await;
        let pending = Terms { status: Status::Pending, ..terms(OF_CUSTOMERS) };
        let made = make(&test, &admin(), Product::SipAccount, &pending).await.expect("a customer");
        let mut times = Vec::new();
        for (after, status) in [(1, Status::Active), (2, Status::Locked), (3, Status::Active), (4, Status::Terminated)] {
            let changed = Terms { status, ..pending.clone() };
            let now = change(&test, &admin(), NOW + after, &made, &changed).await.expect("changed");
            let ago = |at: Option<i64>| at.map(|at| at - NOW);
            times.push((now.modified_at - NOW, ago(now.activated_at), ago(now.terminated_at)));
        }
        assert_eq!(times, [(1, Some(1), None), (2, Some(1), None), (3, Some(1), None), (4, Some(1), Some(4))]);
        let late = change(&test, &admin(), NOW + 5, &made, &pending).await;
        assert!(matches!(late, Err(Error::Terminated { kind: "customer", .. })), "{late:?}");
    }

    async fn lists_count_accounts_whoever_made_them(test: TestDb) {
        started(&test).await;
        let acme = acme(&test).await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let named = Terms { external_id: Some("x-1".to_owned()), ..terms(OF_CUSTOMERS) };
        let made = make(&test, &admin(), Product::SipAccount, &named).await.expect("a customer").account.id;
        let peering = make(&test, &admin(), Product::SipPeering, &terms(OF_SYSTEM)).await.expect("a peering");
        let is = |column, value: i64| [Condition::Is(column, value.into())];
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &[]).await, [shop.0, made.0]);
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &is("contact_id", OF_CUSTOMERS.0)).await, [made.0]);
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &is("reseller_id", acme.0)).await, [shop.0]);
        let external = Condition::Is("external_id", "x-1".into());
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &[external]).await, [made.0]);
        let reseller = acting(acme, Role::Reseller);
        assert_eq!(listed(&test, &reseller, &CUSTOMERS, &[]).await, [shop.0]);
        assert_eq!(listed(&test, &reseller, &RESELLERS, &[]).await, [acme.0]);
        assert_eq!(listed(&test, &reseller, &CONTRACTS, &[]).await, Vec::<i64>::new());
        assert_eq!(listed(&test, &acting(shop, Role::SubscriberAdmin), &CUSTOMERS, &[]).await, [shop.0]);
        let of_system = is("contact_id", OF_SYSTEM.0);
        assert_eq!(listed(&test, &admin(), &CONTRACTS, &of_system).await, [1, acme.0, peering.account.id.0]);
        let ended = Terms { status: Status::Terminated, ..terms(OF_SYSTEM) };
        change(&test, &admin(), NOW, &peering, &ended).await.expect("terminated");
        assert_eq!(listed(&test, &admin(), &CONTRACTS, &of_system).await, [1, acme.0]);
    }

    async fn a_contact_can_go_once_its_customers_are_terminated(test: TestDb) {
        started(&test).await;
        let contact = contact_of(&test, AccountId::DEFAULT_RESELLER).await;
        let made = make(&test, &admin(), Product::SipAccount, &terms(contact)).await.expect("a customer");
        let remove = async || transaction!(test.db, |tx| contact::delete(tx, &admin(), NOW, contact).await);
        let busy = remove().await;
        assert!(matches!(busy, Err(Error::InUse { .. })), "{busy:?}");
        let ended = Terms { status: Status::Terminated, ..terms(contact) };
        change(&test, &admin(), NOW, &made, &ended).await.expect("terminated");
        remove().await.expect("kept as terminated");
        let gone = make(&test, &admin(), Product::SipAccount, &terms(contact)).await;
        assert!(matches!(gone, Err(Error::Dangling { field: "contact_id", .. })), "{gone:?}");
    }

    async fn a_registry_from_before_gets_papers_and_counts(test: TestDb) {
        let old: Vec<_> = MIGRATIONS.iter().take(5).copied().collect();
        store::migrate(&test.db, &old, NOW).await.expect("migrations apply");
        const ADD: &str = "INSERT INTO accounts (id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, \
            held, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $2, $6, 'EUR', 0, 0, 5, 6)";
        transaction!(test.db, |tx| {
            for (id, parent, reseller, kind, status) in [
                (0, None, 0, "operator", "active"),
                (1, Some(0), 1, "reseller", "active"),
                (2, Some(1), 1, "customer", "active"),
                (300, Some(1), 1, "customer", "terminated"),
                (70_000, Some(0), 70_000, "reseller", "terminated"),
                (70_001, Some(0), 0, "peering", "locked"),
            ] {
                tx.execute(ADD, args![id, format!("account {id}"), parent, reseller, kind, status]).await?;
            }
            Ok(())
        })
        .expect("accounts");
        store::migrate(&test.db, MIGRATIONS, NOW).await.expect("migrations apply");
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &[]).await, [2, 300]);
        assert_eq!(listed(&test, &admin(), &CUSTOMERS, &[Condition::Is("reseller_id", 1.into())]).await, [2, 300]);
        assert_eq!(listed(&test, &admin(), &RESELLERS, &[]).await, [1, 70_000]);
        assert_eq!(listed(&test, &admin(), &CONTRACTS, &[]).await, [1, 70_001]);
        assert_eq!(listed(&test, &admin(), &CONTRACTS, &[Condition::Is("contact_id", 2.into())]).await, [1]);
        assert_eq!(listed(&test, &admin(), &contact::OF_CUSTOMERS, &[]).await, [1]);
        assert_eq!(listed(&test, &admin(), &contact::OF_SYSTEM, &[]).await, [2]);
        let papers = papers::load(&mut test.db.reader(), NOW, &[1, 2, 300, 70_001]).await.expect("papers");
        let told: Vec<_> =
            papers.iter().map(|p| (p.account.product.map(Product::as_str), p.contact_id, p.terminated_at)).collect();
        let expected = [
            (Some("reseller"), Some(OF_SYSTEM), None),
            (Some("sipaccount"), None, None),
            (Some("sipaccount"), None, Some(6)),
            (Some("sippeering"), None, None),
        ];
        assert_eq!(told, expected);
    }
}
