//! EnumPort: ranges of numbers, and numbers with what they are mapped to.

use registry::enum_::{EnumEntry, EnumNumber, EnumRange, Mapping, number, range};
use registry::id::EnumMappingId;
use registry::listing;
use registry::record::{self, Stored};

use crate::operation::{Cx, Outcome, port};
use crate::query::{Filters, list};
use crate::shown::{owner, page, when};
use crate::soap::wire;

/// The domain of ENUM (RFC 6116), where none is given.
const TLD: &str = "e164.arpa";

wire! {
    /// Which range is meant.
    EnumRangeId {
        /// Digits that its numbers begin with, the country code first.
        prefix as "prefix": String,
        /// The domain that its zone is below.
        tld as "tld": String,
    }
}

wire! {
    /// A range of ENUM numbers, which is a zone of DNS.
    WireRange as "EnumRange" {
        /// Which range it is.
        id as "id": EnumRangeId,
        /// Seconds for which its SOA and NS records may be kept; 0: 3600.
        ttl as "ttl": Option<i64>,
        /// Fewest digits of a number, those of the prefix among them; 0: any.
        min_digits as "minDigits": Option<i64>,
        /// Most digits of a number; 0: any.
        max_digits as "maxDigits": Option<i64>,
        /// Most numbers; 0: any.
        size as "size": Option<i64>,
        /// Its name servers; none: those of the installation.
        nameservers as "nameservers": Option<Vec<String>>,
        /// How many numbers there are; kept by the server.
        used as "used": i64,
        /// The serial number of its zone; kept by the server.
        serial as "serial": i64,
        /// The customer whose it is; 0: the platform's.
        customer as "customer": i64,
        /// That customer's reseller.
        reseller as "reseller": i64,
        /// A remark.
        info as "info": Option<String>,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which ranges are wanted.
    EnumRangeFilter {
        /// Digits, with wildcards.
        prefix as "prefix": String,
        /// A domain, with wildcards.
        tld as "tld": String,
        /// A remark, with wildcards.
        info as "info": String,
        /// Of that customer.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Ranges.
    EnumRangeQuery(EnumRangeFilter) -> EnumRangeList { ranges as "ranges": WireRange } by { "changeDate" as "modified_at", "prefix" as "prefix", "tld" as "tld" }
}

wire! {
    /// Which number is meant.
    EnumId {
        /// Its digits, without a plus sign; an asterisk behind them stands for all numbers that begin so.
        number as "number": String,
        /// The domain that it is below.
        tld as "tld": String,
    }
}

wire! {
    /// What a number is mapped to.
    EnumMapping {
        /// Its id, given by the server; 0: a new one.
        id as "id": i64,
        /// The service: sip, mailto, web:http and so on.
        service as "type": String,
        /// A URI.
        mapto as "mapto": String,
        /// The lower, the sooner; 0: 5.
        priority as "priority": i64,
        /// Seconds for which the record may be kept; 0: 3600.
        ttl as "ttl": i64,
    }
}

wire! {
    /// A number.
    WireNumber as "EnumNumber" {
        /// Which number it is.
        id as "id": EnumId,
        /// The customer that it is assigned to; 0: none.
        owner as "owner": Option<i64>,
        /// A remark.
        info as "info": Option<String>,
        /// What it is mapped to.
        mappings as "mappings": Option<Vec<EnumMapping>>,
        /// The customer of its range.
        customer as "customer": i64,
        /// The reseller of its range.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which numbers are wanted.
    EnumNumberFilter {
        /// Digits, with wildcards.
        number as "number": String,
        /// A domain, with wildcards.
        tld as "tld": String,
        /// A service that they are mapped for, with wildcards.
        service as "type": String,
        /// What they are mapped to, with or without its scheme, with wildcards.
        mapto as "mapto": String,
        /// Assigned to that customer.
        owner as "owner": i64,
        /// Of ranges of that customer.
        customer as "customer": i64,
        /// Of ranges of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Numbers.
    EnumNumberQuery(EnumNumberFilter) -> EnumNumberList { numbers as "numbers": WireNumber } by { "changeDate" as "modified_at", "number" as "number", "tld" as "tld" }
}

port! {
    /// Ranges of numbers, and numbers with what they are mapped to (ENUM, RFC 6116).
    ENUM = "Enum" {
        /// Adds a range.
        write addRange(range as "range": WireRange) -> WireRange = add_range;
        /// Changes a range; what is not given stays.
        write updateRange(range as "range": WireRange) = update_range;
        /// Removes a range in which there are no numbers.
        write deleteRange(range as "range": EnumRangeId) = delete_range;
        /// Ranges.
        read getRanges(query as "query": EnumRangeQuery) -> EnumRangeList = get_ranges;
        /// Adds a number to the range that it falls into.
        write addNumber(number as "number": WireNumber) -> WireNumber = add_number;
        /// Changes a number; its mappings are replaced where any are given, and those with an id keep it.
        write updateNumber(number as "number": WireNumber) = update_number;
        /// Removes a number.
        write deleteNumber(id as "enumId": EnumId) = delete_number;
        /// A number.
        read getNumber(id as "enumId": EnumId) -> WireNumber = get_number;
        /// Numbers.
        read getNumbers(query as "query": EnumNumberQuery) -> EnumNumberList = get_numbers;
    }
}

fn tld(given: String) -> String {
    if given.trim().is_empty() { TLD.to_owned() } else { given }
}

impl From<EnumRange> for WireRange {
    fn from(range: EnumRange) -> WireRange {
        WireRange {
            id: EnumRangeId { prefix: range.prefix, tld: range.tld },
            ttl: Some(range.ttl),
            min_digits: Some(range.min_digits),
            max_digits: Some(range.max_digits),
            size: Some(range.size),
            nameservers: Some(range.nameservers.0),
            used: range.used,
            serial: range.serial,
            customer: range.account_id.0,
            reseller: range.reseller_id.0,
            info: Some(range.info),
            change_date: when(range.modified_at),
        }
    }
}

impl WireRange {
    /// The range with what is given here in the place of what was there.
    fn over(self, before: EnumRange) -> EnumRange {
        EnumRange {
            ttl: self.ttl.unwrap_or(before.ttl),
            min_digits: self.min_digits.unwrap_or(before.min_digits),
            max_digits: self.max_digits.unwrap_or(before.max_digits),
            size: self.size.unwrap_or(before.size),
            nameservers: self.nameservers.map_or(before.nameservers, Stored),
            info: self.info.unwrap_or(before.info),
            ..before
        }
    }
}

async fn add_range(cx: &mut Cx<'_>, given: WireRange) -> Outcome<WireRange> {
    let account_id = cx.owner_of_new(given.customer, given.reseller).await?;
    let (prefix, tld) = (given.id.prefix.clone(), tld(given.id.tld.clone()));
    let made = given.over(EnumRange { account_id, prefix, tld, ..EnumRange::default() });
    Ok(record::create(cx.tx, cx.caller, cx.now, made).await?.into())
}

async fn update_range(cx: &mut Cx<'_>, given: WireRange) -> Outcome<()> {
    let before = range::by_prefix(cx.tx, cx.caller, &given.id.prefix, &tld(given.id.tld.clone())).await?;
    let account_id = cx.owner_after(before.account_id, given.customer, given.reseller).await?;
    let after = EnumRange { account_id, ..given.over(before) };
    record::update(cx.tx, cx.caller, cx.now, after).await?;
    Ok(())
}

async fn delete_range(cx: &mut Cx<'_>, id: EnumRangeId) -> Outcome<()> {
    let found = range::by_prefix(cx.tx, cx.caller, &id.prefix, &tld(id.tld)).await?;
    record::delete::<EnumRange>(cx.tx, cx.caller, cx.now, found.id.0).await?;
    Ok(())
}

async fn get_ranges(cx: &mut Cx<'_>, query: EnumRangeQuery) -> Outcome<EnumRangeList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .name("prefix", &filter.prefix)
        .name("tld", &filter.tld)
        .text("info", &filter.info)
        .id("account_id", filter.customer)
        .id("reseller_id", filter.reseller);
    let (ranges, total) = page::<EnumRange>(cx, &query.of(filters)).await?;
    Ok(EnumRangeList { total, ranges: ranges.into_iter().map(WireRange::from).collect() })
}

impl From<Mapping> for EnumMapping {
    fn from(mapping: Mapping) -> EnumMapping {
        EnumMapping {
            id: mapping.id.0,
            service: mapping.service,
            mapto: mapping.mapto,
            priority: mapping.priority,
            ttl: mapping.ttl,
        }
    }
}

impl From<EnumMapping> for Mapping {
    fn from(mapping: EnumMapping) -> Mapping {
        Mapping {
            id: EnumMappingId(mapping.id),
            service: mapping.service,
            mapto: mapping.mapto,
            priority: mapping.priority,
            ttl: mapping.ttl,
        }
    }
}

impl From<EnumEntry> for WireNumber {
    fn from(EnumEntry { number, mappings }: EnumEntry) -> WireNumber {
        WireNumber {
            id: EnumId { number: number.number, tld: number.tld },
            owner: Some(number.owner_id.map_or(0, |id| id.0)),
            info: Some(number.info),
            mappings: Some(mappings.into_iter().map(EnumMapping::from).collect()),
            customer: number.account_id.0,
            reseller: number.reseller_id.0,
            change_date: when(number.modified_at),
        }
    }
}

fn mappings(given: Vec<EnumMapping>) -> Vec<Mapping> {
    given.into_iter().map(Mapping::from).collect()
}

async fn add_number(cx: &mut Cx<'_>, given: WireNumber) -> Outcome<WireNumber> {
    let made = EnumNumber {
        number: given.id.number,
        tld: tld(given.id.tld),
        owner_id: owner(given.owner.unwrap_or(0)),
        info: given.info.unwrap_or_default(),
        ..EnumNumber::default()
    };
    let mappings = mappings(given.mappings.unwrap_or_default());
    Ok(number::create(cx.tx, cx.caller, cx.now, made, mappings).await?.into())
}

async fn update_number(cx: &mut Cx<'_>, given: WireNumber) -> Outcome<()> {
    let before = number::by_number(cx.tx, cx.caller, &given.id.number, &tld(given.id.tld.clone())).await?;
    let after = EnumNumber {
        owner_id: given.owner.map_or(before.number.owner_id, owner),
        info: given.info.unwrap_or(before.number.info),
        ..before.number
    };
    let mappings = given.mappings.map_or(before.mappings, mappings);
    number::update(cx.tx, cx.caller, cx.now, after, mappings).await?;
    Ok(())
}

async fn delete_number(cx: &mut Cx<'_>, id: EnumId) -> Outcome<()> {
    let found = number::by_number(cx.tx, cx.caller, &id.number, &tld(id.tld)).await?;
    number::delete(cx.tx, cx.caller, cx.now, found.number.id).await?;
    Ok(())
}

async fn get_number(cx: &mut Cx<'_>, id: EnumId) -> Outcome<WireNumber> {
    Ok(number::by_number(cx.tx, cx.caller, &id.number, &tld(id.tld)).await?.into())
}

async fn get_numbers(cx: &mut Cx<'_>, query: EnumNumberQuery) -> Outcome<EnumNumberList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .name("number", filter.number.trim_start_matches('+'))
        .name("tld", &filter.tld)
        .matching("type", "type_like", &filter.service)
        .matching("mapto", "mapto_like", &filter.mapto)
        .id("owner_id", filter.owner)
        .id("account_id", filter.customer)
        .id("reseller_id", filter.reseller);
    let query = query.of(filters);
    let found = listing::page(cx.tx, cx.caller, &number::ALL, &query).await?;
    let numbers = number::load(cx.tx, &found.ids).await?;
    let numbers = numbers.into_iter().map(WireNumber::from).collect();
    Ok(EnumNumberList { total: found.total.unwrap_or(0), numbers })
}
