-- What TLS connections for a domain are checked by, and shown.
ALTER TABLE sip_domains ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
-- Sealed with a key that is not in the database.
ALTER TABLE sip_domains ADD COLUMN private_key BYTEA;
ALTER TABLE sip_domains ADD COLUMN match_ip_address TEXT NOT NULL DEFAULT '';
ALTER TABLE sip_domains ADD COLUMN match_sip_domain TEXT NOT NULL DEFAULT '';
ALTER TABLE sip_domains ADD COLUMN verify_cert BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sip_domains ADD COLUMN require_cert BOOLEAN NOT NULL DEFAULT FALSE;

-- Whose the domain of a subscriber is.
ALTER TABLE subscribers ADD COLUMN domain_account_id BIGINT NOT NULL DEFAULT 0;
UPDATE subscribers SET domain_account_id = (SELECT d.account_id FROM sip_domains d WHERE d.id = subscribers.domain_id);
CREATE INDEX subscribers_domain_account ON subscribers (domain_account_id, id) WHERE status <> 'terminated';
CREATE INDEX subscribers_modified ON subscribers (modified_at, id) WHERE status <> 'terminated';

-- What a SIP account has that subscribers lack. Who has no row has set nothing.
CREATE TABLE sip_account_settings (
    subscriber_id BIGINT PRIMARY KEY REFERENCES subscribers (id),
    -- Both together are the display name.
    first_name {key} NOT NULL,
    last_name {key} NOT NULL,
    prepaid BOOLEAN NOT NULL,
    -- Units of the currency that calls to the telephone network may cost in a month; 0: no limit.
    quota BIGINT NOT NULL,
    quickdial_prefix TEXT NOT NULL,
    region TEXT NOT NULL,
    -- Seconds until a call is forwarded that nobody answers.
    answer_timeout BIGINT NOT NULL,
    -- What the addresses are called from which requests are accepted.
    acl_tags {json} NOT NULL,
    -- Names with values, but for the web password.
    properties {json} NOT NULL,
    -- The property of that name, sealed with a key that is not in the database.
    web_password BYTEA
);

CREATE TABLE sip_account_groups (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    name {key} NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (subscriber_id, name)
);
CREATE INDEX sip_account_groups_name ON sip_account_groups (name, subscriber_id);

-- The user name that the next account without one gets.
CREATE TABLE sip_account_counters (
    domain_id BIGINT PRIMARY KEY REFERENCES sip_domains (id),
    next BIGINT NOT NULL
);

-- Money of prepaid accounts, in micro-units.
CREATE TABLE sip_account_balances (
    subscriber_id BIGINT PRIMARY KEY REFERENCES subscribers (id),
    balance BIGINT NOT NULL
);

CREATE TABLE sip_account_credits (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Micro-units: what was added, and what there was then.
    value BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    -- The call that was paid.
    session TEXT NOT NULL
);
CREATE INDEX sip_account_credits_subscriber ON sip_account_credits (subscriber_id, id);

-- Addresses that lead to a subscriber beside its own.
CREATE TABLE sip_aliases (
    id {pk},
    domain_id BIGINT NOT NULL REFERENCES sip_domains (id),
    -- Whose the domain is.
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- The reseller of the subscriber.
    reseller_id BIGINT NOT NULL,
    username {key} NOT NULL,
    -- Where it leads.
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    owner_id BIGINT NOT NULL REFERENCES accounts (id),
    -- The alias number of the subscriber that it stands for.
    number_id BIGINT REFERENCES numbers (id),
    -- Made as an alias, so that it counts; otherwise it is only there for its number.
    entered BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sip_aliases_address ON sip_aliases (domain_id, username);
CREATE INDEX sip_aliases_account ON sip_aliases (account_id, id);
CREATE INDEX sip_aliases_reseller ON sip_aliases (reseller_id, id);
CREATE INDEX sip_aliases_owner ON sip_aliases (owner_id, id);
CREATE INDEX sip_aliases_subscriber ON sip_aliases (subscriber_id, id);
CREATE INDEX sip_aliases_number ON sip_aliases (number_id) WHERE number_id IS NOT NULL;
CREATE INDEX sip_aliases_modified ON sip_aliases (modified_at, id);
INSERT INTO sip_aliases (domain_id, account_id, reseller_id, username, subscriber_id, owner_id, number_id, entered,
    created_at, modified_at)
    SELECT s.domain_id, s.domain_account_id, s.reseller_id, n.digits, s.id, s.account_id, n.id, FALSE, n.modified_at,
        n.modified_at
    FROM numbers n JOIN subscribers s ON s.id = n.subscriber_id
    WHERE NOT n.is_primary AND s.status <> 'terminated' AND NOT EXISTS (SELECT 1 FROM subscribers o
        WHERE o.domain_id = s.domain_id AND o.username = n.digits AND o.status <> 'terminated');
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'SIP aliases', 0, l.level, t.id >> l.level, COUNT(*)
    FROM sip_aliases t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'SIP aliases by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM sip_aliases t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY t.reseller_id, l.level, t.id >> l.level;

-- What the number belongs to in the phonebook of a subscriber; NULL: nothing.
ALTER TABLE subscriber_phonebook_entries ADD COLUMN group_name {key};

-- Addresses from which calls are taken without a password, and how.
CREATE TABLE trusted_peers (
    id {pk},
    -- Whose it is.
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- The nearest reseller at or above that account.
    reseller_id BIGINT NOT NULL,
    owner_id BIGINT REFERENCES accounts (id),
    -- An address or the name of a host.
    ip {key} NOT NULL,
    description {key} NOT NULL,
    msteams BOOLEAN NOT NULL,
    tenant {key} NOT NULL,
    -- Sealed with a key that is not in the database.
    auth_token BYTEA,
    carrier_name TEXT NOT NULL,
    originator TEXT NOT NULL,
    tags TEXT NOT NULL,
    billing_id {key} NOT NULL,
    -- Digits that are put before the number that is called, and how many are taken from it before.
    prefix TEXT NOT NULL,
    strip BIGINT NOT NULL,
    call_limit BIGINT NOT NULL,
    prepaid BOOLEAN NOT NULL,
    -- 0: not.
    blocked BIGINT NOT NULL,
    enum_lookup BOOLEAN NOT NULL,
    transit BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX trusted_peers_ip ON trusted_peers (ip);
CREATE INDEX trusted_peers_account ON trusted_peers (account_id, id);
CREATE INDEX trusted_peers_reseller ON trusted_peers (reseller_id, id);
CREATE INDEX trusted_peers_owner ON trusted_peers (owner_id, id);

-- Where calls leave for the telephone network: carriers with their gateways and what these do to numbers, and routes
-- that choose a carrier by the number.
CREATE TABLE pstn_carriers (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pstn_carriers_name ON pstn_carriers (reseller_id, name);
CREATE INDEX pstn_carriers_reseller ON pstn_carriers (reseller_id, id);

CREATE TABLE pstn_gateways (
    id {pk},
    carrier_id BIGINT NOT NULL REFERENCES pstn_carriers (id),
    reseller_id BIGINT NOT NULL,
    name {key} NOT NULL,
    transport TEXT NOT NULL,
    -- An address or the name of a host.
    ip {key} NOT NULL,
    port BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pstn_gateways_name ON pstn_gateways (carrier_id, name);
CREATE INDEX pstn_gateways_reseller ON pstn_gateways (reseller_id, id);

CREATE TABLE pstn_gateway_rules (
    id {pk},
    gateway_id BIGINT NOT NULL REFERENCES pstn_gateways (id),
    reseller_id BIGINT NOT NULL,
    -- What a number begins with that the rule is for.
    prefix {key} NOT NULL,
    strip BIGINT NOT NULL,
    prepend TEXT NOT NULL,
    -- Fewest and most digits of such a number; 0: any.
    min_length BIGINT NOT NULL,
    max_length BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pstn_gateway_rules_prefix ON pstn_gateway_rules (gateway_id, prefix, min_length, max_length);
CREATE INDEX pstn_gateway_rules_reseller ON pstn_gateway_rules (reseller_id, id);

CREATE TABLE pstn_routes (
    id {pk},
    carrier_id BIGINT NOT NULL REFERENCES pstn_carriers (id),
    reseller_id BIGINT NOT NULL,
    -- What a number begins with that the route is for; empty: any.
    prefix {key} NOT NULL,
    -- Whose calls; empty: anybody's.
    originator {key} NOT NULL,
    -- The least is tried first.
    priority BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pstn_routes_of_carrier ON pstn_routes (carrier_id, prefix, originator);
CREATE INDEX pstn_routes_reseller ON pstn_routes (reseller_id, id);
CREATE INDEX pstn_routes_prefix ON pstn_routes (reseller_id, prefix, priority, id);
