//! Which collections there are: those that every client of the dialect expects and this server's own; and those that are
//! empty as long as the part is missing that would fill them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::ngcp::world::World;

/// The collections of the dialect.
const DIALECT: &str = "activesubscriberpreferences admincerts admins otpsecret applyrewrites authtokens autoattendants \
    balanceintervals bannedips bannedusers billingfees billingnetworks billingprofiles billingzones callcontrols callforwards \
    calllists callqueues callrecordingfiles callrecordings callrecordingstreams calls capabilities ccmapentries cfbnumbersets \
    cfdestinationsets cfmappings cfsourcesets cftimesets contracts conversations customerbalances customercontacts \
    customerfraudevents customerfraudpreferences customerlocations customerpreferencedefs customerpreferences customers \
    customerzonecosts domainpreferencedefs domainpreferences domains emailtemplates emergencymappingcontainers \
    emergencymappings events faxes faxrecordings faxserversettings headerrulesets headerrules headerruleconditions \
    headerruleactions interceptions invoices invoicetemplates lnpcarriers lnpnumbers ncoslnppatterns mailtofaxsettings \
    maliciouscalls managersecretary metaconfigdefs ncoslevels ncoslnpcarriers ncospatterns numbers partycallcontrols \
    passwordchange passwordreset passwordrecovery pbxdeviceconfigfiles pbxdeviceconfigs pbxdevicefirmwarebinaries \
    pbxdevicefirmwares pbxdevicemodelimages pbxdevicemodels pbxdevicepreferencedefs pbxdevicepreferences \
    pbxdeviceprofilepreferencedefs pbxdeviceprofilepreferences pbxdeviceprofiles pbxfielddevicepreferencedefs \
    pbxfielddevicepreferences pbxdevices pbxusers peeringgroups peeringrules peeringinboundrules \
    peeringserverpreferencedefs peeringserverpreferences peeringservers resellerphonebookentries customerphonebookentries \
    subscriberphonebookentries resellerbrandings resellerpreferencedefs resellerpreferences preferencesmetaentries \
    profilepackages profilepreferencedefs profilepreferences provisioningtemplates reminders resellers \
    resellerbrandinglogos rewriterules rewriterulesets sipcaptures sms soundfilerecordings soundfiles soundgroups \
    soundhandles soundsets speeddials subscriberlocationmappings subscriberpreferencedefs subscriberpreferences \
    subscriberprofiles subscriberprofilesets subscriberregistrations subscribers systemcontacts timesets topupcash topuplogs \
    topupvouchers trustedsources upnrewritesets userinfo voicemailrecordings voicemailgreetings voicemails \
    voicemailsettings vouchers";

/// Those of this server alone.
const OWN: &str = "creditholds feelookups lnpimports numberorders numberpools numberreservations numbervendorgroups numbervendors platforminfo";

/// Those that nothing can be in yet, and that administrators see.
const EMPTY: &str = "calllists callqueues callrecordingfiles callrecordings callrecordingstreams calls conversations \
    customerzonecosts faxes faxrecordings invoices maliciouscalls pbxdeviceconfigfiles pbxdeviceconfigs pbxdevicefirmwarebinaries \
    pbxdevicefirmwares pbxdevicemodelimages pbxdevicemodels pbxdevicepreferences pbxdeviceprofilepreferences \
    pbxdeviceprofiles pbxdevices pbxfielddevicepreferences sipcaptures sms voicemailrecordings voicemails";

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

store::on_both! {
    async fn there_are_the_collections_of_the_dialect_and_no_others(database: TestDb) {
        let world = World::new(database).await;
        let answer = world.admin.options("/api/").await.is(200);
        let named: BTreeSet<String> =
            answer.links().iter().map(|link| link.split('/').nth(2).unwrap().to_owned()).collect();
        let wanted: BTreeSet<String> = words(DIALECT).union(&words(OWN)).cloned().collect();
        assert_eq!(words(DIALECT).len(), 137);
        let missing: Vec<_> = wanted.difference(&named).collect();
        let more: Vec<_> = named.difference(&wanted).collect();
        assert!(missing.is_empty() && more.is_empty(), "missing: {missing:?}, too many: {more:?}");

        for name in words(EMPTY) {
            let path = format!("/api/{name}/");
            let page = world.admin.get(&format!("{path}?rows=5&subscriber_id=1")).await.is(200).json;
            assert_eq!((&page["total_count"], page.get("_embedded")), (&json!(0), None), "{name}: {page}");
            assert_eq!(page["_links"]["self"]["href"], json!(format!("{path}?page=1&rows=5&subscriber_id=1")));
            world.admin.get(&format!("{path}?rows=0")).await.is(400);
            assert!(world.admin.get(&format!("{path}?no_count=1")).await.is(200).json["total_count"].is_null());
            let item = world.admin.get(&format!("{path}1")).await;
            assert!(item.status == 404 && item.message().starts_with("Entity '"), "{name}: {item:?}");
            world.admin.post(&path, &json!({})).await.refuses(404, "Path not found");
            assert_eq!(world.admin.options(&path).await.is(200).header("allow"), Some("GET, OPTIONS, HEAD"), "{name}");
        }
        for name in ["callcontrols", "partycallcontrols"] {
            let path = format!("/api/{name}/");
            assert_eq!(world.admin.options(&path).await.is(200).json, json!({ "methods": ["OPTIONS"] }), "{name}");
            world.admin.post(&path, &json!({ "subscriber_id": 1, "destination": "431" })).await.refuses(404, "Path not found");
        }
        world.server.stop().await;
    }

    async fn the_directory_of_a_pbx_is_for_its_subscribers(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("houses").await;
        let mut homes = Vec::new();
        for product in ["pbxaccount", "pbxaccount", "sipaccount"] {
            let contact = reseller.door.create("customercontacts", &json!({ "email": "x@example.org" })).await;
            let body = json!({
                "status": "active", "contact_id": contact, "billing_profile_id": reseller.profile_id, "type": product,
            });
            let id = reseller.door.create("customers", &body).await;
            let customer = crate::ngcp::world::Customer { id, contact_id: contact };
            let pbx = product == "pbxaccount";
            let pilot = if pbx { json!({ "is_pbx_pilot": true, "display_name": "Front desk" }) } else { json!({}) };
            let pilot = world.subscriber(&reseller, &customer, &pilot).await;
            let seat = json!({ "pbx_extension": "20", "display_name": "Ada", "primary_number": null });
            let seat = if pbx { Some(world.subscriber(&reseller, &customer, &seat).await) } else { None };
            if pbx {
                let group = json!({ "pbx_extension": "90", "is_pbx_group": true, "primary_number": null });
                world.subscriber(&reseller, &customer, &group).await;
            }
            homes.push((pilot, seat));
        }
        let (pilot, Some(seat)) = &homes[0] else { panic!("a seat") };
        let list = seat.door.list("pbxusers/").await;
        let shown: Vec<_> = list.iter().map(|one| (one["id"].clone(), one["display_name"].clone(), one["pbx_extension"].clone())).collect();
        assert_eq!(shown, [(json!(pilot.id), json!("Front desk"), json!(null)), (json!(seat.id), json!("Ada"), json!("20"))]);
        assert_eq!(list[0]["primary_number"]["cc"], json!(43));
        assert_eq!(seat.door.list("pbxusers/?display_name=A*").await.len(), 1);
        assert_eq!(seat.door.get(&format!("/api/pbxusers/{}", pilot.id)).await.is(200).json["display_name"], json!("Front desk"));
        let other = homes[1].0.id;
        seat.door.get(&format!("/api/pbxusers/{other}")).await.refuses(404, "Entity 'pbxuser' not found.");
        assert!(homes[2].0.door.list("pbxusers/").await.is_empty(), "no PBX");
        let all = reseller.door.get("/api/pbxusers/?rows=1").await.is(200).json;
        assert_eq!((&all["total_count"], all["_embedded"]["ngcp:pbxusers"].as_array().map(Vec::len)), (&json!(4), Some(1)));
        let all = world.admin.get("/api/pbxusers/?rows=3").await.is(200).json;
        assert_eq!((&all["total_count"], all["_embedded"]["ngcp:pbxusers"].as_array().map(Vec::len)), (&json!(4), Some(3)));
        let stranger = world.reseller("strangers").await;
        assert!(stranger.door.list("pbxusers/").await.is_empty());
        world.server.stop().await;
    }

    async fn the_configuration_is_told(database: TestDb) {
        let world = World::new(database).await;
        let document = world.admin.item("/api/metaconfigdefs/").await;
        assert_eq!(document["config"]["features"]["cloudpbx"], json!(0));
        assert_eq!(document["config"]["numbermanagement"], json!({ "auto_sync_cli": 0, "auto_allow_cli": 1 }));
        assert_eq!(document["config"]["security"]["password"]["web_validate"], json!(0));
        assert_eq!(document["meta"]["collections"]["calls"]["actions"], json!(["GET", "OPTIONS", "HEAD"]));
        assert_eq!(document["_links"]["self"]["href"], json!("/api/metaconfigdefs/"));
        world.server.stop().await;
    }
}
