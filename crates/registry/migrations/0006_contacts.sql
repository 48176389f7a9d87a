-- How many rows of a list have ids in each bucket of 2^level ids.
CREATE TABLE tallies (
    list TEXT NOT NULL,
    key BIGINT NOT NULL,
    level BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (list, key, level, bucket)
);

-- A person or company that an account's papers name. System contacts have no reseller.
CREATE TABLE contacts (
    id {pk},
    reseller_id BIGINT REFERENCES accounts (id),
    -- active, terminated
    status TEXT NOT NULL,
    email {key} NOT NULL,
    firstname {key},
    lastname {key},
    company {key},
    street TEXT,
    postcode TEXT,
    city TEXT,
    country TEXT,
    phonenumber TEXT,
    mobilenumber TEXT,
    faxnumber TEXT,
    vatnum TEXT,
    comregnum TEXT,
    bankname TEXT,
    iban TEXT,
    bic TEXT,
    timezone TEXT,
    gpp0 TEXT,
    gpp1 TEXT,
    gpp2 TEXT,
    gpp3 TEXT,
    gpp4 TEXT,
    gpp5 TEXT,
    gpp6 TEXT,
    gpp7 TEXT,
    gpp8 TEXT,
    gpp9 TEXT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX contacts_reseller ON contacts (reseller_id, id);
CREATE INDEX contacts_email ON contacts (email, id);

-- What NGCP calls the contract of an account: its papers.
ALTER TABLE accounts ADD COLUMN contact_id BIGINT REFERENCES contacts (id);
-- sipaccount, pbxaccount of customers; sippeering of peerings; reseller of resellers; none of the operator
ALTER TABLE accounts ADD COLUMN product TEXT;
ALTER TABLE accounts ADD COLUMN external_id {key};
-- A reseller is a reseller to the outside once it has been named.
ALTER TABLE accounts ADD COLUMN named BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE accounts ADD COLUMN activated_at BIGINT;
ALTER TABLE accounts ADD COLUMN terminated_at BIGINT;
-- Per cent as decimal text.
ALTER TABLE accounts ADD COLUMN vat_rate TEXT;
ALTER TABLE accounts ADD COLUMN add_vat BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE accounts ADD COLUMN subscriber_email_template_id BIGINT;
ALTER TABLE accounts ADD COLUMN passreset_email_template_id BIGINT;
ALTER TABLE accounts ADD COLUMN invoice_email_template_id BIGINT;
ALTER TABLE accounts ADD COLUMN invoice_template_id BIGINT;
CREATE INDEX accounts_contact ON accounts (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX accounts_external ON accounts (external_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX accounts_kind ON accounts (kind, id);

-- Limits on how many records of a kind an account and all below it may have. A row exists only where there is a limit.
CREATE TABLE quotas (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- subscribers
    kind TEXT NOT NULL,
    most BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind)
);

-- What is there already gets its product, the default reseller its contact, and every list its counts.
UPDATE accounts SET product = CASE kind
    WHEN 'customer' THEN 'sipaccount' WHEN 'peering' THEN 'sippeering' WHEN 'reseller' THEN 'reseller' END;
UPDATE accounts SET terminated_at = modified_at WHERE status = 'terminated';
INSERT INTO contacts (reseller_id, status, email, created_at, modified_at)
    SELECT id, 'active', 'default-customer@default.invalid', created_at, created_at FROM accounts WHERE id = 1;
INSERT INTO contacts (reseller_id, status, email, created_at, modified_at)
    SELECT NULL, 'active', 'default-system@default.invalid', created_at, created_at FROM accounts WHERE id = 1;
UPDATE accounts SET contact_id = (SELECT MAX(id) FROM contacts) WHERE id = 1;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'customer contacts', 0, l.level, t.id >> l.level, COUNT(*)
    FROM contacts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.reseller_id IS NOT NULL GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'customer contacts by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM contacts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.reseller_id IS NOT NULL GROUP BY t.reseller_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'system contacts', 0, l.level, t.id >> l.level, COUNT(*)
    FROM contacts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.reseller_id IS NULL GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'resellers', 0, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind = 'reseller' GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'contracts', 0, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind IN ('reseller', 'peering') AND t.status <> 'terminated' GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'contracts by contact_id', t.contact_id, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind IN ('reseller', 'peering') AND t.status <> 'terminated'
    AND t.contact_id IS NOT NULL GROUP BY t.contact_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'customers', 0, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind = 'customer' GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'customers by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM accounts t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.kind = 'customer' GROUP BY t.reseller_id, l.level, t.id >> l.level;
