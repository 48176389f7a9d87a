//! Greetings of voice boxes: whose they are, what is taken as a recording, and that they go with their subscriber.

use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, GreetingId, SubscriberId};
use crate::listing::{self, Condition, Query};
use crate::sound::Format;
use crate::sound::recording::LARGEST;
use crate::voicemail_greeting::{self as greeting, ALL, Dir, Greeting};
use crate::{Error, Result, record, subscriber, transaction};

const WAV: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt ";
const OGG: &[u8] = b"OggS\x00\x02";

fn of(subscriber_id: SubscriberId, dir: Dir) -> Greeting {
    Greeting { subscriber_id, dir, ..Greeting::default() }
}

async fn make(test: &TestDb, caller: &Caller, wanted: Greeting, data: Option<&[u8]>) -> Result<Greeting> {
    transaction!(test.db, |tx| greeting::create(tx, caller, NOW, wanted.clone(), data).await)
}

async fn change(test: &TestDb, caller: &Caller, wanted: Greeting, data: Option<&[u8]>) -> Result<Greeting> {
    transaction!(test.db, |tx| greeting::update(tx, caller, NOW, wanted.clone(), data).await)
}

async fn seen(test: &TestDb, caller: &Caller, conditions: &[Condition]) -> Vec<i64> {
    let query = Query { conditions: conditions.to_vec(), limit: 100, count: true, ..Query::default() };
    let found = listing::page(&mut test.db.reader(), caller, &ALL, &query).await.expect("a list");
    assert_eq!(found.total, Some(found.ids.len() as i64));
    found.ids
}

/// The kind of an error and its field.
fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Dangling { field, .. }) => format!("dangling {field}"),
        Err(Error::Invalid { field, .. }) => format!("invalid {field}"),
        Err(Error::Taken { field, .. }) => format!("taken {field}"),
        Err(Error::NotAllowed(_)) => "not allowed".to_owned(),
        Err(Error::NotFound { kind, .. }) => format!("no {kind}"),
        other => format!("{other:?}"),
    }
}

store::on_both! {
    async fn a_greeting_is_heard_of_its_own_subscriber(test: TestDb) {
        started(&test).await;
        let reseller = AccountId::DEFAULT_RESELLER;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = sip_customer(&test, reseller, "shop").await;
        let domain = add_domain(&test, reseller, "shop.example").await;
        let ann = add_subscriber(&test, &new(shop, domain, "ann", "100")).await.id;
        let bob = add_subscriber(&test, &new(shop, domain, "bob", "101")).await.id;
        let own = Caller::subscriber(ann, "ann", shop, false);
        let chief = Caller::subscriber(bob, "bob", shop, true);

        let busy = make(&test, &own, of(ann, Dir::Busy), Some(WAV)).await.expect("a greeting");
        assert_eq!((busy.account_id, busy.reseller_id), (shop, reseller));
        assert_eq!((busy.format, busy.size), (Format::Wav, WAV.len() as i64));
        let away = make(&test, &chief, of(ann, Dir::Unavail), Some(OGG)).await.expect("a greeting");
        let of_bob = make(&test, &admin(), of(bob, Dir::Busy), Some(WAV)).await.expect("a greeting");
        let large = [WAV, &vec![0; LARGEST]].concat();
        for (caller, wanted, data, error) in [
            (&own, of(ann, Dir::Busy), Some(WAV), "taken dir"),
            (&own, of(bob, Dir::Unavail), Some(WAV), "dangling subscriber_id"),
            (&chief, of(SubscriberId(999), Dir::Busy), Some(WAV), "dangling subscriber_id"),
            (&acting(other, Role::Reseller), of(bob, Dir::Unavail), Some(WAV), "dangling subscriber_id"),
            (&chief, of(bob, Dir::Unavail), None, "invalid greetingfile"),
            (&chief, of(bob, Dir::Unavail), Some(b"no sound"), "invalid greetingfile"),
            (&chief, of(bob, Dir::Unavail), Some(&large), "invalid greetingfile"),
            (&acting(AccountId::OPERATOR, Role::Intercept), of(bob, Dir::Unavail), Some(WAV), "not allowed"),
        ] {
            assert_eq!(told(make(&test, caller, wanted, data).await), error);
        }

        let heard = async |caller: &Caller, id: GreetingId| greeting::recording(&mut test.db.reader(), caller, id).await;
        let found = heard(&own, away.id).await.expect("its own");
        assert_eq!((&found.data[..], found.format), (OGG, Format::Ogg));
        assert_eq!(found.filename.as_deref(), Some("greeting-unavail.ogg"));
        assert_eq!(told(heard(&own, of_bob.id).await), "no voicemail greeting");
        assert_eq!(seen(&test, &own, &[]).await, [busy.id.0, away.id.0]);
        assert_eq!(seen(&test, &chief, &[]).await, [busy.id.0, away.id.0, of_bob.id.0]);
        assert_eq!(seen(&test, &chief, &[Condition::Is("subscriber_id", bob.0.into())]).await, [of_bob.id.0]);
        assert_eq!(seen(&test, &chief, &[Condition::Is("dir", "busy".into())]).await, [busy.id.0, of_bob.id.0]);
        assert_eq!(seen(&test, &acting(other, Role::Reseller), &[]).await, [0; 0]);

        // A change without a recording keeps it, one with a recording that is none changes nothing.
        assert_eq!(told(change(&test, &own, busy.clone(), Some(b"no sound")).await), "invalid greetingfile");
        assert_eq!(told(change(&test, &own, Greeting { dir: Dir::Unavail, ..busy.clone() }, None).await), "taken dir");
        assert_eq!(told(change(&test, &own, of_bob.clone(), None).await), "no voicemail greeting");
        assert_eq!(change(&test, &own, busy.clone(), None).await.expect("as it was"), busy);
        assert_eq!(heard(&own, busy.id).await.expect("kept").data, WAV);
        change(&test, &own, busy.clone(), Some(OGG)).await.expect("changed");
        assert_eq!(heard(&own, busy.id).await.expect("the new one").data, OGG);

        transaction!(test.db, |tx| record::delete::<Greeting>(tx, &own, NOW, away.id.0).await).expect("removed");
        transaction!(test.db, |tx| subscriber::terminate(tx, &admin(), NOW, ann).await).expect("terminated");
        assert_eq!(seen(&test, &admin(), &[]).await, [of_bob.id.0]);
        let rows = test.db.reader().query("SELECT 1 FROM voicemail_greeting_recordings", &[]).await.expect("rows");
        assert_eq!(rows.len(), 1);
    }
}
