//! Templates of invoices, as SVG or HTML.

use serde::{Deserialize, Serialize};
use store::Tx;

use super::{INVOICE_USED, must_be_unused};
use crate::Result;
use crate::caller::Caller;
use crate::id::{AccountId, InvoiceTemplateId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, Record as _, record};

/// What a template is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// Pages of Scalable Vector Graphics.
    #[default]
    Svg,
    /// HTML.
    Html,
}

crate::text_enum!(Markup, "type", { Svg => "svg", Html => "html" });

/// Whose invoices are made of a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Those of customers.
    #[default]
    Customer,
    /// Those of peerings.
    Peer,
    /// Those of resellers.
    Reseller,
    /// Those for numbers.
    Did,
}

crate::text_enum!(Category, "category", {
    Customer => "customer", Peer => "peer", Reseller => "reseller", Did => "did",
});

/// Which calls are on the invoices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallDirection {
    /// Incoming calls.
    In,
    /// Outgoing calls.
    #[default]
    Out,
    /// Both.
    InOut,
}

crate::text_enum!(CallDirection, "call_direction", { In => "in", Out => "out", InOut => "in_out" });

record! {
    /// A template of invoices.
    InvoiceTemplate(InvoiceTemplateId) in "invoice_templates" called "invoice template" {
        /// Whose it is.
        reseller_id: AccountId,
        /// Its name, unique for the reseller.
        name: String,
        /// What it is written in.
        #[serde(rename = "type")]
        markup: Markup,
        /// Whose invoices are made of it.
        category: Category,
        /// Which calls are on them.
        call_direction: CallDirection,
        /// The template itself.
        data: String,
    }
}

/// All templates of invoices.
pub static ALL: Source = Source {
    name: "invoice templates",
    from: "invoice_templates t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::text("type", "t.markup"),
        Column::text("category", "t.category"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for InvoiceTemplate {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep invoice templates")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.reseller_id != self.reseller_id) {
            must_be_unused(tx, INVOICE_USED, InvoiceTemplate::NOUN, self.id.0).await?;
        }
        record::check_reseller(tx, caller, self.reseller_id).await
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        must_be_unused(tx, INVOICE_USED, InvoiceTemplate::NOUN, self.id.0).await
    }
}
