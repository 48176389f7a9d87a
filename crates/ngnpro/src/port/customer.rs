//! CustomerPort: customers and resellers, their credentials and properties.

use registry::account;
use registry::id::AccountId;

use crate::operation::{Cx, Outcome, port};
use crate::soap::wire;

wire! {
    /// A customer or reseller.
    CustomerAccount {
        /// Its id.
        id as "id": i64,
    }
}

port! {
    /// Customers and resellers.
    CUSTOMER = "Customer" {
        /// One of them.
        read getAccount(id as "id": i64) -> CustomerAccount = get_account;
    }
}

async fn get_account(cx: &mut Cx<'_>, id: i64) -> Outcome<CustomerAccount> {
    let found = account::get(cx.tx, cx.caller, AccountId(id)).await?;
    Ok(CustomerAccount { id: found.id.0 })
}
