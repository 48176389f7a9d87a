//! An exchange as a table has it: what is asked, and the facts of the answer. `{name}` stands for an id that was learnt,
//! and in answers `{any}`, `{time}` (of day and date), `{moment}` (with zone), `{uuid}` and `{=name}` (learns an id).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Ids by their names in a table.
pub(super) type Names = BTreeMap<String, i64>;

const PROFILE: &str = "http://purl.org/sipwise/ngcp-api/";
const REL: &str = "http://purl.org/sipwise/ngcp-api/#rel-";

/// A request and the facts of its answer.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) media_type: &'static str,
    pub(super) body: Option<Value>,
    pub(super) raw: Option<&'static str>,
    pub(super) anonymous: bool,
    pub(super) status: u16,
    pub(super) answered: Vec<(&'static str, String)>,
    pub(super) links: Option<Vec<String>>,
    pub(super) answer: Option<Value>,
    pub(super) text: Option<&'static str>,
    pub(super) made: Option<&'static str>,
}

/// A request without a body.
pub(super) fn ask(method: &'static str, path: &str) -> Exchange {
    Exchange {
        method,
        path: path.to_owned(),
        headers: Vec::new(),
        media_type: "application/json",
        body: None,
        raw: None,
        anonymous: false,
        status: 200,
        answered: Vec::new(),
        links: None,
        answer: None,
        text: None,
        made: None,
    }
}

pub(super) fn get(path: &str) -> Exchange {
    ask("GET", path).answered("Content-Type", "application/json")
}

/// A request with a body; a patch has the type of a patch.
pub(super) fn send(method: &'static str, path: &str, body: Value) -> Exchange {
    let media_type = if method == "PATCH" { "application/json-patch+json" } else { "application/json" };
    Exchange { body: Some(body), media_type, ..ask(method, path) }
}

impl Exchange {
    /// Another header of the request.
    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Exchange {
        self.headers.push((name, value));
        self
    }

    /// With that text as its body.
    pub(super) fn raw(self, raw: &'static str) -> Exchange {
        Exchange { raw: Some(raw), ..self }
    }

    pub(super) fn media_type(self, media_type: &'static str) -> Exchange {
        Exchange { media_type, ..self }
    }

    pub(super) fn anonymous(self) -> Exchange {
        Exchange { anonymous: true, ..self }
    }

    /// A header of the answer.
    pub(super) fn answered(mut self, name: &'static str, value: &str) -> Exchange {
        self.answered.push((name, value.to_owned()));
        self
    }

    pub(super) fn status(self, status: u16) -> Exchange {
        Exchange { status, ..self }
    }

    /// The answer's whole body as text.
    pub(super) fn text(self, text: &'static str) -> Exchange {
        Exchange { text: Some(text), ..self }
    }

    /// It makes an item, whose id goes by that name from here on; nothing is in the answer.
    pub(super) fn makes(self, name: &'static str) -> Exchange {
        let collection = self.path.split('?').next().unwrap().to_owned();
        let location = format!("{collection}{{{name}}}");
        Exchange { made: Some(name), ..self.status(201).answered("Location", &location).text("") }
    }

    /// It is done, and the answer is empty.
    pub(super) fn done(self) -> Exchange {
        self.status(204).answered("Preference-Applied", "return=minimal").text("")
    }

    /// It is refused in these words.
    pub(super) fn refused(self, status: u16, message: &str) -> Exchange {
        let answer = json!({ "code": status, "message": message });
        Exchange { answer: Some(answer), ..self.status(status).answered("Content-Type", "application/json") }
    }

    /// The answer's body and its `Link` headers.
    pub(super) fn answers(self, document: Document) -> Exchange {
        Exchange { answer: Some(document.body), links: Some(document.links), ..self }
    }
}

/// A document with the `Link` headers that come with it.
pub(super) struct Document {
    pub(super) body: Value,
    links: Vec<String>,
}

/// How the relations in the `Link` headers of an item are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Heading {
    /// The item was asked for.
    Asked,
    /// It was asked for, and its relations begin with `item`.
    Rels,
    /// It was changed.
    Changed,
}

/// An item with its relations, in the order of the headers.
pub(super) fn item(resource: &str, id: &str, relations: &[(&str, &str)], fields: Value, heading: Heading) -> Document {
    let own = format!("/api/{resource}/{id}");
    let of = if heading == Heading::Changed { "self" } else { "\"item self\"" };
    let mut links = vec![
        format!("</api/{resource}/>; rel=collection"),
        format!("<{PROFILE}>; rel=profile"),
        format!("<{own}>; rel={of}"),
    ];
    let item = if heading == Heading::Rels { "item " } else { "" };
    links.extend(relations.iter().map(|(rel, href)| format!("<{href}>; rel=\"{item}{REL}{rel}\"")));
    Document { body: with_links(resource, &own, relations, fields), links }
}

/// The body of an item.
pub(super) fn with_links(resource: &str, own: &str, relations: &[(&str, &str)], mut fields: Value) -> Value {
    let mut all = json!({
        "collection": { "href": format!("/api/{resource}/") }, "curies": curies(), "profile": { "href": PROFILE },
        "self": { "href": own },
    });
    for (rel, href) in relations {
        all[format!("ngcp:{rel}")] = json!({ "href": href });
    }
    fields["_links"] = all;
    fields
}

pub(super) fn curies() -> Value {
    json!({ "href": format!("{REL}{{rel}}"), "name": "ngcp", "templated": true })
}

/// A page of a collection. `around` is what comes beside the page itself: `next` and `prev`, with their queries.
pub(super) fn page(resource: &str, query: &str, items: Vec<Value>, total: Value, around: &[(&str, &str)]) -> Document {
    let path = format!("/api/{resource}/");
    let mut all = json!({
        "curies": curies(), "profile": { "href": PROFILE }, "self": { "href": format!("{path}?{query}") },
    });
    let hrefs: Vec<Value> = items.iter().map(|item| item["_links"]["self"].clone()).collect();
    let mut links: Vec<String> =
        hrefs.iter().map(|href| format!("<{}>; rel=\"{REL}{resource}\"", href["href"].as_str().unwrap())).collect();
    links.push(format!("<{PROFILE}>; rel=profile"));
    links.push(format!("<{path}?{query}>; rel=self"));
    for (rel, query) in around {
        all[*rel] = json!({ "href": format!("{path}?{query}") });
        links.push(format!("<{path}?{query}>; rel={rel}"));
    }
    let mut body = json!({ "total_count": total });
    if !items.is_empty() {
        all[format!("ngcp:{resource}")] = bare(hrefs);
        body["_embedded"] = json!({ format!("ngcp:{resource}"): bare(items) });
    }
    body["_links"] = all;
    Document { body, links }
}

fn bare(mut members: Vec<Value>) -> Value {
    if members.len() == 1 { members.remove(0) } else { Value::Array(members) }
}

/// The text with ids for names.
pub(super) fn filled_text(text: &str, names: &Names) -> String {
    names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), &id.to_string()))
}

/// The value with ids for names; a text that is nothing but a name becomes a number.
pub(super) fn filled(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => {
            match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).and_then(|n| names.get(n)) {
                Some(id) => json!(id),
                None => Value::String(filled_text(text, names)),
            }
        }
        Value::Array(members) => members.iter().map(|member| filled(member, names)).collect(),
        Value::Object(fields) => {
            let each = fields.iter().map(|(name, value)| (name.clone(), filled(value, names)));
            Value::Object(each.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Tells where a value is not as the table has it.
pub(super) fn compare(wanted: &Value, found: &Value, at: &str, names: &mut Names, complaints: &mut Vec<String>) {
    if let (Value::String(pattern), true) = (wanted, wanted.as_str().is_some_and(|text| text.starts_with("{="))) {
        match found.as_i64() {
            Some(id) => {
                names.insert(pattern[2..pattern.len() - 1].to_owned(), id);
            }
            None => complaints.push(format!("{at} is {found} instead of an id")),
        }
        return;
    }
    match (wanted, found) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in fields {
                match others.get(name) {
                    Some(other) => compare(value, other, &format!("{at}/{name}"), names, complaints),
                    None => complaints.push(format!("{at}/{name} is missing")),
                }
            }
            for (name, value) in others.iter().filter(|(name, _)| !fields.contains_key(*name)) {
                complaints.push(format!("{at}/{name} is not wanted: {value}"));
            }
        }
        (Value::Array(members), Value::Array(others)) if members.len() == others.len() => {
            for (n, (one, other)) in members.iter().zip(others).enumerate() {
                compare(one, other, &format!("{at}/{n}"), names, complaints);
            }
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        _ if fits(&filled(wanted, names), found) => {}
        _ => complaints.push(format!("{at} is {found} instead of {}", filled(wanted, names))),
    }
}

fn fits(wanted: &Value, found: &Value) -> bool {
    let text = found.as_str().unwrap_or_default();
    let shaped = |shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(c, s)| match s {
                b'9' => c.is_ascii_digit(),
                b'f' => c.is_ascii_digit() || (b'a'..=b'f').contains(&c),
                s => c == s,
            })
    };
    match wanted.as_str() {
        Some("{any}") => true,
        Some("{time}") => shaped("9999-99-99 99:99:99"),
        Some("{moment}") => shaped("9999-99-99T99:99:99+00:00"),
        Some("{uuid}") => shaped("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        Some(text) if text.ends_with("{...}") => found.as_str().is_some_and(|f| f.starts_with(&text[..text.len() - 5])),
        _ => wanted == found,
    }
}
