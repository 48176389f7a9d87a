//! Resellers, contracts, contacts and customers.

use serde_json::{Value, json};

use super::{commit, delete, patch, post, set, with, without};
use crate::ngcp::world::World;

async fn of_resellers_and_contracts(world: &World) {
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
    let profiles =
        |profiles: Value| with(&without(&contract, "billing_profile_id"), &json!({ "billing_profiles": profiles }));
    commit(
        admin,
        vec![
            post("resellers/", new.clone(), "Invalid 'contract_id', reseller with this contract already exists"),
            post("resellers/", with(&new, &json!({ "contract_id": 999_999 })), "Invalid 'contract_id'."),
            post("resellers/", with(&new, &json!({ "contract_id": peering_id })), "Invalid 'contract_id'…"),
            post("resellers/", without(&new, "contract_id"), "Validation failed. field='contract_id'…"),
            set(&own, "name", "two", "Invalid 'name', reseller with this name already exists"),
            set(&own, "name", Value::Null, "Validation failed. field='name'…"),
            set(&own, "status", Value::Null, "Validation failed. field='status'…"),
            set(
                &own,
                "status",
                "pending",
                "Validation failed. field='status', input='pending', errors=''pending' is not a valid value'",
            ),
            set(&own, "contract_id", Value::Null, "Validation failed. field='contract_id'…"),
            set(&own, "contract_id", 99_999, "Invalid 'contract_id'…"),
            set(
                &own,
                "contract_id",
                two.contract_id,
                "Invalid 'contract_id', reseller with this contract already exists",
            ),
            post("contracts/", with(&contract, &json!({ "contact_id": 999_999 })), "Invalid 'contact_id'…"),
            post(
                "contracts/",
                with(&contract, &json!({ "contact_id": customer.contact_id })),
                "The contact_id is not a valid ngcp:systemcontacts item, but an ngcp:customercontacts item",
            ),
            post("contracts/", without(&contract, "billing_profile_id"), "Invalid 'billing_profile_id', not defined."),
            post(
                "contracts/",
                with(&contract, &json!({ "billing_profile_id": 999_999 })),
                "Invalid 'billing_profile_id' (999999).",
            ),
            post(
                "contracts/",
                with(&contract, &json!({ "billing_profile_id": ended })),
                &format!("Invalid 'billing_profile_id' ({ended}), already terminated."),
            ),
            post(
                "contracts/",
                with(&contract, &json!({ "billing_profile_id": prepaid })),
                &format!("Peering/reseller contract can't be connected to the prepaid billing profile {prepaid}."),
            ),
            post(
                "contracts/",
                with(&peering, &json!({ "max_subscribers": 5 })),
                "Peering contract should not have 'max_subscribers' defined.",
            ),
            post("contracts/", profiles(past), "'start' timestamp (2001-01-01 00:00:00) is not in future."),
            post(
                "contracts/",
                profiles(backwards),
                "'start' timestamp (2101-01-01 00:00:00) has to be before 'stop' timestamp (2100-01-01 00:00:00).",
            ),
            post(
                "contracts/",
                profiles(open),
                "Interval with 'stop' timestamp (2100-01-01 00:00:00) but no 'start' timestamp specified.",
            ),
            post(
                "contracts/",
                profiles(none_now),
                "An initial interval without 'start' and 'stop' timestamps and no billing network is required.",
            ),
            patch(
                &paper,
                json!([{ "op": "replace", "path": "/billing_profiles", "value": [{ "profile_id": 1 }] }]),
                "Adding intervals without 'start' and 'stop' timestamps is not allowed.",
            ),
            set(&paper, "billing_profile_id", Value::Null, "…'billing_profile_id'…"),
            set(&paper, "profile_package_id", 1, "…"),
            set(
                "contracts/1",
                "status",
                "terminated",
                "Cannot set contract status to 'terminated' for contract id '1'",
            )
            .status(403),
            delete(&format!("systemcontacts/{}", one.system_contact_id), "Contact is still in use.").status(423),
            delete(&format!("customercontacts/{}", customer.contact_id), "Contact is still in use.").status(423),
        ],
    )
    .await;

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
}

async fn of_customers(world: &World) {
    let (one, two) = (world.reseller("one").await, world.reseller("two").await);
    let customer = world.customer(&one).await;
    let new = json!({
        "status": "active", "contact_id": customer.contact_id, "billing_profile_id": one.profile_id,
        "type": "sipaccount",
    });
    let own = format!("customers/{}", customer.id);
    let foreign = world.customer(&two).await;
    commit(
        &world.admin,
        vec![
            post("customers/", with(&new, &json!({ "contact_id": 999_999 })), "Invalid 'contact_id'…"),
            post(
                "customers/",
                with(&new, &json!({ "contact_id": 2 })),
                "The contact_id is not a valid ngcp:customercontacts item, but an ngcp:systemcontacts item",
            ),
            post(
                "customers/",
                with(&new, &json!({ "billing_profile_id": 999_999 })),
                "Invalid 'billing_profile_id' (999999).",
            ),
            post(
                "customers/",
                with(&new, &json!({ "billing_profile_id": two.profile_id })),
                "The reseller of the contact doesn't match the reseller of the billing profile (two profile).",
            ),
            post(
                "customers/",
                with(&new, &json!({ "max_subscribers": "abc" })),
                "Validation failed. field='max_subscribers'…",
            ),
            post("customers/", without(&new, "status"), "Validation failed. field='status'…"),
            post("customers/", without(&new, "billing_profile_id"), "…'billing_profile_id'…"),
            set(&own, "type", "pbxaccount", "…type…"),
            set(&own, "contact_id", foreign.contact_id, "Invalid 'contact_id'…"),
        ],
    )
    .await;
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
}

store::on_both! {
    async fn of_resellers_and_contracts_rules(database: TestDb) {
        let world = World::new(database).await;
        of_resellers_and_contracts(&world).await;
        world.server.stop().await;
    }

    async fn of_customers_rules(database: TestDb) {
        let world = World::new(database).await;
        of_customers(&world).await;
        world.server.stop().await;
    }
}
