//! Signed tokens: JWT with HMAC-SHA-256.
//!
//! What a token says is a dialect's own; each says when it ends, and carries the credential version of whoever it was
//! issued to, so that changing a password ends every token issued before it.

use std::num::ParseIntError;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::keys::Key;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 2_048;

/// What tokens of one kind say.
pub trait TokenClaims: Serialize + DeserializeOwned {
    /// When the token ends, in seconds since 1970 UTC.
    fn expires(&self) -> i64;
}

/// What a token for a login says where a dialect has no claims of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Id of the login; text on the wire, as RFC 7519 wants it.
    #[serde(rename = "sub", serialize_with = "as_text", deserialize_with = "from_text")]
    pub login: i64,
    /// The login's credential version when the token was issued.
    #[serde(rename = "cv")]
    pub version: i64,
    /// When the token ends, in seconds since 1970 UTC.
    #[serde(rename = "exp")]
    pub expires: i64,
}

impl TokenClaims for Claims {
    fn expires(&self) -> i64 {
        self.expires
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, or changed on the way.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
}

/// Issues and verifies tokens under one key.
pub struct Tokens {
    issuing: EncodingKey,
    verifying: DecodingKey,
    rules: Validation,
}

impl Tokens {
    /// With the token key of the key set.
    pub fn new(key: &Key) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.required_spec_claims.clear();
        // Compared in `verify` with the caller's clock.
        rules.validate_exp = false;
        Self {
            issuing: EncodingKey::from_secret(key.reveal()),
            verifying: DecodingKey::from_secret(key.reveal()),
            rules,
        }
    }

    /// Signs the claims.
    ///
    /// # Errors
    /// The claims could not be written as JSON.
    pub fn issue<C: TokenClaims>(&self, claims: &C) -> Result<String, TokenError> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.issuing).map_err(|_| TokenError::Invalid)
    }

    /// What the token says, if it is ours, of that kind, and `now` (seconds since 1970 UTC) is before its end.
    ///
    /// The caller compares the version with that of the login or subscriber.
    ///
    /// # Errors
    /// As [`TokenError`] says.
    pub fn verify<C: TokenClaims>(&self, token: &str, now: i64) -> Result<C, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Invalid);
        }
        let claims =
            jsonwebtoken::decode::<C>(token, &self.verifying, &self.rules).map_err(|_| TokenError::Invalid)?.claims;
        if now < claims.expires() { Ok(claims) } else { Err(TokenError::Expired) }
    }
}

fn as_text<S: Serializer>(login: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(login)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|error: ParseIntError| serde::de::Error::custom(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeySet;

    const CLAIMS: Claims = Claims { login: 7, version: 3, expires: 1_000 };

    fn tokens() -> Tokens {
        Tokens::new(&KeySet::generate().unwrap().token)
    }

    fn verified(tokens: &Tokens, token: &str, now: i64) -> Result<Claims, TokenError> {
        tokens.verify(token, now)
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Others {
        id: i64,
        exp: i64,
    }

    impl TokenClaims for Others {
        fn expires(&self) -> i64 {
            self.exp
        }
    }

    #[test]
    fn holds_until_its_end() {
        let tokens = tokens();
        let token = tokens.issue(&CLAIMS).unwrap();
        assert_eq!(verified(&tokens, &token, 999), Ok(CLAIMS));
        assert_eq!(verified(&tokens, &token, 1_000), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_one_kind_is_none_of_another() {
        let tokens = tokens();
        let token = tokens.issue(&Others { id: 7, exp: 1_000 }).unwrap();
        assert_eq!(tokens.verify(&token, 999), Ok(Others { id: 7, exp: 1_000 }));
        assert_eq!(verified(&tokens, &token, 999), Err(TokenError::Invalid));
        let token = tokens.issue(&CLAIMS).unwrap();
        assert_eq!(tokens.verify::<Others>(&token, 999), Err(TokenError::Invalid));
    }

    #[test]
    fn refuses_what_is_not_ours() {
        let token = tokens().issue(&CLAIMS).unwrap();
        let ours = tokens();
        assert_eq!(verified(&ours, &token, 0), Err(TokenError::Invalid), "another key");
        let token = ours.issue(&CLAIMS).unwrap();
        let (head, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(verified(&ours, &format!("{head}."), 0), Err(TokenError::Invalid), "no signature");
        assert_eq!(verified(&ours, &format!("{head}x.{signature}"), 0), Err(TokenError::Invalid), "changed");
        assert_eq!(verified(&ours, "", 0), Err(TokenError::Invalid));
        assert_eq!(verified(&ours, &"a".repeat(100_000), 0), Err(TokenError::Invalid));
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", token.split('.').nth(1).unwrap());
        assert_eq!(verified(&ours, &unsigned, 0), Err(TokenError::Invalid), "algorithm none");
    }
}
