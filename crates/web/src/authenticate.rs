//! Finds out who is calling, by password or by token, the same for every dialect.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use registry::ban::{self, Attempt};
use registry::id::LoginId;
use registry::login::{self, Login, Verifier};
use registry::otp::Taken;
use registry::seal::Sealer;
use registry::{Clock, Error, Result, otp, subscriber, transaction};
use store::Db;

use crate::subjects::Subjects;
use crate::{Claims, TokenClaims, Tokens, VerifiedCache, certificate_digest};

/// How long a token holds, in seconds: a day.
pub const TOKEN_LIFE: i64 = 86_400;

/// A verifier that costs what a login's costs, for user names that are not known: how long a refusal takes must not tell
/// which names exist.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3Ryb3dnZXIgbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The id under which unknown user names wait for their turn; no login has it.
const NO_LOGIN: i64 = -1;

/// Ids of subscribers are counted from here where they stand beside those of logins.
const SUBSCRIBERS: i64 = i64::MIN;

/// Why somebody is not let in.
#[derive(Debug)]
pub enum Denied {
    /// Nobody has these credentials.
    Unknown,
    /// Too many passwords were wrong: none is looked at for a while.
    Banned,
    /// The credentials are right, but whoever they belong to may not log in.
    Barred,
    /// The password is right, but the code that is wanted beside it is wrong, missing or was used before.
    Code,
    /// It could not be found out.
    Failed(Error),
}

impl From<Error> for Denied {
    fn from(error: Error) -> Denied {
        match error {
            Error::NotAuthenticated => Denied::Unknown,
            other => Denied::Failed(other),
        }
    }
}

/// What is done about the second factor of whoever has one.
#[derive(Clone, Copy, Debug)]
pub enum Factor<'a> {
    /// This code was sent, if any, and must be right.
    Code {
        /// Opens the secret that codes are made of.
        sealer: &'a Sealer,
        /// The code.
        code: Option<&'a str>,
    },
    /// None is asked for: only for whoever is about to be given that secret, and for nothing else.
    Later,
}

/// Finds out who is calling. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    cache: VerifiedCache,
    subjects: Subjects,
    tokens: Tokens,
}

impl Authenticator {
    /// Over the logins of a registry, with a memory of verified passwords and a key for tokens.
    pub fn new(db: Db, clock: Clock, cache: VerifiedCache, tokens: Tokens) -> Self {
        Self(Arc::new(Parts { db, clock, cache, subjects: Subjects::new(), tokens }))
    }

    /// The login of that user name, if the password is its own. A refusal takes as long for a name that does not exist.
    ///
    /// Failures are not counted: dialects that know where a request comes from use [`Authenticator::login`]. Nor is there
    /// a place for a code: a login that has a second factor is refused.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`]; those of the database.
    pub async fn password(&self, username: &str, password: &str) -> Result<Login> {
        let admitted = |candidate: &login::Candidate| !candidate.barred && !candidate.login.flags.enable_2fa;
        let found = login::claimed(&mut self.0.db.reader(), username).await?.filter(admitted);
        let known = found.as_ref().map(|c| (c.login.id.0, c.login.credential_version, c.verifier.clone()));
        let admit = async { Ok::<_, Error>(()) };
        let right = self.verified(known, password, admit).await?;
        found.filter(|_| right).map(|candidate| candidate.login).ok_or(Error::NotAuthenticated)
    }

    /// The login that an attempt names, if the password is its own and so is the code, where it has a second factor.
    /// Wrong ones are counted, and too many of a user name or from an address bring a ban.
    ///
    /// # Errors
    /// As [`Denied`] says.
    pub async fn login(
        &self,
        attempt: &Attempt<'_>,
        password: &str,
        factor: Factor<'_>,
    ) -> std::result::Result<Login, Denied> {
        let failures = self.must_not_be_banned(attempt).await?;
        let found = login::claimed(&mut self.0.db.reader(), attempt.username).await?;
        let known = found.as_ref().map(|c| (c.login.id.0, c.login.credential_version, c.verifier.clone()));
        let wants = found.as_ref().filter(|c| c.login.flags.enable_2fa && !c.barred);
        let second = wants.map(|c| (otp::Owner::Login(c.login.id), factor));
        let right = self.attempted(attempt, failures, known, password, second).await?;
        match found {
            Some(candidate) if right && candidate.barred => Err(Denied::Barred),
            // Its first code has renewed it.
            Some(candidate) if right && second.is_some() => {
                let id = candidate.login.id;
                let again = login::claimed(&mut self.0.db.reader(), attempt.username).await?;
                let again = again.filter(|c| c.login.id == id && !c.barred).ok_or(Denied::Unknown)?;
                Ok(again.login)
            }
            Some(candidate) if right => Ok(candidate.login),
            _ => Err(Denied::Unknown),
        }
    }

    /// The subscriber that an attempt names as `user@domain`, if the web password is its own; as [`Authenticator::login`].
    ///
    /// # Errors
    /// As [`Denied`] says.
    pub async fn subscriber(
        &self,
        attempt: &Attempt<'_>,
        user: &str,
        domain: &str,
        password: &str,
        factor: Factor<'_>,
    ) -> std::result::Result<subscriber::Candidate, Denied> {
        let failures = self.must_not_be_banned(attempt).await?;
        let found = match subscriber::candidate(&mut self.0.db.reader(), user, domain).await {
            Ok(candidate) => Some(candidate),
            Err(Error::NotAuthenticated) => None,
            Err(error) => return Err(error.into()),
        };
        let wants = found.as_ref().filter(|c| c.second_factor && !c.barred);
        let second = wants.map(|c| (otp::Owner::Subscriber(c.subscriber_id), factor));
        let known = found.as_ref().map(|c| (SUBSCRIBERS + c.subscriber_id.0, c.credential_version, c.verifier.clone()));
        let right = self.attempted(attempt, failures, known, password, second).await?;
        match found {
            Some(candidate) if right && candidate.barred => Err(Denied::Barred),
            Some(candidate) if right && second.is_some() => {
                let again = subscriber::candidate(&mut self.0.db.reader(), user, domain).await?;
                let same = again.subscriber_id == candidate.subscriber_id && !again.barred;
                if same { Ok(again) } else { Err(Denied::Unknown) }
            }
            Some(candidate) if right => Ok(candidate),
            _ => Err(Denied::Unknown),
        }
    }

    /// The login that a client certificate (in DER, its key proven by the handshake) was issued to.
    ///
    /// # Errors
    /// [`Denied::Unknown`] where it was issued to nobody, was revoked, or the login may not log in.
    pub async fn certificate(&self, der: &[u8]) -> std::result::Result<Login, Denied> {
        Ok(login::by_certificate(&mut self.0.db.reader(), &certificate_digest(der)).await?)
    }

    /// Does work that takes a core and many MiB, such as a verifier of a new password, on a thread that may be busy for a
    /// while: when it is its turn, which it waits for together with all checks of passwords.
    ///
    /// # Errors
    /// [`Error::Internal`] where the work panics.
    pub async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.0.cache.in_turn(work).await.ok_or_else(|| Error::Internal("a password could not be hashed".to_owned()))
    }

    /// Whether the password of an attempt is right, and the code too where there is a second factor, which is then
    /// remembered or counted. `failures` says whether there were some of the user name before.
    async fn attempted(
        &self,
        attempt: &Attempt<'_>,
        mut failures: bool,
        known: Option<(i64, i64, Verifier)>,
        password: &str,
        second: Option<(otp::Owner, Factor<'_>)>,
    ) -> std::result::Result<bool, Denied> {
        // What was found right before does not wait behind somebody's guesses, but a code does.
        let remembered = second.is_none()
            && known.as_ref().is_some_and(|(id, version, _)| self.0.cache.remembers(*id, *version, password));
        let _alone = if remembered { None } else { self.0.subjects.alone(attempt).await };
        if second.is_some() {
            failures = self.must_not_be_banned(attempt).await?;
        }
        // While this one waited, others may have brought a ban.
        let admit = async {
            failures = self.must_not_be_banned(attempt).await?;
            Ok::<_, Denied>(())
        };
        let right = self.verified(known, password, admit).await?;
        match second {
            // Failures are not forgotten for the password alone, or guesses at the code would never be too many. Where no
            // code was sent, none was guessed, nor was one that was right before.
            Some((_, Factor::Later)) if right => Ok(true),
            Some((_, Factor::Code { code: None, .. })) if right => Err(Denied::Code),
            Some((owner, Factor::Code { sealer, code: Some(code) })) if right => {
                let (db, now) = (&self.0.db, self.0.clock.now());
                match transaction!(db, |tx| otp::take(tx, sealer, now, owner, code).await)? {
                    Taken::Right => {
                        self.note(attempt, true, failures).await?;
                        Ok(true)
                    }
                    Taken::Used => Err(Denied::Code),
                    Taken::Wrong => {
                        self.note(attempt, false, failures).await?;
                        Err(Denied::Code)
                    }
                }
            }
            _ => {
                self.note(attempt, right, failures).await?;
                Ok(right)
            }
        }
    }

    /// Says whether failures of the user name are remembered.
    async fn must_not_be_banned(&self, attempt: &Attempt<'_>) -> std::result::Result<bool, Denied> {
        let standing = ban::standing(&mut self.0.db.reader(), self.0.clock.now(), attempt).await?;
        if standing.banned { Err(Denied::Banned) } else { Ok(standing.failures) }
    }

    /// Remembers a failure; a success makes failures forgotten.
    async fn note(&self, attempt: &Attempt<'_>, right: bool, failures: bool) -> Result<()> {
        let (db, now) = (&self.0.db, self.0.clock.now());
        match right {
            false => transaction!(db, |tx| ban::failed(tx, now, attempt).await),
            true if failures => transaction!(db, |tx| ban::succeeded(tx, attempt).await),
            true => Ok(()),
        }
    }

    /// Whether the password is that of the verifier, which belongs to an id at a credential version. Where there is none,
    /// it takes as long. `admit` is asked before the work is done.
    async fn verified<E>(
        &self,
        known: Option<(i64, i64, Verifier)>,
        password: &str,
        admit: impl Future<Output = std::result::Result<(), E>>,
    ) -> std::result::Result<bool, E> {
        let owned = password.to_owned();
        match known {
            Some((id, version, verifier)) if verifier.is_set() => {
                self.0.cache.check(id, version, password, admit, move || verifier.verify(&owned)).await
            }
            _ => self.0.cache.check(NO_LOGIN, 0, password, admit, move || nobody(&owned)).await,
        }
    }

    /// A token for a login whose credentials were checked, and when it ends, in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`Error::Internal`] where it can't be signed.
    pub fn issue(&self, login: &Login) -> Result<(String, i64)> {
        let expires = self.expiry();
        let claims = Claims { login: login.id.0, version: login.credential_version, expires };
        Ok((self.sign(&claims)?, expires))
    }

    /// The login that a token was issued to, if its time is not over and its credentials are still the same: they are
    /// read each time.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`]; those of the database.
    pub async fn token(&self, token: &str) -> Result<Login> {
        let claims: Claims = self.read(token)?;
        self.login_of(LoginId(claims.login), claims.version).await
    }

    /// When a token that is issued now ends, in seconds since 1970 UTC.
    #[must_use]
    pub fn expiry(&self) -> i64 {
        self.seconds() + TOKEN_LIFE
    }

    /// A token with a dialect's own claims.
    ///
    /// # Errors
    /// [`Error::Internal`] where it can't be signed.
    pub fn sign<C: TokenClaims>(&self, claims: &C) -> Result<String> {
        self.0.tokens.issue(claims).map_err(|error| Error::Internal(format!("token: {error}")))
    }

    /// What a token with a dialect's own claims says, if its time is not over. Whoever it names is to be read anew.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`].
    pub fn read<C: TokenClaims>(&self, token: &str) -> Result<C> {
        self.0.tokens.verify(token, self.seconds()).map_err(|_| Error::NotAuthenticated)
    }

    /// The login of that id, if it may log in and its credentials are still of that version.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`]; those of the database.
    pub async fn login_of(&self, id: LoginId, version: i64) -> Result<Login> {
        login::by_token(&mut self.0.db.reader(), id, version).await
    }

    /// The subscriber of that uuid, if it may log in and its credentials are still of that version.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`]; those of the database.
    pub async fn subscriber_of(&self, uuid: &str, version: i64) -> Result<subscriber::Candidate> {
        subscriber::by_uuid(&mut self.0.db.reader(), uuid, version).await
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

        async fn guesses_at_once_are_no_more_than_one_after_another(db: TestDb) {
            started(&db).await;
            let door = authenticator(&db, &Clock::fixed(NOW));
            let guesses: Vec<_> = (0..4 * ban::USER_FAILURES)
                .map(|n| {
                    let door = door.clone();
                    tokio::spawn(async move {
                        let address = std::net::Ipv4Addr::LOCALHOST.into();
                        let attempt = Attempt { realm: ban::Realm::Admin, username: "administrator", address };
                        door.login(&attempt, &format!("guess {n}"), Factor::Later).await
                    })
                })
                .collect();
            let mut looked_at = 0;
            for guess in guesses {
                match guess.await.unwrap() {
                    Err(Denied::Unknown) => looked_at += 1,
                    Err(Denied::Banned) => {}
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(looked_at, ban::USER_FAILURES);
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
