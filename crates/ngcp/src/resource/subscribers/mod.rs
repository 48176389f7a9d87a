//! Subscribers: SIP accounts.
//!
//! Beyond storing:
//! - user name and web user name are unique in a domain among subscribers that are not terminated; the domain is the
//!   customer's own or its reseller's; user name, domain and customer stay what they are;
//! - numbers come out of the inventory and go back into it: digits that nobody has become a number of our own, a free one
//!   of a pool is sold to the customer if that is active, one that the customer or its reseller has in service is taken
//!   over; what another subscriber or customer has is refused. A subscriber of a customer with the product `sipaccount`
//!   has a primary number;
//! - the preferences `cc`, `ac`, `cli` and `allowed_clis` follow the numbers;
//! - `locked` sets the lock level 4; `terminated`, or `DELETE`, removes credentials, preferences, call forwards and
//!   numbers, and keeps the record;
//! - the limits of `max_subscribers` of the customer and of everybody above hold;
//! - a PBX has one pilot that comes first and goes last; extensions are unique in it; a seat's numbers go to the pilot;
//! - the SIP password is kept sealed and as digests, the web password as an Argon2id verifier, never to be shown.

mod read;
mod show;
#[cfg(test)]
mod tests;
mod words;

use registry::listing::Condition;
use registry::id::SubscriberId;
use registry::number::Split;
use registry::{Error, Role, subscriber};
use serde_json::Value;

use crate::kernel::{
    Behaviour, Cx, EVERYONE, Failure, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Refusal, Resource, STAFF,
    Verb,
};

/// All that may make subscribers.
const MAKERS: &[Role] = &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::SubscriberAdmin];

pub(super) static SUBSCRIBERS: Resource = Resource {
    name: "subscribers",
    singular: "subscriber",
    title: "Subscribers",
    doc: "SIP accounts: what they log in with, their numbers, their status. A subscriber belongs to a customer and to a \
          domain of the customer's reseller. Its numbers come out of the inventory and are freed when it is terminated. \
          An administrator of a customer makes and terminates subscribers where the customer has a PBX.",
    fields: FIELDS,
    put_replaces: true,
    verbs: &[
        (Verb::List, EVERYONE),
        (Verb::Get, EVERYONE),
        (Verb::Create, MAKERS),
        (Verb::Replace, EVERYONE),
        (Verb::Modify, EVERYONE),
        (Verb::Delete, MAKERS),
    ],
    filters: FILTERS,
    parameters: &[
        ("uuid", "The subscriber with that `uuid`."),
        (
            "create_primary_acli",
            "With `0` or `false`, a new primary number is not added to those that the subscriber may show (`allowed_clis`).",
        ),
    ],
    links: &[
        Link::to("subscriberpreferences", "/api/subscriberpreferences/{id}"),
        Link::to("voicemailsettings", "/api/voicemailsettings/{id}"),
        Link::to("reminders", "/api/reminders/?subscriber_id={id}"),
        Link::to("callforwards", "/api/callforwards/{id}"),
        Link::to("subscriberprofilesets", "/api/subscriberprofilesets/{profile_set_id}").seen_by(STAFF),
        Link::to("subscriberprofiles", "/api/subscriberprofiles/{profile_id}").seen_by(STAFF),
        Link::to("domains", "/api/domains/{domain_id}").seen_by(STAFF),
        Link::to("calls", "/api/calls/?subscriber_id={id}").seen_by(STAFF),
        Link::to("subscriberregistrations", "/api/subscriberregistrations/?subscriber_id={id}").seen_by(STAFF),
        Link::to("customers", "/api/customers/{customer_id}").seen_by(MAKERS),
    ],
    journal: Some("subscribers"),
    patch: PatchOps::All,
    source: Some(&subscriber::SUBSCRIBERS),
    example: r#"{"customer_id": 7, "domain": "voice.example.org", "username": "ada", "password": "a long secret",
 "primary_number": {"cc": 43, "ac": "1", "sn": "5551001"}, "alias_numbers": [{"cc": 43, "ac": "1", "sn": "5551002"}]}"#,
    behaviour: &Subscribers,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("customer_id", Kind::PosInt)
        .required_of(STAFF)
        .label("Customer")
        .doc("The customer whose it is. It must be sent, except by an administrator of a customer, and can't be changed."),
    Field::new("domain", Kind::Text(1, 190)).label("Domain").doc("Its domain by name. This or `domain_id` must be sent."),
    Field::new("domain_id", Kind::PosInt).label("Domain").doc("Its domain by id."),
    Field::new("username", Kind::Username).required().label("SIP Username").doc("Unique in the domain; it can't be changed."),
    Field::new("password", Kind::Secret(1, 40))
        .required_of(STAFF)
        .label("SIP Password")
        .doc("The SIP password. It must be sent by whoever it is shown to."),
    Field::new("primary_number", Kind::Any).doc(
        "The number it calls from: `{\"cc\", \"ac\", \"sn\"}` with country code (1 to 4 digits), area code (0 to 7) and the \
         rest (1 to 31). It comes back with the `number_id`.",
    ),
    Field::new("alias_numbers", Kind::Any)
        .doc("Its other numbers: an array of the same, with `is_devid` for those that stand for a device."),
    Field::new("webusername", Kind::Text(1, 127)).doc("The name it logs in to the web with; its user name if none is sent."),
    Field::new("webpassword", Kind::Secret(1, 128)).write_only().doc("The web password; null: no login to the web."),
    Field::new("email", Kind::Email).doc("E-mail address."),
    Field::new("timezone", Kind::Text(0, 80)).doc("Time zone, such as Europe/Vienna."),
    Field::new("status", Kind::Enum(&["active", "locked", "terminated"]))
        .doc("`active` if none is sent. `locked` sets the lock level 4, `terminated` ends the subscriber."),
    Field::new("lock", Kind::EnumInt(&[0, 1, 2, 3, 4, 5]))
        .doc("0: none, 1: no foreign calls, 2: no outgoing ones, 3: none at all, 4: global, 5: ported. A string when read."),
    Field::new("administrative", Kind::Bool).doc("Whether it administers its customer."),
    Field::new("display_name", Kind::Text(0, 128)).doc("What callees are shown."),
    Field::new("external_id", Kind::Text(0, 255)).doc("The id that another system knows it by."),
    Field::new("profile_set_id", Kind::PosInt)
        .doc("The set of its profile, one of its reseller. A subscriber that the customer makes itself has the pilot's."),
    Field::new("profile_id", Kind::PosInt)
        .doc("Its profile, one of the set: it sees and sets only what the profile names. If none is sent, the set's default."),
    Field::new("is_pbx_pilot", Kind::Bool).doc("Whether it is the pilot of the customer's PBX. Only for a PBX."),
    Field::new("is_pbx_group", Kind::Bool).doc("Whether it is a group. Only for a PBX."),
    Field::new("pbx_extension", Kind::Text(1, 31)).doc("Its extension: everybody's but the pilot's. Only for a PBX."),
    Field::new("pbx_group_ids", Kind::List(&Kind::PosInt)).doc("The groups it is a member of, in order. Only for a PBX."),
    Field::new("pbx_groupmember_ids", Kind::List(&Kind::PosInt)).doc("The members of a group, in order."),
    Field::new("pbx_hunt_policy", POLICY).doc("How a group rings its members."),
    Field::new("pbx_hunt_timeout", Kind::PosInt).doc("How many seconds each member of a group rings."),
    Field::new("pbx_hunt_cancel_mode", CANCEL).doc("How calls to members that did not answer are ended."),
    Field::new("cloud_pbx_hunt_policy", POLICY).doc("As `pbx_hunt_policy`."),
    Field::new("cloud_pbx_hunt_timeout", Kind::PosInt).doc("As `pbx_hunt_timeout`."),
    Field::new("cloud_pbx_hunt_cancel_mode", CANCEL).doc("As `pbx_hunt_cancel_mode`."),
    Field::new("uuid", Kind::Text(36, 36)).read_only().seen_by(STAFF).doc("A random id."),
    Field::new("create_timestamp", Kind::Text(0, 25)).read_only().doc("When it was made."),
    Field::new("modify_timestamp", Kind::Text(0, 25)).read_only().doc("When it was last changed."),
];

const POLICY: Kind = Kind::Enum(&["serial", "parallel", "random", "circular"]);
const CANCEL: Kind = Kind::Enum(&["bye", "cancel"]);

const FILTERS: &[Filter] = &[
    Filter::exact("alias", "alias_number").doc("The subscriber that has this number as an alias: all its digits."),
    Filter::exact("alias_number", "alias_number").doc("As `alias`."),
    Filter::exact("profile_id", "profile_id"),
    Filter::wildcard("username", "username"),
    Filter::wildcard("webusername", "webusername"),
    Filter::exact("domain", "domain"),
    Filter::exact("domain_id", "domain_id"),
    Filter::exact("customer_id", "account_id"),
    Filter::exact("customer_external_id", "customer_external_id"),
    Filter::exact("subscriber_external_id", "external_id"),
    Filter::boolean("is_pbx_group", "is_pbx_group"),
    Filter::boolean("is_pbx_pilot", "is_pbx_pilot"),
    Filter::boolean("is_admin", "administrative").doc("Whether it administers its customer."),
    Filter::exact("reseller_id", "reseller_id"),
    Filter::exact("contact_id", "contact_id").doc("The contact of the customer."),
    Filter::wildcard("primary_number", "primary_digits").doc("All digits of the primary number."),
    Filter::exact("pbx_extension", "pbx_extension"),
    Filter::wildcard("display_name", "display_name"),
    Filter::after("create_timestamp_gt", "created_at"),
    Filter::before("create_timestamp_lt", "created_at"),
    Filter::after("modify_timestamp_gt", "modified_at"),
    Filter::before("modify_timestamp_lt", "modified_at"),
];

struct Subscribers;

#[async_trait::async_trait]
impl Behaviour for Subscribers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = subscriber::load(cx.tx, ids).await?;
        let shows_passwords = cx.caller.rights.show_passwords;
        found
            .iter()
            .map(|subscriber| {
                let mut item = show::fields(subscriber);
                if shows_passwords {
                    let password = subscriber.password(&cx.state.sealer)?;
                    item.insert("password".to_owned(), password.map_or(Value::Null, Value::String));
                }
                Ok((subscriber.id.0, item))
            })
            .collect()
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        (name == "uuid").then(|| Condition::Is("uuid", value.replace('-', "").to_ascii_lowercase().into()))
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let customer = read::customer(cx.caller, &input)?;
        subscriber::may_create(cx.tx, cx.caller, customer).await?;
        let new = read::new(customer, cx.verifiers, &input, allow_primary(cx))?;
        let made = subscriber::create(cx.tx, cx.caller, cx.now, &cx.state.sealer, &new).await?;
        Ok(made.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let id = SubscriberId(id);
        let before = subscriber::get(cx.tx, cx.caller, id).await?;
        let password = before.password(&cx.state.sealer)?;
        let change = read::change(cx.caller, cx.verifiers, &before, password.as_deref(), &new, allow_primary(cx))?;
        Ok(subscriber::update(cx.tx, cx.caller, cx.now, &cx.state.sealer, id, &change).await?)
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(subscriber::terminate(cx.tx, cx.caller, cx.now, SubscriberId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        words::refusal(error)
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        serde_json::from_value(record.clone()).map(|subscriber| show::fields(&subscriber)).unwrap_or_default()
    }
}

/// Whether the query lets a new primary number be shown to those that its subscriber calls.
pub(in crate::resource) fn allow_primary(cx: &Cx<'_>) -> bool {
    !matches!(cx.params.get("create_primary_acli"), Some("0" | "false"))
}

/// The country code as the dialect has it: a number.
pub(in crate::resource) fn country_code(split: &Split) -> Value {
    split.cc.parse::<i64>().map_or(Value::Null, Value::from)
}

/// A refusal of one field, in the words of a form.
fn wrong(field: &str, error: &str) -> Failure {
    Refusal::wrong(field, error).into()
}
