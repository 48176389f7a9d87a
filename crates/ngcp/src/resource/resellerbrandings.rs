//! Brandings: how the self-care of a reseller's customers looks; and the logos, as they were sent.
//!
//! Beyond storing: a reseller has one; a logo is PNG, JPEG, GIF or WebP by its first bytes and has at most 1 MiB; colours
//! hold nothing that would end a declaration. Everybody sees that of the own reseller.
//!
//! Decided here: a logo is replaced, and goes with its branding. SVG is refused, as it can run scripts.

use axum::http::{HeaderName, header};
use registry::branding::{self, ALL, Branding};
use registry::id::{BrandingId, SubscriberId};
use registry::{Error, Role};

use crate::kernel::record::read;
use crate::kernel::{
    Behaviour, Call, Created, Cx, EVERYONE, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Reply,
    Resource, SELLERS, Verb,
};

pub(super) static RESELLERBRANDINGS: Resource = Resource {
    name: "resellerbrandings",
    singular: "resellerbranding",
    title: "Reseller brandings",
    doc: "How the self-care of a reseller's customers looks, one for each reseller. POST and PUT take these fields as JSON, or \
          multipart/form-data with the part json (these fields) and the part logo (PNG, JPEG, GIF or WebP, at most 1 MiB). \
          Everybody sees that of the own reseller.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, EVERYONE),
        (Verb::Get, EVERYONE),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("reseller_id", "reseller_id")],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}").seen_by(&[Role::Admin]),
        Link::to("resellerbrandinglogos", "/api/resellerbrandinglogos/{id}").when("logo_image_type"),
    ],
    created: Created::Representation,
    links_itself: true,
    upload: Some("logo"),
    source: Some(&ALL),
    example: r##"{"reseller_id": 1, "css": "a { color: #204060 }", "csc_color_primary": "#204060"}"##,
    behaviour: &Brandings,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("css", Kind::Text(0, 100_000)).doc("A style sheet."),
    Field::new("csc_color_primary", Kind::Text(0, 45)).doc("The main colour, as a style sheet writes it."),
    Field::new("csc_color_secondary", Kind::Text(0, 45)).doc("The other colour."),
    Field::new("logo_image_type", Kind::Text(0, 32))
        .read_only()
        .doc("The media type of the logo; null: there is none."),
];

static RECORDS: Records<Branding> = Records::of(FIELDS);

struct Brandings;

#[async_trait::async_trait]
impl Behaviour for Brandings {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let logo = cx.file();
        Ok(branding::create(cx.tx, cx.caller, cx.now, read(FIELDS, input)?, logo).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let after = Branding { id: BrandingId(id), ..read(FIELDS, new)? };
        let logo = cx.file();
        branding::update(cx.tx, cx.caller, cx.now, after, logo).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { value, .. } => {
                Some(Refusal::new(422, format!("Branding already exists for reseller '{value}'")))
            }
            _ => None,
        }
    }
}

pub(super) static RESELLERBRANDINGLOGOS: Resource = Resource {
    name: "resellerbrandinglogos",
    singular: "resellerbrandinglogo",
    title: "Logos of reseller brandings",
    doc: "The logo of a branding, in the bytes that were uploaded. The id is that of the branding. Without an id it is the logo \
          that the subscriber with that subscriber_id is shown; a subscriber that gives none gets its own.",
    fields: &[Field::ID],
    verbs: &[(Verb::List, EVERYONE), (Verb::Get, EVERYONE)],
    parameters: &[("subscriber_id", "Whose logo is wanted, where the path has no id.")],
    gives: &[(Verb::List, "image/*"), (Verb::Get, "image/*")],
    source: Some(&ALL),
    behaviour: &Logos,
    ..Resource::DEFAULT
};

struct Logos;

#[async_trait::async_trait]
impl Behaviour for Logos {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let wrong = || Refusal::new(400, "Invalid id in request URI");
        let id = match &call.id {
            Some(id) => BrandingId(id.parse().map_err(|_| wrong())?),
            None => {
                let subscriber = cx.params.get("subscriber_id").map(str::parse).transpose();
                let subscriber = subscriber.map_err(|_| Refusal::new(422, "Invalid 'subscriber_id'"))?;
                if subscriber.is_none() && !matches!(cx.caller.role, Role::SubscriberAdmin | Role::Subscriber) {
                    return Err(Refusal::new(422, "Query parameter 'subscriber_id' is required.").into());
                }
                branding::of_subscriber(cx.tx, cx.caller, subscriber.map(SubscriberId)).await?
            }
        };
        let logo = branding::logo(cx.tx, cx.caller, id).await?;
        let reply = Reply::status(200)
            .header(header::CONTENT_TYPE, logo.media_type)
            .header(HeaderName::from_static("x-content-type-options"), "nosniff")
            .body(logo.data);
        Ok(Some(reply))
    }
}
