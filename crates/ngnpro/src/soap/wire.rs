//! Types of the dialect: how values are read and written, and the declaration of structures.
//!
//! Reading goes by the type of the field, never by what a client says the type is: booleans come as integers, integers as
//! text. What is absent, empty or nil means the same.

use std::io;

use rust_decimal::Decimal;

use super::document::Node;
use super::shape::Shape;
use super::write::Writer;

/// A value that is not what its element is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Where it is, from the parameter on.
    pub(crate) path: String,
    /// What is wrong with it.
    pub(crate) why: String,
}

impl Wrong {
    pub(crate) fn within(self, name: &str) -> Wrong {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.path) };
        Wrong { path, ..self }
    }

    fn value(node: Node<'_>, expected: &str) -> Wrong {
        let shown: String = node.text().chars().take(60).collect();
        Wrong { path: String::new(), why: format!("`{shown}` is not {expected}") }
    }
}

/// A type that goes over the wire.
pub(crate) trait Wire: Sized {
    /// What the WSDL says of it.
    const SHAPE: &'static Shape;

    /// What it is where nothing is said.
    fn absent() -> Self;

    /// Whether an element says nothing, so that what is there stays: it has nothing in it. Text that is empty says that it
    /// is, and so does an array.
    fn says_nothing(node: Node<'_>) -> bool {
        node.is_empty()
    }

    /// Reads an element that says something.
    ///
    /// # Errors
    /// Where it says something else.
    fn read(node: Node<'_>) -> Result<Self, Wrong>;

    /// Writes it as an element of that name.
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()>;

    /// Reads the element of that name in another one, if it is there.
    ///
    /// # Errors
    /// As [`Wire::read`], saying where.
    fn of(node: Node<'_>, name: &'static str) -> Result<Self, Wrong> {
        match node.child(name) {
            Some(child) if !child.is_empty() => Self::read(child).map_err(|wrong| wrong.within(name)),
            _ => Ok(Self::absent()),
        }
    }
}

impl Wire for String {
    const SHAPE: &'static Shape = &Shape::Scalar("string");
    fn absent() -> String {
        String::new()
    }
    fn says_nothing(node: Node<'_>) -> bool {
        node.is_nil()
    }
    fn of(node: Node<'_>, name: &'static str) -> Result<String, Wrong> {
        // Blanks are text.
        Ok(node.child(name).filter(|child| !child.is_nil()).map(|child| child.text().to_owned()).unwrap_or_default())
    }
    fn read(node: Node<'_>) -> Result<String, Wrong> {
        Ok(node.text().to_owned())
    }
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()> {
        writer.scalar(name, "string", self)
    }
}

impl Wire for i64 {
    const SHAPE: &'static Shape = &Shape::Scalar("integer");
    fn absent() -> i64 {
        0
    }
    fn read(node: Node<'_>) -> Result<i64, Wrong> {
        let text = node.text().trim();
        // PHP writes numbers that it has computed with a fraction.
        let whole = text.strip_suffix(".0").unwrap_or(text);
        whole.parse().map_err(|_| Wrong::value(node, "an integer"))
    }
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()> {
        writer.scalar(name, "integer", &self.to_string())
    }
}

impl Wire for bool {
    const SHAPE: &'static Shape = &Shape::Scalar("boolean");
    fn absent() -> bool {
        false
    }
    fn read(node: Node<'_>) -> Result<bool, Wrong> {
        match node.text().trim() {
            "true" | "True" | "TRUE" | "1" => Ok(true),
            "false" | "False" | "FALSE" | "0" => Ok(false),
            _ => Err(Wrong::value(node, "a boolean")),
        }
    }
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()> {
        writer.scalar(name, "boolean", if *self { "true" } else { "false" })
    }
}

/// A number with a fraction, exact as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Double(pub(crate) Decimal);

impl Wire for Double {
    const SHAPE: &'static Shape = &Shape::Scalar("double");
    fn absent() -> Double {
        Double::default()
    }
    fn read(node: Node<'_>) -> Result<Double, Wrong> {
        let text = node.text().trim();
        let parsed = text.parse().or_else(|_| Decimal::from_scientific(text));
        parsed.map(Double).map_err(|_| Wrong::value(node, "a number"))
    }
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()> {
        writer.scalar(name, "double", &self.0.normalize().to_string())
    }
}

/// What may be absent. It is not written where it is.
impl<T: Wire> Wire for Option<T> {
    const SHAPE: &'static Shape = T::SHAPE;
    fn absent() -> Option<T> {
        None
    }
    fn of(node: Node<'_>, name: &'static str) -> Result<Option<T>, Wrong> {
        match node.child(name) {
            Some(child) if !T::says_nothing(child) => Self::read(child).map_err(|wrong| wrong.within(name)),
            _ => Ok(None),
        }
    }
    fn read(node: Node<'_>) -> Result<Option<T>, Wrong> {
        T::read(node).map(Some)
    }
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()> {
        match self {
            Some(value) => value.write(writer, name),
            None => Ok(()),
        }
    }
}

/// A type of which there are arrays.
pub(crate) trait Item: Wire {
    /// The array's shape.
    const ARRAY: &'static Shape;
}

impl Item for String {
    const ARRAY: &'static Shape = &Shape::Array { name: "StringArray", of: String::SHAPE };
}

/// Whatever the elements in it are called, they are its items.
impl<T: Item> Wire for Vec<T> {
    const SHAPE: &'static Shape = T::ARRAY;
    fn absent() -> Vec<T> {
        Vec::new()
    }
    fn says_nothing(node: Node<'_>) -> bool {
        node.is_empty() && !node.is_empty_array()
    }
    fn read(node: Node<'_>) -> Result<Vec<T>, Wrong> {
        let item = |(n, child): (usize, Node<'_>)| {
            if T::says_nothing(child) {
                Ok(T::absent())
            } else {
                T::read(child).map_err(|wrong| wrong.within(&format!("{n}")))
            }
        };
        node.children().enumerate().map(item).collect()
    }
    fn write(&self, writer: &mut Writer, name: &str) -> io::Result<()> {
        writer.array(name, T::SHAPE, self.len(), |writer| self.iter().try_for_each(|item| item.write(writer, "item")))
    }
}

/// Declares a structure once: its name on the wire, and its elements in the order in which they are written.
///
/// `username as "username": String` is a field, the element's name and the type. A type whose name on the wire is that of
/// something else here says so: `WireRange as "EnumRange"`.
macro_rules! wire {
    ($(#[doc = $doc:literal])* $name:ident { $($rest:tt)* }) => {
        $crate::soap::wire!(@ $(#[doc = $doc])* $name; stringify!($name); concat!(stringify!($name), "Array"); { $($rest)* });
    };
    ($(#[doc = $doc:literal])* $name:ident as $known:literal { $($rest:tt)* }) => {
        $crate::soap::wire!(@ $(#[doc = $doc])* $name; $known; concat!($known, "Array"); { $($rest)* });
    };
    (@ $(#[doc = $doc:literal])* $name:ident; $known:expr; $array:expr; {
        $($(#[doc = $of:expr])* $field:ident as $wire:literal: $type:ty),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct $name {
            $($(#[doc = $of])* pub(crate) $field: $type),*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($field: <$type as $crate::soap::Wire>::absent()),* }
            }
        }

        impl $crate::soap::Wire for $name {
            const SHAPE: &'static $crate::soap::Shape = &$crate::soap::Shape::Struct {
                name: $known,
                doc: concat!($($doc),*),
                members: &[$($crate::soap::Member {
                    name: $wire,
                    doc: concat!($($of),*),
                    shape: <$type as $crate::soap::Wire>::SHAPE,
                }),*],
            };
            fn absent() -> $name {
                $name::default()
            }
            fn read(node: $crate::soap::Node<'_>) -> std::result::Result<$name, $crate::soap::Wrong> {
                Ok($name { $($field: <$type as $crate::soap::Wire>::of(node, $wire)?),* })
            }
            fn write(&self, writer: &mut $crate::soap::Writer, name: &str) -> std::io::Result<()> {
                writer.structure(name, Self::SHAPE, |writer| {
                    $($crate::soap::Wire::write(&self.$field, writer, $wire)?;)*
                    Ok(())
                })
            }
        }

        impl $crate::soap::wire::Item for $name {
            const ARRAY: &'static $crate::soap::Shape = &$crate::soap::Shape::Array {
                name: $array,
                of: <$name as $crate::soap::Wire>::SHAPE,
            };
        }
    };
}

pub(crate) use wire;
