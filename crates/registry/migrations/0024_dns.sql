-- DNS zones with their records, ENUM ranges with their numbers, and what name servers read of both.

-- Every zone that is served, of DNS or of ENUM: a name is there once.
CREATE TABLE served_zones (
    -- The id for name servers: twice that of the zone in dns_zones; twice that of the range in enum_ranges and one more.
    id BIGINT PRIMARY KEY,
    -- In lower case, without a dot at the end.
    name {key} NOT NULL UNIQUE,
    -- dns, enum
    kind {key} NOT NULL,
    -- The row of dns_zones or enum_ranges.
    zone_id BIGINT NOT NULL,
    -- Whose it is.
    account_id BIGINT NOT NULL,
    -- Seconds, of its SOA and NS records.
    ttl BIGINT NOT NULL,
    -- Whether it has name servers of its own; otherwise it has those of the installation.
    own_nameservers BOOLEAN NOT NULL
);

-- The name servers of zones that have their own.
CREATE TABLE zone_nameservers (
    served_zone_id BIGINT NOT NULL REFERENCES served_zones (id),
    position BIGINT NOT NULL,
    host {key} NOT NULL,
    PRIMARY KEY (served_zone_id, position)
);

-- The name servers of all other zones.
CREATE TABLE default_nameservers (
    position BIGINT PRIMARY KEY,
    host {key} NOT NULL
);
INSERT INTO default_nameservers (position, host) VALUES (0, 'localhost');

-- Zones that have changed since their name servers were told of it; one row a zone, claimed by lease.
CREATE TABLE dns_changes (
    name {key} PRIMARY KEY,
    -- By the database's clock.
    changed_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    -- Goes up with every change and every claim.
    token BIGINT NOT NULL
);
CREATE INDEX dns_changes_order ON dns_changes (leased_until, changed_at, name);

CREATE TABLE dns_zones (
    id {pk},
    -- Whose it is (0: the operator's), and the nearest reseller at or above that account.
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    -- The contact; empty: hostmaster@ the zone. The same as the SOA record has it.
    email {key} NOT NULL,
    rname {key} NOT NULL,
    -- 0 to 4294967295, serial number arithmetic of RFC 1982.
    serial BIGINT NOT NULL,
    -- Seconds.
    ttl BIGINT NOT NULL,
    refresh BIGINT NOT NULL,
    retry BIGINT NOT NULL,
    expire BIGINT NOT NULL,
    minimum BIGINT NOT NULL,
    -- Host names; none: those of the installation.
    nameservers {json} NOT NULL,
    info {key} NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX dns_zones_name ON dns_zones (name);
CREATE INDEX dns_zones_account ON dns_zones (account_id, id);
CREATE INDEX dns_zones_reseller ON dns_zones (reseller_id, id);

CREATE TABLE dns_records (
    id {pk},
    zone_id BIGINT NOT NULL REFERENCES dns_zones (id),
    -- Those of the zone.
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    -- The customer that it is assigned to.
    owner_id BIGINT REFERENCES accounts (id),
    -- The whole name in lower case, without a dot at the end.
    name {key} NOT NULL,
    -- A, AAAA, CNAME, MX, SRV, NS, NAPTR, PTR, TXT, LOC
    rr_type {key} NOT NULL,
    value {key} NOT NULL,
    -- The value as a zone file has it, without the priority of MX and SRV.
    rdata {key} NOT NULL,
    ttl BIGINT NOT NULL,
    -- Of MX and SRV; of NAPTR its preference.
    priority BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX dns_records_value ON dns_records (name, rr_type, rdata, zone_id);
CREATE INDEX dns_records_zone ON dns_records (zone_id, id);
CREATE INDEX dns_records_served ON dns_records ((zone_id * 2));
CREATE INDEX dns_records_account ON dns_records (account_id, id);
CREATE INDEX dns_records_reseller ON dns_records (reseller_id, id);
CREATE INDEX dns_records_owner ON dns_records (owner_id, id) WHERE owner_id IS NOT NULL;

-- What is more than a record of DNS: e-mail aliases (MBOXFW) and redirections of web addresses (URL).
CREATE TABLE dns_fancy_records (
    id {pk},
    zone_id BIGINT NOT NULL REFERENCES dns_zones (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    owner_id BIGINT REFERENCES accounts (id),
    -- MBOXFW, URL
    kind {key} NOT NULL,
    -- local@host or the host.
    name {key} NOT NULL,
    -- The host.
    dns_name {key} NOT NULL,
    -- An e-mail address or a URL.
    value {key} NOT NULL,
    ttl BIGINT NOT NULL,
    priority BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX dns_fancy_records_value ON dns_fancy_records (name, kind, value, zone_id);
CREATE INDEX dns_fancy_records_host ON dns_fancy_records (dns_name, kind, id);
CREATE INDEX dns_fancy_records_zone ON dns_fancy_records (zone_id, id);
CREATE INDEX dns_fancy_records_served ON dns_fancy_records ((zone_id * 2));
CREATE INDEX dns_fancy_records_account ON dns_fancy_records (account_id, id);
CREATE INDEX dns_fancy_records_reseller ON dns_fancy_records (reseller_id, id);
CREATE INDEX dns_fancy_records_owner ON dns_fancy_records (owner_id, id) WHERE owner_id IS NOT NULL;

-- The records that a host of fancy records of a kind gets: MX records of mail servers, addresses of web servers.
CREATE TABLE dns_fancy_targets (
    kind {key} NOT NULL,
    position BIGINT NOT NULL,
    rr_type {key} NOT NULL,
    rdata {key} NOT NULL,
    priority BIGINT NOT NULL,
    PRIMARY KEY (kind, position)
);

CREATE TABLE enum_ranges (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    -- Digits of E.164 without a plus sign.
    prefix {key} NOT NULL,
    tld {key} NOT NULL,
    -- The zone of the two.
    zone {key} NOT NULL,
    serial BIGINT NOT NULL,
    ttl BIGINT NOT NULL,
    -- Digits of a number; 0: any.
    min_digits BIGINT NOT NULL,
    max_digits BIGINT NOT NULL,
    -- Most numbers (0: any), and how many there are.
    size BIGINT NOT NULL,
    used BIGINT NOT NULL,
    nameservers {json} NOT NULL,
    info {key} NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX enum_ranges_prefix ON enum_ranges (prefix, tld);
CREATE INDEX enum_ranges_account ON enum_ranges (account_id, id);
CREATE INDEX enum_ranges_reseller ON enum_ranges (reseller_id, id);

CREATE TABLE enum_numbers (
    id {pk},
    -- The range with the longest prefix; the account and reseller are those of it.
    range_id BIGINT NOT NULL REFERENCES enum_ranges (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    owner_id BIGINT REFERENCES accounts (id),
    -- Digits of E.164 without a plus sign; with an asterisk behind: all that begin so.
    number {key} NOT NULL,
    tld {key} NOT NULL,
    dns_name {key} NOT NULL,
    info {key} NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX enum_numbers_number ON enum_numbers (number, tld);
CREATE INDEX enum_numbers_range ON enum_numbers (range_id, id);
CREATE INDEX enum_numbers_beginning ON enum_numbers (range_id, number);
CREATE INDEX enum_numbers_account ON enum_numbers (account_id, id);
CREATE INDEX enum_numbers_reseller ON enum_numbers (reseller_id, id);
CREATE INDEX enum_numbers_owner ON enum_numbers (owner_id, id) WHERE owner_id IS NOT NULL;

CREATE TABLE enum_mappings (
    id {pk},
    number_id BIGINT NOT NULL REFERENCES enum_numbers (id),
    range_id BIGINT NOT NULL REFERENCES enum_ranges (id),
    service {key} NOT NULL,
    -- A URI.
    mapto {key} NOT NULL,
    -- The URI in lower case, with and without its scheme.
    mapto_key {key} NOT NULL,
    target_key {key} NOT NULL,
    priority BIGINT NOT NULL,
    ttl BIGINT NOT NULL,
    -- The owner and the data of its NAPTR record.
    dns_name {key} NOT NULL,
    rdata {key} NOT NULL
);
CREATE INDEX enum_mappings_number ON enum_mappings (number_id, id);
CREATE INDEX enum_mappings_range ON enum_mappings (range_id, id);
CREATE INDEX enum_mappings_served ON enum_mappings ((range_id * 2 + 1));
CREATE INDEX enum_mappings_name ON enum_mappings (dns_name);
CREATE INDEX enum_mappings_mapto ON enum_mappings (mapto_key);
CREATE INDEX enum_mappings_target ON enum_mappings (target_key);

-- What PowerDNS 4.7 reads of its generic SQL backends. (1 = 0) is 0 on SQLite and false on PostgreSQL.
CREATE VIEW domains AS
    SELECT n.id AS id, n.name AS name, CAST(NULL AS TEXT) AS master, CAST(NULL AS BIGINT) AS last_check, 'MASTER' AS type,
        z.serial AS notified_serial, CAST(NULL AS TEXT) AS account, CAST(NULL AS TEXT) AS options,
        CAST(NULL AS TEXT) AS catalog
    FROM served_zones n JOIN dns_zones z ON z.id = n.zone_id WHERE n.kind = 'dns'
    UNION ALL
    SELECT n.id, n.name, CAST(NULL AS TEXT), CAST(NULL AS BIGINT), 'MASTER', r.serial, CAST(NULL AS TEXT),
        CAST(NULL AS TEXT), CAST(NULL AS TEXT)
    FROM served_zones n JOIN enum_ranges r ON r.id = n.zone_id WHERE n.kind = 'enum';

CREATE VIEW records AS
    SELECT r.id * 8 AS id, r.zone_id * 2 AS domain_id, r.name AS name, r.rr_type AS type, r.rdata AS content, r.ttl AS ttl,
        COALESCE(r.priority, 0) AS prio, (1 = 0) AS disabled, CAST(NULL AS TEXT) AS ordername, (1 = 1) AS auth
    FROM dns_records r
    UNION ALL
    SELECT m.id * 8 + 1, m.range_id * 2 + 1, m.dns_name, 'NAPTR', m.rdata, m.ttl, 0, (1 = 0), CAST(NULL AS TEXT), (1 = 1)
    FROM enum_mappings m
    UNION ALL
    -- Once a host, and only where it has no such record of its own.
    SELECT (f.id * 16 + t.position) * 8 + 2, f.zone_id * 2, f.dns_name, t.rr_type, t.rdata, f.ttl, t.priority, (1 = 0),
        CAST(NULL AS TEXT), (1 = 1)
    FROM dns_fancy_records f JOIN dns_fancy_targets t ON t.kind = f.kind
    WHERE NOT EXISTS (SELECT 1 FROM dns_fancy_records e WHERE e.dns_name = f.dns_name AND e.kind = f.kind AND e.id < f.id
            AND e.zone_id = f.zone_id)
        AND NOT EXISTS (SELECT 1 FROM dns_records o WHERE o.name = f.dns_name AND o.rr_type IN (t.rr_type, 'CNAME')
            AND o.zone_id = f.zone_id)
    UNION ALL
    SELECT (n.id * 16 + s.position) * 8 + 3, n.id, n.name, 'NS', s.host || '.', n.ttl, 0, (1 = 0), CAST(NULL AS TEXT),
        (1 = 1)
    FROM served_zones n JOIN zone_nameservers s ON s.served_zone_id = n.id
    UNION ALL
    SELECT (n.id * 16 + d.position) * 8 + 4, n.id, n.name, 'NS', d.host || '.', n.ttl, 0, (1 = 0), CAST(NULL AS TEXT),
        (1 = 1)
    FROM served_zones n CROSS JOIN default_nameservers d WHERE NOT n.own_nameservers
    UNION ALL
    SELECT n.id * 8 + 5, n.id, n.name, 'SOA',
        COALESCE((SELECT s.host FROM zone_nameservers s WHERE s.served_zone_id = n.id ORDER BY s.position LIMIT 1),
            (SELECT d.host FROM default_nameservers d ORDER BY d.position LIMIT 1))
        || '. ' || z.rname || ' ' || CAST(z.serial AS TEXT) || ' ' || CAST(z.refresh AS TEXT) || ' '
        || CAST(z.retry AS TEXT) || ' ' || CAST(z.expire AS TEXT) || ' ' || CAST(z.minimum AS TEXT),
        n.ttl, 0, (1 = 0), CAST(NULL AS TEXT), (1 = 1)
    FROM served_zones n JOIN dns_zones z ON z.id = n.zone_id WHERE n.kind = 'dns'
    UNION ALL
    SELECT n.id * 8 + 6, n.id, n.name, 'SOA',
        COALESCE((SELECT s.host FROM zone_nameservers s WHERE s.served_zone_id = n.id ORDER BY s.position LIMIT 1),
            (SELECT d.host FROM default_nameservers d ORDER BY d.position LIMIT 1))
        || '. hostmaster.' || n.name || '. ' || CAST(r.serial AS TEXT) || ' 14400 3600 2419200 3600',
        n.ttl, 0, (1 = 0), CAST(NULL AS TEXT), (1 = 1)
    FROM served_zones n JOIN enum_ranges r ON r.id = n.zone_id WHERE n.kind = 'enum';

CREATE VIEW domainmetadata AS
    SELECT 0 AS id, 0 AS domain_id, '' AS kind, '' AS content WHERE 1 = 0;
CREATE VIEW tsigkeys AS
    SELECT 0 AS id, '' AS name, '' AS algorithm, '' AS secret WHERE 1 = 0;
CREATE VIEW supermasters AS
    SELECT '' AS ip, '' AS nameserver, '' AS account WHERE 1 = 0;
CREATE VIEW comments AS
    SELECT 0 AS id, 0 AS domain_id, '' AS name, '' AS type, 0 AS modified_at, '' AS account, '' AS comment WHERE 1 = 0;
CREATE VIEW cryptokeys AS
    SELECT 0 AS id, 0 AS domain_id, 0 AS flags, (1 = 0) AS active, (1 = 0) AS published, '' AS content WHERE 1 = 0;
