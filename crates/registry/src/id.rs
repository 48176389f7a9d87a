//! Ids of records, one type for each kind, so that they can't be mixed up.

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for store::Val {
            fn from(id: $name) -> store::Val {
                store::Val::Int(id.0)
            }
        }

        impl store::FromVal for $name {
            const WANTED: &'static str = "an id";
            fn from_val(value: &store::Val) -> Option<Self> {
                i64::from_val(value).map($name)
            }
        }
    )*};
}

ids! {
    /// An account: the operator, a reseller, a customer.
    AccountId;
    /// A login: the credentials of a person or program.
    LoginId;
    /// A pool of numbers sold alike.
    PoolId;
    /// A number class.
    ClassId;
    /// A number.
    NumberId;
    /// A reservation of a number.
    ReservationId;
    /// A vendor.
    VendorId;
    /// A link from a pool to a vendor's group.
    LinkId;
    /// An order: one call to one vendor.
    OrderId;
    /// A refill: the orders that bring one pool to its minimum.
    RefillId;
    /// A job.
    JobId;
    /// An import.
    ImportId;
    /// A running server.
    ServerId;
    /// A contact: a person or company that an account's papers name.
    ContactId;
    /// A billing profile: a price list for calls.
    ProfileId;
    /// A network that billing profiles hold for.
    NetworkId;
    /// A profile package.
    PackageId;
    /// A voucher.
    VoucherId;
    /// An entry in the log of top-ups.
    TopupLogId;
    /// A zone of a billing profile.
    ZoneId;
    /// A fee of a billing profile.
    FeeId;
    /// A SIP domain.
    DomainId;
    /// A subscriber: a SIP account.
    SubscriberId;
    /// A destination, time, source or B-number set of call forwards.
    ForwardSetId;
    /// A reminder.
    ReminderId;
    /// The greeting of a voice box.
    GreetingId;
    /// An interception.
    InterceptionId;
    /// An entry of a phonebook.
    PhonebookEntryId;
    /// A set of times.
    TimeSetId;
    /// A carrier that numbers are ported to.
    LnpCarrierId;
    /// A number that was ported.
    LnpNumberId;
    /// An import of ported numbers.
    LnpImportId;
    /// Money that is held for something under way.
    CreditHoldId;
    /// A period in which a customer cost more than its limit.
    FraudEventId;
    /// Something that happened to a subscriber.
    SubscriberEventId;
    /// A set of prompts.
    SoundSetId;
    /// What a sound set plays for a handle.
    SoundFileId;
    /// A template of a mail.
    EmailTemplateId;
    /// A template of invoices.
    InvoiceTemplateId;
    /// The branding of a reseller.
    BrandingId;
    /// A container of emergency mappings.
    EmergencyContainerId;
    /// An emergency mapping.
    EmergencyMappingId;
    /// A provisioning template.
    ProvisioningTemplateId;
    /// A set of subscriber profiles.
    ProfileSetId;
    /// A subscriber profile.
    SubscriberProfileId;
    /// An NCOS level.
    NcosLevelId;
    /// A pattern of an NCOS level.
    NcosPatternId;
    /// A carrier that an NCOS level names.
    NcosCarrierId;
    /// A pattern of such a carrier.
    NcosLnpPatternId;
    /// An attribute of preferences that was added.
    AttributeId;
    /// A group of peering servers.
    PeeringGroupId;
    /// A peering server.
    PeeringServerId;
    /// A rule of calls that leave by a peering group.
    PeeringRuleId;
    /// A rule of calls that come in from a peering group.
    PeeringInboundRuleId;
    /// An address that a subscriber is believed to call from.
    TrustedSourceId;
    /// A place of a customer.
    LocationId;
    /// What becomes of calls to a subscriber's phones.
    LocationMappingId;
    /// A set of rules that rewrite numbers.
    RewriteSetId;
    /// A rule that rewrites numbers.
    RewriteRuleId;
    /// A set of rules for headers.
    HeaderRuleSetId;
    /// A rule for headers.
    HeaderRuleId;
    /// A condition of a rule for headers.
    HeaderConditionId;
    /// An action of a rule for headers.
    HeaderActionId;
    /// A number that stands in for user-provided ones.
    UpnRewriteSetId;
    /// A DNS zone.
    DnsZoneId;
    /// A record of a DNS zone.
    DnsRecordId;
    /// A fancy record of a DNS zone.
    FancyRecordId;
    /// A range of ENUM numbers.
    EnumRangeId;
    /// An ENUM number.
    EnumNumberId;
    /// A mapping of an ENUM number.
    EnumMappingId;
    /// Rating profiles of an entity.
    RatingProfileId;
    /// A SIP alias.
    SipAliasId;
    /// A trusted peer.
    TrustedPeerId;
    /// A carrier of calls to the telephone network.
    PstnCarrierId;
    /// A gateway of such a carrier.
    PstnGatewayId;
    /// A rule of such a gateway.
    GatewayRuleId;
    /// A route to such a carrier.
    PstnRouteId;
}

impl AccountId {
    /// The operator of the installation: the root of the tree.
    pub const OPERATOR: AccountId = AccountId(0);
    /// The reseller that whoever is created under the operator goes below.
    pub const DEFAULT_RESELLER: AccountId = AccountId(1);
}

/// A random UUID (RFC 4122, version 4) as 32 hexadecimal digits.
pub(crate) fn uuid() -> String {
    let random = rand::random::<u128>();
    let version = 0x4 << 76;
    let variant = 0b10 << 62;
    format!("{:032x}", random & !(0xf << 76) & !(0b11 << 62) | version | variant)
}
