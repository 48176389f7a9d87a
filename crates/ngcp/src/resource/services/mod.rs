//! Settings of a subscriber for its services; the id is the subscriber's, and who has set nothing shows the defaults.
//!
//! Beyond storing: see each resource. All of them go with the subscriber.

mod declared;

use std::marker::PhantomData;

use registry::Error;
use registry::id::SubscriberId;
use registry::service::{self, Service};
use serde_json::Value;

use crate::kernel::record::show;
use crate::kernel::{Behaviour, Cx, Field, Item, Kind, Outcome, Refusal, Resource};

pub(super) use declared::{
    CCMAPENTRIES, FAXSERVERSETTINGS, MAILTOFAXSETTINGS, MANAGERSECRETARY, SPEEDDIALS, VOICEMAILSETTINGS,
};

/// The behaviour of a resource whose items are the settings `S`.
struct Settings<S> {
    fields: &'static [Field],
    of: PhantomData<fn() -> S>,
}

impl<S: Service> Settings<S> {
    const fn of(fields: &'static [Field]) -> Settings<S> {
        Settings { fields, of: PhantomData }
    }
}

/// The settings that a checked body says; what it does not say has its default.
fn read<S: Service>(fields: &[Field], input: Item) -> Outcome<S> {
    let known = input.into_iter().filter(|(name, value)| {
        !value.is_null() && fields.iter().any(|field| field.name == name && !matches!(field.kind, Kind::Timestamp))
    });
    let said = Value::Object(known.collect());
    Ok(serde_json::from_value(said).map_err(|error| Error::Internal(format!("{}: {error}", S::KIND)))?)
}

#[async_trait::async_trait]
impl<S: Service + 'static> Behaviour for Settings<S> {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<(i64, S)> = service::load(cx.tx, &cx.state.sealer, ids).await?;
        let item = |(id, settings): (i64, S)| {
            let mut json = serde_json::to_value(settings).map_err(|error| Error::Internal(error.to_string()))?;
            json["id"] = id.into();
            json["subscriber_id"] = id.into();
            Ok((id, show(self.fields, &json)))
        };
        found.into_iter().map(item).collect()
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let settings: S = read(self.fields, new)?;
        service::replace(cx.tx, cx.caller, cx.now, &cx.state.sealer, SubscriberId(id), settings).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(service::reset::<S>(cx.tx, cx.caller, cx.now, &cx.state.sealer, SubscriberId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { field: "slot", value, .. } => {
                Some(Refusal::new(422, format!("Slot '{value}' must be unique.")))
            }
            Error::Invalid { field: "slot", .. } => Some(Refusal::new(422, "Slot invalid.")),
            Error::Invalid { field: "attach", message } if message == service::DELETE_NEEDS_ATTACH => {
                Some(Refusal::wrong("attach", "Must be set if delete is set"))
            }
            Error::Invalid { field: "sms_number", .. } => {
                Some(Refusal::wrong("sms_number", "Must be a number in the form of E.164 without a plus sign"))
            }
            _ => None,
        }
    }

    fn journal_content(&self, resource: &Resource, record: &Value) -> Item {
        show(resource.fields, record)
    }
}
