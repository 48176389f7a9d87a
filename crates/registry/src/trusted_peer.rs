//! Trusted peers: addresses from which calls are taken without a password, and how.
//!
//! There is each address once on the platform. They are kept by administrators, and by resellers that are active and may
//! reach the telephone network.

use std::net::IpAddr;

use store::{Tx, args};

use crate::caller::Caller;
use crate::dns::{name, root};
use crate::id::{AccountId, TrustedPeerId};
use crate::listing::{Column, Reach, Shared, Source};
use crate::pstn;
use crate::record::{self, Kept, Record, record};
use crate::seal::{Sealed, Sealer};
use crate::sip_account::rights;
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A trusted peer.
    TrustedPeer(TrustedPeerId) in "trusted_peers" called "trusted peer" {
        /// Whose it is.
        account_id: AccountId,
        /// The nearest reseller at or above that account.
        reseller_id: AccountId,
        /// The account that it is assigned to.
        owner_id: Option<AccountId>,
        /// An address or the name of a host; it remains.
        ip: String,
        /// Whatever there is to say of it.
        description: String,
        /// Whether it is Microsoft Teams.
        msteams: bool,
        /// The domain of the Teams tenant.
        tenant: String,
        /// What the Teams tenant authenticates with.
        #[serde(skip)]
        auth_token: Sealed,
        /// The carrier that its calls come from.
        carrier_name: String,
        /// What routes know its calls by.
        originator: String,
        /// Free words.
        tags: String,
        /// Whom its calls are billed to.
        billing_id: String,
        /// Digits that are put before the number that is called, once `strip` of them have been taken from it.
        prefix: String,
        /// How many digits are taken from the number that is called.
        strip: i64,
        /// Most calls at a time; 0: any number.
        call_limit: i64,
        /// Whether its calls are paid before.
        prepaid: bool,
        /// Whether, and why, its calls are refused; 0: they are not.
        blocked: i64,
        /// Whether the number that is called is looked up in ENUM.
        enum_lookup: bool = true,
        /// Whether its calls may leave for the telephone network.
        transit: bool,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// All trusted peers.
pub static ALL: Source = Source {
    name: "trusted peers",
    from: "trusted_peers t",
    fixed: "",
    reach: Reach { shared: Shared::WithOwner("owner_id"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("owner_id", "t.owner_id"),
        Column::text("ip", "t.ip"),
        Column::text("description", "t.description"),
        Column::text("tenant", "t.tenant"),
        Column::text("billing_id", "t.billing_id"),
        Column::bool("msteams", "t.msteams"),
        Column::int("blocked", "t.blocked"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

statements! {
    BY_IP = "SELECT id FROM trusted_peers WHERE ip = $1";
    OF_ACCOUNT = "SELECT id FROM trusted_peers WHERE account_id = $1 ORDER BY id LIMIT 100";
}

/// An address or name as it is stored.
fn address(text: &str) -> Result<String> {
    let text = text.trim();
    match text.parse::<IpAddr>() {
        Ok(ip) => Ok(ip.to_string()),
        Err(_) => name::host("ip", text),
    }
}

/// The peer of that address, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_ip(tx: &mut Tx, caller: &Caller, ip: &str) -> Result<TrustedPeer> {
    let not_found = || Error::not_found(TrustedPeer::NOUN, ip);
    let address = address(ip).map_err(|_| not_found())?;
    let row = tx.query_opt(BY_IP, args![address]).await?.ok_or_else(not_found)?;
    match record::get(tx, caller, row.at(0)?).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        other => other,
    }
}

/// Removes the peers of an account that ends.
pub(crate) async fn delete_of_account(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId) -> Result<()> {
    record::delete_all::<TrustedPeer>(tx, &caller.elevated(), now, OF_ACCOUNT, id.0).await
}

impl TrustedPeer {
    fn sealing_context(&self) -> Result<String> {
        Ok(format!("token of trusted peer {}", address(&self.ip)?))
    }

    /// What the Teams tenant authenticates with, where there is something and the caller is shown such things.
    ///
    /// # Errors
    /// [`Error::Internal`] where it was sealed with another key.
    pub fn token(&self, caller: &Caller, sealer: &Sealer) -> Result<Option<String>> {
        if !caller.rights.show_passwords {
            return Ok(None);
        }
        self.auth_token.open(sealer, &self.sealing_context()?)
    }

    /// Sets what the Teams tenant authenticates with; the address must be there. It stays where whoever is not shown it sends
    /// nothing back.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `auth_token` and `ip`.
    pub fn set_token(&mut self, caller: &Caller, sealer: &Sealer, token: &str) -> Result<()> {
        if token.is_empty() && !caller.rights.show_passwords {
            return Ok(());
        }
        if token.len() > 4_096 {
            return Err(Error::invalid("auth_token", "a token has at most 4096 bytes"));
        }
        let token = Some(token).filter(|token| !token.is_empty());
        self.auth_token = Sealed::new(sealer, &self.sealing_context()?, token)?;
        Ok(())
    }

    fn check(&self) -> Result<()> {
        for (field, text) in [
            ("description", &self.description),
            ("tenant", &self.tenant),
            ("carrier_name", &self.carrier_name),
            ("originator", &self.originator),
            ("tags", &self.tags),
            ("billing_id", &self.billing_id),
        ] {
            pstn::check_text(field, text)?;
        }
        pstn::check_digits("prefix", &self.prefix)?;
        pstn::check_int("strip", self.strip, pstn::LONGEST_NUMBER)?;
        pstn::check_int("call_limit", self.call_limit, 1_000_000)?;
        pstn::check_int("blocked", self.blocked, 1_000)
    }
}

#[async_trait::async_trait]
impl Kept for TrustedPeer {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "ip";

    fn must_keep(caller: &Caller) -> Result<()> {
        pstn::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        pstn::may_keep(tx, caller).await?;
        self.ip = address(&self.ip)?;
        self.check()?;
        if before.is_some_and(|before| before.ip != self.ip) {
            return Err(Error::invalid("ip", "a peer keeps its address"));
        }
        if before.is_none_or(|before| before.account_id != self.account_id) {
            let account = rights::keep_account(tx, caller, "account_id", self.account_id).await?;
            self.reseller_id = account.reseller_id;
        } else if let Some(before) = before {
            self.reseller_id = before.reseller_id;
        }
        root::check_owner(tx, caller, self.owner_id, before.and_then(|before| before.owner_id)).await?;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        pstn::may_keep(tx, caller).await
    }
}
