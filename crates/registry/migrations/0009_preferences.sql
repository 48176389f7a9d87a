-- What is set of the preferences of subscribers, domains, customers and so on. Booleans are 0 or 1, integers are
-- decimal, a list has one row for each of its members.
CREATE TABLE preferences (
    -- subscriber, domain, customer, profile, peer, reseller, location, device_model, device_profile, field_device
    level {key} NOT NULL,
    owner_id BIGINT NOT NULL,
    attribute {key} NOT NULL,
    position BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (level, owner_id, attribute, position)
);
