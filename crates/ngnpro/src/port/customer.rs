//! CustomerPort: customers and resellers, their credentials and properties.

use registry::customer::{self, Access, Customer, Details, Sheet};
use registry::id::AccountId;
use registry::listing::Query;
use registry::property::{self, Property};
use registry::{Error, contact, transaction};

use crate::operation::{Call, Cx, Outcome, port};
use crate::query::{Filters, list};
use crate::shown::{double, money, when};
use crate::soap::{Double, Fault, wire};

wire! {
    /// What is kept with a customer under a name.
    CustomerProperty {
        /// Its name. The credits are sip_credit, sip_alias_credit, enum_range_credit, enum_number_credit, dns_zone_credit and
        /// email_credit.
        name as "name": String,
        /// Its value; empty: there is none.
        value as "value": String,
        /// A word of the clients' own.
        category as "category": String,
        /// Who may change it: admin, reseller, or anything else for the customer too.
        permission as "permission": String,
    }
}

wire! {
    /// A customer or reseller. What is not given stays as it is.
    CustomerAccount {
        /// Its id, given by the server.
        id as "id": i64,
        /// Its reseller, whose id is the same for a reseller itself; without one an administrator adds a reseller.
        reseller as "reseller": Option<i64>,
        /// The customer with whose rights its credentials come; 0: its own.
        impersonate as "impersonate": Option<i64>,
        /// Its user name, in lower case.
        username as "username": String,
        /// Its password, of 6 characters at least; empty: the one that it has.
        password as "password": String,
        /// Given name.
        first_name as "firstName": Option<String>,
        /// Family name.
        last_name as "lastName": Option<String>,
        /// Company.
        organization as "organization": Option<String>,
        /// VAT number.
        vat_number as "vatNumber": Option<String>,
        /// Bank account.
        bank_account as "bankAccount": Option<String>,
        /// Where bills go by mail.
        billing_email as "billingEmail": Option<String>,
        /// Where bills go, of several lines.
        billing_address as "billingAddress": Option<String>,
        /// A code that administrators give.
        company_code as "companyCode": Option<String>,
        /// E-mail address.
        email as "email": Option<String>,
        /// Web site.
        web as "web": Option<String>,
        /// SIP address.
        sip as "sip": Option<String>,
        /// ENUM number.
        enum_number as "enum": Option<String>,
        /// Telephone number.
        tel as "tel": Option<String>,
        /// Fax number.
        fax as "fax": Option<String>,
        /// Mobile telephone number.
        mobile as "mobile": Option<String>,
        /// Street and house number.
        address as "address": Option<String>,
        /// Postcode.
        postcode as "postcode": Option<String>,
        /// City.
        city as "city": Option<String>,
        /// State or province.
        state as "state": Option<String>,
        /// Country, of two letters.
        country as "country": Option<String>,
        /// Time zone, such as Europe/Amsterdam.
        timezone as "timezone": Option<String>,
        /// Language, such as en.
        language as "language": Option<String>,
        /// What it has.
        balance as "balance": Option<Double>,
        /// How far that may go below zero; 0: no limit.
        credit as "credit": Option<Double>,
        /// Of a reseller: whether it and its customers may add records.
        reseller_active as "resellerActive": Option<bool>,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
        /// Its properties; those that are not among the given ones go.
        properties as "properties": Option<Vec<CustomerProperty>>,
    }
}

wire! {
    /// Which customers are wanted; text with wildcards.
    CustomerFilter {
        /// A user name.
        username as "username": String,
        /// A given name.
        first_name as "firstName": String,
        /// A family name.
        last_name as "lastName": String,
        /// A company.
        organization as "organization": String,
        /// A telephone number.
        tel as "tel": String,
        /// An e-mail address.
        email as "email": String,
        /// A web site.
        web as "web": String,
        /// A city.
        city as "city": String,
        /// A country.
        country as "country": String,
        /// Anything: resellers only.
        only_resellers as "only_resellers": String,
        /// The one of that id.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Customers.
    CustomerQuery(CustomerFilter) -> CustomerList { accounts as "accounts": CustomerAccount }
    by {
        "changeDate" as "modified_at", "username" as "username", "firstName" as "firstname", "lastName" as "lastname",
        "organization" as "company", "customer" as "id",
    }
}

port! {
    /// Customers and resellers, their credentials, credits and properties.
    CUSTOMER = "Customer" {
        /// Adds a customer, or as an administrator without a reseller a reseller.
        alone addAccount(account as "account": CustomerAccount) -> CustomerAccount = add_account;
        /// Changes a customer.
        alone updateAccount(account as "account": CustomerAccount) = update_account;
        /// Removes a customer that nothing refers to.
        write deleteAccount(id as "id": i64) = delete_account;
        /// A customer.
        read getAccount(id as "id": i64) -> CustomerAccount = get_account;
        /// Customers and resellers.
        read getCustomers(query as "query": CustomerQuery) -> CustomerList = get_customers;
        /// Resellers; with a filter for one customer, that one.
        read getResellers(query as "query": CustomerQuery) -> CustomerList = get_resellers;
        /// Sets some properties of a customer.
        write setProperties(customer as "customer": i64, properties as "properties": Vec<CustomerProperty>) = set_properties;
        /// The properties of a customer.
        read getProperties(customer as "customer": i64) -> Vec<CustomerProperty> = get_properties;
    }
}

impl From<Property> for CustomerProperty {
    fn from(property: Property) -> CustomerProperty {
        let Property { name, value, category, permission } = property;
        CustomerProperty { name, value, category, permission }
    }
}

impl From<CustomerProperty> for Property {
    fn from(property: CustomerProperty) -> Property {
        let CustomerProperty { name, value, category, permission } = property;
        Property { name, value, category, permission }
    }
}

impl From<Customer> for CustomerAccount {
    fn from(customer: Customer) -> CustomerAccount {
        let Customer { contact, details, .. } = customer;
        let text = |text: Option<String>| Some(text.unwrap_or_default());
        CustomerAccount {
            id: customer.id.0,
            reseller: Some(customer.reseller_id.0),
            impersonate: Some(details.impersonate_id.map_or(0, |id| id.0)),
            username: customer.username.unwrap_or_default(),
            password: customer.password.map(|clear| clear.reveal().to_owned()).unwrap_or_default(),
            first_name: text(contact.firstname),
            last_name: text(contact.lastname),
            organization: text(contact.company),
            vat_number: text(contact.vatnum),
            bank_account: Some(details.bank_account),
            billing_email: Some(details.billing_email),
            billing_address: Some(details.billing_address),
            company_code: Some(details.company_code),
            email: Some(contact.email),
            web: Some(details.web),
            sip: Some(details.sip),
            enum_number: Some(details.enum_number),
            tel: text(contact.phonenumber),
            fax: text(contact.faxnumber),
            mobile: text(contact.mobilenumber),
            address: text(contact.street),
            postcode: text(contact.postcode),
            city: text(contact.city),
            state: Some(details.state),
            country: Some(details.country),
            timezone: text(contact.timezone),
            language: Some(details.language),
            balance: Some(double(customer.balance)),
            credit: Some(double(customer.credit)),
            reseller_active: Some(details.reseller_active),
            change_date: when(customer.modified_at),
            properties: Some(customer.properties.into_iter().map(CustomerProperty::from).collect()),
        }
    }
}

impl CustomerAccount {
    /// What is given here, in the place of what was there.
    fn over(&self, contact: contact::Details, mut details: Details) -> Outcome<Sheet> {
        let given = |given: &Option<String>, before: Option<String>| given.clone().or(before);
        let properties = |all: &Vec<CustomerProperty>| all.iter().cloned().map(Property::from).collect();
        for (kept, given) in [
            (&mut details.web, &self.web),
            (&mut details.sip, &self.sip),
            (&mut details.enum_number, &self.enum_number),
            (&mut details.state, &self.state),
            (&mut details.country, &self.country),
            (&mut details.language, &self.language),
            (&mut details.bank_account, &self.bank_account),
            (&mut details.billing_address, &self.billing_address),
            (&mut details.billing_email, &self.billing_email),
            (&mut details.company_code, &self.company_code),
        ] {
            if let Some(given) = given {
                kept.clone_from(given);
            }
        }
        Ok(Sheet {
            reseller_id: self.reseller.map(AccountId),
            contact: contact::Details {
                email: self.email.clone().unwrap_or(contact.email),
                firstname: given(&self.first_name, contact.firstname),
                lastname: given(&self.last_name, contact.lastname),
                company: given(&self.organization, contact.company),
                vatnum: given(&self.vat_number, contact.vatnum),
                phonenumber: given(&self.tel, contact.phonenumber),
                faxnumber: given(&self.fax, contact.faxnumber),
                mobilenumber: given(&self.mobile, contact.mobilenumber),
                street: given(&self.address, contact.street),
                postcode: given(&self.postcode, contact.postcode),
                city: given(&self.city, contact.city),
                timezone: given(&self.timezone, contact.timezone),
                ..contact::Details::default()
            },
            impersonate_id: self.impersonate.map(AccountId),
            reseller_active: self.reseller_active,
            balance: self.balance.map(|amount| money("balance", amount)).transpose()?,
            credit: self.credit.map(|amount| money("credit", amount)).transpose()?,
            properties: self.properties.as_ref().map(properties),
            details,
        })
    }
}

/// Makes verifiers where that does not hold anybody up.
async fn access(username: String, password: String) -> Outcome<Access> {
    let made = tokio::task::spawn_blocking(move || Access::new(&username, &password)).await;
    made.map_err(|_| Error::Internal("the verifiers of a password were not made".to_owned()))?
}

async fn add_account(call: &Call<'_>, given: CustomerAccount) -> Result<CustomerAccount, Fault> {
    let sheet = given.over(contact::Details::default(), Details::default())?;
    customer::may_add(&mut call.state.db.reader(), &call.caller).await?;
    let access = access(given.username, given.password).await?;
    let sealer = &call.state.sealer;
    let made = transaction!(call.state.db, |tx| {
        customer::create(tx, &call.caller, call.now, sealer, &sheet, &access).await
    })?;
    Ok(made.into())
}

async fn update_account(call: &Call<'_>, given: CustomerAccount) -> Result<(), Fault> {
    let (id, sealer) = (AccountId(given.id), &call.state.sealer);
    let mut reader = call.state.db.reader();
    let made = customer::to_make(&mut reader, &call.caller, sealer, id, &given.username, &given.password).await?;
    let access = match made {
        Some((username, password)) => Some(access(username, password.reveal().to_owned()).await?),
        None => None,
    };
    transaction!(call.state.db, |tx| {
        let before = customer::get(tx, &call.caller, sealer, id).await?;
        let sheet = given.over(before.contact, before.details)?;
        customer::update(tx, &call.caller, call.now, sealer, id, &sheet, access.as_ref()).await
    })?;
    Ok(())
}

async fn delete_account(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
    customer::delete(cx.tx, cx.caller, cx.now, AccountId(id)).await
}

async fn get_account(cx: &mut Cx<'_>, id: i64) -> Outcome<CustomerAccount> {
    Ok(customer::get(cx.tx, cx.caller, cx.sealer, AccountId(id)).await?.into())
}

fn asked(query: &CustomerQuery) -> Query {
    let filter = &query.filter;
    let filters = Filters::default()
        .name("username", &filter.username)
        .text("firstname", &filter.first_name)
        .text("lastname", &filter.last_name)
        .text("company", &filter.organization)
        .text("phonenumber", &filter.tel)
        .text("email", &filter.email)
        .text("web", &filter.web)
        .text("city", &filter.city)
        .text("country", &filter.country)
        .id("id", filter.customer)
        .id("reseller_id", filter.reseller);
    query.of(filters)
}

fn list(page: customer::Page) -> CustomerList {
    let accounts = page.customers.into_iter().map(CustomerAccount::from).collect();
    CustomerList { total: page.total.unwrap_or(0), accounts }
}

async fn get_customers(cx: &mut Cx<'_>, query: CustomerQuery) -> Outcome<CustomerList> {
    if matches!(query.filter.only_resellers.trim(), "" | "0") {
        return Ok(list(customer::list(cx.tx, cx.caller, cx.sealer, &asked(&query)).await?));
    }
    get_resellers(cx, query).await
}

async fn get_resellers(cx: &mut Cx<'_>, query: CustomerQuery) -> Outcome<CustomerList> {
    Ok(list(customer::list_resellers(cx.tx, cx.caller, cx.sealer, &asked(&query)).await?))
}

async fn set_properties(cx: &mut Cx<'_>, id: i64, properties: Vec<CustomerProperty>) -> Outcome<()> {
    let wanted: Vec<Property> = properties.into_iter().map(Property::from).collect();
    property::set(cx.tx, cx.caller, cx.now, AccountId(id), &wanted).await
}

async fn get_properties(cx: &mut Cx<'_>, id: i64) -> Outcome<Vec<CustomerProperty>> {
    let found = property::of(cx.tx, cx.caller, AccountId(id)).await?;
    Ok(found.into_iter().map(CustomerProperty::from).collect())
}
