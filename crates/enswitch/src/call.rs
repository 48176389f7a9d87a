//! One call of a function: who calls, with which parameters.

use ordering::Ordering;
use registry::account::{self, Account};
use registry::id::{AccountId, ClassId, PoolId};
use registry::login::Login;
use registry::number;
use registry::{Caller, Error, Role};
use store::{Db, Tx};

use crate::Enswitch;
use crate::dial::Dial;
use crate::error::{Failure, Refusal};
use crate::function::{Function, Kind};
use crate::parameters::Parameters;

/// Who is logged in, and how.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) login: Login,
    pub(crate) caller: Caller,
    /// By password, not by token.
    pub(crate) by_password: bool,
}

/// One call.
pub(crate) struct Call {
    pub(crate) state: Enswitch,
    pub(crate) function: &'static Function,
    pub(crate) parameters: Parameters,
    pub(crate) identity: Option<Identity>,
}

impl Call {
    pub(crate) fn ordering(&self) -> &Ordering {
        &self.state.ordering
    }

    pub(crate) fn db(&self) -> &Db {
        self.state.ordering.db()
    }

    pub(crate) fn now(&self) -> i64 {
        self.state.ordering.clock().now()
    }

    pub(crate) fn dial(&self) -> Dial<'_> {
        Dial { plan: &self.state.dial_plan, e164: self.flag("e164") }
    }

    pub(crate) fn anyone(&self) -> Option<&Caller> {
        self.identity.as_ref().map(|identity| &identity.caller)
    }

    pub(crate) fn caller(&self) -> Result<&Caller, Failure> {
        self.anyone().ok_or(Failure::Registry(Error::NotAuthenticated))
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.anyone().is_some_and(|caller| caller.role == Role::Admin)
    }

    /// Everything that is wrong with the parameters by their table.
    pub(crate) fn faults(&self) -> Vec<Refusal> {
        let fault = |name: &str, kind: Kind, required: bool| match self.parameters.filled(name) {
            None if required => Some("is missing".to_owned()),
            None => None,
            Some(value) => self.fault(kind, value),
        };
        let all = self.function.all_parameters();
        all.iter().filter_map(|p| Some(Refusal::wrong(p.name, fault(p.name, p.kind, p.required)?))).collect()
    }

    fn fault(&self, kind: Kind, value: &str) -> Option<String> {
        match kind {
            Kind::Text(most) if value.chars().count() > most => Some(format!("has more than {most} characters")),
            Kind::Text(_) => None,
            Kind::Flag => (!matches!(value, "0" | "1")).then(|| format!("`{value}` is neither 0 nor 1")),
            Kind::Integer(least, most) => match value.parse::<i64>() {
                Ok(n) if (least..=most).contains(&n) => None,
                Ok(_) if most == i64::MAX => Some(format!("`{value}` is less than {least}")),
                Ok(_) => Some(format!("`{value}` is not {least} to {most}")),
                Err(_) => Some(format!("`{value}` is not an integer")),
            },
            Kind::Number => self.dial().read(value).err(),
            Kind::Prefix => self.dial().read_prefix(value).err(),
            Kind::Word(words) => {
                (!words.contains(&value)).then(|| format!("`{value}` is not one of {}", words.join(", ")))
            }
        }
    }

    /// The value, which may be empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.parameters.given(name)
    }

    /// The value, if it is there and not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.parameters.filled(name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.filled(name) == Some("1")
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.filled(name)?.parse().ok()
    }

    /// A required integer.
    pub(crate) fn id(&self, name: &'static str) -> Result<i64, Failure> {
        self.integer(name).ok_or_else(|| Failure::wrong(name, "is missing"))
    }

    pub(crate) fn ingroup(&self) -> Result<PoolId, Failure> {
        self.id("ingroup").map(PoolId)
    }

    /// The number class; 0 means any.
    pub(crate) fn class(&self) -> Option<ClassId> {
        self.integer("class").filter(|id| *id != 0).map(ClassId)
    }

    /// The E.164 digits of a required number.
    pub(crate) fn number(&self, name: &'static str) -> Result<String, Failure> {
        let text = self.filled(name).ok_or_else(|| Failure::wrong(name, "is missing"))?;
        self.dial().read(text).map_err(|why| Failure::wrong(name, why))
    }

    /// The first E.164 digits of the numbers that are wanted; all, where nothing is said.
    pub(crate) fn prefix(&self, name: &'static str) -> Result<String, Failure> {
        let text = self.filled(name).unwrap_or_default();
        self.dial().read_prefix(text).map_err(|why| Failure::wrong(name, why))
    }

    /// Ends a transaction without a trace where only its outcome was to be found out.
    pub(crate) fn unless_validating(&self) -> Result<(), Failure> {
        if self.flag("validation") { Err(Failure::Validated) } else { Ok(()) }
    }

    /// The account that `customer` names, if the caller may see it.
    pub(crate) async fn named_customer(&self, tx: &mut Tx) -> Result<Option<Account>, Failure> {
        match self.integer("customer") {
            Some(id) => Ok(Some(account::get(tx, self.caller()?, AccountId(id)).await?)),
            None => Ok(None),
        }
    }

    /// The account that `customer` names, else the caller's own.
    pub(crate) async fn customer(&self, tx: &mut Tx) -> Result<Account, Failure> {
        match self.named_customer(tx).await? {
            Some(account) => Ok(account),
            None => Ok(account::get(tx, self.caller()?, self.caller()?.account).await?),
        }
    }

    /// The account that buys.
    pub(crate) async fn buyer(&self, tx: &mut Tx) -> Result<Account, Failure> {
        let account = self.customer(tx).await?;
        number::may_buy(tx, self.caller()?, account.id).await?;
        Ok(account)
    }

    /// A message with the request's numbers in the form in which they came.
    pub(crate) fn in_request_form(&self, message: &str) -> String {
        let numbers = self.function.parameters.iter().filter(|p| matches!(p.kind, Kind::Number));
        numbers.filter_map(|p| self.filled(p.name)).fold(message.to_owned(), |message, text| {
            match self.dial().read(text) {
                Ok(digits) => message.replace(&digits, &self.dial().write(&digits)),
                Err(_) => message,
            }
        })
    }
}
