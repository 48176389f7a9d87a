-- Networks that callers come from, so that a billing profile can hold for calls from there only.
CREATE TABLE billing_networks (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    description TEXT,
    -- [{"ip": "…", "mask": n}], in order and without overlaps.
    blocks {json} NOT NULL,
    terminated BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX billing_networks_name ON billing_networks (reseller_id, name) WHERE NOT terminated;
CREATE INDEX billing_networks_reseller ON billing_networks (reseller_id, id);

-- The same blocks by their first and last address: the version of IP and 32 hexadecimal digits.
CREATE TABLE billing_network_blocks (
    id {pk},
    network_id BIGINT NOT NULL REFERENCES billing_networks (id),
    first_address {key} NOT NULL,
    last_address {key} NOT NULL
);
CREATE INDEX billing_network_blocks_first ON billing_network_blocks (network_id, first_address);
CREATE INDEX billing_mappings_network ON billing_mappings (network_id, account_id) WHERE network_id IS NOT NULL;
-- What holds is the last to have begun, for calls from anywhere or from a network.
CREATE INDEX billing_mappings_start ON billing_mappings (account_id, (COALESCE(start_at, 0)), id)
    WHERE network_id IS NULL;
CREATE INDEX billing_mappings_within ON billing_mappings (account_id, network_id, (COALESCE(start_at, 0)), id)
    WHERE network_id IS NOT NULL;
-- Those of an account in the order in which they begin, in the place of one by their ids.
CREATE INDEX billing_mappings_begun ON billing_mappings (account_id, (COALESCE(start_at, 0)), id);
DROP INDEX billing_mappings_account;

-- What a customer's money does over time. Amounts are cents of the customer's currency.
CREATE TABLE profile_packages (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    description TEXT NOT NULL,
    initial_balance BIGINT NOT NULL,
    service_charge BIGINT NOT NULL,
    balance_interval_value BIGINT NOT NULL,
    -- minute, hour, day, week, month
    balance_interval_unit TEXT NOT NULL,
    -- create, create_tz, 1st, 1st_tz, topup, topup_interval
    balance_interval_start_mode TEXT NOT NULL,
    notopup_discard_intervals BIGINT,
    -- carry_over, carry_over_timely, discard
    carry_over_mode TEXT NOT NULL,
    timely_duration_value BIGINT,
    timely_duration_unit TEXT,
    underrun_lock_threshold BIGINT,
    underrun_lock_level BIGINT,
    underrun_profile_threshold BIGINT,
    topup_lock_level BIGINT,
    -- [{"profile_id": n, "network_id": n}]
    initial_profiles {json} NOT NULL,
    underrun_profiles {json} NOT NULL,
    topup_profiles {json} NOT NULL,
    terminated BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX profile_packages_name ON profile_packages (reseller_id, name) WHERE NOT terminated;
CREATE INDEX profile_packages_reseller ON profile_packages (reseller_id, id);

-- The profiles and networks that packages name, for whoever looks from their side.
CREATE TABLE profile_package_profiles (
    id {pk},
    package_id BIGINT NOT NULL REFERENCES profile_packages (id),
    profile_id BIGINT NOT NULL REFERENCES billing_profiles (id),
    network_id BIGINT REFERENCES billing_networks (id)
);
CREATE INDEX profile_package_profiles_package ON profile_package_profiles (package_id);
CREATE INDEX profile_package_profiles_profile ON profile_package_profiles (profile_id, package_id);
CREATE INDEX profile_package_profiles_network ON profile_package_profiles (network_id, package_id);

-- What packages said before they were changed, until all their accounts have been caught up with: those up to one have.
CREATE TABLE profile_package_changes (
    id {pk},
    package_id BIGINT NOT NULL REFERENCES profile_packages (id),
    changed_at BIGINT NOT NULL,
    -- The record as it was.
    package {json} NOT NULL,
    after_account_id BIGINT NOT NULL
);
CREATE INDEX profile_package_changes_package ON profile_package_changes (package_id, id);

ALTER TABLE accounts ADD COLUMN profile_package_id BIGINT REFERENCES profile_packages (id);
CREATE INDEX accounts_package ON accounts (profile_package_id, id) WHERE profile_package_id IS NOT NULL;

-- The money of an account from one time to another. That of the last interval, which is open, is accounts.balance; an
-- account without rows has had no money yet. Times are microseconds since 1970 UTC; an end is not part of the interval,
-- and an interval without one lasts until something ends it. Amounts are micro-units.
CREATE TABLE balance_intervals (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- From 1.
    ordinal BIGINT NOT NULL,
    -- How many regular intervals it stands for: more than 1 where long idle times were passed over at once.
    spans BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT,
    closed BOOLEAN NOT NULL,
    -- Where the row of regular intervals begins that it is one of, and how many after that it ends.
    anchor_at BIGINT NOT NULL,
    step BIGINT NOT NULL,
    profile_id BIGINT,
    package_id BIGINT,
    opening BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    topped_up BIGINT NOT NULL,
    adjusted BIGINT NOT NULL,
    debited BIGINT NOT NULL,
    discarded BIGINT NOT NULL,
    -- Seconds.
    free_time_granted BIGINT NOT NULL,
    free_time BIGINT NOT NULL,
    free_time_spent BIGINT NOT NULL,
    topups BIGINT NOT NULL,
    timely_topups BIGINT NOT NULL,
    -- The start of the last interval with a top-up, or of the first one: from then on intervals without one are counted.
    waiting_from BIGINT NOT NULL,
    -- What was left has been discarded before the end.
    expired BOOLEAN NOT NULL,
    underrun_lock_at BIGINT,
    underrun_profiles_at BIGINT,
    -- When something is to happen to it by itself.
    due_at BIGINT
);
CREATE UNIQUE INDEX balance_intervals_ordinal ON balance_intervals (account_id, ordinal);
CREATE UNIQUE INDEX balance_intervals_open ON balance_intervals (account_id) WHERE NOT closed;
CREATE INDEX balance_intervals_due ON balance_intervals (due_at, account_id) WHERE due_at IS NOT NULL;

-- The lock level that a subscriber would have if an underrun had not raised it; 0: none. NULL: none has.
ALTER TABLE subscribers ADD COLUMN lock_without_underrun BIGINT;

CREATE TABLE vouchers (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    code {key} NOT NULL,
    -- Cents.
    amount BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    customer_id BIGINT REFERENCES accounts (id),
    package_id BIGINT REFERENCES profile_packages (id),
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    used_by_subscriber_id BIGINT REFERENCES subscribers (id)
);
CREATE UNIQUE INDEX vouchers_code ON vouchers (code, reseller_id);
CREATE INDEX vouchers_reseller ON vouchers (reseller_id, id);
CREATE INDEX vouchers_unused ON vouchers (reseller_id, id) WHERE used_at IS NULL;
CREATE INDEX vouchers_customer ON vouchers (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX vouchers_package ON vouchers (package_id, id) WHERE package_id IS NOT NULL;

-- Every attempt to top up and every setting of a balance, those that failed too: what they name need not exist.
CREATE TABLE topup_logs (
    id {pk},
    reseller_id BIGINT,
    account_id BIGINT,
    subscriber_id BIGINT,
    username TEXT NOT NULL,
    timestamp BIGINT NOT NULL,
    -- cash, voucher, set_balance
    kind {key} NOT NULL,
    -- ok, failed
    outcome {key} NOT NULL,
    message TEXT,
    -- Micro-units.
    amount BIGINT,
    voucher_id BIGINT,
    cash_balance_before BIGINT,
    cash_balance_after BIGINT,
    lock_level_before BIGINT,
    lock_level_after BIGINT,
    package_before_id BIGINT,
    package_after_id BIGINT,
    profile_before_id BIGINT,
    profile_after_id BIGINT,
    request_token {key},
    -- What the request itself named, whatever the customer's package is.
    requested_package_id BIGINT
);
CREATE INDEX topup_logs_reseller ON topup_logs (reseller_id, id);
CREATE INDEX topup_logs_account ON topup_logs (account_id, id);
CREATE INDEX topup_logs_subscriber ON topup_logs (subscriber_id, id);
CREATE INDEX topup_logs_time ON topup_logs (timestamp, id);
CREATE INDEX topup_logs_token ON topup_logs (request_token, id) WHERE request_token IS NOT NULL;
CREATE UNIQUE INDEX topup_logs_once ON topup_logs (account_id, request_token)
    WHERE request_token IS NOT NULL AND outcome = 'ok';
CREATE INDEX topup_logs_voucher ON topup_logs (voucher_id, id) WHERE voucher_id IS NOT NULL;

-- The accounts whose balances there are.
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'balances', 0, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind <> 'operator' GROUP BY l.level, t.id >> l.level;
