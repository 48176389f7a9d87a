//! The page for people: what a role can see, generated from the declarations, in one file that needs nothing else.

use std::fmt::Write as _;

use registry::Role;
use serde_json::{Value, json};

use super::{guide, words};
use crate::HalShape;
use crate::kernel::hal::{self, Links};
use crate::kernel::resource::STAFF;
use crate::kernel::{Created, Field, Item, PatchOps, Resource, Verb};
use crate::resource::ALL;

const STYLE: &str = include_str!("style.css");

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// A paragraph of HTML.
pub(super) fn paragraph(html: &str) -> String {
    format!("<p>{html}</p>\n")
}

/// A list of HTML.
pub(super) fn list(items: &[&str]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    format!("<ul>\n{items}</ul>\n")
}

/// Text as it is typed.
pub(super) fn code(text: &str) -> String {
    format!("<pre><code>{}</code></pre>\n", escaped(text))
}

fn table(heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    format!("<div class=\"table\"><table>\n<tr>{heads}</tr>\n{rows}</table></div>\n")
}

/// The page for a role that has found it on that host.
pub(super) fn of(role: Role, host: &str) -> String {
    let visible: Vec<&Resource> = ALL.iter().copied().filter(|resource| resource.is_for(role)).collect();
    // Host is whatever the request says: nothing but a name and a port gets into the examples.
    let fits = host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c));
    let host = if fits { host } else { "localhost:1443" };
    let link = |anchor: &str, title: &str| format!("<li><a href=\"#{anchor}\">{}</a></li>\n", escaped(title));
    let chapters: String = guide::CHAPTERS.iter().map(|(anchor, title)| link(anchor, title)).collect();
    let resources: String = visible.iter().map(|resource| link(resource.name, resource.name)).collect();
    let sections: String = visible.iter().map(|resource| section(resource, role, host)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Strowger API</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">To the content</a>\n<div class=\"columns\">\n<nav aria-label=\"Contents\">\n\
         <ul>\n{chapters}</ul>\n<ul>\n{resources}</ul>\n</nav>\n<main id=\"content\">\n<h1>Strowger API</h1>\n\
         <p class=\"quiet\">Version {version}, as the role {role} sees it.</p>\n{guide}{sections}</main>\n</div>\n</body>\n\
         </html>\n",
        version = env!("CARGO_PKG_VERSION"),
        role = role.as_str(),
        guide = guide::chapters(host),
    )
}

fn section(resource: &Resource, role: Role, host: &str) -> String {
    let mut html = format!(
        "<section>\n<h2 id=\"{}\">{} <code>/api/{}/</code></h2>\n",
        resource.name,
        escaped(resource.title),
        resource.name
    );
    html.push_str(&paragraph(&escaped(resource.doc)));
    html.push_str(&methods(resource, role));
    html.push_str(&fields(resource, role));
    html.push_str(&parameters(resource));
    html.push_str(&relations(resource, role));
    html.push_str(&examples(resource, role, host));
    html.push_str("</section>\n");
    html
}

fn methods(resource: &Resource, role: Role) -> String {
    let mut rows = String::new();
    for (verb, roles) in resource.verbs.iter().filter(|(_, roles)| roles.contains(&role)) {
        let method = words::method(*verb);
        let item = if words::of_item(*verb) { "ID" } else { "" };
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let _ = writeln!(
            rows,
            "<tr><td><span class=\"method {method}\">{method}</span></td><td><code>/api/{}/{item}</code></td><td>{}</td>\
             <td class=\"quiet\">{}</td></tr>",
            resource.name,
            escaped(&words::summary(resource, *verb)),
            roles.join(", ")
        );
    }
    let mut html = String::from("<h3>Methods</h3>\n");
    html.push_str(&table(&["Method", "Path", "What it does", "Roles"], &rows));
    let mut notes = Vec::new();
    if resource.public {
        notes.push("No login is needed.");
    }
    if resource.roles(Verb::Replace).is_some_and(|roles| roles.contains(&role)) && resource.put_replaces {
        notes.push("PUT replaces all that can be written: what is left out is emptied.");
    }
    if resource.roles(Verb::Modify).is_some_and(|roles| roles.contains(&role)) {
        notes.push(match resource.patch {
            PatchOps::All => "PATCH takes add, replace, remove and copy.",
            PatchOps::ReplaceCopy => "PATCH takes replace and copy.",
        });
    }
    if resource.created == Created::Representation && resource.roles(Verb::Create).is_some() {
        notes.push("POST answers with the item where Prefer asks for it.");
    }
    if !notes.is_empty() {
        html.push_str(&paragraph(&notes.join(" ")));
    }
    html
}

fn fields(resource: &Resource, role: Role) -> String {
    let mut rows = String::new();
    for field in resource.fields.iter().filter(|field| field.seen_by.is_none_or(|roles| roles.contains(&role))) {
        row(&mut rows, field, "", 0);
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut html = String::from("<h3>Fields</h3>\n");
    html.push_str(&table(&["Field", "Type", "Meaning"], &rows));
    if resource.open {
        html.push_str(&paragraph("Other fields are taken and shown too."));
    }
    html
}

fn row(rows: &mut String, field: &Field, before: &str, depth: usize) {
    let tags: String = [
        ((field.required || field.required_of.is_some()) && field.writable, "required"),
        (!field.writable, "read only"),
        (!field.readable, "never shown"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, tag)| format!(" <span class=\"tag\">{tag}</span>"))
    .collect();
    let class = if depth > 0 { " class=\"inner\"" } else { "" };
    let name = format!("{before}{}", field.name);
    let _ = writeln!(
        rows,
        "<tr><td{class}><code>{}</code>{tags}</td><td>{}</td><td>{}</td></tr>",
        escaped(&name),
        escaped(&words::kind(&field.kind)),
        escaped(field.doc)
    );
    for inner in words::inner(&field.kind).into_iter().flatten() {
        row(rows, inner, &format!("{name}."), depth + 1);
    }
}

fn parameters(resource: &Resource) -> String {
    let filters = resource.filters.iter().map(|filter| (filter.name, words::filter(filter)));
    let others = resource.parameters.iter().map(|(name, doc)| (*name, (*doc).to_owned()));
    let rows: String = filters
        .chain(others)
        .map(|(name, doc)| format!("<tr><td><code>{}</code></td><td>{}</td></tr>\n", escaped(name), escaped(&doc)))
        .collect();
    let mut html = String::new();
    if !rows.is_empty() {
        html.push_str("<h3>Query parameters</h3>\n");
        html.push_str(&table(&["Parameter", "Meaning"], &rows));
    }
    let orders = words::orders(resource);
    if !orders.is_empty() {
        html.push_str(&paragraph(&format!("Can be ordered by {}.", orders.join(", "))));
    }
    html
}

fn relations(resource: &Resource, role: Role) -> String {
    let visible = resource.links.iter().filter(|link| link.seen_by.is_none_or(|roles| roles.contains(&role)));
    let mut rows: String = visible
        .map(|link| {
            format!("<tr><td><code>ngcp:{}</code></td><td><code>{}</code></td></tr>\n", link.rel, escaped(link.href))
        })
        .collect();
    if resource.journal.is_some() && STAFF.contains(&role) {
        let _ = writeln!(
            rows,
            "<tr><td><code>ngcp:journal</code></td><td><code>/api/{}/{{id}}/journal/</code></td></tr>",
            resource.name
        );
    }
    if rows.is_empty() {
        return String::new();
    }
    format!("<h3>Links</h3>\n{}", table(&["Relation", "Where it leads"], &rows))
}

/// An item as `GET` shows it, made of the declared example.
pub(super) fn item(resource: &Resource, role: Role) -> Value {
    let example = words::example(resource).and_then(|example| example.as_object().cloned()).unwrap_or_default();
    let mut item: Item = resource.fields.iter().map(|field| (field.name.to_owned(), Value::Null)).collect();
    item.extend(example);
    item.insert("id".to_owned(), json!(7));
    let links = Links::of(resource, 7, &item, role);
    hal::item(resource, 7, hal::visible(resource, item, role), &links, HalShape::Modern)
}

fn examples(resource: &Resource, role: Role, host: &str) -> String {
    let may = |verb| resource.roles(verb).is_some_and(|roles| roles.contains(&role));
    let name = resource.name;
    let login = if resource.public { "" } else { " -u USER:PASSWORD" };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let mut html = String::new();
    if may(Verb::Create) && !resource.example.is_empty() {
        let body = resource.example.replace('\'', "'\\''");
        let request = format!(
            "curl -i{login} -X POST -H 'Content-Type: application/json' \\\n     -d '{body}' \\\n     https://{host}/api/{name}/"
        );
        let answers = words::created(resource);
        let answer = match answers.first() {
            Some(first) if first.status == 201 && first.media_type.is_none_or(|of| of == "application/hal+json") => {
                format!("HTTP/1.1 201 Created\nLocation: /api/{name}/7")
            }
            Some(first) => format!("HTTP/1.1 {}\n# {}", first.status, first.doc),
            None => String::new(),
        };
        html.push_str(&code(&format!("{request}\n\n{answer}")));
    }
    if may(Verb::Get) {
        let shown = pretty(&item(resource, role));
        html.push_str(&code(&format!("curl{login} https://{host}/api/{name}/7\n\n{shown}")));
    } else if may(Verb::List) {
        html.push_str(&code(&format!("curl{login} https://{host}/api/{name}/")));
    }
    if html.is_empty() { html } else { format!("<h3>Examples</h3>\n{html}") }
}
