//! Templates, brandings and auto attendants.

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::papers::{self, Templates, Terms};
use crate::account::{Kind, Product, Status};
use crate::auto_attendant::{self, Slot};
use crate::billing::mapping::Assignment;
use crate::branding::{self, Branding};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, ContactId, EmailTemplateId, ProfileId, SubscriberId};
use crate::page::Page;
use crate::template::{EmailTemplate, InvoiceTemplate, email};
use crate::{Error, Result, journal, listing, record, transaction};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const GIF: &[u8] = b"GIF89a";

fn called(name: &str) -> EmailTemplate {
    EmailTemplate {
        reseller_id: Some(AccountId::DEFAULT_RESELLER),
        name: name.to_owned(),
        from_email: "a@example.org".to_owned(),
        subject: "[% url %]".to_owned(),
        body: "[% subscriber %]\n[% url %]".to_owned(),
        ..EmailTemplate::default()
    }
}

async fn make(test: &TestDb, caller: &Caller, template: EmailTemplate) -> Result<EmailTemplate> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, template.clone()).await)
}

async fn change(test: &TestDb, caller: &Caller, template: EmailTemplate) -> Result<EmailTemplate> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW, template.clone()).await)
}

async fn remove(test: &TestDb, caller: &Caller, id: EmailTemplateId) -> Result<EmailTemplate> {
    transaction!(test.db, |tx| record::delete(tx, caller, NOW, id.0).await)
}

async fn listed(test: &TestDb, caller: &Caller, source: &'static listing::Source) -> Vec<i64> {
    let query = listing::Query { limit: 100, count: true, ..listing::Query::default() };
    let found = listing::page(&mut test.db.reader(), caller, source, &query).await.expect("a list");
    assert_eq!(found.total, Some(found.ids.len() as i64));
    found.ids
}

fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Dangling { field, .. }) => format!("dangling {field}"),
        Err(Error::Invalid { field, .. }) => format!("invalid {field}"),
        Err(Error::Taken { field, .. }) => format!("taken {field}"),
        Err(Error::NotAllowed(_)) => "not allowed".to_owned(),
        Err(Error::NotFound { kind, .. }) => format!("no {kind}"),
        Err(Error::InUse { kind, .. }) => format!("{kind} in use"),
        other => format!("{other:?}"),
    }
}

/// A customer of the default reseller with those templates, or with other ones.
async fn with(test: &TestDb, of: Option<AccountId>, templates: &Templates, status: Status) -> Result<AccountId> {
    let terms = Terms {
        contact_id: ContactId(1),
        status,
        external_id: None,
        max_subscribers: None,
        vat_rate: None,
        add_vat: false,
        templates: templates.clone(),
    };
    let papers = transaction!(test.db, |tx| match of {
        Some(id) => papers::update(tx, &admin(), NOW, id, Product::SipAccount, &terms, None).await,
        None => {
            let billing = Assignment::Profile(ProfileId(1));
            papers::create(tx, &admin(), NOW, Product::SipAccount, &terms, &billing).await
        }
    })?;
    Ok(papers.account.id)
}

store::on_both! {
    async fn templates_of_the_installation_are_there_for_administrators(test: TestDb) {
        started(&test).await;
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let ids = listed(&test, &admin(), &email::ALL).await;
        let all = record::load::<EmailTemplate>(&mut test.db.reader(), &ids).await.expect("templates");
        assert_eq!(all.len(), 12);
        assert!(all.iter().all(|of| of.reseller_id.is_none() && !of.body.trim().is_empty() && !of.subject.is_empty()));
        let reset = all.iter().find(|of| of.name == "passreset_default_email").expect("there").clone();
        assert!(reset.body.contains("[% url %]"), "{}", reset.body);
        assert_eq!(listed(&test, &reseller, &email::ALL).await, Vec::<i64>::new());
        assert_eq!(told(remove(&test, &reseller, reset.id).await), "no email template");

        let changed = change(&test, &admin(), EmailTemplate { body: "new".to_owned(), ..reset.clone() }).await;
        assert_eq!(changed.expect("its text").body, "new");
        let renamed = EmailTemplate { name: "x".to_owned(), ..reset.clone() };
        assert_eq!(told(change(&test, &admin(), renamed).await), "invalid name");
        let given = EmailTemplate { reseller_id: Some(AccountId::DEFAULT_RESELLER), ..reset.clone() };
        assert_eq!(told(change(&test, &admin(), given).await), "invalid reseller_id");
        assert_eq!(told(remove(&test, &admin(), reset.id).await), "not allowed");
        let nobodys = EmailTemplate { reseller_id: None, ..called("x") };
        assert_eq!(told(make(&test, &admin(), nobodys).await), "invalid reseller_id");
        // A reseller may call its own as it likes.
        make(&test, &reseller, called("passreset_default_email")).await.expect("a template");
    }

    async fn templates_stay_while_customers_have_them(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let template = make(&test, &admin(), called("mine")).await.expect("a template");
        let theirs = EmailTemplate { reseller_id: Some(acme), ..called("mine") };
        let theirs = make(&test, &admin(), theirs).await.expect("names are a reseller's own");
        assert_eq!(told(make(&test, &admin(), called("mine")).await), "taken name");
        let invoice = InvoiceTemplate {
            reseller_id: AccountId::DEFAULT_RESELLER,
            name: "plain".to_owned(),
            ..InvoiceTemplate::default()
        };
        let invoice = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, invoice.clone()).await);
        let invoice: InvoiceTemplate = invoice.expect("a template");

        let refused = [
            (Templates { subscriber_email_template_id: Some(theirs.id.0), ..Templates::default() }, "subscriber_email_template_id"),
            (Templates { passreset_email_template_id: Some(1), ..Templates::default() }, "passreset_email_template_id"),
            (Templates { invoice_email_template_id: Some(99), ..Templates::default() }, "invoice_email_template_id"),
            (Templates { invoice_template_id: Some(99), ..Templates::default() }, "invoice_template_id"),
        ];
        for (templates, field) in refused {
            assert_eq!(told(with(&test, None, &templates, Status::Active).await), format!("dangling {field}"));
        }
        let chosen = Templates {
            passreset_email_template_id: Some(template.id.0),
            invoice_template_id: Some(invoice.id.0),
            ..Templates::default()
        };
        let first = with(&test, None, &chosen, Status::Active).await.expect("a customer");
        let second = with(&test, None, &Templates::default(), Status::Active).await.expect("a customer");
        with(&test, Some(second), &chosen, Status::Active).await.expect("changed");
        let drop_invoice = async || {
            transaction!(test.db, |tx| record::delete::<InvoiceTemplate>(tx, &admin(), NOW, invoice.id.0).await)
        };
        assert_eq!(told(remove(&test, &admin(), template.id).await), "email template in use");
        assert_eq!(told(drop_invoice().await), "invoice template in use");
        let moved = EmailTemplate { reseller_id: Some(acme), name: "moved".to_owned(), ..template.clone() };
        assert_eq!(told(change(&test, &admin(), moved).await), "email template in use");
        // A customer that has ended needs none any more.
        with(&test, Some(second), &Templates::default(), Status::Active).await.expect("changed");
        with(&test, Some(first), &chosen, Status::Terminated).await.expect("terminated");
        remove(&test, &admin(), template.id).await.expect("removed");
        drop_invoice().await.expect("removed");
    }

    async fn a_reseller_has_one_branding_that_all_of_its_people_see(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let below = add_account(&test, acme, Kind::Customer, "below").await;
        let elsewhere = customer(&test, "elsewhere").await;
        let of = |reseller| Branding { reseller_id: reseller, ..Branding::default() };
        let make = async |branding: Branding, logo: Option<&[u8]>| {
            transaction!(test.db, |tx| branding::create(tx, &admin(), NOW, branding.clone(), logo).await)
        };
        assert_eq!(told(make(of(acme), Some(b"<svg/>")).await), "invalid logo");
        let colour = Branding { csc_color_primary: Some("red; } body {".to_owned()), ..of(acme) };
        assert_eq!(told(make(colour, None).await), "invalid csc_color_primary");
        assert_eq!(told(make(of(below), None).await), "dangling reseller_id");
        let made = make(of(acme), Some(PNG)).await.expect("a branding");
        assert_eq!(made.logo_image_type.as_deref(), Some("image/png"));
        assert_eq!(told(make(of(acme), None).await), "taken reseller_id");

        let chief = acting(below, Role::SubscriberAdmin);
        let clerk = Caller::subscriber(SubscriberId(7), "clerk", below, false);
        for caller in [&chief, &clerk] {
            assert_eq!(listed(&test, caller, &branding::ALL).await, [made.id.0]);
            let own = branding::of_subscriber(&mut test.db.reader(), caller, None).await.expect("its own");
            let logo = branding::logo(&mut test.db.reader(), caller, own).await.expect("a logo");
            assert_eq!((logo.media_type.as_str(), &logo.data[..]), ("image/png", PNG));
        }
        let stranger = acting(elsewhere, Role::SubscriberAdmin);
        assert_eq!(listed(&test, &stranger, &branding::ALL).await, Vec::<i64>::new());
        assert_eq!(told(branding::logo(&mut test.db.reader(), &stranger, made.id).await), "no branding");
        assert_eq!(told(branding::of_subscriber(&mut test.db.reader(), &stranger, None).await), "no branding");

        let put = async |logo: Option<&[u8]>| {
            transaction!(test.db, |tx| branding::update(tx, &admin(), NOW, Branding { id: made.id, ..of(acme) }, logo).await)
        };
        assert_eq!(put(Some(GIF)).await.expect("changed").logo_image_type.as_deref(), Some("image/gif"));
        assert_eq!(put(None).await.expect("kept").logo_image_type.as_deref(), Some("image/gif"));
        assert_eq!(branding::logo(&mut test.db.reader(), &clerk, made.id).await.expect("a logo").data, GIF);
        transaction!(test.db, |tx| record::delete::<Branding>(tx, &admin(), NOW, made.id.0).await).expect("removed");
        assert_eq!(listed(&test, &chief, &branding::ALL).await, Vec::<i64>::new());
    }

    async fn keys_lead_where_the_subscriber_says(test: TestDb) {
        started(&test).await;
        let own = customer(&test, "own").await;
        let id = transaction!(test.db, |tx| {
            let domain = "INSERT INTO sip_domains (account_id, reseller_id, domain, status, created_at, modified_at) \
                VALUES (1, 1, 'sip.example.org', 'active', $1, $1) RETURNING id";
            let domain: i64 = tx.query_one(domain, args![NOW]).await?.at(0)?;
            let make = "INSERT INTO subscribers (uuid, account_id, reseller_id, domain_id, username, status, \
                administrative, is_pbx_pilot, is_pbx_group, credential_version, created_at, modified_at) \
                VALUES ('1', $1, 1, $2, 'alice', 'active', FALSE, FALSE, FALSE, 1, $3, $3) RETURNING id";
            Ok(SubscriberId(tx.query_one(make, args![own, domain, NOW]).await?.at(0)?))
        })
        .expect("a subscriber");
        let (alice, bob) =
            (Caller::subscriber(id, "alice", own, false), Caller::subscriber(SubscriberId(99), "bob", own, false));
        let slot = |slot: &str, to: &str| Slot { slot: slot.to_owned(), destination: to.to_owned() };
        let put = async |caller: &Caller, slots: &[Slot]| {
            transaction!(test.db, |tx| auto_attendant::replace(tx, caller, NOW, id, slots).await)
        };
        let stored = async || auto_attendant::load(&mut test.db.reader(), &[id.0]).await.expect("one").remove(0).slots;
        assert_eq!(stored().await, []);
        for (slots, wanted) in [
            (vec![slot("1", "431"), slot("1", "432")], "taken slot"),
            (vec![slot("10", "431")], "invalid slot"),
            (vec![slot("1", "a b")], "invalid destination"),
        ] {
            assert_eq!(told(put(&alice, &slots).await), wanted);
        }
        assert_eq!(told(put(&bob, &[]).await), "no subscriber");
        put(&alice, &[slot("default", "sip:desk@pbx.example"), slot("0", "431")]).await.expect("set");
        let kept = [slot("0", "sip:431@sip.example.org"), slot("default", "sip:desk@pbx.example")];
        assert_eq!(stored().await, kept);
        put(&alice, &[]).await.expect("cleared");
        assert_eq!(stored().await, []);
        let told = journal::of_record(&mut test.db.reader(), &admin(), "auto_attendants", id.0, Page::default()).await;
        let told = told.expect("the journal");
        assert_eq!((told.len(), told[1].before.as_ref().expect("before")["slots"][0]["slot"].as_str()), (2, Some("0")));
    }
}
