//! What can be changed of a SIP account.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::kept::{Kept, WEB_PASSWORD};
use crate::{Error, Result};

/// Most groups of an account.
pub const MOST_GROUPS: usize = 100;
/// Most properties of an account.
pub const MOST_PROPERTIES: usize = 200;
/// Most entries of an ACL.
pub const MOST_ACL: usize = crate::preference::value::MOST_MEMBERS;
/// Most characters of the first and the last name together, with the blank between them.
pub const LONGEST_NAME: usize = 128;
/// Seconds until a call is forwarded that nobody answers, where nothing is said.
pub const ANSWER_TIMEOUT: i64 = 35;
/// The most of them.
pub const LONGEST_TIMEOUT: i64 = 900;

/// The groups that say something of the subscriber, or that the account is prepaid: they are not kept as groups.
pub(super) const MAPPED: [&str; 4] = ["blocked", "prepaid", "anonymous", "anonymous-reject"];

/// Addresses from which requests are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// An IPv4 address.
    pub ip: String,
    /// Bits of it that count: 0 to 32.
    pub mask: i64,
    /// What they are called.
    pub tag: String,
}

/// A name with a value. Its `Debug` output does not show the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=***", self.name)
    }
}

/// What can be changed of a SIP account.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where mail to it goes.
    pub email: Option<String>,
    /// Name in the time zone database.
    pub timezone: Option<String>,
    /// The number that it calls the telephone network with.
    pub caller_id: Option<String>,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// Whether it calls only for money that it has.
    pub prepaid: bool,
    /// Units of the currency that calls to the telephone network may cost in a month; 0: no limit.
    pub quota: i64,
    /// Most calls at a time; 0: no limit of its own.
    pub call_limit: i64,
    /// Seconds until a call is forwarded that nobody answers; 0 stands for the default.
    pub answer_timeout: i64,
    /// What is put before numbers for quick dial.
    pub quickdial_prefix: String,
    /// Code of the region for emergency calls.
    pub region: String,
    /// From where requests are accepted; nothing: from everywhere.
    pub acl: Vec<Acl>,
    /// Whatever else is known of it.
    pub properties: Vec<Named>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            first_name: String::new(),
            last_name: String::new(),
            email: None,
            timezone: None,
            caller_id: None,
            groups: Vec::new(),
            prepaid: false,
            quota: 0,
            call_limit: 0,
            answer_timeout: ANSWER_TIMEOUT,
            quickdial_prefix: String::new(),
            region: String::new(),
            acl: Vec::new(),
            properties: Vec::new(),
        }
    }
}

fn text(field: &'static str, text: &str, most: usize) -> Result<()> {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Error::invalid(field, format!("must have at most {most} characters that can be typed")));
    }
    Ok(())
}

fn number(field: &'static str, value: i64, most: i64) -> Result<()> {
    if (0..=most).contains(&value) { Ok(()) } else { Err(Error::invalid(field, format!("{value} is not 0 to {most}"))) }
}

impl Settings {
    /// Refuses wrong values, and brings the others into one form. E-mail, time zone and caller id are the subscriber's to
    /// check.
    /// What was there `before` may remain, wherever it was set.
    pub(super) fn settle(&mut self, before: Option<&Settings>) -> Result<()> {
        for name in [&mut self.first_name, &mut self.last_name] {
            *name = name.trim().to_owned();
        }
        text("first_name", &self.first_name, LONGEST_NAME)?;
        text("last_name", &self.last_name, LONGEST_NAME)?;
        text("last_name", &self.display_name().unwrap_or_default(), LONGEST_NAME)?;
        text("quickdial_prefix", &self.quickdial_prefix, 32)?;
        text("region", &self.region, 64)?;
        number("quota", self.quota, 1_000_000_000)?;
        number("call_limit", self.call_limit, i64::MAX)?;
        if before.is_none_or(|before| before.answer_timeout != self.answer_timeout) {
            number("answer_timeout", self.answer_timeout, LONGEST_TIMEOUT)?;
        }
        if self.answer_timeout == 0 {
            self.answer_timeout = ANSWER_TIMEOUT;
        }
        for value in [&mut self.email, &mut self.timezone, &mut self.caller_id] {
            *value = value.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        self.settle_groups()?;
        self.settle_acl()?;
        self.settle_properties()
    }

    pub(super) fn settle_groups(&mut self) -> Result<()> {
        let mut seen = BTreeSet::new();
        let groups = std::mem::take(&mut self.groups).into_iter().map(|name| name.trim().to_owned());
        for name in groups.filter(|name| !name.is_empty() && name != "prepaid") {
            check_group(&name)?;
            if seen.insert(name.clone()) {
                self.groups.push(name);
            }
        }
        if self.groups.len() > MOST_GROUPS {
            return Err(Error::invalid("groups", format!("an account is in at most {MOST_GROUPS} groups")));
        }
        // Those that are told from the subscriber come in their order at the end.
        let is_mapped = |name: &String| MAPPED.contains(&name.as_str());
        self.groups.retain(|name| !is_mapped(name));
        if self.prepaid {
            seen.insert("prepaid".to_owned());
        }
        self.groups.extend(MAPPED.iter().filter(|name| seen.contains(**name)).map(|name| (*name).to_owned()));
        Ok(())
    }

    fn settle_acl(&mut self) -> Result<()> {
        if self.acl.len() > MOST_ACL {
            return Err(Error::invalid("acl", format!("an ACL has at most {MOST_ACL} entries")));
        }
        let mut seen = BTreeSet::new();
        for acl in &mut self.acl {
            let wrong = || Error::invalid("acl", format!("`{}/{}` is no IPv4 address with a mask", acl.ip, acl.mask));
            let ip: Ipv4Addr = acl.ip.trim().parse().map_err(|_| wrong())?;
            let mask = u8::try_from(acl.mask).map_err(|_| wrong())?;
            let net = Ipv4Net::new(ip, mask).map_err(|_| wrong())?.trunc();
            text("acl", &acl.tag, 64)?;
            acl.ip = net.addr().to_string();
            if !seen.insert(net) {
                return Err(Error::invalid("acl", format!("`{net}` is there twice")));
            }
        }
        Ok(())
    }

    fn settle_properties(&mut self) -> Result<()> {
        if self.properties.len() > MOST_PROPERTIES {
            return Err(Error::invalid("properties", format!("an account has at most {MOST_PROPERTIES} properties")));
        }
        let mut seen = BTreeSet::new();
        for property in &self.properties {
            text("properties", &property.name, 64)?;
            if property.name.is_empty() || property.value.len() > 1_024 {
                return Err(Error::invalid("properties", "a property has a name, and a value of at most 1024 bytes"));
            }
            if !seen.insert(&property.name) {
                return Err(Error::invalid("properties", format!("`{}` is there twice", property.name)));
            }
        }
        Ok(())
    }

    /// Whether it is in a group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name == group)
    }

    /// What the subscriber is shown as.
    pub(super) fn display_name(&self) -> Option<String> {
        let whole = format!("{} {}", self.first_name, self.last_name).trim().to_owned();
        Some(whole).filter(|name| !name.is_empty())
    }

    /// What is kept here of them.
    pub(super) fn kept(&self) -> Kept {
        let tag = |acl: &Acl| (!acl.tag.is_empty()).then(|| (format!("{}/{}", acl.ip, acl.mask), acl.tag.clone()));
        Kept {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            prepaid: self.prepaid,
            quota: self.quota,
            quickdial_prefix: self.quickdial_prefix.clone(),
            region: self.region.clone(),
            answer_timeout: self.answer_timeout,
            acl_tags: self.acl.iter().filter_map(tag).collect(),
            properties: self.properties.iter().filter(|property| property.name != WEB_PASSWORD).cloned().collect(),
            web_password: self
                .properties
                .iter()
                .find(|property| property.name == WEB_PASSWORD)
                .map(|p| p.value.clone()),
            groups: self.groups.iter().filter(|name| !MAPPED.contains(&name.as_str())).cloned().collect(),
        }
    }
}

/// Refuses what is not the name of a group.
pub(super) fn check_group(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_graphic();
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(Error::invalid("groups", format!("`{name}` must have 1 to 64 characters without blanks")));
    }
    Ok(())
}
