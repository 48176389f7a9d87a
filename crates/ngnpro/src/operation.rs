//! Ports and operations: what is called, with which parameters, and what runs it.
//!
//! An operation is declared once, in its port's table; from there requests are dispatched and the WSDL is written.

use futures_util::future::BoxFuture;
use registry::id::AccountId;
use registry::seal::Sealer;
use registry::{Caller, Error, customer};
use store::Tx;

use crate::Ngnpro;
use crate::soap::{Fault, Member, Node, Shape, Wire, Wrong};

/// A port: the operations of one namespace.
#[derive(Debug)]
pub(crate) struct Port {
    /// Its name: `Customer` of `CustomerPort`.
    pub(crate) name: &'static str,
    /// The namespace of its operations.
    pub(crate) namespace: &'static str,
    /// What it is for.
    pub(crate) doc: &'static str,
    /// What can be called.
    pub(crate) operations: &'static [Operation],
}

/// Runs an operation and writes the answer.
pub(crate) type Run = for<'c> fn(&'c Call<'c>) -> BoxFuture<'c, Result<Vec<u8>, Fault>>;

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) doc: &'static str,
    /// Its parameters.
    pub(crate) parts: &'static [Member],
    /// What it answers with, if anything.
    pub(crate) result: Option<&'static Shape>,
    /// Runs it and writes the answer.
    pub(crate) run: Run,
}

/// A call of an operation.
#[derive(Debug)]
pub(crate) struct Call<'c> {
    /// What the face stands on.
    pub(crate) state: &'c Ngnpro,
    /// Who calls.
    pub(crate) caller: Caller,
    /// The operation's element.
    pub(crate) node: Node<'c>,
    /// The time of the call.
    pub(crate) now: i64,
}

impl Call<'_> {
    /// A parameter.
    ///
    /// # Errors
    /// Where it says something else than it is for.
    pub(crate) fn part<T: Wire>(&self, name: &'static str) -> Result<T, Fault> {
        let read = T::of(self.node, name).map_err(|Wrong { path, why }| Fault::invalid(format!("{path}: {why}")));
        if self.node.document().has_lost() {
            return Err(Fault::malformed(format!("{name}: a reference leads nowhere or on, or there are too many")));
        }
        read
    }

    /// The call within a transaction.
    pub(crate) fn within<'t>(&'t self, tx: &'t mut Tx) -> Cx<'t> {
        Cx { tx, caller: &self.caller, now: self.now, sealer: &self.state.sealer }
    }
}

/// What an operation works with.
pub(crate) struct Cx<'t> {
    /// The transaction.
    pub(crate) tx: &'t mut Tx,
    /// Who calls.
    pub(crate) caller: &'t Caller,
    /// The time of the call.
    pub(crate) now: i64,
    /// Seals and opens passwords.
    pub(crate) sealer: &'t Sealer,
}

impl Cx<'_> {
    /// Whose a new record is to be that names these; 0: nobody.
    ///
    /// # Errors
    /// As [`customer::owner_of_new`].
    pub(crate) async fn owner_of_new(&mut self, customer: i64, reseller: i64) -> Outcome<AccountId> {
        customer::owner_of_new(self.tx, self.caller, AccountId(customer), AccountId(reseller)).await
    }

    /// Whose a record is to be from now on that names these; 0: nobody.
    ///
    /// # Errors
    /// As [`customer::owner_after`].
    pub(crate) async fn owner_after(&mut self, before: AccountId, customer: i64, reseller: i64) -> Outcome<AccountId> {
        customer::owner_after(self.tx, self.caller, before, AccountId(customer), AccountId(reseller)).await
    }
}

/// What an operation comes to.
pub(crate) type Outcome<T> = Result<T, Error>;

/// Declares a port: `read` runs on a reader, `write` in a transaction that may run again, and `alone` gets the call and
/// does both for itself. What follows the arrow is the type of the result.
macro_rules! port {
    (
        $(#[doc = $port_doc:literal])* $static:ident = $port:literal {
            $($(#[doc = $doc:literal])* $mode:ident $name:ident($($part:ident as $wire:literal: $type:ty),*)
                $(-> $result:ty)? = $handler:path;)*
        }
    ) => {
        $(#[doc = $port_doc])*
        pub(crate) static $static: $crate::operation::Port = $crate::operation::Port {
            name: $port,
            namespace: concat!("urn:AGProjects:NGNPro:", $port),
            doc: concat!($($port_doc),*),
            operations: &[$($crate::operation::Operation {
                name: stringify!($name),
                doc: concat!($($doc),*),
                parts: &[$($crate::soap::Member {
                    name: $wire,
                    doc: "",
                    shape: <$type as $crate::soap::Wire>::SHAPE,
                }),*],
                result: $crate::operation::port!(@shape $($result)?),
                run: |call| Box::pin(async move {
                    $(let $part: $type = call.part($wire)?;)*
                    let result = $crate::operation::port!(@run $mode, call, $handler, $($part),*);
                    $crate::operation::port!(@answer result, concat!("urn:AGProjects:NGNPro:", $port), stringify!($name), $($result)?)
                }),
            }),*],
        };
    };
    (@shape) => { None };
    (@shape $result:ty) => { Some(<$result as $crate::soap::Wire>::SHAPE) };
    (@run read, $call:ident, $handler:path, $($part:ident),*) => {{
        let mut tx = $call.state.db.reader();
        let mut cx = $call.within(&mut tx);
        $handler(&mut cx, $($part),*).await?
    }};
    (@run write, $call:ident, $handler:path, $($part:ident),*) => {
        registry::transaction!($call.state.db, |tx| {
            let mut cx = $call.within(tx);
            $handler(&mut cx, $($part.clone()),*).await
        })?
    };
    (@run alone, $call:ident, $handler:path, $($part:ident),*) => {
        $handler($call, $($part),*).await?
    };
    (@answer $value:ident, $namespace:expr, $name:expr,) => {{
        let () = $value;
        $crate::soap::envelope::answer::<String>($namespace, $name, None).map_err(|_| $crate::soap::Fault::internal())
    }};
    (@answer $value:ident, $namespace:expr, $name:expr, $result:ty) => {{
        let value: $result = $value;
        $crate::soap::envelope::answer($namespace, $name, Some(&value)).map_err(|_| $crate::soap::Fault::internal())
    }};
}

pub(crate) use port;
