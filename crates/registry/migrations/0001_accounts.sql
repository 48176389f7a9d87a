-- Accounts are one tree of any depth; the operator is account 0.
CREATE TABLE accounts (
    id {pk},
    uuid TEXT NOT NULL UNIQUE,
    parent_id BIGINT REFERENCES accounts (id),
    -- The nearest reseller at or above; the operator's own is 0.
    reseller_id BIGINT NOT NULL,
    -- operator, reseller, customer, peering
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- active, locked, terminated
    status TEXT NOT NULL,
    -- Money in micro-units of the account's currency. No credit limit (NULL) means no check.
    currency TEXT NOT NULL,
    balance BIGINT NOT NULL,
    held BIGINT NOT NULL,
    credit_limit BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_name ON accounts (parent_id, name);
CREATE INDEX accounts_by_name ON accounts (name, id);
CREATE INDEX accounts_reseller ON accounts (reseller_id, id);

-- Each account with itself (distance 0) and every account above it.
CREATE TABLE account_ancestors (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    ancestor_id BIGINT NOT NULL REFERENCES accounts (id),
    distance BIGINT NOT NULL,
    PRIMARY KEY (account_id, ancestor_id)
);
CREATE INDEX account_ancestors_below ON account_ancestors (ancestor_id, account_id);

CREATE TABLE logins (
    id {pk},
    uuid TEXT NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    username TEXT NOT NULL UNIQUE,
    -- admin, reseller, customer
    role TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    -- Argon2id of the password, and of md5 and sha1 of user:password for clients that send only those.
    password_verifier TEXT NOT NULL,
    md5_verifier TEXT NOT NULL,
    sha1_verifier TEXT NOT NULL,
    -- Goes up with every change of the credentials; tokens and caches carry it.
    credential_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX logins_account ON logins (account_id, id);

-- What was taken from an account and why.
CREATE TABLE charges (
    id {pk},
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- held, captured, released
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    number_digits TEXT NOT NULL,
    order_id BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX charges_account ON charges (account_id, id);
CREATE INDEX charges_order ON charges (order_id);
