//! How the dialect words what the registry refuses of subscribers.

use registry::Error;

use crate::kernel::Refusal;

pub(super) fn refusal(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { field, value, .. } => taken(field, value)?,
        Error::Dangling { field, value } => dangling(field, value)?,
        Error::Invalid { field: "alias_numbers", message } => {
            return Some(Refusal::wrong("alias_numbers", &format!("Field {message}")));
        }
        Error::Invalid { field, message } => invalid(field, message)?,
        Error::InUse { kind: "pilot", .. } => {
            return Some(Refusal::new(403, "Cannot terminate pilot subscriber when other subscribers exists"));
        }
        Error::NotAllowed(_) => return Some(Refusal::new(403, "Read-only resource for authenticated role")),
        _ => return None,
    };
    Some(Refusal::new(422, message))
}

fn taken(field: &str, value: &str) -> Option<String> {
    Some(match field {
        "username" => "Subscriber already exists.".to_owned(),
        "webusername" => {
            let (name, domain) = value.rsplit_once('@').unwrap_or((value, ""));
            format!("Webusername-Domain combination '{name}-{domain}' already exists.")
        }
        "digits" => match value.split(',').collect::<Vec<_>>()[..] {
            [one] => format!("Number '{one}' already exists."),
            ref several => format!("Numbers '{}' already exist.", several.join("', '")),
        },
        "is_pbx_pilot" => "Customer already has a pbx pilot subscriber.".to_owned(),
        "pbx_extension" => "The pbx_extension already exists for this customer.".to_owned(),
        _ => return None,
    })
}

fn dangling(field: &str, value: &str) -> Option<String> {
    Some(match field {
        "customer_id" | "domain" => format!("Invalid '{field}', doesn't exist."),
        "profile_set_id" | "profile_id" => format!("Invalid {field} parameter"),
        "timezone" => format!("Invalid timezone name: {value}"),
        "is_pbx_pilot" => "Customer has no pbx pilot subscriber yet and is_pbx_pilot is not set.".to_owned(),
        "pbx_group_ids" | "pbx_groupmember_ids" => {
            format!("Invalid id '{value}' in {field}, does not exist for this customer.")
        }
        _ => return None,
    })
}

fn invalid(field: &str, message: &str) -> Option<String> {
    Some(match field {
        "domain" if message.ends_with("another customer") => "Invalid 'domain', belongs to another customer.".to_owned(),
        "domain" => "Invalid 'domain', doesn't belong to the same reseller as subscriber's customer.".to_owned(),
        "primary_number" if message.contains("pilot") => {
            "A primary_number is required for the PBX pilot subscriber.".to_owned()
        }
        "primary_number" => "A primary_number is required for the SIP subscriber.".to_owned(),
        "is_pbx_pilot" => "Cannot revoke is_pbx_pilot status from a subscriber.".to_owned(),
        "pbx_extension" if message.contains("needs one") => {
            "A pbx_extension is required if customer is PBX and pilot subscriber exists.".to_owned()
        }
        _ => return None,
    })
}
