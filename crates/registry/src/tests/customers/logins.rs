//! User names and passwords of customers, and with whose rights they come.

use store::args;

use super::*;
use crate::caller::Scope;
use crate::login::Credentials;

async fn renew(test: &TestDb, caller: &Caller, id: AccountId, username: &str, password: &str) -> Result<Customer> {
    let sheet = echo(&get(test, &admin(), id).await.expect("read"));
    let access = Access::weak(username, password);
    transaction!(test.db, |tx| customer::update(tx, caller, NOW, &sealer(), id, &sheet, Some(&access)).await)
}

async fn knows(test: &TestDb, username: &str, password: &str) -> bool {
    let found = login::candidate(&mut test.db.reader(), username).await;
    found.is_ok_and(|candidate| candidate.verifier.verify(password))
}

async fn login_of(test: &TestDb, username: &str) -> login::Login {
    login::candidate(&mut test.db.reader(), username).await.expect("a login").login
}

/// Everything that the database holds, as text.
async fn dump(test: &TestDb) -> String {
    const TABLES: &str = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
    if !test.db.is_postgres() {
        let files = std::fs::read_dir(test.folder()).expect("a folder");
        let read =
            |file: std::io::Result<std::fs::DirEntry>| std::fs::read(file.expect("a file").path()).expect("bytes");
        return files.map(read).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    }
    let mut all = String::new();
    for row in test.db.reader().query(TABLES, &[]).await.expect("tables") {
        let table: String = row.at(0).expect("a name");
        let rows = test.db.reader().query(&format!("SELECT CAST(t AS TEXT) FROM {table} t"), &[]).await.expect("rows");
        all.extend(rows.iter().map(|row| row.at::<String>(0).expect("a row") + "\n"));
    }
    all
}

store::on_both! {
    async fn a_password_is_handed_to_whoever_cares(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let with = |caller: Caller, change: fn(&mut crate::caller::Rights)| {
            let mut caller = caller;
            change(&mut caller.rights);
            caller
        };
        let of = |login: login::Login| login.caller();
        let own = of(login_of(&test, "acme").await);
        for (caller, id, expected) in [
            (admin(), shop, Some("secret")),
            (admin(), acme, Some("secret")),
            (acting_for(shop), shop, Some("secret")),
            (reseller(acme), shop, Some("secret")),
            (own, acme, Some("secret")),
            (of(login_of(&test, "shop").await), shop, Some("secret")),
            // Another login of the same account does not come to that one's rights.
            (reseller(acme), acme, None),
            (of_customer(shop), shop, None),
            (with(reseller(acme), |rights| rights.show_passwords = false), shop, None),
            (with(reseller(acme), |rights| rights.master = false), shop, None),
            (with(reseller(acme), |rights| rights.read_only = true), shop, None),
            (with(admin(), |rights| rights.read_only = true), shop, None),
            (with(admin(), |rights| rights.master = false), acme, None),
            (acting(acme, Role::Care), shop, None),
        ] {
            let read = get(&test, &caller, id).await.expect("read");
            assert_eq!(read.password.as_ref().map(customer::Clear::reveal), expected, "{caller:?} {id}");
        }
        // Nor may whoever makes no logins give a customer one, or another password.
        let humble = with(reseller(acme), |rights| rights.master = false);
        assert_eq!(why(renew(&test, &humble, shop, "shop", "another").await), "not allowed");
        assert_eq!(why(create(&test, &humble, &sheet(None, "New"), "new").await), "not allowed");
        // Nor does anybody replace, or find out by guessing, what it is not handed.
        for (caller, id, name) in [(reseller(acme), acme, "acme"), (of_customer(shop), shop, "shop"), (humble.clone(), shop, "shop")] {
            for guess in ["secret", "another"] {
                let asked = customer::to_make(&mut test.db.reader(), &caller, &sealer(), id, name, guess).await;
                assert_eq!(why(asked), "not allowed", "{caller:?} {id} {guess}");
            }
            assert_eq!(why(renew(&test, &caller, id, name, "another").await), "not allowed", "{caller:?} {id}");
        }
        renew(&test, &reseller(acme), shop, "shop", "other").await.expect("from above");
        renew(&test, &reseller(acme), shop, "shop", "secret").await.expect("and back");
        let own = of(login_of(&test, "shop").await);
        renew(&test, &with(own, |rights| rights.master = false), shop, "shop", "secret").await.expect("its own");
        assert!(knows(&test, "shop", "secret").await && !knows(&test, "shop", "other").await);
        assert_eq!(login_of(&test, "shop").await.role, Role::Customer);
        let administrator = login_of(&test, "acme").await;
        assert_eq!((administrator.role, administrator.account_id), (Role::Reseller, acme));
        assert!(login::get(&mut test.db.reader(), &admin(), administrator.id).await.is_ok(), "an administrator too");
    }

    async fn no_table_holds_a_password_in_clear(test: TestDb) {
        started(&test).await;
        let shop = a_customer(&test, DEFAULT, "shop").await;
        renew(&test, &admin(), shop, "shop", "quite-a-pass-word").await.expect("renewed");
        let mut tokens = echo(&get(&test, &admin(), shop).await.expect("read"));
        tokens.properties = Some(vec![property("auth_token", "tell-nobody", "customer")]);
        update(&test, &admin(), shop, &tokens).await.expect("changed");
        let all = dump(&test).await;
        assert!(all.contains("ann@example.com"), "the dump has what is there");
        assert!(!all.contains("quite-a-pass-word"));
        let journal = "SELECT COUNT(*) FROM journal WHERE CAST(after AS TEXT) LIKE $1";
        let count = async |text: &str| -> i64 {
            let row = test.db.reader().query_one(journal, args![format!("%{text}%")]).await.expect("counted");
            row.at(0).expect("a number")
        };
        assert_eq!((count("tell-nobody").await, count("auth_token").await > 0), (0, true));
    }

    async fn names_and_passwords_change_together_or_not_at_all(test: TestDb) {
        started(&test).await;
        let shop = a_customer(&test, DEFAULT, "shop").await;
        a_customer(&test, DEFAULT, "mill").await;
        let to_make = async |username: &str, password: &str| {
            let made = customer::to_make(&mut test.db.reader(), &admin(), &sealer(), shop, username, password).await;
            made.expect("an answer").map(|(name, password)| (name, password.reveal().to_owned()))
        };
        let some = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        for (username, password, expected) in [
            ("shop", "secret", None),
            ("Shop ", "", None),
            ("", "secret", None),
            ("", "", None),
            ("shop", "other-one", some("shop", "other-one")),
            ("", "other-one", some("shop", "other-one")),
            ("Store", "", some("store", "secret")),
            ("store", "secret", some("store", "secret")),
        ] {
            assert_eq!(to_make(username, password).await, expected, "{username} {password}");
        }
        let version = login_of(&test, "shop").await.credential_version;
        let own = login_of(&test, "shop").await.caller();
        assert_eq!(why(renew(&test, &own, shop, "mill", "secret").await), "taken");
        let after = renew(&test, &own, shop, "store", "other-one").await.expect("renewed");
        assert_eq!((after.username.as_deref(), after.password.as_ref().map(customer::Clear::reveal)), (Some("store"), Some("other-one")));
        assert!(knows(&test, "store", "other-one").await && !knows(&test, "shop", "secret").await);
        assert_eq!(login_of(&test, "store").await.credential_version, version + 1, "tokens and remembered logins end");
        assert!(Access::new("a b", "secret").is_err() && Access::new("a", "12345").is_err());
        assert_eq!(Access::new("Ann.Smith", "123456").expect("as short as clients make it").username(), "ann.smith");
    }

    async fn a_password_set_elsewhere_leaves_no_stale_copy(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let shown = async |id| get(&test, &admin(), id).await.expect("read").password.map(|p| p.reveal().to_owned());
        let set = async |username: &str| {
            let credentials = Credentials::weak(username, "set elsewhere");
            transaction!(test.db, |tx| login::set_password(tx, &admin(), NOW, &credentials).await).expect("set");
        };
        set("shop").await;
        assert_eq!(shown(shop).await, None);
        assert!(knows(&test, "shop", "set elsewhere").await);
        renew(&test, &admin(), shop, "shop", "once more").await.expect("renewed");
        assert_eq!(shown(shop).await.as_deref(), Some("once more"));
        // As administrators change it.
        let of_acme = login_of(&test, "acme").await;
        let mut profile = crate::tests::access::of(&of_acme);
        let credentials = Credentials::weak("acme", "by a client");
        let change = async |profile: &login::Profile, credentials: Option<&Credentials>| {
            transaction!(test.db, |tx| login::update(tx, &admin(), NOW, of_acme.id, profile, credentials).await)
                .expect("changed")
        };
        change(&profile, Some(&credentials)).await;
        assert_eq!(shown(acme).await, None);
        profile.reseller_id = DEFAULT;
        change(&profile, None).await;
        assert_eq!(get(&test, &admin(), acme).await.expect("read").username, None, "it acts for another");
        // Removed elsewhere, there is none; it can be made again.
        transaction!(test.db, |tx| login::delete(tx, &admin(), NOW, "shop").await).expect("removed");
        let bare = get(&test, &admin(), shop).await.expect("read");
        assert_eq!((bare.username.clone(), bare.password), (None, None));
        renew(&test, &admin(), shop, "shop", "a new one").await.expect("made");
        assert!(knows(&test, "shop", "a new one").await);
    }

    async fn a_sub_account_has_the_rights_that_it_was_given(test: TestDb) {
        started(&test).await;
        let (acme, mill) = (a_reseller(&test, "acme").await, a_reseller(&test, "mill").await);
        let (shop, desk) = (a_customer(&test, acme, "shop").await, a_customer(&test, acme, "desk").await);
        let of = async |username: &str| {
            let login = login_of(&test, username).await;
            customer::caller_of(&mut test.db.reader(), &login).await.expect("a caller")
        };
        let rights = |caller: &Caller| (caller.role, caller.account, caller.scope);
        assert_eq!(rights(&of("shop").await), (Role::Customer, shop, Scope::Subtree(shop)));
        assert_eq!(rights(&of("acme").await), (Role::Reseller, acme, Scope::Subtree(acme)));
        assert_eq!(rights(&of("administrator").await), (Role::Admin, AccountId(0), Scope::All));
        let give = async |id: AccountId, to: AccountId| {
            let mut sheet = echo(&get(&test, &admin(), id).await.expect("read"));
            sheet.impersonate_id = Some(to);
            update(&test, &admin(), id, &sheet).await
        };
        give(desk, acme).await.expect("given");
        let sub_account = of("desk").await;
        assert_eq!(rights(&sub_account), (Role::Reseller, acme, Scope::Subtree(acme)));
        assert_eq!(why(create(&test, &sub_account, &sheet(None, "x"), "new").await), "done");
        // It changes others' and its own record, but not its own rights, and does not remove itself.
        let mut own = echo(&get(&test, &sub_account, desk).await.expect("read"));
        own.contact.lastname = text("Desk");
        assert_eq!(why(update(&test, &sub_account, desk, &own).await), "done");
        own.impersonate_id = Some(AccountId(0));
        assert_eq!(why(update(&test, &sub_account, desk, &own).await), "not allowed");
        assert_eq!(why(delete(&test, &sub_account, desk).await), "not allowed");
        assert_eq!(why(update(&test, &reseller(acme), desk, &own).await), "done");
        give(desk, shop).await.expect("given");
        assert_eq!(rights(&of("desk").await), (Role::Customer, shop, Scope::Subtree(shop)));
        assert_eq!(why(give(desk, mill).await), "dangling impersonate");
        // Who is locked lends no rights.
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, shop, account::Status::Locked).await).expect("locked");
        assert_eq!(rights(&of("desk").await), (Role::Customer, desk, Scope::Subtree(desk)));
    }

    async fn administrators_act_for_others(test: TestDb) {
        started(&test).await;
        let acme = a_reseller(&test, "acme").await;
        let shop = a_customer(&test, acme, "shop").await;
        let acts = async |caller: &Caller, id| customer::impersonating(&mut test.db.reader(), caller, id).await;
        let of_shop = acts(&admin(), shop).await.expect("a caller");
        assert_eq!((of_shop.role, of_shop.account, of_shop.scope), (Role::Admin, shop, Scope::Subtree(shop)));
        assert_eq!(acts(&admin(), AccountId(0)).await.expect("a caller"), admin());
        assert_eq!(why(acts(&admin(), AccountId(4_711)).await), "not found");
        assert_eq!(why(acts(&reseller(acme), shop).await), "not allowed");
    }
}
