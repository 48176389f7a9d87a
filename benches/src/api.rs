//! The NGCP API on a registry with that many contacts: requests a second and CPU of the server for each, over one
//! connection kept open, with Basic credentials; on PostgreSQL also the CPU of the database, beside raw SQL.

use std::time::Instant;

use anyhow::Context as _;
use registry::account::{self, Kind, NewAccount};
use registry::id::AccountId;
use registry::{Clock, transaction};
use serde_json::{Value, json};
use store::args;
use store::testing::Engine;

use crate::report::Report;
use crate::server::PASSWORD;
use crate::{Field, raw};

/// Most contacts that a run fills in.
const MOST: u32 = 1_000_000;
const READS: u32 = 2_000;
const WRITES: u32 = 500;

const FILL: &str = "INSERT INTO contacts (reseller_id, status, email, firstname, lastname, created_at, modified_at) \
    SELECT CASE WHEN i % 2 = 0 THEN CAST($1 AS BIGINT) ELSE CAST($2 AS BIGINT) END, 'active', 'c' || CAST(i AS TEXT) || '@example.org', 'Ada', \
    'Lovelace', CAST($3 AS BIGINT), CAST($3 AS BIGINT) FROM (WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($4 AS BIGINT)) \
    SELECT i FROM n) AS numbers";
/// The counts that the registry would have kept.
const COUNT: [&str; 2] = [
    "INSERT INTO tallies (list, key, level, bucket, n) SELECT 'customer contacts', 0, l.level, t.id / l.width, COUNT(*) \
     FROM contacts t, (SELECT CAST(16 AS BIGINT) AS level, CAST(65536 AS BIGINT) AS width UNION ALL SELECT 8, 256) AS l \
     WHERE t.status = 'active' AND t.reseller_id IS NOT NULL GROUP BY l.level, t.id / l.width \
     ON CONFLICT (list, key, level, bucket) DO UPDATE SET n = excluded.n",
    "INSERT INTO tallies (list, key, level, bucket, n) SELECT 'customer contacts by reseller_id', t.reseller_id, l.level, \
     t.id / l.width, COUNT(*) FROM contacts t, (SELECT CAST(16 AS BIGINT) AS level, CAST(65536 AS BIGINT) AS width \
     UNION ALL SELECT 8, 256) AS l WHERE t.status = 'active' AND t.reseller_id IS NOT NULL \
     GROUP BY t.reseller_id, l.level, t.id / l.width \
     ON CONFLICT (list, key, level, bucket) DO UPDATE SET n = excluded.n",
];

/// Fills in the contacts; how many there are in the end.
pub(crate) async fn fill(field: &Field, size: u32) -> anyhow::Result<u32> {
    let size = size.min(MOST);
    let now = Clock::System.now();
    let new = NewAccount {
        parent_id: AccountId::OPERATOR,
        kind: Kind::Reseller,
        name: "second".to_owned(),
        currency: "EUR".to_owned(),
        credit_limit: None,
    };
    let second = transaction!(field.test.db, |tx| Ok(account::create(tx, &field.caller, now, &new).await?.id))?;
    let mut tx = field.test.db.begin().await?;
    tx.execute_long(FILL, args![AccountId::DEFAULT_RESELLER, second, now, size]).await?;
    for sql in COUNT {
        tx.execute_long(sql, args![]).await?;
    }
    tx.commit().await?;
    if field.engine == Engine::Postgres {
        raw::Postgres::connect(&field.test.url).await?.batch("ANALYZE").await?;
    }
    Ok(size)
}

/// One kind of request.
struct Request {
    what: &'static str,
    method: reqwest::Method,
    path: String,
    body: Option<fn(u32) -> Value>,
}

/// Drives a server that is up.
pub(crate) async fn drive(field: &Field, size: u32, base: &str, pid: u32, report: &mut Report) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    let get = |what, path: String| Request { what, method: reqwest::Method::GET, path, body: None };
    let middle = size / 2;
    let pages = |rows: u32| size.div_ceil(rows);
    let mut requests = vec![
        get("API, GET one contact", format!("/api/customercontacts/{middle}")),
        get("API, 10 contacts, first page", "/api/customercontacts/?rows=10".to_owned()),
        get("API, 10 contacts, last page", format!("/api/customercontacts/?rows=10&page={}", pages(10))),
        get("API, 10 contacts, middle page", format!("/api/customercontacts/?rows=10&page={}", pages(10) / 2)),
        get(
            "API, 10 contacts of a reseller, middle page",
            format!("/api/customercontacts/?rows=10&reseller_id=1&page={}", pages(40)),
        ),
        get("API, 10 contacts by e-mail prefix", format!("/api/customercontacts/?rows=10&email=c{middle}*")),
        get("API, 100 contacts, first page", "/api/customercontacts/?rows=100".to_owned()),
        get("API, 100 contacts, last page", format!("/api/customercontacts/?rows=100&page={}", pages(100))),
        get(
            "API, 100 contacts of a reseller, middle page",
            format!("/api/customercontacts/?rows=100&reseller_id=1&page={}", pages(400)),
        ),
    ];
    requests.push(Request {
        what: "API, POST contact",
        method: reqwest::Method::POST,
        path: "/api/customercontacts/".to_owned(),
        body: Some(|n| json!({"email": format!("new{n}@example.org"), "firstname": "New", "reseller_id": 1})),
    });
    for request in &requests {
        measure(field, size, &client, base, pid, request, report).await?;
    }
    if field.engine == Engine::Postgres {
        raw_reads(field, size, report).await?;
    }
    subscribers(field, size, &client, base, pid, report).await
}

async fn measure(
    field: &Field,
    size: u32,
    client: &reqwest::Client,
    base: &str,
    pid: u32,
    request: &Request,
    report: &mut Report,
) -> anyhow::Result<()> {
    let times = if request.body.is_some() { WRITES } else { READS };
    let database = Database::find(field).await?;
    let mut begun = None;
    for n in 0..times + 20 {
        // What is computed once, such as the verdict on a password, is not part of the figure.
        if n == 20 {
            begun = Some((Instant::now(), cpu(pid)?, database.cpu()?));
        }
        let mut call = client.request(request.method.clone(), format!("{base}{}", request.path));
        if let Some(body) = request.body {
            call = call.json(&body(n));
        }
        let answer = call.basic_auth("administrator", Some(PASSWORD)).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{} {}: {status} {text}", request.method, request.path);
    }
    let (since, server, database_before) = begun.context("requests")?;
    let per = f64::from(times);
    report.plain(request.what, field.engine, size, per / since.elapsed().as_secs_f64(), "requests/s");
    report.plain(request.what, field.engine, size, (cpu(pid)? - server) * 1e3 / per, "ms of CPU, server");
    if field.engine == Engine::Postgres {
        let used = (database.cpu()? - database_before) * 1e3 / per;
        report.plain(request.what, field.engine, size, used, "ms of CPU, database");
    }
    Ok(())
}

/// The same rows read over a bare connection: what the database costs without an API before it.
async fn raw_reads(field: &Field, size: u32, report: &mut Report) -> anyhow::Result<()> {
    let database = Database::find(field).await?;
    let mut connection = raw::Postgres::connect(&field.test.url).await?;
    let one = "SELECT * FROM contacts WHERE id = $1";
    let some = "SELECT * FROM contacts WHERE id > $1 ORDER BY id LIMIT 10";
    let counted = "SELECT COUNT(*) FROM contacts WHERE status = 'active' AND id > $1";
    for (what, sql, times) in [
        ("raw SQL, one contact", one, READS),
        ("raw SQL, 10 contacts", some, READS),
        ("raw SQL, count of all contacts", counted, 20),
    ] {
        connection.query(sql, args![1i64]).await?;
        let (since, client, server) = (Instant::now(), cpu(std::process::id())?, database.cpu()?);
        for n in 0..times {
            connection.query(sql, args![i64::from(n % size)]).await?;
        }
        let per = f64::from(times);
        report.plain(what, field.engine, size, per / since.elapsed().as_secs_f64(), "requests/s");
        report.plain(what, field.engine, size, (cpu(std::process::id())? - client) * 1e3 / per, "ms of CPU, client");
        report.plain(what, field.engine, size, (database.cpu()? - server) * 1e3 / per, "ms of CPU, database");
    }
    Ok(())
}

/// Whole subscribers: a number, an alias, preferences.
async fn subscribers(
    field: &Field,
    size: u32,
    client: &reqwest::Client,
    base: &str,
    pid: u32,
    report: &mut Report,
) -> anyhow::Result<()> {
    let post = async |path: &str, body: Value| -> anyhow::Result<String> {
        let call = client.post(format!("{base}{path}")).json(&body).basic_auth("administrator", Some(PASSWORD));
        let answer = call.send().await?;
        let location = answer.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
        let id = location.as_deref().and_then(|l| l.rsplit('/').next()).map(str::to_owned);
        let text = answer.text().await?;
        id.with_context(|| format!("{path}: {text}"))
    };
    let contact = post("/api/customercontacts/", json!({"email": "owner@example.org", "reseller_id": 1})).await?;
    let customer = post(
        "/api/customers/",
        json!({"contact_id": contact, "status": "active", "type": "sipaccount", "billing_profile_id": 1}),
    )
    .await?;
    post("/api/domains/", json!({"domain": "bench.example.org", "reseller_id": 1})).await?;
    let customer: i64 = customer.parse()?;
    CUSTOMER.store(customer, std::sync::atomic::Ordering::Relaxed);
    let request = Request {
        what: "API, POST subscriber",
        method: reqwest::Method::POST,
        path: "/api/subscribers/".to_owned(),
        body: Some(|n| {
            json!({
                "customer_id": CUSTOMER.load(std::sync::atomic::Ordering::Relaxed), "domain": "bench.example.org",
                "username": format!("u{n}"), "password": "a-Long-1-enough", "webpassword": null,
                "primary_number": {"cc": 43, "ac": "9876", "sn": format!("{}", 10_000 + n)},
                "alias_numbers": [{"cc": 43, "ac": "9877", "sn": format!("{}", 10_000 + n)}],
            })
        }),
    };
    measure(field, size, client, base, pid, &request, report).await
}

/// The customer that subscribers are made for.
static CUSTOMER: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

/// The processes of the database server, where it is one.
pub(crate) struct Database {
    postmaster: Option<u32>,
}

impl Database {
    pub(crate) async fn find(field: &Field) -> anyhow::Result<Database> {
        if field.engine == Engine::Sqlite {
            return Ok(Database { postmaster: None });
        }
        let mut connection = raw::Postgres::connect(&field.test.url).await?;
        let backend: i32 = connection.query("SELECT pg_backend_pid()", &[]).await?[0].get(0);
        let stat = std::fs::read_to_string(format!("/proc/{backend}/stat"))?;
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)).context("parent")?;
        Ok(Database { postmaster: Some(parent.parse()?) })
    }

    /// Seconds of CPU that its processes have used.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        let Some(postmaster) = self.postmaster else { return Ok(0.0) };
        let mut sum = 0.0;
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
            if parent == Some(postmaster) {
                sum += cpu(pid).unwrap_or(0.0);
            }
        }
        Ok(sum)
    }
}

/// Seconds of CPU that a process has used, from /proc/PID/schedstat where it is exact, over all its threads.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<f64> {
    let mut nanoseconds = 0u64;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        nanoseconds += text.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    }
    anyhow::ensure!(nanoseconds > 0, "no schedstat for {pid}");
    Ok(nanoseconds as f64 / 1e9)
}
