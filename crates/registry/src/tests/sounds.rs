//! Sound sets and files: whose they are, which set is behind which, and what is played.

use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::{self, Kind, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, SoundFileId, SoundSetId};
use crate::page::Page;
use crate::sound::file::{self, MOST_BYTES};
use crate::sound::recording::LARGEST;
use crate::sound::{Format, SoundFile, SoundSet, set};
use crate::{Error, Result, journal, listing, record, transaction};

/// The beginning of a WAV file.
const WAV: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt ";
/// The beginning of an Ogg file.
const OGG: &[u8] = b"OggS\x00\x02";

async fn make(test: &TestDb, caller: &Caller, set: SoundSet) -> Result<SoundSet> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, set.clone()).await)
}

async fn change(test: &TestDb, caller: &Caller, set: SoundSet) -> Result<SoundSet> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW, set.clone()).await)
}

async fn remove(test: &TestDb, caller: &Caller, id: SoundSetId) -> Result<SoundSet> {
    transaction!(test.db, |tx| record::delete(tx, caller, NOW, id.0).await)
}

async fn read(test: &TestDb, id: SoundSetId) -> SoundSet {
    record::get(&mut test.db.reader(), &admin(), id.0).await.expect("a set")
}

async fn add(test: &TestDb, caller: &Caller, set: SoundSetId, handle: &str, data: Option<&[u8]>) -> Result<SoundFile> {
    let file = SoundFile { set_id: set, handle: handle.to_owned(), use_parent: data.is_none(), ..SoundFile::default() };
    transaction!(test.db, |tx| file::create(tx, caller, NOW, file.clone(), data).await)
}

fn called(name: &str) -> SoundSet {
    SoundSet { reseller_id: AccountId::DEFAULT_RESELLER, name: name.to_owned(), ..SoundSet::default() }
}

fn of_customer(customer: AccountId, name: &str) -> SoundSet {
    SoundSet { account_id: Some(customer), ..called(name) }
}

/// The kind of an error and its field.
fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Dangling { field, .. }) => format!("dangling {field}"),
        Err(Error::Invalid { field, .. }) => format!("invalid {field}"),
        Err(Error::Taken { field, .. }) => format!("taken {field}"),
        Err(Error::NotAllowed(_)) => "not allowed".to_owned(),
        Err(Error::NotFound { kind, .. }) => format!("no {kind}"),
        Err(Error::InUse { kind, .. }) => format!("{kind} in use"),
        other => format!("{other:?}"),
    }
}

async fn seen(test: &TestDb, caller: &Caller) -> Vec<i64> {
    let query = listing::Query { limit: 100, count: true, ..listing::Query::default() };
    let found = listing::page(&mut test.db.reader(), caller, &set::ALL, &query).await.expect("a list");
    assert_eq!(found.total, Some(found.ids.len() as i64));
    found.ids
}

store::on_both! {
    async fn a_set_is_the_resellers_or_a_customers(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (own, other) = (customer(&test, "own").await, customer(&test, "other").await);
        let stranger = add_account(&test, acme, Kind::Customer, "stranger").await;
        let (chief, reseller) = (acting(own, Role::Customer), acting(acme, Role::Reseller));

        let shared = SoundSet { expose_to_customer: true, ..called("shared") };
        let shared = make(&test, &admin(), shared).await.expect("a set");
        let hidden = make(&test, &admin(), called("hidden")).await.expect("a set");
        let mine = make(&test, &chief, SoundSet { reseller_id: acme, ..of_customer(other, "mine") }).await.expect("mine");
        assert_eq!((mine.reseller_id, mine.account_id), (AccountId::DEFAULT_RESELLER, Some(own)), "always its own");
        let without = SoundSet { reseller_id: AccountId::OPERATOR, ..of_customer(other, "mine") };
        let theirs = make(&test, &admin(), without).await.expect("names are a customer's own");
        assert_eq!(theirs.reseller_id, AccountId::DEFAULT_RESELLER);

        assert_eq!(seen(&test, &admin()).await, [shared.id.0, hidden.id.0, mine.id.0, theirs.id.0]);
        assert_eq!(seen(&test, &chief).await, [shared.id.0, mine.id.0]);
        assert_eq!(seen(&test, &reseller).await, Vec::<i64>::new());
        assert_eq!(seen(&test, &acting(stranger, Role::Customer)).await, Vec::<i64>::new());

        let exposed = |set: SoundSet| SoundSet { expose_to_customer: true, ..set };
        let default = |set: SoundSet| SoundSet { contract_default: true, ..set };
        for (caller, set, wanted) in [
            (&admin(), called("shared"), "taken name"),
            (&admin(), of_customer(own, "mine"), "taken name"),
            (&admin(), SoundSet { reseller_id: AccountId(99), ..called("x") }, "dangling reseller_id"),
            (&admin(), SoundSet { reseller_id: AccountId::OPERATOR, ..called("x") }, "invalid reseller_id"),
            (&admin(), of_customer(stranger, "x"), "dangling account_id"),
            (&admin(), of_customer(acme, "x"), "dangling account_id"),
            (&admin(), exposed(of_customer(own, "x")), "invalid expose_to_customer"),
            (&admin(), default(called("x")), "invalid contract_default"),
            (&reseller, called("x"), "dangling reseller_id"),
            (&reseller, SoundSet { reseller_id: acme, ..of_customer(own, "x") }, "dangling account_id"),
            (&acting(own, Role::Care), called("x"), "not allowed"),
        ] {
            assert_eq!(told(make(&test, caller, set.clone()).await), wanted, "{set:?} by {}", caller.name);
        }
        // What is shown to a customer is not its to change.
        assert_eq!(told(change(&test, &chief, SoundSet { name: "x".to_owned(), ..shared.clone() }).await), "not allowed");
        assert_eq!(told(remove(&test, &chief, shared.id).await), "not allowed");
        assert_eq!(told(add(&test, &chief, shared.id, "music_on_hold", Some(WAV)).await), "not allowed");
        assert_eq!(told(remove(&test, &chief, hidden.id).await), "no sound set");
        // A set stays with whom it was made for.
        assert_eq!(told(change(&test, &admin(), SoundSet { account_id: Some(own), ..hidden.clone() }).await), "invalid account_id");
        assert_eq!(told(change(&test, &admin(), SoundSet { reseller_id: acme, ..hidden }).await), "invalid reseller_id");
        let renamed = change(&test, &chief, SoundSet { name: "ours".to_owned(), ..mine }).await.expect("its own");
        remove(&test, &chief, renamed.id).await.expect("its own");
        assert_eq!(seen(&test, &chief).await, [shared.id.0]);
    }

    async fn a_customer_has_one_default(test: TestDb) {
        started(&test).await;
        let own = customer(&test, "own").await;
        let first = SoundSet { contract_default: true, ..of_customer(own, "first") };
        let first = make(&test, &admin(), first).await.expect("a set");
        let second = SoundSet { contract_default: true, ..of_customer(own, "second") };
        let second = make(&test, &admin(), second).await.expect("a set");
        assert!(!read(&test, first.id).await.contract_default && read(&test, second.id).await.contract_default);
        change(&test, &admin(), SoundSet { contract_default: true, ..first.clone() }).await.expect("a set");
        assert!(read(&test, first.id).await.contract_default && !read(&test, second.id).await.contract_default);
        let told = journal::of_record(&mut test.db.reader(), &admin(), "sound_sets", second.id.0, Page::default()).await;
        let told = told.expect("the journal");
        let defaults: Vec<_> = told.iter().map(|e| e.after.as_ref().expect("a record")["contract_default"].clone()).collect();
        assert_eq!(defaults, [true, false]);
    }

    async fn no_set_is_behind_itself(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (own, other) = (customer(&test, "own").await, customer(&test, "other").await);
        let a = make(&test, &admin(), called("a")).await.expect("a set");
        let b = make(&test, &admin(), SoundSet { parent_id: Some(a.id), ..called("b") }).await.expect("a set");
        let c = make(&test, &admin(), SoundSet { parent_id: Some(b.id), ..of_customer(own, "c") }).await.expect("a set");
        let theirs = SoundSet { reseller_id: acme, ..called("theirs") };
        let theirs = make(&test, &admin(), theirs).await.expect("a set");
        for (set, parent, wanted) in [
            (&a, a.id, "invalid parent_id"),
            (&a, b.id, "invalid parent_id"),
            (&a, c.id, "dangling parent_id"),
            (&a, theirs.id, "dangling parent_id"),
            (&a, SoundSetId(99), "dangling parent_id"),
        ] {
            let result = change(&test, &admin(), SoundSet { parent_id: Some(parent), ..set.clone() }).await;
            assert_eq!(told(result), wanted, "{parent}");
        }
        let of_other = SoundSet { parent_id: Some(c.id), ..of_customer(other, "d") };
        assert_eq!(told(make(&test, &admin(), of_other).await), "dangling parent_id");
        // A customer names only what it sees, keeps what it does not see, and is not told what that is called.
        let chief = acting(own, Role::Customer);
        for (caller, count) in [(&chief, 1), (&admin(), 2)] {
            let names = set::names(&mut test.db.reader(), caller, &[a.id.0, c.id.0]).await.expect("names");
            assert_eq!(names.len(), count, "{names:?}");
        }
        let mut named = SoundSet { parent_id: Some(a.id), ..c.clone() };
        assert_eq!(told(change(&test, &chief, named.clone()).await), "dangling parent_id");
        named.parent_id = Some(b.id);
        named.name = "ours".to_owned();
        change(&test, &chief, named).await.expect("the parent as it was");
        assert_eq!(told(remove(&test, &admin(), b.id).await), "sound set in use");
        let mut last = a.id;
        for n in 0..19 {
            let next = SoundSet { parent_id: Some(last), ..called(&format!("chain {n}")) };
            last = make(&test, &admin(), next).await.expect("a set").id;
        }
        let end = SoundSet { parent_id: Some(last), ..called("end") };
        let end = make(&test, &admin(), end).await.expect("20 are behind it");
        let more = SoundSet { parent_id: Some(end.id), ..called("more") };
        assert_eq!(told(make(&test, &admin(), more).await), "invalid parent_id");
    }

    async fn there_is_room_for_so_much(test: TestDb) {
        started(&test).await;
        let (own, other) = (customer(&test, "own").await, customer(&test, "other").await);
        for set in [called("set"), of_customer(own, "set")] {
            for n in 0..set::MOST_SETS {
                let set = SoundSet { name: format!("set {n}"), ..set.clone() };
                make(&test, &admin(), set).await.expect("a set");
            }
        }
        assert_eq!(told(make(&test, &admin(), called("more")).await), "invalid reseller_id");
        match make(&test, &acting(own, Role::Customer), of_customer(own, "more")).await {
            Err(Error::Invalid { field: "account_id", message }) => {
                assert_eq!(message, "there are 100 sound sets already, more are not kept");
            }
            other => panic!("{other:?}"),
        }

        let mine = make(&test, &admin(), of_customer(other, "mine")).await.expect("another has room");
        let second = make(&test, &admin(), of_customer(other, "second")).await.expect("a set");
        let full = add(&test, &admin(), mine.id, "busy", Some(WAV)).await.expect("a file");
        let fill = async |size: i64| {
            let sql = "UPDATE sound_files SET size = $1 WHERE id = $2";
            transaction!(test.db, |tx| Ok::<_, Error>(tx.execute(sql, store::args![size, full.id]).await?)).expect("filled");
        };
        fill(MOST_BYTES).await;
        match add(&test, &admin(), second.id, "busy", Some(WAV)).await {
            Err(Error::Invalid { field: "soundfile", message }) => {
                assert_eq!(message, "the recordings of a customer have at most 200000000 bytes, 200000000 are there");
            }
            other => panic!("{other:?}"),
        }
        fill(MOST_BYTES - WAV.len() as i64).await;
        let last = add(&test, &admin(), second.id, "busy", Some(WAV)).await.expect("the last that fits");
        let put = async |data: &[u8]| {
            transaction!(test.db, |tx| file::update(tx, &admin(), NOW, last.clone(), Some(data)).await)
        };
        assert_eq!(told(put(&[WAV, b"more"].concat()).await), "invalid soundfile");
        put(OGG).await.expect("a smaller one");
    }

    async fn the_recordings_of_a_reseller_are_bounded_too(test: TestDb) {
        started(&test).await;
        let set = make(&test, &admin(), called("shared")).await.expect("a set");
        let full = add(&test, &admin(), set.id, "busy", Some(WAV)).await.expect("a file");
        let sql = "UPDATE sound_files SET size = $1 WHERE id = $2";
        let size = file::MOST_BYTES_OF_RESELLER - 1;
        transaction!(test.db, |tx| Ok::<_, Error>(tx.execute(sql, store::args![size, full.id]).await?)).expect("filled");
        assert_eq!(told(add(&test, &admin(), set.id, "music_on_hold", Some(WAV)).await), "invalid soundfile");
        let own = customer(&test, "own").await;
        let theirs = make(&test, &admin(), of_customer(own, "own")).await.expect("a set");
        add(&test, &admin(), theirs.id, "busy", Some(WAV)).await.expect("customers have room of their own");
    }

    async fn the_files_of_a_set_are_exposed_with_it(test: TestDb) {
        started(&test).await;
        let (own, other) = (customer(&test, "own").await, customer(&test, "other").await);
        let shared = make(&test, &admin(), called("shared")).await.expect("a set");
        let mine = make(&test, &admin(), of_customer(own, "mine")).await.expect("a set");
        let first = add(&test, &admin(), shared.id, "busy", Some(WAV)).await.expect("a file").id.0;
        let ours = add(&test, &admin(), mine.id, "busy", Some(WAV)).await.expect("a file").id.0;
        let files = async |customer: AccountId| {
            let query = listing::Query { limit: 100, count: true, ..listing::Query::default() };
            let caller = acting(customer, Role::Customer);
            let found = listing::page(&mut test.db.reader(), &caller, &file::ALL, &query).await.expect("a list");
            assert_eq!(found.total, Some(found.ids.len() as i64));
            found.ids
        };
        assert_eq!((files(own).await, files(other).await), (vec![ours], vec![]));
        let exposed = SoundSet { expose_to_customer: true, ..shared.clone() };
        change(&test, &admin(), exposed).await.expect("exposed");
        let second = add(&test, &admin(), shared.id, "music_on_hold", Some(WAV)).await.expect("a file").id.0;
        assert_eq!((files(own).await, files(other).await), (vec![first, ours, second], vec![first, second]));
        change(&test, &admin(), shared).await.expect("exposed no more");
        assert_eq!((files(own).await, files(other).await), (vec![ours], vec![]));
    }

    async fn the_sets_of_a_customer_end_with_it(test: TestDb) {
        started(&test).await;
        let own = customer(&test, "own").await;
        let shared = make(&test, &admin(), called("shared")).await.expect("a set");
        let back = SoundSet { parent_id: Some(shared.id), ..of_customer(own, "back") };
        let back = make(&test, &admin(), back).await.expect("a set");
        let front = SoundSet { parent_id: Some(back.id), contract_default: true, ..of_customer(own, "front") };
        let front = make(&test, &admin(), front).await.expect("a set");
        add(&test, &admin(), back.id, "busy", Some(WAV)).await.expect("a file");
        add(&test, &admin(), front.id, "busy", None).await.expect("a file");
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, own, Status::Terminated).await).expect("ended");
        assert_eq!(seen(&test, &admin()).await, [shared.id.0]);
        for table in ["sound_files", "sound_recordings"] {
            let rows = test.db.reader().query(&format!("SELECT 1 FROM {table}"), &[]).await.expect("rows");
            assert_eq!(rows.len(), 0, "{table}");
        }
        assert_eq!(told(make(&test, &admin(), of_customer(own, "more")).await), "dangling account_id");
    }

    async fn what_is_played_is_the_nearest_recording(test: TestDb) {
        started(&test).await;
        let own = customer(&test, "own").await;
        let back = make(&test, &admin(), called("back")).await.expect("a set");
        let middle = make(&test, &admin(), SoundSet { parent_id: Some(back.id), ..called("middle") }).await.expect("a set");
        let front = SoundSet { parent_id: Some(middle.id), ..of_customer(own, "front") };
        let front = make(&test, &admin(), front).await.expect("a set");
        let chief = acting(own, Role::Customer);

        for (set, handle, data, wanted) in [
            (front.id, "no_such_handle", Some(WAV), "dangling handle"),
            (SoundSetId(99), "busy", Some(WAV), "dangling set_id"),
            (front.id, "busy", Some(&b"text"[..]), "invalid soundfile"),
        ] {
            assert_eq!(told(add(&test, &admin(), set, handle, data).await), wanted);
        }
        let large = [WAV, &vec![0; LARGEST]].concat();
        assert_eq!(told(add(&test, &admin(), front.id, "busy", Some(&large)).await), "invalid soundfile");
        let neither = SoundFile { set_id: front.id, handle: "busy".to_owned(), ..SoundFile::default() };
        let neither = transaction!(test.db, |tx| file::create(tx, &admin(), NOW, neither.clone(), None).await);
        assert_eq!(told(neither), "invalid soundfile");

        let file = add(&test, &chief, front.id, "busy", None).await.expect("a file");
        assert_eq!((file.reseller_id, file.account_id), (AccountId::DEFAULT_RESELLER, Some(own)));
        assert_eq!(told(add(&test, &chief, front.id, "busy", None).await), "taken handle");
        let played = async || {
            let recording = file::recording(&mut test.db.reader(), &chief, file.id).await;
            let heard = file::heard(&mut test.db.reader(), &[file.id.0]).await.expect("readable");
            assert_eq!(heard.contains(&file.id.0), recording.is_ok(), "{recording:?}");
            recording
        };
        assert_eq!(told(played().await), "no recording");
        let behind = add(&test, &admin(), back.id, "busy", Some(WAV)).await.expect("a file");
        assert_eq!((behind.format, behind.size), (Some(Format::Wav), WAV.len() as i64));
        assert_eq!(played().await.expect("that of the last").data, WAV, "the set between has none");
        let between = add(&test, &admin(), middle.id, "busy", None).await.expect("a file");
        assert_eq!(played().await.expect("still the last").data, WAV);
        let replaced = SoundFile { use_parent: false, filename: Some("busy.ogg".to_owned()), ..between };
        transaction!(test.db, |tx| file::update(tx, &admin(), NOW, replaced.clone(), Some(OGG)).await).expect("changed");
        let recording = played().await.expect("that between");
        assert_eq!((recording.format, recording.filename.as_deref()), (Format::Ogg, Some("busy.ogg")));

        let own_now = SoundFile { use_parent: false, ..file.clone() };
        let put = async |data: Option<&[u8]>| {
            transaction!(test.db, |tx| file::update(tx, &chief, NOW, own_now.clone(), data).await)
        };
        assert_eq!(told(put(None).await), "invalid soundfile", "there is no recording to play");
        put(Some(b"ID3\x04")).await.expect("changed");
        assert_eq!(put(None).await.expect("kept").format, Some(Format::Mp3));
        assert_eq!(played().await.expect("its own").data, b"ID3\x04");
        let stranger = acting(customer(&test, "other").await, Role::Customer);
        assert_eq!(told(file::recording(&mut test.db.reader(), &stranger, file.id).await), "no sound file");
        assert_eq!(told(file::recording(&mut test.db.reader(), &chief, behind.id).await), "no sound file");

        // The files go with their set.
        remove(&test, &chief, front.id).await.expect("removed");
        let left = file::recording(&mut test.db.reader(), &admin(), SoundFileId(file.id.0)).await;
        assert_eq!(told(left), "no sound file");
        let query = listing::Query { limit: 100, count: true, ..listing::Query::default() };
        let files = listing::page(&mut test.db.reader(), &admin(), &file::ALL, &query).await.expect("a list");
        assert_eq!((files.ids.len(), files.total), (2, Some(2)));
    }
}
