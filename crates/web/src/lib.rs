//! The edge: TLS listeners, request limits, metrics, errors before they take a dialect.
//!
//! A face brings a router in its dialect; this crate puts [`limited`] and [`Metrics::measured`] around it and runs it with
//! [`serve`] on a [`TlsListener`]. Who is calling is found out by the [`Authenticator`]. Nothing here knows a dialect or a
//! table.

mod authenticate;
mod certificate;
mod client_certificate;
mod connection;
mod credentials;
mod hex;
mod keys;
mod limits;
mod metrics;
mod once_file;
mod plain;
mod serve;
mod subjects;
mod tls;
mod token;

pub use authenticate::{Authenticator, Denied, Factor, TOKEN_LIFE};
pub use certificate::{CertificateError, Identity};
pub use client_certificate::{ClientCertificate, certificate_digest, certificate_subject};
pub use connection::{Connection, Limited, Peer, PeerCertificate};
pub use credentials::VerifiedCache;
pub use keys::{Key, KeyError, KeySet};
pub use limits::{Limits, Refusal, limited, plain_refusal};
pub use metrics::{Metrics, Sample, status_router};
pub use serve::serve;
pub use tls::{TlsListener, TlsReload};
pub use token::{Claims, TokenClaims, TokenError, Tokens};
