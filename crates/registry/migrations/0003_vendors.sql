-- A vendor of the vendors' file. Its credentials stay in that file.
CREATE TABLE vendors (
    id {pk},
    -- The key in the vendors' file.
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    method TEXT NOT NULL,
    -- False when the file no longer names it.
    active BOOLEAN NOT NULL,
    -- Circuit breaker: failures in a row, and until when no call is made.
    failures BIGINT NOT NULL,
    open_until BIGINT NOT NULL,
    -- Rate limit: the earliest time of the next call.
    next_call_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);

-- One row for each call that may run at the same time.
CREATE TABLE vendor_slots (
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    slot BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    token BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, slot)
);

-- Which of a vendor's groups refills a pool.
CREATE TABLE vendor_links (
    id {pk},
    pool_id BIGINT NOT NULL REFERENCES number_pools (id),
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    group_id TEXT NOT NULL,
    group_name TEXT NOT NULL,
    class_id BIGINT NOT NULL REFERENCES number_classes (id),
    -- 1 to 10, 1 first.
    priority BIGINT NOT NULL,
    -- What the vendor asks for one number; NULL: not known.
    setup_cost BIGINT,
    monthly_cost BIGINT,
    currency TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX vendor_links_group ON vendor_links (pool_id, vendor_id, group_id);
CREATE INDEX vendor_links_order ON vendor_links (pool_id, priority, id);

-- Numbers that vendors offered in a search, remembered for the buyer for a bounded time.
CREATE TABLE number_offers (
    digits {key} PRIMARY KEY,
    link_id BIGINT NOT NULL REFERENCES vendor_links (id),
    pool_id BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX number_offers_link ON number_offers (link_id);
CREATE INDEX number_offers_expiry ON number_offers (expires_at);
