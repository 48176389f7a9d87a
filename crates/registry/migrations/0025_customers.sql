-- What NGNPro knows of customers and resellers beyond their papers and contacts, a login of their own, and properties.

CREATE TABLE account_details (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id),
    web {key} NOT NULL,
    -- A SIP address, and a number with ENUM.
    sip {key} NOT NULL,
    enum_number {key} NOT NULL,
    state {key} NOT NULL,
    -- What was given where that is no country of ISO 3166-1, such as N/A; compared with contacts.country.
    country TEXT NOT NULL,
    language {key} NOT NULL,
    bank_account {key} NOT NULL,
    billing_address {key} NOT NULL,
    billing_email {key} NOT NULL,
    company_code {key} NOT NULL,
    -- Whoever logs in for the account has the rights of this one.
    impersonate_id BIGINT REFERENCES accounts (id),
    -- Of resellers: whether they and those below may make records.
    reseller_active BOOLEAN NOT NULL,
    -- The contact was made for this account alone, and goes with it.
    own_contact BOOLEAN NOT NULL
);
CREATE INDEX account_details_impersonate ON account_details (impersonate_id) WHERE impersonate_id IS NOT NULL;

-- The login that is an account's user name and password.
CREATE TABLE account_credentials (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id),
    login_id BIGINT NOT NULL UNIQUE REFERENCES logins (id),
    -- The password, sealed with a key that is not in the database; null: it was set by somebody who did not seal it.
    password_sealed BYTEA
);

CREATE TABLE account_properties (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    value TEXT NOT NULL,
    category TEXT NOT NULL,
    -- admin, reseller; anything else: the account itself too
    permission TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
);

INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'customers and resellers', 0, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind IN ('reseller', 'customer') AND t.named AND t.status <> 'terminated' GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'customers and resellers by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind IN ('reseller', 'customer') AND t.named AND t.status <> 'terminated'
    GROUP BY t.reseller_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'running resellers', 0, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind = 'reseller' AND t.named AND t.status <> 'terminated' GROUP BY l.level, t.id >> l.level;
