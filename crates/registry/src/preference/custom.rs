//! Attributes that an installation adds: preferences of its devices, beside those that the table has.
//!
//! They are shown with the definitions of the levels that they are on. Devices are not kept here, so nothing is set.

use serde::{Deserialize, Serialize};
use store::Tx;

use crate::caller::{Caller, Role};
use crate::id::{AccountId, AttributeId};
use crate::listing::{self, Column, Query, Reach, Shared, Source};
use crate::preference::{Level, attribute};
use crate::record::{self, Kept, Stored, record};
use crate::{Error, Result};

/// What an added attribute holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// True or false.
    Boolean,
    /// An integer.
    Int,
    /// Text.
    #[default]
    String,
    /// One of its choices.
    Enum,
}

crate::text_enum!(DataType, "data_type", {
    Boolean => "boolean", Int => "int", String => "string", Enum => "enum",
});

/// A legal value of an added enum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// What people call it.
    pub label: String,
    /// The value; none stands for "nothing is set here".
    pub value: Option<String>,
    /// Whether it is what holds where nothing is set.
    pub default_val: bool,
}

record! {
    /// An attribute that was added.
    CustomAttribute(AttributeId) in "preference_attributes" called "preference attribute" {
        /// Whose it is; it remains so.
        reseller_id: AccountId,
        /// Its name, unique among all attributes; it keeps it.
        attribute: String,
        /// What people call it.
        label: String,
        /// What it does.
        description: String,
        /// What it holds.
        data_type: DataType,
        /// 1: one value, 0: a list.
        max_occur: i64 = 1,
        /// Whether it is one of models of devices.
        dev_pref: bool,
        /// Whether it is one of profiles of devices.
        devprof_pref: bool,
        /// Whether it is one of devices in the field.
        fielddev_pref: bool,
        /// Whether administrators of customers see it.
        expose_to_customer: bool,
        /// The values of an enum.
        choices: Stored<Vec<Choice>>,
    }
}

/// Most values of an enum.
const MOST_CHOICES: usize = 200;
/// Most attributes that the definitions of a level show beside those of the table.
const MOST_SHOWN: i64 = 1_000;

/// The attributes that were added. Administrators of customers see what is exposed of their reseller's.
pub static CUSTOM: Source = Source {
    name: "preference attributes",
    from: "preference_attributes t",
    fixed: "",
    reach: Reach { shared: Shared::Exposed("expose_to_customer"), ..Reach::RESELLER },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("attribute", "t.attribute"),
        Column::text("data_type", "t.data_type"),
        Column::text("label", "t.label"),
        Column::text("description", "t.description"),
        Column::bool("dev_pref", "t.dev_pref"),
        Column::bool("devprof_pref", "t.devprof_pref"),
        Column::bool("fielddev_pref", "t.fielddev_pref"),
        Column::bool("expose_to_customer", "t.expose_to_customer"),
    ],
    tallies: &["reseller_id"],
};

impl CustomAttribute {
    /// Whether it is one of a level.
    #[must_use]
    pub fn is_on(&self, level: Level) -> bool {
        match level {
            Level::DeviceModel => self.dev_pref,
            Level::DeviceProfile => self.devprof_pref,
            Level::FieldDevice => self.fielddev_pref,
            _ => false,
        }
    }

    fn check(&self) -> Result<()> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if self.attribute.is_empty() || self.attribute.len() > 31 || !self.attribute.chars().all(fits) {
            return Err(Error::invalid("attribute", "takes 1 to 31 letters, digits and _"));
        }
        if attribute::find(&self.attribute).is_some() {
            return Err(self.taken());
        }
        if !(0..=1).contains(&self.max_occur) {
            return Err(Error::invalid("max_occur", "is 0 for a list or 1 for one value"));
        }
        if !(self.dev_pref || self.devprof_pref || self.fielddev_pref) {
            return Err(Error::invalid("dev_pref", "one of dev_pref, devprof_pref and fielddev_pref must be set"));
        }
        let choices = &self.choices.0;
        let is_enum = self.data_type == DataType::Enum;
        if is_enum == choices.is_empty() || choices.len() > MOST_CHOICES {
            return Err(Error::invalid("enum", format!("an enum has 1 to {MOST_CHOICES} values, others have none")));
        }
        if choices.iter().filter(|choice| choice.default_val).count() > 1 {
            return Err(Error::invalid("enum", "more than one value is the default"));
        }
        let twice = |n: usize, choice: &Choice| choices.iter().take(n).any(|other| other.value == choice.value);
        if choices.iter().enumerate().any(|(n, choice)| twice(n, choice)) {
            return Err(Error::invalid("enum", "a value is there twice"));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for CustomAttribute {
    const LIST: &'static Source = &CUSTOM;
    const UNIQUE: &'static str = "attribute";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep attributes of preferences")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => record::check_reseller(tx, caller, self.reseller_id).await?,
            Some(before) if before.reseller_id != self.reseller_id => {
                return Err(Error::invalid("reseller_id", "an attribute remains its reseller's"));
            }
            Some(before) if before.attribute != self.attribute => {
                return Err(Error::invalid("attribute", "an attribute keeps its name"));
            }
            Some(_) => {}
        }
        self.check()
    }
}

/// The attributes that were added to a level and that the caller is shown.
///
/// # Errors
/// Only those of the database.
pub async fn custom_on(tx: &mut Tx, caller: &Caller, level: Level) -> Result<Vec<CustomAttribute>> {
    let levels = [Level::DeviceModel, Level::DeviceProfile, Level::FieldDevice];
    if !levels.contains(&level) || caller.role == Role::Intercept {
        return Ok(Vec::new());
    }
    let query = Query { limit: MOST_SHOWN, ..Query::default() };
    let ids = listing::page(tx, caller, &CUSTOM, &query).await?.ids;
    let found: Vec<CustomAttribute> = record::load(tx, &ids).await?;
    Ok(found.into_iter().filter(|attribute| attribute.is_on(level)).collect())
}
