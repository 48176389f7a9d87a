//! Profile packages: what a customer's money does over time.
//!
//! Beyond storing: the profiles and networks are the reseller's, and one initial profile has no network; profiles have one
//! currency; thresholds go with what they bring about; a timely duration goes with carry_over_timely; intervals stay as
//! they are while contracts use the package, and then it can't be terminated either. Our decision: amounts are whole
//! cents; of the profiles of a list, which begin together, each is for another network and at most one for none; a package
//! that a voucher which was not used gives can't be terminated.

use registry::Error;
use registry::billing::package::{self, Package};
use registry::id::PackageId;
use registry::listing::Condition;

use crate::kernel::{
    Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Records, Refusal, Resource, SELLERS,
    Verb,
};

pub(super) static PROFILEPACKAGES: Resource = Resource {
    name: "profilepackages",
    singular: "profilepackage",
    title: "Profile packages",
    doc: "What a customer's money does over time: how long balance intervals are and when they begin, what becomes of what \
          is left at their end, what happens when there is too little, and what a top-up brings. Amounts are cents. It is \
          removed by being terminated, which is refused while customers use it or unused vouchers give it.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::wildcard("name", "name")],
    parameters: &[
        ("profile_name", "Packages that name the billing profile of that name."),
        ("network_name", "Packages that name the billing network of that name."),
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("customers", "/api/customers/?profile_package_id={id}"),
        Link::to("billingprofiles", "/api/billingprofiles/{initial_profiles.profile_id}"),
        Link::to("billingnetworks", "/api/billingnetworks/{initial_profiles.network_id}"),
        Link::to("billingprofiles", "/api/billingprofiles/{underrun_profiles.profile_id}"),
        Link::to("billingprofiles", "/api/billingprofiles/{topup_profiles.profile_id}"),
    ],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&package::ALL),
    example: r#"{"reseller_id": 1, "name": "prepaid", "description": "Prepaid, a month", "initial_balance": 500,
        "initial_profiles": [{"profile_id": 1, "network_id": null}], "balance_interval_value": 1,
        "balance_interval_unit": "month", "balance_interval_start_mode": "topup", "carry_over_mode": "carry_over"}"#,
    behaviour: &Packages,
    ..Resource::DEFAULT
};

const UNIT: Kind = Kind::Enum(&["minute", "hour", "day", "week", "month"]);
const LOCK: Kind = Kind::EnumInt(&[0, 1, 2, 3, 4, 5]);
const PROFILES: Kind = Kind::List(&Kind::Object(PROFILE));
const COUNTS: [&str; 2] = ["contract_cnt", "voucher_cnt"];

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("description", Kind::Text(0, 255)).required().doc("What it is."),
    Field::new("initial_balance", Kind::Int).doc("What a new customer has, in cents; not below zero."),
    Field::new("service_charge", Kind::Int).doc("What is kept of each top-up, in cents; not below zero."),
    Field::new("initial_profiles", PROFILES)
        .required()
        .doc("The billing profiles from the beginning: one without a network, and at most one for each network."),
    Field::new("balance_interval_value", Kind::PosInt).required().doc("How many units a balance interval lasts."),
    Field::new("balance_interval_unit", UNIT).required().doc("What balance intervals are measured in."),
    Field::new(
        "balance_interval_start_mode",
        Kind::Enum(&["create", "create_tz", "1st", "1st_tz", "topup", "topup_interval"]),
    )
    .required()
    .doc(
        "Intervals begin on the day the customer was made (create), on the first of a month (1st), in UTC or in the time \
         zone of the customer's contact (…_tz); with each top-up (topup); or with the first one and then one after the \
         other (topup_interval).",
    ),
    Field::new("notopup_discard_intervals", Kind::PosInt)
        .doc("After so many intervals without a top-up what is left is lost; null: never."),
    Field::new("carry_over_mode", Kind::Enum(&["carry_over", "carry_over_timely", "discard"])).required().doc(
        "What becomes of what is left at the end of an interval: it stays, it stays if there was a timely top-up, or it \
         is lost. Debts, and what is held for purchases, stay in any case.",
    ),
    Field::new("timely_duration_value", Kind::PosInt)
        .doc("A top-up is timely so many units before the end of the interval; for carry_over_timely."),
    Field::new("timely_duration_unit", UNIT).doc("What that is measured in."),
    Field::new("underrun_lock_threshold", Kind::Int)
        .doc("Having less than so many cents, by falling or from the beginning, locks the subscribers."),
    Field::new("underrun_lock_level", LOCK)
        .doc("How those are locked then that are locked less; see lock of subscribers."),
    Field::new("underrun_profile_threshold", Kind::Int)
        .doc("Having less than so many cents, by falling or from the beginning, lets the underrun profiles hold."),
    Field::new("underrun_profiles", PROFILES)
        .doc("The billing profiles that hold then, at most one for each network and one without."),
    Field::new("topup_lock_level", LOCK)
        .doc("What a top-up makes of the lock that an underrun has set: 0 takes it off. Other locks stay."),
    Field::new("topup_profiles", PROFILES)
        .doc("The billing profiles that hold from a top-up on, at most one for each network and one without."),
    Field::new("contract_cnt", Kind::Int).read_only().doc("How many contracts that are not terminated use it."),
    Field::new("voucher_cnt", Kind::Int).read_only().doc("How many vouchers give it."),
];

const PROFILE: &[Field] = &[
    Field::new("profile_id", Kind::PosInt).required().doc("The billing profile, one of the same reseller."),
    Field::new("network_id", Kind::PosInt).doc("The billing network it is for; null: all."),
];

const RECORDS: Records<Package> = Records::of(FIELDS);

struct Packages;

#[async_trait::async_trait]
impl Behaviour for Packages {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let mut items = RECORDS.load(cx, ids).await?;
        let (customers, vouchers) = package::usage(cx.tx, ids).await?;
        for (id, item) in &mut items {
            for (name, counts) in COUNTS.into_iter().zip([&customers, &vouchers]) {
                item.insert(name.to_owned(), counts.get(id).copied().unwrap_or_default().into());
            }
        }
        Ok(items)
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        match name {
            "profile_name" => Some(Condition::Is("profile", value.into())),
            "network_name" => Some(Condition::Is("network", value.into())),
            _ => None,
        }
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(package::terminate(cx.tx, cx.caller, cx.now, PackageId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        let message = match error {
            Error::Taken { value, .. } => format!("Profile package '{value}' already exists."),
            Error::Invalid { field: "reseller_id", message } => message.clone(),
            Error::Dangling { field: field @ ("profile_id" | "network_id"), value } => {
                format!("Invalid '{field}' ({value}).")
            }
            Error::Terminated { key, .. } => format!("Invalid 'profile_id' ({key}), already terminated."),
            Error::InUse { .. } => {
                let message = "Cannot terminate a profile package that is still used by contracts or vouchers.";
                return Some(Refusal::new(423, message));
            }
            _ => return None,
        };
        Some(Refusal::new(422, message))
    }
}
