//! The one list of settings.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::field::{Choice, Field, Key};
use super::{
    CarrierSettings, Config, Database, Dns, HalShape, Log, LogFormat, NumberVendors, Purchase, Quota, QuotaWhenAbsent,
    Realtime, Refill, Registrar, Release, Secret, Tls, Worker,
};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The settings of the server, in the order of the reference.
pub static KEYS: &[Key<Config>] = &[
    Key {
        name: "data_dir",
        environment: "STROWGER_DATA_DIR",
        field: Field::Path(|c| &mut c.data_dir),
        default: "./data",
        doc: "Folder of the database, the keys and the certificate.",
    },
    Key {
        name: "database_url",
        environment: "STROWGER_DATABASE_URL",
        field: Field::DatabaseUrl(|c| &mut c.database_url),
        default: "",
        doc: "Empty: SQLite in the data folder. Else `postgres://…`.",
    },
    Key {
        name: "admin_password",
        environment: "STROWGER_ADMIN_PASSWORD",
        field: Field::Secret(|c| &mut c.admin_password),
        default: "",
        doc: "Password of `administrator`, set at the first start. Empty: generated and printed once.",
    },
    Key {
        name: "admin_listen",
        environment: "STROWGER_ADMIN_LISTEN",
        field: Field::Listen(|c| &mut c.admin_listen),
        default: "127.0.0.1:1443",
        doc: "HTTPS for operators: the interfaces, the console, `/metrics`, `/healthz`.",
    },
    Key {
        name: "subscriber_listen",
        environment: "STROWGER_SUBSCRIBER_LISTEN",
        field: Field::Listen(|c| &mut c.subscriber_listen),
        default: "127.0.0.1:1444",
        doc: "HTTPS for subscribers: the NGCP interface in the subscribers' realm.",
    },
    Key {
        name: "ngnpro_listen",
        environment: "STROWGER_NGNPRO_LISTEN",
        field: Field::Listen(|c| &mut c.ngnpro_listen),
        default: "127.0.0.1:9200",
        doc: "NGNPro's SOAP over plain HTTP, as its clients expect it; over HTTPS it is at `/ngnpro/` of `admin_listen`.",
    },
    Key {
        name: "crossbar_listen",
        environment: "STROWGER_CROSSBAR_LISTEN",
        field: Field::Listen(|c| &mut c.crossbar_listen),
        default: "127.0.0.1:8000",
        doc: "Crossbar over plain HTTP. Read and checked; the door that uses it is not built yet.",
    },
    Key {
        name: "ngcp_hal_shape",
        environment: "STROWGER_NGCP_HAL_SHAPE",
        field: Field::Choice(Choice {
            words: HalShape::WORDS,
            set: |c, word| HalShape::from_word(word).map(|shape| c.ngcp_hal_shape = shape).is_some(),
            get: |c| c.ngcp_hal_shape.word(),
        }),
        default: "modern",
        doc: "How the NGCP interface writes relations: `modern` always as arrays, `legacy` a relation with one member as a \
            bare object, as clients written until 2017 expect.",
    },
    Key {
        name: "ngcp_fake_clienttime",
        environment: "STROWGER_NGCP_FAKE_CLIENTTIME",
        field: Field::Flag(|c| &mut c.ngcp_fake_clienttime),
        default: "false",
        doc: "Whether a request to the NGCP interface may say what time it is, in a header `X-Fake-Clienttime` (RFC 2822 or \
            `YYYY-MM-DD HH:MM:SS` in UTC). For test programs only: whoever may log in can set the time of its changes.",
    },
    Key {
        name: "number_vendors",
        environment: "STROWGER_NUMBER_VENDORS",
        field: Field::Choice(Choice {
            words: NumberVendors::WORDS,
            set: |c, word| NumberVendors::from_word(word).map(|mode| c.number_vendors = mode).is_some(),
            get: |c| c.number_vendors.word(),
        }),
        default: "pool",
        doc: "`pool` refills pools after numbers are used; `realtime` also asks vendors while a caller searches.",
    },
    Key {
        name: "numbervendors_conf",
        environment: "STROWGER_NUMBERVENDORS_CONF",
        field: Field::DataFile(|c| &mut c.numbervendors_conf, "numbervendors.conf"),
        default: "",
        doc: "The vendors' file in Enswitch format. Empty: `numbervendors.conf` in the data folder.",
    },
    Key {
        name: "numbervendors_toml",
        environment: "STROWGER_NUMBERVENDORS_TOML",
        field: Field::OptionalPath(|c| &mut c.numbervendors_toml),
        default: "",
        doc: "Settings of the shipped plugins. Empty: `numbervendors.toml` in the data folder, if it is there.",
    },
    Key {
        name: "system_dial_plan.country_code",
        environment: "STROWGER_SYSTEM_DIAL_PLAN_COUNTRY_CODE",
        field: Field::Text(|c| &mut c.system_dial_plan.country_code),
        default: "",
        doc: "Country code of numbers that plugins print without one. Empty: they print E.164 digits.",
    },
    Key {
        name: "system_dial_plan.national_prefix",
        environment: "STROWGER_SYSTEM_DIAL_PLAN_NATIONAL_PREFIX",
        field: Field::Text(|c| &mut c.system_dial_plan.national_prefix),
        default: "",
        doc: "What is dialled before a national number, such as `0`.",
    },
    Key {
        name: "system_dial_plan.international_prefix",
        environment: "STROWGER_SYSTEM_DIAL_PLAN_INTERNATIONAL_PREFIX",
        field: Field::Text(|c| &mut c.system_dial_plan.international_prefix),
        default: "",
        doc: "What is dialled before an international number, such as `00`.",
    },
    Key {
        name: "realtime.deadline",
        environment: "STROWGER_REALTIME_DEADLINE",
        field: Field::Duration(|c| &mut c.realtime.deadline, MILLISECOND, HOUR),
        default: "3s",
        doc: "Most time that asking all vendors may add to a search for numbers.",
    },
    Key {
        name: "purchase.wait",
        environment: "STROWGER_PURCHASE_WAIT",
        field: Field::Duration(|c| &mut c.purchase.wait, MILLISECOND, HOUR),
        default: "20s",
        doc: "How long a buyer waits for a vendor before the answer says that the order is open.",
    },
    Key {
        name: "refill.retry_after",
        environment: "STROWGER_REFILL_RETRY_AFTER",
        field: Field::Duration(|c| &mut c.refill.retry_after, MILLISECOND, DAY),
        default: "60s",
        doc: "Pause before a pool that could not be filled is tried again.",
    },
    Key {
        name: "worker.lease",
        environment: "STROWGER_WORKER_LEASE",
        field: Field::Duration(|c| &mut c.worker.lease, SECOND, DAY),
        default: "60s",
        doc: "How long a claimed job stays with its worker without a renewal.",
    },
    Key {
        name: "worker.poll",
        environment: "STROWGER_WORKER_POLL",
        field: Field::Duration(|c| &mut c.worker.poll, MILLISECOND, HOUR),
        default: "1s",
        doc: "How often the job queue is looked at without being woken.",
    },
    Key {
        name: "worker.concurrency",
        environment: "STROWGER_WORKER_CONCURRENCY",
        field: Field::Count(|c| &mut c.worker.concurrency, 1, 1_024),
        default: "8",
        doc: "Most jobs at a time in this process.",
    },
    Key {
        name: "database.pool",
        environment: "STROWGER_DATABASE_POOL",
        field: Field::Count(|c| &mut c.database.pool, 1, 1_000),
        default: "16",
        doc: "Most PostgreSQL connections of this process.",
    },
    Key {
        name: "database.cache_mib",
        environment: "STROWGER_DATABASE_CACHE_MIB",
        field: Field::Count(|c| &mut c.database.cache_mib, 1, 65_536),
        default: "16",
        doc: "SQLite's page cache in MiB.",
    },
    Key {
        name: "registrar.database_url",
        environment: "STROWGER_REGISTRAR_DATABASE_URL",
        field: Field::Secret(|c| &mut c.registrar.database_url),
        default: "",
        doc: "Database with the registrar's location table (Kamailio 5.6): `postgres://…` or the path of a SQLite file. \
            Empty: no registrations are shown.",
    },
    Key {
        name: "quota.when_absent",
        environment: "STROWGER_QUOTA_WHEN_ABSENT",
        field: Field::Choice(Choice {
            words: QuotaWhenAbsent::WORDS,
            set: |c, word| QuotaWhenAbsent::from_word(word).map(|meaning| c.quota.when_absent = meaning).is_some(),
            get: |c| c.quota.when_absent.word(),
        }),
        default: "none",
        doc: "What it means that a reseller or customer has no limit on subscribers, SIP aliases, ENUM ranges and numbers, DNS zones or \
            e-mail aliases (NGNPro's credits): `none` no limit, `0` that it may have none of them. It is kept in the \
            database: the server that was started last decides for all.",
    },
    Key {
        name: "dns.listen",
        environment: "STROWGER_DNS_LISTEN",
        field: Field::OptionalListen(|c| &mut c.dns.listen),
        default: "",
        doc: "Where name servers get zones, over UDP and TCP. Empty: nowhere. See dns.md.",
    },
    Key {
        name: "dns.secondaries",
        environment: "STROWGER_DNS_SECONDARIES",
        field: Field::Text(|c| &mut c.dns.secondaries),
        default: "",
        doc: "Name servers that are told of changes and may transfer zones, separated by spaces: `address[:port][#key]`.",
    },
    Key {
        name: "dns.allow_transfer",
        environment: "STROWGER_DNS_ALLOW_TRANSFER",
        field: Field::Text(|c| &mut c.dns.allow_transfer),
        default: "",
        doc: "Who else may transfer zones, separated by spaces: `address[/bits][#key]`, or `#key` from anywhere.",
    },
    Key {
        name: "dns.keys",
        environment: "STROWGER_DNS_KEYS",
        field: Field::Secret(|c| &mut c.dns.keys),
        default: "",
        doc: "TSIG keys, separated by spaces: `[algorithm:]name:secret`, the secret in base64, the algorithm `hmac-sha256` (if \
            none is given), `hmac-sha384` or `hmac-sha512`.",
    },
    Key {
        name: "dns.keys_file",
        environment: "STROWGER_DNS_KEYS_FILE",
        field: Field::OptionalPath(|c| &mut c.dns.keys_file),
        default: "",
        doc: "A file with more keys, a line each; `#` begins a remark.",
    },
    Key {
        name: "dns.catalog",
        environment: "STROWGER_DNS_CATALOG",
        field: Field::Text(|c| &mut c.dns.catalog),
        default: "catalog.strowger",
        doc: "Name of the catalog zone, from which name servers learn which zones there are. Empty: there is none.",
    },
    Key {
        name: "tls.certificate",
        environment: "STROWGER_TLS_CERTIFICATE",
        field: Field::OptionalPath(|c| &mut c.tls.certificate),
        default: "",
        doc: "PEM file of the certificate chain, read again at SIGHUP. Empty: a self-signed one is made in the data folder.",
    },
    Key {
        name: "tls.key",
        environment: "STROWGER_TLS_KEY",
        field: Field::OptionalPath(|c| &mut c.tls.key),
        default: "",
        doc: "PEM file of the certificate's private key.",
    },
    Key {
        name: "log.format",
        environment: "STROWGER_LOG_FORMAT",
        field: Field::Choice(Choice {
            words: LogFormat::WORDS,
            set: |c, word| LogFormat::from_word(word).map(|format| c.log.format = format).is_some(),
            get: |c| c.log.format.word(),
        }),
        default: "text",
        doc: "Lines for people, or one JSON object a line.",
    },
    Key {
        name: "log.filter",
        environment: "STROWGER_LOG_FILTER",
        field: Field::Filter(|c| &mut c.log.filter),
        default: "info",
        doc: "What is logged, such as `info,ordering=debug`.",
    },
    Key {
        name: "keys_file",
        environment: "STROWGER_KEYS_FILE",
        field: Field::DataFile(|c| &mut c.keys_file, "keys"),
        default: "",
        doc: "The sealing and token keys, the same for all servers on a database. Empty: `keys` in the data folder.",
    },
];

/// The settings of one carrier, `[carrier.NAME]`.
pub static CARRIER_KEYS: &[Key<CarrierSettings>] = &[
    Key {
        name: "release",
        environment: "",
        field: Field::Choice(Choice {
            words: Release::WORDS,
            set: |c, word| Release::from_word(word).map(|release| c.release = release).is_some(),
            get: |c| c.release.word(),
        }),
        default: "keep",
        doc: "`disconnect` gives a number back to the vendor when it leaves its last customer.",
    },
    Key {
        name: "destination",
        environment: "",
        field: Field::OptionalText(|c| &mut c.destination),
        default: "",
        doc: "Where the vendor sends calls. Empty: as the vendors' file says.",
    },
    Key {
        name: "deadline",
        environment: "",
        field: Field::Duration(|c| &mut c.deadline, MILLISECOND, HOUR),
        default: "50s",
        doc: "Most time for one plugin run; then it is killed.",
    },
    Key {
        name: "concurrency",
        environment: "",
        field: Field::Count(|c| &mut c.concurrency, 1, 1_024),
        default: "4",
        doc: "Most plugin runs at a time.",
    },
    Key {
        name: "rate",
        environment: "",
        field: Field::Rate(|c| &mut c.rate),
        default: "0",
        doc: "Most plugin runs a second. 0: no limit.",
    },
    Key {
        name: "grace",
        environment: "",
        field: Field::Duration(|c| &mut c.grace, Duration::ZERO, Duration::from_secs(365 * 86_400)),
        default: "1h",
        doc: "How long an order in doubt counts as supply on the way.",
    },
    Key {
        name: "exposure_cap",
        environment: "",
        field: Field::Count(|c| &mut c.exposure_cap, 0, u32::MAX),
        default: "100",
        doc: "Most numbers that may be in doubt before nothing is ordered in their place.",
    },
    Key {
        name: "max_per_order",
        environment: "",
        field: Field::Count(|c| &mut c.max_per_order, 0, u32::MAX),
        default: "0",
        doc: "Most numbers in one order. 0: no limit.",
    },
    Key {
        name: "numbers_per_day",
        environment: "",
        field: Field::OptionalCount(|c| &mut c.numbers_per_day),
        default: "",
        doc: "Most numbers bought a day. Left out: no limit.",
    },
    Key {
        name: "numbers_per_month",
        environment: "",
        field: Field::OptionalCount(|c| &mut c.numbers_per_month),
        default: "",
        doc: "Most numbers bought a month. Left out: no limit.",
    },
    Key {
        name: "money_per_day",
        environment: "",
        field: Field::OptionalMoney(|c| &mut c.money_per_day),
        default: "",
        doc: "Most money spent a day. Left out: no limit.",
    },
    Key {
        name: "money_per_month",
        environment: "",
        field: Field::OptionalMoney(|c| &mut c.money_per_month),
        default: "",
        doc: "Most money spent a month. Left out: no limit.",
    },
    Key {
        name: "lookup",
        environment: "",
        field: Field::Flag(|c| &mut c.lookup),
        default: "false",
        doc: "The plugin can find an order again by its reference. The shipped plugins always can.",
    },
    Key {
        name: "breaker_failures",
        environment: "",
        field: Field::Count(|c| &mut c.breaker_failures, 1, 1_000),
        default: "5",
        doc: "Failures in a row after which the vendor is left alone.",
    },
    Key {
        name: "breaker_pause",
        environment: "",
        field: Field::Duration(|c| &mut c.breaker_pause, MILLISECOND, DAY),
        default: "60s",
        doc: "How long the vendor is left alone then.",
    },
];

impl Config {
    /// A value to put the settings into; only complete after the defaults are set.
    pub(super) fn unset() -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            data_dir: Default::default(),
            database_url: Secret::default(),
            admin_password: Secret::default(),
            admin_listen: nowhere,
            subscriber_listen: nowhere,
            ngnpro_listen: nowhere,
            crossbar_listen: nowhere,
            ngcp_hal_shape: HalShape::default(),
            ngcp_fake_clienttime: false,
            number_vendors: NumberVendors::default(),
            numbervendors_conf: Default::default(),
            numbervendors_toml: None,
            system_dial_plan: Default::default(),
            realtime: Realtime::default(),
            purchase: Purchase::default(),
            refill: Refill::default(),
            worker: Worker::default(),
            database: Database::default(),
            registrar: Registrar::default(),
            quota: Quota::default(),
            dns: Dns::default(),
            tls: Tls::default(),
            log: Log::default(),
            keys_file: Default::default(),
            carriers: Default::default(),
        }
    }
}

impl Default for CarrierSettings {
    fn default() -> Self {
        Self {
            release: Release::Keep,
            destination: None,
            deadline: Duration::from_secs(50),
            concurrency: 4,
            rate: 0.0,
            grace: HOUR,
            exposure_cap: 100,
            max_per_order: 0,
            numbers_per_day: None,
            numbers_per_month: None,
            money_per_day: None,
            money_per_month: None,
            lookup: false,
            breaker_failures: 5,
            breaker_pause: Duration::from_secs(60),
        }
    }
}
