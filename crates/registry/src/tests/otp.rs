//! Second factors: a secret is given out until it was used, a code is good once, and who has lost it begins anew.

use store::args;
use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sealer, sip_customer};
use super::{NOW, admin, started};
use crate::clock::SECOND;
use crate::id::AccountId;
use crate::login::{self, Profile};
use crate::otp::{self, OFFERED, Offer, Owner, Taken, code_at};
use crate::preference::{self, Level, Value, Values, attribute};
use crate::{subscriber, transaction};

const STEP: i64 = 30 * SECOND;

async fn offer_at(test: &TestDb, owner: Owner, now: i64) -> Option<Offer> {
    transaction!(test.db, |tx| otp::offer(tx, &sealer(), now, owner, "ada@example.org").await).expect("an answer")
}

async fn offer(test: &TestDb, owner: Owner) -> Option<Offer> {
    offer_at(test, owner, NOW).await
}

async fn take(test: &TestDb, owner: Owner, now: i64, code: &str) -> bool {
    taken(test, owner, now, code).await == Taken::Right
}

async fn taken(test: &TestDb, owner: Owner, now: i64, code: &str) -> Taken {
    transaction!(test.db, |tx| otp::take(tx, &sealer(), now, owner, code).await).expect("an answer")
}

store::on_both! {
    async fn a_code_is_good_once_and_around_its_time(test: TestDb) {
        started(&test).await;
        let first = login::claimed(&mut test.db.reader(), "administrator").await.expect("readable").expect("there").login;
        let owner = Owner::Login(first.id);
        assert!(!take(&test, owner, NOW, "000000").await, "no secret yet");
        let secret = offer(&test, owner).await.expect("a secret").secret().to_owned();
        let again = offer(&test, owner).await.expect("until it was used");
        assert_eq!((again.secret(), secret.len()), (secret.as_str(), 32));
        assert_eq!(format!("{again:?}"), "Offer(ada@example.org)", "it is not told to logs");
        assert!(again.png().expect("a picture").starts_with(b"\x89PNG"));
        let stored = test.db.reader().query_one("SELECT sealed FROM otp_secrets", args![]).await.expect("a row");
        let sealed: Vec<u8> = stored.at(0).expect("bytes");
        assert!(!sealed.windows(8).any(|part| secret.as_bytes().windows(8).any(|other| part == other)), "it is sealed");

        let now = NOW - NOW % STEP + 10 * SECOND;
        for (at, code) in [(now, ""), (now, "00000x"), (now, "1"), (now - 2 * STEP, &code_at(&secret, now)), (now + 2 * STEP, &code_at(&secret, now))] {
            assert!(!take(&test, owner, at, code).await, "{code} at {at}");
        }
        assert!(take(&test, owner, now + STEP, &code_at(&secret, now)).await, "the step after");
        assert_eq!(taken(&test, owner, now + STEP, &code_at(&secret, now)).await, Taken::Used, "not again");
        assert_eq!(taken(&test, owner, now, &code_at(&secret, now - STEP)).await, Taken::Used, "nor one before it");
        assert_eq!(taken(&test, owner, now, "00000x").await, Taken::Wrong);
        assert!(take(&test, owner, now, &code_at(&secret, now + STEP)).await, "a clock that is ahead");
        assert!(offer(&test, owner).await.is_none(), "it was used");
        let after = login::load(&mut test.db.reader(), &[first.id.0]).await.expect("readable").remove(0);
        assert_eq!(after.credential_version, first.credential_version + 1, "the first code ends older tokens, once");
    }

    async fn a_secret_is_given_out_for_a_while_and_for_one_password(test: TestDb) {
        started(&test).await;
        let first = login::claimed(&mut test.db.reader(), "administrator").await.expect("readable").expect("there").login;
        let owner = Owner::Login(first.id);
        let secret = async |now: i64| offer_at(&test, owner, now).await.expect("a secret").secret().to_owned();
        let one = secret(NOW).await;
        assert_eq!(secret(NOW + OFFERED).await, one);
        let two = secret(NOW + OFFERED + 1).await;
        assert_ne!(two, one);
        let now = NOW + OFFERED + 1;
        assert!(!take(&test, owner, now, &code_at(&one, now)).await, "the old one is nobody's");

        let password = login::Credentials::weak("administrator", "another password");
        transaction!(test.db, |tx| login::set_password(tx, &admin(), now, &password).await).expect("changed");
        assert!(!take(&test, owner, now, &code_at(&two, now)).await, "whoever knew the old password knows it");
        let three = secret(now).await;
        assert!(three != two && secret(now + SECOND).await == three);
        assert!(take(&test, owner, now + 2 * OFFERED, &code_at(&three, now + 2 * OFFERED)).await, "in one's own time");
        for now in [now + 2 * OFFERED, now + 9 * OFFERED] {
            assert!(offer_at(&test, owner, now).await.is_none(), "never again");
        }
        transaction!(test.db, |tx| login::set_password(tx, &admin(), now, &password).await).expect("changed");
        assert!(offer_at(&test, owner, now).await.is_none(), "not for another password either");
        let again = now + 4 * OFFERED;
        assert!(take(&test, owner, again, &code_at(&three, again)).await);
    }

    async fn who_has_lost_it_begins_anew(test: TestDb) {
        started(&test).await;
        let credentials = login::Credentials::weak("second", "a long password");
        let profile = |enable_2fa: bool| Profile {
            username: "second".to_owned(),
            email: None,
            reseller_id: AccountId::DEFAULT_RESELLER,
            acl_role: login::AclRole::Admin,
            active: true,
            flags: login::Flags { enable_2fa, ..login::Flags::default() },
        };
        let made = transaction!(test.db, |tx| login::make(tx, &admin(), NOW, &profile(true), &credentials).await).expect("made");
        let owner = Owner::Login(made.id);
        let mut secrets = Vec::new();
        for round in 0..3 {
            let secret = offer(&test, owner).await.unwrap_or_else(|| panic!("round {round}")).secret().to_owned();
            assert!(take(&test, owner, NOW, &code_at(&secret, NOW)).await, "round {round}");
            assert!(!secrets.contains(&secret), "a new one");
            secrets.push(secret);
            if round == 0 {
                for enabled in [false, true] {
                    transaction!(test.db, |tx| login::update(tx, &admin(), NOW, made.id, &profile(enabled), None).await).expect("changed");
                }
            } else {
                let done = transaction!(test.db, |tx| login::forget_second_factor(tx, &admin(), NOW, "second").await);
                assert!(done.expect("forgotten"));
            }
        }
        let none = transaction!(test.db, |tx| login::forget_second_factor(tx, &admin(), NOW, "second").await);
        assert!(!none.expect("nothing to forget"));
        offer(&test, owner).await.expect("one more");
        transaction!(test.db, |tx| login::remove(tx, &admin(), NOW, made.id).await).expect("it goes with its login");
    }

    async fn a_subscriber_has_one_where_it_its_profile_or_its_domain_says_so(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, AccountId::DEFAULT_RESELLER, "shop").await;
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1")).await;
        let wants = async || subscriber::candidate(&mut test.db.reader(), "alice", "a.example.org").await.expect("there").second_factor;
        let set = async |level: Level, id: i64, value: &[&str]| {
            transaction!(test.db, |tx| preference::set_system(tx, level, id, "enable_2fa", value).await).expect("set");
        };
        assert!(!wants().await);
        set(Level::Domain, domain.0, &["1"]).await;
        assert!(wants().await);
        set(Level::Subscriber, alice.id.0, &["0"]).await;
        assert!(wants().await, "what is asked of all of a domain nobody switches off for itself");
        set(Level::Domain, domain.0, &[]).await;
        assert!(!wants().await);
        set(Level::Subscriber, alice.id.0, &["1"]).await;
        assert!(wants().await);
        let owner = Owner::Subscriber(alice.id);
        let secret = offer(&test, owner).await.expect("a secret").secret().to_owned();
        assert!(take(&test, owner, NOW, &code_at(&secret, NOW)).await);
        let after = subscriber::candidate(&mut test.db.reader(), "alice", "a.example.org").await.expect("there");
        assert_eq!(after.credential_version, 2);

        // Whoever has lost it begins anew, also where the domain asks for it.
        set(Level::Domain, domain.0, &["1"]).await;
        set(Level::Subscriber, alice.id.0, &[]).await;
        assert!(offer(&test, owner).await.is_none());
        let put = async |values: &[(&str, bool)]| {
            let values: Values = values.iter().map(|(name, on)| (attribute::find(name).expect("known"), Value::Flag(*on))).collect();
            let level = Level::Subscriber;
            transaction!(test.db, |tx| preference::replace(tx, &admin(), NOW, level, alice.id.0, &values).await).expect("put");
        };
        put(&[("dnd", true)]).await;
        assert!(offer(&test, owner).await.is_none(), "nothing was said of it");
        put(&[("enable_2fa", false)]).await;
        let again = offer(&test, owner).await.expect("a new secret");
        assert!(again.secret() != secret && wants().await);
        put(&[]).await;
        assert_eq!(offer(&test, owner).await.expect("still open").secret(), again.secret());
    }
}
