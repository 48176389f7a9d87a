-- Peerings: carriers that calls are exchanged with, and who may call by address or belongs to a place.
CREATE TABLE peering_groups (
    id {pk},
    -- The account of the peering that the group is of.
    contract_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    -- 1 comes first, 9 last.
    priority BIGINT NOT NULL,
    description TEXT,
    -- When calls may leave by it; none: always.
    time_set_id BIGINT REFERENCES time_sets (id),
    -- Whether there is an inbound rule that is enabled.
    has_inbound_rules BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX peering_groups_name ON peering_groups (name);
CREATE INDEX peering_groups_contract ON peering_groups (contract_id, id);
CREATE INDEX peering_groups_time_set ON peering_groups (time_set_id);

-- One row: held by whoever settles which groups have which addresses, and adds to what there is of groups.
CREATE TABLE peering_turns (
    id BIGINT PRIMARY KEY
);
INSERT INTO peering_turns (id) VALUES (1);

CREATE TABLE peering_servers (
    id {pk},
    group_id BIGINT NOT NULL REFERENCES peering_groups (id),
    name {key} NOT NULL,
    -- An IPv4 or IPv6 address in its shortest form.
    ip {key} NOT NULL,
    host TEXT,
    port BIGINT NOT NULL,
    -- 1 UDP, 2 TCP, 3 TLS.
    transport BIGINT NOT NULL,
    weight BIGINT NOT NULL,
    via_route TEXT,
    probe BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    site_id BIGINT
);
CREATE UNIQUE INDEX peering_servers_name ON peering_servers (group_id, name);
CREATE UNIQUE INDEX peering_servers_endpoint ON peering_servers (ip, port, transport, group_id);
CREATE INDEX peering_servers_group ON peering_servers (group_id, id);

CREATE TABLE peering_rules (
    id {pk},
    group_id BIGINT NOT NULL REFERENCES peering_groups (id),
    callee_prefix {key} NOT NULL,
    callee_pattern {key} NOT NULL,
    caller_pattern {key} NOT NULL,
    description TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    stopper BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX peering_rules_match ON peering_rules (group_id, callee_prefix, callee_pattern, caller_pattern);
CREATE INDEX peering_rules_group ON peering_rules (group_id, id);

CREATE TABLE peering_inbound_rules (
    id {pk},
    group_id BIGINT NOT NULL REFERENCES peering_groups (id),
    -- The least comes first.
    priority BIGINT NOT NULL,
    field TEXT NOT NULL,
    pattern TEXT NOT NULL,
    reject_code BIGINT,
    reject_reason TEXT,
    enabled BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX peering_inbound_rules_priority ON peering_inbound_rules (group_id, priority);
CREATE INDEX peering_inbound_rules_group ON peering_inbound_rules (group_id, id);

-- Addresses from which calls of a subscriber are taken without a password.
CREATE TABLE trusted_sources (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    src_ip {key} NOT NULL,
    protocol TEXT NOT NULL,
    from_pattern TEXT
);
CREATE INDEX trusted_sources_subscriber ON trusted_sources (subscriber_id, id);
CREATE INDEX trusted_sources_account ON trusted_sources (account_id, id);
CREATE INDEX trusted_sources_reseller ON trusted_sources (reseller_id, id);
CREATE INDEX trusted_sources_address ON trusted_sources (src_ip);

-- Places of a customer, by the addresses of its phones.
CREATE TABLE customer_locations (
    id {pk},
    contract_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    description TEXT NOT NULL,
    blocks {json} NOT NULL
);
CREATE UNIQUE INDEX customer_locations_name ON customer_locations (contract_id, name);
CREATE INDEX customer_locations_contract ON customer_locations (contract_id, id);
CREATE INDEX customer_locations_reseller ON customer_locations (reseller_id, id);

-- The same blocks by their first and last address: the version of IP and 32 hexadecimal digits.
CREATE TABLE customer_location_blocks (
    location_id BIGINT NOT NULL REFERENCES customer_locations (id),
    first_address {key} NOT NULL,
    last_address {key} NOT NULL,
    PRIMARY KEY (location_id, first_address)
);

-- Which of a subscriber's phones rings, by who calls and what is called.
CREATE TABLE subscriber_location_mappings (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    location TEXT,
    caller_pattern TEXT,
    callee_pattern TEXT,
    -- add, replace, offline, forward, block
    mode TEXT NOT NULL,
    to_username TEXT,
    external_id {key},
    enabled BOOLEAN NOT NULL
);
CREATE INDEX subscriber_location_mappings_subscriber ON subscriber_location_mappings (subscriber_id, id);
CREATE INDEX subscriber_location_mappings_account ON subscriber_location_mappings (account_id, id);
CREATE INDEX subscriber_location_mappings_reseller ON subscriber_location_mappings (reseller_id, id);
