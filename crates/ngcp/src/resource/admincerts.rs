//! Client certificates of administrators.
//!
//! `POST` makes a certificate with its private key, for oneself or (as a master) for whom one manages, and answers with a
//! zip of both in PEM and in PKCS #12; nothing of the key is kept. Beyond storing: a login has one certificate that is
//! good, and a new one revokes the old; `DELETE` revokes it. A login that may only read has one too. On the wire a
//! certificate is known by the SHA-256 of the whole of it, never by its serial number or name alone.

use std::io::{Cursor, Write as _};

use axum::http::{Method, header};
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use registry::id::LoginId;
use registry::listing::Condition;
use registry::login::{self, ADMINISTRATORS};
use registry::{Caller, Error, client_certificate};
use serde_json::{Value, json};
use web::ClientCertificate;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::admins::ADMINISTRATIVE;
use crate::auth::CERTIFICATE_NAME;
use crate::kernel::{
    Behaviour, Call, Cx, Field, Filter, Item, Kind, Outcome, Refusal, Reply, Resource, Verb, json as bodies,
};

/// The password of the PKCS #12 file. Clients know it: it does not protect the key, its reader has to.
const PASSWORD: &str = "sipwise";

pub(super) static ADMINCERTS: Resource = Resource {
    name: "admincerts",
    singular: "admincert",
    title: "Client certificates",
    doc: "POST {} (or {\"login\": \"name\"} for somebody that you manage) makes a client certificate and answers with a zip \
          that holds it and its private key as PEM and as PKCS #12 (password sipwise). It revokes the one before. With \
          it no password is needed. DELETE revokes the certificate of the administrator with that id.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, ADMINISTRATIVE),
        (Verb::Get, ADMINISTRATIVE),
        (Verb::Create, ADMINISTRATIVE),
        (Verb::Delete, ADMINISTRATIVE),
    ],
    filters: &[Filter::exact("id", "id"), Filter::wildcard("login", "username")],
    links_itself: true,
    shows_id: false,
    source: Some(&ADMINISTRATORS),
    example: "{}",
    behaviour: &Certificates,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("login", Kind::Text(0, 100))
        .write_only()
        .doc("Whose certificate it is to be; left out: the caller's own."),
    Field::new("has_certificate", Kind::Int).read_only().doc("1 where there is a certificate that is good, else 0."),
];

struct Certificates;

#[async_trait::async_trait]
impl Behaviour for Certificates {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let holders = client_certificate::holders(cx.tx, ids).await?;
        let item = |id: i64| match json!({ "id": id, "has_certificate": i64::from(holders.contains(&id)) }) {
            Value::Object(fields) => fields,
            _ => Item::new(),
        };
        Ok(ids.iter().map(|id| (*id, item(*id))).collect())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(client_certificate::revoke(cx.tx, cx.caller, cx.now, LoginId(id)).await?)
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method == Method::POST && call.id.is_none() {
            return issue(cx, call).await.map(Some);
        }
        Ok(None)
    }

    fn narrow(&self, caller: &Caller, _now: i64) -> Vec<Condition> {
        login::narrowing(caller)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::NotAllowed(_) => {
                Some(Refusal::new(403, "Insufficient privileges to create certificate for this administrator"))
            }
            _ => None,
        }
    }
}

async fn issue(cx: &mut Cx<'_>, call: &Call) -> Outcome<Reply> {
    let body = if call.body.is_empty() { json!({}) } else { bodies::parse(&call.body)? };
    let named = body.get("login").and_then(Value::as_str).map(|login| login.replace('\0', ""));
    let named = named.as_deref().filter(|login| !login.is_empty());
    let login = match (named, cx.caller.login) {
        (None, Some(own)) => own,
        (None, None) => return Err(Refusal::invalid_user().into()),
        (Some(name), _) => match login::named(cx.tx, cx.caller, name).await {
            Ok(found) => found.id,
            Err(Error::NotFound { .. }) => {
                return Err(Refusal::new(422, "Invalid login, administrator does not exist").into());
            }
            Err(error) => return Err(error.into()),
        },
    };
    let serial = client_certificate::serial(cx.now);
    let made = ClientCertificate::new(CERTIFICATE_NAME, serial, cx.now).map_err(internal)?;
    let digest = web::certificate_digest(&made.certificate);
    client_certificate::issue(cx.tx, cx.caller, cx.now, login, serial, &digest).await?;
    let name = format!("NGCP-API-client-certificate-{serial}");
    Ok(Reply::status(201)
        .header(header::CONTENT_TYPE, "application/zip")
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename={name}.zip"))
        .header(header::CACHE_CONTROL, "no-store")
        .body(archive(&name, &made)?))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("client certificate: {error}"))
}

/// The zip with a certificate and its key in every form that clients take.
fn archive(name: &str, made: &ClientCertificate) -> Result<Vec<u8>, Error> {
    let read_me = format!(
        "{name}.pem is the client certificate and its private key in PEM form, for command line tools and libraries:\n\
         curl --cert {name}.pem https://HOST:1443/api/\n\n\
         {name}.p12 is the same as PKCS #12, for browsers. Its password is {PASSWORD}.\n\n\
         Whoever has these files can log in as the administrator that they were made for: keep them secret. A new\n\
         certificate ends this one.\n"
    );
    let key_store = key_store(made)?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o600);
    let members = [
        ("README.txt".to_owned(), read_me.as_bytes()),
        (format!("{name}.pem"), made.pem.as_bytes()),
        (format!("{name}.p12"), &key_store),
    ];
    for (member, bytes) in members {
        zip.start_file(member, options).map_err(internal)?;
        zip.write_all(bytes).map_err(internal)?;
    }
    Ok(zip.finish().map_err(internal)?.into_inner())
}

/// The certificate and its key as PKCS #12.
fn key_store(made: &ClientCertificate) -> Result<Vec<u8>, Error> {
    let certificate = Certificate::from_der(&made.certificate).map_err(internal)?;
    let key = PrivateKey::from_der(&made.key).map_err(internal)?;
    let chain = PrivateKeyChain::new(web::certificate_digest(&made.certificate), key, [certificate]);
    let mut store = KeyStore::new();
    store.add_entry(CERTIFICATE_NAME, KeyStoreEntry::PrivateKeyChain(chain));
    let writer = store
        .writer(PASSWORD)
        .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
        .mac_algorithm(MacAlgorithm::HmacSha256)
        // The password is known to everybody, so that iterations protect nothing.
        .encryption_iterations(2_048)
        .mac_iterations(2_048);
    writer.write().map_err(internal)
}
