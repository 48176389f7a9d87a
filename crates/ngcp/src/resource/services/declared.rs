//! The declarations of the services.

use registry::service::{CcMap, FaxSettings, MailToFax, Secretary, SpeedDials, Voicemail};
use registry::subscriber::SUBSCRIBERS;

use super::Settings;
use crate::kernel::{EVERYONE, Field, Filter, Kind, Link, PatchOps, Resource, SELLERS, Verb};

const KEPT_BY_ALL: &[(Verb, &[registry::Role])] =
    &[(Verb::List, EVERYONE), (Verb::Get, EVERYONE), (Verb::Replace, EVERYONE), (Verb::Modify, EVERYONE)];
const OF_SUBSCRIBER: &[Link] = &[Link::to("subscribers", "/api/subscribers/{id}")];

/// What all of them have in common.
const SERVICE: Resource = Resource {
    verbs: KEPT_BY_ALL,
    filters: &[Filter::exact("subscriber_id", "id")],
    links: OF_SUBSCRIBER,
    links_itself: true,
    source: Some(&SUBSCRIBERS),
    ..Resource::DEFAULT
};

/// Slots are unique and one of `*0` to `*9`; destinations become SIP URIs in the subscriber's domain.
pub(in super::super) static SPEEDDIALS: Resource = Resource {
    name: "speeddials",
    singular: "speeddial",
    title: "Speed dials",
    doc: "What the short codes *0 to *9 of a subscriber dial. PUT replaces all of them. A destination that is a number or \
          a user is one of the subscriber's domain.",
    fields: SPEED_DIALS,
    put_replaces: true,
    patch: PatchOps::All,
    journal: Some("speed_dials"),
    example: r#"{"speeddials": [{"slot": "*1", "destination": "4366610001"}]}"#,
    behaviour: &Settings::<SpeedDials>::of(SPEED_DIALS),
    ..SERVICE
};

const SPEED_DIALS: &[Field] = &[
    Field::ID,
    Field::new(
        "speeddials",
        Kind::List(&Kind::Object(&[
            Field::new("slot", Kind::Text(1, 64)).required().doc("*0 to *9, once each."),
            Field::new("destination", Kind::Text(1, 192)).required().doc("A number, a user or a SIP URI."),
        ])),
    )
    .doc("The codes that dial something."),
];

/// A PIN has four to 31 digits and is never in the journal; who deletes what was mailed must attach it.
pub(in super::super) static VOICEMAILSETTINGS: Resource = Resource {
    name: "voicemailsettings",
    singular: "voicemailsetting",
    title: "Voicemail settings",
    doc: "The mailbox of a subscriber. A mailbox that nobody has set up has a PIN of six digits that the \
          server has made up. The journal does not show PINs.",
    fields: VOICEMAIL,
    journal: Some("voicemail_settings"),
    example: r#"{"pin": "4711", "email": "me@example.org", "attach": true, "delete": false, "sms_number": null}"#,
    behaviour: &Settings::<Voicemail>::of(VOICEMAIL),
    ..SERVICE
};

const VOICEMAIL: &[Field] = &[
    Field::ID,
    Field::new("pin", Kind::Secret(4, 31)).required().label("PIN").doc("What the mailbox asks for: 4 to 31 digits."),
    Field::new("email", Kind::Email).doc("Where messages are announced."),
    Field::new("delete", Kind::Bool).doc("Whether a message is deleted once it has been mailed; needs attach."),
    Field::new("attach", Kind::Bool).doc("Whether the message is attached to the mail."),
    Field::new("sms_number", Kind::Text(1, 31)).doc("Where a short message announces it, such as 4366610001."),
];

/// Each key is there once.
pub(in super::super) static CCMAPENTRIES: Resource = Resource {
    name: "ccmapentries",
    singular: "ccmapentry",
    title: "Call control mappings",
    doc: "Which outside clients act for a subscriber, by the key that they show. DELETE removes all of them. The journal \
          does not show keys.",
    fields: CC_MAP,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    put_replaces: true,
    patch: PatchOps::All,
    journal: Some("cc_map_entries"),
    example: r#"{"mappings": [{"auth_key": "a1b2", "source_uuid": "0f1e"}]}"#,
    behaviour: &Settings::<CcMap>::of(CC_MAP),
    ..SERVICE
};

const CC_MAP: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).read_only().doc("The subscriber."),
    Field::new(
        "mappings",
        Kind::List(&Kind::Object(&[
            Field::new("auth_key", Kind::Secret(1, 255)).required().doc("The key, once each."),
            Field::new("source_uuid", Kind::Text(0, 255)).doc("Where the client comes from."),
        ])),
    )
    .doc("The clients."),
];

/// Destinations are e-mail addresses or numbers; the password is never shown.
pub(in super::super) static FAXSERVERSETTINGS: Resource = Resource {
    name: "faxserversettings",
    singular: "faxserversetting",
    title: "Fax server settings",
    doc: "How a subscriber gets and sends faxes. The password is never shown; who leaves it out keeps it. There is no fax \
          server beside this one yet that would act on it.",
    fields: FAX,
    patch: PatchOps::All,
    journal: Some("fax_settings"),
    example: r#"{"active": true, "name": "Example Ltd", "t38": true, "ecm": true,
    "destinations": [{"destination": "fax@example.org", "filetype": "PDF", "incoming": true, "outgoing": false,
    "status": false, "cc": false}]}"#,
    behaviour: &Settings::<FaxSettings>::of(FAX),
    ..SERVICE
};

const FAX: &[Field] = &[
    Field::ID,
    Field::new("active", Kind::Bool).doc("Whether faxes are taken and sent."),
    Field::new("name", Kind::Text(0, 255)).doc("What it calls itself on a page."),
    Field::new("password", Kind::Secret(1, 64)).write_only().doc("What clients that print to it log in with."),
    Field::new("t38", Kind::Bool).doc("Whether T.38 is offered."),
    Field::new("ecm", Kind::Bool).doc("Whether errors are corrected."),
    Field::new(
        "destinations",
        Kind::List(&Kind::Object(&[
            Field::new("destination", Kind::Text(1, 255)).required().doc("An e-mail address or a number."),
            Field::new("filetype", Kind::Enum(&["PS", "TIFF", "PDF", "PDF14"])).doc("In which form; TIFF if left out."),
            Field::new("cc", Kind::Bool).doc("Whether it is a copy of what goes elsewhere."),
            Field::new("incoming", Kind::Bool).doc("Whether it gets what comes in."),
            Field::new("outgoing", Kind::Bool).doc("Whether it gets what went out."),
            Field::new("status", Kind::Bool).doc("Whether it is told how sending went."),
        ])),
    )
    .doc("Where faxes go."),
];

/// Addresses are checked unless they are patterns; when the secret was changed last is kept by the server.
pub(in super::super) static MAILTOFAXSETTINGS: Resource = Resource {
    name: "mailtofaxsettings",
    singular: "mailtofaxsetting",
    title: "Mail to fax settings",
    doc: "How a subscriber sends faxes by mail. The secret is not made anew by this server, and nobody is mailed: \
          secret_key_renew and secret_renew_notify are kept for a fax server. The journal does not show secrets.",
    fields: MAIL_TO_FAX,
    patch: PatchOps::All,
    journal: Some("mail_to_fax_settings"),
    example: r#"{"active": true, "secret_key": "a1b2", "secret_key_renew": "monthly",
    "secret_renew_notify": [{"destination": "me@example.org"}],
    "acl": [{"from_email": "me@example.org", "received_from": null, "destination": "43*", "use_regex": false}]}"#,
    behaviour: &Settings::<MailToFax>::of(MAIL_TO_FAX),
    ..SERVICE
};

const MAIL_TO_FAX: &[Field] = &[
    Field::ID,
    Field::new("active", Kind::Bool).doc("Whether faxes can be sent by mail."),
    Field::new("secret_key", Kind::Secret(0, 255)).doc("What a mail must contain."),
    Field::new("last_secret_key_modify", Kind::Timestamp).read_only().doc("When the secret was changed last."),
    Field::new("secret_key_renew", Kind::Enum(&["never", "daily", "weekly", "monthly"]))
        .doc("How often the secret is to be made anew."),
    Field::new(
        "secret_renew_notify",
        Kind::List(&Kind::Object(&[Field::new("destination", Kind::Email).required().doc("An e-mail address.")])),
    )
    .doc("Who is to be told of a new secret."),
    Field::new(
        "acl",
        Kind::List(&Kind::Object(&[
            Field::new("from_email", Kind::Text(0, 255)).doc("Whom a mail is from."),
            Field::new("received_from", Kind::Text(0, 255)).doc("The server that it was received from."),
            Field::new("destination", Kind::Text(0, 255)).doc("The number that it may go to."),
            Field::new("use_regex", Kind::Bool).doc("Whether these are regular expressions."),
        ])),
    )
    .doc("Which mails are taken; empty: all that contain the secret."),
];

/// Numbers become SIP URIs; who has calls sent to secretaries needs one.
pub(in super::super) static MANAGERSECRETARY: Resource = Resource {
    name: "managersecretary",
    singular: "managersecretary",
    title: "Secretaries",
    doc: "Who takes the calls of a subscriber instead of it. A number or user is one of the subscriber's domain.",
    fields: SECRETARIES,
    put_replaces: true,
    patch: PatchOps::All,
    example: r#"{"active": true, "numbers": ["4366610002"]}"#,
    behaviour: &Settings::<Secretary>::of(SECRETARIES),
    ..SERVICE
};

const SECRETARIES: &[Field] = &[
    Field::ID,
    Field::new("active", Kind::Bool).doc("Whether calls go to the secretaries."),
    Field::new("numbers", Kind::List(&Kind::Text(1, 255))).doc("Numbers, users or SIP URIs."),
];
