//! What the real server was seen to answer, request by request: status, headers and bodies must be the same here, but for
//! ids, times and the words of parsers.

mod exchange;
mod first_steps;
mod resources;
mod subscribers;

use std::collections::{BTreeMap, BTreeSet};

use exchange::{Exchange, Names, compare, filled, filled_text};

use super::client::Answer;
use super::world::World;

/// Runs a table of exchanges against a server; ids that are learnt go into `names`.
async fn run(world: &World, names: &mut Names, exchanges: Vec<Exchange>) {
    let plain = world.door.with("Accept", "application/json");
    let administrator = world.admin.with("Accept", "application/json");
    let mut complaints = Vec::new();
    for exchange in exchanges {
        let door = if exchange.anonymous { &plain } else { &administrator };
        let path = filled_text(&exchange.path, names);
        let mut headers: Vec<(&str, &str)> = exchange.headers.clone();
        let body = match &exchange.body {
            Some(body) => {
                headers.push(("Content-Type", exchange.media_type));
                filled(body, names).to_string()
            }
            None => exchange
                .raw
                .map(|raw| {
                    headers.push(("Content-Type", exchange.media_type));
                    raw.to_owned()
                })
                .unwrap_or_default(),
        };
        let answer = door.send(exchange.method, &path, &headers, body).await;
        for complaint in differences(&exchange, &answer, names) {
            complaints.push(format!("{} {path}: {complaint}", exchange.method));
        }
    }
    assert!(complaints.is_empty(), "{} differences:\n{}", complaints.len(), complaints.join("\n"));
}

fn differences(exchange: &Exchange, answer: &Answer, names: &mut Names) -> Vec<String> {
    let mut complaints = Vec::new();
    if answer.status != exchange.status {
        return vec![format!("status {} instead of {}: {}", answer.status, exchange.status, answer.text.trim_end())];
    }
    if let Some(name) = exchange.made {
        names.insert(name.to_owned(), answer.id());
    }
    for (name, value) in &exchange.answered {
        let value = filled_text(value, names);
        if answer.header(name) != Some(value.as_str()) {
            complaints.push(format!("{name} is {:?} instead of {value:?}", answer.header(name)));
        }
    }
    if let Some(body) = &exchange.answer {
        compare(body, &answer.json, "", names, &mut complaints);
    }
    if let Some(text) = exchange.text
        && answer.text != text
    {
        complaints.push(format!("body {:?} instead of {text:?}", answer.text));
    }
    if let Some(links) = &exchange.links {
        // Nobody looks at their order.
        let wanted: BTreeSet<String> = links.iter().map(|link| filled_text(link, names)).collect();
        let found: BTreeSet<String> = answer.links().into_iter().map(str::to_owned).collect();
        if found != wanted {
            complaints.push(format!("Link headers\n  {found:#?} instead of\n  {wanted:#?}"));
        }
    }
    complaints
}

store::on_both! {
    async fn answers_are_those_of_the_real_server(database: TestDb) {
        let world = World::legacy(database).await;
        let mut names = BTreeMap::new();
        run(&world, &mut names, first_steps::exchanges()).await;
        run(&world, &mut names, resources::exchanges()).await;
        run(&world, &mut names, subscribers::exchanges()).await;
        run(&world, &mut names, subscribers::endings()).await;
        world.server.stop().await;
    }
}
