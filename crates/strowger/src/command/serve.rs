//! `strowger serve`: the server, in the foreground.

mod name_servers;
mod presence;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use name_servers::NameServers;
use ngcp::Ngcp;
use ngnpro::{Ngnpro, Scheme};
use ordering::{Ordering, Worker};
use presence::Presence;
use registry::quota::WhenAbsent;
use registry::seal::Sealer;
use registry::{Clock, order, setting, transaction};
use rustls::ServerConfig;
use store::Db;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};
use web::{
    Authenticator, CertificateError, Identity, KeySet, Limits, Metrics, Sample, TlsListener, Tokens, VerifiedCache,
};

use crate::config::{self, Config, LogFormat};
use crate::context::{open, prepare, settings};
use crate::output;

/// How long calls to vendors may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(60);

/// Runs until SIGTERM or SIGINT.
pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    log(&config);
    // From here on a signal waits for its turn; before, it would end the process at once.
    let signals = Signals::catch()?;
    let clock = Clock::System;
    let db = open(&config)?;
    let prepared = prepare(&config, &db, &clock).await?;
    for name in &prepared.applied {
        tracing::info!(step = name, "schema brought up to date");
    }
    super::announce(&prepared);
    let keys = KeySet::load_or_create(&config.keys_file)?;
    transaction!(db, |tx| setting::agree_on_keys(tx, &keys.id()).await)?;
    let when_absent = when_absent(config.quota.when_absent);
    transaction!(db, |tx| setting::set_quota_when_absent(tx, when_absent).await)?;

    carriers::plugin::reaper::start(&carriers::plugin::own_program()).context("reaper")?;
    let ordering = Ordering::new(db.clone(), clock.clone(), settings(&config));
    let message = presence::first_vendors(&config, &ordering).await;
    let [for_staff, for_subscribers] = certificates(&config, clock.now())?;
    let listener = TlsListener::bind(config.admin_listen, for_staff)
        .await
        .with_context(|| format!("admin_listen {}", config.admin_listen))?;
    let address = axum::serve::Listener::local_addr(&listener)?;
    let for_subscribers = TlsListener::bind(config.subscriber_listen, for_subscribers)
        .await
        .with_context(|| format!("subscriber_listen {}", config.subscriber_listen))?;
    let subscriber_address = axum::serve::Listener::local_addr(&for_subscribers)?;
    let for_soap = TcpListener::bind(config.ngnpro_listen)
        .await
        .with_context(|| format!("ngnpro_listen {}", config.ngnpro_listen))?;
    let soap_address = for_soap.local_addr()?;
    let name_servers = NameServers::bind(&config, &db).await?;

    let (stop, stopped) = watch::channel(false);
    let reload = Arc::new(Notify::new());
    let signals = tokio::spawn(signals.follow(stop, reload.clone()));
    let worker = tokio::spawn(Worker::new(ordering.clone()).run(stopped.clone(), DRAIN));
    let name_servers = tokio::spawn(name_servers.run(stopped.clone()));
    let tls = [listener.reload(), for_subscribers.reload()];
    let presence = Presence { config: config.clone(), ordering: ordering.clone(), tls, reload };
    let presence = tokio::spawn(presence.keep(stopped.clone(), message));

    let metrics = Metrics::new();
    let authenticator = Authenticator::new(db.clone(), clock.clone(), VerifiedCache::new(), Tokens::new(&keys.token));
    let face = enswitch::router(enswitch::Enswitch {
        ordering: ordering.clone(),
        authenticator: authenticator.clone(),
        dial_plan: config.system_dial_plan.clone(),
    });
    let sealer = Arc::new(Sealer::new(keys.sealing.reveal()));
    let locations = Arc::new(plane::location::Locations::at(config.registrar.database_url.reveal()));
    let soap = Ngnpro {
        db: db.clone(),
        clock,
        authenticator: authenticator.clone(),
        sealer: sealer.clone(),
        locations: locations.clone(),
    };
    let rest = Ngcp {
        ordering: ordering.clone(),
        authenticator,
        sealer,
        hal_shape: hal_shape(config.ngcp_hal_shape),
        client_time: config.ngcp_fake_clienttime,
        locations,
    };
    if config.ngcp_fake_clienttime {
        tracing::warn!("ngcp_fake_clienttime is on: requests may say what time it is");
    }
    let limits = Limits::default();
    let app = Router::new()
        .nest("/api/json", metrics.measured("enswitch", face))
        .merge(at_ngnpro(metrics.measured("ngnpro", ngnpro::router(soap.clone(), Scheme::Https))))
        .merge(status(&metrics, &db))
        .fallback_service(metrics.measured("ngcp", ngcp::router(rest.clone(), ngcp::Realm::Admin)));
    let subscriber_app = metrics.measured("ngcp_subscriber", ngcp::router(rest, ngcp::Realm::Subscriber));
    let soap_app = metrics.measured("ngnpro_plain", ngnpro::router(soap, Scheme::Http));
    output::note(&format!("strowger {} listens on https://{address}", env!("CARGO_PKG_VERSION")));
    output::note(&format!("subscribers find it on https://{subscriber_address}"));
    output::note(&format!("NGNPro's clients find it on http://{soap_address}"));
    tracing::info!(%address, vendors = ordering.vendors().count(), mode = ?ordering.settings().mode, "server started");
    let served = tokio::join!(
        web::serve(listener, app, limits, stopped.clone()),
        web::serve(for_subscribers, subscriber_app, limits, stopped.clone()),
        web::serve(for_soap, soap_app, limits, stopped)
    );
    if served != (true, true, true) {
        tracing::warn!("some requests were cut off");
    }
    name_servers.await.context("name servers")?;
    worker.await.context("worker")?;
    presence.await.context("presence")?;
    signals.abort();
    tracing::info!("server stopped");
    Ok(ExitCode::SUCCESS)
}

/// The NGNPro service under its path, with and without what may stand behind it.
fn at_ngnpro(service: Router) -> Router {
    let paths = ["/ngnpro", "/ngnpro/", "/ngnpro/{*rest}"];
    paths
        .into_iter()
        .fold(Router::new(), |router, path| router.route_service(path, service.clone().into_service::<Body>()))
}

fn log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.filter).unwrap_or_default();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// What the administrators' door and that of the subscribers show. Programs log in with certificates of their own on the
/// first; browsers, which would ask their users for one, come by the second.
fn certificates(config: &Config, now: i64) -> Result<[Arc<ServerConfig>; 2], CertificateError> {
    let identity = || match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => Identity::from_files(certificate, key),
        _ => Identity::self_signed_in(&config.data_dir, now),
    };
    Ok([identity()?.server_config(true)?, identity()?.server_config(false)?])
}

/// The configuration's word for the shape, as the face has it.
fn hal_shape(configured: config::HalShape) -> ngcp::HalShape {
    match configured {
        config::HalShape::Modern => ngcp::HalShape::Modern,
        config::HalShape::Legacy => ngcp::HalShape::Legacy,
    }
}

/// The configuration's word for what no limit means, as the registry has it.
fn when_absent(configured: config::QuotaWhenAbsent) -> WhenAbsent {
    match configured {
        config::QuotaWhenAbsent::None => WhenAbsent::None,
        config::QuotaWhenAbsent::Zero => WhenAbsent::Zero,
    }
}

/// The signals that a server obeys.
struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> std::io::Result<Signals> {
        Ok(Signals {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn follow(mut self, stop: watch::Sender<bool>, reload: Arc<Notify>) {
        loop {
            tokio::select! {
                _ = self.hangup.recv() => reload.notify_one(),
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
            }
        }
        tracing::info!("stopping");
        stop.send_replace(true);
        // Whoever holds a receiver sees the value; the sender must outlive them.
        stop.closed().await;
    }
}

fn status(metrics: &Arc<Metrics>, db: &Db) -> Router {
    let (for_gauges, for_health) = (db.clone(), db.clone());
    web::status_router(
        metrics.clone(),
        move || {
            let db = for_gauges.clone();
            async move { gauges(&db).await.unwrap_or_default() }
        },
        move || {
            let db = for_health.clone();
            async move { registry::is_empty(&db).await.is_ok() }
        },
    )
}

async fn gauges(db: &Db) -> registry::Result<Vec<Sample>> {
    let mut tx = db.reader();
    let mut samples = Vec::new();
    let mut add = |name, help, label: (&'static str, String), value| {
        samples.push(Sample { name, help, labels: vec![label], value });
    };
    for (state, count) in order::open_by_state(&mut tx).await? {
        add("orders_open", "Orders that are not ended", ("state", state.to_string()), count);
    }
    for (kind, count) in registry::job::depth(&mut tx).await? {
        add("jobs", "Jobs that wait or run", ("kind", kind.to_string()), count);
    }
    for (kind, count) in registry::alert::open_by_kind(&mut tx).await? {
        add("alerts_open", "Open alerts", ("kind", kind.to_string()), count);
    }
    Ok(samples)
}
