//! Settings of services: what of them is secret is nowhere to be read.

use serde_json::json;
use store::args;
use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sealer, sip_customer};
use super::{NOW, admin, started};
use crate::id::{AccountId, SubscriberId};
use crate::seal::Sealer;
use crate::service::{self, CcMap, CcMapping, FaxSettings, MailToFax, Service, Voicemail};
use crate::{Error, Result, transaction};

/// Longer than anything that could be in the database by chance.
const SECRET: &str = "4711081547110815";

async fn set<S: Service>(test: &TestDb, id: SubscriberId, settings: &S) {
    transaction!(test.db, |tx| service::replace(tx, &admin(), NOW, &sealer(), id, settings.clone()).await)
        .expect(S::KIND);
}

async fn shown<S: Service>(test: &TestDb, sealer: &Sealer, id: SubscriberId) -> Result<S> {
    let mut found = service::load::<S>(&mut test.db.reader(), sealer, &[id.0]).await?;
    Ok(found.pop().expect("settings").1)
}

/// Sets settings with the secret twice, and looks for it.
async fn check<S: Service>(test: &TestDb, id: SubscriberId, settings: serde_json::Value) {
    let settings: S = serde_json::from_value(settings).expect("settings");
    set(test, id, &settings).await;
    set(test, id, &settings).await;
    let found: S = shown(test, &sealer(), id).await.expect("opened");
    let json = |settings: &S| serde_json::to_string(settings).expect("JSON");
    assert!(json(&found).contains(SECRET), "{}", S::KIND);
    assert!(!format!("{found:?} {settings:?}").contains(SECRET), "{}", S::KIND);
    let (kind, mut reader) = (S::KIND, test.db.reader());
    let stored =
        "SELECT CAST(settings AS TEXT), secrets FROM subscriber_services WHERE subscriber_id = $1 AND service = $2";
    let row = reader.query_one(stored, args![id, kind]).await.expect("a row");
    assert!(!row.at::<String>(0).expect("text").contains(SECRET), "{kind}");
    let sealed: Vec<u8> = row.at(1).expect("bytes");
    assert!(!sealed.windows(4).any(|part| part == &SECRET.as_bytes()[..4]), "{kind}");
    let written = "SELECT CAST(before AS TEXT), CAST(after AS TEXT) FROM journal WHERE kind = $1";
    let rows = reader.query(written, args![kind]).await.expect("the journal");
    assert_eq!(rows.len(), 2, "{kind}");
    for row in rows {
        let texts = [row.at::<Option<String>>(0), row.at(1)].map(|text| text.expect("text").unwrap_or_default());
        assert!(!texts.concat().contains(SECRET) && texts[1].contains("***"), "{texts:?}");
    }
    let closed = shown::<S>(test, &Sealer::new(&[4; 32]), id).await;
    assert!(matches!(closed, Err(Error::Internal(_))), "{kind} opens with another key");
}

store::on_both! {
    async fn secrets_are_sealed(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, AccountId::DEFAULT_RESELLER, "shop").await;
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "shop.example").await;
        let ann = add_subscriber(&test, &new(shop, domain, "ann", "100")).await.id;
        check::<Voicemail>(&test, ann, json!({ "pin": SECRET, "email": "ann@shop.example" })).await;
        check::<FaxSettings>(&test, ann, json!({ "active": true, "password": SECRET })).await;
        check::<MailToFax>(&test, ann, json!({ "active": true, "secret_key": SECRET })).await;
        let keys = json!([{ "auth_key": "a", "source_uuid": "one" }, { "auth_key": SECRET, "source_uuid": "two" }]);
        check::<CcMap>(&test, ann, json!({ "mappings": keys })).await;

        // Each is again where it belongs.
        let keys: CcMap = shown(&test, &sealer(), ann).await.expect("opened");
        let key = |auth_key: &str, uuid: &str| CcMapping { auth_key: auth_key.to_owned(), source_uuid: Some(uuid.to_owned()) };
        assert_eq!(keys.mappings, [key("a", "one"), key(SECRET, "two")]);
        set(&test, ann, &FaxSettings { name: Some("Shop".to_owned()), ..FaxSettings::default() }).await;
        let fax: FaxSettings = shown(&test, &sealer(), ann).await.expect("opened");
        assert_eq!((fax.password.as_deref(), fax.name.as_deref()), (Some(SECRET), Some("Shop")), "it is kept");
        set(&test, ann, &MailToFax::default()).await;
        assert_eq!(shown::<MailToFax>(&test, &sealer(), ann).await.expect("opened").secret_key, None);
    }

    async fn a_first_pin_is_told_by_the_server_alone(test: TestDb) {
        started(&test).await;
        let shop = sip_customer(&test, AccountId::DEFAULT_RESELLER, "shop").await;
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "shop.example").await;
        let mut pins = Vec::new();
        for (name, sn) in [("ann", "100"), ("bob", "101"), ("eve", "102")] {
            let id = add_subscriber(&test, &new(shop, domain, name, sn)).await.id;
            let pin = async |sealer: &Sealer| shown::<Voicemail>(&test, sealer, id).await.expect("settings").pin;
            let first = pin(&sealer()).await;
            assert!(first.len() == 6 && first.bytes().all(|b| b.is_ascii_digit()), "{first}");
            assert_eq!(pin(&sealer()).await, first, "it stays");
            pins.extend([first, pin(&Sealer::new(&[4; 32])).await]);
        }
        pins.sort_unstable();
        pins.dedup();
        assert!(pins.len() > 3, "they follow from the subscriber and from the server's key: {pins:?}");
    }
}
