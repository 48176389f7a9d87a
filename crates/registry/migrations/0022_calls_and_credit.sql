-- What the look-up of fees goes by. `lead`: what a number must begin with to match the destination; NULL where it has not
-- been worked out yet, so that the fee is tried with every number. `precedence`: which of several fees is tried first, the
-- lowest: the way of matching (in millions), then the longer destination (in thousands), then the longer source.
ALTER TABLE billing_fees ADD COLUMN lead {key};
ALTER TABLE billing_fees ADD COLUMN precedence BIGINT NOT NULL DEFAULT 0;
UPDATE billing_fees SET
    lead = CASE WHEN match_mode IN ('exact_destination', 'prefix') THEN SUBSTR(destination, 1, 20) ELSE NULL END,
    precedence = CASE match_mode WHEN 'exact_destination' THEN 0 WHEN 'prefix' THEN 1000000
        WHEN 'regex_longest_pattern' THEN 2000000 ELSE 3000000 END
        + (255 - LENGTH(destination)) * 1000 + 255 - LENGTH(source);
CREATE INDEX billing_fees_lookup ON billing_fees (profile_id, direction, lead, precedence, id);
CREATE INDEX billing_fees_without_lead ON billing_fees (id) WHERE lead IS NULL;

-- Money of an account that is kept for something that is under way, such as a call, until it is captured or released.
CREATE TABLE credit_holds (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL,
    -- held, captured, released, expired
    status {key} NOT NULL,
    -- Micro-units: what was held at first, and what is held or was captured.
    held_amount BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- What the holder calls it.
    reference {key} NOT NULL,
    -- When it is released by itself; NULL: never.
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    -- When it was captured, released or expired.
    ended_at BIGINT
);
CREATE UNIQUE INDEX credit_holds_reference ON credit_holds (account_id, reference);
CREATE INDEX credit_holds_account ON credit_holds (account_id, id);
CREATE INDEX credit_holds_reseller ON credit_holds (reseller_id, id);
CREATE INDEX credit_holds_status ON credit_holds (status, id);
CREATE INDEX credit_holds_by_reference ON credit_holds (reference, id);
CREATE INDEX credit_holds_due ON credit_holds (expires_at) WHERE status = 'held' AND expires_at IS NOT NULL;

-- Limits of what a customer's calls may cost, in the place of its billing profile's.
CREATE TABLE customer_fraud_preferences (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    fraud_interval_limit BIGINT,
    fraud_interval_lock BIGINT,
    fraud_interval_notify TEXT,
    fraud_daily_limit BIGINT,
    fraud_daily_lock BIGINT,
    fraud_daily_notify TEXT
);

-- What was captured from a customer in a day or month of its own time zone.
CREATE TABLE period_costs (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- day, month
    period {key} NOT NULL,
    -- Its first day, YYYY-MM-DD.
    period_date {key} NOT NULL,
    -- Micro-units.
    cost BIGINT NOT NULL,
    PRIMARY KEY (account_id, period, period_date)
);

-- Customers whose cost in a period went over a limit. Amounts in cents but for the cost.
CREATE TABLE fraud_events (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL,
    period {key} NOT NULL,
    period_date {key} NOT NULL,
    -- profile_limit, account_limit
    limit_of {key} NOT NULL,
    -- Micro-units.
    interval_cost BIGINT NOT NULL,
    interval_limit BIGINT NOT NULL,
    interval_lock BIGINT,
    interval_notify TEXT,
    use_reseller_rates BOOLEAN NOT NULL,
    -- new, notified
    notify_status {key} NOT NULL,
    notified_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX fraud_events_period ON fraud_events (account_id, period, period_date);
CREATE INDEX fraud_events_account ON fraud_events (account_id, id);
CREATE INDEX fraud_events_reseller ON fraud_events (reseller_id, id);
CREATE INDEX fraud_events_status ON fraud_events (notify_status, id);

-- What happened to subscribers: a service began, changed or ended.
CREATE TABLE subscriber_events (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    account_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    -- start_profile, update_profile, end_profile, …
    event_type {key} NOT NULL,
    old_status {key} NOT NULL,
    new_status {key} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX subscriber_events_subscriber ON subscriber_events (subscriber_id, id);
CREATE INDEX subscriber_events_account ON subscriber_events (account_id, id);
CREATE INDEX subscriber_events_reseller ON subscriber_events (reseller_id, id);
CREATE INDEX subscriber_events_type ON subscriber_events (event_type, id);
CREATE INDEX subscriber_events_at ON subscriber_events (at, id);
