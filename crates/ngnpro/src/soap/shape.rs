//! What a type looks like on the wire: what the WSDL says of it.

/// A type of the dialect.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A simple type of XML Schema, by its local name.
    Scalar(&'static str),
    /// A structure.
    Struct {
        /// Its name in the types' namespace.
        name: &'static str,
        /// What it is.
        doc: &'static str,
        /// What it has, in the order in which it is written.
        members: &'static [Member],
    },
    /// An array.
    Array {
        /// The name of the array's type in the types' namespace.
        name: &'static str,
        /// What is in it.
        of: &'static Shape,
    },
}

/// An element of a structure, or a parameter.
#[derive(Debug)]
pub(crate) struct Member {
    /// The element's name.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) doc: &'static str,
    /// Its type.
    pub(crate) shape: &'static Shape,
}

impl Shape {
    /// The type's name with the prefix that it has in our own documents.
    pub(crate) fn qualified(&self) -> String {
        match self {
            Shape::Scalar(name) => format!("xsd:{name}"),
            Shape::Struct { name, .. } | Shape::Array { name, .. } => format!("ngnpro:{name}"),
        }
    }
}
