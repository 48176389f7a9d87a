//! What the platform is and can, as the web front ends ask before and after logging in.
//!
//! Without credentials only the rules for passwords are shown, and whether the platform is in maintenance.

use axum::http::{Method, header};
use registry::id::AccountId;
use registry::login::MIN_PASSWORD;
use serde_json::json;

use super::userinfo::ANYBODY;
use crate::kernel::{Behaviour, Call, Cx, Outcome, Reply, Resource, Verb};

pub(super) static PLATFORMINFO: Resource = Resource {
    name: "platforminfo",
    singular: "platforminfo",
    title: "Platform",
    doc: "What the platform is and can: its type, its version, the rules for passwords. Without credentials only the rules \
          for passwords are shown.",
    verbs: &[(Verb::List, ANYBODY)],
    single: true,
    public: true,
    behaviour: &PlatformInfo,
    ..Resource::DEFAULT
};

struct PlatformInfo;

#[async_trait::async_trait]
impl Behaviour for PlatformInfo {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET || call.id.is_some() {
            return Ok(None);
        }
        let mut document = json!({
            "maintenance_mode": 0,
            "security": {
                "password": {
                    "min_length": MIN_PASSWORD,
                    "max_length": 128,
                    "musthave_lowercase": 0,
                    "musthave_uppercase": 0,
                    "musthave_digit": 0,
                    "musthave_specialchar": 0,
                    "sip_validate": 0,
                    "web_validate": 0,
                    "sip_autogenerate": 0,
                    "web_autogenerate": 0,
                },
            },
        });
        let anonymous = cx.caller.login.is_none() && cx.caller.account < AccountId::OPERATOR;
        if !anonymous && let Some(fields) = document.as_object_mut() {
            let rest = json!({
                // The edition that has no licences to be checked.
                "type": "spce",
                "ngcp_version": concat!("strowger ", env!("CARGO_PKG_VERSION")),
                "licenses": [],
                "license_meta": { "check": 0 },
                "sip": 1,
                "multisite": 0,
                "cloudpbx": 0,
                "faxserver": 0,
                "callthrough": 0,
                "callingcard": 0,
                "conference": 0,
                "manager_secretary": 0,
                "app": {},
                "csc_v": 2,
            });
            fields.extend(rest.as_object().cloned().unwrap_or_default());
        }
        let reply = Reply::status(200).header(header::CONTENT_TYPE, "application/json");
        Ok(Some(reply.body(format!("{document}\n"))))
    }
}
