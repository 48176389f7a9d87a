-- The catalog of all zones that are served (RFC 9432), itself a zone: one row.
CREATE TABLE dns_catalog (
    -- 0
    id BIGINT PRIMARY KEY,
    -- Goes up when a zone comes or goes.
    serial BIGINT NOT NULL,
    -- The serial number that name servers were told of.
    told BIGINT NOT NULL,
    -- By the database's clock.
    changed_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    -- Goes up with every change and every claim.
    token BIGINT NOT NULL
);
INSERT INTO dns_catalog (id, serial, told, changed_at, leased_until, token) VALUES (0, 1, 0, 0, 0, 1);
