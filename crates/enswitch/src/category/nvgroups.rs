//! `ingroups/nvgroups/…`: number vendor groups, which are the registry's links from a pool to a vendor's group.

use registry::id::LinkId;
use registry::page::{MOST, Page};
use registry::vendor_link::{self, Link, LinkSpec};
use registry::{pool, vendor};
use serde_json::{Value, json};
use store::Tx;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;
use crate::function::{Function, ID, Kind, Outcome, Who, optional, own, required};
use crate::listing;

/// Most links that are read for one answer.
const MOST_LINKS: usize = 10_000;

const PRIORITY: Kind = Kind::Integer(1, 10);
const ROW: &str = "`{id, ingroup, class, nvgroup, name, vendor, priority}`";

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "ingroups/nvgroups/create",
        Who::System,
        "Lets a vendor's group refill an inbound group.",
        "`{id}`",
        |call| Box::pin(create(call)),
    )
    .parameters(&[
        required("class", ID, "The number class of numbers that are bought by it; 0: the inbound group's."),
        required("ingroup", ID, "The inbound group."),
        required("nvgroup", Kind::Text(200), "The vendor's own id of its group."),
        required("vendor", Kind::Text(64), "The vendor's key in the vendors' file."),
        optional("priority", PRIORITY, "1 to 10, 1 (the default) is asked first."),
        own("name", Kind::Text(200), "The vendor's name of its group."),
    ])
    .validates()
    .subject("nvgroup"),
    Function::new(
        "ingroups/nvgroups/update",
        Who::System,
        "Changes a number vendor group; what is not given stays. With another vendor or another group of its, what is known \
         of its name and costs is forgotten.",
        "204",
        |call| Box::pin(update(call)),
    )
    .parameters(&[
        required("id", ID, "The number vendor group."),
        optional("class", ID, "The number class; 0: the inbound group's."),
        optional("nvgroup", Kind::Text(200), "The vendor's own id of its group."),
        optional("priority", PRIORITY, "1 to 10, 1 is asked first."),
        optional("vendor", Kind::Text(64), "The vendor's key in the vendors' file."),
        own("name", Kind::Text(200), "The vendor's name of its group."),
    ])
    .validates()
    .subject("nvgroup"),
    Function::new("ingroups/nvgroups/list", Who::System, "The number vendor groups.", ROW, |call| Box::pin(list(call)))
        .parameters(&[
            optional("ingroup", ID, "Only those of this inbound group."),
            optional("vendor", Kind::Text(64), "Only those of this vendor."),
        ])
        .list(&["id", "priority", "vendor", "nvgroup"], Kind::Text(200), "Text in the vendor's key, the group or its name."),
    Function::new("ingroups/nvgroups/get", Who::System, "One number vendor group.", ROW, |call| Box::pin(get(call)))
        .parameters(&[required("id", ID, "The number vendor group.")]),
    Function::new(
        "ingroups/nvgroups/delete",
        Who::System,
        "Removes a number vendor group. Orders that were placed by it go on.",
        "204",
        |call| Box::pin(delete(call)),
    )
    .parameters(&[required("id", ID, "The number vendor group.")])
    .validates(),
];

async fn create(call: &Call) -> Outcome {
    let caller = call.caller()?;
    let ingroup = call.ingroup()?;
    let made = store::transaction!(call.db(), Failure, |tx| {
        let spec = LinkSpec {
            pool_id: ingroup,
            vendor_id: vendor::find(tx, text(call, "vendor")).await?.id,
            group_id: text(call, "nvgroup").to_owned(),
            group_name: text(call, "name").to_owned(),
            class_id: call.class(),
            priority: priority(call).unwrap_or(1),
            setup_cost: None,
            monthly_cost: None,
            currency: None,
        };
        let made = vendor_link::create(tx, caller, call.now(), &spec).await?;
        call.unless_validating()?;
        Ok(made)
    })?;
    call.ordering().wake();
    Ok(Answer::Data(json!({ "id": made.id })))
}

async fn update(call: &Call) -> Outcome {
    let caller = call.caller()?;
    let id = link_id(call)?;
    store::transaction!(call.db(), Failure, |tx| {
        let present = vendor_link::get(tx, id).await?;
        let spec = changed(call, tx, present).await?;
        vendor_link::update(tx, caller, call.now(), id, &spec).await?;
        call.unless_validating()
    })?;
    call.ordering().wake();
    Ok(Answer::Done)
}

/// What a link is to be after the call.
async fn changed(call: &Call, tx: &mut Tx, link: Link) -> Result<LinkSpec, Failure> {
    let vendor_id = match call.filled("vendor") {
        Some(key) => vendor::find(tx, key).await?.id,
        None => link.vendor_id,
    };
    let group_id = call.filled("nvgroup").map_or_else(|| link.group_id.clone(), str::to_owned);
    let same = vendor_id == link.vendor_id && group_id == link.group_id;
    let class_id = match call.integer("class") {
        None => Some(link.class_id),
        Some(_) => call.class(),
    };
    Ok(LinkSpec {
        pool_id: link.pool_id,
        vendor_id,
        group_id,
        group_name: call
            .given("name")
            .map_or_else(|| if same { link.group_name } else { String::new() }, str::to_owned),
        class_id,
        priority: priority(call).unwrap_or(link.priority),
        setup_cost: link.setup_cost.filter(|_| same),
        monthly_cost: link.monthly_cost.filter(|_| same),
        currency: Some(link.currency),
    })
}

async fn list(call: &Call) -> Outcome {
    let mut tx = call.db().reader();
    let links = match call.filled("ingroup") {
        Some(_) => {
            let pool = pool::get(&mut tx, call.ingroup()?).await?;
            vendor_link::of_pool(&mut tx, pool.id).await?
        }
        None => all(&mut tx).await?,
    };
    let vendor = call.filled("vendor");
    let wanted = links.iter().filter(|link| vendor.is_none_or(|key| key == link.vendor));
    listing::answer(call, wanted.map(row).collect())
}

async fn all(tx: &mut Tx) -> Result<Vec<Link>, Failure> {
    let mut links = Vec::new();
    let mut page = Page::first(MOST);
    loop {
        let found = vendor_link::list(tx, page).await?;
        let more = found.len() == MOST as usize;
        links.extend(found);
        match links.last() {
            Some(last) if more => page.after = last.id.0,
            _ => return Ok(links),
        }
        if links.len() > MOST_LINKS {
            return Err(Failure::wrong("ingroup", format!("there are more than {MOST_LINKS}: name an inbound group")));
        }
    }
}

async fn get(call: &Call) -> Outcome {
    Ok(Answer::Data(row(&vendor_link::get(&mut call.db().reader(), link_id(call)?).await?)))
}

async fn delete(call: &Call) -> Outcome {
    let caller = call.caller()?;
    let id = link_id(call)?;
    store::transaction!(call.db(), Failure, |tx| {
        vendor_link::delete(tx, caller, call.now(), id).await?;
        call.unless_validating()
    })?;
    Ok(Answer::Done)
}

fn link_id(call: &Call) -> Result<LinkId, Failure> {
    call.id("id").map(LinkId)
}

fn text<'a>(call: &'a Call, name: &str) -> &'a str {
    call.filled(name).unwrap_or_default()
}

fn priority(call: &Call) -> Option<u32> {
    call.integer("priority").and_then(|n| u32::try_from(n).ok())
}

fn row(link: &Link) -> Value {
    json!({
        "id": link.id,
        "ingroup": link.pool_id,
        "class": link.class_id,
        "nvgroup": link.group_id,
        "name": link.group_name,
        "vendor": link.vendor,
        "priority": link.priority,
    })
}
