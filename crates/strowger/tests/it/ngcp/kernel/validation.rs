//! The messages of a form that does not pass: each rule, in the words that clients match on.

use serde_json::{Value, json};

use crate::ngcp::world::World;

/// A rule that a change of an otherwise good body breaks: the resource, the field, what is sent, what it is called and
/// shown as, and the errors.
type Rule = (&'static str, &'static str, Value, &'static str, &'static str, &'static str);

fn rules() -> Vec<Rule> {
    let long = |count: usize| json!("x".repeat(count));
    vec![
        ("customercontacts", "email", json!(null), "email", "", "Email field is required"),
        ("customercontacts", "email", json!("   "), "email", "", "Email field is required"),
        ("customercontacts", "email", json!("a@"), "email", "a@", "Email should be of the format someuser@example.com"),
        (
            "customercontacts",
            "firstname",
            long(128),
            "firstname",
            "",
            "Field should not exceed 127 characters. You entered 128",
        ),
        (
            "customercontacts",
            "postcode",
            long(17),
            "postcode",
            "",
            "Field should not exceed 16 characters. You entered 17",
        ),
        ("customercontacts", "bic", json!("ABC"), "bic", "ABC", "Field must be at least 8 characters. You entered 3"),
        ("customercontacts", "country", json!("XX"), "country", "XX", "'XX' is not a valid value"),
        (
            "customercontacts",
            "timezone",
            json!("Mars/Base"),
            "timezone",
            "Mars/Base",
            "'Mars/Base' is not a valid value",
        ),
        ("customercontacts", "reseller_id", json!(null), "reseller_id", "", "Reseller field is required"),
        (
            "customercontacts",
            "reseller_id",
            json!("one"),
            "reseller_id",
            "one",
            "Value must be an integer,Value must be a positive integer",
        ),
        ("customercontacts", "reseller_id", json!(-1), "reseller_id", "-1", "Value must be a positive integer"),
        ("customers", "contact_id", json!(null), "contact_id", "", "Contact id field is required"),
        ("customers", "status", json!(null), "status", "", "Status field is required"),
        ("customers", "status", json!("asleep"), "status", "asleep", "'asleep' is not a valid value"),
        ("customers", "type", json!("pstn"), "type", "pstn", "'pstn' is not a valid value"),
        ("customers", "vat_rate", json!(101), "vat_rate", "101", "Value must be between 0 and 100"),
        ("customers", "vat_rate", json!("much"), "vat_rate", "much", "Value must be a real number"),
        (
            "customers",
            "max_subscribers",
            json!("abc"),
            "max_subscribers",
            "abc",
            "Value must be an integer,Value must be a positive integer",
        ),
        ("customers", "add_vat", json!("perhaps"), "add_vat", "perhaps", "'perhaps' is not a valid value"),
        (
            "billingprofiles",
            "handle",
            json!("a-b"),
            "handle",
            "a-b",
            "Only lower-case, upper-case, digits and _ allowed",
        ),
        ("billingprofiles", "name", json!(null), "name", "", "Name field is required"),
        ("billingprofiles", "name", long(32), "name", "", "Field should not exceed 31 characters. You entered 32"),
        ("billingprofiles", "fraud_daily_lock", json!(6), "fraud_daily_lock", "6", "'6' is not a valid value"),
        ("resellers", "status", json!("pending"), "status", "pending", "'pending' is not a valid value"),
        ("resellers", "name", long(64), "name", "", "Field should not exceed 63 characters. You entered 64"),
        ("domains", "domain", json!(""), "domain", "", "SIP Domain field is required"),
        ("subscribers", "username", json!("a b"), "username", "a b", "Cannot contain spaces."),
        (
            "subscribers",
            "username",
            json!(".a"),
            "username",
            ".a",
            "Invalid identifier (dots not allowed at this position).",
        ),
        ("subscribers", "username", json!("a\"b"), "username", "a\"b", "Contains invalid symbols."),
        ("subscribers", "username", json!(null), "username", "", "SIP Username field is required"),
        ("subscribers", "password", json!(null), "password", "", "SIP Password field is required"),
        ("subscribers", "customer_id", json!(null), "customer_id", "", "Customer field is required"),
        ("subscribers", "lock", json!(9), "lock", "9", "'9' is not a valid value"),
        ("billingfees", "direction", json!(null), "direction", "", "Direction field is required"),
        ("billingfees", "direction", json!("sideways"), "direction", "sideways", "'sideways' is not a valid value"),
        (
            "billingfees",
            "onpeak_init_interval",
            json!(null),
            "onpeak_init_interval",
            "",
            "Onpeak init interval field is required",
        ),
        ("billingfees", "onpeak_init_rate", json!("dear"), "onpeak_init_rate", "dear", "Value must be a real number"),
    ]
}

store::on_both! {
    async fn every_rule_of_a_form_has_its_words(database: TestDb) {
        let world = World::new(database).await;
        let reseller = world.reseller("forms").await;
        let customer = world.customer(&reseller).await;
        let good = |resource: &str| match resource {
            "customercontacts" => json!({ "email": "good@example.org", "reseller_id": 1 }),
            "customers" => json!({
                "contact_id": customer.contact_id, "billing_profile_id": reseller.profile_id, "status": "active",
                "type": "sipaccount",
            }),
            "billingprofiles" => json!({ "name": "good", "handle": "good", "reseller_id": 1 }),
            "resellers" => json!({ "contract_id": reseller.contract_id, "name": "good", "status": "active" }),
            "domains" => json!({ "domain": "good.example.org", "reseller_id": 1 }),
            "billingfees" => json!({
                "billing_profile_id": reseller.profile_id, "billing_zone_zone": "z", "billing_zone_detail": "d",
                "destination": "^43", "direction": "out", "onpeak_init_interval": 60, "onpeak_follow_interval": 60,
                "offpeak_init_interval": 60, "offpeak_follow_interval": 60,
            }),
            _ => world.plan(&reseller, &customer),
        };
        let mut complaints = Vec::new();
        for (resource, field, value, named, input, errors) in rules() {
            let mut body = good(resource);
            // A text that is too long is repeated whole.
            let input = if input.is_empty() { value.as_str().unwrap_or_default().trim() } else { input };
            body[field] = value.clone();
            let answer = world.admin.post(&format!("/api/{resource}/"), &body).await;
            let wanted = format!("Validation failed. field='{named}', input='{input}', errors='{errors}'");
            if (answer.status, answer.message()) != (422, wanted.as_str()) {
                complaints.push(format!("{resource} {field}: {wanted}\n  but {} {}", answer.status, answer.text));
            }
        }
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));

        // Several fields at once are told at once.
        let body = json!({ "email": "nowhere", "bic": "X" });
        let answer = world.admin.post("/api/customercontacts/", &body).await;
        let wanted = [
            "Validation failed. ",
            "field='reseller_id', input='', errors='Reseller field is required'",
            "field='email', input='nowhere', errors='Email should be of the format someuser@example.com'",
            "; field=",
        ];
        wanted.iter().for_each(|words| answer.refuses_with(422, words));

        // Passwords are never repeated.
        let body = json!({ "login": "secretive", "password": "x", "reseller_id": 1 });
        let answer = world.admin.post("/api/admins/", &body).await;
        answer.refuses_with(422, "field='password', input='*****'");
        world.server.stop().await;
    }
}
