-- SIP domains. One that is removed stays for what refers to it.
CREATE TABLE sip_domains (
    id {pk},
    -- Whose it is, and the nearest reseller at or above that account.
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL,
    -- In lower case.
    domain {key} NOT NULL,
    -- active, terminated
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sip_domains_name ON sip_domains (domain) WHERE status = 'active';
CREATE INDEX sip_domains_reseller ON sip_domains (reseller_id, id) WHERE status = 'active';
CREATE INDEX sip_domains_account ON sip_domains (account_id, id) WHERE status = 'active';

-- SIP accounts. A terminated one stays, without what it could log in with.
CREATE TABLE subscribers (
    id {pk},
    uuid TEXT NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- The nearest reseller at or above the account.
    reseller_id BIGINT NOT NULL,
    domain_id BIGINT NOT NULL REFERENCES sip_domains (id),
    username {key} NOT NULL,
    -- active, locked, terminated
    status TEXT NOT NULL,
    -- 1 foreign, 2 outgoing, 3 all calls, 4 global, 5 ported; null: none
    lock_level BIGINT,
    -- Administers its account.
    administrative BOOLEAN NOT NULL,
    webusername {key},
    display_name {key},
    email {key},
    timezone TEXT,
    external_id {key},
    profile_set_id BIGINT,
    profile_id BIGINT,
    is_pbx_pilot BOOLEAN NOT NULL,
    is_pbx_group BOOLEAN NOT NULL,
    pbx_extension {key},
    -- serial, parallel, random, circular
    pbx_hunt_policy TEXT,
    -- Seconds.
    pbx_hunt_timeout BIGINT,
    -- bye, cancel
    pbx_hunt_cancel_mode TEXT,
    -- Digits of the primary number, as in numbers.
    primary_digits {key},
    -- The SIP password, sealed with a key that is not in the database.
    password_sealed BYTEA,
    -- MD5 and SHA-256 of user:realm:password and of user@realm:realm:password, in hexadecimal digits.
    ha1 TEXT,
    ha1b TEXT,
    ha1_sha256 TEXT,
    ha1b_sha256 TEXT,
    -- RFC 5802: iterations, then salt, stored key and server key in hexadecimal digits, with colons between them.
    scram_sha1 TEXT,
    scram_sha256 TEXT,
    -- Argon2id of the web password; null: no login to the web.
    web_verifier TEXT,
    -- Goes up with every change of what it logs in with on the web; tokens and caches carry it.
    credential_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    terminated_at BIGINT
);
CREATE UNIQUE INDEX subscribers_username ON subscribers (domain_id, username) WHERE status <> 'terminated';
CREATE UNIQUE INDEX subscribers_webusername ON subscribers (domain_id, webusername) WHERE status <> 'terminated';
CREATE UNIQUE INDEX subscribers_pilot ON subscribers (account_id) WHERE is_pbx_pilot AND status <> 'terminated';
CREATE UNIQUE INDEX subscribers_extension ON subscribers (account_id, pbx_extension) WHERE status <> 'terminated';
CREATE INDEX subscribers_reseller ON subscribers (reseller_id, id) WHERE status <> 'terminated';
CREATE INDEX subscribers_account ON subscribers (account_id, id) WHERE status <> 'terminated';
CREATE INDEX subscribers_domain ON subscribers (domain_id, id) WHERE status <> 'terminated';
CREATE INDEX subscribers_by_username ON subscribers (username, id) WHERE status <> 'terminated';
CREATE INDEX subscribers_external ON subscribers (external_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX subscribers_primary ON subscribers (primary_digits, id) WHERE primary_digits IS NOT NULL;

-- Which subscribers ring with a group, in the order of either side.
CREATE TABLE pbx_group_members (
    group_id BIGINT NOT NULL REFERENCES subscribers (id),
    member_id BIGINT NOT NULL REFERENCES subscribers (id),
    -- Where the member stands in the group, and the group among the member's.
    member_position BIGINT NOT NULL,
    group_position BIGINT NOT NULL,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX pbx_group_members_member ON pbx_group_members (member_id, group_id);

-- The subscriber whose number it is.
ALTER TABLE numbers ADD COLUMN subscriber_id BIGINT REFERENCES subscribers (id);
ALTER TABLE numbers ADD COLUMN is_primary BOOLEAN NOT NULL DEFAULT FALSE;
-- It stands for a device of the subscriber.
ALTER TABLE numbers ADD COLUMN is_devid BOOLEAN NOT NULL DEFAULT FALSE;
-- The account that had the number before a subscriber got it and has it again afterwards; null: it came with the
-- subscriber and goes with it.
ALTER TABLE numbers ADD COLUMN home_account_id BIGINT REFERENCES accounts (id);
CREATE INDEX numbers_subscriber ON numbers (subscriber_id, id) WHERE subscriber_id IS NOT NULL;
CREATE UNIQUE INDEX numbers_primary ON numbers (subscriber_id) WHERE is_primary;
CREATE INDEX numbers_of_resellers_subscribers ON numbers (reseller_id, id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX numbers_of_accounts_subscribers ON numbers (account_id, id) WHERE subscriber_id IS NOT NULL;
