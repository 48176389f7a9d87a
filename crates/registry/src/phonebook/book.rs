//! The entries of the three books.

use store::{Tx, Val, args};

use super::batch::MOST;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, PhonebookEntryId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result, account, subscriber};

record! {
    /// An entry in the book of a reseller.
    ResellerEntry(PhonebookEntryId) in "reseller_phonebook_entries" called "phonebook entry" {
        /// Whose book.
        reseller_id: AccountId,
        /// Who it is.
        name: String,
        /// The number.
        number: String,
    }
}

record! {
    /// An entry in the book of a customer.
    CustomerEntry(PhonebookEntryId) in "customer_phonebook_entries" called "phonebook entry" {
        /// Whose book.
        customer_id: AccountId,
        /// The customer's reseller.
        reseller_id: AccountId,
        /// Who it is.
        name: String,
        /// The number.
        number: String,
    }
}

record! {
    /// An entry in the book of a subscriber.
    SubscriberEntry(PhonebookEntryId) in "subscriber_phonebook_entries" called "phonebook entry" {
        /// Whose book.
        subscriber_id: SubscriberId,
        /// The subscriber's account.
        account_id: AccountId,
        /// The subscriber's reseller.
        reseller_id: AccountId,
        /// Who it is.
        name: String,
        /// The number.
        number: String,
        /// Whether the other subscribers of the customer are to see it.
        shared: bool,
        /// What it belongs to, such as `friends`; none: what it belonged to before, if to anything.
        group_name: Option<String>,
    }
}

macro_rules! source {
    ($(#[$meta:meta])* $name:ident = $list:literal in $table:literal, $reach:expr, [$($owner:literal),*],
     [$($text:literal),*], $tallies:expr) => {
        $(#[$meta])*
        pub static $name: Source = Source {
            name: $list,
            from: concat!($table, " t"),
            fixed: "",
            reach: $reach,
            columns: &[
                Column::int("id", "t.id"),
                Column::int("reseller_id", "t.reseller_id"),
                $(Column::int($owner, concat!("t.", $owner)),)*
                Column::text("name", "t.name"),
                Column::text("number", "t.number"),
                $(Column::text($text, concat!("t.", $text)),)*
            ],
            tallies: $tallies,
        };
    };
}

source!(
    /// The books of all resellers.
    RESELLERS = "reseller phonebook" in "reseller_phonebook_entries", Reach::RESELLER, [], [], &["reseller_id"]
);
source!(
    /// The books of all customers.
    CUSTOMERS = "customer phonebook" in "customer_phonebook_entries",
    Reach { account: Some("customer_id"), ..Reach::RESELLER }, ["customer_id"], [], &["reseller_id", "customer_id"]
);
source!(
    /// The books of all subscribers.
    SUBSCRIBERS = "subscriber phonebook" in "subscriber_phonebook_entries",
    Reach::SUBSCRIBER, ["account_id", "subscriber_id"], ["group_name"],
    &["reseller_id", "account_id", "subscriber_id"]
);

/// An entry of any book, as a file has it.
#[async_trait::async_trait]
pub trait Entry: Kept {
    /// The field that says whose book it is in.
    const OWNER: &'static str;
    /// The statement that finds the entry of a book that is one too many.
    const BEYOND: &'static str;
    /// Finds out whose book it is in, and holds the owner, so that the book does not grow beside.
    ///
    /// # Errors
    /// [`Error::Dangling`] for the owner.
    async fn settle_owner(&mut self, tx: &mut Tx, caller: &Caller) -> Result<()>;
    /// An entry of that book.
    fn of(owner: i64, name: &str, number: &str, shared: bool) -> Self;
    /// Another entry of the same book.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the name or the number.
    fn beside(&self, name: &str, number: &str, shared: bool) -> Result<Self>;
    /// Name, number and whether it is shared.
    fn parts(&self) -> (&str, &str, bool);
}

statements! {
    BEYOND_OF_RESELLER = "SELECT id FROM reseller_phonebook_entries WHERE reseller_id = $1 ORDER BY id LIMIT 1 OFFSET $2";
    BEYOND_OF_CUSTOMER = "SELECT id FROM customer_phonebook_entries WHERE customer_id = $1 ORDER BY id LIMIT 1 OFFSET $2";
    BEYOND_OF_SUBSCRIBER = "SELECT id FROM subscriber_phonebook_entries WHERE subscriber_id = $1 ORDER BY id \
        LIMIT 1 OFFSET $2";
}

/// Refuses a book, the owner of which is held, that has become too long.
pub(super) async fn must_fit<E: Entry>(tx: &mut Tx, owner: i64) -> Result<()> {
    match tx.query_opt(E::BEYOND, args![owner, MOST as i64]).await? {
        None => Ok(()),
        Some(_) => Err(Error::Conflict(format!("a phonebook has at most {MOST} entries"))),
    }
}

/// As [`must_fit`], of the book that an entry has come into.
async fn must_fit_in<E: Entry>(tx: &mut Tx, entry: &E, before: Option<&E>) -> Result<()> {
    let owner = entry.value(E::OWNER);
    match owner {
        Val::Int(id) if before.is_none_or(|before| before.value(E::OWNER) != owner) => must_fit::<E>(tx, id).await,
        _ => Ok(()),
    }
}

fn check(name: &str, number: &str) -> Result<()> {
    if name.is_empty() || name.chars().count() > 255 {
        return Err(Error::invalid("name", "a name has 1 to 255 characters"));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "+*#-_.@:".contains(c);
    if number.is_empty() || number.len() > 255 || !number.chars().all(fits) {
        return Err(Error::invalid("number", format!("`{number}` is neither a number nor a SIP address")));
    }
    Ok(())
}

#[async_trait::async_trait]
impl Kept for ResellerEntry {
    const LIST: &'static Source = &RESELLERS;
    const UNIQUE: &'static str = "number";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("accounts", "reseller_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep the phonebooks of resellers")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        check(&self.name, &self.number)?;
        self.settle_owner(tx, caller).await
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        must_fit_in(tx, self, before).await
    }
}

#[async_trait::async_trait]
impl Entry for ResellerEntry {
    const OWNER: &'static str = "reseller_id";
    const BEYOND: &'static str = BEYOND_OF_RESELLER;

    async fn settle_owner(&mut self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        account::hold(tx, self.reseller_id).await?;
        record::check_reseller(tx, caller, self.reseller_id).await
    }

    fn of(owner: i64, name: &str, number: &str, _shared: bool) -> Self {
        let (name, number) = (name.to_owned(), number.to_owned());
        ResellerEntry { reseller_id: AccountId(owner), name, number, ..Self::default() }
    }

    fn beside(&self, name: &str, number: &str, _shared: bool) -> Result<Self> {
        check(name, number)?;
        Ok(Self { name: name.to_owned(), number: number.to_owned(), ..self.clone() })
    }

    fn parts(&self) -> (&str, &str, bool) {
        (&self.name, &self.number, true)
    }
}

#[async_trait::async_trait]
impl Kept for CustomerEntry {
    const LIST: &'static Source = &CUSTOMERS;
    const UNIQUE: &'static str = "number";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("accounts", "customer_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        match caller.role {
            Role::Subscriber | Role::Intercept => {
                Err(Error::NotAllowed("subscribers don't keep the phonebook of their customer".to_owned()))
            }
            _ => caller.must_write(),
        }
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.customer_id)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        check(&self.name, &self.number)?;
        self.settle_owner(tx, caller).await
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        must_fit_in(tx, self, before).await
    }
}

#[async_trait::async_trait]
impl Entry for CustomerEntry {
    const OWNER: &'static str = "customer_id";
    const BEYOND: &'static str = BEYOND_OF_CUSTOMER;

    async fn settle_owner(&mut self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        account::hold(tx, self.customer_id).await?;
        let customer = account::named_by(tx, caller, account::Kind::Customer, "customer_id", self.customer_id).await?;
        self.reseller_id = customer.reseller_id;
        Ok(())
    }

    fn of(owner: i64, name: &str, number: &str, _shared: bool) -> Self {
        let (name, number) = (name.to_owned(), number.to_owned());
        CustomerEntry { customer_id: AccountId(owner), name, number, ..Self::default() }
    }

    fn beside(&self, name: &str, number: &str, _shared: bool) -> Result<Self> {
        check(name, number)?;
        Ok(Self { name: name.to_owned(), number: number.to_owned(), ..self.clone() })
    }

    fn parts(&self) -> (&str, &str, bool) {
        (&self.name, &self.number, true)
    }
}

#[async_trait::async_trait]
impl Kept for SubscriberEntry {
    const LIST: &'static Source = &SUBSCRIBERS;
    const UNIQUE: &'static str = "number";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        check(&self.name, &self.number)?;
        self.group_name = match self.group_name.take() {
            None => before.and_then(|before| before.group_name.clone()),
            Some(group) if group.chars().count() > 64 || group.chars().any(char::is_control) => {
                return Err(Error::invalid("group_name", "a group has at most 64 characters"));
            }
            Some(group) => Some(group).filter(|group| !group.is_empty()),
        };
        self.settle_owner(tx, caller).await
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        must_fit_in(tx, self, before).await
    }
}

#[async_trait::async_trait]
impl Entry for SubscriberEntry {
    const OWNER: &'static str = "subscriber_id";
    const BEYOND: &'static str = BEYOND_OF_SUBSCRIBER;

    async fn settle_owner(&mut self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        let owner = subscriber::hold_named_by(tx, caller, "subscriber_id", self.subscriber_id).await?;
        (self.account_id, self.reseller_id) = (owner.account_id, owner.reseller_id);
        Ok(())
    }

    fn of(owner: i64, name: &str, number: &str, shared: bool) -> Self {
        let (name, number) = (name.to_owned(), number.to_owned());
        SubscriberEntry { subscriber_id: SubscriberId(owner), name, number, shared, ..Self::default() }
    }

    fn beside(&self, name: &str, number: &str, shared: bool) -> Result<Self> {
        check(name, number)?;
        Ok(Self { name: name.to_owned(), number: number.to_owned(), shared, ..self.clone() })
    }

    fn parts(&self) -> (&str, &str, bool) {
        (&self.name, &self.number, self.shared)
    }
}
