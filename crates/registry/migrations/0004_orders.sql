-- What groups the orders that bring one pool back to its minimum.
CREATE TABLE refills (
    id {pk},
    pool_id BIGINT NOT NULL REFERENCES number_pools (id),
    wanted BIGINT NOT NULL,
    -- open, filled, exhausted
    state TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX refills_open ON refills (pool_id) WHERE state = 'open';
CREATE INDEX refills_pool ON refills (pool_id, id);

-- One call to one vendor.
CREATE TABLE orders (
    id {pk},
    -- What the vendor is told, unguessable and unique.
    reference TEXT NOT NULL UNIQUE,
    refill_id BIGINT REFERENCES refills (id),
    pool_id BIGINT NOT NULL REFERENCES number_pools (id),
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    link_id BIGINT,
    group_id TEXT NOT NULL,
    class_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    -- A particular number, bought for account_id.
    digits TEXT,
    account_id BIGINT REFERENCES accounts (id),
    -- The buyer's own reference, which that number gets.
    buyer_reference TEXT,
    -- planned, sent, accepted, back_ordered, fulfilled, partly_fulfilled, refused, in_doubt, resolved, cancelled
    state TEXT NOT NULL,
    delivered BIGINT NOT NULL,
    -- Still to come from the vendor.
    pending BIGINT NOT NULL,
    setup_cost BIGINT,
    monthly_cost BIGINT,
    currency TEXT NOT NULL,
    -- Fencing: goes up with each worker that takes the order.
    token BIGINT NOT NULL,
    sent_at BIGINT,
    -- Until then an order in doubt counts as supply on the way.
    grace_until BIGINT,
    message TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX orders_pool ON orders (pool_id, id);
CREATE INDEX orders_pool_open ON orders (pool_id)
    WHERE state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt');
CREATE INDEX orders_vendor ON orders (vendor_id, created_at);
CREATE INDEX orders_refill ON orders (refill_id);
CREATE INDEX orders_state ON orders (state, id);
CREATE INDEX orders_account ON orders (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX orders_buyer_reference ON orders (account_id, buyer_reference)
    WHERE buyer_reference IS NOT NULL AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt');
-- A particular number is bought by one order at a time.
CREATE UNIQUE INDEX orders_digits_open ON orders (digits)
    WHERE digits IS NOT NULL AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt');

-- What the vendor printed, line by line: the evidence.
CREATE TABLE order_lines (
    id {pk},
    order_id BIGINT NOT NULL REFERENCES orders (id),
    text TEXT NOT NULL,
    -- added, blocked, owned, duplicate, unreadable
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    number_id BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX order_lines_order ON order_lines (order_id, id);

-- Things that a person should look at.
CREATE TABLE alerts (
    id {pk},
    -- low_stock, in_doubt, spend_cap, unusable_number, vendor_down, empty_delivery, release_failed
    kind TEXT NOT NULL,
    -- What it is about, such as order:12; one open alert for each kind and subject.
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX alerts_open ON alerts (kind, subject) WHERE open;
