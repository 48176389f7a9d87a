//! `numbers/…`: a customer's own numbers.

use ordering::Purchase;
use registry::id::AccountId;
use registry::number::{self, Details, Filter, Number};
use registry::vendor_link::Link;
use serde_json::{Value, json};

use super::orders;
use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;
use crate::function::{Function, ID, Kind, Outcome, Who, optional, own, required};
use crate::listing;

/// What a row of numbers has.
pub(super) const ROW: &str = "`{id, number, ingroup, class, customer, state, region, alias, description, dtype, dnumber, \
     reference, blocked}`. `customer` is 0 where nobody has the number, `dtype` is `sip` where calls go to the SIP URI in \
     `dnumber`, `blocked` is 1 where the number is owned and can't be sold; administrators also see `blocked_reason`";

const CUSTOMER: &str = "The account whose numbers they are; the caller's own, where it is not given.";

/// How far lists of numbers go.
const LIST_SUMMARY: &str = "A customer's numbers. They come in the order of their ids; at most 10000 can be sorted otherwise, \
     and a call looks through at most 100000. What needs more is refused with 400.";

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "numbers/purchase",
        Who::LoggedIn,
        "Buys a number. In real-time mode a number that a vendor has offered is ordered from it, exactly that number; the \
         answer waits for the order. If it is still open after the time limit, the code is 202 and the data say where to look. \
         400 with the key `number`: it is in use, or the vendor refused. 403: the credit does not suffice.",
        "204; or 202 with `{order, reference, state}`, to be followed with `orders/get`.",
        |call| Box::pin(purchase(call)),
    )
    .parameters(&[
        required("number", Kind::Number, "The number."),
        optional("customer", ID, "The account that buys; the caller's own, where it is not given. Administrators must give it."),
        own(
            "reference",
            Kind::Text(200),
            "The buyer's own reference. The same customer, number and reference may be repeated: nothing is bought or charged \
             twice, and `numbers/list` finds numbers by it.",
        ),
    ])
    .ignored(&["ingroup"])
    .validates()
    .numbers(),
    Function::new(
        "numbers/get",
        Who::Anyone,
        "One number: the caller's own, those of accounts below it, and free ones. Callers who are not logged in see free ones only.",
        ROW,
        |call| Box::pin(get(call)),
    )
    .parameters(&[required("number", Kind::Number, "The number.")])
    .numbers(),
    Function::new("numbers/list", Who::LoggedIn, LIST_SUMMARY, ROW, |call| Box::pin(list(call)))
        .parameters(&[
            optional("customer", ID, CUSTOMER),
            own("reference", Kind::Text(200), "Only numbers bought under this reference, at most 1000 of them."),
            own("after", ID, "Only rows after this id: the way through a long list that costs the same on every page."),
        ])
        .ignored(&["callerid", "callerid_location"])
        .list(&["id", "number", "state", "region", "description"], Kind::Prefix, "The first digits of the number.")
        .numbers(),
    Function::new(
        "numbers/update",
        Who::LoggedIn,
        "Says where calls to a number go, and describes it. What is not given stays.",
        "204",
        |call| Box::pin(update(call)),
    )
    .parameters(&[
        required("number", Kind::Number, "The number, which must have been purchased."),
        optional("description", Kind::Text(1_000), "Free text."),
        optional(
            "dtype",
            Kind::Word(&["sip", "external"]),
            "`sip` or `external`: calls go to the SIP URI in `dnumber`. Empty: nowhere.",
        ),
        optional("dnumber", Kind::Text(255), "A SIP URI such as `sip:02071234567@sip.example.com`, with `dtype`."),
        own("region", Kind::Text(1_000), "Free text."),
    ])
    .ignored(&[
        "callerid", "directory", "emergency_register", "fax_email", "fax_format", "fax_header", "fax_ident",
        "maximum_seconds", "music", "owner", "panel", "password",
    ])
    .validates()
    .numbers(),
    Function::new(
        "numbers/delete",
        Who::LoggedIn,
        "Gives a number back. It rests for the quarantine of its inbound group before it is sold again, or goes back to its \
         vendor where the vendor is set up so.",
        "204",
        |call| Box::pin(delete(call)),
    )
    .parameters(&[required("number", Kind::Number, "The number.")])
    .numbers(),
];

async fn purchase(call: &Call) -> Outcome {
    let digits = call.number("number")?;
    let mut tx = call.db().reader();
    let buyer = call.buyer(&mut tx).await?;
    if call.flag("validation") {
        call.ordering().quote(call.caller()?, buyer.id, &digits).await?;
        return Ok(Answer::Validated);
    }
    match call.ordering().purchase(call.caller()?, buyer.id, &digits, call.filled("reference")).await? {
        Purchase::Done(_) => Ok(Answer::Done),
        Purchase::Open(order) => Ok(Answer::Open {
            message: format!("order {} ({}) is open: look at orders/get", order.id, order.reference),
            data: orders::brief(&order),
        }),
    }
}

async fn get(call: &Call) -> Outcome {
    let digits = call.number("number")?;
    let mut tx = call.db().reader();
    let found = match call.anyone() {
        Some(caller) => number::get(&mut tx, caller, &digits).await?,
        None => number::get_public(&mut tx, &digits).await?,
    };
    Ok(Answer::Data(row(call, &found)))
}

async fn list(call: &Call) -> Outcome {
    let mut tx = call.db().reader();
    let account = call.customer(&mut tx).await?.id;
    let prefix = call.prefix("search")?;
    let after = call.integer("after").unwrap_or(-1);
    let Some(reference) = call.filled("reference") else {
        let filter = Filter { account: Some(account), prefix, ..Filter::default() };
        return listing::numbers(call, &mut tx, &filter, |_| true, after).await;
    };
    let found = number::by_reference(&mut tx, call.caller()?, account, reference).await?;
    let wanted = found.iter().filter(|number| number.digits.starts_with(&prefix) && number.id.0 > after);
    Ok(listing::arranged(call, wanted.map(|number| row(call, number)).collect()))
}

async fn update(call: &Call) -> Outcome {
    let digits = call.number("number")?;
    let caller = call.caller()?;
    let details = Details {
        destination: destination(call)?,
        description: call.given("description").map(str::to_owned),
        region: call.given("region").map(str::to_owned),
    };
    store::transaction!(call.db(), Failure, |tx| {
        number::set_details(tx, caller, call.now(), &digits, &details).await?;
        call.unless_validating()
    })?;
    Ok(Answer::Done)
}

/// Where calls are to go: nothing stays as it is, an empty text ends it.
fn destination(call: &Call) -> Result<Option<String>, Failure> {
    match (call.given("dtype"), call.filled("dnumber")) {
        (None, None) => Ok(None),
        (Some(""), None) => Ok(Some(String::new())),
        (Some("") | None, Some(_)) => Err(Failure::wrong("dtype", "`dnumber` needs `dtype=sip`")),
        (Some(_), Some(uri)) => Ok(Some(uri.to_owned())),
        (Some(_), None) => Err(Failure::wrong("dnumber", "is missing: a SIP URI")),
    }
}

async fn delete(call: &Call) -> Outcome {
    let digits = call.number("number")?;
    call.ordering().release(call.caller()?, &digits).await?;
    Ok(Answer::Done)
}

/// A number as this API shows it.
pub(crate) fn row(call: &Call, number: &Number) -> Value {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut row = json!({
        "id": number.id,
        "number": call.dial().write(&number.digits),
        "ingroup": number.pool_id.map_or(0, |id| id.0),
        "class": number.class_id.map_or(0, |id| id.0),
        "customer": number.account_id.unwrap_or(AccountId::OPERATOR),
        "state": number.state.as_str(),
        "region": text(&number.region),
        "alias": text(&number.alias),
        "description": text(&number.description),
        "dtype": if number.destination.is_some() { "sip" } else { "" },
        "dnumber": text(&number.destination),
        "reference": text(&number.reference),
        "blocked": u8::from(number.blocked_reason.is_some()),
    });
    if call.is_admin() {
        row["blocked_reason"] = json!(text(&number.blocked_reason));
    }
    row
}

/// A number that is still a vendor's, as if it were ours.
pub(super) fn offered_row(call: &Call, digits: &str, link: &Link) -> Value {
    json!({
        "id": 0,
        "number": call.dial().write(digits),
        "ingroup": link.pool_id,
        "class": link.class_id,
        "customer": 0,
        "state": "discovery",
        "region": "",
        "alias": "",
        "description": "",
        "dtype": "",
        "dnumber": "",
        "reference": "",
        "blocked": 0,
    })
}
