//! `numbers/available/…` and `numbers/quote`: what can be bought, and for how much.

use ordering::{Available, Place, Search, Sellable};
use serde_json::{Value, json};

use super::numbers;
use crate::answer::Answer;
use crate::call::Call;
use crate::function::{Function, ID, Kind, Outcome, Who, optional, own, required};

const CUSTOMER: &str = "The account that buys; the caller's own, where it is not given.";

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "numbers/available/list",
        Who::Anyone,
        "Numbers of an inbound group that can be bought. What the customer had before and is in quarantine comes first, then \
         our stock and, in real-time mode and for callers who are logged in, numbers that vendors offer.",
        "an array of numbers. With `detail=1` rows `{number, source, vendor}`, where `source` is `stock`, `quarantine` or \
         `vendor`, and `vendor` is the vendor's key, shown to administrators only.",
        |call| Box::pin(list(call)),
    )
    .parameters(&[
        required("ingroup", ID, "The inbound group."),
        optional("class", ID, "Only numbers of this class; 0, the default: of any."),
        optional("count", Kind::Integer(1, 1_000), "Most numbers, 1 to 1000; 10 by default."),
        optional("customer", ID, CUSTOMER),
        optional("preferred", Kind::Prefix, "Only numbers that begin with these digits."),
        own("detail", Kind::Flag, "1: rows that say where each number is."),
    ])
    .numbers(),
    Function::new(
        "numbers/available/get",
        Who::Anyone,
        "Whether a number can be bought: ours, or one that a vendor has offered not long ago and that would be ordered on \
         purchase. 400: it exists and is in use. 404: it can't be had here.",
        numbers::ROW,
        |call| Box::pin(get(call)),
    )
    .parameters(&[required("number", Kind::Number, "The number.")])
    .ignored(&["port"])
    .numbers(),
    Function::new(
        "numbers/quote",
        Who::LoggedIn,
        "What a purchase would cost now, set-up and first month. 403: the customer's credit does not suffice. Changes nothing and asks no vendor.",
        "`{number, source, price, currency}`, where `source` is `stock` or `vendor` and `price` is decimal text.",
        |call| Box::pin(quote(call)),
    )
    .parameters(&[required("number", Kind::Number, "The number."), optional("customer", ID, CUSTOMER)])
    .own()
    .numbers(),
];

async fn list(call: &Call) -> Outcome {
    let mut tx = call.db().reader();
    let account = match call.named_customer(&mut tx).await? {
        Some(account) => Some(account.id),
        None => call.anyone().filter(|_| !call.is_admin()).map(|caller| caller.account),
    };
    let search = Search {
        pool: call.ingroup()?,
        class: call.class(),
        prefix: call.prefix("preferred")?,
        count: call.integer("count").and_then(|n| u32::try_from(n).ok()).unwrap_or(10),
        account,
    };
    let found = call.ordering().search(call.anyone(), &search).await?;
    let shown = |available: &Available| match call.flag("detail") {
        true => detail(call, available),
        false => json!(call.dial().write(&available.digits)),
    };
    Ok(Answer::Data(found.iter().map(shown).collect()))
}

fn detail(call: &Call, available: &Available) -> Value {
    let (source, vendor) = match &available.place {
        Place::Stock => ("stock", ""),
        Place::Quarantine => ("quarantine", ""),
        Place::Vendor { vendor, .. } => ("vendor", vendor.as_str()),
    };
    let vendor = if call.is_admin() { vendor } else { "" };
    json!({ "number": call.dial().write(&available.digits), "source": source, "vendor": vendor })
}

async fn get(call: &Call) -> Outcome {
    let digits = call.number("number")?;
    let found = call.ordering().sellable(&mut call.db().reader(), call.anyone(), None, &digits).await?;
    Ok(Answer::Data(match &found {
        Sellable::Ours(number) => numbers::row(call, number),
        Sellable::Offered(link) => numbers::offered_row(call, &digits, link),
    }))
}

async fn quote(call: &Call) -> Outcome {
    let digits = call.number("number")?;
    let buyer = call.buyer(&mut call.db().reader()).await?;
    let quote = call.ordering().quote(call.caller()?, buyer.id, &digits).await?;
    Ok(Answer::Data(json!({
        "number": call.dial().write(&digits),
        "source": quote.source,
        "price": quote.price,
        "currency": quote.currency,
    })))
}
