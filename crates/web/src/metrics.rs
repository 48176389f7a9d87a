//! Metrics in OpenMetrics text, and whether the server is well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::{Instant, timeout};

/// What all names start with.
const PREFIX: &str = "strowger";
/// Most time for what is asked of others.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bounds of the latency histogram in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Counts requests and their time by face, route, method and status.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    face: &'static str,
    /// The template, such as `/api/numbers/{id}`, so that there are few of them.
    route: String,
    method: &'static str,
    status: u32,
}

/// One value that is measured when it is asked for, such as the free numbers of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Name without the prefix `strowger_`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub help: &'static str,
    /// What tells it from others of the name.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: i64,
}

impl Metrics {
    /// With nothing counted yet.
    pub fn new() -> Arc<Self> {
        let requests = Family::default();
        let constructor: fn() -> Histogram = || Histogram::new(BOUNDS);
        let durations = Family::new_with_constructor(constructor);
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register("requests", "Requests answered", requests.clone());
        let words = "Time until a request was answered";
        registry.register_with_unit("request_duration", words, Unit::Seconds, durations.clone());
        Arc::new(Self { registry, requests, durations })
    }

    /// Counts the requests of all routes that the router has so far, as those of `face`.
    ///
    /// Put it around [`limited`](crate::limited), so that refused requests are counted too.
    pub fn measured(self: &Arc<Self>, face: &'static str, router: Router) -> Router {
        router.layer(from_fn_with_state((Arc::clone(self), face), measure))
    }

    fn text(&self, samples: Vec<Sample>) -> Result<String, std::fmt::Error> {
        type Gauges = Family<Vec<(&'static str, String)>, Gauge>;
        let mut families: BTreeMap<&str, (&str, Gauges)> = BTreeMap::new();
        for sample in samples {
            let (_, family) = families.entry(sample.name).or_insert_with(|| (sample.help, Family::default()));
            family.get_or_create(&sample.labels).set(sample.value);
        }
        let mut measured = Registry::with_prefix(PREFIX);
        for (name, (help, family)) in families {
            measured.register(name, help, family);
        }
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &measured)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

async fn measure(
    State((metrics, face)): State<(Arc<Metrics>, &'static str)>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let start = Instant::now();
    let response = next.run(request).await;
    let labels = Labels { face, route, method, status: response.status().as_u16().into() };
    metrics.durations.get_or_create(&labels).observe(start.elapsed().as_secs_f64());
    metrics.requests.get_or_create(&labels).inc();
    response
}

/// The method's name; clients may invent any number of methods, but not of labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// `/metrics` and `/healthz`.
///
/// `gather` brings what is measured now; if it takes longer than five seconds, the rest is shown without it. `healthy`
/// says whether the database answers: `/healthz` is then 200 with `ok`, and 503 if it does not, or not in five seconds.
pub fn status_router<G, H>(
    metrics: Arc<Metrics>,
    gather: impl Fn() -> G + Clone + Send + Sync + 'static,
    healthy: impl Fn() -> H + Clone + Send + Sync + 'static,
) -> Router
where
    G: Future<Output = Vec<Sample>> + Send,
    H: Future<Output = bool> + Send,
{
    let show = move || async move {
        let samples = timeout(PATIENCE, gather()).await.unwrap_or_else(|_| {
            tracing::warn!("the gauges of /metrics were not gathered in time");
            Vec::new()
        });
        match metrics.text(samples) {
            Ok(text) => {
                ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
            }
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    let check = move || async move {
        match timeout(PATIENCE, healthy()).await {
            Ok(true) => (StatusCode::OK, "ok"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"),
        }
    };
    Router::new().route("/metrics", get(show)).route("/healthz", get(check))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;
    use crate::{Limits, limited, plain_refusal};

    async fn broken() {
        panic!("the handler is broken");
    }

    async fn ask(router: &Router, method: &str, path: &str) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn status(metrics: &Arc<Metrics>, healthy: bool) -> Router {
        let gather = || async {
            let sample = |state: &str, value| Sample {
                name: "orders",
                help: "Orders by state",
                labels: vec![("state", state.to_owned())],
                value,
            };
            vec![sample("sent", 2), sample("in \"doubt\"", 1)]
        };
        status_router(Arc::clone(metrics), gather, move || async move { healthy })
    }

    #[tokio::test]
    async fn shows_requests_by_route_and_what_is_gathered() {
        let metrics = Metrics::new();
        let face = Router::new().route("/numbers/{id}", get(|| async { "x" })).route("/broken", get(broken));
        let face = metrics.measured("enswitch", limited(face, Limits::default(), plain_refusal));
        for (method, path) in [
            ("GET", "/numbers/1"),
            ("GET", "/numbers/2"),
            ("BREW", "/numbers/3"),
            ("GET", "/broken"),
            ("GET", "/elsewhere"),
        ] {
            ask(&face, method, path).await;
        }
        let (code, text) = ask(&status(&metrics, true), "GET", "/metrics").await;
        assert_eq!(code, StatusCode::OK);
        for line in [
            r#"strowger_requests_total{face="enswitch",route="/numbers/{id}",method="GET",status="200"} 2"#,
            r#"strowger_requests_total{face="enswitch",route="/numbers/{id}",method="other",status="405"} 1"#,
            r#"strowger_requests_total{face="enswitch",route="/broken",method="GET",status="500"} 1"#,
            r#"strowger_requests_total{face="enswitch",route="none",method="GET",status="404"} 1"#,
            r#"strowger_request_duration_seconds_count{face="enswitch",route="/numbers/{id}",method="GET",status="200"} 2"#,
            r##"strowger_orders{state="sent"} 2"##,
            r#"strowger_orders{state="in \"doubt\""} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_gauges_and_a_slow_database_do_not_hang() {
        let metrics = Metrics::new();
        let router = status_router(metrics, std::future::pending, std::future::pending);
        let (code, text) = ask(&router, "GET", "/metrics").await;
        assert_eq!(code, StatusCode::OK);
        assert_eq!(text, "# EOF\n");
        assert_eq!(ask(&router, "GET", "/healthz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn says_whether_it_is_well() {
        let metrics = Metrics::new();
        assert_eq!(ask(&status(&metrics, true), "GET", "/healthz").await, (StatusCode::OK, "ok".into()));
        assert_eq!(ask(&status(&metrics, false), "GET", "/healthz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
}
