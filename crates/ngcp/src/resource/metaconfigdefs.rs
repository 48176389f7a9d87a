//! What of the server's configuration decides how clients behave, in the form of the configuration file that clients of
//! the dialect know. Nothing is stored: it follows from what is built in.

use axum::http::{Method, header};
use registry::login::MIN_PASSWORD;
use serde_json::json;

use crate::kernel::{Behaviour, Call, Cx, Outcome, Reply, Resource, SELLERS, Verb};

pub(super) static METACONFIGDEFS: Resource = Resource {
    name: "metaconfigdefs",
    singular: "metaconfigdef",
    title: "Configuration",
    doc: "One document: under config what of the server's configuration decides how clients behave (features that are not \
          there are 0), under meta what there is of collections.",
    verbs: &[(Verb::List, SELLERS)],
    single: true,
    behaviour: &MetaConfigDefs,
    ..Resource::DEFAULT
};

struct MetaConfigDefs;

#[async_trait::async_trait]
impl Behaviour for MetaConfigDefs {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET || call.id.is_some() {
            return Ok(None);
        }
        let visible = super::ALL.iter().filter(|resource| resource.is_for(cx.caller.role));
        let collections: serde_json::Map<String, serde_json::Value> = visible
            .map(|resource| {
                let actions = resource.methods(false, Some(cx.caller.role));
                let of_items = resource.methods(true, Some(cx.caller.role));
                (resource.name.to_owned(), json!({ "actions": actions, "item_actions": of_items }))
            })
            .collect();
        let document = json!({
            "_links": { "self": { "href": "/api/metaconfigdefs/" } },
            "config": {
                "file": "ngcp_panel.conf",
                "features": {
                    "callingcard": 0, "callthrough": 0, "cloudpbx": 0, "conference": 0, "faxserver": 0, "fileshare": 0,
                    "mobilepush": 0, "multidomain": 1, "sms": 0,
                },
                // `cli` is not set by itself; `allowed_clis` gets every number that a subscriber gets.
                "numbermanagement": { "auto_sync_cli": 0, "auto_allow_cli": 1 },
                "privileges": {},
                "security": {
                    "password": {
                        "min_length": MIN_PASSWORD, "max_length": 128, "musthave_lowercase": 0, "musthave_uppercase": 0,
                        "musthave_digit": 0, "musthave_specialchar": 0, "sip_validate": 0, "web_validate": 0,
                        "sip_autogenerate": 0, "web_autogenerate": 0,
                    },
                },
            },
            "meta": { "collections": collections },
        });
        let reply = Reply::status(200).header(header::CONTENT_TYPE, "application/json");
        Ok(Some(reply.body(format!("{document}\n"))))
    }
}
