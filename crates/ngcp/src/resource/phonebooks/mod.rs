//! Phonebooks of resellers, customers and subscribers.
//!
//! Beyond storing: a number is in a book once, and a book has at most 10000 entries; books are read and written as CSV as
//! well, whole, with `purge_existing=true` in the place of what was there.

mod table;

use std::marker::PhantomData;

use registry::phonebook::{
    self, CUSTOMERS, CustomerEntry, Entry, RESELLERS, ResellerEntry, SUBSCRIBERS, SubscriberEntry,
};
use registry::{Error, Role};
use serde_json::Value;

use crate::kernel::table as csv;
use crate::kernel::{
    Behaviour, Call, Cx, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Reply, Resource, SELLERS,
    Verb,
};

const KEEPERS_OF_CUSTOMERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin];
const NAME: Field = Field::new("name", Kind::Text(1, 255)).required().doc("Who it is.");
const NUMBER: Field = Field::new("number", Kind::Text(1, 255)).required().doc("The number, once in a book.");
const PURGE: &[(&str, &str)] = &[("purge_existing", "With a file in CSV: what was in the book before is removed.")];

macro_rules! book {
    ($static:ident = $name:literal, $singular:literal, $title:literal, $doc:literal, $fields:ident, $roles:expr,
     $owner:literal, $links:expr, $source:ident, $entry:ident, $example:literal) => {
        pub(super) static $static: Resource = Resource {
            name: $name,
            singular: $singular,
            title: $title,
            doc: $doc,
            fields: $fields,
            verbs: &[
                (Verb::List, $roles),
                (Verb::Get, $roles),
                (Verb::Create, $roles),
                (Verb::Replace, $roles),
                (Verb::Modify, $roles),
                (Verb::Delete, $roles),
            ],
            filters: &[
                Filter::exact($owner, $owner),
                Filter::wildcard("name", "name"),
                Filter::wildcard("number", "number"),
            ],
            parameters: PURGE,
            links: $links,
            takes: csv::TAKES,
            gives: csv::GIVES,
            source: Some(&$source),
            example: $example,
            behaviour: &Book::<$entry>::of($fields),
            ..Resource::DEFAULT
        };
    };
}

book!(
    RESELLERPHONEBOOKENTRIES = "resellerphonebookentries",
    "resellerphonebookentry",
    "Phonebook of a reseller",
    "Names and numbers for all customers of a reseller. CSV: GET with Accept: text/csv, POST with reseller_id in the query.",
    OF_RESELLER,
    SELLERS,
    "reseller_id",
    &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    RESELLERS,
    ResellerEntry,
    r#"{"reseller_id": 1, "name": "Support", "number": "43123"}"#
);

book!(
    CUSTOMERPHONEBOOKENTRIES = "customerphonebookentries",
    "customerphonebookentry",
    "Phonebook of a customer",
    "Names and numbers for all subscribers of a customer. CSV: GET with Accept: text/csv, POST with customer_id in the query.",
    OF_CUSTOMER,
    KEEPERS_OF_CUSTOMERS,
    "customer_id",
    &[Link::to("customers", "/api/customers/{customer_id}")],
    CUSTOMERS,
    CustomerEntry,
    r#"{"customer_id": 3, "name": "Reception", "number": "43124"}"#
);

book!(
    SUBSCRIBERPHONEBOOKENTRIES = "subscriberphonebookentries",
    "subscriberphonebookentry",
    "Phonebook of a subscriber",
    "Names and numbers of a subscriber. CSV: GET with Accept: text/csv, POST with subscriber_id in the query.",
    OF_SUBSCRIBER,
    EVERYONE_BUT_CARE,
    "subscriber_id",
    &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    SUBSCRIBERS,
    SubscriberEntry,
    r#"{"subscriber_id": 1, "name": "Mum", "number": "43125", "shared": false}"#
);

const EVERYONE_BUT_CARE: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin, Role::Subscriber];

const OF_RESELLER: &[Field] = &[Field::ID, Field::RESELLER, NAME, NUMBER];

const OF_CUSTOMER: &[Field] = &[
    Field::ID,
    Field::new("customer_id", Kind::PosInt)
        .required_of(SELLERS)
        .label("Customer")
        .doc("Whose book. Subscribers that administer their customer need not send it."),
    NAME,
    NUMBER,
];

const OF_SUBSCRIBER: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt)
        .required_of(&[Role::Admin, Role::Reseller, Role::SubscriberAdmin])
        .label("Subscriber")
        .doc("Whose book. Subscribers need not send it."),
    NAME,
    NUMBER,
    Field::new("shared", Kind::Bool).doc("Whether it is meant for the customer's other subscribers too."),
];

/// What a book does: what records do, and files in CSV.
struct Book<E> {
    records: Records<E>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entry> Book<E> {
    const fn of(fields: &'static [Field]) -> Book<E> {
        Book { records: Records::of(fields).words(words), of: PhantomData }
    }
}

/// Whose book a caller means that says none: its own, where it has one.
fn own(cx: &Cx<'_>, owner: &str) -> Option<i64> {
    match (owner, cx.caller.scope, cx.caller.role) {
        ("subscriber_id", registry::caller::Scope::Subscriber(id), _) => Some(id.0),
        ("customer_id", _, Role::SubscriberAdmin) | ("reseller_id", _, Role::Reseller) => Some(cx.caller.account.0),
        _ => None,
    }
}

fn with_owner(cx: &Cx<'_>, owner: &str, mut input: Item) -> Item {
    if input.get(owner).is_none_or(Value::is_null)
        && let Some(id) = own(cx, owner)
    {
        input.insert(owner.to_owned(), id.into());
    }
    input
}

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => Some(Refusal::new(422, format!("Phonebook entry '{value}' already exists."))),
        Error::Dangling { field, value } => Some(Refusal::new(422, format!("Invalid '{field}' ({value}), does not exist."))),
        Error::Invalid { field: "rows", message } => Some(Refusal::new(422, message.clone())),
        _ => None,
    }
}

#[async_trait::async_trait]
impl<E: Entry> Behaviour for Book<E> {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&self.records)
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let input = with_owner(cx, E::OWNER, input);
        self.records.create(cx, input).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        let new = with_owner(cx, E::OWNER, new);
        self.records.replace(cx, id, old, new).await
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if csv::is_posted(call) {
            let missing = || Refusal::new(422, format!("Missing parameter '{}'.", E::OWNER));
            let named = match cx.params.get(E::OWNER) {
                Some(text) => text.parse().ok(),
                None => own(cx, E::OWNER),
            };
            let owner = named.ok_or_else(missing)?;
            let rows = table::rows(&call.body)?;
            if cx.params.is_true("purge_existing") {
                phonebook::replace_all::<E>(cx.tx, cx.caller, cx.now, owner, &rows).await?;
            } else {
                phonebook::take_in::<E>(cx.tx, cx.caller, cx.now, owner, &rows).await?;
            }
            return Ok(Some(Reply::status(201)));
        }
        if csv::is_wanted(call) {
            return Ok(Some(table::give_out::<E>(cx).await?.reply("phonebook_entries.csv")?));
        }
        Ok(None)
    }
}
