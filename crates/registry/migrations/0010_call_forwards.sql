-- How long the phones of a subscriber ring before its forwards on timeout.
CREATE TABLE call_forwards (
    subscriber_id BIGINT PRIMARY KEY REFERENCES subscribers (id),
    -- Seconds.
    ring_timeout BIGINT NOT NULL
);

-- Named sets of destinations, times, callers or called numbers of a subscriber.
CREATE TABLE cf_sets (
    id {pk},
    -- destination, time, source, bnumber
    kind TEXT NOT NULL,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL,
    name {key} NOT NULL,
    -- whitelist, blacklist; of sources and B-numbers
    mode TEXT,
    is_regex BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX cf_sets_name ON cf_sets (subscriber_id, kind, name);
CREATE INDEX cf_sets_kind ON cf_sets (kind, id);
CREATE INDEX cf_sets_reseller ON cf_sets (kind, reseller_id, id);
CREATE INDEX cf_sets_account ON cf_sets (kind, account_id, id);

CREATE TABLE cf_destinations (
    set_id BIGINT NOT NULL REFERENCES cf_sets (id),
    position BIGINT NOT NULL,
    -- A SIP URI.
    destination TEXT NOT NULL,
    -- Seconds.
    timeout BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    announcement_id BIGINT,
    PRIMARY KEY (set_id, position)
);

-- Each field a value, a range, or null for any.
CREATE TABLE cf_periods (
    set_id BIGINT NOT NULL REFERENCES cf_sets (id),
    position BIGINT NOT NULL,
    year TEXT,
    month TEXT,
    mday TEXT,
    -- 1: Sunday
    wday TEXT,
    hour TEXT,
    minute TEXT,
    PRIMARY KEY (set_id, position)
);

-- Members of the sets of sources and of B-numbers.
CREATE TABLE cf_patterns (
    set_id BIGINT NOT NULL REFERENCES cf_sets (id),
    position BIGINT NOT NULL,
    pattern TEXT NOT NULL,
    PRIMARY KEY (set_id, position)
);

-- What is forwarded, when, whose calls, and where to.
CREATE TABLE cf_mappings (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    -- cfu, cfb, cft, cfna, cfs, cfr, cfo
    trigger_type TEXT NOT NULL,
    position BIGINT NOT NULL,
    destination_set_id BIGINT NOT NULL REFERENCES cf_sets (id),
    time_set_id BIGINT REFERENCES cf_sets (id),
    source_set_id BIGINT REFERENCES cf_sets (id),
    bnumber_set_id BIGINT REFERENCES cf_sets (id),
    enabled BOOLEAN NOT NULL,
    use_redirection BOOLEAN NOT NULL
);
CREATE INDEX cf_mappings_subscriber ON cf_mappings (subscriber_id, position);
CREATE INDEX cf_mappings_destination ON cf_mappings (destination_set_id);
CREATE INDEX cf_mappings_time ON cf_mappings (time_set_id) WHERE time_set_id IS NOT NULL;
CREATE INDEX cf_mappings_source ON cf_mappings (source_set_id) WHERE source_set_id IS NOT NULL;
CREATE INDEX cf_mappings_bnumber ON cf_mappings (bnumber_set_id) WHERE bnumber_set_id IS NOT NULL;
