-- A price list for calls. Rates and amounts of money are exact decimals as text.
CREATE TABLE billing_profiles (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    -- active, terminated
    status TEXT NOT NULL,
    handle {key} NOT NULL,
    name {key} NOT NULL,
    prepaid BOOLEAN NOT NULL,
    prepaid_library TEXT NOT NULL,
    advice_of_charge BOOLEAN NOT NULL,
    ignore_domain BOOLEAN NOT NULL,
    fraud_use_reseller_rates BOOLEAN NOT NULL,
    interval_charge TEXT NOT NULL,
    interval_free_cash TEXT NOT NULL,
    -- Seconds.
    interval_free_time BIGINT NOT NULL,
    fraud_interval_limit BIGINT,
    fraud_interval_lock BIGINT,
    fraud_interval_notify TEXT,
    fraud_daily_limit BIGINT,
    fraud_daily_lock BIGINT,
    fraud_daily_notify TEXT,
    currency {key},
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    terminated_at BIGINT
);
CREATE UNIQUE INDEX billing_profiles_name ON billing_profiles (reseller_id, name) WHERE status = 'active';
CREATE UNIQUE INDEX billing_profiles_handle ON billing_profiles (reseller_id, handle) WHERE status = 'active';
CREATE INDEX billing_profiles_reseller ON billing_profiles (reseller_id, id);
CREATE INDEX billing_profiles_by_handle ON billing_profiles (handle, id);
CREATE INDEX billing_profiles_by_name ON billing_profiles (name, id);

-- When a profile's peak rates hold. On a day of the week (0 is Monday): seconds since midnight. Without one: a period of
-- time in microseconds. Ends are not part of a period.
CREATE TABLE billing_peaks (
    id {pk},
    profile_id BIGINT NOT NULL REFERENCES billing_profiles (id),
    weekday BIGINT,
    start_at BIGINT NOT NULL,
    stop_at BIGINT NOT NULL
);
CREATE INDEX billing_peaks_profile ON billing_peaks (profile_id, id);

CREATE TABLE billing_zones (
    id {pk},
    profile_id BIGINT NOT NULL REFERENCES billing_profiles (id),
    -- That of the profile.
    reseller_id BIGINT NOT NULL,
    zone {key} NOT NULL,
    -- No detail is the empty text, so that it is unique too.
    detail {key} NOT NULL
);
CREATE UNIQUE INDEX billing_zones_name ON billing_zones (profile_id, zone, detail);
CREATE INDEX billing_zones_profile ON billing_zones (profile_id, id);
CREATE INDEX billing_zones_reseller ON billing_zones (reseller_id, id);
CREATE INDEX billing_zones_by_zone ON billing_zones (zone, id);

-- What calls to a destination cost. Intervals and seconds in seconds.
CREATE TABLE billing_fees (
    id {pk},
    profile_id BIGINT NOT NULL REFERENCES billing_profiles (id),
    zone_id BIGINT NOT NULL REFERENCES billing_zones (id),
    -- That of the profile.
    reseller_id BIGINT NOT NULL,
    match_mode TEXT NOT NULL,
    source {key} NOT NULL,
    destination {key} NOT NULL,
    -- in, out
    direction TEXT NOT NULL,
    onpeak_init_rate TEXT NOT NULL,
    onpeak_init_interval BIGINT NOT NULL,
    onpeak_follow_rate TEXT NOT NULL,
    onpeak_follow_interval BIGINT NOT NULL,
    onpeak_extra_rate TEXT NOT NULL,
    onpeak_extra_second BIGINT,
    onpeak_use_free_time BOOLEAN NOT NULL,
    offpeak_init_rate TEXT NOT NULL,
    offpeak_init_interval BIGINT NOT NULL,
    offpeak_follow_rate TEXT NOT NULL,
    offpeak_follow_interval BIGINT NOT NULL,
    offpeak_extra_rate TEXT NOT NULL,
    offpeak_extra_second BIGINT,
    offpeak_use_free_time BOOLEAN NOT NULL,
    aoc_pulse_amount_per_message TEXT NOT NULL
);
CREATE UNIQUE INDEX billing_fees_match ON billing_fees (profile_id, destination, source, direction, match_mode);
CREATE INDEX billing_fees_profile ON billing_fees (profile_id, id);
CREATE INDEX billing_fees_zone ON billing_fees (zone_id, id);
CREATE INDEX billing_fees_reseller ON billing_fees (reseller_id, id);

-- Which profile holds for an account from when to when; no start: from the beginning, no stop: until further notice. Of
-- several that hold at a time it is the one that started last.
CREATE TABLE billing_mappings (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    profile_id BIGINT NOT NULL REFERENCES billing_profiles (id),
    network_id BIGINT,
    start_at BIGINT,
    stop_at BIGINT
);
CREATE INDEX billing_mappings_account ON billing_mappings (account_id, id);
CREATE INDEX billing_mappings_profile ON billing_mappings (profile_id, account_id);
