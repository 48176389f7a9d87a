//! Provisioning templates: how a whole customer with its subscribers is to be made, written down as YAML or JSON for
//! programs that carry it out.
//!
//! A template is kept, checked to be readable and to have the parts that every one needs; nothing here carries it out.
//! Its name is unique for its reseller, and among those of the operator.

use serde_json::Value;
use store::Tx;

use crate::caller::Caller;
use crate::id::{AccountId, ProvisioningTemplateId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::{Error, Result};

/// The longest template in bytes.
pub const LONGEST: usize = 65_535;

record! {
    /// A provisioning template.
    Template(ProvisioningTemplateId) in "provisioning_templates" called "provisioning template" {
        /// Whose it is; none: the operator's.
        reseller_id: Option<AccountId>,
        /// Its name, unique for the reseller.
        name: String,
        /// What it makes.
        description: String,
        /// The language of the calculated fields in it: `js` or `perl`.
        lang: String = "js".to_owned(),
        /// The template.
        yaml: String,
        /// When it was made, in microseconds since 1970 UTC.
        create_timestamp: i64,
        /// When it was last changed.
        modify_timestamp: i64,
    }
}

/// The templates of the operator and of all resellers.
pub static ALL: Source = Source {
    name: "provisioning templates",
    from: "provisioning_templates t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
        Column::text("lang", "t.lang"),
        Column::int("create_timestamp", "t.create_timestamp"),
        Column::int("modify_timestamp", "t.modify_timestamp"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for Template {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep provisioning templates")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        if let Some(id) = self.reseller_id {
            record::check_reseller(tx, caller, id).await?;
        }
        if !["js", "perl"].contains(&self.lang.as_str()) {
            return Err(Error::invalid("lang", format!("`{}` is not js or perl", self.lang)));
        }
        read(&self.yaml)?;
        self.create_timestamp = before.map_or(now, |before| before.create_timestamp);
        self.modify_timestamp = now;
        Ok(())
    }
}

/// What a template says, written as YAML 1.2, of which JSON is a part.
///
/// # Errors
/// [`Error::Invalid`] for `yaml` where it can't be read, is too long, or lacks the `fields` that it asks for or anything
/// that it makes.
pub fn read(text: &str) -> Result<Value> {
    let wrong = |message: String| Error::invalid("yaml", message);
    if text.len() > LONGEST {
        return Err(wrong(format!("it has {} bytes and may have {LONGEST}", text.len())));
    }
    // The parser limits depth, size and the use of aliases, and refuses a key that is there twice.
    let read: Value = serde_saphyr::from_str(text).map_err(|error| {
        let first = error.to_string().lines().next().unwrap_or_default().to_owned();
        wrong(format!("it can't be read: {first}"))
    })?;
    let Value::Object(parts) = &read else { return Err(wrong("it must be a mapping".to_owned())) };
    match parts.get("fields") {
        Some(Value::Array(fields)) if fields.iter().all(|field| field["name"].is_string()) => {}
        _ => return Err(wrong("it needs `fields`, a list in which each member has a name".to_owned())),
    }
    if !parts.iter().any(|(name, part)| name != "fields" && part.is_object()) {
        return Err(wrong("beside `fields` it makes nothing".to_owned()));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_and_makes_something_is_a_template() {
        let minimal = "fields:\n  - name: first_name\nsubscriber:\n  username_code: \"x\"\n";
        for text in [minimal, r#"{"fields": [], "contract": {"status": "active"}}"#] {
            assert!(read(text).is_ok(), "{text}");
        }
        let deep = "[".repeat(50_000);
        let bomb = "fields: []\na: &a {x: [l,l,l,l,l,l,l,l]}\nb: &b {x: [*a,*a,*a,*a,*a,*a,*a,*a]}\n\
            c: &c {x: [*b,*b,*b,*b,*b,*b,*b,*b]}\nd: &d {x: [*c,*c,*c,*c,*c,*c,*c,*c]}\n\
            e: &e {x: [*d,*d,*d,*d,*d,*d,*d,*d]}\nf: &f {x: [*e,*e,*e,*e,*e,*e,*e,*e]}\n\
            g: &g {x: [*f,*f,*f,*f,*f,*f,*f,*f]}\nh: {x: [*g,*g,*g,*g,*g,*g,*g,*g]}\n";
        let long = format!("{minimal}# {}", "x".repeat(LONGEST));
        let twice = format!("{minimal}fields: []\n");
        for (text, why) in [
            ("", "it must be a mapping"),
            ("- a\n- b\n", "it must be a mapping"),
            ("subscriber: {}\n", "it needs `fields`, a list in which each member has a name"),
            ("fields: [1]\nsubscriber: {}\n", "it needs `fields`, a list in which each member has a name"),
            ("fields: []\n", "beside `fields` it makes nothing"),
            ("a: [1, 2\n", "it can't be read: "),
            (twice.as_str(), "it can't be read: "),
            (deep.as_str(), "it can't be read: "),
            (bomb, "it can't be read: "),
            (long.as_str(), "it has 65"),
        ] {
            let shown: String = text.chars().take(60).collect();
            match read(text) {
                Err(Error::Invalid { field: "yaml", message }) => {
                    assert!(message.starts_with(why) && message.len() < 300, "{shown}: {message}");
                }
                other => panic!("{shown}: {other:?}"),
            }
        }
    }
}
