//! Customers as NGNPro has them: who makes, changes and removes them, what they log in with, and how they are listed.

mod credits;
mod deletion;
mod lists;
mod logins;
mod properties;
mod updates;

use store::testing::TestDb;

use super::dns::{acting_for, why};
use super::subscribers::sealer;
use super::{NOW, acting, add_account, admin, started};
use crate::account::{self, CONTRACTS, CUSTOMERS, Kind, RESELLERS};
use crate::caller::{Caller, Role};
use crate::customer::{self, Access, Customer, Details, Sheet};
use crate::id::AccountId;
use crate::property::Property;
use crate::{Error, Money, Result, contact, login, transaction};

const DEFAULT: AccountId = AccountId::DEFAULT_RESELLER;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What CDRTool sends of a customer, more or less.
fn sheet(reseller: Option<AccountId>, organization: &str) -> Sheet {
    Sheet {
        reseller_id: reseller,
        contact: contact::Details {
            email: "ann@example.com".to_owned(),
            firstname: text("Ann"),
            lastname: text("Smith"),
            company: text(organization),
            street: text("Unknown"),
            phonenumber: text("+19999999999"),
            timezone: text("Europe/Amsterdam"),
            ..contact::Details::default()
        },
        details: Details {
            state: "N/A".to_owned(),
            country: "UK".to_owned(),
            language: "en".to_owned(),
            ..Details::default()
        },
        impersonate_id: Some(AccountId(0)),
        reseller_active: Some(true),
        balance: Some(Money::ZERO),
        credit: Some(Money::ZERO),
        properties: Some(Vec::new()),
    }
}

/// What a client sends back of a customer as it has read it.
fn echo(customer: &Customer) -> Sheet {
    Sheet {
        reseller_id: Some(customer.reseller_id),
        contact: customer.contact.clone(),
        details: customer.details.clone(),
        impersonate_id: Some(customer.details.impersonate_id.unwrap_or_default()),
        reseller_active: Some(customer.details.reseller_active),
        balance: Some(customer.balance),
        credit: Some(customer.credit),
        properties: Some(customer.properties.clone()),
    }
}

fn property(name: &str, value: &str, permission: &str) -> Property {
    Property {
        name: name.to_owned(),
        value: value.to_owned(),
        category: "web".to_owned(),
        permission: permission.to_owned(),
    }
}

async fn create(test: &TestDb, caller: &Caller, sheet: &Sheet, username: &str) -> Result<Customer> {
    let access = Access::weak(username, "secret");
    transaction!(test.db, |tx| customer::create(tx, caller, NOW, &sealer(), sheet, &access).await)
}

async fn update(test: &TestDb, caller: &Caller, id: AccountId, sheet: &Sheet) -> Result<Customer> {
    transaction!(test.db, |tx| customer::update(tx, caller, NOW + 1, &sealer(), id, sheet, None).await)
}

async fn delete(test: &TestDb, caller: &Caller, id: AccountId) -> Result<()> {
    transaction!(test.db, |tx| customer::delete(tx, caller, NOW + 2, id).await)
}

async fn get(test: &TestDb, caller: &Caller, id: AccountId) -> Result<Customer> {
    customer::get(&mut test.db.reader(), caller, &sealer(), id).await
}

async fn a_reseller(test: &TestDb, username: &str) -> AccountId {
    create(test, &admin(), &sheet(None, username), username).await.expect("a reseller").id
}

async fn a_customer(test: &TestDb, reseller: AccountId, username: &str) -> AccountId {
    create(test, &admin(), &sheet(Some(reseller), "Shop"), username).await.expect("a customer").id
}

fn reseller(id: AccountId) -> Caller {
    acting(id, Role::Reseller)
}

fn of_customer(id: AccountId) -> Caller {
    acting(id, Role::Customer)
}

async fn listed(test: &TestDb, list: &'static crate::listing::Source) -> Vec<i64> {
    super::dns::seen_by(test, &admin(), list).await
}

store::on_both! {
    async fn a_customer_comes_out_as_it_was_made(test: TestDb) {
        started(&test).await;
        let of = a_reseller(&test, "acme").await;
        let mut wanted = sheet(Some(of), "Smith Ltd.");
        wanted.contact = contact::Details {
            vatnum: text("GB1"),
            faxnumber: text("+441"),
            mobilenumber: text("+442"),
            postcode: text("EC1"),
            city: text("London"),
            ..wanted.contact
        };
        wanted.details = Details {
            web: "www.example.com".to_owned(),
            sip: "ann@example.com".to_owned(),
            enum_number: "+443".to_owned(),
            bank_account: "NL1".to_owned(),
            billing_address: "Somewhere 1\r\nLondon".to_owned(),
            billing_email: "bills@example.com".to_owned(),
            company_code: "c-1".to_owned(),
            ..wanted.details
        };
        wanted.impersonate_id = Some(of);
        wanted.balance = Some(Money(12_500_000));
        wanted.credit = Some(Money(3_000_000));
        wanted.properties = Some(vec![
            property("sip_credit", "10", "admin"),
            property("records_per_page", "20", "customer"),
            property("blank", "", "customer"),
        ]);
        let made = create(&test, &admin(), &wanted, "ann.smith").await.expect("a customer");
        let read = get(&test, &admin(), made.id).await.expect("read");
        assert_eq!((read.reseller_id, read.username.as_deref()), (of, Some("ann.smith")));
        assert_eq!(read.password.as_ref().expect("a password").reveal(), "secret");
        let contact = contact::Details { country: text("GB"), ..wanted.contact.clone() };
        assert_eq!(read.contact, contact);
        let details = Details { impersonate_id: Some(of), own_contact: true, ..wanted.details.clone() };
        assert_eq!(read.details, details, "the country is shown as clients have it");
        assert_eq!((read.balance, read.credit), (Money(12_500_000), Money(3_000_000)));
        let names: Vec<_> =
            read.properties.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.category.as_str())).collect();
        assert_eq!(names, [("records_per_page", "20", "web"), ("sip_credit", "10", "credit")]);
        assert_eq!(format!("{:?}", read.password), "Some(***)");
        // The same account in every dialect.
        assert_eq!(listed(&test, &CUSTOMERS).await, [made.id.0]);
        assert_eq!(listed(&test, &RESELLERS).await, [1, of.0]);
        assert_eq!(listed(&test, &CONTRACTS).await, [1, of.0]);
        let shown = account::get(&mut test.db.reader(), &admin(), of).await.expect("a reseller");
        assert_eq!((shown.name.as_str(), shown.kind, shown.reseller_id), ("acme", Kind::Reseller, of));
        let papers = account::papers::load(&mut test.db.reader(), NOW, &[made.id.0]).await.expect("papers");
        assert_eq!(papers[0].max_subscribers, Some(10));
        assert!(papers[0].billing_profile_id.is_some());
    }

    async fn whoever_may_makes_customers(test: TestDb) {
        started(&test).await;
        let (acme, mill) = (a_reseller(&test, "acme").await, a_reseller(&test, "mill").await);
        let shop = a_customer(&test, acme, "shop").await;
        let care = acting(acme, Role::Care);
        let mut n = 0;
        for (caller, of, expected) in [
            (admin(), None, "done"),
            (admin(), Some(AccountId(0)), "done"),
            (admin(), Some(acme), "done"),
            (admin(), Some(DEFAULT), "done"),
            (admin(), Some(shop), "dangling reseller"),
            (admin(), Some(AccountId(4_711)), "dangling reseller"),
            (acting_for(acme), None, "done"),
            (acting_for(acme), Some(acme), "done"),
            (acting_for(acme), Some(mill), "not allowed"),
            (acting_for(shop), None, "not allowed"),
            (reseller(acme), None, "done"),
            (reseller(acme), Some(acme), "done"),
            (reseller(acme), Some(mill), "not allowed"),
            (reseller(acme), Some(DEFAULT), "not allowed"),
            (of_customer(shop), None, "not allowed"),
            (of_customer(shop), Some(acme), "not allowed"),
            (care, Some(acme), "not allowed"),
        ] {
            n += 1;
            let made = create(&test, &caller, &sheet(of, &format!("company {n}")), &format!("user{n}")).await;
            if let Ok(made) = &made {
                let runs = caller.scope == crate::caller::Scope::All;
                let is_reseller = runs && of.is_none_or(|of| of.0 == 0);
                assert_eq!(made.is_reseller(), is_reseller, "{caller:?} {of:?}");
            }
            assert_eq!(why(made), expected, "{caller:?} {of:?}");
        }
    }

    async fn only_administrators_set_money_and_codes(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let with = |edit: &dyn Fn(&mut Sheet)| {
            let mut new = sheet(Some(acme), "Shop");
            edit(&mut new);
            new
        };
        for (new, expected) in [
            (with(&|s| s.balance = Some(Money(1_000_000))), "not allowed"),
            (with(&|s| s.credit = Some(Money(1_000_000))), "not allowed"),
            (with(&|s| s.details.company_code = "c".to_owned()), "not allowed"),
            (with(&|s| s.properties = Some(vec![property("sms_access", "1", "customer")])), "not allowed"),
            (with(&|s| s.properties = Some(vec![property("x", "1", "admin")])), "not allowed"),
            (with(&|s| s.properties = Some(vec![property("x", "1", "reseller")])), "done"),
        ] {
            assert_eq!(why(create(&test, &reseller(acme), &new, "shop").await), expected, "{new:?}");
        }
        for (new, username, expected) in [
            (with(&|s| s.contact.email = "nonsense".to_owned()), "a", "invalid email"),
            (with(&|s| s.contact.email = String::new()), "b", "done"),
            (with(&|s| s.contact.timezone = text("Mars/Olympus")), "c", "invalid timezone"),
            (with(&|s| s.contact.timezone = text("")), "d", "done"),
            (with(&|s| s.contact.firstname = text(&"x".repeat(128))), "e", "invalid firstname"),
            (with(&|s| s.details.country = "Holland".to_owned()), "f", "invalid country"),
            (with(&|s| s.details.web = "a\u{0}b".to_owned()), "g", "invalid web"),
            (with(&|s| s.credit = Some(Money(-1_000_000))), "h", "invalid credit"),
            (with(&|s| s.properties = Some(vec![property("dns_zone_credit", "ten", "admin")])), "i", "invalid dns_zone_credit"),
            (with(&|s| s.properties = Some(vec![property("dns_zone_credit", "-1", "admin")])), "j", "invalid dns_zone_credit"),
            (with(&|s| s.impersonate_id = Some(AccountId(4_711))), "k", "dangling impersonate"),
            (with(&|s| s.impersonate_id = Some(DEFAULT)), "l", "dangling impersonate"),
            (with(&|_| ()), "shop", "taken"),
            (with(&|_| ()), "administrator", "taken"),
        ] {
            assert_eq!(why(create(&test, &admin(), &new, username).await), expected, "{username}");
        }
    }

    async fn resellers_get_names_that_are_free(test: TestDb) {
        started(&test).await;
        for (company, username, expected) in [
            ("Unknown", "first", "Unknown"),
            ("Unknown", "second", "second"),
            ("second", "unknown", "unknown"),
            ("default", "default", "default 5"),
            ("12345", "fifth", "fifth"),
            ("", "sixth", "sixth"),
        ] {
            let made = create(&test, &admin(), &sheet(None, company), username).await.expect("a reseller");
            let account = account::get(&mut test.db.reader(), &admin(), made.id).await.expect("an account");
            assert_eq!(account.name, expected, "{company} {username}");
            assert_eq!(made.contact.company.as_deref().unwrap_or_default(), company);
        }
    }

    async fn a_reseller_that_is_not_active_makes_nothing(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let callers = [reseller(acme), of_customer(shop), acting_for(acme)];
        let may = async |caller: &Caller| {
            let mut tx = test.db.reader();
            why(customer::may_create_records(&mut tx, caller).await)
        };
        for caller in &callers {
            assert_eq!(may(caller).await, "done");
        }
        let mut stop = echo(&get(&test, &admin(), acme).await.expect("read"));
        stop.reseller_active = Some(false);
        assert_eq!(why(update(&test, &reseller(acme), acme, &stop).await), "not allowed");
        assert!(!update(&test, &admin(), acme, &stop).await.expect("changed").details.reseller_active);
        for caller in &callers {
            assert_eq!(may(caller).await, "not allowed", "{caller:?}");
        }
        assert_eq!(why(create(&test, &reseller(acme), &sheet(None, "x"), "late").await), "not allowed");
        assert_eq!(may(&admin()).await, "done");
        assert_eq!(why(create(&test, &admin(), &sheet(Some(acme), "x"), "late").await), "done");
        assert_eq!(may(&reseller(DEFAULT)).await, "done");
        // Other dialects follow.
        let zone = crate::dns::DnsZone { account_id: acme, name: "example.com".to_owned(), ..Default::default() };
        let made = transaction!(test.db, |tx| crate::record::create(tx, &callers[0], NOW, zone.clone()).await);
        assert_eq!(why(made), "not allowed");
    }
}
