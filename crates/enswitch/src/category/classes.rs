//! `classes/…`: number classes.

use registry::pool;
use serde_json::json;

use crate::call::Call;
use crate::function::{Function, Kind, Outcome, Who};
use crate::listing;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("classes/list", Who::LoggedIn, "The number classes.", "`{id, name}`", |call| Box::pin(list(call)))
        .list(&["id", "name"], Kind::Text(100), "Text in the name.")];

async fn list(call: &Call) -> Outcome {
    let classes = pool::classes(&mut call.db().reader()).await?;
    listing::answer(call, classes.iter().map(|class| json!({ "id": class.id, "name": class.name })).collect())
}
