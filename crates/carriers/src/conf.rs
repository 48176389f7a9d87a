//! Reads `numbervendors.conf`: one vendor a line, `key = Name, Method, Host, User, Password, Destination`.

use std::collections::HashMap;

use crate::secret::Secret;

/// One vendor of the vendors' file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorLine {
    /// The vendor's key: 1 to 64 letters, digits, `_`, `.` or `-`, unique in the file.
    pub key: String,
    /// What people call the vendor; may have spaces.
    pub name: String,
    /// The path of the plugin, or the bare name of a shipped one.
    pub method: String,
    /// The host to connect to; may be empty.
    pub host: String,
    /// The user name at the vendor.
    pub user: String,
    /// The password at the vendor.
    pub password: Secret,
    /// Where the vendor sends the calls: a host with an optional port.
    pub destination: String,
    /// The line of the file that it stands on, from 1.
    pub line: usize,
}

/// A line of the vendors' file that can't be used. It never holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ConfError {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

const FIELDS: [&str; 6] = ["Name", "Method", "Host", "User", "Password", "Destination"];

const LONGEST_KEY: usize = 64;

/// Reads a vendors' file: the lines that can be used, and what is wrong with the others.
///
/// A line whose first visible character is `#` is a comment. Spaces around `=` and commas don't count. All six fields must be there;
/// all but the method may be empty. No field can hold a comma.
#[must_use]
pub fn read_vendors(text: &str) -> (Vec<VendorLine>, Vec<ConfError>) {
    let mut vendors: Vec<VendorLine> = Vec::new();
    let mut errors = Vec::new();
    let mut lines_by_key: HashMap<String, usize> = HashMap::new();
    for (index, content) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (line, content) = (index + 1, content.trim());
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match read_line(content, line) {
            Err(message) => errors.push(ConfError { line, message }),
            Ok(vendor) => match lines_by_key.get(&vendor.key) {
                Some(first) => errors
                    .push(ConfError { line, message: format!("vendor {} already stands on line {first}", vendor.key) }),
                None => {
                    lines_by_key.insert(vendor.key.clone(), line);
                    vendors.push(vendor);
                }
            },
        }
    }
    (vendors, errors)
}

/// Messages repeat nothing of the line but a valid key: in a line that is wrong, the password may stand anywhere.
fn read_line(content: &str, line: usize) -> Result<VendorLine, String> {
    let (key, rest) = content.split_once('=').ok_or_else(|| format!("must be key = {}", FIELDS.join(", ")))?;
    let key = key.trim();
    if key.is_empty()
        || key.len() > LONGEST_KEY
        || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    {
        return Err(format!("the key before '=' must be 1 to {LONGEST_KEY} letters, digits, '_', '.' or '-'"));
    }
    let fields: Vec<&str> = rest.split(',').map(str::trim).collect();
    let Ok([name, method, host, user, password, destination]) = <[&str; 6]>::try_from(fields.as_slice()) else {
        let hint = if fields.len() > FIELDS.len() {
            "; no field can hold a comma"
        } else {
            "; a field may be empty but its comma must be there"
        };
        return Err(format!(
            "vendor {key} has {} of the {} fields {}{hint}",
            fields.len(),
            FIELDS.len(),
            FIELDS.join(", ")
        ));
    };
    if let Some(at) = fields.iter().position(|field| field.contains(char::is_control)) {
        return Err(format!("vendor {key}: {} holds a control character", FIELDS[at]));
    }
    if method.is_empty() {
        return Err(format!("vendor {key}: Method must not be empty"));
    }
    Ok(VendorLine {
        key: key.to_owned(),
        name: name.to_owned(),
        method: method.to_owned(),
        host: host.to_owned(),
        user: user.to_owned(),
        password: Secret::new(password),
        destination: destination.to_owned(),
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_one(text: &str) -> VendorLine {
        let (mut vendors, errors) = read_vendors(text);
        assert_eq!(errors, []);
        assert_eq!(vendors.len(), 1);
        vendors.remove(0)
    }

    fn one_error(text: &str) -> String {
        let (vendors, errors) = read_vendors(text);
        assert_eq!(vendors, []);
        assert_eq!(errors.len(), 1);
        errors[0].to_string()
    }

    #[test]
    fn reads_a_file_as_people_write_it() {
        let text = "\u{feff}# Vendor = Name, Method, Host, User, Password, Destination\r\n\
                    testvendor = Test Vendor, /opt/enswitch/current/sbin/numbervendors/enswitch, api.testvendor.com, testuser, testpassword, sip.myenswitch.com:5060\r\n\
                    \r\n   # another\n\
                    voxbone=Voxbone,/opt/enswitch/current/sbin/numbervendors/voxbone,,testuser,testpassword,sip.myenswitch.com:5060";
        let (vendors, errors) = read_vendors(text);
        assert_eq!(errors, []);
        assert_eq!(
            vendors,
            [
                VendorLine {
                    key: "testvendor".into(),
                    name: "Test Vendor".into(),
                    method: "/opt/enswitch/current/sbin/numbervendors/enswitch".into(),
                    host: "api.testvendor.com".into(),
                    user: "testuser".into(),
                    password: "testpassword".into(),
                    destination: "sip.myenswitch.com:5060".into(),
                    line: 2,
                },
                VendorLine {
                    key: "voxbone".into(),
                    name: "Voxbone".into(),
                    method: "/opt/enswitch/current/sbin/numbervendors/voxbone".into(),
                    host: String::new(),
                    user: "testuser".into(),
                    password: "testpassword".into(),
                    destination: "sip.myenswitch.com:5060".into(),
                    line: 5,
                },
            ]
        );
    }

    #[test]
    fn a_password_may_hold_anything_but_a_comma() {
        let vendor = read_one("a = A, dummy, , u, p=w # \"x' \\, d");
        assert_eq!(vendor.password.reveal(), "p=w # \"x' \\");
        assert_eq!(format!("{vendor:?}").matches("p=w").count(), 0);
    }

    #[test]
    fn fields_may_be_empty_but_not_missing() {
        let vendor = read_one("a =, dummy,,,,");
        assert_eq!((vendor.name.as_str(), vendor.destination.as_str()), ("", ""));
        assert_eq!(
            one_error("a = A, dummy, h, u, p"),
            "line 1: vendor a has 5 of the 6 fields Name, Method, Host, User, Password, Destination; a field may be empty but its comma must be there"
        );
        assert_eq!(
            one_error("\n\na = A, dummy, h, u, p, d, e"),
            "line 3: vendor a has 7 of the 6 fields Name, Method, Host, User, Password, Destination; no field can hold a comma"
        );
        assert_eq!(one_error("a = A, , h, u, p, d"), "line 1: vendor a: Method must not be empty");
    }

    #[test]
    fn keys_are_checked() {
        assert_eq!(
            one_error("A, dummy, h, u, secret, d"),
            "line 1: must be key = Name, Method, Host, User, Password, Destination"
        );
        for key in ["", "a b", "ä", &"a".repeat(65)] {
            assert_eq!(
                one_error(&format!("{key} = A, dummy, h, u, p, d")),
                "line 1: the key before '=' must be 1 to 64 letters, digits, '_', '.' or '-'"
            );
        }
        assert_eq!(read_one("A-z_0.9 = A, dummy, h, u, p, d").key, "A-z_0.9");
    }

    #[test]
    fn one_wrong_line_spoils_no_other() {
        let (vendors, errors) =
            read_vendors("a = A, dummy, h, u, p, d\nnonsense\na = B, dummy, h, u, p, d\nb = B, dummy, h, u, p, d\n");
        assert_eq!(vendors.iter().map(|vendor| vendor.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "line 2: must be key = Name, Method, Host, User, Password, Destination",
                "line 3: vendor a already stands on line 1"
            ]
        );
    }

    #[test]
    fn control_characters_are_refused_without_being_shown() {
        assert_eq!(
            one_error("a = A, dummy, h, u, sec\0ret, d"),
            "line 1: vendor a: Password holds a control character"
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_accounts_for_every_line(text in any::<String>()) {
            let (vendors, errors) = read_vendors(&text);
            prop_assert!(vendors.len() + errors.len() <= text.lines().count());
        }

        #[test]
        fn what_is_written_reads_back(
            key in "[A-Za-z0-9_.-]{1,64}",
            fields in proptest::array::uniform6("([!-+\\--~äöü€]([ -+\\--~äöü€]{0,20}[!-+\\--~äöü€])?)?"),
            gap in " {0,3}",
        ) {
            prop_assume!(!fields[1].is_empty());
            let line = format!("{gap}{key}{gap}={gap}{}", fields.join(&format!("{gap},{gap}")));
            let (vendors, errors) = read_vendors(&line);
            prop_assert_eq!(errors, []);
            let vendor = &vendors[0];
            prop_assert_eq!(&vendor.key, &key);
            let read = [&vendor.name, &vendor.method, &vendor.host, &vendor.user, vendor.password.reveal(), &vendor.destination];
            prop_assert_eq!(read, fields.each_ref().map(String::as_str));
        }

        #[test]
        fn errors_never_hold_the_password(start in "(a *=)?", before in "[a-z,# \0]{0,12}", after in "[a-z,# \0]{0,12}") {
            let (_, errors) = read_vendors(&format!("{start}{before}SECRETWORD{after}"));
            for error in errors {
                prop_assert!(!error.to_string().contains("SECRETWORD"));
            }
        }
    }
}
