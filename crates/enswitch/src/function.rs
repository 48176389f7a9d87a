//! What a function is: the row of a table from which requests are checked and the documentation is written.

use std::pin::Pin;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;

/// How a handler ends.
pub(crate) type Outcome = Result<Answer, Failure>;
/// A handler.
pub(crate) type Run = for<'a> fn(&'a Call) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Also those who are not logged in.
    Anyone,
    /// Whoever is logged in.
    LoggedIn,
    /// Administrators: Enswitch's system role.
    System,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// 0 or 1.
    Flag,
    /// An integer in that range.
    Integer(i64, i64),
    /// A number, in the dial plan of the request.
    Number,
    /// The beginning of numbers, in the dial plan of the request.
    Prefix,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// An id of a record.
pub(crate) const ID: Kind = Kind::Integer(0, i64::MAX);

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// Not Enswitch's: Strowger's own.
    pub(crate) own: bool,
    pub(crate) doc: &'static str,
}

pub(crate) const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Parameter {
    Parameter { name, kind, required: true, own: false, doc }
}

pub(crate) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Parameter {
    Parameter { name, kind, required: false, own: false, doc }
}

pub(crate) const fn own(name: &'static str, kind: Kind, doc: &'static str) -> Parameter {
    Parameter { name, kind, required: false, own: true, doc }
}

/// The parameters that list functions share.
const LIST: [Parameter; 5] = [
    optional("limit", Kind::Integer(0, i64::MAX), "Most rows; 0, the default: all. Never more than 1000 at a time."),
    optional("offset", Kind::Integer(0, i64::MAX), "How many rows are left out at the beginning."),
    optional("count", Kind::Flag, "1: the answer is `{count}`, the number of rows, instead of the rows."),
    optional("pages", Kind::Flag, "1: the answer is `{count, pages}`, with the number of pages of `limit` rows."),
    optional("descending", Kind::Flag, "1: from the last to the first."),
];
const E164: Parameter = own("e164", Kind::Flag, "1: numbers go in and out as E.164 digits.");
const VALIDATION: Parameter =
    optional("validation", Kind::Flag, "1: checks everything, answers 201 and changes nothing.");

/// A function.
pub(crate) struct Function {
    pub(crate) path: &'static str,
    pub(crate) who: Who,
    /// Not Enswitch's: Strowger's own.
    pub(crate) own: bool,
    pub(crate) summary: &'static str,
    pub(crate) parameters: &'static [Parameter],
    /// Parameters that Enswitch documents and that mean nothing here.
    pub(crate) ignored: &'static [&'static str],
    /// For a list: the columns by which it can be sorted, the default first, and what is searched.
    pub(crate) list: Option<(&'static [&'static str], Kind, &'static str)>,
    /// Numbers go in or out.
    pub(crate) numbers: bool,
    /// `validation=1` is understood.
    pub(crate) validates: bool,
    /// The parameter that is to blame for a conflict.
    pub(crate) subject: &'static str,
    pub(crate) returns: &'static str,
    pub(crate) run: Run,
}

impl Function {
    pub(crate) const fn new(
        path: &'static str,
        who: Who,
        summary: &'static str,
        returns: &'static str,
        run: Run,
    ) -> Function {
        Function {
            path,
            who,
            own: false,
            summary,
            parameters: &[],
            ignored: &[],
            list: None,
            numbers: false,
            validates: false,
            subject: "",
            returns,
            run,
        }
    }

    pub(crate) const fn parameters(mut self, parameters: &'static [Parameter]) -> Function {
        self.parameters = parameters;
        self
    }

    pub(crate) const fn ignored(mut self, ignored: &'static [&'static str]) -> Function {
        self.ignored = ignored;
        self
    }

    pub(crate) const fn list(
        mut self,
        sort: &'static [&'static str],
        search: Kind,
        searched: &'static str,
    ) -> Function {
        self.list = Some((sort, search, searched));
        self
    }

    pub(crate) const fn numbers(mut self) -> Function {
        self.numbers = true;
        self.subject = "number";
        self
    }

    pub(crate) const fn subject(mut self, subject: &'static str) -> Function {
        self.subject = subject;
        self
    }

    pub(crate) const fn validates(mut self) -> Function {
        self.validates = true;
        self
    }

    pub(crate) const fn own(mut self) -> Function {
        self.own = true;
        self
    }

    /// All parameters, those included that many functions share.
    pub(crate) fn all_parameters(&self) -> Vec<Parameter> {
        let mut all = self.parameters.to_vec();
        if let Some((sort, kind, searched)) = self.list {
            all.extend(LIST);
            all.push(optional("sort", Kind::Word(sort), "The column to sort by."));
            all.push(optional("search", kind, searched));
        }
        if self.validates {
            all.push(VALIDATION);
        }
        if self.numbers {
            all.push(E164);
        }
        all
    }
}
