//! Serves a request: finds the resource, who calls, and does what the verb says, in the dialect's order of checks.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse as _, Response};
use registry::{Caller, Role};

use super::call::{Call, Cx, Params, Reply};
use super::error::{Failure, Refusal, general};
use super::path::{Place, collapsed, method, moved, place};
use super::resource::{Resource, STAFF, Verb};
use super::verifier::Verifiers;
use super::work::run;
use super::{flow, hal, journal, multipart, root, sent, table};
use crate::Ngcp;
use crate::auth::{self, Realm};

/// Largest body in bytes.
const LARGEST: usize = 1 << 20;
/// Largest table in CSV, in bytes.
pub(crate) const LARGEST_TABLE: usize = 32 << 20;

/// Serves any path.
pub(crate) async fn serve(State(state): State<Ngcp>, realm: Realm, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<web::Peer>>().map(|ConnectInfo(peer)| peer.clone());
    let path = collapsed(request.uri().path());
    let params = Params::parse(request.uri().query().unwrap_or_default());
    let query = request.uri().query().map(str::to_owned);
    let headers = request.headers().clone();
    let method = method(request.method(), &headers);
    let body = request.into_body();
    match path.as_str() {
        "/login_jwt" if method == Method::POST => {
            return match read(body, LARGEST).await {
                Ok(body) => auth::login_jwt(&state, realm, peer.as_ref(), &headers, &body).await,
                Err(refusal) => refusal.into_response(),
            };
        }
        // Where the front end of administrators is on those servers.
        "/login_to_v2" if method == Method::GET => {
            return Reply::status(302).header(header::LOCATION, "/v2/#/").into_response();
        }
        "/ajax_logout" if method == Method::POST || method == Method::GET => return Reply::status(200).into_response(),
        _ => {}
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let place = match place(&segments, &path) {
        Ok(place) => place,
        Err(refusal) => return refusal.into_response(),
    };
    let head = method == Method::HEAD;
    let method = if head { Method::GET } else { method };
    let mut response = match place {
        Place::Slash => moved(&headers, &format!("{path}/"), query.as_deref()),
        place => {
            let request = Asked { state: &state, realm, peer, params: &params, method, headers, body };
            request.answer(place).await
        }
    };
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The body, if it is not larger than that.
async fn read(body: Body, largest: usize) -> Result<Bytes, Refusal> {
    to_bytes(body, largest)
        .await
        .map_err(|_| Refusal::new(413, format!("The body did not arrive whole, or is larger than {largest} bytes.")))
}

/// A request whose place is known.
struct Asked<'a> {
    state: &'a Ngcp,
    realm: Realm,
    peer: Option<web::Peer>,
    params: &'a Params,
    method: Method,
    headers: HeaderMap,
    body: Body,
}

impl Asked<'_> {
    async fn answer(self, place: Place<'_>) -> Response {
        let (resource, verb) = match &place {
            Place::Collection(resource) => (Some(*resource), verb(&self.method, false)),
            Place::Item(resource, _) => (Some(*resource), verb(&self.method, true)),
            Place::Journal(resource, ..) => (Some(*resource), verb(&self.method, false).filter(|v| *v == Verb::List)),
            Place::Root | Place::Slash => (None, verb(&self.method, false).filter(|v| *v == Verb::List)),
        };
        let options = self.method == Method::OPTIONS;
        let journal = matches!(place, Place::Journal(..));
        if let Some(resource) = resource
            && !options
            && !journal
            && verb.is_none_or(|verb| resource.roles(verb).is_none())
        {
            return Refusal::no_path().into_response();
        }
        if resource.is_none() && !options && verb.is_none() || journal && !options && verb.is_none() {
            return Refusal::no_path().into_response();
        }
        let public = resource.is_some_and(|resource| resource.public);
        let enrols = resource.is_some_and(|resource| resource.enrols);
        let authenticated = auth::authenticate(self.state, self.realm, self.peer.as_ref(), &self.headers, enrols).await;
        let caller = match authenticated {
            Ok(caller) => Some(caller),
            Err(_) if public => None,
            Err(denial) => return denial.into_response(),
        };
        let id = match &place {
            Place::Item(_, id) | Place::Journal(_, id, _) => Some((*id).to_owned()),
            _ => None,
        };
        let (method, headers, realm) = (self.method, self.headers, self.realm);
        let mut call = Call { method, id, headers, body: Bytes::new(), realm, upload: None };
        let caller = match caller {
            Some(caller) => {
                if let Err(refusal) = admit(&caller, &call, resource, if options { None } else { verb }, journal) {
                    return refusal.into_response();
                }
                caller
            }
            None => nobody(),
        };
        // Only who may send a table or a form gets to send a body that is longer than others.
        let sends = verb.filter(|verb| matches!(verb, Verb::Create | Verb::Replace)).zip(resource);
        let table =
            caller.login.is_some() && sends.is_some_and(|(verb, resource)| table::is_sent(&call, resource, verb));
        let file = sends.and_then(|(_, resource)| resource.upload).filter(|_| multipart::is_one(&call));
        let largest = if file.is_some() { multipart::LARGEST } else { LARGEST };
        let (held, stream) = match &place {
            Place::Collection(resource) if !options && resource.behaviour.flows(&call.method, &call.headers) => {
                (Body::empty(), Some(self.body))
            }
            _ => (self.body, None),
        };
        call.body = match read(held, if table { LARGEST_TABLE } else { largest }).await {
            Ok(body) => body,
            Err(refusal) => return refusal.into_response(),
        };
        if let Some(file) = file {
            call = match multipart::taken_apart(call, file).await {
                Ok(call) => call,
                Err(refusal) => return refusal.into_response(),
            };
        }
        let singular = resource.map_or("", |resource| resource.singular);
        let outcome = match place {
            Place::Root | Place::Slash => root::answer(self.state, &call, &caller, self.params),
            Place::Collection(resource) | Place::Item(resource, _) if options => {
                Ok(allow(&call, resource, caller.role))
            }
            Place::Journal(..) if options => Ok(root::allow(&["GET", "OPTIONS", "HEAD"], None)),
            Place::Journal(resource, _, entry) => {
                let (mut tx, verifiers) = (self.state.ordering.db().reader(), Verifiers::default());
                let now = self.state.ordering.clock().now();
                let (state, params, verifiers) = (self.state, self.params, &verifiers);
                let mut cx = Cx { tx: &mut tx, caller: &caller, now, params, state, verifiers, upload: None };
                journal::answer(&mut cx, &call, resource, entry).await
            }
            Place::Collection(resource) | Place::Item(resource, _) => match stream {
                Some(body) => flow::run(self.state, self.params, &caller, &call, resource, body).await,
                None => run(self.state, self.params, &caller, &call, resource, verb.unwrap_or(Verb::List)).await,
            },
        };
        match outcome {
            Ok(reply) => reply.into_response(),
            Err(Failure::Refused(refusal)) => refusal.told(|field| sent::of(resource, &call, field)).into_response(),
            // Only changes make verifiers, and they have made them by now.
            Err(Failure::Later(_)) => Refusal::new(500, "Internal Server Error").into_response(),
            Err(Failure::Registry(error)) => {
                if error.is_incident() {
                    tracing::error!(%error, resource = resource.map(|r| r.name), "request failed");
                }
                let own = resource.and_then(|resource| resource.behaviour.refusal(&error));
                let sent = |field: &str| sent::of(resource, &call, field);
                let input = match &error {
                    registry::Error::Invalid { field, .. } => sent(field),
                    _ => String::new(),
                };
                own.map_or_else(|| general(&error, singular, &input), |own| own.told(sent)).into_response()
            }
        }
    }
}

/// Whoever asks for what needs no login.
fn nobody() -> Caller {
    Caller::subscriber(registry::id::SubscriberId(0), "nobody", registry::id::AccountId(i64::MIN), false)
}

fn verb(method: &Method, of_item: bool) -> Option<Verb> {
    match (method.as_str(), of_item) {
        ("GET", false) => Some(Verb::List),
        ("POST", false) => Some(Verb::Create),
        ("GET", true) => Some(Verb::Get),
        ("PUT", true) => Some(Verb::Replace),
        ("PATCH", true) => Some(Verb::Modify),
        ("DELETE", true) => Some(Verb::Delete),
        ("DELETE", false) => Some(Verb::Clear),
        _ => None,
    }
}

/// Refuses roles that have nothing to do here, and changes by those who may only read.
fn admit(
    caller: &Caller,
    call: &Call,
    resource: Option<&Resource>,
    verb: Option<Verb>,
    journal: bool,
) -> Result<(), Refusal> {
    let reads = matches!(call.method, Method::GET | Method::OPTIONS);
    if caller.rights.read_only && !reads && resource.is_none_or(|resource| resource.name != "admincerts") {
        return Err(Refusal::new(403, "Invalid HTTP method for read-only user"));
    }
    let Some(resource) = resource else { return Ok(()) };
    let fits = match verb {
        _ if journal => STAFF.contains(&caller.role) && resource.is_for(caller.role),
        Some(verb) => resource.roles(verb).is_some_and(|roles| roles.contains(&caller.role)),
        None => resource.is_for(caller.role),
    };
    match (fits, verb) {
        (true, _) => Ok(()),
        // Who may look at something and not change it is told so.
        (false, Some(verb)) if !matches!(verb, Verb::List | Verb::Get) && resource.is_for(caller.role) => {
            Err(Refusal::new(403, "Read-only resource for authenticated role"))
        }
        (false, _) => Err(Refusal::invalid_user()),
    }
}

/// The answer to `OPTIONS`.
fn allow(call: &Call, resource: &Resource, role: Role) -> Reply {
    let methods = resource.methods(call.id.is_some(), Some(role));
    let accept = match &call.id {
        None => Some(("accept-post", format!("application/hal+json; profile={}{}", hal::REL, resource.name))),
        Some(_) if methods.contains(&"PATCH") => Some(("accept-patch", "application/json-patch+json".to_owned())),
        Some(_) => None,
    };
    root::allow(&methods, accept)
}
