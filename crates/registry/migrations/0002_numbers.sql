-- A second axis beside the pool: how a number is priced or valued.
CREATE TABLE number_classes (
    id {pk},
    name TEXT NOT NULL UNIQUE
);

-- Numbers sold alike.
CREATE TABLE number_pools (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    area_code TEXT NOT NULL,
    class_id BIGINT NOT NULL REFERENCES number_classes (id),
    currency TEXT NOT NULL,
    setup_price BIGINT NOT NULL,
    monthly_price BIGINT NOT NULL,
    -- Free numbers are kept at least at the minimum and bought at most up to the maximum (0: none).
    minimum BIGINT NOT NULL,
    maximum BIGINT NOT NULL,
    -- Days in quarantine after a release; 0: none.
    quarantine_days BIGINT NOT NULL,
    -- Most numbers in one order; 0: no limit.
    max_per_order BIGINT NOT NULL,
    -- After an exhausted refill, no vendor is asked before this time.
    refill_not_before BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX number_pools_refill ON number_pools (id) WHERE minimum > 0;

CREATE TABLE numbers (
    id {pk},
    -- Digits of E.164 without a plus sign.
    digits {key} NOT NULL UNIQUE,
    -- discovery, available, reserved, in_service, aging, port_in, port_out, released, deleted
    state TEXT NOT NULL,
    pool_id BIGINT REFERENCES number_pools (id),
    class_id BIGINT REFERENCES number_classes (id),
    vendor_id BIGINT,
    vendor_group TEXT,
    vendor_data {json},
    order_id BIGINT,
    account_id BIGINT REFERENCES accounts (id),
    reseller_id BIGINT,
    -- Where calls go: a SIP URI.
    destination TEXT,
    previous_account_id BIGINT,
    -- Accounts that reserved it, newest first.
    reserve_history {json},
    -- End of a reservation or of the quarantine.
    until BIGINT,
    -- Owned, but not to be sold.
    blocked_reason TEXT,
    features {json},
    public_fields {json},
    -- The buyer's own reference.
    reference TEXT,
    alias TEXT,
    region TEXT,
    description TEXT,
    -- NGCP's split, as given.
    country_code TEXT,
    area_code TEXT,
    subscriber_number TEXT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
-- SQLite takes the first of two indexes that seem to cost the same, so the narrower one comes first.
CREATE INDEX numbers_free_class ON numbers (pool_id, class_id, digits)
    WHERE state = 'available' AND blocked_reason IS NULL;
CREATE INDEX numbers_free ON numbers (pool_id, digits) WHERE state = 'available' AND blocked_reason IS NULL;
CREATE INDEX numbers_pool ON numbers (pool_id, id);
CREATE INDEX numbers_state ON numbers (state, id);
CREATE INDEX numbers_account ON numbers (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX numbers_reseller ON numbers (reseller_id, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX numbers_until ON numbers (until) WHERE until IS NOT NULL;
CREATE INDEX numbers_order ON numbers (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX numbers_reference ON numbers (account_id, reference, digits) WHERE reference IS NOT NULL;
CREATE INDEX numbers_aging ON numbers (pool_id, previous_account_id, digits) WHERE state = 'aging';
CREATE INDEX numbers_blocked ON numbers (id) WHERE blocked_reason IS NOT NULL;

CREATE TABLE number_reservations (
    id {pk},
    number_id BIGINT NOT NULL REFERENCES numbers (id),
    digits {key} NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    made_by TEXT NOT NULL,
    -- active, taken, expired, cancelled
    state TEXT NOT NULL,
    until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX number_reservations_active ON number_reservations (number_id) WHERE state = 'active';
CREATE INDEX number_reservations_account ON number_reservations (account_id, id);
