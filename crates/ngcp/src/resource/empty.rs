//! Collections whose data comes from parts that are not there yet: calls and their records, recordings, voice mail, faxes,
//! text messages, devices, invoices.
//!
//! Each can be asked as any other and has nothing in it. What would make something of them is not offered, so that
//! nobody believes that a call was placed or a message sent. Who may ask is our decision where the dialect's own
//! servers differ from one release to the next.

use registry::Role;

use crate::kernel::list::{Page, Window};
use crate::kernel::{Behaviour, Call, Cx, EVERYONE, Field, Filter, Outcome, Reply, Resource, SELLERS, Verb};

/// Administrators, resellers, and whoever administers a customer.
const KEEPERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin];
/// The same with all subscribers.
const HOLDERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin, Role::Subscriber];
/// The same as may define the preferences of field devices.
const FIELD: &[Role] = &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::SubscriberAdmin];

const SHAPE: Resource = Resource { fields: &[Field::ID], ..Resource::DEFAULT };

/// Declares empty collections: name, singular, title, what it will hold, who may ask, and how it is filtered.
macro_rules! empties {
    ($($resource:ident = $name:literal, $singular:literal, $title:literal, $doc:literal, $roles:expr, $filters:expr;)*) => {$(
        pub(super) static $resource: Resource = Resource {
            name: $name,
            singular: $singular,
            title: $title,
            doc: concat!($doc, " There are none yet: the collection is always empty, and nothing can be put into it."),
            verbs: &[(Verb::List, $roles), (Verb::Get, $roles)],
            filters: $filters,
            behaviour: &Empty { resource: &$resource },
            ..SHAPE
        };
    )*};
}

/// Filters that compare a value with the field of the same name.
macro_rules! by {
    ($($name:literal)*) => { &[$(Filter::exact($name, $name)),*] };
}

empties! {
    CALLLISTS = "calllists", "calllist", "Call lists",
        "The calls of a subscriber or customer as it sees them, which need the records of a proxy.", EVERYONE,
        by!["subscriber_id" "customer_id" "alias_field" "status" "status_ne" "type" "type_ne" "direction" "start_ge"
            "start_le" "init_ge" "init_le" "call_id" "own_cli" "rating_status" "tz" "use_owner_tz"];
    CALLQUEUES = "callqueues", "callqueue", "Call queues",
        "Calls that wait in the queues of subscribers, which need a PBX.", KEEPERS, &[];
    CALLRECORDINGFILES = "callrecordingfiles", "callrecordingfile", "Files of recorded calls",
        "The sound of recorded calls, which needs a recorder.", EVERYONE, by!["recording_id"];
    CALLRECORDINGS = "callrecordings", "callrecording", "Recorded calls",
        "Calls that were recorded, which needs a recorder.", EVERYONE,
        by!["subscriber_id" "status" "caller" "callee" "start_time_from" "start_time_to" "tz"];
    CALLRECORDINGSTREAMS = "callrecordingstreams", "callrecordingstream", "Streams of recorded calls",
        "The streams that a recorded call consists of, which need a recorder.", EVERYONE,
        by!["recording_id" "type"];
    CALLS = "calls", "call", "Calls",
        "The records of calls with what they cost, which need a proxy that writes them.", SELLERS,
        by!["subscriber_id" "customer_id" "reseller_id" "call_id" "status" "status_ne" "rating_status" "start_ge" "start_le"];
    CONVERSATIONS = "conversations", "conversation", "Conversations",
        "Calls, voice mails, faxes, messages and chats of a subscriber or customer in one list.", EVERYONE,
        by!["subscriber_id" "customer_id" "type" "direction" "from" "to" "tz" "use_owner_tz"];
    CUSTOMERZONECOSTS = "customerzonecosts", "customerzonecost", "Costs by zone",
        "What the calls of a customer have cost in each billing zone, which is added up from the records of calls.", SELLERS,
        by!["start" "end" "direction" "contact_id"];
    FAXES = "faxes", "fax", "Faxes",
        "Faxes that were sent and received, which need a fax server. None can be sent.", EVERYONE,
        by!["subscriber_id" "time_from" "time_to" "sid"];
    FAXRECORDINGS = "faxrecordings", "faxrecording", "Documents of faxes",
        "The documents of faxes, which need a fax server.", EVERYONE, by!["format"];
    INVOICES = "invoices", "invoice", "Invoices",
        "Invoices of customers, which are drawn up from the records of calls.", SELLERS,
        by!["contract_id" "customer_id" "serial" "period_start_from" "period_start_to"];
    MALICIOUSCALLS = "maliciouscalls", "maliciouscall", "Malicious calls",
        "Calls that a subscriber has marked as malicious, which needs a proxy.", HOLDERS,
        by!["callid" "caller" "callee" "source"];
    PBXDEVICECONFIGFILES = "pbxdeviceconfigfiles", "pbxdeviceconfigfile", "Files of device configurations",
        "The templates of device configurations, which need the provisioning of devices.", SELLERS, &[];
    PBXDEVICECONFIGS = "pbxdeviceconfigs", "pbxdeviceconfig", "Device configurations",
        "Configurations of device models, which need the provisioning of devices.", SELLERS,
        by!["device_id" "content_type" "version"];
    PBXDEVICEFIRMWAREBINARIES = "pbxdevicefirmwarebinaries", "pbxdevicefirmwarebinary", "Files of device firmware",
        "The firmware of device models as files, which needs the provisioning of devices.", SELLERS, &[];
    PBXDEVICEFIRMWARES = "pbxdevicefirmwares", "pbxdevicefirmware", "Device firmware",
        "Versions of the firmware of device models, which need the provisioning of devices.", SELLERS,
        by!["device_id" "filename" "version"];
    PBXDEVICEMODELIMAGES = "pbxdevicemodelimages", "pbxdevicemodelimage", "Images of device models",
        "Pictures of device models, which need the provisioning of devices.", HOLDERS, by!["type"];
    PBXDEVICEMODELS = "pbxdevicemodels", "pbxdevicemodel", "Device models",
        "Models of telephones, which need the provisioning of devices.", HOLDERS,
        by!["reseller_id" "vendor" "model"];
    PBXDEVICEPREFERENCES = "pbxdevicepreferences", "pbxdevicepreference", "Preferences of device models",
        "What is set of the preferences of device models, which need the provisioning of devices.", SELLERS, &[];
    PBXDEVICEPROFILEPREFERENCES = "pbxdeviceprofilepreferences", "pbxdeviceprofilepreference",
        "Preferences of device profiles",
        "What is set of the preferences of device profiles, which need the provisioning of devices.", SELLERS, &[];
    PBXDEVICEPROFILES = "pbxdeviceprofiles", "pbxdeviceprofile", "Device profiles",
        "A device model with a configuration, which needs the provisioning of devices.", HOLDERS,
        by!["config_id" "name" "reseller_id"];
    PBXDEVICES = "pbxdevices", "pbxdevice", "Devices",
        "Telephones of customers, which need the provisioning of devices.", HOLDERS,
        by!["customer_id" "identifier" "profile_id" "station_name" "pbx_extension" "display_name"];
    PBXFIELDDEVICEPREFERENCES = "pbxfielddevicepreferences", "pbxfielddevicepreference", "Preferences of devices",
        "What is set of the preferences of telephones, which need the provisioning of devices.", FIELD, &[];
    SIPCAPTURES = "sipcaptures", "sipcapture", "SIP captures",
        "The SIP messages of calls, which need a capture server.", SELLERS,
        by!["subscriber_id" "call_id" "method" "from" "to" "tz"];
    SMS = "sms", "sms", "Text messages",
        "Text messages that were sent and received, which need a message centre. None can be sent.", HOLDERS,
        by!["subscriber_id" "time_from" "time_to" "direction"];
    VOICEMAILRECORDINGS = "voicemailrecordings", "voicemailrecording", "Recordings of voice mails",
        "The sound of voice mails, which needs a voice mail server.", EVERYONE, by!["subscriber_id"];
    VOICEMAILS = "voicemails", "voicemail", "Voice mails",
        "Messages that were left for subscribers, which need a voice mail server.", EVERYONE,
        by!["subscriber_id" "folder" "tz"];
}

pub(super) static CALLCONTROLS: Resource = Resource {
    name: "callcontrols",
    singular: "callcontrol",
    title: "Placing calls",
    doc: "Calls that are placed from here, which needs a proxy that takes them. There is none yet: nothing is offered but \
          OPTIONS.",
    named_for: EVERYONE,
    ..Resource::DEFAULT
};

pub(super) static PARTYCALLCONTROLS: Resource = Resource {
    name: "partycallcontrols",
    singular: "partycallcontrol",
    title: "Control of calls by others",
    doc: "Calls that a program decides on before they are put through, which needs a proxy that asks it. There is none \
          yet: nothing is offered but OPTIONS.",
    named_for: SELLERS,
    ..Resource::DEFAULT
};

/// A collection with nothing in it.
struct Empty {
    resource: &'static Resource,
}

#[async_trait::async_trait]
impl Behaviour for Empty {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.id.is_some() {
            return Ok(None);
        }
        let page = Page::of(cx.params, Window::of(cx.params)?, 0, Vec::new());
        Ok(Some(page.reply(cx, call, self.resource)))
    }
}
