//! Resellers, contracts, contacts and customers.

use serde_json::{Value, json};

use super::{breach, commit, set, with, without};
use crate::ngcp::world::World;

store::on_both! {
    async fn of_resellers_and_contracts(database: TestDb) {
        let world = World::new(database).await;
        let (one, two) = (world.reseller("one").await, world.reseller("two").await);
        let customer = world.customer(&one).await;
        let admin = &world.admin;
        let new = json!({ "contract_id": one.contract_id, "name": "three", "status": "active" });
        let contract = json!({ "contact_id": 2, "type": "reseller", "status": "active", "billing_profile_id": 1 });
        let peering = with(&contract, &json!({ "type": "sippeering" }));
        let peering_id = admin.create("contracts", &peering).await;
        let own = format!("resellers/{}", one.id);
        let paper = format!("contracts/{}", one.contract_id);
        let prepaid = json!({ "name": "prepaid", "handle": "prepaid", "reseller_id": 1, "prepaid": true });
        let prepaid = admin.create("billingprofiles", &prepaid).await;
        let ended = json!({ "name": "ended", "handle": "ended", "reseller_id": 1 });
        let ended = admin.create("billingprofiles", &ended).await;
        admin.delete(&format!("/api/billingprofiles/{ended}")).await.is(204);
        let past = json!([{ "profile_id": 1 }, { "profile_id": 1, "start": "2001-01-01 00:00:00" }]);
        let backwards = json!([
            { "profile_id": 1 }, { "profile_id": 1, "start": "2101-01-01 00:00:00", "stop": "2100-01-01 00:00:00" },
        ]);
        let open = json!([{ "profile_id": 1 }, { "profile_id": 1, "stop": "2100-01-01 00:00:00" }]);
        let none_now = json!([{ "profile_id": 1, "start": "2100-01-01 00:00:00" }]);
        let profiles = |profiles: Value| with(&without(&contract, "billing_profile_id"), &json!({ "billing_profiles": profiles }));
        commit(admin, vec![
            breach("POST", "resellers/", new.clone(), 422, "Invalid 'contract_id', reseller with this contract already exists"),
            breach("POST", "resellers/", with(&new, &json!({ "contract_id": 999_999 })), 422, "Invalid 'contract_id'."),
            breach("POST", "resellers/", with(&new, &json!({ "contract_id": peering_id })), 422, "Invalid 'contract_id'…"),
            breach("POST", "resellers/", without(&new, "contract_id"), 422, "Validation failed. field='contract_id'…"),
            set(&own, "name", "two", 422, "Invalid 'name', reseller with this name already exists"),
            set(&own, "name", Value::Null, 422, "Validation failed. field='name'…"),
            set(&own, "status", Value::Null, 422, "Validation failed. field='status'…"),
            set(&own, "status", "pending", 422, "Validation failed. field='status', input='pending', errors=''pending' is not a valid value'"),
            set(&own, "contract_id", Value::Null, 422, "Validation failed. field='contract_id'…"),
            set(&own, "contract_id", 99_999, 422, "Invalid 'contract_id'…"),
            set(&own, "contract_id", two.contract_id, 422, "Invalid 'contract_id', reseller with this contract already exists"),
            breach("POST", "contracts/", with(&contract, &json!({ "contact_id": 999_999 })), 422, "Invalid 'contact_id'…"),
            breach("POST", "contracts/", with(&contract, &json!({ "contact_id": customer.contact_id })), 422,
                "The contact_id is not a valid ngcp:systemcontacts item, but an ngcp:customercontacts item"),
            breach("POST", "contracts/", without(&contract, "billing_profile_id"), 422, "Invalid 'billing_profile_id', not defined."),
            breach("POST", "contracts/", with(&contract, &json!({ "billing_profile_id": 999_999 })), 422, "Invalid 'billing_profile_id' (999999)."),
            breach("POST", "contracts/", with(&contract, &json!({ "billing_profile_id": ended })), 422,
                &format!("Invalid 'billing_profile_id' ({ended}), already terminated.")),
            breach("POST", "contracts/", with(&contract, &json!({ "billing_profile_id": prepaid })), 422,
                &format!("Peering/reseller contract can't be connected to the prepaid billing profile {prepaid}.")),
            breach("POST", "contracts/", with(&peering, &json!({ "max_subscribers": 5 })), 422,
                "Peering contract should not have 'max_subscribers' defined."),
            breach("POST", "contracts/", profiles(past), 422, "'start' timestamp (2001-01-01 00:00:00) is not in future."),
            breach("POST", "contracts/", profiles(backwards), 422,
                "'start' timestamp (2101-01-01 00:00:00) has to be before 'stop' timestamp (2100-01-01 00:00:00)."),
            breach("POST", "contracts/", profiles(open), 422,
                "Interval with 'stop' timestamp (2100-01-01 00:00:00) but no 'start' timestamp specified."),
            breach("POST", "contracts/", profiles(none_now), 422,
                "An initial interval without 'start' and 'stop' timestamps and no billing network is required."),
            breach("PATCH", &paper, json!([{ "op": "replace", "path": "/billing_profiles", "value": [{ "profile_id": 1 }] }]), 422,
                "Adding intervals without 'start' and 'stop' timestamps is not allowed."),
            set(&paper, "billing_profile_id", Value::Null, 422, "…'billing_profile_id'…"),
            set(&paper, "profile_package_id", 1, 422, "…"),
            set("contracts/1", "status", "terminated", 403, "Cannot set contract status to 'terminated' for contract id '1'"),
            breach("DELETE", &format!("systemcontacts/{}", one.system_contact_id), Value::Null, 423, "Contact is still in use."),
            breach("DELETE", &format!("customercontacts/{}", customer.contact_id), Value::Null, 423, "Contact is still in use."),
        ]).await;

        // What is terminated: contracts are gone, resellers stay to be seen, and give their names away.
        admin.set(&format!("/api/contracts/{peering_id}"), "status", "terminated").await.is(204);
        admin.get(&format!("/api/contracts/{peering_id}")).await.refuses(404, "Entity 'contract' not found.");
        admin.set(&format!("/api/{own}"), "status", "terminated").await.is(204);
        assert_eq!(admin.item(&format!("/api/{own}")).await["status"], "terminated");
        one.door.get("/api/customers/").await.is(401);
        for path in [format!("contracts/{}", one.contract_id), format!("domains/{}", one.domain_id)] {
            admin.get(&format!("/api/{path}")).await.is(404);
        }
        assert_eq!(admin.item(&format!("/api/customers/{}", customer.id)).await["status"], "terminated");
        let again = admin.create("contracts", &contract).await;
        admin.create("resellers", &json!({ "contract_id": again, "name": "one", "status": "active" })).await;
        let renamed = admin.item(&format!("/api/{own}")).await["name"].clone();
        assert_eq!(renamed, json!(format!("old_{}_one", one.id)));
        world.server.stop().await;
    }

    async fn of_customers(database: TestDb) {
        let world = World::new(database).await;
        let (one, two) = (world.reseller("one").await, world.reseller("two").await);
        let customer = world.customer(&one).await;
        let new = json!({
            "status": "active", "contact_id": customer.contact_id, "billing_profile_id": one.profile_id,
            "type": "sipaccount",
        });
        let own = format!("customers/{}", customer.id);
        let foreign = world.customer(&two).await;
        commit(&world.admin, vec![
            breach("POST", "customers/", with(&new, &json!({ "contact_id": 999_999 })), 422, "Invalid 'contact_id'…"),
            breach("POST", "customers/", with(&new, &json!({ "contact_id": 2 })), 422,
                "The contact_id is not a valid ngcp:customercontacts item, but an ngcp:systemcontacts item"),
            breach("POST", "customers/", with(&new, &json!({ "billing_profile_id": 999_999 })), 422, "Invalid 'billing_profile_id' (999999)."),
            breach("POST", "customers/", with(&new, &json!({ "billing_profile_id": two.profile_id })), 422,
                "The reseller of the contact doesn't match the reseller of the billing profile (two profile)."),
            breach("POST", "customers/", with(&new, &json!({ "max_subscribers": "abc" })), 422, "Validation failed. field='max_subscribers'…"),
            breach("POST", "customers/", without(&new, "status"), 422, "Validation failed. field='status'…"),
            breach("POST", "customers/", without(&new, "billing_profile_id"), 422, "…'billing_profile_id'…"),
            set(&own, "type", "pbxaccount", 422, "…type…"),
            set(&own, "contact_id", foreign.contact_id, 422, "Invalid 'contact_id'…"),
        ]).await;
        // A reseller may not reach for what is another's.
        let taken = with(&new, &json!({ "contact_id": foreign.contact_id }));
        one.door.post("/api/customers/", &taken).await.refuses_with(422, "Invalid 'contact_id'");
        let billed = with(&new, &json!({ "billing_profile_id": two.profile_id }));
        one.door.post("/api/customers/", &billed).await.is(422);

        // A lock locks all subscribers; what is terminated stays as it is.
        let subscriber = world.subscriber(&one, &customer, &json!({})).await;
        let path = format!("/api/subscribers/{}", subscriber.id);
        let state = async || {
            let item = world.admin.item(&path).await;
            (item["status"].clone(), item["lock"].clone())
        };
        world.admin.set(&format!("/api/{own}"), "status", "locked").await.is(204);
        assert_eq!(state().await, (json!("locked"), json!("4")));
        world.admin.set(&format!("/api/{own}"), "status", "active").await.is(204);
        let (status, lock) = state().await;
        assert!(status == "active" && (lock.is_null() || lock == "0"), "{status} {lock}");
        world.admin.set(&format!("/api/{own}"), "status", "terminated").await.is(204);
        world.admin.get(&path).await.refuses(404, "Entity 'subscriber' not found.");
        let message = "Customer is already terminated and cannot be changed.";
        world.admin.set(&format!("/api/{own}"), "status", "active").await.refuses(422, message);
        world.admin.set(&format!("/api/{own}"), "external_id", "x").await.refuses(422, message);
        // Only it refers to the contact, which goes with it and is seen no more.
        let contact = format!("/api/customercontacts/{}", customer.contact_id);
        world.admin.delete(&contact).await.is(204);
        world.admin.get(&contact).await.is(404);
        world.server.stop().await;
    }
}
