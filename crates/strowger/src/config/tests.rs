//! What an operator sees: values from every source, and every mistake with its place.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn errors(text: &str) -> Vec<String> {
    read_text(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn from_env(pairs: &[(&str, &str)]) -> Result<Config, Vec<ConfigError>> {
    let env = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(Sources { env, ..Sources::default() })
}

fn flags(pairs: &[(&str, &str)]) -> Result<Config, Vec<ConfigError>> {
    let flags = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(Sources { flags, ..Sources::default() })
}

fn texts(result: Result<Config, Vec<ConfigError>>) -> Vec<String> {
    result.unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn defaults_are_complete() {
    let config = Config::load(Sources::default()).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("./data"));
    assert!(config.database_url.is_empty());
    assert_eq!(config.admin_listen.to_string(), "127.0.0.1:1443");
    assert_eq!(config.number_vendors, NumberVendors::Pool);
    assert_eq!(config.numbervendors_conf, PathBuf::from("./data/numbervendors.conf"));
    assert_eq!(config.keys_file, PathBuf::from("./data/keys"));
    assert_eq!(config.realtime.deadline, Duration::from_secs(3));
    assert_eq!(config.purchase.wait, Duration::from_secs(20));
    assert_eq!((config.worker.concurrency, config.database.pool, config.database.cache_mib), (8, 16, 16));
    assert_eq!(config.log.filter, "info");
    assert_eq!(config.carrier("anyone"), CarrierSettings::default());
}

#[test]
fn the_defaults_of_a_carrier_are_those_of_the_table() {
    let mut settings = CarrierSettings::default();
    for key in CARRIER_KEYS {
        let shown = key.field.show(&mut settings);
        if matches!(key.field, Field::Duration(..)) {
            assert_eq!(amount::duration(&shown), amount::duration(key.default), "{}", key.name);
        } else {
            assert_eq!(shown, key.default, "{}", key.name);
        }
    }
}

#[test]
fn a_whole_file() {
    let config = read_text(
        r#"
        data_dir = "/var/lib/strowger"
        number_vendors = "realtime"
        realtime.deadline = "250ms"
        [system_dial_plan]
        country_code = "44"
        national_prefix = "0"
        international_prefix = "00"
        [worker]
        lease = 90
        concurrency = 2
        [carrier.voxbone]
        release = "disconnect"
        destination = "sip.example.com"
        rate = 1.5
        numbers_per_day = 500
        money_per_month = "1000.50"
        lookup = true
        [carrier."Number Vendor Ltd"]
        max_per_order = 10
        "#,
    )
    .unwrap();
    assert_eq!(config.numbervendors_conf, PathBuf::from("/var/lib/strowger/numbervendors.conf"));
    assert_eq!(config.realtime.deadline, Duration::from_millis(250));
    assert_eq!(config.system_dial_plan.country_code, "44");
    assert_eq!(config.worker.lease, Duration::from_secs(90));
    let voxbone = config.carrier("voxbone");
    assert_eq!(voxbone.release, Release::Disconnect);
    assert_eq!(voxbone.destination.as_deref(), Some("sip.example.com"));
    assert_eq!((voxbone.rate, voxbone.numbers_per_day, voxbone.lookup), (1.5, Some(500), true));
    assert_eq!(voxbone.money_per_month, Some(Decimal::new(100_050, 2)));
    assert_eq!(voxbone.concurrency, 4);
    assert_eq!(config.carrier("Number Vendor Ltd").max_per_order, 10);
}

#[test]
fn a_wrong_value_names_file_line_and_key() {
    assert_eq!(
        errors("\n\nnumber_vendors = \"pol\"\n"),
        ["strowger.toml:3: number_vendors: \"pol\" is not one of off, pool, realtime"]
    );
}

#[test]
fn every_mistake_is_reported() {
    let found = errors(
        "data_dirr = \"x\"\n\
         admin_listen = \"localhost\"\n\
         worker = 3\n\
         concurrency = 3\n\
         [log]\n\
         format = \"xml\"\n\
         filter = \"ordering=loud\"\n\
         colour = true\n\
         [database]\n\
         pool = 0\n\
         cache_mib = \"16\"\n\
         [realtime]\n\
         deadline = \"3 weeks\"\n\
         [purchase]\n\
         wait = \"2d\"\n\
         [carrier.acme]\n\
         relase = \"keep\"\n\
         money_per_day = 1.5\n\
         rate = -1\n\
         lookup = \"yes\"\n",
    );
    insta::assert_snapshot!(found.join("\n"), @r#"
    strowger.toml:1: data_dirr: is not a setting; did you mean data_dir?
    strowger.toml:2: admin_listen: "localhost" is not an address with a port, such as 127.0.0.1:1443 or [::1]:1443
    strowger.toml:3: worker: is a table: write [worker]
    strowger.toml:4: concurrency: is not a setting; did you mean worker.concurrency?
    strowger.toml:6: log.format: "xml" is not one of text, json
    strowger.toml:7: log.filter: "ordering=loud" is not a log filter, such as info,ordering=debug
    strowger.toml:8: log.colour: is not a setting
    strowger.toml:10: database.pool: 0 is not a whole number from 1 to 1000
    strowger.toml:11: database.cache_mib: "16" is not a whole number from 1 to 65536
    strowger.toml:13: realtime.deadline: "3 weeks" is not a duration such as 250ms, 50s, 2m or 1h
    strowger.toml:15: purchase.wait: 2d is not between 1ms and 1h
    strowger.toml:17: carrier.acme.relase: is not a setting of a carrier; did you mean release?
    strowger.toml:18: carrier.acme.money_per_day: 1.5 is not an amount in quotes, such as "12.50"
    strowger.toml:19: carrier.acme.rate: -1 is not a number, 0 or more
    strowger.toml:20: carrier.acme.lookup: "yes" is not true or false
    "#);
}

#[test]
fn syntax_errors_have_a_line_and_do_not_hide_others() {
    let found =
        errors("admin_password = hunter2\nnumber_vendors = \"pol\"\nlog.format = \"json\"\nlog.format = \"text\"\n");
    assert!(found.iter().any(|text| text.starts_with("strowger.toml:1: ")), "{found:?}");
    assert!(found.iter().any(|text| text.starts_with("strowger.toml:2: number_vendors")), "{found:?}");
    assert!(found.iter().any(|text| text.starts_with("strowger.toml:4: duplicate key")), "{found:?}");
    assert!(!found.concat().contains("hunter2"), "{found:?}");
}

#[test]
fn later_sources_win() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("strowger.toml");
    std::fs::write(&path, "worker.concurrency = 1\nworker.poll = \"2s\"\nlog.filter = \"warn\"\n").unwrap();
    let env: BTreeMap<_, _> = [
        ("STROWGER_CONFIG", path.to_str().unwrap()),
        ("STROWGER_WORKER_CONCURRENCY", "2"),
        ("STROWGER_WORKER_POLL", "30"),
        ("PATH", "/bin"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let flags = vec![("worker.concurrency".to_owned(), "3".to_owned())];
    let config = Config::load(Sources { file: None, env, flags }).unwrap();
    assert_eq!(config.worker.concurrency, 3);
    assert_eq!(config.worker.poll, Duration::from_secs(30));
    assert_eq!(config.log.filter, "warn");
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    assert_eq!(
        texts(from_env(&[("STROWGER_NUMBER_VENDORS", "pol"), ("STROWGER_ADMIN_LISTN", "127.0.0.1:1")])),
        [
            "STROWGER_ADMIN_LISTN: is not a setting; did you mean STROWGER_ADMIN_LISTEN?",
            "STROWGER_NUMBER_VENDORS: \"pol\" is not one of off, pool, realtime",
        ]
    );
}

#[test]
fn variables_of_plugins_and_tests_are_left_alone() {
    let others =
        ["STROWGER_FAULT_HOLD", "STROWGER_PLUGIN_FAULT", "STROWGER_ORDER_REFERENCE", "STROWGER_TEST_DATABASE", "HOME"];
    from_env(&others.map(|name| (name, "x"))).unwrap();
}

#[test]
fn an_empty_variable_empties_text_and_is_ignored_elsewhere() {
    let config = from_env(&[("STROWGER_DATABASE_URL", ""), ("STROWGER_ADMIN_LISTEN", ""), ("STROWGER_KEYS_FILE", "")]);
    let config = config.unwrap();
    assert!(config.database_url.is_empty());
    assert_eq!(config.admin_listen.port(), 1443);
    assert_eq!(config.keys_file, PathBuf::from("./data/keys"));
}

#[test]
fn flags_by_key_or_by_long_name() {
    let config = flags(&[("--data-dir", "/srv"), ("number_vendors", "off"), ("--admin-listen", "[::1]:0")]).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("/srv"));
    assert_eq!(config.number_vendors, NumberVendors::Off);
    assert_eq!(config.admin_listen.to_string(), "[::1]:0");
    assert_eq!(
        texts(flags(&[("--data-dri", "x"), ("log.format", "")])),
        [
            "command line: data_dri: is not a setting; did you mean data_dir?",
            "command line: log.format: \"\" is not one of text, json",
        ]
    );
}

#[test]
fn a_carrier_is_set_by_every_source_and_later_ones_win() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("strowger.toml");
    std::fs::write(&path, "[carrier.acme]\nrate = 1\ngrace = \"2h\"\nmax_per_order = 5\n").unwrap();
    let env = [
        ("STROWGER_CARRIER__acme__GRACE", "3h"),
        ("STROWGER_CARRIER__acme__MAX_PER_ORDER", "6"),
        ("STROWGER_CARRIER__Number Vendor__x__LOOKUP", "true"),
        ("STROWGER_CARRIER__under___RATE", "2"),
        ("STROWGER_CARRIER__acme__RATE", ""),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let flags = [("carrier.acme.max_per_order", "7"), ("carrier.a.b.destination", "sip.example.com")];
    let flags = flags.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let config = Config::load(Sources { file: Some(path), env, flags }).unwrap();
    let acme = config.carrier("acme");
    assert_eq!((acme.rate, acme.grace, acme.max_per_order), (1.0, Duration::from_secs(3 * 3_600), 7));
    assert!(config.carrier("Number Vendor__x").lookup);
    assert_eq!(config.carrier("under_").rate, 2.0);
    assert_eq!(config.carrier("a.b").destination.as_deref(), Some("sip.example.com"));
}

#[test]
fn mistakes_in_a_carrier_name_the_variable_or_the_flag() {
    assert_eq!(
        texts(from_env(&[
            ("STROWGER_CARRIER__acme__RATE", "-1"),
            ("STROWGER_CARRIER__acme__RELASE", "keep"),
            ("STROWGER_CARRIER__acme__lookup", "true"),
            ("STROWGER_CARRIER__acme", "x"),
            ("STROWGER_CARRIER____RATE", "1"),
        ])),
        [
            "STROWGER_CARRIER____RATE: is not a carrier's name: 1 to 64 characters",
            "STROWGER_CARRIER__acme: is not a setting: write STROWGER_CARRIER__NAME__KEY",
            "STROWGER_CARRIER__acme__RATE: \"-1\" is not a number, 0 or more",
            "STROWGER_CARRIER__acme__RELASE: RELASE is not a setting of a carrier; did you mean RELEASE?",
            "STROWGER_CARRIER__acme__lookup: lookup is not a setting of a carrier; did you mean LOOKUP?",
        ]
    );
    assert_eq!(
        texts(flags(&[("carrier.acme.rate", "-1"), ("carrier.acme.relase", "keep"), ("carrier.rate", "1")])),
        [
            "command line: carrier.acme.rate: \"-1\" is not a number, 0 or more",
            "command line: carrier.acme.relase: is not a setting of a carrier; did you mean release?",
            "command line: carrier.rate: is not a setting: write carrier.NAME.KEY=VALUE",
        ]
    );
}

#[test]
fn a_missing_file_is_an_error() {
    let found = texts(Config::load(Sources { file: Some("/nowhere/strowger.toml".into()), ..Sources::default() }));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("/nowhere/strowger.toml: cannot be read: "), "{found:?}");
}

#[test]
fn settings_that_do_not_fit_together() {
    assert_eq!(errors("[tls]\nkey = \"k.pem\"\n"), ["strowger.toml:2: tls.key: needs tls.certificate beside it"]);
    assert_eq!(
        errors("admin_listen = \"127.0.0.1:8000\"\n"),
        ["strowger.toml:1: crossbar_listen: 127.0.0.1:8000 is also that of admin_listen"]
    );
    let plan = errors("[system_dial_plan]\nnational_prefix = \"0\"\n");
    assert_eq!(plan.len(), 1);
    assert!(plan[0].starts_with("strowger.toml:2: system_dial_plan: "), "{plan:?}");
}

#[test]
fn the_plugins_file_of_the_data_folder_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert_eq!(flags(&[("data_dir", data)]).unwrap().numbervendors_toml, None);
    std::fs::write(folder.path().join("numbervendors.toml"), "").unwrap();
    assert_eq!(
        flags(&[("data_dir", data)]).unwrap().numbervendors_toml,
        Some(folder.path().join("numbervendors.toml"))
    );
}

#[test]
fn secrets_are_never_shown() {
    let config = read_text("admin_password = \"hunter2\"\ndatabase_url = \"postgres://me:hunter2@db/x\"\n").unwrap();
    assert_eq!(config.admin_password.reveal(), "hunter2");
    assert!(!format!("{config:?}{:?}", config.entries()).contains("hunter2"));
    assert!(config.entries().contains(&("admin_password".to_owned(), "***".to_owned())));
    for found in [
        errors("database_url = \"mysql://me:hunter2@db/x\"\n"),
        errors("admin_password = \"hunter2\\u0000\"\n"),
        texts(from_env(&[("STROWGER_DATABASE_URL", "hunter2")])),
        texts(flags(&[("database_url", "hunter2")])),
    ] {
        assert_eq!(found.len(), 1);
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
}

#[test]
fn names_and_variables_agree() {
    for key in KEYS {
        let variable = format!("STROWGER_{}", key.name.replace('.', "_").to_uppercase());
        assert_eq!(key.environment, variable);
        assert!(reference().contains(&format!("| `{}` | `{variable}` |", key.name)));
    }
}

#[test]
fn name_servers_are_set_as_a_whole() {
    let secret = "MDEyMzQ1Njc4OWFiY2RlZg==";
    let whole = format!(
        "[dns]\nlisten = \"192.0.2.1:53\"\nsecondaries = \"192.0.2.2 192.0.2.3#k\"\nkeys = \"k:{secret}\"\n\
         allow_transfer = \"127.0.0.1#k\"\n"
    );
    let settings = read_text(&whole).unwrap().dns_settings().unwrap();
    assert_eq!((settings.secondaries.len(), settings.rules.len(), settings.transfers), (2, 1, 4));
    assert_eq!(settings.catalog, "catalog.strowger");
    assert_eq!(read_text("").unwrap().dns_settings().unwrap().listen, None);
    for (text, expected) in [
        ("dns.secondaries = \"192.0.2.2\"", "dns.secondaries: needs dns.listen: they ask there"),
        ("dns.secondaries = \"ns.example\"", "dns.secondaries: `ns.example` is not written address[:port][#key]"),
        ("dns.allow_transfer = \"any\"", "dns.allow_transfer: `any` is not written address[/bits][#key] or #key"),
        ("dns.allow_transfer = \"#x\"", "dns.keys: there is no key x"),
        ("dns.keys = \"k:hunter2\"", "dns.keys: the secret of the key k is not 16 bytes or more in base64"),
        ("dns.catalog = \"a b\"", "dns.catalog: `a b` is not the name of a zone"),
        ("dns.listen = \"192.0.2.1\"", "dns.listen: \"192.0.2.1\" is not an address with a port"),
    ] {
        let found = errors(text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
    }
}

#[test]
fn deep_nesting_is_refused_calmly() {
    assert!(read_text(&"[".repeat(200_000)).is_err());
    assert!(read_text(&format!("a = {}", "{a=".repeat(100_000))).is_err());
    assert!(read_text(&format!("{}b = 1", "a.".repeat(100_000))).is_err());
}

/// A valid value for the field, as (text outside, TOML).
fn value_of<T>(field: &Field<T>) -> BoxedStrategy<(String, String)> {
    fn in_quotes(text: String) -> (String, String) {
        let toml = toml::Value::String(text.clone()).to_string();
        (text, toml)
    }
    fn bare(number: impl ToString) -> (String, String) {
        (number.to_string(), number.to_string())
    }
    match field {
        Field::Path(_) | Field::DataFile(..) | Field::OptionalPath(_) => {
            "[a-zA-Z0-9/ _.é-]{1,30}".prop_map(in_quotes).boxed()
        }
        Field::Text(_) => "[0-9]{0,3}".prop_map(in_quotes).boxed(),
        Field::OptionalText(_) | Field::Secret(_) => "\\PC{1,30}".prop_map(in_quotes).boxed(),
        Field::Filter(_) => {
            prop_oneof![Just("debug"), Just("warn,ordering=trace")].prop_map(|s| in_quotes(s.to_owned())).boxed()
        }
        Field::DatabaseUrl(_) => "postgres://[a-z:@/]{0,20}".prop_map(in_quotes).boxed(),
        Field::Listen(_) | Field::OptionalListen(_) => {
            any::<([u8; 4], u16)>().prop_map(|at| in_quotes(SocketAddr::from(at).to_string())).boxed()
        }
        Field::Duration(_, least, most) => (least.as_millis() as u64..=most.as_millis() as u64)
            .prop_map(|milliseconds| in_quotes(amount::show_duration(Duration::from_millis(milliseconds))))
            .boxed(),
        Field::Count(_, least, most) => (*least..=*most).prop_map(bare).boxed(),
        Field::OptionalCount(_) => any::<u32>().prop_map(bare).boxed(),
        Field::Rate(_) => (0.0..1e6_f64).prop_map(|rate| bare(format!("{rate:?}"))).boxed(),
        Field::OptionalMoney(_) => {
            (0..1_000_000_000_000_i64).prop_map(|micro| in_quotes(Decimal::new(micro, 6).to_string())).boxed()
        }
        Field::Flag(_) => any::<bool>().prop_map(bare).boxed(),
        Field::Choice(choice) => proptest::sample::select(choice.words).prop_map(|s| in_quotes(s.to_owned())).boxed(),
    }
}

/// Whether the key can be set alone.
fn stands_alone(name: &str) -> bool {
    !["system_dial_plan.", "tls.", "dns."].iter().any(|table| name.starts_with(table))
}

fn secret_or_shown(key: &Key<Config>, config: &Config) -> String {
    match key.field {
        Field::Secret(place) | Field::DatabaseUrl(place) => place(&mut config.clone()).reveal().to_owned(),
        _ => key.field.show(&mut config.clone()),
    }
}

fn same<T>(field: &Field<T>, shown: &str, given: &str) -> bool {
    match field {
        Field::Rate(_) => shown.parse::<f64>() == given.parse(),
        _ => shown == given,
    }
}

proptest! {
    #[test]
    fn every_key_round_trips_through_every_source(
        (key, (outside, toml)) in (0..KEYS.len()).prop_flat_map(|index| (Just(&KEYS[index]), value_of(&KEYS[index].field)))
    ) {
        let by_file = read_text(&format!("{} = {toml}\n", key.name));
        let by_env = from_env(&[(key.environment, &outside)]);
        let by_flag = flags(&[(key.name, &outside)]);
        prop_assert_eq!(by_file.is_ok(), by_env.is_ok());
        prop_assert_eq!(&by_env.is_ok(), &by_flag.is_ok());
        if let (Ok(by_file), Ok(by_env), Ok(by_flag)) = (by_file, by_env, by_flag) {
            prop_assert!(same(&key.field, &secret_or_shown(key, &by_file), &outside), "{}: {toml}", key.name);
            prop_assert_eq!(&by_file, &by_env);
            prop_assert_eq!(&by_file, &by_flag);
        } else {
            prop_assert!(!stands_alone(key.name) || matches!(key.field, Field::Listen(_)), "{}: {toml}", key.name);
        }
    }

    #[test]
    fn every_key_of_a_carrier_round_trips(
        name in "[^\\pC\"\\\\]{1,20}",
        (key, (outside, toml)) in (0..CARRIER_KEYS.len())
            .prop_flat_map(|index| (Just(&CARRIER_KEYS[index]), value_of(&CARRIER_KEYS[index].field)))
    ) {
        let config = read_text(&format!("carrier.\"{name}\".{} = {toml}\n", key.name)).unwrap();
        prop_assert!(same(&key.field, &key.field.show(&mut config.carrier(&name)), &outside), "{toml}");
        let by_env = from_env(&[(&format!("STROWGER_CARRIER__{name}__{}", key.name.to_uppercase()), &outside)]).unwrap();
        let by_flag = flags(&[(&format!("carrier.{name}.{}", key.name), &outside)]).unwrap();
        prop_assert_eq!(&by_env, &config);
        prop_assert_eq!(&by_flag, &config);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|([a-z_.\\[\\]{}=\"0-9 \n,#'-]{0,200})") {
        let _ = read_text(&text);
    }

    #[test]
    fn known_keys_with_any_value_are_read_or_refused(index in 0..KEYS.len(), value in "\\PC{0,40}|[0-9a-z\"'.:\\[\\]{}-]{0,30}") {
        let _ = read_text(&format!("{} = {value}", KEYS[index].name));
        let _ = from_env(&[(KEYS[index].environment, &value)]);
    }

    #[test]
    fn every_mistake_has_a_line(text in "([a-z_.\\[\\]{}=\"0-9 \n]{0,80}\n){0,5}") {
        for error in read_text(&text).err().unwrap_or_default() {
            let lines = text.split('\n').count();
            prop_assert!(matches!(error.origin, Origin::File(_, line) if (1..=lines).contains(&line)), "{error}");
        }
    }
}
