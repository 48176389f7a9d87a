//! Administrators: the logins of those who run the installation, of resellers, of those who care for customers, and of
//! lawful interception.
//!
//! Beyond storing: login and e-mail address are unique; the role follows from the flags where none is named; only a master
//! manages others, and only of the roles that its own may manage; nobody changes its own permissions or removes itself,
//! and only its owner changes a password; the last administrator stays. Who is not a master sees itself alone. Logins of
//! the operator act for all resellers; the reseller that they are shown with is only noted. `auth_mode` is always
//! `local`. `enable_2fa` asks for a code beside the password; switched off, it forgets the secret of the codes.

use registry::id::{AccountId, LoginId};
use registry::listing::Condition;
use registry::login::{self, ADMINISTRATORS, AclRole, Flags, Login, MAX_PASSWORD, MIN_PASSWORD, Profile};
use registry::{Caller, Error, Role};
use serde_json::{Value, json};

use crate::kernel::{Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, Verb};

/// Who has an administrator's login.
pub(super) const ADMINISTRATIVE: &[Role] = &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::Intercept];

pub(super) static ADMINS: Resource = Resource {
    name: "admins",
    singular: "admin",
    title: "Administrators",
    doc: "Logins of those who run the installation, of resellers and of those who care for customers. A role may be \
          named, or follows from the flags. Masters manage others of their reach; everybody else sees itself.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, ADMINISTRATIVE),
        (Verb::Get, ADMINISTRATIVE),
        (Verb::Create, ADMINISTRATIVE),
        (Verb::Replace, ADMINISTRATIVE),
        (Verb::Modify, ADMINISTRATIVE),
        (Verb::Delete, ADMINISTRATIVE),
    ],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::wildcard("login", "username")],
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&ADMINISTRATORS),
    example: r#"{"login": "ada.lovelace", "password": "a long password", "email": "ada@example.org", "role": "reseller",
                 "reseller_id": 1, "is_master": true}"#,
    behaviour: &Admins,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field { required: false, ..Field::RESELLER },
    Field::new("login", Kind::Text(5, 31)).required().doc("The user name; unique."),
    Field::new("password", Kind::Secret(MIN_PASSWORD, MAX_PASSWORD))
        .write_only()
        .doc("The password; needed for a new administrator, and afterwards only for its owner to change."),
    Field::new("email", Kind::Email).doc("E-mail address; unique."),
    Field::new("role", Kind::Text(0, 31))
        .doc("system, admin, reseller, ccareadmin, ccare or lintercept; if left out it follows from the flags."),
    Field::new("is_superuser", Kind::Bool).doc("It acts for all resellers."),
    Field::new("is_ccare", Kind::Bool).doc("It cares for customers."),
    Field::new("lawful_intercept", Kind::Bool).doc("It intercepts, and has no other role."),
    Field::new("is_system", Kind::Bool).doc("It may make administrators of every role."),
    Field::new("is_master", Kind::Bool).doc("It may manage others."),
    Field::new("is_active", Kind::Bool).doc("It may log in."),
    Field::new("read_only", Kind::Bool).doc("It may look and change nothing."),
    Field::new("show_passwords", Kind::Bool).doc("Passwords of subscribers are shown to it."),
    Field::new("call_data", Kind::Bool).doc("Records of calls are shown to it."),
    Field::new("billing_data", Kind::Bool).doc("What concerns billing is shown to it."),
    Field::new("can_reset_password", Kind::Bool).doc("It may ask for a new password when it has forgotten its own."),
    Field::new("enable_2fa", Kind::Bool).doc(
        "A code is wanted beside the password: see otpsecret. Switched off and on again it begins with a new secret. Doors \
         that have no place for a code refuse such a login.",
    ),
    Field::new("auth_mode", Kind::Enum(&["local"])).read_only().doc("How it is authenticated."),
];

struct Admins;

fn truth(item: &Item, name: &str, default: bool) -> bool {
    item.get(name).and_then(Value::as_bool).unwrap_or(default)
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(Value::as_str)
}

/// The flags from which a role follows.
const DECISIVE: [&str; 4] = ["lawful_intercept", "is_ccare", "is_superuser", "is_system"];

/// The role that the flags make, the first that fits.
fn of_flags(item: &Item) -> Outcome<AclRole> {
    let has = |name: &str| truth(item, name, false);
    if has("lawful_intercept") {
        if ["is_ccare", "is_superuser", "is_system", "is_master"].into_iter().any(has) {
            let message = "Cannot be combined with other privileges";
            return Err(Refusal::invalid_field("lawful_intercept", "1", message).into());
        }
        return Ok(AclRole::Intercept);
    }
    Ok(match (has("is_ccare"), has("is_superuser"), has("is_system")) {
        (true, true, _) => AclRole::CareAdmin,
        (true, false, _) => AclRole::Care,
        (false, _, true) => AclRole::System,
        (false, true, false) => AclRole::Admin,
        (false, false, false) => AclRole::Reseller,
    })
}

/// The role in a checked body, and whether it is one of the system.
fn role(old: Option<&Item>, new: &Item) -> Outcome<(AclRole, bool)> {
    let named = |name: &str| -> Outcome<AclRole> {
        name.parse().map_err(|_| Refusal::new(422, format!("Unknown role: {name}")).into())
    };
    let changed = |name: &str| old.is_none_or(|old| old.get(name) != new.get(name));
    match text(new, "role") {
        Some(name) if changed("role") => named(name).map(|role| (role, role == AclRole::System)),
        Some(name) if !DECISIVE.into_iter().any(changed) => Ok((named(name)?, truth(new, "is_system", false))),
        _ => of_flags(new).map(|role| (role, truth(new, "is_system", false))),
    }
}

/// What a checked body makes of an administrator.
fn profile(cx: &Cx<'_>, old: Option<&Item>, new: &Item) -> Outcome<Profile> {
    let (acl_role, system) = role(old, new)?;
    let own = match cx.caller.account {
        AccountId::OPERATOR => AccountId::DEFAULT_RESELLER,
        own => own,
    };
    Ok(Profile {
        username: text(new, "login").unwrap_or_default().to_owned(),
        email: text(new, "email").map(str::to_owned),
        reseller_id: new.get("reseller_id").and_then(Value::as_i64).map_or(own, AccountId),
        acl_role,
        active: truth(new, "is_active", true),
        flags: Flags {
            system,
            master: truth(new, "is_master", false),
            read_only: truth(new, "read_only", false),
            show_passwords: truth(new, "show_passwords", true),
            call_data: truth(new, "call_data", false),
            billing_data: truth(new, "billing_data", true),
            can_reset_password: truth(new, "can_reset_password", true),
            enable_2fa: truth(new, "enable_2fa", false),
        },
    })
}

fn fields(login: &Login) -> Item {
    let (role, f) = (login.role, &login.flags);
    let item = json!({
        "id": login.id,
        "reseller_id": login.reseller_id,
        "login": login.username,
        "email": login.email,
        "role": login.acl_role.map(AclRole::as_str),
        "is_superuser": matches!(role, Role::Admin | Role::CareAdmin),
        "is_ccare": matches!(role, Role::CareAdmin | Role::Care),
        "lawful_intercept": role == Role::Intercept,
        "is_system": f.system,
        "is_master": f.master,
        "is_active": login.active,
        "read_only": f.read_only,
        "show_passwords": f.show_passwords,
        "call_data": f.call_data,
        "billing_data": f.billing_data,
        "can_reset_password": f.can_reset_password,
        "enable_2fa": f.enable_2fa,
        "auth_mode": "local",
        // Never shown; it is there to be replaced by a patch.
        "password": null,
    });
    match item {
        Value::Object(fields) => fields,
        _ => Item::new(),
    }
}

#[async_trait::async_trait]
impl Behaviour for Admins {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok(login::load(cx.tx, ids).await?.iter().map(|login| (login.id.0, fields(login))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let profile = profile(cx, None, &input)?;
        let Some(password) = text(&input, "password") else {
            return Err(Refusal::invalid_field("password", "", "Password field is required").into());
        };
        let credentials = cx.verifiers.login(&profile.username, password)?;
        match login::make(cx.tx, cx.caller, cx.now, &profile, &credentials).await {
            Err(Error::NotAllowed(why)) if why == login::NOT_MASTER => {
                Err(Refusal::new(403, "Cannot create admin without master permissions").into())
            }
            Err(Error::NotAllowed(why)) if why == login::NOT_THIS_ROLE => {
                Err(Refusal::new(403, "Cannot create admin user").into())
            }
            made => Ok(made?.id.0),
        }
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        let profile = profile(cx, Some(old), &new)?;
        let credentials = match text(&new, "password") {
            Some(password) => Some(cx.verifiers.login(&profile.username, password)?),
            None => None,
        };
        login::update(cx.tx, cx.caller, cx.now, LoginId(id), &profile, credentials.as_ref()).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(login::remove(cx.tx, cx.caller, cx.now, LoginId(id)).await?)
    }

    fn narrow(&self, caller: &Caller, _now: i64) -> Vec<Condition> {
        login::narrowing(caller)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        refusal(error)
    }
}

/// The dialect's words for what the registry refuses about administrators.
pub(super) fn refusal(error: &Error) -> Option<Refusal> {
    let forbidden = |message: &str| Some(Refusal::new(403, message));
    match error {
        Error::NotAllowed(why) => match why.as_str() {
            login::OWN_PERMISSIONS => forbidden("User cannot modify own permissions"),
            login::OTHERS_PASSWORD => forbidden("Only own user can change password"),
            login::OWN_LOGIN => forbidden("Cannot delete own user"),
            login::NOT_MASTER | login::NOT_THIS_ROLE => forbidden("Insufficient permissions"),
            _ => None,
        },
        Error::Taken { field: "username", .. } => Some(Refusal::new(422, "Admin with this login already exists")),
        Error::Taken { field: "email", .. } => Some(Refusal::new(422, "Admin with this email already exists")),
        Error::Invalid { field: "username", message } => Some(Refusal::wrong("login", message)),
        _ => None,
    }
}
