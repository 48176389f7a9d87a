//! The written reference, made from the tables of functions.

use std::fmt::Write as _;

use crate::category::CATEGORIES;
use crate::function::{Function, Kind, Parameter, Who};

const INTRODUCTION: &str = "\
# The Enswitch JSON API

Strowger speaks the JSON API that Enswitch documents since version 3.13, under `/api/json/`, as far as it is about numbers.
Enswitch's own closed number vendor plugin used an older, unpublished interface: ours speaks the published one, and so does
the plugin `enswitch` that is shipped with Strowger. What is marked \"Strowger's own\" is an extension.

## Calls

A function is called with GET or POST at `/api/json/CATEGORY/FUNCTION/`; the last slash may be left out. Parameters come in
the query, separated by `&` or `;`, or in a body that is a form or a JSON object of plain values; the body counts over the
query. At most 64 parameters are read, of at most 10000 bytes each. Parameters that a function does not know are ignored.

The HTTP status is always 200, and 500 where the server itself has failed. What happened is in the body:

```json
{\"responses\": [{\"code\": \"200\", \"key\": \"\", \"message\": \"OK\"}], \"data\": …}
```

`data` is missing where there is none. Several responses come where several parameters are wrong; `key` names the parameter.

| code | meaning |
| --- | --- |
| 200 | OK, with data |
| 201 | everything was right, and nothing was changed (`validation=1`) |
| 202 | a purchase is under way; the data say where to look (Strowger's own) |
| 204 | OK, without data |
| 400 | a parameter is wrong or missing, or does not fit what is there |
| 401 | the credentials are missing or wrong |
| 402 | the caller's role does not allow it |
| 403 | the customer's credit does not suffice |
| 404 | there is no such function or record, or the caller may not see it |
| 500 | the server has failed; its log says why |
| 503 | not possible at the moment (Strowger's own) |

**Credentials** are `auth_username` and `auth_password`, or `auth_token` from `user/login`. Wrong ones are refused with 401
even by functions that need none. Put them in the body: URLs end up in logs.

**Numbers** are written in the system dial plan, in requests and answers. With `e164=1` (Strowger's own) they are plain E.164
digits. A plus sign always means E.164.

**Times** are Unix times, yes and no are 1 and 0, prices are decimal text.

**`customer`** is the caller's own account where it is not given. An account that the caller may not see is 404.

**Lists** share these parameters:

";

/// The reference of all functions as Markdown, without a last line break.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(INTRODUCTION);
    let lists = CATEGORIES.iter().flat_map(|category| category.functions).find(|function| function.list.is_some());
    let shared: Vec<Parameter> = lists.map(shared_by_lists).unwrap_or_default();
    table(&mut text, &shared);
    text.push_str("\n`sort` and `search` differ, and stand with each function.\n");
    for category in CATEGORIES {
        let _ = write!(text, "\n## {}\n", category.title);
        for function in category.functions {
            describe(&mut text, function);
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn shared_by_lists(function: &Function) -> Vec<Parameter> {
    let shown_with_each = |p: &Parameter| {
        matches!(p.name, "sort" | "search" | "e164" | "validation")
            || function.parameters.iter().any(|o| o.name == p.name)
    };
    function.all_parameters().into_iter().filter(|p| !shown_with_each(p)).collect()
}

fn describe(text: &mut String, function: &Function) {
    let mark = if function.own { " (Strowger's own)" } else { "" };
    let who = match function.who {
        Who::Anyone => "anyone",
        Who::LoggedIn => "whoever is logged in",
        Who::System => "administrators (Enswitch's system role)",
    };
    let _ = write!(text, "\n### `{}`{mark}\n\n{}\n\nFor {who}.\n", function.path, function.summary);
    let shared = if function.list.is_some() { shared_by_lists(function) } else { Vec::new() };
    let mut shown = function.all_parameters();
    shown.retain(|p| !shared.iter().any(|s| s.name == p.name));
    if !shown.is_empty() {
        text.push('\n');
        table(text, &shown);
    }
    if function.list.is_some() {
        text.push_str("\nAnd the parameters of lists.\n");
    }
    if !function.ignored.is_empty() {
        let names: Vec<String> = function.ignored.iter().map(|name| format!("`{name}`")).collect();
        let _ = write!(text, "\nAccepted and without effect here: {}.\n", names.join(", "));
    }
    let rows = if function.list.is_some() { "rows " } else { "" };
    let _ = write!(text, "\nAnswers {rows}{}.\n", function.returns.trim_end_matches('.'));
}

fn table(text: &mut String, parameters: &[Parameter]) {
    text.push_str("| parameter | kind | meaning |\n| --- | --- | --- |\n");
    for parameter in parameters {
        let star = if parameter.required { " (required)" } else { "" };
        let mark = if parameter.own { " Strowger's own." } else { "" };
        let _ = writeln!(text, "| `{}`{star} | {} | {}{mark} |", parameter.name, kind(parameter.kind), parameter.doc);
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Text(most) => format!("text, at most {most} characters"),
        Kind::Flag => "0 or 1".to_owned(),
        Kind::Integer(0, i64::MAX) => "integer".to_owned(),
        Kind::Integer(least, i64::MAX) => format!("integer from {least}"),
        Kind::Integer(least, most) => format!("{least} to {most}"),
        Kind::Number => "number".to_owned(),
        Kind::Prefix => "first digits".to_owned(),
        Kind::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
    }
}
