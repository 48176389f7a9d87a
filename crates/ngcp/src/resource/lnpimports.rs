//! Imports of LNP numbers: how far a file is that was posted to `lnpnumbers`. This resource is ours; the dialect has none.

use registry::lnp::import::{self, LnpImport};

use crate::kernel::{ADMIN, Field, Filter, Kind, Records, Resource, Verb};

pub(super) static LNPIMPORTS: Resource = Resource {
    name: "lnpimports",
    singular: "lnpimport",
    title: "Imports of LNP numbers",
    doc: "Files of ported numbers that were posted to lnpnumbers or read on the command line, and how far they are. Of one \
          that is being staged nothing can be seen; one whose sender has not been heard of for a minute is given up. There \
          is one at a time.",
    fields: FIELDS,
    verbs: &[(Verb::List, ADMIN), (Verb::Get, ADMIN)],
    filters: &[Filter::exact("state", "state")],
    source: Some(&import::ALL),
    behaviour: &Records::<LnpImport>::of(FIELDS),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("state", Kind::Enum(&["staging", "publishing", "done", "failed"]))
        .read_only()
        .doc("Rows come in; all are good and join the others; all hold; or none was published."),
    Field::new("purge_existing", Kind::Bool).read_only().doc("Whether its numbers take the place of all others."),
    Field::new("staged", Kind::Int).read_only().doc("Good rows that have come in."),
    Field::new("published", Kind::Int).read_only().doc("Rows that hold."),
    Field::new("message", Kind::Text(0, usize::MAX)).read_only().doc("Why it failed."),
    Field::new("made_by", Kind::Text(0, usize::MAX)).read_only().doc("Who sent it."),
    Field::new("created_at", Kind::Timestamp).read_only().doc("When it began."),
    Field::new("modified_at", Kind::Timestamp).read_only().doc("When anything was done for it last."),
];
