//! How the self-care of a reseller's customers looks: style sheet, colours and logo. Whoever belongs to the reseller sees
//! it; the logo's bytes are kept apart.

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, BrandingId, SubscriberId};
use crate::listing::{Column, Reach, Shared, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result, subscriber};

record! {
    /// The branding of a reseller: one for each.
    Branding(BrandingId) in "reseller_brandings" called "branding" {
        /// Whose it is.
        reseller_id: AccountId,
        /// A style sheet.
        css: String,
        /// The main colour, as a style sheet writes it.
        csc_color_primary: Option<String>,
        /// The other colour.
        csc_color_secondary: Option<String>,
        /// The media type of the logo; none: there is no logo.
        logo_image_type: Option<String>,
    }
}

/// The brandings of all resellers.
pub static ALL: Source = Source {
    name: "reseller brandings",
    from: "reseller_brandings t",
    fixed: "",
    reach: Reach { shared: Shared::Exposed("is_shared"), ..Reach::RESELLER },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        // All of them are shared with those below the reseller.
        Column::bool("is_shared", "(t.reseller_id IS NOT NULL)"),
    ],
    tallies: &["reseller_id"],
};

/// Most bytes of a logo.
pub const LARGEST_LOGO: usize = 1 << 20;

statements! {
    PUT = "INSERT INTO reseller_logos (branding_id, data) VALUES ($1, $2) \
        ON CONFLICT (branding_id) DO UPDATE SET data = excluded.data";
    REMOVE = "DELETE FROM reseller_logos WHERE branding_id = $1";
    DATA = "SELECT data FROM reseller_logos WHERE branding_id = $1";
    OF_RESELLER = "SELECT id FROM reseller_brandings WHERE reseller_id = $1";
    RESELLER_OF = "SELECT reseller_id FROM accounts WHERE id = $1";
}

/// A logo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Its media type.
    pub media_type: String,
    /// The bytes.
    pub data: Vec<u8>,
}

/// What an image is, by its beginning; none: nothing that every browser shows without running anything in it.
fn media_type(image: &[u8]) -> Option<&'static str> {
    use infer::image::{is_gif, is_jpeg, is_png, is_webp};
    let known = [
        ("image/png", is_png(image)),
        ("image/jpeg", is_jpeg(image)),
        ("image/gif", is_gif(image)),
        ("image/webp", is_webp(image)),
    ];
    known.into_iter().find(|(_, is_it)| *is_it).map(|(media_type, _)| media_type)
}

fn describe(branding: &mut Branding, logo: &[u8]) -> Result<()> {
    if logo.len() > LARGEST_LOGO {
        return Err(Error::invalid("logo", format!("a logo has at most {LARGEST_LOGO} bytes")));
    }
    let found =
        media_type(logo).ok_or_else(|| Error::invalid("logo", "it is neither PNG nor JPEG nor GIF nor WebP"))?;
    branding.logo_image_type = Some(found.to_owned());
    Ok(())
}

async fn put(tx: &mut Tx, branding: &Branding, logo: Option<&[u8]>) -> Result<()> {
    if let Some(logo) = logo {
        tx.execute(PUT, args![branding.id, logo.to_vec()]).await?;
    }
    Ok(())
}

/// Makes the branding of a reseller.
///
/// # Errors
/// [`Error::Taken`] where it has one, [`Error::Dangling`] for the reseller, [`Error::Invalid`] for `logo` and colours.
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut branding: Branding,
    logo: Option<&[u8]>,
) -> Result<Branding> {
    branding.logo_image_type = None;
    if let Some(logo) = logo {
        describe(&mut branding, logo)?;
    }
    let made = record::create(tx, caller, now, branding).await?;
    put(tx, &made, logo).await?;
    Ok(made)
}

/// Changes a branding, and its logo where there is a new one.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut branding: Branding,
    logo: Option<&[u8]>,
) -> Result<Branding> {
    match logo {
        Some(logo) => describe(&mut branding, logo)?,
        None => {
            let before: Branding = record::hold(tx, caller, branding.id.0).await?;
            branding.logo_image_type = before.logo_image_type;
        }
    }
    let after = record::update(tx, caller, now, branding).await?;
    put(tx, &after, logo).await?;
    Ok(after)
}

/// The logo of a branding.
///
/// # Errors
/// [`Error::NotFound`] for the branding, or for a logo where there is none.
pub async fn logo(tx: &mut Tx, caller: &Caller, id: BrandingId) -> Result<Logo> {
    let branding: Branding = record::get(tx, caller, id.0).await?;
    let none = || Error::not_found("logo", id);
    let media_type = branding.logo_image_type.ok_or_else(none)?;
    let data = tx.query_opt(DATA, args![id]).await?.ok_or_else(none)?.at(0)?;
    Ok(Logo { media_type, data })
}

/// The branding that a subscriber's self-care has; without one, that of the caller's own.
///
/// # Errors
/// [`Error::NotFound`] for the subscriber or the branding.
pub async fn of_subscriber(tx: &mut Tx, caller: &Caller, id: Option<SubscriberId>) -> Result<BrandingId> {
    let reseller: AccountId = match id {
        Some(id) => subscriber::get(tx, caller, id).await?.reseller_id,
        None => {
            let row = tx.query_opt(RESELLER_OF, args![caller.account]).await?;
            row.ok_or_else(|| Error::not_found("account", caller.account))?.at(0)?
        }
    };
    let row = tx.query_opt(OF_RESELLER, args![reseller]).await?;
    row.map(|row| Ok(row.at(0)?)).unwrap_or_else(|| Err(Error::not_found("branding", reseller)))
}

/// Refuses what would end the declaration that a colour is put into.
fn check_colour(field: &'static str, colour: Option<&String>) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "#(),.%/ -".contains(c);
    match colour.filter(|colour| !colour.chars().all(fits)) {
        Some(_) => Err(Error::invalid(field, "it is no colour")),
        None => Ok(()),
    }
}

#[async_trait::async_trait]
impl Kept for Branding {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "reseller_id";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep brandings")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        check_colour("csc_color_primary", self.csc_color_primary.as_ref())?;
        check_colour("csc_color_secondary", self.csc_color_secondary.as_ref())?;
        record::check_reseller(tx, caller, self.reseller_id).await
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        tx.execute(REMOVE, args![self.id]).await?;
        Ok(())
    }
}
