-- Sets of subscriber profiles. Each says which preferences the subscribers that have it see and set for themselves.
CREATE TABLE subscriber_profile_sets (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    description TEXT NOT NULL
);
CREATE UNIQUE INDEX subscriber_profile_sets_name ON subscriber_profile_sets (reseller_id, name);
CREATE INDEX subscriber_profile_sets_reseller ON subscriber_profile_sets (reseller_id, id);

CREATE TABLE subscriber_profiles (
    id {pk},
    profile_set_id BIGINT NOT NULL REFERENCES subscriber_profile_sets (id),
    -- That of the set.
    reseller_id BIGINT NOT NULL,
    name {key} NOT NULL,
    description TEXT NOT NULL,
    -- Who is given the set gets this profile of it.
    set_default BOOLEAN NOT NULL,
    -- Names of preferences.
    attributes {json} NOT NULL
);
CREATE UNIQUE INDEX subscriber_profiles_name ON subscriber_profiles (profile_set_id, name);
CREATE UNIQUE INDEX subscriber_profiles_default ON subscriber_profiles (profile_set_id) WHERE set_default;
CREATE INDEX subscriber_profiles_set ON subscriber_profiles (profile_set_id, id);
CREATE INDEX subscriber_profiles_reseller ON subscriber_profiles (reseller_id, id);

CREATE INDEX subscribers_profile ON subscribers (profile_id, id) WHERE status <> 'terminated';
CREATE INDEX subscribers_profile_set ON subscribers (profile_set_id, id) WHERE status <> 'terminated';

-- The record that the value of a preference names; its id is the value too.
ALTER TABLE preferences ADD COLUMN record_id BIGINT;
CREATE INDEX preferences_record ON preferences (record_id, attribute) WHERE record_id IS NOT NULL;

-- Attributes that an installation adds to those of its devices.
CREATE TABLE preference_attributes (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    attribute {key} NOT NULL UNIQUE,
    label TEXT NOT NULL,
    description TEXT NOT NULL,
    -- boolean, int, string, enum
    data_type TEXT NOT NULL,
    -- 1: one value, 0: a list
    max_occur BIGINT NOT NULL,
    -- On models, profiles and devices in the field.
    dev_pref BOOLEAN NOT NULL,
    devprof_pref BOOLEAN NOT NULL,
    fielddev_pref BOOLEAN NOT NULL,
    -- Whether administrators of customers see it.
    expose_to_customer BOOLEAN NOT NULL,
    -- Label, value and whether it is the default, of each value of an enum.
    choices {json} NOT NULL
);
CREATE INDEX preference_attributes_reseller ON preference_attributes (reseller_id, id);
