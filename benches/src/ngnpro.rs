//! The NGNPro service on a registry with 100,000 customers: calls a second and CPU of the server for each, beside raw SQL
//! on the same rows; and the reading and writing of one account, beside a bare pass of the XML library over the same bytes.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use store::args;
use store::testing::Engine;

use crate::api::{Database, cpu};
use crate::import::command;
use crate::report::Report;
use crate::server::PASSWORD;
use crate::{Field, raw};

const CUSTOMERS: u32 = 100_000;
/// Calls before those that are counted: what is computed once is not part of the figure.
const WARM: u32 = 10;

const NUMBERED: &str = "(WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
    SELECT i FROM n) AS numbers";

/// The customers have ids from 1,000,001 on.
fn fill_in() -> [String; 5] {
    [
        format!(
            "INSERT INTO contacts (id, reseller_id, status, email, firstname, lastname, company, city, country, created_at, \
             modified_at) SELECT 1000000 + i, 1, 'active', 'c' || CAST(i AS TEXT) || '@example.org', 'Ada', 'Lovelace', \
             'Company ' || CAST(i AS TEXT), 'London', 'GB', 1, 1 FROM {NUMBERED}"
        ),
        format!(
            "INSERT INTO accounts (id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, created_at, \
             modified_at, contact_id, product) SELECT 1000000 + i, 'uuid ' || CAST(i AS TEXT), 1, 1, 'customer', \
             'customer ' || CAST(i AS TEXT), 'active', 'EUR', 0, 0, 1, i, 1000000 + i, 'sipaccount' FROM {NUMBERED}"
        ),
        format!(
            "INSERT INTO account_ancestors (account_id, ancestor_id, distance) SELECT 1000000 + i, 1000000 + i, 0 FROM \
             {NUMBERED} UNION ALL SELECT 1000000 + i, 1, 1 FROM {NUMBERED} UNION ALL SELECT 1000000 + i, 0, 2 FROM {NUMBERED}"
        ),
        format!(
            "INSERT INTO account_properties (account_id, name, value, category, permission) SELECT 1000000 + i, \
             'records_per_page', '20', 'web', 'customer' FROM {NUMBERED}"
        ),
        "INSERT INTO tallies (list, key, level, bucket, n) SELECT s.list, s.key, l.level, t.id / l.width, COUNT(*) \
         FROM accounts t, (SELECT CAST(16 AS BIGINT) AS level, CAST(65536 AS BIGINT) AS width UNION ALL SELECT 8, 256) AS l, \
         (SELECT 'customers and resellers' AS list, CAST(0 AS BIGINT) AS key UNION ALL \
         SELECT 'customers and resellers by reseller_id', 1) AS s WHERE t.id > 1000000 \
         GROUP BY s.list, s.key, l.level, t.id / l.width \
         ON CONFLICT (list, key, level, bucket) DO UPDATE SET n = tallies.n + excluded.n"
            .to_owned(),
    ]
}

/// The rows of a page as plain SQL reads them.
const RAW_PAGE: &str = "SELECT a.id, a.reseller_id, a.balance, a.credit_limit, a.modified_at, c.*, d.* FROM accounts a \
    JOIN contacts c ON c.id = a.contact_id LEFT JOIN account_details d ON d.account_id = a.id WHERE a.id > $1 \
    ORDER BY a.id LIMIT $2";
const RAW_PROPERTIES: &str = "SELECT name, value, category, permission FROM account_properties WHERE account_id > $1 \
    ORDER BY account_id LIMIT $2";

pub(crate) async fn measure(field: &Field, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    xml(field.engine, report)?;
    let mut tx = field.test.db.begin().await?;
    for sql in fill_in() {
        tx.execute_long(&sql, args![]).await?;
    }
    tx.commit().await?;
    if field.engine == Engine::Postgres {
        raw::Postgres::connect(&field.test.url).await?.batch("ANALYZE").await?;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = command(field, program);
    for name in ["STROWGER_ADMIN_LISTEN", "STROWGER_SUBSCRIBER_LISTEN"] {
        command.env(name, "127.0.0.1:0");
    }
    command.env("STROWGER_NGNPRO_LISTEN", format!("127.0.0.1:{port}")).env("STROWGER_NUMBER_VENDORS", "off");
    let mut child = command.arg("serve").spawn().context("server")?;
    let result = drive(field, port, child.id(), report).await;
    child.kill().ok();
    child.wait().ok();
    result
}

/// One kind of call.
struct Call {
    what: &'static str,
    cpu: &'static str,
    database: &'static str,
    times: u32,
    document: fn(u32) -> String,
    /// What is read raw: rows after that one.
    raw: Option<i64>,
}

async fn drive(field: &Field, port: u16, pid: u32, report: &mut Report) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let url = format!("http://127.0.0.1:{port}/");
    let begun = Instant::now();
    while client.get(format!("{url}wsdl")).send().await.is_err() {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(30), "the server does not start");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let calls = [
        Call {
            what: "NGNPro, getAccount",
            cpu: "NGNPro, getAccount, CPU",
            database: "NGNPro, getAccount, CPU of the database",
            times: 2_000,
            document: |n| envelope("getAccount", &format!("<id>{}</id>", 1_000_001 + n * 7 % CUSTOMERS)),
            raw: Some(1),
        },
        Call {
            what: "NGNPro, getCustomers, 20",
            cpu: "NGNPro, getCustomers, 20, CPU",
            database: "NGNPro, getCustomers, 20, CPU of the database",
            times: 500,
            document: |n| page(n * 20, 20),
            raw: Some(20),
        },
        Call {
            what: "NGNPro, getCustomers, 5000",
            cpu: "NGNPro, getCustomers, 5000, CPU",
            database: "NGNPro, getCustomers, 5000, CPU of the database",
            times: 20,
            document: |n| page(n * 1_000, 5_000),
            raw: Some(5_000),
        },
        Call {
            what: "NGNPro, addAccount",
            cpu: "NGNPro, addAccount, CPU",
            database: "NGNPro, addAccount, CPU of the database",
            times: 50,
            document: |n| envelope("addAccount", &account(n)),
            raw: None,
        },
        Call {
            what: "NGNPro, SIP addAccount",
            cpu: "NGNPro, SIP addAccount, CPU",
            database: "NGNPro, SIP addAccount, CPU of the database",
            times: 200,
            document: |n| {
                let account = format!(
                    "<account>{}<password>abc234</password><groups><item>free-pstn</item></groups></account>",
                    sip_id("id", n)
                );
                of_port("Sip", "addAccount", &account)
            },
            raw: None,
        },
        Call {
            what: "NGNPro, SIP getAccount",
            cpu: "NGNPro, SIP getAccount, CPU",
            database: "NGNPro, SIP getAccount, CPU of the database",
            times: 2_000,
            document: |n| of_port("Sip", "getAccount", &sip_id("sipId", n % 200)),
            raw: None,
        },
    ];
    let domain = of_port("Sip", "addDomain", "<domain><domain>example.org</domain></domain>");
    client.post(&url).body(domain).send().await?.error_for_status()?;
    for call in &calls {
        one_kind(field, &client, &url, pid, call, report).await?;
    }
    Ok(())
}

async fn one_kind(
    field: &Field,
    client: &reqwest::Client,
    url: &str,
    pid: u32,
    call: &Call,
    report: &mut Report,
) -> anyhow::Result<()> {
    let database = Database::find(field).await?;
    let mut begun = None;
    for n in 0..call.times + WARM {
        if n == WARM {
            begun = Some((Instant::now(), cpu(pid)?, database.cpu()?));
        }
        let answer = client.post(url).body((call.document)(n)).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{}: {status} {text}", call.what);
    }
    let (since, server, database_before) = begun.context("calls")?;
    let per = f64::from(call.times);
    let rate = per / since.elapsed().as_secs_f64();
    let engine = format!("{:?}", field.engine);
    let used = (cpu(pid)? - server) * 1e6 / per;
    match call.raw {
        Some(rows) => {
            let (raw_rate, raw_cpu) = raw_rows(field, rows, call.times).await?;
            report.rate(call.what, &engine, CUSTOMERS, rate, raw_rate, "calls/s");
            report.time(call.cpu, field.engine, CUSTOMERS, used, raw_cpu);
        }
        None => {
            report.plain(call.what, field.engine, CUSTOMERS, rate, "calls/s");
            report.plain(call.cpu, field.engine, CUSTOMERS, used / 1e3, "ms");
        }
    }
    if field.engine == Engine::Postgres {
        let used = (database.cpu()? - database_before) * 1e3 / per;
        report.plain(call.database, field.engine, CUSTOMERS, used, "ms");
    }
    Ok(())
}

/// The same rows by plain SQL through the registry's own driver: how often a second, and µs of CPU of this process.
async fn raw_rows(field: &Field, rows: i64, times: u32) -> anyhow::Result<(f64, f64)> {
    let mut tx = field.test.db.reader();
    let (since, used) = (Instant::now(), cpu(std::process::id())?);
    for n in 0..times {
        let after = 1_000_000 + i64::from(n) * 7;
        let page = tx.query(RAW_PAGE, args![after, rows]).await?.len();
        let properties = tx.query(RAW_PROPERTIES, args![after, rows]).await?.len();
        anyhow::ensure!(page as i64 == rows && properties as i64 == rows, "{page} rows, {properties} properties");
    }
    let per = f64::from(times);
    Ok((per / since.elapsed().as_secs_f64(), (cpu(std::process::id())? - used) * 1e6 / per))
}

fn page(start: u32, count: u32) -> String {
    let query = format!(
        "<query><filter/><orderBy><attribute>customer</attribute><direction>ASC</direction></orderBy>\
         <range><start>{start}</start><count>{count}</count></range></query>"
    );
    envelope("getCustomers", &query)
}

/// An account as CDRTool sends one.
fn account(n: u32) -> String {
    let mut text = format!(
        "<account><reseller>1</reseller><impersonate>0</impersonate><username>new{n}</username><password>abc234</password>"
    );
    for (name, value) in [
        ("firstName", "Ada"),
        ("lastName", "Lovelace"),
        ("organization", "Analytical Engines"),
        ("billingAddress", "1 St James's Square\r\nLondon"),
        ("email", "ada@example.org"),
        ("web", "https://example.org"),
        ("tel", "+442079460000"),
        ("address", "1 St James's Square"),
        ("postcode", "SW1Y"),
        ("city", "London"),
        ("state", "N/A"),
        ("country", "UK"),
        ("timezone", "Europe/London"),
        ("language", "en"),
    ] {
        let _ = write!(text, "<{name} xsi:type=\"xsd:string\">{value}</{name}>");
    }
    text.push_str("<properties>");
    for n in 0..5 {
        let _ = write!(
            text,
            "<item><name>p{n}</name><value>v{n}</value><category>web</category><permission>customer</permission></item>"
        );
    }
    text.push_str("</properties></account>");
    text
}

fn sip_id(name: &str, n: u32) -> String {
    format!("<{name}><username>user{n}</username><domain>example.org</domain></{name}>")
}

/// An envelope to the port of customers.
fn envelope(operation: &str, parameters: &str) -> String {
    of_port("Customer", operation, parameters)
}

fn of_port(port: &str, operation: &str, parameters: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope \
         xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:ns4=\"urn:AGProjects:NGNPro:{port}\"><SOAP-ENV:Header>\
         <auth><username>administrator</username><password>{PASSWORD}</password><admin>true</admin></auth></SOAP-ENV:Header>\
         <SOAP-ENV:Body><ns4:{operation}>{parameters}</ns4:{operation}></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
}

/// Reading an account and writing it, beside a bare pass of the library over the same bytes.
fn xml(engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    const ROUNDS: u32 = 20_000;
    let request = envelope("updateAccount", &account(1));
    let answer = ngnpro::probe::account(request.as_bytes()).map_err(anyhow::Error::msg)?;
    let answer = String::from_utf8(answer)?;
    let timed = |work: &mut dyn FnMut() -> anyhow::Result<()>| -> anyhow::Result<f64> {
        for _ in 0..ROUNDS / 10 {
            work()?;
        }
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            work()?;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS))
    };
    let read = timed(&mut || ngnpro::probe::read(request.as_bytes()).map_err(anyhow::Error::msg))?;
    let both = timed(&mut || {
        let written = ngnpro::probe::account(request.as_bytes()).map_err(anyhow::Error::msg)?;
        anyhow::ensure!(written.len() == answer.len(), "another answer");
        Ok(())
    })?;
    let bare_read = timed(&mut || pass(&request, None))?;
    let bare_write = timed(&mut || {
        let mut writer = quick_xml::Writer::new(Vec::with_capacity(answer.len()));
        pass(&answer, Some(&mut writer))
    })?;
    let bytes = u32::try_from(request.len()).unwrap_or(0);
    report.time("NGNPro, an account read", engine, bytes, read, bare_read);
    report.time("NGNPro, an account written", engine, bytes, (both - read).max(0.0), bare_write);
    Ok(())
}

/// Every event of a document, written again if there is something to write to.
fn pass(text: &str, mut writer: Option<&mut quick_xml::Writer<Vec<u8>>>) -> anyhow::Result<()> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event()? {
            quick_xml::events::Event::Eof => return Ok(()),
            event => {
                if let Some(writer) = &mut writer {
                    writer.write_event(event)?;
                }
            }
        }
    }
}
