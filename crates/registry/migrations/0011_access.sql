-- What logins may do beside their role.
ALTER TABLE logins ADD COLUMN email {key};
-- The reseller that a login is shown with; the operator's own have one too, though they act for account 0.
ALTER TABLE logins ADD COLUMN reseller_id BIGINT NOT NULL DEFAULT 1;
-- system, admin, reseller, ccareadmin, ccare, lintercept; null: not an administrator of any kind
ALTER TABLE logins ADD COLUMN acl_role TEXT;
ALTER TABLE logins ADD COLUMN system BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE logins ADD COLUMN master BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE logins ADD COLUMN read_only BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE logins ADD COLUMN show_passwords BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE logins ADD COLUMN call_data BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE logins ADD COLUMN billing_data BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE logins ADD COLUMN can_reset_password BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE logins ADD COLUMN enable_2fa BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX logins_email ON logins (email);
CREATE INDEX logins_reseller ON logins (reseller_id, id);

UPDATE logins SET acl_role = role WHERE role IN ('admin', 'reseller');
UPDATE logins SET system = TRUE WHERE role = 'admin';
UPDATE logins SET reseller_id = (SELECT reseller_id FROM accounts WHERE accounts.id = logins.account_id)
    WHERE account_id <> 0;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'administrators', 0, 16, id >> 16, COUNT(*) FROM logins WHERE acl_role IS NOT NULL GROUP BY id >> 16;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'administrators', 0, 8, id >> 8, COUNT(*) FROM logins WHERE acl_role IS NOT NULL GROUP BY id >> 8;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'administrators by account_id', account_id, 16, id >> 16, COUNT(*) FROM logins
    WHERE acl_role IS NOT NULL GROUP BY account_id, id >> 16;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'administrators by account_id', account_id, 8, id >> 8, COUNT(*) FROM logins
    WHERE acl_role IS NOT NULL GROUP BY account_id, id >> 8;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'administrators by reseller_id', reseller_id, 16, id >> 16, COUNT(*) FROM logins
    WHERE acl_role IS NOT NULL GROUP BY reseller_id, id >> 16;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'administrators by reseller_id', reseller_id, 8, id >> 8, COUNT(*) FROM logins
    WHERE acl_role IS NOT NULL GROUP BY reseller_id, id >> 8;

-- Certificates that were issued to logins; one of a login is good at a time.
CREATE TABLE client_certificates (
    id {pk},
    login_id BIGINT NOT NULL REFERENCES logins (id),
    serial BIGINT NOT NULL UNIQUE,
    -- SHA-256 of the whole certificate in DER, as 64 hexadecimal digits.
    digest {key} NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX client_certificates_good ON client_certificates (login_id) WHERE revoked_at IS NULL;
CREATE INDEX client_certificates_login ON client_certificates (login_id, id);

-- Failed logins, counted for each user name of a realm and for each address, and what came of them.
CREATE TABLE bans (
    id {pk},
    -- user, address
    kind TEXT NOT NULL,
    -- admin, subscriber; empty for addresses
    realm TEXT NOT NULL,
    subject {key} NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    banned BOOLEAN NOT NULL,
    -- When the ban, or the counting, is over.
    ends_at BIGINT NOT NULL,
    UNIQUE (kind, realm, subject)
);
CREATE INDEX bans_end ON bans (ends_at);

-- Tokens that stand for a password for a while; only their digests are kept.
CREATE TABLE auth_tokens (
    id {pk},
    -- once, repeated, reset, asked
    kind TEXT NOT NULL,
    digest {key} NOT NULL UNIQUE,
    -- The owner: either of the two.
    login_id BIGINT REFERENCES logins (id),
    subscriber_uuid TEXT,
    -- The owner's credential version when the token was made.
    credential_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX auth_tokens_end ON auth_tokens (ends_at);
CREATE INDEX auth_tokens_login ON auth_tokens (login_id);
