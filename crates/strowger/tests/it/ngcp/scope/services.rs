//! Rows of what a subscriber has set for its services, and of its phonebook.

use serde_json::json;

use super::rows::{Owner, Row};
use crate::ngcp::form::{FORM, form, wav};
use crate::ngcp::world::Reseller;

/// Those of a subscriber.
pub(super) async fn of_subscriber(reseller: &Reseller, subscriber: i64, owner: Owner, rows: &mut Vec<Row>) {
    for resource in [
        "ccmapentries",
        "faxserversettings",
        "mailtofaxsettings",
        "managersecretary",
        "speeddials",
        "voicemailsettings",
    ] {
        rows.push(Row { resource, id: subscriber, owner });
    }
    for (resource, body) in [
        ("reminders", json!({ "subscriber_id": subscriber, "time": "07:30", "recur": "never" })),
        ("subscriberphonebookentries", json!({ "subscriber_id": subscriber, "name": "Mum", "number": "43125" })),
    ] {
        rows.push(Row { resource, id: reseller.door.create(resource, &body).await, owner });
    }
    let greeting = form(&json!({ "subscriber_id": subscriber, "dir": "busy" }), "greetingfile", "busy.wav", &wav());
    let id = reseller.door.send("POST", "/api/voicemailgreetings/", &[FORM], greeting).await.is(201).id();
    rows.push(Row { resource: "voicemailgreetings", id, owner });
}
