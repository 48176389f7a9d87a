//! `numbers/system/…`: all numbers, for administrators.

use registry::number::{self, Details, Filter, MOST_AT_ONCE, Number, Range};
use registry::{Error, pool};
use serde_json::json;
use store::Tx;

use super::numbers;
use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;
use crate::function::{Function, ID, Kind, Outcome, Who, optional, own, required};
use crate::listing;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "numbers/system/create",
        Who::System,
        "Enters a range of numbers of one's own, at most a million; all of them or none.",
        "`{count}`",
        |call| Box::pin(create(call)),
    )
    .parameters(&[
        required("start", Kind::Number, "The first number."),
        optional("end", Kind::Number, "The last number, of the same length; the first, where it is not given."),
        required("class", ID, "Their number class; 0: the inbound group's."),
        required("ingroup", ID, "Their inbound group."),
        optional("alias", Kind::Text(64), "The digits that the carrier sends, for a single number."),
        optional("customer", ID, "Who gets them at once; 0, the default: nobody, they are free."),
        optional("charge_customer", Kind::Flag, "Must be 1 where a customer is given: numbers are always charged for."),
        optional("region", Kind::Text(1_000), "Free text."),
        optional("stype", Kind::Word(&["number"]), "Only `number`."),
    ])
    .validates()
    .numbers()
    .subject("start"),
    Function::new(
        "numbers/system/list",
        Who::System,
        "All numbers, with the bounds of `numbers/list`.",
        numbers::ROW,
        |call| Box::pin(list(call)),
    )
    .parameters(&[
        optional("assigned", Kind::Flag, "1: only numbers that somebody has; 0: only others."),
        optional("class", ID, "Only numbers of this class; 0, the default: of any."),
        optional("ingroup", ID, "Only numbers of this inbound group."),
        own("customer", ID, "Only numbers of this customer."),
        own("after", ID, "Only rows after this id: the way through a long list that costs the same on every page."),
    ])
    .ignored(&["directory"])
    .list(&["id", "number", "state", "region", "description"], Kind::Prefix, "The first digits of the number.")
    .numbers(),
    Function::new("numbers/system/get", Who::System, "One number, whatever its state.", numbers::ROW, |call| {
        Box::pin(get(call))
    })
    .parameters(&[required("number", Kind::Number, "The number.")])
    .numbers(),
    Function::new(
        "numbers/system/update",
        Who::System,
        "Changes a number. Class, alias and customer can't be changed here: a value that differs is refused with 400. Numbers \
         change hands by `numbers/purchase` and `numbers/delete`.",
        "204",
        |call| Box::pin(update(call)),
    )
    .parameters(&[
        required("number", Kind::Number, "The number."),
        optional("class", ID, "Its number class, unchanged."),
        optional("alias", Kind::Text(64), "Its alias, unchanged."),
        optional("customer", ID, "Who has it, unchanged."),
        optional("region", Kind::Text(1_000), "Free text, for a number that somebody has."),
        own("blocked", Kind::Text(1_000), "The reason for which the number can't be sold. Empty: it can be."),
    ])
    .ignored(&["shortcut"])
    .validates()
    .numbers(),
    Function::new(
        "numbers/system/delete",
        Who::System,
        "Takes a number off the books that is no longer ours. Nothing is said to its vendor.",
        "204",
        |call| Box::pin(delete(call)),
    )
    .parameters(&[required("number", Kind::Number, "The number.")])
    .validates()
    .numbers(),
];

async fn create(call: &Call) -> Outcome {
    let caller = call.caller()?;
    let ingroup = call.ingroup()?;
    let end = match call.filled("end") {
        Some(_) => call.number("end")?,
        None => String::new(),
    };
    let customer = call.integer("customer").unwrap_or(0) > 0;
    let account = match call.named_customer(&mut call.db().reader()).await? {
        Some(account) if customer => Some(account.id),
        _ => None,
    };
    if customer && !call.flag("charge_customer") {
        let why = "numbers that a customer gets are charged for: confirm it with charge_customer=1";
        return Err(Failure::wrong("charge_customer", why));
    }
    let text = |name| call.filled(name).map(str::to_owned);
    let range = Range { start: call.number("start")?, end, alias: text("alias"), region: text("region"), account };
    let mut tx = call.db().reader();
    pool::get(&mut tx, ingroup).await?;
    let class = match call.class() {
        Some(class) => Some(pool::find_class(&mut tx, &class.to_string()).await?),
        None => None,
    };
    let (first, last) = range.bounds()?;
    if call.flag("validation") && last - first >= MOST_AT_ONCE {
        // Whether each of them is new is only known when they are entered.
        return Ok(Answer::Validated);
    }
    if call.flag("validation") {
        store::transaction!(call.db(), Failure, |tx| {
            number::add_range(tx, caller, call.now(), ingroup, class, &range).await?;
            call.unless_validating()
        })?;
    }
    let count = call.ordering().enter_range(caller, ingroup, class, &range).await?;
    Ok(Answer::Data(json!({ "count": count })))
}

async fn list(call: &Call) -> Outcome {
    let mut tx = call.db().reader();
    let pool = match call.filled("ingroup") {
        Some(_) => Some(pool::get(&mut tx, call.ingroup()?).await?.id),
        None => None,
    };
    let account = call.named_customer(&mut tx).await?.map(|account| account.id);
    let filter = Filter { account, pool, prefix: call.prefix("search")?, ..Filter::default() };
    let (class, assigned) = (call.class(), call.filled("assigned").map(|flag| flag == "1"));
    let keep = |number: &Number| {
        class.is_none_or(|class| number.class_id == Some(class))
            && assigned.is_none_or(|assigned| number.account_id.is_some() == assigned)
    };
    listing::numbers(call, &mut tx, &filter, keep, call.integer("after").unwrap_or(-1)).await
}

async fn found(call: &Call, tx: &mut Tx) -> Result<Number, Failure> {
    let digits = call.number("number")?;
    let number = number::find(tx, &digits).await?;
    number.ok_or_else(|| Error::not_found("number", &digits).into())
}

async fn get(call: &Call) -> Outcome {
    let number = found(call, &mut call.db().reader()).await?;
    Ok(Answer::Data(numbers::row(call, &number)))
}

async fn update(call: &Call) -> Outcome {
    let caller = call.caller()?;
    store::transaction!(call.db(), Failure, |tx| {
        let number = found(call, tx).await?;
        let digits = number.digits.as_str();
        let integers = [("class", number.class_id.map(|id| id.0)), ("customer", number.account_id.map(|id| id.0))];
        for (name, present) in integers {
            if call.integer(name).is_some_and(|wanted| wanted != present.unwrap_or(0)) {
                return Err(Failure::wrong(name, "can't be changed here"));
            }
        }
        if call.given("alias").is_some_and(|wanted| wanted != number.alias.as_deref().unwrap_or_default()) {
            return Err(Failure::wrong("alias", "can't be changed here"));
        }
        if let Some(region) = call.given("region") {
            if number.account_id.is_none() {
                return Err(Failure::wrong("region", "can't be changed here while nobody has the number"));
            }
            let details = Details { region: Some(region.to_owned()), ..Details::default() };
            number::set_details(tx, caller, call.now(), digits, &details).await?;
        }
        match call.given("blocked") {
            None => {}
            Some("") => drop(number::unblock(tx, caller, call.now(), digits).await?),
            Some(reason) => drop(number::block(tx, caller, call.now(), digits, reason).await?),
        }
        call.unless_validating()
    })?;
    Ok(Answer::Done)
}

async fn delete(call: &Call) -> Outcome {
    let caller = call.caller()?;
    let digits = call.number("number")?;
    store::transaction!(call.db(), Failure, |tx| {
        number::delete(tx, caller, call.now(), &digits).await?;
        call.unless_validating()
    })?;
    Ok(Answer::Done)
}
