-- Barring of calls: levels with the numbers and carriers that calls to are admitted (whitelist) or refused (blacklist).
CREATE TABLE ncos_levels (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    level {key} NOT NULL,
    -- whitelist, blacklist
    mode TEXT NOT NULL,
    description TEXT,
    -- Calls within the caller's own area code, and within its own PBX, are as those that a pattern matches.
    local_ac BOOLEAN NOT NULL,
    intra_pbx BOOLEAN NOT NULL,
    -- Whether customers see the level and choose it.
    expose_to_customer BOOLEAN NOT NULL,
    -- When it holds; null: always. Inverted: at all other times.
    time_set_id BIGINT REFERENCES time_sets (id),
    time_set_invert BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX ncos_levels_level ON ncos_levels (reseller_id, level);
CREATE INDEX ncos_levels_reseller ON ncos_levels (reseller_id, id);
CREATE INDEX ncos_levels_time_set ON ncos_levels (time_set_id) WHERE time_set_id IS NOT NULL;

CREATE TABLE ncos_patterns (
    id {pk},
    ncos_level_id BIGINT NOT NULL REFERENCES ncos_levels (id),
    -- That of the level, as in the tables below.
    reseller_id BIGINT NOT NULL,
    -- A regular expression.
    pattern {key} NOT NULL,
    description TEXT
);
CREATE UNIQUE INDEX ncos_patterns_pattern ON ncos_patterns (ncos_level_id, pattern);
CREATE INDEX ncos_patterns_level ON ncos_patterns (ncos_level_id, id);
CREATE INDEX ncos_patterns_reseller ON ncos_patterns (reseller_id, id);

-- Carriers to which numbers are ported.
CREATE TABLE ncos_lnp_carriers (
    id {pk},
    ncos_level_id BIGINT NOT NULL REFERENCES ncos_levels (id),
    reseller_id BIGINT NOT NULL,
    -- Of lnp_carriers.
    carrier_id BIGINT NOT NULL,
    description TEXT
);
CREATE UNIQUE INDEX ncos_lnp_carriers_carrier ON ncos_lnp_carriers (ncos_level_id, carrier_id);
CREATE INDEX ncos_lnp_carriers_level ON ncos_lnp_carriers (ncos_level_id, id);
CREATE INDEX ncos_lnp_carriers_reseller ON ncos_lnp_carriers (reseller_id, id);
CREATE INDEX ncos_lnp_carriers_of ON ncos_lnp_carriers (carrier_id, id);

-- Which of a carrier's numbers are meant; none: all.
CREATE TABLE ncos_lnp_patterns (
    id {pk},
    ncos_lnp_id BIGINT NOT NULL REFERENCES ncos_lnp_carriers (id),
    reseller_id BIGINT NOT NULL,
    pattern {key} NOT NULL,
    description TEXT
);
CREATE UNIQUE INDEX ncos_lnp_patterns_pattern ON ncos_lnp_patterns (ncos_lnp_id, pattern);
CREATE INDEX ncos_lnp_patterns_carrier ON ncos_lnp_patterns (ncos_lnp_id, id);
CREATE INDEX ncos_lnp_patterns_reseller ON ncos_lnp_patterns (reseller_id, id);
