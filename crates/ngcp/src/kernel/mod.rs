//! What all resources have in common: requests, checks, HAL, paging, patches, journals.

pub(crate) mod behaviour;
pub(crate) mod call;
pub(crate) mod error;
mod expand;
pub(crate) mod filter;
pub(crate) mod flow;
pub(crate) mod hal;
mod handle;
mod journal;
pub(crate) mod json;
pub(crate) mod list;
pub(crate) mod multipart;
mod patch;
mod path;
pub(crate) mod record;
pub(crate) mod resource;
mod root;
mod sent;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod validate;
mod verifier;
mod work;

pub(crate) use behaviour::Behaviour;
pub(crate) use call::{Call, Cx, Params, Reply};
pub(crate) use error::{Failure, Outcome, Refusal};
pub(crate) use filter::{Filter, Link};
pub(crate) use handle::{LARGEST_TABLE, serve};
pub(crate) use record::Records;
pub(crate) use resource::{ADMIN, Created, EVERYONE, Field, Item, Kind, PatchOps, Resource, SELLERS, STAFF, Verb};
pub(crate) use verifier::Verifiers;
pub(crate) use work::{patched, posted};
