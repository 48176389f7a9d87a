//! Name servers: a transfer of an ENUM range beside BIND's own of the same zone, and the time from a change to its answer at
//! a secondary (Knot).

mod peer;

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use plane::dns::{Keys, Notifier, Primary, Settings, rules, secondaries};
use registry::dns::{DnsRecord, DnsZone, RrType};
use registry::enum_::{EnumRange, Naptr, Service};
use registry::id::AccountId;
use registry::{Clock, record, transaction};
use tokio::sync::watch;

use self::peer::{Peer, ask, free_port};
use crate::Field;
use crate::api::{Database, cpu};
use crate::import::{command, memory_mib};
use crate::report::{Report, say};

/// Numbers of the range.
const NUMBERS: u32 = 100_000;
const PREFIX: &str = "4420";
const ZONE: &str = "0.2.4.4.e164.arpa";
const TRANSFERS: u32 = 5;
const CHANGES: u32 = 100;
const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub(crate) async fn measure(field: &Field, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    fill(field).await?;
    transfer(field, program, report).await?;
    change(field, report).await
}

fn naptr(n: u32) -> anyhow::Result<Naptr> {
    let (digits, service) = (format!("{PREFIX}{n:08}"), Service::named("sip")?);
    Ok(Naptr::of(&digits, "e164.arpa", service, &format!("sip:{digits}@sip.example.com"), 5)?)
}

/// A range with a mapping for each number, as they are stored.
async fn fill(field: &Field) -> anyhow::Result<()> {
    let (caller, now) = (&field.caller, Clock::System.now());
    let range = EnumRange { prefix: PREFIX.to_owned(), tld: "e164.arpa".to_owned(), ..EnumRange::default() };
    let range = transaction!(field.test.db, |tx| record::create(tx, caller, now, range.clone()).await)?;
    for begin in (0..NUMBERS).step_by(1_000) {
        let (mut numbers, mut mappings) = (String::new(), String::new());
        for n in begin..begin + 1_000 {
            let (id, made, comma) = (n + 1, naptr(n)?, if n == begin { "" } else { ", " });
            let (owner, rdata, range) = (&made.owner, made.rdata(), range.id);
            write!(numbers, "{comma}({id}, {range}, 0, 1, '{PREFIX}{n:08}', 'e164.arpa', '{owner}', '', 0, 0)")?;
            write!(mappings, "{comma}({id}, {id}, {range}, 'sip', '', '', '', 5, 3600, '{owner}', '{rdata}')")?;
        }
        let sql = format!(
            "INSERT INTO enum_numbers (id, range_id, account_id, reseller_id, number, tld, dns_name, info, created_at, \
             modified_at) VALUES {numbers}; INSERT INTO enum_mappings (id, number_id, range_id, service, mapto, mapto_key, \
             target_key, priority, ttl, dns_name, rdata) VALUES {mappings}"
        );
        transaction!(field.test.db, |tx| Ok(tx.batch(&sql).await?))?;
    }
    Ok(())
}

/// What a transfer came to.
struct Transfer {
    seconds: f64,
    bytes: usize,
    messages: usize,
}

/// Transfers the zone, and counts only: what reads the answer is the same for both sides.
fn read_zone(port: u16) -> anyhow::Result<Transfer> {
    let mut query = b"\x47\x11\0\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in ZONE.split('.') {
        query.push(u8::try_from(label.len())?);
        query.extend(label.bytes());
    }
    query.extend(b"\0\0\xfc\0\x01");
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(&[&u16::try_from(query.len())?.to_be_bytes()[..], &query].concat())?;
    let (mut records, mut bytes, mut messages) = (0, 0, 0);
    let mut buffer = vec![0; 65_536];
    // SOA, NS and SOA around them.
    while records < NUMBERS + 3 {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let message = &mut buffer[..usize::from(u16::from_be_bytes(length))];
        stream.read_exact(message)?;
        anyhow::ensure!(message[3] & 15 == 0, "refused: {}", message[3] & 15);
        records += u32::from(u16::from_be_bytes([message[6], message[7]]));
        bytes += message.len();
        messages += 1;
    }
    Ok(Transfer { seconds: begun.elapsed().as_secs_f64(), bytes, messages })
}

async fn transfer(field: &Field, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let port = free_port()?;
    let mut command = command(field, program);
    for name in ["STROWGER_ADMIN_LISTEN", "STROWGER_SUBSCRIBER_LISTEN"] {
        command.env(name, "127.0.0.1:0");
    }
    command.env("STROWGER_DNS_LISTEN", format!("127.0.0.1:{port}")).env("STROWGER_DNS_ALLOW_TRANSFER", "127.0.0.1");
    let mut child = command.env("STROWGER_NUMBER_VENDORS", "off").arg("serve").spawn().context("server")?;
    let result = transfers(field, port, child.id(), report).await;
    child.kill().ok();
    child.wait().ok();
    result
}

async fn transfers(field: &Field, port: u16, pid: u32, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    while ask(port, ZONE, 6).await.is_err() {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(30), "the primary does not answer");
    }
    let bind = Peer::bind(folder.path(), ZONE, |file| {
        writeln!(
            file,
            "@ 3600 IN SOA localhost. hostmaster.{ZONE}. 1 14400 3600 2419200 3600\n@ 3600 IN NS localhost."
        )?;
        for n in 0..NUMBERS {
            let made = naptr(n)?;
            writeln!(file, "{}. 3600 IN NAPTR {}", made.owner, made.rdata())?;
        }
        Ok(())
    })
    .await?;
    let database = Database::find(field).await?;
    let (idle, mut ours, mut raw) = (memory_mib(pid, "VmRSS"), Vec::new(), Vec::new());
    let (cpu_before, database_before, bind_before) = (cpu(pid)?, database.cpu()?, cpu(bind.id())?);
    for _ in 0..TRANSFERS {
        ours.push(tokio::task::spawn_blocking(move || read_zone(port)).await??);
        let theirs = bind.port;
        raw.push(tokio::task::spawn_blocking(move || read_zone(theirs)).await??);
    }
    let each = |total: f64| total * 1e6 / f64::from(TRANSFERS * NUMBERS);
    let (own, of_bind) = (each(cpu(pid)? - cpu_before), each(cpu(bind.id())? - bind_before));
    let of_database = each(database.cpu()? - database_before);
    let fastest = |all: &[Transfer]| all.iter().map(|one| one.seconds).fold(f64::MAX, f64::min);
    let rate = |all: &[Transfer]| f64::from(NUMBERS) / fastest(all);
    let engine = format!("{:?}", field.engine);
    report.rate("zone transfer, beside BIND's", &engine, NUMBERS, rate(&ours), rate(&raw), "records/s");
    report.time("zone transfer, CPU a record, beside BIND's", field.engine, NUMBERS, own, of_bind);
    report.plain("zone transfer, database's CPU a record", field.engine, NUMBERS, of_database, "µs");
    say(&format!(
        "  {} messages, {} bytes; BIND {} messages, {} bytes",
        ours[0].messages, ours[0].bytes, raw[0].messages, raw[0].bytes
    ));
    if let (Some(idle), Some(most)) = (idle, memory_mib(pid, "VmHWM")) {
        report.plain("zone transfer, memory more than idle", field.engine, NUMBERS, most - idle, "MiB");
    }
    Ok(())
}

/// A zone that changes, told from this process, as the server tells what is changed through its own doors.
async fn change(field: &Field, report: &mut Report) -> anyhow::Result<()> {
    let (caller, now) = (&field.caller, Clock::System.now());
    let (db, folder) = (&field.test.db, tempfile::tempdir()?);
    let zone = DnsZone { account_id: AccountId::OPERATOR, name: "example.com".to_owned(), ..DnsZone::default() };
    let zone = transaction!(db, |tx| record::create(tx, caller, now, zone.clone()).await)?;
    let zone_id = zone.id;
    let www = DnsRecord { zone_id, name: "www".to_owned(), value: "192.0.2.1".to_owned(), ..DnsRecord::default() };
    let www = transaction!(db, |tx| record::create(tx, caller, now, www.clone()).await)?;
    anyhow::ensure!(www.rr_type == RrType::A, "an address");

    let (port, of_knot) = (free_port()?, free_port()?);
    let settings = Arc::new(Settings {
        listen: Some(([127, 0, 0, 1], port).into()),
        catalog: "catalog.strowger".to_owned(),
        keys: Keys::read(&format!("k:{SECRET}"))?,
        secondaries: secondaries(&format!("127.0.0.1:{of_knot}#k"))?,
        rules: rules("127.0.0.1")?,
        transfers: 4,
    });
    let (stop, stopped) = watch::channel(false);
    let primary = Primary::bind(db.clone(), settings.clone()).await?.context("a primary")?;
    tokio::spawn(primary.run(stopped.clone()));
    tokio::spawn(Notifier::new(db.clone(), settings).context("a secondary")?.run(stopped));
    let knot = Peer::knot(folder.path(), of_knot, port, SECRET).await?;
    wait_for(&knot, [192, 0, 2, 1]).await?;
    let mut times = Vec::new();
    for n in 0..CHANGES {
        let address = [192, 0, 2, u8::try_from(n % 200 + 2)?];
        let value = address.map(|byte| byte.to_string()).join(".");
        let changed = DnsRecord { value, ..www.clone() };
        transaction!(db, |tx| record::update(tx, caller, now, changed.clone()).await)?;
        let begun = Instant::now();
        wait_for(&knot, address).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    report.plain("zone change to its answer at Knot, median", field.engine, 1, times[times.len() / 2], "ms");
    report.plain(
        "zone change to its answer at Knot, 95th of 100",
        field.engine,
        1,
        times[times.len() * 95 / 100],
        "ms",
    );
    stop.send_replace(true);
    Ok(())
}

async fn wait_for(knot: &Peer, address: [u8; 4]) -> anyhow::Result<()> {
    let begun = Instant::now();
    // The answer's data are its last bytes.
    while !ask(knot.port, "www.example.com", 1).await.is_ok_and(|answer| answer.ends_with(&address)) {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(30), "the secondary does not follow");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}
