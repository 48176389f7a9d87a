//! The WSDL, written from the tables of operations and the declarations of types.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use crate::Scheme;
use crate::operation::{Operation, Port};
use crate::soap::envelope::Auth;
use crate::soap::namespace::{ENCODING, SCHEMA, TYPES};
use crate::soap::{Member, Shape, Wire, Writer, fault};

/// Namespaces of the description (WSDL 1.1) and of its binding to SOAP.
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
/// SOAP over HTTP (WSDL 1.1, section 3.3).
const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

/// What clients need of the encoding's own schema (SOAP 1.1, section 5), without a word that would make them look for the
/// rest of it elsewhere.
pub(crate) const ENCODING_SCHEMA: &str = include_str!("soap-encoding.xsd");

/// Where the service is.
pub(crate) struct Place(String);

impl Place {
    /// At that path of a host; a name that is none is left out.
    pub(crate) fn of(scheme: Scheme, host: &str, path: &str) -> Place {
        let named = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let host = if host.is_empty() || !host.chars().all(named) { "localhost" } else { host };
        let scheme = if scheme == Scheme::Https { "https" } else { "http" };
        Place(format!("{scheme}://{host}{path}/"))
    }
}

/// Describes ports.
pub(crate) fn describe(ports: &[&Port], place: &Place) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.begin()?;
    let namespaces = [
        ("name", "NGNPro"),
        ("targetNamespace", TYPES),
        ("xmlns", WSDL),
        ("xmlns:wsdl", WSDL),
        ("xmlns:soap", SOAP),
        ("xmlns:xsd", SCHEMA),
        ("xmlns:soapenc", ENCODING),
        ("xmlns:ngnpro", TYPES),
    ];
    writer.element("definitions", &namespaces, |w| {
        types(w, ports, place)?;
        messages(w, ports)?;
        ports.iter().try_for_each(|port| port_type(w, port))?;
        ports.iter().try_for_each(|port| binding(w, port))?;
        w.element("service", &[("name", "NGNPro")], |w| {
            ports.iter().try_for_each(|port| {
                let (name, binding) = (format!("{}Port", port.name), format!("ngnpro:{}Binding", port.name));
                w.element("port", &[("name", &name), ("binding", &binding)], |w| {
                    w.empty("soap:address", &[("location", &place.0)])
                })
            })
        })
    })?;
    Ok(writer.into_bytes())
}

/// The types that operations speak of, and those within them, by name.
fn named<'s>(found: &mut BTreeMap<&'static str, &'s Shape>, shape: &'s Shape) {
    match shape {
        Shape::Scalar(_) => {}
        Shape::Struct { name, members, .. } => {
            if found.insert(name, shape).is_none() {
                members.iter().for_each(|member| named(found, member.shape));
            }
        }
        Shape::Array { name, of } => {
            if found.insert(name, shape).is_none() {
                named(found, of);
            }
        }
    }
}

fn types(w: &mut Writer, ports: &[&Port], place: &Place) -> io::Result<()> {
    let mut found = BTreeMap::new();
    for operation in ports.iter().flat_map(|port| port.operations) {
        operation
            .parts
            .iter()
            .map(|part| part.shape)
            .chain(operation.result)
            .for_each(|shape| named(&mut found, shape));
    }
    named(&mut found, Auth::SHAPE);
    w.element("types", &[], |w| {
        w.element("xsd:schema", &[("targetNamespace", TYPES), ("elementFormDefault", "unqualified")], |w| {
            let encoding = format!("{}soap-encoding.xsd", place.0);
            w.empty("xsd:import", &[("namespace", ENCODING), ("schemaLocation", &encoding)])?;
            found.values().try_for_each(|shape| kind(w, shape))?;
            w.empty("xsd:element", &[("name", "auth"), ("type", &Auth::SHAPE.qualified())])
        })
    })
}

fn kind(w: &mut Writer, shape: &Shape) -> io::Result<()> {
    match shape {
        Shape::Scalar(_) => Ok(()),
        Shape::Struct { name, doc, members } => w.element("xsd:complexType", &[("name", name)], |w| {
            annotation(w, "xsd:annotation", doc)?;
            w.element("xsd:sequence", &[], |w| members.iter().try_for_each(|member| element(w, member)))
        }),
        Shape::Array { name, of } => w.element("xsd:complexType", &[("name", name)], |w| {
            w.element("xsd:complexContent", &[], |w| {
                w.element("xsd:restriction", &[("base", "soapenc:Array")], |w| {
                    let of = of.qualified();
                    w.element("xsd:sequence", &[], |w| {
                        let many = [("name", "item"), ("type", &*of), ("minOccurs", "0"), ("maxOccurs", "unbounded")];
                        w.empty("xsd:element", &many)
                    })?;
                    let of = format!("{of}[]");
                    w.empty("xsd:attribute", &[("ref", "soapenc:arrayType"), ("wsdl:arrayType", &of)])
                })
            })
        }),
    }
}

fn element(w: &mut Writer, member: &Member) -> io::Result<()> {
    let kind = member.shape.qualified();
    let attributes = [("name", member.name), ("type", &*kind), ("minOccurs", "0"), ("nillable", "true")];
    w.element("xsd:element", &attributes, |w| annotation(w, "xsd:annotation", member.doc))
}

fn annotation(w: &mut Writer, name: &str, doc: &str) -> io::Result<()> {
    let doc = doc.trim();
    if doc.is_empty() {
        return Ok(());
    }
    w.element(name, &[], |w| w.element("xsd:documentation", &[], |w| w.text(doc)))
}

/// What a message of an operation is called. Operations of different ports have the same names.
fn message(port: &Port, operation: &Operation, direction: &str) -> String {
    format!("{}_{}{direction}", port.name, operation.name)
}

fn messages(w: &mut Writer, ports: &[&Port]) -> io::Result<()> {
    w.element("message", &[("name", "AuthHeader")], |w| {
        w.empty("part", &[("name", "auth"), ("element", "ngnpro:auth")])
    })?;
    for port in ports {
        for operation in port.operations {
            w.element("message", &[("name", &message(port, operation, "Request"))], |w| {
                let part = |w: &mut Writer, name: &str, shape: &Shape| {
                    w.empty("part", &[("name", name), ("type", &shape.qualified())])
                };
                operation.parts.iter().try_for_each(|member| part(w, member.name, member.shape))
            })?;
            w.element("message", &[("name", &message(port, operation, "Response"))], |w| match operation.result {
                Some(shape) => w.empty("part", &[("name", "result"), ("type", &shape.qualified())]),
                None => Ok(()),
            })?;
        }
    }
    Ok(())
}

fn port_type(w: &mut Writer, port: &Port) -> io::Result<()> {
    w.element("portType", &[("name", &format!("{}PortType", port.name))], |w| {
        port.operations.iter().try_for_each(|operation| {
            w.element("operation", &[("name", operation.name)], |w| {
                w.element("documentation", &[], |w| w.text(operation.doc.trim()))?;
                for (element, direction) in [("input", "Request"), ("output", "Response")] {
                    w.empty(element, &[("message", &format!("ngnpro:{}", message(port, operation, direction)))])?;
                }
                Ok(())
            })
        })
    })
}

fn binding(w: &mut Writer, port: &Port) -> io::Result<()> {
    let (name, kind) = (format!("{}Binding", port.name), format!("ngnpro:{}PortType", port.name));
    w.element("binding", &[("name", &name), ("type", &kind)], |w| {
        w.empty("soap:binding", &[("style", "rpc"), ("transport", HTTP)])?;
        let body = [("use", "encoded"), ("namespace", port.namespace), ("encodingStyle", ENCODING)];
        port.operations.iter().try_for_each(|operation| {
            w.element("operation", &[("name", operation.name)], |w| {
                w.empty("soap:operation", &[("soapAction", "")])?;
                w.element("input", &[], |w| {
                    w.empty("soap:body", &body)?;
                    w.empty("soap:header", &[("message", "ngnpro:AuthHeader"), ("part", "auth"), ("use", "literal")])
                })?;
                w.element("output", &[], |w| w.empty("soap:body", &body))
            })
        })
    })
}

/// What people see who open the service in a browser.
pub(crate) fn overview(ports: &[&Port]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>NGNPro service</title><h1>NGNPro service</h1>\
         <p>Operations are called here by SOAP 1.1; the <a href=\"wsdl\">WSDL</a> describes all of them.</p>",
    );
    for port in ports {
        let (name, of) = (port.name, port.name.to_lowercase());
        let _ = write!(page, "<h2><a href=\"wsdl/{of}\">{name}Port</a></h2><p>{}</p><dl>", port.doc.trim());
        for operation in port.operations {
            let _ = write!(page, "<dt><code>{}</code></dt><dd>{}</dd>", operation.name, operation.doc.trim());
        }
        page.push_str("</dl>");
    }
    page.push_str("<h2>Codes of faults</h2><dl>");
    let mut shown = BTreeSet::new();
    for (kind, missing, there) in fault::KINDS.iter().filter(|(_, missing, _)| shown.insert(*missing)) {
        let _ = match there {
            9000.. => write!(page, "<dt>{missing}</dt><dd>{kind}: there is none</dd>"),
            _ => write!(page, "<dt>{missing}, {there}</dt><dd>{kind}: there is none; there is one already</dd>"),
        };
    }
    for (code, meaning) in fault::OWN {
        let _ = write!(page, "<dt>{code}</dt><dd>{meaning}</dd>");
    }
    page.push_str("</dl></html>\n");
    page
}
