//! What NGNPro alone knows of an account.

use serde::Serialize;
use store::{Row, Tx, Val, args};

use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, country};

/// What is known of a customer beside its contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Details {
    /// Address of its web site.
    pub web: String,
    /// A SIP address.
    pub sip: String,
    /// A number with ENUM.
    pub enum_number: String,
    /// State or province.
    pub state: String,
    /// The country. A code of ISO 3166-1 is the contact's, with UK for GB, as clients have it; anything else (`N/A`, or two
    /// letters that are no country any more) is shown as it was given.
    pub country: String,
    /// Language, such as `en`.
    pub language: String,
    /// Bank account.
    pub bank_account: String,
    /// Where bills go, of several lines.
    pub billing_address: String,
    /// Where bills go by mail.
    pub billing_email: String,
    /// A code that administrators give.
    pub company_code: String,
    /// Whoever logs in with its credentials has the rights of this account: mostly those of the reseller.
    pub impersonate_id: Option<AccountId>,
    /// Of resellers: whether they and their customers may make records.
    pub reseller_active: bool,
    /// The contact was made for this account alone.
    #[serde(skip)]
    pub(crate) own_contact: bool,
}

impl Default for Details {
    fn default() -> Details {
        Details {
            web: String::new(),
            sip: String::new(),
            enum_number: String::new(),
            state: String::new(),
            country: String::new(),
            language: String::new(),
            bank_account: String::new(),
            billing_address: String::new(),
            billing_email: String::new(),
            company_code: String::new(),
            impersonate_id: None,
            reseller_active: true,
            own_contact: false,
        }
    }
}

macro_rules! columns {
    () => {
        "d.account_id, d.web, d.sip, d.enum_number, d.state, d.country, d.language, d.bank_account, d.billing_address, \
         d.billing_email, d.company_code, d.impersonate_id, d.reseller_active, d.own_contact"
    };
}
pub(super) use columns;

/// The country as it is shown; `c` is the contact, `d` these details.
pub(super) const COUNTRY: &str =
    "CASE COALESCE(c.country, '') WHEN '' THEN COALESCE(d.country, '') WHEN 'GB' THEN 'UK' ELSE c.country END";

statements! {
    PUT = "INSERT INTO account_details (account_id, web, sip, enum_number, state, country, language, bank_account, \
        billing_address, billing_email, company_code, impersonate_id, reseller_active, own_contact) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (account_id) DO UPDATE SET \
        web = excluded.web, sip = excluded.sip, enum_number = excluded.enum_number, state = excluded.state, \
        country = excluded.country, language = excluded.language, bank_account = excluded.bank_account, \
        billing_address = excluded.billing_address, billing_email = excluded.billing_email, \
        company_code = excluded.company_code, impersonate_id = excluded.impersonate_id, \
        reseller_active = excluded.reseller_active, own_contact = excluded.own_contact";
}

impl Details {
    /// Reads a row, in which there are none of an account that has none.
    pub(super) fn read(row: &Row) -> Result<Details> {
        if row.get::<Option<i64>>("account_id")?.is_none() {
            return Ok(Details::default());
        }
        Ok(Details {
            web: row.get("web")?,
            sip: row.get("sip")?,
            enum_number: row.get("enum_number")?,
            state: row.get("state")?,
            country: row.get("country")?,
            language: row.get("language")?,
            bank_account: row.get("bank_account")?,
            billing_address: row.get("billing_address")?,
            billing_email: row.get("billing_email")?,
            company_code: row.get("company_code")?,
            impersonate_id: row.get("impersonate_id")?,
            reseller_active: row.get("reseller_active")?,
            own_contact: row.get("own_contact")?,
        })
    }

    /// The country by the contact's, as it is shown.
    pub(super) fn name_country(&mut self, of_contact: Option<&str>) {
        match of_contact.filter(|code| !code.is_empty()) {
            Some("GB") => "UK".clone_into(&mut self.country),
            Some(code) => code.clone_into(&mut self.country),
            None => {}
        }
    }

    /// Brings the country into the form that is kept here, and answers with the contact's.
    pub(super) fn settle_country(&mut self) -> Result<Option<String>> {
        let given = self.country.trim().to_ascii_uppercase();
        if let Some(code) = country::code(&given) {
            self.country.clear();
            return Ok(Some(code.to_owned()));
        }
        let is_code = given.len() == 2 && given.bytes().all(|b| b.is_ascii_uppercase());
        if !is_code && !matches!(given.as_str(), "" | "N/A") {
            return Err(Error::invalid("country", format!("`{}` is not a country of two letters", self.country)));
        }
        self.country = given;
        Ok(None)
    }

    /// Refuses what is too long.
    pub(super) fn check(&self) -> Result<()> {
        for (field, text, most) in [
            ("web", &self.web, 255),
            ("sip", &self.sip, 255),
            ("enum_number", &self.enum_number, 31),
            ("state", &self.state, 127),
            ("language", &self.language, 31),
            ("bank_account", &self.bank_account, 255),
            ("billing_address", &self.billing_address, 1_000),
            ("billing_email", &self.billing_email, 255),
            ("company_code", &self.company_code, 127),
        ] {
            super::sheet::check_text(field, text, most)?;
        }
        Ok(())
    }

    /// Stores them, and writes down what has become of them.
    pub(super) async fn put(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        now: i64,
        id: AccountId,
        before: Option<&Details>,
    ) -> Result<()> {
        if before == Some(self) {
            return Ok(());
        }
        let values: &[Val] = args![
            id,
            &self.web,
            &self.sip,
            &self.enum_number,
            &self.state,
            &self.country,
            &self.language,
            &self.bank_account,
            &self.billing_address,
            &self.billing_email,
            &self.company_code,
            self.impersonate_id,
            self.reseller_active,
            self.own_contact
        ];
        tx.execute(PUT, values).await?;
        let change = Change {
            kind: "account_details",
            record_id: id.0,
            account: Some(id),
            operation: if before.is_some() { Operation::Update } else { Operation::Create },
            before: before.map(|before| before as _),
            after: Some(self),
        };
        journal::write(tx, caller, now, change).await
    }
}
