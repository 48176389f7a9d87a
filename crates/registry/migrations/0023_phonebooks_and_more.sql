-- Sets of codes for emergency calls, which preferences name.
CREATE TABLE emergency_mapping_containers (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL
);
CREATE UNIQUE INDEX emergency_mapping_containers_name ON emergency_mapping_containers (reseller_id, name);
CREATE INDEX emergency_mapping_containers_reseller ON emergency_mapping_containers (reseller_id, id);

CREATE TABLE emergency_mappings (
    id {pk},
    emergency_container_id BIGINT NOT NULL REFERENCES emergency_mapping_containers (id),
    -- The reseller of the container.
    reseller_id BIGINT NOT NULL,
    code {key} NOT NULL,
    prefix {key},
    suffix {key}
);
CREATE UNIQUE INDEX emergency_mappings_code ON emergency_mappings (emergency_container_id, code);
CREATE INDEX emergency_mappings_container ON emergency_mappings (emergency_container_id, id);
CREATE INDEX emergency_mappings_reseller ON emergency_mappings (reseller_id, id);

-- How whole customers with their subscribers are to be made, written down as YAML or JSON.
CREATE TABLE provisioning_templates (
    id {pk},
    -- None: the operator's.
    reseller_id BIGINT REFERENCES accounts (id),
    name {key} NOT NULL,
    description {key} NOT NULL,
    lang TEXT NOT NULL,
    yaml TEXT NOT NULL,
    create_timestamp BIGINT NOT NULL,
    modify_timestamp BIGINT NOT NULL
);
CREATE UNIQUE INDEX provisioning_templates_name ON provisioning_templates (reseller_id, name);
CREATE UNIQUE INDEX provisioning_templates_shared_name ON provisioning_templates (name) WHERE reseller_id IS NULL;
CREATE INDEX provisioning_templates_reseller ON provisioning_templates (reseller_id, id);

-- The second factors of those who log in: the secret that their codes are made of.
CREATE TABLE otp_secrets (
    id {pk},
    -- The owner: either of the two.
    login_id BIGINT UNIQUE REFERENCES logins (id),
    subscriber_id BIGINT UNIQUE REFERENCES subscribers (id),
    sealed BYTEA NOT NULL,
    -- Whether a right code has been shown: the secret is not given out again.
    confirmed BOOLEAN NOT NULL,
    -- The step of the last code that was used: neither it nor one before it is taken again.
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- That of the owner's credentials when the secret was made.
    credential_version BIGINT NOT NULL
);

-- Lawful interception: whose calls are delivered to an authority. One that has ended stays on the books.
CREATE TABLE interceptions (
    id {pk},
    -- What its secret is sealed for.
    uuid TEXT NOT NULL UNIQUE,
    -- Who had the number when it was ordered, and that subscriber's reseller.
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    -- Digits of E.164 without a plus sign.
    number {key} NOT NULL,
    -- What the authority calls it.
    liid {key} NOT NULL,
    -- Where the signalling goes.
    x2_host TEXT NOT NULL,
    x2_port BIGINT NOT NULL,
    x2_user TEXT,
    -- Sealed with a key that is not in the database.
    x2_password BYTEA,
    -- Whether the content goes somewhere, and where.
    x3_required BOOLEAN NOT NULL,
    x3_host TEXT,
    x3_port BIGINT,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX interceptions_number ON interceptions (number, liid) WHERE deleted_at IS NULL;
CREATE INDEX interceptions_liid ON interceptions (liid, id) WHERE deleted_at IS NULL;
CREATE INDEX interceptions_reseller ON interceptions (reseller_id, id) WHERE deleted_at IS NULL;
