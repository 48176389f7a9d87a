-- Every change, written in the transaction of the change.
CREATE TABLE journal (
    id {pk},
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    login_id BIGINT,
    account_id BIGINT,
    -- create, update, delete
    operation TEXT NOT NULL,
    -- Which table, which row.
    kind TEXT NOT NULL,
    record_id BIGINT NOT NULL,
    before {json},
    after {json}
);
CREATE INDEX journal_record ON journal (kind, record_id, id);
CREATE INDEX journal_at ON journal (at, id);

-- Work that must happen, enqueued in the transaction that wants it.
CREATE TABLE jobs (
    id {pk},
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    -- One waiting job for each kind and subject.
    waiting BOOLEAN NOT NULL,
    run_after BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    token BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_waiting ON jobs (kind, subject) WHERE waiting;
CREATE INDEX jobs_due ON jobs (run_after, id);

-- Servers that are up, and which vendors' file they have read.
CREATE TABLE servers (
    id {pk},
    name TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    vendors_generation BIGINT NOT NULL,
    message TEXT NOT NULL
);

-- Facts about the installation as a whole, such as the id of its keys.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Imports: rows are staged in short transactions and published by a resumable job.
CREATE TABLE imports (
    id {pk},
    pool_id BIGINT NOT NULL REFERENCES number_pools (id),
    -- staging, publishing, done, failed
    state TEXT NOT NULL,
    staged BIGINT NOT NULL,
    published BIGINT NOT NULL,
    -- Up to which digits the step that is being done has come.
    position {key} NOT NULL,
    message TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX imports_staging ON imports (modified_at) WHERE state = 'staging';
CREATE TABLE import_rows (
    import_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    digits {key} NOT NULL,
    class_id BIGINT NOT NULL,
    description TEXT,
    PRIMARY KEY (import_id, digits)
);
