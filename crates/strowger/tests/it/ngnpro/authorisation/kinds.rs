//! What can be done to each kind of record.

use super::OWNERS;

/// What can be done to a kind of record: operations with their parameters. In these, `{o}` is the owner's name, `{n}` its
/// number, `{c}` its id; `{w}` and `{d}` are the name and the digits of the record, and `{id}` is its id. A list's name stands
/// for the id of the owner's first record of that kind.
pub(super) struct Kind {
    pub(super) port: &'static str,
    pub(super) add: (&'static str, &'static str),
    pub(super) get: (&'static str, &'static str),
    pub(super) change: (&'static str, &'static str),
    pub(super) delete: (&'static str, &'static str),
    /// The list, and how many of an owner's records it shows.
    pub(super) list: (&'static str, usize),
    /// What becomes of a record that the caller does not see, and of one that is added to what it does not see.
    pub(super) missing: &'static str,
    pub(super) foreign: &'static str,
    /// Whether customers keep such records, and whether they are of accounts, which callers may leave out.
    pub(super) customers: bool,
    pub(super) of_account: bool,
}

const SIP_ID: &str = "<sipId><username>{w}</username><domain>{o}.example</domain></sipId>";
const MAILBOX: &str = "<sipId><username>{b}</username><domain>{o}.example</domain></sipId>";
const RECORD: &str = "<recordId>{id}</recordId>";
pub(super) const NO: (&str, &str) = ("", "");

/// Kinds whose records need those before them.
pub(super) const KINDS: [Kind; 14] = [
    Kind {
        add: ("addDomain", "<domain><domain>{w}{o}.example</domain><customer>{c}</customer></domain>"),
        change: (
            "updateDomain",
            "<domain><domain>{w}{o}.example</domain><match_sip_domain>x.example</match_sip_domain></domain>",
        ),
        delete: ("deleteDomain", "<domain>{w}{o}.example</domain>"),
        list: ("getDomains", 1),
        missing: "1000",
        of_account: true,
        ..Kind::COMMON
    },
    Kind {
        add: (
            "addAccount",
            "<account><id><username>{w}</username><domain>{o}.example</domain></id><password>sesame1</password></account>",
        ),
        get: ("getAccount", SIP_ID),
        change: (
            "updateAccount",
            "<account><id><username>{w}</username><domain>{o}.example</domain></id><email>x@example.org</email></account>",
        ),
        delete: ("deleteAccount", SIP_ID),
        list: ("getAccounts", 2),
        missing: "1010",
        ..Kind::COMMON
    },
    Kind {
        add: (
            "addAlias",
            "<alias><id><username>a{w}</username><domain>{o}.example</domain></id><target><username>bare</username><domain>{o}.example</domain></target></alias>",
        ),
        get: ("getAlias", "<id><username>a{w}</username><domain>{o}.example</domain></id>"),
        change: ("updateAlias", "<alias><id><username>a{w}</username><domain>{o}.example</domain></id></alias>"),
        delete: ("deleteAlias", "<id><username>a{w}</username><domain>{o}.example</domain></id>"),
        list: ("getAliases", 1),
        missing: "1020",
        foreign: "1010",
        ..Kind::COMMON
    },
    Kind {
        port: "Voicemail",
        add: (
            "addAccount",
            "<account><sipId><username>{b}</username><domain>{o}.example</domain></sipId><password>1234</password></account>",
        ),
        get: ("getAccount", MAILBOX),
        change: (
            "updateAccount",
            "<account><sipId><username>{b}</username><domain>{o}.example</domain></sipId><email>x@example.org</email></account>",
        ),
        delete: ("deleteAccount", MAILBOX),
        missing: "1010",
        foreign: "1010",
        ..Kind::COMMON
    },
    Kind {
        port: "Rating",
        add: (
            "setEntityProfiles",
            "<profiles><entity>subscriber://{b}@{o}.example</entity><profileWeekday>1</profileWeekday></profiles>",
        ),
        get: ("getEntityProfiles", "<entity>subscriber://{b}@{o}.example</entity>"),
        delete: ("deleteEntityProfiles", "<entity>subscriber://{b}@{o}.example</entity>"),
        missing: "4001",
        foreign: "1010",
        customers: false,
        ..Kind::COMMON
    },
    Kind {
        port: "Enum",
        add: ("addRange", "<range><id><prefix>3120{n}{d}</prefix></id><customer>{c}</customer></range>"),
        change: ("updateRange", "<range><id><prefix>3120{n}{d}</prefix></id><info>x</info></range>"),
        delete: ("deleteRange", "<range><prefix>3120{n}{d}</prefix></range>"),
        list: ("getRanges", 1),
        missing: "3000",
        of_account: true,
        ..Kind::COMMON
    },
    Kind {
        port: "Enum",
        add: ("addNumber", "<number><id><number>3120{n}555{d}</number></id></number>"),
        get: ("getNumber", "<enumId><number>3120{n}555{d}</number></enumId>"),
        change: ("updateNumber", "<number><id><number>3120{n}555{d}</number></id><info>x</info></number>"),
        delete: ("deleteNumber", "<enumId><number>3120{n}555{d}</number></enumId>"),
        list: ("getNumbers", 1),
        missing: "3002",
        foreign: "9002",
        ..Kind::COMMON
    },
    Kind {
        port: "Dns",
        add: ("addZone", "<zone><name>{w}{o}.example</name><customer>{c}</customer></zone>"),
        get: ("getZone", "<zone>{w}{o}.example</zone>"),
        change: ("updateZone", "<zone><name>{w}{o}.example</name><info>x</info></zone>"),
        delete: ("deleteZone", "<zone>{w}{o}.example</zone>"),
        list: ("getZones", 1),
        missing: "7000",
        of_account: true,
        ..Kind::COMMON
    },
    Kind {
        port: "Dns",
        add: (
            "addRecord",
            "<record><zone>{o}.example</zone><name>r{w}</name><type>A</type><value>192.0.2.1</value></record>",
        ),
        get: ("getRecord", RECORD),
        change: (
            "updateRecord",
            "<record><id>{id}</id><zone>{o}.example</zone><name>r{w}</name><type>A</type><value>192.0.2.2</value></record>",
        ),
        delete: ("deleteRecord", RECORD),
        list: ("getRecords", 1),
        missing: "7002",
        foreign: "7000",
        ..Kind::COMMON
    },
    Kind {
        port: "Dns",
        add: (
            "addFancyRecord",
            "<record><zone>{o}.example</zone><name>f{w}@{o}.example</name><type>MBOXFW</type><value>a@example.org</value></record>",
        ),
        get: ("getFancyRecord", RECORD),
        change: (
            "updateFancyRecord",
            "<record><id>{id}</id><zone>{o}.example</zone><name>f{w}@{o}.example</name><type>MBOXFW</type><value>b@example.org</value></record>",
        ),
        delete: ("deleteFancyRecord", RECORD),
        list: ("getFancyRecords", 1),
        missing: "7002",
        foreign: "7000",
        ..Kind::COMMON
    },
    Kind {
        add: ("addTrustedPeer", "<peer><ip>{w}{o}.peer.example</ip><customer>{c}</customer></peer>"),
        change: ("updateTrustedPeer", "<peer><ip>{w}{o}.peer.example</ip><description>x</description></peer>"),
        delete: ("deleteTrustedPeer", "<ip>{w}{o}.peer.example</ip>"),
        list: ("getTrustedPeers", 1),
        customers: false,
        of_account: true,
        ..Kind::COMMON
    },
    Kind {
        add: ("addCarrier", "<carrier><name>{w}{o}</name><reseller>{c}</reseller></carrier>"),
        change: ("updateCarrier", "<carrier><id>{id}</id><name>{w}{o}x</name></carrier>"),
        delete: ("deleteCarrier", "<id>{id}</id>"),
        list: ("getCarriers", 1),
        customers: false,
        of_account: true,
        ..Kind::COMMON
    },
    Kind {
        add: (
            "addGateway",
            "<gateway><name>{w}{o}</name><carrier_id>{getCarriers}</carrier_id><transport>udp</transport><ip>{w}.{o}.example</ip></gateway>",
        ),
        change: ("updateGateway", "<gateway><id>{id}</id><port>5080</port></gateway>"),
        delete: ("deleteGateway", "<id>{id}</id>"),
        list: ("getGateways", 1),
        customers: false,
        ..Kind::COMMON
    },
    Kind {
        add: ("addGatewayRule", "<rule><gateway_id>{getGateways}</gateway_id><prefix>00{n}{d}</prefix></rule>"),
        change: ("updateGatewayRule", "<rule><id>{id}</id><strip>2</strip></rule>"),
        delete: ("deleteGatewayRule", "<id>{id}</id>"),
        list: ("getGatewayRules", 1),
        customers: false,
        ..Kind::COMMON
    },
];

impl Kind {
    /// What most kinds have in common.
    const COMMON: Kind = Kind {
        port: "Sip",
        add: NO,
        get: NO,
        change: NO,
        delete: NO,
        list: ("", 0),
        missing: "9008",
        foreign: "9008",
        customers: true,
        of_account: false,
    };

    /// Whether such records are resellers' or the platform's alone.
    pub(super) fn is_of_resellers(&self) -> bool {
        ["getCarriers", "getGateways", "getGatewayRules"].contains(&self.list.0)
    }

    /// Whether an owner has such records.
    pub(super) fn is_had_by(&self, owner: usize) -> bool {
        !self.is_of_resellers() || matches!(OWNERS[owner], "platform" | "north" | "south")
    }
}
