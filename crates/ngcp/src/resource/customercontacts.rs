//! Customer contacts: the persons and companies that a reseller's customers are.
//!
//! Beyond storing: a contact belongs to one reseller; its e-mail address must be one; a contact that an account refers to
//! can't be removed (423), and one that only terminated accounts refer to is kept and seen no more.

use registry::contact::{self, Details};
use registry::country;
use registry::id::{AccountId, ContactId};
use serde_json::Value;

use crate::kernel::{Behaviour, Cx, Failure, Field, Filter, Item, Kind, Outcome, Refusal, Resource, STAFF, Verb};

pub(super) static CUSTOMERCONTACTS: Resource = Resource {
    name: "customercontacts",
    singular: "customercontact",
    title: "Customer contacts",
    doc: "Who a reseller's customers are: names, addresses, numbers, bank accounts. A customer needs a contact; several \
          customers may share one. A contact that is in use is not removed (423).",
    fields: FIELDS,
    verbs: &[
        (Verb::List, STAFF),
        (Verb::Get, STAFF),
        (Verb::Create, STAFF),
        (Verb::Replace, STAFF),
        (Verb::Modify, STAFF),
        (Verb::Delete, STAFF),
    ],
    filters: &[Filter::wildcard("email", "email"), Filter::exact("reseller_id", "reseller_id")],
    journal: Some("contacts"),
    source: Some(&contact::OF_CUSTOMERS),
    example: r#"{"firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org", "reseller_id": 1}"#,
    behaviour: &Contacts,
    ..Resource::DEFAULT
};

/// Without the first one, also those of system contacts.
pub(super) const FIELDS: &[Field] = &[
    Field::RESELLER,
    Field::ID,
    Field::new("email", Kind::Email).required().doc("E-mail address."),
    Field::new("firstname", Kind::Text(0, 127)).doc("Given name."),
    Field::new("lastname", Kind::Text(0, 127)).doc("Family name."),
    Field::new("company", Kind::Text(0, 127)).doc("Company."),
    Field::new("street", Kind::Text(0, 127)).doc("Street and house number."),
    Field::new("postcode", Kind::Text(0, 16)).doc("Postcode."),
    Field::new("city", Kind::Text(0, 127)).doc("City."),
    Field::new("country", Kind::Enum(country::CODES)).doc("Country (ISO 3166-1 alpha-2)."),
    Field::new("phonenumber", Kind::Text(0, 31)).doc("Telephone number."),
    Field::new("mobilenumber", Kind::Text(0, 31)).doc("Mobile telephone number."),
    Field::new("faxnumber", Kind::Text(0, 31)).doc("Fax number."),
    Field::new("vatnum", Kind::Text(0, 127)).doc("VAT number."),
    Field::new("comregnum", Kind::Text(0, 31)).doc("Number in the commercial register."),
    Field::new("bankname", Kind::Text(0, 255)).doc("Name of the bank."),
    Field::new("iban", Kind::Text(0, 34)).doc("International bank account number."),
    Field::new("bic", Kind::Text(8, 11)).doc("Code of the bank (ISO 9362)."),
    Field::new("timezone", Kind::TimeZone).doc("Time zone, such as Europe/Vienna."),
    Field::new("gpp0", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp1", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp2", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp3", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp4", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp5", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp6", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp7", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp8", Kind::Text(0, 255)).doc("Free for any purpose."),
    Field::new("gpp9", Kind::Text(0, 255)).doc("Free for any purpose."),
];

/// Contacts of customers and of the system: they differ in having a reseller.
pub(super) struct Contacts;

/// The reseller and the details in a checked body.
fn read(input: &Item) -> Outcome<(Option<AccountId>, Details)> {
    let reseller = input.get("reseller_id").and_then(Value::as_i64).map(AccountId);
    let details = serde_json::from_value(Value::Object(input.clone()));
    Ok((reseller, details.map_err(|error| Failure::from(registry::Error::Internal(error.to_string())))?))
}

#[async_trait::async_trait]
impl Behaviour for Contacts {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let contacts = contact::load(cx.tx, ids).await?;
        Ok(contacts.into_iter().map(|contact| (contact.id.0, fields(&contact))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let (reseller, details) = read(&input)?;
        Ok(contact::create(cx.tx, cx.caller, cx.now, reseller, &details).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let (reseller, details) = read(&new)?;
        contact::update(cx.tx, cx.caller, cx.now, ContactId(id), reseller, &details).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(contact::delete(cx.tx, cx.caller, cx.now, ContactId(id)).await?)
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        match error {
            registry::Error::Dangling { field: "reseller_id", .. } => Some(Refusal::new(422, "Invalid 'reseller_id'")),
            _ => None,
        }
    }
}

fn fields(contact: &contact::Contact) -> Item {
    match serde_json::to_value(contact) {
        Ok(Value::Object(mut fields)) => {
            if contact.reseller_id.is_none() {
                fields.remove("reseller_id");
            }
            fields
        }
        _ => Item::new(),
    }
}
