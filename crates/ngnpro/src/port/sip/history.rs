//! What has been going on: calls, phones that are online, traces. Calls and media have no source until a proxy is
//! connected: the answers are empty and of the right shape.

use std::collections::BTreeMap;

use plane::location::{Contact, MOST_NAMED, Whose};
use registry::{Error, sip_account, subscriber};

use super::SipId;
use crate::operation::{Call, Cx, Outcome};
use crate::soap::{Double, Fault, wire};

wire! {
    /// Which calls of a kind are wanted.
    CallQuery {
        /// From that time on, in seconds since 1970 UTC.
        from_date as "fromDate": i64,
        /// Up to that time.
        to_date as "toDate": i64,
        /// At most so many.
        limit as "limit": i64,
    }
}

wire! {
    /// Which calls are wanted.
    CallsQuery {
        /// Calls that the account has made.
        placed as "placed": CallQuery,
        /// Calls that it has got.
        received as "received": CallQuery,
    }
}

wire! {
    /// A call.
    WireCall as "Call" {
        /// Its id.
        session_id as "sessionId": String,
        /// Tag of the caller.
        from_tag as "fromTag": String,
        /// Tag of whom was called.
        to_tag as "toTag": String,
        /// Who called.
        from_uri as "fromURI": String,
        /// Who was called.
        to_uri as "toURI": String,
        /// The header that says who called.
        from_header as "fromHeader": String,
        /// When it began, in seconds since 1970 UTC.
        start_time as "startTime": String,
        /// When it ended; empty: it has not.
        stop_time as "stopTime": String,
        /// Seconds.
        duration as "duration": i64,
        /// What became of it, as SIP has it.
        status as "status": i64,
        /// What it has cost.
        price as "price": Double,
        /// The proxy that it went over.
        proxy_ip as "proxyIP": String,
        /// What it was made of.
        application_types as "applicationTypes": Vec<String>,
    }
}

wire! {
    /// The calls of an account.
    CallHistory {
        /// Those that it has made.
        placed as "placed": Vec<WireCall>,
        /// Those that it has got.
        received as "received": Vec<WireCall>,
    }
}

wire! {
    /// How many calls, and what they have cost.
    PlacedCallStatistics {
        /// How many.
        calls as "calls": i64,
        /// What they have cost.
        price as "price": Double,
    }
}

wire! {
    /// How many calls an account has made.
    CallStatistics {
        /// Those that it has made.
        placed as "placed": PlacedCallStatistics,
    }
}

wire! {
    /// Where a phone is.
    DeviceLocation {
        /// The address that it gives.
        address as "address": String,
        /// The port that it gives.
        port as "port": String,
        /// The address that it is reached at.
        public_address as "publicAddress": String,
        /// The port that it is reached at.
        public_port as "publicPort": String,
        /// Seconds until it is gone.
        expires as "expires": i64,
        /// What it is.
        user_agent as "userAgent": String,
        /// Over what it is reached.
        transport as "transport": String,
    }
}

wire! {
    /// Where the phones of an account are.
    DeviceLocations {
        /// Where they are.
        locations as "locations": Vec<DeviceLocation>,
    }
}

wire! {
    /// Which call's messages are wanted.
    SipTraceFilter {
        /// The proxy that it went over.
        node_ip as "nodeIp": String,
        /// Its id.
        call_id as "callId": String,
        /// Tag of the caller.
        from_tag as "fromTag": String,
        /// Tag of whom was called.
        to_tag as "toTag": String,
    }
}

wire! {
    /// Which call's media is wanted.
    MediaTraceFilter {
        /// The proxy that it went over.
        node_ip as "nodeIp": String,
        /// Its id.
        call_id as "callId": String,
        /// Tag of the caller.
        from_tag as "fromTag": String,
        /// Tag of whom was called.
        to_tag as "toTag": String,
    }
}

pub(super) async fn calls(cx: &mut Cx<'_>, id: SipId, _query: CallsQuery) -> Outcome<CallHistory> {
    id.found(cx).await?;
    Ok(CallHistory::default())
}

pub(super) async fn statistics(cx: &mut Cx<'_>, id: SipId, _query: CallsQuery) -> Outcome<CallStatistics> {
    id.found(cx).await?;
    Ok(CallStatistics::default())
}

/// Most accounts whose phones one call asks for, and most phones that it answers with.
const MOST_ASKED: usize = 1_000;
const MOST_PHONES: usize = 5_000;

/// One for each that is asked for: clients go by the place. Without a registrar's table there are none.
pub(super) async fn locations(call: &Call<'_>, ids: Vec<SipId>) -> Result<Vec<DeviceLocations>, Fault> {
    if ids.len() > MOST_ASKED {
        return Err(Fault::invalid(format!("sipIds: at most {MOST_ASKED} accounts are looked up at a time")));
    }
    let mut all: Vec<DeviceLocations> = ids.iter().map(|_| DeviceLocations::default()).collect();
    let table = &call.state.locations;
    if !table.is_configured() {
        return Ok(all);
    }
    let asked: Vec<(String, String)> = ids.iter().map(SipId::address).collect();
    let mut tx = call.state.db.reader();
    let found = sip_account::find_all(&mut tx, &call.caller, &asked).await?;
    let mut places: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (place, id) in found.iter().enumerate().filter_map(|(place, id)| Some((place, (*id)?))) {
        places.entry(id.0).or_default().push(place);
    }
    let ids: Vec<i64> = places.keys().copied().collect();
    let named = subscriber::addresses(&mut tx, &ids).await?;
    let (now, mut left) = (call.now / 1_000_000, MOST_PHONES);
    let unavailable = |error: plane::location::Error| Fault::unavailable(error.to_string());
    for some in named.chunks(MOST_NAMED) {
        let names: Vec<(String, String)> =
            some.iter().map(|(_, user, domain)| (user.clone(), domain.clone())).collect();
        let page = table.page(Whose::Subscribers(&names), now, 0, MOST_PHONES as i64).await.map_err(unavailable)?;
        if page.more {
            return Err(too_many());
        }
        for contact in &page.contacts {
            let is =
                |(_, user, domain): &&(i64, String, String)| *user == contact.username && *domain == contact.domain;
            let of = some.iter().find(is).and_then(|(id, ..)| places.get(id)).map_or(&[][..], Vec::as_slice);
            left = left.checked_sub(of.len()).ok_or_else(too_many)?;
            for place in of {
                if let Some(phones) = all.get_mut(*place) {
                    phones.locations.push(DeviceLocation::of(contact, now));
                }
            }
        }
    }
    Ok(all)
}

fn too_many() -> Fault {
    Fault::invalid(format!("sipIds: these have more than {MOST_PHONES} phones; ask for fewer accounts"))
}

impl DeviceLocation {
    fn of(contact: &Contact, now: i64) -> DeviceLocation {
        let (address, port, transport) = place(&contact.contact);
        let (public_address, public_port, _) = place(contact.received.as_deref().unwrap_or(&contact.contact));
        DeviceLocation {
            address,
            port,
            public_address,
            public_port,
            expires: contact.expires.map_or(0, |expires| (expires - now).max(0)),
            user_agent: contact.user_agent.clone(),
            transport,
        }
    }
}

/// The address, the port and the transport of a SIP URI.
fn place(uri: &str) -> (String, String, String) {
    let (secure, rest) = match uri.split_once(':') {
        Some((scheme, rest)) => (scheme.eq_ignore_ascii_case("sips"), rest),
        None => (false, uri),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let (host, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let ends_in_port = |(_, port): &(&str, &str)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let (address, port) =
        host.rsplit_once(':').filter(ends_in_port).unwrap_or((host, if secure { "5061" } else { "5060" }));
    let said = parameters.split(';').find_map(|parameter| parameter.strip_prefix("transport="));
    let transport = said.unwrap_or(if secure { "tls" } else { "udp" }).to_ascii_lowercase();
    (address.to_owned(), port.to_owned(), transport)
}

/// A list in JSON in which there is nothing.
const NOTHING: &str = "[]";

pub(super) async fn sip_trace(_cx: &mut Cx<'_>, _filter: SipTraceFilter) -> Outcome<String> {
    Ok(NOTHING.to_owned())
}

pub(super) async fn media_trace(_cx: &mut Cx<'_>, filter: MediaTraceFilter) -> Outcome<String> {
    Err(Error::not_found("media trace", filter.call_id))
}

pub(super) async fn media_list(_cx: &mut Cx<'_>) -> Outcome<String> {
    Ok(NOTHING.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_where_their_uris_say() {
        for (uri, expected) in [
            ("sip:alice@192.0.2.1:5062;transport=TCP", ("192.0.2.1", "5062", "tcp")),
            ("sip:alice@192.0.2.1", ("192.0.2.1", "5060", "udp")),
            ("sips:alice@phone.example.com;ob", ("phone.example.com", "5061", "tls")),
            ("sip:[2001:db8::1]:5070;transport=ws", ("[2001:db8::1]", "5070", "ws")),
            ("sip:[2001:db8::1]", ("[2001:db8::1]", "5060", "udp")),
            ("", ("", "5060", "udp")),
        ] {
            let (address, port, transport) = place(uri);
            assert_eq!((&*address, &*port, &*transport), expected, "{uri}");
        }
    }
}
