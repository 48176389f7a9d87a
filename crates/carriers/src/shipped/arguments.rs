//! The arguments that every number vendor's plugin is called with.

use std::ffi::OsString;

use crate::secret::Secret;

/// The most numbers that one call may ask for.
const MOST_NUMBERS: u32 = 10_000;

/// The longest reference of an order.
const LONGEST_REFERENCE: usize = 200;

/// What a plugin is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Groups,
    Available,
    Add,
    /// Our extension: what became of the order with a reference.
    Lookup,
    /// Our extension: gives a number back.
    Release,
}

impl Action {
    fn read(text: &str) -> Option<Self> {
        match text {
            "get_groups" => Some(Self::Groups),
            "get_available_numbers_from_group" => Some(Self::Available),
            "add_numbers_from_group" => Some(Self::Add),
            "get_numbers_from_order" => Some(Self::Lookup),
            "release_number" => Some(Self::Release),
            _ => None,
        }
    }
}

/// The arguments, read. An empty value counts as not given.
#[derive(Debug)]
pub(super) struct Arguments {
    /// `-v`: the vendor's key in the caller's configuration.
    pub(super) vendor: String,
    /// `-h`: a host, a host with a port, or a URL.
    pub(super) host: Option<String>,
    /// `-u`
    pub(super) user: String,
    /// `-p`
    pub(super) password: Secret,
    /// `-a`
    pub(super) action: Action,
    /// `-g`
    pub(super) group: Option<String>,
    /// `-d`
    pub(super) destination: Option<String>,
    /// `-c`, 1 if not given.
    pub(super) count: u32,
    /// `-o`, as it was given: in the dial plan of the caller's system.
    pub(super) number: Option<String>,
}

/// All flags of the protocol: vendor, name, host, user, password, action, group, destination, count, one number.
const FLAGS: [&str; 10] = ["-v", "-n", "-h", "-u", "-p", "-a", "-g", "-d", "-c", "-o"];

impl Arguments {
    /// Reads the arguments in any order.
    ///
    /// # Errors
    /// What is wrong, in words that never hold a value: any of them could be the password.
    pub(super) fn read(words: Vec<OsString>) -> Result<Self, String> {
        let mut values: [Option<String>; FLAGS.len()] = Default::default();
        let mut words = words.into_iter().enumerate();
        while let Some((index, flag)) = words.next() {
            let Some(place) = FLAGS.iter().position(|known| flag == *known) else {
                return Err(format!("argument {} is none of the flags {}", index + 1, FLAGS.join(" ")));
            };
            let flag = FLAGS[place];
            let (_, value) = words.next().ok_or_else(|| format!("{flag} needs a value"))?;
            let value = value.into_string().map_err(|_| format!("the value of {flag} is not UTF-8"))?;
            if value.contains(char::is_control) {
                return Err(format!("the value of {flag} holds a control character"));
            }
            if values[place].replace(value).is_some() {
                return Err(format!("{flag} is given twice"));
            }
        }
        let [vendor, _name, host, user, password, action, group, destination, count, number] =
            values.map(|value| value.filter(|value| !value.is_empty()));
        let action = action.ok_or("-a is missing: the action")?;
        let action = Action::read(&action).ok_or("the action after -a is not one that this plugin has")?;
        Ok(Self {
            vendor: vendor.unwrap_or_default(),
            host,
            user: user.unwrap_or_default(),
            password: Secret::new(password.unwrap_or_default()),
            action,
            group,
            destination,
            count: read_count(count.as_deref())?,
            number,
        })
    }
}

fn read_count(text: Option<&str>) -> Result<u32, String> {
    let Some(text) = text else { return Ok(1) };
    text.parse()
        .ok()
        .filter(|count| (1..=MOST_NUMBERS).contains(count))
        .ok_or_else(|| format!("the count after -c must be a number from 1 to {MOST_NUMBERS}"))
}

/// Checks the reference of an order: visible ASCII characters.
///
/// # Errors
/// It is too long or has other characters.
pub(super) fn read_reference(text: OsString) -> Result<String, String> {
    text.into_string()
        .ok()
        .filter(|text| {
            (1..=LONGEST_REFERENCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .ok_or_else(|| format!("STROWGER_ORDER_REFERENCE must be 1 to {LONGEST_REFERENCE} visible ASCII characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Arguments, String> {
        Arguments::read(text.split('|').map(OsString::from).collect())
    }

    #[test]
    fn any_order_and_the_defaults() {
        let all = "-o|2125551212|-c|3|-d|sip.example.com:5060|-g|123|-a|add_numbers_from_group|-p|-p|-u|u|-h|h|-n|A Vendor|-v|v";
        let arguments = read(all).unwrap();
        assert_eq!(arguments.vendor, "v");
        assert_eq!(arguments.host.as_deref(), Some("h"));
        assert_eq!(arguments.user, "u");
        assert_eq!(arguments.password.reveal(), "-p");
        assert_eq!(arguments.action, Action::Add);
        assert_eq!(arguments.group.as_deref(), Some("123"));
        assert_eq!(arguments.destination.as_deref(), Some("sip.example.com:5060"));
        assert_eq!(arguments.count, 3);
        assert_eq!(arguments.number.as_deref(), Some("2125551212"));
        let few = read("-a|get_groups|-d|").unwrap();
        assert_eq!((few.count, few.host, few.destination), (1, None, None));
    }

    #[test]
    fn what_is_wrong_is_said_without_values() {
        let error = |text: &str| read(text).unwrap_err();
        assert_eq!(error("-a|get_groups|-x|1"), "argument 3 is none of the flags -v -n -h -u -p -a -g -d -c -o");
        assert!(!error("hunter22").contains("hunter22"));
        assert_eq!(error("-a"), "-a needs a value");
        assert_eq!(error("-u|u"), "-a is missing: the action");
        assert_eq!(error("-u|u|-u|w"), "-u is given twice");
        assert_eq!(error("-a|sell"), "the action after -a is not one that this plugin has");
        assert_eq!(error("-a|get_groups|-g|a\nb"), "the value of -g holds a control character");
        for count in ["0", "-1", "many", "10001", "1.5"] {
            assert_eq!(
                error(&format!("-a|get_groups|-c|{count}")),
                "the count after -c must be a number from 1 to 10000"
            );
        }
    }

    #[test]
    fn references_are_plain() {
        assert_eq!(read_reference("strowger-00000012".into()).as_deref(), Ok("strowger-00000012"));
        for text in ["", "a b", "a\n", "é"] {
            assert!(read_reference(text.into()).is_err(), "{text:?}");
        }
    }
}
