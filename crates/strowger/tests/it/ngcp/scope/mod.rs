//! Who may do what, and who sees what: every resource of the server times every role. A resource that is not in the table
//! fails the test.

mod calls;
mod money;
mod orders;
mod people;
mod profiles;
mod reach;
mod rewrites;
mod rows;
mod services;
mod sounds;
mod table;
mod telephones;
mod verbs;

use std::collections::BTreeSet;

use people::People;

use crate::registrar::registrar;

/// The resources that `OPTIONS /api/` names.
fn named(links: &[&str]) -> BTreeSet<String> {
    let name = |link: &&str| {
        let rest = link.strip_prefix("</api/")?;
        let (name, rest) = rest.split_once("/>; rel=\"collection http://purl.org/sipwise/ngcp-api/#rel-")?;
        (rest == format!("{name}\"")).then(|| name.to_owned())
    };
    links.iter().map(|link| name(link).unwrap_or_else(|| panic!("{link} names no collection"))).collect()
}

store::on_both! {
    async fn every_resource_shows_and_lets_do_what_the_role_may(database: TestDb) {
        let (registrar, url) = registrar(&database).await;
        let world = orders::world(database, &url).await;
        let people = People::new(&world).await;
        let mut complaints = Vec::new();
        verbs::every_resource_is_in_the_table(&world, &people, &mut complaints).await;
        verbs::every_verb_of_every_role(&people, &mut complaints).await;
        let rows = rows::make(&world, &people, &registrar).await;
        reach::nobody_reaches_what_is_not_theirs(&people, &rows, &mut complaints).await;
        assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
        world.server.stop().await;
    }
}
