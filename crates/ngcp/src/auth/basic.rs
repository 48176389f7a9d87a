//! User name and password as `Authorization: Basic` carries them (RFC 7617, in UTF-8).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Basic {
    pub(crate) username: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Basic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Basic({}, ***)", self.username)
    }
}

impl Basic {
    /// A user name and a password; none where the user name is empty or has control characters.
    pub(super) fn new(username: &str, password: &str) -> Option<Basic> {
        let fits = !username.is_empty() && !username.chars().any(char::is_control);
        fits.then(|| Basic { username: username.to_owned(), password: password.to_owned() })
    }

    /// Reads what stands after `Basic`; none where it is not in that form, or where there is no user name that can be one.
    pub(super) fn read(encoded: &str) -> Option<Basic> {
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (username, password) = text.split_once(':')?;
        Basic::new(username, password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_send() {
        for (encoded, read) in [
            ("YWxpY2U6c2VjcmV0", Some(("alice", "secret"))),
            ("YWxpY2U6YTpi", Some(("alice", "a:b"))),
            ("YWxpY2U6", Some(("alice", ""))),
            ("OnNlY3JldA==", None),
            ("YWxpY2U=", None),
            ("YWxpY2U6/w==", None),
            ("YWwAaWNlOng=", None),
            ("not base64", None),
            ("", None),
        ] {
            let found = Basic::read(encoded);
            assert_eq!(found.as_ref().map(|b| (b.username.as_str(), b.password.as_str())), read, "{encoded}");
        }
        assert_eq!(format!("{:?}", Basic::read("YWxpY2U6c2VjcmV0").unwrap()), "Basic(alice, ***)");
    }
}
