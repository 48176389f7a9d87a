-- What calls of a subscriber, a domain or a gateway cost, by the names of profiles that the rating engine knows.
CREATE TABLE rating_profiles (
    id {pk},
    -- subscriber://user@domain, domain://domain, gateway://host
    entity {key} NOT NULL,
    subscriber_id BIGINT REFERENCES subscribers (id),
    domain_id BIGINT REFERENCES sip_domains (id),
    -- Whose the entity is; a gateway is the operator's.
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    weekday {key} NOT NULL,
    weekday_alt {key} NOT NULL,
    weekend {key} NOT NULL,
    weekend_alt {key} NOT NULL,
    timezone {key} NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX rating_profiles_entity ON rating_profiles (entity);
CREATE INDEX rating_profiles_subscriber ON rating_profiles (subscriber_id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX rating_profiles_domain ON rating_profiles (domain_id) WHERE domain_id IS NOT NULL;
CREATE INDEX rating_profiles_account ON rating_profiles (account_id, id);
CREATE INDEX rating_profiles_reseller ON rating_profiles (reseller_id, id);
