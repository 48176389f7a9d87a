//! What a resource declares of itself: fields, verbs and roles, filters, links; and what it does.
//!
//! Validation, HAL, paging, `OPTIONS`, the documentation and the OpenAPI document all follow from this one declaration.

use registry::Role;
use registry::listing::Source;
use serde_json::Value;

use super::behaviour::{Behaviour, Nothing};
use super::filter::{Filter, Link};

/// The fields of an item, as on the wire.
pub(crate) type Item = serde_json::Map<String, Value>;

/// What can be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    /// `GET` of the collection.
    List,
    /// `GET` of an item.
    Get,
    /// `POST` to the collection.
    Create,
    /// `PUT` of an item.
    Replace,
    /// `PATCH` of an item.
    Modify,
    /// `DELETE` of an item.
    Delete,
    /// `DELETE` of the collection: of the items that the query names.
    Clear,
}

/// Roles that see the panel of a reseller or of the operator.
pub(crate) const STAFF: &[Role] = &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care];
/// Administrators and resellers.
pub(crate) const SELLERS: &[Role] = &[Role::Admin, Role::Reseller];
/// Administrators only.
pub(crate) const ADMIN: &[Role] = &[Role::Admin];
/// Whoever can log in, but for those who intercept.
pub(crate) const EVERYONE: &[Role] =
    &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::SubscriberAdmin, Role::Subscriber];

/// Which operations a JSON Patch may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchOps {
    /// `replace` and `copy`.
    ReplaceCopy,
    /// `add`, `replace`, `remove` and `copy`, with the extensions `mode`, `value` and `index`.
    All,
}

/// What `POST` answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// Always an empty body.
    Empty,
    /// The item, if `Prefer: return=representation` asks for it.
    Representation,
}

/// A resource of the API. Write it as `Resource { name: …, ..Resource::DEFAULT }`.
pub(crate) struct Resource {
    /// Its path and the name of its relation, such as `customercontacts`.
    pub(crate) name: &'static str,
    /// What an item is called in `Entity '…' not found.`
    pub(crate) singular: &'static str,
    /// Its title in the documentation.
    pub(crate) title: &'static str,
    /// What it is and what it enforces, for the documentation.
    pub(crate) doc: &'static str,
    /// Its fields.
    pub(crate) fields: &'static [Field],
    /// Whether fields that are not declared are kept (else they are dropped).
    pub(crate) open: bool,
    /// Whether `PUT` replaces the whole item (else what is left out keeps its value).
    pub(crate) put_replaces: bool,
    /// What can be done, and by whom.
    pub(crate) verbs: &'static [(Verb, &'static [Role])],
    /// Query parameters that filter the collection.
    pub(crate) filters: &'static [Filter],
    /// Other query parameters, with what they do, for the documentation.
    pub(crate) parameters: &'static [(&'static str, &'static str)],
    /// Relations of an item.
    pub(crate) links: &'static [Link],
    /// The registry's journal of its items, if they have one: the kind of record.
    pub(crate) journal: Option<&'static str>,
    /// Which operations a patch may have.
    pub(crate) patch: PatchOps,
    /// What `POST` answers with.
    pub(crate) created: Created,
    /// Whether items link to themselves under their own relation.
    pub(crate) links_itself: bool,
    /// Whether the relations in an item's `Link` headers begin with `item`.
    pub(crate) item_rels: bool,
    /// Whether a collection links to its items.
    pub(crate) lists_links: bool,
    /// Whether items carry their id; else it is only in their links.
    pub(crate) shows_id: bool,
    /// Whether it is one document rather than a collection.
    pub(crate) single: bool,
    /// Whether items have items of their own: a path with both ids is an item whose id is both with a slash between them.
    pub(crate) nested: bool,
    /// Whether a change of it may have left work for the installation's own workers, which then look at once.
    pub(crate) wakes: bool,
    /// Whether its `POST` only asks: what answers it then reads, and can't write.
    pub(crate) asks: bool,
    /// Whether it can be called without logging in.
    pub(crate) public: bool,
    /// Whether it gives callers the secret of their second factor, so that a password is enough to call it.
    pub(crate) enrols: bool,
    /// Who sees it although nothing can be done with it.
    pub(crate) named_for: &'static [Role],
    /// What bodies may be written in beside JSON, by what they are for.
    pub(crate) takes: &'static [(Verb, &'static str)],
    /// What answers may be written in beside HAL, by what they answer.
    pub(crate) gives: &'static [(Verb, &'static str)],
    /// The part with a file that bodies of several parts have beside the JSON; none: there are no such bodies.
    pub(crate) upload: Option<&'static str>,
    /// The list that its collection shows.
    pub(crate) source: Option<&'static Source>,
    /// A body for the documentation's example of `POST`, or of the item where nothing is posted.
    pub(crate) example: &'static str,
    /// What it does.
    pub(crate) behaviour: &'static dyn Behaviour,
}

impl Resource {
    /// The usual: a collection of plain items without links or journal.
    pub(crate) const DEFAULT: Resource = Resource {
        name: "",
        singular: "",
        title: "",
        doc: "",
        fields: &[],
        open: false,
        put_replaces: false,
        verbs: &[],
        filters: &[],
        parameters: &[],
        links: &[],
        journal: None,
        patch: PatchOps::ReplaceCopy,
        created: Created::Empty,
        links_itself: false,
        item_rels: false,
        lists_links: true,
        shows_id: true,
        single: false,
        nested: false,
        wakes: false,
        asks: false,
        public: false,
        enrols: false,
        named_for: &[],
        takes: &[],
        gives: &[],
        upload: None,
        source: None,
        example: "",
        behaviour: &Nothing,
    };

    /// Who may do that; none: it can't be done.
    pub(crate) fn roles(&self, verb: Verb) -> Option<&'static [Role]> {
        self.verbs.iter().find(|(of, _)| *of == verb).map(|(_, roles)| *roles)
    }

    /// Whether a caller of that role sees the resource at all.
    pub(crate) fn is_for(&self, role: Role) -> bool {
        self.verbs.iter().any(|(_, roles)| roles.contains(&role)) || self.named_for.contains(&role)
    }

    /// The HTTP methods of the collection or of an item, as `OPTIONS` lists them.
    pub(crate) fn methods(&self, of_item: bool, role: Option<Role>) -> Vec<&'static str> {
        let has = |verb| self.roles(verb).is_some_and(|roles| role.is_none_or(|role| roles.contains(&role)));
        let mut methods = Vec::new();
        let verbs: &[(Verb, &str)] = if of_item {
            &[(Verb::Get, "GET"), (Verb::Replace, "PUT"), (Verb::Modify, "PATCH"), (Verb::Delete, "DELETE")]
        } else {
            &[(Verb::List, "GET"), (Verb::Create, "POST"), (Verb::Clear, "DELETE")]
        };
        for (verb, method) in verbs {
            if has(*verb) {
                methods.push(*method);
            }
        }
        methods.push("OPTIONS");
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods
    }

    /// Whether a body of that type may be sent, for what its verb is.
    pub(crate) fn takes(&self, verb: Verb, media_type: &str) -> bool {
        self.takes.contains(&(verb, media_type))
    }

    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A field of an item.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether it must be there in `POST` and `PUT`.
    pub(crate) required: bool,
    /// Which roles have to send it.
    pub(crate) required_of: Option<&'static [Role]>,
    /// Whether it can be written.
    pub(crate) writable: bool,
    /// Whether it is shown.
    pub(crate) readable: bool,
    /// Whether it is the reseller that the item belongs to: set to a reseller's own, and asked of administrators.
    pub(crate) of_reseller: bool,
    /// What messages call it; empty: its name.
    pub(crate) label: &'static str,
    /// Which roles see it; none: all.
    pub(crate) seen_by: Option<&'static [Role]>,
    /// What it means.
    pub(crate) doc: &'static str,
}

impl Field {
    /// A field that may be left out.
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Field {
        Field {
            name,
            kind,
            required: false,
            required_of: None,
            writable: true,
            readable: true,
            of_reseller: false,
            label: "",
            seen_by: None,
            doc: "",
        }
    }

    /// The id of an item.
    pub(crate) const ID: Field = Field::new("id", Kind::Int).read_only().doc("The id.");

    /// The reseller that an item belongs to.
    pub(crate) const RESELLER: Field = Field {
        of_reseller: true,
        ..Field::new("reseller_id", Kind::PosInt)
            .required()
            .label("Reseller")
            .doc("The reseller it belongs to. Resellers need not send it: it is always their own.")
    };

    /// It must be there.
    pub(crate) const fn required(self) -> Field {
        Field { required: true, ..self }
    }

    /// It is shown, and ignored when it is sent.
    pub(crate) const fn read_only(self) -> Field {
        Field { writable: false, ..self }
    }

    /// It is never shown.
    pub(crate) const fn write_only(self) -> Field {
        Field { readable: false, ..self }
    }

    /// What messages call it.
    pub(crate) const fn label(self, label: &'static str) -> Field {
        Field { label, ..self }
    }

    /// Which roles see it.
    pub(crate) const fn seen_by(self, roles: &'static [Role]) -> Field {
        Field { seen_by: Some(roles), ..self }
    }

    /// It must be there when one of these roles writes.
    pub(crate) const fn required_of(self, roles: &'static [Role]) -> Field {
        Field { required_of: Some(roles), ..self }
    }

    /// Whether that role has to send it.
    pub(crate) fn is_required(&self, role: Role) -> bool {
        self.required || self.required_of.is_some_and(|roles| roles.contains(&role))
    }

    /// Whether messages never repeat it.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(..))
    }

    /// What it means.
    pub(crate) const fn doc(self, doc: &'static str) -> Field {
        Field { doc, ..self }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// An integer.
    Int,
    /// An integer above zero.
    PosInt,
    /// An integer from the first to the second.
    IntRange(i64, i64),
    /// A number.
    Float,
    /// A number from the first to the second.
    FloatRange(f64, f64),
    /// True or false; also 0, 1, "0", "1", "true" and "false".
    Bool,
    /// Text of so many characters.
    Text(usize, usize),
    /// One of these texts.
    Enum(&'static [&'static str]),
    /// One of these integers.
    EnumInt(&'static [i64]),
    /// An e-mail address of at most 255 characters.
    Email,
    /// Letters, digits and `_`, at most 63.
    Handle,
    /// A user name of a SIP URI, at most 127 characters.
    Username,
    /// A name of the time zone database.
    TimeZone,
    /// A secret of so many characters: never repeated in a message.
    Secret(usize, usize),
    /// `YYYY-MM-DD HH:MM:SS`, also with a `T`, in UTC.
    Timestamp,
    /// An object with these fields; others in it are dropped.
    Object(&'static [Field]),
    /// An array.
    List(&'static Kind),
    /// Whatever JSON it is; the resource checks it.
    Any,
}

impl Kind {
    /// Whether it is a secret, or has one in it.
    pub(crate) fn holds_secret(&self) -> bool {
        match self {
            Kind::Secret(..) => true,
            Kind::List(member) => member.holds_secret(),
            Kind::Object(fields) => fields.iter().any(|field| field.kind.holds_secret()),
            _ => false,
        }
    }
}
