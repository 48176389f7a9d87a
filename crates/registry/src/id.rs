//! Ids of records, one type for each kind, so that they can't be mixed up.

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
