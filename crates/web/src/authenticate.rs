//! Finds out who is calling, by password or by token, the same for every dialect.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use registry::id::LoginId;
use registry::login::{self, Login};
use registry::{Clock, Error, Result};
use store::Db;

use crate::{Claims, Tokens, VerifiedCache};

/// How long a token holds, in seconds: a day.
pub const TOKEN_LIFE: i64 = 86_400;

/// A verifier that costs what a login's costs, for user names that are not known: how long a refusal takes must not tell
/// which names exist.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3Ryb3dnZXIgbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The id under which unknown user names wait for their turn; no login has it.
const NO_LOGIN: i64 = -1;

/// Finds out who is calling. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    cache: VerifiedCache,
    tokens: Tokens,
}

impl Authenticator {
    /// Over the logins of a registry, with a memory of verified passwords and a key for tokens.
    pub fn new(db: Db, clock: Clock, cache: VerifiedCache, tokens: Tokens) -> Self {
        Self(Arc::new(Parts { db, clock, cache, tokens }))
    }

    /// The login of that user name, if the password is its own. A refusal takes as long for a name that does not exist.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`]; those of the database.
    pub async fn password(&self, username: &str, password: &str) -> Result<Login> {
        let owned = password.to_owned();
        match login::candidate(&mut self.0.db.reader(), username).await {
            Ok(candidate) => {
                let login::Candidate { login, verifier } = candidate;
                let verify = move || verifier.verify(&owned);
                let right = self.0.cache.check(login.id.0, login.credential_version, password, verify).await;
                if right { Ok(login) } else { Err(Error::NotAuthenticated) }
            }
            Err(Error::NotAuthenticated) => {
                let verify = move || nobody(&owned);
                self.0.cache.check(NO_LOGIN, 0, password, verify).await;
                Err(Error::NotAuthenticated)
            }
            Err(error) => Err(error),
        }
    }

    /// A token for a login whose credentials were checked, and when it ends, in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`Error::Internal`] where it can't be signed.
    pub fn issue(&self, login: &Login) -> Result<(String, i64)> {
        let expires = self.seconds() + TOKEN_LIFE;
        let claims = Claims { login: login.id.0, version: login.credential_version, expires };
        let token = self.0.tokens.issue(&claims).map_err(|error| Error::Internal(format!("token: {error}")))?;
        Ok((token, expires))
    }

    /// The login that a token was issued to, if its time is not over and its credentials are still the same: they are
    /// read each time.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`]; those of the database.
    pub async fn token(&self, token: &str) -> Result<Login> {
        let claims = self.0.tokens.verify(token, self.seconds()).map_err(|_| Error::NotAuthenticated)?;
        login::by_token(&mut self.0.db.reader(), LoginId(claims.login), claims.version).await
    }

    fn seconds(&self) -> i64 {
        self.0.clock.now().div_euclid(registry::clock::SECOND)
    }
}

/// Does the work of a verification, and refuses.
fn nobody(password: &str) -> bool {
    if let Ok(hash) = PasswordHash::new(NOBODY) {
        // Whatever comes out of it.
        let _ = Argon2::default().verify_password(password.as_bytes(), &hash);
    }
    false
}

#[cfg(test)]
mod tests {
    use registry::id::AccountId;
    use registry::login::Credentials;
    use registry::{Caller, MIGRATIONS, Role};
    use store::testing::TestDb;

    use super::*;
    use crate::KeySet;

    const NOW: i64 = 1_780_000_000_000_000;

    fn authenticator(test: &TestDb, clock: &Clock) -> Authenticator {
        let tokens = Tokens::new(&KeySet::generate().unwrap().token);
        Authenticator::new(test.db.clone(), clock.clone(), VerifiedCache::new(), tokens)
    }

    async fn started(test: &TestDb) {
        store::migrate(&test.db, MIGRATIONS, NOW).await.unwrap();
        let credentials = Credentials::new("administrator", "correct horse").unwrap();
        registry::bootstrap(&test.db, NOW, &credentials).await.unwrap();
    }

    fn refused<T>(result: Result<T>) -> bool {
        matches!(result, Err(Error::NotAuthenticated))
    }

    store::on_both! {
        async fn passwords_and_tokens(db: TestDb) {
            started(&db).await;
            let clock = Clock::fixed(NOW);
            let door = authenticator(&db, &clock);

            let login = door.password("administrator", "correct horse").await.unwrap();
            assert_eq!((login.role, login.account_id), (Role::Admin, AccountId::OPERATOR));
            assert!(refused(door.password("administrator", "Correct horse").await));
            assert!(refused(door.password("administrator", "").await));
            assert!(refused(door.password("nobody", "correct horse").await));
            assert!(refused(door.password("", "").await));

            let (token, expires) = door.issue(&login).unwrap();
            assert_eq!(expires, NOW / 1_000_000 + TOKEN_LIFE);
            assert_eq!(door.token(&token).await.unwrap().username, "administrator");
            assert!(refused(door.token("").await));
            assert!(refused(authenticator(&db, &clock).token(&token).await), "another key");

            clock.advance(TOKEN_LIFE * 1_000_000 - 1);
            assert!(door.token(&token).await.is_ok(), "the last moment");
            clock.advance(1);
            assert!(refused(door.token(&token).await), "a day later");

            let (token, _) = door.issue(&login).unwrap();
            let changed = Credentials::new("administrator", "battery staple").unwrap();
            let caller = Caller::system("test");
            registry::transaction!(db.db, |tx| login::set_password(tx, &caller, NOW, &changed).await).unwrap();
            assert!(refused(door.token(&token).await), "a new password ends tokens");
            assert!(refused(door.password("administrator", "correct horse").await), "and what was remembered");
            assert!(door.password("administrator", "battery staple").await.is_ok());
        }

        async fn the_verifier_of_nobody_costs_what_others_cost(db: TestDb) {
            started(&db).await;
            let row = db.db.reader().query_one("SELECT password_verifier FROM logins", &[]).await.unwrap();
            let verifier: String = row.at(0).unwrap();
            let cost = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(cost(&verifier), cost(NOBODY));
            assert_eq!(verifier.len() - NOBODY.len(), 2, "salts of 16 bytes and of 15");
            assert!(PasswordHash::new(NOBODY).is_ok());
        }
    }
}
