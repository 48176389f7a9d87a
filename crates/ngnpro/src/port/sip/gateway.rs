//! Gateways of carriers, and their rules.

use registry::id::{PstnCarrierId, PstnGatewayId};
use registry::pstn::{self, GATEWAY_RULES, GATEWAYS, GatewayEntry, GatewayRuleEntry};
use registry::{Error, listing, record};

use crate::operation::{Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::when;
use crate::soap::wire;

wire! {
    /// A gateway of a carrier. What is not given stays as it is.
    Gateway {
        /// Its id, given by the server.
        id as "id": i64,
        /// Its name.
        name as "name": Option<String>,
        /// Its carrier.
        carrier_id as "carrier_id": Option<i64>,
        /// Over what it is reached: udp, tcp or tls.
        transport as "transport": Option<String>,
        /// An address or the name of a host.
        ip as "ip": Option<String>,
        /// The port; 0: 5060.
        port as "port": Option<i64>,
        /// The name of its carrier.
        carrier as "carrier": String,
        /// The carrier's reseller.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which gateways are wanted.
    GatewayFilter {
        /// The one of that id.
        id as "id": i64,
        /// A name, with wildcards.
        name as "name": String,
        /// Of that carrier.
        carrier_id as "carrier_id": i64,
        /// Of that customer, which is a reseller.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Gateways.
    GatewayQuery(GatewayFilter) -> GatewayList { gateways as "gateways": Gateway } by { "changeDate" as "modified_at", "name" as "name", "carrier_id" as "carrier_id", "ip" as "ip" }
}

wire! {
    /// What a gateway wants of the numbers that it is given. What is not given stays as it is.
    GatewayRule {
        /// Its id, given by the server.
        id as "id": i64,
        /// Its gateway.
        gateway_id as "gateway_id": Option<i64>,
        /// What numbers begin with, 00 before the country code; empty: any.
        prefix as "prefix": Option<String>,
        /// How many digits are taken from the number.
        strip as "strip": Option<i64>,
        /// What is put before the rest.
        prepend as "prepend": Option<String>,
        /// Fewest digits of a number; 0: any.
        min_length as "minLength": Option<i64>,
        /// Most digits of a number; 0: any.
        max_length as "maxLength": Option<i64>,
        /// The name of its gateway.
        gateway as "gateway": String,
        /// The gateway's carrier.
        carrier_id as "carrier_id": i64,
        /// The name of the carrier.
        carrier as "carrier": String,
        /// The carrier's reseller.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which rules are wanted.
    GatewayRuleFilter {
        /// The one of that id.
        id as "id": i64,
        /// Of that gateway.
        gateway_id as "gateway_id": i64,
        /// Of gateways of that carrier.
        carrier_id as "carrier_id": i64,
        /// What numbers begin with, with wildcards.
        prefix as "prefix": String,
        /// Of that customer, which is a reseller.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Rules of gateways.
    GatewayRuleQuery(GatewayRuleFilter) -> GatewayRuleList { gateway_rules as "gateway_rules": GatewayRule } by { "changeDate" as "modified_at", "gateway" as "gateway", "carrier" as "carrier", "prefix" as "prefix" }
}

impl From<GatewayEntry> for Gateway {
    fn from(GatewayEntry { gateway, carrier }: GatewayEntry) -> Gateway {
        Gateway {
            id: gateway.id.0,
            name: Some(gateway.name),
            carrier_id: Some(gateway.carrier_id.0),
            transport: Some(gateway.transport),
            ip: Some(gateway.ip),
            port: Some(gateway.port),
            carrier,
            reseller: gateway.reseller_id.0,
            change_date: when(gateway.modified_at),
        }
    }
}

impl Gateway {
    fn over(self, before: pstn::Gateway) -> pstn::Gateway {
        pstn::Gateway {
            name: self.name.unwrap_or(before.name),
            carrier_id: self.carrier_id.map_or(before.carrier_id, PstnCarrierId),
            transport: self.transport.filter(|text| !text.is_empty()).unwrap_or(before.transport),
            ip: self.ip.unwrap_or(before.ip),
            port: self.port.unwrap_or(before.port),
            ..before
        }
    }
}

fn lost() -> Error {
    Error::Internal("what was just added is not there".to_owned())
}

pub(super) async fn add(cx: &mut Cx<'_>, given: Gateway) -> Outcome<Gateway> {
    let made = record::create(cx.tx, cx.caller, cx.now, given.over(pstn::Gateway::default())).await?;
    let entry = pstn::load_gateways(cx.tx, &[made.id.0]).await?.pop();
    entry.map(Gateway::from).ok_or_else(lost)
}

pub(super) async fn update(cx: &mut Cx<'_>, given: Gateway) -> Outcome<()> {
    let before = record::get(cx.tx, cx.caller, given.id).await?;
    record::update(cx.tx, cx.caller, cx.now, given.over(before)).await?;
    Ok(())
}

pub(super) async fn delete(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
    record::delete::<pstn::Gateway>(cx.tx, cx.caller, cx.now, id).await?;
    Ok(())
}

pub(super) async fn list(cx: &mut Cx<'_>, query: GatewayQuery) -> Outcome<GatewayList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .id("id", filter.id)
        .text("name", &filter.name)
        .id("carrier_id", filter.carrier_id)
        .id("reseller_id", filter.customer)
        .id("reseller_id", filter.reseller);
    let found = listing::page(cx.tx, cx.caller, &GATEWAYS, &query.of(filters)).await?;
    let gateways = pstn::load_gateways(cx.tx, &found.ids).await?.into_iter().map(Gateway::from).collect();
    Ok(GatewayList { total: found.total.unwrap_or(0), gateways })
}

impl From<GatewayRuleEntry> for GatewayRule {
    fn from(GatewayRuleEntry { rule, gateway, carrier_id, carrier }: GatewayRuleEntry) -> GatewayRule {
        GatewayRule {
            id: rule.id.0,
            gateway_id: Some(rule.gateway_id.0),
            prefix: Some(rule.prefix),
            strip: Some(rule.strip),
            prepend: Some(rule.prepend),
            min_length: Some(rule.min_length),
            max_length: Some(rule.max_length),
            gateway,
            carrier_id: carrier_id.0,
            carrier,
            reseller: rule.reseller_id.0,
            change_date: when(rule.modified_at),
        }
    }
}

impl GatewayRule {
    fn over(self, before: pstn::GatewayRule) -> pstn::GatewayRule {
        pstn::GatewayRule {
            gateway_id: self.gateway_id.map_or(before.gateway_id, PstnGatewayId),
            prefix: self.prefix.unwrap_or(before.prefix),
            strip: self.strip.unwrap_or(before.strip),
            prepend: self.prepend.unwrap_or(before.prepend),
            min_length: self.min_length.unwrap_or(before.min_length),
            max_length: self.max_length.unwrap_or(before.max_length),
            ..before
        }
    }
}

pub(super) async fn add_rule(cx: &mut Cx<'_>, given: GatewayRule) -> Outcome<GatewayRule> {
    let made = record::create(cx.tx, cx.caller, cx.now, given.over(pstn::GatewayRule::default())).await?;
    let entry = pstn::load_rules(cx.tx, &[made.id.0]).await?.pop();
    entry.map(GatewayRule::from).ok_or_else(lost)
}

pub(super) async fn update_rule(cx: &mut Cx<'_>, given: GatewayRule) -> Outcome<()> {
    let before = record::get(cx.tx, cx.caller, given.id).await?;
    record::update(cx.tx, cx.caller, cx.now, given.over(before)).await?;
    Ok(())
}

pub(super) async fn delete_rule(cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
    record::delete::<pstn::GatewayRule>(cx.tx, cx.caller, cx.now, id).await?;
    Ok(())
}

pub(super) async fn list_rules(cx: &mut Cx<'_>, query: GatewayRuleQuery) -> Outcome<GatewayRuleList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .id("id", filter.id)
        .id("gateway_id", filter.gateway_id)
        .id("carrier_id", filter.carrier_id)
        .name("prefix", &filter.prefix)
        .id("reseller_id", filter.customer)
        .id("reseller_id", filter.reseller);
    let query = query.of(filters);
    let found = listing::page(cx.tx, cx.caller, &GATEWAY_RULES, &query).await?;
    let rules = pstn::load_rules(cx.tx, &found.ids).await?;
    Ok(GatewayRuleList {
        total: found.total.unwrap_or(0),
        gateway_rules: rules.into_iter().map(GatewayRule::from).collect(),
    })
}
